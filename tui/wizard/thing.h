/*
 * Certificates and data: which one is meant, and how it is written and deleted so that a stop in between can be made good.
 *
 * A certificate that belongs to a key is the key's file CExx, which holds the request of its generation where there is none.
 * Others, and data, are a content with a description beside it (smartcard-hsm.md 3.1, formats.md 7.6 and 7.7).
 */
#ifndef TUI_WIZARD_THING_H
#define TUI_WIZARD_THING_H

#include "engine/card/objects.h"
#include "engine/keys/cert.h"
#include "store/store.h"
#include "tui/wizard/results.h"
#include "tui/wizard/session.h"

#define THING_DATE_MAX 11
#define THING_DATA_MAX 65535   /* a file's size is told in two bytes */

/* --- which one: thing_find.c --- */

/*
 * A certificate by CKA_ID, by "ref:3" or "file:CE03" that of the key with this reference, by "file:CA00" or "cert:" and its
 * label one that stands by itself: ret->type is OBJECT_KEY or OBJECT_CERTIFICATE (or OBJECT_STRAY, by its file only).
 * ST_NOT_FOUND, ST_USAGE (several). Give ret back with object_done(). find_thing_check(): is it any of that? ST_BAD_FORM.
 */
enum status find_cert(struct session *s, const char *wanted, struct object *ret, struct fault *f);
enum status find_cert_check(const char *wanted, struct fault *f);
/* Data by its label, or by "file:CF00". ST_NOT_FOUND, ST_USAGE. */
enum status find_data(struct session *s, const char *wanted, struct object *ret, struct fault *f);

/*
 * Any of them: a key by CKA_ID or reference, what is no key as "cert:" or "data:" and its label, each by its file, as in
 * "file:CE01". *ret_cert: of ret, which is a key, its certificate is meant. ST_NOT_FOUND, ST_USAGE.
 */
enum status find_object(struct session *s, const char *wanted, struct object *ret, bool *ret_cert, struct fault *f);
enum status find_object_check(const char *wanted, struct fault *f);
/* What "file:CA00" says; 0: it is none. */
uint16_t find_file(const char *wanted);

/* --- what is said of it: thing.c --- */

void thing_date(int64_t at, char out[static THING_DATE_MAX]);
/* serial, label, id, key_ref, subject, until, size, is_private, and the key's identity, as far as the object has them. */
void thing_to_result(const struct look *l, const struct object *o, struct key_result *ret);
/* The state's one row, emptied. NULL: memory. */
struct key_result *thing_row(struct device_state *d);
/* What somebody should know before relying on this certificate: its time, and what it allows. */
void thing_tell_cert(const struct cert *c, int64_t now, struct prose *out);

/* --- content and description: thing.c --- */

struct thing_kind {
	uint16_t content, description;   /* FID_ of both */
	int (*free_number)(const struct fids *l);
};
extern const struct thing_kind thing_cert, thing_public_data, thing_private_data;

/*
 * Writes both at a number that is free, or goes on where an interrupted attempt of this run left off (fact "number"), and
 * reads them back. d->path is filled in. ST_CARD_FULL; on any failure what was written is taken away again where that is
 * possible. Logged in. *ret_content: its file.
 */
enum status thing_write(struct step_env *e, struct session *s, const struct thing_kind *k, struct cur content,
			struct description *d, uint16_t *ret_content, struct fault *f);

/* The number that an interrupted attempt noted; -1: none. */
int thing_noted(const struct run *r);

/* --- the request of a key's generation, which a certificate has replaced: cert_request.c --- */

/*
 * The request of this key, in whatever the inventory has kept: what certificates replaced on this device (the fact "before" of
 * "cert import"), and backups made before. Appended to ret, which stays empty where there is none.
 */
enum status thing_find_request(struct store *store, const char *serial, const struct key_identity *key, struct buf *ret,
			       struct fault *f);
/* How many backups of the key have this certificate in them. */
enum status thing_backups_with(struct store *store, const struct key_identity *key, struct cur der, size_t *ret, struct fault *f);

#endif
