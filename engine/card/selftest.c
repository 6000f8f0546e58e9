/*
 * Does a key do what it is for? It is asked for what its description says first, and for the next thing only where its
 * list of algorithms refuses: there is no command that tells that list. A refusal spends no use.
 */
#include <openssl/rand.h>
#include <string.h>

#include "engine/card/apdu.h"
#include "engine/card/keys.h"
#include "engine/card/proof.h"
#include "engine/keys/cipher.h"
#include "engine/keys/describe.h"

#define CHALLENGE_LEN 32
#define DECIPHERED_MAX 512
#define SW_SPENT 0x6984

static enum status challenge(uint8_t out[static CHALLENGE_LEN], struct fault *f)
{
	if (RAND_bytes(out, CHALLENGE_LEN) != 1)
		return fault_set(f, ST_CRYPTO, "This computer could not make random numbers.");
	return ST_OK;
}

static enum status other_key(struct fault *f)
{
	return fault_set(f, ST_MISMATCH,
			 "The key on the device is not the one that its public key belongs to: what it answered does not fit. Do "
			 "not rely on it.");
}

static enum status try_sign(struct card *c, uint8_t ref, const struct pubkey *k, struct fault *f)
{
	return card_key_prove(c, ref, k, f);
}

static enum status try_pss(struct card *c, uint8_t ref, const struct pubkey *k, struct fault *f)
{
	uint8_t message[CHALLENGE_LEN];
	BUF padded = { 0 }, signature = { 0 };
	struct cur hash;
	enum status st;

	if ((st = challenge(message, f)) != ST_OK ||
	    (st = pubkey_signing_input(k, cur_of(message, sizeof(message)), &padded, f)) != ST_OK)
		return st;
	/* The block for algorithm 20 ends with the hash, which is what algorithm 40 takes. */
	hash = cur_of(padded.p + padded.n - CHALLENGE_LEN, CHALLENGE_LEN);
	if ((st = card_sign(c, ref, CARD_RSA_PSS, hash, &signature, f)) != ST_OK)
		return st;
	st = pubkey_verify(k, SIGNATURE_PSS, cur_of(message, sizeof(message)), buf_view(&signature), f);
	return st == ST_MISMATCH ? other_key(f) : st;
}

/* The answer has its padding: 00 02, what is not zero, 00, the number. */
static enum status try_decipher(struct card *c, uint8_t ref, const struct pubkey *k, struct fault *f)
{
	SECRET *plain = secret_new(DECIPHERED_MAX);
	uint8_t message[CHALLENGE_LEN];
	BUF input = { 0 };
	struct cur got;
	enum status st;

	if (plain == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	if ((st = challenge(message, f)) != ST_OK ||
	    (st = pubkey_encipher(k, cur_of(message, sizeof(message)), &input, f)) != ST_OK ||
	    (st = card_decipher(c, ref, buf_view(&input), plain, f)) != ST_OK)
		return st;
	got = secret_view(plain);
	if (got.n <= CHALLENGE_LEN || got.p[got.n - CHALLENGE_LEN - 1] != 0 ||
	    memcmp(got.p + got.n - CHALLENGE_LEN, message, CHALLENGE_LEN) != 0)
		return other_key(f);
	return ST_OK;
}

/* 04, then x; whether y follows is not the same everywhere (smartcard-hsm.md 8.3). */
static enum status try_agree(struct card *c, uint8_t ref, const struct pubkey *k, struct fault *f)
{
	uint8_t x[CURVE_FIELD_MAX];
	BUF point = { 0 };
	size_t n = 0;
	enum status st = pubkey_agree(k, &point, x, &n, f);

	if (st != ST_OK)
		return st;
	apdu_start(c, CMD_DECIPHER, ref, CARD_ECDH);
	apdu_put(c, point.p, point.n);
	if ((st = apdu_do(c, CURVE_POINT_MAX, f)) != ST_OK)
		return st;
	if (c->answer.n < 1 + n || memcmp(c->answer.p + 1, x, n) != 0)
		st = other_key(f);
	apdu_wipe(c);
	return st;
}

static const struct way {
	enum key_algorithm algorithm;
	unsigned usage;
	enum key_use how;
	enum status (*try)(struct card *c, uint8_t ref, const struct pubkey *k, struct fault *f);
} ways[] = {
	{ KEY_RSA, USAGE_SIGN, KEY_SIGNED, try_sign },
	{ KEY_RSA, USAGE_DECRYPT, KEY_DECIPHERED, try_decipher },
	{ KEY_RSA, USAGE_SIGN, KEY_SIGNED_PSS, try_pss },
	{ KEY_EC, USAGE_SIGN, KEY_SIGNED, try_sign },
	{ KEY_EC, USAGE_DERIVE, KEY_AGREED, try_agree },
};

#define WAYS (sizeof(ways) / sizeof(ways[0]))

static bool refused(const struct card *c, enum status st)
{
	return (st == ST_NOT_ALLOWED && c->sw != SW_SPENT) || st == ST_UNSUPPORTED;
}

enum status card_key_try(struct card *c, uint8_t key_ref, const struct pubkey *expected, unsigned usage, struct key_tried *ret,
			 struct fault *f)
{
	const unsigned said = usage & (USAGE_SIGN | USAGE_DECRYPT | USAGE_DERIVE);
	enum status st = ST_UNSUPPORTED;
	struct fault first = { .st = ST_OK };

	for (size_t round = 0; round < 2; round++) {
		for (size_t i = 0; i < WAYS; i++) {
			const bool wanted = said == 0 || (said & ways[i].usage) != 0;
			struct fault now;

			if (ways[i].algorithm != expected->algorithm || wanted != (round == 0))
				continue;
			st = ways[i].try(c, key_ref, expected, &now);
			if (st == ST_OK) {
				*ret = (struct key_tried){ .how = ways[i].how, .uses = 1, .compared = true };
				return ST_OK;
			}
			if (first.st == ST_OK)
				first = now;
			if (refused(c, st))
				continue;
			if (f != NULL)
				*f = now;
			return st;
		}
	}
	if (f != NULL)
		*f = first;
	return first.st;
}

/* --- secret keys --- */

static enum status cipher(struct card *c, uint8_t ref, enum card_algorithm algorithm, const uint8_t in[static AES_BLOCK],
			  uint8_t out[static AES_BLOCK], struct fault *f)
{
	enum status st;

	apdu_start(c, CMD_CIPHER, ref, (uint8_t)algorithm);
	apdu_put(c, in, AES_BLOCK);
	if ((st = apdu_do(c, AES_BLOCK, f)) != ST_OK)
		return st;
	if (c->answer.n != AES_BLOCK)
		return fault_set(f, ST_BAD_REPLY, "The device made %zu bytes of a block of %d.", c->answer.n, AES_BLOCK);
	memcpy(out, c->answer.p, AES_BLOCK);
	apdu_wipe(c);
	return ST_OK;
}

/* Times x in the field of CMAC's subkeys (NIST SP 800-38B 6.1), and back. */
static void twice(uint8_t b[static AES_BLOCK])
{
	const bool carry = (b[0] & 0x80) != 0;

	for (size_t i = 0; i < AES_BLOCK; i++)
		b[i] = (uint8_t)(b[i] << 1 | (i + 1 < AES_BLOCK ? b[i + 1] >> 7 : 0));
	b[AES_BLOCK - 1] ^= carry ? 0x87 : 0;
}

static void half(uint8_t b[static AES_BLOCK])
{
	const bool carry = (b[AES_BLOCK - 1] & 1) != 0;

	b[AES_BLOCK - 1] ^= carry ? 0x87 : 0;
	for (size_t i = AES_BLOCK; i-- > 0;)
		b[i] = (uint8_t)(b[i] >> 1 | (i > 0 ? b[i - 1] << 7 : 0));
	b[0] |= carry ? 0x80 : 0;
}

static enum status by_cmac(struct card *c, uint8_t ref, const uint8_t *expected, struct key_tried *t, struct fault *f)
{
	(void)expected;
	t->uses = 1;
	return card_key_cmac(c, ref, t->cmac, f);
}

/* The CMAC of a zero block is E(2 E(0)). */
static enum status by_encrypting(struct card *c, uint8_t ref, const uint8_t *expected, struct key_tried *t, struct fault *f)
{
	uint8_t block[AES_BLOCK] = { 0 };
	enum status st = cipher(c, ref, CARD_AES_CBC_ENCRYPT, block, block, f);

	(void)expected;
	t->uses = 2;
	twice(block);
	return st == ST_OK ? cipher(c, ref, CARD_AES_CBC_ENCRYPT, block, t->cmac, f) : st;
}

/* Backwards from the CMAC that is known: D(D(cmac) / 2) is zero. */
static enum status by_decrypting(struct card *c, uint8_t ref, const uint8_t *expected, struct key_tried *t, struct fault *f)
{
	static const uint8_t zeros[AES_BLOCK];
	uint8_t block[AES_BLOCK] = { 0 };
	enum status st;

	if (expected == NULL)
		return fault_set(f, ST_UNSUPPORTED, "This key deciphers and does nothing else, and nothing is known to compare it with.");
	t->uses = 2;
	if ((st = cipher(c, ref, CARD_AES_CBC_DECRYPT, expected, block, f)) != ST_OK)
		return st;
	half(block);
	if ((st = cipher(c, ref, CARD_AES_CBC_DECRYPT, block, block, f)) != ST_OK)
		return st;
	memcpy(t->cmac, expected, AES_BLOCK);
	t->cmac[0] ^= memcmp(block, zeros, AES_BLOCK) != 0;
	return ST_OK;
}

enum status card_key_try_secret(struct card *c, uint8_t key_ref, const uint8_t *expected, struct key_tried *ret, struct fault *f)
{
	static const struct {
		enum key_use how;
		enum status (*try)(struct card *c, uint8_t ref, const uint8_t *expected, struct key_tried *t, struct fault *f);
	} tries[] = { { KEY_MADE_CMAC, by_cmac }, { KEY_ENCRYPTED, by_encrypting }, { KEY_DECRYPTED, by_decrypting } };
	struct fault why = { .st = ST_OK };
	enum status st = ST_UNSUPPORTED;

	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		struct key_tried t = { .how = tries[i].how, .compared = expected != NULL };

		st = tries[i].try(c, key_ref, expected, &t, &why);
		if (st == ST_OK && expected != NULL && memcmp(t.cmac, expected, AES_BLOCK) != 0)
			st = other_key(&why);
		if (st == ST_OK)
			*ret = t;
		if (!refused(c, st))
			break;
	}
	if (st != ST_OK && f != NULL)
		*f = why;
	return st;
}
