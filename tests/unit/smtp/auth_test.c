/* SPDX-License-Identifier: ISC */
#include "base/strlist.h"
#include "smtp/auth.h"
#include "smtp/credentials.h"
#include "smtp/mechanism.h"
#include "smtp/oauth.h"

#include <dlfcn.h>
#include <gsasl.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void the_mechanism_is_ours_to_choose(void **state)
{
	static const struct {
		const char *wanted, *offered;
		bool can_bind;
		const char *chosen; /* NULL: none fits */
	} rows[] = {
		{ "", "PLAIN LOGIN", true, "PLAIN LOGIN" },
		{ "", "LOGIN PLAIN SCRAM-SHA-1", true, "SCRAM-SHA-1 PLAIN LOGIN" },
		{ "", "CRAM-MD5,PLAIN,SCRAM-SHA-256", false, "SCRAM-SHA-256 PLAIN CRAM-MD5" },
		{ "", "SCRAM-SHA-256-PLUS,SCRAM-SHA-256", true,
			"SCRAM-SHA-256-PLUS SCRAM-SHA-256" },
		{ "", "SCRAM-SHA-256-PLUS,SCRAM-SHA-256", false, "SCRAM-SHA-256" },
		{ "", "XOAUTH2,OAUTHBEARER,GSSAPI,EXTERNAL,NTLM,DIGEST-MD5,ANONYMOUS,plain", true,
			"PLAIN" },
		{ "", "XOAUTH2,GSSAPI", true, NULL },
		{ "", "", true, NULL },
		{ "xoauth2", "PLAIN,XOAUTH2", true, "XOAUTH2" },
		{ "login,plain", "PLAIN,LOGIN", true, "LOGIN PLAIN" },
		{ "scram-sha-256", "PLAIN", true, NULL },
		{ "external", "EXTERNAL,PLAIN", true, "EXTERNAL" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct account a = { .name = (char *)(uintptr_t) "work",
			.user = (char *)(uintptr_t) "me" };
		const struct mechanism *list[MECHANISMS_MAX];
		struct strlist offered = STRLIST_INIT;
		struct buf names = BUF_INIT, offers = BUF_INIT;
		struct error err = ERROR_INIT;
		size_t count = 0;
		bool ok;

		strlist_split(&a.auth, rows[i].wanted);
		for (const char *p = rows[i].offered; *p; p++)
			buf_addc(&offers, *p == ' ' ? ',' : *p);
		strlist_split(&offered, buf_str(&offers));
		ok = mechanism_choose(&a, &offered, rows[i].can_bind, list, &count, &err);
		for (size_t k = 0; k < count; k++)
			buf_addf(&names, "%s%s", k ? " " : "", list[k]->name);
		assert_int_equal(ok, rows[i].chosen != NULL);
		if (rows[i].chosen)
			assert_string_equal(buf_str(&names), rows[i].chosen);
		else
			assert_int_equal(err.code, EX_NOPERM);
		strlist_release(&offered);
		strlist_release(&a.auth);
		buf_release(&offers);
		buf_release(&names);
	}
}

static void an_unknown_mechanism_is_a_mistake(void **state)
{
	struct account a = { .name = (char *)(uintptr_t) "work" };
	const struct mechanism *list[MECHANISMS_MAX];
	struct error err = ERROR_INIT;
	size_t count;

	(void)state;
	strlist_add(&a.auth, "plane");
	assert_false(mechanism_choose(&a, &(struct strlist){ 0 }, true, list, &count, &err));
	assert_int_equal(err.code, EX_CONFIG);
	assert_true(mechanism_is_wanted(&a));
	strlist_release(&a.auth);
	assert_false(mechanism_is_wanted(&a));
	strlist_add(&a.auth, "none");
	a.user = (char *)(uintptr_t) "me";
	assert_false(mechanism_is_wanted(&a));
	strlist_release(&a.auth);
	assert_true(mechanism_is_wanted(&a));
}

static void absurd_iteration_counts_are_seen(void **state)
{
	static const struct {
		const char *challenge;
		bool is_excessive;
	} rows[] = {
		{ "r=abc,s=c2FsdA==,i=4096", false },
		{ "r=abc,s=c2FsdA==,i=1000000", false },
		{ "r=abc,s=c2FsdA==,i=0001000000,x=y", false },
		{ "r=abc,s=c2FsdA==,i=1000001", true },
		{ "r=abc,s=c2FsdA==,i=4294967296", true },
		{ "r=abc,s=c2FsdA==,i=99999999999999999999999999999", true },
		{ "v=c2ln", false },
		{ "<12.34@host>", false },
		{ "", false },
	};
	/* libgsasl reads on behind a NUL. */
	static const char with_nul[] = "r=abc\0,s=c2FsdA==,i=2147483647";

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_int_equal(auth_scram_is_excessive(
					 rows[i].challenge, strlen(rows[i].challenge)),
			rows[i].is_excessive);
	assert_true(auth_scram_is_excessive(with_nul, sizeof with_nul - 1));
}

struct bearer {
	const char *user, *token;
};

static int give(Gsasl *library, Gsasl_session *session, Gsasl_property property)
{
	const struct bearer *c = gsasl_callback_hook_get(library);

	if (property == GSASL_AUTHID)
		return gsasl_property_set(session, property, c->user);
	if (property == GSASL_PASSWORD)
		return gsasl_property_set(session, property, c->token);
	return GSASL_NO_CALLBACK;
}

static void oauth_messages_are_exact(void **state)
{
	static const struct {
		const char *mechanism;
		struct bearer bearer;
		const char *first, *after_failure; /* first NULL: refused */
	} rows[] = {
		{ "XOAUTH2", { "me@example.org", "ya29.tok-en_~+/==" },
			"user=me@example.org\1auth=Bearer ya29.tok-en_~+/==\1\1", "" },
		{ "OAUTHBEARER", { "me@example.org", "abc" },
			"n,a=me@example.org,\1auth=Bearer abc\1\1", "\1" },
		{ "OAUTHBEARER", { "a,b=c", "abc" }, "n,a=a=2Cb=3Dc,\1auth=Bearer abc\1\1", "\1" },
		{ "XOAUTH2", { "me\1auth=Bearer evil", "abc" }, NULL, NULL },
		{ "XOAUTH2", { "me", "to ken" }, NULL, NULL },
		{ "XOAUTH2", { "me", "abc\1" }, NULL, NULL },
		{ "OAUTHBEARER", { "me", "" }, NULL, NULL },
		{ "OAUTHBEARER", { "me", "=abc" }, NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct bearer bearer = rows[i].bearer;
		Gsasl_session *session;
		Gsasl *library;
		char *out = NULL;
		size_t len;

		assert_int_equal(gsasl_init(&library), GSASL_OK);
		assert_true(oauth_register(library));
		gsasl_callback_hook_set(library, &bearer);
		gsasl_callback_set(library, give);
		assert_int_equal(
			gsasl_client_start(library, rows[i].mechanism, &session), GSASL_OK);
		if (!rows[i].first) {
			assert_int_not_equal(gsasl_step(session, NULL, 0, &out, &len), GSASL_OK);
		} else {
			assert_int_equal(gsasl_step(session, NULL, 0, &out, &len), GSASL_OK);
			assert_int_equal(len, strlen(rows[i].first));
			assert_memory_equal(out, rows[i].first, len);
			gsasl_free(out);
			assert_int_equal(gsasl_step(session, "{}", 2, &out, &len), GSASL_OK);
			assert_int_equal(len, strlen(rows[i].after_failure));
			assert_memory_equal(out, rows[i].after_failure, len);
			gsasl_free(out);
			assert_int_not_equal(gsasl_step(session, "", 0, &out, &len), GSASL_OK);
		}
		gsasl_finish(session);
		gsasl_done(library);
	}
}

static bool found_secret;

/* In place of the library's own: looks at what is left in the memory that it is about to free. */
void gsasl_finish(Gsasl_session *session)
{
	void (*finish)(Gsasl_session *) = NULL;
	void *symbol = dlsym(RTLD_NEXT, "gsasl_finish");

	for (int property = 0; property <= GSASL_CB_TLS_EXPORTER; property++) {
		const char *text = gsasl_property_fast(session, (Gsasl_property)property);

		found_secret |= text && (strstr(text, "secret") || strlen(text) == 64);
	}
	memcpy(&finish, &symbol, sizeof finish);
	finish(session);
}

static void nothing_of_the_secret_is_left_in_the_library(void **state)
{
	struct bearer bearer = { "me", "secret" };
	struct buf challenge = BUF_INIT;
	Gsasl_session *session;
	Gsasl *library;
	char *out = NULL;
	size_t len;

	(void)state;
	assert_int_equal(gsasl_init(&library), GSASL_OK);
	gsasl_callback_hook_set(library, &bearer);
	gsasl_callback_set(library, give);
	assert_int_equal(gsasl_client_start(library, "SCRAM-SHA-256", &session), GSASL_OK);
	assert_int_equal(gsasl_step(session, NULL, 0, &out, &len), GSASL_NEEDS_MORE);
	buf_add(&challenge, out, len);
	buf_adds(&challenge, "x,s=c2FsdA==,i=4096");
	gsasl_free(out);
	buf_remove(&challenge, 0, (size_t)(strstr(challenge.data, "r=") - challenge.data));
	assert_int_equal(gsasl_step(session, challenge.data, challenge.len, &out, &len),
		GSASL_NEEDS_MORE);
	gsasl_free(out);
	found_secret = false;
	credentials_wipe(session);
	assert_false(found_secret);
	gsasl_done(library);
	buf_release(&challenge);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_mechanism_is_ours_to_choose),
		cmocka_unit_test(an_unknown_mechanism_is_a_mistake),
		cmocka_unit_test(absurd_iteration_counts_are_seen),
		cmocka_unit_test(oauth_messages_are_exact),
		cmocka_unit_test(nothing_of_the_secret_is_left_in_the_library),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
