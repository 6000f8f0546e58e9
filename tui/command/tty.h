/* A person at a plain terminal: lines and secrets, read byte by byte past stdio. */
#ifndef TUI_COMMAND_TTY_H
#define TUI_COMMAND_TTY_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/error.h"
#include "engine/base/secret.h"

bool tty_here(void);    /* standard input is a terminal */

/* One line, without its newline. ST_CANCELLED: end of input, or ^C. ST_BAD_FORM: it does not fit. */
enum status tty_line(const char *prompt, char *out, size_t cap, struct fault *f);

/*
 * The same for a secret: each character shows as a star, Backspace takes one back, ^U all of them. s is emptied first, and
 * again where the line was not ended with Enter; more than it has room for is dropped. A signal that ends the program does
 * so once the terminal is as it was.
 */
enum status tty_secret(const char *prompt, struct secret *s, struct fault *f);

#endif
