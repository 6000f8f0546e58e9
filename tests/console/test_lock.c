/* The lock: when it comes, what it leaves and erases, and that it waits for work under way. The time is the test's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/console/bench.h"
#include "tui/console/keys.h"
#include "tui/console/wizard_screen.h"

#define AFTER_MS 600000

static void later(struct bench *b, int64_t ms)
{
	ui_time(&b->ui, b->ui.now_ms + ms, b->ui.wall + ms / 1000);
}

static void begin(struct bench *b)
{
	b->ui.lock_ms = AFTER_MS;
	later(b, 1000);
	press(b, 'j');
	press(b, 'k');
}

static void it_locks_after_its_time_and_enter_goes_on(void **state)
{
	struct bench *b = *state;

	begin(b);
	assert_int_equal(ui_locks_in(&b->ui), AFTER_MS);
	later(b, AFTER_MS - 1);
	assert_int_equal(ui_locks_in(&b->ui), 1);
	ui_say(&b->ui, "root-ca-a was said of last");
	assert_true(shows(b, "root-ca-a was said of last"));
	later(b, 1);
	assert_false(shows(b, "root-ca-a"));
	assert_true(b->ui.repaint);
	assert_int_equal(ui_locks_in(&b->ui), -1);
	compare_sizes(b, "lock");
	press(b, 'q');
	press(b, K_ESC);
	press(b, K_CTRL('c'));
	later(b, 10 * AFTER_MS);
	assert_true(shows(b, "Keyroom is locked"));
	assert_false(b->ui.quit);
	press(b, K_ENTER);
	assert_true(shows(b, "root-ca-a"));
	later(b, AFTER_MS - 1);
	assert_true(shows(b, "root-ca-a"));
}

static void a_key_begins_its_time_anew(void **state)
{
	struct bench *b = *state;

	begin(b);
	later(b, AFTER_MS - 1);
	press(b, 'j');
	later(b, AFTER_MS - 1);
	assert_true(shows(b, "root-ca-a"));
	ui_mouse(&b->ui, K_WHEEL_UP, (struct zone){ 0 });
	later(b, AFTER_MS - 1);
	assert_true(shows(b, "root-ca-a"));
	press(b, 'i');
	later(b, AFTER_MS - 1);
	press(b, K_ENTER);
	later(b, AFTER_MS - 1);
	type(b, "3");   /* goes past the keys, into a secret */
	later(b, AFTER_MS - 1);
	assert_true(shows(b, "Current SO-PIN"));
	later(b, 1);
	assert_true(shows(b, "Keyroom is locked"));
}

static void it_never_locks_where_that_was_chosen(void **state)
{
	struct bench *b = *state;

	b->ui.lock_ms = 0;
	later(b, 1000);
	later(b, (int64_t)1000 * AFTER_MS);
	assert_true(shows(b, "root-ca-a"));
}

static void a_wizard_is_left_and_the_help_over_it(void **state)
{
	struct bench *b = *state;

	begin(b);
	press(b, 'i');
	press(b, K_ENTER);
	type(b, "3537363231383830");
	press(b, K_F1);
	assert_int_equal(b->ui.depth, 3);
	later(b, AFTER_MS);
	assert_int_equal(b->ui.depth, 2);
	assert_null(ui_secret(&b->ui));
	compare(b, "lock_wizard", 24, 80, REPERTOIRE_UNICODE);
	press(b, K_ENTER);
	compare(b, "main_80x24", 24, 80, REPERTOIRE_UNICODE);
}

static void l_locks_at_once_but_is_a_letter_in_a_field(void **state)
{
	struct bench *b = *state;

	begin(b);
	press(b, '/');
	type(b, "L");
	assert_true(shows(b, "Filter devices: L"));
	press(b, K_ESC);
	press(b, 'L');
	assert_true(shows(b, "Keyroom is locked"));
	press(b, '?');
	assert_true(shows(b, "It asks for no PIN and no password"));
	press(b, K_CTRL('c'));
	assert_true(shows(b, "Keyroom is locked"));
	press(b, 'L');
	press(b, K_ENTER);
	assert_true(shows(b, "root-ca-a"));
}

/* Up to the only step, which waits for fake_release(). */
static void to_the_steps(struct bench *b)
{
	type_secrets(b);
	press(b, K_ENTER);
	type(b, "DENK0200914");
	press(b, K_ENTER);
	assert_true(shows(b, "Under way"));
}

static void it_waits_for_the_end_of_the_steps(void **state)
{
	struct bench *b = *state;

	begin(b);
	to_the_steps(b);
	later(b, 3 * AFTER_MS);
	assert_true(shows(b, "Under way"));
	press(b, K_F1);   /* help covers them: they are at work all the same */
	later(b, 3 * AFTER_MS);
	press(b, K_ESC);
	assert_true(shows(b, "Under way"));
	fake_release();
	settle(b);
	assert_true(shows(b, "is initialised"));   /* to be read by whoever comes back soon */
	later(b, AFTER_MS - 1);
	assert_true(shows(b, "is initialised"));
	later(b, 1);
	assert_true(shows(b, "It was finished"));
}

static void l_waits_too_and_then_locks_at_once(void **state)
{
	struct bench *b = *state;

	begin(b);
	to_the_steps(b);
	press(b, 'L');
	assert_true(shows(b, "as soon as what is under way has ended"));
	assert_int_equal(ui_locks_in(&b->ui), -1);   /* the loop sleeps meanwhile */
	later(b, 1000);
	assert_true(shows(b, "Under way"));
	fake_import_gives(ST_DISK);
	fake_release();
	settle(b);
	later(b, 1);
	fake_import_gives(ST_OK);
	assert_true(shows(b, "Keyroom is locked"));
	assert_true(shows(b, "It was not finished"));
}

static void control_z_waits_for_a_card_that_works_or_is_read(void **state)
{
	struct bench *b = *state;

	begin(b);
	press(b, K_CTRL('z'));
	assert_true(b->ui.suspend);
	b->ui.suspend = false;
	b->fleet.device[1].state = FLEET_READING;
	press(b, K_CTRL('z'));
	assert_false(b->ui.suspend);
	assert_true(shows(b, "as soon as what is under way has ended"));
	later(b, 1);
	assert_false(b->ui.suspend);
	b->fleet.device[1].state = FLEET_HERE;
	later(b, 1);
	assert_true(b->ui.suspend);
	b->ui.suspend = false;
	to_the_steps(b);
	press(b, K_CTRL('z'));
	press(b, K_F1);
	later(b, 1000);
	assert_false(b->ui.suspend);
	fake_release();
	settle(b);
	later(b, 1);
	assert_true(b->ui.suspend);
	b->ui.suspend = false;
	later(b, 1);
	assert_false(b->ui.suspend);   /* once */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_locks_after_its_time_and_enter_goes_on),
		TEST(a_key_begins_its_time_anew),
		TEST(it_never_locks_where_that_was_chosen),
		TEST(a_wizard_is_left_and_the_help_over_it),
		TEST(l_locks_at_once_but_is_a_letter_in_a_field),
		TEST(it_waits_for_the_end_of_the_steps),
		TEST(l_waits_too_and_then_locks_at_once),
		TEST(control_z_waits_for_a_card_that_works_or_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
