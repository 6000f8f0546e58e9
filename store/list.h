/* Within store/: results that grow, and statements composed of fixed pieces. */
#ifndef STORE_LIST_H
#define STORE_LIST_H

#include "store/db.h"

struct list {
	void *rows;
	size_t n, cap, size;   /* size of one row */
};
void list_done(struct list *l);
#define LIST CLEANUP(list_done) struct list   /* LIST l = { .size = sizeof(struct x) }; */
void *list_add(struct list *l);               /* a zeroed row at the end; NULL: memory */

/* Reads one row of the statement into row. */
typedef void list_read(struct query *q, void *row);

/* All rows of q, whose values are bound; *ret is the caller's to free(), NULL where there are none. */
enum status list_all(struct query *q, size_t size, list_read *read, void **ret, size_t *ret_n, struct fault *f);

/* A piece of SQL that a filter brings along where it is wanted. Never a value: those are bound. */
struct clause {
	bool wanted;
	const char *sql;
};

/* "select WHERE a AND b rest"; rest may be "". */
enum status query_compose(struct query *q, struct store *s, const char *select, const struct clause *clauses, size_t n,
			  const char *rest, struct fault *f);

/* :limit and :offset */
void bind_page(struct query *q, struct store_page page);

/* A composed statement with a filter's values: what listings and their counts are made of. */
struct search {
	const char *select, *rest;
	const struct clause *clauses;
	size_t n_clauses;
	void (*bind)(struct query *q, const void *filter);
	const void *filter;
};
enum status search_all(struct store *s, const struct search *what, size_t size, list_read *read, void **ret, size_t *ret_n,
		       struct fault *f);
enum status search_count(struct store *s, const struct search *what, size_t *ret, struct fault *f);

/* The count that a composed SELECT count(*) gives. */
enum status query_count(struct query *q, size_t *ret, struct fault *f);

#endif
