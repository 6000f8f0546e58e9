#include "tests/console/watch.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/tlv.h"
#include "engine/sim/sim.h"

#define CARDS 16
#define TYPED 65536      /* slots of the table: a power of two, never filled by half */

/* smartcard-hsm.md 4 and 5 */
enum { INS_VERIFY = 0x20, INS_CHANGE = 0x24, INS_UNBLOCK = 0x2c, INS_INITIALIZE = 0x50, REF_USER = 0x81, REF_SO = 0x88 };
#define SO_LEN 8

#define FRESH_MOST 2     /* of two devices at once: each has its own field. More would hide that one is sent twice */

struct typed {
	uint64_t hash;           /* 0: empty */
	unsigned fresh;          /* so often typed since it was wrong */
	bool stands;             /* for a field that is left empty, without being typed */
};

struct pins {
	char serial[24];
	char user[WATCH_PIN_MAX], so[WATCH_PIN_MAX];
};

struct watch {
	struct source base;
	struct source *inner;
	pthread_mutex_t lock;
	struct typed typed[TYPED];
	size_t n_typed;
	struct pins pins[CARDS];
	struct watch_counts counts;
};

struct seen {
	struct transport base;
	struct transport *inner;
	struct watch *watch;
	struct pins *pins;
};

static uint64_t hash_of(const uint8_t *p, size_t n)
{
	uint64_t h = 14695981039346656037u;   /* FNV-1a */

	for (size_t i = 0; i < n; i++)
		h = (h ^ (p[i] | 0x20)) * 1099511628211u;   /* hexadecimal digits in either case */
	return h != 0 ? h : 1;
}

static struct typed *slot(struct watch *w, uint64_t hash)
{
	size_t i = (size_t)hash & (TYPED - 1);

	while (w->typed[i].hash != 0 && w->typed[i].hash != hash)
		i = (i + 1) & (TYPED - 1);
	return &w->typed[i];
}

void watch_typed(struct watch *w, const uint8_t *p, size_t n)
{
	struct typed *t;

	if (n < 6 || w->n_typed > TYPED / 2)   /* shorter ones are never sent */
		return;
	pthread_mutex_lock(&w->lock);
	t = slot(w, hash_of(p, n));
	w->n_typed += t->hash == 0;
	t->hash = hash_of(p, n);
	t->fresh += t->fresh < FRESH_MOST;
	pthread_mutex_unlock(&w->lock);
}

void watch_stands(struct watch *w, const uint8_t *p, size_t n)
{
	watch_typed(w, p, n);
	slot(w, hash_of(p, n))->stands = true;
}

static void so_text(char out[static WATCH_PIN_MAX], const uint8_t *p)
{
	for (int i = 0; i < SO_LEN; i++)
		(void)snprintf(out + 2 * i, 3, "%02x", p[i]);
}

static void user_text(char out[static WATCH_PIN_MAX], struct cur pin)
{
	(void)snprintf(out, WATCH_PIN_MAX, "%.*s", (int)pin.n, (const char *)pin.p);
}

/* One PIN went to the card, as it was typed, and this is what the card said to it. */
static void tried(struct watch *w, const char *pin, bool right, bool wrong)
{
	struct typed *t = slot(w, hash_of((const uint8_t *)pin, strlen(pin)));

	w->counts.right += right;
	w->counts.wrong += wrong;
	if ((right || wrong) && (t->hash == 0 || (wrong && t->fresh == 0 && !t->stands))) {
		(void)fprintf(stderr, "a PIN was sent that nobody typed, or too often: %s, %s\n", pin, wrong ? "wrong" : "right");
		w->counts.unasked++;
	}
	t->fresh -= wrong && t->fresh > 0;
}

static void see_initialize(struct seen *s, struct cur data, bool right, bool wrong)
{
	struct tlv t;

	while (data.n > 0 && tlv_next(&data, &t)) {
		if (t.tag == 0x82 && t.value.n == SO_LEN) {
			char so[WATCH_PIN_MAX];

			so_text(so, t.value.p);
			tried(s->watch, so, right, wrong);
			if (right)
				memcpy(s->pins->so, so, sizeof(so));
		} else if (t.tag == 0x81 && right) {
			user_text(s->pins->user, t.value);
		}
	}
}

static void see_change(struct seen *s, uint8_t which, struct cur data, bool right, bool wrong)
{
	size_t old = which == REF_SO ? SO_LEN : strlen(s->pins->user);
	char text[WATCH_PIN_MAX];
	struct cur first;

	if (data.n <= old || !cur_take(&data, old, &first))
		return;
	if (which == REF_SO)
		so_text(text, first.p);
	else
		user_text(text, first);
	tried(s->watch, text, right, wrong);
	if (right && which == REF_SO)
		so_text(s->pins->so, data.p);
	else if (right)
		user_text(s->pins->user, data);
}

static void see_unblock(struct seen *s, struct cur data, bool right, bool wrong)
{
	char text[WATCH_PIN_MAX];
	struct cur so;

	if (!cur_take(&data, SO_LEN, &so))
		return;
	so_text(text, so.p);
	tried(s->watch, text, right, wrong);
	if (right && data.n > 0)
		user_text(s->pins->user, data);
}

static void see_verify(struct seen *s, struct cur data, bool right, bool wrong)
{
	char text[WATCH_PIN_MAX];

	user_text(text, data);
	tried(s->watch, text, right, wrong);
	if (right)
		user_text(s->pins->user, data);
}

/* Short, or extended: ISO 7816-4 5.1. Empty where there are none. */
static struct cur data_of(const uint8_t *cmd, size_t n)
{
	if (n > 7 && cmd[4] == 0)
		return cur_of(cmd + 7, (size_t)cmd[5] << 8 | cmd[6]);
	return n > 5 ? cur_of(cmd + 5, cmd[4]) : (struct cur){ 0 };
}

static void see(struct seen *s, const uint8_t *cmd, size_t n, const uint8_t *rsp, size_t rsp_n)
{
	struct cur data = n >= 4 ? data_of(cmd, n) : (struct cur){ 0 };
	unsigned sw = rsp_n >= 2 ? (unsigned)rsp[rsp_n - 2] << 8 | rsp[rsp_n - 1] : 0;
	bool right = sw == 0x9000, wrong = (sw & 0xfff0) == 0x63c0;

	s->watch->counts.apdus++;
	if (data.n == 0 || data.p + data.n > cmd + n)
		return;
	switch (cmd[1]) {
	case INS_VERIFY:
		see_verify(s, data, right, wrong);
		break;
	case INS_CHANGE:
		see_change(s, cmd[3], data, right, wrong);
		break;
	case INS_UNBLOCK:
		see_unblock(s, data, right, wrong);
		break;
	case INS_INITIALIZE:
		see_initialize(s, data, right, wrong || sw == 0x6985);   /* its word for a wrong SO-PIN */
		break;
	default:
		break;
	}
}

static size_t seen_atr(const struct transport *t, uint8_t out[static ATR_MAX])
{
	const struct seen *s = (const struct seen *)t;

	return s->inner->ops->atr(s->inner, out);
}

static enum status seen_transmit(struct transport *t, const uint8_t *cmd, size_t cmd_len, uint8_t *rsp, size_t *io_rsp_len,
				 struct fault *f)
{
	struct seen *s = (struct seen *)t;
	enum status st = s->inner->ops->transmit(s->inner, cmd, cmd_len, rsp, io_rsp_len, f);

	pthread_mutex_lock(&s->watch->lock);
	see(s, cmd, cmd_len, rsp, st == ST_OK ? *io_rsp_len : 0);
	pthread_mutex_unlock(&s->watch->lock);
	return st;
}

static enum status seen_begin(struct transport *t, struct fault *f)
{
	struct seen *s = (struct seen *)t;

	return s->inner->ops->begin(s->inner, f);
}

static void seen_end(struct transport *t)
{
	struct seen *s = (struct seen *)t;

	s->inner->ops->end(s->inner);
}

static enum status seen_reset(struct transport *t, struct fault *f)
{
	struct seen *s = (struct seen *)t;

	return s->inner->ops->reset(s->inner, f);
}

static void seen_close(struct transport *t)
{
	struct seen *s = (struct seen *)t;

	s->inner->ops->close(s->inner);
	free(s);
}

static const struct transport_ops seen_ops = {
	.atr = seen_atr, .transmit = seen_transmit, .begin = seen_begin, .end = seen_end, .reset = seen_reset, .close = seen_close,
};

static struct source *inner_of(struct source *s)
{
	return ((struct watch *)s)->inner;
}

static enum status watch_list(struct source *s, struct reader **ret, size_t *ret_n, struct fault *f)
{
	return inner_of(s)->ops->list(inner_of(s), ret, ret_n, f);
}

static enum status watch_wait(struct source *s, int timeout_ms, struct fault *f)
{
	return inner_of(s)->ops->wait(inner_of(s), timeout_ms, f);
}

static void watch_cancel(struct source *s)
{
	inner_of(s)->ops->cancel(inner_of(s));
}

static struct pins *pins_of(struct watch *w, const char *serial)
{
	size_t i = 0;

	while (i < CARDS - 1 && w->pins[i].serial[0] != '\0' && strcmp(w->pins[i].serial, serial) != 0)
		i++;
	(void)snprintf(w->pins[i].serial, sizeof(w->pins[i].serial), "%s", serial);
	return &w->pins[i];
}

static enum status watch_open(struct source *source, const char *reader, struct transport **ret, struct fault *f)
{
	struct watch *w = (struct watch *)source;
	struct sim_card *card = sim_source_card(w->inner, reader);
	struct seen *s = calloc(1, sizeof(*s));
	enum status st;

	if (s == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	st = w->inner->ops->open(w->inner, reader, &s->inner, f);
	if (st != ST_OK) {
		free(s);
		return st;
	}
	s->base = (struct transport){ &seen_ops, s->inner->max_apdu, s->inner->simulated };
	s->watch = w;
	pthread_mutex_lock(&w->lock);
	s->pins = pins_of(w, card != NULL ? sim_card_serial(card) : "");
	pthread_mutex_unlock(&w->lock);
	*ret = &s->base;
	return ST_OK;
}

static enum status watch_plug(struct source *s, const char *reader, bool in, struct fault *f)
{
	return inner_of(s)->ops->plug(inner_of(s), reader, in, f);
}

static enum status watch_add(struct source *s, struct fault *f)
{
	return inner_of(s)->ops->add(inner_of(s), f);
}

static void watch_close(struct source *s)
{
	(void)s;
}

static const struct source_ops watch_ops = {
	.list = watch_list, .wait = watch_wait, .cancel = watch_cancel, .open = watch_open, .plug = watch_plug, .add = watch_add,
	.close = watch_close,
};

struct watch *watch_new(struct source *inner)
{
	struct watch *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return NULL;
	w->base = (struct source){ &watch_ops, inner->simulated };
	w->inner = inner;
	pthread_mutex_init(&w->lock, NULL);
	return w;
}

void watch_free(struct watch *w)
{
	if (w == NULL)
		return;
	pthread_mutex_destroy(&w->lock);
	free(w);
}

struct source *watch_source(struct watch *w)
{
	return &w->base;
}

void watch_pins(struct watch *w, const char *serial, char ret_user[static WATCH_PIN_MAX], char ret_so[static WATCH_PIN_MAX])
{
	const struct pins *p;

	pthread_mutex_lock(&w->lock);
	p = pins_of(w, serial);
	memcpy(ret_user, p->user, WATCH_PIN_MAX);
	memcpy(ret_so, p->so, WATCH_PIN_MAX);
	pthread_mutex_unlock(&w->lock);
}

void watch_counts(struct watch *w, struct watch_counts *ret)
{
	pthread_mutex_lock(&w->lock);
	*ret = w->counts;
	pthread_mutex_unlock(&w->lock);
}
