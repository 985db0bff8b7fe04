/* SPDX-License-Identifier: ISC */
/*
 * What the machine is called, found out from its own files without a question
 * to the network.
 */
#ifndef CONFIG_HOST_H
#define CONFIG_HOST_H

/* The first word of a mailname file where it is a domain; NULL otherwise.  To be freed. */
char *host_mailname(const char *file);

/*
 * The full name for a host name: itself where it has a dot, else the first name with a dot on its
 * line of a hosts(5) file, else itself.  To be freed.
 */
char *host_full_name(const char *name, const char *hosts_file);

#endif
