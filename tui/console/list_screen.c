#include "tui/console/list_screen.h"

#include <stdio.h>
#include <stdlib.h>

#include "engine/base/words.h"

static struct list_screen *self(struct screen *s)
{
	return (struct list_screen *)s;
}

static const struct list_screen *peek(const struct screen *s)
{
	return (const struct list_screen *)s;
}

static void moved(struct list_screen *l)
{
	if (l->ops->moved != NULL)
		l->ops->moved(l);
}

static void changed(struct list_screen *l)
{
	if (l->ops->changed != NULL)
		l->ops->changed(l);
	moved(l);
}

void list_refresh(struct list_screen *l)
{
	table_refresh(&l->table);
	changed(l);
}

unsigned list_has(const struct screen *s)
{
	const struct list_screen *l = peek(s);

	return table_has(&l->table) | NEED_BACK | (l->ops->has != NULL ? l->ops->has(l) : 0u);
}

const char *list_words(const struct screen *s, enum intent in)
{
	return table_words(&peek(s)->table, in);
}

static void open_it(struct list_screen *l)
{
	if (l->ops->open != NULL)
		ui_push(l->s.ui, l->ops->open(l));
}

void list_act(struct screen *s, const struct binding *b)
{
	struct list_screen *l = self(s);

	if (table_act(&l->table, b, s->ui->rows - LIST_REST, s->ui->cols - 2))
		moved(l);
	else if (l->ops->act != NULL && l->ops->act(l, b))
		return;
	else if (b->in == IN_OPEN)
		open_it(l);
	else if (b->in == IN_REDRAW)
		fleet_reload(s->ui->fleet);
	else if (b->in == IN_BACK)
		ui_pop(s->ui);
}

bool list_typing(const struct screen *s)
{
	return table_typing(&peek(s)->table);
}

bool list_type(struct screen *s, uint32_t key)
{
	bool taken = table_type(&self(s)->table, key);

	moved(self(s));
	return taken;
}

bool list_mouse(struct screen *s, uint32_t key, struct zone z)
{
	bool open = table_mouse(&self(s)->table, key, z);

	moved(self(s));
	if (open)
		open_it(self(s));
	return open;
}

void list_event(struct screen *s, const struct job_event *e, unsigned changes)
{
	struct list_screen *l = self(s);

	(void)e;
	if (l->rows.stock != NULL && stocked_is_old(&l->rows))
		list_refresh(l);
	else if (changes != 0)
		changed(l);
}

void list_free(struct screen *s)
{
	table_done(&self(s)->table);
	stocked_done(&self(s)->rows);
	free(s);
}

static struct list_screen *begun(struct list_screen *l, struct ui *ui, const struct screen_ops *s_ops, const struct list_ops *ops)
{
	l->s = (struct screen){ s_ops, ui };
	l->ops = ops;
	if (!table_init(&l->table, ops->table, l)) {
		s_ops->free(&l->s);
		return NULL;
	}
	changed(l);
	return l;
}

struct list_screen *list_new(size_t size, struct ui *ui, const struct screen_ops *s_ops, const struct list_ops *ops)
{
	struct list_screen *l = calloc(1, size);

	return l != NULL ? begun(l, ui, s_ops, ops) : NULL;
}

struct list_screen *listed_new(size_t size, struct ui *ui, const struct screen_ops *s_ops, const struct list_ops *ops,
			       enum listing_kind kind)
{
	struct list_screen *l = calloc(1, size);

	if (l == NULL)
		return NULL;
	stocked_init(&l->rows, ui, kind);
	return begun(l, ui, s_ops, ops);
}

/* --- rows of a listing --- */

size_t listed_total(const void *ctx)
{
	return stocked_total(&((const struct list_screen *)ctx)->rows);
}

size_t listed_count(const void *ctx)
{
	return ((const struct list_screen *)ctx)->rows.n;
}

int64_t listed_id(const void *ctx, size_t row)
{
	return stocked_id(&((const struct list_screen *)ctx)->rows, row);
}

bool listed_arrange(void *ctx, const char *filter, const struct table_column *by)
{
	return stocked_arrange(&((struct list_screen *)ctx)->rows, filter, by->data, by->descending);
}

size_t listed_below(const struct list_screen *l, unsigned column, uint32_t number)
{
	const struct listing *all = stocked_listing(&l->rows);
	size_t n = 0;

	for (size_t i = 0; all != NULL && i < listing_rows(all); i++)
		n += listing_number(all, i, column) < number;
	return n;
}

const char *listed_text(const void *ctx, size_t row, unsigned column)
{
	const struct list_screen *l = ctx;

	return listing_text(stocked_listing(&l->rows), l->rows.row[row], column);
}

uint32_t listed_number(const void *ctx, size_t row, unsigned column)
{
	const struct list_screen *l = ctx;

	return listing_number(stocked_listing(&l->rows), l->rows.row[row], column);
}

void text_cell(const void *ctx, const struct table_column *c, size_t row, char out[static TABLE_CELL])
{
	(void)snprintf(out, TABLE_CELL, "%s", listed_text(ctx, row, c->data));
}

void number_cell(const void *ctx, const struct table_column *c, size_t row, char out[static TABLE_CELL])
{
	(void)snprintf(out, TABLE_CELL, "%u", listed_number(ctx, row, c->data));
}

void label_cell(const void *ctx, const struct table_column *c, size_t row, char out[static TABLE_CELL])
{
	const char *label = listed_text(ctx, row, c->data);

	(void)snprintf(out, TABLE_CELL, "%s", label[0] != '\0' ? label : _("(no label)"));
}

void date_cell(const void *ctx, const struct table_column *c, size_t row, char out[static TABLE_CELL])
{
	(void)date_words(out, listed_number(ctx, row, c->data));
}

void minute_cell(const void *ctx, const struct table_column *c, size_t row, char out[static TABLE_CELL])
{
	(void)minute_words(out, listed_number(ctx, row, c->data));
}

void device_cell(const void *ctx, const struct table_column *c, size_t row, char out[static TABLE_CELL])
{
	(void)snprintf(out, TABLE_CELL, "%s", serial_name(((const struct list_screen *)ctx)->s.ui, listed_text(ctx, row, c->data)));
}
