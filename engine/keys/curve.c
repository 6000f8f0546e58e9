#include "engine/keys/curve.h"

#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <string.h>
#include <strings.h>

#include "engine/base/words.h"
#include "engine/keys/cipher.h"
#include "engine/keys/der.h"
#include "engine/keys/digest.h"

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

/*
 * The SHA-256 of p, a, b, g and n as struct curve_domain has them, row by row of curves. Certificates carry all five, and
 * asking OpenSSL for a curve's takes it longer than all else that is done with a certificate.
 */
static const char *const domains[] = {
	"0815056d43f2b0abec3447d8d9f6921397252567930d519d532b0998ddb1da88", /* secp256r1 */
	"ed45a0a385dca472be657ef6d7dbf03e974d84adb525e3b51e21b93c3a6ea792", /* secp384r1 */
	"549f3a34329642ebc6460a9c3a4f93225722a430e5f549ea493aeccc886bcb2a", /* secp521r1 */
	"1f41e8685ab6f007962de6b8aa8638b670d21ef578952a123da22953f32340f8", /* secp192r1 */
	"173cd01ca3c7be6631e958881dd56868fa0e353e5004fa296725de0f7b023f01", /* secp224r1 */
	"7e97c305bde1dbb90de99e49868ba1ac83c48102c596e00594973853200982f0", /* secp192k1 */
	"910418a694b3c9c7e31cf690fbdaf2d9651a421ad6c0dc2f5816a67b593d0803", /* secp256k1 */
	"89a23df00306181f07e02f9ac1db9874cab9efc681af44b560737abf0b8c2bae", /* brainpoolP192r1 */
	"05d2d99551ab96d15faa63b45f7465a695cc825334bccd9de225c2abc2238a64", /* brainpoolP224r1 */
	"3aa3aff93f25115bd3c80ba6873072b2c256930b28fff9d2140edf5e6e044b82", /* brainpoolP256r1 */
	"9cedf33ae68de38c3ec17ba55795cb46a15482e53a4eadba4b980b0db189b3ec", /* brainpoolP320r1 */
	"fae1c9cd3db663ade71de3fcebdcfa99bffeb3272fb9562c3de52fd9d03b3d18", /* brainpoolP384r1 */
	"a7e0325612e9c1507e7f25ebe4ebabe2a3fb826f6c2fbbb7c3005186fa8aea22", /* brainpoolP512r1 */
	"9f7e29de416402db9c505b9c894c526fe6a5e72305830ae5eb0539a5fc2b4de6", /* brainpoolP192t1 */
	"042508b90d63ae7051adfd8c57fb17d3801f2bcad710bf6199ecab6aa8810b1e", /* brainpoolP224t1 */
	"9964d27d4477ea1a6d1608ec56cb7ef84d8a23b23a8b716b99a75370813601f8", /* brainpoolP256t1 */
	"b3fba66d06746e661ee999a6c7e9567b1eb4b3df124984dfce625829b3d6a90d", /* brainpoolP320t1 */
	"11a2ac9bd6acaea051be92ea6ebe818722cd769045caf1945c4865e9896dc679", /* brainpoolP384t1 */
	"42aa543e4f0060b41cb4021319c033ed7d2ca30d8d34d897220edba2015cb849", /* brainpoolP512t1 */
};

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

/* Whether a given number, of any width, is that of the table; one that is not given is. */
static bool same(struct cur given, const uint8_t *known, size_t n)
{
	struct cur a = der_trim(given), b = der_trim(cur_of(known, n));

	return given.n == 0 || cur_equal(a, b.p, b.n);
}

/* Width bytes at out, with zeros in front; false where it does not fit. */
static bool pad(uint8_t *out, struct cur number, size_t width)
{
	struct cur t = der_trim(number);

	if (t.n > width)
		return false;
	memset(out, 0, width - t.n);
	memcpy(out + width - t.n, t.p, t.n);
	return true;
}

/* By all five parameters; NULL where one is missing, or no curve has these. */
static const struct curve *by_digest(struct cur p, struct cur a, struct cur b, struct cur g, struct cur n)
{
	uint8_t all[6 * CURVE_FIELD_MAX + 1], digest[32];
	const size_t w = der_trim(p).n;
	char hex[2 * sizeof(digest) + 1];

	if (w == 0 || w > CURVE_FIELD_MAX || a.n == 0 || b.n == 0 || n.n == 0 || g.n != 2 * w + 1 || !pad(all, p, w) ||
	    !pad(all + w, a, w) || !pad(all + 2 * w, b, w) || !pad(all + 5 * w + 1, n, w))
		return NULL;
	memcpy(all + 3 * w, g.p, g.n);
	if (digest_sha256(cur_of(all, 6 * w + 1), digest, NULL) != ST_OK)
		return NULL;
	hex_lower(hex, digest, sizeof(digest));
	for (size_t i = 0; i < CURVES; i++) {
		if (strcmp(hex, domains[i]) == 0)
			return &curves[i];
	}
	return NULL;
}

enum status curve_by_domain(struct cur p, struct cur a, struct cur b, struct cur g, struct cur n,
			    const struct curve **ret, struct fault *f)
{
	const struct curve *known = by_digest(p, a, b, g, n);
	struct curve_domain d;
	size_t bytes = der_trim(p).n;
	enum status st;

	if (known != NULL) {
		*ret = known;
		return ST_OK;
	}
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
		return fault_openssl(f, N_("OpenSSL failed to look up the parameters of a curve."));
	*ret = d;
	return ST_OK;
}
