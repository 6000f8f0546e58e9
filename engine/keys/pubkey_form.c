/* Public keys in the forms that other programs read: RFC 5280 and 5480 (DER, PEM), RFC 4253 and 5656 (OpenSSH). */
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/text.h"
#include "engine/keys/der.h"
#include "engine/keys/digest.h"
#include "engine/keys/pubkey.h"

static struct cur modulus(const struct pubkey *k)
{
	return cur_of(k->modulus, k->modulus_len);
}

static struct cur exponent(const struct pubkey *k)
{
	return cur_of(k->exponent, k->exponent_len);
}

/* What stands in the bit string: RSAPublicKey, or the point. */
static void put_key_bits(struct buf *b, const struct pubkey *k)
{
	BUF numbers = { 0 };

	if (k->algorithm != KEY_RSA) {
		buf_put(b, k->point, k->point_len);
		return;
	}
	der_put_uint(&numbers, modulus(k));
	der_put_uint(&numbers, exponent(k));
	buf_tlv_buf(b, 0x30, &numbers);
}

static void put_oid(struct buf *b, int nid)
{
	const ASN1_OBJECT *o = OBJ_nid2obj(nid);

	buf_tlv(b, 0x06, OBJ_get0_data(o), OBJ_length(o));
}

static void put_algorithm(struct buf *b, const struct pubkey *k)
{
	BUF oids = { 0 };

	if (k->algorithm == KEY_RSA) {
		put_oid(&oids, NID_rsaEncryption);
		buf_tlv(&oids, 0x05, NULL, 0);
	} else {
		put_oid(&oids, NID_X9_62_id_ecPublicKey);
		put_oid(&oids, k->curve->nid);
	}
	buf_tlv_buf(b, 0x30, &oids);
}

static enum status out_of_memory(const struct buf *b, struct fault *f)
{
	return b->failed ? fault_set(f, ST_NO_MEMORY, NULL) : ST_OK;
}

enum status pubkey_to_spki(const struct pubkey *k, struct buf *ret, struct fault *f)
{
	BUF bits = { 0 }, body = { 0 };

	buf_u8(&bits, 0);
	put_key_bits(&bits, k);
	put_algorithm(&body, k);
	buf_tlv_buf(&body, 0x03, &bits);
	buf_tlv_buf(ret, 0x30, &body);
	return out_of_memory(ret, f);
}

static void put_text(struct buf *b, const char *text)
{
	buf_put(b, text, strlen(text));
}

/* Base64, in lines of 64 characters or all in one. */
static void put_base64(struct buf *b, struct cur data, bool lines)
{
	uint8_t text[65];
	struct cur part;

	while (data.n > 0) {
		cur_take(&data, data.n < 48 ? data.n : 48, &part);
		buf_put(b, text, (size_t)EVP_EncodeBlock(text, part.p, (int)part.n));
		if (lines)
			buf_u8(b, '\n');
	}
}

enum status pubkey_to_pem(const struct pubkey *k, struct buf *ret, struct fault *f)
{
	BUF spki = { 0 };
	enum status st = pubkey_to_spki(k, &spki, f);

	if (st != ST_OK)
		return st;
	put_text(ret, "-----BEGIN PUBLIC KEY-----\n");
	put_base64(ret, buf_view(&spki), true);
	put_text(ret, "-----END PUBLIC KEY-----\n");
	return out_of_memory(ret, f);
}

/* RFC 4251 5: a string is its length in four bytes and its bytes; an mpint has a zero before a set top bit. */
static void put_ssh_string(struct buf *b, struct cur s)
{
	buf_u16(b, (uint16_t)(s.n >> 16));
	buf_u16(b, (uint16_t)s.n);
	buf_cur(b, s);
}

static void put_ssh_number(struct buf *b, struct cur n)
{
	uint8_t wide[PUBKEY_MODULUS_MAX + 1] = { 0 };

	memcpy(wide + 1, n.p, n.n);
	put_ssh_string(b, (n.p[0] & 0x80) != 0 ? cur_of(wide, n.n + 1) : n);
}

static enum status ssh_blob(const struct pubkey *k, struct buf *type, struct buf *blob, struct fault *f)
{
	const char *const prefix = "ecdsa-sha2-";

	if (k->algorithm == KEY_EC && k->curve->ssh == NULL)
		return fault_set(f, ST_UNSUPPORTED,
				 "OpenSSH has no keys on the curve %s. Export the key as PEM instead.", k->curve->name);
	put_text(type, k->algorithm == KEY_RSA ? "ssh-rsa" : prefix);
	if (k->algorithm == KEY_EC)
		put_text(type, k->curve->ssh);
	put_ssh_string(blob, buf_view(type));
	if (k->algorithm == KEY_RSA) {
		put_ssh_number(blob, exponent(k));
		put_ssh_number(blob, modulus(k));
	} else {
		put_ssh_string(blob, cur_of(k->curve->ssh, strlen(k->curve->ssh)));
		put_ssh_string(blob, cur_of(k->point, k->point_len));
	}
	return type->failed || blob->failed ? fault_set(f, ST_NO_MEMORY, NULL) : ST_OK;
}

enum status pubkey_ssh_print(const struct pubkey *k, char ret[static PUBKEY_SSH_PRINT_MAX], struct fault *f)
{
	uint8_t hash[32];
	char text[45];
	BUF blob = { 0 }, type = { 0 };
	enum status st = ssh_blob(k, &type, &blob, f);

	if (st != ST_OK || (st = digest_sha256(buf_view(&blob), hash, f)) != ST_OK)
		return st;
	(void)EVP_EncodeBlock((unsigned char *)text, hash, sizeof(hash));
	text[43] = '\0';   /* the one character of padding */
	snprintf(ret, PUBKEY_SSH_PRINT_MAX, "SHA256:%s", text);
	return ST_OK;
}

enum status pubkey_to_ssh(const struct pubkey *k, const char *comment, struct buf *ret, struct fault *f)
{
	BUF blob = { 0 }, type = { 0 };
	char clean[256] = "";
	enum status st = ssh_blob(k, &type, &blob, f);

	if (st != ST_OK)
		return st;
	buf_cur(ret, buf_view(&type));
	buf_u8(ret, ' ');
	put_base64(ret, buf_view(&blob), false);
	if (comment != NULL)
		text_clean(clean, sizeof(clean), comment, strlen(comment));
	if (clean[0] != '\0') {
		buf_u8(ret, ' ');
		put_text(ret, clean);
	}
	buf_u8(ret, '\n');
	return out_of_memory(ret, f);
}

enum status pubkey_spki_sha256(const struct pubkey *k, uint8_t ret[static 32], struct fault *f)
{
	BUF spki = { 0 };
	enum status st = pubkey_to_spki(k, &spki, f);

	return st != ST_OK ? st : digest_sha256(buf_view(&spki), ret, f);
}

enum status pubkey_key_id(const struct pubkey *k, uint8_t ret[static KEY_ID_LEN], struct fault *f)
{
	BUF bits = { 0 };

	put_key_bits(&bits, k);
	if (bits.failed)
		return fault_set(f, ST_NO_MEMORY, NULL);
	return digest_sha1(buf_view(&bits), ret, f);
}
