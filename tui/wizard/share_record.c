/* Shares in the inventory and in the run's record. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/words.h"
#include "engine/card/card.h"
#include "store/device.h"
#include "store/dkek.h"
#include "store/journal.h"
#include "store/run.h"
#include "tui/wizard/share.h"

#define WHAT_IMPORTED "share.imported"
#define WHAT_ERASED "device.erased"

enum status share_record(struct store *s, const struct share_slot *slot, bool made, struct fault *f)
{
	struct share_row row = { .has_kcv = true, .form = "file", .threshold = STORE_UNKNOWN, .parts = STORE_UNKNOWN,
				 .first_seen = STORE_UNKNOWN, .made_at = STORE_UNKNOWN, .checked_at = STORE_UNKNOWN,
				 .gone_at = STORE_UNKNOWN };
	int64_t now = clock_wall(), id;
	enum status st;

	if (!s)
		return ST_OK;
	memcpy(row.kcv, slot->kcv, sizeof(row.kcv));
	memcpy(row.sha256, slot->sha256, sizeof(row.sha256));
	snprintf(row.file, sizeof(row.file), "%.*s", (int)sizeof(row.file) - 1, slot->file);
	if (made)
		row.made_at = now;
	st = store_share_seen(s, &row, now, &id, f);
	return st == ST_OK ? store_share_checked(s, id, now, f) : st;
}

/*
 * "DKEK share 0123456789ABCDEF was imported ...", as share_record_import() writes it, in any language: the check value is
 * the first word of so many digits.
 */
static bool kcv_of_entry(const struct journal_row *row, uint8_t ret[static KCV_LEN])
{
	static const char digits[] = "0123456789ABCDEF";
	size_t n;

	if (strcmp(row->what, WHAT_IMPORTED) != 0)
		return false;
	for (const char *at = row->text; *at != '\0'; at += n > 0 ? n : 1) {
		n = strspn(at, digits);
		if (n == 2 * KCV_LEN && strncmp(at, row->device, n) != 0)
			return hex_parse(at, n, ret, KCV_LEN, &n) && n == KCV_LEN;
	}
	return false;
}

static bool in_a_word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* "... number 1 of 2.", in any language: of the two short numbers the larger one is how many there were to be. */
static bool agrees(const struct journal_row *row, const struct dkek_status *now)
{
	unsigned found[2] = { 0 }, n = 0;

	for (const char *at = row->text; *at != '\0';) {
		const size_t digits = strspn(at, "0123456789");

		if (digits > 0 && digits <= 3 && !in_a_word(at[digits]) && n < 3) {
			if (n < 2)
				found[n] = (unsigned)strtoul(at, NULL, 10);
			n++;
		}
		/* On to the next word. */
		if (in_a_word(*at))
			while (in_a_word(*at))
				at++;
		else
			at++;
	}
	if (n != 2)
		return true;
	return (found[0] > found[1] ? found[0] : found[1]) == now->total &&
	       (found[0] < found[1] ? found[0] : found[1]) <= now->total - now->missing;
}

enum status share_imported(struct step_env *e, const struct dkek_status *now, struct share_kcvs *ret, struct fault *f)
{
	struct journal_filter filter = { .device = run_serial(e->run) };
	bool over = false;
	size_t n = 0;
	enum status st = ST_OK;

	ret->n = 0;
	ret->outdated = false;
	if (!e->store)
		return ST_OK;
	do {
		struct journal_row *rows = NULL;

		n = 0;
		st = store_journal_list(e->store, &filter, &rows, &n, f);
		for (size_t i = 0; st == ST_OK && i < n && !over && ret->n < DKEK_SHARES_MAX; i++) {
			const bool imported = kcv_of_entry(&rows[i], ret->kcv[ret->n]);

			/* The newest stands first. */
			ret->outdated = imported && ret->n == 0 && !agrees(&rows[i], now);
			over = ret->outdated || strcmp(rows[i].what, WHAT_ERASED) == 0;
			ret->n += imported && !over;
		}
		filter.page.offset += (unsigned)n;
		free(rows);
	} while (st == ST_OK && n > 0 && !over);
	if (ret->n > now->total - now->missing)
		ret->n = now->total - now->missing;
	return st;
}

bool share_kcvs_have(const struct share_kcvs *l, const uint8_t kcv[static KCV_LEN])
{
	for (size_t i = 0; i < l->n; i++) {
		if (memcmp(l->kcv[i], kcv, KCV_LEN) == 0)
			return true;
	}
	return false;
}

/* The DKEK is complete: it is made of this share and of those that the journal names since the device was erased. */
static enum status record_complete(struct step_env *e, const struct share_slot *slot, const struct dkek_status *d, struct fault *f)
{
	struct dkek_row dkek = { .shares = (int)d->total };
	struct share_kcvs in = { 0 };
	enum status st;

	if (!d->kcv_shown)
		return ST_OK;
	memcpy(dkek.kcv, d->kcv, KCV_LEN);
	if ((st = share_imported(e, d, &in, f)) != ST_OK || (st = store_dkek_seen(e->store, &dkek, clock_wall(), f)) != ST_OK ||
	    (st = store_dkek_share(e->store, dkek.kcv, slot->kcv, clock_wall(), f)) != ST_OK)
		return st;
	for (size_t i = 0; st == ST_OK && i < in.n; i++)
		st = store_dkek_share(e->store, dkek.kcv, in.kcv[i], clock_wall(), f);
	return st;
}

enum status share_record_import(struct step_env *e, const struct share_slot *slot, const struct dkek_status *d, struct fault *f)
{
	struct domain_row domain = { .present = d->present, .shares = (int)d->total, .missing = (int)d->missing,
				     .has_kcv = d->kcv_shown };
	struct device_row device = DEVICE_ROW_UNKNOWN;
	char text[600];
	struct journal_entry entry = { .at = clock_wall(), .what = WHAT_IMPORTED, .text = text, .device = run_serial(e->run),
				       .run = run_record_id(e->run) };
	enum status st;

	if (!e->store)
		return ST_OK;
	memcpy(domain.kcv, d->kcv, KCV_LEN);
	snprintf(device.serial, sizeof(device.serial), "%s", run_serial(e->run));
	snprintf(text, sizeof(text), _("DKEK share %s was imported into %s, number %u of %u."), slot->kcv_text, device.serial,
		 d->total - d->missing, d->total);
	if ((st = store_device_seen(e->store, &device, entry.at, f)) != ST_OK ||
	    (st = store_domain_seen(e->store, device.serial, &domain, entry.at, f)) != ST_OK ||
	    (st = share_record(e->store, slot, slot->made, f)) != ST_OK || (st = share_note_end(e, f)) != ST_OK ||
	    (st = record_complete(e, slot, d, f)) != ST_OK)
		return st;
	return store_journal(e->store, &entry, f);
}

/* --- is it in? --- */

enum status share_note_begin(struct step_env *e, const struct share_slot *slot, unsigned missing, struct fault *f)
{
	char number[16];
	enum status st;

	snprintf(number, sizeof(number), "%u", missing);
	st = run_note(e, "missing", number, f);
	return st == ST_OK ? run_note(e, "importing", slot->kcv_text, f) : st;
}

enum status share_note_end(struct step_env *e, struct fault *f)
{
	return run_note(e, "importing", "", f);
}

/* An import of this very share was begun while one more was missing than now. */
static bool has_arrived(const struct run_record *record, const char *kcv_text, unsigned missing)
{
	char importing[KCV_TEXT_MAX], before[16];

	run_record_fact(record, "importing", importing, sizeof(importing));
	run_record_fact(record, "missing", before, sizeof(before));
	return strcmp(importing, kcv_text) == 0 && before[0] && strtoul(before, NULL, 10) == missing + 1ul;
}

enum status share_where_is(struct step_env *e, const struct share_slot *slot, const struct dkek_status *now,
			   enum share_where *ret, struct fault *f)
{
	struct run_record *rows = NULL;
	struct share_kcvs in = { 0 };
	size_t n = 0;
	enum status st;

	*ret = SHARE_NOT_IN;
	if (!e->store)
		return ST_OK;
	/* Begun by this run, and not noted as done: whatever the journal said before that, the device tells. */
	if (run_is_resumed(e->run) && strcmp(run_fact(e->run, "importing"), slot->kcv_text) == 0 &&
	    strtoul(run_fact(e->run, "missing"), NULL, 10) == now->missing)
		return ST_OK;
	st = share_imported(e, now, &in, f);
	if (st == ST_OK && share_kcvs_have(&in, slot->kcv))
		*ret = SHARE_IN;
	if (st != ST_OK || *ret == SHARE_IN)
		return st;
	st = store_open_runs(e->store, run_serial(e->run), &rows, &n, f);
	for (size_t i = 0; st == ST_OK && i < n; i++) {
		if (has_arrived(&rows[i], slot->kcv_text, now->missing))
			*ret = SHARE_IN_UNRECORDED;
	}
	run_records_free(rows, n);
	return st;
}
