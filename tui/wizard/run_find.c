/*
 * Where the device of a run is now. The reader it was last seen in comes first, then those whose name has its serial
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

/* 0: last seen here, 1: named after it, 2: another card. */
static int rank(const struct run *r, const struct reader *d)
{
	if (strcmp(d->name, r->reader) == 0)
		return 0;
	if (d->state == READER_EMPTY)
		return -1;
	return named_after(d, r->serial) ? 1 : 2;
}

enum status find_reader(const struct run *r, unsigned n, char out[static READER_NAME_MAX], struct fault *f)
{
	struct reader *readers = NULL;
	size_t count = 0;
	enum status st = jobs_readers(r->env.jobs, &readers, &count, f);
	bool found = false;

	if (st != ST_OK)
		return st;
	for (int want = 0; want <= 2 && !found; want++) {
		for (size_t i = 0; i < count && !found; i++) {
			if (rank(r, &readers[i]) != want || n-- > 0)
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
