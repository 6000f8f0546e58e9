/*
 * Within store/: texts, each once, by a number from 0 on. What is searched for is found in all of them in one go, in any case
 * of the letters a to z.
 */
#ifndef STORE_DICTIONARY_H
#define STORE_DICTIONARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dictionary {
	char *text;                /* each with its NUL, one after the other */
	char *folded;              /* the same in small letters, with what else it is found by: what is searched */
	uint32_t *at, *folded_at;  /* where each begins; one more at the end */
	size_t n, cap, text_cap, folded_cap;
	uint32_t *slots;           /* by hash: number + 1; a power of two of them */
	size_t n_slots;
};

void dictionary_done(struct dictionary *d);

#define DICTIONARY_FULL UINT32_MAX
/* The number of text; also: what else it is found by, where it is new; may be NULL. DICTIONARY_FULL: memory. */
uint32_t dictionary_add(struct dictionary *d, const char *text, const char *also);

bool dictionary_get(const struct dictionary *d, const char *text, uint32_t *ret);   /* false: it is not in there */

/* When all is added: gives back what was reserved. Only with lookup may dictionary_get() be called after it. */
void dictionary_trim(struct dictionary *d, bool lookup);

static inline const char *dictionary_text(const struct dictionary *d, uint32_t i)
{
	return i < d->n ? d->text + d->at[i] : "";
}

/* found[i] is set for each text that contains wanted; found has d->n places. */
void dictionary_find(const struct dictionary *d, const char *wanted, bool *found);

/* rank[i]: which place text i has in the order of the alphabet; rank has d->n places. False: memory. */
bool dictionary_rank(const struct dictionary *d, uint32_t *rank);

#endif
