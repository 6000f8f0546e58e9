/*
 * data write: a file into a data object. The content goes to the device first and its description last, so that a stop
 * in between leaves nothing that another program would take for the data (thing.c).
 */
#include <stdio.h>
#include <string.h>

#include "engine/base/file.h"
#include "engine/base/words.h"
#include "tui/wizard/find.h"
#include "tui/wizard/procedures.h"
#include "tui/wizard/record.h"
#include "tui/wizard/thing.h"
#include "tui/wizard/wizard.h"

struct data_write {
	struct device_state device;
	struct secret *content; /* of the file: it may be one, and is kept as one. NULL until it was read */
};

static bool is_private(const struct run *r)
{
	return run_is(r, "private", "1");
}

static enum status load(struct step_env *e, struct fault *f)
{
	struct data_write *state = run_state(e->run);
	const char *file = run_get(e->run, "file", 0);
	SECRET *content = NULL;
	enum status st = file_read_private(file, THING_DATA_MAX, &content, f);

	if (st == ST_DAMAGED)
		return fault_set(f, ST_BAD_FORM, "%s is too large: a data object has %d bytes at most. Nothing was written.",
				 file, THING_DATA_MAX);
	if (st != ST_OK)
		return st;
	if (secret_len(content) == 0)
		return fault_set(f, ST_BAD_FORM, "%s is empty: there is nothing to write.", file);
	secret_free(state->content);
	state->content = STEAL(content);
	return ST_OK;
}

/* Two with one label could not be told apart. What an interrupted attempt of this run wrote is no other. */
static enum status label_is_free(struct step_env *e, struct session *s, struct fault *f)
{
	const char *label = run_get(e->run, "label", 0);
	OBJECTS list = { 0 };
	enum status st = card_objects(s->card, WANT_DATA, &list, f);

	for (size_t i = 0; i < list.n && st == ST_OK; i++) {
		const struct object *o = &list.o[i];

		if (o->type == OBJECT_DATA && strcmp(o->label, label) == 0 && o->number != thing_noted(e->run))
			st = fault_set(f, ST_DUPLICATE,
				       "There is a data object \"%s\" on %s already. Nothing was written. Choose another "
				       "label, or delete that one first.",
				       label, s->look->serial);
	}
	return st;
}

static enum status look(struct step_env *e, struct fault *f)
{
	SESSION s = { 0 };
	enum status st = load(e, f);

	if (st == ST_OK)
		st = session_open(e, LOOK_USER | LOOK_USABLE | LOOK_FIDS, &s, f);
	return st == ST_OK ? label_is_free(e, &s, f) : st;
}

static enum status record(struct step_env *e, struct session *s, uint16_t fid, struct fault *f)
{
	struct data_write *state = run_state(e->run);
	struct key_result *k = thing_row(&state->device);
	OBJECTS list = { 0 };
	char words[1200];
	enum status st = k != NULL ? card_objects(s->card, WANT_DATA, &list, f) : fault_set(f, ST_NO_MEMORY, NULL);

	for (size_t i = 0; i < list.n && st == ST_OK; i++) {
		const struct object *o = &list.o[i];

		if (o->type != OBJECT_DATA || o->content_fid != fid || o->damage != 0)
			continue;
		thing_to_result(s->look, o, k);
		snprintf(words, sizeof(words),
			 k->is_private ? translated_n("The data object \"%s\" (%u byte, private) was written to %s.",
						      "The data object \"%s\" (%u bytes, private) was written to %s.", k->size)
				       : translated_n("The data object \"%s\" (%u byte) was written to %s.",
						      "The data object \"%s\" (%u bytes) was written to %s.", k->size),
			 k->label, k->size, k->serial);
		st = record_thing(e->store, s->look, o, "data.written", words, f);
		return st == ST_OK ? st
				   : fault_add(f, "The data is on the device; only the inventory does not know it yet. "
						  "It will, when the device is next looked at.");
	}
	return st != ST_OK ? st : fault_set(f, ST_MISMATCH, "The data was written, and the device does not list it.");
}

static enum status write_data(struct step_env *e, struct fault *f)
{
	struct data_write *state = run_state(e->run);
	struct description d = { .kind = DESCRIPTION_DATA, .key_ref = DESCRIBE_NO_REF, .is_private = is_private(e->run) };
	uint16_t fid = 0;
	SESSION s = { 0 };
	enum status st = state->content != NULL ? ST_OK : load(e, f);

	snprintf(d.label, sizeof(d.label), "%s", run_get(e->run, "label", 0));
	snprintf(d.application, sizeof(d.application), "%s",
		 d.label); /* as OpenSC does where none is given (formats.md 7.8) */
	if (st != ST_OK || (st = session_open(e, LOOK_USER | LOOK_FIDS, &s, f)) != ST_OK ||
	    (st = label_is_free(e, &s, f)) != ST_OK || (st = session_log_in(e, &s, LOOK_USER, f)) != ST_OK)
		return st;
	st = thing_write(e, &s, d.is_private ? &thing_private_data : &thing_public_data, secret_view(state->content), &d,
			 &fid, f);
	return st == ST_OK ? record(e, &s, fid, f) : st;
}

static void state_done(void *state)
{
	struct data_write *d = state;

	secret_free(d->content);
	d->content = NULL;
	device_state_done(state);
}

static void wipe(void *state)
{
	struct data_write *d = state;

	if (d->content != NULL)
		secret_wipe(d->content);
}

static void warn_private(const struct run *r, unsigned index, struct prose *out)
{
	(void)index;
	if (!is_private(r))
		prose_add(out, PROSE_WARNING, "Whoever has the device can read this data, without a PIN.");
}

static void review(const struct run *r, struct prose *out)
{
	const struct data_write *state = run_state(r);
	const char *label = run_get(r, "label", 0), *file = run_get(r, "file", 0), *serial = run_serial(r);

	if (state->content == NULL)
		prose_add(out, PROSE_PLAIN, "%s will be written to %s as the data object \"%s\".", file, serial, label);
	else
		prose_add(out, PROSE_PLAIN, translated_n("%s (%zu byte) will be written to %s as the data object \"%s\".",
							 "%s (%zu bytes) will be written to %s as the data object \"%s\".",
							 secret_len(state->content)), file, secret_len(state->content), serial, label);
	if (is_private(r))
		prose_add(out, PROSE_PLAIN, "It is private: it can be read with the user PIN only.");
	else
		prose_add(out, PROSE_PLAIN, "It is public: whoever has the device can read it, without a PIN.");
	prose_add(out, PROSE_PLAIN,
		  "Backups have keys only, no data: keep the file in another place too, for when the device is lost.");
}

static void outcome(const struct run *r, struct prose *out)
{
	const struct key_result *k = ((const struct data_write *)run_state(r))->device.rows;

	prose_add(out, PROSE_DONE, translated_n("The data object \"%s\" (%u byte) is on %s, and was read back.",
						"The data object \"%s\" (%u bytes) is on %s, and was read back.", k->size),
		  k->label, k->size, k->serial);
	if (k->is_private)
		prose_add(out, PROSE_PLAIN, "The file %s is still there. Where it is a secret, it is one there too.",
			  run_get(r, "file", 0));
}

static const struct step look_step = {
	.name = "look",
	.words = N_("Read the file, look at the device"),
	.where = ON_DEVICE,
	.fn = look,
	.repeat = session_look_repeat,
};

static const struct step resume_step = {
	.name = "resume",
	.words = N_("Find out how far it came"),
	.where = ON_DEVICE,
	.fn = look,
};

static const struct question data_questions[] = {
	{
		.name = "file",
		.value = "FILE",
		.ask = ASK_FILE,
		.positional = true,
		.words = N_("File"),
		.help = N_("What is to be written, byte for byte: 65535 bytes at most, and no more than the device has room "
			   "for."),
	},
	{
		.name = "label",
		.value = "L",
		.ask = ASK_TEXT,
		.max = DESCRIBE_LABEL_MAX - 1,
		.words = N_("Label"),
		.check = find_check_label,
		.help = N_(
			"What people and other programs will call it. No other data object of the device may have the "
			"same label. It can be read without a PIN, also where the data is private."),
	},
	{
		.name = "private",
		.ask = ASK_YES,
		.words = N_("Private"),
		.warn = warn_private,
		.help = N_("Private data is given only to somebody who has typed the user PIN. Other data is given to "
			   "everybody who has the device."),
	},
	{ .name = NULL },
};

static const struct question pin_questions[] = { QUESTION_PIN, { .name = NULL } };

static const struct page pages[] = {
	{ .name = N_("Data"), .title = N_("What is to be written"), .questions = data_questions, .work = &look_step },
	{ .name = N_("User PIN"), .title = N_("The user PIN"), .questions = pin_questions, .text = session_tell_pin },
	{ .name = NULL },
};

static const struct step steps[] = {
	{ .name = "write",
	  .words = N_("Write the data, read it back"),
	  .where = ON_DEVICE,
	  .uninterruptible = true,
	  .fn = write_data },
	{ .name = NULL },
};

const struct procedure procedure_data_write = {
	.name = "data write",
	.command = "data write",
	.title = N_("Write data"),
	.summary = N_("write a file to the device as a data object"),
	.on_device = true,
	.one_session = true,
	.pages = pages,
	.steps = steps,
	.state_size = sizeof(struct data_write),
	.state_done = state_done,
	.wipe = wipe,
	.review = review,
	.confirm = session_confirm_user,
	.outcome = outcome,
	.resume = &resume_step,
};
