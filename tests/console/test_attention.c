/* What needs doing: the line on the main screen, the list of all of it, and where both lead. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "tests/console/bench.h"
#include "engine/base/words.h"
#include "tui/console/keys.h"

static void add(struct bench *b, enum fleet_urgency urgency, unsigned rank, const char *serial, const char *words,
		const char *procedure)
{
	struct fleet_attention *a = &b->fleet.attention[b->fleet.attentions++];

	*a = (struct fleet_attention){ .urgency = urgency, .rank = rank, .procedure = procedure };
	(void)snprintf(a->serial, sizeof(a->serial), "%s", serial);
	(void)snprintf(a->words, sizeof(a->words), "%s", translated(words));   /* as the fleet gives them */
}

static void several(struct bench *b)
{
	b->fleet.attentions = 0;
	add(b, FLEET_DANGER, 0, "DENK0200915", "It still has the factory's SO-PIN: change it.", "so-pin change");
	add(b, FLEET_WARNING, 5, "DENK0200914", "Its user PIN is on its last try.", "backup");
	add(b, FLEET_WARNING, 6, "DENK0200916", "Its firmware is too old for keys that matter.", NULL);
	b->fleet.attention[2].away = true;
	add(b, FLEET_NOTE, 9, "DENK0200915", "It was never initialised.", "init");
	(void)snprintf(b->fleet.given[1], sizeof(b->fleet.given[1]), "d29f8be8");
}

static void the_line_says_the_first_and_how_many_there_are(void **state)
{
	struct bench *b = *state;

	several(b);
	compare(b, "attention_line", 24, 80, REPERTOIRE_UNICODE);
}

static void all_of_it_is_listed_most_urgent_first(void **state)
{
	struct bench *b = *state;

	several(b);
	press(b, 'A');
	compare_sizes(b, "attention");
	compare(b, "attention_ascii", 24, 80, REPERTOIRE_ASCII);
	ui_resize(&b->ui, 24, 80);
	press(b, K_DOWN);
	assert_true(shows(b, "Back up"));
	press(b, K_DOWN);
	assert_true(shows(b, "Nothing that is here mends it"));
	press(b, K_ENTER);
	assert_true(shows(b, "root-ca-c"));
	assert_true(shows(b, "Insert this device"));
	press(b, K_ESC);
	press(b, K_ESC);
	assert_true(shows(b, "Devices"));
}

static void the_cursor_stays_on_what_it_stands_on(void **state)
{
	struct bench *b = *state;

	several(b);
	press(b, 'A');
	press(b, K_DOWN);
	press(b, K_DOWN);
	b->fleet.attention[0] = b->fleet.attention[2];
	b->fleet.attention[1] = b->fleet.attention[3];
	b->fleet.attentions = 2;
	b->fleet.changes = FLEET_ATTENTION;
	ui_event(&b->ui, &(struct job_event){ .type = JOBS_READERS });
	assert_true(shows(b, "Nothing that is here mends it"));
	b->fleet.attentions = 0;
	b->fleet.changes = FLEET_ATTENTION;
	ui_event(&b->ui, &(struct job_event){ .type = JOBS_READERS });
	assert_true(shows(b, "Nothing needs doing."));
	press(b, K_ENTER);
	assert_true(shows(b, "Nothing needs doing."));
}

static void it_leads_to_the_procedure_with_the_device_that_is_meant(void **state)
{
	struct bench *b = *state;

	several(b);
	(void)snprintf(b->fleet.attention[3].on, sizeof(b->fleet.attention[3].on), "DENK0200914");
	press(b, 'A');
	press(b, 'G');
	press(b, K_ENTER);   /* Initialise: on another device than the one that it is about */
	assert_true(shows(b, "Initialise"));
	assert_true(shows(b, "DENK0200914"));
	assert_false(shows(b, "DENK0200915"));
}

static void more_than_the_screen_holds_can_be_reached(void **state)
{
	struct bench *b = *state;

	b->fleet.attentions = 0;
	for (unsigned i = 0; i < 40; i++) {
		char words[60];

		(void)snprintf(words, sizeof(words), "The key \"number %u\" (P-192) is too weak by now.", i);
		add(b, FLEET_WARNING, i, "DENK0200914", words, NULL);
	}
	press(b, 'A');
	assert_true(shows(b, "number 0"));
	assert_false(shows(b, "number 39"));
	press(b, 'G');
	assert_true(shows(b, "number 39"));
	press(b, K_PAGE_UP);
	assert_true(shows(b, "number 27"));
	press(b, 'g');
	assert_true(shows(b, "number 0"));
}

static void what_is_away_is_looked_for_once_the_first_picture_is_there(void **state)
{
	struct bench *b = *state;

	b->ui.now_ms = 0;
	b->fleet.looks_away = false;
	ui_time(&b->ui, 1000, FAKE_NOW);   /* before it is drawn */
	assert_false(b->fleet.looks_away);
	ui_time(&b->ui, 1020, FAKE_NOW);
	assert_true(b->fleet.looks_away);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_line_says_the_first_and_how_many_there_are),
		TEST(all_of_it_is_listed_most_urgent_first),
		TEST(the_cursor_stays_on_what_it_stands_on),
		TEST(it_leads_to_the_procedure_with_the_device_that_is_meant),
		TEST(more_than_the_screen_holds_can_be_reached),
		TEST(what_is_away_is_looked_for_once_the_first_picture_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
