/* Events, and what the owner calls. The eventfd is readable while the list of events is not empty. */
#include "engine/jobs/jobs.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/clock.h"
#include "engine/jobs/lane.h"

void jobs_post(struct jobs *j, struct event *e)
{
	const uint64_t one = 1;

	if (e->queued)
		return;
	e->queued = true;
	e->next = NULL;
	*j->last = e;
	j->last = &e->next;
	/* Can fail only where the counter is full, and then the descriptor is readable already. */
	if (write(j->fd, &one, sizeof(one)) < 0)
		return;
}

static enum status watch_start(struct jobs *j, struct fault *f)
{
	sigset_t all, before;
	int rc;

	if (!j->config.source) {
		j->listed = true;
		return ST_OK;
	}
	/* Signals are for the thread that owns the terminal. */
	sigfillset(&all);
	sigdelset(&all, SIGSEGV);   /* else a sanitizer could not say where */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&j->watcher, NULL, watch_main, j);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc != 0)
		return fault_set(f, ST_NO_MEMORY, "No thread could be started to watch the readers.");
	j->watching = true;
	return ST_OK;
}

enum status jobs_new(const struct jobs_config *config, struct jobs **ret, struct fault *f)
{
	CLEANUP(jobs_free_guard) struct jobs *j = calloc(1, sizeof(*j));
	enum status st;

	if (!j)
		return fault_set(f, ST_NO_MEMORY, NULL);
	j->config = *config;
	if (j->config.workers < 1)
		j->config.workers = 1;
	if (j->config.workers > LANE_THREADS_MAX)
		j->config.workers = LANE_THREADS_MAX;
	j->last = &j->first;
	j->readers_event.what.type = JOBS_READERS;
	pthread_mutex_init(&j->lock, NULL);
	pthread_cond_init(&j->listed_or_stopping, NULL);
	pthread_cond_init(&j->a_job_is_done, NULL);
	j->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (j->fd < 0)
		return fault_set(f, ST_NO_MEMORY, "This program has too many files open.");
	st = watch_start(j, f);
	if (st != ST_OK)
		return st;
	*ret = STEAL(j);
	return ST_OK;
}

struct timespec jobs_soon(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_nsec += 20000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_nsec -= 1000000000;
		t.tv_sec++;
	}
	return t;
}

/* cancel() reaches only a wait() that has begun, so it is repeated until the watcher has heard it. */
static void watch_stop(struct jobs *j)
{
	if (j->watching && j->config.once) {   /* it does not wait() */
		pthread_join(j->watcher, NULL);
		j->watching = false;
	}
	while (j->watching) {
		struct timespec until;

		j->config.source->ops->cancel(j->config.source);
		until = jobs_soon();
		if (pthread_timedjoin_np(j->watcher, NULL, &until) == 0)
			j->watching = false;
	}
}

void jobs_free(struct jobs *j)
{
	struct lane *lane;

	if (!j)
		return;
	pthread_mutex_lock(&j->lock);
	j->stopping = true;
	for (struct job *job = j->alive; job; job = job->next_alive)
		atomic_store(&job->cancelled, true);
	for (lane = j->lanes; lane; lane = lane->next)
		pthread_cond_broadcast(&lane->wake);
	pthread_cond_broadcast(&j->listed_or_stopping);
	pthread_mutex_unlock(&j->lock);

	watch_stop(j);   /* it looks at the lanes */
	while ((lane = j->lanes) != NULL) {
		j->lanes = lane->next;
		lane_join(lane);
		pthread_cond_destroy(&lane->wake);
		free(lane);
	}
	while (j->alive) {
		struct job *job = j->alive;

		j->alive = job->next_alive;
		free(job);
	}
	if (j->fd >= 0)
		close(j->fd);
	pthread_cond_destroy(&j->listed_or_stopping);
	pthread_cond_destroy(&j->a_job_is_done);
	pthread_mutex_destroy(&j->lock);
	free(j->readers);
	free(j);
}

int jobs_fd(const struct jobs *j)
{
	return j->fd;
}

static void forget(struct jobs *j, struct job *job)
{
	for (struct job **pp = &j->alive; *pp; pp = &(*pp)->next_alive) {
		if (*pp == job) {
			*pp = job->next_alive;
			break;
		}
	}
	free(job);
}

bool jobs_next(struct jobs *j, struct job_event *ret)
{
	struct event *e;

	pthread_mutex_lock(&j->lock);
	e = j->first;
	if (e) {
		j->first = e->next;
		e->queued = false;
		*ret = e->what;
		if (e->what.type == JOBS_DONE)
			forget(j, e->job);
	}
	if (!j->first) {
		uint64_t n;

		j->last = &j->first;
		if (read(j->fd, &n, sizeof(n)) < 0)
			n = 0;   /* it was at zero, which is what is wanted */
	}
	pthread_mutex_unlock(&j->lock);
	return e != NULL;
}

bool jobs_wait(struct jobs *j, int timeout_ms, struct job_event *ret)
{
	int64_t until = timeout_ms < 0 ? 0 : clock_ms() + timeout_ms;

	while (!jobs_next(j, ret)) {
		struct pollfd p = { .fd = j->fd, .events = POLLIN };
		int64_t left = timeout_ms < 0 ? -1 : until - clock_ms();

		if (timeout_ms >= 0 && left <= 0)
			return false;
		if (poll(&p, 1, (int)left) < 0 && errno != EINTR)
			return false;
	}
	return true;
}

enum status jobs_readers(struct jobs *j, struct reader **ret, size_t *ret_n, struct fault *f)
{
	struct reader *copy;
	enum status st = ST_OK;

	pthread_mutex_lock(&j->lock);
	while (!j->listed)
		pthread_cond_wait(&j->listed_or_stopping, &j->lock);
	copy = calloc(j->n_readers + 1, sizeof(*copy));
	if (!copy) {
		st = fault_set(f, ST_NO_MEMORY, NULL);
	} else if (j->readers_fault.st != ST_OK) {
		st = j->readers_fault.st;
		if (f)
			*f = j->readers_fault;
	} else {
		if (j->n_readers > 0)
			memcpy(copy, j->readers, j->n_readers * sizeof(*copy));
		*ret = STEAL(copy);
		*ret_n = j->n_readers;
	}
	pthread_mutex_unlock(&j->lock);
	free(copy);
	return st;
}

unsigned jobs_submit(struct jobs *j, const char *reader, job_fn *fn, void *ctx)
{
	struct job *job = calloc(1, sizeof(*job));
	struct lane *lane;
	unsigned number = 0;

	if (!job)
		return 0;
	job->jobs = j;
	job->fn = fn;
	job->ctx = ctx;
	job->progress.job = job->done.job = job;
	job->progress.what.type = JOBS_PROGRESS;
	job->done.what.type = JOBS_DONE;

	pthread_mutex_lock(&j->lock);
	lane = lane_of(j, reader ? reader : "");
	job->lane = lane;
	if (lane) {
		if (++j->last_number == 0)
			j->last_number = 1;
		number = job->number = job->progress.what.job = job->done.what.job = j->last_number;
		job->next_alive = j->alive;
		j->alive = job;
		lane_put(lane, STEAL(job));
	}
	pthread_mutex_unlock(&j->lock);
	free(job);
	return number;
}

void jobs_cancel(struct jobs *j, unsigned number)
{
	pthread_mutex_lock(&j->lock);
	for (struct job *job = j->alive; job; job = job->next_alive) {
		if (job->number != number)
			continue;
		atomic_store(&job->cancelled, true);
		if (job->running)
			lane_give_up(job->lane);
	}
	pthread_mutex_unlock(&j->lock);
}

static void unpost(struct jobs *j, struct event *e)
{
	struct event **pp = &j->first;

	if (!e->queued)
		return;
	while (*pp != e)
		pp = &(*pp)->next;
	*pp = e->next;
	if (!*pp)
		j->last = pp;
	e->queued = false;
}

void jobs_abandon(struct jobs *j, unsigned number)
{
	struct job *job;

	pthread_mutex_lock(&j->lock);
	for (job = j->alive; job && job->number != number; job = job->next_alive)
		;
	if (job) {
		atomic_store(&job->cancelled, true);
		while (!job->done.queued) {
			struct timespec until = jobs_soon();

			if (job->running)
				lane_give_up(job->lane);
			(void)pthread_cond_timedwait(&j->a_job_is_done, &j->lock, &until);
		}
		unpost(j, &job->progress);
		unpost(j, &job->done);
		forget(j, job);
	}
	pthread_mutex_unlock(&j->lock);
}

void job_progress(struct job *job, unsigned done, unsigned total, const char *note)
{
	struct job_event *what = &job->progress.what;

	pthread_mutex_lock(&job->jobs->lock);
	what->done = done;
	what->total = total;
	memset(what->note, 0, sizeof(what->note));
	if (note)
		strncpy(what->note, note, sizeof(what->note) - 1);
	jobs_post(job->jobs, &job->progress);
	pthread_mutex_unlock(&job->jobs->lock);
}

bool job_cancelled(const struct job *job)
{
	return atomic_load(&job->cancelled);
}
