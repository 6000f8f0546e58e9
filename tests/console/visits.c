#include "tests/console/visits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tui/console/screens.h"
#include "tui/console/wizard_screen.h"

/* Beside those of screens[], which are in the table. */
static const char *const screens_besides[] = { "menu", "text", "lock" };


void visits_done(struct visits *v)
{
	free(v->v);
}

static void note(struct visits *v, const char *name)
{
	struct visit *grown;

	for (size_t i = 0; i < v->n; i++) {
		if (strcmp(v->v[i].name, name) == 0) {
			v->v[i].times++;
			return;
		}
	}
	grown = reallocarray(v->v, v->n + 1, sizeof(*v->v));
	assert_non_null(grown);
	v->v = grown;
	v->v[v->n] = (struct visit){ .times = 1 };
	(void)snprintf(v->v[v->n++].name, sizeof(v->v->name), "%s", name);
}

void visits_name(const struct ui *ui, char ret[static 80])
{
	const struct screen *s = ui_top(ui);
	const struct wizard_screen *w = wizard_peek(s);

	if (strcmp(s->ops->name, "wizard") != 0)
		(void)snprintf(ret, 80, "%s", s->ops->name);
	else if (w->choosing)
		(void)snprintf(ret, 80, "%s: which device", w->p->name);
	else if (w->phase == RUN_ASKING)
		(void)snprintf(ret, 80, "%s: page %s", w->p->name, run_page(w->run, NULL)->name);
	else
		(void)snprintf(ret, 80, "%s: %s", w->p->name, w->phase == RUN_REVIEW ? "review" : w->phase == RUN_DONE ?
			       "done" : w->phase == RUN_FAILED ? "failed" : "at work");
}

void visits_note(struct visits *v, const struct ui *ui)
{
	char name[80];

	visits_name(ui, name);
	note(v, name);
}

unsigned long visits_of(const struct visits *v, const char *name)
{
	for (size_t i = 0; i < v->n; i++) {
		if (strcmp(v->v[i].name, name) == 0)
			return v->v[i].times;
	}
	return 0;
}

/* Only where a device lost its power between two shares: most walks come by one, and not all. */
static const char *const by_luck[] = { "share-import: page Share", "share-import: review", "share-import: done" };

static bool look_for(const struct visits *v, const char *name)
{
	if (visits_of(v, name) > 0)
		return true;
	print_message("not seen: %s\n", name);
	for (size_t i = 0; i < sizeof(by_luck) / sizeof(by_luck[0]); i++) {
		if (strcmp(by_luck[i], name) == 0)
			return true;
	}
	return false;
}

/* A page without a text or questions is never shown. */
static bool can_be_shown(const struct page *page)
{
	return page->text != NULL || (page->questions != NULL && page->questions->name != NULL);
}

static bool look_for_end(const struct visits *v, const struct procedure *p, const char *end)
{
	char name[80];

	(void)snprintf(name, sizeof(name), "%s: %s", p->name, end);
	return look_for(v, name);
}

static unsigned missing_of(const struct visits *v, const struct procedure *p)
{
	unsigned missing = 0;
	char name[80];

	for (const struct page *page = p->pages; page != NULL && page->name != NULL; page++) {
		(void)snprintf(name, sizeof(name), "%s: page %s", p->name, page->name);
		missing += can_be_shown(page) && !look_for(v, name);
	}
	missing += p->review != NULL && !look_for_end(v, p, "review");
	missing += !look_for_end(v, p, "done");
	return missing;
}

void visits_print(const struct visits *v)
{
	for (size_t i = 0; i < v->n; i++)
		print_message("%6lu %s\n", v->v[i].times, v->v[i].name);
}

unsigned visits_missing(const struct visits *v, unsigned *ret_failed)
{
	char name[80];
	unsigned missing = 0;

	for (size_t i = 0; i < sizeof(screens_besides) / sizeof(screens_besides[0]); i++)
		missing += !look_for(v, screens_besides[i]);
	for (const struct screen_row *r = screens; r->key != 0; r++)
		missing += !look_for(v, r->name);
	*ret_failed = 0;
	for (size_t i = 0; procedures[i] != NULL; i++) {
		missing += missing_of(v, procedures[i]);
		(void)snprintf(name, sizeof(name), "%s: failed", procedures[i]->name);
		*ret_failed += visits_of(v, name) > 0;
	}
	return missing;
}
