/* The inside of backup: a key wrapped, judged and kept. Clone and key delete begin with it too. */
#include "tui/wizard/backup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/file.h"
#include "engine/base/words.h"
#include "engine/card/keys.h"
#include "engine/keys/wrapped.h"
#include "store/run.h"
#include "tui/wizard/find.h"
#include "tui/wizard/key_type.h"
#include "tui/wizard/record.h"

#define NAME_LABEL_MAX 60     /* bytes of a label in a file's name */
#define NAME_ID_MAX 8         /* hex digits of the CKA_ID */
#define NAME_TRIES 1000
#define HEADERS 8             /* bytes of the sequence's and the blob's, where it comes to that */
#define FILE_SUFFIX ".wky"    /* as the vendor's shell calls them */

/* --- file names --- */

/* What no shell, file system or person trips over; letters of any script stay. */
static void name_of_label(const char *label, char out[static NAME_LABEL_MAX + 1])
{
	size_t n = 0;

	for (const unsigned char *p = (const unsigned char *)label; *p != '\0' && n < NAME_LABEL_MAX; p++) {
		const bool plain = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') ||
				   *p >= 0x80 || (strchr("._-+=@", *p) != NULL && n > 0);

		out[n++] = plain ? (char)*p : '_';
	}
	/* A letter of several bytes is not cut in two. */
	while (n == NAME_LABEL_MAX && n > 0 && ((unsigned char)label[n] & 0xc0) == 0x80) {
		do
			n--;
		while (n > 0 && ((unsigned char)label[n] & 0xc0) == 0x80);
	}
	out[n] = '\0';
}

static enum status free_name(const char *dir, const struct key_result *k, char *out, size_t cap, struct fault *f)
{
	char label[NAME_LABEL_MAX + 1], stem[NAME_LABEL_MAX + 40];
	enum status st = ST_FILE_EXISTS;

	name_of_label(k->label[0] != '\0' ? k->label : "key", label);
	if (k->id[0] != '\0')
		snprintf(stem, sizeof(stem), "%s-%.*s", label, NAME_ID_MAX, k->id);
	else
		snprintf(stem, sizeof(stem), "%s-ref%d", label, k->key_ref);
	for (unsigned i = 1; i <= NAME_TRIES && st == ST_FILE_EXISTS; i++) {
		char number[16] = "";
		int n;

		if (i > 1)
			snprintf(number, sizeof(number), "-%u", i);
		n = snprintf(out, cap, "%s/%s%s%s", dir, stem, number, FILE_SUFFIX);
		if (n < 0 || (size_t)n >= cap)
			return fault_set(f, ST_BAD_FORM, "The name of the folder is too long.");
		st = file_check_new(out, f);
	}
	return st;
}

/* --- one key --- */

/* What the wrapped key itself says: it must be under this device's DKEK. */
static enum status judge(struct session *s, const struct object *o, const struct wrapped *w, struct key_result *k,
			 enum proof_level *ret, struct fault *f)
{
	static const enum key_algorithm algorithms[] = { KEY_RSA, KEY_EC, KEY_AES };
	const struct dkek_status *d = &s->look->dkek;

	hex_upper(k->dkek_kcv, w->blob.kcv, KCV_LEN);
	/* Where description and certificate say different things of it, neither says what must come out. */
	for (size_t i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]) && (o->damage & OBJECT_OTHER_KIND) == 0; i++) {
		if (strcmp(k->algorithm, key_algorithm_word(algorithms[i])) == 0 && !blob_may_hold(&w->blob, algorithms[i], k->size))
			return fault_set(f, ST_DAMAGED,
					 "What the device gave for the key \"%s\" cannot be a wrapped key of its kind and size. It was not "
					 "saved; the key on the device is unharmed.", k->label);
	}
	wrapped_damage_words(w->damage, k->remark, sizeof(k->remark));
	if (!d->kcv_shown) {
		snprintf(k->remark, sizeof(k->remark),
			 "%s",
			 _("The device does not show the check value of its DKEK, so that it could not be compared."));
		*ret = PROOF_INTACT;
		return ST_OK;
	}
	if (!session_has_kcv(s, w->blob.kcv))
		return fault_set(f, ST_OTHER_DKEK,
				 "The device wrapped the key \"%s\" under another key than its DKEK (check value %s). "
				 "The wrapped key was not "
				 "saved.",
				 k->label, k->dkek_kcv);
	if (dkek_kcv_is_zero(w->blob.kcv))
		snprintf(k->remark, sizeof(k->remark), "%s",
			 _("The DKEK of this device is nothing but zeros, which everybody knows: whoever gets this backup has the key."));
	*ret = PROOF_MATCHED;
	return ST_OK;
}

static enum status save(struct step_env *e, struct session *s, const struct object *o, struct cur file, struct key_result *k,
			struct fault *f)
{
	const char *dir = run_get(e->run, "out", 0);
	enum proof_level proof = PROOF_NONE;
	struct wrapped w;
	enum status st;

	if ((st = wrapped_parse(file, &w, f)) != ST_OK)
		return fault_add(f, "This is what the device gave for the key \"%s\"; it was not saved.", k->label);
	if ((st = judge(s, o, &w, k, &proof, f)) != ST_OK)
		return st;
	run_changed(e);
	if (dir[0] != '\0') {
		char name[sizeof(k->file)];

		if ((st = free_name(dir, k, name, sizeof(name), f)) != ST_OK ||
		    (st = file_write_new(name, file, f)) != ST_OK)
			return st;
		snprintf(k->file, sizeof(k->file), "%s", name);
	}
	if ((st = record_backup(e->store, s->look, true, &w, file, k, proof, f)) != ST_OK && k->file[0] != '\0')
		fault_add(f, "The wrapped key is whole in %s; only the inventory does not know it.", k->file);
	return st;
}

/*
 * Every tool that restores keys must be able to read the file: what would make it too large for them stays behind. There is
 * another way for a certificate, and none for a key.
 */
static bool leave_out_what_is_too_large(struct cur blob, struct cur *prkd, struct cur *cert)
{
	const size_t room = WRAPPED_COMMON - HEADERS;
	bool left_out = false;

	if (blob.n + prkd->n + cert->n > room) {
		*cert = cur_of("", 0);
		left_out = true;
	}
	if (blob.n + prkd->n > room)
		*prkd = cur_of("", 0);
	return left_out;
}

enum status backup_wrap(struct step_env *e, struct session *s, struct object *o, struct key_result *k, struct buf *ret_file,
			struct fault *f)
{
	struct cur prkd = wrapped_part(buf_view(&o->description)), cert = wrapped_part(buf_view(&o->content));
	const bool damaged = (o->description.n > 0 && prkd.n == 0) || (o->content.n > 0 && cert.n == 0);
	struct object_row known;
	bool left_out;
	BUF blob = { 0 };
	BUF file = { 0 };
	enum status st;

	if ((st = card_wrap(s->card, o->number, &blob, f)) != ST_OK)
		return st;
	if (o->has_algorithm && o->algorithm == KEY_AES && (st = find_secret(s, e->store, o, f)) != ST_OK)
		return st;
	if (o->has_cmac)
		hex_lower(k->cmac, o->cmac, sizeof(o->cmac));
	else if (k->spki_sha256[0] == '\0' && find_known(e->store, s->look->serial, o, &known) &&
		 known.key.len == STORE_SPKI_LEN && strcmp(known.algorithm, k->algorithm) == 0)
		identity_to_result(&known.key, k);   /* no public key on the device: the inventory knows whose backup it is */
	left_out = leave_out_what_is_too_large(buf_view(&blob), &prkd, &cert);
	if ((st = wrapped_build(buf_view(&blob), prkd, cert, &file, f)) != ST_OK)
		return st;
	if (ret_file != NULL)
		buf_cur(ret_file, buf_view(&file));
	if (ret_file != NULL && ret_file->failed)
		return fault_set(f, ST_NO_MEMORY, NULL);
	st = save(e, s, o, buf_view(&file), k, f);
	/* Bytes that are no object at all: what matters is the key. */
	if (st == ST_OK && damaged)
		snprintf(k->remark, sizeof(k->remark), "%s",
			 _("What the device keeps as this key's description or certificate is damaged, and was left out of the file. The "
			   "wrapped key itself is whole."));
	else if (st == ST_OK && left_out)
		snprintf(k->remark, sizeof(k->remark), "%s",
			 _("The certificate of this key is so large that other programs could not read the backup with it in it, and "
			   "was left out. The wrapped key itself is whole. Keep the certificate in a file of its own."));
	return st;
}

/* Where this run puts its files, and still there. Without a folder the inventory has it. */
static bool is_in_folder(const char *dir, const char *file)
{
	const size_t n = strlen(dir);

	return n == 0 || (strncmp(file, dir, n) == 0 && file[n] == '/' && access(file, R_OK) == 0);
}

/* Saved by the run that was interrupted. Its time alone does not say so: another one may have ended in the same second. */
bool backup_is_saved(struct step_env *e, const struct key_result *k, const struct look *l, int64_t since, int64_t *ret)
{
	const struct key_identity id = identity_of_result(k);
	struct backup_filter filter = { .key = &id, .device = l->serial };
	struct backup_row *rows = NULL;
	bool saved = false;
	size_t n = 0;

	if (since == 0 || e->store == NULL || id.len == 0 ||
	    store_backups(e->store, &filter, &rows, &n, NULL) != ST_OK)
		return false;
	for (size_t i = 0; i < n && !saved; i++) {
		saved = rows[i].made_at >= since && is_in_folder(run_get(e->run, "out", 0), rows[i].file);
		if (saved)
			*ret = rows[i].id;
	}
	free(rows);
	return saved;
}

bool backup_is_of_this_key(enum status st)
{
	static const enum status those[] = {
		ST_NO_DKEK,   ST_DKEK_INCOMPLETE, ST_NOT_ALLOWED, ST_UNSUPPORTED, ST_BAD_FORM,
		ST_NOT_FOUND, ST_DAMAGED,         ST_OTHER_DKEK,  ST_CARD_ERROR,
	};

	for (size_t i = 0; i < sizeof(those) / sizeof(those[0]); i++) {
		if (those[i] == st)
			return true;
	}
	return false;
}

enum status backup_run_began(struct step_env *e, int64_t *ret, struct fault *f)
{
	struct run_record record;
	enum status st;

	if (e->store == NULL)
		return fault_set(f, ST_STORE, "The inventory is not open.");
	if ((st = store_run_get(e->store, run_record_id(e->run), &record, f)) != ST_OK)
		return st;
	*ret = record.started;
	run_record_done(&record);
	return ST_OK;
}

enum status backup_check_folder(struct run *r, unsigned index, struct fault *f)
{
	const char *dir = run_get(r, "out", index);
	struct stat sb;

	if (dir[0] == '~' && stat(dir, &sb) != 0)
		return fault_set(f, ST_DISK, "There is no folder %s: ~ does not stand for a folder here. Write the whole name, "
				 "beginning with /.", dir);
	if (dir[0] != '\0' && stat(dir, &sb) == 0 && !S_ISDIR(sb.st_mode))
		return fault_set(f, ST_DISK, "%s is not a folder. Nothing was done; name another one.", dir);
	return ST_OK;
}

void backup_tell_folder(const struct run *r, struct prose *out)
{
	const char *dir = run_get(r, "out", 0);
	struct stat sb;

	if (dir[0] == '\0')
		return;
	prose_add(out, PROSE_PLAIN, "One new file a key goes into %s; nothing there is overwritten.", dir);
	if (stat(dir, &sb) != 0)
		prose_add(out, PROSE_WARNING, "There is no folder %s: it will be made. If you meant one that is there, go back.", dir);
}
