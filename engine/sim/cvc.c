#include "engine/sim/cvc.h"

#include "engine/sim/curves.h"
#include "engine/sim/keyops.h"

#include "engine/base/tlv.h"

/* 0.4.0.127.0.7.2.2.2: terminal authentication with ECDSA and SHA-256, with RSA PKCS#1 v1.5 and SHA-256 */
static const uint8_t oid_ecdsa[] = { 0x04, 0x00, 0x7f, 0x00, 0x07, 0x02, 0x02, 0x02, 0x02, 0x03 };
static const uint8_t oid_rsa[] = { 0x04, 0x00, 0x7f, 0x00, 0x07, 0x02, 0x02, 0x02, 0x01, 0x02 };
/* 1.3.6.1.4.1.24991.3.1.1, the role of a SmartCard-HSM */
static const uint8_t oid_role[] = { 0x2b, 0x06, 0x01, 0x04, 0x01, 0x81, 0xc3, 0x1f, 0x03, 0x01, 0x01 };
static const uint8_t profile[] = { 0x00 };

/* One digit a byte. */
static void put_date(struct buf *b, uint32_t tag, const char *yymmdd)
{
	uint8_t digits[6];

	for (size_t i = 0; i < sizeof(digits); i++)
		digits[i] = (uint8_t)(yymmdd[i] - '0');
	buf_tlv(b, tag, digits, sizeof(digits));
}

static void put_body(struct buf *out, const struct sim_cert *cert)
{
	BUF key = { 0 }, role = { 0 }, body = { 0 };
	const uint8_t role_byte = (uint8_t)cert->role;

	buf_tlv(&key, 0x06, oid_ecdsa, sizeof(oid_ecdsa));
	buf_tlv(&key, 0x86, cert->point.p, cert->point.n);
	buf_tlv(&role, 0x06, oid_role, sizeof(oid_role));
	buf_tlv(&role, 0x53, &role_byte, 1);
	buf_tlv(&body, 0x5f29, profile, sizeof(profile));
	buf_tlv(&body, 0x42, cert->car.p, cert->car.n);
	buf_tlv_buf(&body, 0x7f49, &key);
	buf_tlv(&body, 0x5f20, cert->chr.p, cert->chr.n);
	buf_tlv_buf(&body, 0x7f4c, &role);
	put_date(&body, 0x5f25, cert->effective);
	put_date(&body, 0x5f24, cert->expiry);
	if (cert->extensions)
		buf_tlv(&body, 0x65, NULL, 0);
	buf_tlv_buf(out, 0x7f4e, &body);
}

bool sim_cvc_certificate(struct buf *out, const struct sim_cert *cert, struct cur signer_d)
{
	BUF content = { 0 }, sig = { 0 };
	struct sim_key signer = { .type = SIM_EC, .curve = SIM_CURVE_BP256R1, .bits = 256 };
	bool done;

	put_body(&content, cert);
	sim_put_part(&signer.parts, signer_d.p, signer_d.n);
	done = !signer.parts.failed && !content.failed && sim_sign_plain(&signer, buf_view(&content), &sig);
	sim_key_done(&signer);
	if (!done)
		return false;
	buf_tlv_buf(&content, 0x5f37, &sig);
	buf_tlv_buf(out, 0x7f21, &content);
	return !out->failed;
}

static bool put_ec(struct buf *b, const struct sim_key *key)
{
	static const uint8_t cofactor[] = { 0x01 };
	struct sim_params s;
	struct cur q = sim_key_part(key, 1);

	if (!sim_curve_params(key->curve, &s))
		return false;
	buf_tlv(b, 0x06, oid_ecdsa, sizeof(oid_ecdsa));
	buf_tlv(b, 0x81, s.p, s.field_n);
	buf_tlv(b, 0x82, s.a, s.field_n);
	buf_tlv(b, 0x83, s.b, s.field_n);
	buf_tlv(b, 0x84, s.g, 1 + 2 * s.field_n);
	buf_tlv(b, 0x85, s.n, s.order_n);
	buf_tlv(b, 0x86, q.p, q.n);
	buf_tlv(b, 0x87, cofactor, sizeof(cofactor));
	return !b->failed;
}

static bool put_rsa(struct buf *b, const struct sim_key *key)
{
	struct cur n = sim_key_part(key, 0), e = sim_key_part(key, 1);

	buf_tlv(b, 0x06, oid_rsa, sizeof(oid_rsa));
	buf_tlv(b, 0x81, n.p, n.n);
	buf_tlv(b, 0x82, e.p, e.n);
	return !b->failed;
}

/* 7F21 of the request: body and inner signature. */
static bool put_inner(struct buf *out, const struct sim_request *r, const struct sim_key *key)
{
	BUF public = { 0 }, body = { 0 }, content = { 0 }, sig = { 0 };

	if (!(key->type == SIM_EC ? put_ec(&public, key) : put_rsa(&public, key)))
		return false;
	buf_tlv(&body, 0x5f29, profile, sizeof(profile));
	if (r->car.n > 0)
		buf_tlv(&body, 0x42, r->car.p, r->car.n);
	buf_tlv_buf(&body, 0x7f49, &public);
	buf_tlv(&body, 0x5f20, r->chr.p, r->chr.n);
	buf_tlv_buf(&content, 0x7f4e, &body);
	if (content.failed || !sim_sign_plain(key, buf_view(&content), &sig))
		return false;
	buf_tlv_buf(&content, 0x5f37, &sig);
	buf_tlv_buf(out, 0x7f21, &content);
	return !out->failed;
}

bool sim_cvc_request(struct buf *out, const struct sim_request *r, const struct sim_key *key,
		     const struct sim_key *signer)
{
	BUF content = { 0 }, sig = { 0 };

	if (!put_inner(&content, r, key))
		return false;
	buf_tlv(&content, 0x42, r->outer_car.p, r->outer_car.n);
	if (content.failed || !sim_sign_plain(signer, buf_view(&content), &sig))
		return false;
	buf_tlv_buf(&content, 0x5f37, &sig);
	buf_tlv_buf(out, 0x67, &content);
	return !out->failed;
}
