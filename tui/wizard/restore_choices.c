/* The backups that the inventory keeps, as far as a device could take them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/base/text.h"
#include "engine/base/words.h"
#include "store/device.h"
#include "store/key.h"
#include "tui/wizard/key_type.h"
#include "tui/wizard/restore.h"

#define SHOWN_MAX 200   /* the newest; one that is older is named by its number, or its file */

/* What a device takes, as far as the inventory knows: its DKEKs, and the keys that it has already. */
struct taker {
	struct domain_row *domains;
	size_t n_domains;
	struct object_row *objects;
	size_t n_objects;
};

static void taker_done(struct taker *t)
{
	free(t->domains);
	free(t->objects);
}
#define TAKER CLEANUP(taker_done) struct taker

static enum status taker_of(struct store *store, const char *serial, struct taker *ret, struct fault *f)
{
	const struct object_filter filter = { .device = serial };
	enum status st = store_domains(store, serial, &ret->domains, &ret->n_domains, f);

	if (st == ST_OK)
		st = store_objects(store, &filter, &ret->objects, &ret->n_objects, f);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static bool has_it(const struct taker *t, const struct key_identity *key)
{
	for (size_t i = 0; i < t->n_objects && key->len > 0; i++) {
		if (t->objects[i].type == THING_KEY && t->objects[i].key.len == key->len &&
		    memcmp(t->objects[i].key.bytes, key->bytes, key->len) == 0)
			return true;
	}
	return false;
}

struct found {
	struct backup_row *rows;
	size_t n, most;
};

static struct backup_row *same_key(const struct found *l, const struct backup_row *row)
{
	for (size_t i = 0; i < l->n && row->key.len > 0; i++) {
		if (l->rows[i].key.len == row->key.len && memcmp(l->rows[i].key.bytes, row->key.bytes, row->key.len) == 0)
			return &l->rows[i];
	}
	return NULL;
}

/* once: of each key the one that is proven best, and of those the newest, which the listing has first. */
static void take(struct found *l, const struct backup_row *row, bool once)
{
	struct backup_row *other = once ? same_key(l, row) : NULL;

	if (other != NULL && row->proof > other->proof)
		*other = *row;
	else if (other == NULL && l->n < l->most)
		l->rows[l->n++] = *row;
}

/* All under this DKEK, NULL: under any, but those of keys that the taker has. */
static enum status find_under(struct store *store, const uint8_t *kcv, const struct taker *t, bool once, struct found *l,
			      struct fault *f)
{
	struct backup_filter filter = { .kcv = kcv };
	enum status st = ST_OK;
	size_t n;

	do {
		struct backup_row *rows = NULL;

		n = 0;
		st = store_backups(store, &filter, &rows, &n, f);
		for (size_t i = 0; st == ST_OK && i < n; i++) {
			if (t == NULL || !has_it(t, &rows[i].key))
				take(l, &rows[i], once);
			filter.below = rows[i].id;
		}
		free(rows);
	} while (st == ST_OK && n == STORE_PAGE_MAX && (once || l->n < l->most));
	return st;
}

enum status restore_of_dkek(struct store *store, const uint8_t kcv[static KCV_LEN], struct backup_row **ret, size_t *ret_n,
			    struct fault *f)
{
	struct found l = { .rows = calloc(RESTORE_MAX, sizeof(*l.rows)), .most = RESTORE_MAX };
	enum status st = l.rows != NULL ? find_under(store, kcv, NULL, true, &l, f) : fault_set(f, ST_NO_MEMORY, NULL);

	if (st != ST_OK) {
		free(l.rows);
		return st;
	}
	*ret = l.rows;
	*ret_n = l.n;
	return ST_OK;
}

/* Those that this device could take. Where it is not known which DKEK it has: all. */
static enum status find_for(const struct run *r, struct found *l, struct fault *f)
{
	struct store *store = run_env(r)->store;
	TAKER t = { 0 };
	bool known = false;
	enum status st = taker_of(store, run_serial(r), &t, f);

	for (size_t i = 0; i < t.n_domains && st == ST_OK; i++) {
		if (!t.domains[i].has_kcv)
			continue;
		known = true;
		st = find_under(store, t.domains[i].kcv, &t, false, l, f);
	}
	return st == ST_OK && !known ? find_under(store, NULL, &t, false, l, f) : st;
}

/* One that was named is among them, whatever else is known of it. */
static void add_given(const struct run *r, struct found *l)
{
	for (unsigned i = 0; i < run_count(r, "backup"); i++) {
		const int64_t id = strtoll(run_get(r, "backup", i), NULL, 10);
		bool there = l->n == l->most;

		for (size_t k = 0; k < l->n && !there; k++)
			there = l->rows[k].id == id;
		if (!there && store_backup_get(run_env(r)->store, id, &l->rows[l->n], NULL) == ST_OK)
			l->n++;
	}
}

static void kind_of(const struct backup_row *row, char out[static KEY_WORDS_MAX])
{
	enum key_algorithm algorithm = strcmp(row->algorithm, "rsa") == 0  ? KEY_RSA
				       : strcmp(row->algorithm, "ec") == 0 ? KEY_EC
									   : KEY_AES;

	(void)snprintf(out, KEY_WORDS_MAX, "%s", _("kind not known"));
	if (row->algorithm[0] != '\0')
		key_words(algorithm, row->size, curve_by_name(row->curve), out);
}

static bool choice_of(const struct backup_row *row, struct choice *ret)
{
	char label[STORE_LABEL_MAX], kind[KEY_WORDS_MAX], made[16] = "", kcv[9];
	char *value = NULL, *words = NULL;
	const time_t at = (time_t)row->made_at;
	struct tm tm;

	text_clean(label, sizeof(label), row->label, strlen(row->label));
	kind_of(row, kind);
	hex_upper(kcv, row->kcv, 4);
	if (row->made_at > 0 && gmtime_r(&at, &tm) != NULL)
		(void)strftime(made, sizeof(made), "%Y-%m-%d", &tm);
	if (asprintf(&value, "%lld", (long long)row->id) < 0)
		return false;
	if (asprintf(&words, _("%lld: %s  %s  %s  %s  DKEK %s"), (long long)row->id, label[0] != '\0' ? label : _("(no label)"), kind,
		     made, row->proof == PROOF_RESTORED ? _("proven") : _("not proven"), kcv) < 0) {
		free(value);
		return false;
	}
	*ret = (struct choice){ value, words };
	return true;
}

enum status restore_choices(const struct run *r, struct choices *ret, struct fault *f)
{
	struct device_state *d = &((struct restore *)run_state(r))->device;
	struct found l = { .most = SHOWN_MAX };
	enum status st;

	if (run_env(r)->store != NULL && !device_state_has_choices(d, r)) {
		l.rows = calloc(l.most, sizeof(*l.rows));
		st = l.rows != NULL ? find_for(r, &l, f) : fault_set(f, ST_NO_MEMORY, NULL);
		if (st != ST_OK) {
			free(l.rows);
			return st;
		}
		add_given(r, &l);
		d->choices.c = calloc(l.n + 1, sizeof(*d->choices.c));
		for (size_t i = 0; i < l.n && d->choices.c != NULL; i++) {
			if (choice_of(&l.rows[i], &d->choices.c[d->choices.n]))
				d->choices.n++;
		}
		free(l.rows);
		d->has_choices = true;
	}
	*ret = d->choices;
	return ST_OK;
}
