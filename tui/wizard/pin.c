/*
 * pin change, pin unblock. Each spends one try at most, and never repeats one. The form of everything typed is checked before
 * the device is asked; so are its options and firmware, and how many tries are left.
 */
#include <stdio.h>
#include <string.h>

#include "engine/base/words.h"
#include "engine/card/pin.h"
#include "tui/wizard/procedures.h"
#include "tui/wizard/record.h"
#include "tui/wizard/session.h"
#include "tui/wizard/wizard.h"

struct pin {
	struct device_state device;
};

static struct look *look_of(const struct run *r)
{
	return &((struct pin *)run_state(r))->device.look;
}

static bool has_new_pin(struct run *r)
{
	const struct secret *s = run_secret(r, "new-pin", 0);

	return s != NULL && secret_len(s) > 0;
}

/* --- pin change --- */

static enum status may_change(const struct look *l, struct fault *f)
{
	if (l->user.state == PIN_BLOCKED)
		return session_blocked(l, f);
	if (l->user.state == PIN_NOT_INITIALISED)
		return fault_set(f, ST_NOT_INITIALISED,
				 "%s was never initialised, so it has no user PIN. Initialise it first.",
				 l->serial);
	return ST_OK;
}

static enum status same_length(const struct look *l, const struct secret *a, const struct secret *b, struct fault *f)
{
	if (!l->firmware->pin_length_fixed || secret_len(a) == secret_len(b))
		return ST_OK;
	return fault_set(f, ST_BAD_FORM,
			 "Firmware %u.%u fixes the length of the user PIN when the device is initialised: the new one "
			 "must have %zu characters too. Nothing was sent to the device.",
			 l->major, l->minor, secret_len(a));
}

/* A device refuses a PIN that is too short for its number of tries, and the tries left are at most as many as that. */
static enum status long_enough(const struct look *l, const struct secret *fresh, struct fault *f)
{
	const unsigned max = pin_max_tries(secret_len(fresh));

	if (l->user.state != PIN_READY || l->user.tries <= (int)max)
		return ST_OK;
	return fault_set(f, ST_BAD_FORM,
			 "%s lets its user PIN be typed wrong %d times, and a PIN of %zu characters may be typed wrong %u "
			 "times at most. Choose a longer one. Nothing was sent to the device.",
			 l->serial, l->user.tries, secret_len(fresh), max);
}

/*
 * The old and the new PIN go to the card in one string, and the card cuts off as much as its PIN is long. Where too much was
 * typed for the old one, the rest of it would become the beginning of the new one: so the old one is tried alone before.
 */
static enum status try_old(struct step_env *e, const struct session *s, const struct secret *old, struct fault *f)
{
	enum status st;

	if (s->look->user.state == PIN_TRANSPORT)
		return ST_OK;
	st = card_login(s->card, old, f);
	record_tries(e->store, s->look, st, f);
	return st == ST_PIN_BLOCKED ? session_blocked(s->look, f) : st;
}

static enum status refused_fresh(const struct look *l, struct fault *f)
{
	fault_add(f, "The device said that it changed the user PIN, but did not take the new one.");
	if (l->user.state != PIN_TRANSPORT)
		return f->st;
	return fault_add(f, "Probably more was typed than the transport PIN has characters: then what was too much now stands "
			    "before the new PIN and belongs to it. Try that as the current PIN.");
}

static enum status change(struct step_env *e, struct fault *f)
{
	const struct secret *old = run_secret(e->run, "pin", 0), *fresh = run_secret(e->run, "new-pin", 0);
	SESSION s = { 0 };
	enum status st;

	if (old == NULL || fresh == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	if ((st = session_open(e, LOOK_USER, &s, f)) != ST_OK || (st = may_change(s.look, f)) != ST_OK ||
	    (st = same_length(s.look, old, fresh, f)) != ST_OK || (st = long_enough(s.look, fresh, f)) != ST_OK ||
	    (st = session_may_spend(e->run, s.look, PIN_USER, f)) != ST_OK || (st = try_old(e, &s, old, f)) != ST_OK)
		return st;
	run_changed(e);
	if ((st = card_change_pin(s.card, old, fresh, f)) != ST_OK)
		return session_refused(e, f) == ST_CARD_GONE
			       ? fault_add(f, "Whether the PIN was changed is not known. Try the old one first.")
			       : st;
	if (card_login(s.card, fresh, f) != ST_OK)
		return refused_fresh(s.look, f);
	return record_pin(e->store, s.look, "pin.changed", _("The user PIN was changed."), -1, f);
}

static enum status check_change_pin(struct run *r, unsigned index, struct fault *f)
{
	const struct secret *old = run_secret_typed(r, "pin", index), *fresh = run_secret_typed(r, "new-pin", index);

	if (!run_env(r)->script && old != NULL && fresh != NULL && secret_equal(old, fresh))
		return fault_set(f, ST_REFUSED, "The new user PIN is the current one. Choose another one. The device was not asked.");
	return ST_OK;
}

static enum status look_user(struct step_env *e, struct fault *f)
{
	SESSION s = { 0 };
	enum status st = session_open(e, LOOK_USER, &s, f);

	return st != ST_OK ? st : may_change(s.look, f);
}

static void tell_change(const struct run *r, unsigned index, struct prose *out)
{
	(void)index;
	if (look_of(r)->known && look_of(r)->user.state == PIN_TRANSPORT)
		prose_add(out, PROSE_PLAIN,
			  "The device has a transport PIN. Changing it is how the device is taken into use.");
	session_tell_user(r, out);
}

static void tell_length(const struct run *r, struct prose *out)
{
	const struct look *l = look_of(r);

	if (l->known && l->firmware->pin_length_fixed)
		prose_add(out, PROSE_WARNING, "On this firmware (%u.%u) the new PIN must be as long as the old one.",
			  l->major, l->minor);
}

static void warn_new_pin(const struct run *r, unsigned index, struct prose *out)
{
	struct secret *s = run_secret((struct run *)(uintptr_t)r, "new-pin", index);

	if (s == NULL || secret_len(s) == 0)
		return;
	if (!pin_is_digits(s))
		prose_add(out, PROSE_WARNING,
			  "It has characters other than digits. Some other programs and PIN pads take digits only.");
	if (pin_max_tries(secret_len(s)) > 0)
		prose_add(out, PROSE_PLAIN, "With this length, a device allows at most %u wrong tries.",
			  pin_max_tries(secret_len(s)));
	tell_length(r, out);
}

static void review_change(const struct run *r, struct prose *out)
{
	prose_add(out, PROSE_PLAIN,
		  "The user PIN of %s will be changed. Keys and everything else on the device stay as they are.",
		  run_serial(r));
}

static void outcome_change(const struct run *r, struct prose *out)
{
	prose_add(out, PROSE_DONE, "The user PIN of %s was changed, and the device takes the new one.",
		  look_of(r)->serial);
	prose_add(out, PROSE_PLAIN, "The old one is of no use any more.");
}

/* --- pin unblock --- */

static bool reset_only(const struct look *l)
{
	return l->options >= 0 && (l->options & OPTION_RESET_ONLY) != 0;
}

static enum status may_unblock(const struct look *l, struct fault *f)
{
	enum status st = session_so_usable(l, f);

	if (st != ST_OK)
		return st;
	if (session_never_unblocks(l))
		return fault_set(f, ST_NOT_ALLOWED,
				 "%s was initialised so that its user PIN can never be unblocked, not even with the "
				 "SO-PIN. Nothing was sent to it. Only initialising it again, which erases all its keys, "
				 "makes it usable once the PIN is blocked.",
				 l->serial);
	return ST_OK;
}

static enum status look_unblock(struct step_env *e, struct fault *f)
{
	SESSION s = { 0 };
	enum status st = session_open(e, LOOK_USER | LOOK_SO, &s, f);

	return st != ST_OK ? st : may_unblock(s.look, f);
}

static enum status right_form(struct run *r, const struct look *l, struct fault *f)
{
	if (reset_only(l) && has_new_pin(r))
		return fault_set(f, ST_NOT_ALLOWED,
				 "%s was initialised so that unblocking only resets the counter and sets no new PIN. "
				 "Leave the new PIN out. Nothing was sent to the device.",
				 l->serial);
	if (!reset_only(l) && !has_new_pin(r))
		return fault_set(f, ST_NEED_SECRET,
				 "A new user PIN is needed. Nothing was sent to the device.");
	return ST_OK;
}

/* What the device says now is what counts. */
static enum status read_back(struct step_env *e, const struct session *s, const struct secret *fresh, struct fault *f)
{
	struct pin_status now;
	enum status st;

	if (fresh != NULL) {
		st = card_login(s->card, fresh, f);
		record_tries(e->store, s->look, st, f);
		if (st != ST_OK)
			return fault_add(f, "The device said that it unblocked the user PIN, but did not take the new "
					    "one.");
		return record_pin(e->store, s->look, "pin.unblocked",
				  _("The user PIN was unblocked with the SO-PIN, and a new one set."), -1, f);
	}
	if ((st = card_pin_status(s->card, PIN_USER, &now, f)) != ST_OK)
		return st;
	if (now.state == PIN_BLOCKED || (now.state == PIN_READY && now.tries == 0))
		return fault_set(f, ST_MISMATCH,
				 "The device said that it reset the counter, but the user PIN is still blocked.");
	record_tries(e->store, s->look, ST_OK, NULL);
	return record_pin(e->store, s->look, "pin.unblocked", _("The counter of the user PIN was reset with the SO-PIN."),
			  -1, f);
}

/* The SO-PIN was right. What is left is the new PIN's length: how many tries the device gives it is not shown any more. */
static enum status refused_unblock(const struct secret *fresh, struct fault *f)
{
	const unsigned max = fresh != NULL ? pin_max_tries(secret_len(fresh)) : 0;

	if (max == 0 || max >= PIN_USER_TRIES_MAX)
		return f->st;
	return fault_add(f, "A PIN of %zu characters is too short for a device that lets it be typed wrong more than %u times: try a "
			    "new PIN of 8 characters or more.",
			 secret_len(fresh), max);
}

static enum status unblock(struct step_env *e, struct fault *f)
{
	const struct secret *fresh = has_new_pin(e->run) ? run_secret(e->run, "new-pin", 0) : NULL;
	SECRET *so = secret_new(PIN_SO_LEN);
	SESSION s = { 0 };
	enum status st;

	if ((st = session_so_bytes(e->run, "so-pin", so, f)) != ST_OK ||
	    (st = session_open(e, LOOK_USER | LOOK_SO, &s, f)) != ST_OK || (st = may_unblock(s.look, f)) != ST_OK ||
	    (st = right_form(e->run, s.look, f)) != ST_OK ||
	    (st = session_may_spend(e->run, s.look, PIN_SO, f)) != ST_OK)
		return st;
	run_changed(e);
	if ((st = card_unblock(s.card, so, fresh, f)) != ST_OK)
		(void)session_refused(e, f);
	if (st == ST_NOT_ALLOWED || st == ST_BAD_FORM || st == ST_CARD_ERROR)
		return refused_unblock(fresh, f);
	if (st != ST_OK)
		return st == ST_CARD_GONE ? fault_add(f, "Whether the PIN was unblocked is not known. Look at how many "
							 "tries it has.")
					  : st;
	return read_back(e, &s, fresh, f);
}

static bool new_pin_asked(const struct run *r, unsigned index)
{
	(void)index;
	return !look_of(r)->known || !reset_only(look_of(r));
}

static enum status check_unblock_pin(struct run *r, unsigned index, struct fault *f)
{
	(void)index;
	/* A script's is looked at in the step, when the device has said what it allows. */
	return run_env(r)->script || has_new_pin(r) ? ST_OK : fault_set(f, ST_NEED_SECRET, "A new user PIN is needed.");
}

static void tell_unblock(const struct run *r, unsigned index, struct prose *out)
{
	(void)index;
	session_tell_so(r, out);
	if (look_of(r)->known && look_of(r)->user.state == PIN_READY && look_of(r)->user.tries > 0)
		prose_add(out, PROSE_PLAIN, "The user PIN is not blocked now. It can be reset with the SO-PIN all the same.");
	if (look_of(r)->known && reset_only(look_of(r)))
		prose_add(out, PROSE_PLAIN, "This device only resets the counter: the user PIN stays the one it was.");
}

static void review_unblock(const struct run *r, struct prose *out)
{
	prose_add(out, PROSE_PLAIN, reset_only(look_of(r)) ?
		  N_("The user PIN of %s will be unblocked with the SO-PIN. Keys and everything else on the device stay as they are.") :
		  N_("The user PIN of %s will be unblocked with the SO-PIN, and be the new one that was typed. Keys and everything "
		     "else on the device stay as they are."), run_serial(r));
}

static void outcome_unblock(const struct run *r, struct prose *out)
{
	prose_add(out, PROSE_DONE,
		  reset_only(look_of(r)) ? N_("The user PIN of %s can be tried again; it is the one it was.")
					 : N_("The user PIN of %s is unblocked, and the device takes the new one."),
		  look_of(r)->serial);
}

/* --- the rows --- */

#define HELP_NEW_PIN                                                                                                   \
	N_("6 to 15 characters. Digits only, if other programs must use it too. The longer it is, the more wrong tries "  \
	"a device may allow: 3 with "                                                                                  \
	"6 characters, 5 with 7, 10 with 8 and more.")

static const struct step look_user_step = {
	.name = "look",
	.words = N_("Look at the device"),
	.where = ON_DEVICE,
	.fn = look_user,
	.repeat = session_look_repeat,
};
static const struct step look_unblock_step = {
	.name = "look",
	.words = N_("Look at the device"),
	.where = ON_DEVICE,
	.fn = look_unblock,
	.repeat = session_look_repeat,
};
static const struct question change_questions[] = {
	QUESTION_CURRENT_PIN,
	{
		.name = "new-pin",
		.value = "FILE",
		.ask = ASK_PIN,
		.max = PIN_USER_MAX,
		.twice = true,
		.words = N_("New user PIN"),
		.help = HELP_NEW_PIN,
		.check = check_change_pin,
		.warn = warn_new_pin,
	},
	{ .name = NULL },
};
static const struct question unblock_questions[] = {
	QUESTION_SO_PIN,
	{
		.name = "new-pin",
		.value = "FILE",
		.ask = ASK_PIN,
		.max = PIN_USER_MAX,
		.twice = true,
		.optional = true,
		.words = N_("New user PIN"),
		.help = HELP_NEW_PIN,
		.asked = new_pin_asked,
		.check = check_unblock_pin,
		.warn = warn_new_pin,
	},
	{ .name = NULL },
};
/* The first page only looks, and is shown where nobody answers from options. */
static const struct page change_pages[] = {
	{ .name = N_("Device"), .title = N_("The device"), .work = &look_user_step },
	{ .name = N_("PINs"), .title = N_("The user PIN"), .questions = change_questions, .text = tell_change },
	{ .name = NULL },
};
static const struct page unblock_pages[] = {
	{ .name = N_("Device"), .title = N_("The device"), .work = &look_unblock_step },
	{ .name = N_("PINs"), .title = N_("Unblocking the user PIN"), .questions = unblock_questions, .text = tell_unblock },
	{ .name = NULL },
};
static const struct step change_steps[] = {
	{ .name = "change",
	  .words = N_("Change the user PIN, try the new one"),
	  .where = ON_DEVICE,
	  .uninterruptible = true,
	  .fn = change },
	{ .name = NULL },
};
static const struct step unblock_steps[] = {
	{ .name = "unblock",
	  .words = N_("Unblock the user PIN, read back"),
	  .where = ON_DEVICE,
	  .uninterruptible = true,
	  .fn = unblock },
	{ .name = NULL },
};
const struct procedure procedure_pin_change = {
	.name = "pin change",
	.command = "pin change",
	.title = N_("Change the user PIN"),
	.summary = N_("set a new user PIN, with the current one"),
	.on_device = true,
	.one_session = true,
	.unrecorded = true,
	.pages = change_pages,
	.steps = change_steps,
	.state_size = sizeof(struct pin),
	.state_done = device_state_done,
	.review = review_change,
	.confirm = session_confirm_user,
	.outcome = outcome_change,
};
const struct procedure procedure_pin_unblock = {
	.name = "pin unblock",
	.command = "pin unblock",
	.title = N_("Unblock the user PIN"),
	.summary = N_("unblock the user PIN with the SO-PIN"),
	.on_device = true,
	.one_session = true,
	.unrecorded = true,
	.pages = unblock_pages,
	.steps = unblock_steps,
	.state_size = sizeof(struct pin),
	.state_done = device_state_done,
	.review = review_unblock,
	.confirm = session_confirm_so,
	.outcome = outcome_unblock,
};
