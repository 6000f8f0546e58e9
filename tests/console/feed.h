/* What a terminal sends, byte by byte, through the reader of keys. */
#ifndef TESTS_CONSOLE_FEED_H
#define TESTS_CONSOLE_FEED_H

#include <stddef.h>
#include <stdint.h>

#include "tui/console/keys.h"

#define FEED_MAX 32

/* The keys that come of it. */
static inline size_t feed(struct keys *k, const char *bytes, size_t n, uint32_t out[static FEED_MAX])
{
	size_t got = 0;

	for (size_t i = 0; i < n; i++) {
		uint32_t keys[2];
		size_t come = keys_byte(k, (unsigned char)bytes[i], keys);

		for (size_t j = 0; j < come && got < FEED_MAX; j++)
			out[got++] = keys[j];
	}
	return got;
}

#define FEED(k, bytes, out) feed((k), (bytes), sizeof(bytes) - 1, (out))

#endif
