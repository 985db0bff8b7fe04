/* SPDX-License-Identifier: ISC */
#include "place.h"

#include "base/alloc.h"
#include "base/file.h"

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

void place_init(struct place *p)
{
	struct error err = ERROR_INIT;

	memset(p, 0, sizeof *p);
	snprintf(p->root, sizeof p->root, "%s", "/tmp/sendoff-queue-test-XXXXXX");
	assert_non_null(mkdtemp(p->root));
	snprintf(p->queue_dir, sizeof p->queue_dir, "%s/queue", p->root);
	snprintf(p->state_dir, sizeof p->state_dir, "%s/state", p->root);
	assert_int_equal(mkdir(p->queue_dir, 0700), 0);
	p->config.queue = QUEUE_YES;
	p->config.queue_dir = p->queue_dir;
	p->config.state_dir = p->state_dir;
	p->config.queue_max = UINT64_C(1) << 30;
	p->config.retry_min_s = 300;
	p->config.retry_max_s = 4 * 3600;
	p->config.expire_s = 5 * 86400;
	p->config.delay_after_s = 4 * 3600;
	p->config.domain_found = alloc_string("example.org");
	p->config.host_found = alloc_string("box.example.org");
	caller_init(&p->caller);
	assert_true(store_open(&p->store, &p->config, &p->caller, STORE_EXISTING, &err));
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

void place_release(struct place *p)
{
	store_close(&p->store);
	caller_release(&p->caller);
	alloc_free(&p->config.domain_found);
	alloc_free(&p->config.host_found);
	nftw(p->root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void place_read_message(struct message *m, const char *text)
{
	struct message_source source = { .fd = -1 };
	struct message_reader reader;
	struct error err = ERROR_INIT;

	message_reader_begin(&reader, m, &source);
	assert_true(message_reader_add(&reader, text, strlen(text), &err));
	assert_true(message_reader_end(&reader, &err));
	message_reader_release(&reader);
}

void place_keep(struct place *p, const char *text, const char *sender, const char *recipients,
	char id[QUEUE_ID_SIZE])
{
	struct message m = MESSAGE_INIT;
	struct envelope e = ENVELOPE_INIT;
	struct strlist list = STRLIST_INIT;
	struct error err = ERROR_INIT;
	struct keep keep = {
		.account = "work", .caller = &p->caller, .envelope = &e, .message = &m
	};

	place_read_message(&m, text);
	strlist_split(&list, recipients);
	for (size_t i = 0; i < list.count; i++)
		assert_true(envelope_add(&e, list.items[i], NULL, &err));
	e.sender = alloc_string(sender);
	if (!store_keep(&p->store, &keep, &p->config, id, &err))
		fail_msg("%s", err.text);
	strlist_release(&list);
	envelope_release(&e);
	message_release(&m);
}

void place_load(const struct place *p, const char *name, struct buf *out)
{
	struct stat st;
	int fd = file_open_regular(p->store.fd, name, O_RDONLY, &st);

	assert_true(fd >= 0);
	assert_true(file_read_all(fd, out, 1 << 30));
	close(fd);
}

void place_store(const struct place *p, const char *name, const void *data, size_t len)
{
	int fd;

	unlinkat(p->store.fd, name, 0);
	fd = openat(p->store.fd, name, O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_true(fd >= 0);
	assert_true(file_write_all(fd, data, len));
	close(fd);
}
