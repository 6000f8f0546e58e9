/* The answer to SELECT: the version comes from tag 85, and nothing is read beyond the answer. */
#include <string.h>

#include "engine/card/apdu.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct select_info info;

	memset(&info, 0xa5, sizeof(info));
	if (!select_parse(cur_of(data, size), &info)) {
		MUST(info.major == 0xa5a5a5a5);
		return 0;
	}
	MUST(info.major <= 0xff && info.minor <= 0xff);
	MUST((info.platform < 0) == (info.options < 0) && info.platform <= 0xff && info.options <= 0xffff);
	MUST(memchr(data, 0x85, size) != NULL);
	MUST(firmware_of(info.major, info.minor)->max_apdu > 1000);
	return 0;
}
