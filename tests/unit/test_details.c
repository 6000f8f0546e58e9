/* What the screens of details say, without a screen: where something is missing, wrong or ending. */
#include "tests/unit/store_help.h"

#include "tests/unit/cert_help.h"
#include "engine/card/firmware.h"
#include "engine/keys/cvc.h"
#include "engine/keys/digest.h"
#include "store/dkek.h"
#include "tui/wizard/detail.h"
#include "tui/wizard/strength.h"

#define DAY INT64_C(86400)

static struct fault f;

/* How many lines have this in name or text. */
static unsigned says(const struct detail *d, const char *text)
{
	unsigned n = 0;

	for (size_t i = 0; i < d->n; i++) {
		for (size_t k = 0; k < d->section[i].n; k++)
			n += strstr(d->section[i].line[k].text, text) != NULL || strstr(d->section[i].line[k].name, text) != NULL;
	}
	return n;
}

static struct fleet_device device(void)
{
	struct fleet_device d = { .state = FLEET_ABSENT, .serial = SERIAL, .label = "root-ca-a", .fw_major = FLEET_UNKNOWN,
				  .fw_minor = FLEET_UNKNOWN, .pin_tries = FLEET_UNKNOWN, .pin_max = FLEET_UNKNOWN,
				  .so_pin_tries = FLEET_UNKNOWN, .memory_free = FLEET_UNKNOWN, .memory_total = FLEET_UNKNOWN,
				  .dkek_shares = FLEET_UNKNOWN, .dkek_missing = FLEET_UNKNOWN, .trust = FLEET_UNKNOWN };

	return d;
}

static struct fleet_object key(void)
{
	struct fleet_object o = { .type = FLEET_KEY, .label = "Root", .kind = "P-256", .algorithm = "ec", .size = 256, .key_ref = 1,
				  .fid = 0xcc01, .use_counter = FLEET_UNKNOWN, .proof = "none" };

	return o;
}

static void values_are_grouped_to_be_read_aloud(void **state)
{
	char out[200], date[32];

	(void)state;
	detail_group(out, sizeof(out), "0123456789abcdef0123456789abcdef01");
	assert_string_equal(out, "0123 4567 89ab cdef 0123 4567 89ab cdef\n01");
	detail_group(out, sizeof(out), "");
	assert_string_equal(out, "");
	detail_group(out, 8, "0123456789");
	assert_string_equal(out, "0123 4");
	detail_date(date, T0);
	assert_string_equal(date, "2027-01-15");
	detail_date(date, STORE_UNKNOWN);
	assert_string_equal(date, "not known");
	detail_date(date, INT64_MIN);
	assert_string_equal(date, "not known");
}

static void without_an_inventory_what_is_not_known_is_said_to_be(void **state)
{
	struct fleet_device d = device();
	struct fleet_object o = key();
	DETAIL page = { 0 }, of_key = { 0 }, custody = { 0 };

	(void)state;
	detail_of_device(NULL, &d, T0, &page);
	assert_false(page.failed);
	assert_true(says(&page, "not known") >= 6);
	assert_int_equal(says(&page, "There is no inventory"), 1);
	detail_of_object(NULL, &d, &o, T0, &of_key);
	assert_int_equal(says(&of_key, "No backup of this key is known"), 1);
	assert_int_equal(says(&of_key, "Where it was made is not known"), 1);
	assert_int_equal(of_key.backup, 0);
	detail_of_custody(NULL, &custody);
	assert_int_equal(says(&custody, "There is no inventory"), 1);
}

static void what_is_wrong_with_a_device_is_said(void **state)
{
	struct fleet_device d = device();
	DETAIL page = { 0 };

	(void)state;
	d.initialised = d.looked_at = d.factory_so_pin = true;
	d.pin_tries = 0;
	d.pin_max = 3;
	d.so_pin_tries = 0;
	d.fw_major = 1;
	d.fw_minor = 0;
	d.trust = DEVICE_BROKEN;
	detail_of_device(NULL, &d, T0, &page);
	assert_int_equal(says(&page, "The user PIN is blocked; its keys are still there"), 1);
	assert_int_equal(says(&page, "blocked for good"), 1);
	assert_int_equal(says(&page, "factory's"), 1);
	assert_int_equal(says(&page, "cannot change its SO-PIN"), 1);
	assert_int_equal(says(&page, "do not trust it with a key"), 1);
	assert_true(firmware_of(1, 0)->advised_against);
	assert_false(firmware_of(1, 1)->advised_against);
	assert_null(firmware_of(3, 6)->means);
}

static void keys_too_weak_by_now_are_told_from_those_that_end(void **state)
{
	struct fleet_device d = device();
	struct fleet_object o = key();
	DETAIL weak = { 0 }, ending = { 0 };

	(void)state;
	assert_int_equal(key_strength("rsa", 1536), STRENGTH_WEAK);
	assert_int_equal(key_strength("rsa", 2048), STRENGTH_ENDING);
	assert_int_equal(key_strength("rsa", 3072), STRENGTH_FINE);
	assert_int_equal(key_strength("ec", 192), STRENGTH_WEAK);
	assert_int_equal(key_strength("ec", 224), STRENGTH_ENDING);
	assert_int_equal(key_strength("ec", 256), STRENGTH_FINE);
	assert_int_equal(key_strength("aes", 128), STRENGTH_FINE);
	assert_int_equal(key_strength("rsa", 0), STRENGTH_FINE);
	assert_int_equal(key_strength("", 512), STRENGTH_FINE);
	o.size = 192;
	o.flags = FLEET_MADE_UNPROVEN | FLEET_DAMAGE << 1;
	detail_of_object(NULL, &d, &o, T0, &weak);
	assert_int_equal(says(&weak, "too weak"), 1);
	assert_int_equal(says(&weak, "the device did not sign it"), 1);
	assert_int_equal(says(&weak, "It has no description"), 1);
	o.size = 224;
	o.flags = FLEET_MADE_ELSEWHERE;
	detail_of_object(NULL, &d, &o, T0, &ending);
	assert_int_equal(says(&ending, "2030"), 1);
	assert_int_equal(says(&ending, "made in another device"), 1);
}

/* --- certificates --- */

static void put(struct store *s, struct object_row *row, unsigned fid, const struct buf *der, int64_t until)
{
	*row = an_object(THING_CERTIFICATE, fid, "cert");
	row->has_sha256 = true;
	row->not_after = until;
	snprintf(row->subject, sizeof(row->subject), "CN=Leaf");
	must(digest_sha256(buf_view(der), row->sha256, &f));
	must(store_certificate_keep(s, der->p, der->n, &f));
}

static void an_issuer_counts_only_where_it_signed(void **state)
{
	PKEY *leaf = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256"), *root = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256"),
	     *other = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	BUF cert = cert_make(leaf, "Leaf", root, "Root", "20260101000000Z", "20270201000000Z");
	BUF right = cert_make(root, "Root", root, "Root", "20200101000000Z", "20260101000000Z");
	BUF wrong = cert_make(other, "Root", other, "Root", "20260101000000Z", "20460101000000Z");
	struct store *s = small_store();
	struct object_row rows[2];
	struct fleet_device d = device();
	struct fleet_object o = { .type = FLEET_CERTIFICATE, .fid = 0xca01, .key_ref = FLEET_UNKNOWN, .use_counter = FLEET_UNKNOWN };
	DETAIL without = { 0 }, with = { 0 };

	(void)state;
	put(s, &rows[0], 0xca01, &cert, 1801440000);
	put(s, &rows[1], 0xca02, &wrong, 1801440000);
	must(store_objects_sync(s, SERIAL, rows, 2, T0, &f));
	detail_of_object(s, &d, &o, T0, &without);
	assert_int_equal(says(&without, "The certificate that signed it is not known"), 1);
	assert_int_equal(says(&without, "It ends soon: 16 days are left."), 1);
	assert_int_equal(says(&without, "CN=Leaf"), 1);
	put(s, &rows[1], 0xca02, &right, 1767225600);
	must(store_objects_sync(s, SERIAL, rows, 2, T0, &f));
	detail_of_object(s, &d, &o, T0, &with);
	assert_int_equal(says(&with, "is not known on this device"), 0);
	assert_int_equal(says(&with, "It has expired"), 1);
	assert_int_equal(says(&with, "its signature is right"), 1);
	store_close(s);
}

static void a_certificate_whose_content_is_not_known_shows_what_is(void **state)
{
	struct store *s = small_store();
	struct object_row row = an_object(THING_CERTIFICATE, 0xca01, "cert");
	struct fleet_device d = device();
	struct fleet_object o = { .type = FLEET_CERTIFICATE, .fid = 0xca01, .key_ref = FLEET_UNKNOWN, .use_counter = FLEET_UNKNOWN };
	DETAIL page = { 0 };

	(void)state;
	snprintf(row.subject, sizeof(row.subject), "CN=Old");
	row.not_after = T0 - DAY;
	must(store_objects_sync(s, SERIAL, &row, 1, T0, &f));
	detail_of_object(s, &d, &o, T0, &page);
	assert_int_equal(says(&page, "CN=Old"), 1);
	assert_int_equal(says(&page, "until 2027-01-14"), 1);
	assert_int_equal(says(&page, "It has expired"), 1);
	assert_int_equal(says(&page, "What else stands in it is not known"), 1);
	store_close(s);
}

static void what_takes_long_is_named_and_nothing_twice(void **state)
{
	static const struct {
		const char *measured, *name;
	} times[] = {
		{ "clone wrap", "Wrap the keys, read certificates" }, { "clone restore", "Put everything onto the other device" },
		{ "random 3", "Random bytes, up to 3 KiB" }, { "share open", "Open the share" }, { "ec:secp256r1", "Make P-256" },
		{ "gone", "gone" },
	};
	struct store *s = small_store();
	struct fleet_device d = device();
	DETAIL page = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		must(store_usual_add(s, SERIAL, times[i].measured, 2000, &f));
	detail_of_device(s, &d, T0, &page);
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		assert_int_equal(says(&page, times[i].name), 1);
	assert_int_equal(says(&page, "Clone a device"), 0);
	store_close(s);
}

static void custody_has_a_row_for_each_share_and_says_what_is_missing(void **state)
{
	static const struct dkek_row dkek = { .kcv = { 1, 2, 3, 4, 5, 6, 7, 8 }, .label = "main", .shares = 2 };
	struct share_row share = { .has_kcv = true, .kcv = { 1 }, .form = "file", .file = "a.pbe", .custodian = "Ada",
				   .threshold = STORE_UNKNOWN, .parts = STORE_UNKNOWN, .checked_at = STORE_UNKNOWN,
				   .made_at = STORE_UNKNOWN, .gone_at = STORE_UNKNOWN };
	struct store *s = small_store();
	DETAIL list = { 0 }, page = { 0 };
	int64_t id;

	(void)state;
	must(store_dkek_seen(s, &dkek, T0, &f));
	must(store_share_seen(s, &share, T0, &id, &f));
	must(store_dkek_share(s, dkek.kcv, share.kcv, T0, &f));
	detail_of_custody(s, &list);
	assert_int_equal(list.n_rows, 1);
	assert_int_equal(list.bad, 1);
	assert_true(list.row[0].bad);
	assert_string_equal(list.row[0].cell[CUSTODY_DKEK].text, "0102030405060708");
	assert_string_equal(list.row[0].cell[CUSTODY_WHO].text, "Ada");
	assert_string_equal(list.row[0].cell[CUSTODY_CHECKED].text, "never");
	assert_non_null(strstr(list.row[0].more, "Shares known to be kept: 1 of 2."));
	detail_of_dkek(s, "0102030405060708", &page);
	assert_int_equal(says(&page, "Shares known to be kept: 1 of 2."), 1);
	assert_int_equal(says(&page, "Ada"), 1);
	store_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_grouped_to_be_read_aloud),
		cmocka_unit_test(without_an_inventory_what_is_not_known_is_said_to_be),
		cmocka_unit_test(what_is_wrong_with_a_device_is_said),
		cmocka_unit_test(keys_too_weak_by_now_are_told_from_those_that_end),
		cmocka_unit_test(an_issuer_counts_only_where_it_signed),
		cmocka_unit_test(a_certificate_whose_content_is_not_known_shows_what_is),
		cmocka_unit_test(what_takes_long_is_named_and_nothing_twice),
		cmocka_unit_test(custody_has_a_row_for_each_share_and_says_what_is_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
