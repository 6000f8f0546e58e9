/*
 * Each page of each procedure as it is drawn, in golden/pages/TOUR.txt: at 80x24 and 132x43, and as a terminal shows it that
 * knows ASCII alone. No colour is in these pictures, so that they are those of a monochrome terminal as well.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/console/tour_list.h"
#include "tests/console/tours.h"
#include "tests/console/words.h"


struct shots {
	const struct tour *tour;
	struct visits seen;
	FILE *out;
};

static void put(struct shots *s, struct stage *st, const char *page, int rows, int cols, enum repertoire r, const char *how)
{
	char *one = stage_picture(st, rows, cols, r, true);
	char full[160];

	(void)snprintf(full, sizeof(full), "%s, %s at %dx%d%s", s->tour->name, page, cols, rows, how);
	/* The journal's sentences are data when they are listed: as they were once written, and cut to their column. */
	if (words_are_pseudo() && r == REPERTOIRE_UNICODE && strcmp(page, "journal") != 0)
		words_check(full, one);
	(void)fprintf(s->out, "== %s\n%s", full, one);
	free(one);
}

/* Whatever is on the screen: a terminal that is too small for it shows nothing of it. */
static bool is_too_small(struct stage *st)
{
	char *one = stage_picture(st, UI_ROWS_MIN - 1, UI_COLS_MIN, REPERTOIRE_UNICODE, false);
	bool said = words_has(one, "This terminal is too small.") || strstr(one, "This terminal is too small.") != NULL;

	free(one);
	return said;
}

static void take(void *ctx, struct stage *st)
{
	struct shots *s = ctx;
	char page[80];

	assert_true(is_too_small(st));
	visits_name(&st->ui, page);
	/* Two DKEKs of one second stand in the order of their check values, which is another one each time. */
	if (visits_of(&s->seen, page) == 0 && strcmp(page, "custody") != 0 &&
	    (strchr(page, ':') != NULL || strcmp(s->tour->name, "screens") == 0)) {
		put(s, st, page, 24, 80, REPERTOIRE_UNICODE, "");
		put(s, st, page, 43, 132, REPERTOIRE_UNICODE, "");
		put(s, st, page, 24, 80, REPERTOIRE_ASCII, " in ASCII");
	}
	visits_note(&s->seen, &st->ui);
}

static char *slurp(const char *path)
{
	FILE *in = fopen(path, "re");
	char *text = NULL;
	size_t n = 0;

	if (in == NULL || getdelim(&text, &n, EOF, in) < 0) {
		free(text);
		text = strdup("");
	}
	if (in != NULL)
		(void)fclose(in);
	return text;
}

static void compare(const struct tour *t, const char *folder, const char *now)
{
	const char *mode = getenv("KEYROOM_GOLDEN");
	char path[300], *golden;

	(void)snprintf(path, sizeof(path), "%s/%s.txt", folder, t->name);
	if (mode != NULL && strcmp(mode, "write") == 0) {
		FILE *out = fopen(path, "we");

		assert_non_null(out);
		(void)fputs(now, out);
		assert_int_equal(fclose(out), 0);
	}
	golden = slurp(path);
	for (size_t i = 0; now[i] != '\0' || golden[i] != '\0'; i++) {
		if (now[i] != golden[i]) {
			print_message("%s is drawn otherwise now, from its byte %zu on:\n%.1200s\n", path, i, now + (i > 200 ? i - 200 : 0));
			fail();
		}
	}
	free(golden);
}

static void complain(const struct tour *t, struct stage *st)
{
	char *one = stage_picture(st, 24, 80, REPERTOIRE_UNICODE, false);

	(void)fprintf(stderr, "the tour %s does not end at the main screen:\n%s", t->name, one);
	free(one);
	fail();
}

static void take_tour(const struct tour *t, struct stage *st, const char *folder)
{
	struct shots s = { .tour = t };
	char *text = NULL;
	size_t n = 0;

	s.out = open_memstream(&text, &n);
	assert_non_null(s.out);
	if (t->before != NULL)
		t->before();
	stage_press(st, t->keys, take, &s);
	assert_int_equal(fclose(s.out), 0);
	if (st->ui.depth != 1)
		complain(t, st);
	if (!words_are_pseudo())
		compare(t, folder, text);
	visits_done(&s.seen);
	free(text);
}

static void every_page_is_as_it_was_looked_at(void **state)
{
	struct stage st;
	unsigned failed;

	(void)words_begin();
	stage_open(&st);
	for (size_t i = 0; tours[i].name != NULL; i++)
		take_tour(&tours[i], &st, *state);
	assert_int_equal(visits_missing(&st.visits, &failed), 0);
	stage_close(&st);
}

int main(int argc, char **argv)
{
	static char folder[] = "tests/console/golden/pages";
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(every_page_is_as_it_was_looked_at, argc > 1 ? argv[1] : folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
