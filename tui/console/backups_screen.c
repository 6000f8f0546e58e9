/* Every wrapped key: made when and where, under which DKEK, what was proven of it, and which devices could take it. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/words.h"
#include "store/backup.h"
#include "tui/console/list_screen.h"
#include "tui/console/listed_screens.h"

#define RESTORE_MOST 1000   /* backups that one restore begins with */

struct backups_screen {
	struct list_screen l;
	size_t unproven;
};

/* A check value is shown whole, or by its first half, as people quote it. */
static void draw_dkek(struct area cell, const void *ctx, size_t row)
{
	char words[17];

	if (row == TABLE_HEAD)
		return;
	(void)snprintf(words, cell.cols >= 16 ? 17 : 9, "%s", listed_text(ctx, row, BACKUPS_DKEK));
	area_text(cell, 0, 0, ROLE_PLAIN, words);
}

static enum role proof_role(const void *ctx, size_t row)
{
	return listed_number(ctx, row, BACKUPS_PROOF) < PROOF_OPENED ? ROLE_WARNING : ROLE_PLAIN;
}

/* With its date where there is room for that. */
static void draw_proof(struct area cell, const void *ctx, size_t row)
{
	const char *name = row != TABLE_HEAD ? proof_name(listed_number(ctx, row, BACKUPS_PROOF)) : "";
	char when[20];

	if (row == TABLE_HEAD)
		return;
	area_fit(cell, 0, 0, cell.cols, proof_role(ctx, row), name);
	if (text_width(name) + 11 <= cell.cols)
		area_right(cell, 0, ROLE_PLAIN, date_words(when, listed_number(ctx, row, BACKUPS_PROVEN)));
}

/* How many devices have its DKEK, and how many of them are plugged in now. */
static void takers_cell(const void *ctx, const struct table_column *c, size_t row, char out[static TABLE_CELL])
{
	const struct list_screen *l = ctx;
	const struct fleet *fl = l->s.ui->fleet;
	const char *dkek = listed_text(ctx, row, BACKUPS_DKEK);
	const uint32_t *devices = NULL;
	size_t n = listing_devices(stocked_listing(&l->rows), l->rows.row[row], &devices), here = 0;

	(void)c;
	for (size_t i = 0; i < fleet_count_here(fl); i++)
		here += strcmp(fleet_device(fl, i)->dkek_kcv, dkek) == 0;
	if (n == 0 && here == 0)
		(void)snprintf(out, TABLE_CELL, "%s", _("none"));
	else
		(void)snprintf(out, TABLE_CELL, _("%zu, %zu here"), n > here ? n : here, here);
}

static const char *const proof_says[] = {
	N_("not proven"), N_("intact"), N_("matched"), N_("opened"), N_("restored"), NULL,
};
static const char *const takers_say[] = { N_("none"), N_("%zu, %zu here"), NULL };

static const struct table_column columns[] = {
	{ N_("No."), 6, 7, .right = true, .sorts = true, .descending = true, .data = BACKUPS_NUMBER, .words = number_cell },
	{ N_("Label"), 15, 26, .name = true, .sorts = true, .data = BACKUPS_LABEL, .words = label_cell },
	{ N_("Kind"), 0, 10, .sorts = true, .data = BACKUPS_TYPE, .words = text_cell },
	{ N_("Made"), 10, 10, .sorts = true, .descending = true, .data = BACKUPS_MADE, .words = date_cell },
	{ N_("Made on"), 0, 14, .name = true, .sorts = true, .data = BACKUPS_DEVICE, .words = device_cell },
	{ N_("DKEK"), 8, 16, .sorts = true, .data = BACKUPS_DKEK, .draw = draw_dkek },
	{ N_("Proven"), 10, 21, .sorts = true, .data = BACKUPS_PROOF, .draw = draw_proof, .says = proof_says },
	{ N_("Fits on"), 10, 10, .words = takers_cell, .says = takers_say, .beside = -4 },
};

static const struct table_ops table_of_backups = {
	.columns = columns, .n_columns = sizeof(columns) / sizeof(columns[0]), LISTED_ROWS, .marks = true,
};

static void changed(struct list_screen *l)
{
	((struct backups_screen *)l)->unproven = listed_below(l, BACKUPS_PROOF, PROOF_OPENED);
}

static unsigned has(const struct list_screen *l)
{
	return l->rows.n > 0 ? NEED_WRAPPED : 0u;
}

static struct screen *open_it(struct list_screen *l)
{
	return backup_screen_new(l->s.ui, l->table.at);
}

/* With the backups that are marked, or else the one under the cursor, as answers. */
static void restore(struct list_screen *l)
{
	const struct procedure *p = procedure_find("restore");
	int64_t *id = calloc(RESTORE_MOST, sizeof(*id));
	struct given *given = calloc(RESTORE_MOST + 1, sizeof(*given));
	char (*value)[24] = calloc(RESTORE_MOST, sizeof(*value));
	size_t n = 0;

	if (p != NULL && id != NULL && given != NULL && value != NULL)
		n = table_chosen(&l->table, id, RESTORE_MOST);
	for (size_t i = 0; i < n; i++) {
		(void)snprintf(value[i], sizeof(value[i]), "%" PRId64, id[i]);
		given[i] = (struct given){ "backup", (unsigned)i, value[i] };
	}
	if (n > 0)
		ui_push(l->s.ui, wizard_screen_new(l->s.ui, p, NULL, given));
	free(value);
	free(given);
	free(id);
}

static bool act(struct list_screen *l, const struct binding *b)
{
	if (b->in == IN_PROCEDURE)
		restore(l);
	return b->in == IN_PROCEDURE;
}

static void draw(const struct screen *s, struct area a)
{
	const struct backups_screen *b = (const struct backups_screen *)s;
	char line[200] = "", n[24];

	if (b->unproven > 0)
		(void)snprintf(line, sizeof(line),
			       translated_n("%s backup was never opened or restored, so nobody knows yet that it works.",
					    "%s backups were never opened or restored, so nobody knows yet that they work.", b->unproven),
			       number_words(n, b->unproven));
	list_screen_draw(s, a, _("Backups"), "", &b->l.table,
			 stocked_empty(&b->l.rows, _("No backup is known yet. The screen of the devices makes them: b there begins it.")),
			 ROLE_PLAIN, line);
}

static const struct screen_ops ops = {
	.name = "backups",
	.help = N_("Here is every backup that is known. A backup is a key that a device has wrapped, that is encrypted, under its "
		   "DKEK, the Device Key Encryption Key. The inventory keeps a copy of each.\n\n"
		   "A backup fits on the devices that have the same DKEK, which the check value tells: no other device can take it. The "
		   "last column says how many such devices are known, and how many of them are plugged in. Some may have a firmware that "
		   "is too old for this kind of key: Enter on a backup says which.\n\n"
		   "Proven says what was shown about it, and when: intact (the file can be read), matched (its check value is "
		   "that of a DKEK we know), opened (with all shares, and the key in it compared), restored (put onto a device, compared, "
		   "and tried out). A backup that was never opened or restored may turn out to be worthless when it is needed.\n\n"
		   "Mark several to restore them in one go."),
	LIST_SCREEN_OPS,
	.words = list_words,
	.event = list_event,
	.draw = draw,
	.free = list_free,
};

static const struct list_ops list = {
	.table = &table_of_backups, .open = open_it, .has = has, .act = act, .changed = changed,
};

struct screen *backups_screen_new(struct ui *ui)
{
	struct list_screen *l = listed_new(sizeof(struct backups_screen), ui, &ops, &list, LISTING_BACKUPS);

	return l != NULL ? &l->s : NULL;
}
