/* The initialisation of a device with a key on it, with three shares, a new SO-PIN and a label. */
#include <stdlib.h>
#include <string.h>

#include "engine/card/files.h"
#include "store/device.h"
#include "store/dkek.h"
#include "store/journal.h"
#include "store/run.h"
#include "tests/faults/walk.h"

#define FACTORY_SO "3537363231383830"
#define OLD_SO "0011223344556677"
#define NEW_SO "8899AABBCCDDEEFF"
#define NEW_PIN "654321"

static void make_shares(struct stage *s)
{
	static const char *const files[] = { "a.pbe", "b.pbe", "c.pbe" };
	struct fault f;

	for (unsigned i = 0; i < 3; i++) {
		const struct given given[] = { { "file", 0, files[i], true }, { "new-password", 0, "password", false }, { 0 } };

		must(stage_run(s, &procedure_share_new, NULL, given, NULL, &f));
	}
}

/* As it was in use: initialised once, with a key on it that has no backup. */
static void prepare(struct stage *s)
{
	static const struct given given[] = {
		{ "no-backup", 0, "1", false }, { "so-pin", 0, FACTORY_SO, false }, { "new-so-pin", 0, OLD_SO, false },
		{ "new-pin", 0, "123456", false }, { "label", 0, "before", false }, { 0 },
	};
	static const struct given key[] = {
		{ "type", 0, "ec:secp256r1", false }, { "label", 0, "a key", false }, { "pin", 0, "123456", false }, { 0 },
	};
	struct fault f;

	make_shares(s);
	must(stage_run(s, &procedure_init, stage_serial(s, 0), given, NULL, &f));
	must(stage_run(s, &procedure_key_new, stage_serial(s, 0), key, NULL, &f));
}

static enum status initialise(struct stage *s, const char *so, struct fault *f)
{
	const struct given given[] = {
		{ "shares", 0, "3", false },
		{ "share", 0, "a.pbe", true }, { "share", 1, "b.pbe", true }, { "share", 2, "c.pbe", true },
		{ "password", 0, "password", false }, { "password", 1, "password", false }, { "password", 2, "password", false },
		{ "so-pin", 0, so, false }, { "new-so-pin", 0, NEW_SO, false }, { "new-pin", 0, NEW_PIN, false },
		{ "label", 0, "after", false }, { 0 },
	};

	return stage_run(s, &procedure_init, stage_serial(s, 0), given, NULL, f);
}

static enum status drive(struct stage *s, struct fault *f)
{
	return initialise(s, OLD_SO, f);
}

/* Where the answer to the change of the SO-PIN was never seen, the person has to say which one it is. */
static enum status take_up(struct stage *s, struct fault *f)
{
	enum status st = drive(s, f);

	return st == ST_SO_PIN_WRONG ? initialise(s, NEW_SO, f) : st;
}

static size_t keys_on_card(struct stage *s)
{
	struct card *c = stage_talk(s, 0);
	FIDS fids = { 0 };
	struct fault f;
	size_t n = 0;

	{
		CARD_SESSION *held = NULL;

		must(card_begin(c, &held, &f));
		must(card_enumerate(c, &fids, &f));
	}
	for (size_t i = 0; i < fids.n; i++)
		n += fids.fid[i] >> 8 == FID_KEY >> 8 && (fids.fid[i] & 0xff) != 0;
	card_close(c);
	return n;
}

/* Either the key is still there, or there is a record that says what became of it. */
static void interrupted(struct stage *s, enum status st)
{
	struct run_record *rows = NULL;
	size_t n = 0, keys = keys_on_card(s);
	struct fault f;

	must(store_open_runs(s->store, NULL, &rows, &n, &f));
	if (keys == 0 && n == 0) {
		/* Its very last transaction was to say that all is done. */
		struct device_row device;

		must(store_device_get(s->store, stage_serial(s, 0), &device, &f));
		assert_string_equal(device.label, "after");
	} else if (keys == 0) {
		assert_int_equal(n, 1);
		assert_string_equal(rows[0].procedure, "init");
		assert_true(rows[0].step_name[0] != '\0');
		assert_null(strstr(rows[0].answers, NEW_PIN));
		assert_null(strstr(rows[0].facts, NEW_SO));
	}
	if (st == ST_CARD_GONE)
		assert_int_equal(keys, 1);
	run_records_free(rows, n);
}

static void check_card(struct stage *s, uint8_t kcv[static KCV_LEN])
{
	struct card *c = stage_talk(s, 0);
	SECRET *pin = secret_new(16), *so = secret_new(PIN_SO_LEN), *typed = secret_new(PIN_SO_DIGITS);
	struct card_info info;
	struct fault f;

	assert_true(secret_set(pin, NEW_PIN, strlen(NEW_PIN)) && secret_set(typed, NEW_SO, strlen(NEW_SO)));
	must(pin_check_so(typed, so, &f));
	{
		CARD_SESSION *held = NULL;

		must(card_begin(c, &held, &f));
		must(card_status(c, &info, &f));
		assert_string_equal(info.label, "after");
		assert_int_equal(info.user.tries, 3);
		assert_int_equal(info.so.tries, PIN_SO_TRIES);
		assert_int_equal(info.dkek.total, 3);
		assert_int_equal(info.dkek.missing, 0);
		must(card_login(c, pin, &f));
		must(card_change_so_pin(c, so, so, &f));
	}
	card_close(c);
	memcpy(kcv, info.dkek.kcv, KCV_LEN);
	assert_int_equal(keys_on_card(s), 0);
}

static void check(struct stage *s)
{
	const struct given all[] = {
		{ "file", 0, "a.pbe", true }, { "file", 1, "b.pbe", true }, { "file", 2, "c.pbe", true },
		{ "password", 0, "password", false }, { "password", 1, "password", false }, { "password", 2, "password", false },
		{ 0 },
	};
	struct device_row device;
	struct run_record *rows = NULL;
	struct journal_verdict verdict;
	struct dkek_row dkek;
	struct domain_row *domains = NULL;
	uint8_t kcv[KCV_LEN];
	size_t n = 1;
	struct fault f;

	check_card(s, kcv);
	must(stage_run(s, &procedure_share_check, NULL, all, NULL, &f));
	must(store_device_get(s->store, stage_serial(s, 0), &device, &f));
	assert_string_equal(device.label, "after");
	assert_int_equal(device.factory_so_pin, 0);
	assert_int_equal(device.keys, 0);
	must(store_domains(s->store, device.serial, &domains, &n, &f));
	assert_int_equal(n, 1);
	assert_true(domains[0].has_kcv);
	assert_memory_equal(domains[0].kcv, kcv, KCV_LEN);
	free(domains);
	must(store_dkek_get(s->store, kcv, &dkek, &f));
	assert_int_equal(dkek.shares, 3);
	must(store_open_runs(s->store, NULL, &rows, &n, &f));
	assert_int_equal(n, 0);
	run_records_free(rows, n);
	must(store_journal_verify(s->store, &verdict, &f));
	assert_int_equal(verdict.broken, 0);
}

static const struct walk walk = {
	.prepare = prepare, .drive = drive, .take_up = take_up, .interrupted = interrupted, .check = check, .allocations = 300,
	.unseen = "\x24",   /* an SO-PIN can be tried, at the price of one of its tries, but not read */
};

int main(void)
{
	return walk_main(&walk);
}
