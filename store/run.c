#include "store/run.h"

#include "engine/base/words.h"
#include "store/link.h"
#include "store/list.h"

void run_record_done(struct run_record *r)
{
	free(r->answers);
	free(r->facts);
	r->answers = r->facts = NULL;
}

void run_records_free(struct run_record *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		run_record_done(&rows[i]);
	free(rows);
}

/* Not by a CHECK: an untrusted schema may not call json_valid() in SQLite 3.40. */
static enum status check_json(struct store *s, const char *text, struct fault *f)
{
	QUERY q = { 0 };
	int64_t valid;
	enum status st = query_open(&q, s, SQL_JSON_VALID, f);

	if (st != ST_OK)
		return st;
	if (strnlen(text, RUN_JSON_MAX + 1) > RUN_JSON_MAX)
		return fault_set(f, ST_BAD_FORM, "The answers of this procedure are too long to be recorded.");
	bind_text(&q, text, RUN_JSON_MAX + 1);
	if ((st = query_one(&q, f)) != ST_OK)
		return st;
	valid = get_int(&q, 0, 1);
	if ((st = query_end(&q, f)) == ST_OK && valid == 0)
		return fault_set(f, ST_BAD_FORM, "The answers of this procedure are not in the form in which they are recorded.");
	return st;
}

enum status store_run_begin(struct store *s, const char *procedure, const char *device, const uint8_t *kcv,
			    const char *answers, int64_t at, int64_t *ret_id, struct fault *f)
{
	const char *json = answers != NULL ? answers : "{}";
	WRITE w = { 0 };
	QUERY q = { 0 };
	int64_t id;
	enum status st = write_begin(s, &w, f);

	if (st != ST_OK || (st = check_json(s, json, f)) != ST_OK || (st = query_open(&q, s, SQL_RUN_BEGIN, f)) != ST_OK)
		return st;
	bind_text(&q, procedure, RUN_NAME_MAX);
	bind_text(&q, device, STORE_SERIAL_MAX);
	bind_opt_blob(&q, kcv, kcv != NULL ? STORE_KCV_LEN : 0);
	bind_text(&q, json, RUN_JSON_MAX + 1);
	bind_int(&q, at);
	if ((st = query_run(&q, f)) != ST_OK)
		return st;
	id = sqlite3_last_insert_rowid(s->db);
	if ((st = write_commit(&w, f)) == ST_OK)
		*ret_id = id;
	return st;
}

/* Runs a change of an open run whose values are bound. */
static enum status change(struct store *s, struct write *w, struct query *q, int64_t id, struct fault *f)
{
	enum status st = query_run(q, f);

	if (st == ST_OK)
		st = link_changed(s, N_("The inventory has no procedure under way with the number %lld."), id, f);
	return st == ST_OK ? write_commit(w, f) : st;
}

enum status store_run_step(struct store *s, int64_t id, unsigned step, unsigned repetition, const char *step_name,
			   const char *facts, int64_t at, struct fault *f)
{
	WRITE w = { 0 };
	QUERY q = { 0 };
	enum status st = write_begin(s, &w, f);

	if (st != ST_OK || (facts != NULL && (st = check_json(s, facts, f)) != ST_OK) ||
	    (st = query_open(&q, s, SQL_RUN_STEP, f)) != ST_OK)
		return st;
	bind_int(&q, id);
	bind_int(&q, step);
	bind_int(&q, repetition);
	bind_text(&q, step_name, RUN_NAME_MAX);
	bind_opt_text(&q, facts, RUN_JSON_MAX + 1);
	bind_int(&q, at);
	return change(s, &w, &q, id, f);
}

enum status store_run_finish(struct store *s, int64_t id, enum run_state state, int64_t at, struct fault *f)
{
	WRITE w = { 0 };
	QUERY q = { 0 };
	enum status st;

	if (state != RUN_STATE_DONE && state != RUN_STATE_ROLLED_BACK)
		return fault_set(f, ST_BAD_FORM, "A procedure ends done or rolled back.");
	if ((st = write_begin(s, &w, f)) != ST_OK || (st = query_open(&q, s, SQL_RUN_FINISH, f)) != ST_OK)
		return st;
	bind_int(&q, id);
	bind_int(&q, (int64_t)state);
	bind_int(&q, at);
	return change(s, &w, &q, id, f);
}

static void read_run(struct query *q, struct run_record *r)
{
	r->id = get_int(q, 1, INT64_MAX);
	get_text(q, r->procedure, sizeof(r->procedure));
	get_text(q, r->device, sizeof(r->device));
	r->step = (unsigned)get_int(q, 0, INT32_MAX);
	r->repetition = (unsigned)get_int(q, 0, INT32_MAX);
	get_text(q, r->step_name, sizeof(r->step_name));
	r->has_kcv = get_opt_blob(q, r->kcv, sizeof(r->kcv));
	r->answers = get_new_text(q, RUN_JSON_MAX);
	r->facts = get_new_text(q, RUN_JSON_MAX);
	r->started = get_time(q);
	r->updated = get_time(q);
	r->state = (enum run_state)get_int(q, RUN_STATE_OPEN, RUN_STATE_ROLLED_BACK);
}

enum status store_run_get(struct store *s, int64_t id, struct run_record *ret, struct fault *f)
{
	QUERY q = { 0 };
	struct run_record r = { 0 };
	enum status st = query_open(&q, s, SQL_RUN, f);

	if (st != ST_OK)
		return st;
	bind_int(&q, id);
	if ((st = query_one(&q, f)) == ST_NOT_FOUND)
		return fault_set(f, st, "The inventory has no procedure with the number %lld.", (long long)id);
	if (st != ST_OK)
		return st;
	read_run(&q, &r);
	if ((st = query_end(&q, f)) == ST_OK)
		*ret = r;
	else
		run_record_done(&r);
	return st;
}

/* What the statement gives, which is then over. */
static enum status list_runs(struct query *q, struct run_record **ret, size_t *ret_n, struct fault *f)
{
	LIST l = { .size = sizeof(struct run_record) };
	bool row = false;
	enum status st = ST_OK;

	while (st == ST_OK && (st = query_next(q, &row, f)) == ST_OK && row) {
		struct run_record *r = list_add(&l);

		if (r == NULL)
			st = fault_set(f, ST_NO_MEMORY, NULL);
		else
			read_run(q, r);
	}
	if (st != ST_OK) {
		run_records_free(STEAL(l.rows), l.n);
		return st;
	}
	*ret_n = l.n;
	*ret = STEAL(l.rows);
	return ST_OK;
}

enum status store_open_runs(struct store *s, const char *device, struct run_record **ret, size_t *ret_n, struct fault *f)
{
	QUERY q = { 0 };
	enum status st = query_open(&q, s, device != NULL ? SQL_RUNS_OPEN_ON : SQL_RUNS_OPEN, f);

	if (st != ST_OK)
		return st;
	if (device != NULL)
		bind_text(&q, device, STORE_SERIAL_MAX);
	return list_runs(&q, ret, ret_n, f);
}

enum status store_runs_of(struct store *s, const char *procedure, const char *device, struct run_record **ret, size_t *ret_n,
			  struct fault *f)
{
	QUERY q = { 0 };
	enum status st = query_open(&q, s, SQL_RUNS_OF, f);

	if (st != ST_OK)
		return st;
	bind_text(&q, device, STORE_SERIAL_MAX);
	bind_text(&q, procedure, RUN_NAME_MAX);
	return list_runs(&q, ret, ret_n, f);
}
