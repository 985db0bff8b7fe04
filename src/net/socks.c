/* SPDX-License-Identifier: ISC */
#include "net/socks.h"

#include "base/alloc.h"
#include "base/ascii.h"
#include "base/buf.h"
#include "net/resolve.h"
#include "net/wait.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
	SOCKS_VERSION = 5,
	AUTH_VERSION = 1,
	METHOD_NONE = 0,
	METHOD_PASSWORD = 2,
	COMMAND_CONNECT = 1,
	ADDRESS_IPV4 = 1,
	ADDRESS_NAME = 3,
	ADDRESS_IPV6 = 4,
	FIELD_MAX = 255, /* names, users and passwords have a length of one octet */
	DEFAULT_PORT = 1080,
};

/* RFC 1928 section 6. */
static const char *const refusals[] = {
	[1] = "general failure",
	[2] = "not allowed by its rules",
	[3] = "network unreachable",
	[4] = "host unreachable, or its name is unknown there",
	[5] = "connection refused",
	[6] = "the connection took too long",
	[7] = "command not supported",
	[8] = "address type not supported",
};

static bool decode(const char *text, size_t len, struct buf *out)
{
	return buf_add_unescaped(out, text, len) && out->len <= FIELD_MAX;
}

static bool parse_login(const char *text, size_t len, struct socks_proxy *proxy)
{
	const char *colon = memchr(text, ':', len);
	size_t user_len = colon ? (size_t)(colon - text) : len;
	struct buf user = BUF_INIT, password = BUF_INIT;
	bool ok = decode(text, user_len, &user) &&
		  (!colon || decode(colon + 1, len - user_len - 1, &password));

	proxy->user = buf_detach(&user);
	proxy->password = buf_detach(&password);
	return ok && *proxy->user;
}

static bool parse_host(const char *text, struct socks_proxy *proxy)
{
	bool has_brackets = *text == '[';
	const char *end = has_brackets ? strchr(text, ']') : text + strcspn(text, ":/");
	unsigned long long port = DEFAULT_PORT;
	struct buf digits = BUF_INIT;
	bool ok = true;

	if (!end)
		return false;
	proxy->host = alloc_bytes(text + has_brackets, (size_t)(end - text) - has_brackets);
	end += has_brackets;
	if (*end == ':') {
		buf_add(&digits, end + 1, strcspn(end + 1, "/"));
		end += 1 + digits.len;
		ok = ascii_to_number(buf_str(&digits), UINT16_MAX, &port);
	}
	buf_release(&digits);
	proxy->port = (unsigned)port;
	return ok && port && *proxy->host && (!*end || strcmp(end, "/") == 0);
}

bool socks_parse(const char *url, struct socks_proxy *proxy, struct error *err)
{
	static const char scheme[] = "socks5://";
	const char *rest = url + sizeof scheme - 1;
	const char *at;
	bool ok;

	*proxy = (struct socks_proxy)SOCKS_PROXY_INIT;
	ok = ascii_starts_with(url, scheme);
	at = ok ? strrchr(rest, '@') : NULL;
	ok = ok && (!at || parse_login(rest, (size_t)(at - rest), proxy));
	ok = ok && parse_host(at ? at + 1 : rest, proxy);
	if (ok)
		return true;
	socks_release(proxy);
	return error_set(err, EX_CONFIG, NULL,
		"`proxy` is not of the form socks5://[user:password@]host:port");
}

void socks_release(struct socks_proxy *proxy)
{
	alloc_free(&proxy->host);
	alloc_free(&proxy->user);
	alloc_wipe(proxy->password);
	*proxy = (struct socks_proxy)SOCKS_PROXY_INIT;
}

static bool is_retry(int reason)
{
	return reason == EAGAIN || reason == EWOULDBLOCK || reason == EINTR;
}

static bool too_slow(struct error *err)
{
	return wait_error(err, "4.4.1", "no answer from the proxy in time");
}

static bool send_octets(int fd, const struct buf *b, int64_t deadline_ms, struct error *err)
{
	for (size_t at = 0; at < b->len;) {
		ssize_t n = send(fd, b->data + at, b->len - at, MSG_NOSIGNAL);

		if (n < 0 && !is_retry(errno))
			return error_set_errno(
				err, EX_TEMPFAIL, errno, "connection to the proxy lost");
		if (n < 0 && !wait_for(fd, POLLOUT, deadline_ms))
			return too_slow(err);
		at += n > 0 ? (size_t)n : 0;
	}
	return true;
}

static bool receive_octets(
	int fd, unsigned char *data, size_t len, int64_t deadline_ms, struct error *err)
{
	for (size_t at = 0; at < len;) {
		ssize_t n = recv(fd, data + at, len - at, 0);

		if (n == 0)
			return error_set(
				err, EX_TEMPFAIL, "4.4.1", "the proxy closed the connection");
		if (n < 0 && !is_retry(errno))
			return error_set_errno(
				err, EX_TEMPFAIL, errno, "connection to the proxy lost");
		if (n < 0 && !wait_for(fd, POLLIN, deadline_ms))
			return too_slow(err);
		at += n > 0 ? (size_t)n : 0;
	}
	return true;
}

static void add_field(struct buf *b, const char *s)
{
	buf_addc(b, (char)strlen(s));
	buf_adds(b, s);
}

static bool log_in(int fd, const struct socks_proxy *proxy, int64_t deadline_ms, struct error *err)
{
	struct buf request = BUF_INIT;
	unsigned char answer[2];
	bool ok;

	buf_reserve(&request, 1 + 2 * (1 + FIELD_MAX));
	buf_addc(&request, AUTH_VERSION);
	add_field(&request, proxy->user);
	add_field(&request, proxy->password);
	ok = send_octets(fd, &request, deadline_ms, err) &&
	     receive_octets(fd, answer, sizeof answer, deadline_ms, err);
	buf_wipe(&request);
	return ok && (answer[1] == 0 || error_set(err, EX_TEMPFAIL, "4.4.1",
						"the proxy refused user or password"));
}

static bool agree_on_method(
	int fd, const struct socks_proxy *proxy, int64_t deadline_ms, struct error *err)
{
	static const char with_login[] = { SOCKS_VERSION, 2, METHOD_NONE, METHOD_PASSWORD };
	static const char without[] = { SOCKS_VERSION, 1, METHOD_NONE };
	struct buf request = BUF_INIT;
	unsigned char answer[2];
	bool ok;

	buf_add(&request, proxy->user ? with_login : without,
		proxy->user ? sizeof with_login : sizeof without);
	ok = send_octets(fd, &request, deadline_ms, err) &&
	     receive_octets(fd, answer, sizeof answer, deadline_ms, err);
	buf_release(&request);
	if (!ok)
		return false;
	if (answer[0] != SOCKS_VERSION)
		return error_set(
			err, EX_TEMPFAIL, "4.4.1", "what answers there is no SOCKS5 proxy");
	if (answer[1] == METHOD_PASSWORD && proxy->user)
		return log_in(fd, proxy, deadline_ms, err);
	return answer[1] == METHOD_NONE ||
	       error_set(err, EX_TEMPFAIL, "4.4.1", "the proxy wants a login that we cannot give");
}

static void add_destination(struct buf *b, const char *host, unsigned port)
{
	union net_address a;

	if (!address_parse(host, &a)) {
		buf_addc(b, ADDRESS_NAME);
		add_field(b, host);
	} else if (a.any.sa_family == AF_INET6) {
		buf_addc(b, ADDRESS_IPV6);
		buf_add(b, &a.v6.sin6_addr, sizeof a.v6.sin6_addr);
	} else {
		buf_addc(b, ADDRESS_IPV4);
		buf_add(b, &a.v4.sin_addr, sizeof a.v4.sin_addr);
	}
	buf_addc(b, (char)(port >> 8));
	buf_addc(b, (char)port);
}

/* By its type and first octet; 0: unknown. */
static size_t bound_address_size(const unsigned char head[5])
{
	switch (head[3]) {
	case ADDRESS_IPV4:
		return 4;
	case ADDRESS_IPV6:
		return 16;
	case ADDRESS_NAME:
		return head[4] + 1u;
	default:
		return 0;
	}
}

/* The address that the proxy bound tells us nothing, but has to be read. */
static bool read_connect_answer(int fd, int64_t deadline_ms, struct error *err)
{
	unsigned char head[5], rest[FIELD_MAX + 2];
	size_t len;

	if (!receive_octets(fd, head, sizeof head, deadline_ms, err))
		return false;
	if (head[1]) {
		const char *why = head[1] < sizeof refusals / sizeof *refusals ? refusals[head[1]]
									       : "unknown reason";

		return error_set(err, EX_TEMPFAIL, "4.4.1", "the proxy does not connect: %s", why);
	}
	len = bound_address_size(head);
	if (head[0] != SOCKS_VERSION || !len)
		return error_set(
			err, EX_TEMPFAIL, "4.4.1", "the proxy gives an answer that is not SOCKS5");
	return receive_octets(fd, rest, len - 1 + 2, deadline_ms, err);
}

bool socks_connect(int fd, const struct socks_proxy *proxy, const char *host, unsigned port,
	int64_t deadline_ms, struct error *err)
{
	static const char connect_to[] = { SOCKS_VERSION, COMMAND_CONNECT, 0 };
	struct buf request = BUF_INIT;
	bool ok;

	if (strlen(host) > FIELD_MAX)
		return error_set(err, EX_NOHOST, "5.4.4", "host name is too long");
	buf_add(&request, connect_to, sizeof connect_to);
	add_destination(&request, host, port);
	ok = agree_on_method(fd, proxy, deadline_ms, err) &&
	     send_octets(fd, &request, deadline_ms, err) &&
	     read_connect_answer(fd, deadline_ms, err);
	buf_release(&request);
	return ok;
}
