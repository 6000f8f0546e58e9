/*
 * The key of a share file is OpenSSL's old EVP_BytesToKey() with MD5: three digests D1, D2, D3, each of ten million
 * rounds, each begun with the one before, the password and the salt. From the second round on the message is the
 * 16-byte digest of the round before, hence always one MD5 block whose other 48 bytes never change. That block is
 * prepared once, and each round is one call of the compression function: about a quarter of what the digest interface
 * takes, which sets up, pads and finishes a digest every time. The rounds follow from one another, so no further core
 * helps within one share.
 */
#include "engine/keys/share.h"

#define OPENSSL_SUPPRESS_DEPRECATED   /* the compression function has no successor in OpenSSL 3 */
#include <assert.h>
#include <openssl/evp.h>
#include <openssl/md5.h>
#include <string.h>

#include "engine/keys/cipher.h"

#define MAGIC "Salted__"
#define MAGIC_LEN 8
#define HEAD_LEN (MAGIC_LEN + SHARE_SALT_LEN)
#define CIPHER_LEN (SHARE_FILE_LEN - HEAD_LEN)
#define PAD_LEN (CIPHER_LEN - SHARE_LEN)
#define PROGRESS_STEP 100000u   /* rounds, some 10 ms */

/* All that is secret while a key is made; lives in secret memory. */
struct work {
	MD5_CTX md5;
	uint8_t block[MD5_CBLOCK];
	uint8_t key[3 * MD5_DIGEST_LENGTH];   /* D1 || D2: AES-256 key; D3: initialisation vector */
	uint8_t plain[CIPHER_LEN];
};

struct watch {
	share_progress *fn;
	void *ctx;
	unsigned done, total;
};

static bool is_blank(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* 88 characters of base64, blanks skipped; only the one spelling that share_to_text() makes. */
static bool from_text(struct cur file, uint8_t out[static SHARE_FILE_LEN])
{
	char text[SHARE_TEXT_LEN + 1], again[SHARE_TEXT_LEN + 1];
	uint8_t bytes[SHARE_FILE_LEN + 2];
	size_t n = 0;

	for (size_t i = 0; i < file.n; i++) {
		if (is_blank(file.p[i]))
			continue;
		if (n == SHARE_TEXT_LEN)
			return false;
		text[n++] = (char)file.p[i];
	}
	text[n] = '\0';
	if (n != SHARE_TEXT_LEN || EVP_DecodeBlock(bytes, (const uint8_t *)text, SHARE_TEXT_LEN) != sizeof(bytes))
		return false;
	share_to_text(bytes, again);
	if (memcmp(text, again, SHARE_TEXT_LEN) != 0)
		return false;
	memcpy(out, bytes, SHARE_FILE_LEN);
	return true;
}

enum status share_parse(struct cur file, uint8_t ret_file[static SHARE_FILE_LEN], struct fault *f)
{
	uint8_t bytes[SHARE_FILE_LEN];

	if (file.n >= MAGIC_LEN && memcmp(file.p, MAGIC, MAGIC_LEN) == 0) {
		if (file.n < SHARE_FILE_LEN)
			return fault_set(f, ST_DAMAGED,
					 "This DKEK share file is cut short: it has %zu of %d bytes. Take another copy "
					 "of it.", file.n, SHARE_FILE_LEN);
		if (file.n > SHARE_FILE_LEN)
			return fault_set(f, ST_DAMAGED,
					 "This begins like a DKEK share file, but is longer than its %d bytes. It was "
					 "changed, or it is something else. Take another copy of it.", SHARE_FILE_LEN);
		memcpy(ret_file, file.p, SHARE_FILE_LEN);
		return ST_OK;
	}
	if (!from_text(file, bytes) || memcmp(bytes, MAGIC, MAGIC_LEN) != 0)
		return fault_set(f, ST_DAMAGED,
				 "This is not a DKEK share file: those have %d bytes and begin with \"%s\", or are the same as %d "
				 "characters of base64.", SHARE_FILE_LEN, MAGIC, SHARE_TEXT_LEN);
	memcpy(ret_file, bytes, SHARE_FILE_LEN);
	return ST_OK;
}

void share_to_text(const uint8_t file[static SHARE_FILE_LEN], char out[static SHARE_TEXT_LEN + 1])
{
	EVP_EncodeBlock((uint8_t *)out, file, SHARE_FILE_LEN);
}

static inline void put_le32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
	p[2] = (uint8_t)(v >> 16);
	p[3] = (uint8_t)(v >> 24);
}

/* MD5 of the digest at the head of the prepared block, in its place. */
static inline void round_of_md5(struct work *w)
{
	MD5_Init(&w->md5);
	MD5_Transform(&w->md5, w->block);
	put_le32(w->block, w->md5.A);
	put_le32(w->block + 4, w->md5.B);
	put_le32(w->block + 8, w->md5.C);
	put_le32(w->block + 12, w->md5.D);
}

static bool report(struct watch *watch, unsigned rounds)
{
	watch->done += rounds;
	return watch->fn == NULL || watch->fn(watch->ctx, watch->done, watch->total);
}

/* Digest i of three, into its place in w->key. False: cancelled. */
static bool make_digest(struct work *w, unsigned i, struct cur password, const uint8_t *salt, unsigned iterations,
			struct watch *watch)
{
	/* RFC 1321 3.1 and 3.2: a bit, zeros, and the length in bits, for a message of 16 bytes */
	memset(w->block, 0, sizeof(w->block));
	w->block[MD5_DIGEST_LENGTH] = 0x80;
	w->block[MD5_CBLOCK - 8] = 8 * MD5_DIGEST_LENGTH;

	MD5_Init(&w->md5);
	if (i > 0)
		MD5_Update(&w->md5, w->key + (i - 1) * MD5_DIGEST_LENGTH, MD5_DIGEST_LENGTH);
	MD5_Update(&w->md5, password.p, password.n);
	MD5_Update(&w->md5, salt, SHARE_SALT_LEN);
	MD5_Final(w->block, &w->md5);
	for (unsigned left = iterations - 1; left > 0;) {
		unsigned step = left < PROGRESS_STEP ? left : PROGRESS_STEP;

		for (unsigned k = 0; k < step; k++)
			round_of_md5(w);
		left -= step;
		if (!report(watch, step))
			return false;
	}
	memcpy(w->key + i * MD5_DIGEST_LENGTH, w->block, MD5_DIGEST_LENGTH);
	return report(watch, 1);
}

static enum status make_key(struct work *w, const struct secret *password, const uint8_t *salt, unsigned iterations,
			    share_progress *progress, void *ctx, struct fault *f)
{
	struct watch watch = { progress, ctx, 0, 3 * iterations };

	if (iterations == 0 || iterations > UINT32_MAX / 3)
		return fault_set(f, ST_BAD_FORM, "%u is no count of iterations for a DKEK share.", iterations);
	for (unsigned i = 0; i < 3; i++) {
		if (!make_digest(w, i, secret_view(password), salt, iterations, &watch))
			return fault_set(f, ST_CANCELLED, "Deriving the key of the DKEK share was cancelled.");
	}
	return ST_OK;
}

/* Secret memory ends where its pages end, so that a whole struct in it is aligned. */
static struct work *work_of(struct secret *s)
{
	static_assert(sizeof(struct work) % _Alignof(struct work) == 0, "secret_new() aligns by the end");
	return (struct work *)(void *)secret_bytes(s);
}

enum status share_open(struct cur file, const struct secret *password, unsigned iterations, share_progress *progress,
		       void *ctx, struct secret *ret_share, struct fault *f)
{
	uint8_t bytes[SHARE_FILE_LEN], wrong = 0;
	enum status st = share_parse(file, bytes, f);
	SECRET *memory = secret_new(sizeof(struct work));
	struct work *w;

	if (st != ST_OK)
		return st;
	if (memory == NULL || secret_cap(ret_share) < SHARE_LEN)
		return fault_set(f, ST_NO_MEMORY, NULL);
	w = work_of(memory);
	st = make_key(w, password, bytes + MAGIC_LEN, iterations, progress, ctx, f);
	if (st == ST_OK)
		st = aes256_cbc(false, w->key, w->key + 32, cur_of(bytes + HEAD_LEN, CIPHER_LEN), w->plain, f);
	if (st != ST_OK)
		return st;
	/* One right byte happens to one wrong password in 256, and ordinary padding rules would be content with it. */
	for (size_t i = SHARE_LEN; i < CIPHER_LEN; i++)
		wrong |= (uint8_t)(w->plain[i] ^ PAD_LEN);
	if (wrong != 0)
		return fault_set(f, ST_PASSWORD_WRONG,
				 "The password does not open this DKEK share. It may be mistyped, or belong to another "
				 "share; nothing counts wrong tries, so try again.");
	secret_set(ret_share, w->plain, SHARE_LEN);
	return ST_OK;
}

enum status share_seal(const struct secret *share, const struct secret *password,
		       const uint8_t salt[static SHARE_SALT_LEN], unsigned iterations, share_progress *progress,
		       void *ctx, uint8_t ret_file[static SHARE_FILE_LEN], struct fault *f)
{
	SECRET *memory = secret_new(sizeof(struct work));
	uint8_t cipher[CIPHER_LEN];
	struct work *w;
	enum status st;

	if (secret_len(share) != SHARE_LEN)
		return fault_set(f, ST_BAD_FORM, "A DKEK share has %d bytes, not %zu.", SHARE_LEN, secret_len(share));
	if (memory == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	w = work_of(memory);
	st = make_key(w, password, salt, iterations, progress, ctx, f);
	if (st != ST_OK)
		return st;
	memcpy(w->plain, secret_view(share).p, SHARE_LEN);
	memset(w->plain + SHARE_LEN, PAD_LEN, PAD_LEN);
	st = aes256_cbc(true, w->key, w->key + 32, cur_of(w->plain, CIPHER_LEN), cipher, f);
	if (st != ST_OK)
		return st;
	memcpy(ret_file, MAGIC, MAGIC_LEN);
	memcpy(ret_file + MAGIC_LEN, salt, SHARE_SALT_LEN);
	memcpy(ret_file + HEAD_LEN, cipher, CIPHER_LEN);
	return ST_OK;
}
