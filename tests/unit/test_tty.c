/* Secrets typed at a terminal: half a line is no answer, and the terminal is given back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "tui/command/tty.h"

#define ASKED "PIN: "
#define TOO_LONG 96   /* exit codes of the one who is asked, beside its status */

struct person {
	int master, slave;
	pid_t asked;
};

/* A process of its own has the terminal, and is asked for a secret, or for a line of at most 7 characters. */
static void sit_down(struct person *p, bool secret)
{
	alarm(30);
	p->master = posix_openpt(O_RDWR | O_NOCTTY);
	assert_true(p->master >= 0 && grantpt(p->master) == 0 && unlockpt(p->master) == 0);
	p->slave = open(ptsname(p->master), O_RDWR | O_NOCTTY);
	assert_true(p->slave >= 0);
	p->asked = fork();
	if (p->asked == 0) {
		SECRET *s = secret_new(16);
		struct fault f;
		char line[8];
		enum status st;

		(void)close(p->master);
		if (dup2(p->slave, STDIN_FILENO) < 0 || dup2(p->slave, STDERR_FILENO) < 0)
			_exit(99);
		(void)close(p->slave);
		st = secret ? tty_secret(ASKED, s, &f) : tty_line(ASKED, line, sizeof(line), &f);
		if (!secret && st == ST_BAD_FORM)
			st = tty_line(ASKED, line, sizeof(line), &f) == ST_OK && strcmp(line, "short") == 0 ? TOO_LONG : 98;
		_exit(st != ST_OK && secret && secret_len(s) > 0 ? 97 : (int)st);
	}
}

static void see(struct person *p, const char *text)
{
	char all[256] = "";
	size_t n = 0;

	while (strstr(all, text) == NULL && n + 1 < sizeof(all) && read(p->master, all + n, 1) == 1)
		all[++n] = '\0';
	assert_non_null(strstr(all, text));
}

static void type(struct person *p, const char *text)
{
	assert_int_equal(write(p->master, text, strlen(text)), strlen(text));
}

static int outcome(struct person *p)
{
	int how;

	assert_int_equal(waitpid(p->asked, &how, 0), p->asked);
	return how;
}

static void a_whole_line_is_the_answer(void **state)
{
	struct person p;

	(void)state;
	sit_down(&p, true);
	see(&p, ASKED);
	type(&p, "123456\r");
	assert_int_equal(WEXITSTATUS(outcome(&p)), ST_OK);
	(void)close(p.master);
	(void)close(p.slave);
}

static void half_a_line_is_none(void **state)
{
	struct person p;

	(void)state;
	sit_down(&p, true);
	(void)close(p.slave);
	see(&p, ASKED);
	type(&p, "123456");
	see(&p, "******");
	(void)close(p.master);   /* the line is cut, and nobody is told by a signal */
	assert_int_equal(WEXITSTATUS(outcome(&p)), ST_CANCELLED);
}

static void a_signal_finds_the_terminal_as_it_was(void **state)
{
	struct termios before, after;
	struct person p;
	int how;

	(void)state;
	sit_down(&p, true);
	see(&p, ASKED);
	type(&p, "123");
	see(&p, "***");
	assert_int_equal(tcgetattr(p.slave, &before), 0);
	assert_false(before.c_lflag & ECHO);
	assert_int_equal(kill(p.asked, SIGTERM), 0);
	how = outcome(&p);
	assert_true(WIFSIGNALED(how) && WTERMSIG(how) == SIGTERM);
	assert_int_equal(tcgetattr(p.slave, &after), 0);
	assert_true(after.c_lflag & ECHO);
	(void)close(p.master);
	(void)close(p.slave);
}

static void the_rest_of_a_line_that_is_too_long_is_not_the_next_answer(void **state)
{
	struct person p;

	(void)state;
	sit_down(&p, false);
	see(&p, ASKED);
	type(&p, "0123456789012345\nshort\n");
	assert_int_equal(WEXITSTATUS(outcome(&p)), TOO_LONG);
	(void)close(p.master);
	(void)close(p.slave);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_line_is_the_answer),
		cmocka_unit_test(half_a_line_is_none),
		cmocka_unit_test(a_signal_finds_the_terminal_as_it_was),
		cmocka_unit_test(the_rest_of_a_line_that_is_too_long_is_not_the_next_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
