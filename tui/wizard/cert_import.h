/* cert import: what its pages (cert_import.c) and its step (cert_import_card.c) share. */
#ifndef TUI_WIZARD_CERT_IMPORT_H
#define TUI_WIZARD_CERT_IMPORT_H

#include "tui/wizard/thing.h"

struct cert_import {
	struct device_state device;
	struct buf der;               /* of the certificate that is meant; empty until the file was read */
	struct cert cert;
	size_t of;                    /* how many the file had */
	struct key_result target;     /* the key that it is for; serial "" until that was looked at */
	bool has_old, old_is_request; /* the key has another certificate, or the request of its generation */
	char old_subject[160], old_until[THING_DATE_MAX];
	bool there;                   /* it has this very certificate already */
	bool unknown_key;             /* the key's public key is not on the device: it is proven by a signature */
};

/* Is it to stand by itself, as that of no key on the device? */
bool cert_import_alone(const struct run *r);

/* What it is called then: as was asked for, else by its common name, else by its subject. True where that had to be cut. */
bool cert_import_label(const struct run *r, char out[static DESCRIBE_LABEL_MAX]);

/*
 * Reads the file, finds the key, and takes the certificate for it, all into the state; ret is the key, to be given back with
 * object_done() (of type OBJECT_STRAY where there is none). ST_MISMATCH: the certificate is for another key.
 */
enum status cert_import_load(struct step_env *e, struct session *s, struct object *ret, struct fault *f);

/* The step. */
enum status cert_import_write(struct step_env *e, struct fault *f);

#endif
