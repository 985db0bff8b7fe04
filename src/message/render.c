/* SPDX-License-Identifier: ISC */
#include "message/render.h"

#include "base/ascii.h"
#include "message/address_field.h"
#include "message/encoded_text.h"
#include "message/fold.h"
#include "message/parameters.h"

/* Adds a field's value, encoded, to the buffer that has its name. */
typedef void add_value(struct buf *out, const char *value, size_t len, bool utf8);

static void add_text(struct buf *out, const char *value, size_t len, bool utf8)
{
	encoded_text_add(out, value, len, TEXT_PLAIN, utf8);
}

/*
 * Where 8-bit octets have no legal place an encoded word is still the form that most readers
 * undo.
 */
static void add_structured(struct buf *out, const char *value, size_t len, bool utf8)
{
	if (ascii_has_8bit(value, len))
		encoded_text_add(out, value, len, TEXT_PLAIN, utf8);
	else
		buf_add(out, value, len);
}

static void add_addresses(struct buf *out, const char *value, size_t len, bool utf8)
{
	if (!ascii_has_8bit(value, len) || !address_field_add(out, value, len, utf8))
		add_structured(out, value, len, utf8);
}

static void add_parameters(struct buf *out, const char *value, size_t len, bool utf8)
{
	struct buf encoded = BUF_INIT;

	buf_add(&encoded, out->data, out->len);
	parameters_add(&encoded, value, len, utf8);
	buf_remove(&encoded, 0, out->len);
	add_structured(out, buf_str(&encoded), encoded.len, utf8);
	buf_release(&encoded);
}

struct field_kind {
	const char *name; /* one that ends in '-': all that begin so */
	add_value *add;
	bool is_list; /* commas part its members */
};

/* Fields that are not here are unstructured. */
static const struct field_kind kinds[] = {
	{ "From", add_addresses, true },
	{ "Sender", add_addresses, true },
	{ "Reply-To", add_addresses, true },
	{ "To", add_addresses, true },
	{ "Cc", add_addresses, true },
	{ "Bcc", add_addresses, true },
	{ "Resent-From", add_addresses, true },
	{ "Resent-Sender", add_addresses, true },
	{ "Resent-Reply-To", add_addresses, true },
	{ "Resent-To", add_addresses, true },
	{ "Resent-Cc", add_addresses, true },
	{ "Resent-Bcc", add_addresses, true },
	{ "Return-Receipt-To", add_addresses, true },
	{ "Disposition-Notification-To", add_addresses, true },
	{ "Errors-To", add_addresses, true },
	{ "Mail-Followup-To", add_addresses, true },
	{ "Mail-Reply-To", add_addresses, true },
	{ "Content-Type", add_parameters, false },
	{ "Content-Disposition", add_parameters, false },
	{ "Content-Transfer-Encoding", add_structured, false },
	{ "Content-ID", add_structured, false },
	{ "MIME-Version", add_structured, false },
	{ "Date", add_structured, false },
	{ "Resent-Date", add_structured, false },
	{ "Message-ID", add_structured, false },
	{ "Resent-Message-ID", add_structured, false },
	{ "In-Reply-To", add_structured, false },
	{ "References", add_structured, false },
	{ "Received", add_structured, false },
	{ "Return-Path", add_structured, false },
	{ "Keywords", add_structured, true },
	{ "List-", add_structured, false },
	{ "DKIM-Signature", add_structured, false },
	{ "ARC-", add_structured, false },
	{ "Authentication-Results", add_structured, false },
	{ "Autocrypt", add_structured, false },
};

static const struct field_kind unstructured = { "", add_text, false };

static bool matches(const char *name, const struct field *f)
{
	if (name[strlen(name) - 1] == '-')
		return ascii_starts_with(buf_str(&f->text), name);
	return field_is(f, name);
}

static const struct field_kind *kind_of(const struct field *f)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (matches(kinds[i].name, f))
			return &kinds[i];
	return &unstructured;
}

/* Can the field go as it is? */
static bool is_ready(const struct field *f, bool utf8)
{
	const char *s = f->text.data;
	size_t line = 0, longest = 0;
	bool has_8bit = false;

	for (size_t i = 0; i < f->text.len; i++) {
		line = s[i] == '\n' ? 0 : line + 1;
		longest = line > longest ? line : longest;
		has_8bit |= ascii_is_8bit(s[i]);
	}
	return longest <= FOLD_HARD && (!has_8bit || (utf8 && utf8_is_valid(s, f->text.len)));
}

static void write_lines(struct buf *out, const struct buf *text)
{
	for (size_t i = 0; i < text->len; i++) {
		char c = text->data[i];

		if (c == '\n')
			buf_addc(out, '\r');
		buf_addc(out, c == '\0' || c == '\r' ? ' ' : c);
	}
	buf_adds(out, "\r\n");
}

static bool render_field(const struct field *f, bool utf8, struct buf *out, struct error *err)
{
	const struct field_kind *kind;
	struct buf text = BUF_INIT;
	bool changed, ok;

	if (is_ready(f, utf8)) {
		write_lines(out, &f->text);
		return true;
	}
	kind = kind_of(f);
	buf_add(&text, f->text.data, f->value);
	kind->add(&text, field_value(f), field_value_len(f), utf8);
	changed = text.len != f->text.len || memcmp(text.data, f->text.data, text.len) != 0;
	ok = fold_lines(&text, changed, kind->is_list);
	if (ok)
		write_lines(out, &text);
	buf_release(&text);
	return ok || error_set(err, EX_DATAERR, "5.6.0",
			     "header field '%.*s' has a line over 998 octets that cannot be folded",
			     (int)f->name_len, f->text.data);
}

/* The label goes where the old one stood; repeated ones go. */
static bool render_fields(
	const struct header *h, const char *encoding, bool utf8, struct buf *out, struct error *err)
{
	bool done = !encoding;

	for (size_t i = 0; i < h->count; i++) {
		if (!encoding || !field_is(&h->fields[i], "Content-Transfer-Encoding")) {
			if (!render_field(&h->fields[i], utf8, out, err))
				return false;
		} else if (!done) {
			buf_addf(out, "Content-Transfer-Encoding: %s\r\n", encoding);
			done = true;
		}
	}
	return true;
}

bool header_render(const struct header *h, const struct header_changes *changes, bool utf8,
	struct buf *out, struct error *err)
{
	if (!render_fields(h, changes->encoding, utf8, out, err))
		return false;
	if (changes->mime_version && !header_has(h, "MIME-Version"))
		buf_adds(out, "MIME-Version: 1.0\r\n");
	if (changes->type && !header_has(h, "Content-Type"))
		buf_addf(out, "Content-Type: %s\r\n", changes->type);
	if (changes->encoding && !header_has(h, "Content-Transfer-Encoding"))
		buf_addf(out, "Content-Transfer-Encoding: %s\r\n", changes->encoding);
	return true;
}

bool header_needs_utf8(const struct header *h)
{
	for (size_t i = 0; i < h->count; i++) {
		const struct field *f = &h->fields[i];

		if (ascii_has_8bit(field_value(f), field_value_len(f)) &&
			kind_of(f)->add == add_addresses &&
			address_field_needs_utf8(field_value(f), field_value_len(f)))
			return true;
	}
	return false;
}
