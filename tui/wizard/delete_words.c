/* What is said before anything is deleted, and afterwards: of a key, above all, what is left of it elsewhere. */
#include "tui/wizard/delete.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"
#include "engine/base/words.h"
#include "tui/wizard/record.h"

static bool backs_up(const struct run *r)
{
	return run_is(r, "backup-first", "1");
}

/* A script sees warnings only, and is to see this too. */
static enum prose_role item(const struct run *r)
{
	return run_env(r)->script ? PROSE_WARNING : PROSE_ITEM;
}

static size_t tell_devices(const struct run *r, const struct key_identity *key, const char *but, struct prose *out)
{
	struct object_filter filter = { .key = key };
	struct object_row *rows = NULL;
	size_t n = 0, elsewhere = 0;

	if (store_objects(run_env(r)->store, &filter, &rows, &n, NULL) != ST_OK)
		return 0;
	for (size_t i = 0; i < n; i++) {
		if (rows[i].type != THING_KEY || strcmp(rows[i].serial, but) == 0)
			continue;
		prose_add(out, item(r), "It is also on device %s, as last seen.", rows[i].serial);
		elsewhere++;
	}
	free(rows);
	return elsewhere;
}

static size_t tell_backups(const struct run *r, const struct key_identity *key, struct prose *out)
{
	static const char *const proven[] = {
		[PROOF_NONE] = N_("Nothing is proven about it."),
		[PROOF_INTACT] = N_("Its container can be read, nothing more is proven."),
		[PROOF_MATCHED] = N_("Its check value is that of a known DKEK; it was never opened or restored."),
		[PROOF_OPENED] = N_("It was opened with all shares."),
		[PROOF_RESTORED] = N_("It was restored and proven."),
	};
	struct backup_filter filter = { .key = key };
	struct backup_row *rows = NULL;
	char kcv[2 * STORE_KCV_LEN + 1], file[STORE_PLACE_MAX];
	size_t n = 0;

	if (store_backups(run_env(r)->store, &filter, &rows, &n, NULL) != ST_OK)
		return 0;
	for (size_t i = 0; i < n; i++) {
		hex_upper(kcv, rows[i].kcv, sizeof(rows[i].kcv));
		text_clean(file, sizeof(file), rows[i].file, strlen(rows[i].file));
		if (file[0] != '\0')
			prose_add(out, item(r), "There is the backup %lld under the DKEK %s, file %s. %s", (long long)rows[i].id, kcv, file,
				  translated(proven[rows[i].proof]));
		else
			prose_add(out, item(r), "There is the backup %lld under the DKEK %s. %s", (long long)rows[i].id, kcv,
				  translated(proven[rows[i].proof]));
	}
	free(rows);
	return n;
}

static bool is_deleted_too(const struct deletion *d, unsigned fid)
{
	for (size_t i = 0; i < d->device.n_rows; i++) {
		if (!d->one[i].gone && (d->one[i].content == fid || d->one[i].description == fid))
			return true;
	}
	return false;
}

/* Other programs show a certificate with the key's CKA_ID as the key's, wherever it is. */
static void tell_certificates(const struct run *r, const struct key_result *k, struct prose *out)
{
	const struct deletion *d = run_state(r);
	struct object_filter filter = { .device = k->serial };
	struct object_row *rows = NULL;
	char id[RESULT_ID_MAX], subject[STORE_LABEL_MAX];
	size_t n = 0;

	if (store_objects(run_env(r)->store, &filter, &rows, &n, NULL) != ST_OK)
		return;
	for (size_t i = 0; i < n; i++) {
		hex_lower(id, rows[i].id, rows[i].id_len);
		if (rows[i].type != THING_CERTIFICATE || (rows[i].fid & 0xff00) == FID_KEY_CERT || strcmp(id, k->id) != 0 ||
		    id[0] == '\0' || is_deleted_too(d, rows[i].fid))
			continue;
		text_clean(subject, sizeof(subject), rows[i].subject, strlen(rows[i].subject));
		prose_add(out, item(r), "The certificate for %s has the same CKA_ID, but stands by itself: it stays.", subject);
	}
	free(rows);
}

static void review_key(const struct run *r, const struct key_result *k, struct prose *out)
{
	const struct key_identity id = identity_of_result(k);
	size_t devices = 0, backups = 0;

	if (k->subject[0] != '\0')
		prose_add(out, PROSE_WARNING,
			  "The key \"%s\" (%s, CKA_ID %s) will be deleted from %s, with its description and its certificate for %s, "
			  "until %s. The device cannot bring them back.",
			  k->label, k->kind, k->id, k->serial, k->subject, k->until);
	else
		prose_add(out, PROSE_WARNING,
			  "The key \"%s\" (%s, CKA_ID %s) will be deleted from %s, with its description. The device cannot bring it back.",
			  k->label, k->kind, k->id, k->serial);
	if (run_env(r)->store != NULL)
		tell_certificates(r, k, out);
	if (run_env(r)->store != NULL && id.len > 0) {
		devices = tell_devices(r, &id, k->serial, out);
		backups = tell_backups(r, &id, out);
	}
	if (devices > 0 || backups > 0 || backs_up(r))
		return;
	prose_add(out, PROSE_WARNING,
		  "No other device and no backup is known to have this key. When it is deleted here, it is gone for good, and with it "
		  "everything that only this key can sign or decipher.");
}

static void review_cert(const struct delete_one *one, const struct key_result *k, struct prose *out)
{
	if (k->subject[0] != '\0')
		prose_add(out, PROSE_WARNING, "The certificate for %s, until %s, will be deleted from %s. The device cannot bring it back.",
			  k->subject, k->until, k->serial);
	else
		prose_add(out, PROSE_WARNING, "The certificate \"%s\", which is damaged, will be deleted from %s.", k->label, k->serial);
	if (one->kind == DELETE_CERT) {
		prose_add(out, PROSE_PLAIN, "It belongs to no key of the device. Backups have keys and their certificates only: where "
			  "this one is in no other place, it is gone for good.");
		return;
	}
	prose_add(out, PROSE_PLAIN, "The key \"%s\" itself stays, and can be used as before.", k->label);
	if (one->request.n > 0)
		prose_add(out, PROSE_PLAIN, "The request that was made together with the key takes the certificate's place again, so that "
			  "other programs still find its public key.");
	else
		prose_add(out, PROSE_WARNING, "The certificate is all on the device that shows the key's public key: without it some "
			  "programs cannot use the key until it gets a certificate again. The inventory keeps the public key.");
	if (one->backups > 0)
		prose_add(out, PROSE_PLAIN,
			  translated_n("%zu backup of the key has this certificate in it.",
				       "%zu backups of the key have this certificate in them.", one->backups),
			  one->backups);
	else
		prose_add(out, PROSE_WARNING, "No backup that the inventory knows has this certificate in it. Where it is in no other "
			  "place, it is gone for good, and has to be issued again.");
}

static void review_one(const struct run *r, const struct delete_one *one, const struct key_result *k, const char *wanted,
		       struct prose *out)
{
	if (one->gone)
		prose_add(out, PROSE_PLAIN, "\"%s\" is gone already: an attempt that was interrupted deleted it. What that left undone "
			  "will be done.", k->label[0] != '\0' ? k->label : k->subject[0] != '\0' ? k->subject : wanted);
	else if (one->left_over)
		prose_add(out, PROSE_WARNING, "\"%s\" is left over, and belongs to nothing that is on %s. It will be deleted there.",
			  k->label[0] != '\0' ? k->label : wanted, k->serial);
	else if (one->kind == DELETE_KEY)
		review_key(r, k, out);
	else if (one->kind == DELETE_DATA)
		prose_add(out, PROSE_WARNING,
			  translated_n("The data object \"%s\" (%u byte) will be deleted from %s. The device cannot bring it back, and no "
				       "backup made here has it: backups have keys only. Where its content is in no other place, it is "
				       "gone for good.",
				       "The data object \"%s\" (%u bytes) will be deleted from %s. The device cannot bring it back, and no "
				       "backup made here has it: backups have keys only. Where its content is in no other place, it is "
				       "gone for good.",
				       k->size), k->label, k->size, k->serial);
	else if (!one->with_key)
		review_cert(one, k, out);
}

void delete_review(const struct run *r, struct prose *out)
{
	const struct deletion *d = run_state(r);

	if (backs_up(r) && !d->saved && delete_has_key(r))
		prose_add(out, PROSE_PLAIN, "First each key is backed up, and its backup is read back and matched with the device's DKEK. "
			  "Where that fails, nothing is deleted.");
	for (unsigned i = 0; i < d->device.n_rows; i++)
		review_one(r, &d->one[i], &d->device.rows[i], delete_wanted(r, i), out);
}

/* --- afterwards --- */

static void deleted_key(const struct key_result *k, struct prose *out)
{
	if (k->backup[0] != '\0' && k->file[0] != '\0')
		prose_add(out, PROSE_DONE, "The key \"%s\" (%s) was backed up: backup %s, file %s.", k->label, k->kind, k->backup, k->file);
	else if (k->backup[0] != '\0')
		prose_add(out, PROSE_DONE, "The key \"%s\" (%s) was backed up: backup %s, in the inventory.", k->label, k->kind, k->backup);
	if (k->subject[0] != '\0')
		prose_add(out, PROSE_DONE, "The key \"%s\" (%s) was deleted from %s together with its certificate, and the device does not "
			  "list them any more.", k->label, k->kind, k->serial);
	else
		prose_add(out, PROSE_DONE, "The key \"%s\" (%s) was deleted from %s, and the device does not list it any more.", k->label,
			  k->kind, k->serial);
}

static void deleted_cert(const struct delete_one *one, const struct key_result *k, struct prose *out)
{
	if (k->subject[0] != '\0')
		prose_add(out, PROSE_DONE, "The certificate for %s was deleted from %s, and the device does not list it any more.",
			  k->subject, k->serial);
	else
		prose_add(out, PROSE_DONE, "The certificate \"%s\", which was damaged, was deleted from %s, and the device does not list "
			  "it any more.", k->label, k->serial);
	if (one->kind == DELETE_CERT_OF_KEY && one->request.n > 0)
		prose_add(out, PROSE_PLAIN, "The key has the request of its generation in the place of the certificate.");
	else if (one->kind == DELETE_CERT_OF_KEY)
		prose_add(out, PROSE_PLAIN, "The key is still there. Its public key is in the inventory, and no longer on the device.");
}

void delete_outcome(const struct run *r, struct prose *out)
{
	const struct deletion *d = run_state(r);

	for (size_t i = 0; i < d->device.n_rows; i++) {
		const struct delete_one *one = &d->one[i];
		const struct key_result *k = &d->device.rows[i];

		if (one->left_over)
			prose_add(out, PROSE_DONE, "\"%s\", which was left over, was deleted from %s, and the device does not list it any "
				  "more.", k->label[0] != '\0' ? k->label : delete_wanted(r, (unsigned)i), k->serial);
		else if (one->kind == DELETE_KEY)
			deleted_key(k, out);
		else if (one->kind == DELETE_DATA)
			prose_add(out, PROSE_DONE, "The data object \"%s\" was deleted from %s, and the device does not list it any more.",
				  k->label, k->serial);
		else if (!one->with_key)
			deleted_cert(one, k, out);
	}
}

/* Before a person decides whether a backup comes first. */
void delete_tell_unbacked(const struct run *r, unsigned index, struct prose *out)
{
	const struct deletion *d = run_state(r);

	(void)index;
	if (run_env(r)->script)
		return;
	prose_add(out, PROSE_PLAIN, "The keys can be saved as backups right before they are deleted. What is known of each one stands "
		  "in the review, before anything happens.");
	for (size_t i = 0; i < d->device.n_rows; i++) {
		const struct key_result *k = &d->device.rows[i];
		const struct key_identity id = identity_of_result(k);
		struct backup_filter filter = { .key = &id };
		size_t n = 0;

		if (d->one[i].kind != DELETE_KEY || d->one[i].gone ||
		    (id.len > 0 && store_backups_count(run_env(r)->store, &filter, &n, NULL) == ST_OK && n > 0))
			continue;
		prose_add(out, PROSE_WARNING, "No backup of \"%s\" (%s) is known.", k->label, k->kind);
	}
}
