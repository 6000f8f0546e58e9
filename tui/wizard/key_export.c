/* key export: the public key of a key on the device. Nobody logs in, and nothing is changed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/words.h"
#include "tui/wizard/export.h"
#include "tui/wizard/find.h"
#include "tui/wizard/procedures.h"
#include "tui/wizard/record.h"
#include "tui/wizard/session.h"
#include "tui/wizard/thing.h"
#include "tui/wizard/wizard.h"

struct key_export {
	struct device_state device;
	bool kept;                    /* the public key is the inventory's, and not on the device */
};

static enum status to_ssh(const struct pubkey *k, const char *label, struct buf *ret, struct fault *f)
{
	return pubkey_to_ssh(k, label[0] != '\0' ? label : NULL, ret, f);
}

static enum status to_pem(const struct pubkey *k, const char *label, struct buf *ret, struct fault *f)
{
	(void)label;
	return pubkey_to_pem(k, ret, f);
}

static enum status to_der(const struct pubkey *k, const char *label, struct buf *ret, struct fault *f)
{
	(void)label;
	return pubkey_to_spki(k, ret, f);
}

static const struct format {
	const char *name;
	enum status (*write)(const struct pubkey *k, const char *label, struct buf *ret, struct fault *f);
} formats[] = { { "pem", to_pem }, { "der", to_der }, { "ssh", to_ssh } };

static const struct format *format_of(const struct run *r)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (run_is(r, "format", formats[i].name))
			return &formats[i];
	}
	return &formats[0];
}

/* Where the certificate was deleted, or another program left none, the inventory may have kept it. */
static enum status known_public(struct store *store, const struct session *s, struct object *o, struct fault *f)
{
	struct object_row row;
	uint8_t *der = NULL;
	size_t n = 0;
	enum status st;

	if (!find_known(store, s->look->serial, o, &row) || row.key.len != STORE_SPKI_LEN)
		return ST_NOT_FOUND;
	if ((st = store_key_spki(store, &row.key, &der, &n, f)) == ST_OK)
		st = pubkey_from_spki(cur_of(der, n), &o->key, f);
	free(der);
	if (st == ST_OK && (st = pubkey_spki_sha256(&o->key, o->spki_sha256, f)) == ST_OK &&
	    memcmp(o->spki_sha256, row.key.bytes, sizeof(o->spki_sha256)) != 0)
		st = fault_set(f, ST_STORE_DAMAGED, "The public key in the inventory is not the one that was put there.");
	o->has_key = st == ST_OK;
	return st;
}

/* *ret_kept: it is not on the device, and the inventory's. */
static enum status public_of(struct step_env *e, const struct session *s, struct object *o, bool *ret_kept, struct fault *f)
{
	enum status st;

	if (o->has_key)
		return ST_OK;
	if (o->has_algorithm && o->algorithm == KEY_AES)
		return fault_set(f, ST_UNSUPPORTED,
				 "\"%s\" is a secret key (AES): it has no public part that could be exported.",
				 o->label);
	st = known_public(e->store, s, o, f);
	*ret_kept = st == ST_OK;
	if (st != ST_NOT_FOUND)
		return st;
	return fault_set(f, ST_NOT_FOUND,
			 "The public key of \"%s\" is not on %s: the device keeps neither its certificate nor its "
			 "request. A backup of the key may have it.",
			 o->label, s->look->serial);
}

static enum status put_out(struct step_env *e, const struct session *s, struct object *o, struct fault *f)
{
	struct key_export *state = run_state(e->run);
	struct buf *exported = &state->device.exported;
	struct key_result *k = thing_row(&state->device);
	enum status st;

	if (k == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	buf_done(exported);
	state->kept = false;
	if ((st = public_of(e, s, o, &state->kept, f)) != ST_OK)
		return st;
	find_to_result(s->look, o, k);
	if ((st = format_of(e->run)->write(&o->key, o->label, exported, f)) != ST_OK ||
	    (st = export_out(e->run, exported, k, f)) != ST_OK)
		return st;
	return record_key_exported(e->store, s->look, k, f);
}

static enum status export(struct step_env *e, struct fault *f)
{
	return export_object(e, find_key, put_out, f);
}

static void outcome(const struct run *r, struct prose *out)
{
	const struct key_export *state = run_state(r);
	const struct key_result *k = state->device.rows;

	prose_add(out, PROSE_DONE, k->file[0] != '\0' ?
		  N_("The public key of \"%s\" (%s) on %s was exported to %s.") :
		  N_("The public key of \"%s\" (%s) on %s:"), k->label, k->kind, k->serial, k->file);
	if (state->kept)
		prose_add(out, PROSE_WARNING,
			  "The public key is not on the device. This is what the inventory kept of the key when it was last seen there.");
	prose_add(out, PROSE_PLAIN, "SHA-256 of the public key:");
	prose_add(out, PROSE_VALUE, "%s", k->spki_sha256);
	export_show(r, &state->device.exported, out);
}

static const struct choice format_choices[] = {
	{ "pem", N_("PEM, which most programs read") },
	{ "der", N_("DER, binary") },
	{ "ssh", N_("OpenSSH, a line of authorized_keys") },
	{ NULL, NULL },
};

static const struct question questions[] = {
	{
		.name = "id",
		.value = "HEX",
		.ask = ASK_OBJECTS,
		.max = 1,
		.words = N_("Key"),
		.choices_of = find_choices,
		.check = find_check_keys,
		.help = N_("Which key, by its CKA_ID. Only the public part is exported; the key itself never leaves the "
			"device in clear."),
	},
	{
		.name = "format",
		.value = "pem|der|ssh",
		.ask = ASK_CHOICE,
		.optional = true,
		.words = N_("Form"),
		.choices = format_choices,
		.proposal = export_propose_pem,
		.help = N_("PEM is understood by most programs. OpenSSH wants its own form, and knows RSA and the NIST "
			"curves only."),
	},
	{
		.name = "out",
		.value = "FILE",
		.ask = ASK_NEW_FILE,
		.optional = true,
		.words = N_("File"),
		.check = export_check_out,
		.empty = N_("empty: shown here"),
		.help = N_("A new file; one that is there is never overwritten. Leave it empty to see the key here."),
	},
	{ .name = NULL },
};

static const struct page pages[] = {
	{ .name = N_("Key"), .title = N_("Which public key"), .questions = questions },
	{ .name = NULL },
};

static const struct step steps[] = {
	{ .name = "export", .words = N_("Read the public key"), .where = ON_DEVICE, .fn = export },
	{ .name = NULL },
};

const struct procedure procedure_key_export = {
	.name = "key export",
	.command = "key export",
	.title = N_("Export a public key"),
	.summary = N_("write out the public part of a key"),
	.on_device = true,
	.one_session = true,
	.unrecorded = true,
	.pages = pages,
	.steps = steps,
	.state_size = sizeof(struct key_export),
	.state_done = device_state_done,
	.outcome = outcome,
	.prints = true,
};
