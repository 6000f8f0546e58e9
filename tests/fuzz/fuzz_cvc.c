/* Certificates and requests of cards, EF 2F02, and the public keys in them. */
#include <string.h>

#include "engine/keys/cvc.h"
#include "tests/fuzz/fuzz.h"

static void check_key(const struct pubkey *k)
{
	BUF spki = { 0 };
	struct pubkey again;

	MUST(pubkey_to_spki(k, &spki, NULL) == ST_OK);
	MUST(spki.n <= PUBKEY_SPKI_MAX);
	MUST(pubkey_from_spki(buf_view(&spki), &again, NULL) == ST_OK);
	MUST(pubkey_equal(k, &again));
}

static bool inside(struct cur part, struct cur all)
{
	return part.p >= all.p && part.n <= all.n && part.p + part.n <= all.p + all.n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cur all = cur_of(data, size), c = all;
	struct device_cert device;
	enum device_trust trust;
	struct pubkey key;
	struct cvc v;

	for (int i = 0; i < 2; i++) {
		const struct curve *inherited = i == 0 ? NULL : curve_by_name("brainpoolP256r1");

		for (c = all; cvc_next(&c, inherited, &v, NULL) == ST_OK;) {
			MUST(inside(v.whole, all) && inside(v.body, v.whole) && inside(v.signature, v.whole));
			MUST(!v.request || (inside(v.outer_body, v.whole) && inside(v.outer_signature, v.whole)));
			MUST(strlen(v.chr) < CVC_TEXT_MAX);
			check_key(&v.key);
			(void)cvc_verify(&v, &v.key, NULL);
			(void)cvc_verify_outer(&v, &v.key, NULL);
		}
	}
	if (device_cert_parse(all, &device, NULL) == ST_OK) {
		MUST(strlen(device.serial) < strlen(device.chr));
		MUST(device_cert_check(all, &trust, NULL) == ST_OK);
		MUST(device_trust_words(trust) != NULL);
	}
	if (pubkey_from_spki(all, &key, NULL) == ST_OK)
		check_key(&key);
	return 0;
}
