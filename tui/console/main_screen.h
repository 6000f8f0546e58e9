/* The main screen, inside: main_screen.c changes it, main_draw.c draws it. */
#ifndef TUI_CONSOLE_MAIN_SCREEN_H
#define TUI_CONSOLE_MAIN_SCREEN_H

#include "tui/console/edit.h"
#include "tui/console/lists.h"

#define MARKS_MAX 64   /* as many objects as one procedure takes */

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
	struct { enum fleet_type type; unsigned fid; } mark[MARKS_MAX];
	size_t n_marks;
	char marks_on[24];   /* the device that they are on: none of another */
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

const struct fleet_object *main_object(const struct main_screen *m);

/* main_marks.c: Space and *, and the rows' marks, after they were made anew. */
void main_mark(struct main_screen *m, bool all);
void main_sync_marks(struct main_screen *m, const struct fleet_object *o, size_t n);
/* What is marked, for a procedure that takes several; of keys alone, the keys among it. The caller's to free(); NULL: memory. */
struct given *main_given(const struct main_screen *m, const struct procedure *p);

void main_draw(const struct screen *s, struct area a);

#endif
