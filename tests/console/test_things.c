/* Certificates and data by keyboard alone, in a real pseudo-terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/pem.h>

#include "engine/base/error.h"
#include "tests/console/session.h"
#include "tests/unit/cert_help.h"

#define HUSH "what nobody is to see on a screen"

static const char *path_of(const struct session *s, const char *name)
{
	static char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", s->folder, name);
	return path;
}

static void initialise(struct session *s)
{
	at(s, "Never initialised", "i");
	at(s, NOW "Contents", "\r");
	at(s, NOW "Backups", "1\r");
	at(s, "Share 1 of 1", "\t");
	type_path(s, "one.pbe");
	term_type(s->t, "\r");
	at(s, "New password", "correct horse\rcorrect horse\r");
	at(s, NOW "Check value", "\r");
	at(s, "Current SO-PIN", SO_PIN "\t" NEW_SO_PIN "\r" NEW_SO_PIN "\r");
	at(s, "New user PIN", PIN "\r" PIN "\r");
	at(s, NOW "Label", "root-ca-a\r");
	at(s, "To begin, type " FIRST, FIRST "\r");
	see(s, "is initialised, and was read back");
	leave_done(s);
}

static void new_key(struct session *s)
{
	at(s, "n New key", "n");
	at(s, NOW "Key", "jjj");
	at(s, "(\xe2\x80\xa2) P-256", "\tConsole CA\r");
	at(s, NOW "User PIN", PIN "\r");
	at(s, "Press Enter to begin", "\r");
	see(s, "It has no backup yet");
	leave_done(s);
}

/* From the list of procedures: typing narrows it. */
static void begin(struct session *s, const char *title)
{
	at(s, "m More", "m");
	at(s, "/ Filter", "/");
	term_type(s->t, title);
	see(s, title);
	term_type(s->t, "\r\r");
}

/* What the key's public part was exported to, as OpenSSL makes a certificate of it. */
static void certify(struct session *s)
{
	FILE *in = fopen(path_of(s, "key.pem"), "re"), *out;
	PKEY *key = NULL, *ca = EVP_EC_gen("P-256");
	X509 *x;

	assert_non_null(in);
	key = PEM_read_PUBKEY(in, NULL, NULL, NULL);
	(void)fclose(in);
	assert_true(key != NULL && ca != NULL);
	BUF der = cert_make(key, "Made for the console", ca, "CA", "20250101000000Z", "20460101000000Z");
	const uint8_t *p = der.p;
	x = d2i_X509(NULL, &p, (long)der.n);
	out = fopen(path_of(s, "cert.pem"), "we");
	assert_true(x != NULL && out != NULL && PEM_write_X509(out, x) == 1 && fclose(out) == 0);
	X509_free(x);
}

static void a_certificate_is_imported_exported_and_deleted(void **state)
{
	struct session *s = *state;

	initialise(s);
	new_key(s);
	begin(s, "Export a public key");
	at(s, NOW "Key", "\t\t");
	type_path(s, "key.pem");
	term_type(s->t, "\r");
	see(s, "SHA-256 of the public key:");
	leave_done(s);
	certify(s);

	begin(s, "Import a certificate");
	see(s, NOW "Certificate");
	type_path(s, "cert.pem");
	term_type(s->t, "\r");
	at(s, NOW "User PIN", PIN "\r");
	see(s, "for CN=Made for the console");
	at(s, "Press Enter to begin", "\r");
	see(s, "was read back");
	leave_done(s);
	see(s, "CN=Made for the console  until 2046-01-01");

	begin(s, "Export a certificate");
	at(s, NOW "Certificate", "\r");
	see(s, "-----BEGIN CERTIFICATE-----");
	leave_done(s);

	begin(s, "Delete certificates");
	at(s, NOW "Certificates", " \r");
	at(s, NOW "User PIN", PIN "\r");
	at(s, "To begin, type " FIRST, FIRST "\r");
	see(s, "The key has the request");
	leave_done(s);
	term_expect_gone(s->t, "CN=Made for the console");
	see(s, "Console CA");
}

static void private_data_is_written_read_into_a_file_and_deleted(void **state)
{
	struct session *s = *state;
	char back[sizeof(HUSH)] = "";
	FILE *f = fopen(path_of(s, "hush"), "we");

	assert_true(f != NULL && fputs(HUSH, f) >= 0 && fclose(f) == 0);
	initialise(s);
	begin(s, "Write data");
	see(s, NOW "Data");
	type_path(s, "hush");
	term_type(s->t, "\tmy secret\t");
	at(s, "Whoever has the device can read", " ");
	term_expect_gone(s->t, "Whoever has the device can read");
	term_type(s->t, "\r");
	at(s, NOW "User PIN", PIN "\r");
	see(s, "It is private");
	at(s, "Press Enter to begin", "\r");
	see(s, "was read back");
	leave_done(s);
	see(s, "my secret");

	begin(s, "Read data");
	at(s, NOW "Data", "\r");
	at(s, "it is not shown on a screen", "\t\t");
	type_path(s, "back");
	term_type(s->t, "\r");
	at(s, NOW "User PIN", PIN "\r");
	see(s, "/back.");
	assert_null(strstr(term_text(s->t), HUSH));
	leave_done(s);
	f = fopen(path_of(s, "back"), "re");
	assert_true(f != NULL && fread(back, 1, sizeof(back), f) == strlen(HUSH) && fclose(f) == 0);
	assert_memory_equal(back, HUSH, strlen(HUSH));

	/* It and a key are marked on the main screen, and go together. */
	new_key(s);
	see(s, "my secret");
	at(s, "Console CA", "\t*");
	at(s, "Objects, 2 marked", "d");
	at(s, "[x] my secret", "\r");
	at(s, NOW "Backups", "\r");
	at(s, NOW "User PIN", PIN "\r");
	see(s, "The data object \"my secret\"");
	at(s, "To begin, type " FIRST, FIRST "\r");
	see(s, "Enter Close");
	at(s, "Enter Close", "\r");
	see(s, "Nothing is on this device");
}

static void public_data_is_shown(void **state)
{
	struct session *s = *state;
	FILE *f = fopen(path_of(s, "note"), "we");

	assert_true(f != NULL && fputs("first line\nsecond line\n", f) >= 0 && fclose(f) == 0);
	initialise(s);
	begin(s, "Write data");
	see(s, NOW "Data");
	type_path(s, "note");
	term_type(s->t, "\tnote\r");
	at(s, NOW "User PIN", PIN "\r");
	at(s, "Press Enter to begin", "\r");
	see(s, "was read back");
	leave_done(s);
	begin(s, "Read data");
	at(s, NOW "Data", "\r");
	see(s, "first line");
	see(s, "second line");
	leave_done(s);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		SESSION_TEST(a_certificate_is_imported_exported_and_deleted),
		SESSION_TEST(private_data_is_written_read_into_a_file_and_deleted),
		SESSION_TEST(public_data_is_shown),
	};

	return session_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
