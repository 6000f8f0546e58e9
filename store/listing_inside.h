/* The inside of a listing, for listing*.c alone. */
#ifndef STORE_LISTING_INSIDE_H
#define STORE_LISTING_INSIDE_H

#include "store/dictionary.h"
#include "store/listing.h"

#define JOURNAL_CELL 1024   /* bytes of the longest text of a row, with its NUL */

enum listing_dictionary { IN_NAMES, IN_DEVICES, IN_KCVS, IN_TYPES, IN_TEXTS, LISTING_DICTIONARIES };

struct listing {
	size_t n, n_columns;
	int64_t *id;                      /* rising */
	struct {
		uint32_t *value;
		const struct dictionary *dictionary;   /* NULL: value is a number */
	} column[LISTING_COLUMNS_MAX];
	struct dictionary dictionary[LISTING_DICTIONARIES];
	uint32_t *rank[LISTING_DICTIONARIES];
	uint32_t *order;                  /* all rows, in the listing's own order */
	bool devices_last;                /* what is looked for is looked for in devices only where nothing else has it */
	int links_of;                     /* links are of this column's texts; -1: of the rows */
	uint32_t *first, *device;         /* devices of link i: from first[i] up to first[i + 1] */
	size_t n_links;                   /* how many i there are */
};

struct link {
	uint32_t from, device;
};

/* Takes in which devices belong where; any order. */
enum status listing_link(struct listing *l, const struct link *links, size_t n, struct fault *f);

/* When all is loaded: the order of texts, and of the rows. */
enum status listing_settle(struct listing *l, unsigned column, bool newest_first, struct fault *f);

#endif
