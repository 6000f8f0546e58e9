/*
 * The ladder: every older version is built, filled, and brought up, with nothing lost. A new version gets a row in
 * `versions` and a file tests/unit/schema-N.txt (KEYROOM_WRITE_SCHEMA=1 writes the files that are missing, and only
 * those: what a released rung makes never changes).
 */
#include "tests/unit/store_help.h"

#include <errno.h>

#include "store/schema.h"

#define SCHEMA_MAX 100000

static struct fault f;

/* One row in each table, as that version's programs would have written it, and what must be found of it at the top. */
#define FILL_1 \
	"INSERT INTO device(id, serial, label, kept, fw_major, fw_minor, first_seen, last_seen)" \
	" VALUES (1, 'DENK0200914', 'root-ca-a', 'safe 2', 3, 6, 1800000000, 1800000001);" \
	"INSERT INTO usual VALUES (1, 'key new', 5000, 1);" \
	"INSERT INTO dkek VALUES (x'e94f010203040506', 'main', 3, 1800000000);" \
	"INSERT INTO domain VALUES (1, 0, 1, 3, 0, 0, x'e94f010203040506', 1800000000);" \
	"INSERT INTO share VALUES (1, x'0102030405060708', 1800000000);" \
	"INSERT INTO dkek_share VALUES (x'e94f010203040506', 1);" \
	"INSERT INTO share_file(id, share, sha256, form, custodian, first_seen)" \
	" VALUES (1, 1, zeroblob(32), 'file', 'Ada', 1800000000);" \
	"INSERT INTO share_part(file, number, custodian) VALUES (1, 2, 'Bob');" \
	"INSERT INTO name VALUES (1, 'Root');" \
	"INSERT INTO key(id, identity, algorithm, size, curve, name, spki, first_seen)" \
	" VALUES (1, zeroblob(32), 'ec', 256, 'secp256r1', 1, x'30', 1800000000);" \
	"INSERT INTO object(id, device, type, fid, key_ref, label, key, first_seen)" \
	" VALUES (1, 1, 0, 52225, 1, 'Root', 1, 1800000000);" \
	/* SHA-256 of "blob" */ \
	"INSERT INTO backup(id, sha256, blob_sha256, bytes, kcv, key, name, made_on, added_at, proof)" \
	" VALUES (1, x'fa2c8cc4f28176bbeed4b736df569a34c79cd3723e9ec42f9674b4d46ac6b8b8', zeroblob(32), 4," \
	" x'e94f010203040506', 1, 1, 'DENK0200914', 1800000000, 3);" \
	"INSERT INTO wrapped VALUES (1, CAST('blob' AS BLOB));" \
	"INSERT INTO proof VALUES (1, 1, 3, NULL, 1800000000);" \
	"INSERT INTO journal VALUES (1, 1800000000, 'x', 'y', '', x'', '', 0, zeroblob(32), zeroblob(32));" \
	"INSERT INTO run(id, procedure, device, answers, started, updated)" \
	" VALUES (1, 'init', 'DENK0200914', '{\"a\":1}', 1800000000, 1800000000);"

static const struct version {
	int version;
	const char *fill;
} versions[] = {
	{ 1, FILL_1 },
	{ 2, FILL_1 "UPDATE device SET pin_max = 5; INSERT INTO certificate VALUES (zeroblob(32), x'3000');" },
};

static char *dump(struct store *s)
{
	sqlite3_stmt *q = NULL;
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);

	assert_non_null(out);
	assert_int_equal(sqlite3_prepare_v2(s->db,
					    "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite%'"
					    " ORDER BY type DESC, name", -1, &q, NULL), SQLITE_OK);
	while (sqlite3_step(q) == SQLITE_ROW)
		fprintf(out, "%s\n", (const char *)sqlite3_column_text(q, 0));
	sqlite3_finalize(q);
	assert_int_equal(fclose(out), 0);
	return text;
}

static struct ladder up_to(int version)
{
	return (struct ladder){ version, schema_ladder.rungs };
}

static void each_version_is_the_one_that_was_released(void **state)
{
	(void)state;
	assert_int_equal(sizeof(versions) / sizeof(*versions), schema_ladder.top);
	for (int v = 1; v <= schema_ladder.top; v++) {
		const struct ladder part = up_to(v);
		char path[80], *is, *was = calloc(1, SCHEMA_MAX);
		struct store *s = NULL;
		FILE *file;

		snprintf(path, sizeof(path), "tests/unit/schema-%d.txt", v);
		must(schema_open(":memory:", 0, &part, &s, &f));
		is = dump(s);
		store_close(s);
		if (getenv("KEYROOM_WRITE_SCHEMA") != NULL && access(path, F_OK) != 0) {
			file = fopen(path, "w");
			assert_non_null(file);
			fprintf(file, "%s", is);
			assert_int_equal(fclose(file), 0);
		}
		file = fopen(path, "r");
		if (file == NULL)
			fail_msg("%s: %s", path, strerror(errno));
		assert_non_null(was);
		assert_true(fread(was, 1, SCHEMA_MAX - 1, file) > 0);
		fclose(file);
		assert_string_equal(is, was);
		free(is), free(was);
	}
}

static int64_t count(struct store *s, const char *sql)
{
	sqlite3_stmt *q = NULL;
	int64_t n;

	if (sqlite3_prepare_v2(s->db, sql, -1, &q, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(s->db));
	assert_int_equal(sqlite3_step(q), SQLITE_ROW);
	n = sqlite3_column_int64(q, 0);
	sqlite3_finalize(q);
	return n;
}

/* What the fill of any version put in, through today's functions. */
static void all_is_there(struct store *s)
{
	struct device_row d;
	struct backup_row *b = NULL;
	struct key_row k;
	struct key_identity identity = { .len = 32 };
	struct run_record *r = NULL;
	struct share_row *shares = NULL;
	struct part_row *parts = NULL;
	struct domain_row *domains = NULL;
	uint8_t *data = NULL;
	size_t n = 0;

	must(store_device_get(s, SERIAL, &d, &f));
	assert_string_equal(d.kept, "safe 2");
	assert_int_equal(d.keys, 1);
	assert_int_equal(d.keys_without_backup, 0);
	must(store_domains(s, SERIAL, &domains, &n, &f));
	assert_int_equal(n, 1);
	assert_int_equal(domains[0].kcv[0], 0xe9);
	free(domains);
	must(store_key_get(s, &identity, &k, &f));
	assert_int_equal(k.backups, 1);
	assert_int_equal(k.proof, PROOF_OPENED);
	must(store_backups(s, &(struct backup_filter){ 0 }, &b, &n, &f));
	assert_int_equal(n, 1);
	assert_string_equal(b[0].label, "Root");
	assert_string_equal(b[0].device, SERIAL);
	free(b);
	must(store_backup_data(s, 1, &data, &n, &f));
	assert_int_equal(n, 4);
	free(data);
	must(store_shares(s, NULL, (struct store_page){ 0 }, &shares, &n, &f));
	assert_int_equal(n, 1);
	assert_string_equal(shares[0].custodian, "Ada");
	free(shares);
	must(store_parts(s, 1, &parts, &n, &f));
	assert_int_equal(n, 1);
	free(parts);
	must(store_open_runs(s, NULL, &r, &n, &f));
	assert_int_equal(n, 1);
	assert_string_equal(r[0].answers, "{\"a\":1}");
	run_records_free(r, n);
	assert_int_equal(count(s, "SELECT count(*) FROM journal"), 1);
	assert_int_equal(count(s, "SELECT count(*) FROM proof"), 1);
	assert_int_equal(count(s, "SELECT count(*) FROM usual"), 1);
	must(store_check(s, &f));
}

static void every_older_version_is_brought_up_with_all_that_is_in_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(versions) / sizeof(*versions); i++) {
		char *dir = test_folder(), *path = in_folder(dir, "i.db"), *copy = NULL, *is, *top;
		const struct ladder part = up_to(versions[i].version);
		struct store *s = NULL, *fresh = NULL;

		assert_true(asprintf(&copy, "%s.version-%d", path, versions[i].version) > 0);
		must(schema_open(path, 0, &part, &s, &f));
		store_close(s);
		tamper(path, versions[i].fill);
		s = NULL;
		must(store_open(path, 0, &s, &f));
		assert_int_equal(count(s, "PRAGMA user_version"), schema_ladder.top);
		all_is_there(s);
		must(store_open(":memory:", 0, &fresh, &f));
		is = dump(s);
		top = dump(fresh);
		assert_string_equal(is, top);
		assert_int_equal(access(copy, F_OK) == 0, versions[i].version < schema_ladder.top);
		store_close(fresh);
		store_close(s);
		free(is), free(top), free(copy), free(path);
		remove_folder(dir);
	}
}

/* --- the climb itself, with rungs of the test's own on top of ours --- */

static const char *rungs_of_test[8];

static struct ladder with(const char *rung)
{
	for (int i = 0; i < schema_ladder.top; i++)
		rungs_of_test[i] = schema_ladder.rungs[i];
	rungs_of_test[schema_ladder.top] = rung;
	return (struct ladder){ schema_ladder.top + 1, rungs_of_test };
}

static char *filled(const char *dir)
{
	char *path = in_folder(dir, "i.db");
	struct store *s = NULL;

	must(store_open(path, 0, &s, &f));
	store_close(s);
	tamper(path, versions[schema_ladder.top - 1].fill);
	return path;
}

static void an_older_inventory_is_copied_aside_then_changed(void **state)
{
	const struct ladder more = with("ALTER TABLE device ADD COLUMN colour TEXT NOT NULL DEFAULT 'grey';");
	char *dir = test_folder(), *path = filled(dir), *copy = NULL, *second = NULL, back[100];
	struct store *s = NULL;
	struct stat sb;

	(void)state;
	assert_true(asprintf(&copy, "%s.version-%d", path, schema_ladder.top) > 0);
	assert_true(asprintf(&second, "%s.version-%d.2", path, schema_ladder.top) > 0);
	must(schema_open(path, 0, &more, &s, &f));
	assert_int_equal(count(s, "PRAGMA user_version"), schema_ladder.top + 1);
	assert_int_equal(count(s, "SELECT count(*) FROM device WHERE colour = 'grey'"), 1);
	all_is_there(s);
	store_close(s);
	/* The copy is the old inventory, and opens as one; the new one is refused by the older program. */
	assert_int_equal(stat(copy, &sb), 0);
	assert_int_equal(sb.st_mode & 0777, 0600);
	s = NULL;
	must_fail(store_open(path, 0, &s, &f), ST_STORE_NEWER);
	must(store_open(copy, 0, &s, &f));
	all_is_there(s);
	store_close(s);
	/* Opened again there is nothing to do, and a copy that is there is never overwritten. */
	s = NULL;
	must(schema_open(path, 0, &more, &s, &f));
	store_close(s);
	assert_int_equal(access(second, F_OK), -1);
	snprintf(back, sizeof(back), "ALTER TABLE device DROP COLUMN colour; PRAGMA user_version = %d", schema_ladder.top);
	tamper(path, back);
	s = NULL;
	must(schema_open(path, 0, &more, &s, &f));
	store_close(s);
	assert_int_equal(access(second, F_OK), 0);
	free(path), free(copy), free(second);
	remove_folder(dir);
}

static void a_climb_that_fails_changes_nothing(void **state)
{
	const struct ladder bad = with("ALTER TABLE device ADD COLUMN colour TEXT; INSERT INTO nowhere VALUES (1);");
	char *dir = test_folder(), *path = filled(dir);
	struct store *s = NULL;

	(void)state;
	must_fail(schema_open(path, 0, &bad, &s, &f), ST_STORE_DAMAGED);
	assert_null(s);
	must(store_open(path, 0, &s, &f));
	assert_int_equal(count(s, "PRAGMA user_version"), schema_ladder.top);
	assert_int_equal(count(s, "SELECT count(*) FROM pragma_table_info('device') WHERE name = 'colour'"), 0);
	all_is_there(s);
	store_close(s);
	free(path);
	remove_folder(dir);
}

static void an_older_inventory_that_cannot_be_written_is_not_shown_as_if_it_were_new(void **state)
{
	const struct ladder more = with("ALTER TABLE device ADD COLUMN colour TEXT;");
	char *dir = test_folder(), *path = filled(dir);
	struct store *s = NULL;

	(void)state;
	must_fail(schema_open(path, STORE_LOOK, &more, &s, &f), ST_STORE_READ_ONLY);
	assert_non_null(strstr(f.what, "older"));
	assert_null(s);
	free(path);
	remove_folder(dir);
}

static void a_damaged_inventory_is_not_brought_up(void **state)
{
	const struct ladder more = with("ALTER TABLE device ADD COLUMN colour TEXT;");
	char *dir = test_folder(), *path = filled(dir), junk[4096], *copy = NULL;
	struct store *s = NULL;
	struct stat sb;
	FILE *file;

	(void)state;
	memset(junk, 0x5a, sizeof(junk));
	assert_true(asprintf(&copy, "%s.version-%d", path, schema_ladder.top) > 0);
	assert_int_equal(stat(path, &sb), 0);
	file = fopen(path, "r+b");
	assert_non_null(file);
	assert_int_equal(fseek(file, (long)(sb.st_size / 4096 - 8) * 4096, SEEK_SET), 0);
	for (int i = 0; i < 8; i++)
		assert_int_equal(fwrite(junk, 1, sizeof(junk), file), sizeof(junk));
	assert_int_equal(fclose(file), 0);
	must_fail(schema_open(path, 0, &more, &s, &f), ST_STORE_DAMAGED);
	assert_null(s);
	assert_int_equal(access(copy, F_OK), -1);
	free(path), free(copy);
	remove_folder(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_version_is_the_one_that_was_released),
		cmocka_unit_test(every_older_version_is_brought_up_with_all_that_is_in_it),
		cmocka_unit_test(an_older_inventory_is_copied_aside_then_changed),
		cmocka_unit_test(a_climb_that_fails_changes_nothing),
		cmocka_unit_test(an_older_inventory_that_cannot_be_written_is_not_shown_as_if_it_were_new),
		cmocka_unit_test(a_damaged_inventory_is_not_brought_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
