/* clone: everything that a device has, onto another one that is here, under the same DKEK. */
#include "tui/wizard/clone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/words.h"
#include "engine/card/pin.h"
#include "tui/wizard/backup.h"
#include "tui/wizard/fleet.h"
#include "tui/wizard/procedures.h"
#include "tui/wizard/record.h"
#include "tui/wizard/wizard.h"

static void state_done(void *state)
{
	clone_forget(state);
	device_state_done(state);
}

static void wipe(void *state)
{
	const struct clone *c = state;

	for (size_t i = 0; i < c->n_things; i++) {
		if (c->things[i].secret != NULL)
			secret_wipe(c->things[i].secret);
	}
}

/* --- which other device --- */

static bool choice_of(const struct fleet_device *d, struct choice *ret)
{
	char *value = strdup(d->serial), *words = NULL;

	if (value == NULL || asprintf(&words, d->dkek_kcv[0] != '\0' ? _("%s  %s  DKEK %s") : "%s  %s", d->serial, d->label,
				      d->dkek_kcv) < 0) {
		free(value);
		return false;
	}
	*ret = (struct choice){ value, words };
	return true;
}

/* All that are here but the device itself; made anew each time, since they come and go. */
static enum status choices(const struct run *r, struct choices *ret, struct fault *f)
{
	struct device_state *d = run_state(r);
	const struct fleet *fleet = run_env(r)->fleet;
	const size_t n = fleet != NULL ? fleet_count_here(fleet) : 0;

	(void)f;
	(void)device_state_has_choices(d, r);
	device_state_forget_choices(d);
	d->choices.c = calloc(n + 1, sizeof(*d->choices.c));
	for (size_t i = 0; i < n && d->choices.c != NULL; i++) {
		const struct fleet_device *here = fleet_device(fleet, i);

		if (here->state != FLEET_HERE || here->serial[0] == '\0' || strcmp(here->serial, run_serial(r)) == 0)
			continue;
		if (choice_of(here, &d->choices.c[d->choices.n]))
			d->choices.n++;
	}
	*ret = d->choices;
	return ST_OK;
}

/* --- words --- */

static void say_to(const struct run *r, unsigned index, struct prose *out)
{
	(void)index;
	prose_add(out, PROSE_PLAIN, "Everything that %s has is put onto another device: keys, certificates and data. Nothing on either "
		  "device is deleted or overwritten.", run_serial(r));
	prose_add(out, PROSE_PLAIN, "The other device must be here, and must have been initialised with the same DKEK shares.");
}

static void say_pin(const struct run *r, unsigned index, struct prose *out)
{
	(void)index;
	prose_add(out, PROSE_PLAIN, "This is the user PIN of %s, from which everything is taken.", run_serial(r));
	session_tell_user(r, out);
}

static void say_other_pin(const struct run *r, unsigned index, struct prose *out)
{
	(void)index;
	prose_add(out, PROSE_PLAIN, "This is the user PIN of %s, onto which everything is put.", run_other(r));
	session_tell_other(r, out);
}

static void say_one(const struct run *r, const struct clone_thing *t, struct prose *out)
{
	const struct key_result *k = &t->result;
	struct key_identity id;

	if (k->there) {
		prose_add(out, PROSE_ITEM, "\"%s\" (%s) is there already, and is left alone.", k->label, k->kind);
		if (k->remark[0] != '\0')
			prose_add(out, PROSE_WARNING, "\"%s\": %s", k->label, k->remark);
	}
	else if (k->fault.st != ST_OK)
		prose_add(out, PROSE_WARNING, "\"%s\": %s", k->label, k->fault.what);
	else if (t->o->type == OBJECT_KEY)
		prose_add(out, PROSE_ITEM, "The key \"%s\" (%s).", k->label, k->kind);
	else if (t->o->type == OBJECT_CERTIFICATE)
		prose_add(out, PROSE_ITEM, "The certificate \"%s\".", k->label);
	else
		prose_add(out, PROSE_ITEM, t->o->is_private ? N_("The private data \"%s\".") : N_("The data \"%s\"."), k->label);
	if (t->o->type != OBJECT_KEY || k->there || k->fault.st != ST_OK)
		return;
	id = identity_of_result(k);
	restore_tell_counter(r, &id, out);
}

static void review(const struct run *r, struct prose *out)
{
	const struct clone *c = run_state(r);
	const struct dkek_status *dkek = &c->restore.device.look.dkek;
	char kcv[2 * KCV_LEN + 1];

	prose_add(out, PROSE_PLAIN, "Everything that %s has will be put onto %s. Nothing on either device is deleted or overwritten.",
		  run_serial(r), run_other(r));
	if (c->restore.device.look.known && dkek->kcv_shown) {
		hex_upper(kcv, dkek->kcv, KCV_LEN);
		prose_add(out, PROSE_PLAIN, "The check value of the DKEK of both is:");
		prose_add(out, PROSE_VALUE, "%s", kcv);
	}
	for (size_t i = 0; i < c->n_things && c->listed; i++)
		say_one(r, &c->things[i], out);
	if (c->strays > 0)
		prose_add(out, PROSE_WARNING, translated_n("%u file that belongs to no key is left behind.",
							   "%u files that belong to no key are left behind.", c->strays), c->strays);
	prose_add(out, PROSE_PLAIN, "Each key is wrapped, and kept as a backup in the inventory too. On the other device it has to "
		  "sign or encrypt something, and only counts when the answer is right and everything was read back.");
	prose_add(out, PROSE_PLAIN, "A key with a use counter spends one use on that proof.");
	if (c->since != 0)
		prose_add(out, PROSE_PLAIN, "What was put there before this was interrupted is left alone.");
}

static void say_done(const struct key_result *k, struct prose *out)
{
	const bool key = strcmp(k->thing, "key") == 0;

	if (k->there)
		prose_add(out, PROSE_DONE, "\"%s\" was on %s already.", k->label, k->serial);
	else if (key && k->compared)
		prose_add(out, PROSE_DONE, "The key \"%s\" (%s) is on %s, at key reference %d, and proven to be the right key.",
			  k->label, k->kind, k->serial, k->key_ref);
	else if (key)
		prose_add(out, PROSE_DONE, "The key \"%s\" (%s) is on %s, at key reference %d: restored, key not compared.", k->label,
			  k->kind, k->serial, k->key_ref);
	else if (strcmp(k->thing, "data") == 0)
		prose_add(out, PROSE_DONE, "The data \"%s\" is on %s.", k->label, k->serial);
	else
		prose_add(out, PROSE_DONE, "The certificate \"%s\" is on %s.", k->label, k->serial);
	if (k->remark[0] != '\0')
		prose_add(out, PROSE_WARNING, "\"%s\": %s", k->label, k->remark);
}

static void outcome(const struct run *r, struct prose *out)
{
	const struct clone *c = run_state(r);
	const struct device_state *d = &c->restore.device;
	size_t failed = 0, remarks = 0;

	for (size_t i = 0; i < d->n_rows; i++) {
		const struct key_result *k = &d->rows[i];

		failed += k->fault.st != ST_OK;
		remarks += k->there && k->remark[0] != '\0';
		if (k->fault.st != ST_OK)
			prose_add(out, PROSE_WARNING, "\"%s\" was not put onto %s. %s", k->label, run_other(r), k->fault.what);
		else
			say_done(k, out);
	}
	if (c->strays > 0)
		prose_add(out, PROSE_WARNING, translated_n("%u file that belongs to no key was left behind.",
							   "%u files that belong to no key were left behind.", c->strays), c->strays);
	if (failed == 0 && remarks > 0)
		prose_add(out, PROSE_DONE, "But for what is named above, %s now has everything that %s has. Keep the two in different "
			  "places.", run_other(r), run_serial(r));
	else if (failed == 0)
		prose_add(out, PROSE_DONE, "%s now has everything that %s has. Keep the two in different places.", run_other(r),
			  run_serial(r));
	else
		prose_add(out, PROSE_WARNING, "%s does not have everything that %s has. Mend what is named above, and do the same again: "
			  "what is there is left alone.", run_other(r), run_serial(r));
}

static void failed(const struct run *r, struct prose *out)
{
	prose_add(out, PROSE_PLAIN, "Nothing was deleted or overwritten on either device. Once that is mended, do the same again: it "
		  "goes on where it stopped, and what is on %s already is left alone.", run_other(r));
}

/* Where both are on their last try, it is refused. */
static const char *confirm(const struct run *r)
{
	const char *source = session_confirm_user(r);

	return source != NULL ? source : session_confirm_other(r);
}

/* --- the rows --- */

/* When it began tells which backups are its own. */
static enum status resume(struct step_env *e, struct fault *f)
{
	enum status st = backup_run_began(e, &((struct clone *)run_state(e->run))->since, f);

	return st == ST_OK ? clone_look_source(e, f) : st;
}

static const struct question to_questions[] = {
	{
		.name = "to",
		.value = "WHICH",
		.ask = ASK_OTHER,
		.words = N_("Other device"),
		.choices_of = choices,
		.help = N_("The device onto which everything is put. It must be plugged in beside the first one, and must have the same "
			   "DKEK; what is on it already stays as it is."),
	},
	{ .name = NULL },
};
static const struct question pin_questions[] = { QUESTION_PIN, { .name = NULL } };
static const struct question other_pin_questions[] = { QUESTION_OTHER_PIN, { .name = NULL } };

static const struct step look_source_step = {
	.name = "look", .words = N_("Look at what the device has"), .where = ON_DEVICE, .fn = clone_look_source,
	.repeat = session_look_repeat,
};
static const struct step look_target_step = {
	.name = "look-other", .words = N_("Look at the other device"), .where = ON_OTHER, .fn = clone_look_target,
	.repeat = session_look_repeat,
};
static const struct step resume_step = {
	.name = "resume", .words = N_("Find out how far it came"), .where = ON_DEVICE, .fn = resume,
};

static const struct page pages[] = {
	{ .name = N_("Other device"), .title = N_("Onto which device"), .questions = to_questions, .text = say_to,
	  .work = &look_source_step },
	{ .name = N_("DKEK"), .title = N_("Have both the same DKEK?"), .work = &look_target_step },
	{ .name = N_("User PIN"), .title = N_("The user PIN of this device"), .questions = pin_questions, .text = say_pin },
	{ .name = N_("Its user PIN"), .title = N_("The user PIN of the other device"), .questions = other_pin_questions,
	  .text = say_other_pin },
	{ .name = NULL },
};

static const struct step steps[] = {
	{ .name = "source", .words = N_("Look at what the device has"), .where = ON_DEVICE, .fn = clone_open_source },
	{ .name = "target", .words = N_("Compare the DKEK, log in to the other device, look at what it has"), .where = ON_OTHER,
	  .fn = clone_open_target },
	{ .name = "wrap", .words = N_("Wrap the keys, read certificates and data"), .where = ON_DEVICE, .fn = clone_take,
	  .usual = "clone wrap" },
	{ .name = "restore", .words = N_("Put everything onto the other device, and prove it"), .where = ON_OTHER,
	  .uninterruptible = true, .fn = clone_put, .usual = "clone restore" },
	{ .name = "read-back", .words = N_("Read back what the other device has now"), .where = ON_OTHER, .fn = clone_read_back },
	{ .name = NULL },
};

const struct procedure procedure_clone = {
	.name = "clone",
	.command = "clone",
	.title = N_("Clone a device"),
	.summary = N_("put everything a device has onto another one under the same DKEK"),
	.on_device = true,
	.pages = pages,
	.steps = steps,
	.state_size = sizeof(struct clone),
	.state_done = state_done,
	.wipe = wipe,
	.review = review,
	.confirm = confirm,
	.outcome = outcome,
	.failed = failed,
	.resume = &resume_step,
};
