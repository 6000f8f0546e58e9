/* AES as this folder needs it; keys and results may stand in secret memory, and leave no copy elsewhere. */
#ifndef ENGINE_KEYS_CIPHER_H
#define ENGINE_KEYS_CIPHER_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/bytes.h"
#include "engine/base/error.h"
#include "engine/base/words.h"

#define AES_BLOCK 16

/* ST_CRYPTO with OpenSSL's reason; doing is a sentence's "while ...". Empties OpenSSL's queue of errors. */
enum status fault_openssl(struct fault *f, const char *failed);   /* N_("OpenSSL failed to ...") */

/*
 * Why OpenSSL refused something from outside: ST_NO_MEMORY where its queue of errors says so, otherwise otherwise with
 * these words. Empties the queue, which the caller emptied before the attempt.
 */
enum status fault_input(struct fault *f, enum status otherwise, const char *words);

/* AES-256-CBC without padding; in.n is a multiple of 16 and out has as much room. */
enum status aes256_cbc(bool encrypt, const uint8_t key[static 32], const uint8_t iv[static AES_BLOCK], struct cur in,
		       uint8_t *out, struct fault *f);

/* key has 16, 24 or 32 bytes. */
enum status aes_cmac(struct cur key, struct cur message, uint8_t ret[static AES_BLOCK], struct fault *f);

#endif
