/*
 * Calls of PC/SC that last for as long as another program keeps its transaction. pcsc-lite cannot be made to give them up:
 * pcscd itself sleeps in SCardConnect, its library in SCardBeginTransaction, and SCardCancel ends neither (winscard.c,
 * winscard_clnt.c of 1.9.9). So each is made on a thread of its own, which is left behind where it takes too long; it
 * takes the connection with it, and gives it back when it comes to its end. Never more than one is left behind for a reader:
 * the next call waits for that one first.
 *
 * A reader at which somebody waits for longer than PCSC_BUSY_MS is one in use: the source lists it so.
 *
 * For engine/card only.
 */
#ifndef ENGINE_CARD_PCSC_WAIT_H
#define ENGINE_CARD_PCSC_WAIT_H

#include "engine/card/pcsc_calls.h"

#define PCSC_BUSY_MS 1000
#define PCSC_PATIENCE_MS 10000

struct pcsc_waits;

/* What such a thread may keep: a connection. It owns all that is in it. */
struct pcsc_link {
	const struct pcsc_calls *calls;
	SCARDCONTEXT context;   /* 0: none */
	SCARDHANDLE card;       /* 0: none */
	bool at_once;           /* the transaction begins with the connection */
	bool in_transaction;
	uint8_t atr[ATR_MAX];
	size_t atr_len, max_apdu;
	char reader[READER_NAME_MAX];
};

void pcsc_link_free(struct pcsc_link *l);   /* ends, disconnects, releases; NULL is fine */

typedef LONG pcsc_wait_fn(struct pcsc_link *l);

/* NULL: no memory. on_change is called from any thread when a reader has come in use or is free again, until leave(). */
struct pcsc_waits *pcsc_waits_new(void (*on_change)(void *ctx), void *ctx, int patience_ms);
struct pcsc_waits *pcsc_waits_hold(struct pcsc_waits *w);
void pcsc_waits_drop(struct pcsc_waits *w);
void pcsc_waits_leave(struct pcsc_waits *w);   /* the source goes: no on_change() from here on */

/*
 * What fn returns. SCARD_E_SHARING_VIOLATION with *io_link NULL: another program has kept the reader for patience_ms, or
 * this wait was given up; the link is lost. SCARD_E_NO_MEMORY: no thread could be had; the link is as it was.
 */
LONG pcsc_wait(struct pcsc_waits *w, struct pcsc_link **io_link, pcsc_wait_fn *fn);

bool pcsc_waits_busy(struct pcsc_waits *w, const char *reader);
void pcsc_waits_give_up(struct pcsc_waits *w, const char *reader);

#endif
