#include "store/list.h"

void list_done(struct list *l)
{
	free(l->rows);
	l->rows = NULL;
	l->n = l->cap = 0;
}

void *list_add(struct list *l)
{
	if (l->n == l->cap) {
		size_t cap = l->cap > 0 ? 2 * l->cap : 8;
		void *rows = reallocarray(l->rows, cap, l->size);

		if (rows == NULL)
			return NULL;
		l->rows = rows;
		l->cap = cap;
	}
	return memset((char *)l->rows + l->size * l->n++, 0, l->size);
}

enum status list_all(struct query *q, size_t size, list_read *read, void **ret, size_t *ret_n, struct fault *f)
{
	LIST l = { .size = size };
	bool row = false;
	enum status st;

	while ((st = query_next(q, &row, f)) == ST_OK && row) {
		void *to = list_add(&l);

		if (to == NULL)
			return fault_set(f, ST_NO_MEMORY, NULL);
		read(q, to);
	}
	if (st != ST_OK)
		return st;
	*ret_n = l.n;
	*ret = STEAL(l.rows);
	return ST_OK;
}

enum status query_compose(struct query *q, struct store *s, const char *select, const struct clause *clauses, size_t n,
			  const char *rest, struct fault *f)
{
	char *sql = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&sql, &len);
	const char *between = " WHERE ";
	enum status st;

	if (out == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	fprintf(out, "%s", select);
	for (size_t i = 0; i < n; i++) {
		if (!clauses[i].wanted)
			continue;
		fprintf(out, "%s%s", between, clauses[i].sql);
		between = " AND ";
	}
	fprintf(out, " %s", rest);
	if (fclose(out) != 0)
		st = fault_set(f, ST_NO_MEMORY, NULL);
	else
		st = query_prepare(q, s, sql, f);
	free(sql);
	return st;
}

void bind_page(struct query *q, struct store_page page)
{
	if (bind_at(q, ":limit"))
		bind_int(q, page.limit == 0 || page.limit > STORE_PAGE_MAX ? STORE_PAGE_MAX : page.limit);
	if (bind_at(q, ":offset"))
		bind_int(q, page.offset);
}

enum status query_count(struct query *q, size_t *ret, struct fault *f)
{
	enum status st = query_one(q, f);
	int64_t n;

	if (st != ST_OK)
		return st;
	n = get_int(q, 0, UINT32_MAX);
	if ((st = query_end(q, f)) == ST_OK)
		*ret = (size_t)n;
	return st;
}

static enum status search_begin(struct query *q, struct store *s, const struct search *what, struct fault *f)
{
	enum status st = query_compose(q, s, what->select, what->clauses, what->n_clauses, what->rest, f);

	if (st == ST_OK)
		what->bind(q, what->filter);
	return st;
}

enum status search_all(struct store *s, const struct search *what, size_t size, list_read *read, void **ret, size_t *ret_n,
		       struct fault *f)
{
	QUERY q = { 0 };
	enum status st = search_begin(&q, s, what, f);

	return st == ST_OK ? list_all(&q, size, read, ret, ret_n, f) : st;
}

enum status search_count(struct store *s, const struct search *what, size_t *ret, struct fault *f)
{
	QUERY q = { 0 };
	enum status st = search_begin(&q, s, what, f);

	return st == ST_OK ? query_count(&q, ret, f) : st;
}
