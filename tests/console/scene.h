/* What a console's test needs before it begins, and nobody types: a device that waits for a share, a certificate. */
#ifndef TESTS_CONSOLE_SCENE_H
#define TESTS_CONSOLE_SCENE_H

#include <stdbool.h>

/* Sets the device of this card file up for two DKEK shares, none of them imported. Its SO-PIN stays the factory's. */
void scene_wait_for_shares(const char *card_file, const char *pin);

/* A certificate for the public key in one PEM file, into another; the issuer's key is thrown away. False: none is in it. */
bool scene_certify(const char *public_key, const char *certificate);

#endif
