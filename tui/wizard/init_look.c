/* What is on the device before it is erased, and how far a run came that stopped half way. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"
#include "engine/base/words.h"
#include "engine/card/objects.h"
#include "store/device.h"
#include "store/key.h"
#include "store/run.h"
#include "tui/wizard/init.h"

/* --- what is on it --- */

bool init_is_empty(const struct fids *l)
{
	for (size_t i = 0; i < l->n; i++) {
		if (l->fid[i] >> 8 != FID_DEVICE >> 8 && l->fid[i] != FID_KEY)
			return false;
	}
	return true;
}

/* Is a backup known of the key? Of a secret key only the inventory can say which one it is. */
static enum status has_backup(struct store *s, const char *serial, const struct object *o, bool *ret, struct fault *f)
{
	struct key_identity id = { .len = STORE_SPKI_LEN };
	struct object_filter on = { .device = serial };
	struct object_row *rows = NULL;
	struct key_row row;
	size_t n = 0;
	enum status st;

	*ret = false;
	if (!s)
		return ST_OK;
	if (o->has_key) {
		memcpy(id.bytes, o->spki_sha256, STORE_SPKI_LEN);
		st = store_key_get(s, &id, &row, f);
		*ret = st == ST_OK && row.backups > 0;
		return st == ST_NOT_FOUND ? ST_OK : st;
	}
	st = store_objects(s, &on, &rows, &n, f);
	for (size_t i = 0; st == ST_OK && i < n; i++) {
		if (rows[i].type == THING_KEY && rows[i].key_ref == o->number && rows[i].backups > 0)
			*ret = true;
	}
	free(rows);
	return st;
}

static void kind_words(const struct object *o, char *out, size_t cap)
{
	if (o->type == OBJECT_CERTIFICATE)
		snprintf(out, cap, "%s", _("certificate"));
	else if (o->type == OBJECT_DATA)
		snprintf(out, cap, _("data, %zu bytes"), o->size);
	else if (o->type == OBJECT_STRAY)
		snprintf(out, cap, "%s", _("a file without its key"));
	else if (!o->has_algorithm)
		snprintf(out, cap, "%s", _("key of unknown kind"));
	else if (o->algorithm == KEY_EC && o->curve)
		snprintf(out, cap, _("key, %s"), o->curve->display);
	else
		snprintf(out, cap, _("key, %s %u"), o->algorithm == KEY_RSA ? "RSA" : o->algorithm == KEY_EC ? "EC" : "AES", o->bits);
}

static enum status add_thing(struct init *s, struct store *store, const struct object *o, struct fault *f)
{
	struct init_thing *t = &s->things[s->n_things];
	char kind[80];
	enum status st = ST_OK;

	kind_words(o, kind, sizeof(kind));
	t->is_key = o->type == OBJECT_KEY;
	if (t->is_key)
		st = has_backup(store, s->info.serial, o, &t->has_backup, f);
	if (o->label[0])
		snprintf(t->words, sizeof(t->words), "\"%s\" (%s)", o->label, kind);
	else
		snprintf(t->words, sizeof(t->words), _("number %u, without a label (%s)"), (unsigned)o->number, kind);
	s->keys += t->is_key;
	s->keys_without_backup += t->is_key && !t->has_backup;
	s->n_things++;
	return st;
}

static enum status list_things(struct init *s, struct card *card, struct store *store, struct fault *f)
{
	OBJECTS list = { 0 };
	enum status st = card_objects(card, WANT_ALL, &list, f);

	if (st != ST_OK)
		return st;
	s->things = calloc(list.n + 1, sizeof(*s->things));
	if (!s->things)
		return fault_set(f, ST_NO_MEMORY, NULL);
	for (size_t i = 0; st == ST_OK && i < list.n; i++)
		st = add_thing(s, store, &list.o[i], f);
	s->fids = list.fids;
	list.fids = (struct fids){ 0 };
	return st;
}

static enum status offer_factory(struct step_env *e, struct fault *f)
{
	struct init *s = init_of(e->run);
	struct run_record *rows = NULL;
	struct device_row row;
	size_t n = 0;
	enum status st;

	/*
	 * A device without a user PIN that counts the tries of its SO-PIN has one already. It may be the factory's, which the
	 * vendor set; or not, where it was initialised for public key authentication alone. Then nobody spends a try of it who
	 * did not say so, and leaving an option out says nothing.
	 */
	s->factory_offered = !s->info.initialised && (s->info.so.state != PIN_READY || !run_env(e->run)->script);
	if (!e->store || !s->info.initialised)
		return ST_OK;
	st = store_device_get(e->store, s->info.serial, &row, f);
	if (st != ST_OK || row.factory_so_pin != 1)
		return st == ST_NOT_FOUND ? ST_OK : st;
	st = store_open_runs(e->store, s->info.serial, &rows, &n, f);
	for (size_t i = 0; st == ST_OK && i < n; i++)
		s->factory_offered |= strcmp(rows[i].procedure, run_procedure(e->run)->name) == 0 &&
				      strcmp(rows[i].step_name, "so-pin") != 0;
	run_records_free(rows, n);
	return st;
}

static enum status look(struct step_env *e, struct fault *f)
{
	struct init *s = init_of(e->run);
	enum status st;

	init_forget_device(s);
	st = card_status(e->card, &s->info, f);
	if (st == ST_OK)
		st = offer_factory(e, f);
	if (st == ST_OK)
		st = list_things(s, e->card, e->store, f);
	s->looked = st == ST_OK;
	s->missing = s->info.dkek.missing;
	return st;
}

enum status init_read_device(struct step_env *e, struct fault *f)
{
	const struct init *s = init_of(e->run);
	enum status st = look(e, f);

	if (st == ST_OK && s->info.so.state == PIN_BLOCKED && !s->erased)
		return fault_set(f, ST_SO_PIN_BLOCKED, "The SO-PIN of %s is blocked for good, so it can never be "
			  "initialised again. Its keys can still be used and backed up with the user PIN. Nothing was "
			  "changed.", s->info.serial);
	return st;
}

/* --- how far it came --- */

/* All that tells a device before from the same one after: no PIN counters, since those change by themselves. */
static void signature(const struct card_info *info, const struct fids *l, char *out, size_t cap)
{
	char kcv[KCV_TEXT_MAX];

	hex_upper(kcv, info->dkek.kcv, KCV_LEN);
	snprintf(out, cap, "%d %zu %d %u %u %s %.64s", info->initialised, l->n, info->dkek.present, info->dkek.total,
		 info->dkek.missing, info->dkek.kcv_shown ? kcv : "-", info->label);
}

enum status init_write_before(struct step_env *e, struct fault *f)
{
	const struct init *s = init_of(e->run);
	char now[200];
	enum status st;

	/* Where a run is taken up that has to erase once more, what it had noted of the time after is no longer true. */
	for (unsigned i = 0; i < init_shares_wanted(e->run); i++) {
		char name[INIT_FACT_MAX];

		init_share_fact(i, name);
		if (run_fact(e->run, name)[0] && (st = run_note(e, name, "", f)) != ST_OK)
			return st;
	}
	signature(&s->info, &s->fids, now, sizeof(now));
	if ((st = run_note(e, "so-pin", init_changes_so(e->run) ? "wanted" : "", f)) != ST_OK ||
	    (st = run_note(e, "erased", "", f)) != ST_OK || (st = run_note(e, "importing", "", f)) != ST_OK)
		return st;
	return run_note(e, "before", now, f);
}

static bool fresh_as_wanted(const struct run *r, const struct card_info *info)
{
	unsigned wanted = init_shares_wanted(r);

	return info->initialised && (wanted == 0 ? !info->dkek.present : info->dkek.present && info->dkek.total == wanted);
}

/* Was it erased? Where the answer to the command was not seen, the device tells, by being another than before. */
static bool was_erased(const struct run *r, const struct card_info *info, const struct fids *l)
{
	char now[200];

	if (!init_is_empty(l) || !fresh_as_wanted(r, info))
		return false;
	if (strcmp(run_fact(r, "erased"), "yes") == 0)
		return true;
	signature(info, l, now, sizeof(now));
	return run_fact(r, "before")[0] && strcmp(run_fact(r, "before"), now) != 0;
}

enum status init_find_out(struct step_env *e, struct fault *f)
{
	struct init *s = init_of(e->run);
	struct device_row row;
	struct fault unknown;
	enum status st = look(e, f);

	if (st != ST_OK)
		return st;
	s->erasing = false;
	s->erased = was_erased(e->run, &s->info, &s->fids);
	if (!s->erased)
		return ST_OK;
	s->so_changed = strcmp(run_fact(e->run, "so-pin"), "changed") == 0;
	s->so_before = s->so_changed;
	s->so_wanted = run_fact(e->run, "so-pin")[0] && !s->so_changed;
	s->so_unknown = strcmp(run_fact(e->run, "so-pin"), "begun") == 0;
	s->factory_kept = e->store && store_device_get(e->store, run_serial(e->run), &row, &unknown) == ST_OK &&
		row.factory_so_pin == 1;
	s->label_set = strcmp(s->info.label, run_get(e->run, "label", 0)) == 0;
	for (unsigned i = 0; i < init_shares_wanted(e->run); i++) {
		char name[INIT_FACT_MAX];

		init_share_fact(i, name);
		s->imported[i] = s->info.dkek.missing == 0 || strcmp(run_fact(e->run, name), "in") == 0;
	}
	return ST_OK;
}
