/* engine/card: initialisation, and what a trace shows of it. */
#include "tests/unit/scripted.h"

#include "engine/card/apdu.h"
#include "engine/card/keys.h"

#define PIN "648219"
#define PIN_HEX "363438323139"
#define SO_HEX "3537363231383830"
#define SO_STATUS "00200088"

/* The example of smartcard-hsm.md 5, byte for byte. */
#define INIT_CMD "805000001c" "80020001" "8106" PIN_HEX "8208" SO_HEX "910103" "920101"

static void initialising(void **state)
{
	static const struct {
		const char *sw[4];   /* of the command, the SO-PIN's status after it, and both of its second sending */
		enum status st;
		int tries;
	} rows[] = {
		{ { "9000" }, ST_OK, 0 },
		{ { "6a84", "63cf", "9000" }, ST_OK, 0 },
		{ { "6a84", "63cf", "6a84" }, ST_CARD_FULL, -1 },
		/* It cost a try, so it is not sent again; nor after any other answer. */
		{ { "6a84", "63ce" }, ST_SO_PIN_WRONG, 14 },
		{ { "6581" }, ST_CARD_FULL, -1 },
		{ { "6985", "63ce" }, ST_SO_PIN_WRONG, 14 },
		{ { "6900", "63c1" }, ST_SO_PIN_WRONG, 1 },
		{ { "63ce", "63ce" }, ST_SO_PIN_WRONG, 14 },
		{ { "6983", "6983" }, ST_SO_PIN_BLOCKED, 0 },
		{ { "6985", "63cf" }, ST_NOT_ALLOWED, -1 },
		{ { "6a80", "63cf" }, ST_NOT_ALLOWED, -1 },
		{ { "6a84", "63cf", "6985", "63ce" }, ST_SO_PIN_WRONG, 14 },
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct exchange x[8] = { { SELECT_CMD, SELECT_36, ST_OK }, { SO_STATUS, "63cf", ST_OK } };
		struct scripted s = { 0 };
		struct secret *so = so_of(SO_HEX), *pin = secret_of(PIN);
		struct init_params p = { .so = so, .pin = pin, .tries = 3, .options = OPTION_UNBLOCK, .dkek_shares = 1 };
		struct fault f = { 0 };
		struct card *card;
		CARD_SESSION *held = NULL;
		size_t n = 2;

		for (size_t k = 0; k < 4; k++)
			if (rows[i].sw[k])
				x[n++] = (struct exchange){ k % 2 == 0 ? INIT_CMD : SO_STATUS, rows[i].sw[k], ST_OK };
		x[n++] = (struct exchange){ SELECT_CMD, SELECT_36, ST_OK };
		card = scripted_open(&s, x, n);
		assert_int_equal(card_begin(card, &held, NULL), ST_OK);
		assert_int_equal(card_initialise(card, &p, &f), rows[i].st);
		assert_int_equal(f.tries_left, rows[i].tries);
		scripted_close_all(&s, card, STEAL(held));
		secret_free(so), secret_free(pin);
	}
}

static void every_setting_of_the_format(void **state)
{
	static const struct {
		struct init_params p;
		const char *tail;   /* after the tries */
	} rows[] = {
		{ { .options = 0, .dkek_shares = INIT_NO_DKEK }, "" },
		{ { .options = OPTION_UNBLOCK | OPTION_TRANSPORT_PIN, .dkek_shares = 0 }, "920100" },
		{ { .options = 0x3f, .dkek_shares = 127 }, "92017f" },
		{ { .options = OPTION_UNBLOCK, .dkek_shares = INIT_NO_DKEK, .pka_total = 5, .pka_needed = 2 }, "93020502" },
		{ { .options = OPTION_UNBLOCK, .dkek_shares = INIT_NO_DKEK, .domains = 4 }, "970104" },
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		char cmd[200];
		struct exchange x[] = {
			{ SELECT_CMD, SELECT_36, ST_OK }, { SO_STATUS, "6a88", ST_OK }, { cmd, "9000", ST_OK },
			{ SELECT_CMD, SELECT_36, ST_OK },
		};
		struct scripted s = { 0 };
		struct secret *so = so_of(SO_HEX), *pin = secret_of(PIN);
		struct init_params p = rows[i].p;
		struct card *card;
		CARD_SESSION *held = NULL;

		p.so = so;
		p.pin = pin;
		p.tries = 3;
		snprintf(cmd, sizeof(cmd), "80500000%02zx8002%04x8106" PIN_HEX "8208" SO_HEX "910103%s",
			 25 + strlen(rows[i].tail) / 2, p.options, rows[i].tail);
		card = scripted_open(&s, x, 4);
		assert_int_equal(card_begin(card, &held, NULL), ST_OK);
		assert_int_equal(card_initialise(card, &p, NULL), ST_OK);
		scripted_close_all(&s, card, STEAL(held));
		secret_free(so), secret_free(pin);
	}
}

static void settings_that_no_device_takes(void **state)
{
	struct secret *so = so_of(SO_HEX), *pin = secret_of(PIN), *long_pin = secret_of("1234567890123456");
	struct secret *odd = secret_of("1234567");
	const struct init_params good = { .so = so, .pin = pin, .tries = 3, .options = 1, .dkek_shares = 1 };
	struct init_params bad[12];
	const struct firmware *fw = firmware_of(3, 6), *old = firmware_of(1, 2);
	size_t n = 0;

	(void)state;
	assert_int_equal(init_check(&good, fw, NULL), ST_OK);
	for (size_t i = 0; i < N(bad); i++)
		bad[i] = good;
	bad[n++].tries = 0;
	bad[n++].tries = 4;
	bad[n++].pin = long_pin;
	bad[n++].so = odd;
	bad[n++].dkek_shares = 128;
	bad[n++].dkek_shares = -2;
	bad[n++].options = 0x100;
	bad[n++].options = OPTION_RESET_ONLY;
	bad[n++].domains = 2;
	bad[n++].pka_total = 91;
	bad[n++].pka_needed = 1;
	bad[n++].pka_total = 3;
	for (size_t i = 0; i < n; i++) {
		struct fault f = { 0 };

		assert_int_equal(init_check(&bad[i], fw, &f), ST_BAD_FORM);
		assert_true(strlen(f.what) > 20);
	}
	bad[0] = good;
	bad[0].options |= OPTION_TRANSPORT_PIN;
	assert_int_equal(init_check(&bad[0], old, NULL), ST_UNSUPPORTED);
	secret_free(so), secret_free(pin), secret_free(long_pin), secret_free(odd);
}

struct watcher {
	uint8_t seen[4096];
	size_t n;
};

static void watch(void *ctx, const uint8_t *cmd, size_t cmd_len, const uint8_t *rsp, size_t rsp_len)
{
	struct watcher *w = ctx;

	assert_true(w->n + cmd_len + rsp_len < sizeof(w->seen));
	memcpy(w->seen + w->n, cmd, cmd_len);
	memcpy(w->seen + w->n + cmd_len, rsp, rsp_len);
	w->n += cmd_len + rsp_len;
}

static void the_trace_shows_no_secret(void **state)
{
	static const struct exchange x[] = {
		{ SELECT_CMD, SELECT_36, ST_OK },
		{ "0020008106" PIN_HEX, "9000", ST_OK },
		{ "002400810c" PIN_HEX PIN_HEX, "9000", ST_OK },
		{ SO_STATUS, "63cf", ST_OK },
		{ "002c018108" SO_HEX, "9000", ST_OK },
		{ SO_STATUS, "63cf", ST_OK },
		{ "0024008810" SO_HEX SO_HEX, "9000", ST_OK },
		{ SO_STATUS, "63cf", ST_OK },
		{ INIT_CMD, "9000", ST_OK },
		{ "8052000020" "5353535353535353535353535353535353535353535353535353535353535353" "00",
		  "0100e94f16b464d58b359000", ST_OK },
		{ "0084000008", "53535353535353539000", ST_OK },
		{ SELECT_CMD, SELECT_36, ST_OK },
	};
	struct scripted s = { 0 };
	struct card *card = scripted_open(&s, x, N(x));
	struct secret *so = so_of(SO_HEX), *pin = secret_of(PIN), *share = secret_of("SSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSS");
	struct init_params p = { .so = so, .pin = pin, .tries = 3, .options = OPTION_UNBLOCK, .dkek_shares = 1 };
	struct dkek_status dkek;
	struct watcher w = { .n = 0 };
	uint8_t random[8];
	CARD_SESSION *held = NULL;

	(void)state;
	card_set_trace(card, watch, &w);
	assert_int_equal(card_begin(card, &held, NULL), ST_OK);
	assert_int_equal(card_login(card, pin, NULL), ST_OK);
	assert_int_equal(card_change_pin(card, pin, pin, NULL), ST_OK);
	assert_int_equal(card_unblock(card, so, NULL, NULL), ST_OK);
	assert_int_equal(card_change_so_pin(card, so, so, NULL), ST_OK);
	assert_int_equal(card_initialise(card, &p, NULL), ST_OK);
	assert_int_equal(card_import_share(card, 0, share, &dkek, NULL), ST_OK);
	assert_int_equal(card_random(card, random, sizeof(random), NULL), ST_OK);
	assert_memory_equal(random, "SSSSSSSS", 8);
	scripted_close_all(&s, card, STEAL(held));
	assert_true(w.n > 40);
	assert_null(memmem(w.seen, w.n, PIN, 6));
	assert_null(memmem(w.seen, w.n, secret_view(so).p, 8));
	assert_null(memmem(w.seen, w.n, "SSSS", 4));
	assert_non_null(memmem(w.seen, w.n, "\x85\x05\x00\x01\xff\x03\x06", 7));
	secret_free(so), secret_free(pin), secret_free(share);
}

static bool stands_in(struct secret *s, const void *p, size_t n)
{
	return memmem(secret_bytes(s), secret_cap(s), p, n) != NULL;
}

static void buffers_are_erased_at_once(void **state)
{
	static const struct exchange x[] = {
		{ SELECT_CMD, SELECT_36, ST_OK },
		{ "0020008106" PIN_HEX, "63c2", ST_OK },
		{ "80620121..", "5353535353535353" "9000", ST_OK },
		{ "0084000008", "5454545454545454" "9000", ST_OK },
		{ "0020008106" PIN_HEX, NULL, ST_CARD_GONE },
	};
	struct scripted s = { 0 };
	struct card *card = scripted_open(&s, x, N(x));
	struct secret *pin = secret_of(PIN), *plain = secret_new(512);
	uint8_t random[8];
	CARD_SESSION *held = NULL;

	(void)state;
	assert_int_equal(card_begin(card, &held, NULL), ST_OK);
	assert_int_equal(card_login(card, pin, NULL), ST_PIN_WRONG);
	assert_false(stands_in(card->cmd, PIN, 6));
	assert_int_equal(card_decipher(card, 1, cur_of("\x01", 1), plain, NULL), ST_OK);
	assert_true(stands_in(plain, "SSSSSSSS", 8));
	assert_false(stands_in(card->rsp, "SSSS", 4));
	assert_int_equal(card_random(card, random, sizeof(random), NULL), ST_OK);
	assert_false(stands_in(card->rsp, "TTTT", 4));
	assert_int_equal(card_login(card, pin, NULL), ST_CARD_GONE);
	assert_false(stands_in(card->cmd, PIN, 6));
	scripted_close_all(&s, card, STEAL(held));
	secret_free(pin), secret_free(plain);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(initialising),
		cmocka_unit_test(every_setting_of_the_format),
		cmocka_unit_test(settings_that_no_device_takes),
		cmocka_unit_test(the_trace_shows_no_secret),
		cmocka_unit_test(buffers_are_erased_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
