#include "tests/console/fakes.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/words.h"

static void device(struct fleet *fl, const char *label, const char *serial, enum fleet_state state, int64_t seen)
{
	struct fleet_device *d = &fl->device[fl->n++];

	*d = (struct fleet_device){
		.state = state, .simulated = true, .looked_at = true, .listed = true, .fw_major = 3, .fw_minor = 6,
		.initialised = true, .pin_tries = 3, .so_pin_tries = 15, .memory_free = 63590, .memory_total = 77824,
		.dkek = true, .dkek_shares = 3, .last_seen = seen, .first_seen = seen,
	};
	(void)snprintf(d->label, sizeof(d->label), "%s", label);
	(void)snprintf(d->serial, sizeof(d->serial), "%s", serial);
	(void)snprintf(d->dkek_kcv, sizeof(d->dkek_kcv), "E94F16B464D58B35");
	if (state != FLEET_ABSENT)
		(void)snprintf(d->reader, sizeof(d->reader), "Simulated Reader 00 00 (%s)", serial);
}

static struct fleet_object *object(struct fleet *fl, size_t d, enum fleet_type type, const char *label, const char *kind)
{
	struct fleet_object *o = &fl->object[d][fl->objects[d]++];

	*o = (struct fleet_object){ .type = type, .key_ref = FLEET_UNKNOWN, .use_counter = FLEET_UNKNOWN,
				    .fid = 0xcc00u + (unsigned)fl->objects[d] };
	(void)snprintf(o->label, sizeof(o->label), "%s", label);
	(void)snprintf(o->kind, sizeof(o->kind), "%s", kind);
	(void)snprintf(o->proof, sizeof(o->proof), "none");
	if (type == FLEET_KEY) {
		o->key_ref = (int)fl->objects[d];
		fl->device[d].keys++;
	}
	return o;
}

void fake_fleet_fill(struct fleet *fl)
{
	struct fleet_object *o;

	memset(fl, 0, sizeof(*fl));
	device(fl, "root-ca-a", "DENK0200914", FLEET_HERE, FAKE_NOW);
	device(fl, "root-ca-b", "DENK0200915", FLEET_HERE, FAKE_NOW);
	device(fl, "root-ca-c", "DENK0200916", FLEET_ABSENT, FAKE_NOW - 12 * 86400);
	o = object(fl, 0, FLEET_KEY, "Root CA 2026", "RSA 4096");
	(void)snprintf(o->id, sizeof(o->id), "7ce88a76d29f8be8aa0145c9d7b05f2ba77e2ee9");
	(void)snprintf(o->subject, sizeof(o->subject), "CN=Example Root CA");
	(void)snprintf(o->until, sizeof(o->until), "2046-11-20");
	(void)snprintf(o->spki_sha256, sizeof(o->spki_sha256), "%064d", 7);
	(void)snprintf(o->proof, sizeof(o->proof), "restored");
	o->backups = 2;
	o = object(fl, 0, FLEET_KEY, "SSH CA", "P-256");
	(void)snprintf(o->id, sizeof(o->id), "d29f8be8aa0145c9d7b05f2ba77e2ee97ce88a76");
	o->flags = FLEET_NO_BACKUP;
	o->use_counter = 100;
	o = object(fl, 0, FLEET_CERTIFICATE, "Root CA 2026", _("certificate"));
	(void)snprintf(o->id, sizeof(o->id), "7ce88a76d29f8be8aa0145c9d7b05f2ba77e2ee9");
	(void)snprintf(o->subject, sizeof(o->subject), "CN=Example Root CA");
	(void)snprintf(o->until, sizeof(o->until), "2046-11-20");
	o = object(fl, 0, FLEET_DATA, "veracrypt.key", _("data"));
	o->size = 64;
	fl->device[0].keys_without_backup = 1;
	fl->attention[0] = (struct fleet_attention){ .urgency = FLEET_WARNING, .serial = "DENK0200914",
						     .procedure = "backup" };
	(void)snprintf(fl->attention[0].words, sizeof(fl->attention[0].words), "%s", _("1 key on this device has no backup."));
	fl->attentions = 1;
}

enum status fleet_new(struct jobs *jobs, struct store *store, bool live, struct fleet **ret, struct fault *f)
{
	(void)jobs;
	(void)store;
	(void)live;
	*ret = calloc(1, sizeof(**ret));
	return *ret != NULL ? ST_OK : fault_set(f, ST_NO_MEMORY, NULL);
}

void fleet_free(struct fleet *fl)
{
	free(fl);
}

unsigned fleet_event(struct fleet *fl, const struct job_event *event)
{
	unsigned changes = fl->changes;

	(void)event;
	fl->changes = 0;
	return changes;
}

const struct fault *fleet_service(const struct fleet *fl)
{
	return &fl->service;
}

size_t fleet_count(const struct fleet *fl)
{
	return fl->n;
}

size_t fleet_count_here(const struct fleet *fl)
{
	size_t n = 0;

	for (size_t i = 0; i < fl->n; i++)
		n += fl->device[i].state != FLEET_ABSENT;
	return n;
}

const struct fleet_device *fleet_device(const struct fleet *fl, size_t i)
{
	return &fl->device[i];
}

const struct fleet_device *fleet_by_serial(const struct fleet *fl, const char *serial)
{
	for (size_t i = 0; i < fl->n; i++) {
		if (serial[0] != '\0' && strcmp(fl->device[i].serial, serial) == 0)
			return &fl->device[i];
	}
	return NULL;
}

const struct fleet_object *fleet_objects(struct fleet *fl, const struct fleet_device *d, size_t *ret_n)
{
	size_t i = (size_t)(d - fl->device);

	*ret_n = fl->objects[i];
	return fl->object[i];
}

const struct fleet_attention *fleet_attention(struct fleet *fl, size_t *ret_n)
{
	*ret_n = fl->attentions;
	return fl->attention;
}

bool fleet_is_reading(const struct fleet *fl)
{
	bool reading = false;

	for (size_t i = 0; i < fl->n; i++)
		reading |= fl->device[i].state == FLEET_READING;
	return reading;
}

void fleet_look_away(struct fleet *fl)
{
	fl->looks_away = true;
}

void fleet_attention_given(struct fleet *fl, const struct fleet_attention *a, struct fleet_given *ret)
{
	const size_t i = (size_t)(a - fl->attention);

	*ret = (struct fleet_given){ 0 };
	if (fl->given[i][0] == '\0' || (ret->value = calloc(1, sizeof(*ret->value))) == NULL)
		return;
	ret->question = "id";
	ret->n = 1;
	(void)snprintf(ret->value[0], sizeof(ret->value[0]), "%s", fl->given[i]);
}

void fleet_attention_text(struct fleet *fl, const struct fleet_attention *a, struct prose *out)
{
	(void)fl;
	prose_add(out, PROSE_WARNING, "%s", a->words);
	prose_add(out, PROSE_PLAIN, "Insert this device: what needs doing on it then leads to what mends it.");
}

void fleet_rescan(struct fleet *fl, const char *serial)
{
	(void)serial;
	fl->rescans++;
}

void fleet_reload(struct fleet *fl)
{
	fl->reloads++;
}

static atomic_bool released;

void fake_hold(void)
{
	atomic_store(&released, false);
}

void fake_release(void)
{
	atomic_store(&released, true);
}

static enum status wait_for_release(struct step_env *e, struct fault *f)
{
	job_progress(e->job, 0, 0, _("The device writes its new PINs."));
	for (int i = 0; i < 1000 && !atomic_load(&released); i++) {
		if (job_cancelled(e->job))
			return fault_set(f, ST_CANCELLED, NULL);
		clock_sleep_ms(5);
	}
	atomic_store(&released, false);
	return ST_OK;
}

static _Atomic enum status import_gives;

void fake_import_gives(enum status st)
{
	atomic_store(&import_gives, st);
}

static enum status nothing(struct step_env *e, struct fault *f)
{
	(void)e;
	(void)f;
	return ST_OK;
}

static enum status import(struct step_env *e, struct fault *f)
{
	enum status st = atomic_load(&import_gives);

	(void)e;
	return st == ST_OK ? st : fault_set(f, st, NULL);
}

static enum status fail(struct step_env *e, struct fault *f)
{
	(void)e;
	return fault_set(f, ST_CARD_GONE, "The device was pulled out. Nothing on it was changed. Plug it in and try again.");
}

static bool with_shares(const struct run *r, unsigned index)
{
	(void)index;
	return run_is(r, "backups", "shares");
}

static bool without_shares(const struct run *r, unsigned index)
{
	return !with_shares(r, index);
}

static void so_pin_text(const struct run *r, unsigned index, struct prose *out)
{
	(void)r;
	(void)index;
	prose_add(out, PROSE_PLAIN, "16 hexadecimal digits. You need it to initialise this device again and to unblock the user "
		  "PIN.");
	prose_add(out, PROSE_WARNING, "15 wrong entries, ever, and this device is dead. Nobody can reset that counter.");
}

static void label_text(const struct run *r, unsigned index, struct prose *out)
{
	(void)r;
	(void)index;
	prose_add(out, PROSE_PLAIN, "A name by which you know this device.");
}

static void propose_label(const struct run *r, unsigned index, char *out, size_t cap)
{
	(void)index;
	(void)snprintf(out, cap, "%s-label", run_serial(r));
}

static enum status check_label(struct run *r, unsigned index, struct fault *f)
{
	if (strlen(run_get(r, "label", index)) < 3)
		return fault_set(f, ST_BAD_FORM, "A label has at least three characters.");
	return ST_OK;
}

static void warn_label(const struct run *r, unsigned index, struct prose *out)
{
	if (strchr(run_get(r, "label", index), ' ') != NULL)
		prose_add(out, PROSE_WARNING, "Some software cannot find a device whose label has a space.");
}

static enum status list_objects(const struct run *r, struct choices *ret, struct fault *f)
{
	static struct choice some[] = {
		{ "01", N_("Root CA 2026, RSA 4096") }, { "02", N_("SSH CA, P-256") }, { "03", N_("veracrypt.key") },
	};

	(void)r;
	(void)f;
	*ret = (struct choices){ some, 3 };
	return ST_OK;
}

static void review(const struct run *r, struct prose *out)
{
	prose_add(out, PROSE_PLAIN, "The device %s will be erased and called \"%s\".", run_serial(r), run_get(r, "label", 0));
	prose_add(out, PROSE_WARNING, "Everything on it will be lost:");
	prose_add(out, PROSE_ITEM, "Root CA 2026, RSA 4096, 2 backups");
	prose_add(out, PROSE_ITEM, "SSH CA, P-256, no backup");
	for (int i = 1; i <= 40 && run_is(r, "label", "crowded"); i++)
		prose_add(out, PROSE_ITEM, "Key %d, P-256, no backup", i);
}

static const char *confirm(const struct run *r)
{
	return run_serial(r);
}

static void outcome(const struct run *r, struct prose *out)
{
	prose_add(out, PROSE_DONE, "%s is initialised.", run_serial(r));
	prose_add(out, PROSE_PLAIN, "Read its DKEK check value aloud:");
	prose_add(out, PROSE_VALUE, "E94F 16B4 64D5 8B35");
}

static void failed(const struct run *r, struct prose *out)
{
	prose_add(out, PROSE_PLAIN, "The device %s is as it was before.", run_serial(r));
}

static bool once_more(struct run *r)
{
	(void)r;
	return true;
}

static const struct page init_pages[] = {
	{ .name = N_("Backups"), .title = N_("Backups of its keys"), .questions = (const struct question[]){
		{ .name = "backups", .ask = ASK_CHOICE, .words = N_("How will keys of this device be backed up?"),
		  .help = N_("With DKEK shares the device can wrap its keys."), .choices = (const struct choice[]){
			{ "shares", N_("With DKEK shares") }, { "none", N_("Never: no key can ever leave this device") }, { 0 } } },
		{ .name = "share", .ask = ASK_FILES, .max = 4, .words = N_("Share files"), .asked = with_shares,
		  .help = N_("The files of the DKEK shares, one a line."), .optional = true },
		{ .name = "no-backup", .ask = ASK_SENTENCE, .words = N_("Type: no backups"), .asked = without_shares,
		  .choices = (const struct choice[]){ { "no backups", N_("no backups") }, { 0 } } },
		{ 0 } } },
	{ .name = N_("SO-PIN"), .title = N_("The SO-PIN"), .text = so_pin_text, .questions = (const struct question[]){
		{ .name = "so-pin", .ask = ASK_SO_PIN, .words = N_("Current SO-PIN"),
		  .help = N_("The SO-PIN that the device has now. A device from the factory has one that everybody knows.") },
		{ .name = "new-so-pin", .ask = ASK_SO_PIN, .words = N_("New SO-PIN"), .twice = true },
		{ 0 } } },
	{ .name = N_("User PIN"), .title = N_("The user PIN"), .questions = (const struct question[]){
		{ .name = "new-pin", .ask = ASK_PIN, .words = N_("New user PIN"), .twice = true, .max = 15 }, { 0 } } },
	{ .name = N_("Label"), .title = N_("The label"), .text = label_text, .questions = (const struct question[]){
		{ .name = "label", .ask = ASK_TEXT, .words = N_("Label"), .max = 32, .proposal = propose_label, .check = check_label,
		  .warn = warn_label, .help = N_("The label stands on every screen.") },
		{ .name = "keep", .ask = ASK_OBJECTS, .words = N_("Objects to note down"), .optional = true, .choices_of = list_objects },
		{ .name = "quick", .ask = ASK_YES, .words = N_("Leave out the self-test") },
		{ 0 } } },
	{ 0 },
};

static const struct step init_steps[] = {
	{ .name = "erase", .words = N_("Erase the device and set its PINs"), .where = ON_WORKER, .fn = wait_for_release,
	  .uninterruptible = true },
	{ .name = "import", .words = N_("Import the DKEK shares"), .where = ON_WORKER, .fn = import },
	{ 0 },
};

static const struct step slow_work = { .name = "look", .words = N_("Look at it"), .where = ON_WORKER, .fn = wait_for_release };

const struct procedure fake_slow = {
	.name = "slow", .command = "slow", .title = N_("Slow"), .summary = N_("look at something for long"),
	.pages = (const struct page[]){
		{ .name = N_("What"), .text = label_text, .work = &slow_work, .questions = (const struct question[]){
			{ .name = "what", .ask = ASK_TEXT, .optional = true, .words = N_("What") }, { 0 } } },
		{ .name = N_("Then"), .text = label_text },
		{ 0 } },
	.steps = init_steps,
};

static const struct step bad_work = { .name = "look", .words = N_("Look at it"), .where = ON_WORKER, .fn = fail };

const struct procedure fake_refuses = {
	.name = "refuses", .command = "refuses", .title = N_("Refuses"), .summary = N_("ask for what cannot be had"),
	.pages = (const struct page[]){
		{ .name = N_("What"), .text = label_text, .work = &bad_work, .questions = (const struct question[]){
			{ .name = "what", .ask = ASK_TEXT, .optional = true, .words = N_("What") },
			{ .name = "how", .ask = ASK_TEXT, .optional = true, .words = N_("How") }, { 0 } } },
		{ 0 } },
	.steps = init_steps,
};

const struct procedure fake_looks = {
	.name = "looks", .command = "looks", .title = N_("Looks"), .summary = N_("look at a device"), .on_device = true,
	.pages = (const struct page[]){
		{ .name = N_("Device"), .title = N_("The device"), .work = &slow_work },
		{ .name = N_("Then"), .text = label_text },
		{ 0 } },
	.steps = init_steps,
};

const struct procedure fake_init = {
	.name = "init", .command = "init", .title = N_("Initialise"), .summary = N_("erase a device and set it up"), .on_device = true,
	.pages = init_pages, .steps = init_steps, .review = review, .confirm = confirm, .outcome = outcome, .failed = failed,
	.again = once_more, .again_words = N_("Initialise another with the same shares"),
};

const struct procedure fake_fails = {
	.name = "backup", .command = "backup", .title = N_("Back up"), .summary = N_("make backups of keys"), .on_device = true,
	.steps = (const struct step[]){ { .name = "wrap", .words = N_("Wrap the keys"), .where = ON_WORKER, .fn = fail }, { 0 } },
	.outcome = outcome, .failed = failed,
};

static const struct procedure check = {
	.name = "share-check", .command = "share check", .title = N_("Check DKEK shares"),
	.summary = N_("open shares without a device"),
	.steps = (const struct step[]){ { .name = "open", .words = N_("Open the shares"), .where = ON_WORKER, .fn = nothing }, { 0 } },
};

const struct procedure *const procedures[] = { &fake_init, &fake_fails, &check, NULL };

/* Whose keys work on the screens, and which no list shows. */
static const struct procedure others[] = {
	{ .name = "key new", .command = "key new", .title = "New key", .summary = "make a key", .on_device = true },
	{ .name = "restore", .command = "restore", .title = "Restore", .summary = "put backups onto a device", .on_device = true },
	{ .name = "key delete", .command = "key delete", .title = "Delete", .summary = "delete a key", .on_device = true },
	{ .name = "key test", .command = "key test", .title = "Test", .summary = "test a key", .on_device = true },
	{ .name = "key rename", .command = "key rename", .title = "Rename", .summary = "rename a key", .on_device = true },
	{ .name = "key export", .command = "key export", .title = "Export", .summary = "write a public key", .on_device = true },
	{ .name = "cert import", .command = "cert import", .title = "Import", .summary = "write a certificate", .on_device = true },
	{ .name = "cert export", .command = "cert export", .title = "Export", .summary = "read a certificate", .on_device = true },
	{ .name = "cert delete", .command = "cert delete", .title = "Delete", .summary = "delete a certificate", .on_device = true },
	{ .name = "data read", .command = "data read", .title = "Read", .summary = "read data", .on_device = true },
	{ .name = "data delete", .command = "data delete", .title = "Delete", .summary = "delete data", .on_device = true },
	{ .name = "so-pin change", .command = "so-pin change", .title = "SO-PIN", .summary = "change it", .on_device = true },
	{ .name = "label", .command = "label", .title = "Label", .summary = "label a device", .on_device = true },
};

const struct procedure *procedure_find(const char *name)
{
	for (size_t i = 0; procedures[i] != NULL; i++) {
		if (strcmp(procedures[i]->name, name) == 0)
			return procedures[i];
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (strcmp(others[i].name, name) == 0)
			return &others[i];
	}
	return NULL;
}
