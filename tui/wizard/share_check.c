/* share check: opens shares without a device, side by side, and shows what they make. */
#include <string.h>

#include "engine/base/words.h"
#include "store/dkek.h"
#include "tui/wizard/procedures.h"
#include "tui/wizard/share.h"

struct check {
	struct shares shares;
	bool asked_inventory, known;
	unsigned devices, backups;
};

static void say_files(const struct run *r, unsigned index, struct prose *out)
{
	(void)r;
	(void)index;
	prose_add(out, PROSE_PLAIN, "Shares are opened here without any device, and nothing is changed. Name all shares of "
		  "one DKEK, one file on each line, to see the check value that they make together. An empty line ends the list.");
}

static void say_password(const struct run *r, unsigned index, struct prose *out)
{
	prose_add(out, PROSE_PLAIN, "Share %u of %u: %s", index + 1, run_count(r, "file"), run_get(r, "file", index));
}

static unsigned files(const struct run *r)
{
	return run_count(r, "file");
}

static enum status open_one(struct step_env *e, struct fault *f)
{
	struct check *c = run_state(e->run);
	const struct secret *password = run_secret(e->run, "password", e->index);

	if (!password)
		return fault_set(f, ST_NO_MEMORY, NULL);
	return share_slot_open(e, &c->shares.slot[e->index], run_get(e->run, "file", e->index), password, f);
}

static enum status combine(struct step_env *e, struct fault *f)
{
	struct check *c = run_state(e->run);

	/* Going back may have shortened the list. */
	for (unsigned i = run_count(e->run, "file"); i < DKEK_SHARES_MAX; i++)
		share_slot_close(&c->shares.slot[i]);
	return shares_combine(&c->shares, f);
}

/* One that is typed a second time is noticed before anybody types a password. */
static enum status check_twice(struct run *r, unsigned index, struct fault *f)
{
	(void)index;
	for (unsigned i = 0; i < run_count(r, "file"); i++) {
		for (unsigned j = i + 1; j < run_count(r, "file"); j++) {
			if (strcmp(run_get(r, "file", i), run_get(r, "file", j)) == 0)
				return fault_set(f, ST_REFUSED, "%s stands in the list twice. The same share twice cancels itself out: use "
						 "different shares.", run_get(r, "file", i));
		}
	}
	return ST_OK;
}

static const struct question file_questions[] = {
	{ .name = "file", .value = "FILE", .ask = ASK_FILES, .positional = true, .max = DKEK_SHARES_MAX, .words = N_("Share files"),
	  .check = check_twice,
	  .help = N_("Files of DKEK shares, made by Keyroom or by sc-hsm-tool. One line for each.") },
	{ 0 },
};

static const struct question password_questions[] = {
	{ .name = "password", .ask = ASK_PASSWORD, .words = N_("Password"),
	  .help = N_("The password of this share, typed by its custodian. Opening takes a few seconds, and cannot be made faster.") },
	{ 0 },
};

static const struct step open_step = {
	.name = "open", .words = N_("Open the share"), .where = ON_WORKER, .parallel = true, .fn = open_one, .usual = "share open",
};
static const struct step combine_step = {
	.name = "combine", .words = N_("Compute the check value"), .where = ON_WORKER, .fn = combine,
};

static const struct page pages[] = {
	{ .name = N_("Files"), .title = N_("Which shares"), .questions = file_questions, .text = say_files },
	{ .name = N_("Passwords"), .title = N_("The password of a share"), .questions = password_questions, .repeat = files,
	  .text = say_password, .work = &open_step },
	{ .name = N_("Check value"), .title = N_("The check value"), .work = &combine_step },
	{ 0 },
};

/*
 * Notes that they were opened today, and looks up whose DKEK it is. An inventory that is locked or cannot be written is no
 * reason to say that the shares were not opened.
 */
static enum status note(struct step_env *e, struct fault *f)
{
	struct check *c = run_state(e->run);
	const struct share_slot *slot;
	struct dkek_row row;
	struct fault ignored;
	enum status st = ST_OK;

	(void)f;
	if (!e->store)
		return ST_OK;
	for (unsigned i = 0; st == ST_OK && (slot = shares_nth(&c->shares, i, NULL)) != NULL; i++)
		st = store_read_only(e->store) ? ST_OK : share_record(e->store, slot, false, &ignored);
	st = store_dkek_get(e->store, c->shares.kcv, &row, &ignored);
	c->asked_inventory = st == ST_OK || st == ST_NOT_FOUND;
	c->known = st == ST_OK;
	c->devices = c->known ? row.devices : 0;
	c->backups = c->known ? row.backups : 0;
	return ST_OK;
}

static const struct step steps[] = {
	{ .name = "note", .words = N_("Look it up in the inventory"), .where = ON_WORKER, .fn = note },
	{ 0 },
};

static void outcome(const struct run *r, struct prose *out)
{
	const struct check *c = run_state(r);

	shares_tell(&c->shares, out);
	prose_add(out, PROSE_VALUE, "DKEK check value of all together: %s", c->shares.kcv_text);
	if (c->asked_inventory && c->known)
		prose_add(out, PROSE_PLAIN, "The inventory knows this DKEK. Devices that have it: %u. Backups that need it: "
			  "%u.", c->devices, c->backups);
	else if (c->asked_inventory)
		prose_add(out, PROSE_PLAIN, "The inventory knows no DKEK with this check value. Where shares are missing "
			  "here, that is as it must be.");
	prose_add(out, PROSE_PLAIN, "Compare the check values with the custodians' sheets.");
}

static void done(void *state)
{
	shares_done(&((struct check *)state)->shares);
}

const struct procedure procedure_share_check = {
	.name = "share-check", .command = "share check", .title = N_("Check shares"),
	.summary = N_("open shares without a device, and show the check value they make"), .unrecorded = true, .pages = pages,
	.steps = steps, .state_size = sizeof(struct check), .state_done = done,
	.wipe = shares_wipe, .outcome = outcome, .prints = true,
};
