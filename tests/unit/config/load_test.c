/* SPDX-License-Identifier: ISC */
#include "config/load.h"

#include "base/alloc.h"
#include "config/settings.h"
#include "scratch.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

static struct caller caller;

static void load_files(struct config *c, struct load_files *f, struct problems *p)
{
	f->system_state = "/var/lib/sendoff";
	f->system_queue = "/nonexistent/sendoff";
	load_config(c, &caller, f, p);
}

/* Loads the two texts, either NULL, as the system's and the user's file. */
static void load(struct config *c, const char *system, const char *user, struct problems *p)
{
	struct load_files f = {
		.system = system ? scratch_write("system.ini", system, 0600) : NULL,
		.user = user ? scratch_write("user.ini", user, 0600) : NULL,
	};

	caller_init(&caller);
	load_files(c, &f, p);
	caller_release(&caller);
}

#define HOST "host = smtp.example.org\n"

static void one_account_with_defaults(void **state)
{
	static const char text[] = "[Work]\n" HOST
				   "user = me@example.org\n"
				   "password = \"pa#ss;word\"x\\y\"\n";
	struct problems p = PROBLEMS_INIT;
	struct config c = CONFIG_INIT;
	const struct account *a;

	(void)state;
	load(&c, text, NULL, &p);
	assert_string_equal(p.first.text, "");
	assert_int_equal(c.count, 1);
	a = config_account(&c, "WORK");
	assert_non_null(a);
	assert_string_equal(a->name, "work");
	assert_string_equal(a->hosts.items[0], "smtp.example.org");
	assert_int_equal(a->port, 587);
	assert_int_equal(a->source, SOURCE_SYSTEM);
	assert_int_equal(a->line, 1);
	assert_string_equal(a->password, "pa#ss;word\"x\\y");
	assert_int_equal(a->timeout_ms, 60000);
	assert_null(config_find_key(&c, "work", "password")->value);
	assert_int_equal(config_find_key(&c, "work", "password")->line, 4);
	assert_string_equal(config_find_key(&c, "work", "user")->value, "me@example.org");
	assert_null(config_find_key(&c, "work", "port"));
	assert_null(c.user_file);
	config_release(&c);
}

static void no_file_is_no_error(void **state)
{
	struct load_files f = { .system = "/nonexistent/a.ini", .user = "/nonexistent/b.ini" };
	struct problems p = PROBLEMS_INIT;
	struct config c = CONFIG_INIT;

	(void)state;
	caller_init(&caller);
	load_files(&c, &f, &p);
	assert_int_equal(p.count, 0);
	assert_int_equal(c.count, 0);
	assert_int_equal(c.files.count, 0);
	assert_non_null(c.queue_dir);
	assert_non_null(c.state_dir);
	config_release(&c);
	caller_release(&caller);
}

static void the_user_overrides_key_by_key(void **state)
{
	static const char system[] = "[sendoff]\nqueue = yes\nexpire = 1d\naccount = work\nlog = none\n"
				     "[work]\n" HOST "user = shared\npassword = one\nport = 2525\n"
				     "[other]\nhost = other.example.org\n";
	static const char user[] = "[sendoff]\nexpire = 2d\naccount = home\nlog = stderr\n"
				   "[home]\nhost = home.example.org\n"
				   "[WORK]\nUser = me\npassword_command = echo two\n";
	struct problems p = PROBLEMS_INIT;
	struct config c = CONFIG_INIT;
	const struct account *a;

	(void)state;
	load(&c, system, user, &p);
	assert_string_equal(p.first.text, "");
	assert_int_equal(c.files.count, 2);
	assert_string_equal(c.user_file, scratch_path("user.ini"));
	assert_int_equal(c.queue, QUEUE_YES);
	assert_int_equal(c.expire_s, 2 * 86400);
	assert_string_equal(c.account, "home");
	assert_string_equal(c.log, "stderr");
	assert_int_equal(c.count, 3);
	assert_string_equal(c.accounts[0].name, "work");
	assert_string_equal(c.accounts[1].name, "other");
	assert_string_equal(c.accounts[2].name, "home");
	a = &c.accounts[0];
	assert_int_equal(a->source, SOURCE_USER);
	assert_string_equal(a->hosts.items[0], "smtp.example.org");
	assert_int_equal(a->hosts.count, 1);
	assert_int_equal(a->port, 2525);
	assert_string_equal(a->user, "me");
	assert_null(a->password);
	assert_string_equal(a->password_command, "echo two");
	assert_null(config_find_key(&c, "work", "password"));
	assert_int_equal(config_find_key(&c, "work", "user")->line, 8);
	assert_int_equal(config_find_key(&c, "work", "user")->source, SOURCE_USER);
	assert_int_equal(config_find_key(&c, "work", "port")->source, SOURCE_SYSTEM);
	assert_int_equal(c.accounts[1].source, SOURCE_SYSTEM);
	config_release(&c);
}

static void an_empty_value_goes_back_to_none(void **state)
{
	struct problems p = PROBLEMS_INIT;
	struct config c = CONFIG_INIT;

	(void)state;
	load(&c, "[a]\n" HOST "full_name = Me\nproxy = socks5://h:1\n", "[a]\nfull_name =\nproxy =\n", &p);
	assert_string_equal(p.first.text, "");
	assert_null(c.accounts[0].full_name);
	assert_null(c.accounts[0].proxy);
	config_release(&c);
}

static void providers_fill_what_is_not_written(void **state)
{
	static const char text[] = "[a]\nprovider = gmail\nuser = me\npassword = x\n"
				   "[b]\nprovider = FastMail\nport = 4650\n"
				   "[c]\nhost = mine.example.org\nprovider = outlook\nauth = none\ntls = implicit\n";
	struct problems p = PROBLEMS_INIT;
	struct config c = CONFIG_INIT;

	(void)state;
	load(&c, text, NULL, &p);
	assert_string_equal(p.first.text, "");
	assert_string_equal(c.accounts[0].hosts.items[0], "smtp.gmail.com");
	assert_int_equal(c.accounts[0].port, 587);
	assert_int_equal(config_find_key(&c, "a", "host")->source, SOURCE_PROVIDER);
	assert_string_equal(config_find_key(&c, "a", "host")->file, "gmail");
	assert_int_equal(c.accounts[1].port, 4650);
	assert_int_equal(c.accounts[1].tls, TLS_IMPLICIT);
	assert_string_equal(c.accounts[2].hosts.items[0], "mine.example.org");
	assert_string_equal(c.accounts[2].auth.items[0], "none");
	assert_int_equal(c.accounts[2].tls, TLS_IMPLICIT);
	assert_int_equal(c.accounts[2].port, 587);
	config_release(&c);
}

static void the_port_follows_tls(void **state)
{
	static const char text[] = "[a]\n" HOST "tls = implicit\n[b]\n" HOST "tls = off\n[c]\n" HOST
				   "[d]\nsocket = /run/x\ntls = off\n[e]\n" HOST "tls = implicit\nport = 25\n";
	static const unsigned ports[] = { 465, 25, 587, 25, 25 };
	struct problems p = PROBLEMS_INIT;
	struct config c = CONFIG_INIT;

	(void)state;
	load(&c, text, NULL, &p);
	assert_string_equal(p.first.text, "");
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(c.accounts[i].port, ports[i]);
	config_release(&c);
}

/* One file each; the problems as lint would print them, without the directory. */
static const struct {
	const char *text, *problems;
} bad[] = {
	{ "[a]\n" HOST "pasword = hunter2\n", "user.ini:3: unknown key 'pasword' (did you mean 'password'?);" },
	{ "[a]\n" HOST "retrymin = 5m\n",
		"user.ini:3: unknown key 'retrymin' (did you mean 'retry_min' in section [sendoff]?);" },
	{ "[sendoff]\nhots = x\n[a]\n" HOST,
		"user.ini:2: unknown key 'hots' (did you mean 'host' in an account's section?);" },
	{ "[a]\n" HOST "zzzzzzzzzz = hunter2\n", "user.ini:3: unknown key 'zzzzzzzzzz';" },
	{ "[sendoff]\npassword = hunter2\n", "user.ini:2: 'password' belongs in an account's section;" },
	{ "[a]\n" HOST "queue = yes\n", "user.ini:3: 'queue' belongs in section [sendoff];" },
	{ "[a]\n" HOST "port = hunter2\n", "user.ini:3: 'port' must be a number from 1 to 65535;" },
	{ "[a]\n" HOST "tls = hunter2\n", "user.ini:3: 'tls' must be starttls, implicit or off;" },
	{ "[a]\n" HOST "tls_verify = hunter2\n", "user.ini:3: 'tls_verify' must be yes or no;" },
	{ "[sendoff]\nsandbox = hunter2\n", "user.ini:2: 'sandbox' must be auto or off;" },
	{ "[a]\n" HOST "match = hunter2\n",
		"user.ini:3: 'match' must be patterns with an '@' such as *@example.org or me@*, separated by commas;" },
	{ "[a]\n" HOST "user = me\npassword = hunter2 ; c\n",
		"user.ini:4: no comment may stand on the line of 'password': put the value in quotes, "
		"the comment on a line of its own;" },
	{ "[a]\n" HOST "user = me\npassword = \"hunter2\" # c\n",
		"user.ini:4: no comment may stand on the line of 'password': put the value in quotes, "
		"the comment on a line of its own;" },
	{ "[a]\n" HOST "user = me\npassword_command = cat hunter2 ; true\n",
		"user.ini:4: no comment may stand on the line of 'password_command': put the value in quotes, "
		"the comment on a line of its own;" },
	{ "[a]\n" HOST "proxy = socks5://u:hunter2@h:1 ; c\n",
		"user.ini:3: no comment may stand on the line of 'proxy': put the value in quotes, "
		"the comment on a line of its own;" },
	{ "[a]\n" HOST "user = me\npassword = hunter2\npassword_file = /x\n",
		"user.ini:5: 'password_file' beside 'password' on line 4: an account has one secret;" },
	{ "[a]\nuser = me\npassword = hunter2\n", "user.ini:1: account 'a': no 'host' (set host to the name of "
		"the submission server, or provider);" },
	{ "[a]\nprovider = ses\n",
		"user.ini:1: account 'a': no 'host' (set host = email-smtp.REGION.amazonaws.com; user and password "
		"are SMTP credentials made in the SES console);" },
	{ "[a]\n" HOST "user = me\n",
		"user.ini:1: account 'a': 'user' without a secret (set password, password_command or password_file, "
		"or auth = none);" },
	{ "[a]\n" HOST "user = me\nauth = plain\n",
		"user.ini:1: account 'a': 'user' without a secret (set password, password_command or password_file, "
		"or auth = none);" },
	{ "[a]\n" HOST "fallback = b\n", "user.ini:3: account 'a': 'fallback' names no account;" },
	{ "[a]\n" HOST "fallback = A\n", "user.ini:3: account 'a': 'fallback' leads back to this account;" },
	{ "[a]\n" HOST "fallback = b\n[b]\n" HOST "fallback = c\n[c]\n" HOST "fallback = b\n",
		"user.ini:6: account 'b': 'fallback' leads back to this account;"
		"user.ini:9: account 'c': 'fallback' leads back to this account;" },
	{ "[sendoff]\naccount = b\n[a]\n" HOST, "user.ini:2: 'account' names no account;" },
	{ "[sendoff]\nretry_max = 4h\nretry_min = 5h\n",
		"user.ini:2: 'retry_max' is less than 'retry_min';" },
	{ "[a]\n" HOST "tls_key = /k\n", "user.ini:3: account 'a': 'tls_key' without 'tls_cert';" },
	{ "[a]\n" HOST "tls = off\nrequire_tls = yes\n",
		"user.ini:4: account 'a': 'require_tls' with tls = off;" },
	{ "[a\n" HOST "pasword = hunter2\n",
		"user.ini:1: a section is written [name], the name of letters, digits and _.@+*-;" },
	{ "[a]\n" HOST "x\nport = 0\nhots = y\n",
		"user.ini:3: neither 'key = value' nor '[section]' nor a comment;"
		"user.ini:4: 'port' must be a number from 1 to 65535;"
		"user.ini:5: unknown key 'hots' (did you mean 'host'?);" },
};

static void problems_name_file_and_line_and_no_value(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct strlist lines = STRLIST_INIT;
		struct problems p = { .lines = &lines };
		struct config c = CONFIG_INIT;
		struct buf joined = BUF_INIT;

		load(&c, NULL, bad[i].text, &p);
		for (size_t j = 0; j < lines.count; j++) {
			assert_memory_equal(lines.items[j], scratch, strlen(scratch));
			buf_addf(&joined, "%s;", lines.items[j] + strlen(scratch) + 1);
		}
		assert_string_equal(buf_str(&joined), bad[i].problems);
		assert_null(strstr(buf_str(&joined), "hunter2"));
		assert_int_equal(p.first.code, EX_CONFIG);
		config_release(&c);
		strlist_release(&lines);
		buf_release(&joined);
	}
}

static void accounts_that_need_no_secret(void **state)
{
	static const char text[] = "[a]\n" HOST "user = me\nauth = none\n"
				   "[b]\n" HOST "user = me\nauth = external\n"
				   "[c]\n" HOST "user = me\nauth = gssapi\n"
				   "[d]\n" HOST
				   "[e]\n" HOST "fallback = d\n"
				   "[f]\n" HOST "fallback = e\n";
	struct problems p = PROBLEMS_INIT;
	struct config c = CONFIG_INIT;

	(void)state;
	load(&c, NULL, text, &p);
	assert_string_equal(p.first.text, "");
	config_release(&c);
}

/* Modes of a file with the text; NULL: it is taken. */
static const struct {
	mode_t mode;
	const char *text, *error, *hint;
} modes[] = {
	{ 0600, "password = x", NULL, NULL },
	{ 0640, "password = x", NULL, NULL },
	{ 0400, "password = x", NULL, NULL },
	{ 0644, "password = x", "holds a secret and others can read it", "chmod o-r " },
	{ 0604, "password = x", "holds a secret and others can read it", "chmod o-r " },
	{ 0644, "password_file = /x", NULL, NULL },
	{ 0644, "password_command = x", NULL, NULL },
	{ 0644, "auth = none\nproxy = socks5://u:p@h:1", "holds a secret and others can read it", "chmod o-r " },
	{ 0644, "auth = none\nproxy = socks5://h:1", NULL, NULL },
	{ 0664, "auth = none", "others can write to it", "chmod go-w " },
	{ 0646, "auth = none", "others can write to it", "chmod go-w " },
	{ 0666, "password = x", "others can write to it", "chmod go-w " },
};

static void files_that_others_can_read_or_write(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * (sizeof modes / sizeof *modes); i++) {
		size_t row = i / 2;
		struct problems p = PROBLEMS_INIT;
		struct config c = CONFIG_INIT;
		struct load_files f = { .user_must_exist = true };
		struct buf text = BUF_INIT;

		buf_addf(&text, "[a]\n%suser = me\n%s\n", HOST, modes[row].text);
		*(i % 2 ? &f.system : &f.user) = scratch_write("mode.ini", buf_str(&text), modes[row].mode);
		caller_init(&caller);
		load_files(&c, &f, &p);
		assert_int_equal(p.count > 0, modes[row].error != NULL);
		if (modes[row].error) {
			assert_int_equal(p.first.code, EX_CONFIG);
			assert_non_null(strstr(p.first.text, modes[row].error));
			assert_memory_equal(p.first.hint, modes[row].hint, strlen(modes[row].hint));
			assert_non_null(strstr(p.first.hint, scratch_path("mode.ini")));
		}
		config_release(&c);
		caller_release(&caller);
		buf_release(&text);
	}
}

static void assert_refused(struct load_files f, int code, const char *text)
{
	struct problems p = PROBLEMS_INIT;
	struct config c = CONFIG_INIT;

	load_files(&c, &f, &p);
	assert_int_equal(p.count, 1);
	assert_int_equal(p.first.code, code);
	assert_int_equal(p.first.scope, ERROR_OF_MESSAGE);
	assert_non_null(strstr(p.first.text, text));
	config_release(&c);
}

static void what_is_no_regular_file_is_refused(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	char *large = alloc_zero(300 * 1024, 1);

	(void)state;
	caller_init(&caller);
	assert_int_equal(mkfifo(scratch_path("fifo"), 0600), 0);
	snprintf(address.sun_path, sizeof address.sun_path, "%s", scratch_path("socket"));
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(symlink("loop", scratch_path("loop")), 0);
	memset(large, '\n', 300 * 1024 - 1);
	assert_refused((struct load_files){ .user = scratch }, EX_CONFIG, "is a directory");
	assert_refused((struct load_files){ .system = scratch }, EX_CONFIG, "is a directory");
	assert_refused((struct load_files){ .user = scratch_path("fifo") }, EX_CONFIG, "is no regular file");
	assert_refused((struct load_files){ .user = scratch_path("socket") }, EX_CONFIG, "is no regular file");
	assert_refused((struct load_files){ .user = "/dev/null" }, EX_CONFIG, "is no regular file");
	assert_refused((struct load_files){ .user = scratch_path("loop") }, EX_CONFIG, "symbolic links");
	assert_refused((struct load_files){ .user = scratch_path("missing"), .user_must_exist = true }, EX_CONFIG,
		"No such file");
	assert_refused((struct load_files){ .user = scratch_write("large.ini", large, 0600) }, EX_CONFIG,
		"is over 256 KiB");
	caller_release(&caller);
	close(fd);
	free(large);
}

/* Runs the function as another user, in a child that inherits the test's assertions as its status. */
static void as_other_user(void (*f)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (setresgid(65534, 65534, 65534) < 0 || setresuid(65534, 65534, 65534) < 0)
			_exit(99);
		f();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static bool is_not_root(void)
{
	if (getuid() == 0)
		return false;
	print_message("not root: other owners are not tried\n");
	return true;
}

static void foreign_files_are_refused(void **state)
{
	(void)state;
	if (is_not_root())
		return;
	caller_init(&caller);
	assert_int_equal(chown(scratch_write("foreign.ini", "[a]\n" HOST, 0600), 65534, 65534), 0);
	assert_refused((struct load_files){ .user = scratch_path("foreign.ini") }, EX_CONFIG, "belongs to uid 65534");
	assert_refused((struct load_files){ .system = scratch_path("foreign.ini") }, EX_CONFIG, "belongs to uid 65534");
	caller_release(&caller);
}

/* The exit status is the number of the check that failed. */
static void as_nobody(void)
{
	struct load_files both = { .system = scratch_path("system.ini"), .user = scratch_path("user.ini") };
	struct load_files system = { .system = scratch_path("system.ini") };
	struct load_files closed = { .user = scratch_path("closed/user.ini") };
	struct load_files named = { .user = scratch_path("closed/user.ini"), .user_must_exist = true };
	struct load_files unreadable = { .user = scratch_path("system.ini") };
	struct problems p[5] = { PROBLEMS_INIT };
	struct config c[5] = { CONFIG_INIT };

	caller_init(&caller);
	load_files(&c[0], &both, &p[0]);
	if (p[0].count || c[0].count != 1)
		_exit(1);
	load_files(&c[1], &system, &p[1]);
	if (p[1].first.code != EX_NOPERM || p[1].first.scope != ERROR_OF_MESSAGE ||
		!strstr(p[1].first.hint, "NoNewPrivileges"))
		_exit(2);
	load_files(&c[2], &closed, &p[2]);
	if (p[2].count)
		_exit(3);
	load_files(&c[3], &named, &p[3]);
	if (p[3].first.code != EX_CONFIG)
		_exit(4);
	load_files(&c[4], &unreadable, &p[4]);
	if (p[4].first.code != EX_CONFIG)
		_exit(5);
	if (!strstr(c[0].queue_dir, "/.local/state/sendoff/queue") && !strstr(c[0].queue_dir, "/sendoff/queue"))
		_exit(6);
	for (size_t i = 0; i < 5; i++)
		config_release(&c[i]);
	caller_release(&caller);
}

static void a_system_file_out_of_reach_matters_only_without_an_own_account(void **state)
{
	(void)state;
	if (is_not_root())
		return;
	assert_int_equal(chmod(scratch, 0755), 0);
	assert_int_equal(mkdir(scratch_path("closed"), 0700), 0);
	scratch_write("system.ini", "[a]\n" HOST, 0640);
	assert_int_equal(chown(scratch_write("user.ini", "[b]\n" HOST, 0600), 65534, 65534), 0);
	as_other_user(as_nobody);
}

static void the_queue_belongs_to_the_configuration(void **state)
{
	static const char system[] = "[sendoff]\nqueue_dir = /srv/q\nstate_dir = /srv/s\n";
	struct problems p = PROBLEMS_INIT;
	struct config c = CONFIG_INIT;
	char *state_directory;

	(void)state;
	caller_init(&caller);
	state_directory = caller_state_directory(&caller);
	load(&c, system, NULL, &p);
	assert_string_equal(c.queue_dir, "/srv/q");
	assert_string_equal(c.state_dir, "/srv/s");
	config_release(&c);
	load(&c, system, "[sendoff]\n", &p);
	assert_string_equal(c.state_dir, state_directory);
	assert_memory_equal(c.queue_dir, state_directory, strlen(state_directory));
	assert_string_equal(c.queue_dir + strlen(state_directory), "/queue");
	assert_null(config_find_key(&c, "sendoff", "queue_dir"));
	config_release(&c);
	load(&c, system, "[sendoff]\nqueue_dir = /own/q\n", &p);
	assert_string_equal(c.queue_dir, "/own/q");
	assert_string_equal(c.state_dir, state_directory);
	config_release(&c);
	load(&c, "[sendoff]\n", NULL, &p);
	if (getuid() == 0) {
		assert_string_equal(c.queue_dir, "/nonexistent/sendoff");
		assert_string_equal(c.state_dir, "/var/lib/sendoff");
	} else {
		assert_string_equal(c.state_dir, state_directory);
	}
	config_release(&c);
	assert_int_equal(p.count, 0);
	free(state_directory);
}

static void a_command_of_a_system_account_is_refused_in_a_set_id_process(void **state)
{
	static const char text[] = "[a]\n" HOST "user = me\npassword_command = true\n";
	struct load_files f = { .system = scratch_write("system.ini", text, 0600) };
	struct load_files g = { .user = scratch_write("user.ini", text, 0600) };
	struct problems p = PROBLEMS_INIT;
	struct config c = CONFIG_INIT;

	(void)state;
	caller_init(&caller);
	caller.set_id = true;
	load_files(&c, &f, &p);
	assert_int_equal(p.count, 1);
	assert_non_null(strstr(p.first.text, "system.ini:4: account 'a': 'password_command' would run as the caller"));
	config_release(&c);
	load_files(&c, &g, &p);
	assert_int_equal(p.count, 1);
	config_release(&c);
	caller_release(&caller);
}

static void lint_looks_into_the_files_that_are_named(void **state)
{
	struct strlist lines = STRLIST_INIT;
	struct problems p = { .lines = &lines };
	struct config c = CONFIG_INIT;
	struct buf text = BUF_INIT;

	(void)state;
	scratch_write("aliases", "root: me@x\nbad line\n", 0644);
	scratch_write("secret", "x\n", 0666);
	buf_addf(&text, "[sendoff]\naliases = %s/aliases\n[a]\n%suser = me\npassword_file = %s/secret\n", scratch, HOST,
		scratch);
	load(&c, NULL, buf_str(&text), &p);
	assert_int_equal(p.count, 0);
	caller_init(&caller);
	lint_named_files(&c, &caller, &p);
	assert_int_equal(lines.count, 2);
	assert_non_null(strstr(lines.items[0], "/aliases:2: "));
	assert_non_null(strstr(lines.items[1], "(chmod go-w "));
	config_release(&c);
	caller_release(&caller);
	strlist_release(&lines);
	buf_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_account_with_defaults),
		cmocka_unit_test(no_file_is_no_error),
		cmocka_unit_test(the_user_overrides_key_by_key),
		cmocka_unit_test(an_empty_value_goes_back_to_none),
		cmocka_unit_test(providers_fill_what_is_not_written),
		cmocka_unit_test(the_port_follows_tls),
		cmocka_unit_test(problems_name_file_and_line_and_no_value),
		cmocka_unit_test(accounts_that_need_no_secret),
		cmocka_unit_test(files_that_others_can_read_or_write),
		cmocka_unit_test(what_is_no_regular_file_is_refused),
		cmocka_unit_test(foreign_files_are_refused),
		cmocka_unit_test(a_system_file_out_of_reach_matters_only_without_an_own_account),
		cmocka_unit_test(the_queue_belongs_to_the_configuration),
		cmocka_unit_test(a_command_of_a_system_account_is_refused_in_a_set_id_process),
		cmocka_unit_test(lint_looks_into_the_files_that_are_named),
	};

	return cmocka_run_group_tests(tests, scratch_create, scratch_remove);
}
