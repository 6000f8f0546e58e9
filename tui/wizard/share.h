/*
 * Shares that a run has opened, made, or is about to: the part that init and the share procedures have in common. The
 * inside of a share never leaves its struct secret; what is shown of it is the check value that it makes alone.
 */
#ifndef TUI_WIZARD_SHARE_H
#define TUI_WIZARD_SHARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/keys/dkek.h"
#include "engine/keys/share.h"
#include "tui/wizard/wizard.h"

#define SHARE_NAME_MAX 1024
#define KCV_TEXT_MAX (2 * KCV_LEN + 1)

/* --- what a run has come to, for those who print it: of init, share new, share check, share import --- */

size_t run_shares(const struct run *r);                       /* how many files it has opened */
const char *run_share_file(const struct run *r, size_t i);    /* as given */
const char *run_share_kcv(const struct run *r, size_t i);     /* of this one alone: 16 hex digits, upper case */
/* Of the DKEK: as the device shows it after init and share import, as computed after the others; "" where not known. */
const char *run_kcv(const struct run *r);

/* --- for the procedures --- */

struct dkek_status;   /* engine/card/card.h */

struct share_slot {
	char file[SHARE_NAME_MAX];
	bool made;                   /* by this run: its file is there and was opened again */
	bool kept;                   /* open since an earlier device: its file need not be here any more */
	struct secret *share;        /* NULL: not opened */
	struct secret *password;     /* that opened it, so that going back and forth does not open it twice */
	uint8_t sha256[32];          /* of the file */
	uint8_t kcv[KCV_LEN];
	char kcv_text[KCV_TEXT_MAX];
};

/* The first member of the state of every procedure that has shares. */
struct shares {
	struct share_slot slot[DKEK_SHARES_MAX];
	unsigned wanted;             /* that make the DKEK; 0: as many as are given */
	bool complete;               /* all that are wanted are open: kcv is theirs together */
	uint8_t kcv[KCV_LEN];
	char kcv_text[KCV_TEXT_MAX];
	char device_kcv_text[KCV_TEXT_MAX];   /* as read from the device; "" */
};

void shares_done(struct shares *s);
void shares_wipe(void *shares);   /* what is secret in them; how many there are, and their check values, stay */
unsigned shares_open(const struct shares *s);   /* how many are open */
/* The n-th open one; its slot is returned too. */
const struct share_slot *shares_nth(const struct shares *s, unsigned n, unsigned *ret_slot);

/*
 * On a worker. Opens the file with the password, unless it is open already; says so by progress. ST_PASSWORD_WRONG,
 * ST_DAMAGED, ST_NOT_FOUND with the file's name.
 */
enum status share_slot_open(struct step_env *e, struct share_slot *slot, const char *file, const struct secret *password,
			    struct fault *f);
/* A new random share, written to a new file, which is then read and opened as any other. */
enum status share_slot_make(struct step_env *e, struct share_slot *slot, const char *file, const struct secret *password,
			    struct fault *f);
void share_slot_close(struct share_slot *slot);

/*
 * ST_REFUSED where two are the same share, which would cancel each other out. Else their check value, where all that are
 * wanted are open.
 */
enum status shares_combine(struct shares *s, struct fault *f);

/* A line for each open share. */
void shares_tell(const struct shares *s, struct prose *out);

/* --- shares in the inventory, share_record.c. e->store NULL is fine: nothing is known, and nothing written. --- */

/* What is known of this file: it was opened now, and where made says so, made. */
enum status share_record(struct store *s, const struct share_slot *slot, bool made, struct fault *f);

/*
 * The share was imported: its journal entry, the file, the device's domain, and the DKEK where that is complete. For the
 * middle of a transaction.
 */
enum status share_record_import(struct step_env *e, const struct share_slot *slot, const struct dkek_status *d, struct fault *f);

/*
 * The check values of the shares that were imported since the device was erased, as far as the journal knows. The device (now)
 * is believed before it: where it has fewer shares than were in after the last import, or is to get another number of them,
 * another program has initialised it since, and nothing is known.
 */
struct share_kcvs {
	uint8_t kcv[DKEK_SHARES_MAX + 1][KCV_LEN];
	size_t n;
	bool outdated;               /* by another program's initialisation; n is 0 then */
};
enum status share_imported(struct step_env *e, const struct dkek_status *now, struct share_kcvs *ret, struct fault *f);
bool share_kcvs_have(const struct share_kcvs *l, const uint8_t kcv[static KCV_LEN]);

/* Says in the run's record that this share is going to be imported, while so many are missing. */
enum status share_note_begin(struct step_env *e, const struct share_slot *slot, unsigned missing, struct fault *f);
enum status share_note_end(struct step_env *e, struct fault *f);

/*
 * Is this share in the device already? The journal knows those that were written down since the device was erased, as long as
 * no other program did that; of one whose import was interrupted the number of missing shares tells. A device does not notice
 * the same share twice, and the two would cancel each other out (smartcard-hsm.md 6.1).
 */
enum share_where { SHARE_NOT_IN, SHARE_IN, SHARE_IN_UNRECORDED };
enum status share_where_is(struct step_env *e, const struct share_slot *slot, const struct dkek_status *now,
			   enum share_where *ret, struct fault *f);

#endif
