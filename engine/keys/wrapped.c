#include "engine/keys/wrapped.h"

#include <string.h>

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

static void take_description(const struct tlv *t, struct wrapped *w)
{
	struct fault ignored;

	if (w->has_description || describe_parse_key(t->whole, &w->description, &ignored) != ST_OK ||
	    w->description.algorithm != w->blob.algorithm) {
		w->damage |= WRAPPED_BAD_DESCRIPTION;
		return;
	}
	w->has_description = true;
	w->prkd = t->whole;
}

static void take_certificate(const struct tlv *t, enum part part, struct wrapped *w)
{
	struct cur whole = t->whole;
	struct fault ignored;
	struct cert cert;
	struct cvc cvc;
	bool good = w->cert_kind == WRAPPED_NO_CERT;

	if (good && part == PART_X509) {
		good = cert_parse(whole, &cert, &ignored) == ST_OK && cert.has_key && !cert.broken;
		if (good)
			w->key = cert.key;
	} else if (good) {
		good = cvc_next(&whole, NULL, &cvc, &ignored) == ST_OK &&
		       (!cvc.request || cvc_verify(&cvc, &cvc.key, &ignored) == ST_OK);
		if (good)
			w->key = cvc.key;
	}
	if (!good || w->key.algorithm != w->blob.algorithm) {
		w->damage |= WRAPPED_BAD_CERTIFICATE;
		return;
	}
	w->has_key = true;
	w->cert_kind = part == PART_X509 ? WRAPPED_X509 : WRAPPED_CVC;
	w->cert = t->whole;
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
static void take_parts(struct cur c, struct wrapped *w)
{
	struct tlv t;

	while (c.n > 0) {
		if (!tlv_next(&c, &t)) {
			w->damage |= WRAPPED_BAD_REST;
			return;
		}
		switch (part_of(&t)) {
		case PART_DESCRIPTION:
			take_description(&t, w);
			break;
		case PART_X509:
			take_certificate(&t, PART_X509, w);
			break;
		case PART_CVC:
			take_certificate(&t, PART_CVC, w);
			break;
		case PART_UNKNOWN:
			w->damage |= WRAPPED_BAD_REST;
			break;
		}
	}
}

enum status wrapped_parse(struct cur file, struct wrapped *ret, struct fault *f)
{
	struct wrapped w = { .prkd = cur_of("", 0), .cert = cur_of("", 0) };
	struct cur rest = file;
	struct tlv top, blob;
	struct fault ignored;

	if (file.n > WRAPPED_MAX)
		return fault_set(f, ST_DAMAGED, "This is too large for a wrapped key.");
	/* a bare blob begins with its DKEK's check value, which may look like a sequence, but not all the way down */
	if (tlv_expect(&rest, TAG_SEQUENCE, &top) && tlv_expect(&top.value, TAG_OCTETS, &blob) &&
	    blob_parse(blob.value, &w.blob, &ignored) == ST_OK) {
		take_parts(top.value, &w);
		compare_sizes(&w);
		if (rest.n > 0)
			w.damage |= WRAPPED_BAD_REST;
	} else {
		enum status st = blob_parse(file, &w.blob, f);

		if (st != ST_OK)
			return st;
		w.bare = true;
	}
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
		  "The description is damaged: label and ID of the key are lost in this file." },
		{ WRAPPED_BAD_CERTIFICATE, "The certificate or request in this file is damaged." },
		{ WRAPPED_BAD_REST, "This file has bytes that belong to nothing." },
	};
	BUF text = { 0 };
	size_t n;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if ((damage & rows[i].bit) == 0)
			continue;
		if (text.n > 0)
			buf_u8(&text, ' ');
		buf_put(&text, rows[i].words, strlen(rows[i].words));
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

/* One object, cut to its own length; an empty one is fine. */
static bool put_object(struct buf *b, struct cur c)
{
	struct tlv t;

	if (c.n == 0)
		return true;
	if (!tlv_next(&c, &t))
		return false;
	buf_cur(b, t.whole);
	return true;
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
