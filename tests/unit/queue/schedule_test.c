/* SPDX-License-Identifier: ISC */
#include "queue/schedule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct config config(int64_t min, int64_t max, int64_t expire)
{
	return (struct config){ .retry_min_s = min,
		.retry_max_s = max,
		.expire_s = expire,
		.delay_after_s = 4 * 3600 };
}

static void tries_come_at_doubling_distances(void **state)
{
	static const struct {
		unsigned attempts;
		int64_t least, most;
	} table[] = {
		{ 0, 300, 375 },
		{ 1, 300, 375 },
		{ 2, 600, 750 },
		{ 3, 1200, 1500 },
		{ 6, 9600, 12000 },
		{ 7, 14400, 18000 },
		{ 8, 14400, 18000 },
		{ UINT32_MAX, 14400, 18000 },
	};
	struct config c = config(300, 14400, 432000);

	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		for (uint32_t chance = 0; chance < 100000; chance += 997) {
			int64_t delay =
				schedule_next(&c, 1000000, table[i].attempts, 1000010, chance) -
				1000010;

			assert_true(delay >= table[i].least && delay <= table[i].most);
		}
}

static void jitter_reaches_both_ends(void **state)
{
	struct config c = config(300, 14400, 432000);

	assert_int_equal(schedule_next(&c, 0, 1, 0, 0), 300);
	assert_int_equal(schedule_next(&c, 0, 1, 0, 75), 375);
	assert_int_equal(schedule_next(&c, 0, 1, 0, 76), 300);
}

static void the_last_try_is_at_expiry(void **state)
{
	struct config c = config(300, 14400, 3600);

	assert_int_equal(schedule_next(&c, 1000, 5, 1000 + 3000, 0), 1000 + 3600);
	assert_false(schedule_is_expired(&c, 1000, 1000 + 3599));
	assert_true(schedule_is_expired(&c, 1000, 1000 + 3600));
	assert_true(schedule_next(&c, 1000, 5, 1000 + 3600, 0) > 1000 + 3600);
}

static void odd_settings_still_make_progress(void **state)
{
	struct config none = config(0, 0, 100000), crossed = config(600, 60, 100000);

	assert_true(schedule_next(&none, 0, 3, 0, 0) >= 1);
	assert_true(schedule_next(&crossed, 0, 9, 0, 0) >= 600);
	assert_true(schedule_pause(&none, 1000) >= 1);
}

static void a_try_planned_by_a_wrong_clock_is_due(void **state)
{
	struct config c = config(300, 14400, 432000);

	assert_true(schedule_is_due(&c, 0, 1000));
	assert_true(schedule_is_due(&c, 1000, 1000));
	assert_false(schedule_is_due(&c, 1001, 1000));
	assert_false(schedule_is_due(&c, schedule_next(&c, 0, 9, 1000, UINT32_MAX), 1000));
	assert_true(schedule_is_due(&c, 1000 + 28801, 1000));
	assert_true(schedule_is_due(&c, INT64_MAX, 1000));
}

static void pauses_double_up_to_the_maximum(void **state)
{
	struct config c = config(300, 14400, 432000);

	assert_int_equal(schedule_pause(&c, 1), 300);
	assert_int_equal(schedule_pause(&c, 2), 600);
	assert_int_equal(schedule_pause(&c, 100), 14400);
}

static void lateness_is_counted_from_arrival(void **state)
{
	struct config c = config(300, 14400, 432000);

	assert_false(schedule_is_late(&c, 1000, 1000 + 4 * 3600 - 1));
	assert_true(schedule_is_late(&c, 1000, 1000 + 4 * 3600));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tries_come_at_doubling_distances),
		cmocka_unit_test(jitter_reaches_both_ends),
		cmocka_unit_test(the_last_try_is_at_expiry),
		cmocka_unit_test(odd_settings_still_make_progress),
		cmocka_unit_test(a_try_planned_by_a_wrong_clock_is_due),
		cmocka_unit_test(pauses_double_up_to_the_maximum),
		cmocka_unit_test(lateness_is_counted_from_arrival),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
