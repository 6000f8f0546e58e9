/* A procedure on the line: its questions answered from options, from files, or by a person at the terminal. */
#ifndef TUI_COMMAND_ASK_H
#define TUI_COMMAND_ASK_H

#include "engine/base/error.h"
#include "tui/command/command.h"
#include "tui/wizard/wizard.h"

/*
 * Takes a run from its first page to its end. What a page, the review and the outcome say goes to stderr; the run itself is
 * left for the caller to show. On failure *f is what the person is told.
 */
enum status ask_run(const struct here *h, struct run *r, struct fault *f);

#endif
