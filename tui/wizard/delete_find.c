/*
 * What is to be deleted: found on the card, once to be shown and once more before it is done. What is noted of each before the
 * first one is deleted is what a later start needs, since what is gone cannot be asked any more what it was.
 */
#include "tui/wizard/delete.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/wizard/find.h"
#include "tui/wizard/procedures.h"
#include "tui/wizard/record.h"

static void forget(struct delete_one *one)
{
	object_done(&one->o);
	buf_done(&one->request);
	*one = (struct delete_one){ 0 };
}

void delete_done(void *state)
{
	struct deletion *d = state;

	for (size_t i = 0; i < DELETE_MAX; i++)
		forget(&d->one[i]);
	device_state_done(state);
}

static const char *question(const struct run *r)
{
	return run_procedure(r) == &procedure_data_delete ? "label" : "id";
}

unsigned delete_count(const struct run *r)
{
	const unsigned n = run_count(r, question(r));

	return n < DELETE_MAX ? n : DELETE_MAX;
}

const char *delete_wanted(const struct run *r, unsigned i)
{
	return run_get(r, question(r), i);
}

bool delete_has_key(const struct run *r)
{
	const struct deletion *d = run_state(r);

	for (size_t i = 0; i < d->device.n_rows; i++) {
		if (d->one[i].kind == DELETE_KEY && !d->one[i].gone)
			return true;
	}
	return false;
}

bool delete_needs_pin(const struct run *r)
{
	const struct deletion *d = run_state(r);

	for (size_t i = 0; i < d->device.n_rows; i++) {
		/* In the place of a key's certificate something may be still to be written. */
		if (!d->one[i].gone || d->one[i].kind == DELETE_CERT_OF_KEY)
			return true;
	}
	return d->device.n_rows == 0;
}

/* --- one that is there --- */

static enum delete_kind kind_of_file(uint16_t fid)
{
	switch (fid & 0xff00) {
	case FID_KEY: case FID_KEY_DESCRIPTION:
		return DELETE_KEY;
	case FID_KEY_CERT:
		return DELETE_CERT_OF_KEY;
	case FID_CA_CERT: case FID_CERT_DESCRIPTION:
		return DELETE_CERT;
	default:
		return DELETE_DATA;
	}
}

static enum delete_kind kind_of(const struct object *o, bool cert)
{
	if (o->type == OBJECT_KEY)
		return cert ? DELETE_CERT_OF_KEY : DELETE_KEY;
	return kind_of_file(o->content_fid != 0 ? o->content_fid : o->description_fid);
}

/* Which secret key it is tells the device after a login; before that only the inventory, from when somebody was. */
static void identify(struct step_env *e, const struct session *s, struct object *o)
{
	struct object_row row;

	if (o->type == OBJECT_KEY && o->has_algorithm && o->algorithm == KEY_AES &&
	    find_known(e->store, s->look->serial, o, &row) && row.key.len == BLOB_CMAC_LEN) {
		memcpy(o->cmac, row.key.bytes, BLOB_CMAC_LEN);
		o->has_cmac = true;
	}
}

/* What takes the place of a key's certificate, and who has it besides. */
static enum status take_beside(struct step_env *e, const struct session *s, struct delete_one *one, struct key_result *row,
			       struct fault *f)
{
	const struct object *o = &one->o;
	struct key_identity key = identity_of_result(row);
	struct object_row known;
	enum status st;

	if (key.len == 0 && o->type == OBJECT_KEY && find_known(e->store, s->look->serial, o, &known)) {
		key = known.key;
		identity_to_result(&key, row);
	}
	st = thing_find_request(e->store, s->look->serial, &key, &one->request, f);
	if (st == ST_OK && o->cert != NULL)
		st = thing_backups_with(e->store, &key, cur_of(o->content.p, o->cert->whole_len), &one->backups, f);
	return st;
}

static const char *const things[] = {
	[DELETE_KEY] = "key", [DELETE_CERT_OF_KEY] = "certificate", [DELETE_CERT] = "certificate", [DELETE_DATA] = "data",
};

static enum status take(struct step_env *e, const struct session *s, bool cert, struct delete_one *one, struct key_result *row,
			struct fault *f)
{
	const struct object *o = &one->o;
	const bool own = o->type == OBJECT_CERTIFICATE || o->type == OBJECT_DATA || o->type == OBJECT_STRAY;

	one->kind = kind_of(o, cert);
	one->left_over = o->type == OBJECT_STRAY && !run_is_resumed(e->run);   /* not what this run itself left half way */
	one->content = one->kind == DELETE_KEY ? fid_of(FID_KEY, o->number) : o->content_fid;
	one->description = own && one->kind != DELETE_KEY ? o->description_fid : 0;
	if (one->kind == DELETE_KEY) {
		identify(e, s, &one->o);
		find_to_result(s->look, o, row);
	} else {
		thing_to_result(s->look, o, row);
	}
	snprintf(row->thing, sizeof(row->thing), "%s", things[one->kind]);
	return one->kind == DELETE_CERT_OF_KEY ? take_beside(e, s, one, row, f) : ST_OK;
}

static enum status look_up(struct step_env *e, struct session *s, unsigned i, struct delete_one *one, struct key_result *row,
			   struct fault *f)
{
	const struct procedure *p = run_procedure(e->run);
	const char *wanted = delete_wanted(e->run, i);
	bool cert = p == &procedure_cert_delete;
	enum status st = p == &procedure_data_delete ? find_data(s, wanted, &one->o, f)
			 : cert			     ? find_cert(s, wanted, &one->o, f)
						     : find_object(s, wanted, &one->o, &cert, f);

	return st == ST_OK ? take(e, s, cert, one, row, f) : st;
}

/* --- one that is gone --- */

static const char *fact(const struct run *r, const char *what, unsigned i)
{
	char name[24];

	snprintf(name, sizeof(name), "%s.%u", what, i);
	return run_fact(r, name);
}

/* The texts of a row that are noted, each with its fact. */
static const struct noted {
	const char *fact;
	size_t at, cap;
} noted[] = {
#define NOTED(fact, member) { fact, offsetof(struct key_result, member), sizeof(((struct key_result *)NULL)->member) }
	NOTED("label", label), NOTED("kind", kind), NOTED("spki", spki_sha256), NOTED("cmac", cmac), NOTED("subject", subject),
};

enum status delete_note(struct step_env *e, unsigned i, struct fault *f)
{
	const struct deletion *d = run_state(e->run);
	char name[24], file[8];
	enum status st = ST_OK;

	for (size_t n = 0; n < sizeof(noted) / sizeof(noted[0]) && st == ST_OK; n++) {
		const char *text = (const char *)&d->device.rows[i] + noted[n].at;

		snprintf(name, sizeof(name), "%s.%u", noted[n].fact, i);
		if (text[0] != '\0')
			st = run_note(e, name, text, f);
	}
	if (st != ST_OK || d->one[i].content == 0)   /* gone where an attempt stopped after it: then it stands in the record */
		return st;
	snprintf(name, sizeof(name), "file.%u", i);
	snprintf(file, sizeof(file), "%04X", d->one[i].content);
	return run_note(e, name, file, f);
}

/* What it was, the interrupted attempt had noted; that is known since the run was taken up. */
static enum status take_gone(struct step_env *e, const struct session *s, unsigned i, struct fault *f)
{
	struct deletion *d = run_state(e->run);
	struct delete_one *one = &d->one[i];
	struct key_result *row = &d->device.rows[i];
	const struct procedure *p = run_procedure(e->run);

	forget(one);
	one->gone = true;
	one->content = (uint16_t)strtoul(fact(e->run, "file", i), NULL, 16);
	if (one->content == 0)
		one->content = find_file(delete_wanted(e->run, i));
	one->kind = one->content != 0		  ? kind_of_file(one->content)
		    : p == &procedure_cert_delete ? DELETE_CERT_OF_KEY
		    : p == &procedure_data_delete ? DELETE_DATA
						  : DELETE_KEY;
	for (size_t n = 0; n < sizeof(noted) / sizeof(noted[0]); n++)
		snprintf((char *)row + noted[n].at, noted[n].cap, "%.*s", (int)noted[n].cap - 1, fact(e->run, noted[n].fact, i));
	if (row->label[0] == '\0' && one->kind == DELETE_DATA)
		snprintf(row->label, sizeof(row->label), "%.*s", (int)sizeof(row->label) - 1, delete_wanted(e->run, i));
	snprintf(row->serial, sizeof(row->serial), "%s", s->look->serial);
	snprintf(row->thing, sizeof(row->thing), "%s", things[one->kind]);
	row->key_ref = one->kind <= DELETE_CERT_OF_KEY ? one->content & 0xff : -1;
	return one->kind == DELETE_CERT_OF_KEY ? take_beside(e, s, one, row, f) : ST_OK;
}

/* --- all of them --- */

/* What the review said of other devices and of backups was said of what it named, and must be of this. */
static bool same(const struct delete_one *one, const struct key_result *said, const struct delete_one *now,
		 const struct key_result *row)
{
	return !one->gone && one->content == now->content && one->description == now->description &&
	       strcmp(said->spki_sha256, row->spki_sha256) == 0 && strcmp(said->subject, row->subject) == 0 &&
	       strcmp(said->until, row->until) == 0;
}

static enum status another(struct step_env *e, const struct session *s, const struct delete_one *now, const struct key_result *row,
			   struct fault *f)
{
	/* So that it is said of the right key the next time. */
	if (now->kind == DELETE_KEY && record_key_known(e->store, s->look, row, f) != ST_OK)
		return f->st;
	return fault_set(f, ST_REFUSED,
			 "\"%s\" on %s is not what was shown: something else has its place now. Nothing was deleted. Look at it "
			 "again first.", row->label, row->serial);
}

static enum status find_one(struct step_env *e, struct session *s, unsigned i, bool first, bool interrupted, struct fault *f)
{
	struct deletion *d = run_state(e->run);
	struct delete_one now = { 0 };
	struct key_result row = { 0 };
	enum status st = look_up(e, s, i, &now, &row, f);

	if (st == ST_NOT_FOUND && interrupted && (first || d->one[i].gone))
		return take_gone(e, s, i, f);
	if (st == ST_OK && !first && !same(&d->one[i], &d->device.rows[i], &now, &row))
		st = another(e, s, &now, &row, f);
	if (st != ST_OK) {
		forget(&now);
		return st;
	}
	forget(&d->one[i]);
	d->one[i] = now;
	if (first)   /* else it has what the first step wrote into it */
		d->device.rows[i] = row;
	return ST_OK;
}

/* A key's certificate goes with its key; anything else can be deleted once only. */
static enum status pair_up(struct deletion *d, struct fault *f)
{
	for (size_t i = 0; i < d->device.n_rows; i++) {
		struct delete_one *a = &d->one[i];

		for (size_t k = 0; k < d->device.n_rows; k++) {
			const struct delete_one *b = &d->one[k];

			if (k == i || a->gone || b->gone)
				continue;
			a->with_key |= a->kind == DELETE_CERT_OF_KEY && b->kind == DELETE_KEY &&
				       (a->content & 0xff) == (b->content & 0xff);
			if (a->kind == b->kind && a->content == b->content && a->description == b->description)
				return fault_set(f, ST_USAGE, "\"%s\" was named twice. Nothing was deleted.", d->device.rows[i].label);
		}
	}
	return ST_OK;
}

enum status delete_find(struct step_env *e, struct session *s, bool first, bool interrupted, struct fault *f)
{
	struct deletion *d = run_state(e->run);
	const unsigned n = delete_count(e->run);
	enum status st = ST_OK;

	if (first)
		d->device.n_rows = 0;
	for (unsigned i = 0; i < n && st == ST_OK; i++) {
		if (first && device_state_row(&d->device) == NULL)
			return fault_set(f, ST_NO_MEMORY, NULL);
		st = find_one(e, s, i, first, interrupted, f);
	}
	return st == ST_OK ? pair_up(d, f) : st;
}

enum status delete_find_secrets(struct step_env *e, struct session *s, struct fault *f)
{
	struct deletion *d = run_state(e->run);

	for (size_t i = 0; i < d->device.n_rows; i++) {
		struct key_result *said = &d->device.rows[i], now = *said;
		struct object *o = &d->one[i].o;
		enum status st;

		if (d->one[i].kind != DELETE_KEY || d->one[i].gone || o->type != OBJECT_KEY || !o->has_algorithm ||
		    o->algorithm != KEY_AES)
			continue;
		if ((st = find_secret(s, e->store, o, f)) != ST_OK)
			return st;
		now.cmac[0] = '\0';
		find_to_result(s->look, o, &now);
		if (said->cmac[0] != '\0' && now.cmac[0] != '\0' && strcmp(said->cmac, now.cmac) != 0)
			return another(e, s, &d->one[i], &now, f);
		memcpy(said->cmac, now.cmac, sizeof(said->cmac));
	}
	return ST_OK;
}

/* --- the work of the pages --- */

static enum status look(struct step_env *e, bool interrupted, struct fault *f)
{
	const bool keys = run_procedure(e->run) == &procedure_key_delete;
	SESSION s = { 0 };
	enum status st = session_open(e, LOOK_USER | LOOK_FIDS | (keys ? LOOK_DKEK : 0), &s, f);

	return st == ST_OK ? delete_find(e, &s, true, interrupted, f) : st;
}

enum status delete_look(struct step_env *e, struct fault *f)
{
	return look(e, run_was_interrupted(e), f);
}

enum status delete_resume(struct step_env *e, struct fault *f)
{
	((struct deletion *)run_state(e->run))->saved = strcmp(run_fact(e->run, "saved"), "yes") == 0;
	return look(e, true, f);
}
