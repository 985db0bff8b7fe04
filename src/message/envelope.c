/* SPDX-License-Identifier: ISC */
#include "message/envelope.h"

#include "base/alloc.h"
#include "base/ascii.h"
#include "base/strlist.h"
#include "message/address.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* FNV-1a; the domain in lower case and as A-labels, as address_equal compares. */
static size_t hash_of(const char *address)
{
	char *converted = address_is_ascii(address) ? NULL : address_to_ascii_domain(address);
	const char *text = converted ? converted : address;
	const char *domain = address_domain(text);
	uint64_t hash = UINT64_C(14695981039346656037);

	for (const char *p = text; *p; p++) {
		hash ^= (unsigned char)(domain && p >= domain ? ascii_lower(*p) : *p);
		hash *= UINT64_C(1099511628211);
	}
	free(converted);
	return (size_t)(hash ^ (hash >> 32));
}

/* The slot of this address, or the free one where it belongs. */
static size_t *find_slot(struct envelope *e, const char *address)
{
	size_t i = hash_of(address) & (e->slot_count - 1);

	while (e->slots[i] && !address_equal(e->recipients[e->slots[i] - 1].address, address))
		i = (i + 1) & (e->slot_count - 1);
	return &e->slots[i];
}

/* Makes the index anew when it is half full, or when recipients were changed by others. */
static void prepare_index(struct envelope *e)
{
	size_t wanted = e->slot_count ? e->slot_count : 64;

	if (e->indexed == e->count && e->slot_count > 2 * e->count)
		return;
	while (wanted <= 2 * e->count)
		wanted *= 2;
	free(e->slots);
	e->slots = alloc_zero(wanted, sizeof *e->slots);
	e->slot_count = wanted;
	for (size_t i = 0; i < e->count; i++)
		*find_slot(e, e->recipients[i].address) = i + 1;
	e->indexed = e->count;
}

static struct recipient *new_recipient(struct envelope *e)
{
	e->recipients = alloc_more(e->recipients, e->count, &e->alloc, sizeof *e->recipients);
	e->recipients[e->count] = (struct recipient){ 0 };
	return &e->recipients[e->count++];
}

bool envelope_add(struct envelope *e, const char *address, const char *original, struct error *err)
{
	struct recipient *r;
	size_t *slot;

	prepare_index(e);
	slot = find_slot(e, address);
	if (*slot)
		return true;
	if (e->count >= ENVELOPE_RECIPIENTS_MAX)
		return error_set(err, EX_DATAERR, "5.5.3", "more than %d recipients",
			ENVELOPE_RECIPIENTS_MAX);
	r = new_recipient(e);
	r->address = alloc_string(address);
	r->original = alloc_string(original);
	*slot = e->count;
	e->indexed = e->count;
	return true;
}

static unsigned notify_word(const char *word)
{
	static const struct {
		const char *word;
		unsigned value;
	} words[] = {
		{ "never", NOTIFY_NEVER },
		{ "success", NOTIFY_SUCCESS },
		{ "failure", NOTIFY_FAILURE },
		{ "delay", NOTIFY_DELAY },
	};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (ascii_equal(word, words[i].word))
			return words[i].value;
	return 0;
}

bool envelope_parse_notify(const char *text, unsigned *notify)
{
	struct strlist words = STRLIST_INIT;
	unsigned all = 0;
	bool ok;

	strlist_split(&words, text);
	ok = words.count > 0;
	for (size_t i = 0; i < words.count; i++) {
		unsigned value = notify_word(words.items[i]);

		ok = ok && value;
		all |= value;
	}
	strlist_release(&words);
	if (!ok || ((all & NOTIFY_NEVER) && all != NOTIFY_NEVER))
		return false;
	*notify = all;
	return true;
}

bool envelope_parse_return(const char *text, enum dsn_return *ret)
{
	bool full = ascii_equal(text, "full");

	if (!full && !ascii_equal(text, "hdrs"))
		return false;
	*ret = full ? RETURN_FULL : RETURN_HEADERS;
	return true;
}

void envelope_append(struct envelope *e, const struct recipient *r)
{
	*new_recipient(e) = (struct recipient){
		.address = alloc_string(r->address),
		.original = alloc_string(r->original),
		.orcpt = alloc_string(r->orcpt),
		.notify = r->notify,
	};
}

void envelope_copy(struct envelope *to, const struct envelope *from)
{
	to->sender = alloc_string(from->sender);
	to->envid = alloc_string(from->envid);
	to->ret = from->ret;
	for (size_t i = 0; i < from->count; i++)
		envelope_append(to, &from->recipients[i]);
}

void envelope_release(struct envelope *e)
{
	for (size_t i = 0; i < e->count; i++) {
		free(e->recipients[i].address);
		free(e->recipients[i].original);
		free(e->recipients[i].orcpt);
	}
	free(e->recipients);
	free(e->slots);
	free(e->sender);
	free(e->envid);
	*e = (struct envelope)ENVELOPE_INIT;
}
