/* How the fields of a page look. */
#include "tui/console/fields.h"

#include <stdio.h>

#include "engine/base/words.h"
#include "tui/console/lists.h"

#define DOT 0xb7
#define SO_PIN_DIGITS 16   /* smartcard-hsm.md: 8 bytes, typed as hexadecimal digits */
#define PIN_LEAST 6
#define LINE_LEAST 8       /* columns that a line of text keeps beside what is said of it */

/* By how many characters are missing: texts of their own, since a number has not the same form beside every word. */
static const char *const more_words[SO_PIN_DIGITS] = {
	"", N_("one more"), N_("two more"), N_("three more"), N_("four more"), N_("five more"), N_("six more"), N_("seven more"),
	N_("eight more"), N_("nine more"), N_("ten more"), N_("eleven more"), N_("twelve more"), N_("thirteen more"),
	N_("fourteen more"), N_("fifteen more"),
};
static const char *const more_at_least_words[PIN_LEAST] = {
	"", N_("one more at least"), N_("two more at least"), N_("three more at least"), N_("four more at least"),
	N_("five more at least"),
};

static size_t secret_characters(const struct secret *s)
{
	struct cur view = secret_view(s);
	size_t n = 0;

	for (size_t i = 0; i < view.n; i++)
		n += (view.p[i] & 0xc0) != 0x80;
	return n;
}

/* What stands in front of the field. */
static const char *field_words(const struct fields *fs, size_t i)
{
	const struct field *f = &fs->f[i];

	if (f->again)
		return _("Again");
	return f->q->ask == ASK_FILES && i > 0 && fs->f[i - 1].q == f->q ? "" : translated(f->q->words);
}

static int words_width(const struct fields *fs, int cols)
{
	int width = 0;

	for (size_t i = 0; i < fs->n; i++) {
		int w = field_is_list(&fs->f[i]) || fs->f[i].kind == FIELD_YES ? 0 : text_width(field_words(fs, i));

		if (w > width)
			width = w;
	}
	return width < cols / 2 ? width : cols / 2;
}

/* below: what follows the line, for words that it has no room for. Returns the rows that these took. */
static int draw_secret(const struct fields *fs, struct area line, struct area below, const struct field *f, bool now)
{
	const struct secret *s = field_secret(fs, f);
	size_t n = s != NULL ? secret_characters(s) : 0;
	size_t least = f->q->ask == ASK_SO_PIN ? SO_PIN_DIGITS : f->q->ask == ASK_PIN ? PIN_LEAST : 0;
	int wide = 16, dots = n < 16 ? (int)n : 16;
	const char *words;
	int col;

	area_fill(line, 0, 0, wide, now ? ROLE_FIELD_NOW : ROLE_FIELD, ' ');
	area_fill(line, 0, 0, dots, now ? ROLE_FIELD_NOW : ROLE_FIELD, DOT);
	col = area_print(line, 0, wide + 2, ROLE_PLAIN, "%zu", n);
	if (now)
		area_cursor(line, 0, dots < wide ? dots : wide - 1);
	if (n == 0 || n >= least)
		return 0;
	words = translated(least == PIN_LEAST ? more_at_least_words[least - n] : more_words[least - n]);
	if (col + 2 + text_width(words) > line.cols)
		return area_wrap(below, 0, ROLE_PLAIN, words);
	area_text(line, 0, col + 2, ROLE_PLAIN, words);
	return 0;
}

static int draw_list(const struct fields *fs, const struct field *f, struct area a, int row, int room, bool now, int *ret_focus)
{
	int rows = room < (int)f->choices.n ? room - 1 : (int)f->choices.n;   /* the last one says how many there are */
	size_t top;

	row = area_wrap(a, row, now ? ROLE_TITLE : ROLE_PLAIN, translated(f->q->words));
	if (f->fault.st != ST_OK)
		return area_wrap(area_sub(a, 0, 2, a.rows, a.cols - 2), row, ROLE_FAULT, f->fault.what);
	if (f->choices.n == 0)
		return area_wrap(area_sub(a, 0, 2, a.rows, a.cols - 2), row, ROLE_PLAIN, _("There is nothing to choose from."));
	if (rows < 3)
		rows = f->choices.n < 3 ? (int)f->choices.n : 3;
	top = list_top(f->at, f->choices.n, rows);
	for (int i = 0; i < rows; i++) {
		size_t one = top + (size_t)i;
		const char *mark = f->kind == FIELD_SOME ? f->marked[one] ? "[x]" : "[ ]" : f->at == one ? "(\xe2\x80\xa2)" : "( )";
		int col = area_text(a, row, 2, ROLE_PLAIN, mark) + 1, first = row;

		row = area_wrap(area_sub(a, 0, col, a.rows, a.cols - col - 1), row, ROLE_PLAIN, f->choices.c[one].words);
		row = row == first ? first + 1 : row;   /* also one without words */
		if (one == f->at && now) {
			area_text(a, first, 0, ROLE_PLAIN, "\xe2\x96\xb8");
			*ret_focus = row - 1;
		}
		for (int part = first; part < row; part++) {
			if (one == f->at && now)
				area_role(a, part, 0, a.cols, ROLE_CURSOR);
			area_zone(a, part, 0, a.cols, ZONE_ROW, (size_t)(f - fs->f), one);
		}
	}
	if (rows < (int)f->choices.n)
		area_print(a, row++, 2, ROLE_PLAIN, "%zu of %zu", f->at + 1, f->choices.n);
	return row;
}

static int draw_line_field(const struct fields *fs, struct area a, int row, size_t i, int words_cols, bool now)
{
	const struct field *f = &fs->f[i];
	const char *words = field_words(fs, i);
	int rows = wrap_rows(words, words_cols), last = row + (rows > 1 ? rows - 1 : 0);
	struct area line = area_sub(a, last, words_cols + 2, 1, a.cols - words_cols - 3);
	int wide = f->q->max > 0 && f->q->ask != ASK_FILES && (int)f->q->max + 1 < line.cols ? (int)f->q->max + 1 : line.cols;
	const char *empty = f->kind == FIELD_TEXT && f->edit->n == 0 && f->q->empty != NULL ? translated(f->q->empty) : "";
	int beside = empty[0] != '\0' ? line.cols - text_width(empty) - 2 : line.cols;
	bool below = beside < LINE_LEAST;
	char sentence[200];

	(void)area_wrap(area_sub(a, 0, 0, a.rows, words_cols), row, now ? ROLE_TITLE : ROLE_PLAIN, words);
	if (f->kind == FIELD_SECRET)
		last += draw_secret(fs, line, area_sub(a, last + 1, words_cols + 2, a.rows, a.cols - words_cols - 3), f, now);
	else
		edit_draw(area_sub(line, 0, 0, 1, wide > beside && !below ? beside : wide < 4 ? 4 : wide), f->edit, now);
	if (below)
		last = area_wrap(area_sub(a, 0, words_cols + 2, a.rows, a.cols - words_cols - 3), last + 1, ROLE_PLAIN, empty) - 1;
	else
		area_text(line, 0, (wide > beside ? beside : wide) + 2, ROLE_PLAIN, empty);
	if (f->q->ask != ASK_SENTENCE)
		return last + 1;
	(void)snprintf(sentence, sizeof(sentence), _("the words to type: %s"), translated(f->q->choices[0].words));
	return area_wrap(area_sub(a, 0, words_cols + 2, a.rows, a.cols - words_cols - 3), last + 1, ROLE_PLAIN, sentence);
}

static int draw_yes(const struct field *f, struct area a, int row, bool now)
{
	int col = area_text(a, row, 0, ROLE_PLAIN, f->yes ? "[x] " : "[ ] ");

	return area_wrap(area_sub(a, 0, col, a.rows, a.cols - col), row, now ? ROLE_CURSOR : ROLE_PLAIN,
			 translated(f->q->words));
}

/* What the procedure warns of, as the answer stands; under the last field of its question. */
static int draw_warnings(const struct fields *fs, struct area a, int row, size_t i)
{
	const struct field *f = &fs->f[i];
	PROSE p = { 0 };

	if (f->q->warn == NULL || (i + 1 < fs->n && fs->f[i + 1].q == f->q))
		return row;
	f->q->warn(fs->run, fs->index, &p);
	return p.n > 0 ? ui_prose(a, row, &p) + 1 : row;
}

/* A list below a line of its page: what comes after a list has a blank row before it anyway. */
static bool stands_apart(const struct fields *fs, size_t i)
{
	return i > 0 && field_is_list(&fs->f[i]) && !field_is_list(&fs->f[i - 1]);
}

/* Rows of a list, so that the other fields of the page are in sight, too: a heading and a blank row for each list. */
static int list_room(const struct fields *fs, int room, const struct fault *bad, int cols)
{
	int lists = 0, others = 0;

	for (size_t i = 0; i < fs->n; i++) {
		if (field_is_list(&fs->f[i]))
			lists++;
		else
			others++;
		others += stands_apart(fs, i);
	}
	if (bad != NULL)
		others += wrap_rows(bad->what, cols - 2) + 1;
	return lists > 0 ? (room - others) / lists - 2 : room;
}

int fields_draw(const struct fields *fs, struct area a, int row, int room, const struct fault *bad, int *ret_focus)
{
	int words_cols = words_width(fs, a.cols), blank = 0;

	room = list_room(fs, room, bad, a.cols);
	for (size_t i = 0; i < fs->n; i++) {
		const struct field *f = &fs->f[i];
		bool now = i == fs->at;
		int first = row += stands_apart(fs, i) && blank == 0;

		if (now)
			*ret_focus = row;
		blank = field_is_list(f);
		if (field_is_list(f))
			row = draw_list(fs, f, a, row, room, now, ret_focus) + 1;
		else if (f->kind == FIELD_YES)
			row = draw_yes(f, a, row, now);
		else
			row = draw_line_field(fs, a, row, i, words_cols, now);
		area_zone(a, first, 0, a.cols, ZONE_FIELD, 0, i);
		if (now && bad != NULL) {
			area_text(a, row, 0, ROLE_FAULT, "!");
			row = area_wrap(area_sub(a, 0, 2, a.rows, a.cols - 2), row, ROLE_FAULT, bad->what) + 1;
			*ret_focus = row - 2;   /* all of it is in sight, below its field */
			blank = 1;
		}
		first = row;
		row = draw_warnings(fs, a, row, i);
		blank = row > first ? 1 : blank;
	}
	return row - blank;   /* nobody scrolls for an empty row */
}
