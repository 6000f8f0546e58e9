/* Which certificate or data object is meant. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/wizard/find.h"
#include "tui/wizard/key_type.h"
#include "tui/wizard/thing.h"

#define FILE_PREFIX "file:"
#define CERT_PREFIX "cert:"
#define DATA_PREFIX "data:"
#define NAME_MAX_OF_THING 16 /* "file:CA00", "ref:255" */

uint16_t find_file(const char *wanted)
{
	const size_t n = strlen(FILE_PREFIX);
	uint8_t fid[2];
	size_t len;

	if (strncmp(wanted, FILE_PREFIX, n) != 0 || strlen(wanted + n) != 4 || !hex_parse(wanted + n, 4, fid, 2, &len))
		return 0;
	return (uint16_t)(fid[0] << 8 | fid[1]);
}

/* What follows the prefix; NULL: it begins otherwise. */
static const char *after(const char *wanted, const char *prefix)
{
	return strncmp(wanted, prefix, strlen(prefix)) == 0 ? wanted + strlen(prefix) : NULL;
}

enum status find_cert_check(const char *wanted, struct fault *f)
{
	return find_file(wanted) != 0 || after(wanted, CERT_PREFIX) != NULL ? ST_OK : find_check(wanted, f);
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

/* Also where only the description is left of a content of this name: an interrupted attempt deleted that. */
static bool has_file(const struct object *o, uint16_t fid)
{
	const uint16_t kind = fid & 0xff00, described = kind == FID_CA_CERT ? FID_CERT_DESCRIPTION : FID_DATA_DESCRIPTION;

	if (fid == 0 || o->content_fid == fid || o->description_fid == fid)
		return fid != 0;
	return o->content_fid == 0 && (kind == FID_CA_CERT || kind == FID_PUBLIC_DATA || kind == FID_PRIVATE_DATA) &&
	       o->description_fid == fid_of(described, (uint8_t)fid);
}

static enum status certs_alone(struct session *s, const char *wanted, struct fit *fit, struct fault *f)
{
	const char *label = after(wanted, CERT_PREFIX);
	const uint16_t fid = find_file(wanted);
	uint8_t id[DESCRIBE_ID_MAX];
	OBJECTS list = { 0 };
	size_t id_len = 0;
	enum status st = ST_OK;

	if (fid == 0 && label == NULL && id_parse(wanted, id, &id_len, NULL) != ST_OK)
		return ST_OK; /* a key's reference */
	if ((st = card_objects(s->card, WANT_CERTIFICATES, &list, f)) != ST_OK)
		return st;
	for (size_t i = 0; i < list.n; i++) {
		struct object *o = &list.o[i];
		bool same_id = o->type == OBJECT_CERTIFICATE && id_len > 0 && cur_equal(cur_of(id, id_len), o->id, o->id_len);

		if (same_id || has_file(o, fid) ||
		    (o->type == OBJECT_CERTIFICATE && label != NULL && strcmp(o->label, label) == 0))
			take(fit, o);
	}
	return ST_OK;
}

/* What is left of a key that is gone. */
static enum status cert_of_no_key(struct session *s, uint16_t fid, struct fit *fit, struct fault *f)
{
	struct object o = { .type = OBJECT_STRAY, .number = (uint8_t)fid, .content_fid = fid };
	enum status st;

	if (!fids_have(&s->fids, fid) || fids_have(&s->fids, fid_of(FID_KEY, (uint8_t)fid)))
		return ST_OK;
	st = card_read_file(s->card, fid, &o.content, f);
	if (st == ST_OK)
		take(fit, &o);
	object_done(&o);
	return st;
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
	const uint16_t fid = find_file(wanted);
	struct object found = { 0 };
	struct fit fit = { .to = &found };
	char ref[NAME_MAX_OF_THING];
	size_t keys = 0;
	enum status st = find_cert_check(wanted, f);

	snprintf(ref, sizeof(ref), "ref:%u", (unsigned)fid & 0xff);
	if (st == ST_OK && (fid & 0xff00) == FID_KEY_CERT && (st = cert_of_no_key(s, fid, &fit, f)) == ST_OK)
		st = certs_of_keys(s, ref, &fit, &keys, f);
	else if (st == ST_OK && fid == 0 && after(wanted, CERT_PREFIX) == NULL)
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
		if (is_data(&list.o[i], wanted, find_file(wanted)))
			take(&fit, &list.o[i]);
	}
	if (fit.n == 0)
		return fault_set(f, ST_NOT_FOUND, "There is no data object \"%.80s\" on %s.", wanted, s->look->serial);
	if ((st = several(&fit, wanted, s->look->serial, f)) == ST_OK)
		*ret = found;
	return st;
}

enum status find_object_check(const char *wanted, struct fault *f)
{
	return after(wanted, DATA_PREFIX) != NULL ? ST_OK : find_cert_check(wanted, f);
}

enum status find_object(struct session *s, const char *wanted, struct object *ret, bool *ret_cert, struct fault *f)
{
	const uint16_t fid = find_file(wanted), kind = fid & 0xff00;
	const bool of_key = kind == FID_KEY || kind == FID_KEY_DESCRIPTION;
	char ref[NAME_MAX_OF_THING];
	enum status st;

	*ret_cert = false;
	if (of_key) {
		snprintf(ref, sizeof(ref), "ref:%u", (unsigned)fid & 0xff);
		wanted = ref;
	}
	if (kind == FID_KEY_CERT || kind == FID_CA_CERT || kind == FID_CERT_DESCRIPTION || after(wanted, CERT_PREFIX) != NULL) {
		st = find_cert(s, wanted, ret, f);
		*ret_cert = st == ST_OK && ret->type == OBJECT_KEY;
		return st;
	}
	if (after(wanted, DATA_PREFIX) != NULL)
		return find_data(s, after(wanted, DATA_PREFIX), ret, f);
	return fid != 0 && !of_key ? find_data(s, wanted, ret, f) : find_key(s, wanted, ret, f);
}
