/* SPDX-License-Identifier: ISC */
/*
 * Where log lines go: syslog's mail facility, stderr or a file.  The only
 * global state of the program.  A log that cannot be written changes nothing.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

/* Octets of a line's text: with time and tag it stays within 2 KiB; more is cut. */
enum { LOG_TEXT_MAX = 1936 };

/* "syslog", "stderr", "none" or an absolute path; until it is called, syslog. */
void log_open(const char *where);

/* Makes the log's file where it is one and is missing: for a process that soon may make none. */
void log_make(void);

/*
 * The syslog tag (-L), made printable and, over 63 bytes, cut; nothing in it looks like its end or
 * a field.  "sendoff" until it is called.
 */
void log_tag(const char *tag);

/*
 * One line at a syslog priority (LOG_INFO, LOG_WARNING, LOG_ERR).  What is not
 * printable becomes '?'; over LOG_TEXT_MAX it is cut.
 */
void log_line(int priority, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
