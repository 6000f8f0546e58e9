#include "engine/base/random.h"

#include <limits.h>
#include <openssl/rand.h>

static enum status no_random(struct fault *f)
{
	return fault_set(f, ST_CRYPTO, "This computer gives no random numbers. Nothing secret can be made on it now.");
}

enum status random_bytes(void *out, size_t n, struct fault *f)
{
	return n <= INT_MAX && RAND_bytes(out, (int)n) == 1 ? ST_OK : no_random(f);
}

enum status random_secret(struct secret *s, size_t n, struct fault *f)
{
	secret_wipe(s);
	if (n > secret_cap(s) || n > INT_MAX || RAND_priv_bytes(secret_bytes(s), (int)n) != 1 || !secret_set_len(s, n)) {
		secret_wipe(s);
		return no_random(f);
	}
	return ST_OK;
}
