/* The run's record in the inventory (store/run.h): for run*.c alone. Without an inventory, or a record, all of it is ST_OK. */
#ifndef TUI_WIZARD_RUN_RECORD_H
#define TUI_WIZARD_RUN_RECORD_H

#include "tui/wizard/wizard.h"

/* On the owner's thread. */
enum status record_begin(struct run *r, struct fault *f);   /* nothing where the run has its record already */
/* An open run of the same procedure, device and answers becomes this one's record. */
enum status record_take_up(struct run *r, bool *ret_found, struct fault *f);
enum status record_end(struct run *r, struct fault *f);     /* all of it was done */
void record_drop(struct run *r);                            /* nothing was changed: the record is closed */
enum status record_restore(struct run *r, const struct run_record *record, struct fault *f);
int64_t record_usual(const struct run *r, const struct step *s);   /* milliseconds; 0: not known */

/* On the step's thread: this step begins now. */
enum status record_step(struct step_env *e, const struct step *s, struct fault *f);
void record_time(struct step_env *e, const struct step *s, int64_t ms);

/* The run stays as it is in the inventory; this program is not at it any more. */
void record_let_go(struct run *r);

#endif
