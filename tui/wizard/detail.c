/* The pages of details: sections that grow line by line. A line that finds no memory is left out, and said to be. */
#include "tui/wizard/detail.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/base/error.h"
#include "store/journal.h"
#include "store/store.h"

#define JOURNAL_ROWS 8

static void section_done(struct detail_section *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free(s->line[i].name);
		free(s->line[i].text);
	}
	free(s->line);
	free(s->title);
}

static void row_done(struct detail_row *r)
{
	for (size_t i = 0; i < DETAIL_CELLS; i++)
		free(r->cell[i].text);
	free(r->more);
}

void detail_done(struct detail *d)
{
	for (size_t i = 0; i < d->n; i++)
		section_done(&d->section[i]);
	free(d->section);
	for (size_t i = 0; i < d->n_rows; i++)
		row_done(&d->row[i]);
	free(d->row);
	for (size_t i = 0; i < d->n_carry; i++) {
		free(d->carry[i].name);
		free(d->carry[i].text);
	}
	free(d->carry);
	*d = (struct detail){ 0 };
}

void detail_begin(struct detail *d, const char *title)
{
	struct detail_section *more = reallocarray(d->section, d->n + 1, sizeof(*more));
	char *copy = strdup(title);

	if (more != NULL)
		d->section = more;
	if (more == NULL || copy == NULL) {
		d->failed = true;
		free(copy);
		return;
	}
	d->section[d->n++] = (struct detail_section){ .title = copy };
}

void detail_wide(struct detail *d)
{
	if (d->n > 0)
		d->section[d->n - 1].wide = true;
}

static struct detail_line *add(struct detail *d, enum detail_kind kind, const char *name, const char *fmt, va_list ap)
	__attribute__((format(printf, 4, 0)));

static struct detail_line *add(struct detail *d, enum detail_kind kind, const char *name, const char *fmt, va_list ap)
{
	struct detail_section *s = d->n > 0 ? &d->section[d->n - 1] : NULL;
	struct detail_line *more = s != NULL ? reallocarray(s->line, s->n + 1, sizeof(*more)) : NULL;
	char *words = NULL, *copy = strdup(name);

	if (more != NULL)
		s->line = more;
	if (vasprintf(&words, fmt, ap) < 0)
		words = NULL;
	if (more == NULL || copy == NULL || words == NULL) {
		d->failed = true;
		free(copy);
		free(words);
		return NULL;
	}
	s->line[s->n] = (struct detail_line){ .kind = kind, .name = copy, .text = words };
	return &s->line[s->n++];
}

void detail_fact(struct detail *d, const char *name, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)add(d, DETAIL_FACT, name, fmt, ap);
	va_end(ap);
}

void detail_say(struct detail *d, enum detail_kind kind, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)add(d, kind, "", fmt, ap);
	va_end(ap);
}

void detail_bar(struct detail *d, const char *name, int64_t have, int64_t whole, const char *fmt, ...)
{
	struct detail_line *line;
	va_list ap;

	va_start(ap, fmt);
	line = add(d, DETAIL_BAR, name, fmt, ap);
	va_end(ap);
	if (line != NULL) {
		line->have = have;
		line->whole = whole;
	}
}

void detail_carry(struct detail *d, const char *name, const char *text)
{
	struct detail_carry *more;
	char *a, *b;

	if (text[0] == '\0')
		return;
	more = reallocarray(d->carry, d->n_carry + 1, sizeof(*more));
	if (more != NULL)
		d->carry = more;
	a = strdup(name);
	b = strdup(text);
	if (more == NULL || a == NULL || b == NULL) {
		d->failed = true;
		free(a);
		free(b);
		return;
	}
	d->carry[d->n_carry++] = (struct detail_carry){ a, b };
}

void detail_row(struct detail *d, enum detail_kind kind)
{
	struct detail_row *more = reallocarray(d->row, d->n_rows + 1, sizeof(*more));
	struct detail_row row = { .kind = kind, .more = strdup("") };
	bool good = row.more != NULL;

	for (size_t i = 0; i < DETAIL_CELLS; i++) {
		row.cell[i].text = strdup("");
		good = good && row.cell[i].text != NULL;
	}
	if (more != NULL)
		d->row = more;
	if (more == NULL || !good) {
		d->failed = true;
		row_done(&row);
		return;
	}
	d->row[d->n_rows++] = row;
}

void detail_cell(struct detail *d, unsigned cell, int64_t order, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0 || d->n_rows == 0) {
		d->failed = true;
		if (n >= 0)
			free(text);
		return;
	}
	free(d->row[d->n_rows - 1].cell[cell].text);
	d->row[d->n_rows - 1].cell[cell] = (struct detail_cell){ text, order };
}

void detail_more(struct detail *d, size_t first, const char *fmt, ...)
{
	char *line = NULL, *both;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&line, fmt, ap);
	va_end(ap);
	if (n < 0) {
		d->failed = true;
		return;
	}
	for (size_t i = first; i < d->n_rows; i++) {
		struct detail_row *r = &d->row[i];

		if (asprintf(&both, "%s%s%s", r->more, r->more[0] != '\0' ? "\n" : "", line) < 0) {
			d->failed = true;
			continue;
		}
		free(r->more);
		r->more = both;
	}
	free(line);
}

void detail_date(char out[static 32], int64_t at)
{
	time_t t = (time_t)at;
	struct tm tm;

	if (at <= 0 || gmtime_r(&t, &tm) == NULL || tm.tm_year < -1900 || tm.tm_year > 8099)
		(void)snprintf(out, 32, "%.31s", _("not known"));
	else
		(void)strftime(out, 32, "%Y-%m-%d", &tm);
}

void detail_group(char *out, size_t cap, const char *hex)
{
	size_t n = 0;

	for (size_t i = 0; hex[i] != '\0' && n + 2 < cap; i++) {
		if (i > 0 && i % 4 == 0)
			out[n++] = i % 32 == 0 ? '\n' : ' ';
		out[n++] = hex[i];
	}
	if (cap > 0)
		out[n] = '\0';
}

void detail_journal(struct detail *d, struct store *s, const char *device, const struct key_identity *key)
{
	const struct journal_filter filter = { .device = device, .key = key, .page = { .limit = JOURNAL_ROWS } };
	struct journal_row *rows = NULL;
	struct fault f = { 0 };
	char date[32];
	size_t n = 0;

	detail_begin(d, _("Journal"));
	if (s == NULL || store_journal_list(s, &filter, &rows, &n, &f) != ST_OK)
		detail_say(d, DETAIL_WARNING, "%s", s == NULL ? _("There is no inventory, so nothing is known of what was done.") : f.what);
	else if (n == 0)
		detail_say(d, DETAIL_TEXT, "%s", _("No entry tells of it."));
	for (size_t i = 0; i < n; i++) {
		detail_date(date, rows[i].at);
		detail_fact(d, date, "%s", rows[i].text);
	}
	free(rows);
}
