#include "tests/faults/walk.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/clock.h"
#include "tests/faults/grounds.h"

#define EVENTS_MAX 2000      /* no procedure here has so many: a walk that comes to this has lost its way */
#define CHILD_SECONDS 60

/* --- events: APDUs and transactions, counted together, and the one at which the process ends --- */

static atomic_ulong events;
static unsigned long kill_at;   /* 0: never. Set before there are threads */

static void count_event(void)
{
	if (atomic_fetch_add(&events, 1) + 1 == kill_at)
		(void)raise(SIGKILL);
}

static void after_apdu(void *arg, unsigned long apdu, uint8_t ins)
{
	(void)arg;
	count_event();
	lie_seen(apdu, ins);
}

static void after_commit(void *ctx)
{
	(void)ctx;
	count_event();
}

static enum status own_store(void *path, void **ret, struct fault *f)
{
	struct store *s = NULL;
	enum status st = store_open(path, 0, &s, f);

	if (st != ST_OK)
		return st;
	store_on_commit(s, after_commit, NULL);
	*ret = s;
	return ST_OK;
}

static void own_store_free(void *s)
{
	store_close(s);
}

/* --- stages --- */

void stage_open(struct stage *s, const char *dir, unsigned cards, const char *firmware)
{
	const struct sim_options o = { .cards = cards ? cards : 1, .firmware = firmware, .no_sync = true, .hook = after_apdu };
	struct jobs_config config = { .workers = 2, .thread_new = own_store, .thread_free = own_store_free };
	char cards_dir[288];
	struct fault f;

	memset(s, 0, sizeof(*s));
	(void)snprintf(s->dir, sizeof(s->dir), "%s", dir);
	(void)snprintf(s->store_file, sizeof(s->store_file), "%s/inventory", dir);
	(void)snprintf(cards_dir, sizeof(cards_dir), "%s/cards", dir);
	must(sim_source_open(cards_dir, &o, &s->source, &f));
	must(store_open(s->store_file, 0, &s->store, &f));
	store_on_commit(s->store, after_commit, NULL);
	config.source = s->source;
	config.thread_ctx = s->store_file;
	must(jobs_new(&config, &s->jobs, &f));
	s->env = (struct env){ .jobs = s->jobs, .store = s->store, .script = true, .share_iterations = 1 };
}

void stage_close(struct stage *s)
{
	jobs_free(s->jobs);
	store_close(s->store);
	if (s->source)
		s->source->ops->close(s->source);
	memset(s, 0, sizeof(*s));
}

const char *stage_file(const struct stage *s, const char *name)
{
	static char names[8][512];
	static unsigned next;
	char *out = names[next++ % 8];

	(void)snprintf(out, sizeof(names[0]), "%s/%s", s->dir, name);
	return out;
}

struct sim_card *stage_card(struct stage *s, size_t i)
{
	struct sim_card *c = sim_source_card_at(s->source, i);

	assert_non_null(c);
	return c;
}

const char *stage_serial(struct stage *s, size_t i)
{
	return sim_card_serial(stage_card(s, i));
}

struct card *stage_talk(struct stage *s, size_t i)
{
	struct transport *t = NULL;
	struct card *c = NULL;
	struct fault f;

	must(sim_transport_open(stage_card(s, i), &t, &f));
	must(card_new(t, "beside the jobs", &c, &f));
	return c;
}

/* --- one run --- */

static enum status answer(struct stage *s, struct run *r, const struct given *g, struct fault *f)
{
	struct secret *secret = run_secret(r, g->question, g->index);

	if (secret) {
		assert_true(secret_set(secret, g->text, strlen(g->text)));
		return ST_OK;
	}
	return run_set(r, g->question, g->index, g->file ? stage_file(s, g->text) : g->text, f);
}

static enum status pages(struct run *r, struct fault *f)
{
	for (unsigned i = 0; run_phase(r) == RUN_ASKING; i++) {
		const char *bad = NULL;
		enum status st = run_next(r, &bad, f);

		assert_true(i < 1000);
		if (st != ST_OK)
			return st;
		run_wait(r, NULL, NULL);
		if (run_fault(r)->st != ST_OK) {
			*f = *run_fault(r);
			return f->st;
		}
	}
	return ST_OK;
}

static enum status to_the_end(struct stage *s, struct run *r, const char *device, const struct given *given, struct fault *f)
{
	enum status st = device ? run_set_device(r, device, NULL, f) : ST_OK;

	if (st != ST_OK)
		return st;
	run_wait(r, NULL, NULL);
	if (run_fault(r)->st != ST_OK) {
		*f = *run_fault(r);
		return f->st;
	}
	for (; st == ST_OK && given && given->question; given++)
		st = answer(s, r, given, f);
	if (st == ST_OK)
		st = pages(r, f);
	if (st == ST_OK && s->typed)
		run_confirm(r);
	if (st == ST_OK)
		st = run_start(r, f);
	if (st != ST_OK)
		return st;
	run_wait(r, NULL, NULL);
	if (run_phase(r) != RUN_DONE)
		*f = *run_fault(r);
	return run_phase(r) == RUN_DONE ? ST_OK : f->st;
}

enum status stage_run(struct stage *s, const struct procedure *p, const char *device, const struct given *given,
		      struct run **ret_run, struct fault *f)
{
	struct run *r = NULL;
	enum status st;

	s->env.confirm = s->unconfirmed ? NULL : device;
	st = run_new(p, &s->env, &r, f);
	if (st != ST_OK)
		return st;
	st = to_the_end(s, r, device, given, f);
	if (ret_run)
		*ret_run = r;
	else
		run_free(r);
	return st;
}

/* --- folders --- */

static void shell(const char *command)
{
	if (system(command) != 0)
		fail_msg("%s failed", command);
}

/* In memory where there is a place for it: the walks sync a few thousand times. */
static void make_dir(char out[static 64])
{
	(void)snprintf(out, 64, "%s/keyroom-walk.XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (!mkdtemp(out))
		fail_msg("no folder for the walk: %s", strerror(errno));
}

void grounds_make(struct grounds *g, const struct walk *w)
{
	struct stage s;

	make_dir(g->root);
	(void)snprintf(g->first, sizeof(g->first), "%s/first", g->root);
	(void)snprintf(g->now, sizeof(g->now), "%s/now", g->root);
	assert_int_equal(mkdir(g->first, 0700), 0);
	stage_open(&s, g->first, w->cards, w->firmware);
	if (w->prepare)
		w->prepare(&s);
	stage_close(&s);
}

void grounds_copy(const struct grounds *g)
{
	char command[512];

	(void)snprintf(command, sizeof(command), "rm -rf '%s' && cp -a '%s' '%s'", g->now, g->first, g->now);
	shell(command);
}

void grounds_drop(const struct grounds *g)
{
	char command[128];

	(void)snprintf(command, sizeof(command), "rm -rf '%s'", g->root);
	shell(command);
}

/* --- the walks --- */

void walk_take_up(const struct walk *w, struct stage *s, const char *where, unsigned long n)
{
	struct fault f = { .st = ST_OK };
	enum status st = w->take_up ? w->take_up(s, &f) : w->drive(s, &f);

	if (st != ST_OK)
		fail_msg("%s %lu: taken up again it gave %s: %s", where, n, status_name(st), f.what);
	w->check(s);
}

/* Until the jobs have seen that the card is back: a person needs longer than that to plug it in and type. */
static void put_back(struct stage *s, size_t i)
{
	struct fault f;

	must(sim_card_set_fault(stage_card(s, i), NULL, &f));
	sim_card_plug(stage_card(s, i), true);
	for (int tries = 0; tries < 2000; tries++) {
		struct reader *readers = NULL;
		size_t n = 0;
		bool here = false;

		must(jobs_readers(s->jobs, &readers, &n, &f));
		for (size_t k = 0; k < n; k++)
			here |= k == i && readers[k].state == READER_CARD;
		free(readers);
		if (here)
			return;
		clock_sleep_ms(1);
	}
	fail_msg("the card in reader %zu was not seen again", i);
}

/* One vanishing; true: it happened before the procedure had come to its end. */
static bool vanish(const struct walk *w, const struct grounds *g, size_t i, const char *how, unsigned long n)
{
	struct stage s;
	struct fault f = { .st = ST_OK };
	char spec[40];
	enum status st;
	bool gone;

	grounds_copy(g);
	stage_open(&s, g->now, w->cards, w->firmware);
	(void)snprintf(spec, sizeof(spec), "%s@%lu", how, n);
	must(sim_card_set_fault(stage_card(&s, i), spec, &f));
	st = w->drive(&s, &f);
	gone = !sim_card_plugged(stage_card(&s, i));
	if (!gone && st != ST_OK)
		fail_msg("%s: %s although nothing was done to it: %s", spec, status_name(st), f.what);
	if (gone && st != ST_OK && st != ST_CARD_GONE && st != ST_NO_CARD && st != ST_HALFWAY)
		fail_msg("%s: the card vanished, and it ended with %s: %s", spec, status_name(st), f.what);
	put_back(&s, i);
	if (st != ST_OK) {
		if (w->interrupted)
			w->interrupted(&s, st);
		walk_take_up(w, &s, spec, n);
	} else {
		w->check(&s);
	}
	stage_close(&s);
	return gone;
}

void walk_vanish(const struct walk *w, size_t i)
{
	struct grounds g;
	unsigned long n;

	grounds_make(&g, w);
	for (n = 0; vanish(w, &g, i, "drop", n); n++)
		assert_true(n < EVENTS_MAX);
	print_message("# vanished at each of %lu APDUs\n", n);
	for (n = 1; vanish(w, &g, i, "lost", n); n++)
		assert_true(n < EVENTS_MAX);
	grounds_drop(&g);
}

/* In a child of its own. */
static void live_and_die(const struct walk *w, const struct grounds *g, unsigned long n)
{
	struct stage s;
	struct fault f = { .st = ST_OK };
	enum status st;

	(void)alarm(CHILD_SECONDS);
	stage_open(&s, g->now, w->cards, w->firmware);
	atomic_store(&events, 0);
	kill_at = n;
	st = w->drive(&s, &f);
	if (st != ST_OK)
		(void)fprintf(stderr, "not killed at %lu, it ended with %s: %s\n", n, status_name(st), f.what);
	stage_close(&s);
	_exit(st == ST_OK ? 0 : 1);
}

static bool killed(const struct walk *w, const struct grounds *g, unsigned long n)
{
	pid_t child = fork();
	int status = 0;

	if (child == 0)
		live_and_die(w, g, n);
	assert_true(child > 0);
	while (waitpid(child, &status, 0) < 0)
		assert_int_equal(errno, EINTR);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		return true;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail_msg("kill %lu: the child came to an end of its own (%d)", n, status);
	return false;
}

void walk_kill(const struct walk *w)
{
	struct grounds g;
	unsigned long n = 0;
	bool again = true;

	grounds_make(&g, w);
	while (again) {
		struct stage s;

		n++;
		assert_true(n < EVENTS_MAX);
		grounds_copy(&g);
		again = killed(w, &g, n);
		stage_open(&s, g.now, w->cards, w->firmware);
		if (again && w->interrupted)
			w->interrupted(&s, ST_HALFWAY);
		if (again)
			walk_take_up(w, &s, "killed at event", n);
		else
			w->check(&s);
		stage_close(&s);
	}
	print_message("# killed at each of %lu APDUs and transactions\n", n - 1);
	grounds_drop(&g);
}

static void the_card_vanishes_at_every_apdu(void **state)
{
	walk_vanish(*state, 0);
}

static void no_success_is_reported_that_was_not_read_back(void **state)
{
	walk_lie(*state, 0);
}

static void the_process_is_killed_after_every_apdu_and_transaction(void **state)
{
	walk_kill(*state);
}

static void memory_runs_short_anywhere(void **state)
{
	const struct walk *w = *state;

	walk_memory(w, w->allocations);
}

int walk_main(const struct walk *w)
{
	struct walk copy = *w;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(the_card_vanishes_at_every_apdu, &copy),
		cmocka_unit_test_prestate(no_success_is_reported_that_was_not_read_back, &copy),
		cmocka_unit_test_prestate(the_process_is_killed_after_every_apdu_and_transaction, &copy),
		cmocka_unit_test_prestate(memory_runs_short_anywhere, &copy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
