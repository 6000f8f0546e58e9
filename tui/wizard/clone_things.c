/*
 * Certificates without a key, and data: content first, then the description, by which other software finds it, so that a
 * stop in between leaves something that nobody sees. The number is noted before: the same run goes on there.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/words.h"
#include "tui/wizard/clone.h"
#include "tui/wizard/record.h"

struct place {
	uint16_t content, description;
	bool had_content;             /* from an interrupted attempt of this run */
};

static struct cur content_of(const struct clone_thing *t)
{
	return t->o->type == OBJECT_DATA ? secret_view(t->secret) : buf_view(&t->o->content);
}

static uint16_t description_kind(const struct clone_thing *t)
{
	return t->o->type == OBJECT_DATA ? FID_DATA_DESCRIPTION : FID_CERT_DESCRIPTION;
}

/* --- there already? --- */

static bool same_name(const struct object *a, const struct object *b)
{
	return strcmp(a->label, b->label) == 0 && strcmp(a->application, b->application) == 0;
}

/* ST_OK and *ret_same; what cannot be read is not the same. */
static enum status same_data(struct session *s, const struct clone_thing *t, const struct object *there, bool *ret_same,
			     struct fault *f)
{
	SECRET *back = secret_new(FILE_MAX + 2048);
	const struct cur ours = content_of(t);
	enum status st;

	*ret_same = false;
	if (back == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	if (there->is_private != t->o->is_private || there->content_fid == 0)
		return ST_OK;
	st = card_read_secret(s->card, there->content_fid, back, f);
	*ret_same = st == ST_OK && cur_equal(secret_view(back), ours.p, ours.n);
	return st == ST_NOT_FOUND || st == ST_BAD_REPLY ? ST_OK : st;
}

static enum status compare_data(struct session *s, struct clone_thing *t, const struct object *there, struct fault *f)
{
	bool same;
	enum status st = same_data(s, t, there, &same, f);

	if (st != ST_OK)
		return st;
	t->result.there = same;
	if (!same)
		fault_set(&t->result.fault, ST_DUPLICATE,
			  "%s has other data of the same name already. It was left alone, and this was not put beside it. Delete or "
			  "rename one of them first.", s->look->serial);
	return ST_OK;
}

/* What this run noted before it wrote, and not more: a description that says what ours says. */
static uint8_t earlier_number(const struct run *r, const char *fact, bool *ret)
{
	const char *text = run_fact(r, fact);
	const long n = strtol(text, NULL, 10);

	*ret = run_is_resumed(r) && text[0] >= '0' && text[0] <= '9' && n >= 0 && n <= 255;
	return (uint8_t)n;
}

static enum status compare(struct step_env *e, struct session *s, struct clone_thing *t, const char *fact, struct fault *f)
{
	const struct clone *c = run_state(e->run);
	bool noted;
	const uint8_t number = earlier_number(e->run, fact, &noted);
	enum status st = ST_OK;

	for (size_t i = 0; i < c->target.n && st == ST_OK && !t->result.there; i++) {
		const struct object *o = &c->target.o[i];

		if (o->type != t->o->type || (noted && o->number == number))
			continue;
		if (o->type == OBJECT_DATA && same_name(o, t->o))
			st = compare_data(s, t, o, f);
		else if (o->type == OBJECT_CERTIFICATE)
			t->result.there = cur_equal(buf_view(&o->content), t->o->content.p, t->o->content.n);
	}
	if (t->result.there)
		t->result.fault = (struct fault){ .tries_left = -1 };
	return st;
}

/* --- where to --- */

static bool is_free(const struct fids *l, const struct clone_thing *t, uint8_t number)
{
	static const uint16_t cert[] = { FID_CERT_DESCRIPTION, FID_CA_CERT, 0 };
	static const uint16_t data[] = { FID_DATA_DESCRIPTION, FID_PUBLIC_DATA, FID_PRIVATE_DATA, 0 };

	for (const uint16_t *kind = t->o->type == OBJECT_DATA ? data : cert; *kind != 0; kind++) {
		if (fids_have(l, fid_of(*kind, number)))
			return false;
	}
	return true;
}

static struct place place_at(const struct clone_thing *t, uint8_t number)
{
	return (struct place){
		.content = fid_of(t->o->content_fid & 0xff00, number),
		.description = fid_of(description_kind(t), number),
	};
}

/* Is what is there the beginning of ours, or nothing? Somebody else's is not gone on with. */
static enum status is_beginning(struct session *s, uint16_t fid, struct cur ours, bool *ret, struct fault *f)
{
	SECRET *back = secret_new(FILE_MAX + 2048);
	enum status st;

	if (back == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	st = card_read_secret(s->card, fid, back, f);
	*ret = st == ST_OK && secret_len(back) <= ours.n && memcmp(secret_view(back).p, ours.p, secret_len(back)) == 0;
	return st;
}

/* Only this run notes a number, and only one that was free: what an interruption left there begins as ours does. */
static enum status is_left_over(struct session *s, const struct clone_thing *t, struct place *p, struct cur description, bool *ret,
				struct fault *f)
{
	bool content = true, described = true;
	enum status st = ST_OK;

	p->had_content = fids_have(&s->fids, p->content);
	if (p->had_content)
		st = is_beginning(s, p->content, content_of(t), &content, f);
	if (st == ST_OK && fids_have(&s->fids, p->description))
		st = is_beginning(s, p->description, description, &described, f);
	*ret = content && described;
	return st;
}

/* The description as it stands on the source, with the new path in it. */
static enum status describe(const struct clone_thing *t, uint16_t path, struct buf *ret, struct fault *f)
{
	const uint8_t old[] = { 0x04, 0x02, (uint8_t)(t->o->content_fid >> 8), (uint8_t)t->o->content_fid };
	struct description d;
	size_t at = 0, found = 0;
	enum status st;

	buf_cur(ret, buf_view(&t->o->description));
	if (ret->failed)
		return fault_set(f, ST_NO_MEMORY, NULL);
	if (path == t->o->content_fid)
		return ST_OK;
	for (size_t i = 0; i + sizeof(old) <= ret->n; i++) {
		if (memcmp(ret->p + i, old, sizeof(old)) == 0) {
			at = i;
			found++;
		}
	}
	if (found == 1) {
		ret->p[at + 2] = (uint8_t)(path >> 8);
		ret->p[at + 3] = (uint8_t)path;
		return ST_OK;
	}
	st = t->o->type == OBJECT_DATA ? describe_parse_data(buf_view(&t->o->description), &d, f)
				       : describe_parse_cert(buf_view(&t->o->description), &d, f);
	if (st != ST_OK)
		return st;
	d.path = path;
	buf_done(ret);
	return describe_build(&d, ret, f);
}

/* Where an interrupted attempt left off, else at the number it has on the source, else at a free one. */
static enum status choose(struct step_env *e, struct session *s, const struct clone_thing *t, const char *fact, struct place *ret,
			  struct buf *ret_description, struct fault *f)
{
	const uint8_t own = (uint8_t)t->o->content_fid;
	bool noted, good = false;
	uint8_t number = earlier_number(e->run, fact, &noted);
	int any = own;
	char note[16];
	enum status st;

	if (noted) {
		*ret = place_at(t, number);
		if ((st = describe(t, ret->content, ret_description, f)) != ST_OK ||
		    (st = is_left_over(s, t, ret, buf_view(ret_description), &good, f)) != ST_OK || good)
			return st;
		buf_done(ret_description);
	}
	if (!is_free(&s->fids, t, own))
		any = t->o->type == OBJECT_DATA ? card_free_data_number(&s->fids) : card_free_cert_number(&s->fids);
	if (any < 0)
		return fault_set(f, ST_CARD_FULL, "All numbers for certificates or data on %s are taken.", s->look->serial);
	snprintf(note, sizeof(note), "%d", any);
	*ret = place_at(t, (uint8_t)any);
	if ((st = describe(t, ret->content, ret_description, f)) != ST_OK)
		return st;
	return run_note(e, fact, note, f);
}

/* --- putting it there --- */

static enum write_mode mode_of(const struct session *s, uint16_t fid)
{
	return fids_have(&s->fids, fid) ? WRITE_REPLACE : WRITE_NEW;
}

static enum status write_both(struct step_env *e, struct session *s, const struct clone_thing *t, const struct place *p,
			      struct cur description, struct fault *f)
{
	enum status st;

	run_changed(e);
	st = card_write_file(s->card, p->content, content_of(t), mode_of(s, p->content), f);
	if (st != ST_OK)
		return st;
	st = card_write_file(s->card, p->description, description, mode_of(s, p->description), f);
	if (st != ST_OK && !p->had_content && card_delete(s->card, p->content, NULL) != ST_OK)
		fault_add(f, "Its content may be left in the file %04X, where no program sees it.", p->content);
	return st;
}

static enum status record(struct step_env *e, const struct session *s, const struct clone_thing *t, struct fault *f)
{
	char words[400];

	if (t->o->type == OBJECT_DATA)
		snprintf(words, sizeof(words), _("The data \"%.100s\" of %s was put onto %s."), t->o->label, run_serial(e->run),
			 s->look->serial);
	else
		snprintf(words, sizeof(words), _("The certificate \"%.100s\" of %s was put onto %s."), t->o->label, run_serial(e->run),
			 s->look->serial);
	return record_event(e->store, s->look, "object.cloned", words, f);
}

enum status clone_put_thing(struct step_env *e, struct session *s, struct clone_thing *t, struct fault *f)
{
	BUF description = { 0 };
	struct place p = { 0 };
	char fact[CLONE_FACT_MAX];
	enum status st;

	t->result.there = false;
	snprintf(t->result.serial, sizeof(t->result.serial), "%s", s->look->serial);
	clone_fact(t, fact);
	if ((st = compare(e, s, t, fact, f)) != ST_OK || t->result.there || t->result.fault.st != ST_OK)
		return st;
	if ((st = choose(e, s, t, fact, &p, &description, f)) != ST_OK ||
	    (st = write_both(e, s, t, &p, buf_view(&description), f)) != ST_OK)
		return st;
	t->done = true;
	if ((st = record(e, s, t, f)) != ST_OK || (st = run_note(e, fact, "done", f)) != ST_OK)
		return st;
	return session_list(s, f);
}
