/*
 * The inside of key delete, cert delete and data delete, which are one procedure with three doors: one or several objects of a
 * device, of whatever kind. delete.c asks, delete_words.c says what is lost, delete_find.c finds them, and how far an interrupted
 * attempt came, delete_card.c backs keys up and deletes.
 */
#ifndef TUI_WIZARD_DELETE_H
#define TUI_WIZARD_DELETE_H

#include "tui/wizard/thing.h"
#include "tui/wizard/wizard.h"

#define DELETE_MAX 64

enum delete_kind { DELETE_KEY, DELETE_CERT_OF_KEY, DELETE_CERT, DELETE_DATA };

struct delete_one {
	enum delete_kind kind;
	struct object o;               /* as it was found last; empty where it is gone */
	uint16_t content, description; /* its files, of a key CCxx; 0: none. What belongs to a key goes by that */
	struct buf request;            /* of a key's certificate: what takes its place; empty: nothing */
	size_t backups;                /* ... and how many have it in them */
	bool gone;                     /* an attempt that was interrupted got to it */
	bool left_over;                /* belongs to nothing that is there */
	bool with_key;                 /* a key's certificate, where the key is deleted too */
};

struct deletion {
	struct device_state device;    /* a row for each answer, in that order */
	struct delete_one one[DELETE_MAX];
	bool saved;                    /* an attempt that was interrupted had made the backups */
};

void delete_done(void *state);

/* The answers, whose question has another name where data is deleted. */
unsigned delete_count(const struct run *r);
const char *delete_wanted(const struct run *r, unsigned i);

/* Is there a key left to be deleted; anything; anything that a PIN is needed for? */
bool delete_has_key(const struct run *r);
bool delete_needs_pin(const struct run *r);

/*
 * All of them, into state and rows. first: as they are to be shown; else they must be those that were, else ST_REFUSED.
 * interrupted: one that is not there may have been deleted before. ST_NOT_FOUND, ST_USAGE.
 */
enum status delete_find(struct step_env *e, struct session *s, bool first, bool interrupted, struct fault *f);
/* Which secret keys they are, now that somebody is logged in. ST_REFUSED: not those that were shown. */
enum status delete_find_secrets(struct step_env *e, struct session *s, struct fault *f);
/* What a later start needs to know of this one, into the run's record. */
enum status delete_note(struct step_env *e, unsigned i, struct fault *f);

/* The work of the first page, and finding out how far an earlier attempt came. */
enum status delete_look(struct step_env *e, struct fault *f);
enum status delete_resume(struct step_env *e, struct fault *f);

/* The steps. A backup that is not made, read back and matched stops it before anything is deleted. */
enum status delete_back_up(struct step_env *e, struct fault *f);
enum status delete_all(struct step_env *e, struct fault *f);

void delete_tell_unbacked(const struct run *r, unsigned index, struct prose *out);
void delete_review(const struct run *r, struct prose *out);
void delete_outcome(const struct run *r, struct prose *out);

#endif
