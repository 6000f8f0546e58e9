/* The mouse: what terminals report of it, and what a click on something that is drawn does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/console/bench.h"
#include "tests/console/feed.h"
#include "tui/console/keys.h"
#include "tui/console/wizard_screen.h"

static void reports_of_both_forms_are_read(void **state)
{
	struct keys k;
	uint32_t out[FEED_MAX];

	(void)state;
	keys_init(&k, true);
	k.mouse = true;
	assert_int_equal(FEED(&k, "\033[<0;300;100M\033[<0;300;100m", out), 1);
	assert_int_equal(out[0], K_CLICK);
	assert_int_equal(k.col, 299);
	assert_int_equal(k.row, 99);
	assert_int_equal(FEED(&k, "\033[<64;1;1M\033[<65;1;1M\033[<2;1;1M\033[<32;1;1M", out), 2);
	assert_int_equal(out[0], K_WHEEL_UP);
	assert_int_equal(out[1], K_WHEEL_DOWN);
	assert_int_equal(FEED(&k, "\033[M !\"", out), 1);   /* the Linux console's */
	assert_int_equal(out[0], K_CLICK);
	assert_int_equal(k.col, 0);
	assert_int_equal(k.row, 1);
	assert_int_equal(FEED(&k, "\033[M#qqj", out), 1);   /* a release, and then a key */
	assert_int_equal(out[0], 'j');
}

static void what_is_no_report_is_no_key_either(void **state)
{
	static const char *const broken[] = { "\033[<M", "\033[<0M", "\033[<0;1M", "\033[<0;0;0M", "\033[<0;-4;99999M",
					      "\033[<0;1;1;1M", "\033[<?;1;1M", "\033[<0;1;1A" };
	struct keys k;
	uint32_t out[FEED_MAX];

	(void)state;
	keys_init(&k, true);
	k.mouse = true;
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++)
		assert_int_equal(feed(&k, broken[i], strlen(broken[i]), out), 0);
	assert_int_equal(FEED(&k, "\033[<0;11111111111111111111111111M", out), 0);
}

/* A report in the old form has letters in it: in a secret they would be a part of it. */
static void a_report_is_no_part_of_a_secret(void **state)
{
	static const char reports[] = "\033[<0;12;12M\033[M abc";
	struct keys k;
	uint32_t out[FEED_MAX];

	(void)state;
	keys_init(&k, true);
	k.mouse = true;
	for (size_t i = 0; i < sizeof(reports) - 2; i++) {
		assert_false(keys_takes_text(&k, (unsigned char)reports[i]));
		(void)keys_byte(&k, (unsigned char)reports[i], out);
	}
	assert_true(keys_takes_text(&k, 'c'));
}

static struct zone zone_of(struct bench *b, const char *text)
{
	struct grid *g = grid_new(b->ui.rows, b->ui.cols);
	struct zone z = { 0 };
	size_t n = strlen(text), at = 0;
	bool found = false;

	assert_non_null(g);
	ui_draw(&b->ui, g);
	for (int i = 0; i < g->rows * g->cols && !found; i++) {
		for (at = 0; at < n && i + (int)at < g->rows * g->cols && g->cells[i + (int)at].cp[0] == (unsigned char)text[at];)
			at++;
		z = grid_zone(g, i / g->cols, i % g->cols);
		found = at == n && (z.kind != ZONE_NONE || strcmp(ui_top(&b->ui)->ops->name, "menu") != 0);   /* no title */
	}
	if (!found)
		print_message("%s is not on the screen\n", text);
	assert_true(found);
	grid_free(g);
	return z;
}

/* As the loop does; some time later than the click before. */
static void click(struct bench *b, const char *text)
{
	ui_time(&b->ui, b->ui.now_ms + 1000, b->ui.wall);
	ui_mouse(&b->ui, K_CLICK, zone_of(b, text));
}

static void wheel(struct bench *b, uint32_t key, const char *text)
{
	ui_mouse(&b->ui, key, zone_of(b, text));
}

static void a_click_selects_and_a_second_one_opens(void **state)
{
	struct bench *b = *state;

	click(b, "root-ca-b  ");
	assert_true(shows(b, "\xe2\x96\xb8root-ca-b"));
	click(b, "root-ca-a  ");
	click(b, "SSH CA");
	assert_true(shows(b, "\xe2\x96\xb8SSH CA"));
	assert_false(shows(b, "Key reference"));
	click(b, "SSH CA");
	settle(b);
	assert_true(shows(b, "Key reference"));
	click(b, "Esc Back");
	assert_true(shows(b, "\xe2\x96\xb8SSH CA"));
}

/* The second press of a double click meets whatever has come in the meantime. */
static void the_rest_of_a_double_click_presses_nothing(void **state)
{
	struct bench *b = *state;

	click(b, "m More");
	assert_true(shows(b, "Procedures"));
	ui_mouse(&b->ui, K_CLICK, zone_of(b, "Initialise"));
	assert_true(shows(b, "Procedures"));
	click(b, "Initialise");
	assert_false(shows(b, "Procedures"));
}

static void the_footer_presses_its_keys(void **state)
{
	struct bench *b = *state;

	click(b, "? Help");
	assert_true(shows(b, "On the left stand your devices"));
	click(b, "Esc Back");
	click(b, "/ Filter");
	type(b, "ca-b");
	assert_false(shows(b, "root-ca-a"));
	click(b, "Esc Show all");
	assert_true(shows(b, "root-ca-a"));
	click(b, "q Quit");
	assert_true(b->ui.quit);
}

static void a_footer_of_another_moment_presses_nothing(void **state)
{
	struct bench *b = *state;
	struct zone quit = zone_of(b, "q Quit");

	press(b, 'i');   /* from a procedure q does not quit */
	assert_true(b->ui.depth == 2);
	ui_time(&b->ui, 5000, b->ui.wall);
	ui_mouse(&b->ui, K_CLICK, quit);
	assert_false(b->ui.quit);
	ui_mouse(&b->ui, K_CLICK, (struct zone){ .kind = ZONE_ROW, .n = 4000000000, .list = 65535 });
	press(b, K_ESC);
	ui_mouse(&b->ui, K_CLICK, (struct zone){ .kind = ZONE_ROW, .n = 4000000000, .list = 65535 });
	ui_mouse(&b->ui, K_WHEEL_UP, (struct zone){ .kind = ZONE_ROW, .n = 4000000000, .list = 1 });
}

static void the_wheel_scrolls(void **state)
{
	struct bench *b = *state;

	wheel(b, K_WHEEL_DOWN, "root-ca-b");
	assert_true(shows(b, "\xe2\x96\xb8root-ca-c"));
	wheel(b, K_WHEEL_UP, "root-ca-b");
	assert_true(shows(b, "\xe2\x96\xb8root-ca-a"));
	press(b, '?');
	wheel(b, K_WHEEL_DOWN, "On the left");
	assert_false(shows(b, "On the left"));
}

static void a_field_that_is_clicked_has_the_keyboard(void **state)
{
	struct bench *b = *state;
	const struct wizard_screen *w;

	press(b, 'i');
	click(b, "Never: no key");
	assert_true(shows(b, "Type: no backups"));
	click(b, "Type: no backups");
	type(b, "no backups");
	click(b, "Enter Continue");
	assert_true(shows(b, "Current SO-PIN"));
	click(b, "New SO-PIN");
	type(b, "01");
	w = wizard_peek(ui_top(&b->ui));
	assert_int_equal(secret_len(run_secret(w->run, "new-so-pin", 0)), 2);
	assert_int_equal(secret_len(run_secret(w->run, "so-pin", 0)), 0);
}

static void marks_and_boxes_are_ticked(void **state)
{
	struct bench *b = *state;

	type_secrets(b);
	click(b, "SSH CA, P-256");
	assert_true(shows(b, "[x] SSH CA, P-256"));
	click(b, "SSH CA, P-256");
	assert_true(shows(b, "[ ] SSH CA, P-256"));
	click(b, "Leave out the self-test");
	assert_true(shows(b, "[x] Leave out the self-test"));
}

static void the_device_is_chosen_by_clicks(void **state)
{
	struct bench *b = *state;

	b->fleet.device[0].state = FLEET_ABSENT;
	press(b, 'm');
	click(b, "Initialise");
	b->fleet.device[0].state = FLEET_HERE;
	b->fleet.changes = FLEET_DEVICES;
	ui_event(&b->ui, &(struct job_event){ .type = JOBS_READERS });
	click(b, "root-ca-a");   /* the cursor stood on the only one that was there */
	assert_true(shows(b, "With which device?"));
	click(b, "root-ca-b");
	assert_true(shows(b, "With which device?"));
	click(b, "root-ca-b");
	assert_true(shows(b, "Initialise  DENK0200915"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reports_of_both_forms_are_read),
		cmocka_unit_test(what_is_no_report_is_no_key_either),
		cmocka_unit_test(a_report_is_no_part_of_a_secret),
		TEST(a_click_selects_and_a_second_one_opens),
		TEST(the_rest_of_a_double_click_presses_nothing),
		TEST(the_footer_presses_its_keys),
		TEST(a_footer_of_another_moment_presses_nothing),
		TEST(the_wheel_scrolls),
		TEST(a_field_that_is_clicked_has_the_keyboard),
		TEST(marks_and_boxes_are_ticked),
		TEST(the_device_is_chosen_by_clicks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
