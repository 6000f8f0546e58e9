#include "engine/keys/cert.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

#include "engine/base/text.h"
#include "engine/keys/cipher.h"

DEFINE_GUARD(X509, X509_free)
DEFINE_GUARD(BIO, BIO_free_all)
#define X509_GUARD CLEANUP(X509_free_guard) X509

/* Without this OpenSSL would ask for the password of an encrypted PEM file at the terminal. */
static int no_password(char *buf, int size, int rwflag, void *ctx)
{
	(void)buf;
	(void)size;
	(void)rwflag;
	(void)ctx;
	return -1;
}

static X509 *read_x509(struct cur file)
{
	const uint8_t *p = file.p;
	X509 *x = NULL;

	ERR_clear_error();
	if (file.n == 0 || file.n > CERT_FILE_MAX)
		return NULL;
	x = d2i_X509(NULL, &p, (long)file.n);
	if (x == NULL) {
		CLEANUP(BIO_free_all_guard) BIO *bio = BIO_new_mem_buf(file.p, (int)file.n);

		if (bio != NULL)
			x = PEM_read_bio_X509(bio, NULL, no_password, NULL);
	}
	return x;
}

static enum status damaged(struct fault *f)
{
	return fault_input(f, ST_DAMAGED, "This is not an X.509 certificate, or it is damaged.");
}

/* Characters above ASCII stay as they are; text_clean() takes care of the others. */
static bool name_text(BIO *bio, const X509_NAME *name, char out[static CERT_NAME_MAX])
{
	char *text = NULL;
	long n;

	if (BIO_reset(bio) != 1 ||
	    X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB) < 0)
		return false;
	n = BIO_get_mem_data(bio, &text);
	text_clean(out, CERT_NAME_MAX, text, n > 0 ? (size_t)n : 0);
	return true;
}

static void common_name(const X509_NAME *name, char out[static CERT_NAME_MAX])
{
	unsigned char *utf8 = NULL;
	int last = -1, n;

	for (int i = -1; (i = X509_NAME_get_index_by_NID(name, NID_commonName, i)) >= 0;)
		last = i;
	if (last < 0)
		return;
	n = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, last)));
	if (n > 0)
		text_clean(out, CERT_NAME_MAX, utf8, (size_t)n);
	OPENSSL_free(utf8);
}

static bool unix_time(const ASN1_TIME *t, int64_t *ret)
{
	struct tm tm;

	if (t == NULL || ASN1_TIME_to_tm(t, &tm) != 1)
		return false;
	*ret = timegm(&tm);
	return true;
}

static bool der_of(const X509 *x, struct buf *ret)
{
	unsigned char *der = NULL;
	int n = i2d_X509(x, &der);

	if (n > 0)
		buf_put(ret, der, (size_t)n);
	OPENSSL_free(der);
	return n > 0 && !ret->failed;
}

/* A key that these devices do not have is no fault of the certificate. */
static enum status read_key(X509 *x, struct cert *c, struct fault *f)
{
	unsigned char *der = NULL;
	int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &der);
	struct fault why;
	enum status st;

	if (n <= 0)
		return damaged(f);
	st = pubkey_from_spki(cur_of(der, (size_t)n), &c->key, &why);
	OPENSSL_free(der);
	c->has_key = st == ST_OK;
	return st == ST_NO_MEMORY || st == ST_CRYPTO ? fault_set(f, st, NULL) : ST_OK;
}

/*
 * OpenSSL answers 0 for a wrong signature, and also where memory ran short while it copied a context: asked twice, so
 * that a good certificate is not called broken for that.
 */
static bool wrongly_self_signed(X509 *x)
{
	return X509_self_signed(x, 0) == 1 && X509_self_signed(x, 1) == 0 && X509_self_signed(x, 1) == 0;
}

enum status cert_parse(struct cur file, struct cert *ret, struct fault *f)
{
	X509_GUARD *x = read_x509(file);
	CLEANUP(BIO_free_all_guard) BIO *bio = NULL;
	struct cert c = { 0 };
	BUF der = { 0 };
	enum status st;

	if (x == NULL)
		return damaged(f);
	bio = BIO_new(BIO_s_mem());
	if (bio == NULL || !der_of(x, &der)) {
		ERR_clear_error();
		return fault_set(f, ST_NO_MEMORY, NULL);
	}
	if (!name_text(bio, X509_get_subject_name(x), c.subject) ||
	    !name_text(bio, X509_get_issuer_name(x), c.issuer) ||
	    !unix_time(X509_get0_notBefore(x), &c.not_before) || !unix_time(X509_get0_notAfter(x), &c.not_after))
		return damaged(f);
	common_name(X509_get_subject_name(x), c.common_name);
	c.authority = (X509_get_extension_flags(x) & EXFLAG_CA) != 0;
	c.whole_len = der.n;
	c.broken = wrongly_self_signed(x);
	st = read_key(x, &c, f);
	ERR_clear_error();
	if (st != ST_OK)
		return st;
	*ret = c;
	return ST_OK;
}

enum status cert_signed_by(struct cur file, struct cur issuer, struct fault *f)
{
	X509_GUARD *x = read_x509(file);
	X509_GUARD *by = read_x509(issuer);
	EVP_PKEY *key;
	bool good;

	if (x == NULL || by == NULL)
		return damaged(f);
	key = X509_get0_pubkey(by);
	/* Asked twice, for the reason that stands above wrongly_self_signed(). */
	good = X509_NAME_cmp(X509_get_issuer_name(x), X509_get_subject_name(by)) == 0 && key != NULL &&
	       (X509_verify(x, key) == 1 || X509_verify(x, key) == 1);
	ERR_clear_error();
	return good ? ST_OK : fault_set(f, ST_MISMATCH, "This certificate was not signed by that one.");
}

enum status cert_to_der(struct cur file, struct buf *ret, struct fault *f)
{
	X509_GUARD *x = read_x509(file);

	if (x == NULL)
		return damaged(f);
	return der_of(x, ret) ? ST_OK : fault_set(f, ST_NO_MEMORY, NULL);
}
