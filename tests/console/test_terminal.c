/*
 * The console in a real pseudo-terminal, on simulated cards: what comes on the screen, and how the terminal is left. Run by
 * meson with the program as its argument.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "engine/base/clock.h"
#include "tests/console/session.h"
#include "tui/console/keys.h"

static void the_first_screen_comes_and_shows_the_devices(void **state)
{
	struct session *s = *state;

	term_expect(s->t, "Keyroom");
	term_expect(s->t, "REHEARSAL");
	term_expect(s->t, "2 devices, 2 here");
	term_expect(s->t, "\xe2\x96\xb8" "DENK0200914");
	term_expect(s->t, "q Quit");
}

static void devices_come_and_go_by_themselves(void **state)
{
	struct session *s = *state;

	term_expect(s->t, "p Pull out");
	term_type(s->t, "p");
	term_expect(s->t, "2 devices, 1 here");
	term_expect(s->t, "today");
	term_type(s->t, "G");
	term_expect(s->t, "p Plug in");
	term_type(s->t, "p");
	term_expect(s->t, "2 devices, 2 here");
	term_type(s->t, "+");
	term_expect(s->t, "3 devices, 3 here");
}

static void help_and_back(void **state)
{
	struct session *s = *state;

	term_expect(s->t, "2 here");
	term_type(s->t, "?");
	term_expect(s->t, "On the left stand your devices");
	term_type(s->t, "G");
	term_expect(s->t, "^Z: ");
	term_type(s->t, "\033");   /* answers without another key */
	term_expect(s->t, "2 here");
	term_type(s->t, "\033OP");
	term_expect(s->t, "On the left stand your devices");
}

static void an_escape_answers_at_once(void **state)
{
	struct session *s = *state;
	int64_t before;

	term_expect(s->t, "2 here");
	term_type(s->t, "?");
	term_expect(s->t, "On the left");
	before = clock_ms();
	term_type(s->t, "\033");
	term_expect_gone(s->t, "On the left");
	assert_true(clock_ms() - before < 2000);
}

static void a_terminal_too_small_says_so_and_recovers(void **state)
{
	struct session *s = *state;

	term_expect(s->t, "2 here");
	term_resize(s->t, 20, 70);
	term_expect(s->t, "too small");
	term_resize(s->t, 43, 132);
	term_expect(s->t, "2 devices, 2 here");
	term_resize(s->t, 24, 80);
	term_expect(s->t, "2 devices, 2 here");
}

static void quitting_gives_the_terminal_back(void **state)
{
	struct session *s = *state;

	term_expect(s->t, "2 here");
	assert_false(term_is_restored(s->t));
	term_type(s->t, "q");
	assert_int_equal(term_expect_end(s->t), 0);
	assert_true(term_is_restored(s->t));
	assert_false(term_has(s->t, "DENK"));
}

static void signals_end_it_cleanly(void **state)
{
	static const int ends[] = { SIGTERM, SIGHUP, SIGINT, SIGQUIT };
	struct session *s = *state;

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		term_expect(s->t, "2 here");
		assert_int_equal(kill(term_pid(s->t), ends[i]), 0);
		assert_int_equal(term_expect_end(s->t), 0);
		assert_true(term_is_restored(s->t));
		assert_false(term_has(s->t, "DENK"));
		session_restart(s, NULL, 24, 80);
	}
}

static void losing_the_terminal_ends_it(void **state)
{
	struct session *s = *state;

	term_expect(s->t, "2 here");
	term_hang_up(s->t);
	assert_int_equal(term_expect_end(s->t), 0);
}

static void control_z_goes_to_the_shell_and_fg_comes_back(void **state)
{
	struct session *s = *state;

	session_in_a_shell(s, "");
	term_expect(s->t, "2 here");
	term_type(s->t, "?");
	term_expect(s->t, "On the left");
	term_type(s->t, "\032");
	term_expect(s->t, "Stopped");
	assert_false(term_has(s->t, "On the left"));
	term_type(s->t, "echo we are in the $((3 + 4))th shell\r");   /* echo and line editing are there again */
	term_expect(s->t, "in the 7th shell");
	term_type(s->t, "fg\r");
	term_expect(s->t, "On the left");
	term_type(s->t, "\033");
	term_expect(s->t, "2 here");
	term_type(s->t, "q");
	term_expect_gone(s->t, "2 here");
	for (int i = 0; i < 1000 && !term_is_restored(s->t); i++)
		(void)term_pump(s->t, 10);
	term_type(s->t, "exit\r");
	(void)term_expect_end(s->t);
}

static void pasted_text_presses_no_keys(void **state)
{
	struct session *s = *state;

	term_expect(s->t, "2 here");
	term_type(s->t, "\033[200~q+p\033[201~");
	term_type(s->t, "/");
	term_expect(s->t, "Filter devices");
	term_type(s->t, "\033[200~DENK02\r00915\033[201~");
	term_expect(s->t, "Filter devices: DENK0200915");
	term_expect_gone(s->t, "DENK0200914");
	term_expect(s->t, "2 devices, 2 here");
}

static void keys_are_pressed_a_byte_at_a_time(void **state)
{
	struct session *s = *state;
	int64_t took = KEYS_ESCAPE_MS;

	/* A busy machine may keep this test from typing on in time: then it was three keys, which do nothing. */
	for (int i = 0; i < 100 && took > KEYS_ESCAPE_MS / 2; i++) {
		term_expect(s->t, "\xe2\x96\xb8" "DENK0200914");
		term_rest(s->t, 2 * KEYS_ESCAPE_MS);
		took = clock_ms();
		term_type(s->t, "\033");
		term_type(s->t, "[");
		term_type(s->t, "B");
		took = clock_ms() - took;
		term_rest(s->t, 2 * KEYS_ESCAPE_MS);
		if (took > KEYS_ESCAPE_MS / 2)
			term_type(s->t, "\033[A");   /* or one after all */
	}
	term_expect(s->t, "\xe2\x96\xb8" "DENK0200915");
	term_type(s->t, "\033[A");
	term_expect(s->t, "\xe2\x96\xb8" "DENK0200914");
}

/* The terminal's own lines (smacs), ASCII letters, no colour: all of it must at least come and be readable. */
static void it_works_on_terminals_of_every_kind(void **state)
{
	static const struct {
		const char *env[3];
		const char *shows;
		bool colours, eight_bit;
	} kinds[] = {
		{ { "TERM=xterm-256color" }, "\xe2\x96\xb8" "DENK0200914", true, true },
		{ { "TERM=xterm-256color", "NO_COLOR=1" }, "\xe2\x96\xb8" "DENK0200914", false, true },
		{ { "TERM=tmux-256color" }, "\xe2\x96\xb8" "DENK0200914", true, true },
		{ { "TERM=linux" }, "\xe2\x96\xba" "DENK0200914", true, true },
		{ { "TERM=vt100", "LC_ALL=C" }, ">DENK0200914", false, false },
		{ { "TERM=xterm-256color", "LC_ALL=C" }, ">DENK0200914", true, false },
	};
	struct session *s = *state;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const char *raw;
		size_t n, eight = 0;

		session_restart(s, kinds[i].env, 24, 80);
		term_expect(s->t, kinds[i].shows);
		term_expect(s->t, "2 devices, 2 here");
		raw = term_raw(s->t, &n);
		for (size_t j = 0; j < n; j++)
			eight += (unsigned char)raw[j] >= 0x80;
		assert_int_equal(eight > 0, kinds[i].eight_bit);
		assert_int_equal(memmem(raw, n, "\033[35m", 5) != NULL || memmem(raw, n, ";35m", 4) != NULL, kinds[i].colours);
		term_type(s->t, "q");
		assert_int_equal(term_expect_end(s->t), 0);
	}
}

/* What is said by colour is said by something else as well: the same attributes on every terminal that has them. */
static void attributes_are_the_same_everywhere(void **state)
{
	static const struct {
		const char *env[3];
		const char *cursor;
		int colour;
	} kinds[] = {
		{ { "TERM=xterm-256color" }, "\xe2\x96\xb8" "DENK0200914", LOOK_COLOUR },
		{ { "TERM=xterm-256color", "NO_COLOR=1" }, "\xe2\x96\xb8" "DENK0200914", 0 },
		{ { "TERM=tmux-256color" }, "\xe2\x96\xb8" "DENK0200914", LOOK_COLOUR },
		{ { "TERM=linux" }, "\xe2\x96\xba" "DENK0200914", LOOK_COLOUR },
		{ { "TERM=vt100", "LC_ALL=C" }, ">DENK0200914", 0 },
		{ { "TERM=vt100" }, "\xe2\x96\xb8" "DENK0200914", 0 },
	};
	struct session *s = *state;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		session_restart(s, kinds[i].env, 24, 80);
		term_expect(s->t, kinds[i].cursor);
		term_expect(s->t, "Never initialised");
		assert_int_equal(term_look(s->t, kinds[i].cursor), LOOK_REVERSE);
		assert_int_equal(term_look(s->t, "Keyroom"), LOOK_BOLD);
		assert_int_equal(term_look(s->t, "q Quit"), LOOK_BOLD);
		assert_int_equal(term_look(s->t, "Quit"), 0);
		assert_int_equal(term_look(s->t, "Never initialised"), LOOK_BOLD | kinds[i].colour);
		assert_int_equal(term_look(s->t, " REHEARSAL"), LOOK_BOLD | LOOK_REVERSE | kinds[i].colour);
		assert_int_equal(term_look(s->t, "\xe2\x94\x8c"), 0);   /* also of a vt100's own lines */
		term_type(s->t, "/");
		term_expect(s->t, "Filter devices:");
		assert_int_equal(term_look(s->t, "Filter devices"), LOOK_BOLD);
		term_type(s->t, "D9");
		term_expect(s->t, "Filter devices: D9");
		assert_int_equal(term_look(s->t, "D9"), LOOK_BOLD | LOOK_UNDERLINE);
	}
}

static void a_large_terminal_is_filled(void **state)
{
	struct session *s = *state;
	int row, col;

	session_restart(s, NULL, 100, 300);
	term_expect(s->t, "q Quit");
	assert_true(term_find(s->t, "q Quit", &row, &col));
	assert_true(row >= 98);
	assert_true(term_find(s->t, "REHEARSAL", &row, &col));
	assert_true(col > 280);
	term_expect(s->t, "DENK0200915");
	term_type(s->t, "G");
	term_expect(s->t, "\xe2\x96\xb8" "DENK0200915");
}

static void the_mouse_works_and_is_given_back(void **state)
{
	static const char on[] = "\033[?1000h\033[?1006h", off[] = "\033[?1006l\033[?1000l";
	static const char *const vt100[] = { "TERM=vt100", NULL };
	struct session *s = *state;
	const char *raw, *at;
	size_t n;

	term_expect(s->t, "Never initialised");
	term_click(s->t, "DENK0200915");
	term_expect(s->t, "\xe2\x96\xb8" "DENK0200915");
	term_click(s->t, "i Initialise");
	term_expect(s->t, "\xe2\x96\xb8 Contents");
	term_expect(s->t, "Initialise  DENK0200915");
	term_type(s->t, "\r");
	term_expect(s->t, "\xe2\x96\xb8 Backups");
	term_click(s->t, "Or, without any");
	term_type(s->t, "no backup");
	term_expect(s->t, "Or, without any       no backup");
	term_click(s->t, "^C Leave");
	term_expect(s->t, "You have left the procedure");
	term_type(s->t, "q");
	assert_int_equal(term_expect_end(s->t), 0);
	raw = term_raw(s->t, &n);
	at = memmem(raw, n, on, sizeof(on) - 1);
	assert_non_null(at);
	assert_non_null(memmem(at, n - (size_t)(at - raw), off, sizeof(off) - 1));
	assert_non_null(memmem(at, n - (size_t)(at - raw), "\033[?2004l", 8));   /* and pasted text is as it was */
	session_restart(s, vt100, 24, 80);
	term_expect(s->t, "2 here");
	raw = term_raw(s->t, &n);
	assert_null(memmem(raw, n, on, sizeof(on) - 1));
	term_type(s->t, "q");
	assert_int_equal(term_expect_end(s->t), 0);
	assert_false(term_has(s->t, "DENK0200914"));   /* it has no second screen to leave */
}

/* A click that comes with a key, before there is a picture of what that did: it was meant for what stood there. */
static void a_click_is_for_what_was_seen(void **state)
{
	struct session *s = *state;
	char both[40];
	int row, col;

	term_expect(s->t, "2 here");
	term_type(s->t, "?");
	term_expect(s->t, "Esc Back");
	assert_true(term_find(s->t, "Esc Back", &row, &col));
	term_type(s->t, "\033");
	term_expect(s->t, "i Initialise");
	(void)snprintf(both, sizeof(both), "?\033[<0;%d;%dM", col + 1, row + 1);
	term_type(s->t, both);
	term_expect(s->t, "Esc Back");
	term_rest(s->t, 40);
	assert_true(term_has(s->t, "Esc Back"));
}

static void an_unknown_terminal_is_said_in_words(void **state)
{
	static const char *const env[] = { "TERM=nothing-like-it", NULL };
	static const char *const dumb[] = { "TERM=dumb", NULL };
	struct session *s = *state;

	session_restart(s, env, 24, 80);
	assert_int_not_equal(term_expect_end(s->t), 0);
	assert_true(term_has(s->t, "TERM"));
	session_restart(s, dumb, 24, 80);
	assert_int_not_equal(term_expect_end(s->t), 0);
	assert_true(term_has(s->t, "TERM"));
}

static void moving_the_cursor_sends_little(void **state)
{
	struct session *s = *state;
	size_t before, after;

	term_expect(s->t, "DENK0200915");
	term_expect(s->t, "Never initialised");
	term_rest(s->t, 60);
	(void)term_raw(s->t, &before);
	term_type(s->t, "j");
	term_expect(s->t, "\xe2\x96\xb8" "DENK0200915");
	term_rest(s->t, 60);
	(void)term_raw(s->t, &after);
	assert_true(after - before < 1536);
	before = after;
	term_type(s->t, "\014");   /* everything anew */
	term_rest(s->t, 60);
	(void)term_raw(s->t, &after);
	assert_true(after - before > 1000);
	assert_true(after - before < 4096);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		SESSION_TEST(the_first_screen_comes_and_shows_the_devices),
		SESSION_TEST(devices_come_and_go_by_themselves),
		SESSION_TEST(help_and_back),
		SESSION_TEST(an_escape_answers_at_once),
		SESSION_TEST(a_terminal_too_small_says_so_and_recovers),
		SESSION_TEST(quitting_gives_the_terminal_back),
		SESSION_TEST(signals_end_it_cleanly),
		SESSION_TEST(losing_the_terminal_ends_it),
		SESSION_TEST(control_z_goes_to_the_shell_and_fg_comes_back),
		SESSION_TEST(pasted_text_presses_no_keys),
		SESSION_TEST(keys_are_pressed_a_byte_at_a_time),
		SESSION_TEST(it_works_on_terminals_of_every_kind),
		SESSION_TEST(attributes_are_the_same_everywhere),
		SESSION_TEST(a_large_terminal_is_filled),
		SESSION_TEST(the_mouse_works_and_is_given_back),
		SESSION_TEST(a_click_is_for_what_was_seen),
		SESSION_TEST(an_unknown_terminal_is_said_in_words),
		SESSION_TEST(moving_the_cursor_sends_little),
	};

	return session_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
