/*
 * The picture that screens draw: a grid of cells, row 0 at the top. Text that is drawn is made harmless here
 * (engine/base/text.h), whatever its origin, and clipped to its area. How wide a character is does not depend on the
 * locale. One file puts a grid on the terminal; grid_dump() writes it down for tests.
 */
#ifndef TUI_CONSOLE_GRID_H
#define TUI_CONSOLE_GRID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/*
 * name, attributes on any terminal, colour where there is one. Code names roles; nothing is said by colour alone. What stands
 * everywhere, frames and keys, has none: each change of colour costs ten bytes, and a serial line has a thousand a second.
 */
#define ROLE_LIST(X) \
	X(PLAIN, 0, NONE) \
	X(DIM, ATTR_DIM, NONE) \
	X(BORDER, 0, NONE) \
	X(TITLE, ATTR_BOLD, NONE) \
	X(HEAD, ATTR_UNDERLINE, NONE) \
	X(CURSOR, ATTR_REVERSE, NONE) \
	X(CURSOR_AWAY, ATTR_BOLD, NONE) \
	X(KEY, ATTR_BOLD, NONE) \
	X(WARNING, ATTR_BOLD, YELLOW) \
	X(FAULT, ATTR_BOLD, RED) \
	X(GOOD, 0, GREEN) \
	X(VALUE, ATTR_BOLD, GREEN) \
	X(FIELD, ATTR_UNDERLINE, NONE) \
	X(FIELD_NOW, ATTR_UNDERLINE | ATTR_BOLD, NONE) \
	X(MARK, ATTR_BOLD | ATTR_REVERSE, MAGENTA) \
	X(PAPER, ATTR_REVERSE, PAPER) \
	X(INK, 0, INK)

#define ATTR_BOLD 1u
#define ATTR_UNDERLINE 2u
#define ATTR_REVERSE 4u
#define ATTR_DIM 8u

enum role {
#define X(name, attrs, colour) ROLE_##name,
	ROLE_LIST(X)
#undef X
	ROLE_COUNT
};

/* PAPER is black on white, in place of the reverse; INK black on black, always blank: for what a camera reads,
 * on any background. */
enum colour {
	COLOUR_NONE, COLOUR_RED, COLOUR_GREEN, COLOUR_YELLOW, COLOUR_BLUE, COLOUR_MAGENTA, COLOUR_CYAN, COLOUR_PAPER, COLOUR_INK,
};

unsigned role_attrs(enum role r);
enum colour role_colour(enum role r);

/*
 * What a cell stands for, to somebody who clicks on it. It is set after the text, as a role is, and whatever is drawn over it
 * later takes it away: so what is hit is what is seen.
 */
enum zone_kind {
	ZONE_NONE,
	ZONE_KEY,      /* n: a row of bindings[] */
	ZONE_ROW,      /* n: a row of the screen's list of this number */
	ZONE_FIELD,    /* n: a field of the page */
};

struct zone {
	uint32_t n;
	uint16_t list;
	uint8_t kind;
};

#define CELL_CODES 3   /* a base and up to two combining characters; more are left out */

struct cell {
	uint32_t cp[CELL_CODES];   /* cp[0] is 0 in the right half of a wide character */
	uint8_t width;             /* 1 or 2; 0 in the right half */
	uint8_t role;
	struct zone zone;
};

struct grid {
	int rows, cols;
	struct cell *cells;        /* rows * cols */
	int cursor_row, cursor_col;   /* where the terminal's cursor stands; row -1: hidden */
};

struct grid *grid_new(int rows, int cols);   /* blank; NULL: memory, or a size below 1 */
void grid_free(struct grid *g);
void grid_clear(struct grid *g);
static inline struct cell *grid_at(const struct grid *g, int row, int col)
{
	return &g->cells[row * g->cols + col];
}

/* A rectangle of a grid: what is drawn outside of it is not drawn. Rows and columns count from its corner. */
struct area {
	struct grid *g;
	int row, col, rows, cols;
};

struct area area_of(struct grid *g);
struct area area_sub(struct area a, int row, int col, int rows, int cols);   /* clipped to a; below it no rows, as wide */

/* Columns that text takes as it is drawn here: cleaned on the way. */
int text_width(const char *text);

/* Returns the column after the text, also where that was clipped. */
int area_text(struct area a, int row, int col, enum role role, const char *text);
int area_print(struct area a, int row, int col, enum role role, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/* At most width columns: what is longer ends in an ellipsis. Returns the column after it. */
int area_fit(struct area a, int row, int col, int width, enum role role, const char *text);
/* The same for names, of which the end tells those of a series apart: the ellipsis stands before the last third. */
int area_fit_name(struct area a, int row, int col, int width, enum role role, const char *name);
void area_right(struct area a, int row, enum role role, const char *text);   /* ends at the area's right edge */
void area_fill(struct area a, int row, int col, int width, enum role role, uint32_t cp);
void area_role(struct area a, int row, int col, int width, enum role role);   /* changes the role, keeps the text */
void area_cursor(struct area a, int row, int col);   /* the terminal's cursor; outside of the area: hidden */

void area_zone(struct area a, int row, int col, int width, enum zone_kind kind, size_t list, size_t n);
struct zone grid_zone(const struct grid *g, int row, int col);   /* ZONE_NONE also outside of it */

/* A frame with a title in its upper edge (may be NULL); what is inside comes back. */
struct area area_box(struct area a, enum role title_role, const char *title);
/* A line across the frame a, joined to both edges, with a title (may be NULL). */
void area_rule(struct area a, int row, const char *title);
/* A line down the frame a, joined to the upper and the lower edge. */
void area_divide(struct area a, int col);

/* Copies rows of from, beginning with its row top, into a. A cursor that is copied along is set. */
void area_blit(struct area a, const struct grid *from, int top);

/*
 * One line of text at most width columns wide, broken at a space where there is one, else inside the word; a newline
 * always breaks. *io_text moves on to the next line; false where nothing is left.
 */
bool wrap_next(const char **io_text, int width, const char **ret_line, size_t *ret_len);
int wrap_rows(const char *text, int width);
/* Draws text wrapped to the area's width from row on, and returns the row after it. */
int area_wrap(struct area a, int row, enum role role, const char *text);

/*
 * What a terminal without these characters shows instead, cell for cell: box lines, marks and dots have their likeness,
 * anything else becomes a question mark.
 */
enum repertoire { REPERTOIRE_UNICODE, REPERTOIRE_CP437, REPERTOIRE_ASCII };

/*
 * In front of a heading by which a list is in order, and blank where the arrow after it can be shown; without one the heading
 * stands in parentheses. For private use in Unicode, and so in nothing that comes from outside (text.h).
 */
#define GLYPH_SORTED 0xe000

uint32_t glyph_in(enum repertoire r, uint32_t cp);

/* Text, then one attribute digit (sum of ATTR_*, '.' for none) for each cell; trailing blanks are left out. */
void grid_dump(const struct grid *g, enum repertoire r, FILE *out);

#endif
