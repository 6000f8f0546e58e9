/* What only the holder of a private key can answer, where it does not sign: something enciphered, or half an agreement. */
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "engine/base/words.h"
#include "engine/keys/cipher.h"
#include "engine/keys/pubkey.h"

DEFINE_GUARD(EVP_PKEY, EVP_PKEY_free)
DEFINE_GUARD(EVP_PKEY_CTX, EVP_PKEY_CTX_free)

static enum status load(const struct pubkey *k, EVP_PKEY **ret, struct fault *f)
{
	BUF spki = { 0 };
	enum status st = pubkey_to_spki(k, &spki, f);
	const uint8_t *p = spki.p;

	if (st != ST_OK)
		return st;
	*ret = d2i_PUBKEY(NULL, &p, (long)spki.n);
	return *ret != NULL ? ST_OK : fault_openssl(f, N_("OpenSSL failed to read a public key."));
}

enum status pubkey_encipher(const struct pubkey *k, struct cur message, struct buf *ret, struct fault *f)
{
	CLEANUP(EVP_PKEY_free_guard) EVP_PKEY *pkey = NULL;
	CLEANUP(EVP_PKEY_CTX_free_guard) EVP_PKEY_CTX *ctx = NULL;
	uint8_t out[PUBKEY_MODULUS_MAX];
	size_t n = sizeof(out);
	enum status st;

	if (k->algorithm != KEY_RSA)
		return fault_set(f, ST_UNSUPPORTED, "Only an RSA key deciphers.");
	if ((st = load(k, &pkey, f)) != ST_OK)
		return st;
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	if (ctx == NULL || EVP_PKEY_encrypt_init(ctx) != 1 || EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) != 1 ||
	    EVP_PKEY_encrypt(ctx, out, &n, message.p, message.n) != 1)
		return fault_openssl(f, N_("OpenSSL failed to encipher a random number."));
	buf_put(ret, out, n);
	return ret->failed ? fault_set(f, ST_NO_MEMORY, NULL) : ST_OK;
}

enum status pubkey_agree(const struct pubkey *k, struct buf *ret_point, uint8_t ret_x[static CURVE_FIELD_MAX], size_t *ret_n,
			 struct fault *f)
{
	CLEANUP(EVP_PKEY_free_guard) EVP_PKEY *pkey = NULL, *own = NULL;
	CLEANUP(EVP_PKEY_CTX_free_guard) EVP_PKEY_CTX *make = NULL, *derive = NULL;
	uint8_t point[CURVE_POINT_MAX];
	size_t n_point = 0, n = CURVE_FIELD_MAX;
	enum status st;

	if (k->algorithm != KEY_EC)
		return fault_set(f, ST_UNSUPPORTED, "Only an EC key agrees on a secret.");
	if ((st = load(k, &pkey, f)) != ST_OK)
		return st;
	make = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	if (make == NULL || EVP_PKEY_keygen_init(make) != 1 || EVP_PKEY_generate(make, &own) != 1 ||
	    EVP_PKEY_get_octet_string_param(own, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, point, sizeof(point), &n_point) != 1)
		return fault_openssl(f, N_("OpenSSL failed to make a key to agree with."));
	derive = EVP_PKEY_CTX_new_from_pkey(NULL, own, NULL);
	if (derive == NULL || EVP_PKEY_derive_init(derive) != 1 || EVP_PKEY_derive_set_peer(derive, pkey) != 1 ||
	    EVP_PKEY_derive(derive, ret_x, &n) != 1)
		return fault_openssl(f, N_("OpenSSL failed to agree on a number."));
	buf_put(ret_point, point, n_point);
	*ret_n = n;
	return ret_point->failed ? fault_set(f, ST_NO_MEMORY, NULL) : ST_OK;
}
