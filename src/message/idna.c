/* SPDX-License-Identifier: ISC */
#include "message/idna.h"

#include "base/alloc.h"
#include "base/ascii.h"
#include "config/syntax.h"

#include <idn2.h>
#include <string.h>

char *idna_to_ascii(const char *domain)
{
	uint8_t *labels = NULL;
	char *ascii = NULL;

	if (!ascii_has_8bit(domain, strlen(domain)))
		return alloc_string(domain);
	if (utf8_is_valid(domain, strlen(domain)) &&
		idn2_lookup_u8((const uint8_t *)domain, &labels,
			IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) == IDN2_OK &&
		is_host_name((const char *)labels)) /* wide signs were mapped to '@', '>', ... */
		ascii = alloc_string((const char *)labels);
	idn2_free(labels);
	return ascii;
}

const char *idna_library_version(void)
{
	return idn2_check_version(NULL);
}
