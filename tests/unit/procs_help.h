/* Procedures on simulated cards in-process, with an inventory, in a folder of their own. */
#ifndef TESTS_UNIT_PROCS_HELP_H
#define TESTS_UNIT_PROCS_HELP_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/file.h"
#include "engine/card/card.h"
#include "engine/card/files.h"
#include "engine/card/keys.h"
#include "engine/card/objects.h"
#include "engine/jobs/jobs.h"
#include "engine/sim/sim.h"
#include "store/backup.h"
#include "store/device.h"
#include "store/journal.h"
#include "store/key.h"
#include "store/run.h"
#include "tests/check.h"
#include "tui/wizard/fleet.h"
#include "tui/wizard/fleet_inside.h"
#include "tui/wizard/results.h"
#include "tui/wizard/wizard.h"

#define PIN "648219"
#define FACTORY_SO "3537363231383830"

struct place {
	char dir[64], store_path[96], out[96];
	struct source *source;
	struct jobs *jobs;
	struct store *store;
	struct env env;
	unsigned long locked_kib;   /* when it was opened */
};

static inline void place_start(struct place *p)
{
	struct jobs_config config;
	struct fault f = { 0 };

	wizard_jobs_config(p->store_path, p->source, &config);
	must(jobs_new(&config, &p->jobs, &f));
	p->env = (struct env){ .jobs = p->jobs, .store = p->store, .script = true, .share_iterations = 1 };
}

/* Only secrets are locked: what is still locked when all is over was never given back. */
static inline unsigned long place_locked_kib(void)
{
	FILE *in = fopen("/proc/self/status", "re");
	unsigned long kib = 0;
	char line[128];

	assert_non_null(in);
	while (fgets(line, sizeof(line), in) != NULL && sscanf(line, "VmLck: %lu", &kib) != 1)
		continue;
	(void)fclose(in);
	return kib;
}

static inline void place_open_with(struct place *p, const struct sim_options *o)
{
	struct fault f = { 0 };

	memset(p, 0, sizeof(*p));
	p->locked_kib = place_locked_kib();
	snprintf(p->dir, sizeof(p->dir), "/tmp/keyroom-procs-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	snprintf(p->store_path, sizeof(p->store_path), "%s/inventory", p->dir);
	snprintf(p->out, sizeof(p->out), "%s/out", p->dir);
	must(sim_source_open(p->dir, o, &p->source, &f));
	must(store_open(p->store_path, 0, &p->store, &f));
	place_start(p);
}

static inline void place_open(struct place *p, unsigned cards, const char *firmware)
{
	const struct sim_options o = { .cards = cards, .firmware = firmware, .no_sync = true };

	place_open_with(p, &o);
}

static inline void place_close(struct place *p)
{
	char command[128];

	jobs_free(p->jobs);
	assert_in_range(place_locked_kib(), 0, p->locked_kib);
	store_close(p->store);
	p->source->ops->close(p->source);
	snprintf(command, sizeof(command), "rm -rf %s", p->dir);
	assert_int_equal(system(command), 0);
}

static inline struct sim_card *place_sim(struct place *p, size_t i)
{
	struct sim_card *c = sim_source_card_at(p->source, i);

	assert_non_null(c);
	return c;
}

static inline const char *place_serial(struct place *p, size_t i)
{
	return sim_card_serial(place_sim(p, i));
}

/* A card beside the procedures: to set it up, and to look at what they left. */
static inline struct card *place_card(struct place *p, size_t i)
{
	struct transport *t = NULL;
	struct card *c = NULL;
	struct fault f = { 0 };

	must(sim_transport_open(place_sim(p, i), &t, &f));
	must(card_new(t, "beside", &c, &f));
	return c;
}

struct init_more {
	unsigned options, tries;
	unsigned domains;
};

/* A PIN, and a DKEK of that many shares, all of them imported but those missing. seed tells one DKEK from another. */
static inline void place_init_with(struct place *p, size_t i, int shares, unsigned missing, uint8_t seed,
				   unsigned options, const char *user_pin)
{
	CLEANUP(card_close_guard) struct card *c = place_card(p, i);
	SECRET *pin = secret_new(16), *so = secret_new(8), *share = secret_new(32);
	struct init_params init = { .so = so, .pin = pin, .tries = 3, .options = options, .dkek_shares = shares };
	CARD_SESSION *held = NULL;
	struct dkek_status dkek;
	struct fault f = { 0 };

	assert_true(secret_set(pin, user_pin, strlen(user_pin)) && pin_so_factory(so));
	must(card_begin(c, &held, &f));
	must(card_initialise(c, &init, &f));
	must(card_login(c, pin, &f));
	must(card_set_label(c, "test", &f));
	for (int k = 0; k < shares - (int)missing; k++) {
		memset(secret_bytes(share), seed + k, 32);
		assert_true(secret_set_len(share, 32));
		must(card_import_share(c, 0, share, &dkek, &f));
	}
}

static inline void place_init(struct place *p, size_t i, int shares, uint8_t seed)
{
	place_init_with(p, i, shares, 0, seed, OPTION_UNBLOCK, PIN);
}

/* The number of objects of this kind (FID_KEY and so on), CC00 left out; that of a key reference with some other left alone. */
static inline unsigned place_count(struct place *p, size_t i, unsigned kind)
{
	CLEANUP(card_close_guard) struct card *c = place_card(p, i);
	CARD_SESSION *held = NULL;
	struct fault f = { 0 };
	FIDS fids = { 0 };
	unsigned n = 0;

	must(card_begin(c, &held, &f));
	must(card_enumerate(c, &fids, &f));
	for (size_t k = 0; k < fids.n; k++)
		n += (fids.fid[k] & 0xff00) == kind && fids.fid[k] != FID_KEY;
	return n;
}

/* One answer: "pin", "so-pin" and the like are set as secrets. */
struct given {
	const char *name, *value;
	unsigned index;
};

static inline void give(struct run *r, const struct given *g)
{
	static const char *const secrets[] = { "pin", "to-pin", "new-pin", "so-pin", "new-so-pin", "password" };
	struct fault f = { 0 };

	for (size_t i = 0; i < N(secrets); i++) {
		if (strcmp(secrets[i], g->name) == 0) {
			assert_true(secret_set(run_secret(r, g->name, g->index), g->value, strlen(g->value)));
			return;
		}
	}
	must(run_set(r, g->name, g->index, g->value, &f));
}

/* From the first page to the end. What went wrong is in *f. The run is the caller's also then. */
static inline enum status place_go(struct place *p, struct run *r, struct fault *f)
{
	const char *bad = NULL;
	enum status st = ST_OK;

	(void)p;
	f->st = ST_OK;
	while (run_phase(r) == RUN_ASKING || run_phase(r) == RUN_WORKING) {
		if (run_phase(r) == RUN_ASKING && (st = run_next(r, &bad, f)) != ST_OK)
			return st;
		run_wait(r, NULL, NULL);
		if (run_phase(r) == RUN_ASKING && run_fault(r)->st != ST_OK) {
			*f = *run_fault(r);
			return f->st;
		}
	}
	if (run_phase(r) == RUN_REVIEW && (st = run_start(r, f)) != ST_OK)
		return st;
	run_wait(r, NULL, NULL);
	if (run_phase(r) == RUN_DONE)
		return ST_OK;
	*f = *run_fault(r);
	return f->st;
}

static inline struct run *place_run_new(struct place *p, const char *procedure, size_t card, const struct given *g)
{
	struct run *r = NULL;
	struct fault f = { 0 };

	assert_non_null(procedure_find(procedure));
	must(run_new(procedure_find(procedure), &p->env, &r, &f));
	must(run_set_device(r, place_serial(p, card), NULL, &f));
	run_wait(r, NULL, NULL);
	for (; g->name != NULL; g++)
		give(r, g);
	return r;
}

/* With its user PIN, beside the procedures. The caller declares the card before held, so that it is closed last. */
static inline struct card *place_log_in(struct place *p, size_t i, struct card **ret_held)
{
	struct card *c = place_card(p, i);
	SECRET *pin = secret_new(16);
	struct fault f = { 0 };

	assert_true(secret_set(pin, PIN, strlen(PIN)));
	must(card_begin(c, ret_held, &f));
	must(card_login(c, pin, &f));
	return c;
}

/* Another program puts another key in the place of this one, under the same description. */
static inline void place_swap(struct place *p, size_t i, uint8_t ref, const struct keygen_params *params, bool bare)
{
	CLEANUP(card_close_guard) struct card *c = NULL;
	CARD_SESSION *held = NULL;
	struct pubkey key;
	struct fault f = { 0 };

	c = place_log_in(p, i, &held);
	must(card_delete(c, fid_of(FID_KEY, ref), &f));
	must(card_generate(c, ref, params, &key, NULL, &f));
	if (bare)
		must(card_delete(c, fid_of(FID_KEY_CERT, ref), &f));
}

static inline void place_swap_aes(struct place *p, size_t i, uint8_t ref)
{
	const struct keygen_params params = { .algorithm = KEY_AES, .bits = 256, .domain = KEY_NO_DOMAIN };

	place_swap(p, i, ref, &params, false);
}

/* Without a certificate or request. */
static inline void place_swap_ec(struct place *p, size_t i, uint8_t ref)
{
	const struct keygen_params params = { .algorithm = KEY_EC, .curve = curve_by_name("secp256r1"), .domain = KEY_NO_DOMAIN };

	place_swap(p, i, ref, &params, true);
}

#define GIVEN(...) ((const struct given[]){ __VA_ARGS__, { NULL, NULL, 0 } })

/* All in one. ret_run may be NULL. */
static inline enum status place_do(struct place *p, const char *procedure, size_t card, const struct given *g,
				   struct run **ret_run, struct fault *f)
{
	struct run *r = place_run_new(p, procedure, card, g);
	enum status st = place_go(p, r, f);

	if (ret_run != NULL)
		*ret_run = r;
	else
		run_free(r);
	return st;
}

/* Fails the test where it does not end as it should. */
static inline void place_expect(struct place *p, const char *procedure, size_t card, const struct given *g,
				enum status want)
{
	struct fault f = { 0 };
	enum status st = place_do(p, procedure, card, g, NULL, &f);

	if (st != want)
		fail_msg("%s: %s, not %s: %s", procedure, status_name(st), status_name(want), f.what);
	if (want != ST_OK && strlen(f.what) < 20)
		fail_msg("%s: %s says only \"%s\"", procedure, status_name(st), f.what);
}

static inline void place_make_key(struct place *p, size_t card, const char *type, const char *label, const char *id)
{
	place_expect(p, "key new", card,
		     GIVEN({ "type", type, 0 }, { "label", label, 0 }, { "id", id, 0 }, { "pin", PIN, 0 }), ST_OK);
}

/* Until what a fleet reads of the inventory by a job is there. */
static inline void place_reload(struct place *p, struct fleet *fl)
{
	struct job_event e;

	fleet_reload(fl);
	for (unsigned i = 0; i < 200 && fl->reload.job != 0; i++) {   /* not any change: readers are reported, too */
		if (jobs_wait(p->jobs, 100, &e))
			(void)fleet_event(fl, &e);
	}
	assert_int_equal(fl->reload.job, 0);
}

/* --- what a test begins with: two cards as the factory made them, or one that is ready --- */

static inline int setup(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	place_open(p, 2, "3.6");
	*state = p;
	return 0;
}

#define READY_SEED 0x10
/* It has PIN, a DKEK of one share, and no key. */
static inline int setup_ready(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	place_open(p, 1, "3.6");
	place_init(p, 0, 1, READY_SEED);
	*state = p;
	return 0;
}

static inline int teardown(void **state)
{
	place_close(*state);
	free(*state);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define TEST_READY(name) cmocka_unit_test_setup_teardown(name, setup_ready, teardown)

#endif
