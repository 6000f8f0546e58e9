/* restore: wrapped keys, from files or the inventory, onto one device in one login. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/words.h"
#include "engine/card/pin.h"
#include "tui/wizard/procedures.h"
#include "tui/wizard/record.h"
#include "tui/wizard/restore.h"
#include "tui/wizard/wizard.h"

static void state_done(void *state)
{
	restore_unload(state);
	device_state_done(state);
}

static size_t failed(const struct restore *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n_items; i++)
		n += r->items[i].fault.st != ST_OK;
	return n;
}

/* Where nothing at all can be restored that is a failure; else what can be is, and the rest is named. */
static enum status verdict(const struct restore *r, struct fault *f)
{
	if (r->n_items == 0 || failed(r) < r->n_items)
		return ST_OK;
	*f = r->items[0].fault;
	if (r->n_items > 1)
		fault_add(f, "None of the %zu wrapped keys could be restored.", r->n_items);
	return f->st;
}

static enum status judge(struct step_env *e, struct session *s, struct fault *f)
{
	struct restore *r = run_state(e->run);
	enum status st = session_need_dkek(s->look, f);

	if (st != ST_OK)
		return st;
	for (size_t i = 0; i < r->n_items; i++)
		restore_compare_dkek(e->store, s, &r->items[i]);
	for (size_t i = 0; i < r->n_items; i++)
		restore_compare_firmware(s->look, &r->items[i]);
	return verdict(r, f);
}

const char *restore_fact(const struct restore_item *item)
{
	return item->fact[0] != '\0' ? item->fact : item->name;
}

uint8_t restore_earlier_ref(const struct run *r, const char *fact)
{
	const long ref = strtol(run_fact(r, fact), NULL, 10);

	return run_is_resumed(r) && ref >= 1 && ref <= 255 ? (uint8_t)ref : 0;
}

static bool any_secret(const struct restore *r)
{
	for (size_t i = 0; i < r->n_items; i++) {
		if (r->items[i].fault.st == ST_OK && r->items[i].w.blob.algorithm == KEY_AES)
			return true;
	}
	return false;
}

/* Else the device, the disk or the inventory let us down: what is left is not tried. */
bool restore_is_of_this_key(enum status st)
{
	static const enum status those[] = {
		ST_DUPLICATE,   ST_OTHER_DKEK, ST_DAMAGED,  ST_MISMATCH, ST_UNSUPPORTED,
		ST_NOT_ALLOWED, ST_CARD_ERROR, ST_BAD_FORM, ST_CRYPTO,
	};

	for (size_t i = 0; i < sizeof(those) / sizeof(those[0]); i++) {
		if (those[i] == st)
			return true;
	}
	return false;
}

static bool same_identity(const struct restore_item *a, const struct restore_item *b)
{
	return a->identity.len > 0 && a->identity.len == b->identity.len &&
	       memcmp(a->identity.bytes, b->identity.bytes, a->identity.len) == 0;
}

/* Twice among what was given. */
static enum status is_new_here(const struct restore *r, const struct restore_item *item, struct fault *f)
{
	for (const struct restore_item *other = r->items; other < item; other++) {
		if (other->done && same_identity(other, item))
			return fault_set(f, ST_DUPLICATE, "The same key was restored just now from %s; %s is not needed.",
					 other->name, item->name);
	}
	return ST_OK;
}

static enum status one(struct step_env *e, struct session *s, const struct restore_present *present,
		       struct restore_item *item, struct fault *f)
{
	const struct restore *r = run_state(e->run);
	const uint8_t earlier = restore_earlier_ref(e->run, restore_fact(item));
	enum status st, listed;
	struct fault unlisted;

	st = restore_is_new(present, item, earlier, f);
	item->there = st == ST_DUPLICATE && restore_wants_all(e->run);
	if (item->there)
		return ST_OK;
	if (st != ST_OK || (st = is_new_here(r, item, f)) != ST_OK)
		return st;
	st = restore_put(e, s, item, earlier, f);
	if (item + 1 == r->items + r->n_items || (st != ST_OK && !restore_is_of_this_key(st)))
		return st;
	/* What is free now is not what was free before, also where what failed could not be taken away again. */
	if ((listed = session_list(s, &unlisted)) != ST_OK) {
		*f = unlisted;
		return listed;
	}
	return st;
}

static enum status rows_of(struct restore *r, struct fault *f)
{
	r->device.n_rows = 0;
	for (size_t i = 0; i < r->n_items; i++) {
		struct key_result *row = r->items[i].there ? NULL : device_state_row(&r->device);

		if (r->items[i].there)
			continue;
		if (row == NULL)
			return fault_set(f, ST_NO_MEMORY, NULL);
		*row = r->items[i].result;
		row->fault = r->items[i].fault;
		snprintf(row->remark, sizeof(row->remark), "%s", r->items[i].remark);
	}
	return ST_OK;
}

/* What came before the one that stopped it. */
static enum status tell_done(const struct restore *r, struct fault *f)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n_items; i++)
		n += r->items[i].done;
	if (n == 0)
		return f->st;
	return fault_add(f, "%zu of %zu keys are on the device, whole; the others can be restored again.", n, r->n_items);
}

static enum status all(struct step_env *e, struct session *s, struct fault *f)
{
	struct restore *r = run_state(e->run);
	RESTORE_PRESENT present = { 0 };
	enum status st = restore_list(e, s, any_secret(r), &present, f);

	for (size_t i = 0; i < r->n_items && st == ST_OK; i++) {
		struct restore_item *item = &r->items[i];

		job_progress(e->job, (unsigned)i, (unsigned)r->n_items, "");
		if (item->fault.st != ST_OK)
			continue;
		if (job_cancelled(e->job))
			return fault_set(f, ST_CANCELLED, "It was cancelled after %zu of %zu keys.", i, r->n_items);
		st = one(e, s, &present, item, f);
		if (st == ST_OK || !restore_is_of_this_key(st) || item->done)
			continue;
		item->fault = *f;
		st = ST_OK;
	}
	return st == ST_OK ? ST_OK : tell_done(r, f);
}

/* Where none can be restored, the rows say of each why. */
static enum status judge_and_tell(struct step_env *e, struct session *s, struct fault *f)
{
	enum status st = judge(e, s, f);

	if (st != ST_OK)
		(void)rows_of(run_state(e->run), NULL);
	return st;
}

/* Which backups are all of them the device tells; what else is wrong with them is found out before it is asked. */
static enum status load_and_open(struct step_env *e, unsigned want, struct session *s, struct fault *f)
{
	struct restore *r = run_state(e->run);
	const bool all_known = restore_wants_all(e->run);
	enum status st = all_known ? ST_OK : restore_load(e, NULL, f);

	if (st == ST_OK)
		st = session_open(e, want, s, f);
	return st == ST_OK && all_known ? restore_load(e, &r->device.look, f) : st;
}

static enum status restore(struct step_env *e, struct fault *f)
{
	const unsigned want = LOOK_DKEK | LOOK_USER;
	struct restore *r = run_state(e->run);
	SESSION s = { 0 };
	enum status st, rows;

	if ((st = load_and_open(e, want, &s, f)) != ST_OK)
		return st;
	if (restore_wants_all(e->run) && r->n_items == 0)
		return ST_OK;
	if ((st = judge_and_tell(e, &s, f)) != ST_OK || (st = session_log_in(e, &s, want, f)) != ST_OK ||
	    (st = judge(e, &s, f)) != ST_OK || (st = session_list(&s, f)) != ST_OK)
		return st;
	st = all(e, &s, f);
	rows = rows_of(r, st == ST_OK ? f : NULL);
	if (st == ST_OK)
		st = rows != ST_OK ? rows : verdict(r, f);
	return st;
}

/* --- pages --- */

static enum status look(struct step_env *e, struct fault *f)
{
	struct restore *r = run_state(e->run);
	SESSION s = { 0 };
	enum status st;

	r->loaded = false;
	st = load_and_open(e, LOOK_DKEK | LOOK_USER | LOOK_USABLE, &s, f);
	return st == ST_OK ? judge(e, &s, f) : st;
}

static enum status check_backups(struct run *r, unsigned index, struct fault *f)
{
	(void)index;
	for (unsigned i = 0; i < run_count(r, "backup"); i++) {
		const char *text = run_get(r, "backup", i);

		if (strspn(text, "0123456789") != strlen(text) || strlen(text) > 18)
			return fault_set(f, ST_BAD_FORM, "A backup is named by its number, and \"%s\" is none.", text);
	}
	if (run_count(r, "backup") == 0 && run_count(r, "file") == 0 && !restore_wants_all(r))
		return fault_set(f, ST_USAGE,
				 "Say what is to be restored: files with wrapped keys, backups of the inventory, or all of its "
				 "backups that this device takes.");
	return ST_OK;
}

static enum status check_source(struct run *r, unsigned index, struct fault *f)
{
	const int said = (run_count(r, "file") > 0) + (run_count(r, "backup") > 0) +
			      (restore_wants_all(r) ? 1 : 0);

	(void)index;
	if (said > 1)
		return fault_set(f, ST_USAGE,
				 "Say either which files, or which backups of the inventory, or all of its backups: only one of "
				 "these.");
	return ST_OK;
}

bool restore_is_limited(struct store *store, const struct key_identity *key)
{
	struct object_filter filter = { .key = key, .gone_too = true };
	struct object_row *rows = NULL;
	bool limited = false;
	size_t n = 0;

	if (store == NULL || key->len == 0 || store_objects(store, &filter, &rows, &n, NULL) != ST_OK)
		return false;
	for (size_t i = 0; i < n; i++)
		limited |= rows[i].use_counter != STORE_UNKNOWN;
	free(rows);
	return limited;
}

void restore_tell_counter(const struct run *r, const struct key_identity *key, struct prose *out)
{
	if (restore_is_limited(run_env(r)->store, key))
		prose_add(out, PROSE_WARNING,
			  "This key has a use counter: proving it after the restore spends one use.");
}

static void review(const struct run *r, struct prose *out)
{
	const struct restore *st = run_state(r);

	prose_add(out, PROSE_PLAIN,
		  "These keys will be put onto %s, each at a free key reference. Nothing that is there is deleted or "
		  "overwritten.",
		  run_serial(r)[0] != '\0' ? run_serial(r) : _("the device"));
	for (unsigned i = 0; !st->loaded && i < run_count(r, "file"); i++)
		prose_add(out, PROSE_ITEM, "%s", run_get(r, "file", i));
	for (unsigned i = 0; !st->loaded && i < run_count(r, "backup"); i++)
		prose_add(out, PROSE_ITEM, "backup %s", run_get(r, "backup", i));
	if (restore_wants_all(r))
		prose_add(out, PROSE_PLAIN,
			  "They are one backup of every key that the inventory has under the DKEK of this device. Keys that are on "
			  "it already are left alone.");
	for (size_t i = 0; i < st->n_items; i++) {
		const struct restore_item *item = &st->items[i];

		if (item->fault.st != ST_OK) {
			prose_add(out, PROSE_WARNING, "%s", item->fault.what);
			continue;
		}
		prose_add(out, PROSE_ITEM, "\"%s\" (%s) from %s",
			  item->has_description ? item->description.label : _("no label"), item->result.kind, item->name);
		if (item->remark[0] != '\0')
			prose_add(out, PROSE_WARNING, "%s", item->remark);
		restore_tell_counter(r, &item->identity, out);
	}
	prose_add(out, PROSE_PLAIN,
		  "Each one has to sign or encrypt something, and only counts when the answer is right and everything "
		  "was read back.");
}

static void outcome(const struct run *r, struct prose *out)
{
	const struct restore *st = run_state(r);
	bool proven = false;

	if (restore_wants_all(r) && st->device.n_rows == 0)
		prose_add(out, PROSE_DONE,
			  "Nothing had to be restored: every key of which the inventory has a backup under the DKEK of %s is on it "
			  "already.", run_serial(r));
	for (size_t i = 0; i < st->device.n_rows; i++) {
		const struct key_result *k = &st->device.rows[i];

		if (k->fault.st != ST_OK)
			prose_add(out, PROSE_WARNING, "\"%s\" was not restored. %s", k->label[0] != '\0' ? k->label : k->file, k->fault.what);
		else if (k->compared)
			prose_add(out, PROSE_DONE,
				  "\"%s\" (%s) is on %s, at key reference %d, and proven to be the right key.",
				  k->label, k->kind, k->serial, k->key_ref);
		else
			prose_add(out, PROSE_DONE,
				  "\"%s\" (%s) is on %s, at key reference %d: restored, key not compared.", k->label,
				  k->kind, k->serial, k->key_ref);
		if (k->fault.st == ST_OK && k->remark[0] != '\0')
			prose_add(out, PROSE_WARNING, "%s", k->remark);
		proven |= k->fault.st == ST_OK && k->compared;
	}
	if (proven)
		prose_add(out, PROSE_PLAIN, "What was restored and compared counts as a proven backup from now on.");
}

static const struct step look_step = {
	.name = "look",
	.words = N_("Read the files, look at the device"),
	.where = ON_DEVICE,
	.fn = look,
	.repeat = session_look_repeat,
};
static const struct step resume_step = {
	.name = "resume", .words = N_("Find out how far it came"), .where = ON_DEVICE, .fn = look,
};

static const struct question source_questions[] = {
	{
		.name = "backup",
		.value = "ID",
		.ask = ASK_OBJECTS,
		.optional = true,
		.words = N_("Backups"),
		.choices_of = restore_choices,
		.check = check_backups,
		.help = N_("Backups that the inventory keeps, one or several, each by its number. Only those are listed that were made "
			   "under the DKEK of this device, and whose keys it does not have yet."),
	},
	{
		.name = "all",
		.ask = ASK_YES,
		.words = N_("All of them"),
		.help = N_("Every key of which the inventory has a backup under the DKEK of this device, each once. Keys that are on "
			   "the device already are left alone."),
	},
	{
		.name = "file",
		.value = "FILE",
		.ask = ASK_FILES,
		.positional = true,
		.optional = true,
		.words = N_("Or files"),
		.help = N_("Files with wrapped keys, made by this program, sc-hsm-tool or the vendor's shell; one or "
			"several, one on each line. An empty line ends the list."),
		.check = check_source,
	},
	{ .name = NULL },
};

static const struct question pin_questions[] = { QUESTION_PIN, { .name = NULL } };

static const struct page pages[] = {
	{ .name = N_("Backup"), .title = N_("What is to be restored"), .questions = source_questions, .work = &look_step },
	{ .name = N_("User PIN"), .title = N_("The user PIN"), .questions = pin_questions, .text = session_tell_pin },
	{ .name = NULL },
};

static const struct step steps[] = {
	{
		.name = "restore",
		.words = N_("Unwrap, prove, describe, read back"),
		.where = ON_DEVICE,
		.uninterruptible = true,
		.fn = restore,
		.usual = "restore",
	},
	{ .name = NULL },
};

const struct procedure procedure_restore = {
	.name = "restore",
	.command = "restore",
	.title = N_("Restore keys"),
	.summary = N_("put wrapped keys onto a device, and prove them"),
	.on_device = true,
	.one_session = true,
	.pages = pages,
	.steps = steps,
	.state_size = sizeof(struct restore),
	.state_done = state_done,
	.review = review,
	.confirm = session_confirm_user,
	.outcome = outcome,
	.resume = &resume_step,
};
