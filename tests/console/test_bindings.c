/*
 * Every key of the table of bindings is pressed on every screen and on every page of every procedure: where it works, where it
 * does nothing, and where it is a letter. What leads away is followed by the way back, key for key, so that the next one meets
 * the same page.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/console/tour_list.h"
#include "tests/console/tours.h"
#include "tui/console/keys.h"
#include "tui/console/screens.h"
#include "tui/console/wizard_screen.h"
#include "tests/console/words.h"

#define PLACES 400
#define QUICK_MS 1
#define LOADING_MS 10   /* where a screen has to be loaded before its rows lead on */

struct place {
	char name[80];
	unsigned pressed;
};

struct trip {
	struct stage stage;
	struct place place[PLACES];
	size_t n;
	char way[2000];            /* what leads from the main screen to the place */
};

static unsigned count_bindings(void)
{
	unsigned n = 0;

	while (bindings[n].in != IN_NONE)
		n++;
	return n;
}

/* NULL where it was there before. */
static struct place *new_place(struct trip *t)
{
	char name[80];

	visits_name(&t->stage.ui, name);
	for (size_t i = 0; i < t->n; i++) {
		if (strcmp(t->place[i].name, name) == 0)
			return NULL;
	}
	assert_true(t->n < PLACES);
	(void)snprintf(t->place[t->n].name, sizeof(t->place[0].name), "%s", name);
	return &t->place[t->n++];
}

static bool is_at(struct trip *t, const struct place *p)
{
	char name[80];

	visits_name(&t->stage.ui, name);
	return strcmp(name, p->name) == 0;
}

static void go_home(struct trip *t)
{
	static const char *const ways[] = { "\033", "<Leave>", "\r" };

	for (int i = 0; i < 40 && t->stage.ui.depth > 1; i++)
		stage_press(&t->stage, ways[i % 3 == 2 ? 2 : i % 2], NULL, NULL);
	assert_int_equal(t->stage.ui.depth, 1);
	stage_press(&t->stage, "\033\033", NULL, NULL);   /* no filter */
}

static void go_back_to(struct trip *t, const struct place *p)
{
	const int quick = t->stage.quiet_ms;

	/* What a screen shows may have to be loaded before its rows lead on. */
	for (; !is_at(t, p) && t->stage.quiet_ms < 1000; t->stage.quiet_ms *= 4) {
		go_home(t);
		stage_press(&t->stage, t->way, NULL, NULL);
	}
	t->stage.quiet_ms = quick;
}

static bool is_wizard(const struct trip *t)
{
	return strcmp(ui_top(&t->stage.ui)->ops->name, "wizard") == 0;
}

static bool is_over(const struct trip *t)
{
	const struct wizard_screen *w = wizard_peek(ui_top(&t->stage.ui));

	return is_wizard(t) && !w->choosing && (w->phase == RUN_DONE || w->phase == RUN_FAILED);
}

/* Begins what has been reviewed, or cannot be done twice in a tour: the tour itself presses that. */
static bool is_for_the_tour(const struct trip *t, const struct binding *b)
{
	const struct wizard_screen *w = wizard_peek(ui_top(&t->stage.ui));

	if (!is_wizard(t) || w->choosing)
		return b->in == IN_ADD_CARD || b->in == IN_PLUG;
	if (is_over(t))
		return b->in == IN_OPEN || b->in == IN_BACK || b->in == IN_LEAVE || b->in == IN_LOCK || b->in == IN_AGAIN;
	return b->in == IN_OPEN && (w->phase == RUN_REVIEW || w->p->review == NULL);
}

/* Whatever the key means here: two rows may have the same one. */
static bool key_is_for_the_tour(const struct trip *t, uint32_t key)
{
	unsigned mode = (unsigned)ui_top(&t->stage.ui)->ops->mode;

	for (const struct binding *b = bindings; b->in != IN_NONE; b++) {
		for (size_t i = 0; i < sizeof(b->keys) / sizeof(b->keys[0]) && b->keys[i] != K_NONE; i++) {
			if (b->keys[i] == key && (b->modes & mode) && is_for_the_tour(t, b))
				return true;
		}
	}
	return false;
}

static void press(struct trip *t, uint32_t key)
{
	char *picture;

	stage_key(&t->stage, key);
	t->stage.ui.quit = t->stage.ui.suspend = t->stage.ui.repaint = false;
	picture = stage_picture(&t->stage, 24, 80, REPERTOIRE_UNICODE, false);
	free(picture);
}

static void press_all(struct trip *t, struct place *p)
{
	bool over = is_over(t);

	for (const struct binding *b = bindings; b->in != IN_NONE; b++) {
		p->pressed++;
		for (size_t i = 0; i < sizeof(b->keys) / sizeof(b->keys[0]) && b->keys[i] != K_NONE; i++) {
			if (key_is_for_the_tour(t, b->keys[i]))
				continue;
			press(t, b->keys[i]);
			if (b->in == IN_HELP && !is_at(t, p))
				press(t, K_ESC);
			if (!over)
				go_back_to(t, p);
			if (!is_at(t, p)) {
				char *now = stage_picture(&t->stage, 24, 80, REPERTOIRE_UNICODE, false);

				(void)fprintf(stderr, "%s leads from %s, and %s not back to it:\n%.1950s\n", b->name, p->name, t->way, now);
				free(now);
			}
			assert_true(is_at(t, p));
		}
	}
}

static void at_the_end(void *ctx, struct stage *st)
{
	struct trip *t = ctx;
	struct place *p;

	(void)st;
	if (is_over(t) && (p = new_place(t)) != NULL)
		press_all(t, p);
}

static size_t token(const char *keys)
{
	return *keys == '<' ? strcspn(keys, ">") + 1 : 1;
}

/* Key by key up to the review, with a stop wherever it has not been. */
static void explore(struct trip *t, const char *keys, size_t n)
{
	bool began = false;
	size_t len = 0;

	t->way[0] = '\0';
	while (len < n && !is_over(t)) {
		size_t one = token(keys + len);
		struct place *p;

		assert_true(len + one < sizeof(t->way));
		memcpy(t->way + len, keys + len, one);
		t->way[len + one] = '\0';
		stage_press(&t->stage, t->way + len, NULL, NULL);
		len += one;
		if (t->stage.ui.depth == 1 && began)
			break;
		if (t->stage.ui.depth == 1)
			continue;
		began = true;
		p = is_over(t) ? NULL : new_place(t);
		if (p != NULL) {
			press_all(t, p);
			go_home(t);
			stage_press(&t->stage, t->way, NULL, NULL);   /* answers as they were, too */
		}
		if (is_wizard(t) && wizard_peek(ui_top(&t->stage.ui))->phase == RUN_REVIEW)
			break;
	}
	go_home(t);
}

static void take_tour(struct trip *t, const struct tour *tour)
{
	const char *keys = tour->keys;

	if (tour->before != NULL)
		tour->before();
	while (*keys != '\0') {
		const char *next = strstr(keys + 1, "<Begin ");
		size_t n = next != NULL ? (size_t)(next - keys) : strlen(keys);
		char *part = strndup(keys, n);

		assert_non_null(part);
		t->stage.quiet_ms = QUICK_MS;
		explore(t, keys, n);
		t->stage.quiet_ms = 5 * QUICK_MS;
		stage_press(&t->stage, part, at_the_end, t);
		go_home(t);
		free(part);
		keys += n;
	}
}

static void visit(struct trip *t, const char *way)
{
	struct place *p;

	t->stage.quiet_ms = strlen(way) > 2 ? LOADING_MS : QUICK_MS;
	go_home(t);
	(void)snprintf(t->way, sizeof(t->way), "%s", way);
	stage_press(&t->stage, t->way, NULL, NULL);
	t->stage.quiet_ms = QUICK_MS;
	if ((t->stage.ui.depth > 1 || way[0] == '1') && (p = new_place(t)) != NULL)
		press_all(t, p);
	go_home(t);
}

/* Those that digits lead to, and those beside them. */
static void all_screens(struct trip *t)
{
	static const char *const others[] = { "m", "?", "L", "\r", "<Right>\r", "<Right>\rQ", "4<Up>\r", "<Begin key new>\033" };

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		visit(t, others[i]);
	for (const struct screen_row *r = screens; r->key != 0; r++) {
		const char way[] = { (char)r->key, '\0' };

		visit(t, way);
	}
}

/* Those that no row leads to: NULL at the end. */
static const char *const screens_besides[] = { "menu", "text", "lock", "device", "object", "qr", "attention", "dkek", NULL };

static bool has_been_in(const struct trip *t, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < t->n; i++) {
		if (strncmp(t->place[i].name, name, n) == 0 && (t->place[i].name[n] == '\0' || t->place[i].name[n] == ':'))
			return true;
	}
	print_message("not seen: %s\n", name);
	return false;
}

static void every_key_is_pressed_everywhere(void **state)
{
	struct trip *t = calloc(1, sizeof(*t));
	unsigned rows = count_bindings();

	(void)state;
	assert_non_null(t);
	stage_open(&t->stage);
	for (size_t i = 0; tours[i].name != NULL; i++) {
		take_tour(t, &tours[i]);
		visit(t, "A");   /* at the end all is attended to */
	}
	all_screens(t);
	for (size_t i = 0; i < t->n; i++)
		assert_int_equal(t->place[i].pressed, rows);
	print_message("%u rows of keys on %zu screens and pages\n", rows, t->n);
	for (size_t i = 0; procedures[i] != NULL; i++)
		assert_true(has_been_in(t, procedures[i]->name));
	for (const struct screen_row *r = screens; r->key != 0; r++)
		assert_true(has_been_in(t, r->name));
	for (size_t i = 0; screens_besides[i] != NULL; i++)
		assert_true(has_been_in(t, screens_besides[i]));
	stage_close(&t->stage);
	free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(every_key_is_pressed_everywhere) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
