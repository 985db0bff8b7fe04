/* SPDX-License-Identifier: ISC */
/* Part of the program in sanitizer builds only: the leak checker cannot look into a set-id process. */
#include <sanitizer/lsan_interface.h>

#include <sys/auxv.h>

int __lsan_is_turned_off(void)
{
	return getauxval(AT_SECURE) != 0;
}
