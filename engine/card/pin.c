#include "engine/card/pin.h"

#include <string.h>

static const uint8_t factory[PIN_SO_LEN] = { 0x35, 0x37, 0x36, 0x32, 0x31, 0x38, 0x38, 0x30 };

unsigned pin_max_tries(size_t len)
{
	if (len < PIN_USER_MIN || len > PIN_USER_MAX_OLD)
		return 0;
	return len == 6 ? 3 : len == 7 ? 5 : PIN_USER_TRIES_MAX;
}

enum status pin_check_user(const struct secret *pin, unsigned tries, struct fault *f)
{
	size_t len = secret_len(pin);
	unsigned most = pin_max_tries(len);

	if (len < PIN_USER_MIN)
		return fault_set(f, ST_BAD_FORM, "A user PIN has at least %d characters; this one has %zu.", PIN_USER_MIN,
				 len);
	if (len > PIN_USER_MAX)
		return fault_set(f, ST_BAD_FORM,
				 "A user PIN has at most %d characters: with more, other software cannot log in. This one has "
				 "%zu.", PIN_USER_MAX, len);
	if (tries > most)
		return fault_set(f, ST_BAD_FORM,
				 "With a user PIN of %zu characters the device allows at most %u wrong tries. Take a longer PIN, "
				 "or fewer tries.", len, most);
	return ST_OK;
}

enum status pin_check_current(const struct secret *pin, struct fault *f)
{
	size_t len = secret_len(pin);

	if (len < PIN_USER_MIN || len > PIN_USER_MAX_OLD)
		return fault_set(f, ST_BAD_FORM,
				 "A user PIN has %d to %d characters; this one has %zu. The device was not asked, no try was "
				 "spent.", PIN_USER_MIN, PIN_USER_MAX_OLD, len);
	return ST_OK;
}

bool pin_is_digits(const struct secret *pin)
{
	struct cur c = secret_view(pin);
	bool digits = true;

	for (size_t i = 0; i < c.n; i++)
		digits &= c.p[i] >= '0' && c.p[i] <= '9';
	return digits;
}

enum status pin_check_so(const struct secret *typed, struct secret *ret_so, struct fault *f)
{
	struct cur c = secret_view(typed);
	uint8_t so[PIN_SO_LEN];
	size_t n = 0;
	bool ok = c.n == PIN_SO_DIGITS && hex_parse((const char *)c.p, c.n, so, sizeof(so), &n) && n == PIN_SO_LEN &&
		  secret_set(ret_so, so, sizeof(so));

	explicit_bzero(so, sizeof(so));
	if (!ok)
		return fault_set(f, ST_BAD_FORM,
				 "An SO-PIN is exactly %d hexadecimal digits (0 to 9, A to F). The device was not asked, no try "
				 "was spent.", PIN_SO_DIGITS);
	return ST_OK;
}

bool pin_so_is_factory(const struct secret *so)
{
	return cur_equal(secret_view(so), factory, sizeof(factory));
}

bool pin_so_factory(struct secret *so)
{
	return secret_set(so, factory, sizeof(factory));
}
