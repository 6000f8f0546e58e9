/*
 * Public key authentication: m of n registered keys of other devices sign a challenge. smartcard-hsm.md 11; no record of a
 * real device was found (real-devices.md 12), so where that sheet is unsure this is a guess. EC keys only.
 *
 * Certificates are trusted for one session, each by its holder's name: the root is known from the start, and what a
 * trusted key has signed is trusted in turn.
 */
#include "engine/sim/card.h"

#include <string.h>

#include "engine/base/tlv.h"
#include "engine/sim/curves.h"
#include "engine/sim/keyops.h"

#define MSE_VERIFY 0x81       /* P1 for P2 = B6 and A4: what is set is used to verify */
#define TEMPLATE_SIGNATURE 0xb6
#define TEMPLATE_AUTH 0xa4
#define TRUSTED_MAX 4096      /* bytes of names and points a session keeps */

/* What of a certificate counts here. */
struct holder {
	struct cur chr, point;
	int curve;
};

/* The trusted key of this name, from the session's list of name, curve, point; the root where it is asked for. */
static bool find_trusted(const struct sim_card *c, struct cur name, struct buf *ret_point, uint8_t *ret_curve)
{
	struct cur list = buf_view(&c->session.trusted), chr, point;
	uint8_t root[65], curve;
	uint16_t n;

	if (cur_equal(name, SIM_ROOT, strlen(SIM_ROOT))) {
		*ret_curve = SIM_CURVE_BP256R1;
		if (sim_root_point(root, NULL) != ST_OK)
			return false;
		buf_put(ret_point, root, sizeof(root));
		return !ret_point->failed;
	}
	while (cur_u16(&list, &n) && cur_take(&list, n, &chr) && cur_u8(&list, &curve) && cur_u16(&list, &n) &&
	       cur_take(&list, n, &point)) {
		if (cur_equal(name, chr.p, chr.n)) {
			*ret_curve = curve;
			buf_cur(ret_point, point);
			return !ret_point->failed;
		}
	}
	return false;
}

static bool add_trusted(struct sim_card *c, const struct holder *h)
{
	struct buf *list = &c->session.trusted;

	if (list->n + h->chr.n + h->point.n + 5 > TRUSTED_MAX)
		return false;
	sim_put_part(list, h->chr.p, h->chr.n);
	buf_u8(list, (uint8_t)h->curve);
	sim_put_part(list, h->point.p, h->point.n);
	return !list->failed;
}

/* A public key in 7F49: its curve by the parameters, or, where they are inherited, that of the issuer. */
static bool read_key(struct cur public, uint8_t issuer_curve, struct holder *ret)
{
	static const uint32_t tags[] = { 0x81, 0x82, 0x83, 0x84, 0x85 };
	struct tlv t[5], point;
	size_t n = 0;

	if (!tlv_find(public, 0x86, &point))
		return false;
	while (n < 5 && tlv_find(public, tags[n], &t[n]))
		n++;
	ret->point = point.value;
	ret->curve = n == 5 ? sim_curve_match(t[0].value, t[1].value, t[2].value, t[3].value, t[4].value) :
		     n == 0 ? issuer_curve : -1;
	return ret->curve >= 0;
}

/* 7F4E and 5F37, the contents of a 7F21. */
static bool read_cert(struct cur content, uint8_t issuer_curve, struct holder *ret, struct tlv *ret_body, struct tlv *ret_sig)
{
	struct tlv public, chr;

	return tlv_expect(&content, 0x7f4e, ret_body) && tlv_expect(&content, 0x5f37, ret_sig) && content.n == 0 &&
	       tlv_find(ret_body->value, 0x7f49, &public) && tlv_find(ret_body->value, 0x5f20, &chr) && chr.value.n <= 20 &&
	       read_key(public.value, issuer_curve, ret) && (ret->chr = chr.value, true);
}

/* MANAGE SECURITY ENVIRONMENT: whose key verifies next. */
uint16_t sim_mse(struct sim_card *c, const struct sim_apdu *a, struct buf *out)
{
	struct cur data = a->data;
	struct tlv name;
	BUF point = { 0 };
	uint8_t curve;

	(void)out;
	if (a->p1 != MSE_VERIFY || (a->p2 != TEMPLATE_SIGNATURE && a->p2 != TEMPLATE_AUTH))
		return SW_P1P2;
	if (!tlv_expect(&data, 0x83, &name) || data.n > 0 || name.value.n > sizeof(c->session.issuer))
		return SW_DATA;
	if (a->p2 == TEMPLATE_SIGNATURE) {
		if (!find_trusted(c, name.value, &point, &curve))
			return SW_NO_REFERENCE;
		memcpy(c->session.issuer, name.value.p, name.value.n);
		c->session.issuer_n = name.value.n;
		return SW_OK;
	}
	for (size_t i = 0; i < c->state.pka_n; i++) {
		if (!cur_equal(name.value, c->state.pka[i].chr, c->state.pka[i].chr_n))
			continue;
		c->session.pka_key = (int)i;
		return c->session.pka[i] ? SW_CONDITIONS : SW_OK;
	}
	return SW_NO_REFERENCE;
}

static bool issuer_of(const struct sim_card *c, struct buf *ret_point, uint8_t *ret_curve)
{
	return c->session.issuer_n > 0 &&
	       find_trusted(c, cur_of(c->session.issuer, c->session.issuer_n), ret_point, ret_curve);
}

/* VERIFY CERTIFICATE, by the issuer set before: its holder is trusted then. */
uint16_t sim_pso(struct sim_card *c, const struct sim_apdu *a, struct buf *out)
{
	struct holder h;
	struct tlv body, sig;
	BUF point = { 0 };
	uint8_t curve;

	(void)out;
	if (a->p1 != 0x00 || a->p2 != 0xbe)
		return SW_P1P2;
	if (!issuer_of(c, &point, &curve))
		return SW_CONDITIONS;
	if (!read_cert(a->data, curve, &h, &body, &sig))
		return SW_DATA;
	if (!sim_verify_plain(curve, buf_view(&point), body.whole, sig.value))
		return SW_CONDITIONS;
	return add_trusted(c, &h) ? SW_OK : SW_FULL;
}

static void put_status(const struct sim_card *c, struct buf *out)
{
	uint8_t present = 0;

	for (size_t i = 0; i < c->state.pka_n; i++)
		present = (uint8_t)(present + c->session.pka[i]);
	buf_u8(out, c->state.pka_total);
	buf_u8(out, (uint8_t)(c->state.pka_total - c->state.pka_n));
	buf_u8(out, c->state.pka_required);
	buf_u8(out, present);
}

/* Registers the key of an authenticated request whose outer signer, set before, is a trusted device. */
static uint16_t enrol(struct sim_card *c, struct cur data)
{
	struct cur content = data;
	struct tlv cert, car, outer, body, inner;
	struct holder h;
	BUF point = { 0 };
	struct sim_pka_key *key = &c->state.pka[c->state.pka_n];
	uint8_t curve;

	if (c->state.pka_n == c->state.pka_total)
		return SW_FULL;
	if (!issuer_of(c, &point, &curve))
		return SW_CONDITIONS;
	if (!tlv_expect(&content, 0x7f21, &cert) || !tlv_expect(&content, 0x42, &car) ||
	    !tlv_expect(&content, 0x5f37, &outer) || content.n > 0 || !read_cert(cert.value, curve, &h, &body, &inner))
		return SW_DATA;
	if (!sim_verify_plain(curve, buf_view(&point), cur_of(cert.whole.p, cert.whole.n + car.whole.n), outer.value) ||
	    !sim_verify_plain((uint8_t)h.curve, h.point, body.whole, inner.value))
		return SW_CONDITIONS;
	*key = (struct sim_pka_key){ .chr_n = (uint8_t)h.chr.n, .curve = (uint8_t)h.curve };
	memcpy(key->chr, h.chr.p, h.chr.n);
	buf_cur(&key->point, h.point);
	c->state.pka_n++;
	c->dirty = true;
	return key->point.failed ? SW_FAILED : SW_OK;
}

uint16_t sim_pka_manage(struct sim_card *c, const struct sim_apdu *a, struct buf *out)
{
	uint16_t sw = SW_OK;

	if (a->p1 != 0 || a->p2 != 0)
		return SW_P1P2;
	if (c->state.pka_total == 0)
		return SW_INS;
	if (a->data.n > 0)
		sw = enrol(c, a->data);
	if (sw == SW_OK)
		put_status(c, out);
	return sw;
}

/* The signature is over the device's CHR and the last challenge of eight bytes. */
uint16_t sim_external_auth(struct sim_card *c, const struct sim_apdu *a, struct buf *out)
{
	const struct sim_pka_key *key;
	BUF message = { 0 };

	(void)out;
	if (a->p1 != 0 || a->p2 != 0)
		return SW_P1P2;
	if (c->session.pka_key < 0 || !c->session.challenged)
		return SW_CONDITIONS;
	key = &c->state.pka[c->session.pka_key];
	buf_put(&message, c->serial, strlen(c->serial));
	buf_put(&message, "00000", 5);
	buf_put(&message, c->session.challenge, sizeof(c->session.challenge));
	if (message.failed)
		return SW_FAILED;
	if (!sim_verify_plain(key->curve, buf_view(&key->point), buf_view(&message), a->data))
		return SW_CONDITIONS;
	c->session.pka[c->session.pka_key] = true;
	c->session.pka_key = -1;
	return SW_OK;
}
