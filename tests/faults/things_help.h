/* What the walks with certificates and data stand on: certificates of any length, and files of the stage and the card. */
#ifndef TESTS_FAULTS_THINGS_HELP_H
#define TESTS_FAULTS_THINGS_HELP_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "tests/faults/keys_help.h"
#include "tests/unit/cert_help.h"

#define LONG_COMMENT 1500   /* a certificate with this takes more than one APDU */
#define KEY 2               /* the reference of the key that it is about; 1 is the one that stays */

/* --- certificates, made by OpenSSL alone --- */

static inline void add_comment(X509 *x, size_t n)
{
	char text[LONG_COMMENT + 1];
	X509_EXTENSION *e;

	memset(text, 'k', sizeof(text));
	text[n] = '\0';
	e = X509V3_EXT_conf_nid(NULL, NULL, NID_netscape_comment, text);
	assert_non_null(e);
	assert_int_equal(X509_add_ext(x, e, -1), 1);
	X509_EXTENSION_free(e);
}

static inline struct buf make_cert(EVP_PKEY *subject, EVP_PKEY *signer, const char *cn, size_t comment)
{
	BUF plain = cert_make(subject, cn, signer, "Faults CA", "20250101000000Z", "20460101000000Z");
	const uint8_t *p = plain.p;
	X509 *x = d2i_X509(NULL, &p, (long)plain.n);
	unsigned char *der = NULL;
	struct buf b = { 0 };
	int n;

	assert_non_null(x);
	if (comment > 0)
		add_comment(x, comment);
	assert_true(X509_sign(x, signer, EVP_sha256()) > 0);
	n = i2d_X509(x, &der);
	assert_true(n > 0);
	buf_put(&b, der, (size_t)n);
	OPENSSL_free(der);
	X509_free(x);
	return b;
}

static inline void save(struct stage *s, const char *name, const struct buf *b)
{
	struct fault f;

	must(file_write_new(stage_file(s, name), buf_view(b), &f));
}

static inline struct buf load(struct stage *s, const char *name)
{
	struct buf b = { 0 };
	struct fault f;

	must(file_read(stage_file(s, name), 1 << 20, &b, &f));
	return b;
}

static inline struct buf read_fid(struct stage *s, uint16_t fid)
{
	struct card *c = stage_talk(s, 0);
	struct buf b = { 0 };
	struct fault f;
	enum status st;

	{
		CARD_SESSION *held = NULL;

		must(card_begin(c, &held, &f));
		st = card_read_file(c, fid, &b, &f);
	}
	card_close(c);
	assert_true(st == ST_OK || st == ST_NOT_FOUND);
	return b;
}

static inline EVP_PKEY *key_of_card(struct stage *s)
{
	struct card *c = stage_talk(s, 0);
	struct object o = { 0 };
	EVP_PKEY *k;
	BUF spki = { 0 };
	struct fault f;

	{
		CARD_SESSION *held = NULL;
		FIDS fids = { 0 };

		must(card_begin(c, &held, &f));
		must(card_enumerate(c, &fids, &f));
		must(card_object_key(c, &fids, KEY, &o, &f));
	}
	card_close(c);
	must(pubkey_to_spki(&o.key, &spki, &f));
	object_done(&o);
	k = cert_key_of_spki(spki.p, spki.n);
	return k;
}

#endif
