/*
 * Each page of each procedure as it is drawn, in golden/pages/TOUR.txt: at 80x24 and 132x43, and as a terminal shows it that
 * knows ASCII alone. No colour is in these pictures, so that they are those of a monochrome terminal as well.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include <openssl/pem.h>

#include "engine/base/error.h"
#include "../unit/cert_help.h"
#include "tours.h"
#include "words.h"

#define PIN "648219\r"
#define SO_PIN "0123456789abcdef"

/* A certificate for the key that was exported, in romeo.crt; and something to keep, in tango.txt. */
static void make_files(void)
{
	FILE *in = fopen("kilo.pem", "re"), *out;
	PKEY *subject = in != NULL ? PEM_read_PUBKEY(in, NULL, NULL, NULL) : NULL;
	PKEY *signer = EVP_RSA_gen(2048);   /* its signatures are all of one length */
	struct buf der;

	assert_non_null(subject);
	(void)fclose(in);
	der = cert_make(subject, "Example Issuing CA", signer, "Example Root CA", "20260101000000Z", "20460101000000Z");
	assert_non_null(out = fopen("romeo.crt", "we"));
	assert_int_equal(fwrite(der.p, 1, der.n, out), der.n);
	assert_int_equal(fclose(out), 0);
	buf_done(&der);
	assert_non_null(out = fopen("tango.txt", "we"));
	assert_true(fputs("tango 4711\n", out) >= 0);
	assert_int_equal(fclose(out), 0);
}

/* In this order: each finds what those before it have left on the two devices. */
static const struct tour {
	const char *name;
	const char *keys;   /* tours.h */
	void (*before)(void);
} tours[] = {
	{ "share_new", "<Begin share new>alfa-1\tcorrect horse\tcorrect horse\r\r\r" "<Begin share new>"
	  "bravo-2\tcorrect horse\tcorrect horse\r\r\r", NULL },
	{ "share_check", "<Begin share check>alfa-1\rbravo-2\r\r" "correct horse\r" "correct horse\r\r", NULL },
	{ "init_part", "ji\r" "2\r" "alfa-1\tcorrect horse\r\r" "\r" "\t" SO_PIN "\t" SO_PIN "\r" "648219\t648219\r" "root-ca-b\r"
	  "DENK0200915\r" "\r", NULL },
	{ "share_import", "<Begin share import>bravo-2\tcorrect horse\r\r\r", NULL },
	{ "init", "<Up>i\r" "1\r" "alfa-1\tcorrect horse\r\r" "\t" SO_PIN "\t" SO_PIN "\r" "648219\t648219\r" "root-ca-a\r"
	  "DENK0200914\r" "a" "\r\r\r\r\r" SO_PIN "\t\r" "648219\t648219\r" "root-ca-b\r" "DENK0200915\r\r", NULL },
	{ "key_new", "n" "jjj\tSSH CA\r" PIN "\r\r" "n" "jjjj\tRoot CA 2026\r" PIN "\r\r", NULL },
	{ "key_export", "<Begin key export>\t\tkilo.pem\r\r", NULL },
	{ "key_test", "<Begin key test> \r" PIN "\r\r", NULL },
	{ "key_rename", "<Begin key rename>\t<Clear>Root CA 2025\r" PIN "\r\r", NULL },
	{ "cert_import", "<Begin cert import>romeo.crt\r" PIN "\r\r", make_files },
	{ "cert_export", "<Begin cert export>\r\r", NULL },
	{ "data_write", "<Begin data write>tango.txt\ttango\r" PIN "\r\r"
	  "<Begin data write>tango.txt\tuniform\t \r" PIN "\r\r", NULL },
	{ "data_read", "<Begin data read>\r\r" "<Begin data read>j\t\tvictor.bin\r" PIN "\r", NULL },
	{ "backup", "b" " \r" PIN "\r\r", NULL },
	{ "clone", "<Begin clone>\r" PIN PIN "\r\r", NULL },
	{ "key_delete", "d" "\r" PIN "DENK0200914\r\r", NULL },
	{ "restore", "r" " \r" PIN "\r\r", NULL },
	{ "cert_delete", "<Begin cert delete>\r" PIN "DENK0200914\r\r", NULL },
	{ "data_delete", "<Begin data delete>\r" PIN "DENK0200914\r\r", NULL },
	{ "random", "<Begin random>64\tsierra.bin\r\r\r", NULL },
	{ "label", "<Begin label><Clear>root-ca-1\r" PIN "\r\r", NULL },
	{ "pin_change", "<Begin pin change>648219\t739146\t739146\r\r\r", NULL },
	{ "pin_unblock", "<Begin pin unblock>" SO_PIN "\t648219\t648219\r\r\r", NULL },
	{ "so_pin_change", "<Begin so-pin change>" SO_PIN "\tfedcba9876543210\tfedcba9876543210\r\r\r", NULL },
	{ "screens", "m" "\033" "?" "\033" "L" "\r" "2" "3" "4" "5" "6" "1" "\r\033" "\t\r\033", NULL },
	{ "journal_export", "<Begin journal export>papa.log\r\r", NULL },
	{ "inventory_forget", "p" "<Begin inventory forget>\rDENK0200914\r\r", NULL },
};

struct shots {
	const struct tour *tour;
	struct visits seen;
	FILE *out;
};

static void put(struct shots *s, struct stage *st, const char *page, int rows, int cols, enum repertoire r, const char *how)
{
	char *one = stage_picture(st, rows, cols, r, true);
	char full[160];

	(void)snprintf(full, sizeof(full), "%s, %s at %dx%d%s", s->tour->name, page, cols, rows, how);
	if (words_are_pseudo() && r == REPERTOIRE_UNICODE)
		words_check(full, one);
	(void)fprintf(s->out, "== %s\n%s", full, one);
	free(one);
}

/* Whatever is on the screen: a terminal that is too small for it shows nothing of it. */
static bool is_too_small(struct stage *st)
{
	char *one = stage_picture(st, UI_ROWS_MIN - 1, UI_COLS_MIN, REPERTOIRE_UNICODE, false);
	bool said = words_has(one, "This terminal is too small.") || strstr(one, "This terminal is too small.") != NULL;

	free(one);
	return said;
}

static void take(void *ctx, struct stage *st)
{
	struct shots *s = ctx;
	char page[80];

	assert_true(is_too_small(st));
	visits_name(&st->ui, page);
	if (visits_of(&s->seen, page) == 0 && (strchr(page, ':') != NULL || strcmp(s->tour->name, "screens") == 0)) {
		put(s, st, page, 24, 80, REPERTOIRE_UNICODE, "");
		put(s, st, page, 43, 132, REPERTOIRE_UNICODE, "");
		put(s, st, page, 24, 80, REPERTOIRE_ASCII, " in ASCII");
	}
	visits_note(&s->seen, &st->ui);
}

static char *slurp(const char *path)
{
	FILE *in = fopen(path, "re");
	char *text = NULL;
	size_t n = 0;

	if (in == NULL || getdelim(&text, &n, EOF, in) < 0) {
		free(text);
		text = strdup("");
	}
	if (in != NULL)
		(void)fclose(in);
	return text;
}

static void compare(const struct tour *t, const char *folder, const char *now)
{
	const char *mode = getenv("KEYROOM_GOLDEN");
	char path[300], *golden;

	(void)snprintf(path, sizeof(path), "%s/%s.txt", folder, t->name);
	if (mode != NULL && strcmp(mode, "write") == 0) {
		FILE *out = fopen(path, "we");

		assert_non_null(out);
		(void)fputs(now, out);
		assert_int_equal(fclose(out), 0);
	}
	golden = slurp(path);
	for (size_t i = 0; now[i] != '\0' || golden[i] != '\0'; i++) {
		if (now[i] != golden[i]) {
			print_message("%s is drawn otherwise now, from its byte %zu on:\n%.1200s\n", path, i, now + (i > 200 ? i - 200 : 0));
			fail();
		}
	}
	free(golden);
}

static void complain(const struct tour *t, struct stage *st)
{
	char *one = stage_picture(st, 24, 80, REPERTOIRE_UNICODE, false);

	(void)fprintf(stderr, "the tour %s does not end at the main screen:\n%s", t->name, one);
	free(one);
	fail();
}

static void take_tour(const struct tour *t, struct stage *st, const char *folder)
{
	struct shots s = { .tour = t };
	char *text = NULL;
	size_t n = 0;

	s.out = open_memstream(&text, &n);
	assert_non_null(s.out);
	if (t->before != NULL)
		t->before();
	stage_press(st, t->keys, take, &s);
	assert_int_equal(fclose(s.out), 0);
	if (st->ui.depth != 1)
		complain(t, st);
	if (!words_are_pseudo())
		compare(t, folder, text);
	visits_done(&s.seen);
	free(text);
}

static void every_page_is_as_it_was_looked_at(void **state)
{
	struct stage st;
	unsigned failed;

	(void)words_begin();
	stage_open(&st);
	for (size_t i = 0; i < sizeof(tours) / sizeof(tours[0]); i++)
		take_tour(&tours[i], &st, *state);
	assert_int_equal(visits_missing(&st.visits, &failed), 0);
	stage_close(&st);
}

int main(int argc, char **argv)
{
	static char folder[] = "tests/console/golden/pages";
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(every_page_is_as_it_was_looked_at, argc > 1 ? argv[1] : folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
