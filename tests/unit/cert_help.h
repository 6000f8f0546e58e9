/* Certificates for tests, made by OpenSSL alone. */
#ifndef TESTS_UNIT_CERT_HELP_H
#define TESTS_UNIT_CERT_HELP_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "engine/base/bytes.h"
#include "engine/base/error.h"
#include "tests/check.h"

#define PKEY CLEANUP(EVP_PKEY_free_guard) EVP_PKEY
DEFINE_GUARD(EVP_PKEY, EVP_PKEY_free)

static inline X509_NAME *cert_name(const char *cn)
{
	X509_NAME *name = X509_NAME_new();

	/* Not MBSTRING_UTF8, which takes no name that is longer than X.520 lets it be. */
	assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", V_ASN1_UTF8STRING, (const uint8_t *)cn, -1, -1, 0), 1);
	return name;
}

/* Dates as "20460101000000Z". The caller's to buf_done(). */
static inline struct buf cert_make(EVP_PKEY *subject, const char *cn, EVP_PKEY *signer, const char *issuer, const char *from,
				   const char *until)
{
	X509 *x = X509_new();
	struct buf b = { 0 };
	unsigned char *der = NULL;
	X509_NAME *name = cert_name(cn), *by = cert_name(issuer);
	int n;

	assert_int_equal(X509_set_version(x, X509_VERSION_3), 1);
	assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(x), 7), 1);
	assert_int_equal(ASN1_TIME_set_string(X509_getm_notBefore(x), from), 1);
	assert_int_equal(ASN1_TIME_set_string(X509_getm_notAfter(x), until), 1);
	assert_int_equal(X509_set_subject_name(x, name), 1);
	assert_int_equal(X509_set_issuer_name(x, by), 1);
	assert_int_equal(X509_set_pubkey(x, subject), 1);
	assert_true(X509_sign(x, signer, EVP_sha256()) > 0);
	n = i2d_X509(x, &der);
	assert_true(n > 0);
	buf_put(&b, der, (size_t)n);
	OPENSSL_free(der);
	X509_NAME_free(name);
	X509_NAME_free(by);
	X509_free(x);
	return b;
}

static inline EVP_PKEY *cert_key_of_spki(const uint8_t *der, size_t n)
{
	EVP_PKEY *k = d2i_PUBKEY(NULL, &der, (long)n);

	assert_non_null(k);
	return k;
}

#endif
