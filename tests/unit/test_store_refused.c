/* Inventories that are refused, locked, or can only be looked at. */
#include "tests/unit/store_help.h"

#include <sys/wait.h>

#include "store/db.h"

static struct fault f;

static uint8_t *whole_file(const char *path, size_t *ret_n)
{
	FILE *in = fopen(path, "rb");
	uint8_t *p;
	long n;

	assert_non_null(in);
	assert_int_equal(fseek(in, 0, SEEK_END), 0);
	n = ftell(in);
	rewind(in);
	p = malloc((size_t)n + 1);
	assert_non_null(p);
	*ret_n = fread(p, 1, (size_t)n, in);
	assert_int_equal(*ret_n, n);
	fclose(in);
	return p;
}

static void put_file(const char *path, const void *p, size_t n)
{
	FILE *out = fopen(path, "wb");

	assert_non_null(out);
	assert_int_equal(fwrite(p, 1, n, out), n);
	assert_int_equal(fclose(out), 0);
}

static void a_newer_inventory_is_left_alone(void **state)
{
	char *dir = test_folder(), *path = in_folder(dir, "i.db");
	uint8_t *before, *after;
	size_t n = 0, m = 0;
	struct store *s = open_at(path), *none = NULL;

	(void)state;
	store_close(s);
	tamper(path, "PRAGMA journal_mode = DELETE; PRAGMA user_version = 7");
	before = whole_file(path, &n);
	must_fail(store_open(path, 0, &none, &f), ST_STORE_NEWER);
	assert_null(none);
	assert_non_null(strstr(f.what, path));
	assert_non_null(strstr(f.what, "7"));
	must_fail(store_open(path, STORE_LOOK, &none, &f), ST_STORE_NEWER);
	after = whole_file(path, &m);
	assert_int_equal(n, m);
	assert_memory_equal(before, after, n);
	tamper(path, "PRAGMA user_version = 0");
	must_fail(store_open(path, 0, &none, &f), ST_STORE_DAMAGED);
	free(before), free(after), free(path);
	remove_folder(dir);
}

static void what_is_no_inventory_is_left_alone(void **state)
{
	char *dir = test_folder(), *path = in_folder(dir, "i.db"), text[3000], *got;
	struct store *none = NULL;
	size_t n = 0;

	(void)state;
	memset(text, 'k', sizeof(text));
	put_file(path, text, sizeof(text));
	must_fail(store_open(path, 0, &none, &f), ST_STORE_DAMAGED);
	got = (char *)whole_file(path, &n);
	assert_int_equal(n, sizeof(text));
	assert_memory_equal(got, text, n);
	free(got);
	assert_int_equal(unlink(path), 0);
	tamper(path, "CREATE TABLE bookmark(url)");
	must_fail(store_open(path, 0, &none, &f), ST_STORE_DAMAGED);
	assert_non_null(strstr(f.what, "no Keyroom inventory"));
	must_fail(store_open(dir, 0, &none, &f), ST_DISK);
	assert_int_equal(unlink(path), 0);
	put_file(path, "", 0);
	must_fail(store_open(path, STORE_LOOK, &none, &f), ST_NOT_FOUND);
	store_close(open_at(path));
	free(path);
	path = in_folder(dir, "missing/i.db");
	must_fail(store_open(path, STORE_LOOK, &none, &f), ST_NOT_FOUND);
	free(path);
	path = in_folder(dir, "i.db/i.db");
	must_fail(store_open(path, 0, &none, &f), ST_DISK);
	free(path);
	assert_null(none);
	remove_folder(dir);
}

/* Everything that reads, over a file with one page turned to nonsense: a fault or an answer, never a crash. */
static void read_all(struct store *s)
{
	struct device_row *d = NULL;
	struct key_row *k = NULL;
	struct object_row *o = NULL;
	struct backup_row *b = NULL;
	struct journal_verdict v;
	size_t n = 0;
	const enum status got[] = {
		store_devices(s, &(struct device_filter){ 0 }, &d, &n, &f),
		store_keys(s, (struct store_page){ 0 }, &k, &n, &f),
		store_objects(s, &(struct object_filter){ .gone_too = true }, &o, &n, &f),
		store_backups(s, &(struct backup_filter){ 0 }, &b, &n, &f),
		store_journal_verify(s, &v, &f),
		store_check(s, &f),
	};

	free(d), free(k), free(o), free(b);
	for (size_t i = 0; i < sizeof(got) / sizeof(*got); i++)
		if (got[i] != ST_OK && got[i] != ST_STORE_DAMAGED)
			fail_msg("reading %zu gave %s: %s", i, status_name(got[i]), f.what);
}

static void a_damaged_file_is_said_to_be_damaged(void **state)
{
	char *dir = test_folder(), *path = in_folder(dir, "i.db");
	struct store *s = open_at(path);
	struct device_row d = a_device(SERIAL, "x");
	struct object_row o = a_key(1, "Root", 1);
	unsigned refused = 0, pages;
	uint8_t *good;
	size_t n = 0;

	(void)state;
	must(store_device_seen(s, &d, T0, &f));
	must(store_object_seen(s, SERIAL, &o, T0, &f));
	(void)add_backup(s, "blob", "Root", o.key);
	must(store_journal(s, &(struct journal_entry){ .at = T0, .what = "test", .text = "x" }, &f));
	store_close(s);
	good = whole_file(path, &n);
	pages = (unsigned)(n / 4096);
	for (unsigned page = 0; page < pages; page++) {
		uint8_t *bad = malloc(n);

		assert_non_null(bad);
		memcpy(bad, good, n);
		memset(bad + page * 4096 + (page == 0 ? 100 : 0), 0xa5, page == 0 ? 3996 : 4096);
		put_file(path, bad, n);
		free(bad);
		s = NULL;
		if (store_open(path, 0, &s, &f) != ST_OK) {
			assert_int_equal(f.st, ST_STORE_DAMAGED);
			refused++;
			continue;
		}
		read_all(s);
		if (store_check(s, &f) != ST_OK)
			refused++;
		store_close(s);
	}
	assert_int_equal(refused, pages);
	put_file(path, good, n / 2);
	s = NULL;
	if (store_open(path, 0, &s, &f) == ST_OK)
		read_all(s);
	store_close(s);
	free(good), free(path);
	remove_folder(dir);
}

static void a_locked_inventory_is_said_to_be_locked(void **state)
{
	char *dir = test_folder(), *path = in_folder(dir, "i.db");
	struct store *s = open_at(path), *b = NULL;
	struct device_row d = a_device(SERIAL, "x");
	sqlite3 *other = NULL;

	(void)state;
	assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	must(store_open(path, STORE_NO_WAIT, &b, &f));
	must_fail(store_device_seen(b, &d, T0, &f), ST_STORE_BUSY);
	assert_int_equal(devices_in(b), 0);
	assert_int_equal(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
	must(store_device_seen(b, &d, T0, &f));
	store_close(b);
	store_close(s);
	b = NULL;
	assert_int_equal(sqlite3_exec(other, "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
	must_fail(store_open(path, STORE_NO_WAIT, &b, &f), ST_STORE_BUSY);
	sqlite3_close(other);
	must(store_open(path, STORE_NO_WAIT, &b, &f));
	store_close(b);
	free(path);
	remove_folder(dir);
}

/* --- for looking only --- */

static void nothing_is_written_through_a_handle_for_looking(void **state)
{
	char *dir = test_folder(), *path = in_folder(dir, "i.db");
	struct store *s = open_at(path), *look = NULL;
	struct device_row d = a_device(SERIAL, "x");
	STORE_TXN t = { 0 };

	(void)state;
	must(store_device_seen(s, &d, T0, &f));
	must(store_open(path, STORE_LOOK, &look, &f));
	assert_true(store_read_only(look));
	assert_int_equal(devices_in(look), 1);
	must_fail(store_device_seen(look, &d, T0, &f), ST_STORE_READ_ONLY);
	must_fail(store_begin(look, &t, &f), ST_STORE_READ_ONLY);
	must_fail(store_journal(look, &(struct journal_entry){ .what = "x", .text = "y" }, &f), ST_STORE_READ_ONLY);
	assert_int_equal(sqlite3_exec(look->db, "DELETE FROM device", NULL, NULL, NULL) & 0xff, SQLITE_READONLY);
	store_close(look);
	store_close(s);
	free(path);
	remove_folder(dir);
}

/* In a child that may write neither file nor folder (root may write everything, so root becomes nobody). */
static int look_as_stranger(const char *path)
{
	struct device_row d = a_device(SERIAL, "x");
	struct store *s = NULL;
	struct fault own = { 0 };
	size_t n = 0;
	struct device_row *rows = NULL;

	if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
		return 2;
	if (store_open(path, 0, &s, &own) != ST_OK) {
		fprintf(stderr, "%s\n", own.what);
		return own.st == ST_STORE_READ_ONLY && strstr(own.what, "-wal") != NULL ? 9 : 3;
	}
	if (!store_read_only(s))
		return 4;
	if (store_devices(s, &(struct device_filter){ 0 }, &rows, &n, &own) != ST_OK || n != 1)
		return 5;
	free(rows);
	if (store_device_seen(s, &d, T0, &own) != ST_STORE_READ_ONLY)
		return 6;
	store_close(s);
	return 0;
}

static int in_child(const char *path)
{
	pid_t pid = fork();
	int status = 0;

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(look_as_stranger(path));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void a_medium_that_cannot_be_written_opens_for_looking(void **state)
{
	char *dir = test_folder(), *sub = in_folder(dir, "ro 100%");
	char *path = in_folder(sub, "i?.db"), *wal = in_folder(sub, "i?.db-wal");
	struct device_row d = a_device(SERIAL, "x");
	struct store *s = open_at(path);

	(void)state;
	must(store_device_seen(s, &d, T0, &f));
	store_close(s);
	assert_int_equal(chmod(path, 0444), 0);
	assert_int_equal(chmod(dir, 0755), 0);
	assert_int_equal(chmod(sub, 0555), 0);
	assert_int_equal(in_child(path), 0);
	/* What only stands in the -wal file of somebody who was killed cannot be shown, and is not passed over. */
	assert_int_equal(chmod(sub, 0755), 0);
	put_file(wal, "something", 9);
	assert_int_equal(chmod(wal, 0400), 0);
	assert_int_equal(chmod(sub, 0555), 0);
	assert_int_equal(in_child(path), 9);
	assert_int_equal(chmod(sub, 0755), 0);
	free(path), free(sub), free(wal);
	remove_folder(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_newer_inventory_is_left_alone),
		cmocka_unit_test(what_is_no_inventory_is_left_alone),
		cmocka_unit_test(a_damaged_file_is_said_to_be_damaged),
		cmocka_unit_test(a_locked_inventory_is_said_to_be_locked),
		cmocka_unit_test(nothing_is_written_through_a_handle_for_looking),
		cmocka_unit_test(a_medium_that_cannot_be_written_opens_for_looking),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
