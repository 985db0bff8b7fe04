/* SPDX-License-Identifier: ISC */
/* decode(encode(x)) == x for both encodings, in blocks of any size; encoding again changes nothing. */
#include "message/recode.h"

#include "base/ascii.h"
#include "base/base64.h"
#include "fuzz.h"

static void decode_qp(const struct buf *in, struct buf *out)
{
	for (size_t i = 0; i < in->len; i++) {
		const char *s = in->data + i;

		if (*s != '=') {
			buf_addc(out, *s);
			continue;
		}
		fuzz_require(in->len - i >= 3, "an escape is whole");
		if (memcmp(s, "=\r\n", 3) != 0)
			buf_addc(out, (char)(ascii_hex_value(s[1]) * 16 + ascii_hex_value(s[2])));
		i += 2;
	}
}

static void decode_base64(const struct buf *in, struct buf *out)
{
	struct buf text = BUF_INIT;

	for (size_t i = 0; i < in->len; i++)
		if (in->data[i] != '\r' && in->data[i] != '\n')
			buf_addc(&text, in->data[i]);
	fuzz_require(base64_decode(out, buf_str(&text), text.len), "base64 is base64");
	buf_release(&text);
}

static void recode(enum recode_how how, const char *data, size_t len, size_t block, struct buf *out)
{
	struct recoder r;

	recode_begin(&r, how);
	for (size_t at = 0; at < len; at += block)
		recode_add(&r, out, data + at, len - at < block ? len - at : block);
	recode_end(&r, out);
}

static void require_same(const struct buf *b, const char *data, size_t len, const char *what)
{
	fuzz_require(b->len == len && (!len || memcmp(b->data, data, len) == 0), what);
}

static void check(enum recode_how how, enum recode_how again, const char *data, size_t len)
{
	struct buf encoded = BUF_INIT, decoded = BUF_INIT, twice = BUF_INIT;

	recode(how, data, len, len % 100 + 1, &encoded);
	(how == RECODE_QP ? decode_qp : decode_base64)(&encoded, &decoded);
	require_same(&decoded, data, len, "decode(encode(x)) is x");
	recode(again, buf_str(&encoded), encoded.len, 61, &twice);
	require_same(&twice, buf_str(&encoded), encoded.len, "encoding again changes nothing");
	buf_release(&encoded);
	buf_release(&decoded);
	buf_release(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	check(RECODE_QP, RECODE_QP_AGAIN, (const char *)data, len);
	check(RECODE_BASE64, RECODE_BASE64_AGAIN, (const char *)data, len);
	return 0;
}
