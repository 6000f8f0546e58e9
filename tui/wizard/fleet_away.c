/* What the inventory knows of the devices that are not here: looked through by a job, as often as something has changed. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/bytes.h"
#include "engine/base/clock.h"
#include "engine/card/firmware.h"
#include "tui/wizard/fleet_inside.h"
#include "tui/wizard/strength.h"

static void look_done(struct look_away *l)
{
	free(l->here);
	away_free(l->found);
	*l = (struct look_away){ 0 };
}

static enum status walk_job(struct job *job, struct card *card, void *local, void *ctx, struct fault *f)
{
	struct look_away *l = ctx;
	const struct away_query q = {
		.here = l->here, .n_here = l->n_here,
		.soon = clock_wall() + (int64_t)CERT_SOON_DAYS * 86400,
		.rsa_weak_below = key_weak_below("rsa"), .ec_weak_below = key_weak_below("ec"),
		.not_flags = FLEET_ORPHAN,
	};
	enum status st;

	(void)job;
	(void)card;
	if (local == NULL)
		return fault_set(f, ST_STORE, NULL);
	st = store_away(local, &q, &l->found, f);
	store_relax(local);
	(void)malloc_trim(0);   /* what walking through all rows took is not needed again soon */
	return st;
}

/* Could backups be restored to it? */
static void here_of(const struct fleet_device *d, struct away_here *ret)
{
	const struct firmware *fw = firmware_of((unsigned)d->fw_major, (unsigned)d->fw_minor);
	size_t n = 0;

	ret->rsa_max = fw->rsa_max;
	ret->ec_max = fw->ec_max;
	ret->aes = fw->aes;
	snprintf(ret->serial, sizeof(ret->serial), "%s", d->serial);
	ret->takes = d->initialised && d->dkek_missing == 0 &&
		     hex_parse(d->dkek_kcv, strlen(d->dkek_kcv), ret->kcv, sizeof(ret->kcv), &n) && n == sizeof(ret->kcv);
}

static void walk_begin(struct fleet *fl)
{
	struct look_away *l = &fl->walk;

	fl->away_again = false;
	if ((l->here = calloc(fl->n + 1, sizeof(*l->here))) == NULL)
		return;   /* it is tried again with the next change */
	for (size_t i = 0; i < fl->n; i++) {
		if (fl->e[i]->d.state == FLEET_HERE && fl->e[i]->d.serial[0] != '\0')
			here_of(&fl->e[i]->d, &l->here[l->n_here++]);
	}
	if ((l->job = jobs_submit(fl->jobs, NULL, walk_job, l)) == 0)
		look_done(l);
}

void away_changed(struct fleet *fl)
{
	if (!fl->looks_away || fl->store == NULL)
		return;
	if (fl->walk.job != 0)
		fl->away_again = true;
	else
		walk_begin(fl);
}

void fleet_look_away(struct fleet *fl)
{
	if (fl->looks_away)
		return;
	fl->looks_away = true;
	away_changed(fl);
}

bool away_event(struct fleet *fl, const struct job_event *event)
{
	const bool mine = event->type == JOBS_DONE && fl->walk.job != 0 && event->job == fl->walk.job;

	if (!mine)
		return false;
	fl->walk.job = 0;
	if (event->st == ST_OK) {   /* else what was known before stays */
		look_done(&fl->away);
		fl->away = fl->walk;
		fl->walk = (struct look_away){ 0 };
	} else {
		look_done(&fl->walk);
	}
	if (fl->away_again)
		walk_begin(fl);
	fl->attention_known = false;
	return true;
}

void away_done(struct fleet *fl)
{
	if (fl->walk.job != 0)
		jobs_abandon(fl->jobs, fl->walk.job);
	look_done(&fl->walk);
	look_done(&fl->away);
}
