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
#define CERT_BUNDLE_MAX (1024 * 1024)   /* of a file with several */
#define CERT_BUNDLE_COUNT 256

struct cert {
	char subject[CERT_NAME_MAX];      /* RFC 2253 in one line, cleaned; cut where it is longer */
	char issuer[CERT_NAME_MAX];
	char common_name[CERT_NAME_MAX];  /* the subject's last CN, cleaned; "" where there is none */
	int64_t not_before, not_after;    /* seconds since 1970, UTC */
	bool broken;                      /* self-signed, and the signature is wrong; others cannot be checked here */
	bool authority;                   /* basicConstraints say CA */
	bool has_usage;                   /* it has the key usage extension; else it may be used for anything */
	bool may_certify;                 /* ... and may sign certificates by it, or it has none */
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

/* PEM of one certificate's DER, appended to ret. ST_NO_MEMORY. */
enum status cert_to_pem(struct cur der, struct buf *ret, struct fault *f);

/*
 * Of the certificates in a PEM or DER file the one for this key: its DER, appended to ret_der. key NULL: whichever it is,
 * and there must be one only. The same one twice counts once. *ret_n: how many there are, written whenever the file could be
 * read; may be NULL. ST_DAMAGED: there is none, one is damaged, or they are too many; ST_MISMATCH: none is for this key;
 * ST_DUPLICATE: several could be meant.
 */
enum status cert_for_key(struct cur file, const struct pubkey *key, struct buf *ret_der, struct cert *ret, size_t *ret_n,
			 struct fault *f);

#endif
