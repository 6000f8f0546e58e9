/* Backing up two keys into a folder: whatever happens, each key ends up with one known backup, and every file is whole. */
#include "tests/faults/keys_help.h"
#include "tui/wizard/results.h"

#include <dirent.h>
#include <stdio.h>

static void prepare(struct stage *s)
{
	set_up(s, 0);
	make_key(s, 0, "one", "01");
	make_key(s, 0, "two", "02");
}

static enum status drive(struct stage *s, struct fault *f)
{
	const struct given given[] = { { "all", 0, "1", false },
				       { "out", 0, "out", true },
				       { "pin", 0, PIN, false },
				       { 0 } };

	struct run *r = NULL;
	enum status st = stage_run(s, &procedure_backup, stage_serial(s, 0), given, &r, f);

	/* A key that could not be saved is named, and does not stop the others. */
	if (st == ST_OK && r != NULL && run_keys_failed(r) > 0)
		st = fault_set(f, ST_CARD_ERROR, "A key could not be saved.");
	run_free(r);
	return st;
}

/* What is called by the name of a wrapped key is one, from the first moment on. */
static size_t whole_files(struct stage *s)
{
	DIR *dir = opendir(stage_file(s, "out"));
	struct dirent *e;
	size_t n = 0;

	while (dir != NULL && (e = readdir(dir)) != NULL) {
		struct wrapped w;
		struct fault f;
		char name[512];
		BUF b = { 0 };

		if (e->d_name[0] == '.')
			continue;
		(void)snprintf(name, sizeof(name), "%.200s/%.250s", stage_file(s, "out"), e->d_name);
		must(file_read(name, 65536, &b, &f));
		must(wrapped_parse(buf_view(&b), &w, &f));
		assert_int_equal(w.damage, 0);
		n++;
	}
	if (dir != NULL)
		closedir(dir);
	return n;
}

static size_t known(struct stage *s)
{
	const struct backup_filter filter = { 0 };
	struct backup_row *rows = NULL;
	struct fault f;
	size_t n = 0;

	must(store_backups(s->store, &filter, &rows, &n, &f));
	for (size_t i = 0; i < n; i++) {
		uint8_t *data = NULL;
		size_t len = 0;

		assert_int_equal(rows[i].proof, PROOF_MATCHED);
		must(store_backup_data(s->store, rows[i].id, &data, &len, &f));
		free(data);
	}
	free(rows);
	return n;
}

/* The inventory never knows of more than there is. */
static void interrupted(struct stage *s, enum status st)
{
	static const char *const labels[] = { "one", "two" };

	(void)st;
	expect_keys(s, 0, labels, 2);
	assert_true(known(s) <= whole_files(s));
}

static void check(struct stage *s)
{
	struct key_row *keys = NULL;
	struct fault f;
	size_t n = 0;

	interrupted(s, ST_OK);
	must(store_keys(s->store, (struct store_page){ 0 }, &keys, &n, &f));
	assert_int_equal(n, 2);
	for (size_t i = 0; i < n; i++)
		assert_true(keys[i].backups > 0);
	free(keys);
	/* Killed when all was done but nobody had been told: then the same words back all of it up once more. */
	assert_in_range(known(s), 2, 4);
	assert_true(whole_files(s) >= 2);
	expect_nothing_open(s);
	expect_chain(s);
}

static void check_vanished(struct stage *s)
{
	check(s);
	assert_int_equal(known(s), 2);
}

static const struct walk vanishing = {
	.prepare = prepare, .drive = drive, .interrupted = interrupted, .check = check_vanished
};
static const struct walk killed = { .prepare = prepare, .drive = drive, .interrupted = interrupted, .check = check };

static void keys_are_saved_however_often_the_card_vanishes(void **state)
{
	(void)state;
	walk_vanish(&vanishing, 0);
}

static void keys_are_saved_however_often_the_process_is_killed(void **state)
{
	(void)state;
	walk_kill(&killed);
}

static void keys_are_saved_although_memory_runs_short(void **state)
{
	(void)state;
	walk_memory(&killed, 400);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_saved_however_often_the_card_vanishes),
		cmocka_unit_test(keys_are_saved_however_often_the_process_is_killed),
		cmocka_unit_test(keys_are_saved_although_memory_runs_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
