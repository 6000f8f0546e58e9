/* The inside of the fleet, for fleet*.c alone. All of it belongs to the thread that owns the jobs, but for a scan's job. */
#ifndef TUI_WIZARD_FLEET_INSIDE_H
#define TUI_WIZARD_FLEET_INSIDE_H

#include "engine/card/objects.h"
#include "store/away.h"
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
	bool unrecorded;              /* the card's thread has no inventory: what it saw is in info and list */
	struct objects list;
	enum device_trust trust;
	struct card_info info;        /* done_who: serial and label at least */
	struct object_row *rows;
	size_t n_rows;
	struct fleet_object *strays;
	size_t n_strays;
};

/* All devices of the inventory, each as if it were away. */
struct look_known {
	unsigned job;                 /* 0: none is under way */
	struct entry **e;
	size_t n;
};

/* A walk through what is away: what the job is told, and what it brings back. */
struct look_away {
	unsigned job;                 /* 0: none is under way */
	struct away_here *here;
	size_t n_here;
	struct away *found;
};

struct fleet {
	struct jobs *jobs;
	struct store *store;
	bool live;
	struct fault service;         /* st is ST_OK where it answers */
	size_t n_readers;
	char (*empty)[READER_NAME_MAX];   /* readers without a card */
	size_t n_empty;
	struct entry **e;             /* sorted */
	size_t n;
	struct scan *scans;           /* under way */
	bool attention_known;
	struct fleet_attention *attention;
	size_t n_attention;
	bool reload_again;            /* the inventory has changed since that began */
	struct look_known reload;
	bool looks_away;              /* fleet_look_away() was called */
	bool away_again;              /* something has changed since the walk began */
	struct look_away walk;
	struct look_away away;        /* what the last one found; found is NULL before */
};

/* fleet.c */
struct entry *fleet_entry_of_reader(const struct fleet *fl, const char *reader);
bool entry_is_here(const struct entry *e);
void entry_drop_objects(struct entry *e);
void entry_free(struct entry *e);
void fleet_changed(struct fleet *fl);   /* who is here, or what the inventory knows */

/* fleet_reload.c: the devices of the inventory, by a job, and at the start without one */
enum status reload_now(struct fleet *fl, struct fault *f);
bool reload_event(struct fleet *fl, const struct job_event *event);   /* true: it was its own, and all may be new */
void reload_done(struct fleet *fl);

/* fleet_scan.c */
enum status scan_start(struct fleet *fl, struct entry *e, const char *which, enum fleet_depth depth, struct fault *f);
struct scan *scan_take(struct fleet *fl, unsigned job);   /* out of the list; NULL: no such scan */
/* Writes down what a card's thread without an inventory has seen. store NULL: nothing. */
enum status scan_record(const struct scan *s, struct store *store, struct fault *f);
void scan_free(struct scan *s);

/* fleet_known.c: what the inventory knows */
void known_to_device(const struct device_row *row, struct fleet_device *d);
void known_counts(const struct device_row *row, struct fleet_device *d);
void known_domain(struct fleet_device *d, const struct domain_row *row);   /* of key domain 0; NULL: nothing is known of it */
/* Dates, counts, and what is only known there; all that is known where it was not looked at. false: it is not known. */
bool known_fill(struct fleet *fl, struct fleet_device *d);
/* How often each key of e->rows is backed up, where those could not be written down but the inventory can be read. */
void known_backups(struct fleet *fl, struct entry *e);
enum status known_load_objects(struct fleet *fl, struct entry *e, struct fault *f);
void object_of_row(const struct object_row *row, struct fleet_object *ret);

/* fleet_away.c */
void away_changed(struct fleet *fl);                                  /* the inventory or who is here */
bool away_event(struct fleet *fl, const struct job_event *event);    /* true: it was the walk's, and something new is known */
void away_done(struct fleet *fl);

/* --- what needs doing --- */

/* The most urgent first. What is away is less urgent than the same on a device that is here. */
enum attention_kind {
	READ_ONLY,
	FACTORY_SO_PIN,
	INTERRUPTED,
	SHARES_MISSING,
	NOT_GENUINE,
	FACTORY_SO_PIN_AWAY,
	SHARES_MISSING_AWAY,
	SO_PIN_LOW,
	SO_PIN_LOW_AWAY,
	PIN_DEAD,
	PIN_BLOCKED_NOW,
	PIN_BLOCKED_AWAY,
	PIN_LAST_TRY,
	PIN_LAST_TRY_AWAY,
	TRANSPORT_PIN,
	NO_BACKUP,
	NO_BACKUP_AWAY,
	CERTIFICATE_ENDS,
	CERTIFICATE_ENDS_AWAY,
	NOT_PROVEN_NOWHERE,
	NOT_PROVEN,
	NOT_PROVEN_AWAY,
	WEAK_KEY,
	WEAK_KEY_AWAY,
	OLD_FIRMWARE,
	OLD_FIRMWARE_AWAY,
	NEVER_INITIALISED,
	SO_PIN_DEAD,
	SO_PIN_DEAD_AWAY,
	NO_DKEK,
	NO_DKEK_AWAY,
	ATTENTION_KINDS,
};

/* fleet_attention.c */
void attention_build(struct fleet *fl);
/* fmt: translated. The row is good until the next one; NULL: memory. */
struct fleet_attention *attention_add(struct fleet *fl, enum attention_kind kind, const char *serial, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
struct fleet_attention *attention_shares(struct fleet *fl, enum attention_kind kind, const struct fleet_device *d);
#define ATTENTION_LABEL_MAX 100
const char *attention_label(const char *label, char out[static ATTENTION_LABEL_MAX]);   /* at most 14 characters of it */
void attention_day(int64_t at, char out[static 11]);
bool attention_ends_soon(const struct fleet_object *o, int64_t now);   /* a certificate, or has ended */
bool attention_is_unproven(const struct fleet_object *o);              /* a key with backups */

bool attention_will_be_initialised(const struct fleet *fl, const char *serial);   /* by a run that is taken up again */

bool attention_can_change_so_pin(const struct fleet_device *d);
bool attention_is_old(const struct fleet_device *d);   /* no key that matters belongs on its firmware */

/* fleet_attention_away.c */
void attention_of_away(struct fleet *fl);
#define AWAY_NAMED 3   /* devices that are away of which each has a row of its own */
/* Devices that are away, by serial. */
struct away_index {
	const struct fleet_device **d;
	size_t n;
};
bool away_index_of(const struct fleet *fl, struct away_index *ret);   /* false: memory */
void away_index_done(struct away_index *x);
const struct fleet_device *away_device(const struct away_index *x, const char *serial);   /* NULL */
/* What a row of a walk is about; ATTENTION_KINDS: nothing any more. */
enum attention_kind attention_kind_of(const struct away_index *x, const struct away_row *row, const struct fleet_device **ret);
/* Is that the matter with a device that is away? Of what is on it, the rows of a walk tell. */
bool attention_of_device(const struct fleet *fl, const struct fleet_device *d, enum attention_kind kind);

/* fleet_attention_given.c: proving a backup by restoring it to another device that is here */
/* The newest backup of this key under the DKEK of that device; 0: none, or it could not take one. */
int64_t attention_backup_for(struct fleet *fl, const struct fleet_object *key, struct entry *on);
/* A device that takes a backup of one of the unproven keys of this one; NULL: none is here. */
struct entry *attention_prover(struct fleet *fl, struct entry *of);
bool attention_identity(const struct fleet_object *key, struct key_identity *ret);   /* false: not known */
struct entry *attention_entry(const struct fleet *fl, const char *serial);   /* NULL */

#endif
