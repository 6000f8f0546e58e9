/* Card verifiable certificates, written. smartcard-hsm.md 7.2 and 10.1. Internal to engine/sim. */
#ifndef ENGINE_SIM_CVC_H
#define ENGINE_SIM_CVC_H

#include "engine/base/bytes.h"
#include "engine/sim/state.h"

/* Role in 7F4C: bits 7 and 6 of its one byte. */
enum sim_role { SIM_ROLE_DEVICE = 0x00, SIM_ROLE_ISSUER = 0x80 };

struct sim_cert {
	struct cur car, chr;
	struct cur point;        /* brainpoolP256r1, 04 || x || y */
	enum sim_role role;
	const char *effective, *expiry;   /* YYMMDD */
	bool extensions;         /* ends with an empty 65, as newer issuers do: real-devices.md 10 */
};

/* A 7F21 signed with d on brainpoolP256r1. */
bool sim_cvc_certificate(struct buf *out, const struct sim_cert *cert, struct cur signer_d);

/* What GENERATE was asked for, and what goes into the request. */
struct sim_request {
	struct cur car, chr;     /* car empty: left out */
	struct cur outer_car;    /* of the signer */
};

/* The authenticated request 67 of a key, its outer signature by signer. False: OpenSSL failed, or memory is out. */
bool sim_cvc_request(struct buf *out, const struct sim_request *r, const struct sim_key *key,
		     const struct sim_key *signer);

#endif
