/* The screens of details, inside: detail_screen.c changes them, detail_load.c fills them, detail_draw.c draws what is known. */
#ifndef TUI_CONSOLE_DETAIL_SCREEN_H
#define TUI_CONSOLE_DETAIL_SCREEN_H

#include "tui/console/ui.h"
#include "tui/wizard/detail.h"
#include "tui/wizard/doctor.h"

#define DETAIL_SECTIONS 64   /* whose beginnings Tab finds */

enum about { ABOUT_DEVICE, ABOUT_OBJECT, ABOUT_CUSTODY, ABOUT_DOCTOR };

/* What a job is given, and gives back. */
struct load {
	enum about about;
	unsigned job;
	struct fleet_device device;
	struct fleet_object object;
	struct doctor_place place;
	char *store_path;
	int64_t now;
	struct detail detail;
};

struct detail_screen {
	struct screen s;
	struct fleet_device device;   /* as the fleet last had them */
	struct fleet_object object;
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

/*
 * Draws the sections from row 0 on, in two columns where a is wide enough, and returns how many rows that takes. With an area of
 * no rows it only counts. starts: the row of each section's title.
 */
int detail_draw(struct area a, const struct detail *d, int starts[static DETAIL_SECTIONS]);

/* Columns for the sections on a screen of this width. */
int detail_cols(int cols);

#endif
