/*
 * A card made of a table: each command must be the next row's, byte for byte, and gets its answer. Rows are hex; a command
 * that ends with ".." needs only to begin so. An answer of NULL with a status is a failure of the way to the card.
 */
#ifndef TESTS_UNIT_SCRIPTED_H
#define TESTS_UNIT_SCRIPTED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/bytes.h"
#include "engine/card/card.h"
#include "tests/check.h"

#define ATR_HSM2 "3bde18ff8191fe1fc38031815448534d31738021408107" "1c"
#define SELECT_CMD "00a404000be82b0601040181c31f020100"
#define SELECT_36 "6f0a82017885050001ff03069000"
#define SELECT_25 "6f0a82017885050001ff02059000"
#define SELECT_12 "6f0782017885020102" "9000"

struct exchange {
	const char *cmd, *rsp;
	enum status st;
};

struct scripted {
	struct transport base;
	const struct exchange *rows;
	size_t n, at;
	/* In place of rows: any answer. */
	enum status (*answer)(struct scripted *s, const uint8_t *cmd, size_t n, uint8_t *rsp, size_t *io_n);
	void *ctx;
	const char *atr;
	unsigned begins, ends, resets, sent;
	enum status begin_st;
	uint8_t last[1536];
	size_t last_n;
};

/* Blanks are skipped. */
static inline size_t unhex(const char *text, uint8_t *out, size_t cap)
{
	size_t len = 0, n = 0;
	char *dense = malloc(strlen(text) + 1);

	assert_non_null(dense);
	for (; *text; text++)
		if (*text != ' ')
			dense[len++] = *text;
	assert_true(hex_parse(dense, len, out, cap, &n));
	free(dense);
	return n;
}

static inline size_t scripted_atr(const struct transport *t, uint8_t out[static ATR_MAX])
{
	const struct scripted *s = (const struct scripted *)t;

	return unhex(s->atr ? s->atr : ATR_HSM2, out, ATR_MAX);
}

static inline void check_command(const struct exchange *x, const uint8_t *cmd, size_t n)
{
	char *have = malloc(2 * n + 1);
	size_t want_n = strlen(x->cmd);

	assert_non_null(have);
	hex_lower(have, cmd, n);
	if (want_n >= 2 && strcmp(x->cmd + want_n - 2, "..") == 0) {
		want_n -= 2;
		if (strlen(have) > want_n)
			have[want_n] = '\0';
	}
	if (strncmp(have, x->cmd, want_n) != 0 || strlen(have) != want_n)
		fail_msg("sent %s, expected %s", have, x->cmd);
	free(have);
}

static inline enum status scripted_transmit(struct transport *t, const uint8_t *cmd, size_t cmd_len, uint8_t *rsp,
					    size_t *io_n, struct fault *f)
{
	struct scripted *s = (struct scripted *)t;
	const struct exchange *x;

	s->sent++;
	s->last_n = cmd_len < sizeof(s->last) ? cmd_len : sizeof(s->last);
	memcpy(s->last, cmd, s->last_n);
	if (s->answer) {
		enum status st = s->answer(s, cmd, cmd_len, rsp, io_n);

		return st == ST_OK ? st : fault_set(f, st, NULL);
	}
	if (s->at == s->n) {
		char text[64];

		hex_lower(text, cmd, cmd_len < 16 ? cmd_len : 16);
		fail_msg("the script has ended, but %s... was sent", text);
	}
	x = &s->rows[s->at++];
	check_command(x, cmd, cmd_len);
	if (x->st != ST_OK)
		return fault_set(f, x->st, NULL);
	*io_n = unhex(x->rsp, rsp, *io_n);
	return ST_OK;
}

static inline enum status scripted_begin(struct transport *t, struct fault *f)
{
	struct scripted *s = (struct scripted *)t;

	if (s->begin_st != ST_OK)
		return fault_set(f, s->begin_st, NULL);
	s->begins++;
	return ST_OK;
}

static inline void scripted_end(struct transport *t)
{
	((struct scripted *)t)->ends++;
}

static inline enum status scripted_reset(struct transport *t, struct fault *f)
{
	(void)f;
	((struct scripted *)t)->resets++;
	return ST_OK;
}

static inline void scripted_close(struct transport *t)
{
	(void)t;
}

static const struct transport_ops scripted_ops = {
	.atr = scripted_atr,
	.transmit = scripted_transmit,
	.begin = scripted_begin,
	.end = scripted_end,
	.reset = scripted_reset,
	.close = scripted_close,
};

/* The transport is on the caller's stack; card_close() leaves it alone. */
static inline struct card *scripted_open(struct scripted *s, const struct exchange *rows, size_t n)
{
	struct card *card = NULL;
	struct fault f;

	s->base.ops = &scripted_ops;
	s->rows = rows;
	s->n = n;
	s->at = 0;
	assert_int_equal(card_new(&s->base, "Reader 0", &card, &f), ST_OK);
	return card;
}

/* To the end of the script, and nothing left of it. */
static inline void scripted_close_all(struct scripted *s, struct card *card, struct card *held)
{
	card_end(held);
	card_close(card);
	if (!s->answer)
		assert_int_equal(s->at, s->n);
	assert_int_equal(s->begins, s->ends);
}

static inline struct secret *secret_of(const char *text)
{
	struct secret *s = secret_new(64);

	assert_non_null(s);
	assert_true(secret_set(s, text, strlen(text)));
	return s;
}

/* The 8 bytes of an SO-PIN. */
static inline struct secret *so_of(const char *digits)
{
	struct secret *typed = secret_of(digits), *so = secret_new(PIN_SO_LEN);

	assert_non_null(so);
	assert_int_equal(pin_check_so(typed, so, NULL), ST_OK);
	secret_free(typed);
	return so;
}

#endif
