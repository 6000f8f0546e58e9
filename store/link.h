/* Within store/: the numbers by which rows refer to devices, keys, names and DKEKs. */
#ifndef STORE_LINK_H
#define STORE_LINK_H

#include "store/db.h"

/* ST_NOT_FOUND, in words. */
enum status link_device(struct store *s, const char *serial, int64_t *ret, struct fault *f);

/* Made where it is not there. */
enum status link_name(struct store *s, const char *text, int64_t *ret, struct fault *f);
enum status link_dkek(struct store *s, const uint8_t kcv[static STORE_KCV_LEN], int64_t at, struct fault *f);

/* ST_NOT_FOUND, in words; ST_BAD_FORM: no identity. */
enum status link_key(struct store *s, const struct key_identity *key, int64_t *ret, struct fault *f);

/* What is learnt of a key on the way: made, or filled in. */
struct key_facts {
	const struct key_identity *identity;
	const char *algorithm, *curve, *label;   /* "" leaves what was known */
	unsigned size;                           /* 0: so does this */
};
enum status link_key_seen(struct store *s, const struct key_facts *k, int64_t at, int64_t *ret, struct fault *f);

/* A serial that can name a device: not empty, and short enough. ST_BAD_FORM. */
enum status link_check_serial(const char *serial, struct fault *f);

/* ST_NOT_FOUND where the last statement changed no row. what: "backup". */
enum status link_changed(struct store *s, const char *fmt, int64_t id, struct fault *f) __attribute__((format(printf, 2, 0)));

/* Compares what is known; an unknown one differs from none. */
static inline bool identity_equal(const struct key_identity *a, const struct key_identity *b)
{
	return a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}

#endif
