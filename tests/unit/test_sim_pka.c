/* The simulated card: two of three keys of other cards log in. */
#include "tests/unit/sim_help.h"

#include <openssl/ec.h>
#include <openssl/evp.h>

#include "engine/base/tlv.h"

#define INIT_2_OF_3 "805000001D80020001" "8106" PIN "8208" SO_PIN "910103" "93020302"
#define KEYS 3

static char other_path[KEYS][110];

/* Another card with one EC key; its request and EF.C_DevAut. */
static struct sim_card *other_card(unsigned i, struct buf *ret_request, struct buf *ret_devaut)
{
	char serial[16], cmd[700];
	const struct sim_options o = { .no_sync = true, .serial = serial };
	struct sim_card *c = NULL;

	(void)snprintf(serial, sizeof(serial), "DENK030000%u", i);
	(void)snprintf(other_path[i], sizeof(other_path[i]), "%s/other%u.card", sim_folder, i);
	assert_int_equal(sim_card_open(other_path[i], &o, &c, NULL), ST_OK);
	assert_sw(c, SELECT, 0x9000);
	assert_sw(c, INIT_NO_DKEK, 0x9000);
	(void)snprintf(cmd, sizeof(cmd), "%s%u0000", MAKE_EC("01"), i);
	cmd[strlen(MAKE_EC("01")) - 5] = (char)('1' + i);   /* the holder's last character: a name for each */
	cmd[strlen(MAKE_EC("01"))] = '\0';
	assert_sw(c, cmd, 0x9000);
	buf_put(ret_request, last.data, last.n);
	assert_sw(c, "00B12F02000004" "54020000" "0000", 0x6282);
	buf_put(ret_devaut, last.data, last.n);
	return c;
}

/* Names whose key verifies next. */
static uint16_t set_key(struct sim_card *c, uint8_t template, struct cur name)
{
	uint8_t cmd[32] = { 0x00, 0x22, 0x81, template, (uint8_t)(name.n + 2), 0x83, (uint8_t)name.n };

	memcpy(cmd + 7, name.p, name.n);
	return apdu_bytes(c, cmd, 7 + name.n);
}

static struct cur part_of(struct cur cert, uint32_t tag)
{
	struct tlv outer, body, part;

	assert_true(tlv_expect(&cert, 0x7f21, &outer) && tlv_find(outer.value, 0x7f4e, &body) && tlv_find(body.value, tag, &part));
	return part.value;
}

/* Verifies one certificate by its authority. */
static uint16_t verify_cert(struct sim_card *c, struct cur cert)
{
	struct tlv outer;

	if (set_key(c, 0xb6, part_of(cert, 0x42)) != 0x9000)
		return last.sw;
	assert_true(tlv_expect(&cert, 0x7f21, &outer));
	return long_apdu(c, 0x00, 0x2a, 0x00, 0xbe, outer.value.p, outer.value.n);
}

static struct cur holder_of(const struct buf *request)
{
	struct cur all = buf_view(request);
	struct tlv outer;

	assert_true(tlv_expect(&all, 0x67, &outer));
	return part_of(outer.value, 0x5f20);
}

static uint16_t register_key(struct sim_card *c, const struct buf *request, const struct buf *devaut)
{
	struct cur all = buf_view(devaut), req = buf_view(request);
	struct tlv device, issuer, outer;

	assert_true(tlv_expect(&all, 0x7f21, &device) && tlv_expect(&all, 0x7f21, &issuer) && tlv_expect(&req, 0x67, &outer));
	assert_int_equal(verify_cert(c, issuer.whole), 0x9000);
	assert_int_equal(verify_cert(c, device.whole), 0x9000);
	assert_int_equal(set_key(c, 0xb6, part_of(device.whole, 0x5f20)), 0x9000);
	return long_apdu(c, 0x80, 0x54, 0x00, 0x00, outer.value.p, outer.value.n);
}

/* The other card's key signs this card's challenge. */
static uint16_t authenticate(struct sim_card *c, struct sim_card *other, const struct buf *request)
{
	uint8_t message[16 + 8], sig[64];

	assert_int_equal(set_key(c, 0xa4, holder_of(request)), 0x9000);
	memcpy(message, "DENK020091400000", 16);
	assert_sw(c, "0084000008", 0x9000);
	memcpy(message + 16, last.data, 8);
	assert_long(other, 0x80, 0x68, 0x01, 0x73, message, sizeof(message), 0x9000);
	const uint8_t *p = last.data;
	ECDSA_SIG *ecdsa = d2i_ECDSA_SIG(NULL, &p, (long)last.n);
	assert_non_null(ecdsa);
	assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_r(ecdsa), sig, 32), 32);
	assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_s(ecdsa), sig + 32, 32), 32);
	ECDSA_SIG_free(ecdsa);
	return long_apdu(c, 0x00, 0x82, 0x00, 0x00, sig, sizeof(sig));
}

static void two_of_three_keys_log_in(void **state)
{
	struct sim_card *c = fresh_card("3.6"), *other[KEYS];
	struct buf request[KEYS] = { 0 }, devaut[KEYS] = { 0 };

	(void)state;
	assert_sw(c, "8054000000", 0x6d00);
	assert_sw(c, INIT_2_OF_3, 0x9000);
	assert_answer(c, "8054000000", "030302009000");
	for (unsigned i = 0; i < KEYS; i++) {
		other[i] = other_card(i, &request[i], &devaut[i]);
		assert_int_equal(register_key(c, &request[i], &devaut[i]), 0x9000);
		assert_int_equal(last.data[1], KEYS - 1 - i);
	}
	assert_int_equal(register_key(c, &request[0], &devaut[0]), 0x6a84);
	assert_sw(c, SELECT, 0x9000);
	assert_int_equal(authenticate(c, other[0], &request[0]), 0x9000);
	assert_answer(c, "8054000000", "030002019000");
	assert_sw(c, MAKE_EC("01"), 0x6982);
	assert_int_equal(set_key(c, 0xa4, holder_of(&request[0])), 0x6985);
	assert_int_equal(authenticate(c, other[0], &request[2]), 0x6985);   /* another key's signature */
	assert_int_equal(authenticate(c, other[2], &request[2]), 0x9000);
	assert_sw(c, MAKE_EC("01"), 0x9000);
	assert_sw(c, "00200081", 0x9000);
	assert_sw(c, SELECT, 0x9000);
	assert_answer(c, "8054000000", "030002009000");
	assert_sw(c, "00E4020002CC01", 0x6982);
	for (unsigned i = 0; i < KEYS; i++) {
		sim_card_close(other[i]);
		(void)unlink(other_path[i]);
		buf_done(&request[i]);
		buf_done(&devaut[i]);
	}
	sim_card_close(c);
}

static void only_what_chains_to_the_root_is_registered(void **state)
{
	struct sim_card *c = fresh_card("3.6"), *other;
	BUF request = { 0 }, devaut = { 0 };

	(void)state;
	assert_sw(c, INIT_2_OF_3, 0x9000);
	other = other_card(0, &request, &devaut);
	struct cur all = buf_view(&devaut), req = buf_view(&request);
	struct tlv device, issuer, outer;

	assert_true(tlv_expect(&all, 0x7f21, &device) && tlv_expect(&all, 0x7f21, &issuer) && tlv_expect(&req, 0x67, &outer));
	assert_int_equal(verify_cert(c, device.whole), 0x6a88);
	assert_long(c, 0x80, 0x54, 0, 0, outer.value.p, outer.value.n, 0x6985);
	devaut.p[devaut.n - 1] ^= 1;
	assert_int_equal(verify_cert(c, issuer.whole), 0x6985);
	devaut.p[devaut.n - 1] ^= 1;
	assert_int_equal(verify_cert(c, issuer.whole), 0x9000);
	assert_int_equal(verify_cert(c, device.whole), 0x9000);
	request.p[request.n - 1] ^= 1;
	assert_int_equal(set_key(c, 0xb6, part_of(device.whole, 0x5f20)), 0x9000);
	assert_long(c, 0x80, 0x54, 0, 0, outer.value.p, outer.value.n, 0x6985);
	assert_answer(c, "8054000000", "030302009000");
	sim_card_close(other);
	sim_card_close(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_of_three_keys_log_in),
		cmocka_unit_test(only_what_chains_to_the_root_is_registered),
	};

	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
