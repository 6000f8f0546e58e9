/*
 * Walks through a procedure and lets it fail at every point: the card vanishes after every APDU, or the process is killed
 * after every APDU and every transaction of the inventory. Each time it is then taken up again by the same script, and
 * must come to the same end. For the test programs of this folder; failures are cmocka's.
 */
#ifndef TESTS_FAULTS_WALK_H
#define TESTS_FAULTS_WALK_H

#include "engine/card/card.h"
#include "engine/sim/sim.h"
#include "store/store.h"
#include "tests/check.h"
#include "tui/wizard/procedures.h"
#include "tui/wizard/wizard.h"

/* One folder with cards, an inventory ("inventory") and whatever files the procedures write, opened. */
struct stage {
	char dir[256];
	struct source *source;
	struct jobs *jobs;
	struct store *store;
	struct env env;              /* a script's; share_iterations 1 */
	char store_file[288];
	bool unconfirmed;            /* no --confirm; else each run has its device's */
	bool typed;                  /* its serial is typed after the review */
};

void stage_open(struct stage *s, const char *dir, unsigned cards, const char *firmware);
void stage_close(struct stage *s);

/* The name of a file in the stage's folder, in one of a few buffers that are used in turn. */
const char *stage_file(const struct stage *s, const char *name);
struct sim_card *stage_card(struct stage *s, size_t i);
const char *stage_serial(struct stage *s, size_t i);

/* The card itself, beside the jobs: for looking and for preparing. Close it before a run. */
struct card *stage_talk(struct stage *s, size_t i);

/* Answers of a script, until question is NULL; a secret's is what its file would have. file: text is a name in the folder. */
struct given {
	const char *question;
	unsigned index;
	const char *text;
	bool file;
};

/*
 * Takes a run from its first page to its end. device NULL: it needs none. ret_run may be NULL; else it is given back with
 * run_free(), whatever came out.
 */
enum status stage_run(struct stage *s, const struct procedure *p, const char *device, const struct given *given,
		      struct run **ret_run, struct fault *f);

struct walk {
	unsigned cards;                 /* 0: one */
	const char *firmware;           /* NULL: the simulator's own choice */
	void (*prepare)(struct stage *s);
	/* The procedure. Returns as it ended; must be able to begin again after any failure. */
	enum status (*drive)(struct stage *s, struct fault *f);
	/* After an interruption, with everything back in place: to the end. NULL: drive() once more. */
	enum status (*take_up)(struct stage *s, struct fault *f);
	/* Right after an interruption, before it is taken up: what must be true already. st is how drive() ended. May be NULL. */
	void (*interrupted)(struct stage *s, enum status st);
	/* In the end: what must be true however it came about. */
	void (*check)(struct stage *s);
	unsigned long allocations;      /* walk_main(): how many fail at the most */
	const char *unseen;             /* walk_lie(): instructions of which no device shows what of them it kept; or NULL */
};

/* The card in reader i vanishes before each APDU, and between each APDU and its answer. */
void walk_vanish(const struct walk *w, size_t i);

/* SIGKILL after each APDU and each committed transaction. st is ST_HALFWAY for interrupted(). */
void walk_kill(const struct walk *w);

/*
 * Each allocation of the procedure fails once, or, where there are more than so many, evenly chosen ones: ours, in all
 * threads, not those of the libraries.
 */
void walk_memory(const struct walk *w, unsigned long most);

/*
 * The card in reader i says of each command that changes it that it was done, and did nothing, or kept something else: one bit
 * of what was sent. No success may be reported then; what interrupted() wants must be true.
 */
void walk_lie(const struct walk *w, size_t i);

/* A test program of the four of them, on the first card; what main() returns. */
int walk_main(const struct walk *w);

#endif
