/* Connecting, and sessions: between card_begin() and card_end() nobody else talks to the card. */
#include "engine/card/card.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/tlv.h"
#include "engine/card/apdu.h"

#define ATR_CUT 3   /* bytes of the ATR that a batch of failing devices shows (real-devices.md 2) */
#define CMD_HEAD 7  /* apdu.c puts header and Lc in front of the data */
#define CMD_TAIL 3

bool select_parse(struct cur answer, struct select_info *ret)
{
	struct tlv outer, block;
	const uint8_t *end;

	if (!tlv_next(&answer, &outer) || (outer.tag != 0x6f && outer.tag != 0x62) ||
	    !tlv_find(outer.value, 0x85, &block) || block.value.n < 2)
		return false;
	end = block.value.p + block.value.n;
	*ret = (struct select_info){ .major = end[-2], .minor = end[-1], .platform = -1, .options = -1 };
	if (block.value.n >= 5) {
		ret->platform = end[-3];
		ret->options = end[-5] << 8 | end[-4];
	}
	return true;
}

static enum status select_application(struct card *c, struct fault *f)
{
	static const uint8_t aid[] = { CARD_AID };
	struct select_info info;
	enum status st;

	apdu_start(c, CMD_SELECT, 0x04, 0x00);
	apdu_put(c, aid, sizeof(aid));
	st = apdu_do(c, 0, f);
	if (st != ST_OK)
		return st;
	c->may_be_logged_in = false;
	if (!select_parse(c->answer, &info))
		return fault_set(f, ST_BAD_REPLY,
				 "The card has an application like SmartCard-HSM's, but does not say which version it is. It was "
				 "left as it is.");
	c->select = info;
	c->firmware = firmware_of(info.major, info.minor);
	return ST_OK;
}

static enum status check_atr(struct card *c, struct fault *f)
{
	CARD_SESSION *held = NULL;
	uint8_t atr[ATR_MAX];
	size_t n = c->transport->ops->atr(c->transport, atr);
	const char *words;

	if (n <= ATR_CUT)
		return fault_set(f, ST_CARD_ERROR,
				 "The device does not start properly: it gives only the first %zu bytes of its ATR. Pull it out "
				 "and plug it in again. If that helps only for a while it is one of a batch with this defect: make "
				 "backups of its keys, and have the maker replace it.", n);
	words = card_foreign_words(c->reader, atr, n);
	if (words) {
		fault_set(f, ST_FOREIGN_CARD, "%s", words);
		fault_add(f, CARD_LEFT_ALONE);
		return ST_FOREIGN_CARD;
	}
	if (card_is_family_atr(atr, n))
		return ST_OK;
	return card_begin(c, &held, f);
}

enum status card_new(struct transport *t, const char *reader, struct card **ret, struct fault *f)
{
	CLEANUP(card_close_guard) struct card *c = calloc(1, sizeof(*c));
	enum status st;

	if (c == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	snprintf(c->reader, sizeof(c->reader), "%s", reader ? reader : "");
	c->firmware = firmware_of(0xff, 0xff);
	c->cmd = secret_new(CMD_HEAD + APDU_DATA_MAX + CMD_TAIL);
	c->rsp = secret_new(APDU_ANSWER_MAX + 2);
	if (c->cmd == NULL || c->rsp == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	if (t->max_apdu > 0 && t->max_apdu <= APDU_SHORT_MAX)
		c->link = LINK_SHORT;
	c->transport = t;
	st = check_atr(c, f);
	if (st != ST_OK) {
		c->transport = NULL;
		return st;
	}
	*ret = STEAL(c);
	return ST_OK;
}

enum status card_open(struct source *s, const char *reader, struct card **ret, struct fault *f)
{
	struct transport *t = NULL;
	enum status st = s->ops->open(s, reader, &t, f);

	if (st != ST_OK)
		return st;
	st = card_new(t, reader, ret, f);
	if (st != ST_OK)
		t->ops->close(t);
	return st;
}

void card_close(struct card *c)
{
	if (c == NULL)
		return;
	if (c->depth > 0) {
		c->depth = 1;
		card_end(c);
	}
	if (c->transport)
		c->transport->ops->close(c->transport);
	secret_free(c->cmd);
	secret_free(c->rsp);
	buf_done(&c->device_file);
	free(c);
}

enum status card_begin(struct card *c, struct card **ret_held, struct fault *f)
{
	enum status st;

	if (c->depth == 0) {
		st = c->transport->ops->begin(c->transport, f);
		if (st != ST_OK)
			return st;
		c->gone = false;
		c->depth = 1;
		/* Whoever was logged in before, in another program, is only logged out by an answer to SELECT. */
		c->may_be_logged_in = true;
		st = select_application(c, f);
		if (st != ST_OK) {
			c->may_be_logged_in = false;
			card_end(c);
			return st;
		}
	} else {
		c->depth++;
	}
	*ret_held = c;
	return ST_OK;
}

void card_end(struct card *c)
{
	if (c == NULL)
		return;
	assert(c->depth > 0);
	if (--c->depth > 0)
		return;
	/* A card that does not take the SELECT is reset instead: nobody stays logged in. */
	if (c->may_be_logged_in && !c->gone && select_application(c, NULL) != ST_OK && !c->gone)
		(void)c->transport->ops->reset(c->transport, NULL);
	c->may_be_logged_in = false;
	apdu_wipe(c);
	c->transport->ops->end(c->transport);
}

const char *card_reader(const struct card *c)
{
	return c->reader;
}

bool card_is_simulated(const struct card *c)
{
	return c->transport->simulated;
}

unsigned card_apdu_count(const struct card *c)
{
	return c->count;
}

bool card_is_short_only(const struct card *c)
{
	return c->link == LINK_SHORT;
}

void card_set_trace(struct card *c, card_trace *fn, void *ctx)
{
	c->trace = fn;
	c->trace_ctx = ctx;
}

const struct firmware *card_firmware(const struct card *c)
{
	return c->firmware;
}

void card_version(const struct card *c, unsigned *ret_major, unsigned *ret_minor)
{
	*ret_major = c->select.major;
	*ret_minor = c->select.minor;
}

int card_options(const struct card *c)
{
	return c->select.options;
}
