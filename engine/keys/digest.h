/* The two hashes that other modules and floors need, of things that are not secret. */
#ifndef ENGINE_KEYS_DIGEST_H
#define ENGINE_KEYS_DIGEST_H

#include <stdint.h>

#include "engine/base/bytes.h"
#include "engine/base/error.h"

enum status digest_sha256(struct cur data, uint8_t ret[static 32], struct fault *f);
enum status digest_sha1(struct cur data, uint8_t ret[static 20], struct fault *f);   /* key identifiers only */

#endif
