/*
 * label: the device's own label, in EF.TokenInfo (2F03). What else stands in that file stays. A device does not cut a file
 * when a shorter one is written over it, so the old file may be gone for a moment: a later start writes the label again.
 */
#include <stdio.h>
#include <string.h>

#include "tui/wizard/find.h"
#include "tui/wizard/procedures.h"
#include "tui/wizard/record.h"
#include "tui/wizard/session.h"
#include "tui/wizard/wizard.h"

#define LABEL_CHARACTERS 32   /* what PKCS#11 can show of a token's label */

struct label {
	struct device_state device;
	char before[DESCRIBE_LABEL_MAX];
	bool known;                   /* before was read */
};

/* A label that cannot be decoded is no reason not to give a good one. */
static enum status read_before(struct step_env *e, struct fault *f)
{
	struct label *l = run_state(e->run);
	enum status st = card_label(e->card, l->before, f);

	l->known = st == ST_OK;
	return st == ST_DAMAGED ? ST_OK : st;
}

static enum status look(struct step_env *e, struct fault *f)
{
	SESSION s = { 0 };
	enum status st = session_open(e, LOOK_USER | LOOK_USABLE, &s, f);

	return st == ST_OK ? read_before(e, f) : st;
}

static enum status read_back(struct step_env *e, const char *wanted, struct fault *f)
{
	char now[DESCRIBE_LABEL_MAX];
	enum status st = card_label(e->card, now, f);

	if (st == ST_OK && strcmp(now, wanted) != 0)
		return fault_set(f, ST_MISMATCH, "The label that was read back from %s is another one: \"%s\".",
				 run_serial(e->run), now);
	return st;
}

static enum status set_label(struct step_env *e, struct fault *f)
{
	struct label *l = run_state(e->run);
	const char *wanted = run_get(e->run, "label", 0);
	SESSION s = { 0 };
	enum status st;

	if ((!l->known && (st = read_before(e, f)) != ST_OK) || (st = session_open(e, LOOK_LOGIN, &s, f)) != ST_OK)
		return st;
	run_changed(e);
	if ((st = card_set_label(e->card, wanted, f)) != ST_OK || (st = read_back(e, wanted, f)) != ST_OK)
		return fault_add(f, "The keys on the device are as before.");
	return record_label(e->store, s.look, l->known ? l->before : "", wanted, f);
}

static void review(const struct run *r, struct prose *out)
{
	const struct label *l = run_state(r);

	if (l->known && l->before[0] != '\0')
		prose_add(out, PROSE_PLAIN, "The label of %s will be \"%s\"; now it is \"%s\". Nothing else on the device is changed.",
			  run_serial(r), run_get(r, "label", 0), l->before);
	else
		prose_add(out, PROSE_PLAIN, "The label of %s will be \"%s\". Nothing else on the device is changed.", run_serial(r),
			  run_get(r, "label", 0));
}

static void outcome(const struct run *r, struct prose *out)
{
	prose_add(out, PROSE_DONE, "The label of %s is \"%s\", and was read back.", run_serial(r), run_get(r, "label", 0));
	prose_add(out, PROSE_PLAIN, "Write the same on the device's case.");
}

static const struct question label_questions[] = {
	{
		.name = "label",
		.value = "L",
		.ask = ASK_TEXT,
		.max = LABEL_CHARACTERS,
		.words = N_("Label"),
		.check = find_check_label,
		.help = N_("The name of the device, here and in other software: up to 32 characters, such as root-ca-a. It is no "
			   "secret: everybody who has the device can read it."),
	},
	{ .name = NULL },
};

static const struct question pin_questions[] = { QUESTION_PIN, { .name = NULL } };

static const struct step look_step = {
	.name = "look", .words = N_("Look at the device"), .where = ON_DEVICE, .fn = look, .repeat = session_look_repeat,
};

static const struct step resume_step = {
	.name = "resume", .words = N_("Find out how far it came"), .where = ON_DEVICE, .fn = look,
};

static const struct page pages[] = {
	{ .name = N_("Label"), .title = N_("The label of the device"), .questions = label_questions, .work = &look_step },
	{ .name = N_("User PIN"), .title = N_("The user PIN"), .questions = pin_questions, .text = session_tell_pin },
	{ .name = NULL },
};

static const struct step steps[] = {
	{ .name = "label", .words = N_("Write the label, read it back"), .where = ON_DEVICE, .uninterruptible = true,
	  .fn = set_label },
	{ .name = NULL },
};

const struct procedure procedure_label = {
	.name = "label",
	.command = "label",
	.title = N_("Label a device"),
	.summary = N_("change the device's own label"),
	.on_device = true,
	.one_session = true,
	.pages = pages,
	.steps = steps,
	.state_size = sizeof(struct label),
	.state_done = device_state_done,
	.review = review,
	.confirm = session_confirm_user,
	.outcome = outcome,
	.resume = &resume_step,
};
