/* Which screens, pages and ends of procedures a walk has seen, and which of all that there are it has not. */
#ifndef TESTS_CONSOLE_VISITS_H
#define TESTS_CONSOLE_VISITS_H

#include "tui/console/ui.h"

struct visits {
	struct visit {
		char name[80];
		unsigned long times;
	} *v;
	size_t n;
};

void visits_done(struct visits *v);
void visits_note(struct visits *v, const struct ui *ui);   /* the screen on top */
void visits_name(const struct ui *ui, char ret[static 80]);   /* "backup: page User PIN" */

unsigned long visits_of(const struct visits *v, const char *name);

void visits_print(const struct visits *v);   /* what was seen, how often */

/* Prints what was not seen; returns the number of those. *ret_failed: procedures that failed once. */
unsigned visits_missing(const struct visits *v, unsigned *ret_failed);

#endif
