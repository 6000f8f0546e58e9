#include "engine/card/proof.h"

#include <openssl/rand.h>
#include <string.h>

#include "engine/card/keys.h"

#define CHALLENGE_LEN 32

enum status card_key_prove(struct card *c, uint8_t key_ref, const struct pubkey *expected, struct fault *f)
{
	BUF input = { 0 }, signature = { 0 };
	uint8_t message[CHALLENGE_LEN];
	enum card_algorithm algorithm = expected->algorithm == KEY_RSA ? CARD_RSA_RAW : CARD_ECDSA;
	struct cur challenge = cur_of(message, sizeof(message));
	enum status st;

	if (RAND_bytes(message, sizeof(message)) != 1)
		return fault_set(f, ST_CRYPTO, "This computer could not make random numbers.");
	if ((st = pubkey_signing_input(expected, challenge, &input, f)) != ST_OK ||
	    (st = card_sign(c, key_ref, algorithm, buf_view(&input), &signature, f)) != ST_OK)
		return st;
	st = pubkey_verify(expected, SIGNATURE_CARD, challenge, buf_view(&signature), f);
	if (st == ST_MISMATCH)
		return fault_set(f, ST_MISMATCH,
				 "The key on the device is not the one that was expected: its signature does not fit the public "
				 "key. Do not rely on it.");
	return st;
}

enum status card_key_prove_cmac(struct card *c, uint8_t key_ref, const uint8_t expected[static BLOB_CMAC_LEN],
				struct fault *f)
{
	uint8_t cmac[BLOB_CMAC_LEN];
	enum status st = card_key_cmac(c, key_ref, cmac, f);

	if (st == ST_OK && memcmp(cmac, expected, sizeof(cmac)) != 0)
		return fault_set(f, ST_MISMATCH,
				 "The key on the device is not the one that was expected: its CMAC is another one. Do not rely on "
				 "it.");
	return st;
}
