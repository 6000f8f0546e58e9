/* Files with one certificate or several: which one is for a key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/keys/cert.h"
#include "tests/unit/cert_help.h"

#define FROM "20250101000000Z"
#define UNTIL "20460101000000Z"

struct world {
	EVP_PKEY *a, *b;
	struct pubkey key_a, key_b;
	struct buf cert_a, other_a, cert_b;   /* two for a, one for b */
};

static void take_key(EVP_PKEY *k, struct pubkey *ret)
{
	unsigned char *der = NULL;
	int n = i2d_PUBKEY(k, &der);

	assert_true(n > 0);
	assert_int_equal(pubkey_from_spki(cur_of(der, (size_t)n), ret, NULL), ST_OK);
	OPENSSL_free(der);
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	w->a = EVP_EC_gen("P-256");
	w->b = EVP_EC_gen("P-384");
	assert_true(w->a != NULL && w->b != NULL);
	take_key(w->a, &w->key_a);
	take_key(w->b, &w->key_b);
	w->cert_a = cert_make(w->a, "a", w->b, "b", FROM, UNTIL);
	w->other_a = cert_make(w->a, "another for a", w->b, "b", FROM, UNTIL);
	w->cert_b = cert_make(w->b, "b", w->b, "b", FROM, UNTIL);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	EVP_PKEY_free(w->a);
	EVP_PKEY_free(w->b);
	buf_done(&w->cert_a);
	buf_done(&w->other_a);
	buf_done(&w->cert_b);
	free(w);
	return 0;
}

static enum status find(const struct buf *file, const struct pubkey *key, struct buf *der, size_t *ret_n)
{
	struct cert c = { 0 };
	struct fault f = { 0 };
	enum status st = cert_for_key(buf_view(file), key, der, &c, ret_n, &f);

	if (st != ST_OK && strlen(f.what) < 20)
		fail_msg("%s says only \"%s\"", status_name(st), f.what);
	if (st == ST_OK && key != NULL)
		assert_true(pubkey_equal(&c.key, key));
	return st;
}

static void put_pem(struct buf *file, const struct buf *der)
{
	assert_int_equal(cert_to_pem(buf_view(der), file, NULL), ST_OK);
}

static void the_one_for_the_key_is_taken_out_of_a_chain(void **state)
{
	struct world *w = *state;
	BUF pem = { 0 }, der = { 0 }, both = { 0 };
	size_t n = 0;

	buf_put(&pem, "Bag Attributes: nothing\n", 24);
	put_pem(&pem, &w->cert_b);
	buf_put(&pem, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", 59);
	put_pem(&pem, &w->cert_a);
	assert_int_equal(find(&pem, &w->key_a, &der, &n), ST_OK);
	assert_int_equal(n, 2);
	assert_true(cur_equal(buf_view(&der), w->cert_a.p, w->cert_a.n));
	buf_done(&der);
	buf_cur(&both, buf_view(&w->cert_b));
	buf_cur(&both, buf_view(&w->cert_a));
	assert_int_equal(find(&both, &w->key_a, &der, &n), ST_OK);
	assert_int_equal(n, 2);
	assert_true(cur_equal(buf_view(&der), w->cert_a.p, w->cert_a.n));
}

static void what_could_be_either_of_two_is_refused(void **state)
{
	struct world *w = *state;
	BUF pem = { 0 }, der = { 0 };

	put_pem(&pem, &w->cert_a);
	assert_int_equal(find(&pem, NULL, &der, NULL), ST_OK);
	buf_done(&der);
	put_pem(&pem, &w->cert_a);   /* twice the same is one */
	assert_int_equal(find(&pem, &w->key_a, &der, NULL), ST_OK);
	assert_int_equal(der.n, w->cert_a.n);
	buf_done(&der);
	put_pem(&pem, &w->other_a);
	assert_int_equal(find(&pem, &w->key_a, &der, NULL), ST_DUPLICATE);
	assert_int_equal(find(&pem, NULL, &der, NULL), ST_DUPLICATE);
	assert_int_equal(find(&pem, &w->key_b, &der, NULL), ST_MISMATCH);
	assert_int_equal(der.n, 0);
}

static void a_file_that_is_cut_or_changed_is_damaged(void **state)
{
	struct world *w = *state;
	BUF pem = { 0 }, der = { 0 };

	put_pem(&pem, &w->cert_a);
	put_pem(&pem, &w->cert_b);
	for (size_t n = 0; n < pem.n; n += 7) {
		const struct buf part = { .p = pem.p, .n = n };
		BUF got = { 0 };
		enum status st = find(&part, &w->key_a, &got, NULL);

		/* Between the two it is a whole file with one. */
		assert_true(st == ST_DAMAGED || (st == ST_OK && cur_equal(buf_view(&got), w->cert_a.p, w->cert_a.n)));
	}
	for (size_t n = 0; n < w->cert_a.n; n++) {
		const struct buf part = { .p = w->cert_a.p, .n = n };

		assert_int_equal(find(&part, &w->key_a, &der, NULL), ST_DAMAGED);
	}
	buf_cur(&der, buf_view(&w->cert_a));
	buf_put(&der, "tail", 4);
	BUF got = { 0 };
	assert_int_equal(find(&der, &w->key_a, &got, NULL), ST_DAMAGED);
	pem.p[pem.n - 60] = '!';   /* in the second one: the first is no reason to look away */
	assert_int_equal(find(&pem, &w->key_a, &got, NULL), ST_DAMAGED);
}

static void more_certificates_than_anybody_has_are_refused(void **state)
{
	struct world *w = *state;
	BUF file = { 0 }, der = { 0 };

	for (int i = 0; i < CERT_BUNDLE_COUNT + 5; i++)
		buf_cur(&file, buf_view(&w->cert_b));
	assert_int_equal(find(&file, &w->key_b, &der, NULL), ST_DAMAGED);
	assert_int_equal(der.n, 0);
}

static void what_a_ca_may_do_is_told_by_its_key_usage(void **state)
{
	struct world *w = *state;
	struct cert c;

	assert_int_equal(cert_parse(buf_view(&w->cert_a), &c, NULL), ST_OK);
	assert_true(!c.has_usage && c.may_certify && !c.authority);
	for (int i = 0; i < 2; i++) {
		const uint8_t *p = w->cert_a.p;
		X509 *x = d2i_X509(NULL, &p, (long)w->cert_a.n);
		X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, NID_key_usage, i == 0 ? "digitalSignature" : "keyCertSign");
		unsigned char *der = NULL;
		int n;

		assert_true(X509_add_ext(x, e, -1) == 1 && X509_sign(x, w->b, EVP_sha256()) > 0);
		n = i2d_X509(x, &der);
		assert_int_equal(cert_parse(cur_of(der, (size_t)n), &c, NULL), ST_OK);
		assert_true(c.has_usage && c.may_certify == (i == 1));
		OPENSSL_free(der);
		X509_EXTENSION_free(e);
		X509_free(x);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		T(the_one_for_the_key_is_taken_out_of_a_chain),
		T(what_could_be_either_of_two_is_refused),
		T(a_file_that_is_cut_or_changed_is_damaged),
		T(more_certificates_than_anybody_has_are_refused),
		T(what_a_ca_may_do_is_told_by_its_key_usage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
