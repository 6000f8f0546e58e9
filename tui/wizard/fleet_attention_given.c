/* What the procedure that mends something begins with: the keys and backups that are meant. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/bytes.h"
#include "engine/base/clock.h"
#include "store/backup.h"
#include "tui/wizard/fleet_inside.h"

#define PROVEN_MOST AWAY_BACKUPS_MAX   /* that one restore is begun with */
#define PROVER_KEYS 20                 /* of a device, that another one is looked for which could prove them */

/* --- proving --- */

struct entry *attention_entry(const struct fleet *fl, const char *serial)
{
	for (size_t i = 0; i < fl->n && serial[0] != '\0'; i++) {
		if (strcmp(fl->e[i]->d.serial, serial) == 0)
			return fl->e[i];
	}
	return NULL;
}

bool attention_identity(const struct fleet_object *key, struct key_identity *ret)
{
	const char *hex = key->spki_sha256[0] != '\0' ? key->spki_sha256 : key->cmac;

	return hex_parse(hex, strlen(hex), ret->bytes, sizeof(ret->bytes), &ret->len) && ret->len > 0;
}

static bool has_key(struct fleet *fl, struct entry *e, const struct fleet_object *key)
{
	if (known_load_objects(fl, e, NULL) != ST_OK)
		return true;
	for (size_t i = 0; i < e->n_objects; i++) {
		const struct fleet_object *o = &e->objects[i];

		if (o->type == FLEET_KEY && strcmp(o->spki_sha256, key->spki_sha256) == 0 && strcmp(o->cmac, key->cmac) == 0)
			return true;
	}
	return false;
}

int64_t attention_backup_for(struct fleet *fl, const struct fleet_object *key, struct entry *on)
{
	struct key_identity id = { 0 };
	uint8_t kcv[STORE_KCV_LEN];
	const struct backup_filter filter = { .key = &id, .kcv = kcv, .page = { .limit = 1 } };
	struct backup_row *rows = NULL;
	int64_t number = 0;
	size_t n = 0;

	if (fl->store == NULL || on->d.state != FLEET_HERE || !on->d.initialised || on->d.dkek_missing != 0 ||
	    !hex_parse(on->d.dkek_kcv, strlen(on->d.dkek_kcv), kcv, sizeof(kcv), &n) || n != sizeof(kcv) ||
	    !attention_identity(key, &id) || has_key(fl, on, key) ||
	    !fleet_can_hold(&on->d, key->algorithm, key->size) || store_backups(fl->store, &filter, &rows, &n, NULL) != ST_OK)
		return 0;
	if (n > 0)
		number = rows[0].id;
	free(rows);
	return number;
}

struct entry *attention_prover(struct fleet *fl, struct entry *of)
{
	unsigned looked = 0;

	for (size_t k = 0; k < of->n_objects && looked < PROVER_KEYS; k++) {
		if (!attention_is_unproven(&of->objects[k]))
			continue;
		looked++;
		for (size_t i = 0; i < fl->n; i++) {
			if (fl->e[i] != of && attention_backup_for(fl, &of->objects[k], fl->e[i]) != 0)
				return fl->e[i];
		}
	}
	return NULL;
}

/* --- for a procedure --- */

/* The next value, empty; NULL: memory, or enough. */
static char *value_add(struct fleet_given *g, const char *question, size_t most)
{
	char(*more)[FLEET_VALUE_MAX] = g->n < most ? reallocarray(g->value, g->n + 1, sizeof(*more)) : NULL;

	if (more == NULL)
		return NULL;
	g->question = question;
	g->value = more;
	more[g->n][0] = '\0';
	return more[g->n++];
}

static void keys_without_backup(struct entry *e, struct fleet_given *ret)
{
	for (size_t i = 0; i < e->n_objects; i++) {
		const struct fleet_object *o = &e->objects[i];
		char *value = o->type == FLEET_KEY && o->backups == 0 && !(o->flags & FLEET_ORPHAN) ? value_add(ret, "id", 256) : NULL;

		if (value != NULL)
			fleet_object_value(e->objects, e->n_objects, o, value);
	}
}

/* Certificates are imported one by one: the key of the one that ends first. */
static void key_of_certificate(struct entry *e, struct fleet_given *ret)
{
	const struct fleet_object *first = NULL;
	const int64_t now = clock_wall();
	char *value;

	for (size_t i = 0; i < e->n_objects; i++) {
		const struct fleet_object *o = &e->objects[i];

		if (attention_ends_soon(o, now) && (o->flags & FLEET_OF_KEY) && (first == NULL || strcmp(o->until, first->until) < 0))
			first = o;
	}
	for (size_t i = 0; i < e->n_objects && first != NULL; i++) {
		const struct fleet_object *o = &e->objects[i];

		if (o->type == FLEET_KEY && (o->fid & 0xff) == (first->fid & 0xff) && (value = value_add(ret, "id", 1)) != NULL)
			fleet_object_value(e->objects, e->n_objects, o, value);
	}
}

static void backup_value(int64_t number, struct fleet_given *ret)
{
	char *value = number != 0 ? value_add(ret, "backup", PROVEN_MOST) : NULL;

	if (value != NULL)
		snprintf(value, FLEET_VALUE_MAX, "%lld", (long long)number);
}

static void backups_of(struct fleet *fl, struct entry *e, struct entry *on, struct fleet_given *ret)
{
	for (size_t i = 0; i < e->n_objects && ret->n < PROVEN_MOST; i++) {
		if (attention_is_unproven(&e->objects[i]))
			backup_value(attention_backup_for(fl, &e->objects[i], on), ret);
	}
}

static void backups_of_away(struct fleet *fl, const struct fleet_attention *a, struct fleet_given *ret)
{
	const struct away *found = fl->away.found;
	CLEANUP(away_index_done) struct away_index x = { 0 };
	const struct fleet_device *d;

	if (found == NULL || !away_index_of(fl, &x))
		return;
	for (size_t i = 0; i < found->n; i++) {
		const struct away_row *row = &found->row[i];

		if (row->n_backups == 0 || strcmp(fl->away.here[row->here].serial, a->on) != 0 ||
		    (a->serial[0] != '\0' && strcmp(row->serial, a->serial) != 0) ||
		    attention_kind_of(&x, row, &d) != (enum attention_kind)a->rank)
			continue;
		for (size_t k = 0; k < row->n_backups; k++)
			backup_value(found->backup[row->backup + k], ret);
	}
}

void fleet_attention_given(struct fleet *fl, const struct fleet_attention *a, struct fleet_given *ret)
{
	struct entry *e = attention_entry(fl, a->serial), *on = attention_entry(fl, a->on);

	*ret = (struct fleet_given){ 0 };
	if (a->away) {
		backups_of_away(fl, a, ret);
		return;
	}
	if (e == NULL || known_load_objects(fl, e, NULL) != ST_OK)
		return;
	if (a->rank == NO_BACKUP)
		keys_without_backup(e, ret);
	else if (a->rank == CERTIFICATE_ENDS)
		key_of_certificate(e, ret);
	else if (a->rank == NOT_PROVEN && on != NULL)
		backups_of(fl, e, on, ret);
}
