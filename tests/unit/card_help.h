/* engine/card on a simulated card in-process, in a folder of its own. */
#ifndef TESTS_UNIT_CARD_HELP_H
#define TESTS_UNIT_CARD_HELP_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/card/card.h"
#include "engine/card/files.h"
#include "engine/card/keys.h"
#include "engine/card/objects.h"
#include "engine/card/proof.h"
#include "engine/keys/blob.h"
#include "engine/keys/describe.h"
#include "engine/sim/sim.h"
#include "tests/check.h"

struct bench {
	char folder[64], path[96];
	struct sim_card *sim;
	struct card *card;
	struct secret *pin, *so, *share;
};

static inline void bench_connect(struct bench *b, const char *fault)
{
	struct transport *t = NULL;
	struct fault f = { 0 };

	card_close(b->card);
	b->card = NULL;
	must(sim_card_set_fault(b->sim, fault, &f));
	must(sim_transport_open(b->sim, &t, &f));
	must(card_new(t, "Simulated Reader 00 00", &b->card, &f));
	sim_card_clear_counts(b->sim);
}

/* A card as the factory made it. */
static inline void bench_open(struct bench *b, const char *firmware)
{
	struct sim_options o = { .firmware = firmware, .no_sync = true };
	struct fault f = { 0 };
	uint8_t share[32];

	memset(b, 0, sizeof(*b));
	snprintf(b->folder, sizeof(b->folder), "/tmp/keyroom-card-XXXXXX");
	assert_non_null(mkdtemp(b->folder));
	snprintf(b->path, sizeof(b->path), "%s/a.card", b->folder);
	must(sim_card_open(b->path, &o, &b->sim, &f));
	b->pin = secret_new(16);
	b->so = secret_new(8);
	b->share = secret_new(32);
	assert_true(b->pin && b->so && b->share && secret_set(b->pin, "648219", 6) && pin_so_factory(b->so));
	for (size_t i = 0; i < sizeof(share); i++)
		share[i] = (uint8_t)i;
	assert_true(secret_set(b->share, share, sizeof(share)));
	bench_connect(b, NULL);
}

/* With a PIN, and where shares says so, a DKEK of one share: K1 of formats.md 8.1. */
static inline void bench_init(struct bench *b, int shares)
{
	struct init_params p = { .so = b->so, .pin = b->pin, .tries = 3, .options = OPTION_UNBLOCK, .dkek_shares = shares };
	struct dkek_status dkek;
	struct fault f = { 0 };
	CARD_SESSION *held = NULL;

	must(card_begin(b->card, &held, &f));
	must(card_initialise(b->card, &p, &f));
	if (shares == 1)
		must(card_import_share(b->card, 0, b->share, &dkek, &f));
}

static inline void bench_login(struct bench *b, struct card **ret_held)
{
	struct fault f = { 0 };

	must(card_begin(b->card, ret_held, &f));
	must(card_login(b->card, b->pin, &f));
}

static inline void bench_close(struct bench *b)
{
	card_close(b->card);
	sim_card_close(b->sim);
	(void)unlink(b->path);
	(void)rmdir(b->folder);
	secret_free(b->pin);
	secret_free(b->so);
	secret_free(b->share);
}

/* A key with its description, as a procedure would write it. */
static inline void bench_key(struct bench *b, uint8_t ref, const struct keygen_params *p, struct pubkey *ret)
{
	struct description d = { .kind = DESCRIPTION_KEY, .algorithm = p->algorithm, .key_ref = ref, .is_private = true };
	struct fault f = { 0 };
	BUF der = { 0 };

	must(card_generate(b->card, ref, p, ret, NULL, &f));
	snprintf(d.label, sizeof(d.label), "key %u", ref);
	d.id[0] = 0xa0;
	d.id[1] = ref;
	d.id_len = 2;
	d.bits = p->algorithm == KEY_EC ? p->curve->bits : p->bits;
	d.usage = p->algorithm == KEY_RSA ? USAGE_RSA : p->algorithm == KEY_EC ? USAGE_EC : USAGE_AES;
	must(describe_build(&d, &der, &f));
	must(card_write_file(b->card, fid_of(FID_KEY_DESCRIPTION, ref), buf_view(&der), WRITE_NEW, &f));
}

/* Everything that a procedure would do, one after the other, until something fails. */
static inline enum status whole_day(struct bench *b, struct fault *f)
{
	struct keygen_params p = { .algorithm = KEY_EC, .curve = curve_by_name("secp256r1"), .domain = KEY_NO_DOMAIN };
	struct init_params init = { .so = b->so, .pin = b->pin, .tries = 3, .options = OPTION_UNBLOCK, .dkek_shares = 1 };
	struct card_info info;
	struct dkek_status dkek;
	struct pubkey key;
	uint8_t random[8];
	BUF blob = { 0 };
	OBJECTS list = { 0 };
	FIDS fids = { 0 };
	CARD_SESSION *held = NULL;
	enum status st;

	if ((st = card_begin(b->card, &held, f)) != ST_OK || (st = card_status(b->card, &info, f)) != ST_OK ||
	    (st = card_initialise(b->card, &init, f)) != ST_OK ||
	    (st = card_import_share(b->card, 0, b->share, &dkek, f)) != ST_OK ||
	    (st = card_login(b->card, b->pin, f)) != ST_OK || (st = card_set_label(b->card, "day", f)) != ST_OK ||
	    (st = card_random(b->card, random, sizeof(random), f)) != ST_OK ||
	    (st = card_enumerate(b->card, &fids, f)) != ST_OK ||
	    (st = card_generate(b->card, 1, &p, &key, NULL, f)) != ST_OK ||
	    (st = card_key_prove(b->card, 1, &key, f)) != ST_OK || (st = card_wrap(b->card, 1, &blob, f)) != ST_OK ||
	    (st = card_unwrap(b->card, 2, buf_view(&blob), f)) != ST_OK ||
	    (st = card_key_prove(b->card, 2, &key, f)) != ST_OK ||
	    (st = card_write_file(b->card, 0xcf00, cur_of("x", 1), WRITE_REPLACE, f)) != ST_OK ||
	    (st = card_objects(b->card, WANT_ALL, &list, f)) != ST_OK ||
	    (st = card_change_pin(b->card, b->pin, b->pin, f)) != ST_OK ||
	    (st = card_unblock(b->card, b->so, b->pin, f)) != ST_OK ||
	    (st = card_delete(b->card, fid_of(FID_KEY, 1), f)) != ST_OK)
		return st;
	return ST_OK;
}

#endif
