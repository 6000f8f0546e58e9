/*
 * The screens of details, inside: detail_screen.c changes them, detail_load.c fills them, detail_draw.c draws what is known;
 * found_screen.c lists those that are rows.
 */
#ifndef TUI_CONSOLE_DETAIL_SCREEN_H
#define TUI_CONSOLE_DETAIL_SCREEN_H

#include "tui/console/ui.h"
#include "tui/wizard/detail.h"
#include "tui/wizard/doctor.h"

#define DETAIL_SECTIONS 64   /* whose beginnings Tab finds */

enum about { ABOUT_DEVICE, ABOUT_OBJECT, ABOUT_DKEK, ABOUT_CUSTODY, ABOUT_DOCTOR };

#define DKEK_HEX 17   /* a check value in hex digits */

/* What a job is given, and gives back. */
struct load {
	enum about about;
	unsigned job;
	struct fleet_device device;
	struct fleet_object object;
	char dkek[DKEK_HEX];
	struct doctor_place place;
	char *store_path;
	int64_t now;
	struct detail detail;
};

struct detail_screen {
	struct screen s;
	struct fleet_device device;   /* as the fleet last had them */
	struct fleet_object object;
	char dkek[DKEK_HEX];
	enum about about;
	bool gone;                    /* the fleet does not have it any more */
	struct detail shown;
	bool loaded;
	struct load *load;            /* of the job under way; NULL: none */
	int64_t begun_ms;
	bool again;                   /* the fleet has changed since that job began */
	int top;
};

/* detail_load.c */
void detail_load(struct detail_screen *d);                      /* begins, or once more when what is under way is over */
void detail_loaded(struct detail_screen *d, enum status st);    /* the job of d->load is over */
void detail_load_free(struct load *l);
bool detail_is_loaded(struct detail_screen *d, const struct job_event *e);   /* the event was its job's: what is shown is new */
void detail_end(struct detail_screen *d);                       /* nobody waits for what is under way; all but d itself */
/* Why there is nothing to see yet. */
const char *detail_waiting(const struct detail_screen *d, char *out, size_t cap);

/*
 * Draws the sections from row 0 on, in two columns where a is wide enough, and returns how many rows that takes. With an area of
 * no rows it only counts. starts: the row of each section's title.
 */
int detail_draw(struct area a, const struct detail *d, int starts[static DETAIL_SECTIONS]);

struct screen *dkek_screen_new(struct ui *ui, const char *kcv);   /* "": the shares of no DKEK that is known */

/* Columns for the sections on a screen of this width. */
int detail_cols(int cols);

#endif
