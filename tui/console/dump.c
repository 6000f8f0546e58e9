/* Grids on paper: for golden pictures, and for terminals that lack a character. */
#include "tui/console/grid.h"

/* Every character that Keyroom itself draws beyond ASCII, and its likeness; CP437 is what the Linux console's fonts have. */
static const struct {
	uint32_t cp, cp437, ascii;
} glyphs[] = {
	{ 0x2500, 0x2500, '-' }, { 0x2502, 0x2502, '|' }, { 0x250c, 0x250c, '+' }, { 0x2510, 0x2510, '+' },
	{ 0x2514, 0x2514, '`' }, { 0x2518, 0x2518, '+' }, { 0x251c, 0x251c, '+' }, { 0x2524, 0x2524, '+' },
	{ 0x252c, 0x252c, '+' }, { 0x2534, 0x2534, '+' }, { 0x25b8, 0x25ba, '>' }, { 0x2713, 0x221a, 'v' },
	{ 0x2717, 'x', 'x' },    { 0x2026, '.', '.' },    { 0x00b7, 0x00b7, '*' }, { 0x2022, 0x2022, '*' },
	{ 0x2013, '-', '-' },    { 0x2014, '-', '-' },    { 0x2018, '\'', '\'' },  { 0x2019, '\'', '\'' },
	{ 0x201c, '"', '"' },    { 0x201d, '"', '"' },    { 0x00d7, 'x', 'x' },    { 0x2190, 0x2190, '<' },
	{ 0x2192, 0x2192, '>' }, { 0x2191, 0x2191, '^' }, { 0x2193, 0x2193, ')' }, { 0x2588, 0x2588, '#' },
	{ 0x2591, 0x2591, '.' }, { 0x2580, 0x2580, '#' }, { 0x2584, 0x2584, '#' },
	{ 0x2595, '[', '[' },    { 0x258f, ']', ']' },
};

uint32_t glyph_in(enum repertoire r, uint32_t cp)
{
	if (cp == GLYPH_SORTED)
		return r == REPERTOIRE_ASCII ? '(' : ' ';
	if (cp < 0x80 || r == REPERTOIRE_UNICODE)
		return cp;
	for (size_t i = 0; i < sizeof(glyphs) / sizeof(glyphs[0]); i++) {
		if (glyphs[i].cp == cp)
			return r == REPERTOIRE_ASCII ? glyphs[i].ascii : glyphs[i].cp437;
	}
	return r == REPERTOIRE_CP437 && cp >= 0xa1 && cp <= 0xff ? cp : '?';
}

static void put_utf8(uint32_t cp, FILE *out)
{
	if (cp < 0x80) {
		fputc((int)cp, out);
	} else if (cp < 0x800) {
		fprintf(out, "%c%c", (int)(0xc0 | cp >> 6), (int)(0x80 | (cp & 0x3f)));
	} else if (cp < 0x10000) {
		fprintf(out, "%c%c%c", (int)(0xe0 | cp >> 12), (int)(0x80 | (cp >> 6 & 0x3f)), (int)(0x80 | (cp & 0x3f)));
	} else {
		fprintf(out, "%c%c%c%c", (int)(0xf0 | cp >> 18), (int)(0x80 | (cp >> 12 & 0x3f)),
			(int)(0x80 | (cp >> 6 & 0x3f)), (int)(0x80 | (cp & 0x3f)));
	}
}

static bool blank(const struct cell *c, bool attrs)
{
	return attrs ? role_attrs(c->role) == 0 : c->cp[0] == ' ';
}

static void put_cell(const struct cell *c, enum repertoire r, FILE *out)
{
	if (c->width == 0)
		return;
	for (int i = 0; i < CELL_CODES && c->cp[i] != 0; i++) {
		uint32_t cp = glyph_in(r, c->cp[i]);

		if (r != REPERTOIRE_UNICODE && i > 0)
			break;
		put_utf8(cp, out);
		if (c->width == 2 && r != REPERTOIRE_UNICODE)
			put_utf8('?', out);
	}
}

static void put_row(const struct grid *g, int row, bool attrs, enum repertoire r, FILE *out)
{
	int end = g->cols;

	while (end > 0 && blank(grid_at(g, row, end - 1), attrs))
		end--;
	for (int col = 0; col < end; col++) {
		const struct cell *c = grid_at(g, row, col);

		if (attrs)
			fputc(".123456789abcdef"[role_attrs(c->role)], out);
		else
			put_cell(c, r, out);
	}
	fputc('\n', out);
}

void grid_dump(const struct grid *g, enum repertoire r, FILE *out)
{
	for (int row = 0; row < g->rows; row++)
		put_row(g, row, false, r, out);
	fprintf(out, "-- attributes, cursor %d %d\n", g->cursor_row, g->cursor_col);
	for (int row = 0; row < g->rows; row++)
		put_row(g, row, true, r, out);
}
