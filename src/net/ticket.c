/* SPDX-License-Identifier: ISC */
#include "net/ticket.h"

#include "base/ascii.h"
#include "base/clock.h"
#include "base/file.h"
#include "net/tls_token.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	DIGEST_SIZE = 32,
	EXPIRES_SIZE = 20,
};

static const char magic[] = "sendoff-ticket-1 ";

enum {
	DIGEST_AT = sizeof magic - 1,
	EXPIRES_AT = DIGEST_AT + 2 * DIGEST_SIZE + 1, /* from here on the digest covers all */
	SESSION_AT = EXPIRES_AT + EXPIRES_SIZE + 1,
};

static void add_digest(struct buf *b, const void *data, size_t len)
{
	unsigned char digest[DIGEST_SIZE] = { 0 };

	gnutls_hash_fast(GNUTLS_DIG_SHA256, data, len, digest);
	buf_add_hex(b, digest, sizeof digest);
}

/*
 * With its length before it, so that no two lists of fields look alike; without a PIN, which could
 * be guessed from the digest.
 */
static void add_field(struct buf *b, const char *value)
{
	size_t len = value ? token_length(value) : 0;

	if (value)
		buf_addf(b, "%zu:%.*s\n", len, (int)len, value);
	else
		buf_adds(b, "-\n");
}

/* The file's, not only its name: a new client certificate is another identity. */
static void add_client(struct buf *b, const char *certificate)
{
	struct stat st;

	add_field(b, certificate);
	if (certificate && stat(certificate, &st) == 0)
		buf_addf(b, "%lld %lld\n", (long long)st.st_ino, (long long)st.st_mtime);
}

void ticket_key(const struct tls_params *p, char key[TICKET_KEY_SIZE])
{
	struct buf fields = BUF_INIT, digest = BUF_INIT;

	add_field(&fields, gnutls_check_version(NULL));
	add_field(&fields, p->name);
	buf_addf(&fields, "%u %d %d\n", p->port, p->is_implicit, p->verify);
	add_field(&fields, p->trust_file);
	for (size_t i = 0; p->fingerprints && i < p->fingerprints->count; i++)
		add_field(&fields, p->fingerprints->items[i]);
	add_client(&fields, p->certificate);
	add_field(&fields, p->key);
	add_field(&fields, p->priority);
	add_digest(&digest, fields.data, fields.len);
	snprintf(key, TICKET_KEY_SIZE, "%s", buf_str(&digest));
	buf_release(&fields);
	buf_release(&digest);
}

static void slot_name(char name[TICKET_NAME_SIZE], const char *key, unsigned slot)
{
	snprintf(name, TICKET_NAME_SIZE, "%s.%u", key, slot);
}

/* A name that no other process uses, also none of another container that shares the directory. */
static void private_name(char name[TICKET_NAME_SIZE], const char *key)
{
	unsigned long long number = 0;

	gnutls_rnd(GNUTLS_RND_NONCE, &number, sizeof number);
	snprintf(name, TICKET_NAME_SIZE, "%s.%016llx", key, number);
}

/* -1 also for one that others may write to: what lies there is nobody's word. */
static int open_directory(const char *path, struct stat *st)
{
	int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir >= 0 && (fstat(dir, st) < 0 || st->st_mode & S_IWOTH)) {
		close(dir);
		return -1;
	}
	return dir;
}

static bool is_ours(const struct stat *st, const struct stat *directory)
{
	bool is_shared = directory->st_mode & S_ISGID && st->st_gid == directory->st_gid;

	return st->st_nlink == 1 && !(st->st_mode & S_IRWXO) &&
	       (st->st_uid == geteuid() || is_shared);
}

static void seal_ticket(struct buf *ticket, const void *session, size_t len, int64_t expires_s)
{
	struct buf body = BUF_INIT;

	buf_addf(&body, "%0*lld\n", EXPIRES_SIZE, (long long)expires_s);
	buf_add(&body, session, len);
	buf_adds(ticket, magic);
	add_digest(ticket, body.data, body.len);
	buf_addc(ticket, ' ');
	buf_add(ticket, body.data, body.len);
	buf_wipe(&body);
}

static bool is_sound(const struct buf *ticket)
{
	struct buf head = BUF_INIT;
	bool ok = ticket->len > SESSION_AT;

	if (ok) {
		buf_adds(&head, magic);
		add_digest(&head, ticket->data + EXPIRES_AT, ticket->len - EXPIRES_AT);
		buf_addc(&head, ' ');
		ok = memcmp(head.data, ticket->data, EXPIRES_AT) == 0 &&
		     ticket->data[SESSION_AT - 1] == '\n';
		buf_release(&head);
	}
	return ok;
}

/* Leaves the session of what is sound and not over. */
static bool open_ticket(struct buf *ticket)
{
	unsigned long long expires_s = 0;
	char digits[EXPIRES_SIZE + 1];

	if (!is_sound(ticket))
		return false;
	snprintf(digits, sizeof digits, "%s", ticket->data + EXPIRES_AT);
	if (!ascii_to_number(digits, INT64_MAX, &expires_s) || (int64_t)expires_s <= clock_wall_s())
		return false;
	buf_remove(ticket, 0, SESSION_AT);
	return true;
}

static bool read_ticket(int dir, const struct stat *dir_st, const char *name, struct buf *session)
{
	struct stat st;
	int fd = file_open_regular(dir, name, O_RDONLY | O_NOFOLLOW, &st);
	bool ok = fd >= 0 && is_ours(&st, dir_st) &&
		  file_read_all(fd, session, SESSION_AT + TICKET_MAX) && open_ticket(session);

	if (fd >= 0)
		close(fd);
	if (!ok)
		buf_wipe(session);
	return ok;
}

/* Whose rename succeeds has the ticket, and nobody else. */
static bool take(int dir, const struct stat *dir_st, const char *slot, const char *key,
	struct ticket_claim *claim, struct buf *session)
{
	private_name(claim->name, key);
	if (renameat(dir, slot, dir, claim->name) == 0) {
		if (read_ticket(dir, dir_st, claim->name, session))
			return true;
		unlinkat(dir, claim->name, 0);
	}
	claim->name[0] = '\0';
	return false;
}

static bool is_slot(const char *name, const char *key)
{
	size_t len = TICKET_KEY_SIZE - 1;

	return strncmp(name, key, len) == 0 && name[len] == '.' && name[len + 1] && !name[len + 2];
}

static bool is_ticket_name(const char *name)
{
	size_t len = strspn(name, "0123456789abcdef");

	return len == TICKET_KEY_SIZE - 1 && name[len] == '.' && name[len + 1];
}

static bool is_old(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       st.st_mtime < clock_wall_s() - TICKET_AGE_MAX_S;
}

/* Takes what there is, and removes what was left behind or never asked for again. */
static bool look_through(int dir, const struct stat *dir_st, const char *key,
	struct ticket_claim *claim, struct buf *session)
{
	int again = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = again < 0 ? NULL : fdopendir(again);
	bool found = false;

	for (const struct dirent *entry; list && (entry = readdir(list));)
		if (is_slot(entry->d_name, key))
			found = found || take(dir, dir_st, entry->d_name, key, claim, session);
		else if (is_ticket_name(entry->d_name) && is_old(dir, entry->d_name))
			unlinkat(dir, entry->d_name, 0);
	if (list)
		closedir(list);
	return found;
}

bool ticket_take(
	const char *directory, const char *key, struct ticket_claim *claim, struct buf *session)
{
	char first[TICKET_NAME_SIZE];
	struct stat st;
	int dir = open_directory(directory, &st);
	bool found;

	claim->name[0] = '\0';
	if (dir < 0)
		return false;
	slot_name(first, key, 0);
	found = take(dir, &st, first, key, claim, session) ||
		look_through(dir, &st, key, claim, session);
	close(dir);
	return found;
}

/* Moves it to the first free slot; without one it is dropped. */
static void place(int dir, const char *name, const char *key)
{
	char slot[TICKET_NAME_SIZE];
	bool go_on = true;

	for (unsigned i = 0; go_on && i < TICKETS_A_KEY; i++) {
		slot_name(slot, key, i);
		go_on = linkat(dir, name, dir, slot, 0) < 0 && errno == EEXIST;
	}
	unlinkat(dir, name, 0);
}

void ticket_release(
	const char *directory, const char *key, struct ticket_claim *claim, bool may_be_used_again)
{
	struct stat st;
	int dir = claim->name[0] ? open_directory(directory, &st) : -1;

	if (dir >= 0 && may_be_used_again)
		place(dir, claim->name, key);
	else if (dir >= 0)
		unlinkat(dir, claim->name, 0);
	if (dir >= 0)
		close(dir);
	claim->name[0] = '\0';
}

static void write_ticket(int dir, mode_t mode, const char *key, const struct buf *ticket)
{
	char name[TICKET_NAME_SIZE];
	bool ok;
	int fd;

	private_name(name, key);
	fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return;
	ok = fchmod(fd, mode) == 0 && file_write_all(fd, ticket->data, ticket->len);
	close(fd);
	if (ok)
		place(dir, name, key);
	else
		unlinkat(dir, name, 0);
}

void ticket_put(
	const char *directory, const char *key, const void *session, size_t len, int64_t expires_s)
{
	int64_t latest_s = clock_wall_s() + TICKET_AGE_MAX_S;
	struct buf ticket = BUF_INIT;
	struct stat st;
	int dir = open_directory(directory, &st);

	if (dir < 0 && errno == ENOENT && file_make_directories(directory, 0700))
		dir = open_directory(directory, &st);
	if (dir < 0)
		return;
	if (len && len <= TICKET_MAX && expires_s > 0) {
		seal_ticket(&ticket, session, len, expires_s < latest_s ? expires_s : latest_s);
		write_ticket(dir, st.st_mode & S_ISGID ? 0660 : 0600, key, &ticket);
	}
	buf_wipe(&ticket);
	close(dir);
}

void ticket_drop(const char *directory, const char *key)
{
	char name[TICKET_NAME_SIZE];
	struct stat st;
	int dir = open_directory(directory, &st);

	for (unsigned slot = 0; dir >= 0 && slot < TICKETS_A_KEY; slot++) {
		slot_name(name, key, slot);
		unlinkat(dir, name, 0);
	}
	if (dir >= 0)
		close(dir);
}
