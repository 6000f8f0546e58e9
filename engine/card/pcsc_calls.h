/* The functions of PC/SC that we call, as a table, so that tests can stand in for pcscd. For engine/card only. */
#ifndef ENGINE_CARD_PCSC_CALLS_H
#define ENGINE_CARD_PCSC_CALLS_H

#include <winscard.h>
#include <wintypes.h>

#include "engine/base/error.h"
#include "engine/base/transport.h"

struct pcsc_calls {
	LONG (*establish)(DWORD scope, LPCVOID reserved1, LPCVOID reserved2, LPSCARDCONTEXT context);
	LONG (*release)(SCARDCONTEXT context);
	LONG (*list)(SCARDCONTEXT context, LPCSTR groups, LPSTR readers, LPDWORD len);
	LONG (*wait)(SCARDCONTEXT context, DWORD timeout, SCARD_READERSTATE *states, DWORD n);
	LONG (*cancel)(SCARDCONTEXT context);
	LONG (*connect)(SCARDCONTEXT context, LPCSTR reader, DWORD share, DWORD protocols, LPSCARDHANDLE card, LPDWORD protocol);
	LONG (*reconnect)(SCARDHANDLE card, DWORD share, DWORD protocols, DWORD init, LPDWORD protocol);
	LONG (*disconnect)(SCARDHANDLE card, DWORD disposition);
	LONG (*begin)(SCARDHANDLE card);
	LONG (*end)(SCARDHANDLE card, DWORD disposition);
	LONG (*status)(SCARDHANDLE card, LPSTR reader, LPDWORD reader_len, LPDWORD state, LPDWORD protocol, LPBYTE atr,
		       LPDWORD atr_len);
	LONG (*transmit)(SCARDHANDLE card, const SCARD_IO_REQUEST *send_pci, LPCBYTE cmd, DWORD cmd_len,
			 SCARD_IO_REQUEST *recv_pci, LPBYTE rsp, LPDWORD rsp_len);
	LONG (*control)(SCARDHANDLE card, DWORD code, LPCVOID in, DWORD in_len, LPVOID out, DWORD out_cap, LPDWORD out_len);
};

extern const struct pcsc_calls pcsc_real;

/*
 * pcsc_source_open() over other functions, which live as long as the program, and waiting for other programs no longer than
 * this.
 */
enum status pcsc_source_open_over(const struct pcsc_calls *calls, int patience_ms, struct source **ret, struct fault *f);

struct pcsc_waits;

/*
 * A connection to the card in this reader, with a context of its own: this one, which it takes in any case, or 0: a new one.
 * Who gives one will begin at once: the transaction then begins with the connection, and one wait is spared.
 */
enum status pcsc_transport_open(const struct pcsc_calls *calls, struct pcsc_waits *waits, SCARDCONTEXT context,
				const char *reader, struct transport **ret, struct fault *f);

#endif
