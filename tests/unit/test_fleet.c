/* The fleet: cards that come and go, joined with the inventory; which one is meant; and what looking costs. */
#include "tests/unit/fleet_help.h"

#include "tui/wizard/fleet_inside.h"

static void let_it_see(struct place *p, struct fleet *fl, unsigned want)
{
	unsigned seen = 0;

	for (unsigned i = 0; i < 100 && (seen & want) != want; i++) {
		struct job_event e;

		if (jobs_wait(p->jobs, 100, &e))
			seen |= fleet_event(fl, &e);
	}
	assert_int_equal(seen & want, want);
}

/* Reader names of the source, as fleet_find() sees them. */
static void plug(struct place *p, size_t i, bool in)
{
	struct reader *readers = NULL;
	struct fault f = { 0 };
	size_t n = 0;

	must(jobs_readers(p->jobs, &readers, &n, &f));
	must(p->source->ops->plug(p->source, readers[i].name, in, &f));
	free(readers);
}

static void two_cards_that_are_here_are_read(void **state)
{
	struct place *p = *state;
	CLEANUP(fleet_free_guard) struct fleet *fl = NULL;
	const struct fleet_device *d;
	struct fault f = { 0 };

	place_init(p, 0, 1, 0x10);
	fl = fleet_of(p, false);
	must(fleet_scan_all_wait(fl, FLEET_ALL, 20000, &f));
	assert_int_equal(fleet_count(fl), 2);
	assert_int_equal(fleet_count_here(fl), 2);
	d = fleet_by_serial(fl, place_serial(p, 0));
	assert_non_null(d);
	assert_int_equal(d->state, FLEET_HERE);
	assert_string_equal(d->label, "test");
	assert_true(d->simulated && d->initialised && d->listed);
	assert_int_equal(d->pin_tries, 3);
	assert_int_equal(d->so_pin_tries, 15);
	assert_int_equal(d->dkek_shares, 1);
	assert_int_equal(d->dkek_missing, 0);
	assert_int_equal(strlen(d->dkek_kcv), 16);
	assert_true(d->memory_free > 0);
	d = fleet_by_serial(fl, place_serial(p, 1));
	assert_non_null(d);
	assert_false(d->initialised);
}

static void objects_are_shown_from_the_card_and_when_it_is_gone_from_the_inventory(void **state)
{
	struct place *p = *state;
	CLEANUP(fleet_free_guard) struct fleet *fl = NULL;
	const struct fleet_object *o;
	const struct fleet_device *d;
	char serial[32];
	size_t n = 0;

	place_init(p, 0, 1, 0x10);
	place_make_key(p, 0, "rsa:2048", "an RSA key", "0b");
	place_make_key(p, 0, "ec:secp256r1", "an EC key", "0a");
	place_make_key(p, 0, "aes:256", "a secret key", "0c");
	snprintf(serial, sizeof(serial), "%s", place_serial(p, 0));
	jobs_free(p->jobs);
	place_start(p);
	fl = fleet_of(p, true);
	for (unsigned i = 0; i < 50 && (fleet_by_serial(fl, serial) == NULL || !fleet_by_serial(fl, serial)->listed);
	     i++)
		let_it_see(p, fl, FLEET_DEVICES);
	d = fleet_by_serial(fl, serial);
	assert_int_equal(d->keys, 3);
	assert_int_equal(d->keys_without_backup, 3);
	for (unsigned gone = 0; gone < 2; gone++) {
		o = fleet_objects(fl, d, &n);
		assert_int_equal(n, 3);
		assert_string_equal(o[0].label, "a secret key");
		assert_string_equal(o[0].kind, "AES 256");
		assert_int_equal(strlen(o[0].cmac), 32);
		assert_string_equal(o[1].label, "an EC key");
		assert_string_equal(o[1].kind, "P-256");
		assert_string_equal(o[1].curve, "secp256r1");
		assert_string_equal(o[1].id, "0a");
		assert_int_equal(strlen(o[1].spki_sha256), 64);
		assert_true((o[1].flags & FLEET_NO_BACKUP) != 0);
		assert_string_equal(o[2].kind, "RSA 2048");
		if (gone == 0) {
			plug(p, 0, false);
			let_it_see(p, fl, FLEET_DEVICES);
			d = fleet_by_serial(fl, serial);
			assert_non_null(d);
			assert_int_equal(d->state, FLEET_ABSENT);
			assert_string_equal(d->reader, "");
			assert_string_equal(d->label, "test");
			assert_int_equal(d->dkek_shares, 1);
		}
	}
	plug(p, 0, true);
	for (unsigned i = 0; i < 50 && fleet_by_serial(fl, serial)->state != FLEET_HERE; i++)
		let_it_see(p, fl, FLEET_DEVICES);
	/* Once, not twice. */
	assert_int_equal(fleet_count(fl), 2);
}

static void a_backup_shows_on_its_key(void **state)
{
	struct place *p = *state;
	CLEANUP(fleet_free_guard) struct fleet *fl = NULL;
	const struct fleet_object *o;
	const struct fleet_device *d;
	struct fault f = { 0 };
	size_t n = 0;

	place_init(p, 0, 1, 0x10);
	place_make_key(p, 0, "ec:secp256r1", "key", "0a");
	place_expect(p, "backup", 0, GIVEN({ "all", "1", 0 }, { "pin", PIN, 0 }), ST_OK);
	fl = fleet_of(p, false);
	must(fleet_scan_wait(fl, place_serial(p, 0), FLEET_ALL, 20000, &d, &f));
	o = fleet_objects(fl, d, &n);
	assert_int_equal(n, 1);
	assert_int_equal(o->backups, 1);
	assert_string_equal(o->proof, "matched");
	assert_int_equal(o->flags & FLEET_NO_BACKUP, 0);
	assert_int_equal(d->keys_without_backup, 0);
}

/* Nothing is written down, and still a key that shows no public key is the one whose backups are known. */
static void a_backup_shows_on_a_secret_key_where_the_inventory_is_for_looking_only(void **state)
{
	struct place *p = *state;
	CLEANUP(fleet_free_guard) struct fleet *fl = NULL;
	CLEANUP(store_close_guard) struct store *s = NULL;
	const struct fleet_object *o;
	const struct fleet_device *d;
	struct fault f = { 0 };
	size_t n = 0;

	place_init(p, 0, 1, 0x10);
	place_make_key(p, 0, "aes:128", "key", "0a");
	place_expect(p, "backup", 0, GIVEN({ "all", "1", 0 }, { "pin", PIN, 0 }), ST_OK);
	must(store_open(p->store_path, STORE_LOOK, &s, &f));
	must(fleet_new(p->jobs, s, false, &fl, &f));
	must(fleet_scan_wait(fl, place_serial(p, 0), FLEET_ALL, 20000, &d, &f));
	o = fleet_objects(fl, d, &n);
	assert_int_equal(n, 1);
	assert_int_equal(strlen(o->cmac), 32);
	assert_int_equal(o->backups, 1);
	assert_int_equal(d->keys_without_backup, 0);
}

static void which_device_is_meant(void **state)
{
	struct place *p = *state;
	CLEANUP(fleet_free_guard) struct fleet *fl = fleet_of(p, false);
	const struct fleet_device *d = NULL;
	struct fault f = { 0 };
	char a[32], b[32], part[8];

	place_init(p, 0, 1, 0x10);
	snprintf(a, sizeof(a), "%s", place_serial(p, 0));
	snprintf(b, sizeof(b), "%s", place_serial(p, 1));
	assert_int_equal(fleet_scan_wait(fl, NULL, FLEET_STATUS, 20000, &d, &f), ST_USAGE);
	must(fleet_scan_wait(fl, b, FLEET_STATUS, 20000, &d, &f));
	assert_string_equal(d->serial, b);
	must(fleet_scan_wait(fl, "test", FLEET_STATUS, 20000, &d, &f));
	assert_string_equal(d->serial, a);
	snprintf(part, sizeof(part), "%s", a + strlen(a) - 5);
	must(fleet_scan_wait(fl, part, FLEET_WHO, 20000, &d, &f));
	assert_string_equal(d->serial, a);
	assert_int_equal(fleet_scan_wait(fl, "Simulated", FLEET_STATUS, 20000, &d, &f), ST_USAGE);
	assert_non_null(strstr(f.what, a));
	assert_non_null(strstr(f.what, b));
	assert_int_equal(fleet_scan_wait(fl, "nobody", FLEET_STATUS, 20000, &d, &f), ST_NOT_FOUND);
	assert_non_null(strstr(f.what, a));
	plug(p, 1, false);
	for (unsigned i = 0; i < 50 && fleet_scan_wait(fl, NULL, FLEET_STATUS, 20000, &d, &f) == ST_USAGE; i++)
		usleep(20000);
	must(fleet_scan_wait(fl, "", FLEET_STATUS, 20000, &d, &f));
	assert_string_equal(d->serial, a);
	plug(p, 0, false);
	for (unsigned i = 0; i < 50 && fleet_scan_wait(fl, NULL, FLEET_STATUS, 20000, &d, &f) != ST_NO_CARD; i++)
		usleep(20000);
	assert_int_equal(fleet_scan_wait(fl, NULL, FLEET_STATUS, 20000, &d, &f), ST_NO_CARD);
	assert_int_equal(fleet_scan_wait(fl, a, FLEET_STATUS, 20000, &d, &f), ST_NO_CARD);
}

static void a_card_that_does_not_answer_is_shown_with_the_reason(void **state)
{
	struct place mute;
	const struct sim_options o = { .cards = 1, .fault = "mute", .no_sync = true };
	const struct fleet_device *d = NULL;
	struct fleet *fl;
	struct fault f = { 0 };

	(void)state;
	place_open_with(&mute, &o);
	fl = fleet_of(&mute, false);
	must(fleet_scan_all_wait(fl, FLEET_STATUS, 20000, &f));
	assert_int_equal(fleet_count_here(fl), 1);
	assert_int_equal(fleet_device(fl, 0)->state, FLEET_FAULTY);
	assert_true(strlen(fleet_device(fl, 0)->fault.what) > 20);
	assert_int_equal(fleet_scan_wait(fl, NULL, FLEET_STATUS, 20000, &d, &f), ST_CARD_ERROR);
	fleet_free(fl);
	place_close(&mute);
}

/* The one that is asked for by its name may be the one that does not say it. */
static void a_card_that_cannot_be_read_may_be_the_one_that_is_meant(void **state)
{
	struct place *p = *state;
	CLEANUP(fleet_free_guard) struct fleet *fl = fleet_of(p, false);
	const struct fleet_device *d = NULL;
	struct fault f = { 0 };

	must(fleet_scan_all_wait(fl, FLEET_STATUS, 20000, &f));
	assert_int_equal(fleet_find(fl, "DENK0300999", &d, &f), ST_NOT_FOUND);
	assert_null(strstr(f.what, "may be that one"));
	fl->e[0]->d.state = FLEET_FAULTY;
	fault_set(&fl->e[0]->d.fault, ST_CARD_ERROR, "It is ill.");
	assert_int_equal(fleet_find(fl, "DENK0300999", &d, &f), ST_NOT_FOUND);
	assert_non_null(strstr(f.what, "may be that one. It is ill."));
}

static void a_card_that_goes_while_it_is_read_stops_nothing(void **state)
{
	struct place *p = *state;
	struct fault f = { 0 };
	unsigned seen = 0;

	place_init(p, 0, 1, 0x10);
	place_make_key(p, 0, "ec:secp256r1", "key", "0a");
	for (unsigned at = 0; at < 12; at++) {
		CLEANUP(fleet_free_guard) struct fleet *fl = NULL;
		char drop[32];

		snprintf(drop, sizeof(drop), "drop@%u", at);
		jobs_free(p->jobs);
		place_start(p);
		fl = fleet_of(p, false);
		must(sim_card_set_fault(place_sim(p, 0), drop, &f));
		must(fleet_scan_all_wait(fl, FLEET_ALL, 20000, &f));
		/* The other one was read all the same. */
		assert_true(fleet_by_serial(fl, place_serial(p, 1)) != NULL &&
			    fleet_by_serial(fl, place_serial(p, 1))->listed);
		seen += fleet_by_serial(fl, place_serial(p, 0)) != NULL &&
			fleet_by_serial(fl, place_serial(p, 0))->state == FLEET_HERE;
		must(sim_card_set_fault(place_sim(p, 0), NULL, &f));
		sim_card_plug(place_sim(p, 0), false);
		sim_card_plug(place_sim(p, 0), true);
	}
	assert_in_range(seen, 1, 12);
}

static const struct fleet_attention *attention_about(struct fleet *fl, const char *serial, const char *procedure)
{
	size_t n;
	const struct fleet_attention *a = fleet_attention(fl, &n);

	for (size_t i = 0; i < n; i++) {
		if (strcmp(a[i].serial, serial) == 0 && a[i].procedure != NULL &&
		    strcmp(a[i].procedure, procedure) == 0)
			return &a[i];
	}
	return NULL;
}

static void what_needs_doing_is_named_most_urgent_first(void **state)
{
	struct place *p = *state;
	CLEANUP(fleet_free_guard) struct fleet *fl = NULL;
	const struct fleet_attention *all;
	struct store *other = NULL;
	struct fault f = { 0 };
	int64_t run;
	size_t n;

	place_init(p, 0, 1, 0x10);
	place_make_key(p, 0, "ec:secp256r1", "key", "0a");
	place_init_with(p, 1, 2, 1, 0x10, OPTION_UNBLOCK, PIN);
	for (unsigned i = 0; i < 2; i++)
		place_expect(p, "backup", 0, GIVEN({ "all", "1", 0 }, { "pin", "111111", 0 }), ST_PIN_WRONG);
	must(store_run_begin(p->store, "backup", place_serial(p, 0), NULL, NULL, 1, &run, &f));
	fl = fleet_of(p, false);
	must(fleet_scan_all_wait(fl, FLEET_ALL, 20000, &f));
	must(store_device_so_pin(p->store, place_serial(p, 0), true, &f));
	place_reload(p, fl);
	all = fleet_attention(fl, &n);
	assert_true(n >= 5);
	assert_string_equal(all[0].procedure, "so-pin change");
	assert_int_equal(all[1].run, run);
	for (size_t i = 1; i < n; i++)
		assert_true(all[i - 1].urgency <= all[i].urgency);
	assert_non_null(attention_about(fl, place_serial(p, 0), "backup"));
	assert_non_null(attention_about(fl, place_serial(p, 0), "so-pin change"));
	assert_non_null(attention_about(fl, place_serial(p, 0), "pin unblock"));
	/* What was interrupted sets the SO-PIN itself, and comes first. */
	must(store_run_begin(p->store, "init", place_serial(p, 0), NULL, NULL, 2, &run, &f));
	place_reload(p, fl);
	all = fleet_attention(fl, &n);
	assert_int_equal(all[0].run, run);
	assert_null(attention_about(fl, place_serial(p, 0), "so-pin change"));
	assert_int_equal(attention_about(fl, place_serial(p, 1), "share import")->urgency, FLEET_DANGER);
	/* While another program is at it, it was not interrupted. */
	must(store_open(p->store_path, 0, &other, &f));
	must(store_run_hold(other, run, &f));
	place_reload(p, fl);
	all = fleet_attention(fl, &n);
	for (size_t i = 0; i < n; i++)
		assert_int_not_equal(all[i].run, run);
	store_close(other);
	place_reload(p, fl);
	assert_int_equal(fleet_attention(fl, &n)[0].run, run);
}

static void a_card_with_many_keys_is_shown_whole(void **state)
{
	struct place *p = *state;
	CLEANUP(card_close_guard) struct card *c = NULL;
	CLEANUP(fleet_free_guard) struct fleet *fl = NULL;
	const struct keygen_params params = { .algorithm = KEY_AES, .bits = 128, .domain = KEY_NO_DOMAIN };
	SECRET *pin = secret_new(16);
	CARD_SESSION *held = NULL;
	const struct fleet_device *d;
	struct fault f = { 0 };
	size_t n = 0;

	place_init(p, 0, 1, 0x10);
	c = place_card(p, 0);
	assert_true(secret_set(pin, PIN, strlen(PIN)));
	must(card_begin(c, &held, &f));
	must(card_login(c, pin, &f));
	for (unsigned ref = 1; ref <= 140; ref++)
		must(card_generate(c, (uint8_t)ref, &params, NULL, NULL, &f));
	card_end(held);
	held = NULL;
	fl = fleet_of(p, false);
	must(fleet_scan_wait(fl, place_serial(p, 0), FLEET_ALL, 60000, &d, &f));
	assert_int_equal(d->keys, 140);
	assert_non_null(fleet_objects(fl, d, &n));
	assert_int_equal(n, 140);
	assert_true((fleet_objects(fl, d, &n)[0].flags & FLEET_NOT_DESCRIBED) != 0);
}

static void without_an_inventory_the_card_is_shown_all_the_same(void **state)
{
	struct place *p = *state;
	CLEANUP(fleet_free_guard) struct fleet *fl = NULL;
	struct jobs_config config;
	const struct fleet_device *d;
	struct fault f = { 0 };
	size_t n = 0;

	place_init(p, 0, 1, 0x10);
	place_make_key(p, 0, "ec:secp256r1", "key", "0a");
	jobs_free(p->jobs);
	p->jobs = NULL;
	wizard_jobs_config(NULL, p->source, &config);
	must(jobs_new(&config, &p->jobs, &f));
	must(fleet_new(p->jobs, NULL, false, &fl, &f));
	must(fleet_scan_wait(fl, place_serial(p, 0), FLEET_ALL, 20000, &d, &f));
	assert_int_equal(d->keys, 1);
	assert_non_null(fleet_objects(fl, d, &n));
	assert_int_equal(n, 1);
}

/* As a command looks: its cards' threads have no inventory, and what they saw is written down from here. */
static void what_is_looked_at_once_is_written_down_by_the_fleet(void **state)
{
	struct place *p = *state;
	const struct object_filter filter = { .device = place_serial(p, 0) };
	CLEANUP(fleet_free_guard) struct fleet *fl = NULL;
	const struct fleet_device *d;
	struct object_row *rows = NULL;
	struct jobs_config config;
	struct fault f = { 0 };
	size_t n = 0;

	place_init(p, 0, 1, 0x10);
	place_make_key(p, 0, "ec:secp256r1", "key", "0a");
	must(store_device_forget(p->store, place_serial(p, 0), &f));
	jobs_free(p->jobs);
	p->jobs = NULL;
	wizard_jobs_config(NULL, p->source, &config);
	config.once = true;
	must(jobs_new(&config, &p->jobs, &f));
	fl = fleet_of(p, false);
	must(fleet_scan_wait(fl, place_serial(p, 0), FLEET_ALL, 20000, &d, &f));
	assert_int_equal(d->keys, 1);
	must(store_objects(p->store, &filter, &rows, &n, &f));
	assert_int_equal(n, 1);
	assert_int_equal(rows[0].key.len, STORE_SPKI_LEN);
	free(rows);
	assert_non_null(fleet_objects(fl, d, &n));
	assert_int_equal(n, 1);
}

static void what_nothing_describes_is_shown_as_what_it_is(void **state)
{
	struct place *p = *state;
	CLEANUP(fleet_free_guard) struct fleet *fl = NULL;
	CLEANUP(card_close_guard) struct card *c = NULL;
	const struct fleet_object *o;
	const struct fleet_device *d;
	SECRET *pin = secret_new(16);
	CARD_SESSION *held = NULL;
	struct fault f = { 0 };
	size_t n = 0;

	place_init(p, 0, 1, 0x10);
	c = place_card(p, 0);
	assert_true(secret_set(pin, PIN, strlen(PIN)));
	must(card_begin(c, &held, &f));
	must(card_login(c, pin, &f));
	must(card_write_file(c, 0xcd55, cur_of("alone", 5), WRITE_NEW, &f));
	must(card_write_file(c, 0xca01, cur_of("no certificate", 14), WRITE_NEW, &f));
	card_end(held);
	held = NULL;
	fl = fleet_of(p, false);
	must(fleet_scan_wait(fl, place_serial(p, 0), FLEET_ALL, 20000, &d, &f));
	o = fleet_objects(fl, d, &n);
	assert_int_equal(n, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_true((o[i].flags & FLEET_ORPHAN) != 0);
		assert_int_equal(o[i].type, o[i].fid == 0xcd55 ? FLEET_DATA : FLEET_CERTIFICATE);
		assert_int_equal(o[i].size, o[i].fid == 0xcd55 ? 5 : 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(two_cards_that_are_here_are_read),
		TEST(objects_are_shown_from_the_card_and_when_it_is_gone_from_the_inventory), TEST(a_backup_shows_on_its_key),
		TEST(a_backup_shows_on_a_secret_key_where_the_inventory_is_for_looking_only),
		TEST(which_device_is_meant), TEST(a_card_that_does_not_answer_is_shown_with_the_reason),
		TEST(a_card_that_cannot_be_read_may_be_the_one_that_is_meant),
		TEST(a_card_that_goes_while_it_is_read_stops_nothing), TEST(what_needs_doing_is_named_most_urgent_first),
		TEST(a_card_with_many_keys_is_shown_whole), TEST(without_an_inventory_the_card_is_shown_all_the_same),
		TEST(what_nothing_describes_is_shown_as_what_it_is),
		TEST(what_is_looked_at_once_is_written_down_by_the_fleet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
