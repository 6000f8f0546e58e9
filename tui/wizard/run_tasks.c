/*
 * Steps as jobs: one job a repetition, one at a time, or side by side where the step allows it. A job makes sure that it
 * talks to the run's device before anything else; where another card is in the reader, the next reader is tried.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/clock.h"
#include "engine/card/card.h"
#include "tui/wizard/runner.h"
#include "tui/wizard/run_record.h"

void run_changed(struct step_env *e)
{
	atomic_store(&e->run->changed, true);
}

void run_unchanged(struct step_env *e)
{
	atomic_store(&e->run->changed, false);
}

static enum status right_device(const struct task *t, struct card *card, struct fault *f)
{
	const char *serial = find_serial(t->run, t->step->where);
	const struct device_cert *device;
	enum status st = card_device(card, &device, f);

	if (st != ST_OK || strcmp(device->serial, serial) == 0)
		return st;
	return fault_set(f, ST_CARD_GONE,
			 "The device %s is not here any more: another one, %s, is in the reader where it was. Nothing was changed on "
			 "that one. Plug in %s and try again.", serial, device->serial, serial);
}

/* On the job's thread. */
static enum status task_job(struct job *job, struct card *card, void *local, void *ctx, struct fault *f)
{
	struct task *t = ctx;
	struct step_env e = {
		.run = t->run, .job = job, .card = card, .store = local, .index = t->index, .where = t->step->where,
	};
	CARD_SESSION *held = NULL;
	int64_t began;
	enum status st = ST_OK;

	if (card) {
		st = card_begin(card, &held, f);
		if (st == ST_OK)
			st = right_device(t, card, f);
		if (st != ST_OK)
			return st;
	}
	atomic_store(&t->begun, true);
	st = record_step(&e, t->step, f);
	if (st != ST_OK)
		return st;
	began = clock_ms();
	st = t->step->fn(&e, f);
	if (st == ST_CARD_GONE && card != NULL && run_other(t->run)[0] != '\0')
		fault_add(f, "The device that was removed is %s.", find_serial(t->run, t->step->where));
	if (st == ST_OK)
		record_time(&e, t->step, clock_ms() - began);
	return st;
}

static enum status not_here(const struct task *t, struct fault *f)
{
	return fault_set(f, ST_CARD_GONE, "The device %s is not here. Plug it in and try again.",
			 find_serial(t->run, t->step->where));
}

static enum status submit(struct run *r, struct task *t, struct fault *f)
{
	const bool on_card = t->step->where != ON_WORKER;

	if (on_card) {
		enum status st = find_reader(r, t->step->where, t->candidate, t->reader, f);

		if (st == ST_NO_CARD)
			return not_here(t, f);
		if (st != ST_OK)
			return st;
	}
	atomic_store(&t->begun, false);
	t->job = jobs_submit(r->env.jobs, on_card ? t->reader : NULL, task_job, t);
	if (t->job == 0)
		return fault_set(f, ST_NO_MEMORY, NULL);
	r->in_flight++;
	return ST_OK;
}

/* A repetition that could not even be submitted is over, with its reason. */
static void submit_or_fail(struct run *r, struct task *t)
{
	t->st = submit(r, t, &t->fault);
	t->over = t->st != ST_OK;
}

static const struct task *first_failed(const struct run *r)
{
	const struct task *cancelled = NULL;

	for (unsigned i = 0; i < r->n_tasks; i++) {
		const struct task *t = &r->tasks[i];

		if (t->over && t->st != ST_OK && t->st != ST_CANCELLED)
			return t;
		if (t->over && t->st == ST_CANCELLED && !cancelled)
			cancelled = t;
	}
	return cancelled;
}

/* Submits what may run now; tells of the end where nothing is under way any more. */
static void go_on(struct run *r)
{
	unsigned width = r->step->parallel ? r->n_tasks : 1;

	while (r->next_task < r->n_tasks && r->in_flight < width && !first_failed(r) && !r->cancelling)
		submit_or_fail(r, &r->tasks[r->next_task++]);
	if (r->in_flight == 0) {
		struct task *tasks = r->tasks;
		const struct task *failed = first_failed(r);
		struct task stopped = { .st = ST_CANCELLED };

		if (!failed && r->next_task < r->n_tasks) {
			fault_set(&stopped.fault, ST_CANCELLED, NULL);
			failed = &stopped;
		}
		/* What comes next may begin tasks of its own. */
		r->tasks = NULL;
		r->n_tasks = 0;
		r->step = NULL;
		run_tasks_over(r, failed);
		free(tasks);
	}
}

enum status tasks_start(struct run *r, const struct step *s, unsigned first, unsigned count, struct fault *f)
{
	r->tasks = calloc(count, sizeof(*r->tasks));
	if (!r->tasks)
		return fault_set(f, ST_NO_MEMORY, NULL);
	r->n_tasks = count;
	r->next_task = r->in_flight = 0;
	r->done = r->total = 0;
	r->note[0] = '\0';
	r->step = s;
	r->started_ms = clock_ms();
	r->usual_ms = record_usual(r, s);
	for (unsigned i = 0; i < count; i++)
		r->tasks[i] = (struct task){ .run = r, .step = s, .index = first + i };
	go_on(r);
	return ST_OK;
}

/*
 * The card in this reader is not the run's device, or there is none: is there another one to look at? What the reader
 * said in which the device was last seen is what counts, where none has it.
 */
static bool try_elsewhere(struct run *r, struct task *t, const struct job_event *event)
{
	struct fault f;

	if (t->step->where == ON_WORKER || atomic_load(&t->begun) || r->cancelling || event->st == ST_CANCELLED)
		return false;
	if (strcmp(t->reader, find_last_reader(r, t->step->where)) == 0) {
		t->st = event->st;
		t->fault = event->fault;
	} else if (t->st == ST_OK) {
		t->st = not_here(t, &t->fault);
	}
	t->candidate++;
	return submit(r, t, &f) == ST_OK;
}

static void task_is_over(struct run *r, struct task *t, const struct job_event *event)
{
	r->in_flight--;
	t->job = 0;
	if (event->st != ST_OK && try_elsewhere(r, t, event))
		return;
	t->over = true;
	if (event->st == ST_OK || t->st == ST_OK || atomic_load(&t->begun)) {
		t->st = event->st;
		t->fault = event->fault;
	}
	if (t->st == ST_OK) {
		if (t->step->where != ON_WORKER)
			memcpy(find_last_reader(r, t->step->where), t->reader, sizeof(t->reader));
		return;
	}
	for (unsigned i = 0; i < r->n_tasks; i++) {
		if (r->tasks[i].job != 0)
			jobs_cancel(r->env.jobs, r->tasks[i].job);
	}
}

bool run_event(struct run *r, const struct job_event *event)
{
	struct task *t = NULL;

	for (unsigned i = 0; event->job != 0 && i < r->n_tasks; i++) {
		if (r->tasks[i].job == event->job)
			t = &r->tasks[i];
	}
	if (!t)
		return false;
	if (event->type == JOBS_PROGRESS) {
		r->done = event->done;
		r->total = event->total;
		memcpy(r->note, event->note, sizeof(r->note));
	} else if (event->type == JOBS_DONE) {
		task_is_over(r, t, event);
		go_on(r);
	}
	return true;
}

void run_cancel(struct run *r)
{
	r->cancelling = r->n_tasks > 0;
	for (unsigned i = 0; i < r->n_tasks; i++) {
		if (r->tasks[i].job != 0)
			jobs_cancel(r->env.jobs, r->tasks[i].job);
	}
}

void tasks_abandon(struct run *r)
{
	for (unsigned i = 0; i < r->n_tasks; i++) {
		if (r->tasks[i].job != 0)
			jobs_cancel(r->env.jobs, r->tasks[i].job);
	}
	for (unsigned i = 0; i < r->n_tasks; i++) {
		if (r->tasks[i].job != 0)
			jobs_abandon(r->env.jobs, r->tasks[i].job);
	}
	free(r->tasks);
	r->tasks = NULL;
	r->n_tasks = 0;
}

void run_wait(struct run *r, void (*progress)(void *ctx, const struct run *r), void *ctx)
{
	while (r->phase == RUN_WORKING || r->phase == RUN_RUNNING) {
		struct job_event event;

		if (jobs_wait(r->env.jobs, 250, &event))
			run_event(r, &event);
		if (progress)
			progress(ctx, r);
	}
}

void run_progress(const struct run *r, struct run_progress *ret)
{
	unsigned over = 0;

	memset(ret, 0, sizeof(*ret));
	ret->step = r->step;
	if (!r->step)
		return;
	for (unsigned i = 0; i < r->n_tasks; i++)
		over += r->tasks[i].over;
	ret->index = over < r->n_tasks ? over : r->n_tasks - 1;
	ret->of = r->n_tasks;
	ret->done = r->done;
	ret->total = r->total;
	memcpy(ret->note, r->note, sizeof(ret->note));
	ret->elapsed_ms = clock_ms() - r->started_ms;
	ret->usual_ms = r->usual_ms;
}
