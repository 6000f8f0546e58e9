/* engine/card: another program's transaction, which pcsc-lite would wait for without end. */
#include "tests/unit/fake_pcscd.h"

#include "engine/card/pcsc_wait.h"

#define SHORT_MS 100
#define LONG_MS 60000

static struct source *source_of(int patience_ms)
{
	struct source *s = NULL;

	assert_int_equal(pcsc_source_open_over(&calls, patience_ms, &s, NULL), ST_OK);
	return s;
}

static enum reader_state state_of(struct source *s, size_t i)
{
	struct reader *r = NULL;
	enum reader_state state;
	size_t n = 0;

	assert_int_equal(s->ops->list(s, &r, &n, NULL), ST_OK);
	assert_true(i < n);
	state = r[i].state;
	free(r);
	return state;
}

/* The source says so by itself, as a watcher hears it. */
static void until_free(struct source *s)
{
	int64_t until = clock_ms() + 5000;

	d.others = false;
	while (state_of(s, 0) != READER_CARD && clock_ms() < until)
		assert_int_equal(s->ops->wait(s, 1000, NULL), ST_OK);
	assert_int_equal(state_of(s, 0), READER_CARD);
}

static void connecting_is_given_up_and_what_was_left_behind_is_given_back(void **state)
{
	struct source *s = source_of(SHORT_MS);
	struct transport *t = NULL;
	struct fault f = { 0 };
	int64_t before = clock_ms();

	(void)state;
	d.others = true;
	assert_int_equal(state_of(s, 0), READER_CARD);
	assert_int_equal(s->ops->open(s, "Reader A", &t, &f), ST_READER_BUSY);
	assert_true(clock_ms() - before >= SHORT_MS && clock_ms() - before < 20 * SHORT_MS);
	assert_null(t);
	assert_non_null(strstr(f.what, "Another program"));
	assert_int_equal(state_of(s, 0), READER_IN_USE);
	assert_int_equal(state_of(s, 1), READER_CARD);
	/* However often one tries, one thread waits in pcsc-lite. */
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(s->ops->open(s, "Reader A", &t, &f), ST_READER_BUSY);
	assert_int_equal(d.held_up, 1);
	until_free(s);
	assert_int_equal(d.disconnects, 1);
	assert_int_equal(s->ops->open(s, "Reader A", &t, &f), ST_OK);
	t->ops->close(t);
	s->ops->close(s);
	assert_int_equal(d.disconnects, 2);
	assert_int_equal(d.releases, d.establishes);
}

static void a_transaction_is_given_up_and_none_is_left_open(void **state)
{
	struct source *s = source_of(SHORT_MS);
	struct transport *t = NULL;
	uint8_t rsp[16], cmd[] = { 0, 0x20, 0, 0x81 };
	size_t n = sizeof(rsp);
	struct fault f = { 0 };

	(void)state;
	assert_int_equal(s->ops->open(s, "Reader A", &t, &f), ST_OK);
	assert_int_equal(t->ops->begin(t, &f), ST_OK);
	t->ops->end(t);
	assert_int_equal(d.ends, 1);
	d.others = true;
	assert_int_equal(t->ops->begin(t, &f), ST_READER_BUSY);
	/* The connection is not ours any more: nothing goes through it. */
	assert_int_equal(t->ops->transmit(t, cmd, sizeof(cmd), rsp, &n, &f), ST_CARD_GONE);
	assert_int_equal(t->ops->begin(t, &f), ST_READER_BUSY);
	assert_int_equal(t->ops->reset(t, &f), ST_READER_BUSY);
	t->ops->end(t);
	t->ops->close(t);
	assert_int_equal(d.transmits, 0);
	assert_int_equal(d.ends, 1);
	until_free(s);
	assert_int_equal(d.ends, 2);
	assert_int_equal(d.releases, d.establishes - 1);   /* the source's own */
	s->ops->close(s);
}

static void *give_up_soon(void *source)
{
	struct source *s = source;

	while (d.held_up == 0)
		clock_sleep_ms(1);
	s->ops->give_up(s, "Reader B");
	clock_sleep_ms(20);
	s->ops->give_up(s, "Reader A");
	return NULL;
}

static void somebody_who_waits_can_be_told_to_give_up(void **state)
{
	struct source *s = source_of(LONG_MS);
	struct transport *t = NULL;
	int64_t before = clock_ms();
	pthread_t thread;

	(void)state;
	d.others = true;
	assert_int_equal(pthread_create(&thread, NULL, give_up_soon, s), 0);
	assert_int_equal(s->ops->open(s, "Reader A", &t, NULL), ST_READER_BUSY);
	pthread_join(thread, NULL);
	assert_in_range(clock_ms() - before, 20, 5000);
	until_free(s);
	s->ops->close(s);
}

static void *let_go_later(void *ms)
{
	clock_sleep_ms(*(int *)ms);
	d.others = false;
	return NULL;
}

static void who_waits_longer_than_a_moment_makes_the_reader_one_in_use(void **state)
{
	struct source *s = source_of(LONG_MS);
	struct transport *t = NULL;
	int ms = 2 * PCSC_BUSY_MS;
	unsigned waits;
	pthread_t thread;

	(void)state;
	assert_int_equal(state_of(s, 0), READER_CARD);
	d.others = true;
	assert_int_equal(pthread_create(&thread, NULL, let_go_later, &ms), 0);
	waits = d.cancels;
	assert_int_equal(s->ops->open(s, "Reader A", &t, NULL), ST_OK);
	pthread_join(thread, NULL);
	/* Told when it came in use, and when it was free again. */
	assert_int_equal(d.cancels - waits, 2);
	assert_int_equal(state_of(s, 0), READER_CARD);
	t->ops->close(t);
	s->ops->close(s);
}

static void the_source_may_go_before_who_waits(void **state)
{
	struct source *s = source_of(SHORT_MS);
	struct transport *t = NULL;
	int64_t until = clock_ms() + 5000;

	(void)state;
	d.others = true;
	assert_int_equal(s->ops->open(s, "Reader A", &t, NULL), ST_READER_BUSY);
	s->ops->close(s);
	d.others = false;
	while (d.held_up > 0 && clock_ms() < until)
		clock_sleep_ms(2);
	clock_sleep_ms(50);
	assert_int_equal(d.releases, d.establishes);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup(fn, a_daemon_that_works)
	static const struct CMUnitTest tests[] = {
		TEST(connecting_is_given_up_and_what_was_left_behind_is_given_back),
		TEST(a_transaction_is_given_up_and_none_is_left_open),
		TEST(somebody_who_waits_can_be_told_to_give_up),
		TEST(who_waits_longer_than_a_moment_makes_the_reader_one_in_use),
		TEST(the_source_may_go_before_who_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
