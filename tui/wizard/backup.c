/*
 * backup: wraps one, several or all keys in one login. Each wrapped key is read as any other program would read it, its
 * check value compared with the device's DKEK, written to a file where one is wanted, and then into the inventory. A key
 * that cannot be wrapped is named and stops nothing; a disk that is full stops at once.
 */
#include <string.h>

#include "engine/base/file.h"
#include "engine/base/words.h"
#include "tui/wizard/backup.h"
#include "tui/wizard/find.h"
#include "tui/wizard/procedures.h"
#include "tui/wizard/session.h"
#include "tui/wizard/wizard.h"

struct backup {
	struct device_state device;
	int64_t since;                /* resumed: when the run began; 0: it was not */
};

static enum status one(struct step_env *e, struct session *s, uint8_t ref, struct fault *f)
{
	struct backup *b = run_state(e->run);
	struct key_result *k;
	struct object o = { 0 };
	int64_t number;
	enum status st = card_object_key(s->card, &s->fids, ref, &o, f);

	if (st != ST_OK)
		return st;
	if ((k = device_state_row(&b->device)) == NULL) {
		object_done(&o);
		return fault_set(f, ST_NO_MEMORY, NULL);
	}
	/* Where it cannot be told which secret key it is, it is wrapped once more. */
	if (b->since != 0 && o.has_algorithm && o.algorithm == KEY_AES)
		(void)find_secret(s, e->store, &o, NULL);
	find_to_result(s->look, &o, k);
	if (backup_is_saved(e, k, s->look, b->since, &number)) {
		object_done(&o);
		b->device.n_rows--;
		return ST_OK;
	}
	st = session_need_dkek(s->look, f);
	if (st == ST_OK)
		st = backup_wrap(e, s, &o, k, NULL, f);
	object_done(&o);
	if (st == ST_OK || !backup_is_of_this_key(st))
		return st;
	k->fault = *f;
	return ST_OK;
}

/* --- all that are wanted --- */

static enum status wanted_refs(struct step_env *e, struct session *s, uint8_t refs[static 256], size_t *ret_n,
			       struct fault *f)
{
	const unsigned asked = run_count(e->run, "id");
	bool taken[256] = { false };
	size_t n = 0;

	for (unsigned i = 0; i < asked; i++) {
		uint8_t some[256];
		size_t n_some = 0;
		enum status st = find_refs(s, run_get(e->run, "id", i), some, &n_some, f);

		if (st != ST_OK)
			return st;
		for (size_t j = 0; j < n_some; j++)
			taken[some[j]] = fids_have(&s->fids, fid_of(FID_KEY, some[j]));
	}
	for (size_t i = 0; i < s->fids.n && asked == 0; i++)
		taken[s->fids.fid[i] & 0xff] |= (s->fids.fid[i] & 0xff00) == FID_KEY;
	for (unsigned ref = 1; ref < 256; ref++) {
		if (taken[ref])
			refs[n++] = (uint8_t)ref;
	}
	if (n == 0)
		return fault_set(f, ST_NOT_FOUND, "There is no key on %s that could be backed up.", s->look->serial);
	*ret_n = n;
	return ST_OK;
}

/* Where no key could be wrapped that is a failure; where some could, the rows tell of the others. */
static enum status verdict(const struct run *r, struct fault *f)
{
	size_t n, failed = run_keys_failed(r);
	const struct key_result *rows = run_keys(r, &n);

	if (n == 0 || failed < n)
		return ST_OK;
	*f = rows[0].fault;
	if (n > 1)
		fault_add(f, "None of the %zu keys was backed up.", n);
	return f->st;
}

static enum status wrap_all(struct step_env *e, struct fault *f)
{
	struct backup *b = run_state(e->run);
	const char *dir = run_get(e->run, "out", 0);
	uint8_t refs[256];
	SESSION s = { 0 };
	enum status st;
	size_t n = 0;

	b->device.n_rows = 0;
	if ((dir[0] != '\0' && (st = file_make_dir(dir, f)) != ST_OK) ||
	    (st = session_open(e, LOOK_DKEK | LOOK_LOGIN | LOOK_FIDS, &s, f)) != ST_OK ||
	    (st = wanted_refs(e, &s, refs, &n, f)) != ST_OK)
		return st;
	for (size_t i = 0; i < n; i++) {
		job_progress(e->job, (unsigned)i, (unsigned)n, "");
		if (job_cancelled(e->job))
			return fault_set(f, ST_CANCELLED, "It was cancelled after %zu of %zu keys.", i, n);
		if ((st = one(e, &s, refs[i], f)) != ST_OK)
			return i > 0 ? fault_add(f, "%zu of %zu keys were saved before.", i - run_keys_failed(e->run),
						 n)
				     : st;
	}
	return verdict(e->run, f);
}

/* --- pages --- */

static enum status check_ids(struct run *r, unsigned index, struct fault *f)
{
	const enum status st = find_check_keys(r, index, f);

	if (st != ST_OK)
		return st;
	if (run_count(r, "id") == 0 && !run_is(r, "all", "1"))
		return fault_set(f, ST_USAGE, "Say which keys are to be backed up, or that all of them are.");
	return ST_OK;
}

static enum status check_all(struct run *r, unsigned index, struct fault *f)
{
	const bool all = run_is(r, "all", "1"), some = run_count(r, "id") > 0;

	(void)index;
	if (all && some)
		return fault_set(f, ST_USAGE, "Say either which keys are to be backed up, or that all of them are, not both.");
	return ST_OK;
}

static enum status look(struct step_env *e, struct fault *f)
{
	SESSION s = { 0 };
	enum status st = session_open(e, LOOK_DKEK | LOOK_USER | LOOK_USABLE, &s, f);

	return st != ST_OK ? st : session_need_dkek(s.look, f);
}

/* Taken up again: what was saved since the run began is not wrapped a second time. */
static enum status resume(struct step_env *e, struct fault *f)
{
	enum status st = backup_run_began(e, &((struct backup *)run_state(e->run))->since, f);

	return st == ST_OK ? look(e, f) : st;
}

static void review(const struct run *r, struct prose *out)
{
	const struct backup *b = run_state(r);
	char kcv[2 * KCV_LEN + 1];

	if (run_is(r, "all", "1"))
		prose_add(out, PROSE_PLAIN, "All keys on %s will be wrapped under its DKEK, and the wrapped keys kept.",
			  run_serial(r));
	else
		prose_add(out, PROSE_PLAIN,
			  translated_n("%u key on %s will be wrapped under its DKEK, and the wrapped key kept.",
				       "%u keys on %s will be wrapped under its DKEK, and the wrapped keys kept.",
				       run_count(r, "id")), run_count(r, "id"), run_serial(r));
	if (b->device.look.known && b->device.look.dkek.kcv_shown) {
		hex_upper(kcv, b->device.look.dkek.kcv, KCV_LEN);
		prose_add(out, PROSE_PLAIN, "The check value of that DKEK is:");
		prose_add(out, PROSE_VALUE, "%s", kcv);
	}
	backup_tell_folder(r, out);
	if (run_get(r, "out", 0)[0] == '\0')
		prose_add(out, PROSE_WARNING,
			  "No folder was given: the wrapped keys are kept in this computer's inventory alone.");
	if (b->since != 0)
		prose_add(out, PROSE_PLAIN, "Keys that were saved before this was interrupted are not wrapped again.");
}

static void outcome(const struct run *r, struct prose *out)
{
	const struct backup *b = run_state(r);

	if (b->device.n_rows == 0)
		prose_add(out, PROSE_DONE, "All of them were saved before it was interrupted.");
	for (size_t i = 0; i < b->device.n_rows; i++) {
		const struct key_result *k = &b->device.rows[i];
		const char *label = k->label[0] != '\0' ? k->label : _("no label");
		const char *kind = k->kind[0] != '\0' ? k->kind : _("kind not known");

		if (k->fault.st != ST_OK)
			prose_add(out, PROSE_WARNING, "\"%s\" (%s) was not backed up. %s", label, kind, k->fault.what);
		else
			prose_add(out, PROSE_DONE,
				  k->file[0] != '\0' ? N_("\"%s\" (%s): backup %s, check value %s, file %s.") :
						       N_("\"%s\" (%s): backup %s, check value %s."),
				  label, kind, k->backup, k->dkek_kcv, k->file);
		if (k->fault.st == ST_OK && k->remark[0] != '\0')
			prose_add(out, PROSE_WARNING, "%s", k->remark);
	}
	prose_add(out, PROSE_PLAIN,
		  "Each backup counts as matched now: it is under the right DKEK. Whether the key inside is whole only shows when it is "
		  "opened with all shares, or restored. Next: restore it to a second device under the same DKEK.");
}

static const struct step look_step = {
	.name = "look", .words = N_("Look at the device"), .where = ON_DEVICE, .fn = look, .repeat = session_look_repeat,
};
static const struct step resume_step = {
	.name = "resume", .words = N_("Find out how far it came"), .where = ON_DEVICE, .fn = resume,
};

static const struct question key_questions[] = {
	{
		.name = "id",
		.value = "HEX",
		.ask = ASK_OBJECTS,
		.optional = true,
		.words = N_("Keys"),
		.choices_of = find_choices,
		.check = check_ids,
		.help = N_("Which keys are to be backed up, one or several, each by its CKA_ID. Or none of them, and all keys below."),
	},
	{
		.name = "all",
		.ask = ASK_YES,
		.words = N_("All keys"),
		.check = check_all,
		.help = N_("Every key on the device, whether it has a backup already or not. A key that cannot be wrapped "
			"is named, and the others are "
			"saved."),
	},
	{
		.name = "out",
		.value = "DIR",
		.ask = ASK_TEXT,
		.optional = true,
		.words = N_("Folder"),
		.empty = N_("empty: the inventory alone"),
		.check = backup_check_folder,
		.help = N_("A folder for one new file a key, made if it is not there: a USB stick, for example. A file that is there "
			   "stays as it is; where its name is wanted again, the new one gets a number. Without a folder the wrapped "
			   "keys are kept in the inventory alone. A wrapped key is worth nothing to anybody who has not all shares of "
			   "its DKEK."),
	},
	{ .name = NULL },
};

static const struct question pin_questions[] = { QUESTION_PIN, { .name = NULL } };

static const struct page pages[] = {
	{ .name = N_("Keys"), .title = N_("Which keys"), .questions = key_questions, .work = &look_step },
	{ .name = N_("User PIN"), .title = N_("The user PIN"), .questions = pin_questions, .text = session_tell_pin },
	{ .name = NULL },
};

static const struct step steps[] = {
	{ .name = "wrap",
	  .words = N_("Wrap the keys, read each file back"),
	  .where = ON_DEVICE,
	  .fn = wrap_all,
	  .usual = "backup" },
	{ .name = NULL },
};

const struct procedure procedure_backup = {
	.name = "backup",
	.command = "backup",
	.title = N_("Back up keys"),
	.summary = N_("wrap keys under the DKEK, and keep the wrapped keys as backups"),
	.on_device = true,
	.one_session = true,
	.pages = pages,
	.steps = steps,
	.state_size = sizeof(struct backup),
	.state_done = device_state_done,
	.review = review,
	.confirm = session_confirm_user,
	.outcome = outcome,
	.resume = &resume_step,
};
