/* engine/card: opening, sessions, status, DKEK, firmware, and what a status word means. */
#include "tests/unit/scripted.h"

#include <stdbool.h>

#include "engine/card/apdu.h"
#include "engine/card/files.h"
#include "tests/unit/card_data.h"

#define READ_2F02 "00b12f020000045402000003f6"
#define READ_2F03 "00b12f030000045402000003f6"
#define MY_LABEL "30100201008007" "6d79746f6b656e" "03020520" "6282"
#define KCV "e94f16b464d58b35"

static void open_sends_nothing_to_a_known_atr(void **state)
{
	struct scripted s = { 0 };
	struct card *card = scripted_open(&s, NULL, 0);

	(void)state;
	assert_string_equal(card_reader(card), "Reader 0");
	assert_int_equal(card_apdu_count(card), 0);
	scripted_close_all(&s, card, NULL);
	assert_int_equal(s.begins, 0);
}

static void open_asks_a_card_with_an_unknown_atr(void **state)
{
	static const struct exchange ours[] = { { SELECT_CMD, SELECT_36, ST_OK } };
	static const struct exchange other[] = { { SELECT_CMD, "6a82", ST_OK } };
	struct scripted s = { .atr = "3b8001001122" };
	struct card *card = scripted_open(&s, ours, 1);
	struct fault f;

	(void)state;
	scripted_close_all(&s, card, NULL);
	s = (struct scripted){ .base = { .ops = &scripted_ops }, .rows = other, .n = 1, .atr = "3b8001001122" };
	assert_int_equal(card_new(&s.base, "R", &card, &f), ST_FOREIGN_CARD);
	assert_non_null(strstr(f.what, "SmartCard-HSM"));
	assert_int_equal(s.begins, 1);
	assert_int_equal(s.ends, 1);
}

static void open_names_foreign_cards_without_asking_them(void **state)
{
	static const struct {
		const char *reader, *atr, *names;
		enum status st;
	} cards[] = {
		{ "Nitrokey Nitrokey Pro (0000) 00 00", "3bda18ff81b1fe751f030031c573c001400090000c", "Nitrokey Pro", ST_FOREIGN_CARD },
		{ "Nitrokey Nitrokey Storage 00 00", "3bda18ff81b1fe751f030031f573c001600090001c", "Storage", ST_FOREIGN_CARD },
		{ "Nitrokey Nitrokey Start 00 00", "3bda11ff81b1fe551f03003184738001800090 00e4", "Start", ST_FOREIGN_CARD },
		{ "ACS ACR39U 00 00", "3bda18ff81b1fe751f030031c573c001400090000c", "OpenPGP", ST_FOREIGN_CARD },
		{ "ACS ACR39U 00 00", "3bfa1300ff813180450031c173c00100009000b1", "OpenPGP", ST_FOREIGN_CARD },
		{ "CCID 00 00", "3b8f01805d4e6974726f6b657900000000006a", "Nitrokey 3", ST_FOREIGN_CARD },
		{ "Yubico 00 00", "3bfd1300008131fe158073c021c057597562694b657940", "YubiKey", ST_FOREIGN_CARD },
		{ "Yubico 00 00", "3bf81300008131fe15597562696b657934d4", "YubiKey", ST_FOREIGN_CARD },
		{ "ACS ACR39U 00 00", "3b9813400aa503010101ad1311", "Belgian", ST_FOREIGN_CARD },
		{ "Nitrokey Nitrokey HSM 00 00", "3b0000", "plug it in again", ST_CARD_ERROR },
	};

	(void)state;
	for (size_t i = 0; i < N(cards); i++) {
		struct scripted s = { .base = { .ops = &scripted_ops }, .atr = cards[i].atr };
		struct card *card = NULL;
		struct fault f;

		assert_int_equal(card_new(&s.base, cards[i].reader, &card, &f), cards[i].st);
		assert_non_null(strstr(f.what, cards[i].names));
		assert_null(card);
		assert_int_equal(s.sent, 0);
	}
}

static void every_atr_of_the_family_is_known(void **state)
{
	static const char *const atrs[] = {
		"3bfe1800008131fe458031815448534d31738021408107fa", "3b8e80018031815448534d3173802140810718",
		ATR_HSM2, "3bde96ff8191fe1fc38031815448534d3173802140810792",
		"3bf81300008131fe454a434f5076323431b7", "3b858001476f494400ff",
	};
	uint8_t atr[ATR_MAX];

	(void)state;
	for (size_t i = 0; i < N(atrs); i++)
		assert_true(card_is_family_atr(atr, unhex(atrs[i], atr, sizeof(atr))));
	assert_false(card_is_family_atr(atr, 3));
}

static void a_session_selects_and_logs_out(void **state)
{
	static const struct exchange rows[] = {
		{ SELECT_CMD, SELECT_36, ST_OK },
		{ "0020008106363438323139", "9000", ST_OK },
		{ SELECT_CMD, SELECT_36, ST_OK },
	};
	struct scripted s = { 0 };
	struct card *card = scripted_open(&s, rows, N(rows));
	struct secret *pin = secret_of("648219");
	CARD_SESSION *held = NULL, *inner = NULL;
	struct fault f;
	unsigned major, minor;

	(void)state;
	assert_int_equal(card_begin(card, &held, &f), ST_OK);
	assert_int_equal(s.begins, 1);
	card_version(card, &major, &minor);
	assert_int_equal(major, 3);
	assert_int_equal(minor, 6);
	assert_int_equal(card_options(card), 1);
	assert_int_equal(card_begin(card, &inner, &f), ST_OK);
	assert_int_equal(card_login(card, pin, &f), ST_OK);
	card_end(STEAL(inner));
	assert_int_equal(s.at, 2);
	scripted_close_all(&s, card, STEAL(held));
	secret_free(pin);
}

static void a_card_that_takes_no_logout_is_reset(void **state)
{
	static const struct exchange rows[] = {
		{ SELECT_CMD, SELECT_36, ST_OK },
		{ "0020008106363438323139", "9000", ST_OK },
		{ SELECT_CMD, "6f00", ST_OK },
	};
	struct scripted s = { 0 };
	struct card *card = scripted_open(&s, rows, N(rows));
	struct secret *pin = secret_of("648219");
	CARD_SESSION *held = NULL;

	(void)state;
	assert_int_equal(card_begin(card, &held, NULL), ST_OK);
	assert_int_equal(card_login(card, pin, NULL), ST_OK);
	scripted_close_all(&s, card, STEAL(held));
	assert_int_equal(s.resets, 1);
	secret_free(pin);
}

static void nothing_is_sent_after_the_card_is_gone(void **state)
{
	static const struct exchange rows[] = {
		{ SELECT_CMD, SELECT_36, ST_OK },
		{ "00200081", NULL, ST_CARD_GONE },
		{ SELECT_CMD, SELECT_36, ST_OK },
	};
	struct scripted s = { 0 };
	struct card *card = scripted_open(&s, rows, N(rows));
	CARD_SESSION *held = NULL;
	struct pin_status pin = { .tries = 77 };
	struct fault f;

	(void)state;
	assert_int_equal(card_begin(card, &held, &f), ST_OK);
	assert_int_equal(card_pin_status(card, PIN_USER, &pin, &f), ST_CARD_GONE);
	assert_int_equal(card_pin_status(card, PIN_USER, &pin, &f), ST_CARD_GONE);
	assert_int_equal(pin.tries, 77);
	assert_int_equal(s.at, 2);
	card_end(STEAL(held));
	assert_int_equal(s.at, 2);
	assert_int_equal(card_begin(card, &held, &f), ST_OK);
	scripted_close_all(&s, card, STEAL(held));
}

static void select_is_parsed_from_the_end(void **state)
{
	static const struct {
		const char *answer;
		bool ok;
		unsigned major, minor;
		int platform, options;
	} rows[] = {
		{ "6f07820178850201 02", true, 1, 2, -1, -1 },
		{ "6207820178850201 02", true, 1, 2, -1, -1 },
		{ "6f0a8201788505012102 0200", true, 2, 0, 2, 0x0121 },
		{ "6f17820178840be82b0601040181c31f0201850500 01ff0305", true, 3, 5, 0xff, 1 },
		{ "6f0b82017885060900010 00401", true, 4, 1, 0, 1 },
		{ "", false, 0, 0, 0, 0 },
		{ "6f", false, 0, 0, 0, 0 },
		{ "6f03820178", false, 0, 0, 0, 0 },
		{ "6f03850103", false, 0, 0, 0, 0 },
		{ "6f0a82017885050001ff03", false, 0, 0, 0, 0 },
		{ "6f8482", false, 0, 0, 0, 0 },
		{ "300785050001ff0306", false, 0, 0, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct select_info info = { .major = 99 };
		uint8_t bytes[64];
		size_t n = unhex(rows[i].answer, bytes, sizeof(bytes));

		assert_int_equal(select_parse(cur_of(bytes, n), &info), rows[i].ok);
		assert_int_equal(info.major, rows[i].ok ? rows[i].major : 99);
		if (!rows[i].ok)
			continue;
		assert_int_equal(info.minor, rows[i].minor);
		assert_int_equal(info.platform, rows[i].platform);
		assert_int_equal(info.options, rows[i].options);
	}
}

static void status_takes_seven_apdus_and_then_six(void **state)
{
	static const struct exchange rows[] = {
		{ SELECT_CMD, SELECT_36, ST_OK },
		{ READ_2F02, DEVICE_2F02 "6282", ST_OK },
		{ READ_2F03, MY_LABEL, ST_OK },
		{ "00200081", "63c3", ST_OK },
		{ "00200088", "63cf", ST_OK },
		{ "8052000000", "0300" KCV "9000", ST_OK },
		{ "8050000000", "0000f7a8 000306 9000", ST_OK },
		{ SELECT_CMD, SELECT_36, ST_OK },
		{ READ_2F03, "6a82", ST_OK },
		{ "00200081", "9000", ST_OK },
		{ "00200088", "6983", ST_OK },
		{ "8052000000", "6d00", ST_OK },
		{ "8050000000", "6700", ST_OK },
	};
	struct scripted s = { 0 };
	struct card_info info;
	enum device_trust trust;
	struct fault f;
	struct card *card;
	CARD_SESSION *held = NULL;
	static const uint8_t kcv[] = { 0xe9, 0x4f, 0x16, 0xb4, 0x64, 0xd5, 0x8b, 0x35 };

	(void)state;
	card = scripted_open(&s, rows, N(rows));
	assert_int_equal(card_begin(card, &held, &f), ST_OK);
	assert_int_equal(card_status(card, &info, &f), ST_OK);
	assert_int_equal(card_apdu_count(card), 7);
	assert_string_equal(info.serial, DEVICE_SERIAL);
	assert_string_equal(info.label, "mytoken");
	assert_int_equal(info.major, 3);
	assert_int_equal(info.minor, 6);
	assert_int_equal(info.user.state, PIN_READY);
	assert_int_equal(info.user.tries, 3);
	assert_int_equal(info.so.tries, 15);
	assert_true(info.dkek.present);
	assert_int_equal(info.dkek.total, 3);
	assert_int_equal(info.dkek.missing, 0);
	assert_true(info.dkek.kcv_shown);
	assert_memory_equal(info.dkek.kcv, kcv, sizeof(kcv));
	assert_int_equal(info.memory_free, 0xf7a8);
	assert_int_equal(card_trust(card, &trust, &f), ST_OK);
	assert_int_equal(trust, DEVICE_PRODUCTION);
	assert_true(info.initialised);
	card_end(STEAL(held));

	assert_int_equal(card_begin(card, &held, &f), ST_OK);
	assert_int_equal(card_status(card, &info, &f), ST_OK);
	assert_int_equal(card_apdu_count(card), 7 + 6);
	assert_string_equal(info.label, "");
	assert_int_equal(info.user.state, PIN_LOGGED_IN);
	assert_int_equal(info.user.tries, -1);
	assert_int_equal(info.so.state, PIN_BLOCKED);
	assert_false(info.dkek.present);
	assert_int_equal(info.memory_free, -1);
	scripted_close_all(&s, card, STEAL(held));
}

static void status_of_a_reader_with_short_apdus_takes_eight(void **state)
{
	static const char file[] = DEVICE_2F02;
	char first[2 * 256 + 5], second[sizeof(file) + 8];
	struct exchange rows[] = {
		{ SELECT_CMD, SELECT_36, ST_OK },
		{ "00b12f02045402000000", first, ST_OK },
		{ "00b12f02045402010000", second, ST_OK },
		{ "00b12f03045402000000", MY_LABEL, ST_OK },
		{ "00200081", "63c3", ST_OK },
		{ "00200088", "63cf", ST_OK },
		{ "8052000000", "0302" "0000000000000000" "9000", ST_OK },
		{ "8050000000", "0000f7a80003069000", ST_OK },
	};
	struct scripted s = { .base = { .max_apdu = 261 } };
	struct card *card;
	struct card_info info;
	struct fault f;
	CARD_SESSION *held = NULL;

	(void)state;
	snprintf(first, sizeof(first), "%.512s9000", file);
	snprintf(second, sizeof(second), "%s6282", file + 512);
	card = scripted_open(&s, rows, N(rows));
	assert_true(card_is_short_only(card));
	assert_int_equal(card_begin(card, &held, &f), ST_OK);
	assert_int_equal(card_status(card, &info, &f), ST_OK);
	assert_int_equal(card_apdu_count(card), 8);
	assert_string_equal(info.serial, DEVICE_SERIAL);
	assert_int_equal(info.dkek.missing, 2);
	assert_false(info.dkek.kcv_shown);
	scripted_close_all(&s, card, STEAL(held));
}

static void pin_states_depend_on_the_firmware(void **state)
{
	static const struct {
		const char *select, *sw;
		enum pin_which which;
		enum pin_state state;
		int tries;
	} rows[] = {
		{ SELECT_36, "63c3", PIN_USER, PIN_READY, 3 },
		{ SELECT_36, "63ca", PIN_USER, PIN_READY, 10 },
		{ SELECT_36, "63c0", PIN_USER, PIN_BLOCKED, 0 },
		{ SELECT_36, "6983", PIN_USER, PIN_BLOCKED, 0 },
		{ SELECT_36, "9000", PIN_USER, PIN_LOGGED_IN, -1 },
		{ SELECT_36, "6984", PIN_USER, PIN_TRANSPORT, -1 },
		{ SELECT_12, "6984", PIN_USER, PIN_NOT_INITIALISED, -1 },
		{ SELECT_36, "6a88", PIN_USER, PIN_NOT_INITIALISED, -1 },
		{ SELECT_36, "6300", PIN_USER, PIN_OTHER, -1 },
		{ SELECT_36, "63cf", PIN_SO, PIN_READY, 15 },
		{ SELECT_36, "6983", PIN_SO, PIN_BLOCKED, 0 },
		{ SELECT_12, "6a88", PIN_SO, PIN_NOT_INITIALISED, -1 },
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct exchange x[] = {
			{ SELECT_CMD, rows[i].select, ST_OK },
			{ rows[i].which == PIN_USER ? "00200081" : "00200088", rows[i].sw, ST_OK },
		};
		struct scripted s = { 0 };
		struct card *card = scripted_open(&s, x, 2);
		CARD_SESSION *held = NULL;
		struct pin_status pin;

		assert_int_equal(card_begin(card, &held, NULL), ST_OK);
		assert_int_equal(card_pin_status(card, rows[i].which, &pin, NULL), ST_OK);
		assert_int_equal(pin.state, rows[i].state);
		assert_int_equal(pin.tries, rows[i].tries);
		scripted_close_all(&s, card, STEAL(held));
	}
}

static void dkek_answers(void **state)
{
	static const struct {
		const char *rsp;
		enum status st;
		bool present, shown, exchanged;
		unsigned total, missing;
		enum domain_state domain;
	} rows[] = {
		{ "0100" KCV "9000", ST_OK, true, true, false, 1, 0, DOMAIN_IN_USE },
		{ "0201" "0000000000000000" "9000", ST_OK, true, false, false, 2, 1, DOMAIN_IN_USE },
		{ "0200" "0000000000000000" "9000", ST_OK, true, false, false, 2, 0, DOMAIN_IN_USE },
		{ "0201" KCV "9000", ST_OK, true, false, false, 2, 1, DOMAIN_IN_USE },
		{ "0100" KCV "0102" "9000", ST_OK, true, true, true, 1, 0, DOMAIN_IN_USE },
		{ "6d00", ST_OK, false, false, false, 0, 0, DOMAIN_NONE },
		{ "6a88", ST_OK, false, false, false, 0, 0, DOMAIN_EMPTY },
		{ "6a86", ST_OK, false, false, false, 0, 0, DOMAIN_NONE },
		{ "6b00", ST_OK, false, false, false, 0, 0, DOMAIN_NONE },
		{ "9000", ST_BAD_REPLY, false, false, false, 0, 0, 0 },
		{ "0100" "e94f16b464d58b" "9000", ST_BAD_REPLY, false, false, false, 0, 0, 0 },
		{ "0102" KCV "9000", ST_BAD_REPLY, false, false, false, 0, 0, 0 },
		{ "6f00", ST_CARD_ERROR, false, false, false, 0, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct exchange x[] = { { SELECT_CMD, SELECT_36, ST_OK }, { "8052000300", rows[i].rsp, ST_OK } };
		struct scripted s = { 0 };
		struct card *card = scripted_open(&s, x, 2);
		CARD_SESSION *held = NULL;
		struct dkek_status d = { .total = 99 };
		enum domain_state domain = DOMAIN_NONE;
		struct fault f = { 0 };

		assert_int_equal(card_begin(card, &held, NULL), ST_OK);
		assert_int_equal(card_dkek_status(card, 3, &d, &domain, &f), rows[i].st);
		if (rows[i].st != ST_OK) {
			assert_int_equal(d.total, 99);
			assert_true(strlen(f.what) > 20);
		} else {
			assert_int_equal(d.present, rows[i].present);
			assert_int_equal(d.kcv_shown, rows[i].shown);
			assert_int_equal(d.exchanged, rows[i].exchanged);
			assert_int_equal(d.total, rows[i].total);
			assert_int_equal(d.missing, rows[i].missing);
			assert_int_equal(domain, rows[i].domain);
		}
		scripted_close_all(&s, card, STEAL(held));
	}
}

static void a_device_without_a_readable_certificate_has_no_name(void **state)
{
	static const char *const files[] = { "6a82", "6282", "7f216282", "30030201006282" };

	(void)state;
	for (size_t i = 0; i < N(files); i++) {
		struct exchange x[] = { { SELECT_CMD, SELECT_36, ST_OK }, { READ_2F02, files[i], ST_OK } };
		struct scripted s = { 0 };
		struct card *card = scripted_open(&s, x, 2);
		CARD_SESSION *held = NULL;
		const struct device_cert *device = NULL;
		struct fault f;

		assert_int_equal(card_begin(card, &held, NULL), ST_OK);
		assert_int_equal(card_device(card, &device, &f), ST_DAMAGED);
		assert_null(device);
		assert_non_null(strstr(f.what, "serial number"));
		scripted_close_all(&s, card, STEAL(held));
	}
}

static void firmware_rows(void **state)
{
	(void)state;
	assert_false(firmware_of(1, 0)->change_so_pin);
	assert_true(firmware_of(1, 2)->change_so_pin);
	assert_true(firmware_of(1, 2)->pin_length_fixed);
	assert_false(firmware_of(2, 0)->pin_length_fixed);
	assert_int_equal(firmware_of(1, 2)->sw_not_initialised, 0x6984);
	assert_int_equal(firmware_of(2, 5)->rsa_max, 2048);
	assert_false(firmware_of(2, 6)->aes);
	assert_non_null(firmware_of(3, 2)->means);
	assert_null(firmware_of(3, 3)->means);
	assert_int_equal(firmware_of(3, 6)->max_apdu, 1232);
	assert_int_equal(firmware_of(4, 1)->max_apdu, 1454);
	assert_ptr_equal(firmware_of(9, 9), firmware_of(4, 0));
	assert_true(firmware_can_rsa(firmware_of(3, 0), 4096));
	assert_false(firmware_can_rsa(firmware_of(2, 0), 3072));
	assert_false(firmware_can_rsa(firmware_of(3, 0), 2000));
	assert_true(firmware_can_curve(firmware_of(2, 5), curve_by_name("brainpoolP320r1")));
	assert_false(firmware_can_curve(firmware_of(2, 5), curve_by_name("secp384r1")));
	assert_true(firmware_can_curve(firmware_of(3, 4), curve_by_name("secp521r1")));
	assert_false(firmware_can_aes(firmware_of(3, 4), 512));
}

/* Every command, every status word: a fault in words with the number, never a success. */
static void every_status_word_has_words(void **state)
{
	struct card c = { .firmware = firmware_of(3, 6) };

	(void)state;
	for (unsigned cmd = 0; cmd < CMD_COUNT; cmd++)
		for (unsigned sw = 0x6000; sw <= 0xffff; sw += sw >= 0x7000 ? 0x1111 : 1) {
			struct fault f = { 0 };
			enum status st;

			c.command = (enum command)cmd;
			c.sw = (uint16_t)sw;
			st = sw_fault(&c, &f);
			assert_int_not_equal(st, ST_OK);
			assert_int_equal(f.st, st);
			assert_int_equal(f.sw, sw);
			assert_true(strlen(f.what) > 15 && f.what[strlen(f.what) - 1] == '.');
		}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(open_sends_nothing_to_a_known_atr),
		cmocka_unit_test(open_asks_a_card_with_an_unknown_atr),
		cmocka_unit_test(open_names_foreign_cards_without_asking_them),
		cmocka_unit_test(every_atr_of_the_family_is_known),
		cmocka_unit_test(a_session_selects_and_logs_out),
		cmocka_unit_test(a_card_that_takes_no_logout_is_reset),
		cmocka_unit_test(nothing_is_sent_after_the_card_is_gone),
		cmocka_unit_test(select_is_parsed_from_the_end),
		cmocka_unit_test(status_takes_seven_apdus_and_then_six),
		cmocka_unit_test(status_of_a_reader_with_short_apdus_takes_eight),
		cmocka_unit_test(pin_states_depend_on_the_firmware),
		cmocka_unit_test(dkek_answers),
		cmocka_unit_test(a_device_without_a_readable_certificate_has_no_name),
		cmocka_unit_test(firmware_rows),
		cmocka_unit_test(every_status_word_has_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
