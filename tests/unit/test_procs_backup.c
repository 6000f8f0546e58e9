/* backup on simulated cards, and the faults of known-faults.md that touch it. */
#include "tests/unit/backup_help.h"

#include <signal.h>
#include <sys/resource.h>

#include "engine/keys/wrapped.h"
#include "tests/unit/objects_help.h"

static void one_new_file_a_key_and_nothing_else(void **state)
{
	struct place *p = *state;
	struct backup_row *rows = NULL;
	char files[8][200];
	struct stat info;

	place_init(p, 0, 1, 0x10);
	place_make_key(p, 0, "ec:secp256r1", "Root CA 2026", "0a0b");
	place_make_key(p, 0, "rsa:2048", "../../etc/passwd", "0c");
	place_make_key(p, 0, "aes:256", "a \"secret\" $key", NULL);
	place_expect(p, "backup", 0, ALL(p), ST_OK);
	assert_int_equal(files_in(p->out, files), 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(stat(files[i], &info), 0);
		assert_int_equal(info.st_mode & 0777, 0600);
		assert_null(strpbrk(strrchr(files[i], '/') + 1, " $\"'\\`*?;&|<>"));
	}
	assert_non_null(strstr(files[0], "/Root_CA_2026-0a0b.wky"));
	assert_int_equal(backups_in(p, &rows), 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(rows[i].proof, PROOF_MATCHED);
		assert_true(rows[i].key.len > 0);
		assert_string_equal(rows[i].device, place_serial(p, 0));
	}
	free(rows);
}

/* Which secret key it is says the device, not an inventory that saw another one there. */
static void a_secret_key_in_another_ones_place_is_told_apart(void **state)
{
	struct place *p = *state;
	struct backup_row *rows = NULL;

	place_init(p, 0, 1, 0x10);
	place_make_key(p, 0, "aes:256", "key", "0a");
	place_expect(p, "backup", 0, ALL(p), ST_OK);
	place_swap_aes(p, 0, 1);
	place_expect(p, "backup", 0, ALL(p), ST_OK);
	assert_int_equal(backups_in(p, &rows), 2);
	assert_int_equal(rows[0].key.len, STORE_CMAC_LEN);
	assert_int_equal(rows[1].key.len, STORE_CMAC_LEN);
	assert_memory_not_equal(rows[0].key.bytes, rows[1].key.bytes, STORE_CMAC_LEN);
	free(rows);
}

static void an_older_backup_is_never_overwritten(void **state)
{
	struct place *p = *state;
	char files[8][200];
	struct fault f = { 0 };
	BUF before = { 0 };
	BUF after = { 0 };

	place_init(p, 0, 1, 0x10);
	place_make_key(p, 0, "ec:secp256r1", "key", "0a");
	place_expect(p, "backup", 0, ALL(p), ST_OK);
	assert_int_equal(files_in(p->out, files), 1);
	must(file_read(files[0], 65536, &before, &f));
	place_expect(p, "backup", 0, ALL(p), ST_OK);
	must(file_read(files[0], 65536, &after, &f));
	assert_true(cur_equal(buf_view(&after), before.p, before.n));
	assert_int_equal(files_in(p->out, files), 2);
}

static void a_link_where_the_file_would_go_is_not_followed(void **state)
{
	struct place *p = *state;
	char link[200], target[200], files[8][200];

	place_init(p, 0, 1, 0x10);
	place_make_key(p, 0, "ec:secp256r1", "key", "0a");
	assert_int_equal(mkdir(p->out, 0700), 0);
	snprintf(target, sizeof(target), "%s/elsewhere", p->dir);
	snprintf(link, sizeof(link), "%s/key-0a.wky", p->out);
	assert_int_equal(symlink(target, link), 0);
	place_expect(p, "backup", 0, ALL(p), ST_OK);
	assert_int_equal(access(target, F_OK), -1);
	assert_int_equal(files_in(p->out, files), 2);
}

static void without_a_folder_the_inventory_keeps_it(void **state)
{
	struct place *p = *state;
	struct backup_row *rows = NULL;
	struct wrapped w;
	struct fault f = { 0 };
	uint8_t *data = NULL;
	size_t n = 0;

	place_init(p, 0, 1, 0x10);
	place_make_key(p, 0, "ec:secp256r1", "key", "0a");
	place_expect(p, "backup", 0, GIVEN({ "id", "0a", 0 }, { "pin", PIN, 0 }), ST_OK);
	assert_int_equal(backups_in(p, &rows), 1);
	must(store_backup_data(p->store, rows[0].id, &data, &n, &f));
	must(wrapped_parse(cur_of(data, n), &w, &f));
	assert_string_equal(w.description.label, "key");
	assert_int_equal(w.damage, 0);
	free(data);
	free(rows);
}

static void what_cannot_be_wrapped_is_named_and_the_others_are_saved(void **state)
{
	struct place *p = *state;
	const struct keygen_params forbids = {
		.algorithm = KEY_EC,
		.curve = curve_by_name("secp256r1"),
		.bits = 256,
		.algorithms = { CARD_ECDSA },
		.n_algorithms = 1,
		.domain = KEY_NO_DOMAIN,
	};
	CLEANUP(card_close_guard) struct card *c = NULL;
	SECRET *pin = secret_new(16);
	CARD_SESSION *held = NULL;
	const struct key_result *rows;
	char files[8][200];
	struct fault f = { 0 };
	struct pubkey key;
	struct run *r;
	size_t n;

	place_init(p, 0, 1, 0x10);
	place_make_key(p, 0, "ec:secp256r1", "first", "0a");
	c = place_card(p, 0);
	assert_true(secret_set(pin, PIN, strlen(PIN)));
	must(card_begin(c, &held, &f));
	must(card_login(c, pin, &f));
	must(card_generate(c, 2, &forbids, &key, NULL, &f));
	card_end(held);
	held = NULL;
	place_make_key(p, 0, "ec:secp256r1", "third", "0c");
	must(place_do(p, "backup", 0, ALL(p), &r, &f));
	rows = run_keys(r, &n);
	assert_int_equal(n, 3);
	assert_int_equal(run_keys_failed(r), 1);
	assert_int_equal(rows[1].fault.st, ST_NOT_ALLOWED);
	assert_int_equal(rows[1].key_ref, 2);
	assert_int_equal(files_in(p->out, files), 2);
	run_free(r);
	place_expect(p, "backup", 0, GIVEN({ "id", "ref:2", 0 }, { "pin", PIN, 0 }), ST_NOT_ALLOWED);
}

/* The first is no object at all; the second is one, but nothing that anybody could read; the third is a certificate's place. */
static void a_damaged_description_keeps_no_key_from_being_saved(void **state)
{
	static const struct {
		uint16_t fid;
		const char *content;
		size_t n;
	} spoilt[] = { { 0xc401, "\xa0\x7f\x30", 3 }, { 0xc402, "\x30\x03\x02\x01\x05", 5 }, { 0xce03, "\xff", 1 } };
	struct place *p = *state;
	CLEANUP(card_close_guard) struct card *c = NULL;
	SECRET *pin = secret_new(16);
	CARD_SESSION *held = NULL;
	const struct key_result *rows;
	char files[8][200];
	struct fault f = { 0 };
	struct run *r;
	size_t n;

	place_init(p, 0, 1, 0x10);
	place_init(p, 1, 1, 0x10);
	place_make_key(p, 0, "ec:secp256r1", "first", "0a");
	place_make_key(p, 0, "ec:secp256r1", "second", "0b");
	place_make_key(p, 0, "ec:secp256r1", "third", "0c");
	place_make_key(p, 0, "ec:secp256r1", "fourth", "0d");
	c = place_card(p, 0);
	assert_true(secret_set(pin, PIN, strlen(PIN)));
	must(card_begin(c, &held, &f));
	must(card_login(c, pin, &f));
	for (size_t i = 0; i < sizeof(spoilt) / sizeof(spoilt[0]); i++)
		must(card_write_file(c, spoilt[i].fid, cur_of(spoilt[i].content, spoilt[i].n), WRITE_REPLACE, &f));
	card_end(held);
	held = NULL;
	must(place_do(p, "backup", 0, ALL(p), &r, &f));
	rows = run_keys(r, &n);
	assert_int_equal(n, 4);
	assert_int_equal(run_keys_failed(r), 0);
	assert_non_null(strstr(rows[0].remark, "left out of the file"));
	assert_true(rows[1].remark[0] != '\0');
	assert_non_null(strstr(rows[2].remark, "left out of the file"));
	assert_int_equal(strlen(rows[2].spki_sha256), 64);   /* the device does not show it any more; the inventory knows it */
	assert_string_equal(rows[3].remark, "");
	assert_int_equal(files_in(p->out, files), 4);
	run_free(r);
	place_expect(p, "restore", 1,
		     GIVEN({ "file", files[0], 0 }, { "file", files[1], 1 }, { "file", files[2], 2 }, { "file", files[3], 3 },
			   { "pin", PIN, 0 }), ST_OK);
	assert_int_equal(place_count(p, 1, FID_KEY), 4);
}

/* As another program leaves it that writes a certificate by the key's ID alone. */
static void a_certificate_of_another_kind_keeps_no_key_from_being_saved(void **state)
{
	struct place *p = *state;
	BUF der = { 0 };
	const struct key_result *rows;
	char files[8][200], cmac[80];
	struct fault f = { 0 };
	struct run *r;
	size_t n;

	place_init(p, 0, 1, 0x10);
	place_init(p, 1, 1, 0x10);
	place_make_key(p, 0, "aes:256", "archive", "0a");
	must(file_read(cert_for(p, 0, "CA", "20460101000000Z"), WRAPPED_MAX, &der, &f));
	write_fid(p, 0xce01, buf_view(&der));
	must(place_do(p, "backup", 0, ALL(p), &r, &f));
	rows = run_keys(r, &n);
	assert_int_equal(run_keys_failed(r), 0);
	assert_string_equal(rows[0].algorithm, "aes");
	assert_int_equal(strlen(rows[0].cmac), 32);
	snprintf(cmac, sizeof(cmac), "%s", rows[0].cmac);
	run_free(r);
	assert_int_equal(files_in(p->out, files), 1);
	must(place_do(p, "restore", 1, GIVEN({ "file", files[0], 0 }, { "pin", PIN, 0 }), &r, &f));
	rows = run_keys(r, &n);
	assert_string_equal(rows[0].cmac, cmac);
	assert_true(rows[0].compared);
	run_free(r);
	assert_int_equal(place_count(p, 1, FID_KEY_CERT), 0);
}

static void expect_there(struct place *p, size_t i, const char *file, const char *words)
{
	struct fault f = { 0 };
	struct run *r = NULL;

	assert_int_equal(place_do(p, "restore", i, GIVEN({ "file", file, 0 }, { "pin", PIN, 0 }), &r, &f), ST_DUPLICATE);
	assert_non_null(strstr(run_key(r)->fault.what, words));
	assert_int_equal(place_count(p, i, FID_KEY), 1);
	run_free(r);
}

/* The device shows no public key then, and the key is still not put onto it a second time. */
static void a_key_without_its_certificate_is_known_all_the_same(void **state)
{
	struct place *p = *state;
	char *name = calloc(1, 20001), files[8][200];
	struct fault f = { 0 };

	memset(name, 'x', 20000);
	place_init(p, 0, 1, 0x10);
	place_init(p, 1, 1, 0x10);
	place_make_key(p, 0, "ec:secp256r1", "key", "0a");
	import(p, cert_for(p, 1, name, "20460101000000Z"), ST_OK);
	free(name);
	place_expect(p, "backup", 0, ALL(p), ST_OK);
	assert_int_equal(files_in(p->out, files), 1);
	/* The certificate was too large for the file; the inventory has it. */
	place_expect(p, "restore", 1, GIVEN({ "file", files[0], 0 }, { "pin", PIN, 0 }), ST_OK);
	assert_int_equal(place_count(p, 1, FID_KEY_CERT), 1);
	expect_there(p, 1, files[0], "not restored a second time");
	delete_fid(p, 0xce01);
	expect_there(p, 0, files[0], "not restored a second time");
	must(store_device_forget(p->store, place_serial(p, 0), &f));
	expect_there(p, 0, files[0], "cannot be told");
}

static void without_a_dkek_nothing_is_wrapped_and_it_is_said(void **state)
{
	struct place *p = *state;
	char files[8][200];

	place_init(p, 0, INIT_NO_DKEK, 0);
	place_make_key(p, 0, "ec:secp256r1", "key", "0a");
	place_expect(p, "backup", 0, ALL(p), ST_NO_DKEK);
	assert_int_equal(files_in(p->out, files), 0);
	place_init_with(p, 1, 2, 1, 0x10, OPTION_UNBLOCK, PIN);
	place_expect(p, "backup", 1, ALL(p), ST_NOT_FOUND);
}

static void which_keys_must_be_said(void **state)
{
	struct place *p = *state;

	place_init(p, 0, 1, 0x10);
	place_make_key(p, 0, "ec:secp256r1", "key", "0a");
	place_expect(p, "backup", 0, GIVEN({ "pin", PIN, 0 }), ST_USAGE);
	place_expect(p, "backup", 0, GIVEN({ "id", "0a", 0 }, { "all", "1", 0 }, { "pin", PIN, 0 }), ST_USAGE);
	place_expect(p, "backup", 0, GIVEN({ "id", "0b", 0 }, { "pin", PIN, 0 }), ST_NOT_FOUND);
	place_expect(p, "backup", 0, GIVEN({ "id", "zz", 0 }, { "pin", PIN, 0 }), ST_BAD_FORM);
	/* Before a PIN is asked for: no try of a wrong one is spent. */
	place_expect(p, "backup", 0, GIVEN({ "all", "1", 0 }, { "out", "/proc/self/status", 0 }, { "pin", "000000", 0 }), ST_DISK);
	place_expect(p, "backup", 0, GIVEN({ "all", "1", 0 }, { "out", "~/safe", 0 }, { "pin", "000000", 0 }), ST_DISK);
	place_expect(p, "backup", 0, GIVEN({ "all", "1", 0 }, { "pin", "999999", 0 }), ST_PIN_WRONG);
}

static void a_full_disk_is_noticed_and_leaves_no_file(void **state)
{
	struct place *p = *state;
	struct rlimit was, small = { 0 };
	struct backup_row *rows = NULL;
	struct fault f = { 0 };
	char files[8][200];
	enum status st;

	place_init(p, 0, 1, 0x10);
	place_make_key(p, 0, "ec:secp256r1", "key", "0a");
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	small = (struct rlimit){ .rlim_cur = 100, .rlim_max = was.rlim_max };
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	st = place_do(p, "backup", 0, ALL(p), NULL, &f);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
	assert_int_not_equal(st, ST_OK);
	assert_int_equal(files_in(p->out, files), 0);
	assert_int_equal(backups_in(p, &rows), 0);
	free(rows);
}

/* Some cards show zeros before login; that is not another DKEK. */
static void a_check_value_of_zeros_is_read_again_after_login(void **state)
{
	struct place *p = *state;
	struct backup_row *rows = NULL;
	struct fault f = { 0 };
	char file[200];

	place_init(p, 0, 1, 0x10);
	place_init(p, 1, 1, 0x10);
	place_make_key(p, 0, "ec:secp256r1", "key", "0a");
	must(sim_card_set_fault(place_sim(p, 0), "zero-kcv", &f));
	must(sim_card_set_fault(place_sim(p, 1), "zero-kcv", &f));
	place_expect(p, "backup", 0, ALL(p), ST_OK);
	assert_int_equal(backups_in(p, &rows), 1);
	assert_int_equal(rows[0].proof, PROOF_MATCHED);
	snprintf(file, sizeof(file), "%.199s", rows[0].file);
	free(rows);
	place_expect(p, "restore", 1, GIVEN({ "file", file, 0 }, { "pin", PIN, 0 }), ST_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_new_file_a_key_and_nothing_else), TEST(a_secret_key_in_another_ones_place_is_told_apart),
		TEST(an_older_backup_is_never_overwritten),
		TEST(a_link_where_the_file_would_go_is_not_followed), TEST(without_a_folder_the_inventory_keeps_it),
		TEST(what_cannot_be_wrapped_is_named_and_the_others_are_saved),
		TEST(a_damaged_description_keeps_no_key_from_being_saved),
		TEST(a_certificate_of_another_kind_keeps_no_key_from_being_saved),
		TEST(a_key_without_its_certificate_is_known_all_the_same),
		TEST(without_a_dkek_nothing_is_wrapped_and_it_is_said), TEST(which_keys_must_be_said),
		TEST(a_full_disk_is_noticed_and_leaves_no_file), TEST(a_check_value_of_zeros_is_read_again_after_login),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
