#include "tests/console/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/store.h"
#include "tests/check.h"
#include "tests/console/words.h"
#include "tui/console/keys.h"

static struct bench *begin(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	(void)words_begin();
	fake_hold();
	b->env.rehearsal = true;
	fake_fleet_fill(&b->fleet);
	*state = b;
	return b;
}

static int open_console(struct bench *b, const struct jobs_config *config)
{
	struct fault f = { 0 };

	must(jobs_new(config, &b->env.jobs, &f));
	must(ui_init(&b->ui, &b->env, &b->fleet, NULL, &f));
	ui_time(&b->ui, 0, FAKE_NOW);
	return 0;
}

int bench_setup(void **state)
{
	return open_console(begin(state), &(const struct jobs_config){ .workers = 1 });
}

int bench_setup_stored(void **state, void (*fill)(struct store *s, struct fleet *fl))
{
	struct bench *b = begin(state);
	struct jobs_config config;
	struct store *s = NULL;
	struct fault f = { 0 };

	(void)snprintf(b->folder, sizeof(b->folder), "/tmp/keyroom-bench-XXXXXX");
	assert_non_null(mkdtemp(b->folder));
	(void)snprintf(b->path, sizeof(b->path), "%s/inventory", b->folder);
	must(store_open(b->path, 0, &s, &f));
	if (fill != NULL)
		fill(s, &b->fleet);
	b->env.store = s;
	wizard_jobs_config(b->path, NULL, &config);
	config.workers = 1;   /* see settle_round() */
	return open_console(b, &config);
}

int bench_teardown(void **state)
{
	struct bench *b = *state;
	char command[80];

	fake_release();
	ui_done(&b->ui);
	jobs_free(b->env.jobs);
	store_close(b->env.store);
	(void)snprintf(command, sizeof(command), "rm -rf %s", b->folder);
	if (b->folder[0] != '\0')
		assert_int_equal(system(command), 0);
	free(b);
	return 0;
}

void press(struct bench *b, uint32_t key)
{
	ui_key(&b->ui, key);
}

void type(struct bench *b, const char *text)
{
	for (; *text != '\0'; text++) {
		struct secret *s = ui_secret(&b->ui);

		if (s != NULL) {
			assert_true(secret_put(s, (uint8_t)*text));
			ui_secret_typed(&b->ui);
		} else {
			press(b, (unsigned char)*text);
		}
	}
}

void type_secrets(struct bench *b)
{
	press(b, 'i');
	press(b, K_ENTER);
	for (int i = 0; i < 3; i++) {
		type(b, i == 0 ? "3537363231383830" : "0123456789abcdef");
		press(b, K_ENTER);
	}
	for (int i = 0; i < 2; i++) {
		type(b, "648219");
		press(b, K_ENTER);
	}
}

static enum status last_of_all(struct job *job, struct card *card, void *local, void *ctx, struct fault *f)
{
	(void)job, (void)card, (void)local, (void)ctx, (void)f;
	return ST_OK;
}

/*
 * With an inventory no job waits for the test, and the one worker takes them in order: when the last of the queue is over,
 * all are, but for those that come of what they have told.
 */
static bool settle_round(struct bench *b)
{
	const unsigned last = jobs_submit(b->env.jobs, NULL, last_of_all, NULL);
	struct job_event e = { 0 };
	bool told = false;

	assert_true(last > 0);
	while (jobs_wait(b->env.jobs, 20000, &e) && e.job != last) {
		ui_event(&b->ui, &e);
		told = true;
	}
	assert_int_equal(e.job, last);
	return told;
}

void settle(struct bench *b)
{
	struct job_event e;

	if (b->folder[0] != '\0')
		while (settle_round(b))
			continue;
	else
		while (jobs_wait(b->env.jobs, 100, &e))
			ui_event(&b->ui, &e);
}

char *picture(struct bench *b, int rows, int cols, enum repertoire r)
{
	struct grid *g = grid_new(rows, cols);
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);

	assert_non_null(g);
	assert_non_null(out);
	ui_resize(&b->ui, rows, cols);
	b->ui.repertoire = r;
	ui_draw(&b->ui, g);
	grid_dump(g, r, out);
	assert_int_equal(fclose(out), 0);
	grid_free(g);
	return text;
}

/* In the made-up language, whatever size a picture is for: nothing left out, nothing cut at the two common ones. */
static void compare_words(struct bench *b, const char *name, int rows, int cols)
{
	static const struct {
		int rows, cols;
	} sizes[] = { { 24, 80 }, { 43, 132 } };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]) && rows >= UI_ROWS_MIN && cols >= UI_COLS_MIN; i++) {
		char *one = picture(b, sizes[i].rows, sizes[i].cols, REPERTOIRE_UNICODE);
		char full[120];

		(void)snprintf(full, sizeof(full), "%s at %dx%d", name, sizes[i].cols, sizes[i].rows);
		words_check(full, one);
		free(one);
	}
	free(picture(b, rows, cols, REPERTOIRE_UNICODE));   /* the size that the test goes on with */
}

static char *read_golden(const char *path)
{
	FILE *in = fopen(path, "r");
	char *text = NULL;
	size_t n = 0;

	if (in == NULL)
		return strdup("");
	if (getdelim(&text, &n, EOF, in) < 0)
		text = strdup("");
	(void)fclose(in);
	return text;
}

void compare(struct bench *b, const char *name, int rows, int cols, enum repertoire r)
{
	char path[200];
	char *now = picture(b, rows, cols, r), *golden;
	const char *mode = getenv("KEYROOM_GOLDEN");

	if (words_are_pseudo()) {
		free(now);
		compare_words(b, name, rows, cols);
		return;
	}
	(void)snprintf(path, sizeof(path), "tests/console/golden/%s.txt", name);
	if (mode != NULL && strcmp(mode, "write") == 0) {
		FILE *out = fopen(path, "w");

		assert_non_null(out);
		(void)fputs(now, out);
		assert_int_equal(fclose(out), 0);
	}
	golden = read_golden(path);
	if (strcmp(now, golden) != 0)
		print_message("%s is drawn otherwise now:\n%s\n", path, now);
	assert_string_equal(now, golden);
	free(now);
	free(golden);
}

void compare_sizes(struct bench *b, const char *name)
{
	char full[100];

	(void)snprintf(full, sizeof(full), "%s_132x43", name);
	compare(b, full, 43, 132, REPERTOIRE_UNICODE);
	(void)snprintf(full, sizeof(full), "%s_80x24", name);
	compare(b, full, 24, 80, REPERTOIRE_UNICODE);
}

bool shows(struct bench *b, const char *text)
{
	char *now = picture(b, b->ui.rows, b->ui.cols, REPERTOIRE_UNICODE);
	bool found = words_are_pseudo() ? words_has(now, text) : strstr(now, text) != NULL;

	free(now);
	return found;
}
