/*
 * A certificate, and those that signed it: each one's signer is looked for among the certificates that the same device has,
 * by name and signature, until one is reached that signed itself.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/bytes.h"
#include "engine/base/error.h"
#include "engine/keys/cert.h"
#include "engine/keys/digest.h"
#include "store/key.h"
#include "tui/wizard/detail.h"
#include "tui/wizard/strength.h"

#define CHAIN_MAX 8
#define DAY 86400

struct known {
	struct object_row row;
	uint8_t *content;      /* NULL: the inventory does not have it */
	size_t n;
	struct cert cert;
	bool used;             /* it stands in the chain */
};

struct set {
	struct known *k;
	size_t n;
};

static void set_done(struct set *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->k[i].content);
	free(s->k);
}

static void read_content(struct store *s, struct known *k)
{
	if (!k->row.has_sha256 || store_certificate(s, k->row.sha256, &k->content, &k->n, NULL) != ST_OK)
		return;
	if (cert_parse(cur_of(k->content, k->n), &k->cert, NULL) == ST_OK)
		return;
	free(k->content);
	k->content = NULL;
}

static void load(struct store *s, const char *serial, struct set *ret)
{
	const struct object_filter filter = { .device = serial };
	struct object_row *rows = NULL;
	size_t n = 0;

	if (s == NULL || store_objects(s, &filter, &rows, &n, NULL) != ST_OK)
		return;
	ret->k = calloc(n + 1, sizeof(*ret->k));
	for (size_t i = 0; i < n && ret->k != NULL; i++) {
		if (rows[i].type != THING_CERTIFICATE)
			continue;
		ret->k[ret->n].row = rows[i];
		read_content(s, &ret->k[ret->n++]);
	}
	free(rows);
}

static bool same_key(const struct fleet_object *o, const struct object_row *r)
{
	char hex[2 * sizeof(r->key.bytes) + 1];

	hex_lower(hex, r->key.bytes, r->key.len);
	return r->key.len > 0 && strcmp(hex, o->spki_sha256) == 0;
}

/* The certificate that is meant: by its file, or of a key by what it certifies. */
static struct known *first(struct set *s, const struct fleet_object *o)
{
	for (size_t i = 0; i < s->n; i++) {
		if (o->type == FLEET_CERTIFICATE ? s->k[i].row.fid == o->fid : same_key(o, &s->k[i].row))
			return &s->k[i];
	}
	return NULL;
}

static struct known *signer(struct set *s, const struct known *of)
{
	for (size_t i = 0; i < s->n; i++) {
		struct known *k = &s->k[i];

		if (k->content != NULL && !k->used && strcmp(k->cert.subject, of->cert.issuer) == 0 &&
		    cert_signed_by(cur_of(of->content, of->n), cur_of(k->content, k->n), NULL) == ST_OK)
			return k;
	}
	return NULL;
}

static void validity(struct detail *out, int64_t from, int64_t until, int64_t now)
{
	char begin[32], end[32];
	unsigned long days = until > now ? (unsigned long)((until - now) / DAY) : 0;

	detail_date(begin, from);
	detail_date(end, until);
	if (from > 0)
		detail_fact(out, _("Valid"), _("from %s to %s"), begin, end);
	else
		detail_fact(out, _("Valid"), _("until %s"), end);
	if (until > 0 && until < now)
		detail_say(out, DETAIL_WARNING, "%s", _("It has expired: whoever checks it refuses it."));
	else if (from > now)
		detail_say(out, DETAIL_WARNING, "%s", _("It is not valid yet."));
	else if (until > 0 && days < CERT_SOON_DAYS)
		detail_say(out, DETAIL_WARNING,
			   translated_n("It ends soon: %lu day is left.", "It ends soon: %lu days are left.", days), days);
}

static void fingerprint(struct detail *out, const struct known *k, bool carried)
{
	uint8_t sha256[32];
	char hex[65], text[130];

	if (k->content == NULL || k->cert.whole_len > k->n ||
	    digest_sha256(cur_of(k->content, k->cert.whole_len), sha256, NULL) != ST_OK)
		return;
	hex_lower(hex, sha256, sizeof(sha256));
	detail_group(text, sizeof(text), hex);
	detail_say(out, DETAIL_TEXT, "%s", _("SHA-256 of the certificate:"));
	detail_say(out, DETAIL_VALUE, "%s", text);
	if (carried)
		detail_carry(out, _("SHA-256 of the certificate"), hex);
}

static void show(struct detail *out, const struct known *k, int64_t now, bool carried)
{
	if (k->content == NULL) {
		detail_fact(out, _("For"), "%s", k->row.subject);
		validity(out, 0, k->row.not_after, now);
		detail_say(out, DETAIL_TEXT, "%s", _("What else stands in it is not known: it is read when the device is plugged in."));
		return;
	}
	detail_fact(out, _("For"), "%s", k->cert.subject);
	detail_fact(out, _("Issued by"), "%s", k->cert.issuer);
	validity(out, k->cert.not_before, k->cert.not_after, now);
	detail_fact(out, _("Authority"), "%s", k->cert.authority ? _("yes: it may sign certificates") : _("no"));
	if (k->cert.broken)
		detail_say(out, DETAIL_WARNING, "%s", _("It says that it signed itself, and the signature is wrong."));
	fingerprint(out, k, carried);
}

static bool signed_itself(const struct known *k)
{
	return strcmp(k->cert.subject, k->cert.issuer) == 0 &&
	       cert_signed_by(cur_of(k->content, k->n), cur_of(k->content, k->n), NULL) == ST_OK;
}

static void issuers(struct detail *out, struct set *s, struct known *k, int64_t now)
{
	for (unsigned i = 0; i < CHAIN_MAX && k->content != NULL; i++) {
		struct known *by;

		if (signed_itself(k)) {
			detail_say(out, DETAIL_GOOD, "%s", _("It signed itself, and its signature is right: the chain ends here."));
			return;
		}
		by = signer(s, k);
		if (by == NULL) {
			if (!k->cert.broken)
				detail_say(out, DETAIL_TEXT, "%s", _("The certificate that signed it is not known on this device."));
			return;
		}
		by->used = true;
		detail_begin(out, _("Signed by"));
		show(out, by, now, false);
		k = by;
	}
}

/* Which key on the device it is for, where it is seen alone. */
static void owner(struct detail *out, struct store *s, const char *serial, const struct known *k)
{
	const struct object_filter filter = { .device = serial, .key = &k->row.key };
	struct object_row *rows = NULL;
	size_t n = 0;

	if (k->row.key.len == 0 || store_objects(s, &filter, &rows, &n, NULL) != ST_OK)
		return;
	if (n > 0)
		detail_fact(out, _("Its key"), _("%s, key reference %d"), rows[0].label, rows[0].key_ref);
	else
		detail_fact(out, _("Its key"), "%s", _("is not on this device"));
	free(rows);
}

void detail_chain(struct detail *d, struct store *s, const struct fleet_device *on, const struct fleet_object *o, int64_t now)
{
	__attribute__((cleanup(set_done))) struct set set = { 0 };
	struct known *k;

	load(s, on->serial, &set);
	k = first(&set, o);
	detail_begin(d, _("Certificate"));
	if (k == NULL && o->type == FLEET_KEY && o->subject[0] == '\0') {
		detail_say(d, DETAIL_TEXT, "%s", _("No certificate of this key is on the device."));
		return;
	}
	if (k == NULL) {
		detail_fact(d, _("For"), "%s", o->subject[0] != '\0' ? o->subject : _("not known"));
		detail_fact(d, _("Valid"), _("until %s"), o->until[0] != '\0' ? o->until : _("not known"));
		return;
	}
	k->used = true;
	show(d, k, now, true);
	if (o->type == FLEET_CERTIFICATE)
		owner(d, s, on->serial, k);
	issuers(d, &set, k, now);
}
