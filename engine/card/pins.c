/*
 * The commands that carry PINs. Their form is checked before the card is asked, each is sent once, and the command is
 * erased as soon as it was sent.
 */
#include <string.h>

#include "engine/base/words.h"
#include "engine/card/apdu.h"

#define USER_PIN 0x81
#define SO_PIN 0x88
#define SW_NOT_RECLAIMED 0x6a84   /* real-devices.md 6 */

static void put_secret(struct card *c, const struct secret *s)
{
	struct cur v = secret_view(s);

	apdu_put(c, v.p, v.n);
}

static void tlv_secret(struct card *c, uint8_t tag, const struct secret *s)
{
	struct cur v = secret_view(s);

	apdu_tlv(c, tag, v.p, v.n);
}

static enum status check_so(const struct secret *so, struct fault *f)
{
	if (secret_len(so) != PIN_SO_LEN)
		return fault_set(f, ST_BAD_FORM,
				 "An SO-PIN is exactly %d hexadecimal digits. The device was not asked, no try was spent.",
				 PIN_SO_DIGITS);
	return ST_OK;
}

/*
 * Some answers only say "refused". The SO-PIN's counter, which may be read for nothing, says whether a try was lost, and
 * so whether the SO-PIN was the reason. st and f are the refusal; before is the state before the command.
 */
static enum status explain_so_refusal(struct card *c, const struct pin_status *before, enum status st, struct fault *f)
{
	struct pin_status now;
	uint16_t sw = c->sw;

	if (c->gone || card_pin_status(c, PIN_SO, &now, NULL) != ST_OK)
		return st;
	if (now.state == PIN_BLOCKED) {
		st = fault_set(f, ST_SO_PIN_BLOCKED,
			       "The SO-PIN is blocked for good: it was typed wrong too often. The device "
			       "can never be initialised or unblocked again. Its keys still work with the user PIN.");
		if (f)
			f->tries_left = 0;
	} else if (now.state == PIN_READY && before->state == PIN_READY && now.tries < before->tries) {
		st = fault_set(f, ST_SO_PIN_WRONG,
			       translated_n("The SO-PIN is not correct. %d try is left: once none is, the device can never be "
					    "initialised or unblocked again. Nothing else was changed.",
					    "The SO-PIN is not correct. %d tries are left: once none is, the device can never be "
					    "initialised or unblocked again. Nothing else was changed.", (unsigned long)now.tries), now.tries);
		if (f)
			f->tries_left = now.tries;
	} else if (st == ST_SO_PIN_WRONG && now.state == PIN_READY && before->state == PIN_READY) {
		st = fault_set(f, ST_NOT_ALLOWED,
			       "The device refused, and not because of the SO-PIN: that has %d tries. Nothing was changed.",
			       now.tries);
	} else {
		return st;
	}
	if (f)
		f->sw = sw;
	return st;
}

/* Sends what carries an SO-PIN; a refusal is explained. */
static enum status do_with_so_pin(struct card *c, const struct pin_status *before, struct fault *f)
{
	enum status st = apdu_do(c, 0, f);

	return st == ST_OK || c->sw == 0 || st == ST_CARD_FULL ? st : explain_so_refusal(c, before, st, f);
}

static enum status so_status_before(struct card *c, struct pin_status *ret, struct fault *f)
{
	enum status st = card_pin_status(c, PIN_SO, ret, f);

	if (st == ST_OK && ret->state == PIN_BLOCKED) {
		fault_set(f, ST_SO_PIN_BLOCKED,
			  "The SO-PIN is blocked for good: it was typed wrong too often over the device's life. The device was not "
			  "asked again. Its keys still work with the user PIN.");
		if (f)
			f->tries_left = 0;
		return ST_SO_PIN_BLOCKED;
	}
	return st;
}

enum status card_login(struct card *c, const struct secret *pin, struct fault *f)
{
	enum status st = pin_check_current(pin, f);

	if (st != ST_OK)
		return st;
	apdu_start(c, CMD_VERIFY, 0x00, USER_PIN);
	put_secret(c, pin);
	c->may_be_logged_in = true;
	return apdu_do(c, 0, f);
}

enum status card_change_pin(struct card *c, const struct secret *old, const struct secret *new_pin, struct fault *f)
{
	enum status st;

	if ((st = pin_check_current(old, f)) != ST_OK || (st = pin_check_user(new_pin, 0, f)) != ST_OK)
		return st;
	if (c->firmware->pin_length_fixed && secret_len(old) != secret_len(new_pin))
		return fault_set(f, ST_BAD_FORM,
				 "This device's firmware (%u.%u) keeps the length of the user PIN from its initialisation: the new "
				 "one must have %zu characters. The device was not asked, no try was spent.", c->select.major,
				 c->select.minor, secret_len(old));
	apdu_start(c, CMD_CHANGE_PIN, 0x00, USER_PIN);
	put_secret(c, old);
	put_secret(c, new_pin);
	c->may_be_logged_in = true;
	return apdu_do(c, 0, f);
}

enum status card_change_so_pin(struct card *c, const struct secret *old, const struct secret *new_so, struct fault *f)
{
	struct pin_status before;
	enum status st;

	if ((st = check_so(old, f)) != ST_OK || (st = check_so(new_so, f)) != ST_OK)
		return st;
	if (!c->firmware->change_so_pin)
		return fault_set(f, ST_UNSUPPORTED,
				 "This device's firmware (%u.%u) cannot change the SO-PIN. The one it was first initialised with "
				 "stays for good.", c->select.major, c->select.minor);
	if ((st = so_status_before(c, &before, f)) != ST_OK)
		return st;
	apdu_start(c, CMD_CHANGE_SO_PIN, 0x00, SO_PIN);
	put_secret(c, old);
	put_secret(c, new_so);
	return do_with_so_pin(c, &before, f);
}

enum status card_unblock(struct card *c, const struct secret *so, const struct secret *new_pin, struct fault *f)
{
	struct pin_status before;
	enum status st;

	if ((st = check_so(so, f)) != ST_OK || (new_pin && (st = pin_check_user(new_pin, 0, f)) != ST_OK))
		return st;
	if (c->select.options >= 0 && !(c->select.options & OPTION_UNBLOCK))
		return fault_set(f, ST_NOT_ALLOWED,
				 "When this device was initialised it was decided that the SO-PIN cannot unblock the user PIN. The "
				 "device was not asked, no try was spent.");
	if (new_pin && c->select.options >= 0 && (c->select.options & OPTION_RESET_ONLY))
		return fault_set(f, ST_NOT_ALLOWED,
				 "When this device was initialised it was decided that unblocking keeps the user PIN as it is; it "
				 "can only reset the counter. The device was not asked, no try was spent.");
	if ((st = so_status_before(c, &before, f)) != ST_OK)
		return st;
	apdu_start(c, CMD_UNBLOCK, new_pin ? 0x00 : 0x01, USER_PIN);
	put_secret(c, so);
	if (new_pin)
		put_secret(c, new_pin);
	c->may_be_logged_in = true;
	return do_with_so_pin(c, &before, f);
}

enum status init_check(const struct init_params *p, const struct firmware *fw, struct fault *f)
{
	enum status st;

	if ((st = check_so(p->so, f)) != ST_OK || (st = pin_check_user(p->pin, p->tries, f)) != ST_OK)
		return st;
	if (p->tries == 0)
		return fault_set(f, ST_BAD_FORM, "The user PIN needs at least one try.");
	if (p->dkek_shares < INIT_NO_DKEK || p->dkek_shares > DKEK_SHARES_MAX)
		return fault_set(f, ST_BAD_FORM,
				 "A DKEK has 1 to %d shares: more are not understood by other software, which would then make no "
				 "DKEK at all.", DKEK_SHARES_MAX);
	if (p->pka_total > 90 || p->pka_needed > p->pka_total || (p->pka_total && !p->pka_needed))
		return fault_set(f, ST_BAD_FORM, "Public key authentication takes 1 to 90 keys, of which at least one is needed.");
	if (p->domains > 0xff || (p->domains && p->dkek_shares >= 0))
		return fault_set(f, ST_BAD_FORM,
				 "A device is initialised with DKEK shares, or with key domains that get theirs later, not both.");
	if (p->options & ~(unsigned)(OPTION_UNBLOCK | OPTION_TRANSPORT_PIN | OPTION_SESSION_PIN | OPTION_REPLACE_PKA |
				     OPTION_PKA_AND_PIN | OPTION_RESET_ONLY))
		return fault_set(f, ST_BAD_FORM, "The device options have a bit that no device knows.");
	if ((p->options & OPTION_RESET_ONLY) && !(p->options & OPTION_UNBLOCK))
		return fault_set(f, ST_BAD_FORM, "Unblocking cannot be limited to resetting where it is not allowed at all.");
	if ((p->options & OPTION_TRANSPORT_PIN) && !fw->transport_pin)
		return fault_set(f, ST_UNSUPPORTED,
				 "The firmware of this device (%s) has no transport PIN. Nothing was erased; leave that setting "
				 "out.", fw->name);
	if ((p->domains && !fw->key_domains) || (p->pka_total && !fw->public_key_auth))
		return fault_set(f, ST_UNSUPPORTED,
				 "The firmware of this device (%s) does not have one of these settings. Nothing was erased.",
				 fw->name);
	return ST_OK;
}

/* smartcard-hsm.md 5, in the order of other hosts. */
static void put_init(struct card *c, const struct init_params *p)
{
	uint8_t options[] = { (uint8_t)(p->options >> 8), (uint8_t)p->options };
	uint8_t tries = (uint8_t)p->tries, shares = (uint8_t)p->dkek_shares, domains = (uint8_t)p->domains;
	uint8_t pka[] = { (uint8_t)p->pka_total, (uint8_t)p->pka_needed };

	apdu_start(c, CMD_INITIALISE, 0x00, 0x00);
	apdu_tlv(c, 0x80, options, sizeof(options));
	tlv_secret(c, 0x81, p->pin);
	tlv_secret(c, 0x82, p->so);
	apdu_tlv(c, 0x91, &tries, 1);
	if (p->dkek_shares >= 0)
		apdu_tlv(c, 0x92, &shares, 1);
	if (p->pka_total)
		apdu_tlv(c, 0x93, pka, sizeof(pka));
	if (p->domains)
		apdu_tlv(c, 0x97, &domains, 1);
}

enum status card_initialise(struct card *c, const struct init_params *p, struct fault *f)
{
	struct pin_status before;
	struct fault fault;
	enum status st;

	if ((st = init_check(p, c->firmware, f)) != ST_OK || (st = so_status_before(c, &before, f)) != ST_OK)
		return st;
	put_init(c, p);
	c->may_be_logged_in = true;
	st = do_with_so_pin(c, &before, &fault);
	/* Not "full" here: the chip reclaims memory, and the maker's own scripts ask again once. Not where that cost a try. */
	if (st == ST_CARD_FULL && c->sw == SW_NOT_RECLAIMED &&
	    (st = explain_so_refusal(c, &before, st, &fault)) == ST_CARD_FULL) {
		put_init(c, p);
		st = do_with_so_pin(c, &before, &fault);
	}
	if (st != ST_OK) {
		if (f)
			*f = fault;
		return st;
	}
	/* As the next SELECT will say too. */
	if (c->select.options >= 0)
		c->select.options = (int)p->options;
	return ST_OK;
}
