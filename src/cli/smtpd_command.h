/* SPDX-License-Identifier: ISC */
/*
 * The commands of -bs: one line in, one reply out.
 */
#ifndef CLI_SMTPD_COMMAND_H
#define CLI_SMTPD_COMMAND_H

#include "cli/smtpd.h"

/* Does what a line without its end says. */
void smtpd_command(struct smtpd *s, const char *line, size_t len);

/* Forgets the transaction in hand. */
void smtpd_reset(struct smtpd *s);

#endif
