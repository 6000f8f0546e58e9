/* The screens of the inventory's listings: an inventory in a file, a fake fleet, and pictures. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <openssl/sha.h>

#include "tests/console/bench.h"
#include "store/backup.h"
#include "store/device.h"
#include "store/journal.h"
#include "store/key.h"
#include "tests/check.h"
#include "tui/console/keys.h"
#include "tui/console/screens.h"
#include "tests/console/words.h"

#define T0 (FAKE_NOW - 400 * 86400)
#define KEYS 12

static const char *const labels[KEYS] = {
	"Root CA 2026", "SSH CA", "Issuing CA 1", "Issuing CA 2", "OCSP", "Time stamp", "Code signing 2025", "Code signing 2026",
	"Archive", "Old root", "veracrypt", "\xe6\xa0\xb9\xe8\xaf\x81\xe4\xb9\xa6 CA",
};

static struct key_identity identity(unsigned i)
{
	struct key_identity k = { .len = STORE_SPKI_LEN };

	memset(k.bytes, (int)(16 * i + i), sizeof(k.bytes));
	return k;
}

static void a_device(struct store *s, const char *label, const char *serial, unsigned kcv)
{
	struct device_row d = DEVICE_ROW_UNKNOWN;
	struct domain_row dom = { .present = 1, .shares = 3, .has_kcv = true,
				  .kcv = { 0xe9, 0x4f, 0x16, 0xb4, 0x64, 0xd5, 0x8b, (uint8_t)kcv } };
	struct fault f = { 0 };

	(void)snprintf(d.serial, sizeof(d.serial), "%s", serial);
	(void)snprintf(d.label, sizeof(d.label), "%s", label);
	must(store_device_seen(s, &d, T0, &f));
	must(store_domain_seen(s, serial, &dom, T0, &f));
}

/* Keys first to last of the labels are on this device; step: every how many. */
static void holds(struct store *s, const char *serial, unsigned first, unsigned last, unsigned step)
{
	struct object_row *rows = calloc(KEYS, sizeof(*rows));
	struct fault f = { 0 };
	size_t n = 0;

	assert_non_null(rows);
	for (unsigned i = first; i <= last; i += step) {
		struct object_row *o = &rows[n++];

		*o = (struct object_row){ .type = THING_KEY, .fid = 0xcc01 + i, .key_ref = (int)i + 1, .domain = 0,
					  .size = i % 3 == 0 ? 4096 : 256, .use_counter = STORE_UNKNOWN,
					  .not_after = STORE_UNKNOWN, .key = identity(i) };
		(void)snprintf(o->label, sizeof(o->label), "%s", labels[i]);
		(void)snprintf(o->algorithm, sizeof(o->algorithm), "%s", i % 3 == 0 ? "rsa" : "ec");
		(void)snprintf(o->curve, sizeof(o->curve), "%s", i % 3 == 0 ? "" : "secp256r1");
	}
	must(store_objects_sync(s, serial, rows, n, T0, &f));
	free(rows);
}

static void a_backup(struct store *s, unsigned key, unsigned kcv, enum proof_level proof)
{
	struct backup_row b = { .key = identity(key), .size = key % 3 == 0 ? 4096 : 256, .made_at = T0 + 86400 * (int)key,
				.kcv = { 0xe9, 0x4f, 0x16, 0xb4, 0x64, 0xd5, 0x8b, (uint8_t)kcv } };
	uint8_t data[2] = { (uint8_t)key, (uint8_t)kcv };
	struct fault f = { 0 };
	int64_t id = 0;

	SHA256(data, sizeof(data), b.sha256);
	(void)snprintf(b.label, sizeof(b.label), "%s", labels[key]);
	(void)snprintf(b.algorithm, sizeof(b.algorithm), "%s", key % 3 == 0 ? "rsa" : "ec");
	(void)snprintf(b.curve, sizeof(b.curve), "%s", key % 3 == 0 ? "" : "secp256r1");
	(void)snprintf(b.device, sizeof(b.device), "DENK0200914");
	(void)snprintf(b.file, sizeof(b.file), "%08x.wky", key);
	(void)snprintf(b.form, sizeof(b.form), "sc-hsm-tool");
	must(store_backup_add(s, &b, data, sizeof(data), T0 + 86400 * (int)key, &id, &f));
	if (proof != PROOF_NONE)
		must(store_backup_prove(s, id, proof, proof == PROOF_RESTORED ? "DENK0200915" : "", T0 + 86400 * 30, &f));
}

static void fill(struct store *s, struct fleet *fl)
{
	static const struct {
		const char *what, *text, *device, *person;
	} entries[] = {
		{ "device.initialised", "The device was initialised with 3 DKEK shares.", "DENK0200914", "Ada" },
		{ "key.new", "A key was made: Root CA 2026.", "DENK0200914", "Ada" },
		{ "backup.made", "Backup 1 was made, of the key Root CA 2026.", "DENK0200914", "Grace" },
		{ "share.checked", "Two DKEK shares were checked.", "", "" },
		{ "key.new", "Backup 1 was restored, and the key in it proven to be the same one.", "DENK0200915", "Grace" },
	};
	const struct key_identity root = identity(0);
	struct fault f = { 0 };

	(void)fl;
	a_device(s, "root-ca-a", "DENK0200914", 0x35);
	a_device(s, "root-ca-b", "DENK0200915", 0x35);
	a_device(s, "root-ca-c", "DENK0200916", 0x36);
	holds(s, "DENK0200914", 0, KEYS - 2, 1);
	holds(s, "DENK0200915", 0, KEYS - 1, 3);
	holds(s, "DENK0200916", 0, KEYS - 1, 11);
	a_backup(s, 0, 0x35, PROOF_RESTORED);
	a_backup(s, 0, 0x36, PROOF_NONE);
	a_backup(s, 2, 0x35, PROOF_OPENED);
	a_backup(s, 3, 0x35, PROOF_MATCHED);
	a_backup(s, 4, 0x35, PROOF_NONE);
	a_backup(s, 5, 0x35, PROOF_INTACT);
	a_backup(s, 6, 0x37, PROOF_NONE);
	a_backup(s, 8, 0x35, PROOF_RESTORED);
	a_backup(s, 10, 0x35, PROOF_OPENED);
	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++)
		must(store_journal(s, &(struct journal_entry){ .at = T0 + 3600 * (int)i, .what = entries[i].what, .text = entries[i].text,
				   .device = entries[i].device, .person = entries[i].person, .key = i == 1 ? &root : NULL }, &f));
}

static int setup(void **state)
{
	return bench_setup_stored(state, fill);
}

static int setup_empty(void **state)
{
	return bench_setup_stored(state, NULL);
}

static struct bench *on(void **state, const char *keys)
{
	struct bench *b = *state;

	type(b, keys);
	settle(b);
	return b;
}

static void keys_stand_in_a_matrix(void **state)
{
	struct bench *b = on(state, "2");

	compare_sizes(b, "keys");
	compare(b, "keys_ascii", 24, 80, REPERTOIRE_ASCII);
	assert_true(shows(b, "! ONLY COPY"));
	type(b, "G");
	assert_false(shows(b, "nowhere else"));
	type(b, "g");
	assert_true(shows(b, "nowhere else"));
}

static void keys_are_sorted_and_filtered(void **state)
{
	struct bench *b = on(state, "2");

	type(b, "/CA");
	compare(b, "keys_filter", 24, 80, REPERTOIRE_UNICODE);
	press(b, K_ESC);
	assert_true(shows(b, "veracrypt"));
	type(b, "s");
	assert_true(shows(b, "Label\xe2\x86\x93"));
	type(b, "/root-ca-c");
	assert_true(shows(b, "2 of 12"));
	assert_false(shows(b, "SSH CA"));
}

static void more_devices_than_fit_are_reached_sideways(void **state)
{
	struct bench *b = on(state, "2");

	/* Where there is room for all, names are whole. */
	(void)snprintf(b->fleet.device[0].label, FLEET_LABEL_MAX, "root-ca-one");
	b->fleet.changes = FLEET_DEVICES;
	ui_event(&b->ui, &(struct job_event){ .type = JOBS_READERS });
	settle(b);
	assert_true(shows(b, "root-ca-one root-ca-b"));
	(void)snprintf(b->fleet.device[0].label, FLEET_LABEL_MAX, "root-ca-a");
	for (size_t i = 3; i < 8; i++) {
		b->fleet.device[i] = b->fleet.device[2];
		(void)snprintf(b->fleet.device[i].label, FLEET_LABEL_MAX, "very-long-name-%zu", i);
		(void)snprintf(b->fleet.device[i].serial, sizeof(b->fleet.device[i].serial), "DENK040000%zu", i);
	}
	b->fleet.n = 8;
	b->fleet.changes = FLEET_DEVICES;
	ui_event(&b->ui, &(struct job_event){ .type = JOBS_READERS });
	settle(b);
	compare(b, "keys_sideways", 24, 80, REPERTOIRE_UNICODE);
	press(b, K_RIGHT);
	assert_false(shows(b, "root-ca-a  root-ca-b"));
	for (int i = 0; i < 20; i++)
		press(b, K_RIGHT);
	assert_true(shows(b, "of 8"));
	for (int i = 0; i < 20; i++)
		press(b, K_LEFT);
	assert_true(shows(b, "root-ca-a  root-ca-b"));
}

static void a_key_is_told_in_sentences(void **state)
{
	struct bench *b = on(state, "2/Root CA");

	press(b, K_ENTER);
	press(b, K_ENTER);
	compare_sizes(b, "key");
}

static void backups_are_listed(void **state)
{
	struct bench *b = on(state, "3");

	compare_sizes(b, "backups");
	compare(b, "backups_ascii", 24, 80, REPERTOIRE_ASCII);
	type(b, " jj ");
	compare(b, "backups_marked", 24, 80, REPERTOIRE_UNICODE);
	type(b, "*");
	assert_true(shows(b, "9 marked of 9"));
	type(b, "*");
	assert_false(shows(b, "marked"));
}

static void a_backup_is_told_in_sentences(void **state)
{
	struct bench *b = on(state, "3");

	press(b, 'G');
	press(b, K_ENTER);
	compare_sizes(b, "backup");
	press(b, K_ESC);
	assert_true(shows(b, "Fits on"));
}

static void the_journal_is_listed(void **state)
{
	struct bench *b = on(state, "5");

	compare_sizes(b, "journal");
	compare(b, "journal_ascii", 24, 80, REPERTOIRE_ASCII);
	type(b, "/grace");
	assert_true(shows(b, "2 of 5"));
	press(b, K_ENTER);
	press(b, K_ENTER);
	compare_sizes(b, "entry");
}

static void an_empty_inventory_says_so(void **state)
{
	struct bench *b = on(state, "2");

	compare(b, "keys_empty", 24, 80, REPERTOIRE_UNICODE);
	(void)on(state, "3");
	assert_true(shows(b, "No backup is known yet."));
	(void)on(state, "5");
	assert_true(shows(b, "Nothing has happened yet."));
	press(b, K_ENTER);
	press(b, ' ');
	press(b, 'r');
	assert_true(shows(b, "Nothing has happened yet."));
}

/* What is written while a screen is shown comes to it by itself, and the cursor stays on its row. */
static void a_list_follows_the_inventory(void **state)
{
	struct bench *b = on(state, "3");

	type(b, "jj");
	assert_true(shows(b, "\xe2\x96\xb8        7  Code"));
	a_backup((struct store *)(uintptr_t)b->env.store, 7, 0x35, PROOF_NONE);
	b->fleet.changes = FLEET_DEVICES;
	ui_event(&b->ui, &(struct job_event){ .type = JOBS_READERS });
	settle(b);
	assert_true(shows(b, "       10  Code"));
	assert_true(shows(b, "\xe2\x96\xb8        7  Code"));
}

static void digits_lead_from_screen_to_screen(void **state)
{
	struct bench *b = on(state, "2");

	assert_true(b->ui.depth == 2);
	press(b, K_ENTER);
	assert_int_equal(b->ui.depth, 3);
	for (const struct screen_row *r = screens; r->key != 0; r++) {
		press(b, r->key);
		assert_int_equal(b->ui.depth, r->make != NULL ? 2 : 1);
		assert_string_equal(ui_top(&b->ui)->ops->name, r->name);
	}
	press(b, '2');
	press(b, 'G');
	press(b, '?');
	press(b, '2');
	assert_false(shows(b, "nowhere else"));   /* the same screen, as it was left */
	press(b, '1');
	press(b, 'i');
	settle(b);
	assert_int_equal(ui_top(&b->ui)->ops->mode, MODE_WIZARD);
	press(b, K_F1);
	press(b, '2');
	assert_int_equal(b->ui.stack[b->ui.depth - 2]->ops->mode, MODE_WIZARD);   /* no digit leads away from a procedure */
}

/* Every key of these screens in any order, at any size, while the inventory changes. */
static void any_key_can_be_pressed_on_them(void **state)
{
	static const uint32_t keys[] = { '2', '3', '5', 'j', 'k', 'g', 'G', K_PAGE_UP, K_PAGE_DOWN, ' ', '*', 's', '/', K_ENTER,
					 K_ESC, K_ESC, K_LEFT, K_RIGHT, 'C', 'x', K_F1, K_BACKSPACE, K_CTRL('l') };
	struct bench *b = on(state, "2");
	uint64_t seed = 7;

	for (int i = 0; i < 4000; i++) {
		struct job_event e;

		seed = seed * 6364136223846793005u + 1442695040888963407u;
		if ((seed >> 33) % 17 == 0)
			ui_resize(&b->ui, (int)((seed >> 40) % 60), (int)((seed >> 50) % 200));
		else
			press(b, keys[(seed >> 40) % (sizeof(keys) / sizeof(keys[0]))]);
		if (i % 500 == 250)
			a_backup((struct store *)(uintptr_t)b->env.store, 1 + (unsigned)i / 500, 0x40 + (unsigned)i / 500, PROOF_NONE);
		while (i % 10 == 0 && jobs_next(b->env.jobs, &e))
			ui_event(&b->ui, &e);
		if (i % 10 == 0)
			free(picture(b, b->ui.rows > 0 ? b->ui.rows : 1, b->ui.cols > 0 ? b->ui.cols : 1, REPERTOIRE_UNICODE));
	}
	settle(b);
}

#define LISTS(name) cmocka_unit_test_setup_teardown(name, setup, bench_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LISTS(keys_stand_in_a_matrix), LISTS(keys_are_sorted_and_filtered), LISTS(more_devices_than_fit_are_reached_sideways),
		LISTS(a_key_is_told_in_sentences), LISTS(backups_are_listed), LISTS(a_backup_is_told_in_sentences),
		LISTS(the_journal_is_listed), LISTS(a_list_follows_the_inventory), LISTS(digits_lead_from_screen_to_screen),
		LISTS(any_key_can_be_pressed_on_them),
		cmocka_unit_test_setup_teardown(an_empty_inventory_says_so, setup_empty, bench_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
