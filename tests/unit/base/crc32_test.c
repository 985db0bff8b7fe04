/* SPDX-License-Identifier: ISC */
#include "base/crc32.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void known_answers(void **state)
{
	assert_int_equal(crc32_add(0, "", 0), 0);
	assert_int_equal(crc32_add(0, "123456789", 9), 0xcbf43926);
	assert_int_equal(
		crc32_add(0, "The quick brown fox jumps over the lazy dog", 43), 0x414fa339);
}

static void pieces_make_the_whole(void **state)
{
	char data[100];

	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (char)(i * 37);
	for (size_t cut = 0; cut <= sizeof data; cut++)
		assert_int_equal(crc32_add(crc32_add(0, data, cut), data + cut, sizeof data - cut),
			crc32_add(0, data, sizeof data));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_answers),
		cmocka_unit_test(pieces_make_the_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
