/* DKEK and key domains, 80 52. smartcard-hsm.md 6. */
#include "engine/sim/card.h"

#include <string.h>

#include <openssl/rand.h>

#define SHARE_N 32

uint16_t sim_no_dkek(const struct sim_card *c)
{
	return c->state.major < 4 ? SW_INS : SW_NO_REFERENCE;
}

struct sim_domain *sim_domain_ready(struct sim_card *c, uint8_t domain, uint16_t *ret_sw)
{
	struct sim_domain *d = &c->state.domains[domain % SIM_DOMAINS_MAX];

	if (c->state.domains_n == 0)
		*ret_sw = sim_no_dkek(c);
	else if (domain >= c->state.domains_n)
		*ret_sw = SW_DATA;
	else if (!d->open)
		*ret_sw = SW_NO_REFERENCE;
	else if (d->missing > 0)
		*ret_sw = SW_CONDITIONS;
	else
		return d;
	return NULL;
}

/* Shares, shares missing, check value: zeros while shares are missing. */
static uint16_t put_status(const struct sim_card *c, const struct sim_domain *d, struct buf *out)
{
	static const uint8_t none[8];
	bool shown = d->missing == 0 && (!c->zero_kcv || sim_logged_in(c));

	buf_u8(out, d->total);
	buf_u8(out, d->missing);
	buf_put(out, shown ? d->kcv : none, sizeof(none));
	return SW_OK;
}

static uint16_t import_share(struct sim_card *c, struct sim_domain *d, struct cur share, struct buf *out)
{
	if (!d->open)
		return SW_NO_REFERENCE;
	if (share.n != SHARE_N)
		return SW_LENGTH;
	if (d->missing == 0)
		return SW_CONDITIONS;
	for (size_t i = 0; i < SHARE_N; i++)
		d->sum[i] ^= share.p[i];
	c->dirty = true;
	if (--d->missing == 0 && !sim_domain_settle(d))
		return SW_FAILED;
	return put_status(c, d, out);
}

static uint16_t query(struct sim_card *c, struct sim_domain *d, struct cur data, struct buf *out)
{
	if (data.n > 0)
		return import_share(c, d, data, out);
	return d->open ? put_status(c, d, out) : SW_NO_REFERENCE;
}

static uint16_t create(struct sim_card *c, struct sim_domain *d, struct cur data, struct buf *out)
{
	if (data.n != 1)
		return SW_LENGTH;
	if (d->open)
		return SW_P1P2;
	*d = (struct sim_domain){ .open = true, .total = data.p[0], .missing = data.p[0] };
	c->dirty = true;
	if (d->total == 0 && (RAND_bytes(d->sum, sizeof(d->sum)) != 1 || !sim_domain_settle(d)))
		return SW_FAILED;
	return put_status(c, d, out);
}

static uint16_t delete_domain(struct sim_card *c, struct sim_domain *d, struct cur data, struct buf *out)
{
	uint8_t index = (uint8_t)(d - c->state.domains);

	if (data.n > 0)
		return SW_LENGTH;
	if (!d->open)
		return SW_NO_REFERENCE;
	for (size_t i = 0; i < c->state.keys_n; i++) {
		if (c->state.keys[i].ref != 0 && c->state.keys[i].domain == index)
			return SW_DOMAIN_IN_USE;
	}
	explicit_bzero(d, sizeof(*d));
	c->dirty = true;
	return put_status(c, d, out);
}

/* The domain and its keys stay; its shares are wanted again. */
static uint16_t delete_kek(struct sim_card *c, struct sim_domain *d, struct cur data, struct buf *out)
{
	uint8_t total = d->total;

	if (data.n > 0)
		return SW_LENGTH;
	if (!d->open)
		return SW_NO_REFERENCE;
	explicit_bzero(d, sizeof(*d));
	*d = (struct sim_domain){ .open = true, .total = total, .missing = total };
	c->dirty = true;
	if (total == 0 && (RAND_bytes(d->sum, sizeof(d->sum)) != 1 || !sim_domain_settle(d)))
		return SW_FAILED;
	return put_status(c, d, out);
}

/* By P1. 02, an XKEK domain, is not known well enough to be simulated (section 6.3). */
static uint16_t (*const actions[])(struct sim_card *, struct sim_domain *, struct cur, struct buf *) = {
	[0] = query, [1] = create, [3] = delete_domain, [4] = delete_kek,
};

uint16_t sim_domain_command(struct sim_card *c, const struct sim_apdu *a, struct buf *out)
{
	if (a->p1 > 0 && c->state.major < 3)
		return SW_P1P2;
	if (a->p1 >= sizeof(actions) / sizeof(actions[0]))
		return SW_P1P2;
	if (actions[a->p1] == NULL)
		return SW_UNSUPPORTED;
	if (c->state.domains_n == 0 && (a->p2 == 0 || c->state.major < 4))
		return sim_no_dkek(c);
	if (a->p2 >= c->state.domains_n)
		return SW_P1P2;
	if (a->p1 > 0 && !sim_logged_in(c))
		return SW_CONDITIONS;
	return actions[a->p1](c, &c->state.domains[a->p2], a->data, out);
}
