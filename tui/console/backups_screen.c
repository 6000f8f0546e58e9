/* Every wrapped key: made when and where, under which DKEK, what was proven of it, and which devices could take it. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/words.h"
#include "store/backup.h"
#include "tui/console/listed_screens.h"
#include "tui/console/stock.h"
#include "tui/console/table.h"

#define RESTORE_MOST 1000   /* backups that one restore begins with */

struct backups_screen {
	struct screen s;
	struct table table;
	struct stocked rows;
	size_t unproven;
};

static struct backups_screen *self(struct screen *s)
{
	return (struct backups_screen *)s;
}

static const struct backups_screen *peek(const struct screen *s)
{
	return (const struct backups_screen *)s;
}

static uint32_t number(const void *ctx, size_t row, unsigned column)
{
	const struct backups_screen *b = ctx;

	return listing_number(stocked_listing(&b->rows), b->rows.row[row], column);
}

static const char *text(const void *ctx, size_t row, unsigned column)
{
	const struct backups_screen *b = ctx;

	return listing_text(stocked_listing(&b->rows), b->rows.row[row], column);
}

static void number_cell(const void *ctx, size_t row, char out[static TABLE_CELL])
{
	(void)snprintf(out, TABLE_CELL, "%u", number(ctx, row, BACKUPS_NUMBER));
}

static void label_words(const void *ctx, size_t row, char out[static TABLE_CELL])
{
	const char *label = text(ctx, row, BACKUPS_LABEL);

	(void)snprintf(out, TABLE_CELL, "%s", label[0] != '\0' ? label : _("(no label)"));
}

static void type_words(const void *ctx, size_t row, char out[static TABLE_CELL])
{
	(void)snprintf(out, TABLE_CELL, "%s", text(ctx, row, BACKUPS_TYPE));
}

static void made_words(const void *ctx, size_t row, char out[static TABLE_CELL])
{
	(void)date_words(out, number(ctx, row, BACKUPS_MADE));
}

static void device_words(const void *ctx, size_t row, char out[static TABLE_CELL])
{
	const struct backups_screen *b = ctx;

	(void)snprintf(out, TABLE_CELL, "%s", serial_name(b->s.ui, text(ctx, row, BACKUPS_DEVICE)));
}

/* A check value is shown whole, or by its first half, as people quote it. */
static void draw_dkek(struct area cell, const void *ctx, size_t row)
{
	char words[17];

	if (row == TABLE_HEAD)
		return;
	(void)snprintf(words, cell.cols >= 16 ? 17 : 9, "%s", text(ctx, row, BACKUPS_DKEK));
	area_text(cell, 0, 0, ROLE_PLAIN, words);
}

static enum role proof_role(const void *ctx, size_t row)
{
	return number(ctx, row, BACKUPS_PROOF) < PROOF_OPENED ? ROLE_WARNING : ROLE_PLAIN;
}

/* With its date where there is room for that. */
static void draw_proof(struct area cell, const void *ctx, size_t row)
{
	const char *name = row != TABLE_HEAD ? proof_name(number(ctx, row, BACKUPS_PROOF)) : "";
	char when[20];

	if (row == TABLE_HEAD)
		return;
	area_fit(cell, 0, 0, cell.cols, proof_role(ctx, row), name);
	if (text_width(name) + 11 <= cell.cols)
		area_right(cell, 0, ROLE_PLAIN, date_words(when, number(ctx, row, BACKUPS_PROVEN)));
}

/* How many devices have its DKEK, and how many of them are plugged in now. */
static void takers_words(const void *ctx, size_t row, char out[static TABLE_CELL])
{
	const struct backups_screen *b = ctx;
	const struct fleet *fl = b->s.ui->fleet;
	const char *dkek = text(ctx, row, BACKUPS_DKEK);
	const uint32_t *devices = NULL;
	size_t n = listing_devices(stocked_listing(&b->rows), b->rows.row[row], &devices), here = 0;

	for (size_t i = 0; i < fleet_count_here(fl); i++)
		here += strcmp(fleet_device(fl, i)->dkek_kcv, dkek) == 0;
	if (n == 0 && here == 0)
		(void)snprintf(out, TABLE_CELL, "%s", _("none"));
	else
		(void)snprintf(out, TABLE_CELL, _("%zu, %zu here"), n > here ? n : here, here);
}

enum { COLUMN_NUMBER, COLUMN_LABEL, COLUMN_TYPE, COLUMN_MADE, COLUMN_DEVICE, COLUMN_DKEK, COLUMN_PROOF, COLUMN_TAKERS };

static const char *const proof_says[] = {
	N_("not proven"), N_("intact"), N_("matched"), N_("opened"), N_("restored"), NULL,
};
static const char *const takers_say[] = { N_("none"), N_("%zu, %zu here"), NULL };

static const struct table_column columns[] = {
	[COLUMN_NUMBER] = { N_("No."), 6, 7, .right = true, .sort = N_("by number"), .words = number_cell },
	[COLUMN_LABEL] = { N_("Label"), 15, 26, .sort = N_("by label"), .words = label_words },
	[COLUMN_TYPE] = { N_("Kind"), 0, 10, .sort = N_("by kind"), .words = type_words },
	[COLUMN_MADE] = { N_("Made"), 10, 10, .sort = N_("by date"), .words = made_words },
	[COLUMN_DEVICE] = { N_("Made on"), 0, 14, .sort = N_("by device"), .words = device_words },
	[COLUMN_DKEK] = { N_("DKEK"), 8, 16, .sort = N_("by DKEK"), .draw = draw_dkek },
	[COLUMN_PROOF] = { N_("Proven"), 10, 21, .sort = N_("by proof"), .draw = draw_proof,
			   .says = proof_says },
	[COLUMN_TAKERS] = { N_("Fits on"), 10, 10, .words = takers_words, .says = takers_say, .beside = -4 },
};

static const struct {
	unsigned column;
	bool descending;
} orders[] = {
	[COLUMN_NUMBER] = { BACKUPS_NUMBER, true }, [COLUMN_LABEL] = { BACKUPS_LABEL, false }, [COLUMN_TYPE] = { BACKUPS_TYPE, false },
	[COLUMN_MADE] = { BACKUPS_MADE, true }, [COLUMN_DEVICE] = { BACKUPS_DEVICE, false }, [COLUMN_DKEK] = { BACKUPS_DKEK, false },
	[COLUMN_PROOF] = { BACKUPS_PROOF, false }, [COLUMN_TAKERS] = { BACKUPS_NUMBER, true },
};

static size_t total(const void *ctx)
{
	return stocked_total(&((const struct backups_screen *)ctx)->rows);
}

static size_t count(const void *ctx)
{
	return ((const struct backups_screen *)ctx)->rows.n;
}

static int64_t id_of(const void *ctx, size_t row)
{
	return stocked_id(&((const struct backups_screen *)ctx)->rows, row);
}

static bool arrange(void *ctx, const char *filter, unsigned column)
{
	return stocked_arrange(&((struct backups_screen *)ctx)->rows, filter, orders[column].column, orders[column].descending);
}

static const struct table_ops table_of_backups = {
	.columns = columns, .n_columns = sizeof(columns) / sizeof(columns[0]), .sort = COLUMN_NUMBER,
	.total = total, .count = count, .id = id_of, .arrange = arrange, .marks = true,
};

static void refresh(struct backups_screen *b)
{
	const struct listing *l;

	table_refresh(&b->table);
	l = stocked_listing(&b->rows);
	b->unproven = 0;
	for (size_t i = 0; l != NULL && i < listing_rows(l); i++)
		b->unproven += listing_number(l, i, BACKUPS_PROOF) < PROOF_OPENED;
}

static unsigned has(const struct screen *s)
{
	const struct backups_screen *b = peek(s);

	return table_has(&b->table) | NEED_BACK | (b->rows.n > 0 ? NEED_WRAPPED : 0u);
}

static const char *words(const struct screen *s, enum intent in)
{
	return table_words(&peek(s)->table, in);
}

/* With the backups that are marked, or else the one under the cursor, as answers. */
static void restore(struct backups_screen *b)
{
	const struct procedure *p = procedure_find("restore");
	int64_t *id = calloc(RESTORE_MOST, sizeof(*id));
	struct given *given = calloc(RESTORE_MOST + 1, sizeof(*given));
	char (*value)[24] = calloc(RESTORE_MOST, sizeof(*value));
	size_t n = 0;

	if (p != NULL && id != NULL && given != NULL && value != NULL)
		n = table_chosen(&b->table, id, RESTORE_MOST);
	for (size_t i = 0; i < n; i++) {
		(void)snprintf(value[i], sizeof(value[i]), "%" PRId64, id[i]);
		given[i] = (struct given){ "backup", (unsigned)i, value[i] };
	}
	if (n > 0)
		ui_push(b->s.ui, wizard_screen_new(b->s.ui, p, NULL, given));
	free(value);
	free(given);
	free(id);
}

static void act(struct screen *s, const struct binding *b)
{
	struct backups_screen *me = self(s);

	if (table_act(&me->table, b, s->ui->rows - LIST_REST))
		return;
	if (b->in == IN_OPEN)
		ui_push(s->ui, backup_screen_new(s->ui, me->table.at));
	else if (b->in == IN_PROCEDURE)
		restore(me);
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
		ui_push(s->ui, backup_screen_new(s->ui, self(s)->table.at));
	return open;
}

static void event(struct screen *s, const struct job_event *e, unsigned changes)
{
	(void)e;
	(void)changes;
	if (stocked_is_old(&self(s)->rows))
		refresh(self(s));
}

static void draw(const struct screen *s, struct area a)
{
	const struct backups_screen *b = peek(s);
	char line[200] = "", n[24];

	if (b->unproven > 0)
		(void)snprintf(line, sizeof(line),
			       translated_n("%s backup was never opened or restored, so nobody knows yet that it works.",
					    "%s backups were never opened or restored, so nobody knows yet that they work.", b->unproven),
			       number_words(n, b->unproven));
	list_screen_draw(s, a, _("Backups"), "", &b->table,
			 stocked_empty(&b->rows, _("No backup is known yet. The screen of the devices makes them: b there begins it.")),
			 ROLE_PLAIN, line);
}

static void backups_free(struct screen *s)
{
	table_done(&self(s)->table);
	stocked_done(&self(s)->rows);
	free(s);
}

static const struct screen_ops ops = {
	.name = "backups",
	.help = N_("Here is every backup that is known. A backup is a key that a device has wrapped, that is encrypted, under its "
		   "DKEK, the Device Key Encryption Key. The inventory keeps a copy of each.\n\n"
		   "A backup fits on the devices that have the same DKEK, which the check value tells: no other device can take it. The "
		   "last column says how many such devices are known, and how many of them are plugged in.\n\n"
		   "Proven says what was shown about it, and when: intact (the file can be read), matched (its check value is "
		   "that of a DKEK we know), opened (with all shares, and the key in it compared), restored (put onto a device, compared, "
		   "and tried out). A backup that was never opened or restored may turn out to be worthless when it is needed.\n\n"
		   "Mark several to restore them in one go."),
	.mode = MODE_LIST,
	.has = has,
	.words = words,
	.act = act,
	.typing = typing,
	.type = type,
	.mouse = mouse,
	.event = event,
	.draw = draw,
	.free = backups_free,
};

struct screen *backups_screen_new(struct ui *ui)
{
	struct backups_screen *b = calloc(1, sizeof(*b));

	if (b == NULL)
		return NULL;
	b->s = (struct screen){ &ops, ui };
	stocked_init(&b->rows, ui, LISTING_BACKUPS);
	if (!table_init(&b->table, &table_of_backups, b)) {
		backups_free(&b->s);
		return NULL;
	}
	refresh(b);
	return &b->s;
}
