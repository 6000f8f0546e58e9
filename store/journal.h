/*
 * What happened, for good: entries are only ever added, and each carries the hash of the one before, so that none can be
 * changed, taken out or put between without it being seen. (That the last ones were cut off shows only against a number
 * and hash that were written down elsewhere: store_journal_head().)
 *
 * The hash is SHA-256 over "keyroom journal 1", a NUL, the hash of the entry before (32 zero bytes for the first), number,
 * time and run (8 bytes each, big-endian; run 0: none), then device, key, person, what and text, each as 4 bytes of
 * length, big-endian, and its bytes.
 */
#ifndef STORE_JOURNAL_H
#define STORE_JOURNAL_H

#include "store/store.h"

#define JOURNAL_TEXT_MAX 1024   /* these with their NUL; longer text is cut before it is hashed */
#define JOURNAL_WHAT_MAX 48
#define JOURNAL_HASH_LEN 32

struct journal_entry {
	int64_t at;
	const char *what;                  /* a code, for programs: "key.new", "backup.made" */
	const char *text;                  /* a sentence, for people; never a secret */
	const char *device;                /* serial; NULL: none */
	const struct key_identity *key;    /* NULL: none */
	const char *person;                /* who did it; NULL: not told */
	int64_t run;                       /* of which procedure; 0: none */
};

/* Within the transaction of the fact it reports, where there is one. */
enum status store_journal(struct store *s, const struct journal_entry *entry, struct fault *f);

struct journal_row {
	int64_t number;                    /* from 1 */
	int64_t at;
	char what[JOURNAL_WHAT_MAX];
	char text[JOURNAL_TEXT_MAX];
	char device[STORE_SERIAL_MAX];     /* "" */
	struct key_identity key;           /* len 0 */
	char person[STORE_PLACE_MAX];      /* "" */
	int64_t run;                       /* 0 */
	uint8_t before[JOURNAL_HASH_LEN];  /* the hash of the entry before */
	uint8_t hash[JOURNAL_HASH_LEN];
};

struct journal_filter {
	const char *device;                /* NULL: any */
	const struct key_identity *key;    /* NULL: any */
	int64_t number;                    /* only this entry; 0: any */
	const int64_t *after, *until;      /* only those with a higher number; with no higher one. NULL: any */
	bool oldest_first;
	struct store_page page;
};

/* *ret is the caller's to free(). */
enum status store_journal_list(struct store *s, const struct journal_filter *filter, struct journal_row **ret,
			       size_t *ret_n, struct fault *f);

enum status store_journal_count(struct store *s, const struct journal_filter *filter, size_t *ret, struct fault *f);

/* The last entry's number and hash; 0 and zero bytes where there is none. */
enum status store_journal_head(struct store *s, int64_t *ret_number, uint8_t ret_hash[static JOURNAL_HASH_LEN],
			       struct fault *f);

struct journal_verdict {
	int64_t entries;                       /* that are good, from the first one on */
	uint8_t head[JOURNAL_HASH_LEN];        /* hash of the last good one */
	int64_t broken;                        /* number of the first entry that is not as it was written; 0: none */
	char why[200];                         /* one sentence; "" */
};

/* Walks the whole chain. ST_OK also where it is broken: ret says so. */
enum status store_journal_verify(struct store *s, struct journal_verdict *ret, struct fault *f);

#endif
