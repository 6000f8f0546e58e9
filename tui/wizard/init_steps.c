/*
 * What the initialisation does, in this order: erase; set the SO-PIN, so that a public one is there for a second at most;
 * label; shares; read everything back. Each step is whole in itself, and says before it acts what a later start has to know.
 */
#include <stdio.h>
#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/words.h"
#include "store/device.h"
#include "store/dkek.h"
#include "store/journal.h"
#include "store/key.h"
#include "store/run.h"
#include "tui/wizard/init.h"

static enum status journal(struct step_env *e, const char *what, const char *text, struct fault *f)
{
	const struct journal_entry entry = { .at = clock_wall(), .what = what, .text = text, .device = run_serial(e->run),
					     .run = run_record_id(e->run) };

	return store_journal(e->store, &entry, f);
}

/* --- erase --- */

/* Between the review and now nobody may have put something on the device that the review did not name. */
static enum status same_contents(struct step_env *e, struct fault *f)
{
	const struct init *s = init_of(e->run);
	FIDS now = { 0 };
	enum status st = card_enumerate(e->card, &now, f);

	if (st != ST_OK)
		return st;
	if (now.n == s->fids.n && (now.n == 0 || memcmp(now.fid, s->fids.fid, now.n * sizeof(now.fid[0])) == 0))
		return ST_OK;
	return fault_set(f, ST_REFUSED, "What is on %s has changed since it was shown. Nothing was erased; look at it again first.",
			 run_serial(e->run));
}

/* What is still written down about a device that was erased is no longer to be taken up. */
static enum status close_older_runs(struct step_env *e, struct fault *f)
{
	struct run_record *rows = NULL;
	size_t n = 0;
	enum status st = store_open_runs(e->store, run_serial(e->run), &rows, &n, f);

	for (size_t i = 0; st == ST_OK && i < n; i++) {
		if (rows[i].id != run_record_id(e->run))
			st = store_run_finish(e->store, rows[i].id, RUN_STATE_ROLLED_BACK, clock_wall(), f);
	}
	run_records_free(rows, n);
	return st;
}

static enum status write_domain(struct step_env *e, const struct dkek_status *d, struct fault *f)
{
	struct domain_row row = { .present = d->present, .shares = (int)d->total, .missing = (int)d->missing,
				  .exchanged = d->exchanged, .has_kcv = d->kcv_shown };

	memcpy(row.kcv, d->kcv, sizeof(row.kcv));
	return store_domain_seen(e->store, run_serial(e->run), &row, clock_wall(), f);
}

static enum status write_erased(struct step_env *e, bool factory, struct fault *f)
{
	struct init *s = init_of(e->run);
	struct device_row row = DEVICE_ROW_UNKNOWN;
	struct dkek_status d = { .present = init_shares_wanted(e->run) > 0, .total = init_shares_wanted(e->run),
				 .missing = init_shares_wanted(e->run) };
	int64_t now = clock_wall();
	char text[600];
	STORE_TXN t = { 0 };
	enum status st;

	if (!e->store)
		return ST_OK;
	snprintf(row.serial, sizeof(row.serial), "%s", run_serial(e->run));
	row.initialised = 1;
	row.fw_major = (int)s->info.major;
	row.fw_minor = (int)s->info.minor;
	row.transport_pin = run_is(e->run, "transport-pin", "1");
	if (s->keys > 0)
		snprintf(text, sizeof(text), translated_n("%s was erased, with %u key on it, %u of them without a backup.",
			 "%s was erased, with %u keys on it, %u of them without a backup.", s->keys), row.serial, s->keys,
			 s->keys_without_backup);
	else
		snprintf(text, sizeof(text), _("%s was erased. There was no key on it."), row.serial);
	if ((st = store_begin(e->store, &t, f)) != ST_OK || (st = store_device_seen(e->store, &row, now, f)) != ST_OK ||
	    (st = store_device_wiped(e->store, row.serial, now, f)) != ST_OK ||
	    (st = store_device_pin_max(e->store, row.serial, (int)init_tries(e->run), f)) != ST_OK ||
	    (st = store_device_so_pin(e->store, row.serial, factory, f)) != ST_OK || (st = write_domain(e, &d, f)) != ST_OK ||
	    (st = close_older_runs(e, f)) != ST_OK || (st = run_note(e, "erased", "yes", f)) != ST_OK ||
	    (st = journal(e, "device.erased", text, f)) != ST_OK)
		return st;
	return store_commit(&t, f);
}

/* By an answer that changed nothing, so that no more than a try was lost. */
static bool was_refused(enum status st)
{
	return st == ST_SO_PIN_WRONG || st == ST_SO_PIN_BLOCKED || st == ST_BAD_FORM || st == ST_UNSUPPORTED ||
		st == ST_NOT_ALLOWED ||
	       st == ST_CARD_FULL;
}

/*
 * Most devices are logged in right after they were erased (real-devices.md 6), and with a transport PIN that is the only
 * time when the label can be written. Where it cannot, there is a step for it.
 */
static enum status label_at_once(struct step_env *e, struct fault *f)
{
	struct init *s = init_of(e->run);
	enum status st = card_set_label(e->card, run_get(e->run, "label", 0), f);

	s->label_set = st == ST_OK;
	return st == ST_NOT_LOGGED_IN ? ST_OK : st;
}

/*
 * A device that could not reclaim its memory may have begun all the same. Where it had nothing on it, that cannot be seen
 * here; taking the run up finds out.
 */
static bool still_has_all(struct step_env *e)
{
	struct fault ignored;

	return init_of(e->run)->n_things > 0 && same_contents(e, &ignored) == ST_OK;
}

static enum status erase(struct step_env *e, struct fault *f)
{
	struct init *s = init_of(e->run);
	SECRET *so = secret_new(PIN_SO_LEN);
	struct init_params params;
	bool factory;
	enum status st;

	if (!so)
		return fault_set(f, ST_NO_MEMORY, NULL);
	if ((st = init_current_so(e->run, so, f)) != ST_OK || (st = init_params_of(e->run, so, &params, f)) != ST_OK ||
	    (st = same_contents(e, f)) != ST_OK || (st = init_write_before(e, f)) != ST_OK)
		return st;
	factory = pin_so_is_factory(so);
	run_changed(e);
	s->erasing = true;
	st = card_initialise(e->card, &params, f);
	if (was_refused(st) && (st != ST_CARD_FULL || still_has_all(e))) {
		s->erasing = false;
		run_unchanged(e);
		return fault_add(f, "Nothing was erased.");
	}
	if (st != ST_OK)
		return st;
	s->erasing = false;
	s->erased = true;
	s->factory_kept = factory;
	s->so_wanted = init_changes_so(e->run);
	s->missing = init_shares_wanted(e->run);
	st = write_erased(e, factory, f);
	return st == ST_OK ? label_at_once(e, f) : st;
}

static unsigned unless_erased(const struct run *r)
{
	return !init_of(r)->erased;
}

/* --- SO-PIN --- */

static enum status write_so(struct step_env *e, bool factory, struct fault *f)
{
	STORE_TXN t = { 0 };
	enum status st;

	if (!e->store)
		return ST_OK;
	if ((st = store_begin(e->store, &t, f)) != ST_OK ||
	    (st = store_device_so_pin(e->store, run_serial(e->run), factory, f)) != ST_OK ||
	    (st = run_note(e, "so-pin", "changed", f)) != ST_OK ||
	    (st = journal(e, "so-pin.changed", _("The SO-PIN was changed right after the initialisation."), f)) != ST_OK)
		return st;
	return store_commit(&t, f);
}

/* Of a run that is taken up: what was typed now may be another PIN than the device was given then. */
static enum status may_spend(struct step_env *e, enum pin_which which, struct fault *f)
{
	struct pin_status now;
	enum status st;

	if (!run_is_resumed(e->run))
		return ST_OK;
	st = card_pin_status(e->card, which, &now, f);
	return st == ST_OK ? session_spend(e->run, run_serial(e->run), which, &now, f) : st;
}

static enum status change_so(struct step_env *e, struct fault *f)
{
	struct init *s = init_of(e->run);
	SECRET *old = secret_new(PIN_SO_LEN), *fresh = secret_new(PIN_SO_LEN);
	bool was_unknown = s->so_unknown;
	enum status st;

	if (!old || !fresh)
		return fault_set(f, ST_NO_MEMORY, NULL);
	if ((st = init_current_so(e->run, old, f)) != ST_OK || (st = init_new_so(e->run, fresh, f)) != ST_OK ||
	    (st = may_spend(e, PIN_SO, f)) != ST_OK || (st = run_note(e, "so-pin", "begun", f)) != ST_OK)
		return st;
	s->so_unknown = true;
	st = card_change_so_pin(e->card, old, fresh, f);
	if (st == ST_SO_PIN_WRONG && was_unknown)
		return fault_add(f, "It was being changed when the procedure stopped, so the device may have the new one "
			  "already: take the procedure up with the new one as the current one too.");
	if (was_refused(st)) {
		struct fault ignored;

		s->so_unknown = was_unknown;
		if (!was_unknown && run_note(e, "so-pin", "wanted", &ignored) != ST_OK)
			s->so_unknown = true;
		return st;
	}
	if (st != ST_OK)
		return st;
	s->so_unknown = s->so_wanted = false;
	s->so_changed = true;
	s->factory_kept = pin_so_is_factory(fresh);
	return write_so(e, s->factory_kept, f);
}

static unsigned if_so_changes(const struct run *r)
{
	return !init_of(r)->so_changed && init_changes_so(r);
}

/* --- label --- */

static enum status set_label(struct step_env *e, struct fault *f)
{
	struct init *s = init_of(e->run);
	const struct secret *pin = run_secret_typed(e->run, "new-pin", 0);
	enum status st;

	/* A transport PIN allows no login. */
	if (run_is(e->run, "transport-pin", "1")) {
		s->label_left = true;
		return ST_OK;
	}
	if (!pin)
		return fault_set(f, ST_NEED_SECRET, "The user PIN is missing.");
	if ((st = may_spend(e, PIN_USER, f)) != ST_OK || (st = card_login(e->card, pin, f)) != ST_OK)
		return st;
	st = card_set_label(e->card, run_get(e->run, "label", 0), f);
	s->label_set = st == ST_OK;
	return st;
}

static unsigned unless_label(const struct run *r)
{
	return !init_of(r)->label_set;
}

/* --- shares --- */

static enum status write_import(struct step_env *e, unsigned i, const struct dkek_status *d, struct fault *f)
{
	char fact[INIT_FACT_MAX];
	STORE_TXN t = { 0 };
	enum status st;

	if (!e->store)
		return ST_OK;
	init_share_fact(i, fact);
	if ((st = store_begin(e->store, &t, f)) != ST_OK || (st = run_note(e, fact, "in", f)) != ST_OK ||
	    (st = share_record_import(e, &init_of(e->run)->shares.slot[i], d, f)) != ST_OK)
		return st;
	return store_commit(&t, f);
}

static unsigned not_imported(const struct run *r)
{
	const struct init *s = init_of(r);
	unsigned n = 0;

	for (unsigned i = 0; i < DKEK_SHARES_MAX; i++)
		n += s->shares.slot[i].share && !s->imported[i];
	return n;
}

static enum status import_share(struct step_env *e, struct fault *f)
{
	struct init *s = init_of(e->run);
	struct dkek_status before, after;
	const struct share_slot *slot;
	enum share_where where;
	unsigned i = 0;
	enum status st;

	/* Those before it are in by now, so that it is always the first that is not. */
	while (i < DKEK_SHARES_MAX && (!s->shares.slot[i].share || s->imported[i]))
		i++;
	if (i == DKEK_SHARES_MAX)
		return ST_OK;
	slot = &s->shares.slot[i];
	if ((st = card_dkek_status(e->card, 0, &before, NULL, f)) != ST_OK ||
	    (st = share_where_is(e, slot, &before, &where, f)) != ST_OK)
		return st;
	after = before;
	if (where == SHARE_NOT_IN) {
		if ((st = share_note_begin(e, slot, before.missing, f)) != ST_OK ||
		    (st = card_import_share(e->card, 0, slot->share, &after, f)) != ST_OK)
			return st;
		if (after.missing + 1 != before.missing)
			return fault_set(f, ST_MISMATCH, "After the import of a share %s says that %u are missing, not "
				  "%u.", run_serial(e->run),
					 after.missing, before.missing - 1);
	}
	s->imported[i] = true;
	s->missing = after.missing;
	return where == SHARE_IN ? ST_OK : write_import(e, i, &after, f);
}

/* --- read back --- */

/* The user PIN is the one that was typed. A transport PIN cannot be tried, and one that was not typed this time neither. */
static enum status try_pin(struct step_env *e, struct fault *f)
{
	const struct init *s = init_of(e->run);
	const struct secret *pin = run_secret_typed(e->run, "new-pin", 0);
	enum status st;

	if (!pin || s->info.user.state != PIN_READY)
		return ST_OK;
	if (run_is_resumed(e->run) &&
	    (st = session_spend(e->run, run_serial(e->run), PIN_USER, &s->info.user, f)) != ST_OK)
		return st;
	st = card_login(e->card, pin, f);
	if (st == ST_PIN_WRONG)
		return fault_add(f, "%s was erased and has another user PIN than the one typed now: the one of the first attempt.",
				 run_serial(e->run));
	return st;
}

/* Some cards show the check value only after a login: eight zero bytes then mean that, and no mismatch. */
static enum status read_kcv(struct step_env *e, struct dkek_status *d, struct fault *f)
{
	struct init *s = init_of(e->run);
	enum status st = ST_OK;

	if (d->present && d->missing == 0 && !d->kcv_shown)
		st = card_dkek_status(e->card, 0, d, NULL, f);
	s->kcv_hidden = d->present && d->missing == 0 && !d->kcv_shown;
	return st;
}

static enum status compare(struct step_env *e, struct fault *f)
{
	struct init *s = init_of(e->run);
	const struct dkek_status *d = &s->info.dkek;
	const uint8_t *expected = run_expected_kcv(e->run);
	unsigned wanted = init_shares_wanted(e->run);
	char want[KCV_TEXT_MAX];

	if (!s->info.initialised || d->present != (wanted > 0) || (wanted > 0 && d->total != wanted))
		return fault_set(f, ST_MISMATCH, "%s does not say that it was initialised as wanted. Look at its status, "
			  "and initialise it again.",
				 run_serial(e->run));
	s->missing = d->missing;
	if (!s->label_left && strcmp(s->info.label, run_get(e->run, "label", 0)) != 0)
		return fault_set(f, ST_MISMATCH, "The label that was read back from %s is another one: \"%s\".", run_serial(e->run),
				 s->info.label);
	if (!d->kcv_shown)
		return ST_OK;
	hex_upper(s->shares.device_kcv_text, d->kcv, KCV_LEN);
	if (!expected || memcmp(expected, d->kcv, KCV_LEN) == 0)
		return ST_OK;
	hex_upper(want, expected, KCV_LEN);
	return fault_set(f, ST_MISMATCH, "%s shows the DKEK check value %s, but the shares make %s. Do not use it: backups "
		  "from it could not be "
			 "restored with these shares. Initialise it again.", run_serial(e->run), s->shares.device_kcv_text, want);
}

static enum status write_dkek(struct step_env *e, struct fault *f)
{
	const struct init *s = init_of(e->run);
	struct dkek_row row = { .shares = (int)init_shares_wanted(e->run) };
	const struct share_slot *slot;
	int64_t now = clock_wall();
	enum status st;

	if (!s->info.dkek.kcv_shown)
		return ST_OK;
	memcpy(row.kcv, s->info.dkek.kcv, sizeof(row.kcv));
	st = store_dkek_seen(e->store, &row, now, f);
	for (unsigned i = 0; st == ST_OK && s->shares.complete && (slot = shares_nth(&s->shares, i, NULL)) != NULL; i++)
		st = store_dkek_share(e->store, row.kcv, slot->kcv, now, f);
	return st;
}

static enum status write_device(struct step_env *e, struct fault *f)
{
	const struct init *s = init_of(e->run);
	const struct card_info *info = &s->info;
	struct device_row row = DEVICE_ROW_UNKNOWN;
	char text[800];
	STORE_TXN t = { 0 };
	int64_t now = clock_wall();
	enum status st;

	if (!e->store)
		return ST_OK;
	snprintf(row.serial, sizeof(row.serial), "%s", run_serial(e->run));
	snprintf(row.label, sizeof(row.label), "%s", info->label);
	row.fw_major = (int)info->major;
	row.fw_minor = (int)info->minor;
	row.initialised = 1;
	row.transport_pin = info->user.state == PIN_TRANSPORT;
	row.pin_tries = info->user.state == PIN_READY ? info->user.tries : STORE_UNKNOWN;
	row.so_pin_tries = info->so.state == PIN_READY ? info->so.tries : STORE_UNKNOWN;
	row.memory_free = info->memory_free;
	snprintf(text, sizeof(text), !info->dkek.present ?
		 _("%s was initialised as \"%.100s\": without a DKEK, no backups.") : s->missing > 0 ?
		 _("%s was initialised as \"%.100s\": DKEK shares are still missing.") : info->dkek.kcv_shown ?
		 _("%s was initialised as \"%.100s\": DKEK %s.") : _("%s was initialised as \"%.100s\": DKEK (not shown)."),
		 row.serial, run_get(e->run, "label", 0), s->shares.device_kcv_text);
	if ((st = store_begin(e->store, &t, f)) != ST_OK || (st = store_device_seen(e->store, &row, now, f)) != ST_OK ||
	    (st = write_domain(e, &info->dkek, f)) != ST_OK || (st = write_dkek(e, f)) != ST_OK ||
	    (st = store_objects_sync(e->store, row.serial, NULL, 0, now, f)) != ST_OK ||
	    (st = journal(e, "device.initialised", text, f)) != ST_OK)
		return st;
	return store_commit(&t, f);
}

static enum status read_back(struct step_env *e, struct fault *f)
{
	struct init *s = init_of(e->run);
	FIDS now = { 0 };
	enum status st;

	if ((st = card_status(e->card, &s->info, f)) != ST_OK || (st = card_enumerate(e->card, &now, f)) != ST_OK)
		return st;
	if (!init_is_empty(&now))
		return fault_set(f, ST_MISMATCH, "%s is not empty, although it was just erased. Look at what is on "
			  "it.", run_serial(e->run));
	if ((st = try_pin(e, f)) != ST_OK || (st = read_kcv(e, &s->info.dkek, f)) != ST_OK || (st = compare(e, f)) != ST_OK)
		return st;
	return write_device(e, f);
}

const struct step init_steps[] = {
	{ .name = "erase", .words = N_("Erase the device and set its PINs"), .where = ON_DEVICE, .uninterruptible = true,
	  .repeat = unless_erased, .fn = erase, .usual = "erase" },
	{ .name = "so-pin", .words = N_("Change the SO-PIN"), .where = ON_DEVICE, .uninterruptible = true, .repeat = if_so_changes,
	  .fn = change_so },
	{ .name = "label", .words = N_("Write the label"), .where = ON_DEVICE, .repeat = unless_label, .fn = set_label },
	{ .name = "shares", .words = N_("Import the DKEK shares"), .where = ON_DEVICE, .repeat = not_imported, .fn = import_share },
	{ .name = "read-back", .words = N_("Read everything back and compare"), .where = ON_DEVICE, .fn = read_back },
	{ 0 },
};
