/* The screens of custody and of the doctor: one reads an inventory, the other shows findings that the test makes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/console/bench.h"
#include "engine/base/clock.h"
#include "engine/base/words.h"
#include "store/device.h"
#include "store/dkek.h"
#include "tui/console/keys.h"
#include "tui/wizard/doctor.h"
#include "tests/console/words.h"

#define T(days) (FAKE_NOW - (days) * 86400)
#define OK(call) assert_int_equal(call, ST_OK)

/* --- findings --- */

static bool is_bad;
static _Atomic bool is_slow;
static _Atomic unsigned checked;

void doctor_look(struct jobs *jobs, struct doctor_place *p)
{
	(void)jobs;
	p->readers = 2;
	p->cards = 1;
}

size_t doctor_count(void)
{
	return 3;
}

const char *doctor_name(size_t i)
{
	static const char *const names[] = { N_("readers"), N_("inventory"), N_("network") };

	return names[i];
}

void doctor_check(size_t i, const struct doctor_place *p, struct finding *ret)
{
	*ret = (struct finding){ .verdict = i == 2 ? FINDING_NOTE : FINDING_FINE };
	checked++;
	while (is_slow)
		clock_sleep_ms(5);
	if (i == 0)
		(void)snprintf(ret->words, sizeof(ret->words), translated_n("%zu reader, %zu with a card that answers.",
			       "%zu readers, %zu with a card that answers.", p->readers), p->readers, p->cards);
	else if (i == 1)
		(void)snprintf(ret->words, sizeof(ret->words), "%s", is_bad ? _("The inventory can be read, but not written.") :
			       _("The inventory is whole, and can be written."));
	else
		(void)snprintf(ret->words, sizeof(ret->words), "%s", _("A network interface is up."));
	if (i == 2)
		ret->fix = _("Unplug it: an offline CA has no network.");
	if (i == 1 && is_bad) {
		ret->verdict = FINDING_BAD;
		ret->fix = _("Give yourself the file, or make its disk writable.");
	}
	if (i == 1)
		assert_non_null(p->store);   /* the worker's own */
}

/* --- the inventory --- */

static void add_share(struct store *s, const uint8_t *kcv, uint8_t i, const char *form, const char *custodian, const char *place,
		      int threshold, int64_t gone)
{
	struct share_row share = { .has_kcv = true, .kcv = { i }, .sha256 = { i }, .threshold = threshold,
				   .parts = threshold > 0 ? 5 : STORE_UNKNOWN, .made_at = T(299),
				   .checked_at = i % 2 == 0 ? T(20) : STORE_UNKNOWN, .gone_at = STORE_UNKNOWN };
	int64_t id;

	(void)snprintf(share.form, sizeof(share.form), "%s", form);
	(void)snprintf(share.file, sizeof(share.file), "share-%u.pbe", i);
	(void)snprintf(share.custodian, sizeof(share.custodian), "%s", custodian);
	(void)snprintf(share.place, sizeof(share.place), "%s", place);
	OK(store_share_seen(s, &share, T(299), &id, NULL));
	if (kcv != NULL)
		OK(store_dkek_share(s, kcv, share.kcv, T(299), NULL));
	if (gone > 0)
		OK(store_share_gone(s, id, gone, NULL));
	for (int part = 1; part <= 2 && threshold > 0; part++) {
		struct part_row row = { .number = part, .checked_at = T(20), .gone_at = STORE_UNKNOWN };

		(void)snprintf(row.custodian, sizeof(row.custodian), "%s", part == 1 ? "Eve" : "Fay");
		OK(store_part_set(s, id, &row, NULL));
	}
}

static void fill(struct store *s, struct fleet *fl)
{
	static const struct dkek_row whole = { .kcv = { 0xe9, 0x4f, 0x16, 0xb4, 0x64, 0xd5, 0x8b, 0x35 }, .label = "main",
					       .shares = 2 };
	static const struct dkek_row broken = { .kcv = { 0x10, 2, 3, 4, 5, 6, 7, 8 }, .shares = 3 };

	(void)fl;
	OK(store_dkek_seen(s, &whole, T(299), NULL));
	add_share(s, whole.kcv, 2, "file", "Ada", "safe 2", STORE_UNKNOWN, 0);
	add_share(s, whole.kcv, 3, "sheet", "Bob", "", STORE_UNKNOWN, 0);
	OK(store_dkek_seen(s, &broken, T(200), NULL));
	add_share(s, broken.kcv, 4, "file", "", "", 2, 0);
	add_share(s, broken.kcv, 6, "file", "", "", 3, 0);
	add_share(s, broken.kcv, 8, "file", "Cid", "", STORE_UNKNOWN, T(3));
	add_share(s, NULL, 9, "file", "Dan", "", STORE_UNKNOWN, 0);
}

static int setup(void **state)
{
	is_bad = false;
	is_slow = false;
	return bench_setup_stored(state, fill);
}

static int teardown(void **state)
{
	is_slow = false;
	return bench_teardown(state);
}

static void every_dkek_is_shown_with_its_shares_and_whether_it_can_be_put_together(void **state)
{
	struct bench *b = *state;

	press(b, '4');
	settle(b);
	compare_sizes(b, "custody");
	compare(b, "custody_ascii", 24, 80, REPERTOIRE_ASCII);
	ui_resize(&b->ui, 24, 80);
	press(b, 'G');
	compare(b, "custody_end", 24, 80, REPERTOIRE_UNICODE);
	press(b, K_ENTER);
	settle(b);
	assert_true(shows(b, "Shares of no DKEK that is known"));
	press(b, K_ESC);
	press(b, 'g');
	press(b, K_ENTER);
	settle(b);
	compare_sizes(b, "dkek");
	compare(b, "dkek_ascii", 24, 80, REPERTOIRE_ASCII);
	press(b, 'Q');
	assert_true(shows(b, "E94F16B464D58B35"));
}

static void custody_is_a_list(void **state)
{
	struct bench *b = *state;

	press(b, '4');
	settle(b);
	press(b, '/');
	type(b, "main");   /* what the DKEK is called */
	assert_true(shows(b, "Ada") && shows(b, "Bob") && !shows(b, "Cid"));
	press(b, K_ESC);
	press(b, '/');
	type(b, "eve");
	assert_true(shows(b, "Eve") && !shows(b, "Ada"));
	press(b, K_ESC);
	press(b, 'g');
	for (int i = 0; i < 4; i++)   /* what was checked the longest ago comes first */
		press(b, 's');
	press(b, 'g');
	assert_true(shows(b, "Bob"));
	compare(b, "custody_checked", 24, 80, REPERTOIRE_UNICODE);
}

static void the_doctor_says_line_by_line_what_is_well(void **state)
{
	struct bench *b = *state;

	press(b, '6');
	assert_true(shows(b, "Checking this workstation."));
	settle(b);
	compare_sizes(b, "doctor");
	compare(b, "doctor_ascii", 24, 80, REPERTOIRE_ASCII);
	is_bad = true;
	press(b, K_CTRL('l'));
	settle(b);
	compare(b, "doctor_bad", 24, 80, REPERTOIRE_UNICODE);
	press(b, 'g');
	press(b, K_ENTER);
	assert_true(shows(b, "Give yourself the file, or make its disk writable."));
	press(b, K_ESC);
	press(b, '/');
	type(b, "network");
	assert_true(words_are_pseudo() || (shows(b, "A network interface is up.") && !shows(b, "readers")));
}

/* Whoever leaves does not wait; whoever comes back meets the checks that are under way, and begins no others. */
static void checks_that_take_long_are_not_waited_for(void **state)
{
	struct bench *b = *state;

	is_slow = true;
	checked = 0;
	press(b, '6');
	ui_time(&b->ui, 4200, FAKE_NOW + 4);
	assert_true(ui_busy(&b->ui));
	assert_true(shows(b, "for 4 s now"));
	press(b, '1');
	assert_true(shows(b, "Devices"));
	press(b, '6');
	press(b, '1');
	press(b, '6');
	is_slow = false;
	settle(b);
	assert_true(shows(b, "able to work"));
	assert_int_equal(checked, 3);
	is_slow = true;
	press(b, K_CTRL('l'));
	press(b, '1');
	is_slow = false;
	settle(b);   /* it ends with nobody looking */
	assert_null(b->ui.left);
}

#define CUSTODY_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CUSTODY_TEST(every_dkek_is_shown_with_its_shares_and_whether_it_can_be_put_together),
		CUSTODY_TEST(custody_is_a_list),
		CUSTODY_TEST(the_doctor_says_line_by_line_what_is_well),
		CUSTODY_TEST(checks_that_take_long_are_not_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
