/* How a table looks, and the screen around one. */
#include <stdio.h>
#include <string.h>

#include "engine/base/words.h"
#include "tui/console/lists.h"
#include "tui/console/table.h"

#define CURSOR_MARK "\xe2\x96\xb8"
#define CHECK_MARK "\xe2\x9c\x93"
#define GAP 2
#define DATA_LEAST 8
#define NAME_MOST 64
#define BAR_MOST 46   /* columns of the terminal that the cursor takes */
#define LINE_ROWS 5   /* what a sentence below the list may take */
#define LEFT 1   /* of the first column, without marks */

const char *number_words(char out[static 24], size_t n)
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%zu", n);
	char *p = out;

	for (int i = 0; i < len && p - out < 22; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			*p++ = ',';
		*p++ = digits[i];
	}
	*p = '\0';
	return out;
}

void table_count(const struct table *t, char *out, size_t cap)
{
	char shown[24], total[24], marked[24];
	size_t n = t->ops->count(t->ctx), all = t->ops->total(t->ctx);
	bool part = t->filter.n > 0 || n != all;

	(void)number_words(shown, n);
	(void)number_words(total, all);
	(void)number_words(marked, t->n_marked);
	if (t->n_marked > 0 && part)
		(void)snprintf(out, cap, _("%s marked, %s of %s"), marked, shown, total);
	else if (t->n_marked > 0)
		(void)snprintf(out, cap, _("%s marked of %s"), marked, total);
	else if (part)
		(void)snprintf(out, cap, _("%s of %s"), shown, total);
	else
		(void)snprintf(out, cap, _("%s in all"), total);
}

/* What the column needs for its title and its own words in the language of the process. */
static int needs(const struct table_column *c)
{
	int need = text_width(translated(c->title));

	for (const char *const *say = c->says; say != NULL && *say != NULL; say++) {
		int one = text_width(translated(*say)) + c->beside;

		need = one > need ? one : need;
	}
	return need;
}

static int least_of(const struct table_column *c)
{
	int need = needs(c);

	return c->least == 0 ? 0 : c->least > need ? c->least : need;
}

/* Where the words of a language take more than there is, data is cut: down to what it needs, from left to right. */
static void shrink(const struct table_ops *ops, int room, int w[static TABLE_COLUMNS_MAX])
{
	for (size_t i = 0; i < ops->n_columns && room < 0; i++) {
		int need = needs(&ops->columns[i]), least = need > DATA_LEAST ? need : DATA_LEAST;
		int less = ops->columns[i].says != NULL || w[i] < least ? 0 : w[i] - least;

		less = less < -room ? less : -room;
		w[i] -= less;
		room += less;
	}
}

static int at_most(const struct table *t, const struct table_column *c, int width)
{
	int most = c->most != NULL ? c->most(t->ctx) : width;

	return width < most ? width : most;
}

/* What each column gets of room; 0: left out. */
static void widths(const struct table *t, int room, int w[static TABLE_COLUMNS_MAX])
{
	const struct table_ops *ops = t->ops;

	for (size_t i = 0; i < ops->n_columns; i++) {
		w[i] = at_most(t, &ops->columns[i], least_of(&ops->columns[i]));
		room -= w[i] > 0 ? w[i] + GAP : 0;
	}
	shrink(ops, room, w);
	for (size_t i = 0; i < ops->n_columns && room > 0; i++) {
		const struct table_column *c = &ops->columns[i];
		int wants = at_most(t, c, c->wants > needs(c) ? c->wants : needs(c));

		if (w[i] == 0 && wants + GAP <= room) {
			w[i] = wants;
			room -= wants + GAP;
		} else if (w[i] > 0 && w[i] < wants) {
			int more = wants - w[i] < room ? wants - w[i] : room;

			w[i] += more;
			room -= more;
		}
	}
	for (size_t i = 0; i < ops->n_columns && room > 0; i++) {   /* what nobody else wants */
		int more = ops->columns[i].name && w[i] > 0 && w[i] < NAME_MOST ? NAME_MOST - w[i] : 0;

		more = more < room ? more : room;
		w[i] += more;
		room -= more;
	}
}

static void draw_head(const struct table *t, struct area line, int left, const int w[static TABLE_COLUMNS_MAX])
{
	int col = left;

	for (size_t i = 0; i < t->ops->n_columns; i++) {
		const struct table_column *c = &t->ops->columns[i];
		const char *title = translated(c->title);
		struct area cell = area_sub(line, 0, col, 1, w[i]);
		int from = c->right ? w[i] - text_width(title) : 0, end;

		if (w[i] == 0)
			continue;
		if (c->draw != NULL)
			c->draw(cell, t->ctx, TABLE_HEAD);
		end = area_text(cell, 0, from, ROLE_HEAD, title);
		if (t->sort == i && c->sorts)
			draw_sorted(line, col + from, col + end);
		col += w[i] + GAP;
	}
}

static bool wraps(const struct table *t, size_t column)
{
	return t->ops->wraps >> column & 1;
}

/* Lines that the row takes. */
static int height(const struct table *t, const int w[static TABLE_COLUMNS_MAX], size_t row)
{
	int most = 1;

	for (size_t i = 0; t->ops->wraps != 0 && i < t->ops->n_columns; i++) {
		char words[TABLE_CELL] = "";
		int rows;

		if (!wraps(t, i) || w[i] == 0)
			continue;
		t->ops->columns[i].words(t->ctx, &t->ops->columns[i], row, words);
		rows = wrap_rows(words, w[i]);
		most = rows > most ? rows : most;
	}
	return most;
}

/* The first row shown: where they are of different heights so that the last line of the cursor's is in sight. */
static size_t top_of(const struct table *t, const int w[static TABLE_COLUMNS_MAX], int rows)
{
	size_t top = t->cursor;

	if (t->ops->wraps == 0)
		return list_top(t->cursor, t->ops->count(t->ctx), rows);
	for (rows -= height(t, w, top); top > 0; top--) {
		rows -= height(t, w, top - 1);
		if (rows < 0)
			break;
	}
	return top;
}

static void draw_row(const struct table *t, struct area line, int left, const int w[static TABLE_COLUMNS_MAX], size_t row)
{
	int col = left;

	for (size_t i = 0; i < t->ops->n_columns; i++) {
		const struct table_column *c = &t->ops->columns[i];
		enum role role = c->role != NULL ? c->role(t->ctx, row) : ROLE_PLAIN;
		struct area cell = area_sub(line, 0, col, line.rows, w[i]);
		char words[TABLE_CELL] = "";

		if (w[i] == 0)
			continue;
		if (c->draw != NULL)
			c->draw(cell, t->ctx, row);
		else
			c->words(t->ctx, c, row, words);
		if (wraps(t, i))
			(void)area_wrap(cell, 0, role, words);
		else if (c->right && text_width(words) < w[i])
			area_right(cell, 0, role, words);
		else if (c->name)
			area_fit_name(cell, 0, 0, w[i], role, words);
		else
			area_fit(cell, 0, 0, w[i], role, words);
		col += w[i] + GAP;
	}
}

static int left_of(const struct table *t)
{
	return LEFT + (t->ops->marks ? 2 : 0);
}

/* One column of the terminal stays free at the right. */
static int room_of(const struct table *t, int cols)
{
	return cols - left_of(t) + GAP - 1;
}

int table_width(const struct table *t, int cols, size_t column)
{
	int w[TABLE_COLUMNS_MAX];

	widths(t, room_of(t, cols), w);
	return w[column];
}

/*
 * How wide the cursor is: whole columns of the row, and no more than that. A row that is reversed from edge to edge costs its
 * text twice with each step of the cursor, which a serial line is slow with.
 */
static int bar(const struct table *t, int left, const int *w, int cols)
{
	int width = left;

	for (size_t i = 0; i < t->ops->n_columns && (i == 0 || width + w[i] <= BAR_MOST); i++)
		width += w[i] > 0 ? w[i] + GAP : 0;
	width -= GAP - 1;
	return width < cols ? width : cols;
}

static void draw_cursor(const struct table *t, struct area line, int left, const int w[static TABLE_COLUMNS_MAX])
{
	area_text(line, 0, 0, ROLE_PLAIN, CURSOR_MARK);
	for (int i = 0; i < line.rows; i++)
		area_role(line, i, 0, bar(t, left, w, line.cols), ROLE_CURSOR);
}

void table_draw(const struct table *t, struct area a)
{
	struct area body = area_sub(a, 1, 0, a.rows - 1, a.cols);
	size_t n = t->ops->count(t->ctx);
	int left = left_of(t), w[TABLE_COLUMNS_MAX], at = 0;

	widths(t, room_of(t, a.cols), w);
	draw_head(t, area_sub(a, 0, 0, 1, a.cols), left, w);
	for (size_t row = n > 0 ? top_of(t, w, body.rows) : 0; row < n && at < body.rows; row++) {
		int rows = height(t, w, row);
		struct area line = area_sub(body, at, 0, rows, body.cols);

		if (rows > line.rows && at > 0)
			break;   /* a row is shown whole, or later */
		draw_row(t, line, left, w, row);
		if (t->ops->marks && table_is_marked(t, t->ops->id(t->ctx, row)))
			area_text(line, 0, 1, ROLE_KEY, CHECK_MARK);
		if (row == t->cursor)
			draw_cursor(t, line, left, w);
		for (int i = 0; i < line.rows; i++)
			area_zone(line, i, 0, line.cols, ZONE_ROW, 0, row);
		at += line.rows;
	}
}

static void draw_line(const struct table *t, struct area foot, enum role role, const char *line)
{
	int col;

	if (!t->filtering && t->filter.n == 0) {
		(void)area_wrap(area_sub(foot, 0, 1, foot.rows, foot.cols - 2), 0, role, line);
		return;
	}
	col = area_text(foot, 0, 1, ROLE_TITLE, _("Filter:")) + 1;
	edit_draw(area_sub(foot, 0, col, 1, foot.cols - col - 1), &t->filter, t->filtering);
}

void list_screen_draw(const struct screen *s, struct area a, const char *title, const char *right, const struct table *t,
		      const char *empty, enum role line_role, const char *line)
{
	char count[200];
	struct area body, box, in;
	int foot = t->filtering || t->filter.n > 0 ? 1 : wrap_rows(line, a.cols - 2);

	foot = foot < 1 ? 1 : foot < LINE_ROWS ? foot : LINE_ROWS;
	table_count(t, count, sizeof(count));
	body = ui_head(s, a, "Keyroom", count, right);
	box = area_sub(body, 0, 0, body.rows - foot, body.cols);
	in = area_box(box, ROLE_TITLE, title);
	if (t->ops->count(t->ctx) > 0)
		table_draw(t, in);
	else
		area_wrap(area_sub(in, 1, 1, in.rows - 1, in.cols - 2), 0, ROLE_PLAIN,
			  t->filter.n > 0 ? _("Nothing fits the filter.") : empty);
	draw_line(t, area_sub(body, body.rows - foot, 0, foot, body.cols), line_role, line);
}
