/* SPDX-License-Identifier: ISC */
/* Scanner, re-encoder and header encoder together: whatever comes in, what goes out keeps the rules of the wire. */
#include "message/content.h"

#include "base/ascii.h"
#include "base/log.h"
#include "fuzz.h"

/* Does the input name a kind of part that is left as it is, whatever it holds? */
static bool names_sealed(const char *data, size_t len)
{
	static const char *const names[] = { "signed", "encrypted", "pgp", "pkcs7", "uue", "message/" };
	struct buf text = BUF_INIT;
	bool found = false;

	for (size_t i = 0; i < len; i++)
		if (data[i]) /* a header field loses its NULs */
			buf_addc(&text, ascii_lower(data[i]));
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		found |= strstr(buf_str(&text), names[i]) != NULL;
	buf_release(&text);
	return found;
}

static void check_lines(const char *s, size_t len, bool allow_8bit, bool allow_long)
{
	size_t line = 0;

	for (size_t i = 0; i < len; i++) {
		line = s[i] == '\n' ? 0 : line + 1;
		fuzz_require(s[i] && (s[i] != '\r' || (i + 1 < len && s[i + 1] == '\n')), "no NUL, no bare CR");
		fuzz_require(s[i] != '\n' || (i && s[i - 1] == '\r'), "no bare LF");
		fuzz_require(allow_long || line <= 998 + (s[i] == '\r'), "no line over 998 octets");
		fuzz_require(allow_8bit || !ascii_is_8bit(s[i]), "no 8-bit octets");
	}
	fuzz_require(!len || s[len - 1] == '\n', "the last line is whole");
}

static void check(const struct content *c, unsigned offers, bool sealed)
{
	struct error err = ERROR_INIT;
	const char *body;
	ssize_t n = spool_look(c->body, 0, &body, &err);

	check_lines(c->header.data, c->header.len, c->needs_utf8, false);
	check_lines(body, (size_t)n, sealed || (offers & OFFER_8BITMIME), sealed);
	fuzz_require(c->size == c->header.len + (size_t)n, "the size is that of header and body");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const unsigned all[] = { 0, OFFER_8BITMIME, OFFER_8BITMIME | OFFER_SMTPUTF8 };
	const struct message_source source = { .fd = -1 };
	const struct envelope e = ENVELOPE_INIT;
	struct message m = MESSAGE_INIT;
	struct message_reader r;
	struct error err = ERROR_INIT;

	log_open("none");
	message_reader_begin(&r, &m, &source);
	if (message_reader_add(&r, (const char *)data, len, &err) && message_reader_end(&r, &err))
		for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
			struct content c = CONTENT_INIT;

			if (content_render(&c, &m, NULL, &e, all[i], &err))
				check(&c, all[i], names_sealed((const char *)data, len));
			else
				fuzz_require(err.code == EX_DATAERR, "what cannot be made fit is EX_DATAERR");
			content_release(&c);
		}
	message_reader_release(&r);
	message_release(&m);
	return 0;
}
