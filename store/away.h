/*
 * What needs care on devices that are not here, and in backups of keys that are on no device: counted for each device in one
 * walk through the inventory, a few tenths of a second for the largest one. For a worker's thread, with a handle of its own.
 */
#ifndef STORE_AWAY_H
#define STORE_AWAY_H

#include "store/store.h"

enum away_kind {
	AWAY_NO_BACKUP,   /* keys of which no backup is known */
	AWAY_UNPROVEN,    /* keys with backups, none of which was ever opened or restored */
	AWAY_ENDING,      /* certificates that end before away_query.soon, or have ended */
	AWAY_WEAK,        /* keys that are too weak by now */
	AWAY_KINDS,
};

#define AWAY_LABEL_MAX 64      /* bytes of a label with its NUL; cut between characters */
#define AWAY_BACKUPS_MAX 40    /* that one restore is begun with */

/* A device that is here. What is known of a key that it has is said of this device, and not of those that are away. */
struct away_here {
	char serial[STORE_SERIAL_MAX];
	bool takes;                      /* backups under this DKEK can be restored to it, of keys of these kinds: */
	uint8_t kcv[STORE_KCV_LEN];
	unsigned rsa_max, ec_max;        /* bits */
	bool aes;
};

struct away_query {
	const struct away_here *here;
	size_t n_here;
	int64_t soon;                    /* seconds since 1970 */
	unsigned rsa_weak_below, ec_weak_below;   /* bits */
	unsigned not_flags;              /* objects with any of these flags of their row do not count */
};

struct away_row {
	char serial[STORE_SERIAL_MAX];   /* "": keys that are on no device, of which there are backups; AWAY_UNPROVEN only */
	enum away_kind kind;
	unsigned n;                      /* how many objects */
	char label[AWAY_LABEL_MAX];      /* of one of them; of the certificate that ends first. As it came: clean it */
	int64_t not_after;               /* when that one ends */
	/* AWAY_UNPROVEN: */
	int here;                        /* away_query.here[] that takes backups of some of them; -1: none does */
	size_t backup, n_backups;        /* the newest backups of those, one a key: away.backup[] */
};

struct away {
	struct away_row *row;            /* as the devices stand in the inventory; that of no device is the last */
	size_t n;
	int64_t *backup;
	unsigned keys[AWAY_KINDS];       /* different objects in all rows of a kind that have a device */
};

/* *ret: away_free(). ST_NO_MEMORY, and what a walk through the inventory gives. */
enum status store_away(struct store *s, const struct away_query *q, struct away **ret, struct fault *f);
void away_free(struct away *a);   /* NULL is fine */
DEFINE_GUARD(struct away, away_free)

#endif
