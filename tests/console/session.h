/* A rehearsal of its own for each test: a folder, and the console in a terminal on it. */
#ifndef TESTS_CONSOLE_SESSION_H
#define TESTS_CONSOLE_SESSION_H

#include <stddef.h>

#include "tests/console/term.h"

struct CMUnitTest;

struct session {
	char folder[64];
	struct term *t;
};

int session_setup(void **state);
int session_teardown(void **state);

/* Ends the program where it runs, and starts it again on the same folder. */
void session_restart(struct session *s, const char *const *env, int rows, int cols);
void session_restart_slowly(struct session *s);   /* with cards that take their time, as real ones do */
void session_restart_locking(struct session *s, const char *ms);   /* locks itself after so long */
void session_in_a_shell(struct session *s, const char *extra);     /* by one with job control, whose prompt is SHELL */

/* What is typed and read in the tests that start here. */
#define NOW "\xe2\x96\xb8 "   /* before the name of the page that is asked */
#define FIRST "DENK0200914"
#define SECOND "DENK0200915"
#define PIN "739146"
#define SO_PIN "3537363231383830"
#define NEW_SO_PIN "9e8d7c6b5a493827"
#define PASSWORD "correct horse"

void see(struct session *s, const char *text);
/* Types keys once text is there, and never before: as a person does. */
void at(struct session *s, const char *text, const char *keys);
void leave_done(struct session *s);                     /* the outcome of a procedure */
void type_path(struct session *s, const char *name);    /* of a file in the session's folder */

/* Types the path of the first file in this folder of the session's. */
void session_type_first_file(struct session *s, const char *folder);

/* argv[1] is the program that the tests start with the folder as its last argument; argv[2], if any, goes before it. */
int session_main(int argc, char **argv, const struct CMUnitTest *tests, size_t n);

#define SESSION_TEST(name) cmocka_unit_test_setup_teardown(name, session_setup, session_teardown)

#endif
