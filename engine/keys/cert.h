/* X.509 certificates, as far as screens and the inventory need them; PEM or DER. No chain is checked. */
#ifndef ENGINE_KEYS_CERT_H
#define ENGINE_KEYS_CERT_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/bytes.h"
#include "engine/base/error.h"
#include "engine/keys/pubkey.h"

#define CERT_NAME_MAX 512
#define CERT_FILE_MAX 65536

struct cert {
	char subject[CERT_NAME_MAX];      /* RFC 2253 in one line, cleaned; cut where it is longer */
	char issuer[CERT_NAME_MAX];
	char common_name[CERT_NAME_MAX];  /* the subject's last CN, cleaned; "" where there is none */
	int64_t not_before, not_after;    /* seconds since 1970, UTC */
	bool broken;                      /* self-signed, and the signature is wrong; others cannot be checked here */
	bool authority;                   /* basicConstraints say CA */
	bool has_key;                     /* false: an algorithm or curve that these devices do not have */
	struct pubkey key;
	size_t whole_len;                 /* bytes of DER; a file on a card may be longer */
};

/* ST_DAMAGED. DER first, then PEM. */
enum status cert_parse(struct cur file, struct cert *ret, struct fault *f);

/*
 * Did the key of issuer sign this certificate, and do the names agree? Dates and extensions are not looked at. ST_OK: yes;
 * ST_MISMATCH: no; ST_DAMAGED: one of them is no certificate.
 */
enum status cert_signed_by(struct cur file, struct cur issuer, struct fault *f);

/* The DER of a PEM or DER file, appended to ret; what follows it is left out. ST_DAMAGED. */
enum status cert_to_der(struct cur file, struct buf *ret, struct fault *f);

#endif
