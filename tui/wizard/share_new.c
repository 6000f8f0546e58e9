/* share new: a random share in a new file, opened again before it is called saved. */
#include "engine/base/clock.h"
#include "engine/base/words.h"
#include "store/journal.h"
#include "tui/wizard/procedures.h"
#include "tui/wizard/share.h"

static void say_file(const struct run *r, unsigned index, struct prose *out)
{
	(void)r;
	(void)index;
	prose_add(out, PROSE_PLAIN, "A DKEK share is 32 random bytes. All shares of a device together make the key under "
		  "which its keys are backed up: whoever has all of them, and a backup, has the key.");
	prose_add(out, PROSE_PLAIN, "The share is kept in a file under a password. When the file or the password is "
		  "lost, so is the share, and with it every backup that needs it.");
}

static const struct question questions[] = {
	{ .name = "file", .value = "FILE", .ask = ASK_NEW_FILE, .positional = true, .words = N_("File"),
	  .help = N_("The name of the file that is made, with its folder, such as /media/usb/share-1.pbe. It must "
		     "not be there yet. Copies of it may be kept in several places.") },
	{ .name = "new-password", .also = "password", .ask = ASK_PASSWORD, .twice = true, .words = N_("Password"),
	  .help = N_("At least 6 characters; better a sentence. It is typed each time the share is used. Each custodian "
	  	"has a password that no other one knows.") },
	{ 0 },
};

static const struct page pages[] = {
	{ .name = N_("Share"), .title = N_("A new DKEK share"), .questions = questions, .text = say_file },
	{ 0 },
};

static enum status make(struct step_env *e, struct fault *f)
{
	struct shares *s = run_state(e->run);
	const struct secret *password = run_secret(e->run, "new-password", 0);
	enum status st;

	if (!password)
		return fault_set(f, ST_NO_MEMORY, NULL);
	st = share_slot_make(e, &s->slot[0], run_get(e->run, "file", 0), password, f);
	return st == ST_OK ? shares_combine(s, f) : st;
}

static enum status record(struct step_env *e, struct fault *f)
{
	const struct shares *s = run_state(e->run);
	const struct journal_entry entry = { .at = clock_wall(), .what = "share.made", .run = run_record_id(e->run),
					     .text = _("A DKEK share was made.") };
	STORE_TXN t = { 0 };
	enum status st;

	if (!e->store)
		return ST_OK;
	if ((st = store_begin(e->store, &t, f)) != ST_OK || (st = share_record(e->store, &s->slot[0], true, f)) != ST_OK ||
	    (st = store_journal(e->store, &entry, f)) != ST_OK)
		return st;
	return store_commit(&t, f);
}

static const struct step steps[] = {
	{ .name = "make", .words = N_("Make the share, write its file, and open it again"), .where = ON_WORKER, .fn = make,
	  .usual = "share make" },
	{ .name = "record", .words = N_("Write it into the inventory"), .where = ON_WORKER, .fn = record },
	{ 0 },
};

static void review(const struct run *r, struct prose *out)
{
	prose_add(out, PROSE_PLAIN, "A new DKEK share will be made and written to %s.", run_get(r, "file", 0));
}

static void outcome(const struct run *r, struct prose *out)
{
	const struct shares *s = run_state(r);

	prose_add(out, PROSE_DONE, "The share is in %s. The file was read back and opened with its password.", s->slot[0].file);
	prose_add(out, PROSE_VALUE, "Check value of this share alone: %s", s->slot[0].kcv_text);
	prose_add(out, PROSE_PLAIN, "Note the check value on the custodian's sheet, and keep a copy of the file in another place.");
	prose_add(out, PROSE_PLAIN, "It is in no device yet. Next: when all shares are made, initialise a device with them "
		  "(Initialise).");
}

static void done(void *state)
{
	shares_done(state);
}

const struct procedure procedure_share_new = {
	.name = "share-new", .command = "share new", .title = N_("New share"), .summary = N_("make a new DKEK share"),
	.unrecorded = true, .pages = pages, .steps = steps, .state_size = sizeof(struct shares), .state_done = done,
	.wipe = shares_wipe,
	.review = review, .outcome = outcome,
};
