/* TLV as cards send it: what is read stays inside, and is the same when it is written and read again. */
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/text.h"
#include "engine/base/tlv.h"
#include "tests/fuzz/fuzz.h"

#define DEPTH_MAX 8

static void walk(struct cur c, int depth)
{
	struct tlv t, again;
	struct cur before = c;

	while (tlv_next(&c, &t)) {
		BUF b = { 0 };
		struct cur r;

		MUST(t.whole.n >= 2 && t.whole.n <= before.n && t.value.n < t.whole.n);
		MUST(t.whole.p == before.p && c.n == before.n - t.whole.n);
		buf_tlv(&b, t.tag, t.value.p, t.value.n);
		MUST(!b.failed);
		r = buf_view(&b);
		if ((t.tag & 0xff000000) == 0 && t.tag != 0) {
			MUST(tlv_next(&r, &again));
			MUST(cur_equal(again.value, t.value.p, t.value.n));
		}
		if (depth < DEPTH_MAX)
			walk(t.value, depth + 1);
		before = c;
	}
	MUST(c.n == before.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tlv t;
	char text[64];

	walk(cur_of(data, size), 0);
	(void)tlv_find(cur_of(data, size), 0x85, &t);
	text_clean(text, sizeof(text), data, size);
	MUST(strlen(text) == 0 || text_is_clean(text) || strstr(text, "\xef\xbf\xbd") != NULL);
	return 0;
}
