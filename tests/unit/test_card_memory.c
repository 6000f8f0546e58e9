/* engine/card: each allocation fails once, and each page refuses once to be locked. The simulated card's own do not. */
#include "tests/unit/card_help.h"

#include <stdbool.h>
#include <sys/mman.h>

/* What the wrapped calls look at: how many succeed before one fails. */
static struct {
	bool on, hit;
	unsigned long left;
} failing;

static bool fails(void)
{
	if (!failing.on || failing.hit)
		return false;
	failing.hit = failing.left-- == 0;
	return failing.hit;
}

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
int __real_mlock(const void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
int __wrap_mlock(const void *p, size_t n);

void *__wrap_malloc(size_t n)
{
	return fails() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
	return fails() ? NULL : __real_realloc(p, n);
}

int __wrap_mlock(const void *p, size_t n)
{
	return fails() ? -1 : __real_mlock(p, n);
}

/* The simulated card's transport, with allocations that work. */
struct sheltered {
	struct transport base;
	struct transport *in;
};

static size_t shelter_atr(const struct transport *t, uint8_t out[static ATR_MAX])
{
	const struct sheltered *s = (const struct sheltered *)t;

	return s->in->ops->atr(s->in, out);
}

static enum status shelter_transmit(struct transport *t, const uint8_t *cmd, size_t n, uint8_t *rsp, size_t *io_n,
				    struct fault *f)
{
	struct sheltered *s = (struct sheltered *)t;
	bool on = failing.on;
	enum status st;

	failing.on = false;
	st = s->in->ops->transmit(s->in, cmd, n, rsp, io_n, f);
	failing.on = on;
	return st;
}

static enum status shelter_begin(struct transport *t, struct fault *f)
{
	struct sheltered *s = (struct sheltered *)t;

	return s->in->ops->begin(s->in, f);
}

static void shelter_end(struct transport *t)
{
	struct sheltered *s = (struct sheltered *)t;

	s->in->ops->end(s->in);
}

static enum status shelter_reset(struct transport *t, struct fault *f)
{
	struct sheltered *s = (struct sheltered *)t;

	return s->in->ops->reset(s->in, f);
}

static void shelter_close(struct transport *t)
{
	struct sheltered *s = (struct sheltered *)t;

	s->in->ops->close(s->in);
}

static const struct transport_ops shelter = {
	.atr = shelter_atr, .transmit = shelter_transmit, .begin = shelter_begin, .end = shelter_end, .reset = shelter_reset,
	.close = shelter_close,
};

static void every_allocation_may_fail(void **state)
{
	struct bench b;
	struct fault f = { 0 };
	unsigned long i;

	(void)state;
	bench_open(&b, "3.6");
	must(whole_day(&b, &f));
	card_close(b.card);
	b.card = NULL;
	for (i = 0; i < 2000; i++) {
		struct sheltered s = { .base = { .ops = &shelter } };
		enum status st;

		must(sim_transport_open(b.sim, &s.in, &f));
		memset(&f, 0, sizeof(f));
		failing.left = i;
		failing.hit = false;
		failing.on = true;
		st = card_new(&s.base, "R", &b.card, &f);
		if (st == ST_OK)
			st = whole_day(&b, &f);
		failing.on = false;
		if (b.card == NULL)
			s.in->ops->close(s.in);
		card_close(b.card);
		b.card = NULL;
		if (!failing.hit)
			break;
		if (st != ST_NO_MEMORY)
			fail_msg("allocation %lu: %s: %s", i, status_name(st), f.what);
	}
	assert_in_range(i, 20, 1999);
	must(whole_day((bench_connect(&b, NULL), &b), &f));
	bench_close(&b);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_allocation_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
