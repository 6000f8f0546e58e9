/*
 * Certificates and data, written, replaced and deleted beside a key that has nothing to do with it: whatever happens, in the
 * end each is there, or gone, once and whole, and until then nothing that was there before is known nowhere.
 */
#include "tests/faults/things_help.h"

/* Two keys, and for the second one certificates of several lengths; "request" is what it has now. */
static void prepare(struct stage *s)
{
	PKEY *key = NULL, *ca = NULL;

	set_up(s, 0);
	make_key(s, 0, "stays", "01");
	make_key(s, 0, "ca", "02");
	key = key_of_card(s);
	ca = EVP_EC_gen("P-256");
	assert_non_null(ca);
	BUF shorter = make_cert(key, ca, "short", 0), longer = make_cert(key, ca, "long", LONG_COMMENT);
	BUF outside = make_cert(ca, ca, "outside", LONG_COMMENT), request = read_fid(s, 0xce00 | KEY), data = { 0 };
	save(s, "short", &shorter);
	save(s, "long", &longer);
	save(s, "outside", &outside);
	save(s, "request", &request);
	for (unsigned i = 0; i < 2500; i++)
		buf_u8(&data, (uint8_t)(i * 7 + i / 256));
	save(s, "data", &data);
}

static enum status import(struct stage *s, const char *name, struct fault *f)
{
	const struct given given[] = { { "id", 0, "02", false }, { "file", 0, name, true }, { "pin", 0, PIN, false }, { 0 } };

	return stage_run(s, &procedure_cert_import, stage_serial(s, 0), given, NULL, f);
}

static void prepare_with(struct stage *s, const char *name)
{
	struct fault f;

	prepare(s);
	must(import(s, name, &f));
}

static void prepare_short(struct stage *s) { prepare_with(s, "short"); }
static void prepare_long(struct stage *s) { prepare_with(s, "long"); }
static enum status import_long(struct stage *s, struct fault *f) { return import(s, "long", f); }
static enum status import_short(struct stage *s, struct fault *f) { return import(s, "short", f); }

/* --- what must be true at any time --- */

static bool same(const struct buf *a, const struct buf *b)
{
	return a->n == b->n && (a->n == 0 || memcmp(a->p, b->p, a->n) == 0);
}

static bool record_has(struct stage *s, const struct buf *old)
{
	struct run_record *rows = NULL;
	static char want[8192], have[8192];
	bool found = false;
	struct fault f;
	size_t n = 0;

	assert_true(2 * old->n < sizeof(want));
	hex_lower(want, old->p, old->n);
	must(store_open_runs(s->store, NULL, &rows, &n, &f));
	for (size_t i = 0; i < n; i++) {
		run_record_fact(&rows[i], "before", have, sizeof(have));
		found |= strcmp(want, have) == 0;
	}
	run_records_free(rows, n);
	return found;
}

/* The key has what it had, or the new one, or the old one is in the record. */
static void nothing_is_lost(struct stage *s, const char *old_name, const char *new_name)
{
	BUF now = read_fid(s, 0xce00 | KEY), old = load(s, old_name), new = load(s, new_name);

	expect_key(s, 0, "stays");
	if (!same(&now, &old) && !same(&now, &new) && !record_has(s, &old))
		fail_msg("%zu bytes of neither, and what was there before is nowhere", now.n);
}

static void request_or_long(struct stage *s, enum status st) { (void)st; nothing_is_lost(s, "request", "long"); }
static void short_or_long(struct stage *s, enum status st) { (void)st; nothing_is_lost(s, "short", "long"); }
static void long_or_short(struct stage *s, enum status st) { (void)st; nothing_is_lost(s, "long", "short"); }

/* Both keys are there, everything is whole, and beside them there is so much. */
static void expect_objects(struct stage *s, size_t certificates, size_t data)
{
	struct card *c = stage_talk(s, 0);
	size_t keys = 0, certs = 0, others = 0;
	struct fault f;

	{
		CARD_SESSION *held = NULL;
		OBJECTS list = { 0 };

		must(card_begin(c, &held, &f));
		must(card_objects(c, WANT_ALL, &list, &f));
		for (size_t i = 0; i < list.n; i++) {
			const struct object *o = &list.o[i];

			if (o->damage != 0 || o->type == OBJECT_STRAY)
				fail_msg("\"%s\" (type %d, number %u) is not whole: %x", o->label, (int)o->type, o->number, o->damage);
			keys += o->type == OBJECT_KEY;
			certs += o->type == OBJECT_CERTIFICATE;
			others += o->type == OBJECT_DATA;
		}
	}
	card_close(c);
	assert_int_equal(keys, 2);
	assert_int_equal(certs, certificates);
	assert_int_equal(others, data);
}

/* What the inventory has of the device, beside its two keys. */
static void expect_known(struct stage *s, enum thing type, size_t want)
{
	struct object_filter filter = { .device = stage_serial(s, 0) };
	struct object_row *rows = NULL;
	size_t n = 0, keys = 0, found = 0;
	struct fault f;

	must(store_objects(s->store, &filter, &rows, &n, &f));
	for (size_t i = 0; i < n; i++) {
		assert_true(rows[i].type != THING_KEY || rows[i].key.len > 0);
		keys += rows[i].type == THING_KEY;
		found += rows[i].type == type;
	}
	free(rows);
	assert_int_equal(keys, 2);
	assert_int_equal(found, want);
	expect_nothing_open(s);
	expect_chain(s);
}

static void expect_file(struct stage *s, const char *name)
{
	BUF now = read_fid(s, 0xce00 | KEY), want = load(s, name);

	if (!same(&now, &want))
		fail_msg("the key has %zu bytes, which are not \"%s\"", now.n, name);
}

static void check_long(struct stage *s)
{
	expect_file(s, "long");
	expect_objects(s, 0, 0);
	expect_known(s, THING_CERTIFICATE, 1);
}

static void check_short(struct stage *s)
{
	expect_file(s, "short");
	expect_objects(s, 0, 0);
	expect_known(s, THING_CERTIFICATE, 1);
}

static const struct walk walk_first = {
	.prepare = prepare, .drive = import_long, .interrupted = request_or_long, .check = check_long,
};
static const struct walk walk_longer = {
	.prepare = prepare_short, .drive = import_long, .interrupted = short_or_long, .check = check_long,
};
static const struct walk walk_shorter = {
	.prepare = prepare_long, .drive = import_short, .interrupted = long_or_short, .check = check_short,
};

/* --- deleting it: the request comes back --- */

static enum status delete_cert(struct stage *s, struct fault *f)
{
	const struct given given[] = { { "id", 0, "02", false }, { "pin", 0, PIN, false }, { 0 } };

	return stage_run(s, &procedure_cert_delete, stage_serial(s, 0), given, NULL, f);
}

static enum status take_up_delete_cert(struct stage *s, struct fault *f)
{
	const enum status st = delete_cert(s, f);

	return st == ST_NOT_FOUND ? ST_OK : st;
}

/* The public key is on the device, or in the inventory. */
static void public_key_is_known(struct stage *s, enum status st)
{
	struct object_filter filter = { .device = stage_serial(s, 0) };
	struct object_row *rows = NULL;
	uint8_t *der = NULL;
	size_t n = 0, len = 0, known = 0;
	struct fault f;

	(void)st;
	expect_key(s, 0, "stays");
	must(store_objects(s->store, &filter, &rows, &n, &f));
	for (size_t i = 0; i < n; i++) {
		if (rows[i].type == THING_KEY && store_key_spki(s->store, &rows[i].key, &der, &len, &f) == ST_OK) {
			known++;
			free(der);
		}
	}
	free(rows);
	assert_int_equal(known, 2);
}

static void check_deleted_cert(struct stage *s)
{
	expect_file(s, "request");
	expect_objects(s, 0, 0);
	expect_known(s, THING_CERTIFICATE, 0);
}

static const struct walk walk_delete_cert = {
	.prepare = prepare_long,
	.drive = delete_cert,
	.take_up = take_up_delete_cert,
	.interrupted = public_key_is_known,
	.check = check_deleted_cert,
};

/* --- by itself --- */

static enum status import_outside(struct stage *s, struct fault *f)
{
	const struct given given[] = {
		{ "stand-alone", 0, "1", false }, { "file", 0, "outside", true }, { "new-id", 0, "77", false },
		{ "pin", 0, PIN, false }, { 0 },
	};

	return stage_run(s, &procedure_cert_import, stage_serial(s, 0), given, NULL, f);
}

static enum status take_up_outside(struct stage *s, struct fault *f)
{
	const enum status st = import_outside(s, f);

	return st == ST_DUPLICATE ? ST_OK : st;
}

static void keys_are_whole(struct stage *s, enum status st)
{
	(void)st;
	expect_key(s, 0, "stays");
	expect_key(s, 0, "ca");
}

/* While something is written other programs see no description of what is not there, or not whole. */
static void nothing_half_is_seen(struct stage *s, enum status st)
{
	struct card *c = stage_talk(s, 0);
	struct fault f;

	keys_are_whole(s, st);
	{
		CARD_SESSION *held = NULL;
		OBJECTS list = { 0 };

		must(card_begin(c, &held, &f));
		must(card_objects(c, WANT_ALL, &list, &f));
		for (size_t i = 0; i < list.n; i++) {
			if (list.o[i].type != OBJECT_STRAY && list.o[i].damage != 0)
				fail_msg("\"%s\" is described, and not whole: %x", list.o[i].label, list.o[i].damage);
		}
	}
	card_close(c);
}

static void check_outside(struct stage *s)
{
	BUF now = read_fid(s, 0xca00), want = load(s, "outside");

	assert_true(same(&now, &want));
	expect_objects(s, 1, 0);
	expect_known(s, THING_CERTIFICATE, 1);
}

static void check_nothing(struct stage *s)
{
	expect_objects(s, 0, 0);
	expect_known(s, THING_CERTIFICATE, 0);
	expect_known(s, THING_DATA, 0);
}

static const struct walk walk_outside = {
	.prepare = prepare,
	.drive = import_outside,
	.take_up = take_up_outside,
	.interrupted = nothing_half_is_seen,
	.check = check_outside,
};
/* --- data --- */

static enum status write_data(struct stage *s, struct fault *f)
{
	const struct given given[] = {
		{ "label", 0, "a \"label\"", false }, { "file", 0, "data", true }, { "private", 0, "1", false }, { "pin", 0, PIN, false },
		{ 0 },
	};

	return stage_run(s, &procedure_data_write, stage_serial(s, 0), given, NULL, f);
}

static enum status take_up_data(struct stage *s, struct fault *f)
{
	const enum status st = write_data(s, f);

	return st == ST_DUPLICATE ? ST_OK : st;
}

static void check_data(struct stage *s)
{
	BUF want = load(s, "data");
	struct card *c = stage_talk(s, 0);
	SECRET *pin = secret_new(16), *now = secret_new(FILE_MAX);
	struct fault f;

	expect_objects(s, 0, 1);
	expect_known(s, THING_DATA, 1);
	assert_true(secret_set(pin, PIN, strlen(PIN)));
	{
		CARD_SESSION *held = NULL;

		must(card_begin(c, &held, &f));
		assert_int_equal(card_read_secret(c, 0xcd00, now, &f), ST_NOT_LOGGED_IN);
		must(card_login(c, pin, &f));
		must(card_read_secret(c, 0xcd00, now, &f));
	}
	card_close(c);
	assert_true(cur_equal(secret_view(now), want.p, want.n));
}

static const struct walk walk_data = {
	.prepare = prepare,
	.drive = write_data,
	.take_up = take_up_data,
	.interrupted = nothing_half_is_seen,
	.check = check_data,
};
/* --- of each kind one, in one procedure --- */

static void prepare_mixed(struct stage *s)
{
	struct fault f;

	prepare_long(s);
	make_key(s, 0, "goes", "03");
	must(import_outside(s, &f));
	must(write_data(s, &f));
}

static enum status delete_mixed(struct stage *s, struct fault *f)
{
	const struct given given[] = {
		{ "id", 0, "data:a \"label\"", false }, { "id", 1, "03", false },	 { "id", 2, "file:CE02", false },
		{ "id", 3, "file:CA00", false },	{ "pin", 0, PIN, false }, { 0 },
	};

	return stage_run(s, &procedure_key_delete, stage_serial(s, 0), given, NULL, f);
}

static enum status take_up_mixed(struct stage *s, struct fault *f)
{
	const enum status st = delete_mixed(s, f);

	return st == ST_NOT_FOUND ? ST_OK : st;
}

static size_t told(struct stage *s, const char *what)
{
	const struct journal_filter filter = { 0 };
	struct journal_row *rows = NULL;
	struct fault f;
	size_t n = 0, found = 0;

	must(store_journal_list(s->store, &filter, &rows, &n, &f));
	for (size_t i = 0; i < n; i++)
		found += strcmp(rows[i].what, what) == 0;
	free(rows);
	return found;
}

/* And the journal tells of each once. */
static void check_mixed(struct stage *s)
{
	expect_file(s, "request");
	check_nothing(s);
	assert_int_equal(told(s, "key.deleted"), 1);
	assert_int_equal(told(s, "cert.deleted"), 2);
	assert_int_equal(told(s, "data.deleted"), 1);
}

/* The other one is without a certificate for a moment. */
static void the_first_key_is_whole(struct stage *s, enum status st)
{
	(void)st;
	expect_key(s, 0, "stays");
}

static const struct walk walk_delete_mixed = {
	.prepare = prepare_mixed,
	.drive = delete_mixed,
	.take_up = take_up_mixed,
	.interrupted = the_first_key_is_whole,
	.check = check_mixed,
};

/* --- */

static const struct walk *const walks[] = {
	&walk_first, &walk_longer, &walk_shorter, &walk_delete_cert, &walk_outside, &walk_data, &walk_delete_mixed,
};

static void it_comes_to_its_end_however_often_the_card_vanishes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(walks) / sizeof(walks[0]); i++)
		walk_vanish(walks[i], 0);
}

static void it_comes_to_its_end_however_often_the_process_is_killed(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(walks) / sizeof(walks[0]); i++)
		walk_kill(walks[i]);
}

static void it_comes_to_its_end_although_memory_runs_short(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(walks) / sizeof(walks[0]); i++)
		walk_memory(walks[i], 60);
}

static void no_success_is_reported_that_was_not_read_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(walks) / sizeof(walks[0]); i++)
		walk_lie(walks[i], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_success_is_reported_that_was_not_read_back),
		cmocka_unit_test(it_comes_to_its_end_however_often_the_card_vanishes),
		cmocka_unit_test(it_comes_to_its_end_however_often_the_process_is_killed),
		cmocka_unit_test(it_comes_to_its_end_although_memory_runs_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
