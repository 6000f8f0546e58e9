/*
 * Tours through the console on simulated cards, without a terminal: what is typed stands in a table, and each page that
 * comes up is drawn. What no two runs have alike (keys, check values, dates) is covered, column for column.
 */
#ifndef TESTS_CONSOLE_TOURS_H
#define TESTS_CONSOLE_TOURS_H

#include "tui/console/ui.h"
#include "tests/console/visits.h"

struct stage {
	char folder[64];           /* the present one while the stage stands */
	struct source *cards;
	struct env env;
	struct ui ui;
	struct visits visits;
	int quiet_ms;              /* nothing happens any more where nothing has for so long */
};

#define STAGE_QUIET_MS 30

/* Two new cards, an empty inventory, the main screen. */
void stage_open(struct stage *st);
void stage_close(struct stage *st);

/*
 * Presses what stands there, and waits after each key until no card is at work: characters as they are, Enter as \r, Tab as
 * \t, Esc as \033, and <Up> <Down> <Left> <Right> <End> <F1> <Back> <Clear> <Leave>. <Begin key new> begins a procedure on
 * the device under the main screen's cursor. In a secret's field text goes into that.
 */
typedef void on_page(void *ctx, struct stage *st);
void stage_press(struct stage *st, const char *keys, on_page *fn, void *ctx);   /* fn: after each key; may be NULL */

void stage_key(struct stage *st, uint32_t key);   /* one key, as it is */

/* What is drawn now, with what changes from run to run covered. The caller's to free(). */
char *stage_picture(struct stage *st, int rows, int cols, enum repertoire r, bool covered);

#endif
