/* Initialising with bad input: said clearly, and nothing is lost. */
#include "tests/faults/scene.h"

static void input_of_the_wrong_form_never_reaches_the_device(void **state)
{
	static const struct {
		struct given g[4];
		enum status st;
	} bad[] = {
		{ { { "shares", 0, "0", false } }, ST_BAD_FORM },
		{ { { "shares", 0, "128", false } }, ST_BAD_FORM },
		{ { { "shares", 0, "255", false } }, ST_BAD_FORM },
		{ { { "shares", 0, "three", false } }, ST_BAD_FORM },
		{ { { "no-backup", 0, "1", false } }, ST_USAGE },
		{ { { "shares", 0, NULL, false } }, ST_USAGE },
		{ { { "so-pin", 0, "0011", false } }, ST_BAD_FORM },
		{ { { "so-pin", 0, "001122334455667X", false } }, ST_BAD_FORM },
		{ { { "so-pin", 0, NULL, false } }, ST_NEED_SECRET },
		{ { { "new-so-pin", 0, "short", false } }, ST_BAD_FORM },
		{ { { "new-so-pin", 0, FACTORY_SO, false } }, ST_REFUSED },
		{ { { "new-pin", 0, "12345", false } }, ST_BAD_FORM },
		{ { { "new-pin", 0, "1234567890123456", false } }, ST_BAD_FORM },
		{ { { "pin-tries", 0, "4", false } }, ST_BAD_FORM },
		{ { { "pin-tries", 0, "0", false } }, ST_BAD_FORM },
		{ { { "new-pin", 0, "1234567", false }, { "pin-tries", 0, "6", false } }, ST_BAD_FORM },
		{ { { "label", 0, "", false } }, ST_USAGE },
		{ { { "label", 0, "caf\xe9", false } }, ST_BAD_FORM },
		{ { { "label", 0, "a\nb", false } }, ST_BAD_FORM },
		{ { { "label", 0, "a label of more than 32 characters", false } }, ST_BAD_FORM },
		{ { { "share", 0, "nowhere.pbe", true } }, ST_NOT_FOUND },
		{ { { "password", 0, "passwort", false } }, ST_PASSWORD_WRONG },
		{ { { "share", 0, "inventory", true } }, ST_DAMAGED },
	};
	struct scene c;
	struct fault f;

	(void)state;
	raise_used(&c);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		enum status st = initialise(&c, bad[i].g, NULL, &f);

		if (st != bad[i].st)
			fail_msg("%s \"%s\" gave %s: %s", bad[i].g[0].question, bad[i].g[0].text ? bad[i].g[0].text : "(left out)",
				 status_name(st), st == ST_OK ? "" : f.what);
	}
	nothing_happened(&c, 0);
	strike_scene(&c);
}

static void a_wrong_so_pin_is_counted_named_and_erases_nothing(void **state)
{
	static const struct given wrong[] = { { "so-pin", 0, NEW_SO, false }, { 0 } };
	struct scene c;
	struct run *r = NULL;
	struct fault f;

	(void)state;
	raise_used(&c);
	assert_int_equal(initialise(&c, wrong, &r, &f), ST_SO_PIN_WRONG);
	assert_int_equal(f.tries_left, 14);
	assert_non_null(strstr(f.what, "14"));
	assert_non_null(strstr(f.what, "Nothing was erased"));
	assert_true(says(r, procedure_init.failed, "as it was"));
	run_free(r);
	nothing_happened(&c, 1);
	strike_scene(&c);
}

static void a_dead_so_pin_is_said_before_anything_is_asked(void **state)
{
	static const struct given wrong[] = { { "so-pin", 0, NEW_SO, false }, { 0 } };
	struct scene c;
	struct fault f;

	(void)state;
	raise_used(&c);
	for (int i = 0; i < PIN_SO_TRIES; i++)
		(void)initialise(&c, wrong, NULL, &f);
	assert_int_equal(initialise(&c, NULL, NULL, &f), ST_SO_PIN_BLOCKED);
	assert_non_null(strstr(f.what, "can never be initialised again"));
	strike_scene(&c);
}

static void the_same_share_twice_is_refused(void **state)
{
	static const struct given twins[] = {
		{ "shares", 0, "2", false }, { "share", 1, "b.pbe", true }, { "password", 1, "password", false }, { 0 },
	};
	static const struct given one_file[] = {
		{ "shares", 0, "2", false }, { "share", 1, "a.pbe", true }, { "password", 1, "password", false }, { 0 },
	};
	struct scene c;
	BUF bytes = { 0 };
	struct fault f;

	(void)state;
	raise_used(&c);
	must(file_read(stage_file(&c.s, "a.pbe"), 100, &bytes, &f));
	must(file_write_new(stage_file(&c.s, "b.pbe"), buf_view(&bytes), &f));
	assert_int_equal(initialise(&c, twins, NULL, &f), ST_REFUSED);
	assert_non_null(strstr(f.what, "hold the same share"));
	assert_int_equal(initialise(&c, one_file, NULL, &f), ST_REFUSED);
	assert_non_null(strstr(f.what, "is share 1 already"));   /* on its own page, where it can be typed anew */
	nothing_happened(&c, 0);
	strike_scene(&c);
}

static void a_device_that_refuses_is_no_success(void **state)
{
	struct scene c;
	struct fault f;

	(void)state;
	raise_used(&c);
	must(sim_card_set_fault(stage_card(&c.s, 0), "sw:50=6985", &f));
	assert_int_equal(initialise(&c, NULL, NULL, &f), ST_NOT_ALLOWED);
	must(sim_card_set_fault(stage_card(&c.s, 0), "sw:50=6A84", &f));
	assert_int_equal(initialise(&c, NULL, NULL, &f), ST_CARD_FULL);
	must(sim_card_set_fault(stage_card(&c.s, 0), NULL, &f));
	nothing_happened(&c, 0);
	strike_scene(&c);
}

/* With nothing on it, a device does not show whether an initialisation that it broke off had begun. */
static void what_is_not_known_is_not_called_unchanged(void **state)
{
	static const struct given first[] = { { "so-pin", 0, FACTORY_SO, false }, { 0 } };
	struct run_record *rows = NULL;
	struct scene c;
	size_t n = 0;
	struct fault f;

	(void)state;
	raise_scene(&c, 1, NULL);
	make_share(&c, "a.pbe");
	must(sim_card_set_fault(stage_card(&c.s, 0), "sw:50=6A84", &f));
	assert_int_equal(initialise(&c, first, NULL, &f), ST_CARD_FULL);
	assert_null(strstr(f.what, "Nothing was erased"));
	must(store_open_runs(c.s.store, NULL, &rows, &n, &f));
	assert_int_equal(n, 1);
	run_records_free(rows, n);
	must(sim_card_set_fault(stage_card(&c.s, 0), NULL, &f));
	must(initialise(&c, first, NULL, &f));
	strike_scene(&c);
}

static void what_came_onto_the_device_after_the_review_is_not_erased(void **state)
{
	static const struct given key[] = {
		{ "type", 0, "ec:secp256r1", false }, { "label", 0, "another", false }, { "pin", 0, PIN, false }, { 0 },
	};
	static const char *const typed[][2] = {
		{ "so-pin", OLD_SO }, { "new-so-pin", NEW_SO }, { "new-pin", PIN },
	};
	struct scene c;
	struct run *r = NULL;
	struct fault f;

	(void)state;
	raise_used(&c);
	must(run_new(&procedure_init, &c.s.env, &r, &f));
	must(run_set_device(r, stage_serial(&c.s, 0), NULL, &f));
	run_wait(r, NULL, NULL);
	must(run_set(r, "no-backup", 0, "1", &f));
	must(run_set(r, "label", 0, "x", &f));
	for (size_t i = 0; i < 3; i++)
		assert_true(secret_set(run_secret(r, typed[i][0], 0), typed[i][1], strlen(typed[i][1])));
	while (run_phase(r) == RUN_ASKING) {
		const char *bad;

		must(run_next(r, &bad, &f));
		run_wait(r, NULL, NULL);
	}
	must(stage_run(&c.s, &procedure_key_new, stage_serial(&c.s, 0), key, NULL, &f));
	must(run_start(r, &f));
	run_wait(r, NULL, NULL);
	assert_int_equal(run_phase(r), RUN_FAILED);
	assert_int_equal(run_fault(r)->st, ST_REFUSED);
	run_free(r);
	nothing_happened(&c, 0);
	strike_scene(&c);
}

static void an_inventory_that_is_locked_stops_it_before_the_device_is_touched(void **state)
{
	struct scene c;
	struct store *other = NULL;
	struct store_txn t = { 0 };
	struct fault f, g;
	enum status st;

	(void)state;
	raise_used(&c);
	must(store_open(c.s.store_file, 0, &other, &f));
	must(store_begin(other, &t, &f));
	must(store_device_so_pin(other, stage_serial(&c.s, 0), false, &f));
	st = initialise(&c, NULL, NULL, &g);
	store_txn_done(&t);
	store_close(other);
	assert_int_equal(st, ST_STORE_BUSY);
	nothing_happened(&c, 0);
	strike_scene(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(input_of_the_wrong_form_never_reaches_the_device),
		cmocka_unit_test(a_wrong_so_pin_is_counted_named_and_erases_nothing),
		cmocka_unit_test(a_dead_so_pin_is_said_before_anything_is_asked),
		cmocka_unit_test(the_same_share_twice_is_refused),
		cmocka_unit_test(a_device_that_refuses_is_no_success),
		cmocka_unit_test(what_is_not_known_is_not_called_unchanged),
		cmocka_unit_test(what_came_onto_the_device_after_the_review_is_not_erased),
		cmocka_unit_test(an_inventory_that_is_locked_stops_it_before_the_device_is_touched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
