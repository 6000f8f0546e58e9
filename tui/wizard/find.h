/* Which of a device's keys is meant: by its CKA_ID, or where that is not enough by its reference ("ref:3"). */
#ifndef TUI_WIZARD_FIND_H
#define TUI_WIZARD_FIND_H

#include "engine/card/objects.h"
#include "store/key.h"
#include "tui/wizard/results.h"
#include "tui/wizard/session.h"

/* ST_BAD_FORM. */
enum status find_check(const char *wanted, struct fault *f);
/* For questions: all answers "id" name keys; the answer "label", where there is one, can be one. */
enum status find_check_keys(struct run *r, unsigned index, struct fault *f);
enum status find_check_label(struct run *r, unsigned index, struct fault *f);

/*
 * One APDU for each key until it is found, and two for itself. A description or certificate whose key is gone is found
 * too: ret->type is OBJECT_STRAY. ST_NOT_FOUND; ST_USAGE: several keys have this ID. Give ret back with object_done().
 */
enum status find_key(struct session *s, const char *wanted, struct object *ret, struct fault *f);

/* The references of all keys with this ID, at most 255. ST_NOT_FOUND. */
enum status find_refs(struct session *s, const char *wanted, uint8_t ret_refs[static 256], size_t *ret_n, struct fault *f);

/* ST_DUPLICATE: a key has this CKA_ID. but: a key reference that does not count; 0: none. One APDU a key. */
enum status find_id_is_free(struct session *s, struct cur id, uint8_t but, struct fault *f);

/* What is known of it, as a result; key_ref and everything but file, backup and proof. */
void find_to_result(const struct look *l, const struct object *o, struct key_result *ret);

/* The inventory's row of this key: same device, reference, CKA_ID and label. Which key it is, it only says, and may be wrong. */
bool find_known(struct store *store, const char *serial, const struct object *o, struct object_row *ret);

/*
 * Which secret key it is, into o->cmac: asked of the card, after a login, but where that would spend one of the key's uses and
 * the inventory knows. ST_OK with has_cmac false where the key does not let itself be used for it.
 */
enum status find_secret(struct session *s, struct store *store, struct object *o, struct fault *f);

/* The inventory's row of the key on the run's device that is wanted, by CKA_ID or reference, without asking the device. */
bool find_wanted(const struct run *r, const char *wanted, struct object_row *ret);

/*
 * For ASK_OBJECTS: what the inventory knows of the run's device; find_choices.c. Where they are of several kinds, what is no key is
 * named by its file. Those that can be renamed are all but the certificates of keys, which have no name of their own.
 */
enum status find_choices(const struct run *r, struct choices *ret, struct fault *f);   /* keys */
enum status find_cert_choices(const struct run *r, struct choices *ret, struct fault *f);
enum status find_data_choices(const struct run *r, struct choices *ret, struct fault *f);
enum status find_object_choices(const struct run *r, struct choices *ret, struct fault *f);
enum status find_rename_choices(const struct run *r, struct choices *ret, struct fault *f);

#endif
