/* Certificates and data in the inventory. */
#include <string.h>

#include "engine/base/clock.h"
#include "tui/wizard/find.h"
#include "tui/wizard/record_inside.h"

/* The object, what stands in its certificate, and the key that it is, as they are now. *ret_id: of the key; may be NULL. */
static enum status object_of(struct store *s, const struct look *l, const struct object *o, size_t most, int64_t at,
			     struct key_identity *ret_id, struct fault *f)
{
	struct object_row rows[2];
	const size_t all = record_rows_of(o, rows), n = all < most ? all : most;
	struct key_result k = { .key_ref = -1 };
	enum status st = ST_OK;

	if (o->cert != NULL && o->content.n > 0)
		st = store_certificate_keep(s, o->content.p, o->content.n, f);
	if (st == ST_OK && o->has_key && o->type == OBJECT_KEY) {
		find_to_result(l, o, &k);
		st = record_key(s, &k, &o->key, at, f);
	}
	if (st == ST_OK)
		st = record_keep_origins(s, l->serial, rows, n, f);
	for (size_t i = 0; i < n && st == ST_OK; i++)
		st = store_object_seen(s, l->serial, &rows[i], at, f);
	if (n > 0 && ret_id != NULL)
		*ret_id = rows[0].key;
	return st;
}

enum status record_thing(struct store *s, const struct look *l, const struct object *o, const char *what, const char *words,
			 struct fault *f)
{
	const int64_t at = clock_wall();
	struct key_identity id = { 0 };
	STORE_TXN t = { 0 };
	enum status st;

	if (s == NULL)
		return ST_OK;
	if ((st = store_begin(s, &t, f)) != ST_OK || (st = record_look(s, l, at, f)) != ST_OK ||
	    (st = object_of(s, l, o, 2, at, &id, f)) != ST_OK ||
	    (st = record_journal(s, at, what, l->serial, &id, f, "%s", words)) != ST_OK)
		return st;
	return store_commit(&t, f);
}

enum status record_thing_gone(struct store *s, const struct look *l, enum thing type, unsigned fid, const struct object *now,
			      const struct key_identity *key, const char *what, const char *words, struct fault *f)
{
	const int64_t at = clock_wall();
	STORE_TXN t = { 0 };
	enum status st;

	if (s == NULL)
		return ST_OK;
	if ((st = store_begin(s, &t, f)) != ST_OK || (st = record_look(s, l, at, f)) != ST_OK)
		return st;
	st = store_object_gone(s, l->serial, type, fid, at, f);
	if (st != ST_OK && st != ST_NOT_FOUND)
		return st;
	if (now != NULL && (st = object_of(s, l, now, 1, at, NULL, f)) != ST_OK)
		return st;
	if ((st = record_journal(s, at, what, l->serial, key, f, "%s", words)) != ST_OK)
		return st;
	return store_commit(&t, f);
}

enum status record_thing_used(struct store *s, const struct look *l, const struct key_identity *key, const char *what,
			      const char *words, struct fault *f)
{
	if (s == NULL || store_read_only(s))
		return ST_OK;
	return record_journal(s, clock_wall(), what, l->serial, key, f, "%s", words);
}

enum status record_kept(struct store *s, const struct look *l, const struct object *o, struct fault *f)
{
	const int64_t at = clock_wall();
	STORE_TXN t = { 0 };
	enum status st;

	if (s == NULL)
		return ST_OK;
	if ((st = store_begin(s, &t, f)) != ST_OK || (st = record_look(s, l, at, f)) != ST_OK ||
	    (st = object_of(s, l, o, 2, at, NULL, f)) != ST_OK)
		return st;
	return store_commit(&t, f);
}
