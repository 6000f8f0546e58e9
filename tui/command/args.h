/*
 * The words of a command line. Options may stand anywhere, as "--name value" or "--name=value"; "--" ends them. Which
 * names exist, and which of them take a value, comes from the command's row: a procedure's questions, or a query's list.
 */
#ifndef TUI_COMMAND_ARGS_H
#define TUI_COMMAND_ARGS_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/error.h"

struct command;

#define OPTION_NAME_MAX 48

struct option {
	char name[OPTION_NAME_MAX];   /* without its dashes; "" for what stands without a name */
	const char *value;            /* as given, "" for a flag; in argv */
};

struct args {
	/* Before the command is looked at. */
	const char *store;         /* NULL: the usual place */
	const char *rehearse;      /* NULL: real readers; "": the usual folder */
	const char *device;
	const char *confirm;
	const char *lock;          /* of the console: minutes; NULL: as many as usual */
	bool json, help, version;
	bool words;                /* prints what completion needs */

	const struct command *command;   /* NULL: the console */
	struct option *options;          /* of the command, as they stood */
	size_t n_options;
};

/* The texts in ret stand in argv. ST_USAGE with a sentence that names the word. */
enum status args_parse(int argc, const char *const *argv, struct args *ret, struct fault *f);
void args_done(struct args *a);

/* The index-th value of an option, "" for what stands without a name; NULL where it was not given so often. */
const char *args_option(const struct args *a, const char *name, size_t index);
size_t args_count(const struct args *a, const char *name);

#endif
