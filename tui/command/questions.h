/* A command's row, read as options: a query's list, or a procedure's questions. */
#ifndef TUI_COMMAND_QUESTIONS_H
#define TUI_COMMAND_QUESTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "tui/command/command.h"
#include "tui/wizard/wizard.h"

/*
 * The i-th option of a command; false past the end. A secret's is "NAME-file"; what has no name on the line (a device,
 * a file that stands by itself) is left out.
 */
bool command_option(const struct command *c, size_t i, struct command_option *ret);

/* The i-th question of a procedure over all its pages; NULL past the end. */
const struct question *procedure_question(const struct procedure *p, size_t i);

bool procedure_has(const struct procedure *p, enum ask ask);   /* a question of this kind */

/* Has it a place on the line: a device is given by -d, and a question that is asked again brings no new name. */
bool question_is_shown(const struct procedure *p, size_t i);

/* How many words without a name a command takes. */
size_t command_words_max(const struct command *c);

/* Is there a command of two words that begins with this one? */
bool command_begins(const char *word);

/* All of those: "share new, share check". As many as there is room for. */
void command_under(const char *word, char *out, size_t cap);

/* "pin-file" of the question "pin"; the question's own name where it is no secret. */
void question_option(const struct question *q, char out[static OPTION_NAME_MAX]);
/* The other name that its option has; false where there is none. */
bool question_also(const struct question *q, char out[static OPTION_NAME_MAX]);

#endif
