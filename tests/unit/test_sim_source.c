/* The simulated card as a transport and in a source of readers; pulled while in use, from other threads. */
#include "tests/unit/sim_help.h"

#include <pthread.h>

#include "engine/base/clock.h"

static uint16_t transmit(struct transport *t, const char *hex, enum status *ret_st)
{
	uint8_t cmd[512], rsp[2048];
	size_t n = sizeof(rsp);
	enum status st = t->ops->transmit(t, cmd, unhex(hex, cmd, sizeof(cmd)), rsp, &n, NULL);

	if (ret_st != NULL)
		*ret_st = st;
	return st == ST_OK ? (uint16_t)(rsp[n - 2] << 8 | rsp[n - 1]) : 0;
}

static void a_transport_dies_with_the_card(void **state)
{
	struct sim_card *c = fresh_card("3.6");
	struct transport *t = NULL, *later = NULL;
	uint8_t atr[ATR_MAX];
	enum status st;

	(void)state;
	assert_int_equal(sim_transport_open(c, &t, NULL), ST_OK);
	assert_true(t->simulated);
	assert_int_equal(t->max_apdu, 0);
	assert_int_equal(t->ops->atr(t, atr), 24);
	assert_memory_equal(atr, "\x3b\xde\x18\xff\x81\x91\xfe\x1f\xc3\x80\x31\x81THSM1s\x80!@\x81\x07\x1c", 24);
	assert_int_equal(transmit(t, SELECT, NULL), 0x9000);
	assert_int_equal(t->ops->reset(t, NULL), ST_OK);
	assert_int_equal(transmit(t, "00200081", NULL), 0x6e00);
	assert_int_equal(sim_card_set_fault(c, "short:20", NULL), ST_OK);
	assert_int_equal(transmit(t, "00200081", &st), 0);
	assert_int_equal(st, ST_BAD_REPLY);
	sim_card_plug(c, false);
	assert_int_equal(sim_transport_open(c, &later, NULL), ST_NO_CARD);
	sim_card_plug(c, true);
	assert_int_equal(transmit(t, SELECT, &st), 0);   /* another card, for all it knows */
	assert_int_equal(st, ST_CARD_GONE);
	assert_int_equal(t->ops->begin(t, NULL), ST_CARD_GONE);
	assert_int_equal(sim_card_set_fault(c, "announce=261", NULL), ST_OK);
	assert_int_equal(sim_transport_open(c, &later, NULL), ST_OK);
	assert_int_equal(later->max_apdu, 261);
	assert_int_equal(transmit(later, SELECT, NULL), 0x9000);
	later->ops->close(later);
	t->ops->close(t);
	sim_card_close(c);
}

struct pulling {
	struct sim_card *card;
	int64_t after_ms;
};

static void *pull_later(void *arg)
{
	struct pulling *p = arg;

	clock_sleep_ms(p->after_ms);
	sim_card_plug(p->card, false);
	return NULL;
}

static void a_card_pulled_while_it_works_has_not_done_it(void **state)
{
	struct sim_card *c = ready_card("3.6");
	struct pulling p = { c, 50 };
	struct transport *t = NULL;
	pthread_t thread;
	enum status st;
	int64_t began = clock_ms();

	(void)state;
	assert_int_equal(sim_card_set_fault(c, "stall@1:20000", NULL), ST_OK);
	assert_int_equal(sim_transport_open(c, &t, NULL), ST_OK);
	assert_int_equal(pthread_create(&thread, NULL, pull_later, &p), 0);
	assert_int_equal(transmit(t, "00D7CF010A54020000530401020304", &st), 0);
	assert_int_equal(st, ST_CARD_GONE);
	assert_true(clock_ms() - began < 10000);
	(void)pthread_join(thread, NULL);
	t->ops->close(t);
	sim_card_plug(c, true);
	assert_sw(c, SELECT, 0x9000);
	assert_answer(c, "80580000000000", "2F02CC009000");
	assert_sw(c, "00D7CF010A54020000530401020304", 0x6982);
	sim_card_close(c);
}

struct user {
	struct sim_card *card;
	unsigned done;
};

/* Between begin and end nobody else gets a word in. */
static void *work_in_turns(void *arg)
{
	struct user *u = arg;
	struct transport *t = NULL;

	if (sim_transport_open(u->card, &t, NULL) != ST_OK)
		return NULL;
	for (int i = 0; i < 50; i++) {
		if (t->ops->begin(t, NULL) != ST_OK)
			break;
		if (transmit(t, SELECT, NULL) == 0x9000 && transmit(t, VERIFY, NULL) == 0x9000 &&
		    transmit(t, "00200081", NULL) == 0x9000 && transmit(t, SELECT, NULL) == 0x9000 &&
		    transmit(t, "00200081", NULL) == 0x63c3)
			u->done++;
		t->ops->end(t);
	}
	t->ops->close(t);
	return NULL;
}

static void transports_take_turns_and_cards_do_not(void **state)
{
	struct sim_card *c = ready_card("3.6");
	const struct sim_options o = { .no_sync = true, .serial = "DENK0200999" };
	struct sim_card *other = NULL;
	struct user users[3] = { { c, 0 }, { c, 0 }, { NULL, 0 } };
	pthread_t threads[3];
	char path[100];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/other.card", sim_folder);
	assert_int_equal(sim_card_open(path, &o, &other, NULL), ST_OK);
	assert_string_equal(sim_card_serial(other), "DENK0200999");
	assert_sw(other, SELECT, 0x9000);
	assert_sw(other, INIT, 0x9000);
	users[2].card = other;
	for (int i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, work_in_turns, &users[i]), 0);
	for (int i = 0; i < 3; i++) {
		(void)pthread_join(threads[i], NULL);
		assert_int_equal(users[i].done, 50);
	}
	assert_int_equal(sim_card_apdus(other), 2 + 50 * 5);
	sim_card_close(c);
	sim_card_close(other);
	(void)unlink(path);
}

struct waiting {
	struct sim_card *card;
	int64_t done_at;
};

static void *send_one(void *arg)
{
	struct waiting *w = arg;
	struct transport *t = NULL;

	if (sim_transport_open(w->card, &t, NULL) == ST_OK) {
		(void)transmit(t, "00200081", NULL);
		w->done_at = clock_ms();
		t->ops->close(t);
	}
	return NULL;
}

static void a_transaction_keeps_others_waiting(void **state)
{
	struct sim_card *c = ready_card("3.6");
	struct waiting w = { c, 0 };
	struct transport *t = NULL;
	pthread_t thread;
	int64_t ended;

	(void)state;
	assert_int_equal(sim_transport_open(c, &t, NULL), ST_OK);
	assert_int_equal(t->ops->begin(t, NULL), ST_OK);
	assert_int_equal(pthread_create(&thread, NULL, send_one, &w), 0);
	clock_sleep_ms(60);
	assert_int_equal(transmit(t, SELECT, NULL), 0x9000);
	ended = clock_ms();
	t->ops->end(t);
	(void)pthread_join(thread, NULL);
	assert_true(w.done_at >= ended);
	t->ops->close(t);
	sim_card_close(c);
}

#define FIRST "Simulated Reader 00 00 (DENK0200914)"
#define SECOND "Simulated Reader 01 00 (DENK0200915)"

static void *plug_later(void *arg)
{
	struct source *s = arg;

	clock_sleep_ms(50);
	(void)s->ops->plug(s, FIRST, false, NULL);
	return NULL;
}

static void *cancel_later(void *arg)
{
	struct source *s = arg;

	clock_sleep_ms(50);
	s->ops->cancel(s);
	return NULL;
}

/* A source over two cards; over the same ones where name is the same. */
static struct source *open_source(const char *name)
{
	const struct sim_options o = { .no_sync = true, .cards = 2 };
	struct source *s = NULL;
	char dir[100];

	(void)snprintf(dir, sizeof(dir), "%s/%s/cards", sim_folder, name);
	assert_int_equal(sim_source_open(dir, &o, &s, NULL), ST_OK);
	return s;
}

static struct reader reader_at(struct source *s, size_t i, size_t all)
{
	struct reader *list = NULL, one;
	size_t n = 0;

	assert_int_equal(s->ops->list(s, &list, &n, NULL), ST_OK);
	assert_int_equal(n, all);
	one = list[i];
	free(list);
	return one;
}

static void a_source_lists_its_cards(void **state)
{
	struct source *s = open_source("listed");
	struct transport *t = NULL;
	struct reader first = reader_at(s, 0, 2);

	(void)state;
	assert_true(s->simulated);
	assert_string_equal(first.name, FIRST);
	assert_int_equal(first.state, READER_CARD);
	assert_int_equal(first.atr_len, 24);
	assert_string_equal(reader_at(s, 1, 2).name, SECOND);
	assert_int_equal(s->ops->open(s, FIRST, &t, NULL), ST_OK);
	assert_int_equal(transmit(t, SELECT, NULL), 0x9000);
	t->ops->close(t);
	assert_int_equal(sim_card_apdus(sim_source_card_at(s, 0)), 1);
	assert_ptr_equal(sim_source_card(s, SECOND), sim_source_card_at(s, 1));
	assert_null(sim_source_card(s, "no such"));
	assert_int_equal(s->ops->add(s, NULL), ST_OK);
	assert_string_equal(reader_at(s, 2, 3).name, "Simulated Reader 02 00 (DENK0200916)");
	s->ops->close(s);
}

static void who_waits_is_told_of_a_card_that_comes_or_goes(void **state)
{
	struct source *s = open_source("plugged");
	struct transport *t = NULL;
	struct reader back;
	enum status st;
	pthread_t thread;
	int64_t began;

	(void)state;
	assert_int_equal(s->ops->open(s, FIRST, &t, NULL), ST_OK);
	assert_int_equal(reader_at(s, 0, 2).state, READER_CARD);
	began = clock_ms();
	assert_int_equal(s->ops->wait(s, 120, NULL), ST_OK);
	assert_true(clock_ms() - began >= 100);
	assert_int_equal(pthread_create(&thread, NULL, plug_later, s), 0);
	began = clock_ms();
	assert_int_equal(s->ops->wait(s, 10000, NULL), ST_OK);
	assert_true(clock_ms() - began < 5000);
	(void)pthread_join(thread, NULL);
	assert_int_equal(reader_at(s, 0, 2).state, READER_EMPTY);
	assert_int_equal(reader_at(s, 1, 2).state, READER_CARD);
	(void)transmit(t, SELECT, &st);
	assert_int_equal(st, ST_CARD_GONE);
	t->ops->close(t);
	assert_int_equal(s->ops->open(s, FIRST, &t, NULL), ST_NO_CARD);
	assert_int_equal(s->ops->open(s, "Simulated Reader 07 00 (DENK0200914)", &t, NULL), ST_NO_READER);
	assert_int_equal(s->ops->plug(s, FIRST, true, NULL), ST_OK);
	back = reader_at(s, 0, 2);
	assert_int_equal(back.state, READER_CARD);
	/* Out and in again between two lists is a change as well. */
	assert_int_equal(s->ops->plug(s, FIRST, false, NULL), ST_OK);
	assert_int_equal(s->ops->plug(s, FIRST, true, NULL), ST_OK);
	began = clock_ms();
	assert_int_equal(s->ops->wait(s, 5000, NULL), ST_OK);
	assert_true(clock_ms() - began < 2500);
	assert_int_equal(reader_at(s, 0, 2).state, READER_CARD);
	assert_int_not_equal(reader_at(s, 0, 2).changes, back.changes);
	assert_int_equal(pthread_create(&thread, NULL, cancel_later, s), 0);
	assert_int_equal(s->ops->wait(s, -1, NULL), ST_OK);
	(void)pthread_join(thread, NULL);
	s->ops->close(s);
}

static void a_second_source_has_the_cards_when_the_first_is_closed(void **state)
{
	struct source *first = open_source("shared"), *second = open_source("shared");
	struct transport *t = NULL;
	int64_t began;

	(void)state;
	assert_int_equal(reader_at(second, 1, 2).state, READER_IN_USE);
	assert_int_equal(second->ops->open(second, SECOND, &t, NULL), ST_READER_BUSY);
	first->ops->close(first);
	assert_int_equal(reader_at(second, 1, 2).state, READER_CARD);
	assert_int_equal(sim_card_set_fault(sim_source_card_at(second, 1), "mute,drop@0", NULL), ST_OK);
	assert_int_equal(reader_at(second, 1, 2).state, READER_MUTE);
	/* A card that drops out by itself wakes wait() too. */
	assert_sw(sim_source_card_at(second, 1), SELECT, 0);
	began = clock_ms();
	assert_int_equal(second->ops->wait(second, 10000, NULL), ST_OK);
	assert_true(clock_ms() - began < 5000);
	second->ops->close(second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_transport_dies_with_the_card),
		cmocka_unit_test(a_card_pulled_while_it_works_has_not_done_it),
		cmocka_unit_test(a_transaction_keeps_others_waiting),
		cmocka_unit_test(transports_take_turns_and_cards_do_not),
		cmocka_unit_test(a_source_lists_its_cards),
		cmocka_unit_test(who_waits_is_told_of_a_card_that_comes_or_goes),
		cmocka_unit_test(a_second_source_has_the_cards_when_the_first_is_closed),
	};

	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
