/*
 * The console is left while something is typed in it, or while a card is at work: by a signal, by the terminal's loss, by
 * ^Z, and by the lock. Nothing of the screen stays behind, and what had begun is finished, or can be taken up again.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "engine/base/clock.h"
#include "tests/console/session.h"

/* Both fields show that six characters are in them. */
static void see_both(struct session *s)
{
	static const char dots[] = "\xc2\xb7\xc2\xb7\xc2\xb7\xc2\xb7\xc2\xb7\xc2\xb7            6";
	const char *first = NULL;

	for (int i = 0; i < 400 && (first == NULL || strstr(first + 1, dots) == NULL); i++) {
		(void)term_pump(s->t, 50);
		first = strstr(term_text(s->t), dots);
	}
	assert_non_null(first);
	assert_non_null(strstr(first + 1, dots));
}

static void to_the_user_pin(struct session *s)
{
	at(s, "Never initialised", "i");
	at(s, NOW "Contents", "\r");
	at(s, NOW "Backups", "\t");
	term_type(s->t, "no backup ever\r");
	at(s, "Current SO-PIN", SO_PIN "\t" NEW_SO_PIN "\r" NEW_SO_PIN "\r");
	at(s, "New user PIN", PIN "\r" PIN);
	see_both(s);
}

static void to_the_steps(struct session *s)
{
	to_the_user_pin(s);
	term_type(s->t, "\r");
	at(s, NOW "Label", "root-ca-a\r");
	at(s, "To begin, type " FIRST, FIRST "\r");
	term_expect(s->t, "Under way");
}

/* Long enough for the first command that changes the card, which takes it more than a second. */
static void see_it_erase(struct session *s)
{
	term_expect(s->t, NOW "Erase");
	clock_sleep_ms(400);
}

static void nothing_stays_on_the_screen(struct session *s)
{
	static const char *const traces[] = { "DENK", "PIN", "Keyroom", "root-ca", "\xc2\xb7", "\xe2\x94\x82", "Under way" };

	for (size_t i = 0; i < sizeof(traces) / sizeof(traces[0]); i++)
		assert_false(term_has(s->t, traces[i]));
}

static void no_secret_was_sent(struct session *s)
{
	size_t n;
	const char *raw = term_raw(s->t, &n);

	assert_null(memmem(raw, n, PIN, strlen(PIN)));
	assert_null(memmem(raw, n, NEW_SO_PIN, strlen(NEW_SO_PIN)));
}

/* Whatever was reached: the main screen says what is left to do, and its key leads to the end. */
static void it_can_be_taken_up(struct session *s)
{
	session_restart(s, NULL, 24, 80);
	term_expect(s->t, "2 here");
	at(s, "was interrupted", "a");
	for (int i = 0; i < 12 && !term_has(s->t, "is initialised"); i++) {
		term_expect(s->t, NOW);
		term_rest(s->t, 60);
		if (term_has(s->t, NOW "SO-PIN"))
			term_type(s->t, term_has(s->t, "Current SO-PIN") ? SO_PIN "\t" NEW_SO_PIN "\r" NEW_SO_PIN "\r" :
				  NEW_SO_PIN "\r" NEW_SO_PIN "\r");
		else if (term_has(s->t, NOW "User PIN"))
			term_type(s->t, term_has(s->t, "Again") ? PIN "\r" PIN "\r" : PIN "\r");
		else if (term_has(s->t, NOW "Review") && term_has(s->t, "To begin, type"))
			term_type(s->t, FIRST "\r");
		else if (!term_has(s->t, "is initialised"))
			term_type(s->t, "\r");
		term_rest(s->t, 60);
	}
	at(s, "is initialised, and was read back", "\r");
	term_expect(s->t, "root-ca-a");
	term_expect_gone(s->t, "was interrupted");
}

static void sigterm_in_a_field_leaves_nothing(void **state)
{
	static const int ends[] = { SIGTERM, SIGHUP, SIGINT, SIGQUIT };
	struct session *s = *state;

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		to_the_user_pin(s);
		assert_int_equal(kill(term_pid(s->t), ends[i]), 0);
		assert_int_equal(term_expect_end(s->t), 0);
		assert_true(term_is_restored(s->t));
		nothing_stays_on_the_screen(s);
		no_secret_was_sent(s);
		session_restart(s, NULL, 24, 80);
		term_expect(s->t, "Never initialised");
		assert_false(term_has(s->t, "was interrupted"));
	}
}

static void sigterm_while_a_card_works_can_be_taken_up(void **state)
{
	struct session *s = *state;

	session_restart_slowly(s);
	to_the_steps(s);
	see_it_erase(s);
	assert_int_equal(kill(term_pid(s->t), SIGTERM), 0);
	assert_int_equal(term_expect_end(s->t), 0);   /* not killed: it waited for the card, and closed what was open */
	assert_true(term_is_restored(s->t));
	nothing_stays_on_the_screen(s);
	no_secret_was_sent(s);
	it_can_be_taken_up(s);
}

static void losing_the_terminal_while_a_card_works_can_be_taken_up(void **state)
{
	struct session *s = *state;

	session_restart_slowly(s);
	to_the_steps(s);
	see_it_erase(s);
	term_hang_up(s->t);
	assert_int_equal(term_expect_end(s->t), 0);
	no_secret_was_sent(s);
	it_can_be_taken_up(s);
}

static void a_second_signal_does_not_hurry_it(void **state)
{
	struct session *s = *state;

	session_restart_slowly(s);
	to_the_steps(s);
	see_it_erase(s);
	for (int i = 0; i < 5; i++)
		(void)kill(term_pid(s->t), i % 2 ? SIGHUP : SIGTERM);
	assert_int_equal(term_expect_end(s->t), 0);
	it_can_be_taken_up(s);
}

/* Written down as the last of it, while the program cannot write: it is stopped. */
static void it_has_come_to_its_end(struct session *s)
{
	char command[128];

	(void)snprintf(command, sizeof(command), "grep -aqs device.initialised %s/inventory.db*", s->folder);
	assert_int_equal(system(command), 0);
}

/* Stopped in the middle of it, it would keep the device logged in, and locked for other programs. */
static void control_z_while_a_card_works_waits_for_its_end(void **state)
{
	struct session *s = *state;

	session_in_a_shell(s, "realistic");
	to_the_steps(s);
	see_it_erase(s);
	term_type(s->t, "\032");
	term_expect(s->t, "as soon as what is under way has ended");
	assert_false(term_has(s->t, "Stopped"));
	term_expect(s->t, "Stopped");
	assert_false(term_has(s->t, "Under way"));
	assert_false(term_has(s->t, "root-ca-a"));
	it_has_come_to_its_end(s);
	term_type(s->t, "echo we are in the $((3 + 4))th shell\r");
	term_expect(s->t, "in the 7th shell");
	term_type(s->t, "fg\r");
	at(s, "is initialised, and was read back", "\r");
	at(s, "m More", "q");
	term_expect_gone(s->t, "m More");
	no_secret_was_sent(s);
}

static void control_z_in_a_secret_keeps_what_was_typed(void **state)
{
	struct session *s = *state;

	session_in_a_shell(s, "");
	to_the_user_pin(s);
	term_type(s->t, "\032");
	term_expect(s->t, "Stopped");
	assert_false(term_has(s->t, "New user PIN"));
	assert_false(term_has(s->t, "\xc2\xb7"));
	term_type(s->t, "fg\r");
	at(s, "New user PIN", "\r");   /* both are still there */
	at(s, NOW "Label", "\003");
	term_expect(s->t, "You have left the procedure");
}

/* What has come since then. */
static bool was_sent(struct session *s, size_t since, const char *text)
{
	size_t n;
	const char *raw = term_raw(s->t, &n);

	return memmem(raw + since, n - since, text, strlen(text)) != NULL;
}

/* Whoever brings it back after long sees no more than whoever comes back to it. */
static void stopped_for_long_it_is_locked_before_it_is_seen(void **state)
{
	struct session *s = *state;
	size_t before;

	session_in_a_shell(s, "1500");
	term_expect(s->t, "2 here");
	term_type(s->t, "\032");
	term_expect(s->t, "Stopped");
	clock_sleep_ms(1600);
	(void)term_raw(s->t, &before);
	term_type(s->t, "fg\r");
	term_expect(s->t, "Keyroom is locked");
	assert_false(was_sent(s, before, "DENK0200914"));
}

/* A stop that was not asked for, as by kill -STOP: the screen comes back whole. */
static void being_stopped_from_outside_is_survived(void **state)
{
	struct session *s = *state;
	size_t before;

	term_expect(s->t, "2 here");
	term_rest(s->t, 40);
	(void)term_raw(s->t, &before);
	assert_int_equal(kill(term_pid(s->t), SIGSTOP), 0);
	assert_int_equal(kill(term_pid(s->t), SIGCONT), 0);
	for (int i = 0; i < 1000 && !was_sent(s, before, "DENK0200914"); i++)
		(void)term_pump(s->t, 10);
	assert_true(was_sent(s, before, "DENK0200914"));
	at(s, "2 here", "?");
	at(s, "On the left stand your devices", "\033");
	term_expect(s->t, "2 here");
}

static void the_lock_erases_what_was_typed(void **state)
{
	struct session *s = *state;
	size_t in_secrets;

	session_restart_locking(s, "1500");
	to_the_user_pin(s);
	assert_int_equal(term_search_memory(s->t, PIN, &in_secrets), 0);
	assert_true(in_secrets > 0);
	term_expect(s->t, "Keyroom is locked");
	term_expect(s->t, "nothing on the device has been changed");
	assert_false(term_has(s->t, "New user PIN"));
	assert_int_equal(term_search_memory(s->t, PIN, &in_secrets), 0);
	assert_int_equal(in_secrets, 0);
	assert_int_equal(term_search_memory(s->t, NEW_SO_PIN, &in_secrets), 0);
	assert_int_equal(in_secrets, 0);
	term_type(s->t, "x" PIN "q");   /* whoever comes back and types on */
	at(s, "Keyroom is locked", "\r");
	term_expect(s->t, "2 here");
	term_expect(s->t, "Keyroom is locked");
}

static void the_lock_waits_for_the_card(void **state)
{
	struct session *s = *state;

	session_restart_slowly(s);
	to_the_steps(s);
	term_type(s->t, "L");
	term_expect(s->t, "as soon as what is under way has ended");
	term_expect(s->t, "Keyroom is locked");
	at(s, "It was finished", "\r");
	term_expect(s->t, "root-ca-a");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		SESSION_TEST(sigterm_in_a_field_leaves_nothing),
		SESSION_TEST(sigterm_while_a_card_works_can_be_taken_up),
		SESSION_TEST(losing_the_terminal_while_a_card_works_can_be_taken_up),
		SESSION_TEST(a_second_signal_does_not_hurry_it),
		SESSION_TEST(control_z_while_a_card_works_waits_for_its_end),
		SESSION_TEST(control_z_in_a_secret_keeps_what_was_typed),
		SESSION_TEST(stopped_for_long_it_is_locked_before_it_is_seen),
		SESSION_TEST(being_stopped_from_outside_is_survived),
		SESSION_TEST(the_lock_erases_what_was_typed),
		SESSION_TEST(the_lock_waits_for_the_card),
	};

	return session_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
