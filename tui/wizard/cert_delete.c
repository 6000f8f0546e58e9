/*
 * cert delete. With a certificate of its own the content goes first and the description last. The certificate of a key
 * holds the key's public key, without which other programs cannot use the key and a backup cannot be compared with it:
 * so that is written into the inventory first, and where the request of the key's generation is known, that takes the
 * certificate's place, as it was before there was one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/words.h"
#include "store/backup.h"
#include "tui/wizard/find.h"
#include "tui/wizard/procedures.h"
#include "tui/wizard/record.h"
#include "tui/wizard/thing.h"
#include "tui/wizard/wizard.h"

struct cert_delete {
	struct device_state device;
	uint16_t content, description; /* its files; 0: none */
	struct key_identity key;       /* that it belongs to; len 0: not known, or none */
	struct buf request;            /* what takes its place; empty: nothing */
	size_t backups;                /* that have it in them */
	bool gone;                     /* an attempt that was interrupted got to it */
};

static bool is_of_key(const struct cert_delete *c)
{
	return (c->content & 0xff00) == FID_KEY_CERT;
}

static enum status take(struct step_env *e, struct cert_delete *c, const struct session *s, const struct object *o, struct fault *f)
{
	struct object_row row;
	enum status st;

	c->content = o->content_fid;
	c->description = o->type == OBJECT_KEY ? 0 : o->description_fid;
	c->key = (struct key_identity){ 0 };
	c->backups = 0;
	buf_done(&c->request);
	thing_to_result(s->look, o, c->device.rows);
	if (o->type != OBJECT_KEY)
		return ST_OK;
	if (o->has_key)
		c->key = identity_of_spki(o->spki_sha256);
	else if (find_known(e->store, s->look->serial, o, &row))
		c->key = row.key;
	st = thing_find_request(e->store, s->look->serial, &c->key, &c->request, f);
	if (st == ST_OK && o->cert != NULL)
		st = thing_backups_with(e->store, &c->key, cur_of(o->content.p, o->cert->whole_len), &c->backups, f);
	return st;
}

/* What it was, the interrupted attempt had noted. */
static enum status take_gone(struct step_env *e, const struct session *s, struct fault *f)
{
	struct cert_delete *c = run_state(e->run);
	struct key_result *k = c->device.rows;
	const char *key = run_fact(e->run, "key");

	c->gone = true;
	c->content = (uint16_t)strtoul(run_fact(e->run, "file"), NULL, 16);
	(void)hex_parse(key, strlen(key), c->key.bytes, sizeof(c->key.bytes), &c->key.len);
	snprintf(k->serial, sizeof(k->serial), "%s", s->look->serial);
	snprintf(k->subject, sizeof(k->subject), "%s", run_fact(e->run, "subject"));
	k->key_ref = is_of_key(c) ? c->content & 0xff : -1;
	buf_done(&c->request);
	return thing_find_request(e->store, s->look->serial, &c->key, &c->request, f);
}

static enum status find(struct step_env *e, struct session *s, struct object *ret, struct fault *f)
{
	struct cert_delete *c = run_state(e->run);
	enum status st = thing_row(&c->device) != NULL ? ST_OK : fault_set(f, ST_NO_MEMORY, NULL);

	if (st == ST_OK && (st = find_cert(s, run_get(e->run, "id", 0), ret, f)) == ST_OK &&
	    (st = take(e, c, s, ret, f)) != ST_OK)
		object_done(ret);
	return st;
}

static enum status look_or(struct step_env *e, bool interrupted, struct fault *f)
{
	SESSION s = { 0 };
	struct object o = { 0 };
	enum status st = session_open(e, LOOK_USER | LOOK_FIDS, &s, f);

	if (st == ST_OK && (st = find(e, &s, &o, f)) == ST_NOT_FOUND && (interrupted || run_was_interrupted(e)))
		st = take_gone(e, &s, f);
	object_done(&o);
	return st;
}

static enum status look(struct step_env *e, struct fault *f)
{
	return look_or(e, false, f);
}

static enum status resume(struct step_env *e, struct fault *f)
{
	return look_or(e, true, f);
}

static enum status check_id(struct run *r, unsigned index, struct fault *f)
{
	return find_cert_check(run_get(r, "id", index), f);
}

/* --- deleting --- */

static enum status recorded(struct step_env *e, struct session *s, struct fault *f)
{
	const struct cert_delete *c = run_state(e->run);
	const struct key_result *k = c->device.rows;
	struct object now = { 0 };
	bool has_now = false;
	char words[1600];
	enum status st = ST_OK;

	if (is_of_key(c) && fids_have(&s->fids, fid_of(FID_KEY, (uint8_t)c->content))) {
		st = card_object_key(s->card, &s->fids, (uint8_t)c->content, &now, f);
		has_now = st == ST_OK;
	}
	if (has_now && now.has_key && now.cert != NULL)
		st = fault_set(
			f, ST_MISMATCH,
			"The device says that the certificate is deleted, and still has one there. Take the device out, "
			"plug it in again, and look what is on it.");
	snprintf(words, sizeof(words), has_now && now.request != REQUEST_NONE ?
		 _("The certificate for %s was deleted from %s; the request of the key's generation is in its place.") :
		 _("The certificate for %s was deleted from %s."), k->subject, k->serial);
	if (st == ST_OK) {
		st = record_thing_gone(e->store, s->look, THING_CERTIFICATE, c->content != 0 ? c->content : c->description,
				       has_now ? &now : NULL, &c->key, "cert.deleted", words, f);
		if (st != ST_OK)
			fault_add(f, "The certificate was deleted; only the inventory does not know it yet. It will, "
				     "when the device is next "
				     "looked at.");
	}
	object_done(&now);
	return st;
}

static enum status note(struct step_env *e, const struct cert_delete *c, struct fault *f)
{
	char file[8], key[2 * sizeof(c->key.bytes) + 1];
	enum status st;

	snprintf(file, sizeof(file), "%04X", c->content);
	hex_lower(key, c->key.bytes, c->key.len);
	if ((st = run_note(e, "subject", c->device.rows->subject, f)) != ST_OK || (st = run_note(e, "key", key, f)) != ST_OK)
		return st;
	return c->content != 0 ? run_note(e, "file", file, f) : ST_OK;
}

/* In the place of the certificate: the request, or nothing. */
static enum status replace(struct step_env *e, struct session *s, struct fault *f)
{
	const struct cert_delete *c = run_state(e->run);
	enum status st;

	run_changed(e);
	if (c->request.n > 0)
		st = card_write_file(s->card, c->content, buf_view(&c->request), WRITE_REPLACE, f);
	else
		st = card_delete(s->card, c->content, f);
	if (st == ST_NOT_FOUND)
		st = ST_OK;
	if (st == ST_OK)
		st = session_list(s, f);
	if (st == ST_OK && c->request.n == 0 && fids_have(&s->fids, c->content))
		st = fault_set(
			f, ST_MISMATCH,
			"The device says that it deleted the certificate, and still lists it. Take the device out, plug it "
			"in again, and look what is on it.");
	return st == ST_OK ? ST_OK : fault_add(f, "The key itself is as before.");
}

/* The public key is known from nowhere else then: not without having it written down. */
static enum status keep_public_key(struct step_env *e, const struct session *s, const struct object *o, struct fault *f)
{
	const struct cert_delete *c = run_state(e->run);
	enum status st;

	if (e->store == NULL && c->request.n == 0)
		return fault_set(
			f, ST_REFUSED,
			"The certificate holds the key's public key, and there is no inventory in which that could be "
			"kept. Nothing was deleted. Mend the inventory first.");
	st = record_kept(e->store, s->look, o, f);
	return st == ST_OK ? ST_OK
			   : fault_add(f, "The public key could not be written into the inventory, so nothing was deleted.");
}

static enum status delete_found(struct step_env *e, struct session *s, const struct object *o, struct fault *f)
{
	struct cert_delete *c = run_state(e->run);
	enum status st = session_log_in(e, s, LOOK_USER, f);

	if (st != ST_OK || (o->type == OBJECT_KEY && (st = keep_public_key(e, s, o, f)) != ST_OK) ||
	    (st = note(e, c, f)) != ST_OK)
		return st;
	st = o->type == OBJECT_KEY ? replace(e, s, f) : thing_delete(e, s, c->content, c->description, f);
	if (st == ST_OK && c->content == 0)
		c->content = (uint16_t)strtoul(run_fact(e->run, "file"), NULL, 16);
	return st == ST_OK ? recorded(e, s, f) : st;
}

/* An attempt got to it. Where it stopped between the certificate and what takes its place, that is still to be written.
 */
static enum status delete_gone(struct step_env *e, struct session *s, struct fault *f)
{
	const struct cert_delete *c = run_state(e->run);
	enum status st = take_gone(e, s, f);   /* what was noted is known only since the run was taken up */

	if (st != ST_OK)
		return st;
	if (is_of_key(c) && c->request.n > 0 && !fids_have(&s->fids, c->content) &&
	    fids_have(&s->fids, fid_of(FID_KEY, (uint8_t)c->content))) {
		if ((st = session_log_in(e, s, LOOK_USER, f)) == ST_OK)
			st = replace(e, s, f);
	}
	return st == ST_OK ? recorded(e, s, f) : st;
}

static enum status delete_cert(struct step_env *e, struct fault *f)
{
	struct cert_delete *c = run_state(e->run);
	const struct key_result said = *c->device.rows;
	const uint16_t content = c->content;
	struct object o = { 0 };
	SESSION s = { 0 };
	enum status st = session_open(e, LOOK_USER | LOOK_FIDS, &s, f);

	if (st == ST_OK && c->gone)
		return delete_gone(e, &s, f);
	if (st == ST_OK)
		st = find(e, &s, &o, f);
	if (st == ST_OK && (c->content != content || strcmp(said.subject, c->device.rows->subject) != 0 ||
			    strcmp(said.until, c->device.rows->until) != 0))
		st = fault_set(
			f, ST_REFUSED,
			"The certificate on %s is not the one that was shown: another one has its place now. Nothing was "
			"deleted. Look at it again first.",
			s.look->serial);
	if (st == ST_OK)
		st = delete_found(e, &s, &o, f);
	object_done(&o);
	return st;
}

/* --- what is said --- */

static void tell_key(const struct cert_delete *c, struct prose *out)
{
	const struct key_result *k = c->device.rows;

	prose_add(out, PROSE_PLAIN, "The key \"%s\" itself stays, and can be used as before.", k->label);
	if (c->request.n > 0)
		prose_add(out, PROSE_PLAIN,
			  "The request that was made together with the key takes the certificate's place again, so "
			  "that other "
			  "programs still find its public key.");
	else
		prose_add(out, PROSE_WARNING,
			  "The certificate is all on the device that shows the key's public key: without it some "
			  "programs cannot "
			  "use the key until it gets a certificate again. The inventory keeps the public key.");
	if (c->backups > 0)
		prose_add(out, PROSE_PLAIN,
			  translated_n("%zu backup of the key has this certificate in it.",
				       "%zu backups of the key have this certificate in them.", c->backups),
			  c->backups);
	else
		prose_add(out, PROSE_WARNING,
			  "No backup that the inventory knows has this certificate in it. Where it is in no other "
			  "place, it is "
			  "gone for good, and has to be issued again.");
}

static void review(const struct run *r, struct prose *out)
{
	const struct cert_delete *c = run_state(r);
	const struct key_result *k = c->device.rows;

	if (c->gone) {
		prose_add(out, PROSE_PLAIN,
			  "The certificate is gone already; an attempt that was interrupted deleted it. What that left "
			  "undone will "
			  "be done.");
		return;
	}
	if (k->subject[0] != '\0')
		prose_add(out, PROSE_WARNING,
			  "The certificate for %s, until %s, will be deleted from %s. The device cannot bring it back.",
			  k->subject, k->until, k->serial);
	else
		prose_add(out, PROSE_WARNING, "The certificate \"%s\", which is damaged, will be deleted from %s.", k->label,
			  k->serial);
	if (is_of_key(c))
		tell_key(c, out);
	else
		prose_add(out, PROSE_PLAIN,
			  "It belongs to no key of the device. Backups have keys and their certificates only: where "
			  "this one is in "
			  "no other place, it is gone for good.");
}

static const char *confirm(const struct run *r)
{
	const struct cert_delete *c = run_state(r);

	return c->device.look.serial[0] != '\0' ? c->device.look.serial : run_serial(r);
}

static void outcome(const struct run *r, struct prose *out)
{
	const struct cert_delete *c = run_state(r);
	const struct key_result *k = c->device.rows;

	prose_add(out, PROSE_DONE, "The certificate for %s was deleted from %s, and the device does not list it any more.",
		  k->subject, k->serial);
	if (is_of_key(c) && c->request.n > 0)
		prose_add(out, PROSE_PLAIN, "The key has the request of its generation in the place of the certificate.");
	else if (is_of_key(c))
		prose_add(out, PROSE_PLAIN,
			  "The key is still there. Its public key is in the inventory, and no longer on the device.");
}

static void state_done(void *state)
{
	struct cert_delete *c = state;

	buf_done(&c->request);
	device_state_done(state);
}

static void tell_pin(const struct run *r, unsigned index, struct prose *out)
{
	(void)index;
	session_tell_user(r, out);
}

static const struct step look_step = {
	.name = "look",
	.words = N_("Find the certificate"),
	.where = ON_DEVICE,
	.fn = look,
};

static const struct step resume_step = {
	.name = "resume",
	.words = N_("Find out how far it came"),
	.where = ON_DEVICE,
	.fn = resume,
};

static const struct question cert_questions[] = {
	{
		.name = "id",
		.value = "HEX",
		.ask = ASK_OBJECTS,
		.max = 1,
		.words = N_("Certificate"),
		.choices_of = find_cert_choices,
		.check = check_id,
		.help = N_("Which certificate is to be deleted, by its CKA_ID, which is that of its key. The key stays."),
	},
	{ .name = NULL },
};

static const struct question pin_questions[] = { { QUESTION_PIN_IS, .spare = true }, { .name = NULL } };

static const struct page pages[] = {
	{ .name = N_("Certificate"), .title = N_("Which certificate"), .questions = cert_questions, .work = &look_step },
	{ .name = N_("User PIN"), .title = N_("The user PIN"), .questions = pin_questions, .text = tell_pin },
	{ .name = NULL },
};

static const struct step steps[] = {
	{ .name = "delete",
	  .words = N_("Delete the certificate, read back that it is gone"),
	  .where = ON_DEVICE,
	  .uninterruptible = true,
	  .fn = delete_cert },
	{ .name = NULL },
};

const struct procedure procedure_cert_delete = {
	.name = "cert delete",
	.command = "cert delete",
	.title = N_("Delete a certificate"),
	.summary = N_("delete a certificate from the device; its key stays"),
	.on_device = true,
	.pages = pages,
	.steps = steps,
	.state_size = sizeof(struct cert_delete),
	.state_done = state_done,
	.review = review,
	.confirm = confirm,
	.outcome = outcome,
	.resume = &resume_step,
};
