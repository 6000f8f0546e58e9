#include "tui/command/args.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/words.h"
#include "tui/command/command.h"
#include "tui/command/questions.h"

/* What every command takes: a text or a flag. struct args begins with a text, so a flag never has the offset 0. */
static const struct global {
	const char *name;
	size_t text, flag;    /* offsets in struct args; flag 0: it is a text */
	bool bare;            /* may stand without a value, which must then follow an equals sign */
	bool filled;          /* a script's empty variable does not mean whichever there is */
} globals[] = {
	{ .name = "store", .text = offsetof(struct args, store), .filled = true },
	{ .name = "rehearse", .text = offsetof(struct args, rehearse), .bare = true },
	{ .name = "device", .text = offsetof(struct args, device), .filled = true },
	{ .name = "confirm", .text = offsetof(struct args, confirm) },
	{ .name = "lock", .text = offsetof(struct args, lock) },
	{ .name = "json", .flag = offsetof(struct args, json) },
	{ .name = "help", .flag = offsetof(struct args, help) },
	{ .name = "version", .flag = offsetof(struct args, version) },
	{ .name = "words", .flag = offsetof(struct args, words) },
};

struct parser {
	const char *const *argv;
	int argc, at;
	struct args *args;
	struct fault *f;
};

static bool name_is(const char *name, const char *word, size_t len)
{
	return strlen(name) == len && strncmp(name, word, len) == 0;
}

static enum status add(struct parser *p, const char *name, const char *value)
{
	struct option *o = &p->args->options[p->args->n_options++];

	snprintf(o->name, sizeof(o->name), "%s", name);
	o->value = value;
	return ST_OK;
}

/* The value of an option: behind its equals sign, or the next word. */
static const char *value_of(struct parser *p, const char *equals)
{
	if (equals != NULL)
		return equals + 1;
	return p->at < p->argc ? p->argv[p->at++] : NULL;
}

static enum status missing_value(struct parser *p, const char *name)
{
	return fault_set(p->f, ST_USAGE, "--%s needs a value.", name);
}

static enum status take_global(struct parser *p, const struct global *g, const char *equals)
{
	char *base = (char *)p->args;
	const char *value;

	if (g->flag != 0) {
		if (equals != NULL)
			return fault_set(p->f, ST_USAGE, "--%s takes no value.", g->name);
		*(bool *)(void *)(base + g->flag) = true;
		return ST_OK;
	}
	value = g->bare && equals == NULL ? "" : value_of(p, equals);
	if (value == NULL || (g->filled && value[0] == '\0'))
		return missing_value(p, g->name);
	if (*(const char **)(void *)(base + g->text) != NULL)
		return fault_set(p->f, ST_USAGE, "--%s was given twice.", g->name);
	*(const char **)(void *)(base + g->text) = value;
	return ST_OK;
}

static enum status take_option(struct parser *p, const char *word)
{
	const char *equals = strchr(word, '=');
	size_t len = equals != NULL ? (size_t)(equals - word) : strlen(word);
	struct command_option o;

	for (size_t i = 0; i < sizeof(globals) / sizeof(globals[0]); i++) {
		if (name_is(globals[i].name, word, len))
			return take_global(p, &globals[i], equals);
	}
	if (p->args->command == NULL)
		return fault_set(p->f, ST_USAGE, "--%.*s is not an option of keyroom, or it stands before its command.", (int)len,
				 word);
	for (size_t i = 0; command_option(p->args->command, i, &o); i++) {
		const char *value = "";

		if (!name_is(o.name, word, len))
			continue;
		if (o.value != NULL)
			value = value_of(p, equals);
		else if (equals != NULL)
			return fault_set(p->f, ST_USAGE, "--%s takes no value.", o.name);
		return value != NULL ? add(p, o.name, value) : missing_value(p, o.name);
	}
	return fault_set(p->f, ST_USAGE, "--%.*s is not an option of \"%s\". See keyroom %s --help.", (int)len, word,
			 p->args->command->name, p->args->command->name);
}

static enum status take_command(struct parser *p, const char *word)
{
	const char *second = p->at < p->argc ? p->argv[p->at] : NULL;
	char under[200];
	bool two;

	p->args->command = command_find(word, second, &two);
	if (p->args->command == NULL && command_begins(word) && second == NULL) {
		command_under(word, under, sizeof(under));
		return fault_set(p->f, ST_USAGE, "\"%s\" alone is not a command of keyroom. There is: %s. See keyroom --help.", word,
				 under);
	}
	if (p->args->command == NULL)
		return fault_set(p->f, ST_USAGE, command_begins(word) && second != NULL ?
				 N_("\"%s %s\" is not a command of keyroom. See keyroom --help.") :
				 N_("\"%s\" is not a command of keyroom. See keyroom --help."), word, second);
	if (two)
		p->at++;
	return ST_OK;
}

static enum status take_word(struct parser *p, const char *word)
{
	if (p->args->command == NULL)
		return take_command(p, word);
	if (args_count(p->args, "") >= command_words_max(p->args->command))
		return fault_set(p->f, ST_USAGE, "\"%s\" is one word too many for \"%s\". See keyroom %s --help.", word,
				 p->args->command->name, p->args->command->name);
	return add(p, "", word);
}

enum status args_parse(int argc, const char *const *argv, struct args *ret, struct fault *f)
{
	struct args a = { 0 };
	struct parser p = { .argv = argv, .argc = argc, .at = 1, .args = &a, .f = f };
	enum status st = ST_OK;
	bool plain = false;

	a.options = calloc((size_t)argc + 1, sizeof(*a.options));
	if (a.options == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	while (st == ST_OK && p.at < argc) {
		const char *word = argv[p.at++];

		if (plain || word[0] != '-' || word[1] == '\0')
			st = take_word(&p, word);
		else if (strcmp(word, "--") == 0)
			plain = true;
		else if (word[1] == '-')
			st = take_option(&p, word + 2);
		else if (strcmp(word, "-h") == 0)
			a.help = true;
		else if (strncmp(word, "-d", 2) == 0)
			st = take_global(&p, &globals[2], word[2] != '\0' ? word + 1 : NULL);
		else
			st = fault_set(f, ST_USAGE, "%s is not an option of keyroom. See keyroom --help.", word);
	}
	if (st == ST_OK && a.store != NULL && a.rehearse != NULL)
		st = fault_set(f, ST_USAGE, "--store and --rehearse exclude each other: a rehearsal has an inventory of its own.");
	if (st == ST_OK && a.lock != NULL && a.command != NULL)
		st = fault_set(f, ST_USAGE, "--lock is for the console: a command ends by itself.");
	if (st != ST_OK) {
		args_done(&a);
		return st;
	}
	*ret = a;
	return ST_OK;
}

void args_done(struct args *a)
{
	free(a->options);
	*a = (struct args){ 0 };
}

const char *args_option(const struct args *a, const char *name, size_t index)
{
	for (size_t i = 0; i < a->n_options; i++) {
		if (strcmp(a->options[i].name, name) == 0 && index-- == 0)
			return a->options[i].value;
	}
	return NULL;
}

size_t args_count(const struct args *a, const char *name)
{
	size_t n = 0;

	while (args_option(a, name, n) != NULL)
		n++;
	return n;
}
