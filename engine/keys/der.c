#include "engine/keys/der.h"

struct cur der_trim(struct cur c)
{
	while (c.n > 0 && c.p[0] == 0)
		cur_take(&c, 1, NULL);
	return c;
}

void der_put_uint(struct buf *b, struct cur number)
{
	struct cur c = der_trim(number);
	BUF value = { 0 };

	if (c.n == 0 || (c.p[0] & 0x80) != 0)
		buf_u8(&value, 0);
	buf_cur(&value, c);
	buf_tlv_buf(b, 0x02, &value);
}

void der_put_small(struct buf *b, unsigned v)
{
	const uint8_t be[4] = { (uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v };

	der_put_uint(b, cur_of(be, sizeof(be)));
}

bool der_small(struct cur value, unsigned *ret)
{
	struct cur c = der_trim(value);
	unsigned v = 0;

	if (value.n == 0 || c.n > 4 || (c.n == 4 && (c.p[0] & 0x80) != 0))
		return false;
	for (size_t i = 0; i < c.n; i++)
		v = v << 8 | c.p[i];
	*ret = v;
	return true;
}

bool der_series(struct cur c)
{
	struct tlv t;

	while (c.n > 0) {
		if (!tlv_next(&c, &t))
			return false;
	}
	return true;
}
