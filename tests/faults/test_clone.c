/*
 * A device put onto another one: two keys, one of them secret, a certificate, and private data. However it is interrupted, in
 * the end everything is there, whole and once, beside what was there before, and nothing on either was lost.
 */
#include "tests/faults/keys_help.h"

#include <stdio.h>

#include "tests/unit/clone_help.h"
#include "tui/wizard/results.h"

static const char der[] = "\x30\x03\x02\x01\x05";
static const char wallet[] = "the words of a wallet";

static void prepare(struct stage *s)
{
	const struct given secret[] = {
		{ "type", 0, "aes:128", false }, { "label", 0, "archive", false }, { "id", 0, "02", false }, { "pin", 0, PIN, false },
		{ 0 },
	};
	struct fault f;
	struct card *c;

	set_up(s, 0);
	set_up(s, 1);
	make_key(s, 0, "Root CA", "01");
	make_key(s, 1, "was here", "03");
	must(stage_run(s, &procedure_key_new, stage_serial(s, 0), secret, NULL, &f));
	c = stage_talk(s, 0);
	put_object(c, PIN, FID_CA_CERT, 0, "Partner CA", der, sizeof(der) - 1);
	put_object(c, PIN, FID_PRIVATE_DATA, 0, "wallet", wallet, sizeof(wallet) - 1);
	card_close(c);
	c = stage_talk(s, 1);
	put_object(c, PIN, FID_PUBLIC_DATA, 0, "notes", "x", 1);
	card_close(c);
}

static enum status drive(struct stage *s, struct fault *f)
{
	const struct given given[] = {
		{ "to", 0, stage_serial(s, 1), false }, { "pin", 0, PIN, false }, { "to-pin", 0, PIN, false }, { 0 },
	};
	struct run *r = NULL;
	enum status st = stage_run(s, &procedure_clone, stage_serial(s, 0), given, &r, f);
	size_t n;

	if (st == ST_OK && run_keys_failed(r) > 0) {
		const struct key_result *k = run_keys(r, &n);

		while (k->fault.st == ST_OK)
			k++;
		*f = k->fault;
		st = f->st;
	}
	run_free(r);
	return st;
}

static unsigned has(struct stage *s, size_t i, enum object_type type, const char *label, const void *content, size_t n)
{
	struct card *c = stage_talk(s, i);
	const unsigned found = has_object(c, PIN, type, label, content, n);

	card_close(c);
	return found;
}

/* What was there is there, and no proof is recorded of what is not. */
static void interrupted(struct stage *s, enum status st)
{
	const struct backup_filter filter = { 0 };
	struct backup_row *rows = NULL;
	struct fault f;
	size_t n = 0;

	(void)st;
	expect_key(s, 0, "Root CA");
	expect_key(s, 0, "archive");
	expect_key(s, 1, "was here");
	must(store_backups(s->store, &filter, &rows, &n, &f));
	for (size_t i = 0; i < n; i++) {
		if (rows[i].proof == PROOF_RESTORED)
			expect_key(s, 1, rows[i].label);
	}
	free(rows);
}

static void check(struct stage *s)
{
	assert_int_equal(has(s, 1, OBJECT_KEY, "Root CA", NULL, 0), 1);
	assert_int_equal(has(s, 1, OBJECT_KEY, "archive", NULL, 0), 1);
	assert_int_equal(has(s, 1, OBJECT_KEY, "was here", NULL, 0), 1);
	assert_int_equal(has(s, 1, OBJECT_CERTIFICATE, "Partner CA", der, sizeof(der) - 1), 1);
	assert_int_equal(has(s, 1, OBJECT_DATA, "wallet", wallet, sizeof(wallet) - 1), 1);
	assert_int_equal(has(s, 1, OBJECT_DATA, "notes", "x", 1), 1);
	assert_int_equal(has(s, 0, OBJECT_DATA, "wallet", wallet, sizeof(wallet) - 1), 1);
	expect_key(s, 0, "Root CA");
	expect_key(s, 0, "archive");
	expect_nothing_open(s);
	expect_chain(s);
}

static const struct walk walk = {
	.cards = 2, .prepare = prepare, .drive = drive, .interrupted = interrupted, .check = check,
};

static void all_is_there_however_often_the_source_vanishes(void **state)
{
	(void)state;
	walk_vanish(&walk, 0);
}

static void all_is_there_however_often_the_target_vanishes(void **state)
{
	(void)state;
	walk_vanish(&walk, 1);
}

static void all_is_there_however_often_the_process_is_killed(void **state)
{
	(void)state;
	walk_kill(&walk);
}

static void all_is_there_although_memory_runs_short(void **state)
{
	(void)state;
	walk_memory(&walk, 300);
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
		cmocka_unit_test(all_is_there_however_often_the_source_vanishes),
		cmocka_unit_test(all_is_there_however_often_the_target_vanishes),
		cmocka_unit_test(all_is_there_however_often_the_process_is_killed),
		cmocka_unit_test(all_is_there_although_memory_runs_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
