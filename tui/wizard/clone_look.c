/* What is on the two devices, and what of it the target has already. */
#include "tui/wizard/clone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/words.h"
#include "tui/wizard/find.h"

static void forget_things(struct clone *c)
{
	for (size_t i = 0; i < c->n_things; i++)
		secret_free(c->things[i].secret);
	free(c->things);
	c->things = NULL;
	c->n_things = 0;
	restore_unload(&c->restore);
}

void clone_forget(struct clone *c)
{
	forget_things(c);
	objects_done(&c->source);
	objects_done(&c->target);
	c->source = c->target = (struct objects){ 0 };
	c->listed = false;
}

/* --- the source --- */

static void name_thing(const struct clone *c, struct clone_thing *t)
{
	static const char *const names[] = {
		[OBJECT_KEY] = "key", [OBJECT_CERTIFICATE] = "certificate", [OBJECT_DATA] = "data",
	};
	char damage[300];

	find_to_result(&c->restore.device.look, t->o, &t->result);
	snprintf(t->result.thing, sizeof(t->result.thing), "%s", names[t->o->type]);
	if (t->o->type == OBJECT_KEY)
		return;
	t->result.key_ref = -1;
	object_damage_words(t->o, damage, sizeof(damage));
	/* A certificate that we do not understand is put there as it is. */
	if ((t->o->damage & ~(unsigned)OBJECT_BAD_CONTENT) == 0 && t->o->content_fid != 0)
		snprintf(t->result.remark, sizeof(t->result.remark), "%s", damage);
	else
		fault_set(&t->result.fault, ST_DAMAGED, "It is not whole on %s, and was left there: %s", c->restore.device.look.serial,
			  damage);
}

static enum status make_things(struct clone *c, struct fault *f)
{
	forget_things(c);
	c->strays = 0;
	c->things = calloc(c->source.n + 1, sizeof(*c->things));
	c->restore.items = calloc(c->source.n + 1, sizeof(*c->restore.items));
	if (c->things == NULL || c->restore.items == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	for (size_t i = 0; i < c->source.n; i++) {
		struct clone_thing *t = &c->things[c->n_things];

		if (c->source.o[i].type == OBJECT_STRAY) {
			c->strays++;
			continue;
		}
		c->n_things++;
		t->o = &c->source.o[i];
		name_thing(c, t);
	}
	return ST_OK;
}

static enum status list(struct session *s, struct objects *ret, struct fault *f)
{
	OBJECTS now = { 0 };
	enum status st = card_objects(s->card, WANT_ALL, &now, f);

	if (st != ST_OK)
		return st;
	if (now.damaged)
		return fault_set(f, ST_BAD_REPLY, "The list of files of %s is not whole, so that nothing can be told of what is on it. "
				 "Nothing was done.", s->look->serial);
	objects_done(ret);
	*ret = now;
	now = (struct objects){ 0 };
	return ST_OK;
}

static enum status look_source(struct step_env *e, struct session *s, struct fault *f)
{
	struct clone *c = run_state(e->run);
	enum status st = session_need_dkek(s->look, f);

	if (st != ST_OK)
		return st;
	/* What was made of the list that was there before points into it. */
	forget_things(c);
	c->listed = false;
	if ((st = list(s, &c->source, f)) != ST_OK || (st = make_things(c, f)) != ST_OK)
		return st;
	return c->n_things > 0 ? ST_OK : fault_set(f, ST_NOT_FOUND, "There is nothing on %s that could be put onto another device.",
						   s->look->serial);
}

enum status clone_look_source(struct step_env *e, struct fault *f)
{
	SESSION s = { 0 };
	enum status st = session_open(e, LOOK_DKEK | LOOK_USER | LOOK_USABLE, &s, f);

	return st == ST_OK ? look_source(e, &s, f) : st;
}

enum status clone_open_source(struct step_env *e, struct fault *f)
{
	return clone_look_source(e, f);
}

/* --- the target --- */

static enum status same_dkek(const struct clone *c, struct session *target, struct fault *f)
{
	const struct look *source = &c->restore.device.look;
	char ours[2 * KCV_LEN + 1], theirs[2 * KCV_LEN + 1];

	if (!source->dkek.kcv_shown || session_has_kcv(target, source->dkek.kcv))
		return ST_OK;
	hex_upper(ours, source->dkek.kcv, KCV_LEN);
	hex_upper(theirs, target->look->dkek.kcv, KCV_LEN);
	return fault_set(f, ST_OTHER_DKEK,
			 "%s has the DKEK %s, and %s has the DKEK %s. Nothing of one can be put onto the other, and nothing was done. "
			 "The other device has to be initialised with the same DKEK shares first.",
			 source->serial, ours, target->look->serial, theirs);
}

/* One try each: only one serial is typed. */
static enum status not_both_last(const struct run *r, struct fault *f)
{
	if (session_confirm_user(r) == NULL || session_confirm_other(r) == NULL)
		return ST_OK;
	return fault_set(f, ST_REFUSED, "Of both user PINs only the last try is left. Nothing was done. Unblock one of them with its "
			 "SO-PIN first, or use it once for something else: a right PIN gives its tries back.");
}

static enum status look_target(struct step_env *e, struct session *s, struct fault *f)
{
	struct clone *c = run_state(e->run);
	enum status st = session_need_dkek(s->look, f);

	if (st != ST_OK || (st = same_dkek(c, s, f)) != ST_OK)
		return st;
	if (c->restore.device.look.known && s->look->known && (st = not_both_last(e->run, f)) != ST_OK)
		return st;
	return ST_OK;
}

enum status clone_look_target(struct step_env *e, struct fault *f)
{
	struct clone *c = run_state(e->run);
	SESSION s = { 0 };
	enum status st;

	if ((st = session_open(e, LOOK_DKEK | LOOK_USER | LOOK_USABLE, &s, f)) != ST_OK ||
	    (st = look_target(e, &s, f)) != ST_OK || (st = list(&s, &c->target, f)) != ST_OK)
		return st;
	c->listed = true;
	for (size_t i = 0; i < c->n_things; i++) {
		if (c->things[i].o->type == OBJECT_KEY)
			clone_compare_key(e->run, &c->things[i]);
	}
	return ST_OK;
}

enum status clone_list_target(struct step_env *e, struct session *s, struct fault *f)
{
	struct clone *c = run_state(e->run);
	enum status st = list(s, &c->target, f);
	bool secrets = false;

	for (size_t i = 0; i < c->n_things; i++)
		secrets |= c->things[i].o->has_algorithm && c->things[i].o->algorithm == KEY_AES;
	for (size_t i = 0; i < c->target.n && st == ST_OK && secrets; i++) {
		struct object *o = &c->target.o[i];

		if (o->type == OBJECT_KEY && o->has_algorithm && o->algorithm == KEY_AES)
			st = find_secret(s, e->store, o, f);
	}
	c->listed = st == ST_OK;
	return st;
}

enum status clone_open_target(struct step_env *e, struct fault *f)
{
	const unsigned want = LOOK_DKEK | LOOK_USER;
	SESSION s = { 0 };
	enum status st;

	if ((st = session_open(e, want, &s, f)) != ST_OK || (st = look_target(e, &s, f)) != ST_OK ||
	    (st = session_log_in(e, &s, want, f)) != ST_OK || (st = look_target(e, &s, f)) != ST_OK)
		return st;
	return clone_list_target(e, &s, f);
}

/* --- there already? --- */

void clone_fact(const struct clone_thing *t, char out[static CLONE_FACT_MAX])
{
	if (t->o->type == OBJECT_KEY)
		snprintf(out, CLONE_FACT_MAX, "key:%u", t->o->number);
	else
		snprintf(out, CLONE_FACT_MAX, "file:%04x", t->o->content_fid);
}

enum likeness { OTHER_KEY, SAME_KEY, NOBODY_KNOWS };

static enum likeness compare(const struct object *a, const struct object *b)
{
	if (a->has_key && b->has_key)
		return memcmp(a->spki_sha256, b->spki_sha256, sizeof(a->spki_sha256)) == 0 ? SAME_KEY : OTHER_KEY;
	if (a->has_cmac && b->has_cmac)
		return memcmp(a->cmac, b->cmac, sizeof(a->cmac)) == 0 ? SAME_KEY : OTHER_KEY;
	if (a->has_algorithm && b->has_algorithm &&
	    (a->algorithm != b->algorithm || (a->bits != 0 && b->bits != 0 && a->bits != b->bits)))
		return OTHER_KEY;
	return NOBODY_KNOWS;
}

static bool same_id(const struct object *a, const struct object *b)
{
	return a->id_len > 0 && a->id_len == b->id_len && memcmp(a->id, b->id, a->id_len) == 0;
}

static void say_there(const struct look *target, const struct object *there, struct clone_thing *t)
{
	const struct object *o = t->o;
	const struct cur content = buf_view(&o->content);

	t->result.there = true;
	t->result.key_ref = there->number;
	snprintf(t->result.serial, sizeof(t->result.serial), "%s", target->serial);
	if (strcmp(o->label, there->label) != 0 || !same_id(o, there))
		snprintf(t->result.remark, sizeof(t->result.remark), "%s",
			 _("It has another label or ID there, which was left as it is."));
	else if (o->cert != NULL && there->cert == NULL)
		snprintf(t->result.remark, sizeof(t->result.remark), "%s",
			 _("It has no certificate there, and what is there was left as it is: import its certificate there too."));
	else if (o->cert != NULL && !cur_equal(content, there->content.p, there->content.n))
		snprintf(t->result.remark, sizeof(t->result.remark), "%s",
			 _("Its certificate is not the same on both devices; the one there was left as it is."));
}

static void refuse(const struct look *target, const struct object *there, enum likeness how, struct clone_thing *t)
{
	fault_set(&t->result.fault, ST_DUPLICATE,
		  how == OTHER_KEY
			  ? N_("%s has another key with the same ID already, \"%s\" at key reference %u. It was left alone, and this one "
			       "was not put beside it, since programs could not tell the two apart. Give one of them another ID first.")
			  : N_("%s has a key with the same ID already, \"%s\" at key reference %u, and it cannot be told whether it is the "
			       "same key. It was left alone, and this one was not put beside it."),
		  target->serial, there->label, there->number);
}

void clone_compare_key(const struct run *r, struct clone_thing *t)
{
	struct clone *c = run_state(r);
	const struct look *target = &c->restore.device.other;
	char fact[CLONE_FACT_MAX];
	unsigned earlier;

	clone_fact(t, fact);
	earlier = restore_earlier_ref(r, fact);
	t->result.there = false;
	t->result.fault = (struct fault){ .tries_left = -1 };
	for (size_t i = 0; i < c->target.n; i++) {
		const struct object *o = &c->target.o[i];
		enum likeness how;

		if (o->type != OBJECT_KEY || (earlier != 0 && o->number == earlier))
			continue;
		how = compare(t->o, o);
		if (how == SAME_KEY) {
			t->result.fault = (struct fault){ .tries_left = -1 };
			say_there(target, o, t);
			return;
		}
		if (same_id(t->o, o))
			refuse(target, o, how, t);
	}
}
