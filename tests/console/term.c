#include "tests/console/term.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <utmp.h>
#include <vterm.h>
#include <cmocka.h>

#include "engine/base/clock.h"

struct term {
	VTerm *vt;
	VTermScreen *screen;
	int master, slave;
	pid_t pid;
	bool over;
	int status;
	struct termios before;
	char *text;
	char *raw;
	size_t raw_n, raw_cap;
	long woken;   /* how often its first thread had slept when something was typed that it has not woken up for since; or -1 */
};

/* What is given counts; of what is not, a terminal and a locale that can do everything. */
static void child(int master, int slave, const char *const *argv, const char *const *env)
{
	static const char *const otherwise[] = { "TERM=xterm-256color", "LC_ALL=C.UTF-8", "PATH=/usr/bin:/bin" };
	char *environment[32];
	int n = 0, given;

	for (; env != NULL && *env != NULL && n < 28; env++)
		environment[n++] = strdup(*env);
	given = n;
	for (size_t i = 0; i < sizeof(otherwise) / sizeof(otherwise[0]); i++) {
		size_t name = strcspn(otherwise[i], "=") + 1;
		bool there = false;

		for (int j = 0; j < given; j++)
			there = there || strncmp(environment[j], otherwise[i], name) == 0;
		if (!there)
			environment[n++] = strdup(otherwise[i]);
	}
	environment[n] = NULL;
	(void)close(master);
	if (login_tty(slave) != 0)
		_exit(126);
	(void)execve(argv[0], (char *const *)(uintptr_t)argv, environment);
	_exit(127);
}

struct term *term_start(const char *const *argv, const char *const *env, int rows, int cols)
{
	struct term *t = calloc(1, sizeof(*t));
	struct winsize size = { .ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols };

	assert_non_null(t);
	assert_int_equal(openpty(&t->master, &t->slave, NULL, NULL, &size), 0);
	assert_int_equal(fcntl(t->master, F_SETFD, FD_CLOEXEC), 0);
	assert_int_equal(tcgetattr(t->slave, &t->before), 0);
	t->vt = vterm_new(rows, cols);
	vterm_set_utf8(t->vt, 1);
	t->screen = vterm_obtain_screen(t->vt);
	vterm_screen_enable_altscreen(t->screen, 1);
	vterm_screen_reset(t->screen, 1);
	t->pid = fork();
	assert_true(t->pid >= 0);
	if (t->pid == 0)
		child(t->master, t->slave, argv, env);
	return t;
}

static bool reap(struct term *t, int flags)
{
	if (!t->over && waitpid(t->pid, &t->status, flags) == t->pid)
		t->over = true;
	return t->over;
}

void term_close(struct term *t)
{
	if (!reap(t, WNOHANG)) {
		(void)kill(t->pid, SIGCONT);
		(void)kill(t->pid, SIGKILL);
		(void)reap(t, 0);
	}
	(void)close(t->master);
	(void)close(t->slave);
	vterm_free(t->vt);
	free(t->text);
	free(t->raw);
	free(t);
}

pid_t term_pid(const struct term *t)
{
	return t->pid;
}

void term_hang_up(struct term *t)
{
	(void)close(t->slave);
	(void)close(t->master);
	t->slave = t->master = -1;
}

void term_resize(struct term *t, int rows, int cols)
{
	struct winsize size = { .ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols };

	vterm_set_size(t->vt, rows, cols);
	assert_int_equal(ioctl(t->master, TIOCSWINSZ, &size), 0);
}

/* How often the program's first thread, which reads the keyboard, went to sleep; -1 where it is over. */
static long sleeps_of(const struct term *t)
{
	char path[64], line[128], is = '?';
	long n = -1;
	FILE *in;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)t->pid);
	in = fopen(path, "re");
	while (in != NULL && n < 0 && is != 'Z' && fgets(line, sizeof(line), in) != NULL) {
		(void)sscanf(line, "State: %c", &is);
		(void)sscanf(line, "voluntary_ctxt_switches: %ld", &n);
	}
	if (in != NULL)
		(void)fclose(in);
	return n;
}

void term_type_n(struct term *t, const char *keys, size_t n)
{
	struct termios now;

	/* Whoever has its input in whole lines is not woken by a letter. */
	t->woken = n > 0 && tcgetattr(t->slave, &now) == 0 && (now.c_lflag & ICANON) == 0 ? sleeps_of(t) : -1;
	while (n > 0) {
		ssize_t sent = write(t->master, keys, n);

		assert_true(sent > 0);
		keys += sent;
		n -= (size_t)sent;
	}
}

void term_type(struct term *t, const char *keys)
{
	term_type_n(t, keys, strlen(keys));
}

static void keep(struct term *t, const char *bytes, size_t n)
{
	if (t->raw_n + n + 1 > t->raw_cap) {
		t->raw_cap = (t->raw_n + n + 1) * 2;
		t->raw = realloc(t->raw, t->raw_cap);
		assert_non_null(t->raw);
	}
	memcpy(t->raw + t->raw_n, bytes, n);
	t->raw_n += n;
	t->raw[t->raw_n] = '\0';
}

size_t term_pump(struct term *t, int timeout_ms)
{
	struct pollfd p = { .fd = t->master, .events = POLLIN };
	size_t all = 0;
	char buf[4096];

	while (poll(&p, 1, all == 0 ? timeout_ms : 0) == 1 && (p.revents & POLLIN)) {
		ssize_t n = read(t->master, buf, sizeof(buf));

		if (n <= 0)
			break;
		keep(t, buf, (size_t)n);
		(void)vterm_input_write(t->vt, buf, (size_t)n);
		all += (size_t)n;
	}
	(void)vterm_output_read(t->vt, buf, sizeof(buf));   /* its answers to questions: nobody asks any */
	return all;
}

/* Of a thread: running or ready to (R), or at its disk (D). */
static bool is_awake(const char *task, const char *thread)
{
	char path[320], line[512] = "";
	const char *state;
	FILE *in;

	(void)snprintf(path, sizeof(path), "%s/%s/stat", task, thread);
	in = fopen(path, "re");
	if (in == NULL)
		return false;
	if (fgets(line, sizeof(line), in) == NULL)
		line[0] = '\0';
	(void)fclose(in);
	state = strrchr(line, ')');   /* behind the name, which may hold anything */
	return state != NULL && (strncmp(state, ") R", 3) == 0 || strncmp(state, ") D", 3) == 0);
}

static bool is_busy(struct term *t)
{
	char task[64];
	struct dirent *thread;
	int unread = 0;
	bool busy = false;
	DIR *dir;

	/* What is typed reaches the program's side of the terminal by and by: until then nothing is unread. */
	if (t->woken >= 0 && sleeps_of(t) == t->woken)
		return true;
	t->woken = -1;
	if (ioctl(t->slave, FIONREAD, &unread) == 0 && unread > 0)
		return true;
	(void)snprintf(task, sizeof(task), "/proc/%d/task", (int)t->pid);
	dir = opendir(task);
	while (dir != NULL && !busy && (thread = readdir(dir)) != NULL)
		busy = thread->d_name[0] != '.' && is_awake(task, thread->d_name);
	if (dir != NULL)
		(void)closedir(dir);
	return busy;
}

void term_rest(struct term *t, int quiet_ms)
{
	int64_t since = clock_ms(), end = since + TERM_PATIENCE_MS;

	while (clock_ms() - since < quiet_ms) {
		if (term_pump(t, quiet_ms / 8 + 1) > 0 || is_busy(t))
			since = clock_ms();
		if (clock_ms() > end) {
			(void)fprintf(stderr, "The program does not come to rest. The screen is:\n%s\n", term_text(t));
			fail();
		}
	}
}

const char *term_text(struct term *t)
{
	int rows, cols;
	size_t n = 0;

	vterm_get_size(t->vt, &rows, &cols);
	free(t->text);
	t->text = calloc((size_t)rows, (size_t)cols * 12 + 2);
	assert_non_null(t->text);
	for (int row = 0; row < rows; row++) {
		VTermRect line = { .start_row = row, .end_row = row + 1, .start_col = 0, .end_col = cols };

		n += vterm_screen_get_text(t->screen, t->text + n, (size_t)cols * 12, line);
		while (n > 0 && t->text[n - 1] == ' ')
			n--;
		t->text[n++] = '\n';
	}
	t->text[n] = '\0';
	return t->text;
}

bool term_has(struct term *t, const char *text)
{
	return strstr(term_text(t), text) != NULL;
}

bool term_find(struct term *t, const char *text, int *ret_row, int *ret_col)
{
	const char *found = strstr(term_text(t), text);

	if (found == NULL)
		return false;
	*ret_row = *ret_col = 0;
	for (const char *at = t->text; at < found; at++) {
		if (*at == '\n')
			++*ret_row, *ret_col = 0;
		else if ((*at & 0xc0) != 0x80)
			++*ret_col;   /* none of the tests' texts has a wide character before it */
	}
	return true;
}

int term_look(struct term *t, const char *text)
{
	VTermScreenCell cell;
	VTermPos pos;

	if (!term_find(t, text, &pos.row, &pos.col) || !vterm_screen_get_cell(t->screen, pos, &cell))
		return -1;
	return (cell.attrs.bold ? LOOK_BOLD : 0) | (cell.attrs.underline ? LOOK_UNDERLINE : 0) |
	       (cell.attrs.reverse ? LOOK_REVERSE : 0) | (VTERM_COLOR_IS_DEFAULT_FG(&cell.fg) ? 0 : LOOK_COLOUR);
}

void term_click(struct term *t, const char *text)
{
	char report[100];
	int row, col;

	term_expect(t, text);
	assert_true(term_find(t, text, &row, &col));
	(void)snprintf(report, sizeof(report), "\033[<0;%d;%dM\033[<0;%d;%dm", col + 1, row + 1, col + 1, row + 1);
	term_type(t, report);
}

static bool wait_until(struct term *t, const char *text, bool there)
{
	int64_t end = clock_ms() + TERM_PATIENCE_MS;

	while (term_has(t, text) != there) {
		if (clock_ms() > end)
			return false;
		if (term_pump(t, 50) == 0 && reap(t, WNOHANG) && term_pump(t, 0) == 0)
			return term_has(t, text) == there;
	}
	return true;
}

void term_expect(struct term *t, const char *text)
{
	if (wait_until(t, text, true))
		return;
	(void)fprintf(stderr, "\"%s\" does not come%s (status %x). The screen is:\n%s\n", text,
		      t->over ? ", and the program has ended" : "", (unsigned)t->status, term_text(t));
	fail();
}

void term_expect_gone(struct term *t, const char *text)
{
	if (wait_until(t, text, false))
		return;
	(void)fprintf(stderr, "\"%s\" does not go. The screen is:\n%s\n", text, term_text(t));
	fail();
}

int term_expect_end(struct term *t)
{
	int64_t end = clock_ms() + TERM_PATIENCE_MS;

	while (!reap(t, WNOHANG)) {
		(void)term_pump(t, 20);
		if (clock_ms() > end) {
			(void)fprintf(stderr, "The program does not end. The screen is:\n%s\n", term_text(t));
			fail();
		}
	}
	while (term_pump(t, 0) > 0)
		;
	return WIFEXITED(t->status) ? WEXITSTATUS(t->status) : -1;
}

const char *term_raw(const struct term *t, size_t *ret_n)
{
	*ret_n = t->raw_n;
	return t->raw != NULL ? t->raw : "";
}

bool term_is_restored(const struct term *t)
{
	struct termios now;

	return tcgetattr(t->slave, &now) == 0 && now.c_lflag == t->before.c_lflag && now.c_iflag == t->before.c_iflag &&
	       now.c_oflag == t->before.c_oflag;
}
