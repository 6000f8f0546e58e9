/*
 * The screens that a digit leads to, in one table: from any screen but a procedure's, and each of them replaces the one
 * before it. A new one is one file, one row here, one picture in tests/console/golden, one paragraph in the manual.
 */
#ifndef TUI_CONSOLE_SCREENS_H
#define TUI_CONSOLE_SCREENS_H

#include "tui/console/ui.h"

struct screen_row {
	uint32_t key;                               /* the digit */
	const char *name;                           /* its ops->name */
	const char *title;
	const char *help;                           /* a sentence: of the list of keys in help and manual */
	struct screen *(*make)(struct ui *ui);      /* NULL: the main screen, which is always there */
};

extern const struct screen_row screens[];   /* until key is 0 */

/* Goes there. key 0: to the one after the one that is shown, where the footer was clicked. */
void screens_go(struct ui *ui, uint32_t key);

/* Is a procedure on the stack, or the lock? Then no digit leads away from it. */
bool screens_locked(const struct ui *ui);

#endif
