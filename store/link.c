#include "store/link.h"

enum status link_check_serial(const char *serial, struct fault *f)
{
	if (serial == NULL || *serial == '\0')
		return fault_set(f, ST_BAD_FORM, "A device without a serial number cannot be recorded in the inventory.");
	if (strnlen(serial, STORE_SERIAL_MAX) >= STORE_SERIAL_MAX)
		return fault_set(f, ST_BAD_FORM, "A serial number of more than %d characters is none of this kind of device.",
				 STORE_SERIAL_MAX - 1);
	return ST_OK;
}

enum status link_device(struct store *s, const char *serial, int64_t *ret, struct fault *f)
{
	QUERY q = { 0 };
	enum status st = query_open(&q, s, SQL_DEVICE_ID, f);
	int64_t id;

	if (st != ST_OK)
		return st;
	bind_text(&q, serial, STORE_SERIAL_MAX);
	if ((st = query_one(&q, f)) == ST_NOT_FOUND)
		return fault_set(f, ST_NOT_FOUND, "The inventory does not know a device with the serial number %.64s.", serial);
	if (st != ST_OK)
		return st;
	id = get_int(&q, 1, INT64_MAX);
	if ((st = query_end(&q, f)) == ST_OK)
		*ret = id;
	return st;
}

/* The number in the only row; ST_NOT_FOUND without words. */
static enum status number_of(struct query *q, int64_t *ret, struct fault *f)
{
	enum status st = query_one(q, f);
	int64_t id;

	if (st != ST_OK)
		return st;
	id = get_int(q, 1, INT64_MAX);
	if ((st = query_end(q, f)) == ST_OK)
		*ret = id;
	return st;
}

enum status link_name(struct store *s, const char *text, int64_t *ret, struct fault *f)
{
	QUERY q = { 0 };
	enum status st = query_open(&q, s, SQL_NAME_ID, f);

	if (st != ST_OK)
		return st;
	bind_text(&q, text, STORE_LABEL_MAX);
	if ((st = number_of(&q, ret, f)) != ST_NOT_FOUND || (st = query_open(&q, s, SQL_NAME_ADD, f)) != ST_OK)
		return st;
	bind_text(&q, text, STORE_LABEL_MAX);
	if ((st = query_run(&q, f)) == ST_OK)
		*ret = sqlite3_last_insert_rowid(s->db);
	return st;
}

enum status link_dkek(struct store *s, const uint8_t kcv[static STORE_KCV_LEN], int64_t at, struct fault *f)
{
	QUERY q = { 0 };
	enum status st = query_open(&q, s, SQL_DKEK_KNOWN, f);

	if (st != ST_OK)
		return st;
	bind_blob(&q, kcv, STORE_KCV_LEN);
	bind_int(&q, at);
	return query_run(&q, f);
}

enum status link_key(struct store *s, const struct key_identity *key, int64_t *ret, struct fault *f)
{
	QUERY q = { 0 };
	enum status st = query_open(&q, s, SQL_KEY_ID, f);

	if (st != ST_OK)
		return st;
	if (key->len == 0)
		return fault_set(f, ST_BAD_FORM, "It is not known which key this is.");
	bind_blob(&q, key->bytes, key->len);
	st = number_of(&q, ret, f);
	return st == ST_NOT_FOUND ? fault_set(f, st, "The inventory does not know this key.") : st;
}

static enum status key_add(struct store *s, const struct key_facts *k, int64_t at, int64_t *ret, struct fault *f)
{
	QUERY q = { 0 };
	int64_t name = 0;
	enum status st = link_name(s, k->label, &name, f);

	if (st != ST_OK || (st = query_open(&q, s, SQL_KEY_ADD, f)) != ST_OK)
		return st;
	bind_blob(&q, k->identity->bytes, k->identity->len);
	bind_text(&q, k->algorithm, STORE_NAME_MAX);
	bind_opt_int(&q, k->size > 0 ? (int64_t)k->size : STORE_UNKNOWN);
	bind_text(&q, k->curve, STORE_NAME_MAX);
	bind_int(&q, name);
	bind_int(&q, at);
	if ((st = query_run(&q, f)) == ST_OK)
		*ret = sqlite3_last_insert_rowid(s->db);
	return st;
}

enum status link_key_seen(struct store *s, const struct key_facts *k, int64_t at, int64_t *ret, struct fault *f)
{
	QUERY q = { 0 };
	int64_t id = 0, name = STORE_UNKNOWN;
	enum status st;

	if (k->identity->len != STORE_SPKI_LEN && k->identity->len != STORE_CMAC_LEN)
		return fault_set(f, ST_BAD_FORM, "It is not known which key this is.");
	if ((st = link_key(s, k->identity, &id, f)) == ST_NOT_FOUND)
		return key_add(s, k, at, ret, f);
	if (st != ST_OK || (*k->label != '\0' && (st = link_name(s, k->label, &name, f)) != ST_OK) ||
	    (st = query_open(&q, s, SQL_KEY_FILL, f)) != ST_OK)
		return st;
	bind_int(&q, id);
	bind_text(&q, k->algorithm, STORE_NAME_MAX);
	bind_opt_int(&q, k->size > 0 ? (int64_t)k->size : STORE_UNKNOWN);
	bind_text(&q, k->curve, STORE_NAME_MAX);
	bind_opt_int(&q, name);
	if ((st = query_run(&q, f)) == ST_OK)
		*ret = id;
	return st;
}

/* The callers' literals are checked against the attribute of the declaration. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
enum status link_changed(struct store *s, const char *fmt, int64_t id, struct fault *f)
{
	if (sqlite3_changes(s->db) > 0)
		return ST_OK;
	return fault_set(f, ST_NOT_FOUND, fmt, (long long)id);
}
#pragma GCC diagnostic pop
