/* key test on simulated cards. */
#include "tests/unit/procs_help.h"

#include "engine/card/proof.h"
#include "engine/keys/blob.h"
#include "engine/keys/describe.h"
#include "engine/keys/dkek.h"

/* A key that may do only this, as no procedure here makes it. */
static void make_limited(struct place *p, uint8_t ref, const char *type, uint8_t algorithm, unsigned usage)
{
	CLEANUP(card_close_guard) struct card *c = NULL;
	CARD_SESSION *held = NULL;
	const bool rsa = strcmp(type, "rsa") == 0, aes = strcmp(type, "aes") == 0;
	struct keygen_params params = { .algorithm = rsa ? KEY_RSA : aes ? KEY_AES : KEY_EC, .bits = rsa ? 2048 : aes ? 256 : 0,
					.algorithms = { algorithm, 0x92 }, .n_algorithms = 2, .domain = KEY_NO_DOMAIN };
	struct description d = { .kind = DESCRIPTION_KEY, .algorithm = params.algorithm, .is_private = true, .usage = usage,
				 .key_ref = ref, .bits = rsa ? 2048 : 256, .id = { ref }, .id_len = 1 };
	struct pubkey key;
	struct fault f = { 0 };
	BUF file = { 0 };

	snprintf(d.label, sizeof(d.label), "limited %u", ref);
	params.curve = rsa || aes ? NULL : curve_by_name("secp256r1");
	c = place_log_in(p, 0, &held);
	must(card_generate(c, ref, &params, &key, NULL, &f));
	must(describe_build(&d, &file, &f));
	must(card_write_file(c, fid_of(FID_KEY_DESCRIPTION, ref), buf_view(&file), WRITE_NEW, &f));
}

static void expect_how(struct place *p, const char *id, const char *words)
{
	struct run *r = NULL;
	struct fault f = { 0 };
	enum status st = place_do(p, "key test", 0, GIVEN({ "id", id, 0 }, { "pin", PIN, 0 }), &r, &f);

	if (st != ST_OK)
		fail_msg("%s: %s: %s", id, status_name(st), f.what);
	if (strstr(run_key(r)->how, words) == NULL)
		fail_msg("%s: \"%s\", not \"%s\"", id, run_key(r)->how, words);
	run_free(r);
}

static void every_kind_of_key_passes(void **state)
{
	struct place *p = *state;

	place_make_key(p, 0, "rsa:2048", "rsa", "0a");
	place_make_key(p, 0, "ec:brainpoolP384r1", "ec", "0b");
	place_make_key(p, 0, "aes:256", "aes", "0c");
	expect_how(p, "0a", "signed");
	expect_how(p, "0b", "signed");
	expect_how(p, "0c", "CMAC");
	place_expect(p, "key test", 0, GIVEN({ "id", "77", 0 }, { "pin", PIN, 0 }), ST_NOT_FOUND);
	place_expect(p, "key test", 0, GIVEN({ "id", "0a", 0 }, { "pin", "111111", 0 }), ST_PIN_WRONG);
}

static void a_key_is_tested_by_what_its_list_allows(void **state)
{
	struct place *p = *state;

	make_limited(p, 1, "rsa", CARD_RSA_DECIPHER, USAGE_DECRYPT);
	make_limited(p, 2, "rsa", CARD_RSA_PSS, USAGE_SIGN);
	make_limited(p, 3, "ec", CARD_ECDH, USAGE_DERIVE);
	make_limited(p, 4, "ec", CARD_ECDH, USAGE_EC);   /* it says more than it can */
	make_limited(p, 5, "aes", CARD_AES_CBC_ENCRYPT, USAGE_AES);
	make_limited(p, 6, "aes", CARD_DERIVE, USAGE_AES);
	make_limited(p, 7, "ec", CARD_UNWRAP, USAGE_EC);
	expect_how(p, "01", "deciphered");
	expect_how(p, "02", "RSA-PSS");
	expect_how(p, "03", "agreed");
	expect_how(p, "04", "agreed");
	expect_how(p, "05", "encrypted");
	place_expect(p, "key test", 0, GIVEN({ "id", "06", 0 }, { "pin", PIN, 0 }), ST_UNSUPPORTED);
	place_expect(p, "key test", 0, GIVEN({ "id", "07", 0 }, { "pin", PIN, 0 }), ST_NOT_ALLOWED);
}

/* What the key really is, its wrapped form tells. */
static void cmac_of(struct card *c, uint8_t ref, uint8_t cmac[BLOB_CMAC_LEN])
{
	SECRET *dkek = secret_new(32);
	BLOB_KEY key = { 0 };
	struct blob blob;
	struct fault f = { 0 };
	BUF bytes = { 0 };

	memset(secret_bytes(dkek), READY_SEED, 32);
	assert_true(secret_set_len(dkek, 32));
	must(card_wrap(c, ref, &bytes, &f));
	must(blob_parse(buf_view(&bytes), &blob, &f));
	must(blob_open(&blob, dkek, &key, &f));
	must(blob_key_cmac(&key, cmac, &f));
}

static void a_secret_key_shows_its_cmac_however_it_is_used(void **state)
{
	static const uint8_t algorithms[] = { CARD_AES_CMAC, CARD_AES_CBC_ENCRYPT, CARD_AES_CBC_DECRYPT };
	struct place *p = *state;

	/* Doubling has a carry or none; so has halving. */
	for (uint8_t ref = 1; ref <= 12; ref++) {
		CLEANUP(card_close_guard) struct card *c = NULL;
		CARD_SESSION *held = NULL;
		uint8_t cmac[BLOB_CMAC_LEN], other[BLOB_CMAC_LEN];
		struct key_tried t;
		struct fault f = { 0 };

		make_limited(p, ref, "aes", algorithms[ref % 3], USAGE_AES);
		c = place_log_in(p, 0, &held);
		cmac_of(c, ref, cmac);
		must(card_key_try_secret(c, ref, cmac, &t, &f));
		assert_true(t.compared);
		assert_memory_equal(t.cmac, cmac, sizeof(cmac));
		memcpy(other, cmac, sizeof(cmac));
		other[15] ^= 1;
		assert_int_equal(card_key_try_secret(c, ref, other, &t, &f), ST_MISMATCH);
	}
}

static void copy_file(struct place *p, uint16_t from, uint16_t to)
{
	CLEANUP(card_close_guard) struct card *c = NULL;
	CARD_SESSION *held = NULL;
	struct fault f = { 0 };
	BUF file = { 0 };

	c = place_log_in(p, 0, &held);
	must(card_read_file(c, from, &file, &f));
	must(card_write_file(c, to, buf_view(&file), WRITE_REPLACE, &f));
}

static void a_key_that_is_not_its_certificates_does_not_pass(void **state)
{
	struct place *p = *state;
	const struct journal_filter filter = { .oldest_first = false };
	struct journal_row *rows = NULL;
	const struct key_result *k;
	struct object_filter objects = { .device = place_serial(p, 0) };
	struct object_row *known = NULL;
	struct run *r = NULL;
	struct fault f = { 0 };
	int64_t uses = STORE_UNKNOWN;
	size_t n = 0;

	place_make_key(p, 0, "ec:secp256r1", "one", "0a");
	place_expect(p, "key new", 0,
		     GIVEN({ "type", "ec:secp256r1", 0 }, { "label", "two", 0 }, { "id", "0b", 0 }, { "use-counter", "9", 0 },
			   { "pin", PIN, 0 }), ST_OK);
	copy_file(p, 0xce01, 0xce02);
	place_expect(p, "key test", 0, GIVEN({ "id", "0b", 0 }, { "pin", PIN, 0 }), ST_MISMATCH);
	/* The wrong answer was one all the same, and spent a use. */
	must(store_objects(p->store, &objects, &known, &n, &f));
	for (size_t i = 0; i < n; i++)
		uses = known[i].use_counter != STORE_UNKNOWN ? known[i].use_counter : uses;
	free(known);
	assert_int_equal(uses, 8);
	must(store_journal_list(p->store, &filter, &rows, &n, &f));
	assert_string_equal(rows[0].what, "key.test-failed");
	free(rows);
	/* With another one that passes, both are told of. */
	must(place_do(p, "key test", 0, GIVEN({ "id", "0a", 0 }, { "id", "0b", 1 }, { "pin", PIN, 0 }), &r, &f));
	k = run_keys(r, &n);
	assert_int_equal(n, 2);
	assert_int_equal(k[0].fault.st, ST_OK);
	assert_int_equal(k[1].fault.st, ST_MISMATCH);
	assert_true(k[1].remark[0] != '\0');
	run_free(r);
}

static void without_a_certificate_the_inventory_knows_the_public_key(void **state)
{
	struct place *p = *state;
	CLEANUP(card_close_guard) struct card *c = NULL;
	CARD_SESSION *held = NULL;
	struct fault f = { 0 };

	place_make_key(p, 0, "ec:secp256r1", "bare", "0a");
	c = place_log_in(p, 0, &held);
	must(card_delete(c, 0xce01, &f));
	card_end(held);
	held = NULL;
	expect_how(p, "0a", "signed");
	place_swap_ec(p, 0, 1);
	place_expect(p, "key test", 0, GIVEN({ "id", "0a", 0 }, { "pin", PIN, 0 }), ST_MISMATCH);
}

/* How often the page and the review together say that a use is spent. r: NULL for a script's, before anything was answered. */
static size_t warnings_of(struct place *p, struct run *r)
{
	const struct procedure *test = procedure_find("key test");
	struct run *own = r == NULL ? place_run_new(p, "key test", 0, GIVEN({ "id", "0a", 0 })) : NULL;
	PROSE said = { 0 };
	size_t n = 0;

	test->pages[1].text(r != NULL ? r : own, 0, &said);
	test->review(r != NULL ? r : own, &said);
	for (size_t i = 0; i < said.n; i++)
		n += strstr(said.p[i].text, "has a use counter") != NULL;
	if (own != NULL)
		run_free(own);
	return n;
}

static void a_use_is_counted_down_where_the_key_counts_them(void **state)
{
	struct place *p = *state;
	struct object_filter filter = { .device = place_serial(p, 0) };
	struct object_row *rows = NULL;
	const char *bad = NULL;
	struct fault f = { 0 };
	struct run *r;
	size_t n = 0;

	place_expect(p, "key new", 0,
		     GIVEN({ "type", "ec:secp256r1", 0 }, { "label", "few", 0 }, { "id", "0a", 0 }, { "use-counter", "2", 0 },
			   { "pin", PIN, 0 }), ST_OK);
	/* Named twice, it spends one use all the same. */
	place_expect(p, "key test", 0, GIVEN({ "id", "0a", 0 }, { "id", "0a", 1 }, { "pin", PIN, 0 }), ST_OK);
	must(store_objects(p->store, &filter, &rows, &n, &f));
	assert_int_equal(rows[0].use_counter, 1);
	free(rows);
	assert_int_equal(warnings_of(p, NULL), 1);
	/* In the console a person has to say that the use may be spent. */
	p->env.script = false;
	r = place_run_new(p, "key test", 0, GIVEN({ "id", "0a", 0 }, { "pin", PIN, 0 }));
	must(run_next(r, &bad, &f));
	run_wait(r, NULL, NULL);
	assert_int_equal(run_next(r, &bad, &f), ST_REFUSED);
	assert_string_equal(bad, "spend");
	must(run_set(r, "spend", 0, "1", &f));
	assert_int_equal(warnings_of(p, r), 1);
	must(place_go(p, r, &f));
	run_free(r);
	p->env.script = true;
	place_expect(p, "key test", 0, GIVEN({ "id", "0a", 0 }, { "pin", PIN, 0 }), ST_NOT_ALLOWED);
	must(store_objects(p->store, &filter, &rows, &n, &f));
	assert_int_equal(rows[0].use_counter, 0);
	free(rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_READY(every_kind_of_key_passes),
		TEST_READY(a_key_is_tested_by_what_its_list_allows),
		TEST_READY(a_secret_key_shows_its_cmac_however_it_is_used),
		TEST_READY(a_key_that_is_not_its_certificates_does_not_pass),
		TEST_READY(without_a_certificate_the_inventory_knows_the_public_key),
		TEST_READY(a_use_is_counted_down_where_the_key_counts_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
