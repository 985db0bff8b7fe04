/* SPDX-License-Identifier: ISC */
#include "place.h"

#include "base/alloc.h"
#include "queue/slot.h"
#include "queue/trouble.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static int setup(void **state)
{
	*state = alloc_zero(1, sizeof(struct place));
	place_init(*state);
	return 0;
}

static int teardown(void **state)
{
	place_release(*state);
	free(*state);
	return 0;
}

static struct error refusal(void)
{
	struct error err;

	error_set(&err, EX_NOPERM, "5.7.8", "mx:587: AUTH: 535 no");
	err.reply = 535;
	return err;
}

static void a_refused_login_waits_until_the_secret_changes(void **state)
{
	struct place *p = *state;
	char name[] = "work/../x", user[] = "me", first[] = "first", second[] = "second";
	struct account a = { .name = name, .user = user, .password = first, .timeout_ms = 1000 };
	struct error err = refusal(), said = ERROR_INIT;

	assert_false(trouble_waits(&a, &p->config, &p->caller, &said));
	trouble_note(&a, &p->config, &p->caller, &err);
	assert_true(trouble_waits(&a, &p->config, &p->caller, &said));
	assert_int_equal(said.code, EX_NOPERM);
	assert_int_equal(said.reply, 535);
	assert_string_equal(said.text, err.text);
	assert_true(trouble_is_refused_login(&said));
	a.password = second;
	assert_false(trouble_waits(&a, &p->config, &p->caller, &said));
	a.password = first;
	assert_true(trouble_waits(&a, &p->config, &p->caller, &said));
	trouble_forget(&a, &p->config);
	assert_false(trouble_waits(&a, &p->config, &p->caller, &said));
}

static void a_pause_ends(void **state)
{
	struct place *p = *state;
	char name[] = "work", user[] = "me";
	struct account a = { .name = name, .user = user, .timeout_ms = 1000 };
	struct error err = refusal(), said;

	p->config.retry_min_s = p->config.retry_max_s = 3600;
	trouble_note(&a, &p->config, &p->caller, &err);
	assert_true(trouble_waits(&a, &p->config, &p->caller, &said));
	p->config.retry_min_s = p->config.retry_max_s = 1;
	trouble_note(&a, &p->config, &p->caller, &err);
	for (int i = 0; i < 100 && trouble_waits(&a, &p->config, &p->caller, &said); i++)
		usleep(50000);
	assert_false(trouble_waits(&a, &p->config, &p->caller, &said));
}

static void only_a_servers_refusal_is_one(void **state)
{
	struct error err = refusal();

	assert_true(trouble_is_refused_login(&err));
	err.reply = 0;
	assert_false(trouble_is_refused_login(&err));
	error_set(&err, EX_TEMPFAIL, "4.7.0", "AUTH: 454 later");
	err.reply = 454;
	assert_false(trouble_is_refused_login(&err));
}

static void nonsense_in_the_file_is_no_trouble(void **state)
{
	static const char *const texts[] = { "", "x", "sendoff-trouble 1\n",
		"sendoff-trouble 1\nrefusals 1\nuntil 99999999999\nmark 0 0\nerror 77 535 a b\n" };
	struct place *p = *state;
	char name[] = "work";
	struct account a = { .name = name, .timeout_ms = 1000 };
	struct error err = refusal(), said;
	char path[160];

	trouble_note(&a, &p->config, &p->caller, &err);
	snprintf(path, sizeof path, "%s/trouble-work", p->state_dir);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		int fd = open(path, O_WRONLY | O_TRUNC);

		assert_true(fd >= 0);
		assert_int_equal(write(fd, texts[i], strlen(texts[i])), strlen(texts[i]));
		close(fd);
		assert_false(trouble_waits(&a, &p->config, &p->caller, &said));
	}
}

static void slots_are_counted_between_descriptors(void **state)
{
	struct place *p = *state;
	char name[] = "work";
	struct account a = { .name = name, .connections = 2, .timeout_ms = 150 };
	struct slot first = SLOT_INIT, second = SLOT_INIT, third = SLOT_INIT;
	struct error err = ERROR_INIT;

	assert_true(slot_take(&first, &a, &p->config, &err));
	assert_true(slot_take(&second, &a, &p->config, &err));
	assert_false(slot_take(&third, &a, &p->config, &err));
	assert_int_equal(err.code, EX_TEMPFAIL);
	slot_release(&first);
	assert_true(slot_take(&third, &a, &p->config, &err));
	slot_release(&second);
	slot_release(&third);
	a.connections = 0;
	assert_true(slot_take(&first, &a, &p->config, &err));
	assert_int_equal(first.fd, -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_refused_login_waits_until_the_secret_changes, setup, teardown),
		cmocka_unit_test_setup_teardown(a_pause_ends, setup, teardown),
		cmocka_unit_test(only_a_servers_refusal_is_one),
		cmocka_unit_test_setup_teardown(
			nonsense_in_the_file_is_no_trouble, setup, teardown),
		cmocka_unit_test_setup_teardown(
			slots_are_counted_between_descriptors, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
