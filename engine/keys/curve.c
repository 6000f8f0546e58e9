#include "engine/keys/curve.h"

#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <string.h>
#include <strings.h>

#include "engine/keys/cipher.h"
#include "engine/keys/der.h"

/* usual: smartcard-hsm.md 14. The other rows are in certificates, and OpenSC 0.27 generates the t1 forms. */
static const struct curve curves[] = {
	{ "secp256r1", "P-256", { "prime256v1", NULL }, NID_X9_62_prime256v1, 256, 32, "nistp256", true },
	{ "secp384r1", "P-384", { NULL, NULL }, NID_secp384r1, 384, 48, "nistp384", true },
	{ "secp521r1", "P-521", { NULL, NULL }, NID_secp521r1, 521, 66, "nistp521", true },
	{ "secp192r1", "P-192", { "prime192v1", NULL }, NID_X9_62_prime192v1, 192, 24, NULL, true },
	{ "secp224r1", "P-224", { NULL, NULL }, NID_secp224r1, 224, 28, NULL, false },
	{ "secp192k1", "K1-192", { NULL, NULL }, NID_secp192k1, 192, 24, NULL, true },
	{ "secp256k1", "K1-256", { NULL, NULL }, NID_secp256k1, 256, 32, NULL, true },
	{ "brainpoolP192r1", "BP-192", { NULL, NULL }, NID_brainpoolP192r1, 192, 24, NULL, true },
	{ "brainpoolP224r1", "BP-224", { NULL, NULL }, NID_brainpoolP224r1, 224, 28, NULL, true },
	{ "brainpoolP256r1", "BP-256", { NULL, NULL }, NID_brainpoolP256r1, 256, 32, NULL, true },
	{ "brainpoolP320r1", "BP-320", { NULL, NULL }, NID_brainpoolP320r1, 320, 40, NULL, true },
	{ "brainpoolP384r1", "BP-384", { NULL, NULL }, NID_brainpoolP384r1, 384, 48, NULL, true },
	{ "brainpoolP512r1", "BP-512", { NULL, NULL }, NID_brainpoolP512r1, 512, 64, NULL, true },
	{ "brainpoolP192t1", "BPt-192", { NULL, NULL }, NID_brainpoolP192t1, 192, 24, NULL, false },
	{ "brainpoolP224t1", "BPt-224", { NULL, NULL }, NID_brainpoolP224t1, 224, 28, NULL, false },
	{ "brainpoolP256t1", "BPt-256", { NULL, NULL }, NID_brainpoolP256t1, 256, 32, NULL, false },
	{ "brainpoolP320t1", "BPt-320", { NULL, NULL }, NID_brainpoolP320t1, 320, 40, NULL, false },
	{ "brainpoolP384t1", "BPt-384", { NULL, NULL }, NID_brainpoolP384t1, 384, 48, NULL, false },
	{ "brainpoolP512t1", "BPt-512", { NULL, NULL }, NID_brainpoolP512t1, 512, 64, NULL, false },
};

#define CURVES (sizeof(curves) / sizeof(curves[0]))

const struct curve *curve_at(size_t i)
{
	return i < CURVES ? &curves[i] : NULL;
}

const struct curve *curve_by_name(const char *name)
{
	for (size_t i = 0; i < CURVES; i++) {
		const struct curve *c = &curves[i];

		if (strcasecmp(name, c->name) == 0 || strcasecmp(name, c->display) == 0)
			return c;
		for (size_t k = 0; k < 2 && c->aliases[k] != NULL; k++) {
			if (strcasecmp(name, c->aliases[k]) == 0)
				return c;
		}
	}
	return NULL;
}

const struct curve *curve_by_nid(int nid)
{
	for (size_t i = 0; i < CURVES; i++) {
		if (curves[i].nid == nid)
			return &curves[i];
	}
	return NULL;
}

/* Whether a given number, of any width, is that of the table; one that is not given is. */
static bool same(struct cur given, const uint8_t *known, size_t n)
{
	struct cur a = der_trim(given), b = der_trim(cur_of(known, n));

	return given.n == 0 || cur_equal(a, b.p, b.n);
}

enum status curve_by_domain(struct cur p, struct cur a, struct cur b, struct cur g, struct cur n,
			    const struct curve **ret, struct fault *f)
{
	struct curve_domain d;
	size_t bytes = der_trim(p).n;
	enum status st;

	for (size_t i = 0; i < CURVES && bytes > 0; i++) {
		if (curves[i].bytes != bytes)
			continue;
		st = curve_get_domain(&curves[i], &d, f);
		if (st != ST_OK)
			return st;
		if (same(p, d.p, bytes) && a.n > 0 && same(a, d.a, bytes) && same(b, d.b, bytes) &&
		    same(n, d.n, bytes) && (g.n == 0 || cur_equal(g, d.g, 2 * bytes + 1))) {
			*ret = &curves[i];
			return ST_OK;
		}
	}
	return fault_set(f, ST_UNSUPPORTED, "This key is on an elliptic curve that Keyroom does not know.");
}

DEFINE_GUARD(EC_GROUP, EC_GROUP_free)
DEFINE_GUARD(BIGNUM, BN_free)
DEFINE_GUARD(BN_CTX, BN_CTX_free)

enum status curve_get_domain(const struct curve *c, struct curve_domain *ret, struct fault *f)
{
	CLEANUP(EC_GROUP_free_guard) EC_GROUP *group = EC_GROUP_new_by_curve_name(c->nid);
	CLEANUP(BN_free_guard) BIGNUM *p = BN_new(), *a = BN_new(), *b = BN_new();
	CLEANUP(BN_CTX_free_guard) BN_CTX *ctx = BN_CTX_new();
	struct curve_domain d = { .bytes = c->bytes, .cofactor = 1 };
	int w = (int)c->bytes;

	if (group == NULL || p == NULL || a == NULL || b == NULL || ctx == NULL ||
	    EC_GROUP_get_curve(group, p, a, b, ctx) != 1 || BN_bn2binpad(p, d.p, w) != w ||
	    BN_bn2binpad(a, d.a, w) != w || BN_bn2binpad(b, d.b, w) != w ||
	    BN_bn2binpad(EC_GROUP_get0_order(group), d.n, w) != w ||
	    EC_POINT_point2oct(group, EC_GROUP_get0_generator(group), POINT_CONVERSION_UNCOMPRESSED, d.g,
			       sizeof(d.g), ctx) != 2 * c->bytes + 1)
		return fault_openssl(f, "looking up the parameters of a curve");
	*ret = d;
	return ST_OK;
}
