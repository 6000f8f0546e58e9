/*
 * A whole card that lies: SELECT is answered, then every APDU takes its answer from the input: two bytes of length, the
 * bytes, which end with the status word. When the input has ended everything is 6A82.
 */
#include <string.h>

#include "engine/card/objects.h"
#include "tests/fuzz/fuzz.h"

struct liar {
	struct transport base;
	struct cur input;
	unsigned sent;
};

static size_t lie_atr(const struct transport *t, uint8_t out[static ATR_MAX])
{
	static const char atr[] = "\x3b\xde\x18\xff\x81\x91\xfe\x1f\xc3\x80\x31\x81\x54HSM1\x73\x80\x21\x40\x81\x07\x1c";

	(void)t;
	memcpy(out, atr, sizeof(atr) - 1);
	return sizeof(atr) - 1;
}

static enum status lie(struct transport *t, const uint8_t *cmd, size_t cmd_len, uint8_t *rsp, size_t *io_n, struct fault *f)
{
	static const char selected[] = "\x6f\x0a\x82\x01\x78\x85\x05\x00\x01\xff\x03\x06\x90";   /* and a zero */
	struct liar *l = (struct liar *)t;
	struct cur answer = cur_of("\x6a\x82", 2);
	uint16_t len;

	MUST(cmd_len >= 4 && cmd_len < 300 && *io_n >= 258);
	l->sent++;
	if (cmd[1] == 0xa4 && cmd[2] == 4)
		answer = cur_of(selected, sizeof(selected));
	else if (cur_u16(&l->input, &len) && len == 0xffff)
		return fault_set(f, ST_CARD_GONE, NULL);
	else if (l->input.n > 0)
		(void)cur_take(&l->input, len < l->input.n ? len : l->input.n, &answer);
	*io_n = answer.n < *io_n ? answer.n : *io_n;
	memcpy(rsp, answer.p, *io_n);
	return ST_OK;
}

static enum status lie_ok(struct transport *t, struct fault *f)
{
	(void)t, (void)f;
	return ST_OK;
}

static void lie_end(struct transport *t)
{
	(void)t;
}

static const struct transport_ops ops = {
	.atr = lie_atr, .transmit = lie, .begin = lie_ok, .end = lie_end, .reset = lie_ok, .close = lie_end,
};

static void check(struct card *card, const struct object *o)
{
	char words[800];

	MUST(o->id_len <= sizeof(o->id));
	MUST(memchr(o->label, '\0', sizeof(o->label)) && memchr(o->application, '\0', sizeof(o->application)));
	MUST(!o->has_key || (o->has_algorithm && o->algorithm != KEY_AES));
	MUST(o->description.n <= FILE_MAX && o->content.n <= FILE_MAX);
	MUST(o->type != OBJECT_KEY || o->number > 0);
	object_damage_words(o, words, sizeof(words));
	MUST(!o->damage == !words[0]);
	(void)object_attest(card, o, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct liar l = { .base = { .ops = &ops }, .input = cur_of(data, size) };
	CLEANUP(card_close_guard) struct card *card = NULL;
	CARD_SESSION *held = NULL;
	struct card_info info;
	OBJECTS list = { 0 };

	MUST(card_new(&l.base, "fuzz", &card, NULL) == ST_OK);
	MUST(card_begin(card, &held, NULL) == ST_OK);
	(void)card_status(card, &info, NULL);
	if (card_objects(card, WANT_ALL, &list, NULL) != ST_OK)
		return 0;
	MUST(list.n <= list.fids.n);
	for (size_t i = 0; i < list.n; i++)
		check(card, &list.o[i]);
	MUST(l.sent < 20000);
	return 0;
}
