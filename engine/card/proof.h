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

#endif
