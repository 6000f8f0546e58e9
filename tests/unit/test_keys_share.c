#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <openssl/evp.h>
#include <stdio.h>

#include "engine/keys/dkek.h"
#include "engine/keys/share.h"
#include "tests/unit/keys_vectors.h"

static struct secret *word(const char *text)
{
	return secret_from(text, strlen(text));
}

static void assert_secret_hex(const struct secret *s, const char *hex)
{
	BUF b = from_hex(hex);

	assert_int_equal(secret_len(s), b.n);
	assert_memory_equal(secret_view(s).p, b.p, b.n);
}

static void assert_kcv(const struct secret *dkek, const char *hex)
{
	uint8_t kcv[KCV_LEN];
	char text[2 * KCV_LEN + 1];

	assert_int_equal(dkek_kcv(dkek, kcv, NULL), ST_OK);
	hex_upper(text, kcv, sizeof(kcv));
	assert_string_equal(text, hex);
}

static void check_value_and_derived_keys_are_those_of_the_sheet(void **state)
{
	SECRET *zero = secret_from_hex("0000000000000000000000000000000000000000000000000000000000000000");
	SECRET *k1 = secret_from_hex(K1), *k2 = secret_from_hex(K2), *dkek = secret_new(32), *key = secret_new(32);
	const struct secret *both[] = { k1, k2 };

	(void)state;
	assert_kcv(zero, "66687AADF862BD77");
	assert_kcv(k1, "630DCD2966C43366");
	assert_kcv(k2, "82D86408530B765E");
	assert_int_equal(dkek_combine(both, 2, dkek, NULL), ST_OK);
	assert_kcv(dkek, "BD75A82B9957D6D0");
	assert_int_equal(dkek_kenc(k1, key, NULL), ST_OK);
	assert_secret_hex(key, "04A6950A06D3E3308AD7D3606EF810EB124E3943404CA746A12C51C7BF776839");
	assert_int_equal(dkek_kmac(k1, key, NULL), ST_OK);
	assert_secret_hex(key, "0F8D842AC9CB62349779A7537A78327D545AAEB33B2D42C7D1DC3680A4B23628");
}

/* known-faults.md 12 */
static void a_number_of_shares_that_other_tools_cannot_hold_is_refused(void **state)
{
	SECRET *k1 = secret_from_hex(K1), *dkek = secret_new(32), *short_one = secret_from_hex("0011");
	const struct secret *many[256], *odd[] = { k1, short_one };
	struct fault f;

	(void)state;
	for (size_t i = 0; i < 256; i++)
		many[i] = k1;
	assert_int_equal(dkek_combine(many, 127, dkek, &f), ST_OK);
	assert_int_equal(dkek_combine(many, 128, dkek, &f), ST_BAD_FORM);
	assert_int_equal(dkek_combine(many, 256, dkek, &f), ST_BAD_FORM);
	assert_int_equal(dkek_combine(many, 0, dkek, &f), ST_BAD_FORM);
	assert_int_equal(dkek_combine(odd, 2, dkek, &f), ST_BAD_FORM);
	assert_int_equal(secret_len(dkek), 32);
	assert_memory_equal(secret_view(dkek).p, secret_view(k1).p, 32);   /* what 127 equal shares make, left alone */
}

struct counter {
	unsigned calls, last, total, stop_at;
};

static bool count(void *ctx, unsigned done, unsigned total)
{
	struct counter *c = ctx;

	assert_true(done > c->last && done <= total);
	c->calls++;
	c->last = done;
	c->total = total;
	return c->stop_at == 0 || c->calls < c->stop_at;
}

static void the_share_of_the_sheet_opens_at_the_real_count(void **state)
{
	BUF file = from_hex(SHARE_K1);
	SECRET *password = word(SHARE_PASSWORD), *share = secret_new(32);
	struct counter c = { 0 };
	struct fault f;

	(void)state;
	assert_int_equal(share_open(buf_view(&file), password, SHARE_ITERATIONS, count, &c, share, &f), ST_OK);
	assert_secret_hex(share, K1);
	assert_int_equal(c.last, 30000000);
	assert_int_equal(c.total, 30000000);
	assert_true(c.calls >= 100);
}

/* K1 and its padding under the key and IV that formats.md 8.2 gives for one iteration; computed with Python. */
#define ONE_ITERATION \
	"533A2C6ACBD24BA45B908B4350BAD0631477C8DA4001D0C2035CEAB5D4188900BA8647D72463CA256F095E8FF75E8F39"

static void one_iteration_gives_the_key_of_the_sheet(void **state)
{
	SECRET *share = secret_from_hex(K1), *password = word(SHARE_PASSWORD), *again = secret_new(32);
	BUF salt = from_hex(SHARE_SALT);
	BUF expected = from_hex("53616C7465645F5F0102030405060708" ONE_ITERATION);
	uint8_t file[SHARE_FILE_LEN];

	(void)state;
	assert_int_equal(share_seal(share, password, salt.p, 1, NULL, NULL, file, NULL), ST_OK);
	assert_memory_equal(file, expected.p, sizeof(file));
	assert_int_equal(share_open(cur_of(file, 64), password, 1, NULL, NULL, again, NULL), ST_OK);
	assert_true(secret_equal(share, again));
}

static void every_length_of_password_survives_sealing(void **state)
{
	SECRET *share = secret_from_hex(K2), *again = secret_new(32);
	BUF salt = from_hex(SHARE_SALT);
	uint8_t file[SHARE_FILE_LEN], bytes[200];

	(void)state;
	for (size_t n = 0; n < sizeof(bytes); n += 7) {
		memset(bytes, (int)n, sizeof(bytes));   /* n 0: binary zeros, as threshold passwords may have */
		SECRET *password = secret_from(bytes, n);

		assert_int_equal(share_seal(share, password, salt.p, 3, NULL, NULL, file, NULL), ST_OK);
		assert_int_equal(share_open(cur_of(file, 64), password, 3, NULL, NULL, again, NULL), ST_OK);
		assert_true(secret_equal(share, again));
		assert_int_equal(share_open(cur_of(file, 64), password, 4, NULL, NULL, again, NULL), ST_PASSWORD_WRONG);
	}
}

/* What a reader that is content with ordinary padding makes of a share file, with OpenSSL's own functions. */
static bool ordinary_padding_accepts(const uint8_t *file, const char *password)
{
	uint8_t key[32], iv[16], plain[64];
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n, tail;
	bool accepted;

	EVP_BytesToKey(EVP_aes_256_cbc(), EVP_md5(), file + 8, (const uint8_t *)password, (int)strlen(password), 1, key,
		       iv);
	assert_int_equal(EVP_DecryptInit_ex(ctx, EVP_aes_256_cbc(), NULL, key, iv), 1);
	assert_int_equal(EVP_DecryptUpdate(ctx, plain, &n, file + 16, 48), 1);
	accepted = EVP_DecryptFinal_ex(ctx, plain + n, &tail) == 1;
	EVP_CIPHER_CTX_free(ctx);
	return accepted;
}

/* known-faults.md 3 */
static void a_wrong_password_with_a_valid_last_padding_byte_is_refused(void **state)
{
	BUF file = from_hex("53616C7465645F5F0102030405060708" ONE_ITERATION);
	unsigned found = 0;
	char text[32];

	(void)state;
	assert_true(ordinary_padding_accepts(file.p, SHARE_PASSWORD));
	for (unsigned i = 0; i < 5000 && found < 5; i++) {
		SECRET *password = NULL, *share = secret_new(32);
		struct fault f;

		snprintf(text, sizeof(text), "wrong %u", i);
		if (!ordinary_padding_accepts(file.p, text))
			continue;
		found++;
		password = word(text);
		assert_int_equal(share_open(buf_view(&file), password, 1, NULL, NULL, share, &f), ST_PASSWORD_WRONG);
		assert_int_equal(secret_len(share), 0);
	}
	assert_int_equal(found, 5);
}

static void text_of(struct cur file, char *out, const char *every_19)
{
	char one_line[SHARE_TEXT_LEN + 1];
	size_t n = 0;

	share_to_text(file.p, one_line);
	for (size_t i = 0; i < SHARE_TEXT_LEN; i++) {
		out[n++] = one_line[i];
		if (i % 19 == 18) {
			memcpy(out + n, every_19, strlen(every_19));
			n += strlen(every_19);
		}
	}
	out[n] = '\0';
}

static void the_paper_form_is_read_in_any_layout(void **state)
{
	static const char *const between[] = { "", "\n", "\r\n", " \t " };
	BUF file = from_hex(SHARE_K1);
	uint8_t bytes[SHARE_FILE_LEN];
	char text[200];

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		text_of(buf_view(&file), text, between[i]);
		memset(bytes, 0, sizeof(bytes));
		assert_int_equal(share_parse(cur_of(text, strlen(text)), bytes, NULL), ST_OK);
		assert_memory_equal(bytes, file.p, sizeof(bytes));
	}
}

static void a_file_of_another_length_or_form_is_refused_before_any_work(void **state)
{
	BUF file = from_hex(SHARE_K1);
	SECRET *password = word(SHARE_PASSWORD), *share = secret_new(32);
	struct counter c = { 0 };
	struct fault f;
	char text[200];

	(void)state;
	for (size_t n = 0; n < SHARE_FILE_LEN; n++) {
		assert_int_equal(share_open(cur_of(file.p, n), password, 1, count, &c, share, &f), ST_DAMAGED);
	}
	assert_non_null(strstr(f.what, "cut short"));
	buf_u8(&file, '\n');
	assert_int_equal(share_open(buf_view(&file), password, 1, count, &c, share, &f), ST_DAMAGED);
	assert_non_null(strstr(f.what, "longer"));
	file.p[0] = 's';
	assert_int_equal(share_open(cur_of(file.p, 64), password, 1, count, &c, share, &f), ST_DAMAGED);
	file.p[0] = 'S';
	text_of(cur_of(file.p, 64), text, "");
	for (size_t n = 0; n < SHARE_TEXT_LEN; n++)
		assert_int_equal(share_open(cur_of(text, n), password, 1, count, &c, share, &f), ST_DAMAGED);
	text[85]++;   /* bits that base64 throws away: not what anybody printed */
	assert_int_equal(share_open(cur_of(text, 88), password, 1, count, &c, share, &f), ST_DAMAGED);
	text[85]--;
	text[88] = 'A';
	assert_int_equal(share_open(cur_of(text, 89), password, 1, count, &c, share, &f), ST_DAMAGED);
	assert_int_equal(c.calls, 0);
	assert_int_equal(secret_len(share), 0);
}

/* Cipher and salt are not sealed otherwise: what damage leaves is a wrong password, never another share. */
static void no_flipped_bit_gives_a_share_that_passes_for_whole(void **state)
{
	SECRET *share = secret_from_hex(K1), *password = word(SHARE_PASSWORD), *got = secret_new(32);
	BUF salt = from_hex(SHARE_SALT);
	uint8_t file[SHARE_FILE_LEN];
	unsigned refused = 0;

	(void)state;
	assert_int_equal(share_seal(share, password, salt.p, 1, NULL, NULL, file, NULL), ST_OK);
	for (size_t bit = 0; bit < 8 * SHARE_FILE_LEN; bit++) {
		enum status st;

		file[bit / 8] ^= (uint8_t)(1 << bit % 8);
		st = share_open(cur_of(file, 64), password, 1, NULL, NULL, got, NULL);
		file[bit / 8] ^= (uint8_t)(1 << bit % 8);
		/* CBC: the first ciphertext block touches share bytes only, so that the KCV has to tell */
		if (bit / 8 >= 16 && bit / 8 < 32)
			assert_int_equal(st, ST_OK);
		else
			assert_true(st == ST_DAMAGED || st == ST_PASSWORD_WRONG);
		refused += st != ST_OK;
	}
	assert_int_equal(refused, 48 * 8);
}

static void it_can_be_cancelled_at_every_report(void **state)
{
	BUF file = from_hex(SHARE_K1);
	SECRET *password = word(SHARE_PASSWORD), *share = secret_new(32);

	(void)state;
	for (unsigned stop = 1; stop <= 9; stop++) {
		struct counter c = { .stop_at = stop };

		assert_int_equal(share_open(buf_view(&file), password, 200001, count, &c, share, NULL), ST_CANCELLED);
		assert_int_equal(c.calls, stop);
	}
	assert_int_equal(share_open(buf_view(&file), password, 0, NULL, NULL, share, NULL), ST_BAD_FORM);
	assert_int_equal(share_open(buf_view(&file), password, 2000000000, NULL, NULL, share, NULL), ST_BAD_FORM);
	assert_int_equal(secret_len(share), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(check_value_and_derived_keys_are_those_of_the_sheet),
		cmocka_unit_test(a_number_of_shares_that_other_tools_cannot_hold_is_refused),
		cmocka_unit_test(the_share_of_the_sheet_opens_at_the_real_count),
		cmocka_unit_test(one_iteration_gives_the_key_of_the_sheet),
		cmocka_unit_test(every_length_of_password_survives_sealing),
		cmocka_unit_test(a_wrong_password_with_a_valid_last_padding_byte_is_refused),
		cmocka_unit_test(the_paper_form_is_read_in_any_layout),
		cmocka_unit_test(a_file_of_another_length_or_form_is_refused_before_any_work),
		cmocka_unit_test(no_flipped_bit_gives_a_share_that_passes_for_whole),
		cmocka_unit_test(it_can_be_cancelled_at_every_report),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
