/* What stands in certificates, each kept once: object rows name it by its hash. */
#include <openssl/sha.h>

#include "store/db.h"
#include "store/key.h"

enum status store_certificate_keep(struct store *s, const uint8_t *content, size_t n, struct fault *f)
{
	uint8_t sha256[32];
	WRITE w = { 0 };
	QUERY q = { 0 };
	enum status st;

	if (n == 0 || n > STORE_CERTIFICATE_MAX)
		return fault_set(f, ST_BAD_FORM, "A certificate of %zu bytes cannot be recorded: it has 1 to %d.", n,
				 STORE_CERTIFICATE_MAX);
	if (SHA256(content, n, sha256) == NULL)
		return fault_set(f, ST_CRYPTO, NULL);
	if ((st = write_begin(s, &w, f)) != ST_OK || (st = query_open(&q, s, SQL_CERTIFICATE_KEEP, f)) != ST_OK)
		return st;
	bind_blob(&q, sha256, sizeof(sha256));
	bind_blob(&q, content, n);
	if ((st = query_run(&q, f)) != ST_OK)
		return st;
	return write_commit(&w, f);
}

enum status store_certificate(struct store *s, const uint8_t sha256[static 32], uint8_t **ret, size_t *ret_n, struct fault *f)
{
	QUERY q = { 0 };
	uint8_t *content, is[32];
	size_t n;
	enum status st = query_open(&q, s, SQL_CERTIFICATE, f);

	if (st != ST_OK)
		return st;
	bind_blob(&q, sha256, sizeof(is));
	if ((st = query_one(&q, f)) == ST_NOT_FOUND)
		return fault_set(f, st, "The inventory does not know what stands in this certificate.");
	if (st != ST_OK)
		return st;
	if ((content = malloc(STORE_CERTIFICATE_MAX)) == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	n = get_bytes(&q, content, STORE_CERTIFICATE_MAX);
	st = query_end(&q, f);
	if (st == ST_OK && (SHA256(content, n, is) == NULL || memcmp(is, sha256, sizeof(is)) != 0))
		st = fault_set(f, ST_STORE_DAMAGED, "A certificate in the inventory %s is not what was put there. Plug the device in that "
			       "has it; it is on the device as it was.", s->path);
	if (st != ST_OK) {
		free(content);
		return st;
	}
	*ret = content;
	*ret_n = n;
	return ST_OK;
}
