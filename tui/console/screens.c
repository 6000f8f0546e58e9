#include "tui/console/screens.h"

#include <string.h>

#include "engine/base/words.h"
#include "tui/console/listed_screens.h"

const struct screen_row screens[] = {
	{ '1', "main", N_("Devices"), N_("Your devices, and what is on each of them."), NULL },
	{ '2', "keys", N_("Keys"), N_("Every key, on which devices it is, and its backups."), keys_screen_new },
	{ '3', "backups", N_("Backups"), N_("Every wrapped key: from where, under which DKEK, proven how, and where it fits."),
	  backups_screen_new },
	{ '4', "custody", N_("Custody"), N_("Every DKEK and its shares: who holds them, and where."), custody_screen_new },
	{ '5', "journal", N_("Journal"), N_("What happened, newest first."), journal_screen_new },
	{ '6', "doctor", N_("Doctor"), N_("Is this workstation able to work?"), doctor_screen_new },
	{ 0 },
};

bool screens_locked(const struct ui *ui)
{
	for (size_t i = 0; i < ui->depth; i++) {
		if (ui->stack[i]->ops->mode == MODE_WIZARD || ui->stack[i]->ops->mode == MODE_LOCK)
			return true;
	}
	return false;
}

/* The one that is shown: right above the main screen, whatever lies on it. */
static const struct screen_row *shown(const struct ui *ui)
{
	for (const struct screen_row *r = screens; r->key != 0 && ui->depth > 1; r++) {
		if (strcmp(r->name, ui->stack[1]->ops->name) == 0)
			return r;
	}
	return &screens[0];
}

static const struct screen_row *wanted(const struct ui *ui, uint32_t key)
{
	const struct screen_row *r = shown(ui);

	if (key == 0)
		return r[1].key != 0 ? &r[1] : &screens[0];
	for (r = screens; r->key != 0; r++) {
		if (r->key == key)
			return r;
	}
	return NULL;
}

void screens_go(struct ui *ui, uint32_t key)
{
	const struct screen_row *to = wanted(ui, key);
	size_t stays;

	if (to == NULL || screens_locked(ui))
		return;
	stays = to == shown(ui) && to->make != NULL ? 2 : 1;
	while (ui->depth > stays)
		ui_pop(ui);
	if (to->make != NULL && ui->depth == 1)
		ui_push(ui, to->make(ui));
}
