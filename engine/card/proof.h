/* Is the key at a reference the one we think it is? Each spends a use of a key with a use counter, and needs a login. */
#ifndef ENGINE_CARD_PROOF_H
#define ENGINE_CARD_PROOF_H

#include "engine/base/error.h"
#include "engine/card/card.h"
#include "engine/keys/blob.h"
#include "engine/keys/pubkey.h"

/*
 * Has the card sign a random message and verifies the signature with expected: one APDU. ST_MISMATCH: another key, or a
 * card that lies; ST_NOT_ALLOWED, ST_UNSUPPORTED: the key's list, or the reader, does not let it sign.
 */
enum status card_key_prove(struct card *c, uint8_t key_ref, const struct pubkey *expected, struct fault *f);

/* An AES key: compares the CMAC of 16 zero bytes. ST_MISMATCH. */
enum status card_key_prove_cmac(struct card *c, uint8_t key_ref, const uint8_t expected[static BLOB_CMAC_LEN],
				struct fault *f);

/* --- the self-test of a key, by whatever it lets itself be used for --- */

enum key_use {
	KEY_SIGNED,
	KEY_SIGNED_PSS,
	KEY_DECIPHERED,      /* RSA */
	KEY_AGREED,          /* ECDH */
	KEY_MADE_CMAC,       /* AES, as the next two */
	KEY_ENCRYPTED,
	KEY_DECRYPTED,
};

struct key_tried {
	enum key_use how;
	unsigned uses;                    /* that a use counter has lost */
	bool compared;                    /* false: nothing was known of a secret key to compare it with */
	uint8_t cmac[BLOB_CMAC_LEN];      /* AES */
};

/*
 * One APDU, and one more for each thing that the key's list refuses. usage: USAGE_ bits of its description, by which what it
 * is for comes first; 0: not told. ST_MISMATCH; ST_NOT_ALLOWED: it lets itself be used for nothing of that, or its use
 * counter is spent.
 */
enum status card_key_try(struct card *c, uint8_t key_ref, const struct pubkey *expected, unsigned usage, struct key_tried *ret,
			 struct fault *f);

/* expected: the CMAC of 16 zero bytes; NULL: not known. At most two uses. */
enum status card_key_try_secret(struct card *c, uint8_t key_ref, const uint8_t *expected, struct key_tried *ret, struct fault *f);

#endif
