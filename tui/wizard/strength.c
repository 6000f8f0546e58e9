#include "tui/wizard/strength.h"

#include <stddef.h>
#include <string.h>

static const struct {
	const char *algorithm;
	unsigned weak_below, ending_below;
} rows[] = {
	{ "rsa", 2048, 3072 },
	{ "ec", 224, 256 },
};

enum strength key_strength(const char *algorithm, unsigned bits)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (bits == 0 || strcmp(algorithm, rows[i].algorithm) != 0)
			continue;
		return bits < rows[i].weak_below ? STRENGTH_WEAK : bits < rows[i].ending_below ? STRENGTH_ENDING : STRENGTH_FINE;
	}
	return STRENGTH_FINE;
}

unsigned key_weak_below(const char *algorithm)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strcmp(algorithm, rows[i].algorithm) == 0)
			return rows[i].weak_below;
	}
	return 0;
}
