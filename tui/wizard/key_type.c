#include "tui/wizard/key_type.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"

static const struct size_row {
	const char *text;
	enum key_algorithm algorithm;
	unsigned bits;
} sizes[] = {
	{ "rsa:1024", KEY_RSA, 1024 }, { "rsa:1536", KEY_RSA, 1536 }, { "rsa:2048", KEY_RSA, 2048 },
	{ "rsa:3072", KEY_RSA, 3072 }, { "rsa:4096", KEY_RSA, 4096 },
	{ "aes:128", KEY_AES, 128 }, { "aes:192", KEY_AES, 192 }, { "aes:256", KEY_AES, 256 },
};

enum status key_type_parse(const char *text, struct keygen_params *ret, struct fault *f)
{
	struct keygen_params p = { .domain = KEY_NO_DOMAIN };

	if (strncmp(text, "ec:", 3) == 0) {
		p.algorithm = KEY_EC;
		p.curve = curve_by_name(text + 3);
		if (p.curve == NULL)
			return fault_set(f, ST_BAD_FORM,
					 "\"%.40s\" is no curve that these devices have. Known are for example "
					 "secp256r1, secp384r1, secp521r1, brainpoolP256r1, brainpoolP384r1, "
					 "brainpoolP512r1 and secp256k1.",
					 text + 3);
		p.bits = p.curve->bits;
		*ret = p;
		return ST_OK;
	}
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		if (strcmp(text, sizes[i].text) != 0)
			continue;
		p.algorithm = sizes[i].algorithm;
		p.bits = sizes[i].bits;
		*ret = p;
		return ST_OK;
	}
	return fault_set(f, ST_BAD_FORM,
			 "\"%.40s\" is no type of key. It is rsa:2048, rsa:3072, rsa:4096, ec: and the name of a curve, "
			 "aes:128, aes:192 or aes:256.",
			 text);
}

void key_words(enum key_algorithm algorithm, unsigned bits, const struct curve *curve, char out[static KEY_WORDS_MAX])
{
	if (algorithm == KEY_EC && curve != NULL)
		snprintf(out, KEY_WORDS_MAX, "%s", curve->display);
	else if (algorithm == KEY_EC)
		snprintf(out, KEY_WORDS_MAX, bits != 0 ? "EC %u" : "EC", bits);
	else
		snprintf(out, KEY_WORDS_MAX, bits != 0 ? "%s %u" : "%s", algorithm == KEY_RSA ? "RSA" : "AES", bits);
}

const char *key_algorithm_word(enum key_algorithm a)
{
	return a == KEY_RSA ? "rsa" : a == KEY_EC ? "ec" : "aes";
}

enum status label_check(const char *label, struct fault *f)
{
	if (label[0] == '\0')
		return fault_set(f, ST_BAD_FORM, "A label is needed, so that people can tell it from others.");
	if (strspn(label, " ") == strlen(label))
		return fault_set(f, ST_BAD_FORM, "A label of only blanks cannot be seen, and nobody could tell what it belongs to.");
	if (strlen(label) >= DESCRIBE_LABEL_MAX)
		return fault_set(f, ST_BAD_FORM, "The label is too long: at most %d bytes.", DESCRIBE_LABEL_MAX - 1);
	if (!text_is_clean(label))
		return fault_set(f, ST_BAD_FORM,
				 "The label is not valid UTF-8, or has control characters or marks that do not show. "
				 "Other people would not see what was typed.");
	return ST_OK;
}

enum status id_parse(const char *hex, uint8_t ret_id[static DESCRIBE_ID_MAX], size_t *ret_len, struct fault *f)
{
	uint8_t id[DESCRIBE_ID_MAX];
	size_t n = 0;

	if (!hex_parse(hex, strlen(hex), id, sizeof(id), &n) || n == 0)
		return fault_set(f, ST_BAD_FORM,
				 "\"%.40s\" is no CKA_ID. It is an even number of hexadecimal digits, without blanks, "
				 "at most %d.",
				 hex, 2 * DESCRIBE_ID_MAX);
	memcpy(ret_id, id, n);
	*ret_len = n;
	return ST_OK;
}
