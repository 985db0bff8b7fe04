/* SPDX-License-Identifier: ISC */
#include "config/config.h"
#include "config/syntax.h"

#include <stdint.h>
#include <string.h>

/* An exact address, then name@*, then the longest domain. */
static size_t rank(const char *pattern)
{
	const char *at = strrchr(pattern, '@');
	const char *star = strchr(pattern, '*');

	if (!star)
		return SIZE_MAX;
	return star > at && strcmp(at, "@*") == 0 ? SIZE_MAX - 1 : strlen(at);
}

static const struct account *match(const struct config *c, const char *sender)
{
	const struct account *best = NULL;
	size_t best_rank = 0;

	for (size_t i = 0; i < c->count; i++) {
		const struct strlist *patterns = &c->accounts[i].match;

		for (size_t j = 0; j < patterns->count; j++) {
			size_t r = rank(patterns->items[j]);

			if (r > best_rank && pattern_matches(patterns->items[j], sender)) {
				best = &c->accounts[i];
				best_rank = r;
			}
		}
	}
	return best;
}

static const struct account *by_name(const struct config *c, const char *name, struct error *err)
{
	const struct account *a = config_account(c, name);
	struct buf names = BUF_INIT;

	if (a)
		return a;
	for (size_t i = 0; i < c->count; i++)
		buf_addf(&names, "%s%s", i ? ", " : "", c->accounts[i].name);
	error_set(err, EX_CONFIG, NULL, "no account '%s' in the configuration", name);
	if (names.len)
		error_hint(err, "its accounts are: %s", buf_str(&names));
	buf_release(&names);
	return NULL;
}

const struct account *config_choose(
	const struct config *c, const char *wanted, const char *sender, struct error *err)
{
	const struct account *a = NULL;

	if (wanted)
		return by_name(c, wanted, err);
	if (sender && *sender)
		a = match(c, sender);
	if (a)
		return a;
	if (c->account)
		return by_name(c, c->account, err);
	if (c->count == 1)
		return c->accounts;
	a = config_account(c, "default");
	if (a)
		return a;
	if (!c->count) {
		error_set(err, EX_CONFIG, NULL, "no account is configured");
		error_hint(err, "run 'sendoff setup', or write %s or %s",
			SYSCONFDIR "/sendoff/sendoff.ini", "~/.config/sendoff/sendoff.ini");
	} else {
		error_set(
			err, EX_CONFIG, NULL, "none of the %zu accounts is the default", c->count);
		error_hint(err, "set account = NAME in section [sendoff], or use -a NAME");
	}
	return NULL;
}
