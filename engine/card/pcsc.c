/*
 * Readers over PC/SC. The context is made when it is first needed and again after pcscd went away; while there is none,
 * wait() looks for pcscd once a second.
 */
#include "engine/card/pcsc.h"

#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "engine/base/clock.h"
#include "engine/card/pcsc_calls.h"
#include "engine/card/pcsc_wait.h"

#define READERS_MAX 16          /* of pcsc-lite */
#define NAMES_MAX 4096
#define RETRIES_MAX 3
#define PNP "\\\\?PnP?\\Notification"
/*
 * A cancel() that comes just before pcscd is asked to wait is not noticed by it. So it is asked for no longer than this
 * at a time; the descriptor remembers the cancel().
 */
#define SLICE_MS 1000

struct pcsc_source {
	struct source base;
	const struct pcsc_calls *calls;
	struct pcsc_waits *waits;
	atomic_long context;    /* 0: none. Made and given back by the thread of list() and wait() */
	atomic_long spare;      /* the same after rest(), for the first who opens a card; 0: none */
	int cancelled;          /* eventfd */
	bool listed;
	size_t n;
	char names[READERS_MAX][READER_NAME_MAX];
	DWORD states[READERS_MAX];
};

static struct pcsc_source *of(struct source *s)
{
	return (struct pcsc_source *)s;
}

static void drop_context(struct pcsc_source *s)
{
	SCARDCONTEXT context = (SCARDCONTEXT)atomic_exchange(&s->context, 0);

	if (context)
		(void)s->calls->release(context);
	s->listed = false;
	s->n = 0;
}

static void drop_spare(struct pcsc_source *s)
{
	SCARDCONTEXT spare = (SCARDCONTEXT)atomic_exchange(&s->spare, 0);

	if (spare)
		(void)s->calls->release(spare);
}

static LONG need_context(struct pcsc_source *s)
{
	SCARDCONTEXT context = 0;
	LONG rv;

	if (atomic_load(&s->context))
		return SCARD_S_SUCCESS;
	rv = s->calls->establish(SCARD_SCOPE_SYSTEM, NULL, NULL, &context);
	if (rv == SCARD_S_SUCCESS)
		atomic_store(&s->context, (long)context);
	return rv;
}

/* pcscd is not what it was: a new context may work. */
static bool is_stale(LONG rv)
{
	return rv == SCARD_E_NO_SERVICE || rv == SCARD_E_SERVICE_STOPPED || rv == SCARD_E_INVALID_HANDLE ||
	       rv == SCARD_F_COMM_ERROR;
}

static LONG list_names(struct pcsc_source *s)
{
	char names[NAMES_MAX];
	DWORD len = sizeof(names);
	LONG rv = s->calls->list((SCARDCONTEXT)atomic_load(&s->context), NULL, names, &len);
	const char *p = names, *end;

	s->n = 0;
	if (rv == SCARD_E_NO_READERS_AVAILABLE)
		return SCARD_S_SUCCESS;
	if (rv != SCARD_S_SUCCESS)
		return rv;
	end = names + (len < sizeof(names) ? len : sizeof(names));
	while (p < end && *p && s->n < READERS_MAX) {
		size_t n = strnlen(p, (size_t)(end - p));

		if (p + n < end && n < READER_NAME_MAX)
			memcpy(s->names[s->n++], p, n + 1);
		p += n + 1;
	}
	return SCARD_S_SUCCESS;
}

static void take_state(struct pcsc_source *s, size_t i, const SCARD_READERSTATE *in, struct reader *out)
{
	DWORD state = in->dwEventState;

	s->states[i] = state & ~(DWORD)SCARD_STATE_CHANGED;
	*out = (struct reader){ .changes = (unsigned)(state >> 16 & 0xffff) };
	memcpy(out->name, s->names[i], sizeof(out->name));
	if (!(state & SCARD_STATE_PRESENT))
		out->state = READER_EMPTY;
	else if (state & SCARD_STATE_MUTE)
		out->state = READER_MUTE;
	else
		out->state = state & SCARD_STATE_EXCLUSIVE || pcsc_waits_busy(s->waits, out->name) ? READER_IN_USE : READER_CARD;
	if (out->state == READER_EMPTY || in->cbAtr > ATR_MAX)
		return;
	out->atr_len = in->cbAtr;
	memcpy(out->atr, in->rgbAtr, out->atr_len);
}

static LONG look(struct pcsc_source *s, struct reader *out)
{
	SCARD_READERSTATE states[READERS_MAX];
	LONG rv;

	memset(states, 0, sizeof(states));
	for (size_t i = 0; i < s->n; i++)
		states[i].szReader = s->names[i];
	if (s->n == 0)
		return SCARD_S_SUCCESS;
	rv = s->calls->wait((SCARDCONTEXT)atomic_load(&s->context), 0, states, (DWORD)s->n);
	if (rv != SCARD_S_SUCCESS && rv != SCARD_E_TIMEOUT)
		return rv;
	for (size_t i = 0; i < s->n; i++)
		take_state(s, i, &states[i], &out[i]);
	return SCARD_S_SUCCESS;
}

static enum status source_list(struct source *base, struct reader **ret, size_t *ret_n, struct fault *f)
{
	struct pcsc_source *s = of(base);
	struct reader *readers = calloc(READERS_MAX, sizeof(*readers));
	LONG rv = SCARD_E_NO_SERVICE;

	if (readers == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	/* A reader may go away between the two questions, and pcscd before either. */
	for (unsigned i = 0; i < RETRIES_MAX; i++) {
		rv = need_context(s);
		if (rv == SCARD_S_SUCCESS && (rv = list_names(s)) == SCARD_S_SUCCESS)
			rv = look(s, readers);
		if (is_stale(rv))
			drop_context(s);
		else if (rv != SCARD_E_UNKNOWN_READER && rv != SCARD_E_CANCELLED)
			break;
	}
	if (rv != SCARD_S_SUCCESS) {
		free(readers);
		s->listed = false;
		return pcsc_fault(f, rv, NULL);
	}
	s->listed = true;
	*ret = readers;
	*ret_n = s->n;
	return ST_OK;
}

/* Waits for a cancel(), and takes it. */
static bool take_cancel(struct pcsc_source *s, int timeout_ms)
{
	struct pollfd p = { .fd = s->cancelled, .events = POLLIN };
	eventfd_t n;

	return poll(&p, 1, timeout_ms) > 0 && eventfd_read(s->cancelled, &n) == 0;
}

static LONG wait_for_change(struct pcsc_source *s, int ms)
{
	SCARD_READERSTATE states[READERS_MAX + 1];
	LONG rv;

	memset(states, 0, sizeof(states));
	for (size_t i = 0; i < s->n; i++) {
		states[i].szReader = s->names[i];
		states[i].dwCurrentState = s->states[i];
	}
	states[s->n].szReader = PNP;
	/* How many readers we know of: one that came since the last list() counts as a change at once. */
	states[s->n].dwCurrentState = (DWORD)s->n << 16;
	rv = s->calls->wait((SCARDCONTEXT)atomic_load(&s->context), (DWORD)ms, states, (DWORD)s->n + 1);
	return rv;
}

static enum status source_wait(struct source *base, int timeout_ms, struct fault *f)
{
	struct pcsc_source *s = of(base);
	int64_t until = clock_ms() + timeout_ms;

	(void)f;
	while (!take_cancel(s, 0)) {
		int64_t left = timeout_ms < 0 ? SLICE_MS : until - clock_ms();
		int ms = left > SLICE_MS ? SLICE_MS : left > 0 ? (int)left : 0;
		LONG rv;

		if (atomic_load(&s->context) == 0) {
			/* What list() has to say has changed as soon as there is a pcscd. */
			if (need_context(s) == SCARD_S_SUCCESS || take_cancel(s, ms))
				return ST_OK;
			rv = SCARD_E_TIMEOUT;
		} else if (!s->listed) {
			/* The last list() failed, and pcscd is there: it is worth another one, but not at full speed. */
			(void)take_cancel(s, ms);
			return ST_OK;
		} else {
			rv = wait_for_change(s, ms);
		}
		if (is_stale(rv))
			drop_context(s);
		if (rv != SCARD_E_TIMEOUT && rv != SCARD_E_CANCELLED)
			return ST_OK;
		if (timeout_ms >= 0 && clock_ms() >= until)
			return ST_OK;
	}
	return ST_OK;
}

/* Also what is told when a reader has come in use: list() has something new to say. */
static void stop_waiting(void *source)
{
	struct pcsc_source *s = source;
	SCARDCONTEXT context;

	(void)eventfd_write(s->cancelled, 1);
	context = (SCARDCONTEXT)atomic_load(&s->context);
	if (context)
		(void)s->calls->cancel(context);
}

static void source_cancel(struct source *base)
{
	stop_waiting(of(base));
}

static void source_give_up(struct source *base, const char *reader)
{
	pcsc_waits_give_up(of(base)->waits, reader);
}

/* Each connection is a thread of pcscd's and six questions to it. */
static void source_rest(struct source *base)
{
	struct pcsc_source *s = of(base);

	drop_spare(s);
	atomic_store(&s->spare, atomic_exchange(&s->context, 0));
	s->listed = false;
	s->n = 0;
}

static enum status source_open(struct source *base, const char *reader, struct transport **ret, struct fault *f)
{
	struct pcsc_source *s = of(base);

	return pcsc_transport_open(s->calls, s->waits, (SCARDCONTEXT)atomic_exchange(&s->spare, 0), reader, ret, f);
}

static void source_close(struct source *base)
{
	struct pcsc_source *s = of(base);

	pcsc_waits_leave(s->waits);
	pcsc_waits_drop(s->waits);
	drop_context(s);
	drop_spare(s);
	close(s->cancelled);
	free(s);
}

static const struct source_ops ops = {
	.list = source_list,
	.wait = source_wait,
	.cancel = source_cancel,
	.rest = source_rest,
	.give_up = source_give_up,
	.open = source_open,
	.close = source_close,
};

enum status pcsc_source_open_over(const struct pcsc_calls *calls, int patience_ms, struct source **ret, struct fault *f)
{
	struct pcsc_source *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	s->cancelled = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (s->cancelled < 0) {
		free(s);
		return fault_set(f, ST_NO_MEMORY, "This computer has run out of file descriptors.");
	}
	s->base.ops = &ops;
	s->calls = calls;
	s->waits = pcsc_waits_new(stop_waiting, s, patience_ms);
	if (s->waits == NULL) {
		close(s->cancelled);
		free(s);
		return fault_set(f, ST_NO_MEMORY, NULL);
	}
	*ret = &s->base;
	return ST_OK;
}
