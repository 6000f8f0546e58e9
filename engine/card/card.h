/*
 * One SmartCard-HSM: connecting, sessions, status, PINs, initialisation, DKEK. Files and keys stand in files.h and
 * keys.h, the joined list of what is on a card in objects.h.
 *
 * A card is used by one thread at a time. All but card_open(), card_close() and what only looks need a session:
 *
 *	CARD_SESSION *held = NULL;
 *
 *	if ((st = card_begin(card, &held, f)) != ST_OK || (st = card_login(card, pin, f)) != ST_OK)
 *		return st;
 *	... every return from here on logs out and lets other programs in ...
 *
 * Faults are whole sentences; fault.sw is the card's status word. ST_CARD_GONE can come from every function.
 */
#ifndef ENGINE_CARD_CARD_H
#define ENGINE_CARD_CARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/error.h"
#include "engine/base/secret.h"
#include "engine/base/transport.h"
#include "engine/base/words.h"
#include "engine/card/firmware.h"
#include "engine/card/pin.h"
#include "engine/keys/cvc.h"
#include "engine/keys/describe.h"
#include "engine/keys/dkek.h"

struct card;

/*
 * Connects. A card whose ATR is one of the family's is sent nothing yet; another one is refused by its ATR where that
 * is known, else asked. ST_FOREIGN_CARD says what it is and what to use for it; ST_CARD_ERROR where the ATR is cut short
 * (real-devices.md 2); what source->open() gives. The source outlives the card.
 */
enum status card_open(struct source *s, const char *reader, struct card **ret, struct fault *f);

/* The same over a transport, which is the card's on success. reader is for sentences. */
enum status card_new(struct transport *t, const char *reader, struct card **ret, struct fault *f);

void card_close(struct card *c);   /* ends what is under way; NULL is fine */
DEFINE_GUARD(struct card, card_close)

const char *card_reader(const struct card *c);
bool card_is_simulated(const struct card *c);
unsigned card_apdu_count(const struct card *c);   /* sent since it was opened */
bool card_is_short_only(const struct card *c);    /* the reader refused, or cannot carry, extended APDUs */

/*
 * Called after each APDU. rsp ends with the status word. Where the list in apdu.c does not allow it, cmd_len is 4 (class,
 * instruction and parameters) and rsp_len is 2: never a PIN, a share or a deciphered answer.
 */
typedef void card_trace(void *ctx, const uint8_t *cmd, size_t cmd_len, const uint8_t *rsp, size_t rsp_len);
void card_set_trace(struct card *c, card_trace *fn, void *ctx);

/*
 * What a card is by its ATR and its reader's name, without asking it: NULL for one of the SmartCard-HSM family or one
 * that is not known, else whole sentences: what it is and what to use for it.
 */
#define CARD_LEFT_ALONE \
	N_("Nothing was done to it. Keyroom is for SmartCard-HSM devices: Nitrokey HSM, Nitrokey HSM 2, SmartCard-HSM.")
const char *card_foreign_words(const char *reader, const uint8_t *atr, size_t atr_len);
bool card_is_family_atr(const uint8_t *atr, size_t atr_len);

/*
 * Begins a transaction and selects the application, which logs out whoever was logged in: one APDU. Within another
 * session it only counts.
 */
enum status card_begin(struct card *c, struct card **ret_held, struct fault *f);
/* Logs out, where somebody may be logged in, with one APDU, and ends the transaction. NULL is fine. */
void card_end(struct card *c);
DEFINE_GUARD(struct card, card_end)
#define CARD_SESSION CLEANUP(card_end_guard) struct card

/* --- status --- */

enum pin_state {
	PIN_READY,             /* tries says how many are left */
	PIN_LOGGED_IN,         /* no number is given then */
	PIN_BLOCKED,
	PIN_TRANSPORT,         /* must be changed before the first use */
	PIN_NOT_INITIALISED,   /* the device never was */
	PIN_OTHER,             /* users log in with public keys, or something else that we do not know */
};

struct pin_status {
	enum pin_state state;
	int tries;             /* left; -1: not known */
};

struct dkek_status {
	bool present;          /* false: no DKEK was asked for when the device was initialised; nothing can be wrapped */
	bool exchanged;        /* an XKEK of devices that agreed on it, not made of shares */
	unsigned total;        /* shares */
	unsigned missing;      /* of them */
	uint8_t kcv[KCV_LEN];
	bool kcv_shown;        /* false while shares are missing, and for eight zero bytes: not shown before login */
};

enum {                                    /* device options, smartcard-hsm.md 5 */
	OPTION_UNBLOCK = 1 << 0,          /* the SO-PIN may unblock the user PIN */
	OPTION_TRANSPORT_PIN = 1 << 1,
	OPTION_SESSION_PIN = 1 << 2,
	OPTION_REPLACE_PKA = 1 << 3,
	OPTION_PKA_AND_PIN = 1 << 4,
	OPTION_RESET_ONLY = 1 << 5,       /* unblocking resets the counter and cannot set a new PIN */
};

struct card_info {
	char serial[CVC_TEXT_MAX];
	unsigned major, minor;            /* firmware */
	const struct firmware *firmware;
	int platform;                     /* -1: not told (before 2.0) */
	int options;                      /* OPTION_ bits; -1: not told */
	char label[DESCRIBE_LABEL_MAX];   /* "" where it has none, or none that can be read */
	int64_t memory_free;              /* bytes; -1: the device does not say */
	struct pin_status user, so;
	bool initialised;
	struct dkek_status dkek;          /* of key domain 0 */
	struct device_cert device;
};

/*
 * At most 6 APDUs after card_begin()'s, and one less once the device certificate was read: 2F02, 2F03, both PINs, DKEK,
 * memory. ST_DAMAGED: EF 2F02 cannot be decoded, so that the device has no name.
 */
enum status card_status(struct card *c, struct card_info *ret, struct fault *f);

/* From card_begin()'s SELECT, no APDU. */
const struct firmware *card_firmware(const struct card *c);
void card_version(const struct card *c, unsigned *ret_major, unsigned *ret_minor);
int card_options(const struct card *c);   /* as struct card_info's */

/* EF 2F02, read once while the card is open; *ret is valid until card_close(). ST_DAMAGED. */
enum status card_device(struct card *c, const struct device_cert **ret, struct fault *f);

/* Whether its maker's signatures hold: EF 2F02 once more, without an APDU; a millisecond of work. */
enum status card_trust(struct card *c, enum device_trust *ret, struct fault *f);

enum pin_which { PIN_USER, PIN_SO };
enum status card_pin_status(struct card *c, enum pin_which which, struct pin_status *ret, struct fault *f);

/* One APDU. -1 where the device does not say. */
enum status card_memory(struct card *c, int64_t *ret_free, struct fault *f);

/* --- PINs. A wrong one: ST_PIN_WRONG or ST_SO_PIN_WRONG with tries_left, ST_PIN_BLOCKED, ST_SO_PIN_BLOCKED. --- */

/* Spends a try where it is wrong. ST_BAD_FORM: not asked. ST_TRANSPORT_PIN, ST_NOT_INITIALISED. */
enum status card_login(struct card *c, const struct secret *pin, struct fault *f);

/* Also how a transport PIN is replaced. Afterwards the user may be logged in or not. */
enum status card_change_pin(struct card *c, const struct secret *old, const struct secret *new_pin, struct fault *f);

/* SO-PINs are the 8 bytes of pin_check_so(). ST_UNSUPPORTED up to firmware 1.0. */
enum status card_change_so_pin(struct card *c, const struct secret *old, const struct secret *new_so, struct fault *f);

/* new_pin NULL: only the counter is reset. ST_NOT_ALLOWED where the options forbid it. */
enum status card_unblock(struct card *c, const struct secret *so, const struct secret *new_pin, struct fault *f);

/* --- initialisation --- */

#define INIT_NO_DKEK (-1)

struct init_params {
	const struct secret *so;          /* the current SO-PIN, 8 bytes; on a device never initialised, the one it gets */
	const struct secret *pin;         /* the new user PIN */
	unsigned tries;                   /* that the user PIN has */
	unsigned options;                 /* OPTION_ bits */
	int dkek_shares;                  /* 1 to DKEK_SHARES_MAX; 0: the device makes a DKEK that nobody knows; INIT_NO_DKEK */
	unsigned pka_total, pka_needed;   /* public key authentication; 0: none */
	unsigned domains;                 /* key domains, from firmware 3.0; 0: not asked for */
};

/* The form of all of it, without a card: ST_BAD_FORM, ST_UNSUPPORTED. */
enum status init_check(const struct init_params *p, const struct firmware *fw, struct fault *f);

/*
 * Erases everything. Sent a second time where the device answers that its memory is not reclaimed yet. A refusal costs a
 * try of the SO-PIN. Afterwards the user is logged in on some devices and not on others: log in before going on.
 */
enum status card_initialise(struct card *c, const struct init_params *p, struct fault *f);

/* EF 2F03, of which all but the label stays as it is; a login is needed. Read back. */
enum status card_set_label(struct card *c, const char *label, struct fault *f);
/* "" where there is none. ST_DAMAGED. */
enum status card_label(struct card *c, char ret[static DESCRIBE_LABEL_MAX], struct fault *f);

/* --- DKEK and key domains. domain is 0 where there are none. --- */

enum domain_state {
	DOMAIN_NONE,      /* no such slot */
	DOMAIN_EMPTY,     /* a slot without a key-encryption key */
	DOMAIN_IN_USE,
};

/*
 * ret_state may be NULL. A device without DKEK is ST_OK with present false. Without key domains the answers for "no
 * slot" and "empty slot" cannot be told apart.
 */
enum status card_dkek_status(struct card *c, uint8_t domain, struct dkek_status *ret, enum domain_state *ret_state,
			     struct fault *f);

/* 32 bytes. No login is needed. ST_NOT_ALLOWED: the DKEK is complete; ST_NO_DKEK. */
enum status card_import_share(struct card *c, uint8_t domain, const struct secret *share, struct dkek_status *ret,
			      struct fault *f);

/* These three need a login. card_domain_delete(): ST_NOT_ALLOWED while it holds keys. */
enum status card_domain_create(struct card *c, uint8_t domain, unsigned shares, struct dkek_status *ret, struct fault *f);
enum status card_domain_delete(struct card *c, uint8_t domain, struct fault *f);
enum status card_domain_clear(struct card *c, uint8_t domain, struct fault *f);

/* --- */

/* n random bytes of the device, in pieces of 1024. out may be secret_bytes(). */
enum status card_random(struct card *c, uint8_t *out, size_t n, struct fault *f);

#endif
