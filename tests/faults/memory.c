/*
 * The walk in which memory runs short. The programs of this folder are linked with --wrap for malloc() and its like, so that
 * all of our own allocations come through here.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/faults/grounds.h"

static atomic_ulong allocations;
static atomic_ulong fail_at;   /* 0: none fails */

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__real_reallocarray(void *p, size_t n, size_t size);
char *__real_strdup(const char *s);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void *__wrap_reallocarray(void *p, size_t n, size_t size);
char *__wrap_strdup(const char *s);

static bool fails(void)
{
	return atomic_fetch_add(&allocations, 1) + 1 == atomic_load(&fail_at);
}

void *__wrap_malloc(size_t n)
{
	return fails() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
	return fails() ? NULL : __real_realloc(p, n);
}

void *__wrap_reallocarray(void *p, size_t n, size_t size)
{
	return fails() ? NULL : __real_reallocarray(p, n, size);
}

char *__wrap_strdup(const char *s)
{
	return fails() ? NULL : __real_strdup(s);
}

/* One run in which allocation n fails; how many there were is returned. */
static unsigned long run_short(const struct walk *w, const struct grounds *g, unsigned long n)
{
	struct stage s;
	struct fault f = { .st = ST_OK };
	unsigned long seen;
	enum status st;

	grounds_copy(g);
	stage_open(&s, g->now, w->cards, w->firmware);
	atomic_store(&allocations, 0);
	atomic_store(&fail_at, n);
	st = w->drive(&s, &f);
	atomic_store(&fail_at, 0);
	seen = atomic_load(&allocations);
	if (st != ST_OK && n == 0)
		fail_msg("it ended with %s although nothing was done to it: %s", status_name(st), f.what);
	/* As a new start of the program finds it. */
	stage_close(&s);
	stage_open(&s, g->now, w->cards, w->firmware);
	if (st == ST_OK) {
		w->check(&s);
	} else {
		if (w->interrupted)
			w->interrupted(&s, st);
		walk_take_up(w, &s, "allocation", n);
	}
	stage_close(&s);
	return seen;
}

void walk_memory(const struct walk *w, unsigned long most)
{
	struct grounds g;
	unsigned long total, step;

	grounds_make(&g, w);
	total = run_short(w, &g, 0);
	step = total / most + 1;
	for (unsigned long n = 1; n <= total; n += step)
		(void)run_short(w, &g, n);
	print_message("# %lu allocations, every %lu. failed\n", total, step);
	grounds_drop(&g);
}
