/*
 * A list to work in, however long: cursor, pages, marks, order, filter, and how it is drawn. The rows stay with the
 * screen: the table asks for the words of those that are in sight, and for nothing else, so that 100,000 of them are as
 * quick as ten. A screen that is such a list and nothing else is made with list_screen.h.
 */
#ifndef TUI_CONSOLE_TABLE_H
#define TUI_CONSOLE_TABLE_H

#include "tui/console/edit.h"
#include "tui/console/ui.h"

#define TABLE_CELL 2000          /* bytes of a cell's words */
#define TABLE_COLUMNS_MAX 12
#define TABLE_HEAD SIZE_MAX      /* draw(): the column's head instead of a row */
#define LIST_REST 8              /* rows of a list screen that are no rows of the list */

/*
 * Widths in columns of the terminal. Every column gets its least, one whose least is 0 comes only where there is room for
 * all it wants; what is left goes to those that want more, from left to right. words or draw, not both.
 */
struct table_column {
	const char *title;       /* N_() */
	int least, wants;
	bool right;              /* numbers end at the right edge */
	bool name;               /* area_fit_name() */
	bool sorts, descending;  /* s comes by here, while the column is in sight */
	unsigned data;           /* for the screen: of what the column is made */
	const char *const *says; /* N_(), until NULL: our own words among the cell's, which are never cut; NULL: all is data */
	int (*most)(const void *ctx);   /* what it can make use of at most, now; NULL: as much as it wants */
	int beside;              /* columns for what stands beside those words: "12, " */
	/* Not yet made harmless: the grid does that. */
	void (*words)(const void *ctx, const struct table_column *c, size_t row, char out[static TABLE_CELL]);
	void (*draw)(struct area cell, const void *ctx, size_t row);
	enum role (*role)(const void *ctx, size_t row);   /* NULL: ROLE_PLAIN */
};

struct table_ops {
	const struct table_column *columns;
	size_t n_columns;        /* at most TABLE_COLUMNS_MAX */
	unsigned sort;           /* the column by which it is in order at first */
	size_t (*total)(const void *ctx);    /* rows without a filter */
	size_t (*count)(const void *ctx);    /* rows that fit the filter; a row is a number below this */
	/* Of the thing in the row, above 0: cursor and marks stay with it when rows come and go. NULL: nothing to mark. */
	int64_t (*id)(const void *ctx, size_t row);
	/* The rows anew: those that contain filter ("": all), in the order of this column. False: memory. */
	bool (*arrange)(void *ctx, const char *filter, const struct table_column *by);
	bool marks;              /* Space and * work; needs id */
	bool fixed;              /* no filter */
	unsigned wraps;          /* bits of columns whose words take as many lines as they need: for lists of few rows */
};

struct table {
	const struct table_ops *ops;
	void *ctx;
	size_t cursor;           /* a row; 0 where there is none */
	int64_t at;              /* ops->id() of it; 0 */
	unsigned sort;           /* a column */
	struct edit filter;
	bool filtering;          /* the filter has the keyboard */
	uint64_t *marked;        /* a bit for each id */
	size_t marked_words, n_marked;
};

/* Arranges the rows. ctx is the screen's own, and outlives the table. False: memory. */
bool table_init(struct table *t, const struct table_ops *ops, void *ctx);
void table_done(struct table *t);

/* After the rows may have changed: arranges them anew, and the cursor stays on its thing where that is still there. */
void table_refresh(struct table *t);

unsigned table_has(const struct table *t);                            /* enum need, but NEED_BACK, which is the screen's */
const char *table_words(const struct table *t, enum intent in);       /* of the footer; NULL: the binding's */
bool table_typing(const struct table *t);
bool table_type(struct table *t, uint32_t key);
/*
 * page: rows that PgUp and PgDn move by; cols: how wide it is drawn. False: the key was not the table's (IN_OPEN on a row,
 * IN_BACK with no filter).
 */
bool table_act(struct table *t, const struct binding *b, int page, int cols);
/* True: a row that was selected is to be opened. */
bool table_mouse(struct table *t, uint32_t key, struct zone z);

bool table_is_marked(const struct table *t, int64_t id);
/* What a procedure is to work on: the marked things by number, or else the one under the cursor. At most cap; how many. */
size_t table_chosen(const struct table *t, int64_t *out, size_t cap);

/* What a column gets where the list is cols wide; 0: it is left out. */
int table_width(const struct table *t, int cols, size_t column);

/* Head and rows, in all of a. */
void table_draw(const struct table *t, struct area a);
/* "60,000 in all", or with a filter "3 of 60,000", and "2 marked" before it. */
void table_count(const struct table *t, char *out, size_t cap);
/* "60,000" */
const char *number_words(char out[static 24], size_t n);

/*
 * A whole screen around a table: the head with title and count, a frame, and below it the filter while there is one, else
 * line ("": none). right: in the upper corner; "" for none.
 */
void list_screen_draw(const struct screen *s, struct area a, const char *title, const char *right, const struct table *t,
		      const char *empty, enum role line_role, const char *line);

#endif
