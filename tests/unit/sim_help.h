/* Talking hex to a simulated card. Included by the tests of engine/sim, one copy each. */
#ifndef TESTS_UNIT_SIM_HELP_H
#define TESTS_UNIT_SIM_HELP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/bytes.h"
#include "engine/sim/sim.h"

#define AID "E82B0601040181C31F0201"
#define SELECT "00A404000B" AID "00"
#define SO_PIN "3537363231383830"
#define PIN "363438323139"                        /* 648219 */
#define VERIFY "0020008106" PIN
#define INIT "805000001C80020001" "8106" PIN "8208" SO_PIN "910103920101"
#define INIT_NO_DKEK "805000001980020001" "8106" PIN "8208" SO_PIN "910103"
/* the DKEK share K1 of formats.md 8.1 */
#define SHARE "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F"
#define IMPORT_SHARE "8052000020" SHARE "00"
#define KCV "630DCD2966C43366"

#define EC_TEMPLATE "5F29010042095554434130303030317F4981DA060A04007F00070202020203" \
	"8120FFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF" \
	"8220FFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFC" \
	"83205AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B" \
	"8441046B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296" \
	"4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5" \
	"8520FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551" \
	"8701015F200E555448534D303030313030303031"       /* formats.md 8.6, 254 bytes */
#define RSA_TEMPLATE "5F29010042095554434130303030317F4915060A04007F000702020201028203010001020208005F200E" \
	"555448534D303030313030303031"                    /* 56 bytes; 02 02 0800 at bytes 35 to 38 */
#define MAKE_EC(ref) "0046" ref "000000FE" EC_TEMPLATE "0000"
#define MAKE_RSA(ref) "0046" ref "00000038" RSA_TEMPLATE "0000"

/* The last answer, its status word taken off. */
struct answer {
	enum status st;
	uint16_t sw;
	size_t n;
	uint8_t data[70000];
};

static struct answer last;

static size_t unhex(const char *hex, uint8_t *out, size_t cap)
{
	size_t n = 0;

	if (!hex_parse(hex, strlen(hex), out, cap, &n))
		fail_msg("not hex: %s", hex);
	return n;
}

static uint16_t apdu_bytes(struct sim_card *c, const uint8_t *cmd, size_t n)
{
	size_t len = sizeof(last.data);

	last.sw = 0;
	last.n = 0;
	last.st = sim_card_apdu(c, cmd, n, last.data, &len, NULL);
	if (last.st != ST_OK || len < 2)
		return 0;
	last.n = len - 2;
	last.sw = (uint16_t)(last.data[len - 2] << 8 | last.data[len - 1]);
	return last.sw;
}

/* 0 where no answer came. */
static uint16_t apdu(struct sim_card *c, const char *hex)
{
	static uint8_t cmd[4096];

	return apdu_bytes(c, cmd, unhex(hex, cmd, sizeof(cmd)));
}

/* Extended Lc and Le = 0000. */
static inline uint16_t long_apdu(struct sim_card *c, uint8_t cla, uint8_t ins, uint8_t p1, uint8_t p2, const void *data, size_t n)
{
	static uint8_t cmd[4096];
	const uint8_t head[7] = { cla, ins, p1, p2, 0, (uint8_t)(n >> 8), (uint8_t)n };
	size_t at = n == 0 ? 5 : 7;

	assert_true(n <= sizeof(cmd) - 9);
	memcpy(cmd, head, sizeof(head));
	if (n > 0)
		memcpy(cmd + 7, data, n);
	cmd[at + n] = cmd[at + n + 1] = 0;
	return apdu_bytes(c, cmd, at + n + 2);
}

#define assert_long(card, cla, ins, p1, p2, data, n, want) do { \
	uint16_t got_ = long_apdu(card, cla, ins, p1, p2, data, n); \
	if (got_ != (want)) \
		fail_msg("%02X %02X answers %04X, not %04X", ins, p1, got_, want); \
} while (0)

#define assert_sw(card, hex, want) do { \
	uint16_t got_ = apdu(card, hex); \
	if (got_ != (want)) \
		fail_msg("%s answers %04X, not %04X", hex, got_, want); \
} while (0)

/* Data and status word. */
static inline void assert_answer(struct sim_card *c, const char *cmd, const char *want)
{
	static char got[2 * 2048 + 5];

	(void)apdu(c, cmd);
	assert_true(last.n <= 2048);
	hex_upper(got, last.data, last.n + 2);
	assert_string_equal(got, want);
}

static char sim_folder[64];

static inline int make_folder(void **state)
{
	(void)state;
	(void)snprintf(sim_folder, sizeof(sim_folder), "/tmp/keyroom-sim-XXXXXX");
	return mkdtemp(sim_folder) == NULL ? -1 : 0;
}

static inline int drop_folder(void **state)
{
	char command[128];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -rf %s", sim_folder);
	return system(command);
}

static inline const char *card_path(void)
{
	static char path[96];

	(void)snprintf(path, sizeof(path), "%s/x.card", sim_folder);
	return path;
}

static inline struct sim_card *open_card(const struct sim_options *o)
{
	struct sim_card *c = NULL;
	struct fault f;

	if (sim_card_open(card_path(), o, &c, &f) != ST_OK)
		fail_msg("%s", f.what);
	return c;
}

/* A new card of this firmware, selected. */
static inline struct sim_card *fresh_card(const char *firmware)
{
	const struct sim_options o = { .firmware = firmware, .no_sync = true };
	struct sim_card *c;

	(void)unlink(card_path());
	c = open_card(&o);
	assert_sw(c, SELECT, 0x9000);
	return c;
}

/* Initialised with one share, which is in, and logged in. */
static inline struct sim_card *ready_card(const char *firmware)
{
	struct sim_card *c = fresh_card(firmware);

	assert_sw(c, INIT, 0x9000);
	assert_sw(c, IMPORT_SHARE, 0x9000);
	assert_sw(c, VERIFY, 0x9000);
	return c;
}

#endif
