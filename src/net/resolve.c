/* SPDX-License-Identifier: ISC */
#include "net/resolve.h"

#include "base/ascii.h"
#include "base/buf.h"
#include "base/file.h"
#include "net/wait.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <net/if.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { HOSTS_MAX = 256 * 1024 }; /* octets of /etc/hosts; in a longer one nothing is looked for */

/* What the child says, in one write that a pipe does not split. */
struct answer {
	int failure; /* EAI_… of getaddrinfo, 0: none */
	int os_error; /* errno with EAI_SYSTEM */
	struct address_list list;
};

_Static_assert(sizeof(struct answer) <= PIPE_BUF, "an answer fits into one write to a pipe");

/* By its name or number (RFC 4007 section 11.2); 0: there is none. */
static unsigned zone_index(const char *zone)
{
	unsigned long long number;

	return ascii_to_number(zone, UINT32_MAX, &number) ? (unsigned)number : if_nametoindex(zone);
}

bool address_parse(const char *literal, union net_address *a)
{
	static const char tag[] = "[IPv6:";
	char text[INET6_ADDRSTRLEN + 1 + IF_NAMESIZE];
	size_t len = strlen(literal);
	bool has_brackets = len > 2 && literal[0] == '[' && literal[len - 1] == ']';
	char *zone;

	if (has_brackets && ascii_starts_with(literal, tag)) {
		literal += sizeof tag - 2; /* the bracket counts once more below */
		len -= sizeof tag - 2;
	}
	*a = (union net_address){ 0 };
	if (len >= sizeof text)
		return false;
	snprintf(text, sizeof text, "%.*s", (int)(has_brackets ? len - 2 : len),
		literal + has_brackets);
	a->v4.sin_family = AF_INET;
	if (inet_pton(AF_INET, text, &a->v4.sin_addr) == 1)
		return true;
	zone = strchr(text, '%');
	if (zone)
		*zone++ = '\0';
	a->v6.sin6_family = AF_INET6;
	a->v6.sin6_scope_id = zone ? zone_index(zone) : 0;
	return inet_pton(AF_INET6, text, &a->v6.sin6_addr) == 1 && (!zone || a->v6.sin6_scope_id);
}

void address_set_port(union net_address *a, unsigned port)
{
	if (a->any.sa_family == AF_INET6)
		a->v6.sin6_port = htons((uint16_t)port);
	else
		a->v4.sin_port = htons((uint16_t)port);
}

socklen_t address_size(const union net_address *a)
{
	return a->any.sa_family == AF_INET6 ? sizeof a->v6 : sizeof a->v4;
}

bool address_is_loopback(const union net_address *a)
{
	const uint8_t *v6 = a->v6.sin6_addr.s6_addr;

	if (a->any.sa_family == AF_INET)
		return ntohl(a->v4.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
	if (IN6_IS_ADDR_V4MAPPED(&a->v6.sin6_addr))
		return v6[12] == IN_LOOPBACKNET;
	return IN6_IS_ADDR_LOOPBACK(&a->v6.sin6_addr);
}

void address_print(const union net_address *a, char text[INET6_ADDRSTRLEN])
{
	const void *bytes = a->any.sa_family == AF_INET6 ? (const void *)&a->v6.sin6_addr
							 : (const void *)&a->v4.sin_addr;

	if (!inet_ntop(a->any.sa_family, bytes, text, INET6_ADDRSTRLEN))
		text[0] = '\0';
}

static void add_address(struct address_list *list, const struct addrinfo *info)
{
	bool fits = info->ai_addrlen <= sizeof(union net_address);
	bool known = info->ai_family == AF_INET || info->ai_family == AF_INET6;

	if (known && fits && list->count < ADDRESSES_MAX)
		memcpy(&list->items[list->count++], info->ai_addr, info->ai_addrlen);
}

static void ask(const char *host, struct answer *answer)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *found = NULL;

	*answer = (struct answer){ 0 };
	answer->failure = getaddrinfo(host, NULL, &hints, &found);
	answer->os_error = errno;
	for (const struct addrinfo *info = found; info; info = info->ai_next)
		add_address(&answer->list, info);
	if (found)
		freeaddrinfo(found);
}

/* Does not outlive its parent: it would keep open what the parent had, locks among it. */
static void answer_as_child(const char *host, int to, pid_t parent)
{
	struct answer answer;
	ssize_t n;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	ask(host, &answer);
	n = write(to, &answer, sizeof answer);
	_exit(n == (ssize_t)sizeof answer ? 0 : 1);
}

/*
 * The child is gone or about to go.  ECHILD: the caller ignores SIGCHLD, and the kernel has
 * reaped it.
 */
static void reap(pid_t child)
{
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
}

static bool read_answer(int from, pid_t child, int64_t deadline_ms, struct answer *answer)
{
	bool in_time = wait_for(from, POLLIN, deadline_ms);

	if (!in_time)
		kill(child, SIGKILL);
	reap(child);
	return in_time && read(from, answer, sizeof *answer) == (ssize_t)sizeof *answer;
}

/* False: no answer, for the child was too slow or died. */
static bool ask_in_child(const char *host, int64_t deadline_ms, struct answer *answer)
{
	pid_t parent = getpid(), child = -1;
	int ends[2] = { -1, -1 };
	bool ok = true;

	if (pipe2(ends, O_CLOEXEC) == 0)
		child = fork();
	if (child == 0)
		answer_as_child(host, ends[1], parent);
	if (ends[1] >= 0)
		close(ends[1]);
	if (child > 0)
		ok = read_answer(ends[0], child, deadline_ms, answer);
	else
		ask(host, answer);
	if (ends[0] >= 0)
		close(ends[0]);
	return ok;
}

static bool is_on_line(char *line, const char *host)
{
	char *rest = NULL, *word;

	line[strcspn(line, "#")] = '\0';
	word = strtok_r(line, " \t\r", &rest);
	while (word && (word = strtok_r(NULL, " \t\r", &rest)))
		if (ascii_equal(word, host))
			return true;
	return false;
}

static bool is_on_any_line(char *text, const char *host)
{
	char *rest = NULL;

	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		if (is_on_line(line, host))
			return true;
	return false;
}

bool resolve_is_in_hosts(const char *host, const char *hosts_file)
{
	struct buf text = BUF_INIT;
	bool found = file_read(hosts_file, 0, &text, HOSTS_MAX) && text.len &&
		     is_on_any_line(text.data, host);

	buf_release(&text);
	return found;
}

/* A child costs more than all the rest of a look-up; what a file answers needs none. */
static bool find(const char *host, int64_t deadline_ms, struct answer *answer)
{
	if (!resolve_is_in_hosts(host, "/etc/hosts"))
		return ask_in_child(host, deadline_ms, answer);
	ask(host, answer);
	return true;
}

static bool explain(const struct answer *answer, const char *host, struct error *err)
{
	int failure = answer->failure;

	if (failure == EAI_NONAME || failure == EAI_NODATA || !failure) {
		error_set(err, EX_NOHOST, "5.4.4", "host name '%s' does not exist", host);
		return error_hint(err, "check the spelling of `host` in the configuration");
	}
	if (failure == EAI_SYSTEM)
		error_set_errno(err, EX_TEMPFAIL, answer->os_error, "cannot look up '%s'", host);
	else
		error_set(err, EX_TEMPFAIL, "4.4.3", "cannot look up '%s': %s", host,
			gai_strerror(failure));
	return error_hint(err, "is this machine online, and does its name server answer?");
}

bool resolve(const char *host, int64_t deadline_ms, struct address_list *list, struct error *err)
{
	struct answer answer = { 0 };

	if (address_parse(host, &list->items[0])) {
		list->count = 1;
		return true;
	}
	if (!wait_left_ms(deadline_ms) || !find(host, deadline_ms, &answer))
		return wait_error(err, "4.4.3", "no answer from the name server in time");
	if (answer.failure || answer.list.count == 0)
		return explain(&answer, host, err);
	*list = answer.list;
	return true;
}
