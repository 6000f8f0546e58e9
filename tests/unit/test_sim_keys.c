/* The simulated card: what it makes, signs, deciphers and agrees. Checked with OpenSSL, not with the card's own code. */
#include "tests/unit/sim_help.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "engine/base/tlv.h"

static void put_bn(struct buf *b, uint32_t tag, const BIGNUM *v, size_t n)
{
	uint8_t bytes[66];

	assert_int_equal(BN_bn2binpad(v, bytes, (int)n), (int)n);
	buf_tlv(b, tag, bytes, n);
}

/* Key generation data for a curve of OpenSSL's, and what the caller adds after it. */
static void ec_template(const char *curve, const void *more, size_t more_n, struct buf *out)
{
	static const uint8_t head[] = { 0x5f, 0x29, 0x01, 0x00, 0x42, 0x09, 'U', 'T', 'C', 'A', '0', '0', '0', '0', '1' };
	static const uint8_t oid[] = { 0x04, 0x00, 0x7f, 0x00, 0x07, 0x02, 0x02, 0x02, 0x02, 0x03 };
	static const uint8_t one[] = { 1 };
	EC_GROUP *group = EC_GROUP_new_by_curve_name(OBJ_txt2nid(curve));
	BIGNUM *p = BN_new(), *a = BN_new(), *b = BN_new();
	BUF key = { 0 };
	uint8_t g[133];
	size_t n;

	assert_non_null(group);
	n = ((size_t)EC_GROUP_get_degree(group) + 7) / 8;
	assert_int_equal(EC_GROUP_get_curve(group, p, a, b, NULL), 1);
	buf_tlv(&key, 0x06, oid, sizeof(oid));
	put_bn(&key, 0x81, p, n);
	put_bn(&key, 0x82, a, n);
	put_bn(&key, 0x83, b, n);
	assert_int_equal(EC_POINT_point2oct(group, EC_GROUP_get0_generator(group), POINT_CONVERSION_UNCOMPRESSED, g,
					    sizeof(g), NULL), 1 + 2 * n);
	buf_tlv(&key, 0x84, g, 1 + 2 * n);
	put_bn(&key, 0x85, EC_GROUP_get0_order(group), ((size_t)EC_GROUP_order_bits(group) + 7) / 8);
	buf_tlv(&key, 0x87, one, 1);
	buf_put(out, head, sizeof(head));
	buf_tlv_buf(out, 0x7f49, &key);
	buf_tlv(out, 0x5f20, "UTHSM000100001", 14);
	buf_put(out, more, more_n);
	BN_free(p);
	BN_free(a);
	BN_free(b);
	EC_GROUP_free(group);
}

static EVP_PKEY *ec_public(const char *curve, struct cur point)
{
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)(uintptr_t)curve, 0),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)(uintptr_t)point.p, point.n),
		OSSL_PARAM_construct_end(),
	};
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *key = NULL;

	assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
	assert_int_equal(EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params), 1);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static EVP_PKEY *rsa_public(struct cur n, struct cur e)
{
	uint8_t n_le[512], e_le[8];

	for (size_t i = 0; i < n.n; i++)
		n_le[i] = n.p[n.n - 1 - i];
	for (size_t i = 0; i < e.n; i++)
		e_le[i] = e.p[e.n - 1 - i];
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_N, n_le, n.n),
		OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_E, e_le, e.n),
		OSSL_PARAM_construct_end(),
	};
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	EVP_PKEY *key = NULL;

	assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
	assert_int_equal(EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params), 1);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

/* The last answer is an authenticated request: its parts. */
static void open_request(struct tlv *ret_inner, struct tlv *ret_public)
{
	struct cur all = cur_of(last.data, last.n);
	struct tlv request, cert, body;

	assert_true(tlv_expect(&all, 0x67, &request));
	assert_int_equal(all.n, 0);
	assert_true(tlv_expect(&request.value, 0x7f21, &cert));
	if (ret_inner != NULL)
		*ret_inner = cert;
	assert_true(tlv_expect(&cert.value, 0x7f4e, &body));
	assert_true(tlv_find(body.value, 0x7f49, ret_public));
}

/* The public key of the request that the card answers; *ret_copy holds its bytes. */
static EVP_PKEY *public_of(const char *curve, struct buf *copy)
{
	struct tlv public, part, e;

	buf_put(copy, last.data, last.n);
	open_request(NULL, &public);
	if (curve != NULL) {
		assert_true(tlv_find(public.value, 0x86, &part));
		return ec_public(curve, part.value);
	}
	assert_true(tlv_find(public.value, 0x81, &part));
	assert_true(tlv_find(public.value, 0x82, &e));
	return rsa_public(part.value, e.value);
}

static bool verifies(EVP_PKEY *key, const EVP_MD *md, int padding, const void *msg, size_t n, struct cur sig)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx = NULL;
	bool good;

	assert_int_equal(EVP_DigestVerifyInit(ctx, &pctx, md, NULL, key), 1);
	if (padding != 0)
		assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(pctx, padding), 1);
	good = EVP_DigestVerify(ctx, sig.p, sig.n, msg, n) == 1;
	EVP_MD_CTX_free(ctx);
	return good;
}

static struct cur last_data(void)
{
	return cur_of(last.data, last.n);
}

static size_t sha256(const void *msg, size_t n, uint8_t out[static 32])
{
	assert_int_equal(EVP_Digest(msg, n, out, NULL, EVP_sha256(), NULL), 1);
	return 32;
}

static const char *const curves[] = {
	"prime192v1", "prime256v1", "brainpoolP192r1", "brainpoolP224r1", "brainpoolP256r1", "brainpoolP320r1", "secp192k1",
	"secp256k1", "secp384r1", "secp521r1", "brainpoolP384r1", "brainpoolP512r1", "brainpoolP256t1",
};
#define SMALL_CURVES 8

static void every_curve_signs_and_agrees(void **state)
{
	struct sim_card *c = ready_card("3.6");
	uint8_t hash[32];

	(void)state;
	(void)sha256("message", 7, hash);
	for (uint8_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
		BUF data = { 0 }, copy = { 0 };
		EVP_PKEY *key, *peer = EVP_EC_gen(curves[i]);
		EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(peer, NULL);
		uint8_t point[133], secret[66];
		size_t n = 0, secret_n = sizeof(secret);

		ec_template(curves[i], NULL, 0, &data);
		assert_long(c, 0x00, 0x46, (uint8_t)(i + 1), 0x00, data.p, data.n, 0x9000);
		key = public_of(curves[i], &copy);
		assert_long(c, 0x80, 0x68, (uint8_t)(i + 1), 0x70, hash, sizeof(hash), 0x9000);
		assert_true(verifies(key, EVP_sha256(), 0, "message", 7, last_data()));
		assert_int_equal(EVP_PKEY_get_octet_string_param(peer, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point), &n), 1);
		assert_long(c, 0x80, 0x62, (uint8_t)(i + 1), 0x80, point, n, 0x9000);
		assert_int_equal(last.n, n);   /* 04 || x || y */
		assert_int_equal(last.data[0], 0x04);
		assert_int_equal(EVP_PKEY_derive_init(ctx), 1);
		assert_int_equal(EVP_PKEY_derive_set_peer(ctx, key), 1);
		assert_int_equal(EVP_PKEY_derive(ctx, secret, &secret_n), 1);
		assert_memory_equal(last.data + 1, secret, secret_n);
		point[n - 1] ^= 1;
		assert_long(c, 0x80, 0x62, (uint8_t)(i + 1), 0x80, point, n, 0x6a80);
		EVP_PKEY_CTX_free(ctx);
		EVP_PKEY_free(peer);
		EVP_PKEY_free(key);
	}
	sim_card_close(c);
}

static void old_firmware_refuses_what_it_does_not_know(void **state)
{
	struct sim_card *c = ready_card("2.5");

	(void)state;
	for (uint8_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
		BUF data = { 0 };

		ec_template(curves[i], NULL, 0, &data);
		assert_long(c, 0x00, 0x46, (uint8_t)(i + 1), 0x00, data.p, data.n, i < SMALL_CURVES ? 0x9000 : 0x6a80);
	}
	assert_sw(c, "00464000000038" "5F29010042095554434130303030317F4915060A04007F00070202020102820301000102020C005F200E"
		  "555448534D303030313030303031" "0000", 0x6a81);
	assert_sw(c, "004840B006910410111899", 0x6d00);
	assert_sw(c, "00464000000" "104" EC_TEMPLATE "900400000001" "0000", 0x6a80);
	sim_card_close(c);
}

static void a_key_pair_is_attested_and_its_request_kept(void **state)
{
	struct sim_card *c = ready_card("3.6");
	BUF copy = { 0 }, devaut = { 0 };
	struct tlv device, body, part, public, inner, outer_car, sig, request;
	struct cur all;

	(void)state;
	assert_sw(c, "00B12F02000004" "54020000" "0000", 0x6282);
	buf_put(&devaut, last.data, last.n);
	all = buf_view(&devaut);
	assert_true(tlv_expect(&all, 0x7f21, &device));
	assert_true(tlv_find(device.value, 0x7f4e, &body) && tlv_find(body.value, 0x7f49, &part) &&
		    tlv_find(part.value, 0x86, &public));
	assert_sw(c, MAKE_EC("01"), 0x9000);
	assert_int_equal(last.n, 490 - 2);   /* real-devices.md 8: 490 on a 4.1, with a holder of two characters more */
	buf_put(&copy, last.data, last.n);
	open_request(&inner, &part);
	all = cur_of(last.data, last.n);
	assert_true(tlv_expect(&all, 0x67, &request));
	all = request.value;
	assert_true(tlv_expect(&all, 0x7f21, &inner) && tlv_expect(&all, 0x42, &outer_car) && tlv_expect(&all, 0x5f37, &sig));
	assert_true(cur_equal(outer_car.value, "DENK020091400000", 16));
	assert_int_equal(sig.value.n, 64);

	/* Outer signature, r || s, by the device's key over 7F21 and 42. */
	ECDSA_SIG *ecdsa = ECDSA_SIG_new();
	EVP_PKEY *key = ec_public("brainpoolP256r1", public.value);
	unsigned char *der = NULL;
	int der_n;

	ECDSA_SIG_set0(ecdsa, BN_bin2bn(sig.value.p, 32, NULL), BN_bin2bn(sig.value.p + 32, 32, NULL));
	der_n = i2d_ECDSA_SIG(ecdsa, &der);
	assert_true(verifies(key, EVP_sha256(), 0, inner.whole.p, inner.whole.n + outer_car.whole.n,
			     cur_of(der, (size_t)der_n)));
	assert_sw(c, "00B1CE01000004" "54020000" "0000", 0x6282);
	assert_int_equal(last.n, copy.n);
	assert_memory_equal(last.data, copy.p, copy.n);
	assert_answer(c, "80580000000000", "2F02CE01CC00CC019000");
	OPENSSL_free(der);
	ECDSA_SIG_free(ecdsa);
	EVP_PKEY_free(key);
	sim_card_close(c);
}

static void the_device_certificate_chains_to_the_simulated_root(void **state)
{
	struct sim_card *c = fresh_card("4.1");
	uint8_t root[65];
	struct cur all, signer;
	struct tlv cert, body, sig, part, point;

	(void)state;
	assert_sw(c, "00B12F02000004" "54020000" "0000", 0x6282);
	assert_int_equal(sim_root_point(root, NULL), ST_OK);
	all = last_data();
	assert_true(tlv_next(&all, &cert));   /* the device's, then the issuer's: from the top of the chain */
	for (signer = cur_of(root, sizeof(root)); ; signer = point.value) {
		struct cur from = signer.p == root ? all : last_data();
		ECDSA_SIG *ecdsa = ECDSA_SIG_new();
		EVP_PKEY *key = ec_public("brainpoolP256r1", signer);
		unsigned char *der = NULL;
		int n;

		assert_true(tlv_expect(&from, 0x7f21, &cert) && tlv_find(cert.value, 0x7f4e, &body) &&
			    tlv_find(cert.value, 0x5f37, &sig) && tlv_find(body.value, 0x7f49, &part) &&
			    tlv_find(part.value, 0x86, &point));
		ECDSA_SIG_set0(ecdsa, BN_bin2bn(sig.value.p, 32, NULL), BN_bin2bn(sig.value.p + 32, 32, NULL));
		n = i2d_ECDSA_SIG(ecdsa, &der);
		assert_true(verifies(key, EVP_sha256(), 0, body.whole.p, body.whole.n, cur_of(der, (size_t)n)));
		OPENSSL_free(der);
		ECDSA_SIG_free(ecdsa);
		EVP_PKEY_free(key);
		if (signer.p != root)
			break;
	}
	sim_card_close(c);
}

static void rsa_signs_in_all_ways_and_deciphers(void **state)
{
	static const struct {
		uint8_t alg;
		const EVP_MD *(*md)(void);
		int padding;
	} ways[] = {
		{ 0x31, EVP_sha1, RSA_PKCS1_PADDING }, { 0x33, EVP_sha256, RSA_PKCS1_PADDING }, { 0x34, EVP_sha384, RSA_PKCS1_PADDING },
		{ 0x35, EVP_sha512, RSA_PKCS1_PADDING }, { 0x41, EVP_sha1, RSA_PKCS1_PSS_PADDING },
		{ 0x43, EVP_sha256, RSA_PKCS1_PSS_PADDING }, { 0x44, EVP_sha384, RSA_PKCS1_PSS_PADDING },
		{ 0x45, EVP_sha512, RSA_PKCS1_PSS_PADDING },
	};
	static const uint8_t info[] = { 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01,
					0x05, 0x00, 0x04, 0x20 };
	struct sim_card *c = ready_card("2.0");
	uint8_t block[256] = { 0x00, 0x01 }, crypt[256];
	size_t n = sizeof(crypt);
	BUF copy = { 0 };
	EVP_PKEY *key;
	EVP_PKEY_CTX *ctx;

	(void)state;
	assert_sw(c, MAKE_RSA("07"), 0x9000);
	assert_int_equal(last.n, 676 - 2);   /* 676 on a 4.1, with a holder of two characters more */
	key = public_of(NULL, &copy);
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		assert_long(c, 0x80, 0x68, 0x07, ways[i].alg, "message", 7, 0x9000);
		assert_true(verifies(key, ways[i].md(), ways[i].padding, "message", 7, last_data()));
	}
	memset(block + 2, 0xff, sizeof(block) - 2 - 1 - sizeof(info) - 32);
	block[sizeof(block) - 33 - sizeof(info)] = 0x00;
	memcpy(block + sizeof(block) - 32 - sizeof(info), info, sizeof(info));
	(void)sha256("message", 7, block + sizeof(block) - 32);
	assert_long(c, 0x80, 0x68, 0x07, 0x20, block, sizeof(block), 0x9000);
	assert_true(verifies(key, EVP_sha256(), RSA_PKCS1_PADDING, "message", 7, last_data()));
	assert_long(c, 0x80, 0x68, 0x07, 0x30, block + sizeof(block) - 51, 51, 0x9000);
	assert_true(verifies(key, EVP_sha256(), RSA_PKCS1_PADDING, "message", 7, last_data()));
	/* PSS: the bare hash, and OpenSC 0.23's DigestInfo */
	assert_long(c, 0x80, 0x68, 0x07, 0x40, block + sizeof(block) - 32, 32, 0x9000);
	assert_true(verifies(key, EVP_sha256(), RSA_PKCS1_PSS_PADDING, "message", 7, last_data()));
	assert_long(c, 0x80, 0x68, 0x07, 0x40, block + sizeof(block) - 51, 51, 0x9000);
	assert_true(verifies(key, EVP_sha256(), RSA_PKCS1_PSS_PADDING, "message", 7, last_data()));
	assert_long(c, 0x80, 0x68, 0x07, 0x20, block, 255, 0x6700);
	assert_long(c, 0x80, 0x68, 0x07, 0x70, block, 32, 0x6a81);
	assert_long(c, 0x80, 0x68, 0x08, 0x20, block, 256, 0x6a82);
	assert_long(c, 0x80, 0x68, 0x07, 0xee, block, 256, 0x6a86);

	ctx = EVP_PKEY_CTX_new(key, NULL);
	assert_int_equal(EVP_PKEY_encrypt_init(ctx), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING), 1);
	assert_int_equal(EVP_PKEY_encrypt(ctx, crypt, &n, block, sizeof(block)), 1);
	assert_long(c, 0x80, 0x62, 0x07, 0x21, crypt, n, 0x9000);
	assert_int_equal(last.n, sizeof(block));
	assert_memory_equal(last.data, block, sizeof(block));
	assert_sw(c, SELECT, 0x9000);
	assert_long(c, 0x80, 0x62, 0x07, 0x21, crypt, n, 0x6982);
	assert_long(c, 0x80, 0x68, 0x07, 0x20, block, sizeof(block), 0x6982);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(key);
	sim_card_close(c);
}

static void uses_are_counted_down_and_lists_are_kept_to(void **state)
{
	static const uint8_t two_uses[] = { 0x90, 0x04, 0, 0, 0, 2, 0x91, 0x02, 0x70, 0x73 };
	struct sim_card *c = ready_card("3.6");
	uint8_t hash[32] = { 1 };
	BUF data = { 0 };

	(void)state;
	ec_template("prime256v1", two_uses, sizeof(two_uses), &data);
	assert_long(c, 0x00, 0x46, 0x01, 0x00, data.p, data.n, 0x9000);
	assert_long(c, 0x80, 0x68, 0x01, 0x70, hash, sizeof(hash), 0x9000);
	assert_long(c, 0x80, 0x68, 0x01, 0x74, hash, sizeof(hash), 0x6a81);
	assert_sw(c, "80720192000000", 0x6985);   /* 92 is not in the list */
	sim_card_close(c);
	c = open_card(NULL);
	assert_sw(c, SELECT, 0x9000);
	assert_sw(c, VERIFY, 0x9000);
	assert_long(c, 0x80, 0x68, 0x01, 0x73, hash, sizeof(hash), 0x9000);
	assert_long(c, 0x80, 0x68, 0x01, 0x73, hash, sizeof(hash), 0x6984);
	sim_card_close(c);
}

static void an_ec_key_is_derived(void **state)
{
	static const uint8_t derivable[] = { 0x91, 0x03, 0x70, 0x92, 0x98 };
	struct sim_card *c = ready_card("3.6");
	uint8_t t[34] = { 0x98, 0x20 }, hash[32] = { 2 };
	BUF data = { 0 }, copy = { 0 };

	(void)state;
	t[33] = 5;
	ec_template("brainpoolP256r1", derivable, sizeof(derivable), &data);
	assert_long(c, 0x00, 0x46, 0x01, 0x00, data.p, data.n, 0x9000);
	EVP_PKEY *key = public_of("brainpoolP256r1", &copy);
	assert_long(c, 0x80, 0x76, 0x01, 0x02, t, sizeof(t), 0x9000);
	assert_int_equal(last.n, 0);
	/* Q' = Q + 5G: by OpenSSL */
	EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_brainpoolP256r1);
	EC_POINT *q = EC_POINT_new(group), *five = EC_POINT_new(group);
	BIGNUM *n = BN_new();
	uint8_t point[65];
	size_t point_n = 0;

	assert_int_equal(EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point), &point_n), 1);
	assert_int_equal(EC_POINT_oct2point(group, q, point, point_n, NULL), 1);
	BN_set_word(n, 5);
	assert_int_equal(EC_POINT_mul(group, five, n, NULL, NULL, NULL), 1);
	assert_int_equal(EC_POINT_add(group, q, q, five, NULL), 1);
	assert_int_equal(EC_POINT_point2oct(group, q, POINT_CONVERSION_UNCOMPRESSED, point, 65, NULL), 65);
	EVP_PKEY *want = ec_public("brainpoolP256r1", cur_of(point, 65));
	assert_long(c, 0x80, 0x68, 0x02, 0x70, hash, sizeof(hash), 0x9000);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(want, NULL);
	assert_int_equal(EVP_PKEY_verify_init(ctx), 1);
	assert_int_equal(EVP_PKEY_verify(ctx, last.data, last.n, hash, sizeof(hash)), 1);
	assert_sw(c, "00B1CE02000004" "54020000" "0000", 0x6282);
	assert_true(last.n > 400);
	assert_sw(c, MAKE_EC("05"), 0x9000);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(key);
	EVP_PKEY_free(want);
	EC_POINT_free(q);
	EC_POINT_free(five);
	EC_GROUP_free(group);
	BN_free(n);
	sim_card_close(c);
}

static void aes_keys_are_made_and_used(void **state)
{
	struct sim_card *c = ready_card("4.1");
	uint8_t crypt[32];

	(void)state;
	for (int i = 0; i < 3; i++) {
		static const char *const make[] = { "004805B006910410111899", "004806B106910410111899", "004807B206910410111899" };
		const uint8_t ref = (uint8_t)(5 + i);

		assert_sw(c, make[i], 0x9000);
		assert_int_equal(last.n, 0);
		assert_long(c, 0x80, 0x78, ref, 0x10, "0123456789abcdef0123456789abcdef", 32, 0x9000);
		assert_int_equal(last.n, 32);
		memcpy(crypt, last.data, 32);
		assert_memory_not_equal(crypt, crypt + 16, 16);   /* chained */
		assert_long(c, 0x80, 0x78, ref, 0x11, crypt, 32, 0x9000);
		assert_memory_equal(last.data, "0123456789abcdef0123456789abcdef", 32);
		assert_long(c, 0x80, 0x78, ref, 0x10, crypt, 17, 0x6700);
		assert_long(c, 0x80, 0x78, ref, 0x99, "info", 4, 0x9000);
		assert_int_equal(last.n, 32);
	}
	assert_sw(c, "004807B306910410111899", 0x6a86);
	assert_answer(c, "80580000000000", "2F02CC00CC05CC06CC079000");
	sim_card_close(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_curve_signs_and_agrees),
		cmocka_unit_test(old_firmware_refuses_what_it_does_not_know),
		cmocka_unit_test(a_key_pair_is_attested_and_its_request_kept),
		cmocka_unit_test(the_device_certificate_chains_to_the_simulated_root),
		cmocka_unit_test(rsa_signs_in_all_ways_and_deciphers),
		cmocka_unit_test(uses_are_counted_down_and_lists_are_kept_to),
		cmocka_unit_test(an_ec_key_is_derived),
		cmocka_unit_test(aes_keys_are_made_and_used),
	};

	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
