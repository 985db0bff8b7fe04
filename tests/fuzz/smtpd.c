/* SPDX-License-Identifier: ISC */
/* What a client says to -bs; the first octets say what becomes of the messages and how the input is cut. */
#include "cli/smtpd.h"

#include "base/alloc.h"
#include "base/log.h"
#include "fuzz.h"

#include <ctype.h>

static struct {
	unsigned verdict;
	struct buf seen; /* what was submitted */
	unsigned long count, taken;
} fake;

static void note_body(const struct message *m)
{
	const char *data;
	struct error err;
	uint64_t at = 0;
	ssize_t n;

	while ((n = spool_look(&m->body, at, &data, &err)) > 0) {
		buf_add(&fake.seen, data, (size_t)n);
		at += (uint64_t)n;
	}
	fuzz_require(!m->body.size || (fake.seen.len >= 2 && fake.seen.data[fake.seen.len - 1] == '\n'),
		"the last line of a body is whole");
}

static void fake_submit(struct request *r, struct outcome *o)
{
	static const enum fate fates[] = { FATE_ACCEPTED, FATE_REFUSED, FATE_DEFERRED, FATE_UNKNOWN };
	enum fate fate = fates[(fake.verdict >> (fake.count % 4)) % 4];
	struct error err = ERROR_INIT;

	error_set(&err, EX_UNAVAILABLE, "5.7.1", "no\x1b[31m thanks");
	err.reply = 550;
	fuzz_require(r->envelope.count && r->envelope.sender, "a message has an envelope");
	for (size_t i = 0; i < r->envelope.count; i++)
		buf_addf(&fake.seen, "to %s\n", r->envelope.recipients[i].address);
	header_write(&r->message.header, &fake.seen);
	note_body(&r->message);
	envelope_copy(&o->envelope, &r->envelope);
	delivery_result_init(&o->results, o->envelope.count);
	for (size_t i = 0; i < o->results.count; i++)
		delivery_result_set(&o->results, i, fate, fate == FATE_ACCEPTED ? NULL : &err);
	o->message_id = alloc_string("<1@example.org>");
	fake.count++;
	fake.taken += fate == FATE_ACCEPTED;
}

static void check_reply(const char *line, size_t len)
{
	fuzz_require(len >= 4 && len <= SMTPD_REPLY_MAX - 2, "a reply has its length");
	fuzz_require(isdigit((unsigned char)line[0]) && isdigit((unsigned char)line[1]) &&
			     isdigit((unsigned char)line[2]) && (line[3] == ' ' || line[3] == '-'),
		"a reply begins with its code");
	for (size_t i = 0; i < len; i++)
		fuzz_require((unsigned char)line[i] >= ' ' && line[i] != 0x7f, "a reply is printable");
}

static void check_replies(const struct buf *out)
{
	for (size_t at = 0; at < out->len;) {
		const char *end = memmem(out->data + at, out->len - at, "\r\n", 2);

		fuzz_require(end != NULL, "a reply ends with CR LF");
		check_reply(out->data + at, (size_t)(end - out->data) - at);
		at = (size_t)(end - out->data) + 2;
	}
}

static void play(const struct smtpd_params *params, const struct fuzz_input *in, size_t block, struct buf *out)
{
	struct smtpd s;

	fake.count = fake.taken = 0;
	smtpd_begin(&s, params);
	for (size_t at = 0; at < in->size && s.state != SMTPD_CLOSED;) {
		size_t n = in->size - at < block ? in->size - at : block;
		char *copy = fuzz_copy(&(struct fuzz_input){ in->data + at, n });

		for (size_t done = 0; done < n && s.state != SMTPD_CLOSED;) {
			size_t taken = smtpd_feed(&s, copy + done, n - done);

			fuzz_require(taken > 0 && taken <= n - done, "some of the input is taken");
			done += taken;
		}
		free(copy);
		at += n;
	}
	buf_add(out, s.out.data, s.out.len);
	buf_addf(out, "%d %lu\r\n", smtpd_status(&s) + 100, s.accepted);
	fuzz_require(s.accepted == fake.taken, "what was accepted was taken");
	smtpd_release(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config config = CONFIG_INIT;
	struct caller caller = CALLER_INIT;
	struct request request = REQUEST_INIT;
	struct smtpd_params params = { .host = "host.example.org", .request = &request, .submit = fake_submit };
	struct fuzz_input in = { (const char *)data, size };
	struct buf whole = BUF_INIT, cut = BUF_INIT, seen = BUF_INIT;
	size_t block;

	log_open("none");
	fake.verdict = fuzz_octet(&in);
	block = fuzz_octet(&in) + 1;
	config.domain = alloc_string("example.org");
	config.host_found = alloc_string("host.example.org");
	config.max_message_size = fake.verdict & 0x80 ? 200 : 0;
	caller_init(&caller);
	request.config = &config;
	request.caller = &caller;
	request.expand = false;
	play(&params, &in, size + 1, &whole);
	buf_swap(&seen, &fake.seen);
	play(&params, &in, block, &cut);
	check_replies(&whole);
	fuzz_require(cut.len == whole.len && memcmp(cut.data, whole.data, cut.len) == 0 &&
			     fake.seen.len == seen.len &&
			     (!seen.len || memcmp(fake.seen.data, seen.data, seen.len) == 0),
		"how the input is cut makes no difference");
	buf_release(&fake.seen);
	buf_release(&seen);
	buf_release(&cut);
	buf_release(&whole);
	config_release(&config);
	caller_release(&caller);
	return 0;
}
