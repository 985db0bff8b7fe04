/* SPDX-License-Identifier: ISC */
#include "net/ticket.h"

#include "base/clock.h"
#include "base/file.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/sendoff-test-XXXXXX";
static char directory[64], key[TICKET_KEY_SIZE], path[256];

static int begin(void **state)
{
	const struct tls_params p = { .name = "mail.test", .port = 587 };

	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(directory, sizeof directory, "%s/state/tickets", folder);
	ticket_key(&p, key);
	snprintf(path, sizeof path, "%s/%s.0", directory, key);
	return 0;
}

static int end(void **state)
{
	char parent[64];

	(void)state;
	snprintf(parent, sizeof parent, "%s/state", folder);
	return rmdir(directory) || rmdir(parent) || rmdir(folder);
}

static void put(const char *session)
{
	ticket_put(directory, key, session, strlen(session), clock_wall_s() + 60);
}

/* For good. */
static bool take(struct buf *session)
{
	struct ticket_claim claim = { "" };
	bool found;

	buf_wipe(session);
	found = ticket_take(directory, key, &claim, session);
	assert_int_equal(found, claim.name[0] != '\0');
	ticket_release(directory, key, &claim, false);
	return found;
}

static void a_ticket_is_taken_once(void **state)
{
	struct buf session = BUF_INIT;
	struct stat st;

	(void)state;
	assert_false(take(&session));
	put("session one");
	assert_int_equal(stat(directory, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_true(take(&session));
	assert_string_equal(session.data, "session one");
	assert_false(take(&session));
	buf_wipe(&session);
}

static void a_ticket_comes_back_as_it_was(void **state)
{
	struct ticket_claim claim = { "" }, second = { "" };
	struct buf session = BUF_INIT;
	struct stat before, after;

	(void)state;
	put("session one");
	assert_int_equal(stat(path, &before), 0);
	assert_true(ticket_take(directory, key, &claim, &session));
	buf_wipe(&session);
	assert_false(ticket_take(directory, key, &second, &session));
	put("session two");
	ticket_release(directory, key, &claim, true);
	assert_string_equal(claim.name, "");
	ticket_release(directory, key, &claim, true);
	assert_true(take(&session));
	assert_string_equal(session.data, "session two");
	snprintf(path, sizeof path, "%s/%s.1", directory, key);
	assert_int_equal(stat(path, &after), 0);
	snprintf(path, sizeof path, "%s/%s.0", directory, key);
	assert_int_equal(before.st_ino, after.st_ino);
	assert_true(take(&session));
	assert_string_equal(session.data, "session one");
	buf_wipe(&session);
}

static void several_are_kept_and_no_more(void **state)
{
	struct buf session = BUF_INIT;

	(void)state;
	for (int i = 0; i < TICKETS_A_KEY + 3; i++)
		put("session");
	for (int i = 0; i < TICKETS_A_KEY; i++)
		assert_true(take(&session));
	assert_false(take(&session));
	put("a");
	put("b");
	ticket_drop(directory, key);
	assert_false(take(&session));
	buf_wipe(&session);
}

static void what_is_over_or_too_large_is_not_there(void **state)
{
	static char huge[TICKET_MAX + 1];
	struct buf session = BUF_INIT;

	(void)state;
	ticket_put(directory, key, "s", 1, clock_wall_s());
	assert_false(take(&session));
	ticket_put(directory, key, huge, sizeof huge, clock_wall_s() + 60);
	assert_false(take(&session));
	ticket_put(directory, key, huge, sizeof huge - 1, INT64_MAX);
	assert_true(take(&session));
	assert_int_equal(session.len, sizeof huge - 1);
	ticket_put(directory, key, "s", 0, clock_wall_s() + 60);
	assert_false(take(&session));
	buf_wipe(&session);
}

/* Each octet changed, and cut at each length. */
static void damage_is_noticed(void **state)
{
	struct buf session = BUF_INIT, whole = BUF_INIT;
	int fd;

	(void)state;
	put("session");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(file_read_all(fd, &whole, 4096));
	close(fd);
	assert_true(take(&session));
	for (size_t i = 0; i < 2 * whole.len; i++) {
		bool is_cut = i >= whole.len;
		size_t at = i % whole.len;

		whole.data[at] = (char)(whole.data[at] ^ (is_cut ? 0 : 1));
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		assert_true(file_write_all(fd, whole.data, is_cut ? at : whole.len));
		close(fd);
		whole.data[at] = (char)(whole.data[at] ^ (is_cut ? 0 : 1));
		assert_false(take(&session));
		assert_int_equal(access(path, F_OK), -1);
	}
	buf_release(&whole);
	buf_wipe(&session);
}

static void what_others_may_have_touched_is_not_used(void **state)
{
	char other[300];
	struct buf session = BUF_INIT;

	(void)state;
	snprintf(other, sizeof other, "%s/other", directory);
	put("session");
	assert_int_equal(chmod(path, 0604), 0);
	assert_false(take(&session));
	put("session");
	assert_int_equal(link(path, other), 0);
	assert_false(take(&session));
	assert_int_equal(rename(other, path), 0);
	assert_true(take(&session));
	put("session");
	assert_int_equal(rename(path, other), 0);
	assert_int_equal(symlink("other", path), 0);
	assert_false(take(&session));
	unlink(other);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_false(take(&session));
	put("session");
	assert_int_equal(chmod(directory, 0707), 0);
	assert_false(take(&session));
	assert_int_equal(chmod(directory, 0700), 0);
	assert_true(take(&session));
	buf_wipe(&session);
}

static void a_shared_directory_shares_tickets(void **state)
{
	struct buf session = BUF_INIT;
	struct stat st;

	(void)state;
	assert_int_equal(chmod(directory, 02770), 0);
	put("session");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
	assert_true(take(&session));
	assert_int_equal(chmod(directory, 0700), 0);
	buf_wipe(&session);
}

static void the_old_are_swept_when_none_is_found(void **state)
{
	static const struct timespec long_ago[2] = { { .tv_sec = 1000000000 },
		{ .tv_sec = 1000000000 } };
	const struct tls_params p = { .name = "elsewhere.test" };
	char elsewhere[TICKET_KEY_SIZE], other[300];
	struct ticket_claim claim = { "" };
	struct buf session = BUF_INIT;

	(void)state;
	snprintf(other, sizeof other, "%s/other", directory);
	close(open(other, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	put("session");
	assert_int_equal(utimensat(AT_FDCWD, path, long_ago, 0), 0);
	assert_int_equal(utimensat(AT_FDCWD, other, long_ago, 0), 0);
	ticket_key(&p, elsewhere);
	assert_false(ticket_take(directory, elsewhere, &claim, &session));
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(unlink(other), 0);
}

static void keys_differ_with_all_that_trust_depends_on(void **state)
{
	struct strlist pins = STRLIST_INIT, no_pins = STRLIST_INIT;
	struct tls_params variants[] = {
		{ .name = "mail.test", .port = 587 },
		{ .name = "mail.tes", .port = 587 },
		{ .name = "mail.test", .port = 465 },
		{ .name = "mail.test", .port = 587, .is_implicit = true },
		{ .name = "mail.test", .port = 587, .verify = true },
		{ .name = "mail.test", .port = 587, .trust_file = "/a" },
		{ .name = "mail.test", .port = 587, .certificate = "/a" },
		{ .name = "mail.test", .port = 587, .key = "/a" },
		{ .name = "mail.test", .port = 587, .priority = "/a" },
		{ .name = "mail.test", .port = 587, .fingerprints = &pins },
	};
	enum { COUNT = sizeof variants / sizeof *variants };
	const struct tls_params same = {
		.name = "mail.test", .port = 587, .fingerprints = &no_pins, .deadline_ms = 7
	};
	char keys[COUNT][TICKET_KEY_SIZE];

	(void)state;
	strlist_add(&pins, "/a");
	for (size_t i = 0; i < COUNT; i++) {
		ticket_key(&variants[i], keys[i]);
		assert_int_equal(strlen(keys[i]), TICKET_KEY_SIZE - 1);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(keys[i], keys[j]);
	}
	ticket_key(&same, keys[1]);
	assert_string_equal(keys[1], keys[0]);
	strlist_release(&pins);
}

static void a_pin_is_no_part_of_the_key(void **state)
{
	const struct tls_params p = { .name = "mail.test", .key = "pkcs11:object=x" };
	const struct tls_params with_pin = { .name = "mail.test", .key = "pkcs11:object=x?pin-value=1" };
	const struct tls_params file = { .name = "mail.test", .key = "/object=x?1" };
	const struct tls_params other_file = { .name = "mail.test", .key = "/object=x?2" };
	char one[TICKET_KEY_SIZE], other[TICKET_KEY_SIZE];

	(void)state;
	ticket_key(&p, one);
	ticket_key(&with_pin, other);
	assert_string_equal(one, other);
	ticket_key(&file, one);
	ticket_key(&other_file, other);
	assert_string_not_equal(one, other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_ticket_is_taken_once),
		cmocka_unit_test(a_ticket_comes_back_as_it_was),
		cmocka_unit_test(several_are_kept_and_no_more),
		cmocka_unit_test(what_is_over_or_too_large_is_not_there),
		cmocka_unit_test(damage_is_noticed),
		cmocka_unit_test(what_others_may_have_touched_is_not_used),
		cmocka_unit_test(a_shared_directory_shares_tickets),
		cmocka_unit_test(the_old_are_swept_when_none_is_found),
		cmocka_unit_test(keys_differ_with_all_that_trust_depends_on),
		cmocka_unit_test(a_pin_is_no_part_of_the_key),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
