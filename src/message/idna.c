/* SPDX-License-Identifier: ISC */
#include "message/address.h"

#include "base/alloc.h"
#include "base/ascii.h"

#include <idn2.h>

/* The A-labels of a domain, for idn2_free; NULL where there are none. */
static char *a_labels(const char *domain)
{
	uint8_t *ascii = NULL;

	if (!utf8_is_valid(domain, strlen(domain)))
		return NULL;
	if (idn2_lookup_u8((const uint8_t *)domain, &ascii,
		    IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) != IDN2_OK)
		return NULL;
	return (char *)ascii;
}

char *address_to_ascii_domain(const char *address)
{
	const char *domain = address_domain(address);
	struct buf b = BUF_INIT;
	char *ascii;

	if (!domain || !ascii_has_8bit(domain, strlen(domain)))
		return alloc_string(address);
	ascii = a_labels(domain);
	if (!ascii)
		return NULL;
	buf_add(&b, address, (size_t)(domain - address));
	buf_adds(&b, ascii);
	idn2_free(ascii);
	return buf_detach(&b);
}

const char *address_idn_version(void)
{
	return idn2_check_version(NULL);
}
