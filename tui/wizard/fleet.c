/*
 * The list of devices and its events. A card in a reader is one entry from the moment it comes until it goes; an absent
 * device is one too, as the inventory has it. An entry that comes or goes changes its kind, so that nothing is shown twice.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"
#include "engine/card/card.h"
#include "tui/wizard/fleet_inside.h"
#include "tui/wizard/record.h"

void entry_free(struct entry *e)
{
	if (e == NULL)
		return;
	free(e->objects);
	free(e->strays);
	free(e->rows);
	free(e);
}

static void drop_all(struct fleet *fl)
{
	for (size_t i = 0; i < fl->n; i++)
		entry_free(fl->e[i]);
	fl->n = 0;
}

enum status fleet_new(struct jobs *jobs, struct store *store, bool live, struct fleet **ret, struct fault *f)
{
	CLEANUP(fleet_free_guard) struct fleet *fl = calloc(1, sizeof(*fl));
	enum status st;

	if (fl == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	fl->jobs = jobs;
	fl->store = store;
	fl->live = live;
	fl->service.tries_left = -1;
	if ((st = reload_now(fl, f)) != ST_OK)
		return st;
	*ret = STEAL(fl);
	return ST_OK;
}

void fleet_free(struct fleet *fl)
{
	if (fl == NULL)
		return;
	while (fl->scans != NULL) {
		struct scan *s = fl->scans;

		fl->scans = s->next;
		jobs_abandon(fl->jobs, s->job);
		scan_free(s);
	}
	away_done(fl);
	reload_done(fl);
	drop_all(fl);
	free(fl->e);
	free(fl->attention);
	free(fl->empty);
	free(fl);
}

/* --- the list --- */

bool entry_is_here(const struct entry *e)
{
	return e->d.state != FLEET_ABSENT;
}

static int by_presence_and_label(const void *a, const void *b)
{
	const struct entry *x = *(struct entry *const *)a, *y = *(struct entry *const *)b;

	if (entry_is_here(x) != entry_is_here(y))
		return entry_is_here(x) ? -1 : 1;
	if (strcmp(x->d.label, y->d.label) != 0)
		return strcmp(x->d.label, y->d.label);
	if (strcmp(x->d.serial, y->d.serial) != 0)
		return strcmp(x->d.serial, y->d.serial);
	return strcmp(x->d.reader, y->d.reader);
}

void fleet_changed(struct fleet *fl)
{
	if (fl->n > 0)
		qsort(fl->e, fl->n, sizeof(struct entry *), by_presence_and_label);
	fl->attention_known = false;
	away_changed(fl);
}

struct entry *fleet_entry_of_reader(const struct fleet *fl, const char *reader)
{
	for (size_t i = 0; i < fl->n; i++) {
		if (entry_is_here(fl->e[i]) && strcmp(fl->e[i]->d.reader, reader) == 0)
			return fl->e[i];
	}
	return NULL;
}

void entry_drop_objects(struct entry *e)
{
	free(e->objects);
	free(e->strays);
	free(e->rows);
	e->objects = e->strays = NULL;
	e->rows = NULL;
	e->n_objects = e->n_strays = e->n_rows = 0;
	e->objects_loaded = false;
}

static void remove_at(struct fleet *fl, size_t i)
{
	entry_free(fl->e[i]);
	memmove(&fl->e[i], &fl->e[i + 1], (fl->n - i - 1) * sizeof(fl->e[0]));
	fl->n--;
}

size_t fleet_count(const struct fleet *fl)
{
	return fl->n;
}

size_t fleet_count_here(const struct fleet *fl)
{
	size_t n = 0;

	for (size_t i = 0; i < fl->n; i++)
		n += entry_is_here(fl->e[i]);
	return n;
}

const char *fleet_empty_reader(const struct fleet *fl, size_t i)
{
	return i < fl->n_empty ? fl->empty[i] : NULL;
}

const struct fleet_device *fleet_device(const struct fleet *fl, size_t i)
{
	return i < fl->n ? &fl->e[i]->d : NULL;
}

static struct entry *entry_of_serial(const struct fleet *fl, const char *serial)
{
	for (size_t i = 0; i < fl->n && serial[0] != '\0'; i++) {
		if (strcmp(fl->e[i]->d.serial, serial) == 0)
			return fl->e[i];
	}
	return NULL;
}

const struct fleet_device *fleet_by_serial(const struct fleet *fl, const char *serial)
{
	const struct entry *e = entry_of_serial(fl, serial);

	return e != NULL ? &e->d : NULL;
}

const struct fleet_object *fleet_objects(struct fleet *fl, const struct fleet_device *d, size_t *ret_n)
{
	struct fault f;

	*ret_n = 0;
	for (size_t i = 0; i < fl->n; i++) {
		struct entry *e = fl->e[i];

		if (&e->d != d || known_load_objects(fl, e, &f) != ST_OK)
			continue;
		*ret_n = e->n_objects;
		return e->n_objects > 0 ? e->objects : NULL;
	}
	return NULL;
}

const struct fleet_attention *fleet_attention(struct fleet *fl, size_t *ret_n)
{
	if (!fl->attention_known)
		attention_build(fl);
	*ret_n = fl->n_attention;
	return fl->n_attention > 0 ? fl->attention : NULL;
}

const struct fault *fleet_service(const struct fleet *fl)
{
	return &fl->service;
}

/* --- readers come and go --- */

static void numbers_unknown(struct fleet_device *d)
{
	d->fw_major = d->fw_minor = d->pin_tries = d->so_pin_tries = FLEET_UNKNOWN;
	d->memory_free = d->memory_total = FLEET_UNKNOWN;
	d->dkek_shares = d->dkek_missing = d->pin_max = d->trust = FLEET_UNKNOWN;
	d->fault.tries_left = -1;
}

static void say_in_use(struct fleet_device *d)
{
	d->state = FLEET_FAULTY;
	fault_set(&d->fault, ST_READER_BUSY,
		  "Another program is using the device in the reader %s, and has to let go of it before the device can be read. It "
		  "is read by itself then. Wait, or close that program.",
		  d->reader);
}

/* What can be said of a card without asking it. */
static void judge_reader(const struct reader *r, struct fleet_device *d)
{
	const char *foreign = r->state == READER_CARD ? card_foreign_words(r->name, r->atr, r->atr_len) : NULL;

	d->state = FLEET_READING;
	if (foreign != NULL) {
		d->state = FLEET_FOREIGN;
		fault_set(&d->fault, ST_FOREIGN_CARD, "%s", foreign);
		fault_add(&d->fault, CARD_LEFT_ALONE);
	} else if (r->state == READER_MUTE) {
		d->state = FLEET_FAULTY;
		fault_set(&d->fault, ST_CARD_ERROR,
			  "The card in the reader %s does not answer. Take it out and put it in again; where that does "
			  "not help, it may be in the wrong way round, or broken.",
			  r->name);
	} else if (r->state == READER_IN_USE) {
		d->in_use = true;
		say_in_use(d);
	}
}

static enum status add_here(struct fleet *fl, const struct reader *r, struct fault *f)
{
	struct entry **list = reallocarray(fl->e, fl->n + 1, sizeof(struct entry *)), *e;

	if (list == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	fl->e = list;
	e = calloc(1, sizeof(*e));
	if (e == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	numbers_unknown(&e->d);
	snprintf(e->d.reader, sizeof(e->d.reader), "%s", r->name);
	e->changes = r->changes;
	judge_reader(r, &e->d);
	fl->e[fl->n++] = e;
	if (fl->live && e->d.state == FLEET_READING)
		return scan_start(fl, e, NULL, FLEET_ALL, f);
	return ST_OK;
}

static const struct reader *reader_of(const struct reader *r, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(r[i].name, name) == 0 && r[i].state != READER_EMPTY)
			return &r[i];
	}
	return NULL;
}

static void scan_again(struct fleet *fl, struct entry *e)
{
	struct fault f;

	if (e->scan != 0)
		e->again = true;
	else
		(void)scan_start(fl, e, NULL, FLEET_ALL, &f);
}

/*
 * A device that another program keeps from us is not one that is merely slow. What is known of it stays on the screen. A
 * command, which is not live, waits instead.
 */
static unsigned note_use(struct fleet *fl, struct entry *e, const struct reader *r)
{
	const bool in_use = r->state == READER_IN_USE;

	if (!fl->live || in_use == e->d.in_use)
		return 0;
	e->d.in_use = in_use;
	if (in_use && e->d.state == FLEET_READING)
		say_in_use(&e->d);
	if (!in_use && e->d.fault.st == ST_READER_BUSY)
		scan_again(fl, e);
	return FLEET_DEVICES;
}

/* The same card, still there? A reader that somebody held alone, and does not any more, is looked at anew. */
static bool still_there(const struct entry *e, const struct reader *r)
{
	const bool busy = e->d.state == FLEET_FAULTY && e->d.fault.st == ST_READER_BUSY;

	return r != NULL && r->changes == e->changes && !(busy && r->state != READER_IN_USE);
}

static void note_empty(struct fleet *fl, const struct reader *r, size_t n)
{
	free(fl->empty);
	fl->n_empty = 0;
	fl->empty = calloc(n + 1, sizeof(*fl->empty));
	for (size_t i = 0; fl->empty != NULL && i < n; i++) {
		if (r[i].state == READER_EMPTY)
			snprintf(fl->empty[fl->n_empty++], READER_NAME_MAX, "%s", r[i].name);
	}
}

/* It stays in the list as the inventory knows it. false: that does not, or another card says that it is this device. */
static bool go_away(struct fleet *fl, struct entry *e)
{
	struct fleet_device away = { .state = FLEET_ABSENT, .trust = FLEET_UNKNOWN };

	snprintf(away.serial, sizeof(away.serial), "%s", e->d.serial);
	e->d.serial[0] = '\0';
	if (entry_of_serial(fl, away.serial) != NULL || !known_fill(fl, &away))
		return false;
	entry_drop_objects(e);
	*e = (struct entry){ .d = away };
	return true;
}

static unsigned sync_readers(struct fleet *fl)
{
	struct reader *readers = NULL;
	unsigned change = 0;
	size_t n = 0;
	struct fault f;
	enum status st = jobs_readers(fl->jobs, &readers, &n, &f);

	if (st != fl->service.st)
		change |= FLEET_SERVICE;
	if (st == ST_OK)
		fl->service = (struct fault){ .tries_left = -1 };
	else
		fl->service = f;
	fl->n_readers = st == ST_OK ? n : 0;
	note_empty(fl, readers, fl->n_readers);
	for (size_t i = fl->n; i-- > 0;) {
		const struct reader *r = st == ST_OK ? reader_of(readers, n, fl->e[i]->d.reader) : NULL;

		if (!entry_is_here(fl->e[i]))
			continue;
		if (still_there(fl->e[i], r)) {
			change |= note_use(fl, fl->e[i], r);
			continue;
		}
		if (!go_away(fl, fl->e[i])) {
			remove_at(fl, i);
			fleet_reload(fl);   /* it may have been written down a moment ago */
		}
		change |= FLEET_DEVICES | FLEET_OBJECTS | FLEET_ATTENTION;
	}
	for (size_t i = 0; st == ST_OK && i < n; i++) {
		if (readers[i].state == READER_EMPTY || fleet_entry_of_reader(fl, readers[i].name) != NULL)
			continue;
		(void)add_here(fl, &readers[i], &f);   /* out of memory: it is tried again with the next event */
		change |= FLEET_DEVICES | FLEET_ATTENTION;
	}
	free(readers);
	if (change != 0)
		fleet_changed(fl);
	return change;
}

/* --- a scan is over --- */

static void take_info(const struct scan *s, struct fleet_device *d)
{
	const struct card_info *i = &s->info;

	d->fw_major = (int)i->major;
	d->fw_minor = (int)i->minor;
	d->initialised = i->initialised;
	d->transport_pin = i->user.state == PIN_TRANSPORT;
	d->never_unblocks = i->initialised && i->options >= 0 && (i->options & OPTION_UNBLOCK) == 0;
	d->pin_tries = i->user.state == PIN_BLOCKED ? 0 : i->user.state == PIN_READY ? i->user.tries : FLEET_UNKNOWN;
	d->so_pin_tries = i->so.state == PIN_BLOCKED ? 0 : i->so.state == PIN_READY ? i->so.tries : FLEET_UNKNOWN;
	d->memory_free = (long)i->memory_free;
	d->memory_total = i->firmware != NULL && i->firmware->memory != 0 ? (long)i->firmware->memory : FLEET_UNKNOWN;
	d->dkek = i->dkek.present;
	d->dkek_shares = i->dkek.present ? (int)i->dkek.total : 0;
	d->dkek_missing = i->dkek.present ? (int)i->dkek.missing : 0;
	d->dkek_kcv[0] = '\0';
	if (i->dkek.present && i->dkek.kcv_shown)
		hex_upper(d->dkek_kcv, i->dkek.kcv, KCV_LEN);
	d->trust = s->done_trust ? (int)s->trust : FLEET_UNKNOWN;
	text_clean(d->issuer, sizeof(d->issuer), i->device.issuer, strlen(i->device.issuer));
	text_clean(d->root, sizeof(d->root), i->device.root, strlen(i->device.root));
	d->issued = i->device.not_before;
	d->expires = i->device.not_after;
	d->looked_at = true;
}

/* The device that came is the one that was absent. */
static void drop_absent(struct fleet *fl, const struct entry *here)
{
	for (size_t i = fl->n; i-- > 0;) {
		if (fl->e[i] != here && !entry_is_here(fl->e[i]) && strcmp(fl->e[i]->d.serial, here->d.serial) == 0)
			remove_at(fl, i);
	}
}

static void count(struct entry *e)
{
	e->d.keys = e->d.certificates = e->d.data = e->d.keys_without_backup = 0;
	for (size_t i = 0; i < e->n_rows; i++) {
		e->d.keys += e->rows[i].type == THING_KEY;
		e->d.certificates += e->rows[i].type == THING_CERTIFICATE;
		e->d.data += e->rows[i].type == THING_DATA;
		e->d.keys_without_backup += e->rows[i].type == THING_KEY && e->rows[i].backups == 0;
	}
}

static void take_objects(struct fleet *fl, struct entry *e, struct scan *s, bool recorded)
{
	entry_drop_objects(e);
	e->d.listed = true;
	e->strays = STEAL(s->strays);
	e->n_strays = s->n_strays;
	if (recorded && fl->store != NULL && !store_read_only(fl->store))
		return;
	e->rows = STEAL(s->rows);
	e->n_rows = s->n_rows;
	known_backups(fl, e);
	count(e);
}

static unsigned scan_over(struct fleet *fl, struct scan *s, const struct job_event *event)
{
	struct entry *e = fleet_entry_of_reader(fl, s->reader);
	struct fault fault = event->fault;
	enum status st = event->st;

	if (st == ST_OK)
		st = scan_record(s, fl->store, &fault);
	/* The card went, and perhaps another one came, while this one was looked at. */
	if (e == NULL || e->scan != s->job)
		return 0;
	e->scan = 0;
	if (s->done_who) {
		text_clean(e->d.serial, sizeof(e->d.serial), s->info.serial, strlen(s->info.serial));
		if (s->info.label[0] != '\0' || s->done_status)
			text_clean(e->d.label, sizeof(e->d.label), s->info.label, strlen(s->info.label));
		e->d.simulated = s->simulated;
		e->d.state = FLEET_HERE;
		drop_absent(fl, e);
	}
	if (s->done_status)
		take_info(s, &e->d);
	if (s->done_all)
		take_objects(fl, e, s, st == ST_OK);
	e->d.fault = (struct fault){ .tries_left = -1 };
	if (st != ST_OK) {
		e->d.fault = fault;
		/* Another program keeps it from us: what was read of it before still holds. */
		if (!s->done_status && !(st == ST_READER_BUSY && e->d.looked_at))
			e->d.state = st == ST_FOREIGN_CARD ? FLEET_FOREIGN : FLEET_FAULTY;
	}
	known_fill(fl, &e->d);
	if (e->rows != NULL)
		count(e);
	if (e->again) {
		struct fault f;

		e->again = false;
		(void)scan_start(fl, e, NULL, FLEET_ALL, &f);
	}
	fleet_changed(fl);
	return FLEET_DEVICES | FLEET_OBJECTS | FLEET_ATTENTION;
}

unsigned fleet_event(struct fleet *fl, const struct job_event *event)
{
	struct scan *s;
	unsigned change;

	if (event->type == JOBS_READERS)
		return sync_readers(fl);
	if (away_event(fl, event))
		return FLEET_ATTENTION;
	if (reload_event(fl, event))
		return FLEET_DEVICES | FLEET_OBJECTS | FLEET_ATTENTION;
	if (event->type != JOBS_DONE || (s = scan_take(fl, event->job)) == NULL)
		return 0;
	change = scan_over(fl, s, event);
	scan_free(s);
	return change;
}

void fleet_rescan(struct fleet *fl, const char *serial)
{
	for (size_t i = 0; i < fl->n; i++) {
		struct entry *e = fl->e[i];

		if (!entry_is_here(e) || e->d.state == FLEET_FOREIGN || (serial != NULL && strcmp(e->d.serial, serial) != 0))
			continue;
		scan_again(fl, e);
	}
}
