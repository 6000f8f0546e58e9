/*
 * The inventory: one SQLite file with what is known of devices, DKEKs, keys, backups and procedures, and the journal.
 * It holds no secret, and knows no card. The rows are plain structs in the headers beside this one.
 *
 * A handle is used by one thread at a time; any number of handles and processes may have the file open at once. Each
 * function that writes does so whole or not at all, by itself or as a part of the transaction that is open. Times are
 * seconds since 1970-01-01 UTC and come from the caller. Text is kept as it came: whoever shows it cleans it first.
 *
 * Every function may give ST_NO_MEMORY, ST_DISK (full, or failing), ST_STORE_BUSY, ST_STORE_DAMAGED (also for a value
 * that no Keyroom writes) and ST_STORE; those that write also ST_STORE_READ_ONLY. The headers name what comes on top.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/error.h"

#define STORE_KCV_LEN 8         /* a DKEK's key check value */
#define STORE_SERIAL_MAX 64     /* these with their NUL; longer text is cut when read */
#define STORE_LABEL_MAX 256
#define STORE_PLACE_MAX 256     /* where a thing is kept, who holds it, a file's name */
#define STORE_NAME_MAX 24       /* algorithm, curve, form */
#define STORE_ID_MAX 255        /* bytes of a CKA_ID */
#define STORE_UNKNOWN (-1)      /* of a number or a time that is not known */
#define STORE_PAGE_MAX 1000     /* rows that one listing gives at most */

struct store;

enum {
	STORE_LOOK = 1 << 0,     /* for looking only, and nothing is made or migrated: ST_NOT_FOUND where there is no file */
	STORE_NO_WAIT = 1 << 1,  /* ST_STORE_BUSY at once, where it would wait for up to five seconds */
};

/*
 * Opens the inventory at path, or ":memory:". The folder (mode 0700) and the file (0600) are made where they are not
 * there. An older inventory is copied aside, then brought up to date; on a medium that cannot be written it opens for
 * looking only. ST_STORE_NEWER: made by a newer Keyroom, and left alone; ST_STORE_DAMAGED: no inventory, or no longer
 * one; ST_DISK: cannot be made or read.
 */
enum status store_open(const char *path, unsigned flags, struct store **ret, struct fault *f);
void store_close(struct store *s);   /* rolls back what was not committed; NULL is fine */
DEFINE_GUARD(struct store, store_close)

/* Gives back the memory in which pages of the file are kept, after a walk through much of it. */
void store_relax(struct store *s);

const char *store_path(const struct store *s);
bool store_read_only(const struct store *s);   /* the screens say so */

/* 16 random bytes, made with the file: tell one inventory from another. */
enum status store_identity(struct store *s, uint8_t ret[static 16], struct fault *f);

/*
 * Reads every page of the file and every reference: seconds on a big inventory. ST_STORE_DAMAGED says what is wrong. The
 * journal's chain is not looked at: journal.h.
 */
enum status store_check(struct store *s, struct fault *f);

/*
 * Several facts and their journal entries in one transaction:
 *
 *	STORE_TXN t = { 0 };
 *
 *	if ((st = store_begin(s, &t, f)) != ST_OK || (st = store_device_wiped(s, serial, at, f)) != ST_OK ||
 *	    (st = store_journal(s, &entry, f)) != ST_OK)
 *		return st;                     ... which rolls back ...
 *	return store_commit(&t, f);            ... on the disk when this returns ST_OK ...
 *
 * Not within each other. Keep them short: other handles that write wait meanwhile.
 */
struct store_txn {
	struct store *s;   /* NULL: not open */
};
enum status store_begin(struct store *s, struct store_txn *t, struct fault *f);
enum status store_commit(struct store_txn *t, struct fault *f);
void store_txn_done(struct store_txn *t);   /* rolls back unless committed */
#define STORE_TXN CLEANUP(store_txn_done) struct store_txn

/* For tests: fn is called after each transaction that this handle has committed. NULL: no longer. */
void store_on_commit(struct store *s, void (*fn)(void *ctx), void *ctx);

/* Which logical key: the SHA-256 of its SubjectPublicKeyInfo, or of a secret key the AES-CMAC of 16 zero bytes. */
#define STORE_SPKI_LEN 32
#define STORE_CMAC_LEN 16
struct key_identity {
	size_t len;            /* STORE_SPKI_LEN, STORE_CMAC_LEN, or 0: not known */
	uint8_t bytes[32];
};

/* What part of a long list is wanted. limit 0 or too large: STORE_PAGE_MAX. */
struct store_page {
	unsigned limit, offset;
};

#endif
