#include "tui/command/tty.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { KEY_INTERRUPT = 3, KEY_EOF = 4, KEY_BACKSPACE = 8, KEY_ERASE_LINE = 21, KEY_ESCAPE = 27, KEY_DELETE = 127 };

bool tty_here(void)
{
	return isatty(STDIN_FILENO) == 1;
}

void tty_keep_going(sigset_t *ret_before)
{
	sigset_t stop;

	(void)sigemptyset(&stop);
	(void)sigaddset(&stop, SIGTSTP);
	(void)pthread_sigmask(SIG_BLOCK, &stop, ret_before);
}

void tty_may_stop(const sigset_t *before)
{
	(void)pthread_sigmask(SIG_SETMASK, before, NULL);
}

static void put(const char *text)
{
	ssize_t n = write(STDERR_FILENO, text, strlen(text));

	(void)n;   /* a prompt that cannot be shown is not worth failing for */
}

static int read_byte(unsigned char *ret)
{
	ssize_t n;

	do
		n = read(STDIN_FILENO, ret, 1);
	while (n < 0 && errno == EINTR);
	return n == 1;
}

enum status tty_line(const char *prompt, char *out, size_t cap, struct fault *f)
{
	unsigned char c = 0;
	size_t n = 0;

	put(prompt);
	while (read_byte(&c) && c != '\n') {
		if (n + 1 < cap)
			out[n] = (char)c;
		n++;
	}
	if (c != '\n')
		return fault_set(f, ST_CANCELLED, "The input ended. Nothing was changed.");
	if (n + 1 > cap)
		return fault_set(f, ST_BAD_FORM, "That line is too long.");
	out[n] = '\0';
	return ST_OK;
}

/* A character of UTF-8 is taken back whole. */
static bool drop_character(struct secret *s)
{
	bool dropped = false, continuation;

	do {
		struct cur view = secret_view(s);

		continuation = view.n > 0 && (view.p[view.n - 1] & 0xc0) == 0x80;
		dropped |= secret_drop(s);
	} while (continuation);
	return dropped;
}

/* The escape sequence of an arrow or function key is no part of a secret. */
static void skip_sequence(void)
{
	const struct timespec moment = { .tv_nsec = 20000000 };
	struct termios keep, now;
	unsigned char c;

	nanosleep(&moment, NULL);
	if (tcgetattr(STDIN_FILENO, &keep) != 0)
		return;
	now = keep;
	now.c_cc[VMIN] = 0;
	now.c_cc[VTIME] = 0;
	(void)tcsetattr(STDIN_FILENO, TCSANOW, &now);
	for (int i = 0; i < 16 && read_byte(&c); i++)
		;
	(void)tcsetattr(STDIN_FILENO, TCSANOW, &keep);
}

/* The signals that end a program, kept back until the terminal is as it was. */
struct kept_back {
	sigset_t before;
	int fd;           /* readable while there is one */
};

static void keep_back(struct kept_back *k)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGHUP);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGQUIT);
	(void)pthread_sigmask(SIG_BLOCK, &set, &k->before);
	k->fd = signalfd(-1, &set, SFD_CLOEXEC);   /* -1: then such a signal waits for the next key */
}

static void let_go(struct kept_back *k)
{
	if (k->fd >= 0)
		(void)close(k->fd);
	(void)pthread_sigmask(SIG_SETMASK, &k->before, NULL);
}

/* False: the input ended, or a signal is to end the program. */
static bool read_key(const struct kept_back *k, unsigned char *ret)
{
	struct pollfd p[] = { { .fd = STDIN_FILENO, .events = POLLIN }, { .fd = k->fd, .events = POLLIN } };

	while (poll(p, 2, -1) < 0 && errno == EINTR)
		;
	return p[1].revents == 0 && read_byte(ret);
}

/* Only a line that was ended with Enter is an answer: half a PIN would cost a try. */
static enum status left_at_the_prompt(struct secret *s, struct fault *f)
{
	secret_wipe(s);
	return fault_set(f, ST_CANCELLED, "It was left at the prompt. Nothing was changed.");
}

static enum status read_secret(const struct kept_back *k, struct secret *s, struct fault *f)
{
	unsigned char c = 0;

	for (;;) {
		if (!read_key(k, &c))
			return left_at_the_prompt(s, f);
		if (c == '\n' || c == '\r')
			break;
		if (c == KEY_INTERRUPT || (c == KEY_EOF && secret_len(s) == 0)) {
			return left_at_the_prompt(s, f);
		} else if (c == KEY_BACKSPACE || c == KEY_DELETE) {
			if (drop_character(s))
				put("\b \b");
		} else if (c == KEY_ERASE_LINE) {
			while (drop_character(s))
				put("\b \b");
		} else if (c == KEY_ESCAPE) {
			skip_sequence();
		} else if (c >= ' ' && secret_put(s, c)) {
			if ((c & 0xc0) != 0x80)
				put("*");
		}
	}
	explicit_bzero(&c, 1);
	put("\n");
	return ST_OK;
}

enum status tty_secret(const char *prompt, struct secret *s, struct fault *f)
{
	struct termios keep, raw;
	struct kept_back signals;
	enum status st;

	if (!tty_here() || tcgetattr(STDIN_FILENO, &keep) != 0)
		return fault_set(f, ST_NEED_SECRET, NULL);
	raw = keep;
	raw.c_lflag &= ~(tcflag_t)(ECHO | ICANON | ISIG);
	raw.c_iflag &= ~(tcflag_t)ICRNL;
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	secret_wipe(s);
	keep_back(&signals);
	/* TCSAFLUSH: what was typed before the question is no answer to it. */
	if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw) != 0) {
		let_go(&signals);
		return fault_set(f, ST_NEED_SECRET, "The terminal's echo cannot be switched off, so no PIN is read here.");
	}
	put(prompt);
	st = read_secret(&signals, s, f);
	(void)tcsetattr(STDIN_FILENO, TCSANOW, &keep);
	let_go(&signals);
	return st;
}
