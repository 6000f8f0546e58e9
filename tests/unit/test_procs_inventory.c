/* inventory forget and journal export. */
#include "tests/unit/backup_help.h"

#include "tui/wizard/journal_export.h"

static bool says(struct run *r, void (*tell)(const struct run *, struct prose *), const char *words)
{
	PROSE p = { 0 };
	bool found = false;

	tell(r, &p);
	for (size_t i = 0; i < p.n; i++)
		found |= strstr(p.p[i].text, words) != NULL;
	return found;
}

static size_t devices_known(struct place *p)
{
	const struct device_filter filter = { 0 };
	struct device_row *rows = NULL;
	struct fault f = { 0 };
	size_t n = 0;

	must(store_devices(p->store, &filter, &rows, &n, &f));
	free(rows);
	return n;
}

static size_t keys_known(struct place *p)
{
	struct key_row *rows = NULL;
	struct fault f = { 0 };
	size_t n = 0;

	must(store_keys(p->store, (struct store_page){ 0 }, &rows, &n, &f));
	free(rows);
	return n;
}

static size_t entries(struct place *p, const char *what)
{
	const struct journal_filter filter = { 0 };
	struct journal_row *rows = NULL;
	struct fault f = { 0 };
	size_t n = 0, found = 0;

	must(store_journal_list(p->store, &filter, &rows, &n, &f));
	for (size_t i = 0; i < n; i++)
		found += strcmp(rows[i].what, what) == 0;
	free(rows);
	return found;
}

/* From the first page to the review. */
static struct run *to_review(struct place *p, const char *serial)
{
	struct run *r = place_run_new(p, "inventory-forget", 0, GIVEN({ "serial", serial, 0 }));
	struct fault f = { 0 };
	const char *bad;

	must(run_next(r, &bad, &f));
	run_wait(r, NULL, NULL);
	assert_int_equal(run_phase(r), RUN_REVIEW);
	return r;
}

static void what_is_lost_with_a_device_is_said_before(void **state)
{
	struct place *p = *state;
	struct backup_row *rows = NULL;
	const struct procedure *forget = procedure_find("inventory-forget");
	struct journal_verdict v;
	struct fault f = { 0 };
	struct run *r;

	place_init(p, 0, 1, 0x10);
	place_init(p, 1, 1, 0x10);
	place_make_key(p, 0, "ec:secp256r1", "twice", "01");
	place_expect(p, "clone", 0, GIVEN({ "to", place_serial(p, 1), 0 }, { "pin", PIN, 0 }, { "to-pin", PIN, 0 }), ST_OK);
	place_make_key(p, 0, "ec:secp256r1", "kept", "02");
	place_expect(p, "backup", 0, GIVEN({ "id", "02", 0 }, { "pin", PIN, 0 }), ST_OK);
	/* All of its keys are elsewhere or have a backup: nothing has to be typed, but a script says the serial always. */
	p->env.script = false;
	r = to_review(p, place_serial(p, 0));
	assert_null(forget->confirm(r));
	run_free(r);
	p->env.script = true;
	r = to_review(p, place_serial(p, 0));
	assert_string_equal(forget->confirm(r), place_serial(p, 0));
	assert_true(says(r, forget->review, "The key \"twice\" is on 1 other device."));
	assert_true(says(r, forget->review, "The key \"kept\" is on no other device. It has a backup, but none"));
	place_make_key(p, 0, "ec:secp256r1", "only", "03");
	/* Of this one nothing was said yet. */
	must(run_start(r, &f));
	run_wait(r, NULL, NULL);
	assert_int_equal(run_fault(r)->st, ST_REFUSED);
	assert_int_equal(devices_known(p), 2);
	run_free(r);
	p->env.script = false;   /* a person types it, too */
	r = to_review(p, place_serial(p, 0));
	assert_string_equal(forget->confirm(r), place_serial(p, 0));
	assert_true(says(r, forget->review, "The key \"only\" is on no other device, and has no backup."));
	run_confirm(r);
	must(run_start(r, &f));
	run_wait(r, NULL, NULL);
	assert_int_equal(run_phase(r), RUN_DONE);
	run_free(r);
	assert_int_equal(devices_known(p), 1);
	assert_int_equal(keys_known(p), 2);
	assert_int_equal(backups_in(p, &rows), 2);
	assert_string_equal(rows[0].device, place_serial(p, 0));
	free(rows);
	assert_int_equal(entries(p, "device.forgotten"), 1);
	assert_int_equal(entries(p, "key.new"), 3);
	must(store_journal_verify(p->store, &v, &f));
	assert_int_equal(v.broken, 0);
	/* It is known again when it is seen again. */
	place_expect(p, "backup", 0, GIVEN({ "id", "03", 0 }, { "pin", PIN, 0 }), ST_OK);
	assert_int_equal(devices_known(p), 2);
	assert_int_equal(keys_known(p), 3);
}

static void a_device_that_is_here_is_not_forgotten(void **state)
{
	struct place *p = *state;
	struct fault f = { 0 };
	struct fleet *fl;

	place_init(p, 0, 1, 0x10);
	place_make_key(p, 0, "ec:secp256r1", "key", "01");
	must(fleet_new(p->jobs, p->store, false, &fl, &f));
	must(fleet_scan_all_wait(fl, FLEET_WHO, 10000, &f));
	p->env.fleet = fl;
	place_expect(p, "inventory-forget", 0, GIVEN({ "serial", place_serial(p, 0), 0 }), ST_REFUSED);
	assert_int_equal(devices_known(p), 1);
	p->env.fleet = NULL;
	place_expect(p, "inventory-forget", 0, GIVEN({ "serial", "DENK0999999", 0 }), ST_NOT_FOUND);
	p->env.confirm = place_serial(p, 1);
	place_expect(p, "inventory-forget", 0, GIVEN({ "serial", place_serial(p, 0), 0 }), ST_REFUSED);
	p->env.confirm = NULL;
	assert_int_equal(devices_known(p), 1);
	fleet_free(fl);
}

/* An absent one is gone from the list too, and so is what was interrupted on it. */
static void a_forgotten_device_leaves_the_lists(void **state)
{
	struct place *p = *state;
	struct device_row row = DEVICE_ROW_UNKNOWN;
	struct run_record *runs = NULL;
	struct fault f = { 0 };
	struct fleet *fl;
	int64_t id;
	size_t n;

	snprintf(row.serial, sizeof(row.serial), "DENK0777777");
	must(store_device_seen(p->store, &row, 1000, &f));
	must(store_run_begin(p->store, "init", "DENK0777777", NULL, NULL, 1000, &id, &f));
	must(fleet_new(p->jobs, p->store, false, &fl, &f));
	assert_non_null(fleet_by_serial(fl, "DENK0777777"));
	place_expect(p, "inventory-forget", 0, GIVEN({ "serial", "DENK0777777", 0 }), ST_OK);
	place_reload(p, fl);
	assert_null(fleet_by_serial(fl, "DENK0777777"));
	must(store_open_runs(p->store, NULL, &runs, &n, &f));
	assert_int_equal(n, 0);
	run_records_free(runs, n);
	fleet_free(fl);
}

static size_t lines_of(struct cur text)
{
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++)
		n += text.p[i] == '\n';
	return n;
}

static void the_journal_is_exported_whole(void **state)
{
	struct place *p = *state;
	const struct journal_entry odd = { .at = 5, .what = "test.odd", .text = "a \xff byte, \"quotes\" and a\ttab" };
	struct journal_verdict v;
	const struct journal_exported *j;
	char file[128];
	struct stat sb;
	struct fault f = { 0 };
	BUF b = { 0 };
	struct run *r;

	place_init(p, 0, 1, 0x10);
	place_make_key(p, 0, "ec:secp256r1", "key", "01");
	for (unsigned i = 0; i < 1100; i++)
		must(store_journal(p->store, &odd, &f));
	must(store_journal_verify(p->store, &v, &f));
	snprintf(file, sizeof(file), "%s/journal.jsonl", p->dir);
	must(place_do(p, "journal-export", 0, GIVEN({ "file", file, 0 }), &r, &f));
	j = run_journal_exported(r);
	assert_int_equal(j->entries, v.entries);
	assert_int_equal(j->verdict.broken, 0);
	run_free(r);
	must(file_read(file, 1 << 22, &b, &f));
	assert_int_equal(lines_of(buf_view(&b)), v.entries + 1);
	assert_int_equal(stat(file, &sb), 0);
	assert_int_equal(sb.st_mode & 0777, 0600);
	buf_u8(&b, 0);
	assert_non_null(strstr((char *)b.p, "\"text_hex\":\"6120ff20627974652c20"));
	/* That it was is an entry itself, and a file that is there is left alone. */
	assert_int_equal(entries(p, "journal.exported"), 1);
	place_expect(p, "journal-export", 0, GIVEN({ "file", file, 0 }), ST_FILE_EXISTS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_lost_with_a_device_is_said_before),
		TEST(a_device_that_is_here_is_not_forgotten),
		TEST(a_forgotten_device_leaves_the_lists),
		TEST(the_journal_is_exported_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
