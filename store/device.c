#include "store/device.h"

#include "store/link.h"
#include "store/list.h"

/* A number that is 0, 1 or not known. */
#define FLAG 0, 1

enum status store_device_seen(struct store *s, const struct device_row *d, int64_t at, struct fault *f)
{
	WRITE w = { 0 };
	QUERY q = { 0 };
	enum status st = link_check_serial(d->serial, f);

	if (st != ST_OK || (st = write_begin(s, &w, f)) != ST_OK || (st = query_open(&q, s, SQL_DEVICE_SEEN, f)) != ST_OK)
		return st;
	bind_text(&q, d->serial, sizeof(d->serial));
	bind_text(&q, d->label, sizeof(d->label));
	bind_text(&q, d->hardware, sizeof(d->hardware));
	bind_opt_int(&q, d->fw_major);
	bind_opt_int(&q, d->fw_minor);
	bind_opt_int(&q, d->initialised);
	bind_opt_int(&q, d->transport_pin);
	bind_opt_int(&q, d->pin_tries);
	bind_opt_int(&q, d->so_pin_tries);
	bind_opt_int(&q, d->memory_free);
	bind_opt_int(&q, d->memory_total);
	bind_int(&q, at);
	if ((st = query_run(&q, f)) != ST_OK)
		return st;
	return write_commit(&w, f);
}

static void read_device(struct query *q, void *row)
{
	struct device_row *d = row;

	get_text(q, d->serial, sizeof(d->serial));
	get_text(q, d->label, sizeof(d->label));
	get_text(q, d->hardware, sizeof(d->hardware));
	get_text(q, d->kept, sizeof(d->kept));
	d->fw_major = (int)get_opt_int(q, 0, 255);
	d->fw_minor = (int)get_opt_int(q, 0, 255);
	d->initialised = (int)get_opt_int(q, FLAG);
	d->transport_pin = (int)get_opt_int(q, FLAG);
	d->factory_so_pin = (int)get_opt_int(q, FLAG);
	d->pin_tries = (int)get_opt_int(q, 0, 255);
	d->so_pin_tries = (int)get_opt_int(q, 0, 255);
	d->memory_free = get_opt_int(q, 0, INT64_MAX);
	d->memory_total = get_opt_int(q, 0, INT64_MAX);
	d->first_seen = get_time(q);
	d->last_seen = get_time(q);
	d->initialised_at = get_opt_time(q);
	d->listed_at = get_opt_time(q);
	d->pin_max = (int)get_opt_int(q, 0, 255);
	d->keys = (unsigned)get_int(q, 0, INT32_MAX);
	d->certificates = (unsigned)get_int(q, 0, INT32_MAX);
	d->data = (unsigned)get_int(q, 0, INT32_MAX);
	d->keys_without_backup = (unsigned)get_int(q, 0, INT32_MAX);
}

static const char device_select[] =
	"SELECT d.serial, d.label, d.hardware, d.kept, d.fw_major, d.fw_minor, d.initialised, d.transport_pin,"
	" d.factory_so_pin, d.pin_tries, d.so_pin_tries, d.memory_free, d.memory_total, d.first_seen, d.last_seen,"
	" d.initialised_at, d.listed_at, d.pin_max,"
	" (SELECT count(*) FROM object o WHERE o.device = d.id AND o.type = 0 AND o.gone_at IS NULL),"
	" (SELECT count(*) FROM object o WHERE o.device = d.id AND o.type = 1 AND o.gone_at IS NULL),"
	" (SELECT count(*) FROM object o WHERE o.device = d.id AND o.type = 2 AND o.gone_at IS NULL),"
	" (SELECT count(*) FROM object o INDEXED BY object_bare WHERE o.device = d.id AND o.type = 0 AND o.gone_at IS NULL"
	"   AND o.backed = 0)"
	" FROM device d";

enum status store_device_get(struct store *s, const char *serial, struct device_row *ret, struct fault *f)
{
	const struct clause one[] = { { true, "d.serial = :serial" } };
	QUERY q = { 0 };
	struct device_row d;
	enum status st = query_compose(&q, s, device_select, one, 1, "", f);

	if (st != ST_OK)
		return st;
	if (bind_at(&q, ":serial"))
		bind_text(&q, serial, STORE_SERIAL_MAX);
	if ((st = query_one(&q, f)) == ST_NOT_FOUND)
		return fault_set(f, st, "The inventory does not know a device with the serial number %.64s.", serial);
	if (st != ST_OK)
		return st;
	read_device(&q, &d);
	if ((st = query_end(&q, f)) == ST_OK)
		*ret = d;
	return st;
}

enum status store_devices(struct store *s, const struct device_filter *filter, struct device_row **ret, size_t *ret_n,
			  struct fault *f)
{
	const struct clause has_dkek = { filter->kcv != NULL, "d.id IN (SELECT device FROM domain WHERE kcv = :kcv)" };
	QUERY q = { 0 };
	void *rows = NULL;
	enum status st = query_compose(&q, s, device_select, &has_dkek, 1,
				       "ORDER BY d.label COLLATE NOCASE, d.serial LIMIT :limit OFFSET :offset", f);

	if (st != ST_OK)
		return st;
	if (bind_at(&q, ":kcv"))
		bind_blob(&q, filter->kcv, STORE_KCV_LEN);
	bind_page(&q, filter->page);
	if ((st = list_all(&q, sizeof(**ret), read_device, &rows, ret_n, f)) == ST_OK)
		*ret = rows;
	return st;
}

/* A statement whose first value is the device's number. */
static enum status open_for(struct query *q, struct store *s, enum sql sql, const char *serial, struct fault *f)
{
	int64_t id = 0;
	enum status st = link_device(s, serial, &id, f);

	if (st != ST_OK || (st = query_open(q, s, sql, f)) != ST_OK)
		return st;
	bind_int(q, id);
	return ST_OK;
}

enum status store_device_kept(struct store *s, const char *serial, const char *where, struct fault *f)
{
	WRITE w = { 0 };
	QUERY q = { 0 };
	enum status st = write_begin(s, &w, f);

	if (st != ST_OK || (st = open_for(&q, s, SQL_DEVICE_KEPT, serial, f)) != ST_OK)
		return st;
	bind_text(&q, where, STORE_PLACE_MAX);
	if ((st = query_run(&q, f)) != ST_OK)
		return st;
	return write_commit(&w, f);
}

enum status store_device_so_pin(struct store *s, const char *serial, bool factory, struct fault *f)
{
	WRITE w = { 0 };
	QUERY q = { 0 };
	enum status st = write_begin(s, &w, f);

	if (st != ST_OK || (st = open_for(&q, s, SQL_DEVICE_SO_PIN, serial, f)) != ST_OK)
		return st;
	bind_int(&q, factory);
	if ((st = query_run(&q, f)) != ST_OK)
		return st;
	return write_commit(&w, f);
}

enum status store_device_pin_max(struct store *s, const char *serial, int tries, struct fault *f)
{
	WRITE w = { 0 };
	QUERY q = { 0 };
	enum status st = write_begin(s, &w, f);

	if (st != ST_OK || (st = open_for(&q, s, SQL_DEVICE_PIN_MAX, serial, f)) != ST_OK)
		return st;
	bind_opt_int(&q, tries);
	if ((st = query_run(&q, f)) != ST_OK)
		return st;
	return write_commit(&w, f);
}

enum status store_device_wiped(struct store *s, const char *serial, int64_t at, struct fault *f)
{
	static const enum sql steps[] = { SQL_DEVICE_WIPED, SQL_OBJECTS_WIPED, SQL_DOMAINS_WIPED };
	WRITE w = { 0 };
	enum status st = write_begin(s, &w, f);

	for (size_t i = 0; st == ST_OK && i < sizeof(steps) / sizeof(*steps); i++) {
		QUERY q = { 0 };

		if ((st = open_for(&q, s, steps[i], serial, f)) != ST_OK)
			return st;
		if (steps[i] != SQL_DOMAINS_WIPED)
			bind_int(&q, at);
		st = query_run(&q, f);
	}
	return st == ST_OK ? write_commit(&w, f) : st;
}

enum status store_device_forget(struct store *s, const char *serial, struct fault *f)
{
	WRITE w = { 0 };
	QUERY q = { 0 };
	enum status st = write_begin(s, &w, f);

	if (st != ST_OK || (st = open_for(&q, s, SQL_DEVICE_FORGET, serial, f)) != ST_OK || (st = query_run(&q, f)) != ST_OK ||
	    (st = query_open(&q, s, SQL_KEYS_FORGET, f)) != ST_OK || (st = query_run(&q, f)) != ST_OK)
		return st;
	return write_commit(&w, f);
}

/* --- key domains --- */

enum status store_domain_seen(struct store *s, const char *serial, const struct domain_row *d, int64_t at, struct fault *f)
{
	WRITE w = { 0 };
	QUERY q = { 0 };
	enum status st = write_begin(s, &w, f);

	if (st != ST_OK || (d->has_kcv && (st = link_dkek(s, d->kcv, at, f)) != ST_OK) ||
	    (st = open_for(&q, s, SQL_DOMAIN_SEEN, serial, f)) != ST_OK)
		return st;
	bind_int(&q, d->number);
	bind_opt_int(&q, d->present);
	bind_opt_int(&q, d->shares);
	bind_opt_int(&q, d->missing);
	bind_int(&q, d->exchanged);
	bind_opt_blob(&q, d->kcv, d->has_kcv ? STORE_KCV_LEN : 0);
	bind_int(&q, at);
	if ((st = query_run(&q, f)) != ST_OK)
		return st;
	return write_commit(&w, f);
}

static void read_domain(struct query *q, void *row)
{
	struct domain_row *d = row;

	d->number = (unsigned)get_int(q, 0, DEVICE_DOMAINS_MAX - 1);
	d->present = (int)get_opt_int(q, FLAG);
	d->shares = (int)get_opt_int(q, 0, 255);
	d->missing = (int)get_opt_int(q, 0, 255);
	d->exchanged = get_int(q, FLAG) != 0;
	d->has_kcv = get_opt_blob(q, d->kcv, STORE_KCV_LEN);
}

enum status store_domains(struct store *s, const char *serial, struct domain_row **ret, size_t *ret_n, struct fault *f)
{
	QUERY q = { 0 };
	void *rows = NULL;
	enum status st = open_for(&q, s, SQL_DOMAINS, serial, f);

	if (st == ST_OK && (st = list_all(&q, sizeof(**ret), read_domain, &rows, ret_n, f)) == ST_OK)
		*ret = rows;
	return st;
}

static void read_device_domain(struct query *q, void *row)
{
	struct device_domain *d = row;

	get_text(q, d->serial, sizeof(d->serial));
	read_domain(q, &d->domain);
}

enum status store_first_domains(struct store *s, struct device_domain **ret, size_t *ret_n, struct fault *f)
{
	QUERY q = { 0 };
	void *rows = NULL;
	enum status st = query_open(&q, s, SQL_FIRST_DOMAINS, f);

	if (st == ST_OK && (st = list_all(&q, sizeof(**ret), read_device_domain, &rows, ret_n, f)) == ST_OK)
		*ret = rows;
	return st;
}

/* --- usual times --- */

enum status store_usual_add(struct store *s, const char *serial, const char *name, int64_t ms, struct fault *f)
{
	WRITE w = { 0 };
	QUERY q = { 0 };
	enum status st = write_begin(s, &w, f);

	if (st != ST_OK || (st = open_for(&q, s, SQL_USUAL_ADD, serial, f)) != ST_OK)
		return st;
	bind_text(&q, name, STORE_LABEL_MAX);
	bind_int(&q, ms);
	if ((st = query_run(&q, f)) != ST_OK)
		return st;
	return write_commit(&w, f);
}

enum status store_usual(struct store *s, const char *serial, const char *name, int64_t *ret_ms, struct fault *f)
{
	QUERY q = { 0 };
	int64_t ms;
	enum status st = query_open(&q, s, SQL_USUAL, f);

	if (st != ST_OK)
		return st;
	bind_text(&q, serial, STORE_SERIAL_MAX);
	bind_text(&q, name, STORE_LABEL_MAX);
	if ((st = query_one(&q, f)) != ST_OK)
		return st;
	ms = get_opt_int(&q, 0, INT64_MAX);
	if ((st = query_end(&q, f)) == ST_OK)
		*ret_ms = ms;
	return st;
}

static void read_usual(struct query *q, void *row)
{
	struct usual_row *u = row;

	get_text(q, u->name, sizeof(u->name));
	u->ms = get_int(q, 0, INT64_MAX);
	u->n = (unsigned)get_int(q, 0, INT32_MAX);
}

enum status store_usuals(struct store *s, const char *serial, struct usual_row **ret, size_t *ret_n, struct fault *f)
{
	QUERY q = { 0 };
	void *rows = NULL;
	enum status st = open_for(&q, s, SQL_USUALS, serial, f);

	if (st == ST_OK && (st = list_all(&q, sizeof(**ret), read_usual, &rows, ret_n, f)) == ST_OK)
		*ret = rows;
	return st;
}
