/*
 * DKEK share files as sc-hsm-tool and the vendor's scripts write them (formats.md 2): 64 bytes, "Salted__", salt, and
 * AES-256-CBC of the 32-byte share and a whole padding block, under a key made from the password by ten million rounds
 * of MD5. On paper: the same 64 bytes as 88 characters of base64.
 */
#ifndef ENGINE_KEYS_SHARE_H
#define ENGINE_KEYS_SHARE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/bytes.h"
#include "engine/base/error.h"
#include "engine/base/secret.h"

#define SHARE_LEN 32
#define SHARE_SALT_LEN 8
#define SHARE_FILE_LEN 64
#define SHARE_TEXT_LEN 88
#define SHARE_FILE_MAX 4096          /* what is worth reading of a file that may be a share, paper form included */
#define SHARE_ITERATIONS 10000000u   /* the only count there is outside of tests */

/* Called a few hundred times with done of total, on the thread that computes; false cancels. */
typedef bool share_progress(void *ctx, unsigned done, unsigned total);

/*
 * Is this a share file, without its password? The 64 bytes are given, from the paper form too (blanks and line breaks
 * are skipped there). ST_DAMAGED: cut short, longer than 64 bytes, or no share file at all.
 */
enum status share_parse(struct cur file, uint8_t ret_file[static SHARE_FILE_LEN], struct fault *f);

/*
 * The share of a file, into ret_share, which has room for 32 bytes. progress may be NULL.
 * ST_DAMAGED as share_parse(); ST_PASSWORD_WRONG: the 16 padding bytes are not all as they must be; ST_CANCELLED.
 */
enum status share_open(struct cur file, const struct secret *password, unsigned iterations, share_progress *progress,
		       void *ctx, struct secret *ret_share, struct fault *f);

/* A share file. The salt is random, from the device or this computer. ST_BAD_FORM: the share is not 32 bytes long. */
enum status share_seal(const struct secret *share, const struct secret *password,
		       const uint8_t salt[static SHARE_SALT_LEN], unsigned iterations, share_progress *progress,
		       void *ctx, uint8_t ret_file[static SHARE_FILE_LEN], struct fault *f);

/* The paper form, with a NUL, in one line. */
void share_to_text(const uint8_t file[static SHARE_FILE_LEN], char out[static SHARE_TEXT_LEN + 1]);

#endif
