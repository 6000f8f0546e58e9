/* A person at a plain terminal: lines and secrets, read byte by byte past stdio. */
#ifndef TUI_COMMAND_TTY_H
#define TUI_COMMAND_TTY_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "engine/base/error.h"
#include "engine/base/secret.h"

bool tty_here(void);   /* standard input is a terminal */

/*
 * While a device is worked on, ^Z waits: who is stopped keeps the device, logged in and locked for other programs. It takes
 * effect with tty_may_stop(), which gets what the other has kept.
 */
void tty_keep_going(sigset_t *ret_before);
void tty_may_stop(const sigset_t *before);

/* One line, without its newline. ST_CANCELLED: end of input, or ^C. ST_BAD_FORM: it does not fit. */
enum status tty_line(const char *prompt, char *out, size_t cap, struct fault *f);

/*
 * The same for a secret: each character shows as a star, Backspace takes one back, ^U all of them. s is emptied first, and
 * again where the line was not ended with Enter; more than it has room for is dropped. A signal that ends the program does
 * so once the terminal is as it was.
 */
enum status tty_secret(const char *prompt, struct secret *s, struct fault *f);

#endif
