/*
 * Bytes from outside are read through a cursor, which moves only when the read fits; bytes to be sent are put into a
 * buffer that remembers a failed allocation, so that a chain of puts needs one check.
 */
#ifndef ENGINE_BASE_BYTES_H
#define ENGINE_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cur {
	const uint8_t *p;
	size_t n;
};

static inline struct cur cur_of(const void *p, size_t n)
{
	return (struct cur){ p, n };
}

/* The first n bytes; false, and nothing moved, where there are fewer. ret_part may be NULL. */
bool cur_take(struct cur *c, size_t n, struct cur *ret_part);
bool cur_u8(struct cur *c, uint8_t *ret);
bool cur_u16(struct cur *c, uint16_t *ret);   /* big-endian, as everything on this card */
bool cur_equal(struct cur a, const void *p, size_t n);

/* Not for secrets: those have engine/base/secret.h. The bytes are erased all the same when given back. */
struct buf {
	uint8_t *p;
	size_t n, cap;
	bool failed;   /* an allocation failed: p and n are not to be used */
};

void buf_done(struct buf *b);    /* NULL is fine; b is empty and usable afterwards */
void buf_put(struct buf *b, const void *p, size_t n);
void buf_u8(struct buf *b, uint8_t v);
void buf_u16(struct buf *b, uint16_t v);
void buf_cur(struct buf *b, struct cur c);
static inline struct cur buf_view(const struct buf *b)
{
	return (struct cur){ b->p, b->n };
}
#define BUF CLEANUP(buf_done) struct buf   /* BUF b = { 0 }; */

/* out takes 2n + 1 characters. */
void hex_lower(char *out, const void *p, size_t n);
void hex_upper(char *out, const void *p, size_t n);
/*
 * Reads pairs of hex digits of either case; no separators. False where text has another character, an odd count, or
 * more than cap bytes; *ret_n is then untouched. Takes its time from the length alone.
 */
bool hex_parse(const char *text, size_t len, uint8_t *out, size_t cap, size_t *ret_n);

#endif
