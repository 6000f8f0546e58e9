/*
 * Readers and cards over PC/SC (pcsc-lite). The source works while pcscd is not running: list() and wait() say so with
 * what to do about it, and recover by themselves once it is there.
 */
#ifndef ENGINE_CARD_PCSC_H
#define ENGINE_CARD_PCSC_H

#include "engine/base/error.h"
#include "engine/base/transport.h"

/*
 * Never fails because of pcscd or readers, only for want of memory. *ret is given back with its close(), which does not
 * wait for pcscd; no wait() may be under way then.
 *
 * What the transports of this source do beyond engine/base/transport.h:
 * - open() shares the reader with other programs, T=1; READER_BUSY where somebody has it for himself
 * - begin() reconnects after a reset by somebody else
 * - open() and begin() wait ten seconds for another program's transaction to end, then give ST_READER_BUSY; after the first
 *   second list() has the reader as READER_IN_USE, until it is free again. After ST_READER_BUSY a transport is good for
 *   nothing but close()
 * - transmit() gives ST_CARD_GONE after a reset too: every login is lost, and begin() is needed again
 * - max_apdu is dwMaxAPDUDataSize of the reader's properties (PC/SC part 10, 2.6.14), 0 where it announces none
 */
enum status pcsc_source_open(struct source **ret, struct fault *f);

/* Fills the fault for an error of PC/SC, with the code in native. reader may be NULL. ST_OK for SCARD_S_SUCCESS. */
enum status pcsc_fault(struct fault *f, long code, const char *reader);

#endif
