/* struct transport over a card in this process. */
#include <stdlib.h>
#include <string.h>

#include "engine/sim/card.h"

struct sim_transport {
	struct transport base;
	struct sim_card *card;
	unsigned long epoch;     /* of the card's power when this was opened */
};

static struct sim_transport *self(struct transport *t)
{
	return (struct sim_transport *)(void *)t;
}

static size_t op_atr(const struct transport *t, uint8_t out[static ATR_MAX])
{
	return sim_card_atr(((const struct sim_transport *)(const void *)t)->card, out);
}

static enum status gone(struct fault *f)
{
	return fault_set(f, ST_CARD_GONE, NULL);
}

/* Waits until no other transport is between begin and end; takes the card for itself where take. */
static enum status await(struct sim_transport *t, bool take, struct fault *f)
{
	struct sim_card *c = t->card;
	bool in;

	(void)pthread_mutex_lock(&c->gate);
	while (c->plugged && c->epoch == t->epoch && c->owner != NULL && c->owner != t)
		(void)pthread_cond_wait(&c->changed, &c->gate);
	in = c->plugged && c->epoch == t->epoch;
	if (in && take)
		c->owner = t;
	(void)pthread_mutex_unlock(&c->gate);
	return in ? ST_OK : gone(f);
}

static enum status op_transmit(struct transport *base, const uint8_t *cmd, size_t cmd_len, uint8_t *rsp,
			       size_t *io_rsp_len, struct fault *f)
{
	struct sim_transport *t = self(base);
	enum status st = await(t, false, f);

	if (st == ST_OK)
		st = sim_card_transmit(t->card, t->epoch, cmd, cmd_len, rsp, io_rsp_len, f);
	if (st == ST_OK && *io_rsp_len < 2)
		st = fault_set(f, ST_BAD_REPLY, NULL);
	return st;
}

static enum status op_begin(struct transport *base, struct fault *f)
{
	return await(self(base), true, f);
}

static void op_end(struct transport *base)
{
	struct sim_transport *t = self(base);

	(void)pthread_mutex_lock(&t->card->gate);
	if (t->card->owner == t) {
		t->card->owner = NULL;
		(void)pthread_cond_broadcast(&t->card->changed);
	}
	(void)pthread_mutex_unlock(&t->card->gate);
}

static enum status op_reset(struct transport *base, struct fault *f)
{
	struct sim_transport *t = self(base);
	enum status st = await(t, false, f);

	if (st == ST_OK)
		sim_card_reset(t->card);
	return st;
}

static void op_close(struct transport *base)
{
	op_end(base);
	free(base);
}

enum status sim_transport_open(struct sim_card *c, struct transport **ret, struct fault *f)
{
	static const struct transport_ops ops = {
		.atr = op_atr, .transmit = op_transmit, .begin = op_begin, .end = op_end, .reset = op_reset, .close = op_close,
	};
	struct sim_transport *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	t->base = (struct transport){ .ops = &ops, .simulated = true };
	t->card = c;
	(void)pthread_mutex_lock(&c->gate);
	t->epoch = c->epoch;
	t->base.max_apdu = c->faults.announce;
	if (!c->plugged) {
		(void)pthread_mutex_unlock(&c->gate);
		free(t);
		return fault_set(f, ST_NO_CARD, NULL);
	}
	(void)pthread_mutex_unlock(&c->gate);
	*ret = &t->base;
	return ST_OK;
}
