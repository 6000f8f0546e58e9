/* share import: one more share into a device that waits for it. */
#include <stdlib.h>
#include <string.h>

#include "engine/base/words.h"
#include "engine/card/card.h"
#include "store/dkek.h"
#include "store/run.h"
#include "tui/wizard/procedures.h"
#include "tui/wizard/share.h"

struct import {
	struct shares shares;      /* first: share.h */
	struct dkek_status before, after;
	bool expected;             /* the inventory knows what the DKEK should be */
	bool stranger;             /* but not this share as one of those that make it */
	uint8_t kcv[KCV_LEN];
	bool unknown, hidden, compared;
	struct share_kcvs in;      /* as far as the journal knows */
	bool in_already;           /* this share too, by the journal */
};

static struct import *state_of(const struct run *r)
{
	return run_state(r);
}

/* --- the device --- */

static enum status may_import(const struct run *r, const struct dkek_status *d, struct fault *f)
{
	if (!d->present)
		return fault_set(f, ST_NO_DKEK, "%s was initialised without DKEK shares, so it takes none. That can only "
			  "be changed by initialising it again, which erases it.", run_serial(r));
	if (d->missing == 0)
		return fault_set(f, ST_REFUSED, "All DKEK shares of %s (%u) are in already. Nothing was "
			  "changed.", run_serial(r), d->total);
	return ST_OK;
}

/* Something was begun on this device that may be the very import that is asked for now: then it is not refused here. */
static enum status is_interrupted(struct step_env *e, bool *ret, struct fault *f)
{
	struct run_record *rows = NULL;
	size_t n = 0;
	enum status st = e->store ? store_open_runs(e->store, run_serial(e->run), &rows, &n, f) : ST_OK;

	*ret = n > 0;
	run_records_free(rows, n);
	return st;
}

static enum status look(struct step_env *e, struct fault *f)
{
	struct import *s = state_of(e->run);
	bool interrupted;
	enum status st = card_dkek_status(e->card, 0, &s->before, NULL, f);

	if (st != ST_OK || run_is_resumed(e->run))
		return st;
	st = is_interrupted(e, &interrupted, f);
	if (st == ST_OK)
		st = share_imported(e, &s->before, &s->in, f);
	return st == ST_OK && !interrupted ? may_import(e->run, &s->before, f) : st;
}

/* --- the share --- */

static enum status is_in_already(const struct run *r, const struct share_slot *slot, struct fault *f)
{
	return fault_set(f, ST_REFUSED, "The share in %s is in %s already. Imported twice it would cancel itself out. "
		  "Nothing was changed; import another one.", slot->file, run_serial(r));
}

/*
 * The journal does not hear of what other programs do. Who knows better types the serial, after reading what that would do:
 * a --confirm that was given in advance stands in scripts that repeat a run, and to them the share is in.
 */
static bool is_insisted_on(const struct run *r)
{
	return state_of(r)->in_already && run_env(r)->confirm == NULL && run_is_confirmed(r, run_serial(r));
}

static enum status refuse_twice(struct step_env *e, const struct share_slot *slot, struct fault *f)
{
	struct import *s = state_of(e->run);
	enum share_where where;
	bool interrupted = false;
	enum status st = share_where_is(e, slot, &s->before, &where, f);

	s->in_already = false;
	if (st != ST_OK || where != SHARE_IN || run_is_resumed(e->run))
		return st;
	if ((st = is_interrupted(e, &interrupted, f)) != ST_OK || interrupted)
		return st;
	s->in_already = true;
	if (!run_env(e->run)->script && run_env(e->run)->confirm == NULL)
		return ST_OK;
	(void)is_in_already(e->run, slot, f);
	return fault_add(f, "Only where another program has initialised the device since is it not. No script can say so, and neither "
			    "can --confirm: do it at a terminal without that, where the serial is typed after the warning.");
}

/* Has this DKEK one of these shares, or the one that is open? */
static enum status has_one_of(struct store *store, const uint8_t *dkek, const struct share_kcvs *in, const struct share_slot *slot,
			      bool *ret_in, bool *ret_slot, struct fault *f)
{
	struct share_row *rows = NULL;
	size_t n = 0;
	enum status st = store_shares(store, dkek, (struct store_page){ 0 }, &rows, &n, f);

	for (size_t i = 0; st == ST_OK && i < n; i++) {
		*ret_in |= rows[i].has_kcv && share_kcvs_have(in, rows[i].kcv);
		*ret_slot |= rows[i].has_kcv && memcmp(rows[i].kcv, slot->kcv, KCV_LEN) == 0;
	}
	free(rows);
	return st;
}

/*
 * Does the inventory know which DKEK this will be? The one of which a share is in the device already, or is open now.
 * Where there are several it cannot say which one is meant.
 */
static enum status find_expected(struct step_env *e, const struct share_slot *slot, struct fault *f)
{
	struct import *s = state_of(e->run);
	struct dkek_row *dkeks = NULL;
	struct share_kcvs in = { 0 };
	unsigned found = 0;
	size_t n = 0;
	enum status st = share_imported(e, &s->before, &in, f);

	s->stranger = false;
	if (!e->store || st != ST_OK)
		return st;
	st = store_dkeks(e->store, (struct store_page){ 0 }, &dkeks, &n, f);
	for (size_t i = 0; st == ST_OK && i < n; i++) {
		bool has_in = false, has_slot = false;

		st = has_one_of(e->store, dkeks[i].kcv, &in, slot, &has_in, &has_slot, f);
		if (dkeks[i].shares != (int)s->before.total || (!has_in && !has_slot))
			continue;
		found++;
		s->stranger |= !has_slot;
		memcpy(s->kcv, dkeks[i].kcv, KCV_LEN);
	}
	free(dkeks);
	s->expected = found == 1;
	s->stranger &= s->expected;
	return st;
}

static enum status open_share(struct step_env *e, struct fault *f)
{
	struct import *s = state_of(e->run);
	struct share_slot *slot = &s->shares.slot[0];
	const struct secret *password = run_secret_typed(e->run, "password", 0);
	enum status st;

	if (!password)
		return fault_set(f, ST_NEED_SECRET, NULL);
	st = share_slot_open(e, slot, run_get(e->run, "file", 0), password, f);
	if (st == ST_OK)
		st = shares_combine(&s->shares, f);
	if (st == ST_OK)
		st = refuse_twice(e, slot, f);
	if (st == ST_OK)
		st = find_expected(e, slot, f);
	return st;
}

/* Which ones are in, as far as anybody here knows. */
static void say_in(const struct import *s, const char *serial, struct prose *out)
{
	const unsigned in = s->before.total - s->before.missing, known = (unsigned)s->in.n;
	char kcv[KCV_TEXT_MAX];

	for (unsigned i = known; i-- > 0;) {
		hex_upper(kcv, s->in.kcv[i], KCV_LEN);
		prose_add(out, PROSE_ITEM, "In already: the share with the check value %s.", kcv);
	}
	if (s->in.outdated)
		prose_add(out, PROSE_WARNING, "Another program has initialised %s since the journal last knew it. Which shares are in is "
			  "not known here: ask who did it. The same share twice would cancel itself out.", serial);
	else if (in > known)
		prose_add(out, PROSE_WARNING, translated_n("%u share that is in was not imported here, so it is not known which one. The "
							   "same share twice would cancel itself out.",
							   "%u shares that are in were not imported here, so it is not known which "
							   "ones. The same share twice would cancel itself out.", in - known),
			  in - known);
}

static void say_share(const struct run *r, unsigned index, struct prose *out)
{
	const struct import *s = state_of(r);

	(void)index;
	if (run_is_resumed(r)) {
		prose_add(out, PROSE_PLAIN, "Open the same share once more: by it is found out whether it arrived in %s. It is only "
			  "imported "
			  "where it did not.", run_serial(r));
		return;
	}
	prose_add(out, PROSE_PLAIN, "%s waits for %u of %u DKEK shares.", run_serial(r), s->before.missing, s->before.total);
	say_in(s, run_serial(r), out);
	prose_add(out, PROSE_PLAIN, "A share is opened here first, and imported after you have seen its check value. The "
		  "device needs no PIN for that. What is imported cannot be taken back.");
}

static const struct question questions[] = {
	{ .name = "file", .value = "FILE", .ask = ASK_FILE, .positional = true, .words = N_("Share file"),
	  .help = N_("The name of a share file of Keyroom or sc-hsm-tool, with its folder, such as /media/usb/share-1.pbe. It must be "
		     "one of the shares that make this device's DKEK: a wrong one cannot be taken out again.") },
	{ .name = "password", .ask = ASK_PASSWORD, .words = N_("Its password"),
	  .help = N_("The password of this share, typed by its custodian. Opening takes a few seconds.") },
	{ 0 },
};

static const struct step look_step = {
	.name = "look", .words = N_("Ask the device how many shares it waits for"), .where = ON_DEVICE, .fn = look,
};
static const struct step open_step = {
	.name = "open", .words = N_("Open the share"), .where = ON_WORKER, .parallel = true, .fn = open_share, .usual = "share open",
};

static const struct page pages[] = {
	{ .name = N_("Device"), .title = N_("The device"), .work = &look_step },
	{ .name = N_("Share"), .title = N_("Which share"), .questions = questions, .text = say_share, .work = &open_step },
	{ 0 },
};

/* --- the import --- */

static enum status write_import(struct step_env *e, struct fault *f)
{
	const struct import *s = state_of(e->run);
	STORE_TXN t = { 0 };
	enum status st;

	if (!e->store)
		return ST_OK;
	if ((st = store_begin(e->store, &t, f)) != ST_OK ||
	    (st = share_record_import(e, &s->shares.slot[0], &s->after, f)) != ST_OK)
		return st;
	return store_commit(&t, f);
}

static enum status send(struct step_env *e, struct fault *f)
{
	struct import *s = state_of(e->run);
	unsigned missing = s->before.missing;
	enum status st;

	if ((st = may_import(e->run, &s->before, f)) != ST_OK ||
	    (st = share_note_begin(e, &s->shares.slot[0], missing, f)) != ST_OK)
		return st;
	run_changed(e);
	s->unknown = true;
	st = card_import_share(e->card, 0, s->shares.slot[0].share, &s->after, f);
	if (st == ST_NOT_ALLOWED || st == ST_NO_DKEK) {
		s->unknown = false;
		run_unchanged(e);
	}
	if (st != ST_OK)
		return st;
	s->unknown = false;
	if (s->after.missing + 1 != missing)
		return fault_set(f, ST_MISMATCH, "After the import %s says that %u shares are missing, not "
			  "%u.", run_serial(e->run), s->after.missing,
				 missing - 1);
	return ST_OK;
}

static enum status import(struct step_env *e, struct fault *f)
{
	struct import *s = state_of(e->run);
	enum share_where where;
	enum status st;

	if ((st = card_dkek_status(e->card, 0, &s->before, NULL, f)) != ST_OK ||
	    (st = share_where_is(e, &s->shares.slot[0], &s->before, &where, f)) != ST_OK)
		return st;
	if (where == SHARE_IN && !run_is_resumed(e->run)) {
		if (!is_insisted_on(e->run))
			return is_in_already(e->run, &s->shares.slot[0], f);
		where = SHARE_NOT_IN;
	}
	s->after = s->before;
	if (where == SHARE_NOT_IN && (st = send(e, f)) != ST_OK)
		return st;
	return where == SHARE_IN ? ST_OK : write_import(e, f);
}

/* A share that another program had imported before: the journal could not know. */
static enum status cancelled_out(const struct import *s, const char *serial, struct fault *f)
{
	if (dkek_kcv_is_zero(s->after.kcv))
		return fault_set(f, ST_MISMATCH, "The shares that are in %s cancel each other out: one of them is in twice. Its DKEK is "
				 "nothing but zeros now (check value %s), which everybody knows, so that its backups would protect "
				 "nothing. Make no keys on it. Initialise it again, which gives it another DKEK.", serial,
				 s->shares.device_kcv_text);
	if (s->after.total > 1 &&
	    (memcmp(s->shares.slot[0].kcv, s->after.kcv, KCV_LEN) == 0 || share_kcvs_have(&s->in, s->after.kcv)))
		return fault_set(f, ST_MISMATCH, "One of the shares is in %s twice, and these two cancel each other out: its DKEK is a "
				 "single share (check value %s). Whoever has that one can open its backups alone. Make no keys on it. "
				 "Initialise it again, which gives it another DKEK.", serial, s->shares.device_kcv_text);
	return ST_OK;
}

/* Once more, from the device: what counts is what it says in the end. */
static enum status read_back(struct step_env *e, struct fault *f)
{
	struct import *s = state_of(e->run);
	const struct dkek_status *d = &s->after;
	char want[KCV_TEXT_MAX];
	enum status st = card_dkek_status(e->card, 0, &s->after, NULL, f);

	if (st != ST_OK || d->missing > 0)
		return st;
	s->hidden = !d->kcv_shown;
	if (s->hidden)
		return ST_OK;
	hex_upper(s->shares.device_kcv_text, d->kcv, KCV_LEN);
	if ((st = cancelled_out(s, run_serial(e->run), f)) != ST_OK)
		return st;
	if (s->expected && memcmp(s->kcv, d->kcv, KCV_LEN) != 0) {
		hex_upper(want, s->kcv, KCV_LEN);
		return fault_set(f, ST_MISMATCH, "All shares are in, but %s shows the DKEK check value %s, and the "
			  "inventory knows this share as one "
				 "of those that make %s. A wrong share was imported. The device can be used, but not for "
				 "backups of that DKEK; "
				 "initialise it again.", run_serial(e->run), s->shares.device_kcv_text, want);
	}
	s->compared = s->expected;
	return ST_OK;
}

static const struct step steps[] = {
	{ .name = "import", .words = N_("Import the share"), .where = ON_DEVICE, .uninterruptible = true, .fn = import },
	{ .name = "read-back", .words = N_("Read back what the device has now"), .where = ON_DEVICE, .fn = read_back },
	{ 0 },
};

/* What the import itself finds out (share_where_is()) is all that there is to know; here nothing may be refused. */
static enum status find_out(struct step_env *e, struct fault *f)
{
	return card_dkek_status(e->card, 0, &state_of(e->run)->before, NULL, f);
}

static const struct step resume = {
	.name = "find-out", .words = N_("Find out whether the share is in"), .where = ON_DEVICE, .fn = find_out,
};

/* --- words --- */

static void review(const struct run *r, struct prose *out)
{
	const struct import *s = state_of(r);
	const struct share_slot *slot = &s->shares.slot[0];

	if (s->before.missing == 1)
		prose_add(out, PROSE_PLAIN, "The share in %s will be imported into %s. It is the last one that is missing.", slot->file,
			  run_serial(r));
	else if (s->before.missing > 1)
		prose_add(out, PROSE_PLAIN, translated_n("The share in %s will be imported into %s. Afterwards %u "
			  "of %u will still be missing.",
							 "The share in %s will be imported into %s. Afterwards %u of %u will still be missing.",
							 s->before.missing - 1),
			  slot->file, run_serial(r), s->before.missing - 1, s->before.total);
	else
		prose_add(out, PROSE_PLAIN, "All shares of %s are in. It will be found out whether the one in %s is among them; "
			  "nothing is imported.", run_serial(r), slot->file);
	prose_add(out, PROSE_VALUE, "Check value of this share alone: %s", slot->kcv_text);
	if (s->in_already)
		prose_add(out, PROSE_WARNING, "By the journal this share is in %s already. Imported twice it would cancel itself out, and "
			  "the device would have another DKEK than all your backups. Go on only if you know that another program has "
			  "initialised the device since; else go back, and import another one.", run_serial(r));
	if (s->stranger)
		prose_add(out, PROSE_WARNING, "Another share that is in this device belongs to a DKEK that the inventory "
			  "knows, and this one does not. Go on only if a new DKEK is to be made: what is imported cannot "
			  "be taken back.");
}

static void outcome(const struct run *r, struct prose *out)
{
	const struct import *s = state_of(r);

	prose_add(out, PROSE_DONE, "The share is in %s.", run_serial(r));
	if (s->after.missing > 0)
		prose_add(out, PROSE_PLAIN, translated_n("%u of %u DKEK shares is still missing. Until it is in, the device can make "
			  "no key. Next: import it (Import a share), now or on another day.",
			  "%u of %u DKEK shares are still missing. Until they are in, the device can make no key. Next: import them "
			  "(Import a share), now or on another day.",
			  s->after.missing), s->after.missing, s->after.total);
	else if (s->hidden)
		prose_add(out, PROSE_WARNING, "All shares are in. The device does not show its DKEK check value without "
			  "a login, so it could not be compared.");
	else
		prose_add(out, PROSE_VALUE, "All shares are in. DKEK check value: %s", s->shares.device_kcv_text);
	if (s->compared)
		prose_add(out, PROSE_DONE, "It is the one that the inventory expected. Read it aloud, and compare it with your papers.");
	else if (s->after.missing == 0 && !s->hidden)
		prose_add(out, PROSE_PLAIN, "The inventory does not know what it should be: compare it with your papers.");
	if (s->after.missing == 0)
		prose_add(out, PROSE_PLAIN, "Next: make a key on it, or restore backups that were made under this DKEK.");
}

static void failed(const struct run *r, struct prose *out)
{
	const struct import *s = state_of(r);

	if (s->unknown)
		prose_add(out, PROSE_WARNING, "It is not known whether the share arrived. Do not import it again by "
			  "hand: plug the device in and take the procedure up; that finds out.");
	else
		prose_add(out, PROSE_PLAIN, "%u of %u shares are missing, as the device last "
			  "said.", s->after.total ? s->after.missing : s->before.missing, s->before.total);
}

static const char *confirm(const struct run *r)
{
	return state_of(r)->in_already ? run_serial(r) : NULL;
}

static void done(void *state)
{
	shares_done(&((struct import *)state)->shares);
}

const struct procedure procedure_share_import = {
	.name = "share-import", .command = "share import", .title = N_("Import a share"),
	.summary = N_("import a DKEK share into a device that waits for it"), .on_device = true, .pages = pages, .steps = steps,
	.state_size = sizeof(struct import), .state_done = done,
	.wipe = shares_wipe, .review = review, .confirm = confirm,
	.outcome = outcome, .failed = failed,
	.resume = &resume,
};
