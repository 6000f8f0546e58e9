/* Logical keys, wherever they live, and objects: the things on devices. An object that went stays, with when and how. */
#ifndef STORE_KEY_H
#define STORE_KEY_H

#include "store/backup.h"
#include "store/store.h"

struct key_row {
	struct key_identity identity;
	char algorithm[STORE_NAME_MAX];     /* "rsa", "ec", "aes" */
	unsigned size;                      /* bits; 0: not known */
	char curve[STORE_NAME_MAX];         /* "secp256r1"; "" */
	char label[STORE_LABEL_MAX];        /* the last one seen, on a device or in a backup */
	int64_t first_seen;
	/* Only in what is read. */
	unsigned devices;                   /* on how many it is now, or was when they were last listed */
	char on[STORE_LABEL_MAX];           /* their serials with a blank between, cut where they are too many */
	unsigned backups;
	enum proof_level proof;             /* of the best backup */
};

/* The key is known; what is empty or 0 leaves what was known. ST_BAD_FORM: no identity. */
enum status store_key_seen(struct store *s, const struct key_row *key, int64_t at, struct fault *f);
enum status store_key_get(struct store *s, const struct key_identity *key, struct key_row *ret, struct fault *f);
/* By its number in the inventory, as a listing (listing.h) has it. ST_NOT_FOUND. */
enum status store_key_by_number(struct store *s, int64_t number, struct key_row *ret, struct fault *f);

/* The DER of its SubjectPublicKeyInfo, so that a key can be compared and exported when no device is here. */
enum status store_key_set_spki(struct store *s, const struct key_identity *key, const uint8_t *der, size_t n, struct fault *f);
/* *ret is the caller's to free(). ST_NOT_FOUND also where it was never set. */
enum status store_key_spki(struct store *s, const struct key_identity *key, uint8_t **ret, size_t *ret_n, struct fault *f);

/* By label. *ret is the caller's to free(), as in all listings. */
enum status store_keys(struct store *s, struct store_page page, struct key_row **ret, size_t *ret_n, struct fault *f);

enum thing {
	THING_KEY,
	THING_CERTIFICATE,
	THING_DATA,
};

struct object_row {
	char serial[STORE_SERIAL_MAX];      /* of the device; not needed in what is given */
	enum thing type;
	unsigned fid;                       /* file identifier; with the type it names the object on its device */
	int key_ref;                        /* STORE_UNKNOWN where it is no key */
	int domain;                         /* key domain; STORE_UNKNOWN */
	uint8_t id[STORE_ID_MAX];           /* CKA_ID */
	size_t id_len;
	char label[STORE_LABEL_MAX];
	struct key_identity key;            /* of a certificate: the key it is for; len 0: not known */
	char algorithm[STORE_NAME_MAX];
	unsigned size;                      /* bits of a key, bytes of data; 0: not known */
	char curve[STORE_NAME_MAX];
	unsigned flags;                     /* the caller's own; kept as they are, at most 31 bits */
	int64_t use_counter;                /* uses left; STORE_UNKNOWN */
	char subject[STORE_LABEL_MAX];      /* of a certificate */
	int64_t not_after;                  /* its end; STORE_UNKNOWN */
	bool has_sha256;
	uint8_t sha256[32];                 /* of the content of a certificate or data */
	/* Only in what is read. */
	int64_t first_seen;
	int64_t gone_at;                    /* STORE_UNKNOWN: still there, or was when last listed */
	char gone_how[STORE_NAME_MAX];      /* "deleted", "replaced", "wiped" */
	unsigned backups;                   /* of its key */
	enum proof_level proof;             /* of the best of them */
};

/*
 * What the device has now, all of it. New ones are added; those that are no longer there are marked gone ("deleted"), and
 * so is one whose place another key or content has taken ("replaced"); the others take what is new about them. A key
 * whose identity is not known this time keeps the one known before where nothing else about it has changed: file,
 * CKA_ID, label, algorithm and size; a use counter that is not known this time stays as it was known.
 * ST_NOT_FOUND: no such device; ST_BAD_FORM: two rows with one type and fid.
 */
enum status store_objects_sync(struct store *s, const char *serial, const struct object_row *rows, size_t n, int64_t at,
			       struct fault *f);

/* One object that was just made or changed, as store_objects_sync() takes it; the others are left alone. */
enum status store_object_seen(struct store *s, const char *serial, const struct object_row *row, int64_t at, struct fault *f);
/* One that was just deleted. ST_NOT_FOUND. */
enum status store_object_gone(struct store *s, const char *serial, enum thing type, unsigned fid, int64_t at, struct fault *f);

struct object_filter {
	const char *device;                 /* NULL: any */
	const struct key_identity *key;     /* this logical key's; NULL: any */
	bool gone_too;
	struct store_page page;
};

/* Keys first, each type by label. */
enum status store_objects(struct store *s, const struct object_filter *filter, struct object_row **ret, size_t *ret_n,
			  struct fault *f);

/* --- what stands in certificates, by the SHA-256 of the content as object_row has it --- */

#define STORE_CERTIFICATE_MAX (1 << 16)   /* bytes */

/* Kept for good, also when no device has it any more. The same content again is fine. ST_BAD_FORM: empty or too long. */
enum status store_certificate_keep(struct store *s, const uint8_t *content, size_t n, struct fault *f);
/* Checked against its hash (ST_STORE_DAMAGED). *ret is the caller's to free(). ST_NOT_FOUND. */
enum status store_certificate(struct store *s, const uint8_t sha256[static 32], uint8_t **ret, size_t *ret_n, struct fault *f);

#endif
