/* What a look at a device leaves in the inventory, and when it need not. */
#include "tui/wizard/record_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/clock.h"
#include "tui/wizard/fleet.h"
#include "tui/wizard/key_type.h"

#define SPARING_S 3600   /* a device that was seen so shortly ago is not written down again for the time alone */

enum status record_domain(struct store *s, const char *serial, const struct dkek_status *d, int64_t at,
			       struct fault *f)
{
	struct domain_row row = {
		.number = 0,
		.present = d->present,
		.shares = (int)d->total,
		.missing = (int)d->missing,
		.exchanged = d->exchanged,
		.has_kcv = d->kcv_shown,
	};

	memcpy(row.kcv, d->kcv, sizeof(row.kcv));
	return store_domain_seen(s, serial, &row, at, f);
}

static void seen_pins(const struct card_info *info, struct device_row *row)
{
	row->initialised = info->initialised;
	row->transport_pin = info->user.state == PIN_TRANSPORT;
	row->pin_tries = info->user.state == PIN_BLOCKED ? 0 : info->user.tries;
	row->so_pin_tries = info->so.state == PIN_BLOCKED ? 0 : info->so.tries;
}

static const struct object_row *row_of_fid(const struct object_row *rows, size_t n, const struct object_row *like)
{
	for (size_t i = 0; i < n; i++) {
		if (rows[i].type == like->type && rows[i].fid == like->fid)
			return &rows[i];
	}
	return NULL;
}

static bool same_identity(const struct key_identity *a, const struct key_identity *b)
{
	return a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}

enum status record_keep_origins(struct store *s, const char *serial, struct object_row *rows, size_t n, struct fault *f)
{
	const struct object_filter filter = { .device = serial };
	struct object_row *known = NULL;
	size_t n_known = 0;
	enum status st = store_objects(s, &filter, &known, &n_known, f);

	for (size_t i = 0; i < n && st == ST_OK; i++) {
		const struct object_row *before = row_of_fid(known, n_known, &rows[i]);

		if (rows[i].type == THING_KEY && rows[i].key.len > 0 && (rows[i].flags & FLEET_MADE) == 0 && before != NULL &&
		    same_identity(&rows[i].key, &before->key))
			rows[i].flags |= before->flags & FLEET_MADE;
	}
	free(known);
	return st;
}

static enum status sync_objects(struct store *s, const char *serial, const struct objects *l, int64_t at,
				struct fault *f)
{
	struct object_row *rows = calloc(2 * l->n + 1, sizeof(*rows));
	enum status st = rows != NULL ? ST_OK : fault_set(f, ST_NO_MEMORY, NULL);
	size_t n = 0;

	for (size_t i = 0; i < l->n && st == ST_OK; i++) {
		const struct object *o = &l->o[i];
		struct key_row key = { 0 };
		BUF spki = { 0 };

		n += record_rows_of(o, rows + n);
		if (o->cert != NULL && o->content.n > 0)
			st = store_certificate_keep(s, o->content.p, o->content.n, f);
		if (st != ST_OK || o->type != OBJECT_KEY || !o->has_key)
			continue;
		key.identity = identity_of_spki(o->spki_sha256);
		snprintf(key.algorithm, sizeof(key.algorithm), "%s", key_algorithm_word(o->algorithm));
		snprintf(key.curve, sizeof(key.curve), "%s", o->curve != NULL ? o->curve->name : "");
		snprintf(key.label, sizeof(key.label), "%s", o->label);
		key.size = o->bits;
		if ((st = store_key_seen(s, &key, at, f)) == ST_OK && (st = pubkey_to_spki(&o->key, &spki, f)) == ST_OK)
			st = store_key_set_spki(s, &key.identity, spki.p, spki.n, f);
	}
	if (st == ST_OK)
		st = record_keep_origins(s, serial, rows, n, f);
	if (st == ST_OK)
		st = store_objects_sync(s, serial, rows, n, at, f);
	free(rows);
	return st;
}

static void row_of_info(const struct card_info *info, struct device_row *ret)
{
	struct device_row row = DEVICE_ROW_UNKNOWN;

	snprintf(row.serial, sizeof(row.serial), "%s", info->serial);
	snprintf(row.label, sizeof(row.label), "%s", info->label);
	snprintf(row.hardware, sizeof(row.hardware), "%s", info->firmware != NULL ? info->firmware->hardware : "");
	row.fw_major = (int)info->major;
	row.fw_minor = (int)info->minor;
	seen_pins(info, &row);
	row.memory_free = info->memory_free;
	if (info->firmware != NULL && info->firmware->memory != 0)
		row.memory_total = info->firmware->memory;
	*ret = row;
}

static bool same_device(struct store *s, const struct device_row *row, bool listed, int64_t at)
{
	struct device_row known;

	return store_device_get(s, row->serial, &known, NULL) == ST_OK && at >= known.last_seen && at - known.last_seen < SPARING_S &&
	       (!listed || known.listed_at != STORE_UNKNOWN) && strcmp(known.label, row->label) == 0 &&
	       known.fw_major == row->fw_major && known.fw_minor == row->fw_minor && known.initialised == row->initialised &&
	       known.transport_pin == row->transport_pin && known.pin_tries == row->pin_tries &&
	       known.so_pin_tries == row->so_pin_tries;
}

static bool same_domain(struct store *s, const struct card_info *info)
{
	const struct dkek_status *d = &info->dkek;
	struct domain_row *rows = NULL;
	bool same = false;
	size_t n = 0;

	if (store_domains(s, info->serial, &rows, &n, NULL) != ST_OK)
		return false;
	for (size_t i = 0; i < n; i++)
		same |= rows[i].number == 0 && rows[i].present == d->present &&
			(!d->present || (rows[i].shares == (int)d->total && rows[i].missing == (int)d->missing)) &&
			rows[i].exchanged == d->exchanged &&
			(!d->kcv_shown || (rows[i].has_kcv && memcmp(rows[i].kcv, d->kcv, KCV_LEN) == 0));
	free(rows);
	return same;
}

static bool same_object(const struct object_row *known, const struct object_row *seen)
{
	const bool same_key = seen->key.len == 0 || same_identity(&seen->key, &known->key);
	/* Whoever is sparing does not check where keys were made. */
	const unsigned compared = seen->flags & FLEET_MADE ? ~0u : ~(unsigned)FLEET_MADE;

	return same_key && known->type == seen->type && known->fid == seen->fid && known->id_len == seen->id_len &&
	       memcmp(known->id, seen->id, seen->id_len) == 0 && strcmp(known->label, seen->label) == 0 &&
	       strcmp(known->algorithm, seen->algorithm) == 0 && known->size == seen->size &&
	       strcmp(known->curve, seen->curve) == 0 && ((known->flags ^ seen->flags) & compared) == 0 &&
	       strcmp(known->subject, seen->subject) == 0 && known->not_after == seen->not_after &&
	       known->has_sha256 == seen->has_sha256 && memcmp(known->sha256, seen->sha256, sizeof(seen->sha256)) == 0;
}

static bool same_objects(struct store *s, const char *serial, const struct objects *l)
{
	struct object_filter filter = { .device = serial };
	struct object_row *rows = NULL, seen[2];
	size_t n = 0, found = 0;
	bool same = store_objects(s, &filter, &rows, &n, NULL) == ST_OK && n < STORE_PAGE_MAX;

	for (size_t i = 0; i < l->n && same; i++) {
		const size_t several = record_rows_of(&l->o[i], seen);

		for (size_t k = 0; k < several && same; k++) {
			const struct object_row *known = row_of_fid(rows, n, &seen[k]);

			same = known != NULL && same_object(known, &seen[k]);
			found++;
		}
	}
	free(rows);
	return same && found == n;
}

enum status record_seen(struct store *s, const struct card_info *info, const struct objects *objects, bool sparing,
			struct fault *f)
{
	const int64_t at = clock_wall();
	struct device_row row;
	STORE_TXN t = { 0 };
	enum status st;

	if (s == NULL || store_read_only(s))
		return ST_OK;
	row_of_info(info, &row);
	if (sparing && same_device(s, &row, objects != NULL, at) && same_domain(s, info) &&
	    (objects == NULL || same_objects(s, info->serial, objects)))
		return ST_OK;
	if ((st = store_begin(s, &t, f)) != ST_OK || (st = store_device_seen(s, &row, at, f)) != ST_OK ||
	    (st = record_domain(s, info->serial, &info->dkek, at, f)) != ST_OK ||
	    (objects != NULL && (st = sync_objects(s, info->serial, objects, at, f)) != ST_OK))
		return st;
	return store_commit(&t, f);
}

void record_tries(struct store *s, const struct look *l, enum status st, const struct fault *f)
{
	struct device_row known, row = DEVICE_ROW_UNKNOWN;

	if (s == NULL || store_read_only(s) || (st != ST_OK && st != ST_PIN_BLOCKED && (st != ST_PIN_WRONG || f->tries_left < 0)) ||
	    store_device_get(s, l->serial, &known, NULL) != ST_OK || known.pin_max <= 0)
		return;
	row.pin_tries = st == ST_OK ? known.pin_max : st == ST_PIN_BLOCKED ? 0 : f->tries_left;
	snprintf(row.serial, sizeof(row.serial), "%s", l->serial);
	if (row.pin_tries != known.pin_tries)
		(void)store_device_seen(s, &row, clock_wall(), NULL);
}
