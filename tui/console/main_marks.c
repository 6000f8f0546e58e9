/* The objects that are marked on the main screen, for a procedure that takes several. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/console/main_screen.h"
#include "tui/wizard/wizard.h"

static bool is_marked(const struct main_screen *m, const struct fleet_object *o)
{
	for (size_t i = 0; i < m->n_marks; i++) {
		if (m->mark[i].type == o->type && m->mark[i].fid == o->fid)
			return true;
	}
	return false;
}

static void mark(struct main_screen *m, const struct fleet_object *o, bool on)
{
	if (is_marked(m, o) == on)
		return;
	for (size_t i = 0; i < m->n_marks && !on; i++) {
		if (m->mark[i].type == o->type && m->mark[i].fid == o->fid) {
			m->mark[i] = m->mark[--m->n_marks];
			return;
		}
	}
	if (m->n_marks == MARKS_MAX) {
		ui_say(m->s.ui, "No more objects than 64 can be marked at once. Do the rest afterwards.");
		return;
	}
	m->mark[m->n_marks].type = o->type;
	m->mark[m->n_marks++].fid = o->fid;
}

/* All that are shown; where all of them are marked, none. */
static void mark_all(struct main_screen *m)
{
	const struct rows *r = &m->rows[PANE_OBJECTS];
	const bool on = r->n_marked < r->n;
	size_t n;
	const struct fleet_object *o = main_objects(m, &n);

	for (size_t i = 0; i < r->n && r->row[i].i < n; i++)
		mark(m, &o[r->row[i].i], on);
}

/* What is gone is not marked any more, and nothing is on another device. */
void main_sync_marks(struct main_screen *m, const struct fleet_object *o, size_t n)
{
	struct rows *r = &m->rows[PANE_OBJECTS];
	const struct fleet_device *d = main_device(m);
	size_t kept = 0;

	if (d == NULL || strcmp(d->serial, m->marks_on) != 0) {
		m->n_marks = 0;
		(void)snprintf(m->marks_on, sizeof(m->marks_on), "%s", d != NULL ? d->serial : "");
	}
	for (size_t i = 0; i < m->n_marks; i++) {
		bool there = false;

		for (size_t k = 0; k < n; k++)
			there |= o[k].type == m->mark[i].type && o[k].fid == m->mark[i].fid;
		if (there)
			m->mark[kept++] = m->mark[i];
	}
	m->n_marks = kept;
	for (size_t i = 0; i < r->n; i++) {
		r->row[i].marked = is_marked(m, &o[r->row[i].i]);
		r->n_marked += r->row[i].marked;
	}
}

void main_mark(struct main_screen *m, bool all)
{
	const struct fleet_object *o = main_object(m);

	if (all)
		mark_all(m);
	else if (o != NULL)
		mark(m, o, !is_marked(m, o));
}

struct given *main_given(const struct main_screen *m, const struct procedure *p)
{
	const bool any_kind = strcmp(p->name, "key delete") == 0;
	struct given *given = calloc(1, (MARKS_MAX + 1) * sizeof(*given) + MARKS_MAX * FLEET_VALUE_MAX);
	char *value = given != NULL ? (char *)&given[MARKS_MAX + 1] : NULL;
	unsigned at = 0;
	size_t n;
	const struct fleet_object *o = main_objects(m, &n);

	for (size_t i = 0; i < n && given != NULL; i++) {
		if (!is_marked(m, &o[i]) || (o[i].type != FLEET_KEY && !any_kind))
			continue;
		if (o[i].type == FLEET_KEY)
			fleet_object_value(o, n, &o[i], value);
		else
			(void)snprintf(value, FLEET_VALUE_MAX, "file:%04X", o[i].fid);
		given[at] = (struct given){ "id", at, value };
		value += FLEET_VALUE_MAX;
		at++;
	}
	return given;
}
