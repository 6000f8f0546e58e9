/* What the initialisation says: before, after, and when it stops half way. */
#include "engine/base/words.h"
#include "store/dkek.h"
#include "tui/wizard/init.h"

void init_tell_things(const struct init *s, struct prose *out)
{
	if (s->n_things == 0) {
		prose_add(out, PROSE_PLAIN, "Nothing is on it now.");
		return;
	}
	prose_add(out, PROSE_PLAIN, "On it now:");
	for (size_t i = 0; i < s->n_things; i++) {
		const struct init_thing *t = &s->things[i];

		if (t->is_key && !t->has_backup)
			prose_add(out, PROSE_WARNING, "%s: no backup of it is known.", t->words);
		else
			prose_add(out, PROSE_ITEM, t->is_key ? N_("%s, backed up") : "%s", t->words);
	}
	if (s->keys_without_backup == 1)
		prose_add(out, PROSE_WARNING, "One key has no backup. Once it is erased, nobody can bring it back.");
	else if (s->keys_without_backup > 1)
		prose_add(out, PROSE_WARNING, translated_n("%u key has no backup. Once it is erased, nobody can bring it back.",
			  "%u keys have no backup. Once they are erased, nobody can bring them back.", s->keys_without_backup),
			  s->keys_without_backup);
}

static unsigned shares_in(const struct init *s)
{
	unsigned n = 0;

	for (unsigned i = 0; i < DKEK_SHARES_MAX; i++)
		n += s->imported[i];
	return n;
}

static void review_shares(const struct run *r, struct prose *out)
{
	const struct init *s = init_of(r);
	unsigned wanted = init_shares_wanted(r), ready = shares_open(&s->shares), in = shares_in(s);

	if (wanted == 0) {
		prose_add(out, PROSE_WARNING, "No key on this device can ever be backed up.");
		return;
	}
	if (in > 0)
		prose_add(out, PROSE_PLAIN, translated_n("%u of %u DKEK share is in already.",
			  "%u of %u DKEK shares are in already.", wanted),
			  in, wanted);
	if (ready == 0)
		prose_add(out, PROSE_PLAIN, "No DKEK share will be imported now.");
	else
		prose_add(out, PROSE_PLAIN, translated_n("%u of %u DKEK share will be imported now.",
			  "%u of %u DKEK shares will be imported now.", wanted),
			  ready, wanted);
	if (s->shares.complete)
		prose_add(out, PROSE_VALUE, "DKEK check value: %s", s->shares.kcv_text);
	else if (ready + in < wanted)
		prose_add(out, PROSE_WARNING,
			  translated_n("%u share remains for another day. Until it is imported, the device can make no key.",
				       "%u shares remain for another day. Until they are imported, the device can make no key.",
				       wanted - ready - in), wanted - ready - in);
}

void init_review(const struct run *r, struct prose *out)
{
	const struct init *s = init_of(r);

	if (!s->erased) {
		prose_add(out, PROSE_PLAIN, "%s will be erased and named \"%s\".", run_serial(r), run_get(r, "label", 0));
		init_tell_things(s, out);
	} else {
		prose_add(out, PROSE_DONE, "%s is erased.", run_serial(r));
		if (s->so_changed)
			prose_add(out, PROSE_DONE, "Its SO-PIN was changed, to the one that was typed then.");
		if (s->label_set)
			prose_add(out, PROSE_DONE, "Its label is \"%s\".", run_get(r, "label", 0));
		else
			prose_add(out, PROSE_PLAIN, "It will be named \"%s\".", run_get(r, "label", 0));
	}
	if ((!s->erased || init_changes_so(r)) && s->info.so.state == PIN_READY && s->info.so.tries <= LAST_SO_TRIES)
		prose_add(out, PROSE_WARNING, "One of the last %d tries of the SO-PIN will be spent if it is wrong. Typing the "
			  "serial number says that you are sure of it.", s->info.so.tries);
	if (s->erased && !s->label_set && s->info.user.state == PIN_READY && s->info.user.tries <= LAST_USER_TRIES)
		prose_add(out, PROSE_WARNING, "The last try of the user PIN will be spent if it is wrong. Typing the serial number "
			  "says that you are sure of it.");
	review_shares(r, out);
	if (init_changes_so(r))
		prose_add(out, PROSE_PLAIN, s->erased ? N_("The SO-PIN will be changed to the new one.") :
			  N_("The SO-PIN will be changed to the new one right after the device was erased."));
	else if (!s->erased && init_current_is_factory(r))
		prose_add(out, PROSE_WARNING, "The SO-PIN stays the factory's, which everybody knows.");
	else if (!s->erased)
		prose_add(out, PROSE_PLAIN, "The SO-PIN stays as it is.");
	if (!s->erased) {
		prose_add(out, PROSE_PLAIN, run_is(r, "no-unblock", "1") ?
			  N_("The user PIN will be the one just typed. %u wrong ones in a row will block it, for good: it can never "
			     "be unblocked.") :
			  N_("The user PIN will be the one just typed. %u wrong ones in a row will block it; the SO-PIN unblocks it."),
			  init_tries(r));
		if (run_is(r, "transport-pin", "1"))
			prose_add(out, PROSE_PLAIN, "It is a transport PIN: it must be changed before the first use. The "
				  "label can only be written after that.");
	}
}

/* Is there a second device already that could take its backups? */
static bool others_have_it(const struct run *r)
{
	struct dkek_row row;
	const uint8_t *kcv = run_expected_kcv(r);

	return kcv != NULL && run_env(r)->store != NULL && store_dkek_get(run_env(r)->store, kcv, &row, NULL) == ST_OK &&
	       row.devices > 1;
}

/* What stays of a run that was left before it began. */
void init_left(const struct run *r, struct prose *out)
{
	const struct share_slot *slot;

	for (unsigned i = 0; (slot = shares_nth(&init_of(r)->shares, i, NULL)) != NULL; i++) {
		if (slot->made)
			prose_add(out, PROSE_PLAIN, "The new share file %s was made, and stays.", slot->file);
	}
}

void init_outcome(const struct run *r, struct prose *out)
{
	const struct init *s = init_of(r);
	unsigned wanted = init_shares_wanted(r);

	prose_add(out, PROSE_DONE, "%s is initialised, and was read back.", run_serial(r));
	if (s->so_before)
		prose_add(out, PROSE_DONE, "The SO-PIN was changed before the procedure stopped, to the one that was typed then.");
	else if (s->so_changed)
		prose_add(out, PROSE_DONE, "The SO-PIN was changed.");
	if (s->so_before && run_secret_typed(r, "new-so-pin", 0))
		prose_add(out, PROSE_WARNING, "The new SO-PIN that was given this time was not used. Where it is another one, the device "
			  "does not have it.");
	if (s->factory_kept)
		prose_add(out, PROSE_WARNING, init_can_change_so(r) ?
			  N_("The SO-PIN is the factory's, which everybody knows. Change it soon (Change the SO-PIN).") :
			  N_("The SO-PIN is the factory's, which everybody knows. This firmware can never change it: whoever has the "
			     "device in his hands can erase it."));
	if (s->label_left)
		prose_add(out, PROSE_WARNING, "The label was not written, because the transport PIN does not allow it. "
			  "It can be set once the PIN was changed.");
	if (wanted == 0)
		prose_add(out, PROSE_WARNING, "It has no DKEK: no key on it can ever be backed up.");
	else if (s->missing > 0)
		prose_add(out, PROSE_WARNING, translated_n("%u of %u DKEK shares is missing. Next: import it (Import a share), on any day.",
			  "%u of %u DKEK shares are missing. Next: import them (Import a share), on any day.", s->missing), s->missing, wanted);
	else if (s->kcv_hidden)
		prose_add(out, PROSE_WARNING, "The device does not show its DKEK check value, so it could not be compared.");
	else
		prose_add(out, PROSE_VALUE, "DKEK check value: %s", s->shares.device_kcv_text);
	if (wanted > 0 && s->missing == 0 && !s->kcv_hidden && run_expected_kcv(r))
		prose_add(out, PROSE_DONE, "It is the value that the shares make together. Read it aloud, and write it down.");
	if (wanted > 0 && s->missing == 0)
		prose_add(out, PROSE_PLAIN, others_have_it(r) ?
			  N_("Next: make a key on it, or restore backups of the other devices that have this DKEK.") :
			  N_("Next: initialise a second device with the same shares, so that a backup can be restored at any time."));
}

void init_failed(const struct run *r, struct prose *out)
{
	const struct init *s = init_of(r);
	unsigned wanted = init_shares_wanted(r), in = shares_in(s);

	if (!s->erased && !s->erasing) {
		prose_add(out, PROSE_PLAIN, "Everything on %s is as it was.", run_serial(r));
		return;
	}
	if (s->erasing) {
		prose_add(out, PROSE_WARNING, "It is not known whether %s was erased: it did not answer. Plug it in "
			  "again and take the procedure up; that finds out.", run_serial(r));
		return;
	}
	prose_add(out, PROSE_DONE, "%s is erased, and has the new user PIN.", run_serial(r));
	if (s->so_unknown)
		prose_add(out, PROSE_WARNING, "It is not known whether the SO-PIN was changed: the device has either the "
			  "old one or the new one.");
	else if (s->factory_kept && s->so_wanted)
		prose_add(out, PROSE_WARNING, "It still has the factory's SO-PIN, which everybody knows. That is the most "
			  "urgent thing now.");
	else if (s->so_wanted)
		prose_add(out, PROSE_WARNING, "It still has the old SO-PIN.");
	if (wanted > 0)
		prose_add(out, in == wanted ? PROSE_DONE : PROSE_PLAIN, translated_n("%u of %u DKEK share is in.",
			  "%u of %u DKEK shares are in.", wanted),
			  in, wanted);
	prose_add(out, PROSE_PLAIN, "Nothing more can be lost. The procedure can be taken up again at any time, "
		  "with the device plugged in; it goes on from here.");
}
