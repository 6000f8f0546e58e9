/* The screens of details, inside: detail_screen.c changes them, detail_draw.c draws what is known. */
#ifndef TUI_CONSOLE_DETAIL_SCREEN_H
#define TUI_CONSOLE_DETAIL_SCREEN_H

#include "tui/console/ui.h"
#include "tui/wizard/detail.h"

#define DETAIL_SECTIONS 64   /* whose beginnings Tab finds */

/*
 * Draws the sections from row 0 on, in two columns where a is wide enough, and returns how many rows that takes. With an area of
 * no rows it only counts. starts: the row of each section's title.
 */
int detail_draw(struct area a, const struct detail *d, int starts[static DETAIL_SECTIONS]);

/* Columns for the sections on a screen of this width. */
int detail_cols(int cols);

#endif
