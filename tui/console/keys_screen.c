/*
 * Every logical key across all devices: a row for each key, a column for each device, its backups in the margin. Those that
 * exist once and nowhere else stand first, and are marked in reverse.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/words.h"
#include "store/key.h"
#include "tui/console/list_screen.h"
#include "tui/console/listed_screens.h"

#define HERE_MARK "\xe2\x80\xa2"
#define DEVICE_LEAST 5
#define DEVICE_MOST 10   /* where the names are longer than there is room for all of them */
#define MATRIX_LEAST 35

struct keys_screen {
	struct list_screen l;
	uint32_t *device;      /* of each device of the fleet its number in the listing; UINT32_MAX: not in there */
	size_t n_devices, first;   /* the first one that is in sight */
	int pitch;             /* columns that a device takes, with the gap behind it */
	size_t only_one;       /* keys that exist once */
	char line[400];        /* where the key under the cursor is */
	bool alone;            /* it is nowhere else */
};

/* --- devices --- */

static const struct fleet_device *device(const struct keys_screen *k, size_t i)
{
	return fleet_device(k->l.s.ui->fleet, i);
}

static void take_devices(struct keys_screen *k)
{
	const struct listing *l = stocked_listing(&k->l.rows);
	size_t n = fleet_count(k->l.s.ui->fleet);
	uint32_t *more = reallocarray(k->device, n + 1, sizeof(*more));
	int most = DEVICE_LEAST;

	k->n_devices = 0;
	if (more == NULL)
		return;
	k->device = more;
	for (size_t i = 0; i < n; i++) {
		const struct fleet_device *d = device(k, i);
		int width = text_width(device_name(d));

		if (l == NULL || d->serial[0] == '\0' || !listing_device(l, d->serial, &k->device[i]))
			k->device[i] = UINT32_MAX;
		most = width > most ? width : most;
	}
	k->n_devices = n;
	if (n * ((size_t)most + 1) > MATRIX_LEAST + 1 && most > DEVICE_MOST)
		most = DEVICE_MOST;
	k->pitch = most + 1;
	if (k->first >= n)
		k->first = n > 0 ? n - 1 : 0;
}

static size_t devices_shown(const struct keys_screen *k, int cols)
{
	size_t room = k->pitch > 0 && cols > 0 ? (size_t)((cols + 1) / k->pitch) : 0, left = k->n_devices - k->first;

	return room < left ? room : left;
}

/* The end of a name tells devices of a series apart. */
static void draw_name(struct area cell, enum role role, const char *name)
{
	int width = text_width(name);

	if (width <= cell.cols) {
		area_text(cell, 0, 0, role, name);
		return;
	}
	while (width > cell.cols - 1 && *name != '\0') {
		do
			name++;
		while (((unsigned char)*name & 0xc0) == 0x80);
		width = text_width(name);
	}
	area_text(cell, 0, area_text(cell, 0, 0, role, "\xe2\x80\xa6"), role, name);
}

static void draw_device_heads(const struct keys_screen *k, struct area cell)
{
	size_t shown = devices_shown(k, cell.cols);

	for (size_t i = 0; i < shown; i++) {
		const struct fleet_device *d = device(k, k->first + i);
		struct area name = area_sub(cell, 0, (int)i * k->pitch, 1, k->pitch - 1);

		draw_name(name, d->state == FLEET_ABSENT ? ROLE_HEAD : ROLE_FIELD_NOW, device_name(d));
	}
}

static bool has_key(const struct listing *l, uint32_t row, uint32_t wanted)
{
	const uint32_t *on = NULL;
	size_t n = listing_devices(l, row, &on);

	for (size_t i = 0; i < n; i++) {
		if (on[i] == wanted)
			return true;
	}
	return false;
}

static void draw_devices_of(struct area cell, const void *ctx, size_t row)
{
	const struct keys_screen *k = ctx;
	size_t shown = devices_shown(k, cell.cols);

	if (row == TABLE_HEAD) {
		draw_device_heads(k, cell);
		return;
	}
	for (size_t i = 0; i < shown; i++) {
		if (has_key(stocked_listing(&k->l.rows), k->l.rows.row[row], k->device[k->first + i]))
			area_text(cell, 0, (int)i * k->pitch + k->pitch / 2 - 1, ROLE_KEY, HERE_MARK);
	}
}

/* --- the other columns --- */

static void backup_cell(const void *ctx, const struct table_column *c, size_t row, char out[static TABLE_CELL])
{
	enum key_care care = (enum key_care)listed_number(ctx, row, c->data);

	if (care == CARE_ONLY_ONE)
		(void)snprintf(out, TABLE_CELL, "%s", _("! ONLY COPY"));
	else if (care == CARE_GONE)
		(void)snprintf(out, TABLE_CELL, "%s", _("gone"));
	else
		(void)backups_and_proof(out, TABLE_CELL, listed_number(ctx, row, KEYS_BACKUPS), listed_number(ctx, row, KEYS_PROOF));
}

static enum role backup_role(const void *ctx, size_t row)
{
	enum key_care care = (enum key_care)listed_number(ctx, row, KEYS_CARE);

	return care == CARE_ONLY_ONE ? ROLE_MARK : care == CARE_NO_BACKUP ? ROLE_WARNING : ROLE_PLAIN;
}

static enum role label_role(const void *ctx, size_t row)
{
	return listed_number(ctx, row, KEYS_CARE) == CARE_ONLY_ONE ? ROLE_WARNING : ROLE_PLAIN;
}

/* A dot for each device, and not more: what is left of the row is for the labels. */
static int devices_room(const void *ctx)
{
	const struct keys_screen *k = ctx;
	size_t n = k->n_devices < 1000 ? k->n_devices : 1000;

	return n > 0 ? (int)n * k->pitch - 1 : 0;
}

enum { COLUMN_LABEL, COLUMN_TYPE, COLUMN_MATRIX, COLUMN_DEVICES, COLUMN_BACKUPS };

static const char *const backup_says[] = {
	N_("! ONLY COPY"), N_("gone"), N_("none"), N_("not proven"), N_("intact"), N_("matched"), N_("opened"), N_("restored"), NULL,
};

static const struct table_column columns[] = {
	[COLUMN_LABEL] = { N_("Label"), 18, 30, .name = true, .sorts = true, .data = KEYS_LABEL, .words = label_cell,
			   .role = label_role },
	[COLUMN_TYPE] = { N_("Kind"), 0, 10, .sorts = true, .data = KEYS_TYPE, .words = text_cell },
	[COLUMN_MATRIX] = { "", MATRIX_LEAST, 1000, .draw = draw_devices_of, .most = devices_room },
	[COLUMN_DEVICES] = { N_("On"), 3, 3, .right = true, .sorts = true, .descending = true, .data = KEYS_DEVICES,
			     .words = number_cell },
	[COLUMN_BACKUPS] = { N_("Backups"), 14, 14, .sorts = true, .data = KEYS_CARE, .words = backup_cell, .role = backup_role,
			     .says = backup_says, .beside = 3 },
};

static const struct table_ops table_of_keys = {
	.columns = columns, .n_columns = sizeof(columns) / sizeof(columns[0]), .sort = COLUMN_BACKUPS, LISTED_ROWS,
};

/* --- what is said below the list --- */

/* The devices of the key under the cursor by name: the columns in sight need not be those. */
static void say_where(struct list_screen *list_)
{
	struct keys_screen *k = (struct keys_screen *)list_;
	const struct listing *l = stocked_listing(&k->l.rows);
	const uint32_t *on = NULL;
	char names[300] = "";
	size_t n;

	k->line[0] = '\0';
	k->alone = false;
	if (l == NULL || k->l.table.cursor >= k->l.rows.n)
		return;
	n = listing_devices(l, k->l.rows.row[k->l.table.cursor], &on);
	for (size_t i = 0; i < n && strlen(names) < sizeof(names) - 70; i++)
		(void)snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%.64s", i > 0 ? ", " : "",
			       serial_name(k->l.s.ui, listing_serial(l, on[i])));
	k->alone = listed_number(k, k->l.table.cursor, KEYS_CARE) == CARE_ONLY_ONE;
	if (k->alone)
		(void)snprintf(k->line, sizeof(k->line), _("This key is on %s and nowhere else."),
			       names);
	else if (n > 0)
		(void)snprintf(k->line, sizeof(k->line), _("This key is on %s."), names);
	else if (listed_number(k, k->l.table.cursor, KEYS_BACKUPS) > 0)
		(void)snprintf(k->line, sizeof(k->line), "%s", _("This key is on no device. A restore brings it back."));
	else
		(void)snprintf(k->line, sizeof(k->line), "%s", _("This key was deleted, and no backup of it is known."));
}

static size_t devices_in_sight(const struct keys_screen *k, int cols)
{
	return devices_shown(k, table_width(&k->l.table, cols - 2, COLUMN_MATRIX));
}

static void changed(struct list_screen *l)
{
	struct keys_screen *k = (struct keys_screen *)l;

	take_devices(k);
	k->only_one = listed_below(l, KEYS_CARE, CARE_ONLY_ONE + 1);
}

/* --- the screen --- */

static unsigned has(const struct list_screen *l)
{
	const struct keys_screen *k = (const struct keys_screen *)l;

	return devices_in_sight(k, l->s.ui->cols) < k->n_devices ? NEED_SIDEWAYS : 0u;
}

static void go_sideways(struct keys_screen *k, bool right)
{
	size_t step = devices_in_sight(k, k->l.s.ui->cols);

	step = step > 1 ? step - 1 : 1;   /* one of those that are in sight stays in sight */
	if (right)
		k->first = k->first + step < k->n_devices ? k->first + step : k->n_devices > 0 ? k->n_devices - 1 : 0;
	else
		k->first -= k->first < step ? k->first : step;
}

static struct screen *open_it(struct list_screen *l)
{
	return key_screen_new(l->s.ui, l->table.at);
}

static bool act(struct list_screen *l, const struct binding *b)
{
	if (b->in != IN_LEFT && b->in != IN_RIGHT)
		return false;
	go_sideways((struct keys_screen *)l, b->in == IN_RIGHT);
	return true;
}

static void draw(const struct screen *s, struct area a)
{
	const struct keys_screen *k = (const struct keys_screen *)s;
	char right[120] = "", title[120], from[24], to[24], of[24];
	size_t shown = devices_in_sight(k, a.cols);

	if (k->only_one > 0)
		(void)snprintf(right, sizeof(right), translated_n("%s only copy", "%s only copies", k->only_one),
			       number_words(from, k->only_one));
	(void)snprintf(title, sizeof(title), "%s", _("Keys"));
	if (shown < k->n_devices)
		(void)snprintf(title, sizeof(title), _("Keys, on devices %s to %s of %s"), number_words(from, k->first + 1),
			       number_words(to, k->first + shown), number_words(of, k->n_devices));
	list_screen_draw(s, a, title, right, &k->l.table,
			 stocked_empty(&k->l.rows, _("No key is known yet. Keys that are made, or found on a device that is plugged in, "
						   "appear here.")),
			 k->alone ? ROLE_TITLE : ROLE_PLAIN, k->line);
}

static void keys_free(struct screen *s)
{
	free(((struct keys_screen *)s)->device);
	list_free(s);
}

static const struct screen_ops ops = {
	.name = "keys",
	.help = N_("Here is every key that is known, wherever it lives: a row for each key, and a column for each device that has a "
		   "dot where the key is on that device. Devices that are plugged in now stand first, in bold letters.\n\n"
		   "The margin says on how many devices a key is, how many backups of it are known, and what was proven about the "
		   "best of them: restored and tried out on a device, opened with all shares, matched with a known DKEK, intact, or "
		   "not proven at all.\n\n"
		   "Keys that need care stand first. \"! ONLY COPY\" means that the key is on one device, and neither on another one "
		   "nor in a backup: if that device is lost or breaks, the key is gone for good. Back it up.\n\n"
		   "The filter looks in labels and kinds of keys, and where none of them has it in the names of devices."),
	LIST_SCREEN_OPS,
	.words = list_words,
	.event = list_event,
	.draw = draw,
	.free = keys_free,
};

static const struct list_ops list = {
	.table = &table_of_keys, .open = open_it, .has = has, .act = act, .changed = changed, .moved = say_where,
};

struct screen *keys_screen_new(struct ui *ui)
{
	struct list_screen *l = listed_new(sizeof(struct keys_screen), ui, &ops, &list, LISTING_KEYS);

	return l != NULL ? &l->s : NULL;
}
