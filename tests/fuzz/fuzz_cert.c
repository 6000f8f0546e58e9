/* Files that somebody says are certificates: PEM or DER, one or several, for a key or for any. */
#include <string.h>

#include "engine/keys/cert.h"
#include "tests/fuzz/fuzz.h"

static void check(struct cur file, const struct pubkey *key, struct cert *ret, bool *ret_found)
{
	BUF der = { 0 }, pem = { 0 }, again = { 0 };
	struct cert c;
	size_t n = 0;
	enum status st = cert_for_key(file, key, &der, &c, &n, NULL);

	*ret_found = st == ST_OK;
	MUST(st == ST_OK || st == ST_DAMAGED || st == ST_MISMATCH || st == ST_DUPLICATE);
	MUST((st == ST_OK) == (der.n > 0));
	if (st != ST_OK)
		return;
	MUST(n >= 1 && n < CERT_BUNDLE_COUNT && c.whole_len == der.n);
	MUST(key == NULL || (c.has_key && pubkey_equal(key, &c.key)));
	MUST(memchr(c.subject, '\0', sizeof(c.subject)) && memchr(c.issuer, '\0', sizeof(c.issuer)) &&
	     memchr(c.common_name, '\0', sizeof(c.common_name)));
	MUST(c.may_certify || c.has_usage);
	if (der.n <= CERT_FILE_MAX && cert_to_pem(buf_view(&der), &pem, NULL) == ST_OK)
		MUST(cert_for_key(buf_view(&pem), key, &again, &c, NULL, NULL) == ST_OK && cur_equal(buf_view(&der), again.p, again.n));
	*ret = c;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cert c, same;
	bool found;

	check(cur_of(data, size), NULL, &c, &found);
	if (found && c.has_key) {
		struct pubkey key = c.key;

		check(cur_of(data, size), &key, &same, &found);
		MUST(found);
	}
	return 0;
}
