/* What the walks have in common: a prepared folder, and a fresh copy of it for each run. */
#ifndef TESTS_FAULTS_GROUNDS_H
#define TESTS_FAULTS_GROUNDS_H

#include "tests/faults/walk.h"

struct grounds {
	char root[64], first[80], now[80];
};

void grounds_make(struct grounds *g, const struct walk *w);
void grounds_copy(const struct grounds *g);   /* the prepared folder again, which is then used up */
void grounds_drop(const struct grounds *g);

void walk_take_up(const struct walk *w, struct stage *s, const char *where, unsigned long n);

/* For walk_lie(): after every APDU of any card. */
void lie_seen(unsigned long apdu, uint8_t ins);

#endif
