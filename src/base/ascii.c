/* SPDX-License-Identifier: ISC */
#include "base/ascii.h"

#include <string.h>

bool ascii_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool ascii_is_alnum(char c)
{
	return (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z') || ascii_is_digit(c);
}

bool ascii_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

bool ascii_is_space(char c)
{
	return ascii_is_blank(c) || c == '\r' || c == '\n';
}

bool ascii_is_control(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7f;
}

bool ascii_is_8bit(char c)
{
	return (unsigned char)c >= 0x80;
}

int ascii_hex_value(char c)
{
	if (ascii_is_digit(c))
		return c - '0';
	c = ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

char ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

void ascii_lower_string(char *s)
{
	for (; *s; s++)
		*s = ascii_lower(*s);
}

bool ascii_equal(const char *a, const char *b)
{
	return ascii_equal_bytes(a, strlen(a), b);
}

bool ascii_equal_bytes(const char *s, size_t len, const char *word)
{
	if (strlen(word) != len)
		return false;
	for (size_t i = 0; i < len; i++)
		if (ascii_lower(s[i]) != ascii_lower(word[i]))
			return false;
	return true;
}

bool ascii_starts_with(const char *s, const char *prefix)
{
	for (; *prefix; s++, prefix++)
		if (ascii_lower(*s) != ascii_lower(*prefix))
			return false;
	return true;
}

bool ascii_is_in_domain(const char *name, const char *domain)
{
	size_t len = strlen(name), n = strlen(domain);

	return len >= n && ascii_equal(name + len - n, domain) &&
	       (len == n || name[len - n - 1] == '.');
}

bool ascii_has_8bit(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (ascii_is_8bit(s[i]))
			return true;
	return false;
}

bool ascii_has_line_break(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (s[i] == '\r' || s[i] == '\n' || s[i] == '\0')
			return true;
	return false;
}

bool ascii_to_number(const char *s, unsigned long long max, unsigned long long *value)
{
	unsigned long long n = 0;

	if (!*s)
		return false;
	for (; *s; s++) {
		unsigned digit = (unsigned)(*s - '0');

		if (!ascii_is_digit(*s) || digit > max || n > (max - digit) / 10)
			return false;
		n = n * 10 + digit;
	}
	*value = n;
	return true;
}

size_t utf8_length(const char *s, size_t len)
{
	static const struct {
		unsigned char first, last, low, high;
		unsigned char length;
	} forms[] = {
		{ 0x00, 0x7f, 0x00, 0x00, 1 }, { 0xc2, 0xdf, 0x80, 0xbf, 2 },
		{ 0xe0, 0xe0, 0xa0, 0xbf, 3 }, { 0xe1, 0xec, 0x80, 0xbf, 3 },
		{ 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 },
		{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};
	const unsigned char *u = (const unsigned char *)s;
	size_t i = 0;

	while (len && i < sizeof forms / sizeof *forms &&
		(u[0] < forms[i].first || u[0] > forms[i].last))
		i++;
	if (!len || i == sizeof forms / sizeof *forms || forms[i].length > len)
		return 0;
	if (forms[i].length > 1 && (u[1] < forms[i].low || u[1] > forms[i].high))
		return 0;
	for (size_t k = 2; k < forms[i].length; k++)
		if ((u[k] & 0xc0) != 0x80)
			return 0;
	return forms[i].length;
}

bool utf8_is_valid(const char *s, size_t len)
{
	while (len) {
		size_t n = utf8_length(s, len);

		if (!n)
			return false;
		s += n;
		len -= n;
	}
	return true;
}

bool utf8_is_printable(const char *s, size_t n)
{
	static const struct {
		const char *start;
		unsigned char low, high; /* of the byte behind it */
	} unsafe[] = {
		{ "\xc2", 0x80, 0x9f },
		{ "\xe2\x80", 0xa8, 0xae },
		{ "\xe2\x81", 0xa6, 0xa9 },
	};

	if (n <= 1)
		return n && !ascii_is_control(*s);
	for (size_t i = 0; i < sizeof unsafe / sizeof *unsafe; i++) {
		unsigned char last = (unsigned char)s[n - 1];

		if (strlen(unsafe[i].start) == n - 1 && memcmp(s, unsafe[i].start, n - 1) == 0 &&
			last >= unsafe[i].low && last <= unsafe[i].high)
			return false;
	}
	return true;
}

void buf_add_printable(struct buf *b, const char *s, size_t len)
{
	while (len) {
		size_t n = utf8_length(s, len);

		if (utf8_is_printable(s, n))
			buf_add(b, s, n);
		else
			buf_addc(b, '?');
		n = n ? n : 1;
		s += n;
		len -= n;
	}
}

void buf_cut(struct buf *b, size_t len)
{
	while (len && len < b->len && ((unsigned char)b->data[len] & 0xc0) == 0x80)
		len--;
	buf_truncate(b, len);
}

bool buf_add_unescaped(struct buf *b, const char *text, size_t len)
{
	buf_reserve(b, len);
	for (size_t i = 0; i < len; i++) {
		bool escaped = text[i] == '%';
		int high = escaped && len - i > 2 ? ascii_hex_value(text[i + 1]) : -1;
		int low = high >= 0 ? ascii_hex_value(text[i + 2]) : -1;

		if (escaped && (low < 0 || !(high | low)))
			return false;
		buf_addc(b, (char)(escaped ? high << 4 | low : text[i]));
		i += escaped ? 2 : 0;
	}
	return true;
}

void buf_add_host_port(struct buf *b, const char *host, unsigned port)
{
	bool is_bare_v6 = *host != '[' && strchr(host, ':');

	buf_addf(b, is_bare_v6 ? "[%s]:%u" : "%s:%u", host, port);
}
