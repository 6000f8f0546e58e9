/*
 * A walk of 100,000 key presses, clicks and resizes through the console, on simulated cards and the real procedures: nothing may
 * crash, leak or hang, no PIN may go to a card that nobody typed, and every screen and every page must have been there.
 *
 * KEYROOM_WALK_SEED and KEYROOM_WALK_PRESSES choose another walk; KEYROOM_WALK_LOG names a file that each press is written
 * into. The presses come from the seed. Where a walk presses on while a card is at work, the moment is the machine's.
 */
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "engine/base/clock.h"
#include "engine/base/file.h"
#include "engine/keys/cert.h"
#include "engine/sim/sim.h"
#include "store/store.h"
#include "tests/unit/cert_help.h"
#include "tui/console/keys.h"
#include "tui/console/screens.h"
#include "tui/console/wizard_screen.h"
#include "tests/console/typist.h"
#include "tests/console/visits.h"

#define PRESSES 100000
#define MOST_CARDS 4
#define LOCK_MS 600000
#define PATIENCE_MS 60000

struct walk {
	char folder[64];
	struct source *cards;
	struct watch *watch;
	struct env env;
	struct ui ui;
	struct typist typist;
	struct visits visits;
	struct grid *grid;
	FILE *log;
	int64_t now_ms;
	unsigned long presses;
	unsigned chaos;            /* of a hundred presses, so many are not the typist's */
	bool was_running;
	unsigned alone;            /* so many presses more, nothing is waited for */
};

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st;
	(void)type;
	(void)where;
	return remove(path);
}

/* Of CAs that are elsewhere: what somebody may find in the folder and import. */
static void write_certificates(void)
{
	for (int i = 0; i < 4; i++) {
		PKEY *ca = EVP_EC_gen("P-256");
		BUF der = cert_make(ca, "A CA elsewhere", ca, "A CA elsewhere", "20250101000000Z", "20460101000000Z"), pem = { 0 };
		char name[16];

		assert_int_equal(cert_to_pem(buf_view(&der), &pem, NULL), ST_OK);
		(void)snprintf(name, sizeof(name), "ca-%d.pem", i);
		assert_int_equal(file_write_new(name, buf_view(&pem), NULL), ST_OK);
	}
}

static void open_walk(struct walk *w, uint64_t seed)
{
	const struct sim_options options = { .cards = 2, .no_sync = true };
	struct jobs_config config;
	struct fault f = { 0 };

	(void)snprintf(w->folder, sizeof(w->folder), "%s/keyroom-walk-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	assert_non_null(mkdtemp(w->folder));
	assert_int_equal(chdir(w->folder), 0);
	write_certificates();
	assert_int_equal(sim_source_open("cards", &options, &w->cards, &f), ST_OK);
	w->watch = watch_new(w->cards);
	assert_non_null(w->watch);
	assert_int_equal(store_open("inventory.db", 0, &w->env.store, &f), ST_OK);
	wizard_jobs_config("inventory.db", watch_source(w->watch), &config);
	assert_int_equal(jobs_new(&config, &w->env.jobs, &f), ST_OK);
	assert_int_equal(fleet_new(w->env.jobs, w->env.store, true, &w->env.fleet, &f), ST_OK);
	w->env.rehearsal = true;
	w->env.share_iterations = 1;
	assert_int_equal(ui_init(&w->ui, &w->env, w->env.fleet, watch_source(w->watch), &f), ST_OK);
	w->ui.lock_ms = LOCK_MS;
	w->now_ms = 1000;
	watch_stands(w->watch, (const uint8_t *)"3537363231383830", 16);
	w->typist = (struct typist){ .ui = &w->ui, .watch = w->watch, .seed = seed, .careful = true, .visits = &w->visits };
}

static void close_walk(struct walk *w)
{
	ui_done(&w->ui);
	fleet_free(w->env.fleet);
	jobs_free(w->env.jobs);
	store_close(w->env.store);
	w->cards->ops->close(w->cards);
	watch_free(w->watch);
	grid_free(w->grid);
	visits_done(&w->visits);
	assert_int_equal(chdir("/"), 0);
	(void)nftw(w->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static bool at_work(const struct walk *w)
{
	for (size_t i = 0; i < w->ui.depth; i++) {
		const struct screen *s = w->ui.stack[i];

		if (s->ops->busy != NULL && s->ops->busy(s))
			return true;
	}
	for (size_t i = 0; i < fleet_count(w->ui.fleet); i++) {
		if (fleet_device(w->ui.fleet, i)->state == FLEET_READING)
			return true;
	}
	return false;
}

static void take_events(struct walk *w, int wait_ms)
{
	struct job_event e;

	if (wait_ms > 0 && jobs_wait(w->env.jobs, wait_ms, &e))
		ui_event(&w->ui, &e);
	while (jobs_next(w->env.jobs, &e))
		ui_event(&w->ui, &e);
}

static void settle(struct walk *w)
{
	int64_t end = clock_ms() + PATIENCE_MS;

	take_events(w, 0);
	while (at_work(w)) {
		assert_true(clock_ms() < end);   /* it hangs */
		take_events(w, 20);
	}
}

/* What is drawn holds no PIN, wherever the cells came from. */
static void draw(struct walk *w)
{
	static const char *const secrets[] = { "648219", "739146", "0123456789abcdef", "fedcba9876543210", "correct horse" };
	int rows = w->ui.rows, cols = w->ui.cols;

	if (w->grid == NULL || w->grid->rows != rows || w->grid->cols != cols) {
		grid_free(w->grid);
		w->grid = grid_new(rows, cols);
		assert_non_null(w->grid);
	}
	ui_draw(&w->ui, w->grid);
	for (size_t s = 0; s < sizeof(secrets) / sizeof(secrets[0]); s++) {
		int n = (int)strlen(secrets[s]);

		for (int i = 0; i + n <= rows * cols; i++) {
			int same = 0;

			while (same < n && w->grid->cells[i + same].cp[0] == (unsigned char)secrets[s][same])
				same++;
			if (same == n && !ui_typing(&w->ui))
				print_message("%s is on the screen\n", secrets[s]);
			assert_false(same == n && !ui_typing(&w->ui));
		}
	}
}

/* As the loop does: into the secret, or as a key. */
/* Whatever is typed: no file is made outside the walk's folder. */
static void stay_inside(const struct walk *w)
{
	const struct screen *top = ui_top(&w->ui);
	const struct field *f = strcmp(top->ops->name, "wizard") == 0 ? fields_now(&wizard_peek(top)->fields) : NULL;

	if (f != NULL && f->kind == FIELD_TEXT && (f->edit->text[0] == '/' || strstr(f->edit->text, "..") != NULL))
		edit_set(f->edit, "");
}

static void press(struct walk *w, uint32_t key)
{
	struct secret *s = ui_secret(&w->ui);

	if (w->log != NULL) {
		(void)fprintf(w->log, "%lu %s %x%s\n", w->presses, ui_top(&w->ui)->ops->name, key, s != NULL ? " secret" : "");
		(void)fflush(w->log);
	}
	w->presses++;
	if (s != NULL && key >= 0x20 && key < 0x7f) {
		(void)secret_put(s, (uint8_t)key);
		watch_typed(w->watch, secret_view(s).p, secret_view(s).n);
		ui_secret_typed(&w->ui);
		return;
	}
	ui_key(&w->ui, key);
	stay_inside(w);
	s = ui_secret(&w->ui);
	if (s != NULL && key == K_BACKSPACE)
		watch_typed(w->watch, secret_view(s).p, secret_view(s).n);
	w->ui.quit = w->ui.suspend = w->ui.repaint = false;
}

static void resize(struct walk *w)
{
	struct typist *t = &w->typist;

	w->presses++;
	if (w->ui.rows < UI_ROWS_MIN || w->ui.cols < UI_COLS_MIN || typist_may(t, 60))
		ui_resize(&w->ui, UI_ROWS_MIN + (int)typist_random(t, 77), UI_COLS_MIN + (int)typist_random(t, 221));
	else
		ui_resize(&w->ui, 1 + (int)typist_random(t, 30), 1 + (int)typist_random(t, 100));
}

static void click(struct walk *w)
{
	struct typist *t = &w->typist;
	int row = (int)typist_random(t, (uint64_t)w->ui.rows), col = (int)typist_random(t, (uint64_t)w->ui.cols);
	uint32_t key = typist_may(t, 70) ? K_CLICK : typist_may(t, 50) ? K_WHEEL_UP : K_WHEEL_DOWN;
	struct zone z;

	w->presses++;
	draw(w);
	z = grid_zone(w->grid, row, col);
	if (z.kind == ZONE_KEY && bindings[z.n].in == IN_ADD_CARD)
		return;
	ui_mouse(&w->ui, key, z);
	w->ui.quit = w->ui.suspend = w->ui.repaint = false;
}

/* Any key of the table, or any other. */
static void press_something(struct walk *w)
{
	struct typist *t = &w->typist;
	size_t rows = 0;
	uint32_t key;

	while (bindings[rows].in != IN_NONE)
		rows++;
	if (typist_may(t, 20)) {
		key = (uint32_t)typist_random(t, 0x300);
	} else {
		const struct binding *b = &bindings[typist_random(t, rows)];
		size_t n = 0;

		while (n < sizeof(b->keys) / sizeof(b->keys[0]) && b->keys[n] != K_NONE)
			n++;
		key = b->keys[typist_random(t, n)];
	}
	if (key == '+' && ui_secret(&w->ui) == NULL && fleet_count(w->ui.fleet) >= MOST_CARDS)
		return;
	press(w, key);
}

/* By hand, whatever is on the screen: in the middle of a step, too. All those whose reader has this in its name. */
static void plug(struct walk *w, const char *which, bool in)
{
	struct reader *r = NULL;
	struct fault f = { 0 };
	size_t n = 0;

	assert_int_equal(jobs_readers(w->env.jobs, &r, &n, &f), ST_OK);
	for (size_t i = 0; i < n; i++) {
		struct sim_card *c = sim_source_card(w->cards, r[i].name);

		if (strstr(r[i].name, which) != NULL && c != NULL && sim_card_plugged(c) != in)
			assert_int_equal(w->cards->ops->plug(w->cards, r[i].name, in, &f), ST_OK);
	}
	free(r);
}

static void pull_out(struct walk *w, const char *which)
{
	w->alone = 2 + (unsigned)typist_random(&w->typist, 20);
	plug(w, which, false);
}

/* The steps have just begun: now and then their device goes. */
static void spoil(struct walk *w)
{
	const struct screen *s = ui_top(&w->ui);
	bool running = strcmp(s->ops->name, "wizard") == 0 && !wizard_peek(s)->choosing && wizard_peek(s)->phase == RUN_RUNNING;

	if (running && !w->was_running && typist_may(&w->typist, 15)) {
		clock_sleep_ms((int64_t)typist_random(&w->typist, 8));
		pull_out(w, run_serial(wizard_peek(s)->run));
	}
	w->was_running = running;
}

static void do_something_else(struct walk *w)
{
	struct typist *t = &w->typist;
	uint64_t what = typist_random(t, 100);

	typist_forget(t);
	if (what < 12)
		resize(w);
	else if (what < 30)
		click(w);
	else if (what < 36)
		pull_out(w, "00 00");
	else if (what < 38)
		w->now_ms += (int64_t)typist_random(t, 2 * LOCK_MS);
	else
		press_something(w);
}

/* How this stretch of the walk goes: most of it with few slips, so that procedures come to their end. */
static void change_habits(struct walk *w)
{
	static const unsigned chaos[] = { 0, 0, 1, 3, 10, 60 };
	struct typist *t = &w->typist;

	w->chaos = chaos[typist_random(t, sizeof(chaos) / sizeof(chaos[0]))];
	t->careful = typist_may(t, 60);
	t->slow_keys = typist_may(t, 2);
	plug(w, "", true);
	if (w->ui.rows < UI_ROWS_MIN || w->ui.cols < UI_COLS_MIN)
		ui_resize(&w->ui, UI_ROWS_MIN, UI_COLS_MIN);
}

static void step(struct walk *w)
{
	struct typist *t = &w->typist;
	struct screen *before = ui_top(&w->ui);
	uint32_t key;

	w->now_ms += 100;
	ui_time(&w->ui, w->now_ms, 1800000000 + w->now_ms / 1000);
	if (w->alone > 0)
		w->alone--;
	if (w->alone > 0)
		take_events(w, 0);
	else
		settle(w);
	visits_note(&w->visits, &w->ui);
	if (ui_top(&w->ui) != before)
		typist_forget(t);
	if (typist_may(t, 1))
		change_habits(w);
	if (typist_may(t, 2))
		w->alone = (unsigned)typist_random(t, 40);
	if (typist_may(t, w->chaos)) {
		do_something_else(w);
	} else {
		key = typist_key(t);
		if (key != K_NONE)
			press(w, key);
		else
			press_something(w);
	}
	spoil(w);
	visits_note(&w->visits, &w->ui);
	if (ui_top(&w->ui) != before || typist_may(t, 10))
		draw(w);
}

static unsigned long number(const char *name, unsigned long otherwise)
{
	const char *given = getenv(name);

	return given != NULL && given[0] != '\0' ? strtoul(given, NULL, 10) : otherwise;
}

/* The status of both counters as the cards tell it: a wrong PIN is the only thing that may have taken a try. */
static void compare_tries(struct walk *w, unsigned long wrong)
{
	static const uint8_t ask[] = { 0x00, 0x20, 0x00, 0x88 };
	unsigned long missing = 0;
	struct sim_card *c;

	for (size_t i = 0; (c = sim_source_card_at(w->cards, i)) != NULL; i++) {
		static const uint8_t select[] = { 0x00, 0xa4, 0x04, 0x00, 0x0b, 0xe8, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x81, 0xc3,
						  0x1f, 0x02, 0x01, 0x00 };
		uint8_t rsp[256];
		size_t n = sizeof(rsp);
		struct fault f = { 0 };

		sim_card_plug(c, true);
		assert_int_equal(sim_card_apdu(c, select, sizeof(select), rsp, &n, &f), ST_OK);
		n = sizeof(rsp);
		assert_int_equal(sim_card_apdu(c, ask, sizeof(ask), rsp, &n, &f), ST_OK);
		if (n == 2 && rsp[0] == 0x63)
			missing += 15u - (rsp[1] & 0x0fu);
	}
	assert_true(missing <= wrong);
}

static void walk_on(struct walk *w, unsigned long presses)
{
	struct watch_counts counts;

	while (w->presses < presses) {
		step(w);
		watch_counts(w->watch, &counts);
		assert_int_equal(counts.unasked, 0);
	}
}

static void a_walk_leaves_nothing_behind(void **state)
{
	unsigned long seed = number("KEYROOM_WALK_SEED", 1), presses = number("KEYROOM_WALK_PRESSES", PRESSES);
	const char *log = getenv("KEYROOM_WALK_LOG");
	struct watch_counts counts;
	struct walk *w = calloc(1, sizeof(*w));
	int64_t began = clock_ms();
	unsigned missing, failed;

	(void)state;
	assert_non_null(w);
	print_message("KEYROOM_WALK_SEED=%lu KEYROOM_WALK_PRESSES=%lu\n", seed, presses);
	if (log != NULL)
		w->log = fopen(log, "we");
	open_walk(w, seed);
	walk_on(w, presses);
	missing = visits_missing(&w->visits, &failed);
	/* What a press meets depends on how quick the devices are: not every walk of this length comes by everything. */
	while (missing > 0 && presses >= PRESSES && w->presses < 4 * presses) {
		walk_on(w, w->presses + presses / 5);
		missing = visits_missing(&w->visits, &failed);
	}
	visits_print(&w->visits);
	settle(w);
	watch_counts(w->watch, &counts);
	print_message("%lu presses in %lld s: %lu APDUs, %lu right PINs and %lu wrong ones\n", w->presses,
		      (long long)(clock_ms() - began) / 1000, counts.apdus, counts.right, counts.wrong);
	compare_tries(w, counts.wrong);
	close_walk(w);
	if (w->log != NULL)
		(void)fclose(w->log);
	free(w);
	if (presses >= PRESSES) {
		assert_true(counts.right > 100 && counts.wrong > 10);
		assert_int_equal(missing, 0);
		assert_true(failed >= 5);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(a_walk_leaves_nothing_behind) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
