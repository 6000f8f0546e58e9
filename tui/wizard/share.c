#include "tui/wizard/share.h"

#include <stdio.h>
#include <string.h>

#include "engine/base/file.h"
#include "engine/base/random.h"
#include "engine/base/words.h"
#include "engine/keys/digest.h"
#include "tui/wizard/procedures.h"

/* --- what a run has come to --- */

static const struct shares *shares_of(const struct run *r)
{
	static const struct procedure *const ours[] = {
		&procedure_init, &procedure_share_new, &procedure_share_check, &procedure_share_import,
	};

	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
		if (run_procedure(r) == ours[i])
			return run_state(r);
	}
	return NULL;
}

size_t run_shares(const struct run *r)
{
	const struct shares *s = shares_of(r);

	return s ? shares_open(s) : 0;
}

static const struct share_slot *nth(const struct run *r, size_t i)
{
	const struct shares *s = shares_of(r);

	return s ? shares_nth(s, (unsigned)i, NULL) : NULL;
}

const char *run_share_file(const struct run *r, size_t i)
{
	const struct share_slot *slot = nth(r, i);

	return slot ? slot->file : "";
}

const char *run_share_kcv(const struct run *r, size_t i)
{
	const struct share_slot *slot = nth(r, i);

	return slot ? slot->kcv_text : "";
}

const char *run_kcv(const struct run *r)
{
	const struct shares *s = shares_of(r);

	if (!s)
		return "";
	return run_procedure(r)->on_device ? s->device_kcv_text : s->kcv_text;
}

/* --- slots --- */

void share_slot_close(struct share_slot *slot)
{
	secret_free(slot->share);
	secret_free(slot->password);
	memset(slot, 0, sizeof(*slot));
}

void shares_done(struct shares *s)
{
	for (size_t i = 0; i < DKEK_SHARES_MAX; i++)
		share_slot_close(&s->slot[i]);
}

void shares_wipe(void *shares)
{
	struct shares *s = shares;

	for (size_t i = 0; i < DKEK_SHARES_MAX; i++) {
		if (s->slot[i].share)
			secret_wipe(s->slot[i].share);
		if (s->slot[i].password)
			secret_wipe(s->slot[i].password);
	}
}

const struct share_slot *shares_nth(const struct shares *s, unsigned n, unsigned *ret_slot)
{
	for (unsigned i = 0; i < DKEK_SHARES_MAX; i++) {
		if (!s->slot[i].share || n-- > 0)
			continue;
		if (ret_slot)
			*ret_slot = i;
		return &s->slot[i];
	}
	return NULL;
}

unsigned shares_open(const struct shares *s)
{
	unsigned n = 0;

	while (shares_nth(s, n, NULL))
		n++;
	return n;
}

static bool tell_progress(void *job, unsigned done, unsigned total)
{
	job_progress(job, done, total, NULL);
	return !job_cancelled(job);
}

/* A share that is made is opened again at once: to whoever waits, the two are one. */
static bool tell_first_half(void *job, unsigned done, unsigned total)
{
	job_progress(job, done, 2 * total, NULL);
	return !job_cancelled(job);
}

static bool tell_second_half(void *job, unsigned done, unsigned total)
{
	job_progress(job, total + done, 2 * total, NULL);
	return !job_cancelled(job);
}

static enum status open_bytes(struct step_env *e, struct share_slot *slot, struct cur bytes, const struct secret *password,
			      share_progress *tell, struct fault *f)
{
	SECRET *share = secret_new(SHARE_LEN);
	enum status st;

	if (!share)
		return fault_set(f, ST_NO_MEMORY, NULL);
	st = share_open(bytes, password, run_env(e->run)->share_iterations, tell, e->job, share, f);
	if (st == ST_OK)
		st = dkek_kcv(share, slot->kcv, f);
	if (st == ST_OK)
		st = digest_sha256(bytes, slot->sha256, f);
	if (st != ST_OK)
		return st;
	slot->password = secret_copy(password);
	if (!slot->password)
		return fault_set(f, ST_NO_MEMORY, NULL);
	hex_upper(slot->kcv_text, slot->kcv, KCV_LEN);
	slot->share = STEAL(share);
	return ST_OK;
}

static enum status open_file(struct step_env *e, struct share_slot *slot, const char *file, const struct secret *password,
			     share_progress *tell, struct fault *f)
{
	BUF bytes = { 0 };
	uint8_t sha256[32];
	bool made = slot->made && strcmp(slot->file, file) == 0;
	enum status st;

	if (strlen(file) >= sizeof(slot->file))
		return fault_set(f, ST_BAD_FORM, "The name of this file is too long: %.60s...", file);
	st = file_read(file, SHARE_FILE_MAX, &bytes, f);
	if (st == ST_OK)
		st = digest_sha256(buf_view(&bytes), sha256, f);
	if (st != ST_OK)
		return st;
	if (slot->share && secret_equal(slot->password, password) && memcmp(sha256, slot->sha256, sizeof(sha256)) == 0 &&
	    strcmp(slot->file, file) == 0)
		return ST_OK;
	share_slot_close(slot);
	memcpy(slot->file, file, strlen(file) + 1);
	slot->made = made;
	st = open_bytes(e, slot, buf_view(&bytes), password, tell, f);
	if (st == ST_PASSWORD_WRONG)
		return fault_set(f, st, "This password does not open %s. The file is as it was, and can be tried again.", file);
	if (st == ST_DAMAGED)
		return fault_set(f, st, "%s cannot be used: %s", file, f->what);
	return st;
}

enum status share_slot_open(struct step_env *e, struct share_slot *slot, const char *file, const struct secret *password,
			    struct fault *f)
{
	return open_file(e, slot, file, password, tell_progress, f);
}

/*
 * The share comes from this computer's generator alone: with several shares by several custodians no single generator
 * decides about the DKEK, and a device that is about to be initialised need not be here yet.
 */
enum status share_slot_make(struct step_env *e, struct share_slot *slot, const char *file, const struct secret *password,
			    struct fault *f)
{
	SECRET *share = secret_new(SHARE_LEN);
	uint8_t salt[SHARE_SALT_LEN], sealed[SHARE_FILE_LEN];
	enum status st;

	if (!share)
		return fault_set(f, ST_NO_MEMORY, NULL);
	st = file_check_new(file, f);
	if (st == ST_OK)
		st = random_secret(share, SHARE_LEN, f);
	if (st == ST_OK)
		st = random_bytes(salt, sizeof(salt), f);
	if (st == ST_OK)
		st = share_seal(share, password, salt, run_env(e->run)->share_iterations, tell_first_half, e->job, sealed, f);
	if (st == ST_OK)
		st = file_write_new(file, cur_of(sealed, sizeof(sealed)), f);
	if (st == ST_OK)
		st = open_file(e, slot, file, password, tell_second_half, f);
	if (st != ST_OK)
		return st;
	slot->made = true;
	if (!secret_equal(share, slot->share))
		return fault_set(f, ST_MISMATCH, "%s was written, but holds another share than was made. Do not use it.", file);
	return ST_OK;
}

static enum status refuse_twins(const struct shares *s, struct fault *f)
{
	for (unsigned i = 0; i < DKEK_SHARES_MAX; i++) {
		for (unsigned j = i + 1; s->slot[i].share && j < DKEK_SHARES_MAX; j++) {
			if (!s->slot[j].share || !secret_equal(s->slot[i].share, s->slot[j].share))
				continue;
			if (strcmp(s->slot[i].file, s->slot[j].file) == 0)
				return fault_set(f, ST_REFUSED, "%s was given twice. The same share twice cancels itself out, so that the "
						 "DKEK would be weaker than it looks. Use different shares.", s->slot[i].file);
			return fault_set(f, ST_REFUSED, "%s and %s hold the same share. Two of them cancel each other out, "
				  "so that the DKEK "
					 "would be weaker than it looks. Use different shares.", s->slot[i].file, s->slot[j].file);
		}
	}
	return ST_OK;
}

enum status shares_combine(struct shares *s, struct fault *f)
{
	const struct secret *open[DKEK_SHARES_MAX];
	unsigned n = shares_open(s);
	SECRET *dkek = secret_new(DKEK_LEN);
	enum status st = refuse_twins(s, f);

	s->complete = false;
	s->kcv_text[0] = '\0';
	if (st != ST_OK || n == 0 || (s->wanted != 0 && n != s->wanted))
		return st;
	if (!dkek)
		return fault_set(f, ST_NO_MEMORY, NULL);
	for (unsigned i = 0; i < n; i++)
		open[i] = shares_nth(s, i, NULL)->share;
	st = dkek_combine(open, n, dkek, f);
	if (st == ST_OK)
		st = dkek_kcv(dkek, s->kcv, f);
	if (st != ST_OK)
		return st;
	hex_upper(s->kcv_text, s->kcv, KCV_LEN);
	s->complete = true;
	return ST_OK;
}

void shares_tell(const struct shares *s, struct prose *out)
{
	const struct share_slot *slot;

	for (unsigned i = 0; (slot = shares_nth(s, i, NULL)) != NULL; i++)
		prose_add(out, PROSE_ITEM, slot->made ? N_("%s  %s (made now)") : "%s  %s", slot->kcv_text, slot->file);
}
