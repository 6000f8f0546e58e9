/*
 * key delete, cert delete and data delete: what of each object is left elsewhere is said, keys are backed up first where that is
 * wanted, the serial is typed, and then one after the other is deleted. cert delete and data delete find theirs by the names that
 * such objects have; key delete takes any, so that what was marked on a device goes in one procedure.
 */
#include "tui/wizard/backup.h"
#include "tui/wizard/delete.h"

#include "tui/wizard/find.h"
#include "tui/wizard/procedures.h"

static enum status check_each(const struct run *r, enum status (*check)(const char *wanted, struct fault *f), struct fault *f)
{
	enum status st = ST_OK;

	for (unsigned i = 0; i < delete_count(r) && st == ST_OK; i++)
		st = check(delete_wanted(r, i), f);
	return st;
}

static enum status check_objects(struct run *r, unsigned index, struct fault *f)
{
	(void)index;
	return check_each(r, find_object_check, f);
}

static enum status check_certs(struct run *r, unsigned index, struct fault *f)
{
	(void)index;
	return check_each(r, find_cert_check, f);
}

static const char *confirm(const struct run *r)
{
	const struct device_state *d = run_state(r);

	return d->look.serial[0] != '\0' ? d->look.serial : run_serial(r);
}

static bool can_back_up(const struct run *r, unsigned index)
{
	const struct look *l = &((const struct deletion *)run_state(r))->device.look;

	(void)index;
	/* Where a script asks for one that cannot be made it is told so. */
	return run_env(r)->script || (l->has_dkek && l->dkek.present && l->dkek.missing == 0);
}

static bool asks_folder(const struct run *r, unsigned index)
{
	return can_back_up(r, index) && run_is(r, "backup-first", "1");
}

/* Until it is known what will be deleted there may be. */
static unsigned if_keys(const struct run *r)
{
	return delete_has_key(r) || ((const struct deletion *)run_state(r))->device.n_rows == 0 ? 1 : 0;
}

static unsigned if_pin(const struct run *r)
{
	return delete_needs_pin(r) ? 1 : 0;
}

static unsigned if_backed_up(const struct run *r)
{
	return run_is(r, "backup-first", "1") && !((const struct deletion *)run_state(r))->saved && delete_has_key(r) ? 1 : 0;
}

static const struct step look_step = {
	.name = "look", .words = N_("Find what is to be deleted"), .where = ON_DEVICE, .fn = delete_look,
};

static const struct step resume_step = {
	.name = "resume", .words = N_("Find out how far it came"), .where = ON_DEVICE, .fn = delete_resume,
};

static const struct question object_questions[] = {
	{
		.name = "id",
		.value = "HEX",
		.ask = ASK_OBJECTS,
		.max = DELETE_MAX,
		.words = N_("Objects"),
		.choices_of = find_object_choices,
		.check = check_objects,
		.help = N_("What is to be deleted: keys, each with its certificate, and certificates and data by themselves. Before "
			   "anything happens you see where else each key is, and which backups of it are known."),
	},
	{ .name = NULL },
};

static const struct question cert_questions[] = {
	{
		.name = "id",
		.value = "HEX",
		.ask = ASK_OBJECTS,
		.max = DELETE_MAX,
		.words = N_("Certificates"),
		.choices_of = find_cert_choices,
		.check = check_certs,
		.help = N_("Which certificates are to be deleted, each by its CKA_ID, which is that of its key. The keys stay."),
	},
	{ .name = NULL },
};

static const struct question data_questions[] = {
	{
		.name = "label",
		.value = "L",
		.ask = ASK_OBJECTS,
		.max = DELETE_MAX,
		.words = N_("Data"),
		.choices_of = find_data_choices,
		.help = N_("Which data objects are to be deleted, by their labels."),
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
			   "Where that fails for one of them, nothing is deleted."),
	},
	{
		.name = "out",
		.value = "DIR",
		.ask = ASK_TEXT,
		.optional = true,
		.words = N_("Folder"),
		.empty = N_("empty: the inventory alone"),
		.check = backup_check_folder,
		.asked = asks_folder,
		.help = N_("A folder for one new file a key, made if it is not there. Without it the backups are kept in this computer's "
			   "inventory alone."),
	},
	{ .name = NULL },
};

static const struct question pin_questions[] = { { .words = N_("User PIN"), QUESTION_PIN_IS, .spare = true }, { .name = NULL } };

#define PAGE_PIN \
	{ .name = N_("User PIN"), .title = N_("The user PIN"), .questions = pin_questions, .text = session_tell_pin, .repeat = if_pin }

static const struct page object_pages[] = {
	{ .name = N_("Objects"), .title = N_("Which objects"), .questions = object_questions, .work = &look_step },
	{ .name = N_("Backups"), .title = N_("A backup first?"), .questions = backup_questions, .text = delete_tell_unbacked,
	  .repeat = if_keys },
	PAGE_PIN,
	{ .name = NULL },
};

static const struct page cert_pages[] = {
	{ .name = N_("Certificates"), .title = N_("Which certificates"), .questions = cert_questions, .work = &look_step },
	PAGE_PIN,
	{ .name = NULL },
};

static const struct page data_pages[] = {
	{ .name = N_("Data"), .title = N_("Which data"), .questions = data_questions, .work = &look_step },
	PAGE_PIN,
	{ .name = NULL },
};

static const struct step steps[] = {
	{ .name = "back-up",
	  .words = N_("Back the keys up, read each backup back"),
	  .where = ON_DEVICE,
	  .repeat = if_backed_up,
	  .fn = delete_back_up },
	{ .name = "delete",
	  .words = N_("Delete, read back that it is gone"),
	  .where = ON_DEVICE,
	  .uninterruptible = true,
	  .fn = delete_all },
	{ .name = NULL },
};

#define DELETES(command_, title_, summary_, pages_) \
	{ \
		.name = command_, .command = command_, .title = title_, .summary = summary_, .on_device = true, .pages = pages_, \
		.steps = steps, .state_size = sizeof(struct deletion), .state_done = delete_done, .review = delete_review, \
		.confirm = confirm, .outcome = delete_outcome, .resume = &resume_step, \
	}

const struct procedure procedure_key_delete =
	DELETES("key delete", N_("Delete objects"), N_("delete keys from the device, and certificates and data with them"),
		object_pages);
const struct procedure procedure_cert_delete =
	DELETES("cert delete", N_("Delete certificates"), N_("delete certificates from the device; their keys stay"), cert_pages);
const struct procedure procedure_data_delete =
	DELETES("data delete", N_("Delete data"), N_("delete data objects from the device"), data_pages);
