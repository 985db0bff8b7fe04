/* SPDX-License-Identifier: ISC */
#include "base/error.h"

#include <stdio.h>

int main(void)
{
	fprintf(stderr, "sendmail: this build has no road yet\n");
	return EX_SOFTWARE;
}
