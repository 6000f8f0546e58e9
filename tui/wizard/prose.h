/* What a page says, in sentences: paragraphs with a role, which the console draws and the command line prints. */
#ifndef TUI_WIZARD_PROSE_H
#define TUI_WIZARD_PROSE_H

#include <stdbool.h>
#include <stddef.h>

enum prose_role {
	PROSE_PLAIN,
	PROSE_WARNING,   /* drawn with a mark, never by colour alone; printed on stderr */
	PROSE_ITEM,      /* one line of a list */
	PROSE_VALUE,     /* something to be read aloud and compared, such as a check value */
	PROSE_DONE,      /* something that was done, with a tick */
};

struct paragraph {
	enum prose_role role;
	char *text;
};

struct prose {
	struct paragraph *p;
	size_t n, cap;
	bool failed;   /* memory ran out; what is there is still whole */
};

void prose_add(struct prose *p, enum prose_role role, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void prose_done(struct prose *p);
#define PROSE __attribute__((cleanup(prose_done))) struct prose   /* PROSE p = { 0 }; */

#endif
