/*
 * A procedure is written once, as rows: pages of questions, a review in sentences, and steps. The console shows it as
 * pages, the command line asks the same questions on lines or takes the answers from options. Nothing here draws or prints.
 *
 * A run goes through its pages in order. Leaving a page checks its answers and may do some work (reading the device,
 * opening a share) before the next one is shown. After the last page comes the review, then what is to be confirmed, then
 * the steps, each whole on the thread of the device or on a worker. Before the first step the run is written into the
 * inventory, with every answer that is no secret, and before each step its name.
 *
 * A page on which nothing is to be read or answered (no text, no question asked) is not shown: its work is done on the way
 * to the next one. Where it is the first, its work begins with run_set_device().
 */
#ifndef TUI_WIZARD_WIZARD_H
#define TUI_WIZARD_WIZARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/error.h"
#include "engine/base/secret.h"
#include "engine/jobs/jobs.h"
#include "tui/wizard/prose.h"

struct card;
struct fleet;
struct store;
struct run;

/* What every procedure stands on. Made by tui/main.c, and by tests with an iteration count of 1. */
struct env {
	struct jobs *jobs;
	struct store *store;          /* the handle of the thread that owns the jobs */
	struct fleet *fleet;          /* for choosing another device of those that are here; NULL: nobody lists them */
	bool rehearsal;
	bool script;                  /* answers come from options: nothing can be asked a second time */
	const char *confirm;          /* --confirm of a script, as it was given: what is to be confirmed is compared with it; or NULL */
	unsigned share_iterations;    /* of the share KDF: SHARE_ITERATIONS in keyroom */
};

/*
 * The jobs' configuration for procedures: each thread has an inventory handle of its own, of this file, which must outlive
 * the jobs. NULL: no inventory can be opened, and steps get none.
 */
void wizard_jobs_config(const char *store_path, struct source *source, struct jobs_config *ret);

enum ask {
	ASK_TEXT,
	ASK_NUMBER,
	ASK_CHOICE,      /* one of choices */
	ASK_YES,         /* a flag; "1" or "" */
	ASK_FILE,        /* the name of a file that is there */
	ASK_NEW_FILE,    /* the name of a file that is not there yet */
	ASK_FILES,       /* several, in the order given: one value for each index of the answer */
	ASK_DEVICE,      /* one of the cards present; the answer is its serial */
	ASK_OTHER,       /* a second one, beside the run's device; the answer is its serial: see run_other() */
	ASK_OBJECTS,     /* one or several of the device's objects; by what, the procedure says in choices_of */
	ASK_SENTENCE,    /* choices[0].words must be typed; the answer is its value. A script's flag of the same name stands for it */
	ASK_PIN,         /* from here on the answer is a secret */
	ASK_SO_PIN,
	ASK_PASSWORD,
};

static inline bool ask_is_secret(enum ask a)
{
	return a >= ASK_PIN;
}

struct choice {
	const char *value;   /* as the option takes it */
	const char *words;   /* as the page shows it */
};

/* Choices that depend on the run, in the order they are shown. The rows and their strings are the run's, and live as long. */
struct choices {
	struct choice *c;
	size_t n;
};

struct question {
	const char *name;     /* of the answer, and of its option without the dashes: "label", "new-pin" (given by --new-pin-file) */
	const char *also;     /* another name of its option, for scripts; NULL: none */
	const char *value;    /* as usage shows it: "L", "FILE"; NULL for a flag or a positional that words show */
	enum ask ask;
	bool positional;      /* on the command line it stands without its name */
	bool unlisted;        /* the console's alone: a script says the same with other options */
	bool optional;
	bool needed;          /* shown as such by usage, though a run that is taken up again does not ask for it */
	bool spare;           /* a file or secret that a script gives where it is not asked is passed over: else that is refused */
	bool strict;          /* anything else that a script gives where it is not asked is refused: else it is passed over */
	bool twice;           /* a secret that is being set is typed a second time */
	size_t max;           /* characters, bytes of a secret, or values of ASK_FILES and ASK_OBJECTS; 0: as the kind has it */
	const char *words;    /* in front of the field: "Current SO-PIN" */
	const char *help;     /* sentences for somebody who has never seen a DKEK */
	const char *empty;    /* of a line of text that may stay empty: what that means, shown beside it: "empty: no limit" */
	const struct choice *choices;                                   /* until value is NULL */
	enum status (*choices_of)(const struct run *r, struct choices *ret, struct fault *f);
	bool (*asked)(const struct run *r, unsigned index);             /* NULL: always */
	void (*proposal)(const struct run *r, unsigned index, char *out, size_t cap);   /* the field's first content */
	enum status (*check)(struct run *r, unsigned index, struct fault *f);           /* of this one answer */
	void (*warn)(const struct run *r, unsigned index, struct prose *out);           /* shown beside the field, as it stands */
};

enum where {
	ON_DEVICE,
	ON_WORKER,
	ON_OTHER,        /* the second device of the run: the one that the answer to ASK_OTHER names */
};

struct step_env {
	struct run *run;
	struct job *job;          /* for progress and cancellation */
	struct card *card;        /* NULL with ON_WORKER. It is the step's device, in a session that lasts for the step */
	struct store *store;      /* this thread's handle; NULL where the jobs have none */
	unsigned index;           /* of the page's repetition, or of the step's */
	enum where where;
};

/*
 * Said right before the first command that changes something which cannot be taken back by itself: from here on a failure
 * leaves the run open, to be taken up again, and is ST_HALFWAY where device or store let us down.
 * run_unchanged(): that command was refused whole, or all of it was taken back.
 */
void run_changed(struct step_env *e);
void run_unchanged(struct step_env *e);

/*
 * A fact that a later start needs, written into the run's record before this returns: short, and never a secret. By a
 * page's work it is kept, and written when the run begins its first step. run_fact(): "" where there is none.
 */
enum status run_note(struct step_env *e, const char *name, const char *text, struct fault *f);
const char *run_fact(const struct run *r, const char *name);

/* The DKEK check value (8 bytes) that the device is to have in the end: of the record. NULL: none. */
void run_expect_kcv(struct run *r, const uint8_t *kcv);
const uint8_t *run_expected_kcv(const struct run *r);

/* In the run's record, for journal entries; 0 where it has none. */
int64_t run_record_id(const struct run *r);

struct step {
	const char *name;         /* in the run's record: never changed once released */
	const char *words;        /* "Erase the device and set its PINs" */
	enum where where;
	bool uninterruptible;     /* said on the page while it runs */
	/*
	 * Its repetitions run side by side, each with an index of its own. Of a page's work: the pages of a script are
	 * worked on together, when the last of them is left.
	 */
	bool parallel;
	unsigned (*repeat)(const struct run *r);   /* NULL: once; 0: left out */
	enum status (*fn)(struct step_env *e, struct fault *f);
	const char *usual;        /* the inventory's name for how long it usually takes on this device; NULL: quick */
	const char *(*usual_of)(const struct run *r);   /* where that depends on the answers */
};

struct page {
	const char *name;         /* "SO-PIN": stands on the left of the console */
	const char *title;
	const struct question *questions;   /* until name is NULL */
	unsigned (*repeat)(const struct run *r);   /* how often the page is asked, index 0 and on; NULL: once; 0: left out */
	void (*text)(const struct run *r, unsigned index, struct prose *out);   /* what stands above the fields; may be NULL */
	const struct step *work;  /* done when the page is left with good answers; its failure keeps the page; may be NULL */
};

struct procedure {
	const char *name;         /* "init": of the run's record */
	const char *command;      /* "init", "key new": on the command line */
	const char *title;        /* "Initialise" */
	const char *summary;      /* one line, for usage, manual and help */
	bool on_device;           /* asks which device, unless one was given */
	bool looks_around;        /* it needs none, but must know which are here: the fleet of env has seen each of them */
	bool one_session;         /* all it does is one step on one device: a script finds and uses the device in one session */
	bool unrecorded;          /* it changes nothing, and leaves no run in the inventory */
	const struct page *pages; /* until name is NULL */
	const struct step *steps; /* until name is NULL */
	size_t state_size;        /* of the procedure's own state: run_state(), zeroed; secrets in it are struct secret * */
	void (*state_done)(void *state);
	/* All is done, and not again for another device: erases what is secret in its state, before that is freed. May be NULL. */
	void (*wipe)(void *state);
	void (*review)(const struct run *r, struct prose *out);       /* what will happen and what will be lost; may be NULL */
	const char *(*confirm)(const struct run *r);                  /* what must be typed before the steps; NULL: nothing */
	void (*outcome)(const struct run *r, struct prose *out);      /* what was done, and what should be done next */
	bool prints;              /* on the line its result goes to stdout, so that the outcome is not said as well */
	void (*failed)(const struct run *r, struct prose *out);       /* the state the device is in now, and the choices; may be NULL */
	void (*left)(const struct run *r, struct prose *out);         /* what stays of one that is left before its steps; may be NULL */
	/*
	 * Of a run that is taken up again, before its first page: finds out on the device how far it came, and notes that in
	 * run_state(), by which questions and steps that are not needed any more leave themselves out. NULL: it cannot be.
	 */
	const struct step *resume;
	bool (*may_again)(const struct run *r);   /* is again worth offering after this run? NULL: it is */
	bool (*again)(struct run *r);   /* makes the run ready for another device with what was opened; NULL: no such thing */
	const char *again_words;        /* "Initialise another device with the same shares" */
};

enum run_phase {
	RUN_ASKING,     /* run_page() is to be answered */
	RUN_WORKING,    /* the page's work is being done */
	RUN_REVIEW,     /* run_start() comes next */
	RUN_RUNNING,
	RUN_DONE,
	RUN_FAILED,     /* a step failed: run_fault(). run_retry(), or run_free() */
};

/* Without a device: see run_set_device(). */
enum status run_new(const struct procedure *p, const struct env *env, struct run **ret, struct fault *f);
/*
 * Asks a job under way to cancel and waits for it; erases every secret. A script's record ends here, after all was told; that
 * of a console ends with the last step.
 */
void run_free(struct run *r);
DEFINE_GUARD(struct run, run_free)

const struct procedure *run_procedure(const struct run *r);
const struct env *run_env(const struct run *r);
void *run_state(const struct run *r);
bool run_is_resumed(const struct run *r);   /* taken up again: procedure->resume was or is being done */
enum run_phase run_phase(const struct run *r);
const struct page *run_page(const struct run *r, unsigned *ret_index);   /* asked or worked on; NULL: there is none */
const struct fault *run_fault(const struct run *r);   /* of the last work or step that failed; st is ST_OK where none did */

/* The device of the run, while the first page that is shown is asked. The reader is looked up anew for each job, by serial. */
enum status run_set_device(struct run *r, const char *serial, const char *reader, struct fault *f);
const char *run_serial(const struct run *r);   /* "" where there is none */
/* The second device: what was answered to the procedure's ASK_OTHER; "" where nothing was, or it asks for none. */
const char *run_other(const struct run *r);
/* Which reader it was seen in last, where that is known: it is looked for there first. */
void run_other_reader(struct run *r, const char *reader);

/* Answers. Text is copied; NULL takes the answer back. An answer that was never given reads as "" with 0 values. */
enum status run_set(struct run *r, const char *question, unsigned index, const char *text, struct fault *f);
const char *run_get(const struct run *r, const char *question, unsigned index);
bool run_is(const struct run *r, const char *question, const char *text);
long run_number(const struct run *r, const char *question, long otherwise);
unsigned run_count(const struct run *r, const char *question);   /* values of ASK_FILES and ASK_OBJECTS */
/*
 * The secret of a question, with room for one byte more than it may have, so that one that is too long fails its check
 * instead of being cut. Made when first asked for; owned by the run. NULL: memory.
 */
struct secret *run_secret(struct run *r, const char *question, unsigned index);
/* The same for looking; NULL also where nothing was typed yet. */
const struct secret *run_secret_typed(const struct run *r, const char *question, unsigned index);

/* Of one answer alone, as it stands. */
enum status run_check(struct run *r, const struct question *q, unsigned index, struct fault *f);
/* Checks the page's answers, in order: on failure ret_bad is the question's name. Then works, or goes on. */
enum status run_next(struct run *r, const char **ret_bad, struct fault *f);
bool run_back(struct run *r);      /* false on the first page; answers stay */

/*
 * Right before run_start(): the person has typed what procedure->confirm asks for. It counts until the pages begin anew, or
 * one goes back; the last tries of a PIN are not spent without it.
 */
void run_confirm(struct run *r);
bool run_is_confirmed(const struct run *r, const char *serial);   /* this device's was typed */

/*
 * Writes the run into the inventory and begins the steps. Only in RUN_REVIEW. Where the same procedure with the same
 * answers stopped half way on this device before, that one is taken up: procedure->resume comes first.
 */
enum status run_start(struct run *r, struct fault *f);

/* Hands an event of the jobs to the run; true where it was the run's, and what the screen shows has changed. */
bool run_event(struct run *r, const struct job_event *event);

/* For command lines and tests: waits until the run is neither working nor running; other events are dropped. */
void run_wait(struct run *r, void (*progress)(void *ctx, const struct run *r), void *ctx);

void run_cancel(struct run *r);    /* asks the work or step under way to stop, where it can */

/* Where the run stands, for the page that shows it running. */
struct run_progress {
	const struct step *step;   /* of procedure->steps, or the page's work; NULL: none */
	unsigned index, of;        /* repetition */
	unsigned done, total;      /* within it; total 0: not known */
	char note[300];
	int64_t elapsed_ms, usual_ms;   /* usual 0: not known */
};
void run_progress(const struct run *r, struct run_progress *ret);
enum step_state { STEP_WAITING, STEP_NOW, STEP_FINISHED, STEP_BROKEN, STEP_LEFT_OUT };
enum step_state run_step_state(const struct run *r, size_t step);

/*
 * Runs that an earlier start left open. The procedure compares the record with the device's real state, says which steps
 * are true, and goes on: a new run whose answers are filled in, whose secrets are asked again.
 */
struct run_record;   /* store/run.h */
enum status run_resume(const struct procedure *p, const struct env *env, const struct run_record *record, struct run **ret,
		       struct fault *f);

/* For a page's work: the same was begun on this device before, with the answers that were given so far, and is still open. */
bool run_was_interrupted(const struct step_env *e);

/* What run_note() left in a record; "" where there is none, or it does not fit. */
void run_record_fact(const struct run_record *record, const char *name, char *out, size_t cap);

/*
 * Takes up a run that is RUN_FAILED, at once, with the answers and what was opened: at its first page where nothing was
 * changed, else where the device shows it to be. ST_REFUSED: the procedure cannot.
 */
bool run_can_retry(const struct run *r);
enum status run_retry(struct run *r, struct fault *f);

/* After RUN_DONE: is there another device to do the same for? Then back to the first page, without one. Secrets were erased. */
bool run_can_again(const struct run *r);
enum status run_again(struct run *r, struct fault *f);

/* All procedures, until name is NULL; the one table behind commands, console, help and manual. */
extern const struct procedure *const procedures[];
const struct procedure *procedure_find(const char *name);
/* By its name, or else by its command; NULL: none. */
const struct procedure *procedure_called(const char *name);

#endif
