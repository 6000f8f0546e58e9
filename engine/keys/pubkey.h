/*
 * Public keys as plain data: from certificates, requests and key blobs, to the forms that other programs read. The
 * SHA-256 of a key's SubjectPublicKeyInfo is its identity in the inventory.
 */
#ifndef ENGINE_KEYS_PUBKEY_H
#define ENGINE_KEYS_PUBKEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/bytes.h"
#include "engine/base/error.h"
#include "engine/keys/curve.h"

enum key_algorithm {
	KEY_RSA,
	KEY_EC,
	KEY_AES,
};

#define PUBKEY_MODULUS_MAX 512    /* RSA-4096 */
#define PUBKEY_EXPONENT_MAX 8
#define PUBKEY_SPKI_MAX 600       /* RSA-4096: 550 */
#define KEY_ID_LEN 20

struct pubkey {
	enum key_algorithm algorithm;           /* KEY_RSA or KEY_EC */
	unsigned bits;                          /* of the modulus, or of the field */
	const struct curve *curve;              /* KEY_EC */
	uint8_t modulus[PUBKEY_MODULUS_MAX];    /* KEY_RSA: no leading zero */
	size_t modulus_len;
	uint8_t exponent[PUBKEY_EXPONENT_MAX];
	size_t exponent_len;
	uint8_t point[CURVE_POINT_MAX];         /* KEY_EC: 04 || x || y, full width */
	size_t point_len;
};

/* Numbers of any width. ST_DAMAGED: not a public key; ST_UNSUPPORTED: larger than 4096 bits. */
enum status pubkey_rsa(struct cur modulus, struct cur exponent, struct pubkey *ret, struct fault *f);

/* The point, compressed or not, is checked to be on the curve. ST_DAMAGED. */
enum status pubkey_ec(const struct curve *curve, struct cur point, struct pubkey *ret, struct fault *f);

/*
 * From the value of a CVC's 7F49 (smartcard-hsm.md 7.2). inherited is the curve where the domain parameters are left
 * out, as in device certificates; NULL: they must be there. ST_DAMAGED, ST_UNSUPPORTED (an unknown curve).
 */
enum status pubkey_from_cvc(struct cur value, const struct curve *inherited, struct pubkey *ret, struct fault *f);

/* From a SubjectPublicKeyInfo, with a named or a fully described curve. ST_DAMAGED, ST_UNSUPPORTED. */
enum status pubkey_from_spki(struct cur der, struct pubkey *ret, struct fault *f);

bool pubkey_equal(const struct pubkey *a, const struct pubkey *b);

/* SubjectPublicKeyInfo, named curve. Appended to ret, as in the next two. */
enum status pubkey_to_spki(const struct pubkey *k, struct buf *ret, struct fault *f);
enum status pubkey_to_pem(const struct pubkey *k, struct buf *ret, struct fault *f);

/* One line of authorized_keys with its newline; comment may be NULL. ST_UNSUPPORTED: OpenSSH lacks the curve. */
enum status pubkey_to_ssh(const struct pubkey *k, const char *comment, struct buf *ret, struct fault *f);

/*
 * "SHA256:" and the unpadded base64 of the SHA-256 of what stands behind the type in that line, as ssh-keygen -l shows it.
 * ST_UNSUPPORTED as above.
 */
#define PUBKEY_SSH_PRINT_MAX 52
enum status pubkey_ssh_print(const struct pubkey *k, char ret[static PUBKEY_SSH_PRINT_MAX], struct fault *f);

/* The identity of a logical key. */
enum status pubkey_spki_sha256(const struct pubkey *k, uint8_t ret[static 32], struct fault *f);

/*
 * The CKA_ID that a new key gets unless the person gives one: the key identifier of RFC 5280 4.2.1.2 (1), the SHA-1 of
 * the subjectPublicKey bits. So a key has the same ID whichever device it was restored to. An AES key, which has no
 * public part, takes KEY_ID_LEN random bytes.
 */
enum status pubkey_key_id(const struct pubkey *k, uint8_t ret[static KEY_ID_LEN], struct fault *f);

enum pubkey_signature {
	SIGNATURE_CARD,    /* as commands 20 and 70 answer: RSA PKCS#1 v1.5, ECDSA in DER */
	SIGNATURE_PSS,     /* as command 40 answers: RSA-PSS, SHA-256, a salt of 32 bytes */
	SIGNATURE_PLAIN,   /* as a CVC carries it: RSA PKCS#1 v1.5, ECDSA as r || s */
};

/*
 * What the card signs so that pubkey_verify() with SIGNATURE_CARD takes it for a signature of message with SHA-256:
 * algorithm 20 (RSA) wants the padded block, algorithm 70 (ECDSA) the hash.
 */
enum status pubkey_signing_input(const struct pubkey *k, struct cur message, struct buf *ret, struct fault *f);

/* ST_OK: the signature is this key's, over the SHA-256 of message. ST_MISMATCH: it is not, or is none. */
enum status pubkey_verify(const struct pubkey *k, enum pubkey_signature form, struct cur message, struct cur signature,
			  struct fault *f);

/* RSA: a message that only the private key can read, PKCS#1 v1.5. Appended to ret. ST_UNSUPPORTED for others. */
enum status pubkey_encipher(const struct pubkey *k, struct cur message, struct buf *ret, struct fault *f);

/*
 * EC: a new point on the curve (04 || x || y, appended), and the x coordinate of what it makes with the key, which only the
 * private key finds too. ret_n: bytes of the field. ST_UNSUPPORTED for others.
 */
enum status pubkey_agree(const struct pubkey *k, struct buf *ret_point, uint8_t ret_x[static CURVE_FIELD_MAX], size_t *ret_n,
			 struct fault *f);

#endif
