/* Every DKEK with the shares that make it: who holds them, where, in which form, and whether it can still be put together. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/bytes.h"
#include "engine/base/error.h"
#include "store/dkek.h"
#include "tui/wizard/detail.h"

#define VERDICT 400

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

/* --- as a page --- */

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

/* Whether all the shares are known to be kept, so that the DKEK can be put together. */
static enum detail_kind verdict(char out[static VERDICT], int shares, int known)
{
	if (shares <= 0)
		(void)snprintf(out, VERDICT, "%s", _("How many shares make it is not known."));
	else if (known >= shares)
		(void)snprintf(out, VERDICT, "%s", _("All of its shares are known to be kept: another device can get it."));
	else
		(void)snprintf(out, VERDICT, _("Shares known to be kept: %d of %d. No other device can get it until the others are "
					       "found."), known, shares);
	return shares <= 0 ? DETAIL_TEXT : known >= shares ? DETAIL_GOOD : DETAIL_WARNING;
}

static void dkek(struct detail *out, struct store *s, const struct dkek_row *d)
{
	struct share_row *rows = NULL;
	struct counted good = { 0 };
	char kcv[2 * STORE_KCV_LEN + 1], title[2 * STORE_LABEL_MAX], words[VERDICT];
	enum detail_kind kind;
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
	kind = verdict(words, d->shares, good.n);
	detail_say(out, kind, "%s", words);
	detail_fact(out, _("It serves"), _("devices: %u, backups: %u"), d->devices, d->backups);
	free(good.kcv);
	free(rows);
}

/* Shares that were opened or made, and of which nobody has said yet what they make together; the others get the id 0. */
static struct share_row *loose(struct store *s, const struct dkek_row *dkeks, size_t n_dkeks, size_t *ret_n)
{
	struct share_row *all = NULL;

	*ret_n = 0;
	if (store_shares(s, NULL, everything, &all, ret_n, NULL) != ST_OK)
		return NULL;
	for (size_t k = 0; k < n_dkeks; k++) {
		struct share_row *own = NULL;
		size_t n_own = 0;

		if (store_shares(s, dkeks[k].kcv, everything, &own, &n_own, NULL) != ST_OK)
			n_own = 0;
		for (size_t i = 0; i < *ret_n; i++) {
			for (size_t o = 0; o < n_own; o++)
				all[i].id = all[i].id == own[o].id ? 0 : all[i].id;
		}
		free(own);
	}
	return all;
}

/* False, and why is said: there is no inventory, or it cannot be read. */
static bool dkeks_of(struct store *s, struct detail *out, struct dkek_row **ret, size_t *ret_n)
{
	struct fault f = { 0 };
	const char *why;

	if (s == NULL)
		why = _("There is no inventory, so nothing is known of DKEKs.");
	else if (store_dkeks(s, everything, ret, ret_n, &f) != ST_OK)
		why = f.what;
	else
		return true;
	detail_begin(out, _("DKEKs"));
	detail_say(out, DETAIL_WARNING, "%s", why);
	return false;
}

void detail_of_dkek(struct store *s, const char *kcv, struct detail *ret)
{
	struct dkek_row *rows = NULL;
	struct share_row *rest = NULL;
	size_t n = 0, n_rest = 0;
	const bool known = dkeks_of(s, ret, &rows, &n);

	for (size_t i = 0; i < n && kcv[0] != '\0'; i++) {
		char own[2 * STORE_KCV_LEN + 1];

		hex_upper(own, rows[i].kcv, sizeof(rows[i].kcv));
		if (strcmp(own, kcv) == 0)
			dkek(ret, s, &rows[i]);
	}
	if (known && kcv[0] == '\0') {
		detail_begin(ret, _("Shares of no DKEK that is known"));
		rest = loose(s, rows, n, &n_rest);
	}
	for (size_t i = 0; i < n_rest; i++) {
		if (rest[i].id != 0)
			(void)share(ret, s, &rest[i]);
	}
	free(rest);
	free(rows);
}

/* --- as a list --- */

/* What the rows of one DKEK have alike. */
struct owner {
	const char *kcv, *label;
	int64_t order;
};

static void row(struct detail *out, const struct owner *o, const struct share_row *of, const char *custodian, const char *place)
{
	detail_row(out, DETAIL_TEXT);
	detail_cell(out, CUSTODY_DKEK, o->order, "%s", o->kcv);
	detail_cell(out, CUSTODY_LABEL, 0, "%s", o->label);
	detail_cell(out, CUSTODY_WHO, custodian[0] == '\0', "%s",
		    custodian[0] != '\0' || of == NULL ? custodian : _("none"));
	detail_cell(out, CUSTODY_SHARE, 0, "%s", of != NULL ? of->file : "");
	detail_cell(out, CUSTODY_PLACE, place[0] == '\0', "%s", place);
}

/* The longest ago first; what is gone need not be checked. */
static void checked_cell(struct detail *out, int64_t checked_at, int64_t gone_at)
{
	char date[32];

	checked(date, checked_at);
	if (gone_at > 0)
		detail_cell(out, CUSTODY_CHECKED, INT64_MAX, "%s", _("gone"));
	else
		detail_cell(out, CUSTODY_CHECKED, checked_at > 0 ? checked_at : 0, "%s", date);
}

static void warn(struct detail *out, size_t at)
{
	if (at < out->n_rows)
		out->row[at].kind = DETAIL_WARNING;
}

/* The rows of a password's parts; how many of them are still there. */
static int part_rows(struct detail *out, struct store *s, const struct owner *o, const struct share_row *of)
{
	struct part_row *rows = NULL;
	size_t n = 0;
	int there = 0;

	if (store_parts(s, of->id, &rows, &n, NULL) != ST_OK)
		n = 0;
	for (size_t i = 0; i < n; i++) {
		row(out, o, of, rows[i].custodian, rows[i].place);
		detail_cell(out, CUSTODY_FORM, rows[i].number, _("part %d"), rows[i].number);
		checked_cell(out, rows[i].checked_at, rows[i].gone_at);
		detail_more(out, out->n_rows - 1, _("Part %d of the password of the share %s."), rows[i].number, of->file);
		if (rows[i].gone_at > 0)
			warn(out, out->n_rows - 1);
		there += rows[i].gone_at <= 0;
	}
	free(rows);
	return there;
}

/* True where it can still be opened, as far as is known. */
static bool share_rows(struct detail *out, struct store *s, const struct owner *o, const struct share_row *r)
{
	const size_t at = out->n_rows;
	char date[32];
	int there;

	row(out, o, r, r->custodian, r->place);
	if (out->n_rows == at)
		return false;   /* memory */
	detail_cell(out, CUSTODY_FORM, 0, "%s", strcmp(r->form, "sheet") == 0 ? _("sheet") : _("file"));
	checked_cell(out, r->checked_at, r->gone_at);
	if (r->gone_at > 0) {
		detail_date(date, r->gone_at);
		detail_more(out, at, _("It is gone since %s."), date);
		warn(out, at);
		return false;
	}
	if (r->threshold <= 0)
		return true;
	detail_cell(out, CUSTODY_WHO, 1, "%s", "");
	detail_cell(out, CUSTODY_FORM, 0, _("%d of %d"), r->threshold, r->parts);
	detail_more(out, at, _("Its password is divided: any %d of %d custodians open it."), r->threshold, r->parts);
	there = part_rows(out, s, o, r);
	if (there >= r->threshold)
		return true;
	warn(out, at);
	detail_more(out, at, translated_n("Only %d part of its password is known to be kept: too few to open it.",
		    "Only %d parts of its password are known to be kept: too few to open it.", (unsigned long)there), there);
	return false;
}

static void dkek_rows(struct detail *out, struct store *s, const struct dkek_row *d, int64_t order)
{
	const size_t first = out->n_rows;
	struct share_row *rows = NULL;
	struct counted good = { 0 };
	char kcv[2 * STORE_KCV_LEN + 1], words[VERDICT];
	const struct owner o = { kcv, d->label, order };
	bool bad;
	size_t n = 0;

	hex_upper(kcv, d->kcv, sizeof(d->kcv));
	if (store_shares(s, d->kcv, everything, &rows, &n, NULL) != ST_OK)
		n = 0;
	good.kcv = calloc(n + 1, sizeof(*good.kcv));
	for (size_t i = 0; i < n; i++) {
		if (share_rows(out, s, &o, &rows[i]) && good.kcv != NULL)
			count(&good, &rows[i]);
	}
	if (n == 0) {
		row(out, &o, NULL, "", "");
		detail_more(out, first, "%s", _("No share of it is known here."));
	}
	bad = verdict(words, d->shares, good.n) == DETAIL_WARNING;
	out->bad += bad;
	if (d->label[0] != '\0')
		detail_more(out, first, _("DKEK %s, called %s. Devices: %u, backups: %u."), kcv, d->label, d->devices, d->backups);
	else
		detail_more(out, first, _("DKEK %s. Devices: %u, backups: %u."), kcv, d->devices, d->backups);
	detail_more(out, first, "%s", words);
	for (size_t i = first; i < out->n_rows; i++)
		out->row[i].bad = bad;
	free(good.kcv);
	free(rows);
}

void detail_of_custody(struct store *s, struct detail *ret)
{
	static const struct owner nobody = { "", "", INT64_MAX };
	struct dkek_row *rows = NULL;
	struct share_row *rest;
	size_t n = 0, n_rest = 0;

	if (!dkeks_of(s, ret, &rows, &n))
		return;
	for (size_t i = 0; i < n; i++)
		dkek_rows(ret, s, &rows[i], (int64_t)i);
	rest = loose(s, rows, n, &n_rest);
	for (size_t i = 0; i < n_rest; i++) {
		const size_t at = ret->n_rows;

		if (rest[i].id == 0)
			continue;
		(void)share_rows(ret, s, &nobody, &rest[i]);
		detail_more(ret, at, "%s", _("Of which DKEK it is a share is not known."));
	}
	free(rest);
	free(rows);
}
