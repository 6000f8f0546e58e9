/* What the line shows to a person: everything here goes to stderr, wrapped to the terminal. stdout is for results. */
#ifndef TUI_COMMAND_PRINT_H
#define TUI_COMMAND_PRINT_H

#include <stdbool.h>
#include <stddef.h>

#include "tui/wizard/prose.h"

struct run_progress;

void print_line(enum prose_role role, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* All of it, or the warnings alone: a script reads those and nothing else. */
void print_prose(const struct prose *p, bool warnings_only);

/* One line that is written over: step, elapsed, usual. NULL ends it. For a terminal only. */
void print_progress(const struct run_progress *now);

#endif
