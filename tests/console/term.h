/* A program in a real pseudo-terminal, its screen kept by libvterm: what a person would see, and what they would type. */
#ifndef TESTS_CONSOLE_TERM_H
#define TESTS_CONSOLE_TERM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define TERM_PATIENCE_MS 60000   /* how long a test waits for what must come */

struct term;

/* env: "NAME=value" until NULL, added to a clean environment with TERM xterm-256color and a UTF-8 locale. */
struct term *term_start(const char *const *argv, const char *const *env, int rows, int cols);
void term_close(struct term *t);   /* kills the program where it still runs */

pid_t term_pid(const struct term *t);
void term_hang_up(struct term *t);   /* the line is cut: nothing is read or written any more */
void term_resize(struct term *t, int rows, int cols);
void term_type(struct term *t, const char *keys);
void term_type_n(struct term *t, const char *keys, size_t n);

/* Takes what the program has sent; waits at most so long for the first of it. Bytes taken. */
size_t term_pump(struct term *t, int timeout_ms);

/*
 * Until the program is at rest: what was typed is read, each of its threads sleeps, and nothing has come for so long. A busy
 * machine makes it take longer, and not end too early. Fails the test where it does not come to be.
 */
void term_rest(struct term *t, int quiet_ms);

/* All rows, each ended by a newline, without the blanks at their ends. The term's, until the next call. */
const char *term_text(struct term *t);
bool term_has(struct term *t, const char *text);

/* Where the text begins; false where it does not stand there. */
bool term_find(struct term *t, const char *text, int *ret_row, int *ret_col);

/* How the first character of the text looks, a sum of these; -1 where it does not stand there. */
enum { LOOK_BOLD = 1, LOOK_UNDERLINE = 2, LOOK_REVERSE = 4, LOOK_COLOUR = 8 };
int term_look(struct term *t, const char *text);

/* Presses the first button of the mouse on the text's first character, as xterm reports it. */
void term_click(struct term *t, const char *text);

/* Fails the test, with the screen as it is, where the text does not come (or does not go) in time. */
void term_expect(struct term *t, const char *text);
void term_expect_gone(struct term *t, const char *text);

/* Waits for the program's end: its exit status, or -1 and a failed test. */
int term_expect_end(struct term *t);

/* Everything that was ever sent to the terminal. */
const char *term_raw(const struct term *t, size_t *ret_n);

/* Are echo, line editing and signals as they were before the program began? */
bool term_is_restored(const struct term *t);

/* Where the bytes stand in the program's memory: how often outside of locked memory, and how often in it. */
size_t term_search_memory(const struct term *t, const char *bytes, size_t *ret_in_secrets);

/* The same of several, in the time that reading it takes once. */
struct trace {
	const char *bytes;
	size_t outside, inside;
};
void term_search_traces(const struct term *t, struct trace *traces, size_t n);

#endif
