/*
 * What needs doing on devices that are away, as the inventory has them: a row for each of a few devices, and one for all of them
 * where they are more. A sentence about one device stands behind its name and the day on which it was last seen.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/text.h"
#include "engine/base/words.h"
#include "tui/wizard/fleet_inside.h"
#include "tui/wizard/session.h"
#include "tui/wizard/wizard.h"

/* --- which device --- */

static int by_serial(const void *a, const void *b)
{
	const struct fleet_device *const *x = a, *const *y = b;

	return strcmp((*x)->serial, (*y)->serial);
}

bool away_index_of(const struct fleet *fl, struct away_index *ret)
{
	ret->d = calloc(fl->n + 1, sizeof(struct fleet_device *));
	ret->n = 0;
	if (ret->d == NULL)
		return false;
	for (size_t i = 0; i < fl->n; i++) {
		if (fl->e[i]->d.state == FLEET_ABSENT)
			ret->d[ret->n++] = &fl->e[i]->d;
	}
	qsort(ret->d, ret->n, sizeof(struct fleet_device *), by_serial);
	return true;
}

void away_index_done(struct away_index *x)
{
	free(x->d);
}

static int serial_and_device(const void *serial, const void *device)
{
	return strcmp(serial, (*(const struct fleet_device *const *)device)->serial);
}

const struct fleet_device *away_device(const struct away_index *x, const char *serial)
{
	const struct fleet_device **found = bsearch(serial, x->d, x->n, sizeof(struct fleet_device *), serial_and_device);

	return found != NULL ? *found : NULL;
}

/* --- which kinds --- */

static bool has_factory_so_pin(const struct fleet_device *d)
{
	return d->factory_so_pin && d->initialised && d->so_pin_tries != 0 && attention_can_change_so_pin(d);
}

static bool lacks_shares(const struct fleet_device *d)
{
	return d->dkek_missing > 0;
}

static bool so_pin_is_low(const struct fleet_device *d)
{
	return d->so_pin_tries > 0 && d->so_pin_tries <= LAST_SO_TRIES;
}

static bool so_pin_is_dead(const struct fleet_device *d)
{
	return d->so_pin_tries == 0;
}

static bool pin_is_blocked(const struct fleet_device *d)
{
	return d->initialised && !d->transport_pin && d->pin_tries == 0;
}

static bool pin_is_low(const struct fleet_device *d)
{
	return d->initialised && !d->transport_pin && d->pin_tries == LAST_USER_TRIES;
}

/* What the device itself tells; the other kinds are those of its objects. */
static bool (*const of_device[ATTENTION_KINDS])(const struct fleet_device *d) = {
	[FACTORY_SO_PIN_AWAY] = has_factory_so_pin,
	[SHARES_MISSING_AWAY] = lacks_shares,
	[SO_PIN_LOW_AWAY] = so_pin_is_low,
	[PIN_BLOCKED_AWAY] = pin_is_blocked,
	[PIN_LAST_TRY_AWAY] = pin_is_low,
	[OLD_FIRMWARE_AWAY] = attention_is_old,
	[SO_PIN_DEAD_AWAY] = so_pin_is_dead,
};

bool attention_of_device(const struct fleet *fl, const struct fleet_device *d, enum attention_kind kind)
{
	if (of_device[kind] == NULL || !of_device[kind](d))
		return false;
	return kind != FACTORY_SO_PIN_AWAY || !attention_will_be_initialised(fl, d->serial);
}

enum attention_kind attention_kind_of(const struct away_index *x, const struct away_row *row, const struct fleet_device **ret)
{
	static const enum attention_kind kinds[AWAY_KINDS] = {
		[AWAY_NO_BACKUP] = NO_BACKUP_AWAY, [AWAY_UNPROVEN] = NOT_PROVEN_AWAY, [AWAY_ENDING] = CERTIFICATE_ENDS_AWAY,
		[AWAY_WEAK] = WEAK_KEY_AWAY,
	};

	*ret = NULL;
	if (row->serial[0] == '\0')
		return NOT_PROVEN_NOWHERE;
	*ret = away_device(x, row->serial);
	if (*ret == NULL)
		return ATTENTION_KINDS;   /* it has come since, or was forgotten */
	return row->kind == AWAY_NO_BACKUP && (*ret)->dkek_shares == 0 ? NO_DKEK_AWAY : kinds[row->kind];
}

/* --- in words --- */

/* All devices that something is the matter with, the first of them kept. */
struct group {
	unsigned devices, objects;
	struct {
		const struct fleet_device *d;
		const struct away_row *row;   /* NULL: it is the device's own */
	} first[AWAY_NAMED];
	int here;                     /* of struct away_row, of the first that has one; -1 */
};

static struct fleet_attention *say_certificate(struct fleet *fl, const char *serial, const struct away_row *row)
{
	char clean[AWAY_LABEL_MAX], label[ATTENTION_LABEL_MAX], day[11];

	text_clean(clean, sizeof(clean), row->label, strlen(row->label));
	(void)attention_label(clean, label);
	attention_day(row->not_after, day);
	if (row->n > 1)
		return attention_add(fl, CERTIFICATE_ENDS_AWAY, serial, _("%u certificates on it have expired, or end soon."), row->n);
	if (row->not_after < clock_wall())
		return attention_add(fl, CERTIFICATE_ENDS_AWAY, serial, _("The certificate \"%s\" has expired."), label);
	return attention_add(fl, CERTIFICATE_ENDS_AWAY, serial, _("The certificate \"%s\" ends on %s."), label, day);
}

/* One that is proven, or replaced, elsewhere is named by its label. */
static struct fleet_attention *say_named(struct fleet *fl, enum attention_kind kind, const char *serial, const struct away_row *row)
{
	char clean[AWAY_LABEL_MAX], label[ATTENTION_LABEL_MAX];

	text_clean(clean, sizeof(clean), row->label, strlen(row->label));
	(void)attention_label(clean, label);
	if (kind == WEAK_KEY_AWAY)
		return row->n == 1 ? attention_add(fl, kind, serial, _("The key \"%s\" is too weak by now."), label) :
		       attention_add(fl, kind, serial, _("%u keys on it are too weak by now: make new ones."), row->n);
	return row->n == 1 ? attention_add(fl, kind, serial, _("No backup of \"%s\" was ever proven."), label) :
	       attention_add(fl, kind, serial, _("Of %u keys on it no backup was ever proven."), row->n);
}

static struct fleet_attention *say_one(struct fleet *fl, enum attention_kind kind, const struct fleet_device *d,
				       const struct away_row *row)
{
	const char *serial = d->serial;

	switch (kind) {
	case FACTORY_SO_PIN_AWAY:
		return attention_add(fl, kind, serial, _("It still has the factory's SO-PIN."));
	case SHARES_MISSING_AWAY:
		return attention_shares(fl, kind, d);
	case SO_PIN_LOW_AWAY:
		return attention_add(fl, kind, serial,
				     translated_n("Only %d try of the SO-PIN is left.", "Only %d tries of the SO-PIN are left.",
						  (unsigned long)d->so_pin_tries), d->so_pin_tries);
	case PIN_BLOCKED_AWAY:
		return attention_add(fl, kind, serial, _("Its user PIN is blocked; its keys are still there."));
	case PIN_LAST_TRY_AWAY:
		return attention_add(fl, kind, serial, _("Its user PIN is on its last try."));
	case OLD_FIRMWARE_AWAY:
		return attention_add(fl, kind, serial, _("Its firmware is too old for keys that matter."));
	case SO_PIN_DEAD_AWAY:
		return attention_add(fl, kind, serial, _("Its SO-PIN is blocked for good."));
	case NO_BACKUP_AWAY:
		return attention_add(fl, kind, serial, translated_n("%u key on it has no backup.", "%u keys on it have no backup.", row->n),
				     row->n);
	case NO_DKEK_AWAY:
		return attention_add(fl, kind, serial, translated_n("%u key cannot be backed up: the device has no DKEK.",
								    "%u keys cannot be backed up: the device has no DKEK.", row->n), row->n);
	case CERTIFICATE_ENDS_AWAY:
		return say_certificate(fl, serial, row);
	default:
		return say_named(fl, kind, serial, row);
	}
}

/* Devices are several, always. */
static struct fleet_attention *say_devices(struct fleet *fl, enum attention_kind kind, unsigned n)
{
	switch (kind) {
	case FACTORY_SO_PIN_AWAY:
		return attention_add(fl, kind, "", translated_n("%u device that is away has the factory's SO-PIN.",
								"%u devices that are away have the factory's SO-PIN.", n), n);
	case SHARES_MISSING_AWAY:
		return attention_add(fl, kind, "", translated_n("%u device that is away lacks DKEK shares.",
								"%u devices that are away lack DKEK shares.", n), n);
	case SO_PIN_LOW_AWAY:
		return attention_add(fl, kind, "", translated_n("%u device that is away has few tries of the SO-PIN left.",
								"%u devices that are away have few tries of the SO-PIN left.", n), n);
	case PIN_BLOCKED_AWAY:
		return attention_add(fl, kind, "", translated_n("%u device that is away has its user PIN blocked.",
								"%u devices that are away have their user PIN blocked.", n), n);
	case PIN_LAST_TRY_AWAY:
		return attention_add(fl, kind, "", translated_n("%u device that is away has its user PIN on its last try.",
								"%u devices that are away have their user PIN on its last try.", n), n);
	case OLD_FIRMWARE_AWAY:
		return attention_add(fl, kind, "", translated_n("%u device that is away has firmware too old for keys that matter.",
								"%u devices that are away have firmware too old for keys that matter.",
								n), n);
	default:
		return attention_add(fl, kind, "", translated_n("%u device that is away has its SO-PIN blocked for good.",
								"%u devices that are away have their SO-PIN blocked for good.", n), n);
	}
}

static struct fleet_attention *say_objects(struct fleet *fl, enum attention_kind kind, unsigned n, unsigned devices)
{
	switch (kind) {
	case NO_BACKUP_AWAY:
		return attention_add(fl, kind, "", translated_n("%u key on %u devices that are away has no backup.",
								"%u keys on %u devices that are away have no backup.", n), n, devices);
	case NO_DKEK_AWAY:
		return attention_add(fl, kind, "", translated_n("%u key on %u devices that are away cannot be backed up.",
								"%u keys on %u devices that are away cannot be backed up.", n),
				     n, devices);
	case CERTIFICATE_ENDS_AWAY:
		return attention_add(fl, kind, "", translated_n("%u certificate on %u devices that are away has expired, or ends soon.",
								"%u certificates on %u devices that are away have expired, or end soon.",
								n), n, devices);
	case WEAK_KEY_AWAY:
		return attention_add(fl, kind, "", translated_n("%u key on %u devices that are away is too weak by now.",
								"%u keys on %u devices that are away are too weak by now.", n),
				     n, devices);
	default:
		return attention_add(fl, kind, "", translated_n("Of %u key on %u devices that are away no backup was ever proven.",
								"Of %u keys on %u devices that are away no backup was ever proven.", n),
				     n, devices);
	}
}

static struct fleet_attention *say_nowhere(struct fleet *fl, const struct away_row *row)
{
	char clean[AWAY_LABEL_MAX], label[ATTENTION_LABEL_MAX];

	text_clean(clean, sizeof(clean), row->label, strlen(row->label));
	if (row->n == 1)
		return attention_add(fl, NOT_PROVEN_NOWHERE, "", _("\"%s\" is in backups alone, none of them ever proven."),
				     attention_label(clean, label));
	return attention_add(fl, NOT_PROVEN_NOWHERE, "", translated_n("%u key is in backups alone, none of them ever proven.",
								       "%u keys are in backups alone, none of them ever proven.", row->n),
			     row->n);
}

/* --- all of it --- */

static void put(struct group *g, const struct fleet_device *d, const struct away_row *row)
{
	if (g->devices < AWAY_NAMED) {
		g->first[g->devices].d = d;
		g->first[g->devices].row = row;
	}
	if (g->devices++ == 0)
		g->here = -1;
	g->objects += row != NULL ? row->n : 0;
	if (row != NULL && g->here < 0)
		g->here = row->here;
}

/* What a device that is here can prove is begun there. */
static void finish(struct fleet *fl, struct fleet_attention *a, int here)
{
	if (a == NULL)
		return;
	a->away = true;
	if (here < 0 || (size_t)here >= fl->away.n_here || procedure_called("restore") == NULL ||
	    attention_entry(fl, fl->away.here[here].serial) == NULL)
		return;
	a->procedure = "restore";
	snprintf(a->on, sizeof(a->on), "%.*s", (int)sizeof(a->on) - 1, fl->away.here[here].serial);
}

static void say(struct fleet *fl, enum attention_kind kind, const struct group *g)
{
	static const enum away_kind of_walk[ATTENTION_KINDS] = {
		[NO_BACKUP_AWAY] = AWAY_NO_BACKUP, [NO_DKEK_AWAY] = AWAY_NO_BACKUP, [NOT_PROVEN_AWAY] = AWAY_UNPROVEN,
		[CERTIFICATE_ENDS_AWAY] = AWAY_ENDING, [WEAK_KEY_AWAY] = AWAY_WEAK,
	};
	unsigned objects = g->objects;

	if (kind == NOT_PROVEN_NOWHERE && g->devices > 0) {
		finish(fl, say_nowhere(fl, g->first[0].row), g->here);
		return;
	}
	for (unsigned i = 0; i < g->devices && g->devices <= AWAY_NAMED; i++)
		finish(fl, say_one(fl, kind, g->first[i].d, g->first[i].row), g->first[i].row != NULL ? g->first[i].row->here : -1);
	if (g->devices <= AWAY_NAMED)
		return;
	/* A key that is on several of them is one. */
	if (objects > 0 && objects > fl->away.found->keys[of_walk[kind]])
		objects = fl->away.found->keys[of_walk[kind]];
	finish(fl, objects > 0 ? say_objects(fl, kind, objects, g->devices) : say_devices(fl, kind, g->devices), g->here);
}

void attention_of_away(struct fleet *fl)
{
	struct group *groups = calloc(ATTENTION_KINDS, sizeof(*groups));
	CLEANUP(away_index_done) struct away_index x = { 0 };
	const struct away *found = fl->away.found;
	const struct fleet_device *d;

	if (groups == NULL || !away_index_of(fl, &x)) {
		free(groups);
		return;
	}
	for (size_t i = 0; fl->looks_away && i < fl->n; i++) {
		for (unsigned kind = 0; kind < ATTENTION_KINDS && fl->e[i]->d.state == FLEET_ABSENT; kind++) {
			if (attention_of_device(fl, &fl->e[i]->d, kind))
				put(&groups[kind], &fl->e[i]->d, NULL);
		}
	}
	for (size_t i = 0; found != NULL && i < found->n; i++) {
		enum attention_kind kind = attention_kind_of(&x, &found->row[i], &d);

		if (kind != ATTENTION_KINDS)
			put(&groups[kind], d, &found->row[i]);
	}
	for (unsigned kind = 0; kind < ATTENTION_KINDS; kind++)
		say(fl, kind, &groups[kind]);
	free(groups);
}
