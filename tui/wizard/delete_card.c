/* On the card: the backups first, where they are wanted, and then one object after the other. */
#include "tui/wizard/delete.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/file.h"
#include "tui/wizard/backup.h"
#include "tui/wizard/record.h"

/* An attempt stopped between the certificate of a key and what takes its place. */
static bool is_to_be_replaced(const struct delete_one *one, const struct fids *fids)
{
	return one->kind == DELETE_CERT_OF_KEY && one->request.n > 0 && !fids_have(fids, one->content) &&
	       fids_have(fids, fid_of(FID_KEY, (uint8_t)one->content));
}

static bool needs_login(const struct deletion *d, const struct fids *fids)
{
	for (size_t i = 0; i < d->device.n_rows; i++) {
		if (!d->one[i].gone || is_to_be_replaced(&d->one[i], fids))
			return true;
	}
	return false;
}

/* Finds those again that were shown, and then logs in: what can be refused is, before a PIN is sent. */
static enum status open_again(struct step_env *e, struct session *s, unsigned want, struct fault *f)
{
	enum status st = session_open(e, want | LOOK_USER | LOOK_FIDS, s, f);

	if (st != ST_OK || (st = delete_find(e, s, false, run_is_resumed(e->run), f)) != ST_OK ||
	    !needs_login(run_state(e->run), &s->fids))
		return st;
	st = session_log_in(e, s, want | LOOK_USER, f);
	return st == ST_OK ? delete_find_secrets(e, s, f) : st;
}

/* --- the backups --- */

/* In the inventory, byte for byte. The file, where there is one, was read back when it was written. */
static enum status is_kept(struct step_env *e, const struct key_result *k, const struct buf *file, struct fault *f)
{
	uint8_t *data = NULL;
	size_t n = 0;
	enum status st;

	if (strcmp(k->proof, "matched") != 0)
		return fault_set(f, ST_MISMATCH, "The backup of \"%s\" could not be matched with the device's DKEK.", k->label);
	if (e->store == NULL)
		return fault_set(f, ST_STORE, "The inventory is not open.");
	st = store_backup_data(e->store, strtoll(k->backup, NULL, 10), &data, &n, f);
	if (st == ST_OK && !cur_equal(buf_view(file), data, n))
		st = fault_set(f, ST_MISMATCH, "The backup of \"%s\" does not read back the same.", k->label);
	free(data);
	return st;
}

static enum status back_up(struct step_env *e, struct session *s, struct delete_one *one, struct key_result *k, struct fault *f)
{
	BUF file = { 0 };
	enum status st;

	/* Not what is left of one that was deleted half way. */
	if (one->kind != DELETE_KEY || one->gone || !fids_have(&s->fids, one->content))
		return ST_OK;
	st = backup_wrap(e, s, &one->o, k, &file, f);
	return st == ST_OK ? is_kept(e, k, &file, f) : st;
}

static enum status back_up_all(struct step_env *e, struct session *s, struct fault *f)
{
	struct deletion *d = run_state(e->run);
	const char *dir = run_get(e->run, "out", 0);
	enum status st = session_need_dkek(s->look, f);

	if (st == ST_OK && dir[0] != '\0')
		st = file_make_dir(dir, f);
	for (size_t i = 0; i < d->device.n_rows && st == ST_OK; i++) {
		job_progress(e->job, (unsigned)i, (unsigned)d->device.n_rows, "");
		if (job_cancelled(e->job))
			return fault_set(f, ST_CANCELLED, NULL);
		st = back_up(e, s, &d->one[i], &d->device.rows[i], f);
	}
	return st;
}

enum status delete_back_up(struct step_env *e, struct fault *f)
{
	SESSION s = { 0 };
	enum status st = open_again(e, &s, LOOK_DKEK, f);

	if (st == ST_OK)
		st = back_up_all(e, &s, f);
	if (st == ST_OK)
		return run_note(e, "saved", "yes", f);
	/* Backups that were made stay, and are nothing that is half done. */
	if (!run_is_resumed(e->run))
		run_unchanged(e);
	return fault_add(f, "Nothing was deleted.");
}

/* --- what is written down --- */

/* Before anything is deleted. The public key of a key may be known from nowhere but its certificate. */
static enum status keep(struct step_env *e, const struct session *s, unsigned i, struct fault *f)
{
	const struct delete_one *one = &((const struct deletion *)run_state(e->run))->one[i];
	enum status st;

	if (one->gone || one->with_key)
		return ST_OK;
	if (one->kind == DELETE_CERT_OF_KEY && e->store == NULL && one->request.n == 0)
		return fault_set(f, ST_REFUSED, "The certificate holds the key's public key, and there is no inventory in which that could "
				 "be kept. Nothing was deleted. Mend the inventory first.");
	/* What an attempt left of it is no object: the inventory has it as it was. */
	if (one->o.type != OBJECT_STRAY && one->content != 0 && (st = record_kept(e->store, s->look, &one->o, f)) != ST_OK)
		return fault_add(f, "What is to be deleted could not be written into the inventory, so nothing was.");
	return delete_note(e, i, f);
}

static enum status record_cert(struct step_env *e, struct session *s, const struct delete_one *one, const struct key_result *k,
			       struct fault *f)
{
	const struct key_identity key = identity_of_result(k);
	struct object now = { 0 };
	bool has_now = false;
	char words[1600];
	enum status st = ST_OK;

	if (one->kind == DELETE_CERT_OF_KEY && fids_have(&s->fids, fid_of(FID_KEY, (uint8_t)one->content))) {
		st = card_object_key(s->card, &s->fids, (uint8_t)one->content, &now, f);
		has_now = st == ST_OK;
	}
	if (has_now && now.has_key && now.cert != NULL)
		st = fault_set(f, ST_MISMATCH, "The device says that the certificate is deleted, and still has one there. Take the device "
			       "out, plug it in again, and look what is on it.");
	if (k->subject[0] == '\0')
		snprintf(words, sizeof(words), _("The certificate \"%s\", which was damaged, was deleted from %s."), k->label, k->serial);
	else
		snprintf(words, sizeof(words), has_now && now.request != REQUEST_NONE ?
			 _("The certificate for %s was deleted from %s; the request of the key's generation is in its place.") :
			 _("The certificate for %s was deleted from %s."), k->subject, k->serial);
	if (st == ST_OK)
		st = record_thing_gone(e->store, s->look, THING_CERTIFICATE, one->content != 0 ? one->content : one->description,
				       has_now ? &now : NULL, &key, "cert.deleted", words, f);
	object_done(&now);
	return st;
}

static enum status record_data(struct step_env *e, struct session *s, const struct delete_one *one, const struct key_result *k,
			       struct fault *f)
{
	char words[600];

	snprintf(words, sizeof(words), _("The data object \"%s\" was deleted from %s."), k->label, k->serial);
	return record_thing_gone(e->store, s->look, THING_DATA, one->content != 0 ? one->content : one->description, NULL, NULL,
				 "data.deleted", words, f);
}

static enum status recorded(struct step_env *e, struct session *s, const struct delete_one *one, const struct key_result *k,
			    struct fault *f)
{
	enum status st = one->kind == DELETE_KEY    ? record_key_deleted(e->store, s->look, k, f)
			 : one->kind == DELETE_DATA ? record_data(e, s, one, k, f)
						    : record_cert(e, s, one, k, f);

	if (st != ST_OK && st != ST_MISMATCH && st != ST_CARD_GONE)
		fault_add(f, "It was deleted; only the inventory does not know it yet. It will, when the device is next looked at.");
	return st;
}

/* An earlier attempt deleted it: did the inventory hear of that? Somebody else may have put something else there since. */
static enum status record_gone(struct step_env *e, struct session *s, const struct delete_one *one, const struct key_result *k,
			       struct fault *f)
{
	struct object_filter filter = { .device = s->look->serial };
	struct object_row *rows = NULL;
	bool known = false;
	size_t n = 0;

	if (e->store == NULL || (one->kind != DELETE_CERT_OF_KEY && fids_have(&s->fids, one->content)))
		return ST_OK;
	if (store_objects(e->store, &filter, &rows, &n, f) != ST_OK)
		return f->st;
	for (size_t i = 0; i < n; i++)
		known |= one->kind == DELETE_KEY ? rows[i].type == THING_KEY && rows[i].key_ref == k->key_ref
						 : rows[i].type != THING_KEY && rows[i].fid == one->content;
	free(rows);
	return known ? recorded(e, s, one, k, f) : ST_OK;
}

/* --- deleting --- */

/*
 * A key goes with its certificate and its description, in this order, anything else as its content and then its description: a
 * stop in between leaves the description, by which the rest is found again. In the place of a key's certificate comes the
 * request of the key's generation, where that is known, as it was before there was a certificate.
 */
static enum status delete_files(struct session *s, const struct delete_one *one, unsigned *ret_gone, struct fault *f)
{
	enum status st;

	*ret_gone = 0;
	if (one->kind == DELETE_KEY)
		return card_delete_key(s->card, (uint8_t)one->content, ret_gone, f);
	if (one->kind != DELETE_CERT_OF_KEY)
		return card_delete_described(s->card, one->content, one->description, ret_gone, f);
	st = one->request.n > 0 ? card_write_file(s->card, one->content, buf_view(&one->request), WRITE_REPLACE, f)
				: card_delete(s->card, one->content, f);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status what_is_left(const struct delete_one *one, unsigned gone, struct fault *f)
{
	if (one->kind == DELETE_CERT_OF_KEY)
		return fault_add(f, "The key itself is as before.");
	if (gone == 0)
		return fault_add(f, "Whether it is still there, the device's list shows.");
	return fault_add(f, one->kind == DELETE_KEY
				    ? N_("The key itself is deleted; its description or certificate is left over. Delete it once more to "
					 "clean up.")
				    : N_("Its content is deleted; its description is left over. Delete it once more to clean up."));
}

static enum status is_gone(struct session *s, const struct delete_one *one, struct fault *f)
{
	const uint8_t ref = (uint8_t)one->content;
	const uint16_t files[] = {
		one->kind == DELETE_CERT_OF_KEY && one->request.n > 0 ? 0 : one->content, one->description,
		one->kind == DELETE_KEY ? fid_of(FID_KEY_DESCRIPTION, ref) : 0, one->kind == DELETE_KEY ? fid_of(FID_KEY_CERT, ref) : 0,
	};
	enum status st = session_list(s, f);

	if (st != ST_OK)
		return fault_add(f, "It was deleted, but that could not be read back.");
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (files[i] != 0 && fids_have(&s->fids, files[i]))
			return fault_set(f, ST_MISMATCH, "The device says that it deleted the object, and still lists it. Take the device "
					 "out, plug it in again, and look what is on it.");
	}
	return ST_OK;
}

/* before: how many this run has deleted. */
static enum status delete_one(struct step_env *e, struct session *s, unsigned i, unsigned before, struct fault *f)
{
	struct deletion *d = run_state(e->run);
	struct delete_one *one = &d->one[i];
	const struct key_result *k = &d->device.rows[i];
	char name[16];
	unsigned gone;
	enum status st;

	if (one->gone && !is_to_be_replaced(one, &s->fids))
		return record_gone(e, s, one, k, f);
	run_changed(e);
	if ((st = delete_files(s, one, &gone, f)) != ST_OK) {
		/* What the device refused, with a status word, is as it was; nothing at all was changed before it. */
		if (one->kind != DELETE_CERT_OF_KEY && gone == 0 && st != ST_CARD_GONE && f->sw != 0 && before == 0 &&
		    !run_is_resumed(e->run))
			run_unchanged(e);
		return what_is_left(one, gone, f);
	}
	if ((st = is_gone(s, one, f)) != ST_OK)
		return st;
	snprintf(name, sizeof(name), "file.%u", i);
	if (one->content == 0)   /* of what an attempt left, that had noted it */
		one->content = (uint16_t)strtoul(run_fact(e->run, name), NULL, 16);
	return recorded(e, s, one, k, f);
}

enum status delete_all(struct step_env *e, struct fault *f)
{
	const struct deletion *d = run_state(e->run);
	const unsigned n = (unsigned)d->device.n_rows;
	unsigned done = 0;
	SESSION s = { 0 };
	enum status st = open_again(e, &s, 0, f);

	for (unsigned i = 0; i < n && st == ST_OK; i++)
		st = keep(e, &s, i, f);
	if (st != ST_OK)
		return st;
	for (unsigned i = 0; i < n && st == ST_OK; i++) {
		job_progress(e->job, i, n, "");
		if (d->one[i].with_key)
			continue;
		if ((st = delete_one(e, &s, i, done, f)) == ST_OK)
			done++;
		else if (n > 1)
			fault_add(f, "%u of %u objects were deleted before.", done, n);
	}
	return st;
}
