#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/keys/cert.h"
#include "engine/keys/digest.h"
#include "engine/keys/pubkey.h"
#include "tests/unit/cert_help.h"
#include "tests/unit/keys_vectors.h"

static struct buf openssl_spki(EVP_PKEY *pkey)
{
	struct buf b = { 0 };
	unsigned char *der = NULL;
	int n = i2d_PUBKEY(pkey, &der);

	assert_true(n > 0);
	buf_put(&b, der, (size_t)n);
	OPENSSL_free(der);
	return b;
}

static EVP_PKEY *new_ec(const char *group)
{
	return EVP_PKEY_Q_keygen(NULL, NULL, "EC", group);
}

static EVP_PKEY *new_rsa(size_t bits)
{
	return EVP_PKEY_Q_keygen(NULL, NULL, "RSA", bits);
}

static void curves_are_found_by_every_name(void **state)
{
	const struct curve *p256 = curve_by_name("secp256r1");

	(void)state;
	assert_non_null(p256);
	assert_ptr_equal(curve_by_name("prime256v1"), p256);
	assert_ptr_equal(curve_by_name("P-256"), p256);
	assert_ptr_equal(curve_by_name("p-256"), p256);
	assert_string_equal(curve_by_name("BrainpoolP384R1")->name, "brainpoolP384r1");
	assert_null(curve_by_name("secp256"));
	assert_null(curve_by_name(""));
	for (size_t i = 0; curve_at(i) != NULL; i++) {
		assert_ptr_equal(curve_by_name(curve_at(i)->name), curve_at(i));
		assert_ptr_equal(curve_by_name(curve_at(i)->display), curve_at(i));
	}
}

static const struct curve *by_domain(struct cur p, struct cur a, struct cur b, struct cur g, struct cur n)
{
	const struct curve *c = NULL;
	enum status st = curve_by_domain(p, a, b, g, n, &c, NULL);

	assert_true(st == ST_OK || (st == ST_UNSUPPORTED && c == NULL));
	return c;
}

/* brainpool's twisted curves share p and the order with the others: all parameters have to tell. */
static void every_curve_is_known_by_its_parameters_and_only_by_its_own(void **state)
{
	struct curve_domain d;

	(void)state;
	for (size_t i = 0; curve_at(i) != NULL; i++) {
		const struct curve *c = curve_at(i);
		struct cur p, a, b, g, n, a_short;

		assert_int_equal(curve_get_domain(c, &d, NULL), ST_OK);
		p = cur_of(d.p, d.bytes);
		a = a_short = cur_of(d.a, d.bytes);
		b = cur_of(d.b, d.bytes);
		n = cur_of(d.n, d.bytes);
		g = cur_of(d.g, 2 * d.bytes + 1);
		while (a_short.n > 1 && a_short.p[0] == 0)   /* as pico-hsm writes them */
			cur_take(&a_short, 1, NULL);
		assert_ptr_equal(by_domain(p, a, b, g, n), c);
		assert_ptr_equal(by_domain(p, a_short, b, g, n), c);
		assert_ptr_equal(by_domain(p, a, cur_of("", 0), cur_of("", 0), n), c);
		d.b[d.bytes - 1] ^= 1;
		assert_null(by_domain(p, a, b, g, n));
		d.b[d.bytes - 1] ^= 1;
		d.g[5] ^= 1;
		assert_null(by_domain(p, a, b, g, n));
		assert_null(by_domain(cur_of("", 0), a, b, g, n));
	}
}

static void keys_on_every_curve_go_there_and_back_as_openssl_writes_them(void **state)
{
	(void)state;
	for (size_t i = 0; curve_at(i) != NULL; i++) {
		PKEY *pkey = new_ec(OBJ_nid2sn(curve_at(i)->nid));
		BUF theirs = openssl_spki(pkey), ours = { 0 };
		struct pubkey k;

		assert_int_equal(pubkey_from_spki(buf_view(&theirs), &k, NULL), ST_OK);
		assert_ptr_equal(k.curve, curve_at(i));
		assert_int_equal(k.bits, EVP_PKEY_get_bits(pkey));
		assert_int_equal(pubkey_to_spki(&k, &ours, NULL), ST_OK);
		assert_int_equal(ours.n, theirs.n);
		assert_memory_equal(ours.p, theirs.p, theirs.n);
	}
}

static void rsa_keys_go_there_and_back_as_openssl_writes_them(void **state)
{
	static const size_t sizes[] = { 1024, 1536, 2048 };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		PKEY *pkey = new_rsa(sizes[i]);
		BUF theirs = openssl_spki(pkey), ours = { 0 };
		struct pubkey k, wide;
		uint8_t n[PUBKEY_MODULUS_MAX + 1] = { 0 };

		assert_int_equal(pubkey_from_spki(buf_view(&theirs), &k, NULL), ST_OK);
		assert_int_equal(k.bits, sizes[i]);
		assert_int_equal(pubkey_to_spki(&k, &ours, NULL), ST_OK);
		assert_int_equal(ours.n, theirs.n);
		assert_memory_equal(ours.p, theirs.p, theirs.n);
		memcpy(n + 1, k.modulus, k.modulus_len);
		assert_int_equal(pubkey_rsa(cur_of(n, k.modulus_len + 1), cur_of("\0\1\0\1", 4), &wide, NULL), ST_OK);
		assert_true(pubkey_equal(&wide, &k));
		wide.modulus[9] ^= 1;
		assert_false(pubkey_equal(&wide, &k));
	}
}

/* Explicit parameters, compressed points: what OpenSSL writes when it is asked to. */
static void described_curves_and_compressed_points_are_read(void **state)
{
	PKEY *pkey = new_ec("brainpoolP320r1");
	struct pubkey plain, other;
	BUF named = openssl_spki(pkey), described = { 0 };

	(void)state;
	assert_int_equal(pubkey_from_spki(buf_view(&named), &plain, NULL), ST_OK);
	assert_int_equal(EVP_PKEY_set_utf8_string_param(pkey, "encoding", "explicit"), 1);
	assert_int_equal(EVP_PKEY_set_utf8_string_param(pkey, "point-format", "compressed"), 1);
	described = openssl_spki(pkey);
	assert_true(described.n > named.n);
	assert_int_equal(pubkey_from_spki(buf_view(&described), &other, NULL), ST_OK);
	assert_true(pubkey_equal(&plain, &other));
}

static void a_point_off_the_curve_is_no_key(void **state)
{
	const struct curve *p256 = curve_by_name("P-256");
	BUF point = from_hex(EC_Q);
	struct pubkey k = { .bits = 77 };

	(void)state;
	assert_int_equal(pubkey_ec(p256, buf_view(&point), &k, NULL), ST_OK);
	k.bits = 77;
	point.p[40] ^= 1;
	assert_int_equal(pubkey_ec(p256, buf_view(&point), &k, NULL), ST_DAMAGED);
	point.p[40] ^= 1;
	assert_int_equal(pubkey_ec(p256, cur_of(point.p, 64), &k, NULL), ST_DAMAGED);
	assert_int_equal(pubkey_ec(p256, cur_of("\0", 1), &k, NULL), ST_DAMAGED);   /* the point at infinity */
	assert_int_equal(pubkey_ec(p256, cur_of("", 0), &k, NULL), ST_DAMAGED);
	assert_int_equal(pubkey_ec(curve_by_name("secp256k1"), buf_view(&point), &k, NULL), ST_DAMAGED);
	assert_int_equal(k.bits, 77);
}

static void numbers_that_are_no_rsa_key_are_refused(void **state)
{
	uint8_t n[600];
	struct pubkey k;

	(void)state;
	memset(n, 0xff, sizeof(n));
	assert_int_equal(pubkey_rsa(cur_of(n, 256), cur_of("\x01\x00\x01", 3), &k, NULL), ST_OK);
	assert_int_equal(pubkey_rsa(cur_of(n, 513), cur_of("\x01\x00\x01", 3), &k, NULL), ST_UNSUPPORTED);
	assert_int_equal(pubkey_rsa(cur_of(n, 16), cur_of("\x01\x00\x01", 3), &k, NULL), ST_DAMAGED);
	assert_int_equal(pubkey_rsa(cur_of(n, 256), cur_of("\x01", 1), &k, NULL), ST_DAMAGED);
	assert_int_equal(pubkey_rsa(cur_of(n, 256), cur_of("", 0), &k, NULL), ST_DAMAGED);
	n[255] = 0xfe;
	assert_int_equal(pubkey_rsa(cur_of(n, 256), cur_of("\x01\x00\x01", 3), &k, NULL), ST_DAMAGED);
	memset(n, 0, sizeof(n));
	assert_int_equal(pubkey_rsa(cur_of(n, 256), cur_of("\x01\x00\x01", 3), &k, NULL), ST_DAMAGED);
}

static void pem_is_what_openssl_reads(void **state)
{
	PKEY *pkey = new_rsa(1024), *again = NULL;
	BUF spki = openssl_spki(pkey), pem = { 0 };
	struct pubkey k;
	BIO *bio;

	(void)state;
	assert_int_equal(pubkey_from_spki(buf_view(&spki), &k, NULL), ST_OK);
	assert_int_equal(pubkey_to_pem(&k, &pem, NULL), ST_OK);
	bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	again = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
	assert_int_equal(EVP_PKEY_eq(pkey, again), 1);
	BIO_free_all(bio);
}

#define SSH_EC \
	"ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBGD+1LolWp0xyWHrdMY1bWjA" \
	"SbiSO2H6bOZpYi5g8p+2eQP+EAi4vJmkGunpVii8ZPLxsgwtfp9Rd6PClNRGIpk="
#define SSH_RSA_MODULUS \
	"DD87263DE9BC3C8C22D672B53D6360EF6ED51C4AB4B635A8FE41E40FE4ABA3F9D3055E526A44985E35DF741D42EFEA4C" \
	"58400F6FDA5CABFE5FCEE88D1600ABB0922F01232F962EEB27BB0FDBF2FF79866968D3678182CC40C2055B3377B4CAA1" \
	"D0FDB935B788001C490A19CEAB7279CCCD782FA721BC1FD4F61621F5757FEB2B"
#define SSH_RSA \
	"ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQDdhyY96bw8jCLWcrU9Y2DvbtUcSrS2Naj+QeQP5Kuj+dMFXlJqRJheNd90" \
	"HULv6kxYQA9v2lyr/l/O6I0WAKuwki8BIy+WLusnuw/b8v95hmlo02eBgsxAwgVbM3e0yqHQ/bk1t4gAHEkKGc6rcnnMzXgv" \
	"pyG8H9T2FiH1dX/rKw=="

/* What ssh-keygen -l says of those lines. */
static void openssh_fingerprints_are_those_of_ssh_keygen(void **state)
{
	BUF point = from_hex(EC_Q), n = from_hex(SSH_RSA_MODULUS);
	char print[PUBKEY_SSH_PRINT_MAX];
	struct pubkey k;
	struct fault f;

	(void)state;
	assert_int_equal(pubkey_ec(curve_by_name("P-256"), buf_view(&point), &k, NULL), ST_OK);
	assert_int_equal(pubkey_ssh_print(&k, print, NULL), ST_OK);
	assert_string_equal(print, "SHA256:hfuNWmjIYvsBGZ6dpCLTTAEa5LxbZABRHHVoynAxFlo");
	assert_int_equal(pubkey_rsa(buf_view(&n), cur_of("\x01\x00\x01", 3), &k, NULL), ST_OK);
	assert_int_equal(pubkey_ssh_print(&k, print, NULL), ST_OK);
	assert_string_equal(print, "SHA256:1LMhlVST6JZTvC240CcMJHcTxWzwqbi8lZP5fT3eWM8");

	CLEANUP(EVP_PKEY_free_guard) EVP_PKEY *pkey = new_ec("secp256k1");
	BUF spki = openssl_spki(pkey);

	assert_int_equal(pubkey_from_spki(buf_view(&spki), &k, NULL), ST_OK);
	assert_int_equal(pubkey_ssh_print(&k, print, &f), ST_UNSUPPORTED);
}

/* Lines that ssh-keygen -i -m PKCS8 made from the same keys. */
static void openssh_lines_are_those_of_ssh_keygen(void **state)
{
	BUF point = from_hex(EC_Q), line = { 0 }, rsa = { 0 }, n = from_hex(SSH_RSA_MODULUS);
	struct pubkey k;
	struct fault f;

	(void)state;
	assert_int_equal(pubkey_ec(curve_by_name("P-256"), buf_view(&point), &k, NULL), ST_OK);
	assert_int_equal(pubkey_to_ssh(&k, "a\nb", &line, NULL), ST_OK);
	buf_u8(&line, '\0');
	assert_string_equal((char *)line.p, SSH_EC " a\xef\xbf\xbd" "b\n");
	assert_int_equal(pubkey_rsa(buf_view(&n), cur_of("\x01\x00\x01", 3), &k, NULL), ST_OK);
	assert_int_equal(pubkey_to_ssh(&k, NULL, &rsa, NULL), ST_OK);
	buf_u8(&rsa, '\0');
	assert_string_equal((char *)rsa.p, SSH_RSA "\n");

	CLEANUP(EVP_PKEY_free_guard) EVP_PKEY *pkey = new_ec("secp256k1");
	BUF spki = openssl_spki(pkey);
	size_t before = line.n;

	assert_int_equal(pubkey_from_spki(buf_view(&spki), &k, NULL), ST_OK);
	assert_int_equal(pubkey_to_ssh(&k, NULL, &line, &f), ST_UNSUPPORTED);
	assert_int_equal(line.n, before);
}

static void the_key_id_is_the_one_that_openssl_puts_into_certificates(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		PKEY *pkey = i == 0 ? new_rsa(1024) : new_ec("secp384r1");
		BUF spki = openssl_spki(pkey);
		X509 *x = X509_new();
		uint8_t id[KEY_ID_LEN], theirs[EVP_MAX_MD_SIZE];
		struct pubkey k;
		unsigned n;

		assert_int_equal(X509_set_pubkey(x, pkey), 1);
		assert_int_equal(X509_pubkey_digest(x, EVP_sha1(), theirs, &n), 1);
		assert_int_equal(pubkey_from_spki(buf_view(&spki), &k, NULL), ST_OK);
		assert_int_equal(pubkey_key_id(&k, id, NULL), ST_OK);
		assert_int_equal(n, KEY_ID_LEN);
		assert_memory_equal(id, theirs, KEY_ID_LEN);
		X509_free(x);
	}
}

/* Signs the digest with ECDSA, or the padded block with the bare RSA operation, as commands 70 and 20 do. */
static struct buf sign_like_the_card(EVP_PKEY *pkey, bool rsa, struct cur input)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);
	uint8_t sig[600];
	size_t n = sizeof(sig);
	struct buf b = { 0 };

	assert_int_equal(EVP_PKEY_sign_init(ctx), 1);
	if (rsa)
		assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING), 1);
	assert_int_equal(EVP_PKEY_sign(ctx, sig, &n, input.p, input.n), 1);
	EVP_PKEY_CTX_free(ctx);
	buf_put(&b, sig, n);
	return b;
}

static void what_the_card_is_given_to_sign_verifies_and_nothing_else_does(void **state)
{
	struct cur message = cur_of("keyroom proof", 13);

	(void)state;
	for (int i = -1; i < 0 || curve_at((size_t)i) != NULL; i++) {
		PKEY *pkey = i < 0 ? new_rsa(1024) : new_ec(OBJ_nid2sn(curve_at((size_t)i)->nid));
		PKEY *stranger = i < 0 ? new_rsa(1024) : new_ec(OBJ_nid2sn(curve_at((size_t)i)->nid));
		BUF spki = openssl_spki(pkey), theirs = openssl_spki(stranger), input = { 0 }, sig = { 0 };
		struct pubkey k, s;
		struct fault f;

		assert_int_equal(pubkey_from_spki(buf_view(&spki), &k, NULL), ST_OK);
		assert_int_equal(pubkey_from_spki(buf_view(&theirs), &s, NULL), ST_OK);
		assert_int_equal(pubkey_signing_input(&k, message, &input, NULL), ST_OK);
		assert_int_equal(input.n, i < 0 ? 128 : 32);
		sig = sign_like_the_card(pkey, i < 0, buf_view(&input));
		assert_int_equal(pubkey_verify(&k, SIGNATURE_CARD, message, buf_view(&sig), &f), ST_OK);
		assert_int_equal(pubkey_verify(&s, SIGNATURE_CARD, message, buf_view(&sig), &f), ST_MISMATCH);
		assert_int_equal(pubkey_verify(&k, SIGNATURE_CARD, cur_of("keyroom prooF", 13), buf_view(&sig), &f),
				 ST_MISMATCH);
		assert_int_equal(pubkey_verify(&k, SIGNATURE_CARD, message, cur_of(sig.p, sig.n - 1), &f), ST_MISMATCH);
		assert_int_equal(pubkey_verify(&k, SIGNATURE_PLAIN, message, cur_of("", 0), &f), ST_MISMATCH);
		sig.p[sig.n - 1] ^= 1;
		assert_int_equal(pubkey_verify(&k, SIGNATURE_CARD, message, buf_view(&sig), &f), ST_MISMATCH);
	}
}

static struct buf make_cert_by(EVP_PKEY *pkey, const char *cn, EVP_PKEY *by, const char *issuer)
{
	return cert_make(pkey, cn, by, issuer, "20200102030405Z", "20991231235959Z");
}

/* A self-signed certificate with an awkward name. */
static struct buf make_cert(EVP_PKEY *pkey, const char *cn)
{
	return make_cert_by(pkey, cn, pkey, cn);
}

static void who_signed_a_certificate_is_told_by_name_and_signature(void **state)
{
	PKEY *root = new_ec("P-256"), *stranger = new_ec("P-256"), *leaf = new_rsa(1024);
	BUF issuer = make_cert(root, "Root"), same_name = make_cert(stranger, "Root"), same_key = make_cert(root, "Other");
	BUF cert = make_cert_by(leaf, "Leaf", root, "Root");
	struct fault f;

	(void)state;
	assert_int_equal(cert_signed_by(buf_view(&cert), buf_view(&issuer), NULL), ST_OK);
	assert_int_equal(cert_signed_by(buf_view(&issuer), buf_view(&issuer), NULL), ST_OK);
	assert_int_equal(cert_signed_by(buf_view(&cert), buf_view(&same_name), &f), ST_MISMATCH);
	assert_int_equal(cert_signed_by(buf_view(&cert), buf_view(&same_key), &f), ST_MISMATCH);
	assert_int_equal(cert_signed_by(buf_view(&issuer), buf_view(&cert), &f), ST_MISMATCH);
	assert_int_equal(cert_signed_by(buf_view(&cert), cur_of("x", 1), &f), ST_DAMAGED);
}

static void a_certificate_is_read_from_der_and_pem_and_its_name_is_harmless(void **state)
{
	PKEY *pkey = new_ec("P-256");
	BUF der = make_cert(pkey, "B\xc3\xb6rse \x1b[31m"), spki = openssl_spki(pkey), pem = { 0 }, again = { 0 };
	struct cert c;
	struct pubkey k;
	uint8_t text[4096];
	size_t n = der.n;

	(void)state;
	assert_int_equal(cert_parse(buf_view(&der), &c, NULL), ST_OK);
	assert_null(strchr(c.subject, '\x1b'));
	assert_non_null(strstr(c.subject, "CN=B\xc3\xb6rse"));
	assert_string_equal(c.common_name, "B\xc3\xb6rse \xef\xbf\xbd[31m");
	assert_int_equal(c.not_before, 1577934245);
	assert_int_equal(c.not_after, 4102444799);
	assert_false(c.broken);
	assert_false(c.authority);
	assert_true(c.has_key);
	assert_int_equal(pubkey_from_spki(buf_view(&spki), &k, NULL), ST_OK);
	assert_true(pubkey_equal(&c.key, &k));
	assert_int_equal(c.whole_len, n);
	buf_put(&der, "\0\0tail", 6);   /* a file on a card may be longer than what is in it */
	assert_int_equal(cert_parse(buf_view(&der), &c, NULL), ST_OK);
	assert_int_equal(c.whole_len, n);

	buf_put(&pem, "Some words before\n-----BEGIN CERTIFICATE-----\n", 46);
	for (size_t i = 0; i < n; i += 48) {
		size_t part = n - i < 48 ? n - i : 48;

		buf_put(&pem, text, (size_t)EVP_EncodeBlock(text, der.p + i, (int)part));
		buf_u8(&pem, '\n');
	}
	buf_put(&pem, "-----END CERTIFICATE-----\n", 26);
	assert_int_equal(cert_for_key(buf_view(&pem), NULL, &again, &c, NULL, NULL), ST_OK);
	assert_int_equal(again.n, n);
	assert_memory_equal(again.p, der.p, n);
}

static void a_self_signed_certificate_with_a_wrong_signature_is_broken(void **state)
{
	PKEY *pkey = new_ec("P-256");
	BUF der = make_cert(pkey, "Root");
	struct cert c;

	(void)state;
	der.p[der.n - 1] ^= 1;
	assert_int_equal(cert_parse(buf_view(&der), &c, NULL), ST_OK);
	assert_true(c.broken);
	der.p[der.n - 1] ^= 1;
	for (size_t n = 0; n < der.n; n++)
		assert_int_equal(cert_parse(cur_of(der.p, n), &c, NULL), ST_DAMAGED);
	assert_int_equal(cert_parse(cur_of("-----BEGIN CERTIFICATE-----\n", 28), &c, NULL), ST_DAMAGED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(curves_are_found_by_every_name),
		cmocka_unit_test(every_curve_is_known_by_its_parameters_and_only_by_its_own),
		cmocka_unit_test(keys_on_every_curve_go_there_and_back_as_openssl_writes_them),
		cmocka_unit_test(rsa_keys_go_there_and_back_as_openssl_writes_them),
		cmocka_unit_test(described_curves_and_compressed_points_are_read),
		cmocka_unit_test(a_point_off_the_curve_is_no_key),
		cmocka_unit_test(numbers_that_are_no_rsa_key_are_refused),
		cmocka_unit_test(pem_is_what_openssl_reads),
		cmocka_unit_test(openssh_lines_are_those_of_ssh_keygen),
		cmocka_unit_test(openssh_fingerprints_are_those_of_ssh_keygen),
		cmocka_unit_test(who_signed_a_certificate_is_told_by_name_and_signature),
		cmocka_unit_test(the_key_id_is_the_one_that_openssl_puts_into_certificates),
		cmocka_unit_test(what_the_card_is_given_to_sign_verifies_and_nothing_else_does),
		cmocka_unit_test(a_certificate_is_read_from_der_and_pem_and_its_name_is_harmless),
		cmocka_unit_test(a_self_signed_certificate_with_a_wrong_signature_is_broken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
