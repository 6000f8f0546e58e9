/* How details look: sections with a title, names on the left of what they are, bars, and values that are read aloud. */
#include <stdio.h>
#include <string.h>

#include "engine/base/words.h"
#include "tui/console/detail_screen.h"

#define TWO_COLUMNS 112   /* from this width on sections stand beside each other */
#define GAP 3
#define NAME_LEAST 12
#define NAME_MOST 32
#define BAR 20

int detail_cols(int cols)
{
	return cols - 4;
}

static int name_width(const struct detail_section *s)
{
	int width = NAME_LEAST;

	for (size_t i = 0; i < s->n; i++) {
		bool marked = s->line[i].kind != DETAIL_FACT && s->line[i].kind != DETAIL_BAR;
		int w = text_width(s->line[i].name) + (marked ? 2 : 0);

		width = w > width ? w : width;
	}
	return width < NAME_MOST ? width : NAME_MOST;
}

static int draw_bar(struct area a, int row, const struct detail_line *l)
{
	int64_t have = l->have < l->whole ? l->have : l->whole;
	int full = (int)(have * BAR / l->whole), col;

	if (have > 0 && full == 0)
		full = 1;   /* a last try is not none */
	col = area_text(a, row, 0, ROLE_PLAIN, "\xe2\x96\x95");
	area_fill(a, row, col, full, have * 4 <= l->whole ? ROLE_WARNING : ROLE_GOOD, 0x2588);
	area_fill(a, row, col + full, BAR - full, ROLE_PLAIN, 0x2591);
	area_text(a, row, col + BAR, ROLE_PLAIN, "\xe2\x96\x8f");
	return area_wrap(area_sub(a, 0, col + BAR + 2, a.rows, a.cols - col - BAR - 2), row, ROLE_PLAIN, l->text);
}

static int draw_named(struct area a, int row, const struct detail_line *l, int names)
{
	struct area rest = area_sub(a, 0, names + 2, a.rows, a.cols - names - 2);

	int below = area_wrap(area_sub(a, 0, 0, a.rows, names), row, ROLE_PLAIN, l->name);
	int end = l->kind == DETAIL_BAR && l->whole > 0 ? draw_bar(rest, row, l) : area_wrap(rest, row, ROLE_TITLE, l->text);

	return end > below ? end : below;
}

static const struct {
	const char *mark;
	enum role role;
} marks[] = {
	[DETAIL_WARNING] = { "!", ROLE_WARNING },
	[DETAIL_GOOD] = { "\xe2\x9c\x93", ROLE_GOOD },
	[DETAIL_NOTE] = { "\xc2\xb7", ROLE_PLAIN },
	[DETAIL_VALUE] = { "", ROLE_PLAIN },
};

static int draw_marked(struct area a, int row, const struct detail_line *l, int names)
{
	int indent = l->name[0] != '\0' ? names + 2 : 2, below = row, end;

	area_text(a, row, 0, marks[l->kind].role, marks[l->kind].mark);
	if (l->name[0] != '\0')
		below = area_wrap(area_sub(a, 0, 2, a.rows, names - 2), row, ROLE_PLAIN, l->name);
	end = area_wrap(area_sub(a, 0, indent, a.rows, a.cols - indent), row, l->kind == DETAIL_VALUE ? ROLE_VALUE : ROLE_PLAIN,
			l->text);
	return end > below ? end : below;
}

static int draw_line(struct area a, int row, const struct detail_line *l, int names)
{
	switch (l->kind) {
	case DETAIL_FACT:
	case DETAIL_BAR:
		return draw_named(a, row, l, names);
	case DETAIL_TEXT:
		return area_wrap(a, row, ROLE_PLAIN, l->text);
	default:
		return draw_marked(a, row, l, names);
	}
}

/* Returns the row after it, one left blank. */
static int draw_section(struct area a, int row, const struct detail_section *s)
{
	struct area in = area_sub(a, 0, 2, a.rows, a.cols - 2);
	int names = name_width(s);

	area_fit(a, row, 0, a.cols, ROLE_HEAD, s->title);
	row++;
	for (size_t i = 0; i < s->n; i++)
		row = draw_line(in, row, &s->line[i], names);
	return row + 1;
}

static int height(int cols, const struct detail_section *s)
{
	return draw_section((struct area){ .g = NULL, .rows = 0, .cols = cols }, 0, s);
}

static void note_start(int starts[static DETAIL_SECTIONS], size_t i, int row)
{
	if (i < DETAIL_SECTIONS)
		starts[i] = row;
}

static int draw_one_column(struct area a, const struct detail *d, int starts[static DETAIL_SECTIONS])
{
	int row = 0;

	for (size_t i = 0; i < d->n; i++) {
		note_start(starts, i, row);
		row = draw_section(a, row, &d->section[i]);
	}
	return row;
}

/* The left column takes sections until it has half of all rows; wide ones come below both. */
static int draw_two_columns(struct area a, const struct detail *d, int starts[static DETAIL_SECTIONS])
{
	int cols = (a.cols - GAP) / 2, total = 0, row[2] = { 0, 0 }, below;

	for (size_t i = 0; i < d->n; i++)
		total += d->section[i].wide ? 0 : height(cols, &d->section[i]);
	for (size_t i = 0, at = 0; i < d->n; i++) {
		int tall = height(cols, &d->section[i]);

		if (d->section[i].wide)
			continue;
		if (at == 0 && row[0] > 0 && 2 * row[0] + tall > total)
			at = 1;
		note_start(starts, i, row[at]);
		row[at] = draw_section(area_sub(a, 0, (int)at * (cols + GAP), a.rows, cols), row[at], &d->section[i]);
	}
	below = row[0] > row[1] ? row[0] : row[1];
	for (size_t i = 0; i < d->n; i++) {
		if (!d->section[i].wide)
			continue;
		note_start(starts, i, below);
		below = draw_section(a, below, &d->section[i]);
	}
	return below;
}

int detail_draw(struct area a, const struct detail *d, int starts[static DETAIL_SECTIONS])
{
	int rows = a.cols >= TWO_COLUMNS ? draw_two_columns(a, d, starts) : draw_one_column(a, d, starts);

	if (d->failed) {
		area_wrap(a, rows, ROLE_WARNING, _("This computer has run out of memory: not all that is known stands here."));
		rows++;
	}
	return rows;
}
