/* The inside of key delete: finding the keys, backing them up first where that is wanted, and deleting them. */
#ifndef TUI_WIZARD_KEY_DELETE_H
#define TUI_WIZARD_KEY_DELETE_H

#include "tui/wizard/session.h"
#include "tui/wizard/wizard.h"

#define DELETE_MAX 64

struct key_delete {
	struct device_state device;   /* a row for each answer "id", in that order */
	bool gone[DELETE_MAX];        /* an attempt that was interrupted had deleted all of it */
	bool saved;                   /* ... or had made the backups */
};

bool delete_all_gone(const struct run *r);

/* The work of the first page, and finding out how far an earlier attempt came. */
enum status delete_look(struct step_env *e, struct fault *f);
enum status delete_resume(struct step_env *e, struct fault *f);

/* The steps. A backup that is not made, read back and matched stops it before anything is deleted. */
enum status delete_back_up(struct step_env *e, struct fault *f);
enum status delete_keys(struct step_env *e, struct fault *f);

#endif
