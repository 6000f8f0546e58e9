/* init: the row, and what its pages, words and steps have in common. */
#include "tui/wizard/init.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/words.h"
#include "tui/wizard/procedures.h"

bool init_without_backup(const struct run *r)
{
	return run_get(r, "no-backup", 0)[0] != '\0';
}

unsigned init_shares_wanted(const struct run *r)
{
	long n = init_without_backup(r) ? 0 : run_number(r, "shares", 0);

	return n > 0 && n <= DKEK_SHARES_MAX ? (unsigned)n : 0;
}

const char *init_share_file(const struct run *r, unsigned index)
{
	const char *there = run_get(r, "share", index);

	return there[0] ? there : run_get(r, "new-share", index);
}

unsigned init_tries(const struct run *r)
{
	return (unsigned)run_number(r, "pin-tries", USER_TRIES);
}

bool init_can_change_so(const struct run *r)
{
	const struct init *s = init_of(r);

	return s->looked && s->info.firmware->change_so_pin;
}

enum status init_current_so(const struct run *r, struct secret *ret_so, struct fault *f)
{
	const struct secret *typed = run_secret_typed(r, "so-pin", 0);

	if (typed)
		return pin_check_so(typed, ret_so, f);
	if (!init_of(r)->factory_offered)
		return fault_set(f, ST_NEED_SECRET, "The current SO-PIN is missing.");
	return pin_so_factory(ret_so) ? ST_OK : fault_set(f, ST_NO_MEMORY, NULL);
}

enum status init_new_so(const struct run *r, struct secret *ret_so, struct fault *f)
{
	const struct secret *typed = run_secret_typed(r, "new-so-pin", 0);

	if (!typed)
		return fault_set(f, ST_NEED_SECRET, "The new SO-PIN is missing.");
	return pin_check_so(typed, ret_so, f);
}

bool init_current_is_factory(const struct run *r)
{
	SECRET *so = secret_new(PIN_SO_LEN);
	struct fault f;

	/* Where it cannot be told for want of memory, more is asked for rather than less. */
	return !so || (init_current_so(r, so, &f) == ST_OK && pin_so_is_factory(so));
}

bool init_changes_so(const struct run *r)
{
	SECRET *old = secret_new(PIN_SO_LEN), *fresh = secret_new(PIN_SO_LEN);
	struct fault f;

	if (!run_secret_typed(r, "new-so-pin", 0) || !init_can_change_so(r))
		return false;
	/* The step itself will say that memory is out: it must not be left out for that. */
	if (!old || !fresh)
		return true;
	/* Where it is not known which one the device has, changing it to itself is how to find out. */
	return init_of(r)->so_unknown || init_current_so(r, old, &f) != ST_OK || init_new_so(r, fresh, &f) != ST_OK ||
	       !secret_equal(old, fresh);
}

enum status init_params_of(const struct run *r, const struct secret *so, struct init_params *ret, struct fault *f)
{
	const struct init *s = init_of(r);

	*ret = (struct init_params){
		.so = so, .pin = run_secret_typed(r, "new-pin", 0), .tries = init_tries(r),
		.dkek_shares = init_without_backup(r) ? INIT_NO_DKEK : (int)init_shares_wanted(r),
	};
	if (!run_is(r, "no-unblock", "1"))
		ret->options |= OPTION_UNBLOCK;
	if (run_is(r, "transport-pin", "1"))
		ret->options |= OPTION_TRANSPORT_PIN;
	if (!ret->pin)
		return fault_set(f, ST_NEED_SECRET, "The new user PIN is missing.");
	return init_check(ret, s->info.firmware, f);
}

void init_share_fact(unsigned slot, char out[static INIT_FACT_MAX])
{
	snprintf(out, INIT_FACT_MAX, "share-%u", slot);
}

void init_forget_device(struct init *s)
{
	free(s->things);
	s->things = NULL;
	s->n_things = 0;
	s->keys = s->keys_without_backup = 0;
	fids_done(&s->fids);
	s->fids = (struct fids){ 0 };
	s->looked = false;
}

static void done(void *state)
{
	struct init *s = state;

	init_forget_device(s);
	shares_done(&s->shares);
}

static bool is_last(const struct pin_status *p, int last)
{
	return p->state == PIN_READY && p->tries >= 0 && p->tries <= last;
}

/* What is erased cannot be lost any more, but one of the last tries of a PIN can. */
static const char *confirm(const struct run *r)
{
	const struct init *s = init_of(r);

	if (!s->erased || (init_changes_so(r) && !s->so_changed && is_last(&s->info.so, LAST_SO_TRIES)) ||
	    (!s->label_set && is_last(&s->info.user, LAST_USER_TRIES)))
		return run_serial(r);
	return NULL;
}

/* Another device with the same shares: there have to be some. */
static bool may_again(const struct run *r)
{
	return shares_open(&init_of(r)->shares) > 0;
}

/* The shares stay open; everything that was about the first device goes. */
static bool again(struct run *r)
{
	struct init *s = init_of(r);
	struct fault f;

	init_forget_device(s);
	memset(&s->info, 0, sizeof(s->info));
	s->erasing = s->erased = s->so_changed = s->so_before = s->so_wanted = s->so_unknown = false;
	s->label_set = s->label_left = s->kcv_hidden = s->factory_kept = false;
	memset(s->imported, 0, sizeof(s->imported));
	for (unsigned i = 0; i < DKEK_SHARES_MAX; i++)
		s->shares.slot[i].kept = s->shares.slot[i].share != NULL;
	s->shares.device_kcv_text[0] = '\0';
	return run_set(r, "label", 0, NULL, &f) == ST_OK;
}

static const struct step resume = {
	.name = "find-out", .words = N_("Find out how far it came"), .where = ON_DEVICE, .fn = init_find_out,
};

const struct procedure procedure_init = {
	.name = "init", .command = "init", .title = N_("Initialise"), .summary = N_("erase a device and set it up anew"),
	.on_device = true, .pages = init_pages, .steps = init_steps, .state_size = sizeof(struct init), .state_done = done,
	.wipe = shares_wipe,
	.review = init_review, .confirm = confirm, .outcome = init_outcome, .failed = init_failed, .left = init_left,
	.resume = &resume, .may_again = may_again, .again = again,
	.again_words = N_("Initialise another device with the same shares"),
};
