/* pin change, pin unblock and so-pin change: no try is spent that need not be, and none twice. */
#include "tests/unit/procs_help.h"
#include "tui/wizard/session.h"

#define NEW_PIN "87654321"
#define NEW_SO "00112233445566EE"

static struct pin_status status_of(struct place *p, enum pin_which which)
{
	CLEANUP(card_close_guard) struct card *c = place_card(p, 0);
	CARD_SESSION *held = NULL;
	struct pin_status s;
	struct fault f = { 0 };

	must(card_begin(c, &held, &f));
	must(card_pin_status(c, which, &s, &f));
	return s;
}

static bool takes(struct place *p, const char *text)
{
	CLEANUP(card_close_guard) struct card *c = place_card(p, 0);
	CARD_SESSION *held = NULL;
	SECRET *pin = secret_new(16);
	struct fault f = { 0 };

	assert_true(secret_set(pin, text, strlen(text)));
	must(card_begin(c, &held, &f));
	return card_login(c, pin, &f) == ST_OK;
}

static const struct given *change(const char *old, const char *fresh)
{
	static struct given g[3];

	g[0] = (struct given){ "pin", old, 0 };
	g[1] = (struct given){ "new-pin", fresh, 0 };
	g[2] = (struct given){ NULL, NULL, 0 };
	return g;
}

static const struct given *unblock(const char *so, const char *fresh)
{
	static struct given g[3];

	g[0] = (struct given){ "so-pin", so, 0 };
	g[1] = (struct given){ fresh != NULL ? "new-pin" : NULL, fresh, 0 };
	g[2] = (struct given){ NULL, NULL, 0 };
	return g;
}

static const struct given *change_so(const char *so, const char *fresh)
{
	static struct given g[3];

	g[0] = (struct given){ "so-pin", so, 0 };
	g[1] = (struct given){ "new-so-pin", fresh, 0 };
	g[2] = (struct given){ NULL, NULL, 0 };
	return g;
}

static void the_new_pin_is_taken_and_the_old_one_is_not(void **state)
{
	struct place *p = *state;

	place_init(p, 0, 1, 0x10);
	place_expect(p, "pin change", 0, change(PIN, NEW_PIN), ST_OK);
	assert_true(takes(p, NEW_PIN));
	assert_false(takes(p, PIN));
}

static void the_wrong_form_never_reaches_the_card(void **state)
{
	static const struct {
		const char *procedure, *first, *a, *second, *b;
		enum status st;
	} bad[] = {
		{ "pin change", "pin", PIN, "new-pin", "12345", ST_BAD_FORM },
		{ "pin change", "pin", "12345", "new-pin", NEW_PIN, ST_BAD_FORM },
		{ "pin change", "pin", PIN, "new-pin", "", ST_NEED_SECRET },
		{ "pin unblock", "so-pin", "353736323138383", "new-pin", NEW_PIN, ST_BAD_FORM },
		{ "pin unblock", "so-pin", "57621880", "new-pin", NEW_PIN, ST_BAD_FORM },
		{ "pin unblock", "so-pin", "35373632313838ZZ", "new-pin", NEW_PIN, ST_BAD_FORM },
		{ "pin unblock", "so-pin", FACTORY_SO, "new-pin", "123", ST_BAD_FORM },
		{ "so-pin change", "so-pin", FACTORY_SO, "new-so-pin", "1234", ST_BAD_FORM },
		{ "so-pin change", "so-pin", FACTORY_SO, "new-so-pin", FACTORY_SO, ST_REFUSED },
		{ "so-pin change", "so-pin", "", "new-so-pin", NEW_SO, ST_NEED_SECRET },
	};
	struct place *p = *state;

	place_init(p, 0, 1, 0x10);
	for (size_t i = 0; i < N(bad); i++) {
		const unsigned long before = sim_card_apdus(place_sim(p, 0));
		struct fault f = { 0 };
		enum status st =
			place_do(p, bad[i].procedure, 0,
				 GIVEN({ bad[i].first, bad[i].a, 0 }, { bad[i].second, bad[i].b, 0 }), NULL, &f);

		if (st != bad[i].st)
			fail_msg("row %zu: %s: %s", i, status_name(st), f.what);
		assert_int_equal(sim_card_apdus(place_sim(p, 0)), before);
	}
	assert_int_equal(status_of(p, PIN_USER).tries, 3);
	assert_int_equal(status_of(p, PIN_SO).tries, 15);
}

static void a_wrong_old_pin_costs_one_try_and_is_named(void **state)
{
	struct place *p = *state;
	struct fault f = { 0 };

	place_init(p, 0, 1, 0x10);
	assert_int_equal(place_do(p, "pin change", 0, change("000000", NEW_PIN), NULL, &f), ST_PIN_WRONG);
	assert_int_equal(f.tries_left, 2);
	assert_int_equal(status_of(p, PIN_USER).tries, 2);
	assert_true(takes(p, PIN));
	/* What was typed too much does not become the beginning of the new one. */
	place_expect(p, "pin change", 0, change(PIN "99", NEW_PIN), ST_PIN_WRONG);
	assert_true(takes(p, PIN));
}

static void block(struct place *p)
{
	assert_false(takes(p, "000000"));
	assert_false(takes(p, "000000"));
	assert_false(takes(p, "000000"));
	assert_int_equal(status_of(p, PIN_USER).state, PIN_BLOCKED);
}

static void the_last_try_is_not_spent_without_a_word(void **state)
{
	struct place *p = *state;

	place_init(p, 0, 1, 0x10);
	assert_false(takes(p, "000000"));
	assert_false(takes(p, "000000"));
	place_expect(p, "pin change", 0, change(PIN, NEW_PIN), ST_REFUSED);
	assert_int_equal(status_of(p, PIN_USER).tries, 1);
	p->env.confirm = place_serial(p, 0);
	place_expect(p, "pin change", 0, change(PIN, NEW_PIN), ST_OK);
	assert_true(takes(p, NEW_PIN));
}

static void a_blocked_pin_is_unblocked_with_a_new_one(void **state)
{
	struct place *p = *state;

	place_init(p, 0, 1, 0x10);
	block(p);
	place_expect(p, "pin change", 0, change(PIN, NEW_PIN), ST_PIN_BLOCKED);
	place_expect(p, "pin unblock", 0, unblock(FACTORY_SO, NULL), ST_NEED_SECRET);
	place_expect(p, "pin unblock", 0, unblock(FACTORY_SO, NEW_PIN), ST_OK);
	assert_true(takes(p, NEW_PIN));
}

static void a_device_that_only_resets_keeps_its_pin(void **state)
{
	struct place *p = *state;

	place_init_with(p, 0, 1, 0, 0x10, OPTION_UNBLOCK | OPTION_RESET_ONLY, PIN);
	block(p);
	place_expect(p, "pin unblock", 0, unblock(FACTORY_SO, NEW_PIN), ST_NOT_ALLOWED);
	assert_int_equal(sim_card_apdus_of(place_sim(p, 0), 0x2c), 0);
	place_expect(p, "pin unblock", 0, unblock(FACTORY_SO, NULL), ST_OK);
	assert_true(takes(p, PIN));
}

static void a_device_that_was_made_without_unblocking_says_so(void **state)
{
	struct place *p = *state;

	place_init_with(p, 0, 1, 0, 0x10, 0, PIN);
	block(p);
	place_expect(p, "pin unblock", 0, unblock(FACTORY_SO, NEW_PIN), ST_NOT_ALLOWED);
	assert_int_equal(sim_card_apdus_of(place_sim(p, 0), 0x2c), 0);
	assert_int_equal(status_of(p, PIN_SO).tries, 15);
}

static void a_wrong_so_pin_costs_one_of_its_tries_and_is_named(void **state)
{
	struct place *p = *state;
	struct fault f = { 0 };

	place_init(p, 0, 1, 0x10);
	assert_int_equal(place_do(p, "pin unblock", 0, unblock(NEW_SO, NEW_PIN), NULL, &f), ST_SO_PIN_WRONG);
	assert_int_equal(f.tries_left, 14);
	assert_int_equal(place_do(p, "so-pin change", 0, change_so(NEW_SO, NEW_SO), NULL, &f), ST_SO_PIN_WRONG);
	assert_int_equal(status_of(p, PIN_SO).tries, 13);
}

/* It says that it took a wrong SO-PIN; its counter says otherwise. */
static void an_so_pin_is_not_changed_where_a_try_was_counted(void **state)
{
	struct place *p = *state;

	place_init(p, 0, 1, 0x10);
	assert_int_equal(sim_card_set_fault(place_sim(p, 0), "says:24=9000", NULL), ST_OK);
	place_expect(p, "so-pin change", 0, change_so(NEW_SO, NEW_SO), ST_MISMATCH);
	assert_int_equal(status_of(p, PIN_SO).tries, 14);
}

static void the_last_five_tries_of_the_so_pin_need_a_confirmation(void **state)
{
	struct place *p = *state;

	place_init(p, 0, 1, 0x10);
	for (unsigned i = 0; i < 10; i++)
		place_expect(p, "so-pin change", 0, change_so(NEW_SO, NEW_SO), ST_SO_PIN_WRONG);
	assert_int_equal(status_of(p, PIN_SO).tries, 5);
	place_expect(p, "so-pin change", 0, change_so(FACTORY_SO, NEW_SO), ST_REFUSED);
	place_expect(p, "pin unblock", 0, unblock(FACTORY_SO, NEW_PIN), ST_REFUSED);
	assert_int_equal(status_of(p, PIN_SO).tries, 5);
	p->env.confirm = place_serial(p, 0);
	for (unsigned i = 0; i < 4; i++)
		place_expect(p, "so-pin change", 0, change_so(NEW_SO, NEW_SO), ST_SO_PIN_WRONG);
	place_expect(p, "so-pin change", 0, change_so(NEW_SO, NEW_SO), ST_SO_PIN_BLOCKED);
	place_expect(p, "so-pin change", 0, change_so(FACTORY_SO, NEW_SO), ST_SO_PIN_BLOCKED);
	assert_int_equal(sim_card_apdus_of(place_sim(p, 0), 0x24), 15);
	/* The user PIN works on. */
	assert_true(takes(p, PIN));
}

/* Somebody else spent the others while the person was asked; the review did not say that it is the last. */
static void a_try_that_became_the_last_one_is_not_spent_either(void **state)
{
	struct place *p = *state;
	struct run *r;
	struct fault f = { 0 };
	PROSE said = { 0 };

	place_init(p, 0, 1, 0x10);
	p->env.script = false;
	r = place_run_new(p, "pin change", 0, change("000000", NEW_PIN));
	assert_null(run_procedure(r)->confirm(r));
	session_tell_last(run_procedure(r), r, &said);
	assert_int_equal(said.n, 0);
	assert_false(takes(p, "000001"));
	assert_false(takes(p, "000001"));
	assert_int_equal(place_go(p, r, &f), ST_REFUSED);
	assert_int_equal(status_of(p, PIN_USER).tries, 1);

	/* Begun anew it is asked for, and then it is the person's to spend. */
	must(run_retry(r, &f));
	run_wait(r, NULL, NULL);
	assert_string_equal(run_procedure(r)->confirm(r), place_serial(p, 0));
	session_tell_last(run_procedure(r), r, &said);   /* as the review says */
	assert_int_equal(said.n, 1);
	assert_non_null(strstr(said.p[0].text, "This is the last try"));
	run_confirm(r);
	assert_int_equal(place_go(p, r, &f), ST_PIN_BLOCKED);
	run_free(r);
}

static void a_changed_so_pin_works_and_the_old_one_does_not(void **state)
{
	struct place *p = *state;
	struct device_row row;
	struct fault f = { 0 };

	place_init(p, 0, 1, 0x10);
	place_expect(p, "so-pin change", 0, change_so(FACTORY_SO, NEW_SO), ST_OK);
	place_expect(p, "pin unblock", 0, unblock(FACTORY_SO, NEW_PIN), ST_SO_PIN_WRONG);
	place_expect(p, "pin unblock", 0, unblock("00112233445566ee", NEW_PIN), ST_OK);
	must(store_device_get(p->store, place_serial(p, 0), &row, &f));
	assert_int_equal(row.factory_so_pin, 0);
}

static void a_rehearsal_may_keep_the_factory_so_pin(void **state)
{
	struct place *p = *state;
	struct device_row row;
	struct run *r;
	struct fault f = { 0 };
	PROSE said = { 0 };

	place_init(p, 0, 1, 0x10);
	p->env.rehearsal = true;
	place_expect(p, "so-pin change", 0, change_so(FACTORY_SO, FACTORY_SO), ST_OK);
	must(store_device_get(p->store, place_serial(p, 0), &row, &f));
	assert_int_equal(row.factory_so_pin, 1);
	/* Whoever is to change it is told what it is. */
	p->env.script = false;
	r = place_run_new(p, "so-pin change", 0, change_so(FACTORY_SO, NEW_SO));
	run_page(r, NULL)->text(r, 0, &said);
	assert_non_null(strstr(said.p[said.n - 1].text, FACTORY_SO));
	run_free(r);
}

static void initialise(struct place *p, const char *user_pin, uint8_t tries, unsigned options)
{
	CLEANUP(card_close_guard) struct card *c = place_card(p, 0);
	SECRET *pin = secret_new(16), *so = secret_new(8);
	const struct init_params init = { .so = so, .pin = pin, .tries = tries, .options = options, .dkek_shares = INIT_NO_DKEK };
	CARD_SESSION *held = NULL;
	struct fault f = { 0 };

	assert_true(secret_set(pin, user_pin, strlen(user_pin)) && pin_so_factory(so));
	must(card_begin(c, &held, &f));
	must(card_initialise(c, &init, &f));
}

static void a_transport_pin_is_resolved_by_changing_it(void **state)
{
	struct place *p = *state;

	place_init_with(p, 0, 1, 0, 0x10, OPTION_UNBLOCK, PIN);
	initialise(p, PIN, 3, OPTION_UNBLOCK | OPTION_TRANSPORT_PIN);
	assert_int_equal(status_of(p, PIN_USER).state, PIN_TRANSPORT);
	place_expect(p, "key new", 0, GIVEN({ "type", "ec:secp256r1", 0 }, { "label", "l", 0 }, { "pin", PIN, 0 }),
		     ST_TRANSPORT_PIN);
	place_expect(p, "pin change", 0, change(PIN, NEW_PIN), ST_OK);
	assert_true(takes(p, NEW_PIN));
}

static void old_firmware_keeps_its_so_pin_and_the_length_of_its_pin(void **state)
{
	static const struct { const char *firmware; enum status so, longer; } rows[] = {
		{ "1.0", ST_UNSUPPORTED, ST_BAD_FORM }, { "1.2", ST_OK, ST_BAD_FORM }, { "2.0", ST_OK, ST_OK },
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct place old;
		unsigned long sent;

		place_open(&old, 1, rows[i].firmware);
		place_init(&old, 0, 1, 0x10);
		place_expect(&old, "so-pin change", 0, change_so(FACTORY_SO, NEW_SO), rows[i].so);
		sent = sim_card_apdus_of(place_sim(&old, 0), 0x24);
		assert_int_equal(sent, rows[i].so == ST_OK);
		place_expect(&old, "pin change", 0, change(PIN, NEW_PIN), rows[i].longer);
		assert_int_equal(sim_card_apdus_of(place_sim(&old, 0), 0x24), sent + (rows[i].longer == ST_OK));
		place_expect(&old, "pin change", 0, change(rows[i].longer == ST_OK ? NEW_PIN : PIN, "112233"), ST_OK);
		place_close(&old);
	}
}

static void what_was_done_is_in_the_journal_without_a_secret(void **state)
{
	static const char *const want[] = { "pin.changed", "so-pin.changed", "pin.unblocked" };
	struct journal_filter filter = { .oldest_first = true };
	struct journal_row *rows = NULL;
	struct place *p = *state;
	struct fault f = { 0 };
	size_t n = 0;

	place_init(p, 0, 1, 0x10);
	place_expect(p, "pin change", 0, change(PIN, NEW_PIN), ST_OK);
	place_expect(p, "so-pin change", 0, change_so(FACTORY_SO, NEW_SO), ST_OK);
	place_expect(p, "pin unblock", 0, unblock(NEW_SO, PIN), ST_OK);
	must(store_journal_list(p->store, &filter, &rows, &n, &f));
	assert_int_equal(n, N(want));
	for (size_t i = 0; i < n; i++) {
		assert_string_equal(rows[i].what, want[i]);
		assert_null(strstr(rows[i].text, NEW_PIN));
		assert_null(strstr(rows[i].text, NEW_SO));
	}
	free(rows);
}

static void a_card_that_goes_leaves_one_of_the_two_pins(void **state)
{
	struct place *p = *state;

	for (unsigned at = 0; at < 7; at++) {
		for (unsigned lost = 0; lost < 2; lost++) {
			struct fault f = { 0 };
			char spec[32];
			enum status st;

			place_init(p, 0, 1, 0x10);
			snprintf(spec, sizeof(spec), lost ? "lost@%u" : "drop@%u", at + lost);
			must(sim_card_set_fault(place_sim(p, 0), spec, &f));
			st = place_do(p, "pin change", 0, change(PIN, NEW_PIN), NULL, &f);
			must(sim_card_set_fault(place_sim(p, 0), NULL, &(struct fault){ 0 }));
			sim_card_plug(place_sim(p, 0), false);
			sim_card_plug(place_sim(p, 0), true);
			if (st == ST_OK)
				assert_true(takes(p, NEW_PIN));
			else if (takes(p, NEW_PIN))
				assert_int_equal(st, ST_HALFWAY);   /* not: gone before anything was changed */
			else
				assert_true(takes(p, PIN));
			assert_true(status_of(p, PIN_USER).tries >= 2);
		}
	}
}

/* One of the two is the SO-PIN now; finding out which may spend a try. */
static bool unblocks(struct place *p, const char *so)
{
	struct fault f = { 0 };

	return place_do(p, "pin unblock", 0, unblock(so, PIN), NULL, &f) == ST_OK;
}

static void a_card_that_goes_leaves_one_of_the_two_so_pins(void **state)
{
	for (unsigned at = 0; at < 8; at++) {
		for (unsigned lost = 0; lost < 2; lost++) {
			struct place *p;
			struct fault f = { 0 };
			char spec[32];
			enum status st;

			assert_int_equal(teardown(state), 0);
			assert_int_equal(setup(state), 0);
			p = *state;
			place_init(p, 0, 1, 0x10);
			snprintf(spec, sizeof(spec), lost ? "lost@%u" : "drop@%u", at + lost);
			must(sim_card_set_fault(place_sim(p, 0), spec, &f));
			st = place_do(p, "so-pin change", 0, change_so(FACTORY_SO, NEW_SO), NULL, &f);
			must(sim_card_set_fault(place_sim(p, 0), NULL, &(struct fault){ 0 }));
			sim_card_plug(place_sim(p, 0), false);
			sim_card_plug(place_sim(p, 0), true);
			jobs_free(p->jobs);
			place_start(p);
			/* Nothing was tried twice. */
			assert_int_equal(status_of(p, PIN_SO).tries, 15);
			if (st == ST_OK)
				assert_true(unblocks(p, NEW_SO));
			else
				assert_true(unblocks(p, FACTORY_SO) || unblocks(p, NEW_SO));
		}
	}
}

static void a_card_that_goes_leaves_a_pin_blocked_or_unblocked(void **state)
{
	for (unsigned at = 0; at < 6; at++) {
		for (unsigned lost = 0; lost < 2; lost++) {
			struct place *p;
			struct fault f = { 0 };
			char spec[32];
			enum status st;

			assert_int_equal(teardown(state), 0);
			assert_int_equal(setup(state), 0);
			p = *state;
			place_init(p, 0, 1, 0x10);
			block(p);
			snprintf(spec, sizeof(spec), lost ? "lost@%u" : "drop@%u", at + lost);
			must(sim_card_set_fault(place_sim(p, 0), spec, &f));
			st = place_do(p, "pin unblock", 0, unblock(FACTORY_SO, NEW_PIN), NULL, &f);
			must(sim_card_set_fault(place_sim(p, 0), NULL, &(struct fault){ 0 }));
			sim_card_plug(place_sim(p, 0), false);
			sim_card_plug(place_sim(p, 0), true);
			jobs_free(p->jobs);
			place_start(p);
			assert_int_equal(status_of(p, PIN_SO).tries, 15);
			if (st == ST_OK || status_of(p, PIN_USER).state != PIN_BLOCKED) {
				assert_true(st == ST_OK || st == ST_HALFWAY);   /* not: gone before anything was changed */
				assert_true(takes(p, NEW_PIN));
				assert_int_equal(status_of(p, PIN_USER).tries, 3);
			} else {
				place_expect(p, "pin unblock", 0, unblock(FACTORY_SO, NEW_PIN), ST_OK);
				assert_true(takes(p, NEW_PIN));
			}
		}
	}
}

/* The device would refuse it, after the old one was sent. */
static void a_new_pin_is_long_enough_for_its_tries(void **state)
{
	struct place *p = *state;

	initialise(p, NEW_PIN, 10, 0);
	place_expect(p, "pin change", 0, change(NEW_PIN, PIN), ST_BAD_FORM);
	assert_int_equal(sim_card_apdus_of(place_sim(p, 0), 0x24), 0);
	assert_true(takes(p, NEW_PIN));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_new_pin_is_long_enough_for_its_tries),
		TEST(the_new_pin_is_taken_and_the_old_one_is_not),
		TEST(the_wrong_form_never_reaches_the_card),
		TEST(a_wrong_old_pin_costs_one_try_and_is_named),
		TEST(the_last_try_is_not_spent_without_a_word),
		TEST(a_blocked_pin_is_unblocked_with_a_new_one),
		TEST(a_device_that_only_resets_keeps_its_pin),
		TEST(a_device_that_was_made_without_unblocking_says_so),
		TEST(a_wrong_so_pin_costs_one_of_its_tries_and_is_named),
		TEST(an_so_pin_is_not_changed_where_a_try_was_counted),
		TEST(the_last_five_tries_of_the_so_pin_need_a_confirmation),
		TEST(a_try_that_became_the_last_one_is_not_spent_either),
		TEST(a_changed_so_pin_works_and_the_old_one_does_not),
		TEST(a_rehearsal_may_keep_the_factory_so_pin),
		TEST(a_transport_pin_is_resolved_by_changing_it),
		TEST(old_firmware_keeps_its_so_pin_and_the_length_of_its_pin),
		TEST(what_was_done_is_in_the_journal_without_a_secret),
		TEST(a_card_that_goes_leaves_one_of_the_two_pins),
		TEST(a_card_that_goes_leaves_one_of_the_two_so_pins),
		TEST(a_card_that_goes_leaves_a_pin_blocked_or_unblocked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
