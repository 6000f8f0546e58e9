/* engine/card: the commands for keys, byte for byte, and what is made of their answers. */
#include "tests/unit/scripted.h"

#include "engine/card/keys.h"
#include "engine/card/proof.h"
#include "tests/unit/card_data.h"

#define READ_2F02 "00b12f020000045402000003f6"
/* formats.md 8.6 with this device as holder */
#define EC_TEMPLATE "5f29010042095554434130303030317f4981da060a04007f00070202020203" \
	"8120ffffffff00000001000000000000000000000000ffffffffffffffffffffffff" \
	"8220ffffffff00000001000000000000000000000000fffffffffffffffffffffffc" \
	"83205ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b" \
	"8441046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296" \
	"4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5" \
	"8520ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551" \
	"870101" "5f201044454e4b3034303431343430303030 31"
#define RSA_TEMPLATE "5f29010042095554434130303030317f4915060a04007f000702020201028203010001020208005f2010" \
	"44454e4b303430343134343030303031"
/* formats.md 8.7: a request with both signatures right, on the key of RFC 6979 */
#define REQUEST \
	"678201e27f2182018a7f4e8201425f29010042095554434130303030317f4982011d060a04007f000702020202038120ffffffff000000" \
	"01000000000000000000000000ffffffffffffffffffffffff8220ffffffff00000001000000000000000000000000ffffffffffffffff" \
	"fffffffc83205ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b8441046b17d1f2e12c4247f8bce6e563a4" \
	"40f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f58520ffffff" \
	"ff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc63255186410460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa" \
	"6ce669622e60f29fb67903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d44622998701015f200e555448534d303030" \
	"3130303030315f3740ed2f49bba17161f9b07a07250a36a47eb510bdc70fd01cfb960bdeaa99742992cf969f77281c3a52b4e21c718823" \
	"d2b6d197c61466edb3eed83485c3f654422d420e555448534d3030303030303030315f3740c64d19f18fe56b6ea70d156da336cbf75805" \
	"a2f4fe1c85df7f4f805726914d47384afa4fbea4a11a00ab9d671740ae51b92b631a328c2699138da69cbfc5acce"
/* formats.md 8.3 */
#define AES_BLOB "630dcd2966c433660f0008608648016503040100041011189900000000" \
	"26551603f8978847030277976a21f253790dc0d33dc80538019176ec99fd0a610ceb58dc84be86966b0513d5c6eb15e8"

/* One command in a session, with its answer. */
struct one {
	struct scripted s;
	struct exchange x[4];
	struct card *card, *held;
};

static void start(struct one *o, const char *cmd, const char *rsp)
{
	memset(o, 0, sizeof(*o));
	o->x[0] = (struct exchange){ SELECT_CMD, SELECT_36, ST_OK };
	o->x[1] = (struct exchange){ cmd, rsp, ST_OK };
	o->card = scripted_open(&o->s, o->x, cmd ? 2 : 1);
	assert_int_equal(card_begin(o->card, &o->held, NULL), ST_OK);
}

static void end(struct one *o)
{
	scripted_close_all(&o->s, o->card, o->held);
}

static void generating(void **state)
{
	static const struct {
		const char *request;
		enum status st;
	} rows[] = {
		{ REQUEST "9000", ST_OK },      { "6700", ST_UNSUPPORTED }, { "6981", ST_CARD_ERROR },
		{ "6982", ST_NOT_LOGGED_IN },   { "6985", ST_DKEK_INCOMPLETE }, { "6a81", ST_UNSUPPORTED },
		{ "6a80", ST_UNSUPPORTED },     { "6a84", ST_CARD_FULL },   { "6581", ST_CARD_FULL },
		{ "67009000", ST_BAD_REPLY },   { "309000", ST_BAD_REPLY },
	};
	struct keygen_params p = { .algorithm = KEY_EC, .curve = curve_by_name("secp256r1"), .domain = KEY_NO_DOMAIN };

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct exchange x[] = {
			{ SELECT_CMD, SELECT_36, ST_OK },
			{ READ_2F02, DEVICE_2F02 "6282", ST_OK },
			{ "00460500000100" "5f29010042095554434130303030317f4981da..", rows[i].request, ST_OK },
		};
		struct scripted s = { 0 };
		struct card *card = scripted_open(&s, x, 3);
		struct pubkey key = { .bits = 99 };
		struct fault f = { 0 };
		CARD_SESSION *held = NULL;
		BUF request = { 0 };
		uint8_t want[300];

		assert_int_equal(card_begin(card, &held, NULL), ST_OK);
		assert_int_equal(card_generate(card, 5, &p, &key, &request, &f), rows[i].st);
		assert_int_equal(key.bits, rows[i].st == ST_OK ? 256 : 99);
		assert_int_equal(request.n, rows[i].st == ST_OK ? 486 : 0);
		assert_int_equal(s.last_n, 7 + 256 + 2);
		assert_int_equal(unhex(EC_TEMPLATE, want, sizeof(want)), 256);
		assert_memory_equal(s.last + 7, want, 256);
		assert_memory_equal(s.last + 7 + 256, "\x00\x00", 2);
		scripted_close_all(&s, card, STEAL(held));
	}
}

static void a_key_that_is_not_what_was_asked_for(void **state)
{
	char other[sizeof(REQUEST) + 4] = REQUEST "9000";
	struct keygen_params p[] = {
		{ .algorithm = KEY_EC, .curve = curve_by_name("brainpoolP256r1"), .domain = KEY_NO_DOMAIN },
		{ .algorithm = KEY_RSA, .bits = 2048, .domain = KEY_NO_DOMAIN },
		{ .algorithm = KEY_EC, .curve = curve_by_name("secp256r1"), .domain = KEY_NO_DOMAIN },
	};

	(void)state;
	other[2 * 345] = other[2 * 345] == '1' ? '2' : '1';   /* within the inner signature */
	for (size_t i = 0; i < N(p); i++) {
		struct exchange x[] = {
			{ SELECT_CMD, SELECT_36, ST_OK },
			{ READ_2F02, DEVICE_2F02 "6282", ST_OK },
			{ i == 1 ? "00460500" "00003a" RSA_TEMPLATE "0000" : "00460500..", i == 2 ? other : REQUEST "9000", ST_OK },
		};
		struct scripted s = { 0 };
		struct card *card = scripted_open(&s, x, 3);
		struct pubkey key = { .bits = 99 };
		struct fault f = { 0 };
		CARD_SESSION *held = NULL;

		assert_int_equal(card_begin(card, &held, NULL), ST_OK);
		assert_int_equal(card_generate(card, 5, &p[i], &key, NULL, &f), ST_MISMATCH);
		assert_int_equal(key.bits, 99);
		assert_non_null(strstr(f.what, "delete it"));
		scripted_close_all(&s, card, STEAL(held));
	}
}

static void generating_aes_keys(void **state)
{
	static const struct {
		unsigned bits;
		const char *cmd;
		struct keygen_params p;
	} rows[] = {
		{ 128, "004801b007" "91051011189992", { .domain = KEY_NO_DOMAIN } },
		{ 192, "004801b10d" "91051011189992" "900400000007", { .limited = true, .use_counter = 7, .domain = KEY_NO_DOMAIN } },
		{ 256, "004801b207" "91021892" "920103", { .algorithms = { 0x18, 0x92 }, .n_algorithms = 2, .domain = 3 } },
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct keygen_params p = rows[i].p;
		struct one o;

		p.algorithm = KEY_AES;
		p.bits = rows[i].bits;
		start(&o, rows[i].cmd, "9000");
		assert_int_equal(card_generate(o.card, 1, &p, NULL, NULL, NULL), ST_OK);
		end(&o);
	}
}

static void wrapping(void **state)
{
	static const struct {
		const char *rsp, *dkek;
		enum status st;
	} rows[] = {
		{ AES_BLOB "9000", NULL, ST_OK },
		{ "9000", NULL, ST_BAD_REPLY },
		{ "630dcd2966c433660f9000", NULL, ST_BAD_REPLY },
		{ "6982", NULL, ST_NOT_LOGGED_IN },
		{ "6a82", NULL, ST_NOT_FOUND },
		{ "6d00", NULL, ST_NO_DKEK },
		{ "6a81", NULL, ST_NOT_ALLOWED },
		{ "6a88", "0100630dcd2966c433669000", ST_NOT_FOUND },
		{ "6a88", "6a88", ST_NO_DKEK },
		{ "6985", "0100630dcd2966c433669000", ST_NOT_ALLOWED },
		{ "6985", "020100000000000000009000", ST_DKEK_INCOMPLETE },
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct one o;
		struct fault f = { 0 };
		BUF blob = { 0 };

		start(&o, "80720992000000", rows[i].rsp);
		o.x[2] = (struct exchange){ "8052000000", rows[i].dkek, ST_OK };
		o.s.n += rows[i].dkek != NULL;
		assert_int_equal(card_wrap(o.card, 9, &blob, &f), rows[i].st);
		assert_int_equal(blob.n, rows[i].st == ST_OK ? 77 : 0);
		assert_true(rows[i].st == ST_OK || (strlen(f.what) > 15 && f.st == rows[i].st));
		end(&o);
	}
}

static void unwrapping(void **state)
{
	static const struct {
		const char *rsp, *dkek;
		enum status st;
	} rows[] = {
		{ "9000", NULL, ST_OK },
		{ "6982", NULL, ST_NOT_LOGGED_IN },
		{ "6a80", NULL, ST_DAMAGED },
		{ "6400", NULL, ST_DAMAGED },
		{ "6a84", NULL, ST_CARD_FULL },
		{ "6d00", NULL, ST_NO_DKEK },
		{ "6a88", "0100630dcd2966c433669000", ST_OTHER_DKEK },
		{ "6a88", "6a88", ST_NO_DKEK },
		{ "6985", "020100000000000000009000", ST_DKEK_INCOMPLETE },
		{ "6f00", NULL, ST_CARD_ERROR },
	};
	uint8_t blob[77];

	(void)state;
	unhex(AES_BLOB, blob, sizeof(blob));
	for (size_t i = 0; i < N(rows); i++) {
		struct one o;
		struct fault f = { 0 };

		start(&o, "807409934d" AES_BLOB, rows[i].rsp);
		o.x[2] = (struct exchange){ "8052000000", rows[i].dkek, ST_OK };
		o.s.n += rows[i].dkek != NULL;
		assert_int_equal(card_unwrap(o.card, 9, cur_of(blob, sizeof(blob)), &f), rows[i].st);
		assert_int_equal(f.st, rows[i].st);
		end(&o);
	}
}

/* What is left of an earlier one would be its tail: the work file is deleted before, and after. */
static void unwrapping_through_the_work_file(void **state)
{
	static const struct exchange x[] = {
		{ SELECT_CMD, SELECT_36, ST_OK },
		{ "807409934d" AES_BLOB, "6700", ST_OK },
		{ "00e40200022f10", "6a82", ST_OK },
		{ "00d72f1053" "54020000" "534d" AES_BLOB, "9000", ST_OK },
		{ "80740993", "9000", ST_OK },
		{ "00e40200022f10", "9000", ST_OK },
	};
	struct scripted s = { 0 };
	struct card *card = scripted_open(&s, x, N(x));
	CARD_SESSION *held = NULL;
	uint8_t blob[77];

	(void)state;
	unhex(AES_BLOB, blob, sizeof(blob));
	assert_int_equal(card_begin(card, &held, NULL), ST_OK);
	assert_int_equal(card_unwrap(card, 9, cur_of(blob, sizeof(blob)), NULL), ST_OK);
	scripted_close_all(&s, card, STEAL(held));
}

static void using_keys(void **state)
{
	static const struct {
		const char *rsp;
		enum status st;
	} rows[] = {
		{ "3006020101020101" "9000", ST_OK }, { "9000", ST_BAD_REPLY },      { "6982", ST_NOT_LOGGED_IN },
		{ "6a82", ST_NOT_FOUND },             { "6a88", ST_NOT_FOUND },      { "6984", ST_NOT_ALLOWED },
		{ "6a81", ST_NOT_ALLOWED },           { "6985", ST_NOT_ALLOWED },    { "6f00", ST_CARD_ERROR },
	};
	struct secret *plain = secret_new(512);
	const struct cur input = cur_of("\x01\x02\x03\x04", 4);

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct one o;
		struct fault f = { 0 };
		BUF signature = { 0 };

		start(&o, "80680970" "000004" "01020304" "0200", rows[i].rsp);
		assert_int_equal(card_sign(o.card, 9, CARD_ECDSA, input, &signature, &f), rows[i].st);
		assert_int_equal(signature.n, rows[i].st == ST_OK ? 8 : 0);
		end(&o);
		start(&o, "80620921" "000004" "01020304" "0200", rows[i].rsp);
		assert_int_equal(card_decipher(o.card, 9, input, plain, &f), rows[i].st);
		end(&o);
		assert_int_equal(f.st, rows[i].st);
		f = (struct fault){ 0 };
	}
	secret_free(plain);
}

static void cmac_and_proofs(void **state)
{
	static const uint8_t expected[16] = { 1, 2, 3 };
	static const struct {
		const char *rsp;
		enum status st;
	} rows[] = {
		{ "01020300000000000000000000000000" "9000", ST_OK },
		{ "01020300000000000000000000000001" "9000", ST_MISMATCH },
		{ "010203000000000000000000000000" "9000", ST_BAD_REPLY },
		{ "9000", ST_BAD_REPLY },
		{ "6a81", ST_NOT_ALLOWED },
	};
	struct pubkey key;
	uint8_t point[65];
	struct one o;
	struct fault f = { 0 };

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		start(&o, "8078091810" "00000000000000000000000000000000" "10", rows[i].rsp);
		assert_int_equal(card_key_prove_cmac(o.card, 9, expected, &f), rows[i].st);
		end(&o);
	}
	unhex("0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb67903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f"
	      "5177a3c294d4462299", point, sizeof(point));
	assert_int_equal(pubkey_ec(curve_by_name("secp256r1"), cur_of(point, sizeof(point)), &key, &f), ST_OK);
	start(&o, "80680970..", "30060201010201019000");
	assert_int_equal(card_key_prove(o.card, 9, &key, &f), ST_MISMATCH);
	assert_non_null(strstr(f.what, "Do not rely on it"));
	end(&o);
}

static void random_numbers_that_do_not_come(void **state)
{
	static const char *const answers[] = { "9000", "0102030405060708099000", "6f00" };
	uint8_t out[8];

	(void)state;
	for (size_t i = 0; i < N(answers); i++) {
		struct one o;
		struct fault f = { 0 };

		start(&o, "0084000008", answers[i]);
		assert_int_equal(card_random(o.card, out, sizeof(out), &f), i < 2 ? ST_BAD_REPLY : ST_CARD_ERROR);
		end(&o);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(generating),
		cmocka_unit_test(a_key_that_is_not_what_was_asked_for),
		cmocka_unit_test(generating_aes_keys),
		cmocka_unit_test(wrapping),
		cmocka_unit_test(unwrapping),
		cmocka_unit_test(unwrapping_through_the_work_file),
		cmocka_unit_test(using_keys),
		cmocka_unit_test(cmac_and_proofs),
		cmocka_unit_test(random_numbers_that_do_not_come),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
