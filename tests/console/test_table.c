/* The list that screens embed, with 100,000 rows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "engine/base/words.h"
#include "tui/console/table.h"

#define MANY 100000

struct many {
	size_t n, asked, sorted_by;
	char filter[64];
};

static size_t many_total(const void *ctx)
{
	(void)ctx;
	return MANY;
}

static size_t many_count(const void *ctx)
{
	return ((const struct many *)ctx)->n;
}

static int64_t many_id(const void *ctx, size_t row)
{
	const struct many *m = ctx;

	return (int64_t)(m->sorted_by == 1 ? m->n - row : row + 1);
}

static void many_words(const void *ctx, const struct table_column *c, size_t row, char out[static TABLE_CELL])
{
	(void)c;
	((struct many *)(uintptr_t)ctx)->asked++;
	(void)snprintf(out, TABLE_CELL, "row %lld", (long long)many_id(ctx, row));
}

static bool many_arrange(void *ctx, const char *filter, const struct table_column *by)
{
	struct many *m = ctx;

	m->n = filter[0] != '\0' ? MANY / 10 : MANY;
	m->sorted_by = by->data;
	return true;
}

static const struct table_column many_columns[] = {
	{ N_("Name"), 10, 20, .sorts = true, .words = many_words },
	{ N_("Also"), 10, 20, .sorts = true, .data = 1, .words = many_words, .right = true },
	{ N_("Wide"), 0, 60, .sorts = true, .data = 2, .words = many_words },
};

static const struct table_ops many_ops = {
	.columns = many_columns, .n_columns = 3, .total = many_total, .count = many_count, .id = many_id, .arrange = many_arrange,
	.marks = true,
};

static void press_row(struct table *t, enum intent in)
{
	(void)table_act(t, &(struct binding){ .in = in }, 20, 80);
}

static void a_long_list_asks_for_what_is_in_sight_only(void **state)
{
	struct many m = { 0 };
	struct table t;
	struct grid *g = grid_new(24, 80);

	(void)state;
	assert_non_null(g);
	assert_true(table_init(&t, &many_ops, &m));
	press_row(&t, IN_LAST);
	assert_int_equal(t.cursor, MANY - 1);
	table_draw(&t, area_of(g));
	assert_int_equal(m.asked, 2 * 23);
	assert_int_equal(table_width(&t, 80, 2), 0);
	assert_int_equal(table_width(&t, 200, 2), 60);
	press_row(&t, IN_PAGE_UP);
	press_row(&t, IN_DOWN);
	press_row(&t, IN_UP);
	assert_int_equal(t.cursor, MANY - 21);
	press_row(&t, IN_FIRST);
	press_row(&t, IN_UP);
	assert_int_equal(t.cursor, 0);
	grid_free(g);
	table_done(&t);
}

static void cursor_and_marks_stay_with_their_things(void **state)
{
	struct many m = { 0 };
	struct table t;
	int64_t chosen[4];
	char words[80];

	(void)state;
	assert_true(table_init(&t, &many_ops, &m));
	press_row(&t, IN_PAGE_DOWN);
	assert_int_equal(table_chosen(&t, chosen, 4), 1);
	assert_int_equal(chosen[0], 21);
	press_row(&t, IN_MARK);
	press_row(&t, IN_DOWN);
	press_row(&t, IN_MARK);
	press_row(&t, IN_SORT);
	assert_int_equal(t.sort, 1);
	assert_int_equal(t.cursor, MANY - 22);
	assert_int_equal(table_chosen(&t, chosen, 4), 2);
	assert_int_equal(chosen[0], 21);
	assert_int_equal(chosen[1], 22);
	press_row(&t, IN_MARK_ALL);
	table_count(&t, words, sizeof(words));
	assert_string_equal(words, "100,000 marked of 100,000");
	press_row(&t, IN_MARK_ALL);
	table_count(&t, words, sizeof(words));
	assert_string_equal(words, "100,000 in all");
	table_done(&t);
}

static void a_filter_is_typed_kept_and_taken_back(void **state)
{
	struct many m = { 0 };
	struct table t;
	char words[80];

	(void)state;
	assert_true(table_init(&t, &many_ops, &m));
	press_row(&t, IN_FILTER);
	assert_true(table_typing(&t) && table_type(&t, 'x'));
	table_count(&t, words, sizeof(words));
	assert_string_equal(words, "10,000 of 100,000");
	press_row(&t, IN_OPEN);
	assert_false(table_typing(&t));
	assert_false(table_act(&t, &(struct binding){ .in = IN_OPEN }, 20, 80));   /* now it is the row that is opened */
	press_row(&t, IN_BACK);
	assert_int_equal(m.n, MANY);
	assert_false(table_act(&t, &(struct binding){ .in = IN_BACK }, 20, 80));
	press_row(&t, IN_SORT);
	assert_int_equal(t.sort, 1);
	press_row(&t, IN_SORT);
	assert_int_equal(t.sort, 0);
	table_done(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_long_list_asks_for_what_is_in_sight_only),
		cmocka_unit_test(cursor_and_marks_stay_with_their_things),
		cmocka_unit_test(a_filter_is_typed_kept_and_taken_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
