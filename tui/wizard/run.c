/*
 * A run from its making to its end: pages, review, steps. What changes the phase stands here and in run_pages.c; both are
 * driven by the owner's calls and by the jobs' events, never by the steps themselves.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/words.h"
#include "tui/wizard/run_record.h"
#include "tui/wizard/runner.h"

enum status run_new(const struct procedure *p, const struct env *env, struct run **ret, struct fault *f)
{
	CLEANUP(run_free_guard) struct run *r = calloc(1, sizeof(*r));
	size_t steps = 0;

	if (!r)
		return fault_set(f, ST_NO_MEMORY, NULL);
	r->p = p;
	r->env = *env;
	r->fault.tries_left = -1;
	while (p->steps && p->steps[steps].name)
		steps++;
	r->step_states = calloc(steps + 1, sizeof(*r->step_states));
	r->state = calloc(1, p->state_size ? p->state_size : 1);
	r->lock = malloc(sizeof(*r->lock));
	if (!r->step_states || !r->state || !r->lock)
		return fault_set(f, ST_NO_MEMORY, NULL);
	pthread_mutex_init(r->lock, NULL);
	/* A silent first page may need the device: its work begins with run_set_device(). */
	if (!p->on_device)
		pages_begin(r);
	*ret = STEAL(r);
	return ST_OK;
}

void run_free(struct run *r)
{
	struct fault f;

	if (!r)
		return;
	tasks_abandon(r);
	/* Where this fails the record stays open, and the next start finds that all is done. */
	if (r->phase == RUN_DONE)
		(void)record_end(r, &f);
	record_let_go(r);
	answers_free(r);
	while (r->facts) {
		struct fact *fact = r->facts;

		r->facts = fact->next;
		free(fact);
	}
	if (r->state && r->p->state_done)
		r->p->state_done(r->state);
	free(r->state);
	free(r->step_states);
	if (r->lock)
		pthread_mutex_destroy(r->lock);
	free(r->lock);
	free(r);
}

const struct procedure *run_procedure(const struct run *r)
{
	return r->p;
}

const struct env *run_env(const struct run *r)
{
	return &r->env;
}

void *run_state(const struct run *r)
{
	return r->state;
}

bool run_is_resumed(const struct run *r)
{
	return r->resumed;
}

enum run_phase run_phase(const struct run *r)
{
	return r->phase;
}

const struct fault *run_fault(const struct run *r)
{
	return &r->fault;
}

const char *run_serial(const struct run *r)
{
	return r->serial;
}

void run_confirm(struct run *r)
{
	const char *typed = r->p->confirm ? r->p->confirm(r) : NULL;

	r->confirmed = true;
	snprintf(r->confirmed_as, sizeof(r->confirmed_as), "%s", typed ? typed : r->serial);
}

bool run_is_confirmed(const struct run *r, const char *serial)
{
	return r->confirmed && strcmp(r->confirmed_as, serial) == 0;
}

void run_expect_kcv(struct run *r, const uint8_t *kcv)
{
	r->has_kcv = kcv != NULL;
	if (kcv)
		memcpy(r->kcv, kcv, sizeof(r->kcv));
}

const uint8_t *run_expected_kcv(const struct run *r)
{
	return r->has_kcv ? r->kcv : NULL;
}

static void remember_device(struct run *r, const char *serial, const char *reader)
{
	snprintf(r->serial, sizeof(r->serial), "%s", serial);
	snprintf(r->reader, sizeof(r->reader), "%s", reader ? reader : "");
}

void run_other_reader(struct run *r, const char *reader)
{
	snprintf(r->other_reader, sizeof(r->other_reader), "%s", reader);
}

enum status run_set_device(struct run *r, const char *serial, const char *reader, struct fault *f)
{
	if (!pages_at_first(r))
		return fault_set(f, ST_REFUSED, "The device of a procedure cannot be changed while it is under way.");
	if (strlen(serial) >= sizeof(r->serial) || (reader && strlen(reader) >= sizeof(r->reader)))
		return fault_set(f, ST_BAD_FORM, "No device has a serial number as long as this.");
	remember_device(r, serial, reader);
	if (r->p->on_device)
		pages_begin(r);
	return ST_OK;
}

enum step_state run_step_state(const struct run *r, size_t step)
{
	return r->step_states[step];
}

/* What is no fault of the person's, and may be gone the next time. */
static bool let_us_down(enum status st)
{
	static const enum status those[] = {
		ST_NO_MEMORY, ST_CANCELLED, ST_NO_PCSCD, ST_NO_READER, ST_NO_CARD, ST_FOREIGN_CARD, ST_READER_BUSY, ST_CARD_GONE,
		ST_BAD_REPLY, ST_CARD_ERROR, ST_DISK, ST_STORE, ST_STORE_BUSY, ST_STORE_DAMAGED, ST_STORE_READ_ONLY, ST_CRYPTO,
	};

	for (size_t i = 0; i < sizeof(those) / sizeof(those[0]); i++) {
		if (those[i] == st)
			return true;
	}
	return false;
}

static void fail(struct run *r, const struct fault *why)
{
	r->fault = *why;
	r->phase = RUN_FAILED;
	if (!atomic_load(&r->changed)) {
		record_drop(r);
		return;
	}
	if (let_us_down(why->st)) {
		r->fault.st = ST_HALFWAY;
		fault_add(&r->fault, r->p->resume ?
			  N_("The procedure stopped half way; what was done is recorded, and it can be taken up again.") :
			  N_("The procedure stopped half way. Look at the state of the device before you go on."));
	}
}

/*
 * A script that is killed before it hears that all was done does the same again: then the record is still open, and what
 * was done is found, and not done a second time.
 */
static bool ends_when_told(const struct run *r)
{
	return r->env.script && r->p->resume;
}

static void next_step(struct run *r)
{
	const struct step *steps = r->p->steps;
	struct fault f;

	for (; steps && steps[r->step_no].name; r->step_no++) {
		const struct step *s = &steps[r->step_no];
		unsigned count = s->repeat ? s->repeat(r) : 1;

		r->step_states[r->step_no] = count > 0 ? STEP_NOW : STEP_LEFT_OUT;
		if (count == 0)
			continue;
		if (tasks_start(r, s, 0, count, &f) != ST_OK) {
			r->step_states[r->step_no] = STEP_BROKEN;
			fail(r, &f);
		}
		return;
	}
	if (!ends_when_told(r) && record_end(r, &f) != ST_OK) {
		fail(r, &f);
		return;
	}
	answers_erase_secrets(r);
	r->phase = RUN_DONE;
	if (r->p->wipe && !run_can_again(r))
		r->p->wipe(r->state);
}

static void resume_over(struct run *r, const struct task *failed)
{
	if (failed)
		fail(r, &failed->fault);
	else if (r->phase == RUN_RUNNING)
		next_step(r);
	else
		pages_begin(r);
}

void run_tasks_over(struct run *r, const struct task *failed)
{
	if (r->resuming) {
		r->resuming = false;
		resume_over(r, failed);
	} else if (r->phase == RUN_WORKING) {
		pages_work_over(r, failed);
	} else if (failed) {
		r->step_states[r->step_no] = STEP_BROKEN;
		fail(r, &failed->fault);
	} else if (r->cancelling) {
		struct fault f;

		r->step_states[r->step_no++] = STEP_FINISHED;
		fault_set(&f, ST_CANCELLED, NULL);
		fail(r, &f);
	} else {
		r->step_states[r->step_no++] = STEP_FINISHED;
		next_step(r);
	}
}

/* Asks the device how far the run came. It ends in resume_over(). */
static enum status find_out(struct run *r, enum run_phase phase, struct fault *f)
{
	enum status st;

	r->resumed = true;
	atomic_store(&r->changed, true);
	r->resuming = true;
	r->phase = phase;
	st = tasks_start(r, r->p->resume, 0, 1, f);
	if (st != ST_OK) {
		r->resuming = false;
		fail(r, f);
	}
	return st;
}

static void begin_anew(struct run *r)
{
	r->fault = (struct fault){ .tries_left = -1 };
	r->cancelling = false;
	r->step_no = 0;
	for (size_t i = 0; r->p->steps && r->p->steps[i].name; i++)
		r->step_states[i] = STEP_WAITING;
}

enum status run_start(struct run *r, struct fault *f)
{
	bool found = false;
	enum status st = ST_OK;

	if (r->phase != RUN_REVIEW)
		return fault_set(f, ST_REFUSED, "The procedure is not ready to begin.");
	if (r->p->resume && !r->resumed)
		st = record_take_up(r, &found, f);
	if (st == ST_OK && !found)
		st = record_begin(r, f);
	if (st != ST_OK)
		return st;
	begin_anew(r);
	if (found)
		return find_out(r, RUN_RUNNING, f);
	r->phase = RUN_RUNNING;
	next_step(r);
	return ST_OK;
}

bool run_can_retry(const struct run *r)
{
	return r->phase == RUN_FAILED && (r->p->resume || !atomic_load(&r->changed));
}

enum status run_retry(struct run *r, struct fault *f)
{
	if (!run_can_retry(r))
		return fault_set(f, ST_REFUSED, "This procedure has to be begun anew.");
	/* Nothing was changed: it begins at its first page, as it did. */
	if (!atomic_load(&r->changed)) {
		r->fault = (struct fault){ .tries_left = -1 };
		pages_begin(r);
		return ST_OK;
	}
	begin_anew(r);
	r->page = 0;
	r->page_index = 0;
	return find_out(r, RUN_WORKING, f);
}

bool run_can_again(const struct run *r)
{
	return r->phase == RUN_DONE && r->p->again && (!r->p->may_again || r->p->may_again(r));
}

enum status run_again(struct run *r, struct fault *f)
{
	if (!run_can_again(r))
		return fault_set(f, ST_REFUSED, "This procedure has to be begun anew.");
	if (record_end(r, f) != ST_OK)
		return f->st;
	if (!r->p->again(r))
		return fault_set(f, ST_REFUSED, "This procedure has to be begun anew.");
	answers_erase_secrets(r);
	remember_device(r, "", "");
	run_other_reader(r, "");
	r->resumed = r->confirmed = false;
	r->page = 0;
	r->page_index = 0;
	atomic_store(&r->changed, false);
	r->fault = (struct fault){ .tries_left = -1 };
	r->phase = RUN_ASKING;
	return ST_OK;
}

enum status run_resume(const struct procedure *p, const struct env *env, const struct run_record *record, struct run **ret,
		       struct fault *f)
{
	CLEANUP(run_free_guard) struct run *r = NULL;
	enum status st;

	if (!p->resume)
		return fault_set(f, ST_REFUSED, "\"%s\" cannot be taken up again; it has to be begun anew.", translated(p->title));
	st = run_new(p, env, &r, f);
	if (st != ST_OK)
		return st;
	st = record_restore(r, record, f);
	if (st != ST_OK)
		return st;
	st = find_out(r, RUN_WORKING, f);
	if (st != ST_OK)
		return st;
	*ret = STEAL(r);
	return ST_OK;
}
