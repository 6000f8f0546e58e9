/*
 * One card at work: its memory, its session, and the table of its commands. Internal to engine/sim.
 *
 * Two locks. work is held while an APDU is carried out, and guards state, session and disk. gate is held for moments
 * only, and guards whether the card is in, who may talk to it, and the counts; so the card can be pulled while it works.
 */
#ifndef ENGINE_SIM_CARD_H
#define ENGINE_SIM_CARD_H

#include <pthread.h>
#include <stdio.h>

#include "engine/sim/disk.h"
#include "engine/sim/fault.h"
#include "engine/sim/sim.h"
#include "engine/sim/state.h"

/* Status words, smartcard-hsm.md 13 */
enum sim_sw {
	SW_OK = 0x9000,
	SW_END_OF_FILE = 0x6282,
	SW_TRIES = 0x63c0,
	SW_LENGTH = 0x6700,
	SW_NO_SM = 0x6882,
	SW_NOT_LOGGED_IN = 0x6982,
	SW_BLOCKED = 0x6983,
	SW_UNUSABLE = 0x6984,         /* VERIFY: transport PIN; keys: use counter spent */
	SW_CONDITIONS = 0x6985,
	SW_DATA = 0x6a80,
	SW_UNSUPPORTED = 0x6a81,
	SW_NO_FILE = 0x6a82,
	SW_FULL = 0x6a84,
	SW_P1P2 = 0x6a86,
	SW_NO_REFERENCE = 0x6a88,
	SW_DOMAIN_IN_USE = 0x6a89,
	SW_OFFSET = 0x6b00,
	SW_INS = 0x6d00,
	SW_CLASS = 0x6e00,
	SW_FAILED = 0x6f00,
};

/* INITIALIZE DEVICE's options, section 5 */
enum {
	OPTION_RRC = 0x0001,
	OPTION_TRANSPORT = 0x0002,
	OPTION_REPLACE_PKA = 0x0008,
	OPTION_COMBINED = 0x0010,
	OPTION_RRC_RESET_ONLY = 0x0020,
};

/* Algorithms, section 8.1 */
enum {
	ALG_CBC_ENCRYPT = 0x10,
	ALG_CBC_DECRYPT = 0x11,
	ALG_CMAC = 0x18,
	ALG_RSA_RAW = 0x20,
	ALG_RSA_DECRYPT = 0x21,
	ALG_RSA_PKCS1 = 0x30,
	ALG_RSA_PSS = 0x40,
	ALG_ECDSA = 0x70,
	ALG_ECDH = 0x80,
	ALG_WRAP = 0x92,
	ALG_UNWRAP = 0x93,
	ALG_EC_DERIVE = 0x98,
	ALG_DERIVE = 0x99,
};

struct sim_apdu {
	uint8_t cla, ins, p1, p2;
	struct cur data;
	bool has_le, extended;
	size_t le;               /* bytes; an encoded 0 stands for 256 or 65536 */
};

/* Of one selection of the application; gone with SELECT, reset and power. */
struct sim_session {
	bool selected;
	bool pin;                /* verified */
	bool pka[SIM_PKA_MAX];   /* these keys have signed a challenge */
	uint16_t current;        /* file, 0: none */
	uint8_t challenge[8];
	bool challenged;
	int pka_key;             /* chosen for EXTERNAL AUTHENTICATE, -1: none */
	size_t issuer_n;
	uint8_t issuer[20];      /* whose key verifies the next certificate */
	struct buf trusted;      /* holders and keys of the certificates verified so far, section 11.1 */
};

struct sim_card {
	char serial[SIM_SERIAL_MAX + 1];
	uint8_t major;           /* of the firmware; both never change */
	pthread_mutex_t work;
	struct sim_state state;
	struct sim_session session;
	struct sim_disk disk;
	bool dirty;              /* this APDU changed state */
	unsigned busy_ms;        /* what this APDU would take on a device, beyond the 30 ms of any */
	bool realistic;
	bool zero_kcv;           /* as the faults say, for this APDU */
	size_t limit;
	FILE *trace;
	unsigned long session_epoch;

	pthread_mutex_t gate;
	pthread_cond_t changed;  /* plugged, epoch, owner */
	bool plugged;
	unsigned long epoch;     /* of power: a transport of an older one is dead */
	const void *owner;       /* the transport between begin and end */
	struct sim_faults faults;
	unsigned long apdus, apdus_of[256];
	sim_hook *hook;
	void *hook_arg;
};

typedef uint16_t sim_run(struct sim_card *c, const struct sim_apdu *a, struct buf *out);

/* A row of the card's command table. */
struct sim_command {
	uint8_t cla, ins;
	const char *name;
	sim_run *run;
	bool login;              /* 6982 without */
	bool show_cmd, show_rsp; /* the trace may show data: nothing in it can be a secret */
};

const struct sim_command *sim_command_find(uint8_t ins);
bool sim_apdu_parse(struct sim_apdu *a, const uint8_t *p, size_t n);
/* Runs one command; the answer's data is in out, never more than Le. */
uint16_t sim_dispatch(struct sim_card *c, const uint8_t *cmd, size_t n, struct buf *out);

/* As sim_card_apdu(), for a transport of this epoch. */
enum status sim_card_transmit(struct sim_card *c, unsigned long epoch, const uint8_t *cmd, size_t cmd_len, uint8_t *rsp,
			      size_t *io_rsp_len, struct fault *f);

void sim_session_clear(struct sim_session *s);
bool sim_logged_in(const struct sim_card *c);
size_t sim_max_apdu(const struct sim_card *c);
void sim_trace(struct sim_card *c, unsigned long n, const uint8_t *cmd, size_t cmd_len, const struct buf *out, uint16_t sw);

/* A new card: device key, certificates, SO-PIN. */
bool sim_factory(struct sim_state *s);

sim_run sim_select, sim_read, sim_update, sim_delete, sim_enumerate;   /* files.c */
sim_run sim_verify, sim_change, sim_unblock;                           /* pin.c */
sim_run sim_initialize;                                                /* init.c */
sim_run sim_domain_command;                                            /* dkek.c */
sim_run sim_generate_pair, sim_generate_secret, sim_derive_ec;         /* genkey.c */
sim_run sim_sign, sim_decipher, sim_symmetric, sim_challenge;          /* crypto.c */
sim_run sim_wrap, sim_unwrap;                                          /* wrap.c */
sim_run sim_pka_manage, sim_mse, sim_pso, sim_external_auth;           /* pka.c */

/* Writes a file whole, made where it is not there; a replaced one moves to the end. SW_OK or SW_FULL. */
uint16_t sim_file_write(struct sim_card *c, uint16_t fid, struct cur data);
/* Room for a key and, where fid is not 0, a file of n bytes, those that they replace counted as free. */
bool sim_fits(struct sim_card *c, const struct sim_key *key, uint16_t fid, size_t n);
/* The SW of "no DKEK here": 6D00, and 6A88 since firmware 4 (section 14). */
uint16_t sim_no_dkek(const struct sim_card *c);
/* The key's domain, complete; NULL and *ret_sw otherwise. */
struct sim_domain *sim_domain_ready(struct sim_card *c, uint8_t domain, uint16_t *ret_sw);
/* A key to use with an algorithm: there, allowed, with uses left. NULL and *ret_sw otherwise. */
struct sim_key *sim_key_use(struct sim_card *c, uint8_t ref, enum sim_type type, uint8_t alg, uint16_t *ret_sw);
/* Counts one use down, where uses are counted. */
void sim_key_spend(struct sim_card *c, struct sim_key *key);

#endif
