/* The screens of details, and QR codes: with an inventory that a worker reads, as in the program. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <openssl/evp.h>
#include <qrencode.h>

#include "tests/console/bench.h"
#include "tests/console/details_data.h"
#include "engine/base/bytes.h"
#include "engine/keys/cert.h"
#include "engine/keys/cvc.h"
#include "store/backup.h"
#include "store/device.h"
#include "store/dkek.h"
#include "store/journal.h"
#include "store/key.h"
#include "store/run.h"
#include "tui/console/keys.h"
#include "tests/console/words.h"

#define A "DENK0200914"
#define B "DENK0200915"
#define T(days) (FAKE_NOW - (days) * 86400)
#define OK(call) assert_int_equal(call, ST_OK)

static const uint8_t kcv[] = { 0xe9, 0x4f, 0x16, 0xb4, 0x64, 0xd5, 0x8b, 0x35 };

/* --- the inventory --- */

static void fill_device(struct store *s, const char *serial, const char *label)
{
	struct device_row d = DEVICE_ROW_UNKNOWN;
	struct domain_row domain = { .present = 1, .shares = 3, .missing = 0, .has_kcv = true };

	(void)snprintf(d.serial, sizeof(d.serial), "%s", serial);
	(void)snprintf(d.label, sizeof(d.label), "%s", label);
	(void)snprintf(d.hardware, sizeof(d.hardware), "Nitrokey HSM 2, SmartCard-HSM 4K (JCOP 3)");
	d.fw_major = 3;
	d.fw_minor = 6;
	OK(store_device_seen(s, &d, T(300), NULL));
	OK(store_device_wiped(s, serial, T(299), NULL));
	OK(store_device_pin_max(s, serial, 3, NULL));
	memcpy(domain.kcv, kcv, sizeof(kcv));
	OK(store_domain_seen(s, serial, &domain, T(299), NULL));
}

static void fill_shares(struct store *s)
{
	static const struct dkek_row dkek = { .kcv = { 0xe9, 0x4f, 0x16, 0xb4, 0x64, 0xd5, 0x8b, 0x35 }, .label = "main", .shares = 3 };

	OK(store_dkek_seen(s, &dkek, T(299), NULL));
	for (uint8_t i = 0; i < 2; i++) {
		struct share_row share = { .has_kcv = true, .kcv = { i }, .sha256 = { i }, .form = "file", .threshold = STORE_UNKNOWN,
					   .parts = STORE_UNKNOWN, .made_at = T(299), .checked_at = T(20), .gone_at = STORE_UNKNOWN };
		int64_t id;

		(void)snprintf(share.custodian, sizeof(share.custodian), "%s", i == 0 ? "Ada" : "Bob");
		OK(store_share_seen(s, &share, T(299), &id, NULL));
		OK(store_dkek_share(s, kcv, share.kcv, T(299), NULL));
	}
}

static void take_cert(const char *pem, struct buf *der, struct cert *cert)
{
	OK(cert_for_key(cur_of(pem, strlen(pem)), NULL, der, cert, NULL, NULL));
}

static struct object_row row_of(enum thing type, unsigned fid, const char *label, const struct cert *cert)
{
	struct object_row r = { .type = type, .fid = fid, .key_ref = type == THING_KEY ? (int)(fid & 0xff) : STORE_UNKNOWN,
				.domain = STORE_UNKNOWN, .use_counter = STORE_UNKNOWN, .not_after = STORE_UNKNOWN,
				.key = { .len = STORE_SPKI_LEN } };

	(void)snprintf(r.label, sizeof(r.label), "%s", label);
	OK(pubkey_spki_sha256(&cert->key, r.key.bytes, NULL));
	(void)snprintf(r.algorithm, sizeof(r.algorithm), "ec");
	r.size = cert->key.bits;
	return r;
}

static void keep_cert(struct store *s, struct object_row *r, const struct buf *der, const struct cert *cert)
{
	unsigned char *hash = r->sha256;
	uint8_t *content = NULL;
	size_t n = 0;

	OK(store_certificate_keep(s, der->p, der->n, NULL));
	assert_true(EVP_Q_digest(NULL, "SHA256", NULL, der->p, der->n, hash, NULL));
	OK(store_certificate(s, r->sha256, &content, &n, NULL));
	free(content);
	r->has_sha256 = true;
	r->size = 0;
	r->algorithm[0] = '\0';
	r->not_after = cert->not_after;
	(void)snprintf(r->subject, sizeof(r->subject), "%.200s", cert->subject);
}

static void fill_backups(struct store *s, const struct key_identity *key)
{
	static const enum proof_level levels[] = { PROOF_RESTORED, PROOF_MATCHED };

	for (size_t i = 0; i < 2; i++) {
		char data[16];
		struct backup_row b = { .key = *key, .made_at = T(290 - (int64_t)i * 40) };
		int64_t id = 0;

		(void)snprintf(data, sizeof(data), "blob %zu", i);
		assert_true(EVP_Q_digest(NULL, "SHA256", NULL, data, strlen(data), b.sha256, NULL));
		memcpy(b.blob_sha256, b.sha256, sizeof(b.sha256));
		memcpy(b.kcv, kcv, sizeof(kcv));
		(void)snprintf(b.device, sizeof(b.device), A);
		(void)snprintf(b.file, sizeof(b.file), "issuing-ca-%zu.wky", i);
		(void)snprintf(b.form, sizeof(b.form), "sc-hsm-tool");
		OK(store_backup_add(s, &b, (const uint8_t *)data, strlen(data), T(290), &id, NULL));
		OK(store_backup_prove(s, id, PROOF_MATCHED, NULL, T(290), NULL));
		if (levels[i] == PROOF_RESTORED)
			OK(store_backup_prove(s, id, PROOF_RESTORED, B, T(280), NULL));
	}
}

static void fill_keys(struct store *s, struct fleet *fl)
{
	BUF root_der = { 0 }, der = { 0 }, spki = { 0 };
	static struct cert root, cert;
	static struct object_row rows[3], elsewhere;
	struct fleet_object *o = &fl->object[0][0];

	take_cert(ROOT_CERT, &root_der, &root);
	take_cert(ISSUING_CERT, &der, &cert);
	rows[0] = row_of(THING_KEY, 0xcc01, "Issuing CA", &cert);
	rows[1] = row_of(THING_CERTIFICATE, 0xce01, "Issuing CA", &cert);
	rows[2] = row_of(THING_CERTIFICATE, 0xca00, "Root CA", &root);
	elsewhere = rows[0];
	elsewhere.fid = 0xcc05;
	elsewhere.key_ref = 5;
	keep_cert(s, &rows[1], &der, &cert);
	keep_cert(s, &rows[2], &root_der, &root);
	OK(store_objects_sync(s, A, rows, 3, T(100), NULL));
	OK(store_objects_sync(s, B, &elsewhere, 1, T(100), NULL));
	OK(pubkey_to_spki(&cert.key, &spki, NULL));
	OK(store_key_set_spki(s, &rows[0].key, spki.p, spki.n, NULL));
	fill_backups(s, &rows[0].key);
	OK(store_journal(s, &(struct journal_entry){ .at = T(295), .what = "key.new", .device = A, .key = &rows[0].key,
			 .text = "The key \"Issuing CA\" (P-256) was made on " A " at key reference 1." }, NULL));
	/* As the fleet shows them. */
	(void)snprintf(o->label, sizeof(o->label), "Issuing CA");
	(void)snprintf(o->kind, sizeof(o->kind), "P-256");
	(void)snprintf(o->algorithm, sizeof(o->algorithm), "ec");
	(void)snprintf(o->subject, sizeof(o->subject), "%.100s", cert.subject);
	(void)snprintf(o->until, sizeof(o->until), "2027-03-01");
	hex_lower(o->spki_sha256, rows[0].key.bytes, rows[0].key.len);
	o->size = 256;
	o->fid = 0xcc01;
	o->flags = FLEET_MADE_HERE;
	fl->object[0][2].fid = 0xca00;
	(void)snprintf(fl->object[0][2].label, sizeof(o->label), "Root CA");
	(void)snprintf(fl->object[0][2].id, sizeof(o->id), "01");
}

static void fill_device_more(struct store *s, struct fleet *fl)
{
	int64_t run;

	fill_device(s, A, "root-ca-a");
	fill_device(s, B, "root-ca-b");
	OK(store_device_kept(s, A, "safe 2, second floor", NULL));
	OK(store_usual_add(s, A, "key new rsa:4096", 102000, NULL));
	OK(store_usual_add(s, A, "backup", 1700, NULL));
	OK(store_run_begin(s, "backup", A, NULL, NULL, T(1), &run, NULL));
	OK(store_journal(s, &(struct journal_entry){ .at = T(299), .what = "device.initialised", .device = A,
			 .text = A " was initialised as \"root-ca-a\": DKEK E94F16B464D58B35." }, NULL));
	fill_shares(s);
	fl->device[0].pin_max = 3;
	fl->device[0].trust = DEVICE_PRODUCTION;
	fl->device[0].first_seen = T(300);
	fl->device[0].issued = T(900);
	fl->device[0].expires = FAKE_NOW + INT64_C(5000) * 86400;
	(void)snprintf(fl->device[0].issuer, sizeof(fl->device[0].issuer), "DESRCACC100001");
	(void)snprintf(fl->device[0].root, sizeof(fl->device[0].root), "DESRCACC100001");
}

static void fill(struct store *s, struct fleet *fl)
{
	fill_device_more(s, fl);
	fill_keys(s, fl);
}

static int setup(void **state)
{
	return bench_setup_stored(state, fill);
}

/* --- the screens --- */

static void the_device_under_the_cursor_opens(void **state)
{
	struct bench *b = *state;

	press(b, K_ENTER);
	assert_true(shows(b, "Reading the inventory."));
	settle(b);
	compare_sizes(b, "device");
	compare(b, "device_ascii", 24, 80, REPERTOIRE_ASCII);
	compare(b, "device_300x100", 100, 300, REPERTOIRE_UNICODE);
	ui_resize(&b->ui, 24, 80);
	press(b, 'G');
	compare(b, "device_end", 24, 80, REPERTOIRE_UNICODE);
	press(b, K_ESC);
	assert_true(shows(b, "Devices"));
}

static void a_key_is_shown_with_all_that_hangs_on_it(void **state)
{
	struct bench *b = *state;

	press(b, K_TAB);
	press(b, K_ENTER);
	settle(b);
	compare_sizes(b, "object");
	compare(b, "object_ascii", 24, 80, REPERTOIRE_ASCII);
	ui_resize(&b->ui, 24, 80);
	press(b, K_TAB);
	press(b, K_TAB);
	compare(b, "object_backups", 24, 80, REPERTOIRE_UNICODE);
	press(b, K_TAB);
	press(b, K_TAB);
	compare(b, "object_chain", 24, 80, REPERTOIRE_UNICODE);
	press(b, 'G');
	compare(b, "object_end", 24, 80, REPERTOIRE_UNICODE);
	press(b, K_BACK_TAB);
	press(b, 'g');
	compare(b, "object_80x24", 24, 80, REPERTOIRE_UNICODE);
}

static void a_certificate_and_data_have_their_detail(void **state)
{
	struct bench *b = *state;

	press(b, K_TAB);
	press(b, K_DOWN);
	press(b, K_DOWN);
	press(b, K_ENTER);
	settle(b);
	compare(b, "object_certificate", 24, 80, REPERTOIRE_UNICODE);
	press(b, K_ESC);
	press(b, K_DOWN);
	press(b, K_ENTER);
	settle(b);
	compare(b, "object_data", 24, 80, REPERTOIRE_UNICODE);
}

static void what_nobody_knows_is_said_to_be_not_known(void **state)
{
	struct bench *b = *state;

	press(b, K_DOWN);
	press(b, K_DOWN);   /* absent, and the inventory has never heard of it */
	b->fleet.device[2].trust = FLEET_UNKNOWN;
	b->fleet.device[2].pin_max = FLEET_UNKNOWN;
	b->fleet.device[2].memory_free = FLEET_UNKNOWN;
	press(b, K_ENTER);
	settle(b);
	compare(b, "device_unknown", 24, 80, REPERTOIRE_UNICODE);
	press(b, 'G');
	compare(b, "device_unknown_end", 24, 80, REPERTOIRE_UNICODE);
}

static void a_detail_follows_the_fleet(void **state)
{
	struct bench *b = *state;

	press(b, K_ENTER);
	settle(b);
	assert_true(shows(b, "3 of 3"));
	b->fleet.device[0].pin_tries = 1;
	b->fleet.changes = FLEET_DEVICES;
	ui_event(&b->ui, &(struct job_event){ .type = JOBS_READERS });
	settle(b);
	assert_true(shows(b, "1 of 3"));
	b->fleet.n = 0;
	b->fleet.changes = FLEET_DEVICES;
	ui_event(&b->ui, &(struct job_event){ .type = JOBS_READERS });
	settle(b);
	assert_true(shows(b, "not there any more"));
	assert_true(shows(b, "1 of 3"));
	press(b, K_ESC);
}

static void keys_lead_from_a_key_to_its_procedures(void **state)
{
	static const struct {
		char key;
		const char *title;
	} leads[] = { { 't', "Test" }, { 'l', "Rename" }, { 'c', "Import" }, { 'e', "Export" }, { 'd', "Delete" }, { 'r', "Restore" } };
	struct bench *b = *state;

	press(b, K_TAB);
	for (size_t i = 0; i < sizeof(leads) / sizeof(leads[0]); i++) {
		press(b, K_ENTER);
		settle(b);
		press(b, (uint32_t)leads[i].key);
		if (!shows(b, leads[i].title))
			fail_msg("%c did not lead to %s", leads[i].key, leads[i].title);
		while (b->ui.depth > 1)
			ui_pop(&b->ui);
	}
	press(b, K_ENTER);
	settle(b);
	press(b, 'n');   /* for a device, not for a key */
	assert_true(shows(b, "Issuing CA"));
	assert_false(shows(b, "New key"));
}

static bool is_dark(const struct grid *g, int row, int col, bool ascii)
{
	const struct cell *c = grid_at(g, ascii ? row : row / 2, ascii ? 2 * col : col);

	if (ascii) {   /* two blanks, of which the light ones are in reverse */
		assert_int_equal(c[0].cp[0], ' ');
		assert_true(c[1].cp[0] == ' ' && c[1].role == c[0].role);
		assert_true(c[0].role == ROLE_PAPER || c[0].role == ROLE_INK);
		assert_true(role_attrs(ROLE_PAPER) == ATTR_REVERSE && role_attrs(ROLE_INK) == 0);
		return c[0].role == ROLE_INK;
	}
	assert_int_equal(c->role, ROLE_PAPER);
	return c->cp[0] == 0x2588 || c->cp[0] == (row % 2 == 0 ? 0x2580u : 0x2584u);
}

/* The modules as drawn, below the head and behind one column, are those of libqrencode, with four light ones around. */
static void compare_modules(struct bench *b, const QRcode *code, bool ascii)
{
	struct grid *g = grid_new(43, 80), *picture = grid_new(43, 80);

	ui_resize(&b->ui, 43, 80);
	b->ui.repertoire = ascii ? REPERTOIRE_ASCII : REPERTOIRE_UNICODE;
	ui_draw(&b->ui, picture);
	for (int row = 1; row < 43; row++) {   /* the code alone, from the corner on */
		for (int col = 1; col < 80; col++)
			*grid_at(g, row - 1, col - 1) = *grid_at(picture, row, col);
	}
	for (int row = -4; row < code->width + 4; row++) {
		for (int col = -4; col < code->width + 4; col++) {
			bool inside = row >= 0 && col >= 0 && row < code->width && col < code->width;

			assert_int_equal(is_dark(g, row + 4, col + 4, ascii), inside && (code->data[row * code->width + col] & 1));
		}
	}
	grid_free(g);
	grid_free(picture);
}

static void drawn_modules_are_those_of_the_code(void **state)
{
	struct bench *b = *state;
	QRcode *code = QRcode_encodeString("E94F16B464D58B35", 0, QR_ECLEVEL_M, QR_MODE_8, 1);

	assert_non_null(code);
	press(b, K_ENTER);
	settle(b);
	press(b, 'Q');
	compare_modules(b, code, false);
	compare_modules(b, code, true);
	QRcode_free(code);
}

static void values_are_shown_as_qr_codes(void **state)
{
	struct bench *b = *state;

	press(b, K_ENTER);
	settle(b);
	press(b, 'Q');
	compare_sizes(b, "qr");
	compare(b, "qr_ascii", 43, 132, REPERTOIRE_ASCII);
	compare(b, "qr_too_small", 24, 80, REPERTOIRE_ASCII);
	assert_false(shows(b, "nothing in reverse"));
	b->ui.no_shades = true;   /* as on a vt52 */
	assert_true(shows(b, "nothing in reverse") && shows(b, "by hand"));
	b->ui.no_shades = false;
	press(b, K_ESC);
	press(b, K_ESC);
	press(b, K_TAB);
	press(b, K_ENTER);
	settle(b);
	press(b, 'Q');
	compare(b, "qr_key", 24, 80, REPERTOIRE_UNICODE);
	for (int i = 0; i < 9; i++)
		press(b, K_RIGHT);
	compare(b, "qr_public_key", 24, 80, REPERTOIRE_UNICODE);
	assert_true(shows(b, "BEGIN PUBLIC KEY"));
	ui_resize(&b->ui, 60, 120);
	assert_false(shows(b, "needs"));
	press(b, K_LEFT);
	assert_false(shows(b, "BEGIN PUBLIC KEY"));
}

#define DETAILS_TEST(name) cmocka_unit_test_setup_teardown(name, setup, bench_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		DETAILS_TEST(the_device_under_the_cursor_opens),
		DETAILS_TEST(a_key_is_shown_with_all_that_hangs_on_it),
		DETAILS_TEST(a_certificate_and_data_have_their_detail),
		DETAILS_TEST(what_nobody_knows_is_said_to_be_not_known),
		DETAILS_TEST(a_detail_follows_the_fleet),
		DETAILS_TEST(keys_lead_from_a_key_to_its_procedures),
		DETAILS_TEST(drawn_modules_are_those_of_the_code),
		DETAILS_TEST(values_are_shown_as_qr_codes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
