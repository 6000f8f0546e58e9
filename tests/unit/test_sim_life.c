/* The simulated card: its file, its memory, its misbehaviours, its trace. */
#include "tests/unit/sim_help.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "engine/base/clock.h"
#include "engine/base/file.h"

#define WRITE_LABEL "00D72F0318540200005312301002010080076D79746F6B656E03020520"

/* What runs in the child: a card's whole early life, 12 APDUs. */
static const char *const life[] = {
	SELECT, INIT, IMPORT_SHARE, WRITE_LABEL, SELECT,
	VERIFY, MAKE_EC("01"), "00D7C4010A54020000530401020304", "00D7C4010A54020004530405060708", "80720192000000",
	"00E4020002CE01", "0020008106313131313131",
};
#define LIFE_N (sizeof(life) / sizeof(life[0]))

static void kill_at(void *arg, unsigned long n, uint8_t ins)
{
	(void)ins;
	if (n == *(unsigned long *)arg)
		(void)raise(SIGKILL);
}

static void live_until(unsigned long n)
{
	const struct sim_options o = { .hook = kill_at, .hook_arg = &n };
	struct sim_card *c = open_card(&o);

	for (size_t i = 0; i < LIFE_N; i++)
		(void)apdu(c, life[i]);
	_exit(1);
}

/* After n APDUs of that life. */
static void assert_state_after(struct sim_card *c, size_t n)
{
	static const struct {
		size_t from;
		const char *list;
	} lists[] = { { 11, "2F022F03C401CC00CC019000" }, { 8, "2F022F03CE01C401CC00CC019000" }, { 7, "2F022F03CE01CC00CC019000" },
		      { 4, "2F022F03CC009000" }, { 0, "2F02CC009000" } };
	size_t i = 0;

	assert_sw(c, SELECT, 0x9000);
	while (lists[i].from > n)
		i++;
	assert_answer(c, "80580000000000", lists[i].list);
	assert_sw(c, "00200081", n < 2 ? 0x6a88 : n < 12 ? 0x63c3 : 0x63c2);
	assert_answer(c, "8052000000", n < 2 ? "6D00" : n < 3 ? "010100000000000000009000" : "0100" KCV "9000");
	if (n >= 8 && n < 9)
		assert_answer(c, "00B1C401045402000000", "010203046282");
	else if (n >= 9)
		assert_answer(c, "00B1C401045402000000", "01020304050607086282");
}

static void a_card_killed_after_any_apdu_has_all_of_it(void **state)
{
	(void)state;
	for (unsigned long n = 1; n <= LIFE_N; n++) {
		struct sim_card *c;
		int how = 0;
		pid_t pid;

		(void)unlink(card_path());
		pid = fork();
		if (pid == 0)
			live_until(n);
		assert_int_equal(waitpid(pid, &how, 0), pid);
		assert_true(WIFSIGNALED(how));
		c = open_card(NULL);
		assert_state_after(c, n);
		sim_card_close(c);
	}
}

static void a_torn_write_leaves_the_state_before(void **state)
{
	const struct sim_options o = { .no_sync = true, .memory_kib = 4 };
	struct sim_card *c;
	uint8_t byte = 0;
	int fd;
	off_t slot[2] = { 4096, 0 };

	(void)state;
	(void)unlink(card_path());
	c = open_card(&o);
	assert_sw(c, SELECT, 0x9000);
	assert_sw(c, INIT_NO_DKEK, 0x9000);             /* generation 2: the first slot */
	assert_sw(c, "00D7CF010A54020000530401020304", 0x9000);
	sim_card_close(c);
	slot[1] = 4096 + 2 * 4096 + 65536 + 44;
	fd = open(card_path(), O_RDWR);
	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &byte, 1, slot[1] + 100), 1);
	byte ^= 1;
	assert_int_equal(pwrite(fd, &byte, 1, slot[1] + 100), 1);
	c = open_card(NULL);
	assert_sw(c, SELECT, 0x9000);
	assert_answer(c, "80580000000000", "2F02CC009000");   /* without CF01 */
	assert_sw(c, "00200081", 0x63c3);
	sim_card_close(c);
	assert_int_equal(pwrite(fd, &byte, 1, slot[0] + 100), 1);
	assert_int_equal(pwrite(fd, &byte, 1, slot[0] + 101), 1);
	(void)close(fd);
	assert_int_equal(sim_card_open(card_path(), NULL, &c, NULL), ST_DAMAGED);
}

static void what_is_no_card_file_is_left_alone(void **state)
{
	static const char *const contents[] = { "", "hello", "keyroom-sim 0001", "keyroom-sim 0002.............................." };
	struct sim_card *c = (void *)state;
	struct fault f;

	for (size_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++) {
		FILE *file = fopen(card_path(), "w");
		struct stat sb;

		assert_non_null(file);
		(void)fputs(contents[i], file);
		(void)fclose(file);
		assert_int_equal(sim_card_open(card_path(), NULL, &c, &f), ST_DAMAGED);
		assert_int_equal(stat(card_path(), &sb), 0);
		assert_int_equal((size_t)sb.st_size, strlen(contents[i]));
	}
	assert_ptr_equal(c, state);
	assert_int_equal(sim_card_open("/dev/null/x.card", NULL, &c, &f), ST_DISK);
	(void)unlink(card_path());
}

static void a_card_is_open_once_and_its_file_private(void **state)
{
	struct sim_card *c = fresh_card("3.6"), *other = NULL;
	struct fault f;
	struct stat sb;

	(void)state;
	assert_int_equal(sim_card_open(card_path(), NULL, &other, &f), ST_READER_BUSY);
	assert_null(other);
	assert_int_equal(stat(card_path(), &sb), 0);
	assert_int_equal(sb.st_mode & 0777, 0600);
	sim_card_close(c);
	c = open_card(NULL);
	sim_card_close(c);
}

static void options_that_make_no_sense_are_refused(void **state)
{
	static const struct sim_options bad[] = {
		{ .firmware = "3" }, { .firmware = "3.6.1" }, { .firmware = "x.1" }, { .serial = "AB" }, { .serial = "DENK 020091" },
		{ .serial = "DENK020091400000" }, { .memory_kib = 1025 }, { .fault = "drop" }, { .fault = "sw:20=12345" },
		{ .fault = "limit=5" }, { .fault = "short:123" }, { .fault = "drop@1," "," },
	};
	struct sim_card *c = NULL;
	struct fault f;

	(void)state;
	(void)unlink(card_path());
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(sim_card_open(card_path(), &bad[i], &c, &f), ST_BAD_FORM);
	assert_null(c);
	assert_int_equal(access(card_path(), F_OK), -1);
}

static void neither_file_nor_memory_show_a_pin(void **state)
{
	struct sim_card *c = fresh_card("3.6");
	BUF bytes = { 0 };

	(void)state;
	assert_sw(c, INIT, 0x9000);
	assert_sw(c, IMPORT_SHARE, 0x9000);
	assert_sw(c, "0024008810" SO_PIN "7071727374757677", 0x9000);
	assert_sw(c, "002400810E" PIN "3132333435363738", 0x9000);
	sim_card_close(c);
	assert_int_equal(file_read(card_path(), 4u << 20, &bytes, NULL), ST_OK);
	assert_null(memmem(bytes.p, bytes.n, "648219", 6));
	assert_null(memmem(bytes.p, bytes.n, "12345678", 8));
	assert_null(memmem(bytes.p, bytes.n, "pqrstuvw", 8));
	assert_null(memmem(bytes.p, bytes.n, SIM_SO_PIN, 8));
	assert_non_null(memmem(bytes.p, bytes.n, "DENK0200914", 11));
}

/* How often a pattern, kept with every bit turned over, stands in this process's writable memory. */
static unsigned count_in_memory(const uint8_t *turned, size_t n)
{
	volatile uint8_t all_bits = 0xff;   /* so that the compiler does not turn the pattern back beforehand */
	FILE *maps = fopen("/proc/self/maps", "r");
	int mem = open("/proc/self/mem", O_RDONLY);
	char line[400];
	unsigned found = 0;

	assert_true(maps != NULL && mem >= 0);
	while (fgets(line, sizeof(line), maps) != NULL) {
		unsigned long from, to;
		char mode[5];
		uint8_t *copy;
		ssize_t got;

		if (sscanf(line, "%lx-%lx %4s", &from, &to, mode) != 3 || mode[0] != 'r' || mode[1] != 'w' ||
		    to - from > (64ul << 20))
			continue;
		copy = malloc(to - from);
		got = copy == NULL ? -1 : pread(mem, copy, to - from, (off_t)from);
		for (ssize_t i = 0; i + (ssize_t)n <= got; i++) {
			size_t k = 0;

			while (k < n && copy[i + (ssize_t)k] == (turned[k] ^ all_bits))
				k++;
			found += k == n;
		}
		if (copy != NULL) {
			explicit_bzero(copy, to - from);
			free(copy);
		}
	}
	(void)fclose(maps);
	(void)close(mem);
	return found;
}

/* A command with a secret at its end, which is turned over until it is sent, and erased then. */
static uint16_t send_secret(struct sim_card *c, const char *head, const uint8_t *turned, size_t n)
{
	uint8_t cmd[64];
	volatile uint8_t all_bits = 0xff;
	size_t at = unhex(head, cmd, sizeof(cmd));
	uint16_t sw;

	for (size_t i = 0; i < n; i++)
		cmd[at + i] = turned[i] ^ all_bits;
	sw = apdu_bytes(c, cmd, at + n);
	explicit_bzero(cmd, sizeof(cmd));
	return sw;
}

static void no_pin_and_no_share_stay_in_memory(void **state)
{
	static const uint8_t pin[] = { 0x9a, 0x8b, 0x7c, 0x6d, 0x5e, 0x4f, 0x9a, 0x11 }, so[] = { 0x71, 0x62, 0x53, 0x44, 0x35, 0x26,
		0x17, 0x08 };
	uint8_t share[32];
	struct sim_card *c = fresh_card("3.6");

	(void)state;
	for (size_t i = 0; i < sizeof(share); i++)
		share[i] = (uint8_t)(i * 37 + 11);
	assert_sw(c, INIT, 0x9000);
	assert_int_equal(send_secret(c, "002400810E" PIN, pin, sizeof(pin)), 0x9000);
	assert_int_equal(send_secret(c, "0024008810" SO_PIN, so, sizeof(so)), 0x9000);
	assert_int_equal(send_secret(c, "0020008108", pin, sizeof(pin)), 0x9000);
	assert_int_equal(send_secret(c, "0020008108", so, sizeof(so)), 0x63c2);
	assert_int_equal(send_secret(c, "002C018108", so, sizeof(so)), 0x9000);
	assert_int_equal(send_secret(c, "8052000020", share, sizeof(share)), 0x9000);
	assert_int_equal(count_in_memory(pin, sizeof(pin)), 0);
	assert_int_equal(count_in_memory(so, sizeof(so)), 0);
	assert_int_equal(count_in_memory(share, sizeof(share)), 0);
	/* The beginning of the serial number is there: the search does find. */
	assert_true(count_in_memory((const uint8_t *)"\xbb\xba\xb1\xb4\xcf\xcd\xcf\xcf", 8) > 0);
	sim_card_close(c);
}

static void memory_runs_out_and_comes_back(void **state)
{
	const struct sim_options o = { .no_sync = true, .memory_kib = 4 };
	struct sim_card *c;
	char before[200];
	unsigned keys = 0;

	(void)state;
	(void)unlink(card_path());
	c = open_card(&o);
	assert_sw(c, SELECT, 0x9000);
	assert_sw(c, INIT, 0x9000);
	assert_sw(c, IMPORT_SHARE, 0x9000);
	for (;;) {
		char make[2 * 300];

		(void)snprintf(make, sizeof(make), "0046%02X00%s", keys + 1, "0000FE" EC_TEMPLATE "0000");
		if (apdu(c, make) != 0x9000)
			break;
		keys++;
	}
	assert_int_equal(last.sw, 0x6a84);
	assert_int_equal(last.n, 0);
	assert_in_range(keys, 4, 6);
	assert_sw(c, "80580000000000", 0x9000);
	assert_int_equal(last.n, 2 * (2 + 2 * keys));
	hex_upper(before, last.data, last.n);
	assert_sw(c, "8050000000", 0x9000);
	size_t left = (size_t)(last.data[2] << 8 | last.data[3]);
	uint8_t data[2000] = { 0x54, 0x02, 0x00, 0x00, 0x53, 0x82 };
	size_t n = left - 16 + 1;   /* what a file costs beyond its bytes */
	data[6] = (uint8_t)(n >> 8);
	data[7] = (uint8_t)n;
	assert_long(c, 0x00, 0xd7, 0xcf, 0x00, data, n + 8, 0x6a84);
	n--;
	data[6] = (uint8_t)(n >> 8);
	data[7] = (uint8_t)n;
	assert_long(c, 0x00, 0xd7, 0xcf, 0x00, data, n + 8, 0x9000);
	assert_sw(c, "8050000000", 0x9000);
	assert_memory_equal(last.data, "\0\0\0\0", 4);
	assert_sw(c, "00D7CF01065402000053" "00", 0x6a84);
	assert_sw(c, "004850B00691" "0410111899", 0x6a84);
	assert_sw(c, "00E4020002CF00", 0x9000);
	assert_sw(c, "004850B00691" "0410111899", 0x9000);
	sim_card_close(c);
}

static void sixty_ec_keys_fit_a_card_of_the_usual_size(void **state)
{
	struct sim_card *c = ready_card("3.6");

	(void)state;
	for (unsigned i = 1; i <= 60; i++) {
		char cmd[700];

		(void)snprintf(cmd, sizeof(cmd), "0046%02X00%s", i, "0000FE" EC_TEMPLATE "0000");
		assert_sw(c, cmd, 0x9000);
		(void)snprintf(cmd, sizeof(cmd), "00D7C4%02X3654020000" "5330%096d", i, 0);
		assert_sw(c, cmd, 0x9000);
	}
	assert_sw(c, "80580000000000", 0x9000);
	assert_int_equal(last.n, 2 * (2 + 60 * 3));
	sim_card_close(c);
}

static void misbehaviours_happen_when_ordered(void **state)
{
	struct sim_card *c = fresh_card("3.6");
	int64_t began;

	(void)state;
	assert_int_equal(sim_card_set_fault(c, "drop@2", NULL), ST_OK);
	assert_sw(c, SELECT, 0x9000);
	assert_sw(c, INIT, 0x9000);
	assert_sw(c, SELECT, 0);
	assert_int_equal(last.st, ST_CARD_GONE);
	assert_false(sim_card_plugged(c));
	sim_card_plug(c, true);
	assert_sw(c, "00200081", 0x6e00);   /* power was off */
	assert_sw(c, SELECT, 0x9000);

	assert_int_equal(sim_card_set_fault(c, "lost@1", NULL), ST_OK);
	assert_sw(c, IMPORT_SHARE, 0);
	sim_card_plug(c, true);
	assert_sw(c, SELECT, 0x9000);
	assert_answer(c, "8052000000", "0100" KCV "9000");

	assert_int_equal(sim_card_set_fault(c, "sw:50=6A84*1,zero-kcv,short:58,wrong:84*1,stall@4:60", NULL), ST_OK);
	assert_sw(c, INIT, 0x6a84);
	assert_answer(c, "8052000000", "010000000000000000009000");
	assert_sw(c, VERIFY, 0x9000);
	began = clock_ms();
	assert_answer(c, "8052000000", "0100" KCV "9000");
	assert_true(clock_ms() - began >= 59);
	assert_answer(c, "80580000000000", "2F029000");
	assert_sw(c, INIT, 0x9000);
	assert_int_equal(sim_card_set_fault(c, "short:20,wrong:a4,garbage:58", NULL), ST_OK);
	assert_sw(c, "00200081", 0);
	assert_int_equal(last.st, ST_OK);
	assert_sw(c, SELECT, 0x9000);
	assert_memory_not_equal(last.data, "\x6f\x0a\x82\x01\x78\x85\x05\x00\x01\x00\x03\x06", 12);
	assert_sw(c, "80580000000000", 0x9000);
	assert_int_equal(last.n, 4);
	assert_memory_not_equal(last.data, "\x2f\x02\xcc\x00", 4);
	assert_int_equal(sim_card_set_fault(c, NULL, NULL), ST_OK);
	assert_answer(c, "80580000000000", "2F02CC009000");
	sim_card_close(c);
}

static void long_apdus_are_refused_where_a_reader_has_a_limit(void **state)
{
	struct sim_card *c = ready_card("3.6");
	uint8_t data[1300] = { 0x54, 0x02, 0x00, 0x00, 0x53, 0x82, 0x04, 0xbf };

	(void)state;
	assert_long(c, 0x00, 0xd7, 0xcf, 0x00, data, 8 + 0x4bf, 0x9000);   /* 1232 bytes: the most that JCOP 3 takes */
	data[7] = 0xc0;
	assert_long(c, 0x00, 0xd7, 0xcf, 0x00, data, 8 + 0x4c0, 0x6700);
	assert_int_equal(sim_card_set_fault(c, "limit=261", NULL), ST_OK);
	assert_sw(c, MAKE_EC("01"), 0x6700);
	assert_sw(c, "00B1CF00000004" "54020000" "0000", 0x6700);
	assert_sw(c, "00B1CF0004" "54020000" "00", 0x9000);
	assert_int_equal(last.n, 256);
	sim_card_close(c);
}

static void apdus_are_counted_and_traced_without_secrets(void **state)
{
	char path[120];
	const struct sim_options o = { .no_sync = true, .trace = path };
	struct sim_card *c;
	BUF text = { 0 };
	unsigned lines = 0;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/trace", sim_folder);
	(void)unlink(card_path());
	c = open_card(&o);
	for (size_t i = 0; i < LIFE_N; i++)
		(void)apdu(c, life[i]);
	assert_sw(c, "00D7CD010A54020000530453454352", 0x6982);
	assert_sw(c, VERIFY, 0x9000);
	assert_sw(c, "00D7CD010A54020000530453454352", 0x9000);
	assert_sw(c, "00B1CD01045402000000", 0x6282);
	assert_sw(c, "0084000020", 0x9000);
	char random[65];
	hex_lower(random, last.data, 32);
	assert_sw(c, "00", 0x6700);
	assert_int_equal(sim_card_apdus(c), LIFE_N + 6);
	assert_int_equal(sim_card_apdus_of(c, 0xa4), 2);
	assert_int_equal(sim_card_apdus_of(c, 0x20), 3);
	sim_card_clear_counts(c);
	assert_int_equal(sim_card_apdus(c), 0);

	assert_int_equal(file_read(path, 1u << 20, &text, NULL), ST_OK);   /* while the card is open: flushed */
	buf_u8(&text, 0);
	for (size_t i = 0; i < text.n; i++)
		lines += text.p[i] == '\n';
	assert_int_equal(lines, LIFE_N + 6);
	const char *all = (const char *)text.p;
	assert_non_null(strstr(all, "\n7 46 GENERATE KEY PAIR P1=01 P2=00 Lc=254 5f2901"));
	assert_non_null(strstr(all, "20 VERIFY P1=00 P2=81 Lc=6 > 9000 0\n"));
	assert_null(strstr(all, "363438323139"));
	assert_null(strstr(all, "31313131"));
	assert_null(strstr(all, "35373632"));
	assert_null(strstr(all, "000102030405"));
	assert_null(strstr(all, "53454352"));
	assert_null(strstr(all, random));
	sim_card_close(c);
}

static void a_realistic_card_takes_its_time(void **state)
{
	const struct sim_options o = { .no_sync = true, .realistic = true };
	struct sim_card *c;
	int64_t began;

	(void)state;
	(void)unlink(card_path());
	c = open_card(&o);
	began = clock_ms();
	for (int i = 0; i < 4; i++)
		assert_sw(c, SELECT, 0x9000);
	assert_in_range(clock_ms() - began, 4 * 30 - 4, 1000);
	sim_card_close(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_card_killed_after_any_apdu_has_all_of_it),
		cmocka_unit_test(a_torn_write_leaves_the_state_before),
		cmocka_unit_test(what_is_no_card_file_is_left_alone),
		cmocka_unit_test(a_card_is_open_once_and_its_file_private),
		cmocka_unit_test(options_that_make_no_sense_are_refused),
		cmocka_unit_test(neither_file_nor_memory_show_a_pin),
		cmocka_unit_test(no_pin_and_no_share_stay_in_memory),
		cmocka_unit_test(memory_runs_out_and_comes_back),
		cmocka_unit_test(sixty_ec_keys_fit_a_card_of_the_usual_size),
		cmocka_unit_test(misbehaviours_happen_when_ordered),
		cmocka_unit_test(long_apdus_are_refused_where_a_reader_has_a_limit),
		cmocka_unit_test(apdus_are_counted_and_traced_without_secrets),
		cmocka_unit_test(a_realistic_card_takes_its_time),
	};

	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
