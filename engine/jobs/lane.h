/*
 * The inside of engine/jobs. A lane is a queue and the threads that empty it: one thread for a card's lane, several for
 * the lane without a card. Everything here is under jobs.lock unless said otherwise.
 */
#ifndef ENGINE_JOBS_LANE_H
#define ENGINE_JOBS_LANE_H

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "engine/jobs/jobs.h"

#define LANE_THREADS_MAX 16

/* Events are parts of what they tell of, so that posting one cannot fail. A newer one of the same kind takes its place. */
struct event {
	struct event *next;
	bool queued;
	struct job *job;       /* NULL with JOBS_READERS */
	struct job_event what;
};

struct job {
	struct job *next;      /* in its lane's queue */
	struct job *next_alive;
	struct jobs *jobs;
	const struct lane *lane;
	unsigned number;
	job_fn *fn;
	void *ctx;
	bool running;
	atomic_bool cancelled;
	struct event progress, done;
};

struct lane {
	struct lane *next;
	struct jobs *jobs;
	char reader[READER_NAME_MAX];   /* empty: without a card */
	struct job *head, **tail;
	pthread_cond_t wake;
	pthread_t threads[LANE_THREADS_MAX];
	unsigned n_threads;
};

struct jobs {
	struct jobs_config config;
	pthread_mutex_t lock;
	pthread_cond_t listed_or_stopping, a_job_is_done;
	int fd;
	struct event *first, **last;
	struct event readers_event;
	struct reader *readers;
	size_t n_readers;
	struct fault readers_fault;     /* st is ST_OK where the readers could be listed */
	bool listed, stopping;
	struct lane *lanes;
	struct job *alive;
	unsigned last_number;
	pthread_t watcher;
	bool watching;
};

/* The lane of this reader, with its threads; NULL where there is no memory or no thread for it. */
struct lane *lane_of(struct jobs *j, const char *reader);
void lane_put(struct lane *lane, struct job *job);
/* A job of this lane that waits for another program to let go of the card stops waiting. */
void lane_give_up(const struct lane *lane);
/* After stopping was set: waits for the threads. Not under the lock. */
void lane_join(struct lane *lane);

/* What the readers' list says of this one; false where it is not in it. */
bool watch_changes(const struct jobs *j, const char *reader, unsigned *ret);
void *watch_main(void *jobs);   /* the watcher's thread */

void jobs_post(struct jobs *j, struct event *e);
struct timespec jobs_soon(void);   /* when to say again what only somebody who waits already hears: in 20 ms */

#endif
