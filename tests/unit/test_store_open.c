/* The inventory's file: made, opened by several, written at once, full. */
#include "tests/unit/store_help.h"

#include <pthread.h>

#include "store/db.h"

static struct fault f;

static unsigned mode_of(const char *path)
{
	struct stat sb;

	assert_int_equal(stat(path, &sb), 0);
	return sb.st_mode & 0777;
}

static int64_t pragma(struct store *s, const char *sql)
{
	sqlite3_stmt *q = NULL;
	int64_t v;

	assert_int_equal(sqlite3_prepare_v2(s->db, sql, -1, &q, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(q), SQLITE_ROW);
	v = sqlite3_column_int64(q, 0);
	sqlite3_finalize(q);
	return v;
}

/* --- made and opened --- */

static void folder_and_file_are_for_their_owner_alone(void **state)
{
	char *dir = test_folder(), *path = in_folder(dir, "a/keyroom/inventory.db"), *sub = in_folder(dir, "a/keyroom");
	mode_t old = umask(0);
	struct device_row d = a_device(SERIAL, "x");
	struct store *s = open_at(path);
	char *wal = in_folder(dir, "a/keyroom/inventory.db-wal");

	(void)state;
	must(store_device_seen(s, &d, T0, &f));
	assert_int_equal(mode_of(path), 0600);
	assert_int_equal(mode_of(wal), 0600);
	assert_int_equal(mode_of(sub), 0700);
	assert_false(store_read_only(s));
	assert_string_equal(store_path(s), path);
	store_close(s);
	assert_int_equal(access(wal, F_OK), -1);
	assert_int_equal(chmod(path, 0644), 0);
	s = open_at(path);
	assert_int_equal(mode_of(path), 0600);
	assert_int_equal(devices_in(s), 1);
	store_close(s);
	umask(old);
	free(path), free(sub), free(wal);
	remove_folder(dir);
}

static void what_is_committed_is_on_the_disk(void **state)
{
	char *dir = test_folder(), *path = in_folder(dir, "i.db");
	struct store *s = open_at(path);

	(void)state;
	assert_int_equal(pragma(s, "PRAGMA synchronous"), 2);
	assert_int_equal(pragma(s, "PRAGMA foreign_keys"), 1);
	assert_int_equal(pragma(s, "PRAGMA recursive_triggers"), 1);
	assert_int_equal(pragma(s, "PRAGMA trusted_schema"), 0);
	assert_int_equal(pragma(s, "SELECT journal_mode = 'wal' FROM pragma_journal_mode"), 1);
	assert_int_equal(pragma(s, "SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND NOT strict"
				   " AND name NOT LIKE 'sqlite%'"), 0);
	must(store_check(s, &f));
	store_close(s);
	free(path);
	remove_folder(dir);
}

static void every_statement_fits_the_tables(void **state)
{
	struct store *s = small_store();

	(void)state;
	for (int i = 0; i < SQL_COUNT; i++) {
		QUERY q = { 0 };

		assert_non_null(sql_text((enum sql)i));
		must(query_open(&q, s, (enum sql)i, &f));
	}
	store_close(s);
}

static void a_name_means_nothing_but_itself(void **state)
{
	static const char *const names[] = { "a b.db", "x?mode=memory#y%41.db", ":memory: not", "file:x.db" };
	char *dir = test_folder(), here[4096];

	(void)state;
	assert_non_null(getcwd(here, sizeof(here)));
	assert_int_equal(chdir(dir), 0);
	for (size_t i = 0; i < 4; i++) {
		struct store *s = open_at(names[i]);

		store_close(s);
		assert_int_equal(mode_of(names[i]), 0600);
	}
	assert_int_equal(chdir(here), 0);
	remove_folder(dir);
}

static void two_handles_see_what_the_other_has_committed(void **state)
{
	char *dir = test_folder(), *path = in_folder(dir, "i.db");
	struct store *a = open_at(path), *b = open_at(path);
	struct device_row d = a_device(SERIAL, "x");
	uint8_t one[16], two[16];

	(void)state;
	{
		STORE_TXN t = { 0 };

		must(store_begin(a, &t, &f));
		must(store_device_seen(a, &d, T0, &f));
		assert_int_equal(devices_in(b), 0);
		must(store_commit(&t, &f));
	}
	assert_int_equal(devices_in(b), 1);
	must(store_identity(a, one, &f));
	must(store_identity(b, two, &f));
	assert_memory_equal(one, two, 16);
	store_close(a);
	store_close(b);
	free(path);
	remove_folder(dir);
}

#define ENTRIES 20

static void *write_entries(void *path)
{
	struct store *s = NULL;
	struct fault own = { 0 };
	long failed = store_open(path, 0, &s, &own) != ST_OK;

	for (int i = 0; !failed && i < ENTRIES; i++)
		failed = store_journal(s, &(struct journal_entry){ .at = T0, .what = "test", .text = "x" }, &own) != ST_OK;
	if (failed)
		fprintf(stderr, "%s\n", own.what);
	store_close(s);
	return (void *)failed;
}

static void threads_that_write_at_once_wait_for_each_other(void **state)
{
	char *dir = test_folder(), *path = in_folder(dir, "new.db");
	struct journal_verdict v;
	pthread_t threads[3];
	struct store *s;

	(void)state;
	/* The file is not there: they also make it at once. */
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, write_entries, path), 0);
	for (size_t i = 0; i < 3; i++) {
		void *failed = NULL;

		assert_int_equal(pthread_join(threads[i], &failed), 0);
		assert_null(failed);
	}
	s = open_at(path);
	must(store_journal_verify(s, &v, &f));
	assert_int_equal(v.entries, 3 * ENTRIES);
	assert_int_equal(v.broken, 0);
	store_close(s);
	free(path);
	remove_folder(dir);
}

/* --- transactions --- */

static void what_is_not_committed_is_taken_back(void **state)
{
	struct store *s = small_store();
	struct device_row d = a_device("DENK0300001", "b");
	struct object_row twice[2] = { a_key(1, "a", 1), a_key(1, "b", 2) };
	struct key_row *keys = NULL;
	size_t n = 0;

	(void)state;
	{
		STORE_TXN t = { 0 }, inner = { 0 };

		must(store_begin(s, &t, &f));
		must_fail(store_begin(s, &inner, &f), ST_STORE);
		must(store_device_seen(s, &d, T0, &f));
	}
	assert_int_equal(devices_in(s), 1);
	{
		STORE_TXN t = { 0 };

		/* A function that fails within leaves nothing of its own, and the rest can be committed. */
		must(store_begin(s, &t, &f));
		must(store_device_seen(s, &d, T0, &f));
		must_fail(store_objects_sync(s, SERIAL, twice, 2, T0, &f), ST_BAD_FORM);
		must(store_commit(&t, &f));
	}
	assert_int_equal(devices_in(s), 2);
	must(store_keys(s, (struct store_page){ 0 }, &keys, &n, &f));
	assert_int_equal(n, 0);
	assert_null(keys);
	store_close(s);
}

static void what_could_not_be_taken_back_is_never_committed(void **state)
{
	struct store *s = small_store();
	struct device_row d = a_device("DENK0300001", "b");

	(void)state;
	{
		STORE_TXN t = { 0 };

		must(store_begin(s, &t, &f));
		must(store_device_seen(s, &d, T0, &f));
		s->spoiled = true;   /* as after a savepoint that could not be released */
		must_fail(store_device_kept(s, SERIAL, "x", &f), ST_STORE);
		must_fail(store_commit(&t, &f), ST_STORE);
	}
	assert_false(s->spoiled);
	assert_int_equal(devices_in(s), 1);
	must(store_device_seen(s, &d, T0, &f));
	assert_int_equal(devices_in(s), 2);
	store_close(s);
}

static void count_commits(void *ctx)
{
	++*(int *)ctx;
}

static void tests_hear_of_each_commit(void **state)
{
	struct store *s = small_store();
	struct device_row d = a_device("DENK0300001", "b");
	int commits = 0;

	(void)state;
	store_on_commit(s, count_commits, &commits);
	must(store_device_seen(s, &d, T0, &f));
	assert_int_equal(commits, 1);
	{
		STORE_TXN t = { 0 };

		must(store_begin(s, &t, &f));
		must(store_device_seen(s, &d, T0, &f));
		must(store_device_seen(s, &d, T0, &f));
		assert_int_equal(commits, 1);
		must(store_commit(&t, &f));
	}
	assert_int_equal(commits, 2);
	must_fail(store_device_kept(s, "NOBODY", "x", &f), ST_NOT_FOUND);
	assert_int_equal(commits, 2);
	store_close(s);
}

static void a_full_disk_loses_nothing(void **state)
{
	char *dir = test_folder(), *path = in_folder(dir, "i.db"), sql[80], *data = malloc(60000);
	struct store *s = open_at(path);
	struct device_row d = a_device(SERIAL, "x");
	struct backup_row b;
	int64_t id = 0;
	size_t n = 0;

	(void)state;
	must(store_device_seen(s, &d, T0, &f));
	snprintf(sql, sizeof(sql), "PRAGMA max_page_count = %d", (int)pragma(s, "PRAGMA page_count") + 4);
	(void)pragma(s, sql);
	assert_non_null(data);
	memset(data, 'x', 59999);
	data[59999] = '\0';
	b = a_backup(data, "Root", (struct key_identity){ 0 });
	must_fail(store_backup_add(s, &b, (const uint8_t *)data, strlen(data), T0, &id, &f), ST_DISK);
	assert_non_null(strstr(f.what, "full"));
	assert_non_null(strstr(f.what, path));
	assert_int_equal(id, 0);
	{
		STORE_TXN t = { 0 };

		/* SQLite may have taken the whole transaction back: then nothing after the failure is kept either. */
		must(store_begin(s, &t, &f));
		must(store_device_kept(s, SERIAL, "before", &f));
		must_fail(store_backup_add(s, &b, (const uint8_t *)data, strlen(data), T0, &id, &f), ST_DISK);
		if (sqlite3_get_autocommit(s->db)) {
			must_fail(store_device_kept(s, SERIAL, "after", &f), ST_STORE);
			must_fail(store_commit(&t, &f), ST_STORE);
		}
	}
	must(store_device_get(s, SERIAL, &d, &f));
	assert_string_equal(d.kept, "");
	must(store_backups_count(s, &(struct backup_filter){ 0 }, &n, &f));
	assert_int_equal(n, 0);
	(void)pragma(s, "PRAGMA max_page_count = 100000");
	must(store_backup_add(s, &b, (const uint8_t *)data, strlen(data), T0, &id, &f));
	must(store_check(s, &f));
	store_close(s);
	free(data), free(path);
	remove_folder(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(folder_and_file_are_for_their_owner_alone),
		cmocka_unit_test(what_is_committed_is_on_the_disk),
		cmocka_unit_test(every_statement_fits_the_tables),
		cmocka_unit_test(a_name_means_nothing_but_itself),
		cmocka_unit_test(two_handles_see_what_the_other_has_committed),
		cmocka_unit_test(threads_that_write_at_once_wait_for_each_other),
		cmocka_unit_test(what_is_not_committed_is_taken_back),
		cmocka_unit_test(what_could_not_be_taken_back_is_never_committed),
		cmocka_unit_test(tests_hear_of_each_commit),
		cmocka_unit_test(a_full_disk_loses_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
