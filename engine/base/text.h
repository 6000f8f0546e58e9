/* Text from cards, files and databases, made harmless before anybody sees it. */
#ifndef ENGINE_BASE_TEXT_H
#define ENGINE_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Copies at most cap - 1 bytes as valid UTF-8. Control characters, malformed bytes, bidirectional marks, invisible and
 * private-use characters become U+FFFD; a character that does not fit whole is left out. Always ends with a NUL.
 */
void text_clean(char *out, size_t cap, const void *in, size_t n);

/* Valid UTF-8 without any of the above: what a person may give as a label. */
bool text_is_clean(const char *text);

/*
 * One character: its code point (U+FFFD where malformed) and the bytes it takes, at least 1; 0 at the end of n bytes.
 */
size_t text_decode(const char *in, size_t n, uint32_t *ret_cp);

#endif
