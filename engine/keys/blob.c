#include "engine/keys/blob.h"

#include <string.h>

#include "engine/keys/cipher.h"

#define MAC_LEN AES_BLOCK
#define RANDOM_LEN 8

static const uint8_t zero_block[AES_BLOCK];

/* Firmware 3.0 to 3.2 writes the AES identifier wrongly (formats.md 4.1): identifiers are skipped, never compared. */
static const struct form {
	enum blob_type type;
	enum key_algorithm algorithm;
	size_t n_items;
	uint8_t oid[10];
	size_t oid_len;
} forms[] = {
	{ BLOB_RSA, KEY_RSA, 3, { 0x04, 0x00, 0x7f, 0x00, 0x07, 0x02, 0x02, 0x02, 0x01, 0x02 }, 10 },
	{ BLOB_RSA_CRT, KEY_RSA, 7, { 0x04, 0x00, 0x7f, 0x00, 0x07, 0x02, 0x02, 0x02, 0x01, 0x02 }, 10 },
	{ BLOB_EC, KEY_EC, 7, { 0x04, 0x00, 0x7f, 0x00, 0x07, 0x02, 0x02, 0x02, 0x02, 0x03 }, 10 },
	{ BLOB_AES, KEY_AES, 1, { 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01 }, 8 },
};

static const struct form *form_of(unsigned type)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (forms[i].type == type)
			return &forms[i];
	}
	return NULL;
}

/* Two bytes of length, and so many bytes. */
static bool take_item(struct cur *c, struct cur *ret)
{
	struct cur rest = *c;
	uint16_t n;

	if (!cur_u16(&rest, &n) || !cur_take(&rest, n, ret))
		return false;
	*c = rest;
	return true;
}

enum status blob_parse(struct cur bytes, struct blob *ret, struct fault *f)
{
	struct blob b = { .whole = bytes };
	struct cur rest = bytes, kcv, oid, access, key_oid;
	const struct form *form = NULL;
	uint8_t type;

	if (bytes.n <= BLOB_MAX && cur_take(&rest, KCV_LEN, &kcv) && cur_u8(&rest, &type))
		form = form_of(type);
	if (form == NULL || !take_item(&rest, &oid) || !take_item(&rest, &b.algorithms) ||
	    !take_item(&rest, &access) || !take_item(&rest, &key_oid) || rest.n < 2 * AES_BLOCK + MAC_LEN ||
	    rest.n % AES_BLOCK != 0)
		return fault_set(f, ST_DAMAGED, "This is not a wrapped key, or it is cut short or damaged.");
	memcpy(b.kcv, kcv.p, KCV_LEN);
	b.type = form->type;
	b.algorithm = form->algorithm;
	cur_take(&rest, rest.n - MAC_LEN, &b.cipher);
	b.mac = rest;
	*ret = b;
	return ST_OK;
}

void blob_key_done(struct blob_key *k)
{
	if (k == NULL)
		return;
	secret_free(k->plain);
	*k = (struct blob_key){ 0 };
}

/* Bytes of the plaintext before its padding, with every number at its full width. */
static size_t full_length(const struct blob *b, unsigned bits)
{
	const size_t n = (bits + 7) / 8, head = 8 + 2, e = 2 + 3;

	switch (b->type) {
	case BLOB_RSA:
		return head + 2 * (2 + n) + e;
	case BLOB_RSA_CRT:
		return head + 5 * (2 + n / 2) + 2 + n + e;
	case BLOB_EC:
		return head + 5 * (2 + n) + 2 * (2 + 1 + 2 * n);
	default:
		return head + n;
	}
}

bool blob_may_hold(const struct blob *b, enum key_algorithm algorithm, unsigned bits)
{
	/* Some leave out all zeros in front, and a curve may have a number that has little else (secp256k1's a and b). */
	const size_t trimmed = 2 * AES_BLOCK + (b->type == BLOB_EC ? 2 * ((bits + 7) / 8) : 0);
	size_t padded;

	if (b->algorithm != algorithm || bits == 0)
		return b->algorithm == algorithm;
	padded = (full_length(b, bits) / AES_BLOCK + 1) * AES_BLOCK;
	return b->cipher.n <= padded && b->cipher.n + trimmed >= padded;
}

enum status blob_check_kcv(const struct blob *b, const struct secret *dkek, struct fault *f)
{
	char ours[2 * KCV_LEN + 1], theirs[2 * KCV_LEN + 1];
	uint8_t kcv[KCV_LEN];
	enum status st = dkek_kcv(dkek, kcv, f);

	if (st != ST_OK || memcmp(kcv, b->kcv, KCV_LEN) == 0)
		return st;
	hex_upper(ours, kcv, KCV_LEN);
	hex_upper(theirs, b->kcv, KCV_LEN);
	return fault_set(f, ST_OTHER_DKEK,
			 "This key is wrapped under the DKEK with the check value %s, not under %s. It can be opened "
			 "only with the shares of that DKEK, and restored only onto a device that has it.", theirs, ours);
}

/* Over all that stands before it. */
static enum status make_mac(const struct secret *dkek, struct cur before, uint8_t ret[static MAC_LEN], struct fault *f)
{
	SECRET *kmac = secret_new(32);
	enum status st;

	if (kmac == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	st = dkek_kmac(dkek, kmac, f);
	return st != ST_OK ? st : aes_cmac(secret_view(kmac), before, ret, f);
}

static enum status crypt(bool encrypt, const struct secret *dkek, struct cur in, uint8_t *out, struct fault *f)
{
	SECRET *kenc = secret_new(32);
	enum status st;

	if (kenc == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	st = dkek_kenc(dkek, kenc, f);
	return st != ST_OK ? st : aes256_cbc(encrypt, secret_bytes(kenc), zero_block, in, out, f);
}

/*
 * formats.md 4.2: 8 random bytes, the size, the items. What follows the last item is padding, which not every writer
 * adds, and is not looked at: the MAC has vouched for it.
 */
static bool take_inside(const struct form *form, struct blob_key *k)
{
	struct cur c = secret_view(k->plain);
	uint16_t size;

	if (!cur_take(&c, RANDOM_LEN, NULL) || !cur_u16(&c, &size))
		return false;
	k->n_items = form->n_items;
	if (form->type == BLOB_AES) {
		k->bits = 8u * size;
		return (size == 16 || size == 24 || size == 32) && cur_take(&c, size, &k->items[0]);
	}
	k->bits = size;
	for (size_t i = 0; i < form->n_items; i++) {
		if (!take_item(&c, &k->items[i]) || k->items[i].n == 0)
			return false;
	}
	return true;
}

enum status blob_open(const struct blob *b, const struct secret *dkek, struct blob_key *ret, struct fault *f)
{
	BLOB_KEY k = { .type = b->type, .algorithm = b->algorithm };
	uint8_t mac[MAC_LEN], diff = 0;
	enum status st = blob_check_kcv(b, dkek, f);

	if (st == ST_OK)
		st = make_mac(dkek, cur_of(b->whole.p, b->whole.n - MAC_LEN), mac, f);
	if (st != ST_OK)
		return st;
	for (size_t i = 0; i < MAC_LEN; i++)
		diff |= (uint8_t)(mac[i] ^ b->mac.p[i]);
	if (diff != 0)
		return fault_set(f, ST_DAMAGED,
				 "This wrapped key was damaged or changed: its seal (MAC) is wrong. The key in it is "
				 "lost unless there is another copy.");
	k.plain = secret_new(b->cipher.n);
	if (k.plain == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	st = crypt(false, dkek, b->cipher, secret_bytes(k.plain), f);
	if (st != ST_OK)
		return st;
	secret_set_len(k.plain, b->cipher.n);
	if (!take_inside(form_of(b->type), &k))
		return fault_set(f, ST_DAMAGED, "The seal (MAC) of this wrapped key is right, but what is inside has "
						"no known form.");
	*ret = k;
	k.plain = NULL;   /* the guard has nothing left to free */
	return ST_OK;
}

enum status blob_key_public(const struct blob_key *k, struct pubkey *ret, struct fault *f)
{
	const struct cur *i = k->items;
	const struct curve *curve;
	enum status st;

	switch (k->type) {
	case BLOB_RSA:
	case BLOB_RSA_CRT:
		return pubkey_rsa(i[k->n_items - 2], i[k->n_items - 1], ret, f);
	case BLOB_EC:
		st = curve_by_domain(i[2], i[0], i[1], i[4], i[3], &curve, f);
		return st != ST_OK ? st : pubkey_ec(curve, i[6], ret, f);
	default:
		return fault_set(f, ST_UNSUPPORTED, "An AES key has no public key.");
	}
}

enum status blob_key_cmac(const struct blob_key *k, uint8_t ret[static BLOB_CMAC_LEN], struct fault *f)
{
	if (k->type != BLOB_AES)
		return fault_set(f, ST_UNSUPPORTED, "Only an AES key is known by its CMAC.");
	return aes_cmac(k->items[0], cur_of(zero_block, sizeof(zero_block)), ret, f);
}

static bool put_u16(struct secret *s, size_t v)
{
	const uint8_t be[] = { (uint8_t)(v >> 8), (uint8_t)v };

	return secret_append(s, be, sizeof(be));
}

/* The random bytes stay zero until the key is sealed. */
static bool put_inside(const struct form *form, unsigned bits, const struct cur *items, struct secret *plain)
{
	bool fits = secret_append(plain, zero_block, RANDOM_LEN) &&
		    put_u16(plain, form->type == BLOB_AES ? bits / 8 : bits);

	for (size_t i = 0; i < form->n_items; i++) {
		if (form->type != BLOB_AES)
			fits = fits && put_u16(plain, items[i].n);
		fits = fits && secret_append(plain, items[i].p, items[i].n);
	}
	fits = fits && secret_put(plain, 0x80);
	while (secret_len(plain) % AES_BLOCK != 0)
		fits = fits && secret_put(plain, 0);
	return fits;
}

enum status blob_key_make(enum blob_type type, unsigned bits, const struct cur *items, size_t n_items,
			  struct blob_key *ret, struct fault *f)
{
	const struct form *form = form_of(type);
	BLOB_KEY k = { .type = type, .bits = bits };
	size_t size = RANDOM_LEN + 2 + AES_BLOCK;

	if (form == NULL || n_items != form->n_items || bits > 0xffff)
		return fault_set(f, ST_BAD_FORM, "This key cannot be put into a wrapped key.");
	for (size_t i = 0; i < n_items; i++) {
		if (items[i].n == 0 || items[i].n > 1024)
			return fault_set(f, ST_BAD_FORM, "This key cannot be put into a wrapped key.");
		size += 2 + items[i].n;
	}
	k.algorithm = form->algorithm;
	k.plain = secret_new(size / AES_BLOCK * AES_BLOCK);
	if (k.plain == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	if (!put_inside(form, bits, items, k.plain) || !take_inside(form, &k))
		return fault_set(f, ST_BAD_FORM, "This key cannot be put into a wrapped key.");
	*ret = k;
	k.plain = NULL;
	return ST_OK;
}

static void put_item(struct buf *b, struct cur item)
{
	buf_u16(b, (uint16_t)item.n);
	buf_cur(b, item);
}

enum status blob_seal(const struct blob_key *k, struct cur algorithms, const struct secret *dkek,
		      const uint8_t random[static 8], struct buf *ret, struct fault *f)
{
	const struct form *form = form_of(k->type);
	size_t n = secret_len(k->plain);
	uint8_t kcv[KCV_LEN], mac[MAC_LEN], cipher[BLOB_MAX];
	SECRET *plain = secret_copy(k->plain);
	BUF b = { 0 };
	enum status st = dkek_kcv(dkek, kcv, f);

	if (st != ST_OK)
		return st;
	if (plain == NULL || n > sizeof(cipher) || algorithms.n > 16)
		return fault_set(f, plain == NULL ? ST_NO_MEMORY : ST_BAD_FORM, NULL);
	memcpy(secret_bytes(plain), random, RANDOM_LEN);
	st = crypt(true, dkek, secret_view(plain), cipher, f);
	if (st != ST_OK)
		return st;
	buf_put(&b, kcv, KCV_LEN);
	buf_u8(&b, (uint8_t)k->type);
	put_item(&b, cur_of(form->oid, form->oid_len));
	put_item(&b, algorithms);
	put_item(&b, cur_of("", 0));   /* access conditions, key identifier: not used */
	put_item(&b, cur_of("", 0));
	buf_put(&b, cipher, n);
	if (b.failed)
		return fault_set(f, ST_NO_MEMORY, NULL);
	st = make_mac(dkek, buf_view(&b), mac, f);
	if (st != ST_OK)
		return st;
	buf_put(ret, b.p, b.n);
	buf_put(ret, mac, MAC_LEN);
	return ret->failed ? fault_set(f, ST_NO_MEMORY, NULL) : ST_OK;
}
