/*
 * Preloaded into sc-hsm-tool where its share files stay among its own: OpenSSL's EVP_BytesToKey() with few rounds for its ten
 * million, which take it ten seconds a share. Where it and Keyroom read each other's shares nothing is preloaded.
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

enum { ALL = 10000000, QUICK = 100 };

typedef int (*derivation)(const EVP_CIPHER *type, const EVP_MD *md, const unsigned char *salt, const unsigned char *data, int n,
			  int count, unsigned char *key, unsigned char *iv);

int EVP_BytesToKey(const EVP_CIPHER *type, const EVP_MD *md, const unsigned char *salt, const unsigned char *data, int n,
		   int count, unsigned char *key, unsigned char *iv)
{
	void *symbol = dlsym(RTLD_NEXT, "EVP_BytesToKey");
	derivation next;

	if (symbol == NULL || count != ALL)
		abort();
	memcpy(&next, &symbol, sizeof(next));   /* C knows no cast from an object to a function */
	return next(type, md, salt, data, n, QUICK, key, iv);
}
