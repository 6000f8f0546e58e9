#include "tui/wizard/record_inside.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/text.h"
#include "engine/base/words.h"
#include "engine/keys/digest.h"
#include "store/journal.h"
#include "tui/wizard/fleet.h"
#include "tui/wizard/key_type.h"

struct key_identity identity_of_spki(const uint8_t sha256[static 32])
{
	struct key_identity id = { .len = STORE_SPKI_LEN };

	memcpy(id.bytes, sha256, STORE_SPKI_LEN);
	return id;
}

struct key_identity identity_of_cmac(const uint8_t cmac[static BLOB_CMAC_LEN])
{
	struct key_identity id = { .len = STORE_CMAC_LEN };

	memcpy(id.bytes, cmac, STORE_CMAC_LEN);
	return id;
}

struct key_identity identity_of_result(const struct key_result *k)
{
	struct key_identity id = { 0 };

	if (k->spki_sha256[0] != '\0')
		(void)hex_parse(k->spki_sha256, strlen(k->spki_sha256), id.bytes, sizeof(id.bytes), &id.len);
	else if (k->cmac[0] != '\0')
		(void)hex_parse(k->cmac, strlen(k->cmac), id.bytes, sizeof(id.bytes), &id.len);
	return id;
}

void identity_to_result(const struct key_identity *id, struct key_result *k)
{
	if (id->len == STORE_SPKI_LEN)
		hex_lower(k->spki_sha256, id->bytes, id->len);
	else if (id->len == STORE_CMAC_LEN)
		hex_lower(k->cmac, id->bytes, id->len);
}

unsigned record_flags_of(const struct object *o)
{
	static const unsigned origins[] = {
		[ORIGIN_UNKNOWN] = 0,
		[ORIGIN_HERE] = FLEET_MADE_HERE,
		[ORIGIN_ELSEWHERE] = FLEET_MADE_ELSEWHERE,
		[ORIGIN_UNPROVEN] = FLEET_MADE_UNPROVEN,
	};
	unsigned flags = origins[o->origin] | (o->damage & ((1u << OBJECT_DAMAGES) - 1)) * FLEET_DAMAGE;

	if ((o->damage & (OBJECT_BAD_DESCRIPTION | OBJECT_NO_DESCRIPTION)) != 0)
		flags |= FLEET_NOT_DESCRIBED;
	if (o->type == OBJECT_KEY && !o->has_key && !(o->has_algorithm && o->algorithm == KEY_AES))
		flags |= FLEET_NO_PUBLIC_KEY;
	if ((o->damage & OBJECT_OTHER_KIND) != 0)
		flags |= FLEET_ALIEN_CERTIFICATE;
	if (o->type == OBJECT_DATA && o->is_private)
		flags |= FLEET_PRIVATE;
	return flags;
}

static void id_of(const struct object *o, struct object_row *ret)
{
	memcpy(ret->id, o->id, o->id_len);
	ret->id_len = o->id_len;
	snprintf(ret->label, sizeof(ret->label), "%s", o->label);
}

static void certificate_of(const struct object *o, struct object_row *ret)
{
	snprintf(ret->subject, sizeof(ret->subject), "%.*s", (int)sizeof(ret->subject) - 1, o->cert->subject);
	ret->not_after = o->cert->not_after;
}

static void hash_of(const struct object *o, struct object_row *ret)
{
	ret->has_sha256 = o->content.n > 0 && digest_sha256(buf_view(&o->content), ret->sha256, NULL) == ST_OK;
}

/* Which key a certificate of another key's is for: len 0 where these devices do not have such keys. */
static struct key_identity key_of_cert(const struct cert *c)
{
	uint8_t sha256[32];

	if (!c->has_key || pubkey_spki_sha256(&c->key, sha256, NULL) != ST_OK)
		return (struct key_identity){ 0 };
	return identity_of_spki(sha256);
}

static void key_of(const struct object *o, struct object_row *ret)
{
	ret->type = THING_KEY;
	ret->fid = fid_of(FID_KEY, o->number);
	ret->key_ref = o->number;
	if (o->has_algorithm) {
		snprintf(ret->algorithm, sizeof(ret->algorithm), "%s", key_algorithm_word(o->algorithm));
		ret->size = o->bits;
		snprintf(ret->curve, sizeof(ret->curve), "%s", o->curve != NULL ? o->curve->name : "");
	}
	if (o->has_key)
		ret->key = identity_of_spki(o->spki_sha256);
	else if (o->has_cmac)
		ret->key = identity_of_cmac(o->cmac);
}

size_t record_rows_of(const struct object *o, struct object_row ret[static 2])
{
	const struct object_row empty = {
		.key_ref = STORE_UNKNOWN,
		.domain = STORE_UNKNOWN,
		.use_counter = STORE_UNKNOWN,
		.not_after = STORE_UNKNOWN,
	};

	if (o->type == OBJECT_STRAY)
		return 0;
	ret[0] = empty;
	id_of(o, &ret[0]);
	ret[0].flags = record_flags_of(o);
	if (o->type == OBJECT_KEY) {
		key_of(o, &ret[0]);
	} else {
		ret[0].type = o->type == OBJECT_DATA ? THING_DATA : THING_CERTIFICATE;
		ret[0].fid = o->content_fid != 0 ? o->content_fid : o->description_fid;
		ret[0].size = o->type == OBJECT_DATA ? (unsigned)o->size : 0;
	}
	if (o->cert != NULL)
		certificate_of(o, &ret[0]);
	if (o->type == OBJECT_CERTIFICATE)
		hash_of(o, &ret[0]);
	if (o->type == OBJECT_CERTIFICATE && o->cert != NULL)
		ret[0].key = key_of_cert(o->cert);
	if (o->type != OBJECT_KEY || o->cert == NULL)
		return 1;
	ret[1] = empty;
	id_of(o, &ret[1]);
	ret[1].type = THING_CERTIFICATE;
	ret[1].fid = o->content_fid;
	ret[1].key = ret[0].key;
	ret[1].flags = FLEET_OF_KEY;
	hash_of(o, &ret[1]);
	certificate_of(o, &ret[1]);
	return 2;
}

/* --- */

/* The device was in use: its row is there, whatever becomes of the rest. */
enum status record_look(struct store *s, const struct look *l, int64_t at, struct fault *f)
{
	struct device_row row = DEVICE_ROW_UNKNOWN;
	enum status st;

	snprintf(row.serial, sizeof(row.serial), "%s", l->serial);
	row.fw_major = (int)l->major;
	row.fw_minor = (int)l->minor;
	if ((st = store_device_seen(s, &row, at, f)) != ST_OK)
		return st;
	return l->has_dkek ? record_domain(s, l->serial, &l->dkek, at, f) : ST_OK;
}

enum status record_journal(struct store *s, int64_t at, const char *what, const char *serial,
			   const struct key_identity *key, struct fault *f, const char *fmt, ...)
{
	char words[JOURNAL_TEXT_MAX], text[JOURNAL_TEXT_MAX];
	struct journal_entry entry = {
		.at = at, .what = what, .text = text, .device = serial, .key = key != NULL && key->len > 0 ? key : NULL,
	};
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(words, sizeof(words), translated(fmt), ap);
	va_end(ap);
	/* A label may have been cut in the middle of a character. */
	text_clean(text, sizeof(text), words, strlen(words));
	return store_journal(s, &entry, f);
}

enum status record_key(struct store *s, const struct key_result *k, const struct pubkey *key, int64_t at, struct fault *f)
{
	struct key_row row = { .identity = identity_of_result(k), .size = k->size };
	BUF spki = { 0 };
	enum status st;

	if (row.identity.len == 0)
		return ST_OK;
	snprintf(row.algorithm, sizeof(row.algorithm), "%s", k->algorithm);
	snprintf(row.curve, sizeof(row.curve), "%s", k->curve);
	snprintf(row.label, sizeof(row.label), "%s", k->label);
	if ((st = store_key_seen(s, &row, at, f)) != ST_OK || key == NULL)
		return st;
	if ((st = pubkey_to_spki(key, &spki, f)) != ST_OK)
		return st;
	return store_key_set_spki(s, &row.identity, spki.p, spki.n, f);
}

static void row_of_result(const struct key_result *k, long uses, struct object_row *ret)
{
	*ret = (struct object_row){
		.type = THING_KEY,
		.fid = fid_of(FID_KEY, (uint8_t)k->key_ref),
		.key_ref = k->key_ref,
		.domain = STORE_UNKNOWN,
		.key = identity_of_result(k),
		.size = k->size,
		.use_counter = uses,
		.not_after = STORE_UNKNOWN,
	};
	(void)hex_parse(k->id, strlen(k->id), ret->id, sizeof(ret->id), &ret->id_len);
	snprintf(ret->label, sizeof(ret->label), "%s", k->label);
	snprintf(ret->algorithm, sizeof(ret->algorithm), "%s", k->algorithm);
	snprintf(ret->curve, sizeof(ret->curve), "%s", k->curve);
}

enum status record_key_made(struct store *s, const struct look *l, const struct key_result *k, const struct pubkey *key,
			    long uses, struct fault *f)
{
	const struct key_identity id = identity_of_result(k);
	const int64_t at = clock_wall();
	struct object_row row;
	STORE_TXN t = { 0 };
	enum status st;

	if (s == NULL)
		return ST_OK;
	row_of_result(k, uses, &row);
	if ((st = store_begin(s, &t, f)) != ST_OK || (st = record_look(s, l, at, f)) != ST_OK ||
	    (st = record_key(s, k, key, at, f)) != ST_OK ||
	    (st = store_object_seen(s, l->serial, &row, at, f)) != ST_OK ||
	    (st = record_journal(s, at, "key.new", l->serial, &id, f,
			  "The key \"%s\" (%s) was made on %s at key reference %d.", k->label, k->kind, l->serial,
			  k->key_ref)) != ST_OK)
		return st;
	return store_commit(&t, f);
}

enum status record_key_known(struct store *s, const struct look *l, const struct key_result *k, struct fault *f)
{
	const int64_t at = clock_wall();
	struct object_row row;
	STORE_TXN t = { 0 };
	enum status st;

	if (s == NULL || store_read_only(s))
		return ST_OK;
	row_of_result(k, STORE_UNKNOWN, &row);
	if ((st = store_begin(s, &t, f)) != ST_OK || (st = record_look(s, l, at, f)) != ST_OK ||
	    (st = record_key(s, k, NULL, at, f)) != ST_OK || (st = store_object_seen(s, l->serial, &row, at, f)) != ST_OK)
		return st;
	return store_commit(&t, f);
}

enum status record_key_deleted(struct store *s, const struct look *l, const struct key_result *k, struct fault *f)
{
	static const struct { enum thing type; unsigned kind; } things[] = {
		{ THING_KEY, FID_KEY }, { THING_CERTIFICATE, FID_KEY_CERT },
	};
	const struct key_identity id = identity_of_result(k);
	const int64_t at = clock_wall();
	STORE_TXN t = { 0 };
	enum status st;

	if (s == NULL)
		return ST_OK;
	if ((st = store_begin(s, &t, f)) != ST_OK || (st = record_look(s, l, at, f)) != ST_OK)
		return st;
	for (size_t i = 0; i < sizeof(things) / sizeof(things[0]); i++) {
		st = store_object_gone(s, l->serial, things[i].type, fid_of(things[i].kind, (uint8_t)k->key_ref), at,
				       f);
		if (st != ST_OK && st != ST_NOT_FOUND)
			return st;
	}
	if ((st = record_journal(s, at, "key.deleted", l->serial, &id, f,
			  "The key \"%s\" (%s) was deleted from %s; it was at key reference %d.", k->label, k->kind,
			  l->serial, k->key_ref)) != ST_OK)
		return st;
	return store_commit(&t, f);
}

enum status record_key_exported(struct store *s, const struct look *l, const struct key_result *k, struct fault *f)
{
	const struct key_identity id = identity_of_result(k);

	if (s == NULL || store_read_only(s))
		return ST_OK;
	return record_journal(s, clock_wall(), "key.exported", l->serial, &id, f,
		       "The public key of \"%s\" on %s was exported.", k->label, l->serial);
}

/* A use that was spent, or which secret key it is. */
static enum status learnt(struct store *s, const struct look *l, const struct object_row *known, const struct key_identity *id,
			  unsigned spent, int64_t at, struct fault *f)
{
	struct object_row row = *known;

	if (row.use_counter != STORE_UNKNOWN)
		row.use_counter = row.use_counter > spent ? row.use_counter - spent : 0;
	if (row.key.len == 0)
		row.key = *id;
	return store_object_seen(s, l->serial, &row, at, f);
}

enum status record_key_tested(struct store *s, const struct look *l, const struct key_result *k, const struct object_row *known,
			      unsigned spent, struct fault *f)
{
	const bool passed = k->fault.st == ST_OK;
	const struct key_identity id = identity_of_result(k);
	const int64_t at = clock_wall();
	STORE_TXN t = { 0 };
	enum status st;

	if (s == NULL || store_read_only(s))
		return ST_OK;
	if ((st = store_begin(s, &t, f)) != ST_OK || (st = record_look(s, l, at, f)) != ST_OK ||
	    (known != NULL && (st = learnt(s, l, known, &id, spent, at, f)) != ST_OK) ||
	    (st = record_journal(s, at, passed ? "key.tested" : "key.test-failed", l->serial, &id, f,
			  passed ? N_("The key \"%s\" (%s) on %s was tested, and works.") :
				   N_("The key \"%s\" (%s) on %s was tested, and did not pass: %s"),
			  k->label, k->kind, l->serial, k->fault.what)) != ST_OK)
		return st;
	return store_commit(&t, f);
}

enum status record_label(struct store *s, const struct look *l, const char *before, const char *label, struct fault *f)
{
	struct device_row row = DEVICE_ROW_UNKNOWN;
	const int64_t at = clock_wall();
	STORE_TXN t = { 0 };
	enum status st;

	if (s == NULL)
		return ST_OK;
	snprintf(row.serial, sizeof(row.serial), "%s", l->serial);
	snprintf(row.label, sizeof(row.label), "%s", label);
	row.initialised = 1;   /* somebody was logged in */
	if ((st = store_begin(s, &t, f)) != ST_OK || (st = record_look(s, l, at, f)) != ST_OK ||
	    (st = store_device_seen(s, &row, at, f)) != ST_OK ||
	    (st = record_journal(s, at, "device.labelled", l->serial, NULL, f,
			  before[0] != '\0' ? N_("The label of %s is \"%s\" now; it was \"%s\".") :
					      N_("The label of %s is \"%s\" now."),
			  l->serial, label, before)) != ST_OK || (st = store_commit(&t, f)) != ST_OK)
		return fault_add(f, "The label was changed; only the inventory does not know it yet. It will, when the device is next "
				    "looked at.");
	return ST_OK;
}

enum status record_random(struct store *s, const struct look *l, size_t n, const char *file, struct fault *f)
{
	if (s == NULL || store_read_only(s))
		return ST_OK;
	return record_journal(s, clock_wall(), "random.drawn", l->serial, NULL, f,
			      translated_n("%zu random byte of %s was written to %s.", "%zu random bytes of %s were written to %s.", n),
			      n, l->serial, file);
}

static enum status backup_row_of(const struct look *l, bool made, const struct wrapped *w, struct cur file,
				 const struct key_result *k, int64_t at, struct backup_row *ret, struct fault *f)
{
	struct backup_row row = {
		.key = identity_of_result(k),
		.size = k->size,
		.made_at = made ? at : STORE_UNKNOWN,
		.proof_at = STORE_UNKNOWN,
	};
	enum status st = digest_sha256(file, row.sha256, f);

	if (st != ST_OK || (st = digest_sha256(w->blob.whole, row.blob_sha256, f)) != ST_OK)
		return st;
	memcpy(row.kcv, w->blob.kcv, sizeof(row.kcv));
	snprintf(row.algorithm, sizeof(row.algorithm), "%s", k->algorithm);
	snprintf(row.curve, sizeof(row.curve), "%s", k->curve);
	snprintf(row.label, sizeof(row.label), "%s", k->label);
	(void)hex_parse(k->id, strlen(k->id), row.cka_id, sizeof(row.cka_id), &row.cka_id_len);
	snprintf(row.device, sizeof(row.device), "%s", made ? l->serial : "");
	snprintf(row.file, sizeof(row.file), "%.*s", (int)sizeof(row.file) - 1, k->file);
	snprintf(row.form, sizeof(row.form), "%s", w->bare ? "blob" : "sc-hsm-tool");
	*ret = row;
	return ST_OK;
}

enum status record_backup(struct store *s, const struct look *l, bool made, const struct wrapped *w, struct cur file,
			  struct key_result *k, enum proof_level proof, struct fault *f)
{
	const struct key_identity id = identity_of_result(k);
	const int64_t at = clock_wall();
	struct backup_row row;
	STORE_TXN t = { 0 };
	enum status st;
	int64_t number;

	snprintf(k->proof, sizeof(k->proof), "%s", proof_word(proof));
	if (s == NULL)
		return ST_OK;
	if ((st = backup_row_of(l, made, w, file, k, at, &row, f)) != ST_OK || (st = store_begin(s, &t, f)) != ST_OK ||
	    (st = record_look(s, l, at, f)) != ST_OK ||
	    (st = record_key(s, k, w->has_key && made ? &w->key : NULL, at, f)) != ST_OK ||
	    (st = store_backup_add(s, &row, file.p, file.n, at, &number, f)) != ST_OK ||
	    (st = store_backup_prove(s, number, proof, NULL, at, f)) != ST_OK)
		return st;
	if ((st = record_journal(s, at, made ? "backup.made" : "backup.added", l->serial, &id, f,
			  made && k->file[0] != '\0' ?
				  N_("The key \"%s\" (%s) on %s was wrapped under the DKEK %s: backup %lld, file %s.") :
			  made ? N_("The key \"%s\" (%s) on %s was wrapped under the DKEK %s: backup %lld.") :
			  k->file[0] != '\0' ? N_("A wrapped key \"%s\" (%s), read at %s, under the DKEK %s, is known now: "
						  "backup %lld, file %s.") :
			  N_("A wrapped key \"%s\" (%s), read at %s, under the DKEK %s, is known now: backup %lld."),
			  k->label, k->kind, l->serial, k->dkek_kcv, (long long)number, k->file)) != ST_OK ||
	    (st = store_commit(&t, f)) != ST_OK)
		return st;
	snprintf(k->backup, sizeof(k->backup), "%lld", (long long)number);
	return ST_OK;
}

enum status record_restored(struct store *s, const struct look *l, const struct object_row *row, int64_t backup,
			    bool compared, const struct pubkey *key, const char *words, struct fault *f)
{
	const int64_t at = clock_wall();
	struct key_result k = { .key_ref = row->key_ref };
	STORE_TXN t = { 0 };
	enum status st;

	if (s == NULL)
		return ST_OK;
	identity_to_result(&row->key, &k);
	snprintf(k.algorithm, sizeof(k.algorithm), "%.*s", (int)sizeof(k.algorithm) - 1, row->algorithm);
	snprintf(k.curve, sizeof(k.curve), "%s", row->curve);
	snprintf(k.label, sizeof(k.label), "%s", row->label);
	k.size = row->size;
	if ((st = store_begin(s, &t, f)) != ST_OK || (st = record_look(s, l, at, f)) != ST_OK ||
	    (st = record_key(s, &k, key, at, f)) != ST_OK || (st = store_object_seen(s, l->serial, row, at, f)) != ST_OK)
		return st;
	if (compared && row->key.len > 0 && (st = store_backup_set_key(s, backup, &row->key, at, f)) != ST_OK)
		return st;
	if (compared && (st = store_backup_prove(s, backup, PROOF_RESTORED, l->serial, at, f)) != ST_OK)
		return st;
	if ((st = record_journal(s, at, "backup.restored", l->serial, &row->key, f, "%s", words)) != ST_OK)
		return st;
	return store_commit(&t, f);
}

enum status record_event(struct store *s, const struct look *l, const char *what, const char *words, struct fault *f)
{
	return record_pin(s, l, what, words, -1, f);
}

enum status record_pin(struct store *s, const struct look *l, const char *what, const char *words, int so_factory,
		       struct fault *f)
{
	const int64_t at = clock_wall();
	STORE_TXN t = { 0 };
	enum status st;

	if (s == NULL)
		return ST_OK;
	if ((st = store_begin(s, &t, f)) != ST_OK || (st = record_look(s, l, at, f)) != ST_OK ||
	    (so_factory >= 0 && (st = store_device_so_pin(s, l->serial, so_factory > 0, f)) != ST_OK) ||
	    (st = record_journal(s, at, what, l->serial, NULL, f, "%s", words)) != ST_OK || (st = store_commit(&t, f)) != ST_OK)
		return fault_add(f, "%s Only the inventory does not know it.", words);
	return ST_OK;
}
