#include "store/db.h"

static enum status take(struct query *q, struct store *s, sqlite3_stmt *stmt, bool own)
{
	query_done(q);
	*q = (struct query){ .s = s, .stmt = stmt, .own = own, .next_bind = 1 };
	return ST_OK;
}

enum status query_prepare(struct query *q, struct store *s, const char *sql, struct fault *f)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(s->db, sql, -1, &stmt, NULL);

	return rc == SQLITE_OK ? take(q, s, stmt, true) : db_fault(s, rc, f);
}

enum status query_open(struct query *q, struct store *s, enum sql sql, struct fault *f)
{
	if (s->stmts[sql] == NULL) {
		int rc = sqlite3_prepare_v3(s->db, sql_text(sql), -1, SQLITE_PREPARE_PERSISTENT, &s->stmts[sql], NULL);

		if (rc != SQLITE_OK)
			return db_fault(s, rc, f);
	}
	return take(q, s, s->stmts[sql], false);
}

void query_done(struct query *q)
{
	if (q->stmt == NULL)
		return;
	if (q->own) {
		(void)sqlite3_finalize(q->stmt);   /* repeats what the last step said */
	} else {
		(void)sqlite3_reset(q->stmt);
		(void)sqlite3_clear_bindings(q->stmt);
	}
	q->stmt = NULL;
}

enum status query_end(struct query *q, struct fault *f)
{
	if (q->no_memory)
		return fault_set(f, ST_NO_MEMORY, NULL);
	if (q->odd)
		return fault_set(f, ST_STORE_DAMAGED, "The inventory %s holds a value that no Keyroom writes: it is damaged, or was "
				 "changed by hand. The keys on the devices are not touched by that. Copy it away as it is, and go "
				 "back to a copy of it.", q->s->path);
	return ST_OK;
}

enum status query_next(struct query *q, bool *ret_row, struct fault *f)
{
	enum status st = query_end(q, f);
	int rc;

	if (st != ST_OK)
		return st;
	if (q->rc != SQLITE_OK)
		return db_fault(q->s, q->rc, f);
	rc = sqlite3_step(q->stmt);
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		return db_fault(q->s, rc, f);
	q->next_column = 0;
	*ret_row = rc == SQLITE_ROW;
	return ST_OK;
}

enum status query_run(struct query *q, struct fault *f)
{
	bool row = true;
	enum status st;

	do
		st = query_next(q, &row, f);
	while (st == ST_OK && row);
	return st;
}

enum status query_one(struct query *q, struct fault *f)
{
	bool row = false;
	enum status st = query_next(q, &row, f);

	if (st != ST_OK)
		return st;
	return row ? ST_OK : ST_NOT_FOUND;
}
