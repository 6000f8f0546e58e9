#include "engine/keys/cert.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

#include "engine/base/text.h"
#include "engine/base/words.h"
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
	return fault_input(f, ST_DAMAGED, N_("This is not an X.509 certificate, or it is damaged."));
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
	c.has_usage = (X509_get_extension_flags(x) & EXFLAG_KUSAGE) != 0;
	c.may_certify = !c.has_usage || (X509_get_key_usage(x) & KU_KEY_CERT_SIGN) != 0;
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

enum status cert_to_pem(struct cur der, struct buf *ret, struct fault *f)
{
	CLEANUP(BIO_free_all_guard) BIO *bio = BIO_new(BIO_s_mem());
	char *text = NULL;
	long n;

	if (bio == NULL || der.n > CERT_FILE_MAX || PEM_write_bio(bio, PEM_STRING_X509, "", der.p, (long)der.n) <= 0)
		return fault_set(f, ST_NO_MEMORY, NULL);
	n = BIO_get_mem_data(bio, &text);
	buf_put(ret, text, n > 0 ? (size_t)n : 0);
	return ret->failed ? fault_set(f, ST_NO_MEMORY, NULL) : ST_OK;
}

/* --- a file with several --- */

struct search {
	const struct pubkey *key;   /* NULL: any */
	struct buf *der;
	struct cert *cert;
	size_t n, fit;
};

/* One certificate of the file. */
static enum status consider(struct search *s, X509 *x, struct fault *f)
{
	struct cert c;
	BUF der = { 0 };
	enum status st;

	if (!der_of(x, &der))
		return fault_set(f, ST_NO_MEMORY, NULL);
	if (der.n >= CERT_FILE_MAX)
		return fault_set(f, ST_DAMAGED, "This certificate has %zu bytes. A file on a device has %d at most.", der.n,
				 CERT_FILE_MAX - 1);
	if ((st = cert_parse(buf_view(&der), &c, f)) != ST_OK)
		return st;
	s->n++;
	if (s->key != NULL && !(c.has_key && pubkey_equal(s->key, &c.key)))
		return ST_OK;
	if (s->fit > 0 && cur_equal(buf_view(&der), s->der->p, s->der->n))
		return ST_OK;
	if (s->fit++ > 0)
		return ST_OK;
	*s->cert = c;
	buf_done(s->der);
	*s->der = der;
	der = (struct buf){ 0 };
	return ST_OK;
}

static enum status all_der(struct cur file, struct search *s, struct fault *f)
{
	enum status st = ST_OK;

	while (file.n > 0 && st == ST_OK && s->n < CERT_BUNDLE_COUNT) {
		const uint8_t *p = file.p;
		X509_GUARD *x = d2i_X509(NULL, &p, (long)file.n);

		if (x == NULL)
			return damaged(f);
		(void)cur_take(&file, (size_t)(p - file.p), NULL);
		st = consider(s, x, f);
	}
	return st;
}

/* What else stands in the file, such as text and keys, is passed over; a certificate that is damaged is not. */
static enum status all_pem(struct cur file, struct search *s, struct fault *f)
{
	CLEANUP(BIO_free_all_guard) BIO *bio = BIO_new_mem_buf(file.p, (int)file.n);
	enum status st = bio != NULL ? ST_OK : fault_set(f, ST_NO_MEMORY, NULL);

	while (st == ST_OK && s->n < CERT_BUNDLE_COUNT) {
		X509_GUARD *x = PEM_read_bio_X509(bio, NULL, no_password, NULL);

		if (x == NULL)
			return ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE && s->n > 0 ? ST_OK : damaged(f);
		st = consider(s, x, f);
	}
	return st;
}

static enum status choose(const struct search *s, struct fault *f)
{
	if (s->n >= CERT_BUNDLE_COUNT)
		return fault_set(f, ST_DAMAGED, "There are %d certificates or more in this file. Put the one that is meant into a "
						"file of its own.", CERT_BUNDLE_COUNT);
	if (s->fit == 1)
		return ST_OK;
	if (s->fit == 0)
		return fault_set(f, ST_MISMATCH, s->n > 1 ? N_("None of the certificates in this file is for this key.") :
								  N_("This certificate is for another key."));
	return fault_set(f, ST_DUPLICATE, s->key != NULL ?
			 N_("Several of the certificates in this file are for this key. Put the one that is meant into a file of its own.") :
			 N_("There are several certificates in this file. Put the one that is meant into a file of its own."));
}

enum status cert_for_key(struct cur file, const struct pubkey *key, struct buf *ret_der, struct cert *ret, size_t *ret_n,
			 struct fault *f)
{
	BUF der = { 0 };
	struct cert cert;
	struct search s = { .key = key, .der = &der, .cert = &cert };
	enum status st;

	ERR_clear_error();
	if (file.n == 0 || file.n > CERT_BUNDLE_MAX)
		return damaged(f);
	st = file.p[0] == 0x30 ? all_der(file, &s, f) : all_pem(file, &s, f);
	ERR_clear_error();
	if (st != ST_OK)
		return st;
	if (ret_n != NULL)
		*ret_n = s.n;
	if ((st = choose(&s, f)) != ST_OK)
		return st;
	buf_cur(ret_der, buf_view(&der));
	if (ret_der->failed)
		return fault_set(f, ST_NO_MEMORY, NULL);
	*ret = cert;
	return ST_OK;
}
