/* data read: into a new file, to standard output, or shown. What is private goes through memory for secrets, and to no
 * screen. */
#include <stdio.h>
#include <string.h>

#include "engine/base/file.h"
#include "engine/base/text.h"
#include "engine/base/words.h"
#include "tui/wizard/find.h"
#include "tui/wizard/procedures.h"
#include "tui/wizard/record.h"
#include "tui/wizard/thing.h"
#include "tui/wizard/wizard.h"

#define SHOWN_MAX 4096 /* bytes that the outcome shows; more is for a file */
#define HEX_BYTES 16   /* on a line */

struct data_read {
	struct device_state device;
	bool looked, is_private;
};

static bool is_script(const struct run *r)
{
	return run_env(r)->script;
}

static enum status need_file(const struct run *r, const struct object *o, struct fault *f)
{
	if (is_script(r) || run_get(r, "out", 0)[0] != '\0')
		return ST_OK;
	if (o->is_private)
		return fault_set(f, ST_BAD_FORM,
				 "\"%s\" is private: it is not shown on a screen. Say into which new file it is to go.",
				 o->label);
	if (o->has_size && o->size > SHOWN_MAX)
		return fault_set(f, ST_BAD_FORM,
				 "\"%s\" has %zu bytes, which is too much to be shown. Say into which new file it is to go.",
				 o->label, o->size);
	return ST_OK;
}

static enum status look(struct step_env *e, struct fault *f)
{
	struct data_read *state = run_state(e->run);
	struct object o = { 0 };
	SESSION s = { 0 };
	enum status st = session_open(e, LOOK_USER | LOOK_FIDS, &s, f);

	if (st != ST_OK || (st = find_data(&s, run_get(e->run, "label", 0), &o, f)) != ST_OK)
		return st;
	st = need_file(e->run, &o, f);
	state->looked = true;
	state->is_private = o.is_private;
	object_done(&o);
	return st;
}

static unsigned pin_pages(const struct run *r)
{
	const struct data_read *state = run_state(r);

	return state->looked && !state->is_private ? 0 : 1;
}

static enum status read_content(struct session *s, const struct object *o, struct secret **ret, struct fault *f)
{
	SECRET *content = secret_new(FILE_MAX);
	enum status st;

	if (content == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	if (o->content_fid == 0)
		return fault_set(f, ST_NOT_FOUND, "The content of \"%s\" is not on the device: only its description is.",
				 o->label);
	if ((st = card_read_secret(s->card, o->content_fid, content, f)) != ST_OK)
		return st;
	*ret = STEAL(content);
	return ST_OK;
}

static enum status to_hex(struct secret **io, struct fault *f)
{
	const size_t n = secret_len(*io);
	SECRET *hex = secret_new(2 * n + n / HEX_BYTES + 2);
	const uint8_t *p = secret_view(*io).p;

	if (hex == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	for (size_t i = 0; i < n; i++) {
		static const char digits[] = "0123456789abcdef";

		(void)secret_put(hex, (uint8_t)digits[p[i] >> 4]);
		(void)secret_put(hex, (uint8_t)digits[p[i] & 15]);
		if (i % HEX_BYTES == HEX_BYTES - 1 || i + 1 == n)
			(void)secret_put(hex, '\n');
	}
	secret_free(*io);
	*io = STEAL(hex);
	return ST_OK;
}

static enum status put_out(struct step_env *e, struct session *s, const struct object *o, struct fault *f)
{
	struct data_read *state = run_state(e->run);
	struct key_result *k = thing_row(&state->device);
	const char *out = run_get(e->run, "out", 0);
	SECRET *content = NULL;
	char words[1200];
	enum status st;

	if (k == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	thing_to_result(s->look, o, k);
	st = read_content(s, o, &content, f);
	if (st == ST_OK)
		k->size = (unsigned)secret_len(content);
	if (st == ST_OK && run_is(e->run, "format", "hex"))
		st = to_hex(&content, f);
	if (st == ST_OK && out[0] != '\0' && (st = file_write_new(out, secret_view(content), f)) == ST_OK)
		snprintf(k->file, sizeof(k->file), "%s", out);
	if (st != ST_OK)
		return st;
	secret_free(state->device.exported_private);
	state->device.exported_private = out[0] == '\0' ? STEAL(content) : NULL;
	snprintf(words, sizeof(words), _("The data object \"%s\" on %s was read."), k->label, k->serial);
	return record_thing_used(e->store, s->look, NULL, "data.read", words, f);
}

static enum status read_data(struct step_env *e, struct fault *f)
{
	struct data_read *state = run_state(e->run);
	const char *out = run_get(e->run, "out", 0);
	struct object o = { 0 };
	SESSION s = { 0 };
	enum status st = out[0] != '\0' ? file_check_new(out, f) : ST_OK;

	if (st != ST_OK || (st = session_open(e, LOOK_USER | LOOK_FIDS, &s, f)) != ST_OK ||
	    (st = find_data(&s, run_get(e->run, "label", 0), &o, f)) != ST_OK)
		return st;
	if (o.is_private && !state->is_private)
		st = fault_set(f, ST_REFUSED, "\"%s\" has become private since it was looked at. Begin again.", o.label);
	else if (o.is_private)
		st = session_log_in(e, &s, LOOK_USER, f);
	if (st == ST_OK)
		st = put_out(e, &s, &o, f);
	object_done(&o);
	return st;
}

/* Text that can be shown as it is: lines, and nothing that a terminal obeys. */
static bool is_text(struct cur c)
{
	while (c.n > 0) {
		char piece[8] = { 0 };
		uint32_t cp;
		size_t n = text_decode((const char *)c.p, c.n, &cp);

		if (n == 0 || n >= sizeof(piece))
			return false;
		memcpy(piece, c.p, n);
		if (cp != '\n' && cp != '\t' && !text_is_clean(piece))
			return false;
		(void)cur_take(&c, n, NULL);
	}
	return true;
}

static void show_hex(struct cur c, struct prose *out)
{
	struct cur line;

	while (c.n > 0 && cur_take(&c, c.n < HEX_BYTES ? c.n : HEX_BYTES, &line)) {
		char hex[2 * HEX_BYTES + 1];

		hex_lower(hex, line.p, line.n);
		prose_add(out, PROSE_VALUE, "%s", hex);
	}
}

/* One paragraph with the lines that it has: prose knows no tabs. */
static void show_text(struct cur c, enum prose_role role, struct prose *out)
{
	BUF text = { 0 };
	uint8_t byte = 0;

	while (cur_u8(&c, &byte)) {
		if (byte == '\t')
			buf_put(&text, "    ", 4);
		else if (byte != '\n' || c.n > 0)
			buf_u8(&text, byte);
	}
	if (!text.failed)
		prose_add(out, role, "%.*s", (int)text.n, text.n > 0 ? (const char *)text.p : "");
}

static void outcome(const struct run *r, struct prose *out)
{
	const struct data_read *state = run_state(r);
	const struct key_result *k = state->device.rows;
	const struct secret *content = state->device.exported_private;

	if (k->file[0] != '\0')
		prose_add(out, PROSE_DONE, translated_n("The data object \"%s\" (%u byte) on %s was written to %s.",
							"The data object \"%s\" (%u bytes) on %s was written to %s.", k->size),
			  k->label, k->size, k->serial, k->file);
	else
		prose_add(out, PROSE_DONE, translated_n("The data object \"%s\" (%u byte) on %s:",
							"The data object \"%s\" (%u bytes) on %s:", k->size), k->label, k->size, k->serial);
	/* To standard output it goes as it is; what is private, to no screen. */
	if (content == NULL || k->is_private || is_script(r))
		return;
	if (run_is(r, "format", "hex") || is_text(secret_view(content)))
		show_text(secret_view(content), run_is(r, "format", "hex") ? PROSE_VALUE : PROSE_PLAIN, out);
	else
		show_hex(secret_view(content), out);
}

/* The last try of a PIN, where one is needed. */
static const char *confirm(const struct run *r)
{
	return pin_pages(r) > 0 ? session_confirm_user(r) : NULL;
}

static void tell_pin(const struct run *r, unsigned index, struct prose *out)
{
	(void)index;
	prose_add(out, PROSE_PLAIN, "This data is private: the device gives it to nobody who has not typed the user PIN.");
	session_tell_user(r, out);
}

static const struct step look_step = {
	.name = "look",
	.words = N_("Find the data"),
	.where = ON_DEVICE,
	.fn = look,
};

static const struct choice format_choices[] = {
	{ "raw", N_("as it is") },
	{ "hex", N_("in hexadecimal digits") },
	{ NULL, NULL },
};

static void proposal(const struct run *r, unsigned index, char *out, size_t cap)
{
	(void)r;
	(void)index;
	snprintf(out, cap, "raw");
}

static const struct question data_questions[] = {
	{
		.name = "label",
		.value = "L",
		.ask = ASK_OBJECTS,
		.max = 1,
		.words = N_("Data"),
		.choices_of = find_data_choices,
		.help = N_("Which data object, by its label."),
	},
	{
		.name = "format",
		.value = "raw|hex",
		.ask = ASK_CHOICE,
		.optional = true,
		.words = N_("Form"),
		.choices = format_choices,
		.proposal = proposal,
		.help = N_("As it is, byte for byte; what is no text is shown here in hexadecimal digits all the same."),
	},
	{
		.name = "out",
		.value = "FILE",
		.ask = ASK_NEW_FILE,
		.optional = true,
		.words = N_("File"),
		.empty = N_("empty: shown if public"),
		.help = N_(
			"A new file, which only you can read; one that is there is never overwritten. Leave it empty to see "
			"the data here. "
			"Private data is not shown: it always goes into a file."),
	},
	{ .name = NULL },
};

/* A script that does not know whether the data is private may give the PIN in any case. */
static const struct question pin_questions[] = { { .words = N_("User PIN"), QUESTION_PIN_IS, .spare = true }, { .name = NULL } };

static const struct page pages[] = {
	{ .name = N_("Data"), .title = N_("Which data"), .questions = data_questions, .work = &look_step },
	{ .name = N_("User PIN"),
	  .title = N_("The user PIN"),
	  .questions = pin_questions,
	  .text = tell_pin,
	  .repeat = pin_pages },
	{ .name = NULL },
};

static const struct step steps[] = {
	{ .name = "read", .words = N_("Read the data"), .where = ON_DEVICE, .fn = read_data },
	{ .name = NULL },
};

const struct procedure procedure_data_read = {
	.name = "data read",
	.command = "data read",
	.title = N_("Read data"),
	.summary = N_("read a data object that is on the device"),
	.on_device = true,
	.unrecorded = true,
	.pages = pages,
	.steps = steps,
	.state_size = sizeof(struct data_read),
	.state_done = device_state_done,
	.confirm = confirm,
	.outcome = outcome,
	.prints = true,
};
