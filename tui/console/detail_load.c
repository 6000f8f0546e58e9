/* What a screen of details shows is found out by a worker: the job, and what becomes of it when its screen is left. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/words.h"
#include "store/store.h"
#include "tui/console/detail_screen.h"

void detail_load_free(struct load *l)
{
	if (l == NULL)
		return;
	detail_done(&l->detail);
	free(l->store_path);
	free(l);
}

static bool stopped(void *job)
{
	return job != NULL && job_cancelled(job);
}

static enum status load_job(struct job *job, struct card *card, void *local, void *ctx, struct fault *f)
{
	struct load *l = ctx;

	(void)card;
	(void)f;
	l->place.store = local;
	l->place.store_path = l->store_path;
	if (local == NULL)
		(void)fault_set(&l->place.store_fault, ST_STORE, NULL);
	if (l->about == ABOUT_OBJECT)
		detail_of_object(local, &l->device, &l->object, l->now, &l->detail);
	else if (l->about == ABOUT_DEVICE)
		detail_of_device(local, &l->device, l->now, &l->detail);
	else if (l->about == ABOUT_DKEK)
		detail_of_dkek(local, l->dkek, &l->detail);
	else if (l->about == ABOUT_CUSTODY)
		detail_of_custody(local, &l->detail);
	else
		detail_of_doctor(&l->place, stopped, job, &l->detail);
	return ST_OK;
}

static struct load *load_new(const struct detail_screen *d)
{
	const struct env *env = d->s.ui->env;
	struct load *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	l->about = d->about;
	l->device = d->device;
	l->object = d->object;
	memcpy(l->dkek, d->dkek, sizeof(l->dkek));
	l->now = d->s.ui->wall;
	l->store_path = strdup(env->store != NULL ? store_path(env->store) : "");
	if (d->about == ABOUT_DOCTOR)
		doctor_look(env->jobs, &l->place);
	if (l->store_path != NULL)
		l->job = jobs_submit(env->jobs, NULL, load_job, l);
	if (l->job == 0) {
		detail_load_free(l);
		return NULL;
	}
	return l;
}

/* Checks that a screen left before they were over are taken up by the next one. */
void detail_load(struct detail_screen *d)
{
	if (d->load != NULL) {
		d->again = true;
		return;
	}
	d->again = false;
	d->begun_ms = d->s.ui->now_ms;
	if (d->about == ABOUT_DOCTOR && d->s.ui->left != NULL)
		d->load = STEAL(d->s.ui->left);
	else
		d->load = load_new(d);
}

/* Where no thread could open the inventory the job did not run: then the fleet's knowledge is all there is. */
void detail_loaded(struct detail_screen *d, enum status st)
{
	if (st != ST_OK)
		(void)load_job(NULL, NULL, NULL, d->load, NULL);
	detail_done(&d->shown);
	d->shown = d->load->detail;
	d->load->detail = (struct detail){ 0 };
	detail_load_free(STEAL(d->load));
	d->loaded = true;
	if (d->again)
		detail_load(d);
}

bool detail_is_loaded(struct detail_screen *d, const struct job_event *e)
{
	if (e->type != JOBS_DONE || d->load == NULL || e->job != d->load->job)
		return false;
	detail_loaded(d, e->st);
	return true;
}

const char *detail_waiting(const struct detail_screen *d, char *out, size_t cap)
{
	int seconds = (int)((d->s.ui->now_ms - d->begun_ms) / 1000);

	if (d->about != ABOUT_DOCTOR)
		return _("Reading the inventory.");
	if (seconds < 1)
		return _("Checking this workstation.");
	(void)snprintf(out, cap, _("Checking this workstation, for %d s now. A large inventory takes a while."), seconds);
	return out;
}

/* Nobody waits for the checks; what only reads is over at once. */
void detail_end(struct detail_screen *d)
{
	struct ui *ui = d->s.ui;

	if (d->load != NULL && d->about == ABOUT_DOCTOR && ui->left == NULL)
		ui->left = STEAL(d->load);
	if (d->load != NULL)
		jobs_abandon(ui->env->jobs, d->load->job);
	detail_load_free(STEAL(d->load));
	detail_done(&d->shown);
}

void detail_left_event(struct ui *ui, const struct job_event *e)
{
	if (ui->left != NULL && e->type == JOBS_DONE && e->job == ui->left->job)
		detail_load_free(STEAL(ui->left));
}

void detail_left_done(struct ui *ui)
{
	if (ui->left != NULL)
		jobs_abandon(ui->env->jobs, ui->left->job);
	detail_load_free(STEAL(ui->left));
}
