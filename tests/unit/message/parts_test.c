/* SPDX-License-Identifier: ISC */
/* The small parts: spool, header, envelope. */
#include "base/log.h"
#include "message/envelope.h"
#include "message/header.h"
#include "message/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

/* An octet that depends on its place, without a short period. */
static char octet_at(uint64_t at)
{
	return (char)(at * 2654435761U >> 13);
}

static void fill(struct spool *s, uint64_t size, size_t piece)
{
	struct error err = ERROR_INIT;
	char *block = malloc(piece);

	while (s->size < size) {
		size_t n = size - s->size < piece ? (size_t)(size - s->size) : piece;

		for (size_t i = 0; i < n; i++)
			block[i] = octet_at(s->size + i);
		assert_true(spool_add(s, block, n, &err));
	}
	free(block);
	assert_true(spool_seal(s, &err));
}

static void expect_all(const struct spool *s, uint64_t from)
{
	struct error err = ERROR_INIT;
	const char *data;
	ssize_t n;

	for (; (n = spool_look(s, from, &data, &err)) > 0; from += (uint64_t)n)
		for (ssize_t i = 0; i < n; i++)
			if (data[i] != octet_at(from + (uint64_t)i))
				fail_msg("octet %llu is wrong", (unsigned long long)from + (unsigned long long)i);
	assert_int_equal(n, 0);
	assert_int_equal(from, s->size);
}

static void spools_hold_what_was_put_in(void **state)
{
	static const struct {
		uint64_t size;
		size_t piece;
		bool file;
	} cases[] = {
		{ 0, 1, false },
		{ 1, 1, false },
		{ SPOOL_MEMORY, 4096, false },
		{ SPOOL_MEMORY, SPOOL_MEMORY, false },
		{ SPOOL_MEMORY + 1, 4096, true },
		{ SPOOL_MEMORY + 1, SPOOL_MEMORY + 1, true },
		{ 3 * SPOOL_MEMORY + 17, 999, true },
		{ 3 * SPOOL_MEMORY, 300000, true },
	};
	struct strlist here = STRLIST_INIT;

	(void)state;
	strlist_add(&here, "/nowhere/at/all");
	strlist_add(&here, ".");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct spool s = SPOOL_INIT;

		s.directories = &here;
		fill(&s, cases[i].size, cases[i].piece);
		assert_int_equal(s.fd >= 0, cases[i].file);
		expect_all(&s, 0);
		expect_all(&s, cases[i].size / 2);
		if (cases[i].file)
			assert_null(s.memory.data);
		spool_release(&s);
	}
	strlist_release(&here);
}

static void without_a_file_memory_has_its_limit(void **state)
{
	struct spool s = SPOOL_INIT;
	struct error err = ERROR_INIT;

	(void)state;
	fill(&s, SPOOL_MEMORY_LAST, SPOOL_MEMORY_LAST / 4);
	assert_int_equal(s.fd, -1);
	assert_false(spool_add(&s, "x", 1, &err));
	assert_int_equal(err.code, EX_CANTCREAT);
	assert_string_not_equal(err.hint, "");
	spool_release(&s);
}

/* The file may hold 2 MiB and not more. */
static void with_little_room(struct spool *s, const struct strlist *here, size_t size)
{
	struct rlimit old, small;

	s->directories = here;
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	small = old;
	small.rlim_cur = 2 * SPOOL_MEMORY;
	setrlimit(RLIMIT_FSIZE, &small);
	fill(s, size, 65536);
	setrlimit(RLIMIT_FSIZE, &old);
}

static void a_full_disk_leaves_memory(void **state)
{
	struct strlist here = STRLIST_INIT;
	struct spool s = SPOOL_INIT, same = SPOOL_INIT;
	struct error err = ERROR_INIT;

	(void)state;
	strlist_add(&here, ".");
	with_little_room(&s, &here, SPOOL_MEMORY_LAST);
	fill(&same, SPOOL_MEMORY_LAST, 65536);
	assert_int_equal(s.fd, -1);
	assert_int_equal(s.size, SPOOL_MEMORY_LAST);
	assert_int_equal(s.memory.len, SPOOL_MEMORY_LAST);
	assert_memory_equal(buf_str(&s.memory), buf_str(&same.memory), SPOOL_MEMORY_LAST);
	assert_false(spool_add(&s, "x", 1, &err));
	assert_int_equal(err.code, EX_CANTCREAT);
	spool_release(&s);
	spool_release(&same);
	strlist_release(&here);
}

static void a_spool_may_be_the_beginning_of_a_file(void **state)
{
	struct spool s = SPOOL_INIT;
	struct error err = ERROR_INIT;
	int fd = open(".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	const char *data;

	(void)state;
	assert_int_equal(write(fd, "BODYtail", 8), 8);
	spool_from_file(&s, fd, 4);
	assert_int_equal(spool_look(&s, 1, &data, &err), 3);
	assert_memory_equal(data, "ODY", 3);
	assert_int_equal(spool_look(&s, 4, &data, &err), 0);
	s.size = 100;
	assert_int_equal(spool_look(&s, 50, &data, &err), -1);
	assert_int_equal(err.code, EX_IOERR);
	spool_release(&s);
}

static void lines_that_are_fields(void **state)
{
	static const struct {
		const char *line;
		size_t name_len; /* 0: it is none */
	} cases[] = {
		{ "To: a", 2 }, { "To:", 2 }, { "To :", 2 }, { "To \t : a", 2 }, { "X-!#$%&'*+.,;<>()[]@\\\"/: x", 23 },
		{ "", 0 }, { ":", 0 }, { " To: a", 0 }, { "\tTo: a", 0 }, { "To", 0 }, { "To a: b", 0 }, { "To \t", 0 },
		{ "T\xc3\xb6: a", 0 }, { "T\x7fo: a", 0 }, { "T\ro: a", 0 }, { "From a@x Thu Nov 26 10:30:00 2026", 0 },
		{ ">From a: b", 0 }, { "http://x", 4 },
	};
	char name[1100];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		size_t len = 0;

		assert_int_equal(header_line_is_field(cases[i].line, strlen(cases[i].line), &len), cases[i].name_len > 0);
		assert_int_equal(len, cases[i].name_len);
	}
	memset(name, 'n', sizeof name);
	name[HEADER_NAME_MAX - 1] = ':';
	assert_true(header_line_is_field(name, sizeof name, NULL));
	name[HEADER_NAME_MAX - 1] = 'n';
	name[HEADER_NAME_MAX] = ':';
	assert_false(header_line_is_field(name, sizeof name, NULL));
}

static void fields_are_found_changed_and_removed(void **state)
{
	struct header h = HEADER_INIT, copy = HEADER_INIT;
	struct buf text = BUF_INIT;

	(void)state;
	header_add_line(&h, "To : a", 6);
	header_continue(&h, "\tb\0c\r", 5);
	header_add(&h, "Subject", "s");
	header_insert(&h, 0, "X", "1");
	header_add(&h, "x", "2");
	header_copy(&copy, &h);
	header_write(&h, &text);
	assert_string_equal(text.data, "X: 1\r\nTo : a\r\n\tb c \r\nSubject: s\r\nx: 2\r\n");
	assert_int_equal(header_find(&h, "TO", 0), 1);
	assert_int_equal(header_find(&h, "X", 1), 3);
	assert_int_equal(header_find(&h, "T", 0), 4);
	assert_true(header_has(&h, "subject"));
	field_set_value(&h.fields[1], "c", 1);
	header_keep(&h, "X", h.count);
	header_keep(&h, "subject", h.count);
	buf_truncate(&text, 0);
	header_write(&h, &text);
	assert_string_equal(text.data, "To : c\r\n");
	assert_int_equal(copy.count, 4);
	assert_string_equal(field_value(&copy.fields[1]), " a\n\tb c ");
	assert_int_equal(field_value_len(&copy.fields[1]), 8);
	header_release(&h);
	header_release(&copy);
	buf_release(&text);
}

static void each_recipient_once(void **state)
{
	struct envelope e = ENVELOPE_INIT, copy = ENVELOPE_INIT;
	struct error err = ERROR_INIT;

	(void)state;
	assert_true(envelope_add(&e, "a@x.org", "root", &err));
	assert_true(envelope_add(&e, "a@X.ORG", NULL, &err));
	assert_true(envelope_add(&e, "A@x.org", NULL, &err));
	assert_true(envelope_add(&e, "root", NULL, &err));
	assert_true(envelope_add(&e, "root", NULL, &err));
	assert_true(envelope_add(&e, "\"a@b\"@x.org", NULL, &err));
	assert_int_equal(e.count, 4);
	assert_string_equal(e.recipients[0].original, "root");

	envelope_copy(&copy, &e);
	assert_true(envelope_add(&copy, "a@x.org", NULL, &err));
	assert_true(envelope_add(&copy, "new@x.org", NULL, &err));
	assert_int_equal(copy.count, 5);
	assert_int_equal(e.count, 4);
	envelope_release(&e);
	envelope_release(&copy);
}

static void many_recipients_up_to_the_limit(void **state)
{
	struct envelope e = ENVELOPE_INIT;
	struct error err = ERROR_INIT;
	char address[64];

	(void)state;
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < ENVELOPE_RECIPIENTS_MAX; i++) {
			snprintf(address, sizeof address, "user%d@%s.example.org", i, round ? "HOST" : "host");
			assert_true(envelope_add(&e, address, NULL, &err));
		}
	assert_int_equal(e.count, ENVELOPE_RECIPIENTS_MAX);
	assert_false(envelope_add(&e, "one@more", NULL, &err));
	assert_int_equal(err.code, EX_DATAERR);
	envelope_release(&e);
}

static void dsn_words(void **state)
{
	unsigned notify = 99;
	enum dsn_return ret = RETURN_DEFAULT;

	(void)state;
	assert_true(envelope_parse_notify("never", &notify));
	assert_int_equal(notify, NOTIFY_NEVER);
	assert_true(envelope_parse_notify("Success,DELAY,failure", &notify));
	assert_int_equal(notify, NOTIFY_SUCCESS | NOTIFY_DELAY | NOTIFY_FAILURE);
	assert_false(envelope_parse_notify("never,delay", &notify));
	assert_false(envelope_parse_notify("", &notify));
	assert_false(envelope_parse_notify("sometimes", &notify));
	assert_false(envelope_parse_notify("delay failure", &notify));
	assert_int_equal(notify, NOTIFY_SUCCESS | NOTIFY_DELAY | NOTIFY_FAILURE);
	assert_true(envelope_parse_return("HDRS", &ret));
	assert_int_equal(ret, RETURN_HEADERS);
	assert_true(envelope_parse_return("full", &ret));
	assert_int_equal(ret, RETURN_FULL);
	assert_false(envelope_parse_return("headers", &ret));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spools_hold_what_was_put_in),
		cmocka_unit_test(without_a_file_memory_has_its_limit),
		cmocka_unit_test(a_full_disk_leaves_memory),
		cmocka_unit_test(a_spool_may_be_the_beginning_of_a_file),
		cmocka_unit_test(lines_that_are_fields),
		cmocka_unit_test(fields_are_found_changed_and_removed),
		cmocka_unit_test(each_recipient_once),
		cmocka_unit_test(many_recipients_up_to_the_limit),
		cmocka_unit_test(dsn_words),
	};

	return cmocka_run_group_tests_name("message parts", tests, NULL, NULL);
}
