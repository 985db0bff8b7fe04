/* SPDX-License-Identifier: ISC */
#include "base/ascii.h"
#include "base/base64.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/process.h"
#include "base/strlist.h"
#include "base/units.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

static void buf_grows_and_never_truncates(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	assert_string_equal(buf_str(&b), "");
	for (int i = 0; i < 1000; i++)
		buf_addf(&b, "%03d,", i);
	assert_int_equal(b.len, 4000);
	assert_memory_equal(b.data + 3996, "999,", 5);
	buf_insert(&b, 4, "xx", 2);
	buf_remove(&b, 0, 4);
	buf_truncate(&b, 6);
	assert_string_equal(buf_str(&b), "xx001,");
	assert_false(buf_add_within(&b, "12345", 5, 10));
	assert_true(buf_add_within(&b, "1234", 4, 10));
	buf_truncate(&b, 0);
	buf_add_hex(&b, "\x00\x9f\xff", 3);
	assert_string_equal(buf_str(&b), "009fff");
	buf_wipe(&b);
	assert_null(b.data);
}

static void printable_keeps_text_and_defuses_the_rest(void **state)
{
	static const char hostile[] = "h\xc3\xa9\x1b[31m\x00\xc2\x9b\xff\xed\xa0\x80 "
				      "\xe2\x80\xa7\xe2\x80\xa8\xe2\x80\xae\xe2\x80\xaf"
				      "\xe2\x81\xa5\xe2\x81\xa6\xe2\x81\xa9\xe2\x81\xaa end";
	struct buf b = BUF_INIT;

	(void)state;
	buf_add_printable(&b, hostile, sizeof hostile - 1);
	assert_string_equal(buf_str(&b), "h\xc3\xa9?[31m?\?\?\?\?\? \xe2\x80\xa7?\?\xe2\x80\xaf\xe2\x81\xa5?\?\xe2\x81\xaa end");
	buf_release(&b);
}

static void a_cut_is_between_characters(void **state)
{
	static const size_t kept[] = { 0, 1, 1, 3, 3, 3, 6, 7, 7 };

	(void)state;
	for (size_t len = 0; len < sizeof kept / sizeof *kept; len++) {
		struct buf b = BUF_INIT;

		buf_cut(&b, len);
		assert_null(b.data);
		buf_adds(&b, "a\xc3\xa9\xe2\x82\xac!");
		buf_cut(&b, len);
		assert_int_equal(b.len, kept[len]);
		buf_release(&b);
	}
}

static void words_compare_whole_and_without_case(void **state)
{
	(void)state;
	assert_true(ascii_equal("SIZE", "size"));
	assert_false(ascii_equal("SIZEX", "SIZE"));
	assert_false(ascii_equal_bytes("SIZE=3", 4, "SIZ"));
	assert_true(ascii_starts_with("Size=3", "SIZE="));
	assert_false(ascii_starts_with("SI", "SIZE"));
}

static void numbers_are_whole_and_bounded(void **state)
{
	unsigned long long n = 7;

	(void)state;
	assert_true(ascii_to_number("65535", 65535, &n));
	assert_int_equal(n, 65535);
	assert_false(ascii_to_number("65536", 65535, &n));
	assert_true(ascii_to_number("1", 1, &n));
	assert_false(ascii_to_number("5", 1, &n));
	assert_false(ascii_to_number("12", 1, &n));
	assert_false(ascii_to_number("", 9, &n));
	assert_false(ascii_to_number("+1", 9, &n));
	assert_false(ascii_to_number("1 ", 9, &n));
	assert_true(ascii_to_number("18446744073709551615", UINT64_MAX, &n));
	assert_false(ascii_to_number("18446744073709551616", UINT64_MAX, &n));
}

static void error_lines_are_printable_and_cut_at_a_character(void **state)
{
	struct error err = ERROR_INIT;
	struct buf text = BUF_INIT;

	(void)state;
	for (int i = 0; i < 600; i++)
		buf_adds(&text, "\xc3\xa9");
	assert_false(error_set(&err, EX_TEMPFAIL, "4.4.2", "%s", buf_str(&text)));
	assert_true(utf8_is_valid(err.text, strlen(err.text)));
	assert_int_equal(strlen(err.text), sizeof err.text - 2);
	error_set(&err, EX_CONFIG, NULL, "bad\nline");
	error_context(&err, "file '%s'", "x");
	assert_string_equal(err.text, "file 'x': bad?line");
	assert_string_equal(err.status, "");
	assert_int_equal(err.scope, ERROR_OF_MESSAGE);
	error_set_errno(&err, EX_NOPERM, ENOENT, "cannot open");
	assert_string_equal(err.text, "cannot open: No such file or directory");
	assert_int_equal(err.scope, ERROR_OF_ROUTE);
	buf_release(&text);
}

static void lists_split_at_commas(void **state)
{
	struct strlist l = STRLIST_INIT;

	(void)state;
	strlist_split(&l, " a.example ,, b ,");
	assert_int_equal(l.count, 2);
	assert_string_equal(l.items[0], "a.example");
	assert_true(strlist_has(&l, "B"));
	assert_false(strlist_has(&l, "a"));
	strlist_release(&l);
}

static void base64_round_trips_and_refuses(void **state)
{
	static const char *const bad[] = { "A", "AA=A", "A*==", "AAAA\n", "====" };
	struct buf text = BUF_INIT, back = BUF_INIT;

	(void)state;
	for (size_t len = 0; len < 70; len++) {
		char data[70];

		for (size_t i = 0; i < len; i++)
			data[i] = (char)(i * 37 + len);
		buf_truncate(&text, 0);
		buf_truncate(&back, 0);
		base64_encode(&text, data, len);
		assert_int_equal(text.len, (len + 2) / 3 * 4);
		assert_true(base64_decode(&back, buf_str(&text), text.len));
		assert_int_equal(back.len, len);
		assert_memory_equal(buf_str(&back), data, len);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(base64_decode(&back, bad[i], strlen(bad[i])));
	buf_release(&text);
	buf_release(&back);
}

static void durations_and_sizes(void **state)
{
	static const struct {
		const char *text;
		int64_t seconds;
	} good[] = { { "90", 90 }, { "0", 0 }, { "15m", 900 }, { "1h30m", 5400 }, { "2W", 1209600 } };
	static const char *const bad[] = { "", "m", "1x", "1h30", "30 1h", "-1", "1.5h", "99999999999", " 1" };
	struct buf b = BUF_INIT;
	int64_t seconds;
	uint64_t bytes;

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		assert_true(units_duration(good[i].text, 1, &seconds));
		assert_int_equal(seconds, good[i].seconds);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(units_duration(bad[i], 1, &seconds));
	assert_true(units_duration("15", 60, &seconds));
	assert_int_equal(seconds, 900);
	assert_true(units_size("1G", &bytes));
	assert_int_equal(bytes, 1024 * 1024 * 1024);
	assert_true(units_size("0", &bytes));
	assert_false(units_size("1T", &bytes));
	assert_false(units_size("1KK", &bytes));
	assert_true(units_size("1048576g", &bytes));
	assert_int_equal(bytes, UINT64_C(1) << 50);
	assert_false(units_size("1048577G", &bytes));
	assert_false(units_size("1099511627776G", &bytes)); /* 2^70 */
	assert_false(units_size("1125899906842625", &bytes));
	units_add_duration(&b, 5400);
	buf_addc(&b, ' ');
	units_add_size(&b, 74239180);
	assert_string_equal(buf_str(&b), "1h30m 70.8 MiB");
	buf_release(&b);
}

static void unnamed_files_take_a_name_once(void **state)
{
	char folder[] = "/tmp/sendoff-test-XXXXXX";
	struct buf b = BUF_INIT;
	struct stat st;
	int dir, fd;

	(void)state;
	assert_non_null(mkdtemp(folder));
	dir = open(folder, O_RDONLY | O_DIRECTORY);
	fd = file_open_unnamed(folder, 0600);
	assert_true(fd >= 0);
	assert_true(file_write_all(fd, "hello", 5));
	assert_true(file_link_unnamed(fd, dir, "a"));
	assert_false(file_link_unnamed(fd, dir, "a"));
	assert_int_equal(errno, EEXIST);
	close(fd);
	fd = file_open_regular(dir, "a", O_RDONLY | O_NOFOLLOW, &st);
	assert_true(file_read_all(fd, &b, 5));
	assert_string_equal(buf_str(&b), "hello");
	lseek(fd, 0, SEEK_SET);
	assert_false(file_read_all(fd, &b, 9));
	assert_int_equal(strlen(buf_str(&b)), b.len);
	assert_int_equal(errno, EFBIG);
	close(fd);
	assert_int_equal(file_open_regular(dir, ".", O_RDONLY, &st), -1);
	assert_int_equal(errno, EISDIR);
	assert_int_equal(symlinkat("a", dir, "b"), 0);
	assert_int_equal(file_open_regular(dir, "b", O_RDONLY | O_NOFOLLOW, &st), -1);
	unlinkat(dir, "a", 0);
	unlinkat(dir, "b", 0);
	close(dir);
	rmdir(folder);
	buf_release(&b);
}

static void stop_signals_end_waits_and_nothing_else(void **state)
{
	struct pollfd nothing = { .fd = -1 };

	(void)state;
	assert_int_equal(process_poll(&nothing, 1, clock_now_ms() + 5), 0);
	process_catch_stop();
	raise(SIGTERM);
	assert_int_equal(process_stopped(), STOP_NONE);
	assert_int_equal(process_poll(&nothing, 1, clock_now_ms() + 60000), -1);
	assert_int_equal(errno, EINTR);
	assert_int_equal(process_stopped(), STOP_KEEP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buf_grows_and_never_truncates),
		cmocka_unit_test(printable_keeps_text_and_defuses_the_rest),
		cmocka_unit_test(a_cut_is_between_characters),
		cmocka_unit_test(words_compare_whole_and_without_case),
		cmocka_unit_test(numbers_are_whole_and_bounded),
		cmocka_unit_test(error_lines_are_printable_and_cut_at_a_character),
		cmocka_unit_test(lists_split_at_commas),
		cmocka_unit_test(base64_round_trips_and_refuses),
		cmocka_unit_test(durations_and_sizes),
		cmocka_unit_test(unnamed_files_take_a_name_once),
		cmocka_unit_test(stop_signals_end_waits_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
