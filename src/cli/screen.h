/* SPDX-License-Identifier: ISC */
/*
 * What a session shows a person on stderr: the dialogue (-v), and a bar while
 * a large message goes out.  The bar is for terminals only.
 */
#ifndef CLI_SCREEN_H
#define CLI_SCREEN_H

#include "base/buf.h"
#include "smtp/session.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	SCREEN_LARGE = 1024 * 1024, /* octets of a message that has a bar at once with -v */
	SCREEN_PATIENCE_MS = 2000,  /* without -v there is a bar after that long */
};

struct screen {
	struct session_trace trace;
	int64_t patient_until_ms; /* no bar before */
	uint64_t size_min;        /* no bar for smaller messages */
	int64_t drawn_ms;         /* when the bar was drawn last, 0: it is not there */
};

/*
 * Prepares s and returns the trace that draws on it; NULL where nothing will be shown.  The bar
 * comes with -v, and `for_people` without it too.
 */
const struct session_trace *screen_trace(struct screen *s, bool verbose, bool for_people);

/* Takes the bar away, if one is there. */
void screen_clear(struct screen *s);

/* Adds the bar as it stands on its line: "[####    ]  50%  4.0 MiB of 8.0 MiB". */
void screen_add_bar(struct buf *out, uint64_t done, uint64_t size);

#endif
