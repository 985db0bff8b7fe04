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

/* A TXT record is a row of counted strings; they are one text (RFC 7208 section 3.3). */
static bool add_text(const ns_rr *record, struct strlist *texts)
{
	const unsigned char *at = ns_rr_rdata(*record), *end = at + ns_rr_rdlen(*record);
	struct buf text = BUF_INIT;
	bool ok = true;

	while (ok && at < end) {
		size_t len = *at++;

		ok = len <= (size_t)(end - at);
		if (ok)
			buf_add(&text, at, len);
		at += len;
	}
	if (ok)
		strlist_add(texts, buf_str(&text));
	buf_release(&text);
	return ok;
}

bool dns_parse_texts(const unsigned char *answer, size_t len, struct strlist *texts)
{
	ns_msg message;
	ns_rr record;

	if (ns_initparse(answer, (int)len, &message) < 0)
		return false;
	for (int i = 0; i < ns_msg_count(message, ns_s_an); i++) {
		if (ns_parserr(&message, ns_s_an, i, &record) < 0)
			return false;
		if (ns_rr_type(record) == ns_t_txt && !add_text(&record, texts))
			return false;
	}
	return true;
}

static bool read_service(const ns_msg *message, const ns_rr *record, struct dns_service *s)
{
	const unsigned char *data = ns_rr_rdata(*record);

	if (ns_rr_rdlen(*record) < 7)
		return false;
	s->priority = ns_get16(data);
	s->weight = ns_get16(data + 2);
	s->port = ns_get16(data + 4);
	return dn_expand(ns_msg_base(*message), ns_msg_end(*message), data + 6, s->host,
		       sizeof s->host) >= 0;
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
	ns_msg message;
	ns_rr record;

	*service = (struct dns_service){ .port = 0 };
	if (ns_initparse(answer, (int)len, &message) < 0)
		return false;
	for (int i = 0; i < ns_msg_count(message, ns_s_an); i++) {
		if (ns_parserr(&message, ns_s_an, i, &record) < 0)
			return false;
		if (ns_rr_type(record) != ns_t_srv)
			continue;
		if (!read_service(&message, &record, &found))
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
