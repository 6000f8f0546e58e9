/* Descriptions: whatever is understood can be written, and is understood the same. */
#include <string.h>

#include "engine/keys/describe.h"
#include "tests/fuzz/fuzz.h"

typedef enum status parser(struct cur file, struct description *ret, struct fault *f);

static void check(parser *parse, struct cur file)
{
	struct description d, again;
	BUF b = { 0 };

	if (parse(file, &d, NULL) != ST_OK)
		return;
	MUST(d.whole_len <= file.n && d.id_len <= DESCRIBE_ID_MAX);
	MUST(memchr(d.label, '\0', sizeof(d.label)) != NULL);
	if (describe_build(&d, &b, NULL) != ST_OK) {
		MUST(d.id_len == 0);
		return;
	}
	MUST(parse(buf_view(&b), &again, NULL) == ST_OK);
	MUST(strcmp(d.label, again.label) == 0 && strcmp(d.application, again.application) == 0);
	MUST(cur_equal(cur_of(d.id, d.id_len), again.id, again.id_len));
	MUST(d.usage == again.usage && d.key_ref == again.key_ref && d.path == again.path && d.bits == again.bits);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char label[DESCRIBE_LABEL_MAX];

	check(describe_parse_key, cur_of(data, size));
	check(describe_parse_cert, cur_of(data, size));
	check(describe_parse_data, cur_of(data, size));
	(void)describe_parse_token(cur_of(data, size), label, NULL);
	return 0;
}
