/* SPDX-License-Identifier: ISC */
#include "net/dns.h"

#include "base/buf.h"

#include <arpa/nameser.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <stdio.h>
#include <string.h>

enum {
	ANSWER_MAX = 16 * 1024,
	PATIENCE_S = 2, /* for one try of one name server */
	SERVERS_MAX = 2,
};

/* Length of the answer; 0: there is no such record; -1: nobody answered. */
static int ask(const char *name, int type, unsigned char answer[ANSWER_MAX])
{
	struct __res_state state;
	int len = -1, trouble = TRY_AGAIN;

	memset(&state, 0, sizeof state);
	if (res_ninit(&state) == 0) {
		state.retrans = PATIENCE_S;
		state.retry = 1;
		if (state.nscount > SERVERS_MAX)
			state.nscount = SERVERS_MAX;
		len = res_nquery(&state, name, ns_c_in, type, answer, ANSWER_MAX);
		trouble = state.res_h_errno;
		res_nclose(&state);
	}
	if (len < 0)
		return trouble == HOST_NOT_FOUND || trouble == NO_DATA ? 0 : -1;
	return len < ANSWER_MAX ? len : ANSWER_MAX;
}

/*
 * The answers of a reply (RFC 1035 section 4.1).  glibc's ns_parserr would need libresolv, which
 * every mail would have to load.
 */
struct answers {
	const unsigned char *base, *at, *end;
	unsigned left;
};

struct record {
	unsigned type;
	const unsigned char *data;
	size_t len;
};

static unsigned get16(const unsigned char *at)
{
	return (unsigned)at[0] << 8 | at[1];
}

/* Moves past a name and what follows it. */
static bool skip(struct answers *a, size_t more)
{
	int len = dn_skipname(a->at, a->end);

	if (len < 0 || (size_t)(a->end - a->at) < (size_t)len + more)
		return false;
	a->at += (size_t)len + more;
	return true;
}

static bool answers_begin(struct answers *a, const unsigned char *reply, size_t len)
{
	if (len < NS_HFIXEDSZ)
		return false;
	*a = (struct answers){ reply, reply + NS_HFIXEDSZ, reply + len, get16(reply + 6) };
	for (unsigned questions = get16(reply + 4); questions; questions--)
		if (!skip(a, NS_QFIXEDSZ))
			return false;
	return true;
}

static bool answers_next(struct answers *a, struct record *r)
{
	if (!skip(a, NS_RRFIXEDSZ))
		return false;
	a->left--;
	r->type = get16(a->at - NS_RRFIXEDSZ);
	r->len = get16(a->at - 2);
	r->data = a->at;
	if (r->len > (size_t)(a->end - a->at))
		return false;
	a->at += r->len;
	return true;
}

/* A TXT record is a row of counted strings; they are one text (RFC 7208 section 3.3). */
static bool add_text(const struct record *record, struct strlist *texts)
{
	const unsigned char *at = record->data, *end = at + record->len;
	struct buf text = BUF_INIT;
	bool ok = true;

	while (ok && at < end) {
		size_t len = *at++;

		ok = len <= (size_t)(end - at);
		if (ok)
			buf_add(&text, at, len);
		at += ok ? len : 0;
	}
	if (ok)
		strlist_add(texts, buf_str(&text));
	buf_release(&text);
	return ok;
}

bool dns_parse_texts(const unsigned char *answer, size_t len, struct strlist *texts)
{
	struct answers answers;
	struct record record;

	if (!answers_begin(&answers, answer, len))
		return false;
	while (answers.left) {
		if (!answers_next(&answers, &record))
			return false;
		if (record.type == ns_t_txt && !add_text(&record, texts))
			return false;
	}
	return true;
}

static bool read_service(const struct answers *a, const struct record *r, struct dns_service *s)
{
	if (r->len < 7)
		return false;
	s->priority = get16(r->data);
	s->weight = get16(r->data + 2);
	s->port = get16(r->data + 4);
	return dn_expand(a->base, a->end, r->data + 6, s->host, sizeof s->host) >= 0;
}

static bool is_better(const struct dns_service *a, const struct dns_service *b)
{
	if (!b->port || a->priority != b->priority)
		return !b->port || a->priority < b->priority;
	return a->weight > b->weight;
}

bool dns_parse_service(const unsigned char *answer, size_t len, struct dns_service *service)
{
	struct dns_service found;
	struct answers answers;
	struct record record;

	*service = (struct dns_service){ .port = 0 };
	if (!answers_begin(&answers, answer, len))
		return false;
	while (answers.left) {
		if (!answers_next(&answers, &record))
			return false;
		if (record.type != ns_t_srv)
			continue;
		if (!read_service(&answers, &record, &found))
			return false;
		if (found.port && is_better(&found, service))
			*service = found;
	}
	return true;
}

bool dns_texts(const char *name, struct strlist *texts)
{
	unsigned char answer[ANSWER_MAX];
	int len = ask(name, ns_t_txt, answer);

	return len == 0 || (len > 0 && dns_parse_texts(answer, (size_t)len, texts));
}

enum dns_answer dns_service(const char *name, struct dns_service *service)
{
	unsigned char answer[ANSWER_MAX];
	int len = ask(name, ns_t_srv, answer);

	if (len < 0)
		return DNS_SILENT;
	if (len == 0 || !dns_parse_service(answer, (size_t)len, service) || !service->port)
		return DNS_NONE;
	return *service->host && strcmp(service->host, ".") != 0 ? DNS_FOUND : DNS_NONE;
}
