/* The grid: what is drawn stays in its area, takes the columns it takes, and is harmless. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "engine/base/width.h"
#include "tests/console/feed.h"
#include "tui/console/bindings.h"
#include "tui/console/edit.h"
#include "tui/console/grid.h"
#include "tui/console/keys.h"

static void assert_row(const struct grid *g, int row, const char *expected)
{
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);
	char *line;

	assert_non_null(out);
	grid_dump(g, REPERTOIRE_UNICODE, out);
	assert_int_equal(fclose(out), 0);
	line = text;
	for (int i = 0; i < row; i++)
		line = strchr(line, '\n') + 1;
	*strchr(line, '\n') = '\0';
	assert_string_equal(line, expected);
	free(text);
}

static void a_character_takes_the_columns_that_it_takes(void **state)
{
	(void)state;
	assert_int_equal(width_of('a'), 1);
	assert_int_equal(width_of(0xe9), 1);
	assert_int_equal(width_of(0x301), 0);
	assert_int_equal(width_of(0x4e2d), 2);
	assert_int_equal(width_of(0xac00), 2);
	assert_int_equal(width_of(0x1f511), 2);
	assert_int_equal(width_of(0x2500), 1);
	assert_int_equal(text_width("a\xcc\x81" "b\xe4\xb8\xad"), 4);
}

static void text_is_clipped_to_its_area(void **state)
{
	struct grid *g = grid_new(3, 10);
	struct area a = area_sub(area_of(g), 1, 2, 1, 4);

	(void)state;
	area_text(a, 0, 0, ROLE_PLAIN, "abcdefgh");
	area_text(a, -1, 0, ROLE_PLAIN, "no");
	area_text(a, 1, 0, ROLE_PLAIN, "no");
	assert_row(g, 0, "");
	assert_row(g, 1, "  abcd");
	assert_row(g, 2, "");
	area_text(a, 0, -2, ROLE_PLAIN, "xyz");
	assert_row(g, 1, "  zbcd");
	grid_free(g);
}

static void a_wide_character_is_drawn_whole_or_not_at_all(void **state)
{
	struct grid *g = grid_new(1, 6);
	struct area a = area_of(g);

	(void)state;
	area_text(area_sub(a, 0, 0, 1, 3), 0, 0, ROLE_PLAIN, "\xe4\xb8\xad\xe6\x96\x87");
	assert_row(g, 0, "\xe4\xb8\xad");
	area_text(a, 0, 1, ROLE_PLAIN, "x");   /* over its right half */
	assert_row(g, 0, " x");
	area_text(a, 0, 2, ROLE_PLAIN, "\xe6\x96\x87");
	area_text(a, 0, 2, ROLE_PLAIN, "y");   /* over its left half */
	assert_row(g, 0, " xy");
	grid_free(g);
}

static void what_is_too_long_ends_in_an_ellipsis(void **state)
{
	struct grid *g = grid_new(1, 20);

	(void)state;
	assert_int_equal(area_fit(area_of(g), 0, 0, 6, ROLE_PLAIN, "abcdef"), 6);
	assert_row(g, 0, "abcdef");
	assert_int_equal(area_fit(area_of(g), 0, 0, 6, ROLE_PLAIN, "abcdefg"), 6);
	assert_row(g, 0, "abcde\xe2\x80\xa6");
	grid_free(g);
}

static void names_keep_their_ends(void **state)
{
	struct grid *g = grid_new(1, 20);
	struct area a = area_of(g);

	(void)state;
	assert_int_equal(area_fit_name(a, 0, 0, 9, ROLE_PLAIN, "Berlin 10"), 9);
	assert_row(g, 0, "Berlin 10");
	assert_int_equal(area_fit_name(a, 0, 0, 9, ROLE_PLAIN, "Berlin hsm 990"), 9);
	assert_row(g, 0, "Berli\xe2\x80\xa6" "990");
	grid_clear(g);   /* the half of a wide one does not fit, and a mark does not stand without its letter */
	assert_int_equal(area_fit_name(a, 0, 0, 9, ROLE_PLAIN, "\xe4\xb8\xad\xe6\x96\x87\xe4\xb8\xad\xe6\x96\x87\xe4\xb8\xad"), 9);
	assert_row(g, 0, "\xe4\xb8\xad\xe6\x96\x87\xe4\xb8\xad\xe2\x80\xa6\xe4\xb8\xad");
	grid_clear(g);
	assert_int_equal(area_fit_name(a, 0, 0, 9, ROLE_PLAIN, "abcdefghijke\xcc\x81xyz"), 9);
	assert_row(g, 0, "abcde\xe2\x80\xa6xyz");
	grid_free(g);
}

static void text_from_outside_is_made_harmless(void **state)
{
	struct grid *g = grid_new(1, 40);

	(void)state;
	area_text(area_of(g), 0, 0, ROLE_PLAIN, "a\x1b[31mb\xe2\x80\xae" "c\xff\nd\x7f\xc2\x9b" "e");
	assert_row(g, 0, "a\xef\xbf\xbd[31mb\xef\xbf\xbd" "c\xef\xbf\xbd\xef\xbf\xbd" "d\xef\xbf\xbd\xef\xbf\xbd" "e");
	grid_clear(g);
	area_text(area_of(g), 0, 0, ROLE_PLAIN, "\xcc\x81x");   /* nothing to stand on */
	assert_row(g, 0, "\xef\xbf\xbdx");
	grid_free(g);
}

static void paragraphs_are_wrapped_at_spaces(void **state)
{
	struct grid *g = grid_new(6, 10);

	(void)state;
	assert_int_equal(area_wrap(area_of(g), 0, ROLE_PLAIN, "one two three\nfour abcdefghijklmn"), 5);
	assert_row(g, 0, "one two");
	assert_row(g, 1, "three");
	assert_row(g, 2, "four");
	assert_row(g, 3, "abcdefghij");
	assert_row(g, 4, "klmn");
	assert_int_equal(wrap_rows("one two three\nfour abcdefghijklmn", 10), 5);
	assert_int_equal(wrap_rows("", 10), 0);
	grid_free(g);
}

/* A page is measured by drawing it into one row: what stands below must be as tall there as on a screen. */
static void below_the_last_row_text_takes_as_many_rows(void **state)
{
	struct grid *g = grid_new(1, 12);

	(void)state;
	assert_int_equal(area_sub(area_of(g), 3, 2, 1, 20).cols, 10);
	assert_int_equal(area_sub(area_of(g), 3, 2, 1, 20).rows, 0);
	assert_int_equal(area_wrap(area_sub(area_of(g), 3, 2, 1, 20), 0, ROLE_PLAIN, "one more"), 1);
	assert_int_equal(area_sub(area_of(g), 0, 13, 1, 1).cols, 0);
	assert_int_equal(area_sub(area_of(g), -1, 0, 1, 1).cols, 0);
	grid_free(g);
}

static void wrapping_ends_at_any_width(void **state)
{
	(void)state;
	for (int width = -1; width < 30; width++)
		assert_true(wrap_rows("  a\xe4\xb8\xad bb\n\n ccc dddd\xcc\x81  ", width) > 0);
}

static void frames_are_joined(void **state)
{
	struct grid *g = grid_new(5, 12);
	struct area in = area_box(area_of(g), ROLE_TITLE, "Keys");

	(void)state;
	area_rule(area_of(g), 2, NULL);
	area_text(in, 0, 0, ROLE_PLAIN, "0123456789ab");
	assert_row(g, 0, "\xe2\x94\x8c Keys \xe2\x94\x80\xe2\x94\x80\xe2\x94\x80\xe2\x94\x80\xe2\x94\x90");
	assert_row(g, 1, "\xe2\x94\x82" "0123456789\xe2\x94\x82");
	assert_int_equal(grid_at(g, 2, 0)->cp[0], 0x251c);
	assert_int_equal(grid_at(g, 2, 11)->cp[0], 0x2524);
	grid_free(g);
}

static void every_glyph_has_an_ascii_likeness(void **state)
{
	static const uint32_t used[] = { 0x2500, 0x2502, 0x250c, 0x2510, 0x2514, 0x2518, 0x251c, 0x2524, 0x252c,
					 0x2534, 0x25b8, 0x2713, 0x2717, 0x2026, 0x00b7, 0x2022 };

	(void)state;
	for (size_t i = 0; i < sizeof(used) / sizeof(used[0]); i++) {
		assert_true(glyph_in(REPERTOIRE_ASCII, used[i]) < 0x80);
		assert_int_not_equal(glyph_in(REPERTOIRE_ASCII, used[i]), '?');
		assert_int_not_equal(glyph_in(REPERTOIRE_CP437, used[i]), '?');
	}
	assert_int_equal(glyph_in(REPERTOIRE_ASCII, 0x4e2d), '?');
	assert_int_equal(glyph_in(REPERTOIRE_UNICODE, GLYPH_SORTED), ' ');
	assert_int_equal(glyph_in(REPERTOIRE_CP437, GLYPH_SORTED), ' ');
	assert_int_equal(glyph_in(REPERTOIRE_ASCII, GLYPH_SORTED), '(');
}

static void keys_are_what_terminals_send(void **state)
{
	static const struct {
		const char *bytes;
		uint32_t key;
	} sent[] = {
		{ "a", 'a' }, { "\r", K_ENTER }, { "\n", K_ENTER }, { "\t", K_TAB }, { "\177", K_BACKSPACE },
		{ "\b", K_BACKSPACE }, { "\033[A", K_UP }, { "\033OA", K_UP }, { "\033[B", K_DOWN }, { "\033[5~", K_PAGE_UP },
		{ "\033[Z", K_BACK_TAB }, { "\033OP", K_F1 }, { "\033[[A", K_F1 }, { "\033[11~", K_F1 },
		{ "\033[21~", K_F10 }, { "\003", 3 }, { "\xc3\xa9", 0xe9 }, { "\xe4\xb8\xad", 0x4e2d },
		{ "\xf0\x9f\x94\x91", 0x1f511 },
	};
	struct keys k;
	uint32_t out[FEED_MAX];

	(void)state;
	keys_init(&k, true);
	for (size_t i = 0; i < sizeof(sent) / sizeof(sent[0]); i++) {
		assert_int_equal(feed(&k, sent[i].bytes, strlen(sent[i].bytes), out), 1);
		assert_int_equal(out[0], sent[i].key);
	}
}

static void an_escape_alone_answers_after_its_time(void **state)
{
	struct keys k;
	uint32_t out[FEED_MAX];

	(void)state;
	keys_init(&k, true);
	assert_int_equal(FEED(&k, "\033", out), 0);
	assert_true(keys_waiting(&k));
	assert_int_equal(keys_timeout(&k, out), 1);
	assert_int_equal(out[0], K_ESC);
	assert_false(keys_waiting(&k));
	assert_int_equal(FEED(&k, "\033x", out), 2);
	assert_int_equal(out[0], K_ESC);
	assert_int_equal(out[1], 'x');
}

static void unknown_and_broken_sequences_are_no_text(void **state)
{
	struct keys k;
	uint32_t out[FEED_MAX];

	(void)state;
	keys_init(&k, true);
	assert_int_equal(FEED(&k, "\033[99;5uq", out), 1);
	assert_int_equal(out[0], 'q');
	assert_int_equal(FEED(&k, "\033[1234567890123456789012345678901uq", out), 1);   /* longer than any that is known */
	assert_int_equal(out[0], 'q');
	assert_int_equal(FEED(&k, "\xc3z\xff\xfe\x80y", out), 2);
	assert_int_equal(out[0], 'z');
	assert_int_equal(out[1], 'y');
}

static void pasted_text_presses_no_keys(void **state)
{
	struct keys k;
	uint32_t out[FEED_MAX];

	(void)state;
	keys_init(&k, true);
	assert_int_equal(FEED(&k, "\033[200~a\r\t\003b", out), 2);
	assert_true(k.pasting);
	assert_int_equal(out[1], 'b');
	assert_int_equal(FEED(&k, "\033[201~", out), 0);
	assert_false(k.pasting);
	assert_int_equal(FEED(&k, "\r", out), 1);
}

static void a_secrets_bytes_are_told_from_keys(void **state)
{
	struct keys k;
	uint32_t out[FEED_MAX];

	(void)state;
	keys_init(&k, true);
	assert_true(keys_takes_text(&k, '1'));
	assert_true(keys_takes_text(&k, 0xc3));
	assert_false(keys_takes_text(&k, '\r'));
	assert_false(keys_takes_text(&k, 0x7f));
	assert_false(keys_takes_text(&k, 0x1b));
	(void)FEED(&k, "\033", out);
	assert_false(keys_takes_text(&k, '['));   /* of an arrow */
	(void)FEED(&k, "[A", out);
	assert_true(keys_takes_text(&k, '['));
}

static void type_text(struct edit *e, const char *text)
{
	for (; *text != '\0'; text++)
		assert_true(edit_key(e, (unsigned char)*text));
}

static void a_field_takes_text_and_editing_keys(void **state)
{
	struct edit e;

	(void)state;
	edit_init(&e, 6);
	type_text(&e, "abcdefgh");
	assert_string_equal(e.text, "abcdef");   /* no longer than its field */
	assert_true(edit_key(&e, K_HOME));
	assert_true(edit_key(&e, K_DELETE));
	assert_true(edit_key(&e, K_RIGHT));
	assert_true(edit_key(&e, 0xe9));
	assert_string_equal(e.text, "b\xc3\xa9" "cdef");
	assert_true(edit_key(&e, K_BACKSPACE));
	assert_string_equal(e.text, "bcdef");
	assert_true(edit_key(&e, K_CTRL('u')));
	assert_string_equal(e.text, "cdef");
	assert_false(edit_key(&e, K_TAB));
	assert_false(edit_key(&e, K_F1));
	assert_true(edit_key(&e, 0x202e));   /* would turn the text round: taken, and left out */
	assert_string_equal(e.text, "cdef");
}

static void a_key_has_one_meaning_on_a_screen(void **state)
{
	static const enum mode modes[] = { MODE_MAIN, MODE_LIST, MODE_TEXT, MODE_WIZARD };

	(void)state;
	for (const struct binding *b = bindings; b->in != IN_NONE; b++) {
		assert_non_null(b->name);
		assert_non_null(b->help);
		for (size_t m = 0; m < sizeof(modes) / sizeof(modes[0]); m++) {
			if (!(b->modes & (unsigned)modes[m]))
				continue;
			for (size_t i = 0; i < 4 && b->keys[i] != K_NONE; i++)
				assert_int_equal(binding_find(b->keys[i], modes[m], b->needs)->in, b->in);
		}
	}
	assert_null(binding_find('q', MODE_MAIN, 0));   /* while text is typed */
	assert_null(binding_find('p', MODE_MAIN, NEED_QUIET | NEED_READER));   /* no rehearsal */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_character_takes_the_columns_that_it_takes),
		cmocka_unit_test(text_is_clipped_to_its_area),
		cmocka_unit_test(a_wide_character_is_drawn_whole_or_not_at_all),
		cmocka_unit_test(what_is_too_long_ends_in_an_ellipsis),
		cmocka_unit_test(names_keep_their_ends),
		cmocka_unit_test(text_from_outside_is_made_harmless),
		cmocka_unit_test(paragraphs_are_wrapped_at_spaces),
		cmocka_unit_test(below_the_last_row_text_takes_as_many_rows),
		cmocka_unit_test(wrapping_ends_at_any_width),
		cmocka_unit_test(frames_are_joined),
		cmocka_unit_test(every_glyph_has_an_ascii_likeness),
		cmocka_unit_test(keys_are_what_terminals_send),
		cmocka_unit_test(an_escape_alone_answers_after_its_time),
		cmocka_unit_test(unknown_and_broken_sequences_are_no_text),
		cmocka_unit_test(pasted_text_presses_no_keys),
		cmocka_unit_test(a_secrets_bytes_are_told_from_keys),
		cmocka_unit_test(a_field_takes_text_and_editing_keys),
		cmocka_unit_test(a_key_has_one_meaning_on_a_screen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
