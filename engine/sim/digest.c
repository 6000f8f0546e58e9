#include "engine/sim/digest.h"

#include <openssl/evp.h>

bool sim_sha256(uint8_t out[static 32], struct cur a, struct cur b)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned n = 0;
	bool done = ctx != NULL && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1 &&
		    EVP_DigestUpdate(ctx, a.p, a.n) == 1 && EVP_DigestUpdate(ctx, b.p, b.n) == 1 &&
		    EVP_DigestFinal_ex(ctx, out, &n) == 1;

	EVP_MD_CTX_free(ctx);
	return done;
}
