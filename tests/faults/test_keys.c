/* Making and deleting a key beside another one: whatever happens, in the end it is there, or gone, exactly once. */
#include "tests/faults/keys_help.h"

#include "engine/card/keys.h"

static void prepare_new(struct stage *s)
{
	set_up(s, 0);
	make_key(s, 0, "stays", "01");
}

static enum status make(struct stage *s, const char *type, const char *id, struct fault *f)
{
	const struct given given[] = {
		{ "type", 0, type, false },
		{ "label", 0, "new", false },
		{ "pin", 0, PIN, false },
		{ id != NULL ? "id" : NULL, 0, id, false },
		{ 0 },
	};

	return stage_run(s, &procedure_key_new, stage_serial(s, 0), given, NULL, f);
}

static enum status make_ec(struct stage *s, struct fault *f)
{
	return make(s, "ec:secp256r1", NULL, f);
}

static enum status make_aes(struct stage *s, struct fault *f)
{
	return make(s, "aes:256", "02", f);
}

/* It was done, and nothing was left open: then the ID is taken, and that is said. */
static enum status take_up_aes(struct stage *s, struct fault *f)
{
	const enum status st = make_aes(s, f);

	return st == ST_DUPLICATE ? ST_OK : st;
}

static void other_key_is_whole(struct stage *s, enum status st)
{
	(void)st;
	expect_key(s, 0, "stays");
}

static void check_inventory(struct stage *s, size_t want)
{
	struct object_filter filter = { .device = stage_serial(s, 0) };
	struct object_row *rows = NULL;
	struct fault f;
	size_t n = 0;

	must(store_objects(s->store, &filter, &rows, &n, &f));
	for (size_t i = 0; i < n; i++)
		assert_true(rows[i].key.len > 0);
	free(rows);
	assert_int_equal(n, want);
	expect_nothing_open(s);
	expect_chain(s);
}

static void check_new(struct stage *s)
{
	static const char *const labels[] = { "new", "stays" };

	expect_keys(s, 0, labels, 2);
	check_inventory(s, 2);
}

/* A script that was killed when all was done cannot know it, and makes a second key: that is what its words say. */
static void check_killed_ec(struct stage *s)
{
	struct object_filter filter = { .device = stage_serial(s, 0) };
	struct object_row *rows = NULL;
	struct fault f;
	size_t n = 0;

	expect_key(s, 0, "new");
	expect_key(s, 0, "stays");
	must(store_objects(s->store, &filter, &rows, &n, &f));
	free(rows);
	assert_in_range(n, 2, 3);
	check_inventory(s, n);
}

/* Of GENERATE the last bit is one of the request's holder, of its secret kin one of the algorithms that the key is for. */
static const struct walk walk_ec = {
	.prepare = prepare_new, .drive = make_ec, .interrupted = other_key_is_whole, .check = check_new, .unseen = "\x46",
};
static const struct walk walk_ec_kill = {
	.prepare = prepare_new, .drive = make_ec, .interrupted = other_key_is_whole, .check = check_killed_ec,
};
static const struct walk walk_aes = {
	.prepare = prepare_new,
	.drive = make_aes,
	.take_up = take_up_aes,
	.interrupted = other_key_is_whole,
	.check = check_new,
	.unseen = "\x48",
};

static enum status make_limited(struct stage *s, struct fault *f)
{
	const struct given given[] = {
		{ "type", 0, "aes:256", false }, { "label", 0, "new", false }, { "id", 0, "02", false }, { "use-counter", 0, "3", false },
		{ "pin", 0, PIN, false }, { 0 },
	};

	return stage_run(s, &procedure_key_new, stage_serial(s, 0), given, NULL, f);
}

static enum status take_up_limited(struct stage *s, struct fault *f)
{
	const enum status st = make_limited(s, f);

	return st == ST_DUPLICATE ? ST_OK : st;
}

/* However often it was begun: as many uses are left as were asked for. */
static void check_limited(struct stage *s)
{
	struct card *c;
	unsigned uses = 0;
	struct fault f;

	check_new(s);
	c = stage_talk(s, 0);
	{
		SECRET *pin = secret_new(16);
		CARD_SESSION *held = NULL;
		uint8_t cmac[BLOB_CMAC_LEN];

		assert_true(secret_set(pin, PIN, strlen(PIN)));
		must(card_begin(c, &held, &f));
		must(card_login(c, pin, &f));
		while (uses < 9 && card_key_cmac(c, 2, cmac, &f) == ST_OK)
			uses++;
	}
	card_close(c);
	assert_int_equal(uses, 3);
}

static const struct walk walk_limited = {
	.prepare = prepare_new,
	.drive = make_limited,
	.take_up = take_up_limited,
	.interrupted = other_key_is_whole,
	.check = check_limited,
	.unseen = "\x48",   /* how many uses a key has no device says, other than by making one */
};

static void a_key_that_counts_its_uses_has_as_many_as_were_asked_for(void **state)
{
	(void)state;
	walk_vanish(&walk_limited, 0);
	walk_kill(&walk_limited);
}

static void prepare_delete(struct stage *s)
{
	prepare_new(s);
	make_key(s, 0, "goes", "02");
}

static enum status delete_it(struct stage *s, struct fault *f)
{
	const struct given given[] = { { "id", 0, "02", false }, { "pin", 0, PIN, false }, { 0 } };

	return stage_run(s, &procedure_key_delete, stage_serial(s, 0), given, NULL, f);
}

/* It was done, and nothing was left open: then there is no such key, and that is said. */
static enum status take_up_delete(struct stage *s, struct fault *f)
{
	const enum status st = delete_it(s, f);

	return st == ST_NOT_FOUND ? ST_OK : st;
}

static void check_delete(struct stage *s)
{
	static const char *const labels[] = { "stays" };

	expect_keys(s, 0, labels, 1);
	check_inventory(s, 1);
}

static const struct walk walk_delete = {
	.prepare = prepare_delete,
	.drive = delete_it,
	.take_up = take_up_delete,
	.interrupted = other_key_is_whole,
	.check = check_delete,
};

static void prepare_several(struct stage *s)
{
	prepare_delete(s);
	make_key(s, 0, "goes too", "03");
}

static enum status delete_several(struct stage *s, struct fault *f)
{
	const struct given given[] = {
		{ "id", 0, "02", false }, { "id", 1, "03", false }, { "backup-first", 0, "1", false }, { "pin", 0, PIN, false }, { 0 },
	};

	return stage_run(s, &procedure_key_delete, stage_serial(s, 0), given, NULL, f);
}

static enum status take_up_several(struct stage *s, struct fault *f)
{
	const enum status st = delete_several(s, f);

	return st == ST_NOT_FOUND ? ST_OK : st;
}

/* No key is gone of which there is no backup that is matched. */
static void what_is_gone_is_backed_up(struct stage *s, enum status st)
{
	struct card *c = stage_talk(s, 0);
	struct backup_row *rows = NULL;
	struct backup_filter filter = { .below = 0 };
	unsigned matched[256] = { 0 };
	struct fault f;
	size_t n = 0;

	other_key_is_whole(s, st);
	must(store_backups(s->store, &filter, &rows, &n, &f));
	for (size_t i = 0; i < n; i++)
		matched[rows[i].cka_id[0]] += rows[i].proof >= PROOF_MATCHED;
	free(rows);
	{
		CARD_SESSION *held = NULL;
		FIDS fids = { 0 };

		must(card_begin(c, &held, &f));
		must(card_enumerate(c, &fids, &f));
		for (uint8_t ref = 2; ref <= 3; ref++) {
			if (!fids_have(&fids, fid_of(FID_KEY, ref)) && (matched[2] == 0 || matched[3] == 0))
				fail_msg("the key at %u is deleted, and there are not both backups", ref);
		}
	}
	card_close(c);
}

static const struct walk walk_several = {
	.prepare = prepare_several,
	.drive = delete_several,
	.take_up = take_up_several,
	.interrupted = what_is_gone_is_backed_up,
	.check = check_delete,
};

static void several_keys_are_backed_up_and_deleted_however_often_the_card_vanishes(void **state)
{
	(void)state;
	walk_vanish(&walk_several, 0);
}

static void several_keys_are_backed_up_and_deleted_however_often_the_process_is_killed(void **state)
{
	(void)state;
	walk_kill(&walk_several);
}

static void a_key_is_made_once_however_often_the_card_vanishes(void **state)
{
	(void)state;
	walk_vanish(&walk_ec, 0);
	walk_vanish(&walk_aes, 0);
}

static void a_key_is_made_however_often_the_process_is_killed(void **state)
{
	(void)state;
	walk_kill(&walk_ec_kill);
	walk_kill(&walk_aes);
}

static void a_key_is_deleted_however_often_the_card_vanishes(void **state)
{
	(void)state;
	walk_vanish(&walk_delete, 0);
}

static void a_key_is_deleted_however_often_the_process_is_killed(void **state)
{
	(void)state;
	walk_kill(&walk_delete);
}

static void keys_are_made_and_deleted_although_memory_runs_short(void **state)
{
	(void)state;
	walk_memory(&walk_ec_kill, 200);
	walk_memory(&walk_aes, 200);
	walk_memory(&walk_delete, 200);
}

static void no_success_is_reported_that_was_not_read_back(void **state)
{
	(void)state;
	walk_lie(&walk_ec, 0);
	walk_lie(&walk_aes, 0);
	walk_lie(&walk_limited, 0);
	walk_lie(&walk_delete, 0);
	walk_lie(&walk_several, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_success_is_reported_that_was_not_read_back),
		cmocka_unit_test(a_key_is_made_once_however_often_the_card_vanishes),
		cmocka_unit_test(a_key_is_made_however_often_the_process_is_killed),
		cmocka_unit_test(a_key_that_counts_its_uses_has_as_many_as_were_asked_for),
		cmocka_unit_test(a_key_is_deleted_however_often_the_card_vanishes),
		cmocka_unit_test(a_key_is_deleted_however_often_the_process_is_killed),
		cmocka_unit_test(several_keys_are_backed_up_and_deleted_however_often_the_card_vanishes),
		cmocka_unit_test(several_keys_are_backed_up_and_deleted_however_often_the_process_is_killed),
		cmocka_unit_test(keys_are_made_and_deleted_although_memory_runs_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
