/*
 * Every key, backup or entry of the journal in a few dozen bytes, apart from the database: for a list on a screen that is
 * put in order and filtered while somebody types, and whose hundred-thousandth row is as near as the first. Loaded with
 * any thread's handle, in part of a second for the largest inventory; nothing changes it after that, and any thread may
 * read it. What is not in here is read from the store, by the row's number.
 */
#ifndef STORE_LISTING_H
#define STORE_LISTING_H

#include "store/store.h"

enum listing_kind {
	LISTING_KEYS,
	LISTING_BACKUPS,
	LISTING_JOURNAL,
};

/* Columns. Numbers are never below 0; a time or a number that is not known is 0. */
enum keys_column {
	KEYS_LABEL,        /* text */
	KEYS_TYPE,         /* text: as struct listing_words has it */
	KEYS_BACKUPS,
	KEYS_PROOF,        /* enum proof_level, of the best backup */
	KEYS_DEVICES,      /* on how many it is now, or was when they were last listed */
	KEYS_CARE,         /* enum key_care */
};

/* How much care a key needs: the smaller, the more. */
enum key_care {
	CARE_ONLY_ONE,     /* on one device, and nowhere else: neither on another one nor in a backup */
	CARE_NO_BACKUP,    /* on several devices, but in no backup */
	CARE_UNPROVEN,     /* in backups, none of which was ever opened or restored */
	CARE_NONE,
	CARE_GONE,         /* on no device and in no backup: it was deleted */
};

enum backups_column {
	BACKUPS_LABEL,     /* text */
	BACKUPS_TYPE,      /* text */
	BACKUPS_DEVICE,    /* text: the serial of where it was made; "" */
	BACKUPS_DKEK,      /* text: its check value, 16 hex digits */
	BACKUPS_MADE,      /* when */
	BACKUPS_PROOF,     /* enum proof_level */
	BACKUPS_PROVEN,    /* when it was last shown */
	BACKUPS_NUMBER,
};

enum journal_column {
	JOURNAL_AT,
	JOURNAL_DEVICE,    /* text: serial; "" */
	JOURNAL_KEY,       /* text: the label that the inventory has now; "" */
	JOURNAL_PERSON,    /* text; "" */
	JOURNAL_TEXT,      /* text: the sentence */
	JOURNAL_NUMBER,
};

#define LISTING_COLUMNS_MAX 8

struct listing;

/* What the caller calls a key of this kind ("P-256"). curve: "" where it has none. On the loading thread. */
typedef void listing_type_fn(const char *algorithm, unsigned size, const char *curve, char out[static STORE_NAME_MAX]);

enum status store_listing(struct store *s, enum listing_kind kind, listing_type_fn *type, struct listing **ret, struct fault *f);
void listing_free(struct listing *l);
DEFINE_GUARD(struct listing, listing_free)

size_t listing_rows(const struct listing *l);
int64_t listing_id(const struct listing *l, size_t row);                        /* its number in the store */
uint32_t listing_number(const struct listing *l, size_t row, unsigned column);
const char *listing_text(const struct listing *l, size_t row, unsigned column);   /* as it came: clean it before it is shown */

/*
 * Devices of a row, as numbers for listing_serial(): those that have the key; of a backup those of which a key domain has
 * its DKEK, as the inventory knows them. *ret belongs to the listing.
 */
size_t listing_devices(const struct listing *l, size_t row, const uint32_t **ret);
const char *listing_serial(const struct listing *l, uint32_t device);
bool listing_device(const struct listing *l, const char *serial, uint32_t *ret_device);

struct listing_query {
	/*
	 * In any text of the row, in any case of a to z; NULL or "": all rows. Of keys and backups the labels and serials of
	 * devices count only where nothing else has it: labels of devices are much like those of keys.
	 */
	const char *text;
	unsigned column;       /* by which it is in order: texts by the alphabet, then as below */
	bool descending;
};

/*
 * Which rows, in order; rows that are alike in the column stand as they do in the listing's own order: keys by label,
 * backups and the journal newest first. *ret is the caller's to free(). A few milliseconds. ST_NO_MEMORY only.
 */
enum status listing_find(const struct listing *l, const struct listing_query *q, uint32_t **ret, size_t *ret_n, struct fault *f);

#endif
