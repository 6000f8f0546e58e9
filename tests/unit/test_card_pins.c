/* engine/card: what carries PINs. Each is sent once, checked first, and seen by nobody. */
#include "tests/unit/scripted.h"

#include <stdbool.h>

#define PIN "648219"
#define PIN_HEX "363438323139"
#define SO_HEX "3537363231383830"
#define SO_STATUS "00200088"

static void forms_are_checked(void **state)
{
	static const struct {
		const char *pin;
		unsigned tries;
		enum status st;
	} rows[] = {
		{ "12345", 0, ST_BAD_FORM }, { "123456", 3, ST_OK }, { "123456", 4, ST_BAD_FORM }, { "1234567", 5, ST_OK },
		{ "1234567", 6, ST_BAD_FORM }, { "12345678", 10, ST_OK }, { "12345678", 11, ST_BAD_FORM },
		{ "123456789012345", 10, ST_OK }, { "1234567890123456", 3, ST_BAD_FORM }, { "", 0, ST_BAD_FORM },
	};
	static const char *const bad_so[] = { "", "353736323138383", "35373632313838300", "353736323138383g", "3537 36231383830",
					       "0x37363231383830" };
	struct secret *so = secret_new(8), *short_room = secret_new(7);

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct secret *pin = secret_of(rows[i].pin);
		struct fault f = { 0 };

		assert_int_equal(pin_check_user(pin, rows[i].tries, &f), rows[i].st);
		assert_true(rows[i].st == ST_OK || strlen(f.what) > 20);
		assert_null(strstr(f.what, rows[i].pin[0] ? rows[i].pin : "\x01"));
		secret_free(pin);
	}
	for (size_t i = 0; i < N(bad_so); i++) {
		struct secret *typed = secret_of(bad_so[i]);

		assert_int_equal(pin_check_so(typed, so, NULL), ST_BAD_FORM);
		assert_int_equal(secret_len(so), 0);
		secret_free(typed);
	}
	secret_free(so);
	so = so_of("3537363231383830");
	assert_true(pin_so_is_factory(so));
	secret_free(so);
	so = so_of("AbCdEf0123456789");
	assert_false(pin_so_is_factory(so));
	assert_memory_equal(secret_view(so).p, "\xab\xcd\xef\x01\x23\x45\x67\x89", 8);
	assert_false(pin_so_factory(short_room));
	secret_free(so);
	secret_free(short_room);
}

struct login_row {
	const char *select, *sw;
	enum status st;
	int tries;
};

static void login_answers(void **state)
{
	static const struct login_row rows[] = {
		{ SELECT_36, "9000", ST_OK, 0 },
		{ SELECT_36, "63c2", ST_PIN_WRONG, 2 },
		{ SELECT_36, "63c1", ST_PIN_WRONG, 1 },
		{ SELECT_36, "63c0", ST_PIN_BLOCKED, 0 },
		{ SELECT_36, "6983", ST_PIN_BLOCKED, -1 },
		{ SELECT_36, "6984", ST_TRANSPORT_PIN, -1 },
		{ SELECT_12, "6984", ST_NOT_INITIALISED, -1 },
		{ SELECT_36, "6a88", ST_NOT_INITIALISED, -1 },
		{ SELECT_36, "6700", ST_PIN_WRONG, -1 },
		{ SELECT_36, "6a80", ST_PIN_WRONG, -1 },
		{ SELECT_36, "6f00", ST_CARD_ERROR, -1 },
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct exchange x[] = {
			{ SELECT_CMD, rows[i].select, ST_OK },
			{ "0020008106" PIN_HEX, rows[i].sw, ST_OK },
			{ SELECT_CMD, rows[i].select, ST_OK },
		};
		struct scripted s = { 0 };
		struct card *card = scripted_open(&s, x, 3);
		struct secret *pin = secret_of(PIN);
		struct fault f = { 0 };
		CARD_SESSION *held = NULL;

		assert_int_equal(card_begin(card, &held, NULL), ST_OK);
		assert_int_equal(card_login(card, pin, &f), rows[i].st);
		if (rows[i].st != ST_OK) {
			assert_int_equal(f.tries_left, rows[i].tries);
			assert_true(strlen(f.what) > 20);
			assert_null(strstr(f.what, PIN));
		}
		scripted_close_all(&s, card, STEAL(held));
		secret_free(pin);
	}
}

static void the_card_is_not_asked_with_a_pin_of_the_wrong_form(void **state)
{
	static const struct exchange x[] = { { SELECT_CMD, SELECT_12, ST_OK } };
	struct scripted s = { 0 };
	struct card *card = scripted_open(&s, x, 1);
	struct secret *five = secret_of("12345"), *six = secret_of(PIN), *seven = secret_of("1234567");
	struct secret *nine = secret_of("123456789"), *so = so_of(SO_HEX), *many = secret_of("12345678901234567");
	CARD_SESSION *held = NULL;
	struct fault f;

	(void)state;
	assert_int_equal(card_begin(card, &held, NULL), ST_OK);
	assert_int_equal(card_login(card, five, &f), ST_BAD_FORM);
	assert_int_equal(card_login(card, many, &f), ST_BAD_FORM);
	assert_int_equal(card_change_pin(card, five, six, &f), ST_BAD_FORM);
	assert_int_equal(card_change_pin(card, six, five, &f), ST_BAD_FORM);
	assert_int_equal(card_change_pin(card, six, seven, &f), ST_BAD_FORM);   /* firmware 1.2 keeps the length */
	assert_int_equal(card_unblock(card, nine, six, &f), ST_BAD_FORM);
	assert_int_equal(card_unblock(card, so, five, &f), ST_BAD_FORM);
	assert_int_equal(card_change_so_pin(card, so, nine, &f), ST_BAD_FORM);
	assert_int_equal(card_change_so_pin(card, nine, so, &f), ST_BAD_FORM);
	scripted_close_all(&s, card, STEAL(held));
	secret_free(five), secret_free(six), secret_free(seven), secret_free(nine), secret_free(so), secret_free(many);
}

static void changing_the_user_pin(void **state)
{
	static const struct login_row rows[] = {
		{ SELECT_36, "9000", ST_OK, 0 },           { SELECT_36, "63c2", ST_PIN_WRONG, 2 },
		{ SELECT_36, "6983", ST_PIN_BLOCKED, -1 }, { SELECT_36, "6700", ST_PIN_WRONG, -1 },
		{ SELECT_36, "6a80", ST_PIN_WRONG, -1 },   { SELECT_36, "6a88", ST_NOT_INITIALISED, -1 },
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct exchange x[] = {
			{ SELECT_CMD, rows[i].select, ST_OK },
			{ "002400810e" PIN_HEX "3132333435363738", rows[i].sw, ST_OK },
			{ SELECT_CMD, rows[i].select, ST_OK },
		};
		struct scripted s = { 0 };
		struct card *card = scripted_open(&s, x, 3);
		struct secret *pin = secret_of(PIN), *next = secret_of("12345678");
		struct fault f = { 0 };
		CARD_SESSION *held = NULL;

		assert_int_equal(card_begin(card, &held, NULL), ST_OK);
		assert_int_equal(card_change_pin(card, pin, next, &f), rows[i].st);
		assert_int_equal(f.tries_left, rows[i].tries);
		scripted_close_all(&s, card, STEAL(held));
		secret_free(pin), secret_free(next);
	}
}

/* The SO-PIN's counter is read before, and after a refusal. */
struct so_row {
	const char *before, *sw, *after;   /* after NULL: not asked */
	enum status st;
	int tries;
};

static void changing_the_so_pin(void **state)
{
	static const struct so_row rows[] = {
		{ "63cf", "9000", NULL, ST_OK, 0 },
		{ "63cf", "63ce", "63ce", ST_SO_PIN_WRONG, 14 },
		{ "63cf", "6985", "63ce", ST_SO_PIN_WRONG, 14 },
		{ "63c1", "6983", "6983", ST_SO_PIN_BLOCKED, 0 },
		{ "6983", NULL, NULL, ST_SO_PIN_BLOCKED, 0 },
		{ "63cf", "6d00", "63cf", ST_UNSUPPORTED, -1 },
		{ "63cf", "6a86", "63cf", ST_UNSUPPORTED, -1 },
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct exchange x[] = {
			{ SELECT_CMD, SELECT_36, ST_OK },
			{ SO_STATUS, rows[i].before, ST_OK },
			{ "0024008810" SO_HEX "0123456789abcdef", rows[i].sw, ST_OK },
			{ SO_STATUS, rows[i].after, ST_OK },
		};
		struct scripted s = { 0 };
		struct card *card = scripted_open(&s, x, rows[i].after ? 4 : rows[i].sw ? 3 : 2);
		struct secret *old = so_of(SO_HEX), *next = so_of("0123456789ABCDEF");
		struct fault f = { 0 };
		CARD_SESSION *held = NULL;

		assert_int_equal(card_begin(card, &held, NULL), ST_OK);
		assert_int_equal(card_change_so_pin(card, old, next, &f), rows[i].st);
		assert_int_equal(f.tries_left, rows[i].tries);
		scripted_close_all(&s, card, STEAL(held));
		secret_free(old), secret_free(next);
	}
}

static void firmware_up_to_1_0_cannot_change_the_so_pin(void **state)
{
	static const struct exchange x[] = { { SELECT_CMD, "6f078201788502 0100 9000", ST_OK } };
	struct scripted s = { 0 };
	struct card *card = scripted_open(&s, x, 1);
	struct secret *so = so_of(SO_HEX);
	CARD_SESSION *held = NULL;

	(void)state;
	assert_int_equal(card_begin(card, &held, NULL), ST_OK);
	assert_int_equal(card_change_so_pin(card, so, so, NULL), ST_UNSUPPORTED);
	scripted_close_all(&s, card, STEAL(held));
	secret_free(so);
}

static void unblocking(void **state)
{
	static const struct so_row rows[] = {
		{ "63cf", "9000", NULL, ST_OK, 0 },
		{ "63cf", "63ce", "63ce", ST_SO_PIN_WRONG, 14 },
		{ "63cf", "6983", "63ce", ST_SO_PIN_WRONG, 14 },   /* 6983 was of something else */
		{ "63c1", "63c0", "6983", ST_SO_PIN_BLOCKED, 0 },
		{ "63cf", "6985", "63cf", ST_NOT_ALLOWED, -1 },
		{ "63cf", "6986", "63cf", ST_NOT_ALLOWED, -1 },
		{ "63cf", "6900", "63cf", ST_NOT_ALLOWED, -1 },
		{ "63cf", "6700", "63ce", ST_SO_PIN_WRONG, 14 },
		{ "63cf", "6a88", "6a88", ST_NOT_INITIALISED, -1 },
		{ "6983", NULL, NULL, ST_SO_PIN_BLOCKED, 0 },
	};

	(void)state;
	for (size_t i = 0; i < 2 * N(rows); i++) {
		const struct so_row *row = &rows[i / 2];
		bool with_pin = i % 2;
		struct exchange x[] = {
			{ SELECT_CMD, SELECT_36, ST_OK },
			{ SO_STATUS, row->before, ST_OK },
			{ with_pin ? "002c00810e" SO_HEX PIN_HEX : "002c018108" SO_HEX, row->sw, ST_OK },
			{ row->after ? SO_STATUS : SELECT_CMD, row->after ? row->after : SELECT_36, ST_OK },
			{ SELECT_CMD, SELECT_36, ST_OK },
		};
		struct scripted s = { 0 };
		struct card *card = scripted_open(&s, x, row->after ? 5 : row->sw ? 4 : 2);
		struct secret *so = so_of(SO_HEX), *pin = secret_of(PIN);
		struct fault f = { 0 };
		CARD_SESSION *held = NULL;

		assert_int_equal(card_begin(card, &held, NULL), ST_OK);
		assert_int_equal(card_unblock(card, so, with_pin ? pin : NULL, &f), row->st);
		assert_int_equal(f.tries_left, row->tries);
		scripted_close_all(&s, card, STEAL(held));
		secret_free(so), secret_free(pin);
	}
}

static void options_are_looked_at_before_a_try_is_spent(void **state)
{
	static const struct {
		const char *select;
		bool with_pin;
	} rows[] = {
		{ "6f0a82017885050000ff03069000", false },
		{ "6f0a82017885050000ff03069000", true },
		{ "6f0a82017885050021ff03069000", true },
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct exchange x[] = { { SELECT_CMD, rows[i].select, ST_OK } };
		struct scripted s = { 0 };
		struct card *card = scripted_open(&s, x, 1);
		struct secret *so = so_of(SO_HEX), *pin = secret_of(PIN);
		CARD_SESSION *held = NULL;

		assert_int_equal(card_begin(card, &held, NULL), ST_OK);
		assert_int_equal(card_unblock(card, so, rows[i].with_pin ? pin : NULL, NULL), ST_NOT_ALLOWED);
		scripted_close_all(&s, card, STEAL(held));
		secret_free(so), secret_free(pin);
	}
}

static void importing_shares(void **state)
{
	static const struct {
		const char *rsp;
		enum status st;
	} rows[] = {
		{ "0201" "0000000000000000" "9000", ST_OK }, { "6985", ST_NOT_ALLOWED }, { "6986", ST_NOT_ALLOWED },
		{ "6d00", ST_NO_DKEK }, { "6a88", ST_NO_DKEK }, { "6700", ST_BAD_FORM }, { "9000", ST_BAD_REPLY },
	};
	struct secret *share = secret_of("SSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSS"), *cut = secret_of("SSS");

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct exchange x[] = { { SELECT_CMD, SELECT_36, ST_OK }, { "8052000020..", rows[i].rsp, ST_OK } };
		struct scripted s = { 0 };
		struct card *card = scripted_open(&s, x, 2);
		struct dkek_status dkek = { .total = 99 };
		CARD_SESSION *held = NULL;
		struct fault f;

		assert_int_equal(card_begin(card, &held, NULL), ST_OK);
		assert_int_equal(card_import_share(card, 0, cut, &dkek, &f), ST_BAD_FORM);
		assert_int_equal(card_import_share(card, 0, share, &dkek, &f), rows[i].st);
		assert_int_equal(dkek.total, rows[i].st == ST_OK ? 2 : 99);
		scripted_close_all(&s, card, STEAL(held));
	}
	secret_free(share), secret_free(cut);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms_are_checked),
		cmocka_unit_test(login_answers),
		cmocka_unit_test(the_card_is_not_asked_with_a_pin_of_the_wrong_form),
		cmocka_unit_test(changing_the_user_pin),
		cmocka_unit_test(changing_the_so_pin),
		cmocka_unit_test(firmware_up_to_1_0_cannot_change_the_so_pin),
		cmocka_unit_test(unblocking),
		cmocka_unit_test(options_are_looked_at_before_a_try_is_spent),
		cmocka_unit_test(importing_shares),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
