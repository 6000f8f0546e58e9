/* Steps, what they leave in the inventory, and going on from there. */
#include "tests/unit/wizard_trial.h"

/* --- steps --- */

static void steps_run_in_order_and_secrets_do_not_outlive_them(void **state)
{
	struct stage s;

	(void)state;
	raise_stage(&s, true);
	to_review(&s);
	start(&s);
	assert_int_equal(run_phase(s.run), RUN_DONE);
	assert_string_equal(s.bench.log, "read act0 act1 look ");
	assert_int_equal(run_step_state(s.run, 0), STEP_FINISHED);
	assert_int_equal(run_step_state(s.run, 1), STEP_LEFT_OUT);
	assert_int_equal(run_step_state(s.run, 2), STEP_FINISHED);
	assert_int_equal(secret_len(run_secret(s.run, "pin", 0)), 0);
	strike_stage(&s);
}

static size_t open_runs(struct stage *s, struct run_record **ret)
{
	size_t n = 0;
	struct fault f;

	assert_int_equal(store_open_runs(s->store, NULL, ret, &n, &f), ST_OK);
	return n;
}

static void a_failure_before_anything_was_changed_is_itself_and_leaves_nothing_open(void **state)
{
	struct stage s;
	struct run_record *rows = NULL;

	(void)state;
	raise_stage(&s, true);
	to_review(&s);
	s.bench.changes = false;
	s.bench.give_act = ST_CARD_GONE;
	start(&s);
	assert_int_equal(run_phase(s.run), RUN_FAILED);
	assert_int_equal(run_fault(s.run)->st, ST_CARD_GONE);
	assert_int_equal(open_runs(&s, &rows), 0);
	run_records_free(rows, 0);
	strike_stage(&s);
}

static void what_was_taken_back_counts_as_unchanged(void **state)
{
	struct stage s;
	struct run_record *rows = NULL;

	(void)state;
	raise_stage(&s, true);
	to_review(&s);
	s.bench.takes_back = true;
	s.bench.give_act = ST_SO_PIN_WRONG;
	start(&s);
	assert_int_equal(run_fault(s.run)->st, ST_SO_PIN_WRONG);
	assert_int_equal(open_runs(&s, &rows), 0);
	run_records_free(rows, 0);
	strike_stage(&s);
}

static void a_device_that_goes_half_way_leaves_a_record_to_go_on_from(void **state)
{
	struct stage s;
	struct run_record *rows = NULL;
	struct run *second = NULL;
	struct fault f;

	(void)state;
	raise_stage(&s, true);
	to_review(&s);
	s.bench.give_act = ST_CARD_GONE;
	start(&s);
	assert_int_equal(run_phase(s.run), RUN_FAILED);
	assert_int_equal(run_fault(s.run)->st, ST_HALFWAY);
	assert_int_equal(open_runs(&s, &rows), 1);
	assert_string_equal(rows[0].procedure, "trial");
	assert_string_equal(rows[0].device, "AA0001");
	assert_string_equal(rows[0].step_name, "act");
	assert_int_equal(rows[0].repetition, 1);
	assert_null(strstr(rows[0].answers, "123456"));

	s.bench.give_act = ST_OK;
	s.bench.log[0] = '\0';
	assert_int_equal(run_resume(&trial, &s.env, &rows[0], &second, &f), ST_OK);
	run_wait(second, NULL, NULL);
	assert_true(run_is_resumed(second));
	assert_string_equal(page_name(second), "Label");
	assert_string_equal(run_get(second, "label", 0), "one");
	assert_int_equal(secret_len(run_secret(second, "pin", 0)), 0);
	set_pin(second, "123456");
	next_is_fine(second);
	assert_int_equal(run_start(second, &f), ST_OK);
	run_wait(second, NULL, NULL);
	assert_int_equal(run_phase(second), RUN_DONE);
	assert_string_equal(s.bench.log, "findout read look ");
	run_records_free(rows, 1);
	assert_int_equal(open_runs(&s, &rows), 0);
	run_records_free(rows, 0);
	run_free(second);
	strike_stage(&s);
}

static void a_run_that_failed_half_way_goes_on_with_what_was_typed(void **state)
{
	struct stage s;
	struct fault f;

	(void)state;
	raise_stage(&s, true);
	to_review(&s);
	s.bench.give_look = ST_BAD_REPLY;
	start(&s);
	assert_int_equal(run_fault(s.run)->st, ST_HALFWAY);
	s.bench.give_look = ST_OK;
	s.bench.log[0] = '\0';
	assert_int_equal(run_retry(s.run, &f), ST_OK);
	run_wait(s.run, NULL, NULL);
	next_is_fine(s.run);
	start(&s);
	assert_int_equal(run_phase(s.run), RUN_DONE);
	assert_string_equal(s.bench.log, "findout read look ");
	strike_stage(&s);
}

static void a_mismatch_stays_a_mismatch(void **state)
{
	struct stage s;

	(void)state;
	raise_stage(&s, true);
	to_review(&s);
	s.bench.give_look = ST_MISMATCH;
	start(&s);
	assert_int_equal(run_fault(s.run)->st, ST_MISMATCH);
	strike_stage(&s);
}

/* --- devices --- */

static void a_device_that_was_moved_is_found_in_its_new_reader(void **state)
{
	struct stage s;
	struct fault f;

	(void)state;
	raise_stage(&s, false);
	assert_int_equal(run_set_device(s.run, "BB0002", "Reader 0", &f), ST_OK);
	run_wait(s.run, NULL, NULL);
	assert_string_equal(page_name(s.run), "Label");
	assert_string_equal(s.bench.log, "read ");
	strike_stage(&s);
}

static void the_device_is_chosen_again_before_anything_was_answered(void **state)
{
	struct stage s;
	struct fault f;

	(void)state;
	raise_stage(&s, false);
	assert_int_equal(run_set_device(s.run, "AA0001", "Reader 0", &f), ST_OK);
	run_wait(s.run, NULL, NULL);
	assert_string_equal(page_name(s.run), "Label");
	assert_false(run_back(s.run));
	assert_int_equal(run_set_device(s.run, "BB0002", "Reader 1", &f), ST_OK);
	run_wait(s.run, NULL, NULL);
	assert_string_equal(page_name(s.run), "Label");
	assert_string_equal(run_serial(s.run), "BB0002");
	assert_string_equal(s.bench.log, "read read ");
	to_review(&s);
	assert_int_equal(run_set_device(s.run, "AA0001", "Reader 0", &f), ST_REFUSED);
	strike_stage(&s);
}

static void another_device_in_the_reader_is_left_alone(void **state)
{
	struct stage s;
	struct fault f;

	(void)state;
	raise_stage(&s, false);
	assert_int_equal(run_set_device(s.run, "CC0003", "Reader 0", &f), ST_OK);
	run_wait(s.run, NULL, NULL);
	assert_string_equal(page_name(s.run), "Device");
	assert_int_equal(run_fault(s.run)->st, ST_CARD_GONE);
	assert_non_null(strstr(run_fault(s.run)->what, "AA0001"));
	assert_string_equal(s.bench.log, "");
	assert_int_equal(s.fakes.sessions, 0);
	strike_stage(&s);
}

static void a_page_whose_work_cannot_even_begin_is_not_left(void **state)
{
	struct stage s;
	const char *bad = "?";
	struct fault f = { 0 };

	(void)state;
	raise_stage_with(&s, false, NULL, NULL);
	assert_int_equal(run_set_device(s.run, "AA0001", "", &f), ST_OK);
	run_wait(s.run, NULL, NULL);
	assert_string_equal(page_name(s.run), "Device");
	assert_int_equal(run_fault(s.run)->st, ST_CARD_GONE);
	assert_int_equal(run_next(s.run, &bad, &f), ST_CARD_GONE);
	assert_null(bad);
	assert_string_equal(page_name(s.run), "Device");
	assert_string_equal(s.bench.log, "");
	strike_stage(&s);
}

/* --- leaving --- */

static void step_until_held(struct stage *s)
{
	struct fault f;

	to_review(s);
	atomic_store(&s->bench.hold, true);
	assert_int_equal(run_start(s->run, &f), ST_OK);
	while (!atomic_load(&s->bench.holding))
		clock_sleep_ms(1);
}

static void a_cancelled_step_ends_the_run_half_way(void **state)
{
	struct stage s;
	struct run_progress now;

	(void)state;
	raise_stage(&s, true);
	step_until_held(&s);
	run_progress(s.run, &now);
	assert_string_equal(now.step->name, "act");
	assert_int_equal(now.of, 2);
	run_cancel(s.run);
	run_wait(s.run, NULL, NULL);
	assert_int_equal(run_phase(s.run), RUN_FAILED);
	assert_int_equal(run_fault(s.run)->st, ST_HALFWAY);
	strike_stage(&s);
}

static void a_run_that_is_left_waits_for_its_step_and_leaves_others_events_alone(void **state)
{
	struct stage s;
	struct job_event e;
	bool readers = false;

	(void)state;
	raise_stage(&s, true);
	step_until_held(&s);
	run_free(s.run);
	s.run = NULL;
	assert_int_equal(s.fakes.sessions, 0);
	while (jobs_next(s.jobs, &e)) {
		assert_int_equal(e.type, JOBS_READERS);
		readers = true;
	}
	(void)readers;
	strike_stage(&s);
}

static void again_begins_anew_without_a_device(void **state)
{
	struct stage s;
	struct fault f;

	(void)state;
	raise_stage(&s, true);
	to_review(&s);
	start(&s);
	assert_int_equal(run_again(s.run, &f), ST_OK);
	assert_string_equal(run_serial(s.run), "");
	assert_int_equal(run_set_device(s.run, "BB0002", "Reader 1", &f), ST_OK);
	run_wait(s.run, NULL, NULL);
	set_pin(s.run, "123456");
	next_is_fine(s.run);
	start(&s);
	assert_int_equal(run_phase(s.run), RUN_DONE);
	strike_stage(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps_run_in_order_and_secrets_do_not_outlive_them),
		cmocka_unit_test(a_failure_before_anything_was_changed_is_itself_and_leaves_nothing_open),
		cmocka_unit_test(what_was_taken_back_counts_as_unchanged),
		cmocka_unit_test(a_device_that_goes_half_way_leaves_a_record_to_go_on_from),
		cmocka_unit_test(a_run_that_failed_half_way_goes_on_with_what_was_typed),
		cmocka_unit_test(a_mismatch_stays_a_mismatch),
		cmocka_unit_test(a_device_that_was_moved_is_found_in_its_new_reader),
		cmocka_unit_test(the_device_is_chosen_again_before_anything_was_answered),
		cmocka_unit_test(another_device_in_the_reader_is_left_alone),
		cmocka_unit_test(a_page_whose_work_cannot_even_begin_is_not_left),
		cmocka_unit_test(a_cancelled_step_ends_the_run_half_way),
		cmocka_unit_test(a_run_that_is_left_waits_for_its_step_and_leaves_others_events_alone),
		cmocka_unit_test(again_begins_anew_without_a_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
