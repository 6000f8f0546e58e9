/*
 * A made-up procedure, over made-up cards of which only the serial number counts, and a real inventory: for test_wizard*.c.
 */
#ifndef TESTS_UNIT_WIZARD_TRIAL_H
#define TESTS_UNIT_WIZARD_TRIAL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/clock.h"
#include "engine/card/card.h"
#include "engine/jobs/jobs.h"
#include "store/run.h"
#include "store/store.h"
#include "tui/wizard/wizard.h"

/* --- cards --- */

struct card {
	struct device_cert device;
	struct fakes *fakes;
};

struct fakes {
	struct source source;
	const char *serial[2];   /* of the card in "Reader 0" and "Reader 1"; NULL: empty */
	atomic_bool stop;
	atomic_uint sessions;
};

static enum status list(struct source *s, struct reader **ret, size_t *ret_n, struct fault *f)
{
	const struct fakes *k = (const struct fakes *)s;

	(void)f;
	*ret = calloc(2, sizeof(**ret));
	assert_non_null(*ret);
	for (int i = 0; i < 2; i++) {
		snprintf((*ret)[i].name, READER_NAME_MAX, "Reader %d", i);
		(*ret)[i].state = k->serial[i] ? READER_CARD : READER_EMPTY;
	}
	*ret_n = 2;
	return ST_OK;
}

static enum status wait_for_stop(struct source *s, int timeout_ms, struct fault *f)
{
	struct fakes *k = (struct fakes *)s;

	(void)timeout_ms;
	(void)f;
	while (!atomic_load(&k->stop))
		clock_sleep_ms(2);
	return ST_OK;
}

static void stop(struct source *s)
{
	atomic_store(&((struct fakes *)s)->stop, true);
}

static const struct source_ops source_ops = { .list = list, .wait = wait_for_stop, .cancel = stop };

enum status card_open(struct source *s, const char *reader, struct card **ret, struct fault *f)
{
	struct fakes *k = (struct fakes *)s;
	const char *serial = k->serial[reader[7] - '0'];
	struct card *c;

	if (!serial)
		return fault_set(f, ST_NO_CARD, NULL);
	c = calloc(1, sizeof(*c));
	assert_non_null(c);
	c->fakes = k;
	strcpy(c->device.serial, serial);
	*ret = c;
	return ST_OK;
}

void card_close(struct card *c)
{
	free(c);
}

enum status card_begin(struct card *c, struct card **ret_held, struct fault *f)
{
	(void)f;
	atomic_fetch_add(&c->fakes->sessions, 1);
	*ret_held = c;
	return ST_OK;
}

void card_end(struct card *c)
{
	if (c)
		atomic_fetch_sub(&c->fakes->sessions, 1);
}

enum status card_device(struct card *c, const struct device_cert **ret, struct fault *f)
{
	(void)f;
	*ret = &c->device;
	return ST_OK;
}

/* --- the procedure: reads the device, asks for a label and a PIN, opens parts side by side, acts, looks --- */

struct bench {
	char log[256];
	atomic_uint inside, most;
	atomic_bool hold, holding;
	enum status give_open, give_act, give_look;
	unsigned bad_part;
	bool changes, takes_back;
	unsigned sessions_seen;
	bool asks_silently;
};

struct trial {
	struct bench *b;
	bool act_is_done;
	unsigned parts_open;
};

static struct bench *bench_now;   /* what the procedure's functions find: one run at a time in these tests */

static inline void note(const char *what)
{
	strcat(bench_now->log, what);
	strcat(bench_now->log, " ");
}

static enum status read_device(struct step_env *e, struct fault *f)
{
	struct trial *t = run_state(e->run);

	(void)f;
	t->b = bench_now;
	bench_now->sessions_seen = atomic_load(&e->card->fakes->sessions);
	note("read");
	return ST_OK;
}

static unsigned parts(const struct run *r)
{
	return (unsigned)run_number(r, "parts", 0);
}

static void say_part(const struct run *r, unsigned index, struct prose *out)
{
	(void)r;
	prose_add(out, PROSE_PLAIN, "Part %u.", index + 1);
}

static void say_label(const struct run *r, unsigned index, struct prose *out)
{
	(void)r;
	(void)index;
	prose_add(out, PROSE_PLAIN, "A label.");
}

static enum status not_bad(struct run *r, unsigned index, struct fault *f)
{
	return strcmp(run_get(r, "label", index), "bad") == 0 ? fault_set(f, ST_BAD_FORM, "Not this one.") : ST_OK;
}

static enum status open_part(struct step_env *e, struct fault *f)
{
	struct bench *b = bench_now;
	unsigned now = atomic_fetch_add(&b->inside, 1) + 1;

	if (now > atomic_load(&b->most))
		atomic_store(&b->most, now);
	for (int i = 0; run_env(e->run)->script && i < 500 && atomic_load(&b->most) < 2; i++)
		clock_sleep_ms(1);
	atomic_fetch_sub(&b->inside, 1);
	job_progress(e->job, 1, 2, "half of it");
	if (b->give_open != ST_OK && e->index == b->bad_part)
		return fault_set(f, b->give_open, "Part %u is wrong.", e->index + 1);
	return ST_OK;
}

static enum status act(struct step_env *e, struct fault *f)
{
	struct bench *b = bench_now;
	char number[12];

	snprintf(number, sizeof(number), "act%u", e->index);
	note(number);
	if (b->changes)
		run_changed(e);
	if (b->takes_back)
		run_unchanged(e);
	atomic_store(&b->holding, true);
	while (atomic_load(&b->hold)) {
		if (job_cancelled(e->job))
			return fault_set(f, ST_CANCELLED, NULL);
		clock_sleep_ms(1);
	}
	if (e->index == 0 && run_note(e, "acted", "yes", f) != ST_OK)
		return f->st;
	return e->index == 1 && b->give_act != ST_OK ? fault_set(f, b->give_act, "It failed.") : ST_OK;
}

static unsigned twice(const struct run *r)
{
	const struct trial *t = run_state(r);

	return t->act_is_done ? 0 : 2;
}

static unsigned never(const struct run *r)
{
	(void)r;
	return 0;
}

static enum status look(struct step_env *e, struct fault *f)
{
	(void)e;
	note("look");
	return bench_now->give_look != ST_OK ? fault_set(f, bench_now->give_look, "It is not as it should be.") : ST_OK;
}

static enum status find_out(struct step_env *e, struct fault *f)
{
	struct trial *t = run_state(e->run);

	(void)f;
	note("findout");
	t->act_is_done = strcmp(run_fact(e->run, "acted"), "yes") == 0;
	return ST_OK;
}

static const char *serial_of(const struct run *r)
{
	return run_serial(r);
}

static bool again(struct run *r)
{
	(void)r;
	return true;
}

static const struct question label_questions[] = {
	{ .name = "label", .ask = ASK_TEXT, .max = 5, .words = "Label", .check = not_bad },
	{ .name = "pin", .ask = ASK_PIN, .words = "User PIN" },
	{ .name = "parts", .ask = ASK_NUMBER, .optional = true, .words = "Parts" },
	{ 0 }
};

static const struct question part_questions[] = {
	{ .name = "password", .ask = ASK_PASSWORD, .words = "Password" },
	{ 0 }
};

static const struct step read_step = { .name = "read", .words = "Read the device", .where = ON_DEVICE, .fn = read_device };
static const struct step open_step = { .name = "open", .words = "Open", .where = ON_WORKER, .parallel = true, .fn = open_part };
static const struct step resume_step = { .name = "resume", .words = "Compare", .where = ON_DEVICE, .fn = find_out };

static const struct page pages[] = {
	{ .name = "Device", .work = &read_step },
	{ .name = "Label", .questions = label_questions, .text = say_label },
	{ .name = "Parts", .questions = part_questions, .repeat = parts, .text = say_part, .work = &open_step },
	{ 0 }
};

static const struct step steps[] = {
	{ .name = "act", .words = "Act", .where = ON_DEVICE, .repeat = twice, .fn = act, .usual = "act" },
	{ .name = "never", .words = "Never", .where = ON_WORKER, .repeat = never, .fn = act },
	{ .name = "look", .words = "Look", .where = ON_DEVICE, .fn = look },
	{ 0 }
};

static const struct procedure trial = {
	.name = "trial", .command = "trial", .title = "Trial", .on_device = true, .pages = pages, .steps = steps,
	.state_size = sizeof(struct trial), .confirm = serial_of, .resume = &resume_step, .again = again,
};

/* --- the surroundings of one test --- */

struct stage {
	struct fakes fakes;
	struct bench bench;
	struct jobs *jobs;
	struct store *store;
	struct env env;
	struct run *run;
	char dir[64], path[96];
};

static inline void raise_stage_with(struct stage *s, bool with_store, const char *first, const char *second)
{
	struct jobs_config config;
	struct fault f;

	memset(s, 0, sizeof(*s));
	s->fakes.source.ops = &source_ops;
	s->fakes.serial[0] = first;
	s->fakes.serial[1] = second;
	bench_now = &s->bench;
	s->bench.changes = true;
	snprintf(s->dir, sizeof(s->dir), "/tmp/keyroom-test-wizard.XXXXXX");
	assert_non_null(mkdtemp(s->dir));
	snprintf(s->path, sizeof(s->path), "%s/inventory", s->dir);
	if (with_store)
		assert_int_equal(store_open(s->path, 0, &s->store, &f), ST_OK);
	wizard_jobs_config(with_store ? s->path : NULL, &s->fakes.source, &config);
	assert_int_equal(jobs_new(&config, &s->jobs, &f), ST_OK);
	s->env = (struct env){ .jobs = s->jobs, .store = s->store, .share_iterations = 1 };
	assert_int_equal(run_new(&trial, &s->env, &s->run, &f), ST_OK);
}

static inline void raise_stage(struct stage *s, bool with_store)
{
	raise_stage_with(s, with_store, "AA0001", "BB0002");
}

static void strike_stage(struct stage *s)
{
	char command[128];

	run_free(s->run);
	jobs_free(s->jobs);
	store_close(s->store);
	snprintf(command, sizeof(command), "rm -rf '%s'", s->dir);
	assert_int_equal(system(command), 0);
}

static void set_pin(struct run *r, const char *pin)
{
	assert_true(secret_set(run_secret(r, "pin", 0), pin, strlen(pin)));
}

static inline const char *page_name(const struct run *r)
{
	unsigned index;

	assert_int_equal(run_phase(r), RUN_ASKING);
	return run_page(r, &index)->name;
}

static void to_label(struct stage *s)
{
	struct fault f;

	assert_int_equal(run_set_device(s->run, "AA0001", "Reader 0", &f), ST_OK);
	assert_int_equal(run_phase(s->run), RUN_WORKING);
	run_wait(s->run, NULL, NULL);
	assert_string_equal(page_name(s->run), "Label");
}

static void next_is_fine(struct run *r)
{
	const char *bad = NULL;
	struct fault f;

	assert_int_equal(run_next(r, &bad, &f), ST_OK);
	run_wait(r, NULL, NULL);
}

static inline void to_review(struct stage *s)
{
	struct fault f;

	to_label(s);
	assert_int_equal(run_set(s->run, "label", 0, "one", &f), ST_OK);
	set_pin(s->run, "123456");
	next_is_fine(s->run);
	assert_int_equal(run_phase(s->run), RUN_REVIEW);
}

static inline void start(struct stage *s)
{
	struct fault f;

	assert_int_equal(run_start(s->run, &f), ST_OK);
	run_wait(s->run, NULL, NULL);
}

#endif
