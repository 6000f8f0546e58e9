/* DKEK and key domains (smartcard-hsm.md 6). */
#include <string.h>

#include "engine/card/apdu.h"

/* What follows the ten bytes is the identifier of an XKEK's key domain. */
static enum status parse_status(struct cur answer, struct dkek_status *ret, struct fault *f)
{
	static const uint8_t zeros[KCV_LEN];
	struct dkek_status s = { .present = true };
	struct cur kcv;
	uint8_t total, missing;

	if (!cur_u8(&answer, &total) || !cur_u8(&answer, &missing) || !cur_take(&answer, KCV_LEN, &kcv))
		return fault_set(f, ST_BAD_REPLY,
				 "The device answered too short when asked for its DKEK. Its state is not known; look again before "
				 "anything is written to it.");
	if (missing > total)
		return fault_set(f, ST_BAD_REPLY,
				 "The device says that %u of its %u DKEK shares are missing, which cannot be. Its state is not "
				 "known; look again before anything is written to it.", missing, total);
	s.total = total;
	s.missing = missing;
	s.exchanged = answer.n > 0;
	memcpy(s.kcv, kcv.p, KCV_LEN);
	s.kcv_shown = missing == 0 && memcmp(s.kcv, zeros, KCV_LEN) != 0;
	*ret = s;
	return ST_OK;
}

enum status card_dkek_status(struct card *c, uint8_t domain, struct dkek_status *ret, enum domain_state *ret_state,
			     struct fault *f)
{
	struct dkek_status s = { 0 };
	enum domain_state state = DOMAIN_IN_USE;
	enum status st;

	apdu_start(c, CMD_DKEK_STATUS, 0x00, domain);
	st = apdu_send(c, 0, f);
	if (st != ST_OK)
		return st;
	if (c->sw == 0x6a88)
		state = DOMAIN_EMPTY;
	else if (c->sw == 0x6d00 || c->sw == 0x6a86 || c->sw == 0x6b00)
		state = DOMAIN_NONE;
	else if (c->sw != 0x9000)
		return sw_fault(c, f);
	if (state == DOMAIN_IN_USE && (st = parse_status(c->answer, &s, f)) != ST_OK)
		return st;
	*ret = s;
	if (ret_state)
		*ret_state = state;
	return ST_OK;
}

enum status card_import_share(struct card *c, uint8_t domain, const struct secret *share, struct dkek_status *ret,
			      struct fault *f)
{
	struct cur v = secret_view(share);
	enum status st;

	if (v.n != DKEK_LEN)
		return fault_set(f, ST_BAD_FORM, "A DKEK share has %d bytes, this one has %zu. The device was not asked.",
				 DKEK_LEN, v.n);
	apdu_start(c, CMD_DKEK_IMPORT, 0x00, domain);
	apdu_put(c, v.p, v.n);
	st = apdu_do(c, 0, f);
	if (st != ST_OK)
		return st;
	return parse_status(c->answer, ret, f);
}

enum status card_domain_create(struct card *c, uint8_t domain, unsigned shares, struct dkek_status *ret, struct fault *f)
{
	struct dkek_status status;
	enum status st;

	if (shares == 0 || shares > DKEK_SHARES_MAX)
		return fault_set(f, ST_BAD_FORM, "A DKEK has 1 to %d shares.", DKEK_SHARES_MAX);
	apdu_start(c, CMD_DOMAIN_CREATE, 0x01, domain);
	apdu_u8(c, (uint8_t)shares);
	if ((st = apdu_do(c, 0, f)) != ST_OK || (st = card_dkek_status(c, domain, &status, NULL, f)) != ST_OK)
		return st;
	if (!status.present || status.total != shares)
		return fault_set(f, ST_MISMATCH, "The key domain is not as it was asked for. Look at the device's state.");
	*ret = status;
	return ST_OK;
}

enum status card_domain_delete(struct card *c, uint8_t domain, struct fault *f)
{
	struct dkek_status status;
	enum status st;

	apdu_start(c, CMD_DOMAIN_DELETE, 0x03, domain);
	st = apdu_send(c, 0, f);
	if (st != ST_OK)
		return st;
	/* Some cards answer with the state that the slot is in now: empty. Reading it again decides. */
	if (c->sw != 0x9000 && c->sw != 0x6a88)
		return sw_fault(c, f);
	if ((st = card_dkek_status(c, domain, &status, NULL, f)) != ST_OK)
		return st;
	if (status.present)
		return fault_set(f, ST_MISMATCH, "The key domain is still there. Look at the device's state.");
	return ST_OK;
}

enum status card_domain_clear(struct card *c, uint8_t domain, struct fault *f)
{
	struct dkek_status status;
	enum status st;

	apdu_start(c, CMD_DOMAIN_CLEAR, 0x04, domain);
	if ((st = apdu_do(c, 0, f)) != ST_OK || (st = card_dkek_status(c, domain, &status, NULL, f)) != ST_OK)
		return st;
	if (status.present && status.missing == 0)
		return fault_set(f, ST_MISMATCH, "The key domain still has its DKEK. Look at the device's state.");
	return ST_OK;
}
