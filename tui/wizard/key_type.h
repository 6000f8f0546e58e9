/* Kinds of keys as people name them: "rsa:4096", "ec:P-256", "aes:256" in commands; "RSA 4096", "P-256" on screens. */
#ifndef TUI_WIZARD_KEY_TYPE_H
#define TUI_WIZARD_KEY_TYPE_H

#include "engine/base/error.h"
#include "engine/card/keys.h"
#include "engine/keys/describe.h"
#include "engine/keys/pubkey.h"

#define KEY_WORDS_MAX 24

/* bits of an EC key: those of its field. ST_BAD_FORM, with what is possible. */
enum status key_type_parse(const char *text, struct keygen_params *ret, struct fault *f);

/* curve may be NULL, where only the bits of the field are known. */
void key_words(enum key_algorithm algorithm, unsigned bits, const struct curve *curve, char out[static KEY_WORDS_MAX]);
const char *key_algorithm_word(enum key_algorithm a);   /* "rsa", "ec", "aes", as JSON has it */

/* A label that a person gave. ST_BAD_FORM: empty, too long, not UTF-8, or with characters that do not show. */
enum status label_check(const char *label, struct fault *f);

/* A CKA_ID as hex digits, 1 to DESCRIBE_ID_MAX bytes. ST_BAD_FORM. */
enum status id_parse(const char *hex, uint8_t ret_id[static DESCRIBE_ID_MAX], size_t *ret_len, struct fault *f);

#endif
