/* The questions of the initialisation about DKEK shares: which ones, their passwords, and the check value they make. */
#include <stdio.h>
#include <string.h>

#include "engine/base/words.h"
#include "tui/wizard/init.h"

static bool is_open(const struct run *r, unsigned index)
{
	const struct share_slot *slot = &init_of(r)->shares.slot[index];

	return index < DKEK_SHARES_MAX && slot->share && strcmp(slot->file, init_share_file(r, index)) == 0;
}

static bool is_done_with(const struct run *r, unsigned index)
{
	return index >= DKEK_SHARES_MAX || init_of(r)->imported[index];
}

static bool asks_existing(const struct run *r, unsigned index)
{
	return !is_done_with(r, index) && !init_of(r)->shares.slot[index].made && !init_of(r)->shares.slot[index].kept;
}

static bool asks_new(const struct run *r, unsigned index)
{
	return asks_existing(r, index) && !run_get(r, "share", index)[0] && !run_is_resumed(r);
}

static bool asks_password(const struct run *r, unsigned index)
{
	if (is_done_with(r, index) || is_open(r, index))
		return false;
	/* A share that the run made before it stopped is there now as any other. */
	return run_get(r, "share", index)[0] || (run_is_resumed(r) && init_share_file(r, index)[0]);
}

static bool asks_new_password(const struct run *r, unsigned index)
{
	return asks_new(r, index) && run_get(r, "new-share", index)[0];
}

/* The share that the run made before it stopped. */
static void propose_made(const struct run *r, unsigned index, char *out, size_t cap)
{
	(void)snprintf(out, cap, "%s", run_is_resumed(r) ? run_get(r, "new-share", index) : "");
}

/* One that is typed a second time is noticed here, where it can be typed anew. */
static enum status check_existing(struct run *r, unsigned index, struct fault *f)
{
	const char *file = run_get(r, "share", index);

	for (unsigned i = 0; file[0] && i < index; i++) {
		if (strcmp(file, init_share_file(r, i)) == 0)
			return fault_set(f, ST_REFUSED, "%s is share %u already. The same share twice cancels itself out: use different "
					 "shares.", file, i + 1);
	}
	return ST_OK;
}

/* What became of the page before, for the custodian who is still here. */
static void say_last_share(const struct init *s, unsigned index, struct prose *out)
{
	const struct share_slot *last = index > 0 ? &s->shares.slot[index - 1] : NULL;

	if (!last || !last->share)
		return;
	prose_add(out, PROSE_DONE, last->made ? N_("Share %u was made: %s. Its check value alone: %s") :
		  N_("Share %u is open: %s. Its check value alone: %s"), index, last->file, last->kcv_text);
}

static void say_how(const struct run *r, unsigned index, struct prose *out)
{
	if (run_is_resumed(r)) {
		prose_add(out, PROSE_PLAIN, "Type the name of the share's file; its custodian types the password. Where the "
			  "custodian is not here, leave the name empty: the share can be imported on another day (Import a share). Until "
			  "all are in, the device can make no key.");
	} else if (index > 0) {
		prose_add(out, PROSE_PLAIN, "As before: the file of a share that exists, or else of a new one. Where its custodian is not "
			  "here, leave both empty.");
	} else {
		prose_add(out, PROSE_PLAIN, "A custodian who has a share already types the name of its file into the first field. For a "
			  "new share the first field stays empty, and the second one names the file that is to be made. All of that "
			  "happens before the device is erased.");
		prose_add(out, PROSE_PLAIN, "Where a custodian is not here, leave both empty: the share can be imported on another day "
			  "(Import a share). Until all are in, the device can make no key.");
	}
}

void init_say_share(const struct run *r, unsigned index, struct prose *out)
{
	const struct init *s = init_of(r);

	prose_add(out, PROSE_PLAIN, "Share %u of %u.", index + 1, init_shares_wanted(r));
	if (is_done_with(r, index)) {
		prose_add(out, PROSE_DONE, "This share was imported before.");
		return;
	}
	if (is_open(r, index)) {
		prose_add(out, PROSE_DONE, "%s is open. Its check value alone: %s", s->shares.slot[index].file,
			  s->shares.slot[index].kcv_text);
		return;
	}
	say_last_share(s, index, out);
	say_how(r, index, out);
}

static enum status open_share(struct step_env *e, struct fault *f)
{
	struct init *s = init_of(e->run);
	struct share_slot *slot = &s->shares.slot[e->index];
	const char *file = init_share_file(e->run, e->index);
	const struct secret *password = run_secret_typed(e->run, "password", e->index);

	if (is_done_with(e->run, e->index) || is_open(e->run, e->index))
		return ST_OK;
	share_slot_close(slot);
	if (!file[0])
		return ST_OK;
	if (asks_new_password(e->run, e->index)) {
		password = run_secret_typed(e->run, "new-password", e->index);
		return password ? share_slot_make(e, slot, file, password, f) : fault_set(f, ST_NEED_SECRET, NULL);
	}
	return password ? share_slot_open(e, slot, file, password, f) : fault_set(f, ST_NEED_SECRET, NULL);
}

static enum status combine(struct step_env *e, struct fault *f)
{
	struct init *s = init_of(e->run);
	enum status st;

	s->shares.wanted = init_shares_wanted(e->run);
	for (unsigned i = s->shares.wanted; i < DKEK_SHARES_MAX; i++)
		share_slot_close(&s->shares.slot[i]);
	st = shares_combine(&s->shares, f);
	if (st == ST_OK && s->shares.complete)
		run_expect_kcv(e->run, s->shares.kcv);
	else if (st == ST_OK && !s->erased)
		run_expect_kcv(e->run, NULL);
	return st;
}

static bool made_any(const struct shares *s)
{
	const struct share_slot *slot;

	for (unsigned i = 0; (slot = shares_nth(s, i, NULL)) != NULL; i++) {
		if (slot->made)
			return true;
	}
	return false;
}

void init_say_check_value(const struct run *r, unsigned index, struct prose *out)
{
	const struct init *s = init_of(r);
	unsigned open = shares_open(&s->shares), wanted = init_shares_wanted(r), before = 0;

	(void)index;
	for (unsigned i = 0; i < wanted; i++)
		before += s->imported[i];
	shares_tell(&s->shares, out);
	if (s->shares.complete) {
		prose_add(out, PROSE_VALUE, translated_n("DKEK check value of its %u share: %s",
			  "DKEK check value of all %u shares together: %s", wanted), wanted, s->shares.kcv_text);
		prose_add(out, PROSE_PLAIN, made_any(&s->shares) ?
			  N_("This DKEK is new: write its check value into your papers. The device must show the same value in the end.") :
			  N_("Compare it with your papers, if there are any. The device must show the same value in the end."));
	} else if (open + before == 0) {
		prose_add(out, PROSE_WARNING, "No share is here. The check value of the DKEK can be shown once all are in; until "
			  "then the device "
			  "can make no key. They are imported later. If one was left out by mistake, go back.");
	} else if (open + before < wanted) {
		prose_add(out, PROSE_WARNING, "Not all shares are here, only %u of %u. The check value of the DKEK can be shown "
			  "once all are in; until then the device can make no key. What is missing is imported later. If one was "
			  "left out by mistake, go back.", open + before, wanted);
	}
}

const struct question init_share_questions[] = {
	{ .name = "share", .value = "FILE", .ask = ASK_FILE, .optional = true, .words = N_("Share that exists"), .asked = asks_existing,
	  .proposal = propose_made, .check = check_existing,
	  .help = N_("The name of a share file of Keyroom or sc-hsm-tool, with its folder, such as /media/usb/share-1.pbe. A device "
		     "that is to take another one's backups gets the same shares as that one.") },
	{ .name = "new-share", .ask = ASK_NEW_FILE, .unlisted = true, .optional = true, .words = N_("Or a new one, to "
		"file"), .asked = asks_new,
	  .help = N_("The name of the file that is made for a new random share, with its folder, such as /media/usb/share-1.pbe. "
		     "Its custodian takes it away, best on a medium of its own.") },
	{ .name = "password", .ask = ASK_PASSWORD, .words = N_("Its password"), .asked = asks_password,
	  .help = N_("The password of this share, typed by its custodian. Opening takes a few seconds.") },
	{ .name = "new-password", .ask = ASK_PASSWORD, .unlisted = true, .twice = true, .words = N_("New password"),
		.asked = asks_new_password,
	  .help = N_("At least 6 characters; better a sentence. Only the custodian of this share should know it.") },
	{ 0 },
};

const struct step init_open_step = {
	.name = "open", .words = N_("Make or open the share"), .where = ON_WORKER, .parallel = true, .fn = open_share,
	.usual = "share open",
};
const struct step init_combine_step = {
	.name = "combine", .words = N_("Compute the check value"), .where = ON_WORKER, .fn = combine,
};
