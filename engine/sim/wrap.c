/* WRAP and UNWRAP: the key blob. formats.md 4, real-devices.md 7. */
#include "engine/sim/card.h"

#include <string.h>

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "engine/sim/curves.h"
#include "engine/sim/keyops.h"
#include "engine/sim/times.h"

#define BLOB_RSA_PLAIN 0x05   /* n and d; what is above 2048 bits, seen */
#define BLOB_RSA_CRT 0x06
#define RANDOM_N 8
#define MAC_N 16
#define KCV_N 8

/* The parts of an RSA key, n e d p q dP dQ qInv, in the order that the blobs have them. */
static const uint8_t order_plain[] = { 2, 0, 1 };
static const uint8_t order_crt[] = { 5, 6, 3, 7, 4, 0, 1 };

static const uint8_t oid_rsa[] = { 0x04, 0x00, 0x7f, 0x00, 0x07, 0x02, 0x02, 0x02, 0x01, 0x02 };
static const uint8_t oid_ec[] = { 0x04, 0x00, 0x7f, 0x00, 0x07, 0x02, 0x02, 0x02, 0x02, 0x03 };
static const uint8_t oid_aes[] = { 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01 };
/* 3.0 to 3.2 write it with another first byte: formats.md 4.1 */
static const uint8_t oid_aes_odd[] = { 0x86, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01 };

static uint8_t blob_type(const struct sim_key *k)
{
	if (k->type != SIM_RSA)
		return (uint8_t)k->type;
	return k->bits <= 2048 && sim_key_part(k, 7).n > 0 ? BLOB_RSA_CRT : BLOB_RSA_PLAIN;
}

static void put_header(const struct sim_card *c, const struct sim_domain *d, const struct sim_key *k, struct buf *out)
{
	bool odd = c->state.major == 3 && c->state.minor <= 2;

	buf_put(out, d->kcv, KCV_N);
	buf_u8(out, blob_type(k));
	if (k->type == SIM_AES)
		sim_put_part(out, odd ? oid_aes_odd : oid_aes, sizeof(oid_aes));
	else
		sim_put_part(out, k->type == SIM_EC ? oid_ec : oid_rsa, sizeof(oid_ec));
	sim_put_part(out, k->algs, k->algs_n);
	buf_u16(out, 0);   /* access conditions, key OID: empty */
	buf_u16(out, 0);
}

static void put_rsa(const struct sim_key *k, struct buf *out)
{
	bool crt = blob_type(k) == BLOB_RSA_CRT;
	const uint8_t *order = crt ? order_crt : order_plain;
	size_t n = crt ? sizeof(order_crt) : sizeof(order_plain);

	buf_u16(out, k->bits);
	for (size_t i = 0; i < n; i++) {
		struct cur part = sim_key_part(k, order[i]);

		sim_put_part(out, part.p, part.n);
	}
}

static bool put_ec(const struct sim_key *k, struct buf *out)
{
	struct sim_params s;

	if (!sim_curve_params(k->curve, &s))
		return false;
	buf_u16(out, (uint16_t)(8 * s.field_n));
	sim_put_part(out, s.a, s.field_n);
	sim_put_part(out, s.b, s.field_n);
	sim_put_part(out, s.p, s.field_n);
	sim_put_part(out, s.n, s.order_n);
	sim_put_part(out, s.g, 1 + 2 * s.field_n);
	buf_cur(out, buf_view(&k->parts));   /* d, Q */
	return true;
}

static bool put_plain(const struct sim_key *k, struct buf *out)
{
	uint8_t salt[RANDOM_N];

	if (RAND_bytes(salt, sizeof(salt)) != 1)
		return false;
	buf_put(out, salt, sizeof(salt));
	if (k->type == SIM_AES) {
		buf_u16(out, k->bits / 8);
		buf_cur(out, buf_view(&k->parts));
	} else if (k->type == SIM_RSA) {
		put_rsa(k, out);
	} else if (!put_ec(k, out)) {
		return false;
	}
	buf_u8(out, 0x80);
	while (out->n % 16 != 0 && !out->failed)
		buf_u8(out, 0x00);
	return !out->failed;
}

uint16_t sim_wrap(struct sim_card *c, const struct sim_apdu *a, struct buf *out)
{
	const struct sim_key *key = sim_key_find(&c->state, a->p1);
	const struct sim_domain *d;
	BUF plain = { 0 };
	uint8_t mac[MAC_N];
	uint16_t sw;

	if (a->p2 != ALG_WRAP)
		return SW_P1P2;
	if (key == NULL)
		return SW_NO_REFERENCE;
	if (a->p1 == 0)   /* the device's own */
		return SW_CONDITIONS;
	d = sim_domain_ready(c, key->domain, &sw);
	if (d == NULL)
		return sw;
	if (key->listed && memchr(key->algs, ALG_WRAP, key->algs_n) == NULL)
		return SW_CONDITIONS;
	put_header(c, d, key, out);
	if (!put_plain(key, &plain) || !sim_cbc(cur_of(d->enc, sizeof(d->enc)), true, buf_view(&plain), out) ||
	    !sim_cmac(cur_of(d->mac, sizeof(d->mac)), buf_view(out), mac))
		return SW_FAILED;
	buf_put(out, mac, sizeof(mac));
	c->busy_ms = sim_time_ms(c->state.major, SIM_WORK_WRAP, key->bits);
	return SW_OK;
}

/* A number after its length, without leading zeros; false where it is missing or empty. */
static bool take_part(struct cur *c, struct cur *ret)
{
	uint16_t n;

	if (!cur_u16(c, &n) || !cur_take(c, n, ret))
		return false;
	while (ret->n > 1 && ret->p[0] == 0) {
		ret->p++;
		ret->n--;
	}
	return ret->n > 0;
}

/* A blob of the CRT form has no d; with p, q and e it is found again. */
static bool find_d(struct cur e, struct cur p, struct cur q, size_t width, struct buf *ret)
{
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *n[4] = { BN_secure_new(), BN_secure_new(), BN_secure_new(), BN_secure_new() };
	uint8_t d[512];
	bool done = ctx != NULL && width <= sizeof(d);

	for (size_t i = 0; i < 4; i++)
		done = done && n[i] != NULL;
	done = done && BN_bin2bn(e.p, (int)e.n, n[0]) != NULL && BN_bin2bn(p.p, (int)p.n, n[1]) != NULL &&
	       BN_bin2bn(q.p, (int)q.n, n[2]) != NULL && BN_sub_word(n[1], 1) == 1 && BN_sub_word(n[2], 1) == 1 &&
	       BN_mul(n[3], n[1], n[2], ctx) == 1 && BN_mod_inverse(n[0], n[0], n[3], ctx) != NULL &&
	       BN_bn2binpad(n[0], d, (int)width) == (int)width;
	if (done)
		sim_put_part(ret, d, width);
	explicit_bzero(d, sizeof(d));
	for (size_t i = 0; i < 4; i++)
		BN_clear_free(n[i]);
	BN_CTX_free(ctx);
	return done && !ret->failed;
}

/* Stored at full width again, as generated keys are. */
static bool put_padded(struct buf *b, struct cur part, size_t width)
{
	if (part.n > width)
		return false;
	buf_u16(b, (uint16_t)width);
	for (size_t i = part.n; i < width; i++)
		buf_u8(b, 0);
	buf_cur(b, part);
	return !b->failed;
}

static uint16_t read_rsa(const struct sim_card *c, uint8_t type, struct cur in, struct sim_key *key)
{
	bool crt = type == BLOB_RSA_CRT;
	const uint8_t *order = crt ? order_crt : order_plain;
	size_t n = crt ? sizeof(order_crt) : sizeof(order_plain), width;
	struct cur part[8] = { 0 };
	bool good;

	for (size_t i = 0; i < n; i++) {
		if (!take_part(&in, &part[order[i]]))
			return SW_DATA;
	}
	width = part[0].n;
	if (width % 64 != 0 || width < 128 || width > (c->state.major < 3 ? 256u : 512u))
		return SW_UNSUPPORTED;
	key->type = SIM_RSA;
	key->bits = (uint16_t)(8 * width);
	good = put_padded(&key->parts, part[0], width) && put_padded(&key->parts, part[1], part[1].n);
	if (good && crt)
		good = find_d(part[1], part[3], part[4], width, &key->parts);
	else if (good)
		good = put_padded(&key->parts, part[2], width);
	for (size_t i = 3; good && crt && i < 8; i++)
		good = put_padded(&key->parts, part[i], width / 2);
	return good ? SW_OK : SW_DATA;
}

static uint16_t read_ec(const struct sim_card *c, struct cur in, struct sim_key *key)
{
	struct cur part[7];   /* a, b, p, n, G, d, Q */
	struct sim_params s;
	BUF q = { 0 };
	int curve;

	for (size_t i = 0; i < 7; i++) {
		uint16_t n;

		if (!cur_u16(&in, &n) || !cur_take(&in, n, &part[i]))
			return SW_DATA;
	}
	curve = sim_curve_match(part[2], part[0], part[1], part[4], part[3]);
	if (curve < 0 || sim_curve_at((uint8_t)curve)->since > c->state.major)
		return SW_DATA;
	if (!sim_curve_params((uint8_t)curve, &s) || !sim_curve_public((uint8_t)curve, part[5], &q) ||
	    !cur_equal(part[6], q.p, q.n))
		return SW_DATA;
	while (part[5].n > s.order_n) {   /* sim_curve_public() has seen that it is below the order */
		part[5].p++;
		part[5].n--;
	}
	key->type = SIM_EC;
	key->curve = (uint8_t)curve;
	key->bits = sim_curve_at((uint8_t)curve)->bits;
	if (!put_padded(&key->parts, part[5], s.order_n))
		return SW_DATA;
	sim_put_part(&key->parts, q.p, q.n);
	return SW_OK;
}

static uint16_t read_aes(const struct sim_card *c, uint16_t size, struct cur in, struct sim_key *key)
{
	struct cur secret;

	if (c->state.major < 3)
		return SW_UNSUPPORTED;
	if ((size != 16 && size != 24 && size != 32) || !cur_take(&in, size, &secret))
		return SW_DATA;
	key->type = SIM_AES;
	key->bits = (uint16_t)(8 * size);
	buf_cur(&key->parts, secret);
	return SW_OK;
}

static uint16_t read_plain(const struct sim_card *c, uint8_t type, struct cur in, struct sim_key *key)
{
	uint16_t size, sw;

	if (!cur_take(&in, RANDOM_N, NULL) || !cur_u16(&in, &size))
		return SW_DATA;
	switch (type) {
	case BLOB_RSA_PLAIN:
	case BLOB_RSA_CRT:
		sw = read_rsa(c, type, in, key);
		break;
	case SIM_EC:
		sw = read_ec(c, in, key);
		break;
	case SIM_AES:
		sw = read_aes(c, size, in, key);
		break;
	default:
		sw = SW_DATA;
	}
	return sw == SW_OK && key->parts.failed ? SW_FAILED : sw;
}

/* The domain whose check value the blob carries. SW 6A88, seen where there is none. */
static const struct sim_domain *find_domain(struct sim_card *c, struct cur kcv, uint16_t *ret_sw)
{
	uint16_t sw = c->state.domains_n == 0 ? sim_no_dkek(c) : SW_NO_REFERENCE;

	for (uint8_t i = 0; i < c->state.domains_n; i++) {
		const struct sim_domain *d = &c->state.domains[i];

		if (d->open && d->missing == 0 && cur_equal(kcv, d->kcv, KCV_N))
			return d;
		if (d->open && d->missing > 0)
			sw = SW_CONDITIONS;
	}
	*ret_sw = sw;
	return NULL;
}

/* Header, then MAC, then contents: formats.md 4.3. */
static uint16_t open_blob(struct sim_card *c, struct cur blob, struct sim_key *key)
{
	struct cur rest = blob, kcv, oid, list, conditions, key_oid, body;
	const struct sim_domain *d;
	BUF plain = { 0 };
	uint8_t type, mac[MAC_N];
	uint16_t n, sw;

	if (!cur_take(&rest, KCV_N, &kcv) || !cur_u8(&rest, &type) || !cur_u16(&rest, &n) || !cur_take(&rest, n, &oid) ||
	    !cur_u16(&rest, &n) || n > SIM_ALGS_MAX || !cur_take(&rest, n, &list) || !cur_u16(&rest, &n) ||
	    !cur_take(&rest, n, &conditions) || !cur_u16(&rest, &n) || !cur_take(&rest, n, &key_oid))
		return SW_DATA;
	d = find_domain(c, kcv, &sw);
	if (d == NULL)
		return sw;
	if (rest.n <= MAC_N || (rest.n - MAC_N) % 16 != 0)
		return SW_DATA;
	/* support.nitrokey.com 1783: firmware 3.0 and 3.1 fail on an EC key with a list */
	if (c->state.major == 3 && c->state.minor < 2 && type == SIM_EC && list.n > 0)
		return SW_FAILED;
	if (!sim_cmac(cur_of(d->mac, sizeof(d->mac)), cur_of(blob.p, blob.n - MAC_N), mac))
		return SW_FAILED;
	if (CRYPTO_memcmp(mac, blob.p + blob.n - MAC_N, MAC_N) != 0)
		return SW_DATA;
	(void)cur_take(&rest, rest.n - MAC_N, &body);
	if (!sim_cbc(cur_of(d->enc, sizeof(d->enc)), false, body, &plain))
		return SW_FAILED;
	key->domain = (uint8_t)(d - c->state.domains);
	key->listed = list.n > 0;
	key->algs_n = (uint8_t)list.n;
	if (list.n > 0)
		memcpy(key->algs, list.p, list.n);
	return read_plain(c, type, buf_view(&plain), key);
}

/* The blob in the command, or before in EF 2F10, which is used up. A key in the way is replaced: what a device does there
 * is not known, and a host that relies on a refusal must lose something here rather than there. */
uint16_t sim_unwrap(struct sim_card *c, const struct sim_apdu *a, struct buf *out)
{
	const struct sim_file *file = sim_file_find(&c->state, SIM_EF_WRAPPED);
	struct sim_key key = { .ref = a->p1 };
	struct cur blob = a->data;
	uint16_t sw;

	(void)out;
	if (a->p2 != ALG_UNWRAP || a->p1 == 0)
		return SW_P1P2;
	if (blob.n == 0 && file == NULL)
		return SW_NO_FILE;
	sw = open_blob(c, blob.n > 0 ? blob : buf_view(&file->data), &key);
	if (sw == SW_OK && !sim_fits(c, &key, 0, 0))
		sw = SW_FULL;
	if (sw == SW_OK) {
		c->busy_ms = sim_time_ms(c->state.major, SIM_WORK_WRAP, key.bits);
		sim_key_put(&c->state, &key);
		if (blob.n == 0)
			sim_file_remove(&c->state, SIM_EF_WRAPPED);
		c->dirty = true;
	}
	sim_key_done(&key);
	return sw;
}
