/* The two lists of the main screen: which rows they have, and how they are drawn. */
#ifndef TUI_CONSOLE_LISTS_H
#define TUI_CONSOLE_LISTS_H

#include "tui/console/ui.h"

#define FILTER_MAX 64

enum { PANE_DEVICES, PANE_OBJECTS, PANES };   /* the lists' numbers, also to the mouse */

/* Rows of a list, as indices into what the fleet has, in the order shown. */
struct rows {
	struct row {
		size_t i;
		bool child;      /* a certificate under its key */
		bool marked;
	} *row;
	size_t n, cap, n_marked;
};

void rows_done(struct rows *r);

/* Orders of a list, by number; 0 is the fleet's own: what is here first, keys first, by label. */
#define DEVICE_ORDERS 3
#define OBJECT_ORDERS 4

/* What contains filter ("": everything), in any case of letters. False: memory. */
bool rows_of_devices(struct rows *r, const struct fleet *fl, const char *filter, unsigned order);
/* A certificate stands under its key in every order. */
bool rows_of_objects(struct rows *r, const struct fleet_object *o, size_t n, const char *filter, unsigned order);
/* "Devices by name": says the order, since that list has no head. */
const char *devices_title(unsigned order);

/* Where the cursor is after a key that moves it (IN_UP to IN_LAST) among n rows, page of which are a screen. */
size_t list_move(size_t at, size_t n, enum intent in, int page);
/* The same for what is read: its first line that is shown, of rows, page of which are in sight. */
int list_scroll(int top, int rows, enum intent in, int page);

/* How the cursor's row looks; LIST_AWAY where another list has the keyboard. */
enum list_focus { LIST_NONE, LIST_AWAY, LIST_HERE };

/* First row shown so that the cursor is in sight, of a list that was last shown from top. */
size_t list_top(size_t cursor, size_t n, int rows);

/* What the list of these devices should be wide, so that their states and some of their names can be read. */
int devices_width(const struct fleet *fl, const struct rows *r, int64_t wall);

void draw_devices(struct area a, const struct fleet *fl, const struct rows *r, size_t cursor, enum list_focus focus,
		  int64_t wall);
void draw_objects(struct area a, const struct fleet_object *o, size_t n, const struct rows *r, size_t cursor,
		  enum list_focus focus, unsigned order);

/* The label, or what else a person knows a device by; never "". */
const char *device_name(const struct fleet_device *d);

/* Marks the heading between these columns of the line as the one by which the list is in order. */
void draw_sorted(struct area line, int col, int end);

/* "today", "12 days ago" */
void age_words(char *out, size_t cap, int64_t then, int64_t now);

/* "root-ca-c, last seen 2026-10-01: Its user PIN is blocked."; but: a serial that need not be named. */
#define ATTENTION_WORDS_MAX (FLEET_LABEL_MAX + sizeof(((struct fleet_attention *)NULL)->words) + 80)
void attention_words(const struct ui *ui, const struct fleet_attention *a, const char *but, char *out, size_t cap);

/* "2, proven" */
void backup_words(char *out, size_t cap, const struct fleet_object *o);

#endif
