/* SPDX-License-Identifier: ISC */
/*
 * OAUTHBEARER (RFC 7628) and Google's XOAUTH2 as mechanisms of libgsasl, so
 * that AUTH needs to know nothing special of them.  The access token is
 * libgsasl's password property.
 */
#ifndef SMTP_OAUTH_H
#define SMTP_OAUTH_H

#include <gsasl.h>

#include <stdbool.h>

/* Adds both to a library context.  False: out of memory. */
bool oauth_register(Gsasl *library);

#endif
