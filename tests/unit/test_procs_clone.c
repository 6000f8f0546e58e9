/* clone on simulated cards: everything that one device has, onto another one. */
#include "tests/unit/clone_help.h"

#include "tests/unit/backup_help.h"
#include "engine/keys/wrapped.h"
#include "tests/unit/objects_help.h"
#include "tui/wizard/clone.h"

#define OTHER_PIN "994466"
#define N_ALL 6

static const char der[] = "\x30\x03\x02\x01\x05";
static const char other_der[] = "\x30\x03\x02\x01\x06";
static const char secret_data[] = "the words of a wallet, which nobody may read without a login";

static void put(struct place *p, size_t i, const char *pin, unsigned kind, uint8_t number, const char *label, const void *content,
		size_t n)
{
	CLEANUP(card_close_guard) struct card *c = place_card(p, i);

	put_object(c, pin, kind, number, label, content, n);
}

static unsigned has(struct place *p, size_t i, const char *pin, enum object_type type, const char *label, const void *content,
		    size_t n)
{
	CLEANUP(card_close_guard) struct card *c = place_card(p, i);

	return has_object(c, pin, type, label, content, n);
}

/* Three keys, a certificate, data and private data; the other device is empty, and has another PIN. */
static void fill(struct place *p)
{
	place_init(p, 0, 2, 0x10);
	place_init_with(p, 1, 2, 0, 0x10, OPTION_UNBLOCK, OTHER_PIN);
	place_make_key(p, 0, "ec:secp256r1", "Root CA", "0a");
	place_make_key(p, 0, "aes:256", "archive", "0b");
	place_make_key(p, 0, "rsa:2048", "Sub CA", "0c");
	put(p, 0, PIN, FID_CA_CERT, 4, "Partner CA", der, sizeof(der) - 1);
	put(p, 0, PIN, FID_PUBLIC_DATA, 2, "notes", "some words", 10);
	put(p, 0, PIN, FID_PRIVATE_DATA, 7, "wallet", secret_data, sizeof(secret_data) - 1);
}

#define TO(p) { "to", place_serial(p, 1), 0 }, { "pin", PIN, 0 }, { "to-pin", OTHER_PIN, 0 }

static size_t pin_tries(struct place *p, size_t i)
{
	CLEANUP(card_close_guard) struct card *c = place_card(p, i);
	CARD_SESSION *held = NULL;
	struct pin_status s;
	struct fault f = { 0 };

	must(card_begin(c, &held, &f));
	must(card_pin_status(c, PIN_USER, &s, &f));
	return (size_t)s.tries;
}

static void expect_all(struct place *p)
{
	assert_int_equal(place_count(p, 1, FID_KEY), 3);
	assert_int_equal(has(p, 1, OTHER_PIN, OBJECT_KEY, "Root CA", NULL, 0), 1);
	assert_int_equal(has(p, 1, OTHER_PIN, OBJECT_KEY, "archive", NULL, 0), 1);
	assert_int_equal(has(p, 1, OTHER_PIN, OBJECT_KEY, "Sub CA", NULL, 0), 1);
	assert_int_equal(has(p, 1, OTHER_PIN, OBJECT_CERTIFICATE, "Partner CA", der, sizeof(der) - 1), 1);
	assert_int_equal(has(p, 1, OTHER_PIN, OBJECT_DATA, "notes", "some words", 10), 1);
	assert_int_equal(has(p, 1, OTHER_PIN, OBJECT_DATA, "wallet", secret_data, sizeof(secret_data) - 1), 1);
}

static void everything_is_on_the_other_device_and_proven(void **state)
{
	struct place *p = *state;
	const struct key_result *rows;
	struct backup_row *backups = NULL;
	struct journal_verdict v;
	struct fault f = { 0 };
	struct run *r;
	size_t n;

	fill(p);
	must(place_do(p, "clone", 0, GIVEN(TO(p)), &r, &f));
	rows = run_keys(r, &n);
	assert_int_equal(n, N_ALL);
	for (size_t i = 0; i < n; i++) {
		if (rows[i].fault.st != ST_OK)
			fail_msg("%s: %s", rows[i].label, rows[i].fault.what);
	}
	for (size_t i = 0; i < n; i++) {
		const bool key = strcmp(rows[i].thing, "key") == 0;

		assert_string_equal(rows[i].serial, place_serial(p, 1));
		assert_false(rows[i].there);
		assert_int_equal(rows[i].compared, key);
		assert_string_equal(rows[i].proof, key ? "restored" : "");
	}
	assert_string_equal(rows[0].id, "0a");
	run_free(r);
	expect_all(p);
	assert_int_equal(backups_in(p, &backups), 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(backups[i].proof, PROOF_RESTORED);
		assert_string_equal(backups[i].device, place_serial(p, 0));
		assert_string_equal(backups[i].proof_device, place_serial(p, 1));
	}
	free(backups);
	must(store_journal_verify(p->store, &v, &f));
	assert_int_equal(v.broken, 0);
}

static void what_is_there_is_left_alone_the_second_time(void **state)
{
	struct place *p = *state;
	const struct key_result *rows;
	struct backup_row *backups = NULL;
	struct fault f = { 0 };
	struct run *r;
	size_t n;

	fill(p);
	place_expect(p, "clone", 0, GIVEN(TO(p)), ST_OK);
	must(place_do(p, "clone", 0, GIVEN(TO(p)), &r, &f));
	rows = run_keys(r, &n);
	assert_int_equal(n, N_ALL);
	for (size_t i = 0; i < n; i++)
		assert_true(rows[i].there && rows[i].fault.st == ST_OK);
	run_free(r);
	expect_all(p);
	assert_int_equal(backups_in(p, &backups), 3);
	free(backups);
	/* What came since is all that is put there. */
	place_make_key(p, 0, "ec:secp384r1", "new", "0d");
	must(place_do(p, "clone", 0, GIVEN(TO(p)), &r, &f));
	rows = run_keys(r, &n);
	assert_false(rows[3].there);
	assert_string_equal(rows[3].proof, "restored");
	run_free(r);
	assert_int_equal(place_count(p, 1, FID_KEY), 4);
	/* And the other way round there is nothing to be done. */
	must(place_do(p, "clone", 1, GIVEN({ "to", place_serial(p, 0), 0 }, { "pin", OTHER_PIN, 0 }, { "to-pin", PIN, 0 }), &r, &f));
	rows = run_keys(r, &n);
	for (size_t i = 0; i < n; i++)
		assert_true(rows[i].there);
	run_free(r);
}

static void nothing_begins_where_the_dkeks_differ(void **state)
{
	struct place *p = *state;
	struct backup_row *backups = NULL;
	struct fault f = { 0 };

	fill(p);
	place_init_with(p, 1, 2, 0, 0x33, OPTION_UNBLOCK, OTHER_PIN);
	/* Refused before a PIN is sent: the wrong one costs nothing. */
	place_expect(p, "clone", 0, GIVEN({ "to", place_serial(p, 1), 0 }, { "pin", "111111", 0 }, { "to-pin", "222222", 0 }),
		     ST_OTHER_DKEK);
	/* Where it shows its check value only after the login, that is when it is compared. */
	must(sim_card_set_fault(place_sim(p, 1), "zero-kcv", &f));
	place_expect(p, "clone", 0, GIVEN(TO(p)), ST_OTHER_DKEK);
	must(sim_card_set_fault(place_sim(p, 1), NULL, &f));
	assert_int_equal(place_count(p, 1, FID_DATA_DESCRIPTION), 0);
	place_init_with(p, 1, 2, 1, 0x10, OPTION_UNBLOCK, OTHER_PIN);
	place_expect(p, "clone", 0, GIVEN(TO(p)), ST_DKEK_INCOMPLETE);
	place_init_with(p, 1, INIT_NO_DKEK, 0, 0, OPTION_UNBLOCK, OTHER_PIN);
	place_expect(p, "clone", 0, GIVEN(TO(p)), ST_NO_DKEK);
	place_expect(p, "clone", 1, GIVEN({ "to", place_serial(p, 0), 0 }, { "pin", OTHER_PIN, 0 }, { "to-pin", PIN, 0 }),
		     ST_NO_DKEK);
	place_expect(p, "clone", 0, GIVEN({ "to", place_serial(p, 0), 0 }, { "pin", PIN, 0 }, { "to-pin", PIN, 0 }), ST_USAGE);
	place_expect(p, "clone", 0, GIVEN({ "to", "DENK9999999", 0 }, { "pin", PIN, 0 }, { "to-pin", PIN, 0 }), ST_CARD_GONE);
	assert_int_equal(pin_tries(p, 0), 3);
	assert_int_equal(pin_tries(p, 1), 3);
	assert_int_equal(place_count(p, 1, FID_KEY), 0);
	assert_int_equal(backups_in(p, &backups), 0);
}

static void a_wrong_pin_costs_one_try_of_its_own_device(void **state)
{
	struct place *p = *state;
	struct backup_row *backups = NULL;
	struct fault f = { 0 };
	struct run *r;

	fill(p);
	assert_int_equal(place_do(p, "clone", 0,
				  GIVEN({ "to", place_serial(p, 1), 0 }, { "pin", PIN, 0 }, { "to-pin", PIN, 0 }), &r, &f),
			 ST_PIN_WRONG);
	assert_non_null(strstr(f.what, place_serial(p, 1)));
	run_free(r);
	assert_int_equal(pin_tries(p, 0), 3);
	assert_int_equal(pin_tries(p, 1), 2);
	place_expect(p, "clone", 0,
		     GIVEN({ "to", place_serial(p, 1), 0 }, { "pin", "111111", 0 }, { "to-pin", OTHER_PIN, 0 }), ST_PIN_WRONG);
	assert_int_equal(pin_tries(p, 0), 2);
	assert_int_equal(pin_tries(p, 1), 3);
	assert_int_equal(backups_in(p, &backups), 0);
	/* The last one is only spent by who says the serial for it, and that of this very device. */
	place_expect(p, "clone", 0,
		     GIVEN({ "to", place_serial(p, 1), 0 }, { "pin", "111111", 0 }, { "to-pin", OTHER_PIN, 0 }), ST_PIN_WRONG);
	place_expect(p, "clone", 0, GIVEN(TO(p)), ST_REFUSED);
	p->env.confirm = place_serial(p, 1);
	place_expect(p, "clone", 0, GIVEN(TO(p)), ST_REFUSED);
	assert_int_equal(pin_tries(p, 0), 1);
	p->env.confirm = place_serial(p, 0);
	place_expect(p, "clone", 0, GIVEN(TO(p)), ST_OK);
	expect_all(p);
}

static const struct key_result *row_of(struct run *r, const char *label)
{
	size_t n;
	const struct key_result *rows = run_keys(r, &n);

	for (size_t i = 0; i < n; i++) {
		if (strcmp(rows[i].label, label) == 0)
			return &rows[i];
	}
	fail_msg("no row for %s", label);
	return NULL;
}

static void what_is_in_the_way_is_named_and_the_others_go_on(void **state)
{
	struct place *p = *state;
	struct fault f = { 0 };
	struct run *r;

	fill(p);
	place_expect(p, "key new", 1,
		     GIVEN({ "type", "ec:secp256r1", 0 }, { "label", "another", 0 }, { "id", "0a", 0 }, { "pin", OTHER_PIN, 0 }),
		     ST_OK);
	put(p, 1, OTHER_PIN, FID_PUBLIC_DATA, 0, "notes", "other words", 11);
	put(p, 1, OTHER_PIN, FID_CA_CERT, 4, "Somebody", other_der, sizeof(other_der) - 1);
	put(p, 1, OTHER_PIN, FID_PUBLIC_DATA, 7, "in the way", "x", 1);
	must(place_do(p, "clone", 0, GIVEN(TO(p)), &r, &f));
	assert_int_equal(run_keys_failed(r), 2);
	assert_int_equal(row_of(r, "Root CA")->fault.st, ST_DUPLICATE);
	assert_non_null(strstr(row_of(r, "Root CA")->fault.what, "\"another\""));
	assert_int_equal(row_of(r, "notes")->fault.st, ST_DUPLICATE);
	run_free(r);
	assert_int_equal(place_count(p, 1, FID_KEY), 3);
	assert_int_equal(has(p, 1, OTHER_PIN, OBJECT_KEY, "Root CA", NULL, 0), 0);
	assert_int_equal(has(p, 1, OTHER_PIN, OBJECT_KEY, "another", NULL, 0), 1);
	assert_int_equal(has(p, 1, OTHER_PIN, OBJECT_DATA, "notes", "other words", 11), 1);
	assert_int_equal(has(p, 1, OTHER_PIN, OBJECT_DATA, "in the way", "x", 1), 1);
	/* Their numbers are taken there: they got others, and their descriptions say so. */
	assert_int_equal(has(p, 1, OTHER_PIN, OBJECT_CERTIFICATE, "Partner CA", der, sizeof(der) - 1), 1);
	assert_int_equal(has(p, 1, OTHER_PIN, OBJECT_CERTIFICATE, "Somebody", other_der, sizeof(other_der) - 1), 1);
	assert_int_equal(has(p, 1, OTHER_PIN, OBJECT_DATA, "wallet", secret_data, sizeof(secret_data) - 1), 1);
}

static void a_key_that_cannot_be_wrapped_is_named_and_the_others_go_on(void **state)
{
	struct place *p = *state;
	const struct keygen_params forbids = {
		.algorithm = KEY_EC, .curve = curve_by_name("secp256r1"), .bits = 256, .algorithms = { CARD_ECDSA },
		.n_algorithms = 1, .domain = KEY_NO_DOMAIN,
	};
	SECRET *pin = secret_new(16);
	struct fault f = { 0 };
	struct pubkey key;
	struct run *r;
	size_t n;

	place_init(p, 0, 1, 0x10);
	place_init(p, 1, 1, 0x10);
	place_make_key(p, 0, "ec:secp256r1", "first", "0a");
	assert_true(secret_set(pin, PIN, strlen(PIN)));
	{
		CLEANUP(card_close_guard) struct card *c = place_card(p, 0);
		CARD_SESSION *held = NULL;

		must(card_begin(c, &held, &f));
		must(card_login(c, pin, &f));
		must(card_generate(c, 2, &forbids, &key, NULL, &f));
	}
	must(place_do(p, "clone", 0, GIVEN({ "to", place_serial(p, 1), 0 }, { "pin", PIN, 0 }, { "to-pin", PIN, 0 }), &r, &f));
	assert_int_equal(run_keys_failed(r), 1);
	assert_int_equal(run_keys(r, &n)[1].fault.st, ST_NOT_ALLOWED);
	assert_int_equal(n, 2);
	run_free(r);
	assert_int_equal(place_count(p, 1, FID_KEY), 1);
}

/* Somebody at a terminal sees before the PINs what will be done. */
/* sc-hsm-tool could not read a backup with it in it. */
static void a_certificate_too_large_for_a_backup_goes_along_all_the_same(void **state)
{
	struct place *p = *state;
	char *name = calloc(1, 20001), files[8][200];
	const struct key_result *rows;
	struct backup_row *backups = NULL;
	struct fault f = { 0 };
	struct run *r;
	BUF file = { 0 };
	size_t n;

	memset(name, 'x', 20000);
	fill(p);
	place_expect(p, "cert import", 0,
		     GIVEN({ "id", "0a", 0 }, { "file", cert_for(p, 1, name, "20460101000000Z"), 0 }, { "pin", PIN, 0 }), ST_OK);
	free(name);
	must(place_do(p, "backup", 0, ALL(p), &r, &f));
	rows = run_keys(r, &n);
	assert_int_equal(n, 3);
	assert_int_equal(run_keys_failed(r), 0);
	assert_non_null(strstr(rows[0].remark, "left out"));
	assert_string_equal(rows[2].remark, "");
	must(file_read(rows[0].file, WRAPPED_MAX, &file, &f));
	assert_in_range(file.n, 363, WRAPPED_COMMON);
	run_free(r);
	assert_int_equal(files_in(p->out, files), 3);
	must(place_do(p, "clone", 0, GIVEN(TO(p)), &r, &f));
	assert_int_equal(run_keys_failed(r), 0);
	run_free(r);
	expect_all(p);
	assert_int_equal(place_count(p, 1, FID_KEY_CERT), 2);
	assert_int_equal(backups_in(p, &backups), 6);
	assert_int_equal(backups[2].proof, PROOF_RESTORED);
	free(backups);
	CLEANUP(card_close_guard) struct card *c = place_card(p, 1);
	CARD_SESSION *held = NULL;
	OBJECTS list = { 0 };
	must(card_begin(c, &held, &f));
	must(card_objects(c, WANT_ALL, &list, &f));
	assert_string_equal(list.o[0].label, "Root CA");
	assert_non_null(list.o[0].cert);
	assert_in_range(list.o[0].content.n, 20000, 21000);
}

static void the_review_says_what_is_there_and_what_is_not(void **state)
{
	struct place *p = *state;
	PROSE said = { 0 }, end = { 0 };
	struct fault f = { 0 };
	struct run *r;
	unsigned there = 0, keys = 0;
	const char *bad;

	fill(p);
	place_expect(p, "clone", 0, GIVEN(TO(p)), ST_OK);
	place_make_key(p, 0, "ec:secp256r1", "new", "0d");
	import(p, cert_for(p, 1, "of Root CA", "20460101000000Z"), ST_OK);
	p->env.script = false;
	r = place_run_new(p, "clone", 0, GIVEN(TO(p)));
	while (run_phase(r) == RUN_ASKING) {
		must(run_next(r, &bad, &f));
		run_wait(r, NULL, NULL);
	}
	assert_int_equal(run_phase(r), RUN_REVIEW);
	procedure_find("clone")->review(r, &said);
	for (size_t i = 0; i < said.n; i++) {
		there += strstr(said.p[i].text, "there already") != NULL;
		keys += strstr(said.p[i].text, "The key \"new\"") != NULL;
	}
	assert_int_equal(there, 2);   /* the secret key is not known before somebody logs in */
	assert_int_equal(keys, 1);
	assert_true(says(&said, PROSE_WARNING, "It has no certificate there"));
	must(run_start(r, &f));
	run_wait(r, NULL, NULL);
	procedure_find("clone")->outcome(r, &end);
	assert_true(says(&end, PROSE_WARNING, "It has no certificate there"));
	assert_true(says(&end, PROSE_DONE, "But for what is named above"));
	run_free(r);
}

static void leave_one_try(struct place *p, size_t i)
{
	CLEANUP(card_close_guard) struct card *c = place_card(p, i);
	CARD_SESSION *held = NULL;
	SECRET *pin = secret_new(16);
	struct fault f = { 0 };

	assert_true(secret_set(pin, "000000", 6));
	must(card_begin(c, &held, &f));
	for (int k = 0; k < 2; k++)
		assert_int_equal(card_login(c, pin, &f), ST_PIN_WRONG);
}

/* One serial is typed, and would stand for both. */
static void of_two_last_tries_none_is_spent(void **state)
{
	struct place *p = *state;

	fill(p);
	leave_one_try(p, 0);
	leave_one_try(p, 1);
	for (size_t i = 0; i < 2; i++) {
		p->env.confirm = place_serial(p, i);
		place_expect(p, "clone", 0, GIVEN(TO(p)), ST_REFUSED);
	}
	assert_int_equal(pin_tries(p, 0), 1);
	assert_int_equal(pin_tries(p, 1), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(of_two_last_tries_none_is_spent),
		TEST(everything_is_on_the_other_device_and_proven),
		TEST(what_is_there_is_left_alone_the_second_time),
		TEST(nothing_begins_where_the_dkeks_differ),
		TEST(a_wrong_pin_costs_one_try_of_its_own_device),
		TEST(what_is_in_the_way_is_named_and_the_others_go_on),
		TEST(a_key_that_cannot_be_wrapped_is_named_and_the_others_go_on),
		TEST(a_certificate_too_large_for_a_backup_goes_along_all_the_same),
		TEST(the_review_says_what_is_there_and_what_is_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
