/* inventory forget: a device that is gone for good leaves the inventory. Its journal entries and backups stay. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/text.h"
#include "engine/base/words.h"
#include "store/backup.h"
#include "store/device.h"
#include "store/journal.h"
#include "store/key.h"
#include "store/run.h"
#include "tui/wizard/fleet.h"
#include "tui/wizard/procedures.h"
#include "tui/wizard/wizard.h"

/* A key on the device, and what is left of it without. */
struct left {
	char label[STORE_LABEL_MAX];
	unsigned elsewhere;           /* on so many other devices */
	unsigned backups;
	enum proof_level proof;
};

struct forget {
	bool looked;
	char serial[STORE_SERIAL_MAX];
	char label[STORE_LABEL_MAX];
	struct left *keys;
	size_t n_keys, n_only;        /* those of which there is no other copy at all */
	size_t n_things;              /* certificates and data */
	size_t n_runs;                /* interrupted on it */
	struct choices choices;
};

static void choices_done(struct forget *s)
{
	for (size_t i = 0; i < s->choices.n; i++) {
		free((char *)(uintptr_t)s->choices.c[i].value);
		free((char *)(uintptr_t)s->choices.c[i].words);
	}
	free(s->choices.c);
	s->choices = (struct choices){ 0 };
}

static void state_done(void *state)
{
	struct forget *s = state;

	choices_done(s);
	free(s->keys);
	s->keys = NULL;
}

/* --- which --- */

static bool choice_of(const struct fleet_device *d, struct choice *ret)
{
	char *value = strdup(d->serial), *words = NULL;

	if (value == NULL || asprintf(&words, "%s  %s", d->serial, d->label) < 0) {
		free(value);
		return false;
	}
	*ret = (struct choice){ value, words };
	return true;
}

static enum status absent(const struct run *r, struct choices *ret, struct fault *f)
{
	struct forget *s = run_state(r);
	const struct fleet *fleet = run_env(r)->fleet;
	const size_t n = fleet != NULL ? fleet_count(fleet) : 0;

	(void)f;
	choices_done(s);
	s->choices.c = calloc(n + 1, sizeof(*s->choices.c));
	for (size_t i = 0; i < n && s->choices.c != NULL; i++) {
		const struct fleet_device *d = fleet_device(fleet, i);

		if (d->state == FLEET_ABSENT && choice_of(d, &s->choices.c[s->choices.n]))
			s->choices.n++;
	}
	*ret = s->choices;
	return ST_OK;
}

/* By its serial, and where a card cannot be read by the reader's name, which has it. */
static bool is_here(const struct fleet *fleet, const char *serial)
{
	for (size_t i = 0; fleet != NULL && i < fleet_count(fleet); i++) {
		const struct fleet_device *d = fleet_device(fleet, i);

		if (d->state != FLEET_ABSENT && (strcmp(d->serial, serial) == 0 ||
						 (d->serial[0] == '\0' && strstr(d->reader, serial) != NULL)))
			return true;
	}
	return false;
}

static enum status check_absent(struct run *r, unsigned index, struct fault *f)
{
	const struct env *env = run_env(r);
	const char *serial = run_get(r, "serial", 0);

	(void)index;
	if (strlen(serial) >= STORE_SERIAL_MAX || !text_is_clean(serial))
		return fault_set(f, ST_BAD_FORM, "No device has a serial number like this.");
	if (is_here(env->fleet, serial))
		return fault_set(f, ST_REFUSED, "%s is here. A device that is plugged in is not forgotten: it would be known again at "
				 "once. Pull it out first, if it is to be given away.", serial);
	if (env->script && env->confirm != NULL && strcmp(env->confirm, serial) != 0)
		return fault_set(f, ST_REFUSED, "--confirm says %s, but the device is %s. Nothing was done.", env->confirm, serial);
	return ST_OK;
}

/* --- what would be lost --- */

static enum status judge(struct store *s, const struct object_row *row, struct left *ret, struct fault *f)
{
	struct key_row key;
	enum status st;

	text_clean(ret->label, sizeof(ret->label), row->label, strlen(row->label));
	ret->backups = row->backups;
	ret->proof = row->proof;
	if (row->key.len == 0)
		return ST_OK;
	if ((st = store_key_get(s, &row->key, &key, f)) != ST_OK)
		return st;
	ret->elsewhere = key.devices > 0 ? key.devices - 1 : 0;
	return ST_OK;
}

static enum status list(struct store *s, struct forget *state, struct fault *f)
{
	struct object_filter filter = { .device = state->serial };
	enum status st = ST_OK;
	size_t n;

	free(state->keys);
	state->keys = NULL;
	state->n_keys = state->n_only = state->n_things = 0;
	do {
		struct object_row *rows = NULL;
		struct left *grown;

		n = 0;
		if ((st = store_objects(s, &filter, &rows, &n, f)) != ST_OK)
			return st;
		grown = reallocarray(state->keys, state->n_keys + n + 1, sizeof(*grown));
		if (grown != NULL)
			state->keys = grown;
		else
			st = fault_set(f, ST_NO_MEMORY, NULL);
		for (size_t i = 0; i < n && st == ST_OK; i++) {
			struct left *key = &state->keys[state->n_keys];

			if (rows[i].type != THING_KEY) {
				state->n_things++;
				continue;
			}
			*key = (struct left){ 0 };
			st = judge(s, &rows[i], key, f);
			state->n_keys++;
			state->n_only += key->elsewhere == 0 && key->backups == 0;
		}
		free(rows);
		filter.page.offset += (unsigned)n;
	} while (st == ST_OK && n == STORE_PAGE_MAX);
	return st;
}

static enum status look(struct step_env *e, struct fault *f)
{
	struct forget *s = run_state(e->run);
	struct run_record *runs = NULL;
	struct device_row row;
	enum status st;

	s->looked = false;
	if (e->store == NULL)
		return fault_set(f, ST_STORE, "The inventory is not open, so that nothing can be forgotten.");
	if ((st = store_device_get(e->store, run_get(e->run, "serial", 0), &row, f)) != ST_OK)
		return st;
	snprintf(s->serial, sizeof(s->serial), "%s", row.serial);
	text_clean(s->label, sizeof(s->label), row.label, strlen(row.label));
	if ((st = list(e->store, s, f)) != ST_OK || (st = store_open_runs(e->store, s->serial, &runs, &s->n_runs, f)) != ST_OK)
		return st;
	run_records_free(runs, s->n_runs);
	s->looked = true;
	return ST_OK;
}

/* --- forgetting --- */

static enum status close_runs(struct store *store, const char *serial, int64_t at, struct fault *f)
{
	struct run_record *runs = NULL;
	size_t n = 0;
	enum status st = store_open_runs(store, serial, &runs, &n, f);

	for (size_t i = 0; i < n && st == ST_OK; i++)
		st = store_run_finish(store, runs[i].id, RUN_STATE_ROLLED_BACK, at, f);
	run_records_free(runs, n);
	return st;
}

static enum status forget(struct step_env *e, struct fault *f)
{
	struct forget *s = run_state(e->run);
	const size_t only = s->n_only;
	const int64_t at = clock_wall();
	char words[JOURNAL_TEXT_MAX];
	const struct journal_entry entry = { .at = at, .what = "device.forgotten", .text = words, .device = s->serial };
	STORE_TXN t = { 0 };
	enum status st = look(e, f);

	if (st != ST_OK)
		return st;
	if (s->n_only > only)
		return fault_set(f, ST_REFUSED, "What the inventory knows of %s has just changed: more of its keys are nowhere else. "
				 "Nothing was forgotten. Begin again.", s->serial);
	snprintf(words, sizeof(words), _("The device %s (\"%.200s\") was forgotten, with %zu keys, %zu of them without any other copy, "
		 "and %zu certificates and data objects."), s->serial, s->label, s->n_keys, s->n_only, s->n_things);
	if ((st = store_begin(e->store, &t, f)) != ST_OK || (st = close_runs(e->store, s->serial, at, f)) != ST_OK ||
	    (st = store_device_forget(e->store, s->serial, f)) != ST_OK || (st = store_journal(e->store, &entry, f)) != ST_OK)
		return st;
	return store_commit(&t, f);
}

/* --- words --- */

static void say_which(const struct run *r, unsigned index, struct prose *out)
{
	const struct fleet *fleet = run_env(r)->fleet;
	size_t gone = 0;

	(void)index;
	prose_add(out, PROSE_PLAIN, "A device that is lost, broken or given away is taken out of the inventory. Nothing is done to the "
		  "device itself. The journal and the backups stay.");
	for (size_t i = 0; fleet != NULL && i < fleet_count(fleet); i++)
		gone += fleet_device(fleet, i)->state == FLEET_ABSENT;
	if (fleet != NULL && gone == 0)
		prose_add(out, PROSE_PLAIN, "Every device that the inventory knows is here. Only one that is not plugged in can be "
			  "forgotten.");
}

static void say_key(const struct left *k, struct prose *out)
{
	const char *label = k->label[0] != '\0' ? k->label : _("(no label)");

	if (k->elsewhere == 0 && k->backups == 0)
		prose_add(out, PROSE_WARNING, "The key \"%s\" is on no other device, and has no backup. Without this device it is lost.",
			  label);
	else if (k->elsewhere > 0)
		prose_add(out, PROSE_ITEM, translated_n("The key \"%s\" is on %u other device.", "The key \"%s\" is on %u other devices.",
							k->elsewhere), label, k->elsewhere);
	else if (k->proof == PROOF_RESTORED)
		prose_add(out, PROSE_ITEM, "The key \"%s\" is on no other device. It has a backup that was proven.", label);
	else
		prose_add(out, PROSE_WARNING, "The key \"%s\" is on no other device. It has a backup, but none that was ever proven.",
			  label);
}

static void review(const struct run *r, struct prose *out)
{
	const struct forget *s = run_state(r);

	prose_add(out, PROSE_PLAIN, "The inventory will forget %s (\"%s\"): its label, where it is kept, and what was on it. Should "
		  "it be plugged in again, it is known again with what it then has.", s->serial, s->label);
	for (size_t i = 0; i < s->n_keys; i++)
		say_key(&s->keys[i], out);
	if (s->n_things > 0)
		prose_add(out, PROSE_PLAIN, translated_n("%zu certificate or data object is forgotten too.",
							 "%zu certificates and data objects are forgotten too.", s->n_things), s->n_things);
	if (s->n_runs > 0)
		prose_add(out, PROSE_WARNING, "A procedure was interrupted on it. Afterwards it cannot be taken up again.");
	prose_add(out, PROSE_PLAIN, "Its journal entries and the backups that were made on it stay.");
}

static void outcome(const struct run *r, struct prose *out)
{
	const struct forget *s = run_state(r);

	prose_add(out, PROSE_DONE, "%s is no longer in the inventory. Its journal entries and backups stay.", s->serial);
	if (s->n_only > 0)
		prose_add(out, PROSE_WARNING, translated_n("%zu key was nowhere else. If the device still exists, do not destroy it.",
							   "%zu keys were nowhere else. If the device still exists, do not destroy it.",
							   s->n_only), s->n_only);
}

/* COMMANDS.md, "Confirmation": a script says the serial always, a person types it where the only copy of a key goes. */
static const char *confirm(const struct run *r)
{
	const struct forget *s = run_state(r);

	return s->looked && (s->n_only > 0 || run_env(r)->script) ? s->serial : NULL;
}

static const struct question questions[] = {
	{
		.name = "serial",
		.value = "SERIAL",
		.ask = ASK_TEXT,
		.positional = true,
		.words = N_("Device"),
		.choices_of = absent,
		.check = check_absent,
		.help = N_("One of the devices that the inventory knows and that are not here now, by its serial number."),
	},
	{ .name = NULL },
};

static const struct step look_step = {
	.name = "look", .words = N_("Look up what the inventory knows of it"), .where = ON_WORKER, .fn = look,
};

static const struct page pages[] = {
	{ .name = N_("Device"), .title = N_("Which device"), .questions = questions, .text = say_which, .work = &look_step },
	{ .name = NULL },
};

static const struct step steps[] = {
	{ .name = "forget", .words = N_("Take it out of the inventory"), .where = ON_WORKER, .fn = forget },
	{ .name = NULL },
};

/* One transaction: there is nothing to be taken up again. */
const struct procedure procedure_inventory_forget = {
	.name = "inventory-forget",
	.command = "inventory forget",
	.title = N_("Forget a device"),
	.summary = N_("take a device that is gone for good out of the inventory"),
	.looks_around = true,
	.unrecorded = true,
	.pages = pages,
	.steps = steps,
	.state_size = sizeof(struct forget),
	.state_done = state_done,
	.review = review,
	.confirm = confirm,
	.outcome = outcome,
};
