/* Lists on standard output, in columns that follow the words of the language. */
#ifndef TUI_COMMAND_CELLS_H
#define TUI_COMMAND_CELLS_H

#include <stddef.h>

/* Columns of the terminal that it takes. */
int cell_width(const char *text);

/* How many blanks fill text up to so many columns; 0 where it is longer. */
int cell_pad(const char *text, int columns);

/* For printf: "%s%*s" instead of "%-12s", whose 12 are bytes. text is taken twice. */
#define CELL(text, columns) (text), cell_pad((text), (columns)), ""

struct cell_column {
	const char *title;   /* N_() */
	int least;           /* columns of the terminal; a longer title makes it wider. The last one is not filled up. */
};

void cells_head(const struct cell_column *columns, size_t n);
void cells_row(const struct cell_column *columns, size_t n, const char *const *cells);

/* What is proven about a backup (store/backup.h, proof_word()), for people. */
const char *proof_words(const char *code);

#endif
