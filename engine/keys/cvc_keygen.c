/* What GENERATE ASYMMETRIC KEY PAIR is told (smartcard-hsm.md 7.1): objects one after the other, in this order. */
#include <string.h>

#include "engine/keys/curve.h"
#include "engine/keys/cvc.h"
#include "engine/keys/der.h"

#define CAR_OPENSC "UTCA00001"
#define CAR_MAX 16
#define CHR_MIN 8
#define ALGORITHMS_MAX 16

static const uint8_t oid_rsa[] = { 0x04, 0x00, 0x7f, 0x00, 0x07, 0x02, 0x02, 0x02, 0x01, 0x02 };
static const uint8_t oid_ec[] = { 0x04, 0x00, 0x7f, 0x00, 0x07, 0x02, 0x02, 0x02, 0x02, 0x03 };

static enum status check(const struct cvc_keygen *k, struct fault *f)
{
	static const unsigned rsa_sizes[] = { 1024, 1536, 2048, 3072, 4096 };
	size_t chr = strlen(k->chr);
	bool known = k->algorithm == KEY_EC && k->curve != NULL;

	for (size_t i = 0; i < sizeof(rsa_sizes) / sizeof(rsa_sizes[0]); i++)
		known |= k->algorithm == KEY_RSA && k->rsa_bits == rsa_sizes[i];
	if (!known)
		return fault_set(f, ST_BAD_FORM, "These devices have no keys of this kind: RSA has 1024, 1536, 2048, "
						 "3072 or 4096 bits, an elliptic curve has to be named.");
	if (chr < CHR_MIN || chr > CVC_REF_MAX || (k->car != NULL && strlen(k->car) > CAR_MAX))
		return fault_set(f, ST_BAD_FORM, "A key request needs a holder reference of %d to %d characters.",
				 CHR_MIN, CVC_REF_MAX);
	if (k->algorithms.n > ALGORITHMS_MAX)
		return fault_set(f, ST_BAD_FORM, "A key's list of algorithms has at most %d entries.", ALGORITHMS_MAX);
	if (k->domain != CVC_NO_DOMAIN && (k->domain < 0 || k->domain > 255))
		return fault_set(f, ST_BAD_FORM, "%d is not the number of a key domain.", k->domain);
	return ST_OK;
}

static void put_rsa(struct buf *b, unsigned bits)
{
	const uint8_t size[] = { (uint8_t)(bits >> 8), (uint8_t)bits };

	buf_tlv(b, 0x06, oid_rsa, sizeof(oid_rsa));
	buf_tlv(b, 0x82, "\x01\x00\x01", 3);
	buf_tlv(b, 0x02, size, sizeof(size));
}

static void put_ec(struct buf *b, const struct curve_domain *d)
{
	buf_tlv(b, 0x06, oid_ec, sizeof(oid_ec));
	buf_tlv(b, 0x81, d->p, d->bytes);
	buf_tlv(b, 0x82, d->a, d->bytes);
	buf_tlv(b, 0x83, d->b, d->bytes);
	buf_tlv(b, 0x84, d->g, 2 * d->bytes + 1);
	buf_tlv(b, 0x85, d->n, d->bytes);
	buf_tlv(b, 0x87, &d->cofactor, 1);
}

enum status cvc_keygen_data(const struct cvc_keygen *k, struct buf *ret, struct fault *f)
{
	const char *car = k->car != NULL ? k->car : CAR_OPENSC;
	struct curve_domain domain;
	BUF key = { 0 };
	enum status st = check(k, f);

	if (st == ST_OK && k->algorithm == KEY_EC)
		st = curve_get_domain(k->curve, &domain, f);
	if (st != ST_OK)
		return st;
	if (k->algorithm == KEY_RSA)
		put_rsa(&key, k->rsa_bits);
	else
		put_ec(&key, &domain);
	buf_tlv(ret, 0x5f29, "\0", 1);
	buf_tlv(ret, 0x42, car, strlen(car));
	buf_tlv_buf(ret, 0x7f49, &key);
	buf_tlv(ret, 0x5f20, k->chr, strlen(k->chr));
	if (k->limited) {
		const uint8_t be[] = { (uint8_t)(k->use_counter >> 24), (uint8_t)(k->use_counter >> 16),
				       (uint8_t)(k->use_counter >> 8), (uint8_t)k->use_counter };

		buf_tlv(ret, 0x90, be, sizeof(be));
	}
	if (k->algorithms.n > 0)
		buf_tlv(ret, 0x91, k->algorithms.p, k->algorithms.n);
	if (k->domain != CVC_NO_DOMAIN) {
		const uint8_t number = (uint8_t)k->domain;

		buf_tlv(ret, 0x92, &number, 1);
	}
	return ret->failed ? fault_set(f, ST_NO_MEMORY, NULL) : ST_OK;
}
