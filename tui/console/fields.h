/*
 * The fields of a wizard's page: what the person types stands in them, and goes into the run's answers key by key, so that
 * nothing is lost by going back, and so that questions which hang on other answers come and go. Secrets are the run's own;
 * only the second typing of one is kept here, in a secret as well.
 */
#ifndef TUI_CONSOLE_FIELDS_H
#define TUI_CONSOLE_FIELDS_H

#include "tui/console/edit.h"
#include "tui/console/ui.h"

enum field_kind {
	FIELD_TEXT,
	FIELD_SECRET,
	FIELD_YES,
	FIELD_ONE,     /* one row of a list */
	FIELD_SOME,    /* rows that can be marked */
};

struct field {
	const struct question *q;
	unsigned index;          /* of the answer: the page's repetition, or the number of the value */
	bool again;              /* a secret's second typing */
	enum field_kind kind;
	struct edit *edit;       /* FIELD_TEXT */
	struct secret *second;   /* of a FIELD_SECRET with again */
	size_t kept;             /* bytes of a FIELD_SECRET from when the page was entered: the next key begins it anew */
	bool proposed;           /* a FIELD_TEXT as the procedure proposes it: it follows the lists of the page */
	bool yes;
	struct choices choices;
	size_t at;               /* the list's cursor, and with FIELD_ONE the answer */
	bool *marked;
	struct fault fault;      /* why the list could not be made; st ST_OK where it could */
};

struct fields {
	struct run *run;
	const struct page *page;
	unsigned index;
	struct field *f;
	size_t n;
	size_t at;               /* has the keyboard */
	bool no_memory;
};

/* The fields of the run's page, with the answers that are there, or proposals. Whatever fs held is erased. */
void fields_enter(struct fields *fs, struct run *r);
void fields_done(struct fields *fs);

/* After an answer has changed: questions that are asked now come, others go. The keyboard stays where it was. */
void fields_sync(struct fields *fs);

struct field *fields_now(const struct fields *fs);   /* NULL: the page has none */
struct secret *field_secret(const struct fields *fs, const struct field *f);
bool field_is_empty(const struct fields *fs, const struct field *f);
bool field_is_wanted(const struct fields *fs, const struct field *f);   /* it must be filled before the page is left */
bool field_is_list(const struct field *f);

void fields_secret_typed(struct fields *fs);         /* a byte was put into the secret that has the keyboard */
bool fields_key(struct fields *fs, uint32_t key);    /* text and editing keys; false: not for the field */
bool fields_move(struct fields *fs, int by);         /* in a list; false: at its end */
void fields_jump(struct fields *fs, bool last);
void fields_mark(struct fields *fs);                 /* Space, where no text is typed */
void fields_step(struct fields *fs, int by);         /* the keyboard goes to another field, round the end */
void fields_click(struct fields *fs, size_t field);              /* it gets the keyboard; a box to be ticked is ticked */
void fields_click_row(struct fields *fs, size_t field, size_t row);   /* of its list: chosen, or its mark changes */
bool fields_go(struct fields *fs, const char *question);   /* to this question's first field */

/*
 * Before the page is left: what was typed twice is the same, and lists stand in the answers. On failure the keyboard is at
 * the field that is to be typed anew.
 */
enum status fields_check(struct fields *fs, struct fault *f);

/*
 * Draws them from row on, and returns the row after them; *ret_focus is where the keyboard is. room: rows that a list may
 * take. bad: what is wrong with the field that has the keyboard, or NULL.
 */
int fields_draw(const struct fields *fs, struct area a, int row, int room, const struct fault *bad, int *ret_focus);

#endif
