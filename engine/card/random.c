#include <string.h>

#include "engine/card/apdu.h"

#define CHALLENGE_MAX 1024   /* real-devices.md 4: one more is refused */

enum status card_random(struct card *c, uint8_t *out, size_t n, struct fault *f)
{
	while (n > 0) {
		size_t want = apdu_answer_room(c, n < CHALLENGE_MAX ? n : CHALLENGE_MAX);
		enum status st;

		apdu_start(c, CMD_RANDOM, 0x00, 0x00);
		st = apdu_do(c, want, f);
		if (st != ST_OK)
			return st;
		if (c->answer.n == 0 || c->answer.n > want)
			return fault_set(f, ST_BAD_REPLY,
					 "The device did not give as many random bytes as it was asked for. Do not use what was made "
					 "with them.");
		memcpy(out, c->answer.p, c->answer.n);
		out += c->answer.n;
		n -= c->answer.n;
		apdu_wipe(c);
	}
	return ST_OK;
}
