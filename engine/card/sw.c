/*
 * What a status word means after which command: smartcard-hsm.md 13 and real-devices.md 3 to 9. Several values stand for
 * one condition on different firmware; all of them are taken. The first row that fits counts, rows for one command stand
 * before those for any.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/base/words.h"
#include "engine/card/apdu.h"

#define ANY CMD_COUNT

struct sw_row {
	enum command command;
	uint16_t sw;
	enum status st;
	const char *words;   /* NULL: status_words() */
};

#define NOT_HSM \
	N_("The card does not have the SmartCard-HSM application. It was left as it is. Use the device's own software, or another " \
	"card.")
#define NEVER_INITIALISED \
	N_("The device was never initialised: it has no user PIN and no keys yet. Initialise it first.")
#define HAS_TRANSPORT_PIN \
	N_("The device still has its transport PIN, which must be replaced by a PIN of your own before the first use: change " \
	"the user PIN, with the transport PIN as the current one.")
#define NO_DKEK_HERE \
	N_("The device was initialised without DKEK shares: its keys can be neither wrapped nor restored. Nothing was changed. " \
	"Only initialising it again, which erases it, can change that.")
#define OTHER_LENGTH \
	N_("The user PIN is not correct: the one on this device has another length. This may have cost one of its tries.")
#define SO_ODD N_("The device did not take the SO-PIN or the new PIN for its form. This may have cost one of the SO-PIN's tries.")

#define INIT_REFUSED \
	N_("The device refused to be initialised, most likely because the SO-PIN is not correct. This may have cost one of its " \
	"tries.")

static const struct sw_row rows[] = {
	{ CMD_SELECT, 0x6a82, ST_FOREIGN_CARD, NOT_HSM },
	{ CMD_SELECT, 0x6a86, ST_FOREIGN_CARD, NOT_HSM },
	{ CMD_SELECT, 0x6d00, ST_FOREIGN_CARD, NOT_HSM },
	{ CMD_SELECT, 0x6e00, ST_FOREIGN_CARD, NOT_HSM },
	{ CMD_SELECT, 0x6999, ST_FOREIGN_CARD, NOT_HSM },
	{ CMD_SELECT, 0x6285, ST_CARD_ERROR,
	  N_("The SmartCard-HSM application on this card has been terminated. Its keys cannot be used any more.") },

	{ CMD_VERIFY, 0x6983, ST_PIN_BLOCKED,
	  N_("The user PIN is blocked, because it was typed wrong too often. The keys are unharmed. The SO-PIN can unblock it.") },
	{ CMD_VERIFY, 0x6984, ST_TRANSPORT_PIN, HAS_TRANSPORT_PIN },
	{ CMD_VERIFY, 0x6a88, ST_NOT_INITIALISED, NEVER_INITIALISED },
	{ CMD_VERIFY, 0x6700, ST_PIN_WRONG, OTHER_LENGTH },
	{ CMD_VERIFY, 0x6a80, ST_PIN_WRONG, OTHER_LENGTH },

	{ CMD_CHANGE_PIN, 0x6983, ST_PIN_BLOCKED,
	  N_("The user PIN is blocked, because it was typed wrong too often. It was not changed, the keys are unharmed. The "
	  "SO-PIN can unblock it.") },
	{ CMD_CHANGE_PIN, 0x6984, ST_NOT_INITIALISED, NEVER_INITIALISED },
	{ CMD_CHANGE_PIN, 0x6a88, ST_NOT_INITIALISED, NEVER_INITIALISED },
	{ CMD_CHANGE_PIN, 0x6700, ST_PIN_WRONG,
	  N_("The user PIN was not changed: the current one has another length, or the new one has a length that this device "
	  "does not take. This may have cost one of its tries.") },
	{ CMD_CHANGE_PIN, 0x6a80, ST_PIN_WRONG,
	  N_("The user PIN was not changed: the current one has another length, or the new one has a length that this device "
	  "does not take. This may have cost one of its tries.") },

	{ CMD_CHANGE_SO_PIN, 0x6a86, ST_UNSUPPORTED,
	  N_("This device's firmware cannot change the SO-PIN. The one it was first initialised with stays for good.") },
	{ CMD_CHANGE_SO_PIN, 0x6d00, ST_UNSUPPORTED,
	  N_("This device's firmware cannot change the SO-PIN. The one it was first initialised with stays for good.") },
	{ CMD_CHANGE_SO_PIN, 0x6a88, ST_NOT_INITIALISED, NEVER_INITIALISED },
	{ CMD_CHANGE_SO_PIN, 0x6700, ST_SO_PIN_WRONG, SO_ODD },
	{ CMD_CHANGE_SO_PIN, 0x6a80, ST_SO_PIN_WRONG, SO_ODD },

	{ CMD_UNBLOCK, 0x6985, ST_NOT_ALLOWED,
	  N_("When this device was initialised it was decided that the SO-PIN cannot do this to the user PIN. Nothing was changed.") },
	{ CMD_UNBLOCK, 0x6986, ST_NOT_ALLOWED,
	  N_("When this device was initialised it was decided that the SO-PIN cannot do this to the user PIN. Nothing was changed.") },
	{ CMD_UNBLOCK, 0x6900, ST_NOT_ALLOWED,
	  N_("When this device was initialised it was decided that the SO-PIN cannot do this to the user PIN. Nothing was changed.") },
	{ CMD_UNBLOCK, 0x6a88, ST_NOT_INITIALISED, NEVER_INITIALISED },
	{ CMD_UNBLOCK, 0x6d00, ST_UNSUPPORTED, N_("This device's firmware cannot unblock a user PIN. Nothing was changed.") },
	{ CMD_UNBLOCK, 0x6700, ST_SO_PIN_WRONG, SO_ODD },
	{ CMD_UNBLOCK, 0x6a80, ST_SO_PIN_WRONG, SO_ODD },

	{ CMD_INITIALISE, 0x6a80, ST_NOT_ALLOWED,
	  N_("The device refused these settings: most often more tries than the length of the user PIN allows, or a setting that "
	  "its firmware does not have. It was not initialised.") },
	{ CMD_INITIALISE, 0x6700, ST_NOT_ALLOWED,
	  N_("The device refused these settings: most often more tries than the length of the user PIN allows, or a setting that "
	  "its firmware does not have. It was not initialised.") },
	{ CMD_INITIALISE, 0x6985, ST_SO_PIN_WRONG, INIT_REFUSED },
	{ CMD_INITIALISE, 0x6986, ST_SO_PIN_WRONG, INIT_REFUSED },
	{ CMD_INITIALISE, 0x6900, ST_SO_PIN_WRONG, INIT_REFUSED },
	{ CMD_INITIALISE, 0x6a84, ST_CARD_FULL,
	  N_("The device could not reclaim its memory. It was asked twice. Take it out, put it back, and try once more.") },

	{ CMD_DKEK_IMPORT, 0x6985, ST_NOT_ALLOWED,
	  N_("The DKEK on this device is complete; it takes no more shares. Nothing was changed.") },
	{ CMD_DKEK_IMPORT, 0x6986, ST_NOT_ALLOWED,
	  N_("The DKEK on this device is complete; it takes no more shares. Nothing was changed.") },
	{ CMD_DKEK_IMPORT, 0x6d00, ST_NO_DKEK, NO_DKEK_HERE },
	{ CMD_DKEK_IMPORT, 0x6a88, ST_NO_DKEK, NO_DKEK_HERE },
	{ CMD_DKEK_IMPORT, 0x6700, ST_BAD_FORM, N_("The device takes DKEK shares of 32 bytes only. Nothing was changed.") },
	{ CMD_DKEK_IMPORT, 0x6a80, ST_BAD_FORM, N_("The device takes DKEK shares of 32 bytes only. Nothing was changed.") },

	{ CMD_DOMAIN_DELETE, 0x6a89, ST_NOT_ALLOWED, N_("The key domain still holds keys. Nothing was changed.") },
	{ CMD_DOMAIN_CLEAR, 0x6a89, ST_NOT_ALLOWED, N_("The key domain still holds keys. Nothing was changed.") },
	{ CMD_DOMAIN_DELETE, 0x6a88, ST_NOT_FOUND, N_("The key domain is empty already.") },
	{ CMD_DOMAIN_CLEAR, 0x6a88, ST_NOT_FOUND, N_("The key domain is empty already.") },
	{ CMD_DOMAIN_CREATE, 0x6a86, ST_NOT_ALLOWED, N_("There is no such key domain, or it is in use. Nothing was changed.") },
	{ CMD_DOMAIN_DELETE, 0x6a86, ST_NOT_FOUND, N_("There is no such key domain.") },
	{ CMD_DOMAIN_CLEAR, 0x6a86, ST_NOT_FOUND, N_("There is no such key domain.") },
	{ CMD_DOMAIN_CREATE, 0x6d00, ST_UNSUPPORTED, N_("This device has no key domains.") },
	{ CMD_DOMAIN_DELETE, 0x6d00, ST_UNSUPPORTED, N_("This device has no key domains.") },
	{ CMD_DOMAIN_CLEAR, 0x6d00, ST_UNSUPPORTED, N_("This device has no key domains.") },
	{ CMD_DOMAIN_CREATE, 0x6985, ST_NOT_LOGGED_IN, NULL },
	{ CMD_DOMAIN_DELETE, 0x6985, ST_NOT_LOGGED_IN, NULL },
	{ CMD_DOMAIN_CLEAR, 0x6985, ST_NOT_LOGGED_IN, NULL },

	{ CMD_GENERATE, 0x6700, ST_UNSUPPORTED,
	  N_("The command that makes a key did not arrive whole. Nothing was made. Where the device is in a reader of its own, use "
	     "another one: one that takes extended APDUs.") },
	{ CMD_GENERATE, 0x6985, ST_DKEK_INCOMPLETE,
	  N_("The device makes no keys while DKEK shares are missing. Nothing was made. Import the missing shares first.") },
	{ CMD_GENERATE_AES, 0x6985, ST_DKEK_INCOMPLETE,
	  N_("The device makes no keys while DKEK shares are missing. Nothing was made. Import the missing shares first.") },
	{ CMD_GENERATE, 0x6a81, ST_UNSUPPORTED, N_("This device's firmware does not have this size or curve. Nothing was made.") },
	{ CMD_GENERATE, 0x6a80, ST_UNSUPPORTED,
	  N_("This device does not take this size, curve or setting. Nothing was made.") },
	{ CMD_GENERATE, 0x6a86, ST_UNSUPPORTED,
	  N_("This device does not take this size, curve or setting. Nothing was made.") },
	{ CMD_GENERATE_AES, 0x6a81, ST_UNSUPPORTED,
	  N_("This device's firmware does not have AES keys of this size. Nothing was made.") },
	{ CMD_GENERATE_AES, 0x6a80, ST_UNSUPPORTED, N_("This device does not take this size or setting. Nothing was made.") },
	{ CMD_GENERATE_AES, 0x6a86, ST_UNSUPPORTED, N_("This device does not take this size or setting. Nothing was made.") },
	{ CMD_GENERATE_AES, 0x6d00, ST_UNSUPPORTED, N_("This device's firmware has no AES keys. Nothing was made.") },

	{ CMD_WRAP, 0x6d00, ST_NO_DKEK, NO_DKEK_HERE },
	{ CMD_WRAP, 0x6985, ST_NOT_ALLOWED,
	  N_("The device does not let this key be wrapped: DKEK shares are still missing, or the key was made so that it can never "
	  "leave the device. The key is unharmed.") },
	{ CMD_WRAP, 0x6a81, ST_NOT_ALLOWED,
	  N_("The device does not let this key be wrapped: it was made so that it can never leave the device. The key is unharmed.") },
	{ CMD_WRAP, 0x6a82, ST_NOT_FOUND, N_("There is no key with this reference on the device.") },

	{ CMD_UNWRAP, 0x6d00, ST_NO_DKEK, NO_DKEK_HERE },
	{ CMD_UNWRAP, 0x6a88, ST_OTHER_DKEK,
	  N_("The device does not take the wrapped key: it belongs to another DKEK. The device was not changed.") },
	{ CMD_UNWRAP, 0x6a80, ST_DAMAGED,
	  N_("The device does not take the wrapped key: it is damaged, or it belongs to another DKEK. The device was not changed.") },
	{ CMD_UNWRAP, 0x6400, ST_DAMAGED,
	  N_("The device does not take the wrapped key: it is damaged, or it belongs to another DKEK. The device was not changed.") },
	{ CMD_UNWRAP, 0x6985, ST_DKEK_INCOMPLETE,
	  N_("The device takes no wrapped keys while DKEK shares are missing. Import the missing shares first.") },
	{ CMD_UNWRAP, 0x6a82, ST_UNSUPPORTED,
	  N_("The device takes no wrapped key of this size. The device was not changed.") },

	{ CMD_SIGN, 0x6a82, ST_NOT_FOUND, N_("There is no key with this reference on the device.") },
	{ CMD_SIGN, 0x6a88, ST_NOT_FOUND, N_("There is no key with this reference on the device.") },
	{ CMD_SIGN, 0x6984, ST_NOT_ALLOWED, N_("The key's use counter is spent: it can never be used again.") },
	{ CMD_SIGN, 0x6a84, ST_NOT_ALLOWED, N_("The key's use counter is spent: it can never be used again.") },
	{ CMD_SIGN, 0x6a81, ST_NOT_ALLOWED, N_("The key was made so that it may not be used for this.") },
	{ CMD_SIGN, 0x6985, ST_NOT_ALLOWED, N_("The key was made so that it may not be used for this.") },
	{ CMD_DECIPHER, 0x6a82, ST_NOT_FOUND, N_("There is no key with this reference on the device.") },
	{ CMD_DECIPHER, 0x6a88, ST_NOT_FOUND, N_("There is no key with this reference on the device.") },
	{ CMD_DECIPHER, 0x6984, ST_NOT_ALLOWED, N_("The key's use counter is spent: it can never be used again.") },
	{ CMD_DECIPHER, 0x6a81, ST_NOT_ALLOWED, N_("The key was made so that it may not be used for this.") },
	{ CMD_DECIPHER, 0x6985, ST_NOT_ALLOWED, N_("The key was made so that it may not be used for this.") },
	{ CMD_CIPHER, 0x6a82, ST_NOT_FOUND, N_("There is no key with this reference on the device.") },
	{ CMD_CIPHER, 0x6a88, ST_NOT_FOUND, N_("There is no key with this reference on the device.") },
	{ CMD_CIPHER, 0x6984, ST_NOT_ALLOWED, N_("The key's use counter is spent: it can never be used again.") },
	{ CMD_CIPHER, 0x6a81, ST_NOT_ALLOWED, N_("The key was made so that it may not be used for this.") },
	{ CMD_CIPHER, 0x6985, ST_NOT_ALLOWED, N_("The key was made so that it may not be used for this.") },

	{ CMD_DELETE, 0x6985, ST_NOT_ALLOWED, N_("The device does not let this be deleted.") },
	{ CMD_UPDATE, 0x6985, ST_NOT_ALLOWED, N_("The device does not let this file be written.") },
	{ CMD_UPDATE, 0x6986, ST_NOT_ALLOWED, N_("The device does not let this file be written.") },

	{ ANY, 0x6982, ST_NOT_LOGGED_IN, NULL },
	{ ANY, 0x6a82, ST_NOT_FOUND, N_("There is no such file or key on the device.") },
	{ ANY, 0x6a88, ST_NOT_FOUND, N_("There is no such key on the device, or it has no DKEK.") },
	{ ANY, 0x6a84, ST_CARD_FULL,
	  N_("The device's memory is full. What was on it before is unharmed. Delete what is not needed, after a backup.") },
	{ ANY, 0x6581, ST_CARD_FULL,
	  N_("The device's memory is full. What was on it before is unharmed. Delete what is not needed, after a backup.") },
	{ ANY, 0x6d00, ST_UNSUPPORTED, N_("This device's firmware does not know this command.") },
	{ ANY, 0x6a81, ST_UNSUPPORTED, N_("This device's firmware does not support this.") },
	{ ANY, 0x6e00, ST_CARD_ERROR,
	  N_("The device lost its connection to us in between. Nothing is known to be damaged: take it out, put it back, and "
	  "look at its state.") },
	{ ANY, 0x6900, ST_NOT_ALLOWED, NULL },
	{ ANY, 0x6985, ST_NOT_ALLOWED, NULL },
	{ ANY, 0x6986, ST_NOT_ALLOWED, NULL },
};

/* What the device was asked for. */
static const char *const refused[CMD_COUNT] = {
	[CMD_SELECT] = N_("The device refused to be addressed."),
	[CMD_SELECT_FILE] = N_("The device refused to name a file's size."),
	[CMD_READ] = N_("The device refused to read a file."),
	[CMD_UPDATE] = N_("The device refused to write a file."),
	[CMD_DELETE] = N_("The device refused to delete a file or key."),
	[CMD_ENUMERATE] = N_("The device refused to list what is on it."),
	[CMD_PIN_STATUS] = N_("The device refused to tell the state of a PIN."),
	[CMD_VERIFY] = N_("The device refused the login."),
	[CMD_CHANGE_PIN] = N_("The device refused to change the user PIN."),
	[CMD_CHANGE_SO_PIN] = N_("The device refused to change the SO-PIN."),
	[CMD_UNBLOCK] = N_("The device refused to unblock the user PIN."),
	[CMD_INITIALISE] = N_("The device refused to be initialised."),
	[CMD_MEMORY] = N_("The device refused to tell its free memory."),
	[CMD_DKEK_STATUS] = N_("The device refused to tell the state of the DKEK."),
	[CMD_DKEK_IMPORT] = N_("The device refused the DKEK share."),
	[CMD_DOMAIN_CREATE] = N_("The device refused to make a key domain."),
	[CMD_DOMAIN_DELETE] = N_("The device refused to delete a key domain."),
	[CMD_DOMAIN_CLEAR] = N_("The device refused to clear a key domain."),
	[CMD_GENERATE] = N_("The device refused to make a key."),
	[CMD_GENERATE_AES] = N_("The device refused to make a key."),
	[CMD_WRAP] = N_("The device refused to wrap a key."),
	[CMD_UNWRAP] = N_("The device refused to take back a wrapped key."),
	[CMD_SIGN] = N_("The device refused to sign."),
	[CMD_DECIPHER] = N_("The device refused to decipher."),
	[CMD_CIPHER] = N_("The device refused to use a secret key."),
	[CMD_RANDOM] = N_("The device refused to make random numbers."),
};

static enum status count_fault(struct fault *f, enum status wrong, enum status blocked, int left)
{
	bool so = wrong == ST_SO_PIN_WRONG;

	if (left == 0) {
		fault_set(f, blocked, so ? N_("The SO-PIN is not correct, and that was its last try: the device can never be "
					   "initialised or unblocked again. Its keys still work with the user PIN.")
					 : N_("The user PIN is not correct, and that was its last try: it is blocked now. The keys "
					   "are unharmed. The SO-PIN can unblock it."));
	} else {
		fault_set(f, wrong, so ?
			  translated_n("The SO-PIN is not correct. %d try is left. Nothing was changed.",
				       "The SO-PIN is not correct. %d tries are left. Nothing was changed.", (unsigned long)left) :
			  translated_n("The user PIN is not correct. %d try is left. Nothing was changed.",
				       "The user PIN is not correct. %d tries are left. Nothing was changed.", (unsigned long)left),
			  left);
	}
	if (f)
		f->tries_left = left;
	return left == 0 ? blocked : wrong;
}

static bool is_pin_command(enum command cmd)
{
	return cmd == CMD_VERIFY || cmd == CMD_CHANGE_PIN;
}

static bool is_so_pin_command(enum command cmd)
{
	return cmd == CMD_CHANGE_SO_PIN || cmd == CMD_UNBLOCK || cmd == CMD_INITIALISE;
}

static const struct sw_row *find(enum command command, uint16_t sw)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if ((rows[i].command == command || rows[i].command == ANY) && rows[i].sw == sw)
			return &rows[i];
	return NULL;
}

enum status sw_fault(const struct card *c, struct fault *f)
{
	const struct sw_row *row = find(c->command, c->sw);
	enum status st;

	if ((c->sw & 0xfff0) == 0x63c0 && is_pin_command(c->command))
		st = count_fault(f, ST_PIN_WRONG, ST_PIN_BLOCKED, c->sw & 0xf);
	else if ((c->sw & 0xfff0) == 0x63c0 && is_so_pin_command(c->command))
		st = count_fault(f, ST_SO_PIN_WRONG, ST_SO_PIN_BLOCKED, c->sw & 0xf);
	else if (c->sw == 0x6983 && is_so_pin_command(c->command))
		st = count_fault(f, ST_SO_PIN_WRONG, ST_SO_PIN_BLOCKED, 0);
	else if (c->command == CMD_VERIFY && c->sw == 0x6984 && c->firmware->sw_not_initialised == 0x6984)
		st = fault_set(f, ST_NOT_INITIALISED, NEVER_INITIALISED);
	else if (row)
		st = fault_set(f, row->st, row->words ? "%s" : NULL, translated(row->words));
	else
		st = fault_set(f, ST_CARD_ERROR,
			       "%s Its error has no better name than its number (%04X). Nothing is known to be damaged: look at "
			       "its state before going on.", translated(refused[c->command]), c->sw);
	if (f)
		f->sw = c->sw;
	return st;
}
