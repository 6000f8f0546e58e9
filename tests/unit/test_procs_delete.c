/* Deleting on simulated cards. */
#include "tests/unit/objects_help.h"

#include "tui/wizard/find.h"

static void a_deleted_key_is_gone_with_all_that_belongs_to_it(void **state)
{
	struct place *p = *state;
	struct object_filter filter = { .device = place_serial(p, 0), .gone_too = true };
	struct object_row *rows = NULL;
	struct fault f = { 0 };
	size_t n = 0;

	place_init(p, 0, 1, 0x10);
	place_make_key(p, 0, "ec:secp256r1", "stays", "0a");
	place_make_key(p, 0, "ec:secp256r1", "goes", "0b");
	place_expect(p, "key delete", 0, GIVEN({ "id", "0b", 0 }, { "pin", PIN, 0 }), ST_OK);
	assert_int_equal(place_count(p, 0, FID_KEY), 1);
	assert_int_equal(place_count(p, 0, FID_KEY_DESCRIPTION), 1);
	assert_int_equal(place_count(p, 0, FID_KEY_CERT), 1);
	must(store_objects(p->store, &filter, &rows, &n, &f));
	for (size_t i = 0; i < n; i++)
		assert_int_equal(rows[i].gone_at != STORE_UNKNOWN, strcmp(rows[i].label, "goes") == 0);
	free(rows);
	place_expect(p, "key delete", 0, GIVEN({ "id", "0b", 0 }, { "pin", PIN, 0 }), ST_NOT_FOUND);
}

static void deleting_says_what_is_left_elsewhere(void **state)
{
	struct place *p = *state;
	struct fault f = { 0 };
	const char *bad;
	PROSE none = { 0 };
	PROSE some = { 0 };
	struct run *r;

	place_init(p, 0, 1, 0x10);
	place_make_key(p, 0, "ec:secp256r1", "key", "0a");
	r = place_run_new(p, "key delete", 0, GIVEN({ "id", "0a", 0 }, { "pin", PIN, 0 }));
	must(run_next(r, &bad, &f));
	run_wait(r, NULL, NULL);
	must(run_next(r, &bad, &f));
	must(run_next(r, &bad, &f));
	assert_int_equal(run_phase(r), RUN_REVIEW);
	assert_string_equal(run_procedure(r)->confirm(r), place_serial(p, 0));
	run_procedure(r)->review(r, &none);
	assert_true(says(&none, PROSE_WARNING, "gone for good"));
	place_expect(p, "backup", 0, GIVEN({ "all", "1", 0 }, { "pin", PIN, 0 }), ST_OK);
	run_procedure(r)->review(r, &some);
	assert_false(says(&some, PROSE_WARNING, "gone for good"));
	assert_true(says(&some, PROSE_WARNING, "never opened or restored"));
	run_free(r);
}

/* The inventory knows a secret key by its label alone until somebody logs in: it may be another one by now. */
static void a_secret_key_that_is_not_the_one_that_was_shown_stays(void **state)
{
	struct place *p = *state;
	struct fault f = { 0 };
	PROSE said = { 0 };
	struct run *r = NULL;

	place_init(p, 0, 1, 0x10);
	place_make_key(p, 0, "aes:256", "key", "0a");
	place_expect(p, "backup", 0, GIVEN({ "all", "1", 0 }, { "pin", PIN, 0 }), ST_OK);
	place_swap_aes(p, 0, 1);
	assert_int_equal(place_do(p, "key delete", 0, GIVEN({ "id", "0a", 0 }, { "pin", PIN, 0 }), &r, &f), ST_REFUSED);
	run_free(r);
	assert_int_equal(place_count(p, 0, FID_KEY), 1);

	/* Now it is known, and nobody says any more that it has a backup. */
	must(place_do(p, "key delete", 0, GIVEN({ "id", "0a", 0 }, { "pin", PIN, 0 }), &r, &f));
	run_procedure(r)->review(r, &said);
	assert_true(says(&said, PROSE_WARNING, "gone for good"));
	run_free(r);
	assert_int_equal(place_count(p, 0, FID_KEY), 0);
}

static void two_keys_with_one_id_are_told_apart_by_reference(void **state)
{
	struct place *p = *state;
	CLEANUP(card_close_guard) struct card *c = NULL;
	CARD_SESSION *held = NULL;
	SECRET *pin = secret_new(16);
	struct fault f = { 0 };
	BUF file = { 0 };

	place_init(p, 0, 1, 0x10);
	place_make_key(p, 0, "ec:secp256r1", "one", "0a");
	place_make_key(p, 0, "ec:secp256r1", "two", "0b");
	c = place_card(p, 0);
	assert_true(secret_set(pin, PIN, strlen(PIN)));
	must(card_begin(c, &held, &f));
	must(card_login(c, pin, &f));
	must(card_read_file(c, 0xc401, &file, &f));
	must(card_write_file(c, 0xc402, buf_view(&file), WRITE_REPLACE, &f));
	card_end(held);
	held = NULL;
	place_expect(p, "key delete", 0, GIVEN({ "id", "0a", 0 }, { "pin", PIN, 0 }), ST_USAGE);
	assert_int_equal(place_count(p, 0, FID_KEY), 2);
	place_expect(p, "key delete", 0, GIVEN({ "id", "ref:2", 0 }, { "pin", PIN, 0 }), ST_OK);
	assert_int_equal(place_count(p, 0, FID_KEY), 1);
}

static void several_keys_are_deleted_or_none(void **state)
{
	struct place *p = *state;

	place_init(p, 0, 1, 0x10);
	place_make_key(p, 0, "ec:secp256r1", "one", "0a");
	place_make_key(p, 0, "aes:256", "two", "0b");
	place_make_key(p, 0, "ec:secp256r1", "stays", "0c");
	place_expect(p, "key delete", 0, GIVEN({ "id", "0a", 0 }, { "id", "77", 1 }, { "pin", PIN, 0 }), ST_NOT_FOUND);
	place_expect(p, "key delete", 0, GIVEN({ "id", "0a", 0 }, { "id", "ref:1", 1 }, { "pin", PIN, 0 }), ST_USAGE);
	assert_int_equal(place_count(p, 0, FID_KEY), 3);
	place_expect(p, "key delete", 0, GIVEN({ "id", "0a", 0 }, { "id", "0b", 1 }, { "pin", PIN, 0 }), ST_OK);
	assert_int_equal(place_count(p, 0, FID_KEY), 1);
	assert_int_equal(place_count(p, 0, FID_KEY_DESCRIPTION), 1);
}

static size_t backups(struct place *p)
{
	struct backup_filter filter = { .below = 0 };
	struct fault f = { 0 };
	size_t n = 0;

	must(store_backups_count(p->store, &filter, &n, &f));
	return n;
}

static void a_backup_that_is_wanted_comes_first(void **state)
{
	struct place *p = *state;
	const struct key_result *k;
	struct run *r = NULL;
	struct fault f = { 0 };
	size_t n = 0;

	place_init(p, 0, 1, 0x10);
	place_make_key(p, 0, "ec:secp256r1", "one", "0a");
	place_make_key(p, 0, "aes:256", "two", "0b");
	must(place_do(p, "key delete", 0,
		      GIVEN({ "id", "0a", 0 }, { "id", "0b", 1 }, { "backup-first", "1", 0 }, { "out", p->out, 0 },
			    { "pin", PIN, 0 }), &r, &f));
	k = run_keys(r, &n);
	assert_int_equal(n, 2);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(access(k[i].file, R_OK), 0);
		assert_string_equal(k[i].proof, "matched");
	}
	run_free(r);
	assert_int_equal(place_count(p, 0, FID_KEY), 0);
	assert_int_equal(backups(p), 2);
}

/* One of the two may not be wrapped. */
static void where_the_backup_fails_nothing_is_deleted(void **state)
{
	struct place *p = *state;
	const struct keygen_params params = {
		.algorithm = KEY_EC, .curve = curve_by_name("secp256r1"), .algorithms = { CARD_ECDSA }, .n_algorithms = 1,
		.domain = KEY_NO_DOMAIN,
	};
	struct run_record *rows = NULL;
	struct fault f = { 0 };
	size_t n = 0;

	place_init(p, 0, 1, 0x10);
	place_make_key(p, 0, "ec:secp256r1", "one", "0a");
	place_make_key(p, 0, "ec:secp256r1", "two", "0b");
	place_swap(p, 0, 2, &params, false);
	place_expect(p, "key delete", 0, GIVEN({ "id", "0a", 0 }, { "id", "0b", 1 }, { "backup-first", "1", 0 }, { "pin", PIN, 0 }),
		     ST_NOT_ALLOWED);
	assert_int_equal(place_count(p, 0, FID_KEY), 2);
	must(store_open_runs(p->store, NULL, &rows, &n, &f));
	run_records_free(rows, n);
	assert_int_equal(n, 0);
	/* And a device that can have no backup at all. */
	place_init(p, 1, -1, 0x10);
	place_make_key(p, 1, "ec:secp256r1", "one", "0a");
	place_expect(p, "key delete", 1, GIVEN({ "id", "0a", 0 }, { "backup-first", "1", 0 }, { "pin", PIN, 0 }), ST_NO_DKEK);
	assert_int_equal(place_count(p, 1, FID_KEY), 1);
}

static void the_keys_offered_are_those_of_the_device(void **state)
{
	struct place *p = *state;
	struct choices c = { 0 };
	struct fault f = { 0 };
	struct run *r;

	place_init(p, 0, 1, 0x10);
	place_init(p, 1, 1, 0x10);
	place_make_key(p, 0, "ec:secp256r1", "first", "0a");
	place_make_key(p, 1, "ec:secp256r1", "second", "0b");
	r = place_run_new(p, "key delete", 0, GIVEN({ NULL, NULL, 0 }));
	must(find_choices(r, &c, &f));
	assert_int_equal(c.n, 1);
	assert_string_equal(c.c[0].value, "0a");
	/* Back, and another one chosen. */
	must(run_set_device(r, place_serial(p, 1), NULL, &f));
	must(find_choices(r, &c, &f));
	assert_int_equal(c.n, 1);
	assert_string_equal(c.c[0].value, "0b");
	run_free(r);
}

/* A key with a certificate, one that stands by itself under its CKA_ID, another key with one, and data. */
static void place_mixed(struct place *p)
{
	const char *file;

	place_init(p, 0, 1, 0x10);
	place_make_key(p, 0, "ec:secp256r1", "goes", "0a");
	place_make_key(p, 0, "ec:secp256r1", "stays", "0b");
	import(p, cert_for(p, 1, "of goes", "20460101000000Z"), ST_OK);
	file = cert_for(p, 2, "of stays", "20460101000000Z");
	place_expect(p, "cert import", 0, GIVEN({ "id", "0b", 0 }, { "file", file, 0 }, { "pin", PIN, 0 }), ST_OK);
	file = cert_for(p, 0, "alone", "20460101000000Z");
	place_expect(p, "cert import", 0,
		     GIVEN({ "stand-alone", "1", 0 }, { "file", file, 0 }, { "new-id", "0a", 0 }, { "pin", PIN, 0 }), ST_OK);
	write_data(p, file, "notes", false, ST_OK);
}

static void objects_of_any_kind_go_in_one_procedure(void **state)
{
	struct place *p = *state;
	struct fault f = { 0 };
	const struct key_result *k;
	struct choices c = { 0 };
	PROSE review = { 0 };
	struct run *r = NULL;
	size_t n = 0;

	place_mixed(p);
	r = place_run_new(p, "key delete", 0, GIVEN({ NULL, NULL, 0 }));
	must(find_object_choices(r, &c, &f));
	assert_int_equal(c.n, 6);
	run_free(r);
	/* The certificate of the first key is marked beside it, and that of the second key by itself. */
	must(place_do(p, "key delete", 0,
		      GIVEN({ "id", "file:CE01", 0 }, { "id", "file:CF00", 1 }, { "id", "0a", 2 }, { "id", "file:CE02", 3 },
			    { "pin", PIN, 0 }), &r, &f));
	run_procedure(r)->review(r, &review);
	assert_true(says(&review, PROSE_WARNING, "its certificate for CN=of goes"));
	assert_false(says(&review, PROSE_WARNING, "The certificate for CN=of goes, until"));
	assert_true(says(&review, PROSE_WARNING, "The certificate for CN=alone has the same CKA_ID, but stands by itself: it stays."));
	assert_true(says(&review, PROSE_WARNING, "The certificate for CN=of stays, until"));
	assert_true(says(&review, PROSE_WARNING, "The data object \"notes\""));
	assert_true(outcome_says(r, PROSE_DONE, "together with its certificate"));
	k = run_keys(r, &n);
	assert_int_equal(n, 4);
	assert_string_equal(k[1].thing, "data");
	assert_string_equal(k[2].thing, "key");
	run_free(r);
	assert_int_equal(place_count(p, 0, FID_KEY), 1);
	assert_int_equal(place_count(p, 0, FID_KEY_CERT), 1);   /* the request of the one that stays */
	assert_int_equal(place_count(p, 0, FID_CA_CERT), 1);
	assert_int_equal(place_count(p, 0, FID_PUBLIC_DATA), 0);
	assert_int_equal(known(p, THING_CERTIFICATE), 1);
	assert_int_equal(known(p, THING_DATA), 0);
}

/* Named by its label and by its file; a key by its ID and by its file. */
static void what_is_named_twice_is_not_deleted(void **state)
{
	struct place *p = *state;

	place_mixed(p);
	place_expect(p, "data delete", 0, GIVEN({ "label", "notes", 0 }, { "label", "file:CF00", 1 }, { "pin", PIN, 0 }), ST_USAGE);
	place_expect(p, "key delete", 0, GIVEN({ "id", "0b", 0 }, { "id", "file:CC02", 1 }, { "pin", PIN, 0 }), ST_USAGE);
	place_expect(p, "cert delete", 0, GIVEN({ "id", "0b", 0 }, { "id", "ref:2", 1 }, { "pin", PIN, 0 }), ST_USAGE);
	place_expect(p, "key delete", 0, GIVEN({ "id", "0b", 0 }, { "id", "data:none", 1 }, { "pin", PIN, 0 }), ST_NOT_FOUND);
	assert_int_equal(place_count(p, 0, FID_KEY), 2);
	assert_int_equal(known(p, THING_CERTIFICATE), 3);
	/* No backup is offered where no key goes, and the keys stay. */
	place_expect(p, "cert delete", 0, GIVEN({ "id", "ref:2", 0 }, { "id", "cert:alone", 1 }, { "pin", PIN, 0 }), ST_OK);
	assert_int_equal(place_count(p, 0, FID_KEY), 2);
	assert_int_equal(known(p, THING_CERTIFICATE), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_deleted_key_is_gone_with_all_that_belongs_to_it),
		TEST(deleting_says_what_is_left_elsewhere),
		TEST(a_secret_key_that_is_not_the_one_that_was_shown_stays),
		TEST(several_keys_are_deleted_or_none),
		TEST(a_backup_that_is_wanted_comes_first),
		TEST(where_the_backup_fails_nothing_is_deleted),
		TEST(objects_of_any_kind_go_in_one_procedure),
		TEST(what_is_named_twice_is_not_deleted),
		TEST(the_keys_offered_are_those_of_the_device),
		TEST(two_keys_with_one_id_are_told_apart_by_reference),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
