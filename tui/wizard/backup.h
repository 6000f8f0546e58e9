/* The inside of backup, for clone, which begins as one: a key of a card wrapped, judged and kept. */
#ifndef TUI_WIZARD_BACKUP_H
#define TUI_WIZARD_BACKUP_H

#include "tui/wizard/session.h"
#include "tui/wizard/wizard.h"

/*
 * Wraps the key, reads the wrapped key as any other program would, compares its check value with the device's, writes it
 * to a new file in the folder that the answer "out" names, where there is one, and keeps it in the inventory as matched.
 * Logged in. k: as find_to_result() gives it; file, backup, dkek_kcv, proof, remark are filled in. ret_file: the bytes,
 * appended; NULL: not wanted. ST_NO_DKEK, ST_NOT_ALLOWED, ST_OTHER_DKEK, ...: see backup_is_of_this_key().
 */
enum status backup_wrap(struct step_env *e, struct session *s, struct object *o, struct key_result *k, struct buf *ret_file,
			struct fault *f);

/* This key cannot be wrapped; the next one may. */
bool backup_is_of_this_key(enum status st);

/*
 * What a run that began then has already kept of this key, made on this device and in the folder of the answer "out". since 0:
 * nothing. *ret: its number, written only where true.
 */
bool backup_is_saved(struct step_env *e, const struct key_result *k, const struct look *l, int64_t since, int64_t *ret);

/* The answer "out": a folder, or a name that can become one. Its words in the review; none where it is empty. */
enum status backup_check_folder(struct run *r, unsigned index, struct fault *f);
void backup_tell_folder(const struct run *r, struct prose *out);

/* When the run of this step began, by its record. */
enum status backup_run_began(struct step_env *e, int64_t *ret, struct fault *f);

#endif
