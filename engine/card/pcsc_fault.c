/* PC/SC's errors in words, and its functions in their table. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/text.h"
#include "engine/base/words.h"
#include "engine/card/pcsc.h"
#include "engine/card/pcsc_calls.h"
#include "engine/card/pcsc_wait.h"

#define SOCKET "/run/pcscd/pcscd.comm"
#define REFUSES \
	N_("The smart card service (pcscd) runs, but does not let this user in. Work in a local session, or have the administrator " \
	"allow the polkit actions org.debian.pcsc-lite.access_pcsc and access_card to this user.")

const struct pcsc_calls pcsc_real = {
	.establish = SCardEstablishContext,
	.release = SCardReleaseContext,
	.list = SCardListReaders,
	.wait = SCardGetStatusChange,
	.cancel = SCardCancel,
	.connect = SCardConnect,
	.reconnect = SCardReconnect,
	.disconnect = SCardDisconnect,
	.begin = SCardBeginTransaction,
	.end = SCardEndTransaction,
	.status = SCardStatus,
	.transmit = SCardTransmit,
	.control = SCardControl,
};

static const struct {
	LONG code;
	enum status st;
	const char *words;
} errors[] = {
	{ SCARD_E_NO_SERVICE, ST_NO_PCSCD,
	  N_("The smart card service (pcscd) is not running. The devices and their keys are not "
	  "affected. Start it with: systemctl enable --now pcscd.socket") },
	{ SCARD_E_SERVICE_STOPPED, ST_NO_PCSCD,
	  N_("The smart card service (pcscd) has stopped. The devices and their keys are not "
	  "affected. Start it with: systemctl enable --now pcscd.socket") },
	{ SCARD_E_INVALID_HANDLE, ST_NO_PCSCD,
	  N_("The connection to the smart card service (pcscd) was lost. The devices and their keys are not "
	  "affected. Start it with: systemctl enable --now pcscd.socket") },
	{ SCARD_F_COMM_ERROR, ST_NO_PCSCD,
	  N_("The smart card service (pcscd) does not answer. The devices and their keys are not "
	  "affected. Start it with: systemctl enable --now pcscd.socket") },
	{ SCARD_E_SERVER_TOO_BUSY, ST_NO_PCSCD, N_("The smart card service (pcscd) serves too many programs. Close others.") },
	{ SCARD_W_SECURITY_VIOLATION, ST_NO_PCSCD, REFUSES },
	{ SCARD_E_NO_READERS_AVAILABLE, ST_NO_READER, N_("There is no smart card reader, and no device plugged in.") },
	{ SCARD_E_UNKNOWN_READER, ST_NO_READER, N_("The reader is not there any more. Plug the device in again.") },
	{ SCARD_E_READER_UNAVAILABLE, ST_NO_READER, N_("The reader is not there any more. Plug the device in again.") },
	{ SCARD_E_NO_SMARTCARD, ST_NO_CARD, N_("There is no card in the reader.") },
	{ SCARD_W_REMOVED_CARD, ST_CARD_GONE, N_("The device was removed.") },
	{ SCARD_W_RESET_CARD, ST_CARD_GONE,
	  N_("Another program has reset the device, which logged us out. What was done before stays done; what was under way was "
	  "not.") },
	{ SCARD_E_SHARING_VIOLATION, ST_READER_BUSY,
	  N_("Another program has the device for itself. End it (gpg's scdaemon is a common one: gpgconf --kill scdaemon), and try "
	  "again.") },
	{ SCARD_W_UNRESPONSIVE_CARD, ST_CARD_ERROR,
	  N_("The device does not answer. Pull it out, wait for three seconds, and plug it in again.") },
	{ SCARD_W_UNPOWERED_CARD, ST_CARD_ERROR, N_("The device has no power. Pull it out and plug it in again.") },
	{ SCARD_W_UNSUPPORTED_CARD, ST_FOREIGN_CARD,
	  N_("The reader cannot speak with this card, so it is no SmartCard-HSM. Nothing was done to it.") },
	{ SCARD_E_PROTO_MISMATCH, ST_FOREIGN_CARD,
	  N_("This card does not speak the protocol of a SmartCard-HSM (T=1). Nothing was done to it. Use its own "
	     "software. Where it is a SmartCard-HSM all the same, take it out and put it back; when that does not help, the device is "
	     "defective.") },
	{ SCARD_E_INSUFFICIENT_BUFFER, ST_BAD_REPLY,
	  N_("The device sent a longer answer than any that it could have been asked for.") },
	{ SCARD_E_NOT_TRANSACTED, ST_CARD_ERROR,
	  N_("The reader could not carry a command to the device. Nobody knows whether it was carried out: look at the device's state "
	  "before going on.") },
	{ SCARD_E_NO_MEMORY, ST_NO_MEMORY, NULL },
	{ SCARD_E_CANCELLED, ST_CANCELLED, NULL },
};

enum status pcsc_fault(struct fault *f, long code, const char *reader)
{
	enum status st = ST_CARD_ERROR;
	const char *words = NULL;
	char name[READER_NAME_MAX];

	if (code == SCARD_S_SUCCESS)
		return ST_OK;
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (errors[i].code == (LONG)code) {
			st = errors[i].st;
			words = errors[i].words ? translated(errors[i].words) : status_words(st);
		}
	/* pcsc-lite says "no service" too where the socket may not be opened. */
	if (code == SCARD_E_NO_SERVICE && access(SOCKET, W_OK) != 0 && errno == EACCES)
		fault_set(f, st, "The smart card service (pcscd) runs, but this user may not talk to it (%s). Have the administrator "
			  "allow it.", SOCKET);
	else if (words)
		fault_set(f, st, "%s", words);
	else
		fault_set(f, st,
			  "The reader or the smart card service reported an error that has no better name than its number "
			  "(%08lX). Pull the device out, plug it in again, and look at its state.", code & 0xffffffffL);
	if (reader && st != ST_NO_PCSCD && st != ST_NO_MEMORY && st != ST_CANCELLED) {
		/* It is made of what the device says about itself on the bus. */
		text_clean(name, sizeof(name), reader, strlen(reader));
		fault_add(f, "The reader is \"%s\".", name);
	}
	if (f)
		f->native = code;
	return st;
}

enum status pcsc_source_open(struct source **ret, struct fault *f)
{
	return pcsc_source_open_over(&pcsc_real, PCSC_PATIENCE_MS, ret, f);
}
