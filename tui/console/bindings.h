/*
 * The keys, in one table: what the footer shows, what help explains, what a key means, and what the manual lists. The same
 * key means the same everywhere; a row counts on a screen of one of its modes, while all that it needs is there.
 */
#ifndef TUI_CONSOLE_BINDINGS_H
#define TUI_CONSOLE_BINDINGS_H

#include <stdbool.h>
#include <stdint.h>

enum intent {
	IN_NONE,
	IN_UP,
	IN_DOWN,
	IN_PAGE_UP,
	IN_PAGE_DOWN,
	IN_FIRST,
	IN_LAST,
	IN_LEFT,
	IN_RIGHT,
	IN_NEXT,
	IN_PREVIOUS,
	IN_OPEN,
	IN_BACK,
	IN_MARK,
	IN_MARK_ALL,
	IN_FILTER,
	IN_SORT,
	IN_SCREEN,       /* the digit says which: screens.h */
	IN_PROCEDURE,    /* binding.procedure says which */
	IN_MORE,
	IN_ATTEND,
	IN_ADD_CARD,
	IN_PLUG,
	IN_AGAIN,
	IN_LEAVE,
	IN_HELP,
	IN_REDRAW,
	IN_SUSPEND,
	IN_LOCK,
	IN_QUIT,
	IN_QR,
	IN_ATTEND_ALL,
};

/* Kinds of screens. */
enum mode {
	MODE_MAIN = 1 << 0,
	MODE_LIST = 1 << 1,     /* a list to choose from */
	MODE_TEXT = 1 << 2,     /* sentences to be read */
	MODE_WIZARD = 1 << 3,
	MODE_DETAIL = 1 << 4,   /* what is known of one thing */
	MODE_ALL = (1 << 5) - 1,
	MODE_LOCK = 1 << 15,    /* nobody is there: not one of all */
};

/* What a screen has now. */
enum need {
	NEED_ROWS = 1 << 0,     /* something to move in */
	NEED_OPEN = 1 << 1,     /* something that Enter opens or goes on to */
	NEED_BACK = 1 << 2,
	NEED_PANES = 1 << 3,    /* more than one pane or field */
	NEED_CARD = 1 << 4,     /* a device that is here */
	NEED_KEY = 1 << 5,      /* a key on it */
	NEED_OBJECT = 1 << 6,   /* an object under the cursor */
	NEED_MARKS = 1 << 7,    /* rows that can be marked */
	NEED_FILTER = 1 << 8,
	NEED_ATTENTION = 1 << 9,   /* something to do */
	NEED_REHEARSAL = 1 << 10,
	NEED_READER = 1 << 11,  /* a simulated card under the cursor, in or out */
	NEED_LEAVE = 1 << 12,   /* something under way that can be left or cancelled */
	NEED_AGAIN = 1 << 13,
	NEED_SIDEWAYS = 1 << 14,
	NEED_QUIET = 1 << 15,   /* no field has the keyboard: printable characters are keys */
	NEED_SORT = 1 << 16,    /* rows that have several orders */
	NEED_WRAPPED = 1 << 18,   /* a wrapped key under the cursor */
	NEED_JOURNAL = 1 << 19, /* a journal, and a procedure that exports it */
	NEED_OVER = 1 << 20,    /* a procedure that is done: to be closed */
	NEED_SCREENS = 1 << 17, /* no procedure would be left by going to another screen */
	NEED_DEVICE = 1 << 24,  /* a device, here or not */
	NEED_CERTIFICATE = 1 << 25,   /* one under the cursor, or shown, as the next */
	NEED_DATA = 1 << 26,
	NEED_BACKUP = 1 << 27,  /* a backup of the key that is shown */
	NEED_ABOUT = 1 << 30,   /* a text that help can say something about: not help itself */
	NEED_QR = 1 << 28,      /* a value that can be carried away */
};

struct binding {
	enum intent in;
	uint32_t keys[8];        /* until K_NONE */
	const char *name;        /* as footer, help and manual write it: "Enter", "j"; N_() where it is a word */
	const char *words;       /* in the footer: "Open"; NULL: in help only; N_() */
	const char *help;        /* a sentence; N_() */
	const char *procedure;   /* of IN_PROCEDURE */
	unsigned modes;
	unsigned needs;
};

extern const struct binding bindings[];   /* in the footer's order, until in is IN_NONE */

struct procedure;

/* The row for this key on a screen of this mode that has this; NULL where there is none. */
const struct binding *binding_find(uint32_t key, enum mode mode, unsigned has);

/* Does its first key mean this row there? Else another row comes first, or it does not work now. */
bool binding_works(const struct binding *b, enum mode mode, unsigned has);

/* Of an IN_PROCEDURE, by name or command; NULL: there is no such procedure, and the row does not count. */
const struct procedure *binding_procedure(const struct binding *b);

#endif
