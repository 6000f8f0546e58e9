/*
 * A card from its file, and the life of one APDU: carried out in memory, made durable, then answered. What goes wrong on
 * the way, or a card pulled meanwhile, takes the state back to what the file has.
 */
#include "engine/sim/card.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "engine/base/clock.h"

#define COMMAND_MS 30   /* real-devices.md 11: 27 to 55 ms for a plain APDU */

void sim_session_clear(struct sim_session *s)
{
	buf_done(&s->trusted);
	explicit_bzero(s, sizeof(*s));
	s->pka_key = -1;
}

bool sim_logged_in(const struct sim_card *c)
{
	unsigned present = 0;

	for (size_t i = 0; i < c->state.pka_n; i++)
		present += c->session.pka[i];
	if (c->state.pka_total == 0)
		return c->session.pin;
	if (c->state.options & OPTION_COMBINED)
		return c->session.pin && present >= c->state.pka_required;
	return c->session.pin || present >= c->state.pka_required;
}

/* Forgets what is in memory for what the file has. A card whose file cannot be read any more is out of order. */
static void roll_back(struct sim_card *c)
{
	BUF bytes = { 0 };

	sim_state_done(&c->state);
	sim_session_clear(&c->session);
	if (sim_disk_load(&c->disk, &bytes, NULL) != ST_OK || !sim_state_load(&c->state, buf_view(&bytes)))
		sim_card_plug(c, false);
}

static enum status commit(struct sim_card *c, struct fault *f)
{
	BUF bytes = { 0 };

	sim_state_save(&c->state, &bytes);
	if (bytes.failed)
		return fault_set(f, ST_NO_MEMORY, NULL);
	return sim_disk_save(&c->disk, buf_view(&bytes), f);
}

static enum status gone(struct fault *f)
{
	return fault_set(f, ST_CARD_GONE, NULL);
}

static void pull(struct sim_card *c)
{
	c->plugged = false;
	c->epoch++;
	c->owner = NULL;
	(void)pthread_cond_broadcast(&c->changed);
}

void sim_card_plug(struct sim_card *c, bool in)
{
	(void)pthread_mutex_lock(&c->gate);
	if (c->plugged && !in)
		pull(c);
	else
		c->plugged = in;
	(void)pthread_mutex_unlock(&c->gate);
}

bool sim_card_plugged(struct sim_card *c)
{
	bool in;

	(void)pthread_mutex_lock(&c->gate);
	in = c->plugged;
	(void)pthread_mutex_unlock(&c->gate);
	return in;
}

bool sim_card_mute(struct sim_card *c)
{
	bool mute;

	(void)pthread_mutex_lock(&c->gate);
	mute = c->faults.mute;
	(void)pthread_mutex_unlock(&c->gate);
	return mute;
}

static unsigned long epoch_now(struct sim_card *c)
{
	unsigned long epoch;

	(void)pthread_mutex_lock(&c->gate);
	epoch = c->epoch;
	(void)pthread_mutex_unlock(&c->gate);
	return epoch;
}

/* Lets an APDU in and counts it; false where the card is gone. */
static bool enter(struct sim_card *c, unsigned long epoch, uint8_t ins, unsigned long *ret_n)
{
	bool in;

	(void)pthread_mutex_lock(&c->gate);
	in = c->plugged && c->epoch == epoch;
	if (in) {
		c->faults.count++;
		if (sim_faults_dropped(&c->faults)) {
			pull(c);
			in = false;
		} else {
			*ret_n = ++c->apdus;
			c->apdus_of[ins]++;
			c->zero_kcv = c->faults.zero_kcv;
			c->limit = c->faults.limit;
		}
	}
	(void)pthread_mutex_unlock(&c->gate);
	return in;
}

/* Waits so long, less when the card is pulled. False where it is gone. */
static bool stay(struct sim_card *c, unsigned long epoch, int64_t ms)
{
	struct timespec until;
	bool in;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	if (ms > 0) {
		until.tv_sec += (time_t)(ms / 1000);
		until.tv_nsec += (long)(ms % 1000) * 1000000;
		until.tv_sec += until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
	}
	(void)pthread_mutex_lock(&c->gate);
	while (ms > 0 && c->plugged && c->epoch == epoch &&
	       pthread_cond_timedwait(&c->changed, &c->gate, &until) != ETIMEDOUT)
		;
	in = c->plugged && c->epoch == epoch;
	(void)pthread_mutex_unlock(&c->gate);
	return in;
}

static bool strikes(struct sim_card *c, enum sim_fault_kind kind, uint8_t ins, unsigned long *ret_value)
{
	bool hit;

	(void)pthread_mutex_lock(&c->gate);
	hit = sim_faults_strike(&c->faults, kind, ins, ret_value);
	(void)pthread_mutex_unlock(&c->gate);
	return hit;
}

/* The command with the last bit of its data flipped, for as long as *copy is; one without data as it is. */
static struct cur bent(struct cur cmd, struct buf *copy)
{
	const size_t head = cmd.n > 7 && cmd.p[4] == 0 ? 7 : 5;
	const size_t n = cmd.n > head ? (head == 7 ? (size_t)(cmd.p[5] << 8 | cmd.p[6]) : cmd.p[4]) : 0;

	buf_cur(copy, cmd);
	if (copy->failed || n == 0 || head + n > cmd.n)
		return cmd;
	copy->p[head + n - 1] ^= 0x01;
	return buf_view(copy);
}

/* Carries out and makes durable; the answer with its status word in out. */
static enum status carry_out(struct sim_card *c, unsigned long epoch, unsigned long n, struct cur cmd, struct buf *out,
			     struct fault *f)
{
	uint8_t ins = cmd.n > 1 ? cmd.p[1] : 0;
	int64_t began = clock_ms();
	unsigned long ordered = 0, stall = 0;
	enum status st = ST_OK;
	BUF copy = { 0 };
	uint16_t sw;

	if (strikes(c, SIM_ELSE, ins, NULL))
		cmd = bent(cmd, &copy);
	c->dirty = false;
	c->busy_ms = 0;
	if (strikes(c, SIM_SW, ins, &ordered))
		sw = (uint16_t)ordered;
	else
		sw = sim_dispatch(c, cmd.p, cmd.n, out);
	if (strikes(c, SIM_SAYS, ins, &ordered))
		sw = (uint16_t)ordered;
	(void)strikes(c, SIM_STALL, ins, &stall);
	if (c->realistic)
		stall += COMMAND_MS + c->busy_ms;
	if (!stay(c, epoch, (int64_t)stall - (clock_ms() - began)))
		st = gone(f);
	else if (out->failed)
		st = fault_set(f, ST_NO_MEMORY, NULL);
	else if (c->dirty)
		st = commit(c, f);
	if (st != ST_OK) {
		roll_back(c);
		return st;
	}
	sim_trace(c, n, cmd.p, cmd.n, out, sw);
	buf_u16(out, sw);
	return out->failed ? fault_set(f, ST_NO_MEMORY, NULL) : ST_OK;
}

/* What can still happen between the card and the host. */
static enum status answer(struct sim_card *c, unsigned long epoch, unsigned long n, uint8_t ins, struct buf *out,
			  struct fault *f)
{
	sim_hook *hook;
	void *arg;

	(void)pthread_mutex_lock(&c->gate);
	sim_faults_bend(&c->faults, ins, out);
	if (sim_faults_strike(&c->faults, SIM_LOST, ins, NULL))
		pull(c);
	hook = c->hook;
	arg = c->hook_arg;
	(void)pthread_mutex_unlock(&c->gate);
	if (hook != NULL)
		hook(arg, n, ins);
	return stay(c, epoch, 0) ? ST_OK : gone(f);
}

static enum status process(struct sim_card *c, unsigned long epoch, struct cur cmd, struct buf *out, struct fault *f)
{
	uint8_t ins = cmd.n > 1 ? cmd.p[1] : 0;
	unsigned long n = 0;
	enum status st;

	if (!enter(c, epoch, ins, &n))
		return gone(f);
	if (c->session_epoch != epoch) {
		sim_session_clear(&c->session);
		c->session_epoch = epoch;
	}
	st = carry_out(c, epoch, n, cmd, out, f);
	return st == ST_OK ? answer(c, epoch, n, ins, out, f) : st;
}

enum status sim_card_transmit(struct sim_card *c, unsigned long epoch, const uint8_t *cmd, size_t cmd_len, uint8_t *rsp,
			      size_t *io_rsp_len, struct fault *f)
{
	BUF out = { 0 };
	enum status st;

	(void)pthread_mutex_lock(&c->work);
	st = process(c, epoch, cur_of(cmd, cmd_len), &out, f);
	(void)pthread_mutex_unlock(&c->work);
	if (st != ST_OK)
		return st;
	if (out.n > *io_rsp_len)
		return fault_set(f, ST_BAD_REPLY, NULL);
	memcpy(rsp, out.p, out.n);
	*io_rsp_len = out.n;
	return ST_OK;
}

enum status sim_card_apdu(struct sim_card *c, const uint8_t *cmd, size_t cmd_len, uint8_t *rsp, size_t *io_rsp_len,
			  struct fault *f)
{
	return sim_card_transmit(c, epoch_now(c), cmd, cmd_len, rsp, io_rsp_len, f);
}

void sim_card_reset(struct sim_card *c)
{
	(void)pthread_mutex_lock(&c->work);
	sim_session_clear(&c->session);
	(void)pthread_mutex_unlock(&c->work);
}

enum status sim_card_set_fault(struct sim_card *c, const char *spec, struct fault *f)
{
	struct sim_faults faults;
	enum status st = sim_faults_parse(&faults, spec, f);

	if (st != ST_OK)
		return st;
	(void)pthread_mutex_lock(&c->gate);
	c->faults = faults;
	(void)pthread_mutex_unlock(&c->gate);
	return ST_OK;
}

unsigned long sim_card_apdus(struct sim_card *c)
{
	unsigned long n;

	(void)pthread_mutex_lock(&c->gate);
	n = c->apdus;
	(void)pthread_mutex_unlock(&c->gate);
	return n;
}

unsigned long sim_card_apdus_of(struct sim_card *c, uint8_t ins)
{
	unsigned long n;

	(void)pthread_mutex_lock(&c->gate);
	n = c->apdus_of[ins];
	(void)pthread_mutex_unlock(&c->gate);
	return n;
}

void sim_card_clear_counts(struct sim_card *c)
{
	(void)pthread_mutex_lock(&c->gate);
	c->apdus = 0;
	memset(c->apdus_of, 0, sizeof(c->apdus_of));
	(void)pthread_mutex_unlock(&c->gate);
}

const char *sim_card_serial(const struct sim_card *c)
{
	return c->serial;
}
