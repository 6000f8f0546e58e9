/* Rules of PINs that INITIALIZE shares. Internal to engine/sim. */
#ifndef ENGINE_SIM_PIN_H
#define ENGINE_SIM_PIN_H

#include "engine/sim/card.h"

#define SIM_PIN_MIN 6
#define SIM_PIN_MAX 16
#define SIM_SO_LEN 8

bool sim_pin_length_fits(size_t n);
/* The most tries that a user PIN of this length may have: real-devices.md 5. */
uint8_t sim_tries_limit(size_t pin_len);
/* SW_OK, 63Cx with a try spent, or SW_BLOCKED. */
uint16_t sim_pin_try(struct sim_card *c, struct sim_pin *p, struct cur pin);

#endif
