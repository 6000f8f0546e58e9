/*
 * Bytes from the terminal become keys. A state machine that needs no terminal: ECMA-48 and what xterm, rxvt, the Linux
 * console and a vt100 send for the keys that Keyroom knows, and xterm's mouse. Bytes arrive one at a time, so that those
 * of a secret can go elsewhere: see keys_takes_text().
 */
#ifndef TUI_CONSOLE_KEYS_H
#define TUI_CONSOLE_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A key is its character (Unicode), a control character, or one of these. */
enum {
	K_NONE = 0,
	K_TAB = 9,
	K_ENTER = 13,
	K_ESC = 27,
	K_BACKSPACE = 127,
	K_UP = 0x110000,
	K_DOWN,
	K_LEFT,
	K_RIGHT,
	K_HOME,
	K_END,
	K_PAGE_UP,
	K_PAGE_DOWN,
	K_DELETE,
	K_BACK_TAB,
	K_F1,
	K_F10,
	K_CLICK,         /* of the mouse's first button: where stands in struct keys */
	K_WHEEL_UP,
	K_WHEEL_DOWN,
};
#define K_CTRL(c) ((uint32_t)(c) & 0x1f)

static inline bool key_is_text(uint32_t key)
{
	return key >= 0x20 && key != K_BACKSPACE && key < K_UP && !(key >= 0x80 && key < 0xa0);
}

struct keys {
	bool utf8;             /* else bytes above 0x7f are of the locale's own 8-bit set */
	bool pasting;          /* between the marks of a bracketed paste: control characters are dropped */
	bool mouse;            /* its reports were asked for: what they are made of is no text, in whatever form they come */
	int row, col;          /* of the last key that the mouse was, from 0 */
	size_t more;           /* bytes of a report in the old form that are still to come */
	unsigned char report[3];
	unsigned char part[24];   /* of an escape sequence, or of a character; never of a secret */
	size_t n;
};

void keys_init(struct keys *k, bool utf8);

/* Takes one byte; up to two keys come of it. */
size_t keys_byte(struct keys *k, unsigned char byte, uint32_t ret[static 2]);

/* Whether byte, arriving now, is text and not part of a key of meaning: in a secret field it is the secret's. */
bool keys_takes_text(const struct keys *k, unsigned char byte);

/* An escape may be the first byte of a sequence: when nothing follows within KEYS_ESCAPE_MS, keys_timeout() is due. */
#define KEYS_ESCAPE_MS 25
bool keys_waiting(const struct keys *k);
size_t keys_timeout(struct keys *k, uint32_t ret[static 2]);

#endif
