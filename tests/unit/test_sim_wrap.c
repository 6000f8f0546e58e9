/* The simulated card: wrapped keys, against the vectors of formats.md 8 and against itself on another card. */
#include "tests/unit/sim_help.h"

#include <openssl/evp.h>

#include "engine/base/tlv.h"
#include "tests/unit/keys_vectors.h"

/* formats.md 8.1: Kenc of K1 */
#define KENC "04A6950A06D3E3308AD7D3606EF810EB124E3943404CA746A12C51C7BF776839"

static size_t plain_of(const uint8_t *blob, size_t n, size_t header, uint8_t *out)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t key[32], iv[16] = { 0 };
	int len = 0;

	(void)unhex(KENC, key, sizeof(key));
	assert_int_equal(EVP_DecryptInit_ex(ctx, EVP_aes_256_cbc(), NULL, key, iv), 1);
	EVP_CIPHER_CTX_set_padding(ctx, 0);
	assert_int_equal(EVP_DecryptUpdate(ctx, out, &len, blob + header, (int)(n - header - 16)), 1);
	EVP_CIPHER_CTX_free(ctx);
	return (size_t)len;
}

static void the_vectors_of_the_sheet_are_taken(void **state)
{
	struct sim_card *c = ready_card("3.6");
	uint8_t blob[512], plain[512], want[512];
	size_t n = unhex(AES_BLOB, blob, sizeof(blob)), len;

	(void)state;
	assert_int_equal(n, 77);
	assert_long(c, 0x80, 0x74, 0x05, 0x93, blob, n, 0x9000);
	/* AES-CMAC of 16 zero bytes under 00112233445566778899AABBCCDDEEFF */
	assert_long(c, 0x80, 0x78, 0x05, 0x18, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16, 0x9000);
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "CMAC", NULL);
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(mac);
	OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string("cipher", (char[]){ "AES-128-CBC" }, 0),
				OSSL_PARAM_construct_end() };
	(void)unhex("00112233445566778899AABBCCDDEEFF", want, 16);
	assert_int_equal(EVP_MAC_init(ctx, want, 16, params), 1);
	memset(plain, 0, 16);
	assert_int_equal(EVP_MAC_update(ctx, plain, 16), 1);
	assert_int_equal(EVP_MAC_final(ctx, want, &len, 16), 1);
	assert_memory_equal(last.data, want, 16);
	EVP_MAC_CTX_free(ctx);
	EVP_MAC_free(mac);

	n = unhex(EC_BLOB, blob, sizeof(blob));
	assert_int_equal(n, 363);
	assert_long(c, 0x80, 0x74, 0x06, 0x93, blob, n, 0x9000);
	assert_answer(c, "80580000000000", "2F02CC00CC05CC069000");   /* the key alone: no C4, no CE */
	len = plain_of(blob, n, 27, want);
	assert_sw(c, "80720692000000", 0x9000);
	assert_int_equal(last.n, n);
	assert_memory_equal(last.data, blob, 27);
	assert_int_equal(plain_of(last.data, last.n, 27, plain), len);
	assert_memory_equal(plain + 8, want + 8, len - 8);            /* all but the random bytes */
	assert_memory_not_equal(plain, want, 8);
	sim_card_close(c);
}

static void what_does_not_fit_is_refused(void **state)
{
	struct sim_card *c = ready_card("3.6");
	uint8_t blob[512];
	size_t n = unhex(EC_BLOB, blob, sizeof(blob));

	(void)state;
	for (size_t i = 0; i < n; i += 13) {
		blob[i] ^= 1;
		/* within the check value: another DKEK, 6A88 as seen; else the MAC fails */
		assert_long(c, 0x80, 0x74, 0x06, 0x93, blob, n, i < 8 ? 0x6a88 : 0x6a80);
		blob[i] ^= 1;
	}
	for (size_t len = 1; len < n; len += 7) {
		(void)long_apdu(c, 0x80, 0x74, 0x06, 0x93, blob, len);
		assert_int_equal(last.sw, 0x6a80);
	}
	assert_long(c, 0x80, 0x74, 0x00, 0x93, blob, n, 0x6a86);
	assert_sw(c, "80740693", 0x6a82);
	assert_sw(c, "80720692000000", 0x6a88);   /* no such key: seen */
	assert_sw(c, "80720092000000", 0x6985);
	assert_answer(c, "80580000000000", "2F02CC009000");
	assert_sw(c, SELECT, 0x9000);
	assert_long(c, 0x80, 0x74, 0x06, 0x93, blob, n, 0x6982);
	assert_sw(c, "80720692000000", 0x6982);
	sim_card_close(c);
	c = fresh_card("3.6");
	assert_sw(c, INIT_NO_DKEK, 0x9000);
	assert_long(c, 0x80, 0x74, 0x06, 0x93, blob, n, 0x6d00);
	assert_sw(c, MAKE_EC("01"), 0x9000);
	assert_sw(c, "80720192000000", 0x6d00);
	sim_card_close(c);
	c = fresh_card("4.1");
	assert_sw(c, INIT_NO_DKEK, 0x9000);
	assert_long(c, 0x80, 0x74, 0x06, 0x93, blob, n, 0x6a88);
	sim_card_close(c);
}

static void a_blob_may_come_as_a_file(void **state)
{
	struct sim_card *c = ready_card("3.6");
	uint8_t data[512] = { 0x54, 0x02, 0x00, 0x00, 0x53, 0x82, 0x01, 0x6b };
	size_t n = unhex(EC_BLOB, data + 8, sizeof(data) - 8);

	(void)state;
	assert_long(c, 0x00, 0xd7, 0x2f, 0x10, data, n + 8, 0x9000);
	assert_sw(c, "80740693", 0x9000);
	assert_sw(c, "80740793", 0x6a82);   /* used up */
	assert_answer(c, "80580000000000", "2F02CC00CC069000");
	sim_card_close(c);
}

static void keys_move_to_another_card(void **state)
{
	static uint8_t blobs[5][2048];
	static size_t sizes[5];
	uint8_t digest[32] = { 9 }, sig[256];
	struct sim_card *c = ready_card("4.1");

	(void)state;
	assert_sw(c, MAKE_EC("01"), 0x9000);
	assert_sw(c, MAKE_RSA("02"), 0x9000);
	assert_sw(c, "004803B207" "91051011189992", 0x9000);
	assert_sw(c, "00460400000038" "5F29010042095554434130303030317F4915060A04007F00070202020102820301000102020C005F200E"
		  "555448534D303030313030303031" "0000", 0x9000);
	for (uint8_t i = 1; i <= 4; i++) {
		assert_long(c, 0x80, 0x72, i, 0x92, NULL, 0, 0x9000);
		memcpy(blobs[i], last.data, last.n);
		sizes[i] = last.n;
	}
	assert_int_equal(sizes[1], 363);
	assert_int_equal(sizes[2], 971);
	assert_int_equal(blobs[2][8], 0x06);
	assert_int_equal(blobs[4][8], 0x05);   /* above 2048 bits */
	assert_int_equal(sizes[3], 9 + 2 + 8 + 2 + 5 + 4 + 48 + 16);
	memset(blobs[0], 0, 256);
	blobs[0][255] = 7;
	assert_long(c, 0x80, 0x68, 0x02, 0x20, blobs[0], 256, 0x9000);
	memcpy(sig, last.data, sizeof(sig));
	assert_long(c, 0x80, 0x78, 0x03, 0x18, digest, 32, 0x9000);
	memcpy(digest, last.data, 16);
	sim_card_close(c);

	c = ready_card("3.4");
	for (uint8_t i = 1; i <= 4; i++)
		assert_long(c, 0x80, 0x74, (uint8_t)(16 + i), 0x93, blobs[i], sizes[i], 0x9000);
	assert_long(c, 0x80, 0x68, 18, 0x20, blobs[0], 256, 0x9000);
	assert_memory_equal(last.data, sig, sizeof(sig));   /* RSA without padding: the same key, the same answer */
	memset(blobs[0], 0, 32);
	blobs[0][0] = 9;
	assert_long(c, 0x80, 0x78, 19, 0x18, blobs[0], 32, 0x9000);
	assert_memory_equal(last.data, digest, 16);
	assert_long(c, 0x80, 0x78, 19, 0x10, blobs[0], 32, 0x9000);
	assert_long(c, 0x80, 0x72, 18, 0x92, NULL, 0, 0x9000);
	assert_int_equal(last.n, sizes[2]);
	assert_memory_equal(last.data, blobs[2], 27);
	assert_long(c, 0x80, 0x68, 20, 0x33, "x", 1, 0x9000);
	sim_card_close(c);
	c = ready_card("2.6");
	assert_long(c, 0x80, 0x74, 1, 0x93, blobs[1], sizes[1], 0x9000);
	assert_long(c, 0x80, 0x74, 4, 0x93, blobs[4], sizes[4], 0x6a81);
	assert_long(c, 0x80, 0x74, 3, 0x93, blobs[3], sizes[3], 0x6a81);
	sim_card_close(c);
}

static void the_faults_of_early_firmware_are_there(void **state)
{
	struct sim_card *c = ready_card("3.1");

	(void)state;
	assert_sw(c, "004803B004" "91021092", 0x9000);
	assert_sw(c, "80720392000000", 0x9000);
	assert_int_equal(last.data[9], 0x00);
	assert_int_not_equal(last.data[11], 0x60);   /* a wrongly encoded OID */
	assert_sw(c, "00460100000102" EC_TEMPLATE "91027092" "0000", 0x9000);
	assert_sw(c, "80720192000000", 0x9000);
	size_t n = last.n;
	uint8_t blob[512];
	memcpy(blob, last.data, n);
	assert_long(c, 0x80, 0x74, 0x02, 0x93, blob, n, 0x6f00);   /* an EC key with a list: mended in 3.2 */
	sim_card_close(c);
	c = ready_card("3.2");
	assert_long(c, 0x80, 0x74, 0x02, 0x93, blob, n, 0x9000);
	sim_card_close(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_vectors_of_the_sheet_are_taken),
		cmocka_unit_test(what_does_not_fit_is_refused),
		cmocka_unit_test(a_blob_may_come_as_a_file),
		cmocka_unit_test(keys_move_to_another_card),
		cmocka_unit_test(the_faults_of_early_firmware_are_there),
	};

	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
