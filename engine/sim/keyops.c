#include "engine/sim/keyops.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include "engine/sim/curves.h"

DEFINE_GUARD(EVP_PKEY, EVP_PKEY_free)
DEFINE_GUARD(EVP_PKEY_CTX, EVP_PKEY_CTX_free)
DEFINE_GUARD(OSSL_PARAM_BLD, OSSL_PARAM_BLD_free)
DEFINE_GUARD(OSSL_PARAM, OSSL_PARAM_free)
DEFINE_GUARD(ECDSA_SIG, ECDSA_SIG_free)
DEFINE_GUARD(EVP_MAC, EVP_MAC_free)
DEFINE_GUARD(EVP_MAC_CTX, EVP_MAC_CTX_free)
DEFINE_GUARD(EVP_CIPHER_CTX, EVP_CIPHER_CTX_free)

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* In the order of struct sim_key's parts: n, e, d, p, q, dP, dQ, qInv. */
static const char *const rsa_params[] = {
	OSSL_PKEY_PARAM_RSA_N, OSSL_PKEY_PARAM_RSA_E, OSSL_PKEY_PARAM_RSA_D, OSSL_PKEY_PARAM_RSA_FACTOR1,
	OSSL_PKEY_PARAM_RSA_FACTOR2, OSSL_PKEY_PARAM_RSA_EXPONENT1, OSSL_PKEY_PARAM_RSA_EXPONENT2,
	OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
};

/* What becomes of a builder, as a key of this kind. */
static EVP_PKEY *from_builder(OSSL_PARAM_BLD *bld, const char *kind, int selection)
{
	CLEANUP(OSSL_PARAM_free_guard) OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(bld);
	CLEANUP(EVP_PKEY_CTX_free_guard) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, kind, NULL);
	EVP_PKEY *pkey = NULL;

	if (params == NULL || ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &pkey, selection, params) != 1)
		return NULL;
	return pkey;
}

static EVP_PKEY *rsa_pkey(const struct sim_key *k)
{
	CLEANUP(OSSL_PARAM_BLD_free_guard) OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	BIGNUM *numbers[COUNT(rsa_params)] = { 0 };
	EVP_PKEY *pkey = NULL;
	size_t n = 0;
	bool good = bld != NULL;

	for (; good && n < COUNT(rsa_params); n++) {
		struct cur part = sim_key_part(k, (unsigned)n);

		if (part.n == 0)
			break;
		numbers[n] = BN_secure_new();
		good = numbers[n] != NULL && BN_bin2bn(part.p, (int)part.n, numbers[n]) != NULL &&
		       OSSL_PARAM_BLD_push_BN(bld, rsa_params[n], numbers[n]) == 1;
	}
	if (good && n >= 3)
		pkey = from_builder(bld, "RSA", EVP_PKEY_KEYPAIR);
	for (size_t i = 0; i < COUNT(numbers); i++)
		BN_clear_free(numbers[i]);
	return pkey;
}

static EVP_PKEY *ec_pkey(uint8_t curve, struct cur q, struct cur d)
{
	CLEANUP(OSSL_PARAM_BLD_free_guard) OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	const struct sim_curve *c = sim_curve_at(curve);
	BIGNUM *secret = d.n == 0 ? NULL : BN_secure_new();
	EVP_PKEY *pkey = NULL;

	if (bld != NULL && c != NULL && OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME, c->name, 0) == 1 &&
	    (q.n == 0 || OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, q.p, q.n) == 1) &&
	    (d.n == 0 || (secret != NULL && BN_bin2bn(d.p, (int)d.n, secret) != NULL &&
			  OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PRIV_KEY, secret) == 1)))
		pkey = from_builder(bld, "EC", d.n == 0 ? EVP_PKEY_PUBLIC_KEY : EVP_PKEY_KEYPAIR);
	BN_clear_free(secret);
	return pkey;
}

EVP_PKEY *sim_pkey(const struct sim_key *k)
{
	if (k->type == SIM_RSA)
		return rsa_pkey(k);
	return k->type == SIM_EC ? ec_pkey(k->curve, sim_key_part(k, 1), sim_key_part(k, 0)) : NULL;
}

static bool put_rsa_part(struct buf *b, EVP_PKEY *pkey, const char *param, size_t width)
{
	uint8_t bytes[512];
	BIGNUM *v = NULL;
	bool done;

	done = width <= sizeof(bytes) && EVP_PKEY_get_bn_param(pkey, param, &v) == 1;
	if (done && width == 0)
		width = (size_t)BN_num_bytes(v);
	done = done && width <= sizeof(bytes) && BN_bn2binpad(v, bytes, (int)width) == (int)width;
	if (done)
		sim_put_part(b, bytes, width);
	explicit_bzero(bytes, sizeof(bytes));
	BN_clear_free(v);
	return done && !b->failed;
}

bool sim_rsa_generate(struct sim_key *k, unsigned bits, struct cur exponent)
{
	CLEANUP(EVP_PKEY_CTX_free_guard) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	EVP_PKEY *made = NULL;
	BIGNUM *e = BN_bin2bn(exponent.p, (int)exponent.n, NULL);
	bool done;

	done = ctx != NULL && e != NULL && EVP_PKEY_keygen_init(ctx) == 1 &&
	       EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, (int)bits) == 1 &&
	       EVP_PKEY_CTX_set1_rsa_keygen_pubexp(ctx, e) == 1 && EVP_PKEY_generate(ctx, &made) == 1;
	BN_free(e);
	CLEANUP(EVP_PKEY_free_guard) EVP_PKEY *pkey = made;
	k->bits = (uint16_t)bits;
	/* Full width, leading zeros kept: so the wrapped keys of real devices have them, real-devices.md 7. */
	for (size_t i = 0; done && i < COUNT(rsa_params); i++) {
		size_t width = i == 1 ? 0 : i == 0 || i == 2 ? bits / 8 : bits / 16;

		done = put_rsa_part(&k->parts, pkey, rsa_params[i], width);
	}
	return done;
}

bool sim_hash(const EVP_MD *md, struct cur message, struct buf *ret)
{
	uint8_t hash[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	if (EVP_Digest(message.p, message.n, hash, &n, md, NULL) != 1)
		return false;
	buf_put(ret, hash, n);
	return !ret->failed;
}

bool sim_sign_ecdsa(const struct sim_key *k, struct cur hash, struct buf *ret)
{
	CLEANUP(EVP_PKEY_free_guard) EVP_PKEY *pkey = sim_pkey(k);
	CLEANUP(EVP_PKEY_CTX_free_guard) EVP_PKEY_CTX *ctx = NULL;
	uint8_t sig[2 * SIM_FIELD_MAX + 16];
	size_t n = sizeof(sig);

	if (pkey == NULL)
		return false;
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	if (ctx == NULL || EVP_PKEY_sign_init(ctx) != 1 || EVP_PKEY_sign(ctx, sig, &n, hash.p, hash.n) != 1)
		return false;
	buf_put(ret, sig, n);
	return !ret->failed;
}

static bool to_plain(struct cur der, size_t width, struct buf *ret)
{
	CLEANUP(ECDSA_SIG_free_guard) ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der.p, (long)der.n);
	uint8_t bytes[2 * SIM_FIELD_MAX];

	if (sig == NULL || width > SIM_FIELD_MAX ||
	    BN_bn2binpad(ECDSA_SIG_get0_r(sig), bytes, (int)width) != (int)width ||
	    BN_bn2binpad(ECDSA_SIG_get0_s(sig), bytes + width, (int)width) != (int)width)
		return false;
	buf_put(ret, bytes, 2 * width);
	return !ret->failed;
}

static bool sign_rsa(const struct sim_key *k, struct cur hash, struct buf *ret)
{
	CLEANUP(EVP_PKEY_free_guard) EVP_PKEY *pkey = sim_pkey(k);
	CLEANUP(EVP_PKEY_CTX_free_guard) EVP_PKEY_CTX *ctx = NULL;
	uint8_t sig[512];
	size_t n = sizeof(sig);

	if (pkey == NULL)
		return false;
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	if (ctx == NULL || EVP_PKEY_sign_init(ctx) != 1 ||
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) != 1 ||
	    EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) != 1 || EVP_PKEY_sign(ctx, sig, &n, hash.p, hash.n) != 1)
		return false;
	buf_put(ret, sig, n);
	return !ret->failed;
}

bool sim_sign_plain(const struct sim_key *k, struct cur message, struct buf *ret)
{
	BUF hash = { 0 }, der = { 0 };
	struct sim_params s;

	if (!sim_hash(EVP_sha256(), message, &hash))
		return false;
	if (k->type == SIM_RSA)
		return sign_rsa(k, buf_view(&hash), ret);
	return sim_curve_params(k->curve, &s) && sim_sign_ecdsa(k, buf_view(&hash), &der) &&
	       to_plain(buf_view(&der), s.order_n, ret);
}

static bool to_der(struct cur plain, struct buf *ret)
{
	CLEANUP(ECDSA_SIG_free_guard) ECDSA_SIG *sig = ECDSA_SIG_new();
	int half = (int)plain.n / 2;
	BIGNUM *r = BN_bin2bn(plain.p, half, NULL), *s = BN_bin2bn(plain.p + half, half, NULL);
	unsigned char *der = NULL;
	int n;

	if (sig == NULL || r == NULL || s == NULL || ECDSA_SIG_set0(sig, r, s) != 1) {
		BN_free(r);
		BN_free(s);
		return false;
	}
	n = i2d_ECDSA_SIG(sig, &der);
	if (n > 0)
		buf_put(ret, der, (size_t)n);
	OPENSSL_free(der);
	return n > 0 && !ret->failed;
}

bool sim_verify_plain(uint8_t curve, struct cur point, struct cur message, struct cur sig)
{
	CLEANUP(EVP_PKEY_free_guard) EVP_PKEY *pkey = ec_pkey(curve, point, cur_of(NULL, 0));
	CLEANUP(EVP_PKEY_CTX_free_guard) EVP_PKEY_CTX *ctx = NULL;
	BUF hash = { 0 }, der = { 0 };

	if (pkey == NULL || sig.n == 0 || sig.n % 2 != 0 || !sim_hash(EVP_sha256(), message, &hash) || !to_der(sig, &der))
		return false;
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	return ctx != NULL && EVP_PKEY_verify_init(ctx) == 1 && EVP_PKEY_verify(ctx, der.p, der.n, hash.p, hash.n) == 1;
}

bool sim_cbc(struct cur key, bool encrypt, struct cur in, struct buf *ret)
{
	static const uint8_t iv[16];
	CLEANUP(EVP_CIPHER_CTX_free_guard) EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	const EVP_CIPHER *cipher = key.n == 32 ? EVP_aes_256_cbc() : key.n == 24 ? EVP_aes_192_cbc() : EVP_aes_128_cbc();
	uint8_t part[256];
	int n = 0;

	if (ctx == NULL || in.n % 16 != 0 || EVP_CipherInit_ex(ctx, cipher, NULL, key.p, iv, encrypt) != 1 ||
	    EVP_CIPHER_CTX_set_padding(ctx, 0) != 1)
		return false;
	while (in.n > 0) {
		struct cur piece;

		(void)cur_take(&in, in.n < sizeof(part) ? in.n : sizeof(part), &piece);
		if (EVP_CipherUpdate(ctx, part, &n, piece.p, (int)piece.n) != 1 || n != (int)piece.n)
			return false;
		buf_put(ret, part, piece.n);
	}
	explicit_bzero(part, sizeof(part));
	return EVP_CipherFinal_ex(ctx, part, &n) == 1 && n == 0 && !ret->failed;
}

bool sim_cmac(struct cur key, struct cur in, uint8_t ret[static 16])
{
	CLEANUP(EVP_MAC_free_guard) EVP_MAC *mac = EVP_MAC_fetch(NULL, "CMAC", NULL);
	CLEANUP(EVP_MAC_CTX_free_guard) EVP_MAC_CTX *ctx = mac == NULL ? NULL : EVP_MAC_CTX_new(mac);
	char cipher[] = "AES-128-CBC";
	OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_CIPHER, cipher, 0),
				OSSL_PARAM_construct_end() };
	size_t n = 0;

	cipher[4] = key.n == 32 ? '2' : '1';
	cipher[5] = key.n == 32 ? '5' : key.n == 24 ? '9' : '2';
	cipher[6] = key.n == 32 ? '6' : key.n == 24 ? '2' : '8';
	return ctx != NULL && EVP_MAC_init(ctx, key.p, key.n, params) == 1 && EVP_MAC_update(ctx, in.p, in.n) == 1 &&
	       EVP_MAC_final(ctx, ret, &n, 16) == 1 && n == 16;
}
