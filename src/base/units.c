/* SPDX-License-Identifier: ISC */
#include "base/units.h"

#include "base/ascii.h"

#include <stddef.h>
#include <string.h>

static const struct {
	char letter;
	int64_t seconds;
} durations[] = { { 'w', 604800 }, { 'd', 86400 }, { 'h', 3600 }, { 'm', 60 }, { 's', 1 } };

enum { DURATIONS = sizeof durations / sizeof *durations };

#define TEN_YEARS INT64_C(315360000)
#define PEBIBYTE  (UINT64_C(1) << 50)

/* Reads digits; false if there are none or the number passes max. */
static bool number(const char **s, uint64_t max, uint64_t *value)
{
	uint64_t n = 0;

	if (!ascii_is_digit(**s))
		return false;
	for (; ascii_is_digit(**s); (*s)++) {
		n = n * 10 + (uint64_t)(**s - '0');
		if (n > max)
			return false;
	}
	*value = n;
	return true;
}

bool units_duration(const char *s, int64_t bare_unit, int64_t *seconds)
{
	int64_t total = 0;
	bool bare = false, any = false;

	while (*s || !any) {
		uint64_t n;
		size_t unit = 0;

		if (bare || !number(&s, TEN_YEARS, &n))
			return false;
		while (unit < DURATIONS && durations[unit].letter != ascii_lower(*s))
			unit++;
		bare = unit == DURATIONS;
		if (bare && (any || *s))
			return false;
		total += (int64_t)n * (bare ? bare_unit : durations[unit].seconds);
		if (total > TEN_YEARS)
			return false;
		s += !bare;
		any = true;
	}
	*seconds = total;
	return true;
}

bool units_size(const char *s, uint64_t *bytes)
{
	static const char letters[] = "kmg";
	const char *letter;
	uint64_t n;

	if (!number(&s, PEBIBYTE, &n))
		return false;
	letter = *s ? strchr(letters, ascii_lower(*s)) : NULL;
	if (*s && (!letter || s[1]))
		return false;
	for (ptrdiff_t times = letter ? letter - letters + 1 : 0; times && n <= PEBIBYTE; times--)
		n *= 1024;
	if (n > PEBIBYTE)
		return false;
	*bytes = n;
	return true;
}

void units_add_duration(struct buf *b, int64_t seconds)
{
	if (seconds <= 0)
		buf_adds(b, "0s");
	for (size_t i = 0; i < DURATIONS && seconds > 0; i++) {
		if (seconds >= durations[i].seconds)
			buf_addf(b, "%lld%c", (long long)(seconds / durations[i].seconds),
				durations[i].letter);
		seconds %= durations[i].seconds;
	}
}

void units_add_size(struct buf *b, uint64_t bytes)
{
	static const char *const names[] = { "KiB", "MiB", "GiB", "TiB" };
	double value = (double)bytes / 1024;
	size_t i = 0;

	if (bytes < 1024) {
		buf_addf(b, "%u B", (unsigned)bytes);
		return;
	}
	for (; value >= 1024 && i < 3; i++)
		value /= 1024;
	buf_addf(b, "%.1f %s", value, names[i]);
}
