/*
 * The one type for PINs, SO-PINs, passwords, shares, DKEKs, and deciphered keys: fixed capacity, in locked pages of its
 * own with a guard page on either side, kept out of core dumps and of children, erased when given back.
 * store/ does not include this.
 */
#ifndef ENGINE_BASE_SECRET_H
#define ENGINE_BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/bytes.h"
#include "engine/base/error.h"

struct secret;

/* Empty, with room for cap bytes. NULL where memory is out or cannot be locked. */
struct secret *secret_new(size_t cap);
void secret_free(struct secret *s);    /* erases; NULL is fine */
DEFINE_GUARD(struct secret, secret_free)
#define SECRET CLEANUP(secret_free_guard) struct secret   /* SECRET *pin = secret_new(16); */

uint8_t *secret_bytes(struct secret *s);              /* valid until secret_free(); cap bytes */
struct cur secret_view(const struct secret *s);       /* the bytes in use */
size_t secret_len(const struct secret *s);
size_t secret_cap(const struct secret *s);
bool secret_set_len(struct secret *s, size_t n);      /* after writing through secret_bytes(); false: over cap */
bool secret_put(struct secret *s, uint8_t byte);      /* false, and unchanged, when full */
bool secret_drop(struct secret *s);                   /* erases the last byte; false when empty */
bool secret_set(struct secret *s, const void *p, size_t n);
bool secret_append(struct secret *s, const void *p, size_t n);
void secret_wipe(struct secret *s);                   /* erases and empties */
bool secret_equal(const struct secret *a, const struct secret *b);   /* in constant time; lengths may leak */
struct secret *secret_copy(const struct secret *s);   /* same capacity; NULL as secret_new() */

#endif
