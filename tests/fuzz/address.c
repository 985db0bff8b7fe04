/* SPDX-License-Identifier: ISC */
/* An address list as a field's value, as a sender, and as it is written into a header. */
#include "message/address.h"

#include "base/ascii.h"
#include "fuzz.h"
#include "message/address_field.h"

static void check_mailbox(const struct mailbox *m, const struct fuzz_input *in)
{
	char *address = mailbox_address(m), *name, *ascii;
	struct mailboxes again = MAILBOXES_INIT;
	struct error err = ERROR_INIT;

	fuzz_require(m->start < m->end && m->end <= in->size, "the address lies in the text");
	fuzz_require(m->item_start <= m->start && m->end <= m->item_end && m->item_end <= in->size,
		"the member lies around it");
	fuzz_require(!ascii_has_line_break(address, strlen(address)), "no line break in an address");
	fuzz_require(mailboxes_parse(&again, address, strlen(address), &err) && again.count == 1,
		"an address can be read again");
	name = mailbox_address(&again.items[0]);
	fuzz_require(strcmp(name, address) == 0, "an address is read as it was written");
	fuzz_require(address_equal(name, address), "an address equals itself");
	free(name);
	name = address_local_name(address);
	ascii = address_to_ascii_domain(address);
	fuzz_require(!ascii || !address_domain(ascii) ||
			     !ascii_has_8bit(address_domain(ascii), strlen(address_domain(ascii))),
		"A-labels are ASCII");
	free(ascii);
	free(name);
	free(address);
	mailboxes_release(&again);
}

/* How an address reads in the field once that is fit for the wire; NULL: it is not an address there. */
static char *address_in_field(const struct mailbox *m, const char *value, bool utf8)
{
	char *address = mailbox_address(m), *ascii = NULL;
	const char *place = value + m->start;

	if (utf8 && utf8_is_valid(place, m->end - m->start))
		return address;
	if (!address_needs_utf8(address))
		ascii = address_to_ascii_domain(address);
	free(address);
	return ascii;
}

/* A field names the same addresses after it was made fit, in the same order. */
static void require_same(const struct buf *out, const char *value, size_t len, bool utf8)
{
	struct mailboxes before = MAILBOXES_INIT, after = MAILBOXES_INIT;
	struct error err = ERROR_INIT;
	size_t at = 0;

	fuzz_require(mailboxes_parse(&after, out->data + 3, out->len - 3, &err),
		"a field is an address list again");
	fuzz_require(mailboxes_parse(&before, value, len, &err), "it was one");
	for (size_t i = 0; i < before.count; i++) {
		char *wanted = address_in_field(&before.items[i], value, utf8);
		char *found = wanted && at < after.count ? mailbox_address(&after.items[at++]) : NULL;

		fuzz_require(!wanted || (found && strcmp(found, wanted) == 0),
			"a field names who it named");
		free(found);
		free(wanted);
	}
	fuzz_require(at == after.count, "a field names nobody else");
	mailboxes_release(&before);
	mailboxes_release(&after);
}

static void check_field(const char *value, size_t len, size_t nulls, bool utf8)
{
	struct buf out = BUF_INIT;

	buf_adds(&out, "To:");
	if (!address_field_add(&out, value, len, utf8)) {
		fuzz_require(out.len == 3, "what is no address list leaves the field as it was");
	} else {
		fuzz_require(utf8 || !ascii_has_8bit(out.data, out.len), "a field is ASCII");
		if (!nulls) /* what stands before "<>" is kept as it is */
			require_same(&out, value, len, utf8);
	}
	buf_release(&out);
}

static void check_sender(const char *text)
{
	struct error err = ERROR_INIT;
	char *sender = address_parse_sender(text, &err);

	fuzz_require(sender || err.code == EX_DATAERR, "a bad sender is EX_DATAERR");
	fuzz_require(!sender || !ascii_has_line_break(sender, strlen(sender)), "a sender is one line");
	free(sender);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { (const char *)data, size };
	struct mailboxes list = MAILBOXES_INIT;
	struct error err = ERROR_INIT;
	char *text = fuzz_copy(&in), *string = fuzz_string(&in);

	if (mailboxes_parse(&list, text, size, &err)) {
		for (size_t i = 0; i < list.count && i < 50; i++)
			check_mailbox(&list.items[i], &in);
		check_field(text, size, list.nulls, false);
		check_field(text, size, list.nulls, true);
	} else {
		fuzz_require(!list.count && err.code == EX_DATAERR, "a bad list is EX_DATAERR");
	}
	address_field_needs_utf8(text, size);
	check_sender(string);
	mailboxes_release(&list);
	free(string);
	free(text);
	return 0;
}
