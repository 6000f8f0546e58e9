/*
 * What is known of one device or one object, in sections of lines: the screens of details draw it as it stands. Made from the
 * inventory and from what the fleet saw; no card is asked, and what is known nowhere is said to be not known. Texts are in the
 * person's language, but not yet made harmless: the grid does that.
 */
#ifndef TUI_WIZARD_DETAIL_H
#define TUI_WIZARD_DETAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tui/wizard/fleet.h"

struct store;

enum detail_kind {
	DETAIL_FACT,      /* a name and what it is */
	DETAIL_TEXT,      /* a sentence */
	DETAIL_WARNING,   /* one with a mark */
	DETAIL_GOOD,      /* one with a tick */
	DETAIL_NOTE,      /* one with a dot; these three may have a name, which stands before the sentence */
	DETAIL_VALUE,     /* to be read aloud and compared; broken into lines where it has newlines, and nowhere else */
	DETAIL_BAR,       /* a name, how much of how much, and that in words */
};

struct detail_line {
	enum detail_kind kind;
	char *name;            /* "": none */
	char *text;
	int64_t have, whole;   /* DETAIL_BAR; whole 0 or less: there is no bar, only the words */
};

struct detail_section {
	char *title;
	bool wide;             /* lines that must not share the screen's width with another section */
	struct detail_line *line;
	size_t n, cap;
};

/* A value that somebody may want to carry off the machine, as it must arrive. */
struct detail_carry {
	char *name, *text;
};

/* Of a list instead of a page: what stands in its columns, and what is said of the row as a whole. */
#define DETAIL_CELLS 7
struct detail_cell {
	char *text;            /* "": nothing */
	int64_t order;         /* rows come by it, and by the text where it is alike */
};

struct detail_row {
	enum detail_kind kind;
	bool bad;              /* what the row belongs to is not as it has to be */
	struct detail_cell cell[DETAIL_CELLS];
	char *more;            /* sentences, on several lines */
};

struct detail {
	struct detail_section *section;
	size_t n, cap;
	struct detail_row *row;
	size_t n_rows;
	size_t bad;            /* how many DKEKs cannot be put together, how many checks fail */
	struct detail_carry *carry;
	size_t n_carry;
	int64_t backup;        /* the best proven, newest backup of a key; 0: none */
	bool failed;           /* memory ran out: what is there is whole */
};

void detail_done(struct detail *d);   /* empty is fine */
#define DETAIL CLEANUP(detail_done) struct detail   /* DETAIL d = { 0 }; */

/*
 * Fill an empty *ret. s NULL: there is no inventory, and what it would know is not known. now: seconds since 1970. What cannot
 * be read of the inventory is said in its place. On any thread, with a handle of that thread's.
 */
void detail_of_device(struct store *s, const struct fleet_device *d, int64_t now, struct detail *ret);
void detail_of_object(struct store *s, const struct fleet_device *d, const struct fleet_object *o, int64_t now, struct detail *ret);

/*
 * One DKEK by its check value ("": the shares of no DKEK that is known), a section with its shares and whether it can still be
 * put together.
 */
void detail_of_dkek(struct store *s, const char *kcv, struct detail *ret);

enum custody_cell { CUSTODY_DKEK, CUSTODY_WHO, CUSTODY_SHARE, CUSTODY_FORM, CUSTODY_PLACE, CUSTODY_CHECKED, CUSTODY_LABEL };
/*
 * Every share of every DKEK ("": of none that is known), and every part of its password: a row each. Where they cannot be read,
 * a section says why.
 */
void detail_of_custody(struct store *s, struct detail *ret);

struct doctor_place;
enum doctor_cell { DOCTOR_VERDICT, DOCTOR_CHECK, DOCTOR_FOUND };
/*
 * What doctor.h checks, a row each, with what to do on a line of its own. stopped: asked before each check. Seconds, where the
 * inventory is large.
 */
void detail_of_doctor(const struct doctor_place *place, bool (*stopped)(void *ctx), void *ctx, struct detail *ret);

/* --- for detail*.c --- */

void detail_begin(struct detail *d, const char *title);   /* a section; translated, as all texts are */
void detail_wide(struct detail *d);                       /* the section that was begun last */
void detail_fact(struct detail *d, const char *name, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void detail_say(struct detail *d, enum detail_kind kind, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void detail_bar(struct detail *d, const char *name, int64_t have, int64_t whole, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
void detail_carry(struct detail *d, const char *name, const char *text);

void detail_row(struct detail *d, enum detail_kind kind);   /* begins one */
/* Of the row that was begun last. */
void detail_cell(struct detail *d, unsigned cell, int64_t order, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* Adds a line to what is said of the rows from this one on. */
void detail_more(struct detail *d, size_t first, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* "2026-11-20"; "not known" for what is not above 0 */
void detail_date(char out[static 32], int64_t at);
/* Hex digits in groups of four, eight of them a line. out has room for 2 * strlen(hex). */
void detail_group(char *out, size_t cap, const char *hex);

/* Entries of the journal, newest first. One of device and key is NULL. */
struct key_identity;
void detail_journal(struct detail *d, struct store *s, const char *device, const struct key_identity *key);

/*
 * detail_cert.c: the section of a certificate (by its file on the device) and of those that signed it, as far as the device
 * has them; key: it belongs to the key in whose detail it stands.
 */
void detail_chain(struct detail *d, struct store *s, const struct fleet_device *on, const struct fleet_object *o, int64_t now);

#endif
