/* What needs doing, most urgent first: rows of a question about a device, what to say, and what mends it. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/run.h"
#include "store/store.h"
#include "tui/wizard/fleet_inside.h"
#include "tui/wizard/session.h"
#include "tui/wizard/wizard.h"

static struct fleet_attention *add(struct fleet *fl, enum fleet_urgency urgency, const char *serial,
				   const char *procedure, const char *fmt, ...) __attribute__((format(printf, 5, 6)));

static struct fleet_attention *add(struct fleet *fl, enum fleet_urgency urgency, const char *serial,
				   const char *procedure, const char *fmt, ...)
{
	struct fleet_attention *list = reallocarray(fl->attention, fl->n_attention + 1, sizeof(*list)), *a;
	va_list ap;

	if (list == NULL)
		return NULL;
	fl->attention = list;
	a = &list[fl->n_attention++];
	*a = (struct fleet_attention){ .urgency = urgency, .procedure = procedure };
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
		struct fleet_attention *a = add(fl, FLEET_DANGER, rows[i].device, p != NULL ? p->name : NULL,
						"\"%s\"%s%.30s was interrupted and can be taken up again.",
						p != NULL ? p->title : rows[i].procedure,
						rows[i].device[0] != '\0' ? " on " : "", rows[i].device);

		if (a != NULL)
			a->run = rows[i].id;
	}
	run_records_free(rows, n);
}

static void so_pin(struct fleet *fl, const struct fleet_device *d)
{
	if (d->so_pin_tries == 0)
		add(fl, FLEET_NOTE, d->serial, NULL,
		    "Its SO-PIN is blocked for good: it can never be initialised or unblocked again.");
	else if (d->factory_so_pin && d->initialised)
		add(fl, FLEET_DANGER, d->serial, "so-pin change",
		    "It still has the factory's SO-PIN, which everybody knows: change it.");
	if (d->so_pin_tries > 0 && d->so_pin_tries <= LAST_SO_TRIES)
		add(fl, FLEET_WARNING, d->serial, NULL, "Only %d tries of the SO-PIN are left, ever.", d->so_pin_tries);
}

static void user_pin(struct fleet *fl, const struct fleet_device *d)
{
	if (d->transport_pin)
		add(fl, FLEET_WARNING, d->serial, "pin change",
		    "It has a transport PIN, which must be changed before the first use.");
	else if (d->pin_tries == 0 && d->initialised && d->never_unblocks)
		add(fl, FLEET_WARNING, d->serial, NULL,
		    "Its user PIN is blocked for good: only initialising it, which erases its keys, makes it usable.");
	else if (d->pin_tries == 0 && d->initialised)
		add(fl, FLEET_WARNING, d->serial, "pin unblock", "Its user PIN is blocked; its keys are still there.");
	else if (d->pin_tries == LAST_USER_TRIES)
		add(fl, FLEET_WARNING, d->serial, d->never_unblocks ? NULL : "pin unblock", "Its user PIN is on its last try.");
}

static void keys(struct fleet *fl, const struct fleet_device *d)
{
	const unsigned n = d->keys_without_backup;

	if (n == 0)
		return;
	if (d->dkek_shares == 0)
		add(fl, FLEET_NOTE, d->serial, NULL, "%u key%s on this device can never be backed up: it has no DKEK.",
		    n, n == 1 ? "" : "s");
	else
		add(fl, FLEET_WARNING, d->serial, "backup", "%u key%s on this device %s no backup.", n,
		    n == 1 ? "" : "s", n == 1 ? "has" : "have");
}

static void device(struct fleet *fl, const struct fleet_device *d)
{
	so_pin(fl, d);
	if (d->dkek_missing > 0)
		add(fl, FLEET_DANGER, d->serial, "share import",
		    "%d of its %d DKEK shares are missing: it is half initialised, and makes no keys.", d->dkek_missing,
		    d->dkek_shares);
	user_pin(fl, d);
	keys(fl, d);
	if (d->looked_at && !d->initialised)
		add(fl, FLEET_NOTE, d->serial, "init", "It was never initialised.");
}

static int by_urgency(const void *a, const void *b)
{
	const struct fleet_attention *x = a, *y = b;

	if (x->urgency != y->urgency)
		return x->urgency < y->urgency ? -1 : 1;
	if ((x->run != 0) != (y->run != 0))
		return x->run != 0 ? -1 : 1;
	return strcmp(x->serial, y->serial);
}

void attention_build(struct fleet *fl)
{
	free(fl->attention);
	fl->attention = NULL;
	fl->n_attention = 0;
	runs(fl);
	for (size_t i = 0; i < fl->n; i++) {
		if (fl->e[i]->d.state == FLEET_HERE)
			device(fl, &fl->e[i]->d);
	}
	if (fl->n_attention > 0)
		qsort(fl->attention, fl->n_attention, sizeof(*fl->attention), by_urgency);
	fl->attention_known = true;
}
