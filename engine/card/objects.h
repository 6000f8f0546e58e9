/*
 * What is on a card: its files joined into keys, certificates and data. Nothing of what the card says is trusted:
 * numbers are bounded, texts cleaned, and what does not fit is shown as damaged, with the reason, and never hidden.
 */
#ifndef ENGINE_CARD_OBJECTS_H
#define ENGINE_CARD_OBJECTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/bytes.h"
#include "engine/base/error.h"
#include "engine/card/card.h"
#include "engine/card/files.h"
#include "engine/keys/blob.h"
#include "engine/keys/cert.h"
#include "engine/keys/describe.h"
#include "engine/keys/pubkey.h"

enum object_type {
	OBJECT_KEY,
	OBJECT_CERTIFICATE,      /* stand-alone; that of a key belongs to the key */
	OBJECT_DATA,
	OBJECT_STRAY,            /* a description or certificate file whose key is gone, or a content nobody describes */
};

enum key_request {               /* what CExx tells about where a key was made */
	REQUEST_NONE,            /* no request: a certificate took its place, or it came without */
	REQUEST_THIS_DEVICE,     /* names this device as signer: object_attest() checks it */
	REQUEST_OTHER_DEVICE,    /* came with the key from another device */
};

enum key_origin {                /* what object_attest() showed */
	ORIGIN_UNKNOWN,          /* no request, or it was not checked */
	ORIGIN_HERE,
	ORIGIN_ELSEWHERE,        /* another device is named, whose signature cannot be checked here */
	ORIGIN_UNPROVEN,         /* this device is named, and did not sign it */
};

enum {                                          /* what is wrong with an object */
	OBJECT_BAD_DESCRIPTION = 1 << 0,        /* C4xx, C8xx or C9xx is there and cannot be decoded */
	OBJECT_NO_DESCRIPTION = 1 << 1,         /* other software does not see the key */
	OBJECT_BAD_CONTENT = 1 << 2,            /* CExx or CAxx is there and cannot be decoded */
	OBJECT_NO_CONTENT = 1 << 3,             /* no public key, certificate or data file */
	OBJECT_OTHER_KIND = 1 << 4,             /* description and public key differ in kind or size: has_key is not set then */
	OBJECT_UNREADABLE = 1 << 5,             /* the card would not give a file that it lists */
	OBJECT_DAMAGES = 6,
};

struct object {
	enum object_type type;
	uint8_t number;                         /* the key reference; the number in the file's identifier */
	uint16_t description_fid, content_fid;  /* 0: there is none */
	unsigned damage;
	char label[DESCRIBE_LABEL_MAX];         /* clean; "" where nothing gives one */
	uint8_t id[DESCRIBE_ID_MAX];            /* CKA_ID */
	size_t id_len;

	/* keys */
	bool has_algorithm;                     /* the next three are known, from public key or description */
	enum key_algorithm algorithm;
	unsigned bits;
	const struct curve *curve;              /* only from a public key */
	unsigned usage;                         /* USAGE_ bits; 0: not told */
	bool has_key;
	struct pubkey key;
	uint8_t spki_sha256[32];                /* where has_key */
	bool has_cmac;                          /* never set by card_objects(): see card_key_cmac() */
	uint8_t cmac[BLOB_CMAC_LEN];
	enum key_request request;
	enum key_origin origin;                 /* set by objects_attest() alone */

	/* keys with one, and certificates */
	struct cert *cert;                      /* NULL: none, or not decodable */

	/* data */
	bool is_private;
	bool has_size;
	size_t size;                            /* of the content */
	char application[DESCRIBE_LABEL_MAX];

	/* As they stand on the card: what a wrapped-key file takes along. Empty where not there, not read, or secret. */
	struct buf description, content;
};

void object_done(struct object *o);

struct objects {
	struct object *o;        /* keys by reference, then certificates, data, strays, by number */
	size_t n;
	struct fids fids;
	bool damaged;            /* the list itself: odd, double, or more than can be */
};

void objects_done(struct objects *l);   /* NULL and empty are fine */
#define OBJECTS CLEANUP(objects_done) struct objects   /* OBJECTS list = { 0 }; */

enum {
	WANT_KEYS = 1 << 0,            /* C4xx: one APDU a key */
	WANT_PUBLIC = 1 << 1,          /* and CExx: one more */
	WANT_CERTIFICATES = 1 << 2,    /* C8xx and CAxx */
	WANT_DATA = 1 << 3,            /* C9xx, and the size of the content; the content is not read */
	WANT_ALL = (1 << 4) - 1,
};

/*
 * ENUMERATE and what is wanted, one APDU a file. No login is needed. An object that cannot be read does not hide the
 * others; the transport's failures (ST_CARD_GONE) do fail. Strays are told of the kinds that are wanted.
 */
enum status card_objects(struct card *c, unsigned want, struct objects *ret, struct fault *f);

/* One key: two APDUs. fids as the card gave it. ST_NOT_FOUND: not listed. Give ret back with object_done(). */
enum status card_object_key(struct card *c, const struct fids *fids, uint8_t key_ref, struct object *ret,
			    struct fault *f);

/*
 * The key's request says that it was made inside this device: its outer signature is checked with the device's key.
 * ST_NOT_FOUND: no request; ST_MISMATCH. No APDU but the first reading of EF 2F02.
 */
enum status object_attest(struct card *c, const struct object *o, struct fault *f);

/* The same for all of them, into origin; after card_status(), which reads EF 2F02: then no APDU. */
void objects_attest(struct card *c, struct objects *l);

/* What is wrong, in whole sentences; "" where nothing is. */
void object_damage_words(const struct object *o, char *out, size_t cap);
/* One of them, by its OBJECT_ bit; "" for anything else. */
const char *damage_words(unsigned bit);

#endif
