/* SPDX-License-Identifier: ISC */
#include "smtp/transaction.h"

#include "base/alloc.h"

#include <stdlib.h>

void delivery_result_init(struct delivery_result *r, size_t recipients)
{
	*r = (struct delivery_result){ .each = alloc_zero(recipients, sizeof *r->each),
		.count = recipients };
}

void delivery_result_release(struct delivery_result *r)
{
	for (size_t i = 0; i < r->error_count; i++)
		free(r->errors[i]);
	free(r->errors);
	free(r->each);
	free(r->accepted_reply);
	*r = (struct delivery_result)DELIVERY_RESULT_INIT;
}

/* Our copy of an error: the last one kept, or a new one. */
static struct error *keep(struct delivery_result *r, const struct error *err)
{
	struct error *copy;

	if (r->error_count && error_is_same(r->errors[r->error_count - 1], err))
		return r->errors[r->error_count - 1];
	copy = alloc_zero(1, sizeof *copy);
	*copy = *err;
	r->errors = alloc_grow(r->errors, r->error_count + 1, sizeof *r->errors);
	r->errors[r->error_count++] = copy;
	return copy;
}

void delivery_result_set(
	struct delivery_result *r, size_t recipient, enum fate fate, const struct error *err)
{
	r->each[recipient] = (struct result){ .fate = fate, .error = err ? keep(r, err) : NULL };
}

bool delivery_result_has_untried(const struct delivery_result *r)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->each[i].fate == FATE_NONE)
			return true;
	return false;
}
