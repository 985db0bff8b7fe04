/* SPDX-License-Identifier: ISC */
#include "cli/version.h"

#include "base/buf.h"
#include "cli/print.h"
#include "message/idna.h"
#include "net/tls.h"
#include "smtp/auth.h"

#include <stdlib.h>

bool version_print(struct error *err)
{
	char *sasl = auth_describe_library();
	struct buf out = BUF_INIT;

	buf_adds(&out, "sendoff " PACKAGE_VERSION "\n");
	buf_addf(&out, "GnuTLS %s\n", tls_library_version());
	buf_addf(&out, "%s\n", sasl);
	buf_addf(&out, "libidn2 %s\n", idna_library_version());
	buf_adds(&out, "iniparser (tells no version)\n");
	free(sasl);
	return print_out(&out, err);
}
