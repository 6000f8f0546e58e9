/*
 * Another label or ID in a description that is there already. Everything else stays as it stands, byte for byte: flags,
 * usage, and what other tools wrote that nobody here knows.
 */
#include <string.h>

#include "engine/keys/der.h"
#include "engine/keys/describe.h"

#define TAG_UTF8 0x0c
#define TAG_OCTETS 0x04
#define TAG_BITS 0x03
#define TAG_SEQUENCE 0x30
#define TAG_TOKEN_LABEL 0x80

/* The first object with this tag gets another value; where there is none, it is put before the first of `before`, or first. */
static bool put_replaced(struct buf *out, struct cur series, uint32_t tag, uint32_t before, struct cur value)
{
	bool had, done = false;
	struct tlv t;

	had = tlv_find(series, tag, &t);
	if (!had && before == 0) {
		buf_tlv(out, tag, value.p, value.n);
		done = true;
	}
	while (tlv_next(&series, &t)) {
		if (!done && (had ? t.tag == tag : t.tag == before)) {
			buf_tlv(out, tag, value.p, value.n);
			done = true;
			if (had)
				continue;
		}
		buf_cur(out, t.whole);
	}
	if (!done)
		buf_tlv(out, tag, value.p, value.n);
	return series.n == 0;
}

static bool put_part(struct buf *out, struct cur part, uint32_t tag, struct cur value)
{
	BUF fresh = { 0 };

	if (value.p == NULL)
		buf_cur(&fresh, part);
	else if (!put_replaced(&fresh, part, tag, 0, value))
		return false;
	buf_tlv_buf(out, TAG_SEQUENCE, &fresh);
	return true;
}

enum status describe_edit(struct cur file, const char *label, struct cur id, struct buf *ret, struct fault *f)
{
	const struct cur text = label != NULL ? cur_of(label, strlen(label)) : cur_of(NULL, 0);
	struct tlv top, common, class;
	BUF body = { 0 };

	if (text.n >= DESCRIBE_LABEL_MAX)
		return fault_set(f, ST_BAD_FORM, "A label has at most %d bytes.", DESCRIBE_LABEL_MAX - 1);
	if (id.n > DESCRIBE_ID_MAX)
		return fault_set(f, ST_BAD_FORM, "An ID (CKA_ID) has 1 to %d bytes.", DESCRIBE_ID_MAX);
	if (!tlv_next(&file, &top) || !tlv_expect(&top.value, TAG_SEQUENCE, &common) ||
	    !tlv_expect(&top.value, TAG_SEQUENCE, &class) || !put_part(&body, common.value, TAG_UTF8, text) ||
	    !put_part(&body, class.value, TAG_OCTETS, id.n > 0 ? id : cur_of(NULL, 0)))
		return fault_set(f, ST_DAMAGED, "This description (label and ID) is damaged.");
	buf_cur(&body, top.value);
	buf_tlv_buf(ret, top.tag, &body);
	return ret->failed ? fault_set(f, ST_NO_MEMORY, NULL) : ST_OK;
}

enum status describe_edit_token(struct cur ef_2f03, const char *label, struct buf *ret, struct fault *f)
{
	struct tlv top;
	BUF body = { 0 };

	if (strlen(label) >= DESCRIBE_LABEL_MAX)
		return fault_set(f, ST_BAD_FORM, "A device label has at most %d bytes.", DESCRIBE_LABEL_MAX - 1);
	if (!tlv_expect(&ef_2f03, TAG_SEQUENCE, &top) ||
	    !put_replaced(&body, top.value, TAG_TOKEN_LABEL, TAG_BITS, cur_of(label, strlen(label))))
		return fault_set(f, ST_DAMAGED, "The device's label (EF 2F03) is damaged.");
	buf_tlv_buf(ret, TAG_SEQUENCE, &body);
	return ret->failed ? fault_set(f, ST_NO_MEMORY, NULL) : ST_OK;
}
