/* engine/card and engine/sim, which share no code: what one says the other does. */
#include "tests/unit/card_help.h"

#include <stdbool.h>

static const uint8_t k1_kcv[] = { 0x63, 0x0d, 0xcd, 0x29, 0x66, 0xc4, 0x33, 0x66 };   /* formats.md 8.1 */

static void a_device_from_the_factory_to_its_first_share(void **state)
{
	static const char *const firmware[] = { "1.2", "2.0", "3.6", "4.1" };

	(void)state;
	for (size_t i = 0; i < N(firmware); i++) {
		struct bench b;
		struct card_info info;
		enum device_trust trust;
		struct dkek_status dkek;
		struct fault f = { 0 };
		CARD_SESSION *held = NULL;

		bench_open(&b, firmware[i]);
		must(card_begin(b.card, &held, &f));
		must(card_status(b.card, &info, &f));
		assert_int_equal(info.user.state, PIN_NOT_INITIALISED);
		assert_false(info.initialised);
		assert_int_equal(card_login(b.card, b.pin, &f), ST_NOT_INITIALISED);
		card_end(STEAL(held));
		bench_init(&b, 2);
		must(card_begin(b.card, &held, &f));
		must(card_status(b.card, &info, &f));
		assert_string_equal(info.serial, "DENK0200914");
		assert_int_equal(info.user.state, PIN_READY);
		assert_int_equal(info.user.tries, 3);
		assert_int_equal(info.so.tries, 15);
		assert_true(info.dkek.present);
		assert_int_equal(info.dkek.missing, 2);
		assert_false(info.dkek.kcv_shown);
		must(card_trust(b.card, &trust, &f));
		assert_int_equal(trust, DEVICE_UNKNOWN);
		must(card_login(b.card, b.pin, &f));
		must(card_set_label(b.card, "Würzburg A", &f));
		must(card_import_share(b.card, 0, b.share, &dkek, &f));
		assert_int_equal(dkek.missing, 1);
		must(card_import_share(b.card, 0, b.share, &dkek, &f));
		assert_int_equal(dkek.missing, 0);
		assert_int_equal(card_import_share(b.card, 0, b.share, &dkek, &f), ST_NOT_ALLOWED);
		card_end(STEAL(held));
		bench_init(&b, 1);
		must(card_begin(b.card, &held, &f));
		must(card_status(b.card, &info, &f));
		assert_memory_equal(info.dkek.kcv, k1_kcv, sizeof(k1_kcv));
		assert_true(info.dkek.kcv_shown);
		card_end(STEAL(held));
		bench_close(&b);
	}
}

static void wrong_pins_are_counted_once(void **state)
{
	struct bench b;
	struct secret *wrong = secret_new(16), *longer = secret_new(16), *bad_so = secret_new(8), *next = secret_new(16);
	struct pin_status pin;
	struct fault f = { 0 };
	CARD_SESSION *held = NULL;

	(void)state;
	bench_open(&b, "3.6");
	bench_init(&b, INIT_NO_DKEK);
	assert_true(secret_set(wrong, "111111", 6) && secret_set(longer, "11111111", 8) && secret_set(bad_so, "11111111", 8) &&
		    secret_set(next, "abcdef12", 8));
	must(card_begin(b.card, &held, &f));
	assert_int_equal(card_login(b.card, wrong, &f), ST_PIN_WRONG);
	assert_int_equal(f.tries_left, 2);
	assert_int_equal(card_login(b.card, longer, &f), ST_PIN_WRONG);
	assert_int_equal(f.sw, 0x6700);
	must(card_pin_status(b.card, PIN_USER, &pin, &f));
	assert_int_equal(pin.tries, 2);
	assert_int_equal(card_change_pin(b.card, wrong, next, &f), ST_PIN_WRONG);
	assert_int_equal(f.tries_left, 1);
	assert_int_equal(card_login(b.card, wrong, &f), ST_PIN_BLOCKED);
	assert_int_equal(card_login(b.card, b.pin, &f), ST_PIN_BLOCKED);
	assert_int_equal(card_unblock(b.card, bad_so, NULL, &f), ST_SO_PIN_WRONG);
	assert_int_equal(f.tries_left, 14);
	must(card_unblock(b.card, b.so, next, &f));
	must(card_login(b.card, next, &f));
	must(card_change_pin(b.card, next, b.pin, &f));
	must(card_login(b.card, b.pin, &f));
	assert_int_equal(card_change_so_pin(b.card, bad_so, b.so, &f), ST_SO_PIN_WRONG);
	must(card_change_so_pin(b.card, b.so, bad_so, &f));
	assert_int_equal(card_unblock(b.card, b.so, b.pin, &f), ST_SO_PIN_WRONG);
	card_end(STEAL(held));
	bench_close(&b);
	secret_free(wrong), secret_free(longer), secret_free(bad_so), secret_free(next);
}

static void a_wrong_so_pin_does_not_initialise(void **state)
{
	struct bench b;
	struct secret *bad = secret_new(8);
	struct init_params p;
	struct fault f = { 0 };
	CARD_SESSION *held = NULL;

	(void)state;
	bench_open(&b, "3.6");
	bench_init(&b, 1);
	assert_true(secret_set(bad, "11111111", 8));
	p = (struct init_params){ .so = bad, .pin = b.pin, .tries = 3, .options = 1, .dkek_shares = INIT_NO_DKEK };
	must(card_begin(b.card, &held, &f));
	for (int left = 14; left > 0; left--) {
		assert_int_equal(card_initialise(b.card, &p, &f), ST_SO_PIN_WRONG);
		assert_int_equal(f.tries_left, left);
	}
	assert_int_equal(card_initialise(b.card, &p, &f), ST_SO_PIN_BLOCKED);
	sim_card_clear_counts(b.sim);
	assert_int_equal(card_initialise(b.card, &p, &f), ST_SO_PIN_BLOCKED);
	assert_int_equal(sim_card_apdus_of(b.sim, 0x50), 0);
	card_end(STEAL(held));
	bench_close(&b);
	secret_free(bad);
}

/* Made, proven, wrapped, deleted, unwrapped, proven again. */
static void round_trip(struct bench *b, const struct keygen_params *p)
{
	struct pubkey key = { 0 };
	uint8_t cmac[BLOB_CMAC_LEN] = { 0 };
	struct blob blob;
	struct fault f = { 0 };
	BUF wrapped = { 0 };
	FIDS fids = { 0 };
	CARD_SESSION *held = NULL;
	uint8_t ref;

	bench_login(b, &held);
	must(card_enumerate(b->card, &fids, &f));
	ref = card_free_key_ref(&fids);
	bench_key(b, ref, p, &key);
	if (p->algorithm == KEY_AES)
		must(card_key_cmac(b->card, ref, cmac, &f));
	else
		must(card_key_prove(b->card, ref, &key, &f));
	must(card_wrap(b->card, ref, &wrapped, &f));
	must(blob_parse(buf_view(&wrapped), &blob, &f));
	must(card_delete(b->card, fid_of(FID_KEY, ref), &f));
	assert_int_equal(card_wrap(b->card, ref, &wrapped, &f), ST_NOT_FOUND);
	must(card_unwrap(b->card, ref, blob.whole, &f));
	if (p->algorithm == KEY_AES) {
		must(card_key_prove_cmac(b->card, ref, cmac, &f));
		cmac[3] ^= 1;
		assert_int_equal(card_key_prove_cmac(b->card, ref, cmac, &f), ST_MISMATCH);
	} else {
		must(card_key_prove(b->card, ref, &key, &f));
	}
}

static void every_kind_of_key_goes_round(void **state)
{
	struct bench b;
	const struct curve *curve;

	(void)state;
	bench_open(&b, "3.6");
	bench_init(&b, 1);
	for (size_t i = 0; (curve = curve_at(i)) != NULL; i++)
		if (curve->usual)
			round_trip(&b, &(struct keygen_params){ .algorithm = KEY_EC, .curve = curve, .domain = KEY_NO_DOMAIN });
	round_trip(&b, &(struct keygen_params){ .algorithm = KEY_RSA, .bits = 1024, .domain = KEY_NO_DOMAIN });
	round_trip(&b, &(struct keygen_params){ .algorithm = KEY_RSA, .bits = 2048, .domain = KEY_NO_DOMAIN });
	for (unsigned bits = 128; bits <= 256; bits += 64)
		round_trip(&b, &(struct keygen_params){ .algorithm = KEY_AES, .bits = bits, .domain = KEY_NO_DOMAIN });
	round_trip(&b, &(struct keygen_params){ .algorithm = KEY_EC, .curve = curve_by_name("secp256r1"), .domain = KEY_NO_DOMAIN,
						 .limited = true, .use_counter = 9, .algorithms = { 0x70, 0x92 },
						 .n_algorithms = 2 });
	bench_close(&b);
}

static void firmware_says_which_keys_it_makes(void **state)
{
	struct bench b;
	struct keygen_params p = { .algorithm = KEY_EC, .curve = curve_by_name("secp384r1"), .domain = KEY_NO_DOMAIN };
	struct pubkey key;
	struct fault f = { 0 };
	CARD_SESSION *held = NULL;

	(void)state;
	bench_open(&b, "2.0");
	bench_init(&b, 1);
	bench_login(&b, &held);
	sim_card_clear_counts(b.sim);
	assert_int_equal(card_generate(b.card, 1, &p, &key, NULL, &f), ST_UNSUPPORTED);
	p = (struct keygen_params){ .algorithm = KEY_AES, .bits = 256, .domain = KEY_NO_DOMAIN };
	assert_int_equal(card_generate(b.card, 1, &p, &key, NULL, &f), ST_UNSUPPORTED);
	p = (struct keygen_params){ .algorithm = KEY_RSA, .bits = 4096, .domain = KEY_NO_DOMAIN };
	assert_int_equal(card_generate(b.card, 1, &p, &key, NULL, &f), ST_UNSUPPORTED);
	p.bits = 2048;
	p.limited = true;
	p.use_counter = 1;
	assert_int_equal(card_generate(b.card, 1, &p, &key, NULL, &f), ST_UNSUPPORTED);
	assert_int_equal(sim_card_apdus(b.sim), 0);
	card_end(STEAL(held));
	bench_close(&b);
}

static void a_key_that_may_not_leave_or_sign_says_so(void **state)
{
	struct bench b;
	struct keygen_params p = { .algorithm = KEY_EC, .curve = curve_by_name("secp256r1"), .domain = KEY_NO_DOMAIN,
				   .limited = true, .use_counter = 1, .algorithms = { 0x70 }, .n_algorithms = 1 };
	struct pubkey key;
	struct fault f = { 0 };
	BUF blob = { 0 };
	CARD_SESSION *held = NULL;

	(void)state;
	bench_open(&b, "3.6");
	bench_init(&b, 1);
	bench_login(&b, &held);
	must(card_generate(b.card, 7, &p, &key, NULL, &f));
	assert_int_equal(card_wrap(b.card, 7, &blob, &f), ST_NOT_ALLOWED);
	must(card_key_prove(b.card, 7, &key, &f));
	assert_int_equal(card_key_prove(b.card, 7, &key, &f), ST_NOT_ALLOWED);
	assert_non_null(strstr(f.what, "use counter"));
	card_end(STEAL(held));
	bench_close(&b);
}

static void without_dkek_or_with_missing_shares(void **state)
{
	struct bench b;
	struct keygen_params p = { .algorithm = KEY_EC, .curve = curve_by_name("secp256r1"), .domain = KEY_NO_DOMAIN };
	static const char *const firmware[] = { "3.6", "4.1" };
	static const uint8_t junk[77];

	(void)state;
	for (size_t i = 0; i < N(firmware); i++) {
		struct pubkey key;
		struct fault f = { 0 };
		BUF blob = { 0 };
		CARD_SESSION *held = NULL;

		bench_open(&b, firmware[i]);
		bench_init(&b, INIT_NO_DKEK);
		bench_login(&b, &held);
		must(card_generate(b.card, 1, &p, &key, NULL, &f));
		assert_int_equal(card_wrap(b.card, 1, &blob, &f), ST_NO_DKEK);
		assert_int_equal(card_unwrap(b.card, 2, cur_of(junk, sizeof(junk)), &f), ST_NO_DKEK);
		card_end(STEAL(held));
		bench_init(&b, 2);
		bench_login(&b, &held);
		assert_int_equal(card_generate(b.card, 1, &p, &key, NULL, &f), ST_DKEK_INCOMPLETE);
		assert_int_equal(card_unwrap(b.card, 2, cur_of(junk, sizeof(junk)), &f), ST_DKEK_INCOMPLETE);
		card_end(STEAL(held));
		bench_close(&b);
	}
}

static void a_blob_of_another_dkek_is_refused_and_nothing_is_made(void **state)
{
	struct bench b;
	struct keygen_params p = { .algorithm = KEY_EC, .curve = curve_by_name("secp256r1"), .domain = KEY_NO_DOMAIN };
	struct pubkey key;
	struct fault f = { 0 };
	BUF blob = { 0 };
	FIDS fids = { 0 };
	CARD_SESSION *held = NULL;

	(void)state;
	bench_open(&b, "3.6");
	bench_init(&b, 1);
	bench_login(&b, &held);
	must(card_generate(b.card, 1, &p, &key, NULL, &f));
	must(card_wrap(b.card, 1, &blob, &f));
	blob.p[0] ^= 1;
	assert_int_equal(card_unwrap(b.card, 2, buf_view(&blob), &f), ST_OTHER_DKEK);
	blob.p[0] ^= 1;
	blob.p[blob.n - 1] ^= 1;
	assert_int_equal(card_unwrap(b.card, 2, buf_view(&blob), &f), ST_DAMAGED);
	must(card_enumerate(b.card, &fids, &f));
	assert_false(fids_have(&fids, fid_of(FID_KEY, 2)));
	card_end(STEAL(held));
	bench_close(&b);
}

static void files_are_written_replaced_and_read_back(void **state)
{
	static const size_t sizes[] = { 1, 0, 127, 125, 248, 249, 1000, 3000, 997, 998, 10 };
	struct bench b;
	uint8_t content[3000];
	struct fault f = { 0 };
	CARD_SESSION *held = NULL;

	(void)state;
	bench_open(&b, "3.6");
	bench_init(&b, 1);
	bench_login(&b, &held);
	for (size_t i = 0; i < N(sizes); i++) {
		BUF back = { 0 };
		size_t size = 0;

		memset(content, (int)i + 1, sizeof(content));
		must(card_write_file(b.card, 0xcf05, cur_of(content, sizes[i]), WRITE_REPLACE, &f));
		must(card_read_file(b.card, 0xcf05, &back, &f));
		assert_int_equal(back.n, sizes[i]);
		assert_true(sizes[i] == 0 || memcmp(back.p, content, sizes[i]) == 0);
		must(card_file_size(b.card, 0xcf05, &size, &f));
		assert_int_equal(size, sizes[i]);
	}
	/* What does not read back the same does not stay. */
	must(sim_card_set_fault(b.sim, "wrong:B1*1", &f));
	assert_int_equal(card_write_file(b.card, 0xcf06, cur_of("new", 3), WRITE_NEW, &f), ST_MISMATCH);
	must(sim_card_set_fault(b.sim, NULL, &f));
	assert_int_equal(card_delete(b.card, 0xcf06, &f), ST_NOT_FOUND);
	must(card_delete(b.card, 0xcf05, &f));
	assert_int_equal(card_delete(b.card, 0xcf05, &f), ST_NOT_FOUND);
	assert_int_equal(card_delete(b.card, 0xcc00, &f), ST_NOT_LOGGED_IN);
	card_end(STEAL(held));
	must(card_begin(b.card, &held, &f));
	assert_int_equal(card_write_file(b.card, 0xcf05, cur_of(content, 5), WRITE_NEW, &f), ST_NOT_LOGGED_IN);
	card_end(STEAL(held));
	bench_close(&b);
}

static void private_data_needs_the_login(void **state)
{
	struct bench b;
	struct secret *back = secret_new(64);
	struct fault f = { 0 };
	BUF open = { 0 };
	CARD_SESSION *held = NULL;

	(void)state;
	bench_open(&b, "3.6");
	bench_init(&b, 1);
	bench_login(&b, &held);
	must(card_write_file(b.card, 0xcd09, secret_view(b.share), WRITE_REPLACE, &f));
	must(card_read_secret(b.card, 0xcd09, back, &f));
	assert_true(secret_equal(back, b.share));
	card_end(STEAL(held));
	must(card_begin(b.card, &held, &f));
	assert_int_equal(card_read_file(b.card, 0xcd09, &open, &f), ST_NOT_LOGGED_IN);
	assert_int_equal(open.n, 0);
	card_end(STEAL(held));
	bench_close(&b);
	secret_free(back);
}

static void a_full_card_keeps_what_it_had(void **state)
{
	struct bench b;
	uint8_t *content = calloc(1, FILE_MAX);
	struct fault f = { 0 };
	BUF back = { 0 };
	CARD_SESSION *held = NULL;
	FIDS fids = { 0 };
	enum status st = ST_OK;

	(void)state;
	assert_non_null(content);
	bench_open(&b, "2.0");
	bench_init(&b, 1);
	bench_login(&b, &held);
	must(card_write_file(b.card, 0xcf00, cur_of("before", 6), WRITE_NEW, &f));
	for (uint16_t i = 1; i < 20 && st == ST_OK; i++)
		st = card_write_file(b.card, (uint16_t)(0xcf00 + i), cur_of(content, 4000), WRITE_NEW, &f);
	assert_int_equal(st, ST_CARD_FULL);
	must(card_enumerate(b.card, &fids, &f));
	assert_int_equal(card_write_file(b.card, 0xcf00, cur_of(content, 20000), WRITE_REPLACE, &f), ST_CARD_FULL);
	assert_non_null(strstr(f.what, "put back"));
	must(card_read_file(b.card, 0xcf00, &back, &f));
	assert_int_equal(back.n, 6);
	assert_memory_equal(back.p, "before", 6);
	card_end(STEAL(held));
	bench_close(&b);
	free(content);
}

static void random_numbers(void **state)
{
	struct bench b;
	uint8_t a[3000], again[3000];
	struct fault f = { 0 };
	CARD_SESSION *held = NULL;

	(void)state;
	bench_open(&b, "2.0");
	must(card_begin(b.card, &held, &f));
	sim_card_clear_counts(b.sim);
	must(card_random(b.card, a, sizeof(a), &f));
	assert_int_equal(sim_card_apdus(b.sim), 3);
	must(card_random(b.card, again, sizeof(again), &f));
	assert_memory_not_equal(a, again, sizeof(a));
	card_end(STEAL(held));
	bench_close(&b);
}

static void key_domains(void **state)
{
	struct bench b;
	struct init_params p;
	struct dkek_status d;
	enum domain_state domain;
	struct fault f = { 0 };
	CARD_SESSION *held = NULL;

	(void)state;
	bench_open(&b, "3.6");
	p = (struct init_params){ .so = b.so, .pin = b.pin, .tries = 3, .dkek_shares = INIT_NO_DKEK, .domains = 2 };
	must(card_begin(b.card, &held, &f));
	must(card_initialise(b.card, &p, &f));
	must(card_login(b.card, b.pin, &f));
	must(card_dkek_status(b.card, 1, &d, &domain, &f));
	assert_int_equal(domain, DOMAIN_EMPTY);
	must(card_dkek_status(b.card, 2, &d, &domain, &f));
	assert_int_equal(domain, DOMAIN_NONE);
	must(card_domain_create(b.card, 1, 1, &d, &f));
	assert_int_equal(d.missing, 1);
	must(card_import_share(b.card, 1, b.share, &d, &f));
	assert_memory_equal(d.kcv, k1_kcv, sizeof(k1_kcv));
	assert_int_equal(card_domain_create(b.card, 2, 1, &d, &f), ST_NOT_ALLOWED);
	must(card_domain_clear(b.card, 1, &f));
	must(card_domain_delete(b.card, 1, &f));
	must(card_dkek_status(b.card, 1, &d, &domain, &f));
	assert_int_equal(domain, DOMAIN_EMPTY);
	card_end(STEAL(held));
	bench_close(&b);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_device_from_the_factory_to_its_first_share),
		cmocka_unit_test(wrong_pins_are_counted_once),
		cmocka_unit_test(a_wrong_so_pin_does_not_initialise),
		cmocka_unit_test(every_kind_of_key_goes_round),
		cmocka_unit_test(firmware_says_which_keys_it_makes),
		cmocka_unit_test(a_key_that_may_not_leave_or_sign_says_so),
		cmocka_unit_test(without_dkek_or_with_missing_shares),
		cmocka_unit_test(a_blob_of_another_dkek_is_refused_and_nothing_is_made),
		cmocka_unit_test(files_are_written_replaced_and_read_back),
		cmocka_unit_test(private_data_needs_the_login),
		cmocka_unit_test(a_full_card_keeps_what_it_had),
		cmocka_unit_test(random_numbers),
		cmocka_unit_test(key_domains),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
