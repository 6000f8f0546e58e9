/* The main screen, inside: main_screen.c changes it, main_draw.c draws it. */
#ifndef TUI_CONSOLE_MAIN_SCREEN_H
#define TUI_CONSOLE_MAIN_SCREEN_H

#include "tui/console/edit.h"
#include "tui/console/lists.h"

struct main_screen {
	struct screen s;
	int pane;
	struct rows rows[PANES];
	size_t cursor[PANES];
	unsigned order[PANES];   /* lists.h */
	/* What the cursors stand on, so that they stay there when rows come and go. */
	char serial[24], reader[READER_NAME_MAX];
	unsigned fid;
	enum fleet_type type;
	struct edit filter[PANES];
	bool filtering;
	size_t here;   /* how many devices were here when last drawn: the first one that comes takes the cursor */
};

static inline const struct main_screen *main_peek(const struct screen *s)
{
	return (const struct main_screen *)s;
}

/* What the cursors stand on; NULL where there is nothing. */
const struct fleet_device *main_device(const struct main_screen *m);
const struct fleet_object *main_objects(const struct main_screen *m, size_t *ret_n);
/* The most urgent one; NULL: none. ret_n: how many there are; may be NULL. */
const struct fleet_attention *main_attention(const struct main_screen *m, size_t *ret_n);

void main_draw(const struct screen *s, struct area a);

#endif
