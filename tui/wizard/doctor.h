/*
 * Is this workstation able to work? One finding a check, with what to do. Nothing is changed. Both the command line and the
 * console show these.
 */
#ifndef TUI_WIZARD_DOCTOR_H
#define TUI_WIZARD_DOCTOR_H

#include <stddef.h>

#include "engine/base/error.h"

struct jobs;
struct store;

enum verdict { FINDING_FINE, FINDING_NOTE, FINDING_BAD };

struct finding {
	enum verdict verdict;
	char words[1600];        /* whole sentences, translated */
	const char *fix;         /* translated; NULL where nothing is to be done */
};

/* What the checks look at. */
struct doctor_place {
	struct store *store;     /* a handle of the thread that checks; NULL where it could not be opened */
	const char *store_path;
	struct fault store_fault;   /* why not; st ST_OK where it was opened */
	struct fault service;    /* what the smart card service said; st ST_OK where it answers */
	size_t readers, cards;   /* with a card that answers */
};

/* Fills service, readers and cards: on the thread that owns the jobs. */
void doctor_look(struct jobs *jobs, struct doctor_place *p);

size_t doctor_count(void);
const char *doctor_name(size_t i);   /* of a check, below doctor_count(), as JSON has it; translated() for a person */
/* Seconds for the inventory, where that is large. On any thread. */
void doctor_check(size_t i, const struct doctor_place *p, struct finding *ret);

#endif
