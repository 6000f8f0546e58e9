/* What the inventory knows, as the fleet shows it: cleaned, and joined with what is here. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/base/bytes.h"
#include "engine/base/text.h"
#include "engine/base/words.h"
#include "engine/card/firmware.h"
#include "engine/keys/curve.h"
#include "tui/wizard/fleet_inside.h"
#include "tui/wizard/key_type.h"

#define clean(out, in) text_clean((out), sizeof(out), (in), strlen(in))

void known_to_device(const struct device_row *row, struct fleet_device *d)
{
	clean(d->serial, row->serial);
	clean(d->label, row->label);
	d->fw_major = row->fw_major;
	d->fw_minor = row->fw_minor;
	d->initialised = row->initialised == 1;
	d->transport_pin = row->transport_pin == 1;
	d->pin_tries = row->pin_tries;
	d->so_pin_tries = row->so_pin_tries;
	d->memory_free = (long)row->memory_free;
	d->memory_total = (long)row->memory_total;
}

void known_counts(const struct device_row *row, struct fleet_device *d)
{
	d->pin_max = row->pin_max;
	d->factory_so_pin = row->factory_so_pin == 1;
	d->first_seen = row->first_seen > 0 ? row->first_seen : 0;
	d->last_seen = row->last_seen > 0 ? row->last_seen : 0;
	d->keys = row->keys;
	d->certificates = row->certificates;
	d->data = row->data;
	d->keys_without_backup = row->keys_without_backup;
}

void known_domain(struct fleet_device *d, const struct domain_row *row)
{
	d->dkek = false;
	d->dkek_shares = d->dkek_missing = FLEET_UNKNOWN;
	d->dkek_kcv[0] = '\0';
	if (row == NULL || row->present == STORE_UNKNOWN)
		return;
	d->dkek = row->present == 1;
	d->dkek_shares = d->dkek ? row->shares : 0;
	d->dkek_missing = d->dkek ? row->missing : 0;
	if (row->has_kcv)
		hex_upper(d->dkek_kcv, row->kcv, sizeof(row->kcv));
}

static void domain_of(struct fleet *fl, struct fleet_device *d)
{
	struct domain_row *rows = NULL;
	size_t n = 0;

	known_domain(d, NULL);
	if (store_domains(fl->store, d->serial, &rows, &n, NULL) == ST_OK && n > 0 && rows[0].number == 0)
		known_domain(d, &rows[0]);
	free(rows);
}

bool known_fill(struct fleet *fl, struct fleet_device *d)
{
	struct device_row row;

	if (fl->store == NULL || d->serial[0] == '\0' || store_device_get(fl->store, d->serial, &row, NULL) != ST_OK)
		return false;
	known_counts(&row, d);
	if (d->looked_at)
		return true;
	known_to_device(&row, d);
	domain_of(fl, d);
	return true;
}

/* --- objects --- */

static enum key_algorithm algorithm_of(const char *word)
{
	return strcmp(word, "rsa") == 0 ? KEY_RSA : strcmp(word, "ec") == 0 ? KEY_EC : KEY_AES;
}

bool fleet_can_hold(const struct fleet_device *d, const char *algorithm, unsigned size)
{
	return d->fw_major < 0 || algorithm[0] == '\0' ||
	       firmware_can_hold(firmware_of((unsigned)d->fw_major, (unsigned)d->fw_minor), algorithm_of(algorithm), size);
}

static void date_of(int64_t at, char out[static 11])
{
	time_t t = (time_t)at;
	struct tm tm;

	out[0] = '\0';
	if (at != STORE_UNKNOWN && gmtime_r(&t, &tm) != NULL && tm.tm_year > -1900 && tm.tm_year < 8100)
		strftime(out, 11, "%Y-%m-%d", &tm);
}

static void kind_of(const struct object_row *row, struct fleet_object *ret)
{
	if (row->type == THING_CERTIFICATE)
		snprintf(ret->kind, sizeof(ret->kind), "%s", _("certificate"));
	else if (row->type == THING_DATA)
		snprintf(ret->kind, sizeof(ret->kind), "%s", _("data"));
	else if (row->algorithm[0] != '\0')
		key_words(algorithm_of(row->algorithm), row->size, curve_by_name(row->curve), ret->kind);
	else
		snprintf(ret->kind, sizeof(ret->kind), "%s", _("key"));
}

void object_of_row(const struct object_row *row, struct fleet_object *ret)
{
	static const enum fleet_type types[] = {
		[THING_KEY] = FLEET_KEY, [THING_CERTIFICATE] = FLEET_CERTIFICATE, [THING_DATA] = FLEET_DATA,
	};

	*ret = (struct fleet_object){
		.type = types[row->type],
		.flags = row->flags,
		.size = row->size,
		.key_ref = row->key_ref,
		.fid = row->fid,
		.use_counter = (long)row->use_counter,
		.backups = row->backups,
	};
	clean(ret->label, row->label);
	clean(ret->algorithm, row->algorithm);
	clean(ret->curve, row->curve);
	clean(ret->subject, row->subject);
	kind_of(row, ret);
	hex_lower(ret->id, row->id, row->id_len);
	if (row->key.len == STORE_SPKI_LEN)
		hex_lower(ret->spki_sha256, row->key.bytes, row->key.len);
	else if (row->key.len == STORE_CMAC_LEN)
		hex_lower(ret->cmac, row->key.bytes, row->key.len);
	date_of(row->not_after, ret->until);
	snprintf(ret->proof, sizeof(ret->proof), "%s", proof_word(row->proof));
	if (ret->type == FLEET_KEY && row->backups == 0)
		ret->flags |= FLEET_NO_BACKUP;
}

static int by_type_and_label(const void *a, const void *b)
{
	const struct fleet_object *x = a, *y = b;

	if (x->type != y->type)
		return x->type < y->type ? -1 : 1;
	if (strcmp(x->label, y->label) != 0)
		return strcmp(x->label, y->label);
	return x->fid < y->fid ? -1 : x->fid > y->fid;
}

static enum status take_rows(struct entry *e, const struct object_row *rows, size_t n, struct fault *f)
{
	struct fleet_object *list = reallocarray(e->objects, e->n_objects + n + 1, sizeof(*list));

	if (list == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	e->objects = list;
	for (size_t i = 0; i < n; i++)
		object_of_row(&rows[i], &e->objects[e->n_objects++]);
	return ST_OK;
}

static enum status from_store(struct fleet *fl, struct entry *e, struct fault *f)
{
	struct object_filter filter = { .device = e->d.serial };
	enum status st = ST_OK;
	size_t n;

	do {
		struct object_row *rows = NULL;

		n = 0;
		if ((st = store_objects(fl->store, &filter, &rows, &n, f)) == ST_OK)
			st = take_rows(e, rows, n, f);
		free(rows);
		filter.page.offset += STORE_PAGE_MAX;
	} while (st == ST_OK && n == STORE_PAGE_MAX);
	return st;
}

static bool is_not_told(const struct object_row *row)
{
	return row->type == THING_KEY && row->key.len == 0;
}

/* Which key it is without a public key, such as a secret one, no device tells without a login; the inventory may know. */
static void known_identities(struct fleet *fl, struct entry *e)
{
	struct object_filter filter = { .device = e->d.serial };
	struct object_row *known = NULL;
	size_t n = 0, asked = 0;

	for (size_t i = 0; i < e->n_rows; i++)
		asked += is_not_told(&e->rows[i]);
	if (asked == 0 || fl->store == NULL || store_objects(fl->store, &filter, &known, &n, NULL) != ST_OK)
		return;
	for (size_t i = 0; i < e->n_rows; i++) {
		struct object_row *row = &e->rows[i];

		for (size_t j = 0; j < n && is_not_told(row); j++) {
			if (known[j].type == THING_KEY && known[j].key_ref == row->key_ref && known[j].id_len == row->id_len &&
			    memcmp(known[j].id, row->id, row->id_len) == 0 && strcmp(known[j].algorithm, row->algorithm) == 0)
				row->key = known[j].key;
		}
	}
	free(known);
}

void known_backups(struct fleet *fl, struct entry *e)
{
	known_identities(fl, e);
	for (size_t i = 0; fl->store != NULL && i < e->n_rows; i++) {
		struct object_row *row = &e->rows[i];
		struct key_row key;

		if (row->type != THING_KEY || row->key.len == 0 || store_key_get(fl->store, &row->key, &key, NULL) != ST_OK)
			continue;
		row->backups = key.backups;
		row->proof = key.proof;
	}
}

enum status known_load_objects(struct fleet *fl, struct entry *e, struct fault *f)
{
	enum status st = ST_OK;

	if (e->objects_loaded || e->d.serial[0] == '\0')
		return ST_OK;
	free(e->objects);
	e->objects = NULL;
	e->n_objects = 0;
	if (e->rows != NULL)
		st = take_rows(e, e->rows, e->n_rows, f);
	else if (fl->store != NULL)
		st = from_store(fl, e, f);
	if (st == ST_OK && e->n_strays > 0 && (st = take_rows(e, NULL, 0, f)) == ST_OK) {
		struct fleet_object *list = reallocarray(e->objects, e->n_objects + e->n_strays, sizeof(*list));

		if (list == NULL)
			return fault_set(f, ST_NO_MEMORY, NULL);
		e->objects = list;
		memcpy(list + e->n_objects, e->strays, e->n_strays * sizeof(*list));
		e->n_objects += e->n_strays;
	}
	if (e->n_objects > 0)
		qsort(e->objects, e->n_objects, sizeof(*e->objects), by_type_and_label);
	e->objects_loaded = st == ST_OK;
	return st;
}
