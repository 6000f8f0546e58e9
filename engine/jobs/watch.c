/*
 * The thread that watches the readers: the only one that lists them and waits for them. Where pcscd does not answer it
 * says so once, and looks again every second.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/jobs/lane.h"

#define LOOK_AGAIN_S 1

bool watch_changes(const struct jobs *j, const char *reader, unsigned *ret)
{
	for (size_t i = 0; i < j->n_readers; i++) {
		if (strcmp(j->readers[i].name, reader) == 0) {
			*ret = j->readers[i].changes;
			return true;
		}
	}
	return false;
}

static bool same_list(const struct jobs *j, const struct reader *now, size_t n)
{
	if (j->n_readers != n)
		return false;
	for (size_t i = 0; i < n; i++) {
		const struct reader *a = &j->readers[i], *b = &now[i];

		if (strcmp(a->name, b->name) != 0 || a->state != b->state || a->changes != b->changes ||
		    a->atr_len != b->atr_len || memcmp(a->atr, b->atr, a->atr_len) != 0)
			return false;
	}
	return true;
}

/* Takes over the list, and lets the cards' threads see whether theirs is still the card they opened. */
static void take_list(struct jobs *j, struct reader *now, size_t n, const struct fault *fault)
{
	bool news = !j->listed || fault->st != j->readers_fault.st || !same_list(j, now, n);

	free(j->readers);
	j->readers = now;
	j->n_readers = n;
	j->readers_fault = *fault;
	j->listed = true;
	pthread_cond_broadcast(&j->listed_or_stopping);
	if (!news)
		return;
	for (struct lane *lane = j->lanes; lane; lane = lane->next)
		pthread_cond_broadcast(&lane->wake);
	j->readers_event.what.st = fault->st;
	j->readers_event.what.fault = *fault;
	jobs_post(j, &j->readers_event);
}

static void rest(struct jobs *j)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += LOOK_AGAIN_S;
	while (!j->stopping) {
		if (pthread_cond_timedwait(&j->listed_or_stopping, &j->lock, &until) == ETIMEDOUT)
			break;
	}
}

void *watch_main(void *arg)
{
	struct jobs *j = arg;
	struct source *source = j->config.source;

	pthread_mutex_lock(&j->lock);
	while (!j->stopping) {
		struct reader *now = NULL;
		size_t n = 0;
		struct fault fault = { .st = ST_OK };
		enum status st;

		pthread_mutex_unlock(&j->lock);
		st = source->ops->list(source, &now, &n, &fault);
		if (j->config.once && source->ops->rest)
			source->ops->rest(source);
		pthread_mutex_lock(&j->lock);
		if (st != ST_OK) {
			now = NULL;
			n = 0;
			fault.st = st;
		} else {
			memset(&fault, 0, sizeof(fault));
		}
		take_list(j, now, n, &fault);
		if (j->stopping || j->config.once)
			break;
		if (st == ST_OK) {
			pthread_mutex_unlock(&j->lock);
			st = source->ops->wait(source, -1, &fault);
			pthread_mutex_lock(&j->lock);
		}
		if (st != ST_OK)
			rest(j);
	}
	pthread_mutex_unlock(&j->lock);
	if (j->config.once && j->config.meanwhile)
		j->config.meanwhile();
	return NULL;
}
