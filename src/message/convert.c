/* SPDX-License-Identifier: ISC */
#include "message/convert.h"

#include "base/alloc.h"
#include "base/log.h"
#include "message/recode.h"
#include "message/scan.h"

#include <syslog.h>

enum { BLOCK = 64 * 1024 };

/* What is done to one part. */
struct treatment {
	bool recode;
	enum recode_how how;
	struct header_changes header;
	bool is_8bit; /* of the result */
};

struct plan {
	struct scan scan;
	struct treatment *treatments; /* one a part */
	bool keep_8bit;
	bool changes_body;
};

static bool is_bad(const struct body_facts *f, bool keep_8bit)
{
	return f->longest > RECODE_LONGEST || f->has_nul || f->has_bare_cr ||
	       (f->has_8bit && !keep_8bit);
}

static bool leave(const struct part *p, struct error *err)
{
	if (p->facts.has_nul || p->facts.has_bare_cr)
		return error_set(err, EX_DATAERR, "5.6.0",
			"a part that is signed or encrypted holds a NUL or a CR without LF, which "
			"no server takes");
	log_line(LOG_WARNING, "a signed or encrypted part with %s goes as it is",
		p->facts.longest > RECODE_LONGEST ? "overlong lines" : "8-bit text");
	return true;
}

static const char *missing_type(const struct body_facts *f)
{
	if (!f->has_8bit)
		return "text/plain; charset=us-ascii";
	return f->is_utf8 ? "text/plain; charset=utf-8" : "text/plain; charset=unknown-8bit";
}

static void choose_encoding(const struct part *p, struct treatment *t)
{
	const bool is_text = p->kind != MEDIA_OTHER && p->kind != MEDIA_MESSAGE;

	t->recode = true;
	t->is_8bit = false;
	t->header.mime_version = p->is_message;
	if (p->encoding == ENCODING_QP || p->encoding == ENCODING_BASE64) {
		t->how = p->encoding == ENCODING_QP ? RECODE_QP_AGAIN : RECODE_BASE64_AGAIN;
		return;
	}
	t->how = is_text ? RECODE_QP : RECODE_BASE64;
	t->header.encoding = is_text ? "quoted-printable" : "base64";
	if (!p->has_type && (p->is_message || p->facts.has_8bit))
		t->header.type = missing_type(&p->facts);
}

static const char *label(bool is_8bit)
{
	return is_8bit ? "8bit" : "7bit";
}

static bool plan_leaf(const struct plan *plan, size_t i, struct error *err)
{
	const struct part *p = &plan->scan.parts[i];
	struct treatment *t = &plan->treatments[i];
	const bool bad = is_bad(&p->facts, plan->keep_8bit);
	const bool untouchable = p->kind == MEDIA_SEALED || p->encoding == ENCODING_UUENCODE;

	t->is_8bit = p->facts.has_8bit;
	if (bad && !untouchable)
		choose_encoding(p, t);
	else if (p->encoding == ENCODING_BINARY)
		t->header.encoding = label(t->is_8bit);
	return !bad || !untouchable || leave(p, err);
}

/*
 * A multipart's or message's label says what is inside; "7bit" over 8-bit parts is left as it
 * came.
 */
static void plan_composite(const struct plan *plan, size_t i)
{
	const struct part *parts = plan->scan.parts;
	struct treatment *t = &plan->treatments[i];

	t->is_8bit = plan->keep_8bit && parts[i].facts.has_8bit;
	for (size_t k = i + 1; k < parts[i].next; k = parts[k].next)
		if (plan->treatments[k].is_8bit || (plan->keep_8bit && parts[k].header.has_8bit))
			t->is_8bit = true;
	if (parts[i].encoding == ENCODING_BINARY ||
		(parts[i].encoding == ENCODING_8BIT && !t->is_8bit && !plan->keep_8bit))
		t->header.encoding = label(t->is_8bit);
}

static bool changes_header(const struct plan *plan, size_t i)
{
	const struct header_changes *h = &plan->treatments[i].header;

	return h->encoding || h->type || h->mime_version ||
	       is_bad(&plan->scan.parts[i].header, plan->keep_8bit);
}

static bool changes_body(const struct plan *plan)
{
	for (size_t i = 0; i < plan->scan.count; i++) {
		const struct part *p = &plan->scan.parts[i];

		if (plan->treatments[i].recode || (i && changes_header(plan, i)) ||
			(!p->is_leaf && is_bad(&p->facts, plan->keep_8bit)))
			return true;
	}
	return false;
}

/* The MIME fields of the message itself; a part's are decided with the part. */
static void plan_root(const struct plan *plan)
{
	const struct part *root = &plan->scan.parts[0];
	struct header_changes *h = &plan->treatments[0].header;

	if (plan->changes_body)
		h->mime_version = true;
	if (!plan->treatments[0].is_8bit || root->kind == MEDIA_MULTIPART ||
		root->kind == MEDIA_SEALED)
		return;
	h->mime_version = true;
	if (!root->has_type)
		h->type = missing_type(&root->facts);
	if (root->encoding == ENCODING_NONE)
		h->encoding = "8bit";
}

static bool plan_parts(struct plan *plan, struct error *err)
{
	plan->treatments = alloc_zero(plan->scan.count, sizeof *plan->treatments);
	for (size_t i = plan->scan.count; i-- > 0;) {
		if (!plan->scan.parts[i].is_leaf)
			plan_composite(plan, i);
		else if (!plan_leaf(plan, i, err))
			return false;
	}
	plan->changes_body = changes_body(plan);
	plan_root(plan);
	return true;
}

struct writer {
	const struct spool *body;
	struct spool *out;
	struct buf pending; /* not yet in the spool */
};

static bool flush(struct writer *w, size_t above, struct error *err)
{
	if (w->pending.len <= above)
		return true;
	if (!spool_add(w->out, w->pending.data, w->pending.len, err))
		return false;
	buf_truncate(&w->pending, 0);
	return true;
}

/* A look at up to one block of the octets from `from` to `to`; 0 at the end, -1 with *err. */
static ssize_t look(const struct writer *w, uint64_t from, uint64_t to, const char **data,
	struct error *err)
{
	ssize_t n = from < to ? spool_look(w->body, from, data, err) : 0;

	if (n > BLOCK)
		n = BLOCK;
	if (n > 0 && (uint64_t)n > to - from)
		n = (ssize_t)(to - from);
	return n;
}

static bool write_copy(struct writer *w, uint64_t from, uint64_t to, struct error *err)
{
	const char *data;
	ssize_t n;

	for (; (n = look(w, from, to, &data, err)) > 0; from += (uint64_t)n) {
		buf_add(&w->pending, data, (size_t)n);
		if (!flush(w, BLOCK, err))
			return false;
	}
	return n == 0;
}

static bool write_recoded(
	struct writer *w, enum recode_how how, uint64_t from, uint64_t to, struct error *err)
{
	struct recoder r;
	const char *data;
	ssize_t n;

	recode_begin(&r, how);
	for (; (n = look(w, from, to, &data, err)) > 0; from += (uint64_t)n) {
		recode_add(&r, &w->pending, data, (size_t)n);
		if (!flush(w, BLOCK, err))
			return false;
	}
	recode_end(&r, &w->pending);
	return n == 0;
}

static bool read_octets(
	const struct writer *w, uint64_t from, uint64_t to, struct buf *octets, struct error *err)
{
	const char *data;
	ssize_t n;

	for (; (n = look(w, from, to, &data, err)) > 0; from += (uint64_t)n)
		buf_add(octets, data, (size_t)n);
	return n == 0;
}

static bool write_header(struct writer *w, const struct plan *plan, size_t i, struct error *err)
{
	const struct part *p = &plan->scan.parts[i];
	struct header h = HEADER_INIT;
	struct buf text = BUF_INIT;
	bool ok;

	if (!changes_header(plan, i))
		return write_copy(w, p->start, p->body, err);
	ok = read_octets(w, p->start, p->body, &text, err);
	if (ok) {
		scan_header(&h, buf_str(&text), text.len);
		ok = header_render(
			&h, &plan->treatments[i].header, plan->keep_8bit, &w->pending, err);
		buf_adds(&w->pending, "\r\n");
	}
	header_release(&h);
	buf_release(&text);
	return ok;
}

static bool write_leaf(struct writer *w, const struct plan *plan, size_t i, struct error *err)
{
	const struct part *p = &plan->scan.parts[i];
	const struct treatment *t = &plan->treatments[i];

	if (!t->recode)
		return write_copy(w, p->body, p->end, err);
	if (!write_recoded(w, t->how, p->body, p->end, err))
		return false;
	if (p->end == w->body->size && (t->how == RECODE_BASE64 || t->how == RECODE_BASE64_AGAIN))
		buf_adds(&w->pending, "\r\n");
	return true;
}

/*
 * Part by part in the order of the body; what lies between them goes through the scrubber, which
 * leaves good lines alone.
 */
static bool write_parts(struct writer *w, const struct plan *plan, struct error *err)
{
	const enum recode_how scrub = plan->keep_8bit ? RECODE_SCRUB : RECODE_SCRUB_7BIT;
	uint64_t at = 0;

	for (size_t i = 0; i < plan->scan.count; i++) {
		const struct part *p = &plan->scan.parts[i];

		if (!write_recoded(w, scrub, at, p->start, err) ||
			(i && !write_header(w, plan, i, err)))
			return false;
		if (p->is_leaf && !write_leaf(w, plan, i, err))
			return false;
		at = p->is_leaf ? p->end : p->body;
	}
	return write_recoded(w, scrub, at, w->body->size, err) && flush(w, 0, err) &&
	       spool_seal(w->out, err);
}

static bool make_plan(
	struct plan *plan, const struct message *m, const struct header *h, struct error *err)
{
	if (!scan_body(&plan->scan, h, &m->body, &m->facts, err))
		return false;
	if (plan->scan.is_complete)
		return plan_parts(plan, err);
	if (is_bad(&m->facts, plan->keep_8bit))
		return error_set(err, EX_DATAERR, "5.6.0",
			"the message has too many parts, or one with too large a header, to be "
			"re-encoded");
	return true;
}

bool body_convert(struct conversion *c, const struct message *m, const struct header *h,
	bool keep_8bit, struct spool *recoded, struct error *err)
{
	struct plan plan = { .scan = SCAN_INIT, .keep_8bit = keep_8bit };
	struct writer w = { .body = &m->body, .out = recoded, .pending = BUF_INIT };
	bool ok = make_plan(&plan, m, h, err);

	if (ok && plan.treatments) {
		c->header = plan.treatments[0].header;
		c->is_8bit = plan.treatments[0].is_8bit;
		c->is_recoded = plan.changes_body;
	} else {
		c->is_8bit = m->facts.has_8bit;
	}
	if (ok && c->is_recoded)
		ok = write_parts(&w, &plan, err);
	buf_release(&w.pending);
	free(plan.treatments);
	scan_release(&plan.scan);
	return ok;
}
