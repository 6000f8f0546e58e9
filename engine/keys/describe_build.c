/* Writing PKCS#15 descriptions, byte for byte as OpenSC 0.23 does (formats.md 7.8; AES: 7.4). */
#include <string.h>

#include "engine/keys/der.h"
#include "engine/keys/describe.h"

#define FLAG_PRIVATE 1u
#define FLAG_MODIFIABLE 2u
#define USER_PIN_ID "\x01"   /* the auth id that OpenSC gives the user PIN */

/* A bit string without trailing zero bits; bit i of v is bit i from the left. */
unsigned describe_usage(enum key_algorithm algorithm)
{
	static const unsigned usage[] = { [KEY_RSA] = USAGE_RSA, [KEY_EC] = USAGE_EC, [KEY_AES] = USAGE_AES };

	return usage[algorithm];
}

static void put_bits(struct buf *b, unsigned v)
{
	uint8_t string[5] = { 0 };
	unsigned n = 0;

	for (unsigned i = 0; i < 32; i++) {
		if ((v >> i & 1) != 0) {
			string[1 + i / 8] |= (uint8_t)(0x80 >> i % 8);
			n = i + 1;
		}
	}
	string[0] = (uint8_t)((8 - n % 8) % 8);
	buf_tlv(b, 0x03, string, 1 + (n + 7) / 8);
}

/* 30 { 0C label, 03 flags, [04 01 01] } */
static void put_common(struct buf *b, const char *label, bool is_private)
{
	BUF common = { 0 };

	buf_tlv(&common, 0x0c, label, strlen(label));
	put_bits(&common, is_private ? FLAG_PRIVATE | FLAG_MODIFIABLE : FLAG_MODIFIABLE);
	if (is_private)
		buf_tlv(&common, 0x04, USER_PIN_ID, 1);
	buf_tlv_buf(b, 0x30, &common);
}

static void put_key_class(struct buf *b, const struct description *d)
{
	BUF class = { 0 };

	buf_tlv(&class, 0x04, d->id, d->id_len);
	put_bits(&class, d->usage);
	if (d->key_ref != DESCRIBE_NO_REF)
		der_put_small(&class, (unsigned)d->key_ref);
	buf_tlv_buf(b, 0x30, &class);
}

/* 30 { 04 00 }: the path of a key, which is no file */
static void put_no_path(struct buf *b)
{
	buf_tlv(b, 0x30, "\x04\x00", 2);
}

/* tag { 30 { content } } */
static void put_wrapped(struct buf *b, uint32_t tag, const struct buf *content)
{
	BUF inner = { 0 };

	buf_tlv_buf(&inner, 0x30, content);
	buf_tlv_buf(b, tag, &inner);
}

static void put_key(struct buf *b, const struct description *d)
{
	BUF body = { 0 }, type = { 0 }, size = { 0 };

	put_common(&body, d->label, true);
	put_key_class(&body, d);
	if (d->algorithm == KEY_AES) {
		der_put_small(&size, d->bits);
		put_wrapped(&body, 0xa0, &size);
		put_no_path(&type);
	} else {
		put_no_path(&type);
		der_put_small(&type, d->bits);
	}
	put_wrapped(&body, 0xa1, &type);
	buf_tlv_buf(b, d->algorithm == KEY_RSA ? 0x30 : d->algorithm == KEY_EC ? 0xa0 : 0xa8, &body);
}

/* 04 02 file */
static void put_file(struct buf *b, uint16_t path)
{
	const uint8_t be[] = { (uint8_t)(path >> 8), (uint8_t)path };

	buf_tlv(b, 0x04, be, sizeof(be));
}

static void put_cert(struct buf *b, const struct description *d)
{
	BUF body = { 0 }, class = { 0 }, path = { 0 }, type = { 0 };

	put_common(&body, d->label, false);
	buf_tlv(&class, 0x04, d->id, d->id_len);
	if (d->authority)
		buf_tlv(&class, 0x01, "\xff", 1);
	buf_tlv_buf(&body, 0x30, &class);
	put_file(&path, d->path);
	buf_tlv_buf(&type, 0x30, &path);
	put_wrapped(&body, 0xa1, &type);
	buf_tlv_buf(b, 0x30, &body);
}

static void put_data(struct buf *b, const struct description *d)
{
	BUF body = { 0 }, class = { 0 }, path = { 0 };

	put_common(&body, d->label, d->is_private);
	if (d->application[0] != '\0')
		buf_tlv(&class, 0x0c, d->application, strlen(d->application));
	buf_tlv_buf(&body, 0x30, &class);
	put_file(&path, d->path);
	put_wrapped(&body, 0xa1, &path);
	buf_tlv_buf(b, 0x30, &body);
}

enum status describe_build(const struct description *d, struct buf *ret, struct fault *f)
{
	static void (*const put[])(struct buf *, const struct description *) = {
		[DESCRIPTION_KEY] = put_key,
		[DESCRIPTION_CERT] = put_cert,
		[DESCRIPTION_DATA] = put_data,
	};

	if (d->id_len > DESCRIBE_ID_MAX || (d->kind != DESCRIPTION_DATA && d->id_len == 0))
		return fault_set(f, ST_BAD_FORM, "An ID (CKA_ID) has 1 to %d bytes.", DESCRIBE_ID_MAX);
	if (d->kind == DESCRIPTION_KEY && (d->key_ref < DESCRIBE_NO_REF || d->key_ref > 255))
		return fault_set(f, ST_BAD_FORM, "%d is not a key reference.", d->key_ref);
	put[d->kind](ret, d);
	return ret->failed ? fault_set(f, ST_NO_MEMORY, NULL) : ST_OK;
}

enum status describe_build_token(const char *label, struct buf *ret, struct fault *f)
{
	BUF body = { 0 };

	if (strlen(label) >= DESCRIBE_LABEL_MAX)
		return fault_set(f, ST_BAD_FORM, "A device label has at most %d bytes.", DESCRIBE_LABEL_MAX - 1);
	buf_tlv(&body, 0x02, "\0", 1);
	buf_tlv(&body, 0x80, label, strlen(label));
	buf_tlv(&body, 0x03, "\x05\x20", 2);   /* token flags: prnGeneration */
	buf_tlv_buf(ret, 0x30, &body);
	return ret->failed ? fault_set(f, ST_NO_MEMORY, NULL) : ST_OK;
}
