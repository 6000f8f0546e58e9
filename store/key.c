/* Logical keys: store/object.c has the things on devices. */
#include "store/key.h"

#include "store/link.h"
#include "store/list.h"

#define SPKI_MAX 4096

enum status store_key_seen(struct store *s, const struct key_row *key, int64_t at, struct fault *f)
{
	const struct key_facts facts = { .identity = &key->identity, .algorithm = key->algorithm, .curve = key->curve,
					 .label = key->label, .size = key->size };
	WRITE w = { 0 };
	int64_t id;
	enum status st = write_begin(s, &w, f);

	if (st != ST_OK || (st = link_key_seen(s, &facts, at, &id, f)) != ST_OK)
		return st;
	return write_commit(&w, f);
}

static void read_key(struct query *q, void *row)
{
	struct key_row *k = row;
	int64_t size;

	get_identity(q, &k->identity);
	get_text(q, k->algorithm, sizeof(k->algorithm));
	size = get_opt_int(q, 0, INT32_MAX);
	k->size = size > 0 ? (unsigned)size : 0;
	get_text(q, k->curve, sizeof(k->curve));
	get_text(q, k->label, sizeof(k->label));
	k->first_seen = get_time(q);
	k->backups = (unsigned)get_int(q, 0, INT32_MAX);
	k->proof = (enum proof_level)get_int(q, PROOF_NONE, PROOF_RESTORED);
	k->devices = (unsigned)get_int(q, 0, INT32_MAX);
	get_opt_text(q, k->on, sizeof(k->on));
}

#define KEY_DEVICES "(SELECT count(DISTINCT o.device) FROM object o WHERE o.key = k.id AND o.gone_at IS NULL)"

static const char key_select[] =
	"SELECT k.identity, k.algorithm, k.size, k.curve, n.text, k.first_seen, k.backups, k.proof, " KEY_DEVICES ","
	" (SELECT group_concat(serial, ' ') FROM (SELECT DISTINCT d.serial FROM object o JOIN device d ON d.id = o.device"
	"   WHERE o.key = k.id AND o.gone_at IS NULL ORDER BY d.serial LIMIT 16))"
	" FROM name n CROSS JOIN key k ON k.name = n.id";
/* Few keys are on one device, or are one: from the key to its name. */
static const char key_select_few[] =
	"SELECT k.identity, k.algorithm, k.size, k.curve, n.text, k.first_seen, k.backups, k.proof, " KEY_DEVICES ","
	" (SELECT group_concat(serial, ' ') FROM (SELECT DISTINCT d.serial FROM object o JOIN device d ON d.id = o.device"
	"   WHERE o.key = k.id AND o.gone_at IS NULL ORDER BY d.serial LIMIT 16))"
	" FROM key k CROSS JOIN name n ON n.id = k.name";

static enum status one_key(struct query *q, struct key_row *ret, struct fault *f)
{
	struct key_row k;
	enum status st = query_one(q, f);

	if (st == ST_NOT_FOUND)
		return fault_set(f, st, "The inventory does not know this key.");
	if (st != ST_OK)
		return st;
	read_key(q, &k);
	if ((st = query_end(q, f)) == ST_OK)
		*ret = k;
	return st;
}

enum status store_key_get(struct store *s, const struct key_identity *key, struct key_row *ret, struct fault *f)
{
	const struct clause one[] = { { true, "k.identity = :identity" } };
	QUERY q = { 0 };
	enum status st = query_compose(&q, s, key_select_few, one, 1, "", f);

	if (st != ST_OK)
		return st;
	if (bind_at(&q, ":identity"))
		bind_blob(&q, key->bytes, key->len);
	return one_key(&q, ret, f);
}

enum status store_key_by_number(struct store *s, int64_t number, struct key_row *ret, struct fault *f)
{
	const struct clause one[] = { { true, "k.id = :id" } };
	QUERY q = { 0 };
	enum status st = query_compose(&q, s, key_select_few, one, 1, "", f);

	if (st != ST_OK)
		return st;
	if (bind_at(&q, ":id"))
		bind_int(&q, number);
	return one_key(&q, ret, f);
}

#define KEY_CLAUSES 5

static void key_clauses(const struct key_filter *filter, struct clause clauses[static KEY_CLAUSES])
{
	const struct clause all[KEY_CLAUSES] = {
		{ filter->text != NULL, "n.text LIKE :text ESCAPE '\\'" },
		{ filter->device != NULL, "k.id IN (SELECT o.key FROM object o JOIN device d ON d.id = o.device"
					  " WHERE d.serial = :device AND o.type = 0 AND o.gone_at IS NULL)" },
		{ filter->kcv != NULL, "EXISTS (SELECT 1 FROM backup b WHERE b.key = k.id AND b.kcv = :kcv)" },
		{ filter->no_backup || filter->one_place, "k.backups = 0" },
		{ filter->one_place, KEY_DEVICES " <= 1" },
	};

	memcpy(clauses, all, sizeof(all));
}

static void bind_filter(struct query *q, const void *of)
{
	const struct key_filter *filter = of;

	bind_within(q, filter->text);
	if (bind_at(q, ":device"))
		bind_text(q, filter->device, STORE_SERIAL_MAX);
	if (bind_at(q, ":kcv"))
		bind_blob(q, filter->kcv, STORE_KCV_LEN);
	bind_page(q, filter->page);
}

enum status store_keys(struct store *s, const struct key_filter *filter, struct key_row **ret, size_t *ret_n, struct fault *f)
{
	bool few = filter->device != NULL || filter->no_backup || filter->one_place;
	struct clause clauses[KEY_CLAUSES];
	const struct search what = { few ? key_select_few : key_select,
				     "ORDER BY n.text COLLATE NOCASE, n.text, k.id LIMIT :limit OFFSET :offset", clauses, KEY_CLAUSES,
				     bind_filter, filter };
	void *rows = NULL;
	enum status st;

	key_clauses(filter, clauses);
	if ((st = search_all(s, &what, sizeof(**ret), read_key, &rows, ret_n, f)) == ST_OK)
		*ret = rows;
	return st;
}

enum status store_keys_count(struct store *s, const struct key_filter *filter, size_t *ret, struct fault *f)
{
	struct clause clauses[KEY_CLAUSES];
	const struct search what = { filter->text != NULL ? "SELECT count(*) FROM name n CROSS JOIN key k ON k.name = n.id"
							  : "SELECT count(*) FROM key k",
				     "", clauses, KEY_CLAUSES, bind_filter, filter };

	key_clauses(filter, clauses);
	return search_count(s, &what, ret, f);
}

enum status store_key_set_spki(struct store *s, const struct key_identity *key, const uint8_t *der, size_t n, struct fault *f)
{
	WRITE w = { 0 };
	QUERY q = { 0 };
	int64_t id = 0;
	enum status st = write_begin(s, &w, f);

	if (st != ST_OK || (st = link_key(s, key, &id, f)) != ST_OK || (st = query_open(&q, s, SQL_KEY_SET_SPKI, f)) != ST_OK)
		return st;
	if (n == 0 || n > SPKI_MAX)
		return fault_set(f, ST_BAD_FORM, "A public key of %zu bytes is none of this kind of device.", n);
	bind_int(&q, id);
	bind_blob(&q, der, n);
	if ((st = query_run(&q, f)) != ST_OK)
		return st;
	return write_commit(&w, f);
}

enum status store_key_spki(struct store *s, const struct key_identity *key, uint8_t **ret, size_t *ret_n, struct fault *f)
{
	QUERY q = { 0 };
	uint8_t der[SPKI_MAX];
	size_t n;
	enum status st = query_open(&q, s, SQL_KEY_SPKI, f);

	if (st != ST_OK)
		return st;
	bind_blob(&q, key->bytes, key->len);
	if ((st = query_one(&q, f)) == ST_NOT_FOUND)
		return fault_set(f, st, "The inventory does not know the public part of this key.");
	if (st != ST_OK)
		return st;
	n = get_bytes(&q, der, sizeof(der));
	if ((st = query_end(&q, f)) != ST_OK)
		return st;
	*ret = malloc(n > 0 ? n : 1);
	if (*ret == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	memcpy(*ret, der, n);
	*ret_n = n;
	return ST_OK;
}
