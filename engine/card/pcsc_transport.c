/*
 * A card over PC/SC. Each connection has a context of its own: in pcsc-lite, calls on one context wait for each other,
 * and the source's is asleep in SCardGetStatusChange most of the time. What another program's transaction may hold up,
 * connecting and beginning, goes through pcsc_wait.h; a connection that was left behind there is gone for good.
 */
#include <reader.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/bytes.h"
#include "engine/base/clock.h"
#include "engine/base/text.h"
#include "engine/base/words.h"
#include "engine/card/pcsc.h"
#include "engine/card/pcsc_calls.h"
#include "engine/card/pcsc_wait.h"

#define RECONNECTS_MAX 3
#define GONE_WAIT_MS 600      /* a reader without a switch notices a missing card at its next look, every 400 ms */
#define GONE_STEP_MS 50
#define TAG_MAX_APDU 0x0a     /* dwMaxAPDUDataSize, PC/SC part 10 2.6.14 */

struct pcsc_transport {
	struct transport base;
	const struct pcsc_calls *calls;
	struct pcsc_waits *waits;
	struct pcsc_link *link;      /* NULL: left to a thread that waits */
	bool lost;                   /* reset or removed within the transaction */
	char reader[READER_NAME_MAX];
};

static struct pcsc_transport *of(struct transport *t)
{
	return (struct pcsc_transport *)t;
}

static enum status in_use(const struct pcsc_transport *t, struct fault *f)
{
	char name[READER_NAME_MAX];

	/* It is made of what the device says about itself on the bus. */
	text_clean(name, sizeof(name), t->reader, strlen(t->reader));
	fault_set(f, ST_READER_BUSY,
		  "Another program is using the device in the reader \"%s\", and has not let go of it. Nothing was sent to the "
		  "device. Wait until that program is done, or end it (gpg's scdaemon is a common one: gpgconf --kill scdaemon), "
		  "and try again.",
		  name);
	if (f)
		f->native = SCARD_E_SHARING_VIOLATION;
	return ST_READER_BUSY;
}

static size_t transport_atr(const struct transport *base, uint8_t out[static ATR_MAX])
{
	const struct pcsc_transport *t = (const struct pcsc_transport *)base;

	if (t->link == NULL)
		return 0;
	memcpy(out, t->link->atr, t->link->atr_len);
	return t->link->atr_len;
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
		LONG rv = t->calls->status(t->link->card, NULL, &name_len, &state, &protocol, atr, &atr_len);

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
				     ? N_("The smart card service (pcscd) stopped while the device was in use. What was done "
				       "before stays done. Start it again, and look at the device's state.")
				     : N_("The device was removed while it was in use. What was done before stays done. Plug it in "
				       "again, and look at its state."));
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

	if (t->lost || t->link == NULL)
		return gone(t, SCARD_W_REMOVED_CARD, f);
	rv = t->calls->transmit(t->link->card, SCARD_PCI_T1, cmd, cmd_len, NULL, rsp, &n);
	/* vpcd's driver says so of a card that was pulled out while it was at work: every card answers two bytes or more. */
	if (rv == SCARD_S_SUCCESS && n == 0)
		return gone(t, SCARD_W_REMOVED_CARD, f);
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

static LONG begin_link(struct pcsc_link *l)
{
	LONG rv = SCARD_W_RESET_CARD;

	for (unsigned i = 0; i < RECONNECTS_MAX && rv == SCARD_W_RESET_CARD; i++) {
		DWORD protocol;

		rv = l->calls->begin(l->card);
		if (rv != SCARD_W_RESET_CARD)
			break;
		rv = l->calls->reconnect(l->card, SCARD_SHARE_SHARED, SCARD_PROTOCOL_T1, SCARD_LEAVE_CARD, &protocol);
		if (rv == SCARD_S_SUCCESS)
			rv = SCARD_W_RESET_CARD;
	}
	l->in_transaction = rv == SCARD_S_SUCCESS;
	return rv;
}

static enum status transport_begin(struct transport *base, struct fault *f)
{
	struct pcsc_transport *t = of(base);
	LONG rv;

	if (t->link == NULL)
		return in_use(t, f);
	if (t->link->in_transaction)   /* at_once */
		return ST_OK;
	rv = pcsc_wait(t->waits, &t->link, begin_link);
	if (t->link == NULL)
		return in_use(t, f);
	if (rv == SCARD_S_SUCCESS) {
		t->lost = false;
		return ST_OK;
	}
	return means_gone(rv) ? gone(t, rv, f) : pcsc_fault(f, rv, t->reader);
}

static void transport_end(struct transport *base)
{
	struct pcsc_link *l = of(base)->link;

	if (l == NULL)
		return;
	if (l->in_transaction)
		(void)l->calls->end(l->card, SCARD_LEAVE_CARD);
	l->in_transaction = false;
}

static enum status transport_reset(struct transport *base, struct fault *f)
{
	struct pcsc_transport *t = of(base);
	DWORD protocol;
	LONG rv;

	if (t->link == NULL)
		return in_use(t, f);
	rv = t->calls->reconnect(t->link->card, SCARD_SHARE_SHARED, SCARD_PROTOCOL_T1, SCARD_RESET_CARD, &protocol);
	if (rv == SCARD_S_SUCCESS)
		return ST_OK;
	return means_gone(rv) ? gone(t, rv, f) : pcsc_fault(f, rv, t->reader);
}

static void transport_close(struct transport *base)
{
	struct pcsc_transport *t = of(base);

	pcsc_link_free(t->link);
	pcsc_waits_drop(t->waits);
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

/* Refused while another program is in a transaction, which is no answer. */
static LONG control(const struct pcsc_link *l, DWORD code, BYTE *out, DWORD cap, DWORD *ret_n)
{
	LONG rv;

	while ((rv = l->calls->control(l->card, code, NULL, 0, out, cap, ret_n)) == SCARD_E_SHARING_VIOLATION)
		clock_sleep_ms(GONE_STEP_MS);
	return rv;
}

/* The control code of a feature, from the list of those that the driver has (PC/SC part 10 2.2); 0: it does not. */
static DWORD feature_code(const struct pcsc_link *l, uint8_t feature)
{
	BYTE out[256];
	DWORD n = 0;
	struct cur list, value;
	uint8_t tag, len;

	if (control(l, CM_IOCTL_GET_FEATURE_REQUEST, out, sizeof(out), &n) != SCARD_S_SUCCESS || n > sizeof(out))
		return 0;
	list = cur_of(out, n);
	while (cur_u8(&list, &tag) && cur_u8(&list, &len) && cur_take(&list, len, &value))
		if (tag == feature && len == 4)
			return (DWORD)value.p[0] << 24 | (DWORD)value.p[1] << 16 | (DWORD)value.p[2] << 8 | value.p[3];
	return 0;
}

/* Properties are little-endian. */
static size_t announced_max(const struct pcsc_link *l)
{
	DWORD code = feature_code(l, FEATURE_GET_TLV_PROPERTIES), n = 0;
	BYTE out[256];
	struct cur list, value;
	uint8_t tag, len;

	if (code == 0 || control(l, code, out, sizeof(out), &n) != SCARD_S_SUCCESS || n > sizeof(out))
		return 0;
	list = cur_of(out, n);
	while (cur_u8(&list, &tag) && cur_u8(&list, &len) && cur_take(&list, len, &value))
		if (tag == TAG_MAX_APDU && len == 4)
			return (size_t)value.p[0] | (size_t)value.p[1] << 8 | (size_t)value.p[2] << 16 |
			       (size_t)value.p[3] << 24;
	return 0;
}

static LONG open_link(struct pcsc_link *l)
{
	DWORD n = MAX_ATR_SIZE, state = 0, protocol = 0, name_len = 0;
	BYTE atr[MAX_ATR_SIZE];
	LONG rv = l->context ? SCARD_S_SUCCESS : l->calls->establish(SCARD_SCOPE_SYSTEM, NULL, NULL, &l->context);

	if (rv != SCARD_S_SUCCESS) {
		l->context = 0;
		return rv;
	}
	rv = l->calls->connect(l->context, l->reader, SCARD_SHARE_SHARED, SCARD_PROTOCOL_T1, &l->card, &protocol);
	if (rv != SCARD_S_SUCCESS) {
		l->card = 0;
		return rv == SCARD_W_REMOVED_CARD ? SCARD_E_NO_SMARTCARD : rv;
	}
	rv = l->calls->status(l->card, NULL, &name_len, &state, &protocol, atr, &n);
	if (rv != SCARD_S_SUCCESS)
		return rv;
	l->atr_len = n < ATR_MAX ? n : ATR_MAX;
	memcpy(l->atr, atr, l->atr_len);
	l->max_apdu = announced_max(l);
	return l->at_once ? begin_link(l) : rv;
}

enum status pcsc_transport_open(const struct pcsc_calls *calls, struct pcsc_waits *waits, SCARDCONTEXT context,
				const char *reader, struct transport **ret, struct fault *f)
{
	struct pcsc_transport *t = calloc(1, sizeof(*t));
	struct pcsc_link *link = calloc(1, sizeof(*link));
	enum status st;
	LONG rv;

	if (t == NULL || link == NULL) {
		free(t);
		free(link);
		if (context)
			(void)calls->release(context);
		return fault_set(f, ST_NO_MEMORY, NULL);
	}
	t->base.ops = &ops;
	t->calls = link->calls = calls;
	t->waits = pcsc_waits_hold(waits);
	t->link = link;
	link->context = context;
	link->at_once = context != 0;
	snprintf(t->reader, sizeof(t->reader), "%s", reader);
	snprintf(link->reader, sizeof(link->reader), "%s", reader);
	rv = pcsc_wait(waits, &t->link, open_link);
	if (rv != SCARD_S_SUCCESS) {
		st = t->link == NULL ? in_use(t, f) : pcsc_fault(f, rv, reader);
		transport_close(&t->base);
		return st;
	}
	t->base.max_apdu = t->link->max_apdu;
	*ret = &t->base;
	return ST_OK;
}
