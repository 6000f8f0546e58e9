/*
 * What a card remembers without power, as one struct, and how it becomes bytes. Internal to engine/sim.
 */
#ifndef ENGINE_SIM_STATE_H
#define ENGINE_SIM_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/bytes.h"
#include "engine/base/error.h"

#define SIM_KEYS_MAX 256
#define SIM_FILES_MAX 1024
#define SIM_DOMAINS_MAX 16
#define SIM_ALGS_MAX 16          /* smartcard-hsm.md 7.1, tag 91 */
#define SIM_PKA_MAX 90           /* section 5, tag 93 */
#define SIM_SERIAL_MAX 15        /* a CHR has at most 20 characters, 5 of them a sequence number */
#define SIM_SO_TRIES 15          /* section 4.1: fixed */
#define SIM_EF_DEVAUT 0x2f02
#define SIM_EF_LABEL 0x2f03
#define SIM_EF_WRAPPED 0x2f10

struct sim_pin {
	uint8_t len;             /* 0: not set */
	uint8_t tries, tries_max;
	uint8_t salt[16];
	uint8_t hash[32];        /* SHA-256 of salt || PIN */
};

/* A key domain; a card with a single DKEK has one. Section 6. */
struct sim_domain {
	bool open;               /* false: an empty slot */
	uint8_t total, missing;
	uint8_t sum[32];         /* XOR of the shares so far; erased when none is missing */
	uint8_t kcv[8], enc[32], mac[32];   /* formats.md 1; where none is missing */
};

struct sim_file {
	uint16_t fid;
	struct buf data;
};

enum sim_type { SIM_RSA = 0x06, SIM_EC = 0x0c, SIM_AES = 0x0f };   /* formats.md 4.1 */

struct sim_key {
	uint8_t ref;
	enum sim_type type;
	uint16_t bits;           /* modulus, field or key size */
	uint8_t curve;           /* index of curves.h, for SIM_EC */
	uint8_t domain;
	bool counted;            /* tag 90 */
	uint32_t uses;
	bool listed;             /* tag 91 */
	uint8_t algs_n, algs[SIM_ALGS_MAX];
	/*
	 * SIM_RSA: n, e, d and, where they are known, p, q, dP, dQ, qInv; SIM_EC: d, Q (04||x||y): each after its length in
	 * two bytes. SIM_AES: the key.
	 */
	struct buf parts;
};

/* One registered public key of public key authentication, section 11: the contents of 7F49, and its holder. */
struct sim_pka_key {
	uint8_t chr_n;
	uint8_t chr[20];
	struct buf point;
	uint8_t curve;
};

struct sim_state {
	char serial[SIM_SERIAL_MAX + 1];
	uint8_t major, minor;
	uint32_t memory;         /* bytes, for keys and files */
	bool initialised;
	uint16_t options;        /* section 5 */
	bool transport;          /* the user PIN must be changed first */
	struct sim_pin user, so;
	uint8_t domains_n;
	struct sim_domain domains[SIM_DOMAINS_MAX];
	uint8_t pka_total, pka_required, pka_n;
	struct sim_pka_key pka[SIM_PKA_MAX];
	size_t files_n;
	struct sim_file files[SIM_FILES_MAX];   /* in the order they were made, EF.C_DevAut first */
	size_t keys_n;
	struct sim_key keys[SIM_KEYS_MAX];      /* ascending, the device key first */
};

void sim_state_done(struct sim_state *s);   /* erases all; s can be used again */
void sim_state_save(const struct sim_state *s, struct buf *out);
/* False where the bytes are not what sim_state_save() wrote; s is then empty. s must be zero or done before. */
bool sim_state_load(struct sim_state *s, struct cur bytes);

struct sim_file *sim_file_find(struct sim_state *s, uint16_t fid);
/* An empty one at the end of the list; NULL where there are too many. */
struct sim_file *sim_file_add(struct sim_state *s, uint16_t fid);
void sim_file_remove(struct sim_state *s, uint16_t fid);

struct sim_key *sim_key_find(struct sim_state *s, uint8_t ref);
/* Takes over key->parts, which is emptied; a key with this reference is replaced. */
void sim_key_put(struct sim_state *s, struct sim_key *key);
void sim_key_remove(struct sim_state *s, uint8_t ref);
void sim_key_done(struct sim_key *k);

/* The i-th of the L2-coded parts; empty where there are fewer. */
struct cur sim_key_part(const struct sim_key *k, unsigned i);
void sim_put_part(struct buf *b, const void *p, size_t n);

/*
 * Memory. What a device charges is not known (real-devices.md 11 has two contradicting tables of how many keys fit);
 * these figures lie between them: 46 RSA-2048 or 25 RSA-4096 keys with description and certificate in 76 KiB.
 */
size_t sim_cost_file(size_t n);
size_t sim_cost_key(const struct sim_key *k);
size_t sim_memory_free(const struct sim_state *s);

bool sim_pin_set(struct sim_pin *p, struct cur pin, uint8_t tries_max);
bool sim_pin_matches(const struct sim_pin *p, struct cur pin);

/* A DKEK of all its shares: check value and working keys, formats.md 1. False where memory is out. */
bool sim_domain_settle(struct sim_domain *d);

#endif
