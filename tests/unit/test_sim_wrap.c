/* The simulated card: wrapped keys, against the vectors of formats.md 8 and against itself on another card. */
#include "tests/unit/sim_help.h"

#include <openssl/evp.h>

#include "engine/base/tlv.h"

/* formats.md 8.1: Kenc of K1 */
#define KENC "04A6950A06D3E3308AD7D3606EF810EB124E3943404CA746A12C51C7BF776839"
/* 8.3 */
#define AES_BLOB "630DCD2966C433660F0008608648016503040100041011189900000000" \
	"26551603F8978847030277976A21F253790DC0D33DC80538019176EC99FD0A610CEB58DC84BE86966B0513D5C6EB15E8"
/* 8.4 */
#define EC_BLOB "630DCD2966C433660C000A04007F00070202020203000000000000" \
	"38EBE878E0D88B0938FE3FB12587395A3335D65A03BAA0F378F9DD00CA99F2C1" \
	"C41CA027EFA2F335AC4CDF42E9E7C5F38F5499C1B509A206DBEBF7897D38BAF4" \
	"F25BD925A8A2364E2E6150F904C9243902B308362A31725AFA4CCD8A43C42D25" \
	"FD5EF47382698D4760848CB5E863898B25D866060FE7C98A1E023CD393841870" \
	"996FC308887581C3B76F1C8A4DCE438FC4CF42769B272A965E9EF0C8BFE831C3" \
	"AAACBDCB92A3FAAAD93CCA258E25FE8FED1480DAC15C1A77A97F15480285B799" \
	"E0632328F7C120A4CC359D7D7389F7B7F144A68182484EA8144715E969D00686" \
	"987BD01BEF9C8ACBFFBC932FD7B4FDA0FC097216561BB107C67CFD26BE467B7F" \
	"3B55426A041A2B2E3DF0583D029F86869E7AE1D0F54274C438ACC4D3E97865A2" \
	"6F5697668637CF7A4D5529A0A5FE5BD20F8F53348FD47535C1623C0E8211D701" \
	"4F6AE4D147E37707E1B3DC239C46A04F"

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
