/* The console without a terminal, for tests of its screens: a fake fleet, keys, events, and pictures. */
#ifndef TESTS_CONSOLE_BENCH_H
#define TESTS_CONSOLE_BENCH_H

#include "tests/console/fakes.h"
#include "tui/console/ui.h"

struct bench {
	struct env env;
	struct fleet fleet;
	struct ui ui;
	char folder[64], path[96];   /* of the inventory, where it has one */
};

int bench_setup(void **state);
/* The same with an inventory in a file. fill() puts in what it knows, and changes the fleet; NULL: nobody does. */
int bench_setup_stored(void **state, void (*fill)(struct store *s, struct fleet *fl));
int bench_teardown(void **state);   /* of either */

void press(struct bench *b, uint32_t key);
void type(struct bench *b, const char *text);   /* as the loop does: into the secret where one is typed, as keys else */
void type_secrets(struct bench *b);             /* fake_init from its beginning, until SO-PINs and PINs are typed */
/* Takes events until no more can come; without an inventory, until none has come for a tenth of a second. */
void settle(struct bench *b);

/* The picture in golden/NAME.txt is what is drawn now. To accept it: KEYROOM_GOLDEN=write, and the test run again. */
void compare(struct bench *b, const char *name, int rows, int cols, enum repertoire r);
void compare_sizes(struct bench *b, const char *name);   /* NAME_132x43 and NAME_80x24 */

char *picture(struct bench *b, int rows, int cols, enum repertoire r);   /* the caller's to free() */
bool shows(struct bench *b, const char *text);

#define TEST(name) cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)

#endif
