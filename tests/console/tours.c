#include "tests/console/tours.h"

#include <ctype.h>
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
#include "engine/sim/sim.h"
#include "store/store.h"
#include "tui/console/keys.h"
#include "tui/console/main_screen.h"
#include "tests/console/words.h"

#define PATIENCE_MS 60000
#define READ_AGAIN_MS 400

static int remove_one(const char *path, const struct stat *s, int type, struct FTW *where)
{
	(void)s;
	(void)type;
	(void)where;
	return remove(path);
}

void stage_close(struct stage *st)
{
	ui_done(&st->ui);
	fleet_free(st->env.fleet);
	jobs_free(st->env.jobs);
	store_close(st->env.store);
	st->cards->ops->close(st->cards);
	visits_done(&st->visits);
	assert_int_equal(chdir("/"), 0);
	(void)nftw(st->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static bool at_work(const struct stage *st)
{
	for (size_t i = 0; i < st->ui.depth; i++) {
		const struct screen *s = st->ui.stack[i];

		if (s->ops->busy != NULL && s->ops->busy(s))
			return true;
	}
	for (size_t i = 0; i < fleet_count(st->ui.fleet); i++) {
		if (fleet_device(st->ui.fleet, i)->state == FLEET_READING)
			return true;
	}
	return false;
}

/* At the end of a procedure the device is read again, which shows in the page's head. */
static int quiet_of(const struct stage *st)
{
	char page[80];

	visits_name(&st->ui, page);
	return st->quiet_ms == STAGE_QUIET_MS && strstr(page, ": done") != NULL ? READ_AGAIN_MS : st->quiet_ms;
}

/* Also what is done beside the screens, such as a device that is read anew: a while without an event ends it. */
static void settle(struct stage *st)
{
	int64_t end = clock_ms() + PATIENCE_MS;
	struct job_event e;

	do {
		while (jobs_wait(st->env.jobs, quiet_of(st), &e))
			ui_event(&st->ui, &e);
		assert_true(clock_ms() < end);
	} while (at_work(st));
	ui_time(&st->ui, clock_ms(), clock_wall());
}

void stage_open(struct stage *st)
{
	const struct sim_options options = { .cards = 1, .no_sync = true };
	struct jobs_config config;
	struct fault f = { 0 };

	*st = (struct stage){ .folder = "/tmp/keyroom-tour-XXXXXX", .quiet_ms = STAGE_QUIET_MS };
	assert_non_null(mkdtemp(st->folder));
	assert_int_equal(chdir(st->folder), 0);
	assert_int_equal(sim_source_open("cards", &options, &st->cards, &f), ST_OK);
	assert_int_equal(store_open("inventory.db", 0, &st->env.store, &f), ST_OK);
	wizard_jobs_config("inventory.db", st->cards, &config);
	assert_int_equal(jobs_new(&config, &st->env.jobs, &f), ST_OK);
	assert_int_equal(fleet_new(st->env.jobs, st->env.store, true, &st->env.fleet, &f), ST_OK);
	st->env.rehearsal = true;
	st->env.share_iterations = 1;
	assert_int_equal(ui_init(&st->ui, &st->env, st->env.fleet, st->cards, &f), ST_OK);
	settle(st);
	assert_int_equal(st->cards->ops->add(st->cards, &f), ST_OK);   /* one after the other: the inventory knows which was first */
	settle(st);
}

static const struct {
	const char *name;
	uint32_t key;
} named[] = {
	{ "<Up>", K_UP }, { "<Down>", K_DOWN }, { "<Left>", K_LEFT }, { "<Right>", K_RIGHT }, { "<End>", K_END },
	{ "<F1>", K_F1 }, { "<Back>", K_BACK_TAB }, { "<Clear>", K_CTRL('u') }, { "<Leave>", K_CTRL('c') },
};

static uint32_t next_key(const char **io_keys)
{
	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
		size_t n = strlen(named[i].name);

		if (strncmp(*io_keys, named[i].name, n) == 0) {
			*io_keys += n;
			return named[i].key;
		}
	}
	return (unsigned char)*(*io_keys)++;
}

/* "<Begin key new>": as from the menu, with the device under the main screen's cursor. */
static bool begins(struct stage *st, const char **io_keys)
{
	char name[40] = "";
	int n = 0;

	if (sscanf(*io_keys, "<Begin %39[^>]>%n", name, &n) != 1 || n == 0)
		return false;
	*io_keys += n;
	for (size_t i = 0; procedures[i] != NULL; i++) {
		if (strcmp(procedures[i]->command, name) == 0)
			ui_push(&st->ui, wizard_screen_new(&st->ui, procedures[i], main_peek(st->ui.stack[0])->serial, NULL));
	}
	assert_int_equal(st->ui.depth, 2);
	return true;
}

static void press_one(struct stage *st, uint32_t key)
{
	struct secret *s = ui_secret(&st->ui);

	if (s != NULL && key >= 0x20 && key < 0x7f) {
		(void)secret_put(s, (uint8_t)key);   /* when full, the key is ignored */
		ui_secret_typed(&st->ui);
	} else {
		ui_key(&st->ui, key);
	}
}

void stage_key(struct stage *st, uint32_t key)
{
	press_one(st, key);
	settle(st);
	visits_note(&st->visits, &st->ui);
}

void stage_press(struct stage *st, const char *keys, on_page *fn, void *ctx)
{
	settle(st);
	while (*keys != '\0') {
		uint32_t key = K_NONE;

		if (!begins(st, &keys)) {
			key = next_key(&keys);
			press_one(st, key);
		}
		if (*keys == '\0' || key < 0x20 || key >= K_UP || !ui_typing(&st->ui))
			settle(st);
		visits_note(&st->visits, &st->ui);
		if (fn != NULL)
			fn(ctx, st);
	}
}

/* How many characters from p on are of this kind. */
static size_t run_of(const char *p, int (*is)(int))
{
	size_t n = 0;

	while (p[n] != '\0' && is((unsigned char)p[n]))
		n++;
	return n;
}

static int is_of_base64(int c)
{
	return isalnum(c) || c == '+' || c == '/' || c == '=';
}

static int is_of_date(int c)
{
	return isdigit(c) || c == '-' || c == ':';
}

/* "7ce8 8a76 ...", "7c:e8:8a:...": at least two groups, of so many digits, with one such character between two. */
static size_t groups_of(const char *p, size_t digits, char between)
{
	size_t n = 0, groups = 0;

	while (run_of(p + n, isxdigit) == digits) {
		n += digits;
		groups++;
		if (p[n] != between)
			break;
		n++;
	}
	return groups >= 2 ? n : 0;
}

static int is_of_number(int c)
{
	return isdigit(c) || c == '.';
}

static void cover_with(char *p, size_t n, char c)
{
	for (size_t i = 0; i < n; i++) {
		if (isalnum((unsigned char)p[i]) || p[i] == '+' || p[i] == '/' || p[i] == '=')
			p[i] = c;
	}
}

/* The number of characters covered at p: what does not repeat itself. */
static size_t cover_one(char *p)
{
	size_t n = run_of(p, isxdigit);
	bool cut = strncmp(p + n, "\xe2\x80\xa6", 3) == 0;   /* an ellipsis: there was more */

	if (n >= (cut ? 1 : 8) && !isalnum((unsigned char)p[n])) {
		cover_with(p, n, '0');
		return n;
	}
	n = groups_of(p, 4, ' ') + groups_of(p, 2, ':');
	if (n > 0) {
		cover_with(p, n, '0');
		return n;
	}
	n = run_of(p, is_of_base64);
	if (n >= 40) {
		cover_with(p, n, '0');
		return n;
	}
	n = run_of(p, is_of_date);
	if ((n >= 8 && (p[4] == '-' || p[2] == ':')) || (n == 5 && p[2] == ':')) {
		cover_with(p, n, '0');
		return n;
	}
	return 0;
}

static void cover(char *text)
{
	bool pem = false;

	for (char *p = text; *p != '\0';) {
		bool begins = p == text || !isalnum((unsigned char)p[-1]);
		size_t n = begins ? cover_one(p) : 0;

		pem = (pem || strncmp(p, "-----BEGIN", 10) == 0) && strncmp(p, "-----END", 8) != 0;
		if (n == 0 && pem && begins && p > text + 1 && p[-1] == ' ' && !isalnum((unsigned char)p[-2]) &&
		    run_of(p, is_of_base64) >= 4) {
			n = run_of(p, is_of_base64);
			cover_with(p, n, '0');
		}
		size_t number = begins ? run_of(p, is_of_number) : 0;

		if (number > 0 && (strncmp(p + number, " of 76 KiB", 10) == 0 || strncmp(p + number, " s, ", 4) == 0))
			cover_with(p, number, '0');
		p += n > 0 ? n : 1;
	}
}

char *stage_picture(struct stage *st, int rows, int cols, enum repertoire r, bool covered)
{
	int were_rows = st->ui.rows, were_cols = st->ui.cols;
	struct grid *g = grid_new(rows, cols);
	char *text = NULL, *attributes;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);

	assert_non_null(g);
	assert_non_null(out);
	ui_resize(&st->ui, rows, cols);
	ui_draw(&st->ui, g);
	grid_dump(g, r, out);
	assert_int_equal(fclose(out), 0);
	grid_free(g);
	ui_resize(&st->ui, were_rows, were_cols);
	attributes = strstr(text, "-- attributes");
	if (covered && attributes != NULL) {
		*attributes = '\0';
		cover(text);
		*attributes = '-';
	}
	return text;
}
