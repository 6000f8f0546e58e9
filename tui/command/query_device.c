#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "engine/base/text.h"
#include "engine/base/words.h"
#include "engine/keys/dkek.h"
#include "tui/command/cells.h"
#include "tui/command/json.h"
#include "tui/command/print.h"
#include "tui/command/query.h"
#include "tui/wizard/fleet.h"
#include "tui/wizard/wizard.h"

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

static const char *state_words(const struct fleet_device *d, char out[static 120])
{
	char day[12];

	switch (d->state) {
	case FLEET_HERE:
	case FLEET_READING:
		return _("here");
	case FLEET_FOREIGN:
		return _("another kind of card");
	case FLEET_FAULTY:
		return d->fault.st == ST_READER_BUSY ? _("in use by another program") : _("cannot be read");
	case FLEET_ABSENT:
		break;
	}
	day_text(d->last_seen, day);
	if (day[0] != '\0')
		snprintf(out, 120, _("last seen %s"), day);
	else
		snprintf(out, 120, "%s", _("last seen never"));
	return out;
}

static const struct cell_column device_columns[] = {
	{ N_("SERIAL"), 12 }, { N_("LABEL"), 20 }, { N_("FIRMWARE"), 8 }, { N_("STATE"), 22 }, { N_("READER"), 0 },
};

/* A reader without a card: nothing is known but its name. */
static void show_empty(const char *reader, struct json_object *all)
{
	struct fleet_device d = { .state = FLEET_ABSENT, .fw_major = FLEET_UNKNOWN };
	char clean[READER_NAME_MAX];

	snprintf(d.reader, sizeof(d.reader), "%s", reader);
	if (all != NULL) {
		json_object_array_add(all, device_json(&d));
		return;
	}
	text_clean(clean, sizeof(clean), reader, strlen(reader));
	cells_row(device_columns, 5, (const char *const[]){ "", "", "", _("no card"), clean });
}

static void show_device(const struct fleet_device *d, struct json_object *all)
{
	char firmware[24], state[120], clean[sizeof(d->fault.what)];

	if (all != NULL) {
		json_object_array_add(all, device_json(d));
		return;
	}
	firmware_text(d, firmware);
	text_clean(clean, sizeof(clean), d->reader, strlen(d->reader));
	cells_row(device_columns, 5, (const char *const[]){ d->serial, d->label, firmware, state_words(d, state), clean });
	text_clean(clean, sizeof(clean), d->fault.what, strlen(d->fault.what));
	if (clean[0] != '\0')
		printf("    %s\n", clean);
}

/*
 * Cards, then readers without one, then devices that are absent. Where the smart card service does not answer, people see
 * the last all the same; a script must not take it for a list of what is here.
 */
enum status query_devices(const struct here *h, struct fault *f)
{
	enum status st = fleet_scan_all_wait(h->fleet, FLEET_STATUS, SCAN_TIMEOUT_MS, f);
	struct json_object *all = NULL;
	const char *empty;

	if (st != ST_OK)
		return st;
	if (h->args->json && (all = json_object_new_array()) == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	if (all == NULL)
		cells_head(device_columns, 5);
	for (size_t i = 0; i < fleet_count_here(h->fleet); i++)
		show_device(fleet_device(h->fleet, i), all);
	for (size_t i = 0; (empty = fleet_empty_reader(h->fleet, i)) != NULL; i++)
		show_empty(empty, all);
	for (size_t i = fleet_count_here(h->fleet); i < fleet_count(h->fleet); i++)
		show_device(fleet_device(h->fleet, i), all);
	if (fleet_service(h->fleet)->st == ST_OK)
		return all != NULL ? json_out(all, f) : ST_OK;
	json_object_put(all);
	*f = *fleet_service(h->fleet);
	return f->st;
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

/* One line of a device's status: its name in a column as wide as the longest of them, and what is said. */
static void print_field(const char *name, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void print_field(const char *name, const char *fmt, ...)
{
	static const char *const names[] = {
		N_("Serial"), N_("Label"), N_("Reader"), N_("Firmware"), N_("State"), N_("User PIN"), N_("SO-PIN"), N_("DKEK"),
		N_("Memory"),
	};
	int wide = 10;
	va_list ap;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		wide = cell_width(translated(names[i])) > wide ? cell_width(translated(names[i])) : wide;
	printf("%s%*s  ", CELL(translated(name), wide));
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

static void print_tries(const char *what, int left, const char *none)
{
	if (left == FLEET_UNKNOWN)
		print_field(what, "%s", _("not shown"));
	else if (left == 0)
		print_field(what, "%s", translated(none));
	else
		print_field(what, translated_n("%d try left", "%d tries left", (unsigned long)left), left);
}

static void print_dkek(const struct fleet_device *d)
{
	if (d->dkek_shares == FLEET_UNKNOWN)
		print_field("DKEK", "%s", _("not shown"));
	else if (!d->dkek)
		print_field("DKEK", "%s", _("none: no key of this device can be backed up"));
	else if (d->dkek_missing > 0)
		print_field("DKEK", translated_n("%d of %d share still missing", "%d of %d shares still missing",
			    (unsigned long)d->dkek_shares), d->dkek_missing, d->dkek_shares);
	else if (strcmp(d->dkek_kcv, DKEK_ZERO_KCV) == 0)
		print_field("DKEK", _("%s   nothing but zeros, which everybody knows: its backups protect nothing"), d->dkek_kcv);
	else
		print_field("DKEK", translated_n("%s   %d share", "%s   %d shares", (unsigned long)d->dkek_shares),
			    d->dkek_kcv[0] != '\0' ? d->dkek_kcv : _("check value not shown before login"), d->dkek_shares);
}

/* What is wrong with the inventory does not hide what the device said. */
static bool is_of_inventory(enum status st)
{
	return st == ST_STORE || st == ST_STORE_BUSY || st == ST_STORE_DAMAGED || st == ST_STORE_READ_ONLY || st == ST_STORE_NEWER ||
	       st == ST_DISK;
}

static enum status was_read(const struct fleet_device *d, bool all, struct fault *f)
{
	if (d->fault.st == ST_OK)
		return ST_OK;
	if (is_of_inventory(d->fault.st) && (all ? d->listed : d->looked_at)) {
		print_line(PROSE_WARNING, "%s What follows is right, but the inventory does not know it.", d->fault.what);
		return ST_OK;
	}
	*f = d->fault;
	return f->st;
}

enum status query_status(const struct here *h, struct fault *f)
{
	const struct fleet_device *d;
	enum status st = fleet_scan_wait(h->fleet, h->args->device, FLEET_STATUS, SCAN_TIMEOUT_MS, &d, f);
	char firmware[24], reader[READER_NAME_MAX];

	if (st != ST_OK || (st = was_read(d, false, f)) != ST_OK)
		return st;
	if (h->args->json)
		return json_out(status_json(d), f);
	firmware_text(d, firmware);
	text_clean(reader, sizeof(reader), d->reader, strlen(d->reader));
	print_field("Serial", "%s", d->serial);
	print_field("Label", "%s", d->label);
	print_field("Reader", "%s", reader);
	print_field("Firmware", "%s", firmware);
	if (!d->initialised)
		print_field("State", "%s", _("never initialised"));
	if (d->transport_pin)
		print_field("User PIN", "%s", _("transport PIN: it must be changed before the first use"));
	else if (d->initialised)
		print_tries("User PIN", d->pin_tries, d->never_unblocks ?
			    N_("blocked for good: it was initialised never to be unblocked") :
			    N_("blocked: unblock it with the SO-PIN"));
	print_tries("SO-PIN", d->so_pin_tries, N_("dead: this device can never be initialised again"));
	if (d->initialised)
		print_dkek(d);
	if (d->memory_free != FLEET_UNKNOWN)
		print_field("Memory", translated_n("%ld byte free", "%ld bytes free", (unsigned long)d->memory_free), d->memory_free);
	return ST_OK;
}

static const char *type_words(enum fleet_type t)
{
	return t == FLEET_KEY ? "key" : t == FLEET_CERTIFICATE ? "certificate" : "data";
}

static struct json_object *object_json(const struct fleet_object *b, bool known)
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
	json_number(o, "backups", known && b->type == FLEET_KEY ? (int64_t)b->backups : -1, -1);
	json_text(o, "proof", known && b->type == FLEET_KEY ? b->proof : NULL);
	return o;
}

static const struct cell_column object_columns[] = {
	{ N_("LABEL"), 24 }, { N_("KIND"), 16 }, { N_("REF"), 4 }, { N_("BACKUPS"), 12 }, { N_("ID"), 0 },
};

static void print_object(const struct fleet_object *b, bool known)
{
	char file[16] = "", ref[12] = "", backups[120] = "";
	const char *id = b->id;   /* whole: it is what --id takes */

	/* What has no ID can be named by its file, where its label is none, or cannot be typed, or others have it too. */
	if (id[0] == '\0' && b->key_ref <= 0) {
		snprintf(file, sizeof(file), "file:%04X", b->fid & 0xffff);
		id = file;
	}
	if (b->type == FLEET_KEY && !known)
		snprintf(backups, sizeof(backups), "%s", _("not known"));
	else if (b->type == FLEET_KEY)
		snprintf(backups, sizeof(backups), b->backups > 0 ? "%u, %s" : "%u", b->backups, proof_words(b->proof));
	if (b->key_ref > 0)
		snprintf(ref, sizeof(ref), "%d", b->key_ref);
	cells_row(object_columns, 5, (const char *const[]){ b->label, b->kind, ref, backups, id });
	if (b->subject[0] != '\0') {
		printf("    %s", b->subject);
		printf(_("  until %s"), b->until);
		putchar('\n');
	}
	if (b->flags & FLEET_NOT_DESCRIBED)
		printf("    %s\n", _("This key has no readable description: other software does not see it."));
	if (b->flags & FLEET_ALIEN_CERTIFICATE)
		printf("    %s\n", _("The certificate beside this key is for another key."));
}

enum status query_objects(const struct here *h, struct fault *f)
{
	const struct fleet_device *d;
	const struct fleet_object *b;
	struct json_object *all;
	const bool known = h->env->store != NULL;
	enum status st = fleet_scan_wait(h->fleet, h->args->device, FLEET_ALL, SCAN_TIMEOUT_MS, &d, f);
	size_t n;

	if (st != ST_OK || (st = was_read(d, true, f)) != ST_OK)
		return st;
	b = fleet_objects(h->fleet, d, &n);
	if (!h->args->json) {
		cells_head(object_columns, 5);
		for (size_t i = 0; i < n; i++)
			print_object(&b[i], known);
		return ST_OK;
	}
	all = json_object_new_array();
	for (size_t i = 0; all != NULL && i < n; i++)
		json_object_array_add(all, object_json(&b[i], known));
	return json_out(all, f);
}
