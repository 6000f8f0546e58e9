/* Share files, binary and on paper. One iteration: the parser is meant, not the key derivation. */
#include <string.h>

#include "engine/keys/share.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t file[SHARE_FILE_LEN], again[SHARE_FILE_LEN];
	SECRET *password = secret_new(16), *share = secret_new(SHARE_LEN);
	char text[SHARE_TEXT_LEN + 1];
	enum status st;

	MUST(password != NULL && share != NULL && secret_set(password, "password1", 9));
	if (share_parse(cur_of(data, size), file, NULL) != ST_OK) {
		MUST(share_open(cur_of(data, size), password, 1, NULL, NULL, share, NULL) == ST_DAMAGED);
		MUST(secret_len(share) == 0);
		return 0;
	}
	MUST(memcmp(file, "Salted__", 8) == 0);
	share_to_text(file, text);
	MUST(share_parse(cur_of(text, SHARE_TEXT_LEN), again, NULL) == ST_OK);
	MUST(memcmp(file, again, SHARE_FILE_LEN) == 0);
	st = share_open(cur_of(data, size), password, 1, NULL, NULL, share, NULL);
	MUST(st == ST_OK || st == ST_PASSWORD_WRONG);
	MUST(secret_len(share) == (st == ST_OK ? SHARE_LEN : 0));
	return 0;
}
