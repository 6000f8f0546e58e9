#include "tests/console/tour_list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include <openssl/pem.h>

#include "engine/base/error.h"
#include "tests/unit/cert_help.h"

#define PIN "648219\r"
#define SO_PIN "9e8d7c6b5a493827"

/* A certificate for the key that was exported, in romeo.crt; and something to keep, in tango.txt. */
static void make_files(void)
{
	FILE *in = fopen("kilo.pem", "re"), *out;
	PKEY *subject = in != NULL ? PEM_read_PUBKEY(in, NULL, NULL, NULL) : NULL;
	PKEY *signer = EVP_RSA_gen(2048);   /* its signatures are all of one length */
	struct buf der;

	assert_non_null(subject);
	(void)fclose(in);
	der = cert_make(subject, "Example Issuing CA", signer, "Example Root CA", "20260101000000Z", "20460101000000Z");
	assert_non_null(out = fopen("romeo.crt", "we"));
	assert_int_equal(fwrite(der.p, 1, der.n, out), der.n);
	assert_int_equal(fclose(out), 0);
	buf_done(&der);
	assert_non_null(out = fopen("tango.txt", "we"));
	assert_true(fputs("tango 4711\n", out) >= 0);
	assert_int_equal(fclose(out), 0);
}

const struct tour tours[] = {
	{ "share_new", "<Begin share new>alfa-1\tcorrect horse\tcorrect horse\r\r\r" "<Begin share new>"
	  "bravo-2\tcorrect horse\tcorrect horse\r\r\r", NULL },
	{ "share_check", "<Begin share check>alfa-1\rbravo-2\r\r" "correct horse\r" "correct horse\r\r", NULL },
	{ "init_part", "ji\r" "2\r" "alfa-1\tcorrect horse\r\r" "\r" "\t" SO_PIN "\t" SO_PIN "\r" "648219\t648219\r" "root-ca-b\r"
	  "DENK0200915\r" "\r", NULL },
	{ "share_import", "<Begin share import>bravo-2\tcorrect horse\r\r\r", NULL },
	{ "init", "<Up>i\r" "1\r" "alfa-1\tcorrect horse\r\r" "\t" SO_PIN "\t" SO_PIN "\r" "648219\t648219\r" "root-ca-a\r"
	  "DENK0200914\r" "a" "\r\r\r\r\r" SO_PIN "\t\r" "648219\t648219\r" "root-ca-b\r" "DENK0200915\r\r", NULL },
	{ "key_new", "n" "jjj\tSSH CA\r" PIN "\r\r" "n" "jjjj\tRoot CA 2026\r" PIN "\r\r", NULL },
	{ "key_export", "<Begin key export>\t\tkilo.pem\r\r", NULL },
	{ "key_test", "<Begin key test> \r" PIN "\r\r", NULL },
	{ "key_rename", "<Begin key rename>\t<Clear>Root CA 2025<Back><Down><Up>\r" PIN "\r\r", NULL },
	{ "cert_import", "<Begin cert import>romeo.crt\r" PIN "\r\r", make_files },
	{ "cert_export", "<Begin cert export>\r\r", NULL },
	{ "data_write", "<Begin data write>tango.txt\ttango\r" PIN "\r\r"
	  "<Begin data write>tango.txt\tuniform\t \r" PIN "\r\r", NULL },
	{ "data_read", "<Begin data read>\r\r" "<Begin data read>j\t\tvictor.bin\r" PIN "\r", NULL },
	{ "backup", "b" " \r" PIN "\r\r", NULL },
	{ "clone", "<Begin clone>\r" PIN PIN "\r\r", NULL },
	{ "key_delete", "d" " \r\r" PIN "DENK0200914\r\r", NULL },
	{ "restore", "r" " \r" PIN "\r\r", NULL },
	{ "cert_delete", "<Begin cert delete> \r" PIN "DENK0200914\r\r", NULL },
	{ "data_delete", "<Begin data delete> \r" PIN "DENK0200914\r\r", NULL },
	{ "random", "<Begin random>64\tsierra.bin\r\r\r", NULL },
	{ "label", "<Begin label><Clear>root-ca-1\r" PIN "\r\r", NULL },
	{ "pin_change", "<Begin pin change>648219\t739146\t739146\r\r\r", NULL },
	{ "pin_unblock", "<Begin pin unblock>" SO_PIN "\t648219\t648219\r\r\r", NULL },
	{ "so_pin_change", "<Begin so-pin change>" SO_PIN "\t1f2e3d4c5b6a7988\t1f2e3d4c5b6a7988\r\r\r", NULL },
	{ "screens", "m" "\033" "?" "\033" "L" "\r" "2" "3" "4" "5" "6" "1" "\r\033" "\t\r\033", NULL },
	{ "journal_export", "<Begin journal export>papa.log\r\r", NULL },
	{ "inventory_forget", "p" "<Begin inventory forget>\rDENK0200914\r\r", NULL },
	{ NULL, NULL, NULL },
};
