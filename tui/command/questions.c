#include "tui/command/questions.h"

#include <stdio.h>
#include <stdint.h>
#include <string.h>

#include "tui/wizard/wizard.h"

const struct question *procedure_question(const struct procedure *p, size_t i)
{
	for (const struct page *page = p->pages; page->name != NULL; page++) {
		for (const struct question *q = page->questions; q != NULL && q->name != NULL; q++) {
			if (i-- == 0)
				return q;
		}
	}
	return NULL;
}

bool procedure_has(const struct procedure *p, enum ask ask)
{
	for (size_t i = 0; procedure_question(p, i) != NULL; i++) {
		if (procedure_question(p, i)->ask == ask)
			return true;
	}
	return false;
}

void question_option(const struct question *q, char out[static OPTION_NAME_MAX])
{
	snprintf(out, OPTION_NAME_MAX, "%s%s", q->name, ask_is_secret(q->ask) ? "-file" : "");
}

bool question_also(const struct question *q, char out[static OPTION_NAME_MAX])
{
	if (q->also == NULL)
		return false;
	snprintf(out, OPTION_NAME_MAX, "%s%s", q->also, ask_is_secret(q->ask) ? "-file" : "");
	return true;
}

bool question_is_shown(const struct procedure *p, size_t i)
{
	const struct question *q = procedure_question(p, i);

	if (q->ask == ASK_DEVICE || q->unlisted)
		return false;
	for (size_t j = 0; j < i; j++) {
		if (strcmp(procedure_question(p, j)->name, q->name) == 0)
			return false;
	}
	return true;
}

static bool has_option(const struct procedure *p, size_t i)
{
	return question_is_shown(p, i) && !procedure_question(p, i)->positional;
}

/* What usage shows behind an option; NULL for a flag. */
static const char *value_words(const struct question *q)
{
	if (ask_is_secret(q->ask))
		return "FILE";
	if (q->ask == ASK_YES || q->ask == ASK_SENTENCE)
		return NULL;
	return q->value != NULL ? q->value : "VALUE";
}

bool command_option(const struct command *c, size_t i, struct command_option *ret)
{
	if (c->procedure == NULL) {
		for (const struct command_option *o = c->options; o != NULL && o->name[0] != '\0'; o++) {
			if (i-- == 0) {
				*ret = *o;
				return true;
			}
		}
		return false;
	}
	for (size_t j = 0; procedure_question(c->procedure, j) != NULL; j++) {
		const struct question *q = procedure_question(c->procedure, j);

		if (!has_option(c->procedure, j))
			continue;
		if (i == 0) {
			*ret = (struct command_option){ .value = value_words(q) };
			ret->needed = q->needed || (!q->optional && q->asked == NULL && q->ask != ASK_YES);
			question_option(q, ret->name);
			return true;
		}
		i--;
		*ret = (struct command_option){ .value = value_words(q), .other_name = true };
		if (question_also(q, ret->name) && i-- == 0)
			return true;
	}
	return false;
}

size_t command_words_max(const struct command *c)
{
	size_t n = 0;

	if (c->procedure == NULL)
		return c->words == NULL ? 0 : strstr(c->words, "...") != NULL ? SIZE_MAX : 1;
	for (size_t i = 0; procedure_question(c->procedure, i) != NULL; i++) {
		const struct question *q = procedure_question(c->procedure, i);

		if (q->positional && q->ask == ASK_FILES)
			return SIZE_MAX;
		if (q->positional)
			n++;
	}
	return n;
}

bool command_begins(const char *word)
{
	size_t len = strlen(word);

	for (size_t i = 0; command_row(i) != NULL; i++) {
		if (strncmp(command_row(i)->name, word, len) == 0 && command_row(i)->name[len] == ' ')
			return true;
	}
	return false;
}

void command_under(const char *word, char *out, size_t cap)
{
	size_t len = strlen(word), n = 0;

	out[0] = '\0';
	for (size_t i = 0; command_row(i) != NULL; i++) {
		const char *name = command_row(i)->name;

		if (strncmp(name, word, len) == 0 && name[len] == ' ' && n + strlen(name) + 3 < cap)
			n += (size_t)snprintf(out + n, cap - n, "%s%s", n > 0 ? ", " : "", name);
	}
}
