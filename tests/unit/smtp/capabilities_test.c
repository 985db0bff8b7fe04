/* SPDX-License-Identifier: ISC */
#include "smtp/capabilities.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void keywords_are_whole_words(void **state)
{
	static const struct {
		const char *text;
		unsigned offers;
		uint64_t size;
	} rows[] = {
		{ "host", 0, 0 },
		{ "SIZE 5\nPIPELINING", OFFER_PIPELINING,
			0 }, /* the first line is the server's name */
		{ "host\nSIZE", OFFER_SIZE, 0 },
		{ "host\nsize 1000", OFFER_SIZE, 1000 },
		{ "host\nSIZE 0", OFFER_SIZE, 0 },
		{ "host\nSIZE ten", OFFER_SIZE, 0 },
		{ "host\nSIZE 99999999999999999999999", OFFER_SIZE, 0 },
		{ "host\nSIZE 18446744073709551615", OFFER_SIZE, UINT64_MAX },
		{ "host\nSIZEX 1000", 0, 0 },
		{ "host\nSIZE=1000", 0, 0 },
		{ "host\nXSIZE 1000\nSTARTTLSX\nX-STARTTLS", 0, 0 },
		{ "host\n8BITMIME\nSMTPUTF8\nCHUNKING\nDSN",
			OFFER_8BITMIME | OFFER_SMTPUTF8 | OFFER_CHUNKING | OFFER_DSN, 0 },
		{ "host\nPipelining\nSTARTTLS\n\nREQUIRETLS",
			OFFER_PIPELINING | OFFER_STARTTLS | OFFER_REQUIRETLS, 0 },
		{ "host\nX_PIPE_CONNECT", OFFER_PIPECONNECT, 0 },
		{ "host\nPIPECONNECT", OFFER_PIPECONNECT, 0 },
	};
	struct capabilities c = CAPABILITIES_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		capabilities_parse(&c, rows[i].text);
		assert_int_equal(c.offers, rows[i].offers);
		assert_true(c.size == rows[i].size);
	}
	capabilities_release(&c);
}

static void mechanisms_are_collected_from_both_spellings(void **state)
{
	struct capabilities c = CAPABILITIES_INIT;

	(void)state;
	capabilities_parse(&c, "host\nAUTH PLAIN LOGIN\nAUTH=LOGIN CRAM-MD5\nAUTHX XOAUTH2");
	assert_int_equal(c.offers, OFFER_AUTH);
	assert_int_equal(c.auth.count, 3);
	assert_string_equal(c.auth.items[0], "PLAIN");
	assert_string_equal(c.auth.items[1], "LOGIN");
	assert_string_equal(c.auth.items[2], "CRAM-MD5");
	capabilities_parse(&c, "host\nAUTH=PLAIN");
	assert_int_equal(c.auth.count, 1);
	assert_string_equal(c.auth.items[0], "PLAIN");
	capabilities_release(&c);
}

static void a_flood_of_mechanisms_is_not_kept(void **state)
{
	struct capabilities c = CAPABILITIES_INIT;
	struct buf text = BUF_INIT;

	(void)state;
	buf_adds(&text, "host\nAUTH PLAIN");
	for (unsigned i = 0; i < 50000; i++)
		buf_addf(&text, " X%u", i);
	capabilities_parse(&c, buf_str(&text));
	assert_int_equal(c.auth.count, CAPABILITIES_AUTH_MAX);
	assert_string_equal(c.auth.items[0], "PLAIN");
	buf_release(&text);
	capabilities_release(&c);
}

static void limits_are_numbers(void **state)
{
	struct capabilities c = CAPABILITIES_INIT;

	(void)state;
	capabilities_parse(&c, "host\nLIMITS MAILMAX=3 RCPTMAX=50 RCPTDOMAINMAX=1");
	assert_true(c.mail_max == 3 && c.rcpt_max == 50);
	capabilities_parse(&c, "host\nLIMITS RCPTMAX= MAILMAX=x RCPTMAXX=7");
	assert_true(c.mail_max == 0 && c.rcpt_max == 0);
	capabilities_release(&c);
}

static void names_for_a_dry_run(void **state)
{
	struct capabilities c = CAPABILITIES_INIT;
	const char *unknown = NULL;

	(void)state;
	assert_true(capabilities_from_names(&c, "8bitmime,SMTPUTF8", &unknown));
	assert_int_equal(c.offers, OFFER_8BITMIME | OFFER_SMTPUTF8);
	assert_true(capabilities_from_names(&c, "", &unknown));
	assert_false(capabilities_from_names(&c, "CHUNKING,NONSENSE,DSN", &unknown));
	assert_string_equal(unknown, "NONSENSE,DSN");
	capabilities_release(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keywords_are_whole_words),
		cmocka_unit_test(mechanisms_are_collected_from_both_spellings),
		cmocka_unit_test(a_flood_of_mechanisms_is_not_kept),
		cmocka_unit_test(limits_are_numbers),
		cmocka_unit_test(names_for_a_dry_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
