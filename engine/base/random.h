/* Random numbers of this computer, for shares and salts: OpenSSL's generator, seeded by the kernel. */
#ifndef ENGINE_BASE_RANDOM_H
#define ENGINE_BASE_RANDOM_H

#include <stddef.h>

#include "engine/base/error.h"
#include "engine/base/secret.h"

enum status random_bytes(void *out, size_t n, struct fault *f);

/* n secret bytes into s, which has room for them, from the generator for private values. */
enum status random_secret(struct secret *s, size_t n, struct fault *f);

#endif
