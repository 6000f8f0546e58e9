/*
 * Reading PKCS#15 descriptions. All three kinds are { common attributes, class attributes, [A0 subclass], [A1 type] };
 * what is not known is skipped as long as it is well formed. Nothing is demanded that OpenSC does not demand, for what
 * OpenSC cannot read is invisible to its users (known-faults.md 10).
 */
#include "engine/keys/describe.h"

#include <string.h>

#include "engine/base/text.h"
#include "engine/keys/der.h"

#define TAG_BOOLEAN 0x01
#define TAG_INTEGER 0x02
#define TAG_BITS 0x03
#define TAG_OCTETS 0x04
#define TAG_UTF8 0x0c
#define TAG_SEQUENCE 0x30
#define TAG_EC_KEY 0xa0
#define TAG_SUBCLASS 0xa0
#define TAG_TYPE 0xa1
#define TAG_SECRET_KEY 0xa8

#define DEPTH_MAX 3

struct parts {
	struct cur common, class, subclass, type;   /* empty where they are not there */
};

static enum status damaged(struct fault *f)
{
	return fault_set(f, ST_DAMAGED, "This description (label and ID) is damaged.");
}

/* The two sequences are demanded, the tagged parts are not. */
static bool take_parts(struct cur value, struct parts *ret)
{
	struct tlv common, class, t;

	*ret = (struct parts){ .subclass = cur_of("", 0), .type = cur_of("", 0) };
	if (!tlv_expect(&value, TAG_SEQUENCE, &common) || !tlv_expect(&value, TAG_SEQUENCE, &class) ||
	    !der_series(value) || !der_series(common.value) || !der_series(class.value))
		return false;
	ret->common = common.value;
	ret->class = class.value;
	if (tlv_find(value, TAG_SUBCLASS, &t))
		ret->subclass = t.value;
	if (tlv_find(value, TAG_TYPE, &t))
		ret->type = t.value;
	return true;
}

/* Bit i of the result is bit i of the string, counted from its left; the count of unused bits is not believed. */
static bool bit_string(struct cur value, unsigned *ret)
{
	unsigned bits = 0;
	uint8_t unused;

	if (!cur_u8(&value, &unused) || unused > 7 || value.n > 4)
		return false;
	for (size_t i = 0; i < 8 * value.n; i++) {
		if ((value.p[i / 8] & 0x80 >> i % 8) != 0)
			bits |= 1u << i;
	}
	*ret = bits;
	return true;
}

/* 0C label, [03 flags: private, modifiable], [04 auth id] */
static bool read_common(struct cur common, struct description *d)
{
	struct tlv t;
	unsigned flags;

	if (tlv_find(common, TAG_UTF8, &t))
		text_clean(d->label, sizeof(d->label), t.value.p, t.value.n);
	if (tlv_find(common, TAG_BITS, &t)) {
		if (!bit_string(t.value, &flags))
			return false;
		d->is_private = (flags & 1) != 0;
	}
	return true;
}

static bool read_id(struct cur class, bool needed, struct description *d)
{
	struct tlv t;

	if (!tlv_find(class, TAG_OCTETS, &t))
		return !needed;
	if (t.value.n > sizeof(d->id))
		return false;
	memcpy(d->id, t.value.p, t.value.n);
	d->id_len = t.value.n;
	return true;
}

/* The first INTEGER at this level or below, wherever a tool put it; paths are octet strings and have none. */
static bool find_size(struct cur c, int depth, unsigned *ret)
{
	struct tlv t;

	if (depth > DEPTH_MAX)
		return false;
	if (tlv_find(c, TAG_INTEGER, &t))
		return der_small(t.value, ret);
	while (tlv_next(&c, &t)) {
		if (t.tag == TAG_SEQUENCE && find_size(t.value, depth + 1, ret))
			return true;
	}
	return false;
}

/* The file that the first path below c ends in. */
static bool find_path(struct cur c, int depth, uint16_t *ret)
{
	struct tlv t;

	if (depth > DEPTH_MAX)
		return false;
	if (tlv_find(c, TAG_OCTETS, &t)) {
		if (t.value.n < 2 || t.value.n > 16)
			return false;
		*ret = (uint16_t)(t.value.p[t.value.n - 2] << 8 | t.value.p[t.value.n - 1]);
		return true;
	}
	while (tlv_next(&c, &t)) {
		if (t.tag == TAG_SEQUENCE && find_path(t.value, depth + 1, ret))
			return true;
	}
	return false;
}

/* 04 id, 03 usage, [01 native], [03 access flags], [02 key reference] */
static bool read_key_class(struct cur class, struct description *d)
{
	struct tlv t;

	if (!read_id(class, true, d) || !tlv_find(class, TAG_BITS, &t) || !bit_string(t.value, &d->usage))
		return false;
	d->usage &= (1u << 10) - 1;   /* the vendor's AES descriptions set a bit that has no meaning (formats.md 7.5) */
	d->key_ref = DESCRIBE_NO_REF;
	/* old OpenSC wrote references from 80 on as negative numbers: the last byte is right in both spellings */
	if (tlv_find(class, TAG_INTEGER, &t) && (t.value.n == 1 || (t.value.n == 2 && t.value.p[0] == 0)))
		d->key_ref = t.value.p[t.value.n - 1];
	return true;
}

static bool key_algorithm(uint32_t tag, enum key_algorithm *ret)
{
	switch (tag) {
	case TAG_SEQUENCE:
		*ret = KEY_RSA;
		return true;
	case TAG_EC_KEY:
		*ret = KEY_EC;
		return true;
	case TAG_SECRET_KEY:
		*ret = KEY_AES;
		return true;
	default:
		return false;
	}
}

enum status describe_parse_key(struct cur file, struct description *ret, struct fault *f)
{
	struct description d = { .kind = DESCRIPTION_KEY };
	struct parts parts;
	struct tlv top;

	if (!tlv_next(&file, &top) || !key_algorithm(top.tag, &d.algorithm) || !take_parts(top.value, &parts) ||
	    !read_common(parts.common, &d) || !read_key_class(parts.class, &d))
		return damaged(f);
	/* RSA and EC: A1 { 30 { path, size } }, early EC cards A1 { path, size } or no size; AES: A0 { 30 { size } } */
	if (!find_size(d.algorithm == KEY_AES ? parts.subclass : parts.type, 0, &d.bits) && d.algorithm == KEY_RSA)
		return damaged(f);
	if (d.algorithm == KEY_EC && d.bits == 528)
		d.bits = 521;
	d.whole_len = top.whole.n;
	*ret = d;
	return ST_OK;
}

enum status describe_parse_cert(struct cur file, struct description *ret, struct fault *f)
{
	struct description d = { .kind = DESCRIPTION_CERT, .key_ref = DESCRIBE_NO_REF };
	struct parts parts;
	struct tlv top, authority;

	if (!tlv_expect(&file, TAG_SEQUENCE, &top) || !take_parts(top.value, &parts) ||
	    !read_common(parts.common, &d) || !read_id(parts.class, false, &d) ||
	    !find_path(parts.type, 0, &d.path))
		return damaged(f);
	if (tlv_find(parts.class, TAG_BOOLEAN, &authority))
		d.authority = authority.value.n == 1 && authority.value.p[0] != 0;
	d.whole_len = top.whole.n;
	*ret = d;
	return ST_OK;
}

enum status describe_parse_data(struct cur file, struct description *ret, struct fault *f)
{
	struct description d = { .kind = DESCRIPTION_DATA, .key_ref = DESCRIBE_NO_REF };
	struct parts parts;
	struct tlv top, application;

	if (!tlv_expect(&file, TAG_SEQUENCE, &top) || !take_parts(top.value, &parts) ||
	    !read_common(parts.common, &d) || !find_path(parts.type, 0, &d.path))
		return damaged(f);
	if (tlv_find(parts.class, TAG_UTF8, &application))
		text_clean(d.application, sizeof(d.application), application.value.p, application.value.n);
	d.whole_len = top.whole.n;
	*ret = d;
	return ST_OK;
}

enum status describe_parse_token(struct cur ef_2f03, char ret_label[static DESCRIBE_LABEL_MAX], struct fault *f)
{
	struct tlv top, label;

	if (!tlv_expect(&ef_2f03, TAG_SEQUENCE, &top) || !der_series(top.value))
		return fault_set(f, ST_DAMAGED, "The device's label (EF 2F03) is damaged.");
	if (tlv_find(top.value, 0x80, &label))
		text_clean(ret_label, DESCRIBE_LABEL_MAX, label.value.p, label.value.n);
	else
		ret_label[0] = '\0';
	return ST_OK;
}
