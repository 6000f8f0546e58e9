/* SHA-256 of two pieces, one after the other; false where memory is out. Internal to engine/sim. */
#ifndef ENGINE_SIM_DIGEST_H
#define ENGINE_SIM_DIGEST_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/bytes.h"

bool sim_sha256(uint8_t out[static 32], struct cur a, struct cur b);

#endif
