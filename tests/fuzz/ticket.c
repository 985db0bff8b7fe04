/* SPDX-License-Identifier: ISC */
/*
 * A ticket file: the input as it is; and, where the first octet is odd, with the digest put right,
 * so that what comes behind it is reached.
 */
#include "net/ticket.h"

#include "base/file.h"
#include "fuzz.h"

#include <fcntl.h>
#include <gnutls/crypto.h>
#include <sys/stat.h>
#include <unistd.h>

static const char key[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
static char directory[] = "/tmp/sendoff-fuzz-XXXXXX";
static char file[sizeof directory + sizeof key + 8];

static void remove_directory(void)
{
	unlink(file);
	rmdir(directory);
}

static void make_directory(void)
{
	fuzz_require(mkdtemp(directory) != NULL, "a directory can be made");
	snprintf(file, sizeof file, "%s/%s.0", directory, key);
	atexit(remove_directory);
}

static void add_sealed(struct buf *b, const struct fuzz_input *in)
{
	unsigned char digest[32];

	gnutls_hash_fast(GNUTLS_DIG_SHA256, in->data, in->size, digest);
	buf_adds(b, "sendoff-ticket-1 ");
	for (size_t i = 0; i < sizeof digest; i++)
		buf_addf(b, "%02x", digest[i]);
	buf_addc(b, ' ');
	buf_add(b, in->data, in->size);
}

static void write_file(const struct buf *text)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	fuzz_require(fd >= 0 && file_write_all(fd, text->data, text->len), "a file can be made");
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { (const char *)data, size };
	struct buf text = BUF_INIT, session = BUF_INIT;
	struct ticket_claim claim = { "" };
	bool is_sealed = fuzz_octet(&in) & 1;

	if (!*file)
		make_directory();
	if (is_sealed)
		add_sealed(&text, &in);
	else
		buf_add(&text, in.data, in.size);
	write_file(&text);
	if (ticket_take(directory, key, &claim, &session))
		fuzz_require(session.len < text.len, "a session is a part of its file");
	else
		fuzz_require(!session.len, "no ticket, no session");
	fuzz_require(access(file, F_OK) != 0, "a ticket is used once");
	ticket_release(directory, key, &claim, false);
	buf_release(&session);
	buf_release(&text);
	return 0;
}
