/* SPDX-License-Identifier: ISC */
/* What a server answers, received in pieces of a size that the first octet gives. */
#include "smtp/reply.h"

#include "base/ascii.h"
#include "fuzz.h"

#include <fcntl.h>

struct server {
	struct fuzz_input replies;
	size_t piece;
};

static ssize_t receive(void *context, void *data, size_t len, short *events)
{
	struct server *s = context;
	size_t n = s->replies.size < s->piece ? s->replies.size : s->piece;

	n = n < len ? n : len;
	*events = 0;
	if (n)
		memcpy(data, s->replies.data, n);
	s->replies.data += n;
	s->replies.size -= n;
	return (ssize_t)n;
}

static void hang_up(void *context)
{
	(void)context;
}

static void check_error(const struct error *err)
{
	fuzz_require(err->code != EX_OK, "an error has a code");
	fuzz_require(*err->text && utf8_is_valid(err->text, strlen(err->text)), "an error says why");
	for (const char *s = err->text; *s; s++)
		fuzz_require(!ascii_is_control(*s), "an error is printable");
}

static void check(const struct reply *r)
{
	struct error err = ERROR_INIT;
	struct buf line = BUF_INIT;

	fuzz_require(r->code >= 200 && r->code <= 599, "a code from 200 to 599");
	fuzz_require(!*r->status || *r->status == r->code / 100 + '0', "a status of the code's class");
	fuzz_require(r->text.len <= REPLY_BYTES_MAX + REPLY_LINE_KEEP + 1, "a reply has a limit");
	fuzz_require(strlen(buf_str(&r->text)) == r->text.len, "a reply holds no NUL");
	fuzz_require(!reply_error(r, "MAIL", EX_UNAVAILABLE, &err), "reply_error is false");
	check_error(&err);
	reply_add_line(r, &line);
	for (size_t i = 0; i < line.len; i++)
		fuzz_require(!ascii_is_control(line.data[i]), "a reply on one line is printable");
	reply_has_status(r, "7.8");
	buf_release(&line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct stream_transport transport = { .receive = receive, .close = hang_up };
	struct server server = { .replies = { (const char *)data, size } };
	struct stream stream = STREAM_INIT;
	struct reply reply = REPLY_INIT;
	struct error err = ERROR_INIT;

	server.piece = fuzz_octet(&server.replies) + 1;
	stream_open(&stream, open("/dev/null", O_RDWR | O_CLOEXEC), 1000);
	stream.transport = &transport;
	stream.context = &server;
	while (reply_read(&reply, &stream, INT64_MAX, &err))
		check(&reply);
	check_error(&err);
	reply_release(&reply);
	stream_close(&stream);
	return 0;
}
