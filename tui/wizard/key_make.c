/*
 * A new key on the card: one login, a free key reference, the key, its description, all read back. Where something fails
 * after the key was made, what this step made itself is taken away again, and nothing else.
 */
#include "tui/wizard/key_new.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/random.h"
#include "engine/base/words.h"
#include "tui/wizard/find.h"
#include "tui/wizard/key_type.h"
#include "tui/wizard/record.h"

/* What the answers ask for. */
enum status key_make_params(const struct run *r, struct keygen_params *ret, struct fault *f)
{
	struct keygen_params p;
	enum status st = key_type_parse(run_get(r, "type", 0), &p, f);
	const long uses = run_number(r, "use-counter", 0);

	if (st != ST_OK)
		return st;
	if (run_get(r, "use-counter", 0)[0] != '\0') {
		if (uses < 1 || uses >= UINT32_MAX)
			return fault_set(f, ST_BAD_FORM,
					 "A use counter is a number from 1 on: how often the key can be used before it "
					 "is spent for good.");
		p.limited = true;
		p.use_counter = (uint32_t)uses;
	}
	*ret = p;
	return ST_OK;
}

/* What can be said from the firmware and the DKEK, before a key is asked for. */
enum status key_make_possible(const struct keygen_params *p, const struct look *l, struct fault *f)
{
	enum status st = keygen_check(p, l->firmware, f);

	if (st != ST_OK)
		return st;
	if (l->dkek.present && l->dkek.missing > 0)
		return fault_set(f, ST_DKEK_INCOMPLETE,
				 translated_n("%u of the %u DKEK shares of %s is still missing, and until it is there the "
					      "device makes no keys. Import it first. Nothing was done.",
					      "%u of the %u DKEK shares of %s are still missing, and until they are there the "
					      "device makes no keys. Import them first. Nothing was done.", l->dkek.missing),
				 l->dkek.missing, l->dkek.total, l->serial);
	return ST_OK;
}

static enum status choose_id(const struct run *r, const struct keygen_params *p, const struct pubkey *key,
			     struct description *d, struct fault *f)
{
	const char *given = run_get(r, "id", 0);

	if (given[0] != '\0')
		return id_parse(given, d->id, &d->id_len, f);
	d->id_len = KEY_ID_LEN;
	if (p->algorithm != KEY_AES)
		return pubkey_key_id(key, d->id, f);
	return random_bytes(d->id, KEY_ID_LEN, f);
}

static enum status describe(const struct run *r, const struct keygen_params *p, uint8_t ref, const struct pubkey *key,
			    struct description *ret, struct fault *f)
{
	struct description d = {
		.kind = DESCRIPTION_KEY, .algorithm = p->algorithm, .is_private = true, .usage = describe_usage(p->algorithm),
		.key_ref = ref, .bits = p->bits,
	};
	enum status st;

	snprintf(d.label, sizeof(d.label), "%s", run_get(r, "label", 0));
	if ((st = choose_id(r, p, key, &d, f)) == ST_OK)
		*ret = d;
	return st;
}

/* Takes away what this step made. */
static void undo(struct step_env *e, uint8_t ref, struct fault *f)
{
	unsigned gone;

	if (card_delete_key(e->card, ref, &gone, NULL) != ST_OK) {
		fault_add(f,
			  "A new key may be left behind at key reference %d, with no description or a half one. Look at what is on the "
			  "device. Every other key is as before.",
			  ref);
		return;
	}
	run_unchanged(e);
	fault_add(f, gone > 0 ? N_("The new key was taken away again; everything else on the device is as before.") :
		  N_("Nothing was changed on the device."));
}

/*
 * Which secret key it is spends a use where they are counted. It is noted that it was asked, and the answer, so that a later
 * start does not ask again: what is left then is what was wanted.
 */
static enum status ask_cmac(struct step_env *e, struct session *s, uint8_t ref, struct key_result *k, struct fault *f)
{
	uint8_t cmac[BLOB_CMAC_LEN];
	enum status st;

	if (strlen(run_fact(e->run, "cmac")) == 2 * BLOB_CMAC_LEN) {
		snprintf(k->cmac, sizeof(k->cmac), "%.32s", run_fact(e->run, "cmac"));
		return ST_OK;
	}
	if ((st = run_note(e, "cmac", "asked", f)) != ST_OK || (st = card_key_cmac(s->card, ref, cmac, f)) != ST_OK)
		return st;
	hex_lower(k->cmac, cmac, sizeof(cmac));
	return run_note(e, "cmac", k->cmac, f);
}

static enum status fill(struct step_env *e, struct session *s, const struct keygen_params *p, const struct description *d,
			const struct pubkey *key, struct key_result *k, struct fault *f)
{
	uint8_t hash[32];
	enum status st;

	snprintf(k->serial, sizeof(k->serial), "%s", s->look->serial);
	snprintf(k->label, sizeof(k->label), "%s", d->label);
	snprintf(k->algorithm, sizeof(k->algorithm), "%s", key_algorithm_word(p->algorithm));
	snprintf(k->curve, sizeof(k->curve), "%s", p->curve != NULL ? p->curve->name : "");
	hex_lower(k->id, d->id, d->id_len);
	key_words(p->algorithm, p->bits, p->curve, k->kind);
	k->key_ref = d->key_ref;
	k->size = p->bits;
	if (p->algorithm == KEY_AES)
		return ask_cmac(e, s, (uint8_t)d->key_ref, k, f);
	if ((st = pubkey_spki_sha256(key, hash, f)) == ST_OK)
		hex_lower(k->spki_sha256, hash, sizeof(hash));
	return st;
}

static enum status finish(struct step_env *e, struct session *s, const struct keygen_params *p, uint8_t ref,
			  const struct pubkey *key, struct key_result *k, struct fault *f)
{
	struct description d;
	BUF file = { 0 };
	enum status st = describe(e->run, p, ref, key, &d, f);

	/* The description comes last: a key that has one is whole, and is not asked for its CMAC any more. */
	if (st != ST_OK || (st = describe_build(&d, &file, f)) != ST_OK || (st = fill(e, s, p, &d, key, k, f)) != ST_OK)
		return st;
	return card_write_file(s->card, fid_of(FID_KEY_DESCRIPTION, ref), buf_view(&file), WRITE_NEW, f);
}

/*
 * What an interrupted attempt left at the reference that it noted: a key of the kind that was wanted, which has no
 * description yet. Anything else there is somebody else's.
 */
static bool is_left_over(struct session *s, uint8_t ref, const struct keygen_params *p, struct pubkey *ret_key)
{
	struct object o = { 0 };
	bool same;

	if (ref == 0 || !fids_have(&s->fids, fid_of(FID_KEY, ref)) || fids_have(&s->fids, fid_of(FID_KEY_DESCRIPTION, ref)) ||
	    card_object_key(s->card, &s->fids, ref, &o, NULL) != ST_OK)
		return false;
	same = p->algorithm == KEY_AES ? o.content_fid == 0
				       : o.has_key && o.algorithm == p->algorithm && o.bits == p->bits && o.curve == p->curve;
	if (same && o.has_key)
		*ret_key = o.key;
	object_done(&o);
	return same;
}

/* It was whole, and only the inventory did not hear of it. */
static bool is_done(struct step_env *e, struct session *s, uint8_t ref, struct object *ret)
{
	const char *id = run_get(e->run, "id", 0);
	char hex[RESULT_ID_MAX];

	if (ref == 0 || !fids_have(&s->fids, fid_of(FID_KEY, ref)) || !fids_have(&s->fids, fid_of(FID_KEY_DESCRIPTION, ref)) ||
	    card_object_key(s->card, &s->fids, ref, ret, NULL) != ST_OK)
		return false;
	hex_lower(hex, ret->id, ret->id_len);
	if ((ret->damage & OBJECT_BAD_DESCRIPTION) == 0 && strcmp(ret->label, run_get(e->run, "label", 0)) == 0 &&
	    (id[0] == '\0' || strcasecmp(hex, id) == 0))
		return true;
	object_done(ret);
	return false;
}

static enum status record(struct step_env *e, struct session *s, const struct keygen_params *p, const struct key_result *k,
			  const struct pubkey *key, long uses, struct fault *f)
{
	enum status st = record_key_made(e->store, s->look, k, p->algorithm != KEY_AES ? key : NULL, uses, f);

	if (st != ST_OK)
		fault_add(f,
			  "The key \"%s\" was made and is on the device, with the CKA_ID %s; only the inventory does not know "
			  "it yet. It will, when the device is next looked at.",
			  k->label, k->id);
	return st;
}

static enum status take_done(struct step_env *e, struct session *s, struct object *o, struct key_result *k, long uses,
			     struct fault *f)
{
	const struct key_new *state = run_state(e->run);
	enum status st = ST_OK;

	find_to_result(s->look, o, k);
	if (state->params.algorithm == KEY_AES)
		st = ask_cmac(e, s, o->number, k, f);
	if (st == ST_OK)
		st = record(e, s, &state->params, k, &o->key, uses, f);
	object_done(o);
	return st;
}

/* At a free reference, which is noted before: a later start must know where to look. */
static enum status generate(struct step_env *e, struct session *s, const struct keygen_params *p, uint8_t *ret_ref,
			    struct pubkey *ret_key, struct fault *f)
{
	const uint8_t ref = card_free_key_ref(&s->fids);
	char note[8];
	enum status st;

	if (ref == 0)
		return fault_set(f, ST_CARD_FULL,
				 "All 255 key references of the device are taken. Delete a key that is no longer needed. "
				 "Nothing was done.");
	snprintf(note, sizeof(note), "%u", ref);
	if ((run_fact(e->run, "cmac")[0] != '\0' && (st = run_note(e, "cmac", "", f)) != ST_OK) ||
	    (st = run_note(e, "ref", note, f)) != ST_OK)
		return st;
	run_changed(e);
	*ret_ref = ref;
	return card_generate(s->card, ref, p, ret_key, NULL, f);
}

static enum status given_id_is_free(struct step_env *e, struct session *s, struct fault *f)
{
	const char *given = run_get(e->run, "id", 0);
	uint8_t id[DESCRIBE_ID_MAX];
	size_t id_len;
	enum status st;

	if (given[0] == '\0')
		return ST_OK;
	st = id_parse(given, id, &id_len, f);
	return st != ST_OK ? st : find_id_is_free(s, cur_of(id, id_len), 0, f);
}

/*
 * A secret key that counts its uses, and was asked for its CMAC when the attempt stopped, has as many as were wanted or one
 * more. It has no description, so that nobody has used it: it is made anew.
 */
static enum status drop_uncertain(struct step_env *e, struct session *s, uint8_t ref, bool *io_left, struct fault *f)
{
	const struct keygen_params *p = &((const struct key_new *)run_state(e->run))->params;
	unsigned gone;
	enum status st;

	if (!*io_left || !p->limited || p->algorithm != KEY_AES || strcmp(run_fact(e->run, "cmac"), "asked") != 0)
		return ST_OK;
	*io_left = false;
	st = card_delete_key(s->card, ref, &gone, f);
	return st == ST_OK ? session_list(s, f) : st;
}

enum status key_make(struct step_env *e, struct fault *f)
{
	struct key_new *state = run_state(e->run);
	struct keygen_params *p = &state->params;
	struct object whole = { 0 };
	struct key_result *k;
	struct pubkey key = { 0 };
	SESSION s = { 0 };
	uint8_t ref = 0;
	bool left;
	long uses;
	enum status st = key_make_params(e->run, p, f);

	if (st != ST_OK || (st = session_open(e, LOOK_DKEK | LOOK_LOGIN | LOOK_FIDS, &s, f)) != ST_OK ||
	    (st = key_make_possible(p, s.look, f)) != ST_OK)
		return st;
	state->device.n_rows = 0;
	if ((k = device_state_row(&state->device)) == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	uses = p->limited ? (long)p->use_counter : STORE_UNKNOWN;
	if (is_done(e, &s, state->earlier, &whole))
		return take_done(e, &s, &whole, k, uses, f);
	if ((st = given_id_is_free(e, &s, f)) != ST_OK)
		return st;
	/* Reading an AES key's CMAC spends one use, so that one more is asked for than the person wanted. */
	if (p->limited && p->algorithm == KEY_AES)
		p->use_counter++;
	left = is_left_over(&s, state->earlier, p, &key);
	st = drop_uncertain(e, &s, state->earlier, &left, f);
	if (left)
		ref = state->earlier;
	else if (st == ST_OK)
		st = generate(e, &s, p, &ref, &key, f);
	if (st == ST_OK)
		st = finish(e, &s, p, ref, &key, k, f);
	if (st != ST_OK) {
		/* What was there before this attempt stays, whoever made it. */
		if (ref != 0 && !left)
			undo(e, ref, f);
		return st;
	}
	return record(e, &s, p, k, &key, uses, f);
}
