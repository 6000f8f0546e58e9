/*
 * What needs doing, most urgent first: one row of a table for each kind, with what mends it. A sentence has at most 54
 * characters, since it stands in one line of 80 columns behind the device's name. What concerns several objects of a device is
 * said once, with their number.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/base/bytes.h"
#include "engine/base/clock.h"
#include "engine/base/text.h"
#include "engine/base/words.h"
#include "engine/card/firmware.h"
#include "engine/keys/cvc.h"
#include "store/backup.h"
#include "store/run.h"
#include "store/store.h"
#include "tui/wizard/fleet_inside.h"
#include "tui/wizard/session.h"
#include "tui/wizard/strength.h"
#include "tui/wizard/wizard.h"

/* The most urgent first. */
enum kind {
	READ_ONLY,
	FACTORY_SO_PIN,
	INTERRUPTED,
	SHARES_MISSING,
	NOT_GENUINE,
	SO_PIN_LOW,
	PIN_DEAD,
	PIN_BLOCKED_NOW,
	PIN_LAST_TRY,
	TRANSPORT_PIN,
	NO_BACKUP,
	CERTIFICATE_ENDS,
	NOT_PROVEN,
	WEAK_KEY,
	OLD_FIRMWARE,
	NEVER_INITIALISED,
	SO_PIN_DEAD,
	NO_DKEK,
};

static const struct {
	enum fleet_urgency urgency;
	const char *procedure;
} kinds[] = {
	[READ_ONLY] = { FLEET_DANGER, NULL },
	[FACTORY_SO_PIN] = { FLEET_DANGER, "so-pin change" },
	[INTERRUPTED] = { FLEET_DANGER, NULL },        /* its own */
	[SHARES_MISSING] = { FLEET_DANGER, "share import" },
	[NOT_GENUINE] = { FLEET_DANGER, NULL },
	[SO_PIN_LOW] = { FLEET_WARNING, NULL },
	[PIN_DEAD] = { FLEET_WARNING, NULL },
	[PIN_BLOCKED_NOW] = { FLEET_WARNING, "pin unblock" },
	[PIN_LAST_TRY] = { FLEET_WARNING, "pin unblock" },
	[TRANSPORT_PIN] = { FLEET_WARNING, "pin change" },
	[NO_BACKUP] = { FLEET_WARNING, "backup" },
	[CERTIFICATE_ENDS] = { FLEET_WARNING, "cert import" },
	[NOT_PROVEN] = { FLEET_WARNING, NULL },        /* needs another device */
	[WEAK_KEY] = { FLEET_WARNING, "key new" },
	[OLD_FIRMWARE] = { FLEET_WARNING, NULL },
	[NEVER_INITIALISED] = { FLEET_NOTE, "init" },
	[SO_PIN_DEAD] = { FLEET_NOTE, NULL },
	[NO_DKEK] = { FLEET_NOTE, NULL },
};

/* fmt: translated. The row is good until the next one; NULL: memory. */
static struct fleet_attention *add(struct fleet *fl, enum kind kind, const char *serial, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

static struct fleet_attention *add(struct fleet *fl, enum kind kind, const char *serial, const char *fmt, ...)
{
	struct fleet_attention *list = reallocarray(fl->attention, fl->n_attention + 1, sizeof(*list)), *a;
	va_list ap;

	if (list == NULL)
		return NULL;
	fl->attention = list;
	a = &list[fl->n_attention++];
	*a = (struct fleet_attention){ .urgency = kinds[kind].urgency, .rank = kind, .procedure = kinds[kind].procedure };
	if (a->procedure != NULL && procedure_called(a->procedure) == NULL)
		a->procedure = NULL;
	snprintf(a->serial, sizeof(a->serial), "%.*s", (int)sizeof(a->serial) - 1, serial);
	va_start(ap, fmt);
	vsnprintf(a->words, sizeof(a->words), fmt, ap);
	va_end(ap);
	return a;
}

static void runs(struct fleet *fl)
{
	struct run_record *rows = NULL;
	size_t n = 0;

	if (fl->store == NULL || store_open_runs(fl->store, NULL, &rows, &n, NULL) != ST_OK)
		return;
	for (size_t i = 0; i < n; i++) {
		const struct procedure *p = procedure_find(rows[i].procedure);
		const char *title = p != NULL ? translated(p->title) : rows[i].procedure;
		struct fleet_attention *a;

		/* Another program is at it: it was not interrupted. */
		if (store_run_is_held(fl->store, rows[i].id))
			continue;
		a = add(fl, INTERRUPTED, rows[i].device, _("\"%.30s\" was interrupted: take it up again."), title);
		if (a == NULL)
			continue;
		a->run = rows[i].id;
		a->procedure = p != NULL ? p->name : NULL;
	}
	run_records_free(rows, n);
}

/* --- the device itself --- */

/* An initialisation that is taken up again sets the SO-PIN itself. */
static bool will_be_initialised(const struct fleet *fl, const char *serial)
{
	for (size_t i = 0; i < fl->n_attention; i++) {
		const struct fleet_attention *a = &fl->attention[i];

		if (a->run != 0 && a->procedure != NULL && strcmp(a->procedure, "init") == 0 && strcmp(a->serial, serial) == 0)
			return true;
	}
	return false;
}

static void so_pin(struct fleet *fl, const struct fleet_device *d)
{
	if (d->so_pin_tries == 0)
		add(fl, SO_PIN_DEAD, d->serial, _("Its SO-PIN is blocked for good."));
	else if (d->factory_so_pin && d->initialised && !will_be_initialised(fl, d->serial))
		add(fl, FACTORY_SO_PIN, d->serial, _("It still has the factory's SO-PIN: change it."));
	if (d->so_pin_tries > 0 && d->so_pin_tries <= LAST_SO_TRIES)
		add(fl, SO_PIN_LOW, d->serial,
		    translated_n("Only %d try of the SO-PIN is left, ever.", "Only %d tries of the SO-PIN are left, ever.",
				 (unsigned long)d->so_pin_tries), d->so_pin_tries);
}

static void user_pin(struct fleet *fl, const struct fleet_device *d)
{
	struct fleet_attention *a;

	if (d->transport_pin) {
		add(fl, TRANSPORT_PIN, d->serial, _("Its transport PIN must be changed first."));
	} else if (d->pin_tries == 0 && d->initialised && d->never_unblocks) {
		add(fl, PIN_DEAD, d->serial, _("Its user PIN is blocked for good."));
	} else if (d->pin_tries == 0 && d->initialised) {
		add(fl, PIN_BLOCKED_NOW, d->serial, _("Its user PIN is blocked; its keys are still there."));
	} else if (d->pin_tries == LAST_USER_TRIES) {
		a = add(fl, PIN_LAST_TRY, d->serial, _("Its user PIN is on its last try."));
		if (a != NULL && d->never_unblocks)
			a->procedure = NULL;
	}
}

static void device(struct fleet *fl, const struct fleet_device *d)
{
	so_pin(fl, d);
	if (d->dkek_missing > 0)
		add(fl, SHARES_MISSING, d->serial, _("%d of its %d DKEK shares are missing."), d->dkek_missing,
		    d->dkek_shares);
	user_pin(fl, d);
	if (d->trust == DEVICE_BROKEN)
		add(fl, NOT_GENUINE, d->serial, _("Its device certificate is wrong: do not trust it."));
	if (d->fw_major >= 0 && firmware_of((unsigned)d->fw_major, (unsigned)d->fw_minor)->advised_against)
		add(fl, OLD_FIRMWARE, d->serial, _("Its firmware is too old for keys that matter."));
	if (d->looked_at && !d->initialised)
		add(fl, NEVER_INITIALISED, d->serial, _("It was never initialised."));
}

/* --- what is on it --- */

/* At most 14 characters of a label, and how many objects are meant with the first of them. */
struct meant {
	const struct fleet_object *first;
	unsigned n;
};

static void mean(struct meant *m, const struct fleet_object *o)
{
	if (m->n++ == 0)
		m->first = o;
}

#define SHORT_MAX 100
static const char *short_label(const struct fleet_object *o, char out[static SHORT_MAX])
{
	const char *label = o->label[0] != '\0' ? o->label : o->subject[0] != '\0' ? o->subject : o->kind;
	size_t at = 0, n = strlen(label);
	uint32_t cp;

	for (unsigned i = 0; i < 14 && at < n; i++)
		at += text_decode(label + at, n - at, &cp);
	snprintf(out, SHORT_MAX, "%.*s%s", (int)at, label, at < n ? "\xe2\x80\xa6" : "");
	return out;
}

static void give_id(struct fleet_attention *a, const struct meant *m)
{
	if (a != NULL && m->n == 1)
		snprintf(a->id, sizeof(a->id), "%s", m->first->id);
}

static void without_backup(struct fleet *fl, const struct fleet_device *d, const struct meant *bare)
{
	const unsigned n = d->keys_without_backup;

	if (n == 0)
		return;
	if (d->dkek_shares == 0)
		add(fl, NO_DKEK, d->serial, translated_n("%u key can never be backed up: it has no DKEK.",
							 "%u keys can never be backed up: it has no DKEK.", n), n);
	else
		give_id(add(fl, NO_BACKUP, d->serial, translated_n("%u key on this device has no backup.",
								   "%u keys on this device have no backup.", n), n), bare);
}

static void day_text(int64_t at, char out[static 11])
{
	time_t t = (time_t)at;
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL || strftime(out, 11, "%Y-%m-%d", &tm) == 0)
		out[0] = '\0';
}

static void certificates(struct fleet *fl, const struct fleet_device *d, const struct meant *ending, const char *today)
{
	char label[SHORT_MAX];
	struct fleet_attention *a;

	if (ending->n == 0)
		return;
	if (ending->n > 1)
		a = add(fl, CERTIFICATE_ENDS, d->serial, _("%u certificates on it have expired, or end soon."), ending->n);
	else if (strcmp(ending->first->until, today) < 0)
		a = add(fl, CERTIFICATE_ENDS, d->serial, _("The certificate \"%s\" has expired."), short_label(ending->first, label));
	else
		a = add(fl, CERTIFICATE_ENDS, d->serial, _("The certificate \"%s\" ends on %s."), short_label(ending->first, label),
			ending->first->until);
	give_id(a, ending);
	if (a != NULL && !(ending->first->flags & FLEET_OF_KEY) && ending->n == 1)
		a->procedure = NULL;   /* of an authority elsewhere: there is no key here that it could be made for */
}

static bool has_key(struct fleet *fl, struct entry *e, const struct fleet_object *key)
{
	if (known_load_objects(fl, e, NULL) != ST_OK)
		return true;
	for (size_t i = 0; i < e->n_objects; i++) {
		if (e->objects[i].type == FLEET_KEY && strcmp(e->objects[i].spki_sha256, key->spki_sha256) == 0)
			return true;
	}
	return false;
}

/* Another device that is here, and takes backups of this one's keys; "" where there is none. */
static const char *prover(struct fleet *fl, const struct fleet_device *of, const struct fleet_object *key)
{
	for (size_t i = 0; i < fl->n && of->dkek_kcv[0] != '\0'; i++) {
		const struct fleet_device *d = &fl->e[i]->d;

		if (d != of && d->state == FLEET_HERE && d->initialised && d->dkek_missing == 0 &&
		    strcmp(d->dkek_kcv, of->dkek_kcv) == 0 && !has_key(fl, fl->e[i], key))
			return d->serial;
	}
	return "";
}

static int64_t newest_backup(struct fleet *fl, const struct fleet_object *key)
{
	struct key_identity id = { 0 };
	const struct backup_filter filter = { .key = &id, .page = { .limit = 1 } };
	struct backup_row *rows = NULL;
	int64_t number = 0;
	size_t n = 0;

	if (fl->store == NULL || !hex_parse(key->spki_sha256, strlen(key->spki_sha256), id.bytes, sizeof(id.bytes), &id.len) ||
	    id.len == 0 || store_backups(fl->store, &filter, &rows, &n, NULL) != ST_OK)
		return 0;
	if (n > 0)
		number = rows[0].id;
	free(rows);
	return number;
}

/* Restoring one backup onto a second device proves it. Where none is here, nothing can be begun. */
static void unproven(struct fleet *fl, const struct fleet_device *d, const struct meant *m)
{
	char label[SHORT_MAX];
	struct fleet_attention *a;
	const char *other;

	if (m->n == 0)
		return;
	other = prover(fl, d, m->first);
	if (m->n == 1)
		a = add(fl, NOT_PROVEN, d->serial, _("No backup of \"%s\" was ever proven."), short_label(m->first, label));
	else
		a = add(fl, NOT_PROVEN, d->serial, _("Of %u keys on it no backup was ever proven."), m->n);
	if (a == NULL || other[0] == '\0')
		return;
	a->backup = newest_backup(fl, m->first);
	a->procedure = a->backup != 0 && procedure_find("restore") != NULL ? "restore" : NULL;
	snprintf(a->on, sizeof(a->on), "%s", other);
}

static void weak_keys(struct fleet *fl, const struct fleet_device *d, const struct meant *m)
{
	char label[SHORT_MAX];

	if (m->n == 1)
		add(fl, WEAK_KEY, d->serial, _("The key \"%s\" is too weak by now."), short_label(m->first, label));
	else if (m->n > 1)
		add(fl, WEAK_KEY, d->serial, _("%u keys on it are too weak by now: make new ones."), m->n);
}

static void objects(struct fleet *fl, struct entry *e, int64_t now)
{
	struct meant bare = { 0 }, ending = { 0 }, open = { 0 }, weak = { 0 };
	char today[11], soon[11];

	day_text(now, today);
	day_text(now + CERT_SOON_DAYS * 86400, soon);
	if (known_load_objects(fl, e, NULL) != ST_OK)
		return;
	for (size_t i = 0; i < e->n_objects; i++) {
		const struct fleet_object *o = &e->objects[i];

		if (o->flags & FLEET_ORPHAN)
			continue;
		if (o->type == FLEET_CERTIFICATE && o->until[0] != '\0' && strcmp(o->until, soon) < 0)
			mean(&ending, o);
		if (o->type != FLEET_KEY)
			continue;
		if (o->backups == 0)
			mean(&bare, o);
		else if (o->spki_sha256[0] != '\0' && strcmp(o->proof, "opened") != 0 && strcmp(o->proof, "restored") != 0)
			mean(&open, o);
		if (key_strength(o->algorithm, o->size) == STRENGTH_WEAK)
			mean(&weak, o);
	}
	without_backup(fl, &e->d, &bare);
	certificates(fl, &e->d, &ending, today);
	unproven(fl, &e->d, &open);
	weak_keys(fl, &e->d, &weak);
}

static int by_rank(const void *a, const void *b)
{
	const struct fleet_attention *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	if (x->run != y->run)
		return x->run > y->run ? -1 : 1;
	return strcmp(x->serial, y->serial);
}

void attention_build(struct fleet *fl)
{
	const int64_t now = clock_wall();

	free(fl->attention);
	fl->attention = NULL;
	fl->n_attention = 0;
	if (fl->store != NULL && store_read_only(fl->store))
		add(fl, READ_ONLY, "", _("The inventory is read-only: nothing is written down in it."));
	runs(fl);
	for (size_t i = 0; i < fl->n; i++) {
		if (fl->e[i]->d.state != FLEET_HERE)
			continue;
		device(fl, &fl->e[i]->d);
		objects(fl, fl->e[i], now);
	}
	if (fl->n_attention > 0)
		qsort(fl->attention, fl->n_attention, sizeof(*fl->attention), by_rank);
	fl->attention_known = true;
}
