/* SPDX-License-Identifier: ISC */
#include "config/provider.h"

#include "base/ascii.h"

#include <string.h>

#define APP_PASSWORD \
	"make an app password in the account's security settings; the login password is refused"

const struct provider providers[] = {
	/* clang-format off */
	{ "aol", "smtp.aol.com", "465", "implicit", NULL, APP_PASSWORD },
	{ "brevo", "smtp-relay.brevo.com", "465", "implicit", NULL,
		"user and SMTP key (not the API key) are in the settings under SMTP and API" },
	{ "fastmail", "smtp.fastmail.com", "465", "implicit", NULL, APP_PASSWORD },
	{ "gmail", "smtp.gmail.com", "587", "starttls", NULL,
		"make an app password at myaccount.google.com/apppasswords (needs 2-step "
		"verification), or set auth = xoauth2 and an access token" },
	{ "gmx", "mail.gmx.net", "587", "starttls", NULL,
		"allow POP3 and IMAP access in the mailbox's settings first" },
	{ "google-workspace-relay", "smtp-relay.gmail.com", "587", "starttls", NULL,
		"the relay service must be set up in the admin console; without user it goes by "
		"the sending address" },
	{ "icloud", "smtp.mail.me.com", "587", "starttls", NULL,
		"make an app-specific password at account.apple.com" },
	{ "mailbox.org", "smtp.mailbox.org", "465", "implicit", NULL,
		"user is the main mail address; with two-factor sign-in make an application "
		"password" },
	{ "mailgun", "smtp.mailgun.org", "587", "starttls", NULL,
		"user and password are the domain's SMTP credentials; in the EU set host = "
		"smtp.eu.mailgun.org" },
	{ "mailjet", "in-v3.mailjet.com", "587", "starttls", NULL,
		"user is the API key, the password is the secret key" },
	{ "office365", "smtp.office365.com", "587", "starttls", "xoauth2",
		"the secret is an OAuth2 access token; authenticated SMTP must be allowed for the "
		"mailbox" },
	{ "outlook", "smtp-mail.outlook.com", "587", "starttls", "xoauth2",
		"the secret is an OAuth2 access token; passwords are no longer taken" },
	{ "posteo", "posteo.de", "465", "implicit", NULL, "user is the mail address" },
	{ "postmark", "smtp.postmarkapp.com", "587", "starttls", NULL,
		"user and password are both the server's API token" },
	{ "proton-bridge", "127.0.0.1", "1025", "starttls", NULL,
		"user and password are shown by the bridge; its certificate is its own: export it "
		"for tls_trust, or set tls_fingerprint" },
	{ "resend", "smtp.resend.com", "465", "implicit", NULL,
		"user is the word resend, the password is an API key" },
	{ "sendgrid", "smtp.sendgrid.net", "587", "starttls", NULL,
		"user is the word apikey, the password is the API key" },
	{ "ses", NULL, "587", "starttls", NULL,
		"set host = email-smtp.REGION.amazonaws.com; user and password are SMTP "
		"credentials made in the SES console" },
	{ "sparkpost", "smtp.sparkpostmail.com", "587", "starttls", NULL,
		"user is SMTP_Injection, the password an API key that may send via SMTP; in the "
		"EU set host = smtp.eu.sparkpostmail.com" },
	{ "yahoo", "smtp.mail.yahoo.com", "465", "implicit", NULL, APP_PASSWORD },
	{ "zoho", "smtp.zoho.com", "465", "implicit", NULL,
		"with two-factor sign-in make an app password; in the EU set host = smtp.zoho.eu" },
	{ NULL, NULL, NULL, NULL, NULL, NULL },
	/* clang-format on */
};

const struct provider *provider_find(const char *name)
{
	for (const struct provider *p = providers; p->name; p++)
		if (ascii_equal(p->name, name))
			return p;
	return NULL;
}

const char *provider_value(const struct provider *p, const char *key)
{
	if (strcmp(key, "host") == 0)
		return p->host;
	if (strcmp(key, "port") == 0)
		return p->port;
	if (strcmp(key, "tls") == 0)
		return p->tls;
	return strcmp(key, "auth") == 0 ? p->auth : NULL;
}

void provider_add_names(struct buf *b)
{
	for (const struct provider *p = providers; p->name; p++)
		buf_addf(b, "%s%s", p == providers ? "" : ", ", p->name);
}
