/* restore of several backups of the inventory at once, and of all that a device takes. */
#include "tests/unit/backup_help.h"

/* Two cards under one DKEK, the first with three keys that are backed up, the first of them twice. Newest first: 4 rows. */
static void three_backups(struct place *p, char numbers[4][24])
{
	struct backup_row *rows = NULL;

	place_init(p, 0, 1, 0x10);
	place_init(p, 1, 1, 0x10);
	place_make_key(p, 0, "ec:secp256r1", "one", "01");
	place_expect(p, "backup", 0, ALL(p), ST_OK);
	place_make_key(p, 0, "ec:secp384r1", "two", "02");
	place_make_key(p, 0, "aes:128", "three", "03");
	place_expect(p, "backup", 0, ALL(p), ST_OK);
	assert_int_equal(backups_in(p, &rows), 4);
	for (size_t i = 0; i < 4; i++)
		snprintf(numbers[i], 24, "%lld", (long long)rows[i].id);
	free(rows);
}

static const struct question *question_of(const char *procedure, const char *name)
{
	for (const struct page *page = procedure_find(procedure)->pages; page->name != NULL; page++) {
		for (const struct question *q = page->questions; q != NULL && q->name != NULL; q++) {
			if (strcmp(q->name, name) == 0)
				return q;
		}
	}
	fail_msg("%s asks for no %s", procedure, name);
	return NULL;
}

static bool offers(struct run *r, const char *number)
{
	struct choices c = { 0 };
	struct fault f = { 0 };

	must(question_of("restore", "backup")->choices_of(r, &c, &f));
	for (size_t i = 0; i < c.n; i++) {
		if (strcmp(c.c[i].value, number) == 0)
			return true;
	}
	return false;
}

static void several_backups_go_in_one_run(void **state)
{
	struct place *p = *state;
	char numbers[4][24];
	struct fault f = { 0 };
	struct run *r = NULL;
	size_t n;

	three_backups(p, numbers);
	must(place_do(p, "restore", 1,
		      GIVEN({ "backup", numbers[0], 0 }, { "backup", numbers[1], 1 }, { "pin", PIN, 0 }), &r, &f));
	assert_int_equal(run_keys_failed(r), 0);
	assert_string_equal(run_keys(r, &n)[1].proof, "restored");
	assert_int_equal(n, 2);
	run_free(r);
	assert_int_equal(place_count(p, 1, FID_KEY), 2);
	/* One that is there already, and one that is not. */
	must(place_do(p, "restore", 1,
		      GIVEN({ "backup", numbers[0], 0 }, { "backup", numbers[3], 1 }, { "pin", PIN, 0 }), &r, &f));
	assert_int_equal(run_keys_failed(r), 1);
	assert_int_equal(run_keys(r, &n)[0].fault.st, ST_DUPLICATE);
	run_free(r);
	assert_int_equal(place_count(p, 1, FID_KEY), 3);
	place_expect(p, "restore", 1, GIVEN({ "backup", numbers[3], 0 }, { "backup", "nine", 1 }, { "pin", PIN, 0 }),
		     ST_BAD_FORM);
	place_expect(p, "restore", 1, GIVEN({ "backup", numbers[3], 0 }, { "all", "1", 0 }, { "pin", PIN, 0 }), ST_USAGE);
}

static void all_that_are_known_are_restored_each_key_once(void **state)
{
	struct place *p = *state;
	char numbers[4][24];
	struct fault f = { 0 };
	struct run *r = NULL;
	size_t n;

	three_backups(p, numbers);
	place_expect(p, "restore", 1, GIVEN({ "backup", numbers[1], 0 }, { "pin", PIN, 0 }), ST_OK);
	must(place_do(p, "restore", 1, GIVEN({ "all", "1", 0 }, { "pin", PIN, 0 }), &r, &f));
	assert_int_equal(run_keys_failed(r), 0);
	(void)run_keys(r, &n);
	assert_int_equal(n, 2);
	run_free(r);
	assert_int_equal(place_count(p, 1, FID_KEY), 3);
	/* Once more: that is no failure, and changes nothing. */
	must(place_do(p, "restore", 1, GIVEN({ "all", "1", 0 }, { "pin", PIN, 0 }), &r, &f));
	(void)run_keys(r, &n);
	assert_int_equal(n, 0);
	run_free(r);
	assert_int_equal(place_count(p, 1, FID_KEY), 3);
}

static void all_means_those_of_this_dkek(void **state)
{
	struct place *p = *state;
	char numbers[4][24];

	three_backups(p, numbers);
	place_init(p, 1, 1, 0x77);
	place_expect(p, "restore", 1, GIVEN({ "all", "1", 0 }, { "pin", PIN, 0 }), ST_OK);
	assert_int_equal(place_count(p, 1, FID_KEY), 0);
	place_init(p, 1, -1, 0);
	place_expect(p, "restore", 1, GIVEN({ "all", "1", 0 }, { "pin", PIN, 0 }), ST_NO_DKEK);
}

static void the_list_has_what_the_device_could_take(void **state)
{
	struct place *p = *state;
	char numbers[4][24];
	struct fault f = { 0 };
	struct run *r;

	three_backups(p, numbers);
	place_expect(p, "restore", 1, GIVEN({ "backup", numbers[0], 0 }, { "pin", PIN, 0 }), ST_OK);
	p->env.script = false;
	r = place_run_new(p, "restore", 1, GIVEN({ NULL, NULL, 0 }));
	assert_false(offers(r, numbers[0]));
	assert_true(offers(r, numbers[1]) && offers(r, numbers[2]) && offers(r, numbers[3]));
	run_free(r);
	/* One that was named is among them all the same: it is refused with a reason later. */
	r = place_run_new(p, "restore", 1, GIVEN({ "backup", numbers[0], 0 }));
	assert_true(offers(r, numbers[0]));
	run_free(r);
	/* Under another DKEK there is nothing to be had. */
	place_init(p, 1, 1, 0x77);
	r = place_run_new(p, "restore", 1, GIVEN({ "all", "1", 0 }, { "pin", PIN, 0 }));
	must(place_go(p, r, &f));
	run_free(r);
	p->env.script = true;
	place_make_key(p, 1, "ec:secp256r1", "other", "09");
	p->env.script = false;
	r = place_run_new(p, "restore", 1, GIVEN({ NULL, NULL, 0 }));
	for (size_t i = 0; i < 4; i++)
		assert_false(offers(r, numbers[i]));
	run_free(r);
}

static size_t open_runs(struct place *p)
{
	struct run_record *rows = NULL;
	struct fault f = { 0 };
	size_t n = 0;

	must(store_open_runs(p->store, NULL, &rows, &n, &f));
	run_records_free(rows, n);
	return n;
}

/* All was done, but nobody heard of it: the same command again does nothing twice, and says that it is done. */
static void a_script_that_is_killed_before_it_hears_does_nothing_twice(void **state)
{
	struct place *p = *state;
	const struct given given[] = { { "all", "1", 0 }, { "pin", PIN, 0 }, { NULL, NULL, 0 } };
	struct backup_row *rows = NULL;
	struct run *killed, *again;
	struct fault f = { 0 };
	size_t n;

	place_init(p, 0, 1, 0x10);
	place_make_key(p, 0, "ec:secp256r1", "one", "01");
	must(place_do(p, "backup", 0, given, &killed, &f));
	assert_int_equal(open_runs(p), 1);
	must(place_do(p, "backup", 0, given, &again, &f));
	(void)run_keys(again, &n);
	assert_int_equal(n, 0);
	assert_int_equal(backups_in(p, &rows), 1);
	free(rows);
	run_free(again);
	assert_int_equal(open_runs(p), 0);
	/* Told: now the same command is meant once more. */
	place_expect(p, "backup", 0, given, ST_OK);
	assert_int_equal(backups_in(p, &rows), 2);
	free(rows);
	run_free(killed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(several_backups_go_in_one_run),
		TEST(all_that_are_known_are_restored_each_key_once),
		TEST(all_means_those_of_this_dkek),
		TEST(the_list_has_what_the_device_could_take),
		TEST(a_script_that_is_killed_before_it_hears_does_nothing_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
