/*
 * Each allocation of a procedure fails once, ours and OpenSSL's. Whatever comes of it: no crash, no wrong result, no
 * word about damage where only memory was short, and nothing written to what is returned.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/keys/cvc.h"
#include "engine/keys/share.h"
#include "engine/keys/wrapped.h"
#include "tests/unit/keys_vectors.h"

static long countdown = -1;   /* allocations left until one fails; negative: none will */

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);

static bool fails(void)
{
	return countdown >= 0 && countdown-- == 0;
}

void *__wrap_malloc(size_t n)
{
	return fails() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

static void *openssl_malloc(size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return n == 0 || fails() ? NULL : __real_malloc(n);
}

static void *openssl_realloc(void *p, size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return fails() ? NULL : realloc(p, n);
}

static void openssl_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

typedef enum status scenario(struct fault *f);

/* Made once, outside of what is made to fail. */
static struct {
	struct buf share, wrapped, ef, x509;
	struct secret *dkek, *password, *room;
} given;

static enum status opens_a_share(struct fault *f)
{
	enum status st;

	secret_wipe(given.room);
	st = share_open(buf_view(&given.share), given.password, 1, NULL, NULL, given.room, f);
	if (st != ST_OK)
		assert_int_equal(secret_len(given.room), 0);
	return st;
}

static enum status opens_a_wrapped_key(struct fault *f)
{
	struct wrapped_identity id = { .algorithm = KEY_AES };
	struct wrapped w;
	enum status st = wrapped_parse(buf_view(&given.wrapped), &w, f);

	if (st != ST_OK)
		return st;
	assert_int_equal(w.damage, 0);
	st = wrapped_open(&w, given.dkek, &id, f);
	assert_int_equal(id.algorithm, st == ST_OK ? KEY_EC : KEY_AES);
	return st;
}

static enum status opens_a_wrapped_key_with_a_certificate(struct fault *f)
{
	struct wrapped w;
	enum status st = wrapped_parse(buf_view(&given.x509), &w, f);

	if (st == ST_OK)
		assert_int_equal(w.damage, 0);
	return st;
}

static enum status checks_a_device(struct fault *f)
{
	enum device_trust trust;
	struct device_cert d = { .chr = "" };
	enum status st = device_cert_parse(buf_view(&given.ef), &d, f);

	if (st != ST_OK) {
		assert_string_equal(d.chr, "");
		return st;
	}
	assert_string_equal(d.issuer, "XXISS00001");
	st = device_cert_check(buf_view(&given.ef), &trust, f);
	if (st == ST_OK)
		assert_int_equal(trust, DEVICE_UNKNOWN);
	return st;
}

static enum status makes_key_generation_data(struct fault *f)
{
	struct cvc_keygen k = { .chr = "UTHSM000100001", .algorithm = KEY_EC, .curve = curve_by_name("P-256"),
				.domain = CVC_NO_DOMAIN };
	BUF b = { 0 };
	enum status st = cvc_keygen_data(&k, &b, f);

	if (st == ST_OK)
		assert_int_equal(b.n, 254);
	return st;
}

static void at_every_allocation(scenario *run)
{
	struct fault f = { 0 };
	long n;

	assert_int_equal(run(&f), ST_OK);   /* OpenSSL fetches what it keeps */
	for (n = 0; n < 100000; n++) {
		enum status st;
		bool hit;

		countdown = n;
		st = run(&f);
		hit = countdown < 0;
		countdown = -1;
		ERR_clear_error();
		if (!hit) {
			assert_int_equal(st, ST_OK);
			break;
		}
		if (st != ST_OK && st != ST_NO_MEMORY && st != ST_CRYPTO)
			fail_msg("allocation %ld: %s: %s", n, status_name(st), f.what);
	}
	assert_true(n > 3 && n < 100000);
	assert_int_equal(run(&f), ST_OK);
}

static void opening_a_share_survives_it(void **state)
{
	(void)state;
	at_every_allocation(opens_a_share);
}

static void opening_a_wrapped_key_survives_it(void **state)
{
	(void)state;
	at_every_allocation(opens_a_wrapped_key);
}

static void reading_a_certificate_survives_it(void **state)
{
	(void)state;
	at_every_allocation(opens_a_wrapped_key_with_a_certificate);
}

static void checking_a_device_survives_it(void **state)
{
	(void)state;
	at_every_allocation(checks_a_device);
}

static void making_key_generation_data_survives_it(void **state)
{
	(void)state;
	at_every_allocation(makes_key_generation_data);
}

/* The seeds of the fuzz targets are files of ours. */
static struct buf seed(const char *path)
{
	struct buf b = { 0 };
	FILE *file = fopen(path, "rb");
	int c;

	while (file != NULL && (c = fgetc(file)) != EOF)
		buf_u8(&b, (uint8_t)c);
	if (file != NULL)
		fclose(file);
	return b;
}

static int give(void **state)
{
	(void)state;
	given.share = seed("tests/fuzz/corpus/share/one_iteration");
	given.wrapped = seed("tests/fuzz/corpus/wrapped/ec");
	given.x509 = seed("tests/fuzz/corpus/wrapped/x509");
	given.ef = seed("tests/fuzz/corpus/cvc/device");
	given.dkek = secret_from_hex(K1);
	given.password = secret_from(SHARE_PASSWORD, strlen(SHARE_PASSWORD));
	given.room = secret_new(SHARE_LEN);
	return given.dkek == NULL || given.password == NULL || given.room == NULL ? -1 : 0;
}

static int take(void **state)
{
	(void)state;
	buf_done(&given.share);
	buf_done(&given.wrapped);
	buf_done(&given.x509);
	buf_done(&given.ef);
	secret_free(given.dkek);
	secret_free(given.password);
	secret_free(given.room);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opening_a_share_survives_it),
		cmocka_unit_test(opening_a_wrapped_key_survives_it),
		cmocka_unit_test(reading_a_certificate_survives_it),
		cmocka_unit_test(checking_a_device_survives_it),
		cmocka_unit_test(making_key_generation_data_survives_it),
	};

	if (CRYPTO_set_mem_functions(openssl_malloc, openssl_realloc, openssl_free) != 1)
		return 1;
	return cmocka_run_group_tests(tests, give, take);
}
