/* SPDX-License-Identifier: ISC */
#include "smtp/capabilities.h"

#include "base/alloc.h"
#include "base/ascii.h"

#include <stdlib.h>
#include <string.h>

/* Takes one parameter of a keyword; what it does not understand it passes over. */
typedef void parameter(struct capabilities *c, const char *text);

static void size_parameter(struct capabilities *c, const char *text)
{
	unsigned long long n;

	if (ascii_to_number(text, UINT64_MAX, &n))
		c->size = n;
}

static void auth_parameter(struct capabilities *c, const char *text)
{
	if (c->auth.count < CAPABILITIES_AUTH_MAX && !strlist_has(&c->auth, text))
		strlist_add(&c->auth, text);
}

static void limits_parameter(struct capabilities *c, const char *text)
{
	unsigned long long n;
	const char *value = strchr(text, '=');

	if (!value || !ascii_to_number(value + 1, UINT64_MAX, &n))
		return;
	if (ascii_starts_with(text, "RCPTMAX="))
		c->rcpt_max = n;
	if (ascii_starts_with(text, "MAILMAX="))
		c->mail_max = n;
}

static const struct {
	const char *name;
	unsigned offer;
	parameter *parameter;
} keywords[] = {
	{ "8BITMIME", OFFER_8BITMIME, NULL },                       /* RFC 6152 */
	{ "AUTH", OFFER_AUTH, auth_parameter },                     /* RFC 4954 */
	{ "CHUNKING", OFFER_CHUNKING, NULL },                       /* RFC 3030 */
	{ "DSN", OFFER_DSN, NULL },                                 /* RFC 3461 */
	{ "ENHANCEDSTATUSCODES", OFFER_ENHANCEDSTATUSCODES, NULL }, /* RFC 2034 */
	{ "LIMITS", OFFER_LIMITS, limits_parameter },               /* RFC 9422 */
	{ "PIPECONNECT", OFFER_PIPECONNECT, NULL },                 /* Exim */
	{ "PIPELINING", OFFER_PIPELINING, NULL },                   /* RFC 2920 */
	{ "REQUIRETLS", OFFER_REQUIRETLS, NULL },                   /* RFC 8689 */
	{ "SIZE", OFFER_SIZE, size_parameter },                     /* RFC 1870 */
	{ "SMTPUTF8", OFFER_SMTPUTF8, NULL },                       /* RFC 6531 */
	{ "STARTTLS", OFFER_STARTTLS, NULL },                       /* RFC 3207 */
	{ "VRFY", OFFER_VRFY, NULL },
	{ "X_PIPE_CONNECT", OFFER_PIPECONNECT, NULL }, /* Exim before 4.95 */
};

enum { KEYWORDS = sizeof keywords / sizeof *keywords };

static size_t find_keyword(const char *s, size_t len)
{
	size_t i = 0;

	while (i < KEYWORDS && !ascii_equal_bytes(s, len, keywords[i].name))
		i++;
	return i;
}

/* One line: the keyword, then its parameters; "AUTH=" is how servers wrote it before RFC 2554. */
static void parse_line(struct capabilities *c, const char *line, size_t len)
{
	size_t word = 0, keyword, at;

	while (word < len && !ascii_is_blank(line[word]) && line[word] != '=')
		word++;
	if (word < len && line[word] == '=' && !ascii_equal_bytes(line, word, "AUTH"))
		return;
	keyword = find_keyword(line, word);
	if (keyword == KEYWORDS)
		return;
	c->offers |= keywords[keyword].offer;
	for (at = word + 1; keywords[keyword].parameter && at < len; at++) {
		size_t end = at;
		char *text;

		while (end < len && !ascii_is_blank(line[end]))
			end++;
		text = alloc_bytes(line + at, end - at);
		if (*text)
			keywords[keyword].parameter(c, text);
		free(text);
		at = end;
	}
}

void capabilities_parse(struct capabilities *c, const char *text)
{
	const char *line = strchr(text, '\n');

	capabilities_release(c);
	while (line) {
		size_t len = strcspn(++line, "\n");

		parse_line(c, line, len);
		line = strchr(line, '\n');
	}
}

bool capabilities_from_names(struct capabilities *c, const char *names, const char **unknown)
{
	while (*names) {
		size_t len = strcspn(names, ","), keyword = find_keyword(names, len);

		if (len && keyword == KEYWORDS) {
			*unknown = names;
			return false;
		}
		if (len)
			c->offers |= keywords[keyword].offer;
		names += len + (names[len] == ',');
	}
	return true;
}

void capabilities_release(struct capabilities *c)
{
	strlist_release(&c->auth);
	*c = (struct capabilities)CAPABILITIES_INIT;
}
