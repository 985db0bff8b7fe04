/* SPDX-License-Identifier: ISC */
#include "place.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/strlist.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static struct error lock_error;
static const char text[] = "Subject: one\n two\nX-Odd:a%b\n\nHello\n.\nworld";

static int setup(void **state)
{
	*state = alloc_zero(1, sizeof(struct place));
	place_init(*state);
	return 0;
}

static int teardown(void **state)
{
	place_release(*state);
	free(*state);
	return 0;
}

static size_t count_messages(const struct place *p)
{
	struct strlist ids = STRLIST_INIT;
	struct error err = ERROR_INIT;
	size_t count;

	assert_true(store_list(&p->store, &ids, &err));
	count = ids.count;
	strlist_release(&ids);
	return count;
}

static size_t count_names(const struct place *p)
{
	char command[256];
	size_t lines = 0;
	FILE *out;
	int c;

	snprintf(command, sizeof command, "ls -1 '%s'", p->queue_dir);
	out = popen(command, "r");
	assert_non_null(out);
	while ((c = getc(out)) != EOF)
		lines += c == '\n';
	pclose(out);
	return lines;
}

static void name_of(char *name, size_t size, const char *id, const char *kind)
{
	snprintf(name, size, "%s.%s", id, kind);
}

static void body_of(const struct message *m, struct buf *out)
{
	const char *data;
	struct error err;
	ssize_t n;

	while ((n = spool_look(&m->body, out->len, &data, &err)) > 0)
		buf_add(out, data, (size_t)n);
	assert_int_equal(n, 0);
}

static void a_kept_message_comes_back_as_it_was(void **state)
{
	struct place *p = *state;
	struct message m = MESSAGE_INIT;
	struct envelope e = ENVELOPE_INIT;
	struct error err = ERROR_INIT;
	struct keep keep = { .account = "my work",
		.full_name = "J\xc3\xb6rg\n-",
		.caller = &p->caller,
		.envelope = &e,
		.message = &m };
	struct entry entry = ENTRY_INIT;
	struct buf header = BUF_INIT, body = BUF_INIT;
	char id[QUEUE_ID_SIZE];

	place_read_message(&m, text);
	envelope_add(&e, "a@x.org", "alias", &err);
	envelope_add(&e, "j\xc3\xb6@x.org", NULL, &err);
	e.recipients[1].notify = NOTIFY_SUCCESS | NOTIFY_DELAY;
	e.recipients[1].orcpt = alloc_string("rfc822;q+2Bw@x.org");
	e.sender = alloc_string("");
	e.envid = alloc_string("-");
	e.ret = RETURN_HEADERS;
	keep.full_name = "-";
	assert_true(store_keep(&p->store, &keep, &p->config, id, &err));
	assert_int_equal(count_names(p), 1);
	assert_int_equal(store_lock(&p->store, id, &entry, &lock_error), STORE_LOCKED);
	assert_null(entry.damage);
	assert_string_equal(entry.account, "my work");
	assert_string_equal(entry.full_name, "-");
	assert_null(entry.config_file);
	assert_string_equal(entry.envelope.sender, "");
	assert_string_equal(entry.envelope.envid, "-");
	assert_int_equal(entry.envelope.ret, RETURN_HEADERS);
	assert_int_equal(entry.envelope.count, 2);
	assert_string_equal(entry.envelope.recipients[0].original, "alias");
	assert_string_equal(entry.envelope.recipients[1].address, "j\xc3\xb6@x.org");
	assert_int_equal(entry.envelope.recipients[1].notify, NOTIFY_SUCCESS | NOTIFY_DELAY);
	assert_string_equal(entry.envelope.recipients[1].orcpt, "rfc822;q+2Bw@x.org");
	assert_int_equal(entry.uid, getuid());
	assert_int_equal(entry.attempts, 0);
	assert_int_equal(entry.next_try_s, 0);
	assert_false(entry.is_partial);
	header_write(&entry.message.header, &header);
	assert_string_equal(buf_str(&header), "Subject: one\r\n two\r\nX-Odd:a%b\r\n");
	body_of(&entry.message, &body);
	assert_string_equal(buf_str(&body), "Hello\r\n.\r\nworld\r\n");
	assert_int_equal(entry.message.facts.longest, 5);
	buf_release(&header);
	buf_release(&body);
	entry_release(&entry);
	envelope_release(&e);
	message_release(&m);
}

static void a_spooled_message_is_kept_without_a_copy(void **state)
{
	struct place *p = *state;
	struct strlist directories = STRLIST_INIT;
	struct message m = MESSAGE_INIT;
	struct envelope e = ENVELOPE_INIT;
	struct error err = ERROR_INIT;
	struct keep keep = {
		.account = "work", .caller = &p->caller, .envelope = &e, .message = &m
	};
	struct message_source source = { .fd = -1, .spool_directories = &directories };
	struct message_reader reader;
	struct entry entry = ENTRY_INIT;
	struct stat spool, kept;
	char id[QUEUE_ID_SIZE], name[64];
	char line[80];

	strlist_add(&directories, p->queue_dir);
	message_reader_begin(&reader, &m, &source);
	assert_true(message_reader_add(&reader, "Subject: x\n\n", 12, &err));
	memset(line, 'a', sizeof line);
	line[79] = '\n';
	for (int i = 0; i < 20000; i++)
		assert_true(message_reader_add(&reader, line, sizeof line, &err));
	assert_true(message_reader_end(&reader, &err));
	message_reader_release(&reader);
	assert_true(m.body.fd >= 0);
	envelope_add(&e, "a@x.org", NULL, &err);
	assert_true(store_keep(&p->store, &keep, &p->config, id, &err));
	name_of(name, sizeof name, id, "msg");
	assert_int_equal(fstatat(p->store.fd, name, &kept, 0), 0);
	assert_int_equal(fstat(m.body.fd, &spool), 0);
	assert_true(spool.st_ino == kept.st_ino);
	assert_int_equal(kept.st_mode & 0777, 0600);
	assert_int_equal(store_lock(&p->store, id, &entry, &lock_error), STORE_LOCKED);
	assert_null(entry.damage);
	assert_null(entry.envelope.sender);
	assert_int_equal(entry.message.body.size, 20000 * 81);
	entry_release(&entry);
	envelope_release(&e);
	message_release(&m);
	strlist_release(&directories);
}

static void only_those_who_wait_are_kept_with_why(void **state)
{
	struct place *p = *state;
	struct message m = MESSAGE_INIT;
	struct envelope e = ENVELOPE_INIT;
	struct delivery_result results = DELIVERY_RESULT_INIT;
	struct error err = ERROR_INIT, busy = ERROR_INIT;
	struct keep keep = { .account = "work",
		.caller = &p->caller,
		.envelope = &e,
		.message = &m,
		.results = &results };
	struct entry entry = ENTRY_INIT;
	char id[QUEUE_ID_SIZE];

	place_read_message(&m, text);
	for (int i = 0; i < 4; i++) {
		char address[] = "0@x.org";

		address[0] = (char)('0' + i);
		envelope_add(&e, address, NULL, &err);
	}
	delivery_result_init(&results, 4);
	error_set(&busy, EX_TEMPFAIL, "4.2.2", "RCPT: 452 full %% \"and\" more");
	busy.reply = 452;
	delivery_result_set(&results, 0, FATE_ACCEPTED, NULL);
	delivery_result_set(&results, 1, FATE_DEFERRED, &busy);
	delivery_result_set(&results, 2, FATE_REFUSED, &busy);
	assert_true(store_keep(&p->store, &keep, &p->config, id, &err));
	assert_true(store_read(&p->store, id, &entry));
	assert_null(entry.damage);
	assert_true(entry.is_partial);
	assert_int_equal(entry.attempts, 1);
	assert_true(entry.next_try_s >= entry.queued_at_ms / 1000 + 300);
	assert_int_equal(entry.envelope.count, 2);
	assert_string_equal(entry.envelope.recipients[0].address, "1@x.org");
	assert_string_equal(entry.envelope.recipients[1].address, "3@x.org");
	assert_int_equal(entry.recipients[0].error->reply, 452);
	assert_string_equal(entry.recipients[0].error->text, "RCPT: 452 full % \"and\" more");
	assert_string_equal(entry.recipients[0].error->status, "4.2.2");
	assert_int_equal(entry.recipients[0].error->scope, ERROR_OF_ROUTE);
	assert_null(entry.recipients[1].error);
	entry_release(&entry);
	delivery_result_release(&results);
	envelope_release(&e);
	message_release(&m);
}

static void a_lock_keeps_others_away_and_ends_with_the_entry(void **state)
{
	struct place *p = *state;
	struct entry first = ENTRY_INIT, second = ENTRY_INIT;
	struct error err;
	char id[QUEUE_ID_SIZE];

	place_keep(p, text, "me@x.org", "a@x.org", id);
	assert_int_equal(store_lock(&p->store, id, &first, &lock_error), STORE_LOCKED);
	assert_int_equal(store_lock(&p->store, id, &second, &lock_error), STORE_BUSY);
	entry_release(&first);
	assert_int_equal(store_lock(&p->store, id, &second, &lock_error), STORE_LOCKED);
	assert_true(store_remove(&p->store, &second, &err));
	entry_release(&second);
	assert_int_equal(store_lock(&p->store, id, &first, &lock_error), STORE_GONE);
	assert_int_equal(count_names(p), 0);
}

/* The states of what is removed go with the sync that several share. */
static void ends_are_settled_together(void **state)
{
	struct place *p = *state;
	struct error err = ERROR_INIT;

	for (size_t i = 1; i <= STORE_REMOVED_MAX + 2; i++) {
		struct entry e = ENTRY_INIT;
		char id[QUEUE_ID_SIZE];

		place_keep(p, text, "me@x.org", "a@x.org", id);
		assert_int_equal(store_lock(&p->store, id, &e, &lock_error), STORE_LOCKED);
		assert_true(store_update(&p->store, &e, &err));
		assert_true(store_remove(&p->store, &e, &err));
		entry_release(&e);
		assert_int_equal(store_lock(&p->store, id, &e, &lock_error), STORE_GONE);
		assert_int_equal(count_names(p), i % STORE_REMOVED_MAX);
	}
	assert_true(store_settle(&p->store, &err));
	assert_int_equal(count_names(p), 0);
	assert_true(store_settle(&p->store, &err));
}

static void states_follow_each_other(void **state)
{
	struct place *p = *state;
	struct entry e = ENTRY_INIT;
	struct error err = ERROR_INIT;
	char id[QUEUE_ID_SIZE];

	place_keep(p, text, "me@x.org", "a@x.org,b@x.org,c@x.org", id);
	for (unsigned i = 1; i < 4; i++) {
		struct error why;

		assert_int_equal(store_lock(&p->store, id, &e, &lock_error), STORE_LOCKED);
		assert_int_equal(e.attempts, i - 1);
		error_set(&why, EX_TEMPFAIL, "4.0.0", "try %u", i);
		entry_set_recipient(&e, i - 1, i == 2 ? ENTRY_FAILED : ENTRY_DONE, &why);
		e.attempts = i;
		e.is_held = i == 3;
		assert_true(store_update(&p->store, &e, &err));
		entry_release(&e);
	}
	assert_true(store_read(&p->store, id, &e));
	assert_int_equal(entry_count(&e, ENTRY_LEFT), 0);
	assert_int_equal(e.recipients[1].fate, ENTRY_FAILED);
	assert_string_equal(entry_last_error(&e)->text, "try 2");
	assert_true(e.is_held);
	entry_release(&e);
	assert_int_equal(count_names(p), 2);
}

/* Damaged in any way, a message is neither lost nor sent. */
static void assert_held(const struct place *p, const char *id)
{
	struct entry e = ENTRY_INIT;

	assert_int_equal(store_lock(&p->store, id, &e, &lock_error), STORE_LOCKED);
	assert_non_null(e.damage);
	entry_release(&e);
}

static void cut_off_anywhere_it_is_held(void **state)
{
	struct place *p = *state;
	struct buf whole = BUF_INIT;
	char id[QUEUE_ID_SIZE], name[64];

	place_keep(p, text, "me@x.org", "a@x.org", id);
	name_of(name, sizeof name, id, "msg");
	place_load(p, name, &whole);
	for (size_t len = 0; len < whole.len; len++) {
		place_store(p, name, whole.data, len);
		assert_held(p, id);
	}
	buf_release(&whole);
}

static void with_any_bit_turned_it_is_held(void **state)
{
	struct place *p = *state;
	struct buf whole = BUF_INIT;
	char id[QUEUE_ID_SIZE], name[64];

	place_keep(p, text, "me@x.org", "a@x.org", id);
	name_of(name, sizeof name, id, "msg");
	place_load(p, name, &whole);
	for (size_t i = 0; i < whole.len; i++)
		for (int bit = 0; bit < 8; bit++) {
			whole.data[i] = (char)(whole.data[i] ^ 1 << bit);
			place_store(p, name, whole.data, whole.len);
			assert_held(p, id);
			whole.data[i] = (char)(whole.data[i] ^ 1 << bit);
		}
	buf_release(&whole);
}

static void a_damaged_state_holds_its_message(void **state)
{
	struct place *p = *state;
	struct entry e = ENTRY_INIT;
	struct error err = ERROR_INIT, why;
	struct buf whole = BUF_INIT;
	char id[QUEUE_ID_SIZE], name[64];

	place_keep(p, text, "me@x.org", "a@x.org,b@x.org", id);
	assert_int_equal(store_lock(&p->store, id, &e, &lock_error), STORE_LOCKED);
	error_set(&why, EX_TEMPFAIL, "4.0.0", "no");
	entry_set_recipient(&e, 0, ENTRY_DONE, NULL);
	entry_set_recipient(&e, 1, ENTRY_LEFT, &why);
	assert_true(store_update(&p->store, &e, &err));
	entry_release(&e);
	name_of(name, sizeof name, id, "state");
	place_load(p, name, &whole);
	for (size_t len = 0; len < whole.len; len++) {
		place_store(p, name, whole.data, len);
		assert_held(p, id);
	}
	for (size_t i = 0; i < whole.len; i++)
		for (int bit = 0; bit < 8; bit++) {
			whole.data[i] = (char)(whole.data[i] ^ 1 << bit);
			place_store(p, name, whole.data, whole.len);
			assert_held(p, id);
			whole.data[i] = (char)(whole.data[i] ^ 1 << bit);
		}
	buf_release(&whole);
}

static void odd_files_are_held_or_no_messages(void **state)
{
	struct place *p = *state;
	struct entry e = ENTRY_INIT;
	char id[QUEUE_ID_SIZE], other[QUEUE_ID_SIZE], name[64], path[256];

	place_keep(p, text, "me@x.org", "a@x.org", id);
	name_of(name, sizeof name, id, "msg");
	assert_int_equal(fchmodat(p->store.fd, name, 0666, 0), 0);
	assert_held(p, id);
	assert_int_equal(fchmodat(p->store.fd, name, 0600, 0), 0);
	assert_int_equal(linkat(p->store.fd, name, p->store.fd, "second", 0), 0);
	assert_held(p, id);
	assert_int_equal(unlinkat(p->store.fd, "second", 0), 0);

	queue_id_make(other);
	name_of(name, sizeof name, other, "msg");
	assert_int_equal(mkfifoat(p->store.fd, name, 0600), 0);
	assert_int_equal(store_lock(&p->store, other, &e, &lock_error), STORE_GONE);
	assert_int_equal(unlinkat(p->store.fd, name, 0), 0);
	assert_int_equal(mkdirat(p->store.fd, name, 0700), 0);
	assert_int_equal(store_lock(&p->store, other, &e, &lock_error), STORE_GONE);
	assert_int_equal(unlinkat(p->store.fd, name, AT_REMOVEDIR), 0);
	snprintf(path, sizeof path, "%s/%s.msg", p->queue_dir, id);
	assert_int_equal(symlinkat(path, p->store.fd, name), 0);
	assert_int_equal(store_lock(&p->store, other, &e, &lock_error), STORE_GONE);
}

static void what_is_no_queue_file_is_set_aside(void **state)
{
	struct place *p = *state;
	struct stat st;
	char id[QUEUE_ID_SIZE], other[QUEUE_ID_SIZE], name[64], old[64];
	struct timespec yesterday[2] = { { .tv_sec = 1000000000 }, { .tv_sec = 1000000000 } };

	place_keep(p, text, "me@x.org", "a@x.org", id);
	queue_id_make(other);
	place_store(p, "README", "x", 1);
	name_of(name, sizeof name, other, "msg");
	assert_int_equal(symlinkat("/etc/passwd", p->store.fd, name), 0);
	name_of(old, sizeof old, other, "state");
	place_store(p, old, "x", 1);
	store_tidy(&p->store);
	assert_int_equal(fstatat(p->store.fd, old, &st, 0), 0);
	assert_int_equal(utimensat(p->store.fd, old, yesterday, 0), 0);
	store_tidy(&p->store);
	assert_int_equal(fstatat(p->store.fd, old, &st, 0), -1);
	assert_int_equal(fstatat(p->store.fd, "corrupt/README", &st, 0), 0);
	assert_int_equal(fstatat(p->store.fd, name, &st, AT_SYMLINK_NOFOLLOW), -1);
	assert_int_equal(count_messages(p), 1);
	assert_int_equal(count_names(p), 2);
}

static void a_recipient_of_a_million_bytes_is_not_believed(void **state)
{
	struct place *p = *state;
	struct message m = MESSAGE_INIT;
	struct error err = ERROR_INIT;
	struct entry e = ENTRY_INIT;
	struct recipient recipient = { .address = alloc_zero(1000001, 1) };
	struct buf file = BUF_INIT;
	char name[64];

	memset(recipient.address, 'a', 1000000);
	place_read_message(&m, text);
	queue_id_make(e.id);
	e.account = alloc_string("work");
	e.envelope.recipients = &recipient;
	e.envelope.count = 1;
	body_of(&m, &file);
	assert_true(entry_write_trailer(&e, &m, &file, &err));
	name_of(name, sizeof name, e.id, "msg");
	place_store(p, name, file.data, file.len);
	assert_held(p, e.id);
	e.envelope = (struct envelope)ENVELOPE_INIT;
	free(recipient.address);
	buf_release(&file);
	entry_release(&e);
	message_release(&m);
}

static void failed_messages_go_and_come_back(void **state)
{
	struct place *p = *state;
	struct store failed = STORE_INIT;
	struct entry e = ENTRY_INIT;
	struct error err = ERROR_INIT;
	char id[QUEUE_ID_SIZE];

	place_keep(p, text, "", "a@x.org", id);
	assert_false(store_open_failed(&failed, &p->store));
	assert_int_equal(store_lock(&p->store, id, &e, &lock_error), STORE_LOCKED);
	entry_set_recipient(&e, 0, ENTRY_FAILED, NULL);
	assert_true(store_fail(&p->store, &e, &err));
	entry_release(&e);
	assert_int_equal(count_messages(p), 0);
	assert_true(store_open_failed(&failed, &p->store));
	assert_int_equal(store_lock(&failed, id, &e, &lock_error), STORE_LOCKED);
	assert_int_equal(e.recipients[0].fate, ENTRY_FAILED);
	entry_set_recipient(&e, 0, ENTRY_LEFT, NULL);
	assert_true(store_return(&p->store, &failed, &e, &err));
	entry_release(&e);
	store_close(&failed);
	assert_true(store_read(&p->store, id, &e));
	assert_int_equal(e.recipients[0].fate, ENTRY_LEFT);
	entry_release(&e);
}

static void a_queue_that_is_full_says_so_and_keeps_nothing(void **state)
{
	struct place *p = *state;
	struct message m = MESSAGE_INIT;
	struct envelope e = ENVELOPE_INIT;
	struct error err = ERROR_INIT;
	struct keep keep = {
		.account = "work", .caller = &p->caller, .envelope = &e, .message = &m
	};
	struct config_key key = { .key = "queue_max" };
	char id[QUEUE_ID_SIZE];

	place_read_message(&m, text);
	envelope_add(&e, "a@x.org", NULL, &err);
	p->config.keys = &key;
	p->config.key_count = 1;
	p->config.queue_max = 500;
	p->caller.uid = 4000000000; /* more than a long of 32 bits */
	assert_true(store_keep(&p->store, &keep, &p->config, id, &err));
	assert_false(store_keep(&p->store, &keep, &p->config, id, &err) &&
		     store_keep(&p->store, &keep, &p->config, id, &err));
	assert_int_equal(err.code, EX_TEMPFAIL);
	assert_non_null(strstr(err.text, "uid 4000000000 has"));
	assert_true(count_names(p) <= 2);
	envelope_release(&e);
	message_release(&m);
}

static void what_cannot_be_written_leaves_nothing(void **state)
{
	struct place *p = *state;
	struct message m = MESSAGE_INIT;
	struct envelope e = ENVELOPE_INIT;
	struct error err = ERROR_INIT;
	struct delivery_result results = DELIVERY_RESULT_INIT;
	struct keep keep = { .account = "work",
		.caller = &p->caller,
		.envelope = &e,
		.message = &m,
		.results = &results };
	struct rlimit before, tiny;
	char id[QUEUE_ID_SIZE];
	bool ok;

	signal(SIGXFSZ, SIG_IGN);
	place_read_message(&m, text);
	envelope_add(&e, "a@x.org", NULL, &err);
	delivery_result_init(&results, e.count);
	delivery_result_set(&results, 0, FATE_DEFERRED, &err);
	getrlimit(RLIMIT_FSIZE, &before);
	for (rlim_t size = 0; size < 600; size += 7) {
		struct error why = ERROR_INIT;

		tiny = (struct rlimit){ .rlim_cur = size, .rlim_max = before.rlim_max };
		setrlimit(RLIMIT_FSIZE, &tiny);
		ok = store_keep(&p->store, &keep, &p->config, id, &why);
		setrlimit(RLIMIT_FSIZE, &before);
		if (ok)
			break;
		assert_true(why.code == EX_IOERR || why.code == EX_CANTCREAT);
		assert_int_equal(count_names(p), 0);
	}
	assert_true(ok);
	delivery_result_release(&results);
	envelope_release(&e);
	message_release(&m);
}

static void a_name_that_is_taken_counts_as_kept(void **state)
{
	struct place *p = *state;
	struct message m = MESSAGE_INIT;
	struct envelope e = ENVELOPE_INIT;
	struct error err = ERROR_INIT;
	char first[QUEUE_ID_SIZE], again[QUEUE_ID_SIZE];
	struct keep keep = { .account = "work",
		.caller = &p->caller,
		.envelope = &e,
		.message = &m,
		.is_report = true,
		.id = first };

	place_read_message(&m, text);
	envelope_add(&e, "a@x.org", NULL, &err);
	queue_id_make(again);
	queue_id_derive(first, again, 7);
	assert_true(queue_id_is_valid(first, strlen(first)));
	assert_true(store_keep(&p->store, &keep, &p->config, again, &err));
	assert_true(store_keep(&p->store, &keep, &p->config, again, &err));
	assert_string_equal(again, first);
	assert_int_equal(count_names(p), 1);
	envelope_release(&e);
	message_release(&m);
}

static void directories_of_others_are_refused(void **state)
{
	struct place *p = *state;
	struct store s = STORE_INIT;
	struct error err = ERROR_INIT;

	assert_int_equal(chmod(p->queue_dir, 0777), 0);
	assert_false(store_open(&s, &p->config, &p->caller, STORE_EXISTING, &err));
	assert_int_equal(err.code, EX_CANTCREAT);
	assert_int_equal(chmod(p->queue_dir, 0770), 0);
	assert_false(store_open(&s, &p->config, &p->caller, STORE_EXISTING, &err));
	assert_int_equal(chmod(p->queue_dir, 02770), 0);
	assert_true(store_open(&s, &p->config, &p->caller, STORE_EXISTING, &err));
	assert_true(s.is_shared);
	store_close(&s);
}

static void auto_means_where_the_directory_is(void **state)
{
	struct place *p = *state;
	char missing[] = "/nonexistent/queue";

	p->config.queue = QUEUE_AUTO;
	assert_true(queue_is_on(&p->config));
	p->config.queue_dir = missing;
	assert_false(queue_is_on(&p->config));
	p->config.queue = QUEUE_YES;
	assert_true(queue_is_on(&p->config));
	p->config.queue = QUEUE_NO;
	p->config.queue_dir = p->queue_dir;
	assert_false(queue_is_on(&p->config));
}

static void ids_are_in_order_and_differ(void **state)
{
	char last[QUEUE_ID_SIZE], id[QUEUE_ID_SIZE], derived[QUEUE_ID_SIZE];

	queue_id_make(last);
	for (int i = 0; i < 1000; i++) {
		queue_id_make(id);
		assert_true(queue_id_is_valid(id, strlen(id)));
		assert_int_not_equal(strcmp(last, id), 0);
		assert_true(strncmp(last, id, 11) <= 0);
		memcpy(last, id, sizeof id);
	}
	queue_id_derive(derived, id, 1);
	queue_id_derive(last, id, 1);
	assert_string_equal(derived, last);
	queue_id_derive(last, id, 2);
	assert_string_not_equal(derived, last);
	assert_false(queue_id_is_valid("short", 5));
	assert_false(queue_id_is_valid("../../../etc/passwd..", 21));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_kept_message_comes_back_as_it_was, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_spooled_message_is_kept_without_a_copy, setup, teardown),
		cmocka_unit_test_setup_teardown(
			only_those_who_wait_are_kept_with_why, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_lock_keeps_others_away_and_ends_with_the_entry, setup, teardown),
		cmocka_unit_test_setup_teardown(ends_are_settled_together, setup, teardown),
		cmocka_unit_test_setup_teardown(states_follow_each_other, setup, teardown),
		cmocka_unit_test_setup_teardown(cut_off_anywhere_it_is_held, setup, teardown),
		cmocka_unit_test_setup_teardown(with_any_bit_turned_it_is_held, setup, teardown),
		cmocka_unit_test_setup_teardown(a_damaged_state_holds_its_message, setup, teardown),
		cmocka_unit_test_setup_teardown(odd_files_are_held_or_no_messages, setup, teardown),
		cmocka_unit_test_setup_teardown(
			what_is_no_queue_file_is_set_aside, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_recipient_of_a_million_bytes_is_not_believed, setup, teardown),
		cmocka_unit_test_setup_teardown(failed_messages_go_and_come_back, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_queue_that_is_full_says_so_and_keeps_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(
			what_cannot_be_written_leaves_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_name_that_is_taken_counts_as_kept, setup, teardown),
		cmocka_unit_test_setup_teardown(directories_of_others_are_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(auto_means_where_the_directory_is, setup, teardown),
		cmocka_unit_test(ids_are_in_order_and_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
