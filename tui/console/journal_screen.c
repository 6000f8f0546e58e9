/* What happened, newest first, and whether the journal's chain holds. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/words.h"
#include "tui/console/listed_screens.h"
#include "tui/console/stock.h"
#include "tui/console/table.h"

struct journal_screen {
	struct screen s;
	struct table table;
	struct stocked rows;
};

static struct journal_screen *self(struct screen *s)
{
	return (struct journal_screen *)s;
}

static const struct journal_screen *peek(const struct screen *s)
{
	return (const struct journal_screen *)s;
}

static const char *text(const void *ctx, size_t row, unsigned column)
{
	const struct journal_screen *j = ctx;

	return listing_text(stocked_listing(&j->rows), j->rows.row[row], column);
}

static uint32_t number(const void *ctx, size_t row, unsigned column)
{
	const struct journal_screen *j = ctx;

	return listing_number(stocked_listing(&j->rows), j->rows.row[row], column);
}

static void number_cell(const void *ctx, size_t row, char out[static TABLE_CELL])
{
	(void)snprintf(out, TABLE_CELL, "%u", number(ctx, row, JOURNAL_NUMBER));
}

static void when_words(const void *ctx, size_t row, char out[static TABLE_CELL])
{
	(void)minute_words(out, number(ctx, row, JOURNAL_AT));
}

static void device_words(const void *ctx, size_t row, char out[static TABLE_CELL])
{
	const struct journal_screen *j = ctx;

	(void)snprintf(out, TABLE_CELL, "%s", serial_name(j->s.ui, text(ctx, row, JOURNAL_DEVICE)));
}

static void key_cell(const void *ctx, size_t row, char out[static TABLE_CELL])
{
	(void)snprintf(out, TABLE_CELL, "%s", text(ctx, row, JOURNAL_KEY));
}

static void person_words(const void *ctx, size_t row, char out[static TABLE_CELL])
{
	(void)snprintf(out, TABLE_CELL, "%s", text(ctx, row, JOURNAL_PERSON));
}

static void what_words(const void *ctx, size_t row, char out[static TABLE_CELL])
{
	(void)snprintf(out, TABLE_CELL, "%s", text(ctx, row, JOURNAL_TEXT));
}

enum { COLUMN_NUMBER, COLUMN_WHEN, COLUMN_DEVICE, COLUMN_KEY, COLUMN_PERSON, COLUMN_WHAT };

static const struct table_column columns[] = {
	[COLUMN_NUMBER] = { N_("No."), 0, 7, .right = true, .words = number_cell },
	[COLUMN_WHEN] = { N_("When (UTC)"), 16, 16, .sort = N_("newest first"), .words = when_words },
	[COLUMN_DEVICE] = { N_("Device"), 11, 11, .words = device_words },
	[COLUMN_KEY] = { N_("Key"), 0, 18, .words = key_cell },
	[COLUMN_PERSON] = { N_("Person"), 0, 14, .words = person_words },
	[COLUMN_WHAT] = { N_("What happened"), 40, 1000, .words = what_words },
};

static size_t total(const void *ctx)
{
	return stocked_total(&((const struct journal_screen *)ctx)->rows);
}

static size_t count(const void *ctx)
{
	return ((const struct journal_screen *)ctx)->rows.n;
}

static int64_t id_of(const void *ctx, size_t row)
{
	return stocked_id(&((const struct journal_screen *)ctx)->rows, row);
}

static bool arrange(void *ctx, const char *filter, unsigned column)
{
	(void)column;
	return stocked_arrange(&((struct journal_screen *)ctx)->rows, filter, JOURNAL_NUMBER, true);
}

static const struct table_ops table_of_entries = {
	.columns = columns, .n_columns = sizeof(columns) / sizeof(columns[0]), .sort = COLUMN_WHEN,
	.total = total, .count = count, .id = id_of, .arrange = arrange,
};

static const struct procedure *exporter(void)
{
	return procedure_find("journal-export");
}

static unsigned has(const struct screen *s)
{
	return table_has(&peek(s)->table) | NEED_BACK | (exporter() != NULL ? NEED_JOURNAL : 0u);
}

static const char *words(const struct screen *s, enum intent in)
{
	return table_words(&peek(s)->table, in);
}

static void act(struct screen *s, const struct binding *b)
{
	struct journal_screen *j = self(s);

	if (table_act(&j->table, b, s->ui->rows - LIST_REST))
		return;
	if (b->in == IN_OPEN)
		ui_push(s->ui, entry_screen_new(s->ui, j->table.at));
	else if (b->in == IN_PROCEDURE && exporter() != NULL)
		ui_push(s->ui, wizard_screen_new(s->ui, exporter(), NULL, NULL));
	else if (b->in == IN_REDRAW)
		ui_reload(s->ui);
	else if (b->in == IN_BACK)
		ui_pop(s->ui);
}

static bool typing(const struct screen *s)
{
	return table_typing(&peek(s)->table);
}

static bool type(struct screen *s, uint32_t key)
{
	return table_type(&self(s)->table, key);
}

static bool mouse(struct screen *s, uint32_t key, struct zone z)
{
	bool open = table_mouse(&self(s)->table, key, z);

	if (open)
		ui_push(s->ui, entry_screen_new(s->ui, self(s)->table.at));
	return open;
}

static void event(struct screen *s, const struct job_event *e, unsigned changes)
{
	struct journal_screen *j = self(s);

	(void)e;
	(void)changes;
	if (stocked_is_old(&j->rows))
		table_refresh(&j->table);
}

static void draw(const struct screen *s, struct area a)
{
	const struct journal_screen *j = peek(s);
	const struct journal_verdict *v = stock_verdict(s->ui->stock);
	char line[400] = "", n[24];
	const char *state = _("checking the chain");
	bool broken = v != NULL && v->broken != 0;

	if (v != NULL)
		state = broken ? _("CHAIN BROKEN") : _("chain intact");
	if (j->rows.n > 0 && !broken)   /* the row has no room for long ones */
		(void)clean_text(line, sizeof(line), text(j, j->table.cursor, JOURNAL_TEXT));
	if (broken)
		(void)snprintf(line, sizeof(line), _("Entry %s is not as it was written, and what follows cannot be relied on: %s"),
			       number_words(n, (size_t)v->broken), translated(v->why));
	list_screen_draw(s, a, _("Journal"), state, &j->table, stocked_empty(&j->rows, _("Nothing has happened yet.")),
			 broken ? ROLE_WARNING : ROLE_PLAIN, line);
}

static void journal_free(struct screen *s)
{
	table_done(&self(s)->table);
	stocked_done(&self(s)->rows);
	free(s);
}

static const struct screen_ops ops = {
	.name = "journal",
	.help = N_("Here is what happened, newest first: every procedure writes what it did, on which device, and with which key. The "
		   "filter finds devices, keys, persons and words of an entry.\n\n"
		   "Entries are only ever added. Each carries a hash of the one before it, so that none can be changed or taken out "
		   "without being noticed. In the upper corner stands whether that chain holds. That the last entries were cut off "
		   "shows only against a number and a hash that were written down elsewhere: Enter shows both for each entry."),
	.mode = MODE_LIST,
	.has = has,
	.words = words,
	.act = act,
	.typing = typing,
	.type = type,
	.mouse = mouse,
	.event = event,
	.draw = draw,
	.free = journal_free,
};

struct screen *journal_screen_new(struct ui *ui)
{
	struct journal_screen *j = calloc(1, sizeof(*j));

	if (j == NULL)
		return NULL;
	j->s = (struct screen){ &ops, ui };
	stocked_init(&j->rows, ui, LISTING_JOURNAL);
	stock_want_verdict(ui->stock);
	if (!table_init(&j->table, &table_of_entries, j)) {
		journal_free(&j->s);
		return NULL;
	}
	return &j->s;
}
