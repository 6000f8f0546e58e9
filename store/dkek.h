/*
 * DKEKs, the shares that make them, and who holds what. A share is known by the check value that it makes alone, once
 * somebody has opened it; the files (or sheets) that carry it come and go. Where the password of such a file is itself
 * divided among custodians, n of m, each one's part is a row of its own.
 */
#ifndef STORE_DKEK_H
#define STORE_DKEK_H

#include "store/store.h"

struct dkek_row {
	uint8_t kcv[STORE_KCV_LEN];
	char label[STORE_LABEL_MAX];
	int shares;              /* how many make it; STORE_UNKNOWN */
	int64_t first_seen;
	/* Counts, only in what is read. */
	unsigned shares_known;   /* of them, with a file or sheet that is not gone */
	unsigned devices, backups;
};

/* Number of shares STORE_UNKNOWN, and an empty label, leave what was known. */
enum status store_dkek_seen(struct store *s, const struct dkek_row *d, int64_t at, struct fault *f);
enum status store_dkek_get(struct store *s, const uint8_t kcv[static STORE_KCV_LEN], struct dkek_row *ret, struct fault *f);
/* By date. *ret is the caller's to free(), as in all listings. */
enum status store_dkeks(struct store *s, struct store_page page, struct dkek_row **ret, size_t *ret_n, struct fault *f);

struct share_row {
	int64_t id;                        /* of this file or sheet */
	bool has_kcv;                      /* it was opened */
	uint8_t kcv[STORE_KCV_LEN];        /* what the share makes alone */
	uint8_t sha256[32];                /* of the file's bytes, of a sheet the file it stands for */
	char form[STORE_NAME_MAX];         /* "file", "sheet" */
	char file[STORE_PLACE_MAX];        /* its name as first seen */
	char custodian[STORE_PLACE_MAX];   /* who knows the password; "" where it is divided, or not known */
	char place[STORE_PLACE_MAX];
	int threshold, parts;              /* n of m where the password is divided, else STORE_UNKNOWN */
	int64_t first_seen, made_at, checked_at, gone_at;   /* STORE_UNKNOWN */
};

/*
 * A share file was seen or made. The same file (SHA-256 and form) again is the same row: what was not known is filled in,
 * custodian and place take the new text where there is one. ST_MISMATCH: it is known to make another check value.
 */
enum status store_share_seen(struct store *s, const struct share_row *share, int64_t at, int64_t *ret_id, struct fault *f);
enum status store_share_checked(struct store *s, int64_t id, int64_t at, struct fault *f);
enum status store_share_gone(struct store *s, int64_t id, int64_t at, struct fault *f);

/* The share with the check value share_kcv is one of those that make this DKEK. Both are made where they are not known. */
enum status store_dkek_share(struct store *s, const uint8_t kcv[static STORE_KCV_LEN],
			     const uint8_t share_kcv[static STORE_KCV_LEN], int64_t at, struct fault *f);

/* Of one DKEK, or where kcv is NULL all, those that are gone too. By date. */
enum status store_shares(struct store *s, const uint8_t *kcv, struct store_page page, struct share_row **ret, size_t *ret_n,
			 struct fault *f);

struct part_row {
	int number;                        /* the share ID that the custodian's numbers show */
	char custodian[STORE_PLACE_MAX];
	char form[STORE_NAME_MAX];
	char place[STORE_PLACE_MAX];
	int64_t checked_at, gone_at;
};

/* Writes one custodian's part of a share file's password, in place of what was known of that number. */
enum status store_part_set(struct store *s, int64_t share_id, const struct part_row *part, struct fault *f);
enum status store_parts(struct store *s, int64_t share_id, struct part_row **ret, size_t *ret_n, struct fault *f);

#endif
