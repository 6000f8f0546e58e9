/* What the tests of the fleet share. */
#ifndef TESTS_FLEET_HELP_H
#define TESTS_FLEET_HELP_H

#include "procs_help.h"

static inline int setup(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	place_open(p, 2, "3.6");
	*state = p;
	return 0;
}

static inline int teardown(void **state)
{
	place_close(*state);
	free(*state);
	return 0;
}

static inline struct fleet *fleet_of(struct place *p, bool live)
{
	struct fleet *fl = NULL;
	struct fault f = { 0 };

	OK(fleet_new(p->jobs, p->store, live, &fl, &f));
	return fl;
}

#endif
