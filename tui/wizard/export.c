#include "tui/wizard/export.h"

#include <stdio.h>

#include "engine/base/file.h"

void export_propose_pem(const struct run *r, unsigned index, char *out, size_t cap)
{
	(void)r;
	(void)index;
	snprintf(out, cap, "pem");
}

enum status export_check_out(struct run *r, unsigned index, struct fault *f)
{
	if (!run_env(r)->script && run_get(r, "out", index)[0] == '\0' && run_is(r, "format", "der"))
		return fault_set(f, ST_BAD_FORM, "DER is not text that could be shown: say into which file it is to go.");
	return ST_OK;
}

enum status export_object(struct step_env *e, export_find *find, export_put *put, struct fault *f)
{
	const char *out = run_get(e->run, "out", 0);
	CLEANUP(object_done) struct object o = { 0 };
	SESSION s = { 0 };
	enum status st = out[0] != '\0' ? file_check_new(out, f) : ST_OK;

	if (st != ST_OK || (st = session_open(e, LOOK_FIDS, &s, f)) != ST_OK ||
	    (st = find(&s, run_get(e->run, "id", 0), &o, f)) != ST_OK)
		return st;
	return put(e, &s, &o, f);
}

enum status export_out(struct run *r, struct buf *b, struct key_result *k, struct fault *f)
{
	const char *out = run_get(r, "out", 0);
	enum status st;

	if (b->failed)
		return fault_set(f, ST_NO_MEMORY, NULL);
	if (out[0] == '\0')
		return ST_OK;
	if ((st = file_write_new(out, buf_view(b), f)) != ST_OK)
		return st;
	snprintf(k->file, sizeof(k->file), "%s", out);
	buf_done(b);
	return ST_OK;
}

void export_show(const struct run *r, const struct buf *b, struct prose *out)
{
	if (b->n > 0 && !run_is(r, "format", "der"))
		prose_add(out, PROSE_PLAIN, "%.*s", (int)b->n, (const char *)b->p);
}
