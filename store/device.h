/* Devices, each with its key domains, as they were when last seen. */
#ifndef STORE_DEVICE_H
#define STORE_DEVICE_H

#include "store/store.h"

#define DEVICE_DOMAINS_MAX 256   /* key domain 0 is all there is before firmware 3.0 */

struct device_row {
	char serial[STORE_SERIAL_MAX];
	char label[STORE_LABEL_MAX];        /* the device's own; "" where it has none */
	char hardware[STORE_LABEL_MAX];
	char kept[STORE_PLACE_MAX];         /* where it is kept; only store_device_kept() writes it */
	int fw_major, fw_minor;
	int initialised, transport_pin;     /* 0, 1 or STORE_UNKNOWN, as the next numbers */
	int factory_so_pin;                 /* it still has the factory's SO-PIN; only store_device_so_pin() writes it */
	int pin_tries, so_pin_tries;        /* left */
	int64_t memory_free, memory_total;  /* bytes */
	int64_t first_seen, last_seen;
	int64_t initialised_at;             /* by us; only store_device_wiped() writes it */
	int64_t listed_at;                  /* when its objects were last listed; STORE_UNKNOWN: never */
	int pin_max;                        /* tries its user PIN has; only store_device_pin_max() writes it */

	/* Counts, only in what is read. */
	unsigned keys, certificates, data;  /* on it now, or when last listed */
	unsigned keys_without_backup;
};

/* A row with nothing known: what is not set stays as the inventory has it. */
#define DEVICE_ROW_UNKNOWN \
	{ .fw_major = STORE_UNKNOWN, .fw_minor = STORE_UNKNOWN, .initialised = STORE_UNKNOWN, .transport_pin = STORE_UNKNOWN, \
	  .factory_so_pin = STORE_UNKNOWN, .pin_tries = STORE_UNKNOWN, .so_pin_tries = STORE_UNKNOWN, \
	  .memory_free = STORE_UNKNOWN, .memory_total = STORE_UNKNOWN, .first_seen = STORE_UNKNOWN, \
	  .last_seen = STORE_UNKNOWN, .initialised_at = STORE_UNKNOWN, .listed_at = STORE_UNKNOWN, \
	  .pin_max = STORE_UNKNOWN }

/*
 * The device is here. Numbers that are STORE_UNKNOWN and an empty hardware leave what was known; a label is written as it
 * stands where initialised is known, else only where it is not empty. Dates are set from at. ST_BAD_FORM: no serial.
 */
enum status store_device_seen(struct store *s, const struct device_row *d, int64_t at, struct fault *f);

/* ST_NOT_FOUND, as in all that follow: the inventory has no such device. */
enum status store_device_get(struct store *s, const char *serial, struct device_row *ret, struct fault *f);
enum status store_device_kept(struct store *s, const char *serial, const char *where, struct fault *f);
enum status store_device_so_pin(struct store *s, const char *serial, bool factory, struct fault *f);
/* How many tries the user PIN was given when the device was initialised: by us, after store_device_wiped(). */
enum status store_device_pin_max(struct store *s, const char *serial, int tries, struct fault *f);

/* Initialised: all objects on it are gone (how: "wiped"), its domains are empty, initialised_at is at, pin_max not known. */
enum status store_device_wiped(struct store *s, const char *serial, int64_t at, struct fault *f);

/*
 * The inventory no longer knows it: its row, what was on it, its domains and its times are gone, and so are keys that are
 * nowhere else and have no backup. Journal, backups and proofs stay, with its serial.
 */
enum status store_device_forget(struct store *s, const char *serial, struct fault *f);

struct device_filter {
	const uint8_t *kcv;    /* a domain of it has this DKEK; NULL: any */
	struct store_page page;
};

/* By label, then serial. *ret is the caller's to free(). Neither fault nor memory where there is none: NULL and 0. */
enum status store_devices(struct store *s, const struct device_filter *filter, struct device_row **ret, size_t *ret_n,
			  struct fault *f);

/* --- key domains: what each one's key-encryption key is --- */

struct domain_row {
	unsigned number;
	int present;           /* 1: made with DKEK shares; 0: without, nothing in it can be wrapped; STORE_UNKNOWN */
	int shares, missing;   /* STORE_UNKNOWN */
	bool exchanged;        /* an XKEK, not made of shares */
	bool has_kcv;          /* false also where it is not shown before login: the one known before is kept then */
	uint8_t kcv[STORE_KCV_LEN];
};

/*
 * A check value that the inventory has not seen makes a DKEK of it. What was known of another DKEK in this domain is
 * dropped where shares are missing, or where present is 0.
 */
enum status store_domain_seen(struct store *s, const char *serial, const struct domain_row *d, int64_t at, struct fault *f);

/* By number. *ret is the caller's to free(). */
enum status store_domains(struct store *s, const char *serial, struct domain_row **ret, size_t *ret_n, struct fault *f);

struct device_domain {
	char serial[STORE_SERIAL_MAX];
	struct domain_row domain;
};

/* Key domain 0 of every device that has one, by serial: for all devices at once. *ret is the caller's to free(). */
enum status store_first_domains(struct store *s, struct device_domain **ret, size_t *ret_n, struct fault *f);

/* --- how long a slow step usually takes on this device --- */

/* name is the caller's: "key new rsa:4096". Averages, so that one bad day counts little. */
enum status store_usual_add(struct store *s, const char *serial, const char *name, int64_t ms, struct fault *f);
/* Of this device, else of all others together; *ret_ms is STORE_UNKNOWN where nobody ever measured. */
enum status store_usual(struct store *s, const char *serial, const char *name, int64_t *ret_ms, struct fault *f);

struct usual_row {
	char name[STORE_LABEL_MAX];
	int64_t ms;
	unsigned n;            /* how often it was measured, up to 1000 */
};
/* All that was measured on this device, by name. *ret is the caller's to free(). */
enum status store_usuals(struct store *s, const char *serial, struct usual_row **ret, size_t *ret_n, struct fault *f);

#endif
