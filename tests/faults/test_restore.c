/* Restoring a key to a second device that has one already: in the end it is there, proven, exactly once, beside the other. */
#include "tests/faults/keys_help.h"

#include <stdio.h>

static void back_up(struct stage *s)
{
	const struct given given[] = { { "id", 0, "01", false }, { "pin", 0, PIN, false }, { 0 } };
	const struct backup_filter filter = { 0 };
	struct backup_row *rows = NULL;
	uint8_t *data = NULL;
	size_t n = 0, len = 0;
	struct fault f;

	must(stage_run(s, &procedure_backup, stage_serial(s, 0), given, NULL, &f));
	must(store_backups(s->store, &filter, &rows, &n, &f));
	assert_int_equal(n, 1);
	must(store_backup_data(s->store, rows[0].id, &data, &len, &f));
	must(file_write_new(stage_file(s, "key.wky"), cur_of(data, len), &f));
	free(data);
	free(rows);
}

static void prepare(struct stage *s)
{
	set_up(s, 0);
	set_up(s, 1);
	make_key(s, 0, "restored", "01");
	make_key(s, 1, "was here", "02");
	back_up(s);
}

static void prepare_limited(struct stage *s)
{
	const struct given given[] = {
		{ "type", 0, "ec:secp256r1", false }, { "label", 0, "restored", false }, { "id", 0, "01", false },
		{ "use-counter", 0, "9", false }, { "pin", 0, PIN, false }, { 0 },
	};
	struct fault f;

	set_up(s, 0);
	set_up(s, 1);
	must(stage_run(s, &procedure_key_new, stage_serial(s, 0), given, NULL, &f));
	make_key(s, 1, "was here", "02");
	back_up(s);
}

static enum status drive(struct stage *s, struct fault *f)
{
	const struct given given[] = { { "file", 0, "key.wky", true }, { "pin", 0, PIN, false }, { 0 } };

	return stage_run(s, &procedure_restore, stage_serial(s, 1), given, NULL, f);
}

/* It was done, and nothing was left open: then the key is there already, and that is said. */
static size_t runs_open(struct stage *s)
{
	struct run_record *rows = NULL;
	struct fault f;
	size_t n = 0;

	must(store_open_runs(s->store, NULL, &rows, &n, &f));
	run_records_free(rows, n);
	return n;
}

static enum status take_up(struct stage *s, struct fault *f)
{
	const size_t open = runs_open(s);
	const enum status st = drive(s, f);

	return st == ST_DUPLICATE && open == 0 ? ST_OK : st;
}

static bool was_proven(struct stage *s)
{
	struct run_record *rows = NULL;
	struct fault f;
	bool proven = false;
	size_t n = 0;

	must(store_open_runs(s->store, NULL, &rows, &n, &f));
	for (size_t i = 0; i < n; i++)
		proven |= strstr(rows[i].facts, " proven") != NULL;
	run_records_free(rows, n);
	return proven;
}

/* A use that was spent for the proof is not spent a second time. */
static enum status take_up_limited(struct stage *s, struct fault *f)
{
	const bool proven = was_proven(s);
	enum status st;

	sim_card_clear_counts(stage_card(s, 1));
	st = take_up(s, f);
	if (proven)
		assert_int_equal(sim_card_apdus_of(stage_card(s, 1), 0x68), 0);
	return st;
}

static enum proof_level proof(struct stage *s)
{
	const struct backup_filter filter = { 0 };
	struct backup_row *rows = NULL;
	enum proof_level level;
	struct fault f;
	size_t n = 0;

	must(store_backups(s->store, &filter, &rows, &n, &f));
	assert_int_equal(n, 1);
	level = rows[0].proof;
	free(rows);
	return level;
}

/* Nothing that was there is lost, and a proof is not recorded before the key is whole. */
static void interrupted(struct stage *s, enum status st)
{
	(void)st;
	expect_key(s, 0, "restored");
	expect_key(s, 1, "was here");
	if (proof(s) == PROOF_RESTORED)
		expect_key(s, 1, "restored");
}

static void check(struct stage *s)
{
	static const char *const labels[] = { "restored", "was here" };

	expect_keys(s, 0, labels, 1);
	expect_keys(s, 1, labels, 2);
	assert_int_equal(proof(s), PROOF_RESTORED);
	expect_nothing_open(s);
	expect_chain(s);
}

static const struct walk walk = {
	.cards = 2, .prepare = prepare, .drive = drive, .take_up = take_up, .interrupted = interrupted, .check = check,
};

static const struct walk walk_limited = {
	.cards = 2, .prepare = prepare_limited, .drive = drive, .take_up = take_up_limited, .interrupted = interrupted, .check = check,
};

static void a_use_is_spent_once_for_a_proof_however_often_it_stops(void **state)
{
	(void)state;
	walk_vanish(&walk_limited, 1);
	walk_kill(&walk_limited);
}

static void a_key_is_restored_once_however_often_the_card_vanishes(void **state)
{
	(void)state;
	walk_vanish(&walk, 1);
}

static void a_key_is_restored_once_however_often_the_process_is_killed(void **state)
{
	(void)state;
	walk_kill(&walk);
}

static void a_key_is_restored_once_although_memory_runs_short(void **state)
{
	(void)state;
	walk_memory(&walk, 400);
}

static void no_success_is_reported_that_was_not_read_back(void **state)
{
	(void)state;
	walk_lie(&walk, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_success_is_reported_that_was_not_read_back),
		cmocka_unit_test(a_key_is_restored_once_however_often_the_card_vanishes),
		cmocka_unit_test(a_key_is_restored_once_however_often_the_process_is_killed),
		cmocka_unit_test(a_use_is_spent_once_for_a_proof_however_often_it_stops),
		cmocka_unit_test(a_key_is_restored_once_although_memory_runs_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
