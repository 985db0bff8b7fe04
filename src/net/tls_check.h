/* SPDX-License-Identifier: ISC */
/*
 * What a configuration says of TLS, as far as it can be judged without a
 * server: the priority string, the client's certificate, the trust file.
 */
#ifndef NET_TLS_CHECK_H
#define NET_TLS_CHECK_H

#include "base/error.h"

#include <stdbool.h>

/* EX_CONFIG for one that GnuTLS does not know; NULL is the system's. */
bool tls_check_priority(const char *priority, struct error *err);

/*
 * Can the client's certificate (NULL: none) and its key (NULL: in the same file) be used?
 * EX_PROTOCOL if not.
 */
bool tls_check_certificate(const char *certificate, const char *key, struct error *err);

/* Does the file hold authorities?  EX_PROTOCOL if not; NULL is the system's store. */
bool tls_check_trust(const char *file, struct error *err);

#endif
