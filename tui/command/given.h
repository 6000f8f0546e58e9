/* What the words and options of a command line say to the questions of a procedure. */
#ifndef TUI_COMMAND_GIVEN_H
#define TUI_COMMAND_GIVEN_H

#include "tui/command/args.h"
#include "tui/wizard/wizard.h"

/*
 * The value that an option, or a word without one, gives for this question at this index. NULL where none does. Valid as
 * long as the arguments.
 */
const char *given_value(const struct args *a, const struct procedure *p, const struct question *q, unsigned index);

/* Before anything is asked. ST_USAGE: said twice where once is all that can be, or a file called "-". */
enum status given_fits(const struct args *a, const struct procedure *p, struct fault *f);

#endif
