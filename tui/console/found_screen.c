/*
 * Lists of what a worker finds out: who holds which share of a DKEK, and what the doctor says of this workstation. Found out when
 * the screen opens; custody anew whenever the fleet has changed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/words.h"
#include "tui/console/detail_screen.h"
#include "tui/console/list_screen.h"

struct found_screen {
	struct list_screen l;
	struct detail_screen d;   /* what was found; not a screen of its own */
	size_t *row, n;           /* of what was found, those that fit the filter, in order */
};

static struct found_screen *self(struct screen *s)
{
	return (struct found_screen *)s;
}

static const struct detail_row *row_at(const void *ctx, size_t row)
{
	const struct found_screen *k = ctx;

	return &k->d.shown.row[k->row[row]];
}

/* --- rows --- */

static size_t total(const void *ctx)
{
	return ((const struct found_screen *)ctx)->d.shown.n_rows;
}

static size_t count(const void *ctx)
{
	return ((const struct found_screen *)ctx)->n;
}

static int64_t id_of(const void *ctx, size_t row)
{
	return (int64_t)((const struct found_screen *)ctx)->row[row] + 1;
}

static bool fits(const struct detail_row *r, const char *filter)
{
	for (size_t i = 0; i < DETAIL_CELLS; i++) {
		if (strcasestr(r->cell[i].text, filter) != NULL)
			return true;
	}
	return false;
}

struct order {
	const struct detail_row *row;
	unsigned cell;
};

static int by_cell(const void *a, const void *b, void *ctx)
{
	const size_t *x = a, *y = b;
	const struct order *by = ctx;
	const struct detail_cell *one = &by->row[*x].cell[by->cell], *other = &by->row[*y].cell[by->cell];
	int c = (one->order > other->order) - (one->order < other->order);

	if (c == 0)
		c = strcasecmp(one->text, other->text);
	return c != 0 ? c : (*x > *y) - (*x < *y);
}

static bool arrange(void *ctx, const char *filter, const struct table_column *by)
{
	struct found_screen *k = ctx;
	const struct detail *d = &k->d.shown;
	size_t *row = calloc(d->n_rows + 1, sizeof(*row));

	free(k->row);   /* rows of what was found before are none now */
	k->row = row;
	k->n = 0;
	for (size_t i = 0; row != NULL && i < d->n_rows; i++) {
		if (fits(&d->row[i], filter))
			row[k->n++] = i;
	}
	if (k->n > 1)
		qsort_r(row, k->n, sizeof(*row), by_cell, &(struct order){ d->row, by->data });
	return row != NULL;
}

/* --- cells --- */

static void words_cell(const void *ctx, const struct table_column *c, size_t row, char out[static TABLE_CELL])
{
	(void)snprintf(out, TABLE_CELL, "%s", row_at(ctx, row)->cell[c->data].text);
}

static void draw_mark(struct area cell, const void *ctx, size_t row)
{
	static const struct {
		const char *mark;
		enum role role;
	} marks[] = {
		[DETAIL_WARNING] = { "!", ROLE_WARNING }, [DETAIL_GOOD] = { "\xe2\x9c\x93", ROLE_GOOD },
		[DETAIL_NOTE] = { "\xc2\xb7", ROLE_PLAIN },
	};
	enum detail_kind kind = row != TABLE_HEAD ? row_at(ctx, row)->kind : DETAIL_TEXT;

	if (kind >= DETAIL_WARNING && kind <= DETAIL_NOTE)
		area_text(cell, 0, 0, marks[kind].role, marks[kind].mark);
}

static enum role row_role(const void *ctx, size_t row)
{
	return row_at(ctx, row)->kind == DETAIL_WARNING ? ROLE_WARNING : ROLE_PLAIN;
}

/* By the first half, as people quote a check value: the whole of it stands below the list. */
static void draw_dkek(struct area cell, const void *ctx, size_t row)
{
	const struct detail_row *r = row != TABLE_HEAD ? row_at(ctx, row) : NULL;
	char half[9];

	if (r == NULL)
		return;
	(void)snprintf(half, sizeof(half), "%s", r->cell[CUSTODY_DKEK].text);
	area_text(cell, 0, 0, r->bad ? ROLE_WARNING : ROLE_PLAIN, half);
}

static const char *const who_says[] = { N_("none"), NULL };
static const char *const form_says[] = { N_("file"), N_("sheet"), N_("part %d"), N_("%d of %d"), NULL };
static const char *const checked_says[] = { N_("never"), N_("gone"), NULL };

static const struct table_column custody_columns[] = {
	{ "", 1, 1, .draw = draw_mark },
	{ N_("DKEK"), 8, 8, .sorts = true, .data = CUSTODY_DKEK, .draw = draw_dkek },
	{ N_("Who"), 10, 30, .name = true, .sorts = true, .data = CUSTODY_WHO, .words = words_cell, .says = who_says },
	{ N_("Share"), 18, 40, .name = true, .sorts = true, .data = CUSTODY_SHARE, .words = words_cell },
	{ N_("Form"), 6, 6, .sorts = true, .data = CUSTODY_FORM, .words = words_cell, .says = form_says, .beside = -2 },
	{ N_("Kept at"), 9, 40, .name = true, .sorts = true, .data = CUSTODY_PLACE, .words = words_cell },
	{ N_("Checked"), 10, 10, .sorts = true, .data = CUSTODY_CHECKED, .words = words_cell, .role = row_role,
	  .says = checked_says },
};

static const struct table_column doctor_columns[] = {
	{ "", 1, 1, .sorts = true, .data = DOCTOR_VERDICT, .draw = draw_mark },
	{ N_("Check"), 16, 20, .sorts = true, .data = DOCTOR_CHECK, .words = words_cell },
	{ N_("Found"), 40, 1000, .data = DOCTOR_FOUND, .words = words_cell, .role = row_role },
};

static const struct table_ops table_of_custody = {
	.columns = custody_columns, .n_columns = sizeof(custody_columns) / sizeof(custody_columns[0]), .sort = 1,
	.total = total, .count = count, .id = id_of, .arrange = arrange,
};

static const struct table_ops table_of_checks = {
	.columns = doctor_columns, .n_columns = sizeof(doctor_columns) / sizeof(doctor_columns[0]), .wraps = 1 << 1 | 1 << 2,
	.total = total, .count = count, .id = id_of, .arrange = arrange,
};

/* --- the screen --- */

static struct screen *open_dkek(struct list_screen *l)
{
	return dkek_screen_new(l->s.ui, row_at(l, l->table.cursor)->cell[CUSTODY_DKEK].text);
}

/* The finding and what to do, to be read aloud. */
static struct screen *open_check(struct list_screen *l)
{
	const struct detail_row *r = row_at(l, l->table.cursor);
	const char *text = r->cell[DOCTOR_FOUND].text;
	struct prose p = { 0 };

	for (const char *line = text; *line != '\0';) {
		size_t n = strcspn(line, "\n");

		prose_add(&p, line == text && r->kind == DETAIL_WARNING ? PROSE_WARNING : PROSE_PLAIN, "%.*s", (int)n, line);
		line += n + (line[n] == '\n');
	}
	return text_screen_new(l->s.ui, r->cell[DOCTOR_CHECK].text, &p);
}

static bool act_doctor(struct list_screen *l, const struct binding *b)
{
	if (b->in == IN_REDRAW)
		detail_load(&self(&l->s)->d);
	return b->in == IN_REDRAW;
}

static const char *doctor_words(const struct screen *s, enum intent in)
{
	return in == IN_REDRAW ? N_("Check again") : list_words(s, in);
}

static bool doctor_busy(const struct screen *s)
{
	const struct found_screen *k = (const struct found_screen *)s;

	return k->d.load != NULL && !k->d.loaded;
}

static void event(struct screen *s, const struct job_event *e, unsigned changes)
{
	struct found_screen *k = self(s);

	if (detail_is_loaded(&k->d, e))
		list_refresh(&k->l);
	if (changes != 0 && k->d.about == ABOUT_CUSTODY)
		detail_load(&k->d);
}

static const char *empty(const struct found_screen *k, char *out, size_t cap)
{
	const struct detail *d = &k->d.shown;

	if (!k->d.loaded)
		return detail_waiting(&k->d, out, cap);
	if (d->n > 0 && d->section[0].n > 0)
		return d->section[0].line[0].text;
	return _("No DKEK is known yet. One is known here as soon as shares are made, or a device is plugged in that has one.");
}

static void title_words(const struct found_screen *k, char *out, size_t cap)
{
	const struct detail *d = &k->d.shown;

	if (k->d.about == ABOUT_CUSTODY && d->bad == 0)
		(void)snprintf(out, cap, "%s", _("Custody"));
	else if (k->d.about == ABOUT_CUSTODY)
		(void)snprintf(out, cap, translated_n("Custody: %zu DKEK cannot be put together",
						      "Custody: %zu DKEKs cannot be put together", d->bad), d->bad);
	else if (d->n_rows == 0)
		(void)snprintf(out, cap, "%s", _("Doctor"));
	else if (d->bad == 0)
		(void)snprintf(out, cap, "%s", _("Doctor: this workstation is able to work"));
	else
		(void)snprintf(out, cap, translated_n("Doctor: %zu of %zu checks fails", "Doctor: %zu of %zu checks fail", d->bad),
			       d->bad, d->n_rows);
}

static void draw(const struct screen *s, struct area a)
{
	const struct found_screen *k = (const struct found_screen *)s;
	char title[200], waiting[200];
	bool there = k->n > 0;

	title_words(k, title, sizeof(title));
	list_screen_draw(s, a, title, "", &k->l.table, empty(k, waiting, sizeof(waiting)), ROLE_PLAIN,
			 there ? row_at(k, k->l.table.cursor)->more : "");
}

static void found_free(struct screen *s)
{
	detail_end(&self(s)->d);
	free(self(s)->row);
	list_free(s);
}

static const struct screen_ops custody_ops = {
	.name = "custody",
	.help = N_("Here stand the shares of all DKEKs that are known, and who holds them.\n\n"
		   "A DKEK, the Device Key Encryption Key, wraps the keys of a device. It is made of shares: only all of them together "
		   "make it, so nobody who holds one can open a backup alone. Each share is a file that has a password, or a sheet of "
		   "paper.\n\n"
		   "The password of a share may be divided among custodians, of whom so many as the threshold says have to come "
		   "together. That share's form says how many of how many, and each part has a row of its own. Below the list stands "
		   "whether all the shares of the DKEK under the cursor are still known to be kept, and can be opened. Enter shows that "
		   "DKEK with all that is known of it.\n\n"
		   "Checking shares now and then shows that the files can be read and that somebody still knows the passwords; the "
		   "screen of the devices offers it among all procedures (m)."),
	LIST_SCREEN_OPS,
	.words = list_words,
	.event = event,
	.draw = draw,
	.free = found_free,
};

static const struct screen_ops doctor_ops = {
	.name = "doctor",
	.help = N_("Is this workstation able to work? Each row is a check, with what was found and what to do about it; those that "
		   "fail stand first. Nothing is changed by looking.\n\n"
		   "A tick means that all is well, a dot is a remark, and an exclamation mark stands before what must be mended before "
		   "anything else.\n\n"
		   "^L checks everything again."),
	LIST_SCREEN_OPS,
	.words = doctor_words,
	.event = event,
	.busy = doctor_busy,
	.draw = draw,
	.free = found_free,
};

static const struct list_ops custody = { .table = &table_of_custody, .open = open_dkek };
static const struct list_ops doctor = { .table = &table_of_checks, .open = open_check, .act = act_doctor };

static struct screen *found_new(struct ui *ui, const struct screen_ops *ops, const struct list_ops *list, enum about about)
{
	struct list_screen *l = list_new(sizeof(struct found_screen), ui, ops, list);

	if (l == NULL)
		return NULL;
	self(&l->s)->d.s = l->s;
	self(&l->s)->d.about = about;
	detail_load(&self(&l->s)->d);
	return &l->s;
}

struct screen *custody_screen_new(struct ui *ui)
{
	return found_new(ui, &custody_ops, &custody, ABOUT_CUSTODY);
}

struct screen *doctor_screen_new(struct ui *ui)
{
	return found_new(ui, &doctor_ops, &doctor, ABOUT_DOCTOR);
}
