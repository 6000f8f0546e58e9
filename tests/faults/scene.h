/* One initialisation, with some of its answers replaced: what test_init_input.c and test_init_odd.c have in common. */
#ifndef TESTS_FAULTS_SCENE_H
#define TESTS_FAULTS_SCENE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/file.h"
#include "engine/card/files.h"
#include "store/device.h"
#include "store/journal.h"
#include "store/run.h"
#include "tests/faults/walk.h"
#include "tui/wizard/share.h"

#define FACTORY_SO "3537363231383830"
#define OLD_SO "0011223344556677"
#define NEW_SO "8899AABBCCDDEEFF"
#define PIN "123456"
#define MAX_GIVEN 24

struct scene {
	struct stage s;
	char dir[64];
};

static inline void raise_scene(struct scene *c, unsigned cards, const char *firmware)
{
	(void)snprintf(c->dir, sizeof(c->dir), "%s/keyroom-input.XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	assert_non_null(mkdtemp(c->dir));
	stage_open(&c->s, c->dir, cards, firmware);
}

static inline void strike_scene(struct scene *c)
{
	char command[128];

	stage_close(&c->s);
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", c->dir);
	assert_int_equal(system(command), 0);
}

/* What every initialisation here has, with some of it replaced, and some taken out by a NULL. */
static inline enum status initialise(struct scene *c, const struct given *changes, struct run **ret_run, struct fault *f)
{
	static const struct given usual[] = {
		{ "shares", 0, "1", false },      { "share", 0, "a.pbe", true },     { "password", 0, "password", false },
		{ "so-pin", 0, OLD_SO, false },   { "new-so-pin", 0, NEW_SO, false }, { "new-pin", 0, PIN, false },
		{ "label", 0, "a label", false },
	};
	struct given all[MAX_GIVEN];
	size_t n = 0;

	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
		const struct given *g = changes;

		while (g && g->question && (strcmp(g->question, usual[i].question) != 0 || g->index != usual[i].index))
			g++;
		if (!g || !g->question)
			all[n++] = usual[i];
	}
	for (; changes && changes->question; changes++) {
		if (changes->text)
			all[n++] = *changes;
	}
	assert_true(n < MAX_GIVEN);
	all[n] = (struct given){ 0 };
	return stage_run(&c->s, &procedure_init, stage_serial(&c->s, 0), all, ret_run, f);
}

static inline void make_share(struct scene *c, const char *file)
{
	const struct given given[] = { { "file", 0, file, true }, { "new-password", 0, "password", false }, { 0 } };
	struct fault f;

	must(stage_run(&c->s, &procedure_share_new, NULL, given, NULL, &f));
}

/* A device in use, with a key on it, and one share. */
static inline void raise_used(struct scene *c)
{
	static const struct given first[] = {
		{ "shares", 0, NULL, false }, { "share", 0, NULL, false }, { "password", 0, NULL, false }, { "no-backup",
			0, "1", false },
		{ "so-pin", 0, FACTORY_SO, false }, { "new-so-pin", 0, OLD_SO, false }, { 0 },
	};
	static const struct given key[] = {
		{ "type", 0, "ec:secp256r1", false }, { "label", 0, "a key", false }, { "pin", 0, PIN, false }, { 0 },
	};
	struct fault f;

	raise_scene(c, 1, NULL);
	make_share(c, "a.pbe");
	must(initialise(c, first, NULL, &f));
	must(stage_run(&c->s, &procedure_key_new, stage_serial(&c->s, 0), key, NULL, &f));
}

static inline void look(struct scene *c, size_t card, struct card_info *ret, size_t *ret_files)
{
	struct card *card_now = stage_talk(&c->s, card);
	FIDS fids = { 0 };
	struct fault f;

	{
		CARD_SESSION *held = NULL;

		must(card_begin(card_now, &held, &f));
		must(card_status(card_now, ret, &f));
		must(card_enumerate(card_now, &fids, &f));
	}
	*ret_files = fids.n;
	card_close(card_now);
}

/* The key is there, no try of the SO-PIN was spent but so many, and nothing is left to be taken up. */
static inline void nothing_happened(struct scene *c, int wrong_tries)
{
	struct card_info info;
	struct run_record *rows = NULL;
	size_t n = 0;
	struct fault f;

	look(c, 0, &info, &n);
	assert_true(n > 3);
	assert_int_equal(info.so.tries, PIN_SO_TRIES - wrong_tries);
	must(store_open_runs(c->s.store, NULL, &rows, &n, &f));
	assert_int_equal(n, 0);
	run_records_free(rows, n);
}

static inline bool says(const struct run *r, void (*tell)(const struct run *, struct prose *), const char *words)
{
	PROSE p = { 0 };
	bool found = false;

	tell(r, &p);
	for (size_t i = 0; i < p.n; i++)
		found |= strstr(p.p[i].text, words) != NULL;
	return found;
}

#endif
