/*
 * cert import: a certificate from a PEM or DER file, for a key of the device or, by itself, of a CA that is elsewhere.
 * What is asked and said; cert_import_card.c writes it.
 */
#include "tui/wizard/cert_import.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/file.h"
#include "engine/base/text.h"
#include "tui/wizard/find.h"
#include "tui/wizard/key_type.h"
#include "tui/wizard/procedures.h"
#include "tui/wizard/wizard.h"

bool cert_import_alone(const struct run *r)
{
	return run_is(r, "stand-alone", "1");
}

bool cert_import_label(const struct run *r, char out[static DESCRIBE_LABEL_MAX])
{
	const struct cert_import *c = run_state(r);
	const char *label = run_get(r, "label", 0);

	if (label[0] == '\0')
		label = c->cert.common_name[0] != '\0' ? c->cert.common_name : c->cert.subject;
	text_clean(out, DESCRIBE_LABEL_MAX, label, strlen(label));   /* cut between two characters */
	return strcmp(out, label) != 0;
}

static bool asks_key(const struct run *r, unsigned index)
{
	(void)index;
	return !cert_import_alone(r);
}

static bool asks_alone(const struct run *r, unsigned index)
{
	(void)index;
	return cert_import_alone(r);
}

static enum status check_new_id(struct run *r, unsigned index, struct fault *f)
{
	const char *id = run_get(r, "new-id", index);
	uint8_t bytes[DESCRIBE_ID_MAX];
	size_t n;

	return id[0] == '\0' ? ST_OK : id_parse(id, bytes, &n, f);
}

/* --- what is said --- */

static void tell_cert(const struct cert_import *c, struct prose *out)
{
	char from[THING_DATE_MAX], until[THING_DATE_MAX];

	thing_date(c->cert.not_before, from);
	thing_date(c->cert.not_after, until);
	prose_add(out, PROSE_PLAIN, "The certificate:");
	prose_add(out, PROSE_ITEM, "for %s", c->cert.subject);
	prose_add(out, PROSE_ITEM, "issued by %s", c->cert.issuer);
	prose_add(out, PROSE_ITEM, "valid from %s to %s", from, until);
	if (c->of > 1)
		prose_add(out, PROSE_PLAIN, "The file has %zu certificates; this is the one for the key.", c->of);
	thing_tell_cert(&c->cert, clock_wall(), out);
}

static void tell_label(const struct run *r, struct prose *out)
{
	char label[DESCRIBE_LABEL_MAX];

	if (cert_import_alone(r) && cert_import_label(r, label))
		prose_add(out, PROSE_WARNING,
			  "The certificate's name is longer than the %d bytes that a label may have. It is cut: the certificate will be "
			  "called \"%s\". Give it a label of your own where that is not clear enough.", DESCRIBE_LABEL_MAX - 1, label);
}

static void tell_same_id(const struct cert_import *c, struct prose *out)
{
	if (c->target.label[0] != '\0')
		prose_add(out, PROSE_WARNING,
			  "The key \"%s\" of this device has the same CKA_ID, and the certificate is for another key: programs will take "
			  "it for a certificate of that key. Choose another CKA_ID, or none.", c->target.label);
}

static void tell_old(const struct cert_import *c, struct prose *out)
{
	if (c->there)
		return;
	if (c->has_old && c->old_subject[0] != '\0')
		prose_add(out, PROSE_WARNING,
			  "The key has a certificate already, for %s, until %s. The new one takes its place. The old one "
			  "is kept in the inventory until the new one was read back.",
			  c->old_subject, c->old_until);
	else if (c->has_old && !c->old_is_request)
		prose_add(out, PROSE_WARNING,
			  "What the key has in the place of its certificate is damaged. The new one takes its place.");
	else if (c->old_is_request)
		prose_add(out, PROSE_PLAIN,
			  "The certificate takes the place of the request that was made together with the key, and by which "
			  "the device tells that the key was made inside it. The inventory keeps the request.");
}

static void review(const struct run *r, struct prose *out)
{
	const struct cert_import *c = run_state(r);

	if (c->der.n == 0) {
		prose_add(out, PROSE_PLAIN, "The certificate in %s will be compared with the key and written to the device.",
			  run_get(r, "file", 0));
		return;
	}
	if (cert_import_alone(r))
		prose_add(out, PROSE_PLAIN, c->there ?
			  N_("This very certificate is on %s already: nothing will be written to the device.") :
			  N_("The certificate will be written to %s, to stand by itself: it belongs to no key there."), run_serial(r));
	else
		prose_add(out, PROSE_PLAIN, c->there ?
			  N_("The key \"%s\" (%s, CKA_ID %s) on %s has this very certificate already: nothing will be written to the device.") :
			  N_("The certificate will be written to the key \"%s\" (%s, CKA_ID %s) on %s, and read back."),
			  c->target.label, c->target.kind, c->target.id, c->target.serial);
	tell_cert(c, out);
	tell_label(r, out);
	if (cert_import_alone(r))
		tell_same_id(c, out);
	tell_old(c, out);
	if (c->unknown_key)
		prose_add(out, PROSE_PLAIN,
			  "The public key of this key is not on the device. Before anything is written the key signs "
			  "something, and the signature must fit the certificate; where the key can be used so many times "
			  "only, this is one of them.");
}

static void outcome(const struct run *r, struct prose *out)
{
	const struct cert_import *c = run_state(r);
	const struct key_result *k = c->device.rows;

	if (c->there)
		prose_add(out, PROSE_DONE, "The certificate for %s was on %s already; nothing had to be written.", k->subject,
			  k->serial);
	else if (k->key_ref >= 0)
		prose_add(out, PROSE_DONE,
			  "The certificate for %s, until %s, is on %s with the key \"%s\", and was read back.", k->subject,
			  k->until, k->serial, k->label);
	else
		prose_add(out, PROSE_DONE,
			  "The certificate for %s, until %s, is on %s as \"%s\", with the CKA_ID %s, and was read back.",
			  k->subject, k->until, k->serial, k->label, k->id);
	if (k->key_ref >= 0 && !c->there)
		prose_add(out, PROSE_PLAIN,
			  "Backups of this key that were made before do not have the certificate in them. Make a new one, so "
			  "that it comes along when the key is restored.");
}

/* --- looking before anything is written --- */

static enum status read_file(const struct run *r, struct buf *ret, struct fault *f)
{
	return file_read(run_get(r, "file", 0), CERT_BUNDLE_MAX, ret, f);
}

/* What the key has there now. */
static void take_target(struct cert_import *c, const struct session *s, const struct object *o)
{
	memset(&c->target, 0, sizeof(c->target));
	find_to_result(s->look, o, &c->target);
	c->unknown_key = !o->has_key;
	c->there = o->cert != NULL && cur_equal(cur_of(o->content.p, o->cert->whole_len), c->der.p, c->der.n);
	c->has_old = o->content_fid != 0 && !c->there;
	c->old_is_request = c->has_old && o->request != REQUEST_NONE;
	c->old_subject[0] = '\0';
	if (o->cert == NULL)
		return;
	snprintf(c->old_subject, sizeof(c->old_subject), "%.*s", (int)sizeof(c->old_subject) - 1, o->cert->subject);
	thing_date(o->cert->not_after, c->old_until);
}

static enum status key_for_cert(struct session *s, const char *id, struct object *ret, struct fault *f)
{
	enum status st = find_key(s, id, ret, f);

	if (st != ST_OK)
		return st;
	if (ret->type == OBJECT_KEY && !(ret->has_algorithm && ret->algorithm == KEY_AES))
		return ST_OK;
	st = ret->type != OBJECT_KEY
		     ? fault_set(
			       f, ST_NOT_FOUND,
			       "Of the key %.40s on %s only the description is left: it was deleted half way. Delete it once "
			       "more first.",
			       id, s->look->serial)
		     : fault_set(f, ST_UNSUPPORTED, "\"%s\" is a secret key (AES): there are no certificates for such keys.",
				 ret->label);
	object_done(ret);
	return st;
}

static enum status take_cert(struct cert_import *c, struct cur file, const struct object *key, struct fault *f)
{
	enum status st;

	buf_done(&c->der);
	st = cert_for_key(file, key != NULL && key->has_key ? &key->key : NULL, &c->der, &c->cert, &c->of, f);
	if (st == ST_MISMATCH)
		return fault_add(f, "The key that was chosen is \"%s\". Nothing was written.", key->label);
	if (st == ST_DAMAGED)
		return fault_add(f, "Nothing was written. A certificate is taken as PEM or DER; what is packed as PKCS #7 or PKCS #12 has "
				 "to be unpacked first.");
	if (st != ST_OK)
		return fault_add(f, "Nothing was written.");
	if (c->cert.broken) {
		buf_done(&c->der);
		return fault_set(
			f, ST_DAMAGED,
			"The certificate signs itself, and that signature is wrong: it was changed or damaged. Nothing "
			"was written. Get the certificate once more.");
	}
	return ST_OK;
}

/* By itself, but under the ID of a key here. */
static enum status look_for_same_id(struct cert_import *c, struct session *s, const char *id, struct fault *f)
{
	struct object o = { 0 };
	enum status st;

	memset(&c->target, 0, sizeof(c->target));
	if (id[0] == '\0')
		return ST_OK;
	st = find_key(s, id, &o, f);
	if (st != ST_OK)
		return st == ST_NOT_FOUND || st == ST_USAGE ? ST_OK : st;
	if (o.type == OBJECT_KEY && !(o.has_key && c->cert.has_key && pubkey_equal(&o.key, &c->cert.key)))
		find_to_result(s->look, &o, &c->target);
	object_done(&o);
	return ST_OK;
}

enum status cert_import_load(struct step_env *e, struct session *s, struct object *ret, struct fault *f)
{
	struct cert_import *c = run_state(e->run);
	struct object o = { .type = OBJECT_STRAY };
	BUF file = { 0 };
	enum status st = read_file(e->run, &file, f);

	if (st == ST_OK && !cert_import_alone(e->run))
		st = key_for_cert(s, run_get(e->run, "id", 0), &o, f);
	if (st == ST_OK)
		st = take_cert(c, buf_view(&file), o.type == OBJECT_KEY ? &o : NULL, f);
	if (st == ST_OK && o.type == OBJECT_KEY)
		take_target(c, s, &o);
	else if (st == ST_OK)
		st = look_for_same_id(c, s, run_get(e->run, "new-id", 0), f);
	if (st != ST_OK) {
		object_done(&o);
		return st;
	}
	*ret = o;
	return ST_OK;
}

static enum status look(struct step_env *e, struct fault *f)
{
	SESSION s = { 0 };
	struct object o = { 0 };
	enum status st = session_open(e, LOOK_USER | LOOK_USABLE | LOOK_FIDS, &s, f);

	if (st == ST_OK)
		st = cert_import_load(e, &s, &o, f);
	object_done(&o);
	return st;
}

static void state_done(void *state)
{
	struct cert_import *c = state;

	buf_done(&c->der);
	device_state_done(state);
}

static const struct step look_step = {
	.name = "look",
	.words = N_("Read the certificate, compare it with the key"),
	.where = ON_DEVICE,
	.fn = look,
};

static const struct step resume_step = {
	.name = "resume",
	.words = N_("Find out how far it came"),
	.where = ON_DEVICE,
	.fn = look,
};

static const struct question cert_questions[] = {
	{
		.name = "file",
		.value = "FILE",
		.ask = ASK_FILE,
		.positional = true,
		.words = N_("File"),
		.help = N_("The certificate, as PEM or DER. A PEM file may have several, such as a whole chain: the one for "
			   "the key is taken."),
	},
	{
		.name = "stand-alone",
		.ask = ASK_YES,
		.words = N_("It belongs to no key on this device"),
		.help = N_(
			"Tick this for the certificate of a CA whose key is elsewhere, such as the issuer of this "
			"device's certificates. It is kept beside the keys, and other programs find it there."),
	},
	{
		.name = "id",
		.value = "HEX",
		.ask = ASK_OBJECTS,
		.max = 1,
		.words = N_("Key"),
		.choices_of = find_choices,
		.strict = true,
		.asked = asks_key,
		.check = find_check_keys,
		.help = N_("The key that the certificate is for, by its CKA_ID. Its public key must be the one in the certificate, or "
			   "nothing is written."),
	},
	{
		.name = "label",
		.value = "L",
		.ask = ASK_TEXT,
		.max = DESCRIBE_LABEL_MAX - 1,
		.optional = true,
		.words = N_("Label"),
		.empty = N_("empty: the name in it"),
		.strict = true,
		.asked = asks_alone,
		.check = find_check_label,
		.help = N_(
			"What a certificate by itself will be called. Left empty, it gets the common name of its subject."),
	},
	{
		.name = "new-id",
		.value = "HEX",
		.ask = ASK_TEXT,
		.max = 2 * DESCRIBE_ID_MAX,
		.optional = true,
		.strict = true,
		.words = N_("CKA_ID"),
		.empty = N_("empty: made from its key"),
		.asked = asks_alone,
		.check = check_new_id,
		.help = N_("By this number, in hexadecimal digits, other programs find a certificate by itself. Left empty, it is made "
			   "from its public key."),
	},
	{ .name = NULL },
};

static const struct question pin_questions[] = { QUESTION_PIN, { .name = NULL } };

static const struct page pages[] = {
	{ .name = N_("Certificate"),
	  .title = N_("Which certificate, for which key"),
	  .questions = cert_questions,
	  .work = &look_step },
	{ .name = N_("User PIN"), .title = N_("The user PIN"), .questions = pin_questions, .text = session_tell_pin },
	{ .name = NULL },
};

static const struct step steps[] = {
	{ .name = "write",
	  .words = N_("Write the certificate, read it back"),
	  .where = ON_DEVICE,
	  .uninterruptible = true,
	  .fn = cert_import_write },
	{ .name = NULL },
};

const struct procedure procedure_cert_import = {
	.name = "cert import",
	.command = "cert import",
	.title = N_("Import a certificate"),
	.summary = N_("put a certificate onto the device, to its key"),
	.on_device = true,
	.pages = pages,
	.steps = steps,
	.state_size = sizeof(struct cert_import),
	.state_done = state_done,
	.review = review,
	.confirm = session_confirm_user,
	.outcome = outcome,
	.resume = &resume_step,
};
