/* SPDX-License-Identifier: ISC */
/*
 * JSON (RFC 8259) for --json: one object a line, members in the order in
 * which they are added.
 */
#ifndef CLI_JSON_H
#define CLI_JSON_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

/* Adds "{" and "}\n". */
void json_begin(struct buf *out);
void json_end(struct buf *out);

/* Add a member; text NULL is null, bytes that are not UTF-8 become U+FFFD. */
void json_text(struct buf *out, const char *name, const char *text);
void json_number(struct buf *out, const char *name, int64_t number);
void json_bool(struct buf *out, const char *name, bool value);

/* Adds the name of a member whose value is added next, by json_value or by hand. */
void json_name(struct buf *out, const char *name);
void json_value(struct buf *out, const char *text);

#endif
