/* cert export: a certificate that is on the device. Nobody logs in, and nothing is changed. */
#include <stdio.h>
#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/words.h"
#include "tui/wizard/export.h"
#include "tui/wizard/find.h"
#include "tui/wizard/procedures.h"
#include "tui/wizard/record.h"
#include "tui/wizard/thing.h"
#include "tui/wizard/wizard.h"

struct cert_export {
	struct device_state device;
	struct cert cert;
};

static enum status check_id(struct run *r, unsigned index, struct fault *f)
{
	return find_cert_check(run_get(r, "id", index), f);
}

static enum status whole(const struct object *o, struct cur *ret, struct fault *f)
{
	struct cur file = buf_view(&o->content);

	if (o->cert == NULL || !cur_take(&file, o->cert->whole_len, ret))
		return fault_set(f, ST_DAMAGED, "The certificate \"%s\" on the device is damaged: it cannot be read.",
				 o->label);
	return ST_OK;
}

static enum status put_out(struct step_env *e, const struct session *s, struct object *o, struct fault *f)
{
	struct cert_export *state = run_state(e->run);
	struct key_result *k = thing_row(&state->device);
	struct key_identity id = { 0 };
	char words[1600];
	struct cur der;
	enum status st = k != NULL ? whole(o, &der, f) : fault_set(f, ST_NO_MEMORY, NULL);

	if (st != ST_OK)
		return st;
	state->cert = *o->cert;
	thing_to_result(s->look, o, k);
	buf_done(&state->device.exported);
	if (run_is(e->run, "format", "der"))
		buf_cur(&state->device.exported, der);
	else
		st = cert_to_pem(der, &state->device.exported, f);
	if (st == ST_OK)
		st = export_out(e->run, &state->device.exported, k, f);
	if (st != ST_OK)
		return st;
	if (o->type == OBJECT_KEY)
		id = identity_of_result(k);
	snprintf(words, sizeof(words), _("The certificate for %s on %s was exported."), k->subject, k->serial);
	return record_thing_used(e->store, s->look, &id, "cert.exported", words, f);
}

static enum status export(struct step_env *e, struct fault *f)
{
	return export_object(e, find_cert, put_out, f);
}

static void outcome(const struct run *r, struct prose *out)
{
	const struct cert_export *state = run_state(r);
	const struct key_result *k = state->device.rows;

	if (k->file[0] != '\0')
		prose_add(out, PROSE_DONE, "The certificate for %s on %s was exported to %s.", k->subject, k->serial,
			  k->file);
	else
		prose_add(out, PROSE_DONE, "The certificate for %s on %s:", k->subject, k->serial);
	thing_tell_cert(&state->cert, clock_wall(), out);
	export_show(r, &state->device.exported, out);
}

static const struct choice format_choices[] = {
	{ "pem", N_("PEM, which most programs read") },
	{ "der", N_("DER, binary") },
	{ NULL, NULL },
};

static const struct question questions[] = {
	{
		.name = "id",
		.value = "HEX",
		.ask = ASK_OBJECTS,
		.max = 1,
		.words = N_("Certificate"),
		.choices_of = find_cert_choices,
		.check = check_id,
		.help = N_("Which certificate, by its CKA_ID, which is that of its key."),
	},
	{
		.name = "format",
		.value = "pem|der",
		.ask = ASK_CHOICE,
		.optional = true,
		.words = N_("Form"),
		.choices = format_choices,
		.proposal = export_propose_pem,
		.help = N_("PEM is text, which can be mailed and pasted. DER is the same in fewer bytes."),
	},
	{
		.name = "out",
		.value = "FILE",
		.ask = ASK_NEW_FILE,
		.optional = true,
		.words = N_("File"),
		.check = export_check_out,
		.empty = N_("empty: shown here"),
		.help = N_("A new file; one that is there is never overwritten. Leave it empty to see the certificate here."),
	},
	{ .name = NULL },
};

static const struct page pages[] = {
	{ .name = N_("Certificate"), .title = N_("Which certificate"), .questions = questions },
	{ .name = NULL },
};

static const struct step steps[] = {
	{ .name = "export", .words = N_("Read the certificate"), .where = ON_DEVICE, .fn = export },
	{ .name = NULL },
};

const struct procedure procedure_cert_export = {
	.name = "cert export",
	.command = "cert export",
	.title = N_("Export a certificate"),
	.summary = N_("write out a certificate that is on the device"),
	.on_device = true,
	.one_session = true,
	.unrecorded = true,
	.pages = pages,
	.steps = steps,
	.state_size = sizeof(struct cert_export),
	.state_done = device_state_done,
	.outcome = outcome,
	.prints = true,
};
