/*
 * One loop: the keyboard, the signals, and what the jobs report; then one picture of all that has changed. Nothing in here
 * waits for a card.
 *
 * Keys are read with read(2), one byte at a time, into a secret of one byte: while a secret is typed the byte goes from
 * there into it, and is seen by nothing else. Type-ahead stays with the kernel, so that a byte is always read for the field
 * that has the keyboard then.
 */
#include "tui/console/console.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "engine/base/clock.h"
#include "tui/console/keys.h"
#include "tui/console/out.h"
#include "tui/console/ui.h"

#define BUSY_MS 250       /* elapsed time is drawn anew so often */
#define MINUTE_MS 30000   /* "12 days ago" */
#define BYTES_AT_ONCE 4096   /* of pasted text, before there is a picture of it */

struct loop {
	struct ui ui;
	struct keys keys;
	struct out *out;
	struct secret *byte;
	struct grid *grid;
	int signals;
	int64_t escape_ms;     /* when the byte came that may begin a sequence */
	bool gone;             /* the terminal is */
};

static const int caught[] = { SIGWINCH, SIGTSTP, SIGCONT, SIGTERM, SIGHUP, SIGINT, SIGQUIT };

static void signal_set(sigset_t *set)
{
	(void)sigemptyset(set);
	for (size_t i = 0; i < sizeof(caught) / sizeof(caught[0]); i++)
		(void)sigaddset(set, caught[i]);
}

void console_block_signals(void)
{
	sigset_t set;

	signal_set(&set);
	(void)pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static void resize(struct loop *l)
{
	int rows, cols;
	struct grid *g;

	out_size(l->out, &rows, &cols);
	if (l->grid != NULL && rows == l->grid->rows && cols == l->grid->cols)
		return;
	g = grid_new(rows, cols);
	if (g == NULL)
		return;   /* the old picture stays until there is memory */
	grid_free(l->grid);
	l->grid = g;
	ui_resize(&l->ui, rows, cols);
}

static void draw(struct loop *l, bool all)
{
	if (l->grid == NULL || l->gone)
		return;
	ui_draw(&l->ui, l->grid);
	out_put(l->out, l->grid, all);
	l->ui.changed = l->ui.repaint = false;
}

/* The default action of SIGTSTP is taken, so that the shell sees what it expects; SIGCONT comes back here. */
static void suspend(struct loop *l)
{
	sigset_t stop;
	struct sigaction by_default = { .sa_handler = SIG_DFL }, before;

	l->ui.suspend = false;
	out_pause(l->out);
	(void)sigemptyset(&stop);
	(void)sigaddset(&stop, SIGTSTP);
	(void)sigaction(SIGTSTP, &by_default, &before);
	(void)kill(getpid(), SIGTSTP);
	(void)pthread_sigmask(SIG_UNBLOCK, &stop, NULL);
	(void)pthread_sigmask(SIG_BLOCK, &stop, NULL);
	(void)sigaction(SIGTSTP, &before, NULL);
	out_resume(l->out);
	resize(l);
	ui_time(&l->ui, clock_ms(), clock_wall());   /* it may have been away for long */
	draw(l, true);
}

static void take_signal(struct loop *l)
{
	struct signalfd_siginfo info;

	if (read(l->signals, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return;
	switch (info.ssi_signo) {
	case SIGWINCH:
		resize(l);
		break;
	case SIGTSTP:
		ui_suspend(&l->ui);
		break;
	case SIGCONT:   /* after a stop that was not ours, the keyboard is as the shell left it */
		out_resume(l->out);
		l->ui.repaint = true;
		break;
	case SIGHUP:
		l->gone = true;
		break;
	default:
		l->ui.quit = true;
		break;
	}
}

static bool same_text(const struct cell *a, const struct cell *b, int n)
{
	for (int i = 0; i < n; i++) {
		if (memcmp(a[i].cp, b[i].cp, sizeof(a[i].cp)) != 0 || a[i].zone.kind != b[i].zone.kind)
			return false;
	}
	return true;
}

/*
 * What is clicked is what the person saw: where something has changed since, it counts only if its row still looks the same.
 */
static void click(struct loop *l, uint32_t key)
{
	int row = l->keys.row, col = l->keys.col;
	struct cell *seen, *now;
	size_t n;
	bool same = true;

	if (l->grid == NULL || row >= l->grid->rows || col >= l->grid->cols)
		return;
	if (l->ui.changed) {
		n = (size_t)l->grid->cols * sizeof(*seen);
		now = grid_at(l->grid, row, 0);
		seen = malloc(n);
		if (seen == NULL)
			return;
		memcpy(seen, now, n);
		draw(l, l->ui.repaint);
		same = same_text(seen, now, l->grid->cols);
		free(seen);
	}
	if (same)
		ui_mouse(&l->ui, key, grid_zone(l->grid, row, col));
}

static void press(struct loop *l, const uint32_t *keys, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (keys[i] == K_CLICK || keys[i] == K_WHEEL_UP || keys[i] == K_WHEEL_DOWN)
			click(l, keys[i]);
		else if (!l->keys.pasting || ui_typing(&l->ui))
			ui_key(&l->ui, keys[i]);
	}
}

/* False: no byte is there now. */
static bool take_byte(struct loop *l)
{
	struct pollfd p = { .fd = out_fd(l->out), .events = POLLIN };
	unsigned char *byte = secret_bytes(l->byte);
	struct secret *secret;
	uint32_t keys[2];
	ssize_t n;

	if (poll(&p, 1, 0) != 1)
		return false;
	n = read(p.fd, byte, 1);
	if (n != 1) {
		l->gone = n == 0 || (errno != EINTR && errno != EAGAIN);
		return false;
	}
	secret = ui_secret(&l->ui);
	if (secret != NULL && keys_takes_text(&l->keys, *byte)) {
		(void)secret_put(secret, *byte);   /* when full, the key is ignored */
		ui_secret_typed(&l->ui);
	} else {
		press(l, keys, keys_byte(&l->keys, *byte, keys));
		if (keys_waiting(&l->keys))
			l->escape_ms = clock_ms();
	}
	*byte = 0;
	return true;
}

static void take_keys(struct loop *l)
{
	for (int i = 0; i < BYTES_AT_ONCE && !l->gone && !l->ui.quit && !l->ui.suspend; i++) {
		if (!take_byte(l))
			return;
	}
}

static void take_events(struct loop *l)
{
	struct job_event e;

	while (jobs_next(l->ui.env->jobs, &e))
		ui_event(&l->ui, &e);
}

static void escape_alone(struct loop *l)
{
	uint32_t keys[2];

	if (keys_waiting(&l->keys) && clock_ms() - l->escape_ms >= KEYS_ESCAPE_MS)
		press(l, keys, keys_timeout(&l->keys, keys));
}

static void wait_for_something(struct loop *l)
{
	struct pollfd p[] = {
		{ .fd = out_fd(l->out), .events = POLLIN },
		{ .fd = l->signals, .events = POLLIN },
		{ .fd = jobs_fd(l->ui.env->jobs), .events = POLLIN },
	};
	int timeout = keys_waiting(&l->keys) ? KEYS_ESCAPE_MS : ui_busy(&l->ui) ? BUSY_MS : MINUTE_MS;
	int64_t locks_in = ui_locks_in(&l->ui);

	if (locks_in >= 0 && locks_in < timeout)
		timeout = (int)locks_in;
	if (poll(p, sizeof(p) / sizeof(p[0]), timeout) < 0)
		return;
	ui_time(&l->ui, clock_ms(), clock_wall());   /* of the key, not of the picture before it */
	if (p[1].revents != 0)
		take_signal(l);
	/* What was typed before the jobs ended something was not meant for what comes after it. */
	if (p[0].revents & POLLIN)
		take_keys(l);
	else if (p[0].revents != 0)
		l->gone = true;
	if (p[2].revents != 0)
		take_events(l);
}

static void run(struct loop *l)
{
	while (!l->ui.quit && !l->gone) {
		ui_time(&l->ui, clock_ms(), clock_wall());
		if (l->ui.suspend)
			suspend(l);
		if (l->ui.changed || l->ui.repaint)
			draw(l, l->ui.repaint);
		wait_for_something(l);
		escape_alone(l);
	}
}

enum status console_run(const struct env *env, struct fleet *fleet, struct source *source, int64_t lock_ms, struct fault *f)
{
	CLEANUP(out_close_guard) struct out *out = NULL;
	SECRET *byte = secret_new(1);
	struct loop l = { .byte = byte, .signals = -1 };
	enum status st;
	sigset_t set;

	if (byte == NULL)
		return fault_set(f, ST_NO_MEMORY, "No memory can be locked for typing PINs. Nothing was done.");
	console_block_signals();
	signal_set(&set);
	st = out_open(&out, f);
	if (st != ST_OK)
		return st;
	l.out = out;
	keys_init(&l.keys, out_utf8(out));
	l.keys.mouse = out_mouse(out);
	l.signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (l.signals < 0)
		return fault_set(f, ST_NO_MEMORY, NULL);
	st = ui_init(&l.ui, env, fleet, source, f);
	if (st == ST_OK) {
		l.ui.lock_ms = lock_ms;
		l.ui.repertoire = out_repertoire(out);
		l.ui.no_shades = !out_shades(out);
		resize(&l);
		run(&l);
		out_close(STEAL(out));   /* nothing stays on the screen while a card is waited for */
		ui_done(&l.ui);
	}
	grid_free(l.grid);
	(void)close(l.signals);
	return st;
}
