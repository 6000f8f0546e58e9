#include "engine/keys/cipher.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "engine/base/words.h"

enum status fault_openssl(struct fault *f, const char *failed)
{
	unsigned long code = ERR_peek_last_error();
	char reason[200];
	enum status st;

	snprintf(reason, sizeof(reason), "%s", _("No reason was given."));
	if (code != 0)
		ERR_error_string_n(code, reason, sizeof(reason));
	ERR_clear_error();
	st = fault_set(f, ST_CRYPTO, "%s (%s) Nothing was changed.", translated(failed), reason);
	if (f != NULL)
		f->native = (long)code;
	return st;
}

enum status fault_input(struct fault *f, enum status otherwise, const char *words)
{
	bool memory = false;
	unsigned long code;

	while ((code = ERR_get_error()) != 0)
		memory |= ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE;
	return memory ? fault_set(f, ST_NO_MEMORY, NULL) : fault_set(f, otherwise, "%s", translated(words));
}

DEFINE_GUARD(EVP_CIPHER_CTX, EVP_CIPHER_CTX_free)
DEFINE_GUARD(EVP_MAC, EVP_MAC_free)
DEFINE_GUARD(EVP_MAC_CTX, EVP_MAC_CTX_free)

enum status aes256_cbc(bool encrypt, const uint8_t key[static 32], const uint8_t iv[static AES_BLOCK], struct cur in,
		       uint8_t *out, struct fault *f)
{
	CLEANUP(EVP_CIPHER_CTX_free_guard) EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0;

	if (ctx == NULL || in.n > 1 << 20 || in.n % AES_BLOCK != 0 ||
	    EVP_CipherInit_ex(ctx, EVP_aes_256_cbc(), NULL, key, iv, encrypt) != 1 ||
	    EVP_CIPHER_CTX_set_padding(ctx, 0) != 1 || EVP_CipherUpdate(ctx, out, &n, in.p, (int)in.n) != 1 ||
	    (size_t)n != in.n)
		return fault_openssl(f, N_("OpenSSL failed to compute AES."));
	return ST_OK;
}

enum status aes_cmac(struct cur key, struct cur message, uint8_t ret[static AES_BLOCK], struct fault *f)
{
	char names[][12] = { "AES-128-CBC", "AES-192-CBC", "AES-256-CBC" };
	CLEANUP(EVP_MAC_free_guard) EVP_MAC *mac = NULL;
	CLEANUP(EVP_MAC_CTX_free_guard) EVP_MAC_CTX *ctx = NULL;
	OSSL_PARAM params[2] = { OSSL_PARAM_construct_end(), OSSL_PARAM_construct_end() };
	size_t n;

	if (key.n != 16 && key.n != 24 && key.n != 32)
		return fault_set(f, ST_BAD_FORM, "An AES key has 16, 24 or 32 bytes, not %zu.", key.n);
	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_CIPHER, names[key.n / 8 - 2], 0);
	mac = EVP_MAC_fetch(NULL, "CMAC", NULL);
	ctx = mac == NULL ? NULL : EVP_MAC_CTX_new(mac);
	if (ctx == NULL || EVP_MAC_init(ctx, key.p, key.n, params) != 1 ||
	    EVP_MAC_update(ctx, message.p, message.n) != 1 || EVP_MAC_final(ctx, ret, &n, AES_BLOCK) != 1)
		return fault_openssl(f, N_("OpenSSL failed to compute a CMAC."));
	return ST_OK;
}
