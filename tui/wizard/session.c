#include "tui/wizard/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/words.h"
#include "tui/wizard/record.h"

#define DOMAINS_MAX 16   /* more than any device is known to have */

static const struct look *look_of(const struct run *r)
{
	return &((const struct device_state *)run_state(r))->look;
}

static const struct look *other_of(const struct run *r)
{
	return &((const struct device_state *)run_state(r))->other;
}

void device_state_forget_choices(struct device_state *d)
{
	for (size_t i = 0; i < d->choices.n; i++) {
		free((char *)(uintptr_t)d->choices.c[i].value);
		free((char *)(uintptr_t)d->choices.c[i].words);
	}
	free(d->choices.c);
	d->choices = (struct choices){ 0 };
	d->has_choices = false;
}

void device_state_done(void *state)
{
	struct device_state *d = state;

	free(d->rows);
	d->rows = NULL;
	d->n_rows = 0;
	buf_done(&d->exported);
	secret_free(d->exported_private);
	d->exported_private = NULL;
	device_state_forget_choices(d);
}

bool device_state_has_choices(struct device_state *d, const struct run *r)
{
	if (d->has_choices && strcmp(d->choices_of, run_serial(r)) == 0)
		return true;
	device_state_forget_choices(d);
	snprintf(d->choices_of, sizeof(d->choices_of), "%s", run_serial(r));
	return false;
}

struct key_result *device_state_row(struct device_state *d)
{
	struct key_result *rows = reallocarray(d->rows, d->n_rows + 1, sizeof(*rows));

	if (rows == NULL)
		return NULL;
	d->rows = rows;
	memset(&rows[d->n_rows], 0, sizeof(*rows));
	rows[d->n_rows].key_ref = -1;
	return &rows[d->n_rows++];
}

void session_done(struct session *s)
{
	fids_done(&s->fids);
}

static enum status identify(struct card *c, struct look *l, struct fault *f)
{
	const struct device_cert *device;
	enum status st = card_device(c, &device, f);

	if (st != ST_OK)
		return st;
	snprintf(l->serial, sizeof(l->serial), "%s", device->serial);
	card_version(c, &l->major, &l->minor);
	l->firmware = card_firmware(c);
	l->options = card_options(c);
	return ST_OK;
}

bool session_never_unblocks(const struct look *l)
{
	return l->options >= 0 && (l->options & OPTION_UNBLOCK) == 0;
}

enum status session_blocked(const struct look *l, struct fault *f)
{
	if (session_never_unblocks(l))
		return fault_set(f, ST_PIN_BLOCKED,
				 "The user PIN of %s is blocked. The device was initialised so that nothing can unblock it, not "
				 "even the SO-PIN: its keys are there, but cannot be used any more. Only initialising it again, "
				 "which erases them, makes it usable; its backups can be restored then.",
				 l->serial);
	return fault_set(f, ST_PIN_BLOCKED,
			 "The user PIN of %s is blocked. Its keys are still there, unharmed. Unblock the PIN with the "
			 "SO-PIN.",
			 l->serial);
}

/* Only what a person typed for it lets the last tries be spent. In a script that is --confirm. */
static bool may_spend_last(const struct run *r, const char *serial)
{
	const struct env *env = run_env(r);

	return run_is_confirmed(r, serial) || (env->script && env->confirm != NULL && strcmp(env->confirm, serial) == 0);
}

enum status session_spend(const struct run *r, const char *serial, enum pin_which which, const struct pin_status *p,
			  struct fault *f)
{
	const int last = which == PIN_USER ? LAST_USER_TRIES : LAST_SO_TRIES;

	if (p->state != PIN_READY || p->tries < 0 || p->tries > last || may_spend_last(r, serial))
		return ST_OK;
	if (which == PIN_USER)
		fault_set(f, ST_REFUSED,
			  "This is the last try of the user PIN of %s: if it is wrong, the PIN is blocked and only the SO-PIN can "
			  "unblock it. Nothing was done.", serial);
	else
		fault_set(f, ST_REFUSED,
			  "Only %d tries of the SO-PIN of %s are left: after the last wrong one the device can never be "
			  "initialised or unblocked again. Nothing was done.", p->tries, serial);
	if (run_env(r)->script)
		fault_add(f, "Where you are sure of it, say so with --confirm %s.", serial);
	else
		fault_add(f, "That was not so when the procedure began. Begin it again: then the serial is asked for.");
	return ST_REFUSED;
}

enum status session_may_spend(const struct run *r, const struct look *l, enum pin_which which, struct fault *f)
{
	enum status st = session_spend(r, l->serial, which, which == PIN_USER ? &l->user : &l->so, f);

	if (st == ST_OK || which != PIN_USER || !session_never_unblocks(l))
		return st;
	return fault_add(f, "This device was initialised so that nothing, not even the SO-PIN, unblocks it: a wrong one blocks it "
			    "for good, and with it all its keys.");
}

enum status session_refused(struct step_env *e, struct fault *f)
{
	bool no_answer = f->st == ST_CARD_GONE || ((f->st == ST_CARD_ERROR || f->st == ST_BAD_REPLY) && f->sw == 0);

	if (!no_answer)
		run_unchanged(e);
	return f->st;
}

static enum status pin_usable(const struct look *l, struct fault *f)
{
	switch (l->user.state) {
	case PIN_BLOCKED:
		return session_blocked(l, f);
	case PIN_TRANSPORT:
		return fault_set(f, ST_TRANSPORT_PIN,
				 "%s has a transport PIN, which must be changed before the first use. Change the "
				 "user PIN.",
				 l->serial);
	case PIN_NOT_INITIALISED:
		return fault_set(f, ST_NOT_INITIALISED,
				 "%s was never initialised, so it has no user PIN and no keys. Initialise it first.",
				 l->serial);
	default:
		return ST_OK;
	}
}

enum status session_log_in(struct step_env *e, struct session *s, unsigned want, struct fault *f)
{
	const struct secret *pin = run_secret(e->run, e->where == ON_OTHER ? "to-pin" : "pin", 0);
	enum status st = pin_usable(s->look, f);

	if (st != ST_OK || (st = session_may_spend(e->run, s->look, PIN_USER, f)) != ST_OK)
		return st;
	if (pin == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	st = card_login(s->card, pin, f);
	record_tries(e->store, s->look, st, f);
	if (st == ST_PIN_WRONG && run_other(e->run)[0] != '\0')
		fault_add(f, "This concerns the user PIN of %s.", s->look->serial);
	if (st != ST_OK)
		return st == ST_PIN_BLOCKED ? session_blocked(s->look, f) : st;
	if ((want & LOOK_DKEK) != 0 && s->look->dkek.present && s->look->dkek.missing == 0 && !s->look->dkek.kcv_shown)
		st = card_dkek_status(s->card, 0, &s->look->dkek, NULL, f);
	return st;
}

/* A list with holes would make a key reference look free that is not. */
static enum status list_files(struct card *c, struct fids *ret, struct fault *f)
{
	enum status st = card_enumerate(c, ret, f);

	if (st == ST_OK && ret->damaged)
		return fault_set(f, ST_BAD_REPLY,
				 "The device's list of its files is not whole, so that it cannot be told which key "
				 "references are free. Nothing was done.");
	return st;
}

enum status session_list(struct session *s, struct fault *f)
{
	fids_done(&s->fids);
	return list_files(s->card, &s->fids, f);
}

enum status session_open(struct step_env *e, unsigned want, struct session *ret, struct fault *f)
{
	struct device_state *d = run_state(e->run);
	struct look *l = e->where == ON_OTHER ? &d->other : &d->look;
	enum status st;

	ret->card = e->card;
	ret->look = l;
	l->known = l->has_dkek = false;
	if ((st = identify(e->card, l, f)) != ST_OK)
		return st;
	if ((want & LOOK_DKEK) != 0) {
		if ((st = card_dkek_status(e->card, 0, &l->dkek, NULL, f)) != ST_OK)
			return st;
		l->has_dkek = true;
	}
	if ((want & (LOOK_USER | LOOK_LOGIN)) != 0 && (st = card_pin_status(e->card, PIN_USER, &l->user, f)) != ST_OK)
		return st;
	if ((want & LOOK_USABLE) != 0 && (st = pin_usable(l, f)) != ST_OK)
		return st;
	if ((want & LOOK_SO) != 0 && (st = card_pin_status(e->card, PIN_SO, &l->so, f)) != ST_OK)
		return st;
	if ((want & LOOK_LOGIN) != 0 && (st = session_log_in(e, ret, want, f)) != ST_OK)
		return st;
	if ((want & LOOK_FIDS) != 0 && (st = session_list(ret, f)) != ST_OK)
		return st;
	l->known = true;
	return ST_OK;
}

unsigned session_look_repeat(const struct run *r)
{
	return run_env(r)->script ? 0 : 1;
}

static const char *confirm_of(const struct look *l, const struct pin_status *p, int last)
{
	return l->known && p->state == PIN_READY && p->tries >= 0 && p->tries <= last ? l->serial : NULL;
}

const char *session_confirm_user(const struct run *r)
{
	return confirm_of(look_of(r), &look_of(r)->user, LAST_USER_TRIES);
}

const char *session_confirm_so(const struct run *r)
{
	return confirm_of(look_of(r), &look_of(r)->so, LAST_SO_TRIES);
}

const char *session_confirm_other(const struct run *r)
{
	return confirm_of(other_of(r), &other_of(r)->user, LAST_USER_TRIES);
}

static void tell_user(const struct look *l, struct prose *out)
{
	if (!l->known || l->user.state != PIN_READY || l->user.tries < 0)
		return;
	if (l->user.tries <= LAST_USER_TRIES)
		prose_add(out, PROSE_WARNING,
			  session_never_unblocks(l) ?
			  N_("This is the last try. If the PIN is wrong it is blocked for good, and with it all keys of the device. "
			     "The device's serial has to be typed before it is spent.") :
			  N_("This is the last try. If the PIN is wrong it is blocked, and only the SO-PIN can unblock it. The "
			     "device's serial has to be typed before it is spent."));
	else
		prose_add(out, PROSE_PLAIN, "%d tries are left. A wrong PIN costs one.", l->user.tries);
}

void session_tell_user(const struct run *r, struct prose *out)
{
	tell_user(look_of(r), out);
}

void session_tell_other(const struct run *r, struct prose *out)
{
	tell_user(other_of(r), out);
}

void session_tell_pin(const struct run *r, unsigned index, struct prose *out)
{
	(void)index;
	session_tell_user(r, out);
}

static bool asks(const struct procedure *p, const struct run *r, enum status (*check)(struct run *r, unsigned i, struct fault *f))
{
	for (const struct page *page = p->pages; page != NULL && page->name != NULL; page++) {
		for (const struct question *q = page->questions; q != NULL && q->name != NULL; q++) {
			if (q->check == check)
				return page->repeat == NULL || page->repeat(r) > 0;
		}
	}
	return false;
}

static void tell_so_tries(const struct look *l, struct prose *out)
{
	if (l->known && l->so.state == PIN_READY && l->so.tries >= 0)
		prose_add(out, l->so.tries <= LAST_SO_TRIES ? PROSE_WARNING : PROSE_PLAIN, l->so.tries <= LAST_SO_TRIES ?
			  N_("%d of %d tries are left. The device's serial has to be typed before one of them is spent.") :
			  N_("%d of %d tries are left."), l->so.tries, PIN_SO_TRIES);
}

void session_tell_last(const struct procedure *p, const struct run *r, struct prose *out)
{
	if (asks(p, r, session_check_pin) && session_confirm_user(r) != NULL)
		session_tell_user(r, out);
	if (asks(p, r, session_check_other_pin) && session_confirm_other(r) != NULL)
		session_tell_other(r, out);
	if (p->confirm == session_confirm_so && session_confirm_so(r) != NULL)
		tell_so_tries(look_of(r), out);
}

void session_tell_so(const struct run *r, struct prose *out)
{
	const struct look *l = look_of(r);

	prose_add(out, PROSE_WARNING,
		  "A wrong SO-PIN costs one of its %d tries. Once none is left, the device can never be initialised or "
		  "unblocked again: then nobody can reset that counter.",
		  PIN_SO_TRIES);
	tell_so_tries(l, out);
}

void session_tell_dkek(const struct look *l, struct prose *out)
{
	char kcv[2 * KCV_LEN + 1];

	if (!l->known || !l->has_dkek)
		return;
	if (!l->dkek.present) {
		prose_add(out, PROSE_WARNING,
			  "This device has no DKEK. A key made on it cannot be backed up: when the device is lost or breaks, the "
			  "key is gone. Initialising the device again with DKEK shares, which erases it, changes that.");
	} else if (l->dkek.kcv_shown && dkek_kcv_is_zero(l->dkek.kcv)) {
		prose_add(out, PROSE_WARNING, "The DKEK of this device is nothing but zeros (check value %s), which everybody knows: "
			  "whoever gets a backup of a key has the key. Only initialising the device again, which erases it, can change that.",
			  DKEK_ZERO_KCV);
	} else if (l->dkek.kcv_shown) {
		hex_upper(kcv, l->dkek.kcv, KCV_LEN);
		prose_add(out, PROSE_PLAIN, "The key can be backed up under the DKEK with the check value %s.", kcv);
	}
}

enum status session_need_dkek(const struct look *l, struct fault *f)
{
	if (!l->dkek.present)
		return fault_set(f, ST_NO_DKEK,
				 "%s was initialised without a DKEK. Its keys can never be wrapped, and no wrapped key "
				 "can be put on it. Its keys work as before.",
				 l->serial);
	if (l->dkek.missing > 0)
		return fault_set(f, ST_DKEK_INCOMPLETE,
				 translated_n("%u of the %u DKEK shares of %s is still missing. Import it first.",
					      "%u of the %u DKEK shares of %s are still missing. Import them first.",
					      l->dkek.missing),
				 l->dkek.missing, l->dkek.total, l->serial);
	return ST_OK;
}

bool session_has_kcv(struct session *s, const uint8_t kcv[static KCV_LEN])
{
	const struct dkek_status *first = &s->look->dkek;

	if (!first->kcv_shown || memcmp(first->kcv, kcv, KCV_LEN) == 0)
		return true;
	for (unsigned domain = 1; s->look->firmware->key_domains && domain < DOMAINS_MAX; domain++) {
		enum domain_state state = DOMAIN_NONE;
		struct dkek_status d = { 0 };

		if (card_dkek_status(s->card, (uint8_t)domain, &d, &state, NULL) != ST_OK || state == DOMAIN_NONE)
			return false;
		if (d.kcv_shown && memcmp(d.kcv, kcv, KCV_LEN) == 0)
			return true;
	}
	return false;
}

static enum status check_pin(struct run *r, const char *question, unsigned index, struct fault *f)
{
	const struct secret *pin = run_secret(r, question, index);

	if (pin == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	return pin_check_current(pin, f);
}

enum status session_check_pin(struct run *r, unsigned index, struct fault *f)
{
	return check_pin(r, "pin", index, f);
}

enum status session_check_other_pin(struct run *r, unsigned index, struct fault *f)
{
	return check_pin(r, "to-pin", index, f);
}

enum status session_so_bytes(struct run *r, const char *question, struct secret *ret, struct fault *f)
{
	const struct secret *typed = run_secret(r, question, 0);

	if (typed == NULL || ret == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	return pin_check_so(typed, ret, f);
}

enum status session_so_usable(const struct look *l, struct fault *f)
{
	if (l->so.state == PIN_BLOCKED || (l->so.state == PIN_READY && l->so.tries == 0))
		return fault_set(f, ST_SO_PIN_BLOCKED,
				 "The SO-PIN of %s is blocked for good: the device can never be initialised or unblocked "
				 "again. The user PIN and the keys work as before, as long as the user PIN is not "
				 "blocked too.",
				 l->serial);
	if (l->user.state == PIN_NOT_INITIALISED)
		return fault_set(f, ST_NOT_INITIALISED, "%s was never initialised. Initialise it first.",
				 l->serial);
	return ST_OK;
}
