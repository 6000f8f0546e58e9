#include "engine/sim/curves.h"

#include <string.h>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/objects.h>

#include "engine/base/error.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Section 14: up to 320 bit before firmware 3, larger ones since. A card file keeps the index: append only. */
static const struct sim_curve curves[] = {
	{ "prime192v1", 192, 0 },
	[SIM_CURVE_P256] = { "prime256v1", 256, 0 },
	{ "brainpoolP192r1", 192, 0 },
	{ "brainpoolP224r1", 224, 0 },
	[SIM_CURVE_BP256R1] = { "brainpoolP256r1", 256, 0 },
	{ "brainpoolP320r1", 320, 0 },
	{ "secp192k1", 192, 0 },
	{ "secp256k1", 256, 0 },
	{ "secp384r1", 384, 3 },
	{ "secp521r1", 521, 3 },
	{ "brainpoolP384r1", 384, 3 },
	{ "brainpoolP512r1", 512, 3 },
	/* Which firmware takes the twisted forms is not known; the parameters are explicit. */
	{ "brainpoolP192t1", 192, 3 },
	{ "brainpoolP224t1", 224, 3 },
	{ "brainpoolP256t1", 256, 3 },
	{ "brainpoolP320t1", 320, 3 },
	{ "brainpoolP384t1", 384, 3 },
	{ "brainpoolP512t1", 512, 3 },
};

/* One computation's numbers, all given back together. */
struct math {
	EC_GROUP *group;
	BN_CTX *ctx;
	EC_POINT *point, *other;
	BIGNUM *x, *y, *z;
};

static void math_done(struct math *m)
{
	EC_POINT_clear_free(m->point);
	EC_POINT_clear_free(m->other);
	BN_clear_free(m->x);
	BN_clear_free(m->y);
	BN_clear_free(m->z);
	BN_CTX_free(m->ctx);
	EC_GROUP_free(m->group);
}
#define MATH CLEANUP(math_done) struct math

static bool math_init(struct math *m, uint8_t i)
{
	if (i >= COUNT(curves))
		return false;
	m->group = EC_GROUP_new_by_curve_name(OBJ_txt2nid(curves[i].name));
	m->ctx = BN_CTX_new();
	m->x = BN_secure_new();
	m->y = BN_secure_new();
	m->z = BN_secure_new();
	if (m->group == NULL || m->ctx == NULL || m->x == NULL || m->y == NULL || m->z == NULL)
		return false;
	m->point = EC_POINT_new(m->group);
	m->other = EC_POINT_new(m->group);
	return m->point != NULL && m->other != NULL;
}

static size_t field_bytes(const struct math *m)
{
	return ((size_t)EC_GROUP_get_degree(m->group) + 7) / 8;
}

static size_t order_bytes(const struct math *m)
{
	return ((size_t)EC_GROUP_order_bits(m->group) + 7) / 8;
}

const struct sim_curve *sim_curve_at(uint8_t i)
{
	return i < COUNT(curves) ? &curves[i] : NULL;
}

static bool pad(const BIGNUM *v, uint8_t *out, size_t n)
{
	return BN_bn2binpad(v, out, (int)n) == (int)n;
}

bool sim_curve_params(uint8_t i, struct sim_params *ret)
{
	MATH m = { 0 };
	struct sim_params s = { 0 };
	size_t point_n;

	if (!math_init(&m, i) || EC_GROUP_get_curve(m.group, m.x, m.y, m.z, m.ctx) != 1)
		return false;
	s.field_n = field_bytes(&m);
	s.order_n = order_bytes(&m);
	point_n = 1 + 2 * s.field_n;
	if (!pad(m.x, s.p, s.field_n) || !pad(m.y, s.a, s.field_n) || !pad(m.z, s.b, s.field_n) ||
	    !pad(EC_GROUP_get0_order(m.group), s.n, s.order_n) ||
	    EC_POINT_point2oct(m.group, EC_GROUP_get0_generator(m.group), POINT_CONVERSION_UNCOMPRESSED, s.g, point_n,
			       m.ctx) != point_n)
		return false;
	*ret = s;
	return true;
}

/* Equal as unsigned numbers. */
static bool same(struct cur c, const uint8_t *p, size_t n)
{
	while (c.n > 0 && c.p[0] == 0) {
		c.p++;
		c.n--;
	}
	while (n > 0 && p[0] == 0) {
		p++;
		n--;
	}
	return cur_equal(c, p, n);
}

int sim_curve_match(struct cur p, struct cur a, struct cur b, struct cur g, struct cur n)
{
	for (uint8_t i = 0; i < COUNT(curves); i++) {
		struct sim_params s;

		if (!sim_curve_params(i, &s) || !same(p, s.p, s.field_n))
			continue;
		if (same(a, s.a, s.field_n) && same(b, s.b, s.field_n) && same(n, s.n, s.order_n) &&
		    cur_equal(g, s.g, 1 + 2 * s.field_n))
			return i;
	}
	return -1;
}

static bool put_number(struct buf *b, const BIGNUM *v, size_t n)
{
	uint8_t bytes[SIM_FIELD_MAX];
	bool done = n <= sizeof(bytes) && pad(v, bytes, n);

	if (done)
		buf_put(b, bytes, n);
	explicit_bzero(bytes, sizeof(bytes));
	return done && !b->failed;
}

static bool put_point(struct buf *b, const struct math *m, const EC_POINT *point)
{
	uint8_t bytes[SIM_POINT_MAX];
	size_t n = 1 + 2 * field_bytes(m);
	bool done = EC_POINT_point2oct(m->group, point, POINT_CONVERSION_UNCOMPRESSED, bytes, n, m->ctx) == n;

	if (done)
		buf_put(b, bytes, n);
	explicit_bzero(bytes, sizeof(bytes));
	return done && !b->failed;
}

/* d into m->x. */
static bool set_scalar(struct math *m, struct cur d)
{
	return d.n <= 2 * SIM_FIELD_MAX && BN_bin2bn(d.p, (int)d.n, m->x) != NULL && !BN_is_zero(m->x) &&
	       BN_cmp(m->x, EC_GROUP_get0_order(m->group)) < 0;
}

bool sim_curve_generate(uint8_t i, struct buf *ret_d, struct buf *ret_q)
{
	MATH m = { 0 };

	if (!math_init(&m, i))
		return false;
	do {
		if (BN_priv_rand_range(m.x, EC_GROUP_get0_order(m.group)) != 1)
			return false;
	} while (BN_is_zero(m.x));
	return EC_POINT_mul(m.group, m.point, m.x, NULL, NULL, m.ctx) == 1 && put_number(ret_d, m.x, order_bytes(&m)) &&
	       put_point(ret_q, &m, m.point);
}

bool sim_curve_public(uint8_t i, struct cur d, struct buf *ret_q)
{
	MATH m = { 0 };

	return math_init(&m, i) && set_scalar(&m, d) && EC_POINT_mul(m.group, m.point, m.x, NULL, NULL, m.ctx) == 1 &&
	       put_point(ret_q, &m, m.point);
}

bool sim_curve_multiply(uint8_t i, struct cur d, struct cur peer, struct buf *ret)
{
	MATH m = { 0 };

	return math_init(&m, i) && set_scalar(&m, d) && peer.n == 1 + 2 * field_bytes(&m) && peer.p[0] == 0x04 &&
	       EC_POINT_oct2point(m.group, m.other, peer.p, peer.n, m.ctx) == 1 &&
	       EC_POINT_mul(m.group, m.point, NULL, m.other, m.x, m.ctx) == 1 && put_point(ret, &m, m.point);
}

bool sim_curve_add(uint8_t i, struct cur d, struct cur t, struct buf *ret)
{
	MATH m = { 0 };

	return math_init(&m, i) && set_scalar(&m, d) && t.n <= 2 * SIM_FIELD_MAX &&
	       BN_bin2bn(t.p, (int)t.n, m.y) != NULL &&
	       BN_mod_add(m.z, m.x, m.y, EC_GROUP_get0_order(m.group), m.ctx) == 1 && !BN_is_zero(m.z) &&
	       put_number(ret, m.z, order_bytes(&m));
}
