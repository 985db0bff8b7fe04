/* SPDX-License-Identifier: ISC */
#include "message/resent.h"

/* The bit of a Resent- field's name; 0 for any other. */
static unsigned name_bit(const struct field *f)
{
	static const char *const names[] = { "Resent-From", "Resent-Sender", "Resent-To",
		"Resent-Cc", "Resent-Bcc", "Resent-Date", "Resent-Message-ID", "Resent-Reply-To" };

	for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
		if (field_is(f, names[i]))
			return 1U << i;
	return 0;
}

/* Goes through the fields of the block; *seen gets the names it has. */
static size_t walk(const struct header *h, unsigned *seen)
{
	size_t i;

	*seen = 0;
	for (i = 0; i < h->count; i++) {
		unsigned bit = name_bit(&h->fields[i]);

		if ((*seen & bit) || field_is(&h->fields[i], "Received"))
			break;
		*seen |= bit;
	}
	return i;
}

size_t resent_end(const struct header *h)
{
	unsigned seen;

	return walk(h, &seen);
}

bool resent_exists(const struct header *h)
{
	unsigned seen;

	walk(h, &seen);
	return seen != 0;
}

size_t resent_author(const struct header *h)
{
	size_t at = header_find(h, "Resent-From", 0), last = h->count;

	if (at < resent_end(h))
		return at;
	for (at = header_find(h, "From", 0); at < h->count; at = header_find(h, "From", at + 1))
		last = at;
	return last;
}
