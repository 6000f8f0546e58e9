/*
 * The console on simulated cards, as in a rehearsal, for tests: it opens shares with an iteration count of 1, and lets
 * itself be looked into, so that a test can search its memory for what was typed. console_main FOLDER [realistic | MS]: cards
 * that take their time; milliseconds after which it locks itself.
 */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/sim/sim.h"
#include "store/store.h"
#include "tests/console/tap.h"
#include "tui/console/console.h"
#include "tui/wizard/fleet.h"
#include "tui/wizard/wizard.h"

static enum status run(const char *folder, bool realistic, int64_t lock_ms, struct fault *f)
{
	const struct sim_options options = { .cards = 2, .no_sync = true, .realistic = realistic };
	struct source *source = NULL;
	struct store *store = NULL;
	struct jobs *jobs = NULL;
	struct fleet *fleet = NULL;
	struct jobs_config config;
	struct env env = { .rehearsal = true, .share_iterations = 1 };
	char path[4096];
	enum status st;

	(void)snprintf(path, sizeof(path), "%s/inventory.db", folder);
	if ((st = sim_source_open(folder, &options, &source, f)) != ST_OK)
		return st;
	if ((st = store_open(path, 0, &store, f)) == ST_OK) {
		wizard_jobs_config(path, source, &config);
		st = jobs_new(&config, &jobs, f);
	}
	if (st == ST_OK) {
		env.jobs = jobs;
		env.store = store;
		st = fleet_new(jobs, store, true, &fleet, f);
		env.fleet = fleet;
	}
	if (st == ST_OK)
		st = console_run(&env, fleet, source, lock_ms, f);
	fleet_free(fleet);
	jobs_free(jobs);
	store_close(store);
	source->ops->close(source);
	return st;
}

int main(int argc, char **argv)
{
	struct fault f = { 0 };

	(void)setlocale(LC_ALL, "");
	if (argc != 2 && argc != 3)
		return 2;
	tap_open(argv[1]);
	console_block_signals();
	if (run(argv[1], argc == 3 && strcmp(argv[2], "realistic") == 0, argc == 3 ? atoi(argv[2]) : 0, &f) == ST_OK)
		return 0;
	(void)fprintf(stderr, "%s\n", f.what);
	return 1;
}
