/* What the inventory keeps of keys, backups, DKEKs and procedures. In memory. */
#include "tests/unit/store_help.h"

static struct fault f;

/* --- keys and backups --- */

static void a_key_knows_where_it_is_and_how_well_it_is_backed_up(void **state)
{
	struct store *s = small_store();
	struct device_row d = a_device("DENK0300001", "b");
	struct object_row o = a_key(1, "Root", 1), lone = a_key(2, "Alone", 2), *got = NULL;
	struct key_row k, *keys = NULL;
	int64_t id;
	size_t n = 0;

	(void)state;
	must(store_device_seen(s, &d, T0, &f));
	must(store_object_seen(s, SERIAL, &o, T0, &f));
	must(store_object_seen(s, SERIAL, &lone, T0, &f));
	must(store_object_seen(s, "DENK0300001", &o, T0, &f));
	id = add_backup(s, "one", "Root", o.key);
	(void)add_backup(s, "two", "Root", o.key);
	must(store_backup_prove(s, id, PROOF_OPENED, NULL, T0 + 1, &f));
	must(store_key_get(s, &o.key, &k, &f));
	assert_int_equal(k.devices, 2);
	assert_string_equal(k.on, SERIAL " DENK0300001");
	assert_int_equal(k.backups, 2);
	assert_int_equal(k.proof, PROOF_OPENED);
	assert_string_equal(k.algorithm, "ec");
	assert_int_equal(k.size, 256);

	must(store_keys(s, (struct store_page){ 0 }, &keys, &n, &f));
	assert_int_equal(n, 2);
	assert_string_equal(keys[0].label, "Alone");
	assert_int_equal(keys[0].backups, 0);
	assert_int_equal(keys[0].devices, 1);
	assert_string_equal(keys[1].label, "Root");
	assert_int_equal(keys[1].backups, 2);
	free(keys);
	must(store_keys(s, (struct store_page){ 1, 1 }, &keys, &n, &f));
	assert_int_equal(n, 1);
	assert_string_equal(keys[0].label, "Root");
	free(keys);

	must(store_objects(s, &(struct object_filter){ .key = &o.key }, &got, &n, &f));
	assert_int_equal(n, 2);
	assert_int_equal(got[0].backups, 2);
	assert_int_equal(got[0].proof, PROOF_OPENED);
	free(got);
	store_close(s);
}

static void a_public_key_is_kept_with_its_key(void **state)
{
	struct store *s = small_store();
	struct key_row key = { .identity = an_identity(3, STORE_SPKI_LEN) };
	uint8_t *der = NULL;
	size_t n = 0;

	(void)state;
	must_fail(store_key_set_spki(s, &key.identity, (const uint8_t *)"der", 3, &f), ST_NOT_FOUND);
	must(store_key_seen(s, &key, T0, &f));
	must_fail(store_key_spki(s, &key.identity, &der, &n, &f), ST_NOT_FOUND);
	must_fail(store_key_set_spki(s, &key.identity, (const uint8_t *)"der", 0, &f), ST_BAD_FORM);
	must(store_key_set_spki(s, &key.identity, (const uint8_t *)"der", 3, &f));
	must(store_key_spki(s, &key.identity, &der, &n, &f));
	assert_int_equal(n, 3);
	assert_memory_equal(der, "der", 3);
	free(der);
	key.identity.len = 0;
	must_fail(store_key_seen(s, &key, T0, &f), ST_BAD_FORM);
	key.identity.len = 20;
	must_fail(store_key_seen(s, &key, T0, &f), ST_BAD_FORM);
	store_close(s);
}

static void the_same_wrapped_key_again_is_no_new_row(void **state)
{
	struct store *s = small_store();
	struct backup_row b = a_backup("blob", "", (struct key_identity){ 0 }), got;
	struct key_row k;
	int64_t id = 0, again = 0;
	size_t n = 0;
	uint8_t *data = NULL;

	(void)state;
	must(store_backup_add(s, &b, (const uint8_t *)"blob", 4, T0, &id, &f));
	snprintf(b.label, sizeof(b.label), "Root");
	snprintf(b.device, sizeof(b.device), SERIAL);
	b.made_at = T0 - 5;
	b.key = an_identity(1, STORE_SPKI_LEN);
	must(store_backup_add(s, &b, (const uint8_t *)"blob", 4, T0 + 1, &again, &f));
	assert_int_equal(id, again);
	must(store_backups_count(s, &(struct backup_filter){ 0 }, &n, &f));
	assert_int_equal(n, 1);
	must(store_backup_find(s, b.sha256, &got, &f));
	assert_string_equal(got.label, "Root");
	assert_string_equal(got.device, SERIAL);
	assert_int_equal(got.made_at, T0 - 5);
	assert_int_equal(got.added_at, T0);
	assert_int_equal(got.size_bytes, 4);
	assert_int_equal(got.key.len, STORE_SPKI_LEN);
	must(store_key_get(s, &b.key, &k, &f));
	assert_int_equal(k.backups, 1);
	b.key = an_identity(2, STORE_SPKI_LEN);
	must_fail(store_backup_add(s, &b, (const uint8_t *)"blob", 4, T0, &again, &f), ST_MISMATCH);
	must(store_backup_data(s, id, &data, &n, &f));
	assert_int_equal(n, 4);
	assert_memory_equal(data, "blob", 4);
	free(data);
	must_fail(store_backup_add(s, &b, (const uint8_t *)"other", 5, T0, &again, &f), ST_BAD_FORM);
	must_fail(store_backup_add(s, &b, (const uint8_t *)"", 0, T0, &again, &f), ST_BAD_FORM);
	store_close(s);
}

static void a_proof_is_never_lowered(void **state)
{
	struct store *s = small_store();
	int64_t id = add_backup(s, "blob", "Root", an_identity(1, STORE_SPKI_LEN));
	struct backup_row b;
	struct proof_row *p = NULL;
	size_t n = 0;

	(void)state;
	must(store_backup_prove(s, id, PROOF_RESTORED, "DENK0300001", T0 + 1, &f));
	must(store_backup_prove(s, id, PROOF_INTACT, NULL, T0 + 2, &f));
	must(store_backup_get(s, id, &b, &f));
	assert_int_equal(b.proof, PROOF_RESTORED);
	assert_int_equal(b.proof_at, T0 + 1);
	assert_string_equal(b.proof_device, "DENK0300001");
	assert_string_equal(proof_word(b.proof), "restored");
	must(store_proofs(s, id, &p, &n, &f));
	assert_int_equal(n, 2);
	assert_int_equal(p[0].level, PROOF_RESTORED);
	assert_int_equal(p[1].at, T0 + 2);
	assert_string_equal(p[1].device, "");
	free(p);
	must_fail(store_backup_prove(s, id, PROOF_NONE, NULL, T0, &f), ST_BAD_FORM);
	must_fail(store_backup_prove(s, id + 1, PROOF_INTACT, NULL, T0, &f), ST_NOT_FOUND);
	must_fail(store_backup_get(s, id + 1, &b, &f), ST_NOT_FOUND);
	store_close(s);
}

static void a_backup_learns_its_key_once(void **state)
{
	struct store *s = small_store();
	struct key_identity none = { 0 }, one = an_identity(1, STORE_CMAC_LEN), two = an_identity(2, STORE_CMAC_LEN);
	int64_t id = add_backup(s, "blob", "AES", none);
	struct key_row k;

	(void)state;
	must(store_backup_prove(s, id, PROOF_MATCHED, NULL, T0, &f));
	must(store_backup_set_key(s, id, &one, T0, &f));
	must(store_backup_set_key(s, id, &one, T0, &f));
	must_fail(store_backup_set_key(s, id, &two, T0, &f), ST_MISMATCH);
	must_fail(store_backup_set_key(s, id + 1, &one, T0, &f), ST_NOT_FOUND);
	must(store_key_get(s, &one, &k, &f));
	assert_int_equal(k.backups, 1);
	assert_int_equal(k.proof, PROOF_MATCHED);
	assert_string_equal(k.label, "AES");
	store_close(s);
}

static void backups_are_found_by_key_device_and_dkek(void **state)
{
	struct store *s = small_store();
	struct key_identity one = an_identity(1, STORE_SPKI_LEN), none = { 0 };
	struct backup_row *rows = NULL, b = a_backup("3", "third", none);
	int64_t first = add_backup(s, "1", "Root CA", one), second = add_backup(s, "2", "root ca", one), id = 0;
	size_t n = 0;

	(void)state;
	snprintf(b.device, sizeof(b.device), SERIAL);
	b.kcv[0] = 1;
	must(store_backup_add(s, &b, (const uint8_t *)"3", 1, T0, &id, &f));
	must(store_backups(s, &(struct backup_filter){ 0 }, &rows, &n, &f));
	assert_int_equal(n, 3);
	assert_int_equal(rows[0].id, id);
	assert_int_equal(rows[2].id, first);
	free(rows);
	must(store_backups(s, &(struct backup_filter){ .key = &one, .page = { 1, 1 } }, &rows, &n, &f));
	assert_int_equal(n, 1);
	assert_int_equal(rows[0].id, first);
	free(rows);
	must(store_backups_count(s, &(struct backup_filter){ .below = second }, &n, &f));
	assert_int_equal(n, 1);
	must(store_backups_count(s, &(struct backup_filter){ .device = SERIAL }, &n, &f));
	assert_int_equal(n, 1);
	must(store_backups_count(s, &(struct backup_filter){ .kcv = b.kcv }, &n, &f));
	assert_int_equal(n, 1);
	store_close(s);
}

/* --- DKEKs --- */

static void a_dkek_its_shares_and_who_holds_them(void **state)
{
	struct store *s = small_store();
	struct dkek_row d = { .kcv = { 5, 5 }, .shares = 3 }, *rows = NULL;
	struct share_row r = { .form = "file", .file = "s1.pbe", .sha256 = { 1 }, .threshold = 2, .parts = 3,
			       .made_at = STORE_UNKNOWN, .checked_at = STORE_UNKNOWN, .gone_at = STORE_UNKNOWN };
	struct share_row *shares = NULL;
	struct part_row part = { .number = 2, .custodian = "Ada", .form = "sheet", .place = "bank", .checked_at = T0,
				 .gone_at = STORE_UNKNOWN }, *parts = NULL;
	int64_t id = 0, again = 0;
	size_t n = 0;

	(void)state;
	must(store_dkek_seen(s, &d, T0, &f));
	must(store_share_seen(s, &r, T0, &id, &f));
	r.has_kcv = true;
	r.kcv[0] = 0x77;
	snprintf(r.custodian, sizeof(r.custodian), "Ada");
	must(store_share_seen(s, &r, T0 + 1, &again, &f));
	assert_int_equal(id, again);
	must(store_dkek_share(s, d.kcv, r.kcv, T0, &f));
	must(store_dkek_share(s, d.kcv, r.kcv, T0, &f));
	must(store_share_checked(s, id, T0 + 4, &f));
	must(store_shares(s, d.kcv, (struct store_page){ 0 }, &shares, &n, &f));
	assert_int_equal(n, 1);
	assert_string_equal(shares[0].custodian, "Ada");
	assert_int_equal(shares[0].checked_at, T0 + 4);
	assert_int_equal(shares[0].kcv[0], 0x77);
	assert_int_equal(shares[0].threshold, 2);
	free(shares);
	must(store_part_set(s, id, &part, &f));
	part.gone_at = T0 + 5;
	must(store_part_set(s, id, &part, &f));
	must(store_parts(s, id, &parts, &n, &f));
	assert_int_equal(n, 1);
	assert_string_equal(parts[0].custodian, "Ada");
	assert_int_equal(parts[0].gone_at, T0 + 5);
	free(parts);
	must(store_dkeks(s, (struct store_page){ 0 }, &rows, &n, &f));
	assert_int_equal(n, 1);
	assert_int_equal(rows[0].shares, 3);
	assert_int_equal(rows[0].shares_known, 1);
	free(rows);
	must(store_share_gone(s, id, T0 + 9, &f));
	must(store_dkek_get(s, d.kcv, &d, &f));
	assert_int_equal(d.shares_known, 0);
	r.kcv[0] = 0x78;
	must_fail(store_share_seen(s, &r, T0 + 1, &again, &f), ST_MISMATCH);
	must_fail(store_share_checked(s, id + 1, T0, &f), ST_NOT_FOUND);
	must_fail(store_part_set(s, id + 1, &part, &f), ST_NOT_FOUND);
	d.kcv[0] = 9;
	must_fail(store_dkek_get(s, d.kcv, &d, &f), ST_NOT_FOUND);
	store_close(s);
}

/* --- runs --- */

static void a_run_is_taken_up_where_it_was(void **state)
{
	struct store *s = small_store();
	const uint8_t kcv[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	struct run_record r, *rows = NULL;
	int64_t id = 0, other = 0;
	size_t n = 0;

	(void)state;
	must(store_run_begin(s, "init", SERIAL, kcv, "{\"label\":\"root-ca-a\"}", T0, &id, &f));
	must(store_run_begin(s, "share new", NULL, NULL, NULL, T0, &other, &f));
	must(store_run_step(s, id, 2, 1, "import share", "{\"missing\":2}", T0 + 2, &f));
	must(store_run_step(s, id, 2, 2, "import share", NULL, T0 + 3, &f));
	must(store_open_runs(s, SERIAL, &rows, &n, &f));
	assert_int_equal(n, 1);
	assert_string_equal(rows[0].procedure, "init");
	assert_string_equal(rows[0].answers, "{\"label\":\"root-ca-a\"}");
	assert_string_equal(rows[0].facts, "{\"missing\":2}");
	assert_string_equal(rows[0].step_name, "import share");
	assert_int_equal(rows[0].step, 2);
	assert_int_equal(rows[0].repetition, 2);
	assert_true(rows[0].has_kcv);
	assert_memory_equal(rows[0].kcv, kcv, 8);
	assert_int_equal(rows[0].updated, T0 + 3);
	run_records_free(rows, n);
	must(store_open_runs(s, NULL, &rows, &n, &f));
	assert_int_equal(n, 2);
	run_records_free(rows, n);
	must(store_run_finish(s, id, RUN_STATE_DONE, T0 + 4, &f));
	must_fail(store_run_finish(s, id, RUN_STATE_DONE, T0 + 4, &f), ST_NOT_FOUND);
	must_fail(store_run_step(s, id, 3, 0, "x", NULL, T0, &f), ST_NOT_FOUND);
	must_fail(store_run_finish(s, other, RUN_STATE_OPEN, T0, &f), ST_BAD_FORM);
	must(store_run_get(s, id, &r, &f));
	assert_int_equal(r.state, RUN_STATE_DONE);
	run_record_done(&r);
	must(store_run_begin(s, "init", SERIAL, NULL, NULL, T0 + 5, &other, &f));
	must(store_runs_of(s, "init", SERIAL, &rows, &n, &f));
	assert_int_equal(n, 2);   /* what is over too, newest first */
	assert_int_equal(rows[0].id, other);
	assert_string_equal(rows[1].facts, "{\"missing\":2}");
	run_records_free(rows, n);
	must(store_runs_of(s, "share new", SERIAL, &rows, &n, &f));
	assert_int_equal(n, 0);
	run_records_free(rows, n);
	must_fail(store_run_get(s, 99, &r, &f), ST_NOT_FOUND);
	must_fail(store_run_begin(s, "init", SERIAL, NULL, "{label", T0, &id, &f), ST_BAD_FORM);
	store_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_knows_where_it_is_and_how_well_it_is_backed_up),
		cmocka_unit_test(a_public_key_is_kept_with_its_key),
		cmocka_unit_test(the_same_wrapped_key_again_is_no_new_row),
		cmocka_unit_test(a_proof_is_never_lowered),
		cmocka_unit_test(a_backup_learns_its_key_once),
		cmocka_unit_test(backups_are_found_by_key_device_and_dkek),
		cmocka_unit_test(a_dkek_its_shares_and_who_holds_them),
		cmocka_unit_test(a_run_is_taken_up_where_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
