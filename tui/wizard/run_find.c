/*
 * Where a device of a run is now. The reader it was last seen in comes first, then those whose name has its serial
 * (real-devices.md 2), then all others with a card: whether it is the device is asked of the card itself, in the session
 * in which the step then works.
 */
#include <stdlib.h>
#include <string.h>

#include "tui/wizard/runner.h"

static bool named_after(const struct reader *d, const char *serial)
{
	return serial[0] && strstr(d->name, serial) != NULL;
}

const char *find_serial(const struct run *r, enum where where)
{
	if (where == ON_WORKER)
		return NULL;
	return where == ON_OTHER ? run_other(r) : r->serial;
}

char *find_last_reader(struct run *r, enum where where)
{
	if (where == ON_WORKER)
		return NULL;
	return where == ON_OTHER ? r->other_reader : r->reader;
}

/* 0: last seen here, 1: named after it, 2: another card, 3: where the run's other device was seen. */
static int rank(const struct run *r, enum where where, const struct reader *d)
{
	const char *own = where == ON_OTHER ? r->other_reader : r->reader;
	const char *others = where == ON_OTHER ? r->reader : r->other_reader;

	if (strcmp(d->name, own) == 0)
		return 0;
	if (d->state == READER_EMPTY)
		return -1;
	if (named_after(d, find_serial(r, where)))
		return 1;
	return strcmp(d->name, others) == 0 ? 3 : 2;
}

enum status find_reader(const struct run *r, enum where where, unsigned n, char out[static READER_NAME_MAX], struct fault *f)
{
	struct reader *readers = NULL;
	size_t count = 0;
	enum status st = jobs_readers(r->env.jobs, &readers, &count, f);
	bool found = false;

	if (st != ST_OK)
		return st;
	for (int want = 0; want <= 3 && !found; want++) {
		for (size_t i = 0; i < count && !found; i++) {
			if (rank(r, where, &readers[i]) != want || n-- > 0)
				continue;
			memcpy(out, readers[i].name, READER_NAME_MAX);
			found = true;
		}
	}
	free(readers);
	if (found)
		return ST_OK;
	return fault_set(f, count > 0 ? ST_NO_CARD : ST_NO_READER, NULL);
}
