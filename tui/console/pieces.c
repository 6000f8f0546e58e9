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
		return role == PROSE_ITEM || role == PROSE_DONE;
	return (role == PROSE_ITEM || role == PROSE_VALUE) && n > 0 && p->p[i - 1].text[n - 1] == ':';
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
		body = area_sub(a, 0, indent, a.rows, a.cols - indent);
		row = area_wrap(body, row, looks[role].role, p->p[i].text);
	}
	return row;
}

void given_of_object(const struct fleet_object *o, struct given out[static GIVEN_OF_OBJECT])
{
	size_t n = 0;

	if (o->id[0] != '\0' && o->type != FLEET_DATA)
		out[n++] = (struct given){ "id", 0, o->id };
	if (o->type == FLEET_DATA)
		out[n++] = (struct given){ "label", 0, o->label };
	out[n] = (struct given){ NULL, 0, NULL };
}
