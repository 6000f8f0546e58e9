/* data delete: has the serial typed, then deletes content and description, in this order: a stop in between leaves the
 * label. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/words.h"
#include "tui/wizard/procedures.h"
#include "tui/wizard/record.h"
#include "tui/wizard/thing.h"
#include "tui/wizard/wizard.h"

struct data_delete {
	struct device_state device;
	uint16_t content, description; /* its files; 0: none */
	bool gone;                     /* an attempt that was interrupted had deleted all of it */
};

static void take(struct data_delete *state, const struct session *s, const struct object *o)
{
	state->content = o->content_fid;
	state->description = o->description_fid;
	thing_to_result(s->look, o, state->device.rows);
}

/* What it was, the interrupted attempt had noted. */
static void take_gone(struct step_env *e, const struct session *s)
{
	struct data_delete *state = run_state(e->run);

	state->gone = true;
	snprintf(state->device.rows->serial, sizeof(state->device.rows->serial), "%s", s->look->serial);
	snprintf(state->device.rows->label, sizeof(state->device.rows->label), "%s", run_get(e->run, "label", 0));
	state->content = (uint16_t)strtoul(run_fact(e->run, "file"), NULL, 16);
}

static enum status find(struct step_env *e, struct session *s, struct fault *f)
{
	struct data_delete *state = run_state(e->run);
	struct object o = { 0 };
	enum status st = thing_row(&state->device) != NULL ? ST_OK : fault_set(f, ST_NO_MEMORY, NULL);

	if (st != ST_OK || (st = find_data(s, run_get(e->run, "label", 0), &o, f)) != ST_OK)
		return st;
	take(state, s, &o);
	object_done(&o);
	return ST_OK;
}

static enum status look_or(struct step_env *e, bool interrupted, struct fault *f)
{
	SESSION s = { 0 };
	enum status st = session_open(e, LOOK_USER | LOOK_FIDS, &s, f);

	if (st == ST_OK && (st = find(e, &s, f)) == ST_NOT_FOUND && (interrupted || run_was_interrupted(e))) {
		take_gone(e, &s);
		st = ST_OK;
	}
	return st;
}

static enum status look(struct step_env *e, struct fault *f)
{
	return look_or(e, false, f);
}

static enum status resume(struct step_env *e, struct fault *f)
{
	return look_or(e, true, f);
}

static enum status recorded(struct step_env *e, const struct session *s, struct fault *f)
{
	const struct data_delete *state = run_state(e->run);
	const struct key_result *k = state->device.rows;
	char words[1200];
	enum status st;

	snprintf(words, sizeof(words), _("The data object \"%s\" was deleted from %s."), k->label, k->serial);
	st = record_thing_gone(e->store, s->look, THING_DATA, state->content != 0 ? state->content : state->description, NULL,
			       NULL, "data.deleted", words, f);
	if (st != ST_OK)
		fault_add(f, "The data was deleted; only the inventory does not know it yet. It will, when the device "
			     "is next looked at.");
	return st;
}

static enum status delete_data(struct step_env *e, struct fault *f)
{
	struct data_delete *state = run_state(e->run);
	const uint16_t content = state->content, description = state->description;
	char note[8];
	SESSION s = { 0 };
	enum status st = session_open(e, state->gone ? LOOK_USER | LOOK_FIDS : LOOK_LOGIN | LOOK_FIDS, &s, f);

	if (st != ST_OK)
		return st;
	if (state->gone) {
		take_gone(e, &s); /* what was noted is known only since the run was taken up */
		return recorded(e, &s, f);
	}
	if ((st = find(e, &s, f)) != ST_OK)
		return st;
	if (state->content != content || state->description != description)
		return fault_set(f, ST_REFUSED,
				 "The data object \"%s\" on %s is not the one that was shown: another one has its place now. "
				 "Nothing was deleted. Look at it again first.",
				 state->device.rows->label, s.look->serial);
	if (content != 0) { /* gone already where an attempt stopped after it: then it stands in the record */
		snprintf(note, sizeof(note), "%04X", content);
		if ((st = run_note(e, "file", note, f)) != ST_OK)
			return st;
	}
	if ((st = thing_delete(e, &s, content, description, f)) != ST_OK)
		return st;
	if (content == 0)
		state->content = (uint16_t)strtoul(run_fact(e->run, "file"), NULL, 16);
	return recorded(e, &s, f);
}

/* --- what is said --- */

static void review(const struct run *r, struct prose *out)
{
	const struct key_result *k = ((const struct data_delete *)run_state(r))->device.rows;

	if (((const struct data_delete *)run_state(r))->gone) {
		prose_add(out, PROSE_PLAIN,
			  "The data object \"%s\" is gone already; an attempt that was interrupted deleted it. Only "
			  "the inventory "
			  "has to be told.",
			  k->label);
		return;
	}
	prose_add(out, PROSE_WARNING,
		  "The data object \"%s\" (%u bytes) will be deleted from %s. The device cannot bring it back, and no backup "
		  "made here has it: backups have keys only. Where its content is in no other place, it is gone for good.",
		  k->label, k->size, k->serial);
}

static const char *confirm(const struct run *r)
{
	const struct data_delete *state = run_state(r);

	return state->device.look.serial[0] != '\0' ? state->device.look.serial : run_serial(r);
}

static void outcome(const struct run *r, struct prose *out)
{
	const struct key_result *k = ((const struct data_delete *)run_state(r))->device.rows;

	prose_add(out, PROSE_DONE, "The data object \"%s\" was deleted from %s, and the device does not list it any more.",
		  k->label, k->serial);
}

static void tell_pin(const struct run *r, unsigned index, struct prose *out)
{
	(void)index;
	session_tell_user(r, out);
}

static const struct step look_step = {
	.name = "look",
	.words = N_("Find the data"),
	.where = ON_DEVICE,
	.fn = look,
};

static const struct step resume_step = {
	.name = "resume",
	.words = N_("Find out how far it came"),
	.where = ON_DEVICE,
	.fn = resume,
};

static const struct question data_questions[] = {
	{
		.name = "label",
		.value = "L",
		.ask = ASK_OBJECTS,
		.max = 1,
		.words = N_("Data"),
		.choices_of = find_data_choices,
		.help = N_("Which data object is to be deleted, by its label."),
	},
	{ .name = NULL },
};

static const struct question pin_questions[] = { { QUESTION_PIN_IS, .spare = true }, { .name = NULL } };

static unsigned pin_pages(const struct run *r)
{
	return ((const struct data_delete *)run_state(r))->gone ? 0 : 1;
}

static const struct page pages[] = {
	{ .name = N_("Data"), .title = N_("Which data"), .questions = data_questions, .work = &look_step },
	{ .name = N_("User PIN"),
	  .title = N_("The user PIN"),
	  .questions = pin_questions,
	  .text = tell_pin,
	  .repeat = pin_pages },
	{ .name = NULL },
};

static const struct step steps[] = {
	{ .name = "delete",
	  .words = N_("Delete the data, read back that it is gone"),
	  .where = ON_DEVICE,
	  .uninterruptible = true,
	  .fn = delete_data },
	{ .name = NULL },
};

const struct procedure procedure_data_delete = {
	.name = "data delete",
	.command = "data delete",
	.title = N_("Delete data"),
	.summary = N_("delete a data object from the device"),
	.on_device = true,
	.pages = pages,
	.steps = steps,
	.state_size = sizeof(struct data_delete),
	.state_done = device_state_done,
	.review = review,
	.confirm = confirm,
	.outcome = outcome,
	.resume = &resume_step,
};
