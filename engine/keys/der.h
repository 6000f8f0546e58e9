/* The few DER types that several modules here read and write by hand. */
#ifndef ENGINE_KEYS_DER_H
#define ENGINE_KEYS_DER_H

#include <stdbool.h>

#include "engine/base/error.h"
#include "engine/base/tlv.h"

struct cur der_trim(struct cur c);   /* without leading zero bytes */

/* INTEGER of an unsigned number of any width: no needless zeros, one where the top bit is set. */
void der_put_uint(struct buf *b, struct cur number);
void der_put_small(struct buf *b, unsigned v);

/* The value of an INTEGER as an unsigned number; false where it needs more than 31 bits. */
bool der_small(struct cur value, unsigned *ret);

/* All of c is a series of well-formed objects, one level deep. */
bool der_series(struct cur c);

#endif
