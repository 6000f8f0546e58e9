/*
 * key delete: says what of each key is left elsewhere, makes a backup first where that is wanted, has the serial typed, then
 * deletes key, certificate and description, in this order: a stop between two of them leaves the description, by which the
 * rest is found again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"
#include "engine/base/words.h"
#include "tui/wizard/find.h"
#include "tui/wizard/key_delete.h"
#include "tui/wizard/procedures.h"
#include "tui/wizard/record.h"
#include "tui/wizard/session.h"
#include "tui/wizard/wizard.h"

static enum status check_ids(struct run *r, unsigned index, struct fault *f)
{
	(void)index;
	for (unsigned i = 0; i < run_count(r, "id"); i++) {
		enum status st = find_check(run_get(r, "id", i), f);

		if (st != ST_OK)
			return st;
	}
	return ST_OK;
}

/* --- what is left of the key elsewhere --- */

static bool backs_up(const struct run *r)
{
	return run_is(r, "backup-first", "1");
}

/* A script sees warnings only, and is to see this too. */
static enum prose_role item(const struct run *r)
{
	return run_env(r)->script ? PROSE_WARNING : PROSE_ITEM;
}

static size_t tell_devices(const struct run *r, const struct key_identity *key, const char *but, struct prose *out)
{
	struct object_filter filter = { .key = key };
	struct object_row *rows = NULL;
	size_t n = 0, elsewhere = 0;

	if (store_objects(run_env(r)->store, &filter, &rows, &n, NULL) != ST_OK)
		return 0;
	for (size_t i = 0; i < n; i++) {
		if (rows[i].type != THING_KEY || strcmp(rows[i].serial, but) == 0)
			continue;
		prose_add(out, item(r), "It is also on device %s, as last seen.", rows[i].serial);
		elsewhere++;
	}
	free(rows);
	return elsewhere;
}

static size_t tell_backups(const struct run *r, const struct key_identity *key, struct prose *out)
{
	static const char *const proven[] = {
		[PROOF_NONE] = N_("Nothing is proven about it."),
		[PROOF_INTACT] = N_("Its container can be read, nothing more is proven."),
		[PROOF_MATCHED] = N_("Its check value is that of a known DKEK; it was never opened or restored."),
		[PROOF_OPENED] = N_("It was opened with all shares."),
		[PROOF_RESTORED] = N_("It was restored and proven."),
	};
	struct backup_filter filter = { .key = key };
	struct backup_row *rows = NULL;
	char kcv[2 * STORE_KCV_LEN + 1], file[STORE_PLACE_MAX];
	size_t n = 0;

	if (store_backups(run_env(r)->store, &filter, &rows, &n, NULL) != ST_OK)
		return 0;
	for (size_t i = 0; i < n; i++) {
		hex_upper(kcv, rows[i].kcv, sizeof(rows[i].kcv));
		text_clean(file, sizeof(file), rows[i].file, strlen(rows[i].file));
		if (file[0] != '\0')
			prose_add(out, item(r), "There is the backup %lld under the DKEK %s, file %s. %s", (long long)rows[i].id, kcv, file,
				  translated(proven[rows[i].proof]));
		else
			prose_add(out, item(r), "There is the backup %lld under the DKEK %s. %s", (long long)rows[i].id, kcv,
				  translated(proven[rows[i].proof]));
	}
	free(rows);
	return n;
}

static void review_key(const struct run *r, const struct key_result *k, struct prose *out)
{
	const struct key_identity id = identity_of_result(k);
	size_t devices = 0, backups = 0;

	if (k->subject[0] != '\0')
		prose_add(out, PROSE_WARNING,
			  "The key \"%s\" (%s, CKA_ID %s) will be deleted from %s, with its description and its certificate for %s, "
			  "until %s. The device cannot bring them back.",
			  k->label, k->kind, k->id, k->serial, k->subject, k->until);
	else
		prose_add(out, PROSE_WARNING,
			  "The key \"%s\" (%s, CKA_ID %s) will be deleted from %s, with its description. The device cannot bring it back.",
			  k->label, k->kind, k->id, k->serial);
	if (run_env(r)->store != NULL && id.len > 0) {
		devices = tell_devices(r, &id, k->serial, out);
		backups = tell_backups(r, &id, out);
	}
	if (devices > 0 || backups > 0 || backs_up(r))
		return;
	prose_add(out, PROSE_WARNING,
		  "No other device and no backup is known to have this key. When it is deleted here, it is gone for good, and with it "
		  "everything that only this key can sign or decipher.");
}

static void review(const struct run *r, struct prose *out)
{
	const struct key_delete *state = run_state(r);

	if (backs_up(r) && !state->saved)
		prose_add(out, PROSE_PLAIN, "First each key is backed up, and its backup is read back and matched with the device's DKEK. "
			  "Where that fails, nothing is deleted.");
	for (size_t i = 0; i < state->device.n_rows; i++) {
		const struct key_result *k = &state->device.rows[i];

		if (state->gone[i])
			prose_add(out, PROSE_PLAIN, "%s was deleted before this was interrupted.",
				  k->label[0] != '\0' ? k->label : run_get(r, "id", (unsigned)i));
		else
			review_key(r, k, out);
	}
}

static const char *confirm(const struct run *r)
{
	const struct device_state *d = run_state(r);

	return d->look.serial[0] != '\0' ? d->look.serial : run_serial(r);
}

static void outcome(const struct run *r, struct prose *out)
{
	const struct device_state *d = run_state(r);

	for (size_t i = 0; i < d->n_rows; i++) {
		const struct key_result *k = &d->rows[i];

		if (k->backup[0] != '\0' && k->file[0] != '\0')
			prose_add(out, PROSE_DONE, "The key \"%s\" (%s) was backed up: backup %s, file %s.", k->label, k->kind, k->backup,
				  k->file);
		else if (k->backup[0] != '\0')
			prose_add(out, PROSE_DONE, "The key \"%s\" (%s) was backed up: backup %s, in the inventory.", k->label, k->kind,
				  k->backup);
		prose_add(out, PROSE_DONE, "The key \"%s\" (%s) was deleted from %s, and the device does not list it any more.",
			  k->label, k->kind, k->serial);
	}
}

static void tell_pin(const struct run *r, unsigned index, struct prose *out)
{
	(void)index;
	session_tell_user(r, out);
}

/* Before a person decides whether a backup comes first. */
static void tell_unbacked(const struct run *r, unsigned index, struct prose *out)
{
	const struct key_delete *state = run_state(r);

	(void)index;
	if (run_env(r)->script)
		return;
	for (size_t i = 0; i < state->device.n_rows; i++) {
		const struct key_result *k = &state->device.rows[i];
		const struct key_identity id = identity_of_result(k);
		struct backup_filter filter = { .key = &id };
		size_t n = 0;

		if (state->gone[i] || (id.len > 0 && store_backups_count(run_env(r)->store, &filter, &n, NULL) == ST_OK && n > 0))
			continue;
		prose_add(out, PROSE_WARNING, "No backup of \"%s\" (%s) is known.", k->label, k->kind);
	}
}

static bool can_back_up(const struct run *r, unsigned index)
{
	const struct look *l = &((const struct key_delete *)run_state(r))->device.look;

	(void)index;
	/* Where a script asks for one that cannot be made it is told so. */
	return run_env(r)->script || (l->has_dkek && l->dkek.present && l->dkek.missing == 0);
}

static bool asks_folder(const struct run *r, unsigned index)
{
	return can_back_up(r, index) && backs_up(r);
}

static unsigned unless_gone(const struct run *r)
{
	return delete_all_gone(r) ? 0 : 1;
}

static unsigned if_backed_up(const struct run *r)
{
	return backs_up(r) && !((const struct key_delete *)run_state(r))->saved && !delete_all_gone(r) ? 1 : 0;
}

static const struct step look_step = {
	.name = "look", .words = N_("Find the keys"), .where = ON_DEVICE, .fn = delete_look,
};

static const struct step resume_step = {
	.name = "resume", .words = N_("Find out how far it came"), .where = ON_DEVICE, .fn = delete_resume,
};

static const struct question key_questions[] = {
	{
		.name = "id",
		.value = "HEX",
		.ask = ASK_OBJECTS,
		.max = DELETE_MAX,
		.words = N_("Keys"),
		.choices_of = find_choices,
		.check = check_ids,
		.help = N_("Which keys are to be deleted, by their CKA_ID. Before anything happens you see where else each key is, and "
			   "which backups of it are known."),
	},
	{ .name = NULL },
};

static const struct question backup_questions[] = {
	{
		.name = "backup-first",
		.ask = ASK_YES,
		.optional = true,
		.words = N_("Back up first"),
		.asked = can_back_up,
		.help = N_("Each key is wrapped under the device's DKEK before it is deleted, and its backup is read back and matched. "
			   "Where that fails for one of them, no key is deleted."),
	},
	{
		.name = "out",
		.value = "DIR",
		.ask = ASK_TEXT,
		.optional = true,
		.words = N_("Folder"),
		.asked = asks_folder,
		.help = N_("A folder for one new file a key, made if it is not there. Without it the backups are kept in this computer's "
			   "inventory alone."),
	},
	{ .name = NULL },
};

static const struct question pin_questions[] = { QUESTION_PIN, { .name = NULL } };

static const struct page pages[] = {
	{ .name = N_("Keys"), .title = N_("Which keys"), .questions = key_questions, .work = &look_step },
	{ .name = N_("Backups"), .title = N_("A backup first?"), .questions = backup_questions, .text = tell_unbacked,
	  .repeat = unless_gone },
	{ .name = N_("User PIN"), .title = N_("The user PIN"), .questions = pin_questions, .text = tell_pin, .repeat = unless_gone },
	{ .name = NULL },
};

static const struct step steps[] = {
	{ .name = "back-up",
	  .words = N_("Back the keys up, read each backup back"),
	  .where = ON_DEVICE,
	  .repeat = if_backed_up,
	  .fn = delete_back_up },
	{ .name = "delete",
	  .words = N_("Delete the keys, read back that they are gone"),
	  .where = ON_DEVICE,
	  .uninterruptible = true,
	  .fn = delete_keys },
	{ .name = NULL },
};

const struct procedure procedure_key_delete = {
	.name = "key delete",
	.command = "key delete",
	.title = N_("Delete keys"),
	.summary = N_("delete keys from the device"),
	.on_device = true,
	.pages = pages,
	.steps = steps,
	.state_size = sizeof(struct key_delete),
	.state_done = device_state_done,
	.review = review,
	.confirm = confirm,
	.outcome = outcome,
	.resume = &resume_step,
};
