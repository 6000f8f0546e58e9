#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/file.h"
#include "engine/base/text.h"
#include "engine/base/width.h"
#include "engine/base/tlv.h"

static void a_cursor_does_not_move_when_the_read_does_not_fit(void **state)
{
	const uint8_t bytes[] = { 1, 2, 3 };
	struct cur c = cur_of(bytes, sizeof(bytes)), part;
	uint16_t v;

	(void)state;
	assert_true(cur_u16(&c, &v));
	assert_int_equal(v, 0x0102);
	assert_false(cur_u16(&c, &v));
	assert_int_equal(c.n, 1);
	assert_false(cur_take(&c, SIZE_MAX, &part));
	assert_true(cur_take(&c, 1, &part));
	assert_int_equal(part.p[0], 3);
}

static void tlv_reads_what_it_writes_at_every_length_form(void **state)
{
	static const size_t lengths[] = { 0, 1, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x10000 };
	static const uint32_t tags[] = { 0x30, 0x7f21, 0x5f29 };
	uint8_t *value = calloc(1, 0x10000);

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		BUF b = { 0 };
		struct tlv t;

		buf_tlv(&b, tags[i % 3], value, lengths[i]);
		assert_false(b.failed);
		struct cur c = buf_view(&b);
		assert_true(tlv_expect(&c, tags[i % 3], &t));
		assert_int_equal(t.value.n, lengths[i]);
		assert_int_equal(t.whole.n, b.n);
		assert_int_equal(c.n, 0);
		for (size_t cut = 0; cut < b.n && cut < 8; cut++) {
			c = cur_of(b.p, b.n - 1 - cut);
			assert_false(tlv_next(&c, &t));
			assert_int_equal(c.n, b.n - 1 - cut);
		}
	}
	free(value);
}

static void tlv_refuses_indefinite_and_giant_lengths(void **state)
{
	static const uint8_t indefinite[] = { 0x30, 0x80, 0, 0 }, giant[] = { 0x30, 0x84, 0, 0, 0, 1, 0 };
	static const uint8_t long_tag[] = { 0x1f, 0x81, 0x81, 0x81, 0x01, 0x00 };
	struct cur c = cur_of(indefinite, sizeof(indefinite));
	struct tlv t;

	(void)state;
	assert_false(tlv_next(&c, &t));
	c = cur_of(giant, sizeof(giant));
	assert_false(tlv_next(&c, &t));
	c = cur_of(long_tag, sizeof(long_tag));
	assert_false(tlv_next(&c, &t));
}

static void hex_is_read_in_both_cases_and_nothing_else(void **state)
{
	uint8_t out[8];
	size_t n = 99;
	char text[17];

	(void)state;
	assert_true(hex_parse("00fFaA9b", 8, out, sizeof(out), &n));
	assert_int_equal(n, 4);
	assert_memory_equal(out, "\x00\xff\xaa\x9b", 4);
	hex_upper(text, out, 4);
	assert_string_equal(text, "00FFAA9B");
	for (int c = 1; c < 256; c++) {
		char two[2] = { '0', (char)c };
		bool digit = strchr("0123456789abcdefABCDEF", c) != NULL;

		assert_int_equal(hex_parse(two, 2, out, sizeof(out), &n), digit);
	}
	assert_false(hex_parse("123", 3, out, sizeof(out), &n));
	assert_false(hex_parse("112233", 6, out, 2, &n));
}

static void a_secret_keeps_its_capacity_and_erases(void **state)
{
	SECRET *s = secret_new(4), *t = secret_new(4);

	(void)state;
	assert_true(secret_set(s, "1234", 4));
	assert_false(secret_put(s, '5'));
	assert_false(secret_append(s, "5", 1));
	assert_true(secret_set(t, "1234", 4));
	assert_true(secret_equal(s, t));
	assert_true(secret_drop(t));
	assert_int_equal(secret_bytes(t)[3], 0);
	assert_false(secret_equal(s, t));
	secret_wipe(s);
	assert_memory_equal(secret_bytes(s), "\0\0\0\0", 4);
	assert_null(secret_new(0));
}

static void text_from_outside_is_made_harmless(void **state)
{
	char out[64], tiny[6];

	(void)state;
	text_clean(out, sizeof(out), "a\033[2Jb", 6);
	assert_string_equal(out, "a\xef\xbf\xbd[2Jb");
	text_clean(out, sizeof(out), "\xe2\x80\xae" "abc", 6);
	assert_string_equal(out, "\xef\xbf\xbd" "abc");
	text_clean(out, sizeof(out), "\xc0\x80\xff", 3);
	assert_string_equal(out, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	text_clean(tiny, sizeof(tiny), "abcd\xc3\xa9", 6);
	assert_string_equal(tiny, "abcd");
	text_clean(out, sizeof(out), "\xed\xa0\x80", 3);
	assert_string_equal(out, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	assert_true(text_is_clean("K\xc3\xbcnstler \xe6\xbc\xa2"));
	assert_false(text_is_clean("a\nb"));
	assert_false(text_is_clean("a\xf0"));
}

static void text_takes_columns_and_not_bytes(void **state)
{
	static const struct { const char *text; int columns; } rows[] = {
		{ "", 0 }, { "Root CA", 7 }, { "Schl\xc3\xbcssel", 9 }, { "e\xcc\x81t\xc3\xa9", 3 },
		{ "\xe9\x8d\xb5", 2 }, { "\xe9\x8d\xb5 CA", 5 }, { "\xf0\x9f\x94\x91", 2 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(width_text(rows[i].text, strlen(rows[i].text)), rows[i].columns);
}

static void a_new_file_is_private_and_never_replaces_another(void **state)
{
	char dir[] = "/tmp/keyroom-base-XXXXXX", path[64], link_path[64], deep[64];
	struct fault f = { 0 };
	BUF back = { 0 };
	struct stat sb;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/file", dir);
	snprintf(link_path, sizeof(link_path), "%s/link", dir);
	snprintf(deep, sizeof(deep), "%s/a/b/c", dir);
	assert_int_equal(file_write_new(path, cur_of("hello", 5), &f), ST_OK);
	assert_int_equal(stat(path, &sb), 0);
	assert_int_equal(sb.st_mode & 0777, 0600);
	assert_int_equal(file_write_new(path, cur_of("other", 5), &f), ST_FILE_EXISTS);
	assert_int_equal(symlink("nowhere", link_path), 0);
	assert_int_equal(file_write_new(link_path, cur_of("other", 5), &f), ST_FILE_EXISTS);
	assert_int_equal(file_read(path, 5, &back, &f), ST_OK);
	assert_memory_equal(back.p, "hello", 5);
	assert_int_equal(file_read(path, 4, &back, &f), ST_DAMAGED);
	assert_int_equal(file_read(dir, 4, &back, &f), ST_DISK);
	assert_int_equal(file_make_dir(deep, &f), ST_OK);
	assert_int_equal(file_make_dir(deep, &f), ST_OK);
	assert_int_equal(stat(deep, &sb), 0);
	assert_int_equal(sb.st_mode & 0777, 0700);
	assert_int_not_equal(file_make_dir(path, &f), ST_OK);
	snprintf(deep, sizeof(deep), "rm -r %s", dir);
	assert_int_equal(system(deep), 0);
}

/* Whole under its name, or not at all. */
static void a_file_that_is_written_in_pieces_has_its_name_when_it_is_whole(void **state)
{
	char dir[] = "/tmp/keyroom-base-XXXXXX", path[64];
	struct fault f = { 0 };
	BUF back = { 0 };

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/file", dir);
	{
		FILE_NEW left = { 0 };

		assert_int_equal(file_new_open(&left, path, &f), ST_OK);
		assert_int_equal(file_new_put(&left, cur_of("half", 4), &f), ST_OK);
	}
	assert_int_equal(rmdir(dir), 0);   /* which is empty */
	assert_int_equal(mkdir(dir, 0700), 0);
	{
		FILE_NEW whole = { 0 };

		assert_int_equal(file_new_open(&whole, path, &f), ST_OK);
		assert_int_equal(file_new_put(&whole, cur_of("one ", 4), &f), ST_OK);
		assert_int_equal(access(path, F_OK), -1);
		assert_int_equal(file_new_put(&whole, cur_of("two", 3), &f), ST_OK);
		assert_int_equal(file_new_name(&whole, &f), ST_OK);
	}
	assert_int_equal(file_read(path, 7, &back, &f), ST_OK);
	assert_memory_equal(back.p, "one two", 7);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
}

static void a_file_is_read_whole_into_a_secret(void **state)
{
	char path[] = "/tmp/keyroom-base-XXXXXX";
	int fd = mkstemp(path);
	struct secret *s = NULL;
	struct fault f = { 0 };

	(void)state;
	assert_int_equal(file_read_private(path, 4, &s, &f), ST_OK);
	assert_int_equal(secret_len(s), 0);
	secret_free(s);
	assert_int_equal(write(fd, "a\nb\0", 4), 4);
	(void)close(fd);
	assert_int_equal(file_read_private(path, 4, &s, &f), ST_OK);
	assert_true(cur_equal(secret_view(s), "a\nb\0", 4));
	secret_free(s);
	s = NULL;
	assert_int_equal(file_read_private(path, 3, &s, &f), ST_DAMAGED);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(file_read_private(path, 4, &s, &f), ST_NOT_FOUND);
	assert_int_equal(file_read_private("/tmp", 4, &s, &f), ST_DISK);
	assert_null(s);
}

static void a_full_disk_is_noticed_and_leaves_nothing_behind(void **state)
{
	struct fault f = { 0 };

	(void)state;
	/* /dev/full cannot take a file beside it; a file size limit of zero stands for a full disk. */
	assert_int_equal(file_write_new("/proc/keyroom-nothing", cur_of("x", 1), &f), ST_DISK);
	assert_int_equal(f.st, ST_DISK);
	assert_int_equal(file_check_new("/proc/keyroom-nothing/file", &f), ST_DISK);
	assert_non_null(strstr(f.what, "there is no folder /proc/keyroom-nothing"));
	assert_int_equal(file_check_new("keyroom-nothing/file", &f), ST_DISK);
	assert_non_null(strstr(f.what, "there is no folder keyroom-nothing in /"));
	assert_int_equal(file_check_new("~/file", &f), ST_DISK);
	assert_non_null(strstr(f.what, "~ does not stand for a folder"));
	assert_int_equal(file_check_new("/proc/self", &f), ST_FILE_EXISTS);
	assert_non_null(strstr(f.what, "exists already"));   /* a symbolic link is not followed */
	assert_int_equal(file_check_new("/proc", &f), ST_FILE_EXISTS);
	assert_non_null(strstr(f.what, "is a folder"));
	assert_int_equal(file_check_new("/proc/self/status/file", &f), ST_DISK);
	assert_true(f.what[0] != '\0');
}

static void the_first_line_of_a_file_is_a_secret_byte_for_byte(void **state)
{
	char path[] = "/tmp/keyroom-line-XXXXXX";
	int fd = mkstemp(path);
	SECRET *s = secret_new(8), *small = secret_new(3);
	bool readable = true;
	struct fault f;

	(void)state;
	assert_int_equal(write(fd, " p\r\nrest", 8), 8);
	assert_int_equal(file_read_secret(path, s, &readable, &f), ST_OK);
	assert_int_equal(secret_len(s), 3);
	assert_memory_equal(secret_bytes(s), " p\r", 3);
	assert_false(readable);
	assert_int_equal(fchmod(fd, 0644), 0);
	assert_int_equal(file_read_secret(path, small, &readable, &f), ST_OK);
	assert_true(readable);
	assert_int_equal(pwrite(fd, "1234567890", 10, 0), 10);
	assert_int_equal(file_read_secret(path, s, &readable, &f), ST_BAD_FORM);
	assert_int_equal(secret_len(s), 0);
	close(fd);
	unlink(path);
}

static void a_fault_is_made_of_whole_sentences(void **state)
{
	struct fault f;

	(void)state;
	assert_int_equal(fault_set(&f, ST_CARD_GONE, NULL), ST_CARD_GONE);
	assert_int_equal(fault_add(&f, "Plug it in again."), ST_CARD_GONE);
	assert_string_equal(f.what, "The device was removed. Plug it in again.");
	assert_int_equal(f.tries_left, -1);
	assert_int_equal(fault_set(&f, ST_DAMAGED, "share.pbe: %s", f.what), ST_DAMAGED);
	assert_string_equal(f.what, "share.pbe: The device was removed. Plug it in again.");
	for (int i = 0; i < ST_COUNT; i++)
		assert_non_null(status_words((enum status)i));
	for (int i = 0; i < 50; i++)
		fault_add(&f, "More and more sentences follow.");
	assert_true(strlen(f.what) < sizeof(f.what));
}

/* A disk that takes what is written, and keeps something else. */
static bool disk_lies;
int __real_fsync(int fd);
int __wrap_fsync(int fd);

int __wrap_fsync(int fd)
{
	if (disk_lies)
		assert_int_equal(pwrite(fd, "j", 1, 0), 1);
	return __real_fsync(fd);
}

static void what_a_disk_did_not_keep_is_not_written(void **state)
{
	char dir[] = "/tmp/keyroom-base-XXXXXX", path[64];
	struct fault f = { 0 };
	FILE_NEW n = { 0 };

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/file", dir);
	disk_lies = true;
	assert_int_equal(file_write_new(path, cur_of("hello", 5), &f), ST_DISK);
	assert_int_equal(file_new_open(&n, path, &f), ST_OK);
	assert_int_equal(file_new_put(&n, cur_of("hello", 5), &f), ST_OK);
	assert_int_equal(file_new_name(&n, &f), ST_DISK);
	disk_lies = false;
	file_new_done(&n);
	assert_int_equal(rmdir(dir), 0);   /* nothing was left there, under no name */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_disk_did_not_keep_is_not_written),
		cmocka_unit_test(a_cursor_does_not_move_when_the_read_does_not_fit),
		cmocka_unit_test(tlv_reads_what_it_writes_at_every_length_form),
		cmocka_unit_test(tlv_refuses_indefinite_and_giant_lengths),
		cmocka_unit_test(hex_is_read_in_both_cases_and_nothing_else),
		cmocka_unit_test(a_secret_keeps_its_capacity_and_erases),
		cmocka_unit_test(text_from_outside_is_made_harmless),
		cmocka_unit_test(text_takes_columns_and_not_bytes),
		cmocka_unit_test(a_new_file_is_private_and_never_replaces_another),
		cmocka_unit_test(a_file_that_is_written_in_pieces_has_its_name_when_it_is_whole),
		cmocka_unit_test(a_file_is_read_whole_into_a_secret),
		cmocka_unit_test(a_full_disk_is_noticed_and_leaves_nothing_behind),
		cmocka_unit_test(the_first_line_of_a_file_is_a_secret_byte_for_byte),
		cmocka_unit_test(a_fault_is_made_of_whole_sentences),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
