/* Rows that no Keyroom writes: an inventory that was edited by hand, or made to harm. An answer or a fault, never a crash. */
#include "tests/unit/store_help.h"

#include "store/db.h"

static struct fault f;

/* One row in every table. */
static void fill(struct store *s)
{
	struct device_row d = a_device(SERIAL, "root-ca-a");
	struct domain_row dom = { .present = 1, .shares = 2, .missing = 0, .has_kcv = true, .kcv = { 0xe9, 0x4f, 1, 2, 3, 4, 5, 6 } };
	struct object_row rows[2] = { a_key(1, "Root", 1), an_object(THING_CERTIFICATE, 0xca01, "Root") };
	struct share_row r = { .has_kcv = true, .kcv = { 1 }, .form = "file", .threshold = 2, .parts = 3, .made_at = T0,
			       .checked_at = T0, .gone_at = STORE_UNKNOWN };
	struct part_row part = { .number = 1, .checked_at = T0, .gone_at = STORE_UNKNOWN };
	int64_t id = 0;

	d.fw_major = d.fw_minor = 3;
	d.initialised = 1;
	rows[1].key = rows[0].key;
	rows[1].has_sha256 = true;
	must(store_device_seen(s, &d, T0, &f));
	must(store_domain_seen(s, SERIAL, &dom, T0, &f));
	must(store_objects_sync(s, SERIAL, rows, 2, T0, &f));
	must(store_key_set_spki(s, &rows[0].key, (const uint8_t *)"der", 3, &f));
	id = add_backup(s, "blob", "Root", rows[0].key);
	must(store_backup_prove(s, id, PROOF_OPENED, SERIAL, T0, &f));
	must(store_share_seen(s, &r, T0, &id, &f));
	must(store_part_set(s, id, &part, &f));
	must(store_dkek_share(s, dom.kcv, r.kcv, T0, &f));
	must(store_usual_add(s, SERIAL, "x", 1, &f));
	must(store_journal(s, &(struct journal_entry){ .at = T0, .what = "x", .text = "y", .device = SERIAL }, &f));
	must(store_run_begin(s, "init", SERIAL, dom.kcv, NULL, T0, &id, &f));
}

struct reader {
	const char *name;
	enum status (*fn)(struct store *s);
};

#define READER(name, type, call) \
	static enum status name(struct store *s) \
	{ \
		struct type *rows = NULL; \
		size_t n = 0; \
		enum status st = call; \
\
		free(rows); \
		return st; \
	}
READER(devices, device_row, store_devices(s, &(struct device_filter){ 0 }, &rows, &n, &f))
READER(domains, domain_row, store_domains(s, SERIAL, &rows, &n, &f))
READER(dkeks, dkek_row, store_dkeks(s, (struct store_page){ 0 }, &rows, &n, &f))
READER(shares, share_row, store_shares(s, NULL, (struct store_page){ 0 }, &rows, &n, &f))
READER(parts, part_row, store_parts(s, 1, &rows, &n, &f))
READER(keys, key_row, store_keys(s, (struct store_page){ 0 }, &rows, &n, &f))
READER(objects, object_row, store_objects(s, &(struct object_filter){ .gone_too = true }, &rows, &n, &f))
READER(backups, backup_row, store_backups(s, &(struct backup_filter){ 0 }, &rows, &n, &f))
READER(proofs, proof_row, store_proofs(s, 1, &rows, &n, &f))
READER(entries, journal_row, store_journal_list(s, &(struct journal_filter){ 0 }, &rows, &n, &f))

static enum status verify(struct store *s)
{
	struct journal_verdict v;

	return store_journal_verify(s, &v, &f);
}

static enum status runs(struct store *s)
{
	struct run_record *rows = NULL;
	size_t n = 0;
	enum status st = store_open_runs(s, NULL, &rows, &n, &f);

	if (st == ST_OK)
		run_records_free(rows, n);
	return st;
}

static enum status data(struct store *s)
{
	uint8_t *p = NULL;
	size_t n = 0;
	enum status st = store_backup_data(s, 1, &p, &n, &f);

	free(p);
	return st;
}

static enum status spki(struct store *s)
{
	struct key_identity key = an_identity(1, STORE_SPKI_LEN);
	uint8_t *p = NULL;
	size_t n = 0;
	enum status st = store_key_spki(s, &key, &p, &n, &f);

	free(p);
	return st;
}

static enum status usual(struct store *s)
{
	int64_t ms;

	return store_usual(s, SERIAL, "x", &ms, &f);
}

static enum status identity(struct store *s)
{
	uint8_t id[16];

	return store_identity(s, id, &f);
}

/* Writing over it, as the next scan and the next backup do. */
static enum status scan(struct store *s)
{
	struct object_row o = a_key(1, "Root", 1);

	return store_objects_sync(s, SERIAL, &o, 1, T0 + 1, &f);
}

static enum status back_up(struct store *s)
{
	struct backup_row b = a_backup("blob", "Root", an_identity(1, STORE_SPKI_LEN));
	int64_t id;

	return store_backup_add(s, &b, (const uint8_t *)"blob", 4, T0, &id, &f);
}

static enum status note(struct store *s)
{
	return store_journal(s, &(struct journal_entry){ .at = T0, .what = "x", .text = "y" }, &f);
}

#define R(name) { #name, name }
static const struct reader readers[] = {
	R(devices), R(domains), R(dkeks), R(shares), R(parts), R(keys), R(objects), R(backups), R(proofs), R(entries),
	R(verify), R(runs), R(data), R(spki), R(usual), R(identity), R(scan), R(back_up), R(note),
};

static const char *const hostile[] = {
	"NULL", "-1", "9223372036854775807", "3000000000", "1e300", "'text'", "''", "x''", "x'00'", "zeroblob(17)",
	"zeroblob(70000)", "CAST(zeroblob(3000) AS TEXT)", "printf('%.*c', 300000, 'x')", "CAST(x'ff80fe00c3' AS TEXT)",
};

/* How far the walk over all columns goes: what reading gave, and how often damage was said. */
struct tally {
	unsigned tried, damaged;
};

static void raw(struct store *s, const char *sql)
{
	char *why = NULL;

	if (sqlite3_exec(s->db, sql, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s: %s", sql, why);
}

/* Each try is taken back, so that the next one finds the good rows. */
static void try_column(struct store *s, const char *table, const char *column, struct tally *t)
{
	for (size_t i = 0; i < sizeof(hostile) / sizeof(*hostile); i++) {
		char sql[600];

		raw(s, "SAVEPOINT try");
		snprintf(sql, sizeof(sql), "UPDATE %s SET %s = %s", table, column, hostile[i]);
		(void)sqlite3_exec(s->db, sql, NULL, NULL, NULL);   /* what even loose tables refuse does no harm */
		for (size_t r = 0; r < sizeof(readers) / sizeof(*readers); r++) {
			enum status st = readers[r].fn(s);

			t->tried++;
			t->damaged += st == ST_STORE_DAMAGED;
			if (st != ST_OK && st != ST_STORE_DAMAGED && st != ST_NOT_FOUND && st != ST_MISMATCH && st != ST_STORE)
				fail_msg("%s.%s = %s: %s gave %s: %s", table, column, hostile[i], readers[r].name, status_name(st), f.what);
		}
		raw(s, "ROLLBACK TO try; RELEASE try");
	}
}

/* Tables without STRICT, NOT NULL and triggers: what somebody would make who wants to see us fall. */
static void loosen(struct store *s)
{
	char *drop;
	sqlite3_stmt *q = NULL;

	(void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 0, NULL);
	raw(s, "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON");
	assert_int_equal(sqlite3_prepare_v2(s->db,
					    "SELECT group_concat('DROP TRIGGER ' || name, ';') FROM sqlite_schema WHERE type = 'trigger'",
					    -1, &q, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(q), SQLITE_ROW);
	drop = strdup((const char *)sqlite3_column_text(q, 0));
	sqlite3_finalize(q);
	assert_non_null(drop);
	raw(s, drop);
	free(drop);
	raw(s, "PRAGMA writable_schema = ON;"
	       "UPDATE sqlite_schema SET sql = replace(replace(sql, ') STRICT, WITHOUT ROWID', ') WITHOUT ROWID'), ') STRICT', ')')"
	       " WHERE type = 'table';"
	       "UPDATE sqlite_schema SET sql = replace(sql, ' NOT NULL', '') WHERE type = 'table' AND name NOT LIKE 'sqlite%';"
	       "PRAGMA writable_schema = RESET;");
}

static void no_value_in_any_column_makes_us_fall(void **state)
{
	struct store *s = NULL;
	struct tally t = { 0 };
	unsigned columns = 0;
	sqlite3_stmt *q = NULL;

	(void)state;
	must(store_open(":memory:", 0, &s, &f));
	fill(s);
	loosen(s);
	assert_int_equal(sqlite3_prepare_v2(s->db,
					    "SELECT m.name, c.name FROM sqlite_schema m, pragma_table_info(m.name) c WHERE m.type = 'table'"
					    " AND m.name NOT LIKE 'sqlite%' ORDER BY 1, 2", -1, &q, NULL), SQLITE_OK);
	while (sqlite3_step(q) == SQLITE_ROW) {
		char table[64], column[64];

		snprintf(table, sizeof(table), "%s", (const char *)sqlite3_column_text(q, 0));
		snprintf(column, sizeof(column), "%s", (const char *)sqlite3_column_text(q, 1));
		try_column(s, table, column, &t);
		columns++;
	}
	sqlite3_finalize(q);
	print_message("# %u columns, %u readings, %u times damaged\n", columns, t.tried, t.damaged);
	assert_true(columns > 100);
	assert_true(t.damaged > 1000);
	store_close(s);
}

static void the_tables_refuse_values_of_another_kind(void **state)
{
	static const char *const edits[] = {
		"UPDATE device SET last_seen = 'yesterday'", "UPDATE device SET serial = NULL", "UPDATE device SET serial = ''",
		"UPDATE key SET identity = zeroblob(20)", "UPDATE object SET type = 3", "UPDATE object SET device = 77",
		"UPDATE object SET gone_at = 5", "UPDATE backup SET proof = 5", "UPDATE backup SET proof = 0", "DELETE FROM backup",
		"UPDATE backup SET key = NULL", "UPDATE backup SET sha256 = zeroblob(31)", "UPDATE backup SET kcv = zeroblob(8)",
		"UPDATE domain SET number = 256", "UPDATE run SET state = 3", "INSERT INTO inventory VALUES (2, zeroblob(16))",
		"DELETE FROM dkek", "DELETE FROM name", "DELETE FROM key",
	};
	char *dir = test_folder(), *path = in_folder(dir, "i.db");
	struct store *s = NULL;
	sqlite3 *db = NULL;

	(void)state;
	must(store_open(path, 0, &s, &f));
	fill(s);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "PRAGMA foreign_keys = ON", NULL, NULL, NULL), SQLITE_OK);
	for (size_t i = 0; i < sizeof(edits) / sizeof(*edits); i++)
		if (sqlite3_exec(db, edits[i], NULL, NULL, NULL) != SQLITE_CONSTRAINT)
			fail_msg("taken: %s", edits[i]);
	sqlite3_close(db);
	must(store_check(s, &f));
	store_close(s);
	free(path);
	remove_folder(dir);
}

static void text_comes_back_as_it_went_in(void **state)
{
	static const char *const texts[] = {
		"\x1b[2J\x07", "\xff\xfe\x80", "' OR 1=1; DROP TABLE device; --", "a\nb\r\tc", "\xe2\x80\xae" "evil", "%_\\",
		"Gr\xc3\xbc\xc3\x9f" "e", "\x7f",
	};
	struct store *s = small_store();
	struct backup_row *rows = NULL;
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct device_row d = a_device(texts[i], texts[i]), got;
		struct object_row o = a_key(1, texts[i], (unsigned)i + 1), *objects_got = NULL;

		must(store_device_seen(s, &d, T0, &f));
		must(store_device_get(s, texts[i], &got, &f));
		assert_string_equal(got.label, texts[i]);
		must(store_object_seen(s, texts[i], &o, T0, &f));
		must(store_objects(s, &(struct object_filter){ .device = texts[i] }, &objects_got, &n, &f));
		assert_int_equal(n, 1);
		assert_string_equal(objects_got[0].label, texts[i]);
		free(objects_got);
		(void)add_backup(s, texts[i], texts[i], o.key);
		must(store_backups(s, &(struct backup_filter){ .key = &o.key }, &rows, &n, &f));
		assert_int_equal(n, 1);
		assert_string_equal(rows[0].label, texts[i]);
		free(rows);
	}
	must(store_check(s, &f));
	store_close(s);
}

static void a_changed_wrapped_key_is_not_given_out(void **state)
{
	char *dir = test_folder(), *path = in_folder(dir, "i.db");
	struct store *s = NULL;

	(void)state;
	must(store_open(path, 0, &s, &f));
	fill(s);
	assert_int_equal(data(s), ST_OK);
	store_close(s);
	tamper(path, "UPDATE wrapped SET data = CAST('blub' AS BLOB)");
	s = NULL;
	must(store_open(path, 0, &s, &f));
	must_fail(data(s), ST_STORE_DAMAGED);
	store_close(s);
	free(path);
	remove_folder(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_value_in_any_column_makes_us_fall),
		cmocka_unit_test(the_tables_refuse_values_of_another_kind),
		cmocka_unit_test(text_comes_back_as_it_went_in),
		cmocka_unit_test(a_changed_wrapped_key_is_not_given_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
