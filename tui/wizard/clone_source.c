/* Taking everything from the source in one login: keys wrapped, each kept as a backup, certificates and data read. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/words.h"
#include "tui/wizard/backup.h"
#include "tui/wizard/clone.h"
#include "tui/wizard/find.h"
#include "tui/wizard/record.h"

#define READ_ROOM 2048   /* beyond a file's own size: as much as one answer of a card may have */

/* Kept by the attempt that was interrupted: its bytes, so that it is not wrapped, and kept, a second time. */
static enum status from_before(struct step_env *e, int64_t number, struct buf *ret, struct fault *f)
{
	uint8_t *data = NULL;
	size_t n = 0;
	enum status st = store_backup_data(e->store, number, &data, &n, f);

	if (st != ST_OK)
		return st;
	buf_put(ret, data, n);
	free(data);
	return ret->failed ? fault_set(f, ST_NO_MEMORY, NULL) : ST_OK;
}

static enum status wrapped_bytes(struct step_env *e, struct session *s, struct clone_thing *t, struct buf *ret, struct fault *f)
{
	const struct clone *c = run_state(e->run);
	struct object *o = (struct object *)(uintptr_t)t->o;   /* its CMAC is filled in */
	int64_t number;

	if (backup_is_saved(e, &t->result, s->look, c->since, &number)) {
		snprintf(t->result.backup, sizeof(t->result.backup), "%lld", (long long)number);
		return from_before(e, number, ret, f);
	}
	return backup_wrap(e, s, o, &t->result, ret, f);
}

static void name_item(const struct clone_thing *t, struct restore_item *item)
{
	if (t->result.backup[0] != '\0')
		snprintf(item->name, sizeof(item->name), _("backup %s"), t->result.backup);
	else
		snprintf(item->name, sizeof(item->name), _("key reference %u"), t->o->number);
	clone_fact(t, item->fact);
}

/* Too large for the backup, but not for the other device: it goes along beside the wrapped key. */
static void take_certificate(const struct object *o, struct restore_item *item)
{
	if (item->fault.st == ST_OK && item->w.cert.n == 0 && o->cert != NULL)
		item->w.cert = wrapped_part(buf_view(&o->content));
}

static enum status take_key(struct step_env *e, struct session *s, struct clone_thing *t, struct fault *f)
{
	struct clone *c = run_state(e->run);
	struct restore_item *item;
	struct object *o = (struct object *)(uintptr_t)t->o;
	BUF file = { 0 };
	enum status st;

	if (o->has_algorithm && o->algorithm == KEY_AES && !o->has_cmac && (st = find_secret(s, e->store, o, f)) != ST_OK)
		return st;
	if (o->has_cmac)
		hex_lower(t->result.cmac, o->cmac, sizeof(o->cmac));
	clone_compare_key(e->run, t);
	if (t->result.there || t->result.fault.st != ST_OK)
		return ST_OK;
	if ((st = wrapped_bytes(e, s, t, &file, f)) != ST_OK)
		return st;
	item = &c->restore.items[c->restore.n_items];
	memset(item, 0, sizeof(*item));   /* in place: an item is too large to be put together on the stack first */
	item->file = file;
	file = (struct buf){ 0 };
	c->restore.n_items++;
	name_item(t, item);
	restore_judge(e->store, item);
	take_certificate(o, item);
	item->result.file[0] = '\0';
	if (item->identity.len == 0 && o->has_cmac) {
		item->identity = identity_of_cmac(o->cmac);
		identity_to_result(&item->identity, &item->result);
	}
	t->item = item;
	return ST_OK;
}

static enum status take_data(struct session *s, struct clone_thing *t, struct fault *f)
{
	const size_t room = (t->o->has_size ? t->o->size : FILE_MAX) + READ_ROOM;

	secret_free(t->secret);
	t->secret = secret_new(room);
	if (t->secret == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	return card_read_secret(s->card, t->o->content_fid, t->secret, f);
}

static enum status take(struct step_env *e, struct session *s, struct clone_thing *t, struct fault *f)
{
	enum status st;

	if (t->o->type == OBJECT_KEY)
		st = take_key(e, s, t, f);
	else if (t->o->type == OBJECT_DATA && t->result.fault.st == ST_OK)
		st = take_data(s, t, f);
	else
		return ST_OK;
	if (st == ST_OK || !backup_is_of_this_key(st))
		return st;
	t->result.fault = *f;
	return ST_OK;
}

enum status clone_take(struct step_env *e, struct fault *f)
{
	struct clone *c = run_state(e->run);
	const unsigned want = LOOK_DKEK | LOOK_USER;
	SESSION s = { 0 };
	enum status st;

	for (size_t i = 0; i < c->restore.n_items; i++)
		buf_done(&c->restore.items[i].file);
	c->restore.n_items = 0;
	c->restore.kept = false;
	for (size_t i = 0; i < c->n_things; i++)
		c->things[i].item = NULL;
	if ((st = session_open(e, want, &s, f)) != ST_OK || (st = session_need_dkek(s.look, f)) != ST_OK ||
	    (st = session_log_in(e, &s, want, f)) != ST_OK)
		return st;
	for (size_t i = 0; i < c->n_things; i++) {
		job_progress(e->job, (unsigned)i, (unsigned)c->n_things, "");
		if (job_cancelled(e->job))
			return fault_set(f, ST_CANCELLED, "It was cancelled. Nothing was put onto the other device yet.");
		if ((st = take(e, &s, &c->things[i], f)) != ST_OK)
			return fault_add(f, "Nothing was put onto the other device yet.");
	}
	c->restore.kept = c->restore.n_items > 0;
	return ST_OK;
}
