/* SPDX-License-Identifier: ISC */
/*
 * A connection as protocols see it: lines in, bytes out, buffered, with a
 * deadline on every wait.  Whether TLS lies beneath is nobody's business
 * above; tests put memory or a socket pair there.
 */
#ifndef NET_STREAM_H
#define NET_STREAM_H

#include "base/buf.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct tls;

/*
 * What moves bytes: receive and send return the number moved, 0 at the end of input, or -1 with
 * *events set to what to poll the descriptor for (0: the connection is broken, errno says
 * how).  They never wait.
 */
struct stream_transport {
	ssize_t (*receive)(void *context, void *data, size_t len, short *events);
	ssize_t (*send)(void *context, const void *data, size_t len, short *events);
	const char *(*trouble)(void *context); /* how it broke; NULL: errno says enough */
	void (*close)(void *context); /* says goodbye without waiting, frees context */
};

struct stream {
	int fd; /* -1: closed */
	const struct stream_transport *transport;
	void *context;
	struct tls *tls; /* NULL in clear */
	struct buf in; /* received, not yet read from in_at on */
	size_t in_at;
	struct buf out; /* written, not yet sent */
	uint64_t sent; /* octets that left the process, of those written */
	int64_t write_timeout_ms; /* for a write that makes no progress */
	unsigned long turns; /* how often input was asked for after output: round trips */
	unsigned long quick_end; /* before this turn input is acknowledged at once */
	bool is_asking; /* something was sent since input was last asked for */
	bool has_ended; /* no more input will come */
	int end_errno; /* why, 0: the server closed */
	bool is_broken; /* no more output will go; what the server said before may still be read */
};

#define STREAM_INIT { .fd = -1 }

enum {
	STREAM_RECORD = 16384, /* a full TLS record: what is flushed at once */
	STREAM_INPUT_MAX = 1024 * 1024, /* unread input kept; the longest line */
};

/* Takes a connected descriptor and makes it non-blocking. */
void stream_open(struct stream *s, int fd, int64_t write_timeout_ms);

/*
 * Puts TLS beneath, before its first byte is sent.  Refuses (EX_PROTOCOL) when unread input is
 * there: it came in clear and may be an attacker's (CVE-2011-0411).  On success takes context;
 * net/tls.h is who calls.
 */
bool stream_upgrade(struct stream *s, const struct stream_transport *transport, void *context,
	struct tls *tls, struct error *err);

/*
 * Reads up to the next LF, which is removed together with a CR before it, in place of what
 * *line held.  Bytes of the line past keep are read and dropped.  EX_TEMPFAIL 4.4.2 when the
 * deadline passes, the connection ends or breaks; EX_PROTOCOL when the line passes
 * STREAM_INPUT_MAX.
 */
bool stream_read_line(
	struct stream *s, struct buf *line, size_t keep, int64_t deadline_ms, struct error *err);

/*
 * From now on input is acknowledged at once.  For many replies to what was sent together: a server
 * that has not set TCP_NODELAY holds each until the one before is acknowledged, and a client that
 * has nothing to send would wait 40 ms before it does so.
 */
void stream_acknowledge_all(struct stream *s);

/* Is a whole or partial line here already?  Does not look at the network. */
bool stream_has_input(const struct stream *s);

/*
 * Adds to what will be sent; sends full records on the way.  Input that comes while the server
 * does not read is kept, up to STREAM_INPUT_MAX (RFC 2920 section 3.1).  EX_TEMPFAIL 4.4.2 when
 * it fails; what the server said until then is there to be read.
 */
bool stream_write(struct stream *s, const void *data, size_t len, struct error *err);

/* Sends all that was written. */
bool stream_flush(struct stream *s, struct error *err);

/*
 * Closes without waiting for anybody; what was not flushed is lost.  A closed stream is
 * accepted.
 */
void stream_close(struct stream *s);

#endif
