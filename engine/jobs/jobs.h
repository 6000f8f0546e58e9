/*
 * Slow work, away from the screen: one thread for each card, a few for work without a card, and one that watches the
 * readers. What happens comes back as events on one file descriptor, which the console polls beside the keyboard and the
 * command line waits for. A job is a function and its context; nobody here knows what it does.
 *
 * All functions are called from the one thread that owns the jobs, but for job_progress() and job_cancelled(), which a
 * job calls from its own.
 */
#ifndef ENGINE_JOBS_JOBS_H
#define ENGINE_JOBS_JOBS_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/error.h"
#include "engine/base/transport.h"

struct card;
struct jobs;
struct job;

enum job_event_type {
	JOBS_READERS,    /* readers or cards came or went: see jobs_readers() */
	JOBS_PROGRESS,
	JOBS_DONE,       /* the last event of a job; its context is the owner's again */
};

struct job_event {
	enum job_event_type type;
	unsigned job;             /* as jobs_submit() returned it; 0 with JOBS_READERS */
	unsigned done, total;     /* JOBS_PROGRESS; total 0: not known */
	char note[300];           /* JOBS_PROGRESS: a sentence on what is being done, or empty */
	enum status st;           /* JOBS_DONE */
	struct fault fault;       /* JOBS_DONE with st not ST_OK; JOBS_READERS where pcscd does not answer */
};

/*
 * card is open and not in a transaction; NULL for work without a card. local is what thread_new() made on this thread.
 * The card is the thread's: a job keeps no pointer to it. It ends every transaction that it began.
 */
typedef enum status job_fn(struct job *job, struct card *card, void *local, void *ctx, struct fault *f);

struct jobs_config {
	struct source *source;    /* not owned; NULL where there is no card to be used at all */
	unsigned workers;         /* threads for work without a card, at least 1 */
	/* The readers are listed once and not watched: for a look that is over before anybody could change a card. */
	bool once;
	void (*meanwhile)(void);  /* done after that, on the watcher's thread, which nobody waits for but jobs_free(); NULL: nothing */
	/* What each thread has for itself (a store handle): made on it before its first job, freed on it at the end. */
	enum status (*thread_new)(void *thread_ctx, void **ret_local, struct fault *f);   /* NULL: local is NULL */
	void (*thread_free)(void *local);
	void *thread_ctx;
};

enum status jobs_new(const struct jobs_config *config, struct jobs **ret, struct fault *f);

/* Asks every job to cancel, waits until each has come to an end (a card command is never cut in two), closes the cards. */
void jobs_free(struct jobs *j);
DEFINE_GUARD(struct jobs, jobs_free)

int jobs_fd(const struct jobs *j);                               /* readable while there are events */
bool jobs_next(struct jobs *j, struct job_event *ret);           /* false: none now */
bool jobs_wait(struct jobs *j, int timeout_ms, struct job_event *ret);   /* the next event; false: none in that time */

/* The readers as the watcher last saw them; *ret is the caller's to free(). Blocks only until they were first listed. */
enum status jobs_readers(struct jobs *j, struct reader **ret, size_t *ret_n, struct fault *f);

/*
 * Queues fn for the card in this reader, or for a worker where reader is NULL. Jobs for one card run one after the
 * other, in order. The card is opened before the first one, and again after it was taken out or changed; where that
 * fails the job is not run and its JOBS_DONE says why. Returns the job's number, 0 where memory is out.
 */
unsigned jobs_submit(struct jobs *j, const char *reader, job_fn *fn, void *ctx);

/* A job that has not begun does not begin (ST_CANCELLED); one that has is asked, and may refuse. */
void jobs_cancel(struct jobs *j, unsigned job);

/*
 * Cancels a job, waits until it has come to an end, and drops its events: afterwards its context is the owner's, and no
 * JOBS_DONE will tell of it. For an owner who goes away. A job that is over and told of is fine.
 */
void jobs_abandon(struct jobs *j, unsigned job);

void job_progress(struct job *job, unsigned done, unsigned total, const char *note);
bool job_cancelled(const struct job *job);

#endif
