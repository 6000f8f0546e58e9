#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "tui/command/args.h"
#include "tui/command/given.h"
#include "tui/command/command.h"
#include "tui/command/exit.h"

#define WORDS(...) { "keyroom", __VA_ARGS__ }
#define PARSE(words, a, f) args_parse((int)(sizeof(words) / sizeof((words)[0])), words, &(a), &(f))

static void a_command_of_two_words_is_found_before_that_of_one(void **state)
{
	const char *verify[] = WORDS("journal", "verify"), *plain[] = WORDS("journal", "--limit", "5");
	struct args a;
	struct fault f;

	(void)state;
	assert_int_equal(PARSE(verify, a, f), ST_OK);
	assert_string_equal(a.command->name, "journal verify");
	args_done(&a);
	assert_int_equal(PARSE(plain, a, f), ST_OK);
	assert_string_equal(a.command->name, "journal");
	assert_string_equal(args_option(&a, "limit", 0), "5");
	assert_null(args_option(&a, "limit", 1));
	args_done(&a);
}

static void options_of_every_command_stand_anywhere(void **state)
{
	const char *words[] = WORDS("-dDENK01", "status", "--json", "--store=/tmp/x");
	const char *apart[] = WORDS("status", "-d", "DENK01", "--rehearse");
	struct args a;
	struct fault f;

	(void)state;
	assert_int_equal(PARSE(words, a, f), ST_OK);
	assert_string_equal(a.device, "DENK01");
	assert_string_equal(a.store, "/tmp/x");
	assert_true(a.json);
	assert_null(a.rehearse);
	args_done(&a);
	assert_int_equal(PARSE(apart, a, f), ST_OK);
	assert_string_equal(a.device, "DENK01");
	assert_string_equal(a.rehearse, "");
	args_done(&a);
}

static void what_is_not_understood_is_a_usage_error_that_names_the_word(void **state)
{
	static const char *lines[][4] = {
		WORDS("nothing"), WORDS("key", "fly"), WORDS("status", "--pin", "123456"), WORDS("status", "word"),
		WORDS("status", "--json=1"), WORDS("status", "-d"), WORDS("--pin-file", "x", "status"), WORDS("status", "-x"),
		WORDS("status", "-da", "-db"), WORDS("status", "--store=a", "--rehearse"), WORDS("init", "--pin", "123456"),
		WORDS("status", "-d", ""), WORDS("status", "--store="),
	};
	static const char *const names[] = { "nothing", "key fly", "pin", "word", "json", "device", "pin-file", "-x", "device",
					     "rehearse", "pin", "device", "store" };

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct args a = { 0 };
		struct fault f = { 0 };
		int n = 0;

		while (n < 4 && lines[i][n] != NULL)
			n++;
		assert_int_equal(args_parse(n, lines[i], &a, &f), ST_USAGE);
		assert_non_null(strstr(f.what, names[i]));
		assert_null(a.options);
	}
}

static void shares_come_in_the_order_in_which_they_stand_named_or_not(void **state)
{
	const char *words[] = WORDS("share", "check", "a", "b", "--password-file", "pa", "c", "--", "--d");
	struct args a;
	struct fault f;
	const struct question *q = NULL;

	(void)state;
	assert_int_equal(PARSE(words, a, f), ST_OK);
	for (const struct page *p = a.command->procedure->pages; p->name != NULL && q == NULL; p++) {
		for (const struct question *i = p->questions; i != NULL && i->name != NULL && q == NULL; i++)
			q = i->positional ? i : NULL;
	}
	assert_non_null(q);
	assert_string_equal(given_value(&a, a.command->procedure, q, 0), "a");
	assert_string_equal(given_value(&a, a.command->procedure, q, 2), "c");
	assert_string_equal(given_value(&a, a.command->procedure, q, 3), "--d");
	assert_null(given_value(&a, a.command->procedure, q, 4));
	args_done(&a);
}

static void no_option_takes_a_secret_itself(void **state)
{
	(void)state;
	for (size_t i = 0; command_row(i) != NULL; i++) {
		const char *words[] = { "keyroom", "init", "--pin=271828" };
		struct args a;
		struct fault f;

		assert_int_equal(PARSE(words, a, f), ST_USAGE);
		assert_null(strstr(f.what, "271828"));
	}
}

static void every_status_has_an_exit_code_of_the_contract(void **state)
{
	(void)state;
	assert_int_equal(exit_of(ST_OK), 0);
	for (int st = 1; st < ST_COUNT; st++) {
		assert_in_range(exit_of((enum status)st), 1, 7);
	}
	assert_int_equal(exit_of(ST_DISK), 1);
	assert_int_equal(exit_of(ST_USAGE), 2);
	assert_int_equal(exit_of(ST_FOREIGN_CARD), 3);
	assert_int_equal(exit_of(ST_PASSWORD_WRONG), 4);
	assert_int_equal(exit_of(ST_STORE_NEWER), 5);
	assert_int_equal(exit_of(ST_OTHER_DKEK), 6);
	assert_int_equal(exit_of(ST_HALFWAY), 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_command_of_two_words_is_found_before_that_of_one),
		cmocka_unit_test(options_of_every_command_stand_anywhere),
		cmocka_unit_test(what_is_not_understood_is_a_usage_error_that_names_the_word),
		cmocka_unit_test(shares_come_in_the_order_in_which_they_stand_named_or_not),
		cmocka_unit_test(no_option_takes_a_secret_itself),
		cmocka_unit_test(every_status_has_an_exit_code_of_the_contract),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
