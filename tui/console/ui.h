/*
 * The console without its terminal: a stack of screens, what the keyboard does to them, and the picture they make. Nothing
 * here waits, and nothing here knows ncurses: loop.c feeds it keys, events and the time, and a test can do the same.
 */
#ifndef TUI_CONSOLE_UI_H
#define TUI_CONSOLE_UI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/error.h"
#include "engine/base/secret.h"
#include "engine/jobs/jobs.h"
#include "tui/console/bindings.h"
#include "tui/console/grid.h"
#include "tui/wizard/fleet.h"
#include "tui/wizard/prose.h"
#include "tui/wizard/wizard.h"

#define UI_ROWS_MIN 24
#define UI_COLS_MIN 80
#define UI_DEPTH 8

struct ui;
struct load;
struct screen;
struct stock;

/*
 * A screen is a row of functions and a struct that begins with struct screen. All but name, mode, draw and free may be
 * NULL. Only act(), type(), event() and tick() change anything; draw() decides nothing.
 */
struct screen_ops {
	const char *name;          /* of the golden pictures and the manual */
	const char *help;          /* paragraphs for somebody who has never seen a DKEK; N_() */
	enum mode mode;
	unsigned (*has)(const struct screen *s);                        /* enum need; NULL: none */
	const char *(*words)(const struct screen *s, enum intent in);   /* in the footer, where not the table's; N_(); NULL: those */
	void (*act)(struct screen *s, const struct binding *b);
	bool (*typing)(const struct screen *s);             /* a field has the keyboard */
	bool (*type)(struct screen *s, uint32_t key);       /* a key while typing(); false: it was no key for the field */
	struct secret *(*secret)(const struct screen *s);   /* the secret that is being typed; NULL: none */
	void (*typed)(struct screen *s);                    /* the secret has changed */
	/*
	 * What was drawn with area_zone() was clicked, or the wheel was turned over it (K_CLICK, K_WHEEL_UP, K_WHEEL_DOWN; then
	 * also ZONE_NONE). A click selects, one on what is selected opens it: true where it did that. The footer's keys never
	 * come here. NULL: the wheel is the arrow keys.
	 */
	bool (*mouse)(struct screen *s, uint32_t key, struct zone z);
	void (*event)(struct screen *s, const struct job_event *e, unsigned fleet_changes);   /* also when covered */
	bool (*busy)(const struct screen *s);               /* draw me anew as time goes by, and never lock me away */
	void (*left)(const struct screen *s, struct prose *out);   /* it is being locked away: what becomes of its work */
	void (*help_text)(const struct screen *s, struct prose *out);   /* of this page and field, before ops->help */
	void (*draw)(const struct screen *s, struct area a);   /* everything but the footer and the message above it */
	void (*free)(struct screen *s);
};

struct screen {
	const struct screen_ops *ops;
	struct ui *ui;
};

struct ui {
	const struct env *env;
	struct fleet *fleet;
	struct stock *stock;       /* listings of the inventory: stock.h */
	struct load *left;         /* work of a screen that was left before it was over: detail_screen.h; NULL: none */
	struct source *source;     /* of a rehearsal; NULL: real readers, or none */
	struct screen *stack[UI_DEPTH];
	size_t depth;
	int rows, cols;
	enum repertoire repertoire;   /* of the terminal: some pictures are larger where it has less */
	bool no_shades;            /* it shows nothing in reverse, nor in colour */
	int64_t opened_ms;         /* when a click opened something: the second one of a double click is not for what came */
	int64_t now_ms;            /* clock_ms() and clock_wall(), as the loop last saw them */
	int64_t wall;
	char message[1600];        /* above the footer until the next key; "" */
	bool message_is_fault;
	bool changed;              /* the picture may be another one than last time */
	bool quit, suspend, repaint;   /* asked of the loop */
	int64_t lock_ms;           /* locks itself after so long without a key; 0: never */
	int64_t active_ms;         /* when the last key was pressed, or the last work ended */
	bool lock_soon, suspend_soon;   /* as soon as no work is under way */
};

/* With the main screen on the stack. */
enum status ui_init(struct ui *ui, const struct env *env, struct fleet *fleet, struct source *source, struct fault *f);
void ui_done(struct ui *ui);   /* frees every screen; one that has a job under way waits for it */

void ui_resize(struct ui *ui, int rows, int cols);
void ui_key(struct ui *ui, uint32_t key);
void ui_mouse(struct ui *ui, uint32_t key, struct zone z);   /* z: of the picture that the person saw */
void ui_event(struct ui *ui, const struct job_event *e);
void ui_time(struct ui *ui, int64_t now_ms, int64_t wall);
bool ui_busy(const struct ui *ui);
int64_t ui_locks_in(const struct ui *ui);        /* milliseconds until ui_time() will; -1: not as things stand */
struct secret *ui_secret(const struct ui *ui);   /* what the next text belongs to; NULL: no secret */
void ui_secret_typed(struct ui *ui);
bool ui_typing(const struct ui *ui);             /* a field has the keyboard: pasted text is welcome */
void ui_draw(const struct ui *ui, struct grid *g);

/* For screens. ui_push() takes the screen, NULL being an allocation that failed. ui_pop() frees the one on top. */
void ui_push(struct ui *ui, struct screen *s);
void ui_pop(struct ui *ui);
struct screen *ui_top(const struct ui *ui);
/*
 * Leaves everything but the main screen, which erases its secrets, and covers that with the lock screen. While work is under
 * way: as soon as that has ended.
 */
void ui_lock(struct ui *ui);
/*
 * Asks the loop to stop the program until the shell's fg. Who is stopped keeps a device that is worked on, logged in and locked
 * for other programs: while work is under way, as soon as that has ended.
 */
void ui_suspend(struct ui *ui);
void ui_say(struct ui *ui, const char *words);   /* translated here: the literal stands there unmarked */
void ui_say_fault(struct ui *ui, const struct fault *f);

/* "Keyroom", a middle and a right part in the first row; every screen's head. Returns what is below. */
struct area ui_head(const struct screen *s, struct area a, const char *title, const char *middle, const char *right);

/*
 * Short texts side by side, each whole, on as many rows as they need. Begins as { .a = area, .col = 1 }; flow_rows() is how
 * many they took.
 */
struct flow {
	struct area a;
	int row, col;
};
void flow_put(struct flow *f, enum role role, const char *text);
void flow_end_row(struct flow *f);
int flow_rows(const struct flow *f);

/* Draws prose from row on, marks before the paragraphs, a blank row between those of different roles; the row after it. */
int ui_prose(struct area a, int row, const struct prose *p);

/* What the procedure does, as a sentence, for a place below its title. */
void ui_summary(const struct procedure *p, char *out, size_t cap);

/* The screens. NULL: memory. */
struct screen *main_screen_new(struct ui *ui);
struct screen *lock_screen_new(struct ui *ui);
struct prose *lock_screen_left(struct screen *s);   /* what was left, to be filled */
struct screen *help_screen_new(struct ui *ui, const struct screen *about);
/* o: on that device, and meant by what is begun; NULL: none. */
struct screen *menu_screen_new(struct ui *ui, const char *serial, const struct fleet_object *o);
struct screen *device_screen_new(struct ui *ui, const struct fleet_device *d);
/* Sentences to be read. What is in p is the screen's from here on, also where there is no memory for one. */
struct screen *text_screen_new(struct ui *ui, const char *title, struct prose *p);
struct screen *object_screen_new(struct ui *ui, const struct fleet_device *d, const struct fleet_object *o);

struct screen *custody_screen_new(struct ui *ui);
struct screen *doctor_screen_new(struct ui *ui);
/* For ui.c: what ui->left holds came to its end, or has to. */
void detail_left_event(struct ui *ui, const struct job_event *e);
void detail_left_done(struct ui *ui);

struct screen *attention_screen_new(struct ui *ui);
/* Begins what mends it, with the device and the objects that are meant; where nothing that is here does, says what would. */
void ui_attend(struct ui *ui, const struct fleet_attention *a);

struct detail;
/* The values that d has to carry away (tui/wizard/detail.h); copied. */
struct screen *qr_screen_new(struct ui *ui, const struct detail *d);

/* An answer that is there when a procedure begins, as far as it asks this question; a list ends with question NULL. */
struct given {
	const char *question;
	unsigned index;        /* of the value, where it takes several */
	const char *value;
};
/*
 * What this procedure asks of an object that is under the cursor: which it is, in the form that its question takes where others
 * have the same CKA_ID or label, or none. o NULL: nothing is given.
 */
struct given_values {
	struct given g[3];
	char id[FLEET_VALUE_MAX], label[FLEET_VALUE_MAX];
};
void given_of_object(const struct ui *ui, const char *serial, const struct fleet_object *o, const struct procedure *p,
		     struct given_values *ret);

/*
 * serial "" or NULL: asks which device. given: copied, and used for questions that ask which objects are meant; NULL: nothing.
 * NULL also where it cannot begin; then ui_say_fault() was called.
 */
struct screen *wizard_screen_new(struct ui *ui, const struct procedure *p, const char *serial, const struct given *given);
/* Goes on with a run that was interrupted: its number in the inventory. */
struct screen *wizard_screen_resume(struct ui *ui, int64_t run);

#endif
