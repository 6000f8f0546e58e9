/*
 * Looking at one card: a job on its thread. It reads as far as it was asked, in one transaction, and writes what it saw
 * into the inventory before it is over. Where it is not known yet which card is meant, it reads who this one is, and goes on
 * only where it is the one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"
#include "engine/base/words.h"
#include "tui/wizard/fleet_inside.h"
#include "tui/wizard/key_type.h"
#include "tui/wizard/record.h"

void scan_free(struct scan *s)
{
	if (s == NULL)
		return;
	free(s->rows);
	free(s->strays);
	objects_done(&s->list);
	free(s);
}

static enum status who(struct scan *s, struct card *card, struct fault *f)
{
	const struct device_cert *device;
	enum status st = card_device(card, &device, f);

	if (st != ST_OK)
		return st;
	snprintf(s->info.serial, sizeof(s->info.serial), "%s", device->serial);
	/* The label is only asked for where it could be what was said. */
	if (s->which[0] != '\0' && strcmp(s->which, device->serial) != 0) {
		st = card_label(card, s->info.label, f);
		if (st == ST_DAMAGED)
			s->info.label[0] = '\0';
		else if (st != ST_OK)
			return st;
	}
	s->done_who = true;
	return ST_OK;
}

static bool is_meant(const struct scan *s)
{
	return s->which[0] == '\0' || strcmp(s->which, s->info.serial) == 0 || strcmp(s->which, s->info.label) == 0;
}

static enum fleet_type stray_type(const struct object *o)
{
	const unsigned kind = o->content_fid & 0xff00;

	return kind == FID_PRIVATE_DATA || kind == FID_PUBLIC_DATA ? FLEET_DATA : kind != 0 ? FLEET_CERTIFICATE : FLEET_KEY;
}

static void stray_of(const struct object *o, struct fleet_object *ret)
{
	*ret = (struct fleet_object){
		.type = stray_type(o),
		.size = o->has_size ? (unsigned)o->size : 0,
		.flags = FLEET_ORPHAN,
		.key_ref = FLEET_UNKNOWN,
		.use_counter = FLEET_UNKNOWN,
		.fid = o->content_fid != 0 ? o->content_fid : o->description_fid,
	};
	text_clean(ret->label, sizeof(ret->label), o->label, strlen(o->label));
	hex_lower(ret->id, o->id, o->id_len);
	snprintf(ret->kind, sizeof(ret->kind), "%s", _("left over"));
	snprintf(ret->proof, sizeof(ret->proof), "none");
}

static enum status keep(struct scan *s, const struct objects *l, struct fault *f)
{
	s->rows = calloc(2 * l->n + 1, sizeof(*s->rows));
	s->strays = calloc(l->n + 1, sizeof(*s->strays));
	if (s->rows == NULL || s->strays == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	for (size_t i = 0; i < l->n; i++) {
		s->n_rows += record_rows_of(&l->o[i], s->rows + s->n_rows);
		if (l->o[i].type == OBJECT_STRAY)
			stray_of(&l->o[i], &s->strays[s->n_strays++]);
	}
	return ST_OK;
}

static enum status look(struct scan *s, struct card *card, struct store *store, struct fault *f)
{
	CARD_SESSION *held = NULL;
	OBJECTS list = { 0 };
	const bool all = s->depth == FLEET_ALL;
	enum status st = card_begin(card, &held, f);

	s->simulated = card_is_simulated(card);
	if (st != ST_OK)
		return st;
	if (s->depth == FLEET_WHO || s->depth == FLEET_HOLD || s->which[0] != '\0') {
		if ((st = who(s, card, f)) != ST_OK || s->depth == FLEET_WHO || !is_meant(s))
			return st;
	}
	if (s->depth == FLEET_HOLD) {
		/* card_close() ends it; what begins a session before that finds itself in this one. */
		held = NULL;
		return ST_OK;
	}
	if ((st = card_status(card, &s->info, f)) != ST_OK)
		return st;
	s->done_who = s->done_status = true;
	if (all && (st = card_objects(card, WANT_ALL, &list, f)) != ST_OK)
		return st;
	/* Other programs may have the card while signatures are checked, and the disk is waited for. */
	card_end(held);
	held = NULL;
	if (all && !s->sparing)
		objects_attest(card, &list);
	/* A line does not say it. */
	s->done_trust = !s->sparing && card_trust(card, &s->trust, f) == ST_OK;
	if (all && (st = keep(s, &list, f)) != ST_OK)
		return st;
	s->done_all = all;
	if (store != NULL)
		return record_seen(store, &s->info, all ? &list : NULL, s->sparing, f);
	s->unrecorded = true;
	s->list = list;
	list = (struct objects){ 0 };
	return ST_OK;
}

enum status scan_record(const struct scan *s, struct store *store, struct fault *f)
{
	return s->unrecorded ? record_seen(store, &s->info, s->done_all ? &s->list : NULL, s->sparing, f) : ST_OK;
}

static enum status scan_job(struct job *job, struct card *card, void *local, void *ctx, struct fault *f)
{
	struct scan *s = ctx;

	(void)job;
	return look(s, card, local, f);
}

enum status scan_start(struct fleet *fl, struct entry *e, const char *which, enum fleet_depth depth, struct fault *f)
{
	struct scan *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	snprintf(s->reader, sizeof(s->reader), "%s", e->d.reader);
	snprintf(s->which, sizeof(s->which), "%s", which != NULL ? which : "");
	s->depth = depth;
	s->sparing = !fl->live;
	s->job = jobs_submit(fl->jobs, s->reader, scan_job, s);
	if (s->job == 0) {
		scan_free(s);
		return fault_set(f, ST_NO_MEMORY, NULL);
	}
	s->next = fl->scans;
	fl->scans = s;
	e->scan = s->job;
	return ST_OK;
}

bool fleet_is_reading(const struct fleet *fl)
{
	return fl->scans != NULL;
}

struct scan *scan_take(struct fleet *fl, unsigned job)
{
	for (struct scan **p = &fl->scans; *p != NULL; p = &(*p)->next) {
		struct scan *s = *p;

		if (s->job != job)
			continue;
		*p = s->next;
		s->next = NULL;
		return s;
	}
	return NULL;
}
