/* The journal: appended to, and seen through when somebody edits it. */
#include "tests/unit/store_help.h"

#include <openssl/evp.h>

static struct fault f;

#define ENTRIES 6

static void write_some(struct store *s)
{
	for (int i = 0; i < ENTRIES; i++) {
		char text[40];

		snprintf(text, sizeof(text), "Entry %d was made.", i + 1);
		must(store_journal(s, &(struct journal_entry){ .at = T0 + i, .what = "test.entry", .text = text,
							       .device = i % 2 == 0 ? SERIAL : NULL }, &f));
	}
}

static struct journal_verdict verdict(struct store *s)
{
	struct journal_verdict v = { .entries = 99 };

	must(store_journal_verify(s, &v, &f));
	return v;
}

static void entries_are_chained_and_listed(void **state)
{
	struct store *s = small_store();
	struct key_identity key = an_identity(3, STORE_SPKI_LEN), cmac = an_identity(4, STORE_CMAC_LEN);
	struct journal_row *rows = NULL;
	struct journal_verdict v = verdict(s);
	uint8_t head[JOURNAL_HASH_LEN];
	int64_t number = 9;
	size_t n = 0;

	(void)state;
	assert_int_equal(v.entries, 0);
	assert_int_equal(v.broken, 0);
	must(store_journal_head(s, &number, head, &f));
	assert_int_equal(number, 0);
	write_some(s);
	must(store_journal(s, &(struct journal_entry){ .at = T0 + 50, .what = "key.new", .text = "A key was made.", .device = SERIAL,
						       .key = &key, .person = "Ada", .run = 12 }, &f));
	must(store_journal(s, &(struct journal_entry){ .at = T0 + 51, .what = "key.new", .text = "x", .key = &cmac }, &f));
	must(store_journal_list(s, &(struct journal_filter){ .page = { 1, 0 } }, &rows, &n, &f));
	assert_int_equal(n, 1);
	assert_int_equal(rows[0].number, ENTRIES + 2);
	assert_int_equal(rows[0].key.len, STORE_CMAC_LEN);
	must(store_journal_head(s, &number, head, &f));
	assert_int_equal(number, ENTRIES + 2);
	assert_memory_equal(head, rows[0].hash, sizeof(head));
	free(rows);
	must(store_journal_list(s, &(struct journal_filter){ .oldest_first = true }, &rows, &n, &f));
	assert_int_equal(n, ENTRIES + 2);
	for (size_t i = 1; i < n; i++)
		assert_memory_equal(rows[i].before, rows[i - 1].hash, JOURNAL_HASH_LEN);
	assert_string_equal(rows[0].text, "Entry 1 was made.");
	assert_string_equal(rows[0].device, SERIAL);
	assert_string_equal(rows[1].device, "");
	free(rows);
	const struct journal_filter filters[] = { { .key = &key }, { .number = ENTRIES + 1 }, { .device = SERIAL, .key = &key } };

	for (size_t i = 0; i < sizeof(filters) / sizeof(*filters); i++) {
		must(store_journal_list(s, &filters[i], &rows, &n, &f));
		assert_int_equal(n, 1);
		assert_int_equal(rows[0].number, ENTRIES + 1);
		assert_string_equal(rows[0].person, "Ada");
		assert_int_equal(rows[0].run, 12);
		free(rows);
	}
	must(store_journal_list(s, &(struct journal_filter){ .device = SERIAL }, &rows, &n, &f));
	assert_int_equal(n, ENTRIES / 2 + 1);
	free(rows);
	v = verdict(s);
	assert_int_equal(v.entries, ENTRIES + 2);
	assert_memory_equal(v.head, head, sizeof(head));
	must_fail(store_journal(s, &(struct journal_entry){ .text = "Nothing happened." }, &f), ST_BAD_FORM);
	store_close(s);
}

/* The bytes that the header promises, put together by hand. */
static void the_hash_is_what_the_header_says(void **state)
{
	struct store *s = small_store();
	struct key_identity key = an_identity(0x01020304, STORE_CMAC_LEN);
	uint8_t bytes[400], hash[32];
	struct journal_row *rows = NULL;
	size_t n = 0, at = 0;

	(void)state;
	must(store_journal(s, &(struct journal_entry){ .at = 0x0102030405, .what = "w", .text = "te", .device = "dev",
						       .key = &key, .person = "", .run = 2 }, &f));
#define ADD(literal) memcpy(bytes + at, literal, sizeof(literal) - 1), at += sizeof(literal) - 1
	ADD("keyroom journal 1\0");
	memset(bytes + at, 0, 32), at += 32;
	ADD("\0\0\0\0\0\0\0\1" "\0\0\0\1\2\3\4\5" "\0\0\0\0\0\0\0\2");
	ADD("\0\0\0\3" "dev" "\0\0\0\x10");
	memcpy(bytes + at, key.bytes, 16), at += 16;
	ADD("\0\0\0\0" "\0\0\0\1w" "\0\0\0\2te");
	assert_int_equal(EVP_Digest(bytes, at, hash, NULL, EVP_sha256(), NULL), 1);
	must(store_journal_list(s, &(struct journal_filter){ 0 }, &rows, &n, &f));
	assert_memory_equal(rows[0].hash, hash, 32);
	free(rows);
	store_close(s);
}

static void text_that_is_too_long_is_cut_between_characters(void **state)
{
	struct store *s = small_store();
	struct journal_row *rows = NULL;
	char text[JOURNAL_TEXT_MAX + 50];
	size_t n = 0;

	(void)state;
	memset(text, 'a', sizeof(text));
	for (size_t i = 1; i + 3 < sizeof(text); i += 3)
		memcpy(text + i, "\xe2\x82\xac", 3);
	text[sizeof(text) - 1] = '\0';
	must(store_journal(s, &(struct journal_entry){ .at = T0, .what = "x", .text = text, .person = text }, &f));
	must(store_journal_list(s, &(struct journal_filter){ 0 }, &rows, &n, &f));
	assert_int_equal(strlen(rows[0].text), 1 + (JOURNAL_TEXT_MAX - 2) / 3 * 3);
	assert_memory_equal(rows[0].text + strlen(rows[0].text) - 3, "\xe2\x82\xac", 3);
	free(rows);
	assert_int_equal(verdict(s).entries, 1);
	store_close(s);
}

#define FREE_THE_JOURNAL "DROP TRIGGER journal_added; DROP TRIGGER journal_stays; DROP TRIGGER journal_kept;"

static void every_edit_is_seen_and_the_first_bad_entry_named(void **state)
{
	static const struct {
		const char *sql;
		int64_t broken, good;
	} edits[] = {
		{ "UPDATE journal SET text = 'Entry 3 was never made.' WHERE number = 3", 3, 2 },
		{ "UPDATE journal SET at = at + 1 WHERE number = 1", 1, 0 },
		{ "UPDATE journal SET what = 'x' WHERE number = 6", 6, 5 },
		{ "UPDATE journal SET device = 'DENK9' WHERE number = 2", 2, 1 },
		{ "UPDATE journal SET person = 'Eve' WHERE number = 2", 2, 1 },
		{ "UPDATE journal SET key = zeroblob(32) WHERE number = 2", 2, 1 },
		{ "UPDATE journal SET key = zeroblob(31) WHERE number = 2", 2, 1 },
		{ "UPDATE journal SET run = 1 WHERE number = 2", 2, 1 },
		{ "UPDATE journal SET hash = zeroblob(32) WHERE number = 4", 4, 3 },
		{ "UPDATE journal SET before = zeroblob(32) WHERE number = 4", 4, 3 },
		{ "DELETE FROM journal WHERE number = 3", 4, 2 },
		{ "DELETE FROM journal WHERE number = 1", 2, 0 },
		{ "DELETE FROM journal WHERE number = 3; UPDATE journal SET number = number - 1 WHERE number > 3", 3, 2 },
		{ "UPDATE journal SET number = 60 WHERE number = 3; UPDATE journal SET number = 3 WHERE number = 4;"
		  "UPDATE journal SET number = 4 WHERE number = 60", 3, 2 },
		{ "INSERT INTO journal SELECT 0, at, what, text, device, key, person, run, zeroblob(32), before FROM journal"
		  " WHERE number = 1", 0, 0 },
		{ "INSERT INTO journal SELECT 7, at, what, text, device, key, person, run, before, hash FROM journal"
		  " WHERE number = 6", 7, 6 },
		/* A field's end moved into the next one: the lengths are hashed too. */
		{ "UPDATE journal SET what = 'test.entryEntry 2', text = ' was made.' WHERE number = 2", 2, 1 },
		{ "UPDATE journal SET text = CAST(x'456e747279203200' AS TEXT) WHERE number = 2", 2, 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(edits) / sizeof(*edits); i++) {
		char *dir = test_folder(), *path = in_folder(dir, "i.db");
		struct journal_verdict v;
		struct store *s = NULL;

		must(store_open(path, 0, &s, &f));
		write_some(s);
		store_close(s);
		tamper(path, FREE_THE_JOURNAL);
		s = NULL;
		must(store_open(path, 0, &s, &f));
		v = verdict(s);
		assert_int_equal(v.broken, 0);
		assert_int_equal(v.entries, ENTRIES);
		store_close(s);
		tamper(path, edits[i].sql);
		s = NULL;
		must(store_open(path, 0, &s, &f));
		v = verdict(s);
		if (v.why[0] == '\0')
			fail_msg("not seen: %s", edits[i].sql);
		assert_int_equal(v.broken, edits[i].broken);
		assert_int_equal(v.entries, edits[i].good);
		store_close(s);
		free(path);
		remove_folder(dir);
	}
}

/* Somebody who can hash changes one entry whole: then the next one does not follow it. */
static void an_entry_that_was_hashed_anew_breaks_the_next_one(void **state)
{
	char *dir = test_folder(), *path = in_folder(dir, "i.db");
	struct store *s = NULL;
	struct journal_verdict v;

	(void)state;
	must(store_open(path, 0, &s, &f));
	write_some(s);
	store_close(s);
	/* The forged entry is one that a second inventory made with the same past. */
	tamper(path, FREE_THE_JOURNAL "CREATE TABLE saved AS SELECT * FROM journal WHERE number >= 3;"
		     "DELETE FROM journal WHERE number >= 3");
	s = NULL;
	must(store_open(path, 0, &s, &f));
	must(store_journal(s, &(struct journal_entry){ .at = T0 + 2, .what = "test.entry", .text = "Forged." }, &f));
	v = verdict(s);
	assert_int_equal(v.broken, 0);   /* a tail that was cut off shows only against a head that was noted */
	assert_int_equal(v.entries, 3);
	store_close(s);
	tamper(path, "INSERT INTO journal SELECT * FROM saved WHERE number > 3");
	s = NULL;
	must(store_open(path, 0, &s, &f));
	v = verdict(s);
	assert_int_equal(v.broken, 4);
	assert_int_equal(v.entries, 3);
	store_close(s);
	free(path);
	remove_folder(dir);
}

static void the_tables_themselves_refuse_to_change_the_journal(void **state)
{
	static const char *const edits[] = {
		"UPDATE journal SET text = 'x'",
		"UPDATE journal SET number = number + 100",
		"DELETE FROM journal",
		"DELETE FROM journal WHERE number = (SELECT max(number) FROM journal)",
		"INSERT OR REPLACE INTO journal SELECT * FROM journal WHERE number = 2",
		"INSERT INTO journal SELECT 0, at, what, text, device, key, person, run, before, hash FROM journal WHERE number = 1",
		"INSERT INTO journal SELECT 7, at, what, text, device, key, person, run, before, hash FROM journal WHERE number = 1",
		"INSERT INTO journal SELECT 9, at, what, text, device, key, person, run, hash, hash FROM journal WHERE number = 6",
	};
	char *dir = test_folder(), *path = in_folder(dir, "i.db");
	struct store *s = NULL;
	sqlite3 *db = NULL;

	(void)state;
	must(store_open(path, 0, &s, &f));
	write_some(s);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	for (size_t i = 0; i < sizeof(edits) / sizeof(*edits); i++) {
		if (sqlite3_exec(db, edits[i], NULL, NULL, NULL) != SQLITE_CONSTRAINT)
			fail_msg("taken: %s", edits[i]);
		assert_int_equal(verdict(s).entries, ENTRIES);
		assert_int_equal(verdict(s).broken, 0);
	}
	sqlite3_close(db);
	store_close(s);
	free(path);
	remove_folder(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_are_chained_and_listed),
		cmocka_unit_test(the_hash_is_what_the_header_says),
		cmocka_unit_test(text_that_is_too_long_is_cut_between_characters),
		cmocka_unit_test(every_edit_is_seen_and_the_first_bad_entry_named),
		cmocka_unit_test(an_entry_that_was_hashed_anew_breaks_the_next_one),
		cmocka_unit_test(the_tables_themselves_refuse_to_change_the_journal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
