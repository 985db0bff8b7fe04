/* SPDX-License-Identifier: ISC */
#include "cli/help.h"
#include "cli/option_table.h"
#include "cli/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { WORDS_MAX = 32 };

/* Parses words, the program's name first. */
static bool parse_words(struct options *o, struct error *err, const char *const *words)
{
	static char *argv[WORDS_MAX + 1];
	int argc = 0;

	while (words[argc] && argc < WORDS_MAX) {
		argv[argc] = (char *)(uintptr_t)words[argc];
		argc++;
	}
	argv[argc] = NULL;
	return options_parse(o, argc, argv, err);
}

#define PARSE(o, err, ...) parse_words(o, err, (const char *const[]){ __VA_ARGS__, NULL })

static void assert_sender(const struct options *o, const char *sender)
{
	if (!sender)
		assert_null(o->sender);
	else
		assert_string_equal(o->sender, sender);
}

/* Calls that programs make today: what they say, and what is understood of it. */
static void callers_are_understood(void **state)
{
	enum { T = 1, DOTS = 2, MAIL = 4, NOW = 8, BACKGROUND = 16, VERBOSE = 32, SMTP = 64 };
	static const struct {
		const char *words[12];
		unsigned expect;
		const char *sender, *name;
		const char *recipients[5];
	} calls[] = {
		/* cron and its kin */
		{ { "sendmail", "-FCronDaemon", "-i", "-B8BITMIME", "-oem", "ann@example.net,ben" },
			DOTS | MAIL, NULL, "CronDaemon", { "ann@example.net,ben" } },
		{ { "sendmail", "-FCronDaemon", "-i", "-odi", "-oem", "-oi", "-t", "-f", "root" },
			T | DOTS | MAIL | NOW, "root", "CronDaemon", { 0 } },
		{ { "sendmail", "-FAnacron", "-odi", "root" }, NOW, NULL, "Anacron", { "root" } },
		{ { "sendmail", "-i", "ben" }, DOTS, NULL, NULL, { "ben" } },
		{ { "sendmail", "-ti" }, T | DOTS, NULL, NULL, { 0 } },
		{ { "sendmail", "-i", "-B8BITMIME", "root" }, DOTS, NULL, NULL, { "root" } },
		{ { "sendmail", "-odi", "watcher" }, NOW, NULL, NULL, { "watcher" } },
		{ { "sendmail", "-t" }, T, NULL, NULL, { 0 } },
		{ { "sendmail", "-f", "fail2ban", "root" }, 0, "fail2ban", NULL, { "root" } },
		{ { "sendmail", "root@example.net" }, 0, NULL, NULL, { "root@example.net" } },
		{ { "sendmail", "-oi", "-t" }, T | DOTS, NULL, NULL, { 0 } },
		/* mailers */
		{ { "sendmail", "-oem", "-oi", "-B8BITMIME", "-f", "me@example.org", "-N",
			  "failure,delay", "-R", "hdrs", "--" },
			DOTS | MAIL, "me@example.org", NULL, { 0 } },
		{ { "sendmail", "-oem", "-oi", "--", "j\xc3\xb6s\xc3\xa9@example.net",
			  "c@example.net" },
			DOTS | MAIL, NULL, NULL,
			{ "j\xc3\xb6s\xc3\xa9@example.net", "c@example.net" } },
		{ { "sendmail", "-i", "-v", "-F", "Me", "-f", "me@example.org", "--",
			  "a@example.net" },
			DOTS | VERBOSE, "me@example.org", "Me", { "a@example.net" } },
		{ { "sendmail", "-i", "-t", "-f", "me@example.org", "-v", "-m" },
			T | DOTS | VERBOSE, "me@example.org", NULL, { 0 } },
		{ { "sendmail", "-f", "me@example.org", "-i", "a@example.net", "b@example.net" },
			DOTS, "me@example.org", NULL, { "a@example.net", "b@example.net" } },
		{ { "sendmail", "-oi", "-f", "me@localhost", "-oem", "-odb", "-t" },
			T | DOTS | MAIL | BACKGROUND, "me@localhost", NULL, { 0 } },
		{ { "sendmail", "-oi", "-f", "me",
			  "Carol C <carol@example.net>, dave@example.net" },
			DOTS, "me", NULL, { "Carol C <carol@example.net>, dave@example.net" } },
		{ { "sendmail", "-oi", "-oep", "-odi", "-t" }, T | DOTS | NOW, NULL, NULL, { 0 } },
		{ { "sendmail", "-bs", "-odb", "-oem" }, SMTP | BACKGROUND | MAIL, NULL, NULL,
			{ 0 } },
		{ { "sendmail", "-bs", "-odb", "-oem", "-om", "-ov" },
			SMTP | BACKGROUND | MAIL | VERBOSE, NULL, NULL, { 0 } },
		{ { "sendmail", "-bm", "-oi", "a@example.net" }, DOTS, NULL, NULL,
			{ "a@example.net" } },
		/* libraries and applications */
		{ { "sendmail", "-t", "-i", "-fbounce@example.org", "-rother@example.org", "-oi" },
			T | DOTS, "other@example.org", NULL, { 0 } },
		{ { "sendmail", "-t", "-i", "-FWeb Server", "-ODeliveryMode=b" },
			T | DOTS | BACKGROUND, NULL, "Web Server", { 0 } },
		{ { "sendmail", "-t", "-i", "-oi", "-fme@example.org", "-t" }, T | DOTS,
			"me@example.org", NULL, { 0 } },
		{ { "sendmail", "-bs" }, SMTP, NULL, NULL, { 0 } },
		{ { "sendmail", "-bs", "-oi", "-fme@example.org", "-t" }, SMTP | T | DOTS,
			"me@example.org", NULL, { 0 } },
		{ { "sendmail", "-i", "-f", "", "--", "a@example.net" }, DOTS, "", NULL,
			{ "a@example.net" } },
		{ { "sendmail", "-i", "-f", "-x@example.org", "--", "-y@example.net" }, DOTS,
			"-x@example.org", NULL, { "-y@example.net" } },
		{ { "sendmail", "-i", "-t", "-f", "me@example.org", "a@example.net",
			  "b@example.net" },
			T | DOTS, "me@example.org", NULL, { "a@example.net", "b@example.net" } },
		{ { "sendmail", "-oi", "-t", "-f", "a@example.org", "-f", "verp-1@example.org" },
			T | DOTS, "verp-1@example.org", NULL, { 0 } },
		{ { "sendmail", "-oi", "-odi", "-oem", "-N", "success,delay,failure", "-V0000042",
			  "-f", "", "--", "a@x" },
			DOTS | NOW | MAIL, "", NULL, { "a@x" } },
		{ { "sendmail", "-oi", "fwd@example.net,", "b@example.net" }, DOTS, NULL, NULL,
			{ "fwd@example.net,", "b@example.net" } },
		{ { "sendmail", "-i", "-f", "<>", "--", "a@example.net" }, DOTS, "<>", NULL,
			{ "a@example.net" } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
		unsigned expect = calls[i].expect;
		struct options o;
		struct error err;
		size_t count = 0;

		assert_true(parse_words(&o, &err, calls[i].words));
		assert_int_equal(o.mode, expect & SMTP ? MODE_SMTP : MODE_DELIVER);
		assert_int_equal(o.take_recipients, !!(expect & T));
		assert_int_equal(o.ignore_dots, !!(expect & DOTS));
		assert_int_equal(o.verbose, !!(expect & VERBOSE));
		assert_int_equal(o.error_mode, expect & MAIL ? ERRORS_MAIL : ERRORS_PRINT);
		assert_int_equal(o.has_delivery, !!(expect & (NOW | BACKGROUND)));
		assert_int_equal(o.delivery,
			expect & BACKGROUND ? DELIVERY_BACKGROUND : DELIVERY_INTERACTIVE);
		assert_sender(&o, calls[i].sender);
		for (; calls[i].recipients[count]; count++)
			assert_string_equal(o.recipients[count], calls[i].recipients[count]);
		assert_int_equal(o.recipient_count, count);
	}
}

static void inn_queues_without_a_word(void **state)
{
	struct options o;
	struct error err;

	(void)state;
	assert_true(PARSE(&o, &err, "sendmail", "-oee", "-odq", "-fnews", "-pNNTP:host.example.net",
		"group@example.net"));
	assert_int_equal(o.error_mode, ERRORS_MAIL_EXIT_0);
	assert_true(o.has_delivery);
	assert_int_equal(o.delivery, DELIVERY_QUEUE);
	assert_int_equal(o.recipient_count, 1);
}

static void values_stand_attached_or_apart(void **state)
{
	struct options o;
	struct error err;

	(void)state;
	assert_true(PARSE(&o, &err, "sendmail", "-tivf", "a@x", "-C", "/etc/x.ini", "-a", "home",
		"-Ltag", "-n", "--"));
	assert_true(o.take_recipients && o.ignore_dots && o.verbose && o.no_expand);
	assert_string_equal(o.sender, "a@x");
	assert_string_equal(o.config_file, "/etc/x.ini");
	assert_string_equal(o.account, "home");
	assert_string_equal(o.tag, "tag");
	assert_true(
		PARSE(&o, &err, "sendmail", "-C/etc/y.ini", "--account=work", "-L", "tag", "b@x"));
	assert_string_equal(o.config_file, "/etc/y.ini");
	assert_string_equal(o.account, "work");
	assert_true(PARSE(&o, &err, "sendmail", "--account", "play", "-awork", "b@x"));
	assert_string_equal(o.account, "work");
	assert_true(PARSE(&o, &err, "sendmail", "-f", "--", "--", "--"));
	assert_string_equal(o.sender, "--");
	assert_int_equal(o.recipient_count, 1);
	assert_string_equal(o.recipients[0], "--");
}

static void the_first_other_word_ends_the_options(void **state)
{
	struct options o;
	struct error err;

	(void)state;
	assert_true(PARSE(&o, &err, "sendmail", "a@x", "-t", "--help"));
	assert_false(o.take_recipients);
	assert_int_equal(o.recipient_count, 3);
	assert_true(PARSE(&o, &err, "sendmail", "-", "-t"));
	assert_int_equal(o.recipient_count, 2);
	assert_true(PARSE(&o, &err, "sendmail"));
	assert_int_equal(o.recipient_count, 0);
	assert_true(options_parse(&o, 0, (char *[]){ NULL }, &err));
	assert_int_equal(o.mode, MODE_DELIVER);
}

static void dots_can_be_switched_back(void **state)
{
	static const struct {
		const char *option;
		bool ignore;
	} rows[] = {
		{ "-i", true },
		{ "-oi", true },
		{ "-oitrue", true },
		{ "-oi1", true },
		{ "-oif", false },
		{ "-oifalse", false },
		{ "-oin", false },
		{ "-oi0", false },
		{ "-OIgnoreDots", true },
		{ "-Oignoredots=True", true },
		{ "-OIgnoreDots = false", false },
	};
	struct options o;
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_true(PARSE(&o, &err, "sendmail", rows[i].option, "a@x"));
		assert_int_equal(o.ignore_dots, rows[i].ignore);
	}
	assert_true(PARSE(&o, &err, "sendmail", "-i", "-oif", "a@x"));
	assert_false(o.ignore_dots);
	assert_true(PARSE(&o, &err, "sendmail", "-oif", "-i", "a@x"));
	assert_true(o.ignore_dots);
}

static void error_modes(void **state)
{
	static const struct {
		const char *option;
		enum error_mode mode;
	} rows[] = {
		{ "-oep", ERRORS_PRINT },
		{ "-oem", ERRORS_MAIL },
		{ "-oee", ERRORS_MAIL_EXIT_0 },
		{ "-oeq", ERRORS_QUIET },
		{ "-oew", ERRORS_MAIL },
		{ "-ep", ERRORS_PRINT },
		{ "-em", ERRORS_MAIL },
		{ "-ee", ERRORS_MAIL_EXIT_0 },
		{ "-eq", ERRORS_QUIET },
		{ "-ew", ERRORS_MAIL },
		{ "-OErrorMode=mail", ERRORS_MAIL },
		{ "-OErrorMode=quiet", ERRORS_QUIET },
		{ "-oez", ERRORS_PRINT },
		{ "-oe", ERRORS_PRINT },
	};
	struct options o;
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_true(PARSE(&o, &err, "sendmail", rows[i].option, "a@x"));
		assert_int_equal(o.error_mode, rows[i].mode);
	}
	assert_true(PARSE(&o, &err, "sendmail", "-oem", "-oep", "a@x"));
	assert_int_equal(o.error_mode, ERRORS_PRINT);
}

static void delivery_modes(void **state)
{
	static const struct {
		const char *option;
		enum delivery delivery;
	} rows[] = {
		{ "-odi", DELIVERY_INTERACTIVE },
		{ "-odb", DELIVERY_BACKGROUND },
		{ "-odq", DELIVERY_QUEUE },
		{ "-odd", DELIVERY_QUEUE },
		{ "-od", DELIVERY_INTERACTIVE },
		{ "-ODeliveryMode=background", DELIVERY_BACKGROUND },
		{ "-Odeliverymode=q", DELIVERY_QUEUE },
	};
	struct options o;
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_true(PARSE(&o, &err, "sendmail", rows[i].option, "a@x"));
		assert_true(o.has_delivery);
		assert_int_equal(o.delivery, rows[i].delivery);
	}
	assert_true(PARSE(&o, &err, "sendmail", "a@x"));
	assert_false(o.has_delivery);
	assert_false(PARSE(&o, &err, "sendmail", "-odz", "a@x"));
	assert_int_equal(err.code, EX_USAGE);
}

static void modes_and_personalities(void **state)
{
	static const struct {
		const char *program, *option;
		enum options_mode mode;
	} rows[] = {
		{ "sendmail", "-bm", MODE_DELIVER },
		{ "sendmail", "-ba", MODE_DELIVER },
		{ "sendmail", "-bs", MODE_SMTP },
		{ "sendmail", "-bp", MODE_QUEUE_LIST },
		{ "sendmail", "-bi", MODE_ALIASES },
		{ "sendmail", "-I", MODE_ALIASES },
		{ "sendmail", "-vbs", MODE_SMTP },
		{ "sendmail", "--help", MODE_HELP },
		{ "sendmail", "--version", MODE_VERSION },
		{ "/usr/bin/mailq", "-v", MODE_QUEUE_LIST },
		{ "mailq", "-bm", MODE_DELIVER },
		{ "/usr/bin/newaliases", "-v", MODE_ALIASES },
		{ "/opt/ssmtp", "-v", MODE_DELIVER },
		{ "sendmail", "-q", MODE_QUEUE_RUN },
	};
	struct options o;
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_true(PARSE(&o, &err, rows[i].program, rows[i].option));
		assert_int_equal(o.mode, rows[i].mode);
	}
	assert_true(PARSE(&o, &err, "sendmail", "-b", "v", "a@x"));
	assert_int_equal(o.mode, MODE_VERIFY);
	assert_true(PARSE(&o, &err, "sendmail", "-bs", "-bm", "a@x"));
	assert_int_equal(o.mode, MODE_DELIVER);
}

static void refused_modes_say_what_to_use(void **state)
{
	static const char *const options[] = { "-bd", "-bt", "-bD", "-bh", "-bH", "-bP", "-bz",
		"-bmx", "-b\xc3\xa9" };
	struct options o;
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
		assert_false(PARSE(&o, &err, "sendmail", options[i], "-q15m"));
		assert_int_equal(err.code, EX_USAGE);
		assert_non_null(strstr(err.text, options[i]));
		assert_memory_equal(err.hint, "use ", 4);
		assert_int_equal(o.mode, MODE_REFUSED);
	}
}

static void queue_runs(void **state)
{
	static const struct {
		const char *option;
		int64_t interval;
	} intervals[] = { { "-q", 0 }, { "-qf", 0 }, { "-q15m", 900 }, { "-q30", 1800 },
		{ "-q1h30m", 5400 }, { "-q1d", 86400 } };
	struct options o;
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof intervals / sizeof *intervals; i++) {
		assert_true(PARSE(&o, &err, "sendmail", intervals[i].option));
		assert_int_equal(o.mode, MODE_QUEUE_RUN);
		assert_int_equal(o.interval_s, intervals[i].interval);
	}
	assert_true(
		PARSE(&o, &err, "sendmail", "-qI20261125", "-q!Rexample.net", "-qSme@", "-q5m"));
	assert_string_equal(o.filters[QUEUE_ID].text, "20261125");
	assert_false(o.filters[QUEUE_ID].is_negated);
	assert_string_equal(o.filters[QUEUE_RECIPIENT].text, "example.net");
	assert_true(o.filters[QUEUE_RECIPIENT].is_negated);
	assert_string_equal(o.filters[QUEUE_SENDER].text, "me@");
	assert_int_equal(o.interval_s, 300);
	assert_true(PARSE(&o, &err, "mailq", "-qRbob"));
	assert_int_equal(o.mode, MODE_QUEUE_LIST);
	assert_string_equal(o.filters[QUEUE_RECIPIENT].text, "bob");
	assert_true(PARSE(&o, &err, "sendmail", "-qSme@", "-bp"));
	assert_int_equal(o.mode, MODE_QUEUE_LIST);
}

static void what_does_nothing_is_accepted(void **state)
{
	struct options o, plain;
	struct error err;

	(void)state;
	assert_true(PARSE(&plain, &err, "sendmail", "a@x"));
	assert_true(PARSE(&o, &err, "sendmail", "-h", "3", "-m", "-G", "-U", "-A", "c", "-Am", "-p",
		"ESMTP:host", "-X", "/tmp/log", "-D/tmp/debug", "-d", "-d0.1", "-M", "id", "-scx"));
	assert_int_equal(o.mode, MODE_DELIVER);
	assert_int_equal(o.recipient_count, 0);
	assert_true(PARSE(&o, &err, "sendmail", "-oA/etc/aliases", "-om", "-oQ/tmp", "-oZ", "-O",
		"QueueDirectory=/tmp", "-O", "Timeout.queuereturn", "-B", "7bit", "-b", "m",
		"a@x"));
	o.recipients = plain.recipients;
	assert_memory_equal(&o, &plain, sizeof o);
}

static void dsn_is_checked(void **state)
{
	char long_id[102];
	struct options o;
	struct error err;

	(void)state;
	assert_true(PARSE(
		&o, &err, "sendmail", "-Nfailure,delay", "-R", "hdrs", "-V", "id 1+2=3", "a@x"));
	assert_int_equal(o.notify, NOTIFY_FAILURE | NOTIFY_DELAY);
	assert_int_equal(o.ret, RETURN_HEADERS);
	assert_string_equal(o.envid, "id 1+2=3");
	assert_true(PARSE(&o, &err, "sendmail", "-N", "never", "-Rfull", "a@x"));
	assert_int_equal(o.notify, NOTIFY_NEVER);
	assert_int_equal(o.ret, RETURN_FULL);
	memset(long_id, 'x', sizeof long_id - 1);
	long_id[101] = '\0';
	assert_false(PARSE(&o, &err, "sendmail", "-V", long_id, "a@x"));
	assert_int_equal(err.code, EX_USAGE);
	long_id[100] = '\0';
	assert_true(PARSE(&o, &err, "sendmail", "-V", long_id, "a@x"));
}

/* Each with the option that the error must name. */
static void bad_options_are_named(void **state)
{
	static const struct {
		const char *words[5];
		const char *named;
		int code;
		enum options_mode mode;
	} rows[] = {
		{ { "sendmail", "-Z", "a@x" }, "-Z", EX_USAGE, MODE_DELIVER },
		{ { "sendmail", "-tZ", "a@x" }, "-Z", EX_USAGE, MODE_DELIVER },
		{ { "sendmail", "-k\xc3\xa9", "-bp" }, "-k", EX_USAGE, MODE_QUEUE_LIST },
		{ { "sendmail", "-\xc3\xa9" }, "-\xc3\xa9", EX_USAGE, MODE_DELIVER },
		{ { "sendmail", "--accounts=x", "a@x" }, "--accounts", EX_USAGE, MODE_DELIVER },
		{ { "sendmail", "--t", "a@x" }, "--t", EX_USAGE, MODE_DELIVER },
		{ { "sendmail", "--=x" }, "--", EX_USAGE, MODE_DELIVER },
		{ { "sendmail", "--dry-run", "a@x" }, "--dry-run", EX_USAGE, MODE_DELIVER },
		{ { "sendmail", "--help=x" }, "--help", EX_USAGE, MODE_DELIVER },
		{ { "sendmail", "--account" }, "--account", EX_USAGE, MODE_DELIVER },
		{ { "sendmail", "-t", "-f" }, "-f", EX_USAGE, MODE_DELIVER },
		{ { "sendmail", "-B9BIT", "a@x" }, "-B", EX_USAGE, MODE_DELIVER },
		{ { "sendmail", "-N", "sometimes", "a@x" }, "-N", EX_USAGE, MODE_DELIVER },
		{ { "sendmail", "-N", "never,success", "a@x" }, "-N", EX_USAGE, MODE_DELIVER },
		{ { "sendmail", "-Rsome", "a@x" }, "-R", EX_USAGE, MODE_DELIVER },
		{ { "sendmail", "-V", "", "a@x" }, "-V", EX_USAGE, MODE_DELIVER },
		{ { "sendmail", "-V", "h\xc3\xa9", "a@x" }, "-V", EX_USAGE, MODE_DELIVER },
		{ { "sendmail", "-qz" }, "-qz", EX_USAGE, MODE_QUEUE_RUN },
		{ { "sendmail", "-qI" }, "-qI", EX_USAGE, MODE_QUEUE_RUN },
		{ { "sendmail", "-q!15m" }, "-q!15m", EX_USAGE, MODE_QUEUE_RUN },
		{ { "sendmail", "-q", "15m" }, "15m", EX_USAGE, MODE_QUEUE_RUN },
		{ { "sendmail", "-q", "-t" }, "-t", EX_USAGE, MODE_QUEUE_RUN },
		{ { "sendmail", "-q", "-bs" }, "-q", EX_USAGE, MODE_SMTP },
		{ { "sendmail", "-bp", "a@x" }, "a@x", EX_USAGE, MODE_QUEUE_LIST },
		{ { "sendmail", "-bv" }, "-bv", EX_USAGE, MODE_VERIFY },
		{ { "sendmail", "-Y", "-Z", "-bp" }, "-Y", EX_USAGE, MODE_QUEUE_LIST },
		{ { "sendmail", "a@x\nb@y" }, "a@x", EX_DATAERR, MODE_DELIVER },
		{ { "sendmail", "-fa@x\rb", "c@x" }, "-fa@x", EX_DATAERR, MODE_DELIVER },
		{ { "sendmail", "-X", "a\n", "c@x" }, "'a?'", EX_DATAERR, MODE_DELIVER },
		{ { "sendmail", "-Z", "a\n" }, "'a?'", EX_DATAERR, MODE_DELIVER },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct options o;
		struct error err = ERROR_INIT;

		assert_false(parse_words(&o, &err, rows[i].words));
		assert_int_equal(err.code, rows[i].code);
		assert_non_null(strstr(err.text, rows[i].named));
		assert_int_equal(o.mode, rows[i].mode);
	}
}

static void dry_runs_belong_to_send(void **state)
{
	struct options o;
	struct error err;

	(void)state;
	assert_true(PARSE(&o, &err, "send", "--dry-run", "--offers", "8BITMIME,CHUNKING", "-t"));
	assert_true(o.dry_run && o.take_recipients);
	assert_string_equal(o.offers, "8BITMIME,CHUNKING");
}

/* All that users may write, except the modes that are refused. */
static void help_names_every_option(void **state)
{
	static const char *const names[] = {
		"-t",
		"-i",
		"-oi",
		"-f ADDR",
		"-r ADDR",
		"-F NAME",
		"-bm",
		"-ba",
		"-bs",
		"-bp",
		"-bi",
		"-I",
		"-bv",
		"-q[INTERVAL]",
		"-qI",
		"-qR",
		"-qS",
		"-odMODE",
		"-oeMODE",
		"-e MODE",
		"-B TYPE",
		"-N WHEN",
		"-R PART",
		"-V ID",
		"-v",
		"-ov",
		"-C FILE",
		"-a ACCOUNT",
		"--account=ACCOUNT",
		"-n",
		"-L TAG",
		"-O NAME=VALUE",
		"IgnoreDots",
		"ErrorMode",
		"DeliveryMode",
		"Verbose",
		"-o X",
		" -h ",
		" -m ",
		" -G ",
		" -U ",
		" -A ",
		" -p ",
		" -X ",
		" -D ",
		" -d ",
		" -M ",
		" -s ",
		" -c ",
		" -x ",
		"--help",
		"--version",
		"--dry-run",
		"--offers",
	};
	struct buf help = BUF_INIT;

	(void)state;
	help_add_options(&help);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!strstr(help.data, names[i]))
			fail_msg("the help does not name %s", names[i]);
	for (const struct option_row *row = option_rows; row->name; row++)
		if (row->effect != DOES_NOTHING && !strstr(help.data, row->help) &&
			strlen(row->help) < 50)
			fail_msg("the help does not say what %s does", row->name);
	for (const char *line = help.data; *line; line += strcspn(line, "\n") + 1)
		assert_true(strcspn(line, "\n") <= 81);
	buf_release(&help);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(callers_are_understood),
		cmocka_unit_test(inn_queues_without_a_word),
		cmocka_unit_test(values_stand_attached_or_apart),
		cmocka_unit_test(the_first_other_word_ends_the_options),
		cmocka_unit_test(dots_can_be_switched_back),
		cmocka_unit_test(error_modes),
		cmocka_unit_test(delivery_modes),
		cmocka_unit_test(modes_and_personalities),
		cmocka_unit_test(refused_modes_say_what_to_use),
		cmocka_unit_test(queue_runs),
		cmocka_unit_test(what_does_nothing_is_accepted),
		cmocka_unit_test(dsn_is_checked),
		cmocka_unit_test(bad_options_are_named),
		cmocka_unit_test(dry_runs_belong_to_send),
		cmocka_unit_test(help_names_every_option),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
