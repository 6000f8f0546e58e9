/*
 * The inside of the initialisation, for init*.c alone. What a run has come to on its device stands in struct init; the
 * questions, texts and steps that are not needed any more leave themselves out by looking there.
 */
#ifndef TUI_WIZARD_INIT_H
#define TUI_WIZARD_INIT_H

#include "engine/card/card.h"
#include "engine/card/files.h"
#include "tui/wizard/session.h"
#include "tui/wizard/share.h"

#define INIT_FACT_MAX 24
#define USER_TRIES 3                 /* of the user PIN where nobody says otherwise */

/* One thing that is on the device now and will be erased. */
struct init_thing {
	char words[700];
	bool is_key, has_backup;
};

struct init {
	struct shares shares;            /* first: share.h */

	/* as the device was when it was looked at */
	bool looked;
	struct card_info info;
	struct fids fids;
	struct init_thing *things;
	size_t n_things;
	unsigned keys, keys_without_backup;
	/*
	 * It has the factory's SO-PIN, which need not be typed: it was never initialised, or that was begun and stopped before
	 * the SO-PIN was changed.
	 */
	bool factory_offered;

	/* how far it came */
	bool erasing;                    /* the command was sent, and no answer to it is known */
	bool erased;
	bool so_changed, so_before;      /* before: by an attempt that stopped, to what was typed then */
	bool so_wanted;                  /* a new SO-PIN is to be set, as the run that is taken up says */
	bool so_unknown;                 /* it was being changed when the run stopped: either may be right */
	bool label_set, label_left;      /* left: the device wants a PIN change first */
	bool imported[DKEK_SHARES_MAX];
	unsigned missing;                /* shares, as last read */
	bool kcv_hidden;
	bool factory_kept;
};

static inline struct init *init_of(const struct run *r)
{
	return run_state(r);
}

bool init_without_backup(const struct run *r);
unsigned init_shares_wanted(const struct run *r);     /* 0 with --no-backup */
const char *init_share_file(const struct run *r, unsigned index);   /* existing or new; "": left to share import */
unsigned init_tries(const struct run *r);
bool init_can_change_so(const struct run *r);
/* The current SO-PIN as the card takes it: as typed, or the factory's where that was offered. */
enum status init_current_so(const struct run *r, struct secret *ret_so, struct fault *f);
enum status init_new_so(const struct run *r, struct secret *ret_so, struct fault *f);
bool init_current_is_factory(const struct run *r);
bool init_changes_so(const struct run *r);            /* a new SO-PIN was given, and it is another one */
enum status init_params_of(const struct run *r, const struct secret *so, struct init_params *ret, struct fault *f);

void init_share_fact(unsigned slot, char out[static INIT_FACT_MAX]);   /* name of the fact that this one is in */

/* init_look.c */
enum status init_read_device(struct step_env *e, struct fault *f);
enum status init_find_out(struct step_env *e, struct fault *f);
enum status init_write_before(struct step_env *e, struct fault *f);
void init_forget_device(struct init *s);
bool init_is_empty(const struct fids *l);             /* no key, no file of anybody's */

extern const struct page init_pages[];                /* init_pages.c */

/* init_shares.c: what the pages about shares are made of */
extern const struct question init_share_questions[];
extern const struct step init_open_step, init_combine_step;
void init_say_share(const struct run *r, unsigned index, struct prose *out);
void init_say_check_value(const struct run *r, unsigned index, struct prose *out);

extern const struct step init_steps[];                /* init_steps.c */

/* init_words.c */
void init_tell_things(const struct init *s, struct prose *out);
void init_review(const struct run *r, struct prose *out);
void init_outcome(const struct run *r, struct prose *out);
void init_failed(const struct run *r, struct prose *out);
void init_left(const struct run *r, struct prose *out);

#endif
