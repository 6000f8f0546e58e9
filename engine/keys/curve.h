/*
 * The elliptic curves of the device family (smartcard-hsm.md 14), and their domain parameters, which key generation
 * sends and certificates and blobs carry in full.
 */
#ifndef ENGINE_KEYS_CURVE_H
#define ENGINE_KEYS_CURVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/bytes.h"
#include "engine/base/error.h"

#define CURVE_FIELD_MAX 66                       /* secp521r1 */
#define CURVE_POINT_MAX (2 * CURVE_FIELD_MAX + 1)

/* One row of a constant table: two pointers are equal exactly where the curves are. */
struct curve {
	const char *name;         /* SEC or RFC 5639: "secp256r1" */
	const char *display;      /* short, for screens: "P-256" */
	const char *aliases[2];   /* also taken by curve_by_name(); NULL where there are fewer */
	int nid;                  /* OpenSSL's */
	unsigned bits;            /* of the field */
	size_t bytes;             /* of a coordinate, and of the order: all these curves have them of the same length */
	const char *ssh;          /* OpenSSH's name, NULL where it does not know the curve */
	bool usual;               /* makers say that the family has it; the others are read but not offered */
};

/* Fixed width: p, a, b, n take bytes each, g is 04 || x || y. */
struct curve_domain {
	size_t bytes;
	uint8_t p[CURVE_FIELD_MAX], a[CURVE_FIELD_MAX], b[CURVE_FIELD_MAX], n[CURVE_FIELD_MAX], g[CURVE_POINT_MAX];
	uint8_t cofactor;
};

/* Row i, from 0; NULL after the last. */
const struct curve *curve_at(size_t i);

/* By name or alias, in any case of letters. NULL: not known. */
const struct curve *curve_by_name(const char *name);

/*
 * By explicit parameters, each of any width (leading zeros do not count); g as 04 || x || y. p alone would not do: a
 * curve and its twist share it. An empty b, g or n is not compared, p and a are needed. ST_UNSUPPORTED: not known.
 */
enum status curve_by_domain(struct cur p, struct cur a, struct cur b, struct cur g, struct cur n,
			    const struct curve **ret, struct fault *f);

enum status curve_get_domain(const struct curve *c, struct curve_domain *ret, struct fault *f);

#endif
