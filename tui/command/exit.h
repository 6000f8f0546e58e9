/* What a shell sees: COMMANDS.md, "Exit". */
#ifndef TUI_COMMAND_EXIT_H
#define TUI_COMMAND_EXIT_H

#include "engine/base/error.h"

enum exit_code {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_ABSENT = 3,
	EXIT_WRONG_SECRET = 4,
	EXIT_REFUSED = 5,
	EXIT_MISMATCH = 6,
	EXIT_HALFWAY = 7,
};

enum exit_code exit_of(enum status st);

#endif
