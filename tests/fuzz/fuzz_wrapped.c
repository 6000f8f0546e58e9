/*
 * Wrapped-key files, and what is inside of them: an input that begins with FF and a type is taken for the plaintext of
 * a blob, sealed under a known DKEK, and opened, since no fuzzer guesses a MAC.
 */
#include <string.h>

#include "engine/keys/wrapped.h"
#include "tests/fuzz/fuzz.h"

static struct secret *known_dkek(void)
{
	struct secret *s = secret_new(DKEK_LEN);

	for (uint8_t i = 0; s != NULL && i < DKEK_LEN; i++)
		(void)secret_put(s, i);   /* K1 of formats.md 8.1 */
	return s;
}

static void check_inside(uint8_t type, struct cur plain, const struct secret *dkek)
{
	BLOB_KEY key = { .type = type, .plain = secret_new((plain.n + 31) / 16 * 16) }, opened = { 0 };
	uint8_t cmac[BLOB_CMAC_LEN];
	struct pubkey pub;
	struct blob b;
	BUF bytes = { 0 };

	MUST(key.plain != NULL && secret_append(key.plain, plain.p, plain.n));
	while (secret_len(key.plain) < secret_cap(key.plain))
		(void)secret_put(key.plain, 0);
	if (plain.n < 8 || blob_seal(&key, cur_of("", 0), dkek, plain.p, &bytes, NULL) != ST_OK ||
	    blob_parse(buf_view(&bytes), &b, NULL) != ST_OK || blob_open(&b, dkek, &opened, NULL) != ST_OK)
		return;
	for (size_t i = 0; i < opened.n_items; i++)
		MUST(opened.items[i].p >= secret_view(opened.plain).p &&
		     opened.items[i].n <= secret_len(opened.plain));
	(void)blob_key_public(&opened, &pub, NULL);
	(void)blob_key_cmac(&opened, cmac, NULL);
}

static void check_file(struct cur file, const struct secret *dkek)
{
	struct wrapped_identity id;
	struct wrapped w;
	char words[300];
	BUF again = { 0 };
	enum status st;

	if (wrapped_parse(file, &w, NULL) != ST_OK)
		return;
	wrapped_damage_words(w.damage, words, sizeof(words));
	MUST((w.damage == 0) == (words[0] == '\0'));
	MUST(w.has_key == (w.cert_kind != WRAPPED_NO_CERT) && w.has_key == (w.cert.n > 0));
	MUST(w.has_description == (w.prkd.n > 0));
	st = wrapped_open(&w, dkek, &id, NULL);
	MUST(st == ST_OK || st == ST_MISMATCH || st == ST_DAMAGED || st == ST_OTHER_DKEK || st == ST_UNSUPPORTED);
	MUST(wrapped_build(w.blob.whole, w.prkd, w.cert, &again, NULL) == ST_OK);
	MUST(wrapped_parse(buf_view(&again), &w, NULL) == ST_OK && w.damage == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t types[] = { BLOB_RSA, BLOB_RSA_CRT, BLOB_EC, BLOB_AES };
	SECRET *dkek = known_dkek();

	MUST(dkek != NULL);
	if (size >= 2 && size < BLOB_MAX - 64 && data[0] == 0xff)
		check_inside(types[data[1] % 4], cur_of(data + 2, size - 2), dkek);
	else
		check_file(cur_of(data, size), dkek);
	return 0;
}
