/* Signatures: what the card is given to sign, and whether what it answered is one. */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <string.h>

#include "engine/keys/cipher.h"
#include "engine/keys/der.h"
#include "engine/keys/digest.h"
#include "engine/keys/pubkey.h"

enum status pubkey_signing_input(const struct pubkey *k, struct cur message, struct buf *ret, struct fault *f)
{
	/* RFC 8017 9.2: 00 01 FF .. FF 00, and the DigestInfo of SHA-256 up to the digest */
	static const uint8_t info[] = { 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
					0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20 };
	uint8_t digest[32];
	enum status st = digest_sha256(message, digest, f);

	if (st != ST_OK)
		return st;
	if (k->algorithm == KEY_RSA) {
		buf_u16(ret, 0x0001);
		for (size_t i = 0; i < k->modulus_len - 3 - sizeof(info) - sizeof(digest); i++)
			buf_u8(ret, 0xff);
		buf_u8(ret, 0x00);
		buf_put(ret, info, sizeof(info));
	}
	buf_put(ret, digest, sizeof(digest));
	return ret->failed ? fault_set(f, ST_NO_MEMORY, NULL) : ST_OK;
}

static enum status not_a_signature(struct fault *f)
{
	return fault_set(f, ST_MISMATCH, "The signature was not made by this key.");
}

/* r || s, each as wide as the order, to the DER that OpenSSL takes. */
static bool plain_to_der(const struct curve *curve, struct cur plain, struct buf *ret)
{
	struct cur r, s;
	BUF numbers = { 0 };

	if (plain.n != 2 * curve->bytes || !cur_take(&plain, curve->bytes, &r) || !cur_take(&plain, curve->bytes, &s))
		return false;
	der_put_uint(&numbers, r);
	der_put_uint(&numbers, s);
	buf_tlv_buf(ret, 0x30, &numbers);
	return !ret->failed;
}

DEFINE_GUARD(EVP_PKEY, EVP_PKEY_free)
DEFINE_GUARD(EVP_MD_CTX, EVP_MD_CTX_free)

enum status pubkey_verify(const struct pubkey *k, enum pubkey_signature form, struct cur message, struct cur signature,
			  struct fault *f)
{
	CLEANUP(EVP_PKEY_free_guard) EVP_PKEY *pkey = NULL;
	CLEANUP(EVP_MD_CTX_free_guard) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	BUF spki = { 0 }, der = { 0 };
	struct cur sig = signature;
	enum status st = pubkey_to_spki(k, &spki, f);
	const uint8_t *p = spki.p;
	int right;

	if (st != ST_OK)
		return st;
	if (k->algorithm == KEY_EC && form == SIGNATURE_PLAIN) {
		if (!plain_to_der(k->curve, signature, &der))
			return not_a_signature(f);
		sig = buf_view(&der);
	}
	pkey = d2i_PUBKEY(NULL, &p, (long)spki.n);
	if (pkey == NULL || ctx == NULL || EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, pkey) != 1)
		return fault_openssl(f, "preparing to verify a signature");
	/* 0 and negative alike: a signature of the wrong size or form is no signature */
	right = EVP_DigestVerify(ctx, sig.p, sig.n, message.p, message.n);
	if (right == 1)
		return ST_OK;
	ERR_clear_error();
	return not_a_signature(f);
}
