#include "tui/wizard/thing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "store/store.h"
#include "tui/wizard/find.h"

#define SOON_S (90 * 24 * 3600) /* a certificate that ends within this time is remarked upon */

const struct thing_kind thing_cert = { FID_CA_CERT, FID_CERT_DESCRIPTION, card_free_cert_number };
const struct thing_kind thing_public_data = { FID_PUBLIC_DATA, FID_DATA_DESCRIPTION, card_free_data_number };
const struct thing_kind thing_private_data = { FID_PRIVATE_DATA, FID_DATA_DESCRIPTION, card_free_data_number };

void thing_date(int64_t at, char out[static THING_DATE_MAX])
{
	time_t t = (time_t)at;
	struct tm tm;

	out[0] = '\0';
	if (at != STORE_UNKNOWN && gmtime_r(&t, &tm) != NULL && tm.tm_year > -1900 && tm.tm_year < 8100)
		strftime(out, THING_DATE_MAX, "%Y-%m-%d", &tm);
}

void thing_to_result(const struct look *l, const struct object *o, struct key_result *ret)
{
	if (o->type == OBJECT_KEY)
		find_to_result(l, o, ret);
	snprintf(ret->serial, sizeof(ret->serial), "%s", l->serial);
	snprintf(ret->label, sizeof(ret->label), "%s", o->label);
	hex_lower(ret->id, o->id, o->id_len);
	ret->key_ref = o->type == OBJECT_KEY ? o->number : -1;
	ret->is_private = o->is_private;
	if (o->has_size)
		ret->size = (unsigned)o->size;
	if (o->cert == NULL || o->type == OBJECT_KEY)
		return;
	snprintf(ret->subject, sizeof(ret->subject), "%.*s", (int)sizeof(ret->subject) - 1, o->cert->subject);
	thing_date(o->cert->not_after, ret->until);
}

struct key_result *thing_row(struct device_state *d)
{
	d->n_rows = 0;
	return device_state_row(d);
}

void thing_tell_cert(const struct cert *c, int64_t now, struct prose *out)
{
	char from[THING_DATE_MAX], until[THING_DATE_MAX];

	thing_date(c->not_before, from);
	thing_date(c->not_after, until);
	if (c->not_after < c->not_before)
		prose_add(out, PROSE_WARNING,
			  "The certificate ends on %s, before it begins on %s: it was never good. Have another one "
			  "issued.",
			  until, from);
	else if (c->not_after < now)
		prose_add(out, PROSE_WARNING,
			  "The certificate ended on %s by this computer's clock: nobody will accept it any more.", until);
	else if (c->not_before > now)
		prose_add(out, PROSE_WARNING,
			  "The certificate begins on %s only, by this computer's clock: until then nobody will accept "
			  "it. Is the clock right?",
			  from);
	else if (c->not_after - now < SOON_S)
		prose_add(out, PROSE_WARNING, "The certificate ends soon, on %s.", until);
	if (c->authority && !c->may_certify)
		prose_add(out, PROSE_WARNING,
			  "The certificate says that it is a CA's, but its key usage does not let it sign certificates: "
			  "what this key signs as a CA will be refused. Have it issued again with keyCertSign.");
	if (c->authority && !c->has_usage)
		prose_add(out, PROSE_WARNING,
			  "The certificate is a CA's without a key usage, which RFC 5280 asks for: some programs will "
			  "refuse it.");
	if (!c->authority && c->has_usage && c->may_certify)
		prose_add(out, PROSE_WARNING,
			  "The certificate's key usage lets it sign certificates, but it does not say that it is a CA's: "
			  "what this key signs as a CA will be refused.");
	if (c->subject[0] == '\0')
		prose_add(out, PROSE_WARNING, "The certificate names nobody: its subject is empty.");
}

/* --- content and description --- */

int thing_noted(const struct run *r)
{
	const char *text = run_fact(r, "number");
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	return text[0] != '\0' && *end == '\0' && n < 256 ? (int)n : -1;
}

/* Is the file there the beginning of this content? A file that is absent is not. */
static enum status begins(struct session *s, uint16_t fid, struct cur want, bool *ret_begins, bool *ret_whole,
			  struct fault *f)
{
	SECRET *have = secret_new(FILE_MAX);
	enum status st = have != NULL ? ST_OK : fault_set(f, ST_NO_MEMORY, NULL);
	struct cur head;

	*ret_begins = *ret_whole = false;
	if (st != ST_OK || !fids_have(&s->fids, fid))
		return st;
	if ((st = card_read_secret(s->card, fid, have, f)) != ST_OK)
		return st == ST_NOT_FOUND ? ST_OK : st;
	*ret_whole = secret_len(have) == want.n;
	*ret_begins = cur_take(&want, secret_len(have), &head) && cur_equal(head, secret_view(have).p, secret_len(have));
	*ret_whole &= *ret_begins;
	return ST_OK;
}

enum left { LEFT_NOTHING, LEFT_PART, LEFT_ALL };

/*
 * What an earlier attempt left at this number: the beginning of this content and of this description, and nothing else.
 * What is not ours there stays.
 */
static enum status what_is_left(struct session *s, uint16_t content_fid, struct cur content, uint16_t description_fid,
				struct cur description, enum left *ret, struct fault *f)
{
	bool mine, whole, described, described_whole;
	enum status st = begins(s, content_fid, content, &mine, &whole, f);

	*ret = LEFT_NOTHING;
	if (st != ST_OK || (st = begins(s, description_fid, description, &described, &described_whole, f)) != ST_OK)
		return st;
	if (!mine || (fids_have(&s->fids, description_fid) && !described))
		return ST_OK;
	*ret = whole && described_whole ? LEFT_ALL : LEFT_PART;
	return ST_OK;
}

static enum status describe_at(const struct thing_kind *k, uint8_t number, struct description *d, struct buf *ret,
			       struct fault *f)
{
	d->path = fid_of(k->content, number);
	buf_done(ret);
	return describe_build(d, ret, f);
}

static enum status write_at(struct step_env *e, struct session *s, const struct thing_kind *k, uint8_t number,
			    struct cur content, const struct buf *description, struct fault *f)
{
	char note[8];
	bool clean = false;
	enum status st;

	snprintf(note, sizeof(note), "%u", number);
	if ((st = run_note(e, "number", note, f)) != ST_OK)
		return st;
	run_changed(e);
	st = card_write_described(s->card, fid_of(k->content, number), content, fid_of(k->description, number),
				  buf_view(description), &clean, f);
	if (st == ST_OK)
		return ST_OK;
	if (!clean)
		return fault_add(f, "A part of it may be left on the device, where no other program sees it.");
	run_unchanged(e);
	return fault_add(f, "Nothing of it is left on the device; everything else there is as before.");
}

enum status thing_write(struct step_env *e, struct session *s, const struct thing_kind *k, struct cur content,
			struct description *d, uint16_t *ret_content, struct fault *f)
{
	int number = thing_noted(e->run);
	enum left left = LEFT_NOTHING;
	BUF description = { 0 };
	unsigned gone;
	enum status st = ST_OK;

	if (number >= 0 &&
	    ((st = describe_at(k, (uint8_t)number, d, &description, f)) != ST_OK ||
	     (st = what_is_left(s, fid_of(k->content, (uint8_t)number), content, fid_of(k->description, (uint8_t)number),
				buf_view(&description), &left, f)) != ST_OK))
		return st;
	if (left == LEFT_PART)
		st = card_delete_described(s->card, fid_of(k->content, (uint8_t)number),
					   fid_of(k->description, (uint8_t)number), &gone, f);
	if (st == ST_OK && left == LEFT_NOTHING) {
		number = k->free_number(&s->fids);
		if (number < 0)
			return fault_set(f, ST_CARD_FULL,
					 "All 256 places that the device has for objects of this kind are taken. Delete one "
					 "that is no longer needed. Nothing was done.");
		st = describe_at(k, (uint8_t)number, d, &description, f);
	}
	if (st == ST_OK && left != LEFT_ALL)
		st = write_at(e, s, k, (uint8_t)number, content, &description, f);
	if (st == ST_OK)
		*ret_content = fid_of(k->content, (uint8_t)number);
	return st;
}
