#include "tui/console/stock.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>


#define KINDS (LISTING_JOURNAL + 1)
#define CHAIN KINDS              /* the one load that is no listing */

/* What a job is told, and what it brings back. It is the job's while that is under way. */
struct load {
	unsigned job;            /* 0: none is under way */
	unsigned kind;
	struct listing *listing;
	struct journal_verdict verdict;
};

struct stock {
	struct ui *ui;
	bool begun;
	struct load load[KINDS + 1];
	bool wanted[KINDS + 1];  /* to be loaded, once no other is being loaded */
	struct listing *listing[KINDS];
	unsigned version[KINDS];
	struct fault fault[KINDS + 1];
	bool wants_verdict, has_verdict;
	struct journal_verdict verdict;
};

static enum status load_it(struct job *job, struct card *card, void *local, void *ctx, struct fault *f)
{
	struct load *load = ctx;
	struct store *s = local;
	enum status st;

	(void)job;
	(void)card;
	if (s == NULL)
		return fault_set(f, ST_STORE, "There is no inventory, so that nothing can be listed here. What is plugged in stands "
				 "on the screen of the devices.");
	if (load->kind == CHAIN)
		st = store_journal_verify(s, &load->verdict, f);
	else
		st = store_listing(s, (enum listing_kind)load->kind, key_type_words, &load->listing, f);
	store_relax(s);
	(void)malloc_trim(0);   /* what walking through all rows took is not needed again soon */
	return st;
}

/* One after the other: the old listing stays until the new one is there, and two of each kind would take much memory. */
static void next_load(struct stock *s)
{
	for (unsigned kind = 0; kind <= CHAIN; kind++) {
		if (s->load[kind].job != 0)
			return;
	}
	for (unsigned kind = 0; kind <= CHAIN; kind++) {
		if (!s->wanted[kind])
			continue;
		s->wanted[kind] = false;
		s->load[kind].kind = kind;
		s->load[kind].job = jobs_submit(s->ui->env->jobs, NULL, load_it, &s->load[kind]);
		if (s->load[kind].job != 0)
			return;
		(void)fault_set(&s->fault[kind], ST_NO_MEMORY, NULL);
	}
}

static void want(struct stock *s, unsigned kind)
{
	s->wanted[kind] = true;
	next_load(s);
}

struct stock *stock_new(struct ui *ui)
{
	struct stock *s = calloc(1, sizeof(*s));

	if (s != NULL)
		s->ui = ui;
	/* Where a sanitizer's heap has taken its place, glibc's is set up by the first call: not by two workers at once. */
	(void)malloc_trim(0);
	return s;
}

void stock_free(struct stock *s)
{
	if (s == NULL)
		return;
	for (unsigned kind = 0; kind <= CHAIN; kind++) {
		if (s->load[kind].job != 0)
			jobs_abandon(s->ui->env->jobs, s->load[kind].job);
		listing_free(s->load[kind].listing);
		if (kind < KINDS)
			listing_free(s->listing[kind]);
	}
	free(s);
}

void stock_begin(struct stock *s)
{
	if (s->begun)
		return;
	s->begun = true;
	for (unsigned kind = 0; kind < KINDS; kind++)
		want(s, kind);
}

static void came(struct stock *s, struct load *load, const struct job_event *e)
{
	load->job = 0;
	s->fault[load->kind] = e->st == ST_OK ? (struct fault){ 0 } : e->fault;
	if (e->st != ST_OK)
		return;   /* what was there before stays */
	if (load->kind == CHAIN) {
		s->verdict = load->verdict;
		s->has_verdict = true;
		return;
	}
	listing_free(s->listing[load->kind]);
	s->listing[load->kind] = load->listing;
	load->listing = NULL;
	s->version[load->kind]++;
	if (load->kind == LISTING_JOURNAL && s->wants_verdict)
		want(s, CHAIN);
}

bool stock_event(struct stock *s, const struct job_event *e, unsigned fleet_changes)
{
	bool some = false;

	/* What needs doing is worked out again from an inventory that has not changed. */
	for (unsigned kind = 0; s->begun && kind < KINDS && (fleet_changes & ~(unsigned)FLEET_ATTENTION) != 0; kind++)
		want(s, kind);
	for (unsigned kind = 0; kind <= CHAIN && e->type == JOBS_DONE; kind++) {
		if (s->load[kind].job == 0 || s->load[kind].job != e->job)
			continue;
		came(s, &s->load[kind], e);
		next_load(s);
		some = true;
	}
	return some;
}

const struct listing *stock_listing(const struct stock *s, enum listing_kind kind, const struct fault **ret_fault)
{
	if (ret_fault != NULL)
		*ret_fault = &s->fault[kind];
	return s->listing[kind];
}

unsigned stock_version(const struct stock *s, enum listing_kind kind)
{
	return s->version[kind];
}

void stock_want_verdict(struct stock *s)
{
	if (!s->wants_verdict)
		want(s, CHAIN);
	s->wants_verdict = true;
}

const struct journal_verdict *stock_verdict(const struct stock *s)
{
	return s->has_verdict && s->fault[CHAIN].st == ST_OK ? &s->verdict : NULL;
}
