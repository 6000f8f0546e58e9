/*
 * A screen that is one list (table.h) and nothing else: what keys, clicks and events do is the same on all of them, and stands
 * here. Such a screen's struct begins with a struct list_screen, its ops with LIST_SCREEN_OPS and, where it has none of its
 * own, list_words and list_event; its part are its columns, what Enter opens, and draw().
 */
#ifndef TUI_CONSOLE_LIST_SCREEN_H
#define TUI_CONSOLE_LIST_SCREEN_H

#include "tui/console/stock.h"
#include "tui/console/table.h"

struct list_screen;

/* All but table may be NULL. */
struct list_ops {
	const struct table_ops *table;   /* whose ctx is the list_screen */
	struct screen *(*open)(struct list_screen *l);                    /* of the row under the cursor */
	unsigned (*has)(const struct list_screen *l);                     /* besides what every list has */
	bool (*act)(struct list_screen *l, const struct binding *b);      /* keys that are not the table's; false: nor its own */
	void (*changed)(struct list_screen *l);                           /* the rows are others, or the fleet is */
	void (*moved)(struct list_screen *l);                             /* after that, and when the cursor may have moved */
};

struct list_screen {
	struct screen s;
	const struct list_ops *ops;
	struct table table;
	struct stocked rows;             /* where they are those of a listing; else empty */
};

#define LIST_SCREEN_OPS \
	.mode = MODE_LIST, .has = list_has, .act = list_act, .typing = list_typing, .type = list_type, .mouse = list_mouse
unsigned list_has(const struct screen *s);
const char *list_words(const struct screen *s, enum intent in);
void list_act(struct screen *s, const struct binding *b);
bool list_typing(const struct screen *s);
bool list_type(struct screen *s, uint32_t key);
bool list_mouse(struct screen *s, uint32_t key, struct zone z);
void list_event(struct screen *s, const struct job_event *e, unsigned changes);
void list_free(struct screen *s);        /* also of one that was not made to the end */

/* size bytes that begin with the list_screen, the rest zero. NULL: memory; then s_ops->free() was called. */
struct list_screen *list_new(size_t size, struct ui *ui, const struct screen_ops *s_ops, const struct list_ops *ops);
struct list_screen *listed_new(size_t size, struct ui *ui, const struct screen_ops *s_ops, const struct list_ops *ops,
			       enum listing_kind kind);
void list_refresh(struct list_screen *l);

/* For the table of a listing's rows; data of a column is the listing's. */
#define LISTED_ROWS .total = listed_total, .count = listed_count, .id = listed_id, .arrange = listed_arrange
size_t listed_total(const void *ctx);
size_t listed_count(const void *ctx);
int64_t listed_id(const void *ctx, size_t row);
bool listed_arrange(void *ctx, const char *filter, const struct table_column *by);
/* How many rows of the whole listing have a number below this in the column. */
size_t listed_below(const struct list_screen *l, unsigned column, uint32_t number);

const char *listed_text(const void *ctx, size_t row, unsigned column);
uint32_t listed_number(const void *ctx, size_t row, unsigned column);
/* Of columns: texts and numbers as they stand, labels of which there may be none, days, minutes, devices by their serials. */
void text_cell(const void *ctx, const struct table_column *c, size_t row, char out[static TABLE_CELL]);
void number_cell(const void *ctx, const struct table_column *c, size_t row, char out[static TABLE_CELL]);
void label_cell(const void *ctx, const struct table_column *c, size_t row, char out[static TABLE_CELL]);
void date_cell(const void *ctx, const struct table_column *c, size_t row, char out[static TABLE_CELL]);
void minute_cell(const void *ctx, const struct table_column *c, size_t row, char out[static TABLE_CELL]);
void device_cell(const void *ctx, const struct table_column *c, size_t row, char out[static TABLE_CELL]);

#endif
