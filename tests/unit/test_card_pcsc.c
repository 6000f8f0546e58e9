/* engine/card: PC/SC, with functions that stand in for pcscd's. */
#include "tests/unit/fake_pcscd.h"

static void readers_are_listed(void **state)
{
	static const struct {
		DWORD state;
		enum reader_state want;
	} rows[] = {
		{ SCARD_STATE_EMPTY, READER_EMPTY },
		{ SCARD_STATE_PRESENT, READER_CARD },
		{ SCARD_STATE_PRESENT | SCARD_STATE_INUSE, READER_CARD },
		{ SCARD_STATE_PRESENT | SCARD_STATE_MUTE, READER_MUTE },
		{ SCARD_STATE_PRESENT | SCARD_STATE_INUSE | SCARD_STATE_EXCLUSIVE, READER_IN_USE },
	};
	struct source *s = NULL;
	struct fault f;

	(void)state;
	assert_int_equal(pcsc_source_open_over(&calls, PCSC_PATIENCE_MS, &s, &f), ST_OK);
	assert_false(s->simulated);
	assert_null(s->ops->plug);
	for (size_t i = 0; i < N(rows); i++) {
		struct reader *r = NULL;
		size_t n = 0;

		d.reader_state = rows[i].state | (DWORD)(i + 1) << 16;
		assert_int_equal(s->ops->list(s, &r, &n, &f), ST_OK);
		assert_int_equal(n, 2);
		assert_string_equal(r[0].name, "Reader A");
		assert_string_equal(r[1].name, "Reader B");
		assert_int_equal(r[1].state, rows[i].want);
		assert_int_equal(r[1].changes, i + 1);
		assert_int_equal(r[1].atr_len, rows[i].want == READER_EMPTY ? 0 : sizeof(hsm_atr));
		free(r);
	}
	s->ops->close(s);
	assert_int_equal(d.releases, d.establishes);
}

static void no_reader_is_no_failure(void **state)
{
	struct source *s = NULL;
	struct reader *r = NULL;
	size_t n = 7;

	(void)state;
	d.readers_len = 0;
	assert_int_equal(pcsc_source_open_over(&calls, PCSC_PATIENCE_MS, &s, NULL), ST_OK);
	assert_int_equal(s->ops->list(s, &r, &n, NULL), ST_OK);
	assert_int_equal(n, 0);
	free(r);
	s->ops->close(s);
}

static void a_list_without_an_end_is_not_followed(void **state)
{
	static char names[4096];
	struct source *s = NULL;
	struct reader *r = NULL;
	size_t n = 0;

	(void)state;
	memset(names, 'x', sizeof(names));
	d.readers = names;
	d.readers_len = sizeof(names);
	assert_int_equal(pcsc_source_open_over(&calls, PCSC_PATIENCE_MS, &s, NULL), ST_OK);
	assert_int_equal(s->ops->list(s, &r, &n, NULL), ST_OK);
	assert_int_equal(n, 0);
	free(r);
	for (size_t i = 0; i < sizeof(names); i += 2)
		names[i + 1] = '\0';
	assert_int_equal(s->ops->list(s, &r, &n, NULL), ST_OK);
	assert_int_equal(n, 16);
	free(r);
	s->ops->close(s);
}

static void it_works_without_pcscd_and_recovers(void **state)
{
	struct source *s = NULL;
	struct reader *r = NULL;
	struct fault f = { 0 };
	size_t n = 0;
	int64_t before;

	(void)state;
	d.up = false;
	assert_int_equal(pcsc_source_open_over(&calls, PCSC_PATIENCE_MS, &s, &f), ST_OK);
	assert_int_equal(s->ops->list(s, &r, &n, &f), ST_NO_PCSCD);
	assert_non_null(strstr(f.what, "systemctl"));
	assert_null(r);
	before = clock_ms();
	assert_int_equal(s->ops->wait(s, 60, &f), ST_OK);
	assert_true(clock_ms() - before >= 50);
	d.up = true;
	before = clock_ms();
	assert_int_equal(s->ops->wait(s, -1, &f), ST_OK);
	assert_true(clock_ms() - before < 500);
	assert_int_equal(s->ops->list(s, &r, &n, &f), ST_OK);
	assert_int_equal(n, 2);
	free(r);
	/* It goes away, and comes back with the next list(). */
	d.up = false;
	assert_int_equal(s->ops->wait(s, 60, &f), ST_OK);
	assert_int_equal(s->ops->list(s, &r, &n, &f), ST_NO_PCSCD);
	d.up = true;
	assert_int_equal(s->ops->list(s, &r, &n, &f), ST_OK);
	free(r);
	s->ops->close(s);
	assert_int_equal(d.releases, d.establishes);
}

static void *cancel_soon(void *arg)
{
	struct source *s = arg;

	while (!d.sleeping)
		clock_sleep_ms(1);
	s->ops->cancel(s);
	return NULL;
}

static void waiting_can_be_cancelled(void **state)
{
	struct source *s = NULL;
	struct reader *r = NULL;
	size_t n = 0;
	pthread_t t;
	int64_t before;

	(void)state;
	assert_int_equal(pcsc_source_open_over(&calls, PCSC_PATIENCE_MS, &s, NULL), ST_OK);
	assert_int_equal(s->ops->list(s, &r, &n, NULL), ST_OK);
	free(r);
	assert_int_equal(pthread_create(&t, NULL, cancel_soon, s), 0);
	before = clock_ms();
	assert_int_equal(s->ops->wait(s, -1, NULL), ST_OK);
	assert_true(clock_ms() - before < 500);
	pthread_join(t, NULL);
	/* One that comes before the wait counts for it. */
	s->ops->cancel(s);
	before = clock_ms();
	assert_int_equal(s->ops->wait(s, -1, NULL), ST_OK);
	assert_true(clock_ms() - before < 500);
	s->ops->close(s);
}

static void connecting_fails_in_words(void **state)
{
	static const struct {
		LONG rv;
		enum status st;
	} rows[] = {
		{ SCARD_E_SHARING_VIOLATION, ST_READER_BUSY }, { SCARD_E_NO_SMARTCARD, ST_NO_CARD },
		{ SCARD_W_REMOVED_CARD, ST_NO_CARD },          { SCARD_E_UNKNOWN_READER, ST_NO_READER },
		{ SCARD_E_READER_UNAVAILABLE, ST_NO_READER },  { SCARD_W_UNRESPONSIVE_CARD, ST_CARD_ERROR },
		{ SCARD_W_UNPOWERED_CARD, ST_CARD_ERROR },     { SCARD_E_PROTO_MISMATCH, ST_FOREIGN_CARD },
		{ SCARD_E_NO_SERVICE, ST_NO_PCSCD },           { SCARD_W_SECURITY_VIOLATION, ST_NO_PCSCD },
		{ SCARD_F_INTERNAL_ERROR, ST_CARD_ERROR },
	};
	struct source *s = NULL;

	(void)state;
	assert_int_equal(pcsc_source_open_over(&calls, PCSC_PATIENCE_MS, &s, NULL), ST_OK);
	for (size_t i = 0; i < N(rows); i++) {
		struct transport *t = NULL;
		struct fault f = { 0 };

		d.connect_rv = rows[i].rv;
		assert_int_equal(s->ops->open(s, "Reader A", &t, &f), rows[i].st);
		assert_null(t);
		assert_true(strlen(f.what) > 20);
		assert_int_not_equal(f.native, 0);
	}
	assert_int_equal(d.disconnects, 0);
	assert_int_equal(d.releases, d.establishes);
	s->ops->close(s);
}

static struct transport *opened(struct source **ret)
{
	struct transport *t = NULL;
	struct fault f;

	assert_int_equal(pcsc_source_open_over(&calls, PCSC_PATIENCE_MS, ret, &f), ST_OK);
	assert_int_equal((*ret)->ops->open(*ret, "Reader A", &t, &f), ST_OK);
	return t;
}

static void a_source_at_rest_lends_its_connection_to_the_first_card(void **state)
{
	struct source *s = NULL;
	struct transport *t[2] = { NULL };
	struct reader *r = NULL;
	size_t n = 0;

	(void)state;
	assert_int_equal(pcsc_source_open_over(&calls, PCSC_PATIENCE_MS, &s, NULL), ST_OK);
	assert_int_equal(s->ops->list(s, &r, &n, NULL), ST_OK);
	free(r);
	assert_int_equal(d.establishes, 1);
	s->ops->rest(s);
	assert_int_equal(s->ops->open(s, "Reader A", &t[0], NULL), ST_OK);
	assert_int_equal(d.establishes, 1);
	assert_int_equal(d.begins, 1);   /* with the connection, and not once more */
	assert_int_equal(t[0]->ops->begin(t[0], NULL), ST_OK);
	assert_int_equal(d.begins, 1);
	t[0]->ops->end(t[0]);
	assert_int_equal(d.ends, 1);
	assert_int_equal(t[0]->ops->begin(t[0], NULL), ST_OK);
	assert_int_equal(d.begins, 2);
	assert_int_equal(s->ops->open(s, "Reader B", &t[1], NULL), ST_OK);
	assert_int_equal(d.establishes, 2);
	assert_int_equal(d.begins, 2);
	t[0]->ops->close(t[0]);
	assert_int_equal(d.ends, 2);     /* what was begun is ended, whoever forgot it */
	assert_int_equal(d.releases, 1);
	/* It lists again where it is asked to, with a new one; what was lent and not used is given back. */
	assert_int_equal(s->ops->list(s, &r, &n, NULL), ST_OK);
	assert_int_equal(n, 2);
	free(r);
	assert_int_equal(d.establishes, 3);
	s->ops->rest(s);
	s->ops->rest(s);
	t[1]->ops->close(t[1]);
	assert_int_equal(s->ops->list(s, &r, &n, NULL), ST_OK);
	free(r);
	s->ops->rest(s);
	d.connect_rv = SCARD_E_NO_SMARTCARD;
	assert_int_equal(s->ops->open(s, "Reader A", &t[0], NULL), ST_NO_CARD);
	assert_int_equal(s->ops->list(s, &r, &n, NULL), ST_OK);
	free(r);
	s->ops->rest(s);
	s->ops->close(s);
	assert_int_equal(d.releases, d.establishes);
}

static void what_the_reader_announces(void **state)
{
	static const struct {
		const char *properties;
		size_t n, want;
	} rows[] = {
		{ "\x0a\x04\x00\x01\x00\x00", 6, 256 },
		{ "\x01\x02\x00\x00\x0a\x04\x00\x00\x01\x00", 10, 65536 },
		{ "\x0a\x04\xf6\x03\x00\x00\x01", 7, 1014 },
		{ "\x0a\x04\x00\x01", 4, 0 },
		{ "\x0a\x02\x00\x01", 4, 0 },
		{ "\x01\xff", 2, 0 },
		{ "", 0, 0 },
	};

	(void)state;
	d.announces = true;
	for (size_t i = 0; i < N(rows); i++) {
		struct source *s = NULL;
		struct transport *t;
		uint8_t atr[ATR_MAX];

		memcpy(d.properties, rows[i].properties, rows[i].n);
		d.properties_len = rows[i].n;
		t = opened(&s);
		assert_int_equal(t->max_apdu, rows[i].want);
		assert_int_equal(t->ops->atr(t, atr), sizeof(hsm_atr));
		assert_memory_equal(atr, hsm_atr, sizeof(hsm_atr));
		t->ops->close(t);
		s->ops->close(s);
	}
	assert_int_equal(d.disconnects, N(rows));
}

static void a_reset_by_others_is_reconnected_before_work_and_fatal_during_it(void **state)
{
	struct source *s = NULL;
	struct transport *t = opened(&s);
	uint8_t rsp[16], cmd[] = { 0, 0x20, 0, 0x81 };
	size_t n = sizeof(rsp);
	struct fault f = { 0 };

	(void)state;
	d.begin_rv[0] = SCARD_W_RESET_CARD;
	assert_int_equal(t->ops->begin(t, &f), ST_OK);
	assert_int_equal(d.reconnects, 1);
	assert_int_equal(t->ops->transmit(t, cmd, sizeof(cmd), rsp, &n, &f), ST_OK);
	assert_int_equal(n, 2);
	d.transmit_rv = SCARD_W_RESET_CARD;
	n = sizeof(rsp);
	assert_int_equal(t->ops->transmit(t, cmd, sizeof(cmd), rsp, &n, &f), ST_CARD_GONE);
	assert_non_null(strstr(f.what, "reset"));
	/* Also where pcscd would let it through again: the login is lost. */
	d.transmit_rv = SCARD_S_SUCCESS;
	assert_int_equal(t->ops->transmit(t, cmd, sizeof(cmd), rsp, &n, &f), ST_CARD_GONE);
	t->ops->end(t);
	d.begins = 1;
	assert_int_equal(t->ops->begin(t, &f), ST_OK);
	assert_int_equal(t->ops->transmit(t, cmd, sizeof(cmd), rsp, &n, &f), ST_OK);
	t->ops->end(t);
	assert_int_equal(t->ops->reset(t, &f), ST_OK);
	assert_int_equal(d.resets, 1);
	for (size_t i = 0; i < N(d.begin_rv); i++)
		d.begin_rv[i] = SCARD_W_RESET_CARD;
	assert_int_equal(t->ops->begin(t, &f), ST_CARD_GONE);
	t->ops->close(t);
	s->ops->close(s);
}

static void exchanges_fail_in_words(void **state)
{
	static const struct {
		LONG rv;
		enum status st;
	} rows[] = {
		{ SCARD_W_REMOVED_CARD, ST_CARD_GONE },   { SCARD_E_NO_SMARTCARD, ST_CARD_GONE },
		{ SCARD_E_READER_UNAVAILABLE, ST_CARD_GONE }, { SCARD_E_NO_SERVICE, ST_CARD_GONE },
		{ SCARD_E_INVALID_HANDLE, ST_CARD_GONE }, { SCARD_E_INSUFFICIENT_BUFFER, ST_BAD_REPLY },
		{ SCARD_F_COMM_ERROR, ST_CARD_ERROR },    { SCARD_E_NOT_TRANSACTED, ST_CARD_ERROR },
		{ SCARD_E_INVALID_PARAMETER, ST_CARD_ERROR },
	};
	uint8_t rsp[16], cmd[] = { 0, 0x20, 0, 0x81 };

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct source *s = NULL;
		struct transport *t = opened(&s);
		size_t n = sizeof(rsp);
		struct fault f = { 0 };

		assert_int_equal(t->ops->begin(t, &f), ST_OK);
		d.transmit_rv = rows[i].rv;
		assert_int_equal(t->ops->transmit(t, cmd, sizeof(cmd), rsp, &n, &f), rows[i].st);
		assert_int_equal(f.st, rows[i].st);
		assert_true(strlen(f.what) > 20);
		assert_int_equal(n, sizeof(rsp));
		t->ops->close(t);
		s->ops->close(s);
		d.transmit_rv = SCARD_S_SUCCESS;
	}
	assert_int_equal(d.ends, N(rows));
}

static void a_failed_exchange_of_a_card_that_is_out_means_removed(void **state)
{
	uint8_t rsp[16], cmd[] = { 0, 0x20, 0, 0x81 };
	struct source *s = NULL;
	struct transport *t = opened(&s);
	size_t n = sizeof(rsp);
	struct fault f = { 0 };

	(void)state;
	assert_int_equal(t->ops->begin(t, &f), ST_OK);
	d.transmit_rv = SCARD_E_NOT_TRANSACTED;
	d.card_state = SCARD_ABSENT;
	assert_int_equal(t->ops->transmit(t, cmd, sizeof(cmd), rsp, &n, &f), ST_CARD_GONE);
	t->ops->close(t);
	s->ops->close(s);
}

static void an_exchange_without_any_answer_means_removed(void **state)
{
	uint8_t rsp[16], cmd[] = { 0, 0x20, 0, 0x81 };
	struct source *s = NULL;
	struct transport *t = opened(&s);
	size_t n = sizeof(rsp);
	struct fault f = { 0 };

	(void)state;
	assert_int_equal(t->ops->begin(t, &f), ST_OK);
	d.empty = true;
	assert_int_equal(t->ops->transmit(t, cmd, sizeof(cmd), rsp, &n, &f), ST_CARD_GONE);
	d.empty = false;
	/* Whatever is in the reader by now, it is not the card that this session is with. */
	assert_int_equal(t->ops->transmit(t, cmd, sizeof(cmd), rsp, &n, &f), ST_CARD_GONE);
	assert_int_equal(d.transmits, 1);
	t->ops->close(t);
	s->ops->close(s);
}

/* Every code that PC/SC has: a status, words, and the number for the log. */
static void every_error_has_words(void **state)
{
	struct fault f;

	(void)state;
	assert_int_equal(pcsc_fault(NULL, SCARD_S_SUCCESS, NULL), ST_OK);
	for (long code = 0x80100001; code < 0x80100080; code++) {
		enum status st = pcsc_fault(&f, (long)(LONG)code, "Reader A");

		assert_int_not_equal(st, ST_OK);
		assert_int_equal(f.st, st);
		assert_int_equal(f.native, code);
		assert_true(strlen(f.what) > 15);
	}
	pcsc_fault(&f, SCARD_E_NO_SMARTCARD, "Evil \x1b[2J Reader");
	assert_null(strchr(f.what, '\x1b'));
	assert_non_null(strstr(f.what, "Reader\""));
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup(fn, a_daemon_that_works)
	static const struct CMUnitTest tests[] = {
		TEST(readers_are_listed),
		TEST(no_reader_is_no_failure),
		TEST(a_list_without_an_end_is_not_followed),
		TEST(it_works_without_pcscd_and_recovers),
		TEST(waiting_can_be_cancelled),
		TEST(connecting_fails_in_words),
		TEST(a_source_at_rest_lends_its_connection_to_the_first_card),
		TEST(what_the_reader_announces),
		TEST(a_reset_by_others_is_reconnected_before_work_and_fatal_during_it),
		TEST(exchanges_fail_in_words),
		TEST(a_failed_exchange_of_a_card_that_is_out_means_removed),
		TEST(an_exchange_without_any_answer_means_removed),
		TEST(every_error_has_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
