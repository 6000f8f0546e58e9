#include "tui/command/cells.h"

#include <stdio.h>
#include <string.h>

#include "engine/base/width.h"
#include "engine/base/words.h"

int cell_width(const char *text)
{
	return width_text(text, strlen(text));
}

int cell_pad(const char *text, int columns)
{
	int width = cell_width(text);

	return width < columns ? columns - width : 0;
}

static int columns_of(const struct cell_column *c)
{
	int title = cell_width(translated(c->title));

	return title > c->least ? title : c->least;
}

void cells_row(const struct cell_column *columns, size_t n, const char *const *cells)
{
	for (size_t i = 0; i < n; i++) {
		if (i + 1 < n)
			printf("%s%*s  ", CELL(cells[i], columns_of(&columns[i])));
		else
			printf("%s\n", cells[i]);
	}
}

void cells_head(const struct cell_column *columns, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *title = translated(columns[i].title);

		if (i + 1 < n)
			printf("%s%*s  ", CELL(title, columns_of(&columns[i])));
		else
			printf("%s\n", title);
	}
}

const char *proof_words(const char *code)
{
	static const char *const words[] = { N_("none"), N_("intact"), N_("matched"), N_("opened"), N_("restored") };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(words[i], code) == 0)
			return translated(words[i]);
	}
	return code;
}
