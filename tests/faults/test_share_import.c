/* The last of two shares into a device that waits for it: whatever happens, it goes in exactly once. */
#include <stdlib.h>
#include <string.h>

#include "store/journal.h"
#include "store/run.h"
#include "tests/faults/walk.h"
#include "tui/wizard/share.h"

#define SO "8899AABBCCDDEEFF"

static void prepare(struct stage *s)
{
	const struct given a[] = { { "file", 0, "a.pbe", true }, { "new-password", 0, "password", false }, { 0 } };
	const struct given b[] = { { "file", 0, "b.pbe", true }, { "new-password", 0, "password", false }, { 0 } };
	const struct given init[] = {
		{ "shares", 0, "2", false }, { "share", 0, "a.pbe", true }, { "password", 0, "password", false },
		{ "new-so-pin", 0, SO, false }, { "new-pin", 0, "123456", false }, { "label", 0, "waiting", false }, { 0 },
	};
	struct fault f;

	must(stage_run(s, &procedure_share_new, NULL, a, NULL, &f));
	must(stage_run(s, &procedure_share_new, NULL, b, NULL, &f));
	must(stage_run(s, &procedure_init, stage_serial(s, 0), init, NULL, &f));
}

static enum status import(struct stage *s, const char *file, struct fault *f)
{
	const struct given given[] = { { "file", 0, file, true }, { "password", 0, "password", false }, { 0 } };

	return stage_run(s, &procedure_share_import, stage_serial(s, 0), given, NULL, f);
}

static enum status drive(struct stage *s, struct fault *f)
{
	return import(s, "b.pbe", f);
}

/* The last share is in the device, but nobody saw it: then there is nothing more to import, and that is said. */
static enum status take_up(struct stage *s, struct fault *f)
{
	enum status st = drive(s, f);
	struct run_record *rows = NULL;
	size_t n = 0;
	struct fault g;

	if (st != ST_REFUSED)
		return st;
	/* Only where it had been written down as done already. */
	if (store_open_runs(s->store, NULL, &rows, &n, &g) != ST_OK || n != 0)
		return st;
	run_records_free(rows, n);
	return ST_OK;
}

static void check(struct stage *s)
{
	const struct given all[] = {
		{ "file", 0, "a.pbe", true }, { "file", 1, "b.pbe", true }, { "password", 0, "password", false },
		{ "password", 1, "password", false }, { 0 },
	};
	struct journal_filter filter = { .device = stage_serial(s, 0) };
	struct journal_row *journal = NULL;
	struct run *r = NULL;
	struct dkek_status d;
	struct card *c = stage_talk(s, 0);
	char kcv[17];
	size_t n = 0, imports = 0;
	struct fault f;

	{
		CARD_SESSION *held = NULL;

		must(card_begin(c, &held, &f));
		must(card_dkek_status(c, 0, &d, NULL, &f));
	}
	card_close(c);
	assert_int_equal(d.missing, 0);
	hex_upper(kcv, d.kcv, KCV_LEN);
	must(stage_run(s, &procedure_share_check, NULL, all, &r, &f));
	assert_string_equal(run_kcv(r), kcv);
	run_free(r);
	must(store_journal_list(s->store, &filter, &journal, &n, &f));
	for (size_t i = 0; i < n; i++)
		imports += strcmp(journal[i].what, "share.imported") == 0;
	assert_int_equal(imports, 2);
	free(journal);
	assert_int_equal(import(s, "b.pbe", &f), ST_REFUSED);
	assert_int_equal(import(s, "a.pbe", &f), ST_REFUSED);
}

static const struct walk walk = {
	.prepare = prepare, .drive = drive, .take_up = take_up, .check = check, .allocations = 400,
	.unseen = "\x52",   /* of the first share nothing is known here: what both make together is for the person to compare */
};

int main(void)
{
	return walk_main(&walk);
}
