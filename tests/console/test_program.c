/*
 * The program itself, as people start it: its first screen, its real share key derivation, and how it is protected. What the
 * console can do is tested with console_main, which opens shares quickly.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/console/session.h"

static void it_opens_the_console_in_a_rehearsal(void **state)
{
	struct session *s = *state;

	term_expect(s->t, "REHEARSAL");
	term_expect(s->t, "2 devices, 2 here");
	term_type(s->t, "q");
	assert_int_equal(term_expect_end(s->t), 0);
	assert_true(term_is_restored(s->t));
}

static void it_leaves_no_core(void **state)
{
	struct session *s = *state;
	char path[64], line[256];
	unsigned long soft = 1, hard = 1;
	FILE *limits;

	term_expect(s->t, "2 here");
	(void)snprintf(path, sizeof(path), "/proc/%d/limits", (int)term_pid(s->t));
	limits = fopen(path, "r");
	assert_non_null(limits);
	while (fgets(line, sizeof(line), limits) != NULL)
		(void)sscanf(line, "Max core file size %lu %lu", &soft, &hard);
	(void)fclose(limits);
	assert_int_equal(soft, 0);
	assert_int_equal(hard, 0);
}

/* Not dumpable: its files under /proc are root's, and nobody else may look into its memory. */
static void nobody_else_looks_into_its_memory(void **state)
{
	struct session *s = *state;
	char path[64];
	int memory;

	term_expect(s->t, "2 here");
	(void)snprintf(path, sizeof(path), "/proc/%d/mem", (int)term_pid(s->t));
	if (getuid() == 0)
		assert_int_equal(seteuid(65534), 0);
	memory = open(path, O_RDONLY | O_CLOEXEC);
	if (getuid() == 0)
		assert_int_equal(seteuid(0), 0);
	assert_int_equal(memory, -1);
}

static void a_share_is_made_with_the_real_key_derivation(void **state)
{
	struct session *s = *state;
	char path[128];

	term_expect(s->t, "2 here");
	term_type(s->t, "m");
	term_expect(s->t, "Procedures");
	term_type(s->t, "/");
	term_expect(s->t, "Filter:");
	term_type(s->t, "new dkek share\r");
	term_expect(s->t, "Enter Begin");
	term_type(s->t, "\r");
	term_expect(s->t, "A new DKEK share");
	(void)snprintf(path, sizeof(path), "%s/share.pbe", s->folder);
	term_type(s->t, path);
	term_type(s->t, "\rcorrect horse\rcorrect horse\r");
	term_expect(s->t, "Press Enter to begin");
	term_type(s->t, "\r");
	term_expect(s->t, "Check value of this share alone");
	assert_int_equal(access(path, F_OK), 0);
	term_type(s->t, "\r");
	term_expect(s->t, "m More");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		SESSION_TEST(it_opens_the_console_in_a_rehearsal),
		SESSION_TEST(it_leaves_no_core),
		SESSION_TEST(nobody_else_looks_into_its_memory),
		SESSION_TEST(a_share_is_made_with_the_real_key_derivation),
	};

	return session_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
