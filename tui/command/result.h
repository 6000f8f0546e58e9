/* What a procedure gives on stdout when it is done: what it exports, or with --json one object. */
#ifndef TUI_COMMAND_RESULT_H
#define TUI_COMMAND_RESULT_H

#include <stdbool.h>

#include "engine/base/error.h"
#include "tui/command/args.h"

struct run;

/* Names each key that could not be wrapped or restored, and why, on stderr; true where that are all, so that all is said. */
bool result_tell_failed(const struct run *r);

enum status result_show(const struct run *r, const struct args *a, struct fault *f);

#endif
