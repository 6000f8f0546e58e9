/* The form of PINs, checked before a card is asked (smartcard-hsm.md 4.1, real-devices.md 5). */
#ifndef ENGINE_CARD_PIN_H
#define ENGINE_CARD_PIN_H

#include <stdbool.h>

#include "engine/base/error.h"
#include "engine/base/secret.h"

#define PIN_USER_MIN 6
#define PIN_USER_MAX 15          /* what may be set: with 16, OpenSC refuses to log in */
#define PIN_USER_MAX_OLD 16      /* what may have been set by others, and can be typed */
#define PIN_SO_LEN 8             /* bytes on the card */
#define PIN_SO_DIGITS 16         /* hexadecimal digits, as people know it */
#define PIN_SO_TRIES 15
#define PIN_USER_TRIES_MAX 10

/* The most wrong tries that a device allows for a user PIN of this length; 0 where the length itself is not allowed. */
unsigned pin_max_tries(size_t len);

/* A new user PIN. tries: that it is to have, 0: not checked. ST_BAD_FORM. */
enum status pin_check_user(const struct secret *pin, unsigned tries, struct fault *f);

/* A user PIN that is there already: only what no device could have is refused. ST_BAD_FORM. */
enum status pin_check_current(const struct secret *pin, struct fault *f);

/* All decimal digits: other software may take nothing else. */
bool pin_is_digits(const struct secret *pin);

/*
 * An SO-PIN as typed, 16 hexadecimal digits of either case, to the 8 bytes that the card takes. ret_so has room for 8.
 * ST_BAD_FORM.
 */
enum status pin_check_so(const struct secret *typed, struct secret *ret_so, struct fault *f);

/* The 8 bytes are the factory's 3537363231383830, which is public. */
bool pin_so_is_factory(const struct secret *so);
/* Into so, room for 8: what a device that was never initialised has, or takes. */
bool pin_so_factory(struct secret *so);

#endif
