/* Every DKEK with the shares that make it: who holds them, where, in which form, and whether it can still be put together. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/bytes.h"
#include "engine/base/error.h"
#include "store/dkek.h"
#include "tui/wizard/detail.h"

static const struct store_page everything = { 0 };

static const char *who(const char *custodian)
{
	return custodian[0] != '\0' ? custodian : _("nobody named");
}

static void checked(char out[static 32], int64_t at)
{
	if (at > 0)
		detail_date(out, at);
	else
		(void)snprintf(out, 32, "%.31s", _("never"));
}

/* How many parts of a divided password are still there. */
static int parts(struct detail *out, struct store *s, const struct share_row *share)
{
	struct part_row *rows = NULL;
	char date[32];
	size_t n = 0;
	int there = 0;

	if (store_parts(s, share->id, &rows, &n, NULL) != ST_OK)
		n = 0;
	for (size_t i = 0; i < n; i++) {
		checked(date, rows[i].checked_at);
		detail_fact(out, who(rows[i].custodian), _("part %d of its password, last checked: %s"), rows[i].number, date);
		if (rows[i].place[0] != '\0')
			detail_fact(out, _("Kept at"), "%s", rows[i].place);
		if (rows[i].gone_at > 0)
			detail_say(out, DETAIL_WARNING, "%s", _("That part is gone."));
		there += rows[i].gone_at <= 0;
	}
	free(rows);
	return there;
}

/* True where it can still be opened, as far as is known. */
static bool share(struct detail *out, struct store *s, const struct share_row *r)
{
	char date[32];
	int there;

	checked(date, r->checked_at);
	if (strcmp(r->form, "sheet") == 0)
		detail_fact(out, who(r->custodian), _("a sheet of paper, last checked: %s"), date);
	else
		detail_fact(out, who(r->custodian), _("the file %s, last checked: %s"), r->file, date);
	if (r->place[0] != '\0')
		detail_fact(out, _("Kept at"), "%s", r->place);
	if (r->gone_at > 0) {
		detail_date(date, r->gone_at);
		detail_say(out, DETAIL_WARNING, _("It is gone since %s."), date);
		return false;
	}
	if (r->threshold <= 0)
		return true;
	detail_fact(out, _("Its password"), _("divided: any %d of %d custodians open it"), r->threshold, r->parts);
	there = parts(out, s, r);
	if (there >= r->threshold)
		return true;
	detail_say(out, DETAIL_WARNING, translated_n("Only %d part of its password is known to be kept: too few to open it.",
		   "Only %d parts of its password are known to be kept: too few to open it.", (unsigned long)there), there);
	return false;
}

/* Of how many different shares a file or sheet is there that can be opened. */
struct counted {
	uint8_t (*kcv)[STORE_KCV_LEN];
	int n;
};

static void count(struct counted *c, const struct share_row *r)
{
	for (int i = 0; i < c->n; i++) {
		if (memcmp(c->kcv[i], r->kcv, STORE_KCV_LEN) == 0)
			return;
	}
	memcpy(c->kcv[c->n++], r->kcv, STORE_KCV_LEN);
}

static void verdict(struct detail *out, int shares, int known)
{
	if (shares <= 0)
		detail_say(out, DETAIL_TEXT, "%s", _("How many shares make it is not known."));
	else if (known >= shares)
		detail_say(out, DETAIL_GOOD, "%s", _("All of its shares are known to be kept: another device can get it."));
	else
		detail_say(out, DETAIL_WARNING,
			   _("Shares known to be kept: %d of %d. No other device can get it until the others are found."), known,
			   shares);
}

static void dkek(struct detail *out, struct store *s, const struct dkek_row *d)
{
	struct share_row *rows = NULL;
	struct counted good = { 0 };
	char kcv[2 * STORE_KCV_LEN + 1], title[2 * STORE_LABEL_MAX];
	size_t n = 0;

	hex_upper(kcv, d->kcv, sizeof(d->kcv));
	(void)snprintf(title, sizeof(title), d->label[0] != '\0' ? "DKEK %s  %s" : "DKEK %s", kcv, d->label);
	detail_begin(out, title);
	detail_carry(out, title, kcv);
	if (store_shares(s, d->kcv, everything, &rows, &n, NULL) != ST_OK)
		n = 0;
	good.kcv = calloc(n + 1, sizeof(*good.kcv));
	for (size_t i = 0; i < n; i++) {
		if (share(out, s, &rows[i]) && good.kcv != NULL)
			count(&good, &rows[i]);
	}
	verdict(out, d->shares, good.n);
	detail_fact(out, _("It serves"), _("devices: %u, backups: %u"), d->devices, d->backups);
	free(good.kcv);
	free(rows);
}

/* Shares that were opened or made, and of which nobody has said yet what they make together. */
static void loose(struct detail *out, struct store *s, const struct dkek_row *dkeks, size_t n_dkeks)
{
	struct share_row *all = NULL;
	size_t n = 0;
	bool begun = false;

	if (store_shares(s, NULL, everything, &all, &n, NULL) != ST_OK)
		n = 0;
	for (size_t k = 0; k < n_dkeks; k++) {
		struct share_row *own = NULL;
		size_t n_own = 0;

		if (store_shares(s, dkeks[k].kcv, everything, &own, &n_own, NULL) != ST_OK)
			n_own = 0;
		for (size_t i = 0; i < n; i++) {
			for (size_t o = 0; o < n_own; o++)
				all[i].id = all[i].id == own[o].id ? 0 : all[i].id;
		}
		free(own);
	}
	for (size_t i = 0; i < n; i++) {
		if (all[i].id == 0)
			continue;
		if (!begun)
			detail_begin(out, _("Shares of no DKEK that is known"));
		begun = true;
		(void)share(out, s, &all[i]);
	}
	free(all);
}

void detail_of_custody(struct store *s, struct detail *ret)
{
	struct dkek_row *rows = NULL;
	struct fault f = { 0 };
	size_t n = 0;

	if (s == NULL || store_dkeks(s, everything, &rows, &n, &f) != ST_OK) {
		detail_begin(ret, _("DKEKs"));
		detail_say(ret, DETAIL_WARNING, "%s", s == NULL ? _("There is no inventory, so nothing is known of DKEKs.") : f.what);
		return;
	}
	if (n == 0) {
		detail_begin(ret, _("DKEKs"));
		detail_say(ret, DETAIL_TEXT, "%s", _("No DKEK is known yet. One is known here as soon as shares are made, or a device is "
						     "plugged in that has one."));
	}
	for (size_t i = 0; i < n; i++)
		dkek(ret, s, &rows[i]);
	loose(ret, s, rows, n);
	free(rows);
}
