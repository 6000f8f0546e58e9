/* The wizard's screen, inside: wizard_screen.c has its keys, wizard_flow.c moves it on, wizard_draw.c draws it. */
#ifndef TUI_CONSOLE_WIZARD_SCREEN_H
#define TUI_CONSOLE_WIZARD_SCREEN_H

#include "tui/console/fields.h"
#include "tui/console/lists.h"

struct wizard_screen {
	struct screen s;
	const struct procedure *p;
	struct run *run;
	bool choosing;           /* which device: the page before the run's own */
	struct rows devices;     /* those that can be chosen */
	size_t device;           /* the cursor among them */
	char serial[24];         /* of the device under it */
	struct fields fields;    /* of the run's page */
	enum run_phase phase;    /* of the run, when it was last looked at */
	struct edit confirm;     /* what is typed on the review */
	struct fault fault;      /* of the field that has the keyboard, or of the page; st ST_OK: none */
	bool of_page;            /* fault came of the page's work, and is of no one field */
	enum status wiped;       /* why a secret is gone that was wrong, and has to be typed anew; ST_OK: none is */
	bool forward;            /* on the way to it, past pages that are answered */
	bool leaving;            /* the person wants out: as soon as the work under way has stopped */
	uint64_t pages;          /* a bit for each page that is asked, as it was before the steps began to change that */
	uint64_t steps;          /* a bit for each step that will be done, as far as the review knows */
	int top;                 /* first row shown of a page that is taller than the screen */
	bool scrolled;           /* by the person, or on a page to be read from its top: what has the keyboard may be out of sight */
};

static inline const struct wizard_screen *wizard_peek(const struct screen *s)
{
	return (const struct wizard_screen *)s;
}

/* What must be typed before the steps begin; NULL: nothing. */
const char *wizard_confirm(const struct wizard_screen *w);

/* Can what is under way be asked to stop? */
bool wizard_can_stop(const struct wizard_screen *w);

/* Rows that the page takes, drawn in so many columns, of which room are on the screen; ret_top: the first one shown. */
int wizard_height(const struct wizard_screen *w, int cols, int room, int *ret_top);

/* wizard_flow.c */
bool wizard_asking(const struct wizard_screen *w);            /* the run's questions have the keyboard */
void wizard_look(struct wizard_screen *w);                    /* the run may stand elsewhere than before */
void wizard_sync_devices(struct wizard_screen *w);            /* those that can be chosen now */
void wizard_remember_device(struct wizard_screen *w);         /* the one under the cursor */
void wizard_count_pages(struct wizard_screen *w);             /* and steps: after an answer others may be wanted */
void wizard_choose(struct wizard_screen *w);
void wizard_enter(struct wizard_screen *w);
void wizard_back(struct wizard_screen *w);
void wizard_stop(struct wizard_screen *w);
void wizard_again(struct wizard_screen *w);

void wizard_draw(const struct screen *s, struct area a);

/* The size of the page's window on a screen of this size. */
int wizard_page_rows(const struct ui *ui);
int wizard_page_cols(const struct wizard_screen *w, int cols);

#endif
