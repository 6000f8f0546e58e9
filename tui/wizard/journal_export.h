/*
 * journal export: the whole journal as a file, so that its chain can be checked elsewhere, without this program.
 *
 * JSON lines, UTF-8. The first one tells of the file: "journal" (1, the version of the hash: store/journal.h), "inventory" (its
 * identity, hex), "entries" (how many lines follow), "hash" (of the last one, hex). Each other line is an entry, oldest first:
 * "number", "at" (seconds since 1970), "time" (the same for people, UTC), "run" (0: none), "device", "key" (hex), "person", "what",
 * "text", "before" and "hash" (hex). Bytes that are no UTF-8 make the member "text_hex" instead of "text", and so on.
 */
#ifndef TUI_WIZARD_JOURNAL_EXPORT_H
#define TUI_WIZARD_JOURNAL_EXPORT_H

#include "store/journal.h"

struct run;

struct journal_exported {
	const char *file;
	int64_t entries;
	char hash[2 * JOURNAL_HASH_LEN + 1];   /* of the last one, lower case hex; "" where there is none */
	struct journal_verdict verdict;        /* of the chain as it is in the inventory */
};

/* Once the run is RUN_DONE; NULL for another procedure. */
const struct journal_exported *run_journal_exported(const struct run *r);

#endif
