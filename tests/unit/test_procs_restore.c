/* restore on simulated cards, and the faults of known-faults.md that touch it. */
#include "tests/unit/backup_help.h"

#include "engine/keys/wrapped.h"

/* Two cards under one DKEK, the first with a key that is backed up; its file. */
static void one_backup(struct place *p, const char *type, char file[200])
{
	char files[8][200];

	place_init(p, 0, 1, 0x10);
	place_init(p, 1, 1, 0x10);
	place_make_key(p, 0, type, "Root CA", "0a0b");
	place_expect(p, "backup", 0, ALL(p), ST_OK);
	assert_int_equal(files_in(p->out, files), 1);
	snprintf(file, 200, "%s", files[0]);
}

/* A copy of a file with one byte turned; at counts from the end where it is negative. */
static void damaged_copy(const char *file, const char *to, long at)
{
	struct fault f = { 0 };
	BUF b = { 0 };

	must(file_read(file, 65536, &b, &f));
	b.p[at < 0 ? (long)b.n + at : at] ^= 0xff;
	must(file_write_new(to, buf_view(&b), &f));
}

static void what_is_restored_is_the_same_key_with_its_label_and_id(void **state)
{
	static const char *const types[] = { "ec:secp256r1", "rsa:2048", "ec:brainpoolP512r1", "aes:192" };
	struct place *p = *state;
	char files[8][200];
	struct fault f = { 0 };

	place_init(p, 0, 1, 0x10);
	place_init(p, 1, 1, 0x10);
	for (size_t i = 0; i < N(types); i++) {
		char label[32], id[8];

		snprintf(label, sizeof(label), "key %zu", i);
		snprintf(id, sizeof(id), "%02zx", 0x40 + i);
		place_make_key(p, 0, types[i], label, id);
	}
	place_expect(p, "backup", 0, ALL(p), ST_OK);
	assert_int_equal(files_in(p->out, files), N(types));
	for (size_t i = 0; i < N(types); i++) {
		const struct key_result *k;
		struct backup_row *rows = NULL;
		char want[32];
		struct run *r;

		must(place_do(p, "restore", 1, GIVEN({ "file", files[i], 0 }, { "pin", PIN, 0 }), &r, &f));
		k = run_key(r);
		snprintf(want, sizeof(want), "key %zu", i);
		assert_string_equal(k->label, want);
		snprintf(want, sizeof(want), "%02zx", 0x40 + i);
		assert_string_equal(k->id, want);
		assert_true(k->compared);
		assert_string_equal(k->proof, "restored");
		assert_int_equal(k->key_ref, i + 1);
		run_free(r);
		assert_int_equal(backups_in(p, &rows), N(types));
		for (size_t b = 0; b < N(types); b++) {
			if (strcmp(rows[b].file, files[i]) == 0)
				assert_string_equal(rows[b].proof_device, place_serial(p, 1));
		}
		free(rows);
	}
	assert_int_equal(place_count(p, 1, FID_KEY), N(types));
	assert_int_equal(place_count(p, 1, FID_KEY_DESCRIPTION), N(types));
	assert_int_equal(place_count(p, 1, FID_KEY_CERT), N(types) - 1);
}

static void several_files_go_in_one_login(void **state)
{
	struct place *p = *state;
	unsigned long verifies;
	char files[8][200];

	place_init(p, 0, 1, 0x10);
	place_init(p, 1, 1, 0x10);
	for (unsigned i = 0; i < 3; i++)
		place_make_key(p, 0, "ec:secp256r1", "key", NULL);
	place_expect(p, "backup", 0, ALL(p), ST_OK);
	assert_int_equal(files_in(p->out, files), 3);
	verifies = sim_card_apdus_of(place_sim(p, 1), 0x20);
	place_expect(p, "restore", 1,
		     GIVEN({ "file", files[0], 0 }, { "file", files[1], 1 }, { "file", files[2], 2 },
			   { "pin", PIN, 0 }),
		     ST_OK);
	assert_int_equal(sim_card_apdus_of(place_sim(p, 1), 0x20), verifies + 2);
	assert_int_equal(place_count(p, 1, FID_KEY), 3);
}

static void a_backup_of_the_inventory_can_be_restored(void **state)
{
	struct place *p = *state;
	struct backup_row *rows = NULL;
	char file[200], number[24];

	one_backup(p, "ec:secp256r1", file);
	assert_int_equal(unlink(file), 0);
	assert_int_equal(backups_in(p, &rows), 1);
	snprintf(number, sizeof(number), "%lld", (long long)rows[0].id);
	free(rows);
	place_expect(p, "restore", 1, GIVEN({ "backup", number, 0 }, { "pin", PIN, 0 }), ST_OK);
	place_expect(p, "restore", 1, GIVEN({ "backup", "999", 0 }, { "pin", PIN, 0 }), ST_NOT_FOUND);
	place_expect(p, "restore", 1, GIVEN({ "backup", "1", 0 }, { "file", p->store_path, 0 }, { "pin", PIN, 0 }),
		     ST_USAGE);
	place_expect(p, "restore", 1, GIVEN({ "pin", PIN, 0 }), ST_USAGE);
}

static void another_dkek_is_said_from_the_file_alone(void **state)
{
	struct place *p = *state;
	unsigned long verifies;
	char file[200];
	struct fault f = { 0 };

	one_backup(p, "ec:secp256r1", file);
	place_init(p, 1, 1, 0x77);
	verifies = sim_card_apdus_of(place_sim(p, 1), 0x20);
	assert_int_equal(place_do(p, "restore", 1, GIVEN({ "file", file, 0 }, { "pin", PIN, 0 }), NULL, &f),
			 ST_OTHER_DKEK);
	/* The device that has it is named. */
	assert_non_null(strstr(f.what, place_serial(p, 0)));
	assert_int_equal(sim_card_apdus_of(place_sim(p, 1), 0x74), 0);
	/* Nor was the PIN sent: the status of it was asked for. */
	assert_int_equal(sim_card_apdus_of(place_sim(p, 1), 0x20), verifies + 1);
}

static void a_device_that_cannot_take_it_says_why(void **state)
{
	struct place *p = *state;
	char file[200];

	one_backup(p, "ec:secp256r1", file);
	place_init(p, 1, INIT_NO_DKEK, 0);
	place_expect(p, "restore", 1, GIVEN({ "file", file, 0 }, { "pin", PIN, 0 }), ST_NO_DKEK);
	place_init_with(p, 1, 2, 1, 0x10, OPTION_UNBLOCK, PIN);
	place_expect(p, "restore", 1, GIVEN({ "file", file, 0 }, { "pin", PIN, 0 }), ST_DKEK_INCOMPLETE);
}

static void a_key_that_is_there_already_is_not_restored_twice(void **state)
{
	static const char *const types[] = { "ec:secp256r1", "aes:256" };

	for (size_t i = 0; i < N(types); i++) {
		struct place *p;
		char file[200];

		assert_int_equal(teardown(state), 0);
		assert_int_equal(setup(state), 0);
		p = *state;
		one_backup(p, types[i], file);
		place_expect(p, "restore", 0, GIVEN({ "file", file, 0 }, { "pin", PIN, 0 }), ST_DUPLICATE);
		assert_int_equal(place_count(p, 0, FID_KEY), 1);
		place_expect(p, "restore", 1, GIVEN({ "file", file, 0 }, { "pin", PIN, 0 }), ST_OK);
		place_expect(p, "restore", 1, GIVEN({ "file", file, 0 }, { "pin", PIN, 0 }), ST_DUPLICATE);
		place_expect(p, "restore", 1, GIVEN({ "file", file, 0 }, { "file", file, 1 }, { "pin", PIN, 0 }),
			     ST_DUPLICATE);
		assert_int_equal(place_count(p, 1, FID_KEY), 1);
	}
}

static void a_damaged_blob_is_refused_and_leaves_nothing(void **state)
{
	struct place *p = *state;
	char file[200], bad[200], cut[200];
	struct fault f = { 0 };
	BUF whole = { 0 };

	one_backup(p, "ec:secp256r1", file);
	snprintf(bad, sizeof(bad), "%s/bad", p->dir);
	snprintf(cut, sizeof(cut), "%s/cut", p->dir);
	damaged_copy(file, bad, 100);   /* within the cipher text */
	place_expect(p, "restore", 1, GIVEN({ "file", bad, 0 }, { "pin", PIN, 0 }), ST_DAMAGED);
	must(file_read(file, 65536, &whole, &f));
	for (size_t n = 0; n < 300; n += 50) {
		(void)unlink(cut);
		must(file_write_new(cut, cur_of(whole.p, n), &f));
		place_expect(p, "restore", 1, GIVEN({ "file", cut, 0 }, { "pin", PIN, 0 }), ST_DAMAGED);
	}
	place_expect(p, "restore", 1, GIVEN({ "file", p->store_path, 0 }, { "pin", PIN, 0 }), ST_DAMAGED);
	assert_int_equal(place_count(p, 1, FID_KEY), 0);
}

static void the_good_ones_are_restored_beside_a_damaged_one(void **state)
{
	struct place *p = *state;
	char file[200], bad[200];
	const struct key_result *rows;
	struct fault f = { 0 };
	struct run *r;
	size_t n;

	one_backup(p, "ec:secp256r1", file);
	snprintf(bad, sizeof(bad), "%s/bad", p->dir);
	damaged_copy(file, bad, 100);
	must(place_do(p, "restore", 1, GIVEN({ "file", bad, 0 }, { "file", file, 1 }, { "pin", PIN, 0 }), &r, &f));
	rows = run_keys(r, &n);
	assert_int_equal(n, 2);
	assert_int_equal(rows[0].fault.st, ST_DAMAGED);
	assert_int_equal(rows[1].fault.st, ST_OK);
	assert_int_equal(run_keys_failed(r), 1);
	run_free(r);
	assert_int_equal(place_count(p, 1, FID_KEY), 1);
}

static size_t at_of(const struct buf *b, struct cur part)
{
	assert_true(part.p >= b->p && part.p + part.n <= b->p + b->n);
	return (size_t)(part.p - b->p);
}

/* known-faults.md 10. An inventory that does not know the backup has nothing but the file. */
static void a_damaged_description_or_certificate_is_named_and_the_key_restored(void **state)
{
	for (unsigned which = 0; which < 4; which++) {
		const bool description = which % 2 == 0, known = which < 2;
		const struct key_result *k;
		struct place *p;
		char file[200], bad[200];
		struct fault f = { 0 };
		struct wrapped w;
		BUF whole = { 0 };
		struct run *r;

		assert_int_equal(teardown(state), 0);
		assert_int_equal(setup(state), 0);
		p = *state;
		one_backup(p, "ec:secp256r1", file);
		if (!known) {
			jobs_free(p->jobs);
			store_close(p->store);
			assert_int_equal(unlink(p->store_path), 0);
			must(store_open(p->store_path, 0, &p->store, &f));
			place_start(p);
		}
		must(file_read(file, 65536, &whole, &f));
		must(wrapped_parse(buf_view(&whole), &w, &f));
		snprintf(bad, sizeof(bad), "%s/bad", p->dir);
		/* The inner tag, so that the outside still fits. */
		damaged_copy(file, bad, (long)at_of(&whole, description ? w.prkd : w.cert) + (description ? 2 : 5));
		must(place_do(p, "restore", 1, GIVEN({ "file", bad, 0 }, { "pin", PIN, 0 }), &r, &f));
		k = run_key(r);
		assert_true(strlen(k->remark) > 20);
		assert_int_equal(k->compared, description || known);
		if (!description || known) {
			assert_string_equal(k->label, "Root CA");
			assert_string_equal(k->id, "0a0b");
		}
		assert_string_equal(k->proof, k->compared ? "restored" : "matched");
		run_free(r);
		assert_int_equal(place_count(p, 1, FID_KEY), 1);
		assert_int_equal(place_count(p, 1, FID_KEY_DESCRIPTION), 1);
	}
}

/* Two backups, and a third file that has the key of the first and the certificate of the second. */
static void swap_certificates(struct place *p, char files[8][200], char swapped[200])
{
	struct wrapped a, b;
	struct fault f = { 0 };
	BUF first = { 0 };
	BUF second = { 0 };
	BUF mixed = { 0 };

	place_init(p, 0, 1, 0x10);
	place_init(p, 1, 1, 0x10);
	place_make_key(p, 0, "ec:secp256r1", "one", "0a");
	place_make_key(p, 0, "ec:secp256r1", "two", "0b");
	place_expect(p, "backup", 0, ALL(p), ST_OK);
	assert_int_equal(files_in(p->out, files), 2);
	must(file_read(files[0], 65536, &first, &f));
	must(file_read(files[1], 65536, &second, &f));
	must(wrapped_parse(buf_view(&first), &a, &f));
	must(wrapped_parse(buf_view(&second), &b, &f));
	must(wrapped_build(a.blob.whole, a.prkd, b.cert, &mixed, &f));
	snprintf(swapped, 200, "%s/swapped", p->dir);
	must(file_write_new(swapped, buf_view(&mixed), &f));
}

static void forget_everything(struct place *p)
{
	struct fault f = { 0 };

	jobs_free(p->jobs);
	store_close(p->store);
	assert_int_equal(unlink(p->store_path), 0);
	must(store_open(p->store_path, 0, &p->store, &f));
	place_start(p);
}

/* The certificate of another key, whole in itself, in place of the right one. */
static void a_certificate_of_another_key_does_not_pass(void **state)
{
	struct place *p = *state;
	char files[8][200], swapped[200];

	swap_certificates(p, files, swapped);
	/* The inventory knows the blob: the key is restored and proven, without the wrong certificate. */
	place_expect(p, "restore", 1, GIVEN({ "file", swapped, 0 }, { "pin", PIN, 0 }), ST_OK);
	assert_int_equal(place_count(p, 1, FID_KEY), 1);
	assert_int_equal(place_count(p, 1, FID_KEY_CERT), 0);
	/* One that does not cannot say which of the two is right: nothing is left on the card. */
	place_init(p, 1, 1, 0x10);
	forget_everything(p);
	place_expect(p, "restore", 1, GIVEN({ "file", swapped, 0 }, { "pin", PIN, 0 }), ST_MISMATCH);
	assert_int_equal(place_count(p, 1, FID_KEY), 0);
}

/* What failed cannot be taken away again: the next key does not go to its place. */
static void a_key_that_had_to_be_left_keeps_its_reference(void **state)
{
	struct place *p = *state;
	char files[8][200], swapped[200];
	const struct key_result *rows;
	struct run *r = NULL;
	struct fault f = { 0 };
	size_t n;

	swap_certificates(p, files, swapped);
	forget_everything(p);
	must(sim_card_set_fault(place_sim(p, 1), "sw:E4=6F00", &f));
	must(place_do(p, "restore", 1, GIVEN({ "file", swapped, 0 }, { "file", files[1], 1 }, { "pin", PIN, 0 }), &r, &f));
	rows = run_keys(r, &n);
	assert_int_equal(n, 2);
	assert_int_equal(rows[0].fault.st, ST_MISMATCH);
	assert_non_null(strstr(rows[0].fault.what, "may be left"));
	assert_int_equal(rows[1].fault.st, ST_OK);
	assert_int_equal(rows[1].key_ref, 2);
	assert_true(rows[1].compared);
	assert_int_equal(place_count(p, 1, FID_KEY), 2);
	run_free(r);
}

static void a_bare_blob_is_restored_but_not_compared(void **state)
{
	struct place *p = *state;
	const struct key_result *k;
	char file[200], bare[200];
	struct fault f = { 0 };
	struct wrapped w;
	BUF whole = { 0 };
	struct run *r;

	one_backup(p, "ec:secp256r1", file);
	must(file_read(file, 65536, &whole, &f));
	must(wrapped_parse(buf_view(&whole), &w, &f));
	/* Its name becomes the label, whatever it is made of. */
	snprintf(bare, sizeof(bare), "%s/b\x1b[31m\xff.bin", p->dir);
	must(file_write_new(bare, w.blob.whole, &f));
	forget_everything(p);
	must(place_do(p, "restore", 1, GIVEN({ "file", bare, 0 }, { "pin", PIN, 0 }), &r, &f));
	k = run_key(r);
	assert_false(k->compared);
	assert_string_equal(k->proof, "matched");
	assert_non_null(strstr(k->remark, "not compared"));
	assert_null(strchr(k->label, '\x1b'));
	assert_non_null(strstr(k->label, ".bin"));
	run_free(r);
	assert_int_equal(place_count(p, 1, FID_KEY_DESCRIPTION), 1);
}

/* known-faults.md 4: the old key is worth more than a restore that may fail. */
static void a_restore_that_fails_harms_no_key_that_is_there(void **state)
{
	static const char *const faults[] = { "sw:74=6A88", "sw:74=6A80", "wrong:68",
					      "sw:68=6F00", "sw:D7=6A84", "sw:74=6F00" };
	struct place *p = *state;
	char file[200];

	one_backup(p, "ec:secp256r1", file);
	place_make_key(p, 1, "ec:secp256r1", "was here before", "0a0b");
	for (size_t i = 0; i < N(faults); i++) {
		struct fault f = { 0 };
		enum status st;

		must(sim_card_set_fault(place_sim(p, 1), faults[i], &f));
		st = place_do(p, "restore", 1, GIVEN({ "file", file, 0 }, { "pin", PIN, 0 }), NULL, &f);
		must(sim_card_set_fault(place_sim(p, 1), NULL, &(struct fault){ 0 }));
		if (st == ST_OK)
			fail_msg("%s: it counted as restored", faults[i]);
		assert_int_equal(place_count(p, 1, FID_KEY), 1);
		assert_int_equal(place_count(p, 1, FID_KEY_DESCRIPTION), 1);
		assert_int_equal(place_count(p, 1, FID_KEY_CERT), 1);
	}
	place_expect(p, "restore", 1, GIVEN({ "file", file, 0 }, { "pin", PIN, 0 }), ST_OK);
	assert_int_equal(place_count(p, 1, FID_KEY), 2);
}

static void a_full_card_keeps_no_half_restore(void **state)
{
	struct place *p = *state;
	char file[200];
	struct fault f = { 0 };
	enum status st = ST_OK;
	struct place small;
	const struct sim_options o = { .cards = 1, .memory_kib = 2, .no_sync = true };
	unsigned keys;

	one_backup(p, "rsa:2048", file);
	place_open_with(&small, &o);
	place_init(&small, 0, 1, 0x10);
	for (unsigned i = 0; i < 40 && st == ST_OK; i++)
		st = place_do(&small, "key new", 0,
			      GIVEN({ "type", "ec:secp256r1", 0 }, { "label", "fill", 0 }, { "pin", PIN, 0 }), NULL,
			      &f);
	assert_int_equal(st, ST_CARD_FULL);
	keys = place_count(&small, 0, FID_KEY);
	place_expect(&small, "restore", 0, GIVEN({ "file", file, 0 }, { "pin", PIN, 0 }), ST_CARD_FULL);
	assert_int_equal(place_count(&small, 0, FID_KEY), keys);
	assert_int_equal(place_count(&small, 0, FID_KEY_DESCRIPTION), keys);
	place_close(&small);
}

static void a_counted_key_spends_one_use_for_its_proof_and_that_is_said(void **state)
{
	struct place *p = *state;
	struct run *r;
	const char *bad;
	char files[8][200];
	PROSE text = { 0 };
	struct fault f = { 0 };
	bool said = false;

	place_init(p, 0, 1, 0x10);
	place_init(p, 1, 1, 0x10);
	place_expect(p, "key new", 0,
		     GIVEN({ "type", "ec:secp256r1", 0 }, { "label", "few", 0 }, { "use-counter", "3", 0 },
			   { "pin", PIN, 0 }),
		     ST_OK);
	place_expect(p, "backup", 0, ALL(p), ST_OK);
	assert_int_equal(files_in(p->out, files), 1);
	p->env.script = false;
	r = place_run_new(p, "restore", 1, GIVEN({ "file", files[0], 0 }, { "pin", PIN, 0 }));
	while (run_phase(r) != RUN_REVIEW) {
		must(run_next(r, &bad, &f));
		run_wait(r, NULL, NULL);
	}
	run_procedure(r)->review(r, &text);
	for (size_t i = 0; i < text.n; i++)
		said |= text.p[i].role == PROSE_WARNING && strstr(text.p[i].text, "use counter") != NULL;
	assert_true(said);
	run_free(r);
}

/* Between the attempt and the next start another program put another key there. */
static void what_an_attempt_left_counts_only_where_it_is_the_right_key(void **state)
{
	struct place *p = *state;
	char files[8][200];
	struct fault f = { 0 };
	struct run *r;

	place_init(p, 0, 1, 0x10);
	place_init(p, 1, 1, 0x10);
	place_make_key(p, 0, "ec:secp256r1", "one", "0a");
	place_expect(p, "backup", 0, ALL(p), ST_OK);
	assert_int_equal(files_in(p->out, files), 1);
	must(sim_card_set_fault(place_sim(p, 1), "drop@9", &f));
	place_expect(p, "restore", 1, GIVEN({ "file", files[0], 0 }, { "pin", PIN, 0 }), ST_HALFWAY);
	must(sim_card_set_fault(place_sim(p, 1), NULL, &f));
	sim_card_plug(place_sim(p, 1), true);
	assert_int_equal(place_count(p, 1, FID_KEY), 1);
	place_swap_ec(p, 1, 1);
	jobs_free(p->jobs);
	place_start(p);
	must(place_do(p, "restore", 1, GIVEN({ "file", files[0], 0 }, { "pin", PIN, 0 }), &r, &f));
	assert_true(run_key(r)->compared);
	assert_int_equal(run_key(r)->key_ref, 2);
	run_free(r);
	assert_int_equal(place_count(p, 1, FID_KEY), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_an_attempt_left_counts_only_where_it_is_the_right_key), TEST(several_files_go_in_one_login),
		TEST(what_is_restored_is_the_same_key_with_its_label_and_id), TEST(several_files_go_in_one_login),
		TEST(a_backup_of_the_inventory_can_be_restored), TEST(another_dkek_is_said_from_the_file_alone),
		TEST(a_device_that_cannot_take_it_says_why), TEST(a_key_that_is_there_already_is_not_restored_twice),
		TEST(a_damaged_blob_is_refused_and_leaves_nothing), TEST(the_good_ones_are_restored_beside_a_damaged_one),
		TEST(a_damaged_description_or_certificate_is_named_and_the_key_restored),
		TEST(a_key_that_had_to_be_left_keeps_its_reference),
		TEST(a_certificate_of_another_key_does_not_pass), TEST(a_bare_blob_is_restored_but_not_compared),
		TEST(a_restore_that_fails_harms_no_key_that_is_there), TEST(a_full_card_keeps_no_half_restore),
		TEST(a_counted_key_spends_one_use_for_its_proof_and_that_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
