/* engine/card: what is on a card, how many APDUs it takes to know, and cards that lie about it. */
#include "tests/unit/card_help.h"

#include <stdbool.h>

#include "tests/unit/card_data.h"
#include "tests/unit/scripted.h"

static const struct keygen_params p256 = { .algorithm = KEY_EC, .domain = KEY_NO_DOMAIN };

static struct keygen_params ec(const char *curve)
{
	struct keygen_params p = p256;

	p.curve = curve_by_name(curve);
	return p;
}

static void sixty_keys_take_two_apdus_each_and_three(void **state)
{
	struct keygen_params p = ec("secp256r1");
	struct bench b;
	struct fault f = { 0 };
	CARD_SESSION *held = NULL;

	(void)state;
	bench_open(&b, "3.6");
	bench_init(&b, 1);
	bench_login(&b, &held);
	for (uint8_t ref = 1; ref <= 60; ref++) {
		struct pubkey key;

		bench_key(&b, ref, &p, &key);
	}
	card_end(STEAL(held));
	bench_connect(&b, NULL);
	must(card_begin(b.card, &held, &f));
	for (unsigned round = 0; round < 2; round++) {
		OBJECTS list = { 0 };

		must(card_objects(b.card, WANT_ALL, &list, &f));
		assert_int_equal(list.n, 60);
		for (size_t i = 0; i < list.n; i++) {
			assert_int_equal(list.o[i].number, i + 1);
			assert_true(list.o[i].has_key);
			assert_int_equal(list.o[i].request, REQUEST_THIS_DEVICE);
			assert_int_equal(list.o[i].damage, 0);
		}
		/* SELECT, 2F02, ENUMERATE, two a key; the second time without the first two */
		assert_int_equal(sim_card_apdus(b.sim), 3 + 120 + round * 121);
	}
	OBJECTS brief = { 0 };
	sim_card_clear_counts(b.sim);
	must(card_objects(b.card, WANT_KEYS, &brief, &f));
	assert_int_equal(sim_card_apdus(b.sim), 61);
	card_end(STEAL(held));
	bench_close(&b);
}

/* known-faults.md 11: other tools stop at 32 keys, or at 63. */
static void a_hundred_keys_are_all_there(void **state)
{
	struct keygen_params p = ec("secp256r1");
	struct bench b;
	struct fault f = { 0 };
	struct pubkey key;
	OBJECTS list = { 0 };
	CARD_SESSION *held = NULL;

	(void)state;
	bench_open(&b, "4.1");
	bench_init(&b, 1);
	bench_login(&b, &held);
	for (uint8_t ref = 1; ref <= 100; ref++)
		bench_key(&b, ref, &p, &key);
	must(card_objects(b.card, WANT_ALL, &list, &f));
	assert_int_equal(list.n, 100);
	for (size_t i = 0; i < list.n; i++) {
		assert_int_equal(list.o[i].number, i + 1);
		assert_true(list.o[i].has_key);
	}
	card_end(STEAL(held));
	bench_close(&b);
}

static void wrapping_one_key_takes_eight_apdus(void **state)
{
	struct keygen_params p = ec("secp256r1");
	struct bench b;
	struct fault f = { 0 };
	struct pubkey key;
	struct object o = { 0 };
	FIDS fids = { 0 };
	BUF blob = { 0 };
	CARD_SESSION *held = NULL;

	(void)state;
	bench_open(&b, "3.6");
	bench_init(&b, 1);
	bench_login(&b, &held);
	bench_key(&b, 9, &p, &key);
	card_end(STEAL(held));
	bench_connect(&b, NULL);
	bench_login(&b, &held);                                    /* SELECT, VERIFY */
	must(card_enumerate(b.card, &fids, &f));
	must(card_object_key(b.card, &fids, 9, &o, &f));             /* 2F02, C409, CE09 */
	must(card_wrap(b.card, 9, &blob, &f));
	card_end(STEAL(held));                                     /* SELECT */
	assert_int_equal(sim_card_apdus(b.sim), 2 + 1 + 3 + 1 + 1);
	assert_true(pubkey_equal(&o.key, &key));
	assert_string_equal(o.label, "key 9");
	assert_int_equal(card_begin(b.card, &held, &f), ST_OK);
	object_done(&o);
	assert_int_equal(card_object_key(b.card, &fids, 10, &o, &f), ST_NOT_FOUND);
	card_end(STEAL(held));
	bench_close(&b);
}

static void put_file(struct bench *b, uint16_t fid, const char *hex)
{
	uint8_t bytes[1024];
	struct fault f = { 0 };
	size_t n = unhex(hex, bytes, sizeof(bytes));

	must(card_write_file(b->card, fid, cur_of(bytes, n), WRITE_NEW, &f));
}

static const struct object *find(const struct objects *l, enum object_type type, uint8_t number)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->o[i].type == type && l->o[i].number == number)
			return &l->o[i];
	fail_msg("no object of type %d and number %u", type, number);
	return NULL;
}

/* Examples of formats.md 7.8, and what a crash between two writes would leave. *ret_key: of the key with reference 3. */
static void fill(struct bench *b, struct pubkey *ret_key)
{
	struct keygen_params p = ec("brainpoolP320r1"), aes = { .algorithm = KEY_AES, .bits = 256, .domain = KEY_NO_DOMAIN };
	struct fault f = { 0 };
	CARD_SESSION *held = NULL;

	bench_login(b, &held);
	bench_key(b, 1, &p, ret_key);
	must(card_generate(b->card, 2, &p, ret_key, NULL, &f));                          /* no description */
	must(card_generate(b->card, 3, &p, ret_key, NULL, &f));
	put_file(b, 0xc403, "30");                                                      /* a broken one */
	bench_key(b, 4, &aes, NULL);
	put_file(b, 0xc420, "A029300E0C0565636B6579030206C0040101300B0401200303073080020102A10A30083002040002020100");
	put_file(b, 0xc800, "301B300A0C0463613737030206403003040177A108300630040402CA00");
	put_file(b, 0xca07, "3003020100");
	put_file(b, 0xc900, "301830080C0264310302064030040C026431A10630040402CF00");
	put_file(b, 0xcf00, "0102030405");
	put_file(b, 0xcd33, "01");
}

static void keys_are_as_they_were_made(struct bench *b, const struct objects *l, const struct pubkey *key)
{
	const struct object *o = find(l, OBJECT_KEY, 1);
	struct fault f = { 0 };
	char words[600];
	uint8_t want[32];

	assert_int_equal(o->damage, 0);
	assert_int_equal(o->bits, 320);
	assert_string_equal(o->curve->name, "brainpoolP320r1");
	must(object_attest(b->card, o, &f));
	must(pubkey_spki_sha256(&o->key, want, &f));
	assert_memory_equal(o->spki_sha256, want, 32);
	o = find(l, OBJECT_KEY, 2);
	assert_int_equal(o->damage, OBJECT_NO_DESCRIPTION);
	assert_true(o->has_key && o->has_algorithm);
	o = find(l, OBJECT_KEY, 3);
	assert_int_equal(o->damage, OBJECT_BAD_DESCRIPTION);
	assert_true(pubkey_equal(&o->key, key));
	object_damage_words(o, words, sizeof(words));
	assert_non_null(strstr(words, "cannot be understood"));
	o = find(l, OBJECT_KEY, 4);
	assert_int_equal(o->damage, 0);
	assert_int_equal(o->algorithm, KEY_AES);
	assert_int_equal(o->bits, 256);
	assert_false(o->has_key);
	assert_int_equal(object_attest(b->card, o, &f), ST_NOT_FOUND);
}

static void files_are_what_their_descriptions_say(const struct objects *l)
{
	const struct object *o = find(l, OBJECT_CERTIFICATE, 0);

	assert_string_equal(o->label, "ca77");
	assert_int_equal(o->damage, OBJECT_NO_CONTENT);
	o = find(l, OBJECT_DATA, 0);
	assert_string_equal(o->label, "d1");
	assert_true(o->has_size);
	assert_int_equal(o->size, 5);
	assert_false(o->is_private);
	assert_string_equal(find(l, OBJECT_STRAY, 0x20)->label, "eckey");
	assert_int_equal(find(l, OBJECT_STRAY, 7)->damage, OBJECT_NO_DESCRIPTION | OBJECT_BAD_CONTENT);
	assert_true(find(l, OBJECT_STRAY, 0x33)->is_private);
}

static void everything_that_can_be_on_a_card(void **state)
{
	struct bench b;
	struct fault f = { 0 };
	struct pubkey key;
	OBJECTS l = { 0 };
	CARD_SESSION *held = NULL;

	(void)state;
	bench_open(&b, "3.6");
	bench_init(&b, 1);
	fill(&b, &key);
	must(card_begin(b.card, &held, &f));
	must(card_objects(b.card, WANT_ALL, &l, &f));
	assert_int_equal(l.n, 9);
	keys_are_as_they_were_made(&b, &l, &key);
	files_are_what_their_descriptions_say(&l);
	assert_int_equal(card_free_key_ref(&l.fids), 5);
	assert_int_equal(card_free_cert_number(&l.fids), 1);
	assert_int_equal(card_free_data_number(&l.fids), 1);
	card_end(STEAL(held));
	bench_close(&b);
}

static void a_request_of_another_device_is_no_attestation(void **state)
{
	struct keygen_params p = ec("secp256r1");
	struct bench b;
	struct fault f = { 0 };
	struct pubkey key;
	struct object o = { 0 };
	BUF request = { 0 };
	FIDS fids = { 0 };
	CARD_SESSION *held = NULL;

	(void)state;
	bench_open(&b, "3.6");
	bench_init(&b, 1);
	bench_login(&b, &held);
	must(card_generate(b.card, 1, &p, &key, &request, &f));
	request.p[request.n - 1] ^= 1;
	must(card_write_file(b.card, 0xce01, buf_view(&request), WRITE_REPLACE, &f));
	must(card_enumerate(b.card, &fids, &f));
	must(card_object_key(b.card, &fids, 1, &o, &f));
	assert_int_equal(object_attest(b.card, &o, &f), ST_MISMATCH);
	object_done(&o);
	card_end(STEAL(held));
	bench_close(&b);
}

/* --- cards that lie --- */

struct liar {
	const char *list;         /* of file identifiers, hex */
	size_t list_n;
	uint8_t *bytes;           /* the answer to every READ, with 9000 or 6282 */
	size_t n;
	uint16_t sw;
};

static enum status lie(struct scripted *s, const uint8_t *cmd, size_t n, uint8_t *rsp, size_t *io_n)
{
	const struct liar *l = s->ctx;
	uint16_t sw = 0x9000;
	size_t len = 0;

	(void)n;
	if (cmd[1] == 0xa4 && cmd[2] == 4) {
		*io_n = unhex(SELECT_36, rsp, *io_n);
		return ST_OK;
	}
	if (cmd[1] == 0x58) {
		len = l->list ? unhex(l->list, rsp, *io_n) : l->list_n;
		for (size_t i = 0; l->list == NULL && i < len; i++)
			rsp[i] = (uint8_t)(i % 2 ? i / 2 : 0xc4 + i / 512 % 12);
	} else if (cmd[1] == 0xb1) {
		sw = l->sw;
		len = l->n < *io_n - 2 ? l->n : *io_n - 2;
		if (len)
			memcpy(rsp, l->bytes, len);
	} else {
		sw = 0x6d00;
	}
	rsp[len] = (uint8_t)(sw >> 8);
	rsp[len + 1] = (uint8_t)sw;
	*io_n = len + 2;
	return ST_OK;
}

static enum status list_of_liar(struct liar *l, struct objects *ret, unsigned *ret_sent)
{
	struct scripted s = { .answer = lie, .ctx = l };
	struct card *card = scripted_open(&s, NULL, 0);
	struct fault f = { 0 };
	CARD_SESSION *held = NULL;
	enum status st;

	assert_int_equal(card_begin(card, &held, &f), ST_OK);
	st = card_objects(card, WANT_ALL, ret, &f);
	assert_true(st == ST_OK || strlen(f.what) > 10);
	scripted_close_all(&s, card, STEAL(held));
	*ret_sent = s.sent;
	return st;
}

static void lists_that_cannot_be(void **state)
{
	static const struct {
		const char *list;
		bool damaged;
		size_t keys;
		enum status st;
	} rows[] = {
		{ "", false, 0, ST_BAD_REPLY },
		{ "cc", true, 0, ST_BAD_REPLY },
		{ "2f02c401ce01cc01", false, 0, ST_BAD_REPLY },   /* cut, and what is behind it may be a key */
		{ "cc00cc01", false, 1, ST_OK },
		{ "cc00cc01cc01cc01", true, 1, ST_OK },
		{ "cc00cc01c4", true, 1, ST_OK },
		{ "cc00000000ffffff3f00", false, 0, ST_OK },
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct liar l = { .list = rows[i].list, .sw = 0x6a82 };
		OBJECTS list = { 0 };
		unsigned sent;
		size_t keys = 0;

		assert_int_equal(list_of_liar(&l, &list, &sent), rows[i].st);
		if (rows[i].st != ST_OK)
			continue;
		assert_int_equal(list.damaged, rows[i].damaged);
		for (size_t k = 0; k < list.n; k++)
			keys += list.o[k].type == OBJECT_KEY;
		assert_int_equal(keys, rows[i].keys);
	}
}

static void files_that_cannot_be(void **state)
{
	uint8_t bytes[1014];
	struct liar l = { .list = "cc01c401ce01c800ca00c900cf00cc00", .bytes = bytes };
	static const uint16_t sws[] = { 0x9000, 0x6282, 0x6982, 0x6f00, 0x6b00, 0x6a82 };

	(void)state;
	for (unsigned fill = 0; fill < 256; fill += 5)
		for (size_t k = 0; k < N(sws); k++) {
			static const size_t lens[] = { 0, 1, 2, 60, 1013, 1014 };
			OBJECTS list = { 0 };
			unsigned sent;

			memset(bytes, (int)fill, sizeof(bytes));
			l.n = lens[(fill + k) % N(lens)];
			l.sw = sws[k];
			assert_int_equal(list_of_liar(&l, &list, &sent), ST_OK);
			assert_int_equal(list.o[0].type, OBJECT_KEY);
			assert_int_not_equal(list.o[0].damage, 0);
			assert_true(sent < 600);
		}
}

static void thousands_of_endless_files_come_to_an_end(void **state)
{
	uint8_t bytes[1014];
	struct liar l = { .list_n = 6000, .bytes = bytes, .n = sizeof(bytes), .sw = 0x9000 };
	OBJECTS list = { 0 };
	unsigned sent;

	(void)state;
	memset(bytes, 0x30, sizeof(bytes));
	assert_int_equal(list_of_liar(&l, &list, &sent), ST_OK);
	assert_true(list.fids.n <= FIDS_MAX);
	assert_true(sent < 8000);
}

static void a_reader_that_dies_ends_the_listing(void **state)
{
	static const struct exchange rows[] = {
		{ SELECT_CMD, SELECT_36, ST_OK },
		{ "00b12f02..", DEVICE_2F02 "6282", ST_OK },
		{ "80580000000000", "cc00cc01c4019000", ST_OK },
		{ "00b1c401..", NULL, ST_CARD_ERROR },
	};
	struct scripted s = { 0 };
	struct card *card = scripted_open(&s, rows, N(rows));
	struct objects list = { .n = 77 };
	CARD_SESSION *held = NULL;
	struct fault f;

	(void)state;
	assert_int_equal(card_begin(card, &held, &f), ST_OK);
	assert_int_equal(card_objects(card, WANT_ALL, &list, &f), ST_CARD_ERROR);
	assert_int_equal(list.n, 77);
	scripted_close_all(&s, card, STEAL(held));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(sixty_keys_take_two_apdus_each_and_three),
		cmocka_unit_test(a_hundred_keys_are_all_there),
		cmocka_unit_test(wrapping_one_key_takes_eight_apdus),
		cmocka_unit_test(everything_that_can_be_on_a_card),
		cmocka_unit_test(a_request_of_another_device_is_no_attestation),
		cmocka_unit_test(lists_that_cannot_be),
		cmocka_unit_test(files_that_cannot_be),
		cmocka_unit_test(thousands_of_endless_files_come_to_an_end),
		cmocka_unit_test(a_reader_that_dies_ends_the_listing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
