/* What needs doing on devices that are away, as the inventory has them, and what would mend it. */
#include "tests/unit/fleet_help.h"

#include <time.h>

#include "store/dkek.h"
#include "tui/wizard/fleet_inside.h"

#define SEEN INT64_C(1790000000)   /* 2026-09-21 */
#define FAR "DENK0300001"

/* What the inventory knows of it is as it stands here, with key domain 0 under this DKEK. */
static void put_away(struct place *p, const char *serial, const char *label, struct device_row d, struct domain_row dom)
{
	struct fault f = { 0 };

	snprintf(d.serial, sizeof(d.serial), "%s", serial);
	snprintf(d.label, sizeof(d.label), "%s", label);
	must(store_device_seen(p->store, &d, SEEN, &f));
	must(store_domain_seen(p->store, serial, &dom, SEEN, &f));
}

static struct device_row fine(void)
{
	struct device_row d = DEVICE_ROW_UNKNOWN;

	d.fw_major = 3;
	d.fw_minor = 6;
	d.initialised = 1;
	d.pin_tries = 3;
	d.so_pin_tries = 15;
	return d;
}

static struct domain_row whole(uint8_t kcv)
{
	return (struct domain_row){ .present = 1, .shares = 2, .missing = 0, .has_kcv = true, .kcv = { kcv } };
}

static struct object_row key_row(unsigned ref, const char *label, uint8_t seed, unsigned bits)
{
	struct object_row o = { .type = THING_KEY, .fid = 0xcc00 + ref, .key_ref = (int)ref, .domain = 0, .size = bits,
				.use_counter = STORE_UNKNOWN, .not_after = STORE_UNKNOWN };

	snprintf(o.label, sizeof(o.label), "%s", label);
	snprintf(o.algorithm, sizeof(o.algorithm), "ec");
	o.key.len = STORE_SPKI_LEN;
	memset(o.key.bytes, seed, STORE_SPKI_LEN);
	return o;
}

static void hold(struct place *p, const char *serial, const struct object_row *rows, size_t n)
{
	struct fault f = { 0 };

	must(store_objects_sync(p->store, serial, rows, n, SEEN, &f));
}

/* A backup of it that the inventory has, which nobody ever opened. */
static void put_backup(struct place *p, const struct object_row *key, uint8_t kcv)
{
	struct backup_row b = { .key = key->key, .kcv = { kcv }, .made_at = SEEN };
	struct fault f = { 0 };
	int64_t id;

	snprintf(b.label, sizeof(b.label), "%s", key->label);
	SHA256(key->key.bytes, STORE_SPKI_LEN, b.sha256);
	must(store_backup_add(p->store, &b, key->key.bytes, STORE_SPKI_LEN, SEEN, &id, &f));
}

static struct key_identity first_key(struct place *p, const char *serial)
{
	struct object_row *rows = NULL;
	struct key_identity key;
	struct fault f = { 0 };
	size_t n = 0;

	must(store_objects(p->store, &(struct object_filter){ .device = serial }, &rows, &n, &f));
	assert_true(n > 0);
	key = rows[0].key;
	free(rows);
	return key;
}

/* Until nothing is looked through any more: what began before the last change is followed by another walk. */
static void look_away(struct place *p, struct fleet *fl)
{
	fleet_look_away(fl);
	for (unsigned i = 0; i < 200 && fl->walk.job != 0; i++) {
		struct job_event e;

		if (jobs_wait(p->jobs, 100, &e))
			(void)fleet_event(fl, &e);
	}
	assert_int_equal(fl->walk.job, 0);
	assert_non_null(fl->away.found);
}

/* About a device that is away, and nothing that is here mends it. */
static void is_away(struct fleet *fl, const char *words, const char *serial)
{
	const struct fleet_attention *a = about(fl, words);

	assert_non_null(a);
	assert_true(a->away);
	assert_string_equal(a->serial, serial);
	assert_null(a->procedure);
	assert_int_not_equal(a->urgency, FLEET_DANGER);
}

static void what_needs_doing_on_a_device_that_is_away_is_named(void **state)
{
	struct place *p = *state;
	CLEANUP(fleet_free_guard) struct fleet *fl = NULL;
	struct object_row *rows = calloc(4, sizeof(*rows));
	struct domain_row dom = whole(7);
	struct device_row d = fine();
	struct fault f = { 0 };

	d.fw_major = 1;
	d.fw_minor = d.pin_tries = 0;
	d.so_pin_tries = 2;
	dom.missing = 1;
	dom.has_kcv = false;
	put_away(p, FAR, "far", d, dom);
	must(store_device_kept(p->store, FAR, "the safe", &f));
	rows[0] = key_row(1, "bare", 1, 256);
	rows[1] = key_row(2, "weak", 2, 192);
	rows[2] = key_row(3, "unproven", 3, 256);
	rows[3] = key_row(1, "leaf", 1, 0);
	rows[3].type = THING_CERTIFICATE;
	rows[3].fid = 0xce01;
	rows[3].not_after = time(NULL) - 86400;
	hold(p, FAR, rows, 4);
	put_backup(p, &rows[1], 7);
	put_backup(p, &rows[2], 7);
	free(rows);
	fl = fleet_of(p, false);
	assert_null(about(fl, "blocked"));   /* nobody has asked yet */
	look_away(p, fl);
	is_away(fl, "1 key on it has no backup.", FAR);
	is_away(fl, "The key \"weak\" is too weak by now.", FAR);
	is_away(fl, "Of 2 keys on it no backup was ever proven.", FAR);
	is_away(fl, "The certificate \"leaf\" has expired.", FAR);
	is_away(fl, "Its user PIN is blocked", FAR);
	is_away(fl, "Only 2 tries of the SO-PIN are left.", FAR);
	is_away(fl, "1 of its 2 DKEK shares is missing.", FAR);
	is_away(fl, "Its firmware is too old", FAR);
	assert_true(reads(fl, about(fl, "user PIN is blocked"), "Insert this device"));
	assert_true(reads(fl, about(fl, "user PIN is blocked"), "far (" FAR "), last seen on 2026-09-21, kept at: the safe"));
	assert_true(reads(fl, about(fl, "user PIN is blocked"), "\"Forget a device\""));
	must(store_device_so_pin(p->store, FAR, true, &f));
	place_reload(p, fl);
	look_away(p, fl);
	assert_null(about(fl, "factory's"));   /* this firmware cannot change it */
	assert_true(reads(fl, about(fl, "Its firmware is too old"), "Its SO-PIN is the factory's"));
	d.fw_major = 3;
	put_away(p, FAR, "far", d, dom);
	place_reload(p, fl);
	look_away(p, fl);
	is_away(fl, "It still has the factory's SO-PIN.", FAR);
	assert_false(reads(fl, about(fl, "tries of the SO-PIN"), "Insert this device"));   /* that would not help */
}

static void what_is_away_stands_below_the_same_that_is_here(void **state)
{
	struct place *p = *state;
	CLEANUP(fleet_free_guard) struct fleet *fl = NULL;
	const struct fleet_attention *a;
	struct object_row *rows = calloc(2, sizeof(*rows));
	struct fault f = { 0 };
	int64_t id;
	size_t n;

	assert_non_null(rows);
	rows[0] = key_row(1, "bare", 1, 256);
	place_init(p, 0, 1, 0x10);
	place_make_key(p, 0, "ec:secp256r1", "key", "0a");
	put_away(p, FAR, "far", fine(), whole(7));
	hold(p, FAR, rows, 1);
	fl = fleet_of(p, false);
	must(fleet_scan_all_wait(fl, FLEET_ALL, 20000, &f));
	look_away(p, fl);
	a = fleet_attention(fl, &n);
	for (size_t i = 1; i < n; i++)
		assert_true(a[i - 1].urgency <= a[i].urgency && a[i - 1].rank <= a[i].rank);
	assert_true(about(fl, "on this device has no backup") < about(fl, "on it has no backup"));
	/* What was interrupted later, on a device that is away, stands below what was interrupted on one that is here. */
	must(store_run_begin(p->store, "key new", place_serial(p, 0), NULL, NULL, 1, &id, &f));
	must(store_run_begin(p->store, "key new", FAR, NULL, NULL, 1, &id, &f));
	place_reload(p, fl);
	a = fleet_attention(fl, &n);
	assert_string_equal(a[0].serial, place_serial(p, 0));
	assert_false(a[0].away);
	assert_string_equal(a[1].serial, FAR);
	assert_true(a[1].away && a[1].run == id);
	/* The key of the device that is away turns out to be on the one that is here too: that one's line says it. */
	rows[0].key = first_key(p, place_serial(p, 0));
	hold(p, FAR, rows, 1);
	place_reload(p, fl);
	look_away(p, fl);
	assert_null(about(fl, "on it has no backup"));
	assert_non_null(about(fl, "on this device has no backup"));
	/* So does its certificate, once the one that is here ends too. */
	rows[1] = rows[0];
	rows[1].type = THING_CERTIFICATE;
	rows[1].fid = 0xce01;
	rows[1].not_after = time(NULL) - 86400;
	hold(p, FAR, rows, 2);
	place_reload(p, fl);
	look_away(p, fl);
	assert_string_equal(about(fl, "has expired")->serial, FAR);
	certify_until(p, place_serial(p, 0), "20200101000000Z");
	must(fleet_scan_all_wait(fl, FLEET_ALL, 20000, &f));
	place_reload(p, fl);
	look_away(p, fl);
	assert_string_equal(about(fl, "has expired")->serial, place_serial(p, 0));
	a = fleet_attention(fl, &n);
	for (size_t i = 0; i < n; i++)
		assert_true(strstr(a[i].words, "has expired") == NULL || strcmp(a[i].serial, FAR) != 0);
	free(rows);
}

static void many_devices_that_are_away_are_counted_in_one_line(void **state)
{
	struct place *p = *state;
	CLEANUP(fleet_free_guard) struct fleet *fl = fleet_of(p, false);
	const struct object_row rows[2] = { key_row(1, "shared", 99, 256), key_row(2, "shared too", 98, 256) };
	const struct fleet_attention *a;
	struct device_row d = fine();
	char serial[STORE_SERIAL_MAX], label[20];
	size_t n;

	d.pin_tries = 1;
	for (unsigned i = 1; i <= 25; i++) {
		snprintf(serial, sizeof(serial), "DENK03%05u", i);
		snprintf(label, sizeof(label), "far %u", i);
		put_away(p, serial, label, d, whole(7));
		hold(p, serial, rows, 2);
		if (i != 3 && i != 25)
			continue;
		place_reload(p, fl);
		look_away(p, fl);
		(void)fleet_attention(fl, &n);
		assert_int_equal(n, i == 3 ? 6 : 2);
	}
	a = about(fl, "2 keys on 25 devices that are away have no backup.");   /* the same two on all of them */
	assert_non_null(a);
	assert_string_equal(a->serial, "");
	assert_true(a->away);
	assert_true(reads(fl, a, "far 1 (DENK0300001), last seen on 2026-09-21"));
	assert_true(reads(fl, a, "5 more devices are meant"));
	assert_non_null(about(fl, "25 devices that are away have their user PIN on its last try."));
}

static int tries_known(struct place *p)
{
	struct device_row row;
	struct fault f = { 0 };

	must(store_device_get(p->store, place_serial(p, 0), &row, &f));
	return row.pin_tries;
}

/* Nobody looks at the device between a wrong PIN and its being pulled out. */
static void a_pin_that_was_blocked_is_known_to_be_when_the_device_goes(void **state)
{
	struct place *p = *state;
	CLEANUP(fleet_free_guard) struct fleet *fl = fleet_of(p, false);
	struct fault f = { 0 };

	place_init(p, 0, 1, 0x10);
	place_make_key(p, 0, "ec:secp256r1", "key", "0a");
	must(fleet_scan_all_wait(fl, FLEET_ALL, 20000, &f));
	must(store_device_pin_max(p->store, place_serial(p, 0), 3, &f));
	p->env.confirm = place_serial(p, 0);
	place_expect(p, "backup", 0, GIVEN({ "all", "1", 0 }, { "pin", "111111", 0 }), ST_PIN_WRONG);
	assert_int_equal(tries_known(p), 2);
	place_expect(p, "backup", 0, GIVEN({ "all", "1", 0 }, { "pin", PIN, 0 }), ST_OK);
	assert_int_equal(tries_known(p), 3);
	place_expect(p, "pin change", 0, GIVEN({ "pin", "111111", 0 }, { "new-pin", "222222", 0 }), ST_PIN_WRONG);
	assert_int_equal(tries_known(p), 2);
	place_expect(p, "backup", 0, GIVEN({ "all", "1", 0 }, { "pin", "111111", 0 }), ST_PIN_WRONG);
	place_expect(p, "backup", 0, GIVEN({ "all", "1", 0 }, { "pin", "111111", 0 }), ST_PIN_BLOCKED);
	assert_int_equal(tries_known(p), 0);
	place_expect(p, "pin unblock", 0, GIVEN({ "so-pin", FACTORY_SO, 0 }, { "new-pin", PIN, 0 }), ST_OK);
	assert_int_equal(tries_known(p), 3);
}

/* --- what proves a backup --- */

static void what_would_prove_a_backup_is_said_where_nothing_here_can(void **state)
{
	static const struct share_row share = {
		.form = "file", .file = "share-1.pbe", .custodian = "Anna", .place = "the bank", .has_kcv = true,
		.threshold = STORE_UNKNOWN, .parts = STORE_UNKNOWN, .kcv = { 1 }, .sha256 = { 1 },
	};
	static const struct share_row divided = {
		.form = "file", .file = "share-2.pbe", .has_kcv = true, .threshold = 2, .parts = 3, .kcv = { 2 }, .sha256 = { 2 },
	};
	static const struct part_row parts[] = {
		{ .number = 1, .custodian = "Bert", .checked_at = STORE_UNKNOWN, .gone_at = STORE_UNKNOWN },
		{ .number = 2, .custodian = "Carla", .checked_at = STORE_UNKNOWN, .gone_at = STORE_UNKNOWN },
	};
	struct place *p = *state;
	CLEANUP(fleet_free_guard) struct fleet *fl = NULL;
	struct object_row copy = key_row(1, "key", 1, 256);
	struct device_row d = fine();
	struct device_domain *dom = NULL;
	struct fault f = { 0 };
	int64_t id;
	size_t n;

	place_init(p, 0, 1, 0x10);
	place_make_key(p, 0, "ec:secp256r1", "key", "0a");
	place_expect(p, "backup", 0, GIVEN({ "all", "1", 0 }, { "pin", PIN, 0 }), ST_OK);
	must(store_first_domains(p->store, &dom, &n, &f));
	must(store_share_seen(p->store, &share, SEEN, &id, &f));
	must(store_dkek_share(p->store, dom[0].domain.kcv, share.kcv, SEEN, &f));
	must(store_share_seen(p->store, &divided, SEEN, &id, &f));
	must(store_dkek_share(p->store, dom[0].domain.kcv, divided.kcv, SEEN, &f));
	for (size_t i = 0; i < N(parts); i++)
		must(store_part_set(p->store, id, &parts[i], &f));
	fl = fleet_of(p, false);
	must(fleet_scan_all_wait(fl, FLEET_ALL, 20000, &f));
	assert_null(about(fl, "ever proven")->procedure);
	/* The other one here is blank. */
	assert_true(reads(fl, about(fl, "ever proven"), "is here and was never initialised: initialise it with the shares"));
	assert_true(reads(fl, about(fl, "ever proven"), "share-1.pbe, with Anna, kept at: the bank"));
	assert_true(reads(fl, about(fl, "ever proven"), "share-2.pbe, opened by any 2 of: Bert, Carla"));
	assert_false(reads(fl, about(fl, "ever proven"), "Insert one of these devices"));
	/* And one that is away has the same DKEK. */
	put_away(p, FAR, "far", fine(), dom[0].domain);
	place_reload(p, fl);
	assert_true(reads(fl, about(fl, "ever proven"), "Insert one of these devices"));
	assert_true(reads(fl, about(fl, "ever proven"), "far (" FAR "), last seen on 2026-09-21"));
	d.pin_tries = 0;
	put_away(p, FAR, "far", d, dom[0].domain);
	place_reload(p, fl);
	assert_false(reads(fl, about(fl, "ever proven"), "far (" FAR ")"));   /* nobody can log in to it */
	d.pin_tries = 3;
	put_away(p, FAR, "far", d, dom[0].domain);
	/* But where it has the key too, it proves nothing. */
	copy.key = first_key(p, place_serial(p, 0));
	hold(p, FAR, &copy, 1);
	place_reload(p, fl);
	assert_false(reads(fl, about(fl, "ever proven"), "far (" FAR ")"));
	free(dom);
}

static void a_backup_of_a_key_that_is_away_is_proven_on_a_device_that_is_here(void **state)
{
	struct place *p = *state;
	CLEANUP(fleet_free_guard) struct fleet *fl = NULL;
	const struct fleet_attention *a;
	char serial[32];
	struct fault f = { 0 };

	place_init(p, 0, 1, 0x10);
	place_init(p, 1, 1, 0x10);
	must(p->source->ops->add(p->source, &f));
	place_init(p, 2, 1, 0x10);
	place_make_key(p, 0, "ec:secp256r1", "one", "0a");
	place_make_key(p, 0, "ec:secp256r1", "two", "0b");
	place_expect(p, "backup", 0, GIVEN({ "all", "1", 0 }, { "pin", PIN, 0 }), ST_OK);
	fl = fleet_of(p, false);
	must(fleet_scan_all_wait(fl, FLEET_ALL, 20000, &f));
	assert_string_equal(about(fl, "ever proven")->on, place_serial(p, 1));   /* of two that could the first, always */
	fleet_free(STEAL(fl));
	snprintf(serial, sizeof(serial), "%s", place_serial(p, 0));
	sim_card_plug(place_sim(p, 0), false);
	jobs_free(p->jobs);
	place_start(p);
	fl = fleet_of(p, false);
	must(fleet_scan_all_wait(fl, FLEET_ALL, 20000, &f));
	assert_int_equal(fleet_by_serial(fl, serial)->state, FLEET_ABSENT);
	look_away(p, fl);
	a = about(fl, "Of 2 keys on it no backup was ever proven.");
	assert_non_null(a);
	assert_true(a->away);
	assert_string_equal(a->serial, serial);
	assert_string_equal(a->procedure, "restore");
	assert_string_equal(a->on, place_serial(p, 1));
	gives(fl, a, "backup", "1 2");
	place_expect(p, "restore", 1, GIVEN({ "backup", "1", 0 }, { "backup", "2", 1 }, { "pin", PIN, 0 }), ST_OK);
	must(fleet_scan_all_wait(fl, FLEET_ALL, 20000, &f));
	look_away(p, fl);
	assert_null(about(fl, "ever proven"));
	sim_card_plug(place_sim(p, 0), true);
}

static void keys_that_are_in_backups_alone_are_named(void **state)
{
	struct place *p = *state;
	CLEANUP(fleet_free_guard) struct fleet *fl = NULL;
	const struct fleet_attention *a;
	struct fault f = { 0 };

	place_init(p, 0, 1, 0x10);
	place_make_key(p, 0, "ec:secp256r1", "key", "0a");
	place_expect(p, "backup", 0, GIVEN({ "all", "1", 0 }, { "pin", PIN, 0 }), ST_OK);
	place_init(p, 0, 1, 0x30);   /* wiped, under another DKEK */
	fl = fleet_of(p, false);
	must(fleet_scan_all_wait(fl, FLEET_ALL, 20000, &f));
	look_away(p, fl);
	a = about(fl, "\"key\" is in backups alone, none of them ever proven.");
	assert_non_null(a);
	assert_null(a->procedure);
	assert_true(reads(fl, a, "The screen of backups says of each under which DKEK it is"));
	place_init(p, 1, 1, 0x10);
	must(fleet_scan_all_wait(fl, FLEET_ALL, 20000, &f));
	look_away(p, fl);
	a = about(fl, "is in backups alone");
	assert_non_null(a);
	assert_string_equal(a->procedure, "restore");
	assert_string_equal(a->on, place_serial(p, 1));
	gives(fl, a, "backup", "1");
}

/* A device with the same DKEK whose firmware has no such keys: nothing leads to it. */
static void a_device_that_cannot_hold_the_key_proves_nothing(void **state)
{
	struct place *p = *state;
	CLEANUP(fleet_free_guard) struct fleet *fl = NULL;
	struct fault f = { 0 };

	place_init(p, 0, 1, 0x10);
	place_init(p, 1, 1, 0x10);
	place_make_key(p, 0, "aes:128", "secret", "0a");
	place_expect(p, "backup", 0, GIVEN({ "all", "1", 0 }, { "pin", PIN, 0 }), ST_OK);
	fl = fleet_of(p, false);
	must(fleet_scan_all_wait(fl, FLEET_ALL, 20000, &f));
	assert_string_equal(about(fl, "ever proven")->on, place_serial(p, 1));
	attention_entry(fl, place_serial(p, 1))->d.fw_major = 2;
	place_reload(p, fl);
	assert_null(about(fl, "ever proven")->procedure);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_needs_doing_on_a_device_that_is_away_is_named),
		TEST(what_is_away_stands_below_the_same_that_is_here),
		TEST(many_devices_that_are_away_are_counted_in_one_line),
		TEST(a_pin_that_was_blocked_is_known_to_be_when_the_device_goes),
		TEST(what_would_prove_a_backup_is_said_where_nothing_here_can),
		TEST(a_backup_of_a_key_that_is_away_is_proven_on_a_device_that_is_here),
		TEST(keys_that_are_in_backups_alone_are_named),
		TEST(a_device_that_cannot_hold_the_key_proves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
