/* What several screens draw: their head, and prose. */
#include <string.h>

#include "engine/base/words.h"

#include "tui/console/ui.h"

struct area ui_head(const struct screen *s, struct area a, const char *title, const char *middle, const char *right)
{
	int width = text_width(middle), edge = a.cols - 1, end, col;

	if (s->ui->env->rehearsal) {
		const char *mark = _(" REHEARSAL ");

		edge -= text_width(mark);
		area_text(a, 0, edge, ROLE_MARK, mark);
		edge -= 2;
	}
	edge -= text_width(right);
	area_text(a, 0, edge, ROLE_PLAIN, right);
	end = area_fit(a, 0, 1, edge - 3 - (width > 0 ? width + 2 : 0), ROLE_TITLE, title);
	col = (a.cols - width) / 2;
	if (col + width > edge - 2)
		col = edge - 2 - width;
	area_text(a, 0, col < end + 2 ? end + 2 : col, ROLE_PLAIN, middle);
	return area_sub(a, 1, 0, a.rows - 1, a.cols);
}

#define FLOW_GAP 3

void flow_put(struct flow *f, enum role role, const char *text)
{
	int width = text_width(text);

	if (f->col > 1 && f->col + width > f->a.cols) {
		f->row++;
		f->col = 1;
	}
	if (f->col + width > f->a.cols) {   /* longer than a row */
		f->row = area_wrap(area_sub(f->a, 0, 1, f->a.rows, f->a.cols - 1), f->row, role, text);
		return;
	}
	area_text(f->a, f->row, f->col, role, text);
	f->col += width + FLOW_GAP;
}

int flow_rows(const struct flow *f)
{
	return f->col > 1 ? f->row + 1 : f->row;
}

void flow_end_row(struct flow *f)
{
	f->row = flow_rows(f);
	f->col = 1;
}

#define VALUE_PART 32   /* characters of a long value on one line, or a multiple */

static const struct {
	const char *mark;
	enum role mark_role, role;
	int indent;
} looks[] = {
	[PROSE_PLAIN] = { "", ROLE_PLAIN, ROLE_PLAIN, 0 },
	[PROSE_WARNING] = { "!", ROLE_WARNING, ROLE_PLAIN, 2 },
	[PROSE_ITEM] = { "\xc2\xb7", ROLE_PLAIN, ROLE_PLAIN, 2 },
	[PROSE_VALUE] = { "", ROLE_PLAIN, ROLE_VALUE, 4 },
	[PROSE_DONE] = { "\xe2\x9c\x93", ROLE_GOOD, ROLE_PLAIN, 2 },
};

/* A list, or a value, stands right below the sentence that announces it. */
static bool stands_close(const struct prose *p, size_t i)
{
	enum prose_role role = p->p[i].role, before = p->p[i - 1].role;
	size_t n = strlen(p->p[i - 1].text);

	if (role == before)
		return role == PROSE_ITEM || role == PROSE_DONE || role == PROSE_VALUE;
	return (role == PROSE_ITEM || role == PROSE_VALUE) && n > 0 && p->p[i - 1].text[n - 1] == ':';
}

/* A fingerprint that does not fit a line is cut where its lines can be counted and compared. */
static int value_cols(const struct paragraph *p, int cols)
{
	if (p->role != PROSE_VALUE || strchr(p->text, ' ') != NULL || text_width(p->text) <= cols || cols < VALUE_PART)
		return cols;
	return cols / VALUE_PART * VALUE_PART;
}

int ui_prose(struct area a, int row, const struct prose *p)
{
	for (size_t i = 0; i < p->n; i++) {
		enum prose_role role = p->p[i].role;
		int indent = looks[role].indent;
		struct area body;

		if (i > 0 && !stands_close(p, i))
			row++;
		area_text(a, row, 0, looks[role].mark_role, looks[role].mark);
		body = area_sub(a, 0, indent, a.rows, value_cols(&p->p[i], a.cols - indent));
		row = area_wrap(body, row, looks[role].role, p->p[i].text);
	}
	return row;
}

void ui_summary(const struct procedure *p, char *out, size_t cap)
{
	(void)snprintf(out, cap, "%s.", translated(p->summary));
	if (out[0] >= 'a' && out[0] <= 'z')   /* where it begins with another letter, its language says how that is written */
		out[0] = (char)(out[0] - 'a' + 'A');
}

static bool is_of_key(const struct fleet_object *o)
{
	return o->type == FLEET_CERTIFICATE && (o->flags & FLEET_OF_KEY);
}

/* A certificate's key, where it is not the certificate that is asked for. */
static const struct fleet_object *asked_for(const struct fleet_object *all, size_t n, const struct fleet_object *o,
					    const struct procedure *p)
{
	if (!is_of_key(o) || strcmp(p->name, "cert export") == 0 || strstr(p->name, " delete") != NULL)
		return o;
	for (size_t i = 0; i < n; i++) {
		if (all[i].type == FLEET_KEY && (all[i].fid & 0xff) == (o->fid & 0xff))
			return &all[i];
	}
	return o;
}

void given_of_object(const struct ui *ui, const char *serial, const struct fleet_object *o, const struct procedure *p,
		     struct given_values *ret)
{
	const struct fleet_device *d = fleet_by_serial(ui->fleet, serial);
	const struct fleet_object *all = NULL;
	const bool any_kind = strcmp(p->name, "key rename") == 0 || strcmp(p->name, "key delete") == 0;
	size_t n = 0, given = 0;

	memset(ret->g, 0, sizeof(ret->g));
	if (d != NULL && o != NULL && !(o->flags & FLEET_ORPHAN))
		all = fleet_objects(ui->fleet, d, &n);
	if (all == NULL)
		return;
	o = asked_for(all, n, o, p);
	fleet_object_value(all, n, o, ret->label);
	(void)snprintf(ret->id, sizeof(ret->id), "%s", ret->label);
	if (any_kind && o->type != FLEET_KEY)   /* which names what is no key by its file */
		(void)snprintf(ret->id, sizeof(ret->id), "file:%04X", o->fid);
	if (o->type == FLEET_KEY || any_kind || (o->type == FLEET_CERTIFICATE && strncmp(p->name, "cert ", 5) == 0))
		ret->g[given++] = (struct given){ "id", 0, ret->id };
	if (o->type == FLEET_DATA)
		ret->g[given++] = (struct given){ "label", 0, ret->label };
}
