/* Within store/: the handle, statements with their values, transactions. Nobody outside includes this. */
#ifndef STORE_DB_H
#define STORE_DB_H

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/sql.h"
#include "store/store.h"

struct ladder;

struct store {
	sqlite3 *db;
	char *path;
	const struct ladder *ladder;       /* schema.h */
	bool read_only;
	bool in_txn;                       /* store_begin() was called, and neither committed nor rolled back */
	bool spoiled;                      /* something could not be taken back: nothing is committed before it is */
	void (*committed)(void *ctx);
	void *committed_ctx;
	sqlite3_stmt *stmts[SQL_COUNT];    /* prepared when first used */
	int runs_file;                     /* run_hold.c: its descriptor + 1; 0: not open */
};

void run_hold_done(struct store *s);

/* Fills the fault for what the last call on the database gave. doing: "recording a device". */
enum status db_fault(struct store *s, int rc, struct fault *f);

/* One or several statements without values or rows. */
enum status db_exec(struct store *s, const char *sql, struct fault *f);

/*
 * A write: all of it or nothing. A transaction of its own, or a savepoint within the one that store_begin() opened.
 * ST_STORE_READ_ONLY.
 */
struct write {
	struct store *s;
	bool inner;
};
enum status write_prepare(struct store *s, struct fault *f);   /* once, when the inventory is opened */
enum status write_begin(struct store *s, struct write *w, struct fault *f);
enum status write_commit(struct write *w, struct fault *f);
void write_done(struct write *w);
#define WRITE CLEANUP(write_done) struct write

/*
 * A statement with its values. Binding and reading go from left to right and remember what failed, so that a chain of
 * them needs one check: the next query_ function gives the status.
 */
struct query {
	struct store *s;
	sqlite3_stmt *stmt;
	bool own;          /* not one of the table: finalised at the end */
	int rc;            /* of binding */
	int next_bind, next_column;
	bool odd;          /* a column had what no Keyroom writes */
	bool no_memory;    /* reading a column failed */
};
#define QUERY CLEANUP(query_done) struct query

enum status query_open(struct query *q, struct store *s, enum sql sql, struct fault *f);
enum status query_prepare(struct query *q, struct store *s, const char *sql, struct fault *f);
void query_done(struct query *q);

/* Runs a statement that gives no row; another query_open() on the same q may follow each of these. */
enum status query_run(struct query *q, struct fault *f);
/* The next row, or the end; what was read of the row before is checked. */
enum status query_next(struct query *q, bool *ret_row, struct fault *f);
/* The only row. ST_NOT_FOUND without a fault of its own where there is none: the caller says what is missing. */
enum status query_one(struct query *q, struct fault *f);
/* Checks what was read of the last row. */
enum status query_end(struct query *q, struct fault *f);

void bind_int(struct query *q, int64_t v);
void bind_opt_int(struct query *q, int64_t v);                     /* STORE_UNKNOWN and below: NULL */
void bind_text(struct query *q, const char *text, size_t cap);     /* at most cap - 1 bytes, cut between characters; NULL: "" */
void bind_opt_text(struct query *q, const char *text, size_t cap); /* "" and NULL: NULL */
void bind_blob(struct query *q, const void *p, size_t n);          /* stays the caller's until the query is done */
void bind_opt_blob(struct query *q, const void *p, size_t n);      /* n 0: NULL */
void bind_null(struct query *q);
/* For composed statements: the values stand by name, in any order, and are skipped where the name does not occur. */
bool bind_at(struct query *q, const char *name);                   /* true: the next bind goes there */

int64_t get_int(struct query *q, int64_t low, int64_t high);
int64_t get_opt_int(struct query *q, int64_t low, int64_t high);   /* NULL: STORE_UNKNOWN */
int64_t get_time(struct query *q);
int64_t get_opt_time(struct query *q);
void get_text(struct query *q, char *out, size_t cap);             /* cut between characters */
void get_opt_text(struct query *q, char *out, size_t cap);         /* NULL: "" */
char *get_new_text(struct query *q, size_t max);                   /* the caller's to free(); NULL: odd, or no memory */
void get_blob(struct query *q, void *out, size_t n);               /* exactly n bytes */
bool get_opt_blob(struct query *q, void *out, size_t n);           /* NULL: false, and out is zeroed */
size_t get_bytes(struct query *q, void *out, size_t cap);          /* up to cap; NULL: 0 */
void get_identity(struct query *q, struct key_identity *out);      /* NULL or empty: len 0 */

/* The length of text if it were cut to less than cap bytes, between UTF-8 characters. */
size_t text_cut(const char *text, size_t n, size_t cap);

#endif
