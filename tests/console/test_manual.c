/*
 * The manual's list of the console's keys is the table of bindings. To write it anew into share/man/keyroom.1:
 * KEYROOM_GOLDEN=write meson test -C build manual --suite console.
 */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tui/console/bindings.h"
#include "tui/console/screens.h"

#define PAGE "share/man/keyroom.1"
#define BEGIN ".Sh KEYS OF THE CONSOLE\n"

static bool same_meaning(const struct binding *a, const struct binding *b)
{
	return a->in == b->in && a->procedure == b->procedure && strcmp(a->help, b->help) == 0;
}

static void write_names(FILE *out, const struct binding *b)
{
	const char *before = ".It Ic";

	for (const struct binding *o = b; o->in != IN_NONE; o++) {
		bool twice = false;

		for (const struct binding *p = b; p != o; p++)
			twice = twice || (same_meaning(b, p) && strcmp(p->name, o->name) == 0);
		if (!same_meaning(b, o) || twice)
			continue;
		fprintf(out, "%s %s%s", before, ispunct((unsigned char)o->name[0]) ? "\\&" : "", o->name);
		before = " ,";
	}
	fputc('\n', out);
}

static bool was_written(const struct binding *b)
{
	for (const struct binding *o = bindings; o != b; o++) {
		if (same_meaning(b, o))
			return true;
	}
	return false;
}

/* A sentence a line, as mdoc(7) wants it. */
static void write_sentences(FILE *out, const char *text)
{
	for (; *text != '\0'; text++) {
		fputc(*text, out);
		if (*text == '.' && text[1] == ' ') {
			fputc('\n', out);
			text++;
		}
	}
	fputc('\n', out);
}

static void write_screens(FILE *out)
{
	fputs(".Bl -tag -width Ds\n", out);
	for (const struct screen_row *r = screens; r->key != 0; r++) {
		fprintf(out, ".It Ic %c\n%s.\n", (char)r->key, r->title);
		write_sentences(out, r->help);
	}
	fputs(".El\n", out);
}

static char *section(void)
{
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);

	assert_non_null(out);
	fputs(BEGIN ".Bl -tag -width Ds\n", out);
	for (const struct binding *b = bindings; b->in != IN_NONE; b++) {
		if (was_written(b))
			continue;
		write_names(out, b);
		write_sentences(out, b->help);
		if (b->in == IN_SCREEN)
			write_screens(out);
	}
	fputs(".El\n", out);
	assert_int_equal(fclose(out), 0);
	return text;
}

static char *read_page(void)
{
	char *text = NULL;
	size_t n = 0;
	FILE *in = fopen(PAGE, "r");

	assert_non_null(in);
	assert_true(getdelim(&text, &n, EOF, in) > 0);
	(void)fclose(in);
	return text;
}

static void write_page(const char *page, const char *wanted)
{
	const char *old = strstr(page, BEGIN), *after;
	FILE *out = fopen(PAGE, "w");

	if (old == NULL)
		old = after = strstr(page, ".Sh COMMANDS\n");
	else
		after = strstr(old + 1, ".Sh ");
	assert_non_null(out);
	assert_non_null(after);
	fprintf(out, "%.*s%s%s", (int)(old - page), page, wanted, after);
	assert_int_equal(fclose(out), 0);
}

static void the_manual_lists_every_key(void **state)
{
	const char *mode = getenv("KEYROOM_GOLDEN");
	char *page = read_page(), *wanted = section();

	(void)state;
	if (mode != NULL && strcmp(mode, "write") == 0) {
		write_page(page, wanted);
		free(page);
		page = read_page();
	}
	if (strstr(page, wanted) == NULL)
		(void)fprintf(stderr, "%s should have:\n%s", PAGE, wanted);
	assert_non_null(strstr(page, wanted));
	free(page);
	free(wanted);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(the_manual_lists_every_key) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
