#include <stdio.h>
#include <string.h>
#include <time.h>

#include "engine/base/text.h"
#include "tui/command/json.h"
#include "tui/command/query.h"
#include "tui/wizard/fleet.h"

static void firmware_text(const struct fleet_device *d, char out[static 24])
{
	out[0] = '\0';
	if (d->fw_major != FLEET_UNKNOWN)
		snprintf(out, 24, "%d.%d", d->fw_major, d->fw_minor);
}

static struct json_object *device_json(const struct fleet_device *d)
{
	struct json_object *o = json_object_new_object();
	char firmware[24];

	if (o == NULL)
		return NULL;
	firmware_text(d, firmware);
	json_text(o, "serial", d->serial);
	json_text(o, "label", d->label);
	json_text(o, "reader", d->reader);
	json_flag(o, "present", d->state != FLEET_ABSENT);
	json_text(o, "firmware", firmware);
	return o;
}

static void day_text(int64_t at, char out[static 12])
{
	time_t t = (time_t)at;
	struct tm tm;

	out[0] = '\0';
	if (at > 0 && gmtime_r(&t, &tm) != NULL)
		strftime(out, 12, "%Y-%m-%d", &tm);
}

static const char *state_words(const struct fleet_device *d, char out[static 48])
{
	char day[12];

	switch (d->state) {
	case FLEET_HERE:
	case FLEET_READING:
		return "here";
	case FLEET_FOREIGN:
		return "another kind of card";
	case FLEET_FAULTY:
		return d->fault.st == ST_READER_BUSY ? "in use by another program" : "cannot be read";
	case FLEET_ABSENT:
		break;
	}
	day_text(d->last_seen, day);
	snprintf(out, 48, "last seen %s", day[0] != '\0' ? day : "never");
	return out;
}

enum status query_devices(const struct here *h, struct fault *f)
{
	enum status st = fleet_scan_all_wait(h->fleet, FLEET_STATUS, SCAN_TIMEOUT_MS, f);
	struct json_object *all = json_object_new_array();

	/* A service that does not answer is said, but what is known of absent devices is shown all the same. */
	if (st != ST_OK) {
		json_object_put(all);
		return st;
	}
	if (!h->args->json)
		printf("%-12s  %-20s  %-8s  %-22s  %s\n", "SERIAL", "LABEL", "FIRMWARE", "STATE", "READER");
	for (size_t i = 0; i < fleet_count(h->fleet); i++) {
		const struct fleet_device *d = fleet_device(h->fleet, i);
		char firmware[24], state[48], clean[sizeof(d->fault.what)];

		if (h->args->json) {
			json_object_array_add(all, device_json(d));
			continue;
		}
		firmware_text(d, firmware);
		text_clean(clean, sizeof(clean), d->reader, strlen(d->reader));
		printf("%-12s  %-20s  %-8s  %-22s  %s\n", d->serial, d->label, firmware, state_words(d, state), clean);
		text_clean(clean, sizeof(clean), d->fault.what, strlen(d->fault.what));
		if (clean[0] != '\0')
			printf("    %s\n", clean);
	}
	if (h->args->json)
		return json_out(all, f);
	json_object_put(all);
	return ST_OK;
}

static struct json_object *status_json(const struct fleet_device *d)
{
	struct json_object *o = device_json(d);

	if (o == NULL)
		return NULL;
	json_number(o, "pin_tries", d->pin_tries, FLEET_UNKNOWN);
	json_number(o, "so_pin_tries", d->so_pin_tries, FLEET_UNKNOWN);
	json_number(o, "memory_free", d->memory_free, FLEET_UNKNOWN);
	json_number(o, "dkek_shares", d->dkek_shares, FLEET_UNKNOWN);
	json_number(o, "dkek_missing", d->dkek_missing, FLEET_UNKNOWN);
	json_text(o, "dkek_kcv", d->dkek_kcv);
	json_flag(o, "initialised", d->initialised);
	json_flag(o, "transport_pin", d->transport_pin);
	return o;
}

static void print_tries(const char *what, int left, const char *none)
{
	if (left == FLEET_UNKNOWN)
		printf("%-10s  not shown\n", what);
	else if (left == 0)
		printf("%-10s  %s\n", what, none);
	else
		printf("%-10s  %d %s left\n", what, left, left == 1 ? "try" : "tries");
}

static void print_dkek(const struct fleet_device *d)
{
	if (d->dkek_shares == FLEET_UNKNOWN)
		printf("%-10s  not shown\n", "DKEK");
	else if (!d->dkek)
		printf("%-10s  none: no key of this device can ever be backed up\n", "DKEK");
	else if (d->dkek_missing > 0)
		printf("%-10s  %d of %d shares still missing\n", "DKEK", d->dkek_missing, d->dkek_shares);
	else
		printf("%-10s  %s   %d %s\n", "DKEK", d->dkek_kcv[0] != '\0' ? d->dkek_kcv : "check value not shown before login",
		       d->dkek_shares, d->dkek_shares == 1 ? "share" : "shares");
}

enum status query_status(const struct here *h, struct fault *f)
{
	const struct fleet_device *d;
	enum status st = fleet_scan_wait(h->fleet, h->args->device, FLEET_STATUS, SCAN_TIMEOUT_MS, &d, f);
	char firmware[24], reader[READER_NAME_MAX];

	if (st != ST_OK)
		return st;
	if (d->fault.st != ST_OK) {
		*f = d->fault;
		return f->st;
	}
	if (h->args->json)
		return json_out(status_json(d), f);
	firmware_text(d, firmware);
	text_clean(reader, sizeof(reader), d->reader, strlen(d->reader));
	printf("%-10s  %s\n%-10s  %s\n%-10s  %s\n%-10s  %s\n", "Serial", d->serial, "Label", d->label, "Reader", reader,
	       "Firmware", firmware);
	if (!d->initialised)
		printf("%-10s  never initialised\n", "State");
	if (d->transport_pin)
		printf("%-10s  transport PIN: it must be changed before the first use\n", "User PIN");
	else if (d->initialised)
		print_tries("User PIN", d->pin_tries, d->never_unblocks ? "blocked for good: it was initialised never to be unblocked"
									: "blocked: unblock it with the SO-PIN");
	print_tries("SO-PIN", d->so_pin_tries, "dead: this device can never be initialised again");
	if (d->initialised)
		print_dkek(d);
	if (d->memory_free != FLEET_UNKNOWN)
		printf("%-10s  %ld bytes free\n", "Memory", d->memory_free);
	return ST_OK;
}

static const char *type_words(enum fleet_type t)
{
	return t == FLEET_KEY ? "key" : t == FLEET_CERTIFICATE ? "certificate" : "data";
}

static struct json_object *object_json(const struct fleet_object *b)
{
	struct json_object *o = json_object_new_object();

	if (o == NULL)
		return NULL;
	json_text(o, "type", type_words(b->type));
	json_text(o, "algorithm", b->algorithm);
	json_number(o, "size", b->size, 0);
	json_text(o, "curve", b->curve);
	json_text(o, "id", b->id);
	json_number(o, "key_ref", b->key_ref, FLEET_UNKNOWN);
	json_text(o, "label", b->label);
	json_text(o, "spki_sha256", b->spki_sha256);
	json_text(o, "cmac", b->cmac);
	json_text(o, "subject", b->subject);
	json_text(o, "until", b->until);
	json_number(o, "use_counter", b->use_counter, FLEET_UNKNOWN);
	json_number(o, "backups", b->type == FLEET_KEY ? (int64_t)b->backups : -1, -1);
	json_text(o, "proof", b->type == FLEET_KEY ? b->proof : NULL);
	return o;
}

static void print_object(const struct fleet_object *b)
{
	char id[16] = "", backups[40] = "";

	snprintf(id, sizeof(id), "%.12s%s", b->id, strlen(b->id) > 12 ? ".." : "");
	if (b->type == FLEET_KEY)
		snprintf(backups, sizeof(backups), "%u%s%s", b->backups, b->backups > 0 ? ", " : "",
			 b->backups > 0 ? b->proof : "");
	printf("%-24s  %-16s  %-14s  %-4.0d  %s\n", b->label, b->kind, id, b->key_ref > 0 ? b->key_ref : 0, backups);
	if (b->subject[0] != '\0')
		printf("    %s  until %s\n", b->subject, b->until);
	if (b->flags & FLEET_NOT_DESCRIBED)
		printf("    This key has no readable description: other software does not see it.\n");
	if (b->flags & FLEET_ALIEN_CERTIFICATE)
		printf("    The certificate beside this key is for another key.\n");
}

enum status query_objects(const struct here *h, struct fault *f)
{
	const struct fleet_device *d;
	const struct fleet_object *b;
	struct json_object *all;
	enum status st = fleet_scan_wait(h->fleet, h->args->device, FLEET_ALL, SCAN_TIMEOUT_MS, &d, f);
	size_t n;

	if (st != ST_OK)
		return st;
	if (d->fault.st != ST_OK) {
		*f = d->fault;
		return f->st;
	}
	b = fleet_objects(h->fleet, d, &n);
	if (!h->args->json) {
		printf("%-24s  %-16s  %-14s  %-4s  %s\n", "LABEL", "KIND", "ID", "REF", "BACKUPS");
		for (size_t i = 0; i < n; i++)
			print_object(&b[i]);
		return ST_OK;
	}
	all = json_object_new_array();
	for (size_t i = 0; all != NULL && i < n; i++)
		json_object_array_add(all, object_json(&b[i]));
	return json_out(all, f);
}
