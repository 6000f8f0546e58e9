/* What needs doing, most urgent first: rows of a question about a device, what to say, and what mends it. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/words.h"
#include "store/run.h"
#include "store/store.h"
#include "tui/wizard/fleet_inside.h"
#include "tui/wizard/session.h"
#include "tui/wizard/wizard.h"

/* fmt: marked; it is translated here. */
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
	vsnprintf(a->words, sizeof(a->words), translated(fmt), ap);
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
		struct fleet_attention *a = add(fl, FLEET_DANGER, rows[i].device, p != NULL ? p->name : NULL,
						rows[i].device[0] != '\0' ?
						N_("\"%s\" was interrupted on %.30s, and can be taken up again.") :
						N_("\"%s\" was interrupted, and can be taken up again."),
						title, rows[i].device);

		if (a != NULL)
			a->run = rows[i].id;
	}
	run_records_free(rows, n);
}

static void so_pin(struct fleet *fl, const struct fleet_device *d)
{
	if (d->so_pin_tries == 0)
		add(fl, FLEET_NOTE, d->serial, NULL,
		    N_("Its SO-PIN is blocked for good: it can never be initialised or unblocked again."));
	else if (d->factory_so_pin && d->initialised)
		add(fl, FLEET_DANGER, d->serial, "so-pin change",
		    N_("It still has the factory's SO-PIN, which everybody knows: change it."));
	if (d->so_pin_tries > 0 && d->so_pin_tries <= LAST_SO_TRIES)
		add(fl, FLEET_WARNING, d->serial, NULL,
		    translated_n("Only %d try of the SO-PIN is left, ever.", "Only %d tries of the SO-PIN are left, ever.",
				 (unsigned long)d->so_pin_tries), d->so_pin_tries);
}

static void user_pin(struct fleet *fl, const struct fleet_device *d)
{
	if (d->transport_pin)
		add(fl, FLEET_WARNING, d->serial, "pin change",
		    N_("It has a transport PIN, which must be changed before the first use."));
	else if (d->pin_tries == 0 && d->initialised && d->never_unblocks)
		add(fl, FLEET_WARNING, d->serial, NULL,
		    N_("Its user PIN is blocked for good: only initialising it, which erases its keys, makes it usable."));
	else if (d->pin_tries == 0 && d->initialised)
		add(fl, FLEET_WARNING, d->serial, "pin unblock", N_("Its user PIN is blocked; its keys are still there."));
	else if (d->pin_tries == LAST_USER_TRIES)
		add(fl, FLEET_WARNING, d->serial, d->never_unblocks ? NULL : "pin unblock", N_("Its user PIN is on its last try."));
}

static void keys(struct fleet *fl, const struct fleet_device *d)
{
	const unsigned n = d->keys_without_backup;

	if (n == 0)
		return;
	if (d->dkek_shares == 0)
		add(fl, FLEET_NOTE, d->serial, NULL,
		    translated_n("%u key on this device can never be backed up: it has no DKEK.",
				 "%u keys on this device can never be backed up: it has no DKEK.", n), n);
	else
		add(fl, FLEET_WARNING, d->serial, "backup",
		    translated_n("%u key on this device has no backup.", "%u keys on this device have no backup.", n), n);
}

static void device(struct fleet *fl, const struct fleet_device *d)
{
	so_pin(fl, d);
	if (d->dkek_missing > 0)
		add(fl, FLEET_DANGER, d->serial, "share import",
		    N_("%d of its %d DKEK shares are missing: it is half initialised, and makes no keys."), d->dkek_missing,
		    d->dkek_shares);
	user_pin(fl, d);
	keys(fl, d);
	if (d->looked_at && !d->initialised)
		add(fl, FLEET_NOTE, d->serial, "init", N_("It was never initialised."));
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
