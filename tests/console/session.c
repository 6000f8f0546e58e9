#include "tests/console/session.h"

#include <dirent.h>
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

/* Set once, by session_main(), before any test runs. */
static const char *program;
static const char *option;

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st;
	(void)type;
	(void)where;
	return remove(path);
}

static void start(struct session *s, const char *extra, const char *const *env, int rows, int cols)
{
	char argument[128];
	const char *argv[] = { program, argument, extra, NULL };

	(void)snprintf(argument, sizeof(argument), "%s%s", option, s->folder);
	s->t = term_start(argv, env, rows, cols);
}

void session_restart(struct session *s, const char *const *env, int rows, int cols)
{
	if (s->t != NULL)
		term_close(s->t);
	start(s, NULL, env, rows, cols);
}

void session_restart_slowly(struct session *s)
{
	term_close(s->t);
	start(s, "realistic", NULL, 24, 80);
}

void session_restart_locking(struct session *s, const char *ms)
{
	term_close(s->t);
	start(s, ms, NULL, 24, 80);
}

void session_in_a_shell(struct session *s, const char *extra)
{
	static const char *const env[] = { "PS1=SHELL ", NULL };
	static const char *const argv[] = { "/bin/sh", "-i", NULL };
	char command[512];

	term_close(s->t);
	s->t = term_start(argv, env, 24, 80);
	term_expect(s->t, "SHELL");
	(void)snprintf(command, sizeof(command), "%s %s%s %s\r", program, option, s->folder, extra);
	term_type(s->t, command);
}

void session_type_first_file(struct session *s, const char *folder)
{
	char path[128];
	struct dirent *entry;
	DIR *dir;

	(void)snprintf(path, sizeof(path), "%s/%s", s->folder, folder);
	dir = opendir(path);
	assert_non_null(dir);
	do
		entry = readdir(dir);
	while (entry != NULL && entry->d_name[0] == '.');
	assert_non_null(entry);
	term_type(s->t, path);
	term_type(s->t, "/");
	term_type(s->t, entry->d_name);
	(void)closedir(dir);
}

void see(struct session *s, const char *text)
{
	term_expect(s->t, text);
}

void at(struct session *s, const char *text, const char *keys)
{
	term_expect(s->t, text);
	term_type(s->t, keys);
}

void leave_done(struct session *s)
{
	at(s, "Enter Close", "\r");
	see(s, "m More");
}

void type_path(struct session *s, const char *name)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", s->folder, name);
	term_type(s->t, path);
}

int session_setup(void **state)
{
	struct session *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return -1;
	(void)snprintf(s->folder, sizeof(s->folder), "/tmp/keyroom-console-XXXXXX");
	if (mkdtemp(s->folder) == NULL)
		return -1;
	start(s, NULL, NULL, 24, 80);
	*state = s;
	return 0;
}

int session_teardown(void **state)
{
	struct session *s = *state;

	term_close(s->t);
	(void)nftw(s->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(s);
	return 0;
}

int session_main(int argc, char **argv, const struct CMUnitTest *tests, size_t n)
{
	(void)signal(SIGPIPE, SIG_IGN);
	if (argc < 2) {
		(void)fprintf(stderr, "usage: %s PROGRAM [OPTION=]\n", argv[0]);
		return 2;
	}
	program = argv[1];
	option = argc > 2 ? argv[2] : "";
	return _cmocka_run_group_tests("console", tests, n, NULL, NULL);
}
