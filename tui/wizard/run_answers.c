/* What was answered. Texts are never changed in place, and an answer, once made, stays where it is until the run ends. */
#include <stdlib.h>
#include <string.h>

#include "engine/base/words.h"
#include "engine/card/pin.h"
#include "tui/wizard/runner.h"

#define PASSWORD_CAP 128

struct old_text {
	struct old_text *next;
	char *text;
};

const struct question *run_find_question(const struct procedure *p, const char *name)
{
	for (const struct page *page = p->pages; page && page->name; page++) {
		for (const struct question *q = page->questions; q && q->name; q++) {
			if (strcmp(q->name, name) == 0)
				return q;
		}
	}
	return NULL;
}

const struct question *run_find_ask(const struct procedure *p, enum ask ask)
{
	for (const struct page *page = p->pages; page && page->name; page++) {
		for (const struct question *q = page->questions; q && q->name; q++) {
			if (q->ask == ask)
				return q;
		}
	}
	return NULL;
}

const char *run_other(const struct run *r)
{
	const struct question *q = run_find_ask(r->p, ASK_OTHER);

	return q ? run_get(r, q->name, 0) : "";
}

bool question_is_asked(const struct run *r, const struct question *q, unsigned index)
{
	return !q->asked || q->asked(r, index);
}

/* Under the lock. */
static struct answer *find(const struct run *r, const char *question, unsigned index)
{
	for (struct answer *a = r->answers; a; a = a->next) {
		if (a->index == index && strcmp(a->question->name, question) == 0)
			return a;
	}
	return NULL;
}

/* Under the lock. */
static struct answer *make(struct run *r, const struct question *q, unsigned index)
{
	struct answer *a = find(r, q->name, index);

	if (a)
		return a;
	a = calloc(1, sizeof(*a));
	if (!a)
		return NULL;
	a->question = q;
	a->index = index;
	a->next = r->answers;
	r->answers = a;
	return a;
}

static bool keep_old(struct answer *a)
{
	struct old_text *o;

	if (!a->text)
		return true;
	o = calloc(1, sizeof(*o));
	if (!o)
		return false;
	o->text = a->text;
	o->next = a->old;
	a->old = o;
	a->text = NULL;
	return true;
}

static bool on_page_at_work(const struct run *r, const char *question)
{
	const struct page *page = &r->p->pages[r->page];

	for (const struct question *q = page->questions; r->phase == RUN_WORKING && q && q->name; q++) {
		if (strcmp(q->name, question) == 0)
			return true;
	}
	return false;
}

enum status run_set(struct run *r, const char *question, unsigned index, const char *text, struct fault *f)
{
	const struct question *q = run_find_question(r->p, question);
	char *copy;
	enum status st = ST_OK;
	struct answer *a;

	/* What is recorded is the same in every language. */
	if (q && q->ask == ASK_SENTENCE && text && strcmp(text, translated(q->choices[0].words)) == 0)
		text = q->choices[0].value;
	copy = text ? strdup(text) : NULL;
	if (!q || ask_is_secret(q->ask))
		st = fault_set(f, ST_USAGE, "\"%s\" has no answer called \"%s\".", r->p->command, question);
	else if (r->phase == RUN_RUNNING || on_page_at_work(r, question))
		st = fault_set(f, ST_REFUSED, "An answer cannot be changed while it is being used.");
	else if (text && !copy)
		st = fault_set(f, ST_NO_MEMORY, NULL);
	if (st == ST_OK) {
		pthread_mutex_lock(r->lock);
		a = make(r, q, index);
		if (a && keep_old(a))
			a->text = STEAL(copy);
		else
			st = fault_set(f, ST_NO_MEMORY, NULL);
		pthread_mutex_unlock(r->lock);
	}
	free(copy);
	return st;
}

const char *run_get(const struct run *r, const char *question, unsigned index)
{
	pthread_mutex_t *lock = r->lock;
	const struct answer *a;
	const char *text;

	pthread_mutex_lock(lock);
	a = find(r, question, index);
	text = a && a->text ? a->text : "";
	pthread_mutex_unlock(lock);
	return text;
}

bool run_is(const struct run *r, const char *question, const char *text)
{
	return strcmp(run_get(r, question, 0), text) == 0;
}

long run_number(const struct run *r, const char *question, long otherwise)
{
	const char *text = run_get(r, question, 0);
	char *end;
	long n;

	if (!text[0])
		return otherwise;
	n = strtol(text, &end, 10);
	return *end ? otherwise : n;
}

unsigned run_count(const struct run *r, const char *question)
{
	unsigned n = 0;

	while (run_get(r, question, n)[0])
		n++;
	return n;
}

size_t question_secret_max(const struct question *q)
{
	if (q->max > 0)
		return q->max;
	if (q->ask == ASK_SO_PIN)
		return PIN_SO_DIGITS;
	return q->ask == ASK_PIN ? PIN_USER_MAX_OLD : PASSWORD_CAP;
}

struct secret *run_secret(struct run *r, const char *question, unsigned index)
{
	const struct question *q = run_find_question(r->p, question);
	struct secret *s = NULL;
	struct answer *a;

	if (!q || !ask_is_secret(q->ask))
		return NULL;
	pthread_mutex_lock(r->lock);
	a = make(r, q, index);
	/* One more than it may have: what is too long is seen to be so, and is not cut to another secret. */
	if (a && !a->secret)
		a->secret = secret_new(question_secret_max(q) + 1);
	if (a)
		s = a->secret;
	pthread_mutex_unlock(r->lock);
	return s;
}

const struct secret *run_secret_typed(const struct run *r, const char *question, unsigned index)
{
	const struct answer *a;
	const struct secret *s;

	pthread_mutex_lock(r->lock);
	a = find(r, question, index);
	s = a && a->secret && secret_len(a->secret) > 0 ? a->secret : NULL;
	pthread_mutex_unlock(r->lock);
	return s;
}

void answers_erase_secrets(struct run *r)
{
	for (struct answer *a = r->answers; a; a = a->next) {
		if (a->secret)
			secret_wipe(a->secret);
	}
}

void answers_free(struct run *r)
{
	while (r->answers) {
		struct answer *a = r->answers;

		r->answers = a->next;
		while (a->old) {
			struct old_text *o = a->old;

			a->old = o->next;
			free(o->text);
			free(o);
		}
		secret_free(a->secret);
		free(a->text);
		free(a);
	}
}
