/* SPDX-License-Identifier: ISC */
#include "queue/parcel.h"

#include "base/alloc.h"
#include "message/compose.h"

#include <stdlib.h>

void parcel_take(struct parcel *f, struct candidate *candidate, struct caller *own)
{
	f->candidate = candidate;
	f->caller = own;
	if (f->entry.uid == own->uid)
		return;
	caller_init_uid(&f->other, f->entry.uid);
	f->caller = &f->other;
}

static void add_left(struct parcel *f)
{
	const struct entry *e = &f->entry;

	f->numbers = alloc_zero(e->envelope.count, sizeof *f->numbers);
	for (size_t i = 0; i < e->envelope.count; i++) {
		if (e->recipients[i].fate != ENTRY_LEFT)
			continue;
		f->numbers[f->envelope.count] = i;
		envelope_append(&f->envelope, &e->envelope.recipients[i]);
	}
}

/* Back to what it was when it was taken. */
static void unprepare(struct parcel *f)
{
	envelope_release(&f->envelope);
	free(f->numbers);
	f->numbers = NULL;
	header_release(&f->header);
	delivery_result_release(&f->results);
}

void parcel_prepare(struct parcel *f, struct config *c, const struct account *a)
{
	struct compose_params params = {
		.config = c, .caller = f->caller, .full_name = f->entry.full_name
	};

	unprepare(f);
	f->envelope.ret = f->entry.envelope.ret;
	f->envelope.envid = alloc_string(f->entry.envelope.envid);
	add_left(f);
	if (a)
		compose_for_account(&f->entry.message.header, &f->entry.envelope, a, &params,
			&f->header, &f->envelope.sender);
	if (a && f->entry.was_null_refused) {
		free(f->envelope.sender);
		f->envelope.sender = account_from(a, c, f->caller);
	}
	delivery_result_init(&f->results, f->envelope.count);
	f->mail = (struct mail){
		.envelope = &f->envelope, .message = &f->entry.message, .header = &f->header
	};
}

void parcel_release(struct parcel *f)
{
	if (f->caller == &f->other)
		caller_release(&f->other);
	unprepare(f);
	entry_release(&f->entry);
	*f = (struct parcel)PARCEL_INIT;
}
