/* Importing and checking shares that are wrong, damaged, or in already. */
#include "tests/faults/scene.h"

#include "store/dkek.h"

static enum status import(struct scene *c, size_t card, const char *file, const char *password, struct run **ret_run,
			  struct fault *f)
{
	const struct given given[] = { { "file", 0, file, true }, { "password", 0, password, false }, { 0 } };

	c->s.unconfirmed = true;
	return stage_run(&c->s, &procedure_share_import, stage_serial(&c->s, card), given, ret_run, f);
}

/* At a terminal, or in a script; with --confirm, or else the serial is typed after the review. */
static enum status insist(struct scene *c, bool script, bool confirm, struct run **ret_run, struct fault *f)
{
	const struct given given[] = { { "file", 0, "a.pbe", true }, { "password", 0, "password", false }, { 0 } };
	enum status st;

	c->s.env.script = script;
	c->s.unconfirmed = !confirm;
	c->s.typed = !confirm;
	st = stage_run(&c->s, &procedure_share_import, stage_serial(&c->s, 0), given, ret_run, f);
	c->s.typed = false;
	c->s.env.script = true;
	return st;
}

/* By a program that the journal does not hear of; the share that it imports is a.pbe's like, or a stranger's. */
static void initialised_by_another(struct scene *c, unsigned shares, const struct secret *imported)
{
	SECRET *so = secret_new(PIN_SO_LEN), *typed = secret_new(PIN_SO_DIGITS), *pin = secret_new(16);
	const struct init_params params = {
		.so = so, .pin = pin, .tries = 3, .options = OPTION_UNBLOCK, .dkek_shares = (int)shares,
	};
	struct dkek_status dkek;
	struct card *card;
	struct fault f;

	assert_true(secret_set(typed, NEW_SO, PIN_SO_DIGITS) && secret_set(pin, PIN, strlen(PIN)));
	must(pin_check_so(typed, so, &f));
	card = stage_talk(&c->s, 0);
	{
		CARD_SESSION *held = NULL;

		must(card_begin(card, &held, &f));
		must(card_initialise(card, &params, &f));
		if (imported != NULL)
			must(card_import_share(card, 0, imported, &dkek, &f));
	}
	card_close(card);
}

static const struct given fresh_with_two[] = {
	{ "so-pin", 0, NULL, false }, { "shares", 0, "2", false }, { 0 },
};

static const struct given fresh_with_both[] = {
	{ "so-pin", 0, NULL, false },     { "shares", 0, "2", false }, { "share", 1, "b.pbe", true },
	{ "password", 1, "password", false }, { 0 },
};

/* A device that has a.pbe, and waits for one more. */
static void raise_waiting(struct scene *c)
{
	struct fault f;

	raise_scene(c, 1, NULL);
	make_share(c, "a.pbe");
	make_share(c, "b.pbe");
	make_share(c, "other.pbe");
	must(initialise(c, fresh_with_two, NULL, &f));
}

static unsigned missing(struct scene *c)
{
	struct card_info info;
	size_t n;

	look(c, 0, &info, &n);
	return info.dkek.missing;
}

static void a_share_that_cannot_be_opened_is_not_imported(void **state)
{
	struct scene c;
	BUF bytes = { 0 };
	struct fault f;

	(void)state;
	raise_waiting(&c);
	must(file_read(stage_file(&c.s, "b.pbe"), 100, &bytes, &f));
	must(file_write_new(stage_file(&c.s, "cut.pbe"), cur_of(bytes.p, 63), &f));
	buf_u8(&bytes, 0);
	must(file_write_new(stage_file(&c.s, "long.pbe"), buf_view(&bytes), &f));
	assert_int_equal(import(&c, 0, "b.pbe", "passw0rd", NULL, &f), ST_PASSWORD_WRONG);
	assert_non_null(strstr(f.what, "b.pbe"));
	assert_int_equal(import(&c, 0, "cut.pbe", "password", NULL, &f), ST_DAMAGED);
	assert_int_equal(import(&c, 0, "long.pbe", "password", NULL, &f), ST_DAMAGED);
	assert_int_equal(import(&c, 0, "none.pbe", "password", NULL, &f), ST_NOT_FOUND);
	assert_int_equal(missing(&c), 1);
	strike_scene(&c);
}

static void a_share_goes_in_once(void **state)
{
	struct scene c;
	struct fault f;

	(void)state;
	raise_waiting(&c);
	assert_int_equal(import(&c, 0, "a.pbe", "password", NULL, &f), ST_REFUSED);
	assert_non_null(strstr(f.what, "already"));
	assert_int_equal(missing(&c), 1);
	must(import(&c, 0, "b.pbe", "password", NULL, &f));
	assert_int_equal(missing(&c), 0);
	assert_int_equal(import(&c, 0, "other.pbe", "password", NULL, &f), ST_REFUSED);
	strike_scene(&c);
}

/* The journal does not hear of what another program does. */
static void a_share_is_taken_by_a_device_that_another_program_has_initialised_since(void **state)
{
	struct scene c;
	struct fault f;

	(void)state;
	raise_waiting(&c);
	initialised_by_another(&c, 2, NULL);
	must(import(&c, 0, "a.pbe", "password", NULL, &f));
	assert_int_equal(missing(&c), 1);
	assert_int_equal(import(&c, 0, "a.pbe", "password", NULL, &f), ST_REFUSED);
	strike_scene(&c);
}

/* It has imported a share itself, and how many there are to be or are in says that the journal is of another time. */
static void a_journal_of_another_time_refuses_nothing(void **state)
{
	SECRET *theirs = secret_new(32);
	struct scene c;
	struct run *r = NULL;
	struct fault f;

	(void)state;
	memset(secret_bytes(theirs), 0x5a, 32);
	assert_true(secret_set_len(theirs, 32));
	raise_waiting(&c);
	initialised_by_another(&c, 3, theirs);
	must(import(&c, 0, "a.pbe", "password", &r, &f));
	assert_true(says(r, procedure_share_import.review, "a.pbe"));
	assert_null(procedure_share_import.confirm(r));
	run_free(r);
	assert_int_equal(missing(&c), 1);
	must(import(&c, 0, "b.pbe", "password", NULL, &f));
	/* Both were in, by the journal; one is, by the device. */
	initialised_by_another(&c, 3, theirs);
	must(import(&c, 0, "b.pbe", "password", NULL, &f));
	must(import(&c, 0, "a.pbe", "password", NULL, &f));
	assert_int_equal(missing(&c), 0);
	strike_scene(&c);
}

/* As many as we had imported, another one: nothing but the person knows. */
static void who_knows_better_than_the_journal_types_the_serial(void **state)
{
	SECRET *theirs = secret_new(32);
	struct scene c;
	struct run *r = NULL;
	struct fault f;

	(void)state;
	memset(secret_bytes(theirs), 0x5a, 32);
	assert_true(secret_set_len(theirs, 32));
	raise_waiting(&c);
	initialised_by_another(&c, 2, theirs);
	assert_int_equal(import(&c, 0, "a.pbe", "password", NULL, &f), ST_REFUSED);
	assert_non_null(strstr(f.what, "already"));
	/* A script cannot: it may be one that repeats a run, and gives --confirm with everything. Nor can a person in advance. */
	assert_int_equal(insist(&c, true, true, NULL, &f), ST_REFUSED);
	assert_int_equal(insist(&c, false, true, NULL, &f), ST_REFUSED);
	assert_int_equal(missing(&c), 1);
	must(insist(&c, false, false, &r, &f));
	assert_true(says(r, procedure_share_import.review, "By the journal this share is in"));
	assert_string_equal(procedure_share_import.confirm(r), stage_serial(&c.s, 0));
	run_free(r);
	assert_int_equal(missing(&c), 0);
	strike_scene(&c);
}

/* Of a run that was interrupted, where there is one. */
static bool page_says(struct scene *c, const char *words)
{
	struct run_record *rows = NULL;
	struct run *r = NULL;
	PROSE p = { 0 };
	bool found = false;
	unsigned index;
	size_t n = 0;
	struct fault f;

	c->s.env.script = false;
	must(store_open_runs(c->s.store, stage_serial(&c->s, 0), &rows, &n, &f));
	if (n > 0) {
		must(run_resume(&procedure_share_import, &c->s.env, &rows[0], &r, &f));
	} else {
		must(run_new(&procedure_share_import, &c->s.env, &r, &f));
		must(run_set_device(r, stage_serial(&c->s, 0), NULL, &f));
	}
	run_records_free(rows, n);
	run_wait(r, NULL, NULL);
	run_page(r, &index)->text(r, index, &p);
	for (size_t i = 0; i < p.n; i++)
		found |= strstr(p.p[i].text, words) != NULL;
	run_free(r);
	c->s.env.script = true;
	return found;
}

static void the_page_says_how_many_are_missing_and_which_are_in(void **state)
{
	SECRET *theirs = secret_new(32);
	struct scene c;

	(void)state;
	memset(secret_bytes(theirs), 0x5a, 32);
	assert_true(secret_set_len(theirs, 32));
	raise_waiting(&c);
	assert_true(page_says(&c, "waits for 1 of 2 DKEK shares"));
	assert_true(page_says(&c, "In already: the share with the check value "));
	assert_false(page_says(&c, "not imported here"));
	initialised_by_another(&c, 3, theirs);
	assert_true(page_says(&c, "waits for 2 of 3 DKEK shares"));
	assert_true(page_says(&c, "Another program has initialised"));
	assert_false(page_says(&c, "In already"));
	strike_scene(&c);
}

/* The last one, whose answer did not come: it is in, and nothing is missing any more. */
static void a_last_share_that_arrived_unseen_is_told_so(void **state)
{
	struct scene c;
	struct run *r = NULL;
	char spec[16];
	struct fault f;

	(void)state;
	raise_waiting(&c);
	for (unsigned at = 1; missing(&c) > 0; at++) {
		(void)snprintf(spec, sizeof(spec), "lost@%u", at);
		must(sim_card_set_fault(stage_card(&c.s, 0), spec, &f));
		assert_int_not_equal(import(&c, 0, "b.pbe", "password", NULL, &f), ST_OK);
		must(sim_card_set_fault(stage_card(&c.s, 0), NULL, &f));
		stage_close(&c.s);
		stage_open(&c.s, c.dir, 1, NULL);
	}
	assert_true(page_says(&c, "whether it arrived"));
	assert_false(page_says(&c, "waits for 0 of 2"));
	assert_false(page_says(&c, "not imported here"));
	must(import(&c, 0, "b.pbe", "password", &r, &f));
	assert_true(says(r, procedure_share_import.review, "nothing is imported"));
	assert_false(says(r, procedure_share_import.review, "4294967295"));
	run_free(r);
	strike_scene(&c);
}

static void a_device_without_a_dkek_takes_no_share(void **state)
{
	struct scene c;
	struct fault f;

	(void)state;
	raise_used(&c);
	assert_int_equal(import(&c, 0, "a.pbe", "password", NULL, &f), ST_NO_DKEK);
	strike_scene(&c);
}

/* The first device makes the DKEK known; the second gets the same shares, or not. */
static void raise_two(struct scene *c)
{
	struct fault f;

	raise_scene(c, 2, NULL);
	make_share(c, "a.pbe");
	make_share(c, "b.pbe");
	make_share(c, "other.pbe");
	must(initialise(c, fresh_with_both, NULL, &f));
}

static void second_waits_for_one(struct scene *c)
{
	const struct given given[] = {
		{ "shares", 0, "2", false }, { "share", 0, "a.pbe", true }, { "password", 0, "password", false },
		{ "new-so-pin", 0, NEW_SO, false }, { "new-pin", 0, PIN, false }, { "label", 0, "second", false }, { 0 },
	};
	struct fault f;

	must(stage_run(&c->s, &procedure_init, stage_serial(&c->s, 1), given, NULL, &f));
}

static void the_last_share_makes_what_the_inventory_expects(void **state)
{
	struct scene c;
	struct card_info first, second;
	struct run *r = NULL;
	size_t n;
	struct fault f;

	(void)state;
	raise_two(&c);
	second_waits_for_one(&c);
	must(import(&c, 1, "b.pbe", "password", &r, &f));
	assert_false(says(r, procedure_share_import.review, "belongs to a DKEK"));
	assert_true(says(r, procedure_share_import.outcome, "expected"));
	run_free(r);
	look(&c, 0, &first, &n);
	look(&c, 1, &second, &n);
	assert_memory_equal(first.dkek.kcv, second.dkek.kcv, KCV_LEN);
	strike_scene(&c);
}

static void a_share_of_another_dkek_is_warned_about_and_is_a_mismatch(void **state)
{
	struct scene c;
	struct run *r = NULL;
	struct fault f;

	(void)state;
	raise_two(&c);
	second_waits_for_one(&c);
	assert_int_equal(import(&c, 1, "other.pbe", "password", &r, &f), ST_MISMATCH);
	assert_true(says(r, procedure_share_import.review, "belongs to a DKEK"));
	run_free(r);
	strike_scene(&c);
}

static void shares_that_were_checked_are_known_and_dated(void **state)
{
	static const struct given both[] = {
		{ "file", 0, "a.pbe", true }, { "file", 1, "b.pbe", true }, { "password", 0, "password", false },
		{ "password", 1, "password", false }, { 0 },
	};
	static const struct given second_is_wrong[] = {
		{ "file", 0, "a.pbe", true }, { "file", 1, "b.pbe", true }, { "password", 0, "password", false },
		{ "password", 1, "wrong one", false }, { 0 },
	};
	struct scene c;
	struct share_row *rows = NULL;
	struct run *r = NULL;
	size_t n = 0;
	struct fault f;

	(void)state;
	raise_two(&c);
	must(stage_run(&c.s, &procedure_share_check, NULL, both, &r, &f));
	assert_true(says(r, procedure_share_check.outcome, "Devices that have it: 1"));
	run_free(r);
	must(store_shares(c.s.store, NULL, (struct store_page){ 0 }, &rows, &n, &f));
	assert_int_equal(n, 3);
	for (size_t i = 0; i < n; i++)
		assert_true(rows[i].has_kcv && rows[i].checked_at > 0 && rows[i].made_at > 0);
	free(rows);
	assert_int_equal(stage_run(&c.s, &procedure_share_check, NULL, second_is_wrong, NULL, &f), ST_PASSWORD_WRONG);
	assert_non_null(strstr(f.what, "b.pbe"));
	strike_scene(&c);
}

static void a_share_is_never_written_over_a_file(void **state)
{
	static const struct given given[] = { { "file", 0, "a.pbe", true }, { "new-password", 0, "password", false }, { 0 } };
	static const struct given weak[] = { { "file", 0, "new.pbe", true }, { "new-password", 0, "short", false }, { 0 } };
	struct scene c;
	struct fault f;

	(void)state;
	raise_scene(&c, 1, NULL);
	assert_int_equal(symlink("nowhere", stage_file(&c.s, "a.pbe")), 0);
	assert_int_equal(stage_run(&c.s, &procedure_share_new, NULL, given, NULL, &f), ST_FILE_EXISTS);
	assert_int_equal(stage_run(&c.s, &procedure_share_new, NULL, weak, NULL, &f), ST_BAD_FORM);
	assert_int_not_equal(access(stage_file(&c.s, "nowhere"), F_OK), 0);
	assert_int_not_equal(access(stage_file(&c.s, "new.pbe"), F_OK), 0);
	strike_scene(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_share_that_cannot_be_opened_is_not_imported),
		cmocka_unit_test(a_share_goes_in_once),
		cmocka_unit_test(a_share_is_taken_by_a_device_that_another_program_has_initialised_since),
		cmocka_unit_test(a_journal_of_another_time_refuses_nothing),
		cmocka_unit_test(the_page_says_how_many_are_missing_and_which_are_in),
		cmocka_unit_test(who_knows_better_than_the_journal_types_the_serial),
		cmocka_unit_test(a_last_share_that_arrived_unseen_is_told_so),
		cmocka_unit_test(a_device_without_a_dkek_takes_no_share),
		cmocka_unit_test(the_last_share_makes_what_the_inventory_expects),
		cmocka_unit_test(a_share_of_another_dkek_is_warned_about_and_is_a_mismatch),
		cmocka_unit_test(shares_that_were_checked_are_known_and_dated),
		cmocka_unit_test(a_share_is_never_written_over_a_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
