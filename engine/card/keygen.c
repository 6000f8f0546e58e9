/* Making keys (smartcard-hsm.md 7.1 to 7.3). */
#include <stdio.h>
#include <string.h>

#include "engine/base/tlv.h"
#include "engine/base/words.h"
#include "engine/card/apdu.h"
#include "engine/card/files.h"
#include "engine/card/keys.h"

/* What other hosts always send, and wrapping: without it the key could never be backed up. */
static const uint8_t aes_default[] = { CARD_AES_CBC_ENCRYPT, CARD_AES_CBC_DECRYPT, CARD_AES_CMAC, CARD_DERIVE, CARD_WRAP };

#define SHORT_CAR "UT00001"   /* country and sequence number, the least there is (TR-03110) */

static bool can_size(const struct keygen_params *p, const struct firmware *fw)
{
	switch (p->algorithm) {
	case KEY_RSA:
		return firmware_can_rsa(fw, p->bits);
	case KEY_EC:
		return p->curve && firmware_can_curve(fw, p->curve);
	case KEY_AES:
		return firmware_can_aes(fw, p->bits);
	}
	return false;
}

enum status keygen_check(const struct keygen_params *p, const struct firmware *fw, struct fault *f)
{
	if (!can_size(p, fw))
		return fault_set(f, ST_UNSUPPORTED, fw->aes ?
				 N_("The firmware of this device (%s) does not make keys of this kind or size: it has RSA up to %u "
				    "bits, elliptic curves up to %u bits, and 128, 192 and 256 bits of AES.") :
				 N_("The firmware of this device (%s) does not make keys of this kind or size: it has RSA up to %u "
				    "bits, elliptic curves up to %u bits, and no AES."), fw->name, fw->rsa_max, fw->ec_max);
	if (p->n_algorithms > KEY_ALGORITHMS_MAX)
		return fault_set(f, ST_BAD_FORM, "A key can be limited to at most %d algorithms.", KEY_ALGORITHMS_MAX);
	if (p->limited && p->use_counter == 0)
		return fault_set(f, ST_BAD_FORM, "A key with a use counter of 0 could never be used.");
	if ((p->limited && !fw->use_counters) || (p->n_algorithms && !fw->algorithm_lists) ||
	    (p->domain != KEY_NO_DOMAIN && !fw->key_domains))
		return fault_set(f, ST_UNSUPPORTED,
				 "The firmware of this device (%s) has no use counters, algorithm lists and key domains.",
				 fw->name);
	if (p->domain != KEY_NO_DOMAIN && (p->domain < 0 || p->domain > 0xff))
		return fault_set(f, ST_BAD_FORM, "There is no key domain of that number.");
	return ST_OK;
}

static enum status generate_aes(struct card *c, uint8_t key_ref, const struct keygen_params *p, struct fault *f)
{
	const uint8_t counter[] = { (uint8_t)(p->use_counter >> 24), (uint8_t)(p->use_counter >> 16),
				    (uint8_t)(p->use_counter >> 8), (uint8_t)p->use_counter };
	uint8_t type = p->bits == 128 ? 0xb0 : p->bits == 192 ? 0xb1 : 0xb2;
	uint8_t domain = (uint8_t)p->domain;

	apdu_start(c, CMD_GENERATE_AES, key_ref, type);
	if (p->n_algorithms)
		apdu_tlv(c, 0x91, p->algorithms, p->n_algorithms);
	else
		apdu_tlv(c, 0x91, aes_default, sizeof(aes_default));
	if (p->limited)
		apdu_tlv(c, 0x90, counter, sizeof(counter));
	if (p->domain != KEY_NO_DOMAIN)
		apdu_tlv(c, 0x92, &domain, 1);
	return apdu_do(c, 0, f);
}

/* The template: from the reader of CVCs, with the device as holder, as other hosts have it. */
static enum status put_template(struct card *c, const struct keygen_params *p, struct fault *f)
{
	BUF data = { 0 };
	char holder[CVC_TEXT_MAX + 5];
	struct cvc_keygen k = {
		.chr = holder,
		.algorithm = p->algorithm,
		.rsa_bits = p->bits,
		.curve = p->curve,
		.limited = p->limited,
		.use_counter = p->use_counter,
		.algorithms = cur_of(p->algorithms, p->n_algorithms),
		.domain = p->domain == KEY_NO_DOMAIN ? CVC_NO_DOMAIN : p->domain,
	};
	enum status st;

	snprintf(holder, sizeof(holder), "%s00001", c->device.serial);
	/* With the usual authority a 256-bit curve makes 256 bytes, one more than a short command takes. */
	if (c->link == LINK_SHORT)
		k.car = SHORT_CAR;
	st = cvc_keygen_data(&k, &data, f);
	if (st == ST_OK)
		apdu_put(c, data.p, data.n);
	return st;
}

static bool as_asked(const struct keygen_params *p, const struct pubkey *k)
{
	if (k->algorithm != p->algorithm)
		return false;
	return p->algorithm == KEY_RSA ? k->bits == p->bits : k->curve == p->curve;
}

static enum status take_request(const struct keygen_params *p, uint8_t key_ref, struct cur request, struct pubkey *ret_key,
				struct buf *ret_request, struct fault *f)
{
	struct cur rest = request;
	struct cvc cvc;
	enum status st = cvc_next(&rest, NULL, &cvc, f);

	if (st == ST_DAMAGED || st == ST_UNSUPPORTED)
		return fault_set(f, ST_BAD_REPLY, "The device made key %u, but its public key cannot be understood. Nothing depends on it "
				 "yet: delete it and make another one.", key_ref);
	if (st == ST_OK && !as_asked(p, &cvc.key))
		return fault_set(f, ST_MISMATCH,
				 "The device made key %u, but it is of another kind or size than was asked for. Nothing depends on "
				 "it yet: delete it and make another one.", key_ref);
	if (st == ST_OK)
		st = cvc_verify(&cvc, &cvc.key, f);
	if (st == ST_MISMATCH)
		return fault_set(f, ST_MISMATCH, "The device made key %u, but the public key was not signed with it. Nothing depends on it "
				 "yet: delete it and make another one.", key_ref);
	if (st != ST_OK) {
		fault_add(f, "The device made key %u, but its public key could not be checked. Nothing depends on it "
				 "yet: delete it and make another one.", key_ref);
		return st;
	}
	if (ret_request) {
		buf_cur(ret_request, cvc.whole);
		if (ret_request->failed)
			return fault_set(f, ST_NO_MEMORY, NULL);
	}
	*ret_key = cvc.key;
	return ST_OK;
}

enum status card_generate(struct card *c, uint8_t key_ref, const struct keygen_params *p, struct pubkey *ret_key,
			  struct buf *ret_request, struct fault *f)
{
	BUF file = { 0 };
	enum status st;

	if ((st = keygen_check(p, c->firmware, f)) != ST_OK)
		return st;
	if (key_ref == 0)
		return fault_set(f, ST_BAD_FORM, "There is no room for one more key: all 255 key references are taken.");
	if (p->algorithm == KEY_AES)
		return generate_aes(c, key_ref, p, f);
	if ((st = card_read_device(c, f)) != ST_OK)
		return st;
	apdu_start(c, CMD_GENERATE, key_ref, 0x00);
	if ((st = put_template(c, p, f)) != ST_OK || (st = apdu_do(c, 0, f)) != ST_OK)
		return st;
	if (c->answer.n > 0)
		return take_request(p, key_ref, c->answer, ret_key, ret_request, f);
	st = card_read_file(c, fid_of(FID_KEY_CERT, key_ref), &file, f);
	if (st != ST_OK) {
		if (st != ST_CARD_GONE)
			fault_add(f, "The device made key %u, but its public key could not be read. Nothing depends on it "
				 "yet: delete it and make another one.", key_ref);
		return st;
	}
	return take_request(p, key_ref, buf_view(&file), ret_key, ret_request, f);
}
