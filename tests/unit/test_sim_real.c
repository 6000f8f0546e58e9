/* What was seen of real devices, where the folder of it is there (../shared/data/real): exchanges, and wrapped keys. */
#include "tests/unit/sim_help.h"

#include <json.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "engine/base/file.h"
#include "engine/base/tlv.h"

#define REAL "../shared/data/real/"
#define TABLE "../shared/data/real/apdu/exchanges.tsv"
#define FIELDS 6

enum { FIRMWARE, MS, COMMAND, ANSWER, SOURCE, REMARK };

static size_t split(char *line, char *fields[FIELDS])
{
	size_t n = 0;

	for (char *p = line; p != NULL && n < FIELDS; n++)
		fields[n] = strsep(&p, "\t");
	return n;
}

/* The card on which an exchange was seen: its state is told by the remark. */
static struct sim_card *card_for(char *fields[FIELDS])
{
	const char *firmware = strncmp(fields[FIRMWARE], "4.1", 3) == 0 ? "4.1" : strcmp(fields[FIRMWARE], "1.2") == 0 ? "1.2" :
			       strcmp(fields[FIRMWARE], "-") == 0 ? "3.6" : "2.0";
	const char *remark = fields[REMARK];
	struct sim_card *c = fresh_card(firmware);

	if (strstr(remark, "never initialised") != NULL)
		return c;
	if (strstr(remark, "transport PIN") != NULL)
		assert_sw(c, "805000001980020003" "8106" PIN "8208" SO_PIN "910103", 0x9000);
	else
		assert_sw(c, INIT, 0x9000);
	if (strstr(remark, "directly after INITIALIZE") != NULL)
		return c;
	assert_sw(c, SELECT, 0x9000);
	if (strstr(remark, "user authenticated") != NULL)
		assert_sw(c, VERIFY, 0x9000);
	if (strstr(remark, "offset = file size") != NULL)
		assert_sw(c, "00A40000022F0200", 0x9000);
	return c;
}

/* Six keys, a label and one private data object, in the order in which that card was filled. */
static void fill(struct sim_card *c)
{
	static const char *const files[] = { "2F03", "C401", "CE01", "C402", "CE02", "CD00", "C900", "C403", "CE03", "C404", "CE04",
					     "C405", "CE05", "C406", "CE06" };
	char cmd[700];

	assert_sw(c, IMPORT_SHARE, 0x9000);
	assert_sw(c, VERIFY, 0x9000);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (files[i][1] == '4') {
			(void)snprintf(cmd, sizeof(cmd), "0046%s00%s", files[i] + 2, "0000FE" EC_TEMPLATE "0000");
			assert_sw(c, cmd, 0x9000);
			(void)snprintf(cmd, sizeof(cmd), "00E4020002CE%s", files[i] + 2);   /* a certificate takes its place */
			assert_sw(c, cmd, 0x9000);
		}
		(void)snprintf(cmd, sizeof(cmd), "00D7%s075402000053" "0130", files[i]);
		assert_sw(c, cmd, 0x9000);
	}
}

/* "xx" in a command stands for what the source did not print; "..." for bytes left out. */
static void complete(const char *command, char *out, size_t cap)
{
	if (strstr(command, "D72F03xx") != NULL)
		(void)snprintf(out, cap, "00D72F03185402000053123010020100" "80076D79746F6B656E03020520");
	else if (strstr(command, "5402xxxx") != NULL)
		(void)snprintf(out, cap, "00B12F0204540201" "00FF");
	else
		(void)snprintf(out, cap, "%s", command);
}

static void replay(char *fields[FIELDS])
{
	struct sim_card *c = card_for(fields);
	char command[200], got[2 * 2048 + 5];
	const char *want = fields[ANSWER];

	if (strstr(fields[REMARK], "six keys") != NULL)
		fill(c);
	complete(fields[COMMAND], command, sizeof(command));
	(void)apdu(c, command);
	assert_int_equal(last.st, ST_OK);
	hex_upper(got, last.data, last.n + 2);
	if (strncmp(want, "...", 3) == 0) {
		assert_true(last.n > 0);
		assert_string_equal(got + strlen(got) - 4, want + 3);
	} else if (strcmp(got, want) != 0) {
		fail_msg("%s (%s): %s, not %s", fields[COMMAND], fields[REMARK], got, want);
	}
	sim_card_close(c);
}

static void every_seen_exchange_is_repeated(void **state)
{
	BUF text = { 0 };
	unsigned count = 0;

	(void)state;
	assert_int_equal(file_read(TABLE, 1u << 20, &text, NULL), ST_OK);
	buf_u8(&text, 0);
	for (char *p = (char *)text.p; p != NULL && *p != '\0';) {
		char *line = strsep(&p, "\n"), *fields[FIELDS];

		if (line[0] == '#' || line[0] == '\0')
			continue;
		if (split(line, fields) < FIELDS)
			fail_msg("a line of another form: %s", line);
		replay(fields);
		count++;
	}
	assert_true(count >= 18);
}

/* The same order without that folder. */
static void enumerate_is_in_the_order_of_making(void **state)
{
	struct sim_card *c = fresh_card("2.0");

	(void)state;
	assert_sw(c, INIT, 0x9000);
	fill(c);
	assert_answer(c, "80580000000000", "2F022F03C401CE01C402CE02CD00C900C403CE03C404CE04C405CE05C406CE06"
		      "CC00CC01CC02CC03CC04CC05CC069000");
	sim_card_close(c);
}

static const char *text_of(struct json_object *o, const char *name)
{
	return json_object_get_string(json_object_object_get(o, name));
}

/* The key blob of a file in the folder, and the certificate after it, if it has a X.509 one. */
static void read_blob(struct json_object *row, struct buf *ret, X509 **ret_cert)
{
	char path[200];
	BUF file = { 0 };
	struct tlv outer, blob, prkd, cert;

	(void)snprintf(path, sizeof(path), REAL "%s", text_of(row, "file"));
	assert_int_equal(file_read(path, 1u << 16, &file, NULL), ST_OK);
	struct cur all = buf_view(&file);
	assert_true(tlv_expect(&all, 0x30, &outer) && tlv_expect(&outer.value, 0x04, &blob));
	buf_cur(ret, blob.value);
	if (ret_cert != NULL && tlv_next(&outer.value, &prkd) && tlv_expect(&outer.value, 0x30, &cert))
		*ret_cert = d2i_X509(NULL, &cert.whole.p, (long)cert.whole.n);
}

static void assert_signs(struct sim_card *c, X509 *cert)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	assert_long(c, 0x80, 0x68, 0x01, 0x33, "message", 7, 0x9000);
	assert_int_equal(EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, X509_get0_pubkey(cert)), 1);
	assert_int_equal(EVP_DigestVerify(ctx, last.data, last.n, (const uint8_t *)"message", 7), 1);
	EVP_MD_CTX_free(ctx);
}

static size_t decrypt(const char *kenc, struct cur blob, uint8_t *out)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t key[32], iv[16] = { 0 };
	int n = 0;

	assert_int_equal(unhex(kenc, key, sizeof(key)), 32);
	assert_int_equal(EVP_DecryptInit_ex(ctx, EVP_aes_256_cbc(), NULL, key, iv), 1);
	(void)EVP_CIPHER_CTX_set_padding(ctx, 0);
	assert_int_equal(EVP_DecryptUpdate(ctx, out, &n, blob.p + 27, (int)blob.n - 27 - 16), 1);
	EVP_CIPHER_CTX_free(ctx);
	return (size_t)n;
}

/* A real device's blob is taken; wrapped again it is the same but for the random bytes and the MAC. */
static void take_and_wrap(struct sim_card *c, const char *kenc, struct json_object *row)
{
	static uint8_t before[2048], after[2048];
	X509 *cert = NULL;
	BUF blob = { 0 };
	size_t n;

	read_blob(row, &blob, &cert);
	assert_long(c, 0x80, 0x74, 0x01, 0x93, blob.p, blob.n, 0x9000);
	assert_long(c, 0x80, 0x72, 0x01, 0x92, NULL, 0, 0x9000);
	assert_int_equal(last.n, blob.n);
	assert_memory_equal(last.data, blob.p, 27);
	n = decrypt(kenc, buf_view(&blob), before);
	assert_int_equal(decrypt(kenc, cur_of(last.data, last.n), after), n);
	assert_memory_equal(before + 8, after + 8, n - 8);
	if (cert != NULL)
		assert_signs(c, cert);
	X509_free(cert);
	assert_sw(c, "00E4020002CC01", 0x9000);
}

static void real_wrapped_keys_are_taken(void **state)
{
	struct json_object *all = json_object_from_file(REAL "vectors.json"), *shares, *wrapped, *foreign;
	unsigned count = 0;

	(void)state;
	assert_non_null(all);
	shares = json_object_object_get(all, "shares");
	wrapped = json_object_object_get(all, "wrapped");
	foreign = json_object_object_get(all, "foreign");
	for (size_t i = 0; i < json_object_array_length(shares); i++) {
		struct json_object *share = json_object_array_get_idx(shares, i);
		struct sim_card *c = fresh_card("3.4");
		char cmd[100], want[100];

		assert_sw(c, INIT, 0x9000);
		(void)snprintf(cmd, sizeof(cmd), "8052000020%s00", text_of(share, "share"));
		(void)snprintf(want, sizeof(want), "0100%s9000", text_of(share, "kcv"));
		assert_answer(c, cmd, want);
		for (size_t k = 0; k < json_object_array_length(wrapped); k++) {
			struct json_object *row = json_object_array_get_idx(wrapped, k);

			if (strcmp(text_of(row, "kcv"), text_of(share, "kcv")) == 0) {
				take_and_wrap(c, text_of(share, "kenc"), row);
				count++;
			}
		}
		for (size_t k = 0; k < json_object_array_length(foreign); k++) {
			BUF blob = { 0 };

			read_blob(json_object_array_get_idx(foreign, k), &blob, NULL);
			assert_long(c, 0x80, 0x74, 0x01, 0x93, blob.p, blob.n, 0x6a88);
		}
		sim_card_close(c);
	}
	assert_true(count >= 8);
	json_object_put(all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_seen_exchange_is_repeated),
		cmocka_unit_test(real_wrapped_keys_are_taken),
		cmocka_unit_test(enumerate_is_in_the_order_of_making),
	};

	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
