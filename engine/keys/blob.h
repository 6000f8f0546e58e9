/*
 * Key blobs, the card's answer to WRAP KEY (formats.md 4): a readable head, and under the DKEK the key itself.
 */
#ifndef ENGINE_KEYS_BLOB_H
#define ENGINE_KEYS_BLOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/bytes.h"
#include "engine/base/error.h"
#include "engine/base/secret.h"
#include "engine/keys/dkek.h"
#include "engine/keys/pubkey.h"

#define BLOB_MAX 4096
#define BLOB_CMAC_LEN 16
#define BLOB_ITEMS_MAX 7

enum blob_type {
	BLOB_RSA = 0x05,       /* d, n, e */
	BLOB_RSA_CRT = 0x06,   /* dP, dQ, p, qInv, q, n, e */
	BLOB_EC = 0x0c,        /* a, b, p, n, G, d, Q */
	BLOB_AES = 0x0f,       /* the key */
};

/* The outside. The views point into the bytes that were parsed. */
struct blob {
	uint8_t kcv[KCV_LEN];      /* of the DKEK it is wrapped under */
	enum blob_type type;
	enum key_algorithm algorithm;
	struct cur algorithms;     /* the key's algorithm list; empty: none */
	struct cur whole;          /* all of it */
	struct cur cipher, mac;
};

/* All of bytes must be the blob. ST_DAMAGED. Nothing is checked that needs the DKEK. */
enum status blob_parse(struct cur bytes, struct blob *ret, struct fault *f);

/*
 * Could this be the wrapped form of such a key? By its type and its length, within what encoders leave out of leading zeros
 * (formats.md 4.2 to 4.4). Whether the key inside is whole only the DKEK shows. bits 0: not known.
 */
bool blob_may_hold(const struct blob *b, enum key_algorithm algorithm, unsigned bits);

/* The inside: items in the order of enum blob_type, views into plain. */
struct blob_key {
	enum blob_type type;
	enum key_algorithm algorithm;
	unsigned bits;             /* RSA, AES: of the key; EC: 8 times the bytes of the field (528 for secp521r1) */
	size_t n_items;
	struct cur items[BLOB_ITEMS_MAX];
	struct secret *plain;
};

void blob_key_done(struct blob_key *k);   /* erases; NULL and empty are fine */
#define BLOB_KEY CLEANUP(blob_key_done) struct blob_key   /* BLOB_KEY k = { 0 }; */

/* ST_OTHER_DKEK: the check values differ, nothing else was looked at. */
enum status blob_check_kcv(const struct blob *b, const struct secret *dkek, struct fault *f);

/*
 * ST_OTHER_DKEK; ST_DAMAGED: the MAC is wrong, or the key inside has no known form. Give ret back with
 * blob_key_done().
 */
enum status blob_open(const struct blob *b, const struct secret *dkek, struct blob_key *ret, struct fault *f);

/* RSA and EC. ST_DAMAGED: what is inside is no public key; ST_UNSUPPORTED: an unknown curve, or an AES key. */
enum status blob_key_public(const struct blob_key *k, struct pubkey *ret, struct fault *f);

/* AES: the CMAC of 16 zero bytes, as the device makes it: the identity of a secret key. ST_UNSUPPORTED otherwise. */
enum status blob_key_cmac(const struct blob_key *k, uint8_t ret[static BLOB_CMAC_LEN], struct fault *f);

/*
 * A key from its items, copied into secret memory, in the order of enum blob_type. bits as in struct blob_key.
 * ST_BAD_FORM: another number of items, or too large.
 */
enum status blob_key_make(enum blob_type type, unsigned bits, const struct cur *items, size_t n_items,
			  struct blob_key *ret, struct fault *f);

/* Wraps: what the card will take back. algorithms may be empty; random is new for every blob. Appended to ret. */
enum status blob_seal(const struct blob_key *k, struct cur algorithms, const struct secret *dkek,
		      const uint8_t random[static 8], struct buf *ret, struct fault *f);

#endif
