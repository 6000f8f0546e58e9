/* so-pin change: one command that can spend a try, never repeated; what can be refused is refused before it is sent. */
#include <stdio.h>
#include <string.h>

#include "engine/base/words.h"
#include "engine/card/pin.h"
#include "tui/wizard/procedures.h"
#include "tui/wizard/record.h"
#include "tui/wizard/session.h"
#include "tui/wizard/wizard.h"

struct so_pin {
	struct device_state device;
	bool factory;                 /* as far as the inventory knows, it has the factory's */
};

static struct look *look_of(const struct run *r)
{
	return &((struct so_pin *)run_state(r))->device.look;
}

static enum status may_change_so(const struct look *l, struct fault *f)
{
	enum status st = session_so_usable(l, f);

	if (st == ST_OK && !l->firmware->change_so_pin)
		st = fault_set(f, ST_UNSUPPORTED,
			       "Firmware %u.%u can never change its SO-PIN: it is set for good when the device is first "
			       "initialised. Nothing was sent to the device.",
			       l->major, l->minor);
	return st;
}

static enum status look_so(struct step_env *e, struct fault *f)
{
	SESSION s = { 0 };
	struct so_pin *so = run_state(e->run);
	struct device_row row;
	struct fault unknown;
	enum status st = session_open(e, LOOK_USER | LOOK_SO, &s, f);

	so->factory = st == ST_OK && e->store != NULL && store_device_get(e->store, s.look->serial, &row, &unknown) == ST_OK &&
		row.factory_so_pin == 1;
	return st != ST_OK ? st : may_change_so(s.look, f);
}

static enum status check_new_so(struct run *r, unsigned index, struct fault *f)
{
	SECRET *so = secret_new(PIN_SO_LEN), *old = secret_new(PIN_SO_LEN);
	enum status st = session_so_bytes(r, "new-so-pin", so, f);

	(void)index;
	if (st == ST_OK && pin_so_is_factory(so) && !run_env(r)->rehearsal)
		st = fault_set(f, ST_REFUSED,
			       "3537363231383830 is the SO-PIN that devices leave the factory with. Everybody knows it, "
			       "and could erase the device with it. Choose another one.");
	if (st == ST_OK && !run_env(r)->script && session_so_bytes(r, "so-pin", old, NULL) == ST_OK && secret_equal(old, so))
		st = fault_set(f, ST_REFUSED, "The new SO-PIN is the current one. Choose another one. The device was not asked.");
	return st;
}

static enum status change_so(struct step_env *e, struct fault *f)
{
	SECRET *old = secret_new(PIN_SO_LEN), *fresh = secret_new(PIN_SO_LEN);
	struct pin_status now;
	SESSION s = { 0 };
	enum status st;

	if ((st = session_so_bytes(e->run, "so-pin", old, f)) != ST_OK ||
	    (st = session_so_bytes(e->run, "new-so-pin", fresh, f)) != ST_OK ||
	    (st = session_open(e, LOOK_USER | LOOK_SO, &s, f)) != ST_OK || (st = may_change_so(s.look, f)) != ST_OK ||
	    (st = session_may_spend(e->run, s.look, PIN_SO, f)) != ST_OK)
		return st;
	run_changed(e);
	if ((st = card_change_so_pin(s.card, old, fresh, f)) != ST_OK)
		return session_refused(e, f) == ST_CARD_GONE
			       ? fault_add(f, "Whether the SO-PIN was changed is not known. Each wrong one costs a try: try the "
					      "old one first.")
			       : st;
	/* An SO-PIN cannot be verified: that the counter is full again is all that the device shows. */
	if ((st = card_pin_status(s.card, PIN_SO, &now, f)) != ST_OK)
		return st;
	if (now.state == PIN_BLOCKED || (now.state == PIN_READY && now.tries >= 0 && now.tries < s.look->so.tries))
		return fault_set(f, ST_MISMATCH,
				 "The device said that it changed the SO-PIN, but counted a wrong try.");
	return record_pin(e->store, s.look, "so-pin.changed", _("The SO-PIN was changed."), pin_so_is_factory(fresh), f);
}

static void tell_so(const struct run *r, unsigned index, struct prose *out)
{
	(void)index;
	session_tell_so(r, out);
	if (((struct so_pin *)run_state(r))->factory)
		prose_add(out, PROSE_PLAIN, "As far as is known, it still has the factory's SO-PIN: then 3537363231383830 is "
			  "the current one.");
}

static void review_so(const struct run *r, struct prose *out)
{
	prose_add(out, PROSE_PLAIN,
		  "The SO-PIN of %s will be changed. Keys and everything else on the device stay as they are. Without "
		  "the new SO-PIN the device can never be initialised again, nor its user PIN be unblocked: write it "
		  "down, and keep it apart from the device.",
		  run_serial(r));
}

static void outcome_so(const struct run *r, struct prose *out)
{
	prose_add(out, PROSE_DONE, "The SO-PIN of %s was changed.", look_of(r)->serial);
	prose_add(out, PROSE_PLAIN, "Keep the new one apart from the device. The old one is of no use any more.");
}

static const struct step look_so_step = {
	.name = "look", .words = N_("Look at the device"), .where = ON_DEVICE, .fn = look_so, .repeat = session_look_repeat,
};

static const struct question so_questions[] = {
	QUESTION_SO_PIN,
	{
		.name = "new-so-pin",
		.value = "FILE",
		.ask = ASK_SO_PIN,
		.max = PIN_SO_DIGITS,
		.twice = true,
		.words = N_("New SO-PIN"),
		.check = check_new_so,
		.help = N_("16 hexadecimal digits. Take them from dice or a random generator, write them down, and keep "
			"them apart from the device."),
	},
	{ .name = NULL },
};

static const struct page so_pages[] = {
	{ .name = N_("Device"), .title = N_("The device"), .work = &look_so_step },
	{ .name = N_("SO-PIN"), .title = N_("The SO-PIN"), .questions = so_questions, .text = tell_so },
	{ .name = NULL },
};

static const struct step so_steps[] = {
	{ .name = "change",
	  .words = N_("Change the SO-PIN, read back"),
	  .where = ON_DEVICE,
	  .uninterruptible = true,
	  .fn = change_so },
	{ .name = NULL },
};

const struct procedure procedure_so_pin_change = {
	.name = "so-pin change",
	.command = "so-pin change",
	.title = N_("Change the SO-PIN"),
	.summary = N_("set a new SO-PIN, with the current one"),
	.on_device = true,
	.one_session = true,
	.unrecorded = true,
	.pages = so_pages,
	.steps = so_steps,
	.state_size = sizeof(struct so_pin),
	.state_done = device_state_done,
	.review = review_so,
	.confirm = session_confirm_so,
	.outcome = outcome_so,
};
