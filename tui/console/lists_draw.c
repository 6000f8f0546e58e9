/* How the main screen's lists look. */
#include "tui/console/lists.h"

#include <stdio.h>
#include <string.h>

#include "engine/base/words.h"

#define CURSOR_MARK "\xe2\x96\xb8"
#define CHECK_MARK "\xe2\x9c\x93"
#define CHECK_WIDE 2      /* columns for the marks, where there are any */
#define NAME_LEAST 9      /* columns for a device's name */
#define LABEL_LEAST 8     /* and for an object's label */
#define ID_SHORT 8        /* digits by which an ID is quoted */
#define LOOKED_AT 100     /* rows by which widths are measured */
#define CHILD_MARK "\xe2\x94\x94 "

size_t list_top(size_t cursor, size_t n, int rows)
{
	size_t room = rows > 0 ? (size_t)rows : 1, top;

	if (n <= room)
		return 0;
	top = cursor / room * room;   /* whole screens, so that moving the cursor redraws one row, not all */
	return top > n - room ? n - room : top;
}

const char *device_name(const struct fleet_device *d)
{
	if (d->label[0] != '\0')
		return d->label;
	if (d->serial[0] != '\0')
		return d->serial;
	return d->reader[0] != '\0' ? d->reader : _("unknown device");
}

void age_words(char *out, size_t cap, int64_t then, int64_t now)
{
	long long days = now / 86400 - then / 86400;

	if (then == 0)
		out[0] = '\0';
	else if (days < 1)
		(void)snprintf(out, cap, "%s", _("today"));
	else if (days == 1)
		(void)snprintf(out, cap, "%s", _("yesterday"));
	else if (days < 60)
		(void)snprintf(out, cap, translated_n("%lld day ago", "%lld days ago", (unsigned long)(days)), days);
	else if (days < 730)
		(void)snprintf(out, cap, translated_n("%lld month ago", "%lld months ago", (unsigned long)(days / 30)), days / 30);
	else
		(void)snprintf(out, cap, translated_n("%lld year ago", "%lld years ago", (unsigned long)(days / 365)), days / 365);
}

static void device_state(char *out, size_t cap, const struct fleet_device *d, int64_t wall)
{
	static const char *const words[] = {
		[FLEET_READING] = N_("reading"), [FLEET_HERE] = N_("here"), [FLEET_FOREIGN] = N_("other card"),
		[FLEET_FAULTY] = N_("fault"),
	};

	if (d->state == FLEET_ABSENT)
		age_words(out, cap, d->last_seen, wall);
	else if (d->in_use)
		(void)snprintf(out, cap, "%s", _("in use"));
	else
		(void)snprintf(out, cap, "%s", translated(words[d->state]));
}

int devices_width(const struct fleet *fl, const struct rows *r, int64_t wall)
{
	int widest = 0;

	for (size_t i = 0; i < r->n && i < LOOKED_AT; i++) {
		char state[80];
		int width;

		device_state(state, sizeof(state), fleet_device(fl, r->row[i].i), wall);
		width = text_width(state);
		if (width > widest)
			widest = width;
	}
	return widest + NAME_LEAST + 3;
}

static enum role row_role(bool cursor, enum list_focus focus)
{
	return !cursor || focus == LIST_NONE ? ROLE_PLAIN : focus == LIST_HERE ? ROLE_CURSOR : ROLE_CURSOR_AWAY;
}

void draw_devices(struct area a, const struct fleet *fl, const struct rows *r, size_t cursor, enum list_focus focus,
		  int64_t wall)
{
	size_t top = list_top(cursor, r->n, a.rows);

	for (size_t i = top; i < r->n && i - top < (size_t)a.rows; i++) {
		const struct fleet_device *d = fleet_device(fl, r->row[i].i);
		struct area line = area_sub(a, (int)(i - top), 0, 1, a.cols);
		bool serial = a.cols >= 40 && d->serial[0] != '\0' && d->label[0] != '\0';
		char state[80];
		int left;

		device_state(state, sizeof(state), d, wall);
		left = a.cols - 2 - text_width(state) - 1;
		if (serial)
			left -= 14;
		area_fit_name(line, 0, 1, left, ROLE_PLAIN, device_name(d));
		if (serial)
			area_text(line, 0, left + 2, ROLE_PLAIN, d->serial);
		area_right(area_sub(line, 0, 0, 1, a.cols - 1), 0,
			   d->state == FLEET_FAULTY || d->in_use ? ROLE_WARNING : ROLE_PLAIN, state);
		if (i == cursor) {
			area_text(line, 0, 0, ROLE_PLAIN, CURSOR_MARK);
			area_role(line, 0, 0, a.cols, row_role(true, focus));
		}
		area_zone(line, 0, 0, a.cols, ZONE_ROW, PANE_DEVICES, i);
	}
}

static void label_words(char *out, size_t cap, const struct fleet_object *o)
{
	(void)snprintf(out, cap, "%s", o->label[0] != '\0' ? o->label : o->subject[0] != '\0' ? o->subject : _("(no label)"));
}

static void kind_words(char *out, size_t cap, const struct fleet_object *o)
{
	(void)snprintf(out, cap, "%s", o->kind);
}

static void id_words(char *out, size_t cap, const struct fleet_object *o)
{
	if (o->type == FLEET_DATA)
		(void)snprintf(out, cap, translated_n("%u byte", "%u bytes", o->size), o->size);
	else
		(void)snprintf(out, cap, "%s", o->id);
}

static void ref_words(char *out, size_t cap, const struct fleet_object *o)
{
	out[0] = '\0';
	if (o->key_ref >= 0)
		(void)snprintf(out, cap, "%d", o->key_ref);
}

static void uses_words(char *out, size_t cap, const struct fleet_object *o)
{
	out[0] = '\0';
	if (o->use_counter >= 0)
		(void)snprintf(out, cap, "%ld", o->use_counter);
}

/* Widths in columns: least first, then each up to what it wants, from left to right; least 0 comes where there is room. */
static const struct column {
	const char *title;
	int least, wants;
	void (*words)(char *out, size_t cap, const struct fleet_object *o);
} columns[] = {
	{ N_("Label"), 15, 40, label_words }, { N_("Kind"), 8, 15, kind_words },  { N_("ID"), 8, 40, id_words },
	{ N_("Backups"), 12, 13, backup_words }, { N_("Reference"), 0, 9, ref_words }, { N_("Uses left"), 0, 9, uses_words },
};
#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

/* An ID is shown whole (SHA-1 of the public key: 20 bytes), or by its first bytes, as people quote it; nothing between. */
static int id_width(int room)
{
	return room >= 40 ? 40 : room >= 16 ? 16 : 8;
}

/* What the rows' words need where they must not be cut; of an ID that is data, and shown by its first bytes, nothing. */
static int needs(size_t column, const struct fleet_object *o)
{
	char words[120] = "";

	if (columns[column].words == backup_words || columns[column].words == kind_words || o->type == FLEET_DATA)
		columns[column].words(words, sizeof(words), o);
	return columns[column].words == label_words ? 0 : text_width(words);
}

static int longest_label(const struct fleet_object *o, const struct rows *r)
{
	int longest = 0;

	for (size_t row = 0; row < r->n && row < LOOKED_AT; row++) {
		int one = r->row[row].child ? 0 : text_width(o[r->row[row].i].label);

		longest = one > longest ? one : longest;
	}
	return longest;
}

/* The least and the most of each column, for its title and its words in the language of the process. */
static void measure(const struct fleet_object *o, const struct rows *r, int least[static COLUMNS], int wants[static COLUMNS])
{
	for (size_t i = 0; i < COLUMNS; i++) {
		int title = text_width(translated(columns[i].title)), need = columns[i].least > title ? columns[i].least : title;

		for (size_t row = 0; row < r->n && row < LOOKED_AT; row++) {
			int one = r->row[row].child ? 0 : needs(i, &o[r->row[row].i]);

			need = one > need ? one : need;
		}
		wants[i] = columns[i].words == kind_words || columns[i].wants < need ? need : columns[i].wants;
		least[i] = columns[i].least > 0 ? need : 0;
	}
	if (wants[0] < longest_label(o, r))
		wants[0] = longest_label(o, r);
}

static void widths(int room, const int least[static COLUMNS], const int wants[static COLUMNS], int ret[static COLUMNS])
{
	for (size_t i = 0; i < COLUMNS; i++) {
		ret[i] = least[i];
		room -= ret[i] > 0 ? ret[i] + 2 : 0;
	}
	for (size_t i = 0; i < COLUMNS && room > 0; i++) {
		int more = wants[i] - ret[i];

		if (columns[i].words == label_words)
			more = more < room / 2 ? more : room / 2;   /* the others get a share, too */
		if (ret[i] == 0)
			more = wants[i] + 2 <= room ? wants[i] : 0, room -= more > 0 ? 2 : 0;
		if (more > room)
			more = room;
		if (columns[i].words == id_words && ret[i] <= ID_SHORT)
			more = id_width(ret[i] + more) - ret[i];
		if (more > 0)
			ret[i] += more, room -= more;
	}
	for (size_t i = 0; i < COLUMNS && ret[0] + room < LABEL_LEAST; i++) {
		if (columns[i].words == id_words) {   /* words are longer than the room: the ID is on its own screen, too */
			room += ret[i] + 2;
			ret[i] = 0;
		}
	}
	if (room < 0)
		ret[0] += room;   /* the longest kinds cost the label */
	else if (ret[0] < wants[0])
		ret[0] += room < wants[0] - ret[0] ? room : wants[0] - ret[0];
}

static void draw_child(struct area line, const struct fleet_object *o)
{
	int col = area_text(line, 0, 2, ROLE_PLAIN, CHILD_MARK);
	const char *name = o->subject[0] != '\0' ? o->subject : o->label;
	char until[80] = "";
	int wide;

	if (o->until[0] != '\0')
		(void)snprintf(until, sizeof(until), _("  until %s"), o->until);
	wide = line.cols - col - text_width(until) - 3;
	col = area_fit(line, 0, col, wide, ROLE_PLAIN, name);
	area_text(line, 0, col, ROLE_PLAIN, until);
	if (o->flags & (FLEET_ALIEN_CERTIFICATE | FLEET_ORPHAN))
		area_text(line, 0, line.cols - 2, ROLE_WARNING, "!");
}

static void draw_object(struct area line, const struct fleet_object *o, const int w[static COLUMNS])
{
	int col = 1;

	for (size_t i = 0; i < COLUMNS; i++) {
		char words[600];

		if (w[i] == 0)
			continue;
		columns[i].words(words, sizeof(words), o);
		if (columns[i].words == id_words && o->type != FLEET_DATA)
			area_text(area_sub(line, 0, col, 1, w[i]), 0, 0, ROLE_PLAIN, words);
		else
			area_fit_name(line, 0, col, w[i], ROLE_PLAIN, words);
		col += w[i] + 2;
	}
	if (o->flags & (FLEET_NO_BACKUP | FLEET_NOT_DESCRIBED | FLEET_ORPHAN | FLEET_ALIEN_CERTIFICATE))
		area_text(line, 0, line.cols - 2, ROLE_WARNING, "!");
}

void draw_sorted(struct area line, int col, int end)
{
	area_fill(line, 0, col - 1, 1, ROLE_PLAIN, GLYPH_SORTED);
	area_text(line, 0, end, ROLE_PLAIN, "\xe2\x86\x93");
}

void draw_objects(struct area a, const struct fleet_object *o, size_t n, const struct rows *r, size_t cursor,
		  enum list_focus focus, unsigned order)
{
	struct area body = area_sub(a, 1, 0, a.rows - 1, a.cols);
	size_t top = list_top(cursor, r->n, body.rows);
	int least[COLUMNS], wants[COLUMNS], w[COLUMNS], left = r->n_marked > 0 ? CHECK_WIDE : 0, col = 1 + left;

	for (size_t i = 0; i < r->n; i++) {
		if (r->row[i].i >= n)
			return;   /* rows of another moment: they are made anew before the next picture */
	}
	measure(o, r, least, wants);
	widths(a.cols - 1 - left, least, wants, w);
	for (size_t i = 0; i < COLUMNS; i++) {
		int end = 0;

		if (w[i] > 0)
			end = area_text(area_sub(a, 0, col, 1, w[i]), 0, 0, ROLE_HEAD, translated(columns[i].title));
		if (w[i] > 0 && i == order)
			draw_sorted(a, col, col + end);
		col += w[i] > 0 ? w[i] + 2 : 0;
	}
	for (size_t i = top; i < r->n && i - top < (size_t)body.rows; i++) {
		struct area line = area_sub(body, (int)(i - top), 0, 1, body.cols);
		struct area words = area_sub(line, 0, left, 1, line.cols - left);
		const struct fleet_object *one = &o[r->row[i].i];

		if (r->row[i].child)
			draw_child(words, one);
		else
			draw_object(words, one, w);
		if (r->row[i].marked)
			area_text(line, 0, 1, ROLE_PLAIN, CHECK_MARK);
		if (i == cursor && focus != LIST_NONE) {
			area_text(line, 0, 0, ROLE_PLAIN, CURSOR_MARK);
			area_role(line, 0, 0, line.cols, row_role(true, focus));
		}
		area_zone(line, 0, 0, line.cols, ZONE_ROW, PANE_OBJECTS, i);
	}
}
