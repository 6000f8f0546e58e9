/* The simulated card: identification, files, PINs, initialisation, key domains. */
#include "tests/unit/sim_help.h"

#include "engine/base/tlv.h"

static void select_answers_as_the_devices_seen(void **state)
{
	struct sim_card *c = fresh_card("1.2");

	(void)state;
	assert_answer(c, SELECT, "6F07820178850201029000");
	assert_answer(c, "00A404040B" AID "00", "6207820178850201029000");
	assert_answer(c, "00A4040C0B" AID, "9000");
	sim_card_close(c);
	c = fresh_card("3.6");
	assert_answer(c, SELECT, "6F0A8201788505000000" "03069000");
	assert_sw(c, "00A4040007627601FF00000000", 0x6a82);
	assert_sw(c, "00A408000" "22F0000", 0x6a86);
	assert_sw(c, "00A404000B" AID "10", 0x6700);
	sim_card_close(c);
}

static void nothing_works_before_select(void **state)
{
	struct sim_card *c = fresh_card("3.6");

	(void)state;
	sim_card_reset(c);
	assert_sw(c, "80580000000000", 0x6e00);
	assert_sw(c, "00200081", 0x6e00);
	assert_sw(c, "00A40000022F0200", 0x6a82);
	assert_sw(c, SELECT, 0x9000);
	assert_sw(c, "00FF0000", 0x6d00);
	assert_sw(c, "80200081", 0x6d00);
	assert_sw(c, "0C200081", 0x6882);
	sim_card_close(c);
}

static void a_fresh_card_has_the_certificates_of_a_device(void **state)
{
	static const char *const firmware[] = { "2.0", "3.6", "4.1" };
	static const char *const select[] = { "6F0B800201CE82010183022F029000", "6F0B800201CE82010183022F029000",
					      "6F0B800201D082010183022F029000" };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct sim_card *c = fresh_card(firmware[i]);

		assert_answer(c, "00A40000022F0200", select[i]);
		assert_answer(c, "80580000000000", "2F02CC009000");
		assert_sw(c, "00B100000454020000" "00", 0x9000);
		assert_int_equal(last.n, 256);
		/* 7F21 81E4 { 7F4E 819D { 5F29 01 00, 42 0D ..., */
		assert_memory_equal(last.data, "\x7f\x21\x81\xe4\x7f\x4e\x81\x9d\x5f\x29\x01\x00\x42\x0dUTSIMCA000001", 27);
		assert_sw(c, "00B12F02000004" "54020000" "0000", 0x6282);
		assert_int_equal(last.n, i == 2 ? 464 : 462);
		assert_sw(c, "00B100000454020" "1CE32", 0x6282);
		assert_int_equal(last.n, i == 2 ? 2 : 0);
		assert_sw(c, "00B12F020454020" "1D132", 0x6b00);
		sim_card_close(c);
	}
}

static void an_uninitialised_card_says_so_as_its_firmware_does(void **state)
{
	struct sim_card *c = fresh_card("1.2");

	(void)state;
	assert_sw(c, "00200081", 0x6984);
	assert_sw(c, "0020008800", 0x6a88);
	sim_card_close(c);
	c = fresh_card("3.6");
	assert_sw(c, "00200081", 0x6a88);
	assert_sw(c, "00200088", 0x6a88);
	assert_sw(c, VERIFY, 0x6a88);
	assert_sw(c, "8052000000", 0x6d00);
	sim_card_close(c);
	c = fresh_card("4.1");
	assert_sw(c, "8052000000", 0x6a88);
	assert_sw(c, "00200085", 0x6a88);
	sim_card_close(c);
}

static void free_memory_is_answered_without_data(void **state)
{
	struct sim_card *c = fresh_card("3.6");
	size_t before;

	(void)state;
	assert_sw(c, "8050000000", 0x9000);
	assert_int_equal(last.n, 7);
	assert_memory_equal(last.data + 4, "\x00\x03\x06", 3);
	before = (size_t)(last.data[1] << 16 | last.data[2] << 8 | last.data[3]);
	assert_in_range(before, 70000, 76 * 1024);
	assert_sw(c, INIT, 0x9000);
	assert_sw(c, "00D7CF010A54020000530401020304", 0x9000);
	assert_sw(c, "8050000000", 0x9000);
	assert_in_range(last.data[1] << 16 | last.data[2] << 8 | last.data[3], before - 40, before - 4);
	sim_card_close(c);
}

static void initialize_erases_and_leaves_the_user_logged_in(void **state)
{
	struct sim_card *c = ready_card("3.6");

	(void)state;
	assert_sw(c, MAKE_EC("01"), 0x9000);
	assert_sw(c, "00D7CF010A54020000530401020304", 0x9000);
	assert_answer(c, "80580000000000", "2F02CE01CF01CC00CC019000");
	assert_sw(c, SELECT, 0x9000);
	assert_sw(c, INIT, 0x9000);
	assert_answer(c, "80580000000000", "2F02CC009000");
	assert_sw(c, "00200081", 0x9000);
	assert_answer(c, "8052000000", "010100000000000000009000");
	assert_sw(c, "00D72F0318" "54020000" "5312301002010080076D79746F6B656E03020520", 0x9000);
	assert_sw(c, SELECT, 0x9000);
	assert_sw(c, "00200081", 0x63c3);
	assert_sw(c, "00D72F0318" "54020000" "5312301002010080076D79746F6B656E03020520", 0x6982);
	assert_answer(c, "80580000000000", "2F022F03CC009000");
	assert_answer(c, SELECT, "6F0A8201788505000100" "03069000");
	sim_card_close(c);
}

static void initialize_refuses_what_makes_no_sense_and_keeps_the_card(void **state)
{
	static const char *const bad[] = {
		"805000001C80020001" "8106" PIN "8208" SO_PIN "910104920101",      /* 4 tries for 6 characters */
		"805000001C80020001" "8106" PIN "8208" SO_PIN "910100920101",
		"805000001B80020001" "8105" "3634383231" "8208" SO_PIN "910103920101",
		"805000001C80020040" "8106" PIN "8208" SO_PIN "910103920101",      /* an unknown option */
		"805000001D80020001" "8106" PIN "8208" SO_PIN "91010392010100",
		"805000001C80020001" "8106" PIN "8208" SO_PIN "910103990101",
		"805000001680020001" "8106" PIN "8108" SO_PIN,
		"805000001C80020001" "8106" PIN "8208" SO_PIN "910103970120",      /* 32 domains */
	};
	struct sim_card *c = fresh_card("3.6");

	(void)state;
	assert_sw(c, INIT_NO_DKEK, 0x9000);
	assert_sw(c, "00D7CF010A54020000530401020304", 0x9000);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_sw(c, bad[i], 0x6a80);
	assert_sw(c, "00200088", 0x63cf);
	assert_answer(c, "80580000000000", "2F02CF01CC009000");
	sim_card_close(c);
}

static void an_so_pin_of_fifteen_wrong_tries_kills_the_card(void **state)
{
	struct sim_card *c = fresh_card("3.6");

	(void)state;
	assert_sw(c, INIT, 0x9000);
	for (int i = 0; i < 14; i++)
		assert_sw(c, "805000001C80020001" "8106" PIN "8208" "0000000000000000" "910103920101", 0x6985);
	assert_sw(c, "00200088", 0x63c1);
	assert_sw(c, "002C0081" "0E" "0000000000000000" PIN, 0x6983);
	assert_sw(c, "00200088", 0x6983);
	assert_sw(c, INIT, 0x6983);
	assert_sw(c, "002C0081" "0E" SO_PIN PIN, 0x6983);
	assert_sw(c, "00240088" "10" SO_PIN SO_PIN, 0x6983);
	assert_sw(c, VERIFY, 0x9000);   /* the user's PIN lives on */
	sim_card_close(c);
	c = open_card(NULL);
	assert_sw(c, SELECT, 0x9000);
	assert_sw(c, INIT, 0x6983);
	sim_card_close(c);
}

static void a_user_pin_blocks_and_is_unblocked(void **state)
{
	struct sim_card *c = fresh_card("3.6");

	(void)state;
	assert_sw(c, INIT, 0x9000);
	assert_sw(c, SELECT, 0x9000);
	assert_sw(c, "0020008107" PIN "31", 0x6700);   /* another length costs no try */
	assert_sw(c, "0020008105" "3634383231", 0x6700);
	assert_sw(c, "00200081", 0x63c3);
	assert_sw(c, VERIFY, 0x9000);
	assert_sw(c, "0020008106" "313131313131", 0x63c2);
	assert_sw(c, "00200081", 0x63c2);              /* and the login is gone */
	assert_sw(c, VERIFY, 0x9000);
	assert_sw(c, SELECT, 0x9000);
	assert_sw(c, "00200081", 0x63c3);
	assert_sw(c, "0020008106" "313131313131", 0x63c2);
	assert_sw(c, "0024008106" "0C" "313131313131", 0x6700);
	assert_sw(c, "002400810C" "313131313131" PIN, 0x63c1);
	assert_sw(c, "0020008106" "313131313131", 0x6983);
	assert_sw(c, VERIFY, 0x6983);
	assert_sw(c, "002C008108" SO_PIN, 0x6700);
	assert_sw(c, "002C018108" SO_PIN, 0x9000);
	assert_sw(c, VERIFY, 0x9000);
	assert_sw(c, "002C00810F" SO_PIN "31313131313131", 0x9000);
	assert_sw(c, "0020008107" "31313131313131", 0x9000);
	assert_sw(c, "00200088" "08" SO_PIN, 0x6985);
	assert_sw(c, "00200088", 0x63cf);
	sim_card_close(c);
}

static void pins_are_changed(void **state)
{
	struct sim_card *c = fresh_card("3.6");

	(void)state;
	assert_sw(c, INIT, 0x9000);
	assert_sw(c, "002400810E" PIN "3132333435363738", 0x9000);
	assert_sw(c, VERIFY, 0x6700);
	assert_sw(c, "0020008108" "3132333435363738", 0x9000);
	assert_sw(c, "0024008810" SO_PIN "0102030405060708", 0x9000);
	assert_sw(c, "0024008810" SO_PIN "0102030405060708", 0x63ce);
	assert_sw(c, "002400880F" SO_PIN "01020304050607", 0x6700);
	assert_sw(c, "805000001C80020001" "8106" PIN "8208" "0102030405060708" "910103920101", 0x9000);
	assert_sw(c, "00200088", 0x63cf);
	sim_card_close(c);
	c = fresh_card("1.2");
	assert_sw(c, INIT, 0x9000);
	assert_sw(c, "002400810E" PIN "3132333435363738", 0x6700);   /* old firmware keeps the length */
	assert_sw(c, "002400810C" PIN "313233343536", 0x9000);
	sim_card_close(c);
}

static void options_govern_unblocking_and_the_transport_pin(void **state)
{
	struct sim_card *c = fresh_card("3.6");

	(void)state;
	assert_sw(c, "805000001980020000" "8106" PIN "8208" SO_PIN "910103", 0x9000);
	assert_sw(c, "002C00810E" SO_PIN PIN, 0x6985);
	assert_sw(c, "002C018108" SO_PIN, 0x6985);
	assert_sw(c, "805000001980020021" "8106" PIN "8208" SO_PIN "910103", 0x9000);
	assert_sw(c, "002C00810E" SO_PIN PIN, 0x6985);
	assert_sw(c, "002C018108" SO_PIN, 0x9000);
	assert_sw(c, "805000001980020003" "8106" PIN "8208" SO_PIN "910103", 0x9000);
	assert_sw(c, "00200081", 0x9000);
	assert_sw(c, SELECT, 0x9000);
	assert_sw(c, "00200081", 0x6984);
	assert_sw(c, VERIFY, 0x6984);
	assert_sw(c, "002400810C" PIN "313131313131", 0x9000);
	assert_sw(c, "00200081", 0x63c3);
	assert_sw(c, "0020008106" "313131313131", 0x9000);
	sim_card_close(c);
}

static void shares_are_joined_in_any_order(void **state)
{
	struct sim_card *c = fresh_card("3.6");

	(void)state;
	assert_sw(c, "805000001C80020001" "8106" PIN "8208" SO_PIN "910103920102", 0x9000);
	assert_answer(c, "8052000020" "808182838485868788898A8B8C8D8E8F909192939495969798999A9B9C9D9E9F" "00",
		      "020100000000000000009000");
	assert_sw(c, MAKE_EC("01"), 0x6985);
	assert_sw(c, "8052000004" "00000000" "00", 0x6700);
	assert_sw(c, SELECT, 0x9000);   /* no login needed */
	assert_answer(c, IMPORT_SHARE, "0200BD75A82B9957D6D09000");   /* formats.md 8.1 */
	assert_sw(c, IMPORT_SHARE, 0x6985);
	assert_answer(c, "80520000000000", "0200BD75A82B9957D6D09000");
	assert_sw(c, "8052000100", 0x6a86);
	sim_card_close(c);
}

static void key_domains_live_and_die(void **state)
{
	struct sim_card *c = fresh_card("3.6");

	(void)state;
	assert_sw(c, "805000001C80020001" "8106" PIN "8208" SO_PIN "910103970102", 0x9000);
	assert_sw(c, "8052000000", 0x6a88);
	assert_sw(c, "8052000100", 0x6a88);
	assert_sw(c, "8052000200", 0x6a86);
	assert_sw(c, SELECT, 0x9000);
	assert_sw(c, "80520101010100", 0x6985);
	assert_sw(c, VERIFY, 0x9000);
	assert_answer(c, "80520101010100", "010100000000000000009000");
	assert_sw(c, "80520101010100", 0x6a86);
	assert_answer(c, "8052000120" SHARE "00", "0100" KCV "9000");
	assert_sw(c, "0046010000010" "1" EC_TEMPLATE "920101" "0000", 0x9000);
	assert_sw(c, "0046020000010" "1" EC_TEMPLATE "920102" "0000", 0x6a80);
	assert_sw(c, "8052030100", 0x6a89);
	assert_sw(c, "80720192000000", 0x9000);
	assert_answer(c, "8052040100", "010100000000000000009000");
	assert_sw(c, "80720192000000", 0x6985);
	assert_sw(c, "00E4020002CC01", 0x9000);
	assert_sw(c, "8052030100", 0x9000);
	assert_sw(c, "8052000100", 0x6a88);
	sim_card_close(c);
	c = fresh_card("2.0");
	assert_sw(c, INIT, 0x9000);
	assert_sw(c, "80520101010100", 0x6a86);
	sim_card_close(c);
}

static void files_are_written_as_devices_do_it(void **state)
{
	struct sim_card *c = ready_card("3.6");

	(void)state;
	assert_sw(c, "00D7CE88095402000053020102", 0x6700);          /* a wrong Lc */
	assert_sw(c, "00D7CE880A54020000530401020304", 0x9000);      /* made, though no key is there */
	assert_sw(c, "00D7CE880854020000" "5302AABB", 0x9000);       /* shorter: the tail stays, seen */
	assert_answer(c, "00B1CE88045402000000", "AABB03046282");
	assert_sw(c, "00D7CE8807540200055301" "05", 0x6b00);         /* a gap */
	assert_sw(c, "00D7CF01065402000053" "00", 0x9000);           /* OpenSC's CREATE FILE, and then: */
	assert_sw(c, "00D7000008540200005302" "0102", 0x9000);
	assert_answer(c, "00B1CF01045402000000", "01026282");
	assert_answer(c, "00B1CF010454020000" "02", "01029000");
	assert_answer(c, "00B1CF01045402000202", "6282");
	assert_sw(c, "00D72F02075402000053" "0100", 0x6982);
	assert_sw(c, "00D7CC01075402000053" "0100", 0x6982);
	assert_sw(c, "00D7123407540200005301" "00", 0x6a86);
	assert_sw(c, "00D7CD01075402000053" "0177", 0x9000);
	assert_answer(c, "00B1CD01045402000000", "776282");
	assert_sw(c, "00B1340004540200" "00FF", 0x6a82);
	assert_sw(c, "00B1CC000454020000FF", 0x6982);
	assert_sw(c, "00A4000002CC0000", 0x6a82);
	assert_sw(c, "00A4000002CE0200", 0x6a82);
	assert_sw(c, "00B1CF0103530100" "00", 0x6a80);
	assert_answer(c, "80580000000000", "2F02CE88CF01CD01CC009000");
	assert_sw(c, "00E4020002CE88", 0x9000);
	assert_sw(c, "00E4020002CE88", 0x6a82);
	assert_sw(c, "00E4020002CC00", 0x6982);
	assert_sw(c, "00E40200022F02", 0x6982);
	assert_sw(c, SELECT, 0x9000);
	assert_sw(c, "00B1CD01045402000000", 0x6982);
	assert_sw(c, "00E4020002CE88", 0x6982);
	sim_card_close(c);
}

static void enumerate_wants_an_extended_le(void **state)
{
	struct sim_card *c = fresh_card("3.6");

	(void)state;
	assert_sw(c, "8058000000", 0x6700);
	assert_sw(c, "80580000000010", 0x6700);
	assert_int_equal(sim_card_set_fault(c, "limit=261", NULL), ST_OK);
	assert_sw(c, "80580000000000", 0x6700);
	assert_answer(c, "8058000000", "2F02CC009000");
	sim_card_close(c);
}

static void random_bytes_come_up_to_1024(void **state)
{
	struct sim_card *c = fresh_card("3.6");
	uint8_t first[8];

	(void)state;
	assert_sw(c, "0084000008", 0x9000);
	assert_int_equal(last.n, 8);
	memcpy(first, last.data, 8);
	assert_sw(c, "0084000008", 0x9000);
	assert_memory_not_equal(first, last.data, 8);
	assert_sw(c, "0084000000" "0400", 0x9000);
	assert_int_equal(last.n, 1024);
	assert_sw(c, "0084000000" "0401", 0x6700);
	assert_sw(c, "00840000", 0x6700);
	sim_card_close(c);
}

static void malformed_apdus_are_refused(void **state)
{
	static const char *const bad[] = { "00", "0020", "002000", "0020008106363438", "00200081063634383231390000",
					   "00200081000000", "0020008100000236", "00200081000006363438323139", "8050000000000000" };
	struct sim_card *c = fresh_card("3.6");

	(void)state;
	assert_sw(c, INIT, 0x9000);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (i != 7 && i != 5)
			assert_sw(c, bad[i], 0x6700);
	}
	assert_sw(c, "00200081000006" PIN, 0x9000);
	assert_sw(c, "00200081" "000000", 0x9000);
	sim_card_close(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(select_answers_as_the_devices_seen),
		cmocka_unit_test(nothing_works_before_select),
		cmocka_unit_test(a_fresh_card_has_the_certificates_of_a_device),
		cmocka_unit_test(an_uninitialised_card_says_so_as_its_firmware_does),
		cmocka_unit_test(free_memory_is_answered_without_data),
		cmocka_unit_test(initialize_erases_and_leaves_the_user_logged_in),
		cmocka_unit_test(initialize_refuses_what_makes_no_sense_and_keeps_the_card),
		cmocka_unit_test(an_so_pin_of_fifteen_wrong_tries_kills_the_card),
		cmocka_unit_test(a_user_pin_blocks_and_is_unblocked),
		cmocka_unit_test(pins_are_changed),
		cmocka_unit_test(options_govern_unblocking_and_the_transport_pin),
		cmocka_unit_test(shares_are_joined_in_any_order),
		cmocka_unit_test(key_domains_live_and_die),
		cmocka_unit_test(files_are_written_as_devices_do_it),
		cmocka_unit_test(enumerate_wants_an_extended_le),
		cmocka_unit_test(random_bytes_come_up_to_1024),
		cmocka_unit_test(malformed_apdus_are_refused),
	};

	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
