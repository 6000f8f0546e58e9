/* What a look at a device brings along for the screens of details, and what of it stays known. */
#include "tests/unit/fleet_help.h"

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

	must(store_objects(p->store, &filter, &rows, &n, &f));
	for (size_t i = 0; i < n; i++) {
		if (rows[i].type == THING_CERTIFICATE)
			found = rows[i];
	}
	free(rows);
	return found;
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
	must(store_certificate(p->store, cert.sha256, &content, &n, &f));
	must(cert_parse(cur_of(content, n), &parsed, &f));
	assert_string_equal(parsed.issuer, "CN=Root");
	assert_true(n >= der.n && memcmp(content, der.p, der.n) == 0);
	free(content);
	/* A script, which checks no signatures, does not forget it either. */
	sparing = fleet_of(p, false);
	must(fleet_scan_wait(sparing, serial, FLEET_ALL, 20000, &d, &f));
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
	must(fleet_scan_wait(sparing, serial, FLEET_ALL, 20000, &d, &f));
	assert_int_equal(flags_of_key(sparing, serial) & FLEET_MADE, 0);
}

static void a_pins_tries_are_shown_where_they_are_known(void **state)
{
	struct place *p = *state;
	CLEANUP(fleet_free_guard) struct fleet *fl = fleet_of(p, false);
	const struct fleet_device *d;
	struct fault f = { 0 };

	place_init(p, 0, 1, 0x10);
	must(fleet_scan_wait(fl, place_serial(p, 0), FLEET_STATUS, 20000, &d, &f));
	assert_int_equal(d->pin_max, FLEET_UNKNOWN);
	must(store_device_pin_max(p->store, place_serial(p, 0), 3, &f));
	place_reload(p, fl);
	assert_int_equal(fleet_by_serial(fl, place_serial(p, 0))->pin_max, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(where_a_key_was_made_stays_known_when_a_certificate_takes_the_place_of_its_request),
		TEST(a_key_that_takes_the_place_of_another_is_not_thought_to_be_made_there),
		TEST(a_pins_tries_are_shown_where_they_are_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
