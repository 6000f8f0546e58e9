/*
 * What a thread does: take the next job, have ready what it needs, run it, tell of it. A card stays open between jobs,
 * in no transaction, until it is taken out, is no longer the one that was opened, or a job reports it gone.
 */
#include "engine/jobs/lane.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "engine/card/card.h"

/* What one thread has for itself. */
struct lane_thread {
	struct lane *lane;
	struct card *card;
	unsigned changes;      /* of the reader, when the card was opened */
	bool has_local;
	void *local;
};

static bool card_is_stale(const struct lane_thread *t)
{
	const struct jobs *j = t->lane->jobs;
	unsigned now;

	if (!t->card || j->readers_fault.st != ST_OK)
		return false;
	return !watch_changes(j, t->lane->reader, &now) || now != t->changes;
}

static void drop_card(struct lane_thread *t)
{
	if (t->card)
		card_close(t->card);
	t->card = NULL;
}

static enum status have_card(struct lane_thread *t, struct fault *f)
{
	struct jobs *j = t->lane->jobs;

	if (!t->lane->reader[0] || t->card)
		return ST_OK;
	if (!j->config.source)
		return fault_set(f, ST_NO_READER, NULL);
	pthread_mutex_lock(&j->lock);
	while (!j->listed && !j->stopping)
		pthread_cond_wait(&j->listed_or_stopping, &j->lock);
	if (!watch_changes(j, t->lane->reader, &t->changes))
		t->changes = 0;
	pthread_mutex_unlock(&j->lock);
	return card_open(j->config.source, t->lane->reader, &t->card, f);
}

static enum status have_local(struct lane_thread *t, struct fault *f)
{
	const struct jobs_config *config = &t->lane->jobs->config;
	enum status st;

	if (t->has_local || !config->thread_new)
		return ST_OK;
	st = config->thread_new(config->thread_ctx, &t->local, f);
	t->has_local = st == ST_OK;
	return st;
}

static enum status run_job(struct lane_thread *t, struct job *job, struct fault *f)
{
	enum status st;

	if (job_cancelled(job))
		return fault_set(f, ST_CANCELLED, NULL);
	st = have_local(t, f);
	if (st == ST_OK)
		st = have_card(t, f);
	if (st == ST_OK)
		st = job->fn(job, t->card, t->local, job->ctx, f);
	/* A connection that was given up is good for nothing. */
	if (st == ST_CARD_GONE || st == ST_READER_BUSY)
		drop_card(t);
	return st == ST_READER_BUSY && job_cancelled(job) ? fault_set(f, ST_CANCELLED, NULL) : st;
}

/* Not under the lock: one job from its beginning to its last event. */
static void do_job(struct lane_thread *t, struct job *job)
{
	struct jobs *j = t->lane->jobs;
	struct job_event *what = &job->done.what;

	what->fault.tries_left = -1;
	what->st = run_job(t, job, &what->fault);
	if (what->st == ST_OK)
		memset(&what->fault, 0, sizeof(what->fault));
	else if (what->fault.st != what->st)
		fault_set(&what->fault, what->st, NULL);
	pthread_mutex_lock(&j->lock);
	/* Once the lock is given back the job may be gone: its owner has had the event. */
	jobs_post(j, &job->done);
	pthread_cond_broadcast(&j->a_job_is_done);
	pthread_mutex_unlock(&j->lock);
}

static struct job *take(struct lane *lane)
{
	struct job *job = lane->head;

	if (job) {
		lane->head = job->next;
		job->running = true;
		if (!lane->head)
			lane->tail = &lane->head;
	}
	return job;
}

static void *lane_main(void *arg)
{
	struct lane_thread t = { .lane = arg };
	struct jobs *j = t.lane->jobs;

	pthread_mutex_lock(&j->lock);
	for (;;) {
		bool stale = card_is_stale(&t);
		struct job *job = stale ? NULL : take(t.lane);

		if (stale || job) {
			pthread_mutex_unlock(&j->lock);
			if (stale)
				drop_card(&t);
			else
				do_job(&t, job);
			pthread_mutex_lock(&j->lock);
		} else if (j->stopping) {
			break;
		} else {
			pthread_cond_wait(&t.lane->wake, &j->lock);
		}
	}
	pthread_mutex_unlock(&j->lock);
	drop_card(&t);
	if (t.has_local && j->config.thread_free)
		j->config.thread_free(t.local);
	return NULL;
}

struct lane *lane_of(struct jobs *j, const char *reader)
{
	struct lane *lane;
	unsigned wanted = reader[0] ? 1 : j->config.workers;
	sigset_t all, before;

	for (lane = j->lanes; lane; lane = lane->next) {
		if (strcmp(lane->reader, reader) == 0)
			return lane;
	}
	if (strlen(reader) >= sizeof(lane->reader))
		return NULL;
	lane = calloc(1, sizeof(*lane));
	if (!lane)
		return NULL;
	memcpy(lane->reader, reader, strlen(reader) + 1);
	lane->jobs = j;
	lane->tail = &lane->head;
	pthread_cond_init(&lane->wake, NULL);
	sigfillset(&all);
	sigdelset(&all, SIGSEGV);   /* else a sanitizer could not say where */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	while (lane->n_threads < wanted &&
	       pthread_create(&lane->threads[lane->n_threads], NULL, lane_main, lane) == 0)
		lane->n_threads++;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (lane->n_threads == 0) {
		pthread_cond_destroy(&lane->wake);
		free(lane);
		return NULL;
	}
	lane->next = j->lanes;
	j->lanes = lane;
	return lane;
}

void lane_put(struct lane *lane, struct job *job)
{
	*lane->tail = job;
	lane->tail = &job->next;
	pthread_cond_signal(&lane->wake);
}

void lane_give_up(const struct lane *lane)
{
	struct source *source = lane->jobs->config.source;

	if (lane->reader[0] && source && source->ops->give_up)
		source->ops->give_up(source, lane->reader);
}

/* give_up() reaches only who waits already, so it is repeated until the thread has come to its end. */
void lane_join(struct lane *lane)
{
	for (unsigned i = 0; i < lane->n_threads; i++) {
		struct timespec until;

		do {
			lane_give_up(lane);
			until = jobs_soon();
		} while (pthread_timedjoin_np(lane->threads[i], NULL, &until) != 0);
	}
}
