#include "tests/console/words.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "engine/base/words.h"

#define OPEN "\xe2\x9f\xa6"
#define CLOSE "\xe2\x9f\xa7"
#define FRAME "\xe2\x94\x82"       /* between what stands side by side */
#define ELLIPSIS "\xe2\x80\xa6"

bool words_are_pseudo(void)
{
	return getenv("KEYROOM_WORDS") != NULL;
}

bool words_begin(void)
{
	if (words_are_pseudo())
		words_open(getenv("KEYROOM_WORDS"));
	return words_are_pseudo();
}

static size_t count(const char *text, const char *what)
{
	size_t n = 0;

	for (; (text = strstr(text, what)) != NULL; text += strlen(what))
		n++;
	return n;
}

/* The picture without its attributes, which stand below it. */
static char *drawn(const char *picture)
{
	const char *end = strstr(picture, "\n-- attributes");

	return end != NULL ? strndup(picture, (size_t)(end - picture) + 1) : strdup(picture);
}

/* A letter of pseudo.py's alphabet without its accent; 0: it is none. *ret_len: bytes it takes. */
static char plain_letter(const char *at, size_t *ret_len)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	static const char *const accented = "ÀƁÇÐÈƑĜĤÌĴĶĻṀÑÒÞɊŔŠŢÙṼŴẊÝŽ"
					     "àƀçðèƒĝĥìĵķļṁñòþɋŕšţùṽŵẋýž";
	const char *a = accented;

	for (size_t i = 0; plain[i] != '\0'; i++) {
		size_t n = 1;

		while (((unsigned char)a[n] & 0xc0) == 0x80)
			n++;
		if (strncmp(at, a, n) == 0) {
			*ret_len = n;
			return plain[i];
		}
		a += n;
	}
	return 0;
}

/* Letters and digits alone, accents taken off: what was wrapped, or filled up, reads on. */
static char *letters(const char *text, size_t n)
{
	char *out = calloc(n + 1, 1);
	size_t used = 0, len = 1;

	assert_non_null(out);
	for (size_t i = 0; i < n; i += len) {
		char c = plain_letter(text + i, &len);

		if (c == 0)
			len = 1;
		if (c != 0 || isalnum((unsigned char)text[i]))
			out[used++] = c != 0 ? c : text[i];
	}
	return out;
}

/* The column-th of what stands side by side, all rows of it. */
static char *pane(const char *picture, size_t column)
{
	char *out = calloc(strlen(picture) + 1, 1);

	assert_non_null(out);
	for (const char *row = picture; *row != '\0';) {
		const char *end = strchr(row, '\n'), *at = row;

		if (end == NULL)
			end = row + strlen(row);
		for (size_t c = 0; at <= end; c++) {
			const char *stop = strstr(at, FRAME);

			if (stop == NULL || stop > end)
				stop = end;
			if (c == column)
				(void)strncat(out, at, (size_t)(stop - at));
			at = stop < end ? stop + strlen(FRAME) : end + 1;
		}
		row = *end == '\n' ? end + 1 : end;
	}
	return out;
}

bool words_has(const char *picture, const char *text)
{
	char *page = drawn(picture), *wanted = letters(text, strlen(text));
	bool found = false;

	for (size_t column = 0; column < 8 && !found; column++) {
		char *part = pane(page, column), *has = letters(part, strlen(part));

		found = strstr(has, wanted) != NULL;
		free(part);
		free(has);
	}
	found = found && (wanted[0] != '\0' || strstr(page, text) != NULL);
	free(page);
	free(wanted);
	return found;
}

static bool comes_from_outside(const char *word, size_t n)
{
	FILE *in = fopen(OUTSIDE, "r");
	char line[100];
	bool found = false, cut = strncmp(word + n, ELLIPSIS, strlen(ELLIPSIS)) == 0;   /* as what comes from outside may be */

	assert_non_null(in);
	while (!found && fgets(line, sizeof(line), in) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		found = (strlen(line) == n || (cut && strlen(line) > n)) && strncmp(line, word, n) == 0;
	}
	(void)fclose(in);
	return found;
}

/* A word of two or more letters in which there is no digit. Between letters with an accent one letter is enough. */
static size_t word_at(const char *page, const char *at)
{
	size_t n = 0, len;
	const char *before = at;

	if (at != page && isalnum((unsigned char)at[-1]))
		return 0;
	if (at - page >= 3 && strncmp(at - 3, ELLIPSIS, 3) == 0)
		return 0;   /* the end of something: only what comes from outside is shown like that */
	while (isalpha((unsigned char)at[n]))
		n++;
	while (before != page && ((unsigned char)*--before & 0xc0) == 0x80)
		;
	if (n > 0 && ((before != at && plain_letter(before, &len) != 0) || plain_letter(at + n, &len) != 0))
		return n;
	return n < 2 || isdigit((unsigned char)at[n]) ? 0 : n;
}

static size_t check_marked(const char *name, const char *page)
{
	size_t bad = 0;

	for (const char *at = page; *at != '\0'; at++) {
		size_t n = word_at(page, at);

		if (n == 0 || comes_from_outside(at, n))
			continue;
		print_message("%s%.*s", bad == 0 ? "shown, but not marked for translation (nor a word of the test's own, for "
			      OUTSIDE "): " : ", ", (int)n, at);
		bad++;
	}
	if (bad > 0)
		print_message("\n%s: the above\n", name);
	return bad;
}

void words_check(const char *name, const char *picture)
{
	char *page = drawn(picture);
	size_t bad = check_marked(name, page), opened = count(page, OPEN), closed = count(page, CLOSE);
	bool stored = strstr(name, "journal") != NULL;   /* what was said once, and is cut as other things from outside are */
	bool part = stored || words_has(page, "more below") || words_has(page, "more above") || words_has(page, "the end");

	if (!part && opened != closed) {
		print_message("%s: %zu texts begin, and %zu end: something is cut\n", name, opened, closed);
		bad++;
	}
	for (const char *at = page; (at = strstr(at, ELLIPSIS)) != NULL; at += strlen(ELLIPSIS)) {
		if (!stored && at != page && at[-1] == '~') {
			print_message("%s: a text was cut\n", name);
			bad++;
		}
	}
	for (const char *row = page, *end; bad > 0 && (end = strchr(row, '\n')) != NULL; row = end + 1)
		print_message("%.*s\n", (int)(end - row), row);
	free(page);
	assert_int_equal(bad, 0);
}
