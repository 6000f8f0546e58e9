/* Making keys. smartcard-hsm.md 7. */
#include "engine/sim/card.h"

#include <string.h>

#include <openssl/rand.h>

#include "engine/base/tlv.h"
#include "engine/sim/curves.h"
#include "engine/sim/cvc.h"
#include "engine/sim/keyops.h"
#include "engine/sim/times.h"

#define EF_CERTIFICATE 0xce00
#define CHR_MAX 20
#define DEFAULT_CAR "UTCA00001"

struct template {
	struct tlv profile, car, public, chr, outer_car, uses, algs, domain;
};

static const struct {
	uint32_t tag;
	size_t at;
	uint8_t min, since;
	uint16_t max;
} fields[] = {
	{ 0x5f29, offsetof(struct template, profile), 1, 0, 1 },
	{ 0x42, offsetof(struct template, car), 1, 0, 16 },
	{ 0x7f49, offsetof(struct template, public), 1, 0, 0xffff },
	{ 0x5f20, offsetof(struct template, chr), 1, 0, CHR_MAX },
	{ 0x45, offsetof(struct template, outer_car), 1, 0, CHR_MAX },
	{ 0x90, offsetof(struct template, uses), 1, 3, 4 },
	{ 0x91, offsetof(struct template, algs), 1, 3, SIM_ALGS_MAX },
	{ 0x92, offsetof(struct template, domain), 1, 3, 1 },
};

static bool take_field(struct template *t, const struct tlv *in, uint8_t major)
{
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		struct tlv *field = (struct tlv *)(void *)((uint8_t *)t + fields[i].at);

		if (fields[i].tag != in->tag)
			continue;
		if (field->value.p != NULL || in->value.n < fields[i].min || in->value.n > fields[i].max ||
		    major < fields[i].since)
			return false;
		*field = *in;
		return true;
	}
	return false;
}

static bool parse_template(struct template *t, struct cur data, uint8_t major)
{
	struct tlv in;

	while (data.n > 0) {
		if (!tlv_next(&data, &in) || !take_field(t, &in, major))
			return false;
	}
	return true;
}

/* Use counter, algorithm list, domain. SW_OK, or why the key cannot be. */
static uint16_t apply(struct sim_card *c, const struct template *t, struct sim_key *key)
{
	uint16_t sw = SW_OK;

	for (size_t i = 0; i < t->uses.value.n; i++)
		key->uses = key->uses << 8 | t->uses.value.p[i];
	key->counted = t->uses.value.n > 0;
	key->listed = t->algs.value.n > 0;
	key->algs_n = (uint8_t)t->algs.value.n;
	if (key->listed)
		memcpy(key->algs, t->algs.value.p, t->algs.value.n);
	if (t->domain.value.n > 0)
		key->domain = t->domain.value.p[0];
	if (c->state.domains_n == 0)      /* never to be exported, but a key */
		return key->domain == 0 ? SW_OK : SW_DATA;
	(void)sim_domain_ready(c, key->domain, &sw);
	return sw;
}

static uint16_t make_rsa(struct sim_card *c, struct cur public, struct sim_key *key)
{
	struct tlv bits, e;
	unsigned n;

	if (!tlv_find(public, 0x02, &bits) || bits.value.n != 2 || !tlv_find(public, 0x82, &e) || e.value.n > 4)
		return SW_DATA;
	n = (unsigned)(bits.value.p[0] << 8 | bits.value.p[1]);
	if (n != 1024 && n != 1536 && n != 2048 && (c->state.major < 3 || (n != 3072 && n != 4096)))
		return SW_UNSUPPORTED;
	key->type = SIM_RSA;
	c->busy_ms = sim_time_ms(c->state.major, SIM_WORK_RSA_NEW, n);
	return sim_rsa_generate(key, n, e.value) ? SW_OK : SW_DATA;
}

static uint16_t make_ec(struct sim_card *c, struct cur public, struct sim_key *key)
{
	static const uint32_t tags[] = { 0x81, 0x82, 0x83, 0x84, 0x85 };
	struct tlv t[5];
	BUF d = { 0 }, q = { 0 };
	int curve;

	for (size_t i = 0; i < 5; i++) {
		if (!tlv_find(public, tags[i], &t[i]))
			return SW_DATA;
	}
	curve = sim_curve_match(t[0].value, t[1].value, t[2].value, t[3].value, t[4].value);
	/* Seen: firmware 2.5 refuses secp384r1 with CKR_DATA_INVALID, real-devices.md 8 */
	if (curve < 0 || sim_curve_at((uint8_t)curve)->since > c->state.major)
		return SW_DATA;
	if (!sim_curve_generate((uint8_t)curve, &d, &q))
		return SW_FAILED;
	key->type = SIM_EC;
	key->curve = (uint8_t)curve;
	key->bits = sim_curve_at((uint8_t)curve)->bits;
	sim_put_part(&key->parts, d.p, d.n);
	sim_put_part(&key->parts, q.p, q.n);
	c->busy_ms = sim_time_ms(c->state.major, SIM_WORK_EC_NEW, key->bits);
	return SW_OK;
}

/* By the OID in 7F49: 0.4.0.127.0.7.2.2.2.1.x is RSA, ...2.x ECDSA. */
static uint16_t make_pair(struct sim_card *c, struct cur public, struct sim_key *key)
{
	static const uint8_t arc[] = { 0x04, 0x00, 0x7f, 0x00, 0x07, 0x02, 0x02, 0x02 };
	struct tlv oid;

	if (!tlv_find(public, 0x06, &oid) || oid.value.n != 10 || memcmp(oid.value.p, arc, sizeof(arc)) != 0)
		return SW_DATA;
	if (oid.value.p[8] == 0x01)
		return make_rsa(c, public, key);
	return oid.value.p[8] == 0x02 ? make_ec(c, public, key) : SW_UNSUPPORTED;
}

/* The holder of a signer: its own request's or certificate's 5F20; the device's CHR for the device key. */
static struct cur device_chr(const struct sim_card *c, char room[static SIM_SERIAL_MAX + 6])
{
	size_t n = strlen(c->serial);

	memcpy(room, c->serial, n);
	memcpy(room + n, "00000", 6);
	return cur_of(room, n + 5);
}

static struct cur key_chr(struct sim_card *c, uint8_t ref)
{
	const struct sim_file *file = sim_file_find(&c->state, (uint16_t)(EF_CERTIFICATE | ref));
	struct tlv request, cert, body, chr;

	if (file == NULL)
		return (struct cur){ 0 };
	struct cur data = buf_view(&file->data);
	if (tlv_expect(&data, 0x67, &request) && tlv_find(request.value, 0x7f21, &cert) &&
	    tlv_find(cert.value, 0x7f4e, &body) && tlv_find(body.value, 0x5f20, &chr))
		return chr.value;
	return (struct cur){ 0 };
}

/* Keeps key and request, and gives the request out. */
static uint16_t keep_pair(struct sim_card *c, struct sim_key *key, const struct buf *request, struct buf *out)
{
	uint16_t fid = (uint16_t)(EF_CERTIFICATE | key->ref), sw;

	if (key->parts.failed || request->failed)
		return SW_FAILED;
	if (!sim_fits(c, key, fid, request->n))
		return SW_FULL;
	sim_key_put(&c->state, key);
	sw = sim_file_write(c, fid, buf_view(request));
	if (sw == SW_OK)
		buf_cur(out, buf_view(request));
	return sw;
}

static uint16_t generate_pair(struct sim_card *c, const struct sim_apdu *a, const struct template *t, struct sim_key *key,
			      struct buf *out)
{
	char room[SIM_SERIAL_MAX + 6];
	BUF request = { 0 };
	const struct sim_key *signer = sim_key_find(&c->state, a->p2);
	struct sim_request r = { .car = t->car.value, .chr = t->chr.value, .outer_car = t->outer_car.value };
	uint16_t sw;

	if (signer == NULL || signer->type == SIM_AES)
		return SW_NO_REFERENCE;
	sw = apply(c, t, key);
	if (sw == SW_OK)
		sw = make_pair(c, t->public.value, key);
	if (sw != SW_OK)
		return sw;
	if (r.outer_car.n == 0)
		r.outer_car = a->p2 == 0 ? device_chr(c, room) : key_chr(c, a->p2);
	if (!sim_cvc_request(&request, &r, key, signer))
		return SW_FAILED;
	return keep_pair(c, key, &request, out);
}

uint16_t sim_generate_pair(struct sim_card *c, const struct sim_apdu *a, struct buf *out)
{
	struct template t = { 0 };
	struct sim_key key = { .ref = a->p1 };
	uint16_t sw;

	if (a->p1 == 0)
		return SW_P1P2;
	if (!parse_template(&t, a->data, c->state.major) || t.profile.value.n == 0 || t.public.value.n == 0 ||
	    t.chr.value.n == 0)
		return SW_DATA;
	sw = generate_pair(c, a, &t, &key, out);
	sim_key_done(&key);
	return sw;
}

/* P2 = B0, B1, B2: AES of 128, 192, 256 bits. */
uint16_t sim_generate_secret(struct sim_card *c, const struct sim_apdu *a, struct buf *out)
{
	struct template t = { 0 };
	struct sim_key key = { .ref = a->p1, .type = SIM_AES };
	size_t n = 16 + 8 * (size_t)(a->p2 - 0xb0);
	uint8_t secret[32];
	uint16_t sw;

	(void)out;
	if (c->state.major < 3)
		return SW_INS;
	if (a->p1 == 0 || a->p2 < 0xb0 || a->p2 > 0xb2)
		return SW_P1P2;
	if (!parse_template(&t, a->data, c->state.major))
		return SW_DATA;
	sw = apply(c, &t, &key);
	if (sw != SW_OK)
		return sw;
	key.bits = (uint16_t)(8 * n);
	if (RAND_priv_bytes(secret, (int)n) != 1)
		return SW_FAILED;
	buf_put(&key.parts, secret, n);
	explicit_bzero(secret, sizeof(secret));
	if (key.parts.failed || !sim_fits(c, &key, 0, 0)) {
		sw = key.parts.failed ? SW_FAILED : SW_FULL;
	} else {
		c->dirty = true;
		sim_key_put(&c->state, &key);
	}
	sim_key_done(&key);
	return sw;
}

/* A key whose private number is that of another plus t: it keeps the other's list and domain, and gets a request. */
uint16_t sim_derive_ec(struct sim_card *c, const struct sim_apdu *a, struct buf *out)
{
	BUF d = { 0 }, q = { 0 }, request = { 0 };
	char room[SIM_SERIAL_MAX + 6];
	struct cur data = a->data;
	struct sim_request r = { .car = cur_of(DEFAULT_CAR, strlen(DEFAULT_CAR)), .outer_car = device_chr(c, room) };
	struct sim_key key, *from;
	struct tlv t;
	uint16_t sw = SW_DATA;

	if (c->state.major < 3)
		return SW_INS;
	if (a->p2 == 0)
		return SW_P1P2;
	from = sim_key_use(c, a->p1, SIM_EC, ALG_EC_DERIVE, &sw);
	if (from == NULL)
		return sw;
	if (!tlv_expect(&data, 0x98, &t) || data.n > 0 ||
	    !sim_curve_add(from->curve, sim_key_part(from, 0), t.value, &d) || !sim_curve_public(from->curve, buf_view(&d), &q))
		return SW_DATA;
	key = *from;
	key.ref = a->p2;
	key.parts = (struct buf){ 0 };
	sim_put_part(&key.parts, d.p, d.n);
	sim_put_part(&key.parts, q.p, q.n);
	r.chr = r.outer_car;
	if (key.parts.failed || !sim_cvc_request(&request, &r, &key, sim_key_find(&c->state, 0))) {
		sim_key_done(&key);
		return SW_FAILED;
	}
	sim_key_spend(c, from);
	sw = keep_pair(c, &key, &request, out);
	sim_key_done(&key);
	out->n = 0;
	return sw;
}
