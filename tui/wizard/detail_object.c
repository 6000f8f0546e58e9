/* What is known of a key, a certificate or data on a device. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/bytes.h"
#include "engine/base/error.h"
#include "engine/card/objects.h"
#include "engine/keys/pubkey.h"
#include "store/backup.h"
#include "store/device.h"
#include "store/key.h"
#include "tui/wizard/detail.h"
#include "tui/wizard/strength.h"

/* len 0: not known */
static struct key_identity identity_of(const struct fleet_object *o)
{
	const char *hex = o->spki_sha256[0] != '\0' ? o->spki_sha256 : o->cmac;
	struct key_identity id = { 0 };

	if (!hex_parse(hex, strlen(hex), id.bytes, sizeof(id.bytes), &id.len))
		id.len = 0;
	return id;
}

static const char *name_of(const char *label, const char *serial)
{
	return label[0] != '\0' ? label : serial;
}

/* --- the object itself --- */

static void damage(struct detail *out, unsigned flags)
{
	static const struct {
		unsigned flag;
		const char *words;
	} said[] = {
		{ FLEET_ORPHAN, N_("This belongs to a key that is no longer on the device.") },
		{ FLEET_ALIEN_CERTIFICATE, N_("Its certificate was made for another kind of key.") },
	};
	bool told = false;

	for (unsigned i = 0; i < OBJECT_DAMAGES; i++) {
		if (flags & ((unsigned)FLEET_DAMAGE << i)) {
			detail_say(out, DETAIL_WARNING, "%s", damage_words(1u << i));
			told = true;
		}
	}
	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
		if (flags & said[i].flag)
			detail_say(out, DETAIL_WARNING, "%s", translated(said[i].words));
	}
	if ((flags & FLEET_NOT_DESCRIBED) && !told)
		detail_say(out, DETAIL_WARNING, "%s", _("It has no readable description, so other software does not see it."));
	if ((flags & FLEET_NO_PUBLIC_KEY) && !told)
		detail_say(out, DETAIL_WARNING, "%s", _("Its public key is not on the device, so it cannot be compared with anything."));
}

static void strength(struct detail *out, const struct fleet_object *o)
{
	switch (key_strength(o->algorithm, o->size)) {
	case STRENGTH_WEAK:
		detail_say(out, DETAIL_WARNING, "%s", _("Keys of this kind are too weak by now (NIST SP 800-131A): make a new one, "
							"and let this one sign nothing any more."));
		break;
	case STRENGTH_ENDING:
		detail_say(out, DETAIL_TEXT, "%s", _("Keys of this kind are thought to be strong enough until the end of 2030 "
						     "(NIST SP 800-57): whatever it signs should not have to last longer."));
		break;
	default:
		break;
	}
}

static void origin(struct detail *out, unsigned flags)
{
	if (flags & FLEET_MADE_HERE)
		detail_say(out, DETAIL_GOOD, "%s", _("It was made inside this device: the device signed that when it made it."));
	else if (flags & FLEET_MADE_ELSEWHERE)
		detail_say(out, DETAIL_TEXT, "%s", _("It was made in another device, and came here from a backup."));
	else if (flags & FLEET_MADE_UNPROVEN)
		detail_say(out, DETAIL_WARNING, "%s", _("A request that came with it names this device, but the device did not sign "
							"it: nothing shows where the key was made."));
	else
		detail_say(out, DETAIL_TEXT, "%s", _("Where it was made is not known: the device has no request of its generation."));
}

static void about(struct detail *out, const struct fleet_device *d, const struct fleet_object *o)
{
	detail_begin(out, o->type == FLEET_KEY ? _("Key") : o->type == FLEET_DATA ? _("Data") : _("Object"));
	detail_fact(out, _("Label"), "%s", o->label[0] != '\0' ? o->label : _("none"));
	detail_fact(out, _("Kind"), "%s", translated(o->kind));
	detail_fact(out, _("On device"), d->label[0] != '\0' ? "%s, %s" : "%s%s", d->label, d->serial);
	if (d->state == FLEET_ABSENT)
		detail_say(out, DETAIL_TEXT, "%s", _("The device is away: all of this is as it was when it was last here."));
	if (o->key_ref >= 0)
		detail_fact(out, _("Key reference"), "%d", o->key_ref);
	detail_fact(out, _("File"), "%04X", o->fid);
	if (o->type == FLEET_DATA) {
		detail_fact(out, _("Size"), translated_n("%u byte", "%u bytes", o->size), o->size);
		detail_fact(out, _("To be read"), "%s", o->flags & FLEET_PRIVATE ? _("after login only") : _("by everybody"));
	}
	if (o->type == FLEET_KEY && o->use_counter >= 0)
		detail_fact(out, _("Uses left"), "%ld", o->use_counter);
	else if (o->type == FLEET_KEY)
		detail_fact(out, _("Uses left"), "%s", _("no limit is known"));
	if (o->type == FLEET_KEY) {
		strength(out, o);
		if (o->algorithm[0] != '\0' && strcmp(o->algorithm, "aes") != 0)
			origin(out, o->flags);
	}
	damage(out, o->flags);
}

/* --- what people compare --- */

static void value(struct detail *out, const char *name, const char *hex)
{
	char text[2 * sizeof(((struct fleet_object *)0)->id)];

	detail_group(text, sizeof(text), hex);
	detail_say(out, DETAIL_TEXT, "%s", name);
	detail_say(out, DETAIL_VALUE, "%s", text[0] != '\0' ? text : _("not known"));
	detail_carry(out, name, hex);
}

static bool public_key(struct store *s, const struct key_identity *id, struct pubkey *ret)
{
	uint8_t *der = NULL;
	size_t n = 0;
	bool found = s != NULL && id->len == STORE_SPKI_LEN && store_key_spki(s, id, &der, &n, NULL) == ST_OK &&
		     pubkey_from_spki(cur_of(der, n), ret, NULL) == ST_OK;

	free(der);
	return found;
}

static void fingerprints(struct detail *out, const struct fleet_object *o, const struct pubkey *key)
{
	char print[PUBKEY_SSH_PRINT_MAX];

	detail_begin(out, _("Fingerprints"));
	if (strcmp(o->algorithm, "aes") == 0)
		value(out, _("Check value (AES-CMAC of 16 zero bytes):"), o->cmac);
	else
		value(out, _("SHA-256 of the public key (SubjectPublicKeyInfo):"), o->spki_sha256);
	value(out, _("CKA_ID, by which other software finds it:"), o->id);
	if (key == NULL || pubkey_ssh_print(key, print, NULL) != ST_OK)
		return;
	detail_say(out, DETAIL_TEXT, "%s", _("As OpenSSH shows it:"));
	detail_say(out, DETAIL_VALUE, "%s", print);
	detail_carry(out, _("OpenSSH's fingerprint"), print);
}

static void pem(struct detail *out, const struct pubkey *key)
{
	BUF text = { 0 };

	if (key == NULL || pubkey_to_pem(key, &text, NULL) != ST_OK)
		return;
	buf_u8(&text, '\0');
	if (text.failed)
		return;
	detail_begin(out, _("Public key"));
	detail_wide(out);
	detail_say(out, DETAIL_VALUE, "%.*s", (int)text.n - 2, (const char *)text.p);   /* without its last newline */
	detail_carry(out, _("Public key (PEM)"), (const char *)text.p);
}

/* --- where else it lives, and its backups --- */

static void place(struct detail *out, struct store *s, const struct object_row *r)
{
	struct device_row row;
	const char *label = "";
	char date[32];

	if (store_device_get(s, r->serial, &row, NULL) == ST_OK)
		label = row.label;
	if (r->gone_at == STORE_UNKNOWN) {
		detail_fact(out, name_of(label, r->serial), _("%s, key reference %d"), r->serial, r->key_ref);
		return;
	}
	detail_date(date, r->gone_at);
	detail_fact(out, name_of(label, r->serial), _("%s, until %s: it is not there any more"), r->serial, date);
}

static bool is_elsewhere(const struct object_row *r, const struct fleet_device *here)
{
	return r->type == THING_KEY && strcmp(r->serial, here->serial) != 0;
}

static void places(struct detail *out, struct store *s, const struct fleet_device *here, const struct key_identity *id)
{
	const struct object_filter filter = { .key = id, .gone_too = true };
	struct object_row *rows = NULL;
	size_t n = 0, other = 0;

	detail_begin(out, _("On other devices"));
	if (id->len == 0) {
		detail_say(out, DETAIL_TEXT, "%s", _("Not known: the key cannot be told from others until somebody logs in."));
		return;
	}
	if (s == NULL || store_objects(s, &filter, &rows, &n, NULL) != ST_OK)
		n = 0;
	for (unsigned gone = 0; gone < 2; gone++) {
		for (size_t i = 0; i < n; i++) {
			if (!is_elsewhere(&rows[i], here) || (rows[i].gone_at != STORE_UNKNOWN) != (gone == 1))
				continue;
			place(out, s, &rows[i]);
			other++;
		}
	}
	if (other == 0)
		detail_say(out, DETAIL_TEXT, "%s", _("On none that is known here."));
	free(rows);
}

static void proofs(struct detail *out, struct store *s, const struct backup_row *b)
{
	static const char *const words[] = {
		[PROOF_NONE] = N_("nothing was shown"),
		[PROOF_INTACT] = N_("the file is intact"),
		[PROOF_MATCHED] = N_("its check value is that of a known DKEK"),
		[PROOF_OPENED] = N_("opened with all shares, and the key compared"),
	};
	struct proof_row *rows = NULL;
	char date[32];
	size_t n = 0;

	if (store_proofs(s, b->id, &rows, &n, NULL) != ST_OK)
		n = 0;
	for (size_t i = 0; i < n; i++) {
		bool later = false;   /* told by the same proof of a later day */

		for (size_t k = i + 1; k < n && !later; k++)
			later = rows[k].level == rows[i].level && strcmp(rows[k].device, rows[i].device) == 0;
		detail_date(date, rows[i].at);
		if (!later && rows[i].level == PROOF_RESTORED)
			detail_fact(out, date, _("restored on %s, compared, and a signature verified"), rows[i].device);
		else if (!later)
			detail_fact(out, date, "%s", translated(words[rows[i].level]));
	}
	free(rows);
	if (b->proof < PROOF_OPENED)
		detail_say(out, DETAIL_WARNING, "%s", _("It was never proven that the key comes back from it."));
}

static void backup(struct detail *out, struct store *s, const struct backup_row *b)
{
	char date[32], kcv[2 * STORE_KCV_LEN + 1], name[60];

	detail_date(date, b->made_at != STORE_UNKNOWN ? b->made_at : b->added_at);
	hex_upper(kcv, b->kcv, sizeof(b->kcv));
	(void)snprintf(name, sizeof(name), _("Backup %lld"), (long long)b->id);
	if (b->made_at != STORE_UNKNOWN && b->device[0] != '\0')
		detail_fact(out, name, _("made %s on %s"), date, b->device);
	else
		detail_fact(out, name, _("known since %s; where it was made is not known"), date);
	detail_fact(out, _("DKEK"), "%s", kcv);
	if (b->file[0] != '\0')
		detail_fact(out, _("File"), "%s", b->file);
	proofs(out, s, b);
}

static void backups(struct detail *out, struct store *s, const struct fleet_object *o, const struct key_identity *id)
{
	const struct backup_filter filter = { .key = id };
	struct backup_row *rows = NULL;
	enum proof_level best = PROOF_NONE;
	size_t n = 0;

	detail_begin(out, _("Backups"));
	if (id->len > 0 && s != NULL && store_backups(s, &filter, &rows, &n, NULL) != ST_OK)
		n = 0;
	for (size_t i = 0; i < n; i++) {
		if (out->backup == 0 || rows[i].proof > best) {
			out->backup = rows[i].id;
			best = rows[i].proof;
		}
		backup(out, s, &rows[i]);
	}
	if (n == 0 && o->backups > 0)
		detail_say(out, DETAIL_WARNING, "%s", _("Its backups cannot be read from the inventory now."));
	else if (n == 0)
		detail_say(out, DETAIL_WARNING, "%s", _("No backup of this key is known. If this device is lost, the key is lost, "
							"unless another device holds it."));
	free(rows);
}

static void key(struct detail *out, struct store *s, const struct fleet_device *d, const struct fleet_object *o, int64_t now)
{
	const struct key_identity id = identity_of(o);
	struct pubkey k;
	bool has_key = public_key(s, &id, &k);

	fingerprints(out, o, has_key ? &k : NULL);
	backups(out, s, o, &id);
	places(out, s, d, &id);
	if (strcmp(o->algorithm, "aes") != 0)
		detail_chain(out, s, d, o, now);
	if (id.len > 0)
		detail_journal(out, s, NULL, &id);
	pem(out, has_key ? &k : NULL);
}

void detail_of_object(struct store *s, const struct fleet_device *d, const struct fleet_object *o, int64_t now, struct detail *ret)
{
	about(ret, d, o);
	if (o->type == FLEET_KEY)
		key(ret, s, d, o, now);
	else if (o->type == FLEET_CERTIFICATE)
		detail_chain(ret, s, d, o, now);
}
