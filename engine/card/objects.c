/*
 * Joining the files of a card into objects. A key is what CCxx in the list says; its description and certificate are
 * read whether they are listed or not, since not every card lists them. Everything else hangs on a description, and what
 * hangs on nothing is a stray.
 */
#include "engine/card/objects.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/tlv.h"
#include "engine/card/apdu.h"

/* More than any card has in all; a card that sends more is not believed any further. */
#define RAW_MAX (1024 * 1024)

void object_done(struct object *o)
{
	if (o == NULL)
		return;
	free(o->cert);
	buf_done(&o->description);
	buf_done(&o->content);
	*o = (struct object){ 0 };
}

void objects_done(struct objects *l)
{
	if (l == NULL)
		return;
	for (size_t i = 0; i < l->n; i++)
		object_done(&l->o[i]);
	free(l->o);
	fids_done(&l->fids);
	*l = (struct objects){ 0 };
}

struct listing {
	struct card *card;
	const struct fids *fids;
	unsigned want;
	size_t raw;              /* bytes read so far */
	struct fault *f;
};

/*
 * The file, where the card gives it. *ret_fid is set where it did. A failure of the card's is a remark about the object; one
 * of the way to it, or of memory, ends the listing.
 */
static enum status read_part(struct listing *l, uint16_t fid, uint16_t *ret_fid, struct buf *ret, unsigned *damage)
{
	struct card *c = l->card;
	enum status st;

	if (l->raw > RAW_MAX) {
		*damage |= OBJECT_UNREADABLE;
		return ST_OK;
	}
	st = card_read_file(c, fid, ret, l->f);
	if (st == ST_OK) {
		*ret_fid = fid;
		l->raw += ret->n;
		return ST_OK;
	}
	if (st == ST_NO_MEMORY || c->gone || c->sw == 0)
		return st;
	if (st != ST_NOT_FOUND || fids_have(l->fids, fid))
		*damage |= OBJECT_UNREADABLE;
	if (st == ST_BAD_REPLY)
		l->raw += FILE_MAX;   /* one without an end cost as much as a whole one */
	return ST_OK;
}

static void take_description(struct object *o, const struct description *d)
{
	memcpy(o->label, d->label, sizeof(o->label));
	memcpy(o->id, d->id, d->id_len);
	o->id_len = d->id_len;
	o->usage = d->usage;
	memcpy(o->application, d->application, sizeof(o->application));
	if (d->kind == DESCRIPTION_KEY) {
		o->has_algorithm = true;
		o->algorithm = d->algorithm;
		o->bits = d->bits;
	}
}

/* What cannot be understood is a remark about the object, memory that ran short is not. */
static enum status remark(struct object *o, enum status st, unsigned damage, struct fault *f)
{
	if (st == ST_NO_MEMORY)
		return fault_set(f, st, NULL);
	if (st != ST_OK)
		o->damage |= damage;
	return ST_OK;
}

/* Whole bytes: 521 bits are described as 528 too. */
static bool fits_description(const struct object *o, const struct pubkey *k)
{
	return !o->has_algorithm || (o->algorithm == k->algorithm && (o->bits == 0 || (o->bits + 7) / 8 == (k->bits + 7) / 8));
}

/* A public key of another kind or size than the description says is somebody else's: which one this key has is not known then. */
static enum status take_key(struct object *o, const struct pubkey *k, struct fault *f)
{
	enum status st = pubkey_spki_sha256(k, o->spki_sha256, NULL);

	if (st != ST_OK)
		return remark(o, st, OBJECT_BAD_CONTENT, f);
	if (!fits_description(o, k)) {
		o->damage |= OBJECT_OTHER_KIND;
		return ST_OK;
	}
	o->has_key = true;
	o->key = *k;
	o->has_algorithm = true;
	o->algorithm = k->algorithm;
	o->bits = k->bits;
	o->curve = k->curve;
	return ST_OK;
}

static enum status take_cert(struct object *o, struct fault *f)
{
	struct cert *cert = malloc(sizeof(*cert));
	enum status st;

	if (cert == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	st = cert_parse(buf_view(&o->content), cert, NULL);
	if (st != ST_OK) {
		free(cert);
		return remark(o, st, OBJECT_BAD_CONTENT, f);
	}
	o->cert = cert;
	return cert->has_key && o->type != OBJECT_CERTIFICATE ? take_key(o, &cert->key, f) : ST_OK;
}

static enum status take_cvc(struct object *o, const char *device, struct fault *f)
{
	struct cur rest = buf_view(&o->content);
	struct cvc cvc;
	enum status st = cvc_next(&rest, NULL, &cvc, NULL);

	if (st != ST_OK)
		return remark(o, st, OBJECT_BAD_CONTENT, f);
	if (cvc.request)
		o->request = device && strcmp(cvc.outer_car, device) == 0 ? REQUEST_THIS_DEVICE : REQUEST_OTHER_DEVICE;
	return take_key(o, &cvc.key, f);
}

/* CExx is an X.509 certificate, a CVC or a request. */
static enum status take_content(struct listing *l, struct object *o)
{
	const char *device = l->card->device_read ? l->card->device.chr : NULL;

	if (o->content.n == 0) {
		o->damage |= OBJECT_NO_CONTENT;
		return ST_OK;
	}
	if (o->content.p[0] == 0x30)
		return take_cert(o, l->f);
	return take_cvc(o, device, l->f);
}

static enum status key_description(struct listing *l, struct object *o)
{
	struct description d;
	enum status st = read_part(l, fid_of(FID_KEY_DESCRIPTION, o->number), &o->description_fid, &o->description, &o->damage);

	if (st != ST_OK)
		return st;
	if (o->description_fid == 0) {
		o->damage |= o->type == OBJECT_KEY ? OBJECT_NO_DESCRIPTION : 0;
		return ST_OK;
	}
	st = describe_parse_key(buf_view(&o->description), &d, NULL);
	if (st == ST_OK)
		take_description(o, &d);
	return remark(o, st, OBJECT_BAD_DESCRIPTION, l->f);
}

static enum status key_content(struct listing *l, struct object *o)
{
	uint16_t fid = fid_of(FID_KEY_CERT, o->number);
	bool secret_key = o->has_algorithm && o->algorithm == KEY_AES;
	enum status st;

	if (!(l->want & WANT_PUBLIC) || (secret_key && !fids_have(l->fids, fid)))
		return ST_OK;
	st = read_part(l, fid, &o->content_fid, &o->content, &o->damage);
	if (st != ST_OK)
		return st;
	if (o->content_fid)
		return take_content(l, o);
	o->damage |= OBJECT_NO_CONTENT;
	return ST_OK;
}

static enum status read_key(struct listing *l, uint8_t ref, enum object_type type, struct object *o)
{
	enum status st;

	o->type = type;
	o->number = ref;
	st = key_description(l, o);
	return st == ST_OK ? key_content(l, o) : st;
}

static enum status read_certificate(struct listing *l, uint8_t number, struct object *o)
{
	uint16_t fid = fid_of(FID_CA_CERT, number);
	struct description d;
	enum status st;

	o->type = OBJECT_CERTIFICATE;
	o->number = number;
	st = read_part(l, fid_of(FID_CERT_DESCRIPTION, number), &o->description_fid, &o->description, &o->damage);
	if (st != ST_OK)
		return st;
	st = o->description_fid ? describe_parse_cert(buf_view(&o->description), &d, NULL) : ST_DAMAGED;
	if (remark(o, st, OBJECT_BAD_DESCRIPTION, l->f) != ST_OK)
		return ST_NO_MEMORY;
	if (st == ST_OK) {
		take_description(o, &d);
		if ((d.path & 0xff00) == FID_CA_CERT)
			fid = d.path;
	}
	st = read_part(l, fid, &o->content_fid, &o->content, &o->damage);
	if (st != ST_OK)
		return st;
	if (o->content_fid)
		return take_content(l, o);
	o->damage |= OBJECT_NO_CONTENT;
	return ST_OK;
}

static bool is_data_fid(uint16_t fid)
{
	return (fid & 0xff00) == FID_PUBLIC_DATA || (fid & 0xff00) == FID_PRIVATE_DATA;
}

/* Only its size: the content may be a secret, and large. */
static enum status data_size(struct listing *l, uint16_t fid, struct object *o)
{
	enum status st = card_file_size(l->card, fid, &o->size, l->f);

	if (st == ST_OK) {
		o->has_size = true;
		o->content_fid = fid;
		return ST_OK;
	}
	if (l->card->gone || l->card->sw == 0)
		return st;
	o->damage |= st == ST_NOT_FOUND ? OBJECT_NO_CONTENT : OBJECT_UNREADABLE;
	return ST_OK;
}

static enum status read_data(struct listing *l, uint8_t number, struct object *o)
{
	uint16_t fid = fid_of(FID_PRIVATE_DATA, number);
	struct description d;
	enum status st;

	o->type = OBJECT_DATA;
	o->number = number;
	st = read_part(l, fid_of(FID_DATA_DESCRIPTION, number), &o->description_fid, &o->description, &o->damage);
	if (st != ST_OK)
		return st;
	if (!fids_have(l->fids, fid))
		fid = fid_of(FID_PUBLIC_DATA, number);
	st = o->description_fid ? describe_parse_data(buf_view(&o->description), &d, NULL) : ST_DAMAGED;
	if (remark(o, st, OBJECT_BAD_DESCRIPTION, l->f) != ST_OK)
		return ST_NO_MEMORY;
	if (st == ST_OK) {
		take_description(o, &d);
		if (is_data_fid(d.path))
			fid = d.path;
	}
	o->is_private = (fid & 0xff00) == FID_PRIVATE_DATA;
	return data_size(l, fid, o);
}

static bool is_described(const struct objects *done, uint16_t fid)
{
	for (size_t i = 0; i < done->n; i++)
		if (done->o[i].content_fid == fid || done->o[i].description_fid == fid)
			return true;
	return false;
}

/* A certificate file or data that no description names. */
static enum status read_lone_content(struct listing *l, uint16_t fid, struct object *o)
{
	enum status st;

	o->type = OBJECT_STRAY;
	o->number = (uint8_t)fid;
	o->damage |= OBJECT_NO_DESCRIPTION;
	if (is_data_fid(fid)) {
		o->is_private = (fid & 0xff00) == FID_PRIVATE_DATA;
		return data_size(l, fid, o);
	}
	st = read_part(l, fid, &o->content_fid, &o->content, &o->damage);
	return st == ST_OK && o->content_fid ? take_content(l, o) : st;
}

static enum status read_stray(struct listing *l, const struct objects *done, uint16_t fid, struct object *o, bool *ret_is)
{
	uint16_t kind = fid & 0xff00;
	uint8_t number = (uint8_t)fid;
	bool key_file = kind == FID_KEY_DESCRIPTION || kind == FID_KEY_CERT;

	*ret_is = false;
	if (kind == FID_KEY_CERT && fids_have(l->fids, fid_of(FID_KEY_DESCRIPTION, number)))
		return ST_OK;   /* told together with it */
	if (key_file && (l->want & WANT_KEYS) && !fids_have(l->fids, fid_of(FID_KEY, number))) {
		*ret_is = true;
		return read_key(l, number, OBJECT_STRAY, o);
	}
	if ((kind == FID_CA_CERT && (l->want & WANT_CERTIFICATES)) || (is_data_fid(fid) && (l->want & WANT_DATA))) {
		*ret_is = !is_described(done, fid);
		return *ret_is ? read_lone_content(l, fid, o) : ST_OK;
	}
	return ST_OK;
}

typedef enum status read_fn(struct listing *l, uint8_t number, struct object *o);

static enum status read_device_key(struct listing *l, uint8_t ref, struct object *o)
{
	return read_key(l, ref, OBJECT_KEY, o);
}

static enum status read_kind(struct listing *l, uint16_t kind, unsigned first, read_fn *read, struct objects *out)
{
	bool have[256] = { false };

	for (size_t i = 0; i < l->fids->n; i++)
		have[l->fids->fid[i] & 0xff] |= (l->fids->fid[i] & 0xff00) == kind;
	for (unsigned i = first; i < 256; i++) {
		enum status st;

		if (!have[i])
			continue;
		st = read(l, (uint8_t)i, &out->o[out->n++]);
		if (st != ST_OK)
			return st;
	}
	return ST_OK;
}

static enum status read_strays(struct listing *l, struct objects *out)
{
	for (size_t i = 0; i < l->fids->n; i++) {
		bool is = false;
		enum status st = read_stray(l, out, l->fids->fid[i], &out->o[out->n], &is);

		out->n += is;
		if (st != ST_OK)
			return st;
	}
	return ST_OK;
}

static enum status read_wanted(struct listing *l, struct objects *out)
{
	enum status st = ST_OK;

	if (l->want & WANT_KEYS)
		st = read_kind(l, FID_KEY, 1, read_device_key, out);
	if (st == ST_OK && (l->want & WANT_CERTIFICATES))
		st = read_kind(l, FID_CERT_DESCRIPTION, 0, read_certificate, out);
	if (st == ST_OK && (l->want & WANT_DATA))
		st = read_kind(l, FID_DATA_DESCRIPTION, 0, read_data, out);
	return st == ST_OK ? read_strays(l, out) : st;
}

/* Requests name their device. A device that has no name is no reason not to show its keys. */
static enum status know_device(struct card *c, struct fault *f)
{
	enum status st = card_read_device(c, f);

	return c->gone || st == ST_NO_MEMORY || (st != ST_OK && c->sw == 0) ? st : ST_OK;
}

enum status card_objects(struct card *c, unsigned want, struct objects *ret, struct fault *f)
{
	OBJECTS list = { 0 };
	struct listing l = { .card = c, .want = want, .f = f };
	enum status st;

	if ((want & WANT_PUBLIC) && (st = know_device(c, f)) != ST_OK)
		return st;
	st = card_enumerate(c, &list.fids, f);
	if (st != ST_OK)
		return st;
	l.fids = &list.fids;
	list.damaged = list.fids.damaged;
	/* Each file makes at most one object; one more is the place where a stray is looked at. */
	list.o = calloc(list.fids.n + 1, sizeof(*list.o));
	if (list.o == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	st = read_wanted(&l, &list);
	if (st != ST_OK)
		return st;
	list.damaged |= l.raw > RAW_MAX;
	*ret = list;
	list = (struct objects){ 0 };
	return ST_OK;
}

enum status card_object_key(struct card *c, const struct fids *fids, uint8_t key_ref, struct object *ret,
			    struct fault *f)
{
	CLEANUP(object_done) struct object o = { 0 };
	struct listing l = { .card = c, .fids = fids, .want = WANT_KEYS | WANT_PUBLIC, .f = f };
	enum status st;

	if (key_ref == 0 || !fids_have(fids, fid_of(FID_KEY, key_ref)))
		return fault_set(f, ST_NOT_FOUND, "There is no key with reference %u on the device.", key_ref);
	if ((st = know_device(c, f)) != ST_OK || (st = read_key(&l, key_ref, OBJECT_KEY, &o)) != ST_OK)
		return st;
	*ret = o;
	o = (struct object){ 0 };
	return ST_OK;
}
