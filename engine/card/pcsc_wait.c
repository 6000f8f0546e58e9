/* The threads that wait for other programs. Everything of a struct waits is under its lock, which is held by no call. */
#include "engine/card/pcsc_wait.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/base/clock.h"

/* One call. It is the thread's from the moment it is left, else the caller's. */
struct call {
	struct call *next;
	struct pcsc_waits *waits;
	struct pcsc_link *link;
	pcsc_wait_fn *fn;
	LONG rv;
	char reader[READER_NAME_MAX];
	bool over, busy, left, given_up;
};

struct pcsc_waits {
	pthread_mutex_t lock;
	pthread_cond_t a_call_is_over;   /* or given up */
	unsigned refs;
	void (*on_change)(void *ctx);
	void *ctx;
	int patience_ms;
	struct call *calls;
};

void pcsc_link_free(struct pcsc_link *l)
{
	if (l == NULL)
		return;
	if (l->in_transaction)
		(void)l->calls->end(l->card, SCARD_LEAVE_CARD);
	if (l->card)
		(void)l->calls->disconnect(l->card, SCARD_LEAVE_CARD);
	if (l->context)
		(void)l->calls->release(l->context);
	free(l);
}

struct pcsc_waits *pcsc_waits_new(void (*on_change)(void *ctx), void *ctx, int patience_ms)
{
	struct pcsc_waits *w = calloc(1, sizeof(*w));
	pthread_condattr_t attr;

	if (w == NULL)
		return NULL;
	w->refs = 1;
	w->on_change = on_change;
	w->ctx = ctx;
	w->patience_ms = patience_ms;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->a_call_is_over, &attr);
	pthread_condattr_destroy(&attr);
	return w;
}

struct pcsc_waits *pcsc_waits_hold(struct pcsc_waits *w)
{
	pthread_mutex_lock(&w->lock);
	w->refs++;
	pthread_mutex_unlock(&w->lock);
	return w;
}

void pcsc_waits_drop(struct pcsc_waits *w)
{
	unsigned refs;

	pthread_mutex_lock(&w->lock);
	refs = --w->refs;
	pthread_mutex_unlock(&w->lock);
	if (refs > 0)
		return;
	pthread_cond_destroy(&w->a_call_is_over);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

void pcsc_waits_leave(struct pcsc_waits *w)
{
	pthread_mutex_lock(&w->lock);
	w->on_change = NULL;
	pthread_mutex_unlock(&w->lock);
}

/* Under the lock, so that the source cannot go meanwhile. */
static void tell(struct pcsc_waits *w)
{
	if (w->on_change)
		w->on_change(w->ctx);
}

static void take_out(struct pcsc_waits *w, struct call *call)
{
	struct call **p = &w->calls;

	while (*p != call)
		p = &(*p)->next;
	*p = call->next;
	if (call->busy)
		tell(w);
}

static void *call_main(void *arg)
{
	struct call *call = arg;
	struct pcsc_waits *w = call->waits;
	LONG rv = call->fn(call->link);
	bool left;

	pthread_mutex_lock(&w->lock);
	call->rv = rv;
	left = call->left;
	if (left) {
		/* Before the next one may begin its own. */
		pthread_mutex_unlock(&w->lock);
		pcsc_link_free(call->link);
		pthread_mutex_lock(&w->lock);
		take_out(w, call);
	}
	call->over = true;
	pthread_cond_broadcast(&w->a_call_is_over);
	pthread_mutex_unlock(&w->lock);
	if (left)
		free(call);
	pcsc_waits_drop(w);
	return NULL;
}

/* Under the lock. The thread holds the waits. */
static bool start(struct call *call)
{
	pthread_attr_t attr;
	sigset_t all, before;
	pthread_t thread;
	int rc;

	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	sigfillset(&all);
	sigdelset(&all, SIGSEGV);   /* else a sanitizer could not say where */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&thread, &attr, call_main, call);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	call->waits->refs += rc == 0;
	return rc == 0;
}

static bool somebody_left(const struct pcsc_waits *w, const char *reader)
{
	for (const struct call *c = w->calls; c; c = c->next) {
		if (c->left && strcmp(c->reader, reader) == 0)
			return true;
	}
	return false;
}

/* Sleeps until something happens or this time has come. */
static void sleep_until(struct pcsc_waits *w, int64_t ms)
{
	struct timespec until = { .tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000 };

	(void)pthread_cond_timedwait(&w->a_call_is_over, &w->lock, &until);
}

/* Under the lock: one that was left before has the reader; false where it still has it in the end. */
static bool wait_for_others(struct pcsc_waits *w, struct call *call, int64_t until)
{
	while (somebody_left(w, call->reader) && !call->given_up && clock_ms() < until)
		sleep_until(w, until);
	return !somebody_left(w, call->reader);
}

static void wait_for_own(struct pcsc_waits *w, struct call *call, int64_t begun)
{
	while (!call->over && !call->given_up) {
		int64_t now = clock_ms(), busy = begun + PCSC_BUSY_MS, until = begun + w->patience_ms;

		if (now >= until)
			return;
		if (now >= busy && !call->busy) {
			call->busy = true;
			tell(w);
		}
		sleep_until(w, call->busy || until < busy ? until : busy);
	}
}

/* Under the lock. *ret_ours: the call and its link are the caller's again. */
static LONG run_call(struct pcsc_waits *w, struct call *call, bool *ret_ours)
{
	int64_t begun = clock_ms();

	*ret_ours = true;
	if (!wait_for_others(w, call, begun + w->patience_ms))
		return SCARD_E_SHARING_VIOLATION;
	if (!start(call))
		return SCARD_E_NO_MEMORY;
	wait_for_own(w, call, begun);
	if (call->over)
		return call->rv;
	*ret_ours = false;
	call->left = true;
	if (!call->busy) {
		call->busy = true;
		tell(w);
	}
	return SCARD_E_SHARING_VIOLATION;
}

LONG pcsc_wait(struct pcsc_waits *w, struct pcsc_link **io_link, pcsc_wait_fn *fn)
{
	struct call *call = calloc(1, sizeof(*call));
	bool ours, lost;
	LONG rv;

	if (call == NULL)
		return SCARD_E_NO_MEMORY;
	call->waits = w;
	call->link = *io_link;
	call->fn = fn;
	memcpy(call->reader, (*io_link)->reader, sizeof(call->reader));
	pthread_mutex_lock(&w->lock);
	call->next = w->calls;
	w->calls = call;
	rv = run_call(w, call, &ours);
	if (ours)
		take_out(w, call);
	pthread_mutex_unlock(&w->lock);
	lost = !ours || (!call->over && rv == SCARD_E_SHARING_VIOLATION);
	if (ours && lost)
		pcsc_link_free(call->link);
	if (ours)
		free(call);
	if (lost)
		*io_link = NULL;
	return rv;
}

bool pcsc_waits_busy(struct pcsc_waits *w, const char *reader)
{
	bool busy = false;

	pthread_mutex_lock(&w->lock);
	for (const struct call *c = w->calls; c; c = c->next)
		busy = busy || (c->busy && strcmp(c->reader, reader) == 0);
	pthread_mutex_unlock(&w->lock);
	return busy;
}

void pcsc_waits_give_up(struct pcsc_waits *w, const char *reader)
{
	pthread_mutex_lock(&w->lock);
	for (struct call *c = w->calls; c; c = c->next)
		c->given_up = c->given_up || strcmp(c->reader, reader) == 0;
	pthread_cond_broadcast(&w->a_call_is_over);
	pthread_mutex_unlock(&w->lock);
}
