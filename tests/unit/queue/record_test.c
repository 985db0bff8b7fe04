/* SPDX-License-Identifier: ISC */
#include "queue/record.h"

#include "base/alloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void no_value_breaks_out_of_its_line(void **state)
{
	static const char *const values[] = { NULL, "", "-", "%", "a b", "x\ty", "100%", "\xff\x80",
		"plain@x.org" };
	struct buf out = BUF_INIT;
	struct record r = { 0 };

	for (size_t i = 0; i < sizeof values / sizeof *values; i++)
		record_add_text(&out, "key", values[i]);
	r.at = out.data;
	r.end = out.data + out.len;
	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		char *text = NULL;

		assert_true(record_next_text(&r, "key", &text));
		if (values[i])
			assert_string_equal(text, values[i]);
		else
			assert_null(text);
		free(text);
	}
	assert_ptr_equal(r.at, r.end);
	record_release(&r);
	buf_release(&out);
}

static void line_breaks_are_written_but_never_read_back(void **state)
{
	struct buf out = BUF_INIT;
	struct record r = { 0 };

	record_add_text(&out, "key", "a\nuid 0");
	assert_int_equal(strcspn(out.data, "\n"), out.len - 1);
	r.at = out.data;
	r.end = out.data + out.len;
	assert_false(record_next(&r, "key", 1));
	record_release(&r);
	buf_release(&out);
}

static void only_what_is_written_is_read(void **state)
{
	static const char *const lines[] = {
		"",
		"key",
		"key 1",
		"kex 1\n",
		"keyx 1\n",
		"key  1\n",
		"key 1 \n",
		"key 1 2\n",
		"key\n",
		"key %\n%",
		"key %0\n",
		"key %zz\n",
		"key %00\n",
		"key %0a\n",
		"key a%\n",
		"key -1\n",
		"key 01x\n",
		"key 99\n",
		"key 99999999999999999999999\n",
		"key -\n",
	};

	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		struct record r = { .at = lines[i], .end = lines[i] + strlen(lines[i]) };
		uint64_t n;

		if (record_next_number(&r, "key", 50, &n))
			fail_msg("'%s' was read as %d", lines[i], (int)n);
		record_release(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_value_breaks_out_of_its_line),
		cmocka_unit_test(line_breaks_are_written_but_never_read_back),
		cmocka_unit_test(only_what_is_written_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
