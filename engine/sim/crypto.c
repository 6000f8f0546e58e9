/* What keys are used for, and random bytes. smartcard-hsm.md 8. */
#include "engine/sim/card.h"

#include <string.h>

#include <openssl/kdf.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

#include "engine/base/tlv.h"
#include "engine/sim/curves.h"
#include "engine/sim/keyops.h"
#include "engine/sim/times.h"

DEFINE_GUARD(EVP_PKEY, EVP_PKEY_free)
DEFINE_GUARD(EVP_PKEY_CTX, EVP_PKEY_CTX_free)

#define CHALLENGE_MAX 1024   /* seen: 1025 is refused, real-devices.md 1 */
#define DERIVED_N 32

/* A way to sign: what the card does with the input. */
enum signing { SIGN_RSA_RAW, SIGN_PKCS1, SIGN_PSS, SIGN_ECDSA };

static const struct signer {
	uint8_t alg;
	enum sim_type type;
	enum signing how;
	const EVP_MD *(*hash)(void);   /* the card's own; NULL: the input is hashed, or padded, already */
} signers[] = {
	{ ALG_RSA_RAW, SIM_RSA, SIGN_RSA_RAW, NULL },
	{ ALG_RSA_PKCS1, SIM_RSA, SIGN_PKCS1, NULL },
	{ 0x31, SIM_RSA, SIGN_PKCS1, EVP_sha1 },
	{ 0x32, SIM_RSA, SIGN_PKCS1, EVP_sha224 },
	{ 0x33, SIM_RSA, SIGN_PKCS1, EVP_sha256 },
	{ 0x34, SIM_RSA, SIGN_PKCS1, EVP_sha384 },
	{ 0x35, SIM_RSA, SIGN_PKCS1, EVP_sha512 },
	{ ALG_RSA_PSS, SIM_RSA, SIGN_PSS, NULL },
	{ 0x41, SIM_RSA, SIGN_PSS, EVP_sha1 },
	{ 0x42, SIM_RSA, SIGN_PSS, EVP_sha224 },
	{ 0x43, SIM_RSA, SIGN_PSS, EVP_sha256 },
	{ 0x44, SIM_RSA, SIGN_PSS, EVP_sha384 },
	{ 0x45, SIM_RSA, SIGN_PSS, EVP_sha512 },
	{ ALG_ECDSA, SIM_EC, SIGN_ECDSA, NULL },
	{ 0x71, SIM_EC, SIGN_ECDSA, EVP_sha1 },
	{ 0x72, SIM_EC, SIGN_ECDSA, EVP_sha224 },
	{ 0x73, SIM_EC, SIGN_ECDSA, EVP_sha256 },
	{ 0x74, SIM_EC, SIGN_ECDSA, EVP_sha384 },
	{ 0x75, SIM_EC, SIGN_ECDSA, EVP_sha512 },
};

struct sim_key *sim_key_use(struct sim_card *c, uint8_t ref, enum sim_type type, uint8_t alg, uint16_t *ret_sw)
{
	struct sim_key *key = sim_key_find(&c->state, ref);

	if (key == NULL || ref == 0)
		*ret_sw = SW_NO_FILE;
	else if (key->type != type || (key->listed && memchr(key->algs, alg, key->algs_n) == NULL))
		*ret_sw = SW_UNSUPPORTED;
	else if (key->counted && key->uses == 0)
		*ret_sw = SW_UNUSABLE;
	else
		return key;
	return NULL;
}

void sim_key_spend(struct sim_card *c, struct sim_key *key)
{
	if (!key->counted)
		return;
	key->uses--;
	c->dirty = true;
}

/* One private operation of RSA; cur is what goes in, at most the modulus long. */
static bool rsa_private(const struct sim_key *key, bool sign, int padding, const EVP_MD *md, struct cur in, struct buf *out)
{
	CLEANUP(EVP_PKEY_free_guard) EVP_PKEY *pkey = sim_pkey(key);
	CLEANUP(EVP_PKEY_CTX_free_guard) EVP_PKEY_CTX *ctx = NULL;
	uint8_t bytes[512];
	size_t n = sizeof(bytes);
	bool done;

	if (pkey == NULL)
		return false;
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	if (ctx == NULL || (sign ? EVP_PKEY_sign_init(ctx) : EVP_PKEY_decrypt_init(ctx)) != 1 ||
	    EVP_PKEY_CTX_set_rsa_padding(ctx, padding) != 1 ||
	    (md != NULL && EVP_PKEY_CTX_set_signature_md(ctx, md) != 1) ||
	    (padding == RSA_PKCS1_PSS_PADDING && EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) != 1))
		return false;
	done = (sign ? EVP_PKEY_sign(ctx, bytes, &n, in.p, in.n) : EVP_PKEY_decrypt(ctx, bytes, &n, in.p, in.n)) == 1;
	if (done)
		buf_put(out, bytes, n);
	explicit_bzero(bytes, sizeof(bytes));
	return done && !out->failed;
}

static const EVP_MD *hash_of_length(size_t n)
{
	static const struct {
		size_t n;
		const EVP_MD *(*md)(void);
	} hashes[] = { { 20, EVP_sha1 }, { 28, EVP_sha224 }, { 32, EVP_sha256 }, { 48, EVP_sha384 }, { 64, EVP_sha512 } };

	for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++) {
		if (hashes[i].n == n)
			return hashes[i].md();
	}
	return NULL;
}

/* OpenSC 0.23 sends a DigestInfo where the card wants the hash: section 8.2 says to take both. */
static struct cur bare_hash(struct cur in)
{
	struct cur outer = in, inner;
	struct tlv info, oid, hash;

	if (!tlv_expect(&outer, 0x30, &info) || outer.n > 0)
		return in;
	inner = info.value;
	return tlv_expect(&inner, 0x30, &oid) && tlv_expect(&inner, 0x04, &hash) && inner.n == 0 ? hash.value : in;
}

static uint16_t sign_rsa(const struct signer *s, const struct sim_key *key, struct cur in, struct buf *out)
{
	const EVP_MD *md = s->hash == NULL ? NULL : s->hash();
	BUF hash = { 0 };

	if (s->how == SIGN_RSA_RAW && in.n != key->bits / 8u)
		return SW_LENGTH;
	if (s->how == SIGN_RSA_RAW)
		return rsa_private(key, true, RSA_NO_PADDING, NULL, in, out) ? SW_OK : SW_DATA;
	if (md != NULL) {
		if (!sim_hash(md, in, &hash))
			return SW_FAILED;
		in = buf_view(&hash);
	} else if (s->how == SIGN_PSS) {
		in = bare_hash(in);
		md = hash_of_length(in.n);
		if (md == NULL)
			return SW_LENGTH;
	}
	return rsa_private(key, true, s->how == SIGN_PSS ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING, md, in, out) ? SW_OK :
														     SW_DATA;
}

static uint16_t sign_ec(const struct signer *s, const struct sim_key *key, struct cur in, struct buf *out)
{
	BUF hash = { 0 };

	if (s->hash != NULL) {
		if (!sim_hash(s->hash(), in, &hash))
			return SW_FAILED;
		in = buf_view(&hash);
	}
	return in.n > 0 && sim_sign_ecdsa(key, in, out) ? SW_OK : SW_DATA;
}

uint16_t sim_sign(struct sim_card *c, const struct sim_apdu *a, struct buf *out)
{
	const struct signer *s = NULL;
	struct sim_key *key;
	uint16_t sw;

	for (size_t i = 0; i < sizeof(signers) / sizeof(signers[0]); i++) {
		if (signers[i].alg == a->p2)
			s = &signers[i];
	}
	if (s == NULL)
		return SW_P1P2;
	key = sim_key_use(c, a->p1, s->type, s->alg, &sw);
	if (key == NULL)
		return sw;
	if (a->data.n == 0)
		return SW_LENGTH;
	sw = key->type == SIM_RSA ? sign_rsa(s, key, a->data, out) : sign_ec(s, key, a->data, out);
	if (sw != SW_OK)
		return sw;
	c->busy_ms = sim_time_ms(c->state.major, key->type == SIM_RSA ? SIM_WORK_RSA : SIM_WORK_EC, key->bits);
	sim_key_spend(c, key);
	return SW_OK;
}

static uint16_t decrypt(const struct sim_key *key, struct cur in, struct buf *out)
{
	if (in.n != key->bits / 8u)
		return SW_LENGTH;
	return rsa_private(key, false, RSA_NO_PADDING, NULL, in, out) ? SW_OK : SW_DATA;
}

/* The answer is the whole point, 04 || x || y: noted on a real device, real-devices.md 8. */
static uint16_t agree(const struct sim_key *key, struct cur in, struct buf *out)
{
	return sim_curve_multiply(key->curve, sim_key_part(key, 0), in, out) ? SW_OK : SW_DATA;
}

uint16_t sim_decipher(struct sim_card *c, const struct sim_apdu *a, struct buf *out)
{
	bool rsa = a->p2 == ALG_RSA_DECRYPT;
	struct sim_key *key;
	uint16_t sw;

	if (!rsa && a->p2 != ALG_ECDH)
		return SW_P1P2;
	key = sim_key_use(c, a->p1, rsa ? SIM_RSA : SIM_EC, a->p2, &sw);
	if (key == NULL)
		return sw;
	sw = rsa ? decrypt(key, a->data, out) : agree(key, a->data, out);
	if (sw != SW_OK)
		return sw;
	c->busy_ms = sim_time_ms(c->state.major, rsa ? SIM_WORK_RSA : SIM_WORK_EC, key->bits);
	sim_key_spend(c, key);
	return SW_OK;
}

/* The construction of real devices is not known (section 8.4); HKDF with SHA-256 and no salt stands in for it. */
static bool derive(struct cur key, struct cur info, struct buf *out)
{
	CLEANUP(EVP_PKEY_CTX_free_guard) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, NULL);
	uint8_t derived[DERIVED_N];
	size_t n = sizeof(derived);

	if (ctx == NULL || EVP_PKEY_derive_init(ctx) != 1 || EVP_PKEY_CTX_set_hkdf_md(ctx, EVP_sha256()) != 1 ||
	    EVP_PKEY_CTX_set1_hkdf_key(ctx, key.p, (int)key.n) != 1 ||
	    EVP_PKEY_CTX_add1_hkdf_info(ctx, info.p, (int)info.n) != 1 || EVP_PKEY_derive(ctx, derived, &n) != 1)
		return false;
	buf_put(out, derived, n);
	explicit_bzero(derived, sizeof(derived));
	return !out->failed;
}

uint16_t sim_symmetric(struct sim_card *c, const struct sim_apdu *a, struct buf *out)
{
	struct sim_key *key;
	struct cur secret;
	uint8_t mac[16];
	uint16_t sw;
	bool done;

	if (c->state.major < 3)
		return SW_INS;
	if (a->p2 != ALG_CBC_ENCRYPT && a->p2 != ALG_CBC_DECRYPT && a->p2 != ALG_CMAC && a->p2 != ALG_DERIVE)
		return SW_P1P2;
	key = sim_key_use(c, a->p1, SIM_AES, a->p2, &sw);
	if (key == NULL)
		return sw;
	if (a->data.n == 0 || (a->p2 <= ALG_CBC_DECRYPT && a->data.n % 16 != 0))
		return SW_LENGTH;
	secret = buf_view(&key->parts);
	if (a->p2 == ALG_DERIVE) {
		done = derive(secret, a->data, out);
	} else if (a->p2 == ALG_CMAC) {
		done = sim_cmac(secret, a->data, mac);
		buf_put(out, mac, done ? sizeof(mac) : 0);
	} else {
		done = sim_cbc(secret, a->p2 == ALG_CBC_ENCRYPT, a->data, out);
	}
	if (!done)
		return SW_FAILED;
	sim_key_spend(c, key);
	return SW_OK;
}

uint16_t sim_challenge(struct sim_card *c, const struct sim_apdu *a, struct buf *out)
{
	uint8_t bytes[CHALLENGE_MAX];

	if (a->p1 != 0 || a->p2 != 0)
		return SW_P1P2;
	if (!a->has_le || a->le > sizeof(bytes) || a->data.n > 0)
		return SW_LENGTH;
	if (RAND_bytes(bytes, (int)a->le) != 1)
		return SW_FAILED;
	buf_put(out, bytes, a->le);
	c->session.challenged = a->le == sizeof(c->session.challenge);
	if (c->session.challenged)
		memcpy(c->session.challenge, bytes, sizeof(c->session.challenge));
	explicit_bzero(bytes, sizeof(bytes));
	return SW_OK;
}
