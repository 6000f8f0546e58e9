/* What needs doing on devices that are here, and which objects the procedure that mends it begins with. */
#include "tests/unit/fleet_help.h"

#include "tui/wizard/find.h"

static void a_backup_that_was_never_proven_leads_to_the_device_that_can_prove_it(void **state)
{
	struct place *p = *state;
	CLEANUP(fleet_free_guard) struct fleet *fl = NULL;
	const struct fleet_attention *a;
	struct fault f = { 0 };

	place_init(p, 0, 1, 0x10);
	place_make_key(p, 0, "ec:secp256r1", "a key with a very long label", "0a");
	fl = fleet_of(p, false);
	must(fleet_scan_all_wait(fl, FLEET_ALL, 20000, &f));
	a = about(fl, "has no backup");
	assert_non_null(a);
	assert_string_equal(a->procedure, "backup");
	gives(fl, a, "id", "0a");
	place_expect(p, "backup", 0, GIVEN({ "all", "1", 0 }, { "pin", PIN, 0 }), ST_OK);
	place_reload(p, fl);
	assert_null(about(fl, "has no backup"));
	a = about(fl, "ever proven");
	assert_non_null(a);
	assert_null(a->procedure);   /* the other device has never been initialised */
	place_init(p, 1, 1, 0x30);
	must(fleet_scan_all_wait(fl, FLEET_ALL, 20000, &f));
	assert_null(about(fl, "ever proven")->procedure);   /* nor has it the same DKEK */
	place_init(p, 1, 1, 0x10);
	must(fleet_scan_all_wait(fl, FLEET_ALL, 20000, &f));
	a = about(fl, "ever proven");
	assert_non_null(a);
	assert_string_equal(a->procedure, "restore");
	assert_string_equal(a->serial, place_serial(p, 0));
	assert_string_equal(a->on, place_serial(p, 1));
	gives(fl, a, "backup", "1");
	/* Who has opened it with the shares has proven it, too. */
	must(store_backup_prove(p->store, 1, PROOF_OPENED, NULL, 1, &f));
	place_reload(p, fl);
	assert_null(about(fl, "ever proven"));
	place_expect(p, "restore", 1, GIVEN({ "backup", "1", 0 }, { "pin", PIN, 0 }), ST_OK);
	must(fleet_scan_all_wait(fl, FLEET_ALL, 20000, &f));
	assert_null(about(fl, "ever proven"));
}

/* Another program takes the key at reference 1 of the first card to the second one, which has the same DKEK. */
static void carry_over(struct place *p)
{
	CLEANUP(card_close_guard) struct card *from = place_card(p, 0), *to = place_card(p, 1);
	SECRET *pin = secret_new(16);
	CARD_SESSION *one = NULL, *other = NULL;
	BUF blob = { 0 };
	BUF request = { 0 };
	struct fault f = { 0 };

	assert_true(secret_set(pin, PIN, strlen(PIN)));
	must(card_begin(from, &one, &f));
	must(card_login(from, pin, &f));
	must(card_wrap(from, 1, &blob, &f));
	must(card_read_file(from, fid_of(FID_KEY_CERT, 1), &request, &f));
	must(card_begin(to, &other, &f));
	must(card_login(to, pin, &f));
	must(card_unwrap(to, 1, buf_view(&blob), &f));
	must(card_write_file(to, fid_of(FID_KEY_CERT, 1), buf_view(&request), WRITE_REPLACE, &f));
}

static void a_device_that_has_the_key_already_proves_nothing(void **state)
{
	struct place *p = *state;
	CLEANUP(fleet_free_guard) struct fleet *fl = NULL;
	const struct fleet_attention *a;
	struct fault f = { 0 };

	place_init(p, 0, 1, 0x10);
	place_init(p, 1, 1, 0x10);
	place_make_key(p, 0, "ec:secp256r1", "key", "0a");
	place_expect(p, "backup", 0, GIVEN({ "all", "1", 0 }, { "pin", PIN, 0 }), ST_OK);
	fl = fleet_of(p, false);
	must(fleet_scan_all_wait(fl, FLEET_ALL, 20000, &f));
	a = about(fl, "ever proven");
	assert_non_null(a);
	assert_string_equal(a->procedure, "restore");
	carry_over(p);
	must(fleet_scan_all_wait(fl, FLEET_ALL, 20000, &f));
	a = about(fl, "ever proven");
	assert_non_null(a);
	assert_null(a->procedure);
}

static void a_certificate_that_ends_and_a_weak_key_are_named(void **state)
{
	struct place *p = *state;
	CLEANUP(fleet_free_guard) struct fleet *fl = NULL;
	const struct fleet_attention *a;
	struct fault f = { 0 };

	place_init(p, 0, 1, 0x10);
	place_make_key(p, 0, "ec:secp192r1", "weak", "0a");
	fl = fleet_of(p, false);
	must(fleet_scan_all_wait(fl, FLEET_ALL, 20000, &f));
	a = about(fl, "too weak");
	assert_non_null(a);
	assert_string_equal(a->words, "The key \"weak\" is too weak by now.");
	assert_string_equal(a->procedure, "key new");
	assert_null(about(fl, "certificate"));
	certify_until(p, place_serial(p, 0), "20200101000000Z");
	must(fleet_scan_all_wait(fl, FLEET_ALL, 20000, &f));
	a = about(fl, "has expired");
	assert_non_null(a);
	gives(fl, a, "id", "0a");
	assert_string_equal(a->procedure, "cert import");
	certify_until(p, place_serial(p, 0), "20990101000000Z");
	must(fleet_scan_all_wait(fl, FLEET_ALL, 20000, &f));
	assert_null(about(fl, "certificate"));
}

static void firmware_that_is_advised_against_is_named(void **state)
{
	struct place old;
	CLEANUP(fleet_free_guard) struct fleet *fl = NULL;
	struct fault f = { 0 };

	(void)state;
	place_open(&old, 1, "1.0");
	fl = fleet_of(&old, false);
	must(fleet_scan_all_wait(fl, FLEET_STATUS, 20000, &f));
	assert_non_null(about(fl, "firmware is too old"));
	fleet_free(STEAL(fl));
	place_close(&old);
}

/* Another program makes a key, and does not describe it: it has neither label nor CKA_ID. */
static void make_bare(struct place *p, uint8_t ref)
{
	const struct keygen_params params = { .algorithm = KEY_EC, .curve = curve_by_name("secp256r1"), .domain = KEY_NO_DOMAIN };
	CLEANUP(card_close_guard) struct card *c = NULL;
	CARD_SESSION *held = NULL;
	struct pubkey key;
	struct fault f = { 0 };

	c = place_log_in(p, 0, &held);
	must(card_generate(c, ref, &params, &key, NULL, &f));
}

/* The keys among which one chooses can be told apart by somebody who reads them. */
static void says_which(struct place *p)
{
	struct run *r = place_run_new(p, "backup", 0, &(struct given){ NULL, NULL, 0 });
	struct choices c = { 0 };
	struct fault f = { 0 };
	unsigned seven = 0, nine = 0;

	must(find_choices(r, &c, &f));
	assert_int_equal(c.n, 3);
	for (size_t i = 0; i < c.n; i++) {
		seven += strcmp(c.c[i].value, "ref:7") == 0 && strstr(c.c[i].words, "key reference 7") != NULL;
		nine += strcmp(c.c[i].value, "ref:9") == 0 && strstr(c.c[i].words, "key reference 9") != NULL;
	}
	assert_int_equal(seven, 1);
	assert_int_equal(nine, 1);
	run_free(r);
}

static void keys_alike_are_told_apart_by_their_reference(void **state)
{
	struct place *p = *state;
	CLEANUP(fleet_free_guard) struct fleet *fl = NULL;
	const struct fleet_object *o;
	char value[FLEET_VALUE_MAX];
	struct fault f = { 0 };
	size_t n;

	place_init(p, 0, 1, 0x10);
	place_make_key(p, 0, "ec:secp256r1", "key", "0a");
	make_bare(p, 7);
	make_bare(p, 9);
	fl = fleet_of(p, false);
	must(fleet_scan_all_wait(fl, FLEET_ALL, 20000, &f));
	gives(fl, about(fl, "3 keys on this device have no backup."), "id", "ref:7 ref:9 0a");
	o = fleet_objects(fl, fleet_by_serial(fl, place_serial(p, 0)), &n);
	assert_int_equal(n, 3);
	for (size_t i = 0; i < n; i++) {
		fleet_object_value(o, n, &o[i], value);
		assert_string_equal(value, o[i].key_ref == 7 ? "ref:7" : o[i].key_ref == 9 ? "ref:9" : "0a");
	}
	says_which(p);
	/* The procedure takes what it is given, and one is left. */
	place_expect(p, "backup", 0, GIVEN({ "id", "ref:9", 0 }, { "id", "0a", 1 }, { "pin", PIN, 0 }), ST_OK);
	must(fleet_scan_all_wait(fl, FLEET_ALL, 20000, &f));
	gives(fl, about(fl, "1 key on this device has no backup."), "id", "ref:7");
}

static void objects_alike_are_told_apart_by_their_file(void **state)
{
	static const struct fleet_object o[] = {
		{ .type = FLEET_DATA, .label = "same", .fid = 0xcf00 }, { .type = FLEET_DATA, .label = "same", .fid = 0xcf01 },
		{ .type = FLEET_DATA, .label = "other", .fid = 0xcf02 }, { .type = FLEET_DATA, .label = "o\xef\xbf\xbd", .fid = 0xcd03 },
		{ .type = FLEET_CERTIFICATE, .label = "a", .id = "77", .fid = 0xca00 },
		{ .type = FLEET_CERTIFICATE, .label = "b", .id = "77", .fid = 0xca01 },
		{ .type = FLEET_CERTIFICATE, .label = "c", .id = "77", .fid = 0xce05, .flags = FLEET_OF_KEY },
		{ .type = FLEET_CERTIFICATE, .label = "d", .id = "78", .fid = 0xce06, .flags = FLEET_OF_KEY },
		{ .type = FLEET_KEY, .label = "e", .id = "77", .fid = 0xcc05 },
		{ .type = FLEET_KEY, .label = "e", .fid = 0xcc08 }, { .type = FLEET_KEY, .label = "e", .fid = 0xcc09 },
		{ .type = FLEET_KEY, .label = "left over", .id = "77", .fid = 0xc40a, .flags = FLEET_ORPHAN },
	};
	static const char *const want[] = { "file:CF00", "file:CF01", "other", "file:CD03", "file:CA00", "file:CA01", "ref:5", "78",
					    "77", "ref:8", "ref:9" };
	char value[FLEET_VALUE_MAX];

	(void)state;
	for (size_t i = 0; i < N(want); i++) {
		fleet_object_value(o, N(o), &o[i], value);
		assert_string_equal(value, want[i]);
	}
}

static void block(struct place *p, size_t card)
{
	CLEANUP(card_close_guard) struct card *c = place_card(p, card);
	SECRET *pin = secret_new(16);
	CARD_SESSION *held = NULL;
	struct fault f = { 0 };

	assert_true(secret_set(pin, "111111", 6));
	must(card_begin(c, &held, &f));
	for (unsigned i = 0; i < 3; i++)
		assert_int_not_equal(card_login(c, pin, &f), ST_OK);
}

static void nothing_is_begun_that_cannot_mend_it(void **state)
{
	struct place *p = *state;
	CLEANUP(fleet_free_guard) struct fleet *fl = NULL;
	const struct fleet_attention *a;
	struct fault f = { 0 };

	/* Nothing unblocks this user PIN. */
	place_init_with(p, 1, 1, 0, 0x10, 0, PIN);
	block(p, 1);
	fl = fleet_of(p, false);
	must(fleet_scan_all_wait(fl, FLEET_ALL, 20000, &f));
	a = about(fl, "Its user PIN is blocked for good.");
	assert_non_null(a);
	assert_null(a->procedure);
	assert_true(reads(fl, a, "initialising the device, which erases its keys"));
}

static void an_inventory_that_cannot_be_written_is_named_first(void **state)
{
	struct place *p = *state;
	CLEANUP(fleet_free_guard) struct fleet *fl = NULL;
	CLEANUP(store_close_guard) struct store *s = NULL;
	const struct fleet_attention *a;
	struct fault f = { 0 };
	size_t n;

	must(store_open(p->store_path, STORE_LOOK, &s, &f));
	must(fleet_new(p->jobs, s, false, &fl, &f));
	must(fleet_scan_all_wait(fl, FLEET_STATUS, 20000, &f));
	a = fleet_attention(fl, &n);
	assert_true(n >= 3);
	assert_string_equal(a[0].words, "The inventory can be read, but not written.");
	assert_null(a[0].procedure);
	assert_true(reads(fl, &a[0], "make its disk writable"));
}

static void what_is_as_urgent_stands_in_an_order_that_stays(void **state)
{
	struct place *p = *state;
	CLEANUP(fleet_free_guard) struct fleet *fl = fleet_of(p, false);
	const struct fleet_attention *a;
	int64_t earlier = 0, later = 0;
	struct fault f = { 0 };
	size_t n = 0;

	must(fleet_scan_all_wait(fl, FLEET_ALL, 20000, &f));
	a = fleet_attention(fl, &n);
	assert_int_equal(n, 2);
	assert_string_equal(a[0].serial, place_serial(p, 0));
	assert_string_equal(a[1].serial, place_serial(p, 1));
	/* What was interrupted last comes first. */
	must(store_run_begin(p->store, "key new", place_serial(p, 0), NULL, NULL, 1, &earlier, &f));
	must(store_run_begin(p->store, "label", place_serial(p, 1), NULL, NULL, 2, &later, &f));
	place_reload(p, fl);
	a = fleet_attention(fl, &n);
	assert_int_equal(a[0].run, later);
	assert_int_equal(a[1].run, earlier);
}

static void spend(struct place *p, unsigned so, unsigned user)
{
	CLEANUP(card_close_guard) struct card *c = place_card(p, 0);
	CARD_SESSION *held = NULL;
	SECRET *wrong = secret_new(PIN_SO_LEN);

	assert_true(secret_set(wrong, "00000000", PIN_SO_LEN));
	assert_int_equal(card_begin(c, &held, NULL), ST_OK);
	for (; so > 0; so--)
		assert_int_not_equal(card_change_so_pin(c, wrong, wrong, NULL), ST_OK);
	assert_true(secret_set(wrong, "000000", 6));   /* one of another length costs nothing */
	for (; user > 0; user--)
		assert_int_not_equal(card_login(c, wrong, NULL), ST_OK);
}

static void the_last_tries_are_named_from_the_first_of_them_on(void **state)
{
	struct place *p = *state;
	CLEANUP(fleet_free_guard) struct fleet *fl = NULL;
	struct fault f = { 0 };

	place_init(p, 0, 1, 0x10);
	spend(p, 9, 2);
	fl = fleet_of(p, false);
	must(fleet_scan_all_wait(fl, FLEET_ALL, 20000, &f));
	assert_null(about(fl, "tries of the SO-PIN"));
	assert_non_null(about(fl, "on its last try")->procedure);
	spend(p, 1, 0);
	must(fleet_scan_all_wait(fl, FLEET_ALL, 20000, &f));
	assert_non_null(about(fl, "Only 5 tries of the SO-PIN are left."));
	/* Without an SO-PIN nothing gives the user PIN its tries back. */
	spend(p, 5, 0);
	must(fleet_scan_all_wait(fl, FLEET_ALL, 20000, &f));
	assert_non_null(about(fl, "Its SO-PIN is blocked for good."));
	assert_null(about(fl, "on its last try")->procedure);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_as_urgent_stands_in_an_order_that_stays),
		TEST(the_last_tries_are_named_from_the_first_of_them_on),
		TEST(a_backup_that_was_never_proven_leads_to_the_device_that_can_prove_it),
		TEST(a_device_that_has_the_key_already_proves_nothing),
		TEST(a_certificate_that_ends_and_a_weak_key_are_named),
		cmocka_unit_test(firmware_that_is_advised_against_is_named),
		TEST(keys_alike_are_told_apart_by_their_reference),
		cmocka_unit_test(objects_alike_are_told_apart_by_their_file),
		TEST(nothing_is_begun_that_cannot_mend_it),
		TEST(an_inventory_that_cannot_be_written_is_named_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
