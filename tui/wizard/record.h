/*
 * What the procedures and the fleet write into the inventory: the one place of this folder that knows how devices, keys,
 * objects, backups and journal entries hang together. Each function is one transaction; s NULL: there is no inventory,
 * and nothing is written.
 */
#ifndef TUI_WIZARD_RECORD_H
#define TUI_WIZARD_RECORD_H

#include "engine/card/objects.h"
#include "engine/keys/wrapped.h"
#include "store/backup.h"
#include "store/device.h"
#include "store/key.h"
#include "tui/wizard/results.h"
#include "tui/wizard/session.h"

/* --- from here to there --- */

struct key_identity identity_of_spki(const uint8_t sha256[static 32]);
struct key_identity identity_of_cmac(const uint8_t cmac[static BLOB_CMAC_LEN]);
struct key_identity identity_of_result(const struct key_result *k);   /* len 0: not known */
void identity_to_result(const struct key_identity *id, struct key_result *k);

/*
 * One object of a card as the inventory keeps it. ret[1] is only written for a key with a certificate, which is an object
 * of its own there. How many were written is returned: 0 for a stray.
 */
size_t record_rows_of(const struct object *o, struct object_row ret[static 2]);

/* Flags of struct object_row: enum fleet_flag as it is kept. */
unsigned record_flags_of(const struct object *o);

/* --- facts, each with its journal entry --- */

/*
 * What was seen of a device; objects NULL: they were not looked at. No journal entry. sparing: nothing is written where the
 * device was seen within the hour and only its free memory may be another: a disk is slower than the card.
 */
enum status record_seen(struct store *s, const struct card_info *info, const struct objects *objects, bool sparing,
			struct fault *f);

/* Key domain 0, within a transaction of the caller's. */
enum status record_domain(struct store *s, const char *serial, const struct dkek_status *d, int64_t at, struct fault *f);

/* key: NULL for a secret key. */
enum status record_key_made(struct store *s, const struct look *l, const struct key_result *k, const struct pubkey *key,
			    long uses, struct fault *f);
/* A key that was met there, and is another one than was known. No journal entry. */
enum status record_key_known(struct store *s, const struct look *l, const struct key_result *k, struct fault *f);
enum status record_key_deleted(struct store *s, const struct look *l, const struct key_result *k, struct fault *f);
enum status record_key_exported(struct store *s, const struct look *l, const struct key_result *k, struct fault *f);

/*
 * A wrapped key and what is proven of it. made: on this device, now; else it was only taken in. The number of the backup is
 * written into k. file may be "".
 */
enum status record_backup(struct store *s, const struct look *l, bool made, const struct wrapped *w, struct cur file,
			  struct key_result *k, enum proof_level proof, struct fault *f);

/* Restored to this device; compared says whether that is a proof. public: NULL where the key was not compared, or is secret. */
enum status record_restored(struct store *s, const struct look *l, const struct object_row *row, int64_t backup, bool compared,
			    const struct pubkey *key, const char *words, struct fault *f);

/*
 * An object has another label or ID: now, as it was read back, with the certificates of the same ID. label, id: as they
 * were.
 */
enum status record_renamed(struct store *s, const struct look *l, const struct object *now, const struct objects *with_it,
			   const char *label, const char *id, struct fault *f);

/*
 * What a self-test has shown: k->fault. known: the inventory's row of the key, whose use counter has lost so many; NULL:
 * there is none.
 */
enum status record_key_tested(struct store *s, const struct look *l, const struct key_result *k, const struct object_row *known,
			      unsigned spent, struct fault *f);

/* The device's own label. before: "" where it is not known. */
enum status record_label(struct store *s, const struct look *l, const char *before, const char *label, struct fault *f);

/* Random bytes of the device went into a file. */
enum status record_random(struct store *s, const struct look *l, size_t n, const char *file, struct fault *f);

/* --- certificates and data, and keys as they are with theirs: record_things.c --- */

/* The object as it is on the device now. what: "cert.imported" and the like; words: the journal's sentence. */
enum status record_thing(struct store *s, const struct look *l, const struct object *o, const char *what, const char *words,
			 struct fault *f);
/*
 * One that was deleted; that the inventory did not know it is fine. key: of a certificate; NULL or len 0: not known. now: the key
 * whose certificate it was, as it is without; NULL: none.
 */
enum status record_thing_gone(struct store *s, const struct look *l, enum thing type, unsigned fid, const struct object *now,
			      const struct key_identity *key, const char *what, const char *words, struct fault *f);
/* Nothing of it changes: "cert.exported", "data.read". */
enum status record_thing_used(struct store *s, const struct look *l, const struct key_identity *key, const char *what,
			      const char *words, struct fault *f);
/* As it is on the device before something of it goes away: public key, certificate, where it was made. No journal entry. */
enum status record_kept(struct store *s, const struct look *l, const struct object *o, struct fault *f);

/* What happened to this device, where nothing else is to be written: a journal entry. */
enum status record_event(struct store *s, const struct look *l, const char *what, const char *words, struct fault *f);

/*
 * A user PIN was sent to the device, and st is what came of it: how many tries are left, where Keyroom gave it its PIN and so knows
 * how many there are. So a PIN that was blocked is known to be when the device is away. What fails is left for the next look.
 */
void record_tries(struct store *s, const struct look *l, enum status st, const struct fault *f);

/* "pin.changed" and the like. so_factory: -1 says nothing about it. */
enum status record_pin(struct store *s, const struct look *l, const char *what, const char *words, int so_factory,
		       struct fault *f);

#endif
