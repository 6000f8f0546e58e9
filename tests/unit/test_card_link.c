/* engine/card: readers that take no extended APDUs, cards that vanish, and answers that are wrong. */
#include "tests/unit/card_help.h"

#include <stdbool.h>

#include "tests/unit/card_data.h"
#include "tests/unit/scripted.h"

#define EXT_READ "00b12f030000045402000003f6"
#define SHORT_READ "00b12f03045402000000"
#define TOKEN "30060201008001 41 6282"

static void a_refused_extended_read_is_asked_short_once(void **state)
{
	static const struct exchange rows[] = {
		{ SELECT_CMD, SELECT_36, ST_OK }, { EXT_READ, "6700", ST_OK },      { SHORT_READ, TOKEN, ST_OK },
		{ SHORT_READ, TOKEN, ST_OK },     { "8058000000", "cc009000", ST_OK },
	};
	struct scripted s = { 0 };
	struct card *card = scripted_open(&s, rows, N(rows));
	char label[DESCRIBE_LABEL_MAX];
	FIDS fids = { 0 };
	CARD_SESSION *held = NULL;
	struct fault f;

	(void)state;
	must(card_begin(card, &held, &f));
	must(card_label(card, label, &f));
	assert_string_equal(label, "A");
	assert_true(card_is_short_only(card));
	must(card_label(card, label, &f));
	must(card_enumerate(card, &fids, &f));
	scripted_close_all(&s, card, STEAL(held));
}

static void a_length_that_is_wrong_both_ways_is_not_the_readers_fault(void **state)
{
	static const struct exchange rows[] = {
		{ SELECT_CMD, SELECT_36, ST_OK }, { EXT_READ, "6700", ST_OK }, { SHORT_READ, "6700", ST_OK },
		{ EXT_READ, TOKEN, ST_OK },
	};
	struct scripted s = { 0 };
	struct card *card = scripted_open(&s, rows, N(rows));
	char label[DESCRIBE_LABEL_MAX];
	CARD_SESSION *held = NULL;
	struct fault f;

	(void)state;
	must(card_begin(card, &held, &f));
	assert_int_equal(card_label(card, label, &f), ST_CARD_ERROR);
	assert_int_equal(f.sw, 0x6700);
	assert_false(card_is_short_only(card));
	must(card_label(card, label, &f));
	scripted_close_all(&s, card, STEAL(held));
}

static void a_reader_that_fails_is_tried_short_after_a_new_select(void **state)
{
	static const struct exchange rows[] = {
		{ SELECT_CMD, SELECT_36, ST_OK }, { EXT_READ, NULL, ST_CARD_ERROR }, { SELECT_CMD, SELECT_36, ST_OK },
		{ SHORT_READ, TOKEN, ST_OK },     { SHORT_READ, NULL, ST_CARD_ERROR },
	};
	struct scripted s = { 0 };
	struct card *card = scripted_open(&s, rows, N(rows));
	char label[DESCRIBE_LABEL_MAX];
	CARD_SESSION *held = NULL;
	struct fault f;

	(void)state;
	must(card_begin(card, &held, &f));
	must(card_label(card, label, &f));
	assert_int_equal(card_label(card, label, &f), ST_CARD_ERROR);
	scripted_close_all(&s, card, STEAL(held));
}

static void what_went_through_once_is_not_doubted_again(void **state)
{
	static const struct exchange rows[] = {
		{ SELECT_CMD, SELECT_36, ST_OK }, { EXT_READ, TOKEN, ST_OK }, { EXT_READ, "6700", ST_OK },
		{ EXT_READ, NULL, ST_CARD_ERROR },
	};
	struct scripted s = { 0 };
	struct card *card = scripted_open(&s, rows, N(rows));
	char label[DESCRIBE_LABEL_MAX];
	CARD_SESSION *held = NULL;
	struct fault f;

	(void)state;
	must(card_begin(card, &held, &f));
	must(card_label(card, label, &f));
	assert_int_equal(card_label(card, label, &f), ST_CARD_ERROR);
	assert_int_equal(card_label(card, label, &f), ST_CARD_ERROR);
	scripted_close_all(&s, card, STEAL(held));
}

/* smartcard-hsm.md 3.4: 6282 with data or none, fewer bytes with 9000, 6B00 and 6A86 beyond the end. */
static void every_way_to_the_end_of_a_file(void **state)
{
	static const char full[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
				   "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
				   "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
				   "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
				   "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
				   "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
				   "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
				   "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff" "9000";
	static const struct {
		const char *first, *second;   /* NULL: not asked */
		size_t n;
	} rows[] = {
		{ "6282", NULL, 0 },         { "01026282", NULL, 2 },  { "3000" "9000", NULL, 2 },
		{ full, "6282", 256 },       { full, "01026282", 258 }, { full, "9000", 256 },
		{ full, "6b00", 256 },       { full, "6a86", 256 },     { "30820190aa9000", "bb6282", 6 },
		{ "3005aa9000", "bb6282", 4 },
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		char second[32];
		struct exchange x[] = {
			{ SELECT_CMD, SELECT_36, ST_OK },
			{ "00b1cf0104" "54020000" "00", rows[i].first, ST_OK },
			{ second, rows[i].second, ST_OK },
		};
		struct scripted s = { .base = { .max_apdu = 256 } };
		struct card *card = scripted_open(&s, x, rows[i].second ? 3 : 2);
		BUF file = { 0 };
		CARD_SESSION *held = NULL;
		struct fault f;

		snprintf(second, sizeof(second), "00b1cf01045402%04zx00", strlen(rows[i].first) / 2 - 2);
		must(card_begin(card, &held, &f));
		must(card_read_file(card, 0xcf01, &file, &f));
		assert_int_equal(file.n, rows[i].n);
		scripted_close_all(&s, card, STEAL(held));
	}
}

static void a_short_reader_does_all_that_fits(void **state)
{
	struct keygen_params p = { .algorithm = KEY_EC, .curve = curve_by_name("secp256r1"), .domain = KEY_NO_DOMAIN };
	struct keygen_params aes = { .algorithm = KEY_AES, .bits = 256, .domain = KEY_NO_DOMAIN };
	struct bench b;
	struct fault f = { 0 };
	struct pubkey key, big;
	uint8_t content[700], cmac[BLOB_CMAC_LEN], random[600];
	BUF ec_blob = { 0 }, aes_blob = { 0 }, back = { 0 };
	OBJECTS list = { 0 };
	CARD_SESSION *held = NULL;

	(void)state;
	memset(content, 0x41, sizeof(content));
	bench_open(&b, "3.6");
	bench_init(&b, 1);
	bench_login(&b, &held);
	bench_key(&b, 1, &p, &key);
	must(card_wrap(b.card, 1, &ec_blob, &f));
	card_end(STEAL(held));

	bench_connect(&b, "limit=261");
	bench_login(&b, &held);
	must(card_objects(b.card, WANT_ALL, &list, &f));
	assert_true(card_is_short_only(b.card));
	assert_true(pubkey_equal(&list.o[0].key, &key));
	bench_key(&b, 2, &p, &big);
	must(card_key_prove(b.card, 2, &big, &f));
	must(card_write_file(b.card, 0xcf00, cur_of(content, sizeof(content)), WRITE_NEW, &f));
	must(card_random(b.card, random, sizeof(random), &f));
	bench_key(&b, 3, &aes, NULL);
	must(card_wrap(b.card, 3, &aes_blob, &f));
	must(card_key_cmac(b.card, 3, cmac, &f));
	must(card_unwrap(b.card, 4, buf_view(&aes_blob), &f));
	must(card_key_prove_cmac(b.card, 4, cmac, &f));
	/* An EC blob has 363 bytes: it goes through the work file, and nothing is left of that. */
	must(card_unwrap(b.card, 5, buf_view(&ec_blob), &f));
	must(card_key_prove(b.card, 5, &key, &f));
	assert_int_equal(card_read_file(b.card, FID_WRAP_WORK, &back, &f), ST_NOT_FOUND);
	/* But an EC key cannot be wrapped, nor one of a larger curve made. */
	assert_int_equal(card_wrap(b.card, 1, &back, &f), ST_UNSUPPORTED);
	assert_non_null(strstr(f.what, "reader"));
	p.curve = curve_by_name("secp521r1");
	assert_int_equal(card_generate(b.card, 6, &p, &big, NULL, &f), ST_UNSUPPORTED);
	assert_non_null(strstr(f.what, "reader"));
	card_end(STEAL(held));

	bench_connect(&b, "announce=261");
	assert_true(card_is_short_only(b.card));
	bench_connect(&b, "limit=261");
	bench_login(&b, &held);
	must(card_write_file(b.card, 0xcf02, cur_of(content, sizeof(content)), WRITE_NEW, &f));
	assert_true(card_is_short_only(b.card));
	card_end(STEAL(held));
	bench_connect(&b, "announce=600");
	bench_login(&b, &held);
	must(card_write_file(b.card, 0xcf01, cur_of(content, sizeof(content)), WRITE_NEW, &f));
	must(card_unwrap(b.card, 7, buf_view(&ec_blob), &f));
	assert_false(card_is_short_only(b.card));
	card_end(STEAL(held));
	bench_close(&b);
}

static void a_reader_that_takes_less_than_a_short_apdu_is_told(void **state)
{
	struct bench b;
	const struct keygen_params p = { .algorithm = KEY_EC, .curve = curve_by_name("secp256r1"), .domain = KEY_NO_DOMAIN };
	CARD_SESSION *held = NULL;
	struct pubkey key;
	struct fault f = { 0 };

	(void)state;
	bench_open(&b, "3.6");
	bench_init(&b, 1);
	bench_connect(&b, "limit=200");
	bench_login(&b, &held);
	assert_int_equal(card_generate(b.card, 1, &p, &key, NULL, &f), ST_UNSUPPORTED);
	assert_non_null(strstr(f.what, "reader"));
	card_end(STEAL(held));
	bench_close(&b);
}

static void a_card_that_vanishes_anywhere_is_told(void **state)
{
	struct bench b;
	struct fault f = { 0 };
	unsigned long apdus;

	(void)state;
	bench_open(&b, "3.6");
	must(whole_day(&b, &f));
	apdus = sim_card_apdus(b.sim);
	assert_true(apdus > 30);
	for (unsigned long i = 0; i + 1 < apdus; i++)
		for (unsigned lost = 0; lost < 2; lost++) {
			char spec[32];

			snprintf(spec, sizeof(spec), "%s@%lu", lost ? "lost" : "drop", lost ? i + 1 : i);
			bench_connect(&b, NULL);
			must(sim_card_set_fault(b.sim, spec, &f));
			memset(&f, 0, sizeof(f));
			assert_int_equal(whole_day(&b, &f), ST_CARD_GONE);
			assert_true(strlen(f.what) > 10);
			sim_card_plug(b.sim, true);
		}
	bench_connect(&b, NULL);
	must(whole_day(&b, &f));
	bench_close(&b);
}

/*
 * One instruction at a time answers cut, flipped or at random, or only with a status word. What depends on the answer
 * fails in words; nothing crashes. Not all of it can fail: a flipped bit in a random number is one too.
 */
static void wrong_answers_to_every_command(void **state)
{
	static const struct {
		const char *ins;
		bool must_fail;   /* with garbage in place of the answer */
	} rows[] = {
		{ "A4", true }, { "B1", true }, { "D7", false }, { "E4", false }, { "58", false }, { "20", false },
		{ "24", false }, { "2C", false }, { "50", false }, { "52", false }, { "46", true }, { "72", true },
		{ "74", false }, { "68", true }, { "84", false },
	};
	static const char *const kinds[] = { "garbage:%s", "wrong:%s", "sw:%s=6F00", "sw:%s=6700", "sw:%s=6A80", "sw:%s=9000",
					     "sw:%s=6982", "sw:%s=6A82", "sw:%s=6A84", "sw:%s=6985", "sw:%s=6983" };

	(void)state;
	for (size_t i = 0; i < N(rows); i++)
		for (size_t k = 0; k < N(kinds); k++) {
			struct bench b;
			struct fault f = { 0 };
			char spec[64];
			enum status st;

			bench_open(&b, "3.6");
			bench_connect(&b, NULL);
			snprintf(spec, sizeof(spec), "%.*s%s%s", (int)(strchr(kinds[k], '%') - kinds[k]), kinds[k], rows[i].ins,
				 strchr(kinds[k], '%') + 2);
			must(sim_card_set_fault(b.sim, spec, &f));
			memset(&f, 0, sizeof(f));
			st = whole_day(&b, &f);
			if (st != ST_OK)
				assert_true(strlen(f.what) > 10);
			if (k == 0 && rows[i].must_fail && st == ST_OK)
				fail_msg("garbage from %s was taken for good", rows[i].ins);
			bench_close(&b);
		}
}

static void cut_answers_anywhere(void **state)
{
	struct bench b;
	struct fault f = { 0 };
	unsigned long apdus;

	(void)state;
	bench_open(&b, "3.6");
	must(whole_day(&b, &f));
	apdus = sim_card_apdus(b.sim);
	for (unsigned long i = 1; i < apdus; i++) {
		char spec[32];

		snprintf(spec, sizeof(spec), "short@%lu", i);
		bench_connect(&b, NULL);
		must(sim_card_set_fault(b.sim, spec, &f));
		memset(&f, 0, sizeof(f));
		if (whole_day(&b, &f) != ST_OK)
			assert_true(strlen(f.what) > 10);
	}
	bench_close(&b);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_refused_extended_read_is_asked_short_once),
		cmocka_unit_test(a_length_that_is_wrong_both_ways_is_not_the_readers_fault),
		cmocka_unit_test(a_reader_that_fails_is_tried_short_after_a_new_select),
		cmocka_unit_test(what_went_through_once_is_not_doubted_again),
		cmocka_unit_test(every_way_to_the_end_of_a_file),
		cmocka_unit_test(a_short_reader_does_all_that_fits),
		cmocka_unit_test(a_reader_that_takes_less_than_a_short_apdu_is_told),
		cmocka_unit_test(a_card_that_vanishes_anywhere_is_told),
		cmocka_unit_test(wrong_answers_to_every_command),
		cmocka_unit_test(cut_answers_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
