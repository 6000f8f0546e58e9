/*
 * A source of readers in front of another one, which sees every PIN that is sent to a card, and whether somebody typed it:
 * each wrong try must be one that was typed, and typed anew since it was wrong.
 */
#ifndef TESTS_CONSOLE_WATCH_H
#define TESTS_CONSOLE_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/transport.h"

#define WATCH_PIN_MAX 33   /* as it is typed: 16 hexadecimal digits of an SO-PIN, or a user PIN */

struct watch;

/* inner stays the caller's, and must outlive it. NULL: memory. */
struct watch *watch_new(struct source *inner);
void watch_free(struct watch *w);
struct source *watch_source(struct watch *w);

/* What stands in a secret's field after a key was pressed in it. */
void watch_typed(struct watch *w, const uint8_t *p, size_t n);

/* What a field that is left empty stands for: the factory's SO-PIN. Before the first press. */
void watch_stands(struct watch *w, const uint8_t *p, size_t n);

/* What opens the card with this serial now, as its own answers have shown; "" where it is not known. */
void watch_pins(struct watch *w, const char *serial, char ret_user[static WATCH_PIN_MAX], char ret_so[static WATCH_PIN_MAX]);

struct watch_counts {
	unsigned long apdus;
	unsigned long right, wrong;   /* PINs and SO-PINs that were sent */
	unsigned long unasked;        /* of either: that nobody had typed, or wrong ones sent more often than they were typed */
};
void watch_counts(struct watch *w, struct watch_counts *ret);

#endif
