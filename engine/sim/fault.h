/* Misbehaviours to order; the language is in sim.h. Internal to engine/sim. */
#ifndef ENGINE_SIM_FAULT_H
#define ENGINE_SIM_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/bytes.h"
#include "engine/base/error.h"

#define SIM_FAULTS_MAX 16

enum sim_fault_kind { SIM_DROP, SIM_LOST, SIM_STALL, SIM_SHORT, SIM_WRONG, SIM_GARBAGE, SIM_SW, SIM_SAYS, SIM_ELSE };

struct sim_fault {
	enum sim_fault_kind kind;
	bool by_ins;
	unsigned long at;        /* APDU, where not by_ins */
	uint8_t ins;
	unsigned long value;     /* milliseconds, status word */
	unsigned long left;      /* how often still */
};

struct sim_faults {
	size_t n;
	struct sim_fault list[SIM_FAULTS_MAX];
	unsigned long count;     /* APDUs since these were set */
	bool zero_kcv, mute;
	size_t limit, announce;  /* bytes, 0: none */
};

/* NULL: none. ST_BAD_FORM. */
enum status sim_faults_parse(struct sim_faults *s, const char *spec, struct fault *f);

/* Does this kind strike now, at APDU s->count with this instruction? Counts it. *ret_value may be NULL. */
bool sim_faults_strike(struct sim_faults *s, enum sim_fault_kind kind, uint8_t ins, unsigned long *ret_value);

/* Is the card gone before APDU s->count? True once: put in again, it stays. */
bool sim_faults_dropped(struct sim_faults *s);

/* Bends an answer of data and status word, as short, wrong and garbage say. */
void sim_faults_bend(struct sim_faults *s, uint8_t ins, struct buf *answer);

#endif
