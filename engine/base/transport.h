/*
 * How bytes get to a card, and where readers come from: two tables of functions. engine/card has them over PC/SC,
 * engine/sim in-process. A transport is used by one thread at a time; a source's list(), wait() and open() by one
 * thread, its cancel() by any.
 */
#ifndef ENGINE_BASE_TRANSPORT_H
#define ENGINE_BASE_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/error.h"

#define ATR_MAX 33            /* ISO 7816-3 8.2.1 */
#define READER_NAME_MAX 128   /* MAX_READERNAME of pcsc-lite */

struct transport;

struct transport_ops {
	/* The ATR of the card; its length is returned. */
	size_t (*atr)(const struct transport *t, uint8_t out[static ATR_MAX]);

	/*
	 * One command APDU, one response APDU with its status word. *io_rsp_len is the room at rsp before, the length after;
	 * at least 2 on ST_OK. ST_CARD_GONE: removed, or reset by somebody else so that every login is lost.
	 * Waits as long as the card asks for (waiting-time extensions): an RSA-4096 generation takes minutes.
	 */
	enum status (*transmit)(struct transport *t, const uint8_t *cmd, size_t cmd_len, uint8_t *rsp, size_t *io_rsp_len,
				struct fault *f);

	/*
	 * Between begin and end no other program talks to the card. begin reconnects after somebody else's reset.
	 * ST_READER_BUSY: another program does not let go of the card; the transport has to be opened anew.
	 */
	enum status (*begin)(struct transport *t, struct fault *f);
	void (*end)(struct transport *t);

	enum status (*reset)(struct transport *t, struct fault *f);
	void (*close)(struct transport *t);   /* frees t; NULL is not fine */
};

struct transport {
	const struct transport_ops *ops;
	size_t max_apdu;   /* largest command and response APDU that the reader announces, in bytes; 0: announces no limit */
	bool simulated;
};

enum reader_state {
	READER_EMPTY,
	READER_CARD,
	READER_MUTE,      /* a card that does not answer */
	READER_IN_USE,    /* another program holds it exclusively, or keeps us waiting for it */
};

struct reader {
	char name[READER_NAME_MAX];
	enum reader_state state;
	uint8_t atr[ATR_MAX];
	size_t atr_len;
	unsigned changes;   /* differs when the card was taken out and put back between two lists */
};

struct source;

struct source_ops {
	/* All readers now; *ret is the caller's to free(). No reader at all: ST_OK and 0. ST_NO_PCSCD. */
	enum status (*list)(struct source *s, struct reader **ret, size_t *ret_n, struct fault *f);

	/* Returns when something has changed since the last list(), after timeout_ms (-1: never), or after cancel(). */
	enum status (*wait)(struct source *s, int timeout_ms, struct fault *f);
	void (*cancel)(struct source *s);

	/*
	 * No list() or wait() is under way, or follows soon: the connection that they have may serve an open(). NULL where that is
	 * nothing to anybody.
	 */
	void (*rest)(struct source *s);

	/* ST_NO_READER, ST_NO_CARD, ST_READER_BUSY. *ret is given back with its close(). Any thread. */
	enum status (*open)(struct source *s, const char *reader, struct transport **ret, struct fault *f);

	/*
	 * An open() or begin() that waits for another program to let go of this reader gives ST_READER_BUSY now. Only one that
	 * waits already. NULL where none ever does. Any thread.
	 */
	void (*give_up)(struct source *s, const char *reader);

	/*
	 * NULL where the readers are real. plug() puts the card of a reader in or takes it out, add() makes one more reader
	 * with a new card in it. Any thread.
	 */
	enum status (*plug)(struct source *s, const char *reader, bool in, struct fault *f);
	enum status (*add)(struct source *s, struct fault *f);

	void (*close)(struct source *s);   /* frees s */
};

struct source {
	const struct source_ops *ops;
	bool simulated;   /* a rehearsal: every screen says so */
};

#endif
