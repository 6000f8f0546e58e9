/* Signatures: what the card is given to sign, and whether what it answered is one. */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

#include "engine/base/words.h"
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

#define NOT_ITS N_("The signature was not made by this key.")

/*
 * An ECDSA signature of either form as the one DER that OpenSSL takes without complaint: so its negative answers mean
 * that it could not verify, and are no verdict.
 */
static bool canonical(const struct curve *curve, enum pubkey_signature form, struct cur sig, struct buf *ret)
{
	struct tlv top, r, s;
	BUF numbers = { 0 };

	if (form == SIGNATURE_PLAIN) {
		if (sig.n != 2 * curve->bytes || !cur_take(&sig, curve->bytes, &r.value))
			return false;
		s.value = sig;
	} else if (!tlv_expect(&sig, 0x30, &top) || sig.n != 0 || !tlv_expect(&top.value, 0x02, &r) ||
		   !tlv_expect(&top.value, 0x02, &s) || top.value.n != 0) {
		return false;
	}
	der_put_uint(&numbers, r.value);
	der_put_uint(&numbers, s.value);
	buf_tlv_buf(ret, 0x30, &numbers);
	return true;
}

DEFINE_GUARD(EVP_PKEY, EVP_PKEY_free)
DEFINE_GUARD(EVP_PKEY_CTX, EVP_PKEY_CTX_free)

enum status pubkey_verify(const struct pubkey *k, enum pubkey_signature form, struct cur message, struct cur signature,
			  struct fault *f)
{
	CLEANUP(EVP_PKEY_free_guard) EVP_PKEY *pkey = NULL;
	CLEANUP(EVP_PKEY_CTX_free_guard) EVP_PKEY_CTX *ctx = NULL;
	BUF spki = { 0 }, der = { 0 };
	struct cur sig = signature;
	enum status st = pubkey_to_spki(k, &spki, f);
	const uint8_t *p = spki.p;
	uint8_t digest[32];
	int verdict;

	if (st == ST_OK)
		st = digest_sha256(message, digest, f);
	if (st != ST_OK)
		return st;
	if (k->algorithm == KEY_EC) {
		if (!canonical(k->curve, form, signature, &der))
			return fault_set(f, ST_MISMATCH, NOT_ITS);
		if (der.failed)
			return fault_set(f, ST_NO_MEMORY, NULL);
		sig = buf_view(&der);
	}
	pkey = d2i_PUBKEY(NULL, &p, (long)spki.n);
	ctx = pkey == NULL ? NULL : EVP_PKEY_CTX_new(pkey, NULL);
	if (ctx == NULL || EVP_PKEY_verify_init(ctx) != 1 || EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) != 1)
		return fault_openssl(f, N_("OpenSSL failed to prepare the verification of a signature."));
	if (form == SIGNATURE_PSS && (EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) != 1 ||
				      EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) != 1))
		return fault_openssl(f, N_("OpenSSL failed to prepare the verification of a signature."));
	ERR_clear_error();
	verdict = EVP_PKEY_verify(ctx, sig.p, sig.n, digest, sizeof(digest));
	if (verdict == 1)
		return ST_OK;
	if (verdict < 0 && k->algorithm == KEY_EC)
		return fault_openssl(f, N_("OpenSSL failed to verify a signature."));
	return fault_input(f, ST_MISMATCH, NOT_ITS);
}
