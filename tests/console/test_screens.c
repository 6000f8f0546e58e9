/*
 * Screens without a terminal: keys and events go in, pictures come out, and are compared with those in golden/. To accept
 * what is drawn now: KEYROOM_GOLDEN=write build/tests/console/test_console_screens.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "engine/base/clock.h"
#include "fakes.h"
#include "tui/console/keys.h"
#include "tui/console/ui.h"

struct bench {
	struct env env;
	struct fleet fleet;
	struct ui ui;
};

static int setup(void **state)
{
	static const struct jobs_config config = { .workers = 1 };
	struct bench *b = calloc(1, sizeof(*b));
	struct fault f = { 0 };

	if (b == NULL || jobs_new(&config, &b->env.jobs, &f) != ST_OK)
		return -1;
	fake_hold();
	b->env.rehearsal = true;
	fake_fleet_fill(&b->fleet);
	if (ui_init(&b->ui, &b->env, &b->fleet, NULL, &f) != ST_OK)
		return -1;
	ui_time(&b->ui, 0, FAKE_NOW);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	fake_release();
	ui_done(&b->ui);
	jobs_free(b->env.jobs);
	free(b);
	return 0;
}

static void press(struct bench *b, uint32_t key)
{
	ui_key(&b->ui, key);
}

/* As the loop does: into the secret where one is typed, as keys else. */
static void type(struct bench *b, const char *text)
{
	for (; *text != '\0'; text++) {
		struct secret *s = ui_secret(&b->ui);

		if (s != NULL) {
			assert_true(secret_put(s, (uint8_t)*text));
			ui_secret_typed(&b->ui);
		} else {
			press(b, (unsigned char)*text);
		}
	}
}

/* Takes events until nothing more comes in a while. */
static void settle(struct bench *b)
{
	struct job_event e;

	while (jobs_wait(b->env.jobs, 100, &e))
		ui_event(&b->ui, &e);
}

static char *picture(struct bench *b, int rows, int cols, enum repertoire r)
{
	struct grid *g = grid_new(rows, cols);
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);

	assert_non_null(g);
	assert_non_null(out);
	ui_resize(&b->ui, rows, cols);
	ui_draw(&b->ui, g);
	grid_dump(g, r, out);
	assert_int_equal(fclose(out), 0);
	grid_free(g);
	return text;
}

static char *read_golden(const char *path)
{
	FILE *in = fopen(path, "r");
	char *text = NULL;
	size_t n = 0;

	if (in == NULL)
		return strdup("");
	if (getdelim(&text, &n, EOF, in) < 0)
		text = strdup("");
	(void)fclose(in);
	return text;
}

static void compare(struct bench *b, const char *name, int rows, int cols, enum repertoire r)
{
	char path[200];
	char *now = picture(b, rows, cols, r), *golden;
	const char *mode = getenv("KEYROOM_GOLDEN");

	(void)snprintf(path, sizeof(path), "tests/console/golden/%s.txt", name);
	if (mode != NULL && strcmp(mode, "write") == 0) {
		FILE *out = fopen(path, "w");

		assert_non_null(out);
		(void)fputs(now, out);
		assert_int_equal(fclose(out), 0);
	}
	golden = read_golden(path);
	if (strcmp(now, golden) != 0)
		print_message("%s is drawn otherwise now:\n%s\n", path, now);
	assert_string_equal(now, golden);
	free(now);
	free(golden);
}

static void compare_sizes(struct bench *b, const char *name)
{
	char full[100];

	(void)snprintf(full, sizeof(full), "%s_132x43", name);
	compare(b, full, 43, 132, REPERTOIRE_UNICODE);
	(void)snprintf(full, sizeof(full), "%s_80x24", name);
	compare(b, full, 24, 80, REPERTOIRE_UNICODE);
}

static bool shows(struct bench *b, const char *text)
{
	char *now = picture(b, b->ui.rows, b->ui.cols, REPERTOIRE_UNICODE);
	bool found = strstr(now, text) != NULL;

	free(now);
	return found;
}

static void the_main_screen_shows_devices_and_objects(void **state)
{
	struct bench *b = *state;

	compare_sizes(b, "main");
	compare(b, "main_ascii", 24, 80, REPERTOIRE_ASCII);
	compare(b, "main_300x100", 100, 300, REPERTOIRE_UNICODE);
	press(b, K_TAB);
	press(b, K_DOWN);
	compare(b, "main_objects", 24, 80, REPERTOIRE_UNICODE);
}

static void a_terminal_that_is_too_small_says_so_and_recovers(void **state)
{
	struct bench *b = *state;

	compare(b, "small", 20, 79, REPERTOIRE_UNICODE);
	press(b, 'i');   /* nobody saw what that key would do */
	compare(b, "tiny", 2, 9, REPERTOIRE_UNICODE);
	compare(b, "main_80x24", 24, 80, REPERTOIRE_UNICODE);
}

static void devices_in_every_state_are_told_apart(void **state)
{
	struct bench *b = *state;
	struct fleet_device *d = b->fleet.device;

	d[0].pin_tries = 0;
	d[0].so_pin_tries = 1;
	d[0].dkek_missing = 1;
	d[1].initialised = false;
	d[1].label[0] = '\0';
	d[2].state = FLEET_FOREIGN;
	(void)fault_set(&d[2].fault, ST_FOREIGN_CARD, "This is an OpenPGP card. Keyroom works with the SmartCard-HSM only; use GnuPG for it.");
	compare(b, "state_blocked", 24, 80, REPERTOIRE_UNICODE);
	press(b, K_DOWN);
	compare(b, "state_new", 24, 80, REPERTOIRE_UNICODE);
	press(b, K_DOWN);
	compare(b, "state_foreign", 24, 80, REPERTOIRE_UNICODE);
	b->fleet.n = 0;
	(void)fault_set(&b->fleet.service, ST_NO_PCSCD, NULL);
	b->fleet.changes = FLEET_DEVICES | FLEET_SERVICE;
	ui_event(&b->ui, &(struct job_event){ .type = JOBS_READERS });
	compare(b, "state_no_service", 24, 80, REPERTOIRE_UNICODE);
}

static void names_from_outside_are_harmless(void **state)
{
	struct bench *b = *state;

	(void)snprintf(b->fleet.device[0].label, sizeof(b->fleet.device[0].label), "\x1b[2Jevil\xe2\x80\xae and much too long for its place");
	(void)snprintf(b->fleet.object[0][0].label, sizeof(b->fleet.object[0][0].label), "\xe6\xa0\xb9\xe8\xaf\x81\xe4\xb9\xa6\xf0\x9f\x94\x91\n\t?");
	compare(b, "hostile", 24, 80, REPERTOIRE_UNICODE);
}

static void the_cursor_stays_on_its_device(void **state)
{
	struct bench *b = *state;
	struct fleet_device first = b->fleet.device[0];

	press(b, K_DOWN);
	assert_true(shows(b, "\xe2\x96\xb8root-ca-b"));
	b->fleet.device[0] = b->fleet.device[1];
	b->fleet.device[1] = first;
	b->fleet.changes = FLEET_DEVICES;
	ui_event(&b->ui, &(struct job_event){ .type = JOBS_READERS });
	assert_true(shows(b, "\xe2\x96\xb8root-ca-b"));
}

static void a_filter_shows_what_contains_it(void **state)
{
	struct bench *b = *state;

	press(b, '/');
	type(b, "ca-B");
	assert_false(shows(b, "root-ca-a "));
	assert_true(shows(b, "root-ca-b"));
	press(b, K_ESC);
	assert_true(shows(b, "root-ca-a "));
	press(b, K_TAB);
	press(b, '/');
	type(b, "ssh");
	press(b, K_ENTER);
	compare(b, "filter", 24, 80, REPERTOIRE_UNICODE);
}

static void help_explains_the_screen_and_its_keys(void **state)
{
	struct bench *b = *state;

	press(b, '?');
	compare_sizes(b, "help");
	press(b, 'G');
	compare(b, "help_end", 24, 80, REPERTOIRE_UNICODE);
	press(b, K_ESC);
	compare(b, "main_80x24", 24, 80, REPERTOIRE_UNICODE);
}

static void more_lists_every_procedure(void **state)
{
	struct bench *b = *state;

	press(b, 'm');
	compare_sizes(b, "menu");
	press(b, K_DOWN);
	press(b, K_DOWN);
	press(b, K_ENTER);
	settle(b);
	assert_true(shows(b, "Check DKEK shares"));
	assert_true(shows(b, "Done"));
}

static void an_object_is_shown_in_detail(void **state)
{
	struct bench *b = *state;

	press(b, K_ENTER);
	press(b, K_ENTER);
	compare_sizes(b, "object");
}

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
	press(b, K_ENTER);
	assert_true(shows(b, "DENK0200915"));
	press(b, K_ESC);   /* back to the choice */
	assert_true(shows(b, "With which device?"));
	press(b, K_ESC);
	assert_true(shows(b, "Nothing has been changed"));
}

static void what_was_typed_twice_must_be_the_same(void **state)
{
	struct bench *b = *state;

	to_so_pin(b);
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
	assert_true(shows(b, "The user PIN"));
}

static void the_form_of_a_pin_is_checked_on_its_page(void **state)
{
	struct bench *b = *state;

	to_so_pin(b);
	type(b, "353736323138383");
	press(b, K_ENTER);
	type(b, "0123456789abcdef");
	press(b, K_ENTER);
	type(b, "0123456789abcdef");
	press(b, K_ENTER);
	assert_true(shows(b, "The SO-PIN"));
	assert_true(shows(b, "! "));
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

static void the_serial_number_must_be_typed(void **state)
{
	struct bench *b = *state;

	to_review(b);
	compare_sizes(b, "wizard_review");
	type(b, "DENK0200915");
	press(b, K_ENTER);
	assert_true(shows(b, "type exactly: DENK0200914"));
	assert_false(shows(b, "Under way"));
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

static void secrets_are_gone_when_a_wizard_is_left(void **state)
{
	struct bench *b = *state;

	to_label(b);
	press(b, K_CTRL('c'));
	assert_int_equal(b->ui.depth, 1);
	compare(b, "left", 24, 80, REPERTOIRE_UNICODE);
}

static void attention_leads_to_what_mends_it(void **state)
{
	struct bench *b = *state;

	press(b, 'a');
	settle(b);
	assert_true(shows(b, "Back up"));
	assert_true(shows(b, "Wrap the keys"));
}

static void every_key_can_be_pressed_everywhere(void **state)
{
	struct bench *b = *state;
	uint64_t seed = 42;

	for (int i = 0; i < 20000; i++) {
		size_t rows = 0;
		char *now;

		while (bindings[rows].in != IN_NONE)
			rows++;
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		if ((seed >> 33) % 11 == 0)
			ui_resize(&b->ui, (int)((seed >> 40) % 60), (int)((seed >> 50) % 200));
		else if ((seed >> 33) % 11 == 1 && ui_secret(&b->ui) == NULL)
			press(b, (uint32_t)((seed >> 40) % 0x300));
		else
			press(b, bindings[(seed >> 40) % rows].keys[0]);
		b->ui.quit = b->ui.suspend = false;
		if (i % 50 != 0)
			continue;
		fake_release();
		settle(b);
		now = picture(b, b->ui.rows > 0 ? b->ui.rows : 1, b->ui.cols > 0 ? b->ui.cols : 1, REPERTOIRE_UNICODE);
		free(now);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_main_screen_shows_devices_and_objects),
		TEST(a_terminal_that_is_too_small_says_so_and_recovers),
		TEST(devices_in_every_state_are_told_apart),
		TEST(names_from_outside_are_harmless),
		TEST(the_cursor_stays_on_its_device),
		TEST(a_filter_shows_what_contains_it),
		TEST(help_explains_the_screen_and_its_keys),
		TEST(more_lists_every_procedure),
		TEST(an_object_is_shown_in_detail),
		TEST(a_wizard_asks_page_by_page),
		TEST(a_device_is_asked_for_where_none_is_given),
		TEST(what_was_typed_twice_must_be_the_same),
		TEST(the_form_of_a_pin_is_checked_on_its_page),
		TEST(backspace_and_line_erase_work_in_a_secret),
		TEST(letters_are_text_in_a_field),
		TEST(answers_stay_when_going_back_and_when_resizing),
		TEST(a_bad_answer_keeps_the_page),
		TEST(the_serial_number_must_be_typed),
		TEST(the_steps_show_how_they_go_and_what_came_of_them),
		TEST(a_failure_says_what_and_where_and_what_next),
		TEST(secrets_are_gone_when_a_wizard_is_left),
		TEST(attention_leads_to_what_mends_it),
		TEST(every_key_can_be_pressed_everywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
