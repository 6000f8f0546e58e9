/*
 * key rename: another label or CKA_ID for a key, and for what belongs to it; or for a stand-alone certificate or a data
 * object. Only descriptions are written; the object itself is not touched.
 */
#include <stdio.h>
#include <string.h>

#include "tui/wizard/find.h"
#include "tui/wizard/key_type.h"
#include "tui/wizard/procedures.h"
#include "tui/wizard/record.h"
#include "tui/wizard/rename.h"
#include "tui/wizard/wizard.h"

static void state_done(void *state)
{
	rename_forget(state);
	device_state_done(state);
}

/* --- the answers --- */

static enum status check_wanted(struct run *r, unsigned index, struct fault *f)
{
	return rename_check_wanted(run_get(r, "id", index), f);
}

static enum status check_id(struct run *r, unsigned index, struct fault *f)
{
	const char *id = run_get(r, "new-id", index);
	uint8_t bytes[DESCRIBE_ID_MAX];
	size_t n;

	if (id[0] != '\0')
		return id_parse(id, bytes, &n, f);
	if (run_get(r, "label", index)[0] == '\0')
		return fault_set(f, ST_USAGE, "Say what is to be new: a label, a CKA_ID, or both.");
	return ST_OK;
}

/* As it is now. */
static void propose_label(const struct run *r, unsigned index, char *out, size_t cap)
{
	struct object_row row;

	(void)index;
	if (!run_env(r)->script && find_wanted(r, run_get(r, "id", 0), &row))
		snprintf(out, cap, "%s", row.label);
}

/* --- the work --- */

static enum status look(struct step_env *e, struct fault *f)
{
	struct rename *r = run_state(e->run);
	SESSION s = { 0 };
	enum status st = session_open(e, LOOK_USER | LOOK_FIDS | LOOK_USABLE, &s, f);

	if (st == ST_OK)
		st = rename_plan(e, &s, f);
	r->interrupted = st == ST_NOT_FOUND && run_was_interrupted(e);
	return r->interrupted ? ST_OK : st;
}

static enum status resume(struct step_env *e, struct fault *f)
{
	struct rename *r = run_state(e->run);
	SESSION s = { 0 };
	enum status st = session_open(e, LOOK_USER | LOOK_USABLE, &s, f);

	if (st == ST_OK)
		r->interrupted = rename_recall(e);
	return st;
}

static enum status row_of(struct rename *r, const struct look *l, const struct object *o, struct fault *f)
{
	struct key_result *k;

	r->device.n_rows = 0;
	if ((k = device_state_row(&r->device)) == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	find_to_result(l, o, k);
	if (o->type != OBJECT_KEY)
		k->key_ref = -1;
	return ST_OK;
}

static enum status finish(struct step_env *e, struct session *s, struct fault *f)
{
	struct rename *r = run_state(e->run);
	struct object now = { 0 };
	OBJECTS certificates = { 0 };
	enum status st = rename_read_back(e, s, &now, f);

	if (st != ST_OK)
		return st;
	if (r->with_it > 0)
		st = card_objects(s->card, WANT_CERTIFICATES, &certificates, f);
	if (st == ST_OK && (st = row_of(r, s->look, &now, f)) == ST_OK)
		st = record_renamed(e->store, s->look, &now, &certificates, r->before, r->before_id, f);
	object_done(&now);
	return st;
}

static enum status rename_it(struct step_env *e, struct fault *f)
{
	const struct rename *r = run_state(e->run);
	SESSION s = { 0 };
	enum status st;

	if ((st = session_open(e, LOOK_LOGIN | LOOK_FIDS, &s, f)) != ST_OK)
		return st;
	if (!run_is_resumed(e->run) || !rename_recall(e)) {
		if ((st = rename_plan(e, &s, f)) != ST_OK)
			return st;
		if (r->n_files > 0 && (st = rename_note(e, f)) != ST_OK)
			return st;
	}
	if ((st = rename_write(e, f)) != ST_OK)
		return st;
	return finish(e, &s, f);
}

/* --- what is said --- */

static void review_changes(const struct run *run, const struct rename *r, struct prose *out)
{
	if (strcmp(r->before, r->label) != 0)
		prose_add(out, PROSE_PLAIN, "\"%s\" (%s) on %s gets the label \"%s\".", r->before, r->kind, run_serial(run), r->label);
	if (strcmp(r->before_id, r->id) != 0) {
		prose_add(out, PROSE_PLAIN, "Its CKA_ID will be %s; now it is %s.", r->id, r->before_id[0] != '\0' ? r->before_id : "-");
		prose_add(out, PROSE_WARNING,
			  "Programs that find it by its CKA_ID do not find it any more until they are told the new one.");
	}
	if (r->n_files == 0)
		prose_add(out, PROSE_PLAIN, "That is what it is called already: nothing will be changed.");
}

static void review(const struct run *run, struct prose *out)
{
	const struct rename *r = run_state(run);

	if (r->interrupted) {
		prose_add(out, PROSE_PLAIN, "This was begun before and stopped half way. What is missing is done now.");
	} else if (r->label[0] == '\0' && r->before[0] == '\0') {
		prose_add(out, PROSE_PLAIN, "%s on %s will be called by another label or CKA_ID.", run_get(run, "id", 0), run_serial(run));
	} else {
		review_changes(run, r, out);
	}
	if (r->with_it > 0)
		prose_add(out, PROSE_PLAIN, translated_n("%u certificate with the same CKA_ID is renamed with it.",
							 "%u certificates with the same CKA_ID are renamed with it.", r->with_it),
			  r->with_it);
	prose_add(out, PROSE_PLAIN, "Only descriptions are written. The object itself is not touched.");
}

static bool has_backup(const struct run *run)
{
	struct object_row row;

	return find_wanted(run, run_get(run, "new-id", 0)[0] != '\0' ? run_get(run, "new-id", 0) : run_get(run, "id", 0), &row) &&
	       row.backups > 0;
}

static void outcome(const struct run *run, struct prose *out)
{
	const struct rename *r = run_state(run);
	const struct key_result *k = r->device.rows;

	if (k == NULL)
		return;
	if (k->id[0] != '\0')
		prose_add(out, PROSE_DONE, "\"%s\" (%s) on %s was read back, with the CKA_ID %s.", k->label, r->kind, k->serial, k->id);
	else
		prose_add(out, PROSE_DONE, "\"%s\" (%s) on %s was read back.", k->label, r->kind, k->serial);
	if (r->with_it > 0)
		prose_add(out, PROSE_DONE, translated_n("%u certificate was renamed with it.", "%u certificates were renamed with it.",
							r->with_it), r->with_it);
	if (r->type == OBJECT_KEY && has_backup(run))
		prose_add(out, PROSE_PLAIN, "Backups that were made before have the old label and CKA_ID, and bring them back when they "
			  "are restored. Make a new backup.");
}

static const struct step look_step = {
	.name = "look", .words = N_("Find it on the device"), .where = ON_DEVICE, .fn = look, .repeat = session_look_repeat,
};

static const struct step resume_step = {
	.name = "resume", .words = N_("Find out how far it came"), .where = ON_DEVICE, .fn = resume,
};

static const struct question name_questions[] = {
	{
		.name = "id",
		.value = "HEX",
		.ask = ASK_OBJECTS,
		.max = 1,
		.words = N_("Object"),
		.choices_of = find_rename_choices,
		.check = check_wanted,
		.help = N_("Which key, stand-alone certificate or data object. The certificate of a key has no name of its own: it is "
			   "called what the key is called."),
	},
	{
		.name = "label",
		.value = "L",
		.ask = ASK_TEXT,
		.max = DESCRIBE_LABEL_MAX - 1,
		.optional = true,
		.words = N_("New label"),
		.empty = N_("empty: as it is"),
		.proposal = propose_label,
		.check = find_check_label,
		.help = N_("What people and other programs will call it. Leave it empty to keep the label as it is."),
	},
	{
		.name = "new-id",
		.value = "HEX",
		.ask = ASK_TEXT,
		.max = 2 * DESCRIBE_ID_MAX,
		.optional = true,
		.words = N_("New CKA_ID"),
		.empty = N_("empty: as it is"),
		.check = check_id,
		.help = N_("In hexadecimal digits. Other programs find a key by this number: leave it empty to keep it. A number that "
			   "another key on the device has is refused."),
	},
	{ .name = NULL },
};

static const struct question pin_questions[] = { QUESTION_PIN, { .name = NULL } };

static const struct page pages[] = {
	{ .name = N_("Names"), .title = N_("What is to be called what"), .questions = name_questions, .work = &look_step },
	{ .name = N_("User PIN"), .title = N_("The user PIN"), .questions = pin_questions, .text = session_tell_pin },
	{ .name = NULL },
};

static const struct step steps[] = {
	{ .name = "rename", .words = N_("Write the descriptions, read them back"), .where = ON_DEVICE, .uninterruptible = true,
	  .fn = rename_it },
	{ .name = NULL },
};

const struct procedure procedure_key_rename = {
	.name = "key rename",
	.command = "key rename",
	.title = N_("Rename"),
	.summary = N_("change the label or ID of a key, certificate or data object"),
	.on_device = true,
	.one_session = true,
	.pages = pages,
	.steps = steps,
	.state_size = sizeof(struct rename),
	.state_done = state_done,
	.review = review,
	.confirm = session_confirm_user,
	.outcome = outcome,
	.resume = &resume_step,
};
