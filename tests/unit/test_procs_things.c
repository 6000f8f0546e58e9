/* Certificates and data on simulated cards. */
#include "tests/unit/objects_help.h"

#include "engine/base/clock.h"
#include "tui/wizard/thing.h"

static int setup_key(void **state)
{
	if (setup_ready(state) != 0)
		return -1;
	place_make_key(*state, 0, "ec:secp256r1", "root", "0a");
	return 0;
}

/* --- certificates --- */

static void a_key_whose_public_key_is_not_there_proves_that_a_certificate_is_its_own(void **state)
{
	struct place *p = *state;
	const char *right = cert_for(p, 1, "right", "20460101000000Z"), *wrong = cert_for(p, 0, "wrong", "20460101000000Z");

	delete_fid(p, 0xce01);
	import(p, wrong, ST_MISMATCH);
	assert_int_equal(place_count(p, 0, FID_KEY_CERT), 0);
	import(p, right, ST_OK);
	assert_int_equal(place_count(p, 0, FID_KEY_CERT), 1);
	assert_int_equal(known(p, THING_CERTIFICATE), 1);
}

static void fill_up(struct place *p)
{
	const uint8_t block[512] = { 1 };
	CARD_SESSION *held = NULL;
	struct card *c = place_log_in(p, 0, &held);
	unsigned i = 0;

	for (size_t n = sizeof(block); n > 16; n /= 2) {
		while (i < 256 && card_write_file(c, (uint16_t)(0xcf00 + i), cur_of(block, n), WRITE_NEW, NULL) == ST_OK)
			i++;
	}
	assert_in_range(i, 10, 255);
	card_end(held);
	held = NULL;
	card_close(c);
}

/* The key has a short certificate; a long one, a chain's worth, is to take its place. */
static void a_device_that_is_full_keeps_what_the_key_had(void **state)
{
	struct place *p = *state;
	const char *is_short = cert_for(p, 1, "short", "20460101000000Z");
	const char *is_long = cert_for(p, 1, "long: " "0123456789 0123456789 0123456789 0123456789 0123456789", "20460101000000Z");
	struct fault f = { 0 };
	struct run *r = NULL;

	import(p, is_short, ST_OK);
	fill_up(p);
	BUF before = read_fid(p, 0xce01);
	assert_int_equal(place_do(p, "cert import", 0, GIVEN({ "id", "0a", 0 }, { "file", is_long, 0 }, { "pin", PIN, 0 }), &r, &f),
			 ST_CARD_FULL);
	assert_non_null(strstr(f.what, "in its place, unchanged"));
	run_free(r);
	BUF after = read_fid(p, 0xce01);
	assert_true(cur_equal(buf_view(&before), after.p, after.n));
	write_data(p, is_long, "data", false, ST_CARD_FULL);
	assert_int_equal(place_count(p, 0, FID_DATA_DESCRIPTION), 0);
}

/* Deleted where nobody knows the request: the public key is nowhere but in the inventory then. */
static void without_a_request_the_public_key_goes_into_the_inventory(void **state)
{
	struct place *p = *state;
	const char *file = cert_for(p, 1, "only", "20460101000000Z");
	struct object_filter filter = { .device = place_serial(p, 0) };
	struct object_row *rows = NULL;
	struct fault f = { 0 };
	struct run *r = NULL;
	uint8_t *spki = NULL;
	PROSE review = { 0 };
	BUF der = { 0 };
	size_t n = 0;

	must(file_read(file, 65536, &der, &f));
	write_fid(p, 0xce01, buf_view(&der));   /* another program did it, and kept no request */
	must(place_do(p, "cert delete", 0, GIVEN({ "id", "0a", 0 }, { "pin", PIN, 0 }), &r, &f));
	run_procedure(r)->review(r, &review);
	assert_true(says(&review, PROSE_WARNING, "The inventory keeps the public key"));
	assert_true(outcome_says(r, PROSE_PLAIN, "in the inventory"));
	run_free(r);
	assert_int_equal(place_count(p, 0, FID_KEY_CERT), 0);
	assert_int_equal(place_count(p, 0, FID_KEY), 1);
	must(store_objects(p->store, &filter, &rows, &n, &f));
	assert_int_equal(n, 1);
	must(store_key_spki(p->store, &rows[0].key, &spki, &n, &f));
	must(place_do(p, "key export", 0, GIVEN({ "id", "0a", 0 }, { "format", "der", 0 }), &r, &f));
	assert_true(cur_equal(run_exported(r), spki, n));
	assert_true(outcome_says(r, PROSE_WARNING, "not on the device"));
	run_free(r);
	free(spki);
	free(rows);
}

static void the_request_is_found_in_a_backup_too(void **state)
{
	struct place *p = *state;
	const char *file = cert_for(p, 1, "backed up", "20460101000000Z");
	struct fault f = { 0 };
	BUF der = { 0 }, request = read_fid(p, 0xce01);

	place_expect(p, "backup", 0, GIVEN({ "all", "1", 0 }, { "pin", PIN, 0 }), ST_OK);
	must(file_read(file, 65536, &der, &f));
	write_fid(p, 0xce01, buf_view(&der));
	place_expect(p, "cert delete", 0, GIVEN({ "id", "0a", 0 }, { "pin", PIN, 0 }), ST_OK);
	BUF now = read_fid(p, 0xce01);
	assert_true(cur_equal(buf_view(&request), now.p, now.n));
}

static void a_certificate_that_is_not_the_one_that_was_shown_stays(void **state)
{
	struct place *p = *state;
	const char *first = cert_for(p, 1, "first", "20460101000000Z"), *second = cert_for(p, 1, "second", "20460101000000Z");
	struct fault f = { 0 };
	struct run *r;
	const char *bad;
	BUF der = { 0 };

	import(p, first, ST_OK);
	r = place_run_new(p, "cert delete", 0, GIVEN({ "id", "0a", 0 }, { "pin", PIN, 0 }));
	must(run_next(r, &bad, &f));
	run_wait(r, NULL, NULL);
	must(file_read(second, 65536, &der, &f));
	write_fid(p, 0xce01, buf_view(&der));
	assert_int_equal(place_go(p, r, &f), ST_REFUSED);
	run_free(r);
	BUF now = read_fid(p, 0xce01);
	assert_true(cur_equal(buf_view(&der), now.p, now.n));
}

static void deleting_a_key_names_the_certificate_that_goes_too(void **state)
{
	struct place *p = *state;
	struct fault f = { 0 };
	PROSE review = { 0 };
	struct run *r = NULL;

	import(p, cert_for(p, 1, "goes too", "20460101000000Z"), ST_OK);
	must(place_do(p, "key delete", 0, GIVEN({ "id", "0a", 0 }, { "pin", PIN, 0 }), &r, &f));
	run_procedure(r)->review(r, &review);
	assert_true(says(&review, PROSE_WARNING, "CN=goes too"));
	run_free(r);
	assert_int_equal(place_count(p, 0, FID_KEY_CERT), 0);
	assert_int_equal(known(p, THING_CERTIFICATE), 0);
}

static void what_is_wrong_with_a_certificate_is_said(void **state)
{
	struct cert c = { .subject = "CN=x", .not_before = 1000000, .not_after = 2000000, .may_certify = true };
	PROSE none = { 0 }, some = { 0 };

	(void)state;
	c.not_before = clock_wall() - 1000;
	c.not_after = clock_wall() + 400 * 24 * 3600;
	thing_tell_cert(&c, clock_wall(), &none);
	assert_int_equal(none.n, 0);
	thing_tell_cert(&c, c.not_after + 1, &some);
	assert_true(says(&some, PROSE_WARNING, "ended on"));
	thing_tell_cert(&c, c.not_before - 1, &some);
	assert_true(says(&some, PROSE_WARNING, "Is the clock right?"));
	c.authority = true;
	thing_tell_cert(&c, clock_wall(), &some);
	assert_true(says(&some, PROSE_WARNING, "without a key usage"));
	c.has_usage = true;
	c.may_certify = false;
	thing_tell_cert(&c, clock_wall(), &some);
	assert_true(says(&some, PROSE_WARNING, "does not let it sign certificates"));
}

/* Of 300 bytes in characters of two: 255 would end within one. */
static void a_name_that_is_too_long_for_a_label_is_cut_and_that_is_said(void **state)
{
	struct place *p = *state;
	char name[301], cut[255];
	struct fault f = { 0 };
	struct run *r = NULL;
	PROSE review = { 0 };

	for (size_t i = 0; i + 1 < sizeof(name); i += 2)
		memcpy(name + i, "\xc3\xa4", 3);
	memcpy(cut, name, 254);
	cut[254] = '\0';
	must(place_do(p, "cert import", 0,
		      GIVEN({ "stand-alone", "1", 0 }, { "file", cert_for(p, 1, name, "20460101000000Z"), 0 }, { "pin", PIN, 0 }),
		      &r, &f));
	run_procedure(r)->review(r, &review);
	assert_true(says(&review, PROSE_WARNING, "longer than the 255 bytes"));
	assert_string_equal(run_key(r)->label, cut);
	run_free(r);
	must(place_do(p, "cert import", 0,
		      GIVEN({ "stand-alone", "1", 0 }, { "file", cert_for(p, 1, "short", "20460101000000Z"), 0 }, { "pin", PIN, 0 }),
		      &r, &f));
	PROSE quiet = { 0 };
	run_procedure(r)->review(r, &quiet);
	assert_false(says(&quiet, PROSE_WARNING, "255 bytes"));
	run_free(r);
}

/* --- data --- */

static void data_is_shown_in_the_console_as_text_or_in_digits(void **state)
{
	struct place *p = *state;
	struct fault f = { 0 };
	struct run *r = NULL;

	write_data(p, save(p, "text", "one\n\ttwo\n", 9), "text", false, ST_OK);
	write_data(p, save(p, "bytes", "\x00\x01\x1b[2J", 6), "bytes", false, ST_OK);
	p->env.script = false;
	must(place_do(p, "data read", 0, GIVEN({ "label", "text", 0 }), &r, &f));
	assert_true(outcome_says(r, PROSE_PLAIN, "one\n    two"));
	run_free(r);
	must(place_do(p, "data read", 0, GIVEN({ "label", "text", 0 }, { "format", "hex", 0 }), &r, &f));
	assert_true(outcome_says(r, PROSE_VALUE, "6f6e650a0974776f0a"));
	run_free(r);
	must(place_do(p, "data read", 0, GIVEN({ "label", "bytes", 0 }), &r, &f));
	assert_true(outcome_says(r, PROSE_VALUE, "00011b5b324a"));
	run_free(r);
}

static void private_data_is_shown_on_no_screen(void **state)
{
	struct place *p = *state;
	const char *out = file_in(p, "out-file");
	struct fault f = { 0 };
	struct run *r = NULL;
	BUF back = { 0 };

	write_data(p, save(p, "secret", "hush", 4), "secret", true, ST_OK);
	p->env.script = false;
	assert_int_equal(place_do(p, "data read", 0, GIVEN({ "label", "secret", 0 }, { "pin", PIN, 0 }), &r, &f), ST_BAD_FORM);
	run_free(r);
	must(place_do(p, "data read", 0, GIVEN({ "label", "secret", 0 }, { "out", out, 0 }, { "pin", PIN, 0 }), &r, &f));
	assert_false(outcome_says(r, PROSE_VALUE, "hush"));
	run_free(r);
	must(file_read(out, 100, &back, &f));
	assert_true(cur_equal(buf_view(&back), "hush", 4));
}

static void what_other_programs_gave_one_label_is_told_apart_by_file(void **state)
{
	struct place *p = *state;
	const char *file = save(p, "text", "one", 3);
	struct choices choices = { 0 };
	struct fault f = { 0 };
	struct run *r;

	write_data(p, file, "a", false, ST_OK);
	write_data(p, file, "b", false, ST_OK);
	BUF description = read_fid(p, 0xc900);
	for (size_t i = 0; i < description.n; i++) {
		if (description.p[i] == 0xcf)
			description.p[i + 1] = 1;   /* of a, with b's file */
	}
	write_fid(p, 0xc901, buf_view(&description));
	place_expect(p, "data read", 0, GIVEN({ "label", "a", 0 }), ST_USAGE);
	place_expect(p, "data read", 0, GIVEN({ "label", "file:cf01", 0 }), ST_OK);
	place_expect(p, "data delete", 0, GIVEN({ "label", "file:CF01", 0 }, { "pin", PIN, 0 }), ST_OK);
	place_expect(p, "data read", 0, GIVEN({ "label", "a", 0 }), ST_OK);
	r = place_run_new(p, "data delete", 0, GIVEN({ NULL, NULL, 0 }));
	must(find_data_choices(r, &choices, &f));
	assert_int_equal(choices.n, 1);
	assert_string_equal(choices.c[0].value, "a");
	assert_non_null(strstr(choices.c[0].words, "3 bytes"));
	run_free(r);
}

/* What an interrupted attempt of a program left, and nobody describes. */
static void a_content_that_nobody_describes_can_be_deleted(void **state)
{
	struct place *p = *state;
	const uint8_t left[] = { 1, 2, 3 };

	write_fid(p, 0xcd05, cur_of(left, sizeof(left)));
	place_expect(p, "data delete", 0, GIVEN({ "label", "file:CD05", 0 }, { "pin", PIN, 0 }), ST_OK);
	assert_int_equal(place_count(p, 0, FID_PRIVATE_DATA), 0);
	place_expect(p, "data delete", 0, GIVEN({ "label", "file:CD05", 0 }, { "pin", PIN, 0 }), ST_NOT_FOUND);
}

static void a_number_that_is_taken_by_anything_is_not_free(void **state)
{
	struct place *p = *state;
	const uint8_t left[] = { 1, 2, 3 };
	BUF now = { 0 };

	write_fid(p, 0xcd00, cur_of(left, sizeof(left)));
	write_fid(p, 0xcf01, cur_of(left, sizeof(left)));
	write_data(p, save(p, "text", "one", 3), "a", false, ST_OK);
	now = read_fid(p, 0xcf02);
	assert_true(cur_equal(buf_view(&now), "one", 3));
	BUF other = read_fid(p, 0xcf01);
	assert_true(cur_equal(buf_view(&other), left, sizeof(left)));
}

static void the_certificates_offered_are_named_so_that_each_is_found(void **state)
{
	struct place *p = *state;
	const char *own = cert_for(p, 1, "own", "20460101000000Z"), *other = cert_for(p, 0, "other", "20460101000000Z");
	struct choices c = { 0 };
	struct fault f = { 0 };
	PROSE review = { 0 };
	struct run *r;

	import(p, own, ST_OK);
	must(place_do(p, "cert import", 0,
		      GIVEN({ "stand-alone", "1", 0 }, { "file", other, 0 }, { "new-id", "0a", 0 }, { "pin", PIN, 0 }), &r, &f));
	run_procedure(r)->review(r, &review);
	assert_true(says(&review, PROSE_WARNING, "The key \"root\" of this device has the same CKA_ID"));
	run_free(r);
	place_expect(p, "cert export", 0, GIVEN({ "id", "0a", 0 }), ST_USAGE);
	place_expect(p, "cert export", 0, GIVEN({ "id", "file:CE01", 0 }), ST_OK);
	place_expect(p, "cert export", 0, GIVEN({ "id", "file:CE02", 0 }), ST_NOT_FOUND);
	write_fid(p, 0xce02, cur_of("\x30\x01", 2));
	p->env.confirm = place_serial(p, 0);
	must(place_do(p, "cert delete", 0, GIVEN({ "id", "file:CE02", 0 }, { "pin", PIN, 0 }), &r, &f));
	assert_true(outcome_says(r, PROSE_DONE, "\"file:CE02\", which was left over, was deleted"));
	run_free(r);
	assert_int_equal(place_count(p, 0, FID_KEY_CERT), 1);
	r = place_run_new(p, "cert export", 0, GIVEN({ NULL, NULL, 0 }));
	must(find_cert_choices(r, &c, &f));
	assert_int_equal(c.n, 2);
	for (size_t i = 0; i < c.n; i++) {
		struct run *each = NULL;
		bool alone = strcmp(c.c[i].value, "file:CA00") == 0;

		assert_true(alone || strcmp(c.c[i].value, "ref:1") == 0);
		assert_non_null(strstr(c.c[i].words, "until 2046-01-01"));
		must(place_do(p, "cert export", 0, GIVEN({ "id", c.c[i].value, 0 }), &each, &f));
		assert_string_equal(run_key(each)->subject, alone ? "CN=other" : "CN=own");
		run_free(each);
	}
	run_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup_key, teardown)
		T(a_key_whose_public_key_is_not_there_proves_that_a_certificate_is_its_own),
		T(a_device_that_is_full_keeps_what_the_key_had),
		T(without_a_request_the_public_key_goes_into_the_inventory),
		T(the_request_is_found_in_a_backup_too),
		T(a_certificate_that_is_not_the_one_that_was_shown_stays),
		T(deleting_a_key_names_the_certificate_that_goes_too),
		T(what_is_wrong_with_a_certificate_is_said),
		T(a_name_that_is_too_long_for_a_label_is_cut_and_that_is_said),
		T(data_is_shown_in_the_console_as_text_or_in_digits),
		T(private_data_is_shown_on_no_screen),
		T(what_other_programs_gave_one_label_is_told_apart_by_file),
		T(a_content_that_nobody_describes_can_be_deleted),
		T(a_number_that_is_taken_by_anything_is_not_free),
		T(the_certificates_offered_are_named_so_that_each_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
