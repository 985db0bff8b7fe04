/* SPDX-License-Identifier: ISC */
#include "net/dns.h"

#include "base/buf.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { TXT = 16, SRV = 33, CNAME = 5 };

static void add16(struct buf *b, unsigned n)
{
	buf_addc(b, (char)(n >> 8));
	buf_addc(b, (char)(n & 0xff));
}

/* A header, the question "x." and so many answers to come. */
static void begin(struct buf *b, unsigned answers)
{
	static const unsigned counts[] = { 0x1234, 0x8180, 1 };

	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
		add16(b, counts[i]);
	add16(b, answers);
	add16(b, 0);
	add16(b, 0);
	buf_add(b, "\1x\0\0\20\0\1", 7);
}

/* An answer about "x.", by a pointer to the question. */
static void add_answer(struct buf *b, unsigned type, const void *data, size_t len)
{
	add16(b, 0xc00c);
	add16(b, type);
	add16(b, 1);
	add16(b, 0);
	add16(b, 300);
	add16(b, (unsigned)len);
	buf_add(b, data, len);
}

static bool texts(const struct buf *b, struct strlist *list)
{
	return dns_parse_texts((const unsigned char *)b->data, b->len, list);
}

static void strings_of_a_text_are_joined(void **state)
{
	struct strlist list = STRLIST_INIT;
	struct buf b = BUF_INIT;

	begin(&b, 3);
	add_answer(&b, TXT, "\6v=spf1\5 -all", 13);
	add_answer(&b, CNAME, "\1y", 3);
	add_answer(&b, TXT, "\0", 1);
	assert_true(texts(&b, &list));
	assert_int_equal(list.count, 2);
	assert_string_equal(list.items[0], "v=spf1 -all");
	assert_string_equal(list.items[1], "");
	strlist_release(&list);
	buf_release(&b);
}

static void malformed_texts_are_refused(void **state)
{
	struct strlist list = STRLIST_INIT;
	struct buf b = BUF_INIT;

	begin(&b, 1);
	add_answer(&b, TXT, "\7v=spf1", 7);
	assert_false(texts(&b, &list));
	for (size_t len = b.len; len-- > 0;)
		assert_false(dns_parse_texts((const unsigned char *)b.data, len, &list));
	assert_int_equal(list.count, 0);
	strlist_release(&list);
	buf_release(&b);
}

static void the_best_service_counts(void **state)
{
	static const char *const data[] = {
		"\0\12\0\5\2\113\1a\0", /* priority 10, weight 5, port 587 */
		"\0\12\0\7\2\113\1b\0", /* more weight */
		"\0\24\0\7\1\321\1c\0", /* priority 20, port 465 */
	};
	struct dns_service service;
	struct buf b = BUF_INIT;

	begin(&b, 3);
	for (size_t i = 0; i < 3; i++)
		add_answer(&b, SRV, data[i], 9);
	assert_true(dns_parse_service((const unsigned char *)b.data, b.len, &service));
	assert_string_equal(service.host, "b");
	assert_int_equal(service.port, 587);
	assert_int_equal(service.priority, 10);
	buf_release(&b);
}

static void malformed_services_are_refused(void **state)
{
	struct dns_service service;
	struct buf b = BUF_INIT;

	begin(&b, 1);
	add_answer(&b, SRV, "\0\12\0\5\2", 5);
	assert_false(dns_parse_service((const unsigned char *)b.data, b.len, &service));
	buf_truncate(&b, 0);
	begin(&b, 1);
	add_answer(&b, SRV, "\0\12\0\5\2\113\77a", 8); /* a label longer than what is there */
	assert_false(dns_parse_service((const unsigned char *)b.data, b.len, &service));
	buf_truncate(&b, 0);
	begin(&b, 0);
	assert_true(dns_parse_service((const unsigned char *)b.data, b.len, &service));
	assert_int_equal(service.port, 0);
	buf_release(&b);
}

static void a_reply_cut_anywhere_is_none(void **state)
{
	struct buf whole = BUF_INIT, part = BUF_INIT;
	struct strlist list = STRLIST_INIT;

	begin(&whole, 2);
	add_answer(&whole, CNAME, "\1y", 3);
	add_answer(&whole, TXT, "\6v=spf1\5 -all", 13);
	assert_true(texts(&whole, &list));
	assert_int_equal(list.count, 1);
	for (size_t len = 0; len < whole.len; len++) {
		buf_release(&part);
		buf_add(&part, whole.data, len);
		assert_false(dns_parse_texts((const unsigned char *)buf_str(&part), len, &list));
	}
	assert_int_equal(list.count, 1);
	strlist_release(&list);
	buf_release(&whole);
	buf_release(&part);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strings_of_a_text_are_joined),
		cmocka_unit_test(malformed_texts_are_refused),
		cmocka_unit_test(the_best_service_counts),
		cmocka_unit_test(malformed_services_are_refused),
		cmocka_unit_test(a_reply_cut_anywhere_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
