/* Every procedure there is, from the one table of them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/words.h"
#include "tui/console/edit.h"
#include "tui/console/keys.h"
#include "tui/console/lists.h"
#include "tui/console/table.h"

struct menu_screen {
	struct screen s;
	char serial[24];       /* the device that was under the cursor; "" */
	struct fleet_object object;   /* and the object */
	bool has_object;
	size_t *row, n, at;    /* indices into procedures[] */
	struct edit filter;
	bool filtering;
};

static const struct menu_screen *peek(const struct screen *s)
{
	return (const struct menu_screen *)s;
}

static size_t count(void)
{
	size_t n = 0;

	while (procedures[n] != NULL && procedures[n]->name != NULL)
		n++;
	return n;
}

static void sync_rows(struct menu_screen *m)
{
	size_t n = count();

	m->n = 0;
	for (size_t i = 0; i < n; i++) {
		if (strcasestr(translated(procedures[i]->title), m->filter.text) != NULL ||
		    strcasestr(translated(procedures[i]->summary), m->filter.text) != NULL)
			m->row[m->n++] = i;
	}
	if (m->at >= m->n)
		m->at = m->n > 0 ? m->n - 1 : 0;
}

static unsigned has(const struct screen *s)
{
	const struct menu_screen *m = peek(s);

	return NEED_ROWS | NEED_BACK | NEED_FILTER | (m->n > 0 ? NEED_OPEN : 0u);
}

static const char *words(const struct screen *s, enum intent in)
{
	bool filtering = peek(s)->filtering;

	if (in == IN_OPEN)
		return filtering ? N_("Keep the filter") : N_("Begin");
	return in == IN_BACK && (filtering || peek(s)->filter.n > 0) ? N_("Show all") : NULL;
}

static void open_it(struct menu_screen *m)
{
	struct ui *ui = m->s.ui;
	const struct procedure *p = procedures[m->row[m->at]];
	struct given_values given;
	struct screen *s;

	given_of_object(ui, m->serial, m->has_object ? &m->object : NULL, p, &given);
	s = wizard_screen_new(ui, p, m->serial, given.g);
	ui_pop(ui);
	ui_push(ui, s);
}

static void go_back(struct menu_screen *m)
{
	if (!m->filtering && m->filter.n == 0) {
		ui_pop(m->s.ui);
		return;
	}
	m->filtering = false;
	edit_set(&m->filter, "");
	sync_rows(m);
}

static void act(struct screen *s, const struct binding *b)
{
	struct menu_screen *m = (struct menu_screen *)s;

	switch (b->in) {
	case IN_UP: case IN_DOWN: case IN_PAGE_UP: case IN_PAGE_DOWN: case IN_FIRST: case IN_LAST:
		m->at = list_move(m->at, m->n, b->in, s->ui->rows - LIST_REST);
		break;
	case IN_FILTER:
		m->filtering = true;
		break;
	case IN_OPEN:
		if (m->filtering)
			m->filtering = false;
		else if (m->n > 0)
			open_it(m);
		break;
	case IN_BACK:
		go_back(m);
		break;
	default:
		break;
	}
}

static bool typing(const struct screen *s)
{
	return peek(s)->filtering;
}

static bool type(struct screen *s, uint32_t key)
{
	struct menu_screen *m = (struct menu_screen *)s;

	if (!edit_key(&m->filter, key))
		return false;
	sync_rows(m);
	return true;
}

static bool mouse(struct screen *s, uint32_t key, struct zone z)
{
	struct menu_screen *m = (struct menu_screen *)s;

	if (key == K_WHEEL_UP)
		m->at -= m->at > 3 ? 3 : m->at;
	else if (key == K_WHEEL_DOWN)
		m->at = m->at + 3 < m->n ? m->at + 3 : m->n > 0 ? m->n - 1 : 0;
	else if (z.kind == ZONE_ROW && z.n == m->at && m->n > 0)
		open_it(m);
	else if (z.kind == ZONE_ROW && z.n < m->n)
		m->at = z.n;
	return false;
}

static int title_width(void)
{
	int width = 0;

	for (size_t i = 0; i < count(); i++) {
		int one = text_width(translated(procedures[i]->title));

		if (one > width)
			width = one;
	}
	return width;
}

static void draw_titles(const struct menu_screen *m, struct area in)
{
	size_t top = list_top(m->at, m->n, in.rows);

	for (size_t i = top; i < m->n && i - top < (size_t)in.rows; i++) {
		struct area line = area_sub(in, (int)(i - top), 0, 1, in.cols);

		area_text(line, 0, 1, ROLE_PLAIN, translated(procedures[m->row[i]]->title));
		if (i == m->at) {
			area_text(line, 0, 0, ROLE_PLAIN, "\xe2\x96\xb8");
			area_role(line, 0, 0, line.cols, ROLE_CURSOR);
		}
		area_zone(line, 0, 0, line.cols, ZONE_ROW, 0, i);
	}
}

/* What the one under the cursor does, in full. */
static void draw_summary(const struct menu_screen *m, struct area box)
{
	const struct procedure *p = m->n > 0 ? procedures[m->row[m->at]] : NULL;
	struct area in = area_box(box, ROLE_TITLE, p != NULL ? translated(p->title) : NULL);

	char words[1000];

	in = area_sub(in, 1, 1, in.rows - 1, in.cols - 2);
	if (p == NULL) {
		(void)area_wrap(in, 0, ROLE_PLAIN, _("No procedure fits the filter."));
		return;
	}
	ui_summary(p, words, sizeof(words));
	(void)area_wrap(in, 0, ROLE_PLAIN, words);
}

static void draw(const struct screen *s, struct area a)
{
	const struct menu_screen *m = peek(s);
	struct area body = ui_head(s, a, "Keyroom", "", "");
	struct area foot = area_sub(body, body.rows - 1, 0, 1, body.cols);
	int wide = title_width() + 4;
	struct area left = area_sub(body, 0, 0, body.rows - 1, wide);

	draw_titles(m, area_box(left, ROLE_TITLE, _("Procedures")));
	if (m->n > (size_t)left.rows - 2)
		area_print(area_sub(left, left.rows - 1, 0, 1, left.cols - 2), 0, 2, ROLE_BORDER, " %zu of %zu ", m->at + 1, m->n);
	draw_summary(m, area_sub(body, 0, wide, body.rows - 1, body.cols - wide));
	if (m->filtering || m->filter.n > 0) {
		int col = area_text(foot, 0, 1, ROLE_TITLE, _("Filter: "));

		edit_draw(area_sub(foot, 0, col, 1, foot.cols - col - 1), &m->filter, m->filtering);
	}
}

static void menu_free(struct screen *s)
{
	free(((struct menu_screen *)s)->row);
	free(s);
}

static const struct screen_ops ops = {
	.name = "menu",
	.help = N_("Here is every procedure that Keyroom guides you through. Each one asks its questions page by page, says in full "
		"sentences what it will do, and changes nothing before you have agreed."),
	.mode = MODE_LIST,
	.has = has,
	.words = words,
	.act = act,
	.typing = typing,
	.type = type,
	.mouse = mouse,
	.draw = draw,
	.free = menu_free,
};

struct screen *menu_screen_new(struct ui *ui, const char *serial, const struct fleet_object *o)
{
	struct menu_screen *m = calloc(1, sizeof(*m));

	if (m == NULL || (m->row = calloc(count() + 1, sizeof(*m->row))) == NULL) {
		free(m);
		return NULL;
	}
	m->s = (struct screen){ &ops, ui };
	(void)snprintf(m->serial, sizeof(m->serial), "%s", serial);
	m->has_object = o != NULL;
	if (o != NULL)
		m->object = *o;
	edit_init(&m->filter, FILTER_MAX);
	sync_rows(m);
	return &m->s;
}
