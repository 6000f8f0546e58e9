/* key new and key export on simulated cards. */
#include "tests/unit/procs_help.h"

#include "engine/card/pin.h"
#include "tui/wizard/procedures.h"

static void a_new_key_is_described_and_recorded(void **state)
{
	struct place *p = *state;
	struct object_filter filter = { .device = place_serial(p, 0) };
	struct object_row *rows = NULL;
	const struct key_result *k;
	struct run *r;
	struct fault f = { 0 };
	size_t n = 0;

	place_init(p, 0, 1, 0x10);
	must(place_do(p, "key new", 0,
		      GIVEN({ "type", "ec:P-256", 0 }, { "label", "Root CA 2026", 0 }, { "pin", PIN, 0 }), &r, &f));
	k = run_key(r);
	assert_non_null(k);
	assert_string_equal(k->label, "Root CA 2026");
	assert_string_equal(k->kind, "P-256");
	assert_string_equal(k->curve, "secp256r1");
	assert_int_equal(k->key_ref, 1);
	assert_int_equal(strlen(k->id), 40);
	must(store_objects(p->store, &filter, &rows, &n, &f));
	assert_int_equal(n, 1);
	assert_string_equal(rows[0].label, "Root CA 2026");
	assert_int_equal(rows[0].key.len, STORE_SPKI_LEN);
	free(rows);
	run_free(r);
	assert_int_equal(place_count(p, 0, FID_KEY), 1);
	assert_int_equal(place_count(p, 0, FID_KEY_DESCRIPTION), 1);
}

static void every_type_can_be_made(void **state)
{
	static const char *const types[] = { "rsa:2048",     "ec:secp384r1", "ec:brainpoolP256r1",
					     "ec:secp521r1", "aes:128",      "aes:256" };
	struct place *p = *state;

	place_init(p, 0, 1, 0x10);
	for (size_t i = 0; i < N(types); i++) {
		char label[16];

		snprintf(label, sizeof(label), "key %zu", i);
		place_make_key(p, 0, types[i], label, NULL);
	}
	assert_int_equal(place_count(p, 0, FID_KEY), N(types));
}

static unsigned long apdus_of_key(struct place *p, const char *type, const char *id)
{
	struct fault f = { 0 };
	unsigned long before;
	struct run *r = place_run_new(p, "key new", 0,
				      GIVEN({ "type", type, 0 }, { "label", "one more", 0 }, { "id", id, 0 },
					    { "pin", PIN, 0 }));

	before = sim_card_apdus(place_sim(p, 0));
	must(place_go(p, r, &f));
	run_free(r);
	return sim_card_apdus(place_sim(p, 0)) - before;
}

static void a_key_costs_ten_apdus_however_full_the_card_is(void **state)
{
	struct place *p = *state;
	unsigned long cost;

	place_init(p, 0, 1, 0x10);
	for (unsigned i = 0; i < 8; i++) {
		char label[16], id[8];

		snprintf(label, sizeof(label), "key %u", i);
		snprintf(id, sizeof(id), "%02x", 0x20 + i);
		place_make_key(p, 0, "ec:secp256r1", label, id);
	}
	cost = apdus_of_key(p, "ec:secp256r1", NULL);
	assert_in_range(cost, 1, 10);
	assert_int_equal(apdus_of_key(p, "ec:secp256r1", "77"), cost + 9);
	assert_in_range(apdus_of_key(p, "aes:256", NULL), 1, 11);
}

static void an_id_that_is_taken_is_refused(void **state)
{
	struct place *p = *state;

	place_init(p, 0, 1, 0x10);
	place_make_key(p, 0, "ec:secp256r1", "first", "0a0b");
	place_expect(p, "key new", 0,
		     GIVEN({ "type", "ec:secp256r1", 0 }, { "label", "second", 0 }, { "id", "0A0B", 0 },
			   { "pin", PIN, 0 }),
		     ST_DUPLICATE);
	assert_int_equal(place_count(p, 0, FID_KEY), 1);
}

static void what_cannot_be_is_said_before_the_card_is_asked(void **state)
{
	static const struct {
		const char *type, *label, *id, *uses, *pin;
		enum status st;
	} bad[] = {
		{ "rsa:512", "l", NULL, NULL, PIN, ST_BAD_FORM },
		{ "ec:nonsense", "l", NULL, NULL, PIN, ST_BAD_FORM },
		{ "aes:512", "l", NULL, NULL, PIN, ST_BAD_FORM },
		{ "ec:secp256r1", "", NULL, NULL, PIN, ST_USAGE },
		{ "ec:secp256r1", "bad \xff label", NULL, NULL, PIN, ST_BAD_FORM },
		{ "ec:secp256r1", "esc \x1b[2J", NULL, NULL, PIN, ST_BAD_FORM },
		{ "ec:secp256r1", "l", "0g", NULL, PIN, ST_BAD_FORM },
		{ "ec:secp256r1", "l", "abc", NULL, PIN, ST_BAD_FORM },
		{ "ec:secp256r1", "l", NULL, "0", PIN, ST_BAD_FORM },
		{ "ec:secp256r1", "l", NULL, NULL, "12345", ST_BAD_FORM },
		{ "ec:secp256r1", "l", NULL, NULL, "12345678901234567", ST_BAD_FORM },
		{ "ec:secp256r1", "l", NULL, NULL, "", ST_NEED_SECRET },
	};
	struct place *p = *state;

	place_init(p, 0, 1, 0x10);
	for (size_t i = 0; i < N(bad); i++) {
		struct run *r = place_run_new(p, "key new", 0,
					      GIVEN({ "type", bad[i].type, 0 }, { "label", bad[i].label, 0 },
						    { "id", bad[i].id, 0 }, { "use-counter", bad[i].uses, 0 }));
		const unsigned long before = sim_card_apdus(place_sim(p, 0));
		struct secret *pin = run_secret(r, "pin", 0);
		struct fault f = { 0 };
		enum status st = ST_BAD_FORM;

		/* Seventeen bytes do not even fit. */
		if (secret_set(pin, bad[i].pin, strlen(bad[i].pin)))
			st = place_go(p, r, &f);
		if (st != bad[i].st)
			fail_msg("row %zu: %s, not %s: %s", i, status_name(st), status_name(bad[i].st), f.what);
		assert_int_equal(sim_card_apdus(place_sim(p, 0)), before);
		run_free(r);
	}
}

static void a_wrong_pin_names_the_tries_left_and_is_not_repeated(void **state)
{
	struct place *p = *state;
	struct fault f = { 0 };

	place_init(p, 0, 1, 0x10);
	assert_int_equal(place_do(p, "key new", 0,
				  GIVEN({ "type", "ec:secp256r1", 0 }, { "label", "l", 0 }, { "pin", "000000", 0 }),
				  NULL, &f),
			 ST_PIN_WRONG);
	assert_int_equal(f.tries_left, 2);
	assert_non_null(strstr(f.what, "2"));
}

static void the_last_try_needs_a_confirmation(void **state)
{
	const struct given *wrong = GIVEN({ "type", "ec:secp256r1", 0 }, { "label", "l", 0 }, { "pin", "000000", 0 });
	const struct given *right = GIVEN({ "type", "ec:secp256r1", 0 }, { "label", "l", 0 }, { "pin", PIN, 0 });
	struct place *p = *state;
	unsigned long verifies;

	place_init(p, 0, 1, 0x10);
	place_expect(p, "key new", 0, wrong, ST_PIN_WRONG);
	place_expect(p, "key new", 0, wrong, ST_PIN_WRONG);
	place_expect(p, "key new", 0, right, ST_REFUSED);
	p->env.confirm = "DENK0000000";
	place_expect(p, "key new", 0, right, ST_REFUSED);
	p->env.confirm = place_serial(p, 0);
	place_expect(p, "key new", 0, wrong, ST_PIN_BLOCKED);
	verifies = sim_card_apdus_of(place_sim(p, 0), 0x20);
	place_expect(p, "key new", 0, right, ST_PIN_BLOCKED);
	/* Only the status was asked for: a blocked PIN is not sent. */
	assert_int_equal(sim_card_apdus_of(place_sim(p, 0), 0x20), verifies + 1);
}

static void a_device_without_its_shares_makes_no_key(void **state)
{
	struct place *p = *state;

	place_init_with(p, 0, 2, 1, 0x10, OPTION_UNBLOCK, PIN);
	place_expect(p, "key new", 0, GIVEN({ "type", "ec:secp256r1", 0 }, { "label", "l", 0 }, { "pin", PIN, 0 }),
		     ST_DKEK_INCOMPLETE);
	assert_int_equal(place_count(p, 0, FID_KEY), 0);
}

static void a_device_that_was_never_initialised_is_said_so(void **state)
{
	place_expect(*state, "key new", 0, GIVEN({ "type", "ec:secp256r1", 0 }, { "label", "l", 0 }, { "pin", PIN, 0 }),
		     ST_NOT_INITIALISED);
}

static void a_person_is_told_before_the_pin_that_nobody_can_log_in(void **state)
{
	struct place *p = *state;
	struct fault f = { 0 };
	const char *bad;
	struct run *r;

	p->env.script = false;
	r = place_run_new(p, "key new", 0, GIVEN({ "type", "ec:secp256r1", 0 }, { "label", "l", 0 }));
	must(run_next(r, &bad, &f));
	run_wait(r, NULL, NULL);
	assert_int_equal(run_fault(r)->st, ST_NOT_INITIALISED);
	assert_int_equal(run_phase(r), RUN_ASKING);
	run_free(r);
}

static bool says(const struct prose *t, enum prose_role role, const char *words)
{
	for (size_t i = 0; i < t->n; i++) {
		if (t->p[i].role == role && strstr(t->p[i].text, words) != NULL)
			return true;
	}
	return false;
}

static void a_key_that_can_never_be_backed_up_is_warned_of(void **state)
{
	struct place *p = *state;
	struct fault f = { 0 };
	PROSE before = { 0 };
	PROSE after = { 0 };
	struct run *r;

	place_init(p, 0, INIT_NO_DKEK, 0);
	p->env.script = false;
	r = place_run_new(p, "key new", 0,
			  GIVEN({ "type", "ec:secp256r1", 0 }, { "label", "l", 0 }, { "pin", PIN, 0 }));
	while (run_phase(r) != RUN_REVIEW) {
		const char *bad;

		must(run_next(r, &bad, &f));
		run_wait(r, NULL, NULL);
		assert_int_equal(run_fault(r)->st, ST_OK);
	}
	run_procedure(r)->review(r, &before);
	assert_true(says(&before, PROSE_WARNING, "cannot be backed up"));
	must(place_go(p, r, &f));
	run_procedure(r)->outcome(r, &after);
	assert_true(says(&after, PROSE_WARNING, "cannot be backed up"));
	run_free(r);
}

static void a_full_card_keeps_no_half_key(void **state)
{
	struct place small;
	struct sim_options o = { .cards = 1, .memory_kib = 3, .no_sync = true };
	struct place *p = &small;
	struct fault f = { 0 };
	enum status st = ST_OK;
	unsigned made = 0;

	(void)state;
	place_open_with(p, &o);
	place_init(p, 0, 1, 0x10);
	while (made < 40 && st == ST_OK) {
		st = place_do(p, "key new", 0,
			      GIVEN({ "type", "ec:secp256r1", 0 }, { "label", "fills the card", 0 }, { "pin", PIN, 0 }),
			      NULL, &f);
		made += st == ST_OK;
	}
	assert_int_equal(st, ST_CARD_FULL);
	assert_in_range(made, 1, 39);
	assert_int_equal(place_count(p, 0, FID_KEY), made);
	assert_int_equal(place_count(p, 0, FID_KEY_DESCRIPTION), made);
	assert_int_equal(place_count(p, 0, FID_KEY_CERT), made);
	place_close(p);
}

static void old_firmware_is_told_apart(void **state)
{
	struct place old;

	(void)state;
	place_open(&old, 1, "2.0");
	place_init(&old, 0, 1, 0x10);
	place_expect(&old, "key new", 0, GIVEN({ "type", "aes:256", 0 }, { "label", "l", 0 }, { "pin", PIN, 0 }),
		     ST_UNSUPPORTED);
	place_expect(&old, "key new", 0,
		     GIVEN({ "type", "ec:secp256r1", 0 }, { "label", "l", 0 }, { "use-counter", "5", 0 },
			   { "pin", PIN, 0 }),
		     ST_UNSUPPORTED);
	place_close(&old);
}

/* --- key export --- */

static void a_public_key_is_exported_in_three_forms(void **state)
{
	static const struct { const char *format, *begins;
	} forms[] = {
		{ "pem", "-----BEGIN PUBLIC KEY-----\n" },
		{ "der", "\x30" },
		{ "ssh", "ecdsa-sha2-nistp256 " },
		{ NULL, "-----BEGIN PUBLIC KEY-----\n" },
	};
	struct place *p = *state;
	struct fault f = { 0 };

	place_init(p, 0, 1, 0x10);
	place_make_key(p, 0, "ec:secp256r1", "key", "0a");
	for (size_t i = 0; i < N(forms); i++) {
		const unsigned long verifies = sim_card_apdus_of(place_sim(p, 0), 0x20);
		struct run *r;

		must(place_do(p, "key export", 0, GIVEN({ "id", "0a", 0 }, { "format", forms[i].format, 0 }), &r, &f));
		assert_true(run_exported(r).n > strlen(forms[i].begins));
		assert_memory_equal(run_exported(r).p, forms[i].begins, strlen(forms[i].begins));
		assert_int_equal(sim_card_apdus_of(place_sim(p, 0), 0x20), verifies);
		run_free(r);
	}
}

static void an_export_goes_to_a_new_file_only(void **state)
{
	struct place *p = *state;
	const struct given *to = GIVEN({ "id", "0a", 0 }, { "out", p->out, 0 });

	place_init(p, 0, 1, 0x10);
	place_make_key(p, 0, "ec:secp256r1", "key", "0a");
	place_expect(p, "key export", 0, to, ST_OK);
	place_expect(p, "key export", 0, to, ST_FILE_EXISTS);
}

static void a_card_that_goes_leaves_no_half_export(void **state)
{
	struct place *p = *state;
	unsigned failed = 0;

	place_init(p, 0, 1, 0x10);
	place_make_key(p, 0, "ec:secp256r1", "key", "0a");
	for (unsigned at = 0; at < 8; at++) {
		struct fault f = { 0 };
		char spec[16];
		enum status st;

		snprintf(spec, sizeof(spec), "drop@%u", at);
		jobs_free(p->jobs);
		place_start(p);
		must(sim_card_set_fault(place_sim(p, 0), spec, &f));
		st = place_do(p, "key export", 0, GIVEN({ "id", "0a", 0 }, { "out", p->out, 0 }), NULL, &f);
		assert_true(st == ST_OK || st == ST_CARD_GONE || st == ST_NO_CARD);
		assert_int_equal(access(p->out, F_OK) == 0, st == ST_OK);
		(void)unlink(p->out);
		failed += st != ST_OK;
		must(sim_card_set_fault(place_sim(p, 0), NULL, &(struct fault){ 0 }));
		sim_card_plug(place_sim(p, 0), false);
		sim_card_plug(place_sim(p, 0), true);
	}
	assert_in_range(failed, 1, 7);
}

static void a_secret_key_or_an_absent_one_is_not_exported(void **state)
{
	struct place *p = *state;

	place_init(p, 0, 1, 0x10);
	place_make_key(p, 0, "aes:256", "secret", "0a");
	place_expect(p, "key export", 0, GIVEN({ "id", "0a", 0 }), ST_UNSUPPORTED);
	place_expect(p, "key export", 0, GIVEN({ "id", "0b", 0 }), ST_NOT_FOUND);
	place_expect(p, "key export", 0, GIVEN({ "id", "xyz", 0 }), ST_BAD_FORM);
}

static void what_happened_is_in_the_journal(void **state)
{
	static const char *const want[] = { "key.new", "key.exported", "key.deleted" };
	struct place *p = *state;
	struct journal_filter filter = { .oldest_first = true };
	struct journal_row *rows = NULL;
	struct fault f = { 0 };
	size_t n = 0;

	place_init(p, 0, 1, 0x10);
	place_make_key(p, 0, "ec:secp256r1", "key", "0a");
	place_expect(p, "key export", 0, GIVEN({ "id", "0a", 0 }), ST_OK);
	place_expect(p, "key delete", 0, GIVEN({ "id", "0a", 0 }, { "pin", PIN, 0 }), ST_OK);
	must(store_journal_list(p->store, &filter, &rows, &n, &f));
	assert_int_equal(n, N(want));
	for (size_t i = 0; i < N(want); i++) {
		assert_string_equal(rows[i].what, want[i]);
		assert_string_equal(rows[i].device, place_serial(p, 0));
		assert_null(strstr(rows[i].text, PIN));
	}
	free(rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_new_key_is_described_and_recorded),
		TEST(every_type_can_be_made),
		TEST(a_key_costs_ten_apdus_however_full_the_card_is),
		TEST(an_id_that_is_taken_is_refused),
		TEST(what_cannot_be_is_said_before_the_card_is_asked),
		TEST(a_wrong_pin_names_the_tries_left_and_is_not_repeated),
		TEST(the_last_try_needs_a_confirmation),
		TEST(a_device_without_its_shares_makes_no_key),
		TEST(a_device_that_was_never_initialised_is_said_so),
		TEST(a_person_is_told_before_the_pin_that_nobody_can_log_in),
		TEST(a_key_that_can_never_be_backed_up_is_warned_of),
		TEST(a_full_card_keeps_no_half_key),
		TEST(old_firmware_is_told_apart),
		TEST(a_public_key_is_exported_in_three_forms), TEST(a_card_that_goes_leaves_no_half_export),
		TEST(an_export_goes_to_a_new_file_only),
		TEST(a_secret_key_or_an_absent_one_is_not_exported),
		TEST(what_happened_is_in_the_journal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
