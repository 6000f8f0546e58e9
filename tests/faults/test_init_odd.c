/* Initialising devices that are different, and with unusual wishes. */
#include "tests/faults/scene.h"
#include "tui/wizard/session.h"

/* --- devices that are different --- */

static void a_check_value_that_is_shown_after_a_login_only_is_compared_then(void **state)
{
	struct scene c;
	struct run *r = NULL;
	struct fault f;

	(void)state;
	raise_used(&c);
	must(sim_card_set_fault(stage_card(&c.s, 0), "zero-kcv", &f));
	must(initialise(&c, NULL, &r, &f));
	assert_string_equal(run_kcv(r), run_share_kcv(r, 0));
	assert_false(says(r, procedure_init.outcome, "could not be compared"));
	run_free(r);
	strike_scene(&c);
}

static void where_nobody_can_log_in_it_is_said_that_it_could_not_be_compared(void **state)
{
	static const struct given transport[] = { { "transport-pin", 0, "1", false }, { 0 } };
	struct scene c;
	struct card_info info;
	struct run *r = NULL;
	size_t n;
	struct fault f;

	(void)state;
	raise_used(&c);
	must(sim_card_set_fault(stage_card(&c.s, 0), "zero-kcv", &f));
	must(initialise(&c, transport, &r, &f));
	assert_string_equal(run_kcv(r), "");
	assert_true(says(r, procedure_init.outcome, "could not be compared"));
	run_free(r);
	look(&c, 0, &info, &n);
	assert_int_equal(info.user.state, PIN_TRANSPORT);
	assert_string_equal(info.label, "a label");
	strike_scene(&c);
}

static void an_answer_that_lies_about_the_dkek_is_no_success(void **state)
{
	struct scene c;
	struct fault f;

	(void)state;
	raise_used(&c);
	must(sim_card_set_fault(stage_card(&c.s, 0), "wrong:52", &f));
	assert_int_not_equal(initialise(&c, NULL, NULL, &f), ST_OK);
	strike_scene(&c);
}

static void firmware_that_cannot_change_the_so_pin_needs_a_sentence(void **state)
{
	static const struct given factory[] = { { "so-pin", 0, FACTORY_SO, false }, { "new-so-pin", 0, NULL, false }, { 0 } };
	static const struct given typed[] = {
		{ "so-pin", 0, FACTORY_SO, false }, { "new-so-pin", 0, NULL, false }, { "keep-factory-so-pin", 0, "1",
			false }, { 0 },
	};
	struct device_row row;
	struct scene c;
	struct run *r = NULL;
	struct fault f;

	(void)state;
	raise_scene(&c, 1, "1.0");
	make_share(&c, "a.pbe");
	assert_int_equal(initialise(&c, factory, NULL, &f), ST_USAGE);
	must(initialise(&c, typed, &r, &f));
	assert_true(says(r, procedure_init.outcome, "everybody knows"));
	run_free(r);
	must(store_device_get(c.s.store, stage_serial(&c.s, 0), &row, &f));
	assert_int_equal(row.factory_so_pin, 1);
	strike_scene(&c);
}

static void a_fresh_device_is_offered_the_factory_so_pin_and_a_rehearsal_may_keep_it(void **state)
{
	static const struct given none[] = { { "so-pin", 0, NULL, false }, { "new-so-pin", 0, NULL, false }, { 0 } };
	static const struct given change[] = { { "so-pin", 0, NULL, false }, { 0 } };
	struct device_row row;
	struct scene c;
	struct fault f;

	(void)state;
	raise_scene(&c, 1, NULL);
	make_share(&c, "a.pbe");
	assert_int_equal(initialise(&c, none, NULL, &f), ST_NEED_SECRET);
	c.s.env.rehearsal = true;
	must(initialise(&c, none, NULL, &f));
	must(store_device_get(c.s.store, stage_serial(&c.s, 0), &row, &f));
	assert_int_equal(row.factory_so_pin, 1);
	strike_scene(&c);

	raise_scene(&c, 1, NULL);
	make_share(&c, "a.pbe");
	must(initialise(&c, change, NULL, &f));
	must(store_device_get(c.s.store, stage_serial(&c.s, 0), &row, &f));
	assert_int_equal(row.factory_so_pin, 0);
	strike_scene(&c);
}

/* --- shares --- */

static void shares_that_are_not_here_are_left_for_later(void **state)
{
	static const struct given three[] = { { "shares", 0, "3", false }, { 0 } };
	struct scene c;
	struct card_info info;
	struct run *r = NULL;
	size_t n;
	struct fault f;

	(void)state;
	raise_used(&c);
	must(initialise(&c, three, &r, &f));
	assert_true(says(r, procedure_init.outcome, "2 of 3"));
	assert_string_equal(run_kcv(r), "");
	run_free(r);
	look(&c, 0, &info, &n);
	assert_int_equal(info.dkek.total, 3);
	assert_int_equal(info.dkek.missing, 2);
	strike_scene(&c);
}

static void a_new_share_is_made_in_the_wizard_and_is_there_for_its_owner_alone(void **state)
{
	static const struct given fresh[] = {
		{ "shares", 0, "2", false },        { "share", 0, "a.pbe", true }, { "new-share", 1, "new.pbe", true },
		{ "new-password", 1, "pass word", false }, { 0 },
	};
	static const struct given both[] = {
		{ "file", 0, "a.pbe", true }, { "file", 1, "new.pbe", true }, { "password", 0, "password", false },
		{ "password", 1, "pass word", false }, { 0 },
	};
	char kcv[17];
	struct scene c;
	struct stat sb;
	struct run *r = NULL;
	struct fault f;

	(void)state;
	raise_used(&c);
	must(initialise(&c, fresh, &r, &f));
	(void)snprintf(kcv, sizeof(kcv), "%s", run_kcv(r));
	assert_int_equal(strlen(kcv), 16);
	run_free(r);
	assert_int_equal(stat(stage_file(&c.s, "new.pbe"), &sb), 0);
	assert_int_equal(sb.st_mode & 07777, 0600);
	assert_int_equal(sb.st_size, 64);
	must(stage_run(&c.s, &procedure_share_check, NULL, both, &r, &f));
	assert_string_equal(run_kcv(r), kcv);
	run_free(r);
	strike_scene(&c);
}

static void a_second_device_takes_the_shares_that_are_open(void **state)
{
	static const struct given first[] = { { "so-pin", 0, NULL, false }, { 0 } };
	struct card_info a, b;
	struct scene c;
	struct run *r = NULL;
	size_t n;
	struct fault f;

	(void)state;
	raise_scene(&c, 2, NULL);
	make_share(&c, "a.pbe");
	must(initialise(&c, first, &r, &f));
	must(run_again(r, &f));
	assert_int_equal(secret_len(run_secret(r, "password", 0)), 0);
	assert_int_equal(secret_len(run_secret(r, "new-pin", 0)), 0);
	/* Not even its file is needed any more. */
	assert_int_equal(unlink(stage_file(&c.s, "a.pbe")), 0);
	assert_int_equal(run_set_device(r, stage_serial(&c.s, 1), NULL, &f), ST_OK);
	run_wait(r, NULL, NULL);
	must(run_set(r, "label", 0, "the second", &f));
	assert_true(secret_set(run_secret(r, "new-pin", 0), PIN, strlen(PIN)));
	assert_true(secret_set(run_secret(r, "new-so-pin", 0), NEW_SO, strlen(NEW_SO)));
	while (run_phase(r) == RUN_ASKING) {
		const char *bad;

		must(run_next(r, &bad, &f));
		run_wait(r, NULL, NULL);
		must(run_fault(r)->st);
	}
	must(run_start(r, &f));
	run_wait(r, NULL, NULL);
	assert_int_equal(run_phase(r), RUN_DONE);
	run_free(r);
	look(&c, 0, &a, &n);
	look(&c, 1, &b, &n);
	assert_true(a.dkek.kcv_shown && b.dkek.kcv_shown);
	assert_memory_equal(a.dkek.kcv, b.dkek.kcv, KCV_LEN);
	strike_scene(&c);
}

/* --- last tries --- */

static void spend_so_tries(struct scene *c, int left)
{
	struct card *card = stage_talk(&c->s, 0);
	SECRET *wrong = secret_new(PIN_SO_LEN);
	struct pin_status so = { .tries = left + 1 };
	struct fault f;

	assert_true(secret_set(wrong, "\1\1\1\1\1\1\1\1", PIN_SO_LEN));
	while (so.tries > left) {
		CARD_SESSION *held = NULL;

		must(card_begin(card, &held, &f));
		assert_int_equal(card_unblock(card, wrong, NULL, &f), ST_SO_PIN_WRONG);
		must(card_pin_status(card, PIN_SO, &so, &f));
	}
	card_close(card);
}

/* Erased already, so that nothing on it asks for the serial; but the SO-PIN typed now may be the wrong one of two. */
static void taking_it_up_does_not_spend_the_last_tries_of_the_so_pin(void **state)
{
	static const struct given other[] = { { "so-pin", 0, "0011223344556600", false }, { 0 } };
	struct scene c;
	struct card_info info;
	struct run *r = NULL;
	size_t n;
	struct fault f;

	(void)state;
	raise_used(&c);
	must(sim_card_set_fault(stage_card(&c.s, 0), "sw:24=6f00", &f));
	assert_int_equal(initialise(&c, NULL, NULL, &f), ST_HALFWAY);
	must(sim_card_set_fault(stage_card(&c.s, 0), NULL, &f));
	spend_so_tries(&c, LAST_SO_TRIES);

	c.s.env.script = false;   /* somebody at the console, who was asked for nothing */
	assert_int_equal(initialise(&c, other, &r, &f), ST_REFUSED);
	assert_string_equal(procedure_init.confirm(r), stage_serial(&c.s, 0));
	run_free(r);
	look(&c, 0, &info, &n);
	assert_int_equal(info.so.tries, LAST_SO_TRIES);

	c.s.env.script = true;   /* with --confirm */
	assert_int_equal(initialise(&c, other, NULL, &f), ST_SO_PIN_WRONG);
	look(&c, 0, &info, &n);
	assert_int_equal(info.so.tries, LAST_SO_TRIES - 1);
	strike_scene(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_check_value_that_is_shown_after_a_login_only_is_compared_then),
		cmocka_unit_test(where_nobody_can_log_in_it_is_said_that_it_could_not_be_compared),
		cmocka_unit_test(an_answer_that_lies_about_the_dkek_is_no_success),
		cmocka_unit_test(firmware_that_cannot_change_the_so_pin_needs_a_sentence),
		cmocka_unit_test(a_fresh_device_is_offered_the_factory_so_pin_and_a_rehearsal_may_keep_it),
		cmocka_unit_test(shares_that_are_not_here_are_left_for_later),
		cmocka_unit_test(a_new_share_is_made_in_the_wizard_and_is_there_for_its_owner_alone),
		cmocka_unit_test(a_second_device_takes_the_shares_that_are_open),
		cmocka_unit_test(taking_it_up_does_not_spend_the_last_tries_of_the_so_pin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
