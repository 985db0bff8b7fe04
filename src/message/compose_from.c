/* SPDX-License-Identifier: ISC */
/* compose_for_account: the From field and the envelope sender as one account wants them. */
#include "base/ascii.h"
#include "message/address.h"
#include "message/compose.h"
#include "message/resent.h"

#include <stdlib.h>
#include <string.h>

/* Is the address bare, or of this host? */
static bool is_local(const char *domain, struct config *c)
{
	return !domain || config_is_own_host(c, domain);
}

char *compose_complete(const char *address, struct config *c)
{
	struct buf full = BUF_INIT;

	buf_adds(&full, address);
	if (*address && !address_domain(address))
		buf_addf(&full, "@%s", config_domain(c));
	return buf_detach(&full);
}

static char *own_address(const struct account *a, const struct compose_params *p)
{
	char *from = account_from(a, p->config, p->caller);
	char *full = compose_complete(from, p->config);

	free(from);
	return full;
}

/* What the account puts in the place of senders; NULL: nothing. */
static char *replacement(const struct account *a, const struct compose_params *p)
{
	return a->from && a->from_override != OVERRIDE_NO ? own_address(a, p) : NULL;
}

static bool is_replaced(const struct account *a, const char *domain, struct config *c)
{
	return a->from_override == OVERRIDE_YES || is_local(domain, c);
}

char *compose_sender(
	const struct envelope *e, const struct account *a, const struct compose_params *p)
{
	char *from = e->sender && *e->sender ? replacement(a, p) : NULL;

	if (!e->sender)
		return own_address(a, p);
	if (from && is_replaced(a, address_domain(e->sender), p->config))
		return from;
	free(from);
	return compose_complete(e->sender, p->config);
}

static bool is_plain_name(const char *name)
{
	if (!*name || *name == ' ' || name[strlen(name) - 1] == ' ' || strstr(name, "  "))
		return false;
	for (; *name; name++)
		if (*name != ' ' && (ascii_is_control(*name) || strchr("()<>[]:;@\\,.\"", *name)))
			return false;
	return true;
}

/* Adds a display name: a phrase of RFC 5322 section 3.2.5, quoted where it must be. */
static void add_name(struct buf *b, const char *name)
{
	if (is_plain_name(name)) {
		buf_adds(b, name);
		return;
	}
	buf_addc(b, '"');
	for (; *name; name++) {
		if (*name == '"' || *name == '\\')
			buf_addc(b, '\\');
		buf_addc(b, ascii_is_control(*name) ? ' ' : *name);
	}
	buf_addc(b, '"');
}

static const char *full_name(const struct account *a, const struct compose_params *p, bool is_null)
{
	if (p->full_name || is_null)
		return p->full_name ? p->full_name : "";
	return a->full_name ? a->full_name : caller_full_name(p->caller);
}

/* A From for a message without one. */
static void make_from(struct buf *value, const char *sender, const struct account *a,
	const struct compose_params *p)
{
	const char *name = full_name(a, p, !*sender);

	if (*name) {
		add_name(value, name);
		buf_adds(value, " <");
	}
	if (*sender)
		buf_adds(value, sender);
	else
		buf_addf(value, "MAILER-DAEMON@%s", config_domain(p->config));
	buf_adds(value, *name ? ">" : "");
}

/* Is the mailbox the account's own already? */
static bool is_same(const struct mailbox *m, const char *address)
{
	char *own = mailbox_address(m);
	bool same = address_equal(own, address);

	free(own);
	return same;
}

/*
 * Puts `from` where addresses are to be replaced; those that were not local are added to
 * reply_to.
 */
static void replace(struct field *f, const struct mailboxes *m, const char *from,
	const struct account *a, struct config *c, struct buf *reply_to)
{
	struct buf value = BUF_INIT;
	const char *old = field_value(f);
	size_t at = 0;

	for (size_t i = 0; i < m->count; i++) {
		const struct mailbox *it = &m->items[i];

		if (!is_replaced(a, it->domain, c) || is_same(it, from))
			continue;
		buf_add(&value, old + at, it->start - at);
		buf_adds(&value, from);
		at = it->end;
		if (is_local(it->domain, c))
			continue;
		buf_adds(reply_to, reply_to->len ? ", " : "");
		buf_add(reply_to, old + it->item_start, it->item_end - it->item_start);
	}
	buf_add(&value, old + at, field_value_len(f) - at);
	buf_truncate(&f->text, f->value);
	buf_add(&f->text, buf_str(&value), value.len);
	buf_release(&value);
}

/* Resent-From or From, which is there: replaced; made where it names nobody. */
static void treat_author(struct header *h, size_t at, const char *from, const char *sender,
	const struct account *a, const struct compose_params *p)
{
	struct field *f = &h->fields[at];
	struct mailboxes m = MAILBOXES_INIT;
	struct error err = ERROR_INIT;
	struct buf text = BUF_INIT;
	bool parses = mailboxes_parse(&m, field_value(f), field_value_len(f), &err);

	if (parses && !m.count) {
		make_from(&text, sender, a, p);
		field_set_value(f, text.data, text.len);
	} else if (parses && from) {
		replace(f, &m, from, a, p->config, &text);
		if (text.len && field_is(f, "From") && !header_has(h, "Reply-To"))
			header_insert(h, at + 1, "Reply-To", text.data);
	}
	buf_release(&text);
	mailboxes_release(&m);
}

void compose_for_account(const struct header *in, const struct envelope *e, const struct account *a,
	const struct compose_params *p, struct header *out, char **sender)
{
	char *from = replacement(a, p);
	const char *target = resent_exists(in) ? "Resent-From" : "From";
	struct buf made = BUF_INIT;
	size_t at;

	header_copy(out, in);
	*sender = compose_sender(e, a, p);
	at = resent_author(out);
	if (at < out->count && field_is(&out->fields[at], target))
		treat_author(out, at, from, *sender, a, p);
	if (!header_has(out, "From")) {
		make_from(&made, *sender, a, p);
		header_add(out, "From", made.data);
	}
	compose_complete_fields(out, "From", config_domain(p->config));
	compose_complete_fields(out, "Resent-From", config_domain(p->config));
	buf_release(&made);
	free(from);
}
