/*
 * Every secret that any procedure asks for, typed in a real pseudo-terminal: while it stands in its field it is in locked memory
 * and nowhere else, also not in what ncurses keeps; after the procedure, finished or left, it is nowhere at all.
 *
 * The pages are filled in by what the console tells of itself (tap.h), so that a new procedure is searched without a line here.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "engine/base/clock.h"
#include "tests/console/scene.h"
#include "tests/console/session.h"
#include "tests/console/tap.h"
#include "tui/console/fields.h"
#include "tui/wizard/wizard.h"

#define SECRET_TEXT 40
#define ROUNDS 40        /* presses of Enter and the like in one procedure */
#define TYPED 12

struct robot {
	struct session *s;
	const struct tap *shared;
	struct tap now;
	char pin[SECRET_TEXT], so[SECRET_TEXT];      /* of both devices */
	char new_pin[SECRET_TEXT], new_so[SECRET_TEXT];
	char password[SECRET_TEXT];
	char typed[TYPED][SECRET_TEXT];              /* in the procedure under way */
	size_t n_typed;
	char asked[100][80];                         /* "procedure: question" */
	size_t n_asked;
	unsigned files;
	bool done;
	bool factory;                                /* the device still has the SO-PIN that everybody knows */
	bool one_file;                               /* stands in a list of files on this page */
	bool new_share;                              /* the share is made on the way, and no existing one is named */
};

static void draw_lots(char *out, size_t n, const char *letters)
{
	uint8_t lots[SECRET_TEXT];
	size_t many = strlen(letters);

	assert_int_equal(getentropy(lots, n), 0);
	for (size_t i = 0; i < n; i++)
		out[i] = letters[lots[i] % many];
	out[n] = '\0';
}

static void map_tap(struct robot *r)
{
	char path[128];
	int fd;
	void *map;

	(void)snprintf(path, sizeof(path), "%s/" TAP_FILE, r->s->folder);
	term_expect(r->s->t, "2 here");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	map = mmap(NULL, sizeof(struct tap), PROT_READ, MAP_SHARED, fd, 0);
	assert_true(map != MAP_FAILED);
	(void)close(fd);
	r->shared = map;
}

static bool at_work(const struct tap *t)
{
	return strcmp(t->screen, "wizard") == 0 && (t->phase == RUN_WORKING || t->phase == RUN_RUNNING);
}

/* Until it is at rest (an escape alone was taken for one, too), and nothing is under way. */
static void look(struct robot *r)
{
	int64_t end = clock_ms() + TERM_PATIENCE_MS;

	for (;;) {
		term_rest(r->s->t, 40);
		memcpy(&r->now, r->shared, sizeof(r->now));
		if (atomic_load(&r->shared->pictures) % 2 == 0 && !at_work(&r->now))
			return;
		if (clock_ms() > end) {
			print_message("it does not come to rest:\n%s\n", term_text(r->s->t));
			fail();
		}
	}
}

/* Hexadecimal digits as the card gets them. False: they are none, or have a zero in them. */
static bool in_binary(const char *digits, char out[static SECRET_TEXT])
{
	size_t n = strlen(digits) / 2;

	if (strspn(digits, "0123456789abcdef") != 16 || strlen(digits) != 16)
		return false;
	for (size_t i = 0; i < n; i++) {
		unsigned byte;

		assert_int_equal(sscanf(digits + 2 * i, "%2x", &byte), 1);
		if (byte == 0)
			return false;
		out[i] = (char)byte;
	}
	out[n] = '\0';
	return true;
}

static void search(struct robot *r, const char *secret, bool may_be_in_secrets)
{
	char binary[SECRET_TEXT];
	struct trace forms[] = { { .bytes = secret }, { .bytes = binary } };
	size_t n, many = in_binary(secret, binary) ? 2 : 1;
	const char *raw = term_raw(r->s->t, &n);

	term_search_traces(r->s->t, forms, many);
	for (size_t i = 0; i < many; i++) {
		if (forms[i].outside > 0 || (forms[i].inside > 0 && !may_be_in_secrets))
			print_message("%s: %s, %s: %zu outside of secrets, %zu in them\n", r->now.procedure, r->now.page,
				      r->now.question, forms[i].outside, forms[i].inside);
		assert_int_equal(forms[i].outside, 0);
		assert_true(may_be_in_secrets || forms[i].inside == 0);
		if (i == 0 && may_be_in_secrets)
			assert_true(forms[i].inside > 0);   /* the search does find what is there */
	}
	assert_null(memmem(raw, n, secret, strlen(secret)));
}

static void note_asked(struct robot *r)
{
	char name[80];

	(void)snprintf(name, sizeof(name), "%s: %s", r->now.procedure, r->now.question);
	for (size_t i = 0; i < r->n_asked; i++) {
		if (strcmp(r->asked[i], name) == 0)
			return;
	}
	assert_true(r->n_asked < sizeof(r->asked) / sizeof(r->asked[0]));
	(void)snprintf(r->asked[r->n_asked++], sizeof(r->asked[0]), "%s", name);
}

static const char *secret_for(struct robot *r)
{
	bool first = strcmp(r->now.procedure, "init") == 0;

	if (r->now.ask == ASK_PASSWORD)
		return r->password;
	if (r->now.ask == ASK_PIN)
		return r->now.twice && !first ? r->new_pin : r->pin;
	return r->now.twice ? first ? r->so : r->new_so : first && r->factory ? "3537363231383830" : r->so;
}

static void type_secret(struct robot *r)
{
	const char *secret = secret_for(r);
	bool known = strcmp(secret, "3537363231383830") == 0;   /* stands in the texts of the pages */

	term_type(r->s->t, secret);
	for (int i = 0; i < 100 && r->now.characters != strlen(secret); i++)
		look(r);
	assert_int_equal(r->now.characters, strlen(secret));
	note_asked(r);
	if (known)
		return;
	search(r, secret, true);
	for (size_t i = 0; i < r->n_typed; i++) {
		if (strcmp(r->typed[i], secret) == 0)
			return;
	}
	assert_true(r->n_typed < TYPED);
	(void)snprintf(r->typed[r->n_typed++], SECRET_TEXT, "%s", secret);
}

/* What fits a question of this name in any procedure, or in the one that is said; "*" stands for the session's folder. */
static const struct {
	const char *procedure, *question, *text;
} answers[] = {
	{ "init", "shares", "1" },             { "init", "share", "*/share.pbe" },     { "share-new", "file", "*/share.pbe" },
	{ "share-check", "file", "*/share.pbe" }, { "share-import", "file", "*/share.pbe" },
	{ "", "label", "a label" },            { "data write", "file", "*/share.pbe" },
	{ "cert import", "file", "*/certificate.pem" }, { "key export", "out", "*/public.pem" },
	{ "data read", "out", "*/data.bin" },
};

static void type_text(struct robot *r)
{
	const char *text = r->now.value;
	char path[128] = "";

	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]) && text[0] == '\0'; i++) {
		if ((answers[i].procedure[0] == '\0' || strcmp(answers[i].procedure, r->now.procedure) == 0) &&
		    strcmp(answers[i].question, r->now.question) == 0)
			text = answers[i].text;
	}
	if ((r->new_share && strcmp(r->now.question, "share") == 0) || (r->now.ask == ASK_FILES && r->one_file))
		return;
	r->one_file = r->now.ask == ASK_FILES;
	if (text[0] == '\0' && !r->now.wanted && !(r->new_share && strcmp(r->now.question, "new-share") == 0))
		return;
	if (text[0] == '*' || r->now.ask == ASK_NEW_FILE) {
		(void)snprintf(path, sizeof(path), "%s", r->s->folder);
		term_type(r->s->t, path);
		(void)snprintf(path, sizeof(path), "/new-%u", r->files++);
	}
	term_type(r->s->t, text[0] == '*' ? text + 1 : text[0] != '\0' ? text : path[0] != '\0' ? path : "7");
}

static void answer(struct robot *r)
{
	bool sentence = r->now.ask == ASK_SENTENCE && !r->now.wanted;

	if (r->now.question[0] != '\0' && r->now.kind == FIELD_SECRET && r->now.characters == 0)
		type_secret(r);
	else if (r->now.question[0] != '\0' && r->now.kind == FIELD_TEXT && r->now.empty && !sentence)
		type_text(r);
	else if (r->now.kind == FIELD_SOME && !r->now.marked && r->now.choices > 0)
		term_type(r->s->t, " ");
	term_type(r->s->t, "\r");
}

/* Enter passes fields that may stay empty: a secret among them is typed all the same. */
static void fill_in(struct robot *r)
{
	char page[40], first[40];
	bool first_again = r->now.again;

	r->one_file = false;
	(void)snprintf(page, sizeof(page), "%s", r->now.page);
	(void)snprintf(first, sizeof(first), "%s", r->now.question);
	for (int i = 0; i < 12 && r->now.question[0] != '\0'; i++) {
		if (r->now.kind == FIELD_SECRET && r->now.characters == 0)
			type_secret(r);
		else if (r->now.kind == FIELD_TEXT && r->now.empty && r->now.ask != ASK_SENTENCE)
			type_text(r);
		else if ((r->now.kind == FIELD_SOME && !r->now.marked && r->now.choices > 0) || strcmp(r->now.question, "private") == 0)
			term_type(r->s->t, " ");
		term_type(r->s->t, "\t");
		look(r);
		if (strcmp(r->now.page, page) != 0 || (strcmp(r->now.question, first) == 0 && r->now.again == first_again))
			break;
	}
	look(r);
	if (strcmp(r->now.page, page) == 0)
		answer(r);
}

static void go_on(struct robot *r)
{
	switch (r->now.phase) {
	case -1:
		term_type(r->s->t, "\r");
		break;
	case RUN_ASKING:
		fill_in(r);
		break;
	case RUN_REVIEW:
		term_type(r->s->t, r->now.value);
		term_type(r->s->t, "\r");
		break;
	case RUN_DONE:
		r->done = true;
		term_type(r->s->t, "\r");
		break;
	default:
		print_message("%s fails:\n%s\n", r->now.procedure, term_text(r->s->t));
		term_type(r->s->t, "\033");
		break;
	}
}

/* From the menu to its end, or as far as it comes. */
static void walk_through(struct robot *r, const struct procedure *p)
{
	int stuck = 0;

	term_type(r->s->t, "m");
	term_expect(r->s->t, "Esc Back");
	term_type(r->s->t, "/");
	term_type(r->s->t, p->title);
	term_type(r->s->t, "\r\r");
	look(r);
	r->n_typed = 0;
	r->done = false;
	for (int i = 0; i < ROUNDS && strcmp(r->now.screen, "wizard") == 0; i++) {
		stuck = r->now.fault ? stuck + 1 : 0;
		if (stuck > 2) {
			print_message("%s is left on its page %s:\n%.1900s\n", p->name, r->now.page, term_text(r->s->t));
			term_type(r->s->t, "\003");
		} else {
			go_on(r);
		}
		look(r);
	}
	for (int i = 0; i < 5 && strcmp(r->now.screen, "main") != 0; i++) {
		term_type(r->s->t, "\033");
		look(r);
	}
	assert_string_equal(r->now.screen, "main");
	for (size_t i = 0; i < r->n_typed; i++)
		search(r, r->typed[i], false);
}

static const struct procedure *procedure_of(const char *name)
{
	const struct procedure *p = procedure_find(name);

	assert_non_null(p);
	return p;
}

/* After it was set, the new one opens the device. */
static void keep_new_ones(struct robot *r, const struct procedure *p)
{
	if (r->done && (strcmp(p->name, "pin change") == 0 || strcmp(p->name, "pin-change") == 0 ||
			strcmp(p->name, "pin unblock") == 0 || strcmp(p->name, "pin-unblock") == 0))
		memcpy(r->pin, r->new_pin, sizeof(r->pin));
	if (r->done && strncmp(p->name, "so-pin", 6) == 0)
		memcpy(r->so, r->new_so, sizeof(r->so));
	draw_lots(r->new_pin, 8, "abcdefghjkmnpqrstuvwxyz23456789");
	draw_lots(r->new_so, 16, "123456789abcdef");
}

/*
 * In this order they find what they need: a device that waits for a share, two devices under one DKEK, a key, its certificate.
 * All others come after them.
 */
static const struct {
	const char *keys, *procedure;
	bool factory, new_share, must;
} order[] = {
	{ .keys = "", .procedure = "share-new", .must = true },
	{ .keys = "k", .procedure = "share-import", .must = true },
	{ .keys = "", .procedure = "init", .factory = true, .must = true },
	{ .keys = "g", .procedure = "init", .factory = true, .new_share = true, .must = true },
	{ .keys = "", .procedure = "init", .must = true },
	{ .keys = "", .procedure = "key new", .must = true },
	{ .keys = "", .procedure = "key export", .must = true },
	{ .keys = "", .procedure = "cert import" },
	{ .keys = "", .procedure = "cert export" },
	{ .keys = "", .procedure = "data write" },
	{ .keys = "", .procedure = "data read" },
	{ .keys = "", .procedure = "backup" },
	{ .keys = "", .procedure = "clone" },
	{ .keys = "", .procedure = "cert delete" },
	{ .keys = "", .procedure = "key delete" },
	{ .keys = "", .procedure = "restore" },
};

static bool is_ordered(const struct procedure *p)
{
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		if (strcmp(order[i].procedure, p->name) == 0)
			return true;
	}
	return false;
}

static void walk_in_order(struct robot *r)
{
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		r->factory = order[i].factory;
		r->new_share = order[i].new_share;
		term_type(r->s->t, order[i].keys);
		look(r);
		walk_through(r, procedure_of(order[i].procedure));
		assert_true(r->done || !order[i].must);
		if (strcmp(order[i].procedure, "key export") == 0) {
			char key[128], certificate[128];

			(void)snprintf(key, sizeof(key), "%s/public.pem", r->s->folder);
			(void)snprintf(certificate, sizeof(certificate), "%s/certificate.pem", r->s->folder);
			assert_true(scene_certify(key, certificate));
		}
	}
}

static unsigned missing(const struct robot *r)
{
	unsigned n = 0;

	for (size_t i = 0; procedures[i] != NULL; i++) {
		for (const struct page *page = procedures[i]->pages; page != NULL && page->name != NULL; page++) {
			for (const struct question *q = page->questions; q != NULL && q->name != NULL; q++) {
				char name[80];
				bool found = !ask_is_secret(q->ask);

				(void)snprintf(name, sizeof(name), "%s: %s", procedures[i]->name, q->name);
				for (size_t a = 0; a < r->n_asked && !found; a++)
					found = strcmp(r->asked[a], name) == 0;
				if (!found)
					print_message("was not asked: %s\n", name);
				n += !found;
			}
		}
	}
	return n;
}

static void every_secret_of_every_procedure_is_erased(void **state)
{
	static struct robot r;
	char card[128];

	r = (struct robot){ .s = *state };
	draw_lots(r.pin, 8, "abcdefghjkmnpqrstuvwxyz23456789");
	draw_lots(r.so, 16, "123456789abcdef");
	draw_lots(r.password, 16, "abcdefghjkmnpqrstuvwxyz23456789");
	keep_new_ones(&r, procedure_of("init"));
	(void)snprintf(card, sizeof(card), "%s/DENK0200914.card", r.s->folder);
	term_expect(r.s->t, "2 here");
	term_close(r.s->t);
	r.s->t = NULL;
	scene_wait_for_shares(card, "648219");
	session_restart(r.s, NULL, 24, 80);
	map_tap(&r);
	look(&r);
	walk_in_order(&r);
	for (size_t i = 0; procedures[i] != NULL; i++) {
		if (is_ordered(procedures[i]))
			continue;
		walk_through(&r, procedures[i]);
		keep_new_ones(&r, procedures[i]);
	}
	print_message("%zu secret questions were answered\n", r.n_asked);
	assert_int_equal(missing(&r), 0);
	assert_int_equal(munmap((void *)(uintptr_t)r.shared, sizeof(struct tap)), 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { SESSION_TEST(every_secret_of_every_procedure_is_erased) };

	return session_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
