/*
 * Renaming a key with its certificate, and a device: whatever happens, in the end it has the new name, and at no point is
 * the old description lost: it is on the card or in the run's record.
 */
#include "tests/faults/keys_help.h"

#include "engine/keys/describe.h"
#include "store/device.h"

static struct card *log_in(struct stage *s, struct card **ret_held)
{
	struct card *c = stage_talk(s, 0);
	SECRET *pin = secret_new(16);
	struct fault f;

	assert_true(secret_set(pin, PIN, strlen(PIN)));
	must(card_begin(c, ret_held, &f));
	must(card_login(c, pin, &f));
	return c;
}

/* A stand-alone certificate with the key's ID and label. */
static void prepare(struct stage *s)
{
	const struct description d = { .kind = DESCRIPTION_CERT, .label = "a label that is rather long", .id = { 2 }, .id_len = 1,
				       .path = 0xca00 };
	struct card *c;
	struct fault f;

	set_up(s, 0);
	make_key(s, 0, "stays", "01");
	make_key(s, 0, "a label that is rather long", "02");
	{
		CARD_SESSION *held = NULL;
		BUF file = { 0 };

		c = log_in(s, &held);
		must(describe_build(&d, &file, &f));
		must(card_write_file(c, 0xc800, buf_view(&file), WRITE_NEW, &f));
		must(card_write_file(c, 0xca00, cur_of("\x30\x03\x02\x01\x05", 5), WRITE_NEW, &f));
	}
	card_close(c);
}

static enum status rename_it(struct stage *s, struct fault *f)
{
	const struct given given[] = {
		{ "id", 0, "02", false }, { "label", 0, "short", false }, { "new-id", 0, "0304", false }, { "pin", 0, PIN, false }, { 0 },
	};

	return stage_run(s, &procedure_key_rename, stage_serial(s, 0), given, NULL, f);
}

/* It was done, and nothing was left open: then there is no such key, and that is said. */
static enum status take_up(struct stage *s, struct fault *f)
{
	const enum status st = rename_it(s, f);

	return st == ST_NOT_FOUND ? ST_OK : st;
}

static bool is_noted(struct stage *s, const char *name)
{
	struct run_record *rows = NULL;
	struct fault f;
	bool noted = false;
	size_t n = 0;

	must(store_open_runs(s->store, NULL, &rows, &n, &f));
	for (size_t i = 0; i < n; i++)
		noted |= strstr(rows[i].facts, name) != NULL;
	run_records_free(rows, n);
	return noted;
}

/* On the card, whole, the old or the new one; or written down. */
static void nothing_is_lost(struct stage *s, enum status st)
{
	static const struct { uint16_t fid; const char *noted; } files[] = { { 0xc402, "c402.old" }, { 0xc800, "c800.old" } };
	struct card *c = stage_talk(s, 0);
	struct fault f;

	(void)st;
	{
		CARD_SESSION *held = NULL;

		must(card_begin(c, &held, &f));
		for (size_t i = 0; i < 2; i++) {
			struct description d;
			BUF file = { 0 };
			const bool whole = card_read_file(c, files[i].fid, &file, &f) == ST_OK &&
				(i == 0 ? describe_parse_key(buf_view(&file), &d, &f) : describe_parse_cert(buf_view(&file), &d, &f)) == ST_OK;

			if (!whole && !is_noted(s, files[i].noted))
				fail_msg("the description %04X is neither on the card nor written down", files[i].fid);
		}
	}
	card_close(c);
	expect_key(s, 0, "stays");
}

static void expect_row(struct stage *s, unsigned fid)
{
	struct object_filter filter = { .device = stage_serial(s, 0), .gone_too = true };
	struct object_row *rows = NULL;
	bool found = false;
	struct fault f;
	size_t n = 0;

	must(store_objects(s->store, &filter, &rows, &n, &f));
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(rows[i].gone_at, STORE_UNKNOWN);
		found |= rows[i].fid == fid && strcmp(rows[i].label, "short") == 0 && rows[i].id_len == 2;
	}
	free(rows);
	assert_true(found);
}

static void check(struct stage *s)
{
	static const uint8_t id[] = { 3, 4 };
	struct card *c = stage_talk(s, 0);
	struct fault f;

	{
		CARD_SESSION *held = NULL;
		OBJECTS list = { 0 };
		unsigned named = 0;

		must(card_begin(c, &held, &f));
		must(card_objects(c, WANT_KEYS | WANT_PUBLIC | WANT_CERTIFICATES, &list, &f));
		assert_int_equal(list.n, 3);
		for (size_t i = 0; i < list.n; i++)
			named += strcmp(list.o[i].label, "short") == 0 && list.o[i].id_len == 2 && memcmp(list.o[i].id, id, 2) == 0;
		assert_int_equal(named, 2);
	}
	card_close(c);
	expect_key(s, 0, "short");
	expect_key(s, 0, "stays");
	expect_row(s, 0xcc02);
	expect_nothing_open(s);
	expect_chain(s);
}

static const struct walk walk = {
	.prepare = prepare, .drive = rename_it, .take_up = take_up, .interrupted = nothing_is_lost, .check = check,
};

static void prepare_device(struct stage *s)
{
	const struct given given[] = { { "label", 0, "a label that is rather long", false }, { "pin", 0, PIN, false }, { 0 } };
	struct fault f;

	set_up(s, 0);
	must(stage_run(s, &procedure_label, stage_serial(s, 0), given, NULL, &f));
}

static enum status label_it(struct stage *s, struct fault *f)
{
	const struct given given[] = { { "label", 0, "short", false }, { "pin", 0, PIN, false }, { 0 } };

	return stage_run(s, &procedure_label, stage_serial(s, 0), given, NULL, f);
}

static void check_device(struct stage *s)
{
	struct card *c = stage_talk(s, 0);
	char label[DESCRIBE_LABEL_MAX];
	struct device_row row;
	struct fault f;

	{
		CARD_SESSION *held = NULL;

		must(card_begin(c, &held, &f));
		must(card_label(c, label, &f));
	}
	card_close(c);
	assert_string_equal(label, "short");
	must(store_device_get(s->store, stage_serial(s, 0), &row, &f));
	assert_string_equal(row.label, "short");
	expect_nothing_open(s);
	expect_chain(s);
}

static const struct walk walk_device = { .prepare = prepare_device, .drive = label_it, .check = check_device };

static void a_key_is_renamed_however_often_the_card_vanishes(void **state)
{
	(void)state;
	walk_vanish(&walk, 0);
}

static void a_key_is_renamed_however_often_the_process_is_killed(void **state)
{
	(void)state;
	walk_kill(&walk);
}

static void a_key_is_renamed_although_memory_runs_short(void **state)
{
	(void)state;
	walk_memory(&walk, 200);
}

static void a_device_is_labelled_whatever_happens(void **state)
{
	(void)state;
	walk_vanish(&walk_device, 0);
	walk_kill(&walk_device);
	walk_memory(&walk_device, 100);
}

static void no_success_is_reported_that_was_not_read_back(void **state)
{
	(void)state;
	walk_lie(&walk, 0);
	walk_lie(&walk_device, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_success_is_reported_that_was_not_read_back),
		cmocka_unit_test(a_key_is_renamed_however_often_the_card_vanishes),
		cmocka_unit_test(a_key_is_renamed_however_often_the_process_is_killed),
		cmocka_unit_test(a_key_is_renamed_although_memory_runs_short),
		cmocka_unit_test(a_device_is_labelled_whatever_happens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
