#include "tui/console/table.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/words.h"
#include "tui/console/keys.h"
#include "tui/console/lists.h"

#define MARKS_MAX ((int64_t)1 << 24)   /* of an id: two megabytes of bits */
#define WHEEL_STEP 3

static int64_t id_at(const struct table *t, size_t row)
{
	return t->ops->id != NULL && row < t->ops->count(t->ctx) ? t->ops->id(t->ctx, row) : 0;
}

static void move_to(struct table *t, size_t row)
{
	size_t n = t->ops->count(t->ctx);

	t->cursor = row < n ? row : n > 0 ? n - 1 : 0;
	t->at = id_at(t, t->cursor);
}

/* The cursor goes where its thing went; else it stays where it is. */
static void follow(struct table *t)
{
	size_t n = t->ops->count(t->ctx);

	for (size_t i = 0; i < n && t->at != 0; i++) {
		if (t->ops->id(t->ctx, i) == t->at) {
			t->cursor = i;
			return;
		}
	}
	move_to(t, t->cursor);
}

static bool arrange(struct table *t)
{
	return t->ops->arrange == NULL || t->ops->arrange(t->ctx, t->filter.text, &t->ops->columns[t->sort]);
}

bool table_init(struct table *t, const struct table_ops *ops, void *ctx)
{
	*t = (struct table){ .ops = ops, .ctx = ctx, .sort = ops->sort };
	edit_init(&t->filter, FILTER_MAX);
	if (!arrange(t))
		return false;
	move_to(t, 0);
	return true;
}

void table_done(struct table *t)
{
	free(t->marked);
	t->marked = NULL;
	t->n_marked = t->marked_words = 0;
}

void table_refresh(struct table *t)
{
	(void)arrange(t);   /* without memory the rows stay as they are */
	follow(t);
}

/* --- marks --- */

bool table_is_marked(const struct table *t, int64_t id)
{
	size_t word = (size_t)id / 64;

	return id > 0 && word < t->marked_words && (t->marked[word] >> (id % 64) & 1);
}

static void mark(struct table *t, int64_t id, bool on)
{
	size_t word = (size_t)id / 64;

	if (id <= 0 || id >= MARKS_MAX || table_is_marked(t, id) == on)
		return;
	if (word >= t->marked_words) {
		size_t words = 2 * word + 64;
		uint64_t *more = reallocarray(t->marked, words, sizeof(*more));

		if (more == NULL)
			return;
		memset(more + t->marked_words, 0, (words - t->marked_words) * sizeof(*more));
		t->marked = more;
		t->marked_words = words;
	}
	t->marked[word] ^= (uint64_t)1 << (id % 64);
	t->n_marked = on ? t->n_marked + 1 : t->n_marked - 1;
}

/* All that are shown; where all of them are marked, none. */
static void mark_all(struct table *t)
{
	size_t n = t->ops->count(t->ctx), i = 0;
	bool on;

	while (i < n && table_is_marked(t, t->ops->id(t->ctx, i)))
		i++;
	on = i < n;
	for (i = 0; i < n; i++)
		mark(t, t->ops->id(t->ctx, i), on);
}

size_t table_chosen(const struct table *t, int64_t *out, size_t cap)
{
	size_t n = 0;

	if (t->n_marked == 0) {
		if (cap == 0 || t->at == 0)
			return 0;
		out[0] = t->at;
		return 1;
	}
	for (size_t word = 0; word < t->marked_words; word++) {
		for (unsigned bit = 0; bit < 64 && n < cap && t->marked[word] >> bit != 0; bit++) {
			if (t->marked[word] >> bit & 1)
				out[n++] = (int64_t)(64 * word + bit);
		}
	}
	return n;
}

/* --- keys --- */

unsigned table_has(const struct table *t)
{
	size_t n = t->ops->count(t->ctx);
	unsigned sorts = 0;

	for (size_t i = 0; i < t->ops->n_columns; i++)
		sorts += t->ops->columns[i].sorts;
	return NEED_ROWS | (n > 0 || t->filtering ? NEED_OPEN : 0u) | (t->ops->marks && n > 0 ? NEED_MARKS : 0u) |
	       (!t->ops->fixed ? NEED_FILTER : 0u) | (sorts > 1 && n > 1 ? NEED_SORT : 0u);
}

const char *table_words(const struct table *t, enum intent in)
{
	if (in == IN_OPEN && t->filtering)
		return N_("Keep the filter");
	return in == IN_BACK && (t->filtering || t->filter.n > 0) ? N_("Show all") : NULL;
}

bool table_typing(const struct table *t)
{
	return t->filtering;
}

bool table_type(struct table *t, uint32_t key)
{
	if (!edit_key(&t->filter, key))
		return false;
	table_refresh(t);
	return true;
}

/* One knows the order by the arrow in the head: a column that is not in sight has none. */
static void sort_by_next(struct table *t, int cols)
{
	for (size_t i = 1; i <= t->ops->n_columns; i++) {
		unsigned next = (unsigned)((t->sort + i) % t->ops->n_columns);

		if (!t->ops->columns[next].sorts || table_width(t, cols, next) == 0)
			continue;
		t->sort = next;
		table_refresh(t);
		return;
	}
}

static bool go_back(struct table *t)
{
	if (!t->filtering && t->filter.n == 0)
		return false;
	t->filtering = false;
	edit_set(&t->filter, "");
	table_refresh(t);
	return true;
}

bool table_act(struct table *t, const struct binding *b, int page, int cols)
{
	switch (b->in) {
	case IN_UP: case IN_DOWN: case IN_PAGE_UP: case IN_PAGE_DOWN: case IN_FIRST: case IN_LAST:
		move_to(t, list_move(t->cursor, t->ops->count(t->ctx), b->in, page));
		return true;
	case IN_MARK:
		mark(t, t->at, !table_is_marked(t, t->at));
		return true;
	case IN_MARK_ALL:
		mark_all(t);
		return true;
	case IN_SORT:
		sort_by_next(t, cols);
		return true;
	case IN_FILTER:
		t->filtering = true;
		return true;
	case IN_OPEN:
		if (!t->filtering)
			return t->ops->count(t->ctx) == 0;
		t->filtering = false;
		return true;
	case IN_BACK:
		return go_back(t);
	default:
		return false;
	}
}

bool table_mouse(struct table *t, uint32_t key, struct zone z)
{
	size_t n = t->ops->count(t->ctx);

	if (key == K_WHEEL_UP)
		move_to(t, t->cursor > WHEEL_STEP ? t->cursor - WHEEL_STEP : 0);
	else if (key == K_WHEEL_DOWN)
		move_to(t, t->cursor + WHEEL_STEP);
	else if (z.kind == ZONE_ROW && z.n < n && z.n == t->cursor)
		return true;
	else if (z.kind == ZONE_ROW && z.n < n)
		move_to(t, z.n);
	return false;
}
