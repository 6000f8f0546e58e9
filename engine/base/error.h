/*
 * What went wrong: a status to branch on, and a fault to explain it to a person.
 *
 * Every function that can fail returns an enum status and takes a struct fault, which it fills on failure only.
 * engine/ and store/ never print and never exit: they fill the fault where the cause is known, in whole sentences.
 */
#ifndef ENGINE_BASE_ERROR_H
#define ENGINE_BASE_ERROR_H

#include <stdint.h>

#include "engine/base/words.h"

/* name, and what it says when nobody knew better */
#define STATUS_LIST(X) \
	X(NO_MEMORY, N_("This computer has run out of memory.")) \
	X(CANCELLED, N_("It was cancelled.")) \
	X(USAGE, N_("The command was not understood.")) \
	X(BAD_FORM, N_("The value has the wrong form.")) \
	X(NEED_SECRET, N_("A PIN or password is needed, and there is no terminal to type it at.")) \
	X(NO_PCSCD, N_("The smart card service (pcscd) cannot be reached.")) \
	X(NO_READER, N_("There is no smart card reader.")) \
	X(NO_CARD, N_("There is no card in the reader.")) \
	X(FOREIGN_CARD, N_("This is not a SmartCard-HSM.")) \
	X(READER_BUSY, N_("Another program is using the card.")) \
	X(CARD_GONE, N_("The device was removed.")) \
	X(NOT_FOUND, N_("There is no such object.")) \
	X(PIN_WRONG, N_("The PIN is not correct.")) \
	X(PIN_BLOCKED, N_("The PIN is blocked.")) \
	X(SO_PIN_WRONG, N_("The SO-PIN is not correct.")) \
	X(SO_PIN_BLOCKED, N_("The SO-PIN is blocked for good.")) \
	X(PASSWORD_WRONG, N_("The password is not correct.")) \
	X(REFUSED, N_("This was refused, because it is not safe.")) \
	X(FILE_EXISTS, N_("The file exists already.")) \
	X(STORE_NEWER, N_("The inventory was made by a newer Keyroom.")) \
	X(OTHER_DKEK, N_("It belongs to another DKEK.")) \
	X(DAMAGED, N_("The data is damaged.")) \
	X(DUPLICATE, N_("It is there already.")) \
	X(MISMATCH, N_("What was read back is not what was expected.")) \
	X(HALFWAY, N_("The procedure stopped half way.")) \
	X(NOT_LOGGED_IN, N_("The device wants the user PIN first.")) \
	X(NOT_INITIALISED, N_("The device was never initialised.")) \
	X(TRANSPORT_PIN, N_("The device has a transport PIN, which must be changed before the first use.")) \
	X(NO_DKEK, N_("The device has no DKEK, so its keys cannot be wrapped.")) \
	X(DKEK_INCOMPLETE, N_("DKEK shares are still missing.")) \
	X(NOT_ALLOWED, N_("The device does not allow this.")) \
	X(UNSUPPORTED, N_("The device does not support this.")) \
	X(CARD_FULL, N_("The device is full.")) \
	X(BAD_REPLY, N_("The device sent something that cannot be understood.")) \
	X(CARD_ERROR, N_("The device reported an error.")) \
	X(DISK, N_("The disk could not be read or written.")) \
	X(STORE, N_("The inventory could not be read or written.")) \
	X(STORE_BUSY, N_("Another program has locked the inventory.")) \
	X(STORE_DAMAGED, N_("The inventory file is damaged.")) \
	X(STORE_READ_ONLY, N_("The inventory cannot be written.")) \
	X(CRYPTO, N_("A cryptographic operation failed."))

enum status {
	ST_OK,
#define X(name, words) ST_##name,
	STATUS_LIST(X)
#undef X
	ST_COUNT
};

struct fault {
	enum status st;
	uint16_t sw;      /* the card's status word, 0 where no card was involved */
	long native;      /* PC/SC, SQLite or errno code, for the log */
	int tries_left;   /* -1 unless a PIN or SO-PIN was wrong */
	char what[1600];  /* whole sentences for the operator; never a secret */
};

/* The default sentence of a status. */
const char *status_words(enum status st);

/* "PIN_WRONG", for logs and tests. */
const char *status_name(enum status st);

/*
 * Fills *f (NULL is fine) and returns st. fmt is one or more whole sentences; NULL takes status_words(). f->what may be
 * among the arguments.
 * Numbers of an earlier failure are cleared.
 */
enum status fault_set(struct fault *f, enum status st, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Appends one more sentence, what it means or what to do, and returns f->st (ST_OK where f is NULL). */
enum status fault_add(struct fault *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define CLEANUP(fn) __attribute__((cleanup(fn)))
#define STEAL(p) __extension__ ({ __typeof__(p) steal_ = (p); (p) = NULL; steal_; })
/* fn##_guard(), for CLEANUP() on a variable that points to type */
#define DEFINE_GUARD(type, fn) \
	static inline void fn##_guard(type **pp) { fn(*pp); }

#endif
