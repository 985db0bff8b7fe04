/* SPDX-License-Identifier: ISC */
#include "base/ascii.h"
#include "base/buf.h"
#include "message/address.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What a list means: its envelope addresses with " | " between, or "!" and a word of the reason. */
struct row {
	const char *text;
	const char *expected;
};

#define A10 "aaaaaaaaaa"
#define A50 A10 A10 A10 A10 A10
#define A200 A50 A50 A50 A50

static const struct row rows[] = {
	/* RFC 5322 appendix A */
	{ "John Doe <jdoe@machine.example>", "jdoe@machine.example" },
	{ "Mary Smith <mary@example.net>", "mary@example.net" },
	{ "\"Joe Q. Public\" <john.q.public@example.com>", "john.q.public@example.com" },
	{ "Mary Smith <mary@x.test>, jdoe@example.org, Who? <one@y.test>",
		"mary@x.test | jdoe@example.org | one@y.test" },
	{ "<boss@nil.test>, \"Giant; \\\"Big\\\" Box\" <sysservices@example.net>",
		"boss@nil.test | sysservices@example.net" },
	{ "A Group:Ed Jones <c@a.test>,joe@where.test,John <jdoe@one.test>;",
		"c@a.test | joe@where.test | jdoe@one.test" },
	{ "Undisclosed recipients:;", "" },
	{ "\"Mary Smith: Personal Account\" <smith@home.example>", "smith@home.example" },
	{ "Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>", "pete@silly.test" },
	{ "A Group(Some people)\n :Chris Jones <c@(Chris's host.)public.example>,\n joe@example.org,\n"
	  " John <jdoe@one.test> (my dear friend); (the end of the group)",
		"c@public.example | joe@example.org | jdoe@one.test" },
	{ "(Empty list)(start)Hidden recipients  :(nobody(that I know))  ;", "" },
	{ "Joe Q. Public <john.q.public@example.com>", "john.q.public@example.com" },
	{ "Mary Smith <@node.test:mary@example.net>, , jdoe@test  . example",
		"mary@example.net | jdoe@test.example" },
	{ "John Doe <jdoe@machine(comment).  example>", "jdoe@machine.example" },
	{ "Mary Smith\n          <mary@example.net>", "mary@example.net" },

	/* the plain forms */
	{ "a@x.org", "a@x.org" },
	{ "<a@x.org>", "a@x.org" },
	{ "  a@x.org\t", "a@x.org" },
	{ "< a@x.org >", "a@x.org" },
	{ "a@x.org,b@y.org", "a@x.org | b@y.org" },
	{ "a@x.org, b@y.org,c@z.org", "a@x.org | b@y.org | c@z.org" },
	{ "root", "root" },
	{ "<root>", "root" },
	{ "root (Cron Daemon)", "root" },
	{ "(Cron Daemon) root", "root" },
	{ "\"(Cron Daemon)\" <bob>", "bob" },
	{ "Anacron <root>", "root" },
	{ "alice, bob", "alice | bob" },
	{ "alice@example.com,bob", "alice@example.com | bob" },
	{ "-x@example.org", "-x@example.org" },
	{ "-", "-" },
	{ "--help@example.org, -f", "--help@example.org | -f" },
	{ "a+b@x.org", "a+b@x.org" },
	{ "!#$%&'*+-/=?^_`{|}~@x.org", "!#$%&'*+-/=?^_`{|}~@x.org" },
	{ "host!user@x.org", "host!user@x.org" },
	{ "user%other@x.org", "user%other@x.org" },
	{ "/c=us/s=smith/@gateway.example", "/c=us/s=smith/@gateway.example" },
	{ "O'Brien@x.org", "O'Brien@x.org" },
	{ "a@X.ORG", "a@X.ORG" },
	{ "a@localhost", "a@localhost" },
	{ "1@2.3", "1@2.3" },
	{ "a@x_y.org", "a@x_y.org" },

	/* domain literals */
	{ "a@[192.0.2.1]", "a@[192.0.2.1]" },
	{ "a@[IPv6:2001:db8::1]", "a@[IPv6:2001:db8::1]" },
	{ "A <a@[IPv6:::1]>, b@[10.0.0.1]", "a@[IPv6:::1] | b@[10.0.0.1]" },
	{ "a@ [ 192.0.2.1 ] (comment)", "a@[192.0.2.1]" },
	{ "a@[192.0.2.1", "!domain" },
	{ "a@[]", "!literal" },
	{ "a@[1\\]2]", "!literal" },
	{ "a@[\xc3\xa9]", "!literal" },
	{ "a@[1].org", "!more than one" },

	/* quoted strings, each special in them */
	{ "\"john doe\"@q.org", "\"john doe\"@q.org" },
	{ "\"john\"@q.org", "john@q.org" },
	{ "\"j.d\"@q.org", "j.d@q.org" },
	{ "\"a@b\"@q.org", "\"a@b\"@q.org" },
	{ "\"a,b\"@q.org", "\"a,b\"@q.org" },
	{ "\"a;b\"@q.org", "\"a;b\"@q.org" },
	{ "\"a:b\"@q.org", "\"a:b\"@q.org" },
	{ "\"a<b>c\"@q.org", "\"a<b>c\"@q.org" },
	{ "\"a(b)c\"@q.org", "\"a(b)c\"@q.org" },
	{ "\"a(b\"@q.org", "\"a(b\"@q.org" },
	{ "\"a[b]\"@q.org", "\"a[b]\"@q.org" },
	{ "\"a\\\"b\"@q.org", "\"a\\\"b\"@q.org" },
	{ "\"a\\\\b\"@q.org", "\"a\\\\b\"@q.org" },
	{ "\"a\\b\"@q.org", "ab@q.org" },
	{ "\"a..b\"@q.org", "\"a..b\"@q.org" },
	{ "\".a\"@q.org", "\".a\"@q.org" },
	{ "\"a.\"@q.org", "\"a.\"@q.org" },
	{ "\"\"@q.org", "\"\"@q.org" },
	{ "\" \"@q.org", "\" \"@q.org" },
	{ "\"a\n b\"@q.org", "\"a b\"@q.org" },
	{ "\"j\xc3\xb6\"@q.org", "j\xc3\xb6@q.org" },
	{ "\"john doe\"", "\"john doe\"" },
	{ "<\"a b\"@q.org>", "\"a b\"@q.org" },
	{ "\"a\tb\"@q.org", "!control" },
	{ "\"a\x07\"@q.org", "!control" },
	{ "\"a\x7f\"@q.org", "!control" },
	{ "a\"b\"@q.org", "!more than one" },
	{ "\"a\"\"b\"@q.org", "!more than one" },
	{ "\"a b@q.org", "!" },
	{ "\"Last, First\" <l@x.org>, \"@\" <m@x.org>", "l@x.org | m@x.org" },
	{ "\"<evil@x.org>\" <good@x.org>", "good@x.org" },

	/* obsolete forms */
	{ "a . b @ x . org", "a.b@x.org" },
	{ "a (one) . (two) b @ (three) x.org", "a.b@x.org" },
	{ "\"a\".b@x.org", "a.b@x.org" },
	{ "\"a\".\"b c\"@x.org", "\"a.b c\"@x.org" },
	{ "a.\n b@x.org", "a.b@x.org" },
	{ "<@a,@b:c@d>", "c@d" },
	{ "<@a.org:c@d.org>", "c@d.org" },
	{ "<@a,,@b:c@d>", "c@d" },
	{ "<@[192.0.2.1],@b:c@d>", "c@d" },
	{ "X < @a , @b : c @ d >", "c@d" },
	{ "<@a:c>", "c" },
	{ "<:c@d>", "!" },
	{ "<@a,@b>", "!" },
	{ "<@:c@d>", "!" },
	{ "<,:c@d>", "!" },
	{ "@a:c@d", "!':'" },

	/* comments */
	{ "a@x.org (one (two (three)))", "a@x.org" },
	{ "(a)a(a)@(x)x(x).(org)org(org)", "a@x.org" },
	{ "a@x.org (b@y.org)", "a@x.org" },
	{ "a@x.org (\"), b@y.org", "a@x.org | b@y.org" },
	{ "a@x.org (\\(), b@y.org", "a@x.org | b@y.org" },
	{ "(only a comment)", "" },
	{ "(,) a@x.org (;)", "a@x.org" },
	{ "a@x.org (unclosed", "!more than one" },
	{ "a@x.org unopened)", "!more than one" },

	/* groups */
	{ "G: a@x.org;", "a@x.org" },
	{ "G: a@x.org", "a@x.org" },
	{ "G: a@x.org, b@y.org; c@z.org", "a@x.org | b@y.org | c@z.org" },
	{ "G: a@x.org;, c@z.org", "a@x.org | c@z.org" },
	{ "G: a@x.org, H: b@y.org;", "a@x.org | b@y.org" },
	{ "\"G: H\": a@x.org;", "a@x.org" },
	{ "G.H: ;a@x.org", "a@x.org" },
	{ "G:;H:;", "" },
	{ "undisclosed-recipients:", "" },
	{ "Grp:g1@x,g2@x;", "g1@x | g2@x" },
	{ "G: <>;", "" },
	{ "mailto:a@x.org", "a@x.org" },
	{ "a@x.org; b@y.org", "a@x.org | b@y.org" },
	{ "a@x.org;", "a@x.org" },
	{ ":a@x.org", "!':'" },
	{ "a:b:c@d", "!" },
	{ "a@x.org:25", "!':'" },
	{ "<Grp:g1@x>", "!" },

	/* UTF-8 (RFC 6531) */
	{ "j\xc3\xb6s\xc3\xa9@example.org", "j\xc3\xb6s\xc3\xa9@example.org" },
	{ "a@b\xc3\xbc" "cher.example", "a@b\xc3\xbc" "cher.example" },
	{ "J\xc3\xb6rg M\xc3\xbcller <j@x.org>", "j@x.org" },
	{ "\xe7\x94\xa8\xe6\x88\xb7@\xe4\xbe\x8b\xe5\xad\x90.\xe5\xb9\xbf\xe5\x91\x8a",
		"\xe7\x94\xa8\xe6\x88\xb7@\xe4\xbe\x8b\xe5\xad\x90.\xe5\xb9\xbf\xe5\x91\x8a" },
	{ "J\xf6rg <j@x.org>", "j@x.org" },
	{ "j\xf6rg@x.org", "!UTF-8" },
	{ "a@b\xfc.org", "!UTF-8" },
	{ "a@\xed\xa0\x80.org", "!UTF-8" },

	/* what callers write besides */
	{ "a@x.org <a@x.org>", "a@x.org" },
	{ "b@y.org <a@x.org>", "a@x.org" },
	{ "Dr. J. R. \"Bob\" Dobbs, Jr. <bob@x.org>", "!more than one" },
	{ "Dr. J. R. \"Bob\" Dobbs Jr. <bob@x.org>", "bob@x.org" },
	{ "Bob \"the man <bob@x.org>", "bob@x.org" },
	{ "Bob (the man <bob@x.org>", "bob@x.org" },
	{ "Bob :-) <bob@x.org>", "bob@x.org" },
	{ "a:b:c <bob@x.org>", "bob@x.org" },
	{ ": <bob@x.org>", "bob@x.org" },
	{ "I <3 you <bob@x.org>", "bob@x.org" },
	{ "a > b <bob@x.org>", "bob@x.org" },
	{ "Bob [list] <bob@x.org>", "bob@x.org" },
	{ "back\\slash <bob@x.org>", "bob@x.org" },
	{ "...<bob@x.org>", "bob@x.org" },
	{ "Bob<bob@x.org>", "bob@x.org" },
	{ "=?utf-8?q?J=C3=B6rg?= <j@x.org>", "j@x.org" },
	{ "Carol C <carol@example.com>, dave@example.com", "carol@example.com | dave@example.com" },
	{ "fwd@example.com,", "fwd@example.com" },
	{ ",,a@x.org,, ,b@y.org,", "a@x.org | b@y.org" },
	{ ",", "" },
	{ ";", "" },
	{ "", "" },
	{ "   ", "" },
	{ "<>", "" },
	{ "< >", "" },
	{ "Nobody <>", "" },
	{ "Doe, John <john@x.org>", "Doe | john@x.org" },
	{ "a@x.org\n b@y.org", "a@x.org | b@y.org" },
	{ "A <a@x.org>\n B <b@y.org>\n\tc@z.org", "a@x.org | b@y.org | c@z.org" },
	{ "A\n Person <a@x.org>\n <b@y.org>", "a@x.org | b@y.org" },
	{ "a@x.org,\n\tb@y.org", "a@x.org | b@y.org" },
	{ "long.name@x.org\n <long.name@X.org>", "long.name@X.org" },
	{ "Name <root\n (cut here)>", "root" },
	{ "Name <root\n b@y.org>", "!" },
	{ "A <a@x.org>\n B <\n b@y.org\n >", "a@x.org | b@y.org" },
	{ "a@x.org\n \n b@y.org", "a@x.org | b@y.org" },

	/* no single reading */
	{ "John\n Smith", "!more than one" },
	{ "a@x.org\n Smith", "!more than one" },
	{ "a@x.org\n B <b@y.org>", "!comma" },
	{ "a@x.org\n <b@y.org>", "!comma" },
	{ "alice bob", "!more than one" },
	{ "a@x.org b@y.org", "!more than one" },
	{ "<a@x.org> <b@y.org>", "!more than one" },
	{ "<a@x.org> b@y.org", "!behind" },
	{ "Bob <bob@x.org> Smith", "!behind" },
	{ "<<a@x.org>>", "!" },
	{ "<a@x.org>>", "!behind" },
	{ "<a@x.org", "!" },
	{ "a@x.org>", "!" },
	{ "<a@x.org, b@y.org>", "!" },
	{ "<a b@x.org>", "!" },
	{ "a b@@", "!" },
	{ "<a b@@>", "!" },
	{ "a@", "!domain" },
	{ "a@ ", "!domain" },
	{ "@x.org", "!local" },
	{ "@", "!local" },
	{ "<@x.org>", "!local" },
	{ "a@@x.org", "!domain" },
	{ "a@b@x.org", "!more than one" },
	{ "a..b@x.org", "!local" },
	{ ".a@x.org", "!local" },
	{ "a.@x.org", "!local" },
	{ "a@x..org", "!domain" },
	{ "a@.x.org", "!domain" },
	{ "a@x.org.", "!domain" },
	{ "a@\"x.org\"", "!domain" },
	{ "a\\@b@x.org", "!" },
	{ "a@x.org, b@@y.org", "!b@@y.org" },
	{ "a\x01@x.org", "!" },
	{ "a@x\x7f.org", "!" },
	{ "a\x1b[31m@x.org", "!" },

	/* line ends */
	{ "a@x.org\r", "!line break" },
	{ "a@x.org\r\nRCPT TO:<b@y.org>", "!line break" },
	{ "a@x.org\nb@y.org", "!line break" },
	{ "a@x.org\n", "!line break" },
	{ "\"a\rb\"@x.org", "!line break" },
	{ "A\nB <a@x.org>", "!line break" },

	/* too long */
	{ A200 "@" A50 ".o", "" A200 "@" A50 ".o" },
	{ A200 "@" A50 ".org", "!256" },
	{ A200 A200 "@x.org", "!256" },
	{ "a@" A200 A200 ".org", "!256" },
	{ A200 A200, "!256" },
};

static char *envelope_of(const struct mailboxes *m)
{
	struct buf b = BUF_INIT;

	for (size_t i = 0; i < m->count; i++) {
		char *address = mailbox_address(&m->items[i]);

		buf_addf(&b, "%s%s", i ? " | " : "", address);
		free(address);
	}
	return buf_detach(&b);
}

static void check_row(const struct row *row)
{
	struct mailboxes m = MAILBOXES_INIT;
	struct error err = ERROR_INIT;
	bool refused = row->expected[0] == '!' && (row->expected[1] == '\0' || strcmp(row->text, row->expected));
	bool ok = mailboxes_parse(&m, row->text, strlen(row->text), &err);
	char *got = envelope_of(&m);

	if (ok && strcmp(got, row->expected) == 0)
		refused = false;
	if (refused == ok || (ok && strcmp(got, row->expected)) || (!ok && !strstr(err.text, row->expected + 1)))
		fail_msg("'%s': expected '%s', got '%s' (%s)", row->text, row->expected, got, err.text);
	if (!ok)
		assert_int_equal(err.code, EX_DATAERR);
	free(got);
	mailboxes_release(&m);
}

static void the_table_holds(void **state)
{
	(void)state;
	assert_true(sizeof rows / sizeof *rows >= 150);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		check_row(&rows[i]);
}

/* Every cut of every row is answered without harm, and a refusal leaves the list as it was. */
static void cut_rows_do_no_harm(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (size_t len = 0; len < strlen(rows[i].text) && len < 80; len++) {
			struct mailboxes m = MAILBOXES_INIT;
			struct error err = ERROR_INIT;
			char *exact = malloc(len ? len : 1);

			memcpy(exact, rows[i].text, len);
			assert_true(mailboxes_parse(&m, "first@x.org", 11, &err));
			if (!mailboxes_parse(&m, exact, len, &err))
				assert_int_equal(m.count, 1);
			assert_string_equal(m.items[0].local, "first");
			free(exact);
			mailboxes_release(&m);
		}
}

static void a_nul_is_refused(void **state)
{
	struct mailboxes m = MAILBOXES_INIT;
	struct error err = ERROR_INIT;

	(void)state;
	assert_false(mailboxes_parse(&m, "a@x.org\0b", 9, &err));
	assert_non_null(strstr(err.text, "NUL"));
	mailboxes_release(&m);
}

/* The parts that others change are found where they stand. */
static void places_are_exact(void **state)
{
	static const struct {
		const char *text, *spec, *item, *name;
	} cases[] = {
		{ "root", "root", "root", NULL },
		{ " root (Cron Daemon) ", "root", "root (Cron Daemon)", NULL },
		{ "\"(Cron Daemon)\" <bob>", "bob", "\"(Cron Daemon)\" <bob>", "(Cron Daemon)" },
		{ "x, A  B <@r:a@b> (c),", "a@b", "A  B <@r:a@b> (c)", "A B" },
		{ "G: a . b @ c ;", "a . b @ c", "a . b @ c", NULL },
		{ "\"A \\\"Q\\\"\" B.<\"a b\">", "\"a b\"", "\"A \\\"Q\\\"\" B.<\"a b\">", "A \"Q\" B." },
		{ "<a@b>\n C <c@d>", "c@d", "C <c@d>", "C" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct mailboxes m = MAILBOXES_INIT;
		struct error err = ERROR_INIT;
		const struct mailbox *last;

		assert_true(mailboxes_parse(&m, cases[i].text, strlen(cases[i].text), &err));
		last = &m.items[m.count - 1];
		assert_int_equal(last->end - last->start, strlen(cases[i].spec));
		assert_memory_equal(cases[i].text + last->start, cases[i].spec, strlen(cases[i].spec));
		assert_int_equal(last->item_end - last->item_start, strlen(cases[i].item));
		assert_memory_equal(cases[i].text + last->item_start, cases[i].item, strlen(cases[i].item));
		if (cases[i].name)
			assert_string_equal(last->name, cases[i].name);
		else
			assert_null(last->name);
		mailboxes_release(&m);
	}
}

static void null_addresses_are_counted(void **state)
{
	struct mailboxes m = MAILBOXES_INIT;
	struct error err = ERROR_INIT;

	(void)state;
	assert_true(mailboxes_parse(&m, "a@x.org, <>, Nobody <>", 22, &err));
	assert_int_equal(m.count, 1);
	assert_int_equal(m.nulls, 2);
	assert_false(mailboxes_parse(&m, "<>, a b", 7, &err));
	assert_int_equal(m.nulls, 2);
	mailboxes_release(&m);
}

static void senders(void **state)
{
	static const struct row senders[] = {
		{ "", "" },
		{ "<>", "" },
		{ "a@b", "a@b" },
		{ "<a@b>", "a@b" },
		{ " Name <a@b> ", "a@b" },
		{ "fail2ban", "fail2ban" },
		{ "-x@y", "-x@y" },
		{ "<@r:a@b>", "a@b" },
		{ "a@b,", NULL },
		{ "a@b, c@d", NULL },
		{ "G: a@b;", NULL },
		{ "Name <>", NULL },
		{ " ", NULL },
		{ ",", NULL },
		{ "(c)", NULL },
		{ "a@b\r\nDATA", NULL },
		{ "a@b\n", NULL },
		{ "a@b\n c@d", NULL },
		{ "a b", NULL },
		{ "a@@", NULL },
		{ A200 A200 "@x", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof senders / sizeof *senders; i++) {
		struct error err = ERROR_INIT;
		char *got = address_parse_sender(senders[i].text, &err);

		if (!got != !senders[i].expected || (got && strcmp(got, senders[i].expected)))
			fail_msg("'%s': got '%s'", senders[i].text, got ? got : "(refused)");
		if (!got)
			assert_int_equal(err.code, EX_DATAERR);
		free(got);
	}
}

static void addresses_compare_domains_without_case(void **state)
{
	(void)state;
	assert_true(address_equal("a@x.ORG", "a@X.org"));
	assert_false(address_equal("A@x.org", "a@x.org"));
	assert_false(address_equal("a@x.org", "a@x.orgy"));
	assert_false(address_equal("root", "ROOT"));
	assert_true(address_equal("root", "root"));
	assert_false(address_equal("root", "root@x.org"));
	assert_true(address_equal("\"a@B\"@X.org", "\"a@B\"@x.org"));
	assert_false(address_equal("\"a@B\"@x.org", "\"a@b\"@x.org"));
	assert_false(address_equal("\"a@B\"", "\"a@b\""));
}

static void domains_and_their_scripts(void **state)
{
	(void)state;
	assert_string_equal(address_domain("a@x.org"), "x.org");
	assert_string_equal(address_domain("\"a@b\\\"@c\"@x.org"), "x.org");
	assert_string_equal(address_domain("a@[IPv6:::1]"), "[IPv6:::1]");
	assert_null(address_domain("root"));
	assert_null(address_domain("\"a@b\""));
	assert_null(address_domain(""));
	assert_true(address_needs_utf8("j\xc3\xb6@x.org"));
	assert_false(address_needs_utf8("j@\xc3\xb6.org"));
	assert_false(address_is_ascii("j@\xc3\xb6.org"));
	assert_true(address_is_ascii("j@x.org"));
}

/* Work grows with the length, not with its square: these take minutes otherwise. */
static void long_lists_of_nonsense_are_answered(void **state)
{
	static const char *const pieces[] = { "(", ")", "\"", "<", ">", ",", "a\n ", "a@b\n ", "a@b,", ":", ";", "\\\"",
		"[", "<>", "<@a:", "G:", "((" };

	(void)state;
	for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
		struct mailboxes m = MAILBOXES_INIT;
		struct error err = ERROR_INIT;
		struct buf text = BUF_INIT;

		while (text.len < 300000)
			buf_adds(&text, pieces[i]);
		buf_addc(&text, 'x');
		if (!mailboxes_parse(&m, text.data, text.len, &err))
			assert_int_equal(err.code, EX_DATAERR);
		buf_release(&text);
		mailboxes_release(&m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_holds),
		cmocka_unit_test(cut_rows_do_no_harm),
		cmocka_unit_test(a_nul_is_refused),
		cmocka_unit_test(places_are_exact),
		cmocka_unit_test(null_addresses_are_counted),
		cmocka_unit_test(senders),
		cmocka_unit_test(addresses_compare_domains_without_case),
		cmocka_unit_test(domains_and_their_scripts),
		cmocka_unit_test(long_lists_of_nonsense_are_answered),
	};

	return cmocka_run_group_tests_name("message/address", tests, NULL, NULL);
}
