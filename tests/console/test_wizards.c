/*
 * Every procedure from end to end in a real pseudo-terminal, by keyboard alone. After each page the program's memory is
 * searched for what was typed as a secret: it is in locked memory or nowhere, and as soon as the procedure is done nowhere at all.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/console/session.h"
#include "tests/console/tap.h"
#include "tests/console/tour_list.h"
#include "tui/wizard/wizard.h"

/* At rest for so long: a page waits for an answer, a letter is taken. */
enum { PAGE_MS = 40, LETTER_MS = 8 };

static const char *const secrets[] = { "648219", "739146", "correct horse", "9e8d7c6b5a493827", "1f2e3d4c5b6a7988" };

static const struct {
	const char *name, *bytes;
} named[] = {
	{ "<Up>", "\033[A" }, { "<Down>", "\033[B" }, { "<Right>", "\033[C" }, { "<Left>", "\033[D" }, { "<End>", "\033[F" },
	{ "<F1>", "\033OP" }, { "<Back>", "\033[Z" }, { "<Clear>", "\025" }, { "<Leave>", "\003" },
};

/* What is drawn has come to rest, and Enter or Esc does something: while a device is read or at work they do not. */
static void settle(struct session *s, bool page)
{
	for (int i = 0; i < 1000; i++) {
		/* A letter is drawn and that is all; a page may be one of several that come. */
		term_rest(s->t, page ? PAGE_MS : LETTER_MS);
		if ((term_has(s->t, "Enter ") || term_has(s->t, "Esc Back")) && !term_has(s->t, "Reading the device"))
			return;
	}
	print_message("it never comes to rest:\n%s\n", term_text(s->t));
	fail();
}

static const char *title_of(const char *command)
{
	for (size_t i = 0; procedures[i] != NULL; i++) {
		if (strcmp(procedures[i]->command, command) == 0)
			return procedures[i]->title;
	}
	fail_msg("there is no procedure %s", command);
	return "";
}

/* From the menu, by its name: "<Begin key new>". */
static bool begins(struct session *s, const char **io_keys)
{
	char name[40] = "", keys[100];
	int n = 0;

	if (sscanf(*io_keys, "<Begin %39[^>]>%n", name, &n) != 1 || n == 0)
		return false;
	*io_keys += n;
	(void)snprintf(keys, sizeof(keys), "m/%s\r\r", title_of(name));
	term_type(s->t, keys);
	return true;
}

static bool is_named(struct session *s, const char **io_keys)
{
	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
		size_t n = strlen(named[i].name);

		if (strncmp(*io_keys, named[i].name, n) == 0) {
			*io_keys += n;
			term_type(s->t, named[i].bytes);
			return true;
		}
	}
	return false;
}

static void search(struct session *s, const char *tour, bool at_the_end)
{
	enum { N = sizeof(secrets) / sizeof(secrets[0]) };
	struct trace traces[N];

	for (size_t i = 0; i < N; i++)
		traces[i].bytes = secrets[i];
	term_search_traces(s->t, traces, N);
	for (size_t i = 0; i < N; i++) {
		if (traces[i].outside > 0 || (at_the_end && traces[i].inside > 0))
			print_message("%s: the secret number %zu is in memory, %zu times locked and %zu times not:\n%s\n", tour, i,
				      traces[i].inside, traces[i].outside, term_text(s->t));
		assert_int_equal(traces[i].outside, 0);
		assert_true(!at_the_end || traces[i].inside == 0);
	}
}

#define PROCEDURES_MAX 64

/* Which procedures have come to their end, as the console tells it. */
static void note_end(const struct tap *tap, bool *done)
{
	for (size_t i = 0; procedures[i] != NULL; i++)
		done[i] = done[i] || (tap->phase == RUN_DONE && strcmp(tap->procedure, procedures[i]->name) == 0);
}

static const struct tap *map_tap(const struct session *s)
{
	char path[128];
	void *map;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/" TAP_FILE, s->folder);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	map = mmap(NULL, sizeof(struct tap), PROT_READ, MAP_SHARED, fd, 0);
	assert_true(map != MAP_FAILED);
	(void)close(fd);
	return map;
}

/* Shares stay open on the last page of an initialisation, for the next device. */
static bool is_done(const struct tap *tap)
{
	return strcmp(tap->screen, "wizard") == 0 && tap->phase == RUN_DONE && strcmp(tap->procedure, "init") != 0;
}

static void take_tour(struct session *s, const struct tour *t, const struct tap *tap, bool *done)
{
	const char *keys = t->keys;

	if (t->before != NULL)
		t->before();
	while (*keys != '\0') {
		char one[2] = { *keys, '\0' };
		bool page = true;

		if (!begins(s, &keys) && !is_named(s, &keys)) {
			term_type(s->t, one);
			page = *keys++ == '\r';
		}
		settle(s, page);
		note_end(tap, done);
		if (page)
			search(s, t->name, is_done(tap));
	}
	term_expect(s->t, "\xe2\x94\x8c Devices ");
	search(s, t->name, true);
}

static void every_procedure_by_keyboard_alone(void **state)
{
	struct session *s = *state;
	const struct tap *tap;
	bool done[PROCEDURES_MAX] = { false };
	unsigned missing = 0;

	assert_int_equal(chdir(s->folder), 0);   /* there the program finds the files that are named */
	session_restart(s, NULL, 24, 80);
	term_expect(s->t, "2 devices, 2 here");
	settle(s, true);
	tap = map_tap(s);
	for (size_t i = 0; tours[i].name != NULL; i++)
		take_tour(s, &tours[i], tap, done);
	for (size_t i = 0; procedures[i] != NULL; i++) {
		assert_true(i < PROCEDURES_MAX);
		if (!done[i])
			print_message("%s did not come to its end\n", procedures[i]->name);
		missing += !done[i];
	}
	assert_int_equal(missing, 0);
	assert_int_equal(munmap((void *)(uintptr_t)tap, sizeof(*tap)), 0);
	assert_int_equal(chdir("/"), 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { SESSION_TEST(every_procedure_by_keyboard_alone) };
	char program[4096];

	if (argc > 1 && realpath(argv[1], program) != NULL)
		argv[1] = program;   /* it is started from another folder */
	return session_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
