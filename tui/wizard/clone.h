/*
 * The inside of clone: everything that one device has, onto another under the same DKEK. Steps on the two alternate: look at
 * the source, look at the target, wrap and read on the source, put and prove on the target, read back there.
 */
#ifndef TUI_WIZARD_CLONE_H
#define TUI_WIZARD_CLONE_H

#include "engine/card/objects.h"
#include "tui/wizard/restore.h"

/* One object of the source, and what becomes of it. */
struct clone_thing {
	const struct object *o;       /* in the list of the source */
	struct restore_item *item;    /* keys, once wrapped; NULL: not */
	struct secret *secret;        /* content of data, once read: private or not, it is nobody's business */
	bool done;
	struct key_result result;     /* there, fault, remark: as they stand */
};

struct clone {
	struct restore restore;       /* first: restore_put() works on it */
	struct objects source, target;   /* as last listed */
	bool listed;                  /* both */
	struct clone_thing *things;
	size_t n_things;
	unsigned strays;              /* of the source: leftovers that are no object */
	int64_t since;                /* resumed: when the run began; 0: it was not */
};

/* Under which name the place that it gets on the target is noted in the run's record; "done" afterwards. */
#define CLONE_FACT_MAX 24
void clone_fact(const struct clone_thing *t, char out[static CLONE_FACT_MAX]);

void clone_forget(struct clone *c);   /* the lists and what was read; secrets are erased */

/* --- what is where: clone_look.c --- */

/* Source and target, before anybody logs in: what they are, and that they have one DKEK. ON_DEVICE, then ON_OTHER. */
enum status clone_look_source(struct step_env *e, struct fault *f);
enum status clone_look_target(struct step_env *e, struct fault *f);
/* The same, as steps; the target's with a login, so that a wrong PIN is found out before anything is done. */
enum status clone_open_source(struct step_env *e, struct fault *f);
enum status clone_open_target(struct step_env *e, struct fault *f);
/* What is on the target now, secret keys compared by what they encrypt. Logged in. */
enum status clone_list_target(struct step_env *e, struct session *s, struct fault *f);

/*
 * Is this key on the target already (result.there), or another one under its ID (result.fault)? What an interrupted attempt
 * of this run left at a key reference counts as neither.
 */
void clone_compare_key(const struct run *r, struct clone_thing *t);

/* --- taking and putting --- */

/* Wraps the keys, reads certificates and data: clone_source.c. ON_DEVICE. */
enum status clone_take(struct step_env *e, struct fault *f);
/* Puts them there, proves, reads back: clone_target.c. ON_OTHER. */
enum status clone_put(struct step_env *e, struct fault *f);
enum status clone_read_back(struct step_env *e, struct fault *f);

/*
 * One stand-alone certificate or data object: there already, refused, or written with its description as it stands on the
 * source, and journaled. clone_things.c. Logged in; s->fids as they are.
 */
enum status clone_put_thing(struct step_env *e, struct session *s, struct clone_thing *t, struct fault *f);

#endif
