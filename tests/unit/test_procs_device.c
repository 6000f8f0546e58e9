/* label and random on simulated cards. */
#include "tests/unit/procs_help.h"

#include "engine/base/file.h"

static void read_token(struct place *p, struct buf *ret)
{
	CLEANUP(card_close_guard) struct card *c = place_card(p, 0);
	CARD_SESSION *held = NULL;
	struct fault f = { 0 };

	must(card_begin(c, &held, &f));
	must(card_read_file(c, FID_TOKEN, ret, &f));
}

static void write_token(struct place *p, struct cur content)
{
	CLEANUP(card_close_guard) struct card *c = NULL;
	CARD_SESSION *held = NULL;
	struct fault f = { 0 };

	c = place_log_in(p, 0, &held);
	must(card_write_file(c, FID_TOKEN, content, WRITE_REPLACE, &f));
}

static void expect_label(struct place *p, const char *label)
{
	struct device_row row;
	struct fault f = { 0 };
	char now[DESCRIBE_LABEL_MAX];
	BUF token = { 0 };

	read_token(p, &token);
	must(describe_parse_token(buf_view(&token), now, &f));
	assert_string_equal(now, label);
	must(store_device_get(p->store, place_serial(p, 0), &row, &f));
	assert_string_equal(row.label, label);
}

static void a_label_is_changed_on_the_device_and_in_the_inventory(void **state)
{
	struct place *p = *state;

	place_expect(p, "label", 0, GIVEN({ "label", "a label that is longer", 0 }, { "pin", PIN, 0 }), ST_OK);
	expect_label(p, "a label that is longer");
	place_expect(p, "label", 0, GIVEN({ "label", "short", 0 }, { "pin", PIN, 0 }), ST_OK);
	expect_label(p, "short");
	place_expect(p, "label", 0, GIVEN({ "label", "a label that has more than 32 characters", 0 }, { "pin", PIN, 0 }), ST_BAD_FORM);
	place_expect(p, "label", 0, GIVEN({ "label", "other", 0 }, { "pin", "111111", 0 }), ST_PIN_WRONG);
	expect_label(p, "short");
}

/* Version, a serial number, a manufacturer, the label, flags: as another tool may have written it. */
static void what_else_stands_beside_the_label_stays(void **state)
{
	static const uint8_t before[] = "\x30\x1a\x02\x01\x00\x04\x02\x12\x34\x0c\x04Some\x80\x07" "a label\x03\x02\x05\x20";
	static const uint8_t after[] = "\x30\x15\x02\x01\x00\x04\x02\x12\x34\x0c\x04Some\x80\x02" "b!\x03\x02\x05\x20";
	static const uint8_t none[] = "\x30\x07\x02\x01\x00\x03\x02\x05\x20";
	static const uint8_t given[] = "\x30\x0b\x02\x01\x00\x80\x02" "b!\x03\x02\x05\x20";
	struct place *p = *state;
	BUF now = { 0 };
	BUF then = { 0 };

	write_token(p, cur_of(before, sizeof(before) - 1));
	place_expect(p, "label", 0, GIVEN({ "label", "b!", 0 }, { "pin", PIN, 0 }), ST_OK);
	read_token(p, &now);
	assert_true(cur_equal(buf_view(&now), after, sizeof(after) - 1));
	write_token(p, cur_of(none, sizeof(none) - 1));
	place_expect(p, "label", 0, GIVEN({ "label", "b!", 0 }, { "pin", PIN, 0 }), ST_OK);
	read_token(p, &then);
	assert_true(cur_equal(buf_view(&then), given, sizeof(given) - 1));
}

static void a_label_that_cannot_be_read_is_made_anew(void **state)
{
	struct place *p = *state;

	write_token(p, cur_of("\x30\x7f\x01", 3));
	place_expect(p, "label", 0, GIVEN({ "label", "fresh", 0 }, { "pin", PIN, 0 }), ST_OK);
	expect_label(p, "fresh");
}

/* A run that another program is at is not taken up beside it. */
static void two_programs_are_never_at_one_run(void **state)
{
	struct place *p = *state;
	struct store *other = NULL;
	struct fault f = { 0 };
	int64_t id = 0;

	must(store_open(p->store_path, 0, &other, &f));
	must(store_run_begin(other, "label", place_serial(p, 0), NULL, "{\"label\":[\"theirs\"]}", 1, &id, &f));
	must(store_run_hold(other, id, &f));
	assert_true(store_run_is_held(p->store, id));
	assert_false(store_run_is_held(other, id));
	place_expect(p, "label", 0, GIVEN({ "label", "theirs", 0 }, { "pin", PIN, 0 }), ST_REFUSED);
	/* It was killed. */
	store_close(other);
	assert_false(store_run_is_held(p->store, id));
	place_expect(p, "label", 0, GIVEN({ "label", "theirs", 0 }, { "pin", PIN, 0 }), ST_OK);
	expect_label(p, "theirs");
}

/* Opening a share is work of this computer: no device is asked for, and it is learnt all the same. */
static void how_long_a_share_takes_is_learnt(void **state)
{
	struct place *p = *state;
	struct run *r = NULL;
	struct fault f = { 0 };
	char file[120];
	int64_t ms = STORE_UNKNOWN;

	place_expect(p, "label", 0, GIVEN({ "label", "known", 0 }, { "pin", PIN, 0 }), ST_OK);
	p->env.share_iterations = 1200000;
	snprintf(file, sizeof(file), "%s.pbe", p->out);
	must(run_new(procedure_find("share-new"), &p->env, &r, &f));
	must(run_set(r, "file", 0, file, &f));
	assert_true(secret_set(run_secret(r, "new-password", 0), "a sentence", 10));
	must(place_go(p, r, &f));
	run_free(r);
	must(store_usual(p->store, "DENK0777777", "share make", &ms, &f));
	assert_true(ms >= 200);
	must(run_new(procedure_find("share-check"), &p->env, &r, &f));
	must(run_set(r, "file", 0, file, &f));
	assert_true(secret_set(run_secret(r, "password", 0), "a sentence", 10));
	must(place_go(p, r, &f));
	run_free(r);
	must(store_usual(p->store, "", "share open", &ms, &f));
	assert_true(ms >= 200);
}

static void random_bytes_go_into_a_new_private_file(void **state)
{
	struct place *p = *state;
	const struct journal_filter filter = { .oldest_first = false };
	struct journal_row *rows = NULL;
	struct fault f = { 0 };
	struct stat sb;
	BUF one = { 0 };
	BUF two = { 0 };
	char other[120];
	size_t n = 0;

	snprintf(other, sizeof(other), "%s.other", p->out);
	place_expect(p, "random", 0, GIVEN({ "bytes", "2500", 0 }, { "out", p->out, 0 }), ST_OK);
	assert_int_equal(stat(p->out, &sb), 0);
	assert_int_equal(sb.st_mode & 0777, 0600);
	must(file_read(p->out, 1 << 20, &one, &f));
	assert_int_equal(one.n, 2500);
	place_expect(p, "random", 0, GIVEN({ "bytes", "2500", 0 }, { "out", p->out, 0 }), ST_FILE_EXISTS);
	place_expect(p, "random", 0, GIVEN({ "bytes", "2500", 0 }, { "out", other, 0 }), ST_OK);
	must(file_read(other, 1 << 20, &two, &f));
	assert_int_equal(two.n, 2500);
	for (size_t i = 0; i + 64 <= one.n; i += 64)
		assert_memory_not_equal(one.p + i, two.p + i, 64);
	must(store_journal_list(p->store, &filter, &rows, &n, &f));
	assert_true(n >= 2);
	assert_string_equal(rows[0].what, "random.drawn");
	free(rows);
}

static void how_many_random_bytes_is_bounded(void **state)
{
	struct place *p = *state;

	place_expect(p, "random", 0, GIVEN({ "bytes", "0", 0 }, { "out", p->out, 0 }), ST_BAD_FORM);
	place_expect(p, "random", 0, GIVEN({ "bytes", "65537", 0 }, { "out", p->out, 0 }), ST_BAD_FORM);
	place_expect(p, "random", 0, GIVEN({ "bytes", "x", 0 }, { "out", p->out, 0 }), ST_BAD_FORM);
	assert_int_not_equal(access(p->out, F_OK), 0);
	place_expect(p, "random", 0, GIVEN({ "bytes", "65536", 0 }, { "out", p->out, 0 }), ST_OK);
}

static void a_device_that_goes_away_leaves_no_file(void **state)
{
	struct place *p = *state;
	struct fault f = { 0 };

	must(sim_card_set_fault(place_sim(p, 0), "drop@5", &f));
	assert_int_not_equal(place_do(p, "random", 0, GIVEN({ "bytes", "4000", 0 }, { "out", p->out, 0 }), NULL, &f), ST_OK);
	assert_int_not_equal(access(p->out, F_OK), 0);
}

static void a_device_that_gives_no_random_bytes_leaves_no_file(void **state)
{
	struct place *p = *state;
	struct fault f = { 0 };

	must(sim_card_set_fault(place_sim(p, 0), "sw:84=6F00", &f));
	place_expect(p, "random", 0, GIVEN({ "bytes", "64", 0 }, { "out", p->out, 0 }), ST_CARD_ERROR);
	assert_int_not_equal(access(p->out, F_OK), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_READY(a_label_is_changed_on_the_device_and_in_the_inventory),
		TEST_READY(what_else_stands_beside_the_label_stays),
		TEST_READY(a_label_that_cannot_be_read_is_made_anew),
		TEST_READY(two_programs_are_never_at_one_run),
		TEST_READY(how_long_a_share_takes_is_learnt),
		TEST_READY(random_bytes_go_into_a_new_private_file),
		TEST_READY(how_many_random_bytes_is_bounded),
		TEST_READY(a_device_that_gives_no_random_bytes_leaves_no_file),
		TEST_READY(a_device_that_goes_away_leaves_no_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
