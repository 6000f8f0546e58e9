#include "engine/keys/cvc.h"

#include <string.h>

#include "engine/base/text.h"
#include "engine/keys/der.h"

#define TAG_REQUEST 0x67
#define TAG_CVC 0x7f21
#define TAG_BODY 0x7f4e
#define TAG_CAR 0x42
#define TAG_PUBKEY 0x7f49
#define TAG_CHR 0x5f20
#define TAG_HOLDER_RIGHTS 0x7f4c
#define TAG_EFFECTIVE 0x5f25
#define TAG_EXPIRY 0x5f24
#define TAG_SIGNATURE 0x5f37

static enum status damaged(struct fault *f)
{
	return fault_set(f, ST_DAMAGED, "This is not a card verifiable certificate or request, or it is damaged.");
}

/* References are ISO 8859-1 (formats.md 6); here they become UTF-8. */
static bool reference(struct cur value, char out[static CVC_TEXT_MAX])
{
	uint8_t utf8[2 * CVC_REF_MAX];
	size_t n = 0;

	if (value.n > CVC_REF_MAX)
		return false;
	for (size_t i = 0; i < value.n; i++) {
		if (value.p[i] < 0x80) {
			utf8[n++] = value.p[i];
		} else {
			utf8[n++] = (uint8_t)(0xc0 | value.p[i] >> 6);
			utf8[n++] = (uint8_t)(0x80 | (value.p[i] & 0x3f));
		}
	}
	text_clean(out, CVC_TEXT_MAX, utf8, n);
	return true;
}

/* Days from 1970-01-01 to a day of the years 2000 to 2099, where every fourth year is a leap year. */
static int64_t days(int year, int month, int day)
{
	static const int before[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334 };
	int since = year - 2000;

	return 10957 + since * 365 + (since + 3) / 4 + before[month - 1] + (month > 2 && since % 4 == 0) + day - 1;
}

/* YYMMDD, a decimal digit a byte. */
static bool date(struct cur value, int64_t *ret)
{
	int d[6], year, month, day;

	if (value.n != 6)
		return false;
	for (int i = 0; i < 6; i++) {
		d[i] = value.p[i];
		if (d[i] > 9)
			return false;
	}
	year = 2000 + 10 * d[0] + d[1];
	month = 10 * d[2] + d[3];
	day = 10 * d[4] + d[5];
	if (month < 1 || month > 12 || day < 1 || day > 31)
		return false;
	*ret = days(year, month, day) * 86400;
	return true;
}

/* 7F4C { 06 .., 53 01 role } */
static bool role(struct cur rights, int *ret)
{
	struct tlv t;

	if (!tlv_find(rights, 0x53, &t) || t.value.n != 1)
		return false;
	*ret = t.value.p[0];
	return true;
}

static enum status parse_body(struct cur body, const struct curve *inherited, struct cvc *c, struct fault *f)
{
	struct tlv t;

	if (!der_series(body) || !tlv_find(body, TAG_CHR, &t) || !reference(t.value, c->chr))
		return damaged(f);
	if (tlv_find(body, TAG_CAR, &t) && !reference(t.value, c->car))
		return damaged(f);
	if (tlv_find(body, TAG_HOLDER_RIGHTS, &t) && !role(t.value, &c->role))
		return damaged(f);
	if (tlv_find(body, TAG_EFFECTIVE, &t) && !date(t.value, &c->not_before))
		return damaged(f);
	if (tlv_find(body, TAG_EXPIRY, &t)) {
		if (!date(t.value, &c->not_after))
			return damaged(f);
		c->not_after += 86399;   /* the day named is the last one */
	}
	if (!tlv_find(body, TAG_PUBKEY, &t))
		return damaged(f);
	return pubkey_from_cvc(t.value, inherited, &c->key, f);
}

/* 7F21 { 7F4E body, 5F37 signature } */
static enum status parse_certificate(struct cur value, const struct curve *inherited, struct cvc *c, struct fault *f)
{
	struct tlv body, signature;

	if (!tlv_expect(&value, TAG_BODY, &body) || !tlv_expect(&value, TAG_SIGNATURE, &signature) || value.n != 0)
		return damaged(f);
	c->body = body.whole;
	c->signature = signature.value;
	return parse_body(body.value, inherited, c, f);
}

enum status cvc_next(struct cur *io, const struct curve *inherited, struct cvc *ret, struct fault *f)
{
	struct cvc c = { .role = CVC_NO_ROLE, .not_before = CVC_NO_DATE, .not_after = CVC_NO_DATE };
	struct cur rest = *io, inside;
	struct tlv top, certificate, car, signature;
	enum status st;

	if (!tlv_next(&rest, &top) || (top.tag != TAG_REQUEST && top.tag != TAG_CVC))
		return damaged(f);
	c.whole = top.whole;
	certificate = top;
	if (top.tag == TAG_REQUEST) {
		inside = top.value;
		if (!tlv_expect(&inside, TAG_CVC, &certificate) || !tlv_expect(&inside, TAG_CAR, &car) ||
		    !tlv_expect(&inside, TAG_SIGNATURE, &signature) || inside.n != 0 ||
		    !reference(car.value, c.outer_car))
			return damaged(f);
		c.request = true;
		c.outer_body = cur_of(certificate.whole.p, certificate.whole.n + car.whole.n);
		c.outer_signature = signature.value;
	}
	st = parse_certificate(certificate.value, inherited, &c, f);
	if (st != ST_OK)
		return st;
	*ret = c;
	*io = rest;
	return ST_OK;
}

enum status cvc_verify(const struct cvc *c, const struct pubkey *signer, struct fault *f)
{
	return pubkey_verify(signer, SIGNATURE_PLAIN, c->body, c->signature, f);
}

enum status cvc_verify_outer(const struct cvc *c, const struct pubkey *device, struct fault *f)
{
	if (!c->request)
		return fault_set(f, ST_MISMATCH, "This certificate carries no signature of the device.");
	return pubkey_verify(device, SIGNATURE_PLAIN, c->outer_body, c->outer_signature, f);
}
