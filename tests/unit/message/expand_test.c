/* SPDX-License-Identifier: ISC */
#include "base/alloc.h"
#include "base/ascii.h"
#include "base/file.h"
#include "base/log.h"
#include "message/address.h"
#include "message/expand.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define HOST "box.example.com"

/* A file in this directory, by its full path. */
static char *write_file(const char *name, const char *text)
{
	char *here = getcwd(NULL, 0);
	struct buf path = BUF_INIT;
	int fd;

	assert_non_null(here);
	buf_addf(&path, "%s/%s", here, name);
	fd = open(path.data, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	free(here);
	return buf_detach(&path);
}

struct expand_case {
	const char *aliases; /* NULL: no file */
	const char *recipients;
	const char *adminaddr, *domain;
	const char *expected; /* address[=original] ... */
	const char *failures; /* "address:words of the text; ..." */
};

static void add_all(struct envelope *e, const char *list)
{
	struct mailboxes m = MAILBOXES_INIT;
	struct error err = ERROR_INIT;

	assert_true(mailboxes_parse(&m, list, strlen(list), &err));
	for (size_t i = 0; i < m.count; i++) {
		char *address = mailbox_address(&m.items[i]);

		assert_true(envelope_add(e, address, NULL, &err));
		free(address);
	}
	mailboxes_release(&m);
}

static char *result_of(const struct envelope *e)
{
	struct buf b = BUF_INIT;

	for (size_t i = 0; i < e->count; i++) {
		buf_addf(&b, "%s%s", i ? " " : "", e->recipients[i].address);
		if (e->recipients[i].original)
			buf_addf(&b, "=%s", e->recipients[i].original);
	}
	return buf_detach(&b);
}

static void check_failures(const struct expansion *x, const struct expand_case *t)
{
	const char *p = t->failures ? t->failures : "";

	for (size_t i = 0; i < x->count; i++) {
		size_t name = strcspn(p, ":");
		size_t end = strcspn(p, ";");
		char *words;

		if (!*p)
			fail_msg("%s: %s failed: %s", t->recipients, x->failures[i].address, x->failures[i].error.text);
		words = alloc_bytes(p + name + 1, end - name - 1);
		if (!ascii_equal_bytes(p, name, x->failures[i].address) || !strstr(x->failures[i].error.text, words))
			fail_msg("%s: %s failed: %s", t->recipients, x->failures[i].address, x->failures[i].error.text);
		assert_int_equal(x->failures[i].error.code, strcmp(words, "dropped") ? EX_NOUSER : EX_OK);
		free(words);
		p += end + (p[end] == ';');
	}
	if (*p)
		fail_msg("%s: did not fail: %s", t->recipients, p);
}

static void check_case(const struct expand_case *t)
{
	struct config c = { .adminaddr = alloc_string(t->adminaddr),
		.domain = alloc_string(t->domain ? t->domain : "example.org"), .host_found = alloc_string(HOST) };
	char *file = write_file("expand_test.aliases", t->aliases ? t->aliases : "");
	struct aliases aliases = ALIASES_INIT;
	struct expansion x = EXPANSION_INIT;
	struct envelope e = ENVELOPE_INIT;
	struct error err = ERROR_INIT;
	char *got;

	if (!aliases_read(&aliases, file, &err))
		fail_msg("%s", err.text);
	add_all(&e, t->recipients);
	if (!expand_recipients(&e, t->aliases ? &aliases : NULL, &c, &x, &err))
		fail_msg("%s: %s", t->recipients, err.text);
	got = result_of(&e);
	if (strcmp(got, t->expected))
		fail_msg("%s: got '%s', not '%s'", t->recipients, got, t->expected);
	check_failures(&x, t);
	free(got);
	envelope_release(&e);
	expansion_release(&x);
	aliases_release(&aliases);
	config_release(&c);
	unlink(file);
	free(file);
}

#define O "@example.org"

static void names_become_addresses(void **state)
{
	static const struct expand_case cases[] = {
		/* no aliases */
		{ NULL, "a@x, root, b@localhost", NULL, NULL, "a@x root" O " b" O "=b@localhost", NULL },
		{ NULL, "root", "adm@y", NULL, "adm@y=root" O, NULL },
		{ NULL, "r@localhost, r@" HOST ", r@box", "adm", NULL, "adm" O "=r@localhost", NULL },
		{ NULL, "a@example.org, b@other.org", "adm@y", NULL, "a@example.org b@other.org", NULL },
		{ NULL, "root, r@x", NULL, "box", "r@x", "root:no alias says whose" },
		{ NULL, "root@localhost", NULL, "box", "", "root@localhost:no alias says whose" },
		{ NULL, "root", "adm@y", "box", "adm@y=root@box", NULL },
		{ NULL, "\"john doe\"", NULL, NULL, "\"john doe\"" O, NULL },

		/* aliases */
		{ "root: a@x, b@x\n", "root", NULL, NULL, "a@x=root" O " b@x=root" O, NULL },
		{ "root: a@x\n", "ROOT, Root@LocalHost, root@BOX", NULL, NULL, "a@x=ROOT" O, NULL },
		{ "root: a@x\n", "root@other.org, root" O, NULL, NULL, "root@other.org root" O, NULL },
		{ "root: a@x\n", "root@" HOST, NULL, HOST, "a@x=root@" HOST, NULL },
		{ "root: bob\nbob: carol, d@x\n", "root", NULL, NULL, "carol" O "=root" O " d@x=root" O, NULL },
		{ "root: Bob <bob@localhost>, C <c@x>\nbob: d@x\n", "root", NULL, NULL, "d@x=root" O " c@x=root" O, NULL },
		{ "a: x@x\nb: x@x, y@x\n", "a, b, x@X", NULL, NULL, "x@x=a" O " y@x=b" O, NULL },
		{ "\"john doe\": j@x\n", "\"John Doe\"", NULL, NULL, "j@x=\"John Doe\"" O, NULL },
		{ "root: admin\n", "root", "adm@y", NULL, "adm@y=root" O, NULL },
		{ "default: d@x\n", "anybody, a@localhost, b@x", NULL, NULL, "d@x=anybody" O " b@x", NULL },
		{ "*: d@x\nroot: r@x\n", "anybody, root", "adm@y", NULL, "d@x=anybody" O " r@x=root" O, NULL },

		/* circles */
		{ "root: root, a@x\n", "root", NULL, NULL, "root" O " a@x=root" O, NULL },
		{ "root: root, a@x\n", "root", "adm@y", NULL, "root" O " a@x=root" O, NULL },
		{ "root: root@localhost\n", "root", NULL, NULL, "root" O, NULL },
		{ "root: root\n", "root", NULL, "box", "", "root:no alias says whose" },
		{ "root: \\root, a@x\n", "root", NULL, NULL, "root" O " a@x=root" O, NULL },
		{ "a: \\b\nb: c@x\n", "a", "adm@y", NULL, "b" O "=a" O, NULL },
		{ "a: b\nb: b, c@x\n", "a", NULL, NULL, "b" O "=a" O " c@x=a" O, NULL },
		{ "a: b\nb: a\n", "a, c@x", NULL, NULL, "c@x", "a:leads back to itself" },
		{ "a: b, x@x\nb: c\nc: a\n", "a", NULL, NULL, "x@x=a" O, "a:leads back to itself" },
		{ "a: b, c\nb: d\nc: d\nd: x@x\n", "a", NULL, NULL, "x@x=a" O, NULL },
		{ "default: nobody\n", "a", NULL, NULL, "nobody" O "=a" O, NULL },

		/* what is no address */
		{ "spam: /dev/null\n", "spam, a@x", NULL, NULL, "a@x", "spam:dropped" },
		{ "half: /dev/null, a@x\n", "half", NULL, NULL, "a@x=half" O, NULL },
		{ "f: /var/mail/f, a@x\n", "f", NULL, NULL, "a@x=f" O, "f:names a file" },
		{ "p: \"|/usr/bin/vacation p\", a@x\n", "p", NULL, NULL, "a@x=p" O, "p:names a command" },
		{ "p: |cat, /f\n", "p, a@x", NULL, NULL, "a@x", "p:names a command" },
		{ "m: b@@x, a@x\n", "m", NULL, NULL, "a@x=m" O, "m:malformed address 'b@@x'" },
		{ "n: <>\n", "n, a@x", NULL, NULL, "a@x", "n:names nobody" },
		{ "n: list:;, a@x\n", "n", NULL, NULL, "a@x=n" O, "n:names nobody" },
		{ "i: :include:/nowhere/at/all, a@x\n", "i", NULL, NULL, "a@x=i" O, "i:/nowhere/at/all" },

		/* bad lines do no harm */
		{ "this is no alias\nroot: a@x\n", "root", NULL, NULL, "a@x=root" O, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		check_case(&cases[i]);
}

static void included_files(void **state)
{
	char *list = write_file("expand_test.list", "# people\na@x, bob\nlist\n\"Carol\" <c@x>\n");
	char *self = write_file("expand_test.self", "");
	struct buf aliases = BUF_INIT, text = BUF_INIT;
	struct expand_case t = { NULL, "list, self", NULL, NULL,
		"a@x=list" O " b@x=list" O " list" O " c@x=list" O, "self:includes itself" };

	(void)state;
	buf_addf(&text, ":include:%s\n", self);
	free(write_file("expand_test.self", text.data));
	buf_addf(&aliases, "list: :include:%s\nself: :include:%s\nbob: b@x\n", list, self);
	t.aliases = aliases.data;
	check_case(&t);

	unlink(list);
	unlink(self);
	buf_release(&text);
	buf_release(&aliases);
	free(list);
	free(self);
}

static void levels_are_counted(void **state)
{
	struct buf aliases = BUF_INIT;
	struct expand_case t = { NULL, "n1", NULL, NULL, "", "n1:more than 20 levels deep" };

	(void)state;
	for (int i = 1; i <= 20; i++)
		buf_addf(&aliases, "n%d: n%d\n", i, i + 1);
	buf_adds(&aliases, "n21: a@x\n");
	t.aliases = aliases.data;
	check_case(&t);
	t.recipients = "n2";
	t.expected = "a@x=n2" O;
	t.failures = NULL;
	check_case(&t);
	buf_release(&aliases);
}

/* Each level names the next one many times over: without a memory of what was done, 10^19 steps. */
static void wide_aliases_are_walked_once(void **state)
{
	struct buf aliases = BUF_INIT;
	struct expand_case t = { NULL, "n1", NULL, NULL, "n20" O "=n1" O, NULL };

	(void)state;
	for (int i = 1; i < 20; i++) {
		buf_addf(&aliases, "n%d: n%d", i, i + 1);
		for (int k = 0; k < 9; k++)
			buf_addf(&aliases, ", n%d", i + 1);
		buf_addc(&aliases, '\n');
	}
	t.aliases = aliases.data;
	check_case(&t);
	buf_release(&aliases);
}

static void what_dsn_asks_goes_on(void **state)
{
	struct config c = { .domain = alloc_string("example.org"), .host_found = alloc_string(HOST) };
	struct expansion x = EXPANSION_INIT;
	struct envelope e = { .sender = alloc_string("s@x"), .ret = RETURN_FULL, .envid = alloc_string("id") };
	struct error err = ERROR_INIT;

	(void)state;
	add_all(&e, "root");
	e.recipients[0].notify = NOTIFY_DELAY;
	e.recipients[0].orcpt = alloc_string("rfc822;x");
	assert_true(expand_recipients(&e, NULL, &c, &x, &err));
	assert_string_equal(e.sender, "s@x");
	assert_string_equal(e.envid, "id");
	assert_int_equal(e.ret, RETURN_FULL);
	assert_int_equal(e.count, 1);
	assert_string_equal(e.recipients[0].address, "root" O);
	assert_string_equal(e.recipients[0].orcpt, "rfc822;x");
	assert_int_equal(e.recipients[0].notify, NOTIFY_DELAY);
	envelope_release(&e);
	config_release(&c);
}

static void limits_stop_the_whole(void **state)
{
	struct config c = { .domain = alloc_string("example.org"), .host_found = alloc_string(HOST) };
	struct expansion x = EXPANSION_INIT;
	struct envelope e = ENVELOPE_INIT;
	struct error err = ERROR_INIT;
	char name[251];

	(void)state;
	memset(name, 'n', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	assert_true(envelope_add(&e, name, NULL, &err));
	assert_false(expand_recipients(&e, NULL, &c, &x, &err));
	assert_int_equal(err.code, EX_DATAERR);
	assert_int_equal(e.count, 1);
	envelope_release(&e);
	config_release(&c);
}

static size_t count_lines(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct buf text = BUF_INIT;
	size_t lines = 0;

	assert_true(file_read_all(fd, &text, SIZE_MAX));
	for (size_t i = 0; i < text.len; i++)
		lines += text.data[i] == '\n';
	close(fd);
	buf_release(&text);
	return lines;
}

/* Who owns a list that is included does not fill the log with what is wrong in it. */
static void an_included_list_has_not_the_log_to_itself(void **state)
{
	static const char *const wrong[] = { "|command\n", "\"\n" };

	(void)state;
	for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
		char *log = write_file("expand_test.log", "");
		struct buf text = BUF_INIT, aliases = BUF_INIT;
		struct expand_case t = { NULL, "list", NULL, NULL, "", "list:expand_test.list" };
		char *list;

		for (int i = 0; i < 2 * EXPAND_WARNINGS_MAX; i++)
			buf_adds(&text, wrong[k]);
		list = write_file("expand_test.list", text.data);
		buf_addf(&aliases, "list: :include:%s\n", list);
		t.aliases = aliases.data;
		log_open(log);
		check_case(&t);
		log_open("none");
		assert_in_range(count_lines(log), EXPAND_WARNINGS_MAX, EXPAND_WARNINGS_MAX + 1);
		unlink(list);
		unlink(log);
		free(list);
		free(log);
		buf_release(&text);
		buf_release(&aliases);
	}
}

static int be_silent(void **state)
{
	(void)state;
	log_open("none");
	return 0;
}

static int hush(void **state)
{
	(void)state;
	log_open("syslog");
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_become_addresses),
		cmocka_unit_test(included_files),
		cmocka_unit_test(an_included_list_has_not_the_log_to_itself),
		cmocka_unit_test(levels_are_counted),
		cmocka_unit_test(wide_aliases_are_walked_once),
		cmocka_unit_test(what_dsn_asks_goes_on),
		cmocka_unit_test(limits_stop_the_whole),
	};

	return cmocka_run_group_tests_name("message/expand", tests, be_silent, hush);
}
