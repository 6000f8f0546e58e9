/*
 * Things on devices. A scan gives all of what is there; most of the time nothing has changed, so nothing but the date of
 * the listing is written then.
 */
#include "store/key.h"
#include "store/link.h"
#include "store/list.h"

#define OBJECTS_MAX 2048   /* on one device: 256 file numbers, of a few kinds each */

/* An object that the inventory has as present. */
struct known {
	int64_t id;
	struct object_row row;
	bool seen;
};

static void read_object(struct query *q, void *to)
{
	struct object_row *o = to;
	struct key_identity certifies;
	int64_t size;

	get_text(q, o->serial, sizeof(o->serial));
	o->type = (enum thing)get_int(q, THING_KEY, THING_DATA);
	o->fid = (unsigned)get_int(q, 0, UINT16_MAX);
	o->key_ref = (int)get_opt_int(q, 0, 255);
	o->domain = (int)get_opt_int(q, 0, 255);
	o->id_len = get_bytes(q, o->id, sizeof(o->id));
	get_text(q, o->label, sizeof(o->label));
	get_identity(q, &o->key);
	get_identity(q, &certifies);
	if (o->type != THING_KEY)
		o->key = certifies;
	get_text(q, o->algorithm, sizeof(o->algorithm));
	size = get_opt_int(q, 0, INT32_MAX);
	o->size = size > 0 ? (unsigned)size : 0;
	get_text(q, o->curve, sizeof(o->curve));
	o->flags = (unsigned)get_int(q, 0, INT32_MAX);
	o->use_counter = get_opt_int(q, 0, INT64_MAX);
	get_text(q, o->subject, sizeof(o->subject));
	o->not_after = get_opt_time(q);
	o->has_sha256 = get_opt_blob(q, o->sha256, sizeof(o->sha256));
	o->first_seen = get_time(q);
	o->gone_at = get_opt_time(q);
	get_text(q, o->gone_how, sizeof(o->gone_how));
	o->backups = (unsigned)get_int(q, 0, INT32_MAX);
	o->proof = (enum proof_level)get_int(q, PROOF_NONE, PROOF_RESTORED);
}

#define OBJECT_COLUMNS \
	"d.serial, o.type, o.fid, o.key_ref, o.domain, o.cka_id, o.label, k.identity, o.certifies, o.algorithm, o.size," \
	" o.curve, o.flags, o.use_counter, o.subject, o.not_after, o.sha256, o.first_seen, o.gone_at, o.gone_how," \
	" coalesce(k.backups, 0), coalesce(k.proof, 0)"
#define OBJECT_KEY "LEFT JOIN key k ON k.identity = o.certifies OR k.id = o.key"

static void read_known(struct query *q, void *to)
{
	struct known *k = to;

	read_object(q, &k->row);
	k->id = get_int(q, 1, INT64_MAX);
}

static enum status load_known(struct store *s, int64_t device, struct known **ret, size_t *ret_n, struct fault *f)
{
	const struct clause now[] = { { true, "o.device = :device" }, { true, "o.gone_at IS NULL" } };
	QUERY q = { 0 };
	void *rows = NULL;
	enum status st = query_compose(&q, s,
				       "SELECT " OBJECT_COLUMNS ", o.id FROM object o JOIN device d ON d.id = o.device"
				       " LEFT JOIN key k ON k.id = o.key",
				       now, 2, "", f);

	if (st != ST_OK)
		return st;
	if (bind_at(&q, ":device"))
		bind_int(&q, device);
	if ((st = list_all(&q, sizeof(**ret), read_known, &rows, ret_n, f)) == ST_OK)
		*ret = rows;
	return st;
}

/* --- is it still the same thing? --- */

static bool same_id(const struct object_row *a, const struct object_row *b)
{
	return a->id_len == b->id_len && memcmp(a->id, b->id, a->id_len) == 0;
}

/* Both have the same type and file. What is not known does not contradict. */
static bool same_thing(const struct object_row *known, const struct object_row *now)
{
	bool sizes = known->size == 0 || now->size == 0 || known->size == now->size;
	bool kinds = *known->algorithm == '\0' || *now->algorithm == '\0' || strcmp(known->algorithm, now->algorithm) == 0;
	bool both = known->key.len != 0 && now->key.len != 0;

	if (both && !identity_equal(&known->key, &now->key))
		return false;
	if (now->type != THING_KEY)
		return !known->has_sha256 || !now->has_sha256 || memcmp(known->sha256, now->sha256, sizeof(now->sha256)) == 0;
	if (both)
		return true;
	if (known->key.len == 0)
		return sizes && kinds;
	return same_id(known, now) && strcmp(known->label, now->label) == 0 && known->size == now->size &&
	       strcmp(known->algorithm, now->algorithm) == 0;
}

/* Nothing about it would be written anew. */
static bool nothing_new(const struct object_row *known, const struct object_row *now)
{
	return same_id(known, now) && strcmp(known->label, now->label) == 0 && known->domain == now->domain &&
	       (now->type != THING_KEY || known->key_ref == now->key_ref) &&
	       (now->key.len == 0 || identity_equal(&known->key, &now->key)) &&
	       strcmp(known->algorithm, now->algorithm) == 0 && known->size == now->size &&
	       strcmp(known->curve, now->curve) == 0 && known->flags == now->flags &&
	       (now->use_counter == STORE_UNKNOWN || known->use_counter == now->use_counter) &&
	       strcmp(known->subject, now->subject) == 0 && known->not_after == now->not_after &&
	       (!now->has_sha256 || known->has_sha256);
}

/* --- writing --- */

/* The values that adding and changing have in common, from the statement's third on. */
static void bind_object(struct query *q, const struct object_row *o, int64_t key)
{
	bind_opt_int(q, o->type == THING_KEY ? o->key_ref : STORE_UNKNOWN);
	bind_opt_int(q, o->domain);
	bind_opt_blob(q, o->id, o->id_len <= sizeof(o->id) ? o->id_len : 0);
	bind_text(q, o->label, sizeof(o->label));
	bind_opt_int(q, key > 0 ? key : STORE_UNKNOWN);
	bind_opt_blob(q, o->key.bytes, o->type != THING_KEY && o->key.len <= sizeof(o->key.bytes) ? o->key.len : 0);
	bind_text(q, o->algorithm, sizeof(o->algorithm));
	bind_opt_int(q, o->size > 0 ? (int64_t)o->size : STORE_UNKNOWN);
	bind_text(q, o->curve, sizeof(o->curve));
	bind_int(q, o->flags & INT32_MAX);
	bind_opt_int(q, o->use_counter);
	bind_text(q, o->subject, sizeof(o->subject));
	bind_opt_int(q, o->not_after);
	bind_opt_blob(q, o->sha256, o->has_sha256 ? sizeof(o->sha256) : 0);
}

static enum status write_object(struct store *s, int64_t device, int64_t id, const struct object_row *o, int64_t at,
				struct fault *f)
{
	const struct key_facts facts = { .identity = &o->key, .algorithm = o->algorithm, .curve = o->curve, .label = o->label,
					 .size = o->size };
	QUERY q = { 0 };
	int64_t key = 0;
	enum status st = ST_OK;

	if (o->type == THING_KEY && o->key.len != 0)
		st = link_key_seen(s, &facts, at, &key, f);
	if (st != ST_OK || (st = query_open(&q, s, id == 0 ? SQL_OBJECT_ADD : SQL_OBJECT_CHANGE, f)) != ST_OK)
		return st;
	bind_int(&q, id == 0 ? device : id);
	bind_int(&q, id == 0 ? (int64_t)o->type : at);
	bind_object(&q, o, key);
	if (id == 0) {
		bind_int(&q, o->fid);
		bind_int(&q, at);
	}
	return query_run(&q, f);
}

static enum status mark_gone(struct store *s, int64_t id, const char *how, int64_t at, struct fault *f)
{
	QUERY q = { 0 };
	enum status st = query_open(&q, s, SQL_OBJECT_GONE, f);

	if (st != ST_OK)
		return st;
	bind_int(&q, id);
	bind_int(&q, at);
	bind_text(&q, how, STORE_NAME_MAX);
	return query_run(&q, f);
}

static enum status sync_one(struct store *s, int64_t device, struct known *known, size_t n, const struct object_row *o,
			    int64_t at, struct fault *f)
{
	struct known *k = NULL;
	enum status st = ST_OK;

	if (o->type < THING_KEY || o->type > THING_DATA || o->fid > UINT16_MAX)
		return fault_set(f, ST_BAD_FORM, "An object of a kind that no device has cannot be recorded.");
	for (size_t i = 0; i < n && k == NULL; i++)
		if (known[i].row.type == o->type && known[i].row.fid == o->fid)
			k = &known[i];
	if (k == NULL)
		return write_object(s, device, 0, o, at, f);
	if (k->seen)
		return fault_set(f, ST_BAD_FORM, "The device lists the file %04X twice. Nothing was recorded.", o->fid);
	k->seen = true;
	if (!same_thing(&k->row, o)) {
		if ((st = mark_gone(s, k->id, "replaced", at, f)) == ST_OK)
			st = write_object(s, device, 0, o, at, f);
		return st;
	}
	return nothing_new(&k->row, o) ? ST_OK : write_object(s, device, k->id, o, at, f);
}

static enum status sync_all(struct store *s, int64_t device, struct known *known, size_t n_known,
			    const struct object_row *rows, size_t n, bool whole, int64_t at, struct fault *f)
{
	enum status st = ST_OK;

	for (size_t i = 0; st == ST_OK && i < n; i++)
		st = sync_one(s, device, known, n_known, &rows[i], at, f);
	for (size_t i = 0; st == ST_OK && whole && i < n_known; i++)
		if (!known[i].seen)
			st = mark_gone(s, known[i].id, "deleted", at, f);
	return st;
}

/* Two new rows with one file: the index of what is present refuses the second one. */
static enum status twice(enum status st, struct fault *f)
{
	if (st == ST_STORE && f != NULL && f->native == SQLITE_CONSTRAINT_UNIQUE)
		return fault_set(f, ST_BAD_FORM, "The device lists one file twice. Nothing was recorded.");
	return st;
}

static enum status sync(struct store *s, const char *serial, const struct object_row *rows, size_t n, bool whole, int64_t at,
			struct fault *f)
{
	struct fault own = { 0 };
	WRITE w = { 0 };
	struct known *known = NULL;
	size_t n_known = 0;
	int64_t device = 0;
	enum status st;

	f = f != NULL ? f : &own;   /* twice() looks into it */
	if (n > OBJECTS_MAX)
		return fault_set(f, ST_BAD_FORM, "The device lists %zu objects, more than any has. Nothing was recorded.", n);
	if ((st = write_begin(s, &w, f)) != ST_OK || (st = link_device(s, serial, &device, f)) != ST_OK ||
	    (st = load_known(s, device, &known, &n_known, f)) != ST_OK)
		return st;
	st = sync_all(s, device, known, n_known, rows, n, whole, at, f);
	free(known);
	if (st == ST_OK && whole) {
		QUERY q = { 0 };

		if ((st = query_open(&q, s, SQL_DEVICE_LISTED, f)) != ST_OK)
			return st;
		bind_int(&q, device);
		bind_int(&q, at);
		st = query_run(&q, f);
	}
	return st == ST_OK ? write_commit(&w, f) : twice(st, f);
}

enum status store_objects_sync(struct store *s, const char *serial, const struct object_row *rows, size_t n, int64_t at,
			       struct fault *f)
{
	return sync(s, serial, rows, n, true, at, f);
}

enum status store_object_seen(struct store *s, const char *serial, const struct object_row *row, int64_t at, struct fault *f)
{
	return sync(s, serial, row, 1, false, at, f);
}

enum status store_object_gone(struct store *s, const char *serial, enum thing type, unsigned fid, int64_t at, struct fault *f)
{
	WRITE w = { 0 };
	QUERY q = { 0 };
	int64_t device = 0;
	enum status st = write_begin(s, &w, f);

	if (st != ST_OK || (st = link_device(s, serial, &device, f)) != ST_OK ||
	    (st = query_open(&q, s, SQL_OBJECT_DELETED, f)) != ST_OK)
		return st;
	bind_int(&q, device);
	bind_int(&q, (int64_t)type);
	bind_int(&q, fid);
	bind_int(&q, at);
	if ((st = query_run(&q, f)) != ST_OK)
		return st;
	if (sqlite3_changes(s->db) == 0)
		return fault_set(f, ST_NOT_FOUND, "The inventory knows no such object on the device %.64s.", serial);
	return write_commit(&w, f);
}

/* --- listing --- */

enum status store_objects(struct store *s, const struct object_filter *filter, struct object_row **ret, size_t *ret_n,
			  struct fault *f)
{
	const struct clause clauses[] = {
		{ filter->device != NULL, "o.device = (SELECT id FROM device WHERE serial = :device)" },
		{ filter->key != NULL, "o.key = (SELECT id FROM key WHERE identity = :key)" },
		{ !filter->gone_too, "o.gone_at IS NULL" },
	};
	QUERY q = { 0 };
	void *rows = NULL;
	enum status st = query_compose(&q, s,
				       "SELECT " OBJECT_COLUMNS " FROM object o JOIN device d ON d.id = o.device " OBJECT_KEY,
				       clauses, sizeof(clauses) / sizeof(*clauses),
				       "ORDER BY o.type, o.label COLLATE NOCASE, o.fid, o.id LIMIT :limit OFFSET :offset", f);

	if (st != ST_OK)
		return st;
	if (bind_at(&q, ":device"))
		bind_text(&q, filter->device, STORE_SERIAL_MAX);
	if (bind_at(&q, ":key"))
		bind_blob(&q, filter->key->bytes, filter->key->len);
	bind_page(&q, filter->page);
	if ((st = list_all(&q, sizeof(**ret), read_object, &rows, ret_n, f)) == ST_OK)
		*ret = rows;
	return st;
}
