#include "engine/base/tlv.h"

/* ISO 7816-4 5.2.2: a first byte with five ones is followed by bytes whose top bit says that one more comes. */
static bool take_tag(struct cur *c, uint32_t *ret)
{
	uint32_t tag;
	uint8_t b;

	if (!cur_u8(c, &b))
		return false;
	tag = b;
	if ((b & 0x1f) == 0x1f) {
		do {
			if (tag > 0xffff || !cur_u8(c, &b))
				return false;
			tag = tag << 8 | b;
		} while (b & 0x80);
	}
	*ret = tag;
	return true;
}

static bool take_length(struct cur *c, size_t *ret)
{
	size_t len = 0;
	uint8_t b, count;

	if (!cur_u8(c, &b))
		return false;
	if (b < 0x80) {
		*ret = b;
		return true;
	}
	count = b & 0x7f;
	if (count == 0 || count > 3)
		return false;
	while (count-- > 0) {
		if (!cur_u8(c, &b))
			return false;
		len = len << 8 | b;
	}
	*ret = len;
	return true;
}

bool tlv_next(struct cur *c, struct tlv *ret)
{
	struct cur rest = *c;
	struct tlv t;
	size_t len;

	if (!take_tag(&rest, &t.tag) || !take_length(&rest, &len) || !cur_take(&rest, len, &t.value))
		return false;
	t.whole = cur_of(c->p, c->n - rest.n);
	*ret = t;
	*c = rest;
	return true;
}

bool tlv_expect(struct cur *c, uint32_t tag, struct tlv *ret)
{
	struct cur rest = *c;
	struct tlv t;

	if (!tlv_next(&rest, &t) || t.tag != tag)
		return false;
	*ret = t;
	*c = rest;
	return true;
}

bool tlv_find(struct cur c, uint32_t tag, struct tlv *ret)
{
	struct tlv t;

	while (tlv_next(&c, &t)) {
		if (t.tag == tag) {
			*ret = t;
			return true;
		}
	}
	return false;
}

void buf_tlv(struct buf *b, uint32_t tag, const void *value, size_t n)
{
	for (int shift = 16; shift >= 0; shift -= 8) {
		if (tag >> shift != 0)
			buf_u8(b, (uint8_t)(tag >> shift));
	}
	if (n > 0xffffff) {
		b->failed = true;
		return;
	}
	if (n > 0xffff) {
		buf_u8(b, 0x83);
		buf_u8(b, (uint8_t)(n >> 16));
		buf_u16(b, (uint16_t)n);
	} else if (n > 0xff) {
		buf_u8(b, 0x82);
		buf_u16(b, (uint16_t)n);
	} else {
		if (n > 0x7f)
			buf_u8(b, 0x81);
		buf_u8(b, (uint8_t)n);
	}
	buf_put(b, value, n);
}

void buf_tlv_buf(struct buf *b, uint32_t tag, const struct buf *value)
{
	if (value->failed)
		b->failed = true;
	else
		buf_tlv(b, tag, value->p, value->n);
}
