/*
 * The keys of a card (smartcard-hsm.md 7 to 9). All need a login: ST_NOT_LOGGED_IN. A key reference is
 * CCxx's xx, 1 to 255.
 */
#ifndef ENGINE_CARD_KEYS_H
#define ENGINE_CARD_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/bytes.h"
#include "engine/base/error.h"
#include "engine/base/secret.h"
#include "engine/card/card.h"
#include "engine/keys/blob.h"
#include "engine/keys/pubkey.h"

enum card_algorithm {               /* smartcard-hsm.md 8.1 */
	CARD_AES_CBC_ENCRYPT = 0x10,
	CARD_AES_CBC_DECRYPT = 0x11,
	CARD_AES_CMAC = 0x18,
	CARD_RSA_RAW = 0x20,        /* signs a padded block */
	CARD_RSA_DECIPHER = 0x21,
	CARD_RSA_PSS = 0x40,
	CARD_ECDSA = 0x70,          /* signs a hash; answers DER */
	CARD_ECDH = 0x80,
	CARD_WRAP = 0x92,
	CARD_UNWRAP = 0x93,
	CARD_DERIVE = 0x99,
};

#define KEY_ALGORITHMS_MAX 16
#define KEY_NO_DOMAIN (-1)

struct keygen_params {
	enum key_algorithm algorithm;
	unsigned bits;                              /* RSA, AES */
	const struct curve *curve;                  /* EC */
	bool limited;
	uint32_t use_counter;                       /* only where limited */
	uint8_t algorithms[KEY_ALGORITHMS_MAX];     /* that the key will be allowed to do */
	size_t n_algorithms;                        /* 0: everything; an AES key then gets 10 11 18 99 92 */
	int domain;                                 /* KEY_NO_DOMAIN: 0 */
};

/* Without a card: what the firmware cannot do. ST_UNSUPPORTED, ST_BAD_FORM. */
enum status keygen_check(const struct keygen_params *p, const struct firmware *fw, struct fault *f);

/*
 * Makes a key at a reference that must be free (card_free_key_ref()), and, for RSA and EC, file CExx with the request.
 * ret_key (not for AES) comes from the answer, or from CExx where the reader cannot carry the answer; its inner
 * signature is checked. ret_request may be NULL: the request is appended. Reads EF 2F02 once. An RSA-4096 key takes
 * minutes. ST_DKEK_INCOMPLETE, ST_CARD_FULL, ST_UNSUPPORTED.
 */
enum status card_generate(struct card *c, uint8_t key_ref, const struct keygen_params *p, struct pubkey *ret_key,
			  struct buf *ret_request, struct fault *f);

/* The key blob, appended. ST_NO_DKEK, ST_NOT_ALLOWED (its algorithm list), ST_NOT_FOUND, ST_UNSUPPORTED (the reader). */
enum status card_wrap(struct card *c, uint8_t key_ref, struct buf *ret_blob, struct fault *f);

/*
 * To a reference that must be free. Only the key: no description, no certificate. Through file 2F10 where the blob is too
 * large for the reader's or the device's APDUs. The caller has compared the check value: ST_OTHER_DKEK comes from cards
 * that name it, ST_DAMAGED from those that do not.
 */
enum status card_unwrap(struct card *c, uint8_t key_ref, struct cur blob, struct fault *f);

/* algorithm: CARD_RSA_RAW with a block from pubkey_signing_input(), CARD_ECDSA with a hash. Appended to ret. */
enum status card_sign(struct card *c, uint8_t key_ref, enum card_algorithm algorithm, struct cur input,
		      struct buf *ret, struct fault *f);

/* The answer with its padding; room for 512 bytes. */
enum status card_decipher(struct card *c, uint8_t key_ref, struct cur input, struct secret *ret, struct fault *f);

/* Of 16 zero bytes: the identity of an AES key. Spends a use of a key with a use counter. ST_NOT_ALLOWED: its list. */
enum status card_key_cmac(struct card *c, uint8_t key_ref, uint8_t ret[static BLOB_CMAC_LEN], struct fault *f);

#endif
