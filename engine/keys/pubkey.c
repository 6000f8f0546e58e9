#include "engine/keys/pubkey.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/words.h"
#include "engine/keys/cipher.h"
#include "engine/keys/der.h"

#define NO_KEY N_("This holds no usable public key.")

static enum status bad_key(struct fault *f)
{
	return fault_set(f, ST_DAMAGED, NO_KEY);
}

enum status pubkey_rsa(struct cur modulus, struct cur exponent, struct pubkey *ret, struct fault *f)
{
	struct cur n = der_trim(modulus), e = der_trim(exponent);
	struct pubkey k = { .algorithm = KEY_RSA };

	if (n.n > PUBKEY_MODULUS_MAX || e.n > PUBKEY_EXPONENT_MAX)
		return fault_set(f, ST_UNSUPPORTED, "This RSA key is larger than any that these devices have.");
	if (n.n < 64 || e.n == 0 || (n.p[n.n - 1] & 1) == 0 || (e.p[e.n - 1] & 1) == 0 || (e.n == 1 && e.p[0] == 1))
		return bad_key(f);
	k.bits = (unsigned)(8 * n.n);
	for (uint8_t top = n.p[0]; (top & 0x80) == 0; top = (uint8_t)(top << 1))
		k.bits--;
	memcpy(k.modulus, n.p, n.n);
	k.modulus_len = n.n;
	memcpy(k.exponent, e.p, e.n);
	k.exponent_len = e.n;
	*ret = k;
	return ST_OK;
}

DEFINE_GUARD(EC_GROUP, EC_GROUP_free)
DEFINE_GUARD(EC_POINT, EC_POINT_free)

enum status pubkey_ec(const struct curve *curve, struct cur point, struct pubkey *ret, struct fault *f)
{
	CLEANUP(EC_GROUP_free_guard) EC_GROUP *group = EC_GROUP_new_by_curve_name(curve->nid);
	CLEANUP(EC_POINT_free_guard) EC_POINT *p = group == NULL ? NULL : EC_POINT_new(group);
	struct pubkey k = { .algorithm = KEY_EC, .bits = curve->bits, .curve = curve };

	if (p == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	ERR_clear_error();
	if (EC_POINT_oct2point(group, p, point.p, point.n, NULL) == 1 && EC_POINT_is_at_infinity(group, p) == 0)
		k.point_len = EC_POINT_point2oct(group, p, POINT_CONVERSION_UNCOMPRESSED, k.point, sizeof(k.point),
						 NULL);
	if (k.point_len != 2 * curve->bytes + 1)
		return fault_input(f, ST_DAMAGED, NO_KEY);
	*ret = k;
	return ST_OK;
}

DEFINE_GUARD(BN_CTX, BN_CTX_free)

/* y^2 = x^3 + ax + b, for x and y below p; *ret is written where the memory sufficed. */
static bool fits_equation(BN_CTX *ctx, struct cur prime, struct cur ca, struct cur cb, struct cur cx, struct cur cy, bool *ret)
{
	BIGNUM *p, *a, *b, *x, *y, *left, *right;

	BN_CTX_start(ctx);
	p = BN_CTX_get(ctx);
	a = BN_CTX_get(ctx);
	b = BN_CTX_get(ctx);
	x = BN_CTX_get(ctx);
	y = BN_CTX_get(ctx);
	left = BN_CTX_get(ctx);
	right = BN_CTX_get(ctx);   /* NULL where one before it is */
	if (right == NULL || BN_bin2bn(prime.p, (int)prime.n, p) == NULL || BN_bin2bn(ca.p, (int)ca.n, a) == NULL ||
	    BN_bin2bn(cb.p, (int)cb.n, b) == NULL || BN_bin2bn(cx.p, (int)cx.n, x) == NULL || BN_bin2bn(cy.p, (int)cy.n, y) == NULL ||
	    BN_mod_sqr(left, y, p, ctx) != 1 || BN_mod_sqr(right, x, p, ctx) != 1 || BN_mod_add(right, right, a, p, ctx) != 1 ||
	    BN_mod_mul(right, right, x, p, ctx) != 1 || BN_mod_add(right, right, b, p, ctx) != 1)
		return false;
	*ret = BN_cmp(x, p) < 0 && BN_cmp(y, p) < 0 && BN_cmp(left, right) == 0;
	return true;
}

/*
 * The same where p, a and b are at hand, which were found to be those of this curve. OpenSSL asks the same of a point, and
 * all these curves have the cofactor 1, but it makes tables of the curve first: for a card of 60 keys, that is most of the
 * time that is not the card's.
 */
static enum status pubkey_ec_over(const struct curve *curve, struct cur p, struct cur a, struct cur b, struct cur point,
				  struct pubkey *ret, struct fault *f)
{
	const size_t w = curve->bytes;
	struct pubkey k = { .algorithm = KEY_EC, .bits = curve->bits, .curve = curve, .point_len = 2 * w + 1 };
	CLEANUP(BN_CTX_free_guard) BN_CTX *ctx = NULL;
	bool on = false;

	if (p.n == 0 || a.n == 0 || b.n == 0 || point.n != 2 * w + 1 || point.p[0] != POINT_CONVERSION_UNCOMPRESSED)
		return pubkey_ec(curve, point, ret, f);
	ctx = BN_CTX_new();
	if (ctx == NULL || !fits_equation(ctx, p, a, b, cur_of(point.p + 1, w), cur_of(point.p + 1 + w, w), &on)) {
		ERR_clear_error();
		return fault_set(f, ST_NO_MEMORY, NULL);
	}
	if (!on)
		return bad_key(f);
	memcpy(k.point, point.p, point.n);
	*ret = k;
	return ST_OK;
}

/* The value of the first object with this tag; empty where there is none. */
static struct cur member(struct cur c, uint32_t tag)
{
	struct tlv t;

	return tlv_find(c, tag, &t) ? t.value : cur_of("", 0);
}

static enum status unknown_curve(struct fault *f)
{
	return fault_set(f, ST_UNSUPPORTED, "This key is on an elliptic curve that Keyroom does not know.");
}

#define DOMAIN_TAGS 6

/* The first objects 81 to 86, empty where there is none. */
static void members(struct cur c, struct cur ret[static DOMAIN_TAGS])
{
	bool had[DOMAIN_TAGS] = { false };
	struct tlv t;

	for (size_t i = 0; i < DOMAIN_TAGS; i++)
		ret[i] = cur_of("", 0);
	while (tlv_next(&c, &t)) {
		const size_t i = t.tag - 0x81;

		if (t.tag < 0x81 || i >= DOMAIN_TAGS || had[i])
			continue;
		had[i] = true;
		ret[i] = t.value;
	}
}

enum status pubkey_from_cvc(struct cur value, const struct curve *inherited, struct pubkey *ret, struct fault *f)
{
	/* 0.4.0.127.0.7.2.2.2 id-TA, then 1 for RSA and 2 for ECDSA, then the hash */
	static const uint8_t id_ta[] = { 0x04, 0x00, 0x7f, 0x00, 0x07, 0x02, 0x02, 0x02 };
	struct cur oid = member(value, 0x06), rest = oid, head, of[DOMAIN_TAGS];
	const struct curve *curve = inherited;
	enum status st = ST_OK;

	members(value, of);
	if (!der_series(value) || !cur_take(&rest, sizeof(id_ta), &head) ||
	    !cur_equal(head, id_ta, sizeof(id_ta)) || rest.n == 0)
		return bad_key(f);
	if (rest.p[0] == 1)
		return pubkey_rsa(of[0], of[1], ret, f);
	if (rest.p[0] != 2)
		return fault_set(f, ST_UNSUPPORTED, "This key has an algorithm that Keyroom does not know.");
	if (of[0].n > 0)
		st = curve_by_domain(of[0], of[1], of[2], of[3], of[4], &curve, f);
	if (st != ST_OK)
		return st;
	if (curve == NULL)
		return unknown_curve(f);
	return pubkey_ec_over(curve, of[0], of[1], of[2], of[5], ret, f);
}

/* ECParameters of RFC 3279 2.3.5: 30 { 02 version, 30 { 06, 02 p }, 30 { 04 a, 04 b, [seed] }, 04 G, 02 n, [02 h] } */
static enum status explicit_curve(struct cur c, const struct curve **ret, struct fault *f)
{
	struct tlv version, field, type, p, ab, a, b, g, n;

	if (!tlv_expect(&c, 0x02, &version) || !tlv_expect(&c, 0x30, &field) || !tlv_expect(&c, 0x30, &ab) ||
	    !tlv_expect(&c, 0x04, &g) || !tlv_expect(&c, 0x02, &n) || !tlv_expect(&field.value, 0x06, &type) ||
	    !tlv_expect(&field.value, 0x02, &p) || !tlv_expect(&ab.value, 0x04, &a) ||
	    !tlv_expect(&ab.value, 0x04, &b))
		return unknown_curve(f);
	/* a generator may be written compressed; p, a, b and n tell the curve without it */
	return curve_by_domain(p.value, a.value, b.value, g.value.n > 0 && g.value.p[0] == 4 ? g.value : cur_of("", 0),
			       n.value, ret, f);
}

static enum status named_curve(struct cur oid, const struct curve **ret, struct fault *f)
{
	for (size_t i = 0; curve_at(i) != NULL; i++) {
		const ASN1_OBJECT *o = OBJ_nid2obj(curve_at(i)->nid);

		if (o != NULL && cur_equal(oid, OBJ_get0_data(o), OBJ_length(o))) {
			*ret = curve_at(i);
			return ST_OK;
		}
	}
	return unknown_curve(f);
}

enum status pubkey_from_spki(struct cur der, struct pubkey *ret, struct fault *f)
{
	static const uint8_t rsa[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01 };
	static const uint8_t ec[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01 };
	struct tlv spki, algorithm, oid, parameters, bits, rsa_key, n, e;
	const struct curve *curve = NULL;
	uint8_t unused;
	enum status st;

	if (!tlv_expect(&der, 0x30, &spki) || !tlv_expect(&spki.value, 0x30, &algorithm) ||
	    !tlv_expect(&algorithm.value, 0x06, &oid) || !tlv_expect(&spki.value, 0x03, &bits) ||
	    !cur_u8(&bits.value, &unused) || unused != 0)
		return bad_key(f);
	if (cur_equal(oid.value, rsa, sizeof(rsa))) {
		if (!tlv_expect(&bits.value, 0x30, &rsa_key) || !tlv_expect(&rsa_key.value, 0x02, &n) ||
		    !tlv_expect(&rsa_key.value, 0x02, &e))
			return bad_key(f);
		return pubkey_rsa(n.value, e.value, ret, f);
	}
	if (!cur_equal(oid.value, ec, sizeof(ec)))
		return fault_set(f, ST_UNSUPPORTED, "This public key is neither RSA nor on an elliptic curve.");
	if (!tlv_next(&algorithm.value, &parameters))
		return bad_key(f);
	st = parameters.tag == 0x30 ? explicit_curve(parameters.value, &curve, f)
				    : named_curve(parameters.value, &curve, f);
	return st != ST_OK ? st : pubkey_ec(curve, bits.value, ret, f);
}

bool pubkey_equal(const struct pubkey *a, const struct pubkey *b)
{
	if (a->algorithm != b->algorithm)
		return false;
	if (a->algorithm == KEY_RSA)
		return cur_equal(cur_of(a->modulus, a->modulus_len), b->modulus, b->modulus_len) &&
		       cur_equal(cur_of(a->exponent, a->exponent_len), b->exponent, b->exponent_len);
	return a->curve == b->curve && cur_equal(cur_of(a->point, a->point_len), b->point, b->point_len);
}
