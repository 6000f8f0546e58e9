#include "tui/command/given.h"

#include <stdio.h>
#include <string.h>

#include "tui/command/questions.h"

/* Which of the nameless words are the question's: from *ret_first on, one, or with ASK_FILES all that follow. */
static bool words_of(const struct procedure *p, const struct question *q, size_t *ret_first)
{
	*ret_first = 0;
	for (size_t i = 0; procedure_question(p, i) != NULL; i++) {
		const struct question *other = procedure_question(p, i);

		if (strcmp(other->name, q->name) == 0)
			return other->positional;
		if (other->positional)
			++*ret_first;
	}
	return false;
}

const char *given_value(const struct args *a, const struct procedure *p, const struct question *q, unsigned index)
{
	char name[OPTION_NAME_MAX], other[OPTION_NAME_MAX];
	size_t first, word = 0;
	bool words = words_of(p, q, &first), two;

	question_option(q, name);
	two = question_also(q, other);
	for (size_t i = 0; i < a->n_options; i++) {
		const struct option *o = &a->options[i];
		bool mine = strcmp(o->name, name) == 0 || (two && strcmp(o->name, other) == 0);

		if (o->name[0] == '\0') {
			mine = words && word >= first && (q->ask == ASK_FILES || word == first);
			word++;
		}
		if (mine && index-- == 0)
			return o->value;
	}
	return NULL;
}

/* Elsewhere it would be standard input or output; here it would be a file that nobody meant. */
static enum status no_dash(const char *file, struct fault *f)
{
	return strcmp(file, "-") != 0 ? ST_OK :
		fault_set(f, ST_USAGE, "\"-\" is not taken for a file. One of that name is ./- here; what is exported goes to standard "
			  "output where no file is named. Nothing was done.");
}

static bool is_file(const struct question *q)
{
	return q->ask == ASK_FILE || q->ask == ASK_NEW_FILE || q->ask == ASK_FILES || ask_is_secret(q->ask);
}

/* No file of any option is "-", whether the option turns out to be of use or not. */
static enum status dashes(const struct args *a, const struct procedure *p, struct fault *f)
{
	const struct question *q;
	const char *file;
	enum status st = ST_OK;

	for (size_t i = 0; st == ST_OK && (q = procedure_question(p, i)) != NULL; i++) {
		for (unsigned n = 0; st == ST_OK && is_file(q) && (file = given_value(a, p, q, n)) != NULL; n++)
			st = no_dash(file, f);
	}
	return st;
}

/* What can be said once, and was said twice, is not silently the first or the last of them. */
static enum status said_once(const struct args *a, const struct procedure *p, struct fault *f)
{
	for (const struct page *page = p->pages; page->name != NULL; page++) {
		for (const struct question *q = page->questions; q != NULL && q->name != NULL; q++) {
			char name[OPTION_NAME_MAX];

			if (q->ask == ASK_FILES || q->ask == ASK_OBJECTS || q->ask == ASK_DEVICE || page->repeat != NULL)
				continue;
			question_option(q, name);
			if (given_value(a, p, q, 1) != NULL)
				return fault_set(f, ST_USAGE, "--%s was given twice. Nothing was done.", name);
		}
	}
	return ST_OK;
}

enum status given_fits(const struct args *a, const struct procedure *p, struct fault *f)
{
	enum status st = said_once(a, p, f);

	return st == ST_OK ? dashes(a, p, f) : st;
}
