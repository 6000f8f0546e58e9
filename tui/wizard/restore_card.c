/*
 * A wrapped key onto a card. What is on the card is never deleted or overwritten: the key goes to a free reference, must
 * prove there that it is the key it is said to be, and only then gets its description and certificate. Where anything
 * fails, what this attempt made itself is taken away again, and nothing else.
 */
#include "tui/wizard/restore.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/random.h"
#include "engine/base/text.h"
#include "engine/base/words.h"
#include "engine/card/keys.h"
#include "engine/card/proof.h"
#include "tui/wizard/find.h"
#include "tui/wizard/key_type.h"
#include "tui/wizard/record.h"

#define FACT_MAX 1056
#define MADE_UP_LABEL 101   /* of a file's name, with its end */

void restore_present_done(struct restore_present *p)
{
	for (size_t i = 0; i < p->n; i++)
		object_done(&p->o[i]);
	free(p->o);
	free(p->known);
	*p = (struct restore_present){ 0 };
}

/* From the device; where that shows no public key, from what the inventory knows of this place. */
static struct key_identity identity_of(struct store *store, const char *serial, const struct object *o)
{
	struct object_row row;

	if (o->has_key)
		return identity_of_spki(o->spki_sha256);
	if (o->has_cmac)
		return identity_of_cmac(o->cmac);
	if (o->has_algorithm && o->algorithm != KEY_AES && find_known(store, serial, o, &row) && row.key.len == STORE_SPKI_LEN)
		return row.key;
	return (struct key_identity){ 0 };
}

enum status restore_list(struct step_env *e, struct session *s, bool secrets, struct restore_present *ret,
			 struct fault *f)
{
	RESTORE_PRESENT p = { .o = calloc(256, sizeof(*p.o)), .known = calloc(256, sizeof(*p.known)) };

	if (p.o == NULL || p.known == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	for (unsigned ref = 1; ref < 256; ref++) {
		struct object *o = &p.o[p.n];
		enum status st;

		if (!fids_have(&s->fids, fid_of(FID_KEY, (uint8_t)ref)))
			continue;
		if ((st = card_object_key(s->card, &s->fids, (uint8_t)ref, o, f)) != ST_OK)
			return st;
		p.n++;
		if (secrets && o->has_algorithm && o->algorithm == KEY_AES &&
		    (st = find_secret(s, e->store, o, f)) != ST_OK)
			return st;
		p.known[p.n - 1] = identity_of(e->store, s->look->serial, o);
	}
	*ret = p;
	p = (struct restore_present){ 0 };
	return ST_OK;
}

static bool same_key(const struct object *o, const struct key_identity *known, const struct restore_item *item)
{
	if (known->len > 0 && item->identity.len > 0)
		return known->len == item->identity.len && memcmp(known->bytes, item->identity.bytes, known->len) == 0;
	/* Nothing tells which key it is: the same ID on the same kind of key is as far as one can see. */
	return item->has_description && o->has_algorithm && o->algorithm == item->w.blob.algorithm && o->id_len > 0 &&
	       o->id_len == item->description.id_len && memcmp(o->id, item->description.id, o->id_len) == 0;
}

enum status restore_is_new(const struct restore_present *p, const struct restore_item *item, unsigned but,
			   struct fault *f)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct object *o = &p->o[i];

		if (o->number == but || !same_key(o, &p->known[i], item))
			continue;
		if (p->known[i].len == 0 || item->identity.len == 0)
			return fault_set(f, ST_DUPLICATE,
					 "A key with the CKA_ID of the one in %s is on the device already, as \"%s\" at key reference %u, and it "
					 "cannot be told whether it is the same. This one was not put beside it; nothing was changed.",
					 item->name, o->label, o->number);
		return fault_set(f, ST_DUPLICATE,
					 "The key of %s is on the device already, as \"%s\" at key reference %u. It was "
					 "not restored a second time; nothing was changed.",
					 item->name, o->label, o->number);
	}
	return ST_OK;
}

/* ST_OK with compared false: nothing is known to compare with, or the key does not let itself be used. */
static enum status prove(struct session *s, uint8_t ref, struct restore_item *item, bool *ret_compared, struct fault *f)
{
	enum status st;

	if (item->has_key) {
		st = card_key_prove(s->card, ref, &item->key, f);
	} else if (item->identity.len == STORE_CMAC_LEN) {
		st = card_key_prove_cmac(s->card, ref, item->identity.bytes, f);
	} else {
		*ret_compared = false;
		restore_remark(item, "The key was restored, but not compared: neither the file nor the inventory has a public "
			     "key to compare it with.");
		return ST_OK;
	}
	*ret_compared = st == ST_OK;
	if (st == ST_NOT_ALLOWED || st == ST_UNSUPPORTED) {
		restore_remark(item, "The key was restored, but not compared: it does not let itself be used for a proof.");
		return ST_OK;
	}
	if (st == ST_MISMATCH)
		fault_add(f,
			  item->from_store ? N_("The key that came out of %s is not the one that the inventory knows as "
					     "this backup.")
					   : N_("The key that came out of %s is not the one whose certificate is in the "
					     "file: one of the two was changed."),
			  item->name);
	return st;
}

static enum status make_up(const struct restore_item *item, struct description *ret, struct fault *f)
{
	const char *base = strrchr(item->name, '/');
	struct description d = {
		.kind = DESCRIPTION_KEY,
		.algorithm = item->w.blob.algorithm,
		.is_private = true,
		.usage = describe_usage(item->w.blob.algorithm),
		.id_len = KEY_ID_LEN,
		.bits = item->has_key ? item->key.bits : 0,
	};
	enum status st;

	base = base != NULL ? base + 1 : item->name;
	text_clean(d.label, MADE_UP_LABEL, base, strlen(base));
	st = item->has_key ? pubkey_key_id(&item->key, d.id, f) : random_bytes(d.id, KEY_ID_LEN, f);
	if (st == ST_OK)
		*ret = d;
	return st;
}

/* Label and CKA_ID stay; where the description names a key reference, it names the new one. */
static enum status describe(struct session *s, uint8_t ref, struct restore_item *item, struct fault *f)
{
	struct description *d = &item->description;
	const bool raw = item->w.has_description && (d->key_ref == DESCRIBE_NO_REF || d->key_ref == ref);
	BUF file = { 0 };
	enum status st;

	if (!item->has_description) {
		if ((st = make_up(item, d, f)) != ST_OK)
			return st;
		item->has_description = true;
		restore_remark(item, "The file has no description that can be read: label and CKA_ID are new.");
	}
	d->key_ref = ref;
	if (raw)
		buf_cur(&file, item->w.prkd);
	else if ((st = describe_build(d, &file, f)) != ST_OK)
		return st;
	if (file.failed)
		return fault_set(f, ST_NO_MEMORY, NULL);
	return card_write_file(s->card, fid_of(FID_KEY_DESCRIPTION, ref), buf_view(&file),
			       fids_have(&s->fids, fid_of(FID_KEY_DESCRIPTION, ref)) ? WRITE_REPLACE : WRITE_NEW, f);
}

static enum status certify(struct session *s, uint8_t ref, const struct restore_item *item, struct fault *f)
{
	const uint16_t fid = fid_of(FID_KEY_CERT, ref);

	if (item->w.cert.n == 0 || item->alien_cert || (item->w.damage & WRAPPED_BAD_CERTIFICATE) != 0)
		return ST_OK;
	return card_write_file(s->card, fid, item->w.cert, fids_have(&s->fids, fid) ? WRITE_REPLACE : WRITE_NEW, f);
}

static bool any_done(const struct restore *r)
{
	for (size_t i = 0; i < r->n_items; i++) {
		if (r->items[i].done)
			return true;
	}
	return false;
}

static void undo(struct step_env *e, uint8_t ref, struct fault *f)
{
	unsigned gone;

	if (card_delete_key(e->card, ref, &gone, NULL) != ST_OK) {
		fault_add(f,
			  "A key that does not count as restored may be left at key reference %d. Everything else on the "
			  "device is as before, and the backup is whole.",
			  ref);
		return;
	}
	fault_add(f, gone > 0 ? N_("The key that was just put onto the device was taken away again; everything else on it "
				"is as before.")
			      : N_("Nothing was changed on the device."));
	if (!any_done(run_state(e->run)) && !((const struct restore *)run_state(e->run))->kept)
		run_unchanged(e);
}

static enum status record(struct step_env *e, struct session *s, struct restore_item *item, uint8_t ref,
			  struct fault *f)
{
	const enum proof_level level = s->look->dkek.kcv_shown ? PROOF_MATCHED : PROOF_INTACT;
	struct object_row row = {
		.type = THING_KEY,
		.fid = fid_of(FID_KEY, ref),
		.key_ref = ref,
		.domain = STORE_UNKNOWN,
		.key = item->identity,
		.use_counter = STORE_UNKNOWN,
		.not_after = STORE_UNKNOWN,
	};
	struct key_result *k = &item->result;
	char words[900];
	enum status st = ST_OK;

	snprintf(k->proof, sizeof(k->proof), "%s", proof_word(item->proof));
	if (item->backup == 0) {
		st = record_backup(e->store, s->look, false, &item->w, buf_view(&item->file), k, level, f);
		item->backup = strtoll(k->backup[0] != '\0' ? k->backup : "0", NULL, 10);
	}
	if (st != ST_OK)
		return st;
	memcpy(row.id, item->description.id, item->description.id_len);
	row.id_len = item->description.id_len;
	snprintf(row.label, sizeof(row.label), "%s", k->label);
	snprintf(row.algorithm, sizeof(row.algorithm), "%s", k->algorithm);
	snprintf(row.curve, sizeof(row.curve), "%s", k->curve);
	row.size = k->size;
	snprintf(words, sizeof(words),
		 k->compared ? _("The key \"%.100s\" was restored to %s at key reference %d, and proven to be the "
				 "right one.")
			     : _("The key \"%.100s\" was restored to %s at key reference %d; it was not compared."),
		 k->label, s->look->serial, ref);
	st = record_restored(e->store, s->look, &row, item->backup, k->compared,
			     item->has_key && k->compared ? &item->key : NULL, words, f);
	if (st == ST_OK && k->compared)
		snprintf(k->proof, sizeof(k->proof), "%s", proof_word(PROOF_RESTORED));
	return st;
}

/* A fact's name. The item's own has the reference. */
static void proven_fact(const struct restore_item *item, char *out, size_t cap)
{
	snprintf(out, cap, "%s proven", restore_fact(item));
}

static bool was_proven(const struct run *r, const struct restore_item *item, uint8_t ref)
{
	char name[FACT_MAX];

	proven_fact(item, name, sizeof(name));
	return strtol(run_fact(r, name), NULL, 10) == ref;
}

/* For a later start, where proving it again would cost a use. ref 0: another key is put there now. */
static enum status note_proven(struct step_env *e, const struct restore_item *item, unsigned ref, struct fault *f)
{
	char name[FACT_MAX], text[8] = "";

	if (!restore_is_limited(e->store, &item->identity))
		return ST_OK;
	proven_fact(item, name, sizeof(name));
	if (ref != 0)
		snprintf(text, sizeof(text), "%u", ref);
	return run_note(e, name, text, f);
}

/* From a key that is at ref to one that counts. */
static enum status finish(struct step_env *e, struct session *s, uint8_t ref, struct restore_item *item, bool proven,
			  struct fault *f)
{
	struct key_result *k = &item->result;
	uint8_t cmac[BLOB_CMAC_LEN];
	enum status st;

	k->compared = proven;
	if ((!proven && (st = prove(s, ref, item, &k->compared, f)) != ST_OK) ||
	    (k->compared && !proven && (st = note_proven(e, item, ref, f)) != ST_OK) ||
	    (st = describe(s, ref, item, f)) != ST_OK || (st = certify(s, ref, item, f)) != ST_OK)
		return st;
	/* A secret key that was not known before is known from now on, though nothing says that it is the right one. */
	if (item->w.blob.algorithm == KEY_AES && item->identity.len == 0 &&
	    card_key_cmac(s->card, ref, cmac, NULL) == ST_OK) {
		item->identity = identity_of_cmac(cmac);
		identity_to_result(&item->identity, k);
	}
	k->key_ref = ref;
	snprintf(k->serial, sizeof(k->serial), "%s", s->look->serial);
	snprintf(k->label, sizeof(k->label), "%s", item->description.label);
	hex_lower(k->id, item->description.id, item->description.id_len);
	return ST_OK;
}

/*
 * What an interrupted attempt left there is gone on with, but only where it proves to be the right key. One that counts its
 * uses and was proven then is not made to spend another one.
 */
static bool is_left_over(struct step_env *e, struct session *s, uint8_t ref, struct restore_item *item)
{
	bool compared = false;

	if (ref == 0 || !fids_have(&s->fids, fid_of(FID_KEY, ref)) ||
	    (!item->has_key && item->identity.len != STORE_CMAC_LEN))
		return false;
	if (was_proven(e->run, item, ref) && restore_is_limited(e->store, &item->identity))
		return true;
	return prove(s, ref, item, &compared, NULL) == ST_OK && compared;
}

static enum status unwrap(struct step_env *e, struct session *s, struct restore_item *item, uint8_t *ret_ref,
			  struct fault *f)
{
	const uint8_t ref = card_free_key_ref(&s->fids);
	char note[16];
	enum status st;

	if (ref == 0)
		return fault_set(f, ST_CARD_FULL,
				 "All 255 key references of the device are taken. Nothing was changed.");
	snprintf(note, sizeof(note), "%u", ref);
	if ((was_proven(e->run, item, ref) && (st = note_proven(e, item, 0, f)) != ST_OK) ||
	    (st = run_note(e, restore_fact(item), note, f)) != ST_OK)
		return st;
	run_changed(e);
	*ret_ref = ref;
	return card_unwrap(s->card, ref, item->w.blob.whole, f);
}

enum status restore_put(struct step_env *e, struct session *s, struct restore_item *item, uint8_t earlier,
			struct fault *f)
{
	const bool left = is_left_over(e, s, earlier, item);
	uint8_t ref = left ? earlier : 0;
	enum status st = left ? ST_OK : unwrap(e, s, item, &ref, f);

	if (st == ST_OK)
		st = finish(e, s, ref, item, left, f);
	if (st != ST_OK) {
		if (ref != 0 && !left)
			undo(e, ref, f);
		return st;
	}
	item->done = true;
	if ((st = record(e, s, item, ref, f)) != ST_OK)
		fault_add(f, "The key \"%s\" is on the device, whole; only the inventory does not know it yet.",
			  item->result.label);
	return st;
}
