/* What a look at a device brings along for the screens of details, and what of it stays known. */
#include "fleet_help.h"

#include "cert_help.h"
#include "engine/keys/cert.h"

static void read_all(struct place *p, struct fleet *fl, const char *serial)
{
	for (unsigned i = 0; i < 100; i++) {
		const struct fleet_device *d = fleet_by_serial(fl, serial);
		struct job_event e;

		if (jobs_wait(p->jobs, 100, &e))
			(void)fleet_event(fl, &e);
		else if (d != NULL && d->listed)
			return;
	}
	fail_msg("%s was not read", serial);
}

static unsigned flags_of_key(struct fleet *fl, const char *serial)
{
	const struct fleet_object *o;
	size_t n = 0;

	o = fleet_objects(fl, fleet_by_serial(fl, serial), &n);
	assert_true(n > 0 && o[0].type == FLEET_KEY);
	return o[0].flags;
}

static struct object_row certificate_of(struct place *p, const char *serial)
{
	const struct object_filter filter = { .device = serial };
	struct object_row *rows = NULL, found = { .fid = 0 };
	struct fault f = { 0 };
	size_t n = 0;

	OK(store_objects(p->store, &filter, &rows, &n, &f));
	for (size_t i = 0; i < n; i++) {
		if (rows[i].type == THING_CERTIFICATE)
			found = rows[i];
	}
	free(rows);
	return found;
}

/* Another program puts a certificate in the place of the key's request. */
static struct buf certify(struct place *p, const char *serial, const char *until)
{
	CLEANUP(card_close_guard) struct card *c = place_card(p, 0);
	SECRET *pin = secret_new(16);
	CARD_SESSION *held = NULL;
	struct key_identity id = { 0 };
	struct object_row *rows = NULL;
	struct buf der;
	uint8_t *spki = NULL;
	struct fault f = { 0 };
	size_t n = 0;

	OK(store_objects(p->store, &(struct object_filter){ .device = serial }, &rows, &n, &f));
	id = rows[0].key;
	OK(store_key_spki(p->store, &id, &spki, &n, &f));
	PKEY *key = cert_key_of_spki(spki, n), *root = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");

	der = cert_make(key, "Leaf", root, "Root", "20190101000000Z", until);
	assert_true(secret_set(pin, PIN, strlen(PIN)));
	OK(card_begin(c, &held, &f));
	OK(card_login(c, pin, &f));
	OK(card_write_file(c, fid_of(FID_KEY_CERT, (uint8_t)rows[0].key_ref), buf_view(&der), WRITE_REPLACE, &f));
	free(rows);
	free(spki);
	return der;
}

static void certify_until(struct place *p, const char *serial, const char *until)
{
	BUF der = certify(p, serial, until);

	assert_true(der.n > 0);
}

static void where_a_key_was_made_stays_known_when_a_certificate_takes_the_place_of_its_request(void **state)
{
	struct place *p = *state;
	CLEANUP(fleet_free_guard) struct fleet *fl = NULL;
	CLEANUP(fleet_free_guard) struct fleet *sparing = NULL;
	const struct fleet_device *d;
	struct object_row cert;
	uint8_t *content = NULL;
	char serial[32];
	struct fault f = { 0 };
	struct cert parsed;
	size_t n = 0;

	place_init(p, 0, 1, 0x10);
	place_make_key(p, 0, "ec:secp256r1", "key", "0a");
	snprintf(serial, sizeof(serial), "%s", place_serial(p, 0));
	jobs_free(p->jobs);   /* the readers are told of anew */
	place_start(p);
	fl = fleet_of(p, true);
	read_all(p, fl, serial);
	assert_int_equal(flags_of_key(fl, serial) & FLEET_MADE, FLEET_MADE_HERE);
	assert_int_equal(fleet_by_serial(fl, serial)->trust, DEVICE_UNKNOWN);
	assert_true(fleet_by_serial(fl, serial)->issuer[0] != '\0');

	BUF der = certify(p, serial, "20460101000000Z");

	fleet_rescan(fl, serial);
	read_all(p, fl, serial);
	assert_int_equal(flags_of_key(fl, serial) & FLEET_MADE, FLEET_MADE_HERE);
	cert = certificate_of(p, serial);
	assert_true(cert.has_sha256);
	assert_string_equal(cert.subject, "CN=Leaf");
	OK(store_certificate(p->store, cert.sha256, &content, &n, &f));
	OK(cert_parse(cur_of(content, n), &parsed, &f));
	assert_string_equal(parsed.issuer, "CN=Root");
	assert_true(n >= der.n && memcmp(content, der.p, der.n) == 0);
	free(content);
	/* A script, which checks no signatures, does not forget it either. */
	sparing = fleet_of(p, false);
	OK(fleet_scan_wait(sparing, serial, FLEET_ALL, 20000, &d, &f));
	assert_int_equal(flags_of_key(sparing, serial) & FLEET_MADE, FLEET_MADE_HERE);
}

static void a_key_that_takes_the_place_of_another_is_not_thought_to_be_made_there(void **state)
{
	struct place *p = *state;
	CLEANUP(fleet_free_guard) struct fleet *fl = NULL;
	CLEANUP(fleet_free_guard) struct fleet *sparing = NULL;
	const struct fleet_device *d;
	char serial[32];
	struct fault f = { 0 };

	place_init(p, 0, 1, 0x10);
	place_make_key(p, 0, "ec:secp256r1", "key", "0a");
	snprintf(serial, sizeof(serial), "%s", place_serial(p, 0));
	jobs_free(p->jobs);   /* the readers are told of anew */
	place_start(p);
	fl = fleet_of(p, true);
	read_all(p, fl, serial);
	assert_int_equal(flags_of_key(fl, serial) & FLEET_MADE, FLEET_MADE_HERE);
	place_init(p, 0, 1, 0x10);
	place_make_key(p, 0, "ec:secp256r1", "key", "0a");
	sparing = fleet_of(p, false);
	OK(fleet_scan_wait(sparing, serial, FLEET_ALL, 20000, &d, &f));
	assert_int_equal(flags_of_key(sparing, serial) & FLEET_MADE, 0);
}

static void a_pins_tries_are_shown_where_they_are_known(void **state)
{
	struct place *p = *state;
	CLEANUP(fleet_free_guard) struct fleet *fl = fleet_of(p, false);
	const struct fleet_device *d;
	struct fault f = { 0 };

	place_init(p, 0, 1, 0x10);
	OK(fleet_scan_wait(fl, place_serial(p, 0), FLEET_STATUS, 20000, &d, &f));
	assert_int_equal(d->pin_max, FLEET_UNKNOWN);
	OK(store_device_pin_max(p->store, place_serial(p, 0), 3, &f));
	fleet_reload(fl);
	assert_int_equal(fleet_by_serial(fl, place_serial(p, 0))->pin_max, 3);
}

static const struct fleet_attention *about(struct fleet *fl, const char *words)
{
	size_t n = 0;
	const struct fleet_attention *a = fleet_attention(fl, &n);

	for (size_t i = 0; i < n; i++) {
		assert_true(strlen(a[i].words) <= 58);   /* bytes: an ellipsis is three of them */
		if (strstr(a[i].words, words) != NULL)
			return &a[i];
	}
	return NULL;
}

static void a_backup_that_was_never_proven_leads_to_the_device_that_can_prove_it(void **state)
{
	struct place *p = *state;
	CLEANUP(fleet_free_guard) struct fleet *fl = NULL;
	const struct fleet_attention *a;
	struct fault f = { 0 };

	place_init(p, 0, 1, 0x10);
	place_make_key(p, 0, "ec:secp256r1", "a key with a very long label", "0a");
	fl = fleet_of(p, false);
	OK(fleet_scan_all_wait(fl, FLEET_ALL, 20000, &f));
	a = about(fl, "has no backup");
	assert_non_null(a);
	assert_string_equal(a->procedure, "backup");
	assert_string_equal(a->id, "0a");
	place_expect(p, "backup", 0, GIVEN({ "all", "1", 0 }, { "pin", PIN, 0 }), ST_OK);
	fleet_reload(fl);
	assert_null(about(fl, "has no backup"));
	a = about(fl, "ever proven");
	assert_non_null(a);
	assert_null(a->procedure);   /* the other device has never been initialised */
	place_init(p, 1, 1, 0x10);
	OK(fleet_scan_all_wait(fl, FLEET_ALL, 20000, &f));
	a = about(fl, "ever proven");
	assert_non_null(a);
	assert_string_equal(a->procedure, "restore");
	assert_string_equal(a->serial, place_serial(p, 0));
	assert_string_equal(a->on, place_serial(p, 1));
	assert_int_equal(a->backup, 1);
	place_expect(p, "restore", 1, GIVEN({ "backup", "1", 0 }, { "pin", PIN, 0 }), ST_OK);
	OK(fleet_scan_all_wait(fl, FLEET_ALL, 20000, &f));
	assert_null(about(fl, "ever proven"));
}

static void a_certificate_that_ends_and_a_weak_key_are_named(void **state)
{
	struct place *p = *state;
	CLEANUP(fleet_free_guard) struct fleet *fl = NULL;
	const struct fleet_attention *a;
	struct fault f = { 0 };

	place_init(p, 0, 1, 0x10);
	place_make_key(p, 0, "ec:secp192r1", "weak", "0a");
	fl = fleet_of(p, false);
	OK(fleet_scan_all_wait(fl, FLEET_ALL, 20000, &f));
	a = about(fl, "too weak");
	assert_non_null(a);
	assert_string_equal(a->words, "The key \"weak\" is too weak by now.");
	assert_string_equal(a->procedure, "key new");
	assert_null(about(fl, "certificate"));
	certify_until(p, place_serial(p, 0), "20200101000000Z");
	OK(fleet_scan_all_wait(fl, FLEET_ALL, 20000, &f));
	a = about(fl, "has expired");
	assert_non_null(a);
	assert_string_equal(a->id, "0a");
	assert_string_equal(a->procedure, "cert import");
	certify_until(p, place_serial(p, 0), "20990101000000Z");
	OK(fleet_scan_all_wait(fl, FLEET_ALL, 20000, &f));
	assert_null(about(fl, "certificate"));
}

static void firmware_that_is_advised_against_is_named(void **state)
{
	struct place old;
	CLEANUP(fleet_free_guard) struct fleet *fl = NULL;
	struct fault f = { 0 };

	(void)state;
	place_open(&old, 1, "1.0");
	fl = fleet_of(&old, false);
	OK(fleet_scan_all_wait(fl, FLEET_STATUS, 20000, &f));
	assert_non_null(about(fl, "firmware is too old"));
	fleet_free(STEAL(fl));
	place_close(&old);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			where_a_key_was_made_stays_known_when_a_certificate_takes_the_place_of_its_request, setup, teardown),
		cmocka_unit_test_setup_teardown(a_key_that_takes_the_place_of_another_is_not_thought_to_be_made_there, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_backup_that_was_never_proven_leads_to_the_device_that_can_prove_it, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_certificate_that_ends_and_a_weak_key_are_named, setup, teardown),
		cmocka_unit_test(firmware_that_is_advised_against_is_named),
		cmocka_unit_test_setup_teardown(a_pins_tries_are_shown_where_they_are_known, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
