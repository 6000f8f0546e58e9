/* Which device is meant, and looking at it while a command waits. */
#include <stdio.h>
#include <string.h>

#include "engine/base/clock.h"
#include "tui/wizard/fleet_inside.h"

/* Could this card be meant by anybody? */
static bool is_candidate(const struct fleet_device *d)
{
	return d->state == FLEET_HERE || d->state == FLEET_READING;
}

static void name_of(const struct fleet_device *d, char *out, size_t cap)
{
	if (d->serial[0] != '\0' && d->label[0] != '\0')
		snprintf(out, cap, "%s (%.60s)", d->serial, d->label);
	else
		snprintf(out, cap, "%s", d->serial[0] != '\0' ? d->serial : d->reader);
}

/* "DENK0200914 (root-ca-a), DENK0200915" */
static void names_of(const struct fleet *fl, char *out, size_t cap)
{
	size_t n = 0;

	out[0] = '\0';
	for (size_t i = 0; i < fl->n; i++) {
		char one[160];

		if (!is_candidate(&fl->e[i]->d))
			continue;
		name_of(&fl->e[i]->d, one, sizeof(one));
		if (n + strlen(one) + 3 >= cap)
			break;
		n += (size_t)snprintf(out + n, cap - n, "%s%s", n > 0 ? ", " : "", one);
	}
}

/* Nobody can be meant: why not? */
static enum status nobody(const struct fleet *fl, struct fault *f)
{
	if (fl->service.st != ST_OK) {
		*f = fl->service;
		return f->st;
	}
	for (size_t i = 0; i < fl->n; i++) {
		const struct fleet_device *d = &fl->e[i]->d;

		if (d->state == FLEET_FOREIGN || d->state == FLEET_FAULTY) {
			*f = d->fault;
			return f->st;
		}
	}
	if (fl->n_readers == 0)
		return fault_set(f, ST_NO_READER,
				 "There is no smart card reader. Plug in the device, or connect a reader.");
	return fault_set(f, ST_NO_CARD, "There is no card in any of the %zu readers. Plug in the device.",
			 fl->n_readers);
}

/* How well which fits: 3 the serial, 2 the label, 1 a part of the reader's name, 0 not at all. */
static int fit(const struct fleet_device *d, const char *which)
{
	if (strcmp(d->serial, which) == 0)
		return 3;
	if (strcmp(d->label, which) == 0)
		return 2;
	return strstr(d->reader, which) != NULL ? 1 : 0;
}

/* Who cannot be asked may be the one that is meant. */
static enum status not_found(const struct fleet *fl, const char *which, const char *names, struct fault *f)
{
	for (size_t i = 0; i < fl->n; i++) {
		const struct fleet_device *d = &fl->e[i]->d;

		if (d->state != FLEET_FAULTY || d->fault.st != ST_READER_BUSY)
			continue;
		*f = d->fault;
		fault_add(f, "None of the others here is called \"%.80s\": %s.", which, names);
		return f->st;
	}
	fault_set(f, ST_NOT_FOUND, "No device that is plugged in is called \"%.80s\". Here: %s.", which, names);
	for (size_t i = 0; i < fl->n; i++) {
		const struct fleet_device *d = &fl->e[i]->d;

		if (d->state == FLEET_FAULTY)
			return fault_add(f, "The device in the reader \"%.60s\" could not be read, and may be that one. %s", d->reader,
					 d->fault.what);
	}
	return f->st;
}

static enum status find_named(const struct fleet *fl, const char *which, const struct fleet_device **ret,
			      struct fault *f)
{
	const struct fleet_device *found = NULL;
	size_t several = 0;
	char names[400];
	int best = 0;

	for (size_t i = 0; i < fl->n; i++) {
		const struct fleet_device *d = &fl->e[i]->d;
		const int fits = d->state != FLEET_ABSENT ? fit(d, which) : 0;

		if (fits > best) {
			best = fits;
			found = d;
			several = 1;
		} else if (fits > 0 && fits == best) {
			several++;
		}
	}
	names_of(fl, names, sizeof(names));
	if (several > 1)
		return fault_set(f, ST_USAGE, "\"%.80s\" fits several devices. Say which one by its serial: %s.", which,
				 names);
	if (found != NULL && !is_candidate(found)) {
		*f = found->fault;
		return f->st;
	}
	if (found == NULL && names[0] == '\0')
		return nobody(fl, f);
	if (found == NULL)
		return not_found(fl, which, names, f);
	*ret = found;
	return ST_OK;
}

enum status fleet_find(const struct fleet *fl, const char *which, const struct fleet_device **ret, struct fault *f)
{
	const struct fleet_device *found = NULL;
	char names[400];

	if (which != NULL && which[0] != '\0')
		return find_named(fl, which, ret, f);
	for (size_t i = 0; i < fl->n; i++) {
		if (!is_candidate(&fl->e[i]->d))
			continue;
		if (found != NULL) {
			names_of(fl, names, sizeof(names));
			return fault_set(f, ST_USAGE,
					 "Several devices are plugged in. Say which one is meant (-d): %s.", names);
		}
		found = &fl->e[i]->d;
	}
	if (found == NULL)
		return nobody(fl, f);
	*ret = found;
	return ST_OK;
}

/* --- waiting --- */

static void begin(struct fleet *fl)
{
	const struct job_event readers = { .type = JOBS_READERS };

	(void)fleet_event(fl, &readers);
}

static bool scans_under_way(const struct fleet *fl)
{
	return fl->scans != NULL;
}

static enum status wait_scans(struct fleet *fl, int timeout_ms, struct fault *f)
{
	const int64_t until = clock_ms() + timeout_ms;

	while (scans_under_way(fl)) {
		const int64_t left = timeout_ms < 0 ? -1 : until - clock_ms();
		struct job_event event;

		if (timeout_ms >= 0 && left <= 0)
			return fault_set(f, ST_CARD_ERROR,
					 "The device did not answer in time. Take it out, plug it in again, and try "
					 "once more.");
		if (jobs_wait(fl->jobs, (int)left, &event))
			(void)fleet_event(fl, &event);
	}
	return ST_OK;
}

/* The only card whose reader's name has this in it: then no other one needs to be asked. */
static struct entry *only_reader(const struct fleet *fl, const char *which)
{
	struct entry *found = NULL;

	for (size_t i = 0; i < fl->n; i++) {
		struct entry *e = fl->e[i];

		if (!is_candidate(&e->d) || (which != NULL && strstr(e->d.reader, which) == NULL))
			continue;
		if (found != NULL)
			return NULL;
		found = e;
	}
	return found;
}

static enum status scan_candidates(struct fleet *fl, const char *which, enum fleet_depth depth, struct fault *f)
{
	enum status st = ST_OK;

	for (size_t i = 0; i < fl->n && st == ST_OK; i++) {
		if (is_candidate(&fl->e[i]->d) && fl->e[i]->scan == 0)
			st = scan_start(fl, fl->e[i], which, depth, f);
	}
	return st;
}

/* Read as far as was asked; else why not. */
static enum status is_read(const struct fleet_device *d, enum fleet_depth depth, struct fault *f)
{
	const bool who = depth == FLEET_WHO || depth == FLEET_HOLD;
	const bool enough = who ? d->serial[0] != '\0' : depth == FLEET_STATUS ? d->looked_at : d->listed;

	if (d->fault.st != ST_OK) {
		*f = d->fault;
		return f->st;
	}
	return enough ? ST_OK : fault_set(f, ST_CARD_GONE, "The device went away while it was being read.");
}

enum status fleet_scan_wait(struct fleet *fl, const char *which, enum fleet_depth depth, int timeout_ms,
			    const struct fleet_device **ret, struct fault *f)
{
	const char *said = which != NULL && which[0] != '\0' ? which : NULL;
	const struct fleet_device *found;
	struct entry *only;
	enum status st;

	begin(fl);
	only = only_reader(fl, said);
	/* Several, and none was said: they are read far enough to be named by their serials. */
	st = only != NULL ? scan_start(fl, only, NULL, depth, f) :
			    scan_candidates(fl, said, said != NULL ? depth : FLEET_WHO, f);
	if (st != ST_OK || (st = wait_scans(fl, timeout_ms, f)) != ST_OK ||
	    (st = fleet_find(fl, said, &found, f)) != ST_OK)
		return st;
	/* Named by a part of several readers' names, and only one of them turned out to be a device. */
	if (is_read(found, depth, f) != ST_OK && found->fault.st == ST_OK &&
	    fleet_entry_of_reader(fl, found->reader) != NULL) {
		st = scan_start(fl, fleet_entry_of_reader(fl, found->reader), NULL, depth, f);
		if (st != ST_OK || (st = wait_scans(fl, timeout_ms, f)) != ST_OK ||
		    (st = fleet_find(fl, said, &found, f)) != ST_OK)
			return st;
	}
	if ((st = is_read(found, depth, f)) != ST_OK)
		return st;
	*ret = found;
	return ST_OK;
}

enum status fleet_scan_all_wait(struct fleet *fl, enum fleet_depth depth, int timeout_ms, struct fault *f)
{
	enum status st;

	begin(fl);
	st = scan_candidates(fl, NULL, depth, f);
	return st == ST_OK ? wait_scans(fl, timeout_ms, f) : st;
}
