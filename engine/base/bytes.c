#include "engine/base/bytes.h"

#include <stdlib.h>
#include <string.h>

bool cur_take(struct cur *c, size_t n, struct cur *ret_part)
{
	if (n > c->n)
		return false;
	if (ret_part != NULL)
		*ret_part = cur_of(c->p, n);
	if (n > 0) {
		c->p += n;
		c->n -= n;
	}
	return true;
}

bool cur_u8(struct cur *c, uint8_t *ret)
{
	struct cur part;

	if (!cur_take(c, 1, &part))
		return false;
	*ret = part.p[0];
	return true;
}

bool cur_u16(struct cur *c, uint16_t *ret)
{
	struct cur part;

	if (!cur_take(c, 2, &part))
		return false;
	*ret = (uint16_t)(part.p[0] << 8 | part.p[1]);
	return true;
}

bool cur_equal(struct cur a, const void *p, size_t n)
{
	return a.n == n && (n == 0 || memcmp(a.p, p, n) == 0);
}

void buf_done(struct buf *b)
{
	if (b == NULL)
		return;
	if (b->p != NULL)
		explicit_bzero(b->p, b->cap);
	free(b->p);
	*b = (struct buf){ 0 };
}

/* Room for n more bytes. The old copy is erased: realloc() would leave it behind. */
static bool buf_reserve(struct buf *b, size_t n)
{
	size_t cap = b->cap > 0 ? b->cap : 64;
	uint8_t *p;

	if (b->failed)
		return false;
	if (n <= b->cap - b->n)
		return true;
	while (cap - b->n < n) {
		if (cap > SIZE_MAX / 2) {
			b->failed = true;
			return false;
		}
		cap *= 2;
	}
	p = malloc(cap);
	if (p == NULL) {
		b->failed = true;
		return false;
	}
	if (b->p != NULL) {
		memcpy(p, b->p, b->n);
		explicit_bzero(b->p, b->cap);
		free(b->p);
	}
	b->p = p;
	b->cap = cap;
	return true;
}

void buf_put(struct buf *b, const void *p, size_t n)
{
	if (n == 0 || !buf_reserve(b, n))
		return;
	memcpy(b->p + b->n, p, n);
	b->n += n;
}

void buf_u8(struct buf *b, uint8_t v)
{
	buf_put(b, &v, 1);
}

void buf_u16(struct buf *b, uint16_t v)
{
	const uint8_t be[2] = { (uint8_t)(v >> 8), (uint8_t)v };

	buf_put(b, be, sizeof(be));
}

void buf_cur(struct buf *b, struct cur c)
{
	buf_put(b, c.p, c.n);
}

static void hex_format(char *out, const uint8_t *p, size_t n, const char *digits)
{
	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digits[p[i] >> 4];
		out[2 * i + 1] = digits[p[i] & 15];
	}
	out[2 * n] = '\0';
}

void hex_lower(char *out, const void *p, size_t n)
{
	hex_format(out, p, n, "0123456789abcdef");
}

void hex_upper(char *out, const void *p, size_t n)
{
	hex_format(out, p, n, "0123456789ABCDEF");
}

/* The digit's value, or -1; by arithmetic, since a table would be indexed by an SO-PIN's digits. */
static int hex_digit(unsigned char c)
{
	int dec = (c - '0') | ((('9' - c) | (c - '0')) >> 31);
	int low = c | 0x20;
	int let = (low - 'a' + 10) | ((('f' - low) | (low - 'a')) >> 31);

	return dec >= 0 ? dec : let;
}

bool hex_parse(const char *text, size_t len, uint8_t *out, size_t cap, size_t *ret_n)
{
	int bad = 0;

	if (len % 2 != 0 || len / 2 > cap)
		return false;
	for (size_t i = 0; i < len / 2; i++) {
		int hi = hex_digit((unsigned char)text[2 * i]);
		int lo = hex_digit((unsigned char)text[2 * i + 1]);

		bad |= hi | lo;
		out[i] = (uint8_t)((hi & 15) << 4 | (lo & 15));
	}
	if (bad < 0)
		return false;
	*ret_n = len / 2;
	return true;
}
