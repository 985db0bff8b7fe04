/* SPDX-License-Identifier: ISC */
#include "config/host.h"

#include "base/alloc.h"
#include "base/ascii.h"
#include "base/buf.h"
#include "base/file.h"
#include "config/config.h"
#include "config/syntax.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool is_domain(const char *s)
{
	for (const char *c = s; *c; c++)
		if (!ascii_is_alnum(*c) && !ascii_is_8bit(*c) && *c != '-' && *c != '.')
			return false;
	return *s && *s != '.' && *s != '-' && strlen(s) <= 255;
}

/* Files beyond the ceiling, and those that are missing, count as empty. */
static char *slurp(const char *path)
{
	enum { CEILING = 1024 * 1024 };
	struct buf text = BUF_INIT;

	if (!file_read(path, 0, &text, CEILING))
		buf_truncate(&text, 0);
	return buf_detach(&text);
}

char *host_mailname(const char *file)
{
	char *text = slurp(file);
	char *word = text + strspn(text, " \t\r\n");

	word[strcspn(word, " \t\r\n")] = '\0';
	word = is_domain(word) ? alloc_string(word) : NULL;
	free(text);
	return word;
}

/* One line of hosts(5): the first name with a dot, if the host is named on it at all. */
static char *full_name_on(char *line, const char *name)
{
	const char *full = NULL;
	bool is_named = false;
	char *rest, *word;

	line[strcspn(line, "#")] = '\0';
	strtok_r(line, " \t\r", &rest);
	while ((word = strtok_r(NULL, " \t\r", &rest))) {
		is_named |= ascii_equal(word, name);
		if (!full && strchr(word, '.') && is_domain(word))
			full = word;
	}
	return is_named && full ? alloc_string(full) : NULL;
}

char *host_full_name(const char *name, const char *hosts_file)
{
	char *text, *rest, *line, *full = NULL;

	if (strchr(name, '.'))
		return alloc_string(name);
	text = slurp(hosts_file);
	for (line = strtok_r(text, "\n", &rest); line && !full; line = strtok_r(NULL, "\n", &rest))
		full = full_name_on(line, name);
	free(text);
	return full ? full : alloc_string(name);
}

const char *config_host(struct config *c)
{
	char name[HOST_NAME_MAX + 1] = "";

	if (c->host_found)
		return c->host_found;
	if (gethostname(name, sizeof name - 1) < 0 || !is_domain(name))
		snprintf(name, sizeof name, "localhost");
	c->host_found = host_full_name(name, "/etc/hosts");
	return c->host_found;
}

const char *config_own_name(struct config *c)
{
	return c->hostname ? c->hostname : config_host(c);
}

const char *config_domain(struct config *c)
{
	if (c->domain)
		return c->domain;
	if (!c->domain_found)
		c->domain_found = host_mailname("/etc/mailname");
	if (!c->domain_found)
		c->domain_found = alloc_string(config_host(c));
	return c->domain_found;
}

bool config_is_own_host(struct config *c, const char *domain)
{
	const char *host = config_host(c);

	return ascii_equal(domain, "localhost") || ascii_equal(domain, host) ||
	       (strlen(domain) == strcspn(host, ".") &&
		       ascii_equal_bytes(host, strlen(domain), domain));
}

const char *config_hostname(struct config *c)
{
	const char *host;

	if (c->hostname)
		return c->hostname;
	host = config_host(c);
	return strchr(host, '.') ? host : NULL;
}

static void expand(struct buf *b, const char *from, struct config *c, struct caller *caller)
{
	for (; *from; from++) {
		char sign = *from == '%' ? from[1] : '\0';

		if (sign == 'U')
			buf_adds(b, caller_login(caller));
		else if (sign == 'H')
			buf_adds(b, config_host(c));
		else
			buf_addc(b, *from);
		from += sign != '\0';
	}
}

/*
 * With quotes around the local part where the login in it needs them (RFC 5321 section 4.1.2):
 * those of a Windows domain are like CORP\alice.
 */
static char *quoted(struct buf *address, const char *login)
{
	const char *at = strrchr(buf_str(address), '@');
	struct buf b = BUF_INIT;

	if (!strpbrk(login, " ()<>[]:;@\\,\"") || *buf_str(address) == '"')
		return buf_detach(address);
	buf_addc(&b, '"');
	for (const char *s = buf_str(address); *s && s != at; s++)
		buf_addf(&b, "%s%c", strchr("\\\"", *s) ? "\\" : "", *s);
	buf_addf(&b, "\"%s", at ? at : "");
	buf_release(address);
	return buf_detach(&b);
}

char *account_from(const struct account *a, struct config *c, struct caller *caller)
{
	bool has_user = a->user && strchr(a->user, '@') && is_bare_address(a->user);
	const char *login = "";
	struct buf b = BUF_INIT;

	if (a->from ? strstr(a->from, "%U") != NULL : !has_user)
		login = caller_login(caller);
	if (a->from)
		expand(&b, a->from, c, caller);
	else if (has_user || strchr(login, '@'))
		return alloc_string(has_user ? a->user : login);
	else
		buf_addf(&b, "%s@%s", login, config_domain(c));
	return quoted(&b, login);
}
