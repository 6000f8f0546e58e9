/* The DKEK: the XOR of its shares, its key check value, and the two keys made from it (formats.md 1). */
#ifndef ENGINE_KEYS_DKEK_H
#define ENGINE_KEYS_DKEK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/error.h"
#include "engine/base/secret.h"

#define DKEK_LEN 32
#define KCV_LEN 8
/*
 * The card's counter of shares is one byte (smartcard-hsm.md 5), but sc-hsm-tool keeps it in a signed char, so that
 * from 128 on other tools would make a device without any DKEK (known-faults.md 12).
 */
#define DKEK_SHARES_MAX 127

/* Into ret_dkek, which has room for 32 bytes. ST_BAD_FORM: no share, too many, or one that is not 32 bytes long. */
enum status dkek_combine(const struct secret *const *shares, size_t n, struct secret *ret_dkek, struct fault *f);

/* The key check value; of one share alone too. */
enum status dkek_kcv(const struct secret *dkek, uint8_t ret_kcv[static KCV_LEN], struct fault *f);

/*
 * The check value of 32 zero bytes (formats.md 8.1): what is left where shares cancel each other out, as two equal ones do.
 * Everybody knows that DKEK, and can open what is wrapped under it.
 */
#define DKEK_ZERO_KCV "66687AADF862BD77"
bool dkek_kcv_is_zero(const uint8_t kcv[static KCV_LEN]);

/* Kenc and Kmac, AES-256 keys, each into a secret with room for 32 bytes. */
enum status dkek_kenc(const struct secret *dkek, struct secret *ret_key, struct fault *f);
enum status dkek_kmac(const struct secret *dkek, struct secret *ret_key, struct fault *f);

#endif
