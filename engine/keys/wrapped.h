/*
 * Wrapped-key files (formats.md 5): sc-hsm-tool's { blob, description, certificate }, and the bare blob. Only the blob
 * is protected by a MAC; label, CKA_ID and certificate are not (known-faults.md 10), so each has its own verdict.
 */
#ifndef ENGINE_KEYS_WRAPPED_H
#define ENGINE_KEYS_WRAPPED_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/bytes.h"
#include "engine/base/error.h"
#include "engine/keys/blob.h"
#include "engine/keys/describe.h"

#define WRAPPED_MAX 73728     /* a key beside the largest file that a card can have, as its certificate */
#define WRAPPED_COMMON 5852   /* sc-hsm-tool 0.23 refuses a longer one whole (tried with 5852 and 5853 bytes) */

/* What is wrong with a file whose blob could be read. */
enum {
	WRAPPED_BAD_DESCRIPTION = 1 << 0,   /* there, but not decodable, or of another kind or size of key */
	WRAPPED_BAD_CERTIFICATE = 1 << 1,   /* the same, or its signature by its own key is wrong */
	WRAPPED_BAD_REST = 1 << 2,          /* bytes that belong to nothing, inside or behind */
};

enum wrapped_cert {
	WRAPPED_NO_CERT,
	WRAPPED_X509,
	WRAPPED_CVC,        /* 7F21 or 67: the request of the key's generation, or what is left of it */
};

/* The views point into the file that was parsed. */
struct wrapped {
	bool bare;                         /* the blob alone */
	struct blob blob;
	struct cur prkd, cert;             /* raw, as they go onto a card; empty: none, or none that can be decoded */
	enum wrapped_cert cert_kind;
	bool has_description, has_key;
	struct description description;
	struct pubkey key;                 /* from the certificate or request; not proven before wrapped_open() */
	unsigned damage;
};

/* ST_DAMAGED: no blob can be read from it. Everything else is in ret->damage. */
enum status wrapped_parse(struct cur file, struct wrapped *ret, struct fault *f);

/* The damage in whole sentences; "" where there is none. */
void wrapped_damage_words(unsigned damage, char *out, size_t cap);

/* Which logical key it is, read from inside the blob. */
struct wrapped_identity {
	enum key_algorithm algorithm;
	struct pubkey key;                    /* RSA, EC */
	uint8_t spki_sha256[32];              /* RSA, EC */
	uint8_t cmac[BLOB_CMAC_LEN];          /* AES */
};

/*
 * Opens the blob. ST_OTHER_DKEK, ST_DAMAGED as blob_open(); ST_MISMATCH: the certificate or request in the file is of
 * another key (the blob itself is good; ret is written all the same).
 */
enum status wrapped_open(const struct wrapped *w, const struct secret *dkek, struct wrapped_identity *ret,
			 struct fault *f);

/* The first object of c, where it is whole: what a wrapped key may carry along. Else empty. */
struct cur wrapped_part(struct cur c);

/* sc-hsm-tool's form. prkd and cert may be empty; each is cut to its own length. Appended to ret. ST_BAD_FORM. */
enum status wrapped_build(struct cur blob, struct cur prkd, struct cur cert, struct buf *ret, struct fault *f);

#endif
