/* Writing what was planned, and knowing after an interruption how far that came. */
#include "tui/wizard/rename.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/wizard/find.h"

/* --- the note --- */

static enum status note_bytes(struct step_env *e, uint16_t fid, const char *what, const struct buf *b, struct fault *f)
{
	char name[24], *hex = malloc(2 * b->n + 1);
	enum status st;

	if (hex == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	hex_lower(hex, b->p, b->n);
	snprintf(name, sizeof(name), "%04x.%s", fid, what);
	st = run_note(e, name, hex, f);
	free(hex);
	return st;
}

static bool recall_bytes(const struct run *r, uint16_t fid, const char *what, struct buf *ret)
{
	uint8_t bytes[DESCRIBE_MAX * 2];
	char name[24];
	const char *hex;
	size_t n = 0;

	snprintf(name, sizeof(name), "%04x.%s", fid, what);
	hex = run_fact(r, name);
	if (!hex_parse(hex, strlen(hex), bytes, sizeof(bytes), &n))
		return false;
	buf_put(ret, bytes, n);
	return !ret->failed;
}

enum status rename_note(struct step_env *e, struct fault *f)
{
	const struct rename *r = run_state(e->run);
	char list[RENAME_FILES_MAX * 5 + 1] = "", object[16];
	enum status st = ST_OK;

	for (size_t i = 0; i < r->n_files && st == ST_OK; i++) {
		snprintf(list + strlen(list), sizeof(list) - strlen(list), "%04x ", r->files[i].fid);
		if ((st = note_bytes(e, r->files[i].fid, "old", &r->files[i].old, f)) == ST_OK)
			st = note_bytes(e, r->files[i].fid, "new", &r->files[i].fresh, f);
	}
	snprintf(object, sizeof(object), "%u %u", (unsigned)r->type, r->number);
	if (st != ST_OK || (st = run_note(e, "before", r->before, f)) != ST_OK ||
	    (st = run_note(e, "before-id", r->before_id, f)) != ST_OK || (st = run_note(e, "label", r->label, f)) != ST_OK ||
	    (st = run_note(e, "id", r->id, f)) != ST_OK || (st = run_note(e, "kind", r->kind, f)) != ST_OK ||
	    (st = run_note(e, "object", object, f)) != ST_OK)
		return st;
	/* Last: with this one all the others are there. */
	return run_note(e, "files", list, f);
}

bool rename_recall(struct step_env *e)
{
	struct rename *r = run_state(e->run);
	const char *list = run_fact(e->run, "files");
	unsigned type = 0, number = 0, fid;
	int used = 0;

	rename_forget(r);
	if (list[0] == '\0' || sscanf(run_fact(e->run, "object"), "%u %u", &type, &number) != 2 || type > OBJECT_DATA || number > 255)
		return false;
	r->type = (enum object_type)type;
	r->number = (uint8_t)number;
	snprintf(r->before, sizeof(r->before), "%.*s", (int)sizeof(r->before) - 1, run_fact(e->run, "before"));
	snprintf(r->before_id, sizeof(r->before_id), "%.*s", (int)sizeof(r->before_id) - 1, run_fact(e->run, "before-id"));
	snprintf(r->label, sizeof(r->label), "%.*s", (int)sizeof(r->label) - 1, run_fact(e->run, "label"));
	snprintf(r->id, sizeof(r->id), "%.*s", (int)sizeof(r->id) - 1, run_fact(e->run, "id"));
	snprintf(r->kind, sizeof(r->kind), "%.*s", (int)sizeof(r->kind) - 1, run_fact(e->run, "kind"));
	for (; sscanf(list, "%4x%n", &fid, &used) == 1 && r->n_files < RENAME_FILES_MAX; list += used) {
		struct rename_file *file = &r->files[r->n_files++];

		*file = (struct rename_file){ .fid = (uint16_t)fid };
		if (!recall_bytes(e->run, file->fid, "old", &file->old) || !recall_bytes(e->run, file->fid, "new", &file->fresh) ||
		    file->fresh.n == 0) {
			rename_forget(r);
			return false;
		}
	}
	r->with_it = r->n_files > 0 ? (unsigned)(r->n_files - 1) : 0;
	return r->n_files > 0;
}

/* --- the files --- */

/* What a write that was interrupted leaves: the new one's beginning, and from there on the old one, or nothing. */
static bool is_ours(const struct rename_file *file, const struct buf *now)
{
	size_t k = 0;

	while (k < now->n && k < file->fresh.n && now->p[k] == file->fresh.p[k])
		k++;
	if (k == now->n)
		return true;
	return now->n == file->old.n && memcmp(now->p + k, file->old.p + k, now->n - k) == 0;
}

static enum status write_one(struct card *c, const struct rename_file *file, struct fault *f)
{
	BUF now = { 0 };
	enum status st = card_read_file(c, file->fid, &now, f);

	if (st == ST_NOT_FOUND)
		return card_write_file(c, file->fid, buf_view(&file->fresh), WRITE_NEW, f);
	if (st != ST_OK)
		return st;
	if (!is_ours(file, &now))
		return fault_set(f, ST_REFUSED,
				 "The description in file %04X was changed by somebody else in between. It was left as it is now. Look at "
				 "it, and begin again.", file->fid);
	return card_write_file(c, file->fid, buf_view(&file->fresh), WRITE_REPLACE, f);
}

enum status rename_write(struct step_env *e, struct fault *f)
{
	const struct rename *r = run_state(e->run);

	for (size_t i = 0; i < r->n_files; i++) {
		enum status st;

		run_changed(e);
		if ((st = write_one(e->card, &r->files[i], f)) != ST_OK)
			return fault_add(f, "The object itself is unharmed. What stood in its description is written down, and the "
					    "procedure can be taken up again.");
	}
	return ST_OK;
}

enum status rename_read_back(struct step_env *e, struct session *s, struct object *ret, struct fault *f)
{
	const struct rename *r = run_state(e->run);
	enum status st = session_list(s, f);
	OBJECTS list = { 0 };

	if (st != ST_OK)
		return st;
	if (r->type == OBJECT_KEY) {
		st = card_object_key(s->card, &s->fids, r->number, ret, f);
	} else {
		if ((st = card_objects(s->card, r->type == OBJECT_DATA ? WANT_DATA : WANT_CERTIFICATES, &list, f)) != ST_OK)
			return st;
		st = ST_NOT_FOUND;
		for (size_t i = 0; i < list.n && st != ST_OK; i++) {
			if (list.o[i].type != r->type || list.o[i].number != r->number)
				continue;
			*ret = list.o[i];
			list.o[i] = (struct object){ 0 };
			st = ST_OK;
		}
	}
	if (st == ST_OK && strcmp(ret->label, r->label) == 0)
		return ST_OK;
	if (st == ST_OK)
		object_done(ret);
	return st == ST_OK || st == ST_NOT_FOUND ?
		fault_set(f, ST_MISMATCH, "What was read back from %s does not have the new label.", run_serial(e->run)) : st;
}
