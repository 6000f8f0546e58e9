/*
 * Card verifiable certificates and requests (formats.md 6, smartcard-hsm.md 7.1, 7.2 and 10): what a device says about
 * itself in EF 2F02, about a key it made in CExx, and what it is told when it is to make one.
 */
#ifndef ENGINE_KEYS_CVC_H
#define ENGINE_KEYS_CVC_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/bytes.h"
#include "engine/base/error.h"
#include "engine/keys/pubkey.h"

#define CVC_REF_MAX 20                    /* bytes of a holder or authority reference */
#define CVC_TEXT_MAX (3 * CVC_REF_MAX + 1)
#define CVC_NO_DATE INT64_MIN
#define CVC_NO_ROLE (-1)

/* One CVC. The views point into the bytes that were parsed. */
struct cvc {
	bool request;                     /* 67: with an outer signature */
	char car[CVC_TEXT_MAX];           /* authority reference; "" where there is none */
	char chr[CVC_TEXT_MAX];           /* holder reference */
	char outer_car[CVC_TEXT_MAX];     /* requests: who signed outside; the device's holder reference */
	struct pubkey key;
	int role;                         /* C0 root, 80 device issuer, 00 device; or CVC_NO_ROLE */
	int64_t not_before, not_after;    /* seconds since 1970, UTC; or CVC_NO_DATE */
	struct cur whole;                 /* the object itself, without what follows it in a file */
	struct cur body;                  /* 7F4E with tag and length: what the inner signature covers */
	struct cur signature;
	struct cur outer_body;            /* requests: 7F21 and 42 with tags and lengths */
	struct cur outer_signature;
};

/*
 * The CVC (7F21) or request (67) at the head of io, which moves behind it. What follows is the caller's business: a
 * file on a card may be longer than the object in it. inherited: as in pubkey_from_cvc(). ST_DAMAGED, ST_UNSUPPORTED.
 */
enum status cvc_next(struct cur *io, const struct curve *inherited, struct cvc *ret, struct fault *f);

/* The inner signature, by signer; a request's or a root's is made with its own key. ST_MISMATCH. */
enum status cvc_verify(const struct cvc *c, const struct pubkey *signer, struct fault *f);

/* A request's outer signature, by the device (its key from EF 2F02): the key was made in that device. ST_MISMATCH. */
enum status cvc_verify_outer(const struct cvc *c, const struct pubkey *device, struct fault *f);

enum device_trust {
	DEVICE_PRODUCTION,   /* the chain ends at a root of the maker */
	DEVICE_TEST,         /* at the maker's root for test cards or development firmware */
	DEVICE_UNKNOWN,      /* the signatures are right, nobody knows the root: a simulated card, or a newer root */
	DEVICE_BROKEN,       /* a signature is wrong, or the issuer's certificate is missing */
};

/* EF 2F02. Plain data, no views. */
struct device_cert {
	char serial[CVC_TEXT_MAX];        /* the holder reference without its last five characters */
	char chr[CVC_TEXT_MAX];
	char issuer[CVC_TEXT_MAX];        /* the device issuer's holder reference */
	char root[CVC_TEXT_MAX];          /* what signed the issuer's certificate */
	struct pubkey key;
	int64_t not_before, not_after;    /* of the device certificate; expired is a remark, never a failure */
};

/* Reads, checks no signature. ST_DAMAGED: no device certificate, or a holder reference of less than 8 characters. */
enum status device_cert_parse(struct cur ef_2f02, struct device_cert *ret, struct fault *f);

/* Checks the signatures up to the roots of smartcard-hsm.md 10.2 and real-devices.md 10. ST_DAMAGED as above. */
enum status device_cert_check(struct cur ef_2f02, enum device_trust *ret, struct fault *f);

/* "production device" and so on, for screens. */
const char *device_trust_words(enum device_trust t);

#define CVC_NO_DOMAIN (-1)

/* What key generation is told. */
struct cvc_keygen {
	const char *car;            /* NULL: UTCA00001, as OpenSC writes */
	const char *chr;            /* 8 to 20 characters: the device's serial and 00001 */
	enum key_algorithm algorithm;   /* KEY_RSA or KEY_EC */
	unsigned rsa_bits;
	const struct curve *curve;
	bool limited;               /* a key use counter, firmware 3 and later */
	uint32_t use_counter;
	struct cur algorithms;      /* list of algorithm identifiers, up to 16; empty: no list, everything allowed */
	int domain;                 /* key domain, or CVC_NO_DOMAIN */
};

/* The data of GENERATE ASYMMETRIC KEY PAIR, appended to ret (smartcard-hsm.md 7.1). ST_BAD_FORM. */
enum status cvc_keygen_data(const struct cvc_keygen *k, struct buf *ret, struct fault *f);

#endif
