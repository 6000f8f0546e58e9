#include "store/db.h"

enum status db_exec(struct store *s, const char *sql, struct fault *f)
{
	int rc = sqlite3_exec(s->db, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? ST_OK : db_fault(s, rc, f);
}

static enum status read_only_fault(const struct store *s, struct fault *f)
{
	return fault_set(f, ST_STORE_READ_ONLY, "The inventory %s is open for looking only, so nothing can be recorded in it. "
			 "Copy it to a disk that can be written, or name another one with --store.", s->path);
}

enum status write_prepare(struct store *s, struct fault *f)
{
	for (int sql = SQL_PREPARED_FIRST; sql <= SQL_PREPARED_LAST; sql++) {
		QUERY q = { 0 };
		enum status st = query_open(&q, s, (enum sql)sql, f);

		if (st != ST_OK)
			return st;
	}
	return ST_OK;
}

static enum status step(struct store *s, enum sql sql, struct fault *f)
{
	QUERY q = { 0 };
	enum status st = query_open(&q, s, sql, f);

	return st == ST_OK ? query_run(&q, f) : st;
}

/* All of the transaction, or what the savepoint is for. Where SQLite did that by itself there is nothing to do. */
static void go_back(struct store *s, bool inner)
{
	if (!sqlite3_get_autocommit(s->db)) {
		if (inner && (step(s, SQL_ROLLBACK_TO, NULL) != ST_OK || step(s, SQL_RELEASE, NULL) != ST_OK))
			s->spoiled = true;
		if (!inner && step(s, SQL_ROLLBACK, NULL) != ST_OK)
			s->spoiled = true;
	}
	if (sqlite3_get_autocommit(s->db))
		s->spoiled = false;
}

enum status write_begin(struct store *s, struct write *w, struct fault *f)
{
	enum status st;

	if (s->read_only)
		return read_only_fault(s, f);
	if (s->spoiled && !s->in_txn)
		go_back(s, false);
	/* A full disk takes the whole transaction back: what comes after it must not be kept by itself. */
	if (s->spoiled || (s->in_txn && sqlite3_get_autocommit(s->db)))
		return fault_set(f, ST_STORE, "What was to be recorded in the inventory %s before this has failed. Nothing of it "
				 "was recorded.", s->path);
	w->inner = !sqlite3_get_autocommit(s->db);
	st = step(s, w->inner ? SQL_SAVEPOINT : SQL_BEGIN, f);
	if (st == ST_OK)
		w->s = s;
	return st;
}

enum status write_commit(struct write *w, struct fault *f)
{
	struct store *s = w->s;
	enum status st;

	if (s->spoiled || sqlite3_get_autocommit(s->db))
		return fault_set(f, ST_STORE, "What was to be recorded in the inventory %s has failed before. Nothing of it was "
				 "recorded.", s->path);
	st = step(s, w->inner ? SQL_RELEASE : SQL_COMMIT, f);
	if (st != ST_OK)
		return st;   /* write_done() takes it back */
	w->s = NULL;
	if (!w->inner && s->committed != NULL)
		s->committed(s->committed_ctx);
	return ST_OK;
}

void write_done(struct write *w)
{
	struct store *s = w->s;

	if (s == NULL)
		return;
	w->s = NULL;
	go_back(s, w->inner);
}
