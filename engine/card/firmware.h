/* What differs between the firmware generations, in one table (smartcard-hsm.md 14, real-devices.md). */
#ifndef ENGINE_CARD_FIRMWARE_H
#define ENGINE_CARD_FIRMWARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/keys/curve.h"
#include "engine/keys/pubkey.h"

/* One row of a constant table. Where the sources are unsure the row says yes: the device itself refuses. */
struct firmware {
	unsigned from;               /* major << 8 | minor, inclusive; the row holds up to the next one's */
	const char *name;            /* "2.x" */
	const char *hardware;        /* what is known to have it: "Nitrokey HSM 1, SmartCard-HSM (JCOP 2.4)" */
	const char *means;           /* N_(): what its owner should know of it, in whole sentences; NULL: nothing */
	bool advised_against;        /* for that reason it should hold no key that matters */
	bool change_so_pin;
	bool pin_length_fixed;       /* a changed user PIN has the length of the one given at initialisation */
	bool transport_pin;
	bool public_key_auth;
	bool key_domains;            /* AES keys, algorithm lists and use counters came with them */
	bool aes;
	bool algorithm_lists;
	bool use_counters;
	unsigned rsa_max;            /* bits; the least is 1024 */
	unsigned ec_max;             /* bits of the field */
	uint16_t sw_not_initialised; /* to a status query of the user PIN */
	size_t max_apdu;             /* command or answer, with header and status word */
	uint32_t memory;             /* bytes in all, as makers say; 0: not known */
};

/* The row for a version; the last one for what is newer than the table. */
const struct firmware *firmware_of(unsigned major, unsigned minor);

/* Can it hold a key of this kind that was made elsewhere? bits 0: not known, which says yes. */
bool firmware_can_hold(const struct firmware *fw, enum key_algorithm algorithm, unsigned bits);

bool firmware_can_rsa(const struct firmware *fw, unsigned bits);     /* 1024, 1536, 2048, 3072, 4096 */
bool firmware_can_curve(const struct firmware *fw, const struct curve *curve);
bool firmware_can_aes(const struct firmware *fw, unsigned bits);     /* 128, 192, 256 */

#endif
