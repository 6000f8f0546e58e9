/*
 * The full-screen console. Everything is drawn from the state of the screens; the terminal belongs to the console from
 * console_run() until it returns, and is as it was before on every way out.
 */
#ifndef TUI_CONSOLE_CONSOLE_H
#define TUI_CONSOLE_CONSOLE_H

#include <stdint.h>

#include "engine/base/error.h"

struct env;
struct fleet;
struct source;

/*
 * The signals that the console reads from a descriptor (WINCH, TSTP, CONT, TERM, HUP, INT, QUIT) must reach no other
 * thread: main() calls this before it starts any.
 */
void console_block_signals(void);

/*
 * Until the person quits or the terminal goes away; both are ST_OK. source serves the keys of a rehearsal (plug in, pull
 * out, add a card) and may be NULL. Nothing is owned. lock_ms: it locks itself after so long without a key; 0: never.
 * ST_USAGE: no terminal, or one that cannot be used.
 */
enum status console_run(const struct env *env, struct fleet *fleet, struct source *source, int64_t lock_ms, struct fault *f);

#endif
