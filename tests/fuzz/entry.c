/* SPDX-License-Identifier: ISC */
/*
 * The two files of a queued message: ID.msg, a zero octet, ID.state.  Where the first octet is odd
 * the checksums and lengths of ID.msg are put right: its text is then body, header and envelope,
 * each ended by the octet 1.
 */
#include "queue/entry.h"

#include "base/crc32.h"
#include "base/file.h"
#include "fuzz.h"

#include <inttypes.h>
#include <sys/mman.h>
#include <unistd.h>

static void seal(struct fuzz_input *in, struct buf *out)
{
	struct fuzz_input body = fuzz_piece(in, 1), header = fuzz_piece(in, 1);
	size_t start;

	buf_add(out, body.data, body.size);
	buf_add(out, header.data, header.size);
	start = out->len;
	buf_add(out, in->data, in->size);
	buf_addf(out, "end sendoff-1 %016" PRIx64 " %08" PRIx64 " %08" PRIx64 " %08" PRIx32 " ",
		(uint64_t)body.size, (uint64_t)header.size, (uint64_t)in->size,
		crc32_add(0, out->data, start));
	buf_addf(out, "%08" PRIx32 "\n", crc32_add(0, out->data + start, out->len - start));
}

/* A header that was not written by us may hold NUL and bare CR, which are blanks once read. */
static bool has_odd_octets(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!s[i] || (s[i] == '\r' && (i + 1 == len || s[i + 1] != '\n')))
			return true;
	return false;
}

static void check_message(const struct entry *e, const struct buf *file)
{
	struct buf again = BUF_INIT;
	struct error err = ERROR_INIT;
	uint64_t body = e->message.body.size;

	fuzz_require(entry_write_trailer(e, &e->message, &again, &err), "what was read can be written");
	fuzz_require(body + again.len == file->len, "what was read has its length");
	fuzz_require(has_odd_octets(file->data + body, again.len) ||
			     memcmp(file->data + body, again.data, again.len) == 0,
		"what was read is written as it was");
	buf_release(&again);
}

static void check_state(struct entry *e, const struct buf *state)
{
	struct buf once = BUF_INIT, twice = BUF_INIT;

	if (!entry_read_state(e, buf_str(state), state->len)) {
		fuzz_require(e->damage != NULL, "what is damaged says why");
		return;
	}
	entry_write_state(e, &once);
	fuzz_require(entry_read_state(e, once.data, once.len), "a state can be read again");
	entry_write_state(e, &twice);
	fuzz_require(once.len == twice.len && memcmp(once.data, twice.data, once.len) == 0,
		"a state is written as it was read");
	entry_last_error(e);
	buf_release(&once);
	buf_release(&twice);
}

static void play(const struct buf *file, const struct buf *state)
{
	struct entry e = ENTRY_INIT;
	int fd = memfd_create("entry", MFD_CLOEXEC);

	fuzz_require(fd >= 0 && file_write_all(fd, file->data, file->len), "a file can be made");
	if (entry_read_trailer(&e, fd, file->len)) {
		if (entry_read_message(&e, fd, file->len))
			check_message(&e, file);
		check_state(&e, state);
	}
	fuzz_require(!e.damage || *e.damage, "what is damaged says why");
	entry_release(&e);
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { (const char *)data, size };
	bool is_sealed = fuzz_octet(&in) & 1;
	struct fuzz_input message = fuzz_piece(&in, '\0');
	struct buf file = BUF_INIT, state = BUF_INIT;

	buf_add(&state, in.data, in.size);
	if (is_sealed) {
		seal(&message, &file);
		buf_addf(&state, "end %" PRIu32 "\n", crc32_add(0, state.data, state.len));
	} else {
		buf_add(&file, message.data, message.size);
	}
	play(&file, &state);
	buf_release(&file);
	buf_release(&state);
	return 0;
}
