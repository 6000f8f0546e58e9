/* PINs that a device says it took, and did not, or otherwise than they were typed. */
#include "tests/faults/keys_help.h"

#define SO "3537363231383830"
#define NEW_SO "00112233445566EE"
#define NEW_PIN "87654321"

static void prepare(struct stage *s)
{
	set_up(s, 0);
	make_key(s, 0, "stays", "01");
}

static enum status change(struct stage *s, struct fault *f)
{
	const struct given given[] = { { "pin", 0, PIN, false }, { "new-pin", 0, NEW_PIN, false }, { 0 } };

	return stage_run(s, &procedure_pin_change, stage_serial(s, 0), given, NULL, f);
}

static enum status unblock(struct stage *s, struct fault *f)
{
	const struct given given[] = { { "so-pin", 0, SO, false }, { "new-pin", 0, NEW_PIN, false }, { 0 } };

	return stage_run(s, &procedure_pin_unblock, stage_serial(s, 0), given, NULL, f);
}

static enum status change_so(struct stage *s, struct fault *f)
{
	const struct given given[] = { { "so-pin", 0, SO, false }, { "new-so-pin", 0, NEW_SO, false }, { 0 } };

	return stage_run(s, &procedure_so_pin_change, stage_serial(s, 0), given, NULL, f);
}

/* Nothing but a PIN is at stake, of which one try at most was spent. */
static void all_is_there(struct stage *s, enum status st)
{
	struct card *c = stage_talk(s, 0);
	struct card_info info;
	struct fault f;

	(void)st;
	{
		CARD_SESSION *held = NULL;

		must(card_begin(c, &held, &f));
		must(card_status(c, &info, &f));
	}
	card_close(c);
	assert_in_range(info.user.tries, 2, 3);
	assert_in_range(info.so.tries, 14, 15);
	expect_key(s, 0, "stays");
}

static void check(struct stage *s)
{
	all_is_there(s, ST_OK);
	expect_nothing_open(s);
	expect_chain(s);
}

static const struct walk walks[] = {
	{ .prepare = prepare, .drive = change, .interrupted = all_is_there, .check = check },
	{ .prepare = prepare, .drive = unblock, .interrupted = all_is_there, .check = check },
	/* An SO-PIN can be tried, at the price of one of its tries, but not read. */
	{ .prepare = prepare, .drive = change_so, .interrupted = all_is_there, .check = check, .unseen = "\x24" },
};

static void no_success_is_reported_that_was_not_read_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(walks) / sizeof(walks[0]); i++)
		walk_lie(&walks[i], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(no_success_is_reported_that_was_not_read_back) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
