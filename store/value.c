/* Values into statements, and out of rows. */
#include "store/db.h"

/* --- values in --- */

static void bound(struct query *q, int rc)
{
	if (q->rc == SQLITE_OK)
		q->rc = rc;
}

bool bind_at(struct query *q, const char *name)
{
	q->next_bind = sqlite3_bind_parameter_index(q->stmt, name);
	return q->next_bind != 0;
}

void bind_int(struct query *q, int64_t v)
{
	bound(q, sqlite3_bind_int64(q->stmt, q->next_bind++, v));
}

void bind_null(struct query *q)
{
	bound(q, sqlite3_bind_null(q->stmt, q->next_bind++));
}

void bind_opt_int(struct query *q, int64_t v)
{
	if (v < 0)
		bind_null(q);
	else
		bind_int(q, v);
}

size_t text_cut(const char *text, size_t n, size_t cap)
{
	if (n < cap)
		return n;
	n = cap - 1;
	for (unsigned back = 0; back < 3 && n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80; back++)
		n--;
	return n;
}

void bind_text(struct query *q, const char *text, size_t cap)
{
	const char *t = text != NULL ? text : "";
	size_t n = text_cut(t, strnlen(t, cap), cap);

	bound(q, sqlite3_bind_text(q->stmt, q->next_bind++, t, (int)n, SQLITE_TRANSIENT));
}

void bind_opt_text(struct query *q, const char *text, size_t cap)
{
	if (text == NULL || *text == '\0')
		bind_null(q);
	else
		bind_text(q, text, cap);
}

void bind_blob(struct query *q, const void *p, size_t n)
{
	/* Not NULL where n is 0: that would bind NULL. */
	bound(q, sqlite3_bind_blob64(q->stmt, q->next_bind++, n > 0 ? p : "", n, SQLITE_STATIC));
}

void bind_opt_blob(struct query *q, const void *p, size_t n)
{
	if (n == 0)
		bind_null(q);
	else
		bind_blob(q, p, n);
}

/* --- values out --- */

/* The column's kind. STRICT keeps kinds apart, but a file from elsewhere need not have our tables. */
static bool column_is(struct query *q, int type, bool or_null)
{
	int is = sqlite3_column_type(q->stmt, q->next_column);

	if (is == type)
		return true;
	if (!or_null || is != SQLITE_NULL)
		q->odd = true;
	return false;
}

static int64_t number(struct query *q, int64_t low, int64_t high, bool or_null)
{
	int64_t v = STORE_UNKNOWN;

	if (column_is(q, SQLITE_INTEGER, or_null)) {
		v = sqlite3_column_int64(q->stmt, q->next_column);
		if (v < low || v > high) {
			q->odd = true;
			v = low;
		}
	} else if (!or_null) {
		v = low;
	}
	q->next_column++;
	return v;
}

int64_t get_int(struct query *q, int64_t low, int64_t high)
{
	return number(q, low, high, false);
}

int64_t get_opt_int(struct query *q, int64_t low, int64_t high)
{
	return number(q, low, high, true);
}

int64_t get_time(struct query *q)
{
	return number(q, 0, INT64_MAX, false);
}

int64_t get_opt_time(struct query *q)
{
	return number(q, 0, INT64_MAX, true);
}

/* The bytes of the column, which is of this type; NULL with *ret_n 0 where there are none. */
static const void *content(struct query *q, int type, size_t *ret_n)
{
	int i = q->next_column;
	const void *p = type == SQLITE_TEXT ? (const void *)sqlite3_column_text(q->stmt, i) : sqlite3_column_blob(q->stmt, i);
	int n = sqlite3_column_bytes(q->stmt, i);

	/* An empty blob is NULL too. */
	if (p == NULL && (type == SQLITE_TEXT || n > 0 || sqlite3_errcode(q->s->db) == SQLITE_NOMEM))
		q->no_memory = true;
	*ret_n = p != NULL && n > 0 ? (size_t)n : 0;
	return p;
}

static void copy_text(struct query *q, char *out, size_t cap, bool or_null)
{
	const char *p;
	size_t n = 0;

	*out = '\0';
	if (column_is(q, SQLITE_TEXT, or_null) && (p = content(q, SQLITE_TEXT, &n)) != NULL) {
		n = text_cut(p, n, cap);
		memcpy(out, p, n);
		out[n] = '\0';
	}
	q->next_column++;
}

void get_text(struct query *q, char *out, size_t cap)
{
	copy_text(q, out, cap, false);
}

void get_opt_text(struct query *q, char *out, size_t cap)
{
	copy_text(q, out, cap, true);
}

char *get_new_text(struct query *q, size_t max)
{
	char *out = NULL;
	const char *p;
	size_t n = 0;

	if (column_is(q, SQLITE_TEXT, false) && (p = content(q, SQLITE_TEXT, &n)) != NULL) {
		if (n > max)
			q->odd = true;
		else if ((out = strndup(p, n)) == NULL)
			q->no_memory = true;
	}
	q->next_column++;
	return out;
}

static bool copy_blob(struct query *q, void *out, size_t least, size_t cap, bool or_null, size_t *ret_n)
{
	bool there = column_is(q, SQLITE_BLOB, or_null);
	const void *p;
	size_t n = 0;

	memset(out, 0, cap);
	if (there) {
		p = content(q, SQLITE_BLOB, &n);
		if (n < least || n > cap)
			q->odd = true;
		else if (n > 0)
			memcpy(out, p, n);
	}
	*ret_n = n <= cap ? n : 0;
	q->next_column++;
	return there;
}

void get_blob(struct query *q, void *out, size_t n)
{
	size_t got;

	(void)copy_blob(q, out, n, n, false, &got);
}

bool get_opt_blob(struct query *q, void *out, size_t n)
{
	size_t got;

	return copy_blob(q, out, n, n, true, &got);
}

size_t get_bytes(struct query *q, void *out, size_t cap)
{
	size_t got;

	(void)copy_blob(q, out, 0, cap, true, &got);
	return got;
}

void get_identity(struct query *q, struct key_identity *out)
{
	out->len = get_bytes(q, out->bytes, sizeof(out->bytes));
	if (out->len != 0 && out->len != STORE_SPKI_LEN && out->len != STORE_CMAC_LEN) {
		q->odd = true;
		out->len = 0;
	}
}
