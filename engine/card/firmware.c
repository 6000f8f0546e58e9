#include "engine/card/firmware.h"

#include "engine/base/words.h"

#define VERSION(major, minor) ((major) << 8 | (minor))

/*
 * smartcard-hsm.md 14, with the APDU limits of real-devices.md 11 and the memory of its users' documents. What a row does
 * not name is absent.
 */
static const struct firmware table[] = {
	{ .from = VERSION(0, 0), .name = "before 1.1", .hardware = "early SmartCard-HSM", .advised_against = true,
	  .means = N_("Firmware as old as this cannot change its SO-PIN: whoever has once learnt it can erase the device and unblock "
		      "its user PIN for ever. No key that matters belongs on it."),
	  .pin_length_fixed = true, .rsa_max = 2048, .ec_max = 320, .sw_not_initialised = 0x6984, .max_apdu = 1462,
	  .memory = 32 * 1024 },
	{ .from = VERSION(1, 1), .name = "1.x", .hardware = "early SmartCard-HSM",
	  .means = N_("With firmware as old as this a new user PIN has to be as long as the one that was set when the device was "
		      "initialised."),
	  .change_so_pin = true, .pin_length_fixed = true, .rsa_max = 2048, .ec_max = 320, .sw_not_initialised = 0x6984,
	  .max_apdu = 1462, .memory = 32 * 1024 },
	{ .from = VERSION(2, 0), .name = "2.x", .hardware = "Nitrokey HSM 1, SmartCard-HSM (JCOP 2.4)",
	  .change_so_pin = true, .transport_pin = true, .public_key_auth = true, .rsa_max = 2048, .ec_max = 320,
	  .sw_not_initialised = 0x6a88, .max_apdu = 1454, .memory = 32 * 1024 },
	{ .from = VERSION(3, 0), .name = "3.0 to 3.2", .hardware = "Nitrokey HSM 2, SmartCard-HSM 4K (JCOP 3)",
	  .means = N_("This firmware writes an object identifier wrongly when it wraps an AES key. Keyroom reads such backups; other "
		      "software may not."),
	  .change_so_pin = true, .transport_pin = true, .public_key_auth = true, .key_domains = true, .aes = true,
	  .algorithm_lists = true, .use_counters = true, .rsa_max = 4096, .ec_max = 521, .sw_not_initialised = 0x6a88,
	  .max_apdu = 1232, .memory = 76 * 1024 },
	{ .from = VERSION(3, 3), .name = "3.x", .hardware = "Nitrokey HSM 2, SmartCard-HSM 4K (JCOP 3)",
	  .change_so_pin = true, .transport_pin = true, .public_key_auth = true, .key_domains = true, .aes = true,
	  .algorithm_lists = true, .use_counters = true, .rsa_max = 4096, .ec_max = 521, .sw_not_initialised = 0x6a88,
	  .max_apdu = 1232, .memory = 76 * 1024 },
	{ .from = VERSION(4, 0), .name = "4.x", .hardware = "Nitrokey HSM 2, SmartCard-HSM 4K (JCOP 4)",
	  .change_so_pin = true, .transport_pin = true, .public_key_auth = true, .key_domains = true, .aes = true,
	  .algorithm_lists = true, .use_counters = true, .rsa_max = 4096, .ec_max = 521, .sw_not_initialised = 0x6a88,
	  .max_apdu = 1454, .memory = 76 * 1024 },
};

#define ROWS (sizeof(table) / sizeof(table[0]))

const struct firmware *firmware_of(unsigned major, unsigned minor)
{
	size_t i = ROWS - 1;

	while (i > 0 && VERSION(major, minor) < table[i].from)
		i--;
	return &table[i];
}

bool firmware_can_hold(const struct firmware *fw, enum key_algorithm algorithm, unsigned bits)
{
	switch (algorithm) {
	case KEY_AES:
		return fw->aes;
	case KEY_EC:
		return bits <= fw->ec_max;
	default:
		return bits <= fw->rsa_max;
	}
}

bool firmware_can_rsa(const struct firmware *fw, unsigned bits)
{
	return (bits == 1024 || bits == 1536 || bits == 2048 || bits == 3072 || bits == 4096) && bits <= fw->rsa_max;
}

bool firmware_can_curve(const struct firmware *fw, const struct curve *curve)
{
	return curve->bits <= fw->ec_max;
}

bool firmware_can_aes(const struct firmware *fw, unsigned bits)
{
	return fw->aes && (bits == 128 || bits == 192 || bits == 256);
}
