/*
 * Every procedure of the first ceremony in a real pseudo-terminal, by keyboard alone: what is typed, what is read, and that
 * nobody sees a PIN, neither on the screen nor in the program's memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/console/session.h"

/* So many fields show that so many characters are in them. */
static void see_counted(struct session *s, int n, int fields)
{
	char pattern[100] = "";
	const char *found;
	int seen = 0;

	for (int i = 0; i < 16; i++)
		(void)strcat(pattern, i < n ? "\xc2\xb7" : " ");
	(void)snprintf(pattern + strlen(pattern), sizeof(pattern) - strlen(pattern), "  %d ", n);
	see(s, pattern);
	while (seen < fields) {
		seen = 0;
		for (found = term_text(s->t); (found = strstr(found, pattern)) != NULL; found++)
			seen++;
		if (seen < fields && term_pump(s->t, TERM_PATIENCE_MS) == 0) {
			print_message("%d characters are counted in %d fields only:\n%s\n", n, seen, term_text(s->t));
			fail();
		}
	}
}

static bool is_there(const struct session *s, const char *name)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", s->folder, name);
	return access(path, F_OK) == 0;
}

static void make_share(struct session *s, const char *heading, const char *name)
{
	at(s, heading, "\t");
	type_path(s, name);
	term_type(s->t, "\r");
	at(s, "New password", PASSWORD "\r" PASSWORD);
	see_counted(s, 13, 2);
	term_type(s->t, "\r");
}

/* From the page with the SO-PIN to the review. */
static void set_pins(struct session *s, const char *label)
{
	at(s, "Current SO-PIN", SO_PIN "\t" NEW_SO_PIN "\r" NEW_SO_PIN "\r");
	at(s, "New user PIN", PIN "\r" PIN "\r");
	at(s, NOW "Label", label);
	term_type(s->t, "\r");
}

static void to_the_review(struct session *s)
{
	at(s, "\xe2\x96\xb8" FIRST, "");
	at(s, "Never initialised", "i");
	at(s, NOW "Contents", "\r");
	at(s, NOW "Backups", "2\r");
	make_share(s, "Share 1 of 2", "s1.pbe");
	make_share(s, "Share 2 of 2", "s2.pbe");
	at(s, NOW "Check value", "\r");
	set_pins(s, "root-ca-a");
	see(s, "To begin, type " FIRST);
}

static void initialise_first(struct session *s)
{
	to_the_review(s);
	term_type(s->t, FIRST "\r");
	see(s, "is initialised, and was read back");
	see(s, "It is the value that the shares make");
}

static void new_key(struct session *s, int down, const char *kind, const char *label)
{
	char mark[64];

	at(s, "n New key", "n");
	see(s, NOW "Key");
	for (int i = 0; i < down; i++)
		term_type(s->t, "j");
	(void)snprintf(mark, sizeof(mark), "(\xe2\x80\xa2) %s", kind);
	at(s, mark, "\t");
	term_type(s->t, label);
	term_type(s->t, "\r");
	at(s, NOW "User PIN", PIN "\r");
	at(s, "Press Enter to begin", "\r");
	see(s, "It has no backup yet");
	leave_done(s);
}

static void back_up_all(struct session *s, const char *folder)
{
	at(s, "b Back up", "b");
	at(s, NOW "Keys", "\t");
	at(s, "[ ] All keys", " ");
	at(s, "[x] All keys", "\t");
	type_path(s, folder);
	term_type(s->t, "\r");
	at(s, NOW "User PIN", PIN "\r");
	at(s, "Press Enter to begin", "\r");
	see(s, "Each backup counts as matched");
	leave_done(s);
}

static void a_first_ceremony_by_keyboard_alone(void **state)
{
	struct session *s = *state;

	initialise_first(s);
	assert_true(is_there(s, "s1.pbe"));
	term_type(s->t, "a");   /* the second device, with the shares that are open */
	at(s, "With which device?", "");
	at(s, "\xe2\x96\xb8                         " SECOND "     never initialised", "\r");
	at(s, "Initialise  " SECOND, "");
	at(s, NOW "Contents", "\r");
	at(s, NOW "Backups", "\r");
	at(s, "Share 1 of 2", "");
	at(s, "is open", "\r");
	at(s, "Share 2 of 2", "");
	at(s, "is open", "\r");
	at(s, NOW "Check value", "\r");
	set_pins(s, "root-ca-b");
	at(s, "To begin, type " SECOND, SECOND "\r");
	see(s, "is initialised, and was read back");
	leave_done(s);
	see(s, "root-ca-b");
}

/* Which page follows is not known beforehand: one is there, and nothing more of it comes. */
static void see_next_page(struct session *s, const char *before)
{
	term_expect_gone(s->t, before);
	see(s, NOW);
	term_rest(s->t, 60);
}

static void an_interrupted_run_is_taken_up_again(void **state)
{
	struct session *s = *state;

	session_restart_slowly(s);
	to_the_review(s);
	term_type(s->t, FIRST "\r");
	see(s, "\xe2\x9c\x93 Erase the device");
	session_restart(s, NULL, 24, 80);   /* killed where it stands */
	see(s, "was interrupted");
	see(s, "shares missing");
	at(s, "a Attend to it", "a");
	at(s, NOW "Contents", "\r");
	for (int i = 1; i <= 2; i++) {
		at(s, i == 1 ? "Share 1 of 2" : "Share 2 of 2", "\t");
		at(s, "Its password", PASSWORD);
		see_counted(s, 13, 1);
		term_type(s->t, "\r");
	}
	at(s, NOW "Check value", "\r");
	see_next_page(s, NOW "Check value");
	if (term_has(s->t, NOW "SO-PIN")) {   /* whether it is asked again hangs on how far it came */
		term_type(s->t, SO_PIN "\t" NEW_SO_PIN "\r" NEW_SO_PIN "\r");
		see_next_page(s, NOW "SO-PIN");
	}
	if (term_has(s->t, NOW "User PIN")) {
		term_type(s->t, PIN "\r");
		see_next_page(s, NOW "User PIN");
	}
	at(s, NOW "Review", "\r");
	see(s, "is initialised, and was read back");
	leave_done(s);
	term_expect_gone(s->t, "was interrupted");
}

static void a_key_is_made_backed_up_deleted_and_restored(void **state)
{
	struct session *s = *state;

	initialise_first(s);
	leave_done(s);
	new_key(s, 3, "P-256", "SSH CA");
	at(s, "none        !", "");
	back_up_all(s, "backups");
	see(s, "1, matched");
	at(s, "d Delete", "d");
	at(s, NOW "Objects", " \r");
	at(s, NOW "Backups", "\r");
	at(s, NOW "User PIN", PIN "\r");
	at(s, "To begin, type " FIRST, FIRST "\r");
	see(s, "Enter Close");
	leave_done(s);
	see(s, "Nothing is on this device");
	at(s, "r Restore", "r");
	at(s, NOW "Backup", "");
	at(s, "[ ] 1: SSH CA", "\t\t");   /* the inventory's, or from a file: this time from a file */
	see(s, "Or files");
	session_type_first_file(s, "backups");
	term_type(s->t, "\r\r");
	at(s, NOW "User PIN", PIN "\r");
	at(s, "Press Enter to begin", "\r");
	see(s, "Enter Close");
	leave_done(s);
	see(s, "1, proven");
	session_restart(s, NULL, 24, 80);   /* the inventory has kept it */
	see(s, "1, proven");
}

static void what_was_typed_survives_a_resize(void **state)
{
	struct session *s = *state;

	at(s, "Never initialised", "i");
	at(s, NOW "Contents", "\r");
	at(s, NOW "Backups", "1\r");
	at(s, "Share 1 of 1", "a-file-that-is-not-there");
	term_resize(s->t, 43, 132);
	see(s, "a-file-that-is-not-there");
	term_resize(s->t, 10, 40);
	see(s, "too small");
	term_resize(s->t, 24, 80);
	at(s, "a-file-that-is-not-there", "\r");
	at(s, "There is no file", "\tsecret words");   /* said before a password is asked for; but it can be typed */
	term_resize(s->t, 30, 100);
	see_counted(s, 12, 1);
	term_type(s->t, "\r");
	at(s, "There is no file", "-either");
	see_counted(s, 0, 1);   /* the password was that of another file */
	at(s, "a-file-that-is-not-there-either", "\003");
	see(s, "You have left the procedure");
}

static void a_wrong_pin_is_typed_anew(void **state)
{
	struct session *s = *state;

	initialise_first(s);
	leave_done(s);
	at(s, "n New key", "n");
	at(s, NOW "Key", "\tLabel\r");
	at(s, NOW "User PIN", "111111\r");
	at(s, "Press Enter to begin", "\r");
	see(s, "2 tries are left");
	at(s, "Enter Try again", "\r");
	see(s, NOW "User PIN");   /* the key's page is answered, and is gone past */
	see_counted(s, 0, 1);   /* it is empty again, and Enter sends nothing */
	term_type(s->t, "\r");
	see(s, "is not filled in");
	term_type(s->t, PIN "\r");
	at(s, "Press Enter to begin", "\r");
	see(s, "It has no backup yet");
}

static void a_device_that_is_pulled_out_is_said(void **state)
{
	struct session *s = *state;

	initialise_first(s);
	leave_done(s);
	at(s, "p Pull out", "p");
	see(s, "2 devices, 1 here");
	at(s, "root-ca-a", "");
}

/* While it is typed a PIN stands in locked memory and nowhere else; when it was used, nowhere at all. */
static void a_pin_is_nowhere_but_in_locked_memory(void **state)
{
	struct session *s = *state;
	const char *raw;
	size_t n, in_secrets;

	at(s, "Never initialised", "i");
	at(s, NOW "Contents", "\r");
	at(s, NOW "Backups", "\t");
	term_type(s->t, "no backup ever\r");
	at(s, "Current SO-PIN", SO_PIN "\t" NEW_SO_PIN "\r" NEW_SO_PIN "\r");
	at(s, "New user PIN", PIN "\r" PIN);
	term_rest(s->t, 60);
	assert_int_equal(term_search_memory(s->t, PIN, &in_secrets), 0);
	assert_int_equal(in_secrets, 2);   /* both typings: the search does find what is there */
	assert_int_equal(term_search_memory(s->t, NEW_SO_PIN, &in_secrets), 0);
	assert_true(in_secrets > 0);
	term_type(s->t, "\r");
	at(s, NOW "Label", "root-ca-a\r");
	at(s, "To begin, type " FIRST, FIRST "\r");
	see(s, "Enter Close");
	leave_done(s);
	assert_int_equal(term_search_memory(s->t, PIN, &in_secrets), 0);
	assert_int_equal(in_secrets, 0);
	assert_int_equal(term_search_memory(s->t, NEW_SO_PIN, &in_secrets), 0);
	assert_int_equal(in_secrets, 0);
	raw = term_raw(s->t, &n);
	assert_null(memmem(raw, n, PIN, strlen(PIN)));
	assert_null(memmem(raw, n, NEW_SO_PIN, strlen(NEW_SO_PIN)));
}

static void a_pin_that_is_left_is_erased(void **state)
{
	struct session *s = *state;
	size_t in_secrets;

	at(s, "Never initialised", "i");
	at(s, NOW "Contents", "\r");
	at(s, NOW "Backups", "1\r");
	at(s, "Share 1 of 1", "\tnew-file\r");
	at(s, "New password", PASSWORD "\177\177");   /* backspace works in it */
	see_counted(s, 11, 1);
	term_type(s->t, "\025");   /* and ^U */
	see_counted(s, 0, 2);
	term_type(s->t, PASSWORD);
	see_counted(s, 13, 1);
	term_type(s->t, "\003");
	see(s, "You have left the procedure");
	assert_int_equal(term_search_memory(s->t, PASSWORD, &in_secrets), 0);
	assert_int_equal(in_secrets, 0);
}

static void help_explains_the_field_while_a_secret_is_typed(void **state)
{
	struct session *s = *state;

	at(s, "Never initialised", "i");
	at(s, NOW "Contents", "\r");
	at(s, NOW "Backups", "\033OP");
	see(s, "How many shares make the DKEK");
	at(s, "Esc Back", "\033");
	at(s, NOW "Backups", "1\r");
	at(s, "Share 1 of 1", "\tnew-file\r");
	at(s, "New password", "abc\033OP");
	see(s, "better a sentence");
	at(s, "Esc Back", "\033");
	see_counted(s, 3, 1);   /* what was typed is still there */
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		SESSION_TEST(a_first_ceremony_by_keyboard_alone),
		SESSION_TEST(an_interrupted_run_is_taken_up_again),
		SESSION_TEST(a_key_is_made_backed_up_deleted_and_restored),
		SESSION_TEST(what_was_typed_survives_a_resize),
		SESSION_TEST(a_wrong_pin_is_typed_anew),
		SESSION_TEST(a_device_that_is_pulled_out_is_said),
		SESSION_TEST(a_pin_is_nowhere_but_in_locked_memory),
		SESSION_TEST(a_pin_that_is_left_is_erased),
		SESSION_TEST(help_explains_the_field_while_a_secret_is_typed),
	};

	return session_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
