/* What is offered to be chosen of a device's objects, as the inventory knows them. */
#include "tui/wizard/find.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"
#include "engine/base/words.h"
#include "tui/wizard/fleet.h"
#include "tui/wizard/key_type.h"
#include "tui/wizard/thing.h"

enum { KEYS = 1 << 0, CERTS_OF_KEYS = 1 << 1, CERTS = 1 << 2, DATA = 1 << 3 };

static unsigned kind_of(const struct object_row *o)
{
	if (o->type == THING_KEY)
		return KEYS;
	if (o->type == THING_DATA)
		return DATA;
	return (o->fid & 0xff00) == FID_KEY_CERT ? CERTS_OF_KEYS : CERTS;
}

/* What it is named by, when no other row of its type is: the label of data, the ID of anything else. */
static bool is_unique(const struct object_row *rows, size_t n, size_t i)
{
	const struct object_row *o = &rows[i];

	for (size_t k = 0; k < n; k++) {
		if (k != i && rows[k].type == o->type &&
		    (o->type == THING_DATA ? strcmp(rows[k].label, o->label) == 0
					   : rows[k].id_len == o->id_len && memcmp(rows[k].id, o->id, o->id_len) == 0))
			return false;
	}
	return o->type == THING_DATA ? o->label[0] != '\0' && text_is_clean(o->label) : o->id_len > 0;
}

static char *value_of(const struct object_row *rows, size_t n, size_t i, unsigned kinds)
{
	const struct object_row *o = &rows[i];
	char id[RESULT_ID_MAX], *value = NULL;
	int len;

	hex_lower(id, o->id, o->id_len);
	if ((o->type == THING_KEY || (kinds & KEYS) == 0) && is_unique(rows, n, i))
		return strdup(o->type == THING_DATA ? o->label : id);
	if (o->type == THING_KEY || (kind_of(o) == CERTS_OF_KEYS && (kinds & KEYS) == 0))
		len = asprintf(&value, "ref:%d", o->type == THING_KEY ? o->key_ref : (int)(o->fid & 0xff));
	else
		len = asprintf(&value, "file:%04X", o->fid);
	return len < 0 ? NULL : value;
}

/* Keys that have the same CKA_ID or none are told apart by their references. */
static char *key_choice(const struct object_row *o, const char *label, bool unique)
{
	const unsigned n_backups = (unsigned)o->backups;
	char kind[KEY_WORDS_MAX], backups[100], *words;
	int len;

	(void)snprintf(kind, sizeof(kind), "%s", _("kind not known"));   /* another program's, or one that was put there half */
	(void)snprintf(backups, sizeof(backups), n_backups == 0 ? _("no backup") :
		       translated_n("%u backup", "%u backups", n_backups), n_backups);
	if (o->algorithm[0] != '\0')
		key_words(strcmp(o->algorithm, "rsa") == 0  ? KEY_RSA
			  : strcmp(o->algorithm, "ec") == 0 ? KEY_EC
							    : KEY_AES,
			  o->size, curve_by_name(o->curve), kind);
	len = unique ? asprintf(&words, "%s  %s  %s", label, kind, backups)
		     : asprintf(&words, _("%s  %s  key reference %d  %s"), label, kind, o->key_ref, backups);
	return len < 0 ? NULL : words;
}

static char *words_of(const struct object_row *rows, size_t n, size_t i, unsigned kinds)
{
	const struct object_row *o = &rows[i];
	char label[STORE_LABEL_MAX], subject[STORE_LABEL_MAX], until[THING_DATE_MAX], *words = NULL;
	int len;

	text_clean(label, sizeof(label), o->label[0] != '\0' ? o->label : _("(no label)"),
		   strlen(o->label[0] != '\0' ? o->label : _("(no label)")));
	text_clean(subject, sizeof(subject), o->subject, strlen(o->subject));
	thing_date(o->not_after, until);
	if (o->type == THING_KEY)
		return key_choice(o, label, is_unique(rows, n, i));
	if ((kinds & KEYS) != 0)
		len = asprintf(&words, "%s  %s", label, o->type == THING_CERTIFICATE ? _("certificate") : _("data"));
	else if (o->type == THING_CERTIFICATE)
		len = asprintf(&words, _("%s  %s  until %s"), label, subject, until);
	else
		len = asprintf(&words, o->flags & FLEET_PRIVATE ? _("%s  %u bytes, read with the PIN only") : _("%s  %u bytes"), label,
			       o->size);
	return len < 0 ? NULL : words;
}

static enum status choices_of(const struct run *r, unsigned kinds, struct choices *ret, struct fault *f)
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
			char *value = (kinds & kind_of(&rows[i])) != 0 ? value_of(rows, n, i, kinds) : NULL;
			char *words = value != NULL ? words_of(rows, n, i, kinds) : NULL;

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

enum status find_choices(const struct run *r, struct choices *ret, struct fault *f)
{
	return choices_of(r, KEYS, ret, f);
}

enum status find_cert_choices(const struct run *r, struct choices *ret, struct fault *f)
{
	return choices_of(r, CERTS_OF_KEYS | CERTS, ret, f);
}

enum status find_data_choices(const struct run *r, struct choices *ret, struct fault *f)
{
	return choices_of(r, DATA, ret, f);
}

enum status find_object_choices(const struct run *r, struct choices *ret, struct fault *f)
{
	return choices_of(r, KEYS | CERTS_OF_KEYS | CERTS | DATA, ret, f);
}

enum status find_rename_choices(const struct run *r, struct choices *ret, struct fault *f)
{
	return choices_of(r, KEYS | CERTS | DATA, ret, f);
}
