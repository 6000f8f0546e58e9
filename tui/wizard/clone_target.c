/* Putting everything onto the target in one login, with the proofs of a restore. Nothing that is there is touched. */
#include <stdio.h>
#include <string.h>

#include "engine/base/words.h"
#include "tui/wizard/clone.h"
#include "tui/wizard/record.h"

static void take_result(struct clone_thing *t)
{
	const struct restore_item *item = t->item;
	const struct key_result before = t->result;

	t->result = item->result;
	t->result.fault = item->fault;
	snprintf(t->result.thing, sizeof(t->result.thing), "%s", before.thing);
	snprintf(t->result.remark, sizeof(t->result.remark), "%s", item->remark);
	if (t->result.backup[0] == '\0')
		snprintf(t->result.backup, sizeof(t->result.backup), "%s", before.backup);
	if (t->result.label[0] == '\0')
		snprintf(t->result.label, sizeof(t->result.label), "%s", before.label);
	t->done = item->done;
}

static enum status put_key(struct step_env *e, struct session *s, struct clone_thing *t, struct fault *f)
{
	struct restore_item *item = t->item;
	enum status st;

	clone_compare_key(e->run, t);
	if (t->result.there || t->result.fault.st != ST_OK)
		return ST_OK;
	restore_compare_dkek(e->store, s, item);
	restore_compare_firmware(s->look, item);
	if (item->fault.st == ST_OK) {
		st = restore_put(e, s, item, restore_earlier_ref(e->run, item->fact), f);
		if (st != ST_OK && (item->done || !restore_is_of_this_key(st)))
			return st;
		if (st != ST_OK)
			item->fault = *f;
		else if ((st = run_note(e, item->fact, "done", f)) != ST_OK)
			return st;
	}
	take_result(t);
	/* What is free now is not what was free before, also where what failed could not be taken away again. */
	return session_list(s, f);
}

static enum status put(struct step_env *e, struct session *s, struct clone_thing *t, struct fault *f)
{
	enum status st;

	if (t->o->type == OBJECT_KEY)
		return t->item != NULL ? put_key(e, s, t, f) : ST_OK;
	if (t->result.fault.st != ST_OK)
		return ST_OK;
	st = clone_put_thing(e, s, t, f);
	if (st == ST_OK || !restore_is_of_this_key(st))
		return st;
	t->result.fault = *f;
	return session_list(s, f);
}

static enum status rows_of(struct clone *c, struct fault *f)
{
	c->restore.device.n_rows = 0;
	for (size_t i = 0; i < c->n_things; i++) {
		struct key_result *row = device_state_row(&c->restore.device);

		if (row == NULL)
			return fault_set(f, ST_NO_MEMORY, NULL);
		*row = c->things[i].result;
	}
	return ST_OK;
}

static size_t count_done(const struct clone *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n_things; i++)
		n += c->things[i].done || c->things[i].result.there;
	return n;
}

/* Where nothing at all could be put there that is a failure; else what could be is, and the rest is named. */
static enum status verdict(const struct clone *c, struct fault *f)
{
	for (size_t i = 0; i < c->n_things; i++) {
		if (c->things[i].result.fault.st == ST_OK)
			return ST_OK;
	}
	*f = c->things[0].result.fault;
	if (c->n_things > 1)
		fault_add(f, "Nothing of the %zu objects could be put onto the other device.", c->n_things);
	return f->st;
}

static enum status put_all(struct step_env *e, struct session *s, struct fault *f)
{
	struct clone *c = run_state(e->run);
	enum status st = ST_OK;

	for (size_t i = 0; i < c->n_things && st == ST_OK; i++) {
		job_progress(e->job, (unsigned)i, (unsigned)c->n_things, "");
		if (job_cancelled(e->job))
			st = fault_set(f, ST_CANCELLED, "It was cancelled.");
		else
			st = put(e, s, &c->things[i], f);
	}
	if (st == ST_OK || count_done(c) == 0)
		return st;
	return fault_add(f, "%zu of %zu objects are on %s, whole.", count_done(c), c->n_things, s->look->serial);
}

enum status clone_put(struct step_env *e, struct fault *f)
{
	const unsigned want = LOOK_DKEK | LOOK_USER;
	struct clone *c = run_state(e->run);
	SESSION s = { 0 };
	enum status st, rows;

	if ((st = session_open(e, want, &s, f)) != ST_OK || (st = session_need_dkek(s.look, f)) != ST_OK ||
	    (st = session_log_in(e, &s, want, f)) != ST_OK || (st = clone_list_target(e, &s, f)) != ST_OK ||
	    (st = session_list(&s, f)) != ST_OK)
		return st;
	st = put_all(e, &s, f);
	rows = rows_of(c, st == ST_OK ? f : NULL);
	if (st == ST_OK)
		st = rows != ST_OK ? rows : verdict(c, f);
	return st;
}

/* --- once more, from the device --- */

static bool is_listed(const struct clone *c, const struct clone_thing *t)
{
	for (size_t i = 0; i < c->target.n; i++) {
		const struct object *o = &c->target.o[i];

		/* It may be better described than it was, but no worse. */
		if (o->type != t->o->type || (o->damage & ~t->o->damage) != 0 || strcmp(o->label, t->result.label) != 0)
			continue;
		if (t->o->type == OBJECT_KEY ? o->number == t->result.key_ref : o->id_len == t->o->id_len &&
		    memcmp(o->id, t->o->id, o->id_len) == 0)
			return true;
	}
	return false;
}

enum status clone_read_back(struct step_env *e, struct fault *f)
{
	struct clone *c = run_state(e->run);
	struct card_info info;
	char words[200];
	enum status st = card_status(e->card, &info, f);
	OBJECTS now = { 0 };

	if (st != ST_OK || (st = card_objects(e->card, WANT_ALL, &now, f)) != ST_OK)
		return st;
	objects_done(&c->target);
	c->target = now;
	now = (struct objects){ 0 };
	for (size_t i = 0; i < c->n_things; i++) {
		if (c->things[i].done && !is_listed(c, &c->things[i]))
			return fault_set(f, ST_MISMATCH, "\"%s\" was put onto %s, and is not there as it was when that was read once more. "
					 "Do not rely on this device; look at what is on it.", c->things[i].result.label, info.serial);
	}
	snprintf(words, sizeof(words), _("What %s has was put onto %s: %zu of %zu objects are there."), run_serial(e->run), info.serial,
		 count_done(c), c->n_things);
	if ((st = record_seen(e->store, &info, &c->target, false, f)) != ST_OK)
		return st;
	return record_event(e->store, &c->restore.device.other, "device.cloned", words, f);
}
