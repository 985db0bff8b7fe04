/* SPDX-License-Identifier: ISC */
#include "outcome.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Exit 0 needs every recipient accepted or kept; that a reason is missing makes no success. */
static void the_exit_status_follows_from_the_fates(void **state)
{
	static const struct {
		enum fate first, second;
		int code; /* of the error behind what is not accepted; EX_OK: there is none */
		const char *queue_id;
		bool report_taken;
		int status;
	} rows[] = {
		{ FATE_ACCEPTED, FATE_ACCEPTED, EX_OK, "", false, EX_OK },
		{ FATE_ACCEPTED, FATE_REFUSED, EX_NOUSER, "", false, EX_NOUSER },
		{ FATE_ACCEPTED, FATE_REFUSED, EX_NOUSER, "", true, EX_OK },
		{ FATE_REFUSED, FATE_REFUSED, EX_NOUSER, "", true, EX_NOUSER },
		{ FATE_ACCEPTED, FATE_DEFERRED, EX_TEMPFAIL, "", false, EX_TEMPFAIL },
		{ FATE_ACCEPTED, FATE_DEFERRED, EX_TEMPFAIL, "1k", false, EX_OK },
		{ FATE_ACCEPTED, FATE_UNKNOWN, EX_TEMPFAIL, "", false, EX_TEMPFAIL },
		{ FATE_NONE, FATE_NONE, EX_OK, "1k", false, EX_OK },
		{ FATE_NONE, FATE_ACCEPTED, EX_OK, "", false, EX_SOFTWARE },
		{ FATE_ACCEPTED, FATE_REFUSED, EX_OK, "", false, EX_SOFTWARE },
		{ FATE_ACCEPTED, FATE_DEFERRED, EX_OK, "", false, EX_SOFTWARE },
		{ FATE_DEFERRED, FATE_REFUSED, EX_OK, "1k", false, EX_SOFTWARE },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct error err = { .code = rows[i].code, .text = "refused" };
		struct result each[] = { { rows[i].first, NULL }, { rows[i].second, NULL } };
		struct outcome o = {
			.results = { .each = each, .count = 2 },
			.report_taken = rows[i].report_taken,
		};

		for (size_t k = 0; k < 2; k++)
			if (each[k].fate != FATE_ACCEPTED && err.code != EX_OK)
				each[k].error = &err;
		for (size_t k = 0; rows[i].queue_id[k]; k++)
			o.queue_id[k] = rows[i].queue_id[k];
		assert_int_equal(outcome_exit(&o, ERRORS_PRINT), rows[i].status);
		assert_true(rows[i].status == EX_OK || *outcome_error(&o)->text);
	}
}

/* EX_NOUSER would say that the others have the message. */
static void a_message_refused_as_a_whole_outweighs_a_recipient(void **state)
{
	struct error nobody = { .code = EX_NOUSER, .text = "nobody" };
	struct error spam = { .code = EX_UNAVAILABLE, .text = "spam" };
	struct result each[] = { { FATE_REFUSED, &nobody }, { FATE_REFUSED, &spam } };
	struct outcome o = { .results = { .each = each, .count = 2 } };

	assert_int_equal(outcome_exit(&o, ERRORS_PRINT), EX_UNAVAILABLE);
	each[1].error = &nobody;
	assert_int_equal(outcome_exit(&o, ERRORS_PRINT), EX_NOUSER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_exit_status_follows_from_the_fates),
		cmocka_unit_test(a_message_refused_as_a_whole_outweighs_a_recipient),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
