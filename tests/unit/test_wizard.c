/* From page to page. */
#include "tests/unit/wizard_trial.h"

/* --- pages --- */

static void a_page_without_anything_to_ask_is_worked_on_and_not_shown(void **state)
{
	struct stage s;

	(void)state;
	raise_stage(&s, false);
	to_label(&s);
	assert_string_equal(s.bench.log, "read ");
	assert_int_equal(s.bench.sessions_seen, 1);
	assert_int_equal(s.fakes.sessions, 0);
	assert_false(run_back(s.run));
	strike_stage(&s);
}

static void a_bad_answer_keeps_the_page_and_is_named(void **state)
{
	struct stage s;
	const char *bad = NULL;
	struct fault f;

	(void)state;
	raise_stage(&s, false);
	to_label(&s);
	assert_int_equal(run_next(s.run, &bad, &f), ST_USAGE);
	assert_string_equal(bad, "label");
	run_set(s.run, "label", 0, "\xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f\xc3\xa9", &f);
	assert_int_equal(run_next(s.run, &bad, &f), ST_NEED_SECRET);
	assert_string_equal(bad, "pin");
	set_pin(s.run, "12345");
	assert_int_equal(run_next(s.run, &bad, &f), ST_BAD_FORM);
	assert_string_equal(bad, "pin");
	set_pin(s.run, "123456");
	run_set(s.run, "label", 0, "sixsix", &f);
	assert_int_equal(run_next(s.run, &bad, &f), ST_BAD_FORM);
	run_set(s.run, "label", 0, "a\x1b[m", &f);
	assert_int_equal(run_next(s.run, &bad, &f), ST_BAD_FORM);
	run_set(s.run, "label", 0, "bad", &f);
	assert_int_equal(run_next(s.run, &bad, &f), ST_BAD_FORM);
	assert_string_equal(f.what, "Not this one.");
	run_set(s.run, "label", 0, "good", &f);
	run_set(s.run, "parts", 0, "-1", &f);
	assert_int_equal(run_next(s.run, &bad, &f), ST_BAD_FORM);
	assert_string_equal(bad, "parts");
	assert_string_equal(page_name(s.run), "Label");
	strike_stage(&s);
}

/* As console and line take keys: one after the other, until it is full. */
static void type_secret(struct run *r, const char *question, size_t n)
{
	struct secret *s = run_secret(r, question, 0);

	secret_wipe(s);
	for (size_t i = 0; i < n; i++)
		(void)secret_put(s, '7');
}

static void a_secret_that_is_too_long_is_not_cut_to_another_one(void **state)
{
	struct stage s;
	const char *bad = NULL;
	struct fault f;

	(void)state;
	raise_stage(&s, false);
	to_label(&s);
	assert_int_equal(run_set(s.run, "label", 0, "one", &f), ST_OK);
	assert_int_equal(run_set(s.run, "parts", 0, "1", &f), ST_OK);
	type_secret(s.run, "pin", 20);
	assert_int_equal(run_next(s.run, &bad, &f), ST_BAD_FORM);
	assert_string_equal(bad, "pin");
	type_secret(s.run, "pin", 16);
	next_is_fine(s.run);
	assert_string_equal(page_name(s.run), "Parts");
	type_secret(s.run, "password", 200);
	assert_int_equal(run_next(s.run, &bad, &f), ST_BAD_FORM);
	assert_string_equal(bad, "password");
	type_secret(s.run, "password", 128);
	next_is_fine(s.run);
	assert_int_equal(run_phase(s.run), RUN_REVIEW);
	strike_stage(&s);
}

static void a_secret_is_never_taken_as_text(void **state)
{
	struct stage s;
	struct fault f;

	(void)state;
	raise_stage(&s, false);
	to_label(&s);
	assert_int_equal(run_set(s.run, "pin", 0, "123456", &f), ST_USAGE);
	assert_string_equal(run_get(s.run, "pin", 0), "");
	assert_null(run_secret(s.run, "label", 0));
	strike_stage(&s);
}

static void going_back_keeps_answers_and_repeated_pages_are_asked_one_by_one(void **state)
{
	struct stage s;
	struct fault f;
	unsigned index;

	(void)state;
	raise_stage(&s, false);
	to_label(&s);
	run_set(s.run, "label", 0, "one", &f);
	run_set(s.run, "parts", 0, "2", &f);
	set_pin(s.run, "123456");
	next_is_fine(s.run);
	assert_string_equal(run_page(s.run, &index)->name, "Parts");
	assert_int_equal(index, 0);
	secret_set(run_secret(s.run, "password", 0), "abcdef", 6);
	next_is_fine(s.run);
	run_page(s.run, &index);
	assert_int_equal(index, 1);
	assert_true(run_back(s.run));
	run_page(s.run, &index);
	assert_int_equal(index, 0);
	assert_true(run_back(s.run));
	assert_string_equal(page_name(s.run), "Label");
	assert_string_equal(run_get(s.run, "label", 0), "one");
	assert_int_equal(secret_len(run_secret(s.run, "pin", 0)), 6);
	assert_int_equal(secret_len(run_secret(s.run, "password", 0)), 6);
	strike_stage(&s);
}

static void work_that_fails_keeps_the_page_and_can_be_done_again(void **state)
{
	struct stage s;
	struct fault f;

	(void)state;
	raise_stage(&s, false);
	to_label(&s);
	run_set(s.run, "label", 0, "one", &f);
	run_set(s.run, "parts", 0, "1", &f);
	set_pin(s.run, "123456");
	next_is_fine(s.run);
	secret_set(run_secret(s.run, "password", 0), "abcdef", 6);
	s.bench.give_open = ST_PASSWORD_WRONG;
	next_is_fine(s.run);
	assert_string_equal(page_name(s.run), "Parts");
	assert_int_equal(run_fault(s.run)->st, ST_PASSWORD_WRONG);
	s.bench.give_open = ST_OK;
	next_is_fine(s.run);
	assert_int_equal(run_fault(s.run)->st, ST_OK);
	assert_int_equal(run_phase(s.run), RUN_REVIEW);
	strike_stage(&s);
}

static void a_script_works_on_its_pages_side_by_side(void **state)
{
	struct stage s;
	struct fault f;
	unsigned index;

	(void)state;
	raise_stage(&s, false);
	run_free(s.run);
	s.env.script = true;
	assert_int_equal(run_new(&trial, &s.env, &s.run, &f), ST_OK);
	to_label(&s);
	run_set(s.run, "label", 0, "one", &f);
	run_set(s.run, "parts", 0, "3", &f);
	set_pin(s.run, "123456");
	next_is_fine(s.run);
	for (unsigned i = 0; i < 3; i++)
		secret_set(run_secret(s.run, "password", i), "abcdef", 6);
	s.bench.give_open = ST_PASSWORD_WRONG;
	s.bench.bad_part = 1;
	next_is_fine(s.run);
	next_is_fine(s.run);
	assert_int_equal(s.bench.most, 0);
	next_is_fine(s.run);
	assert_int_equal(s.bench.most, 2);
	assert_string_equal(page_name(s.run), "Parts");
	run_page(s.run, &index);
	assert_int_equal(index, 1);
	assert_string_equal(run_fault(s.run)->what, "Part 2 is wrong.");
	strike_stage(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_page_without_anything_to_ask_is_worked_on_and_not_shown),
		cmocka_unit_test(a_bad_answer_keeps_the_page_and_is_named),
		cmocka_unit_test(a_secret_that_is_too_long_is_not_cut_to_another_one),
		cmocka_unit_test(a_secret_is_never_taken_as_text),
		cmocka_unit_test(going_back_keeps_answers_and_repeated_pages_are_asked_one_by_one),
		cmocka_unit_test(work_that_fails_keeps_the_page_and_can_be_done_again),
		cmocka_unit_test(a_script_works_on_its_pages_side_by_side),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
