#include "engine/keys/digest.h"

#include <openssl/evp.h>

#include "engine/base/words.h"
#include "engine/keys/cipher.h"

enum status digest_sha256(struct cur data, uint8_t ret[static 32], struct fault *f)
{
	if (EVP_Digest(data.p, data.n, ret, NULL, EVP_sha256(), NULL) != 1)
		return fault_openssl(f, N_("OpenSSL failed to compute SHA-256."));
	return ST_OK;
}

void digest_prepare(void)
{
	uint8_t none[32];

	(void)digest_sha256(cur_of("", 0), none, NULL);
}

enum status digest_sha1(struct cur data, uint8_t ret[static 20], struct fault *f)
{
	if (EVP_Digest(data.p, data.n, ret, NULL, EVP_sha1(), NULL) != 1)
		return fault_openssl(f, N_("OpenSSL failed to compute SHA-1."));
	return ST_OK;
}
