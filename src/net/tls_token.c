/* SPDX-License-Identifier: ISC */
#include "net/tls_token.h"

#include "base/ascii.h"
#include "base/file.h"
#include "net/tls_session.h"

#include <errno.h>
#include <string.h>

enum { FILE_MAX_BYTES = 4096 };

bool token_is_url(const char *name)
{
	return ascii_starts_with(name, "pkcs11:");
}

size_t token_length(const char *name)
{
	return token_is_url(name) ? strcspn(name, "?") : strlen(name);
}

/* Adds what the query of the URL says behind the word, %XX decoded; false: nothing. */
static bool add_attribute(struct buf *b, const char *name, const char *word)
{
	size_t len = strlen(word);

	if (!name)
		return false;
	for (const char *at = name + token_length(name); *at; at += strcspn(at, "&")) {
		at++;
		if (strncmp(at, word, len) != 0)
			continue;
		if (!buf_add_unescaped(b, at + len, strcspn(at + len, "&")))
			buf_truncate(b, 0);
		break;
	}
	return b->len;
}

/* The first line, without its end. */
static bool read_pin(struct buf *pin, const char *source, struct error *err)
{
	const char *path = source + (strncmp(source, "file:", 5) == 0 ? 5 : 0);

	if (*path != '/')
		return error_set(err, EX_PROTOCOL, "4.7.5", "pin-source is not file:/PATH");
	buf_reserve(pin, FILE_MAX_BYTES * 2);
	if (!file_read(path, 0, pin, FILE_MAX_BYTES))
		return error_set_errno(
			err, EX_PROTOCOL, errno, "cannot read pin-source '%s'", path);
	buf_truncate(pin, strcspn(buf_str(pin), "\r\n"));
	return true;
}

static bool get_pin(const struct token *t, const char *label, struct buf *pin)
{
	const char *const names[] = { t->key, t->certificate };
	struct buf source = BUF_INIT;
	bool ok = true;

	for (size_t i = 0; i < 2 && !pin->len && !source.len; i++)
		if (!add_attribute(pin, names[i], "pin-value="))
			add_attribute(&source, names[i], "pin-source=");
	if (source.len)
		ok = read_pin(pin, buf_str(&source), t->err);
	buf_release(&source);
	if (!ok || pin->len)
		return ok;
	error_set(t->err, EX_PROTOCOL, "4.7.5", "token '%s' wants a PIN", label);
	return error_hint(t->err,
		"end tls_key with ?pin-source=file:/PATH, a file with the PIN in its first line");
}

static bool may_try(const struct token *t, const char *url, const char *label, unsigned flags)
{
	if (flags & GNUTLS_PIN_WRONG) {
		error_set(t->err, EX_PROTOCOL, "4.7.5", "token '%s' refuses the PIN", label);
		return error_hint(t->err, "correct it before the token is locked");
	}
	if (!(flags & GNUTLS_PIN_FINAL_TRY))
		return true;
	error_set(t->err, EX_PROTOCOL, "4.7.5",
		"token '%s' has been given wrong PINs, and its last try is left to you", label);
	return error_hint(t->err, "log in by hand: p11tool --login --list-all '%s'", url);
}

int token_pin(void *data, int attempt, const char *url, const char *label, unsigned flags,
	char *pin, size_t size)
{
	struct token *t = data;
	struct buf found = BUF_INIT;
	bool ok;

	if (!token_is_url(url)) /* the passphrase of a key's file */
		return GNUTLS_E_DECRYPTION_FAILED;
	ok = may_try(t, url, label, flags) && get_pin(t, label, &found);
	if (ok && found.len >= size)
		ok = error_set(
			t->err, EX_PROTOCOL, "4.7.5", "the PIN is over %zu octets long", size - 1);
	if (ok)
		memcpy(pin, buf_str(&found), found.len + 1);
	buf_wipe(&found);
	t->has_failed = !ok;
	return ok ? 0 : GNUTLS_E_PKCS11_PIN_ERROR;
}
