/* engine/card: PC/SC, with functions that stand in for pcscd's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>
#include <reader.h>
#include <stdatomic.h>

#include "engine/base/clock.h"
#include "engine/card/card.h"
#include "engine/card/pcsc.h"
#include "engine/card/pcsc_calls.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define CONTEXT 0x1001
#define CARD 0x2002
#define FEATURE_CODE 0x42330012u

/* The daemon: what it will answer, and what it was asked. The table of functions takes no context, so it stands alone. */
static struct {
	atomic_bool up;
	LONG list_rv, connect_rv, begin_rv[4], transmit_rv, status_rv, reconnect_rv, wait_rv;
	unsigned begins, reconnects, disconnects, releases, ends, resets, establishes, transmits;
	atomic_uint waits, cancels;
	DWORD card_state, reader_state;
	const char *readers;
	size_t readers_len;
	uint8_t atr[MAX_ATR_SIZE];
	size_t atr_len;
	uint8_t properties[64];
	size_t properties_len;
	bool announces;
	atomic_bool sleeping;
} d;

static LONG do_establish(DWORD scope, LPCVOID a, LPCVOID b, LPSCARDCONTEXT context)
{
	(void)scope, (void)a, (void)b;
	if (!d.up)
		return SCARD_E_NO_SERVICE;
	d.establishes++;
	*context = CONTEXT;
	return SCARD_S_SUCCESS;
}

static LONG do_release(SCARDCONTEXT context)
{
	assert_int_equal(context, CONTEXT);
	d.releases++;
	return SCARD_S_SUCCESS;
}

static LONG do_list(SCARDCONTEXT context, LPCSTR groups, LPSTR readers, LPDWORD len)
{
	(void)context, (void)groups;
	if (!d.up)
		return SCARD_E_NO_SERVICE;
	if (d.list_rv != SCARD_S_SUCCESS)
		return d.list_rv;
	if (d.readers_len == 0)
		return SCARD_E_NO_READERS_AVAILABLE;
	assert_true(*len >= d.readers_len);
	memcpy(readers, d.readers, d.readers_len);
	*len = d.readers_len;
	return SCARD_S_SUCCESS;
}

static LONG do_wait(SCARDCONTEXT context, DWORD timeout, SCARD_READERSTATE *states, DWORD n)
{
	int64_t until = clock_ms() + (int64_t)timeout;
	unsigned cancels = d.cancels;

	(void)context;
	d.waits++;
	if (!d.up)
		return SCARD_E_NO_SERVICE;
	for (DWORD i = 0; i < n; i++) {
		states[i].dwEventState = d.reader_state;
		states[i].cbAtr = d.atr_len;
		memcpy(states[i].rgbAtr, d.atr, d.atr_len);
	}
	if (timeout == 0)
		return d.wait_rv;
	assert_string_equal(states[n - 1].szReader, "\\\\?PnP?\\Notification");
	assert_int_equal(states[n - 1].dwCurrentState, (n - 1) << 16);
	d.sleeping = true;
	while (clock_ms() < until) {
		if (!d.up)
			return SCARD_E_NO_SERVICE;
		if (d.cancels != cancels)
			return SCARD_E_CANCELLED;
		clock_sleep_ms(2);
	}
	return SCARD_E_TIMEOUT;
}

static LONG do_cancel(SCARDCONTEXT context)
{
	(void)context;
	d.cancels++;
	return SCARD_S_SUCCESS;
}

static LONG do_connect(SCARDCONTEXT context, LPCSTR reader, DWORD share, DWORD protocols, LPSCARDHANDLE card,
		       LPDWORD protocol)
{
	(void)context, (void)reader;
	assert_int_equal(share, SCARD_SHARE_SHARED);
	assert_int_equal(protocols, SCARD_PROTOCOL_T1);
	if (d.connect_rv != SCARD_S_SUCCESS)
		return d.connect_rv;
	*card = CARD;
	*protocol = SCARD_PROTOCOL_T1;
	return SCARD_S_SUCCESS;
}

static LONG do_reconnect(SCARDHANDLE card, DWORD share, DWORD protocols, DWORD init, LPDWORD protocol)
{
	(void)share, (void)protocols;
	assert_int_equal(card, CARD);
	d.reconnects++;
	d.resets += init == SCARD_RESET_CARD;
	*protocol = SCARD_PROTOCOL_T1;
	return d.reconnect_rv;
}

static LONG do_disconnect(SCARDHANDLE card, DWORD disposition)
{
	assert_int_equal(card, CARD);
	assert_int_equal(disposition, SCARD_LEAVE_CARD);
	d.disconnects++;
	return SCARD_S_SUCCESS;
}

static LONG do_begin(SCARDHANDLE card)
{
	assert_int_equal(card, CARD);
	return d.begin_rv[d.begins++ % 4];
}

static LONG do_end(SCARDHANDLE card, DWORD disposition)
{
	(void)card, (void)disposition;
	d.ends++;
	return SCARD_S_SUCCESS;
}

static LONG do_status(SCARDHANDLE card, LPSTR reader, LPDWORD reader_len, LPDWORD state, LPDWORD protocol, LPBYTE atr,
		      LPDWORD atr_len)
{
	(void)card, (void)reader, (void)reader_len;
	assert_true(*atr_len >= d.atr_len);
	*state = d.card_state;
	*protocol = SCARD_PROTOCOL_T1;
	memcpy(atr, d.atr, d.atr_len);
	*atr_len = d.atr_len;
	return d.status_rv;
}

static LONG do_transmit(SCARDHANDLE card, const SCARD_IO_REQUEST *send_pci, LPCBYTE cmd, DWORD cmd_len,
			SCARD_IO_REQUEST *recv_pci, LPBYTE rsp, LPDWORD rsp_len)
{
	(void)card, (void)send_pci, (void)recv_pci, (void)cmd;
	assert_true(cmd_len >= 4);
	d.transmits++;
	if (d.transmit_rv != SCARD_S_SUCCESS)
		return d.transmit_rv;
	assert_true(*rsp_len >= 2);
	memcpy(rsp, "\x90\x00", 2);
	*rsp_len = 2;
	return SCARD_S_SUCCESS;
}

static LONG do_control(SCARDHANDLE card, DWORD code, LPCVOID in, DWORD in_len, LPVOID out, DWORD out_cap, LPDWORD out_len)
{
	static const uint8_t features[] = { 0x06, 4, 0x42, 0x33, 0x00, 0x06, FEATURE_GET_TLV_PROPERTIES, 4, 0x42, 0x33, 0x00, 0x12 };

	(void)card, (void)in, (void)in_len;
	if (!d.announces)
		return SCARD_E_UNSUPPORTED_FEATURE;
	if (code == CM_IOCTL_GET_FEATURE_REQUEST) {
		assert_true(out_cap >= sizeof(features));
		memcpy(out, features, sizeof(features));
		*out_len = sizeof(features);
		return SCARD_S_SUCCESS;
	}
	assert_int_equal(code, FEATURE_CODE);
	memcpy(out, d.properties, d.properties_len);
	*out_len = d.properties_len;
	return SCARD_S_SUCCESS;
}

static const struct pcsc_calls calls = {
	.establish = do_establish, .release = do_release, .list = do_list, .wait = do_wait, .cancel = do_cancel,
	.connect = do_connect, .reconnect = do_reconnect, .disconnect = do_disconnect, .begin = do_begin, .end = do_end,
	.status = do_status, .transmit = do_transmit, .control = do_control,
};

static const uint8_t hsm_atr[] = { 0x3b, 0xde, 0x18, 0xff, 0x81, 0x91, 0xfe, 0x1f, 0xc3, 0x80, 0x31, 0x81,
				   0x54, 'H',  'S',  'M',  '1',  0x73, 0x80, 0x21, 0x40, 0x81, 0x07, 0x1c };

static int a_daemon_that_works(void **state)
{
	static const char readers[] = "Reader A\0Reader B\0";

	(void)state;
	memset(&d, 0, sizeof(d));
	d.up = true;
	d.readers = readers;
	d.readers_len = sizeof(readers);
	d.card_state = SCARD_PRESENT | SCARD_POWERED | SCARD_SPECIFIC;
	d.reader_state = SCARD_STATE_PRESENT | SCARD_STATE_CHANGED | 3 << 16;
	memcpy(d.atr, hsm_atr, sizeof(hsm_atr));
	d.atr_len = sizeof(hsm_atr);
	return 0;
}

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
	assert_int_equal(pcsc_source_open_over(&calls, &s, &f), ST_OK);
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
	assert_int_equal(pcsc_source_open_over(&calls, &s, NULL), ST_OK);
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
	assert_int_equal(pcsc_source_open_over(&calls, &s, NULL), ST_OK);
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
	assert_int_equal(pcsc_source_open_over(&calls, &s, &f), ST_OK);
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
	assert_int_equal(pcsc_source_open_over(&calls, &s, NULL), ST_OK);
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
	assert_int_equal(pcsc_source_open_over(&calls, &s, NULL), ST_OK);
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

	assert_int_equal(pcsc_source_open_over(&calls, ret, &f), ST_OK);
	assert_int_equal((*ret)->ops->open(*ret, "Reader A", &t, &f), ST_OK);
	return t;
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

/* Every code that PC/SC has: a status, words, and the number for the log. */
static void every_error_has_words(void **state)
{
	(void)state;
	assert_int_equal(pcsc_fault(NULL, SCARD_S_SUCCESS, NULL), ST_OK);
	for (long code = 0x80100001; code < 0x80100080; code++) {
		struct fault f = { 0 };
		enum status st = pcsc_fault(&f, (long)(LONG)code, "Reader A");

		assert_int_not_equal(st, ST_OK);
		assert_int_equal(f.st, st);
		assert_int_equal(f.native, code);
		assert_true(strlen(f.what) > 15);
	}
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
		TEST(what_the_reader_announces),
		TEST(a_reset_by_others_is_reconnected_before_work_and_fatal_during_it),
		TEST(exchanges_fail_in_words),
		TEST(a_failed_exchange_of_a_card_that_is_out_means_removed),
		TEST(every_error_has_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
