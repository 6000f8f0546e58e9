/* The inside of restore: wrapped keys as they were read, and putting one onto a card. */
#ifndef TUI_WIZARD_RESTORE_H
#define TUI_WIZARD_RESTORE_H

#include "engine/card/objects.h"
#include "engine/keys/wrapped.h"
#include "store/backup.h"
#include "tui/wizard/session.h"

/* One wrapped key, with all that is known about which key it is. */
struct restore_item {
	char name[1024];              /* the file, or "backup 12" */
	char fact[24];                /* under which its key reference is noted in the run's record; "": under its name */
	struct buf file;
	struct buf kept;              /* its certificate, where the inventory has that and the file has not */
	struct wrapped w;             /* views into file and kept; clone: the certificate may be the source's own */
	int64_t backup;               /* in the inventory; 0: not known there */
	enum proof_level proof;       /* of that */
	struct key_identity identity; /* that it must turn out to have; len 0: not known */
	bool from_store;              /* the identity is the inventory's, not the unprotected certificate's in the file */
	bool has_key;
	struct pubkey key;            /* the public key that it must turn out to have */
	bool alien_cert;              /* the certificate in the file is of another key than the inventory says */
	bool has_description;
	struct description description;   /* from the file, else the inventory, else made up */
	char remark[400];
	struct fault fault;           /* why it cannot be restored; st is ST_OK else */
	bool done;
	bool there;                   /* of all that are known: the device has this one already */
	struct key_result result;
};

struct restore {
	struct device_state device;
	bool loaded;
	struct restore_item *items;
	size_t n_items;
	bool kept;                    /* something was changed before the first of them: no undoing takes that back */
};

/*
 * Reads the files or the backups that the answers name, or all that are known under the DKEK that was looked at, and looks
 * them up in the inventory. What is damaged has its fault in its item; only what has nothing to do with a single file fails.
 * Does nothing where they are loaded.
 */
enum status restore_load(struct step_env *e, const struct look *l, struct fault *f);
bool restore_wants_all(const struct run *r);   /* then restore_load() needs a look with its DKEK, else it may be NULL */
void restore_unload(struct restore *r);

/* The bytes are in item->file: what they are, and what is known of them. Damaged ones have their fault afterwards. */
void restore_judge(struct store *store, struct restore_item *item);

/* Failures that say something of this one key; the others are tried all the same. */
bool restore_is_of_this_key(enum status st);

/* Under which name its key reference is noted in the run's record, and the one that an interrupted attempt noted; 0: none. */
const char *restore_fact(const struct restore_item *item);
uint8_t restore_earlier_ref(const struct run *r, const char *fact);

/* Warns where the inventory knows that the key has a use counter. */
void restore_tell_counter(const struct run *r, const struct key_identity *key, struct prose *out);

/* One more sentence that is worth knowing of it. */
void restore_remark(struct restore_item *item, const char *words);   /* translated here: the literal stands there unmarked */

#define RESTORE_MAX 1024   /* wrapped keys in one run; no device has room for as many */

/* For the question "backup": those that the run's device could take and does not have, newest first, by their number. */
enum status restore_choices(const struct run *r, struct choices *ret, struct fault *f);

/*
 * One backup of each key that has any under this DKEK: the one that is proven best. Where nothing tells which key it is,
 * each of its own. *ret is the caller's to free().
 */
enum status restore_of_dkek(struct store *store, const uint8_t kcv[static KCV_LEN], struct backup_row **ret, size_t *ret_n,
			    struct fault *f);

/* Is its DKEK the device's? Into the item's fault where not. The card is only asked for its key domains. */
void restore_compare_dkek(struct store *store, struct session *s, struct restore_item *item);

/* Does the device's firmware have keys of its kind and size, as far as the file tells? Into the item's fault where not. */
void restore_compare_firmware(const struct look *l, struct restore_item *item);

/* Has the key a use counter, as far as the inventory knows? Then proving it spends one use. */
bool restore_is_limited(struct store *store, const struct key_identity *key);

/* What is on the card already. */
struct restore_present {
	struct object *o;
	struct key_identity *known;   /* of each; len 0: nobody knows */
	size_t n;
};
void restore_present_done(struct restore_present *p);
#define RESTORE_PRESENT CLEANUP(restore_present_done) struct restore_present

/* Two APDUs a key. secrets: the identity of AES keys matters too. */
enum status restore_list(struct step_env *e, struct session *s, bool secrets, struct restore_present *ret, struct fault *f);

/* ST_DUPLICATE, in words. but: a key reference that does not count; 0: none. */
enum status restore_is_new(const struct restore_present *p, const struct restore_item *item, unsigned but, struct fault *f);

/*
 * Unwraps to a free reference, proves, describes, reads back. Takes away what it made itself where it fails.
 * earlier: the reference of an attempt that was interrupted, 0: none.
 */
enum status restore_put(struct step_env *e, struct session *s, struct restore_item *item, uint8_t earlier, struct fault *f);

#endif
