/*
 * The inside of key rename: which description files change, from what to what. Both are noted in the run before the first
 * one is written, since a device does not cut a file when a shorter one is written over it (real-devices.md 4): a longer
 * file is deleted before the shorter one is written, and in between only the note has what stood there.
 */
#ifndef TUI_WIZARD_RENAME_H
#define TUI_WIZARD_RENAME_H

#include "engine/card/objects.h"
#include "store/key.h"
#include "tui/wizard/session.h"

#define RENAME_FILES_MAX 16

struct rename_file {
	uint16_t fid;
	struct buf old, fresh;        /* old is empty where there is none */
};

struct rename {
	struct device_state device;
	enum object_type type;
	char before[DESCRIBE_LABEL_MAX], before_id[RESULT_ID_MAX];
	char label[DESCRIBE_LABEL_MAX], id[RESULT_ID_MAX];   /* as they will be */
	char kind[24];
	uint8_t number;               /* of the key, certificate or data object */
	unsigned with_it;             /* certificates that take its label or ID too */
	bool interrupted;             /* its old name is not found, because an earlier attempt has changed it */
	struct rename_file files[RENAME_FILES_MAX];
	size_t n_files;
};

void rename_forget(struct rename *r);   /* the files */

/*
 * Which object the answer "id" means, and what has to be written. Nothing is changed. ST_NOT_FOUND; ST_DUPLICATE: another key
 * has the new ID; ST_USAGE: nothing would change, or a data object was to get an ID.
 */
enum status rename_plan(struct step_env *e, struct session *s, struct fault *f);

/* What is planned, into the run's record; and back. False: an earlier attempt had not come that far. */
enum status rename_note(struct step_env *e, struct fault *f);
bool rename_recall(struct step_env *e);

/* Writes what is not written yet. ST_REFUSED: somebody else has changed it since. */
enum status rename_write(struct step_env *e, struct fault *f);

/* What is on the device now, as the inventory keeps it. */
enum status rename_read_back(struct step_env *e, struct session *s, struct object *ret, struct fault *f);

enum status rename_check_wanted(const char *wanted, struct fault *f);

#endif
