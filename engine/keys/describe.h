/*
 * PKCS#15 descriptions: the files C4xx, C8xx and C9xx that give keys, certificates and data their labels and IDs, and
 * EF.TokenInfo 2F03 (formats.md 7, real-devices.md 7). Reading takes what any known tool wrote; writing gives the very
 * bytes of OpenSC 0.23.
 */
#ifndef ENGINE_KEYS_DESCRIBE_H
#define ENGINE_KEYS_DESCRIBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/bytes.h"
#include "engine/base/error.h"
#include "engine/keys/pubkey.h"

#define DESCRIBE_LABEL_MAX 256     /* with the NUL; a longer one is cut when read, refused when written */
#define DESCRIBE_ID_MAX 255
#define DESCRIBE_NO_REF (-1)
#define DESCRIBE_MAX 1024          /* of a description file that we write */

enum description_kind {
	DESCRIPTION_KEY,
	DESCRIPTION_CERT,
	DESCRIPTION_DATA,
};

/* Bits of the usage string, counted from its left as in PKCS#15 (formats.md 7.5). */
enum {
	USAGE_ENCRYPT = 1 << 0,
	USAGE_DECRYPT = 1 << 1,
	USAGE_SIGN = 1 << 2,
	USAGE_SIGN_RECOVER = 1 << 3,
	USAGE_WRAP = 1 << 4,
	USAGE_UNWRAP = 1 << 5,
	USAGE_VERIFY = 1 << 6,
	USAGE_VERIFY_RECOVER = 1 << 7,
	USAGE_DERIVE = 1 << 8,
	USAGE_NON_REPUDIATION = 1 << 9,

	USAGE_RSA = USAGE_DECRYPT | USAGE_SIGN | USAGE_SIGN_RECOVER,   /* what OpenSC 0.23 writes */
	USAGE_EC = USAGE_SIGN | USAGE_SIGN_RECOVER | USAGE_DERIVE,
	USAGE_AES = USAGE_ENCRYPT | USAGE_DECRYPT,
};

/* What a key of this kind can be used for, as descriptions that are made here say it. */
unsigned describe_usage(enum key_algorithm algorithm);

struct description {
	enum description_kind kind;
	enum key_algorithm algorithm;      /* keys */
	char label[DESCRIBE_LABEL_MAX];    /* cleaned when read */
	uint8_t id[DESCRIBE_ID_MAX];       /* keys, certificates; CKA_ID */
	size_t id_len;
	bool is_private;                   /* keys; data: a login is needed to read it */
	unsigned usage;                    /* keys */
	int key_ref;                       /* keys: 0 to 255, or DESCRIBE_NO_REF; the file's own number is what counts */
	unsigned bits;                     /* keys: of modulus, field or AES key; 528 read as 521; 0: not given */
	uint16_t path;                     /* certificates and data: where the content is; 0 where it is not given */
	bool authority;                    /* certificates */
	char application[DESCRIBE_LABEL_MAX];   /* data */
	size_t whole_len;                  /* bytes of the object; a file may be longer than what is in it */
};

/* From C4xx. ST_DAMAGED. */
enum status describe_parse_key(struct cur file, struct description *ret, struct fault *f);
enum status describe_parse_cert(struct cur file, struct description *ret, struct fault *f);   /* C8xx */
enum status describe_parse_data(struct cur file, struct description *ret, struct fault *f);   /* C9xx */

/* By kind; appended to ret. ST_BAD_FORM: label or ID too long. */
enum status describe_build(const struct description *d, struct buf *ret, struct fault *f);

/*
 * The same description with another label (NULL: as it is) and another ID (empty: as it is; not for data). All else stays
 * as it stands, whoever wrote it; what follows the object in the file is left out. Appended to ret. ST_DAMAGED, ST_BAD_FORM.
 */
enum status describe_edit(struct cur file, const char *label, struct cur id, struct buf *ret, struct fault *f);

/* The label of EF.TokenInfo; "" where it has none. ST_DAMAGED. */
enum status describe_parse_token(struct cur ef_2f03, char ret_label[static DESCRIBE_LABEL_MAX], struct fault *f);
enum status describe_build_token(const char *label, struct buf *ret, struct fault *f);
/* The same EF.TokenInfo with another label; all else in it stays as it stands. Appended to ret. ST_DAMAGED, ST_BAD_FORM. */
enum status describe_edit_token(struct cur ef_2f03, const char *label, struct buf *ret, struct fault *f);

#endif
