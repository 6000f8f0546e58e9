/* The answer to ENUMERATE: each file once, and a free number is one that nobody has. */
#include "engine/card/files.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FIDS l = { 0 };
	uint8_t ref;
	int number;

	if (fids_parse(cur_of(data, size), &l, NULL) != ST_OK)
		return 0;
	MUST(l.n <= size / 2 && l.n <= FIDS_MAX);
	MUST(l.damaged || 2 * l.n == size);
	for (size_t i = 0; i < l.n; i++) {
		MUST(fids_have(&l, l.fid[i]));
		for (size_t k = 0; k < i && k < 64; k++)
			MUST(l.fid[k] != l.fid[i]);
	}
	ref = card_free_key_ref(&l);
	MUST(ref == 0 || (!fids_have(&l, fid_of(FID_KEY, ref)) && !fids_have(&l, fid_of(FID_KEY_DESCRIPTION, ref)) &&
			  !fids_have(&l, fid_of(FID_KEY_CERT, ref))));
	number = card_free_cert_number(&l);
	MUST(number < 256 && (number < 0 || !fids_have(&l, fid_of(FID_CA_CERT, (uint8_t)number))));
	number = card_free_data_number(&l);
	MUST(number < 256 && (number < 0 || !fids_have(&l, fid_of(FID_PUBLIC_DATA, (uint8_t)number))));
	return 0;
}
