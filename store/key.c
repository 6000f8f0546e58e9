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

#define KEY_COLUMNS \
	"SELECT k.identity, k.algorithm, k.size, k.curve, n.text, k.first_seen, k.backups, k.proof, " \
	" (SELECT count(DISTINCT o.device) FROM object o WHERE o.key = k.id AND o.gone_at IS NULL)," \
	" (SELECT group_concat(serial, ' ') FROM (SELECT DISTINCT d.serial FROM object o JOIN device d ON d.id = o.device" \
	"   WHERE o.key = k.id AND o.gone_at IS NULL ORDER BY d.serial LIMIT 16))"
/* Many keys are read along the names, which are in order; one key is, to its name. */
static const char key_select_all[] = KEY_COLUMNS " FROM name n CROSS JOIN key k ON k.name = n.id";
static const char key_select_one[] = KEY_COLUMNS " FROM key k CROSS JOIN name n ON n.id = k.name";

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
	enum status st = query_compose(&q, s, key_select_one, one, 1, "", f);

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
	enum status st = query_compose(&q, s, key_select_one, one, 1, "", f);

	if (st != ST_OK)
		return st;
	if (bind_at(&q, ":id"))
		bind_int(&q, number);
	return one_key(&q, ret, f);
}

enum status store_keys(struct store *s, struct store_page page, struct key_row **ret, size_t *ret_n, struct fault *f)
{
	QUERY q = { 0 };
	void *rows = NULL;
	enum status st = query_compose(&q, s, key_select_all, NULL, 0,
				       "ORDER BY n.text COLLATE NOCASE, n.text, k.id LIMIT :limit OFFSET :offset", f);

	if (st != ST_OK)
		return st;
	bind_page(&q, page);
	if ((st = list_all(&q, sizeof(**ret), read_key, &rows, ret_n, f)) == ST_OK)
		*ret = rows;
	return st;
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
