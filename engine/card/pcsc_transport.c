/*
 * A card over PC/SC. Each connection has a context of its own: in pcsc-lite, calls on one context wait for each other,
 * and the source's is asleep in SCardGetStatusChange most of the time.
 */
#include <reader.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/bytes.h"
#include "engine/base/clock.h"
#include "engine/card/pcsc.h"
#include "engine/card/pcsc_calls.h"

#define RECONNECTS_MAX 3
#define GONE_WAIT_MS 600      /* a reader without a switch notices a missing card at its next look, every 400 ms */
#define GONE_STEP_MS 50
#define TAG_MAX_APDU 0x0a     /* dwMaxAPDUDataSize, PC/SC part 10 2.6.14 */

struct pcsc_transport {
	struct transport base;
	const struct pcsc_calls *calls;
	SCARDCONTEXT context;
	SCARDHANDLE card;
	uint8_t atr[ATR_MAX];
	size_t atr_len;
	bool in_transaction, lost;   /* lost: reset or removed within the transaction */
	char reader[READER_NAME_MAX];
};

static struct pcsc_transport *of(struct transport *t)
{
	return (struct pcsc_transport *)t;
}

static enum status read_atr(struct pcsc_transport *t, struct fault *f)
{
	DWORD n = sizeof(t->atr), state = 0, protocol = 0, name_len = 0;
	BYTE atr[MAX_ATR_SIZE];
	LONG rv;

	n = sizeof(atr);
	rv = t->calls->status(t->card, NULL, &name_len, &state, &protocol, atr, &n);
	if (rv != SCARD_S_SUCCESS)
		return pcsc_fault(f, rv, t->reader);
	t->atr_len = n < ATR_MAX ? n : ATR_MAX;
	memcpy(t->atr, atr, t->atr_len);
	return ST_OK;
}

static size_t transport_atr(const struct transport *base, uint8_t out[static ATR_MAX])
{
	const struct pcsc_transport *t = (const struct pcsc_transport *)base;

	memcpy(out, t->atr, t->atr_len);
	return t->atr_len;
}

static bool means_gone(LONG rv)
{
	return rv == SCARD_W_REMOVED_CARD || rv == SCARD_E_NO_SMARTCARD || rv == SCARD_E_READER_UNAVAILABLE ||
	       rv == SCARD_E_UNKNOWN_READER || rv == SCARD_E_INVALID_HANDLE || rv == SCARD_E_NO_SERVICE ||
	       rv == SCARD_E_SERVICE_STOPPED || rv == SCARD_W_RESET_CARD;
}

/* A failed exchange may be the first sign of a card that was pulled out; the reader says so a moment later. */
static bool is_being_pulled(struct pcsc_transport *t)
{
	int64_t until = clock_ms() + GONE_WAIT_MS;

	do {
		DWORD name_len = 0, state = 0, protocol = 0, atr_len = MAX_ATR_SIZE;
		BYTE atr[MAX_ATR_SIZE];
		LONG rv = t->calls->status(t->card, NULL, &name_len, &state, &protocol, atr, &atr_len);

		if (means_gone(rv) || (rv == SCARD_S_SUCCESS && (state & SCARD_ABSENT)))
			return true;
		clock_sleep_ms(GONE_STEP_MS);
	} while (clock_ms() < until);
	return false;
}

static enum status gone(struct pcsc_transport *t, LONG rv, struct fault *f)
{
	t->lost = true;
	if (rv == SCARD_W_RESET_CARD)
		return pcsc_fault(f, rv, t->reader);
	fault_set(f, ST_CARD_GONE, rv == SCARD_E_INVALID_HANDLE || rv == SCARD_E_NO_SERVICE || rv == SCARD_E_SERVICE_STOPPED
				     ? "The smart card service (pcscd) stopped while the device was in use. What was done "
				       "before stays done. Start it again, and look at the device's state."
				     : "The device was removed while it was in use. What was done before stays done. Plug it in "
				       "again, and look at its state.");
	if (f)
		f->native = rv;
	return ST_CARD_GONE;
}

static enum status transport_transmit(struct transport *base, const uint8_t *cmd, size_t cmd_len, uint8_t *rsp,
				      size_t *io_rsp_len, struct fault *f)
{
	struct pcsc_transport *t = of(base);
	DWORD n = *io_rsp_len;
	LONG rv;

	if (t->lost)
		return gone(t, SCARD_W_REMOVED_CARD, f);
	rv = t->calls->transmit(t->card, SCARD_PCI_T1, cmd, cmd_len, NULL, rsp, &n);
	if (rv == SCARD_S_SUCCESS) {
		*io_rsp_len = n;
		return ST_OK;
	}
	if (means_gone(rv))
		return gone(t, rv, f);
	if (rv != SCARD_E_INSUFFICIENT_BUFFER && is_being_pulled(t))
		return gone(t, SCARD_W_REMOVED_CARD, f);
	pcsc_fault(f, rv, t->reader);
	/* Whatever is wrong with an exchange, pcscd itself answered: it is not what has to be started. */
	if (f && f->st == ST_NO_PCSCD)
		f->st = ST_CARD_ERROR;
	return rv == SCARD_E_INSUFFICIENT_BUFFER ? ST_BAD_REPLY : ST_CARD_ERROR;
}

static enum status transport_begin(struct transport *base, struct fault *f)
{
	struct pcsc_transport *t = of(base);
	LONG rv = SCARD_W_RESET_CARD;

	for (unsigned i = 0; i < RECONNECTS_MAX && rv == SCARD_W_RESET_CARD; i++) {
		DWORD protocol;

		rv = t->calls->begin(t->card);
		if (rv != SCARD_W_RESET_CARD)
			break;
		rv = t->calls->reconnect(t->card, SCARD_SHARE_SHARED, SCARD_PROTOCOL_T1, SCARD_LEAVE_CARD, &protocol);
		if (rv == SCARD_S_SUCCESS)
			rv = SCARD_W_RESET_CARD;
	}
	if (rv == SCARD_S_SUCCESS) {
		t->in_transaction = true;
		t->lost = false;
		return ST_OK;
	}
	return means_gone(rv) ? gone(t, rv, f) : pcsc_fault(f, rv, t->reader);
}

static void transport_end(struct transport *base)
{
	struct pcsc_transport *t = of(base);

	if (t->in_transaction)
		(void)t->calls->end(t->card, SCARD_LEAVE_CARD);
	t->in_transaction = false;
}

static enum status transport_reset(struct transport *base, struct fault *f)
{
	struct pcsc_transport *t = of(base);
	DWORD protocol;
	LONG rv = t->calls->reconnect(t->card, SCARD_SHARE_SHARED, SCARD_PROTOCOL_T1, SCARD_RESET_CARD, &protocol);

	if (rv == SCARD_S_SUCCESS)
		return ST_OK;
	return means_gone(rv) ? gone(t, rv, f) : pcsc_fault(f, rv, t->reader);
}

static void transport_close(struct transport *base)
{
	struct pcsc_transport *t = of(base);

	transport_end(base);
	if (t->card)
		(void)t->calls->disconnect(t->card, SCARD_LEAVE_CARD);
	if (t->context)
		(void)t->calls->release(t->context);
	free(t);
}

static const struct transport_ops ops = {
	.atr = transport_atr,
	.transmit = transport_transmit,
	.begin = transport_begin,
	.end = transport_end,
	.reset = transport_reset,
	.close = transport_close,
};

/* The control code of a feature, from the list of those that the driver has (PC/SC part 10 2.2); 0: it does not. */
static DWORD feature_code(struct pcsc_transport *t, uint8_t feature)
{
	BYTE out[256];
	DWORD n = 0;
	struct cur list, value;
	uint8_t tag, len;

	if (t->calls->control(t->card, CM_IOCTL_GET_FEATURE_REQUEST, NULL, 0, out, sizeof(out), &n) != SCARD_S_SUCCESS ||
	    n > sizeof(out))
		return 0;
	list = cur_of(out, n);
	while (cur_u8(&list, &tag) && cur_u8(&list, &len) && cur_take(&list, len, &value))
		if (tag == feature && len == 4)
			return (DWORD)value.p[0] << 24 | (DWORD)value.p[1] << 16 | (DWORD)value.p[2] << 8 | value.p[3];
	return 0;
}

/* Properties are little-endian. */
static size_t announced_max(struct pcsc_transport *t)
{
	DWORD code = feature_code(t, FEATURE_GET_TLV_PROPERTIES), n = 0;
	BYTE out[256];
	struct cur list, value;
	uint8_t tag, len;

	if (code == 0 || t->calls->control(t->card, code, NULL, 0, out, sizeof(out), &n) != SCARD_S_SUCCESS || n > sizeof(out))
		return 0;
	list = cur_of(out, n);
	while (cur_u8(&list, &tag) && cur_u8(&list, &len) && cur_take(&list, len, &value))
		if (tag == TAG_MAX_APDU && len == 4)
			return (size_t)value.p[0] | (size_t)value.p[1] << 8 | (size_t)value.p[2] << 16 |
			       (size_t)value.p[3] << 24;
	return 0;
}

enum status pcsc_transport_open(const struct pcsc_calls *calls, const char *reader, struct transport **ret,
				struct fault *f)
{
	struct pcsc_transport *t = calloc(1, sizeof(*t));
	DWORD protocol = 0;
	enum status st;
	LONG rv;

	if (t == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	t->base.ops = &ops;
	t->calls = calls;
	snprintf(t->reader, sizeof(t->reader), "%s", reader);
	rv = calls->establish(SCARD_SCOPE_SYSTEM, NULL, NULL, &t->context);
	if (rv != SCARD_S_SUCCESS)
		t->context = 0;
	else
		rv = calls->connect(t->context, reader, SCARD_SHARE_SHARED, SCARD_PROTOCOL_T1, &t->card, &protocol);
	if (rv != SCARD_S_SUCCESS) {
		t->card = 0;
		st = rv == SCARD_W_REMOVED_CARD ? pcsc_fault(f, SCARD_E_NO_SMARTCARD, reader) : pcsc_fault(f, rv, reader);
	} else {
		st = read_atr(t, f);
	}
	if (st != ST_OK) {
		transport_close(&t->base);
		return st;
	}
	t->base.max_apdu = announced_max(t);
	*ret = &t->base;
	return ST_OK;
}
