/* SPDX-License-Identifier: ISC */
/*
 * Library calls that sendoff does not use, made compile errors.  Forced into
 * every file by the build (-include), after config.h.  What to use instead: struct buf for
 * strings that grow, base/ascii.h and base/units.h for numbers, *_r for time.
 */
#ifndef BASE_BANNED_H
#define BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifdef __GNUC__
/* With _FORTIFY_SOURCE glibc makes these macros for clang, and a macro cannot be poisoned. */
#undef sprintf
#undef vsprintf
#pragma GCC poison strcpy strcat strncpy strncat strtok sprintf vsprintf gets
#pragma GCC poison atoi atol atoll atof gmtime localtime ctime asctime mktemp tmpnam
#endif

#endif
