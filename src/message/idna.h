/* SPDX-License-Identifier: ISC */
/*
 * Domain names beyond ASCII as A-labels (IDNA 2008, RFC 5891), by libidn2.
 */
#ifndef MESSAGE_IDNA_H
#define MESSAGE_IDNA_H

/*
 * The name in ASCII; itself where it is ASCII already.  NULL where it is not UTF-8 or no domain
 * name.  To be freed.
 */
char *idna_to_ascii(const char *domain);

/* libidn2's version at run time. */
const char *idna_library_version(void);

#endif
