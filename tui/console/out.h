/*
 * The terminal: puts grids on it, and lends its descriptor for the keyboard. Behind it stands ncurses, for output only: it
 * never sees a key.
 */
#ifndef TUI_CONSOLE_OUT_H
#define TUI_CONSOLE_OUT_H

#include "engine/base/error.h"
#include "tui/console/grid.h"

struct out;

/* Takes the terminal over: whole screen, raw keyboard, no echo. ST_USAGE: none, or one that cannot do it. */
enum status out_open(struct out **ret, struct fault *f);

/* Clears the screen and gives the terminal back as it was. NULL is fine. */
void out_close(struct out *o);
DEFINE_GUARD(struct out, out_close)

int out_fd(const struct out *o);        /* to read the keyboard from */
bool out_utf8(const struct out *o);     /* the keyboard sends UTF-8 */

bool out_mouse(const struct out *o);    /* it reports the mouse now: xterm's SGR reports, maybe older ones */

enum repertoire out_repertoire(const struct out *o);
bool out_shades(const struct out *o);   /* it shows something in reverse, or in colour */

/* How large the terminal is now. A later out_put() expects a grid of this size. */
void out_size(struct out *o, int *ret_rows, int *ret_cols);

/* Sends what differs from the picture before. all: everything, over whatever stands there. */
void out_put(struct out *o, const struct grid *g, bool all);

/* For ^Z: the terminal as the shell had it, with the screen cleared; and back. */
void out_pause(struct out *o);
void out_resume(struct out *o);

#endif
