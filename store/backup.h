/* Wrapped keys, and what was shown about each. A row is never taken away, and a proof never lowered. */
#ifndef STORE_BACKUP_H
#define STORE_BACKUP_H

#include "store/store.h"

#define BACKUP_DATA_MAX (1 << 16)   /* bytes of a wrapped-key file */

enum proof_level {
	PROOF_NONE,
	PROOF_INTACT,     /* the container can be read */
	PROOF_MATCHED,    /* its check value is that of a DKEK we know */
	PROOF_OPENED,     /* opened with all shares, and the key inside compared */
	PROOF_RESTORED,   /* restored to a device, compared, and a signature verified */
};

/* "none" to "restored", as COMMANDS.md has them. */
const char *proof_word(enum proof_level level);

struct backup_row {
	int64_t id;                         /* what --backup takes */
	uint8_t sha256[32];                 /* of the whole file; makes the row unique */
	uint8_t blob_sha256[32];            /* of the key blob in it */
	uint8_t kcv[STORE_KCV_LEN];         /* of the DKEK it is wrapped under */
	struct key_identity key;            /* len 0: not known */
	char algorithm[STORE_NAME_MAX];     /* from blob or key; "" where not known */
	unsigned size;                      /* bits; 0 */
	char curve[STORE_NAME_MAX];         /* "" */
	char label[STORE_LABEL_MAX];        /* from its description */
	uint8_t cka_id[STORE_ID_MAX];
	size_t cka_id_len;
	char device[STORE_SERIAL_MAX];      /* where it was made; "" where not known */
	int64_t made_at;                    /* STORE_UNKNOWN */
	char file[STORE_PLACE_MAX];         /* name as first written or taken in */
	char form[STORE_NAME_MAX];          /* "sc-hsm-tool", "blob" */
	/* Only in what is read. */
	int64_t added_at;
	size_t size_bytes;
	enum proof_level proof;             /* the best so far */
	int64_t proof_at;                   /* when it was last shown; STORE_UNKNOWN */
	char proof_device[STORE_SERIAL_MAX];
};

/*
 * Takes in a wrapped key of n bytes. The same SHA-256 again is no new row: what was not known is filled in. A key and a
 * DKEK that are not known yet are made. ST_MISMATCH: it is known as a backup of another key; ST_BAD_FORM: empty or too
 * long, or its SHA-256 is not row->sha256.
 */
enum status store_backup_add(struct store *s, const struct backup_row *row, const uint8_t *data, size_t n, int64_t at,
			     int64_t *ret_id, struct fault *f);

/* ST_NOT_FOUND, as in all that take an ID. */
enum status store_backup_get(struct store *s, int64_t id, struct backup_row *ret, struct fault *f);
enum status store_backup_find(struct store *s, const uint8_t sha256[static 32], struct backup_row *ret, struct fault *f);

/* The bytes, checked against their SHA-256 (ST_STORE_DAMAGED). *ret is the caller's to free(). */
enum status store_backup_data(struct store *s, int64_t id, uint8_t **ret, size_t *ret_n, struct fault *f);

/* The key in it was learnt: the blob was opened or restored. ST_MISMATCH: another one is known. */
enum status store_backup_set_key(struct store *s, int64_t id, const struct key_identity *key, int64_t at, struct fault *f);

/* Records a proof. device: where it was restored, NULL or "" else. A level below the best is recorded, and lowers nothing. */
enum status store_backup_prove(struct store *s, int64_t id, enum proof_level level, const char *device, int64_t at,
			       struct fault *f);

struct backup_filter {
	const char *device;                 /* made there; NULL: any */
	const struct key_identity *key;     /* NULL: any */
	const uint8_t *kcv;                 /* NULL: any */
	int64_t below;                      /* only IDs below this one, for walking through all of them; 0: any */
	struct store_page page;
};

/*
 * By ID, newest first. Far into a long list `below` is quicker than an offset. *ret is the caller's to free().
 */
enum status store_backups(struct store *s, const struct backup_filter *filter, struct backup_row **ret, size_t *ret_n,
			  struct fault *f);
enum status store_backups_count(struct store *s, const struct backup_filter *filter, size_t *ret, struct fault *f);

struct proof_row {
	enum proof_level level;
	char device[STORE_SERIAL_MAX];
	int64_t at;
};

/* All proofs of a backup, oldest first. */
enum status store_proofs(struct store *s, int64_t id, struct proof_row **ret, size_t *ret_n, struct fault *f);

#endif
