#include "tests/console/scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <openssl/pem.h>
#include <openssl/x509.h>

#include "engine/sim/sim.h"

static void send(struct sim_card *c, const uint8_t *cmd, size_t n)
{
	uint8_t rsp[256];
	size_t got = sizeof(rsp);
	struct fault f = { 0 };

	assert_int_equal(sim_card_apdu(c, cmd, n, rsp, &got, &f), ST_OK);
	assert_true(got >= 2 && rsp[got - 2] == 0x90 && rsp[got - 1] == 0x00);
}

void scene_wait_for_shares(const char *card_file, const char *pin)
{
	static const uint8_t select[] = { 0x00, 0xa4, 0x04, 0x00, 0x0b, 0xe8, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x81, 0xc3, 0x1f, 0x02,
					  0x01, 0x00 };
	/* INITIALIZE DEVICE, smartcard-hsm.md 5: options, PIN, SO-PIN, tries, DKEK shares */
	uint8_t command[64] = { 0x80, 0x50, 0x00, 0x00, 0x00, 0x80, 0x02, 0x00, 0x01, 0x81 };
	static const uint8_t rest[] = { 0x82, 0x08, '5', '7', '6', '2', '1', '8', '8', '0', 0x91, 0x01, 0x03, 0x92, 0x01, 0x02 };
	size_t n = 10, len = strlen(pin);
	struct sim_card *c = NULL;
	struct fault f = { 0 };

	command[n++] = (uint8_t)len;
	memcpy(command + n, pin, len);
	memcpy(command + n + len, rest, sizeof(rest));
	n += len + sizeof(rest);
	command[4] = (uint8_t)(n - 5);
	assert_int_equal(sim_card_open(card_file, NULL, &c, &f), ST_OK);
	send(c, select, sizeof(select));
	send(c, command, n);
	sim_card_close(c);
}

bool scene_certify(const char *public_key, const char *certificate)
{
	FILE *in = fopen(public_key, "re"), *out;
	EVP_PKEY *key = in != NULL ? PEM_read_PUBKEY(in, NULL, NULL, NULL) : NULL;
	EVP_PKEY *issuer = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	X509_NAME *name;

	if (in != NULL)
		(void)fclose(in);
	if (key == NULL) {
		X509_free(x);
		EVP_PKEY_free(issuer);
		return false;
	}
	out = fopen(certificate, "we");
	assert_non_null(out);
	assert_non_null(issuer);
	assert_non_null(x);
	name = X509_get_subject_name(x);
	assert_int_equal(X509_set_version(x, X509_VERSION_3), 1);
	assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(x), 7), 1);
	assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"Scene", -1, -1, 0), 1);
	assert_int_equal(X509_set_issuer_name(x, name), 1);
	assert_non_null(X509_gmtime_adj(X509_getm_notBefore(x), -3600));
	assert_non_null(X509_gmtime_adj(X509_getm_notAfter(x), 3600L * 24 * 365));
	assert_int_equal(X509_set_pubkey(x, key), 1);
	assert_true(X509_sign(x, issuer, EVP_sha256()) > 0);
	assert_int_equal(PEM_write_X509(out, x), 1);
	assert_int_equal(fclose(out), 0);
	X509_free(x);
	EVP_PKEY_free(issuer);
	EVP_PKEY_free(key);
	return true;
}
