/*
 * The table of commands, and what is the same for all: the forms of an APDU, class, selection, login, and Le.
 */
#include "engine/sim/card.h"

#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/*
 * The trace shows what a row allows. Never: PINs, INITIALIZE, DKEK shares, random bytes (sc-hsm-tool makes shares of
 * them), what is signed, deciphered or agreed, and what is written to files, which may be confidential.
 */
static const struct sim_command commands[] = {
	{ .cla = 0x00, .ins = 0xa4, .name = "SELECT", .run = sim_select, .show_cmd = true, .show_rsp = true },
	{ .cla = 0x00, .ins = 0xb1, .name = "READ BINARY", .run = sim_read, .show_cmd = true },
	{ .cla = 0x00, .ins = 0xd7, .name = "UPDATE BINARY", .run = sim_update, .login = true },
	{ .cla = 0x00, .ins = 0xe4, .name = "DELETE FILE", .run = sim_delete, .login = true, .show_cmd = true },
	{ .cla = 0x80, .ins = 0x58, .name = "ENUMERATE", .run = sim_enumerate, .show_cmd = true, .show_rsp = true },
	{ .cla = 0x00, .ins = 0x20, .name = "VERIFY", .run = sim_verify },
	{ .cla = 0x00, .ins = 0x24, .name = "CHANGE REFERENCE DATA", .run = sim_change },
	{ .cla = 0x00, .ins = 0x2c, .name = "RESET RETRY COUNTER", .run = sim_unblock },
	{ .cla = 0x00, .ins = 0x84, .name = "GET CHALLENGE", .run = sim_challenge },
	{ .cla = 0x00, .ins = 0x46, .name = "GENERATE KEY PAIR", .run = sim_generate_pair, .login = true, .show_cmd = true,
	  .show_rsp = true },
	{ .cla = 0x00, .ins = 0x48, .name = "GENERATE SECRET KEY", .run = sim_generate_secret, .login = true, .show_cmd = true },
	{ .cla = 0x00, .ins = 0x22, .name = "MANAGE SECURITY ENVIRONMENT", .run = sim_mse, .show_cmd = true },
	{ .cla = 0x00, .ins = 0x2a, .name = "VERIFY CERTIFICATE", .run = sim_pso, .show_cmd = true },
	{ .cla = 0x00, .ins = 0x82, .name = "EXTERNAL AUTHENTICATE", .run = sim_external_auth },
	{ .cla = 0x80, .ins = 0x54, .name = "PUBLIC KEY AUTHENTICATION", .run = sim_pka_manage, .show_cmd = true, .show_rsp = true },
	{ .cla = 0x80, .ins = 0x50, .name = "INITIALIZE DEVICE", .run = sim_initialize },
	{ .cla = 0x80, .ins = 0x52, .name = "KEY DOMAIN", .run = sim_domain_command, .show_rsp = true },
	{ .cla = 0x80, .ins = 0x62, .name = "DECIPHER", .run = sim_decipher, .login = true },
	{ .cla = 0x80, .ins = 0x68, .name = "SIGN", .run = sim_sign, .login = true },
	{ .cla = 0x80, .ins = 0x72, .name = "WRAP KEY", .run = sim_wrap, .login = true },
	{ .cla = 0x80, .ins = 0x74, .name = "UNWRAP KEY", .run = sim_unwrap, .login = true },
	{ .cla = 0x80, .ins = 0x76, .name = "DERIVE EC KEY", .run = sim_derive_ec, .login = true },
	{ .cla = 0x80, .ins = 0x78, .name = "SYMMETRIC", .run = sim_symmetric, .login = true },
};

const struct sim_command *sim_command_find(uint8_t ins)
{
	for (size_t i = 0; i < COUNT(commands); i++) {
		if (commands[i].ins == ins)
			return &commands[i];
	}
	return NULL;
}

static bool parse_short(struct sim_apdu *a, struct cur c)
{
	uint8_t n;

	if (!cur_u8(&c, &n))
		return true;
	if (c.n > 0) {
		if (!cur_take(&c, n, &a->data))
			return false;
		if (c.n == 0)
			return n > 0;
		if (n == 0 || c.n != 1 || !cur_u8(&c, &n))
			return false;
	}
	a->has_le = true;
	a->le = n == 0 ? 256 : n;
	return true;
}

static bool parse_extended(struct sim_apdu *a, struct cur c)
{
	uint16_t n;

	a->extended = true;
	(void)cur_take(&c, 1, NULL);   /* the 00 that says so */
	if (!cur_u16(&c, &n))
		return false;
	if (c.n > 0) {
		if (n == 0 || !cur_take(&c, n, &a->data))
			return false;
		if (c.n == 0)
			return true;
		if (!cur_u16(&c, &n) || c.n > 0)
			return false;
	}
	a->has_le = true;
	a->le = n == 0 ? 65536 : n;
	return true;
}

/* The seven forms of ISO 7816-4 5.1. */
bool sim_apdu_parse(struct sim_apdu *a, const uint8_t *p, size_t n)
{
	struct cur c = cur_of(p, n);

	*a = (struct sim_apdu){ 0 };
	if (!cur_u8(&c, &a->cla) || !cur_u8(&c, &a->ins) || !cur_u8(&c, &a->p1) || !cur_u8(&c, &a->p2))
		return false;
	if (c.n >= 3 && c.p[0] == 0)
		return parse_extended(a, c);
	return parse_short(a, c);
}

/* Sections 2 and 14; the command and the answer with header and status word. */
size_t sim_max_apdu(const struct sim_card *c)
{
	static const struct {
		uint8_t major;
		size_t max;
	} limits[] = { { 4, 1454 }, { 3, 1232 }, { 0, 1462 } };
	size_t i = 0;

	while (limits[i].major > c->major)
		i++;
	return limits[i].max;
}

/* Behind some readers no long APDU arrives; the fault "limit" says so. */
static bool too_long(const struct sim_card *c, const struct sim_apdu *a, size_t n)
{
	if (c->limit != 0 && (a->extended || n > c->limit))
		return true;
	return n > sim_max_apdu(c);
}

static uint16_t run(struct sim_card *c, const struct sim_apdu *a, struct buf *out)
{
	const struct sim_command *command = sim_command_find(a->ins);

	if ((a->cla & 0x7f) == 0x0c || (a->cla & 0x7f) == 0x04)
		return SW_NO_SM;
	/* Nothing but SELECT reaches the application before it is selected, section 1.2. */
	if ((a->cla != 0x00 && a->cla != 0x80) || (!c->session.selected && a->ins != 0xa4))
		return SW_CLASS;
	if (command == NULL || command->cla != a->cla)
		return SW_INS;
	if (command->login && !sim_logged_in(c))
		return SW_NOT_LOGGED_IN;
	return command->run(c, a, out);
}

uint16_t sim_dispatch(struct sim_card *c, const uint8_t *cmd, size_t n, struct buf *out)
{
	struct sim_apdu a;
	uint16_t sw;

	if (!sim_apdu_parse(&a, cmd, n) || too_long(c, &a, n))
		return SW_LENGTH;
	sw = run(c, &a, out);
	if (out->failed)
		return SW_FAILED;
	if (!a.has_le)
		out->n = 0;
	else if (out->n > a.le)
		out->n = a.le;
	return sw;
}
