/*
 * What the procedures on one device have in common: looking before anybody logs in, one login for one run, and the rules
 * about spending tries.
 *
 * A page's work looks at the device, so that warnings and refusals come before a PIN is typed. A script has nobody to
 * show them to: there the look is left out, and the step finds the same things in the same session in which it then
 * works, which saves the device four APDUs.
 */
#ifndef TUI_WIZARD_SESSION_H
#define TUI_WIZARD_SESSION_H

#include "engine/base/words.h"
#include "engine/card/card.h"
#include "engine/card/files.h"
#include "engine/card/objects.h"
#include "tui/wizard/results.h"
#include "tui/wizard/wizard.h"

/* The last tries of a PIN are only spent by somebody who typed the device's serial for it (DESIGN.md). */
#define LAST_USER_TRIES 1
#define LAST_SO_TRIES 5

/* What a device is and how it stands, read without a login. */
struct look {
	bool known;
	char serial[CVC_TEXT_MAX];
	unsigned major, minor;
	const struct firmware *firmware;
	int options;                  /* -1: not told */
	struct pin_status user, so;
	bool has_dkek;                /* the next was read */
	struct dkek_status dkek;
};

/* The first member of the state of every procedure that works through struct session. */
struct device_state {
	struct look look;
	struct look other;            /* of steps that run ON_OTHER */
	struct key_result *rows;      /* results.h */
	size_t n_rows;
	struct buf exported;
	struct secret *exported_private;   /* the same, where it may be a secret; NULL: it is in exported */
	bool has_choices;
	char choices_of[CVC_TEXT_MAX];   /* the device that they were made for */
	struct choices choices;       /* of ASK_OBJECTS, once they were asked for; find.h */
};

void device_state_done(void *state);

/*
 * Are the choices there, and of the run's device? Where they are not, those of a device that was chosen before are given back,
 * and the caller makes them.
 */
void device_state_forget_choices(struct device_state *d);
bool device_state_has_choices(struct device_state *d, const struct run *r);

/* One more row, empty. NULL where memory is out; rows that were handed out before are not to be used any more. */
struct key_result *device_state_row(struct device_state *d);

enum {
	LOOK_DKEK = 1 << 0,
	LOOK_USER = 1 << 1,
	LOOK_SO = 1 << 2,
	LOOK_LOGIN = 1 << 3,          /* logs in with the answer "pin"; implies LOOK_USER */
	LOOK_FIDS = 1 << 4,
	LOOK_USABLE = 1 << 5,         /* with LOOK_USER: fails where nobody could log in later */
};

struct session {
	struct card *card;
	struct look *look;
	struct fids fids;             /* LOOK_FIDS */
};

void session_done(struct session *s);   /* the card's session is the step's, and ends with that; empty is fine */
#define SESSION CLEANUP(session_done) struct session   /* SESSION s = { 0 }; */

/*
 * Reads what is wanted into the state's struct look, in the session that the step has (wizard.h); of a step that runs
 * ON_OTHER, into the state's other one, and the PIN is the answer "to-pin". With LOOK_LOGIN:
 * ST_PIN_BLOCKED, ST_TRANSPORT_PIN, ST_NOT_INITIALISED before a PIN is sent, ST_REFUSED where it is the last try and
 * nobody confirmed it. After the login a check value that was not shown before is read again.
 */
enum status session_open(struct step_env *e, unsigned want, struct session *ret, struct fault *f);

/*
 * LOOK_LOGIN alone, after a session_open() with LOOK_USER: for what can be refused before a PIN is sent. want is what was
 * opened with.
 */
enum status session_log_in(struct step_env *e, struct session *s, unsigned want, struct fault *f);

/* What is on the card now: one APDU. ST_BAD_REPLY where the list is not whole. */
enum status session_list(struct session *s, struct fault *f);

/* For a page's work that only looks, as its repeat: 0 in a script. */
unsigned session_look_repeat(const struct run *r);

/* Initialised so that nothing, not even the SO-PIN, unblocks the user PIN. */
bool session_never_unblocks(const struct look *l);

/* ST_PIN_BLOCKED, with the way out of it that this device has. */
enum status session_blocked(const struct look *l, struct fault *f);

/*
 * ST_REFUSED where so few tries are left, by what the device says now, that spending one must be confirmed, and it was not.
 * For steps.
 */
enum status session_spend(const struct run *r, const char *serial, enum pin_which which, const struct pin_status *p,
			  struct fault *f);
enum status session_may_spend(const struct run *r, const struct look *l, enum pin_which which, struct fault *f);

/* The serial where so few tries are left that it must be typed: for struct procedure's confirm. NULL: not needed. */
const char *session_confirm_user(const struct run *r);
const char *session_confirm_so(const struct run *r);
const char *session_confirm_other(const struct run *r);   /* the user PIN of the run's second device */

/*
 * After the one command that sets a PIN, before which run_changed() was called: what the device refused changed nothing. Where
 * no answer came nobody knows. Returns f->st.
 */
enum status session_refused(struct step_env *e, struct fault *f);

/* Says how many tries there are, as far as known: for the pages that ask for a PIN. */
void session_tell_user(const struct run *r, struct prose *out);
void session_tell_pin(const struct run *r, unsigned index, struct prose *out);   /* the same, as such a page's text */
void session_tell_so(const struct run *r, struct prose *out);
void session_tell_other(const struct run *r, struct prose *out);   /* as session_tell_user(), of the second device */

/*
 * Of a review whose procedure asks for a PIN: that so few tries are left that the serial has to be typed. Nothing, where that
 * is not so.
 */
void session_tell_last(const struct procedure *p, const struct run *r, struct prose *out);

/* The state of the DKEK as far as it matters to a new key: warns where it can never be backed up. */
void session_tell_dkek(const struct look *l, struct prose *out);

/* ST_NO_DKEK, ST_DKEK_INCOMPLETE in words for this device: what wrapping and unwrapping need. */
enum status session_need_dkek(const struct look *l, struct fault *f);

/*
 * Is this the check value of the device's DKEK, or of that of another of its key domains? Those are asked for only where
 * the first one is another, one APDU each. True also where the device shows none: then nothing can be said.
 */
bool session_has_kcv(struct session *s, const uint8_t kcv[static KCV_LEN]);

/* The question for the user PIN, for the pages' tables; and its check, for others. */
#define QUESTION_PIN { .words = N_("User PIN"), QUESTION_PIN_IS }
#define QUESTION_CURRENT_PIN { .words = N_("Current user PIN"), QUESTION_PIN_IS }   /* beside a new one */
#define QUESTION_PIN_IS \
		.name = "pin", .value = "FILE", .ask = ASK_PIN, .max = PIN_USER_MAX_OLD, \
		.check = session_check_pin, \
		.help = N_("The PIN that was set when this device was initialised. It is sent to the device once, for this run, " \
			   "and forgotten; afterwards the device is logged out again. A wrong one costs one of its tries, and nothing " \
			   "is tried a second time by itself.")
enum status session_check_pin(struct run *r, unsigned index, struct fault *f);

/* The same of the run's second device. */
#define QUESTION_OTHER_PIN \
	{ \
		.name = "to-pin", .value = "FILE", .ask = ASK_PIN, .max = PIN_USER_MAX_OLD, .words = N_("Its user PIN"), \
		.check = session_check_other_pin, \
		.help = N_("The PIN that was set when the other device was initialised; it may be another one than the first " \
			   "device's. It is sent to that device alone, and forgotten. A wrong one costs one of its tries, and " \
			   "nothing is tried a second time by itself.") \
	}
enum status session_check_other_pin(struct run *r, unsigned index, struct fault *f);

/* The SO-PIN typed for this question as the card takes it. ret has room for PIN_SO_LEN; NULL: ST_NO_MEMORY. ST_BAD_FORM. */
enum status session_so_bytes(struct run *r, const char *question, struct secret *ret, struct fault *f);

/* ST_SO_PIN_BLOCKED, ST_NOT_INITIALISED: there is no use in sending one. */
enum status session_so_usable(const struct look *l, struct fault *f);

#define SESSION_HELP_SO                                                                                                        \
	N_("16 hexadecimal digits, as they were set when this device was initialised. Devices leave the factory with "    \
	"3537363231383830. A wrong "                                                                                   \
	"one costs one of 15 tries: once none is left, the device can never be initialised or unblocked again.")

#define QUESTION_SO_PIN                                                                                                \
	{                                                                                                              \
		.name = "so-pin", .value = "FILE", .ask = ASK_SO_PIN, .max = PIN_SO_DIGITS, .words = N_("Current SO-PIN"), \
		.help = SESSION_HELP_SO                                                                                        \
	}

#endif
