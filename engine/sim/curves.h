/* The curves of smartcard-hsm.md 14, and arithmetic on them. Internal to engine/sim. */
#ifndef ENGINE_SIM_CURVES_H
#define ENGINE_SIM_CURVES_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/bytes.h"

#define SIM_FIELD_MAX 66
#define SIM_POINT_MAX (1 + 2 * SIM_FIELD_MAX)
#define SIM_CURVE_P256 1
#define SIM_CURVE_BP256R1 4

struct sim_curve {
	const char *name;     /* OpenSSL's */
	uint16_t bits;
	uint8_t since;        /* the first firmware that takes it: 0, or 3 */
};

/* Domain parameters at full width, as CVC and key blobs carry them. */
struct sim_params {
	size_t field_n, order_n;
	uint8_t p[SIM_FIELD_MAX], a[SIM_FIELD_MAX], b[SIM_FIELD_MAX], n[SIM_FIELD_MAX];
	uint8_t g[SIM_POINT_MAX];
};

const struct sim_curve *sim_curve_at(uint8_t i);
bool sim_curve_params(uint8_t i, struct sim_params *ret);

/* The curve with these parameters, leading zeros left aside; -1 where the card knows none. */
int sim_curve_match(struct cur p, struct cur a, struct cur b, struct cur g, struct cur n);

/* A new key: d at order width, Q = 04 || x || y. */
bool sim_curve_generate(uint8_t i, struct buf *ret_d, struct buf *ret_q);
/* Q of a given d; false where d is not in 1 ... n - 1. */
bool sim_curve_public(uint8_t i, struct cur d, struct buf *ret_q);
/* d * peer as 04 || x || y; false where peer is not a point of the curve. */
bool sim_curve_multiply(uint8_t i, struct cur d, struct cur peer, struct buf *ret);
/* (d + t) mod n at order width; false where that is 0. */
bool sim_curve_add(uint8_t i, struct cur d, struct cur t, struct buf *ret);

#endif
