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

static void check_field(const char *value, size_t len, bool utf8)
{
	struct buf out = BUF_INIT;
	struct mailboxes list = MAILBOXES_INIT;
	struct error err = ERROR_INIT;

	buf_adds(&out, "To:");
	if (!address_field_add(&out, value, len, utf8))
		fuzz_require(out.len == 3, "what is no address list leaves the field as it was");
	else {
		fuzz_require(utf8 || !ascii_has_8bit(out.data, out.len), "a field is ASCII");
		/* Names that hold signs unquoted are taken from callers, but are no phrase once encoded. */
		fuzz_require(mailboxes_parse(&list, out.data + 3, out.len - 3, &err) ||
				     strpbrk(buf_str(&out), "\"\\<:(") != NULL,
			"a field is an address list again");
	}
	mailboxes_release(&list);
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
		check_field(text, size, false);
		check_field(text, size, true);
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
