/*
 * Somebody who fills in the pages of procedures with plausible answers, or does something else: for walks through the
 * console without a terminal. What is typed comes from a seed; it looks at the screens as a person does, and knows the PINs.
 */
#ifndef TESTS_CONSOLE_TYPIST_H
#define TESTS_CONSOLE_TYPIST_H

#include "tui/console/ui.h"
#include "tests/console/visits.h"
#include "tests/console/watch.h"

struct typist {
	struct ui *ui;
	struct watch *watch;
	uint64_t seed;
	uint32_t plan[400];        /* keys that are still to be pressed for what was begun */
	size_t n, at;
	bool plan_is_secret;       /* of a field of the secret kind: typed there, or nowhere */
	unsigned names;            /* of new files */
	unsigned wrong_pins;       /* so that no two are the same */
	const struct page *page;   /* where it was last, and how often something was begun there */
	unsigned tired;
	bool careful;              /* types what fits, and no PIN that is wrong */
	bool slow_keys;            /* RSA keys take seconds: only now and then */
	const struct visits *visits;      /* what was there: it goes where it has been least */
	char exported[64];         /* the file that a public key was written into last */
	const struct procedure *next;     /* what fits best after that which was done */
	const struct procedure *wanted;   /* what the menu is opened for */
};

uint64_t typist_random(struct typist *t, uint64_t below);
bool typist_may(struct typist *t, unsigned percent);

/* The next key of what was begun, or the first one of what the screen on top suggests. K_NONE: there is nothing to do but wait. */
uint32_t typist_key(struct typist *t);
void typist_forget(struct typist *t);   /* the screen is another one: what was begun fits no more */

#endif
