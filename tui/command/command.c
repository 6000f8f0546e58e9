#include "tui/command/command.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/words.h"
#include "store/store.h"
#include "tui/command/ask.h"
#include "tui/command/exit.h"
#include "tui/command/given.h"
#include "tui/command/print.h"
#include "tui/command/questions.h"
#include "tui/command/query.h"
#include "tui/command/result.h"
#include "tui/command/tty.h"
#include "tui/wizard/fleet.h"
#include "tui/wizard/wizard.h"

static const struct command_option journal_options[] = {
	{ .name = "limit", .value = "N" }, { .name = "" },
};

/* What shows something and changes nothing. Procedures follow these, from their own table. */
static const struct command queries[] = {
	{ .name = "devices", .summary = N_("Readers and cards here, and devices known but absent"), .need = NEED_READERS,
	  .without_store = true, .show = query_devices },
	{ .name = "status", .summary = N_("One device: versions, PIN and SO-PIN tries, DKEK shares and check value, memory"),
	  .need = NEED_DEVICE, .without_store = true, .show = query_status },
	{ .name = "objects", .summary = N_("Keys, certificates, data on one device"), .need = NEED_DEVICE, .without_store = true,
	  .show = query_objects },
	{ .name = "backups", .summary = N_("Every wrapped key known, and what is proven about it"), .need = NEED_STORE,
	  .show = query_backups },
	{ .name = "keys", .summary = N_("Every logical key: where it is, how often backed up"), .need = NEED_STORE,
	  .show = query_keys },
	{ .name = "journal", .summary = N_("What happened, newest first"), .need = NEED_STORE, .options = journal_options,
	  .show = query_journal },
	{ .name = "journal verify", .summary = N_("Is the journal whole and in order?"), .need = NEED_STORE,
	  .show = query_journal_verify },
	{ .name = "doctor", .summary = N_("Is this workstation able to work? One line a check, with the fix"),
	  .need = NEED_NOTHING, .show = query_doctor },
};

#define N_QUERIES (sizeof(queries) / sizeof(queries[0]))
#define MAX_PROCEDURES 64

/* A row for a procedure is made from the procedure; it is kept here, since rows are handed out by address. */
static const struct command *procedure_row(size_t i)
{
	static struct command rows[MAX_PROCEDURES];

	if (i >= MAX_PROCEDURES || procedures[i] == NULL)
		return NULL;
	rows[i] = (struct command){ .name = procedures[i]->command, .summary = procedures[i]->summary,
				    .procedure = procedures[i] };
	return &rows[i];
}

const struct command *command_row(size_t i)
{
	return i < N_QUERIES ? &queries[i] : procedure_row(i - N_QUERIES);
}

const struct command *command_find(const char *first, const char *second, bool *ret_two_words)
{
	const struct command *one = NULL;
	size_t len = strlen(first);

	for (size_t i = 0; command_row(i) != NULL; i++) {
		const struct command *c = command_row(i);

		if (strcmp(c->name, first) == 0)
			one = c;
		if (second != NULL && strncmp(c->name, first, len) == 0 && c->name[len] == ' ' &&
		    strcmp(c->name + len + 1, second) == 0) {
			*ret_two_words = true;
			return c;
		}
	}
	*ret_two_words = false;
	return one;
}

enum need command_need(const struct command *c)
{
	if (c->procedure == NULL)
		return c->need;
	if (c->procedure->looks_around)
		return NEED_READERS;
	return c->procedure->on_device ? NEED_DEVICE : NEED_STORE;
}

bool command_goes_without(const struct command *c)
{
	return c->procedure == NULL && (c->without_store || c->need == NEED_NOTHING);
}

bool command_only_shows(const struct command *c)
{
	return c->procedure == NULL;
}

void command_complain(const struct fault *f)
{
	if (f->what[0] == '\0')
		return;
	if (f->sw != 0)
		print_line(PROSE_PLAIN, "keyroom: %s (card: %04X)", f->what, f->sw);
	else
		print_line(PROSE_PLAIN, "keyroom: %s", f->what);
}

/* Finds the device and gives it to the run. A procedure looks at the rest itself. */
static enum status choose_device(const struct here *h, struct run *r, struct fault *f)
{
	const struct procedure *p = run_procedure(r);
	const struct fleet_device *d;
	sigset_t stops;
	enum status st;

	/* Where the smart card service does not answer, no device is here as far as anybody can see. */
	tty_keep_going(&stops);
	if (p->looks_around)
		(void)fleet_scan_all_wait(h->fleet, FLEET_WHO, SCAN_TIMEOUT_MS, f);
	st = !p->on_device ? ST_OK :
	     fleet_scan_wait(h->fleet, h->args->device, p->one_session && h->env->script ? FLEET_HOLD : FLEET_WHO, SCAN_TIMEOUT_MS,
			     &d, f);
	tty_may_stop(&stops);
	if (st != ST_OK || !p->on_device)
		return st;
	/* Where a second device is asked for, it may be that one which is meant: ask.c. */
	if (h->args->confirm != NULL && strcmp(h->args->confirm, d->serial) != 0 && !procedure_has(p, ASK_OTHER))
		return fault_set(f, ST_REFUSED, "--confirm says %s, but this device is %s. Nothing was done.", h->args->confirm,
				 d->serial);
	return run_set_device(r, d->serial, d->reader, f);
}

static enum status run_procedure_here(const struct here *h, struct fault *f)
{
	CLEANUP(run_free_guard) struct run *r = NULL;
	enum status st = given_fits(h->args, h->args->command->procedure, f);

	if (st == ST_OK)
		st = run_new(h->args->command->procedure, h->env, &r, f);
	if (st == ST_OK)
		st = choose_device(h, r, f);
	if (st == ST_OK)
		st = ask_run(h, r, f);
	if (st == ST_OK)
		st = result_show(r, h->args, f);
	return st;
}

static enum status show_here(const struct here *h, struct fault *f)
{
	const struct command *c = h->args->command;
	sigset_t stops;
	enum status st;

	if (c->need < NEED_READERS)
		return c->show(h, f);
	tty_keep_going(&stops);
	st = c->show(h, f);
	tty_may_stop(&stops);
	return st;
}

static enum status check_needed(const struct args *a, struct fault *f)
{
	if (a->command->words != NULL && a->command->words[0] != '[' && args_count(a, "") == 0)
		return fault_set(f, ST_USAGE, "\"%s\" needs %s. See keyroom %s --help.", a->command->name, a->command->words,
				 a->command->name);
	for (const struct command_option *o = a->command->options; o != NULL && o->name[0] != '\0'; o++) {
		if (args_count(a, o->name) > 1)
			return fault_set(f, ST_USAGE, "--%s was given twice.", o->name);
	}
	return ST_OK;
}

int command_run(const struct here *h)
{
	struct fault f = { 0 };
	enum status st = check_needed(h->args, &f);

	if (st == ST_OK && h->env->store == NULL && h->args->command->without_store)
		print_line(PROSE_WARNING, "The inventory was not read: %s What follows is what the device itself says.",
			   h->store_fault->what);
	if (st == ST_OK && h->env->store != NULL && store_read_only(h->env->store))
		print_line(PROSE_WARNING, "The inventory %s is read-only: it can be looked at, and nothing is written down in it.",
			   h->store_path);
	if (st == ST_OK)
		st = h->args->command->procedure != NULL ? run_procedure_here(h, &f) : show_here(h, &f);
	if (st != ST_OK)
		command_complain(&f);
	return (int)exit_of(st);
}
