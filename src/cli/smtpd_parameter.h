/* SPDX-License-Identifier: ISC */
/*
 * The parameters of MAIL and RCPT (RFC 5321 section 4.1.2, RFC 3461), checked
 * by a table.
 */
#ifndef CLI_SMTPD_PARAMETER_H
#define CLI_SMTPD_PARAMETER_H

#include "base/error.h"
#include "message/envelope.h"

#include <stdbool.h>
#include <stdint.h>

enum parameter_verb { PARAMETER_OF_MAIL, PARAMETER_OF_RCPT };

struct parameters {
	uint64_t size; /* SIZE, 0: not given */
	enum dsn_return ret;
	char *envid; /* decoded; NULL: not given */
	unsigned notify;
	char *orcpt; /* as given; NULL: not given */
};

#define PARAMETERS_INIT { 0 }

/*
 * Parses "NAME=value NAME …".  False: *err has 501 or, for a parameter that is unknown, 555 as
 * its reply; what was parsed until then is in p all the same.
 */
bool parameters_parse(
	struct parameters *p, enum parameter_verb verb, const char *text, struct error *err);

void parameters_release(struct parameters *p);

#endif
