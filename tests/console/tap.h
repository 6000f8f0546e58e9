/*
 * Where the console stands, told by console_main after each picture into a file that its test maps: no secret, only how many
 * characters there are. So a test can fill in pages that it was never told about.
 */
#ifndef TESTS_CONSOLE_TAP_H
#define TESTS_CONSOLE_TAP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

/* For console_main: before the console opens. */
void tap_open(const char *folder);

#define TAP_FILE "tap"   /* in the session's folder */

struct tap {
	atomic_uint pictures;      /* odd while the rest is written */
	char screen[24];           /* ops->name */
	char procedure[32], page[40], question[40];   /* of a wizard; "" */
	char value[200];           /* what is to be typed: a sentence, or what confirms; "" */
	int phase;                 /* enum run_phase; -1: which device is asked */
	int kind, ask;             /* enum field_kind and enum ask of the field that has the keyboard */
	bool empty, wanted, again, twice, marked, fault;
	size_t characters;         /* of a secret */
	size_t choices;
};

#endif
