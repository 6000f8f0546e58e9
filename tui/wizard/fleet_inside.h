/* The inside of the fleet, for fleet*.c alone. All of it belongs to the thread that owns the jobs, but for a scan's job. */
#ifndef TUI_WIZARD_FLEET_INSIDE_H
#define TUI_WIZARD_FLEET_INSIDE_H

#include "engine/card/objects.h"
#include "store/device.h"
#include "store/key.h"
#include "tui/wizard/fleet.h"

/* One device, or one card that is none. */
struct entry {
	struct fleet_device d;
	unsigned changes;             /* of the reader, when this card was first seen */
	unsigned scan;                /* job under way; 0: none */
	bool again;                   /* to be scanned once more when that one is over */
	bool objects_loaded;
	struct fleet_object *objects;
	size_t n_objects;
	struct fleet_object *strays;  /* what the inventory does not keep */
	size_t n_strays;
	struct object_row *rows;      /* as the card has them: where no inventory can be written */
	size_t n_rows;
};

/* What a job is told, and what it brings back. */
struct scan {
	struct scan *next;
	unsigned job;
	char reader[READER_NAME_MAX];
	char which[256];              /* "": this one is meant */
	enum fleet_depth depth;
	bool sparing;                 /* record_seen() */

	bool done_who, done_status, done_all, done_trust, simulated;
	enum device_trust trust;
	struct card_info info;        /* done_who: serial and label at least */
	struct object_row *rows;
	size_t n_rows;
	struct fleet_object *strays;
	size_t n_strays;
};

struct fleet {
	struct jobs *jobs;
	struct store *store;
	bool live;
	struct fault service;         /* st is ST_OK where it answers */
	size_t n_readers;
	struct entry **e;             /* sorted */
	size_t n;
	struct scan *scans;           /* under way */
	bool attention_known;
	struct fleet_attention *attention;
	size_t n_attention;
};

/* fleet.c */
struct entry *fleet_entry_of_reader(const struct fleet *fl, const char *reader);
void entry_drop_objects(struct entry *e);

/* fleet_scan.c */
enum status scan_start(struct fleet *fl, struct entry *e, const char *which, enum fleet_depth depth, struct fault *f);
struct scan *scan_take(struct fleet *fl, unsigned job);   /* out of the list; NULL: no such scan */
void scan_free(struct scan *s);

/* fleet_known.c: what the inventory knows */
void known_to_device(const struct device_row *row, struct fleet_device *d);
void known_fill(struct fleet *fl, struct fleet_device *d);   /* dates, counts, and what is only known there */
enum status known_load_absent(struct fleet *fl, struct fault *f);
/* How often each key of e->rows is backed up, where those could not be written down but the inventory can be read. */
void known_backups(struct fleet *fl, struct entry *e);
enum status known_load_objects(struct fleet *fl, struct entry *e, struct fault *f);
void object_of_row(const struct object_row *row, struct fleet_object *ret);

/* fleet_attention.c */
void attention_build(struct fleet *fl);

#endif
