/*
 * The artifacts of genuine devices that their owners published, where ../shared/data/real is there; nothing of it is in
 * this tree. Expected values come from vectors.json beside them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <json.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/base/file.h"
#include "engine/keys/cvc.h"
#include "engine/keys/digest.h"
#include "engine/keys/share.h"
#include "engine/keys/wrapped.h"
#include "tests/unit/keys_vectors.h"

#define REAL "../shared/data/real/"

static struct json_object *vectors(void **state, const char *section)
{
	return json_object_object_get(*state, section);
}

static const char *text(struct json_object *o, const char *member)
{
	const char *s = json_object_get_string(json_object_object_get(o, member));

	return s == NULL ? "" : s;
}

static struct buf load(const char *file)
{
	struct buf b = { 0 };
	char path[256];

	snprintf(path, sizeof(path), REAL "%s", file);
	assert_int_equal(file_read(path, 1 << 16, &b, NULL), ST_OK);
	return b;
}

static struct buf load_hex(const char *file)
{
	BUF b = load(file);

	buf_u8(&b, '\0');
	struct buf bytes = from_hex((const char *)b.p);

	assert_false(bytes.failed);
	return bytes;
}

static void assert_hex(struct cur got, const char *hex)
{
	BUF expected = from_hex(hex);

	assert_int_equal(got.n, expected.n);
	assert_memory_equal(got.p, expected.p, got.n);
}

static void assert_sha256(struct cur data, const char *hex)
{
	uint8_t digest[32];

	assert_int_equal(digest_sha256(data, digest, NULL), ST_OK);
	assert_hex(cur_of(digest, 32), hex);
}

static void check_values_and_keys_of_real_shares(void **state)
{
	struct json_object *shares = vectors(state, "shares");

	for (size_t i = 0; i < json_object_array_length(shares); i++) {
		struct json_object *o = json_object_array_get_idx(shares, i);
		SECRET *share = secret_from_hex(text(o, "share")), *dkek = secret_new(32), *key = secret_new(32);
		const struct secret *one[] = { share };
		uint8_t kcv[KCV_LEN], bytes[SHARE_FILE_LEN];
		BUF file = load(text(o, "file"));

		assert_int_equal(share_parse(buf_view(&file), bytes, NULL), ST_OK);
		assert_int_equal(dkek_combine(one, 1, dkek, NULL), ST_OK);
		assert_int_equal(dkek_kcv(dkek, kcv, NULL), ST_OK);
		assert_hex(cur_of(kcv, KCV_LEN), text(o, "kcv"));
		assert_int_equal(dkek_kenc(dkek, key, NULL), ST_OK);
		assert_hex(secret_view(key), text(o, "kenc"));
		assert_int_equal(dkek_kmac(dkek, key, NULL), ST_OK);
		assert_hex(secret_view(key), text(o, "kmac"));
	}
}

static void a_real_share_opens_at_the_real_count(void **state)
{
	struct json_object *o = json_object_array_get_idx(vectors(state, "shares"), 0);
	BUF file = load(text(o, "file"));
	SECRET *password = secret_from(text(o, "password"), strlen(text(o, "password"))), *share = secret_new(32);

	assert_int_equal(share_open(buf_view(&file), password, SHARE_ITERATIONS, NULL, NULL, share, NULL), ST_OK);
	assert_hex(secret_view(share), text(o, "share"));
}

/* The DKEK of one share with this check value. */
static struct secret *dkek_of(void **state, const char *kcv)
{
	struct json_object *shares = vectors(state, "shares");

	for (size_t i = 0; i < json_object_array_length(shares); i++) {
		struct json_object *o = json_object_array_get_idx(shares, i);

		if (strcmp(text(o, "kcv"), kcv) == 0)
			return secret_from_hex(text(o, "share"));
	}
	return NULL;
}

static void assert_private_numbers(struct json_object *o, const struct blob_key *k)
{
	if (k->type == BLOB_EC) {
		assert_hex(k->items[5], text(o, "d"));
	} else if (k->type == BLOB_RSA) {
		assert_sha256(k->items[0], text(o, "d_sha256"));
	} else {
		assert_sha256(k->items[2], text(o, "p_sha256"));
		assert_sha256(k->items[4], text(o, "q_sha256"));
	}
}

static void real_wrapped_keys_open_to_the_published_keys(void **state)
{
	struct json_object *files = vectors(state, "wrapped");

	for (size_t i = 0; i < json_object_array_length(files); i++) {
		struct json_object *o = json_object_array_get_idx(files, i);
		SECRET *dkek = dkek_of(state, text(o, "kcv"));
		struct wrapped_identity id;
		BUF file = load(text(o, "file"));
		BLOB_KEY key = { 0 };
		struct wrapped w;

		assert_non_null(dkek);
		assert_int_equal(wrapped_parse(buf_view(&file), &w, NULL), ST_OK);
		assert_int_equal(w.damage, 0);
		assert_true(w.has_description && w.has_key);
		assert_hex(cur_of(w.blob.kcv, KCV_LEN), text(o, "kcv"));
		assert_int_equal(w.blob.type, strtoul(text(o, "blob_type"), NULL, 16));
		assert_int_equal(w.blob.whole.n, atoi(text(o, "blob_len")));
		assert_int_equal(w.blob.cipher.n, atoi(text(o, "plain_len")));
		assert_hex(w.prkd, text(o, "prkd"));
		assert_int_equal(w.cert.n, atoi(text(o, "cert_len")));
		assert_int_equal(w.cert.p[0], strtoul(text(o, "cert_tag"), NULL, 16));
		assert_int_equal(wrapped_open(&w, dkek, &id, NULL), ST_OK);
		assert_hex(cur_of(id.spki_sha256, 32), text(o, "spki_sha256"));
		assert_int_equal(blob_open(&w.blob, dkek, &key, NULL), ST_OK);
		assert_int_equal(key.bits, atoi(text(o, "size_field")));
		assert_hex(cur_of(secret_view(key.plain).p, 8), text(o, "random"));
		assert_private_numbers(o, &key);
	}
}

/* Sealing what was opened, with the same random bytes, gives the device's own blob again. */
static void a_real_blob_sealed_again_is_the_same(void **state)
{
	struct json_object *files = vectors(state, "wrapped");

	for (size_t i = 0; i < json_object_array_length(files); i++) {
		struct json_object *o = json_object_array_get_idx(files, i);
		SECRET *dkek = dkek_of(state, text(o, "kcv"));
		BUF file = load(text(o, "file")), random = from_hex(text(o, "random")), again = { 0 }, built = { 0 };
		BLOB_KEY key = { 0 }, made = { 0 };
		struct wrapped w;

		assert_int_equal(wrapped_parse(buf_view(&file), &w, NULL), ST_OK);
		assert_int_equal(blob_open(&w.blob, dkek, &key, NULL), ST_OK);
		assert_int_equal(blob_key_make(key.type, key.bits, key.items, key.n_items, &made, NULL), ST_OK);
		assert_int_equal(blob_seal(&made, cur_of("", 0), dkek, random.p, &again, NULL), ST_OK);
		assert_int_equal(again.n, w.blob.whole.n);
		assert_memory_equal(again.p, w.blob.whole.p, again.n);
		assert_int_equal(wrapped_build(buf_view(&again), w.prkd, w.cert, &built, NULL), ST_OK);
		assert_int_equal(built.n, file.n);
		assert_memory_equal(built.p, file.p, built.n);
	}
}

static void foreign_wrapped_keys_are_of_another_dkek(void **state)
{
	struct json_object *files = vectors(state, "foreign"), *shares = vectors(state, "shares");

	for (size_t i = 0; i < json_object_array_length(files); i++) {
		struct json_object *o = json_object_array_get_idx(files, i);
		BUF file = load(text(o, "file"));
		struct wrapped_identity id;
		struct wrapped w;

		assert_int_equal(wrapped_parse(buf_view(&file), &w, NULL), ST_OK);
		assert_hex(cur_of(w.blob.kcv, KCV_LEN), text(o, "kcv"));
		for (size_t k = 0; k < json_object_array_length(shares); k++) {
			SECRET *dkek = secret_from_hex(text(json_object_array_get_idx(shares, k), "share"));

			assert_int_equal(wrapped_open(&w, dkek, &id, NULL), ST_OTHER_DKEK);
		}
	}
}

static void real_devices_chain_to_the_production_root(void **state)
{
	static const struct {
		const char *file, *serial, *issuer;
		int64_t not_after;
	} rows[] = {
		{ "devices/DENK0404144.2f02.hex", "DENK0404144", "DEDINK0400001", 1937692799 /* 2031-05-27 */ },
		{ "devices/DECM0104448.2f02.hex", "DECM0104448", "DEDICM0100002", 1706399999 /* 2024-01-27 */ },
	};

	(void)vectors(state, "shares");
	for (size_t i = 0; i < 2; i++) {
		BUF ef = load_hex(rows[i].file);
		enum device_trust trust;
		struct device_cert d;

		assert_int_equal(device_cert_parse(buf_view(&ef), &d, NULL), ST_OK);
		assert_string_equal(d.serial, rows[i].serial);
		assert_string_equal(d.issuer, rows[i].issuer);
		assert_string_equal(d.root, "DESRCACC100001");
		assert_true(d.not_after == rows[i].not_after);
		assert_int_equal(device_cert_check(buf_view(&ef), &trust, NULL), ST_OK);
		assert_int_equal(trust, DEVICE_PRODUCTION);
		ef.p[100] ^= 1;
		if (device_cert_check(buf_view(&ef), &trust, NULL) == ST_OK)
			assert_int_equal(trust, DEVICE_BROKEN);
	}
}

static void published_roots_sign_themselves(void **state)
{
	static const char *const files[] = { "roots/DESRCACC100001.cvc.hex", "roots/UTSRCACC100001.cvc.hex",
					     "roots/DESCHSMCVCA00001.cvc.hex" };

	(void)vectors(state, "shares");
	for (size_t i = 0; i < 3; i++) {
		BUF file = load_hex(files[i]);
		struct cur c = buf_view(&file);
		enum device_trust trust;
		struct cvc root;

		assert_int_equal(cvc_next(&c, NULL, &root, NULL), ST_OK);
		assert_string_equal(root.car, root.chr);
		assert_int_equal(root.role, 0xc0);
		assert_int_equal(cvc_verify(&root, &root.key, NULL), ST_OK);
		/* a root in the place of a device: signed by the point that stands in our table */
		assert_int_equal(device_cert_check(buf_view(&file), &trust, NULL), ST_OK);
		assert_int_equal(trust, i == 1 ? DEVICE_TEST : DEVICE_PRODUCTION);
	}
}

static void real_attestations_verify_inside_and_outside(void **state)
{
	struct json_object *rows = vectors(state, "attestations");
	BUF ef = load_hex("devices/DENK0404144.2f02.hex"), other = load_hex("devices/DECM0104448.2f02.hex");
	struct device_cert device, stranger;

	assert_int_equal(device_cert_parse(buf_view(&ef), &device, NULL), ST_OK);
	assert_int_equal(device_cert_parse(buf_view(&other), &stranger, NULL), ST_OK);
	for (size_t i = 0; i < json_object_array_length(rows); i++) {
		struct json_object *o = json_object_array_get_idx(rows, i);
		BUF file = load_hex(text(o, "file"));
		struct cur c = buf_view(&file);
		uint8_t sha[32];
		struct cvc r;

		assert_int_equal(cvc_next(&c, NULL, &r, NULL), ST_OK);
		assert_true(r.request);
		assert_string_equal(r.outer_car, device.chr);
		assert_int_equal(cvc_verify(&r, &r.key, NULL), ST_OK);
		assert_int_equal(cvc_verify_outer(&r, &device.key, NULL), ST_OK);
		assert_int_equal(cvc_verify_outer(&r, &stranger.key, NULL), ST_MISMATCH);
		assert_int_equal(pubkey_spki_sha256(&r.key, sha, NULL), ST_OK);
		assert_hex(cur_of(sha, 32), text(o, "spki_sha256"));
	}
}

static void a_signature_made_on_a_card_verifies(void **state)
{
	struct json_object *o = json_object_array_get_idx(vectors(state, "signatures"), 1);
	BUF point = from_hex(text(o, "public")), message = from_hex(text(o, "message"));
	BUF sig = from_hex(text(o, "signature_raw"));
	struct pubkey k;

	assert_string_equal(text(o, "hash"), "sha256");
	assert_sha256(buf_view(&message), text(o, "digest"));
	assert_int_equal(pubkey_ec(curve_by_name(text(o, "curve")), buf_view(&point), &k, NULL), ST_OK);
	assert_int_equal(pubkey_verify(&k, SIGNATURE_PLAIN, buf_view(&message), buf_view(&sig), NULL), ST_OK);
	sig.p[5] ^= 1;
	assert_int_equal(pubkey_verify(&k, SIGNATURE_PLAIN, buf_view(&message), buf_view(&sig), NULL), ST_MISMATCH);
}

static int open_vectors(void **state)
{
	*state = json_object_from_file(REAL "vectors.json");
	return *state == NULL ? -1 : 0;
}

static int close_vectors(void **state)
{
	json_object_put(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(check_values_and_keys_of_real_shares),
		cmocka_unit_test(a_real_share_opens_at_the_real_count),
		cmocka_unit_test(real_wrapped_keys_open_to_the_published_keys),
		cmocka_unit_test(a_real_blob_sealed_again_is_the_same),
		cmocka_unit_test(foreign_wrapped_keys_are_of_another_dkek),
		cmocka_unit_test(real_devices_chain_to_the_production_root),
		cmocka_unit_test(published_roots_sign_themselves),
		cmocka_unit_test(real_attestations_verify_inside_and_outside),
		cmocka_unit_test(a_signature_made_on_a_card_verifies),
	};

	return cmocka_run_group_tests(tests, open_vectors, close_vectors);
}
