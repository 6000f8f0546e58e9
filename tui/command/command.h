/*
 * The commands of the line: a row is a query, which shows something, or a procedure of tui/wizard, whose questions are its
 * options. Usage, completion and the dispatch read these rows.
 */
#ifndef TUI_COMMAND_COMMAND_H
#define TUI_COMMAND_COMMAND_H

#include <stdbool.h>
#include <stdio.h>

#include "engine/base/error.h"
#include "tui/command/args.h"

struct env;
struct fleet;
struct procedure;

/* How long a card may take to be found and read before the line gives up. */
#define SCAN_TIMEOUT_MS 120000

struct command_option {
	char name[OPTION_NAME_MAX];   /* without its dashes */
	const char *value;            /* as usage shows it; NULL for a flag */
	bool needed;
	bool other_name;              /* of an option that stands before it */
};

/* What a query needs before it runs; a procedure says so itself. */
enum need { NEED_NOTHING, NEED_STORE, NEED_READERS, NEED_DEVICE };

struct here {
	const struct args *args;
	const struct env *env;               /* its store is NULL where store_fault says why: command_goes_without() */
	struct fleet *fleet;                 /* NULL below NEED_READERS */
	const char *store_path;
	const struct fault *store_fault;
};

struct command {
	const char *name;                          /* "journal verify": one or two words */
	const char *summary;
	const struct procedure *procedure;         /* or the members below */
	enum need need;
	bool without_store;                        /* it shows what it can where the inventory cannot be opened */
	const struct command_option *options;      /* until name is ""; may be NULL */
	const char *words;                         /* positional arguments, as usage shows them; NULL: none */
	enum status (*show)(const struct here *h, struct fault *f);
};

/* All commands, sorted as the manual has them; NULL past the end. */
const struct command *command_row(size_t i);
const struct command *command_find(const char *first, const char *second, bool *ret_two_words);

/* Runs a->command and returns what the shell gets. All that goes wrong has then been said on stderr. */
int command_run(const struct here *h);

/* What the command needs: a procedure's own is found from its questions. */
enum need command_need(const struct command *c);
/* Does it go on where the inventory cannot be opened, having said so? */
bool command_goes_without(const struct command *c);
/* Does it show something, and nothing else? */
bool command_only_shows(const struct command *c);

void usage_print(FILE *out, const struct command *c);   /* NULL: all of them */
void usage_words(FILE *out);   /* one command or option a line, for completion and the manual's check */

/* One failure, one message, on stderr. */
void command_complain(const struct fault *f);

#endif
