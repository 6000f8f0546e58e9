#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/base/tlv.h"
#include "engine/keys/describe.h"
#include "tests/unit/keys_vectors.h"

/* Made by hand from formats.md 7.1 to 7.7 and real-devices.md 7. */
#define VENDOR "3025300E0C0C6B6579726F6F6D2D53524B31300704010103020274A10A30083002040002021000"
#define EC_NOSIZE "A01A30030C0161300B0401010303073080020101A106300430020400"
#define EC_EARLY "A01C30030C0161300B0401010303073080020101A1083002040002020100"
#define EC_528 "A01E30030C0161300B0401010303073080020101A10A30083002040002020210"
#define EC_SUBJECT "A02230030C0161300B0401010303073080020101A0023000A10A30083002040002020100"
#define AES_VENDOR "A81F30030C01613008040101030307C010A006300402020080A106300430020400"
#define AES_OLD "A81530030C01613008040101030307C010A00402020100"
#define AES_OURS "A82B300C0C03616573030206C0040101300B0402ABCD030206C0020103A006300402020100A106300430020400"
#define REF_NEG "A01E30030C0161300B04010103030730800201FEA10A30083002040002020100"
#define REF_200 "A026300A0C0161030206C0040101300C0401010303073080020200C8A10A30083002040002020100"
#define CERT_AUTH "301E300A0C04726F6F740302064030060401770101FFA108300630040402CA03"
#define CERT_NOID "301830060C04726F6F743000A10C300A300804063F005015CA03"
#define DATA_PRIV "3020300F0C06736563726574030206C004010130050C03617070A10630040402CD05"
#define DATA_OID "301930030C0164300A0C0361707006032A0304A10630040402CF05"
#define TOKEN "3013020100800A5072C3BC667374616E6403020520"
#define TOKEN_MORE "30180201000404DEADBEEF0C056D616B65728002414203020520"
#define TOKEN_NONE "300702010003020520"

typedef enum status parser(struct cur file, struct description *ret, struct fault *f);

static void parse(parser *fn, const char *hex, struct description *ret)
{
	BUF b = from_hex(hex);

	assert_false(b.failed);
	assert_int_equal(fn(buf_view(&b), ret, NULL), ST_OK);
	assert_int_equal(ret->whole_len, b.n);
}

static void assert_built(const struct description *d, const char *hex)
{
	BUF expected = from_hex(hex), got = { 0 };

	assert_int_equal(describe_build(d, &got, NULL), ST_OK);
	assert_int_equal(got.n, expected.n);
	assert_memory_equal(got.p, expected.p, got.n);
}

static void the_traces_of_opensc_are_read_and_written_byte_for_byte(void **state)
{
	struct description d;

	(void)state;
	parse(describe_parse_key, PRKD_RSA, &d);
	assert_int_equal(d.algorithm, KEY_RSA);
	assert_string_equal(d.label, "rsakey");
	assert_int_equal(d.id_len, 1);
	assert_int_equal(d.id[0], 0x10);
	assert_int_equal(d.usage, USAGE_RSA);
	assert_int_equal(d.key_ref, 1);
	assert_int_equal(d.bits, 2048);
	assert_true(d.is_private);
	assert_built(&d, PRKD_RSA);

	parse(describe_parse_key, PRKD_EC, &d);
	assert_int_equal(d.algorithm, KEY_EC);
	assert_int_equal(d.usage, USAGE_EC);
	assert_int_equal(d.key_ref, 2);
	assert_int_equal(d.bits, 256);
	assert_built(&d, PRKD_EC);

	parse(describe_parse_cert, CD_CA77, &d);
	assert_string_equal(d.label, "ca77");
	assert_int_equal(d.path, 0xca00);
	assert_int_equal(d.id[0], 0x77);
	assert_false(d.authority);
	assert_built(&d, CD_CA77);

	parse(describe_parse_data, DCOD_D1, &d);
	assert_string_equal(d.label, "d1");
	assert_string_equal(d.application, "d1");
	assert_int_equal(d.path, 0xcf00);
	assert_false(d.is_private);
	assert_built(&d, DCOD_D1);
}

static void what_other_tools_wrote_is_read(void **state)
{
	struct description d;

	(void)state;
	parse(describe_parse_key, VENDOR, &d);   /* no flags, no auth id, no reference */
	assert_string_equal(d.label, "keyroom-SRK1");
	assert_int_equal(d.usage, USAGE_RSA | USAGE_UNWRAP);
	assert_int_equal(d.key_ref, DESCRIBE_NO_REF);
	assert_int_equal(d.bits, 4096);
	assert_false(d.is_private);
	parse(describe_parse_key, EC_NOSIZE, &d);
	assert_int_equal(d.bits, 0);
	parse(describe_parse_key, EC_EARLY, &d);
	assert_int_equal(d.bits, 256);
	parse(describe_parse_key, EC_528, &d);
	assert_int_equal(d.bits, 521);
	parse(describe_parse_key, EC_SUBJECT, &d);   /* as OpenSC rewrites it with a certificate */
	assert_int_equal(d.bits, 256);
	parse(describe_parse_key, AES_VENDOR, &d);
	assert_int_equal(d.algorithm, KEY_AES);
	assert_int_equal(d.usage, USAGE_AES);   /* less the bit that has no meaning */
	assert_int_equal(d.bits, 128);
	parse(describe_parse_key, AES_OLD, &d);
	assert_int_equal(d.bits, 256);
	parse(describe_parse_key, REF_NEG, &d);
	assert_int_equal(d.key_ref, 254);
	parse(describe_parse_cert, CERT_NOID, &d);
	assert_int_equal(d.id_len, 0);
	assert_int_equal(d.path, 0xca03);
	parse(describe_parse_data, DATA_OID, &d);
	assert_string_equal(d.application, "app");
}

static void our_own_go_there_and_back(void **state)
{
	static const struct {
		parser *fn;
		const char *hex;
	} rows[] = {
		{ describe_parse_key, AES_OURS },   { describe_parse_key, REF_200 },
		{ describe_parse_cert, CERT_AUTH }, { describe_parse_data, DATA_PRIV },
	};
	struct description d;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		parse(rows[i].fn, rows[i].hex, &d);
		assert_built(&d, rows[i].hex);
	}
	parse(describe_parse_key, AES_OURS, &d);
	assert_int_equal(d.bits, 256);
	assert_int_equal(d.usage, USAGE_AES);
	parse(describe_parse_key, REF_200, &d);
	assert_int_equal(d.key_ref, 200);
	parse(describe_parse_cert, CERT_AUTH, &d);
	assert_true(d.authority);
	parse(describe_parse_data, DATA_PRIV, &d);
	assert_true(d.is_private);
	assert_int_equal(d.path, 0xcd05);
}

static void a_token_label_is_read_and_written(void **state)
{
	BUF token = from_hex(TOKEN), more = from_hex(TOKEN_MORE), none = from_hex(TOKEN_NONE), built = { 0 };
	char label[DESCRIBE_LABEL_MAX], long_label[DESCRIBE_LABEL_MAX + 1];

	(void)state;
	assert_int_equal(describe_parse_token(buf_view(&token), label, NULL), ST_OK);
	assert_string_equal(label, "Pr\xc3\xbc" "fstand");
	assert_int_equal(describe_build_token(label, &built, NULL), ST_OK);
	assert_int_equal(built.n, token.n);
	assert_memory_equal(built.p, token.p, token.n);
	assert_int_equal(describe_parse_token(buf_view(&more), label, NULL), ST_OK);
	assert_string_equal(label, "AB");
	assert_int_equal(describe_parse_token(buf_view(&none), label, NULL), ST_OK);
	assert_string_equal(label, "");
	assert_int_equal(describe_parse_token(cur_of(token.p, token.n - 1), label, NULL), ST_DAMAGED);
	memset(long_label, 'x', sizeof(long_label));
	long_label[DESCRIBE_LABEL_MAX] = '\0';
	assert_int_equal(describe_build_token(long_label, &built, NULL), ST_BAD_FORM);
}

/* A key description with this label and an ID of n bytes. */
static struct buf key_with(struct cur label, size_t n)
{
	struct buf b = { 0 };
	BUF body = { 0 }, common = { 0 }, class = { 0 }, id = { 0 }, rest = from_hex("A10A30083002040002020100");

	for (size_t i = 0; i < n; i++)
		buf_u8(&id, 0x5a);
	buf_tlv(&common, 0x0c, label.p, label.n);
	buf_tlv_buf(&class, 0x04, &id);
	buf_tlv(&class, 0x03, "\x04\x70", 2);
	buf_tlv_buf(&body, 0x30, &common);
	buf_tlv_buf(&body, 0x30, &class);
	buf_cur(&body, buf_view(&rest));
	buf_tlv_buf(&b, 0xa0, &body);
	return b;
}

static void labels_and_ids_of_any_length_are_bounded(void **state)
{
	char label[600];
	struct description d;

	(void)state;
	memset(label, 'x', sizeof(label));
	for (size_t n = 0; n < 600; n += 37) {
		BUF b = key_with(cur_of(label, n), 255);

		assert_int_equal(describe_parse_key(buf_view(&b), &d, NULL), ST_OK);
		assert_int_equal(strlen(d.label), n < DESCRIBE_LABEL_MAX ? n : DESCRIBE_LABEL_MAX - 1);
		assert_int_equal(d.id_len, 255);
	}
	BUF too_long = key_with(cur_of("a", 1), 256), hostile = key_with(cur_of("\x1b[2J\xff", 5), 1), built = { 0 };

	assert_int_equal(describe_parse_key(buf_view(&too_long), &d, NULL), ST_DAMAGED);
	assert_int_equal(describe_parse_key(buf_view(&hostile), &d, NULL), ST_OK);
	assert_string_equal(d.label, "\xef\xbf\xbd[2J\xef\xbf\xbd");
	d.id_len = 0;
	assert_int_equal(describe_build(&d, &built, NULL), ST_BAD_FORM);
	d.id_len = 1;
	d.key_ref = 256;
	assert_int_equal(describe_build(&d, &built, NULL), ST_BAD_FORM);
	assert_int_equal(built.n, 0);
}

/* What OpenSC could not read either must not pass for good (known-faults.md 10). */
static void a_description_cut_or_stripped_is_damaged(void **state)
{
	static const struct {
		parser *fn;
		const char *hex;
	} rows[] = {
		{ describe_parse_key, PRKD_RSA }, { describe_parse_key, PRKD_EC },   { describe_parse_key, AES_OURS },
		{ describe_parse_cert, CD_CA77 }, { describe_parse_data, DCOD_D1 },
	};
	static const char *const stripped[] = {
		"300F30030C016130080401010302047002",           /* runs out inside */
		"301230030C0161300B04010103020470020101",       /* RSA without a size */
		"A0183003" "0C0161" "3005" "03030730" "80A10A30083002040002020100",   /* no ID */
		"A0163003" "0C0161" "3003" "040101" "A10A30083002040002020100",       /* no usage */
		"3100", "3000", "",
	};
	struct description d = { .bits = 77 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		BUF b = from_hex(rows[i].hex);

		for (size_t n = 0; n < b.n; n++)
			assert_int_equal(rows[i].fn(cur_of(b.p, n), &d, NULL), ST_DAMAGED);
	}
	for (size_t i = 0; i < sizeof(stripped) / sizeof(stripped[0]); i++) {
		BUF b = from_hex(stripped[i]);

		assert_false(b.failed);
		assert_int_equal(describe_parse_key(buf_view(&b), &d, NULL), ST_DAMAGED);
	}
	assert_int_equal(d.bits, 77);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_traces_of_opensc_are_read_and_written_byte_for_byte),
		cmocka_unit_test(what_other_tools_wrote_is_read),
		cmocka_unit_test(our_own_go_there_and_back),
		cmocka_unit_test(a_token_label_is_read_and_written),
		cmocka_unit_test(labels_and_ids_of_any_length_are_bounded),
		cmocka_unit_test(a_description_cut_or_stripped_is_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
