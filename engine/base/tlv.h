/*
 * BER-TLV as ISO 7816-4, CVC (TR-03110) and PKCS#15 use it: tags of up to three bytes, definite lengths of up to three
 * length bytes (81 xx, 82 xxxx, 83 xxxxxx).
 */
#ifndef ENGINE_BASE_TLV_H
#define ENGINE_BASE_TLV_H

#include "engine/base/bytes.h"

struct tlv {
	uint32_t tag;        /* the tag's bytes as one number: 0x30, 0x7f21 */
	struct cur value;
	struct cur whole;    /* tag, length and value */
};

/* The next object; false, and c not moved, where it is malformed, runs past the end, or nothing is left. */
bool tlv_next(struct cur *c, struct tlv *ret);

/* tlv_next() that also demands the tag. */
bool tlv_expect(struct cur *c, uint32_t tag, struct tlv *ret);

/* The first object with this tag at this level. */
bool tlv_find(struct cur c, uint32_t tag, struct tlv *ret);

void buf_tlv(struct buf *b, uint32_t tag, const void *value, size_t n);
void buf_tlv_buf(struct buf *b, uint32_t tag, const struct buf *value);   /* a failed value makes b fail */

#endif
