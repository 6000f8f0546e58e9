#include "store/link.h"

void store_relax(struct store *s)
{
	(void)sqlite3_db_release_memory(s->db);
}

const char *store_path(const struct store *s)
{
	return s->path;
}

bool store_read_only(const struct store *s)
{
	return s->read_only;
}

void store_close(struct store *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < SQL_COUNT; i++)
		(void)sqlite3_finalize(s->stmts[i]);   /* repeats what the last step said */
	(void)sqlite3_close_v2(s->db);                 /* checkpoints; a failure of that is mended by the next open */
	run_hold_done(s);
	free(s->path);
	free(s);
}

void store_on_commit(struct store *s, void (*fn)(void *ctx), void *ctx)
{
	s->committed = fn;
	s->committed_ctx = ctx;
}

enum status store_begin(struct store *s, struct store_txn *t, struct fault *f)
{
	WRITE w = { 0 };
	enum status st;

	if (s->in_txn)
		return fault_set(f, ST_STORE, "The inventory %s is being written already.", s->path);
	if ((st = write_begin(s, &w, f)) != ST_OK)
		return st;
	w.s = NULL;   /* t takes it over */
	s->in_txn = true;
	t->s = s;
	return ST_OK;
}

enum status store_commit(struct store_txn *t, struct fault *f)
{
	struct write w = { .s = t->s };
	enum status st = write_commit(&w, f);

	if (st != ST_OK)
		return st;   /* store_txn_done() takes it back */
	t->s->in_txn = false;
	t->s = NULL;
	return ST_OK;
}

void store_txn_done(struct store_txn *t)
{
	struct write w = { .s = t->s };

	if (t->s == NULL)
		return;
	t->s->in_txn = false;
	t->s = NULL;
	write_done(&w);
}

enum status store_identity(struct store *s, uint8_t ret[static 16], struct fault *f)
{
	QUERY q = { 0 };
	uint8_t id[16];
	enum status st = query_open(&q, s, SQL_INVENTORY, f);

	if (st != ST_OK)
		return st;
	if ((st = query_one(&q, f)) == ST_NOT_FOUND)
		return fault_set(f, ST_STORE_DAMAGED, "The inventory %s has lost its identity. Go back to a copy of it.", s->path);
	if (st != ST_OK)
		return st;
	get_blob(&q, id, sizeof(id));
	if ((st = query_end(&q, f)) == ST_OK)
		memcpy(ret, id, sizeof(id));
	return st;
}

enum status store_check(struct store *s, struct fault *f)
{
	QUERY q = { 0 };
	char said[200] = "";
	bool row = false;
	enum status st = query_prepare(&q, s, "PRAGMA integrity_check(1)", f);

	if (st != ST_OK || (st = query_one(&q, f)) != ST_OK)
		return st;
	get_text(&q, said, sizeof(said));
	if (strcmp(said, "ok") == 0) {
		if ((st = query_prepare(&q, s, "SELECT \"table\" FROM pragma_foreign_key_check LIMIT 1", f)) != ST_OK ||
		    (st = query_next(&q, &row, f)) != ST_OK || !row)
			return st;
		get_text(&q, said, sizeof(said));
	}
	return fault_set(f, ST_STORE_DAMAGED, "The inventory %s is damaged (%s). The keys on the devices and the wrapped-key files "
			 "are not touched by that. Copy it away as it is, and go back to a copy of it.", s->path, said);
}
