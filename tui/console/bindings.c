#include "tui/console/bindings.h"

#include <stddef.h>

#include "engine/base/words.h"
#include "tui/console/keys.h"
#include "tui/wizard/wizard.h"

#define QUIET(needs_) (NEED_QUIET | (needs_))

const struct binding bindings[] = {
	{ .in = IN_OPEN, .keys = { K_ENTER }, .name = N_("Enter"), .words = N_("Open"), .modes = MODE_ALL | MODE_LOCK,
	  .needs = NEED_OPEN,
	  .help = N_("Opens what the cursor stands on; in a procedure, goes on to the next page.") },
	{ .in = IN_NEXT, .keys = { K_TAB }, .name = N_("Tab"), .words = N_("Next field"), .modes = MODE_WIZARD, .needs = NEED_PANES,
	  .help = N_("Moves to the next field. Shift and Tab together move back.") },
	{ .in = IN_NEXT, .keys = { K_TAB }, .name = N_("Tab"), .words = N_("Next section"), .modes = MODE_DETAIL,
	  .needs = NEED_PANES, .help = N_("Moves to the next section.") },
	{ .in = IN_RIGHT, .keys = { K_RIGHT }, .name = N_("Right"), .words = N_("Next value"), .modes = MODE_DETAIL,
	  .needs = NEED_SIDEWAYS, .help = N_("Shows the next value.") },
	{ .in = IN_MARK, .keys = { ' ' }, .name = N_("Space"), .words = N_("Mark"), .modes = MODE_WIZARD | MODE_LIST | MODE_MAIN,
	  .needs = QUIET(NEED_MARKS), .help = N_("Marks the row under the cursor, or takes the mark away.") },
	{ .in = IN_MARK_ALL, .keys = { '*' }, .name = "*", .modes = MODE_MAIN, .needs = QUIET(NEED_MARKS),
	  .help = N_("Marks every row that is shown, or where all are marked takes the marks away.") },
	{ .in = IN_MARK_ALL, .keys = { '*' }, .name = "*", .words = N_("Mark all"), .modes = MODE_LIST, .needs = QUIET(NEED_MARKS),
	  .help = N_("Marks every row that is shown, or where all are marked takes the marks away.") },
	{ .in = IN_BACK, .keys = { K_ESC }, .name = N_("Esc"), .words = N_("Back"), .modes = MODE_ALL, .needs = NEED_BACK,
	  .help = N_("Goes back: to the page before, or to the screen before. Answers are kept.") },
	{ .in = IN_BACK, .keys = { K_ESC }, .name = N_("Esc"), .modes = MODE_WIZARD, .needs = NEED_OVER,
	  .help = N_("Closes a procedure that is done, as Enter does.") },
	{ .in = IN_PROCEDURE, .keys = { 'n' }, .name = "n", .words = N_("New key"), .procedure = "key new",
	  .modes = MODE_MAIN | MODE_DETAIL, .needs = QUIET(NEED_CARD | NEED_DEVICE), .help = N_("Makes a new key on this device.") },
	{ .in = IN_PROCEDURE, .keys = { 'b' }, .name = "b", .words = N_("Back up"), .procedure = "backup",
	  .modes = MODE_MAIN | MODE_DETAIL, .needs = QUIET(NEED_CARD | NEED_KEY),
	  .help = N_("Makes backups of keys, of those that are marked: wrapped under the DKEK, into files.") },
	{ .in = IN_PROCEDURE, .keys = { 'r' }, .name = "r", .words = N_("Restore"), .procedure = "restore",
	  .modes = MODE_MAIN | MODE_DETAIL, .needs = QUIET(NEED_CARD | NEED_DEVICE),
	  .help = N_("Puts backed-up keys onto this device, and proves that they are the same keys.") },
	{ .in = IN_PROCEDURE, .keys = { 'r' }, .name = "r", .words = N_("Restore"), .procedure = "restore", .modes = MODE_DETAIL,
	  .needs = QUIET(NEED_BACKUP), .help = N_("Puts a backup of the key that is shown onto another device.") },
	{ .in = IN_PROCEDURE, .keys = { 'i' }, .name = "i", .words = N_("Initialise"), .procedure = "init",
	  .modes = MODE_MAIN | MODE_DETAIL, .needs = QUIET(NEED_CARD | NEED_DEVICE),
	  .help = N_("Sets the device up: erases it, sets its PINs, gives it its DKEK.") },
	{ .in = IN_PROCEDURE, .keys = { 't' }, .name = "t", .words = N_("Test"), .procedure = "key test", .modes = MODE_DETAIL,
	  .needs = QUIET(NEED_CARD | NEED_OBJECT | NEED_KEY),
	  .help = N_("Lets the key that is shown sign or decipher something, and checks the answer.") },
	{ .in = IN_PROCEDURE, .keys = { 'l' }, .name = "l", .words = N_("Label"), .procedure = "label", .modes = MODE_DETAIL,
	  .needs = QUIET(NEED_CARD | NEED_DEVICE), .help = N_("Gives the device another label.") },
	{ .in = IN_PROCEDURE, .keys = { 'l' }, .name = "l", .words = N_("Label"), .procedure = "key rename", .modes = MODE_DETAIL,
	  .needs = QUIET(NEED_CARD | NEED_OBJECT | NEED_KEY), .help = N_("Gives the key that is shown another label or ID.") },
	{ .in = IN_PROCEDURE, .keys = { 'c' }, .name = "c", .words = N_("Certificate"), .procedure = "cert import",
	  .modes = MODE_DETAIL, .needs = QUIET(NEED_CARD | NEED_OBJECT | NEED_KEY),
	  .help = N_("Writes a certificate from a file to the key that is shown.") },
	{ .in = IN_PROCEDURE, .keys = { 'e' }, .name = "e", .words = N_("Export"), .procedure = "key export", .modes = MODE_DETAIL,
	  .needs = QUIET(NEED_CARD | NEED_OBJECT | NEED_KEY), .help = N_("Writes the public key into a file.") },
	{ .in = IN_PROCEDURE, .keys = { 'e' }, .name = "e", .words = N_("Export"), .procedure = "cert export", .modes = MODE_DETAIL,
	  .needs = QUIET(NEED_CARD | NEED_CERTIFICATE), .help = N_("Writes the certificate into a file.") },
	{ .in = IN_PROCEDURE, .keys = { 'e' }, .name = "e", .words = N_("Read"), .procedure = "data read", .modes = MODE_DETAIL,
	  .needs = QUIET(NEED_CARD | NEED_DATA), .help = N_("Reads the data into a file, or shows it.") },
	{ .in = IN_PROCEDURE, .keys = { 'd', K_DELETE }, .name = "d", .words = N_("Delete"), .procedure = "key delete",
	  .modes = MODE_MAIN | MODE_DETAIL, .needs = QUIET(NEED_CARD | NEED_OBJECT),
	  .help = N_("Deletes the objects that are marked, or the one under the cursor, after saying where else a key is.") },
	{ .in = IN_QR, .keys = { 'Q' }, .name = "Q", .words = N_("QR code"), .modes = MODE_DETAIL, .needs = QUIET(NEED_QR),
	  .help = N_("Shows a value as a QR code, to be photographed: a check value, a fingerprint, a public key.") },
	{ .in = IN_ATTEND, .keys = { 'a' }, .name = "a", .words = N_("Attend to it"), .modes = MODE_MAIN,
	  .needs = QUIET(NEED_ATTENTION),
	  .help = N_("Begins the procedure that mends what the line under the lists says. Where nothing that is here can, it says what "
		     "would: which device to insert, for example.") },
	{ .in = IN_ATTEND_ALL, .keys = { 'A' }, .name = "A", .words = N_("To do"), .modes = MODE_MAIN,
	  .needs = QUIET(NEED_ATTENTION), .help = N_("Shows all that needs doing, the most urgent first.") },
	{ .in = IN_MORE, .keys = { 'm' }, .name = "m", .words = N_("More"), .modes = MODE_MAIN | MODE_DETAIL,
	  .needs = QUIET(NEED_ROWS),
	  .help = N_("Lists every procedure, also those for PINs and for DKEK shares.") },
	{ .in = IN_FILTER, .keys = { '/' }, .name = "/", .words = N_("Filter"), .modes = MODE_MAIN | MODE_LIST,
	  .needs = QUIET(NEED_FILTER), .help = N_("Shows only rows that contain what is typed. Esc shows all again.") },
	{ .in = IN_PROCEDURE, .keys = { 'r' }, .name = "r", .words = N_("Restore"), .procedure = "restore", .modes = MODE_LIST,
	  .needs = QUIET(NEED_WRAPPED), .help = N_("Restores the backups that are marked, or the one under the cursor, to a device.") },
	{ .in = IN_PROCEDURE, .keys = { 'x' }, .name = "x", .words = N_("Export"), .procedure = "journal export", .modes = MODE_LIST,
	  .needs = QUIET(NEED_JOURNAL), .help = N_("Writes the journal into a file, with the chain that shows nothing was changed.") },
	{ .in = IN_SORT, .keys = { 's' }, .name = "s", .words = N_("Sort"), .modes = MODE_MAIN | MODE_LIST,
	  .needs = QUIET(NEED_SORT),
	  .help = N_("Puts the rows in another order, and the cursor stays on its row. An arrow after a heading, parentheses around "
		     "it, or the title shows which.") },
	{ .in = IN_SCREEN, .keys = { '1', '2', '3', '4', '5', '6', '7' }, .name = "1-6", .words = N_("Screens"),
	  .modes = MODE_MAIN | MODE_LIST | MODE_TEXT | MODE_DETAIL, .needs = QUIET(NEED_SCREENS),
	  .help = N_("Goes to another screen:") },
	{ .in = IN_AGAIN, .keys = { 'a' }, .name = "a", .words = N_("Again"), .modes = MODE_WIZARD, .needs = QUIET(NEED_AGAIN),
	  .help = N_("Does the same for another device, with what was opened for this one.") },
	{ .in = IN_PLUG, .keys = { 'p' }, .name = "p", .words = N_("Plug in or pull out"), .modes = MODE_MAIN,
	  .needs = QUIET(NEED_REHEARSAL | NEED_READER),
	  .help = N_("In a rehearsal: pulls this simulated device out, or plugs it in again.") },
	{ .in = IN_ADD_CARD, .keys = { '+' }, .name = "+", .words = N_("Add a device"), .modes = MODE_MAIN,
	  .needs = QUIET(NEED_REHEARSAL), .help = N_("In a rehearsal: takes one more new device out of its box and plugs it in.") },
	{ .in = IN_HELP, .keys = { K_F1 }, .name = "F1", .words = N_("Help"), .modes = MODE_WIZARD, .needs = 0,
	  .help = N_("Explains this screen, and the field that the cursor is in. Where letters are typed, F1 does.") },
	{ .in = IN_HELP, .keys = { '?', K_F1 }, .name = "?", .words = N_("Help"),
	  .modes = MODE_MAIN | MODE_LIST | MODE_WIZARD | MODE_LOCK | MODE_DETAIL,
	  .needs = NEED_QUIET,
	  .help = N_("Explains this screen, and the field that the cursor is in. Where letters are typed, F1 does.") },
	{ .in = IN_HELP, .keys = { '?', K_F1 }, .name = "?", .words = N_("Help"), .modes = MODE_TEXT, .needs = QUIET(NEED_ABOUT),
	  .help = N_("Explains this screen, and the field that the cursor is in. Where letters are typed, F1 does.") },
	{ .in = IN_HELP, .keys = { K_F1 }, .name = "F1", .modes = MODE_MAIN | MODE_LIST | MODE_DETAIL, .needs = 0,
	  .help = N_("Explains this screen, and the field that the cursor is in. Where letters are typed, F1 does.") },
	{ .in = IN_LEAVE, .keys = { K_CTRL('c') }, .name = "^C", .words = N_("Leave"), .modes = MODE_WIZARD, .needs = NEED_LEAVE,
	  .help = N_("Leaves the procedure, and says what has been done until then.") },
	{ .in = IN_QUIT, .keys = { 'q', K_F10 }, .name = "q", .words = N_("Quit"),
	  .modes = MODE_MAIN | MODE_LIST | MODE_TEXT | MODE_DETAIL,
	  .needs = QUIET(NEED_SCREENS),
	  .help = N_("Leaves Keyroom. F10 does the same.") },
	{ .in = IN_UP, .keys = { K_UP }, .name = N_("Up"), .modes = MODE_ALL, .needs = 0, .help = N_("Moves up.") },
	{ .in = IN_DOWN, .keys = { K_DOWN }, .name = N_("Down"), .modes = MODE_ALL, .needs = 0, .help = N_("Moves down.") },
	{ .in = IN_UP, .keys = { 'k' }, .name = "k", .modes = MODE_ALL, .needs = NEED_QUIET, .help = N_("Moves up.") },
	{ .in = IN_DOWN, .keys = { 'j' }, .name = "j", .modes = MODE_ALL, .needs = NEED_QUIET, .help = N_("Moves down.") },
	{ .in = IN_FIRST, .keys = { 'g', K_HOME }, .name = "g", .modes = MODE_ALL, .needs = NEED_QUIET,
	  .help = N_("Moves to the first row. Home does the same.") },
	{ .in = IN_LAST, .keys = { 'G', K_END }, .name = "G", .modes = MODE_ALL, .needs = NEED_QUIET,
	  .help = N_("Moves to the last row. End does the same.") },
	{ .in = IN_PAGE_UP, .keys = { K_PAGE_UP }, .name = N_("PgUp"), .modes = MODE_ALL, .needs = 0,
	  .help = N_("Moves up a screen.") },
	{ .in = IN_PAGE_DOWN, .keys = { K_PAGE_DOWN }, .name = N_("PgDn"), .modes = MODE_ALL, .needs = 0,
	  .help = N_("Moves down a screen.") },
	{ .in = IN_NEXT, .keys = { K_TAB }, .name = N_("Tab"), .modes = MODE_MAIN, .needs = NEED_PANES,
	  .help = N_("Moves to the other list.") },
	{ .in = IN_PREVIOUS, .keys = { K_BACK_TAB }, .name = N_("Shift-Tab"), .modes = MODE_MAIN | MODE_WIZARD,
	  .needs = NEED_PANES, .help = N_("Moves back to the list or field before.") },
	{ .in = IN_PREVIOUS, .keys = { K_BACK_TAB }, .name = N_("Shift-Tab"), .modes = MODE_DETAIL, .needs = NEED_PANES,
	  .help = N_("Moves back to the section before.") },
	{ .in = IN_LEFT, .keys = { K_LEFT }, .name = N_("Left"), .modes = MODE_MAIN, .needs = 0,
	  .help = N_("Moves to the list of devices.") },
	{ .in = IN_RIGHT, .keys = { K_RIGHT }, .name = N_("Right"), .modes = MODE_MAIN, .needs = 0,
	  .help = N_("Moves to the list of objects.") },
	{ .in = IN_LEFT, .keys = { K_LEFT }, .name = N_("Left"), .modes = MODE_DETAIL, .needs = NEED_SIDEWAYS,
	  .help = N_("Shows the value before.") },
	{ .in = IN_LEFT, .keys = { K_LEFT }, .name = N_("Left"), .modes = MODE_LIST, .needs = QUIET(NEED_SIDEWAYS),
	  .help = N_("Shows the columns before those that are in sight.") },
	{ .in = IN_RIGHT, .keys = { K_RIGHT }, .name = N_("Right"), .words = N_("More devices"), .modes = MODE_LIST,
	  .needs = QUIET(NEED_SIDEWAYS),
	  .help = N_("Shows the columns after those that are in sight.") },
	{ .in = IN_LEAVE, .keys = { K_CTRL('c') }, .name = "^C", .modes = MODE_MAIN | MODE_LIST | MODE_TEXT | MODE_DETAIL, .needs = 0,
	  .help = N_("Goes back to the main screen. There it does nothing: q quits.") },
	{ .in = IN_REDRAW, .keys = { K_CTRL('l') }, .name = "^L", .modes = MODE_ALL | MODE_LOCK, .needs = 0,
	  .help = N_("Draws the whole screen anew, and reads the device again.") },
	{ .in = IN_SUSPEND, .keys = { K_CTRL('z') }, .name = "^Z", .modes = MODE_ALL | MODE_LOCK, .needs = 0,
	  .help = N_("Clears the screen and goes to the shell that started Keyroom; fg comes back.") },
	{ .in = IN_LOCK, .keys = { 'L' }, .name = "L", .modes = MODE_ALL, .needs = NEED_QUIET,
	  .help = N_("Locks the screen at once: leaves what is not finished, erases what was typed, and clears the screen.") },
	{ .in = IN_NONE },
};

const struct procedure *binding_procedure(const struct binding *b)
{
	return procedure_called(b->procedure);
}

const struct binding *binding_find(uint32_t key, enum mode mode, unsigned has)
{
	for (const struct binding *b = bindings; b->in != IN_NONE; b++) {
		if (!(b->modes & (unsigned)mode) || (b->needs & ~has) != 0)
			continue;
		for (size_t i = 0; i < sizeof(b->keys) / sizeof(b->keys[0]) && b->keys[i] != K_NONE; i++) {
			if (b->keys[i] == key && (b->in != IN_PROCEDURE || binding_procedure(b) != NULL))
				return b;
		}
	}
	return NULL;
}

bool binding_works(const struct binding *b, enum mode mode, unsigned has)
{
	return binding_find(b->keys[0], mode, has) == b;
}
