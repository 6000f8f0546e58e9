/* What the walks through the procedures for keys share. */
#ifndef TESTS_FAULTS_KEYS_HELP_H
#define TESTS_FAULTS_KEYS_HELP_H

#include <stdlib.h>
#include <string.h>

#include "engine/base/file.h"
#include "engine/card/files.h"
#include "engine/card/objects.h"
#include "engine/keys/wrapped.h"
#include "store/backup.h"
#include "store/journal.h"
#include "store/key.h"
#include "store/run.h"
#include "tests/faults/walk.h"

#define PIN "648219"

/* With a PIN and a DKEK of one share, the same on every card. */
static inline void set_up(struct stage *s, size_t i)
{
	struct card *c = stage_talk(s, i);
	SECRET *pin = secret_new(16), *so = secret_new(8), *share = secret_new(32);
	struct init_params init = { .so = so, .pin = pin, .tries = 3, .options = OPTION_UNBLOCK, .dkek_shares = 1 };
	struct dkek_status dkek;
	struct fault f;

	assert_true(secret_set(pin, PIN, strlen(PIN)) && pin_so_factory(so));
	memset(secret_bytes(share), 0x42, 32);
	assert_true(secret_set_len(share, 32));
	{
		CARD_SESSION *held = NULL;

		must(card_begin(c, &held, &f));
		must(card_initialise(c, &init, &f));
		must(card_import_share(c, 0, share, &dkek, &f));
	}
	card_close(c);
}

static inline void make_key(struct stage *s, size_t i, const char *label, const char *id)
{
	const struct given given[] = {
		{ "type", 0, "ec:secp256r1", false },
		{ "label", 0, label, false },
		{ "id", 0, id, false },
		{ "pin", 0, PIN, false },
		{ 0 },
	};
	struct fault f;

	must(stage_run(s, &procedure_key_new, stage_serial(s, i), given, NULL, &f));
}

/* The labels of the keys on a card, sorted, each whole in all its parts; parts of anything else are a failure. */
static inline void expect_keys(struct stage *s, size_t i, const char *const *labels, size_t n)
{
	struct card *c = stage_talk(s, i);
	size_t found = 0;
	struct fault f;

	{
		CARD_SESSION *held = NULL;
		OBJECTS list = { 0 };

		must(card_begin(c, &held, &f));
		must(card_objects(c, WANT_ALL, &list, &f));
		for (size_t k = 0; k < list.n; k++) {
			const struct object *o = &list.o[k];
			bool known = false;

			if (o->type != OBJECT_KEY || o->damage != 0)
				fail_msg("card %zu: \"%s\" at %u is not whole (type %d, damage %x)", i, o->label,
					 o->number, (int)o->type, o->damage);
			for (size_t l = 0; l < n; l++)
				known |= strcmp(labels[l], o->label) == 0;
			if (!known)
				fail_msg("card %zu: there is a key \"%s\"", i, o->label);
			found++;
		}
	}
	card_close(c);
	if (found != n)
		fail_msg("card %zu: %zu keys, not %zu", i, found, n);
}

/* A key that has nothing to do with it is still whole. */
static inline void expect_key(struct stage *s, size_t i, const char *label)
{
	struct card *c = stage_talk(s, i);
	bool found = false;
	struct fault f;

	{
		CARD_SESSION *held = NULL;
		OBJECTS list = { 0 };

		must(card_begin(c, &held, &f));
		must(card_objects(c, WANT_ALL, &list, &f));
		for (size_t k = 0; k < list.n; k++)
			found |= list.o[k].type == OBJECT_KEY && list.o[k].damage == 0 &&
				 strcmp(list.o[k].label, label) == 0;
	}
	card_close(c);
	if (!found)
		fail_msg("the key \"%s\" is gone", label);
}

static inline void expect_nothing_open(struct stage *s)
{
	struct run_record *rows = NULL;
	struct fault f;
	size_t n = 0;

	must(store_open_runs(s->store, NULL, &rows, &n, &f));
	run_records_free(rows, n);
	assert_int_equal(n, 0);
}

static inline void expect_chain(struct stage *s)
{
	struct journal_verdict v;
	struct fault f;

	must(store_journal_verify(s->store, &v, &f));
	assert_int_equal(v.broken, 0);
}

#endif
