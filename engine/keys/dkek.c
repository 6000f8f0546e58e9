#include "engine/keys/dkek.h"

#include <openssl/evp.h>
#include <string.h>

#include "engine/base/words.h"
#include "engine/keys/cipher.h"
#include "engine/keys/share.h"

enum status dkek_combine(const struct secret *const *shares, size_t n, struct secret *ret_dkek, struct fault *f)
{
	if (n == 0 || n > DKEK_SHARES_MAX)
		return fault_set(f, ST_BAD_FORM, "A DKEK has between 1 and %d shares, not %zu.", DKEK_SHARES_MAX, n);
	for (size_t i = 0; i < n; i++) {
		if (secret_len(shares[i]) != SHARE_LEN)
			return fault_set(f, ST_BAD_FORM, "DKEK share %zu does not have %d bytes.", i + 1, SHARE_LEN);
	}
	if (secret_cap(ret_dkek) < DKEK_LEN)
		return fault_set(f, ST_NO_MEMORY, NULL);
	secret_wipe(ret_dkek);
	for (size_t i = 0; i < n; i++) {
		const uint8_t *share = secret_view(shares[i]).p;

		for (size_t k = 0; k < DKEK_LEN; k++)
			secret_bytes(ret_dkek)[k] ^= share[k];
	}
	secret_set_len(ret_dkek, DKEK_LEN);
	return ST_OK;
}

DEFINE_GUARD(EVP_MD_CTX, EVP_MD_CTX_free)

/* SHA-256 of the DKEK and a tail, into 32 bytes of secret memory. OpenSSL erases its context when it is freed. */
static enum status hash(const struct secret *dkek, struct cur tail, struct secret *ret, struct fault *f)
{
	CLEANUP(EVP_MD_CTX_free_guard) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	struct cur in = secret_view(dkek);

	if (in.n != DKEK_LEN)
		return fault_set(f, ST_BAD_FORM, "A DKEK has %d bytes, not %zu.", DKEK_LEN, in.n);
	if (secret_cap(ret) < 32)
		return fault_set(f, ST_NO_MEMORY, NULL);
	if (ctx == NULL || EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) != 1 ||
	    EVP_DigestUpdate(ctx, in.p, in.n) != 1 || EVP_DigestUpdate(ctx, tail.p, tail.n) != 1 ||
	    EVP_DigestFinal_ex(ctx, secret_bytes(ret), NULL) != 1)
		return fault_openssl(f, N_("OpenSSL failed to derive keys from the DKEK."));
	secret_set_len(ret, 32);
	return ST_OK;
}

enum status dkek_kcv(const struct secret *dkek, uint8_t ret_kcv[static KCV_LEN], struct fault *f)
{
	SECRET *digest = secret_new(32);
	enum status st;

	if (digest == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	st = hash(dkek, cur_of("", 0), digest, f);
	if (st != ST_OK)
		return st;
	memcpy(ret_kcv, secret_bytes(digest), KCV_LEN);
	return ST_OK;
}

bool dkek_kcv_is_zero(const uint8_t kcv[static KCV_LEN])
{
	char text[2 * KCV_LEN + 1];

	hex_upper(text, kcv, KCV_LEN);
	return strcmp(text, DKEK_ZERO_KCV) == 0;
}

enum status dkek_kenc(const struct secret *dkek, struct secret *ret_key, struct fault *f)
{
	return hash(dkek, cur_of("\0\0\0\1", 4), ret_key, f);
}

enum status dkek_kmac(const struct secret *dkek, struct secret *ret_key, struct fault *f)
{
	return hash(dkek, cur_of("\0\0\0\2", 4), ret_key, f);
}
