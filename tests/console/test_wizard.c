/* The wizard's pages without a terminal, with a procedure made for the purpose. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/console/bench.h"
#include "tui/console/keys.h"
#include "tests/console/words.h"

static void fill_so_pins(struct bench *b)
{
	type(b, "3537363231383830");
	press(b, K_ENTER);
	type(b, "0123456789abcdef");
	press(b, K_ENTER);
	type(b, "0123456789abcdef");
}

static void to_so_pin(struct bench *b)
{
	press(b, 'i');
	press(b, K_ENTER);   /* backups: with shares, none given yet */
}

static void to_label(struct bench *b)
{
	to_so_pin(b);
	fill_so_pins(b);
	press(b, K_ENTER);
	type(b, "648219");
	press(b, K_ENTER);
	type(b, "648219");
	press(b, K_ENTER);
}

static void a_wizard_asks_page_by_page(void **state)
{
	struct bench *b = *state;

	press(b, 'i');
	compare_sizes(b, "wizard_choice");
	press(b, K_DOWN);   /* other questions are asked now */
	compare(b, "wizard_choice_other", 24, 80, REPERTOIRE_UNICODE);
	press(b, K_UP);
	press(b, K_TAB);
	type(b, "one");
	press(b, K_ENTER);
	type(b, "two");
	compare(b, "wizard_files", 24, 80, REPERTOIRE_UNICODE);
	press(b, K_CTRL('u'));
	press(b, K_UP);
	press(b, K_CTRL('u'));
	press(b, K_ENTER);
	type(b, "3537363231383830");
	press(b, K_ENTER);
	type(b, "0123456789abcdef");
	press(b, K_TAB);
	type(b, "0123456789");
	compare_sizes(b, "wizard_so_pin");
	assert_false(shows(b, "35373"));
	press(b, K_F1);
	compare(b, "wizard_help", 24, 80, REPERTOIRE_UNICODE);
	press(b, K_ESC);
	type(b, "abcdef");
	press(b, K_ENTER);
	assert_true(shows(b, "The user PIN"));
}

static void a_device_is_asked_for_where_none_is_given(void **state)
{
	struct bench *b = *state;

	press(b, K_DOWN);
	press(b, K_DOWN);   /* an absent one */
	press(b, 'm');
	press(b, K_ENTER);
	compare_sizes(b, "wizard_device");
	press(b, 'j');
	b->fleet.device[1].state = FLEET_ABSENT;   /* pulled out, and nobody has heard of it yet */
	press(b, K_ENTER);
	assert_true(shows(b, "The device is not here any more"));
	b->fleet.device[1].state = FLEET_HERE;
	press(b, K_ENTER);
	assert_true(shows(b, "DENK0200915"));
	press(b, K_ESC);   /* back to the choice */
	assert_true(shows(b, "With which device?"));
	press(b, K_ESC);
	assert_true(shows(b, "Nothing on the device has been changed"));
}

static void what_was_typed_twice_must_be_the_same(void **state)
{
	struct bench *b = *state;

	to_so_pin(b);
	press(b, K_F1);
	press(b, K_CTRL('c'));   /* away from the help, and not out of the procedure */
	assert_int_equal(b->ui.depth, 2);
	ui_resize(&b->ui, 20, 79);
	assert_null(ui_secret(&b->ui));   /* nobody types into what is not seen */
	ui_resize(&b->ui, 24, 80);
	type(b, "3537363231383830");
	press(b, K_ENTER);
	type(b, "0123456789abcdef");
	press(b, K_ENTER);
	type(b, "0123456789abcdee");
	press(b, K_ENTER);
	compare(b, "wizard_twice", 24, 80, REPERTOIRE_UNICODE);
	type(b, "0123456789abcdef");
	press(b, K_ENTER);
	type(b, "0123456789abcdef");
	press(b, K_ENTER);
	type(b, "648");
	press(b, K_ENTER);
	assert_true(shows(b, "The user PIN") && shows(b, "! A user PIN has"));   /* the page has room for all */
	assert_false(shows(b, "more above"));
}

static void the_form_of_a_pin_is_checked_on_its_page(void **state)
{
	struct bench *b = *state;

	to_so_pin(b);
	type(b, "353736323138383");
	press(b, K_ENTER);
	assert_true(shows(b, "! An SO-PIN is exactly"));   /* at once, before the next field */
	assert_int_equal(secret_len(ui_secret(&b->ui)), 15);
	type(b, "1");
	press(b, K_ENTER);
	assert_int_equal(secret_len(ui_secret(&b->ui)), 0);
	type(b, "0123456789abcdef");
	press(b, K_ENTER);
	type(b, "0123456789abcde");
	press(b, K_ENTER);
	assert_true(shows(b, "! The two entries are not the same"));
}

static void backspace_and_line_erase_work_in_a_secret(void **state)
{
	struct bench *b = *state;

	to_so_pin(b);
	type(b, "12345");
	press(b, K_BACKSPACE);
	assert_int_equal(secret_len(ui_secret(&b->ui)), 4);
	type(b, "\xc3\xa9");
	press(b, K_BACKSPACE);   /* both bytes of one character */
	assert_int_equal(secret_len(ui_secret(&b->ui)), 4);
	press(b, K_CTRL('u'));
	assert_int_equal(secret_len(ui_secret(&b->ui)), 0);
}

/* Nobody can read the dots that stand there: what is typed now is no part of them. */
static void a_secret_that_was_filled_before_is_begun_anew(void **state)
{
	struct bench *b = *state;

	to_so_pin(b);
	fill_so_pins(b);
	press(b, K_ENTER);
	assert_true(shows(b, "The user PIN"));
	press(b, K_ESC);
	assert_int_equal(secret_len(ui_secret(&b->ui)), 16);
	type(b, "a");
	assert_int_equal(secret_len(ui_secret(&b->ui)), 1);
	type(b, "b");
	assert_int_equal(secret_len(ui_secret(&b->ui)), 2);
	press(b, K_TAB);
	press(b, K_TAB);   /* the second typing stays as long as the first is as it was */
	assert_int_equal(secret_len(ui_secret(&b->ui)), 16);
	press(b, K_BACK_TAB);
	press(b, K_BACKSPACE);
	assert_int_equal(secret_len(ui_secret(&b->ui)), 0);
	press(b, K_TAB);
	assert_int_equal(secret_len(ui_secret(&b->ui)), 0);
}

static void letters_are_text_in_a_field(void **state)
{
	struct bench *b = *state;

	to_label(b);
	assert_true(shows(b, "DENK0200914-label"));   /* proposed */
	press(b, K_CTRL('u'));
	type(b, "q?/jk n");
	assert_true(shows(b, "q?/jk n"));
	assert_false(b->ui.quit);
	compare_sizes(b, "wizard_label");
	press(b, K_TAB);
	press(b, ' ');
	press(b, K_TAB);
	press(b, ' ');
	compare(b, "wizard_marks", 24, 80, REPERTOIRE_UNICODE);
}

static void answers_stay_when_going_back_and_when_resizing(void **state)
{
	struct bench *b = *state;

	to_label(b);
	type(b, "-of-mine");
	ui_resize(&b->ui, 10, 40);
	ui_resize(&b->ui, 43, 132);
	assert_true(shows(b, "DENK0200914-label-of-mine"));
	press(b, K_ESC);
	assert_true(shows(b, "The user PIN"));
	assert_int_equal(secret_len(ui_secret(&b->ui)), 6);
	press(b, K_ENTER);   /* both typings are still there */
	assert_true(shows(b, "DENK0200914-label-of-mine"));
}

static void a_bad_answer_keeps_the_page(void **state)
{
	struct bench *b = *state;

	to_label(b);
	press(b, K_CTRL('u'));
	type(b, "ab");
	press(b, K_ENTER);
	assert_true(shows(b, "at least three"));
	type(b, "c");
	assert_false(shows(b, "at least three"));
}

static void to_review(struct bench *b)
{
	to_label(b);
	press(b, K_ENTER);
}

/* Whole: not nothing, and not a part of it. */
static void the_serial_number_must_be_typed(void **state)
{
	static const char *const others[] = { "", "DENK0200915", "DENK020091", "DENK02009144", "denk0200914", "ENK0200914" };
	struct bench *b = *state;

	to_review(b);
	compare_sizes(b, "wizard_review");
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		press(b, K_CTRL('u'));
		type(b, others[i]);
		press(b, K_ENTER);
		assert_true(shows(b, "What was typed is something else"));
		settle(b);
		assert_false(shows(b, "Under way"));
	}
}

/* Whoever types the serial number has had all that is lost before his eyes. */
static void a_long_review_is_read_from_its_top(void **state)
{
	struct bench *b = *state;

	to_label(b);
	press(b, K_CTRL('u'));
	type(b, "crowded");
	press(b, K_ENTER);
	assert_true(shows(b, "Everything on it will be lost") && shows(b, "more below"));
	assert_false(shows(b, "To begin, type"));
	press(b, K_PAGE_DOWN);
	press(b, K_PAGE_DOWN);
	press(b, K_PAGE_DOWN);
	assert_true(shows(b, "To begin, type"));
	press(b, K_PAGE_UP);
	assert_false(shows(b, "To begin, type"));
	type(b, "D");   /* what is typed is seen */
	assert_true(shows(b, "To begin, type"));
	press(b, K_PAGE_UP);
	press(b, K_PAGE_UP);
	press(b, K_PAGE_UP);
	assert_true(shows(b, "Everything on it will be lost"));
}

static void the_steps_show_how_they_go_and_what_came_of_them(void **state)
{
	struct bench *b = *state;

	to_review(b);
	type(b, "DENK0200914");
	press(b, K_ENTER);
	settle(b);
	compare_sizes(b, "wizard_running");
	press(b, K_CTRL('c'));   /* cannot be interrupted */
	assert_true(shows(b, "Under way"));
	fake_release();
	settle(b);
	compare_sizes(b, "wizard_done");
	assert_true(b->fleet.rescans > 0);
	assert_int_equal(b->fleet.reloads, 1);
	press(b, 'a');
	assert_true(shows(b, "With which device?"));
}

static void a_failure_says_what_and_where_and_what_next(void **state)
{
	struct bench *b = *state;

	press(b, 'b');
	settle(b);
	compare_sizes(b, "wizard_failed");
	press(b, K_ESC);
	assert_true(shows(b, "Devices"));
}

/* By pressing Enter again and again nobody may send a PIN that was wrong. */
static void a_pin_that_was_wrong_has_to_be_typed_anew(void **state)
{
	struct bench *b = *state;

	fake_import_gives(ST_PIN_WRONG);
	to_review(b);
	type(b, "DENK0200914");
	press(b, K_ENTER);
	fake_release();
	settle(b);
	assert_true(shows(b, "It was not finished"));
	fake_import_gives(ST_OK);
	press(b, K_ENTER);
	press(b, K_ENTER);
	press(b, K_ENTER);
	assert_true(shows(b, "The user PIN"));
	assert_non_null(ui_secret(&b->ui));
	assert_int_equal(secret_len(ui_secret(&b->ui)), 0);
}

static void what_is_under_the_cursor_says_which_objects_are_meant_and_nothing_else(void **state)
{
	const struct given given[] = { { "label", 0, "of another key" }, { "keep", 0, "02" }, { NULL, 0, NULL } };
	struct bench *b = *state;

	ui_push(&b->ui, wizard_screen_new(&b->ui, &fake_init, "DENK0200914", given));
	press(b, K_ENTER);
	fill_so_pins(b);
	press(b, K_ENTER);
	type(b, "648219");
	press(b, K_ENTER);
	type(b, "648219");
	press(b, K_ENTER);
	assert_true(shows(b, "DENK0200914-label"));
	assert_false(shows(b, "of another key"));
	assert_true(shows(b, "[x] SSH CA"));
	assert_false(shows(b, "[x] Root CA"));
}

static void leaving_takes_the_help_along_that_covers_it(void **state)
{
	struct bench *b = *state;

	fake_hold();
	ui_push(&b->ui, wizard_screen_new(&b->ui, &fake_slow, "", NULL));
	press(b, K_ENTER);
	assert_true(shows(b, "Look at it"));
	press(b, K_CTRL('c'));
	press(b, K_F1);
	assert_int_equal(b->ui.depth, 3);
	settle(b);
	assert_int_equal(b->ui.depth, 1);
}

static int stored(void **state)
{
	return bench_setup_stored(state, NULL);
}

static enum status half(struct step_env *e, struct fault *f)
{
	run_changed(e);
	return fault_set(f, ST_CARD_GONE, "The device was pulled out.");
}

static enum status whole(struct step_env *e, struct fault *f)
{
	(void)f;
	run_changed(e);
	return ST_OK;
}

static void say_half(const struct run *r, struct prose *out)
{
	prose_add(out, PROSE_PLAIN, "Half of it will be done on %s.", run_serial(r));
}

/* It is a run that was interrupted from then on, which the other screens have to hear of. */
static void what_is_left_half_way_is_read_again(void **state)
{
	static const struct step steps[] = { { .name = "half", .words = "Half of it", .where = ON_WORKER, .fn = half }, { 0 } };
	static const struct procedure half_done = { .name = "half", .command = "half", .title = "Half", .summary = "do half of it",
						    .steps = steps, .review = say_half };
	static const struct step all[] = { { .name = "all", .words = "All of it", .where = ON_WORKER, .fn = whole }, { 0 } };
	static const struct procedure all_done = { .name = "all", .command = "all", .title = "All", .summary = "do all of it",
						   .steps = all };
	struct bench *b = *state;

	ui_push(&b->ui, wizard_screen_new(&b->ui, &half_done, "", NULL));
	press(b, K_CTRL('c'));
	assert_int_equal(b->fleet.reloads, 0);   /* nothing was begun */
	ui_push(&b->ui, wizard_screen_new(&b->ui, &half_done, "", NULL));
	press(b, K_ENTER);
	settle(b);
	assert_int_equal(b->fleet.reloads, 1);
	press(b, K_ESC);
	assert_int_equal(b->ui.depth, 1);
	assert_int_equal(b->fleet.reloads, 2);
	/* What was done was read when it was, and Esc closes it as Enter does. */
	ui_push(&b->ui, wizard_screen_new(&b->ui, &all_done, "", NULL));
	settle(b);
	assert_int_equal(b->fleet.reloads, 3);
	press(b, K_ESC);
	assert_int_equal(b->ui.depth, 1);
	assert_int_equal(b->fleet.reloads, 3);
}

/* No one field is to blame: it stands above them all. */
static void what_the_work_of_a_page_refuses_stands_above_its_fields(void **state)
{
	struct bench *b = *state;
	char *all;
	const char *fault;

	if (words_are_pseudo())
		return;
	ui_push(&b->ui, wizard_screen_new(&b->ui, &fake_refuses, "", NULL));
	type(b, "this");
	press(b, K_ENTER);
	settle(b);
	all = picture(b, 24, 80, REPERTOIRE_UNICODE);
	fault = strstr(all, "pulled out");
	assert_non_null(fault);
	assert_true(fault < strstr(all, "What  this"));
	free(all);
}

/* The device, and the look at it, are one step. */
static void a_device_that_is_looked_at_is_one_step(void **state)
{
	struct bench *b = *state;

	if (words_are_pseudo())
		return;   /* where marks stand cannot be looked for there */
	fake_hold();
	ui_push(&b->ui, wizard_screen_new(&b->ui, &fake_looks, "DENK0200914", NULL));
	assert_true(shows(b, "\xe2\x96\xb8 Device"));
	assert_false(shows(b, "\xe2\x9c\x93 Device"));
	fake_release();
	settle(b);
	assert_true(shows(b, "\xe2\x9c\x93 Device"));
	assert_false(shows(b, "\xe2\x96\xb8 Device"));
}

static void secrets_are_gone_when_a_wizard_is_left(void **state)
{
	struct bench *b = *state;

	to_label(b);
	press(b, K_CTRL('c'));
	assert_int_equal(b->ui.depth, 1);
	compare(b, "left", 24, 80, REPERTOIRE_UNICODE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_wizard_asks_page_by_page),
		TEST(a_device_is_asked_for_where_none_is_given),
		TEST(what_was_typed_twice_must_be_the_same),
		TEST(the_form_of_a_pin_is_checked_on_its_page),
		TEST(backspace_and_line_erase_work_in_a_secret),
		TEST(a_secret_that_was_filled_before_is_begun_anew),
		TEST(letters_are_text_in_a_field),
		TEST(answers_stay_when_going_back_and_when_resizing),
		TEST(a_bad_answer_keeps_the_page),
		TEST(the_serial_number_must_be_typed),
		TEST(a_long_review_is_read_from_its_top),
		TEST(the_steps_show_how_they_go_and_what_came_of_them),
		TEST(a_failure_says_what_and_where_and_what_next),
		TEST(a_pin_that_was_wrong_has_to_be_typed_anew),
		TEST(what_is_under_the_cursor_says_which_objects_are_meant_and_nothing_else),
		TEST(leaving_takes_the_help_along_that_covers_it),
		cmocka_unit_test_setup_teardown(what_is_left_half_way_is_read_again, stored, bench_teardown),
		TEST(what_the_work_of_a_page_refuses_stands_above_its_fields),
		TEST(a_device_that_is_looked_at_is_one_step), TEST(secrets_are_gone_when_a_wizard_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
