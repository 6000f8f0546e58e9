/* Screens without a terminal: keys and events go in, pictures come out, and are compared with those in golden/. */
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

static void the_main_screen_shows_devices_and_objects(void **state)
{
	struct bench *b = *state;

	compare_sizes(b, "main");
	compare(b, "main_ascii", 24, 80, REPERTOIRE_ASCII);
	compare(b, "main_300x100", 100, 300, REPERTOIRE_UNICODE);
	press(b, K_TAB);
	press(b, ' ');
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
	press(b, 'i');   /* a procedure is not left by a key that nobody can see the meaning of */
	ui_resize(&b->ui, 20, 79);
	press(b, 'q');
	press(b, K_ESC);
	assert_false(b->ui.quit);
	assert_int_equal(b->ui.depth, 2);
	ui_resize(&b->ui, 24, 80);
	press(b, K_ESC);   /* to the choice of a device, and away */
	press(b, K_ESC);
	ui_resize(&b->ui, 20, 79);
	press(b, 'q');
	assert_true(b->ui.quit);
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
	(void)fault_set(&d[2].fault, ST_FOREIGN_CARD,
			"This is an OpenPGP card. Keyroom works with the SmartCard-HSM only; use GnuPG for it.");
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

	(void)snprintf(b->fleet.device[0].label, sizeof(b->fleet.device[0].label),
		       "\x1b[2Jevil\xe2\x80\xae and much too long for its place");
	(void)snprintf(b->fleet.object[0][0].label, sizeof(b->fleet.object[0][0].label),
		       "\xe6\xa0\xb9\xe8\xaf\x81\xe4\xb9\xa6\xf0\x9f\x94\x91\n\t?");
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

/* Does one text stand above the other in the picture? */
static bool above(struct bench *b, const char *one, const char *other)
{
	char *now = picture(b, 24, 80, REPERTOIRE_UNICODE), *first = strstr(now, one), *second = strstr(now, other);
	bool is = first != NULL && second != NULL && first < second;

	free(now);
	return is;
}

static void rows_come_in_another_order_and_the_cursor_stays_on_its_row(void **state)
{
	struct bench *b = *state;

	b->fleet.device[0].label[0] = 'x';
	assert_true(above(b, "xoot-ca-a ", "root-ca-b"));
	press(b, 's');
	assert_true(shows(b, "Devices by name"));
	assert_true(above(b, "root-ca-b", "\xe2\x96\xb8xoot-ca-a "));
	press(b, 's');
	assert_true(shows(b, "Devices by serial"));
	assert_true(above(b, "\xe2\x96\xb8xoot-ca-a ", "root-ca-b"));
	press(b, 's');
	assert_false(shows(b, "Devices by serial"));
	press(b, K_TAB);
	press(b, K_DOWN);
	press(b, K_DOWN);
	assert_true(above(b, "\xe2\x94\x94 CN=", "\xe2\x96\xb8SSH CA"));
	press(b, 's');
	assert_true(words_are_pseudo() || shows(b, "Kind\xe2\x86\x93"));
	assert_true(above(b, "\xe2\x96\xb8SSH CA", "Root CA 2026 "));
	assert_true(above(b, "Root CA 2026 ", "\xe2\x94\x94 CN="));   /* a certificate stays under its key */
	assert_true(above(b, "\xe2\x94\x94 CN=", "veracrypt.key"));
	press(b, 's');
	assert_true(above(b, "Root CA 2026 ", "\xe2\x96\xb8SSH CA"));
	press(b, 's');
	assert_true(words_are_pseudo() || shows(b, "Backups\xe2\x86\x93"));
	assert_true(above(b, "\xe2\x96\xb8SSH CA", "Root CA 2026 "));   /* has none */
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
		struct job_event e;
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
		while (jobs_wait(b->env.jobs, 1, &e))
			ui_event(&b->ui, &e);
		now = picture(b, b->ui.rows > 0 ? b->ui.rows : 1, b->ui.cols > 0 ? b->ui.cols : 1, REPERTOIRE_UNICODE);
		free(now);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_main_screen_shows_devices_and_objects),
		TEST(a_terminal_that_is_too_small_says_so_and_recovers),
		TEST(devices_in_every_state_are_told_apart),
		TEST(names_from_outside_are_harmless),
		TEST(the_cursor_stays_on_its_device),
		TEST(a_filter_shows_what_contains_it),
		TEST(rows_come_in_another_order_and_the_cursor_stays_on_its_row),
		TEST(help_explains_the_screen_and_its_keys),
		TEST(more_lists_every_procedure),
		TEST(attention_leads_to_what_mends_it),
		TEST(every_key_can_be_pressed_everywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
