/* One line of text being typed. Not for secrets. */
#ifndef TUI_CONSOLE_EDIT_H
#define TUI_CONSOLE_EDIT_H

#include "tui/console/grid.h"

#define EDIT_BYTES 1024

struct edit {
	char text[EDIT_BYTES];   /* clean UTF-8 (engine/base/text.h) */
	size_t n;                /* bytes */
	size_t at;               /* the cursor, in bytes */
	size_t max;              /* characters */
};

void edit_init(struct edit *e, size_t max);        /* max 0: as many as there is room for */
void edit_set(struct edit *e, const char *text);   /* cut to what fits; the cursor behind it */
bool edit_key(struct edit *e, uint32_t key);       /* false: not a key for a field */

/* Over the width of a's first row, scrolled so that the cursor is in sight. focus: it has the terminal's cursor. */
void edit_draw(struct area a, const struct edit *e, bool focus);

#endif
