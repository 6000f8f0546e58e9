/*
 * Procedures under way: written before each act, so that a later start knows what was meant, compares it with the
 * device's real state, and goes on. Answers are JSON text, and no secret is among them.
 */
#ifndef STORE_RUN_H
#define STORE_RUN_H

#include "store/store.h"

#define RUN_NAME_MAX 48
#define RUN_JSON_MAX (1 << 18)

enum run_state {
	RUN_STATE_OPEN,
	RUN_STATE_DONE,
	RUN_STATE_ROLLED_BACK,
};

struct run_record {
	int64_t id;
	char procedure[RUN_NAME_MAX];
	char device[STORE_SERIAL_MAX];      /* ""  where it needs none */
	unsigned step, repetition;          /* the step that was begun last, from 0 */
	char step_name[RUN_NAME_MAX];       /* "": none was begun */
	bool has_kcv;
	uint8_t kcv[STORE_KCV_LEN];         /* the check value that is expected */
	char *answers;                      /* JSON */
	char *facts;                        /* JSON: what the steps left for those after them */
	int64_t started, updated;
	enum run_state state;
};

void run_record_done(struct run_record *r);
void run_records_free(struct run_record *rows, size_t n);

/*
 * Begins a run. kcv NULL: none is expected. answers NULL: {}. device NULL or "": none; it need not be known yet.
 * ST_BAD_FORM: no JSON, or too long.
 */
enum status store_run_begin(struct store *s, const char *procedure, const char *device, const uint8_t *kcv,
			    const char *answers, int64_t at, int64_t *ret_id, struct fault *f);

/* This step begins now. facts NULL: as they were. ST_NOT_FOUND: no such run, or it is not open. */
enum status store_run_step(struct store *s, int64_t id, unsigned step, unsigned repetition, const char *step_name,
			   const char *facts, int64_t at, struct fault *f);
/* state is not RUN_STATE_OPEN. */
enum status store_run_finish(struct store *s, int64_t id, enum run_state state, int64_t at, struct fault *f);

/*
 * This handle is at the run, until it releases it or ends, as by SIGKILL: two programs are never at one run. ST_REFUSED: another
 * handle is. store_run_is_held(): is another one?
 */
enum status store_run_hold(struct store *s, int64_t id, struct fault *f);
void store_run_release(struct store *s, int64_t id);
bool store_run_is_held(struct store *s, int64_t id);

/* *ret is given back with run_record_done(). */
enum status store_run_get(struct store *s, int64_t id, struct run_record *ret, struct fault *f);
/* Those still open, of one device or (NULL) all, newest first. *ret is given back with run_records_free(). */
enum status store_open_runs(struct store *s, const char *device, struct run_record **ret, size_t *ret_n, struct fault *f);
/* Those of one procedure on one device, whatever became of them, newest first: the latest 1000. */
enum status store_runs_of(struct store *s, const char *procedure, const char *device, struct run_record **ret, size_t *ret_n,
			  struct fault *f);

#endif
