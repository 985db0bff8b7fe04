/* SPDX-License-Identifier: ISC */
#include "message/facts.h"

#include "base/ascii.h"

#include <string.h>

/* The first octet over 0x7f, or end; eight at a time. */
static const char *find_8bit(const char *p, const char *end)
{
	const uint64_t high = UINT64_C(0x8080808080808080);
	uint64_t word = 0;

	for (; end - p >= 8; p += 8) {
		memcpy(&word, p, 8);
		if (word & high)
			break;
	}
	while (p < end && (unsigned char)*p < 0x80)
		p++;
	return p;
}

static size_t utf8_wanted(char lead)
{
	unsigned char c = (unsigned char)lead;

	return c < 0xc0 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

/*
 * Most characters over 0x7f of most texts: two octets; the table in base/ascii.c knows the
 * others.
 */
static size_t utf8_step(const char *p, size_t len)
{
	unsigned char c = (unsigned char)*p;

	if (c >= 0xc2 && c < 0xe0 && len > 1 && ((unsigned char)p[1] & 0xc0) == 0x80)
		return 2;
	return utf8_length(p, len);
}

/*
 * Completes the character that the last block began; returns how many octets of this one it
 * took.
 */
static size_t complete_held(
	struct body_facts *f, char *held, unsigned *held_len, const char *data, size_t len)
{
	size_t wanted = utf8_wanted(*held);
	size_t taken = 0;

	while (*held_len < wanted && taken < len)
		held[(*held_len)++] = data[taken++];
	if (*held_len < wanted)
		return taken;
	if (!utf8_length(held, *held_len))
		f->is_utf8 = false;
	*held_len = 0;
	return taken;
}

static void check_utf8(
	struct body_facts *f, char *held, unsigned *held_len, const char *p, const char *end)
{
	while (f->is_utf8 && p < end) {
		size_t left = (size_t)(end - p);
		size_t n = (unsigned char)*p < 0x80 ? (size_t)(find_8bit(p, end) - p)
						    : utf8_step(p, left);

		if (!n && left < utf8_wanted(*p)) {
			memcpy(held, p, left);
			*held_len = (unsigned)left;
			return;
		}
		f->is_utf8 = n > 0;
		p += n;
	}
}

void facts_add(struct body_facts *f, char *held, unsigned *held_len, const char *data, size_t len)
{
	const char *end = data + len;

	if (!f->has_nul && len && memchr(data, '\0', len))
		f->has_nul = true;
	if (*held_len)
		data += complete_held(f, held, held_len, data, len);
	if (!f->has_8bit && find_8bit(data, end) < end)
		f->has_8bit = true;
	check_utf8(f, held, held_len, data, end);
}

void facts_end(struct body_facts *f, unsigned held_len)
{
	if (held_len)
		f->is_utf8 = false;
}
