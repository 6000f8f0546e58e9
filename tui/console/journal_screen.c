/* What happened, newest first, and whether the journal's chain holds. */
#include <stdio.h>

#include "engine/base/words.h"
#include "tui/console/list_screen.h"
#include "tui/console/listed_screens.h"

enum { COLUMN_NUMBER, COLUMN_WHEN };

static const struct table_column columns[] = {
	[COLUMN_NUMBER] = { N_("No."), 0, 7, .right = true, .data = JOURNAL_NUMBER, .words = number_cell },
	[COLUMN_WHEN] = { N_("When (UTC)"), 16, 16, .sorts = true, .descending = true, .data = JOURNAL_AT, .words = minute_cell },
	{ N_("Device"), 11, 11, .name = true, .sorts = true, .data = JOURNAL_DEVICE, .words = device_cell },
	{ N_("Key"), 0, 18, .name = true, .sorts = true, .data = JOURNAL_KEY, .words = text_cell },
	{ N_("Person"), 0, 14, .name = true, .sorts = true, .data = JOURNAL_PERSON, .words = text_cell },
	{ N_("What happened"), 40, 1000, .data = JOURNAL_TEXT, .words = text_cell },
};

static bool arrange(void *ctx, const char *filter, const struct table_column *by)
{
	struct list_screen *l = ctx;

	if (by->data == JOURNAL_AT)   /* newest first is by number: a clock may have been set back */
		return stocked_arrange(&l->rows, filter, JOURNAL_NUMBER, true);
	return listed_arrange(ctx, filter, by);
}

static const struct table_ops table_of_entries = {
	.columns = columns, .n_columns = sizeof(columns) / sizeof(columns[0]), .sort = COLUMN_WHEN,
	.total = listed_total, .count = listed_count, .id = listed_id, .arrange = arrange,
};

static const struct procedure *exporter(void)
{
	return procedure_find("journal-export");
}

static unsigned has(const struct list_screen *l)
{
	(void)l;
	return exporter() != NULL ? NEED_JOURNAL : 0u;
}

static struct screen *open_it(struct list_screen *l)
{
	return entry_screen_new(l->s.ui, l->table.at);
}

static bool act(struct list_screen *l, const struct binding *b)
{
	if (b->in != IN_PROCEDURE || exporter() == NULL)
		return false;
	ui_push(l->s.ui, wizard_screen_new(l->s.ui, exporter(), NULL, NULL));
	return true;
}

static void draw(const struct screen *s, struct area a)
{
	const struct list_screen *l = (const struct list_screen *)s;
	const struct journal_verdict *v = stock_verdict(s->ui->stock);
	char line[400] = "", n[24];
	const char *state = _("checking the chain");
	bool broken = v != NULL && v->broken != 0;

	if (v != NULL)
		state = broken ? _("CHAIN BROKEN") : _("chain intact");
	if (l->rows.n > 0 && !broken)   /* the row has no room for long ones */
		(void)clean_text(line, sizeof(line), listed_text(l, l->table.cursor, JOURNAL_TEXT));
	if (broken)
		(void)snprintf(line, sizeof(line), _("Entry %s is not as it was written, and what follows cannot be relied on: %s"),
			       number_words(n, (size_t)v->broken), translated(v->why));
	list_screen_draw(s, a, _("Journal"), state, &l->table, stocked_empty(&l->rows, _("Nothing has happened yet.")),
			 broken ? ROLE_WARNING : ROLE_PLAIN, line);
}

static const struct screen_ops ops = {
	.name = "journal",
	.help = N_("Here is what happened, newest first: every procedure writes what it did, on which device, and with which key. The "
		   "filter finds devices, keys, persons and words of an entry.\n\n"
		   "Entries are only ever added. Each carries a hash of the one before it, so that none can be changed or taken out "
		   "without being noticed. In the upper corner stands whether that chain holds. That the last entries were cut off "
		   "shows only against a number and a hash that were written down elsewhere: Enter shows both for each entry."),
	LIST_SCREEN_OPS,
	.words = list_words,
	.event = list_event,
	.draw = draw,
	.free = list_free,
};

static const struct list_ops list = { .table = &table_of_entries, .open = open_it, .has = has, .act = act };

struct screen *journal_screen_new(struct ui *ui)
{
	struct list_screen *l = listed_new(sizeof(*l), ui, &ops, &list, LISTING_JOURNAL);

	if (l == NULL)
		return NULL;
	stock_want_verdict(ui->stock);
	return &l->s;
}
