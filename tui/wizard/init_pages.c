/* The questions of the initialisation. None of them changes the device. */
#include <stdio.h>
#include <string.h>

#include "engine/base/words.h"

#include "tui/wizard/init.h"

#define LABEL_MAX 32   /* characters: what PKCS#11 can show of a token's label */

static bool is_before(const struct run *r, unsigned index)
{
	(void)index;
	return !init_of(r)->erased;
}

/* --- contents --- */

static void say_contents(const struct run *r, unsigned index, struct prose *out)
{
	const struct init *s = init_of(r);

	(void)index;
	if (s->erased) {
		prose_add(out, PROSE_PLAIN, "The initialisation of %s stopped half way. It was erased, and nothing can be lost any "
			  "more; what is missing is done now.", run_serial(r));
		return;
	}
	if (run_is_resumed(r))
		prose_add(out, PROSE_PLAIN, "An initialisation of %s stopped before the device was erased. It begins "
			  "again.", run_serial(r));
	if (s->n_things == 0) {
		prose_add(out, PROSE_PLAIN, "%s will be set up anew. Nothing is on it now, so nothing can be "
			  "lost.", run_serial(r));
		return;
	}
	prose_add(out, PROSE_PLAIN, s->info.label[0] != '\0' ? N_("Everything on %s (%s) will be erased, for good.") :
		  N_("Everything on %s will be erased, for good."), run_serial(r), s->info.label);
	init_tell_things(s, out);
}

/* --- backups --- */

static void say_backups(const struct run *r, unsigned index, struct prose *out)
{
	(void)r;
	(void)index;
	prose_add(out, PROSE_PLAIN, "Keys can be backed up only if the device gets a DKEK now: the key under which its backups are "
		  "encrypted.");
	prose_add(out, PROSE_PLAIN, "The DKEK is made of one or several shares. Each share is a file with a password, held by a "
		  "custodian; all of them together are needed to restore a backup to another device.");
}

/* Where shares are asked for there is nothing to warn of. */
static void warn_no_backup(const struct run *r, unsigned index, struct prose *out)
{
	if (run_get(r, "shares", index)[0])
		return;
	prose_add(out, PROSE_WARNING, "Without DKEK shares no key on this device can ever be backed up: when the device breaks, its "
		  "keys are gone. That can only be changed by initialising it again.");
}

/*
 * The format has room for 255, but other tools keep the number in a signed char (known-faults.md 12): from 128 on they
 * show a device without any DKEK, or make one. What only Keyroom could count is not made.
 */
static enum status check_shares(struct run *r, unsigned index, struct fault *f)
{
	const char *text = run_get(r, "shares", index);
	long n = run_number(r, "shares", -1);

	if (text[0] && (n < 1 || n > DKEK_SHARES_MAX))
		return fault_set(f, ST_BAD_FORM, "A DKEK is made of 1 to %d shares. Three are usual.", DKEK_SHARES_MAX);
	if (!text[0] && !init_without_backup(r))
		return fault_set(f, ST_USAGE, "Say how many DKEK shares the device is to have. Without any, no key on it can "
				 "ever be backed up: that has to be said too.");
	return ST_OK;
}

static enum status check_choice(struct run *r, unsigned index, struct fault *f)
{
	bool shares = run_get(r, "shares", index)[0] != '\0', none = init_without_backup(r);

	if (shares && none)
		return fault_set(f, ST_USAGE, "Either a number of DKEK shares or no backup, not both.");
	return ST_OK;
}

static const struct choice no_backup_sentence[] = { { "no backup ever", N_("no backup ever") }, { 0 } };

static const struct question backup_questions[] = {
	{ .name = "shares", .value = "N", .ask = ASK_NUMBER, .optional = true, .words = N_("How many DKEK shares"), .asked = is_before,
	  .check = check_shares,
	  .help = N_("How many shares make the DKEK, 1 to 127. With three, three custodians must come together to restore a "
		     "backup, and nobody can do it alone. It cannot be changed later.") },
	{ .name = "no-backup", .ask = ASK_SENTENCE, .optional = true, .words = N_("Or, without any"), .asked = is_before,
	  .choices = no_backup_sentence, .check = check_choice, .warn = warn_no_backup,
	  .help = N_("Leave it empty. Only where no key on this device must ever leave it, not even as a backup, type the sentence.") },
	{ 0 },
};

/* --- shares --- */

static unsigned share_pages(const struct run *r)
{
	return init_shares_wanted(r);
}

static unsigned once_with_shares(const struct run *r)
{
	return init_shares_wanted(r) > 0;
}

/* --- SO-PIN --- */

static bool so_is_needed(const struct run *r)
{
	const struct init *s = init_of(r);

	return !s->erased || s->so_wanted;
}

static bool asks_so(const struct run *r, unsigned index)
{
	const struct init *s = init_of(r);

	(void)index;
	return so_is_needed(r) && !s->factory_offered;
}

static bool asks_first_so(const struct run *r, unsigned index)
{
	return so_is_needed(r) && !asks_so(r, index);
}

static bool must_change_so(const struct run *r, unsigned index)
{
	const struct init *s = init_of(r);

	(void)index;
	if (!so_is_needed(r) || !init_can_change_so(r))
		return false;
	return s->so_wanted || (init_current_is_factory(r) && !run_env(r)->rehearsal);
}

static bool may_change_so(const struct run *r, unsigned index)
{
	return so_is_needed(r) && init_can_change_so(r) && !must_change_so(r, index);
}

static bool keeps_factory_so(const struct run *r, unsigned index)
{
	(void)index;
	return so_is_needed(r) && !init_can_change_so(r) && init_current_is_factory(r) && !run_env(r)->rehearsal;
}

static enum status check_new_so(struct run *r, unsigned index, struct fault *f)
{
	SECRET *so = secret_new(PIN_SO_LEN);

	(void)index;
	if (!so)
		return fault_set(f, ST_NO_MEMORY, NULL);
	if (!run_secret_typed(r, "new-so-pin", 0))
		return ST_OK;
	if (init_new_so(r, so, f) != ST_OK)
		return f->st;
	if (pin_so_is_factory(so) && !run_env(r)->rehearsal)
		return fault_set(f, ST_REFUSED, "This is the factory's SO-PIN, which everybody knows: whoever has the device in "
				 "his hands could erase it or give it a new PIN. Choose another one. Nothing was changed.");
	return ST_OK;
}

static void say_so(const struct run *r, unsigned index, struct prose *out)
{
	const struct init *s = init_of(r);
	int tries = s->info.so.state == PIN_READY ? s->info.so.tries : -1;

	(void)index;
	prose_add(out, PROSE_PLAIN, "The SO-PIN (the security officer's PIN) is exactly 16 hexadecimal digits. It is needed to "
		  "initialise this device again, and to unblock its user PIN.");
	if (s->so_unknown)
		prose_add(out, PROSE_WARNING, "The initialisation stopped while the SO-PIN was being changed: the device "
			  "has either the old one or the new one. Type as the current one what you think it has; where that is "
			  "wrong, it costs one try.");
	else if (s->factory_offered)
		prose_add(out, PROSE_PLAIN, "This device has the SO-PIN that it came with. Leave the current SO-PIN empty "
			  "to use the factory's, 3537363231383830.");
	prose_add(out, PROSE_WARNING, init_can_change_so(r) ?
		  N_("%d wrong entries, and this device can never be initialised again: then nobody can reset that counter.") :
		  N_("%d wrong entries, and this device can never be initialised again: then nobody can reset that counter. This "
		     "firmware can never change the SO-PIN."), PIN_SO_TRIES);
	if (tries >= 0)
		prose_add(out, tries <= LAST_SO_TRIES ? PROSE_WARNING : PROSE_PLAIN, tries <= LAST_SO_TRIES ?
			  N_("Tries left now: %d of %d. Go on only if you are sure of the current SO-PIN.") :
			  N_("Tries left now: %d of %d."), tries, PIN_SO_TRIES);
	if (may_change_so(r, 0))
		prose_add(out, PROSE_PLAIN, "Leave the new SO-PIN empty to keep the current one.");
	if (must_change_so(r, 0) && !s->erased)
		prose_add(out, PROSE_PLAIN, "The factory's SO-PIN is public, so a new one is set right after the device was "
			  "erased. Two people should each write down one half of it.");
}

static const struct choice keep_factory_sentence[] = { { "keep the public SO-PIN", N_("keep the public SO-PIN") }, { 0 } };

#define CURRENT_SO_HELP \
	N_("The SO-PIN that the device has now, 16 hexadecimal digits. A wrong one costs one of its 15 tries, and " \
	"nothing is tried a second time by itself.")

/* Two rows of one name where the same answer is once needed and once not. */
static const struct question so_questions[] = {
	{ .name = "so-pin", .ask = ASK_SO_PIN, .words = N_("Current SO-PIN"), .asked = asks_so, .help = CURRENT_SO_HELP },
	{ .name = "so-pin", .ask = ASK_SO_PIN, .optional = true, .words = N_("Current SO-PIN"), .asked = asks_first_so,
	  .help = CURRENT_SO_HELP },
	{ .name = "new-so-pin", .ask = ASK_SO_PIN, .twice = true, .words = N_("New SO-PIN"), .asked = must_change_so,
	  .check = check_new_so, .help = N_("16 hexadecimal digits of your own, best drawn at random. Keep them as carefully as the "
		     "device: they are needed again, and wrong ones cannot be tried often.") },
	{ .name = "new-so-pin", .ask = ASK_SO_PIN, .twice = true, .optional = true, .words = N_("New SO-PIN"), .asked = may_change_so,
	  .check = check_new_so,
	  .help = N_("16 hexadecimal digits of your own, best drawn at random. Keep them as carefully as the device: they are "
		     "needed again, and wrong ones cannot be tried often. Leave it empty to keep the current one.") },
	{ .name = "keep-factory-so-pin", .ask = ASK_SENTENCE, .words = N_("To go on"), .asked = keeps_factory_so,
	  .choices = keep_factory_sentence, .help = N_("The firmware of this device cannot change the SO-PIN, and the current one is "
		     "the factory's, which is public. Whoever has the device in his hands can erase it or give it a new user PIN.") },
	{ 0 },
};

/* --- user PIN --- */

static bool asks_pin(const struct run *r, unsigned index)
{
	(void)index;
	return !init_of(r)->erased || !init_of(r)->label_set;
}

/* The device has it by now. */
static bool asks_set_pin(const struct run *r, unsigned index)
{
	return init_of(r)->erased && asks_pin(r, index);
}

static void say_pin(const struct run *r, unsigned index, struct prose *out)
{
	(void)index;
	if (init_of(r)->erased) {
		prose_add(out, PROSE_PLAIN, "The user PIN that was set when the device was erased: it is needed to write "
			  "the label.");
		return;
	}
	prose_add(out, PROSE_PLAIN, "The user PIN is typed to use the keys. It has 6 to 15 characters; digits only, if "
		  "other software must use the device too. A longer one may be tried more often: wrong ones in a row block "
		  "a PIN of 6 characters after at most 3, of 7 after 5, of 8 and more after 10.");
	prose_add(out, PROSE_PLAIN, run_is(r, "no-unblock", "1") ?
		  N_("This device will block it after %u. A blocked PIN is unblocked with the SO-PIN on other devices, but not on "
		     "this one, as chosen here; the keys stay.") :
		  N_("This device will block it after %u. A blocked PIN is unblocked with the SO-PIN; the keys stay."),
		  init_tries(r));
}

static void warn_pin(const struct run *r, unsigned index, struct prose *out)
{
	const struct secret *pin = run_secret_typed(r, "new-pin", index);

	if (pin && secret_len(pin) >= PIN_USER_MIN && !pin_is_digits(pin))
		prose_add(out, PROSE_WARNING, "This PIN has other characters than digits, which some software and PIN pads cannot take.");
}

static enum status check_pin(struct run *r, unsigned index, struct fault *f)
{
	const struct secret *pin = run_secret_typed(r, "new-pin", index);

	return pin ? pin_check_user(pin, 0, f) : ST_OK;
}

/* How many wrong tries there may be goes by the length of the PIN. */
static enum status check_tries(struct run *r, unsigned index, struct fault *f)
{
	const struct secret *pin = run_secret_typed(r, "new-pin", index);

	return pin ? pin_check_user(pin, init_tries(r), f) : ST_OK;
}

/* The last field of the page: everything that the device is to be told is known now, and has its form checked. */
static enum status check_params(struct run *r, unsigned index, struct fault *f)
{
	SECRET *so = secret_new(PIN_SO_LEN);
	struct init_params params;
	enum status st;

	(void)index;
	if (!so)
		return fault_set(f, ST_NO_MEMORY, NULL);
	st = init_current_so(r, so, f);
	if (st == ST_OK)
		st = pin_check_user(run_secret_typed(r, "new-pin", 0), init_tries(r), f);
	return st == ST_OK ? init_params_of(r, so, &params, f) : st;
}

static const struct question pin_questions[] = {
	{ .name = "new-pin", .ask = ASK_PIN, .twice = true, .max = PIN_USER_MAX_OLD, .words = N_("New user PIN"), .asked = is_before,
	  .check = check_pin, .warn = warn_pin,
	  .help = N_("6 to 15 characters. It is typed again each time keys are used, made, or backed up.") },
	{ .name = "new-pin", .ask = ASK_PIN, .max = PIN_USER_MAX_OLD, .words = N_("User PIN"), .asked = asks_set_pin,
	  .help = N_("The one that was typed as the new user PIN before the procedure stopped. A wrong one costs one of its tries.") },
	{ .name = "pin-tries", .value = "N", .ask = ASK_NUMBER, .optional = true, .asked = is_before,
	  .words = N_("Wrong tries until blocked"), .empty = N_("empty: 3"), .check = check_tries,
	  .help = N_("3 where nothing is said. At most 3 for a PIN of 6 characters, 5 for 7, 10 for 8 and more.") },
	{ .name = "no-unblock", .ask = ASK_YES, .optional = true, .words = N_("Never to be unblocked"), .asked = is_before,
	  .help = N_("Then a blocked user PIN can never be unblocked, not even with the SO-PIN: the keys can be used no more.") },
	{ .name = "transport-pin", .ask = ASK_YES, .optional = true, .asked = is_before,
	  .words = N_("Transport PIN: to be changed before the first use"), .check = check_params,
	  .help = N_("The PIN must be changed before the first use: for a device that is set up here and sent to somebody.") },
	{ 0 },
};

/* --- label --- */

static void say_label(const struct run *r, unsigned index, struct prose *out)
{
	(void)r;
	(void)index;
	prose_add(out, PROSE_PLAIN, "The label is the name of the device, here and in other software. It is no secret, and "
		  "can be changed later.");
}

static const struct question label_questions[] = {
	{ .name = "label", .value = "L", .ask = ASK_TEXT, .max = LABEL_MAX, .words = N_("Label"), .asked = is_before,
	  .needed = true,
	  .help = N_("Up to 32 characters, such as root-ca-a. Write the same on the device's case.") },
	{ 0 },
};

/* --- the pages --- */

static unsigned while_so_is_needed(const struct run *r)
{
	return so_is_needed(r);
}

static unsigned while_pin_is_needed(const struct run *r)
{
	return asks_pin(r, 0);
}

static unsigned before_erased(const struct run *r)
{
	return !init_of(r)->erased;
}

static const struct step read_step = {
	.name = "read", .words = N_("Read what is on the device"), .where = ON_DEVICE, .fn = init_read_device,
};
const struct page init_pages[] = {
	{ .name = N_("Device"), .title = N_("The device"), .work = &read_step },
	{ .name = N_("Contents"), .title = N_("What is on the device"), .text = say_contents },
	{ .name = N_("Backups"), .title = N_("Can its keys be backed up?"), .questions = backup_questions, .text = say_backups,
	  .repeat = before_erased },
	{ .name = N_("Shares"), .title = N_("The DKEK shares"), .questions = init_share_questions, .repeat = share_pages,
	  .text = init_say_share, .work = &init_open_step },
	{ .name = N_("DKEK"), .title = N_("The DKEK"), .repeat = once_with_shares, .work = &init_combine_step },
	{ .name = N_("Check value"), .title = N_("The check value"), .repeat = once_with_shares, .text = init_say_check_value },
	{ .name = N_("SO-PIN"), .title = N_("The SO-PIN"), .questions = so_questions, .text = say_so, .repeat = while_so_is_needed },
	{ .name = N_("User PIN"), .title = N_("The user PIN"), .questions = pin_questions, .text = say_pin,
	  .repeat = while_pin_is_needed },
	{ .name = N_("Label"), .title = N_("The label"), .questions = label_questions, .text = say_label, .repeat = before_erased },
	{ 0 },
};
