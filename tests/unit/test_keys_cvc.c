#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "engine/base/tlv.h"
#include "engine/keys/cvc.h"
#include "tests/unit/keys_vectors.h"

DEFINE_GUARD(EVP_PKEY, EVP_PKEY_free)
#define PKEY CLEANUP(EVP_PKEY_free_guard) EVP_PKEY

static void key_of(const char *curve, const char *point, struct pubkey *ret)
{
	BUF b = from_hex(point);

	assert_int_equal(pubkey_ec(curve_by_name(curve), buf_view(&b), ret, NULL), ST_OK);
}

static void the_request_of_the_sheet_is_read_and_both_signatures_verify(void **state)
{
	BUF file = from_hex(REQUEST);
	struct pubkey key, device;
	struct cur c;
	struct cvc r;

	(void)state;
	assert_int_equal(file.n, 486);
	buf_put(&file, "\0\0\0", 3);   /* what an earlier, longer content left behind */
	c = buf_view(&file);
	assert_int_equal(cvc_next(&c, NULL, &r, NULL), ST_OK);
	assert_int_equal(c.n, 3);
	assert_true(r.request);
	assert_string_equal(r.car, "UTCA00001");
	assert_string_equal(r.chr, "UTHSM000100001");
	assert_string_equal(r.outer_car, "UTHSM000000001");
	assert_int_equal(r.whole.n, 486);
	assert_int_equal(r.role, CVC_NO_ROLE);
	assert_true(r.not_after == CVC_NO_DATE);
	key_of("P-256", EC_Q, &key);
	assert_true(pubkey_equal(&r.key, &key));
	assert_int_equal(cvc_verify(&r, &r.key, NULL), ST_OK);
	key_of("P-256", REQUEST_SIGNER, &device);
	assert_int_equal(cvc_verify_outer(&r, &device, NULL), ST_OK);
	assert_int_equal(cvc_verify_outer(&r, &key, NULL), ST_MISMATCH);
	assert_int_equal(cvc_verify(&r, &device, NULL), ST_MISMATCH);
}

static void a_bare_certificate_out_of_a_request_is_read_too(void **state)
{
	BUF file = from_hex(REQUEST);
	struct cur c = cur_of(file.p + 4, 5 + 0x18a);
	struct cvc r;

	(void)state;
	assert_int_equal(cvc_next(&c, NULL, &r, NULL), ST_OK);
	assert_false(r.request);
	assert_string_equal(r.outer_car, "");
	assert_int_equal(cvc_verify(&r, &r.key, NULL), ST_OK);
	assert_int_equal(cvc_verify_outer(&r, &r.key, NULL), ST_MISMATCH);
}

static void no_changed_byte_passes_both_signatures(void **state)
{
	BUF file = from_hex(REQUEST);
	struct pubkey device, key;

	(void)state;
	key_of("P-256", REQUEST_SIGNER, &device);
	key_of("P-256", EC_Q, &key);
	for (size_t i = 0; i < file.n; i++) {
		struct cur c = cur_of(file.p, i);
		struct cvc r;

		assert_int_equal(cvc_next(&c, NULL, &r, NULL), ST_DAMAGED);
		assert_int_equal(c.n, i);
		file.p[i] ^= 0x11;
		c = buf_view(&file);
		assert_false(cvc_next(&c, NULL, &r, NULL) == ST_OK && r.request &&
			     cvc_verify(&r, &r.key, NULL) == ST_OK && cvc_verify_outer(&r, &device, NULL) == ST_OK);
		file.p[i] ^= 0x11;
	}
}

static const uint8_t ECDSA_SHA256[] = { 0x04, 0x00, 0x7f, 0x00, 0x07, 0x02, 0x02, 0x02, 0x02, 0x03 };

static enum status from_cvc(const struct curve_domain *d, const uint8_t *point, struct pubkey *ret)
{
	BUF value = { 0 };

	buf_tlv(&value, 0x06, ECDSA_SHA256, sizeof(ECDSA_SHA256));
	buf_tlv(&value, 0x81, d->p, d->bytes);
	buf_tlv(&value, 0x82, d->a, d->bytes);
	buf_tlv(&value, 0x83, d->b, d->bytes);
	buf_tlv(&value, 0x84, d->g, 2 * d->bytes + 1);
	buf_tlv(&value, 0x85, d->n, d->bytes);
	buf_tlv(&value, 0x86, point, 2 * d->bytes + 1);
	return pubkey_from_cvc(buf_view(&value), NULL, ret, NULL);
}

/* A certificate's own p, a and b are reckoned with: the answer must be OpenSSL's, on each curve. */
static void a_point_in_a_certificate_is_judged_as_openssl_judges_it(void **state)
{
	(void)state;
	for (size_t i = 0; curve_at(i) != NULL; i++) {
		PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "EC", OBJ_nid2sn(curve_at(i)->nid));
		const size_t w = curve_at(i)->bytes;
		struct curve_domain d;
		struct pubkey k = { 0 }, same, none = { .bits = 77 };

		assert_int_equal(curve_get_domain(curve_at(i), &d, NULL), ST_OK);
		assert_int_equal(EVP_PKEY_get_octet_string_param(pkey, "pub", k.point, sizeof(k.point), &k.point_len), 1);
		assert_int_equal(pubkey_ec(curve_at(i), cur_of(k.point, k.point_len), &k, NULL), ST_OK);
		assert_int_equal(from_cvc(&d, k.point, &same), ST_OK);
		assert_memory_equal(&k, &same, sizeof(k));
		assert_int_equal(from_cvc(&d, d.g, &same), ST_OK);
		for (size_t at = 0; at <= 2 * w; at += w) {   /* the form, the ends of x and of y */
			k.point[at] ^= 1;
			assert_int_equal(from_cvc(&d, k.point, &none), ST_DAMAGED);
			assert_int_equal(pubkey_ec(curve_at(i), cur_of(k.point, 2 * w + 1), &none, NULL), ST_DAMAGED);
			k.point[at] ^= 1;
		}
		memcpy(k.point + 1, d.p, w);   /* x = p, which is 0 in another dress */
		assert_int_equal(from_cvc(&d, k.point, &none), ST_DAMAGED);
		memset(k.point + 1, 0, 2 * w);
		assert_int_equal(from_cvc(&d, k.point, &none), ST_DAMAGED);
		assert_int_equal(none.bits, 77);
	}
}

/* Of a curve that is known from elsewhere a certificate's own numbers say nothing, all the less where p is missing. */
static void the_numbers_of_an_inherited_curve_are_its_own(void **state)
{
	const struct curve *p256 = curve_by_name("P-256");
	BUF point = from_hex(EC_Q), value = { 0 };
	struct pubkey key, other = { .bits = 77 };

	(void)state;
	key_of("P-256", EC_Q, &key);
	buf_tlv(&value, 0x06, ECDSA_SHA256, sizeof(ECDSA_SHA256));
	buf_tlv(&value, 0x82, "\1", 1);
	buf_tlv(&value, 0x83, "\1", 1);
	buf_tlv(&value, 0x86, point.p, point.n);
	assert_int_equal(pubkey_from_cvc(buf_view(&value), NULL, &other, NULL), ST_UNSUPPORTED);
	assert_int_equal(other.bits, 77);
	assert_int_equal(pubkey_from_cvc(buf_view(&value), p256, &other, NULL), ST_OK);
	assert_true(pubkey_equal(&key, &other));
	assert_int_equal(pubkey_from_cvc(buf_view(&value), curve_by_name("secp256k1"), &other, NULL), ST_DAMAGED);
}

/* x = 0 is on the curve where b is a square; x = p is the same number, and no coordinate. */
static void a_coordinate_is_below_the_prime(void **state)
{
	unsigned tried = 0;

	(void)state;
	for (size_t i = 0; curve_at(i) != NULL; i++) {
		EC_GROUP *group = EC_GROUP_new_by_curve_name(curve_at(i)->nid);
		EC_POINT *point = EC_POINT_new(group);
		BIGNUM *zero = BN_new();
		uint8_t bytes[CURVE_POINT_MAX];
		struct curve_domain d;
		struct pubkey k;

		assert_int_equal(curve_get_domain(curve_at(i), &d, NULL), ST_OK);
		if (EC_POINT_set_compressed_coordinates(group, point, zero, 0, NULL) == 1) {
			tried++;
			assert_int_equal(EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, bytes, sizeof(bytes), NULL),
					 2 * d.bytes + 1);
			assert_int_equal(from_cvc(&d, bytes, &k), ST_OK);
			memcpy(bytes + 1, d.p, d.bytes);
			assert_int_equal(from_cvc(&d, bytes, &k), ST_DAMAGED);
		}
		BN_free(zero);
		EC_POINT_free(point);
		EC_GROUP_free(group);
	}
	assert_true(tried > 3);
}

static void assert_keygen(const struct cvc_keygen *k, const char *hex)
{
	BUF expected = from_hex(hex), got = { 0 };

	assert_int_equal(cvc_keygen_data(k, &got, NULL), ST_OK);
	assert_int_equal(got.n, expected.n);
	assert_memory_equal(got.p, expected.p, got.n);
}

static void key_generation_data_is_that_of_the_sheet(void **state)
{
	struct cvc_keygen k = { .chr = "UTHSM000100001", .algorithm = KEY_RSA, .rsa_bits = 2048, .domain = -1 };

	(void)state;
	assert_keygen(&k, KEYGEN_RSA);
	k.car = "UTCA00001";
	k.algorithm = KEY_EC;
	k.curve = curve_by_name("P-256");
	assert_keygen(&k, KEYGEN_EC);
	k.limited = true;
	k.use_counter = 0x01020304;
	k.algorithms = cur_of("\x70\x92", 2);
	k.domain = 3;
	assert_keygen(&k, KEYGEN_EC "9004010203049102709292" "0103");
}

static void key_generation_is_not_told_nonsense(void **state)
{
	struct cvc_keygen good = { .chr = "UTHSM000100001", .algorithm = KEY_RSA, .rsa_bits = 2048, .domain = -1 }, k;
	uint8_t many[17] = { 0 };
	BUF b = { 0 };

	(void)state;
	k = good;
	k.rsa_bits = 2047;
	assert_int_equal(cvc_keygen_data(&k, &b, NULL), ST_BAD_FORM);
	k = good;
	k.algorithm = KEY_AES;
	assert_int_equal(cvc_keygen_data(&k, &b, NULL), ST_BAD_FORM);
	k = good;
	k.algorithm = KEY_EC;
	assert_int_equal(cvc_keygen_data(&k, &b, NULL), ST_BAD_FORM);
	k = good;
	k.chr = "UTHSM00";
	assert_int_equal(cvc_keygen_data(&k, &b, NULL), ST_BAD_FORM);
	k.chr = "UTHSM0000000000000001";
	assert_int_equal(cvc_keygen_data(&k, &b, NULL), ST_BAD_FORM);
	k = good;
	k.algorithms = cur_of(many, sizeof(many));
	assert_int_equal(cvc_keygen_data(&k, &b, NULL), ST_BAD_FORM);
	k = good;
	k.domain = 256;
	assert_int_equal(cvc_keygen_data(&k, &b, NULL), ST_BAD_FORM);
	assert_int_equal(b.n, 0);
}

/* 521-bit parameters are 66 bytes wide, so that lengths need two bytes. */
static void every_curve_can_be_asked_for(void **state)
{
	(void)state;
	for (size_t i = 0; curve_at(i) != NULL; i++) {
		struct cvc_keygen k = { .chr = "UTHSM000100001", .algorithm = KEY_EC, .curve = curve_at(i),
					.domain = CVC_NO_DOMAIN };
		struct tlv t;
		BUF b = { 0 };

		assert_int_equal(cvc_keygen_data(&k, &b, NULL), ST_OK);
		assert_true(tlv_find(buf_view(&b), 0x7f49, &t));
		assert_true(tlv_find(t.value, 0x81, &t));
		assert_int_equal(t.value.n, curve_at(i)->bytes);
	}
}

static struct buf point_of(EVP_PKEY *pkey)
{
	struct buf b = { 0 };
	uint8_t point[CURVE_POINT_MAX];
	size_t n;

	assert_int_equal(EVP_PKEY_get_octet_string_param(pkey, "pub", point, sizeof(point), &n), 1);
	buf_put(&b, point, n);
	return b;
}

/* r || s */
static struct buf sign_plain(EVP_PKEY *pkey, struct cur message)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t der[200], plain[CURVE_POINT_MAX];
	const uint8_t *p = der;
	size_t n = sizeof(der), half = (size_t)(EVP_PKEY_get_bits(pkey) + 7) / 8;
	struct buf b = { 0 };
	ECDSA_SIG *sig;

	assert_int_equal(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, pkey), 1);
	assert_int_equal(EVP_DigestSign(ctx, der, &n, message.p, message.n), 1);
	sig = d2i_ECDSA_SIG(NULL, &p, (long)n);
	assert_non_null(sig);
	BN_bn2binpad(ECDSA_SIG_get0_r(sig), plain, (int)half);
	BN_bn2binpad(ECDSA_SIG_get0_s(sig), plain + half, (int)half);
	buf_put(&b, plain, 2 * half);
	ECDSA_SIG_free(sig);
	EVP_MD_CTX_free(ctx);
	return b;
}

/* A device or issuer certificate as cards carry them: no domain parameters. */
static void put_cert(struct buf *b, EVP_PKEY *key, EVP_PKEY *signer, const char *car, const char *chr, uint8_t role,
		     const char *expiry)
{
	BUF body = { 0 }, whole = { 0 }, pub = { 0 }, rights = { 0 }, tail = { 0 }, both = { 0 };
	BUF point = point_of(key), sig = { 0 };

	buf_tlv(&pub, 0x06, "\x04\x00\x7f\x00\x07\x02\x02\x02\x02\x03", 10);
	buf_tlv_buf(&pub, 0x86, &point);
	buf_tlv(&rights, 0x06, "\x2b\x06\x01\x04\x01\x81\xc3\x1f\x03\x01\x01", 11);
	buf_tlv(&rights, 0x53, &role, 1);
	buf_tlv(&body, 0x5f29, "\0", 1);
	buf_tlv(&body, 0x42, car, strlen(car));
	buf_tlv_buf(&body, 0x7f49, &pub);
	buf_tlv(&body, 0x5f20, chr, strlen(chr));
	buf_tlv_buf(&body, 0x7f4c, &rights);
	buf_tlv(&body, 0x5f25, "\x01\x06\x00\x03\x03\x01", 6);
	buf_tlv(&body, 0x5f24, expiry, 6);
	buf_tlv(&body, 0x65, NULL, 0);   /* newer issuers have empty extensions (real-devices.md 10) */
	buf_tlv_buf(&whole, 0x7f4e, &body);
	sig = sign_plain(signer, buf_view(&whole));
	buf_tlv_buf(&tail, 0x5f37, &sig);
	buf_cur(&both, buf_view(&whole));
	buf_cur(&both, buf_view(&tail));
	buf_tlv_buf(b, 0x7f21, &both);
}

static void a_made_up_chain_is_of_unknown_origin_and_a_changed_one_is_broken(void **state)
{
	PKEY *root = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "brainpoolP256r1");
	PKEY *issuer = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "brainpoolP256r1");
	PKEY *device = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "brainpoolP256r1");
	BUF ef = { 0 }, alone = { 0 }, forged = { 0 }, misnamed = { 0 };
	enum device_trust trust = DEVICE_PRODUCTION;
	struct device_cert d;
	struct fault f;

	(void)state;
	put_cert(&ef, device, issuer, "XXISS00001", "XXSIM000000700000", 0x00, "\x02\x04\x00\x01\x02\x07");
	alone = (struct buf){ 0 };
	buf_put(&alone, ef.p, ef.n);
	put_cert(&ef, issuer, root, "XXROOT00001", "XXISS00001", 0x80, "\x02\x04\x00\x01\x02\x07");
	assert_int_equal(device_cert_parse(buf_view(&ef), &d, NULL), ST_OK);
	assert_string_equal(d.serial, "XXSIM0000007");
	assert_string_equal(d.issuer, "XXISS00001");
	assert_string_equal(d.root, "XXROOT00001");
	assert_int_equal(d.not_before, 1459382400);   /* 2016-03-31 */
	assert_int_equal(d.not_after, 1706400000 - 1);   /* the end of 2024-01-27 */
	assert_int_equal(device_cert_check(buf_view(&ef), &trust, NULL), ST_OK);
	assert_int_equal(trust, DEVICE_UNKNOWN);

	assert_int_equal(device_cert_parse(buf_view(&alone), &d, NULL), ST_OK);
	assert_string_equal(d.issuer, "");
	assert_int_equal(device_cert_check(buf_view(&alone), &trust, NULL), ST_OK);
	assert_int_equal(trust, DEVICE_BROKEN);

	/* the maker's root named by somebody who does not have its key */
	put_cert(&forged, device, issuer, "DEDINK0400001", "DENK999999900000", 0x00, "\x03\x01\x00\x05\x02\x07");
	put_cert(&forged, issuer, root, "DESRCACC100001", "DEDINK0400001", 0x80, "\x03\x01\x00\x05\x02\x07");
	assert_int_equal(device_cert_check(buf_view(&forged), &trust, NULL), ST_OK);
	assert_int_equal(trust, DEVICE_BROKEN);

	put_cert(&misnamed, device, issuer, "XXOTHER00001", "XXSIM000000700000", 0x00, "\x03\x01\x00\x05\x02\x07");
	put_cert(&misnamed, issuer, root, "XXROOT00001", "XXISS00001", 0x80, "\x03\x01\x00\x05\x02\x07");
	assert_int_equal(device_cert_check(buf_view(&misnamed), &trust, NULL), ST_OK);
	assert_int_equal(trust, DEVICE_BROKEN);

	for (size_t n = 0; n < alone.n; n++)
		assert_int_equal(device_cert_parse(cur_of(ef.p, n), &d, &f), ST_DAMAGED);
	ef.p[alone.n - 1] ^= 1;
	assert_int_equal(device_cert_check(buf_view(&ef), &trust, NULL), ST_OK);
	assert_int_equal(trust, DEVICE_BROKEN);
}

static void a_device_without_a_serial_is_refused(void **state)
{
	PKEY *device = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "brainpoolP256r1");
	BUF ef = { 0 }, request = from_hex(REQUEST);
	struct device_cert d;

	(void)state;
	put_cert(&ef, device, device, "XX", "XX00000", 0x00, "\x03\x01\x00\x05\x02\x07");
	assert_int_equal(device_cert_parse(buf_view(&ef), &d, NULL), ST_DAMAGED);
	assert_int_equal(device_cert_parse(buf_view(&request), &d, NULL), ST_DAMAGED);
}

/* References are text from a card: they end up on screens. */
static void a_hostile_reference_is_made_harmless(void **state)
{
	PKEY *device = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "brainpoolP256r1");
	BUF ef = { 0 }, long_one = { 0 };
	struct device_cert d;

	(void)state;
	put_cert(&ef, device, device, "XX", "\x1b[2J\xfc" "7800000", 0x00, "\x03\x01\x00\x05\x02\x07");
	assert_int_equal(device_cert_parse(buf_view(&ef), &d, NULL), ST_OK);
	assert_string_equal(d.serial, "\xef\xbf\xbd[2J\xc3\xbc" "78");
	put_cert(&long_one, device, device, "XX", "123456789012345678901", 0x00, "\x03\x01\x00\x05\x02\x07");
	assert_int_equal(device_cert_parse(buf_view(&long_one), &d, NULL), ST_DAMAGED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_request_of_the_sheet_is_read_and_both_signatures_verify),
		cmocka_unit_test(a_bare_certificate_out_of_a_request_is_read_too),
		cmocka_unit_test(no_changed_byte_passes_both_signatures),
		cmocka_unit_test(a_point_in_a_certificate_is_judged_as_openssl_judges_it),
		cmocka_unit_test(a_coordinate_is_below_the_prime),
		cmocka_unit_test(the_numbers_of_an_inherited_curve_are_its_own),
		cmocka_unit_test(key_generation_data_is_that_of_the_sheet),
		cmocka_unit_test(key_generation_is_not_told_nonsense),
		cmocka_unit_test(every_curve_can_be_asked_for),
		cmocka_unit_test(a_made_up_chain_is_of_unknown_origin_and_a_changed_one_is_broken),
		cmocka_unit_test(a_device_without_a_serial_is_refused),
		cmocka_unit_test(a_hostile_reference_is_made_harmless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
