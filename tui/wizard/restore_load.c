/* Wrapped keys from files and from the inventory: which key is it, and can it be put onto this device at all? */
#include "tui/wizard/restore.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/file.h"
#include "engine/base/text.h"
#include "engine/base/words.h"
#include "engine/keys/digest.h"
#include "store/device.h"
#include "tui/wizard/find.h"
#include "tui/wizard/key_type.h"
#include "tui/wizard/record.h"

#define PAGES_MAX 200   /* of the inventory, when a blob is looked for */

void restore_unload(struct restore *r)
{
	for (size_t i = 0; i < r->n_items; i++) {
		buf_done(&r->items[i].file);
		buf_done(&r->items[i].kept);
	}
	free(r->items);
	r->items = NULL;
	r->n_items = 0;
	r->loaded = false;
}

void restore_remark(struct restore_item *item, const char *words)
{
	const size_t n = strlen(item->remark);

	snprintf(item->remark + n, sizeof(item->remark) - n, "%s%s", n > 0 ? " " : "", translated(words));
}

/*
 * The same blob under a damaged or other description: the inventory still knows whose it is. The file that was known first,
 * which the listing has last: what came later may have been changed on its way.
 */
static bool find_blob(struct store *store, const struct wrapped *w, struct backup_row *ret)
{
	struct backup_filter filter = { .kcv = w->blob.kcv };
	uint8_t hash[32];
	bool found = false;

	if (digest_sha256(w->blob.whole, hash, NULL) != ST_OK)
		return false;
	for (unsigned page = 0; page < PAGES_MAX; page++) {
		struct backup_row *rows = NULL;
		size_t n = 0;

		filter.page.offset = page * STORE_PAGE_MAX;
		if (store_backups(store, &filter, &rows, &n, NULL) != ST_OK || n == 0)
			return found;
		for (size_t i = 0; i < n; i++) {
			if (memcmp(rows[i].blob_sha256, hash, sizeof(hash)) != 0)
				continue;
			*ret = rows[i];
			found = true;
		}
		free(rows);
		if (n < STORE_PAGE_MAX)
			break;
	}
	return found;
}

static void take_description(const struct backup_row *row, struct restore_item *item)
{
	struct description *d = &item->description;

	if (item->has_description || row->cka_id_len == 0 || row->cka_id_len > sizeof(d->id))
		return;
	*d = (struct description){
		.kind = DESCRIPTION_KEY,
		.algorithm = item->w.blob.algorithm,
		.id_len = row->cka_id_len,
		.is_private = true,
		.usage = describe_usage(item->w.blob.algorithm),
		.key_ref = DESCRIBE_NO_REF,
		.bits = row->size,
	};
	text_clean(d->label, sizeof(d->label), row->label, strlen(row->label));
	memcpy(d->id, row->cka_id, row->cka_id_len);
	item->has_description = true;
	restore_remark(item, "Label and CKA_ID were taken from the inventory.");
}

static void take_key(struct store *store, struct restore_item *item)
{
	uint8_t *der = NULL;
	size_t n = 0;

	if (item->identity.len != STORE_SPKI_LEN || store_key_spki(store, &item->identity, &der, &n, NULL) != ST_OK)
		return;
	item->has_key = pubkey_from_spki(cur_of(der, n), &item->key, NULL) == ST_OK;
	free(der);
}

/* What the inventory knows counts more than what stands unprotected in the file. */
static void look_up(struct store *store, struct restore_item *item)
{
	const struct wrapped *w = &item->w;
	struct backup_row row;
	uint8_t hash[32];
	bool whole;

	if (store == NULL || digest_sha256(buf_view(&item->file), hash, NULL) != ST_OK)
		return;
	whole = store_backup_find(store, hash, &row, NULL) == ST_OK;
	if (!whole && !find_blob(store, w, &row))
		return;
	if (whole) {
		item->backup = row.id;
		item->proof = row.proof;
	} else if (!w->bare && w->damage == 0) {
		restore_remark(item, "The inventory knows this wrapped key from a file with another description or certificate: "
				     "label, CKA_ID or certificate were changed since.");
	}
	item->identity = row.key;
	item->from_store = row.key.len > 0;
	take_key(store, item);
	take_description(&row, item);
}

static void take_from_file(struct restore_item *item)
{
	const struct wrapped *w = &item->w;
	uint8_t hash[32];

	if (!w->has_key || pubkey_spki_sha256(&w->key, hash, NULL) != ST_OK)
		return;
	if (item->identity.len == 0) {
		item->identity = identity_of_spki(hash);
	} else if (item->identity.len != sizeof(hash) || memcmp(item->identity.bytes, hash, sizeof(hash)) != 0) {
		item->alien_cert = true;
		restore_remark(item, "The certificate in the file belongs to another key than this blob, by what the inventory "
			     "knows; it is left out.");
		return;
	}
	if (!item->has_key) {
		item->key = w->key;
		item->has_key = true;
	}
}

static void fill_result(struct restore_item *item)
{
	struct key_result *k = &item->result;
	const struct wrapped *w = &item->w;

	k->key_ref = -1;
	snprintf(k->file, sizeof(k->file), "%s", item->name);
	hex_upper(k->dkek_kcv, w->blob.kcv, KCV_LEN);
	snprintf(k->algorithm, sizeof(k->algorithm), "%s", key_algorithm_word(w->blob.algorithm));
	identity_to_result(&item->identity, k);
	k->size = item->has_key ? item->key.bits : item->has_description ? item->description.bits : 0;
	snprintf(k->curve, sizeof(k->curve), "%s",
		 item->has_key && item->key.curve != NULL ? item->key.curve->name : "");
	key_words(w->blob.algorithm, k->size, item->has_key ? item->key.curve : NULL, k->kind);
	if (item->has_description) {
		snprintf(k->label, sizeof(k->label), "%s", item->description.label);
		hex_lower(k->id, item->description.id, item->description.id_len);
	}
	if (item->backup != 0)
		snprintf(k->backup, sizeof(k->backup), "%lld", (long long)item->backup);
}

void restore_judge(struct store *store, struct restore_item *item)
{
	char damage[300];
	struct fault f;

	if (wrapped_parse(buf_view(&item->file), &item->w, &f) != ST_OK) {
		item->fault = f;
		fault_add(&item->fault, "It was not restored: %s. Nothing was changed.", item->name);
		snprintf(item->result.file, sizeof(item->result.file), "%s", item->name);
		item->result.key_ref = -1;
		return;
	}
	wrapped_damage_words(item->w.damage, damage, sizeof(damage));
	if (damage[0] != '\0')
		restore_remark(item, damage);
	item->has_description = item->w.has_description;
	item->description = item->w.description;
	look_up(store, item);
	take_from_file(item);
	fill_result(item);
}

#define HOLDERS_MAX 8   /* devices that have, or had, a key: the certificate beside it is the same on all of them */

/* The last certificate that was seen beside this key on a device; false: none. */
static bool last_certificate(struct store *store, const char *serial, const struct key_identity *key, struct object_row *ret)
{
	struct object_filter filter = { .device = serial, .gone_too = true };
	bool found = false;
	size_t n;

	do {
		struct object_row *rows = NULL;

		n = 0;
		if (store_objects(store, &filter, &rows, &n, NULL) != ST_OK)
			return found;
		for (size_t i = 0; i < n; i++) {
			const struct object_row *o = &rows[i];

			if (o->type != THING_CERTIFICATE || (o->fid & 0xff00) != FID_KEY_CERT || !o->has_sha256 || o->key.len != key->len ||
			    memcmp(o->key.bytes, key->bytes, key->len) != 0 || strcmp(o->gone_how, "replaced") == 0 ||
			    (found && o->first_seen < ret->first_seen))
				continue;
			*ret = *o;
			found = true;
		}
		free(rows);
		filter.page.offset += STORE_PAGE_MAX;
	} while (n == STORE_PAGE_MAX);
	return found;
}

/* Without it no program would find the public key on the device. One that was too large stayed out of the file. */
static void take_kept_certificate(struct store *store, struct restore_item *item)
{
	const struct object_filter filter = { .key = &item->identity, .gone_too = true };
	struct object_row *holders = NULL, last;
	uint8_t *content = NULL;
	size_t n = 0, len = 0;

	if (store == NULL || item->fault.st != ST_OK || item->w.cert.n > 0 || item->w.damage != 0 ||
	    item->identity.len != STORE_SPKI_LEN || store_objects(store, &filter, &holders, &n, NULL) != ST_OK)
		return;
	for (size_t i = 0; i < n && i < HOLDERS_MAX && item->w.cert.n == 0; i++) {
		if (!last_certificate(store, holders[i].serial, &item->identity, &last) ||
		    store_certificate(store, last.sha256, &content, &len, NULL) != ST_OK)
			continue;
		buf_put(&item->kept, content, len);
		free(content);
		if (!item->kept.failed)
			item->w.cert = wrapped_part(buf_view(&item->kept));
	}
	free(holders);
	if (item->w.cert.n > 0)
		restore_remark(item, "Its certificate is not in the file, and was taken from the inventory.");
}

static enum status from_file(struct step_env *e, const char *path, struct restore_item *item, struct fault *f)
{
	enum status st = file_read(path, WRAPPED_MAX, &item->file, f);

	snprintf(item->name, sizeof(item->name), "%s", path);
	if (st == ST_DAMAGED) {
		item->fault = *f;
		item->result.key_ref = -1;
		snprintf(item->result.file, sizeof(item->result.file), "%s", item->name);
		return ST_OK;
	}
	if (st == ST_OK) {
		restore_judge(e->store, item);
		take_kept_certificate(e->store, item);
	}
	return st;
}

static enum status from_store(struct step_env *e, int64_t number, struct restore_item *item, struct fault *f)
{
	uint8_t *data = NULL;
	size_t n = 0;
	enum status st;

	if (e->store == NULL)
		return fault_set(f, ST_STORE, "The inventory is not open, so that no backup of it can be restored.");
	if ((st = store_backup_data(e->store, number, &data, &n, f)) != ST_OK)
		return st;
	buf_put(&item->file, data, n);
	free(data);
	if (item->file.failed)
		return fault_set(f, ST_NO_MEMORY, NULL);
	snprintf(item->name, sizeof(item->name), _("backup %lld"), (long long)number);
	restore_judge(e->store, item);
	take_kept_certificate(e->store, item);
	return ST_OK;
}

bool restore_wants_all(const struct run *r)
{
	return run_is(r, "all", "1");
}

/* The check value that is shown, else the one that the inventory knows. */
static enum status kcv_of(struct step_env *e, const struct look *l, uint8_t ret[static KCV_LEN], struct fault *f)
{
	struct domain_row *rows = NULL;
	bool found = l->dkek.kcv_shown;
	size_t n = 0;

	if (found)
		memcpy(ret, l->dkek.kcv, KCV_LEN);
	else if (store_domains(e->store, l->serial, &rows, &n, NULL) == ST_OK && n > 0 && rows[0].number == 0 && rows[0].has_kcv) {
		memcpy(ret, rows[0].kcv, KCV_LEN);
		found = true;
	}
	free(rows);
	if (found)
		return ST_OK;
	return fault_set(f, ST_OTHER_DKEK, "%s does not show the check value of its DKEK, so that it cannot be told which backups "
			 "it takes. Nothing was changed. Choose the backups one by one.", l->serial);
}

static enum status load_all(struct step_env *e, const struct look *l, struct restore *r, struct fault *f)
{
	uint8_t kcv[KCV_LEN];
	struct backup_row *rows = NULL;
	size_t n = 0;
	enum status st;

	if (e->store == NULL)
		return fault_set(f, ST_STORE, "The inventory is not open, so that no backup of it can be restored.");
	if ((st = session_need_dkek(l, f)) != ST_OK || (st = kcv_of(e, l, kcv, f)) != ST_OK ||
	    (st = restore_of_dkek(e->store, kcv, &rows, &n, f)) != ST_OK)
		return st;
	r->items = calloc(n + 1, sizeof(*r->items));
	if (r->items == NULL)
		st = fault_set(f, ST_NO_MEMORY, NULL);
	for (size_t i = 0; i < n && st == ST_OK; i++)
		st = from_store(e, rows[i].id, &r->items[r->n_items++], f);
	free(rows);
	return st;
}

static enum status load_named(struct step_env *e, struct restore *r, struct fault *f)
{
	const unsigned files = run_count(e->run, "file"), backups = run_count(e->run, "backup");
	enum status st = ST_OK;

	r->items = calloc((size_t)files + backups + 1, sizeof(*r->items));
	if (r->items == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	for (unsigned i = 0; i < files && st == ST_OK; i++)
		st = from_file(e, run_get(e->run, "file", i), &r->items[r->n_items++], f);
	for (unsigned i = 0; i < backups && st == ST_OK; i++)
		st = from_store(e, strtoll(run_get(e->run, "backup", i), NULL, 10), &r->items[r->n_items++], f);
	return st;
}

enum status restore_load(struct step_env *e, const struct look *l, struct fault *f)
{
	struct restore *r = run_state(e->run);
	enum status st;

	if (r->loaded)
		return ST_OK;
	restore_unload(r);
	st = restore_wants_all(e->run) ? load_all(e, l, r, f) : load_named(e, r, f);
	if (st != ST_OK) {
		restore_unload(r);
		return st;
	}
	r->loaded = true;
	return ST_OK;
}

/* "Known under that DKEK: DENK0200914." */
static void add_devices(struct store *store, const uint8_t *kcv, struct fault *f)
{
	struct device_filter filter = { .kcv = kcv };
	struct device_row *rows = NULL;
	char list[200] = "";
	size_t n = 0;

	if (store == NULL || store_devices(store, &filter, &rows, &n, NULL) != ST_OK)
		return;
	for (size_t i = 0; i < n && strlen(list) + STORE_SERIAL_MAX + 3 < sizeof(list); i++)
		snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s", i > 0 ? ", " : "", rows[i].serial);
	free(rows);
	if (list[0] != '\0')
		fault_add(f, "Devices known to have that DKEK: %s.", list);
}

void restore_compare_dkek(struct store *store, struct session *s, struct restore_item *item)
{
	const struct look *l = s->look;
	char theirs[2 * KCV_LEN + 1], ours[2 * KCV_LEN + 1];

	if (item->fault.st != ST_OK || session_has_kcv(s, item->w.blob.kcv))
		return;
	hex_upper(theirs, item->w.blob.kcv, KCV_LEN);
	hex_upper(ours, l->dkek.kcv, KCV_LEN);
	fault_set(&item->fault, ST_OTHER_DKEK,
		  "%s is wrapped under the DKEK %s, and %s has the DKEK %s. It cannot be restored here, and was not sent "
		  "to the device. A device with the other DKEK is needed.",
		  item->name, theirs, l->serial, ours);
	add_devices(store, item->w.blob.kcv, &item->fault);
}

/* RSA: modulus and length of the exponent are in the blob, so that a blob longer than this is no key of 2048 bits. */
#define BLOB_RSA_2048_MAX 1024

static bool fits_firmware(const struct firmware *fw, const struct restore_item *item)
{
	const struct blob *blob = &item->w.blob;

	if (blob->algorithm == KEY_RSA && item->result.size == 0)
		return fw->rsa_max > 2048 || blob->whole.n <= BLOB_RSA_2048_MAX;
	return firmware_can_hold(fw, blob->algorithm, item->result.size);
}

void restore_compare_firmware(const struct look *l, struct restore_item *item)
{
	if (item->fault.st != ST_OK || fits_firmware(l->firmware, item))
		return;
	fault_set(&item->fault, ST_UNSUPPORTED,
		  "The firmware of %s (%s) has no keys of the kind of %s (%s), so that it cannot be restored here, and was not "
		  "sent to the device. A device with firmware 3 or newer takes it.",
		  l->serial, l->firmware->name, item->name, item->result.kind);
}
