/*
 * What a run has come to, for those who print it: tui/command's JSON and tables. Valid once the run is RUN_DONE, or as far
 * as it came when it is RUN_FAILED; everything belongs to the run.
 */
#ifndef TUI_WIZARD_RESULTS_H
#define TUI_WIZARD_RESULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/bytes.h"
#include "engine/base/error.h"
#include "engine/keys/describe.h"

struct run;

#define RESULT_ID_MAX (2 * DESCRIBE_ID_MAX + 1)

/* One key that a run was about. Texts are "" where not known. */
struct key_result {
	char serial[64];               /* of the device */
	char label[DESCRIBE_LABEL_MAX];
	char id[RESULT_ID_MAX];        /* CKA_ID, lower case hex */
	int key_ref;                   /* -1: none */
	char algorithm[8];             /* "rsa", "ec", "aes" */
	char curve[24];                /* "secp256r1" */
	unsigned size;                 /* bits; 0: not known */
	char kind[24];                 /* "RSA 4096", "P-256", for people */
	char spki_sha256[65];          /* lower case hex */
	char cmac[33];

	/* certificates and data */
	char subject[160];
	char until[11];                /* "2046-11-20" */
	bool is_private;

	/* backup and restore */
	char file[1024];               /* that was written or read; "" where there was none */
	char backup[17];               /* the ID that --backup takes */
	char dkek_kcv[17];             /* upper case hex */
	char proof[10];                /* "none", "intact", "matched", "opened" or "restored" */
	bool compared;                 /* restore: the public key (AES: the CMAC) is the one that the backup is of */
	const char *how;               /* key test: what it did, a sentence of a table; NULL: it did not pass */
	struct fault fault;            /* why it could not be done; st is ST_OK where it could */
	char remark[400];              /* whole sentences: what is worth knowing though it was done */

	/* clone */
	char thing[12];                /* "key", "certificate" or "data"; "" is a key too */
	bool there;                    /* it was there already, and was left alone */
};

/* What is about one key, certificate or data object: that. NULL before there is one. */
const struct key_result *run_key(const struct run *r);

/* key export, cert export, data read: what is to be put out, as it stands; empty where it went to a file. */
struct cur run_exported(const struct run *r);

/* backup, restore: one row a key or file, in order. */
const struct key_result *run_keys(const struct run *r, size_t *ret_n);

/* backup, restore: how many rows have a fault. With one or more, a run that is done exits with 1, or with the fault's own. */
size_t run_keys_failed(const struct run *r);

#endif
