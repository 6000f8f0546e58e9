/*
 * The fleet: the devices that are plugged in, merged with those that the inventory knows. Owned by the one thread that
 * owns the jobs and the store handle given; every function is called from there. A card is only ever talked to by jobs
 * that the fleet submits, and what they saw is in the inventory before the fleet shows it.
 *
 * What a scan costs (DESIGN.md, "Speed"): who is there 2 to 4 APDUs, status 7 (8 where EF 2F02 takes two reads), objects
 * 1 more and 2 a key, in the same transaction as the status.
 *
 * Every text in here but a reader's name and a fault is clean (engine/base/text.h), and belongs to the fleet: it is good
 * until the next call that is not marked const.
 */
#ifndef TUI_WIZARD_FLEET_H
#define TUI_WIZARD_FLEET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/error.h"
#include "engine/base/transport.h"
#include "engine/jobs/jobs.h"

struct store;
struct fleet;
struct prose;

enum fleet_state {
	FLEET_READING,   /* a card has just come: nothing is known yet but its reader */
	FLEET_HERE,      /* here, and read */
	FLEET_FOREIGN,   /* a card is here that is no SmartCard-HSM: fault.what says what it is and what to use for it */
	FLEET_FAULTY,    /* a card is here that could not be read: fault */
	FLEET_ABSENT,    /* known from the inventory; everything below as it was when last seen */
};

#define FLEET_LABEL_MAX 256   /* as long as the longest on a card: a script compares it with the one it gave */
#define FLEET_UNKNOWN (-1)   /* of a number that was not read or that the device does not tell */

struct fleet_device {
	enum fleet_state state;
	char serial[24];         /* "" where not known */
	char label[FLEET_LABEL_MAX];   /* "" where it has none */
	char reader[READER_NAME_MAX];   /* "" where absent */
	bool simulated;
	bool in_use;             /* another program keeps it from us at this moment */
	bool looked_at;          /* its status was read since it came */
	bool listed;             /* its objects were read since it came; else they are the inventory's */
	struct fault fault;      /* of FLEET_FOREIGN and FLEET_FAULTY, and of the last scan that failed half way */

	int fw_major, fw_minor;  /* FLEET_UNKNOWN */
	bool initialised;        /* false also where not known */
	bool transport_pin;      /* the user PIN is one, and must be changed before the first use */
	bool factory_so_pin;     /* the inventory says that it still has the factory's */
	bool never_unblocks;     /* initialised so that nothing unblocks the user PIN; false also where not known */
	int pin_tries;           /* left; 0: blocked */
	int pin_max;             /* tries that the user PIN was given, where Keyroom initialised it; else FLEET_UNKNOWN */
	int so_pin_tries;        /* 0: dead */
	long memory_free, memory_total;   /* bytes */

	bool dkek;               /* initialised with DKEK shares; false where dkek_shares is FLEET_UNKNOWN means nothing */
	int dkek_shares, dkek_missing;    /* 0 shares: none, and no key of it can ever be backed up */
	char dkek_kcv[17];       /* 16 hex digits, upper case; "" where not known, not complete or not shown before login */

	unsigned keys, certificates, data;   /* how many objects */
	unsigned keys_without_backup;
	int64_t first_seen, last_seen;       /* seconds since 1970; 0: never before */

	/* Of its device certificate; only where looked_at. */
	int trust;               /* enum device_trust of engine/keys/cvc.h; FLEET_UNKNOWN */
	char issuer[64], root[64];   /* holder references */
	int64_t issued, expires;     /* CVC_NO_DATE */
};

enum fleet_type { FLEET_KEY, FLEET_CERTIFICATE, FLEET_DATA };

enum fleet_flag {
	FLEET_NOT_DESCRIBED = 1 << 0,   /* the key has no readable description: other software does not see it */
	FLEET_NO_PUBLIC_KEY = 1 << 1,   /* neither certificate nor request is there, so it cannot be compared */
	FLEET_ORPHAN = 1 << 2,          /* a description or certificate whose key is gone */
	FLEET_PRIVATE = 1 << 3,         /* data that is read after login only */
	FLEET_ALIEN_CERTIFICATE = 1 << 4,   /* its certificate or request is for another kind of key */
	FLEET_NO_BACKUP = 1 << 5,       /* a key of which no backup is known */
	FLEET_OF_KEY = 1 << 6,          /* a certificate that belongs to a key, whose subject and until say the same */
	FLEET_MADE_HERE = 1 << 7,       /* the device signed that the key was made inside it */
	FLEET_MADE_ELSEWHERE = 1 << 8,  /* another device is named as the one that made it */
	FLEET_MADE_UNPROVEN = 1 << 9,   /* this device is named, and did not sign it */
	FLEET_MADE = FLEET_MADE_HERE | FLEET_MADE_ELSEWHERE | FLEET_MADE_UNPROVEN,
	FLEET_DAMAGE = 1 << 10,         /* and the next five: OBJECT_ bits of engine/card/objects.h, in their order */
};

struct fleet_object {
	enum fleet_type type;
	unsigned flags;
	char label[FLEET_LABEL_MAX];
	char kind[48];           /* "RSA 4096", "P-256", "brainpoolP384r1", "AES 256", "certificate", "data": for people */
	char algorithm[8];       /* as JSON has it: "rsa", "ec", "aes"; "" for anything else */
	char curve[24];          /* "secp256r1"; "" where it has none */
	unsigned size;           /* bits of a key, bytes of data; 0: not known */
	char id[521];            /* CKA_ID, lower case hex; "" where it has none */
	int key_ref;             /* FLEET_UNKNOWN for what is no key */
	unsigned fid;            /* file id on the card: CCxx of a key */
	char spki_sha256[65];    /* lower case hex; "" where not known, and for secret keys */
	char cmac[33];           /* of a secret key, once somebody logged in read it; else "" */
	char subject[160];       /* of its certificate; "" where it has none */
	char until[11];          /* "2046-11-20", end of the certificate; "" */
	long use_counter;        /* uses left, as last known; FLEET_UNKNOWN where it has none */
	unsigned backups;        /* known in the inventory */
	char proof[10];          /* of the best of them: "none", "intact", "matched", "opened", "restored" */
};

/* What needs doing, most urgent first. */
enum fleet_urgency { FLEET_DANGER, FLEET_WARNING, FLEET_NOTE };

struct fleet_attention {
	enum fleet_urgency urgency;
	unsigned rank;           /* the lower the more urgent */
	char serial[24];         /* of the device it is about; "": of none, or of several that are away */
	bool away;               /* it is about devices that are away, as they were when last seen, or about backups alone */
	char words[600];         /* "1 key on this device has no backup." */
	const char *procedure;   /* "backup": the name of the procedure that mends it; NULL: fleet_attention_text() says what would */
	int64_t run;             /* of a run that was interrupted: its number in the inventory; else 0 */
	char on[24];             /* the device that the procedure is done on, where that is another one; "" */
};

/* Can its firmware hold a key of this kind? algorithm: as in fleet_object, "" and size 0 where not known. Not known says yes. */
bool fleet_can_hold(const struct fleet_device *d, const char *algorithm, unsigned size);

/* What the procedure is to begin with: values of one of its questions. */
#define FLEET_VALUE_MAX 521
struct fleet_given {
	const char *question;    /* NULL: there is nothing */
	char (*value)[FLEET_VALUE_MAX];
	size_t n;
};
void fleet_given_done(struct fleet_given *g);   /* empty is fine */

/* live: each card that comes is scanned by itself. Else only what fleet_scan() and fleet_scan_wait() ask for. */
enum status fleet_new(struct jobs *jobs, struct store *store, bool live, struct fleet **ret, struct fault *f);
void fleet_free(struct fleet *fl);   /* asks scans under way to stop, and waits for them */
DEFINE_GUARD(struct fleet, fleet_free)

/* What fleet_event() returns: bits of what the screen shows anew. 0: the event was not the fleet's. */
enum fleet_change {
	FLEET_DEVICES = 1 << 0,
	FLEET_OBJECTS = 1 << 1,
	FLEET_ATTENTION = 1 << 2,
	FLEET_SERVICE = 1 << 3,   /* pcscd went or came: fleet_service() */
};
unsigned fleet_event(struct fleet *fl, const struct job_event *event);

/* Is a card being read at this moment? */
bool fleet_is_reading(const struct fleet *fl);

/* What the smart card service last said: st is ST_OK where it answers. */
const struct fault *fleet_service(const struct fleet *fl);

/* Devices: those that are here first, each group by label. A reader without a card is no device. */
size_t fleet_count(const struct fleet *fl);
size_t fleet_count_here(const struct fleet *fl);
const struct fleet_device *fleet_device(const struct fleet *fl, size_t i);
const char *fleet_empty_reader(const struct fleet *fl, size_t i);   /* its name; NULL past the last of them */
const struct fleet_device *fleet_by_serial(const struct fleet *fl, const char *serial);

/* Its objects: keys first, each kind by label. Read from the inventory when first asked for. NULL and 0: none. */
const struct fleet_object *fleet_objects(struct fleet *fl, const struct fleet_device *d, size_t *ret_n);

const struct fleet_attention *fleet_attention(struct fleet *fl, size_t *ret_n);
/* The values are the caller's: fleet_given_done(). */
void fleet_attention_given(struct fleet *fl, const struct fleet_attention *a, struct fleet_given *ret);
/* What it means, which devices are to be inserted, and what mends it then. Reads a few rows of the inventory. */
void fleet_attention_text(struct fleet *fl, const struct fleet_attention *a, struct prose *out);

/*
 * What the inventory knows of devices that are away is looked through on a worker: from now on, and again after each change.
 * Until it has come, and where this is never called, nothing is said of what is on them.
 */
void fleet_look_away(struct fleet *fl);

/*
 * How a question of a procedure names this object of those of its device: a key by its CKA_ID, or "ref:3" where others have the
 * same or none; a certificate likewise, or by "file:CA00"; data by its label, or by its file.
 */
void fleet_object_value(const struct fleet_object *all, size_t n, const struct fleet_object *o, char out[static FLEET_VALUE_MAX]);

enum fleet_depth {
	FLEET_WHO,       /* serial and label */
	FLEET_STATUS,
	FLEET_ALL,       /* status and objects */
	/*
	 * As FLEET_WHO, and the card stays in that session until the jobs are given back: for a script, which goes on with it
	 * at once, and to which each SELECT counts. fleet_scan_wait() only.
	 */
	FLEET_HOLD,
};

/* Reads one device, or where serial is NULL all that are here, once more. Events tell when it is done. */
void fleet_rescan(struct fleet *fl, const char *serial);

/* The inventory may have changed: a worker reads it again, for absent devices, backups and runs. An event tells when it has. */
void fleet_reload(struct fleet *fl);

/*
 * COMMANDS.md "Which device": a serial, a label, or a part of a reader's name that fits one card; NULL or "" where only
 * one card is present. Only among what is here. ST_NO_PCSCD, ST_NO_READER, ST_NO_CARD, ST_FOREIGN_CARD, ST_NOT_FOUND
 * (no card fits: names those that are here), ST_USAGE (several fit, or none was said and several are here: names them).
 */
enum status fleet_find(const struct fleet *fl, const char *which, const struct fleet_device **ret, struct fault *f);

/*
 * The same, waiting: reads what must be read to know which card is meant, and that card to the depth asked. Cards that
 * are not meant are read no further than FLEET_WHO, and not at all where which fits one reader's name.
 * Events of the jobs that are not the fleet's are dropped. timeout_ms -1: as long as it takes.
 */
enum status fleet_scan_wait(struct fleet *fl, const char *which, enum fleet_depth depth, int timeout_ms,
			    const struct fleet_device **ret, struct fault *f);

/* Reads all that are here to this depth, for a list; what goes wrong with one card stands in its device's fault. */
enum status fleet_scan_all_wait(struct fleet *fl, enum fleet_depth depth, int timeout_ms, struct fault *f);

#endif
