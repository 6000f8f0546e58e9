/* The inside of key new: what was asked for, and making it on the card. */
#ifndef TUI_WIZARD_KEY_NEW_H
#define TUI_WIZARD_KEY_NEW_H

#include "engine/card/keys.h"
#include "tui/wizard/session.h"

#define KEY_TYPES_MAX 20

struct key_new {
	struct device_state device;
	struct keygen_params params;
	struct choice types[KEY_TYPES_MAX];   /* of the question, with what was typed */
	uint8_t earlier;              /* the reference of an attempt that was interrupted; 0: none */
};

/* What the answers ask for. ST_BAD_FORM. */
enum status key_make_params(const struct run *r, struct keygen_params *ret, struct fault *f);

/* What can be said from the firmware and the DKEK, before a key is asked for. ST_UNSUPPORTED, ST_DKEK_INCOMPLETE. */
enum status key_make_possible(const struct keygen_params *p, const struct look *l, struct fault *f);

/* The step. */
enum status key_make(struct step_env *e, struct fault *f);

#endif
