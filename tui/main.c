/*
 * Puts the parts together: the source of readers, the inventory, the jobs, the fleet, and then the console or one command.
 * The only file that knows them all.
 */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/harden.h"
#include "engine/base/words.h"
#include "engine/card/pcsc.h"
#include "engine/jobs/jobs.h"
#include "engine/keys/share.h"
#include "engine/sim/sim.h"
#include "store/store.h"
#include "tui/command/command.h"
#include "tui/command/exit.h"
#include "tui/console/console.h"
#include "tui/wizard/fleet.h"
#include "tui/wizard/wizard.h"

#define REHEARSAL_CARDS 2
#define LOCK_MINUTES 10
#define LOCK_MINUTES_MOST 1440

struct parts {
	struct args args;
	char *folder;            /* of the inventory, and of a rehearsal's cards */
	char *store_path;
	struct source *source;
	struct fault store_fault;
	struct store *store;
	struct jobs *jobs;
	struct fleet *fleet;
	struct env env;
	int64_t lock_minutes;    /* of the console; 0: never */
};

/* $VARIABLE/keyroom, or where that is not set $HOME/OTHERWISE/keyroom (XDG Base Directory Specification). */
static enum status xdg_folder(const char *variable, const char *otherwise, const char *rest, char **ret, struct fault *f)
{
	const char *base = getenv(variable), *home = getenv("HOME");
	int n;

	*ret = NULL;
	if (base != NULL && base[0] == '/')
		n = asprintf(ret, "%s/keyroom%s", base, rest);
	else if (home != NULL && home[0] == '/')
		n = asprintf(ret, "%s/%s/keyroom%s", home, otherwise, rest);
	else
		return fault_set(f, ST_USAGE, "HOME is not set, so that it is not known where the inventory is. Set it, or name the "
					      "inventory with --store.");
	if (n >= 0)
		return ST_OK;
	*ret = NULL;
	return fault_set(f, ST_NO_MEMORY, NULL);
}

static enum status choose_paths(struct parts *p, struct fault *f)
{
	const struct args *a = &p->args;
	enum status st = ST_OK;

	if (a->rehearse != NULL && a->rehearse[0] != '\0')
		p->folder = strdup(a->rehearse);
	else if (a->rehearse != NULL)
		st = xdg_folder("XDG_STATE_HOME", ".local/state", "/rehearsal", &p->folder, f);
	else if (a->store == NULL)
		st = xdg_folder("XDG_DATA_HOME", ".local/share", "", &p->folder, f);
	if (st != ST_OK)
		return st;
	if (p->folder == NULL && a->store == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	if (a->store != NULL)
		p->store_path = strdup(a->store);
	else if (asprintf(&p->store_path, "%s/inventory.db", p->folder) < 0)
		p->store_path = NULL;
	return p->store_path != NULL ? ST_OK : fault_set(f, ST_NO_MEMORY, NULL);
}

/* The readers: simulated ones in a rehearsal, else PC/SC's. Nobody else names either. */
static enum status open_source(struct parts *p, struct fault *f)
{
	const struct sim_options options = { .cards = REHEARSAL_CARDS };

	if (p->args.rehearse == NULL)
		return pcsc_source_open(&p->source, f);
	return sim_source_open(p->folder, &options, &p->source, f);
}

static enum status choose_lock(struct parts *p, struct fault *f)
{
	const char *given = p->args.lock;
	char *end;
	long minutes;

	p->lock_minutes = LOCK_MINUTES;
	if (given == NULL)
		return ST_OK;
	minutes = strtol(given, &end, 10);
	if (given[0] < '0' || given[0] > '9' || *end != '\0' || minutes > LOCK_MINUTES_MOST)
		return fault_set(f, ST_USAGE, "--lock takes whole minutes, from 1 to %d, or 0 for never.", LOCK_MINUTES_MOST);
	p->lock_minutes = minutes;
	return ST_OK;
}

static bool tolerates_absence(const struct parts *p)
{
	return p->args.command != NULL && command_goes_without(p->args.command);
}

/* A command that looks at devices is over with one look, and writes down what was seen by itself: a handle less to open. */
static bool looks_once(const struct parts *p)
{
	return p->args.command != NULL && command_only_shows(p->args.command) && command_need(p->args.command) >= NEED_READERS;
}

static enum status start_jobs(struct parts *p, const char *store_path, struct fault *f)
{
	struct jobs_config config;

	wizard_jobs_config(store_path, p->source, &config);
	config.once = looks_once(p);
	return jobs_new(&config, &p->jobs, f);
}

/* Where readers are needed they are looked for while the inventory is opened; without the one the other is of no use. */
static enum status start_parts(struct parts *p, enum need need, struct fault *f)
{
	const bool readers = need >= NEED_READERS;
	enum status st = ST_OK;

	if (need >= NEED_READERS || need == NEED_NOTHING)
		st = open_source(p, f);
	if (st == ST_OK && readers)
		st = start_jobs(p, looks_once(p) ? NULL : p->store_path, f);
	if (st != ST_OK)
		return st;
	st = store_open(p->store_path, 0, &p->store, &p->store_fault);
	if (st != ST_OK && !tolerates_absence(p)) {
		*f = p->store_fault;
		return st;
	}
	return readers ? ST_OK : start_jobs(p, p->store != NULL ? p->store_path : NULL, f);
}

static enum status start(struct parts *p, struct fault *f)
{
	enum need need = p->args.command != NULL ? command_need(p->args.command) : NEED_DEVICE;
	enum status st = choose_paths(p, f);

	if (st == ST_OK)
		st = start_parts(p, need, f);
	if (st != ST_OK)
		return st;
	p->env = (struct env){ .jobs = p->jobs, .store = p->store, .rehearsal = p->args.rehearse != NULL,
			       .script = p->args.command != NULL && isatty(STDIN_FILENO) != 1,
			       .confirm = p->args.confirm, .share_iterations = SHARE_ITERATIONS };
	if (need >= NEED_READERS)
		st = fleet_new(p->jobs, p->store, p->args.command == NULL, &p->fleet, f);
	p->env.fleet = p->fleet;
	return st;
}

static void stop(struct parts *p)
{
	fleet_free(p->fleet);
	jobs_free(p->jobs);
	store_close(p->store);
	if (p->source != NULL)
		p->source->ops->close(p->source);
	free(p->store_path);
	free(p->folder);
	args_done(&p->args);
}

static int run(struct parts *p)
{
	struct fault f = { 0 };
	struct here here = { .args = &p->args, .env = &p->env, .store_fault = &p->store_fault };
	enum status st;

	st = start(p, &f);
	if (st != ST_OK) {
		command_complain(&f);
		return (int)exit_of(st);
	}
	here.fleet = p->fleet;
	here.store_path = p->store_path;
	if (p->args.command != NULL)
		return command_run(&here);
	st = console_run(&p->env, p->fleet, p->source, p->lock_minutes * 60000, &f);
	if (st != ST_OK)
		command_complain(&f);
	return (int)exit_of(st);
}

/*
 * A file that is opened while one of the first three descriptors is closed would get its number, and then what is said to
 * the person. One that was closed stays one that cannot be written.
 */
static bool keep_first_three(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDONLY);
	while (fd >= 0 && fd <= STDERR_FILENO);
	return fd >= 0 && close(fd) == 0;
}

/* What needs no parts: help, version, and a console without a terminal. -1: none of these. */
static int answer_at_once(const struct parts *p)
{
	const struct args *a = &p->args;

	if (a->version) {
		puts("keyroom " KEYROOM_VERSION);
		return EXIT_DONE;
	}
	if (a->words) {
		usage_words(stdout);
		return EXIT_DONE;
	}
	if (a->help) {
		usage_print(stdout, a->command);
		return EXIT_DONE;
	}
	if (a->command == NULL && (isatty(STDIN_FILENO) != 1 || isatty(STDOUT_FILENO) != 1)) {
		fprintf(stderr, "keyroom: %s\n", _("The console needs a terminal. See keyroom --help for what works without one."));
		return EXIT_USAGE;
	}
	return -1;
}

int main(int argc, char **argv)
{
	struct parts parts = { 0 };
	struct fault f = { 0 };
	int code;

	if (!keep_first_three())
		return EXIT_FAILED;
	words_open(KEYROOM_LOCALEDIR);
	/* One heap: the threads take turns with the card, and each one's own would cost more than waiting for another's lock. */
	(void)mallopt(M_ARENA_MAX, 1);
	/* What is large is given back at once when it is freed: the listings of a large inventory take each other's place. */
	(void)mallopt(M_MMAP_THRESHOLD, 128 * 1024);
	signal(SIGPIPE, SIG_IGN);
	if (harden_process(&f) != ST_OK || args_parse(argc, (const char *const *)argv, &parts.args, &f) != ST_OK ||
	    choose_lock(&parts, &f) != ST_OK) {
		command_complain(&f);
		return (int)exit_of(f.st);
	}
	code = answer_at_once(&parts);
	if (code < 0) {
		if (parts.args.command == NULL)
			console_block_signals();
		code = run(&parts);
	}
	stop(&parts);
	/* What has failed before has said why. */
	if ((fflush(stdout) != 0 || ferror(stdout)) && code == EXIT_DONE) {
		fprintf(stderr, "keyroom: %s\n", _("The result could not be written to standard output."));
		code = EXIT_FAILED;
	}
	return code;
}
