/*
 * One line an APDU, flushed, so that a test may count lines while the card is in use:
 *
 *	12 58 ENUMERATE P1=00 P2=00 Lc=0 > 9000 4 2f02cc00
 *
 * Number, instruction, name, parameters, length of data sent, [data]; status word, length of data received, [data].
 */
#include "engine/sim/card.h"

#include <string.h>

#define SHOWN_MAX 64   /* bytes; the rest of a longer piece is "..." */

static void put_hex(FILE *file, struct cur c)
{
	char text[2 * SHOWN_MAX + 1];
	size_t n = c.n < SHOWN_MAX ? c.n : SHOWN_MAX;

	if (n == 0)
		return;
	hex_lower(text, c.p, n);
	(void)fprintf(file, " %s%s", text, n < c.n ? "..." : "");
}

/* EF contents are shown but for confidential data, CDxx; the file id is in P1 P2, or is the selected one. */
static bool shows_file(const struct sim_card *c, const struct sim_apdu *a)
{
	uint8_t kind = a->p1 == 0 && a->p2 == 0 ? (uint8_t)(c->session.current >> 8) : a->p1;

	return a->ins == 0xb1 && kind != 0xcd;
}

void sim_trace(struct sim_card *c, unsigned long n, const uint8_t *cmd, size_t cmd_len, const struct buf *out, uint16_t sw)
{
	const struct sim_command *command;
	struct sim_apdu a;

	if (c->trace == NULL)
		return;
	if (!sim_apdu_parse(&a, cmd, cmd_len)) {
		(void)fprintf(c->trace, "%lu -- malformed, %zu bytes > %04x 0\n", n, cmd_len, sw);
		(void)fflush(c->trace);
		return;
	}
	command = sim_command_find(a.ins);
	(void)fprintf(c->trace, "%lu %02x %s P1=%02x P2=%02x Lc=%zu", n, a.ins, command == NULL ? "unknown" : command->name,
		      a.p1, a.p2, a.data.n);
	if (command != NULL && command->show_cmd)
		put_hex(c->trace, a.data);
	(void)fprintf(c->trace, " > %04x %zu", sw, out->n);
	if (command != NULL && (command->show_rsp || shows_file(c, &a)))
		put_hex(c->trace, buf_view(out));
	(void)fputc('\n', c->trace);
	(void)fflush(c->trace);
}
