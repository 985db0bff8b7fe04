/* SPDX-License-Identifier: ISC */
#include "net/tls_trust.h"

#include "base/base64.h"
#include "base/clock.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static const char trust_file_hint[] =
	"tls_trust names a PEM file with the certificates of authorities; leave it out for the "
	"system's";

enum {
	BLOCK = 16 * 1024,
	CERTIFICATE_MAX = 1024 * 1024, /* of one, in PEM */
	SETTLED_S = 2, /* a file changed just now may change again without looking so */
	ANCHORS_MAX = 16 * 1024, /* octets of what is kept, after which no more is added */
};

static const char begin_mark[] = "-----BEGIN CERTIFICATE-----";
static const char end_mark[] = "-----END CERTIFICATE-----";

/*
 * Where distributions keep the store that their GnuTLS uses as one file: Debian, Fedora, SUSE,
 * Alpine.
 */
static const char *const bundles[] = {
	"/etc/ssl/certs/ca-certificates.crt",
	"/etc/pki/tls/certs/ca-bundle.crt",
	"/var/lib/ca-certificates/ca-bundle.pem",
	"/etc/ssl/cert.pem",
};

/* A PEM file, read block by block: all of it would be half of this process's memory. */
struct bundle {
	int fd;
	struct stat st;
	struct buf text; /* read, not yet used from at on */
	size_t at;
	bool has_ended;
	int failure; /* errno of opening or reading; 0: none */
};

static bool bundle_open(struct bundle *b, const char *file)
{
	*b = (struct bundle){ .fd = -1 };
	b->fd = file_open_regular(AT_FDCWD, file, O_RDONLY, &b->st);
	b->failure = b->fd < 0 ? errno : 0;
	return b->fd >= 0;
}

static bool bundle_open_system(struct bundle *b)
{
	for (size_t i = 0; i < sizeof bundles / sizeof *bundles; i++)
		if (bundle_open(b, bundles[i]))
			return true;
	return false;
}

static void bundle_close(struct bundle *b)
{
	if (b->fd >= 0)
		close(b->fd);
	buf_release(&b->text);
}

/* Reads on, dropping what is used; false at the end, and where a certificate has none. */
static bool bundle_read(struct bundle *b)
{
	ssize_t n;

	buf_remove(&b->text, 0, b->at);
	b->at = 0;
	if (b->has_ended || b->text.len > CERTIFICATE_MAX)
		return false;
	do {
		n = read(b->fd, buf_reserve(&b->text, BLOCK), BLOCK);
	} while (n < 0 && errno == EINTR);
	b->failure = n < 0 ? errno : 0;
	b->has_ended = n <= 0;
	b->text.len += n > 0 ? (size_t)n : 0;
	buf_truncate(&b->text, b->text.len);
	return !b->has_ended;
}

/* Moves to the next mark; false: there is none. */
static bool bundle_find(struct bundle *b, const char *mark, size_t *found)
{
	size_t len = strlen(mark), from = b->at;

	for (;;) {
		const char *text = buf_str(&b->text);
		const char *hit = memmem(text + from, b->text.len - from, mark, len);

		if (hit) {
			*found = (size_t)(hit - text);
			return true;
		}
		from = b->text.len - b->at > len ? b->text.len - b->at - len : 0;
		if (!bundle_read(b))
			return false;
	}
}

/* Lines of base64 without their ends, moved together; returns their length. */
static size_t join_lines(char *text, size_t len)
{
	static const char blanks[] = " \t\r\n";
	const char *end = text + len;
	char *to = text;

	for (const char *line = text; line < end;) {
		const char *lf = memchr(line, '\n', (size_t)(end - line));
		const char *next = lf ? lf + 1 : end;
		const char *stop = next;

		while (line < stop && strchr(blanks, *line))
			line++;
		while (line < stop && strchr(blanks, stop[-1]))
			stop--;
		memmove(to, line, (size_t)(stop - line));
		to += stop - line;
		line = next;
	}
	return (size_t)(to - text);
}

/* The next certificate as DER; false: there is none.  What is no base64 comes out empty. */
static bool next_certificate(struct bundle *b, struct buf *der)
{
	size_t begin, end;
	char *body;

	if (!bundle_find(b, begin_mark, &begin))
		return false;
	b->at = begin + sizeof begin_mark - 1;
	if (!bundle_find(b, end_mark, &end))
		return false;
	body = b->text.data + b->at;
	buf_truncate(der, 0);
	base64_decode(der, body, join_lines(body, end - b->at));
	b->at = end + sizeof end_mark - 1;
	return true;
}

static bool names_an_issuer(const struct buf *der, const gnutls_datum_t *issuers, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (issuers[i].size &&
			memmem(buf_str(der), der->len, issuers[i].data, issuers[i].size))
			return true;
	return false;
}

/* As the head of what is kept. */
static void add_identity(struct buf *b, const struct stat *st)
{
	buf_addf(b, "%llu %llu %lld %lld.%09ld %lld.%09ld\n", (unsigned long long)st->st_dev,
		(unsigned long long)st->st_ino, (long long)st->st_size, (long long)st->st_mtim.tv_sec,
		st->st_mtim.tv_nsec, (long long)st->st_ctim.tv_sec, st->st_ctim.tv_nsec);
}

/* Puts what was kept in place of the file, if it is of this file. */
static bool bundle_recall(struct bundle *b, const struct buf *anchors)
{
	struct buf identity = BUF_INIT;
	bool ok;

	add_identity(&identity, &b->st);
	ok = anchors->len > identity.len && memcmp(anchors->data, identity.data, identity.len) == 0;
	if (ok) {
		buf_add(&b->text, anchors->data, anchors->len);
		b->has_ended = true;
	}
	buf_release(&identity);
	return ok;
}

/* Adds the anchor, and its text to what is kept (NULL: nothing is). */
static void add_anchor(
	gnutls_certificate_credentials_t credentials, const struct buf *der, struct buf *anchors)
{
	gnutls_datum_t raw = { (unsigned char *)der->data, (unsigned)der->len };
	gnutls_x509_crt_t cert;

	if (gnutls_x509_crt_init(&cert) < 0)
		return;
	if (gnutls_x509_crt_import(cert, &raw, GNUTLS_X509_FMT_DER) == 0) {
		gnutls_certificate_set_x509_trust(credentials, &cert, 1);
		if (anchors && anchors->len < ANCHORS_MAX) {
			buf_addf(anchors, "%s\n", begin_mark);
			base64_encode(anchors, der->data, der->len);
			buf_addf(anchors, "\n%s\n", end_mark);
		}
	}
	gnutls_x509_crt_deinit(cert);
}

static void add_issuers(gnutls_certificate_credentials_t credentials, struct bundle *bundle,
	const struct cert_chain *chain, struct buf *anchors)
{
	gnutls_datum_t issuers[CERT_CHAIN_MAX] = { { NULL, 0 } };
	struct buf der = BUF_INIT;

	for (unsigned i = 0; i < chain->count; i++)
		gnutls_x509_crt_get_raw_issuer_dn(chain->items[i], &issuers[i]);
	while (next_certificate(bundle, &der))
		if (names_an_issuer(&der, issuers, chain->count))
			add_anchor(credentials, &der, anchors);
	for (unsigned i = 0; i < chain->count; i++)
		gnutls_free(issuers[i].data);
	buf_release(&der);
}

bool trust_add_matching(gnutls_certificate_credentials_t credentials, const char *file,
	const struct cert_chain *chain, struct buf *anchors, struct error *err)
{
	struct bundle bundle;
	bool is_open = file ? bundle_open(&bundle, file) : bundle_open_system(&bundle);

	if (is_open && bundle_recall(&bundle, anchors)) {
		add_issuers(credentials, &bundle, chain, NULL);
	} else if (is_open) {
		buf_truncate(anchors, 0);
		add_identity(anchors, &bundle.st);
		add_issuers(credentials, &bundle, chain, anchors);
	}
	if (is_open && clock_wall_s() - bundle.st.st_ctim.tv_sec < SETTLED_S)
		buf_truncate(anchors, 0);
	bundle_close(&bundle);
	if (!file || !bundle.failure)
		return true;
	error_set_errno(err, EX_PROTOCOL, bundle.failure, "cannot read tls_trust file '%s'", file);
	return error_hint(err, "%s", trust_file_hint);
}

bool trust_add_all(
	gnutls_certificate_credentials_t credentials, const char *file, struct error *err)
{
	int count = file ? gnutls_certificate_set_x509_trust_file(
				   credentials, file, GNUTLS_X509_FMT_PEM)
			 : gnutls_certificate_set_x509_system_trust(credentials);

	if (count > 0)
		return true;
	if (file) {
		error_set(err, EX_PROTOCOL, "4.7.5", "tls_trust file '%s' holds no certificate",
			file);
		return error_hint(err, "%s", trust_file_hint);
	}
	error_set(err, EX_PROTOCOL, "4.7.5", "this system has no store of trusted certificates");
	return error_hint(
		err, "install the package ca-certificates, or set tls_trust = /path/ca.pem");
}
