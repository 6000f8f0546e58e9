/* The two hashes that other modules and floors need, of things that are not secret. */
#ifndef ENGINE_KEYS_DIGEST_H
#define ENGINE_KEYS_DIGEST_H

#include <stdint.h>

#include "engine/base/bytes.h"
#include "engine/base/error.h"

enum status digest_sha256(struct cur data, uint8_t ret[static 32], struct fault *f);
/*
 * OpenSSL looks for its algorithms when the first one is asked for, which takes as long as ten answers of a fast card. A
 * thread that has nothing else to do may have that done before. Any thread; nothing depends on it.
 */
void digest_prepare(void);

enum status digest_sha1(struct cur data, uint8_t ret[static 20], struct fault *f);   /* key identifiers only */

#endif
