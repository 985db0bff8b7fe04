/* SPDX-License-Identifier: ISC */
#include "config/load.h"

#include "base/alloc.h"
#include "scratch.h"

static struct caller caller;

/* Loads the two texts, either NULL, as the system's and the user's file. */
static void load(struct config *c, const char *system, const char *user, struct problems *p)
{
	struct load_files f = {
		.system = system ? scratch_write("system.ini", system, 0600) : NULL,
		.user = user ? scratch_write("user.ini", user, 0600) : NULL,
		.system_state = "/var/lib/sendoff",
		.system_queue = "/var/spool/sendoff",
	};

	caller_init(&caller);
	load_config(c, &caller, &f, p);
	caller_release(&caller);
}

static void one_account_with_defaults(void **state)
{
	static const char text[] = "[work]\n"
				   "host = smtp.example.org\n"
				   "user = me@example.org\n"
				   "password = \"pa#ss;word\"x\\y\"\n";
	struct problems p = PROBLEMS_INIT;
	struct config c = CONFIG_INIT;
	const struct account *a;
	struct error err = ERROR_INIT;

	(void)state;
	load(&c, text, NULL, &p);
	assert_int_equal(p.count, 0);
	a = config_choose(&c, NULL, NULL, &err);
	assert_non_null(a);
	assert_string_equal(a->name, "work");
	assert_int_equal(a->hosts.count, 1);
	assert_string_equal(a->hosts.items[0], "smtp.example.org");
	assert_int_equal(a->port, 587);
	assert_int_equal(a->tls, TLS_STARTTLS);
	assert_true(a->tls_verify);
	assert_true(a->tls_resume);
	assert_int_equal(a->auth.count, 0);
	assert_string_equal(a->password, "pa#ss;word\"x\\y");
	assert_int_equal(a->timeout_ms, 60000);
	assert_int_equal(a->from_override, OVERRIDE_LOCAL);
	assert_int_equal(c.queue, QUEUE_AUTO);
	assert_int_equal(c.retry_min_s, 300);
	assert_int_equal(c.expire_s, 5 * 86400);
	assert_string_equal(c.log, "syslog");
	assert_null(config_find_key(&c, "work", "password")->value);
	config_release(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_account_with_defaults),
	};

	return cmocka_run_group_tests(tests, scratch_create, scratch_remove);
}
