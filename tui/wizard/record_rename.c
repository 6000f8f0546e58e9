/* Other labels and IDs. What the inventory knows of the object beside them stays: a use counter, which secret key it is. */
#include "tui/wizard/record_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/words.h"
#include "store/journal.h"
#include "tui/wizard/fleet.h"

struct known {
	struct object_row *rows;
	size_t n;
};

static bool other_key(const struct key_identity *a, const struct key_identity *b)
{
	return a->len != 0 && b->len != 0 && (a->len != b->len || memcmp(a->bytes, b->bytes, a->len) != 0);
}

static void merge(const struct known *known, struct object_row *row)
{
	for (size_t i = 0; i < known->n; i++) {
		struct object_row was = known->rows[i];

		if (was.type != row->type || was.fid != row->fid || other_key(&was.key, &row->key))
			continue;
		memcpy(was.label, row->label, sizeof(was.label));
		memcpy(was.id, row->id, sizeof(was.id));
		was.id_len = row->id_len;
		was.flags = (was.flags & ~(unsigned)FLEET_NOT_DESCRIBED) | (row->flags & FLEET_NOT_DESCRIBED);
		*row = was;
		return;
	}
}

static enum status one(struct store *s, const char *serial, const struct known *known, const struct object *o, int64_t at,
		       struct fault *f)
{
	struct object_row rows[2];
	const size_t n = record_rows_of(o, rows);
	enum status st = ST_OK;

	for (size_t i = 0; i < n && st == ST_OK; i++) {
		merge(known, &rows[i]);
		st = store_object_seen(s, serial, &rows[i], at, f);
	}
	return st;
}

static enum status all(struct store *s, const char *serial, const struct known *known, const struct object *now,
		       const struct objects *with_it, int64_t at, struct fault *f)
{
	enum status st = one(s, serial, known, now, at, f);

	for (size_t i = 0; i < with_it->n && st == ST_OK; i++) {
		const struct object *o = &with_it->o[i];

		if (o->type == OBJECT_CERTIFICATE && o->id_len == now->id_len && memcmp(o->id, now->id, now->id_len) == 0)
			st = one(s, serial, known, o, at, f);
	}
	return st;
}

static enum status write_journal(struct store *s, const struct look *l, const struct object *now, const char *label,
				 const char *id, int64_t at, struct fault *f)
{
	static const char *const what[] = {
		[OBJECT_KEY] = "key.renamed", [OBJECT_CERTIFICATE] = "certificate.renamed", [OBJECT_DATA] = "data.renamed",
	};
	const struct key_identity key = now->has_key ? identity_of_spki(now->spki_sha256) : (struct key_identity){ 0 };
	char text[JOURNAL_TEXT_MAX], now_id[RESULT_ID_MAX];
	const struct journal_entry entry = {
		.at = at, .what = what[now->type], .text = text, .device = l->serial, .key = key.len > 0 ? &key : NULL,
	};

	hex_lower(now_id, now->id, now->id_len);
	if (strcmp(label, now->label) == 0 && strcmp(id, now_id) == 0)
		return ST_OK;
	if (now_id[0] == '\0')
		snprintf(text, sizeof(text), _("\"%s\" on %s is called \"%s\" now."), label, l->serial, now->label);
	else
		snprintf(text, sizeof(text), _("\"%s\" on %s, with the CKA_ID %s, is called \"%s\" now, with the CKA_ID %s."), label,
			 l->serial, id[0] != '\0' ? id : "-", now->label, now_id);
	return store_journal(s, &entry, f);
}

enum status record_renamed(struct store *s, const struct look *l, const struct object *now, const struct objects *with_it,
			   const char *label, const char *id, struct fault *f)
{
	struct object_filter filter = { .device = l->serial };
	const int64_t at = clock_wall();
	struct known known = { 0 };
	STORE_TXN t = { 0 };
	enum status st;

	if (s == NULL)
		return ST_OK;
	if ((st = store_begin(s, &t, f)) == ST_OK && (st = record_look(s, l, at, f)) == ST_OK)
		st = store_objects(s, &filter, &known.rows, &known.n, f);
	if (st == ST_OK)
		st = all(s, l->serial, &known, now, with_it, at, f);
	free(known.rows);
	if (st != ST_OK || (st = write_journal(s, l, now, label, id, at, f)) != ST_OK || (st = store_commit(&t, f)) != ST_OK)
		return fault_add(f, "It is renamed on the device; only the inventory does not know it yet. It will, when the device is "
				    "next looked at.");
	return ST_OK;
}
