/* key new: what is asked and said; key_make.c makes it. */
#include "tui/wizard/wizard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/words.h"
#include "tui/wizard/find.h"
#include "tui/wizard/key_new.h"
#include "tui/wizard/key_type.h"
#include "tui/wizard/procedures.h"
#include "tui/wizard/session.h"
#include "tui/wizard/strength.h"

static const struct choice types[] = {
	{ "rsa:2048", N_("RSA 2048") },
	{ "rsa:3072", N_("RSA 3072") },
	{ "rsa:4096", N_("RSA 4096") },
	{ "ec:secp256r1", N_("P-256 (secp256r1)") },
	{ "ec:secp384r1", N_("P-384 (secp384r1)") },
	{ "ec:secp521r1", N_("P-521 (secp521r1)") },
	{ "ec:brainpoolP256r1", N_("brainpoolP256r1") },
	{ "ec:brainpoolP384r1", N_("brainpoolP384r1") },
	{ "ec:brainpoolP512r1", N_("brainpoolP512r1") },
	{ "ec:secp256k1", N_("secp256k1") },
	{ "aes:128", N_("AES 128") },
	{ "aes:192", N_("AES 192") },
	{ "aes:256", N_("AES 256") },
};

#define TYPES (sizeof(types) / sizeof(types[0]))
_Static_assert(TYPES < KEY_TYPES_MAX, "what was typed needs a row too");

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
	return key_make_params(r, &p, f);
}

static enum status look(struct step_env *e, struct fault *f)
{
	struct key_new *k = run_state(e->run);
	SESSION s = { 0 };
	enum status st = key_make_params(e->run, &k->params, f);

	if (st != ST_OK || (st = session_open(e, LOOK_DKEK | LOOK_USER | LOOK_USABLE, &s, f)) != ST_OK)
		return st;
	return key_make_possible(&k->params, s.look, f);
}

/* Taken up again. */
static enum status resume(struct step_env *e, struct fault *f)
{
	struct key_new *k = run_state(e->run);
	const long ref = strtol(run_fact(e->run, "ref"), NULL, 10);

	k->earlier = ref >= 1 && ref <= 255 ? (uint8_t)ref : 0;
	return look(e, f);
}

static void tell_pin(const struct run *r, unsigned index, struct prose *out)
{
	const struct key_new *k = run_state(r);

	(void)index;
	session_tell_dkek(&k->device.look, out);
	session_tell_user(r, out);
}

static bool is_weak(const struct keygen_params *p)
{
	const unsigned bits = p->curve != NULL ? p->curve->bits : p->bits;

	return key_strength(key_algorithm_word(p->algorithm), bits) == STRENGTH_WEAK;
}

static void review(const struct run *r, struct prose *out)
{
	const struct key_new *k = run_state(r);
	struct keygen_params p = { 0 };
	char words[KEY_WORDS_MAX];
	struct fault f;

	/* A script's device was not looked at yet. */
	if (key_make_params(r, &p, &f) != ST_OK)
		return;
	key_words(p.algorithm, p.bits, p.curve, words);
	prose_add(out, PROSE_PLAIN,
		  "A new key, %s, with the label \"%s\", will be made on %s. Nothing that is there is changed.", words,
		  run_get(r, "label", 0), run_serial(r)[0] != '\0' ? run_serial(r) : _("the device"));
	if (p.limited)
		prose_add(out, PROSE_WARNING, translated_n("The key can be used %ld time, then never again.",
							   "The key can be used %ld times, then never again.",
							   (unsigned long)run_number(r, "use-counter", 0)),
			  run_number(r, "use-counter", 0));
	if (is_weak(&p))
		prose_add(out, PROSE_WARNING, "Keys of this kind are too weak by now (NIST SP 800-131A). Make one only where something "
			  "old can use no other.");
	if (p.algorithm == KEY_RSA && p.bits >= 3072)
		prose_add(out, PROSE_PLAIN, "Making an RSA key of this size takes minutes. It cannot be interrupted.");
	session_tell_dkek(&k->device.look, out);
}

static void outcome(const struct run *r, struct prose *out)
{
	const struct key_new *k = run_state(r);
	const struct key_result *row = k->device.rows;

	prose_add(out, PROSE_DONE, "The key \"%s\" (%s) is on %s, at key reference %d, with the CKA_ID %s.", row->label,
		  row->kind, row->serial, row->key_ref, row->id);
	if (!k->device.look.dkek.present || (k->device.look.dkek.kcv_shown && dkek_kcv_is_zero(k->device.look.dkek.kcv)))
		session_tell_dkek(&k->device.look, out);
	else
		prose_add(out, PROSE_PLAIN, "It has no backup yet. Next: make one (Back up keys).");
}


static const struct step look_step = {
	.name = "look", .words = N_("Look at the device"), .where = ON_DEVICE, .fn = look, .repeat = session_look_repeat,
};

static const struct step resume_step = {
	.name = "resume", .words = N_("Find out how far it came"), .where = ON_DEVICE, .fn = resume,
};

static const struct question key_questions[] = {
	{
		.name = "type",
		.value = "rsa:BITS|ec:CURVE|aes:BITS",
		.ask = ASK_CHOICE,
		.words = N_("Type"),
		.choices_of = types_of,
		.check = check_type,
		.help = N_("RSA is understood everywhere; 4096 bits take the device minutes to make. P-256 and P-384 are "
			"small and fast, and common in certificates and SSH. Brainpool curves are asked for by some "
			"European rules. An AES key encrypts and never leaves the device; it has no public part."),
	},
	{
		.name = "label",
		.value = "L",
		.ask = ASK_TEXT,
		.max = DESCRIBE_LABEL_MAX - 1,
		.words = N_("Label"),
		.check = find_check_label,
		.help = N_("What people and other programs will call the key, for example \"Root CA 2026\". It is kept "
			"on the device, can be read by anybody who has it, and goes with every backup."),
	},
	{
		.name = "id",
		.value = "HEX",
		.ask = ASK_TEXT,
		.max = 2 * DESCRIBE_ID_MAX,
		.optional = true,
		.words = N_("CKA_ID"),
		.empty = N_("empty: made from the key"),
		.check = check_id,
		.help = N_("Other programs find the key by this number, in hexadecimal digits. Leave it empty: then it is "
			"made from the key, and is the same on every device that the key is restored to."),
	},
	{
		.name = "use-counter",
		.value = "N",
		.ask = ASK_NUMBER,
		.optional = true,
		.words = N_("Uses at most"),
		.empty = N_("empty: no limit"),
		.check = check_uses,
		.help = N_("A key with a use counter can be used so many times and then never again. Leave it empty for "
			"a key without that limit. Proving a restored backup of it will spend one use."),
	},
	{ .name = NULL },
};

static const struct question pin_questions[] = { QUESTION_PIN, { .name = NULL } };

static const struct page pages[] = {
	{ .name = N_("Key"), .title = N_("The new key"), .questions = key_questions, .work = &look_step },
	{ .name = N_("User PIN"), .title = N_("The user PIN"), .questions = pin_questions, .text = tell_pin },
	{ .name = NULL },
};

/* How long it takes goes by the type alone: "rsa:4096". */
static const char *usual_of(const struct run *r)
{
	return run_get(r, "type", 0);
}

static const struct step steps[] = {
	{
		.name = "make",
		.words = N_("Make the key, describe it, read it back"),
		.where = ON_DEVICE,
		.uninterruptible = true,
		.fn = key_make,
		.usual_of = usual_of,
	},
	{ .name = NULL },
};

const struct procedure procedure_key_new = {
	.name = "key new",
	.command = "key new",
	.title = N_("New key"),
	.summary = N_("make a new key on the device"),
	.on_device = true,
	.one_session = true,
	.pages = pages,
	.steps = steps,
	.state_size = sizeof(struct key_new),
	.state_done = device_state_done,
	.review = review,
	.confirm = session_confirm_user,
	.outcome = outcome,
	.resume = &resume_step,
};
