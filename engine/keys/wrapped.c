#include "engine/keys/wrapped.h"

#include <string.h>

#include "engine/base/words.h"
#include "engine/keys/cert.h"
#include "engine/keys/cvc.h"
#include "engine/keys/der.h"

#define TAG_SEQUENCE 0x30
#define TAG_OCTETS 0x04
#define TAG_UTF8 0x0c

enum part {
	PART_DESCRIPTION,
	PART_X509,
	PART_CVC,
	PART_UNKNOWN,
};

/*
 * By tag, not by place (formats.md 5): a description of an RSA key and an X.509 certificate both are a SEQUENCE of a
 * SEQUENCE; the description's begins with the label, the certificate's with the version or the serial number.
 */
static enum part part_of(const struct tlv *t)
{
	struct cur c = t->value;
	struct tlv inner, first;

	if (t->tag == 0xa0 || t->tag == 0xa8)
		return PART_DESCRIPTION;
	if (t->tag == 0x67 || t->tag == 0x7f21)
		return PART_CVC;
	if (t->tag != TAG_SEQUENCE || !tlv_expect(&c, TAG_SEQUENCE, &inner) || !tlv_next(&inner.value, &first))
		return PART_UNKNOWN;
	if (first.tag == TAG_UTF8)
		return PART_DESCRIPTION;
	return first.tag == 0xa0 || first.tag == 0x02 ? PART_X509 : PART_UNKNOWN;
}

/* Only a verdict on the bytes is one on the file: memory that ran short says nothing about them. */
static bool is_verdict(enum status st)
{
	return st != ST_NO_MEMORY && st != ST_CRYPTO;
}

static void take_description(const struct tlv *t, struct wrapped *w)
{
	if (w->has_description || describe_parse_key(t->whole, &w->description, NULL) != ST_OK ||
	    w->description.algorithm != w->blob.algorithm) {
		w->damage |= WRAPPED_BAD_DESCRIPTION;
		return;
	}
	w->has_description = true;
	w->prkd = t->whole;
}

static enum status read_x509(struct cur whole, struct pubkey *ret, struct fault *f)
{
	struct cert cert;
	enum status st = cert_parse(whole, &cert, f);

	if (st == ST_OK && (!cert.has_key || cert.broken))
		st = fault_set(f, ST_DAMAGED, NULL);
	if (st == ST_OK)
		*ret = cert.key;
	return st;
}

static enum status read_cvc(struct cur whole, struct pubkey *ret, struct fault *f)
{
	struct cvc cvc;
	enum status st = cvc_next(&whole, NULL, &cvc, f);

	if (st == ST_OK && cvc.request)
		st = cvc_verify(&cvc, &cvc.key, f);
	if (st == ST_OK)
		*ret = cvc.key;
	return st;
}

static enum status take_certificate(const struct tlv *t, enum part part, struct wrapped *w, struct fault *f)
{
	struct pubkey key;
	enum status st;

	if (w->has_key) {
		w->damage |= WRAPPED_BAD_CERTIFICATE;
		return ST_OK;
	}
	st = part == PART_X509 ? read_x509(t->whole, &key, f) : read_cvc(t->whole, &key, f);
	if (!is_verdict(st))
		return st;
	if (st != ST_OK || key.algorithm != w->blob.algorithm) {
		w->damage |= WRAPPED_BAD_CERTIFICATE;
		return ST_OK;
	}
	w->key = key;
	w->has_key = true;
	w->cert_kind = part == PART_X509 ? WRAPPED_X509 : WRAPPED_CVC;
	w->cert = t->whole;
	return ST_OK;
}

/* A size in the description that is not the key's makes other software handle the key wrongly. */
static void compare_sizes(struct wrapped *w)
{
	if (!w->has_description || !w->has_key || w->description.bits == 0 || w->description.bits == w->key.bits)
		return;
	w->damage |= WRAPPED_BAD_DESCRIPTION;
	w->has_description = false;
	w->prkd = cur_of("", 0);
}

/* What follows the blob. The first part that is no object ends it: nobody can tell where the next would begin. */
static enum status take_parts(struct cur c, struct wrapped *w, struct fault *f)
{
	struct tlv t;

	while (c.n > 0) {
		enum status st = ST_OK;
		enum part part;

		if (!tlv_next(&c, &t)) {
			w->damage |= WRAPPED_BAD_REST;
			return ST_OK;
		}
		part = part_of(&t);
		if (part == PART_DESCRIPTION)
			take_description(&t, w);
		else if (part == PART_X509 || part == PART_CVC)
			st = take_certificate(&t, part, w, f);
		else
			w->damage |= WRAPPED_BAD_REST;
		if (st != ST_OK)
			return st;
	}
	return ST_OK;
}

enum status wrapped_parse(struct cur file, struct wrapped *ret, struct fault *f)
{
	struct wrapped w = { .prkd = cur_of("", 0), .cert = cur_of("", 0) };
	struct cur rest = file;
	struct tlv top, blob;
	enum status st;

	if (file.n > WRAPPED_MAX)
		return fault_set(f, ST_DAMAGED, "This is too large for a wrapped key.");
	/* a bare blob begins with its DKEK's check value, which may look like a sequence, but not all the way down */
	if (tlv_expect(&rest, TAG_SEQUENCE, &top) && tlv_expect(&top.value, TAG_OCTETS, &blob) &&
	    blob_parse(blob.value, &w.blob, NULL) == ST_OK) {
		st = take_parts(top.value, &w, f);
		compare_sizes(&w);
		if (rest.n > 0)
			w.damage |= WRAPPED_BAD_REST;
	} else {
		st = blob_parse(file, &w.blob, f);
		w.bare = true;
	}
	if (st != ST_OK)
		return st;
	*ret = w;
	return ST_OK;
}

void wrapped_damage_words(unsigned damage, char *out, size_t cap)
{
	static const struct {
		unsigned bit;
		const char *words;
	} rows[] = {
		{ WRAPPED_BAD_DESCRIPTION,
		  N_("The description is damaged: label and ID of the key are lost in this file.") },
		{ WRAPPED_BAD_CERTIFICATE, N_("The certificate or request in this file is damaged.") },
		{ WRAPPED_BAD_REST, N_("This file has bytes that belong to nothing.") },
	};
	BUF text = { 0 };
	size_t n;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if ((damage & rows[i].bit) == 0)
			continue;
		if (text.n > 0)
			buf_u8(&text, ' ');
		buf_put(&text, translated(rows[i].words), strlen(translated(rows[i].words)));
	}
	if (cap == 0)
		return;
	n = text.failed ? 0 : text.n < cap - 1 ? text.n : cap - 1;
	if (n > 0)
		memcpy(out, text.p, n);
	out[n] = '\0';
}

enum status wrapped_open(const struct wrapped *w, const struct secret *dkek, struct wrapped_identity *ret,
			 struct fault *f)
{
	struct wrapped_identity id = { .algorithm = w->blob.algorithm };
	BLOB_KEY key = { 0 };
	enum status st = blob_open(&w->blob, dkek, &key, f);

	if (st == ST_OK && id.algorithm == KEY_AES)
		st = blob_key_cmac(&key, id.cmac, f);
	else if (st == ST_OK)
		st = blob_key_public(&key, &id.key, f);
	if (st == ST_OK && id.algorithm != KEY_AES)
		st = pubkey_spki_sha256(&id.key, id.spki_sha256, f);
	if (st != ST_OK)
		return st;
	*ret = id;
	if (w->has_key && !pubkey_equal(&w->key, &id.key))
		return fault_set(f, ST_MISMATCH,
				 "The certificate in this file is of another key than the one that is wrapped. The "
				 "wrapped key itself is intact.");
	return ST_OK;
}

struct cur wrapped_part(struct cur c)
{
	struct tlv t;

	return tlv_next(&c, &t) ? t.whole : cur_of("", 0);
}

/* One object, cut to its own length; an empty one is fine. */
static bool put_object(struct buf *b, struct cur c)
{
	const struct cur part = wrapped_part(c);

	buf_cur(b, part);
	return c.n == 0 || part.n > 0;
}

enum status wrapped_build(struct cur blob, struct cur prkd, struct cur cert, struct buf *ret, struct fault *f)
{
	struct blob parsed;
	BUF body = { 0 };
	enum status st = blob_parse(blob, &parsed, f);

	if (st != ST_OK)
		return fault_set(f, ST_BAD_FORM, "What the device gave as a wrapped key is none.");
	buf_tlv(&body, TAG_OCTETS, blob.p, blob.n);
	if (!put_object(&body, prkd) || !put_object(&body, cert))
		return fault_set(f, ST_BAD_FORM, "The key's description or certificate is damaged, and cannot be "
						 "saved with it.");
	buf_tlv_buf(ret, TAG_SEQUENCE, &body);
	return ret->failed ? fault_set(f, ST_NO_MEMORY, NULL) : ST_OK;
}
