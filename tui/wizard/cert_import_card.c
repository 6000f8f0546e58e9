/*
 * cert import: writing. A key's certificate takes the place of what is in CExx, which may be the only copy of a
 * certificate, or of the request with the public key. So that goes into the run's record first, as the fact "before",
 * from where it is put back when the new one cannot be written, and from where "cert delete" takes the request again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/words.h"
#include "engine/card/proof.h"
#include "tui/wizard/cert_import.h"
#include "tui/wizard/key_type.h"
#include "tui/wizard/record.h"
#include "tui/wizard/wizard.h"

/* The public key is not on the device: the key itself has to tell. */
static enum status prove(struct session *s, const struct cert_import *c, const struct object *key, struct fault *f)
{
	enum status st;

	if (!c->cert.has_key)
		return fault_set(f, ST_MISMATCH,
				 "The certificate is for a kind of key that these devices do not have. Nothing was written.");
	if (key->has_algorithm && key->algorithm != c->cert.key.algorithm)
		return fault_set(f, ST_MISMATCH,
				 "The certificate is for another kind of key than \"%s\" is. Nothing was written.",
				 key->label);
	st = card_key_prove(s->card, key->number, &c->cert.key, f);
	if (st == ST_MISMATCH)
		return fault_set(f, st,
				 "The certificate is for another key than \"%s\": a signature made by the key does not "
				 "fit it. Nothing was written.",
				 key->label);
	if (st == ST_NOT_ALLOWED || st == ST_UNSUPPORTED)
		return fault_set(
			f, ST_MISMATCH,
			"Whether the certificate is for \"%s\" cannot be told: its public key is not on the device, and "
			"the device lets nobody sign with it. Nothing was written.",
			key->label);
	return st;
}

/* Which key it is, and where it was made, as long as the request of its generation is there to tell. */
static enum status keep_key(struct step_env *e, struct session *s, struct object *key, struct fault *f)
{
	struct objects one = { .o = key, .n = 1 };

	if (!key->has_key)
		return ST_OK;
	objects_attest(s->card, &one);
	return record_kept(e->store, s->look, key, f);
}

/* What is in the file now, into the run's record: durable before the first byte of it changes. */
static enum status keep_old(struct step_env *e, const struct object *key, struct fault *f)
{
	char *hex;
	enum status st;

	/* What an interrupted attempt left may be a mixture of both: what was there before it is in the record. */
	if (run_is_resumed(e->run) && run_fact(e->run, "before")[0] != '\0')
		return ST_OK;
	if (key->content.n > CERT_FILE_MAX || (hex = malloc(2 * key->content.n + 1)) == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	hex[0] = '\0';
	if (key->content.n > 0)
		hex_lower(hex, key->content.p, key->content.n);
	st = run_note(e, "before", hex, f);
	free(hex);
	return st;
}

static bool is_now(struct card *c, uint16_t fid, struct cur want)
{
	BUF now = { 0 };
	enum status st = card_read_file(c, fid, &now, NULL);

	return want.n == 0 ? st == ST_NOT_FOUND : st == ST_OK && cur_equal(want, now.p, now.n);
}

/* The new one could not be written: is the old one there, or can it be put back? */
static enum status repair(struct step_env *e, struct session *s, uint16_t fid, struct fault *f)
{
	const char *hex = run_fact(e->run, "before");
	const size_t len = strlen(hex);
	uint8_t *old = malloc(len / 2 + 1);
	size_t n = 0;
	bool back;

	if (old == NULL || !hex_parse(hex, len, old, len / 2 + 1, &n)) {
		free(old);
		return f->st;
	}
	back = is_now(s->card, fid, cur_of(old, n));
	if (!back && n > 0)
		back = card_write_file(s->card, fid, cur_of(old, n), WRITE_REPLACE, NULL) == ST_OK;
	else if (!back)
		back = card_delete(s->card, fid, NULL) == ST_OK;
	free(old);
	if (!back)
		return fault_add(f, "What stood in the place of the certificate is damaged now. The key itself works as "
				    "before, and the inventory has what was there.");
	run_unchanged(e);
	return fault_add(f, "What the key had before is in its place, unchanged.");
}

static enum status record(struct step_env *e, struct session *s, const struct object *o, struct fault *f)
{
	const struct key_result *k = ((const struct cert_import *)run_state(e->run))->device.rows;
	char words[600];
	enum status st;

	/* It was there: nothing happened, unless it was an interrupted attempt that wrote it. */
	if (((const struct cert_import *)run_state(e->run))->there && !run_is_resumed(e->run))
		return ST_OK;
	if (k->key_ref >= 0)
		snprintf(words, sizeof(words), _("The certificate for %s, until %s, was written to the key \"%s\" on %s."),
			 k->subject, k->until, k->label, k->serial);
	else
		snprintf(words, sizeof(words), _("The certificate for %s, until %s, was written to %s by itself, as \"%s\"."),
			 k->subject, k->until, k->serial, k->label);
	st = record_thing(e->store, s->look, o, "cert.imported", words, f);
	if (st != ST_OK)
		fault_add(f, "The certificate is on the device; only the inventory does not know it yet. It will, when "
			     "the device is next looked at.");
	return st;
}

static enum status read_back(struct step_env *e, struct session *s, uint8_t ref, struct fault *f)
{
	struct cert_import *c = run_state(e->run);
	struct object o = { 0 };
	enum status st = card_object_key(s->card, &s->fids, ref, &o, f);

	if (st == ST_OK && (o.cert == NULL || !o.has_key || !pubkey_equal(&o.key, &c->cert.key)))
		st = fault_set(f, ST_MISMATCH, "The certificate that the device gives back is not the one that was written.");
	if (st == ST_OK) {
		thing_to_result(s->look, &o, c->device.rows);
		st = record(e, s, &o, f);
	}
	object_done(&o);
	return st;
}

static enum status write_to_key(struct step_env *e, struct session *s, struct object *key, struct fault *f)
{
	const struct cert_import *c = run_state(e->run);
	const uint16_t fid = fid_of(FID_KEY_CERT, key->number);
	enum status st = c->unknown_key ? prove(s, c, key, f) : ST_OK;

	if (st == ST_OK && !c->there) {
		if ((st = keep_key(e, s, key, f)) != ST_OK || (st = keep_old(e, key, f)) != ST_OK)
			return st;
		run_changed(e);
		st = card_write_file(s->card, fid, buf_view(&c->der), WRITE_REPLACE, f);
		if (st != ST_OK)
			return st == ST_CARD_GONE ? st : repair(e, s, fid, f);
	}
	return st == ST_OK ? read_back(e, s, key->number, f) : st;
}

/* --- by itself --- */

static enum status describe(const struct run *r, const struct cert_import *c, struct description *ret, struct fault *f)
{
	const char *id = run_get(r, "new-id", 0);
	struct description d = { .kind = DESCRIPTION_CERT, .key_ref = DESCRIBE_NO_REF, .authority = c->cert.authority };
	enum status st;

	(void)cert_import_label(r, d.label);   /* whether it is cut, the review has said */
	if (id[0] != '\0') {
		if ((st = id_parse(id, d.id, &d.id_len, f)) != ST_OK)
			return st;
	} else {
		if (!c->cert.has_key)
			return fault_set(
				f, ST_BAD_FORM,
				"The certificate's public key is of a kind that these devices do not have, so that no "
				"CKA_ID can be made from it. Say which one it is to get. Nothing was written.");
		d.id_len = KEY_ID_LEN;
		if ((st = pubkey_key_id(&c->cert.key, d.id, f)) != ST_OK)
			return st;
	}
	*ret = d;
	return ST_OK;
}

/* The same one is there: not a second time. but: the file of an earlier attempt of this run. */
static enum status is_new(struct step_env *e, const struct objects *list, struct fault *f)
{
	const struct cert_import *c = run_state(e->run);

	for (size_t i = 0; i < list->n; i++) {
		const struct object *o = &list->o[i];

		if (o->type != OBJECT_CERTIFICATE || o->cert == NULL || o->number == thing_noted(e->run) ||
		    !cur_equal(cur_of(o->content.p, o->cert->whole_len), c->der.p, c->der.n))
			continue;
		return fault_set(f, ST_DUPLICATE,
				 "This certificate is on the device already, as \"%s\". Nothing was written.", o->label);
	}
	return ST_OK;
}

static enum status record_alone(struct step_env *e, struct session *s, uint16_t fid, struct fault *f)
{
	struct cert_import *c = run_state(e->run);
	OBJECTS list = { 0 };
	enum status st = card_objects(s->card, WANT_CERTIFICATES, &list, f);

	for (size_t i = 0; i < list.n && st == ST_OK; i++) {
		if (list.o[i].content_fid != fid || list.o[i].type != OBJECT_CERTIFICATE)
			continue;
		thing_to_result(s->look, &list.o[i], c->device.rows);
		return record(e, s, &list.o[i], f);
	}
	return st != ST_OK ? st : fault_set(f, ST_MISMATCH, "The certificate was written, and the device does not list it.");
}

static enum status write_alone(struct step_env *e, struct session *s, struct fault *f)
{
	const struct cert_import *c = run_state(e->run);
	struct description d;
	OBJECTS list = { 0 };
	uint16_t fid = 0;
	enum status st = describe(e->run, c, &d, f);

	if (st != ST_OK || (st = card_objects(s->card, WANT_CERTIFICATES, &list, f)) != ST_OK ||
	    (st = is_new(e, &list, f)) != ST_OK ||
	    (st = thing_write(e, s, &thing_cert, buf_view(&c->der), &d, &fid, f)) != ST_OK)
		return st;
	return record_alone(e, s, fid, f);
}

enum status cert_import_write(struct step_env *e, struct fault *f)
{
	struct cert_import *c = run_state(e->run);
	struct object key = { 0 };
	SESSION s = { 0 };
	enum status st = session_open(e, LOOK_USER | LOOK_FIDS, &s, f);

	/* All that can be refused is, before a PIN is sent. */
	if (st == ST_OK)
		st = cert_import_load(e, &s, &key, f);
	if (st == ST_OK && thing_row(&c->device) == NULL)
		st = fault_set(f, ST_NO_MEMORY, NULL);
	if (st == ST_OK)
		st = session_log_in(e, &s, LOOK_USER, f);
	if (st == ST_OK)
		st = key.type == OBJECT_KEY ? write_to_key(e, &s, &key, f) : write_alone(e, &s, f);
	object_done(&key);
	return st;
}
