/*
 * Building, sending and tracing commands. The data of a command always begins at the same place of the buffer, so that
 * the header can be put in front of it, short or extended, when it is known which.
 */
#include "engine/card/apdu.h"

#include <string.h>

#define HEAD_ROOM 7   /* CLA INS P1 P2, and an extended Lc: 00 hi lo */

enum le {
	NO_ANSWER,
	ANY_SHORT,      /* exactly 00 (real-devices.md 3) */
	ANY_EXTENDED,   /* exactly 00 00 00 (real-devices.md 3); a short link takes 00 */
	ANY_OR_NONE,    /* the same, but on a short link no Le: the answer would not fit, and can be had otherwise */
	AS_WANTED,
};

struct command_row {
	uint8_t cla, ins;
	enum le le;
	bool repeatable;         /* may be sent again after a failure of which nobody knows how far it got */
	bool show_cmd, show_rsp; /* in a trace */
};

static const struct command_row rows[CMD_COUNT] = {
	[CMD_SELECT] = { 0x00, 0xa4, ANY_SHORT, true, true, true },
	[CMD_SELECT_FILE] = { 0x00, 0xa4, ANY_SHORT, true, true, true },
	[CMD_READ] = { 0x00, 0xb1, AS_WANTED, true, true, true },
	[CMD_UPDATE] = { 0x00, 0xd7, NO_ANSWER, false, true, true },
	[CMD_DELETE] = { 0x00, 0xe4, NO_ANSWER, false, true, true },
	[CMD_ENUMERATE] = { 0x80, 0x58, ANY_EXTENDED, true, true, true },
	[CMD_PIN_STATUS] = { 0x00, 0x20, NO_ANSWER, true, true, true },
	[CMD_VERIFY] = { 0x00, 0x20, NO_ANSWER, false, false, true },
	[CMD_CHANGE_PIN] = { 0x00, 0x24, NO_ANSWER, false, false, true },
	[CMD_CHANGE_SO_PIN] = { 0x00, 0x24, NO_ANSWER, false, false, true },
	[CMD_UNBLOCK] = { 0x00, 0x2c, NO_ANSWER, false, false, true },
	[CMD_INITIALISE] = { 0x80, 0x50, NO_ANSWER, false, false, true },
	[CMD_MEMORY] = { 0x80, 0x50, ANY_SHORT, true, true, true },
	[CMD_DKEK_STATUS] = { 0x80, 0x52, ANY_SHORT, true, true, true },
	[CMD_DKEK_IMPORT] = { 0x80, 0x52, ANY_SHORT, false, false, true },
	[CMD_DOMAIN_CREATE] = { 0x80, 0x52, ANY_SHORT, false, true, true },
	[CMD_DOMAIN_DELETE] = { 0x80, 0x52, ANY_SHORT, false, true, true },
	[CMD_DOMAIN_CLEAR] = { 0x80, 0x52, ANY_SHORT, false, true, true },
	[CMD_GENERATE] = { 0x00, 0x46, ANY_OR_NONE, false, true, true },
	[CMD_GENERATE_AES] = { 0x00, 0x48, NO_ANSWER, false, true, true },
	[CMD_WRAP] = { 0x80, 0x72, ANY_EXTENDED, true, true, true },
	[CMD_UNWRAP] = { 0x80, 0x74, NO_ANSWER, false, true, true },
	[CMD_SIGN] = { 0x80, 0x68, AS_WANTED, false, false, true },
	[CMD_DECIPHER] = { 0x80, 0x62, AS_WANTED, false, false, false },
	[CMD_CIPHER] = { 0x80, 0x78, AS_WANTED, false, false, false },
	[CMD_RANDOM] = { 0x00, 0x84, AS_WANTED, true, true, false },
};

void apdu_wipe(struct card *c)
{
	secret_wipe(c->rsp);
	c->answer = cur_of(NULL, 0);
}

void apdu_start(struct card *c, enum command command, uint8_t p1, uint8_t p2)
{
	apdu_wipe(c);
	secret_wipe(c->cmd);
	(void)secret_set_len(c->cmd, HEAD_ROOM);
	c->command = command;
	c->p1 = p1;
	c->p2 = p2;
	c->overflow = false;
	c->sw = 0;
}

void apdu_put(struct card *c, const void *p, size_t n)
{
	/* What follows the data, an Le of up to 3 bytes, needs room too. */
	if (c->overflow || n > HEAD_ROOM + APDU_DATA_MAX - secret_len(c->cmd) || !secret_append(c->cmd, p, n))
		c->overflow = true;
}

void apdu_u8(struct card *c, uint8_t v)
{
	apdu_put(c, &v, 1);
}

void apdu_tlv(struct card *c, uint8_t tag, const void *value, size_t n)
{
	apdu_u8(c, tag);
	if (n > 0xff) {
		apdu_u8(c, 0x82);
		apdu_u8(c, (uint8_t)(n >> 8));
	} else if (n > 0x7f) {
		apdu_u8(c, 0x81);
	}
	apdu_u8(c, (uint8_t)n);
	apdu_put(c, value, n);
}

/* The smaller of what the reader announces and what the chip takes; never 0. */
static size_t apdu_limit(const struct card *c)
{
	size_t limit = APDU_DATA_MAX;

	if (c->firmware && c->firmware->max_apdu < limit)
		limit = c->firmware->max_apdu;
	if (c->transport->max_apdu && c->transport->max_apdu < limit)
		limit = c->transport->max_apdu;
	return limit;
}

size_t apdu_answer_room(const struct card *c, size_t wanted)
{
	size_t limit = c->link == LINK_SHORT ? APDU_SHORT_ANSWER : apdu_limit(c) - 2;

	return wanted < limit ? wanted : limit;
}

size_t apdu_data_room(const struct card *c)
{
	size_t limit = apdu_limit(c) - HEAD_ROOM - 2;

	if (c->link == LINK_SHORT)
		return APDU_SHORT_DATA;
	return limit < APDU_SHORT_DATA ? APDU_SHORT_DATA : limit;
}

/* Does the command, as it stands, have to be extended? */
static bool needs_extended(const struct card *c, size_t want)
{
	enum le le = rows[c->command].le;

	if (secret_len(c->cmd) - HEAD_ROOM > APDU_SHORT_DATA)
		return true;
	if (c->link == LINK_SHORT)
		return false;
	return le == ANY_EXTENDED || le == ANY_OR_NONE || (le == AS_WANTED && want > APDU_SHORT_ANSWER);
}

/* Puts header, Lc and Le around the data; the whole command is returned as a view. */
static struct cur encode(struct card *c, size_t want, bool extended)
{
	const struct command_row *row = &rows[c->command];
	uint8_t *p = secret_bytes(c->cmd);
	size_t n = secret_len(c->cmd) - HEAD_ROOM, end = HEAD_ROOM + n, start;
	enum le le = row->le;

	start = n == 0 ? HEAD_ROOM - 4 : extended ? 0 : HEAD_ROOM - 5;
	if (n && extended) {
		p[4] = 0;
		p[5] = (uint8_t)(n >> 8);
	}
	if (n)
		p[6] = (uint8_t)n;
	p[start] = row->cla;
	p[start + 1] = row->ins;
	p[start + 2] = c->p1;
	p[start + 3] = c->p2;
	if (le == AS_WANTED && want == 0)
		le = NO_ANSWER;
	if (le == ANY_OR_NONE && !extended)
		le = NO_ANSWER;
	if (le != AS_WANTED)
		want = 0;
	if (le != NO_ANSWER && extended) {
		if (n == 0)
			p[end++] = 0;
		p[end++] = (uint8_t)(want >> 8);
	}
	if (le != NO_ANSWER)
		p[end++] = (uint8_t)want;   /* 256 is 00 */
	return cur_of(p + start, end - start);
}

/* Content of private data, written or read, is nobody's business either. */
static bool touches_private_data(const struct card *c)
{
	return (c->command == CMD_READ || c->command == CMD_UPDATE) && (c->p1 == FID_PRIVATE_HIGH || c->p1 == 0);
}

static void trace(const struct card *c, struct cur cmd, struct cur rsp)
{
	const struct command_row *row = &rows[c->command];
	bool hidden = touches_private_data(c);

	if (!c->trace)
		return;
	if (!row->show_cmd || (hidden && c->command == CMD_UPDATE))
		cmd.n = 4;
	if (!row->show_rsp || hidden) {
		rsp.p += rsp.n - 2;
		rsp.n = 2;
	}
	c->trace(c->trace_ctx, cmd.p, cmd.n, rsp.p, rsp.n);
}

static enum status exchange(struct card *c, size_t want, bool extended, struct fault *f)
{
	struct cur cmd = encode(c, want, extended);
	uint8_t *rsp = secret_bytes(c->rsp);
	size_t n = secret_cap(c->rsp);
	enum status st;

	apdu_wipe(c);
	c->count++;
	st = c->transport->ops->transmit(c->transport, cmd.p, cmd.n, rsp, &n, f);
	if (st == ST_CARD_GONE)
		c->gone = true;
	if (st != ST_OK)
		return st;
	if (n < 2 || !secret_set_len(c->rsp, n))
		return fault_set(f, ST_BAD_REPLY,
				 "The device sent an answer of an impossible length. Take it out, put it back and look at "
				 "its state before going on.");
	c->sw = (uint16_t)(rsp[n - 2] << 8 | rsp[n - 1]);
	c->answer = cur_of(rsp, n - 2);
	trace(c, cmd, cur_of(rsp, n));
	return ST_OK;
}

/*
 * After a failure on the way the reader may have restarted the card, which is then not selected any more. Nobody is
 * logged in here. The command in the buffer is the one to be repeated, so the SELECT goes around it.
 */
static enum status select_again(struct card *c, struct fault *f)
{
	uint8_t cmd[] = { 0x00, 0xa4, 0x04, 0x00, 0x0b, CARD_AID, 0x00 };
	uint8_t rsp[256 + 2];
	size_t n = sizeof(rsp);

	c->count++;
	return c->transport->ops->transmit(c->transport, cmd, sizeof(cmd), rsp, &n, f);
}

/* The extended form was refused by reader or card: the same in short form, and a note of it where that was the cause. */
static enum status fall_back(struct card *c, size_t want, bool broken, struct fault *f)
{
	enum status st;

	c->link = LINK_SHORT;
	if (broken && c->command != CMD_SELECT) {
		st = select_again(c, f);
		if (st == ST_CARD_GONE)
			c->gone = true;
		if (st != ST_OK)
			return st;
	}
	if (want > APDU_SHORT_ANSWER)
		want = APDU_SHORT_ANSWER;
	st = exchange(c, want, false, f);
	if (st != ST_OK || c->sw == 0x6700)
		c->link = LINK_UNTRIED;
	return st;
}

static enum status send_as_it_fits(struct card *c, size_t want, struct fault *f)
{
	size_t data = secret_len(c->cmd) - HEAD_ROOM;
	bool extended = needs_extended(c, want);
	enum status st;

	if (extended && (c->link == LINK_SHORT || data > apdu_data_room(c)))
		return fault_set(f, ST_UNSUPPORTED,
				 "This reader, or this device, cannot carry a command of %zu bytes. Nothing was done. Use "
				 "another reader: one that takes extended APDUs.", data);
	if (!extended && c->link == LINK_SHORT && want > APDU_SHORT_ANSWER)
		want = APDU_SHORT_ANSWER;
	st = exchange(c, want, extended, f);
	if (!extended || c->link != LINK_UNTRIED || data > APDU_SHORT_DATA)
		return st;
	if (st == ST_OK && c->sw == 0x6700)
		return fall_back(c, want, false, f);
	if ((st == ST_CARD_ERROR || st == ST_BAD_REPLY) && rows[c->command].repeatable && !c->may_be_logged_in)
		return fall_back(c, want, true, f);
	if (st == ST_OK && (c->sw == 0x9000 || c->sw == 0x6282))
		c->link = LINK_EXTENDED;
	return st;
}

enum status apdu_send(struct card *c, size_t want, struct fault *f)
{
	enum status st;

	if (c->gone)
		st = fault_set(f, ST_CARD_GONE, "The device was removed or reset before; the procedure cannot go on.");
	else if (c->overflow)
		st = fault_set(f, ST_BAD_FORM, "This is more than fits into one command to the device. Nothing was sent.");
	else
		st = send_as_it_fits(c, want, f);
	secret_wipe(c->cmd);
	return st;
}

enum status apdu_do(struct card *c, size_t want, struct fault *f)
{
	enum status st = apdu_send(c, want, f);

	if (st == ST_OK && c->sw != 0x9000)
		st = sw_fault(c, f);
	return st;
}
