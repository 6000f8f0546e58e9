/* key rename on simulated cards. */
#include "tests/unit/procs_help.h"

#include "engine/keys/describe.h"

static void write_file(struct place *p, uint16_t fid, struct cur content)
{
	CLEANUP(card_close_guard) struct card *c = NULL;
	CARD_SESSION *held = NULL;
	struct fault f = { 0 };

	c = place_log_in(p, 0, &held);
	if (content.p == NULL)
		must(card_delete(c, fid, &f));
	else
		must(card_write_file(c, fid, content, WRITE_REPLACE, &f));
}

static void read_file(struct place *p, uint16_t fid, struct buf *ret)
{
	CLEANUP(card_close_guard) struct card *c = place_card(p, 0);
	CARD_SESSION *held = NULL;
	struct fault f = { 0 };

	buf_done(ret);
	must(card_begin(c, &held, &f));
	must(card_read_file(c, fid, ret, &f));
}

/* Label and ID of the object of this file, as the inventory has it; no object may have been taken for another one. */
static void expect_row(struct place *p, unsigned fid, const char *label, const char *id)
{
	struct object_filter filter = { .device = place_serial(p, 0), .gone_too = true };
	struct object_row *rows = NULL;
	struct fault f = { 0 };
	char hex[2 * STORE_ID_MAX + 1];
	bool found = false;
	size_t n = 0;

	must(store_objects(p->store, &filter, &rows, &n, &f));
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(rows[i].gone_at, STORE_UNKNOWN);
		if (rows[i].fid != fid)
			continue;
		found = true;
		hex_lower(hex, rows[i].id, rows[i].id_len);
		assert_string_equal(rows[i].label, label);
		assert_string_equal(hex, id);
	}
	assert_true(found);
	free(rows);
}

static void expect_key(struct place *p, const char *label, const uint8_t *id, size_t id_len)
{
	struct description d;
	struct fault f = { 0 };
	BUF file = { 0 };

	read_file(p, 0xc401, &file);
	must(describe_parse_key(buf_view(&file), &d, &f));
	assert_int_equal(d.whole_len, file.n);
	assert_string_equal(d.label, label);
	assert_int_equal(d.id_len, id_len);
	assert_memory_equal(d.id, id, id_len);
}

#define RENAME(...) place_expect(p, "key rename", 0, GIVEN(__VA_ARGS__, { "pin", PIN, 0 }), ST_OK)

static void a_label_or_an_id_is_changed_and_the_rest_stays(void **state)
{
	struct place *p = *state;

	place_make_key(p, 0, "ec:secp256r1", "a label that is rather long", "0a0b0c0d");
	RENAME({ "id", "0a0b0c0d", 0 }, { "label", "short", 0 });
	expect_key(p, "short", (const uint8_t *)"\x0a\x0b\x0c\x0d", 4);
	expect_row(p, 0xcc01, "short", "0a0b0c0d");
	RENAME({ "id", "0a0b0c0d", 0 }, { "new-id", "77", 0 });
	expect_key(p, "short", (const uint8_t *)"\x77", 1);
	expect_row(p, 0xcc01, "short", "77");
	RENAME({ "id", "ref:1", 0 }, { "label", "longer once more", 0 }, { "new-id", "7788", 0 });
	expect_key(p, "longer once more", (const uint8_t *)"\x77\x88", 2);
	expect_row(p, 0xcc01, "longer once more", "7788");
	/* The key itself is what it was. */
	place_expect(p, "key test", 0, GIVEN({ "id", "7788", 0 }, { "pin", PIN, 0 }), ST_OK);
}

static void what_other_tools_wrote_into_a_description_stays(void **state)
{
	/* The vendor's shell: no flags, no auth id, no reference (real-devices.md 7). */
	static const uint8_t theirs[] = "\x30\x1c\x30\x05\x0c\x03old\x30\x07\x04\x01\x05\x03\x02\x02\x74\xa1\x0a\x30\x08\x30\x02\x04"
					"\x00\x02\x02\x08\x00";
	static const uint8_t fresh[] = "\x30\x1d\x30\x05\x0c\x03new\x30\x08\x04\x02\x01\x02\x03\x02\x02\x74\xa1\x0a\x30\x08\x30\x02"
				       "\x04\x00\x02\x02\x08\x00";
	struct place *p = *state;
	BUF now = { 0 };

	place_make_key(p, 0, "rsa:2048", "key", "0a");
	write_file(p, 0xc401, cur_of(theirs, sizeof(theirs) - 1));
	RENAME({ "id", "05", 0 }, { "label", "new", 0 }, { "new-id", "0102", 0 });
	read_file(p, 0xc401, &now);
	assert_true(cur_equal(buf_view(&now), fresh, sizeof(fresh) - 1));
}

/* Stopped while it wrote; before it is taken up again another program writes the description. */
static void what_somebody_else_wrote_in_between_stays(void **state)
{
	static const uint8_t theirs[] = "\x30\x1c\x30\x05\x0c\x03old\x30\x07\x04\x01\x05\x03\x02\x02\x74\xa1\x0a\x30\x08\x30\x02\x04"
					"\x00\x02\x02\x08\x00";
	struct place *p = *state;
	struct fault f = { 0 };
	BUF now = { 0 };

	place_make_key(p, 0, "rsa:2048", "key", "0a");
	must(sim_card_set_fault(place_sim(p, 0), "sw:D7=6F00", &f));
	place_expect(p, "key rename", 0, GIVEN({ "id", "0a", 0 }, { "label", "new", 0 }, { "pin", PIN, 0 }), ST_HALFWAY);
	must(sim_card_set_fault(place_sim(p, 0), NULL, &f));
	write_file(p, 0xc401, cur_of(theirs, sizeof(theirs) - 1));
	place_expect(p, "key rename", 0, GIVEN({ "id", "0a", 0 }, { "label", "new", 0 }, { "pin", PIN, 0 }), ST_REFUSED);
	read_file(p, 0xc401, &now);
	assert_true(cur_equal(buf_view(&now), theirs, sizeof(theirs) - 1));
}

static void an_id_that_another_key_has_is_refused(void **state)
{
	struct place *p = *state;

	place_make_key(p, 0, "ec:secp256r1", "one", "0a");
	place_make_key(p, 0, "ec:secp256r1", "two", "0b");
	place_expect(p, "key rename", 0, GIVEN({ "id", "0a", 0 }, { "new-id", "0b", 0 }, { "pin", PIN, 0 }), ST_DUPLICATE);
	place_expect(p, "key rename", 0, GIVEN({ "id", "0a", 0 }, { "new-id", "xy", 0 }, { "pin", PIN, 0 }), ST_BAD_FORM);
	place_expect(p, "key rename", 0, GIVEN({ "id", "0a", 0 }, { "pin", PIN, 0 }), ST_USAGE);
	place_expect(p, "key rename", 0, GIVEN({ "id", "77", 0 }, { "label", "x", 0 }, { "pin", PIN, 0 }), ST_NOT_FOUND);
	expect_key(p, "one", (const uint8_t *)"\x0a", 1);
	/* Its own is no other's. */
	RENAME({ "id", "0a", 0 }, { "new-id", "0a", 0 }, { "label", "one!", 0 });
	expect_key(p, "one!", (const uint8_t *)"\x0a", 1);
}

/* A secret key is known by nothing but where it is and what it is called, and by the inventory. */
static void a_secret_key_stays_the_same_in_the_inventory(void **state)
{
	struct place *p = *state;
	struct object_filter filter = { .device = place_serial(p, 0) };
	struct object_row *rows = NULL;
	struct fault f = { 0 };
	size_t n = 0;

	place_expect(p, "key new", 0,
		     GIVEN({ "type", "aes:256", 0 }, { "label", "secret", 0 }, { "id", "0a", 0 }, { "use-counter", "9", 0 },
			   { "pin", PIN, 0 }), ST_OK);
	place_expect(p, "backup", 0, GIVEN({ "all", "1", 0 }, { "pin", PIN, 0 }), ST_OK);
	RENAME({ "id", "0a", 0 }, { "label", "secret 2", 0 }, { "new-id", "0b", 0 });
	expect_row(p, 0xcc01, "secret 2", "0b");
	must(store_objects(p->store, &filter, &rows, &n, &f));
	assert_int_equal(n, 1);
	assert_int_equal(rows[0].key.len, STORE_CMAC_LEN);
	assert_int_equal(rows[0].backups, 1);
	assert_true(rows[0].use_counter != STORE_UNKNOWN);
	free(rows);
}

static void a_key_without_a_description_gets_one(void **state)
{
	struct place *p = *state;

	place_make_key(p, 0, "ec:secp384r1", "key", "0a");
	write_file(p, 0xc401, cur_of(NULL, 0));
	place_expect(p, "key rename", 0, GIVEN({ "id", "ref:1", 0 }, { "new-id", "0b", 0 }, { "pin", PIN, 0 }), ST_USAGE);
	RENAME({ "id", "ref:1", 0 }, { "label", "seen", 0 }, { "new-id", "0b", 0 });
	expect_key(p, "seen", (const uint8_t *)"\x0b", 1);
	write_file(p, 0xc401, cur_of("\x30\x7f", 2));
	RENAME({ "id", "ref:1", 0 }, { "label", "seen again", 0 }, { "new-id", "0c", 0 });
	expect_key(p, "seen again", (const uint8_t *)"\x0c", 1);
}

/* C8xx, CAxx: a stand-alone certificate by this ID and label. Its content does not matter here. */
static void add_certificate(struct place *p, uint8_t number, const char *label, uint8_t id)
{
	struct description d = { .kind = DESCRIPTION_CERT, .id = { id }, .id_len = 1, .path = (uint16_t)(0xca00 | number) };
	struct fault f = { 0 };
	BUF file = { 0 };

	snprintf(d.label, sizeof(d.label), "%s", label);
	must(describe_build(&d, &file, &f));
	write_file(p, (uint16_t)(0xc800 | number), buf_view(&file));
	write_file(p, (uint16_t)(0xca00 | number), cur_of("\x30\x03\x02\x01\x05", 5));
}

static void expect_certificate(struct place *p, uint8_t number, const char *label, uint8_t id)
{
	struct description d;
	struct fault f = { 0 };
	BUF file = { 0 };

	read_file(p, (uint16_t)(0xc800 | number), &file);
	must(describe_parse_cert(buf_view(&file), &d, &f));
	assert_string_equal(d.label, label);
	assert_int_equal(d.id[0], id);
}

static void certificates_of_the_same_id_are_renamed_with_the_key(void **state)
{
	struct place *p = *state;

	place_make_key(p, 0, "ec:secp256r1", "key", "0a");
	add_certificate(p, 0, "key", 0x0a);
	add_certificate(p, 1, "older one", 0x0a);
	add_certificate(p, 2, "key", 0x0c);
	RENAME({ "id", "0a", 0 }, { "label", "root", 0 }, { "new-id", "0b", 0 });
	expect_certificate(p, 0, "root", 0x0b);
	expect_certificate(p, 1, "older one", 0x0b);
	expect_certificate(p, 2, "key", 0x0c);
	expect_row(p, 0xca00, "root", "0b");
	expect_row(p, 0xca01, "older one", "0b");
}

static void add_data(struct place *p, uint8_t number, const char *label)
{
	struct description d = { .kind = DESCRIPTION_DATA, .path = (uint16_t)(0xcf00 | number) };
	struct fault f = { 0 };
	BUF file = { 0 };

	snprintf(d.label, sizeof(d.label), "%s", label);
	snprintf(d.application, sizeof(d.application), "an application");
	must(describe_build(&d, &file, &f));
	write_file(p, (uint16_t)(0xc900 | number), buf_view(&file));
	write_file(p, (uint16_t)(0xcf00 | number), cur_of("content", 7));
}

static void certificates_and_data_that_stand_alone_can_be_renamed(void **state)
{
	struct place *p = *state;
	struct description d;
	struct fault f = { 0 };
	BUF file = { 0 };

	add_certificate(p, 0, "a CA", 0x0a);
	add_certificate(p, 1, "another CA", 0x0b);
	add_data(p, 4, "notes");
	add_data(p, 5, "twice");
	add_data(p, 6, "twice");
	RENAME({ "id", "0a", 0 }, { "label", "the root CA", 0 });
	expect_certificate(p, 0, "the root CA", 0x0a);
	RENAME({ "id", "cert:another CA", 0 }, { "label", "the other CA", 0 }, { "new-id", "0f", 0 });
	expect_certificate(p, 1, "the other CA", 0x0f);
	RENAME({ "id", "data:notes", 0 }, { "label", "n", 0 });
	read_file(p, 0xc904, &file);
	must(describe_parse_data(buf_view(&file), &d, &f));
	assert_string_equal(d.label, "n");
	assert_string_equal(d.application, "an application");
	assert_int_equal(d.path, 0xcf04);
	expect_row(p, 0xcf04, "n", "");
	place_expect(p, "key rename", 0, GIVEN({ "id", "data:n", 0 }, { "new-id", "01", 0 }, { "pin", PIN, 0 }), ST_USAGE);
	place_expect(p, "key rename", 0, GIVEN({ "id", "data:twice", 0 }, { "label", "x", 0 }, { "pin", PIN, 0 }), ST_USAGE);
	place_expect(p, "key rename", 0, GIVEN({ "id", "data:none", 0 }, { "label", "x", 0 }, { "pin", PIN, 0 }), ST_NOT_FOUND);
	RENAME({ "id", "file:cf06", 0 }, { "label", "once", 0 });
	expect_row(p, 0xcf06, "once", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_READY(a_label_or_an_id_is_changed_and_the_rest_stays),
		TEST_READY(what_other_tools_wrote_into_a_description_stays),
		TEST_READY(what_somebody_else_wrote_in_between_stays),
		TEST_READY(an_id_that_another_key_has_is_refused),
		TEST_READY(a_secret_key_stays_the_same_in_the_inventory),
		TEST_READY(a_key_without_a_description_gets_one),
		TEST_READY(certificates_of_the_same_id_are_renamed_with_the_key),
		TEST_READY(certificates_and_data_that_stand_alone_can_be_renamed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
