/* User PIN and SO-PIN. smartcard-hsm.md 4, real-devices.md 5. */
#include "engine/sim/card.h"

#include "engine/sim/pin.h"

#define REF_USER 0x81
#define REF_SO 0x88
#define TEMPLATE_FINGER 0x85   /* special cards only: 6A88 on any other */
#define TEMPLATE_FACE 0x86

uint8_t sim_tries_limit(size_t pin_len)
{
	return pin_len <= 6 ? 3 : pin_len == 7 ? 5 : 10;
}

bool sim_pin_length_fits(size_t n)
{
	return n >= SIM_PIN_MIN && n <= SIM_PIN_MAX;
}

/* 6984 is what firmware 1.2 says of a PIN never set; the SO-PIN's status is 6A88 there too. */
static uint16_t never_initialised(const struct sim_card *c, uint8_t ref)
{
	return c->state.major < 2 && ref == REF_USER ? SW_UNUSABLE : SW_NO_REFERENCE;
}

uint16_t sim_pin_try(struct sim_card *c, struct sim_pin *p, struct cur pin)
{
	if (p->tries == 0)
		return SW_BLOCKED;
	if (sim_pin_matches(p, pin)) {
		c->dirty = c->dirty || p->tries != p->tries_max;
		p->tries = p->tries_max;
		return SW_OK;
	}
	p->tries--;
	c->dirty = true;
	return p->tries == 0 ? SW_BLOCKED : (uint16_t)(SW_TRIES | p->tries);
}

static uint16_t status(const struct sim_card *c, uint8_t ref)
{
	const struct sim_pin *p = ref == REF_USER ? &c->state.user : &c->state.so;

	if (ref == REF_USER && sim_logged_in(c))
		return SW_OK;
	if (p->len == 0)
		return SW_NO_REFERENCE;
	if (p->tries == 0)
		return SW_BLOCKED;
	if (ref == REF_USER && c->state.transport)
		return SW_UNUSABLE;
	return (uint16_t)(SW_TRIES | p->tries);
}

uint16_t sim_verify(struct sim_card *c, const struct sim_apdu *a, struct buf *out)
{
	struct sim_state *s = &c->state;
	uint16_t sw;

	(void)out;
	if (a->p1 != 0)
		return SW_P1P2;
	if (a->p2 == TEMPLATE_FINGER || a->p2 == TEMPLATE_FACE)
		return SW_NO_REFERENCE;
	if (a->p2 != REF_USER && a->p2 != REF_SO)
		return SW_P1P2;
	if (!s->initialised)
		return never_initialised(c, a->p2);
	if (a->data.n == 0)
		return status(c, a->p2);
	if (a->p2 == REF_SO)       /* the SO-PIN opens nothing by itself; no try is spent */
		return SW_CONDITIONS;
	if (s->user.len == 0)
		return SW_NO_REFERENCE;
	if (s->user.tries == 0)
		return SW_BLOCKED;
	if (s->transport)
		return SW_UNUSABLE;
	if (a->data.n != s->user.len)
		return SW_LENGTH;
	sw = sim_pin_try(c, &s->user, a->data);
	c->session.pin = sw == SW_OK;
	return sw;
}

static uint16_t change_user(struct sim_card *c, struct cur data)
{
	struct sim_pin *p = &c->state.user;
	struct cur old = { 0 };
	uint16_t sw;

	if (p->len == 0)
		return SW_NO_REFERENCE;
	if (p->tries == 0)
		return SW_BLOCKED;
	if (!cur_take(&data, p->len, &old) || !sim_pin_length_fits(data.n))
		return SW_LENGTH;
	if (c->state.major < 2 && data.n != p->len)   /* firmware 1.2 and before keep the length */
		return SW_LENGTH;
	if (p->tries_max > sim_tries_limit(data.n))
		return SW_DATA;
	sw = sim_pin_try(c, p, old);
	if (sw != SW_OK) {
		c->session.pin = false;
		return sw;
	}
	c->dirty = true;
	c->state.transport = false;
	return sim_pin_set(p, data, p->tries_max) ? SW_OK : SW_FAILED;
}

static uint16_t change_so(struct sim_card *c, struct cur data)
{
	struct sim_pin *p = &c->state.so;
	struct cur old = { 0 };
	uint16_t sw;

	if (c->state.major == 1 && c->state.minor == 0)   /* section 4.3: since after 1.0 */
		return SW_P1P2;
	if (data.n != 2 * SIM_SO_LEN || !cur_take(&data, SIM_SO_LEN, &old))
		return SW_LENGTH;
	sw = sim_pin_try(c, p, old);
	if (sw != SW_OK)
		return sw;
	c->dirty = true;
	return sim_pin_set(p, data, SIM_SO_TRIES) ? SW_OK : SW_FAILED;
}

uint16_t sim_change(struct sim_card *c, const struct sim_apdu *a, struct buf *out)
{
	(void)out;
	if (a->p1 != 0 || (a->p2 != REF_USER && a->p2 != REF_SO))
		return SW_P1P2;
	if (!c->state.initialised)
		return never_initialised(c, a->p2);
	return a->p2 == REF_USER ? change_user(c, a->data) : change_so(c, a->data);
}

/* RESET RETRY COUNTER: P1 = 00 with a new PIN, 01 without. */
uint16_t sim_unblock(struct sim_card *c, const struct sim_apdu *a, struct buf *out)
{
	struct sim_pin *p = &c->state.user;
	struct cur so = { 0 }, data = a->data;
	bool with_pin = a->p1 == 0x00;
	uint16_t sw;

	(void)out;
	if (a->p1 > 0x01 || a->p2 != REF_USER)
		return SW_P1P2;
	if (!c->state.initialised || p->len == 0)
		return SW_NO_REFERENCE;
	if (!(c->state.options & OPTION_RRC) || (with_pin && (c->state.options & OPTION_RRC_RESET_ONLY)))
		return SW_CONDITIONS;
	if (!cur_take(&data, SIM_SO_LEN, &so) || (with_pin ? !sim_pin_length_fits(data.n) : data.n > 0))
		return SW_LENGTH;
	sw = sim_pin_try(c, &c->state.so, so);
	if (sw != SW_OK)
		return sw;
	if (with_pin && p->tries_max > sim_tries_limit(data.n))
		return SW_DATA;
	c->dirty = true;
	p->tries = p->tries_max;
	return !with_pin || sim_pin_set(p, data, p->tries_max) ? SW_OK : SW_FAILED;
}
