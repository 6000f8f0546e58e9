#include "engine/base/text.h"

#include <string.h>

#define REPLACEMENT 0xfffd

size_t text_decode(const char *in, size_t n, uint32_t *ret_cp)
{
	const unsigned char *s = (const unsigned char *)in;
	uint32_t cp, least;
	size_t len;

	*ret_cp = REPLACEMENT;
	if (n == 0)
		return 0;
	if (s[0] < 0x80) {
		*ret_cp = s[0];
		return 1;
	}
	if ((s[0] & 0xe0) == 0xc0) {
		len = 2, cp = s[0] & 0x1f, least = 0x80;
	} else if ((s[0] & 0xf0) == 0xe0) {
		len = 3, cp = s[0] & 0x0f, least = 0x800;
	} else if ((s[0] & 0xf8) == 0xf0) {
		len = 4, cp = s[0] & 0x07, least = 0x10000;
	} else {
		return 1;
	}
	for (size_t i = 1; i < len; i++) {
		if (i >= n || (s[i] & 0xc0) != 0x80)
			return 1;
		cp = cp << 6 | (s[i] & 0x3f);
	}
	if (cp < least || cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff))
		return 1;
	*ret_cp = cp;
	return len;
}

/* Controls, marks that reorder or hide text, and code points without an agreed shape (Unicode 15, general categories
 * Cc, Cf, Zl, Zp, Co, and non-characters). */
static bool harmful(uint32_t cp)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {
		{ 0x0000, 0x001f }, { 0x007f, 0x009f }, { 0x00ad, 0x00ad }, { 0x034f, 0x034f }, { 0x0600, 0x0605 },
		{ 0x061c, 0x061c }, { 0x06dd, 0x06dd }, { 0x070f, 0x070f }, { 0x115f, 0x1160 }, { 0x17b4, 0x17b5 },
		{ 0x180b, 0x180f }, { 0x200b, 0x200f }, { 0x2028, 0x202e }, { 0x2060, 0x206f }, { 0x3164, 0x3164 },
		{ 0xe000, 0xf8ff }, { 0xfdd0, 0xfdef }, { 0xfe00, 0xfe0f }, { 0xfeff, 0xfeff }, { 0xffa0, 0xffa0 },
		{ 0xfff0, 0xfffb }, { 0xfffe, 0xffff }, { 0x110bd, 0x110bd }, { 0x1bca0, 0x1bca3 },
		{ 0x1d173, 0x1d17a }, { 0xe0000, 0x10ffff },
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		if (cp >= ranges[i].first && cp <= ranges[i].last)
			return true;
	}
	return (cp & 0xfffe) == 0xfffe;
}

void text_clean(char *out, size_t cap, const void *in, size_t n)
{
	const char *s = in;
	size_t o = 0;

	while (n > 0) {
		static const char replacement[] = "\xef\xbf\xbd";
		uint32_t cp;
		size_t len = text_decode(s, n, &cp);
		bool bad = cp == REPLACEMENT || harmful(cp);
		size_t put = bad ? 3 : len;

		if (o + put + 1 > cap)
			break;
		memcpy(out + o, bad ? replacement : s, put);
		o += put;
		s += len;
		n -= len;
	}
	if (cap > 0)
		out[o] = '\0';
}

bool text_is_clean(const char *text)
{
	size_t n = strlen(text);

	while (n > 0) {
		uint32_t cp;
		size_t len = text_decode(text, n, &cp);

		if (cp == REPLACEMENT || harmful(cp))
			return false;
		text += len;
		n -= len;
	}
	return true;
}
