/* Jobs over a source of readers and cards that are made up here; for one test program. */
#ifndef TESTS_UNIT_JOBS_HELP_H
#define TESTS_UNIT_JOBS_HELP_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/clock.h"
#include "engine/card/card.h"
#include "engine/jobs/jobs.h"
#include "tests/check.h"

#define PATIENCE_MS 5000

struct fake {
	struct source source;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool news, cancelled;
	enum status st;
	struct reader readers[3];
	size_t n;
	atomic_uint opened, closed, locals, locals_freed, waits, rests;
	atomic_bool busy, given_up;   /* who begins with a card waits for another program */
};

struct card {
	struct fake *fake;
	unsigned changes;
};

enum status card_open(struct source *s, const char *reader, struct card **ret, struct fault *f)
{
	struct fake *k = (struct fake *)s;
	struct card *c;

	for (size_t i = 0; i < k->n; i++) {
		if (strcmp(k->readers[i].name, reader) == 0 && k->readers[i].state == READER_CARD) {
			c = calloc(1, sizeof(*c));
			assert_non_null(c);
			c->fake = k;
			c->changes = k->readers[i].changes;
			atomic_fetch_add(&k->opened, 1);
			*ret = c;
			return ST_OK;
		}
	}
	return fault_set(f, ST_NO_CARD, NULL);
}

void card_close(struct card *c)
{
	if (!c)
		return;
	atomic_fetch_add(&c->fake->closed, 1);
	free(c);
}

static enum status fake_list(struct source *s, struct reader **ret, size_t *ret_n, struct fault *f)
{
	struct fake *k = (struct fake *)s;
	enum status st;

	pthread_mutex_lock(&k->lock);
	st = k->st;
	k->news = false;
	if (st == ST_OK) {
		*ret = calloc(k->n + 1, sizeof(**ret));
		memcpy(*ret, k->readers, k->n * sizeof(**ret));
		*ret_n = k->n;
	} else {
		fault_set(f, st, NULL);
	}
	pthread_mutex_unlock(&k->lock);
	return st;
}

static enum status fake_wait(struct source *s, int timeout_ms, struct fault *f)
{
	struct fake *k = (struct fake *)s;

	(void)timeout_ms;
	(void)f;
	atomic_fetch_add(&k->waits, 1);
	pthread_mutex_lock(&k->lock);
	while (!k->news && !k->cancelled)
		pthread_cond_wait(&k->changed, &k->lock);
	k->cancelled = false;
	pthread_mutex_unlock(&k->lock);
	return ST_OK;
}

static void fake_cancel(struct source *s)
{
	struct fake *k = (struct fake *)s;

	pthread_mutex_lock(&k->lock);
	k->cancelled = true;
	pthread_cond_broadcast(&k->changed);
	pthread_mutex_unlock(&k->lock);
}

static void fake_give_up(struct source *s, const char *reader)
{
	struct fake *k = (struct fake *)s;

	(void)reader;
	atomic_store(&k->given_up, atomic_load(&k->busy));
}

static void fake_rest(struct source *s)
{
	atomic_fetch_add(&((struct fake *)s)->rests, 1);
}

static const struct source_ops fake_ops = {
	.list = fake_list, .wait = fake_wait, .cancel = fake_cancel, .rest = fake_rest, .give_up = fake_give_up,
};

static void tell(struct fake *k, enum status st, enum reader_state state, unsigned changes)
{
	pthread_mutex_lock(&k->lock);
	k->st = st;
	k->readers[0].state = state;
	k->readers[0].changes = changes;
	k->news = true;
	pthread_cond_broadcast(&k->changed);
	pthread_mutex_unlock(&k->lock);
}

static enum status local_new(void *ctx, void **ret, struct fault *f)
{
	struct fake *k = ctx;

	(void)f;
	atomic_fetch_add(&k->locals, 1);
	*ret = k;
	return ST_OK;
}

static void local_free(void *local)
{
	struct fake *k = local;

	atomic_fetch_add(&k->locals_freed, 1);
}

/* The next event of this job, or of the readers where job is 0; others are dropped. */
static void expect(struct jobs *j, unsigned job, enum job_event_type type, struct job_event *ret)
{
	do
		assert_true(jobs_wait(j, PATIENCE_MS, ret));
	while (ret->job != job || ret->type != type);
}

static void fake_init(struct fake *k, unsigned workers, struct jobs_config *ret)
{
	*ret = (struct jobs_config){ .source = &k->source, .workers = workers, .thread_new = local_new, .thread_free = local_free,
				     .thread_ctx = k };
	memset(k, 0, sizeof(*k));
	k->source.ops = &fake_ops;
	pthread_mutex_init(&k->lock, NULL);
	pthread_cond_init(&k->changed, NULL);
	strcpy(k->readers[0].name, "Reader A");
	k->readers[0].state = READER_CARD;
	strcpy(k->readers[1].name, "Reader B");
	k->readers[1].state = READER_CARD;
	strcpy(k->readers[2].name, "Reader C");
	k->n = 3;
}

static struct jobs *start(struct fake *k, unsigned workers)
{
	struct jobs_config config;
	struct jobs *j = NULL;
	struct job_event e;
	struct fault f;

	fake_init(k, workers, &config);
	assert_int_equal(jobs_new(&config, &j, &f), ST_OK);
	expect(j, 0, JOBS_READERS, &e);   /* the first list */
	return j;
}

#endif
