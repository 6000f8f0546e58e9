/* What the inventory keeps of devices and of what is on them. In memory. */
#include "tests/unit/store_help.h"

static struct fault f;

/* --- devices --- */

static void a_device_is_remembered_and_what_is_not_told_stays(void **state)
{
	struct store *s = small_store();
	struct device_row d = a_device(SERIAL, ""), got;

	(void)state;
	d.fw_major = 3;
	d.fw_minor = 6;
	d.initialised = 1;
	d.pin_tries = 2;
	d.memory_free = 40000;
	snprintf(d.label, sizeof(d.label), "root-ca-a");
	must(store_device_seen(s, &d, T0 + 10, &f));
	d = a_device(SERIAL, "");
	must(store_device_seen(s, &d, T0 + 5, &f));
	must(store_device_kept(s, SERIAL, "safe 2", &f));
	must(store_device_so_pin(s, SERIAL, true, &f));
	must(store_device_get(s, SERIAL, &got, &f));
	assert_string_equal(got.label, "root-ca-a");
	assert_string_equal(got.kept, "safe 2");
	assert_int_equal(got.fw_major, 3);
	assert_int_equal(got.fw_minor, 6);
	assert_int_equal(got.pin_tries, 2);
	assert_int_equal(got.so_pin_tries, STORE_UNKNOWN);
	assert_int_equal(got.memory_free, 40000);
	assert_int_equal(got.factory_so_pin, 1);
	assert_int_equal(got.first_seen, T0);
	assert_int_equal(got.last_seen, T0 + 10);
	assert_int_equal(got.initialised_at, STORE_UNKNOWN);
	assert_int_equal(got.listed_at, STORE_UNKNOWN);
	/* A device that tells its state and has no label has none. */
	d.initialised = 0;
	must(store_device_seen(s, &d, T0 + 20, &f));
	must(store_device_get(s, SERIAL, &got, &f));
	assert_string_equal(got.label, "");
	store_close(s);
}

static void a_device_that_is_not_known_is_said_to_be_so(void **state)
{
	struct store *s = small_store();
	struct device_row d = a_device("", "x"), got = { .fw_major = 77 };
	struct domain_row dom = { .present = 1, .shares = 1, .missing = 0 };

	(void)state;
	must_fail(store_device_get(s, "NOBODY", &got, &f), ST_NOT_FOUND);
	assert_int_equal(got.fw_major, 77);
	must_fail(store_device_kept(s, "NOBODY", "x", &f), ST_NOT_FOUND);
	must_fail(store_device_so_pin(s, "NOBODY", true, &f), ST_NOT_FOUND);
	must_fail(store_device_wiped(s, "NOBODY", T0, &f), ST_NOT_FOUND);
	must_fail(store_domain_seen(s, "NOBODY", &dom, T0, &f), ST_NOT_FOUND);
	must_fail(store_usual_add(s, "NOBODY", "x", 1, &f), ST_NOT_FOUND);
	must_fail(store_objects_sync(s, "NOBODY", NULL, 0, T0, &f), ST_NOT_FOUND);
	must_fail(store_device_seen(s, &d, T0, &f), ST_BAD_FORM);
	memset(d.serial, 'A', sizeof(d.serial));
	must_fail(store_device_seen(s, &d, T0, &f), ST_BAD_FORM);
	store_close(s);
}

static void devices_are_listed_by_label_and_found_by_dkek(void **state)
{
	struct store *s = small_store();
	struct device_row d = a_device("DENK0300001", "Backup 100%"), *rows = NULL;
	struct domain_row dom = { .present = 1, .shares = 1, .missing = 0, .has_kcv = true, .kcv = { 1, 2 } };
	size_t n = 99;

	(void)state;
	must(store_device_seen(s, &d, T0, &f));
	must(store_domain_seen(s, "DENK0300001", &dom, T0, &f));
	must(store_devices(s, &(struct device_filter){ 0 }, &rows, &n, &f));
	assert_int_equal(n, 2);
	assert_string_equal(rows[0].label, "Backup 100%");
	assert_string_equal(rows[1].label, "root-ca-a");
	free(rows);
	must(store_devices(s, &(struct device_filter){ .kcv = (const uint8_t[STORE_KCV_LEN]){ 9 } }, &rows, &n, &f));
	assert_int_equal(n, 0);
	assert_null(rows);
	must(store_devices(s, &(struct device_filter){ .kcv = dom.kcv }, &rows, &n, &f));
	assert_int_equal(n, 1);
	assert_string_equal(rows[0].serial, "DENK0300001");
	free(rows);
	must(store_devices(s, &(struct device_filter){ .page = { 1, 1 } }, &rows, &n, &f));
	assert_int_equal(n, 1);
	assert_string_equal(rows[0].label, "root-ca-a");
	free(rows);
	store_close(s);
}

static struct domain_row domain_now(struct store *s, unsigned number)
{
	struct domain_row *rows = NULL, d = { .number = 999 };
	size_t n = 0;

	must(store_domains(s, SERIAL, &rows, &n, &f));
	for (size_t i = 0; i < n; i++)
		if (rows[i].number == number)
			d = rows[i];
	free(rows);
	return d;
}

static void a_check_value_that_is_not_shown_stays_known(void **state)
{
	struct store *s = small_store();
	struct domain_row d = { .present = 1, .shares = 3, .missing = 0, .has_kcv = true, .kcv = { 9, 8, 7, 6, 5, 4, 3, 2 } };

	(void)state;
	must(store_domain_seen(s, SERIAL, &d, T0, &f));
	d.has_kcv = false;
	must(store_domain_seen(s, SERIAL, &d, T0 + 1, &f));
	assert_true(domain_now(s, 0).has_kcv);
	assert_memory_equal(domain_now(s, 0).kcv, d.kcv, sizeof(d.kcv));
	d.missing = 2;
	must(store_domain_seen(s, SERIAL, &d, T0 + 2, &f));
	assert_false(domain_now(s, 0).has_kcv);
	assert_int_equal(domain_now(s, 0).missing, 2);
	/* Several domains, and none left after initialising. */
	d.number = 255;
	must(store_domain_seen(s, SERIAL, &d, T0 + 2, &f));
	assert_int_equal(domain_now(s, 255).shares, 3);
	must(store_device_wiped(s, SERIAL, T0 + 3, &f));
	assert_int_equal(domain_now(s, 0).number, 999);
	assert_int_equal(domain_now(s, 255).number, 999);
	d.number = 256;
	must_fail(store_domain_seen(s, SERIAL, &d, T0 + 2, &f), ST_STORE);
	store_close(s);
}

static void usual_times_are_learnt_for_each_device(void **state)
{
	struct store *s = small_store();
	struct device_row d = a_device("DENK0300001", "b");
	int64_t ms = 5;

	(void)state;
	must(store_device_seen(s, &d, T0, &f));
	must(store_usual(s, SERIAL, "key new rsa:4096", &ms, &f));
	assert_int_equal(ms, STORE_UNKNOWN);
	must(store_usual_add(s, SERIAL, "key new rsa:4096", 100000, &f));
	must(store_usual_add(s, SERIAL, "key new rsa:4096", 200000, &f));
	must(store_usual(s, SERIAL, "key new rsa:4096", &ms, &f));
	assert_int_equal(ms, 150000);
	must(store_usual(s, "DENK0300001", "key new rsa:4096", &ms, &f));
	assert_int_equal(ms, 150000);
	must(store_usual_add(s, "DENK0300001", "key new rsa:4096", 10, &f));
	must(store_usual(s, "DENK0300001", "key new rsa:4096", &ms, &f));
	assert_int_equal(ms, 10);
	store_close(s);
}

/* --- objects --- */

static size_t objects_of(struct store *s, bool gone_too, struct object_row **ret)
{
	size_t n = 0;

	must(store_objects(s, &(struct object_filter){ .device = SERIAL, .gone_too = gone_too }, ret, &n, &f));
	return n;
}

static void a_scan_adds_keeps_and_marks_gone(void **state)
{
	struct store *s = small_store();
	struct object_row rows[3] = { a_key(1, "Root", 1), a_key(2, "SSH", 2), an_object(THING_DATA, 0xcd01, "note") };
	struct object_row *got = NULL;
	struct device_row d;

	(void)state;
	rows[0].id[0] = 0xab;
	rows[0].id_len = 20;
	rows[0].flags = 5;
	rows[2].size = 64;
	must(store_objects_sync(s, SERIAL, rows, 3, T0 + 1, &f));
	assert_int_equal(objects_of(s, false, &got), 3);
	assert_string_equal(got[0].label, "Root");
	assert_string_equal(got[0].serial, SERIAL);
	assert_int_equal(got[0].id_len, 20);
	assert_int_equal(got[0].id[0], 0xab);
	assert_int_equal(got[0].flags, 5);
	assert_int_equal(got[0].key_ref, 1);
	assert_int_equal(got[0].first_seen, T0 + 1);
	assert_int_equal(got[0].gone_at, STORE_UNKNOWN);
	assert_string_equal(got[0].curve, "secp256r1");
	assert_memory_equal(&got[0].key, &rows[0].key, sizeof(got[0].key));
	assert_int_equal(got[2].type, THING_DATA);
	assert_int_equal(got[2].size, 64);
	assert_int_equal(got[2].key_ref, STORE_UNKNOWN);
	free(got);

	snprintf(rows[0].label, sizeof(rows[0].label), "Root CA 2026");
	must(store_objects_sync(s, SERIAL, rows, 1, T0 + 2, &f));
	assert_int_equal(objects_of(s, false, &got), 1);
	assert_string_equal(got[0].label, "Root CA 2026");
	assert_int_equal(got[0].first_seen, T0 + 1);
	free(got);
	assert_int_equal(objects_of(s, true, &got), 3);
	assert_int_equal(got[1].gone_at, T0 + 2);
	assert_string_equal(got[1].gone_how, "deleted");
	free(got);
	must(store_device_get(s, SERIAL, &d, &f));
	assert_int_equal(d.listed_at, T0 + 2);
	assert_int_equal(d.keys, 1);
	assert_int_equal(d.data, 0);
	assert_int_equal(d.keys_without_backup, 1);
	store_close(s);
}

/* A listing of the card does not tell it. */
static void a_use_counter_is_not_forgotten_by_looking(void **state)
{
	struct store *s = small_store();
	struct object_row o = a_key(1, "Root", 1), *got = NULL;

	(void)state;
	o.use_counter = 5;
	must(store_object_seen(s, SERIAL, &o, T0, &f));
	o.use_counter = STORE_UNKNOWN;
	must(store_objects_sync(s, SERIAL, &o, 1, T0 + 1, &f));
	snprintf(o.label, sizeof(o.label), "renamed");
	must(store_objects_sync(s, SERIAL, &o, 1, T0 + 2, &f));
	assert_int_equal(objects_of(s, false, &got), 1);
	assert_int_equal(got[0].use_counter, 5);
	free(got);
	store_close(s);
}

static void another_key_in_the_same_place_is_another_object(void **state)
{
	struct store *s = small_store();
	struct object_row o = a_key(1, "Root", 1), *got = NULL;

	(void)state;
	must(store_object_seen(s, SERIAL, &o, T0, &f));
	o.key = an_identity(2, STORE_SPKI_LEN);
	must(store_object_seen(s, SERIAL, &o, T0 + 1, &f));
	assert_int_equal(objects_of(s, true, &got), 2);
	assert_string_equal(got[0].gone_how, "replaced");
	assert_int_equal(got[1].gone_at, STORE_UNKNOWN);
	free(got);
	store_close(s);
}

static void a_secret_key_keeps_its_identity_until_something_else_about_it_changes(void **state)
{
	struct store *s = small_store();
	struct object_row o = an_object(THING_KEY, 0xcc05, "AES"), *got = NULL;

	(void)state;
	snprintf(o.algorithm, sizeof(o.algorithm), "aes");
	o.size = 256;
	must(store_objects_sync(s, SERIAL, &o, 1, T0, &f));
	o.key = an_identity(7, STORE_CMAC_LEN);
	must(store_object_seen(s, SERIAL, &o, T0 + 1, &f));
	o.key.len = 0;
	must(store_objects_sync(s, SERIAL, &o, 1, T0 + 2, &f));
	assert_int_equal(objects_of(s, true, &got), 1);
	assert_int_equal(got[0].key.len, STORE_CMAC_LEN);
	free(got);
	snprintf(o.label, sizeof(o.label), "another AES");
	must(store_objects_sync(s, SERIAL, &o, 1, T0 + 3, &f));
	assert_int_equal(objects_of(s, false, &got), 1);
	assert_int_equal(got[0].key.len, 0);
	free(got);
	store_close(s);
}

static void a_scan_that_changes_nothing_writes_nothing_but_its_date(void **state)
{
	struct store *s = small_store();
	struct object_row rows[2] = { a_key(1, "Root", 1), an_object(THING_CERTIFICATE, 0xce01, "Root") };
	struct object_row *got = NULL;

	(void)state;
	rows[1].key = rows[0].key;
	rows[1].not_after = T0 + 1000;
	rows[1].has_sha256 = true;
	snprintf(rows[1].subject, sizeof(rows[1].subject), "CN=Example Root CA");
	must(store_objects_sync(s, SERIAL, rows, 2, T0, &f));
	must(store_objects_sync(s, SERIAL, rows, 2, T0 + 1, &f));
	assert_int_equal(objects_of(s, true, &got), 2);
	assert_string_equal(got[1].subject, "CN=Example Root CA");
	assert_int_equal(got[1].not_after, T0 + 1000);
	assert_int_equal(got[1].key.len, STORE_SPKI_LEN);
	free(got);
	/* Another content is another certificate. */
	rows[1].sha256[0] = 1;
	must(store_objects_sync(s, SERIAL, rows, 2, T0 + 2, &f));
	assert_int_equal(objects_of(s, true, &got), 3);
	free(got);
	store_close(s);
}

static void a_scan_that_lists_a_file_twice_changes_nothing(void **state)
{
	struct store *s = small_store();
	struct object_row rows[2] = { a_key(1, "Root", 1), a_key(1, "Root", 2) }, *got = NULL;

	(void)state;
	must_fail(store_objects_sync(s, SERIAL, rows, 2, T0, &f), ST_BAD_FORM);
	assert_int_equal(store_objects_sync(s, SERIAL, rows, 2, T0, NULL), ST_BAD_FORM);
	assert_int_equal(objects_of(s, true, &got), 0);
	must(store_objects_sync(s, SERIAL, rows, 1, T0, &f));
	must_fail(store_objects_sync(s, SERIAL, rows, 2, T0, &f), ST_BAD_FORM);
	assert_int_equal(objects_of(s, true, &got), 1);
	free(got);
	must_fail(store_objects_sync(s, SERIAL, rows, 100000, T0, &f), ST_BAD_FORM);
	must_fail(store_object_gone(s, SERIAL, THING_DATA, 0xcc01, T0, &f), ST_NOT_FOUND);
	must(store_object_gone(s, SERIAL, THING_KEY, 0xcc01, T0, &f));
	must_fail(store_object_gone(s, SERIAL, THING_KEY, 0xcc01, T0, &f), ST_NOT_FOUND);
	store_close(s);
}

static void initialising_takes_everything_off_the_device_and_keeps_the_memory_of_it(void **state)
{
	struct store *s = small_store();
	struct object_row rows[2] = { a_key(1, "Root", 1), a_key(2, "SSH", 2) }, *got = NULL;
	struct device_row d;
	struct key_row k;

	(void)state;
	must(store_objects_sync(s, SERIAL, rows, 2, T0, &f));
	must(store_device_wiped(s, SERIAL, T0 + 9, &f));
	assert_int_equal(objects_of(s, false, &got), 0);
	assert_int_equal(objects_of(s, true, &got), 2);
	assert_string_equal(got[0].gone_how, "wiped");
	assert_int_equal(got[0].gone_at, T0 + 9);
	free(got);
	must(store_device_get(s, SERIAL, &d, &f));
	assert_int_equal(d.initialised_at, T0 + 9);
	assert_int_equal(d.keys, 0);
	must(store_key_get(s, &rows[0].key, &k, &f));
	assert_int_equal(k.devices, 0);
	assert_string_equal(k.label, "Root");
	store_close(s);
}

static void the_tries_of_a_pin_and_all_usual_times_are_told(void **state)
{
	struct store *s = small_store();
	struct usual_row *u = NULL;
	struct device_row d;
	size_t n = 0;

	(void)state;
	must(store_device_get(s, SERIAL, &d, &f));
	assert_int_equal(d.pin_max, STORE_UNKNOWN);
	must(store_device_pin_max(s, SERIAL, 5, &f));
	must(store_device_get(s, SERIAL, &d, &f));
	assert_int_equal(d.pin_max, 5);
	/* Somebody initialises it anew, and does not tell. */
	must(store_device_wiped(s, SERIAL, T0, &f));
	must(store_device_get(s, SERIAL, &d, &f));
	assert_int_equal(d.pin_max, STORE_UNKNOWN);
	must_fail(store_device_pin_max(s, "NOBODY", 3, &f), ST_NOT_FOUND);
	must(store_usual_add(s, SERIAL, "key new rsa:4096", 100000, &f));
	must(store_usual_add(s, SERIAL, "backup", 300, &f));
	must(store_usuals(s, SERIAL, &u, &n, &f));
	assert_int_equal(n, 2);
	assert_string_equal(u[0].name, "backup");
	assert_int_equal(u[0].ms, 300);
	assert_int_equal(u[1].n, 1);
	free(u);
	store_close(s);
}

static void what_stands_in_a_certificate_is_kept_once_by_its_hash(void **state)
{
	struct store *s = small_store();
	uint8_t sha256[32], *got = NULL, other[32] = { 0 };
	size_t n = 0;

	(void)state;
	SHA256((const uint8_t *)"a certificate", 13, sha256);
	must_fail(store_certificate(s, sha256, &got, &n, &f), ST_NOT_FOUND);
	must(store_certificate_keep(s, (const uint8_t *)"a certificate", 13, &f));
	must(store_certificate_keep(s, (const uint8_t *)"a certificate", 13, &f));
	must(store_certificate(s, sha256, &got, &n, &f));
	assert_int_equal(n, 13);
	assert_memory_equal(got, "a certificate", 13);
	free(got);
	must_fail(store_certificate(s, other, &got, &n, &f), ST_NOT_FOUND);
	must_fail(store_certificate_keep(s, sha256, 0, &f), ST_BAD_FORM);
	must_fail(store_certificate_keep(s, sha256, STORE_CERTIFICATE_MAX + 1, &f), ST_BAD_FORM);
	store_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_device_is_remembered_and_what_is_not_told_stays),
		cmocka_unit_test(a_device_that_is_not_known_is_said_to_be_so),
		cmocka_unit_test(devices_are_listed_by_label_and_found_by_dkek),
		cmocka_unit_test(a_check_value_that_is_not_shown_stays_known),
		cmocka_unit_test(usual_times_are_learnt_for_each_device),
		cmocka_unit_test(a_scan_adds_keeps_and_marks_gone),
		cmocka_unit_test(a_use_counter_is_not_forgotten_by_looking),
		cmocka_unit_test(another_key_in_the_same_place_is_another_object),
		cmocka_unit_test(a_secret_key_keeps_its_identity_until_something_else_about_it_changes),
		cmocka_unit_test(a_scan_that_changes_nothing_writes_nothing_but_its_date),
		cmocka_unit_test(a_scan_that_lists_a_file_twice_changes_nothing),
		cmocka_unit_test(the_tries_of_a_pin_and_all_usual_times_are_told),
		cmocka_unit_test(what_stands_in_a_certificate_is_kept_once_by_its_hash),
		cmocka_unit_test(initialising_takes_everything_off_the_device_and_keeps_the_memory_of_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
