/* SPDX-License-Identifier: ISC */
#include "message/date.h"

#include <stdlib.h>
#include <time.h>

void date_add(struct buf *b, int64_t when_s)
{
	static const char days[][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	static const char months[][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug",
		"Sep", "Oct", "Nov", "Dec" };
	time_t when = (time_t)when_s;
	struct tm tm = { 0 };
	long offset;

	if (!localtime_r(&when, &tm))
		gmtime_r(&when, &tm);
	offset = tm.tm_gmtoff / 60;
	buf_addf(b, "%s, %d %s %d %02d:%02d:%02d %c%02ld%02ld", days[tm.tm_wday], tm.tm_mday,
		months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec,
		offset < 0 ? '-' : '+', labs(offset) / 60, labs(offset) % 60);
}
