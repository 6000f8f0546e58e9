/*
 * On the card: what is noted of each key before the first one is deleted is what a later start needs, since a key that is
 * gone cannot be asked any more what it was.
 */
#include "tui/wizard/key_delete.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/file.h"
#include "tui/wizard/backup.h"
#include "tui/wizard/find.h"
#include "tui/wizard/record.h"

bool delete_all_gone(const struct run *r)
{
	const struct key_delete *state = run_state(r);

	for (unsigned i = 0; i < run_count(r, "id"); i++) {
		if (!state->gone[i])
			return false;
	}
	return state->device.n_rows > 0;
}

/* --- which keys --- */

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

static const char *fact(const struct run *r, const char *what, unsigned i)
{
	char name[24];

	snprintf(name, sizeof(name), "%s.%u", what, i);
	return run_fact(r, name);
}

/* All of it is gone: what it was, the interrupted attempt had noted. */
static void take_gone(struct step_env *e, unsigned i, struct key_result *k)
{
	struct key_delete *state = run_state(e->run);

	state->gone[i] = true;
	snprintf(k->serial, sizeof(k->serial), "%s", state->device.look.serial);
	snprintf(k->label, sizeof(k->label), "%.*s", (int)sizeof(k->label) - 1, fact(e->run, "label", i));
	snprintf(k->kind, sizeof(k->kind), "%.*s", (int)sizeof(k->kind) - 1, fact(e->run, "kind", i));
	snprintf(k->spki_sha256, sizeof(k->spki_sha256), "%.64s", fact(e->run, "spki", i));
	snprintf(k->cmac, sizeof(k->cmac), "%.32s", fact(e->run, "cmac", i));
	k->key_ref = (int)strtol(fact(e->run, "ref", i), NULL, 10);
}

static enum status find(struct step_env *e, struct session *s, bool logged_in, unsigned i, struct key_result *k, struct fault *f)
{
	struct object o = { 0 };
	enum status st = find_key(s, run_get(e->run, "id", i), &o, f);

	if (st == ST_OK && (st = identify(e, s, logged_in, &o, f)) == ST_OK)
		find_to_result(s->look, &o, k);
	object_done(&o);
	return st;
}

static enum status is_another(const struct device_state *d, struct fault *f)
{
	const struct key_result *last = &d->rows[d->n_rows - 1];

	for (size_t i = 0; i + 1 < d->n_rows; i++) {
		if (d->rows[i].key_ref == last->key_ref && last->key_ref > 0)
			return fault_set(f, ST_USAGE, "The key \"%s\" was named twice. Nothing was deleted.", last->label);
	}
	return ST_OK;
}

/* interrupted: one that is not there may have been deleted before. */
static enum status find_all(struct step_env *e, struct session *s, bool logged_in, bool interrupted, struct fault *f)
{
	struct key_delete *state = run_state(e->run);
	enum status st = ST_OK;

	state->device.n_rows = 0;
	for (unsigned i = 0; i < run_count(e->run, "id") && i < DELETE_MAX && st == ST_OK; i++) {
		struct key_result *k = device_state_row(&state->device);

		if (k == NULL)
			return fault_set(f, ST_NO_MEMORY, NULL);
		state->gone[i] = false;
		st = find(e, s, logged_in, i, k, f);
		if (st == ST_NOT_FOUND && interrupted) {
			take_gone(e, i, k);
			st = ST_OK;
		}
		if (st == ST_OK && !state->gone[i])
			st = is_another(&state->device, f);
	}
	return st;
}

enum status delete_look(struct step_env *e, struct fault *f)
{
	SESSION s = { 0 };
	enum status st = session_open(e, LOOK_DKEK | LOOK_USER | LOOK_FIDS, &s, f);

	return st == ST_OK ? find_all(e, &s, false, find_interrupted(e, "key delete"), f) : st;
}

enum status delete_resume(struct step_env *e, struct fault *f)
{
	struct key_delete *state = run_state(e->run);
	SESSION s = { 0 };
	enum status st = session_open(e, LOOK_DKEK | LOOK_USER | LOOK_FIDS, &s, f);

	state->saved = strcmp(run_fact(e->run, "saved"), "yes") == 0;
	return st == ST_OK ? find_all(e, &s, false, true, f) : st;
}

/* What the review said of other devices and of backups was said of the keys that it named, and must be of these. */
static enum status are_the_same(struct step_env *e, const struct look *l, const struct key_result *said, size_t n, struct fault *f)
{
	const struct key_delete *state = run_state(e->run);
	const struct device_state *d = &state->device;

	for (size_t i = 0; i < d->n_rows && i < n; i++) {
		const struct key_result *k = &d->rows[i];

		if (state->gone[i] || (said[i].key_ref == k->key_ref && strcmp(said[i].spki_sha256, k->spki_sha256) == 0 &&
				       (said[i].cmac[0] == '\0' || k->cmac[0] == '\0' || strcmp(said[i].cmac, k->cmac) == 0)))
			continue;
		/* So that it is said of the right key the next time. */
		if (record_key_known(e->store, l, k, f) != ST_OK)
			return f->st;
		return fault_set(f, ST_REFUSED,
				 "The key \"%s\" on %s is not the one that was shown: another one has its place now. Nothing was "
				 "deleted. Look at it again first.", k->label, k->serial);
	}
	return ST_OK;
}

/* Logs in, and finds those again that were shown. */
static enum status open_again(struct step_env *e, struct session *s, unsigned want, struct fault *f)
{
	const struct device_state *d = &((const struct key_delete *)run_state(e->run))->device;
	struct key_result *said = calloc(d->n_rows + 1, sizeof(*said));
	const size_t n = d->n_rows;
	enum status st = said != NULL ? ST_OK : fault_set(f, ST_NO_MEMORY, NULL);

	if (st == ST_OK && n > 0)
		memcpy(said, d->rows, n * sizeof(*said));
	if (st == ST_OK && (st = session_open(e, want | LOOK_LOGIN | LOOK_FIDS, s, f)) == ST_OK &&
	    (st = find_all(e, s, true, run_is_resumed(e->run), f)) == ST_OK)
		st = are_the_same(e, s->look, said, n, f);
	free(said);
	return st;
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

static enum status back_up(struct step_env *e, struct session *s, struct key_result *k, struct fault *f)
{
	struct object o = { 0 };
	BUF file = { 0 };
	enum status st;

	if (!fids_have(&s->fids, fid_of(FID_KEY, (uint8_t)k->key_ref)))
		return ST_OK;   /* what is left of one that was deleted half way */
	if ((st = card_object_key(s->card, &s->fids, (uint8_t)k->key_ref, &o, f)) == ST_OK &&
	    (st = backup_wrap(e, s, &o, k, &file, f)) == ST_OK)
		st = is_kept(e, k, &file, f);
	object_done(&o);
	return st;
}

static enum status back_up_all(struct step_env *e, struct session *s, struct fault *f)
{
	struct key_delete *state = run_state(e->run);
	const char *dir = run_get(e->run, "out", 0);
	enum status st = session_need_dkek(s->look, f);

	if (st == ST_OK && dir[0] != '\0')
		st = file_make_dir(dir, f);
	for (size_t i = 0; i < state->device.n_rows && st == ST_OK; i++) {
		job_progress(e->job, (unsigned)i, (unsigned)state->device.n_rows, "");
		if (job_cancelled(e->job))
			return fault_set(f, ST_CANCELLED, NULL);
		if (!state->gone[i])
			st = back_up(e, s, &state->device.rows[i], f);
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
	return fault_add(f, "No key was deleted.");
}

/* --- deleting --- */

static enum status note(struct step_env *e, unsigned i, const struct key_result *k, struct fault *f)
{
	char ref[8];
	const struct { const char *what, *text; } facts[] = {
		{ "label", k->label }, { "kind", k->kind }, { "spki", k->spki_sha256 }, { "cmac", k->cmac }, { "ref", ref },
	};
	enum status st = ST_OK;

	snprintf(ref, sizeof(ref), "%d", k->key_ref);
	for (size_t n = 0; n < sizeof(facts) / sizeof(facts[0]) && st == ST_OK; n++) {
		char name[24];

		snprintf(name, sizeof(name), "%s.%u", facts[n].what, i);
		if (facts[n].text[0] != '\0')
			st = run_note(e, name, facts[n].text, f);
	}
	return st;
}

static enum status delete_parts(struct step_env *e, uint8_t ref, bool first, struct fault *f)
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
	if (st != ST_CARD_GONE && first)
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
				 "The device says that it deleted the key, and still lists it. Take the device out, plug it in again, "
				 "and look what is on it.");
	return ST_OK;
}

static enum status recorded(struct step_env *e, const struct look *l, const struct key_result *k, struct fault *f)
{
	enum status st = record_key_deleted(e->store, l, k, f);

	if (st != ST_OK)
		fault_add(f, "The key was deleted; only the inventory does not know it yet. It will, when the device is next "
			     "looked at.");
	return st;
}

/* An earlier attempt deleted it: did the inventory hear of that? Somebody else may have put another key there since. */
static enum status record_gone(struct step_env *e, struct session *s, const struct key_result *k, struct fault *f)
{
	struct object_filter filter = { .device = s->look->serial };
	struct object_row *rows = NULL;
	bool known = false;
	size_t n = 0;

	if (e->store == NULL || fids_have(&s->fids, fid_of(FID_KEY, (uint8_t)k->key_ref)))
		return ST_OK;
	if (store_objects(e->store, &filter, &rows, &n, f) != ST_OK)
		return f->st;
	for (size_t i = 0; i < n; i++)
		known |= rows[i].type == THING_KEY && rows[i].key_ref == k->key_ref;
	free(rows);
	return known ? recorded(e, s->look, k, f) : ST_OK;
}

static enum status delete_one(struct step_env *e, struct session *s, unsigned i, struct fault *f)
{
	const struct key_delete *state = run_state(e->run);
	const struct key_result *k = &state->device.rows[i];
	enum status st;

	if (state->gone[i])
		return record_gone(e, s, k, f);
	if ((st = delete_parts(e, (uint8_t)k->key_ref, i == 0 && !run_is_resumed(e->run), f)) != ST_OK ||
	    (st = is_gone(e, (uint8_t)k->key_ref, f)) != ST_OK)
		return st;
	return recorded(e, s->look, k, f);
}

/* What the first step wrote into the rows is not lost by finding the keys again. */
static void keep_backups(struct key_result *rows, const struct key_result *were, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		memcpy(rows[i].backup, were[i].backup, sizeof(rows[i].backup));
		memcpy(rows[i].file, were[i].file, sizeof(rows[i].file));
		memcpy(rows[i].dkek_kcv, were[i].dkek_kcv, sizeof(rows[i].dkek_kcv));
		memcpy(rows[i].proof, were[i].proof, sizeof(rows[i].proof));
	}
}

static enum status open_to_delete(struct step_env *e, struct session *s, struct fault *f)
{
	struct device_state *d = &((struct key_delete *)run_state(e->run))->device;
	const size_t n = d->n_rows;
	struct key_result *were;
	enum status st;

	if (delete_all_gone(e->run))
		return session_open(e, LOOK_FIDS, s, f);
	were = calloc(n + 1, sizeof(*were));
	if (were == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	if (n > 0)
		memcpy(were, d->rows, n * sizeof(*were));
	st = open_again(e, s, 0, f);
	if (st == ST_OK)
		keep_backups(d->rows, were, n < d->n_rows ? n : d->n_rows);
	free(were);
	return st;
}

enum status delete_keys(struct step_env *e, struct fault *f)
{
	const struct key_delete *state = run_state(e->run);
	const struct device_state *d = &state->device;
	SESSION s = { 0 };
	enum status st = open_to_delete(e, &s, f);

	for (unsigned i = 0; i < d->n_rows && st == ST_OK; i++)
		st = state->gone[i] ? ST_OK : note(e, i, &d->rows[i], f);
	if (st != ST_OK)
		return st;
	for (unsigned i = 0; i < d->n_rows && st == ST_OK; i++) {
		job_progress(e->job, i, (unsigned)d->n_rows, "");
		if ((st = delete_one(e, &s, i, f)) != ST_OK && d->n_rows > 1)
			fault_add(f, "%u of %zu keys were deleted before.", i, d->n_rows);
	}
	return st;
}
