#include "tui/console/bindings.h"

#include <stddef.h>

#include "tui/console/keys.h"

#define QUIET(needs_) (NEED_QUIET | (needs_))

const struct binding bindings[] = {
	{ .in = IN_OPEN, .keys = { K_ENTER }, .name = "Enter", .words = "Open", .modes = MODE_ALL | MODE_LOCK, .needs = NEED_OPEN,
	  .help = "Opens what the cursor stands on; in a procedure, goes on to the next page." },
	{ .in = IN_NEXT, .keys = { K_TAB }, .name = "Tab", .words = "Next field", .modes = MODE_WIZARD, .needs = NEED_PANES,
	  .help = "Moves to the next field. Shift and Tab together move back." },
	{ .in = IN_MARK, .keys = { ' ' }, .name = "Space", .words = "Mark", .modes = MODE_WIZARD | MODE_LIST,
	  .needs = QUIET(NEED_MARKS), .help = "Marks the row under the cursor, or takes the mark away." },
	{ .in = IN_MARK_ALL, .keys = { '*' }, .name = "*", .words = "Mark all", .modes = MODE_LIST, .needs = QUIET(NEED_MARKS),
	  .help = "Marks every row that is shown, or where all are marked takes the marks away." },
	{ .in = IN_BACK, .keys = { K_ESC }, .name = "Esc", .words = "Back", .modes = MODE_ALL, .needs = NEED_BACK,
	  .help = "Goes back: to the page before, or to the screen before. Answers are kept." },
	{ .in = IN_PROCEDURE, .keys = { 'n' }, .name = "n", .words = "New key", .procedure = "key new", .modes = MODE_MAIN,
	  .needs = QUIET(NEED_CARD), .help = "Makes a new key on this device." },
	{ .in = IN_PROCEDURE, .keys = { 'b' }, .name = "b", .words = "Back up", .procedure = "backup", .modes = MODE_MAIN,
	  .needs = QUIET(NEED_CARD | NEED_KEY), .help = "Makes backups of keys: wrapped under the DKEK, into files." },
	{ .in = IN_PROCEDURE, .keys = { 'r' }, .name = "r", .words = "Restore", .procedure = "restore", .modes = MODE_MAIN,
	  .needs = QUIET(NEED_CARD), .help = "Puts backed-up keys onto this device, and proves that they are the same keys." },
	{ .in = IN_PROCEDURE, .keys = { 'i' }, .name = "i", .words = "Initialise", .procedure = "init", .modes = MODE_MAIN,
	  .needs = QUIET(NEED_CARD), .help = "Sets the device up: erases it, sets its PINs, gives it its DKEK." },
	{ .in = IN_PROCEDURE, .keys = { 'd', K_DELETE }, .name = "d", .words = "Delete", .procedure = "key delete",
	  .modes = MODE_MAIN, .needs = QUIET(NEED_CARD | NEED_KEY),
	  .help = "Deletes a key from this device, after saying where else it is." },
	{ .in = IN_ATTEND, .keys = { 'a' }, .name = "a", .words = "Attend to it", .modes = MODE_MAIN,
	  .needs = QUIET(NEED_ATTENTION), .help = "Begins the procedure that mends what the line under the lists says." },
	{ .in = IN_MORE, .keys = { 'm' }, .name = "m", .words = "More", .modes = MODE_MAIN, .needs = NEED_QUIET,
	  .help = "Lists every procedure, also those for PINs and for DKEK shares." },
	{ .in = IN_FILTER, .keys = { '/' }, .name = "/", .words = "Filter", .modes = MODE_MAIN | MODE_LIST,
	  .needs = QUIET(NEED_FILTER), .help = "Shows only rows that contain what is typed. Esc shows all again." },
	{ .in = IN_SORT, .keys = { 's' }, .name = "s", .words = "Sort", .modes = MODE_LIST, .needs = QUIET(NEED_SORT),
	  .help = "Puts the rows in the order of the next column. An arrow in the head shows which." },
	{ .in = IN_SCREEN, .keys = { '1', '2', '3', '4', '5', '6', '7' }, .name = "1-6", .words = "Screens",
	  .modes = MODE_MAIN | MODE_LIST | MODE_TEXT, .needs = QUIET(NEED_SCREENS), .help = "Goes to another screen:" },
	{ .in = IN_AGAIN, .keys = { 'a' }, .name = "a", .words = "Again", .modes = MODE_WIZARD, .needs = QUIET(NEED_AGAIN),
	  .help = "Does the same for another device, with what was opened for this one." },
	{ .in = IN_PLUG, .keys = { 'p' }, .name = "p", .words = "Plug in or pull out", .modes = MODE_MAIN,
	  .needs = QUIET(NEED_REHEARSAL | NEED_READER),
	  .help = "In a rehearsal: pulls this simulated device out, or plugs it in again." },
	{ .in = IN_ADD_CARD, .keys = { '+' }, .name = "+", .words = "Add a device", .modes = MODE_MAIN,
	  .needs = QUIET(NEED_REHEARSAL), .help = "In a rehearsal: takes one more new device out of its box and plugs it in." },
	{ .in = IN_HELP, .keys = { K_F1 }, .name = "F1", .words = "Help", .modes = MODE_WIZARD, .needs = 0,
	  .help = "Explains this screen, and the field that the cursor is in. Where letters are typed, F1 does." },
	{ .in = IN_HELP, .keys = { '?', K_F1 }, .name = "?", .words = "Help", .modes = MODE_MAIN | MODE_LIST | MODE_WIZARD | MODE_LOCK,
	  .needs = NEED_QUIET, .help = "Explains this screen, and the field that the cursor is in. Where letters are typed, F1 does." },
	{ .in = IN_HELP, .keys = { K_F1 }, .name = "F1", .modes = MODE_MAIN | MODE_LIST, .needs = 0,
	  .help = "Explains this screen, and the field that the cursor is in. Where letters are typed, F1 does." },
	{ .in = IN_LEAVE, .keys = { K_CTRL('c') }, .name = "^C", .words = "Leave", .modes = MODE_WIZARD, .needs = NEED_LEAVE,
	  .help = "Leaves the procedure, and says what has been done until then." },
	{ .in = IN_QUIT, .keys = { 'q', K_F10 }, .name = "q", .words = "Quit", .modes = MODE_MAIN | MODE_LIST,
	  .needs = QUIET(NEED_SCREENS),
	  .help = "Leaves Keyroom. F10 does the same." },
	{ .in = IN_UP, .keys = { K_UP }, .name = "Up", .modes = MODE_ALL, .needs = 0, .help = "Moves up." },
	{ .in = IN_DOWN, .keys = { K_DOWN }, .name = "Down", .modes = MODE_ALL, .needs = 0, .help = "Moves down." },
	{ .in = IN_UP, .keys = { 'k' }, .name = "k", .modes = MODE_ALL, .needs = NEED_QUIET, .help = "Moves up." },
	{ .in = IN_DOWN, .keys = { 'j' }, .name = "j", .modes = MODE_ALL, .needs = NEED_QUIET, .help = "Moves down." },
	{ .in = IN_FIRST, .keys = { 'g', K_HOME }, .name = "g", .modes = MODE_ALL, .needs = NEED_QUIET,
	  .help = "Moves to the first row. Home does the same." },
	{ .in = IN_LAST, .keys = { 'G', K_END }, .name = "G", .modes = MODE_ALL, .needs = NEED_QUIET,
	  .help = "Moves to the last row. End does the same." },
	{ .in = IN_PAGE_UP, .keys = { K_PAGE_UP }, .name = "PgUp", .modes = MODE_ALL, .needs = 0, .help = "Moves up a screen." },
	{ .in = IN_PAGE_DOWN, .keys = { K_PAGE_DOWN }, .name = "PgDn", .modes = MODE_ALL, .needs = 0,
	  .help = "Moves down a screen." },
	{ .in = IN_NEXT, .keys = { K_TAB }, .name = "Tab", .modes = MODE_MAIN, .needs = NEED_PANES,
	  .help = "Moves to the other list." },
	{ .in = IN_PREVIOUS, .keys = { K_BACK_TAB }, .name = "Shift-Tab", .modes = MODE_MAIN | MODE_WIZARD,
	  .needs = NEED_PANES, .help = "Moves back to the list or field before." },
	{ .in = IN_LEFT, .keys = { K_LEFT }, .name = "Left", .modes = MODE_MAIN, .needs = 0,
	  .help = "Moves to the list of devices." },
	{ .in = IN_RIGHT, .keys = { K_RIGHT }, .name = "Right", .modes = MODE_MAIN, .needs = 0,
	  .help = "Moves to the list of objects." },
	{ .in = IN_LEFT, .keys = { K_LEFT }, .name = "Left", .modes = MODE_LIST, .needs = QUIET(NEED_SIDEWAYS),
	  .help = "Shows the columns before those that are in sight." },
	{ .in = IN_RIGHT, .keys = { K_RIGHT }, .name = "Right", .modes = MODE_LIST, .needs = QUIET(NEED_SIDEWAYS),
	  .help = "Shows the columns after those that are in sight." },
	{ .in = IN_LEAVE, .keys = { K_CTRL('c') }, .name = "^C", .modes = MODE_MAIN | MODE_LIST | MODE_TEXT, .needs = 0,
	  .help = "Goes back to the main screen. There it does nothing: q quits." },
	{ .in = IN_REDRAW, .keys = { K_CTRL('l') }, .name = "^L", .modes = MODE_ALL | MODE_LOCK, .needs = 0,
	  .help = "Draws the whole screen anew, and reads the device again." },
	{ .in = IN_SUSPEND, .keys = { K_CTRL('z') }, .name = "^Z", .modes = MODE_ALL | MODE_LOCK, .needs = 0,
	  .help = "Clears the screen and goes to the shell that started Keyroom; fg comes back." },
	{ .in = IN_LOCK, .keys = { 'L' }, .name = "L", .modes = MODE_ALL, .needs = NEED_QUIET,
	  .help = "Locks the screen at once: leaves what is not finished, erases what was typed, and clears the screen." },
	{ .in = IN_NONE },
};

const struct binding *binding_find(uint32_t key, enum mode mode, unsigned has)
{
	for (const struct binding *b = bindings; b->in != IN_NONE; b++) {
		if (!(b->modes & (unsigned)mode) || (b->needs & ~has) != 0)
			continue;
		for (size_t i = 0; i < sizeof(b->keys) / sizeof(b->keys[0]) && b->keys[i] != K_NONE; i++) {
			if (b->keys[i] == key)
				return b;
		}
	}
	return NULL;
}
