/*
 * key delete: says what of the key is left elsewhere, has the serial typed, then deletes key, certificate and description,
 * in this order: a stop between two of them leaves the description, by which the rest is found again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"
#include "engine/base/words.h"
#include "tui/wizard/find.h"
#include "tui/wizard/key_type.h"
#include "tui/wizard/procedures.h"
#include "tui/wizard/record.h"
#include "tui/wizard/session.h"
#include "tui/wizard/wizard.h"

struct key_delete {
	struct device_state device;
	bool gone;                    /* an attempt that was interrupted had deleted all of it */
};

static enum status check_id(struct run *r, unsigned index, struct fault *f)
{
	return find_check(run_get(r, "id", index), f);
}

/* Which secret key it is tells the device after a login; before that only the inventory, from when somebody was. */
static enum status identify(struct step_env *e, struct session *s, bool logged_in, struct object *o, struct fault *f)
{
	struct object_row row;

	if (o->type != OBJECT_KEY || !o->has_algorithm || o->algorithm != KEY_AES)
		return ST_OK;
	if (logged_in)
		return find_secret(s, e->store, o, f);
	if (find_known(e->store, s->look->serial, o, &row) && row.key.len == BLOB_CMAC_LEN) {
		memcpy(o->cmac, row.key.bytes, BLOB_CMAC_LEN);
		o->has_cmac = true;
	}
	return ST_OK;
}

static enum status find(struct step_env *e, struct session *s, bool logged_in, struct fault *f)
{
	struct device_state *d = run_state(e->run);
	struct object o = { 0 };
	struct key_result *k;
	enum status st = find_key(s, run_get(e->run, "id", 0), &o, f);

	if (st == ST_OK)
		st = identify(e, s, logged_in, &o, f);
	k = st != ST_OK ? NULL : d->n_rows > 0 ? d->rows : device_state_row(d);
	if (k != NULL) {
		memset(k, 0, sizeof(*k));
		find_to_result(s->look, &o, k);
	}
	object_done(&o);
	return st == ST_OK && k == NULL ? fault_set(f, ST_NO_MEMORY, NULL) : st;
}

/* What the review said of other devices and of backups was said of the key that it named, and must be of this one. */
static enum status is_the_same(struct step_env *e, const struct look *l, const struct key_result *said, struct fault *f)
{
	const struct key_result *k = ((const struct device_state *)run_state(e->run))->rows;

	if (said->key_ref == k->key_ref && strcmp(said->spki_sha256, k->spki_sha256) == 0 &&
	    (said->cmac[0] == '\0' || k->cmac[0] == '\0' || strcmp(said->cmac, k->cmac) == 0))
		return ST_OK;
	/* So that it is said of the right key the next time. */
	if (record_key_known(e->store, l, k, f) != ST_OK)
		return f->st;
	return fault_set(f, ST_REFUSED,
			 "The key \"%s\" on %s is not the one that was shown: another one has its place now. Nothing was deleted. Look "
			 "at it again first.", k->label, k->serial);
}

/* All of it is gone: what it was, the interrupted attempt had noted. */
static enum status take_gone(struct step_env *e, struct fault *f)
{
	struct key_delete *state = run_state(e->run);
	struct device_state *d = &state->device;
	struct key_result *k = d->n_rows > 0 ? d->rows : device_state_row(d);

	if (k == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	state->gone = true;
	snprintf(k->serial, sizeof(k->serial), "%s", d->look.serial);
	snprintf(k->label, sizeof(k->label), "%s", run_fact(e->run, "label"));
	snprintf(k->kind, sizeof(k->kind), "%.23s", run_fact(e->run, "kind"));
	k->key_ref = (int)strtol(run_fact(e->run, "ref"), NULL, 10);
	return ST_OK;
}

static enum status look(struct step_env *e, struct fault *f)
{
	SESSION s = { 0 };
	enum status st = session_open(e, LOOK_USER | LOOK_FIDS, &s, f);

	if (st == ST_OK && (st = find(e, &s, false, f)) == ST_NOT_FOUND && find_interrupted(e, "key delete"))
		st = take_gone(e, f);
	return st;
}

static enum status resume(struct step_env *e, struct fault *f)
{
	SESSION s = { 0 };
	enum status st = session_open(e, LOOK_USER | LOOK_FIDS, &s, f);

	if (st == ST_OK && (st = find(e, &s, false, f)) == ST_NOT_FOUND)
		st = take_gone(e, f);
	return st;
}

static enum status note(struct step_env *e, const struct key_result *k, struct fault *f)
{
	char ref[8];
	enum status st;

	snprintf(ref, sizeof(ref), "%d", k->key_ref);
	if ((st = run_note(e, "label", k->label, f)) != ST_OK || (st = run_note(e, "kind", k->kind, f)) != ST_OK)
		return st;
	return run_note(e, "ref", ref, f);
}

static enum status delete_all(struct step_env *e, uint8_t ref, struct fault *f)
{
	unsigned gone;
	enum status st;

	run_changed(e);
	st = card_delete_key(e->card, ref, &gone, f);
	if (st == ST_OK)
		return st;
	if (gone > 0)
		return fault_add(f, "The key itself is deleted; its description or certificate is left over. Delete it once more to "
				    "clean up.");
	if (st != ST_CARD_GONE)
		run_unchanged(e);
	return fault_add(f, "Look at what is on the device: it shows whether the key is still there.");
}

static enum status is_gone(struct step_env *e, uint8_t ref, struct fault *f)
{
	FIDS fids = { 0 };
	enum status st = card_enumerate(e->card, &fids, f);

	if (st != ST_OK)
		return fault_add(f, "The key was deleted, but that could not be read back.");
	if (fids_have(&fids, fid_of(FID_KEY, ref)) || fids_have(&fids, fid_of(FID_KEY_DESCRIPTION, ref)) ||
	    fids_have(&fids, fid_of(FID_KEY_CERT, ref)))
		return fault_set(f, ST_MISMATCH,
				 "The device says that it deleted the key, and still lists it. Take the device out, "
				 "plug it in again, and look "
				 "what is on it.");
	return ST_OK;
}

static enum status recorded(struct step_env *e, const struct look *l, struct fault *f)
{
	const struct device_state *d = run_state(e->run);
	enum status st = record_key_deleted(e->store, l, d->rows, f);

	if (st != ST_OK)
		fault_add(f, "The key was deleted; only the inventory does not know it yet. It will, when the device is next "
			     "looked at.");
	return st;
}

static enum status delete_key(struct step_env *e, struct fault *f)
{
	const struct key_delete *state = run_state(e->run);
	const struct device_state *d = &state->device;
	const struct key_result said = d->n_rows > 0 ? d->rows[0] : (struct key_result){ .key_ref = -1 };
	SESSION s = { 0 };
	enum status st;
	uint8_t ref;

	if ((st = session_open(e, state->gone ? LOOK_FIDS : LOOK_LOGIN | LOOK_FIDS, &s, f)) != ST_OK)
		return st;
	if (state->gone)   /* somebody else may have put another key there since */
		return fids_have(&s.fids, fid_of(FID_KEY, (uint8_t)d->rows->key_ref)) ? ST_OK : recorded(e, s.look, f);
	if ((st = find(e, &s, true, f)) != ST_OK || (st = is_the_same(e, s.look, &said, f)) != ST_OK ||
	    (st = note(e, d->rows, f)) != ST_OK)
		return st;
	ref = (uint8_t)d->rows->key_ref;
	if ((st = delete_all(e, ref, f)) != ST_OK || (st = is_gone(e, ref, f)) != ST_OK)
		return st;
	return recorded(e, s.look, f);
}

/* --- what is left of the key elsewhere --- */

static size_t tell_devices(struct store *store, const struct key_identity *key, const char *but, struct prose *out)
{
	struct object_filter filter = { .key = key };
	struct object_row *rows = NULL;
	size_t n = 0, elsewhere = 0;

	if (store_objects(store, &filter, &rows, &n, NULL) != ST_OK)
		return 0;
	for (size_t i = 0; i < n; i++) {
		if (rows[i].type != THING_KEY || strcmp(rows[i].serial, but) == 0)
			continue;
		prose_add(out, PROSE_ITEM, "on device %s, as last seen", rows[i].serial);
		elsewhere++;
	}
	free(rows);
	return elsewhere;
}

static size_t tell_backups(struct store *store, const struct key_identity *key, struct prose *out)
{
	static const char *const proven[] = {
		[PROOF_NONE] = N_("nothing is proven about it"),
		[PROOF_INTACT] = N_("its container can be read, nothing more is proven"),
		[PROOF_MATCHED] = N_("its check value is that of a known DKEK; it was never opened or "
				    "restored"),
		[PROOF_OPENED] = N_("it was opened with all shares"),
		[PROOF_RESTORED] = N_("it was restored and proven"),
	};
	struct backup_filter filter = { .key = key };
	struct backup_row *rows = NULL;
	char kcv[2 * STORE_KCV_LEN + 1], file[STORE_PLACE_MAX], name[STORE_PLACE_MAX + 200];
	size_t n = 0;

	if (store_backups(store, &filter, &rows, &n, NULL) != ST_OK)
		return 0;
	for (size_t i = 0; i < n; i++) {
		hex_upper(kcv, rows[i].kcv, sizeof(rows[i].kcv));
		text_clean(file, sizeof(file), rows[i].file, strlen(rows[i].file));
		snprintf(name, sizeof(name), file[0] != '\0' ? _("backup %lld under DKEK %s, file %s") :
			 _("backup %lld under DKEK %s"), (long long)rows[i].id, kcv, file);
		prose_add(out, PROSE_ITEM, "%s: %s", name, translated(proven[rows[i].proof]));
	}
	free(rows);
	return n;
}

static void review(const struct run *r, struct prose *out)
{
	const struct device_state *d = run_state(r);
	const struct key_result *k = d->rows;
	struct key_identity id;
	size_t devices = 0, backups = 0;

	if (k == NULL)
		return;
	id = identity_of_result(k);
	if (k->subject[0] != '\0')
		prose_add(out, PROSE_WARNING,
			  "The key \"%s\" (%s, CKA_ID %s) will be deleted from %s, with its description and its certificate for %s, "
			  "until %s. The device cannot bring them back.",
			  k->label, k->kind, k->id, k->serial, k->subject, k->until);
	else
		prose_add(out, PROSE_WARNING,
			  "The key \"%s\" (%s, CKA_ID %s) will be deleted from %s, with its description. The device cannot bring it back.",
			  k->label, k->kind, k->id, k->serial);
	if (run_env(r)->store != NULL && id.len > 0) {
		prose_add(out, PROSE_PLAIN, "What the inventory knows of this key elsewhere:");
		devices = tell_devices(run_env(r)->store, &id, k->serial, out);
		backups = tell_backups(run_env(r)->store, &id, out);
	}
	if (devices == 0 && backups == 0)
		prose_add(out, PROSE_WARNING,
			  "Nothing: no other device and no backup is known to have this key. When it is deleted here, "
			  "it is gone for "
			  "good, and with it everything that only this key can sign or decipher.");
}

static const char *confirm(const struct run *r)
{
	const struct device_state *d = run_state(r);

	return d->look.serial[0] != '\0' ? d->look.serial : run_serial(r);
}

static void outcome(const struct run *r, struct prose *out)
{
	const struct device_state *d = run_state(r);

	prose_add(out, PROSE_DONE, "The key \"%s\" (%s) was deleted from %s, and the device does not list it any more.",
		  d->rows->label, d->rows->kind, d->rows->serial);
}

static void tell_pin(const struct run *r, unsigned index, struct prose *out)
{
	(void)index;
	session_tell_user(r, out);
}

static const struct step look_step = {
	.name = "look", .words = N_("Find the key"), .where = ON_DEVICE, .fn = look,
};

static const struct step resume_step = {
	.name = "resume", .words = N_("Find out how far it came"), .where = ON_DEVICE, .fn = resume,
};

static const struct question key_questions[] = {
	{
		.name = "id",
		.value = "HEX",
		.ask = ASK_OBJECTS,
		.max = 1,
		.words = N_("Key"),
		.choices_of = find_choices,
		.check = check_id,
		.help = N_("Which key is to be deleted, by its CKA_ID. Before anything happens you see where else the key "
			"is and which backups of it "
			"are known."),
	},
	{ .name = NULL },
};

static const struct question pin_questions[] = { QUESTION_PIN, { .name = NULL } };

static unsigned pin_pages(const struct run *r)
{
	return ((const struct key_delete *)run_state(r))->gone ? 0 : 1;
}

static const struct page pages[] = {
	{ .name = N_("Key"), .title = N_("Which key"), .questions = key_questions, .work = &look_step },
	{ .name = N_("User PIN"), .title = N_("The user PIN"), .questions = pin_questions, .text = tell_pin, .repeat = pin_pages },
	{ .name = NULL },
};

static const struct step steps[] = {
	{ .name = "delete",
	  .words = N_("Delete the key, read back that it is gone"),
	  .where = ON_DEVICE,
	  .uninterruptible = true,
	  .fn = delete_key },
	{ .name = NULL },
};

const struct procedure procedure_key_delete = {
	.name = "key delete",
	.command = "key delete",
	.title = N_("Delete a key"),
	.summary = N_("delete a key from the device"),
	.on_device = true,
	.pages = pages,
	.steps = steps,
	.state_size = sizeof(struct key_delete),
	.state_done = device_state_done,
	.review = review,
	.confirm = confirm,
	.outcome = outcome,
	.resume = &resume_step,
};
