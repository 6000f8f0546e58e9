/*
 * The devices that the inventory knows: a thousand of them take longer to read than a key press may last, so that all but the
 * first reading is done by a job.
 */
#include <stdlib.h>
#include <string.h>

#include "tui/wizard/fleet_inside.h"

static void look_done(struct look_known *l)
{
	for (size_t i = 0; i < l->n; i++)
		entry_free(l->e[i]);
	free(l->e);
	*l = (struct look_known){ 0 };
}

/* Key domain 0 of each device, in the order of serials. */
struct domains {
	struct device_domain *d;
	size_t n;
};

static void domains_done(struct domains *all)
{
	free(all->d);
}

static int serial_and_domain(const void *serial, const void *domain)
{
	return strcmp(serial, ((const struct device_domain *)domain)->serial);
}

static enum status add(struct look_known *l, const struct device_row *row, const struct domains *all, struct fault *f)
{
	const struct device_domain *domain = NULL;
	struct entry **list = reallocarray(l->e, l->n + 1, sizeof(struct entry *)), *e;

	if (list == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	l->e = list;
	e = calloc(1, sizeof(*e));
	if (e == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	e->d.state = FLEET_ABSENT;
	e->d.trust = FLEET_UNKNOWN;
	known_to_device(row, &e->d);
	known_counts(row, &e->d);
	if (all->n > 0)
		domain = bsearch(row->serial, all->d, all->n, sizeof(*all->d), serial_and_domain);
	known_domain(&e->d, domain != NULL ? &domain->domain : NULL);
	l->e[l->n++] = e;
	return ST_OK;
}

static enum status load(struct store *store, struct look_known *l, struct fault *f)
{
	CLEANUP(domains_done) struct domains all = { 0 };
	struct device_filter filter = { 0 };
	enum status st = store_first_domains(store, &all.d, &all.n, f);
	size_t n;

	if (st != ST_OK)
		return st;
	do {
		struct device_row *rows = NULL;

		n = 0;
		if ((st = store_devices(store, &filter, &rows, &n, f)) != ST_OK)
			return st;
		for (size_t i = 0; i < n && st == ST_OK; i++)
			st = add(l, &rows[i], &all, f);
		free(rows);
		filter.page.offset += STORE_PAGE_MAX;
	} while (st == ST_OK && n == STORE_PAGE_MAX);
	return st;
}

static bool is_among(struct entry *const *e, size_t n, const char *serial)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(e[i]->d.serial, serial) == 0)
			return true;
	}
	return false;
}

/* In the place of all that are away. Those that are here now stay as they are. */
static enum status merge(struct fleet *fl, struct look_known *l, struct fault *f)
{
	struct entry **list = reallocarray(NULL, fl->n + l->n + 1, sizeof(struct entry *));
	size_t n = 0, here;

	if (list == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	for (size_t i = 0; i < fl->n; i++) {
		if (entry_is_here(fl->e[i]))
			list[n++] = fl->e[i];
		else
			entry_free(fl->e[i]);
	}
	here = n;
	for (size_t i = 0; i < l->n; i++) {
		if (!is_among(list, here, l->e[i]->d.serial)) {
			list[n++] = l->e[i];
			l->e[i] = NULL;
		}
	}
	free(fl->e);
	fl->e = list;
	fl->n = n;
	return ST_OK;
}

enum status reload_now(struct fleet *fl, struct fault *f)
{
	CLEANUP(look_done) struct look_known l = { 0 };
	enum status st;

	if (fl->store == NULL)
		return ST_OK;
	if ((st = load(fl->store, &l, f)) == ST_OK)
		st = merge(fl, &l, f);
	return st;
}

static enum status load_job(struct job *job, struct card *card, void *local, void *ctx, struct fault *f)
{
	enum status st;

	(void)job;
	(void)card;
	if (local == NULL)
		return fault_set(f, ST_STORE, NULL);
	st = load(local, ctx, f);
	store_relax(local);
	return st;
}

void fleet_reload(struct fleet *fl)
{
	if (fl->store == NULL)
		return;
	fl->reload_again = fl->reload.job != 0;
	if (!fl->reload_again)
		fl->reload.job = jobs_submit(fl->jobs, NULL, load_job, &fl->reload);
}

bool reload_event(struct fleet *fl, const struct job_event *event)
{
	const bool mine = event->type == JOBS_DONE && fl->reload.job != 0 && event->job == fl->reload.job;
	struct fault f;

	if (!mine)
		return false;
	fl->reload.job = 0;
	if (event->st == ST_OK)   /* else what was known before stays */
		(void)merge(fl, &fl->reload, &f);
	look_done(&fl->reload);
	for (size_t i = 0; i < fl->n; i++) {
		if (!entry_is_here(fl->e[i]))
			continue;
		(void)known_fill(fl, &fl->e[i]->d);
		fl->e[i]->objects_loaded = false;
	}
	if (fl->reload_again)
		fleet_reload(fl);
	fleet_changed(fl);
	return true;
}

void reload_done(struct fleet *fl)
{
	if (fl->reload.job != 0)
		jobs_abandon(fl->jobs, fl->reload.job);
	look_done(&fl->reload);
}
