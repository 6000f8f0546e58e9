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

enum status write_begin(struct store *s, struct write *w, struct fault *f)
{
	enum status st;

	if (s->read_only)
		return read_only_fault(s, f);
	/* A full disk takes the whole transaction back: what comes after it must not be kept by itself. */
	if (s->in_txn && sqlite3_get_autocommit(s->db))
		return fault_set(f, ST_STORE, "What was to be recorded in the inventory %s before this has failed. Nothing of it "
				 "was recorded.", s->path);
	w->inner = !sqlite3_get_autocommit(s->db);
	st = db_exec(s, w->inner ? "SAVEPOINT part" : "BEGIN IMMEDIATE", f);
	if (st == ST_OK)
		w->s = s;
	return st;
}

enum status write_commit(struct write *w, struct fault *f)
{
	struct store *s = w->s;
	enum status st = db_exec(s, w->inner ? "RELEASE part" : "COMMIT", f);

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
	/* Where SQLite took it back by itself there is none, and nothing to do. Going back needs no room on the disk. */
	if (!sqlite3_get_autocommit(s->db))
		(void)sqlite3_exec(s->db, w->inner ? "ROLLBACK TO part; RELEASE part" : "ROLLBACK", NULL, NULL, NULL);
}
