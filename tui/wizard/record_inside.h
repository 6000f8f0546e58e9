/* What the files that make up record.h share. Each within a transaction of the caller's. */
#ifndef TUI_WIZARD_RECORD_INSIDE_H
#define TUI_WIZARD_RECORD_INSIDE_H

#include "tui/wizard/record.h"

/* The device was in use: its row is there, whatever becomes of the rest. */
enum status record_look(struct store *s, const struct look *l, int64_t at, struct fault *f);

/* The logical key, where k says which it is; with its public key, where that is given. */
enum status record_key(struct store *s, const struct key_result *k, const struct pubkey *key, int64_t at, struct fault *f);

/* key: NULL, or one that is not known (len 0): none. */
enum status record_journal(struct store *s, int64_t at, const char *what, const char *serial, const struct key_identity *key,
			   struct fault *f, const char *fmt, ...) __attribute__((format(printf, 7, 8)));

/*
 * Where a key was made was shown once, by a request that a certificate may have replaced since, or that nobody checks this
 * time: that stays known of the same key in the same place.
 */
enum status record_keep_origins(struct store *s, const char *serial, struct object_row *rows, size_t n, struct fault *f);

#endif
