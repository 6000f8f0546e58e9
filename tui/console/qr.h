/* QR codes (ISO/IEC 18004), made by libqrencode. */
#ifndef TUI_CONSOLE_QR_H
#define TUI_CONSOLE_QR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/error.h"

#define QR_QUIET 4   /* light modules that must stand around a code */

struct qr {
	int side;            /* modules; 0: none */
	uint8_t *dark;       /* side * side, 1 where dark, row by row */
};

/*
 * The smallest code for this text, as it stands. sturdy: at error correction level M, else L. ST_UNSUPPORTED: too long for
 * one code. *ret is given back with qr_done().
 */
enum status qr_make(const char *text, bool sturdy, struct qr *ret, struct fault *f);
void qr_done(struct qr *q);   /* empty is fine */

static inline bool qr_is_dark(const struct qr *q, int row, int col)
{
	return row >= 0 && col >= 0 && row < q->side && col < q->side && q->dark[row * q->side + col] != 0;
}

#endif
