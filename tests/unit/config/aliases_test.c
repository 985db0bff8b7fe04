/* SPDX-License-Identifier: ISC */
#include "config/aliases.h"

#include "base/alloc.h"
#include "scratch.h"

/* A file, and each entry as "name=member|member;", then each problem behind its file as "line: text;". */
static const struct {
	const char *text, *entries, *problems;
} files[] = {
	{ "", "", "" },
	{ "# nothing\n\n   \n\t\n", "", "" },
	{ "root: me@example.org\n", "root=me@example.org;", "" },
	{ "root: me@example.org", "root=me@example.org;", "" },
	{ "\xef\xbb\xbfroot: me@example.org\r\nbin: root\r\n", "bin=root;root=me@example.org;", "" },
	{ "Root : A@Example.org , b@x,\n", "root=A@Example.org|b@x;", "" },
	{ "root:a,b,\n c,\n\td\n", "root=a|b|c|d;", "" },
	{ "root: a,\n# in between\n\n  b\n", "root=a|b;", "" },
	{ "root: a,\n  # indented\n  b\n", "root=a|b;", "" },
	{ "root: a, \\\nb\n", "root=a|b;", "" },
	{ "  root: a\n", "root=a;", "" },
	{ "\"john doe\": jd@x\n", "john doe=jd@x;", "" },
	{ "\"a\\\"b:c\": d\n", "a\"b:c=d;", "" },
	{ "a: \"john doe\"@x, \"c,d\"@y\n", "a=\"john doe\"@x|\"c,d\"@y;", "" },
	{ "a: John Doe <jd@x>, \"Doe, J\" <j@y>\n", "a=John Doe <jd@x>|\"Doe, J\" <j@y>;", "" },
	{ "a: b@x (Bob, of x), c\n", "a=b@x (Bob, of x)|c;", "" },
	{ "a: <@r1,@r2:b@x>, c\n", "a=<@r1,@r2:b@x>|c;", "" },
	{ "a: \"|/bin/prog -x, y\", b\n", "a=|/bin/prog -x, y|b;", "" },
	{ "a: |\"/bin/prog x, \\\"y\\\"\"\n", "a=|/bin/prog x, \"y\";", "" },
	{ "a: /dev/null\nb: \"/var/mail dir/b\"\n", "a=/dev/null;b=/var/mail dir/b;", "" },
	{ "a: :include:/etc/list, \":include:/etc/my list\"\n", "a=:include:/etc/list|:include:/etc/my list;", "" },
	{ "a: \\root, root\\,x\n", "a=\\root|root\\,x;", "" },
	{ "*: you@x\n", "default=you@x;", "" },
	{ "default: you@x\n", "default=you@x;", "" },
	{ "b: 1\na: 2\nc: 3\n", "a=2;b=1;c=3;", "" },
	{ "a: b:c;\n", "a=b:c;;", "" },
	{ "d\xc3\xb6rte: d@x\n", "d\xc3\xb6rte=d@x;", "" },

	{ "garbage\na: b\n", "a=b;", "1: not 'name: address, ...';" },
	{ "a@x: b\nc: d\n", "c=d;", "1: not 'name: address, ...';" },
	{ "two words: b\n", "", "1: not 'name: address, ...';" },
	{ ": b\n", "", "1: not 'name: address, ...';" },
	{ "\"a: b\n", "", "1: not 'name: address, ...';" },
	{ "ok: b\na:\nc: d\n", "c=d;ok=b;", "2: no address for 'a';" },
	{ "a: , ,\n", "", "1: no address for 'a';" },
	{ "a: \"b\nc: d\n", "c=d;", "1: unterminated quote 'a';" },
	{ "a: b (c\nc: d\n", "c=d;", "1: unbalanced parenthesis 'a';" },
	{ "a: <b\n", "", "1: unbalanced angle bracket 'a';" },
	{ "a: b c\n", "", "1: no comma between the names in 'a';" },
	{ "a: b@x\n  c@x\n", "", "1: no comma between the names in 'a';" },
	{ "a: one\nA: two\n\na: three\n", "a=one;",
		"2: line 1 has an entry already for 'a';4: line 1 has an entry already for 'a';" },
	{ "default: one\n*: two\n", "default=one;", "2: line 1 has an entry already for 'default';" },
	{ "a\033[31m\na: b\n", "a=b;", "1: not 'name: address, ...';" },
};

static void show(struct buf *b, const struct aliases *a)
{
	for (size_t i = 0; i < a->count; i++) {
		buf_addf(b, "%s=", a->entries[i].name);
		for (size_t j = 0; j < a->entries[i].members.count; j++)
			buf_addf(b, "%s%s", j ? "|" : "", a->entries[i].members.items[j]);
		buf_addc(b, ';');
	}
}

static void show_problems(struct buf *b, const struct strlist *problems, const char *file)
{
	for (size_t i = 0; i < problems->count; i++) {
		assert_memory_equal(problems->items[i], file, strlen(file));
		buf_addf(b, "%s;", problems->items[i] + strlen(file) + 1);
	}
}

static void every_form_is_read_and_bad_lines_are_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		const char *path = scratch_write("aliases", files[i].text, 0644);
		struct buf entries = BUF_INIT, problems = BUF_INIT;
		struct aliases a = ALIASES_INIT;
		struct error err = ERROR_INIT;

		assert_true(aliases_read(&a, path, &err));
		show(&entries, &a);
		show_problems(&problems, &a.problems, path);
		assert_string_equal(buf_str(&entries), files[i].entries);
		assert_string_equal(buf_str(&problems), files[i].problems);
		aliases_release(&a);
		buf_release(&entries);
		buf_release(&problems);
	}
}

static void a_nul_spoils_its_line_only(void **state)
{
	static const char text[] = "a: b\0c\nd: e\n";
	const char *path = scratch_write_bytes("aliases", text, sizeof text - 1, 0644);
	struct aliases a = ALIASES_INIT;
	struct error err = ERROR_INIT;

	(void)state;
	assert_true(aliases_read(&a, path, &err));
	assert_int_equal(a.count, 1);
	assert_int_equal(a.problems.count, 1);
	assert_non_null(strstr(a.problems.items[0], ":1: a NUL byte"));
	aliases_release(&a);
}

static void names_are_found_without_case(void **state)
{
	struct aliases a = ALIASES_INIT;
	struct error err = ERROR_INIT;
	struct buf text = BUF_INIT;

	(void)state;
	for (int i = 0; i < 1000; i++)
		buf_addf(&text, "name%d: a%d@x\n", i, i);
	assert_true(aliases_read(&a, scratch_write("aliases", buf_str(&text), 0644), &err));
	for (int i = 0; i < 1000; i++) {
		char name[16], member[16];

		snprintf(name, sizeof name, "NaMe%d", i);
		snprintf(member, sizeof member, "a%d@x", i);
		assert_non_null(aliases_find(&a, name));
		assert_string_equal(aliases_find(&a, name)->members.items[0], member);
		assert_int_equal(aliases_find(&a, name)->line, i + 1);
	}
	assert_null(aliases_find(&a, "name"));
	assert_null(aliases_find(&a, "name1000"));
	aliases_release(&a);
	assert_null(aliases_find(&a, "name1"));
	buf_release(&text);
}

static void included_lists(void **state)
{
	const char *path = scratch_write("list",
		"# people\na@x, b@x\n  c\n\n\"d\n:include:/etc/other\n", 0644);
	struct strlist members = STRLIST_INIT, problems = STRLIST_INIT;
	struct error err = ERROR_INIT;

	(void)state;
	assert_true(aliases_include(&members, path, &problems, &err));
	assert_int_equal(members.count, 4);
	assert_string_equal(members.items[1], "b@x");
	assert_string_equal(members.items[2], "c");
	assert_string_equal(members.items[3], ":include:/etc/other");
	assert_int_equal(problems.count, 1);
	assert_non_null(strstr(problems.items[0], ":5: unterminated quote"));
	assert_int_equal(symlink(path, scratch_path("link")), 0);
	assert_false(aliases_include(&members, scratch_path("link"), &problems, &err));
	assert_int_equal(err.code, EX_CONFIG);
	assert_non_null(strstr(err.text, "symbolic link"));
	assert_int_equal(members.count, 4);
	strlist_release(&members);
	strlist_release(&problems);
}

static void files_that_cannot_be_trusted(void **state)
{
	struct aliases a = ALIASES_INIT;
	struct error err = ERROR_INIT;
	char *large = alloc_zero(ALIASES_MAX_BYTES + 2, 1);

	(void)state;
	assert_true(aliases_read(&a, "/dev/null", &err));
	assert_int_equal(a.count, 0);
	aliases_release(&a);
	assert_false(aliases_read(&a, scratch_path("missing"), &err));
	assert_int_equal(err.code, EX_CONFIG);
	assert_false(aliases_read(&a, scratch, &err));
	assert_int_equal(err.code, EX_CONFIG);
	assert_non_null(strstr(err.text, "directory"));
	assert_false(aliases_read(&a, scratch_write("open", "a: b\n", 0666), &err));
	assert_int_equal(err.code, EX_CONFIG);
	assert_non_null(strstr(err.hint, "chmod go-w "));
	memset(large, '#', ALIASES_MAX_BYTES + 1);
	assert_true(aliases_read(&a,
		scratch_write_bytes("large", large, ALIASES_MAX_BYTES, 0644), &err));
	aliases_release(&a);
	assert_false(aliases_read(&a,
		scratch_write_bytes("large", large, ALIASES_MAX_BYTES + 1, 0644), &err));
	assert_int_equal(err.code, EX_DATAERR);
	free(large);
	if (getuid() != 0) {
		print_message("not root: a foreign owner is not tried\n");
		return;
	}
	assert_int_equal(chown(scratch_write("foreign", "a: b\n", 0644), 4242, 0), 0);
	assert_false(aliases_read(&a, scratch_path("foreign"), &err));
	assert_int_equal(err.code, EX_CONFIG);
	assert_non_null(strstr(err.text, "belongs to uid 4242"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_form_is_read_and_bad_lines_are_named),
		cmocka_unit_test(a_nul_spoils_its_line_only),
		cmocka_unit_test(names_are_found_without_case),
		cmocka_unit_test(included_lists),
		cmocka_unit_test(files_that_cannot_be_trusted),
	};

	return cmocka_run_group_tests(tests, scratch_create, scratch_remove);
}
