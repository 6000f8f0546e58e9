#include "tui/wizard/find.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"
#include "engine/base/words.h"
#include "engine/card/keys.h"
#include "store/run.h"
#include "tui/wizard/key_type.h"
#include "tui/wizard/thing.h"

#define REF_PREFIX "ref:"

/* What "ref:N" says; 0: it is an ID. */
static unsigned ref_of(const char *wanted)
{
	const size_t n = strlen(REF_PREFIX);
	unsigned long ref;
	char *end;

	if (strncmp(wanted, REF_PREFIX, n) != 0 || wanted[n] < '0' || wanted[n] > '9')
		return 0;
	ref = strtoul(wanted + n, &end, 10);
	return *end == '\0' && ref >= 1 && ref <= 255 ? (unsigned)ref : 0;
}

enum status find_check(const char *wanted, struct fault *f)
{
	uint8_t id[DESCRIBE_ID_MAX];
	size_t n;

	return ref_of(wanted) != 0 ? ST_OK : id_parse(wanted, id, &n, f);
}

enum status find_check_keys(struct run *r, unsigned index, struct fault *f)
{
	enum status st = ST_OK;

	(void)index;
	for (unsigned i = 0; i < run_count(r, "id") && st == ST_OK; i++)
		st = find_check(run_get(r, "id", i), f);
	return st;
}

enum status find_check_label(struct run *r, unsigned index, struct fault *f)
{
	const char *label = run_get(r, "label", index);

	return label[0] == '\0' ? ST_OK : label_check(label, f);
}

static enum status has_id(struct session *s, uint8_t ref, struct cur id, bool *ret, struct fault *f)
{
	struct description d;
	BUF file = { 0 };
	enum status st = card_read_file(s->card, fid_of(FID_KEY_DESCRIPTION, ref), &file, f);

	*ret = st == ST_OK && describe_parse_key(buf_view(&file), &d, NULL) == ST_OK && cur_equal(id, d.id, d.id_len);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status not_found(const struct session *s, const char *wanted, struct fault *f)
{
	return fault_set(f, ST_NOT_FOUND,
			 "There is no key with the CKA_ID %.40s on %s. Look at what is on it.", wanted,
			 s->look->serial);
}

enum status find_refs(struct session *s, const char *wanted, uint8_t ret_refs[static 256], size_t *ret_n,
		      struct fault *f)
{
	uint8_t id[DESCRIBE_ID_MAX];
	unsigned ref = ref_of(wanted);
	size_t id_len, n = 0;
	enum status st;

	if (ref != 0) {
		if (!fids_have(&s->fids, fid_of(FID_KEY, (uint8_t)ref)) &&
		    !fids_have(&s->fids, fid_of(FID_KEY_DESCRIPTION, (uint8_t)ref)))
			return fault_set(f, ST_NOT_FOUND, "There is no key at key reference %u of %s.", ref,
					 s->look->serial);
		ret_refs[0] = (uint8_t)ref;
		*ret_n = 1;
		return ST_OK;
	}
	if ((st = id_parse(wanted, id, &id_len, f)) != ST_OK)
		return st;
	for (size_t i = 0; i < s->fids.n && n < 255; i++) {
		const uint8_t number = (uint8_t)(s->fids.fid[i] & 0xff);
		bool match;

		if ((s->fids.fid[i] & 0xff00) != FID_KEY_DESCRIPTION)
			continue;
		if ((st = has_id(s, number, cur_of(id, id_len), &match, f)) != ST_OK)
			return st;
		if (match)
			ret_refs[n++] = number;
	}
	if (n == 0)
		return not_found(s, wanted, f);
	*ret_n = n;
	return ST_OK;
}

enum status find_id_is_free(struct session *s, struct cur id, uint8_t but, struct fault *f)
{
	for (size_t i = 0; i < s->fids.n; i++) {
		BUF file = { 0 };
		struct description d;
		enum status st;

		if ((s->fids.fid[i] & 0xff00) != FID_KEY_DESCRIPTION || (s->fids.fid[i] & 0xff) == but)
			continue;
		st = card_read_file(s->card, s->fids.fid[i], &file, f);
		if (st == ST_NOT_FOUND)
			continue;
		if (st != ST_OK)
			return st;
		if (describe_parse_key(buf_view(&file), &d, NULL) == ST_OK && cur_equal(id, d.id, d.id_len))
			return fault_set(f, ST_DUPLICATE,
					 "There is already a key with this CKA_ID on the device: \"%s\". Choose another ID. Nothing was "
					 "done.", d.label);
	}
	return ST_OK;
}

/* What deleting halfway left behind: a description without its key. */
static enum status read_stray(struct session *s, uint8_t ref, struct object *ret, struct fault *f)
{
	struct object o = { .type = OBJECT_STRAY, .number = ref, .description_fid = fid_of(FID_KEY_DESCRIPTION, ref) };
	struct description d;
	BUF file = { 0 };
	enum status st = card_read_file(s->card, o.description_fid, &file, f);

	if (st != ST_OK)
		return st;
	if (describe_parse_key(buf_view(&file), &d, NULL) == ST_OK) {
		snprintf(o.label, sizeof(o.label), "%s", d.label);
		memcpy(o.id, d.id, d.id_len);
		o.id_len = d.id_len;
		o.has_algorithm = true;
		o.algorithm = d.algorithm;
		o.bits = d.bits;
	}
	*ret = o;
	return ST_OK;
}

enum status find_key(struct session *s, const char *wanted, struct object *ret, struct fault *f)
{
	uint8_t refs[256];
	size_t n;
	enum status st = find_refs(s, wanted, refs, &n, f);

	if (st != ST_OK)
		return st;
	if (n > 1)
		return fault_set(f, ST_USAGE,
				 "%zu keys on %s have the CKA_ID %.40s, among them those at the key references %u and "
				 "%u. Say which one is meant, by its reference: ref:%u.",
				 n, s->look->serial, wanted, refs[0], refs[1], refs[0]);
	if (!fids_have(&s->fids, fid_of(FID_KEY, refs[0])))
		return read_stray(s, refs[0], ret, f);
	return card_object_key(s->card, &s->fids, refs[0], ret, f);
}

void find_to_result(const struct look *l, const struct object *o, struct key_result *ret)
{
	snprintf(ret->serial, sizeof(ret->serial), "%s", l->serial);
	snprintf(ret->label, sizeof(ret->label), "%s", o->label);
	hex_lower(ret->id, o->id, o->id_len);
	ret->key_ref = o->number;
	if (o->has_algorithm) {
		snprintf(ret->algorithm, sizeof(ret->algorithm), "%s", key_algorithm_word(o->algorithm));
		key_words(o->algorithm, o->bits, o->curve, ret->kind);
		ret->size = o->bits;
	}
	if (o->curve != NULL)
		snprintf(ret->curve, sizeof(ret->curve), "%s", o->curve->name);
	if (o->has_key)
		hex_lower(ret->spki_sha256, o->spki_sha256, sizeof(o->spki_sha256));
	if (o->has_cmac)
		hex_lower(ret->cmac, o->cmac, sizeof(o->cmac));
	if (o->cert == NULL)
		return;
	snprintf(ret->subject, sizeof(ret->subject), "%.*s", (int)sizeof(ret->subject) - 1, o->cert->subject);
	thing_date(o->cert->not_after, ret->until);
}

bool find_known(struct store *store, const char *serial, const struct object *o, struct object_row *ret)
{
	struct object_filter filter = { .device = serial };
	struct object_row *rows = NULL;
	bool found = false;
	size_t n = 0;

	if (store == NULL || store_objects(store, &filter, &rows, &n, NULL) != ST_OK)
		return false;
	for (size_t i = 0; i < n && !found; i++) {
		found = rows[i].type == THING_KEY && rows[i].key_ref == o->number && strcmp(rows[i].label, o->label) == 0 &&
			rows[i].id_len == o->id_len && memcmp(rows[i].id, o->id, o->id_len) == 0;
		if (found)
			*ret = rows[i];
	}
	free(rows);
	return found;
}

bool find_wanted(const struct run *r, const char *wanted, struct object_row *ret)
{
	struct object_filter filter = { .device = run_serial(r) };
	const unsigned ref = ref_of(wanted);
	uint8_t id[DESCRIBE_ID_MAX];
	struct object_row *rows = NULL;
	bool found = false;
	size_t n = 0, id_len = 0;

	if ((ref == 0 && id_parse(wanted, id, &id_len, NULL) != ST_OK) || run_env(r)->store == NULL ||
	    store_objects(run_env(r)->store, &filter, &rows, &n, NULL) != ST_OK)
		return false;
	for (size_t i = 0; i < n && !found; i++) {
		found = rows[i].type == THING_KEY &&
			(ref != 0 ? rows[i].key_ref == (int)ref : rows[i].id_len == id_len && memcmp(rows[i].id, id, id_len) == 0);
		if (found)
			*ret = rows[i];
	}
	free(rows);
	return found;
}

enum status find_secret(struct session *s, struct store *store, struct object *o, struct fault *f)
{
	struct object_row row;
	enum status st;

	if (find_known(store, s->look->serial, o, &row) && row.use_counter != STORE_UNKNOWN && row.key.len == BLOB_CMAC_LEN) {
		memcpy(o->cmac, row.key.bytes, BLOB_CMAC_LEN);
		o->has_cmac = true;
		return ST_OK;
	}
	st = card_key_cmac(s->card, o->number, o->cmac, f);
	o->has_cmac = st == ST_OK;
	return st == ST_NOT_ALLOWED || st == ST_UNSUPPORTED || st == ST_CARD_ERROR ? ST_OK : st;
}
