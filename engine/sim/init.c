/* INITIALIZE DEVICE. smartcard-hsm.md 5, real-devices.md 6. */
#include "engine/sim/card.h"

#include <string.h>

#include <openssl/rand.h>

#include "engine/base/tlv.h"
#include "engine/sim/pin.h"
#include "engine/sim/times.h"

#define OPTIONS_KNOWN (0x0001 | 0x0002 | 0x0004 | 0x0008 | 0x0010 | 0x0020)

struct request {
	struct tlv options, pin, so, tries, shares, pka, domains;
};

/* Rows of the command's data: tag, lengths, the first firmware that knows it. */
static const struct {
	uint32_t tag;
	size_t at;
	uint8_t min, max, since;
} fields[] = {
	{ 0x80, offsetof(struct request, options), 2, 2, 0 },
	{ 0x81, offsetof(struct request, pin), SIM_PIN_MIN, SIM_PIN_MAX, 0 },
	{ 0x82, offsetof(struct request, so), SIM_SO_LEN, SIM_SO_LEN, 0 },
	{ 0x91, offsetof(struct request, tries), 1, 1, 0 },
	{ 0x92, offsetof(struct request, shares), 1, 1, 0 },
	{ 0x93, offsetof(struct request, pka), 2, 2, 2 },
	{ 0x97, offsetof(struct request, domains), 1, 1, 3 },
};

static bool take_field(struct request *r, const struct tlv *t, uint8_t major)
{
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		struct tlv *field = (struct tlv *)(void *)((uint8_t *)r + fields[i].at);

		if (fields[i].tag != t->tag)
			continue;
		if (field->value.p != NULL || t->value.n < fields[i].min || t->value.n > fields[i].max ||
		    major < fields[i].since)
			return false;
		*field = *t;
		return true;
	}
	return false;
}

static bool given(const struct tlv *t)
{
	return t->value.p != NULL;
}

static uint16_t options_of(const struct request *r)
{
	return (uint16_t)(r->options.value.p[0] << 8 | r->options.value.p[1]);
}

/* What the request asks for makes sense on this firmware. */
static bool is_sound(const struct request *r, uint8_t major)
{
	uint16_t options = options_of(r);

	if (options & ~OPTIONS_KNOWN || (major < 2 && options & OPTION_TRANSPORT))
		return false;
	if (given(&r->pin) != given(&r->tries) || (!given(&r->pin) && !given(&r->pka)))
		return false;
	if (given(&r->pin) &&
	    (r->tries.value.p[0] == 0 || r->tries.value.p[0] > sim_tries_limit(r->pin.value.n)))
		return false;
	if (given(&r->pka) && (r->pka.value.p[1] == 0 || r->pka.value.p[1] > r->pka.value.p[0] ||
			       r->pka.value.p[0] > SIM_PKA_MAX))
		return false;
	return !given(&r->domains) || r->domains.value.p[0] <= SIM_DOMAINS_MAX;
}

static void erase(struct sim_state *s)
{
	for (size_t i = s->files_n; i-- > 0;) {
		if (s->files[i].fid != SIM_EF_DEVAUT)
			sim_file_remove(s, s->files[i].fid);
	}
	for (size_t i = s->keys_n; i-- > 0;) {
		if (s->keys[i].ref != 0)
			sim_key_remove(s, s->keys[i].ref);
	}
	for (size_t i = 0; i < s->pka_n; i++)
		buf_done(&s->pka[i].point);
	s->pka_n = s->pka_total = s->pka_required = 0;
	s->domains_n = 0;
	explicit_bzero(s->domains, sizeof(s->domains));
	explicit_bzero(&s->user, sizeof(s->user));
}

/* 97 makes empty slots and wins over 92, which makes one domain; 92 with 00 has a random DKEK at once. */
static bool make_domains(struct sim_state *s, const struct request *r)
{
	struct sim_domain *d = &s->domains[0];

	if (given(&r->domains)) {
		s->domains_n = r->domains.value.p[0];
		return true;
	}
	if (!given(&r->shares))
		return true;
	s->domains_n = 1;
	d->open = true;
	d->total = d->missing = r->shares.value.p[0];
	return d->total > 0 || (RAND_bytes(d->sum, sizeof(d->sum)) == 1 && sim_domain_settle(d));
}

static uint16_t initialize(struct sim_card *c, const struct request *r)
{
	struct sim_state *s = &c->state;

	erase(s);
	c->dirty = true;
	s->initialised = true;
	s->options = options_of(r);
	s->transport = given(&r->pin) && s->options & OPTION_TRANSPORT;
	if (given(&r->pka)) {
		s->pka_total = r->pka.value.p[0];
		s->pka_required = r->pka.value.p[1];
	}
	if (given(&r->pin) && !sim_pin_set(&s->user, r->pin.value, r->tries.value.p[0]))
		return SW_FAILED;
	if (!make_domains(s, r))
		return SW_FAILED;
	sim_session_clear(&c->session);
	c->session.selected = true;
	c->session.pin = given(&r->pin);   /* seen: the user is logged in, until the next SELECT */
	c->busy_ms = sim_time_ms(s->major, SIM_WORK_ERASE, 0);
	return SW_OK;
}

/* Without data: how much memory is free, section 1.4. */
static uint16_t free_memory(const struct sim_card *c, struct buf *out)
{
	size_t n = sim_memory_free(&c->state);

	if (c->state.major < 2)
		return SW_LENGTH;
	buf_u16(out, (uint16_t)(n >> 16));
	buf_u16(out, (uint16_t)n);
	buf_u8(out, 0x00);
	buf_u8(out, c->state.major);
	buf_u8(out, c->state.minor);
	return SW_OK;
}

uint16_t sim_initialize(struct sim_card *c, const struct sim_apdu *a, struct buf *out)
{
	struct request r = { 0 };
	struct cur data = a->data;
	struct tlv t;
	uint16_t sw;

	if (a->p1 != 0 || a->p2 != 0)
		return SW_P1P2;
	if (data.n == 0)
		return free_memory(c, out);
	while (data.n > 0) {
		if (!tlv_next(&data, &t) || !take_field(&r, &t, c->state.major))
			return SW_DATA;
	}
	if (!given(&r.options) || !given(&r.so))
		return SW_DATA;
	/* A wrong SO-PIN costs a try of fifteen for life; at none left the card is never initialised again. */
	sw = sim_pin_try(c, &c->state.so, r.so.value);
	if (sw != SW_OK)
		return sw == SW_BLOCKED ? SW_BLOCKED : SW_CONDITIONS;
	return is_sound(&r, c->state.major) ? initialize(c, &r) : SW_DATA;
}
