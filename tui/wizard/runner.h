/*
 * The inside of a run, for run*.c alone. Everything but what is marked is touched by the thread that owns the jobs only;
 * steps, on theirs, see it through wizard.h.
 */
#ifndef TUI_WIZARD_RUNNER_H
#define TUI_WIZARD_RUNNER_H

#include <pthread.h>
#include <stdatomic.h>

#include "engine/base/transport.h"
#include "store/run.h"
#include "tui/wizard/wizard.h"

#define RUN_SERIAL_MAX STORE_SERIAL_MAX

/*
 * One answer. A text that was replaced is kept until the run ends: a step on another thread may be reading it.
 */
struct answer {
	struct answer *next;
	const struct question *question;
	unsigned index;
	char *text;             /* NULL: taken back, or a secret */
	struct secret *secret;
	struct old_text *old;
};

/* What a step left for a later start. One that was replaced has no name. */
struct fact {
	struct fact *next;
	char *name, *text;
};

/* One job of the run: one repetition of a step. */
struct task {
	struct run *run;
	const struct step *step;
	unsigned index;
	unsigned job;           /* 0: not submitted */
	unsigned candidate;     /* which of the readers is being tried: find_reader() */
	char reader[READER_NAME_MAX];
	atomic_bool begun;      /* by the job's thread: its device is the right one, so that this reader is not in question */
	bool over;
	enum status st;
	struct fault fault;
};

struct run {
	const struct procedure *p;
	struct env env;
	char serial[RUN_SERIAL_MAX];
	char reader[READER_NAME_MAX];
	char other_reader[READER_NAME_MAX];   /* of run_other(); "" where not known */
	void *state;
	bool resumed, resuming;
	bool confirmed;         /* what procedure->confirm asks for was typed on this review: */
	char confirmed_as[RUN_SERIAL_MAX];

	pthread_mutex_t *lock;  /* of the lists of answers and facts, and their texts */
	struct answer *answers;
	struct fact *facts;

	enum run_phase phase;
	size_t page;
	unsigned page_index;
	struct fault fault;

	/* Under way: a page's work, a step, or finding out how far an earlier run came. */
	const struct step *step;
	size_t step_no;         /* of procedure->steps, with RUN_RUNNING */
	struct task *tasks;
	unsigned n_tasks, next_task, in_flight;
	unsigned done, total;
	char note[300];
	int64_t started_ms, usual_ms;
	bool cancelling;

	enum step_state *step_states;
	int64_t record;         /* its number in the inventory; 0: none */
	bool has_kcv;
	uint8_t kcv[STORE_KCV_LEN];
	atomic_bool changed;
};

/* run_answers.c */
const struct question *run_find_question(const struct procedure *p, const char *name);
const struct question *run_find_ask(const struct procedure *p, enum ask ask);   /* the first of this kind */
void answers_free(struct run *r);
void answers_erase_secrets(struct run *r);
size_t question_secret_max(const struct question *q);   /* bytes that a secret answer may have */
bool question_is_asked(const struct run *r, const struct question *q, unsigned index);

/* run_check.c: one answer, by its kind and by the question's own check. */
enum status answer_check(struct run *r, const struct question *q, unsigned index, struct fault *f);

/* run_pages.c */
void pages_begin(struct run *r);                     /* at the first page, or the first that is shown */
bool pages_at_first(const struct run *r);            /* asked, or reviewed where none is asked: nothing was shown before */
void pages_work_over(struct run *r, const struct task *failed);   /* NULL: it went well */

/* run_tasks.c: does a step, repetitions first and on; when all are over, run_task_over() is called. */
enum status tasks_start(struct run *r, const struct step *s, unsigned first, unsigned count, struct fault *f);
void tasks_abandon(struct run *r);
void run_tasks_over(struct run *r, const struct task *failed);

/* run_find.c: the reader to be tried as number n for a device of the run. ST_NO_CARD: there is no such number. */
enum status find_reader(const struct run *r, enum where where, unsigned n, char out[static READER_NAME_MAX], struct fault *f);
/* Its serial, and where it was seen last; NULL with ON_WORKER. */
const char *find_serial(const struct run *r, enum where where);
char *find_last_reader(struct run *r, enum where where);

#endif
