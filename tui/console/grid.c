#include "tui/console/grid.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"
#include "engine/base/width.h"
#include "engine/base/words.h"

static const struct {
	unsigned attrs;
	enum colour colour;
} roles[ROLE_COUNT] = {
#define X(name, attrs, colour) [ROLE_##name] = { attrs, COLOUR_##colour },
	ROLE_LIST(X)
#undef X
};

unsigned role_attrs(enum role r)
{
	return roles[r].attrs;
}

enum colour role_colour(enum role r)
{
	return roles[r].colour;
}

struct grid *grid_new(int rows, int cols)
{
	struct grid *g;

	if (rows < 1 || cols < 1 || rows > 10000 || cols > 10000 || (g = calloc(1, sizeof(*g))) == NULL)
		return NULL;
	g->rows = rows;
	g->cols = cols;
	g->cells = calloc((size_t)rows * (size_t)cols, sizeof(*g->cells));
	if (g->cells == NULL) {
		free(g);
		return NULL;
	}
	grid_clear(g);
	return g;
}

void grid_free(struct grid *g)
{
	if (g == NULL)
		return;
	free(g->cells);
	free(g);
}

static void cell_set(struct cell *c, uint32_t cp, int width, enum role role)
{
	*c = (struct cell){ .cp = { cp }, .width = (uint8_t)width, .role = (uint8_t)role };
}

void grid_clear(struct grid *g)
{
	for (int i = 0; i < g->rows * g->cols; i++)
		cell_set(&g->cells[i], ' ', 1, ROLE_PLAIN);
	g->cursor_row = g->cursor_col = -1;
}

struct area area_of(struct grid *g)
{
	return (struct area){ g, 0, 0, g->rows, g->cols };
}

struct area area_sub(struct area a, int row, int col, int rows, int cols)
{
	struct area s = { a.g, a.row + row, a.col + col, rows, cols };

	if (rows > a.rows - row)
		s.rows = a.rows - row;
	if (cols > a.cols - col)
		s.cols = a.cols - col;
	if (s.rows < 0)
		s.rows = 0;
	if (s.cols < 0)
		s.cols = 0;
	if (row < 0 || col < 0)
		s.rows = s.cols = 0;
	return s;
}

static bool inside(struct area a, int row, int col)
{
	return row >= 0 && row < a.rows && col >= 0 && col < a.cols;
}

static struct cell *at(struct area a, int row, int col)
{
	return grid_at(a.g, a.row + row, a.col + col);
}

/* A cell that becomes something else leaves no half of a wide character beside it, also beyond the area's edge. */
static void unpair(struct area a, int row, int col)
{
	struct cell *c = at(a, row, col);

	if (c->width == 2 && a.col + col + 1 < a.g->cols)
		cell_set(c + 1, ' ', 1, c[1].role);
	if (c->width == 0 && a.col + col > 0)
		cell_set(c - 1, ' ', 1, c[-1].role);
}

static void put(struct area a, int row, int col, enum role role, uint32_t cp, int width)
{
	if (!inside(a, row, col))
		return;
	if (width == 2 && !inside(a, row, col + 1))
		cp = ' ', width = 1;
	unpair(a, row, col);
	if (width == 2)
		unpair(a, row, col + 1);
	cell_set(at(a, row, col), cp, width, role);
	if (width == 2)
		cell_set(at(a, row, col + 1), 0, 0, role);
}

static void combine(struct area a, int row, int col, uint32_t cp)
{
	struct cell *c;

	if (!inside(a, row, col))
		return;
	c = at(a, row, col);
	if (c->width == 0 && col > 0)
		c--;
	for (int i = 1; i < CELL_CODES; i++) {
		if (c->cp[i] == 0) {
			c->cp[i] = cp;
			return;
		}
	}
}

/* The next character of text, made harmless; 0 at the end. */
static size_t next_clean(const char *text, size_t n, uint32_t *ret_cp)
{
	char clean[8];
	size_t len = text_decode(text, n, ret_cp);

	if (len > 0 && *ret_cp >= 0x7f) {
		text_clean(clean, sizeof(clean), text, len);
		(void)text_decode(clean, strlen(clean), ret_cp);
	} else if (len > 0 && *ret_cp < 0x20) {
		*ret_cp = 0xfffd;
	}
	return len;
}

static int text_put(struct area a, int row, int col, enum role role, const char *text, size_t n)
{
	int start = col;
	uint32_t cp;
	size_t len;

	for (; (len = next_clean(text, n, &cp)) > 0; text += len, n -= len) {
		int w = width_of(cp);

		if (w == 0 && col > start) {
			combine(a, row, col - 1, cp);
			continue;
		}
		if (w == 0)
			cp = 0xfffd, w = 1;   /* a combining character with nothing to stand on */
		put(a, row, col, role, cp, w);
		col += w;
	}
	return col;
}

static int width_n(const char *text, size_t n)
{
	int w = 0;
	uint32_t cp;
	size_t len;

	for (; (len = next_clean(text, n, &cp)) > 0; text += len, n -= len) {
		int one = width_of(cp);

		w += one == 0 && w == 0 ? 1 : one;
	}
	return w;
}

int text_width(const char *text)
{
	return width_n(text, strlen(text));
}

int area_text(struct area a, int row, int col, enum role role, const char *text)
{
	return text_put(a, row, col, role, text, strlen(text));
}

int area_print(struct area a, int row, int col, enum role role, const char *fmt, ...)
{
	char line[1024];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(line, sizeof(line), translated(fmt), ap);
	va_end(ap);
	return area_text(a, row, col, role, line);
}

int area_fit(struct area a, int row, int col, int width, enum role role, const char *text)
{
	size_t n = strlen(text), len, fits = 0;
	uint32_t cp;

	if (width < 1)
		return col;
	if (width_n(text, n) <= width)
		return text_put(a, row, col, role, text, n);
	while ((len = text_decode(text + fits, n - fits, &cp)) > 0 && width_n(text, fits + len) <= width - 1)
		fits += len;
	col = text_put(a, row, col, role, text, fits);
	put(a, row, col, role, 0x2026, 1);
	return col + 1;
}

int area_fit_name(struct area a, int row, int col, int width, enum role role, const char *name)
{
	const int tail = width / 3;
	const char *end = name;
	uint32_t cp;
	size_t len;

	if (tail < 2 || text_width(name) <= width)
		return area_fit(a, row, col, width, role, name);
	while (text_width(end) > tail)
		end += text_decode(end, strlen(end), &cp);
	while ((len = text_decode(end, strlen(end), &cp)) > 0 && width_of(cp) == 0)
		end += len;   /* that one belonged to what is left out */
	col = area_fit(a, row, col, width - text_width(end), role, name);
	return area_text(a, row, col, role, end);
}

void area_right(struct area a, int row, enum role role, const char *text)
{
	int w = text_width(text);

	area_text(a, row, w < a.cols ? a.cols - w : 0, role, text);
}

void area_fill(struct area a, int row, int col, int width, enum role role, uint32_t cp)
{
	for (int i = 0; i < width; i++)
		put(a, row, col + i, role, cp, 1);
}

void area_role(struct area a, int row, int col, int width, enum role role)
{
	for (int i = 0; i < width; i++) {
		if (inside(a, row, col + i))
			at(a, row, col + i)->role = (uint8_t)role;
	}
}

void area_zone(struct area a, int row, int col, int width, enum zone_kind kind, size_t list, size_t n)
{
	for (int i = 0; i < width; i++) {
		if (inside(a, row, col + i))
			at(a, row, col + i)->zone = (struct zone){ (uint32_t)n, (uint16_t)list, (uint8_t)kind };
	}
}

struct zone grid_zone(const struct grid *g, int row, int col)
{
	if (row < 0 || col < 0 || row >= g->rows || col >= g->cols)
		return (struct zone){ 0 };
	return grid_at(g, row, col)->zone;
}

void area_cursor(struct area a, int row, int col)
{
	bool in = inside(a, row, col);

	a.g->cursor_row = in ? a.row + row : -1;
	a.g->cursor_col = in ? a.col + col : -1;
}

struct area area_box(struct area a, enum role title_role, const char *title)
{
	int b = a.rows - 1, r = a.cols - 1;

	area_fill(a, 0, 0, a.cols, ROLE_BORDER, 0x2500);
	area_fill(a, b, 0, a.cols, ROLE_BORDER, 0x2500);
	for (int i = 1; i < b; i++) {
		put(a, i, 0, ROLE_BORDER, 0x2502, 1);
		put(a, i, r, ROLE_BORDER, 0x2502, 1);
	}
	put(a, 0, 0, ROLE_BORDER, 0x250c, 1);
	put(a, 0, r, ROLE_BORDER, 0x2510, 1);
	put(a, b, 0, ROLE_BORDER, 0x2514, 1);
	put(a, b, r, ROLE_BORDER, 0x2518, 1);
	if (title != NULL && a.cols > 6) {
		int end = area_fit(a, 0, 2, a.cols - 5, title_role, title);

		put(a, 0, 1, ROLE_BORDER, ' ', 1);
		put(a, 0, end, ROLE_BORDER, ' ', 1);
	}
	return area_sub(a, 1, 1, a.rows - 2, a.cols - 2);
}

void area_rule(struct area a, int row, const char *title)
{
	area_fill(a, row, 0, a.cols, ROLE_BORDER, 0x2500);
	put(a, row, 0, ROLE_BORDER, 0x251c, 1);
	put(a, row, a.cols - 1, ROLE_BORDER, 0x2524, 1);
	if (title != NULL && a.cols > 6) {
		int end = area_fit(a, row, 2, a.cols - 5, ROLE_TITLE, title);

		put(a, row, 1, ROLE_BORDER, ' ', 1);
		put(a, row, end, ROLE_BORDER, ' ', 1);
	}
}

void area_divide(struct area a, int col)
{
	for (int i = 1; i < a.rows - 1; i++)
		put(a, i, col, ROLE_BORDER, 0x2502, 1);
	put(a, 0, col, ROLE_BORDER, 0x252c, 1);
	put(a, a.rows - 1, col, ROLE_BORDER, 0x2534, 1);
}

void area_blit(struct area a, const struct grid *from, int top)
{
	for (int r = 0; r < a.rows && top + r < from->rows; r++) {
		for (int c = 0; c < a.cols && c < from->cols && top + r >= 0; c++)
			*at(a, r, c) = *grid_at(from, top + r, c);
	}
	if (from->cursor_row >= 0)
		area_cursor(a, from->cursor_row - top, from->cursor_col);
}

bool wrap_next(const char **io_text, int width, const char **ret_line, size_t *ret_len)
{
	const char *text = *io_text;
	size_t n = strlen(text), used = 0, space = 0, len;
	uint32_t cp;
	int w = 0;

	if (n == 0)
		return false;
	while (used < n && text[used] != '\n') {
		len = next_clean(text + used, n - used, &cp);
		if (text[used] == ' ')
			space = used;
		w += width_of(cp);
		if (w > width && used > 0)
			break;
		used += len;
	}
	*ret_line = text;
	*ret_len = used;
	if (used < n && text[used] != '\n' && space > 0)
		*ret_len = used = space;
	while (text[used] == ' ')
		used++;
	if (text[used] == '\n')
		used++;
	*io_text = text + used;
	return true;
}

int wrap_rows(const char *text, int width)
{
	const char *line;
	size_t len;
	int rows = 0;

	while (wrap_next(&text, width, &line, &len))
		rows++;
	return rows;
}

int area_wrap(struct area a, int row, enum role role, const char *text)
{
	const char *line;
	size_t len;

	while (wrap_next(&text, a.cols, &line, &len))
		text_put(a, row++, 0, role, line, len);
	return row;
}
