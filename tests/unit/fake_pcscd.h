/* PC/SC's functions with a daemon behind them that does as it is told; for one test program. */
#ifndef TESTS_UNIT_FAKE_PCSCD_H
#define TESTS_UNIT_FAKE_PCSCD_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pthread.h>
#include <reader.h>
#include <stdatomic.h>

#include "engine/base/clock.h"
#include "engine/card/card.h"
#include "engine/card/pcsc.h"
#include "engine/card/pcsc_calls.h"
#include "engine/card/pcsc_wait.h"
#include "tests/check.h"

#define CONTEXT 0x1001
#define CARD 0x2002
#define FEATURE_CODE 0x42330012u

/* The daemon: what it will answer, and what it was asked. The table of functions takes no context, so it stands alone. */
static struct {
	atomic_bool up;
	LONG list_rv, connect_rv, begin_rv[4], transmit_rv, status_rv, reconnect_rv, wait_rv;
	unsigned begins, reconnects, resets, transmits;
	atomic_uint waits, cancels, disconnects, releases, ends, establishes;
	DWORD card_state, reader_state;
	const char *readers;
	size_t readers_len;
	uint8_t atr[MAX_ATR_SIZE];
	size_t atr_len;
	uint8_t properties[64];
	size_t properties_len;
	bool announces, empty;
	atomic_bool sleeping;
	atomic_bool others;   /* have a transaction: connecting and beginning wait until it ends */
	atomic_uint held_up;  /* how many do */
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

static void wait_for_others(void)
{
	if (!d.others)
		return;
	d.held_up++;
	while (d.others)
		clock_sleep_ms(2);
	d.held_up--;
}

static LONG do_connect(SCARDCONTEXT context, LPCSTR reader, DWORD share, DWORD protocols, LPSCARDHANDLE card,
		       LPDWORD protocol)
{
	(void)context, (void)reader;
	assert_int_equal(share, SCARD_SHARE_SHARED);
	assert_int_equal(protocols, SCARD_PROTOCOL_T1);
	wait_for_others();
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
	wait_for_others();
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
	*rsp_len = 0;
	if (d.empty)
		return SCARD_S_SUCCESS;
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

#endif
