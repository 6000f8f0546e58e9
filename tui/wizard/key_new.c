/*
 * key new: one login, a free key reference, the key, its description. Where something fails after the key was made, the
 * step takes away again what it made itself, and nothing else.
 */
#include "tui/wizard/wizard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/random.h"
#include "engine/card/keys.h"
#include "tui/wizard/key_type.h"
#include "tui/wizard/procedures.h"
#include "tui/wizard/record.h"
#include "tui/wizard/session.h"

static const struct choice types[] = {
	{ "rsa:2048", "RSA 2048" },
	{ "rsa:3072", "RSA 3072" },
	{ "rsa:4096", "RSA 4096" },
	{ "ec:secp256r1", "P-256 (secp256r1)" },
	{ "ec:secp384r1", "P-384 (secp384r1)" },
	{ "ec:secp521r1", "P-521 (secp521r1)" },
	{ "ec:brainpoolP256r1", "brainpoolP256r1" },
	{ "ec:brainpoolP384r1", "brainpoolP384r1" },
	{ "ec:brainpoolP512r1", "brainpoolP512r1" },
	{ "ec:secp256k1", "secp256k1" },
	{ "aes:128", "AES 128" },
	{ "aes:192", "AES 192" },
	{ "aes:256", "AES 256" },
};

#define TYPES (sizeof(types) / sizeof(types[0]))

struct key_new {
	struct device_state device;
	struct keygen_params params;
	struct choice types[TYPES + 1];
};

/* What the answers ask for. */
static enum status params_of(const struct run *r, struct keygen_params *ret, struct fault *f)
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
					 "is spent for "
					 "good.");
		p.limited = true;
		p.use_counter = (uint32_t)uses;
	}
	*ret = p;
	return ST_OK;
}

static enum status check_type(struct run *r, unsigned index, struct fault *f)
{
	struct keygen_params p;

	return key_type_parse(run_get(r, "type", index), &p, f);
}

/* The usual ones, and what was typed, where it is another name or another curve that is known. */
static enum status types_of(const struct run *r, struct choices *ret, struct fault *f)
{
	struct key_new *k = run_state(r);
	const char *typed = run_get(r, "type", 0);
	struct keygen_params p;

	memcpy(k->types, types, sizeof(types));
	*ret = (struct choices){ k->types, TYPES };
	for (size_t i = 0; i < TYPES; i++) {
		if (strcmp(types[i].value, typed) == 0)
			return ST_OK;
	}
	if (typed[0] == '\0')
		return ST_OK;
	k->types[TYPES] = (struct choice){ typed, typed };
	ret->n = TYPES + 1;
	return key_type_parse(typed, &p, f);
}

static enum status check_label(struct run *r, unsigned index, struct fault *f)
{
	return label_check(run_get(r, "label", index), f);
}

static enum status check_id(struct run *r, unsigned index, struct fault *f)
{
	const char *text = run_get(r, "id", index);
	uint8_t id[DESCRIBE_ID_MAX];
	size_t n;

	return text[0] == '\0' ? ST_OK : id_parse(text, id, &n, f);
}

static enum status check_uses(struct run *r, unsigned index, struct fault *f)
{
	struct keygen_params p;

	(void)index;
	return params_of(r, &p, f);
}

/* What can be said from the firmware and the DKEK, before a key is asked for. */
static enum status possible(const struct keygen_params *p, const struct look *l, struct fault *f)
{
	enum status st = keygen_check(p, l->firmware, f);

	if (st != ST_OK)
		return st;
	if (l->dkek.present && l->dkek.missing > 0)
		return fault_set(f, ST_DKEK_INCOMPLETE,
				 "%u of the %u DKEK shares of %s are still missing, and until they are there the "
				 "device makes no "
				 "keys. Import them first (keyroom share import). Nothing was done.",
				 l->dkek.missing, l->dkek.total, l->serial);
	return ST_OK;
}

static enum status look(struct step_env *e, struct fault *f)
{
	struct key_new *k = run_state(e->run);
	SESSION s = { 0 };
	enum status st = params_of(e->run, &k->params, f);

	if (st != ST_OK || (st = session_open(e, LOOK_DKEK | LOOK_USER, &s, f)) != ST_OK)
		return st;
	return possible(&k->params, s.look, f);
}

/* A CKA_ID that somebody chose may be taken. One APDU a key. */
static enum status id_is_free(struct session *s, struct cur id, struct fault *f)
{
	for (size_t i = 0; i < s->fids.n; i++) {
		BUF file = { 0 };
		struct description d;
		enum status st;

		if ((s->fids.fid[i] & 0xff00) != FID_KEY_DESCRIPTION)
			continue;
		st = card_read_file(s->card, s->fids.fid[i], &file, f);
		if (st == ST_NOT_FOUND)
			continue;
		if (st != ST_OK)
			return st;
		if (describe_parse_key(buf_view(&file), &d, NULL) == ST_OK && cur_equal(id, d.id, d.id_len))
			return fault_set(f, ST_DUPLICATE,
					 "There is already a key with this CKA_ID on the device: \"%s\". Choose "
					 "another ID, or none: then the "
					 "key gets one of its own. Nothing was done.",
					 d.label);
	}
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
	static const unsigned usage[] = { [KEY_RSA] = USAGE_RSA, [KEY_EC] = USAGE_EC, [KEY_AES] = USAGE_AES };
	struct description d = {
		.kind = DESCRIPTION_KEY, .algorithm = p->algorithm, .is_private = true, .usage = usage[p->algorithm],
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
	static const unsigned kinds[] = { FID_KEY, FID_KEY_DESCRIPTION, FID_KEY_CERT };
	enum status st = ST_OK;
	unsigned gone = 0;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]) && (st == ST_OK || st == ST_NOT_FOUND); i++) {
		st = card_delete(e->card, fid_of(kinds[i], ref), NULL);
		gone += st == ST_OK;
	}
	if (st != ST_OK && st != ST_NOT_FOUND) {
		fault_add(f,
			  "A new key may be left behind at key reference %d, with no description or a half one; "
			  "keyroom objects shows it. Every "
			  "other key is as before.",
			  ref);
		return;
	}
	run_unchanged(e);
	fault_add(f, gone > 0 ? "The new key was taken away again; everything else on the device is as before." :
		  "Nothing was changed on the device.");
}

static enum status fill(struct session *s, const struct keygen_params *p, const struct description *d,
			const struct pubkey *key, struct key_result *k, struct fault *f)
{
	uint8_t hash[32], cmac[BLOB_CMAC_LEN];
	enum status st;

	snprintf(k->serial, sizeof(k->serial), "%s", s->look->serial);
	snprintf(k->label, sizeof(k->label), "%s", d->label);
	snprintf(k->algorithm, sizeof(k->algorithm), "%s", key_algorithm_word(p->algorithm));
	snprintf(k->curve, sizeof(k->curve), "%s", p->curve != NULL ? p->curve->name : "");
	hex_lower(k->id, d->id, d->id_len);
	key_words(p->algorithm, p->bits, p->curve, k->kind);
	k->key_ref = d->key_ref;
	k->size = p->bits;
	if (p->algorithm == KEY_AES) {
		if ((st = card_key_cmac(s->card, (uint8_t)d->key_ref, cmac, f)) == ST_OK)
			hex_lower(k->cmac, cmac, sizeof(cmac));
		return st;
	}
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

	if (st != ST_OK || (st = describe_build(&d, &file, f)) != ST_OK ||
	    (st = card_write_file(s->card, fid_of(FID_KEY_DESCRIPTION, ref), buf_view(&file), WRITE_NEW, f)) != ST_OK)
		return st;
	return fill(s, p, &d, key, k, f);
}

static enum status make(struct step_env *e, struct fault *f)
{
	struct key_new *state = run_state(e->run);
	struct keygen_params *p = &state->params;
	struct key_result *k;
	struct pubkey key;
	SESSION s = { 0 };
	uint8_t id[DESCRIBE_ID_MAX], ref;
	size_t id_len;
	long uses;
	const char *given = run_get(e->run, "id", 0);
	enum status st = params_of(e->run, p, f);

	if (st != ST_OK || (st = session_open(e, LOOK_DKEK | LOOK_LOGIN | LOOK_FIDS, &s, f)) != ST_OK ||
	    (st = possible(p, s.look, f)) != ST_OK)
		return st;
	if (given[0] != '\0' &&
	    ((st = id_parse(given, id, &id_len, f)) != ST_OK || (st = id_is_free(&s, cur_of(id, id_len), f)) != ST_OK))
		return st;
	if ((ref = card_free_key_ref(&s.fids)) == 0)
		return fault_set(f, ST_CARD_FULL,
				 "All 255 key references of the device are taken. Delete a key that is no longer "
				 "needed. Nothing was "
				 "done.");
	if ((k = device_state_row(&state->device)) == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	uses = p->limited ? (long)p->use_counter : STORE_UNKNOWN;
	/* Reading an AES key's CMAC spends one use, so that one more is asked for than the person wanted. */
	if (p->limited && p->algorithm == KEY_AES)
		p->use_counter++;
	run_changed(e);
	if ((st = card_generate(s.card, ref, p, &key, NULL, f)) != ST_OK ||
	    (st = finish(e, &s, p, ref, &key, k, f)) != ST_OK) {
		undo(e, ref, f);
		return st;
	}
	if ((st = record_key_made(e->store, s.look, k, p->algorithm != KEY_AES ? &key : NULL, uses, f)) != ST_OK)
		fault_add(f,
			  "The key \"%s\" was made and is on the device, with the CKA_ID %s; only the inventory does "
			  "not know it "
			  "yet. It will, when the device is next looked at.",
			  k->label, k->id);
	return st;
}

static void tell_pin(const struct run *r, unsigned index, struct prose *out)
{
	const struct key_new *k = run_state(r);

	(void)index;
	session_tell_dkek(&k->device.look, out);
	session_tell_user(r, out);
}

static void review(const struct run *r, struct prose *out)
{
	const struct key_new *k = run_state(r);
	char words[KEY_WORDS_MAX];

	key_words(k->params.algorithm, k->params.bits, k->params.curve, words);
	prose_add(out, PROSE_PLAIN,
		  "A new key, %s, with the label \"%s\", will be made on %s. Nothing that is there is changed.", words,
		  run_get(r, "label", 0), run_serial(r)[0] != '\0' ? run_serial(r) : "the device");
	if (k->params.limited)
		prose_add(out, PROSE_WARNING, "The key can be used %s times, then never again.",
			  run_get(r, "use-counter", 0));
	if (k->params.algorithm == KEY_RSA && k->params.bits >= 3072)
		prose_add(out, PROSE_PLAIN, "Making an RSA key of this size takes minutes. It cannot be interrupted.");
	session_tell_dkek(&k->device.look, out);
}

static void outcome(const struct run *r, struct prose *out)
{
	const struct key_new *k = run_state(r);
	const struct key_result *row = k->device.rows;

	prose_add(out, PROSE_DONE, "The key \"%s\" (%s) is on %s, at key reference %d, with the CKA_ID %s.", row->label,
		  row->kind, row->serial, row->key_ref, row->id);
	if (!k->device.look.dkek.present)
		session_tell_dkek(&k->device.look, out);
	else
		prose_add(out, PROSE_PLAIN, "It has no backup yet. Make one now (keyroom backup --id %s).", row->id);
}


static const struct step look_step = {
	.name = "look", .words = "Look at the device", .where = ON_DEVICE, .fn = look, .repeat = session_look_repeat,
};

static const struct question key_questions[] = {
	{
		.name = "type",
		.value = "rsa:BITS|ec:CURVE|aes:BITS",
		.ask = ASK_CHOICE,
		.words = "Type",
		.choices_of = types_of,
		.check = check_type,
		.help = "RSA is understood everywhere; 4096 bits take the device minutes to make. P-256 and P-384 are "
			"small and fast, and common in "
			"certificates and SSH. Brainpool curves are asked for by some European rules. An AES key "
			"encrypts and never leaves the device; "
			"it has no public part.",
	},
	{
		.name = "label",
		.value = "L",
		.ask = ASK_TEXT,
		.max = DESCRIBE_LABEL_MAX - 1,
		.words = "Label",
		.check = check_label,
		.help = "What people and other programs will call the key, for example \"Root CA 2026\". It is kept on "
			"the device, can be read by "
			"anybody who has it, and goes with every backup.",
	},
	{
		.name = "id",
		.value = "HEX",
		.ask = ASK_TEXT,
		.max = 2 * DESCRIBE_ID_MAX,
		.optional = true,
		.words = "CKA_ID",
		.check = check_id,
		.help = "Other programs find the key by this number, in hexadecimal digits. Leave it empty: then it is "
			"made from the public key, "
			"and is the same on every device that the key is restored to.",
	},
	{
		.name = "use-counter",
		.value = "N",
		.ask = ASK_NUMBER,
		.optional = true,
		.words = "Uses",
		.check = check_uses,
		.help = "A key with a use counter can be used so many times and then never again. Leave it empty for a "
			"key without that limit. "
			"Proving a restored backup of it will spend one use.",
	},
	{ .name = NULL },
};

static const struct question pin_questions[] = { QUESTION_PIN, { .name = NULL } };

static const struct page pages[] = {
	{ .name = "Key", .title = "The new key", .questions = key_questions, .work = &look_step },
	{ .name = "User PIN", .title = "The user PIN", .questions = pin_questions, .text = tell_pin },
	{ .name = NULL },
};

static const struct step steps[] = {
	{
		.name = "make",
		.words = "Make the key, describe it, read it back",
		.where = ON_DEVICE,
		.uninterruptible = true,
		.fn = make,
		.usual = "key new",
	},
	{ .name = NULL },
};

const struct procedure procedure_key_new = {
	.name = "key new",
	.command = "key new",
	.title = "New key",
	.summary = "make a new key on the device",
	.on_device = true,
	.one_session = true,
	.pages = pages,
	.steps = steps,
	.state_size = sizeof(struct key_new),
	.state_done = device_state_done,
	.review = review,
	.confirm = session_confirm_user,
	.outcome = outcome,
};
