/* Finding what is to be renamed, and what belongs to it. */
#include "tui/wizard/rename.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/wizard/find.h"
#include "tui/wizard/key_type.h"

/* How something is named that has no CKA_ID of its own, or none that is its alone. */
#define BY_FILE "file:"
#define BY_CERT "cert:"
#define BY_DATA "data:"

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

static bool is_key(const char *wanted)
{
	return !begins(wanted, BY_FILE) && !begins(wanted, BY_CERT) && !begins(wanted, BY_DATA);
}

enum status rename_check_wanted(const char *wanted, struct fault *f)
{
	return is_key(wanted) ? find_check(wanted, f) : ST_OK;
}

void rename_forget(struct rename *r)
{
	for (size_t i = 0; i < r->n_files; i++) {
		buf_done(&r->files[i].old);
		buf_done(&r->files[i].fresh);
	}
	r->n_files = 0;
}

/* --- one description --- */

static enum status add_file(struct rename *r, uint16_t fid, struct cur old, const struct buf *fresh, struct fault *f)
{
	struct rename_file *file = &r->files[r->n_files];

	if (r->n_files == RENAME_FILES_MAX)
		return fault_set(f, ST_UNSUPPORTED,
				 "More than %d certificates have this CKA_ID. Rename some of them first. Nothing was changed.",
				 RENAME_FILES_MAX - 1);
	r->n_files++;
	*file = (struct rename_file){ .fid = fid };
	buf_cur(&file->old, old);
	buf_cur(&file->fresh, buf_view(fresh));
	return file->old.failed || file->fresh.failed ? fault_set(f, ST_NO_MEMORY, NULL) : ST_OK;
}

struct wish {
	const char *label;            /* NULL: as it is */
	uint8_t id[DESCRIBE_ID_MAX];
	size_t id_len;                /* 0: as it is */
};

static enum status edit(struct rename *r, uint16_t fid, const struct buf *old, const struct wish *w, struct fault *f)
{
	BUF fresh = { 0 };
	enum status st = describe_edit(buf_view(old), w->label, cur_of(w->id, w->id_len), &fresh, f);

	if (st != ST_OK || cur_equal(buf_view(&fresh), old->p, old->n))
		return st;
	return add_file(r, fid, buf_view(old), &fresh, f);
}

/* A key that other software does not see, because its description is missing or cannot be read, gets one. */
static enum status describe_anew(struct rename *r, const struct object *o, const struct wish *w, struct fault *f)
{
	struct description d = {
		.kind = DESCRIPTION_KEY, .algorithm = o->algorithm, .is_private = true, .usage = describe_usage(o->algorithm),
		.key_ref = o->number, .bits = o->bits, .id_len = w->id_len,
	};
	BUF fresh = { 0 };
	enum status st;

	if (!o->has_key)
		return fault_set(f, ST_UNSUPPORTED,
				 "This key has no description that can be read, and neither certificate nor request: what kind of key it "
				 "is cannot be told, so that it cannot be described. It was not changed.");
	if (w->label == NULL)
		return fault_set(f, ST_USAGE, "This key has no description that can be read. Give it a label too. It was not changed.");
	snprintf(d.label, sizeof(d.label), "%s", w->label);
	memcpy(d.id, w->id, w->id_len);
	if (w->id_len == 0) {
		d.id_len = KEY_ID_LEN;
		if ((st = pubkey_key_id(&o->key, d.id, f)) != ST_OK)
			return st;
	}
	hex_lower(r->id, d.id, d.id_len);
	if ((st = describe_build(&d, &fresh, f)) != ST_OK)
		return st;
	return add_file(r, fid_of(FID_KEY_DESCRIPTION, o->number), buf_view(&o->description), &fresh, f);
}

/* --- what belongs to a key --- */

/*
 * A certificate in CExx has no name of its own: other software shows it under the key's. A stand-alone one with the key's
 * CKA_ID is found by that, and takes the new one; its label follows where it was the key's.
 */
static enum status add_certificates(struct rename *r, struct session *s, const struct object *key, const struct wish *w,
				    struct fault *f)
{
	OBJECTS list = { 0 };
	enum status st = ST_OK;
	bool any = false;

	for (size_t i = 0; i < s->fids.n; i++)
		any |= (s->fids.fid[i] & 0xff00) == FID_CERT_DESCRIPTION;
	if (!any || key->id_len == 0)
		return ST_OK;
	st = card_objects(s->card, WANT_CERTIFICATES, &list, f);
	for (size_t i = 0; i < list.n && st == ST_OK; i++) {
		const struct object *o = &list.o[i];
		const size_t before = r->n_files;
		struct wish also = *w;

		if (o->type != OBJECT_CERTIFICATE || o->id_len != key->id_len || memcmp(o->id, key->id, key->id_len) != 0 ||
		    (o->damage & OBJECT_BAD_DESCRIPTION) != 0)
			continue;
		if (strcmp(o->label, key->label) != 0)
			also.label = NULL;
		st = edit(r, o->description_fid, &o->description, &also, f);
		r->with_it += st == ST_OK && r->n_files > before;
	}
	return st;
}

static enum status plan_key(struct rename *r, struct session *s, const struct object *o, const struct wish *w, struct fault *f)
{
	const bool readable = o->description_fid != 0 && (o->damage & (OBJECT_BAD_DESCRIPTION | OBJECT_UNREADABLE)) == 0;
	enum status st;

	if (o->type != OBJECT_KEY)
		return fault_set(f, ST_NOT_FOUND, "The key \"%s\" is gone; only its description is left on %s. Delete it once more to "
				 "clean up.", o->label, s->look->serial);
	if (w->id_len > 0 && (st = find_id_is_free(s, cur_of(w->id, w->id_len), o->number, f)) != ST_OK)
		return st;
	st = readable ? edit(r, o->description_fid, &o->description, w, f) : describe_anew(r, o, w, f);
	return st == ST_OK && readable ? add_certificates(r, s, o, w, f) : st;
}

/* --- what is no key --- */

static bool is_meant(const struct object *o, const char *wanted, struct cur id)
{
	if (begins(wanted, BY_FILE)) {
		const unsigned long fid = strtoul(wanted + strlen(BY_FILE), NULL, 16);

		return fid != 0 && (o->content_fid == fid || o->description_fid == fid);
	}
	if (begins(wanted, BY_CERT))
		return o->type == OBJECT_CERTIFICATE && strcmp(o->label, wanted + strlen(BY_CERT)) == 0;
	if (begins(wanted, BY_DATA))
		return o->type == OBJECT_DATA && strcmp(o->label, wanted + strlen(BY_DATA)) == 0;
	return o->type == OBJECT_CERTIFICATE && id.n > 0 && cur_equal(id, o->id, o->id_len);
}

static enum status find_other(struct session *s, const char *wanted, const struct objects *list, const struct object **ret,
			      struct fault *f)
{
	uint8_t id[DESCRIBE_ID_MAX];
	size_t id_len = 0, n = 0;

	if (is_key(wanted) && id_parse(wanted, id, &id_len, NULL) != ST_OK)
		id_len = 0;   /* a key reference */
	for (size_t i = 0; i < list->n; i++) {
		if ((list->o[i].type == OBJECT_CERTIFICATE || list->o[i].type == OBJECT_DATA) &&
		    is_meant(&list->o[i], wanted, cur_of(id, id_len))) {
			*ret = &list->o[i];
			n++;
		}
	}
	if (n == 0)
		return fault_set(f, ST_NOT_FOUND, "There is no key, certificate or data object \"%.60s\" on %s. Nothing was changed.",
				 wanted, s->look->serial);
	if (n > 1)
		return fault_set(f, ST_USAGE, "%zu objects on %s are called \"%.60s\". Say which one by its file: " BY_FILE "%04x. "
				 "Nothing was changed.", n, s->look->serial, wanted, (*ret)->content_fid);
	return ST_OK;
}

static enum status plan_other(struct rename *r, const struct object *o, const struct wish *w, struct fault *f)
{
	if (o->type == OBJECT_DATA && w->id_len > 0)
		return fault_set(f, ST_USAGE, "A data object has a label and no CKA_ID. Nothing was changed.");
	if (o->description_fid == 0 || (o->damage & OBJECT_BAD_DESCRIPTION) != 0)
		return fault_set(f, ST_DAMAGED, "The description of this object is missing or damaged, so that it cannot be changed.");
	return edit(r, o->description_fid, &o->description, w, f);
}

/* --- */

static void remember(struct rename *r, const struct object *o, const struct wish *w)
{
	r->type = o->type;
	r->number = o->number;
	snprintf(r->before, sizeof(r->before), "%s", o->label);
	hex_lower(r->before_id, o->id, o->id_len);
	snprintf(r->label, sizeof(r->label), "%s", w->label != NULL ? w->label : o->label);
	if (w->id_len > 0)
		hex_lower(r->id, w->id, w->id_len);
	else
		snprintf(r->id, sizeof(r->id), "%s", r->before_id);
	if (o->type == OBJECT_KEY && o->has_algorithm)
		key_words(o->algorithm, o->bits, o->curve, r->kind);
	else
		snprintf(r->kind, sizeof(r->kind), "%s",
			 o->type == OBJECT_CERTIFICATE ? _("certificate") : o->type == OBJECT_DATA ? _("data") : _("key"));
}

static enum status wish_of(const struct run *run, struct wish *ret, struct fault *f)
{
	const char *label = run_get(run, "label", 0), *id = run_get(run, "new-id", 0);

	*ret = (struct wish){ .label = label[0] != '\0' ? label : NULL };
	return id[0] != '\0' ? id_parse(id, ret->id, &ret->id_len, f) : ST_OK;
}

static enum status plan_wanted(struct rename *r, struct session *s, const char *wanted, const struct wish *w, struct fault *f)
{
	struct object key = { 0 };
	const struct object *o = NULL;
	OBJECTS list = { 0 };
	enum status st = ST_NOT_FOUND;

	if (is_key(wanted) && (st = find_key(s, wanted, &key, f)) == ST_OK) {
		remember(r, &key, w);
		st = plan_key(r, s, &key, w, f);
		object_done(&key);
		return st;
	}
	if (st != ST_NOT_FOUND || (st = card_objects(s->card, WANT_CERTIFICATES | WANT_DATA, &list, f)) != ST_OK ||
	    (st = find_other(s, wanted, &list, &o, f)) != ST_OK)
		return st;
	remember(r, o, w);
	return plan_other(r, o, w, f);
}

enum status rename_plan(struct step_env *e, struct session *s, struct fault *f)
{
	struct rename *r = run_state(e->run);
	struct wish w;
	enum status st;

	rename_forget(r);
	r->with_it = 0;
	if ((st = wish_of(e->run, &w, f)) != ST_OK)
		return st;
	return plan_wanted(r, s, run_get(e->run, "id", 0), &w, f);
}
