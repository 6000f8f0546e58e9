#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/base/tlv.h"
#include "engine/keys/blob.h"
#include "engine/keys/wrapped.h"
#include "tests/unit/keys_vectors.h"

DEFINE_GUARD(EVP_PKEY, EVP_PKEY_free)
#define PKEY CLEANUP(EVP_PKEY_free_guard) EVP_PKEY

/* Of the keys of formats.md 8.3 and 8.4, computed with Python. */
#define AES_CMAC "53E107B36EF2C5381B62D83D46BB2149"
#define EC_SPKI_SHA256 "5A7A78CCA4A0F420D9BC62BB669C3C2759E39F723D3AE10DCBE0F0815A07ECD4"

static void assert_bytes(struct cur got, const char *hex)
{
	BUF expected = from_hex(hex);

	assert_int_equal(got.n, expected.n);
	assert_memory_equal(got.p, expected.p, got.n);
}

static void the_aes_blob_of_the_sheet_opens_and_is_made_again(void **state)
{
	BUF bytes = from_hex(AES_BLOB), random = from_hex(BLOB_RANDOM), list = from_hex(AES_LIST), again = { 0 };
	SECRET *dkek = secret_from_hex(K1), *key = secret_from_hex(AES_KEY);
	BLOB_KEY inside = { 0 }, made = { 0 };
	struct cur item = secret_view(key);
	uint8_t cmac[BLOB_CMAC_LEN];
	struct pubkey none;
	struct blob b;

	(void)state;
	assert_int_equal(blob_parse(buf_view(&bytes), &b, NULL), ST_OK);
	assert_true(blob_may_hold(&b, KEY_AES, 128) && blob_may_hold(&b, KEY_AES, 0));
	assert_false(blob_may_hold(&b, KEY_AES, 1024) || blob_may_hold(&b, KEY_EC, 0));
	assert_int_equal(b.type, BLOB_AES);
	assert_bytes(b.algorithms, AES_LIST);
	assert_int_equal(blob_open(&b, dkek, &inside, NULL), ST_OK);
	assert_int_equal(inside.bits, 128);
	assert_bytes(inside.items[0], AES_KEY);
	assert_int_equal(blob_key_cmac(&inside, cmac, NULL), ST_OK);
	assert_bytes(cur_of(cmac, sizeof(cmac)), AES_CMAC);
	assert_int_equal(blob_key_public(&inside, &none, NULL), ST_UNSUPPORTED);

	assert_int_equal(blob_key_make(BLOB_AES, 128, &item, 1, &made, NULL), ST_OK);
	assert_int_equal(blob_seal(&made, buf_view(&list), dkek, random.p, &again, NULL), ST_OK);
	assert_bytes(buf_view(&again), AES_BLOB);
}

static void the_ec_blob_of_the_sheet_opens_and_is_made_again(void **state)
{
	BUF bytes = from_hex(EC_BLOB), random = from_hex(BLOB_RANDOM), d = from_hex(EC_D), q = from_hex(EC_Q);
	BUF again = { 0 };
	SECRET *dkek = secret_from_hex(K1);
	BLOB_KEY inside = { 0 }, made = { 0 };
	uint8_t cmac[BLOB_CMAC_LEN];
	struct curve_domain c;
	struct pubkey key;
	struct blob b;

	(void)state;
	assert_int_equal(bytes.n, 363);
	assert_int_equal(blob_parse(buf_view(&bytes), &b, NULL), ST_OK);
	assert_true(blob_may_hold(&b, KEY_EC, 256));
	assert_false(blob_may_hold(&b, KEY_EC, 384) || blob_may_hold(&b, KEY_EC, 521) || blob_may_hold(&b, KEY_RSA, 256));
	assert_int_equal(blob_open(&b, dkek, &inside, NULL), ST_OK);
	assert_int_equal(inside.bits, 256);
	assert_bytes(inside.items[5], EC_D);
	assert_int_equal(blob_key_public(&inside, &key, NULL), ST_OK);
	assert_string_equal(key.curve->name, "secp256r1");
	assert_bytes(cur_of(key.point, key.point_len), EC_Q);
	assert_int_equal(blob_key_cmac(&inside, cmac, NULL), ST_UNSUPPORTED);

	assert_int_equal(curve_get_domain(key.curve, &c, NULL), ST_OK);
	const struct cur items[] = { cur_of(c.a, c.bytes), cur_of(c.b, c.bytes), cur_of(c.p, c.bytes),
				     cur_of(c.n, c.bytes), cur_of(c.g, 2 * c.bytes + 1), buf_view(&d), buf_view(&q) };

	assert_int_equal(blob_key_make(BLOB_EC, 256, items, 7, &made, NULL), ST_OK);
	assert_int_equal(blob_seal(&made, cur_of("", 0), dkek, random.p, &again, NULL), ST_OK);
	assert_bytes(buf_view(&again), EC_BLOB);
}

struct rsa {
	uint8_t d[512], n[512], e[3], dp[256], dq[256], p[256], q[256], qinv[256];
	size_t len;
};

static void take_number(EVP_PKEY *pkey, const char *name, uint8_t *out, size_t len)
{
	BIGNUM *bn = NULL;

	assert_int_equal(EVP_PKEY_get_bn_param(pkey, name, &bn), 1);
	assert_true(BN_bn2binpad(bn, out, (int)len) == (int)len);
	BN_clear_free(bn);
}

static void take_rsa(EVP_PKEY *pkey, struct rsa *r)
{
	r->len = (size_t)EVP_PKEY_get_bits(pkey) / 8;
	take_number(pkey, OSSL_PKEY_PARAM_RSA_D, r->d, r->len);
	take_number(pkey, OSSL_PKEY_PARAM_RSA_N, r->n, r->len);
	take_number(pkey, OSSL_PKEY_PARAM_RSA_E, r->e, 3);
	take_number(pkey, OSSL_PKEY_PARAM_RSA_FACTOR1, r->p, r->len / 2);
	take_number(pkey, OSSL_PKEY_PARAM_RSA_FACTOR2, r->q, r->len / 2);
	take_number(pkey, OSSL_PKEY_PARAM_RSA_EXPONENT1, r->dp, r->len / 2);
	take_number(pkey, OSSL_PKEY_PARAM_RSA_EXPONENT2, r->dq, r->len / 2);
	take_number(pkey, OSSL_PKEY_PARAM_RSA_COEFFICIENT1, r->qinv, r->len / 2);
}

/* Sizes as in formats.md 4.4. */
static void rsa_blobs_of_both_forms_go_there_and_back(void **state)
{
	static const struct {
		enum blob_type type;
		size_t bits, blob_len;
	} rows[] = { { BLOB_RSA, 1024, 331 }, { BLOB_RSA_CRT, 2048, 971 } };
	SECRET *dkek = secret_from_hex(K2);
	struct rsa r;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", rows[i].bits);
		BLOB_KEY made = { 0 }, inside = { 0 };
		struct pubkey key, expected;
		struct blob b;
		BUF bytes = { 0 };
		size_t h;

		take_rsa(pkey, &r);
		h = r.len / 2;
		const struct cur plain[] = { cur_of(r.d, r.len), cur_of(r.n, r.len), cur_of(r.e, 3) };
		const struct cur crt[] = { cur_of(r.dp, h), cur_of(r.dq, h), cur_of(r.p, h), cur_of(r.qinv, h),
					   cur_of(r.q, h), cur_of(r.n, r.len), cur_of(r.e, 3) };

		assert_int_equal(blob_key_make(rows[i].type, (unsigned)rows[i].bits, i == 0 ? plain : crt,
					       i == 0 ? 3 : 7, &made, NULL), ST_OK);
		assert_int_equal(blob_seal(&made, cur_of("\x20\x92", 2), dkek, r.dp, &bytes, NULL), ST_OK);
		assert_int_equal(bytes.n, rows[i].blob_len + 2);
		assert_int_equal(blob_parse(buf_view(&bytes), &b, NULL), ST_OK);
		assert_int_equal(b.algorithm, KEY_RSA);
		assert_int_equal(blob_open(&b, dkek, &inside, NULL), ST_OK);
		assert_int_equal(inside.n_items, made.n_items);
		for (size_t k = 0; k < made.n_items; k++) {
			assert_int_equal(inside.items[k].n, made.items[k].n);
			assert_memory_equal(inside.items[k].p, made.items[k].p, made.items[k].n);
		}
		assert_int_equal(blob_key_public(&inside, &key, NULL), ST_OK);
		assert_int_equal(pubkey_rsa(cur_of(r.n, r.len), cur_of(r.e, 3), &expected, NULL), ST_OK);
		assert_true(pubkey_equal(&key, &expected));
	}
}

/* As pico-hsm and firmware 3.0 write: short a and b, no padding where none is needed, a wrong AES identifier. */
static void blobs_of_other_makers_are_read(void **state)
{
	BUF q = from_hex(EC_Q), bytes = { 0 };
	SECRET *dkek = secret_from_hex(K1);
	BLOB_KEY made = { 0 }, inside = { 0 };
	const struct curve *k1 = curve_by_name("secp256k1");
	struct curve_domain c;
	struct pubkey key;
	struct blob b;

	(void)state;
	assert_int_equal(curve_get_domain(k1, &c, NULL), ST_OK);
	/* a of secp256k1 is zero, b is 7; d = 1, so that Q is the generator */
	const struct cur items[] = { cur_of("\0", 1), cur_of("\7", 1), cur_of(c.p, 32), cur_of(c.n, 32),
				     cur_of(c.g, 65), cur_of("\1", 1), cur_of(c.g, 65) };

	assert_int_equal(blob_key_make(BLOB_EC, 256, items, 7, &made, NULL), ST_OK);
	assert_int_equal(blob_seal(&made, cur_of("", 0), dkek, q.p, &bytes, NULL), ST_OK);
	assert_int_equal(blob_parse(buf_view(&bytes), &b, NULL), ST_OK);
	assert_int_equal(blob_open(&b, dkek, &inside, NULL), ST_OK);
	assert_int_equal(blob_key_public(&inside, &key, NULL), ST_OK);
	assert_ptr_equal(key.curve, k1);

	/* the head is only skipped by its lengths: the MAC is what vouches for it */
	BUF odd = from_hex(AES_BLOB);

	odd.p[11] ^= 0x20;
	assert_int_equal(blob_parse(buf_view(&odd), &b, NULL), ST_OK);
	assert_int_equal(b.type, BLOB_AES);
}

static void another_dkek_is_told_apart_from_damage(void **state)
{
	BUF bytes = from_hex(EC_BLOB);
	SECRET *dkek = secret_from_hex(K2), *right = secret_from_hex(K1);
	BLOB_KEY inside = { 0 };
	struct blob b;
	struct fault f;

	(void)state;
	assert_int_equal(blob_parse(buf_view(&bytes), &b, NULL), ST_OK);
	assert_int_equal(blob_open(&b, dkek, &inside, &f), ST_OTHER_DKEK);
	assert_non_null(strstr(f.what, "630DCD2966C43366"));
	assert_non_null(strstr(f.what, "82D86408530B765E"));
	assert_null(inside.plain);
	bytes.p[300] ^= 1;
	assert_int_equal(blob_check_kcv(&b, right, &f), ST_OK);
	assert_int_equal(blob_open(&b, right, &inside, &f), ST_DAMAGED);
	assert_null(inside.plain);
}

/* A wrapped file as sc-hsm-tool writes it: blob, description, request. */
static struct buf make_wrapped(const char *blob, const char *prkd, const char *cert)
{
	BUF b = from_hex(blob), p = from_hex(prkd), c = from_hex(cert);
	struct buf file = { 0 };

	assert_int_equal(wrapped_build(buf_view(&b), buf_view(&p), buf_view(&c), &file, NULL), ST_OK);
	return file;
}

static void a_wrapped_file_is_its_parts_by_tag(void **state)
{
	BUF all = make_wrapped(EC_BLOB, PRKD_EC, REQUEST), only_cert = make_wrapped(EC_BLOB, "", REQUEST);
	BUF only_blob = make_wrapped(EC_BLOB, "", ""), bare = from_hex(EC_BLOB), cert = from_hex(REQUEST);
	SECRET *dkek = secret_from_hex(K1);
	struct wrapped_identity id;
	struct wrapped w;

	(void)state;
	assert_int_equal(wrapped_parse(buf_view(&all), &w, NULL), ST_OK);
	assert_int_equal(w.damage, 0);
	assert_string_equal(w.description.label, "eckey");
	assert_int_equal(w.cert_kind, WRAPPED_CVC);
	assert_int_equal(w.cert.n, 486);
	assert_false(w.bare);
	assert_int_equal(wrapped_open(&w, dkek, &id, NULL), ST_OK);
	assert_true(pubkey_equal(&id.key, &w.key));
	assert_bytes(cur_of(id.spki_sha256, 32), EC_SPKI_SHA256);

	assert_int_equal(wrapped_parse(buf_view(&only_cert), &w, NULL), ST_OK);   /* sc-hsm-tool takes it for a PRKD */
	assert_false(w.has_description);
	assert_memory_equal(w.cert.p, cert.p, cert.n);
	assert_int_equal(wrapped_parse(buf_view(&only_blob), &w, NULL), ST_OK);
	assert_false(w.bare || w.has_key || w.has_description);
	assert_int_equal(w.damage, 0);
	assert_int_equal(wrapped_parse(buf_view(&bare), &w, NULL), ST_OK);
	assert_true(w.bare);
	assert_int_equal(wrapped_open(&w, dkek, &id, NULL), ST_OK);
	assert_true(id.algorithm == KEY_EC);
}

static void objects_longer_than_their_content_are_cut_when_a_file_is_built(void **state)
{
	BUF padded = make_wrapped(EC_BLOB, PRKD_EC "0000", REQUEST "FFFFFF");
	BUF exact = make_wrapped(EC_BLOB, PRKD_EC, REQUEST);
	BUF blob = from_hex(EC_BLOB), half = from_hex("3005"), out = { 0 };

	(void)state;
	assert_int_equal(padded.n, exact.n);
	assert_memory_equal(padded.p, exact.p, exact.n);
	assert_int_equal(wrapped_build(buf_view(&blob), buf_view(&half), cur_of("", 0), &out, NULL), ST_BAD_FORM);
	assert_int_equal(wrapped_build(buf_view(&half), cur_of("", 0), cur_of("", 0), &out, NULL), ST_BAD_FORM);
	assert_int_equal(out.n, 0);
}

/* known-faults.md 10: label, ID and certificate stand outside the MAC. */
static void damage_outside_of_the_blob_is_named_and_the_blob_still_opens(void **state)
{
	BUF all = make_wrapped(EC_BLOB, PRKD_EC, REQUEST), aes = make_wrapped(AES_BLOB, PRKD_EC, REQUEST);
	BUF rsa = make_wrapped(EC_BLOB, PRKD_RSA, "");
	SECRET *dkek = secret_from_hex(K1);
	struct wrapped_identity id;
	struct wrapped w;
	char words[300];
	size_t prkd = all.n - 486 - 43, cert = all.n - 486;

	(void)state;
	all.p[prkd + 2] = 0x31;   /* no longer a sequence: nothing that OpenSC could read */
	assert_int_equal(wrapped_parse(buf_view(&all), &w, NULL), ST_OK);
	assert_int_equal(w.damage, WRAPPED_BAD_DESCRIPTION);
	assert_false(w.has_description);
	assert_int_equal(w.prkd.n, 0);
	assert_true(w.has_key);
	assert_int_equal(wrapped_open(&w, dkek, &id, NULL), ST_OK);
	all.p[prkd + 2] = 0x30;

	all.p[cert - 1] ^= 1;   /* 257 bits */
	assert_int_equal(wrapped_parse(buf_view(&all), &w, NULL), ST_OK);
	assert_int_equal(w.damage, WRAPPED_BAD_DESCRIPTION);
	assert_true(w.has_key && !w.has_description);
	all.p[cert - 1] ^= 1;

	all.p[cert + 300] ^= 1;   /* inside the public key's body: the request's own signature tells */
	assert_int_equal(wrapped_parse(buf_view(&all), &w, NULL), ST_OK);
	assert_int_equal(w.damage, WRAPPED_BAD_CERTIFICATE);
	assert_true(w.has_description);
	assert_false(w.has_key);
	assert_int_equal(wrapped_open(&w, dkek, &id, NULL), ST_OK);
	wrapped_damage_words(w.damage | WRAPPED_BAD_REST, words, sizeof(words));
	assert_non_null(strstr(words, "request in this file is damaged. This file"));
	wrapped_damage_words(0, words, sizeof(words));
	assert_string_equal(words, "");
	all.p[cert + 300] ^= 1;

	buf_u8(&all, '\n');
	assert_int_equal(wrapped_parse(buf_view(&all), &w, NULL), ST_OK);
	assert_int_equal(w.damage, WRAPPED_BAD_REST);
	assert_int_equal(wrapped_parse(buf_view(&aes), &w, NULL), ST_OK);
	assert_int_equal(w.damage, WRAPPED_BAD_DESCRIPTION | WRAPPED_BAD_CERTIFICATE);   /* of another kind of key */
	assert_int_equal(wrapped_parse(buf_view(&rsa), &w, NULL), ST_OK);
	assert_int_equal(w.damage, WRAPPED_BAD_DESCRIPTION);
}

/* The certificate part: self-made and self-signed over a key of our choice. */
static struct buf x509_of(EVP_PKEY *pkey)
{
	X509 *x = X509_new();
	unsigned char *der = NULL;
	struct buf b = { 0 };
	int n;

	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_UTF8, (const uint8_t *)"x", -1, -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(x));
	X509_gmtime_adj(X509_getm_notBefore(x), 0);
	X509_gmtime_adj(X509_getm_notAfter(x), 60);
	X509_set_pubkey(x, pkey);
	assert_true(X509_sign(x, pkey, EVP_sha256()) > 0);
	n = i2d_X509(x, &der);
	buf_put(&b, der, (size_t)n);
	OPENSSL_free(der);
	X509_free(x);
	return b;
}

static void a_certificate_of_another_key_is_found_out(void **state)
{
	PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	BUF cert = x509_of(pkey), blob = from_hex(EC_BLOB), file = { 0 };
	SECRET *dkek = secret_from_hex(K1);
	struct wrapped_identity id = { 0 };
	struct wrapped w;
	struct fault f;

	(void)state;
	assert_int_equal(wrapped_build(buf_view(&blob), cur_of("", 0), buf_view(&cert), &file, NULL), ST_OK);
	assert_int_equal(wrapped_parse(buf_view(&file), &w, NULL), ST_OK);
	assert_int_equal(w.cert_kind, WRAPPED_X509);
	assert_int_equal(wrapped_open(&w, dkek, &id, &f), ST_MISMATCH);
	assert_bytes(cur_of(id.spki_sha256, 32), EC_SPKI_SHA256);
}

/* No byte changed or cut makes a file that opens to another key, and none that changes what is kept goes unnoticed. */
static void no_damage_anywhere_gives_another_key(void **state)
{
	BUF file = make_wrapped(EC_BLOB, PRKD_EC, REQUEST);
	SECRET *dkek = secret_from_hex(K1);
	struct wrapped_identity id;
	size_t blob_end = file.n - 486 - 43, silent = 0;
	struct wrapped w;

	(void)state;
	assert_int_equal(wrapped_parse(buf_view(&file), &w, NULL), ST_OK);
	assert_ptr_equal(w.blob.whole.p + w.blob.whole.n, file.p + blob_end);
	for (size_t n = 0; n < file.n; n++)
		assert_int_equal(wrapped_parse(cur_of(file.p, n), &w, NULL), ST_DAMAGED);
	for (size_t i = 0; i < file.n; i++) {
		for (unsigned flip = 1; flip < 256; flip <<= 1) {
			enum status st;

			file.p[i] ^= (uint8_t)flip;
			st = wrapped_parse(buf_view(&file), &w, NULL);
			if (st == ST_OK)
				st = wrapped_open(&w, dkek, &id, NULL);
			file.p[i] ^= (uint8_t)flip;
			if (st == ST_OK || st == ST_MISMATCH)
				assert_bytes(cur_of(id.spki_sha256, 32), EC_SPKI_SHA256);
			if (i < blob_end - 363)   /* the outer length: what it cuts off is not kept quiet about */
				assert_true(st != ST_OK || w.damage != 0);
			else if (i < blob_end)
				assert_true(st == ST_DAMAGED || st == ST_OTHER_DKEK);
			else if (i >= blob_end + 43)
				silent += st == ST_OK && w.damage == 0;
		}
	}
	/* in a request only the device's outer signature and its reference (42) are beyond the key's own signature */
	assert_int_equal(silent, 8 * (64 + 14));
}

static void inputs_that_are_no_wrapped_key_are_refused(void **state)
{
	BUF blob = from_hex(AES_BLOB), huge = { 0 };
	struct wrapped w;
	struct blob b;

	(void)state;
	for (size_t n = 0; n < blob.n; n++) {
		assert_int_equal(blob_parse(cur_of(blob.p, n), &b, NULL), ST_DAMAGED);
		assert_int_equal(wrapped_parse(cur_of(blob.p, n), &w, NULL), ST_DAMAGED);
	}
	for (unsigned type = 0; type < 256; type++) {
		blob.p[8] = (uint8_t)type;
		assert_int_equal(blob_parse(buf_view(&blob), &b, NULL),
				 type == 5 || type == 6 || type == 12 || type == 15 ? ST_OK : ST_DAMAGED);
	}
	for (size_t i = 0; i <= WRAPPED_MAX; i++)
		buf_u8(&huge, 0x30);
	assert_int_equal(wrapped_parse(buf_view(&huge), &w, NULL), ST_DAMAGED);
	assert_int_equal(wrapped_parse(cur_of(huge.p, WRAPPED_MAX), &w, NULL), ST_DAMAGED);
	assert_int_equal(wrapped_parse(cur_of("", 0), &w, NULL), ST_DAMAGED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_aes_blob_of_the_sheet_opens_and_is_made_again),
		cmocka_unit_test(the_ec_blob_of_the_sheet_opens_and_is_made_again),
		cmocka_unit_test(rsa_blobs_of_both_forms_go_there_and_back),
		cmocka_unit_test(blobs_of_other_makers_are_read),
		cmocka_unit_test(another_dkek_is_told_apart_from_damage),
		cmocka_unit_test(a_wrapped_file_is_its_parts_by_tag),
		cmocka_unit_test(objects_longer_than_their_content_are_cut_when_a_file_is_built),
		cmocka_unit_test(damage_outside_of_the_blob_is_named_and_the_blob_still_opens),
		cmocka_unit_test(a_certificate_of_another_key_is_found_out),
		cmocka_unit_test(no_damage_anywhere_gives_another_key),
		cmocka_unit_test(inputs_that_are_no_wrapped_key_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
