/* Which certificate or data object is meant. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"
#include "tui/wizard/find.h"
#include "tui/wizard/fleet.h"
#include "tui/wizard/key_type.h"
#include "tui/wizard/thing.h"

#define FILE_PREFIX "file:"
#define NAME_MAX_OF_THING 16 /* "file:CA00", "ref:255" */

/* What "file:CA00" says; 0: it is none. */
static uint16_t file_of(const char *wanted)
{
	const size_t n = strlen(FILE_PREFIX);
	uint8_t fid[2];
	size_t len;

	if (strncmp(wanted, FILE_PREFIX, n) != 0 || strlen(wanted + n) != 4 || !hex_parse(wanted + n, 4, fid, 2, &len))
		return 0;
	return (uint16_t)(fid[0] << 8 | fid[1]);
}

enum status find_cert_check(const char *wanted, struct fault *f)
{
	return file_of(wanted) != 0 ? ST_OK : find_check(wanted, f);
}

/* What fits, the first of it kept, and how the first two are named where there are more. */
struct fit {
	struct object *to;
	size_t n;
	char names[2][NAME_MAX_OF_THING];
};

static void take(struct fit *fit, struct object *o)
{
	if (fit->n < 2)
		snprintf(fit->names[fit->n], NAME_MAX_OF_THING, o->type == OBJECT_KEY ? "ref:%u" : FILE_PREFIX "%04X",
			 o->type == OBJECT_KEY ? o->number
			 : o->content_fid != 0 ? o->content_fid
					       : o->description_fid);
	if (fit->n++ == 0) {
		*fit->to = *o;
		*o = (struct object){ 0 };
	}
}

static bool is_cert_of_key(const struct object *o)
{
	return o->type == OBJECT_KEY && o->content_fid != 0 && (o->cert != NULL || (o->damage & OBJECT_BAD_CONTENT) != 0);
}

/* *ret_keys: how many keys there are that could have had it. */
static enum status certs_of_keys(struct session *s, const char *wanted, struct fit *fit, size_t *ret_keys, struct fault *f)
{
	uint8_t refs[256];
	size_t n = 0;
	enum status st = find_refs(s, wanted, refs, &n, f);

	*ret_keys = 0;
	if (st == ST_NOT_FOUND)
		return ST_OK;
	for (size_t i = 0; i < n && st == ST_OK; i++) {
		struct object o = { 0 };

		if (!fids_have(&s->fids, fid_of(FID_KEY, refs[i])))
			continue;
		++*ret_keys;
		if ((st = card_object_key(s->card, &s->fids, refs[i], &o, f)) == ST_OK && is_cert_of_key(&o))
			take(fit, &o);
		object_done(&o);
	}
	return st;
}

static bool has_file(const struct object *o, uint16_t fid)
{
	return fid != 0 && (o->content_fid == fid || o->description_fid == fid);
}

static enum status certs_alone(struct session *s, const char *wanted, struct fit *fit, struct fault *f)
{
	const uint16_t fid = file_of(wanted);
	uint8_t id[DESCRIBE_ID_MAX];
	OBJECTS list = { 0 };
	size_t id_len = 0;
	enum status st = ST_OK;

	if (fid == 0 && id_parse(wanted, id, &id_len, NULL) != ST_OK)
		return ST_OK; /* a key's reference */
	if ((st = card_objects(s->card, WANT_CERTIFICATES, &list, f)) != ST_OK)
		return st;
	for (size_t i = 0; i < list.n; i++) {
		struct object *o = &list.o[i];
		bool same_id = o->type == OBJECT_CERTIFICATE && id_len > 0 && cur_equal(cur_of(id, id_len), o->id, o->id_len);

		if (same_id || has_file(o, fid))
			take(fit, o);
	}
	return ST_OK;
}

static enum status several(const struct fit *fit, const char *wanted, const char *serial, struct fault *f)
{
	if (fit->n < 2)
		return ST_OK;
	object_done(fit->to);
	return fault_set(f, ST_USAGE,
			 "\"%.80s\" fits %zu objects on %s, among them %s and %s. Say which one is meant in one of these "
			 "forms.",
			 wanted, fit->n, serial, fit->names[0], fit->names[1]);
}

enum status find_cert(struct session *s, const char *wanted, struct object *ret, struct fault *f)
{
	struct object found = { 0 };
	struct fit fit = { .to = &found };
	size_t keys = 0;
	enum status st = find_cert_check(wanted, f);

	if (st == ST_OK && file_of(wanted) == 0)
		st = certs_of_keys(s, wanted, &fit, &keys, f);
	if (st == ST_OK)
		st = certs_alone(s, wanted, &fit, f);
	if (st != ST_OK) {
		object_done(&found);
		return st;
	}
	if (fit.n == 0)
		return fault_set(f, ST_NOT_FOUND,
				 keys > 0 ? N_("The key %.40s on %s has no certificate.")
					  : N_("There is no certificate %.40s on %s."),
				 wanted, s->look->serial);
	if ((st = several(&fit, wanted, s->look->serial, f)) == ST_OK)
		*ret = found;
	return st;
}

static bool is_data(const struct object *o, const char *wanted, uint16_t fid)
{
	if (o->type == OBJECT_DATA && strcmp(o->label, wanted) == 0)
		return true;
	return has_file(o, fid) && (o->type == OBJECT_DATA || o->type == OBJECT_STRAY);
}

enum status find_data(struct session *s, const char *wanted, struct object *ret, struct fault *f)
{
	struct object found = { 0 };
	struct fit fit = { .to = &found };
	OBJECTS list = { 0 };
	enum status st = card_objects(s->card, WANT_DATA, &list, f);

	if (st != ST_OK)
		return st;
	for (size_t i = 0; i < list.n; i++) {
		if (is_data(&list.o[i], wanted, file_of(wanted)))
			take(&fit, &list.o[i]);
	}
	if (fit.n == 0)
		return fault_set(f, ST_NOT_FOUND, "There is no data object \"%.80s\" on %s.", wanted, s->look->serial);
	if ((st = several(&fit, wanted, s->look->serial, f)) == ST_OK)
		*ret = found;
	return st;
}

/* --- what is offered --- */

static bool cert_is_unique(const struct object_row *rows, size_t n, size_t i)
{
	for (size_t k = 0; k < n; k++) {
		if (k != i && rows[k].type == THING_CERTIFICATE && rows[k].id_len == rows[i].id_len &&
		    memcmp(rows[k].id, rows[i].id, rows[i].id_len) == 0)
			return false;
	}
	return rows[i].id_len > 0;
}

static bool label_is_unique(const struct object_row *rows, size_t n, size_t i)
{
	for (size_t k = 0; k < n; k++) {
		if (k != i && rows[k].type == THING_DATA && strcmp(rows[k].label, rows[i].label) == 0)
			return false;
	}
	return rows[i].label[0] != '\0' && text_is_clean(rows[i].label);
}

static char *value_of(const struct object_row *rows, size_t n, size_t i)
{
	const struct object_row *o = &rows[i];
	char id[RESULT_ID_MAX], *value = NULL;
	int len;

	hex_lower(id, o->id, o->id_len);
	if (o->type == THING_CERTIFICATE && cert_is_unique(rows, n, i))
		return strdup(id);
	if (o->type == THING_DATA && label_is_unique(rows, n, i))
		return strdup(o->label);
	if (o->type == THING_CERTIFICATE && (o->fid & 0xff00) == FID_KEY_CERT)
		len = asprintf(&value, "ref:%u", o->fid & 0xff);
	else
		len = asprintf(&value, FILE_PREFIX "%04X", o->fid);
	return len < 0 ? NULL : value;
}

static char *words_of(const struct object_row *o)
{
	char label[STORE_LABEL_MAX], subject[STORE_LABEL_MAX], until[THING_DATE_MAX], *words = NULL;
	int len;

	text_clean(label, sizeof(label), o->label, strlen(o->label));
	text_clean(subject, sizeof(subject), o->subject, strlen(o->subject));
	thing_date(o->not_after, until);
	if (o->type == THING_CERTIFICATE)
		len = asprintf(&words, _("%s  %s  until %s"), label[0] != '\0' ? label : _("(no label)"), subject, until);
	else
		len = asprintf(&words,
			       o->flags & FLEET_PRIVATE ? _("%s  %u bytes, read with the PIN only") : _("%s  %u bytes"),
			       label[0] != '\0' ? label : _("(no label)"), o->size);
	return len < 0 ? NULL : words;
}

static enum status choices_of(const struct run *r, enum thing type, struct choices *ret, struct fault *f)
{
	struct device_state *d = run_state(r);
	struct object_filter filter = { .device = run_serial(r) };
	struct object_row *rows = NULL;
	enum status st;
	size_t n = 0;

	if (run_env(r)->store != NULL && !device_state_has_choices(d, r)) {
		if ((st = store_objects(run_env(r)->store, &filter, &rows, &n, f)) != ST_OK)
			return st;
		d->choices.c = calloc(n + 1, sizeof(*d->choices.c));
		for (size_t i = 0; i < n && d->choices.c != NULL; i++) {
			char *value = rows[i].type == type ? value_of(rows, n, i) : NULL;
			char *words = value != NULL ? words_of(&rows[i]) : NULL;

			if (words != NULL)
				d->choices.c[d->choices.n++] = (struct choice){ value, words };
			else
				free(value);
		}
		free(rows);
		d->has_choices = true;
	}
	*ret = d->choices;
	return ST_OK;
}

enum status find_cert_choices(const struct run *r, struct choices *ret, struct fault *f)
{
	return choices_of(r, THING_CERTIFICATE, ret, f);
}

enum status find_data_choices(const struct run *r, struct choices *ret, struct fault *f)
{
	return choices_of(r, THING_DATA, ret, f);
}
