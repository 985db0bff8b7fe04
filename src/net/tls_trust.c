/* SPDX-License-Identifier: ISC */
#include "net/tls_trust.h"

#include "base/ascii.h"
#include "base/base64.h"
#include "base/clock.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char trust_file_hint[] =
	"tls_trust names a PEM file with the certificates of authorities; leave it out for the "
	"system's";

enum {
	BLOCK = 16 * 1024,
	CERTIFICATE_MAX = 1024 * 1024, /* of one, in PEM */
	SETTLED_S = 2, /* a file changed just now may change again without looking so */
	SECONDS_SIZE = 20, /* digits */
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

static bool is_space(char c)
{
	return c == '\n' || c == '\r' || c == ' ' || c == '\t';
}

/* Lines of base64 without their ends, moved together; returns their length. */
static size_t join_lines(char *text, size_t len)
{
	const char *end = text + len;
	char *to = text;

	for (const char *line = text; line < end;) {
		const char *lf = memchr(line, '\n', (size_t)(end - line));
		const char *next = lf ? lf + 1 : end;
		const char *stop = next;

		while (line < stop && is_space(*line))
			line++;
		while (line < stop && is_space(stop[-1]))
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
		(unsigned long long)st->st_ino, (long long)st->st_size,
		(long long)st->st_mtim.tv_sec, st->st_mtim.tv_nsec,
		(long long)st->st_ctim.tv_sec, st->st_ctim.tv_nsec);
}

/* Is the time that stands at the start of text still to come? */
static bool is_still_good(const char *text)
{
	char digits[SECONDS_SIZE + 1];
	unsigned long long ends_s;

	snprintf(digits, sizeof digits, "%s", text);
	return ascii_to_number(digits, INT64_MAX, &ends_s) && (int64_t)ends_s > clock_wall_s();
}

static void add_anchor(gnutls_certificate_credentials_t credentials, const struct buf *der)
{
	gnutls_datum_t raw = { (unsigned char *)der->data, (unsigned)der->len };
	gnutls_x509_crt_t cert;

	if (gnutls_x509_crt_init(&cert) < 0)
		return;
	if (gnutls_x509_crt_import(cert, &raw, GNUTLS_X509_FMT_DER) == 0)
		gnutls_certificate_set_x509_trust(credentials, &cert, 1);
	gnutls_x509_crt_deinit(cert);
}

static void add_issuers(gnutls_certificate_credentials_t credentials, struct bundle *bundle,
	const struct cert_chain *chain)
{
	gnutls_datum_t issuers[CERT_CHAIN_MAX] = { { NULL, 0 } };
	struct buf der = BUF_INIT;

	for (unsigned i = 0; i < chain->count; i++)
		gnutls_x509_crt_get_raw_issuer_dn(chain->items[i], &issuers[i]);
	while (next_certificate(bundle, &der))
		if (names_an_issuer(&der, issuers, chain->count))
			add_anchor(credentials, &der);
	for (unsigned i = 0; i < chain->count; i++)
		gnutls_free(issuers[i].data);
	buf_release(&der);
}

static bool open_store(struct bundle *bundle, const char *file)
{
	return file ? bundle_open(bundle, file) : bundle_open_system(bundle);
}

bool trust_add_matching(gnutls_certificate_credentials_t credentials, const char *file,
	const struct cert_chain *chain, struct buf *kept, struct error *err)
{
	struct bundle bundle;

	buf_truncate(kept, 0);
	if (open_store(&bundle, file)) {
		add_issuers(credentials, &bundle, chain);
		if (clock_wall_s() - bundle.st.st_ctim.tv_sec >= SETTLED_S)
			add_identity(kept, &bundle.st);
	}
	bundle_close(&bundle);
	if (!file || !bundle.failure)
		return true;
	error_set_errno(err, EX_PROTOCOL, bundle.failure, "cannot read tls_trust file '%s'", file);
	return error_hint(err, "%s", trust_file_hint);
}

static bool is_known(const struct buf *kept, const struct stat *st, gnutls_x509_crt_t cert)
{
	struct buf known = BUF_INIT;
	size_t times_at;
	bool ok;

	add_identity(&known, st);
	times_at = known.len;
	ok = kept->len > times_at + SECONDS_SIZE &&
	     memcmp(kept->data, known.data, times_at) == 0 && is_still_good(kept->data + times_at);
	if (ok) {
		buf_add(&known, kept->data + times_at, SECONDS_SIZE);
		cert_add_fingerprint(&known, cert);
		buf_addc(&known, '\n');
		ok = kept->len >= known.len && memcmp(kept->data, known.data, known.len) == 0;
	}
	buf_release(&known);
	return ok;
}

bool trust_is_known(const struct buf *kept, const char *file, gnutls_x509_crt_t cert)
{
	struct bundle bundle;
	bool ok;

	if (!kept->len)
		return false;
	ok = open_store(&bundle, file) && is_known(kept, &bundle.st, cert);
	bundle_close(&bundle);
	return ok;
}

static gnutls_x509_crt_t issuer_in(const struct cert_chain *chain, gnutls_x509_crt_t cert)
{
	for (unsigned i = 1; i < chain->count; i++)
		if (chain->items[i] != cert && gnutls_x509_crt_check_issuer(cert, chain->items[i]))
			return chain->items[i];
	return NULL;
}

static int64_t earlier_end(int64_t ends_s, gnutls_x509_crt_t cert)
{
	int64_t end_s = gnutls_x509_crt_get_expiration_time(cert);

	return end_s < ends_s ? end_s : ends_s;
}

/* *ends_s is when the first certificate up to the anchor is over; NULL: no way leads to one. */
static gnutls_x509_crt_t find_anchor(gnutls_certificate_credentials_t credentials,
	const struct cert_chain *chain, int64_t *ends_s)
{
	gnutls_x509_crt_t at = chain->items[0], anchor;
	gnutls_x509_trust_list_t trusted;

	*ends_s = INT64_MAX;
	gnutls_certificate_get_trust_list(credentials, &trusted);
	for (unsigned i = 0; at && i < chain->count; i++) {
		*ends_s = earlier_end(*ends_s, at);
		if (gnutls_x509_trust_list_get_issuer(trusted, at, &anchor, 0) == 0) {
			*ends_s = earlier_end(*ends_s, anchor);
			return anchor;
		}
		at = issuer_in(chain, at);
	}
	return NULL;
}

void trust_keep(gnutls_certificate_credentials_t credentials, const struct cert_chain *chain,
	struct buf *kept)
{
	int64_t ends_s;
	gnutls_x509_crt_t anchor = kept->len ? find_anchor(credentials, chain, &ends_s) : NULL;

	if (anchor) {
		buf_addf(kept, "%0*lld", SECONDS_SIZE, (long long)ends_s);
		cert_add_fingerprint(kept, chain->items[0]);
		buf_addc(kept, '\n');
		cert_add_short_name(kept, anchor, CERT_SUBJECT);
	} else {
		buf_truncate(kept, 0);
	}
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
