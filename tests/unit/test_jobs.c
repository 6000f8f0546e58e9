/* The jobs, over a source of readers and a card that are made up here: only opening, closing and order count. */
#include "tests/unit/jobs_help.h"

/* --- jobs --- */

struct note {
	struct fake *fake;
	char *log;
	char mark;
	unsigned changes;
	enum status give;
	bool has_card, has_local;
	atomic_bool go, begun;
	atomic_uint *inside, *most;
};

static enum status write_mark(struct job *job, struct card *card, void *local, void *ctx, struct fault *f)
{
	struct note *n = ctx;

	(void)job;
	(void)f;
	n->has_card = card != NULL;
	n->has_local = local == n->fake;
	n->changes = card ? card->changes : 0;
	if (n->log)
		n->log[strlen(n->log)] = n->mark;
	return n->give;
}

static enum status until_told(struct job *job, struct card *card, void *local, void *ctx, struct fault *f)
{
	struct note *n = ctx;

	(void)card;
	(void)local;
	atomic_store(&n->begun, true);
	while (!atomic_load(&n->go)) {
		if (job_cancelled(job))
			return fault_set(f, ST_CANCELLED, NULL);
		clock_sleep_ms(1);
	}
	return ST_OK;
}

static void jobs_of_one_card_run_in_order_on_one_opened_card(void **state)
{
	struct fake k;
	struct jobs *j = start(&k, 1);
	char log[8] = "";
	struct note n[5];
	struct job_event e;
	unsigned last = 0;

	(void)state;
	memset(n, 0, sizeof(n));
	for (unsigned i = 0; i < 5; i++) {
		n[i].fake = &k;
		n[i].log = log;
		n[i].mark = (char)('a' + i);
		last = jobs_submit(j, "Reader A", write_mark, &n[i]);
	}
	expect(j, last, JOBS_DONE, &e);
	assert_int_equal(e.st, ST_OK);
	assert_string_equal(log, "abcde");
	assert_true(n[0].has_card && n[0].has_local);
	assert_int_equal(k.opened, 1);
	assert_int_equal(k.locals, 1);
	jobs_free(j);
	assert_int_equal(k.closed, 1);
	assert_int_equal(k.locals_freed, 1);
}

static void a_card_that_was_exchanged_is_opened_anew(void **state)
{
	struct fake k;
	struct jobs *j = start(&k, 1);
	struct note n = { .fake = &k };
	struct job_event e;

	(void)state;
	expect(j, jobs_submit(j, "Reader A", write_mark, &n), JOBS_DONE, &e);
	assert_int_equal(n.changes, 0);
	tell(&k, ST_OK, READER_CARD, 7);
	expect(j, 0, JOBS_READERS, &e);
	expect(j, jobs_submit(j, "Reader A", write_mark, &n), JOBS_DONE, &e);
	assert_int_equal(n.changes, 7);
	assert_int_equal(k.opened, 2);
	assert_int_equal(k.closed, 1);
	jobs_free(j);
}

static void a_card_that_goes_is_closed_although_nobody_asks(void **state)
{
	struct fake k;
	struct jobs *j = start(&k, 1);
	struct note n = { .fake = &k };
	struct job_event e;

	(void)state;
	expect(j, jobs_submit(j, "Reader A", write_mark, &n), JOBS_DONE, &e);
	tell(&k, ST_OK, READER_EMPTY, 1);
	for (int i = 0; i < PATIENCE_MS && k.closed == 0; i++)
		clock_sleep_ms(1);
	assert_int_equal(k.closed, 1);
	expect(j, jobs_submit(j, "Reader A", write_mark, &n), JOBS_DONE, &e);
	assert_int_equal(e.st, ST_NO_CARD);
	assert_int_equal(e.fault.st, ST_NO_CARD);
	jobs_free(j);
}

static void a_job_that_finds_its_card_gone_has_the_next_one_open_it_again(void **state)
{
	struct fake k;
	struct jobs *j = start(&k, 1);
	struct note n = { .fake = &k, .give = ST_CARD_GONE };
	struct job_event e;

	(void)state;
	expect(j, jobs_submit(j, "Reader B", write_mark, &n), JOBS_DONE, &e);
	assert_int_equal(e.st, ST_CARD_GONE);
	assert_string_equal(e.fault.what, status_words(ST_CARD_GONE));
	n.give = ST_OK;
	expect(j, jobs_submit(j, "Reader B", write_mark, &n), JOBS_DONE, &e);
	assert_int_equal(e.st, ST_OK);
	assert_int_equal(k.opened, 2);
	jobs_free(j);
}

static enum status meet(struct job *job, struct card *card, void *local, void *ctx, struct fault *f)
{
	struct note *n = ctx;
	unsigned now = atomic_fetch_add(n->inside, 1) + 1;

	(void)job;
	(void)card;
	(void)local;
	(void)f;
	if (now > atomic_load(n->most))
		atomic_store(n->most, now);
	for (int i = 0; i < 1000 && atomic_load(n->most) < 2; i++)
		clock_sleep_ms(1);
	atomic_fetch_sub(n->inside, 1);
	return ST_OK;
}

static void workers_run_side_by_side_and_no_more_than_there_are(void **state)
{
	struct fake k;
	struct jobs *j = start(&k, 2);
	atomic_uint inside = 0, most = 0;
	struct note n = { .fake = &k, .inside = &inside, .most = &most };
	struct job_event e;

	(void)state;
	for (int i = 0; i < 6; i++)
		assert_int_not_equal(jobs_submit(j, NULL, meet, &n), 0);
	for (int i = 0; i < 6; i++) {
		do
			assert_true(jobs_wait(j, PATIENCE_MS, &e));
		while (e.type != JOBS_DONE);
	}
	assert_int_equal(most, 2);
	jobs_free(j);
}

static void a_cancelled_job_that_has_not_begun_does_not_begin(void **state)
{
	struct fake k;
	struct jobs *j = start(&k, 1);
	char log[8] = "";
	struct note first = { .fake = &k }, second = { .fake = &k, .log = log, .mark = 'x' };
	struct job_event e;
	unsigned a = jobs_submit(j, NULL, until_told, &first), b = jobs_submit(j, NULL, write_mark, &second);

	(void)state;
	jobs_cancel(j, b);
	atomic_store(&first.go, true);
	expect(j, a, JOBS_DONE, &e);
	assert_int_equal(e.st, ST_OK);
	expect(j, b, JOBS_DONE, &e);
	assert_int_equal(e.st, ST_CANCELLED);
	assert_string_equal(log, "");
	jobs_free(j);
}

static void a_job_under_way_is_asked_and_abandoning_waits_for_its_end(void **state)
{
	struct fake k;
	struct jobs *j = start(&k, 1);
	struct note n = { .fake = &k }, m = { .fake = &k };
	struct job_event e;
	unsigned a = jobs_submit(j, NULL, until_told, &n);

	(void)state;
	while (!atomic_load(&n.begun))
		clock_sleep_ms(1);
	jobs_cancel(j, a);
	expect(j, a, JOBS_DONE, &e);
	assert_int_equal(e.st, ST_CANCELLED);

	a = jobs_submit(j, NULL, until_told, &m);
	jobs_abandon(j, a);
	while (jobs_next(j, &e))
		assert_int_not_equal(e.job, a);
	jobs_abandon(j, a);
	jobs_free(j);
}

/* Begins to wait some time after it was asked to stop: who asks has to say it again. */
static enum status wait_for_others(struct job *job, struct card *card, void *local, void *ctx, struct fault *f)
{
	struct fake *k = ctx;

	(void)job;
	(void)card;
	(void)local;
	clock_sleep_ms(50);
	atomic_store(&k->busy, true);
	while (!atomic_load(&k->given_up))
		clock_sleep_ms(1);
	return fault_set(f, ST_READER_BUSY, NULL);
}

static void a_job_that_waits_for_another_program_gives_up_when_it_is_asked_to_stop(void **state)
{
	struct fake k;
	struct jobs *j = start(&k, 1);
	struct job_event e;
	unsigned a = jobs_submit(j, "Reader A", wait_for_others, &k);
	int64_t before;

	(void)state;
	while (!atomic_load(&k.busy))
		clock_sleep_ms(1);
	jobs_cancel(j, a);
	expect(j, a, JOBS_DONE, &e);
	assert_int_equal(e.st, ST_CANCELLED);
	assert_int_equal(k.closed, 1);   /* what was waited with is not used again */

	atomic_store(&k.busy, false);
	atomic_store(&k.given_up, false);
	a = jobs_submit(j, "Reader A", wait_for_others, &k);
	while (k.opened < 2)
		clock_sleep_ms(1);
	jobs_abandon(j, a);

	atomic_store(&k.busy, false);
	atomic_store(&k.given_up, false);
	(void)jobs_submit(j, "Reader A", wait_for_others, &k);
	while (k.opened < 3)
		clock_sleep_ms(1);
	before = clock_ms();
	jobs_free(j);
	assert_true(clock_ms() - before < PATIENCE_MS);
	assert_int_equal(k.opened, k.closed);
}

static enum status count_up(struct job *job, struct card *card, void *local, void *ctx, struct fault *f)
{
	(void)card;
	(void)local;
	(void)ctx;
	(void)f;
	for (unsigned i = 1; i <= 1000; i++)
		job_progress(job, i, 1000, i == 1000 ? "the last one" : NULL);
	return ST_OK;
}

static void progress_that_nobody_reads_is_one_event_and_comes_before_the_end(void **state)
{
	struct fake k;
	struct jobs *j = start(&k, 1);
	struct job_event e;
	unsigned a, progress = 0;

	(void)state;
	a = jobs_submit(j, NULL, count_up, NULL);
	clock_sleep_ms(50);
	while (jobs_wait(j, PATIENCE_MS, &e) && e.type != JOBS_DONE) {
		assert_int_equal(e.job, a);
		progress++;
		if (e.done == 1000)
			assert_string_equal(e.note, "the last one");
	}
	assert_in_range(progress, 1, 2);
	assert_false(jobs_next(j, &e));
	jobs_free(j);
}

static void a_service_that_is_away_is_told_once_and_looked_for_again(void **state)
{
	struct fake k;
	struct jobs *j = start(&k, 1);
	struct reader *readers = NULL;
	size_t n = 0;
	struct job_event e;
	struct fault f;

	(void)state;
	assert_int_equal(jobs_readers(j, &readers, &n, &f), ST_OK);
	assert_int_equal(n, 3);
	free(readers);
	tell(&k, ST_NO_PCSCD, READER_CARD, 0);
	expect(j, 0, JOBS_READERS, &e);
	assert_int_equal(e.st, ST_NO_PCSCD);
	assert_int_equal(jobs_readers(j, &readers, &n, &f), ST_NO_PCSCD);
	assert_false(jobs_wait(j, 1200, &e));
	tell(&k, ST_OK, READER_CARD, 0);
	expect(j, 0, JOBS_READERS, &e);
	assert_int_equal(e.st, ST_OK);
	jobs_free(j);
}

static atomic_uint meanwhiles;

static void count_meanwhile(void)
{
	atomic_fetch_add(&meanwhiles, 1);
}

static void readers_that_are_looked_at_once_are_listed_and_not_watched(void **state)
{
	struct fake k;
	struct jobs_config config;
	struct jobs *j = NULL;
	struct note n = { .fake = &k };
	struct reader *readers = NULL;
	struct job_event e;
	size_t count = 0;
	unsigned job;

	(void)state;
	fake_init(&k, 1, &config);
	config.once = true;
	config.meanwhile = count_meanwhile;
	assert_int_equal(jobs_new(&config, &j, NULL), ST_OK);
	expect(j, 0, JOBS_READERS, &e);
	assert_int_equal(jobs_readers(j, &readers, &count, NULL), ST_OK);
	assert_int_equal(count, 3);
	free(readers);
	tell(&k, ST_OK, READER_CARD, 7);
	job = jobs_submit(j, "Reader A", write_mark, &n);
	expect(j, job, JOBS_DONE, &e);
	assert_int_equal(e.st, ST_OK);
	assert_true(n.has_card);
	assert_false(jobs_wait(j, 20, &e));   /* what changes is not told */
	jobs_free(j);
	assert_int_equal(k.rests, 1);
	assert_int_equal(k.waits, 0);
	assert_int_equal(k.opened, k.closed);
	assert_int_equal(atomic_load(&meanwhiles), 1);
}

static void leaving_waits_for_jobs_and_runs_no_more_of_them(void **state)
{
	struct fake k;
	struct jobs *j = start(&k, 1);
	char log[8] = "";
	struct note n = { .fake = &k }, m = { .fake = &k, .log = log, .mark = 'x' };

	(void)state;
	jobs_submit(j, "Reader A", until_told, &n);
	jobs_submit(j, "Reader A", write_mark, &m);
	while (!atomic_load(&n.begun))
		clock_sleep_ms(1);
	jobs_free(j);
	assert_string_equal(log, "");
	assert_int_equal(k.opened, k.closed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(jobs_of_one_card_run_in_order_on_one_opened_card),
		cmocka_unit_test(a_card_that_was_exchanged_is_opened_anew),
		cmocka_unit_test(a_card_that_goes_is_closed_although_nobody_asks),
		cmocka_unit_test(a_job_that_finds_its_card_gone_has_the_next_one_open_it_again),
		cmocka_unit_test(workers_run_side_by_side_and_no_more_than_there_are),
		cmocka_unit_test(a_cancelled_job_that_has_not_begun_does_not_begin),
		cmocka_unit_test(a_job_under_way_is_asked_and_abandoning_waits_for_its_end),
		cmocka_unit_test(a_job_that_waits_for_another_program_gives_up_when_it_is_asked_to_stop),
		cmocka_unit_test(progress_that_nobody_reads_is_one_event_and_comes_before_the_end),
		cmocka_unit_test(a_service_that_is_away_is_told_once_and_looked_for_again),
		cmocka_unit_test(readers_that_are_looked_at_once_are_listed_and_not_watched),
		cmocka_unit_test(leaving_waits_for_jobs_and_runs_no_more_of_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
