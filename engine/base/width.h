/* How many columns of a terminal text takes. */
#ifndef ENGINE_BASE_WIDTH_H
#define ENGINE_BASE_WIDTH_H

#include <stddef.h>
#include <stdint.h>

/* Of a character: 0, 1 or 2. */
int width_of(uint32_t cp);

/* Of n bytes of clean text (engine/base/text.h). */
int width_text(const char *text, size_t n);

#endif
