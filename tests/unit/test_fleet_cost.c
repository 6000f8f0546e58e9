/* What looking at devices, and whole commands, cost: APDUs, and writes to the disk. */
#include "tests/unit/fleet_help.h"

#include "tui/wizard/record.h"

static void a_status_costs_seven_apdus_and_a_key_two_more(void **state)
{
	struct place *p = *state;
	CLEANUP(fleet_free_guard) struct fleet *fl = NULL;
	const struct fleet_device *d;
	struct fault f = { 0 };
	unsigned long before;

	place_init(p, 0, 1, 0x10);
	for (unsigned i = 0; i < 5; i++)
		place_make_key(p, 0, "ec:secp256r1", "key", NULL);
	/* A program that starts anew has read nothing yet. */
	jobs_free(p->jobs);
	place_start(p);
	fl = fleet_of(p, false);
	before = sim_card_apdus(place_sim(p, 0));
	must(fleet_scan_wait(fl, place_serial(p, 0), FLEET_STATUS, 20000, &d, &f));
	assert_in_range(sim_card_apdus(place_sim(p, 0)) - before, 1, 7);
	jobs_free(p->jobs);
	fleet_free(fl);
	place_start(p);
	fl = fleet_of(p, false);
	before = sim_card_apdus(place_sim(p, 0));
	must(fleet_scan_wait(fl, place_serial(p, 0), FLEET_ALL, 20000, &d, &f));
	assert_in_range(sim_card_apdus(place_sim(p, 0)) - before, 1, 8 + 2 * 5);
	/* The other one was not asked, since its reader has another name. */
	assert_int_equal(sim_card_apdus(place_sim(p, 1)), 0);
}

static unsigned long whole_command(struct place *p, const char *procedure, const struct given *g)
{
	struct fleet *fl;
	const struct fleet_device *d;
	struct fault f = { 0 };
	unsigned long before, cost;
	struct run *r = NULL;

	jobs_free(p->jobs);
	place_start(p);
	fl = fleet_of(p, false);
	before = sim_card_apdus(place_sim(p, 0));
	must(fleet_scan_wait(fl, place_serial(p, 0), FLEET_HOLD, 20000, &d, &f));
	must(run_new(procedure_find(procedure), &p->env, &r, &f));
	must(run_set_device(r, d->serial, d->reader, &f));
	run_wait(r, NULL, NULL);
	for (; g->name != NULL; g++)
		give(r, g);
	must(place_go(p, r, &f));
	run_free(r);
	fleet_free(fl);
	jobs_free(p->jobs);   /* logs out, which counts */
	p->jobs = NULL;
	cost = sim_card_apdus(place_sim(p, 0)) - before;
	place_start(p);
	return cost;
}

static void a_whole_command_keeps_to_its_apdus(void **state)
{
	struct place *p = *state;
	unsigned long with_id;
	char file[300];
	struct backup_row *rows = NULL;
	struct backup_filter filter = { 0 };
	struct fault f = { 0 };
	size_t n = 0;

	place_init(p, 0, 1, 0x10);
	place_init(p, 1, 1, 0x10);
	for (unsigned i = 0; i < 6; i++)
		place_make_key(p, 0, "ec:secp256r1", "key", NULL);
	assert_in_range(whole_command(p, "key new",
				      GIVEN({ "type", "ec:secp256r1", 0 }, { "label", "l", 0 }, { "pin", PIN, 0 })),
			1, 10);
	with_id = whole_command(p, "key new",
				GIVEN({ "type", "ec:secp256r1", 0 }, { "label", "l", 0 }, { "id", "77", 0 },
				      { "pin", PIN, 0 }));
	assert_in_range(with_id, 1, 10 + 7);
	assert_in_range(whole_command(p, "backup", GIVEN({ "all", "1", 0 }, { "out", p->out, 0 }, { "pin", PIN, 0 })),
			1, 4 * 8 + 8);
	/* Onto an empty card of the same DKEK, then beside one other key. */
	place_init(p, 0, 1, 0x10);
	must(store_backups(p->store, &filter, &rows, &n, &f));
	assert_int_equal(n, 8);
	snprintf(file, sizeof(file), "%s", rows[0].file);
	assert_in_range(whole_command(p, "restore", GIVEN({ "file", file, 0 }, { "pin", PIN, 0 })), 1, 14);
	snprintf(file, sizeof(file), "%s", rows[1].file);
	assert_in_range(whole_command(p, "restore", GIVEN({ "file", file, 0 }, { "pin", PIN, 0 })), 1, 14 + 2);
	free(rows);
}

static void nobody_stays_logged_in_when_a_held_card_is_given_back(void **state)
{
	struct place *p = *state;
	static const uint8_t query[] = { 0x00, 0x20, 0x00, 0x81 };
	uint8_t rsp[16];
	size_t n = sizeof(rsp);
	struct fault f = { 0 };

	place_init(p, 0, 1, 0x10);
	(void)whole_command(p, "key new", GIVEN({ "type", "ec:secp256r1", 0 }, { "label", "l", 0 }, { "pin", PIN, 0 }));
	must(sim_card_apdu(place_sim(p, 0), query, sizeof(query), rsp, &n, &f));
	assert_int_equal(n, 2);
	assert_int_equal(rsp[0], 0x63);
}

static void count_one(void *ctx)
{
	++*(unsigned *)ctx;
}

static unsigned commits_of_a_look(struct place *p, bool sparing)
{
	CLEANUP(card_close_guard) struct card *c = place_card(p, 0);
	CARD_SESSION *held = NULL;
	OBJECTS list = { 0 };
	struct card_info info;
	unsigned commits = 0;
	struct fault f = { 0 };

	must(card_begin(c, &held, &f));
	must(card_status(c, &info, &f));
	must(card_objects(c, WANT_ALL, &list, &f));
	store_on_commit(p->store, count_one, &commits);
	must(record_seen(p->store, &info, &list, sparing, &f));
	store_on_commit(p->store, NULL, NULL);
	return commits;
}

static void a_look_is_written_down_only_where_it_is_news(void **state)
{
	struct place *p = *state;

	place_init(p, 0, 1, 0x10);
	place_make_key(p, 0, "rsa:2048", "key", "0a");
	assert_int_equal(commits_of_a_look(p, true), 1);
	assert_int_equal(commits_of_a_look(p, true), 0);
	assert_int_equal(commits_of_a_look(p, false), 1);
	/* A key that the inventory was told of by who made it is no news; a try that was spent is. */
	place_make_key(p, 0, "ec:secp256r1", "another", "0b");
	place_make_key(p, 0, "aes:128", "secret", "0c");
	assert_int_equal(commits_of_a_look(p, true), 0);
	place_expect(p, "backup", 0, GIVEN({ "all", "1", 0 }, { "pin", "999999", 0 }), ST_PIN_WRONG);
	assert_int_equal(commits_of_a_look(p, true), 1);
	assert_int_equal(commits_of_a_look(p, true), 0);
	/* The other card's DKEK, and no keys. */
	place_init(p, 0, 1, 0x20);
	assert_int_equal(commits_of_a_look(p, true), 1);
	assert_int_equal(commits_of_a_look(p, true), 0);
	place_init(p, 0, 1, 0x21);
	assert_int_equal(commits_of_a_look(p, true), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_status_costs_seven_apdus_and_a_key_two_more),
		TEST(a_whole_command_keeps_to_its_apdus),
		TEST(nobody_stays_logged_in_when_a_held_card_is_given_back),
		TEST(a_look_is_written_down_only_where_it_is_news),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
