/*
 * The one file that includes ncurses. It is used for output alone: the keyboard is read by loop.c, since ncurses keeps the
 * keys that it hands on. Colours are the terminal's own eight, on its own background.
 */
#include "tui/console/out.h"

#include <curses.h>
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#define PASTE_ON "\033[?2004h"    /* bracketed paste, as xterm has it: pasted text is no key press */
#define PASTE_OFF "\033[?2004l"
#define PASTE_LEN 8
#define MOUSE_ON "\033[?1000h\033[?1006h"    /* button presses, as SGR reports: xterm's, and of those that follow it */
#define MOUSE_OFF "\033[?1006l\033[?1000l"
#define MOUSE_LEN 16

struct out {
	SCREEN *screen;
	struct termios saved;
	bool colours, utf8, paste, mouse;
	enum repertoire repertoire;
	bool lines_drawn;          /* the terminal has box lines of its own, where the character set has none */
};

static void send(const char *bytes, size_t n)
{
	while (n > 0) {
		ssize_t sent = write(STDOUT_FILENO, bytes, n);

		if (sent < 0 && errno != EINTR && errno != EAGAIN)
			return;   /* the terminal is gone */
		if (sent > 0)
			bytes += sent, n -= (size_t)sent;
	}
}

static void start_colours(struct out *o)
{
	static const short colours[] = {
		[COLOUR_RED] = COLOR_RED, [COLOUR_GREEN] = COLOR_GREEN, [COLOUR_YELLOW] = COLOR_YELLOW,
		[COLOUR_BLUE] = COLOR_BLUE, [COLOUR_MAGENTA] = COLOR_MAGENTA, [COLOUR_CYAN] = COLOR_CYAN,
	};
	const char *no = getenv("NO_COLOR");   /* no-color.org: set and not empty */

	o->colours = has_colors() && (no == NULL || no[0] == '\0') && start_color() == OK;
	if (!o->colours)
		return;
	(void)use_default_colors();
	for (short i = COLOUR_RED; i <= COLOUR_CYAN; i++)
		(void)init_pair(i, colours[i], -1);
	(void)init_pair(COLOUR_PAPER, COLOR_BLACK, COLOR_WHITE);
	(void)init_pair(COLOUR_INK, COLOR_BLACK, COLOR_BLACK);
}

static void start_characters(struct out *o)
{
	const char *term = getenv("TERM");

	o->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	o->repertoire = !o->utf8 ? REPERTOIRE_ASCII :
			term != NULL && strncmp(term, "linux", 5) == 0 ? REPERTOIRE_CP437 : REPERTOIRE_UNICODE;
	o->lines_drawn = !o->utf8 && acs_chars != NULL && acs_chars[0] != '\0';
	o->paste = term != NULL && (strncmp(term, "xterm", 5) == 0 || strncmp(term, "tmux", 4) == 0 ||
				    strncmp(term, "screen", 6) == 0 || strncmp(term, "rxvt", 4) == 0);
}

/* terminfo's kmous: "\033[M" where it is xterm's mouse, which is switched on as xterm's is. */
static bool mouse_is_xterms(void)
{
	return key_mouse != NULL && (strcmp(key_mouse, "\033[M") == 0 || strcmp(key_mouse, "\033[<") == 0);
}

/* raw: ^C and ^Z are keys here. */
static void keyboard(const struct out *o)
{
	(void)raw();
	(void)noecho();
	(void)nonl();
	if (o->paste)
		send(PASTE_ON, PASTE_LEN);
	if (o->mouse)
		send(MOUSE_ON, MOUSE_LEN);
}

enum status out_open(struct out **ret, struct fault *f)
{
	const char *term = getenv("TERM");
	struct out *o;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return fault_set(f, ST_USAGE, "The console needs a terminal, and there is none. Use the commands on the line instead.");
	o = calloc(1, sizeof(*o));
	if (o == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	(void)setlocale(LC_CTYPE, "");
	if (tcgetattr(STDIN_FILENO, &o->saved) != 0 || (o->screen = newterm(NULL, stdout, stdin)) == NULL) {
		free(o);
		return fault_set(f, ST_USAGE, "The console does not know a terminal called \"%s\" (the variable TERM), or it cannot move "
				 "its cursor. Use the commands on the line instead.", term != NULL ? term : "");
	}
	if (cursor_address == NULL) {
		out_close(o);
		return fault_set(f, ST_USAGE, "This terminal (\"%s\", the variable TERM) cannot move its cursor. Use the commands on the "
				 "line instead.", term != NULL ? term : "");
	}
	start_colours(o);
	start_characters(o);
	o->mouse = mouse_is_xterms();
	keyboard(o);
	*ret = o;
	return ST_OK;
}

/* Nothing of what stood on the screen stays there, whether or not the terminal has a second screen to leave. */
static void blank_screen(struct out *o)
{
	if (o->mouse)
		send(MOUSE_OFF, MOUSE_LEN);
	if (o->paste)
		send(PASTE_OFF, PASTE_LEN);
	(void)curs_set(1);
	(void)werase(stdscr);
	(void)clearok(stdscr, TRUE);
	(void)wrefresh(stdscr);
	(void)endwin();
	(void)tcsetattr(STDIN_FILENO, TCSANOW, &o->saved);
}

void out_close(struct out *o)
{
	if (o == NULL)
		return;
	blank_screen(o);
	delscreen(o->screen);
	free(o);
}

void out_pause(struct out *o)
{
	blank_screen(o);
}

void out_resume(struct out *o)
{
	(void)reset_prog_mode();
	keyboard(o);
	(void)clearok(curscr, TRUE);
}

int out_fd(const struct out *o)
{
	(void)o;
	return STDIN_FILENO;
}

bool out_utf8(const struct out *o)
{
	return o->utf8;
}

bool out_mouse(const struct out *o)
{
	return o->mouse;
}

enum repertoire out_repertoire(const struct out *o)
{
	return o->repertoire;
}

bool out_shades(const struct out *o)
{
	(void)o;
	return has_colors() || (termattrs() & A_REVERSE) != 0;
}

void out_size(struct out *o, int *ret_rows, int *ret_cols)
{
	struct winsize size;

	(void)o;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0)
		(void)resizeterm(size.ws_row, size.ws_col);
	*ret_rows = LINES;
	*ret_cols = COLS;
}

static attr_t attributes(const struct out *o, enum role role, short *ret_pair)
{
	static const struct {
		unsigned ours;
		attr_t theirs;
	} map[] = {
		{ ATTR_BOLD, A_BOLD }, { ATTR_UNDERLINE, A_UNDERLINE }, { ATTR_REVERSE, A_REVERSE }, { ATTR_DIM, A_DIM },
	};
	unsigned attrs = role_attrs(role);
	attr_t a = A_NORMAL;

	for (size_t i = 0; i < sizeof(map) / sizeof(map[0]); i++)
		a |= attrs & map[i].ours ? map[i].theirs : A_NORMAL;
	*ret_pair = o->colours ? (short)role_colour(role) : 0;
	if (*ret_pair == COLOUR_PAPER)
		a = A_NORMAL;
	return a;
}

/* The terminal's own box lines (terminfo acsc), for a locale without them. 0: not a line. */
static chtype line_of(uint32_t cp)
{
	switch (cp) {
	case 0x2500: return ACS_HLINE;
	case 0x2502: return ACS_VLINE;
	case 0x250c: return ACS_ULCORNER;
	case 0x2510: return ACS_URCORNER;
	case 0x2514: return ACS_LLCORNER;
	case 0x2518: return ACS_LRCORNER;
	case 0x251c: return ACS_LTEE;
	case 0x2524: return ACS_RTEE;
	case 0x252c: return ACS_TTEE;
	case 0x2534: return ACS_BTEE;
	default: return 0;
	}
}

/* ncurses asks the locale how wide a character is: where that says something else than the grid, it is not sent. */
static bool agreed(const struct out *o, const struct cell *c)
{
	return o->utf8 && glyph_in(o->repertoire, c->cp[0]) == c->cp[0] && wcwidth((wchar_t)c->cp[0]) == c->width;
}

static void put_cell(const struct out *o, int row, int col, const struct cell *c)
{
	wchar_t text[CELL_CODES + 1] = { 0 };
	short pair;
	attr_t attrs = attributes(o, c->role, &pair);
	chtype line = o->lines_drawn ? line_of(c->cp[0]) : 0;
	uint32_t cp;
	cchar_t cc;
	int n = 0;

	if (c->width == 0)
		return;
	if (line != 0) {
		(void)mvwaddch(stdscr, row, col, line | attrs | (chtype)COLOR_PAIR(pair));
		return;
	}
	if (agreed(o, c)) {
		while (n < CELL_CODES && c->cp[n] != 0 && (n == 0 || wcwidth((wchar_t)c->cp[n]) == 0)) {
			text[n] = (wchar_t)c->cp[n];
			n++;
		}
	} else {
		cp = glyph_in(o->repertoire, c->cp[0]);
		text[0] = (wchar_t)(cp >= 0x80 && o->repertoire == REPERTOIRE_UNICODE ? glyph_in(REPERTOIRE_ASCII, cp) : cp);
	}
	if (setcchar(&cc, text, attrs, pair, NULL) != OK)
		return;
	(void)mvwadd_wch(stdscr, row, col, &cc);
	if (c->width == 2 && n == 0)
		(void)mvwadd_wch(stdscr, row, col + 1, &cc);
}

void out_put(struct out *o, const struct grid *g, bool all)
{
	if (all)
		(void)clearok(curscr, TRUE);
	(void)werase(stdscr);
	for (int row = 0; row < g->rows && row < LINES; row++) {
		for (int col = 0; col < g->cols && col < COLS; col++) {
			const struct cell *c = grid_at(g, row, col);

			if (c->cp[0] != ' ' || c->role != ROLE_PLAIN)
				put_cell(o, row, col, c);
		}
	}
	(void)curs_set(g->cursor_row >= 0);
	(void)leaveok(stdscr, g->cursor_row < 0);   /* where it is hidden it need not be moved back */
	if (g->cursor_row >= 0)
		(void)wmove(stdscr, g->cursor_row, g->cursor_col);
	(void)wrefresh(stdscr);
}
