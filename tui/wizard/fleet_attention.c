/*
 * What needs doing, most urgent first: one row of a table for each kind, with what mends it. Where nothing that is here does,
 * fleet_attention_text.c says what would. A sentence has at most 54
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

static const struct {
	enum fleet_urgency urgency;
	const char *procedure;
} kinds[ATTENTION_KINDS] = {
	[READ_ONLY] = { FLEET_DANGER, NULL },
	[FACTORY_SO_PIN] = { FLEET_DANGER, "so-pin change" },
	[INTERRUPTED] = { FLEET_DANGER, NULL },        /* its own */
	[SHARES_MISSING] = { FLEET_DANGER, "share import" },
	[NOT_GENUINE] = { FLEET_DANGER, NULL },
	[FACTORY_SO_PIN_AWAY] = { FLEET_WARNING, NULL },   /* these, until the device is here */
	[SHARES_MISSING_AWAY] = { FLEET_WARNING, NULL },
	[SO_PIN_LOW] = { FLEET_WARNING, NULL },
	[SO_PIN_LOW_AWAY] = { FLEET_WARNING, NULL },
	[PIN_DEAD] = { FLEET_WARNING, NULL },
	[PIN_BLOCKED_NOW] = { FLEET_WARNING, "pin unblock" },
	[PIN_BLOCKED_AWAY] = { FLEET_WARNING, NULL },
	[PIN_LAST_TRY] = { FLEET_WARNING, "pin unblock" },
	[PIN_LAST_TRY_AWAY] = { FLEET_WARNING, NULL },
	[TRANSPORT_PIN] = { FLEET_WARNING, "pin change" },
	[NO_BACKUP] = { FLEET_WARNING, "backup" },
	[NO_BACKUP_AWAY] = { FLEET_WARNING, NULL },
	[CERTIFICATE_ENDS] = { FLEET_WARNING, "cert import" },
	[CERTIFICATE_ENDS_AWAY] = { FLEET_WARNING, NULL },
	[NOT_PROVEN_NOWHERE] = { FLEET_WARNING, NULL },   /* these need another device */
	[NOT_PROVEN] = { FLEET_WARNING, NULL },
	[NOT_PROVEN_AWAY] = { FLEET_WARNING, NULL },
	[WEAK_KEY] = { FLEET_WARNING, "key new" },
	[WEAK_KEY_AWAY] = { FLEET_WARNING, NULL },
	[OLD_FIRMWARE] = { FLEET_WARNING, NULL },
	[OLD_FIRMWARE_AWAY] = { FLEET_WARNING, NULL },
	[NEVER_INITIALISED] = { FLEET_NOTE, "init" },
	[SO_PIN_DEAD] = { FLEET_NOTE, NULL },
	[SO_PIN_DEAD_AWAY] = { FLEET_NOTE, NULL },
	[NO_DKEK] = { FLEET_NOTE, NULL },
	[NO_DKEK_AWAY] = { FLEET_NOTE, NULL },
};

struct fleet_attention *attention_add(struct fleet *fl, enum attention_kind kind, const char *serial, const char *fmt, ...)
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
		const struct fleet_device *d;
		struct fleet_attention *a;

		/* Another program is at it: it was not interrupted. */
		if (store_run_is_held(fl->store, rows[i].id))
			continue;
		a = attention_add(fl, INTERRUPTED, rows[i].device, _("\"%.30s\" was interrupted: take it up again."), title);
		if (a == NULL)
			continue;
		a->run = rows[i].id;
		d = rows[i].device[0] != '\0' ? fleet_by_serial(fl, rows[i].device) : NULL;
		a->away = d != NULL && d->state == FLEET_ABSENT;
		a->procedure = p != NULL ? p->name : NULL;
	}
	run_records_free(rows, n);
}

/* --- the device itself --- */

/* An initialisation that is taken up again sets the SO-PIN itself. */
bool attention_will_be_initialised(const struct fleet *fl, const char *serial)
{
	for (size_t i = 0; i < fl->n_attention; i++) {
		const struct fleet_attention *a = &fl->attention[i];

		if (a->run != 0 && a->procedure != NULL && strcmp(a->procedure, "init") == 0 && strcmp(a->serial, serial) == 0)
			return true;
	}
	return false;
}

bool attention_is_old(const struct fleet_device *d)
{
	return d->fw_major >= 0 && firmware_of((unsigned)d->fw_major, (unsigned)d->fw_minor)->advised_against;
}

/* Where it cannot, the firmware itself is what is said to be wrong. */
bool attention_can_change_so_pin(const struct fleet_device *d)
{
	return d->fw_major < 0 || firmware_of((unsigned)d->fw_major, (unsigned)d->fw_minor)->change_so_pin;
}

static void so_pin(struct fleet *fl, const struct fleet_device *d)
{
	if (d->so_pin_tries == 0) {
		attention_add(fl, SO_PIN_DEAD, d->serial, _("Its SO-PIN is blocked for good."));
	} else if (d->factory_so_pin && d->initialised && attention_can_change_so_pin(d) &&
		   !attention_will_be_initialised(fl, d->serial)) {
		attention_add(fl, FACTORY_SO_PIN, d->serial, _("It still has the factory's SO-PIN: change it."));
	}
	if (d->so_pin_tries > 0 && d->so_pin_tries <= LAST_SO_TRIES)
		attention_add(fl, SO_PIN_LOW, d->serial,
		    translated_n("Only %d try of the SO-PIN is left.", "Only %d tries of the SO-PIN are left.",
				 (unsigned long)d->so_pin_tries), d->so_pin_tries);
}

static void user_pin(struct fleet *fl, const struct fleet_device *d)
{
	const bool for_good = d->never_unblocks || d->so_pin_tries == 0;
	struct fleet_attention *a;

	if (d->transport_pin) {
		attention_add(fl, TRANSPORT_PIN, d->serial, _("Its transport PIN must be changed first."));
	} else if (d->pin_tries == 0 && d->initialised && for_good) {
		attention_add(fl, PIN_DEAD, d->serial, _("Its user PIN is blocked for good."));
	} else if (d->pin_tries == 0 && d->initialised) {
		attention_add(fl, PIN_BLOCKED_NOW, d->serial, _("Its user PIN is blocked; its keys are still there."));
	} else if (d->pin_tries == LAST_USER_TRIES) {
		a = attention_add(fl, PIN_LAST_TRY, d->serial, _("Its user PIN is on its last try."));
		if (a != NULL && for_good)
			a->procedure = NULL;
	}
}

struct fleet_attention *attention_shares(struct fleet *fl, enum attention_kind kind, const struct fleet_device *d)
{
	return attention_add(fl, kind, d->serial,
			     translated_n("%d of its %d DKEK shares is missing.", "%d of its %d DKEK shares are missing.",
					  (unsigned long)d->dkek_missing), d->dkek_missing, d->dkek_shares);
}

static void device(struct fleet *fl, const struct fleet_device *d)
{
	struct fleet_attention *a;

	so_pin(fl, d);
	if (d->dkek_missing > 0)
		attention_shares(fl, SHARES_MISSING, d);
	user_pin(fl, d);
	if (d->trust == DEVICE_BROKEN)
		attention_add(fl, NOT_GENUINE, d->serial, _("Its device certificate is wrong: do not trust it."));
	if (attention_is_old(d))
		attention_add(fl, OLD_FIRMWARE, d->serial, _("Its firmware is too old for keys that matter."));
	if (d->looked_at && !d->initialised) {
		a = attention_add(fl, NEVER_INITIALISED, d->serial, _("It was never initialised."));
		if (a != NULL && d->so_pin_tries == 0)
			a->procedure = NULL;
	}
}

/* --- what is on it --- */

/* How many objects are meant, and the one that stands for them. */
struct meant {
	const struct fleet_object *first;
	unsigned n;
};

static void mean(struct meant *m, const struct fleet_object *o)
{
	if (m->n++ == 0)
		m->first = o;
}

const char *attention_label(const char *label, char out[static ATTENTION_LABEL_MAX])
{
	size_t at = 0, n = strlen(label);
	uint32_t cp;

	for (unsigned i = 0; i < 14 && at < n; i++)
		at += text_decode(label + at, n - at, &cp);
	snprintf(out, ATTENTION_LABEL_MAX, "%.*s%s", (int)at, label, at < n ? "\xe2\x80\xa6" : "");
	return out;
}

static const char *label_of(const struct fleet_object *o, char out[static ATTENTION_LABEL_MAX])
{
	return attention_label(o->label[0] != '\0' ? o->label : o->subject[0] != '\0' ? o->subject : o->kind, out);
}

static void without_backup(struct fleet *fl, const struct fleet_device *d)
{
	const unsigned n = d->keys_without_backup;

	if (n == 0)
		return;
	if (d->dkek_shares == 0) {
		attention_add(fl, NO_DKEK, d->serial, translated_n("%u key cannot be backed up: the device has no DKEK.",
								   "%u keys cannot be backed up: the device has no DKEK.", n), n);
		return;
	}
	attention_add(fl, NO_BACKUP, d->serial, translated_n("%u key on this device has no backup.",
							     "%u keys on this device have no backup.", n), n);
}

void attention_day(int64_t at, char out[static 11])
{
	time_t t = (time_t)at;
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL || strftime(out, 11, "%Y-%m-%d", &tm) == 0)
		out[0] = '\0';
}

bool attention_ends_soon(const struct fleet_object *o, int64_t now)
{
	char soon[11];

	attention_day(now + (int64_t)CERT_SOON_DAYS * 86400, soon);
	return o->type == FLEET_CERTIFICATE && !(o->flags & FLEET_ORPHAN) && o->until[0] != '\0' && strcmp(o->until, soon) < 0;
}

bool attention_is_unproven(const struct fleet_object *o)
{
	return o->type == FLEET_KEY && !(o->flags & FLEET_ORPHAN) && o->backups > 0 && strcmp(o->proof, "opened") != 0 &&
	       strcmp(o->proof, "restored") != 0;
}

/* The one that a new one can be made for, and of those the one that ends first. */
static bool ends_before(const struct fleet_object *a, const struct fleet_object *b)
{
	if ((a->flags & FLEET_OF_KEY) != (b->flags & FLEET_OF_KEY))
		return (a->flags & FLEET_OF_KEY) != 0;
	return strcmp(a->until, b->until) < 0;
}

static void certificates(struct fleet *fl, const struct fleet_device *d, const struct meant *ending, int64_t now)
{
	char label[ATTENTION_LABEL_MAX], today[11];
	struct fleet_attention *a;

	attention_day(now, today);
	if (ending->n == 0)
		return;
	if (ending->n > 1)
		a = attention_add(fl, CERTIFICATE_ENDS, d->serial, _("%u certificates on it have expired, or end soon."), ending->n);
	else if (strcmp(ending->first->until, today) < 0)
		a = attention_add(fl, CERTIFICATE_ENDS, d->serial, _("The certificate \"%s\" has expired."),
				  label_of(ending->first, label));
	else
		a = attention_add(fl, CERTIFICATE_ENDS, d->serial, _("The certificate \"%s\" ends on %s."),
				  label_of(ending->first, label), ending->first->until);
	if (a != NULL && !(ending->first->flags & FLEET_OF_KEY))
		a->procedure = NULL;   /* of an authority elsewhere: there is no key here that it could be made for */
}

/* Restoring one backup onto a second device proves it. Where none is here, nothing can be begun. */
static void unproven(struct fleet *fl, struct entry *e, const struct meant *m)
{
	char label[ATTENTION_LABEL_MAX];
	struct fleet_attention *a;
	struct entry *on;

	if (m->n == 0)
		return;
	if (m->n == 1)
		a = attention_add(fl, NOT_PROVEN, e->d.serial, _("No backup of \"%s\" was ever proven."), label_of(m->first, label));
	else
		a = attention_add(fl, NOT_PROVEN, e->d.serial, _("Of %u keys on it no backup was ever proven."), m->n);
	if (a == NULL || procedure_called("restore") == NULL || (on = attention_prover(fl, e)) == NULL)
		return;
	a->procedure = "restore";
	snprintf(a->on, sizeof(a->on), "%s", on->d.serial);
}

static void weak_keys(struct fleet *fl, const struct fleet_device *d, const struct meant *m)
{
	char label[ATTENTION_LABEL_MAX];

	if (m->n == 1)
		attention_add(fl, WEAK_KEY, d->serial, _("The key \"%s\" is too weak by now."), label_of(m->first, label));
	else if (m->n > 1)
		attention_add(fl, WEAK_KEY, d->serial, _("%u keys on it are too weak by now: make new ones."), m->n);
}

static void objects(struct fleet *fl, struct entry *e, int64_t now)
{
	struct meant ending = { 0 }, open = { 0 }, weak = { 0 };

	if (known_load_objects(fl, e, NULL) != ST_OK)
		return;
	for (size_t i = 0; i < e->n_objects; i++) {
		const struct fleet_object *o = &e->objects[i];

		if (attention_ends_soon(o, now)) {
			mean(&ending, o);
			if (ends_before(o, ending.first))
				ending.first = o;
		}
		if (attention_is_unproven(o))
			mean(&open, o);
		if (o->type == FLEET_KEY && !(o->flags & FLEET_ORPHAN) && key_strength(o->algorithm, o->size) == STRENGTH_WEAK)
			mean(&weak, o);
	}
	without_backup(fl, &e->d);
	certificates(fl, &e->d, &ending, now);
	unproven(fl, e, &open);
	weak_keys(fl, &e->d, &weak);
}

static int by_rank(const void *a, const void *b)
{
	const struct fleet_attention *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	if (x->away != y->away)
		return y->away ? -1 : 1;
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
		attention_add(fl, READ_ONLY, "", _("The inventory can be read, but not written."));
	runs(fl);
	for (size_t i = 0; i < fl->n; i++) {
		if (fl->e[i]->d.state != FLEET_HERE)
			continue;
		device(fl, &fl->e[i]->d);
		objects(fl, fl->e[i], now);
	}
	attention_of_away(fl);
	if (fl->n_attention > 0)
		qsort(fl->attention, fl->n_attention, sizeof(*fl->attention), by_rank);
	fl->attention_known = true;
}
