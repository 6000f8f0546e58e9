/*
 * key test: the self-test of one or several keys, in one login. Each signs a random number, or does what else it lets itself
 * be used for, and this computer checks the answer with the public key that the device's certificate or request has, or,
 * where there is none, the inventory.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/card/proof.h"
#include "tui/wizard/find.h"
#include "tui/wizard/procedures.h"
#include "tui/wizard/record.h"
#include "tui/wizard/session.h"
#include "tui/wizard/wizard.h"

struct key_test {
	struct device_state device;
};

/* What the key did, as the outcome says it. */
static const char *const did[] = {
	[KEY_SIGNED] = N_("It signed a random number, and the signature is its own."),
	[KEY_SIGNED_PSS] = N_("It signed a random number (RSA-PSS), and the signature is its own."),
	[KEY_DECIPHERED] = N_("It deciphered a random number."),
	[KEY_AGREED] = N_("It agreed with this computer on a secret number (ECDH)."),
	[KEY_MADE_CMAC] = N_("It made its check value (AES-CMAC)."),
	[KEY_ENCRYPTED] = N_("It encrypted two blocks, which make its check value (AES-CMAC)."),
	[KEY_DECRYPTED] = N_("It decrypted two blocks, to which its check value (AES-CMAC) belongs."),
};

static enum status look(struct step_env *e, struct fault *f)
{
	SESSION s = { 0 };

	return session_open(e, LOOK_USER | LOOK_USABLE, &s, f);
}

static bool any_counter(const struct run *r)
{
	for (unsigned i = 0; i < run_count(r, "id"); i++) {
		struct object_row row;

		if (find_wanted(r, run_get(r, "id", i), &row) && row.use_counter != STORE_UNKNOWN)
			return true;
	}
	return false;
}

static bool asks_spend(const struct run *r, unsigned index)
{
	(void)index;
	return !run_env(r)->script && any_counter(r);
}

static enum status check_spend(struct run *r, unsigned index, struct fault *f)
{
	if (!asks_spend(r, index) || run_is(r, "spend", "1"))
		return ST_OK;
	return fault_set(f, ST_REFUSED,
			 "A key with a use counter cannot be tested without spending a use. Say that it may be spent, or go back and "
			 "leave this key out. Nothing was done.");
}

static void tell_counters(const struct run *r, struct prose *out)
{
	for (unsigned i = 0; i < run_count(r, "id"); i++) {
		struct object_row row;

		if (!find_wanted(r, run_get(r, "id", i), &row) || row.use_counter == STORE_UNKNOWN)
			continue;
		if (row.use_counter == 0)
			prose_add(out, PROSE_WARNING, "The key \"%s\" has a use counter, and as far as is known it is spent.",
				  row.label);
		else
			prose_add(out, PROSE_WARNING,
				  "The key \"%s\" has a use counter, with %lld left at most. The test spends one, for good.",
				  row.label, (long long)row.use_counter);
	}
}

static void tell_pin(const struct run *r, unsigned index, struct prose *out)
{
	(void)index;
	if (!run_env(r)->script)   /* to which the review says it */
		tell_counters(r, out);
	session_tell_user(r, out);
}

/* --- one key --- */

static enum status public_of(struct step_env *e, const struct object *o, const struct object_row *known, struct pubkey *ret,
			     struct fault *f)
{
	uint8_t *der = NULL;
	size_t n = 0;
	enum status st;

	if (o->has_key) {
		*ret = o->key;
		return ST_OK;
	}
	if (known == NULL || known->key.len != STORE_SPKI_LEN ||
	    (st = store_key_spki(e->store, &known->key, &der, &n, f)) == ST_NOT_FOUND)
		return fault_set(f, ST_NOT_FOUND,
				 "Neither the device nor the inventory has the public key of \"%s\", so that there is nothing to test "
				 "it with. It was not used.", o->label);
	if (st == ST_OK)
		st = pubkey_from_spki(cur_of(der, n), ret, f);
	free(der);
	return st;
}

static enum status try_secret(struct session *s, const struct object *o, const struct object_row *known, struct key_result *k,
			      struct key_tried *ret, struct fault *f)
{
	const uint8_t *expected = known != NULL && known->key.len == BLOB_CMAC_LEN ? known->key.bytes : NULL;
	enum status st = card_key_try_secret(s->card, o->number, expected, ret, f);

	if (st == ST_OK) {
		hex_lower(k->cmac, ret->cmac, sizeof(ret->cmac));
		if (!ret->compared)
			snprintf(k->remark, sizeof(k->remark), "%s",
				 _("Which key it is was not known before, so that there was nothing to compare it with."));
	}
	return st;
}

static enum status try_public(struct step_env *e, struct session *s, const struct object *o, const struct object_row *known,
			      struct key_result *k, struct key_tried *ret, struct fault *f)
{
	struct pubkey key = { 0 };
	uint8_t hash[32];
	enum status st = public_of(e, o, known, &key, f);

	if (st != ST_OK || (st = pubkey_spki_sha256(&key, hash, f)) != ST_OK)
		return st;
	hex_lower(k->spki_sha256, hash, sizeof(hash));
	if (known != NULL && known->key.len == STORE_SPKI_LEN && memcmp(known->key.bytes, hash, sizeof(hash)) != 0)
		snprintf(k->remark, sizeof(k->remark), "%s",
			 _("The inventory knows another key at this place: it was replaced since, or its certificate was."));
	return card_key_try(s->card, o->number, &key, o->usage, ret, f);
}

/* A refusal spends nothing; a wrong answer does. */
static unsigned spent(const struct object *o, enum status st, const struct key_tried *t)
{
	if (st == ST_OK)
		return t->uses;
	return st == ST_MISMATCH ? (o->has_algorithm && o->algorithm == KEY_AES ? 2 : 1) : 0;
}

/* What only concerns this key; the next one may be tested all the same. */
static bool is_of_this_key(enum status st)
{
	return st == ST_MISMATCH || st == ST_NOT_ALLOWED || st == ST_UNSUPPORTED || st == ST_NOT_FOUND || st == ST_CARD_ERROR ||
	       st == ST_BAD_REPLY || st == ST_DAMAGED;
}

static enum status test(struct step_env *e, struct session *s, const struct object *o, struct key_result *k, struct fault *f)
{
	struct object_row row;
	const struct object_row *known = find_known(e->store, s->look->serial, o, &row) ? &row : NULL;
	const bool secret = o->has_algorithm && o->algorithm == KEY_AES;
	struct key_tried tried = { 0 };
	struct fault why = { 0 };
	enum status st;

	st = secret ? try_secret(s, o, known, k, &tried, &why) : try_public(e, s, o, known, k, &tried, &why);
	if (st != ST_OK && !is_of_this_key(st)) {
		*f = why;
		return st;
	}
	k->fault = why;
	k->compared = st == ST_OK && tried.compared;
	k->how = st == ST_OK ? did[tried.how] : NULL;
	return record_key_tested(e->store, s->look, k, known, spent(o, st, &tried), f);
}

/* Named twice: a key that counts its uses does not lose two of them for that. */
static bool is_tested(const struct key_test *t, const struct object *o)
{
	for (size_t i = 0; i < t->device.n_rows; i++) {
		if (t->device.rows[i].key_ref == o->number)
			return true;
	}
	return false;
}

static enum status one(struct step_env *e, struct session *s, const char *wanted, struct fault *f)
{
	struct key_test *t = run_state(e->run);
	struct object o = { 0 };
	struct key_result *k;
	enum status st = find_key(s, wanted, &o, f);

	if (st != ST_OK)
		return st;
	if (is_tested(t, &o)) {
		object_done(&o);
		return ST_OK;
	}
	k = device_state_row(&t->device);
	if (k == NULL) {
		st = fault_set(f, ST_NO_MEMORY, NULL);
	} else if (o.type != OBJECT_KEY) {
		st = fault_set(f, ST_NOT_FOUND, "The key \"%s\" is gone; only its description is left on %s.", o.label,
			       s->look->serial);
	} else {
		find_to_result(s->look, &o, k);
		st = test(e, s, &o, k, f);
	}
	object_done(&o);
	return st;
}

/* Where none passed that is a failure; where some did, the rows tell of the others. */
static enum status verdict(const struct run *r, struct fault *f)
{
	size_t n, failed = run_keys_failed(r);
	const struct key_result *rows = run_keys(r, &n);

	if (n == 0 || failed < n)
		return ST_OK;
	*f = rows[0].fault;
	return f->st;
}

static enum status test_all(struct step_env *e, struct fault *f)
{
	struct key_test *t = run_state(e->run);
	const unsigned n = run_count(e->run, "id");
	SESSION s = { 0 };
	enum status st = session_open(e, LOOK_LOGIN | LOOK_FIDS, &s, f);

	t->device.n_rows = 0;
	for (unsigned i = 0; i < n && st == ST_OK; i++) {
		job_progress(e->job, i, n, "");
		if (job_cancelled(e->job))
			return fault_set(f, ST_CANCELLED, "It was cancelled after %u of %u keys.", i, n);
		st = one(e, &s, run_get(e->run, "id", i), f);
	}
	return st == ST_OK ? verdict(e->run, f) : st;
}

/* --- what is said --- */

static void review(const struct run *r, struct prose *out)
{
	const unsigned n = run_count(r, "id");

	prose_add(out, PROSE_PLAIN,
		  translated_n("%u key on %s will be used once, and this computer checks what it answers. Nothing on the device is "
			       "changed.",
			       "%u keys on %s will be used once each, and this computer checks what they answer. Nothing on the device "
			       "is changed.", n), n, run_serial(r));
	if (!run_is(r, "spend", "1"))   /* who agreed to it has read it */
		tell_counters(r, out);
}

static void outcome(const struct run *r, struct prose *out)
{
	const struct key_test *t = run_state(r);

	for (size_t i = 0; i < t->device.n_rows; i++) {
		const struct key_result *k = &t->device.rows[i];

		if (k->fault.st != ST_OK)
			prose_add(out, PROSE_WARNING, "The key \"%s\" (%s) on %s did not pass. %s", k->label, k->kind, k->serial,
				  k->fault.what);
		else
			prose_add(out, PROSE_DONE, "The key \"%s\" (%s) on %s works. %s", k->label, k->kind, k->serial,
				  translated(k->how));
		if (k->remark[0] != '\0')
			prose_add(out, PROSE_WARNING, "%s", k->remark);
	}
}

static const struct step look_step = {
	.name = "look", .words = N_("Look at the device"), .where = ON_DEVICE, .fn = look, .repeat = session_look_repeat,
};

static const struct question key_questions[] = {
	{
		.name = "id",
		.value = "HEX",
		.ask = ASK_OBJECTS,
		.words = N_("Keys"),
		.choices_of = find_choices,
		.check = find_check_keys,
		.help = N_("Which keys are to be tested, by their CKA_ID. Each one is used once: it signs a random number, or deciphers "
			   "one where it may not sign. This shows that the key is there, works, and is the one its certificate says."),
	},
	{ .name = NULL },
};

static const struct question pin_questions[] = {
	{
		.name = "spend",
		.ask = ASK_YES,
		.unlisted = true,
		.words = N_("Spend a use"),
		.asked = asks_spend,
		.check = check_spend,
		.help = N_("A key with a use counter can be used so many times and then never again. The test is one of them."),
	},
	QUESTION_PIN,
	{ .name = NULL },
};

static const struct page pages[] = {
	{ .name = N_("Keys"), .title = N_("Which keys"), .questions = key_questions, .work = &look_step },
	{ .name = N_("User PIN"), .title = N_("The user PIN"), .questions = pin_questions, .text = tell_pin },
	{ .name = NULL },
};

static const struct step steps[] = {
	{ .name = "test", .words = N_("Use the keys, check what they answer"), .where = ON_DEVICE, .fn = test_all },
	{ .name = NULL },
};

const struct procedure procedure_key_test = {
	.name = "key test",
	.command = "key test",
	.title = N_("Test keys"),
	.summary = N_("have keys sign or decipher, and check what they answer"),
	.on_device = true,
	.one_session = true,
	.unrecorded = true,
	.pages = pages,
	.steps = steps,
	.state_size = sizeof(struct key_test),
	.state_done = device_state_done,
	.review = review,
	.confirm = session_confirm_user,
	.outcome = outcome,
};
