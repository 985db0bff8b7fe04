/* SPDX-License-Identifier: ISC */
#include "cli/setup.h"

#include "base/alloc.h"
#include "base/ascii.h"
#include "base/file.h"
#include "base/process.h"
#include "cli/ask.h"
#include "cli/check.h"
#include "cli/print.h"
#include "cli/setup_find.h"
#include "cli/words.h"
#include "message/address.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct setup {
	/* As the options say; NULL: to be found out or asked for. */
	const char *address, *host, *port, *tls, *user, *password_command;
	bool queue, force;
	struct caller *caller;
	char *answered_port;
	char *path;                               /* of the file to be written */
	bool is_system;                           /* it is that of the system */
	gid_t group;                              /* that may read it too; 0: none */
	struct buf draft;                         /* the path that the file has while it is tried */
	struct buf sender, server, login, secret; /* the answers */
	struct found_server found;
};

static bool find_path(struct setup *s, const char *file)
{
	char *directory = file ? NULL : caller_config_directory(s->caller);
	struct buf path = BUF_INIT;

	if (directory)
		buf_addf(&path, "%s/sendoff.ini", directory);
	s->path = file ? config_absolute_path(file) : buf_detach(&path);
	free(directory);
	return access(s->path, F_OK) == 0;
}

/* In a set-group-ID install the group that alone may enter the directory reads the file. */
static void find_group(struct setup *s)
{
	struct stat st;

	s->is_system = strcmp(s->path, SYSCONFDIR "/sendoff/sendoff.ini") == 0;
	if (s->is_system && stat(SYSCONFDIR "/sendoff", &st) == 0 && !(st.st_mode & S_IXOTH))
		s->group = st.st_gid;
}

static bool may_write(struct setup *s, const char *file, struct error *err)
{
	struct buf question = BUF_INIT;
	bool may;

	if (!find_path(s, file) || s->force)
		return true;
	buf_addf(&question, "%s exists. Overwrite it?", s->path);
	may = ask_yes(buf_str(&question));
	buf_release(&question);
	if (may)
		return true;
	error_set(err, EX_CANTCREAT, NULL, "%s exists", s->path);
	return error_hint(err, "--force overwrites it; -C FILE writes another");
}

/* Puts the address alone in the place of what was said. */
static bool take_address(struct setup *s, struct error *err)
{
	char *address = address_parse_sender(buf_str(&s->sender), err);

	if (!address)
		return false;
	buf_truncate(&s->sender, 0);
	buf_adds(&s->sender, address);
	free(address);
	return address_domain(buf_str(&s->sender)) ||
	       error_set(err, EX_DATAERR, NULL, "'%s' is no mail address", buf_str(&s->sender));
}

static bool find_address(struct setup *s, struct error *err)
{
	bool ok;

	if (s->address) {
		buf_adds(&s->sender, s->address);
		return take_address(s, err);
	}
	do {
		if (!ask(&s->sender, "Your mail address", NULL, "--address", err))
			return false;
		ok = take_address(s, err);
		if (!ok)
			ask_tell("That is no mail address; one looks like me@example.org.");
	} while (!ok && ask_has_person());
	return ok;
}

/* HOST:PORT is an answer too. */
static void split_port(struct setup *s)
{
	char *colon = strchr(buf_str(&s->server), ':');

	if (!colon || strchr(colon + 1, ':') || s->port)
		return;
	s->answered_port = alloc_string(colon + 1);
	s->port = s->answered_port;
	buf_truncate(&s->server, (size_t)(colon - buf_str(&s->server)));
}

static bool ask_server(struct setup *s, const char *domain, struct error *err)
{
	struct buf usual = BUF_INIT;
	bool ok;

	ask_tell("Neither the table of providers nor DNS knows the server of %s.", domain);
	buf_addf(&usual, "smtp.%s", domain);
	ok = ask(&s->server, "Submission server", ask_has_person() ? buf_str(&usual) : NULL,
		"--host", err);
	split_port(s);
	buf_release(&usual);
	return ok;
}

/*
 * A host elsewhere is for a person to judge (RFC 6186 section 6): who forges DNS has a certificate
 * for what it names.
 */
static bool take_found(struct setup *s, const char *domain, struct error *err)
{
	const char *host = s->found.host;

	if (!s->found.is_elsewhere) {
		buf_adds(&s->server, host);
		ask_tell("Server: %s port %u, as DNS says.", host, s->found.port);
		return true;
	}
	if (!ask_has_person()) {
		error_set(err, EX_USAGE, NULL, "DNS names a server that is not of %s: %s", domain,
			host);
		return error_hint(err, "--host %s --port %u, if you know it as your provider's",
			host, s->found.port);
	}
	ask_tell("DNS names a server that is not of %s. Is it your provider's?", domain);
	if (!ask(&s->server, "Submission server", host, "--host", err))
		return false;
	if (!ascii_equal(buf_str(&s->server), host))
		s->found = (struct found_server){ .port = 0 };
	split_port(s);
	return true;
}

static bool find_server(struct setup *s, struct error *err)
{
	const char *domain = address_domain(buf_str(&s->sender));

	if (s->host) {
		buf_adds(&s->server, s->host);
	} else if (!setup_find(domain, &s->found)) {
		if (!ask_server(s, domain, err))
			return false;
	} else if (s->found.provider) {
		ask_tell("Provider: %s. About the secret: %s.", s->found.provider->name,
			s->found.provider->hint);
	} else {
		return take_found(s, domain, err);
	}
	return true;
}

static bool find_login(struct setup *s, struct error *err)
{
	if (s->user)
		buf_adds(&s->login, s->user);
	else if (!ask(&s->login, "Login name", buf_str(&s->sender), "--user", err))
		return false;
	if (!s->login.len || s->password_command)
		return true;
	return ask_secret(&s->secret, "Password or token", "--password-command", err);
}

static void find_queue(struct setup *s)
{
	s->queue = s->queue || ask_yes("Keep what cannot be sent at once, and try it again later? "
				       "(it needs a timer, see below)");
}

/* As --tls says, else as the port and DNS do. */
static const char *tls_word(const struct setup *s)
{
	if (s->tls)
		return s->tls;
	if (s->port)
		return strcmp(s->port, "465") == 0 ? "implicit" : "starttls";
	return s->found.is_implicit ? "implicit" : "starttls";
}

static void add_server(struct buf *text, const struct setup *s)
{
	if (s->server.len)
		buf_addf(text, "host = %s\n", buf_str(&s->server));
	else
		buf_addf(text, "provider = %s\n", s->found.provider->name);
	if (s->port)
		buf_addf(text, "port = %s\n", s->port);
	else if (s->found.port)
		buf_addf(text, "port = %u\n", s->found.port);
	if (s->server.len || s->tls || s->port)
		buf_addf(text, "tls = %s\n", tls_word(s));
}

/* Values between quotes are taken as they are, up to the last quote of the line. */
static void compose(struct buf *text, const struct setup *s)
{
	const char *address = buf_str(&s->sender);
	const char *name = s->server.len ? "mail" : s->found.provider->name;

	buf_addf(text,
		"; written by 'sendoff setup'; 'man sendoff.ini' describes every key\n"
		"[sendoff]\n; the default, also beside the accounts of the system's file\n"
		"account = %s\n; gets the mail for local names, cron's for example\n"
		"adminaddr = %s\n",
		name, address);
	if (s->queue)
		buf_adds(text, "queue = yes\n");
	buf_addf(text, "\n[%s]\n", name);
	add_server(text, s);
	if (s->login.len)
		buf_addf(text, "user = \"%s\"\n", buf_str(&s->login));
	if (s->login.len && s->password_command)
		buf_addf(text, "password_command = \"%s\"\n", s->password_command);
	else if (s->login.len)
		buf_addf(text, "password = \"%s\"\n", buf_str(&s->secret));
	if (strcmp(buf_str(&s->login), address) != 0)
		buf_addf(text, "from = %s\n", address);
}

static bool write_file(const char *path, const struct buf *text, gid_t group, struct error *err)
{
	int fd;
	bool ok;

	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	ok = fd >= 0 && file_write_all(fd, text->data, text->len);
	if (ok && group)
		ok = fchown(fd, (uid_t)-1, group) == 0 && fchmod(fd, 0640) == 0;
	ok = ok && fsync(fd) == 0;
	if (!ok)
		error_set_errno(err, EX_CANTCREAT, errno, "%s", path);
	if (fd >= 0)
		close(fd);
	return ok;
}

static bool make_directory(const char *path, struct error *err)
{
	char *directory = alloc_bytes(path, (size_t)(strrchr(path, '/') - path));
	bool ok = !*directory || file_make_directories(directory, 0700) ||
		  error_set_errno(err, EX_CANTCREAT, errno, "%s", directory);

	free(directory);
	return ok;
}

/* Tries the file under another name first: what stands there is not touched by a mistake. */
static bool try_draft(struct setup *s, int *status, struct error *err)
{
	struct check_params check = { .caller = s->caller, .form = print_form(), .is_draft = true };
	struct buf text = BUF_INIT;
	bool ok;

	buf_truncate(&s->draft, 0);
	buf_addf(&s->draft, "%s.new", s->path);
	compose(&text, s);
	ok = make_directory(s->path, err) && write_file(buf_str(&s->draft), &text, s->group, err);
	buf_wipe(&text);
	check.file = buf_str(&s->draft);
	*status = ok ? check_run(&check) : EX_OK;
	return ok;
}

/* Was it mistyped? */
static bool ask_secret_again(struct setup *s)
{
	struct buf again = BUF_INIT;
	struct error none = ERROR_INIT;
	bool ok = s->secret.len && !s->force && ask_has_person() &&
		  ask_secret(&again, "Password or token once more, or nothing",
			  "--password-command", &none);

	if (ok)
		buf_swap(&s->secret, &again);
	buf_wipe(&again);
	return ok;
}

static bool keep_draft(struct setup *s, int status, struct error *err)
{
	if (status && !s->force && !ask_yes("That did not work. Write the file all the same?")) {
		error_set(err, status, NULL, "the check failed, and nothing was written");
		return error_hint(err,
			"what failed is said above; --force writes the file all the same");
	}
	return rename(buf_str(&s->draft), s->path) == 0 ||
	       error_set_errno(err, EX_CANTCREAT, errno, "%s", s->path);
}

/* The commands to try, with -C where the file is not the usual one. */
static bool say_what_next(const struct setup *s, bool is_named, struct error *err)
{
	const char *option = is_named ? " -C " : "", *file = is_named ? s->path : "";
	struct buf out = BUF_INIT;

	buf_addf(&out, "\n%s was written.  Try it:\n", s->path);
	buf_addf(&out, "  echo 'Subject: it works' | sendmail%s%s %s\n", option, file,
		buf_str(&s->sender));
	if (s->queue)
		buf_addf(&out,
			"Let a timer run the queue; for example, as a line of crontab -e:\n"
			"  */5 * * * * sendoff queue run%s%s\n",
			option, file);
	if (s->secret.len && s->is_system && !s->group)
		buf_adds(&out, "\nIt holds the password, so only its owner may read it.\n"
			       "To let all users send by it: man sendmail, SECURITY.\n");
	return print_out(&out, err);
}

static bool run(struct setup *s, const char *file, int *status, struct error *err)
{
	bool ok = may_write(s, file, err) && find_address(s, err) && find_server(s, err) &&
		  find_login(s, err);

	if (!ok)
		return false;
	find_queue(s);
	find_group(s);
	do
		ok = try_draft(s, status, err);
	while (ok && *status == EX_NOPERM && ask_secret_again(s));
	ok = ok && keep_draft(s, *status, err);
	if (!ok)
		unlink(buf_str(&s->draft));
	return ok && say_what_next(s, file != NULL, err);
}

bool setup_command(const struct command_call *call, int *status, struct error *err)
{
	struct setup s = { .caller = call->caller };
	const struct word words[] = {
		{ "--address", &s.address, NULL },
		{ "--host", &s.host, NULL },
		{ "--port", &s.port, NULL },
		{ "--tls", &s.tls, NULL },
		{ "--user", &s.user, NULL },
		{ "--password-command", &s.password_command, NULL },
		{ "--queue", NULL, &s.queue },
		{ "--force", NULL, &s.force },
		{ NULL, NULL, NULL },
	};
	bool ok;

	process_catch_stop();
	ok = words_parse(words, call->argc, call->argv, err) &&
	     run(&s, call->config_file, status, err);
	free(s.path);
	free(s.answered_port);
	buf_release(&s.draft);
	buf_release(&s.sender);
	buf_release(&s.server);
	buf_release(&s.login);
	buf_wipe(&s.secret);
	return ok;
}
