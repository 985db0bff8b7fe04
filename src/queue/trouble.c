/* SPDX-License-Identifier: ISC */
/*
 * state_dir/trouble-ACCOUNT, in lines of queue/record.h:
 *
 *	sendoff-trouble 1
 *	refusals N	   one after another
 *	until SECONDS	   since 1970: no login before
 *	mark SALT MARK	   16 bits of a checksum of what the login depends on, the secret too:
 *			   enough to see that it changed, too little to guess the secret by
 *	error CODE SCOPE REPLY STATUS TEXT HINT
 */
#include "queue/trouble.h"

#include "base/chance.h"
#include "base/clock.h"
#include "base/crc32.h"
#include "base/file.h"
#include "config/secret.h"
#include "queue/account_file.h"
#include "queue/record.h"
#include "queue/schedule.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { FILE_MAX = 64 * 1024 };

struct trouble {
	uint64_t refusals, until_s, salt, mark;
	struct error error;
};

bool trouble_is_refused_login(const struct error *err)
{
	return err->code == EX_NOPERM && err->reply != 0;
}

static uint32_t add_string(uint32_t crc, const char *s)
{
	return crc32_add(crc, s ? s : "", s ? strlen(s) + 1 : 1);
}

static uint32_t add_list(uint32_t crc, const struct strlist *l)
{
	for (size_t i = 0; i < l->count; i++)
		crc = add_string(crc, l->items[i]);
	return add_string(crc, "");
}

static uint16_t mark_of(const struct account *a, struct caller *caller, uint32_t salt)
{
	const char *const strings[] = { a->user, a->socket, a->proxy, a->password_command,
		a->password_file, a->tls_cert };
	struct secret secret = SECRET_INIT;
	struct error err;
	uint32_t crc = crc32_add(0, &salt, sizeof salt);

	crc = crc32_add(crc, &a->port, sizeof a->port);
	crc = crc32_add(crc, &a->tls, sizeof a->tls);
	crc = add_list(add_list(crc, &a->hosts), &a->auth);
	for (size_t i = 0; i < sizeof strings / sizeof *strings; i++)
		crc = add_string(crc, strings[i]);
	if (secret_is_configured(a) && secret_get(&secret, a, caller, &err))
		crc = crc32_add(crc, buf_str(&secret.bytes), secret.bytes.len);
	secret_release(&secret);
	return (uint16_t)(crc ^ crc >> 16);
}

static bool parse(struct trouble *t, const struct buf *text)
{
	struct record r = { .at = buf_str(text), .end = buf_str(text) + text->len };
	uint64_t version;
	bool ok = record_next_number(&r, "sendoff-trouble", 1, &version);

	ok = ok && record_next_number(&r, "refusals", UINT16_MAX, &t->refusals);
	ok = ok && record_next_number(&r, "until", INT64_MAX, &t->until_s);
	ok = ok && record_next(&r, "mark", 2) && record_to_number(&r, 0, UINT32_MAX, &t->salt);
	ok = ok && record_to_number(&r, 1, UINT16_MAX, &t->mark);
	ok = ok && record_next_error(&r, &t->error);
	record_release(&r);
	return ok;
}

static bool read_trouble(struct trouble *t, const struct account *a, const struct config *c)
{
	struct buf path = BUF_INIT, text = BUF_INIT;
	bool ok;

	account_file_path(&path, c, "trouble", a);
	ok = file_read(buf_str(&path), O_NOFOLLOW, &text, FILE_MAX) && parse(t, &text);
	buf_release(&path);
	buf_release(&text);
	return ok;
}

bool trouble_waits(
	const struct account *a, struct config *c, struct caller *caller, struct error *err)
{
	struct trouble t = { 0 };

	if (!read_trouble(&t, a, c) || clock_wall_s() >= (int64_t)t.until_s ||
		(int64_t)t.until_s - clock_wall_s() > 2 * c->retry_max_s ||
		mark_of(a, caller, (uint32_t)t.salt) != t.mark)
		return false;
	*err = t.error;
	return true;
}

static void render(const struct trouble *t, struct buf *out)
{
	record_add_number(out, "sendoff-trouble", 1);
	record_add_number(out, "refusals", t->refusals);
	record_add_number(out, "until", t->until_s);
	record_begin(out, "mark");
	record_number(out, t->salt);
	record_number(out, t->mark);
	record_end(out);
	record_add_error(out, &t->error);
}

static void write_trouble(const struct trouble *t, const struct account *a, const struct config *c)
{
	struct buf path = BUF_INIT, temporary = BUF_INIT, text = BUF_INIT;
	int fd;

	account_file_make_directory(c);
	account_file_path(&path, c, "trouble", a);
	buf_addf(&temporary, "%s.%ld", buf_str(&path), (long)getpid());
	render(t, &text);
	unlink(buf_str(&temporary));
	fd = open(buf_str(&temporary), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd >= 0) {
		account_file_share(fd, c);
		if (!file_write_all(fd, text.data, text.len) ||
			rename(buf_str(&temporary), buf_str(&path)) < 0)
			unlink(buf_str(&temporary));
		close(fd);
	}
	buf_release(&path);
	buf_release(&temporary);
	buf_release(&text);
}

void trouble_note(const struct account *a, struct config *c, struct caller *caller,
	const struct error *refusal)
{
	struct trouble t = { 0 };
	bool again = read_trouble(&t, a, c) && mark_of(a, caller, (uint32_t)t.salt) == t.mark;

	t.refusals = again && t.refusals < UINT16_MAX ? t.refusals + 1 : 1;
	t.until_s = (uint64_t)(clock_wall_s() + schedule_pause(c, (unsigned)t.refusals));
	t.salt = (uint32_t)chance_bits();
	t.mark = mark_of(a, caller, (uint32_t)t.salt);
	t.error = *refusal;
	write_trouble(&t, a, c);
}

void trouble_forget(const struct account *a, const struct config *c)
{
	struct buf path = BUF_INIT;

	account_file_path(&path, c, "trouble", a);
	unlink(buf_str(&path));
	buf_release(&path);
}
